"""One fact as a template gets it: a text, or a marked blank; and a list of them in one text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Fact:
    """One value that a sentence can use; in an ``if`` it holds when it is known, and it compares with plain words.

    Attributes:
        text: as it stands in a sentence, event text in it quoted; of an unknown one what is missing: it stands as
            ``[text]``.
        known: False makes it a marked blank.
        why: why it is unknown.
        link: the address of Sentry's that the text leads to.
        exact: the operator's own words, as a pattern of the policy, written as they are; never for event text.
    """

    text: str
    known: bool = True
    why: str = ""
    link: str = ""
    exact: bool = False

    def __str__(self) -> str:
        return self.text if self.known else f"[{self.text}]"

    def __bool__(self) -> bool:
        return self.known

    def __eq__(self, other: object) -> bool:
        """``severity.severity == "P0"`` in a template; an unknown fact equals no word."""
        if isinstance(other, str):
            return self.known and self.text == other
        return isinstance(other, Fact) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self.text)

    def _values(self) -> tuple[str, bool, str, str, bool]:
        return self.text, self.known, self.why, self.link, self.exact


@dataclass(frozen=True, eq=False)
class JoinedFacts:
    """A list in one text; each fact of it keeps its blank and its link, so it is written, and listed, by itself.

    In an ``if`` it holds when one of its facts is known.

    Attributes:
        separator: the template's own words, written as they are.
    """

    parts: tuple[Fact, ...]
    separator: str

    def __str__(self) -> str:
        return self.separator.join(str(part) for part in self.parts)

    def __bool__(self) -> bool:
        return any(self.parts)

    def __eq__(self, other: object) -> bool:
        """As a fact: by its text with plain words."""
        return isinstance(other, str | JoinedFacts) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))
