"""Targets that are cron monitors: what became of their latest check-ins, and the last good one.

Requests: 2 in 1 round, 3 in 2 where no good check-in is among the first hundred.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from sentry_runbook.collect.alert_target_parts import Resolution, called, error_of
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_row import AlertRow
from sentry_runbook.incident.model.evidence.alert_target import (
    AlertTarget,
    CheckIn,
    CronState,
)
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    id_of,
    list_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.safety.search_terms import term
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.page_names import PageName
from sentry_runbook.sentry.pasted import SLUG

DAY = timedelta(days=1)
"""The stretch of checks that is read, where the link names none."""
BEFORE = timedelta(days=30)
"""How far before it the last good check-in is looked for."""
FAILING = frozenset({"error", "missed_checkin", "timeout"})
"""Status of a monitor's environment while its incident lasts; the last two are of servers before 2024."""


async def resolve_cron(made: Resolution, page: PageName) -> AlertTarget:
    """The target of a cron monitor's page.

    Raises:
        SentryError: it does not exist, or its link says nothing without it.
    """
    client, window, organization = made.client, made.window(DAY), made.link.organization
    batch = RequestBatch()
    monitor = batch.add(partial(client.cron_monitor, page.project, page.id, organization=organization))
    checks = batch.add(partial(_check_ins, made, page.project, page.id, window))
    await batch.send()
    if monitor.value is None:
        return made.failed(error_of(monitor), "cron", "cron monitor")
    state = await _state(made, monitor.value, checks, window, project=page.project, slug=page.id)
    return _target(made, monitor.value, state, page.id)


async def resolve_cron_row(made: Resolution, monitor: JsonObject, slug: str) -> AlertTarget:
    """The target of a cron monitor that a list told. One request."""
    project, window = id_of(object_of(monitor.get("project")).get("id")), made.window(DAY)
    checks: Result[ListPage[JsonObject]] = Result()
    try:
        checks.value = await _check_ins(made, project, slug, window)
    except RunbookError as exc:
        checks.error = exc
    state = await _state(made, monitor, checks, window, project=project, slug=slug, looks_further=False)
    return _target(made, monitor, state, slug)


def _target(made: Resolution, json: JsonObject, state: CronState | None, asked: str) -> AlertTarget:
    """A cron monitor with what became of its check-ins.

    Args:
        made: what was given.
        json: the monitor.
        state: None where its check-ins are not known.
        asked: the slug or id that it was asked for by.
    """
    row, project = read(AlertRow, json, made.sanitizer), object_of(json.get("project"))
    slug, number = text_of(project.get("slug")), id_of(project.get("id"))
    shown = (slug,) if slug and SLUG.fullmatch(slug) else made.link.projects
    own_slug = text_of(json.get("slug")) or asked
    return made.target(
        "cron",
        f"{called('cron monitor', row.name, asked)}{made.of_projects(shown)}",
        shown_projects=shown,
        projects=(number,) if number else shown,
        query=term("monitor.slug", own_slug),
        id=own_slug if SLUG.fullmatch(own_slug) else asked,
        name=row.name,
        enabled=row.enabled,
        owner=row.owner,
        condition=row.condition,
        is_open=_is_failing(json),
        fired_at=state.failing_since if state is not None else _failing_since(made, json),
        start=state.failing_since if state is not None else None,
        cron=state,
    )


async def with_check_ins(made: Resolution, target: AlertTarget, source: JsonObject, slug: str) -> AlertTarget:
    """A monitor (detector) of a cron job, with what became of its check-ins. One request."""
    project = next(iter(target.search.projects), None)
    window = made.window(DAY)
    checks: Result[ListPage[JsonObject]] = Result()
    try:
        checks.value = await _check_ins(made, project, slug, window)
    except RunbookError as exc:
        checks.error = exc
    state = await _state(made, source, checks, window, project=None, slug=slug, looks_further=False)
    search = target.search.model_copy(update={"query": term("monitor.slug", slug)})
    changed: dict[str, object] = {"cron": state, "query": search.query, "search": search}
    if target.is_open is None:
        began = _failing_since(made, source)
        changed |= {"is_open": _is_failing(source), "fired_at": began, "start": target.start or began}
    return target.model_copy(update={**changed, "missing": tuple(made.missing)})


async def _check_ins(
    made: Resolution, project: str | None, slug: str, window: Window, cursor: str | None = None
) -> ListPage[JsonObject]:
    return await made.client.check_ins(
        project,
        slug,
        window.start,
        window.end,
        environments=made.link.environments,
        cursor=cursor,
        organization=made.link.organization,
    )


def _is_failing(monitor: JsonObject) -> bool | None:
    """Whether it fails in any environment; None where it has none, or does not tell."""
    known = [text_of(object_of(item).get("status")) for item in list_of(monitor.get("environments"))]
    return any(status in FAILING for status in known) if known else None


async def _state(
    made: Resolution,
    monitor: JsonObject,
    checks: Result[ListPage[JsonObject]],
    window: Window,
    *,
    project: str | None,
    slug: str,
    looks_further: bool = True,
) -> CronState | None:
    """What became of the check-ins; None where they are not known."""
    page = checks.value
    if page is None:
        made.lacks("check-ins", error_of(checks).what)
        return None
    rows = made.rows(page, "earlier check-ins")
    read_ones = read_all(CheckIn, rows, made.sanitizer)
    counted_from = window.start
    if page.next_cursor is not None or len(rows) < len(page.items):
        counted_from = min((check.at for check in read_ones if check.at), default=window.start)
    last_good = _last_good(read_ones)
    if last_good is None and looks_further:
        last_good = await _earlier_good(made, page, window, project, slug)
    if last_good is None:
        made.lacks("last good check-in", "none is among those that were read")
    statuses = [check.status for check in read_ones]
    due = [moment_of(object_of(item).get("nextCheckIn")) for item in list_of(monitor.get("environments"))]
    return CronState(
        counted_from=counted_from,
        missed=statuses.count("missed"),
        failed=statuses.count("error"),
        timed_out=statuses.count("timeout"),
        good=statuses.count("ok"),
        last=read_ones[0] if read_ones else None,
        last_good=last_good,
        failing_since=_failing_since(made, monitor),
        next_expected=min((at for at in due if at is not None), default=None),
    )


async def _earlier_good(
    made: Resolution, page: ListPage[JsonObject], window: Window, project: str | None, slug: str
) -> datetime | None:
    """The last good check-in of the next page, or of the time before the window: one request."""
    stretch = window if page.next_cursor else Window(start=window.start - BEFORE, end=window.start)
    try:
        earlier = await _check_ins(made, project, slug, stretch, page.next_cursor)
    except RunbookError as exc:
        made.lacks("earlier check-ins", exc.what)
        return None
    return _last_good(read_all(CheckIn, made.rows(earlier, "still earlier check-ins"), made.sanitizer))


def _last_good(checks: Sequence[CheckIn]) -> datetime | None:
    return max((check.at for check in checks if check.status == "ok" and check.at is not None), default=None)


def _failing_since(made: Resolution, monitor: JsonObject) -> datetime | None:
    """The start of the oldest incident that is still going on, over its environments."""
    incidents = [object_of(object_of(item).get("activeIncident")) for item in list_of(monitor.get("environments"))]
    began = [moment_of(incident.get("startingTimestamp"), made.sanitizer.latest) for incident in incidents]
    return min((at for at in began if at is not None), default=None)
