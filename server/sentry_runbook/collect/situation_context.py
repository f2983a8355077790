"""Rows of the table of a situation around the issues: volume and sessions of every project, changes, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from sentry_runbook.collect.alert_lists import read_alerts
from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.loss_parts import LEAD_IN, full_hours
from sentry_runbook.collect.sessions import merge_sessions
from sentry_runbook.collect.situation_collection import (
    IN_ONE_PROJECT,
    SituationCollection,
    SituationPart,
)
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.metrics.dropped import ACCEPTED, LIMITED
from sentry_runbook.incident.model.evidence import FlagChange, Release, SessionHour, Unknown, Window
from sentry_runbook.incident.model.evidence.alert_form import DefinitionForm
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.evidence.listed_monitor import ListedAlert, ListedMonitor
from sentry_runbook.incident.model.evidence.situation import ProjectSessions, ProjectVolume
from sentry_runbook.sentry.counts import ProjectOutcomes, ProjectSessionCounts, SessionCounts

DAY = timedelta(hours=24)
LONGEST_BY_HOUR = timedelta(days=7)
"""Of a longer window the sessions by hour of all projects would be cut to a few of them."""
MANY_GROUPS = 10_000
"""Projects × outcomes × hours from which Sentry's documentation of ``groupBy=project`` warns of missing rows."""
MOST_RELEASES, MOST_ROWS = 100, 200
"""That are asked for; and rows that are read of a server that sends more."""
Objects = tuple[JsonObject, ...]


# --- volume


def _hours(window: Window) -> Window:
    """The full hours that hold the window."""
    start, end = full_hours(window)
    return Window(start=start, end=end)


def _outcomes_between(collection: SituationCollection, hours: Window) -> Request[ProjectOutcomes] | Unknown:
    if collection.one_by_one:
        return Unknown(why=IN_ONE_PROJECT)
    client, organization, project = collection.client, collection.question.organization, collection.project_id
    return lambda: client.outcomes_by_project(
        project_id=project, start=hours.start, end=hours.end, organization=organization
    )


def _a_day_before(window: Window) -> Window:
    hours = _hours(window)
    return Window(start=hours.start - DAY, end=hours.end - DAY)


BEFORE = SituationPart[ProjectOutcomes](
    field="volumes_before",
    request=lambda collection: _outcomes_between(collection, _a_day_before(collection.question.window)),
    parse=lambda _, outcomes: outcomes,
    source=lambda _: "stats_v2, a day before",
)
"""The same hours of the day before: no field of its own, but a part of :data:`VOLUMES`."""


def _volumes(collection: SituationCollection, now: ProjectOutcomes) -> tuple[ProjectVolume, ...]:
    before, asked = collection.result(BEFORE).value, _hours(collection.question.window)
    hours = Window(start=now.start or asked.start, end=now.end or asked.end)
    projects = dict.fromkeys((*now.totals, *(before.totals if before is not None else ())))
    return tuple(
        ProjectVolume(
            project=project,
            hours=hours,
            accepted=_accepted(now, project),
            before=None if before is None else _accepted(before, project),
            dropped=_limited(now.totals.get(project, {})),
        )
        for project in projects
    )


def _accepted(outcomes: ProjectOutcomes, project: str) -> int | None:
    """Stored events; Sentry leaves out an outcome that no event had, and a project without any."""
    return outcomes.totals.get(project, {}).get(ACCEPTED, 0)


def _limited(totals: Mapping[str, int | None]) -> int | None:
    limited = [events for outcome, events in totals.items() if outcome in LIMITED]
    return None if None in limited else sum(events or 0 for events in limited)


