"""One review of the alerts from the caller's arguments to the evidence.

How to think about it: round one lists what there is (alerts of every form, issues, counts by the hour); where a list
has more than a page, further rounds read on. Round two asks what follows from the lists: firings of the first fifty
alerts that fired, the counts that replays need, and what people did with the issues. Each further fifty alerts that
fired are a round of their own. Requests and time are bounded: what is left out for that is said in ``unread``.

The evidence is kept for ``cache_s`` seconds and shared by all who ask the same: pages of the answer are cut from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sentry_runbook.collect.alert_lists import RULES, ask_migrated
from sentry_runbook.collect.alert_review_firings import PAGE, ReviewedFirings
from sentry_runbook.collect.alert_review_hours import HourlyCounts
from sentry_runbook.collect.alert_review_issues import ReviewedIssues, of_interest
from sentry_runbook.collect.alert_review_lists import AlertLists
from sentry_runbook.collect.alert_review_scope import (
    ONE_BY_ONE,
    ReviewScope,
    find_project,
    named_project,
    review_window,
    with_slug,
)
from sentry_runbook.collect.alert_review_series import ReviewedSeries, of_environments
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.builder import findings_of
from sentry_runbook.incident.alerts.plan import plan_series
from sentry_runbook.incident.alerts.replay import conditions_of
from sentry_runbook.incident.alerts.replay_values import CRASH_FREE
from sentry_runbook.incident.model.evidence import Known, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence, CountedSeries
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.evidence.situation import ListedProject
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.counts import ListPage

MOST_REQUESTS = 400
"""Of one review: Sentry answers two dozen at a time, so that is some two to four seconds of it."""
SHORTEST_ROUND_S = 3.0
"""Seconds of the call that must be left for a further page of firings: deciding and writing need some of them."""
GLITCHTIP = (
    "This server is GlitchTip: it does not tell when its alerts fired and counts nothing by time, so its alerts are "
    "listed and cannot be judged."
)


async def collect_alert_review(
    run: Runtime,
    *,
    project: str | None = None,
    period: str | None = None,
    start: str | None = None,
    end: str | None = None,
) -> AlertReviewEvidence:
    """What is known of an organization's alerts and of the period; kept for whoever asks the same again.

    Args:
        run: the runtime of the call.
        project: slug or number; left out, all that the token may read.
        period: up to now, as ``14d``; fourteen days when no period is given, an hour at least, thirty days at most.
        start: its start in ISO 8601, instead of a period.
        end: its end; now when left out.

    Raises:
        RunbookError: an argument is invalid, the project does not exist, or no list of alerts could be read. All else
            that fails costs only its own part of the evidence.
    """
    named, window = named_project(project), review_window(run, period, start, end)

    async def collect() -> AlertReviewEvidence:
        async with run.client().call(run.settings.limits.call_s):
            return await _collect(run, named, window)

    return await run.answers.share(("alert_review", named, window), collect)


async def _collect(run: Runtime, named: str | None, window: Window) -> AlertReviewEvidence:
    began, client, now = run.elapsed(), run.client(), run.shared_now()
    sanitizer = Sanitizer(mask=run.settings.mask, latest=now + AHEAD)
    scope = ReviewScope(run, client, sanitizer, now, window, await find_project(client, named))
    review = AlertReviewCollection(scope, began)
    await review.read_lists()
    await review.read_details()
    await review.read_further_firings()
    return review.evidence()


@dataclass
class AlertReviewCollection:
    """One review on its way.

    Attributes:
        began: by the runtime's running seconds.
        sent: requests, as far as they were counted.
    """

    scope: ReviewScope
    began: float
    sent: int = 0
    alerts: tuple[AlertDefinition, ...] = ()
    lists: AlertLists = field(init=False)
    issues: ReviewedIssues = field(init=False)
    hours: HourlyCounts = field(init=False)
    firings: ReviewedFirings = field(init=False)
    series: ReviewedSeries = field(init=False)
    _migrated: dict[str, Result[bool]] = field(default_factory=dict)
    _to_fire: int = 0

    def __post_init__(self) -> None:
        """The parts, of which nothing is asked yet."""
        self.lists = AlertLists.of(self.scope)
        self.issues, self.hours = ReviewedIssues(self.scope), HourlyCounts(self.scope)
        self.firings = ReviewedFirings(self.scope, self.lists)
        self.series = ReviewedSeries(self.scope)

    # --- rounds

    async def read_lists(self) -> None:
        """Round one, and a further one for each further page of a list.

        Raises:
            RunbookError: no list of alerts could be read, or the project does not exist.
        """
        batch = RequestBatch("alerts, monitors, issues, and events by the hour")
        self.issues.ask(batch)
        self.hours.ask(batch)
        environments = batch.add(self.scope.client.environments)
        while self.lists.is_open:
            self.lists.add_to(batch)
            await self._send(batch)
            self.lists.take()
            batch = RequestBatch("further alerts and monitors")
        self.lists.check()
        self.issues.take_lists()
        listed = environments.value
        self.scope.environments = None if listed is None or listed.next_cursor else frozenset(listed.items)
        self._name_project()
        self.alerts = self.lists.read()
        self.firings.add(self.alerts)
        self._to_fire = len(self.firings.pending)

    def _name_project(self) -> None:
        """Of a project given by its number the slug, which rules from before name.

        Raises:
            NotFound: there is no such project.
        """
        project, listed = self.scope.project, self.lists.projects
        if project is not None and project.slug is None and listed.is_read:
            is_whole = None if not listed.has_more else "more"
            self.scope.project = with_slug(project, ListPage(tuple(listed.rows), is_whole))

    async def read_details(self) -> None:
        """Round two: what follows from the lists."""
        batch = RequestBatch(f"{self._page_words(0)}, counts for their conditions, and what was done with the issues")
        hourly = self._hourly()
        left = self.hours.ask_further(batch, self.issues.busiest())
        if left:
            self.scope.lacks("events by the hour", f"{left} further issues are counted only together with all others")
        known = hourly.value if isinstance(hourly, Known) else ()
        rules = [alert for alert in self.alerts if alert.form in RULES]
        if self.lists.has_today and rules:
            self._migrated |= ask_migrated(self.scope.client, batch, self._likely_left(rules))
        if not self.scope.is_glitchtip:
            self.issues.ask_activities(batch, of_interest(list(self.issues.listed.values()), known))
            planned = plan_series(self.planned_by(), self.scope.run.policy)
            self.hours.ask_sessions_of(batch, self._projects_with_session_alerts())
            self.series.ask(batch, (*of_environments(self.scope, self.alerts), *planned))
        self.lists.ask_projects(batch, self.lists.projects_beside())
        page = self.firings.next_page()
        self.firings.ask(batch, page)
        await self._send(batch)
        await self._read_rules_beside()

    def _projects_with_session_alerts(self) -> list[str]:
        """Numbers of the projects of which an alert in use looks at sessions."""
        numbers = {row.slug: row.id for row in self.lists.projects.rows}
        names = [
            name
            for alert in self.alerts
            if alert.enabled is not False and looks_at_sessions(alert)
            for name in alert.project_ids
        ]
        found = (name if name.isdigit() else numbers.get(name) for name in names)
        return [number for number in dict.fromkeys(found) if number is not None]

    def _likely_left(self, rules: list[AlertDefinition]) -> list[AlertDefinition]:
        """The rules without a namesake of today first: those are likelier to be left, and few are asked for."""
        names = {alert.name for alert in self.alerts if alert not in rules}
        return sorted(rules, key=lambda rule: rule.name in names)

    async def _read_rules_beside(self) -> None:
        """Rules that only their projects tell, on a server with alerts of today: seldom any."""
        if not self.lists.of_projects or not self.lists.has_today:
            return
        found = self.lists.read_beside()
        if found:
            batch = RequestBatch("rules from before 2026")
            self._migrated |= ask_migrated(self.scope.client, batch, found)
            await self._send(batch)
            self.alerts += found
            self.firings.add(found)
            self._to_fire = len(self.firings.pending) + PAGE

    async def read_further_firings(self) -> None:
        """A round for each further fifty alerts that fired, as far as requests and time are left."""
        done = PAGE
        while self.firings.pending:
            why = self._why_stop()
            if why is not None:
                self.scope.lacks(f"firings of {len(self.firings.pending)} further alerts", why)
                return
            batch = RequestBatch(self._page_words(done))
            page = self.firings.next_page()
            self.firings.ask(batch, page)
            self.issues.ask_activities(batch, self.firings.fired_issues())
            await self._send(batch)
            done += len(page)
            if self.firings.failed(page):
                self.scope.lacks(
                    f"firings of {len(self.firings.pending)} further alerts", "those of fifty before them all failed"
                )
                return

    def _why_stop(self) -> str | None:
        limits = self.scope.run.settings.limits
        if self.sent + 2 * PAGE > MOST_REQUESTS:
            return f"one call sends no more than {MOST_REQUESTS} requests: name a project"
        if self.scope.run.elapsed() - self.began > limits.call_s - SHORTEST_ROUND_S:
            return "the time of the call ran out: name a project, or ask again"
        return None

    def _page_words(self, first: int) -> str:
        last = min(first + PAGE, self._to_fire)
        if not self._to_fire:
            return "no firings"
        return f"firings of alerts {first + 1} to {last} of {self._to_fire}"

    async def _send(self, batch: RequestBatch) -> None:
        self.sent += len(batch)
        await batch.send()

    # --- the evidence

    def _hourly(self) -> Known[tuple[CountedSeries, ...]] | Unknown:
        return Unknown(why=ONE_BY_ONE) if self.issues.is_one_by_one else self.hours.series(self.issues.numbers)

    def _projects(self) -> Known[tuple[ListedProject, ...]] | Unknown:
        listed = self.lists.projects
        if not listed.is_read:
            return Unknown(why="not asked" if listed.error is None else listed.error.what.rstrip("."))
        rows = [{"id": row.id, "slug": row.slug, "is_closed": row.is_closed} for row in listed.rows]
        note = "the first ones: there are more" if listed.has_more else ""
        found = read_all(ListedProject, rows, self.scope.sanitizer)
        return Known(value=found, source="projects of the organization", note=note)

    def planned_by(self) -> AlertReviewEvidence:
        """What round one tells: the series that replays need are planned by it."""
        return self._evidence()

    def evidence(self) -> AlertReviewEvidence:
        """All that is known."""
        for json in self.firings.fired_rows():
            self.issues.add_fired(json)
        self.lists.note_unread()
        self.issues.note_unread()
        self.series.note_unread()
        self.firings.note_unread()
        return self._evidence()

    def _evidence(self) -> AlertReviewEvidence:
        scope = self.scope
        migrated = {key: told.value for key, told in self._migrated.items() if told.value is not None}
        return AlertReviewEvidence(
            collected_at=scope.now,
            server=scope.run.settings.base_url,
            server_kind=scope.client.server,
            organization=scope.run.settings.organization or "",
            window=scope.window,
            asked_project=None if scope.project is None else scope.name(scope.project.name),
            projects=self._projects(),
            # A rule that became an alert is in the list as that.
            alerts=tuple(alert for alert in self.alerts if migrated.get(alert.key) is not True),
            has_more_alerts=self.lists.has_more,
            migrated=migrated,
            has_alerts_of_today=self.lists.has_today,
            monitors_on=self.lists.monitors_on(),
            fired=tuple(keyed for keyed in self.firings.keyed() if migrated.get(keyed.alert) is not True),
            issues=self.issues.under_review(),
            hourly=self._hourly(),
            minutes=self.series.counted(self.issues.numbers, self.issues.no_errors),
            sessions=self.hours.sessions(),
            unread=tuple(scope.unread),
            warnings=tuple(self._warnings()),
            findings=findings_of(scope.sanitizer),
        )

    def _warnings(self) -> Iterator[str]:
        if self.scope.is_glitchtip:
            yield GLITCHTIP
        if self.scope.window.note:
            yield f"{self.scope.window.note.capitalize()}."


def looks_at_sessions(alert: AlertDefinition) -> bool:
    """Whether a condition is on a share of the sessions, or on how many of them crash."""
    if alert.metric is not None and CRASH_FREE.search(alert.metric.raw_aggregate):
        return True
    return any(condition.kind.needs == "sessions" for condition in conditions_of(alert))
