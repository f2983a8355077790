"""Detects suspicious text: instructions to an assistant, imitations of this server, commands, hidden characters.

Theory: a finding informs the reader. It does not change how the text is treated (all event text is untrusted, with or
without a finding), so a miss costs a warning and a false alarm costs trust. This is not a filter: an attacker can
always find a wording that no table contains.

One text is searched in several *readings*: as it is; with look-alike letters of other alphabets folded to ASCII; the
message that tag characters or variation selectors encode; and what it spells in a code (:mod:`.decodings`). Each
reading is lower case, and as long as the text that an excerpt is cut from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import filterfalse

from sentry_runbook.safety import injection_patterns, invisible_chars, text
from sentry_runbook.safety.confusables import skeleton
from sentry_runbook.safety.decodings import decoded
from sentry_runbook.safety.injection_patterns import InjectionPattern

READ = 16_000
"""Characters of one text that are looked at: more than is ever shown of it."""
STEPS = 1_000_000
"""What one answer may cost: characters, each counted once, and again for each pattern that a text is searched for. An
honest answer takes ten thousand of them, one with large events a hundred thousand; 60,000 characters with the words of
every pattern take them all."""
EXCERPT = 160


@dataclass(frozen=True)
class SuspiciousText:
    """Something suspicious in event text: shown, never obeyed, never dropped.

    Attributes:
        kind: ``instruction``, ``impersonation``, ``hidden_characters``, ``command``, ``exfiltration``, ``template``;
            ``more`` closes a list that was cut.
        where: path of the value, as ``event.exceptions[0].value``.
        why: one sentence.
        excerpt: the matching part of the text, inert and short.
    """

    kind: str
    where: str
    why: str
    excerpt: str = ""


@dataclass
class Budget:
    """What the search for suspicious text may still cost in one answer.

    Attributes:
        steps: characters left, see :data:`STEPS`.
        skipped: texts that were not searched because none were left.
    """

    steps: int = STEPS
    skipped: int = 0


def detect(raw: str, where: str = "", budget: Budget | None = None) -> tuple[SuspiciousText, ...]:
    """Search raw text, before hidden characters are written out and constructs neutralized.

    Args:
        raw: the text.
        where: path of the value.
        budget: of the answer; a text is searched whole or not at all.

    Returns:
        At most one finding per reason. Excerpts are inert but not masked: the sanitizer masks them.
    """
    if len(raw) < 3:
        return ()
    budget = budget or Budget()
    if budget.steps <= 0:
        budget.skipped += 1
        return ()
    head = raw[:READ]
    budget.steps -= len(head)
    is_ascii = head.isascii()
    findings = [] if is_ascii and "\x1b" not in head else _hidden(head, where)
    every = _readings(head)
    spelt = decoded(head, every[0][0] if is_ascii and every else head.lower())
    if spelt:
        every += tuple((_searchable(plain), plain, "reads as: ") for plain in map(_normal, spelt))
    readings = [reading for reading in every if injection_patterns.may_match(reading[0])]
    if readings:
        patterns = injection_patterns.ascii_table() if is_ascii and not spelt else injection_patterns.table()
        findings += _matches(readings, patterns, where, budget)
    return tuple(findings)


def _matches(
    readings: list[tuple[str, str, str]], rows: tuple[InjectionPattern, ...], where: str, budget: Budget
) -> list[SuspiciousText]:
    """The findings of the rows, at most one for each reason."""
    findings: list[SuspiciousText] = []
    reasons: set[str] = set()
    for row in rows:
        if row.why in reasons:  # rows of several alphabets have one reason
            continue
        for searched, shown, introduced in readings:
            if not row.may_match(searched):
                continue
            budget.steps -= len(searched)
            match = row.pattern.search(searched)
            if match:
                excerpt = introduced + _excerpt(shown, match.start(), match.end())
                findings.append(SuspiciousText(row.kind, where, row.why, excerpt))
                reasons.add(row.why)
                break  # one finding a row, whatever the number of readings that match
    return findings


def _normal(spelt: str) -> str:
    """What a text spells in a code, cut and in a normal form."""
    return _spaced(invisible_chars.remove(unicodedata.normalize("NFKC", spelt[:READ])))


def _readings(head: str) -> tuple[tuple[str, str, str], ...]:
    """The readings of a text, each as (searched, shown, introduction of its excerpt).

    What is searched is in lower case, and as long as what is shown.
    """
    if head.isascii() and "  " not in head and (head.isprintable() or head.replace("\n", "").isprintable()):
        return ((_breaks(head.lower()), head, ""),)  # nothing to fold, to remove or to join: most texts by far
    plain = _spaced(_uncoloured(head))
    if plain.isascii():
        plain = invisible_chars.remove(plain)
        return ((_searchable(plain), plain, ""),)
    most = 2 * len(head)  # of what one character may become eighteen
    plain = invisible_chars.remove(unicodedata.normalize("NFKC", plain)[:most])
    bare = "".join(filterfalse(unicodedata.combining, unicodedata.normalize("NFKD", plain)[:most]))
    smuggled = invisible_chars.decode_smuggled(head)
    readings = (
        (_searchable(plain), plain, ""),
        (skeleton(_searchable(bare)), bare, ""),
        (_searchable(smuggled), smuggled, ""),
    )
    return tuple({reading[0]: reading for reading in readings if reading[0]}.values())


def _uncoloured(head: str) -> str:
    """The text with terminal sequences as blanks: removed, they would join the words around them."""
    return _sequence().sub(" ", head) if "\x1b" in head else head


@cache
def _sequence() -> re.Pattern[str]:
    return re.compile("\x1b(?:\\[[0-9;:?]{0,40}[ -/]?[@-~]?|\\][^\x07\x1b]{0,400}(?:\x07|\x1b\\\\)?)")


def _searchable(cased: str) -> str:
    """Lower case, and line breaks that a repr or JSON wrote as two characters are breaks; the same length."""
    return _breaks(_lower(cased))


def _breaks(lowered: str) -> str:
    return lowered.replace("\\n", " \n").replace("\\r", "  ").replace("\\t", "  ") if "\\" in lowered else lowered


def _lower(cased: str) -> str:
    """Lower case of the same length: a few capitals have two letters below."""
    lowered = cased.lower()
    return lowered if len(lowered) == len(cased) else "".join(c.lower() if len(c.lower()) == 1 else c for c in cased)


def _spaced(cased: str) -> str:
    return re.sub(r"[^\S\n]+", " ", cased.replace("’", "'"))


def _excerpt(shown: str, start: int, end: int) -> str:
    before = max(0, start - 20)
    return text.line(shown[before : max(end + 60, before + EXCERPT)], EXCERPT)


@cache
def _suspicious_hidden() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return (
        (
            "It carries tag characters, which show nothing and can spell a message.",
            re.compile("[\U000e0000-\U000e007e]"),
        ),
        (
            "It carries a run of variation selectors, which can spell a message.",
            re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}|[\U000e0100-\U000e01ef]"),
        ),
        ("It turns the direction of writing around.", re.compile("[\u202a-\u202e\u2066-\u2069]")),
        (
            "It hides characters inside words.",
            re.compile("(?<=[A-Za-z])[\u200b-\u200f\u2060-\u2064\u00ad\ufeff\u034f\u3164\u115f\u1160\uffa0]+(?=[A-Za-z])"),
        ),
        (
            "It carries a run of characters that show nothing.",
            re.compile("[\u200b-\u200f\u2060-\u2064\ufeff\u3164\u115f\u1160\uffa0\u2800]{3,}|[\ue000-\uf8ff]{8,}"),
        ),
        (
            "It carries terminal control sequences beyond colour.",
            re.compile("\x1b(?:\\[[0-9;:?]*[A-HJKSTfhlnsu]|[\\]P^_Xc78M]|\\[(?:[0-9;]*;)?8m)|\x9b[0-9;]*[A-HJKST]"),
        ),
    )  # fmt: skip


def _hidden(head: str, where: str) -> list[SuspiciousText]:
    visible = _without_flags(head)
    findings = []
    for why, pattern in _suspicious_hidden():
        match = pattern.search(visible)
        if match:
            excerpt = text.line(visible[max(0, match.start() - 20) : match.end() + 40], EXCERPT)
            message = invisible_chars.decode_smuggled(visible) if "spell" in why else ""
            if message:
                excerpt += f" reads as: {text.line(message, EXCERPT)}"
            findings.append(SuspiciousText("hidden_characters", where, why, excerpt))
    return findings


def _without_flags(head: str) -> str:
    return re.sub("\U0001f3f4[\U000e0061-\U000e007a]{5}\U000e007f", "", head)