def _volumes_note(collection: SituationCollection, now: ProjectOutcomes) -> str:
    start, end = full_hours(collection.question.window)
    rows = sum(len(outcomes) for outcomes in now.totals.values()) * max(1, (end - start) // timedelta(hours=1))
    return "Sentry may have left out projects: there are many" if rows >= MANY_GROUPS else ""


VOLUMES = SituationPart[ProjectOutcomes](
    field="volumes",
    request=lambda collection: _outcomes_between(collection, _hours(collection.question.window)),
    parse=_volumes,
    note=_volumes_note,
    source=lambda collection: collection.source(
        "stats_v2: error events by project and outcome, in all environments", _hours(collection.question.window)
    ),
)


# --- sessions


def _sessions_window(collection: SituationCollection) -> Window:
    window = collection.question.window
    return Window(start=window.start - DAY, end=window.end)


def _sessions_request(collection: SituationCollection) -> Request[ProjectSessionCounts] | Unknown:
    if collection.one_by_one:
        return Unknown(why=IN_ONE_PROJECT)
    client, question, window = collection.client, collection.question, _sessions_window(collection)
    if question.window.length > LONGEST_BY_HOUR:
        return Unknown(why="of a window longer than 7 d the sessions of all projects are too many hours for one answer")
    project = collection.project_id
    return lambda: client.sessions_by_project(
        project_id=project,
        start=window.start,
        end=window.end,
        environments=question.environments,
        organization=question.organization,
    )


def _sessions(collection: SituationCollection, counts: ProjectSessionCounts) -> tuple[ProjectSessions, ...]:
    return tuple(
        ProjectSessions(project=project, hours=merged)
        for project, counted in counts.by_project.items()
        if (merged := _production_hours(collection, counted))
    )


def _production_hours(collection: SituationCollection, counts: SessionCounts) -> tuple[SessionHour, ...]:
    """The hours of production, or of the environments that were named; of a project that has no production, of all.

    Of a cut answer production may be what was left out: then nothing is known.
    """
    names = [group.environment or "" for group in counts.groups]
    is_production = collection.policy.is_production
    if collection.question.environments:
        return merge_sessions(counts, lambda _: True, collection.now).hours
    if any(map(is_production, names)):
        return merge_sessions(counts, is_production, collection.now).hours
    return () if counts.is_cut else merge_sessions(counts, lambda _: True, collection.now).hours


SESSIONS = SituationPart(
    field="sessions",
    request=_sessions_request,
    parse=_sessions,
    note=lambda _, counts: "Sentry left out the groups with the fewest sessions" if counts.is_cut else "",
    source=lambda collection: collection.source(
        "sessions by project and hour, of production", _sessions_window(collection)
    ),
)


# --- changes and alerts


def _releases_request(collection: SituationCollection) -> Request[Objects]:
    client, question, project = collection.client, collection.question, collection.project_id
    return lambda: client.releases(project, limit=MOST_RELEASES, organization=question.organization)


RELEASES = SituationPart(
    field="releases",
    request=_releases_request,
    parse=lambda collection, releases: read_all(Release, releases[:MOST_ROWS], collection.sanitizer),
    source=lambda _: "releases of all projects that Sentry lists to this token, newest first",
)


def _flags_window(collection: SituationCollection) -> Window:
    window = collection.question.window
    return Window(start=window.start - LEAD_IN, end=window.end)


def _flags_request(collection: SituationCollection) -> Request[Objects]:
    client, question = collection.client, collection.question
    start, end = full_hours(_flags_window(collection))
    return lambda: client.flag_changes(start, end, organization=question.organization)


def _flag_changes(collection: SituationCollection, rows: Objects) -> tuple[FlagChange, ...]:
    """Those in the time asked for, as of one issue."""
    window = _flags_window(collection)
    changes = read_all(FlagChange, rows[:MOST_ROWS], collection.sanitizer)
    return tuple(change for change in changes if window.start <= change.at <= window.end)


FLAG_CHANGES = SituationPart(
    field="flag_changes",
    request=_flags_request,
    parse=_flag_changes,
    source=lambda _: "feature flag log of the organization, from six hours before the window on",
)


def _alerts_request(collection: SituationCollection) -> Request[Objects]:
    """Of all projects without a filter: with one, alerts that are connected to no monitor are left out (alerts §4)."""
    client, question = collection.client, collection.question
    project = None if question.project is None else question.project.id
    return lambda: client.workflows(project, organization=question.organization)


METRICS: tuple[DefinitionForm, ...] = ("metric_monitor",)
ALERTS = SituationPart(
    field="alerts",
    request=_alerts_request,
    parse=lambda collection, alerts: tuple(_alerts(collection, alerts)),
    source=lambda _: "alerts, the last fired first",
)


def _alerts(collection: SituationCollection, rows: Objects) -> Iterator[ListedAlert]:
    """The alerts; those that fired since the window began with their condition in words."""
    start = collection.question.window.start
    for alert in read_alerts(rows[:MOST_ROWS], collection.sanitizer, "workflow"):
        is_shown = alert.last_triggered is not None and alert.last_triggered >= start
        yield ListedAlert(
            id=alert.id,
            name=alert.name,
            last_triggered=alert.last_triggered,
            condition=condition_words(alert) if is_shown else None,
        )


def _monitors_request(collection: SituationCollection) -> Request[Objects]:
    client, question = collection.client, collection.question
    project = None if question.project is None else question.project.id
    return lambda: client.open_monitors(project, organization=question.organization)


def _monitors(collection: SituationCollection, rows: Objects) -> tuple[ListedMonitor, ...]:
    monitors = read_all(ListedMonitor, rows[:MOST_ROWS], collection.sanitizer)
    is_open = {monitor.id for monitor in monitors if monitor.is_open}
    shown = [row for row in rows[:MOST_ROWS] if id_of(row.get("id")) in is_open]
    metrics = read_alerts(shown, collection.sanitizer, forms=METRICS)
    words = {alert.id: condition_words(alert) for alert in metrics}
    return tuple(
        monitor.model_copy(update={"condition": words.get(monitor.id)})
        for monitor in monitors
        if not monitor.is_default
    )


MONITORS = SituationPart(
    field="monitors",
    request=_monitors_request,
    parse=_monitors,
    source=lambda _: "metric monitors, cron monitors and uptime checks, those with open issues first",
)
