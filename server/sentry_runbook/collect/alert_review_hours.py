"""What a review of alerts counts by the hour: events of the issues and of all others, and sessions.

Points of one answer are shared by its series, so a long period is asked for in stretches, each with its own busiest
issues. Issues of the lists that are not among these get a series of their own in round two, and what stands for all
others is less by as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import eq

from sentry_runbook.answer_points import MOST_SERIES, points_of_each
from sentry_runbook.collect.alert_review_issues import ERROR
from sentry_runbook.collect.alert_review_scope import ALL_PROJECTS, ReviewScope
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.series_parts import INGEST_LAG
from sentry_runbook.collect.sessions import merge_sessions
from sentry_runbook.collect.situation_discover import of_issues
from sentry_runbook.errors import BadRequest, RunbookError
from sentry_runbook.incident.model.evidence import Known, Series, SessionHour, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_review import ALL_OTHERS, CountedSeries, Population, SessionsOf
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.counts import ProjectSessionCounts, SessionCounts, TimeSeries
from sentry_runbook.sentry.issue_series import OTHERS
from sentry_runbook.sentry.status_errors import OneProjectAtATime

HOUR_S = 3600
HOUR = timedelta(hours=1)
MOST_HOURS = points_of_each(MOST_SERIES, with_others=True)
"""Of one answer: each of its series has a point an hour."""
MOST_FURTHER = 80
"""Issues beyond the busiest that are counted by the hour, ten a request."""
MOST_SESSION_PROJECTS = 10
"""Whose sessions are asked for by themselves, where Sentry cut those of all projects."""
FEWEST_EVENTS = 10
"""An issue with fewer events in the period has no hour that could be an episode."""
GLITCHTIP = "this server is GlitchTip: it counts nothing by time"
Tables = Mapping[str, TimeSeries]


@dataclass
class HourlyCounts:
    """The requests for counts by the hour, and what came back."""

    scope: ReviewScope
    _stretches: list[tuple[Window, Result[Tables]]] = field(default_factory=list)
    _further: list[tuple[Window, tuple[ListedIssue, ...], Result[Tables]]] = field(default_factory=list)
    _all_sessions: Result[ProjectSessionCounts] = field(default_factory=Result)
    _sessions_by: dict[str, Result[ProjectSessionCounts]] = field(default_factory=dict)
    _is_own: bool = False
    """The sessions are asked for the project that was named; else for all."""

    def ask(self, batch: RequestBatch) -> None:
        """Round one: the busiest issues and all others, and the sessions."""
        scope = self.scope
        self._stretches.clear()
        for stretch in _stretches(scope.counted, MOST_HOURS):
            self._stretches.append((stretch, batch.add(partial(self._series, stretch, "", with_others=True))))
        self._is_own = scope.project_number != ALL_PROJECTS
        self._all_sessions = self._ask_sessions(batch, scope.project_number)

    def _ask_sessions(self, batch: RequestBatch, project: str) -> Result[ProjectSessionCounts]:
        """The longest period has fewer hours than one answer holds; of many groups the smallest are cut."""
        window, client = self.scope.window, self.scope.client
        return batch.add(partial(client.sessions_by_project, project_id=project, start=window.start, end=window.end))

    def ask_sessions_of(self, batch: RequestBatch, projects: Sequence[str]) -> None:
        """Round two: the sessions of these projects, as far as they were cut in the answer about all."""
        cut = self._all_sessions.value is not None and self._all_sessions.value.is_cut
        if cut and not self._is_own:
            own = self.scope.project is not None
            for project in [self.scope.project_number] if own else projects[:MOST_SESSION_PROJECTS]:
                self._sessions_by[project] = self._ask_sessions(batch, project)

    def ask_further(self, batch: RequestBatch, issues: Sequence[ListedIssue]) -> int:
        """Round two: of those without a series new ones and those with most events; how many stay without one."""
        left = 0
        for stretch, result in self._stretches:
            # Only errors are counted: of another issue no event would be found, which is not "none".
            busy = [issue for issue in issues if issue.category == ERROR and (issue.events or 0) >= FEWEST_EVENTS]
            silent = [issue for issue in busy if result.value is not None and not _is_in(issue, result.value)]
            # A new issue may be an incident with all of its events; one that was always there is mostly noise.
            start = self.scope.window.start
            silent.sort(key=lambda issue: issue.first_seen is None or issue.first_seen < start)
            chosen = silent[:MOST_FURTHER]
            left = max(left, len(silent) - len(chosen))
            for first in range(0, len(chosen), MOST_SERIES):
                ten = tuple(chosen[first : first + MOST_SERIES])
                search = of_issues([issue.id for issue in ten])
                asked = batch.add(partial(self._series, stretch, search, with_others=False, most=len(ten)))
                self._further.append((stretch, ten, asked))
        return left

    @property
    def is_refused(self) -> bool:
        """Whether counts were refused as they were asked for."""
        return any(isinstance(result.error, BadRequest | OneProjectAtATime) for _, result in self._stretches)

    async def _series(self, stretch: Window, search: str, *, with_others: bool, most: int = MOST_SERIES) -> Tables:
        return await self.scope.client.series_by_issue(
            query=" ".join(filter(None, (search, self.scope.only_project))),
            start=stretch.start,
            end=stretch.end,
            interval_s=HOUR_S,
            project_ids=(self.scope.project_number,),
            with_others=with_others,
            most=most,
        )

    # --- what came back

    def series(self, numbers: Mapping[str, str]) -> Known[tuple[CountedSeries, ...]] | Unknown:
        """The counts; unknown where a stretch of them is, for its part of the time.

        Args:
            numbers: short id → number of the issues that are known.
        """
        known = [(stretch, result.value) for stretch, result in self._stretches if result.value is not None]
        if not known:
            return _unknown(self.scope, [result.error for _, result in self._stretches])
        for stretch, result in self._stretches:
            if result.error is not None:
                self.scope.lacks(f"events by the hour from {stretch.start:%Y-%m-%d} on", result.error)
        found = [series for stretch, table in known for series in self._of_stretch(stretch, table, numbers)]
        source = self.scope.source("time series by issue and hour", self.scope.counted)
        return Known(value=tuple(found), source=source)

    def _of_stretch(self, stretch: Window, table: Tables, numbers: Mapping[str, str]) -> Iterator[CountedSeries]:
        everything = Population(projects=(self.scope.project_number,))
        busiest = {numbers.get(key, key): counts for key, counts in table.items() if key != OTHERS}
        model = next(iter(table.values()), _zeros(stretch, HOUR_S))
        # The server names no others where there are none: a list that is not full holds all events.
        others = table.get(OTHERS)
        if others is None and len(busiest) < MOST_SERIES:
            others = TimeSeries(model.start, model.step_s, (0.0,) * len(model.values), model.complete_until)
        further = {
            issue: counts
            for of_stretch, ten, result in self._further
            if of_stretch == stretch and result.value is not None
            for issue, counts in _of_each(ten, result.value, model)
        }
        for issue, counts in {**busiest, **further}.items():
            events = settled(counts, self.scope.now)
            yield CountedSeries(population=everything, issue=issue, events=events, is_partial=others is None)
        if others is not None:
            rest = _less(others, list(further.values()))
            yield CountedSeries(population=everything, issue=ALL_OTHERS, events=settled(rest, self.scope.now))

    def sessions(self) -> Known[tuple[SessionsOf, ...]] | Unknown:
        """The sessions by project, environment and hour, a project's own answer before that about all."""
        counted = self._all_sessions.value
        if counted is None:
            return _unknown(self.scope, [self._all_sessions.error])
        by_project = dict(counted.by_project)
        if self.scope.project is not None:
            own = self.scope.project_number
            by_project = {number: counts for number, counts in by_project.items() if number == own}
        for result in self._sessions_by.values():
            by_project.update(result.value.by_project if result.value is not None else {})
        is_cut = any(counts.is_cut for counts in by_project.values())
        return Known(
            value=tuple(self._sessions_rows(by_project)),
            source=self.scope.source("sessions by project, environment and hour"),
            note="of some projects Sentry left out the environments with the fewest sessions" if is_cut else "",
        )

    def _sessions_rows(self, by_project: Mapping[str, SessionCounts]) -> Iterator[SessionsOf]:
        for project, counts in by_project.items():
            for environment, hours in _by_environment(counts, self.scope.now):
                shown = self.scope.sanitizer.line(environment, NAME, "environment") if environment else environment
                yield SessionsOf(project=project, environment=shown, hours=hours, raw_environment=environment)


