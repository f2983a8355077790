"""Targets that are alerts or monitors: when they fired, for which issues, and where they look.

Requests: an alert of today 3 in 2 rounds (itself and its firings, then its monitors), a monitor 2 in 1 (3 in 2 for a
cron monitor or uptime check: its checks), by an old id 3 in 2. On servers from before workflows 2 in 1 once that is
known; a single firing there is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict

from sentry_runbook.collect.alert_lists import read_alerts
from sentry_runbook.collect.alert_target_crons import with_check_ins
from sentry_runbook.collect.alert_target_parts import Resolution, called, latest_first
from sentry_runbook.collect.alert_target_uptime import with_results
from sentry_runbook.errors import RunbookError, SentryError
from sentry_runbook.incident.alerts.words import condition_words
from sentry_runbook.incident.model.evidence.alert_form import DefinitionForm
from sentry_runbook.incident.model.evidence.alert_row import AlertRow, OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import AlertTarget, TargetIssue, TargetKind
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    either,
    id_of,
    list_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.sentry.alerts import AlertAnswer
from sentry_runbook.sentry.page_names import PageKind, PageName
from sentry_runbook.sentry.pasted import SLUG

HISTORY = timedelta(days=14)
"""How far back the firings of an alert are asked for, where the link says nothing."""
MOST_MONITORS = 20
"""Monitors of one alert that are asked for; more make a URL that proxies refuse."""
FAKE_ID = 10**9
"""A firing that was never an incident is named by its open period's id plus this (Sentry's own convention)."""
NO_FIRING = "Sentry keeps no firing of it: it never fired, or long ago"
EVENT_DATASETS = frozenset({"events", "errors"})
"""Datasets in whose language a monitor's search is one of issues, too."""
UNREAD: dict[PageKind, tuple[TargetKind, str]] = {
    "workflow": ("alert", "alert"),
    "detector": ("page", "monitor"),
    "metric_rule": ("metric_alert", "metric alert"),
    "incident": ("metric_alert", "metric alert"),
}
"""What is named by a link, where no more is known."""
FORMS: dict[str, DefinitionForm] = {"workflow": "workflow", "rule": "rule", "metric_rule": "metric_rule"}
"""Answers whose rows do not say their form."""
ISSUE_ALERTS = ("workflow", "rule")
WITH_CONDITIONS: tuple[DefinitionForm, ...] = ("workflow", "rule", "metric_monitor", "metric_rule")
CONDITION_KEYS = frozenset({"triggers", "conditions", "conditionGroup"})
"""Without one of these a row tells no condition."""
DETECTOR_KINDS: dict[str, tuple[TargetKind, str]] = {
    "metric_issue": ("metric_alert", "metric monitor"),
    "error": ("error_monitor", "error monitor"),
    "issue_stream": ("error_monitor", "issue monitor"),
    "monitor_check_in_failure": ("cron", "cron monitor"),
    "uptime_domain_failure": ("uptime", "uptime check"),
}
"""Type of a detector (reference: alerts, 1) → what it is."""


class When(TypedDict, total=False):
    """When it was open, as the target's fields say it; what is not known is absent."""

    fired_at: datetime | None
    start: datetime | None
    end: datetime | None
    is_open: bool | None


async def resolve_alert(made: Resolution, page: PageName) -> AlertTarget:
    """The target of a page about an alert, a monitor, or a firing of one.

    Raises:
        SentryError: it does not exist, or its link says nothing without it.
    """
    window = made.window(HISTORY)
    client, organization = made.client, made.link.organization
    try:
        if page.kind == "workflow":
            answer = await client.alert(page.id, window.start, window.end, organization=organization)
        elif page.kind == "issue_rule":
            answer = await client.alert_of_rule(
                page.project, page.id, window.start, window.end, organization=organization
            )
        elif page.kind == "metric_rule":
            answer = await client.monitor_of_rule(page.id, made.now, organization=organization)
        elif page.kind == "incident":
            answer = await client.incident(page.id, made.now, organization=organization)
        else:
            answer = await client.monitor(page.id, made.now, organization=organization)
    except SentryError as exc:
        return made.failed(exc, *UNREAD.get(page.kind, UNREAD["workflow"]))
    firing = page.id if page.kind == "incident" else made.link.firing
    return await target_of(made, answer, firing=firing, asks_monitors=page.project is None)


