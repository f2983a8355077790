"""A review of alerts as Markdown: what none of them caught, then each alert, the worst first, with what to do."""

from __future__ import annotations

from collections.abc import Iterable

from sentry_runbook.incident.model.results.alert_review import AlertReview, ReviewedAlert, ThresholdRow
from sentry_runbook.render.alert_review_lines import (
    COLUMNS,
    ELSEWHERE,
    alert_title,
    counts_line,
    episodes_line,
    fired_line,
    gap_title,
    more_line,
    people_line,
    replay_line,
    scope_line,
    suggestion_line,
    threshold_cells,
)
from sentry_runbook.render.markdown_page import MarkdownPage


def alert_review_page(result: AlertReview) -> MarkdownPage:
    """Render the review as Markdown."""
    page = MarkdownPage(result.headline).paragraph(f"Looked at {scope_line(result)}. Alerts: {counts_line(result)}.")
    if result.gaps or any(alert.next_step for alert in result.alerts):
        page.paragraph(ELSEWHERE)
    for gap in result.gaps:
        page.heading(gap_title(gap))
        page.fact("Nearest", gap.nearest)
        page.fact("Would have caught it", suggestion_line(gap, result))
    for alert in result.alerts:
        _add_alert(page.heading(alert_title(alert)), alert)
    return page.paragraph(more_line(result))


def _add_alert(page: MarkdownPage, alert: ReviewedAlert) -> None:
    page.fact("Do", alert.next_step)
    page.fact("Why", alert.why)
    page.fact("Fires on", alert.condition)
    page.fact("Tells", people_line(alert))
    page.fact("Fired", fired_line(alert))
    page.fact("Would have fired", replay_line(alert))
    page.fact("Incidents", episodes_line(alert))
    if alert.thresholds:
        page.paragraph(_table(alert.thresholds))
    page.paragraph(alert.url)


def _table(rows: Iterable[ThresholdRow]) -> str:
    lines = [COLUMNS, ("---", "---:", "---:"), *map(threshold_cells, rows)]
    return "\n".join(f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |" for cells in lines)
