"""The severity and its criteria as Markdown."""

from __future__ import annotations

from sentry_runbook.incident.formatting import moment, observed_text, percent_of
from sentry_runbook.incident.model.results.triage import Criterion, Verdict
from sentry_runbook.render.markdown_page import MarkdownPage


def severity_page(result: Verdict) -> MarkdownPage:
    """Render the severity as Markdown."""
    page = MarkdownPage(f"{result.severity} {result.label}: {result.issue}")
    return add_severity(page.items(result.warnings or ()), result)


def add_severity(page: MarkdownPage, result: Verdict) -> MarkdownPage:
    """Add the verdict's facts to a page of its own or to the triage's."""
    page.paragraph(result.because)
    page.fact("Respond", result.response_due)
    page.fact("Clock from", _clock(result))
    page.fact("Escalate", result.escalation)
    page.fact("Decided by", result.decided_by)
    possible = result.could_be
    if possible.lowest != possible.highest:
        page.fact("Could be", f"{possible.lowest} to {possible.highest}, depending on what is not known")
    if result.share_of_project is not None:
        page.fact("This issue's share of the project's unhandled events", percent_of(result.share_of_project))
    if result.severity_without_suspects:
        page.fact("Without the suspicious events", result.severity_without_suspects)
    return add_criteria(page, result)


def add_criteria(page: MarkdownPage, result: Verdict) -> MarkdownPage:
    """Add what was observed for each rule, and what a higher severity lacks."""
    page.fact("Policy", result.policy)
    for criterion in result.criteria:
        page.fact(criterion.id, _criterion(criterion))
    for step in result.distance:
        page.fact(f"To {step.to}", f"{step.criterion}: {step.needs}")
    return page


def _criterion(criterion: Criterion) -> str:
    if criterion.is_unasked:
        return f"{criterion.state}: people have to say it, threshold {criterion.threshold}"
    observed = "" if criterion.observed is None else f"{observed_text(criterion)}, "
    note = f" ({criterion.note})" if criterion.note else ""
    return f"{criterion.state}: {observed}threshold {criterion.threshold}{note}"


def _clock(result: Verdict) -> str | None:
    """What the response time counts from; with the crossing of the threshold where that is something else."""
    if result.clock_started is None:
        return None
    text = f"{moment(result.clock_started)} ({result.clock_basis})"
    crossed = result.threshold_crossed_at
    return text if crossed in (None, result.clock_started) else f"{text}; threshold crossed {moment(crossed)}"
