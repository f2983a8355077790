"""In which environments of which projects the period had events: one table of round one.

An alert of an environment without events cannot have fired. Sixteen alerts of eight environments in four projects would
else ask a series each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from sentry_runbook.collect.alert_review_hours import settled
from sentry_runbook.collect.alert_review_scope import ReviewScope
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.discover_parts import COUNT
from sentry_runbook.collect.situation_discover import ENVIRONMENT, PROJECT
from sentry_runbook.incident.model.evidence.alert_review import CountedSeries, Population
from sentry_runbook.incident.model.evidence.json_values import count_of
from sentry_runbook.safety.search_terms import term
from sentry_runbook.sentry.counts import MAX_ROWS, DiscoverTable, TimeSeries
from sentry_runbook.sentry.parsing import text
from sentry_runbook.sentry.timeseries import ERRORS


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

    def told(
        self, populations: Iterable[Population], environments: Iterable[str], slugs: Mapping[str, str]
    ) -> dict[Population, int]:
        """How many events of the period are of each of the populations, as far as the table tells.

        Args:
            populations: of events all together.
            environments: as alerts name them.
            slugs: number of a project → its slug, of all projects that are known.
        """
        table = self._table.value
        if table is None or table.next_cursor is not None or table.is_partial or len(table.rows) >= MAX_ROWS:
            return {}
        counts = {
            (text(row.get(ENVIRONMENT)), text(row.get(PROJECT))): count_of(row.get(COUNT)) or 0 for row in table.rows
        }
        found, terms = {}, {term("environment", name): name for name in environments}
        for population in populations:
            name = terms.get(population.search)
            if name is not None and self._tells(population, slugs):
                own = None if self._is_scope(population) else {slugs[number] for number in population.projects}
                of_environment = {key: count for key, count in counts.items() if key[0] == name}
                found[population] = sum(count for (_, slug), count in of_environment.items() if not own or slug in own)
        return found

    def _is_scope(self, population: Population) -> bool:
        return population.projects == (self.scope.project_number,)

    def _tells(self, population: Population, slugs: Mapping[str, str]) -> bool:
        if (
            population.environment is not None
            or population.by_issue
            or population.aggregate != COUNT
            or population.dataset != ERRORS
        ):
            return False
        is_of_all = self.scope.project is None
        return self._is_scope(population) or (is_of_all and all(number in slugs for number in population.projects))

    def counted(self, told: Mapping[Population, int]) -> Iterator[CountedSeries]:
        """The same as counts, in one bucket of the whole period."""
        window, now = self.scope.window, self.scope.now
        for population, events in told.items():
            counts = TimeSeries(window.start, int(window.length.total_seconds()), (float(events),))
            yield CountedSeries(population=population, events=settled(counts, now))
