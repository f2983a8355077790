"""The counts that the replay of the alerts asks for, each stretch one request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sentry_runbook.answer_points import MOST_SERIES
from sentry_runbook.collect.alert_review_hours import first_bucket, len_of, settled
from sentry_runbook.collect.alert_review_scope import ReviewScope, note_by_reason
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.situation_discover import of_issues
from sentry_runbook.errors import NotFound, Unsupported
from sentry_runbook.incident.alerts.plan import SeriesQuestion
from sentry_runbook.incident.model.evidence.alert_review import ALL_OTHERS, CountedSeries
from sentry_runbook.sentry.counts import TimeSeries
from sentry_runbook.sentry.issue_series import OTHERS
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING
from sentry_runbook.sentry.timeseries import searched_dataset

MOST_QUESTIONS = 120
"""Of one review: at a hundred milliseconds an answer, twelve at a time, a second."""
COUNT = "count()"
COUNTS = (COUNT, "count_unique(user)")
"""Aggregates of which no event makes 0; of others it makes no number."""
Tables = Mapping[str, TimeSeries]


@dataclass
class ReviewedSeries:
    """The requests for what :func:`.plan_series` asks, and what came back."""

    scope: ReviewScope
    _asked: list[tuple[SeriesQuestion, Result[Tables]]] = field(default_factory=list)
    _left: int = 0

    def ask(self, batch: RequestBatch, questions: Sequence[SeriesQuestion]) -> None:
        """Ask the first :data:`MOST_QUESTIONS`; the plan has those first that matter most."""
        self._left = max(0, len(questions) - MOST_QUESTIONS)
        for question in questions[:MOST_QUESTIONS]:
            self._asked.append((question, batch.add(partial(self._request, question))))

    async def _request(self, question: SeriesQuestion) -> Tables:
        """The series of one question; none of an environment that the organization does not have."""
        try:
            return await self._ask(question)
        except NotFound as exc:
            is_unknown = self._is_unknown(question.population.environment)
            if isinstance(exc, ENDPOINT_MISSING) or not is_unknown or question.population.aggregate not in COUNTS:
                raise
            # Sentry answers 404 for an environment that it never saw: no event is of it.
            return {} if question.population.by_issue else {OTHERS: _zeros(question, None)}

    def _is_unknown(self, environment: str | None) -> bool:
        known = self.scope.environments
        return environment is not None and known is not None and environment not in known

    async def _ask(self, question: SeriesQuestion) -> Tables:
        """The series of one question: by issue by its number or short id, else under an empty name."""
        population, client = question.population, self.scope.client
        environments = () if population.environment is None else (population.environment,)
        if population.by_issue:
            return await client.series_by_issue(
                query=_search(question),
                start=question.start,
                end=question.end,
                interval_s=question.step_s,
                project_ids=population.projects,
                environments=environments,
                with_others=_has_others(question),
                aggregate=population.aggregate,
                most=len(question.issues) or MOST_SERIES,
            )
        dataset = searched_dataset(population.dataset)
        if dataset is None:
            what = f"Sentry has no time series of the dataset {self.scope.name(population.dataset)}."
            raise Unsupported(what, "Conditions on it are not replayed.")
        series = await client.series(
            [population.aggregate],
            query=_search(question),
            start=question.start,
            end=question.end,
            interval_s=question.step_s,
            project_id=population.projects,
            environments=environments,
            dataset=dataset,
        )
        if population.aggregate not in series:
            raise Unsupported("This server does not count what a metric monitor measures.", "It is not replayed.")
        return {OTHERS: series[population.aggregate]}

    def counted(self, numbers: Mapping[str, str], no_errors: Collection[str]) -> tuple[CountedSeries, ...]:
        """What was counted.

        Args:
            numbers: short id → number of the issues that are known.
            no_errors: numbers of issues that are no errors, of which no event is counted here.
        """
        return tuple(
            counted
            for question, result in self._asked
            if result.value is not None
            for counted in self._of_question(question, result.value, numbers)
            if counted.issue not in no_errors
        )

    def _of_question(
        self, question: SeriesQuestion, table: Tables, numbers: Mapping[str, str]
    ) -> Iterator[CountedSeries]:
        population, now = question.population, self.scope.now
        if not population.by_issue:
            for counts in table.values():
                yield CountedSeries(population=population, events=settled(counts, now))
            return
        by_number = {ALL_OTHERS if key == OTHERS else numbers.get(key, key): counts for key, counts in table.items()}
        # An issue without events is left out, and so are the others where the list is not full.
        silent = [issue for issue in question.issues[:MOST_SERIES] if issue not in by_number]
        if _has_others(question) and ALL_OTHERS not in by_number and len(by_number) < MOST_SERIES:
            silent.append(ALL_OTHERS)
        is_partial = not question.issues and not _has_others(question) and len(by_number) >= MOST_SERIES
        zeros = _zeros(question, next(iter(table.values()), None))
        for issue, counts in (*by_number.items(), *((issue, zeros) for issue in silent)):
            yield CountedSeries(population=population, issue=issue, events=settled(counts, now), is_partial=is_partial)

    def note_unread(self) -> None:
        """Say what was not counted, by reason."""
        errors = [result.error for _, result in self._asked if result.error is not None]
        note_by_reason(self.scope, errors, f"{{}} of the {len(self._asked)} series that alerts are replayed over")
        if self._left:
            why = f"one call asks for {MOST_QUESTIONS}: {self.scope.less}"
            self.scope.lacks(f"{self._left} further series that alerts are replayed over", why)


def _has_others(question: SeriesQuestion) -> bool:
    """Whether all other issues are counted together: distinct users of several issues are no sum."""
    return not question.issues and question.population.aggregate == COUNT


def _search(question: SeriesQuestion) -> str:
    search, issues = question.population.search, question.issues[:MOST_SERIES]
    if not issues:
        return search
    return f"({search}) {of_issues(issues)}" if search else of_issues(issues)


def _zeros(question: SeriesQuestion, model: TimeSeries | None) -> TimeSeries:
    if model is not None:
        return TimeSeries(model.start, model.step_s, (0.0,) * len(model.values), model.complete_until)
    start = first_bucket(question.start, question.step_s)
    return TimeSeries(start, question.step_s, (0.0,) * len_of(start, question.end, question.step_s))
