"""A project-wide figure that decides the severity: whose it is, and what it was before this incident.

How to think about it: crash-free sessions and the project's busiest minute are of all issues together, so an issue with
one event in a thousand gets the P0 of its neighbour. The severity stands (the project burns), and this module says what
follows: this issue's part, the issue with more of it, what the figure was before, and the severity without it. A figure
that fell with this incident is led by no neighbour that has been as it is all day (:mod:`.rise`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.formatting import crash_free_percent, moment, number, percent_of
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.timeseries import MINUTE_S, between, in_window, total
from sentry_runbook.incident.model.evidence import Evidence, IssueShare, Known, Missing, Unknown
from sentry_runbook.incident.model.policy import Level
from sentry_runbook.incident.model.results.explanation import LeadingIssue, quoted_id
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.severity.rise import AT_ONCE, began_in_window, figure_came_with_it, rose_more

MAJORITY = 0.5
OF_THE_LISTED = "of the unhandled events of the issues with most of them"


@dataclass(frozen=True)
class ProjectFigure:
    """What is known of a project-wide figure that decides.

    Attributes:
        share: this issue's part (0..1) of the project's unhandled events; None when not known.
        before: what the figure was before the incident, as a clause; empty when not known.
        leader: the other issue with more of it.
        steady: the other issue with more events in the window that did not rise more than this one since it began.
        doubtful: the other issue with more events in the window of which nothing tells whether it did.
        alone: the severity by this issue's own figures.
        several: how many issues are judged together, where it is more than one.
    """

    share: float | None
    before: str
    leader: LeadingIssue | None
    alone: Level
    steady: LeadingIssue | None = None
    doubtful: LeadingIssue | None = None
    several: int = 0

    @property
    def sentences(self) -> str:
        """What ``because`` says of it, after the deciding figure."""
        parts = [f"It is the project's figure{self.before}", *self._shares()]
        whose = "these issues' own figures together" if self.several else "this issue's own figures"
        return f" {'; '.join(parts)}. By {whose}: {self.alone}."

    def _shares(self) -> Iterator[str]:
        own = "an unknown part" if self.share is None else percent_of(self.share)
        if self.several:
            yield f"these {self.several} issues have {own} of the unhandled events of their projects"
        else:
            yield f"this issue has {own} of its unhandled events"
        if self.leader is not None:
            note = f" {self.leader.note}" if self.leader.note else ""
            yield f"{self.leader.name} has {percent_of(self.leader.share)}{note}"
        elif self.steady is not None:
            yield f"{self.steady.name} has {percent_of(self.steady.share)}, and did not rise more since this one began"


# --- whose it is ---------------------------------------------------------------------------------------------------


def share_of_figure(incident: Measurements) -> float | None:
    """This issue's part of the project's unhandled events: of the series, else of the list of issues."""
    if incident.share_of_project is not None:
        return incident.share_of_project
    rows, project = _own_rows(incident.evidence), _project_total(incident.evidence)
    return min(sum(row.events for row in rows) / project, 1.0) if rows and project else None


def project_figure(incident: Measurements, decided_by: str, alone: Level) -> ProjectFigure:
    """What is known of the project-wide figure that decides (``crash_free`` or ``unhandled_rate``)."""
    evidence = incident.evidence
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    larger = [row for row in _others(evidence, rows) if row.events > _own_events(evidence)]
    by_events = sorted(larger, key=lambda row: -row.events)
    came_with_it = figure_came_with_it(incident, decided_by)
    rose = [(row, _rose(incident, row, came_with_it)) for row in by_events]

    def first(answer: bool | None) -> LeadingIssue | None:
        return next((_issue_of(evidence, row, rows) for row, each in rose if each is answer), None)

    leader, doubtful = first(True), first(None)
    return ProjectFigure(
        share=share_of_figure(incident),
        before=crash_free_was(incident) if decided_by == "crash_free" else busiest_minute_was(incident),
        leader=leader,
        alone=alone,
        steady=first(False) if leader is None and doubtful is None else None,
        doubtful=doubtful if leader is None else None,
        several=len(evidence.together),
    )


def _rose(incident: Measurements, row: IssueShare, came_with_it: bool | None) -> bool | None:
    """Whether another issue with more events leads the figure; None when nothing tells."""
    if came_with_it is False or not isinstance(incident.episode, Episode):
        # It was so before this incident, or there is none: the events of the window are all that tells whose it is.
        return True
    rose = rose_more(incident, row)
    return rose if rose or came_with_it else None


def started_with(incident: Measurements) -> tuple[LeadingIssue, ...]:
    """The project's other issues whose unhandled events began with this incident or later, most events first."""
    evidence, episode = incident.evidence, incident.episode
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    if not isinstance(episode, Episode):
        return ()
    opens = episode.began_earliest - AT_ONCE
    late = [row for row in _others(evidence, rows) if began_in_window(evidence, row, opens)]
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


def unknown_leader(incident: Measurements, figure: ProjectFigure) -> Iterator[Missing]:
    """That another issue may have more of the figure, where nothing tells which, or since when."""
    part, share, other = incident.evidence.project_top, figure.share, figure.doubtful
    if other is not None:
        has = f"{other.name} has {percent_of(other.share)} of the window's unhandled events"
        yield Missing(what="leading_issue", why=f"{has}; whether it rose with this incident is not known")
    if isinstance(part, Unknown) and (share is None or share <= MAJORITY):
        yield Missing(what="leading_issue", why=f"the project's other issues were not counted: {part.why}")


def _others(evidence: Evidence, rows: Sequence[IssueShare]) -> Iterator[IssueShare]:
    return (row for row in rows if row.events > 0 and not _is_own(evidence, row))


def _is_own(evidence: Evidence, row: IssueShare) -> bool:
    return any(row.short_id in (issue.short_id, issue.name) or row.id == issue.id for issue in evidence.members)


def _own_rows(evidence: Evidence) -> list[IssueShare]:
    rows = evidence.project_top.value if isinstance(evidence.project_top, Known) else ()
    return [row for row in rows if _is_own(evidence, row)]


def _own_events(evidence: Evidence) -> int:
    """This issue's unhandled events, by the same list where it stands in it; 0 when nothing counts them."""
    rows = _own_rows(evidence)
    if rows:
        return sum(row.events for row in rows)
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
    whose = "these issues" if incident.evidence.together else "this issue"
    meaning = f"{whose} did not change it" if was_below else "chance alone may differ so much"
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
