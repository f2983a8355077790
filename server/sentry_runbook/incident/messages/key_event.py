"""The representative event of the issue, and what changed before it, each as one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.events.why_fired import why_fired, words_of
from sentry_runbook.incident.formatting import no_stack
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_report import frame_line
from sentry_runbook.incident.model.evidence import Commit, Evidence, Known, Unknown, quoted
from sentry_runbook.incident.releases import Alignment, Start, alignment


@dataclass(frozen=True)
class KeyEvent:
    """Lines of the representative event; event text in them is quoted.

    Attributes:
        fired: why an issue fired that no thrown error opened.
        release, deployed: the suspect release and when its deploy is dated.
        commit: message, pull request or id of the suspect commit; its author is no part of what happened.
    """

    error: str | Unknown
    frame: str | Unknown
    fired: str | Unknown
    release: str | Unknown
    deployed: datetime | Unknown
    commit: str | Unknown


def key_event(incident: Incident) -> KeyEvent:
    """The error, where it broke, and the suspect release and commit; each with the reason when it is not known."""
    deploy = _alignment(incident)
    return KeyEvent(
        error=_error(incident.evidence),
        frame=_frame(incident.evidence),
        fired=_fired(incident.evidence),
        release=quoted(incident.suspect) if incident.suspect else Unknown(why="no release stands out"),
        deployed=deploy.at if deploy else Unknown(why="nothing dates it"),
        commit=_commit(incident.evidence),
    )


def _alignment(incident: Incident) -> Alignment | None:
    if incident.suspect is None or incident.known_episode is None:
        return None
    return alignment(incident.evidence, incident.suspect, Start.of(incident.known_episode))


def _error(evidence: Evidence) -> str | Unknown:
    if isinstance(evidence.event, Unknown):
        return evidence.event
    leading = evidence.event.value.leading
    if leading is None:
        of_event = evidence.event.value.title if words_of(evidence) is None else None
        return quoted(of_event or evidence.issue.title)
    return excerpt(": ".join(part for part in (leading.type, leading.value) if part) or evidence.issue.title)


def _frame(evidence: Evidence) -> str | Unknown:
    if isinstance(evidence.event, Unknown):
        return evidence.event
    frame = evidence.event.value.failing_frame
    other = words_of(evidence)
    lacks = (
        f"{other.name} has no stack trace" if other is not None else f"the event has {no_stack(evidence.event.value)}"
    )
    return quoted(frame_line(frame)) if frame else Unknown(why=lacks)


def _fired(evidence: Evidence) -> str | Unknown:
    fired = why_fired(evidence)
    return Unknown(why="a thrown error opened it") if fired is None else fired.rstrip(".")


def _commit(evidence: Evidence) -> str | Unknown:
    commits = evidence.suspect_commits
    if isinstance(commits, Known):
        return _commit_line(commits.value[0]) if commits.value else Unknown(why="Sentry names none")
    return Unknown(why=commits.why)


def _commit_line(commit: Commit) -> str:
    line, request = quoted(commit.message or commit.pull_request or commit.id), commit.pull_request
    numbered = request is not None and request.lstrip("#").isdigit() and request not in line
    return f"{line} ({request})" if numbered else line
