"""Targets by the name of an alert or monitor: searched among all of them, by what Sentry calls its name.

Requests: 3 in 2 rounds: alerts and monitors by name, then when the one found fired; 4 in 2 for a name that is written
as a cron monitor's slug is: cron monitors are listed beside. Servers from before workflows are asked for their rules
instead: 2 in 2 once that is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sentry_runbook.collect.alert_target_alerts import DETECTOR_KINDS, HISTORY, target_of
from sentry_runbook.collect.alert_target_crons import resolve_cron_row
from sentry_runbook.collect.alert_target_parts import Resolution, called
from sentry_runbook.collect.alert_target_text import AlertName
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import BadInput, SentryError
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of, list_of, moment_of, text_of
from sentry_runbook.sentry.alerts import LIST_HINT, AlertAnswer, AlertForm
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.forms import nearest
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

PLAIN_RUN = re.compile(r"\w[\w -]*\w|\w")
"""Words that no search language reads as anything else."""
MOST_NAMED = 5
FORMS: dict[str, AlertForm] = {"rule": "rule", "alert_rule": "metric_rule"}
"""``type`` of a row of the old list; its others, uptime and cron, have no form that is read here."""


WATCHES = frozenset({"monitor_check_in_failure", "uptime_domain_failure"})
"""Types of monitors whose checks are read anyway."""


@dataclass(frozen=True)
class Named:
    """An alert or monitor whose name holds what was given."""

    form: AlertForm
    row: JsonObject

    @property
    def name(self) -> str:
        """As Sentry sent it: to compare, not to show."""
        return text_of(self.row.get("name")) or ""

    @property
    def id(self) -> str:
        """Its number."""
        return id_of(self.row.get("id")) or ""

    @property
    def noun(self) -> str:
        """What it is, as people call it."""
        if self.form == "detector":
            return DETECTOR_KINDS.get(text_of(self.row.get("type")) or "", ("error_monitor", "monitor"))[1]
        return {"metric_rule": "metric alert", "cron": "cron monitor"}.get(self.form, "alert")


async def resolve_name(made: Resolution, name: AlertName) -> AlertTarget:
    """The target of the one alert or monitor of that name.

    A name that is one's own wins over those that only hold it; of an alert and the monitor that it is connected to,
    which share a name since Sentry made both of one rule, the monitor is taken: it knows when it was open.

    Raises:
        BadInput: none is called so, or several.
        SentryError: they cannot be listed.
    """
    found, is_cut = await _search(made, name)
    wanted = _folded(name.text)
    holding = [row for row in found if wanted in _folded(row.name)]
    exact = [row for row in holding if _folded(row.name) == wanted]
    chosen = [row for row in found if row.form == "cron"] or _without_twins(exact or holding)
    shown = quoted(made.name(name.text))
    if not chosen:
        more = " Sentry lists more than were read: give more of the name." if is_cut else ""
        more += "".join(f" Not read: {entry.what} ({entry.why})." for entry in made.missing)
        raise BadInput(f"No alert or monitor that this token sees has a name with {shown}.{more}", LIST_HINT)
    if len(chosen) > 1:
        listed = "; ".join(f"{called(row.noun, made.name(row.name), None)} ({row.id})" for row in chosen[:MOST_NAMED])
        rest = f" and {len(chosen) - MOST_NAMED} more" if len(chosen) > MOST_NAMED else ""
        raise BadInput(f"Several are called like {shown}: {listed}{rest}.", f"Give the whole name. {LIST_HINT}")
    named = chosen[0]
    if named.form == "cron":
        return await resolve_cron_row(made, named.row, name.text)
    asks_monitors = named.form == "workflow" and not _fired_lately(made, named)
    # One request is left. An alert that fired of late says by its issues where, of another one its monitors do; and
    # when a cron job or an address failed, its checks say.
    if asks_monitors:
        answer = AlertAnswer(named.form, named.row, ListPage(()))  # its last firing lies before what would be asked for
    elif named.form == "detector" and text_of(named.row.get("type")) in WATCHES:
        answer = AlertAnswer(named.form, named.row, None)
    else:
        answer = await _with_firings(made, named)
    return await target_of(made, answer, asks_monitors=asks_monitors)


def _fired_lately(made: Resolution, named: Named) -> bool:
    fired = moment_of(named.row.get("lastTriggered"), made.sanitizer.latest)
    return fired is not None and fired >= made.now - HISTORY


async def _search(made: Resolution, name: AlertName) -> tuple[list[Named], bool]:
    """Alerts and monitors whose name holds the words, and whether a list was cut."""
    words = max(PLAIN_RUN.findall(name.text), key=len, default="")
    client, organization = made.client, made.link.organization
    batch = RequestBatch()
    alerts = batch.add(partial(client.alerts_named, words, organization=organization))
    monitors = batch.add(partial(client.monitors_named, words, organization=organization))
    jobs: Result[ListPage[JsonObject]] = Result()
    if name.is_slug:
        jobs = batch.add(partial(client.cron_monitors_named, name.text, organization=organization))
    await batch.send()
    named_so = [Named("cron", row) for row in _items(jobs) if text_of(row.get("slug")) == name.text]
    if named_so:
        return named_so, False
    if isinstance(alerts.error, ENDPOINT_MISSING) and isinstance(monitors.error, ENDPOINT_MISSING):
        page = await client.old_rules_named(words, organization=organization)
        rows = [Named(FORMS[kind], row) for row in page.items if (kind := text_of(row.get("type"))) in FORMS]
        return rows, page.next_cursor is not None
    _check(made, alerts, monitors)
    rows = [
        *(Named("workflow", row) for row in _items(alerts)),
        *(Named("detector", row) for row in _items(monitors)),
    ]
    return rows, any(page.value is not None and page.value.next_cursor is not None for page in (alerts, monitors))


def _check(made: Resolution, *results: Result[ListPage[JsonObject]]) -> None:
    """Note the list that could not be read.

    Raises:
        RunbookError: none could.
    """
    errors = [result.error for result in results if result.error is not None]
    if len(errors) == len(results):
        raise nearest(errors)
    for error in errors:
        made.lacks("further alerts or monitors of that name", error.what)


def _items(result: Result[ListPage[JsonObject]]) -> Sequence[JsonObject]:
    return result.value.items if result.value is not None else ()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _without_twins(rows: Sequence[Named]) -> list[Named]:
    """Without alerts that only pass on what a monitor of the same name says."""
    monitors = {row.id: _folded(row.name) for row in rows if row.form == "detector"}
    return [
        row
        for row in rows
        if row.form != "workflow"
        or _folded(row.name) not in {monitors.get(id_of(id_) or "") for id_ in list_of(row.row.get("detectorIds"))}
    ]


async def _with_firings(made: Resolution, named: Named) -> AlertAnswer:
    """The alert with its firings: one request, whose failure costs only them."""
    client, window, organization = made.client, made.window(HISTORY), made.link.organization
    try:
        if named.form == "workflow":
            firings = await client.alert_history(named.id, window.start, window.end, organization=organization)
        elif named.form == "detector":
            firings = await client.open_periods_of(named.id, made.now, organization=organization)
        elif named.form == "metric_rule":
            firings = await client.incidents_of(named.id, organization=organization)
        else:
            project = next(filter(None, map(text_of, list_of(named.row.get("projects")))), "-")
            firings = await client.old_history(project, named.id, window.start, window.end, organization=organization)
    except SentryError as exc:
        return AlertAnswer(named.form, named.row, None, exc)
    return AlertAnswer(named.form, named.row, firings)
