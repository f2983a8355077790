"""Drafts of messages and of the postmortem as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.model.results.messages import Draft, Postmortem
from sentry_runbook.render.markdown_page import MarkdownPage


def draft_page(result: Draft) -> MarkdownPage:
    """Render the draft as Markdown."""
    page = MarkdownPage(f"Draft: {result.kind} for {result.audience}").items(result.warnings or ())
    page.fact("Status", result.status)
    page.paragraph(result.text)
    if result.unknowns:
        page.heading("Blanks to fill").items(result.unknowns)
    page.fact("Next update due", result.next_update_due)
    return page


def postmortem_page(result: Postmortem) -> MarkdownPage:
    """Render the postmortem, and what the linter found, as Markdown."""
    page = MarkdownPage("Postmortem draft").items(result.impact.warnings or ())
    if result.lint:
        page.heading("To change in the text that was checked")
        page.items(
            f"line {finding.line}, {finding.rule}: {finding.message} {finding.suggestion}" for finding in result.lint
        )
    page.paragraph(result.markdown)
    if result.unknowns:
        page.heading("Questions to people").items(result.unknowns)
    return page
