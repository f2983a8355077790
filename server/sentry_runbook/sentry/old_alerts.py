"""Alerts and monitors by the ids from before workflows and detectors, as links and runbooks still name them.

Today's servers translate those ids (``alert-rule-workflow/``, ``alert-rule-detector/``, ``incident-groupopenperiod/``:
from Sentry's table of routes, where they are marked experimental). Older ones still have the old endpoints
(``rules/``, ``alert-rules/``, ``incidents/``), which answer 410 during brown-outs, and 404 at last (reference:
alerts, 1).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from sentry_runbook.errors import NotFound
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.alerts import FIRINGS, GONE_HINT, LIST_HINT, PAGE, AlertAnswer, AlertEndpoints, with_firings
from sentry_runbook.sentry.base import READ_ALERTS, READ_EVENTS, Query, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.messages import RequestInfo, SentryResponse, segment
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

T = TypeVar("T")


class OldAlertEndpoints(AlertEndpoints):
    """Endpoints of alerts and monitors by their old ids, and those of before."""

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
            return await with_firings(
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
            return await with_firings(
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
            return await with_firings(
                "issue",
                lambda: self._sender.get(path, (), asked, parsing.identified("id")),
                self._open_periods(("groupId", issue), end, organization),
            )

        async def old() -> AlertAnswer:
            tail = f"incidents/{segment(number)}/"
            row = await self._old(tail, what, organization, parsing.identified("id", "identifier"))()
            return AlertAnswer("incident", row, ListPage((row,)))

        return await self._newest("incident_ids", translated, old, organization)

    async def old_rules_named(self, words: str, *, organization: str | None = None) -> ListPage[JsonObject]:
        """A page of the issue and metric alerts of a server from before workflows, by ``type``."""
        query = [("name", words), PAGE]
        return await self._old("combined-rules/", "the alerts", organization, parsing.page, query, LIST_HINT)()

    async def old_rule_list(
        self, cursor: str | None = None, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of all issue and metric alerts from before workflows, by ``type``."""
        query = [("expand", "lastTriggered"), PAGE, *given("cursor", cursor)]
        what = "the alert rules from before 2026"
        return await self._old("combined-rules/", what, organization, parsing.page, query, "")()

    async def is_migrated(self, form: str, rule_id: str, *, organization: str | None = None) -> bool:
        """Whether an issue alert (``rule``) or metric alert from before is an alert or monitor of today.

        Raises:
            Unsupported: this server cannot tell.
        """
        ability, tail, parameter, key = (
            ("rule_ids", "alert-rule-workflow/", "rule_id", "workflowId")
            if form == "rule"
            else ("metric_rule_ids", "alert-rule-detector/", "alert_rule_id", "detectorId")
        )
        query: Query = [(parameter, rule_id)]
        try:
            asks = self._alert_resource(
                ability, tail, f"the alert of rule {rule_id}", organization, parsing.text_at(key), query
            )
            return await asks() is not None
        except NotFound:
            return False

    # --- how they are asked

    async def _rule_path(self, project: str, rule_id: str, organization: str | None) -> str:
        slug = segment(await self._slug(organization))
        return f"/api/0/projects/{slug}/{segment(project)}/rules/{segment(rule_id)}/"

    def _old(
        self,
        tail: str,
        what: str,
        organization: str | None,
        parse: Callable[[SentryResponse], T],
        query: Query | None = None,
        hint: str = GONE_HINT,
    ) -> Callable[[], Awaitable[T]]:
        """A GET of before: whether the server has it is not remembered, for brown-outs come and go."""
        asked = RequestInfo(self._of_organization(what, organization), READ_ALERTS, hint=hint)

        async def ask() -> T:
            return await self._sender.get(await self._org_path(organization, tail), query or [], asked, parse)

        return ask

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


async def _known(ask: Callable[[], Awaitable[str | None]], what: str) -> str:
    """The id that an old one was translated to.

    Raises:
        NotFound: the server says none.
    """
    id_ = id_of(await ask())
    if id_ is None:
        raise NotFound(f"Sentry tells no id of today for {what}.", GONE_HINT, status=404, asked=what)
    return id_