def _unknown(scope: ReviewScope, errors: Sequence[RunbookError | None]) -> Unknown:
    if scope.is_glitchtip:
        return Unknown(why=GLITCHTIP)
    error = next((error for error in errors if error is not None), None)
    return Unknown(why="not asked" if error is None else f"{error.what} {error.fix}".strip().rstrip("."))


def _stretches(window: Window, most_hours: int) -> Iterator[Window]:
    """The window in stretches of at most so many hours, cut at full hours."""
    start = window.start
    while start < window.end:
        cut = start.replace(minute=0, second=0, microsecond=0) + most_hours * HOUR
        yield Window(start=start, end=min(cut, window.end))
        start = cut


def _is_in(issue: ListedIssue, table: Tables) -> bool:
    return issue.id in table or issue.name in table


def _of_each(issues: Sequence[ListedIssue], table: Tables, model: TimeSeries) -> Iterator[tuple[str, TimeSeries]]:
    """The series of each of the issues that were asked for; one that the server leaves out has no event."""
    for issue in issues:
        counts = table.get(issue.id) or table.get(issue.name)
        yield issue.id, counts or TimeSeries(model.start, model.step_s, (0.0,) * len(model.values))


def _less(others: TimeSeries, further: Sequence[TimeSeries]) -> TimeSeries:
    """All others without those that have a series; a bucket that cannot be compared is unknown."""
    aligned = [counts.values for counts in further if counts.start == others.start]
    if len(aligned) < len(further) or any(len(values) != len(others.values) for values in aligned):
        return TimeSeries(others.start, others.step_s, (None,) * len(others.values), others.complete_until)

    def rest(whole: float | None, *parts: float | None) -> float | None:
        known = [part for part in parts if part is not None]
        # Events that came between both answers are in one of them only.
        return None if whole is None or len(known) < len(parts) else max(0.0, whole - sum(known))

    values = tuple(rest(*at) for at in zip(others.values, *aligned, strict=True))
    return TimeSeries(others.start, others.step_s, values, others.complete_until)


