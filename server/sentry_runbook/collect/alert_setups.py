"""Reads how all alerts of an organization are set up, of today's form and of the one before.

Requests: one for each hundred alerts, one for each hundred metric and cron monitors and uptime checks, one for the
environments, and one for each hundred monitors that alerts are connected to; on a server of one's own one for each
hundred rules from before, and one for each of those that may not be an alert of today. Three rounds where the lists
have one page; :data:`MOST_REQUESTS` bounds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sentry_runbook.collect.alert_lists import (
    MOST_TRANSLATED,
    RULES,
    PagedList,
    ask_migrated,
    ask_monitors,
    read_alerts,
    read_lists,
    read_monitors,
)
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import SentryError, Unsupported
from sentry_runbook.incident.alerts.state import AlertState, in_environment, state_of_alert
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_form import DefinitionForm
from sentry_runbook.incident.model.evidence.alert_setup import MonitorSetup
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import nearest

MOST_PAGES = 3
"""Pages of a hundred of each list."""
MOST_REQUESTS = 4 * MOST_PAGES + 1 + MOST_TRANSLATED
BEFORE_2026 = "rules from before 2026"
"""Their name in ``unread``."""
MONITORS: tuple[DefinitionForm, ...] = ("metric_monitor", "cron", "uptime")
WATCHERS = "[metric,uptime,cron]"
"""Kinds of monitors that somebody made: the two that each project has are no alerts."""
ALL_PROJECTS = "-1"


@dataclass(frozen=True)
class AlertSetups:
    """The alerts of an organization.

    Attributes:
        states: of each alert that was read, those of today first.
        monitors: of each metric and cron monitor and uptime check.
        has_alerts_of_today: whether the server has the alerts of 2026; None where that could not be asked.
        unread: what could not be read, and why.
        has_more: a list was longer than was read.
    """

    states: tuple[AlertState, ...] = ()
    monitors: tuple[AlertState, ...] = ()
    has_alerts_of_today: bool | None = None
    unread: Mapping[str, SentryError] | None = None
    has_more: bool = False


async def read_alert_setups(run: Runtime) -> AlertSetups:
    """How the alerts of the configured organization are set up, whatever the default project.

    An alert that is connected to no monitor belongs to no project: a list by project would hide what is looked for.

    Raises:
        SettingsError: no organization is set, and the token sees several.
        SentryError: no list of alerts could be read; of several errors the one that tells most.
    """
    client, sanitizer = run.client(), Sanitizer(mask=run.settings.mask)
    today = PagedList[JsonObject]("alerts", client.alert_list, MOST_PAGES)
    before = PagedList[JsonObject](BEFORE_2026, client.old_rule_list, MOST_PAGES)
    # sentry.io has made alerts of all rules, and GlitchTip has neither.
    asks_old = not client.is_saas and client.server != "glitchtip"
    watchers = PagedList[JsonObject]("monitors", partial(client.monitor_list, kind=WATCHERS), MOST_PAGES)
    lists = [today, before] if asks_old else [today]
    batch = RequestBatch()
    read = batch.add(partial(read_lists, [*lists, watchers]))
    environments = batch.add(partial(client.environments, project_id=ALL_PROJECTS, hidden=True))
    await batch.send()
    if read.error is not None:
        raise read.error
    if not any(listed.is_read for listed in lists):
        raise nearest([listed.error for listed in lists if listed.error is not None])
    alerts = read_alerts(today.rows, sanitizer, "workflow")
    rules = read_alerts(before.rows, sanitizer, forms=RULES)
    has_today = has_alerts_of_today(today)
    monitors = await _monitors_of(client, alerts, sanitizer)
    migrated = await _migrated(client, rules) if has_today else {}
    states = (
        *(state_of_alert(alert, monitors) for alert in alerts),
        # A rule that became an alert is in the list as that.
        *(
            _state_of_rule(rule, migrated.get(rule.key), has_today=has_today)
            for rule in sorted(rules, key=lambda rule: rule.form != "rule")
            if migrated.get(rule.key) is not True
        ),
    )
    names = _all_of(environments)
    return AlertSetups(
        states=states if names is None else tuple(in_environment(state, names) for state in states),
        monitors=tuple(
            state_of_alert(monitor, None) for monitor in read_alerts(watchers.rows, sanitizer, forms=MONITORS)
        ),
        has_alerts_of_today=has_today,
        unread={listed.what: listed.error for listed in (*lists, watchers) if listed.error is not None},
        has_more=any(listed.has_more for listed in lists),
    )


def _all_of(environments: Result[ListPage[str]]) -> tuple[str, ...] | None:
    """The names of all environments; None where they could not be read, or not all, or there is none at all."""
    page = environments.value
    return page.items if page is not None and page.next_cursor is None and page.items else None


def has_alerts_of_today(today: PagedList[JsonObject]) -> bool | None:
    """Whether the server has the alerts of 2026; None where it did not tell."""
    if today.is_read:
        return True
    return False if isinstance(today.error, Unsupported) else None


def _state_of_rule(rule: AlertDefinition, is_migrated: bool | None, *, has_today: bool | None) -> AlertState:
    if has_today is not False and is_migrated is None and rule.enabled is not False:
        return AlertState(rule, "unknown", "whether it is an alert of today was not told")
    return state_of_alert(rule, None, is_migrated)


async def _monitors_of(
    client: SentryClient, alerts: Iterable[AlertDefinition], sanitizer: Sanitizer
) -> dict[str, MonitorSetup] | None:
    """The monitors that alerts in use are connected to, by id; None where they cannot be read."""
    batch = RequestBatch()
    ids = [id_ for alert in alerts if alert.enabled is not False for id_ in alert.monitors]
    asked = ask_monitors(client, batch, ids, MOST_PAGES)
    await batch.send()
    if any(part.value is None for part in asked):
        return None
    return read_monitors((row for part in asked for row in part.value or ()), sanitizer)


async def _migrated(client: SentryClient, rules: Sequence[AlertDefinition]) -> dict[str, bool | None]:
    """Which rules from before are alerts of today, by key."""
    batch = RequestBatch()
    asked = ask_migrated(client, batch, rules)
    await batch.send()
    return {key: told.value for key, told in asked.items()}
