"""Count the impact of an issue in a period."""

from __future__ import annotations

from datetime import datetime

from mcp.server.mcpserver import Context

from sentry_runbook.collect import IMPACT, investigate
from sentry_runbook.incident.formatting import trend_sentence
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.impact import BreakdownRow, Impact
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.tools.arguments import End, Environment, Issue, Period, Start
from sentry_runbook.tools.output import Page, cut_missing
from sentry_runbook.tools.registry import RunbookTool, runbook_tool


async def discover_impact(
    issue: Issue,
    ctx: Context[Runtime],
    period: Period = None,
    start: Start = None,
    end: End = None,
    environment: Environment = None,
) -> Impact:
    """Count an issue's impact in a period (default: 24h, all environments).

    Events, users, worst rolling hour, peaks per minute, crash-free sessions, p95, baseline, trend, and where it
    concentrates (release, browser, region …).
    """
    run = runtime(ctx)
    evidence = await investigate(
        run, issue, IMPACT, environment=environment, period=period, start=start, end=end, scope="all"
    )
    return run.incident(evidence).impact


def page(result: Impact) -> Page:
    """How a person reads it."""
    return describe(Page(f"Impact of {result.issue}").items(result.warnings or ()), result)


def describe(sheet: Page, result: Impact) -> Page:
    """The impact's facts, on a page of its own or on the triage's."""
    window = result.window
    sheet.say(result.reading)
    sheet.fact("Window", f"{window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC, {window.environments}")
    if window.widened_from:
        sheet.fact("Widened", f"nothing in the last {window.widened_from}; these numbers cover a longer time")
    sheet.fact("Note", window.note)
    sheet.fact("Events", result.events).fact("Events over all time", result.events_all_time)
    at_least = "at least " if result.users_lower_bound else ""
    sheet.fact("Users", None if result.users is None else f"{at_least}{result.users}")
    sheet.fact("Users over all time", result.users_all_time)
    worst = _range(result.users_worst_hour, result.users_worst_hour_at_most)
    sheet.fact("Users in the worst rolling hour", worst and worst + _since(result.users_worst_hour_start))
    peak = result.unhandled_per_minute_peak
    at = _since(result.unhandled_per_minute_peak_at)
    sheet.fact("Unhandled events in the busiest minute", None if peak is None else f"{peak}{at}")
    sheet.fact("The same of the whole project", result.project_unhandled_per_minute_peak)
    sheet.fact("Crash-free sessions", _percent(result.crash_free_sessions_pct, result.sessions))
    worst = _percent(result.crash_free_worst_hour_pct, None)
    sheet.fact("Crash-free sessions in the worst hour", worst and worst + _since(result.crash_free_worst_hour_start))
    sheet.fact("p95 of the main transaction", None if result.p95_ms is None else f"{result.p95_ms:g} ms")
    for endpoint in result.endpoints:
        p95 = "p95 unknown" if endpoint.p95_ms is None else f"p95 {endpoint.p95_ms:g} ms"
        count = "" if endpoint.count is None else f", {endpoint.count} transactions"
        sheet.fact("Endpoint", f"{quoted(endpoint.transaction)}: {p95}{count}")
    if result.baseline:
        ratio = f", now × {result.baseline.ratio:g}" if result.baseline.ratio is not None else ""
        sheet.fact("Baseline", f"{result.baseline.events} events in the same time before{ratio}")
    if result.onset:
        sheet.fact("Began", f"{result.onset.at:%Y-%m-%d %H:%M} UTC ({result.onset.confidence}: {result.onset.how})")
    if result.trend:
        sheet.fact("Trend", f"{trend_sentence(result.trend)} {result.trend.sparkline}")
    for row in result.breakdown:
        sheet.fact(f"Where {quoted(row.tag)}", f"{quoted(row.value)} {_share(row)}")
    return sheet


def _since(start: datetime | None) -> str:
    return f", from {start:%Y-%m-%d %H:%M} UTC" if start else ""


def _range(low: int | None, high: int | None) -> str | None:
    """The exact number; with ``high``, the bounds between which it lies."""
    if low is None:
        return None
    return f"{low}" if high in (None, low) else f"{low} to {high}"


def _percent(value: float | None, sessions: int | None) -> str | None:
    if value is None:
        return None
    return f"{value:g} %" + ("" if sessions is None else f" of {sessions} sessions")


def _share(row: BreakdownRow) -> str:
    before = "" if row.share_before is None else f", {row.share_before:.0%} before"
    note = f" ({row.note})" if row.note else ""
    return f"{row.share:.0%}{before}{note}"


def _fewer_rows(result: Impact) -> Impact:
    missing = cut_missing(
        result.missing, "breakdown (all but 8 rows)", "left out for length; see the issue's tags in Sentry"
    )
    return result.model_copy(update={"breakdown": result.breakdown[:8], "missing": missing})


def tool() -> RunbookTool[Impact]:
    """The tool as the server lists it."""
    return runbook_tool(discover_impact, result=Impact, page=page, title="Count the impact", shrink=(_fewer_rows,))
