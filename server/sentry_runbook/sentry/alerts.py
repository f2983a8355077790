"""Alerts and monitors, each with when it fired, in the form that this server has.

Today an alert is a *workflow* and a monitor a *detector*. Links and chats still name them by the ids from before
(``rules/``, ``alert-rules/``, ``incidents/``): today's servers translate those (``alert-rule-workflow/`` …), older ones
still have the old endpoints, which answer 410 during brown-outs, and 404 at last (reference: alerts, 1). The paths and
parameters of the translations are from Sentry's table of routes; they are marked experimental there.

An answer is two requests at once: the alert itself, and its firings, whose failure costs only them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import anyio

from sentry_runbook.errors import NotFound, SentryError
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.base import READ_ALERTS, READ_EVENTS, EndpointGroup, Query, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

T = TypeVar("T")
AlertForm = Literal["workflow", "rule", "detector", "metric_rule", "issue", "incident"]
PAGE = ("per_page", "100")
LONGEST = timedelta(days=90)
"""How far back open periods are asked for: one that began before the window may go on in it."""
GONE_HINT = "It may have been deleted or renamed: give its name in words, or ask without alert."
FIRINGS = "the firings of the alert"


@dataclass(frozen=True)
class AlertAnswer:
    """An alert or monitor as this server tells it.

    Attributes:
        form: whose keys ``row`` has; ``issue`` is the issue that a firing made.
        row: the alert itself.
        firings: of an alert its firings by issue, of a monitor its open periods or incidents; None: not known.
        why_unknown: why they are not.
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
        return await _answer(
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

    async def alert_of_rule(
        self, project: str | None, rule_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> AlertAnswer:
        """An issue alert by its old id and its firings. Three requests in two rounds; on old servers two in one.

        Args:
            project: slug or number; None where a link names none: old servers then cannot be asked.
            rule_id: its number.
            start: firings from then on.
            end: and before then.
            organization: None means the configured one.

        Raises:
            NotFound: Sentry knows no such alert.
        """
        what = f"alert {rule_id}" + (f" of project {named(project)}" if project else "")

        async def translated() -> AlertAnswer:
            query: Query = [("rule_id", rule_id)]
            asks = self._alert_resource(
                "rule_ids", "alert-rule-workflow/", what, organization, parsing.text_at("workflowId"), query
            )
            return await self.alert(await _known(asks, what), start, end, organization=organization)

        async def old() -> AlertAnswer:
            asked = RequestInfo(self._of_organization(what, organization), READ_ALERTS, hint=GONE_HINT)
            path = await self._rule_path(project or "", rule_id, organization)
            return await _answer(
                "rule",
                lambda: self._sender.get(path, [("expand", "lastTriggered")], asked, parsing.identified("id")),
                lambda: self.old_history(project or "", rule_id, start, end, organization=organization),
            )

        return await self._newest("rule_ids", translated, old if project else None, organization)

    async def old_history(
        self, project: str, rule_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """As :meth:`alert_history`, of an issue alert on a server from before workflows."""
        path = await self._rule_path(project, rule_id, organization)
        query = [PAGE, *span(start, end)]
        return await self._sender.get(f"{path}group-history/", query, RequestInfo(FIRINGS, READ_ALERTS), parsing.page)

    async def monitor(self, monitor_id: str, end: datetime, *, organization: str | None = None) -> AlertAnswer:
        """A monitor (detector) of any kind, and when its newest issue was open. Two requests, one round.

        Raises:
            NotFound: Sentry knows no such monitor.
            Unsupported: this server has no monitors of this form.
        """
        return await _answer(
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

    async def monitor_of_rule(self, rule_id: str, end: datetime, *, organization: str | None = None) -> AlertAnswer:
        """A metric alert by its old id and when it was open. Three requests in two rounds; on old servers two in one.

        Raises:
            NotFound: Sentry knows no such alert.
        """
        what = f"metric alert {rule_id}"

        async def translated() -> AlertAnswer:
            query: Query = [("alert_rule_id", rule_id)]
            asks = self._alert_resource(
                "metric_rule_ids", "alert-rule-detector/", what, organization, parsing.text_at("detectorId"), query
            )
            return await self.monitor(await _known(asks, what), end, organization=organization)

        async def old() -> AlertAnswer:
            return await _answer(
                "metric_rule",
                self._old(f"alert-rules/{segment(rule_id)}/", what, organization, parsing.identified("id")),
                lambda: self.incidents_of(rule_id, organization=organization),
            )

        return await self._newest("metric_rule_ids", translated, old, organization)

    async def incidents_of(self, rule_id: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """The firings of a metric alert on a server from before monitors, newest first: a page of a hundred."""
        query = [("alertRule", rule_id), PAGE]
        return await self._old("incidents/", FIRINGS, organization, parsing.page, query)()

    async def incident(self, number: str, end: datetime, *, organization: str | None = None) -> AlertAnswer:
        """One firing of a metric alert, by the number in its link. Three requests in two rounds; on old servers one.

        Raises:
            NotFound: Sentry knows no such firing.
        """
        what = f"firing {number} of a metric alert"

        async def translated() -> AlertAnswer:
            query: Query = [("incident_identifier", number)]
            asks = self._alert_resource(
                "incident_ids", "incident-groupopenperiod/", what, organization, parsing.text_at("groupId"), query
            )
            issue = await _known(asks, what)
            asked = RequestInfo(f"issue {issue}", READ_EVENTS, "issue")
            path = await self._org_path(organization, f"issues/{segment(issue)}/")
            return await _answer(
                "issue",
                lambda: self._sender.get(path, (), asked, parsing.identified("id")),
                self._open_periods(("groupId", issue), end, organization),
            )

        async def old() -> AlertAnswer:
            tail = f"incidents/{segment(number)}/"
            row = await self._old(tail, what, organization, parsing.identified("id", "identifier"))()
            return AlertAnswer("incident", row, ListPage((row,)))

        return await self._newest("incident_ids", translated, old, organization)

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

    # --- by name

    async def alerts_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the alerts whose name holds the words. No project is sent: with one, some alerts are not listed."""
        query = [("query", words), PAGE]
        return await self._alert_resource("workflows", "workflows/", "the alerts", organization, parsing.page, query)()

    async def monitors_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the monitors of all kinds whose name holds the words."""
        query = [("query", words), PAGE]
        return await self._alert_resource(
            "detectors", "detectors/", "the monitors", organization, parsing.page, query
        )()

    async def old_rules_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the issue and metric alerts of a server from before workflows, by ``type``."""
        query = [("name", words), PAGE]
        return await self._old("combined-rules/", "the alerts", organization, parsing.page, query)()

    # --- how they are asked

    async def _rule_path(self, project: str, rule_id: str, organization: str | None) -> str:
        slug = segment(await self._slug(organization))
        return f"/api/0/projects/{slug}/{segment(project)}/rules/{segment(rule_id)}/"

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
    ) -> Callable[[], Awaitable[T]]:
        """A GET that not every server has."""
        asked = RequestInfo(self._of_organization(what, organization), READ_ALERTS, hint=GONE_HINT)
        return lambda: self._optional(ability, tail, query or [], asked, parse, organization=organization)

    def _old(
        self,
        tail: str,
        what: str,
        organization: str | None,
        parse: Callable[[SentryResponse], T],
        query: Query | None = None,
    ) -> Callable[[], Awaitable[T]]:
        """A GET of before: whether the server has it is not remembered, for brown-outs come and go."""
        asked = RequestInfo(self._of_organization(what, organization), READ_ALERTS, hint=GONE_HINT)

        async def ask() -> T:
            return await self._sender.get(await self._org_path(organization, tail), query or [], asked, parse)

        return ask

    def _open_periods(
        self, whose: tuple[str, str], end: datetime, organization: str | None
    ) -> Callable[[], Awaitable[ListPage[JsonObject]]]:
        what = "the open periods of the monitor"
        query = [whose, *span(end - LONGEST, end)]
        return self._alert_resource("open_periods", "open-periods/", what, organization, _periods, query)

    async def _newest(
        self,
        ability: str,
        translated: Callable[[], Awaitable[AlertAnswer]],
        old: Callable[[], Awaitable[AlertAnswer]] | None,
        organization: str | None,
    ) -> AlertAnswer:
        """By the id of today, else by the old endpoints.

        An id that is not translated says nothing of the server: a rule that was not edited since is not migrated on
        self-hosted ones (reference: alerts, 4), and may be there under its old id.
        """
        forms: list[RequestForm[AlertAnswer]] = [
            RequestForm(
                ask=translated,
                ability=ability,
                is_refusal=refused_by(*ENDPOINT_MISSING),
                is_passing=lambda error: isinstance(error, NotFound) and not isinstance(error, ENDPOINT_MISSING),
            )
        ]
        if old is not None:
            forms.append(RequestForm(ask=old, is_refusal=refused_by(NotFound, *ENDPOINT_MISSING)))
        slug = await self._slug(organization)
        return await ask_newest(forms, self._can, slug, is_current=self.is_saas)


async def _answer(
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


async def _known(ask: Callable[[], Awaitable[str | None]], what: str) -> str:
    """The id that an old one was translated to.

    Raises:
        NotFound: the server says none.
    """
    id_ = id_of(await ask())
    if id_ is None:
        raise NotFound(f"Sentry tells no id of today for {what}.", GONE_HINT, status=404, asked=what)
    return id_


def _periods(reply: SentryResponse) -> ListPage[JsonObject]:
    """Open periods; of a monitor without an issue older servers answer an object with ``detail`` (alerts, 1)."""
    answer = parsing.parsed(reply)
    if isinstance(answer, dict) and set(answer) == {"detail"}:
        return ListPage(())
    return parsing.page(reply)
