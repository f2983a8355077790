"""The linter's rules on words: blame, human error, what people should have done.

A postmortem that looks for somebody to blame is not told the truth. Quotes and code are not read: they are not the
authors' words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem.lint_structure import CheckedText


@dataclass(frozen=True)
class Phrase:
    """Words to look for, and what to write instead."""

    pattern: re.Pattern[str]
    suggestion: str


def _phrase(pattern: str, suggestion: str) -> Phrase:
    return Phrase(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), suggestion)


CONDITIONS = "Say which conditions made it possible: what was known, what the tools showed, what the process asked for."
WHAT_HAPPENED = "Say what happened and what made sense then; put what is to change into an action item."
HUMAN_ERROR: tuple[Phrase, ...] = (
    _phrase(
        r"(?:human|operator|user|pilot|people|manual) (?:error|mistake|failure|oversight)s?",
        "That is where the questions begin: what made the step easy to get wrong, and what shows it in time?",
    ),
)
BLAME: tuple[Phrase, ...] = (
    _phrase(r"blam(?:e|es|ed|ing|eworthy)(?!less)", CONDITIONS),
    _phrase(
        r"(?:his|her|their|my|your|whose|\w+['’]s) (?:own )?(?:fault|mistake|error)s?|at fault|to blame", CONDITIONS
    ),
    _phrase(
        r"careless(?:ly|ness)?|negligen(?:t|ce|tly)|incompeten(?:t|ce)|reckless(?:ly)?|irresponsibl[ey]", CONDITIONS
    ),
    _phrase(r"stupid(?:ly|ity)?|dumb|lazy|laziness|sloppy|sloppiness|clueless|idiot\w*|foolish(?:ly)?", CONDITIONS),
    _phrase(r"culprits?|guilty|offenders?|wrongdoing|inexcusable|unacceptable", CONDITIONS),
    _phrase(r"(?:screw|mess|botch|bungl)(?:ed|es)?(?: (?:it|this|things))? ?up|botched|bungled|screwup", CONDITIONS),
    _phrase(r"forgot(?:ten)?(?: to)?|overlooked|didn['’]t bother|did not bother|neglected to", CONDITIONS),
    _phrase(r"(?:obvious|clear)ly (?:wrong|missed|a mistake)|simply (?:missed|wrong)|common sense", CONDITIONS),
)
COUNTERFACTUAL: tuple[Phrase, ...] = (
    _phrase(
        r"(?:should|could|would|might|must) (?:not |never |also |easily |simply )?have|ought(?: not)? to have",
        WHAT_HAPPENED,
    ),
    _phrase(r"(?:should|could|would)(?:n['’]t)(?: have|['’]ve)|(?:should|could|would)['’]ve", WHAT_HAPPENED),
    _phrase(r"fail(?:ed|ure|s|ing) to", WHAT_HAPPENED),
    _phrase(r"if only|had (?:he|she|they|we|anybody|somebody|someone) (?:only |just )?\w+ed", WHAT_HAPPENED),
)


def human_error(checked: CheckedText) -> Iterator[LintFinding]:
    """An error of people is given as a cause."""
    yield from _findings(checked, "human_error", "names people's error as a cause", HUMAN_ERROR)


def blame(checked: CheckedText) -> Iterator[LintFinding]:
    """Words that judge people."""
    yield from _findings(checked, "blame", "judges people", BLAME)


def counterfactual(checked: CheckedText) -> Iterator[LintFinding]:
    """A counterfactual: it says what did not happen in place of what did."""
    yield from _findings(checked, "counterfactual", "tells what did not happen", COUNTERFACTUAL)


def _findings(checked: CheckedText, rule: str, what: str, phrases: Sequence[Phrase]) -> Iterator[LintFinding]:
    lines = checked.document.lines
    # Most documents hold none: all lines together are searched at once.
    words = "\n".join(line.words for line in lines)
    possible = [phrase for phrase in phrases if phrase.pattern.search(words)]
    for line in lines if possible else ():
        for phrase in possible:
            match = phrase.pattern.search(line.words)
            if match is not None:
                yield LintFinding(
                    rule=rule,
                    line=line.number,
                    message=f'"{match.group()}" {what}.',
                    suggestion=phrase.suggestion,
                )
