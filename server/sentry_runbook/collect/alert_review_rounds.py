"""The rounds of a review of alerts: which requests go out together, and when no further ones do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sentry_runbook.collect.alert_lists import RULES, ask_migrated
from sentry_runbook.collect.alert_review_evidence import evidence_of, hourly_of
from sentry_runbook.collect.alert_review_firings import PAGE
from sentry_runbook.collect.alert_review_issues import of_interest
from sentry_runbook.collect.alert_review_parts import ReviewParts
from sentry_runbook.collect.alert_review_scope import ReviewScope, with_slug
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.incident.alerts.emptiness import populations_to_count
from sentry_runbook.incident.alerts.plan import plan_series
from sentry_runbook.incident.alerts.replay import conditions_of
from sentry_runbook.incident.alerts.replay_values import CRASH_FREE
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.progress import Page
from sentry_runbook.sentry.account import Project
from sentry_runbook.sentry.counts import ListPage

MOST_REQUESTS = 400
"""Of one review: Sentry answers two dozen at a time, so that is some two to four seconds of it."""
AT_ONCE = 24
"""Requests of round two: the client sends no more at once, and what waits for its turn is a further round."""
LEAST_COUNTS = 8
"""Of them for the counts that replays need and what was done with issues; where fewer are left, it takes longer."""
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
        self._ask_events(batch)
        environments = batch.add(self._scope.client.environments)
        named = self._scope.project
        is_unknown = named is not None and named.id is None and named.slug is not None
        found = batch.add(partial(self._scope.client.project, named.slug or "")) if named and is_unknown else None
        while parts.lists.is_open:
            parts.lists.add_to(batch)
            await self._send(batch)
            parts.lists.take()
            batch = RequestBatch("further alerts and monitors")
            if found is not None:
                self._take_project(found, batch)
                found = None
        if len(batch):
            await self._send(batch)
        parts.lists.check()
        parts.issues.take_lists()
        listed = environments.value
        self._scope.environments = None if listed is None or listed.next_cursor else frozenset(listed.items)
        self._name_project()
        parts.alerts = parts.lists.read()
        parts.firings.add(parts.alerts)

    def _ask_events(self, batch: RequestBatch) -> None:
        self.parts.issues.ask(batch)
        self.parts.hours.ask(batch)
        if not self._scope.is_glitchtip:
            self.parts.environments.ask(batch)

    def _take_project(self, found: Result[Project], batch: RequestBatch) -> None:
        """From here on the project has its number; what a server did not understand by its slug is asked again.

        Raises:
            RunbookError: there is no such project, or it could not be read.
        """
        if found.error is not None:
            raise found.error
        self._scope.project = found.value
        if self._scope.is_glitchtip or self.parts.issues.is_refused or self.parts.hours.is_refused:
            self._ask_events(batch)

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
        """Round two: what follows from the lists; no more than is sent at once, unless very many alerts fired."""
        parts, told = self.parts, self._page()
        batch = RequestBatch(DETAILS if told is None else DETAILS_OF_PAGE, told)
        self._ask_beside(batch)
        page = parts.firings.next_page()
        parts.firings.ask(batch, page)
        room = AT_ONCE - len(batch)
        if room < LEAST_COUNTS:
            # So many fired that it takes longer anyway: their firings whole, and two rounds' worth of all else.
            parts.firings.ask_hours(batch, page)
            room = 2 * AT_ONCE
        self._share(batch, page, room)
        await self._send_page(batch, page)
        await self._read_rules_beside()

    def _ask_beside(self, batch: RequestBatch) -> None:
        """What of the lists is left: issues without a series, sessions and rules that they did not hold."""
        parts = self.parts
        left = parts.hours.ask_further(batch, parts.issues.busiest())
        if left:
            self._scope.lacks("events by the hour", f"{left} further issues are counted only together with all others")
        rules = [alert for alert in parts.alerts if alert.form in RULES]
        if parts.lists.has_today and rules:
            parts.migrated |= ask_migrated(self._scope.client, batch, _likely_left(rules, parts.alerts))
        if not self._scope.is_glitchtip:
            parts.hours.ask_sessions_of(batch, self._projects_with_session_alerts())
        parts.lists.ask_projects(batch, parts.lists.projects_beside())

    def _share(self, batch: RequestBatch, page: Sequence[AlertDefinition], room: int) -> None:
        """Share what is left of a round: two of three requests for counts, and so of the rest for hours of firings.

        Whatever one of them does not need goes to the others.
        """
        parts = self.parts
        if self._scope.is_glitchtip:
            return
        hourly = hourly_of(parts)
        known = hourly.value if isinstance(hourly, Known) else ()
        fired = parts.firings.fired_issues()
        issues = parts.issues.unasked([*fired, *of_interest(list(parts.issues.listed.values()), known)])
        repeated = parts.firings.without_hours(page)
        evidence = evidence_of(parts)
        names = {name for alert in parts.alerts if (name := alert.raw_environment or alert.environment)}
        told = parts.environments.told(populations_to_count(evidence), names, _slugs(evidence))
        parts.in_environments = tuple(parts.environments.counted(told))
        most = max(room * 2 // 3, room - len(repeated) - len(issues))
        planned = plan_series(evidence, self._scope.run.policy, most=most, known=told)
        parts.series.ask(batch, planned)
        room -= len(planned)
        hours = max(0, min(len(repeated), max(room * 2 // 3, room - len(issues))))
        parts.firings.ask_hours(batch, repeated[:hours])
        parts.issues.ask_activities(batch, issues, room - hours)

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
            batch, page = RequestBatch(FIRINGS, self._page()), parts.firings.next_page()
            parts.firings.ask(batch, page)
            parts.firings.ask_hours(batch, page)
            parts.issues.ask_activities(batch, parts.firings.fired_issues())
            await self._send_page(batch, page)

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

    async def _send_page(self, batch: RequestBatch, page: Sequence[AlertDefinition]) -> None:
        """Send a batch that holds a page of firings."""
        await self._send(batch)
        self._asked += len(page)
        self._failed = self.parts.firings.failed(page) if page else self._failed

    async def _send(self, batch: RequestBatch) -> None:
        self._sent += len(batch)
        await batch.send()


def _slugs(evidence: AlertReviewEvidence) -> dict[str, str]:
    """Number of a project → its slug, as far as their list is complete."""
    projects = evidence.projects
    if not isinstance(projects, Known):
        return {}
    return {project.id: project.slug for project in projects.value if project.id and project.slug}


def _likely_left(rules: list[AlertDefinition], alerts: tuple[AlertDefinition, ...]) -> list[AlertDefinition]:
    """The rules without a namesake of today first: those are likelier to be left, and few are asked for."""
    names = {alert.name for alert in alerts if alert.form not in RULES}
    return sorted(rules, key=lambda rule: rule.name in names)


def looks_at_sessions(alert: AlertDefinition) -> bool:
    """Whether a condition is on a share of the sessions, or on how many of them crash."""
    if alert.metric is not None and CRASH_FREE.search(alert.metric.raw_aggregate):
        return True
    return any(condition.kind.needs == "sessions" for condition in conditions_of(alert))
