"""The alerts of an organization, of every form, as a review reads them: lists, a page a round, and what they hold.

All lists are read without a project: with one, alerts that are connected to no monitor are not listed, and those of the
whole organization are listed for any (reference: alerts, 4 and 6). Whose they are is told by their monitors, here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sentry_runbook.collect.alert_lists import (
    FORMS,
    MOST_ROWS,
    RULES,
    PagedList,
    ask_monitors,
    read_alerts,
    read_monitors,
)
from sentry_runbook.collect.alert_review_scope import ReviewScope
from sentry_runbook.collect.alert_setups import has_alerts_of_today
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import SentryError
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, DefinitionForm
from sentry_runbook.incident.model.evidence.alert_form import form_of_row
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of, list_of, object_of, text_of
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import nearest
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

ALERTS, MONITORS, BEFORE_2026 = "the alerts", "the monitors", "the rules from before 2026"
INCIDENTS = "firings of metric rules from before 2026"
MOST_ALERTS = 500
"""Of all forms; more than a person keeps in order, and what one call can ask the firings of."""
MOST_PAGES = 5
"""Pages of a hundred alerts, and of a hundred rules from before."""
MOST_MONITOR_PAGES = 10
"""Each project has two monitors by default, which are no alerts and stand in the same list."""
MOST_PROJECT_PAGES = 3
MOST_PROJECTS = 20
"""Whose rules or alerts are asked for one by one, where the server has no list of all."""
MOST_PROJECTS_BESIDE = 5
"""The same where the server has alerts of today: rules that no list holds are read of a few, to see whether any are."""
ORDER = ("workflow", "metric_monitor", "cron", "uptime", "rule", "metric_rule", "glitchtip")
"""Of the alerts in the evidence: those of today, then those from before; in it by their number."""


@dataclass
class AlertLists:
    """The lists on their way.

    Attributes:
        today: alerts (workflows); ``monitors``: detectors of all types; ``before``: rules of the combined list.
        incidents: firings of the metric rules from before, in the period.
        projects: all that the token sees.
        of_projects: project (slug or number) → its rules or alerts, where it is asked by itself.
    """

    scope: ReviewScope
    today: PagedList[JsonObject]
    monitors: PagedList[JsonObject]
    before: PagedList[JsonObject]
    incidents: PagedList[JsonObject]
    projects: PagedList[Project]
    rows: dict[str, JsonObject] = field(default_factory=dict)
    """Key of an alert → the row that it was read of."""
    of_projects: dict[str, Result[ListPage[JsonObject]]] = field(default_factory=dict)
    _by_id: list[Result[tuple[JsonObject, ...]]] = field(default_factory=list)
    _asks_by_id: bool = True
    _is_cut: bool = False
    _monitors: tuple[int, dict[str, JsonObject]] = field(default_factory=lambda: (0, {}))

    @classmethod
    def of(cls, scope: ReviewScope) -> AlertLists:
        """Lists of which nothing is read."""
        client = scope.client
        return cls(
            scope,
            PagedList(ALERTS, client.alert_list, MOST_PAGES),
            PagedList(MONITORS, client.monitor_list, MOST_MONITOR_PAGES),
            PagedList(BEFORE_2026, client.old_rule_list, MOST_PAGES),
            PagedList(INCIDENTS, partial(client.old_incidents, scope.window.start, scope.window.end), MOST_PAGES),
            PagedList("the projects", partial(client.project_page, None), MOST_PROJECT_PAGES),
        )

    @property
    def asks_old(self) -> bool:
        """Whether the server may have rules from before: sentry.io has made alerts of all, and GlitchTip has none."""
        return not self.scope.client.is_saas and not self.scope.is_glitchtip

    def asked(self) -> list[PagedList[JsonObject]]:
        """The lists of alerts and monitors that this server may have."""
        return [self.today, self.monitors, *([self.before] if self.asks_old or self.before.pages else [])]

    def _pages(self) -> list[PagedList[JsonObject]]:
        """All lists of rows, in the order in which they are asked for."""
        return [*self.asked(), *([self.incidents] if self.asks_old else [])]

    # --- rounds

    @property
    def is_open(self) -> bool:
        """Whether another round is needed until all alerts are known."""
        has_pages = self.projects.is_open or any(listed.is_open for listed in self._pages())
        return has_pages or bool(self._projects_one_by_one()) or bool(self._unseen_monitors())

    def add_to(self, batch: RequestBatch) -> None:
        """Ask for what can be asked for by now."""
        ids = self._unseen_monitors()
        for listed in self._pages():
            listed.add_to(batch)
        self.projects.add_to(batch)
        self.ask_projects(batch, self._projects_one_by_one())
        if ids:
            self._asks_by_id = False
            self._by_id = ask_monitors(self.scope.client, batch, ids, MOST_PAGES)

    def take(self) -> None:
        """Read what came back.

        Raises:
            RunbookError: a setting is wrong.
        """
        for listed in (self.today, self.monitors, self.before, self.incidents, self.projects):
            listed.take()

    def ask_projects(self, batch: RequestBatch, projects: Iterable[str]) -> None:
        """Ask these projects for their rules, or for GlitchTip's alerts."""
        client = self.scope.client
        ask = client.project_alerts if self.scope.is_glitchtip else client.old_project_rules
        for project in projects:
            self.of_projects[project] = batch.add(partial(ask, project))

    def _projects_one_by_one(self) -> list[str]:
        """Projects to be asked by themselves before all alerts are known: of an old server, and of GlitchTip."""
        is_needed = self.scope.is_glitchtip or (self.has_today is False and self.lacks_old_list)
        if not is_needed or self.of_projects or self.projects.is_open:
            return []
        return self.project_names()[:MOST_PROJECTS]

    def projects_beside(self) -> list[str]:
        """Projects whose rules are asked for beside the alerts of today, where no list holds them."""
        if self.scope.is_glitchtip or self.of_projects or not (self.has_today and self.lacks_old_list):
            return []
        return self.project_names()[:MOST_PROJECTS_BESIDE]

    def project_names(self) -> list[str]:
        """The project that was named, else all."""
        named = self.scope.project
        projects = [named] if named is not None else self.projects.rows
        return [name for project in projects if (name := project.slug or project.id)]

    def _unseen_monitors(self) -> list[str]:
        """Monitors that alerts are connected to and that lie beyond the pages of their list."""
        if not self._asks_by_id or self.monitors.is_open or self.today.is_open or not self.monitors.has_more:
            return []
        seen = {id_of(row.get("id")) for row in self.monitors.rows}
        connected = (id_of(id_) for row in self.today.rows for id_ in list_of(row.get("detectorIds")))
        return [id_ for id_ in dict.fromkeys(connected) if id_ is not None and id_ not in seen]

    # --- what is known of the server

    @property
    def has_today(self) -> bool | None:
        """Whether the server has the alerts of 2026; None where that is not known."""
        return has_alerts_of_today(self.today)

    @property
    def lacks_old_list(self) -> bool:
        """Whether the server no longer has the list of rules from before, or never had it."""
        return self.asks_old and not self.before.pages and isinstance(self.before.error, ENDPOINT_MISSING)

    def check(self) -> None:
        """Refuse to review what cannot be seen.

        Raises:
            SentryError: no list of alerts could be read; of several errors the one that tells most.
        """
        answered = [result for result in self.of_projects.values() if result.value is not None]
        if answered or any(listed.is_read for listed in self.asked()):
            return
        errors = [listed.error for listed in self.asked() if listed.error is not None]
        errors += [result.error for result in self.of_projects.values() if isinstance(result.error, SentryError)]
        if errors:
            raise nearest(errors)

    # --- what they hold

    def read(self) -> tuple[AlertDefinition, ...]:
        """The alerts of the project that was named, or all, in a stable order; at most :data:`MOST_ALERTS`."""
        found = self._of_project((*self._of_lists(), *self._of_projects()))
        for what, listed in ((ALERTS, self.today), (MONITORS, self.monitors), (BEFORE_2026, self.before)):
            if lost := sum(id_of(row.get("id")) is None for row in listed.rows):
                self.scope.lacks(what, f"{lost} of {len(listed.rows)} rows of the list have no number that can be read")
        if len(found) > MOST_ALERTS:
            self._is_cut = True
            self.scope.lacks(
                "further alerts", f"there are {len(found)}; one call reviews {MOST_ALERTS}: name a project"
            )
        return found[:MOST_ALERTS]

    def read_beside(self) -> tuple[AlertDefinition, ...]:
        """The rules that were found beside the alerts of today."""
        return self._of_project(self._of_projects())

    def _of_project(self, alerts: Iterable[AlertDefinition]) -> tuple[AlertDefinition, ...]:
        return tuple(sorted({alert.key: alert for alert in alerts if self._is_asked_for(alert)}.values(), key=_place))

    def _of_lists(self) -> Iterator[AlertDefinition]:
        monitors = self._monitor_rows()
        for alert in self._read(self.today.rows, "workflow"):
            yield self._with_monitors(alert, monitors)
        yield from self._read(tuple(monitors.values()))
        # Crons and uptime checks stand in the list of the monitors, too, where the server has that.
        yield from self._read(self.before.rows, forms=RULES if self.monitors.is_read else FORMS)

    def _of_projects(self) -> Iterator[AlertDefinition]:
        for project, result in self.of_projects.items():
            items = () if result.value is None else result.value.items[:MOST_ROWS]
            rows = [{"projects": [project], **row} for row in items]
            yield from self._read(rows, "glitchtip" if self.scope.is_glitchtip else "rule")

    def _read(
        self,
        rows: Sequence[JsonObject],
        listed: DefinitionForm | None = None,
        forms: Collection[DefinitionForm] = FORMS,
    ) -> tuple[AlertDefinition, ...]:
        for row in rows:
            if (form := form_of_row(row, listed)) in forms:
                self.rows.setdefault(f"{form}:{id_of(row.get('id'))}", row)
        return read_alerts(rows, self.scope.sanitizer, listed, forms)

    def _monitor_rows(self) -> Mapping[str, JsonObject]:
        """The monitors that were read by now, by id."""
        found = [*self.monitors.rows, *(row for part in self._by_id for row in part.value or ())]
        if len(found) != self._monitors[0]:
            self._monitors = len(found), {id_: row for row in found if (id_ := id_of(row.get("id"))) is not None}
        return self._monitors[1]

    def _with_monitors(self, alert: AlertDefinition, monitors: Mapping[str, JsonObject]) -> AlertDefinition:
        """The alert with the types and projects of its monitors, as far as they were read."""
        own = [monitors[id_] for id_ in alert.monitors if id_ in monitors]
        types = dict.fromkeys(text for row in own if (text := text_of(row.get("type"))))
        projects = dict.fromkeys(id_of(row.get("projectId")) for row in own)
        # A monitor without a project is of the whole organization, and so is its alert.
        named = () if None in projects else tuple(filter(None, projects))
        return alert.model_copy(update={"monitor_types": tuple(types), "project_ids": named})

    def _is_asked_for(self, alert: AlertDefinition) -> bool:
        """Whether it is of the project that was named, of the whole organization, or connected to nothing.

        One of whose monitors some could not be read is kept: it may be of the project.
        """
        named = self.scope.project
        if named is None or not alert.project_ids or {named.id, named.slug} & set(alert.project_ids):
            return True
        is_whole = self.monitors.is_read and not self.monitors.has_more
        return alert.form == "workflow" and not is_whole and not set(alert.monitors) <= self._monitor_rows().keys()

    def monitors_on(self) -> dict[str, bool] | None:
        """Id of a monitor → whether it is on; None where they could not be read."""
        if not self.monitors.is_read:
            return None
        read = read_monitors(self._monitor_rows().values(), self.scope.sanitizer)
        return {id_: monitor.enabled for id_, monitor in read.items() if monitor.enabled is not None}

    def incidents_of(self, rule: str) -> tuple[JsonObject, ...] | None:
        """The firings in the period of a metric rule from before; None where not all are known."""
        if not self.incidents.is_read or self.incidents.has_more or self.incidents.error is not None:
            return None
        return tuple(row for row in self.incidents.rows if id_of(object_of(row.get("alertRule")).get("id")) == rule)

    @property
    def has_more(self) -> bool:
        """Whether there are alerts beyond those that were read."""
        return self._is_cut or self.leaves_projects() or any(listed.has_more for listed in self.asked())

    def leaves_projects(self) -> bool:
        """Whether alerts are listed by project, and not all projects were asked."""
        is_answered = any(result.value is not None for result in self.of_projects.values())
        return is_answered and (len(self.of_projects) < len(self.project_names()) or self.projects.has_more)


def _place(alert: AlertDefinition) -> tuple[int, int, str]:
    form = ORDER.index(alert.form) if alert.form in ORDER else len(ORDER)
    return form, int(alert.id) if alert.id.isdigit() else 0, alert.id
