"""One row of the tables of secrets, and what the rows share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

Validator = Callable[[str], bool]

AT = r"(?:[@＠]|%(?:25)?40)"
"""The sign of addresses, as it is, as its look-alike in inert text, and percent-encoded."""
QUOTE = r"(?:\\{0,7}[\"'‵“”‘’«»]|＆(?:quot|apos|#0?3[49]);|\\{1,4}u002[27]|%(?:25)?2[27])"
"""One quotation mark, as it is, escaped for JSON up to three times, for HTML, or for a URL."""
CONTEXT = 48
"""Characters before a match that :attr:`SecretPattern.unless_before` looks at."""


def always(_: str) -> bool:
    """Validates everything: the pattern says it all."""
    return True


@dataclass(frozen=True, eq=False)  # compared and hashed as the one row that it is
class SecretPattern:
    """One form of secret or personal data.

    Attributes:
        kind: the word in its mask.
        source: the regular expression; its named group is masked, or the whole match when there is none.
        needs: every text that contains one contains one of these words, after :func:`fold`.
        min_length: length of the shortest text that contains one.
        is_valid: validates the masked part, for what a regular expression cannot express (checksums).
        unless_before: what ends so, in lower case, is no place for one (``version`` before four numbers); one
            group that alternatives stand in.
    """

    kind: str
    source: str
    needs: tuple[str, ...] = ("",)
    min_length: int = 0
    is_valid: Validator = always
    unless_before: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression: compiled when the first text needs it."""
        return re.compile(self.source)

    @cached_property
    def _before(self) -> re.Pattern[str]:
        return re.compile(self.unless_before + r"\Z")

    def holds(self, match: re.Match[str]) -> bool:
        """Whether a match is one: validation and what stands before it."""
        value = match[self.group(match)]
        if not self.is_valid(value):
            return False
        if not self.unless_before or not match.start():
            return True
        before = match.string[max(0, match.start() - CONTEXT) : match.start()].lower()
        return self._before.search(before) is None

    @staticmethod
    def group(match: re.Match[str]) -> str | int:
        """The group that is masked."""
        return match.lastgroup or 0


def fold(text: str) -> str:
    """Lower case, with the letters that ``(?i)`` matches to ASCII ones (ſ, ı, İ, the Kelvin sign) as those."""
    return text.lower() if text.isascii() else text.translate(_FOLDED).lower()


_FOLDED = str.maketrans({"\u017f": "s", "\u0131": "i", "\u0130": "i", "\u212a": "k"})
