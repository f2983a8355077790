"""A release that came with the incident and carries most of the events above usual, counted beside a cut list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.explanation.rows import ABOVE_ALL_TIME
from sentry_runbook.incident.metrics.breakdown import rounded
from sentry_runbook.incident.model.evidence import Evidence, Known
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.releases import Start
from sentry_runbook.incident.suspect import AS_MANY, Excess, excess_release

NOTE = "by all events of a release made in the window"


def with_new_release(
    candidates: Sequence[Candidate],
    evidence: Evidence,
    start: Start | None,
    usual_shares: Mapping[tuple[str, str], float],
) -> tuple[Candidate, ...]:
    """The findings of the tags; of a cut list with the counted release instead of what the list tells of it."""
    is_cut = isinstance(evidence.breakdown, Known) and not evidence.breakdown.value.complete
    excess = excess_release(evidence, start) if is_cut and start is not None else None
    if excess is None or not excess.counted:
        return tuple(candidates)
    tag = ("release", excess.version)
    with_more = [each for each in candidates if len(each.tags) > 1 and _carries(each, tag)]
    if with_more or excess.explains <= AS_MANY * usual_shares.get(tag, 0.0):
        # A part of the release was found already; or everybody runs it, and would have any error on it.
        return tuple(candidates)
    return (_candidate(excess), *(each for each in candidates if not _carries(each, tag)))


def _carries(candidate: Candidate, tag: tuple[str, str]) -> bool:
    return tag in [(value.tag, value.value) for value in candidate.explanation.values]


def _candidate(excess: Excess) -> Candidate:
    return Candidate(
        source="rows",
        score=ABOVE_ALL_TIME + excess.explains,
        explanation=Explanation(
            values=tag_values(("release", excess.version)),
            share=rounded(excess.events / excess.total),
            explains=rounded(excess.explains),
            events=excess.events,
            note=NOTE,
        ),
    )
