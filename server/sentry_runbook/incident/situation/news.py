"""Which issues are news: new ones, and old ones far above their usual rate. Old steady issues are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Literal

from sentry_runbook.incident.episode.usual import UsualRates
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Known, Series, SessionHour
from sentry_runbook.incident.model.evidence.situation import ListedIssue, SituationEvidence
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.onset import Onset, onset_of_new, onset_of_risen
from sentry_runbook.incident.situation.rise import DAY, Rise, rise_of, usual_of

ARCHIVED = "ignored"
FEWEST_EVENTS = 3
"""A new issue with fewer is no incident by itself; it may belong to one."""
FEWEST_PEERS, FEWEST_OF_PEER = 8, 5.0
MOST_TRAFFIC = 5.0
"""Other issues do not rise five times by traffic alone."""


@dataclass(frozen=True)
class News:
    """An issue that is news.

    Attributes:
        kind: ``new`` (first seen lately) or ``risen`` (far above its usual rate).
        rise: of a risen one.
    """

    issue: ListedIssue
    kind: Literal["new", "risen"]
    onset: Onset
    rise: Rise | None = None

    @property
    def id(self) -> str:
        """The issue's number."""
        return self.issue.id

    @property
    def events(self) -> int:
        """In the window; 0 where Sentry gave no number."""
        return self.issue.events or 0

    @property
    def is_small(self) -> bool:
        """A new issue with hardly an event: nothing by itself."""
        return self.kind == "new" and self.issue.events is not None and self.issue.events < FEWEST_EVENTS


def listed_issues(evidence: SituationEvidence) -> dict[str, ListedIssue]:
    """Every issue that a list told of, by its number; archived ones are nobody's news."""
    pages = (evidence.new, evidence.busy, evidence.rising)
    return {
        issue.id: issue
        for page in pages
        if isinstance(page, Known)
        for issue in page.value.issues
        if issue.status != ARCHIVED
    }


def find_news(evidence: SituationEvidence, policy: Policy) -> tuple[News, ...]:
    """The issues that are news, in the order in which they began."""
    issues = listed_issues(evidence)
    minutes = {row.issue: row.events for row in evidence.minutes.value} if isinstance(evidence.minutes, Known) else {}
    days = {row.issue: row.events for row in evidence.history.value} if isinstance(evidence.history, Known) else {}
    traffic = Traffic(evidence, policy, issues.values())
    found = []
    for issue in issues.values():
        if issue.events == 0:
            continue
        if issue.first_seen is not None and issue.first_seen >= evidence.new_since:
            onset = onset_of_new(issue, minutes.get(issue.id), evidence)
            found.append(News(issue, "new", onset))
            continue
        rise = rise_of(issue, evidence.window, policy.trend.spiking, traffic.of(issue))
        if rise is not None and not _is_usual(issue, rise, days.get(issue.id), evidence, policy):
            onset = onset_of_risen(issue, rise.usual, minutes.get(issue.id), evidence)
            found.append(News(issue, "risen", onset, rise))
    return tuple(sorted(found, key=lambda news: (news.onset.at, -news.events, news.id)))


def _is_usual(
    issue: ListedIssue, rise: Rise, history: Series | None, evidence: SituationEvidence, policy: Policy
) -> bool:
    """Whether the days before show that so many events are usual at that hour: a job of each night, a Monday."""
    window = evidence.window
    if history is None or window.length > DAY:
        return False
    rates = UsualRates(history, policy.trend.spiking)
    start, length = rates.index_at(rise.usual.since), min(window.length, HOUR)
    hour = rates.index_at(window.end - length / 2)
    if rates.usual(hour, start) is None:
        return False
    events = (issue.events or 0) * (length / window.length)
    return not rates.is_raised(events, length.total_seconds(), hour, start)


class Traffic:
    """How many times busier the projects are than at the same hours before: a rise of all is no incident.

    By the sessions of a project where it has enough; else by all busy old issues together, whose median rises with the
    traffic and not with an incident, which hits some of them.
    """

    def __init__(self, evidence: SituationEvidence, policy: Policy, issues: Iterable[ListedIssue]) -> None:
        self._evidence = evidence
        self._policy = policy
        sessions = evidence.sessions.value if isinstance(evidence.sessions, Known) else ()
        self._hours: Mapping[str, tuple[SessionHour, ...]] = {row.project: row.hours for row in sessions}
        self._of_issues = _median_rise(list(self._ratios(issues)))

    def of(self, issue: ListedIssue) -> float:
        """The factor of the issue's project; at least 1."""
        by_sessions = self._by_sessions(self._hours.get(issue.project_id or "", ()))
        return max(1.0, self._of_issues if by_sessions is None else by_sessions)

    def _by_sessions(self, hours: Iterable[SessionHour]) -> float | None:
        window = self._evidence.window
        known = [(hour.start, hour.sessions) for hour in hours if hour.complete and hour.sessions is not None]
        now = [sessions for start, sessions in known if start + HOUR > window.start]
        before = [sessions for start, sessions in known if start + HOUR <= window.start]
        same = [
            sessions
            for start, sessions in known
            if start + HOUR <= window.start and window.start - HOUR <= start + DAY < window.end + 2 * HOUR
        ]
        reference = [*same, *before[-3:]]
        if not now or not reference or max(reference) < self._policy.thresholds.sessions_minimum:
            return None
        return float(max(now)) / max(reference)

    def _ratios(self, issues: Iterable[ListedIssue]) -> Iterator[float]:
        window = self._evidence.window
        length = window.length / HOUR
        for issue in issues:
            is_old = issue.first_seen is not None and issue.first_seen < self._evidence.new_since
            usual = usual_of(issue, window, self._policy.trend.spiking) if is_old else None
            if usual is not None and usual.highest >= FEWEST_OF_PEER and issue.events is not None and length > 0:
                yield issue.events / length / usual.highest


def _median_rise(ratios: list[float]) -> float:
    return min(MOST_TRAFFIC, median(ratios)) if len(ratios) >= FEWEST_PEERS else 1.0
