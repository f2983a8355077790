"""Alerts and monitors of today, each with when it fired: an alert is a *workflow*, a monitor a *detector*.

An answer is two requests at once: the alert itself, and its firings, whose failure costs only them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import anyio

from sentry_runbook.errors import BadRequest, SentryError
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import READ_ALERTS, EndpointGroup, Query, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment

T = TypeVar("T")
AlertForm = Literal["workflow", "rule", "detector", "metric_rule", "issue", "incident", "cron"]
PAGE = ("per_page", "100")
WATCHERS = "type:[metric,uptime,cron]"
"""Monitors that somebody made, in Sentry's search language."""
LONGEST = timedelta(days=90)
"""How far back open periods are asked for: one that began before the window may go on in it."""
GONE_HINT = "It may have been deleted: give its name in words, or ask without alert."
LIST_HINT = "Give the link from the alert's message, or ask without alert."
FIRINGS = "the firings of the alert"


@dataclass(frozen=True)
class AlertAnswer:
    """An alert or monitor as this server tells it.

    Attributes:
        form: whose keys ``row`` has; ``issue`` is the issue that a firing made.
        row: the alert itself.
        firings: of an alert its firings by issue, of a monitor its open periods or incidents; None: not known.
        why_unknown: why they are not; None where they were not asked for.
    """

    form: AlertForm
    row: JsonObject
    firings: ListPage[JsonObject] | None
    why_unknown: SentryError | None = None


