"""The sanitizer without its short cuts: every pattern of every table runs over every text, nothing is remembered.

The tables are the product's; the ways around them (what need not be searched, what need not be done twice) are not
used. What it gives is what the sanitizer must give.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import cache

from sentry_runbook.safety import (
    confusables,
    decodings,
    findings,
    injection_patterns,
    invisible_chars,
    masking,
    neutralize,
    text,
)
from sentry_runbook.safety.injection_patterns import InjectionPattern

MARKS = 6


class Straightforward:
    """Lines and blocks of one answer, and the reasons of what was found in them."""

    def __init__(self) -> None:
        self._masker = _Masker()
        self.found: list[tuple[str, str]] = []

    def line(self, value: str, limit: int) -> str:
        """As ``Sanitizer.line``."""
        head, dropped = text.early_cut(value, limit)
        self.found += reasons(head)
        one_line = re.sub(r" ?\r?\n[ \r\n]*", " ⏎ ", re.sub(r"[ \t]+", " ", head).strip(" \r\n"))
        return text.cut(_end(self._masked(neutralized(visible(one_line))), dropped), limit, dropped)

    def block(self, value: str, limit: int, max_lines: int) -> str:
        """As ``Sanitizer.block``."""
        head, dropped = text.early_cut(value, limit)
        self.found += reasons(head)
        inert = neutralized(visible(head.replace("\r\n", "\n")))
        stripped = "\n".join(piece.rstrip(" \t") for piece in inert.split("\n")).strip("\n")
        return text.cut(_end(self._masked(stripped), dropped), limit, dropped, max_lines)

    def _masked(self, inert: str) -> str:
        return neutralize.break_emphasis(self._masker.mask_text(inert))


def _end(masked: str, dropped: int) -> str:
    """Without what the early cut may have torn."""
    return text.without_torn_end(masked) if dropped else masked


class _Masker(masking.Masker):
    def mask_text(self, text: str, *, leave: Collection[str] = ()) -> str:
        text = self._mask_end_of_key(text)
        for step in masking.steps():
            for row in step.rows:
                text = text if row.kind in leave else self.by_form(row, text)
            for finder in step.finders:
                text = self.by_name(finder, text)
        return text.replace(">@", ">＠")


def visible(raw: str) -> str:
    """Hidden characters and surplus marks written out."""
    shown = invisible_chars._hidden_run().sub(invisible_chars._written_out, raw)
    pieces, surplus, count = [], "", MARKS
    for char in shown:
        is_mark = unicodedata.category(char) in ("Mn", "Me")
        count = count + 1 if is_mark else MARKS if char in " \n\t" else 0
        if is_mark and count > MARKS:
            surplus += char
            continue
        pieces += [invisible_chars._names(surplus), char]
        surplus = ""
    # What a mark carried that is written out now is looked at once more.
    limited = "".join([*pieces, invisible_chars._names(surplus)])
    return invisible_chars._hidden_run().sub(invisible_chars._written_out, limited)


def neutralized(shown: str) -> str:
    """Every construct broken, rule by rule."""
    shown = shown.translate(str.maketrans("<>`|", "‹›‵¦"))
    for _, pattern, replacement in neutralize.inline_rules():
        shown = pattern.sub(replacement, shown)
    shown = neutralize._schemes(shown)
    shown = neutralize._rule_line().sub(lambda m: m.group().translate(neutralize._RULES), shown)
    shown = neutralize._start().sub(lambda m: m.group().translate(neutralize._STARTS), shown)
    shown = neutralize.break_emphasis("\n".join(neutralize._definition(piece) for piece in shown.split("\n")))
    marked, last = [], 0
    folded, positions = confusables.folded_with_positions(shown)
    for match in neutralize._marker().finditer(folded):
        marked += [shown[last : positions[match.end()]], "·"]
        last = positions[match.end()]
    return "".join([*marked, shown[last:]])


def reasons(raw: str) -> list[tuple[str, str]]:
    """Kind and reason of what is suspicious in raw text."""
    if len(raw) < 3:
        return []
    head = raw[: findings.READ]
    spaced = re.sub(r"[^\S\n]+", " ", findings._sequence().sub(" ", head).replace("’", "'"))
    plain = invisible_chars._hidden_run().sub("", unicodedata.normalize("NFKC", spaced))
    bare = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    smuggled = invisible_chars.decode_smuggled(head)
    readings = {
        findings._searchable(plain),
        confusables.skeleton(findings._searchable(bare)),
        findings._searchable(smuggled),
        *(findings._searchable(findings._normal(spelt)) for spelt in decodings.decoded(head, head.lower())),
    }
    hidden = [(finding.kind, finding.why) for finding in findings._hidden(head, "")]
    matching = [
        (row.kind, row.why)
        for row in injection_patterns.table()
        if any(_compiled(row).search(reading) for reading in readings)
    ]
    return hidden + list(dict.fromkeys(matching))


@cache
def _compiled(row: InjectionPattern) -> re.Pattern[str]:
    return re.compile(row.source)
