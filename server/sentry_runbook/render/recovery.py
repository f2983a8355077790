"""The recovery as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.formatting import crash_free_percent, moment
from sentry_runbook.incident.model.results.impact import Recovery
from sentry_runbook.render.markdown_page import MarkdownPage


def recovery_page(result: Recovery) -> MarkdownPage:
    """Render the recovery as Markdown."""
    page = MarkdownPage(f"Recovery of {result.issue}: {result.verdict}").paragraph(result.reading)
    page.items(result.warnings or ())
    page.fact("Regressed", result.regressed).fact("A fix is known", result.fix_known)
    page.fact("Since", result.since and f"{moment(result.since)} ({result.since_basis})")
    page.fact("Events per hour in the incident", result.events_per_hour_before)
    page.fact("Events per hour before it", result.events_per_hour_baseline)
    page.fact("Events per hour now", result.events_per_hour_now)
    page.fact("Events since then", result.events_since)
    page.fact("Quiet since", result.quiet_since)
    page.fact("Crash-free sessions then", _percent(result.crash_free_before_pct))
    page.fact("Crash-free sessions now", _percent(result.crash_free_now_pct))
    page.items(
        f"{issue.short_id}{f' ({issue.project})' if issue.project else ''}: {issue.verdict}. {issue.reading}"
        for issue in result.issues or ()
    )
    page.items(f"Still needed: {need}" for need in result.needs)
    page.items(result.notes)
    return page


def _percent(value: float | None) -> str | None:
    return None if value is None else crash_free_percent(value)
