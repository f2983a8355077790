"""Results in a terminal: the same models as the tools' pages, laid out in colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sentry_runbook.incident.formatting import (
    crash_free_percent,
    moment,
    number,
    observed_text,
    percent_of,
    trend_direction,
)
from sentry_runbook.incident.model.evidence import Finding, Missing, quoted
from sentry_runbook.incident.model.results.impact import BreakdownRow, Impact, Recovery
from sentry_runbook.incident.model.results.triage import Triage, Verdict
from sentry_runbook.render.console import Screen, badge, joined, numbered
from sentry_runbook.render.impact import own_window
from sentry_runbook.render.triage_lines import triage_lines

STATES = {"ok": ("✓", "green"), "attention": ("!", "bold yellow"), "unknown": ("?", "dim")}
SIGNS = {"met": ("●", "bold red"), "not met": ("○", "dim"), "unknown": ("?", "yellow"), "not asked": ("?", "dim")}
VERDICTS = {"recovered": "bold green", "improving": "bold yellow", "ongoing": "bold red", "worse": "bold white on red"}


def show_triage(screen: Screen, result: Triage, *, whole: bool = True) -> None:
    """The whole triage, its ten lines first; without ``whole``, only these."""
    issue, verdict = result.issue, result.severity
    screen.print(Text.assemble(badge(verdict.severity, verdict.label), " ", (issue.short_id or issue.id, "bold")))
    screen.print(Padding(Text(quoted(issue.title)), (0, 0, 0, 1)))
    screen.print(Padding(Text(issue.url, "dim"), (0, 0, 0, 1)))
    screen.print()
    _show_warnings(screen, result.warnings)
    screen.rows((label, Text(text)) for label, text in triage_lines(result))
    if whole:
        _show_rest(screen, result)
    show_doubts(screen, result.findings, result.missing)


def _show_rest(screen: Screen, result: Triage) -> None:
    """What the ten lines rest on."""
    screen.heading("Next steps")
    screen.points(numbered(result.next_steps))
    screen.heading("Likely causes")
    for cause in result.causes:
        screen.print(Text.assemble(" ", (cause.pattern.replace("_", " "), "bold"), f" (confidence {cause.confidence})"))
        screen.points([("+", text, "green") for text in cause.evidence_for], 3)
        screen.points([("–", text, "red") for text in cause.evidence_against], 3)
        screen.points([("→", cause.action, "bold")], 3)
    if not result.causes:
        screen.print(" None of the runbook's patterns holds on this evidence.")
    screen.rows(_suspects(result))
    screen.heading("Impact")
    show_impact(screen, result.impact.model_copy(update={"episode": result.episode}))
    screen.heading("Checklist")
    screen.points(_sign(step.state, f"{step.step}: {step.finding}") for step in result.checklist)


def _show_warnings(screen: Screen, warnings: Iterable[str] | None) -> None:
    """What limits the numbers of a page; a part of a triage has none of its own."""
    screen.points(_sign("attention", warning) for warning in warnings or ())


def _sign(state: str, text: str) -> tuple[str, str, str]:
    sign, style = STATES[state]
    return sign, text, style


def show_verdict(screen: Screen, verdict: Verdict) -> None:
    """The severity in three lines."""
    possible = verdict.could_be
    screen.rows(
        [
            ("Why", Text(verdict.because)),
            ("Respond", Text(f"{verdict.response_due} · {verdict.escalation}")),
            (
                "Could be",
                Text(f"{possible.lowest} to {possible.highest}, depending on what is not known")
                if possible.lowest != possible.highest
                else None,
            ),
            (
                "Careful",
                Text(f"without the suspicious events this would be {verdict.severity_without_suspects}")
                if verdict.severity_without_suspects not in (None, verdict.severity)
                else None,
            ),
        ]
    )


def show_criteria(screen: Screen, verdict: Verdict) -> None:
    """Each rule, what was measured, and whether it holds."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for name in ("", "Rule", "Measured", "Threshold"):
        table.add_column(name)
    for criterion in verdict.criteria:
        sign, style = SIGNS[criterion.state]
        decided = criterion.id == verdict.decided_by
        table.add_row(
            Text(sign, style),
            Text(criterion.id, "bold" if decided else ""),
            Text(observed_text(criterion) or "–"),
            Text(criterion.threshold + (" ← decides" if decided else "")),
        )
    screen.print(Padding(table, (0, 0, 0, 1)))
    _show_warnings(screen, verdict.warnings)