def _zeros(window: Window, step_s: int) -> TimeSeries:
    start = first_bucket(window.start, step_s)
    return TimeSeries(start, step_s, (0.0,) * len_of(start, window.end, step_s))


def first_bucket(at: datetime, step_s: int) -> datetime:
    """The start of the bucket that holds an instant: Sentry aligns them to the epoch."""
    return datetime.fromtimestamp(int(at.timestamp()) // step_s * step_s, at.tzinfo)


def len_of(start: datetime, end: datetime, step_s: int) -> int:
    """How many buckets there are from the first one's start up to an instant."""
    return -(-int((end - start).total_seconds()) // step_s)


def settled(counts: TimeSeries, now: datetime) -> Series:
    """The series as the evidence has it: its latest buckets may still grow."""
    until = now - INGEST_LAG
    return Series(
        start=counts.start,
        step_s=counts.step_s,
        values=counts.values,
        complete_until=min(until, counts.complete_until or until),
    )


def _by_environment(counts: SessionCounts, now: datetime) -> Iterator[tuple[str | None, tuple[SessionHour, ...]]]:
    """The hours of each environment, ``""`` for none; and of all together under None, where none was left out."""
    if not counts.is_cut:
        yield None, merge_sessions(counts, lambda _: True, now).hours
    for name in dict.fromkeys(group.environment or "" for group in counts.groups):
        yield name, merge_sessions(counts, partial(eq, name), now).hours
