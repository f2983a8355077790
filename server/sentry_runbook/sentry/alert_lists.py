"""Lists of alerts and firings from before workflows, and the alerts of GlitchTip, as a review of all alerts needs them.

Sentry's endpoints of before answer 410 during brown-outs and 404 at last (reference: alerts, 1). GlitchTip's alerts are
below their project, have no switch and no history (its ``apps/alerts``, up to 6.2.6).
"""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.alerts import FIRINGS, PAGE
from sentry_runbook.sentry.base import READ_ALERTS, READ_PROJECT, given, span
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.messages import RequestInfo, segment
from sentry_runbook.sentry.old_alerts import OldAlertEndpoints
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING, unsupported

EXPAND = ("expand", "lastTriggered")
PROJECT_ALERTS = "project_alerts"
"""The ability to list the alerts of a project as GlitchTip does."""
OLD_RULES = "the alert rules from before 2026"


class AlertListEndpoints(OldAlertEndpoints):
    """Endpoints of lists of alerts beside those of today."""

    async def old_hours(
        self, project: str, rule_id: str, start: datetime, end: datetime, *, organization: str | None = None
    ) -> tuple[JsonObject, ...]:
        """As :meth:`alert_hours`, of an issue alert on a server from before workflows."""
        path = await self._rule_path(project, rule_id, organization)
        asked = RequestInfo(FIRINGS, READ_ALERTS)
        return await self._sender.get(f"{path}stats/", span(start, end), asked, parsing.objects)

    async def old_project_rules(
        self, project: str, cursor: str | None = None, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of the issue alerts of a project from before workflows, where no list of all projects has them."""
        slug = segment(await self._slug(organization))
        asked = RequestInfo(f"{OLD_RULES} of project {named(project)}", READ_ALERTS)
        query = [EXPAND, PAGE, *given("cursor", cursor)]
        return await self._sender.get(f"/api/0/projects/{slug}/{segment(project)}/rules/", query, asked, parsing.page)

    async def old_incidents(
        self, start: datetime, end: datetime, cursor: str | None = None, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of the firings of all metric alerts from before monitors that touch the stretch, newest first.

        A server may give others, too: whoever reads them looks at their dates.
        """
        query = [PAGE, *span(start, end), *given("cursor", cursor)]
        return await self._old("incidents/", "the firings of the alerts", organization, parsing.page, query, "")()

    async def project_alerts(
        self, project: str, cursor: str | None = None, *, organization: str | None = None
    ) -> ListPage[JsonObject]:
        """A page of the alerts of a project in a GlitchTip.

        Raises:
            Unsupported: the server has no such list, as every Sentry.
        """
        name = await self._slug(organization)
        asked = RequestInfo(f"the alerts of project {named(project)}", READ_PROJECT)
        if self._can.is_missing(PROJECT_ALERTS, name):
            raise unsupported(asked)
        path = f"/api/0/projects/{segment(name)}/{segment(project)}/alerts/"
        try:
            page = await self._sender.get(path, given("cursor", cursor), asked, parsing.page)
        except ENDPOINT_MISSING as exc:
            self._can.mark_missing(PROJECT_ALERTS, name)
            raise unsupported(asked, exc.status) from None
        self._can.mark_supported(PROJECT_ALERTS, name)
        return page
