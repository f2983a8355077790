"""Evidence kept in a file, so that a draft can be made again after Sentry has deleted the events."""

from __future__ import annotations

from sentry_runbook.incident.evidence import Evidence


def dump_evidence(evidence: Evidence) -> str:
    """The evidence as the text of a file."""
    raise NotImplementedError


def load_evidence(text: str) -> Evidence:
    """Read what :func:`dump_evidence` wrote.

    Raises:
        BadEvidence: not our file, another version, or damaged; says which.
    """
    raise NotImplementedError