class AlertEndpoints(EndpointGroup):
    """Endpoints of alerts and monitors."""

    async def alert(
        self, alert_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> AlertAnswer:
        """An alert of today and its firings between two instants. Two requests, one round.

        Raises:
            NotFound: Sentry knows no such alert.
            Unsupported: this server has no alerts of this form.
        """
        return await with_firings(
            "workflow",
            self._alert_resource(
                "workflows",
                f"workflows/{segment(alert_id)}/",
                f"alert {alert_id}",
                organization,
                parsing.identified("id"),
            ),
            lambda: self.alert_history(alert_id, start, end, organization=organization),
        )

    async def alert_history(
        self, alert_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """Firings of an alert of today between two instants by issue, the most first: a page of a hundred issues."""
        tail, query = f"workflows/{segment(alert_id)}/group-history/", [PAGE, *span(start, end)]
        return await self._alert_resource("alert_history", tail, FIRINGS, organization, parsing.page, query)()

    async def alert_hours(
        self, alert_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> tuple[JsonObject, ...]:
        """How often an alert of today fired in each clock hour, for all issues together, hours without firings too.

        The hour in which ``start`` lies is not told (reference: alerts, 1).
        """
        tail, query = f"workflows/{segment(alert_id)}/stats/", span(start, end)
        return await self._alert_resource("alert_hours", tail, FIRINGS, organization, parsing.objects, query)()

    async def monitor(self, monitor_id: str, end: datetime, *, organization: str | None = None) -> AlertAnswer:
        """A monitor (detector) of any kind, and when its newest issue was open. Two requests, one round.

        Raises:
            NotFound: Sentry knows no such monitor.
            Unsupported: this server has no monitors of this form.
        """
        return await with_firings(
            "detector",
            self._alert_resource(
                "detectors",
                f"detectors/{segment(monitor_id)}/",
                f"monitor {monitor_id}",
                organization,
                parsing.identified("id"),
            ),
            self._open_periods(("detectorId", monitor_id), end, organization),
        )

    async def monitors_by_id(self, ids: Sequence[str], *, organization: str | None = None) -> tuple[JsonObject, ...]:
        """The monitors that an alert is connected to."""
        query = [PAGE, *(("id", id_) for id_ in ids)]
        asks = self._alert_resource(
            "detectors", "detectors/", "the alert's monitors", organization, parsing.objects, query
        )
        return await asks()

    async def open_periods_of(
        self, monitor_id: str, end: datetime, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """When the newest issue of a monitor was open, in the last :data:`LONGEST`."""
        return await self._open_periods(("detectorId", monitor_id), end, organization)()

    # --- lists

    async def open_monitors(self, project_id: str | None, *, organization: str | None = None) -> tuple[JsonObject, ...]:
        """A page of the metric and cron monitors and uptime checks, those with most open issues first.

        The default monitors, which hold all other issues of a project, are left out: they would fill the page.
        """
        slug = await self._slug(organization)
        query = [("query", WATCHERS), PAGE, *given("project", project_id)]

        def form(*order: tuple[str, str]) -> Callable[[], Awaitable[tuple[JsonObject, ...]]]:
            asked = [*query, *order]
            return self._alert_resource(
                "detectors", "detectors/", "the monitors", organization, parsing.objects, asked, LIST_HINT
            )

        forms: tuple[RequestForm[tuple[JsonObject, ...]], ...] = (
            RequestForm(
                ask=form(("sortBy", "-openIssues")), ability="monitor_order", is_refusal=refused_by(BadRequest)
            ),
            RequestForm(ask=form()),
        )
        return await ask_newest(forms, self._can, slug)

    async def alert_list(self, cursor: str | None = None, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of all alerts. No project is sent: with one, alerts without a monitor are not listed."""
        query = [PAGE, *given("cursor", cursor)]
        asks = self._alert_resource("workflows", "workflows/", "the alerts", organization, parsing.page, query, "")
        return await asks()

    async def monitor_list(
        self, cursor: str | None = None, *, kind: str | None = None, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of all monitors; every project has two without a condition (``error``, ``issue_stream``) among them.

        Args:
            cursor: of the page before.
            kind: ``metric``, ``uptime`` or ``cron``; None: of all kinds.
            organization: None means the configured one.
        """
        query = [PAGE, *([("query", f"type:{kind}")] if kind else []), *given("cursor", cursor)]
        asks = self._alert_resource("detectors", "detectors/", "the monitors", organization, parsing.page, query, "")
        return await asks()

    # --- by name

    async def alerts_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the alerts whose name holds the words. No project is sent: with one, some alerts are not listed."""
        query = [("query", words), PAGE]
        return await self._alert_resource(
            "workflows", "workflows/", "the alerts", organization, parsing.page, query, LIST_HINT
        )()

    async def monitors_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the monitors of all kinds whose name holds the words."""
        query = [("query", words), PAGE]
        return await self._alert_resource(
            "detectors", "detectors/", "the monitors", organization, parsing.page, query, LIST_HINT
        )()

    # --- how they are asked

    def _of_organization(self, what: str, organization: str | None) -> str:
        is_other = organization not in (None, self._settings.organization)
        return f"{what} of organization {organization}" if is_other else what

    def _alert_resource(
        self,
        ability: str,
        tail: str,
        what: str,
        organization: str | None,
        parse: Callable[[SentryResponse], T],
        query: Query | None = None,
        hint: str = GONE_HINT,
    ) -> Callable[[], Awaitable[T]]:
        """A GET that not every server has."""
        asked = RequestInfo(self._of_organization(what, organization), READ_ALERTS, hint=hint)
        return lambda: self._optional(ability, tail, query or [], asked, parse, organization=organization)

    def _open_periods(
        self, whose: tuple[str, str], end: datetime, organization: str | None
    ) -> Callable[[], Awaitable[ListPage[JsonObject]]]:
        what = "the open periods of the monitor"
        query = [whose, *span(end - LONGEST, end)]
        return self._alert_resource("open_periods", "open-periods/", what, organization, _periods, query)


async def with_firings(
    form: AlertForm,
    alert: Callable[[], Awaitable[JsonObject]],
    firings: Callable[[], Awaitable[ListPage[JsonObject]]],
) -> AlertAnswer:
    """Both at once.

    Raises:
        SentryError: the alert itself could not be read.
    """
    rows: list[JsonObject] = []
    pages: list[ListPage[JsonObject]] = []
    errors: list[SentryError] = []
    unknown: list[SentryError] = []

    async def ask_alert() -> None:
        try:
            rows.append(await alert())
        except SentryError as exc:
            errors.append(exc)

    async def ask_firings() -> None:
        try:
            pages.append(await firings())
        except SentryError as exc:
            unknown.append(exc)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask_alert)
        tasks.start_soon(ask_firings)
    if errors:
        raise errors[0]
    return AlertAnswer(form, rows[0], pages[0] if pages else None, unknown[0] if unknown else None)


def _periods(reply: SentryResponse) -> ListPage[JsonObject]:
    """Open periods; of a monitor without an issue older servers answer an object with ``detail`` (alerts, 1)."""
    answer = parsing.parsed(reply)
    if isinstance(answer, dict) and set(answer) == {"detail"}:
        return ListPage(())
    return parsing.page(reply)
