"""The linter's rules on words: blame, human error, what people should have done.

A postmortem that looks for somebody to blame is not told the truth. Machines may be blamed: most words count only where
they speak of people (see :mod:`.lint_people`). Quotes and code are not read: they are not the authors' words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.results.messages import LintFinding
from sentry_runbook.incident.postmortem.lint_people import is_person, names_person, subject_of
from sentry_runbook.incident.postmortem.lint_structure import CheckedText

Speaks = Callable[[str, re.Match[str], bool], bool]
"""Line, match, whether "we" are people → whether the words speak of a person."""
MOST_MATCHES = 20
"""Of one phrase in one line."""
CONDITIONS = "Say which conditions made it possible: what was known, what the tools showed, what the process asked for."
WHAT_HAPPENED = "Say what happened and what made sense then; put what is to change into an action item."
QUESTIONS = "That is where the questions begin: what made the step easy to get wrong, and what shows it in time?"
BETWEEN = (
    r"caused|due|by|because|of|to|an?|the|any|assign\w{0,3}|about|simply|just|only|look\w{0,3}|for"
    r"|some\w{3,4}|any\w{3,4}|single|one|person|people|individual|team|is|are|was|were"
)
DENIED = re.compile(
    r"\b(?:not?|never|without|rather than|instead of|beyond|avoid\w{0,3}|\w{1,10}n['’]t)"
    rf"(?: (?:{BETWEEN})){{0,5}} *$",
    re.IGNORECASE,
)
SEEN = re.compile(r" been (?:seen|noticed|spotted|foreseen|known)\b", re.IGNORECASE)
DENIED_AFTER = re.compile(r"^[^.!?]{0,20}\b(?:not|never|\w+n['’]t)\b", re.IGNORECASE)
MEASURED = re.compile(
    r"^[- ](?:rates?|counts?|messages?|pages?|budgets?|reports?|codes?|logs?|handling|responses?)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Phrase:
    """Words to look for, when they speak of people, and what to write instead.

    Attributes:
        sign: found in the lower case of every text that holds the words, and quick to search: that it begins with no
            border of a word and knows one case lets a search stop at few letters only.
    """

    pattern: re.Pattern[str]
    sign: re.Pattern[str]
    suggestion: str
    speaks: Speaks


def _always(_line: str, _match: re.Match[str], _own_team: bool) -> bool:
    return True


def _subject(line: str, match: re.Match[str], own_team: bool) -> bool:
    return is_person(subject_of(line, match.start()), own_team=own_team)


def _others(line: str, match: re.Match[str], _own_team: bool) -> bool:
    """A person, but not "we": what a team says it did not see is an account of the events."""
    return _subject(line, match, own_team=False)


def _modal(line: str, match: re.Match[str], own_team: bool) -> bool:
    """Of "should have": a person, or in our own form what people could have seen ("could have been noticed")."""
    return _subject(line, match, own_team) or (
        own_team and SEEN.match(line[match.end() : match.end() + 30]) is not None
    )


def _either_side(line: str, match: re.Match[str], own_team: bool) -> bool:
    """Of the culprit: a person on either side, or nothing that could be a machine."""
    after = line[match.end() :].lstrip(" :,.-")
    return (
        _subject(line, match, own_team)
        or names_person(after)
        or re.match(r"(?:was|is|has been) \w+ed\b|(?:was|is) found", after) is not None
    )


def _not_denied(line: str, match: re.Match[str], _own_team: bool) -> bool:
    before, after = line[max(0, match.start() - 80) : match.start()], line[match.end() : match.end() + 40]
    return not (DENIED.search(before) or DENIED_AFTER.match(after) or MEASURED.match(after))


def _blamed(line: str, match: re.Match[str], own_team: bool) -> bool:
    return _not_denied(line, match, own_team) and (
        _subject(line, match, own_team) or names_person(line[match.end() : match.end() + 60])
    )


def _owner(_line: str, match: re.Match[str], _own_team: bool) -> bool:
    return is_person((match[1],))


def _after(line: str, match: re.Match[str], _own_team: bool) -> bool:
    if DENIED.search(line[max(0, match.start() - 80) : match.start()]):
        return False
    return names_person(line[match.end() : match.end() + 40])


def _phrase(pattern: str, suggestion: str, speaks: Speaks) -> Phrase:
    sign = pattern.removeprefix(NAME)  # any word is a name: tried at each of its letters it would be dear
    return Phrase(re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), re.compile(sign), suggestion, speaks)


NAME = r"(\w{1,40})"
MODAL = r"(?:should|could|would|might|must)"
HUMAN_ERROR: tuple[Phrase, ...] = (
    _phrase(
        r"(?:(?:human|operator|pilot|people|manual) (?:error|mistake|failure|oversight)s?"
        r"|user (?:error|mistake|oversight))(?!-)",
        QUESTIONS,
        _not_denied,
    ),
)
BLAME: tuple[Phrase, ...] = (
    _phrase(r"blam(?:e|es|ed|ing|eworthy)(?!less)", CONDITIONS, _blamed),
    _phrase(
        r"(?:his|her|my|your|whose) (?:own )?(?:fault|mistake|error)s?|their (?:own )?(?:fault|mistake)s?",
        CONDITIONS,
        _always,
    ),
    _phrase(rf"{NAME}['’]s (?:own )?(?:fault|mistake|error)s?", CONDITIONS, _owner),
    _phrase(r"(?:fault|mistake|error)s? (?:of|by)", CONDITIONS, _after),
    _phrase(r"at fault", CONDITIONS, _subject),
    _phrase(
        r"careless(?:ly|ness)?|negligen(?:t|ce|tly)|incompeten(?:t|ce)|reckless(?:ly)?|irresponsibl[ey]",
        CONDITIONS,
        _always,
    ),
    _phrase(
        r"stupid(?:ly|ity)?|dumb(?! (?:proxy|terminal|pipe|client|switch))|laziness|sloppy|sloppiness|clueless"
        r"|idiot\w{0,20}|lazy(?! (?:load|init|eval|import|connect|instant|comput|restor|migrat|creat|delet|expir))"
        r"|foolish(?:ly)?",
        CONDITIONS,
        _always,
    ),
    _phrase(r"culprits?|offenders?", CONDITIONS, _either_side),
    _phrase(r"guilty", CONDITIONS, _either_side),
    _phrase(r"wrongdoing|inexcusable", CONDITIONS, _always),
    _phrase(r"unacceptable", CONDITIONS, _subject),
    _phrase(
        r"(?:screw|mess|botch|bungl)(?:ed|es)?(?: (?:it|this|things))? ?up|botched|bungled|screwup",
        CONDITIONS,
        _subject,
    ),
    _phrase(r"forgot(?:ten)?(?: to)?|overlooked|neglected to", CONDITIONS, _subject),
    _phrase(r"didn['’]t bother|did not bother|bothered to", CONDITIONS, _subject),
    _phrase(r"(?:obvious|clear)ly (?:wrong|missed|a mistake)|simply (?:missed|wrong)", CONDITIONS, _subject),
    _phrase(r"common sense", CONDITIONS, _always),
)
COUNTERFACTUAL: tuple[Phrase, ...] = (
    _phrase(rf"{MODAL} (?:not |never |also |easily |simply )?have|ought(?: not)? to have", WHAT_HAPPENED, _modal),
    _phrase(r"(?:should|could|would)(?:n['’]t)(?: have|['’]ve)|(?:should|could|would)['’]ve", WHAT_HAPPENED, _subject),
    _phrase(r"fail(?:ed|ure|s|ing) to", WHAT_HAPPENED, _subject),
    _phrase(
        r"(?:did not|didn['’]t|never) (?:even )?(?:check|verif(?:y|ied)|test|read|look|notice|ask|follow|tell|told"
        r"|inform|escalate|think|thought|reali[sz]e|consider|review|communicate|warn|document"
        r"|pay attention|double-check)(?:ed|d)?",
        WHAT_HAPPENED,
        _others,
    ),
    _phrase(r"if only", WHAT_HAPPENED, _after),
    _phrase(r"had (?:he|she|they|we|anybody|somebody|someone) (?:only |just )?\w{1,40}ed", WHAT_HAPPENED, _always),
)


def human_error(checked: CheckedText) -> Iterator[LintFinding]:
    """An error of people is given as a cause."""
    yield from _findings(checked, "human_error", "names people's error as a cause", HUMAN_ERROR)


def blame(checked: CheckedText) -> Iterator[LintFinding]:
    """Words that judge people."""
    yield from _findings(checked, "blame", "judges people", BLAME)


def counterfactual(checked: CheckedText) -> Iterator[LintFinding]:
    """A counterfactual about people: it says what they did not do in place of what happened."""
    yield from _findings(checked, "counterfactual", "tells what did not happen", COUNTERFACTUAL)


def _findings(checked: CheckedText, rule: str, what: str, phrases: Sequence[Phrase]) -> Iterator[LintFinding]:
    # Most documents hold none: all lines together are searched at once.
    words = checked.document.words_in_lower_case
    possible = [phrase for phrase in phrases if phrase.sign.search(words)]
    for line in checked.document.lines if possible else ():
        for phrase in possible:
            match = _first(phrase, line.words, own_team=checked.style == "runbook")
            if match is not None:
                yield LintFinding(
                    rule=rule,
                    line=line.number,
                    message=f'"{match.group()}" {what}.',
                    suggestion=phrase.suggestion,
                )


def _first(phrase: Phrase, words: str, *, own_team: bool) -> re.Match[str] | None:
    """The first of the words that speaks of people."""
    for number, match in enumerate(phrase.pattern.finditer(words)):
        if number == MOST_MATCHES:
            break
        if phrase.speaks(words, match, own_team):
            return match
    return None