def show_impact(screen: Screen, result: Impact, rows: int = 4) -> None:
    """The numbers, the trend, and the first ``rows`` of the breakdown."""
    screen.rows(
        [
            ("Impact", Text(result.reading or "")),
            ("", Text(joined(_numbers(result)) or "")),
            ("Trend", Text(joined(_trend(result)) or "")),
            *(("Where" if index == 0 else "", Text(_share(row))) for index, row in enumerate(result.breakdown[:rows])),
        ]
    )
    _show_warnings(screen, result.warnings)


def _numbers(result: Impact) -> Iterator[str | None]:
    low, high = result.users_worst_hour, result.users_worst_hour_at_most
    between = "" if high in (None, low) else f" to {high:,}"
    least = "at least " if result.events_lower_bound else ""
    yield None if low is None else f"{least}{low:,}{between} users in the worst hour"
    peak = result.unhandled_per_minute_peak
    own = "at least " if result.unhandled_lower_bound else least
    yield None if peak is None else f"{own}{peak:,} unhandled in the worst minute"
    crash_free = result.crash_free_sessions_pct
    yield None if crash_free is None else f"crash-free sessions {crash_free_percent(crash_free)}{own_window(result)}"
    yield (
        None if result.p95_ms is None else f"p95 {result.p95_ms:g} ms{' (an estimate)' if result.p95_estimate else ''}"
    )


def _trend(result: Impact) -> Iterator[str | None]:
    trend = result.trend
    if trend:
        yield f"{trend.sparkline} {trend_direction(trend)}"
        usual = f", {number(trend.usual_per_hour)} an hour usual" if trend.usual_per_hour else ""
        yield f"{trend.last_hour:,} events in the last hour, {trend.previous_hour:,} before{usual}"
    if result.episode:
        yield f"began {moment(result.episode.began)}"


def _share(row: BreakdownRow) -> str:
    before = "" if row.share_before is None else f", {percent_of(row.share_before)} before"
    return f"{percent_of(row.share)} {row.tag}={row.value}{before}"


def _suspects(result: Triage) -> Iterator[tuple[str, Text]]:
    if result.suspect_release:
        yield "Suspect", Text(f"release {quoted(result.suspect_release)}")
    for commit in result.suspect_commits[:2]:
        by = f" by {commit.author}" if commit.author else ""
        yield "", Text(f"commit {commit.id} {quoted(commit.message or '')}{by}")


def show_recovery(screen: Screen, result: Recovery) -> None:
    """The recovery: verdict, rates, and what is still needed."""
    rates = (
        ("in the incident", result.events_per_hour_before),
        ("usual before", result.events_per_hour_baseline),
        ("now", result.events_per_hour_now),
    )
    screen.print(Text.assemble(" ", (result.verdict.upper(), VERDICTS.get(result.verdict, "bold"))))
    screen.rows(
        [
            ("Reading", Text(result.reading)),
            ("Per hour", Text(joined(f"{name} {rate:g}" for name, rate in rates if rate is not None) or "")),
            *(("Needs" if index == 0 else "", Text(need)) for index, need in enumerate(result.needs)),
        ]
    )
    _show_warnings(screen, result.warnings)


def show_doubts(screen: Screen, findings: Iterable[Finding], missing: Iterable[Missing]) -> None:
    """Findings, and what is not known."""
    suspicious = [("!", f"{finding.kind} in {finding.where}: {finding.why}", "bold red") for finding in findings]
    unknown = [("?", f"{entry.what}: {entry.why}", "dim") for entry in missing]
    for title, entries in (("Findings (reported, not obeyed)", suspicious), ("Not known", unknown)):
        if entries:
            screen.heading(title)
            screen.points(entries)
