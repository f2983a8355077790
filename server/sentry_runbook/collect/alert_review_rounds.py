"""The rounds of a review of alerts: which requests go out together, and when no further ones do."""

from __future__ import annotations

from sentry_runbook.collect.alert_lists import RULES, ask_migrated
from sentry_runbook.collect.alert_review_evidence import evidence_of, hourly_of
from sentry_runbook.collect.alert_review_firings import PAGE
from sentry_runbook.collect.alert_review_issues import of_interest
from sentry_runbook.collect.alert_review_parts import ReviewParts
from sentry_runbook.collect.alert_review_scope import ReviewScope, with_slug
from sentry_runbook.collect.batch import RequestBatch
from sentry_runbook.incident.alerts.plan import plan_series
from sentry_runbook.incident.alerts.replay import conditions_of
from sentry_runbook.incident.alerts.replay_values import CRASH_FREE
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.progress import Page
from sentry_runbook.sentry.counts import ListPage

MOST_REQUESTS = 400
"""Of one review: Sentry answers two dozen at a time, so that is some two to four seconds of it."""
DETAILS = "firings, counts for conditions, and what was done with the issues"
DETAILS_OF_PAGE = "counts for conditions, what was done with the issues, and firings of alerts"
FIRINGS = "firings of alerts"
SHORTEST_ROUND_S = 3.0
"""Seconds of the call that must be left for a further page of firings: deciding and writing need some of them."""


class ReviewRounds:
    """One review on its way.

    Args:
        parts: of which nothing is asked yet.
        began: by the runtime's running seconds.
    """

    def __init__(self, parts: ReviewParts, began: float) -> None:
        self.parts = parts
        self._scope: ReviewScope = parts.scope
        self._began = began
        self._sent = 0
        self._asked = 0
        """Alerts whose firings were asked for."""
        self._failed = False
        """No request of the last page of firings was answered."""

    async def read_lists(self) -> None:
        """Round one, and a further one for each further page of a list.

        Raises:
            RunbookError: no list of alerts could be read, or the project does not exist.
        """
        parts, batch = self.parts, RequestBatch("alerts, monitors, issues, and events by the hour")
        parts.issues.ask(batch)
        parts.hours.ask(batch)
        environments = batch.add(self._scope.client.environments)
        while parts.lists.is_open:
            parts.lists.add_to(batch)
            await self._send(batch)
            parts.lists.take()
            batch = RequestBatch("further alerts and monitors")
        parts.lists.check()
        parts.issues.take_lists()
        listed = environments.value
        self._scope.environments = None if listed is None or listed.next_cursor else frozenset(listed.items)
        self._name_project()
        parts.alerts = parts.lists.read()
        parts.firings.add(parts.alerts)

    def _name_project(self) -> None:
        """Of a project given by its number the slug, which rules from before name.

        Raises:
            NotFound: there is no such project.
        """
        project, listed = self._scope.project, self.parts.lists.projects
        if project is not None and project.slug is None and listed.is_read:
            further = "more" if listed.has_more else None
            self._scope.project = with_slug(project, ListPage(tuple(listed.rows), further))

    async def read_details(self) -> None:
        """Round two: what follows from the lists."""
        parts, client = self.parts, self._scope.client
        page = self._page()
        batch = RequestBatch(DETAILS if page is None else DETAILS_OF_PAGE, page)
        hourly = hourly_of(parts)
        left = parts.hours.ask_further(batch, parts.issues.busiest())
        if left:
            self._scope.lacks("events by the hour", f"{left} further issues are counted only together with all others")
        rules = [alert for alert in parts.alerts if alert.form in RULES]
        if parts.lists.has_today and rules:
            parts.migrated |= ask_migrated(client, batch, _likely_left(rules, parts.alerts))
        if not self._scope.is_glitchtip:
            known = hourly.value if isinstance(hourly, Known) else ()
            parts.issues.ask_activities(batch, of_interest(list(parts.issues.listed.values()), known))
            parts.hours.ask_sessions_of(batch, self._projects_with_session_alerts())
            parts.series.ask(batch, plan_series(evidence_of(parts), self._scope.run.policy))
        parts.lists.ask_projects(batch, parts.lists.projects_beside())
        await self._send_page(batch)
        await self._read_rules_beside()

    def _projects_with_session_alerts(self) -> list[str]:
        """Numbers of the projects of which an alert in use looks at sessions."""
        numbers = {row.slug: row.id for row in self.parts.lists.projects.rows}
        watching = (alert for alert in self.parts.alerts if alert.enabled is not False and looks_at_sessions(alert))
        names = [name for alert in watching for name in alert.project_ids]
        found = (name if name.isdigit() else numbers.get(name) for name in names)
        return [number for number in dict.fromkeys(found) if number is not None]

    async def _read_rules_beside(self) -> None:
        """Rules that only their projects tell, on a server with alerts of today: seldom any."""
        parts = self.parts
        found = parts.lists.read_beside() if parts.lists.has_today else ()
        if found:
            batch = RequestBatch("rules from before 2026")
            parts.migrated |= ask_migrated(self._scope.client, batch, found)
            await self._send(batch)
            parts.alerts += found
            parts.firings.add(found)

    async def read_further_firings(self) -> None:
        """A round for each further fifty alerts that fired, as far as requests and time are left."""
        parts = self.parts
        while parts.firings.pending:
            why = self._why_stop()
            if why is not None:
                self._scope.lacks(f"firings of {len(parts.firings.pending)} further alerts", why)
                return
            batch = RequestBatch(FIRINGS, self._page())
            parts.issues.ask_activities(batch, parts.firings.fired_issues())
            await self._send_page(batch)

    def _why_stop(self) -> str | None:
        limits = self._scope.run.settings.limits
        if self._failed:
            return "those of the alerts before them could not be read either"
        if self._sent + 2 * PAGE > MOST_REQUESTS:
            return f"one call sends no more than {MOST_REQUESTS} requests: name a project"
        if self._scope.run.elapsed() - self._began > limits.call_s - SHORTEST_ROUND_S:
            return "the time of the call ran out: name a project, or ask again"
        return None

    def _page(self) -> Page | None:
        """Which alerts come next; None where they are all that fired."""
        pending = len(self.parts.firings.pending)
        if pending <= PAGE and not self._asked:
            return None
        return Page(self._asked + 1, self._asked + min(PAGE, pending), self._asked + pending)

    async def _send_page(self, batch: RequestBatch) -> None:
        """Send a batch together with the next page of firings."""
        firings = self.parts.firings
        page = firings.next_page()
        firings.ask(batch, page)
        await self._send(batch)
        self._asked += len(page)
        self._failed = firings.failed(page)

    async def _send(self, batch: RequestBatch) -> None:
        self._sent += len(batch)
        await batch.send()


def _likely_left(rules: list[AlertDefinition], alerts: tuple[AlertDefinition, ...]) -> list[AlertDefinition]:
    """The rules without a namesake of today first: those are likelier to be left, and few are asked for."""
    names = {alert.name for alert in alerts if alert.form not in RULES}
    return sorted(rules, key=lambda rule: rule.name in names)


def looks_at_sessions(alert: AlertDefinition) -> bool:
    """Whether a condition is on a share of the sessions, or on how many of them crash."""
    if alert.metric is not None and CRASH_FREE.search(alert.metric.raw_aggregate):
        return True
    return any(condition.kind.needs == "sessions" for condition in conditions_of(alert))
