"""Changes of an issue as Markdown: a new status, a comment."""

from __future__ import annotations

from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.resolution import NoteResult, ResolutionResult
from sentry_runbook.render.markdown_page import MarkdownPage


def resolution_page(result: ResolutionResult) -> MarkdownPage:
    """Render the change of status as Markdown."""
    page = MarkdownPage(f"{result.issue}: {result.action} — {result.outcome}")
    page.paragraph(result.reason)
    page.fact("Before", result.before and result.before.summary)
    page.fact("After", result.after and result.after.summary)
    page.fact("Reason, stated by the assistant", result.stated_reason and quoted(result.stated_reason))
    page.items(f"Warning: {warning}" for warning in result.warnings)
    page.fact("Undo", result.undo)
    if result.confirm_token:
        page.paragraph("Nothing was changed yet. After the user agrees, call again with this confirm_token:")
        page.paragraph(result.confirm_token)
    return page


def note_page(result: NoteResult) -> MarkdownPage:
    """Render the comment's outcome as Markdown."""
    page = MarkdownPage(f"Comment on {result.issue} — {result.outcome}")
    page.paragraph(result.reason).fact("Comment", result.note_id)
    page.items(f"Warning: {warning}" for warning in result.warnings)
    if result.confirm_token:
        page.paragraph("Nothing was posted yet. After the user agrees, call again with this confirm_token:")
        page.paragraph(result.confirm_token)
    page.untrusted("text of the comment", result.text)
    return page