async def target_of(
    made: Resolution, answer: AlertAnswer, *, firing: str | None = None, asks_monitors: bool = True
) -> AlertTarget:
    """The target of an alert that was read.

    Args:
        made: what was given.
        answer: what the server told.
        firing: number of the one firing that the link is about.
        asks_monitors: whether an alert's monitors are asked for their projects; else those of its link and its issues.
    """
    if answer.form in ("workflow", "rule"):
        return await _of_alert(made, answer, asks_monitors=asks_monitors)
    if answer.form in ("issue", "incident"):
        return _of_firing(made, answer, firing)
    if answer.form == "metric_rule":
        return _of_monitor(made, answer, "metric_alert", "metric alert", firing)
    type_ = text_of(answer.row.get("type")) or ""
    kind, noun = DETECTOR_KINDS.get(type_, ("error_monitor", "monitor"))
    target = _of_monitor(made, answer, kind, noun, firing)
    source = _source(answer.row)
    if kind == "cron" and (slug := text_of(source.get("slug"))) and SLUG.fullmatch(slug):
        return await with_check_ins(made, target, source, slug)
    if kind == "uptime":
        return await with_results(made, target, source)
    return target


# --- alerts --------------------------------------------------------------------------------------------------------


async def _of_alert(made: Resolution, answer: AlertAnswer, *, asks_monitors: bool) -> AlertTarget:
    row = read(AlertRow, answer.row, made.sanitizer)
    issues = _fired_for(made, answer)
    fired_at = max(
        (at for at in (row.last_triggered, *(issue.last_fired for issue in issues)) if at is not None), default=None
    )
    if fired_at is None:
        made.lacks("fired_at", NO_FIRING)
    if row.enabled is False:
        made.lacks("further firings", "the alert is disabled: it does not fire")
    if answer.form == "rule":
        shown = projects = tuple(_slugs(answer.row.get("projects"))) or made.link.projects
    elif asks_monitors:
        shown, projects = await _watched(made, answer.row, issues)
    else:
        shown = projects = _of_link_or_issues(made, issues)
    environment = text_of(answer.row.get("environment"))
    return made.target(
        "alert",
        f"{called('alert', row.name, row.id)}{made.of_projects(shown)}",
        shown_projects=shown,
        projects=projects,
        environments=(environment,) if environment else None,
        issues=issues,
        id=row.id,
        name=row.name,
        fired_at=fired_at,
        enabled=row.enabled,
        owner=row.owner,
        condition=_condition(made, answer, row),
    )


def _fired_for(made: Resolution, answer: AlertAnswer) -> Sequence[TargetIssue]:
    """The issues that it fired for in the stretch of time, the last first."""
    if answer.firings is None:
        if answer.why_unknown is not None:
            made.lacks("issues", answer.why_unknown.what)
        return ()
    # Sentry lists those with the most firings first.
    rows = made.rows(answer.firings, "further issues that it fired for")
    return latest_first(read_all(TargetIssue, rows, made.sanitizer))


