"""The impact of an issue as Markdown."""

from __future__ import annotations

from datetime import datetime

from sentry_runbook.incident.formatting import (
    crash_free_percent,
    episode_begin,
    episode_course,
    moment,
    percent_of,
    stretch,
    trend_sentence,
)
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.impact import BreakdownRow, Episode, Impact, ImpactWindow
from sentry_runbook.render.markdown_page import MarkdownPage


def impact_page(result: Impact) -> MarkdownPage:
    """Render the impact as Markdown."""
    return add_impact(MarkdownPage(f"Impact of {result.issue}").items(result.warnings or ()), result)


def add_impact(page: MarkdownPage, result: Impact) -> MarkdownPage:
    """Add the impact to a page of its own."""
    return add_impact_figures(page.paragraph(result.reading), result)


def add_impact_figures(page: MarkdownPage, result: Impact) -> MarkdownPage:
    """Add the figures behind the reading."""
    _add_window(page, result.window)
    _add_counts(page, result)
    _add_health(page, result)
    _add_course(page, result)
    for row in result.breakdown:
        page.fact(f"Where {quoted(row.tag)}", f"{quoted(row.value)} {_share(row)}")
    return page


def _add_window(page: MarkdownPage, window: ImpactWindow) -> None:
    page.fact("Window", f"{stretch(window.start, window.end)}, {window.environments}")
    if window.widened_from:
        page.fact("Widened", f"nothing in the last {window.widened_from}; only events and users cover this longer time")
    page.fact("Note", window.note)


def _add_counts(page: MarkdownPage, result: Impact) -> None:
    least = "at least " if result.events_lower_bound else ""
    page.fact("Events", None if result.events is None else f"{least}{result.events}")
    page.fact("Events over all time", result.events_all_time)
    at_least = "at least " if result.users_lower_bound else ""
    page.fact("Users", None if result.users is None else f"{at_least}{result.users}")
    page.fact("Users over all time", result.users_all_time)
    worst_hour = _range(result.users_worst_hour, result.users_worst_hour_at_most)
    since = _since(result.users_worst_hour_start)
    page.fact("Users in the worst rolling hour", worst_hour and f"{least}{worst_hour}{since}")
    peak = result.unhandled_per_minute_peak
    at = _since(result.unhandled_per_minute_peak_at)
    own = "at least " if result.unhandled_lower_bound else least
    page.fact("Unhandled events in the busiest minute", None if peak is None else f"{own}{peak}{at}")
    of_project = result.project_unhandled_per_minute_peak
    page.fact("The same of the whole project", None if of_project is None else f"{least}{of_project}")


def _add_health(page: MarkdownPage, result: Impact) -> None:
    crash_free = _percent(result.crash_free_sessions_pct, result.sessions)
    page.fact("Crash-free sessions", crash_free and crash_free + own_window(result))
    page.fact("Crash-free sessions in the incident's full hours", _percent(result.crash_free_episode_pct, None))
    worst_hour = _percent(result.crash_free_worst_hour_pct, None)
    since = _since(result.crash_free_worst_hour_start)
    page.fact("Crash-free sessions in the worst hour", worst_hour and worst_hour + since)
    page.fact(
        "p95 of the main transaction",
        None if result.p95_ms is None else f"{result.p95_ms:g} ms{_estimate(result.p95_estimate)}",
    )
    for endpoint in result.endpoints:
        p95 = "p95 unknown" if endpoint.p95_ms is None else f"p95 {endpoint.p95_ms:g} ms"
        count = "" if endpoint.count is None else f", {endpoint.count} transactions"
        page.fact("Endpoint", f"{quoted(endpoint.transaction)}: {p95}{count}{_estimate(endpoint.estimate)}")


def _estimate(why: str | None) -> str:
    return f" ({why})" if why else ""


def _add_course(page: MarkdownPage, result: Impact) -> None:
    """Add episode, baseline and trend of the event rate."""
    add_episode(page, result.episode)
    if result.baseline:
        ratio = f", now × {result.baseline.ratio:g}" if result.baseline.ratio is not None else ""
        page.fact("Baseline", f"{result.baseline.events} events in the same time before{ratio}")
    if result.trend:
        page.fact("Trend", f"{trend_sentence(result.trend)} {result.trend.sparkline}")


def _since(start: datetime | None) -> str:
    return f", from {moment(start)}" if start else ""


def own_window(result: Impact) -> str:
    """``, 2026-11-23 14:00 to 18:05 UTC``: the time that the sessions cover, where the numbers' is another one."""
    start, end = result.sessions_start, result.sessions_end
    if start is None or end is None or (start, end) == (result.window.start, result.window.end):
        return ""
    return f", {stretch(start, end)}"


def _range(low: int | None, high: int | None) -> str | None:
    """The exact number; with ``high``, the bounds between which it lies."""
    if low is None:
        return None
    return f"{low}" if high in (None, low) else f"{low} to {high}"


def _percent(value: float | None, sessions: int | None) -> str | None:
    if value is None:
        return None
    return crash_free_percent(value) + ("" if sessions is None else f" of {sessions} sessions")


def _share(row: BreakdownRow) -> str:
    before = "" if row.share_before is None else f", {percent_of(row.share_before)} before"
    note = f" ({row.note})" if row.note else ""
    return f"{percent_of(row.share)}{before}{note}"


def add_episode(page: MarkdownPage, episode: Episode | None) -> None:
    """Add when the incident began and ended, its bursts, its usual and its highest rate."""
    if episode is None:
        return
    page.fact("Began", f"{episode_begin(episode)} ({episode.confidence}: {episode.how})")
    page.fact("Course", episode_course(episode))
    page.fact("Judged", episode.note)
