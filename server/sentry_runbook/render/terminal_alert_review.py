"""A review of alerts in a terminal: the tool's lines, laid out in colour."""

from __future__ import annotations

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sentry_runbook.incident.model.results.alert_review import AlertReview, ReviewedAlert, ReviewVerdict
from sentry_runbook.render.alert_review_lines import (
    COLUMNS,
    ELSEWHERE,
    VERDICTS,
    alert_name,
    counts_line,
    episodes_line,
    fired_line,
    gap_title,
    people_line,
    replay_line,
    scope_line,
    suggestion_line,
    threshold_cells,
)
from sentry_runbook.render.console import Screen
from sentry_runbook.render.terminal import show_doubts

STYLES: dict[ReviewVerdict | None, str] = {
    "dead": "bold white on red",
    "noisy": "bold black on yellow",
    "late": "bold black on bright_red",
    "never_fired": "bold black on cyan",
    "works": "bold black on green",
    None: "bold",
}


def show_alert_review(screen: Screen, result: AlertReview) -> None:
    """The headline, what no alert caught, and each alert, the worst first."""
    screen.print(Text(result.headline, "bold"))
    screen.print()
    screen.rows([("Looked at", Text(scope_line(result))), ("Alerts", Text(counts_line(result)))])
    if result.gaps or any(alert.next_step for alert in result.alerts):
        screen.print()
        screen.print(Text(ELSEWHERE, "dim"))
    for gap in result.gaps:
        screen.print()
        screen.print(Text(gap_title(gap), "bold red"))
        nearest = None if gap.nearest is None else Text(gap.nearest)
        screen.rows([("Nearest", nearest), ("Catches it", Text(suggestion_line(gap, result)))])
    for alert in result.alerts:
        _show_alert(screen, alert)
    show_doubts(screen, result.findings, result.missing)


def _show_alert(screen: Screen, alert: ReviewedAlert) -> None:
    screen.print()
    badge = Text(f" {VERDICTS[alert.verdict].upper()} ", STYLES[alert.verdict])
    screen.print(Text.assemble(badge, " ", (alert_name(alert), "bold")))
    lines = (
        ("Do", alert.next_step),
        ("Why", alert.why),
        ("Fires on", alert.condition),
        ("Tells", people_line(alert)),
        ("Fired", fired_line(alert)),
        ("Replayed", replay_line(alert)),
        ("Incidents", episodes_line(alert)),
        ("", alert.url),
    )
    screen.rows((label, Text(text) if text else None) for label, text in lines)
    if alert.thresholds:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
        for name in COLUMNS:
            table.add_column(name)
        for row in alert.thresholds:
            table.add_row(*map(Text, threshold_cells(row)))
        screen.print(Padding(table, (0, 0, 0, 2)))
