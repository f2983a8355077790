"""Checks of a postmortem's text: blame, guesses, missing sources, vague actions, numbers that differ from Sentry's.

How to think about it: a rule is a function that takes the whole text and yields findings; :data:`RULES` is the
list of them. A rule never rewrites: it names the line, what is wrong with it, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem import lint_any, lint_numbers, lint_structure, lint_wording
from sentry_runbook.incident.postmortem.document import PostmortemText
from sentry_runbook.incident.postmortem.lint_structure import CheckedText, Style

RULES: tuple[tuple[str, Callable[[CheckedText], Iterator[LintFinding]]], ...] = (
    ("human_error", lint_wording.human_error),
    ("blame", lint_wording.blame),
    ("counterfactual", lint_wording.counterfactual),
    ("number_differs", lint_numbers.number_differs),
    ("time_differs", lint_numbers.time_differs),
    ("missing_section", lint_structure.missing_section),
    ("empty_section", lint_structure.empty_section),
    ("row_without_time", lint_structure.row_without_time),
    ("unsourced_row", lint_structure.unsourced_row),
    ("unordered_row", lint_structure.unordered_row),
    ("fewer_whys", lint_structure.fewer_whys),
    ("vague_action", lint_structure.vague_action),
    ("action_without_done", lint_structure.action_without_done),
    ("unowned_action", lint_structure.unowned_action),
    ("undated_action", lint_structure.undated_action),
    ("blank", lint_structure.blank),
)
"""By id, what hurts most first; of one line the findings come in this order."""
RULES_OF_ANY_FORM: tuple[tuple[str, Callable[[CheckedText], Iterator[LintFinding]]], ...] = (
    *RULES[:5],
    ("no_impact", lint_any.no_impact),
    ("no_times", lint_any.no_times),
    ("no_cause", lint_any.no_cause),
    ("no_actions", lint_any.no_actions),
    ("open_actions", lint_any.open_actions),
    ("guess", lint_any.guess),
    ("placeholder", lint_any.placeholder),
)
"""What any good postmortem needs, whatever its form; the words about people and the numbers are checked alike."""


def lint_postmortem(
    text: str, incident: Incident | None = None, *, style: Style = "runbook"
) -> tuple[LintFinding, ...]:
    """Check a postmortem, against the incident's evidence where there is some.

    Args:
        text: the postmortem in Markdown.
        incident: the same incident, nothing stated; without it numbers and times are not compared.
        style: ``runbook`` asks for the runbook's own form, ``any`` accepts others.

    Returns:
        The findings by line; empty when nothing is to be changed.
    """
    checked = CheckedText(PostmortemText(text), incident, style)
    rules = RULES if style == "runbook" else RULES_OF_ANY_FORM
    ranked = [(finding.line, order, finding) for order, (_, rule) in enumerate(rules) for finding in rule(checked)]
    return tuple(finding for _, _, finding in sorted(ranked, key=lambda entry: entry[:2]))
