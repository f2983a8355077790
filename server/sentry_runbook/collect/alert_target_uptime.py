"""Targets that are uptime checks: whether the address is down, since when, and what its last check showed.

Requests: 3 in 1 round.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sentry_runbook.collect.alert_target_parts import MOST_ROWS, Resolution, called, error_of
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_row import AlertRow, OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import (
    AlertTarget,
    UptimeResult,
    UptimeState,
)
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.page_names import PageName
from sentry_runbook.sentry.pasted import SLUG
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

DAY = timedelta(days=1)
"""The stretch of checks that is read, where the link names none."""
DOWN = 2
"""``uptimeStatus`` (1 up, 2 down)."""
DOWN_NOW = "failure_incident"
"""A check that failed while its address counts as down; a ``failure`` alone is one of too few."""


async def resolve_uptime(made: Resolution, page: PageName) -> AlertTarget:
    """The target of an uptime check's page.

    Raises:
        SentryError: it does not exist, or its link says nothing without it.
    """
    client, window, organization = made.client, made.window(DAY), made.link.organization
    project = page.project or ""
    batch = RequestBatch()
    check = batch.add(partial(client.uptime_check, project, page.id, organization=organization))
    results = batch.add(
        partial(client.uptime_results, project, page.id, window.start, window.end, organization=organization)
    )
    periods = batch.add(partial(client.open_periods_of, page.id, made.now, organization=organization))
    await batch.send()
    if check.value is None:
        return made.failed(error_of(check), "uptime", "uptime check")
    json, row = check.value, read(AlertRow, check.value, made.sanitizer)
    # Before 2025 its number was not that of a monitor: the open periods are then of something else.
    is_monitor = "downtimeThreshold" in json and not isinstance(periods.error, ENDPOINT_MISSING)
    status = count_of(json.get("uptimeStatus"))
    state = _uptime_state(made, json, results, window, is_down=None if status is None else status == DOWN)
    period = _open_now(made, periods) if is_monitor and state.is_down else None
    if period is not None and period.start is not None:
        state = state.model_copy(update={"down_since": period.start, "is_down_earlier": False})
    slug = text_of(json.get("projectSlug"))
    shown = (slug,) if slug and SLUG.fullmatch(slug) else made.link.projects
    environment = text_of(json.get("environment"))
    return made.target(
        "uptime",
        f"{called('uptime check', row.name, page.id)}{made.of_projects(shown)}",
        shown_projects=shown,
        projects=shown,
        environments=(environment,) if environment else None,
        query=f"detector:{page.id}" if is_monitor else "issue.type:uptime_domain_failure",
        id=page.id,
        name=row.name,
        enabled=row.enabled,
        owner=row.owner,
        condition=row.condition,
        is_open=state.is_down,
        fired_at=state.down_since if not state.is_down_earlier else None,
        start=state.down_since,
        uptime=state,
    )


async def with_results(made: Resolution, target: AlertTarget, source: JsonObject) -> AlertTarget:
    """A monitor (detector) of an address, with what became of its checks. One request."""
    project, window = next(iter(target.search.projects), None), made.window(DAY)
    results: Result[ListPage[JsonObject]] = Result()
    if project is None or target.id is None:
        made.lacks("checks", "Sentry does not tell the monitor's project")
        return target.model_copy(update={"missing": tuple(made.missing)})
    try:
        results.value = await made.client.uptime_results(
            project, target.id, window.start, window.end, organization=made.link.organization
        )
    except RunbookError as exc:
        results.error = exc
    state = _uptime_state(made, source, results, window, is_down=target.is_open)
    if target.is_open and target.fired_at is not None:
        state = state.model_copy(update={"down_since": target.fired_at, "is_down_earlier": False})
    search = target.search.model_copy(update={"query": f"detector:{target.id}"})
    changed: dict[str, object] = {"uptime": state, "query": search.query, "search": search}
    if target.is_open is None:
        began = None if state.is_down_earlier else state.down_since
        changed |= {"is_open": state.is_down, "fired_at": began, "start": target.start or state.down_since}
    return target.model_copy(update={**changed, "missing": tuple(made.missing)})


def _uptime_state(
    made: Resolution,
    check: JsonObject,
    results: Result[ListPage[JsonObject]],
    window: Window,
    *,
    is_down: bool | None,
) -> UptimeState:
    """What became of the checks; since when it is down by the run of failures at their end."""
    state = read(UptimeState, {"address": check.get("url")}, made.sanitizer)
    page = results.value
    if page is None:
        made.lacks("checks", error_of(results).what)
        return state.model_copy(update={"is_down": is_down})
    rows = made.rows(page, "earlier checks")
    checks = read_all(UptimeResult, rows, made.sanitizer)
    if is_down is None and checks:
        is_down = checks[0].status == DOWN_NOW
    failures = [result for result in checks if result.is_failure]
    is_cut = page.next_cursor is not None or len(rows) < len(page.items)
    run = next((place for place, result in enumerate(checks) if result.status == "success"), len(checks))
    down = [result.at for result in checks[:run] if result.is_failure and result.at is not None]
    known = [result.at for result in checks if result.at is not None]
    return state.model_copy(
        update={
            "is_down": is_down,
            "down_since": min(down, default=None) if is_down else None,
            "is_down_earlier": bool(is_down and down and run == len(checks)),
            "last": checks[0] if checks else None,
            "failed": len(failures),
            "checked": len(checks),
            "counted_from": min(known, default=window.start) if is_cut else window.start,
        }
    )


def _open_now(made: Resolution, periods: Result[ListPage[JsonObject]]) -> OpenPeriod | None:
    rows = read_all(OpenPeriod, periods.value.items[:MOST_ROWS] if periods.value is not None else (), made.sanitizer)
    return next((period for period in rows if period.is_open), None)
