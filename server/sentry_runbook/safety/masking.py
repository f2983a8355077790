"""Personal data and secrets → ``<email 1>``; first version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

SCRUBBED = ("[Filtered]", "[redacted]", "********", "[ip]", "[email]")
"""What Sentry itself put in place of something: shown as it is."""


class Masker:
    """Masks of one answer: the same value has the same number everywhere."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[str, int]] = {}

    def mask(self, kind: str, value: str) -> str:
        """The stand-in for a value: ``<kind N>``."""
        known = self._numbers.setdefault(kind, {})
        return f"<{kind} {known.setdefault(value, len(known) + 1)}>"

    def text(self, text: str) -> str:
        """Mask what is recognised in inert text."""
        return _email().sub(lambda m: self.mask("email", m.group().lower()), text)


@cache
def _email() -> re.Pattern[str]:
    return re.compile(r"(?<![\w.+-])[\w.+-]{1,64}[@＠](?!v?\d+\.\d)[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}")


def count_masks(texts: Iterable[str]) -> dict[str, int]:
    """How many different values of each kind are masked in finished output."""
    found = {match.groups() for text in texts for match in re.finditer(r"<([a-z]+) (\d+)>", text)}
    kinds = sorted({kind for kind, _ in found})
    return {kind: sum(1 for other, _ in found if other == kind) for kind in kinds}
