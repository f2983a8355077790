"""Which of the period's series tell the counts that a condition asks for, the finest that covers a time first.

Theory: a series answers exactly what it was asked (environment and search), and bounds from above what asks for less:
without the search, without the environment, all other issues together. A series by issue counts an issue whole,
whatever the other projects of its question. What was asked for single issues says nothing of those without a series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from sentry_runbook.incident.alerts.replay_cells import MANY, CountCells, SeriesPiece, compose, piece_of, second
from sentry_runbook.incident.model.evidence import Known, Series
from sentry_runbook.incident.model.evidence.alert_review import (
    ALL_OTHERS,
    AlertReviewEvidence,
    CountedSeries,
    IssueUnderReview,
    Population,
    SessionsOf,
)

EVENTS, USERS = "count()", "count_unique(user)"
ERRORS = "errors"
ALL_PROJECTS = "-1"
Kind = tuple[str | None, str, str]
"""Environment, search, aggregate."""


@dataclass(frozen=True)
class SeriesAnswer:
    """The series of one answer: the same stretch of the same population.

    Attributes:
        names_all: issues without a series of their own are in ``others``; there were none where that is None.
    """

    projects: frozenset[str]
    step: int
    names_all: bool
    series: Mapping[str, Series]
    others: Series | None

    def covers(self, project: str | None) -> bool:
        """Whether a project's issues are counted."""
        return ALL_PROJECTS in self.projects or project in self.projects


@dataclass
class CountedPeriod:
    """The series of one period, looked up by what they count. Built once an evidence (:func:`counted_period`)."""

    evidence: AlertReviewEvidence
    _cells: dict[tuple[str | None, str, str], CountCells] = field(default_factory=dict)
    _users: dict[tuple[str | None, str, str], tuple[CountCells, ...]] = field(default_factory=dict)
    kept: dict[object, object] = field(default_factory=dict)
    """What several alerts ask of the same series, computed once."""

    @cached_property
    def start(self) -> int:
        """Of the period."""
        return second(self.evidence.window.start)

    @cached_property
    def end(self) -> int:
        """Of the period."""
        return second(self.evidence.window.end)

    @cached_property
    def issues(self) -> Mapping[str, IssueUnderReview]:
        """Those that are known, by number."""
        return {row.issue.id: row for row in self.evidence.issues}

    @cached_property
    def numbers(self) -> Mapping[str, str]:
        """Slug or number of each project → its number."""
        projects = self.evidence.projects
        known = projects.value if isinstance(projects, Known) else ()
        by_name = {project.slug: project.id for project in known if project.slug}
        of_issues = {
            row.issue.project: row.issue.project_id
            for row in self.evidence.issues
            if row.issue.project and row.issue.project_id
        }
        return {**of_issues, **by_name, **{project.id: project.id for project in known}}

    def project_of(self, issue: str) -> str | None:
        """Number of an issue's project; None: not known."""
        row = self.issues.get(issue)
        if row is None:
            return self._project_by_series.get(issue)
        return row.issue.project_id or self.numbers.get(row.issue.project or "")

    @cached_property
    def _project_by_series(self) -> Mapping[str, str]:
        """Of issues that no list names: the project of a series that was asked of one project alone."""
        found: dict[str, str] = {}
        for row in self.rows:
            if row.issue and len(row.population.projects) == 1 and row.population.projects[0] != ALL_PROJECTS:
                found[row.issue] = row.population.projects[0]
        return found

    @cached_property
    def hourly(self) -> tuple[CountedSeries, ...]:
        """Of all issues, by the hour; empty where they could not be read."""
        known = self.evidence.hourly
        return known.value if isinstance(known, Known) else ()

    @property
    def rows(self) -> tuple[CountedSeries, ...]:
        """All series."""
        return (*self.evidence.minutes, *self.hourly)

    @cached_property
    def with_series(self) -> tuple[str, ...]:
        """Issues that have a series of their own, in the order of the series."""
        return tuple(dict.fromkeys(row.issue for row in self.rows if row.issue))

    @cached_property
    def own_series(self) -> frozenset[str]:
        """Issues that have a series of their own."""
        return frozenset(self.with_series)

    @cached_property
    def has_unlisted(self) -> bool:
        """Whether issues may be without a series and in no list: there are more events than the listed ones have."""
        if any(row.is_partial for row in self.hourly) or not isinstance(self.evidence.hourly, Known):
            return True
        others = [row.events for row in self.hourly if row.issue == ALL_OTHERS]
        inside = (
            value or 0
            for series in others
            for index, value in enumerate(series.values)
            if second(series.start) + index * series.step_s >= self.start
        )
        listed = [row.issue.events for issue, row in self.issues.items() if issue not in self.own_series]
        return sum(inside) > sum(events or 0 for events in listed)

    @cached_property
    def answers(self) -> Mapping[Kind, tuple[SeriesAnswer, ...]]:
        """Answers by issue on errors, the finest first, by what they count."""
        found: dict[tuple[Population, object, int, int, bool], list[CountedSeries]] = {}
        for names_all, rows in ((False, self.evidence.minutes), (True, self.hourly)):
            for row in rows:
                if row.population.by_issue and row.population.dataset == ERRORS and row.issue is not None:
                    key = (row.population, row.events.start, row.events.step_s, len(row.events.values), names_all)
                    found.setdefault(key, []).append(row)
        by_kind: dict[Kind, list[SeriesAnswer]] = {}
        for (population, _, step, _, names_all), rows_of in found.items():
            kind = population.environment, population.search, population.aggregate
            by_kind.setdefault(kind, []).append(_answer(population, step, rows_of, names_all=names_all))
        return {kind: tuple(sorted(rows, key=lambda row: row.step)) for kind, rows in by_kind.items()}

    def cells(self, environment: str | None, search: str, issue: str) -> CountCells:
        """Events of an issue in an environment (None: all) that meet a search; :data:`ALL_OTHERS`: of one without."""
        key = environment, search, issue
        if key not in self._cells:
            self._cells[key] = self._composed(environment, search, issue)
        return self._cells[key]

    def _composed(self, environment: str | None, search: str, issue: str) -> CountCells:
        project, row = self.project_of(issue), self.issues.get(issue)
        pieces: list[SeriesPiece] = []
        bounds: list[SeriesPiece] = []
        wider = dict.fromkeys(((environment, search), (environment, ""), (None, search), (None, "")))
        for env, term in wider:
            is_exact = (env, term) == (environment, search)
            for answer in self.answers.get((env, term, EVENTS), ()):
                own = answer.series.get(issue)
                if own is not None:
                    pieces.append(piece_of(own, is_exact=is_exact))
                elif answer.names_all and answer.covers(project):
                    bounds += [_capped(piece, self.most_of(issue)) for piece in _of_others(answer)]
        if issue == ALL_OTHERS:
            bounds = list(self._others())
        return compose(
            (*pieces, *bounds),
            born=None if row is None or row.issue.first_seen is None else second(row.issue.first_seen),
            last=None if row is None or row.issue.last_seen is None else second(row.issue.last_seen),
            until=max(self.end, *(piece.end for piece in pieces)) if pieces else self.end,
            most=MANY if pieces else self.most_of(issue),
        )

    def _others(self) -> Iterator[SeriesPiece]:
        """All issues without a series of their own together, of all answers that were asked of every issue."""
        by_grid: dict[tuple[int, int, int], list[SeriesPiece]] = {}
        for answer in self.answers.get((None, "", EVENTS), ()):
            for piece in _of_others(answer) if answer.names_all else ():
                by_grid.setdefault((piece.start, piece.step, len(piece.highs)), []).append(piece)
        for (start, step, length), pieces in by_grid.items():
            highs = [sum(counts) for counts in zip(*(piece.highs for piece in pieces), strict=True)]
            yield SeriesPiece(start, step, [0] * length, highs)

    def events_of(self, issue: str) -> int:
        """Events of an issue in the period, by the list; 0 where it does not tell."""
        row = self.issues.get(issue)
        return 0 if row is None else row.issue.events or 0

    def most_of(self, issue: str) -> int:
        """More events than that no stretch of an issue holds, by the list; :data:`MANY`: not known."""
        row = self.issues.get(issue)
        if row is None:
            return MANY
        is_new = row.issue.first_seen is not None and second(row.issue.first_seen) >= self.start
        known = (row.issue.events_total, row.issue.events if is_new else None)
        return min((count for count in known if count is not None), default=MANY)

    def users(self, environment: str | None, search: str, issue: str) -> tuple[CountCells, ...]:
        """Distinct users by bucket: one for each step that was asked; empty: they were not counted."""
        key = environment, search, issue
        if key not in self._users:
            by_step: dict[int, list[SeriesPiece]] = {}
            for answer in self.answers.get((environment, search, USERS), ()):
                if issue in answer.series:
                    by_step.setdefault(answer.step, []).append(piece_of(answer.series[issue]))
            self._users[key] = tuple(compose(pieces, until=self.end) for pieces in by_step.values())
        return self._users[key]

    @property
    def all_sessions(self) -> tuple[SessionsOf, ...]:
        """Sessions by project and environment; empty where they could not be read."""
        known = self.evidence.sessions
        return known.value if isinstance(known, Known) else ()

    def sessions(self, project: str | None, environment: str | None) -> dict[int, int] | None:
        """Sessions of a project by the start of the hour; None: they are not known."""
        for row in self.all_sessions:
            if row.project == project and row.raw_environment == environment:
                return {second(hour.start): hour.sessions for hour in row.hours if hour.sessions is not None}
        return None

    def totals(self, population: Population) -> list[Series]:
        """Series of a whole population, the finest first."""
        found = [row.events for row in self.rows if row.issue is None and row.population == population]
        return sorted(found, key=lambda series: series.step_s)


