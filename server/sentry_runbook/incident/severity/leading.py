"""A project-wide figure that decides the severity: whose it is, and what it was before this incident.

How to think about it: crash-free sessions and the project's busiest minute are of all issues together, so an issue with
one event in a thousand gets the P0 of its neighbour. The severity stands (the project burns), and this module says what
follows: this issue's part, the issue with more of it, what the figure was before, and the severity without it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import crash_free_percent, moment, number, percent_of
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.timeseries import MINUTE_S, between, in_window, total
from sentry_runbook.incident.model.evidence import Evidence, IssueShare, Known, Missing, Unknown
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.incident.model.results.explanation import LeadingIssue, quoted_id
from sentry_runbook.incident.model.results.impact import Episode

MAJORITY = 0.5
AT_ONCE = timedelta(minutes=3)
"""Issues whose first events lie so near to each other began together (DESIGN section 10)."""
OF_THE_LISTED = "of the unhandled events of the issues with most of them"


@dataclass(frozen=True)
class ProjectFigure:
    """What is known of a project-wide figure that decides.

    Attributes:
        share: this issue's part (0..1) of the project's unhandled events; None when not known.
        before: what the figure was before the incident, as a clause; empty when not known.
        leader: the other issue with more of it.
        alone: the severity by this issue's own figures.
    """

    share: float | None
    before: str
    leader: LeadingIssue | None
    alone: Level

    @property
    def sentences(self) -> str:
        """What ``because`` says of it, after the deciding figure."""
        parts = [f"It is the project's figure{self.before}", *self._shares()]
        return f" {'; '.join(parts)}. By this issue's own figures: {self.alone}."

    def _shares(self) -> Iterator[str]:
        own = "an unknown part" if self.share is None else percent_of(self.share)
        yield f"this issue has {own} of its unhandled events"
        if self.leader is not None:
            note = f" {self.leader.note}" if self.leader.note else ""
            yield f"{self.leader.name} has {percent_of(self.leader.share)}{note}"


# --- whose it is ---------------------------------------------------------------------------------------------------


def share_of_figure(incident: Measurements) -> float | None:
    """This issue's part of the project's unhandled events: of the series, else of the list of issues."""
    if incident.share_of_project is not None:
        return incident.share_of_project
    row, project = _own_row(incident.evidence), _project_total(incident.evidence)
    return min(row.events / project, 1.0) if row is not None and project else None


def leading_issue(incident: Measurements) -> LeadingIssue | None:
    """The other issue with most of the project's unhandled events; None when it has no more than this one."""
    evidence = incident.evidence
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    leader = max(_others(evidence, rows), key=lambda row: row.events, default=None)
    if leader is None or leader.events <= _own_events(evidence):
        return None
    return _issue_of(evidence, leader, rows)


def started_with(incident: Measurements) -> tuple[LeadingIssue, ...]:
    """The project's other issues whose unhandled events began with this incident or later, most events first."""
    evidence, episode = incident.evidence, incident.episode
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    if not isinstance(episode, Episode):
        return ()
    opens = episode.began_earliest - AT_ONCE
    # An event at the window's very start may be one of many before it.
    began = [row for row in _others(evidence, rows) if row.began is not None and row.began >= opens]
    late = [row for row in began if row.began is not None and row.began - evidence.window.start > AT_ONCE]
    return tuple(_issue_of(evidence, row, rows) for row in sorted(late, key=lambda row: -row.events))


def _issue_of(evidence: Evidence, row: IssueShare, rows: Sequence[IssueShare]) -> LeadingIssue:
    project = _project_total(evidence)
    whole = project or sum(each.events for each in rows)
    return LeadingIssue(
        short_id=row.short_id,
        title=row.title,
        project=row.project,
        events=row.events,
        share=round(min(row.events / whole, 1.0), 3),
        began=row.began,
        url=_url(evidence, row.id),
        note=None if project else OF_THE_LISTED,
    )


def unknown_leader(incident: Measurements, share: float | None) -> Iterator[Missing]:
    """That another issue may have more of the figure, where nothing tells which."""
    part = incident.evidence.project_top
    if isinstance(part, Unknown) and (share is None or share <= MAJORITY):
        yield Missing(what="leading_issue", why=f"the project's other issues were not counted: {part.why}")


def _others(evidence: Evidence, rows: Sequence[IssueShare]) -> Iterator[IssueShare]:
    return (row for row in rows if row.events > 0 and not _is_own(evidence, row))


def _is_own(evidence: Evidence, row: IssueShare) -> bool:
    return row.short_id in (evidence.issue.short_id, evidence.issue.name) or row.id == evidence.issue.id


def _own_row(evidence: Evidence) -> IssueShare | None:
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    return next((row for row in rows if _is_own(evidence, row)), None)


def _own_events(evidence: Evidence) -> int:
    """This issue's unhandled events, by the same list where it stands in it; 0 when nothing counts them."""
    row = _own_row(evidence)
    if row is not None:
        return row.events
    part = evidence.unhandled
    known = total(in_window(part.value, evidence.window.start, evidence.window.end)) if isinstance(part, Known) else 0
    return known or 0


def _project_total(evidence: Evidence) -> int | None:
    part = evidence.project_unhandled
    return total(in_window(part.value, evidence.window.start, evidence.window.end)) if isinstance(part, Known) else None


def _url(evidence: Evidence, issue_id: str | None) -> str | None:
    """The other issue's page: this issue's, which the client built, with the other number."""
    base, own, rest = evidence.issue.url.rpartition(f"/issues/{evidence.issue.id}")
    if not own or issue_id is None or not (issue_id.isascii() and issue_id.isdigit()):
        return None
    return f"{base}/issues/{issue_id}{rest}"


def leading_step(leader: LeadingIssue, share: float | None) -> str:
    """What a responder does first: the other issue has more of what decides."""
    own = "this one's part is not known" if share is None else f"this one has {percent_of(share)}"
    began = f", since {moment(leader.began)}" if leader.began else ""
    has = f"it has {percent_of(leader.share)} of the project's unhandled events{began}; {own}"
    return f"Turn to {leader.name} first: {has}. Call triage_issue for {quoted_id(leader.short_id)}."


# --- what it was before --------------------------------------------------------------------------------------------


def crash_free_was(incident: Measurements) -> str:
    """The crash-free rate before the incident as a clause, and whether this incident has changed it."""
    change = incident.crash_free_change
    if change is None:
        return ""
    text = f", {crash_free_percent(change.before.pct)} before this incident"
    was_below = change.before.pct < incident.policy.thresholds.crash_free_below_pct
    if change.fell:
        return f"{text} already" if was_below else text
    meaning = "this issue did not change it" if was_below else "chance alone may differ so much"
    return f"{text} and {crash_free_percent(change.now.pct)} in it: {meaning}"


def busiest_minute_was(incident: Measurements) -> str:
    """The project's busiest minute of the window before the incident, as a clause."""
    part, episode = incident.evidence.project_unhandled, incident.episode
    if not isinstance(part, Known) or not isinstance(episode, Episode) or part.value.step_s != MINUTE_S:
        return ""
    earlier = between(part.value, incident.evidence.window.start, episode.began_earliest)
    known = [value for value in earlier.values if value is not None]
    # Minutes that are partly unknown, or none at all, tell nothing of the busiest.
    if not known or len(known) < len(earlier.values):
        return ""
    return f", at most {number(max(known))} a minute before this incident"
