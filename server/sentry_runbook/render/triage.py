"""The triage as Markdown: ten lines first, then the rest, no fact twice."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.explanation import EarlierEpisode
from sentry_runbook.incident.model.results.triage import Cause, Triage
from sentry_runbook.render.impact import add_impact_figures
from sentry_runbook.render.issue import commit_line
from sentry_runbook.render.markdown_page import MarkdownPage
from sentry_runbook.render.severity import add_criteria
from sentry_runbook.render.triage_lines import MOST_CHANGES, change_line, explained_by, release_health, triage_lines


def triage_page(result: Triage) -> MarkdownPage:
    """Render the triage as Markdown."""
    verdict, issue = result.severity, result.issue
    page = MarkdownPage(f"{verdict.severity} {verdict.label}: {issue.short_id or issue.id} {quoted(issue.title)}")
    page.paragraph(issue.url)
    for warning in result.warnings or ():
        page.paragraph(warning)
    page.numbered(f"**{label}:** {text}" for label, text in triage_lines(result))
    _add_steps(page, result)
    _add_causes(page, result)
    _add_explanation(page, result)
    add_impact_figures(page.heading("Impact"), result.impact.model_copy(update={"episode": result.episode}))
    page.heading("Checklist").items(f"[{step.state}] {step.step}: {step.finding}" for step in result.checklist)
    add_criteria(page.heading("Severity rules"), verdict)
    return page


def _add_steps(page: MarkdownPage, result: Triage) -> None:
    if result.occurrence:
        fired = [f"{quoted(name)}: {quoted(value)}" for name, value in result.occurrence.items()]
        page.heading("Why it fired").items(fired)
    later = list(_later_steps(result))
    if later:
        page.heading("Next steps").items(later)


def _later_steps(result: Triage) -> Iterator[str]:
    """The steps that the ten lines do not say: neither the first, nor whom to tell."""
    return (step for step in result.next_steps[1:] if step != result.severity.call)


def _add_causes(page: MarkdownPage, result: Triage) -> None:
    page.heading("Likely causes")
    for cause in result.causes:
        page.items([f"**{cause.pattern}** ({cause.confidence}). {_action(cause, result)}".rstrip()])
        page.items(f"for: {text}" for text in cause.evidence_for)
        page.items(f"against: {text}" for text in cause.evidence_against)
    if not result.causes:
        page.paragraph("None of the runbook's patterns holds on this evidence.")
    page.fact("Suspect release", result.suspect_release and quoted(result.suspect_release))
    for commit in result.suspect_commits:
        page.fact("Suspect commit", commit_line(commit))


def _action(cause: Cause, result: Triage) -> str:
    """The action, where no next step says it already."""
    return "" if any(cause.action in step for step in result.next_steps) else cause.action


def _add_explanation(page: MarkdownPage, result: Triage) -> None:
    """What the ten lines leave out: further sets of tag values, releases and changes; and the history."""
    ranked = [entry for entry in result.explanation if entry.rank > result.explanation[0].rank]
    facts = [
        *(f"**Also explains:** {explained_by(entry)}" for entry in ranked),
        *(f"**Release:** {release_health(entry)}" for entry in result.release_health[2:]),
        *(f"**Change:** {change_line(change)}" for change in result.changes[MOST_CHANGES:]),
        *_history(result),
    ]
    if facts:
        page.heading("More that explains it").items(facts)


def _history(result: Triage) -> Iterator[str]:
    if result.history is not None:
        last = _last(result.history.last) if result.history.last is not None else ""
        yield f"**Earlier episodes:** {result.history.episodes}{last}"


def _last(last: EarlierEpisode) -> str:
    """``; the last: 2026-11-12 10:00 UTC to …, ended by "Ana" in "shop@1", held 3 d``."""
    times = " to ".join(moment(at) for at in (last.began, last.ended) if at is not None)
    facts = (
        times,
        f"ended by {quoted(last.ended_by)}" if last.ended_by else "",
        f"in {quoted(last.release)}" if last.release else "",
        f"held {last.held}" if last.held else "",
        f"note {quoted(last.note)}" if last.note else "",
    )
    return f"; the last: {', '.join(filter(None, facts))}"
