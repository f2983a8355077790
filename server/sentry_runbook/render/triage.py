"""The triage as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.render.impact import add_impact
from sentry_runbook.render.issue import commit_line
from sentry_runbook.render.markdown_page import MarkdownPage
from sentry_runbook.render.severity import add_severity


def triage_page(result: Triage) -> MarkdownPage:
    """Render the triage as Markdown."""
    verdict, issue = result.severity, result.issue
    page = MarkdownPage(f"{verdict.severity} {verdict.label}: {issue.short_id or issue.id} {quoted(issue.title)}")
    page.paragraph(issue.url)
    for warning in result.warnings or ():
        page.paragraph(warning)
    add_severity(page, verdict)
    if result.occurrence:
        fired = [f"{quoted(name)}: {quoted(value)}" for name, value in result.occurrence.items()]
        page.heading("Why it fired").items(fired)
    page.heading("Next steps").items(result.next_steps)
    page.heading("Likely causes")
    for cause in result.causes:
        page.items([f"**{cause.pattern}** ({cause.confidence}). {cause.action}"])
        page.items(f"for: {text}" for text in cause.evidence_for)
        page.items(f"against: {text}" for text in cause.evidence_against)
    if not result.causes:
        page.paragraph("None of the runbook's patterns holds on this evidence.")
    page.fact("Suspect release", result.suspect_release and quoted(result.suspect_release))
    for commit in result.suspect_commits:
        page.fact("Suspect commit", commit_line(commit))
    add_impact(page.heading("Impact"), result.impact.model_copy(update={"episode": result.episode}))
    page.heading("Checklist").items(f"[{step.state}] {step.step}: {step.finding}" for step in result.checklist)
    return page