async def _watched(
    made: Resolution, row: JsonObject, issues: Iterable[TargetIssue]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Slugs and numbers of the projects whose issues the alert reacts to; empty for those of the whole organization."""
    known = _slugs_of(issues)
    fallback = known or made.link.projects
    ids = [id_ for item in list_of(row.get("detectorIds")) if (id_ := id_of(item)) and id_.isdigit()]
    if not ids:
        made.lacks("projects", "the alert is connected to no monitor: nothing makes it fire")
        return fallback, fallback
    if len(ids) > MOST_MONITORS:
        made.lacks("projects", f"of its {len(ids)} monitors {MOST_MONITORS} were looked at")
    try:
        monitors = await made.client.monitors_by_id(ids[:MOST_MONITORS], organization=made.link.organization)
    except RunbookError as exc:
        made.lacks("projects", exc.what)
        return fallback, fallback
    numbers = [id_of(monitor.get("projectId")) for monitor in monitors]
    if not numbers:
        made.lacks("projects", "its monitors are gone, or the token may not see them")
        return fallback, fallback
    if None in numbers:
        return (), ()  # a monitor without a project watches all of them (reference: alerts, 3)
    projects = tuple(sorted({number for number in numbers if number is not None}))
    # One project, whose issues say its slug.
    slugs = known if len(projects) == len(known) == 1 else projects
    return slugs, projects


def _of_link_or_issues(made: Resolution, issues: Iterable[TargetIssue]) -> tuple[str, ...]:
    """The project of an old link, unless it was renamed since; without one, those of the issues that it fired for."""
    known, named = _slugs_of(issues), made.link.projects
    if named:
        return named if set(named) & set(known) or not known else known
    made.lacks("further projects", "those are known whose issues it fired for: its link tells all")
    return known


def _slugs_of(issues: Iterable[TargetIssue]) -> tuple[str, ...]:
    return tuple(sorted({issue.project for issue in issues if issue.project and SLUG.fullmatch(issue.project)}))


# --- monitors ------------------------------------------------------------------------------------------------------


def _of_monitor(made: Resolution, answer: AlertAnswer, kind: TargetKind, noun: str, firing: str | None) -> AlertTarget:
    """A detector of any kind, or a metric alert of before."""
    row = read(AlertRow, answer.row, made.sanitizer)
    latest = read_all(TargetIssue, [answer.row.get("latestGroup")], made.sanitizer)
    number = id_of(answer.row.get("projectId"))
    slugs = _slugs_of(latest)
    if answer.form == "metric_rule":
        projects = slugs = tuple(_slugs(answer.row.get("projects"))) or made.link.projects
    else:
        projects = (number,) if number else ()
    query = object_of(either(_source(answer.row), "snubaQuery")) or answer.row
    environment = text_of(query.get("environment"))
    is_search = kind == "metric_alert" and text_of(query.get("dataset")) in EVENT_DATASETS
    search = (text_of(query.get("query")) or None) if is_search else None
    if row.enabled is False:
        made.lacks("further firings", f"the {noun} is disabled: it does not look any more")
    return made.target(
        kind,
        f"{called(noun, row.name, row.id)}{made.of_projects(slugs or projects)}",
        shown_projects=slugs or projects,
        projects=projects,
        environments=(environment,) if environment else None,
        query=search,
        issues=latest,
        id=row.id,
        name=row.name,
        enabled=row.enabled,
        owner=row.owner,
        condition=_condition(made, answer, row),
        **_when(made, answer, latest, firing, has_checks=kind in ("cron", "uptime")),
    )


def _when(
    made: Resolution,
    answer: AlertAnswer,
    latest: Sequence[TargetIssue],
    firing: str | None,
    *,
    has_checks: bool = False,
) -> When:
    """``fired_at``, ``is_open``, ``start`` and ``end``, as far as they are known."""
    if answer.firings is None:
        if answer.why_unknown is not None:
            made.lacks("fired_at", answer.why_unknown.what)
        return {}
    rows = made.rows(answer.firings, "earlier firings")
    periods = [period for period in read_all(OpenPeriod, rows, made.sanitizer) if period.start]
    periods.sort(key=lambda period: period.start.timestamp() if period.start else 0.0, reverse=True)
    named = [period for period in periods if firing is not None and _is_named(period, firing)]
    if firing is not None and not named:
        made.lacks("the firing of the link", f"number {firing} is not among the {len(periods)} that Sentry tells")
    if not periods and has_checks:
        return {}  # what is known of the checks says it
    if not periods:
        made.lacks("fired_at", "Sentry tells no stretch of the last 90 days in which it was open")
        # What began earlier is not told: only a resolved issue, or none at all, is sure to be over.
        is_over = answer.form == "detector" and all(issue.status == "resolved" for issue in latest)
        return {"is_open": False if is_over else None}
    period = (named or periods)[0]
    return {"fired_at": period.start, "start": period.start, "end": period.end, "is_open": period.is_open}


def _is_named(period: OpenPeriod, firing: str) -> bool:
    fake = str(int(period.id) + FAKE_ID) if period.id and period.id.isdigit() else None
    return firing in (period.number, fake)


def _of_firing(made: Resolution, answer: AlertAnswer, firing: str | None) -> AlertTarget:
    """One firing of a metric alert, by the issue that it made, or as the incident of before."""
    if answer.form == "incident":
        alert = object_of(answer.row.get("alertRule"))
        whole = AlertAnswer("metric_rule", {**alert, "projects": answer.row.get("projects")}, answer.firings)
        return _of_monitor(made, whole, "metric_alert", "metric alert", firing)
    issues = read_all(TargetIssue, [answer.row], made.sanitizer)
    number = id_of(object_of(answer.row.get("project")).get("id"))
    slugs = _slugs_of(issues)
    when = _when(made, answer, issues, firing)
    return made.target(
        "metric_alert",
        f"firing {firing} of a metric alert{made.of_projects(slugs)}",
        shown_projects=slugs or ((number,) if number else ()),
        projects=(number,) if number else slugs,
        issues=issues,
        id=firing,
        **when,
    )


# --- pieces --------------------------------------------------------------------------------------------------------


def _condition(made: Resolution, answer: AlertAnswer, row: AlertRow) -> tuple[str, ...]:
    """The condition in the words of the review of alerts; of crons, uptime checks and incomplete rows in their own."""
    listed = FORMS.get(answer.form)
    is_told = bool(CONDITION_KEYS & answer.row.keys())
    alerts = read_alerts([answer.row] if is_told else (), made.sanitizer, listed, forms=WITH_CONDITIONS)
    told = [alert for alert in alerts if alert.metric is not None or alert.form in ISSUE_ALERTS]
    return tuple(map(condition_words, told)) or row.condition


def _source(row: JsonObject) -> JsonObject:
    """What a monitor looks at: its query, its cron monitor, its address."""
    sources = list_of(row.get("dataSources"))
    return object_of(object_of(sources[0]).get("queryObj")) if sources else {}


def _slugs(value: object) -> list[str]:
    return [slug for item in list_of(value) if (slug := text_of(item)) and SLUG.fullmatch(slug)]
