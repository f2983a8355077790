"""In which environments of which projects the period had events: one table of round one.

An alert of an environment without events cannot have fired. Sixteen alerts of eight environments in four projects would
else ask a series each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sentry_runbook.collect.alert_review_hours import HOUR_S, first_bucket, len_of, settled
from sentry_runbook.collect.alert_review_scope import ALL_PROJECTS, ReviewScope
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.discover_parts import COUNT
from sentry_runbook.collect.situation_discover import ENVIRONMENT, PROJECT
from sentry_runbook.incident.model.evidence.alert_review import CountedSeries, Population
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, TimeSeries
from sentry_runbook.sentry.parsing import text


@dataclass
class EnvironmentTotals:
    """The request for the table, and what came back."""

    scope: ReviewScope
    _table: Result[DiscoverTable] = field(default_factory=Result)

    def ask(self, batch: RequestBatch) -> None:
        """Round one: events by environment and project, errors as the series count them."""
        scope = self.scope
        self._table = batch.add(
            partial(
                scope.client.discover,
                (ENVIRONMENT, PROJECT, COUNT),
                query=scope.only_project,
                start=scope.window.start,
                end=scope.window.end,
                project_id=scope.project_number,
                sort=f"-{COUNT}",
                limit=MAX_ROWS,
            )
        )

    def told(self, populations: Iterable[Population], slugs: dict[str, str]) -> dict[Population, bool]:
        """Which of the populations had events in the period, as far as the table tells.

        Args:
            populations: all together, by environment.
            slugs: number of a project → its slug, of all projects that are known.
        """
        table = self._table.value
        if table is None or table.next_cursor is not None or table.is_partial or len(table.rows) >= MAX_ROWS:
            return {}
        seen = {(text(row.get(ENVIRONMENT)), text(row.get(PROJECT))) for row in table.rows if row.get(COUNT)}
        return {
            population: any(
                (population.environment, project) in seen for project in self._projects(population, slugs, seen)
            )
            for population in populations
            if self._tells(population, slugs)
        }

    def _tells(self, population: Population, slugs: dict[str, str]) -> bool:
        is_plain = population.environment and not (population.by_issue or population.search)
        if not is_plain or population.aggregate != COUNT or population.dataset != "errors":
            return False
        if self.scope.project is not None:
            return population.projects == (self.scope.project_number,)
        return population.projects == (ALL_PROJECTS,) or all(number in slugs for number in population.projects)

    def _projects(
        self, population: Population, slugs: dict[str, str], seen: Collection[tuple[str | None, str | None]]
    ) -> Collection[str | None]:
        if self.scope.project is not None or population.projects == (ALL_PROJECTS,):
            return {project for _, project in seen}
        return [slugs[number] for number in population.projects]

    def nothing_in(self, populations: Iterable[Population]) -> Iterator[CountedSeries]:
        """The counts by the hour of populations that had no event."""
        window, now = self.scope.window, self.scope.now
        start = first_bucket(window.start, HOUR_S)
        zeros = (0.0,) * len_of(start, window.end + timedelta(seconds=1), HOUR_S)
        for population in populations:
            yield CountedSeries(population=population, events=settled(TimeSeries(start, HOUR_S, zeros), now))
