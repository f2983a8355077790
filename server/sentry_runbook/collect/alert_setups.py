"""Reads how all alerts of an organization are set up, of today's form and of the one before.

Requests: one for each hundred alerts and one for each hundred of their monitors; on a server of one's own one for each
hundred rules from before, and one for each of those that may not be an alert of today. Three rounds where the lists
have one page; :data:`MOST_REQUESTS` bounds them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sentry_runbook.collect.alert_target_parts import error_of
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import SentryError, Unsupported
from sentry_runbook.incident.alerts.state import AlertState, state_of_alert
from sentry_runbook.incident.model.evidence.alert_setup import AlertSetup, MonitorSetup, SetupForm
from sentry_runbook.incident.model.evidence.json_values import JsonObject, text_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import nearest

MOST_PAGES = 3
"""Pages of a hundred of each list."""
MOST_TRANSLATED = 10
"""Rules from before of which is asked whether they are alerts of today."""
PAGE_SIZE = 100
MOST_REQUESTS = 3 * MOST_PAGES + MOST_TRANSLATED
OLD_FORMS: Mapping[str, SetupForm] = {"rule": "rule", "alert_rule": "metric_rule"}
"""``type`` of a row of the combined list → whose keys it has; rows of uptime checks and crons are no alerts."""
ReadPage = Callable[[str | None], Awaitable[ListPage[JsonObject]]]


@dataclass(frozen=True)
class AlertSetups:
    """The alerts of an organization.

    Attributes:
        states: of each alert that was read, those of today first.
        has_alerts_of_today: whether the server has the alerts of 2026; None where that could not be asked.
        unread: what could not be read, and why.
        has_more: a list was longer than was read.
    """

    states: tuple[AlertState, ...] = ()
    has_alerts_of_today: bool | None = None
    unread: Mapping[str, SentryError] | None = None
    has_more: bool = False


@dataclass(frozen=True)
class _Listed:
    rows: tuple[JsonObject, ...]
    has_more: bool


async def read_alert_setups(run: Runtime) -> AlertSetups:
    """How the alerts of the configured organization are set up, whatever the default project.

    An alert that is connected to no monitor belongs to no project: a list by project would hide what is looked for.

    Raises:
        SettingsError: no organization is set, and the token sees several.
        SentryError: no list of alerts could be read; of several errors the one that tells most.
    """
    client, sanitizer = run.client(), Sanitizer(mask=run.settings.mask)
    batch = RequestBatch()
    today = batch.add(lambda: _all_pages(client.alert_list))
    # sentry.io has made alerts of all rules, and GlitchTip has neither.
    asks_old = not client.is_saas and client.server != "glitchtip"
    before = batch.add(lambda: _all_pages(client.old_rule_list)) if asks_old else None
    await batch.send()
    unread = dict(_failed({"alerts": today, "rules from before 2026": before}))
    if today.value is None and (before is None or before.value is None):
        raise nearest([error_of(listed) for listed in (today, before) if listed is not None])
    alerts = _setups(today, "workflow", sanitizer)
    rules = [rule for form in OLD_FORMS for rule in _setups(before, form, sanitizer)]
    has_today = None if today.value is None and not isinstance(today.error, Unsupported) else today.value is not None
    monitors = await _monitors_of(client, alerts, sanitizer)
    migrated = await _migrated(client, rules) if has_today else {}
    # A rule that became an alert is in the list as that.
    rules = [rule for rule in rules if migrated.get((rule.form, rule.id)) is not True]
    return AlertSetups(
        states=(
            *(state_of_alert(alert, monitors) for alert in alerts),
            *(_state_of_rule(rule, migrated, has_today=has_today) for rule in rules),
        ),
        has_alerts_of_today=has_today,
        unread=unread,
        has_more=any(listed.value.has_more for listed in (today, before) if listed and listed.value),
    )


def _state_of_rule(
    rule: AlertSetup, migrated: Mapping[tuple[str, str], bool | None], *, has_today: bool | None
) -> AlertState:
    is_migrated = migrated.get((rule.form, rule.id))
    if has_today is not False and is_migrated is None and rule.enabled is not False:
        return AlertState(rule, "unknown", "whether it is an alert of today was not told")
    return state_of_alert(rule, None, is_migrated)


async def _all_pages(read_page: ReadPage) -> _Listed:
    rows, cursor = list[JsonObject](), None
    for _ in range(MOST_PAGES):
        page = await read_page(cursor)
        rows += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return _Listed(tuple(rows), cursor is not None)


def _setups(listed: Result[_Listed] | None, form: str, sanitizer: Sanitizer) -> list[AlertSetup]:
    """The alerts of one form in a list; the rows of the combined one say theirs."""
    rows = listed.value.rows if listed is not None and listed.value is not None else ()
    if form != "workflow":
        rows = tuple(row for row in rows if text_of(row.get("type")) == form)
    shaped = [{**row, "form": OLD_FORMS.get(form, form)} for row in rows]
    return [
        setup
        for first in range(0, len(shaped), PAGE_SIZE)
        for setup in read_all(AlertSetup, shaped[first : first + PAGE_SIZE], sanitizer)
    ]


async def _monitors_of(
    client: SentryClient, alerts: Iterable[AlertSetup], sanitizer: Sanitizer
) -> dict[str, MonitorSetup] | None:
    """The monitors that alerts in use are connected to, by id; None where they cannot be read."""
    wanted = list(dict.fromkeys(id_ for alert in alerts if alert.enabled is not False for id_ in alert.monitors))
    wanted = [id_ for id_ in wanted if id_.isdigit()][: MOST_PAGES * PAGE_SIZE]
    batch = RequestBatch()
    asked = [
        batch.add(partial(client.monitors_by_id, wanted[first : first + PAGE_SIZE]))
        for first in range(0, len(wanted), PAGE_SIZE)
    ]
    await batch.send()
    if any(part.value is None for part in asked):
        return None
    rows = [row for part in asked for row in part.value or ()]
    found = [
        monitor
        for first in range(0, len(rows), PAGE_SIZE)
        for monitor in read_all(MonitorSetup, rows[first : first + PAGE_SIZE], sanitizer)
    ]
    return {monitor.id: monitor for monitor in found}


async def _migrated(client: SentryClient, rules: Sequence[AlertSetup]) -> dict[tuple[str, str], bool | None]:
    """Which rules from before are alerts of today."""
    in_use = [rule for rule in rules if rule.enabled is not False]
    batch = RequestBatch()
    asked = {
        (rule.form, rule.id): batch.add(partial(client.is_migrated, rule.form, rule.id))
        for rule in in_use[:MOST_TRANSLATED]
    }
    await batch.send()
    return {key: told.value for key, told in asked.items()}


def _failed(lists: Mapping[str, Result[_Listed] | None]) -> Iterable[tuple[str, SentryError]]:
    for name, listed in lists.items():
        if listed is not None and isinstance(listed.error, SentryError):
            yield name, listed.error