def _answer(population: Population, step: int, rows: list[CountedSeries], *, names_all: bool) -> SeriesAnswer:
    own = {row.issue: row.events for row in rows if row.issue}
    others = next((row.events for row in rows if row.issue == ALL_OTHERS), None)
    is_partial = any(row.is_partial for row in rows)
    return SeriesAnswer(frozenset(population.projects), step, names_all and not is_partial, own, others)


def _of_others(answer: SeriesAnswer) -> Iterator[SeriesPiece]:
    """What bounds an issue without a series of its own: all of those together, or nothing at all."""
    if answer.others is not None:
        yield piece_of(answer.others, is_exact=False)
        return
    any_of_them = next(iter(answer.series.values()), None)
    if any_of_them is not None:
        none = [0] * len(any_of_them.values)
        yield SeriesPiece(second(any_of_them.start), any_of_them.step_s, none, none)


def _capped(piece: SeriesPiece, most: int) -> SeriesPiece:
    return SeriesPiece(piece.start, piece.step, piece.lows, [min(high, most) for high in piece.highs])


class _Same:
    """An evidence by its identity: it is large, and compared by its value it would be hashed whole."""

    def __init__(self, evidence: AlertReviewEvidence) -> None:
        self.evidence = evidence

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.evidence is self.evidence

    def __hash__(self) -> int:
        return id(self.evidence)


@lru_cache(maxsize=2)
def _counted(same: _Same) -> CountedPeriod:
    return CountedPeriod(same.evidence)


def counted_period(evidence: AlertReviewEvidence) -> CountedPeriod:
    """The series of a period, for all alerts that are replayed over it."""
    return _counted(_Same(evidence))
