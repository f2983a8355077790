"""A postmortem's text as the linter reads it: lines, sections, timeline rows, action items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MOST_CHARACTERS = 200_000
MOST_LINES = 5_000
"""What lies behind is not read; no postmortem is that long."""
HEADING = re.compile(r"^ {0,3}#{1,6}\s++(.*)$")
FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)$")
CHECKBOX = re.compile(r"^\[[ xX]?\]\s*(.*)$")
LINK = re.compile(r"\[([^\[\]\n]{0,200})\]\((?:(?!\]\()[^)\n]){0,2000}\)")
QUOTED = re.compile(r'"[^"\n]{0,400}"|“[^“”\n]{0,400}”|`[^`\n]{0,400}`')
ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class TextLine:
    """One line.

    Attributes:
        number: counted from 1.
        words: the line's own words: quotes, code and addresses are taken out, for they are other people's words.
    """

    number: int
    text: str

    @cached_property
    def words(self) -> str:
        """The line without quotes, code and addresses."""
        return QUOTED.sub('""', ADDRESS.sub("", LINK.sub(r"\1", self.text)))

    @cached_property
    def item(self) -> str | None:
        """The text of the list item on this line, without its checkbox; None when the line is no list item."""
        match = ITEM.match(self.text)
        if match is None:
            return None
        box = CHECKBOX.match(match[1])
        return box[1] if box else match[1]


@dataclass(frozen=True)
class TextSection:
    """A heading and the lines up to the next one; the lines before the first heading have an empty title."""

    title: str
    line: int
    lines: tuple[TextLine, ...]

    @property
    def has_content(self) -> bool:
        """Whether any line below the heading has text."""
        return any(line.text.strip() for line in self.lines)


@dataclass(frozen=True)
class PostmortemText:
    """A postmortem in Markdown, parsed once."""

    text: str

    @cached_property
    def lines(self) -> tuple[TextLine, ...]:
        """All lines with text outside of fenced code."""
        outside, fenced = [], False
        for number, text in enumerate(self.text[:MOST_CHARACTERS].splitlines()[:MOST_LINES], start=1):
            if FENCE.match(text):
                fenced = not fenced
            elif not fenced and text.strip():
                outside.append(TextLine(number, text))
        return tuple(outside)

    @cached_property
    def words_in_lower_case(self) -> str:
        """The words of all lines, to look for what stands in none of them."""
        return "\n".join(line.words for line in self.lines).lower()

    @cached_property
    def last(self) -> int:
        """The number of the last line; 1 of an empty text."""
        return max(1, len(self.text[:MOST_CHARACTERS].splitlines()))

    @cached_property
    def sections(self) -> tuple[TextSection, ...]:
        """The sections in order."""
        return tuple(self._sections())

    def _sections(self) -> Iterator[TextSection]:
        title, start, body = "", 1, list[TextLine]()
        for line in self.lines:
            heading = HEADING.match(line.text)
            if heading is None:
                body.append(line)
                continue
            yield TextSection(title, start, tuple(body))
            # A title that quotes event text must not pass for a section of the document.
            title, start, body = QUOTED.sub('""', _title(heading[1])), line.number, []
        yield TextSection(title, start, tuple(body))

    def section(self, pattern: str) -> TextSection | None:
        """The first section whose heading matches."""
        return next((section for section in self.sections if re.search(pattern, section.title, re.IGNORECASE)), None)

    def items(self, pattern: str) -> tuple[tuple[TextLine, str], ...]:
        """The list items of a section, with their lines."""
        section = self.section(pattern)
        return tuple((line, line.item) for line in (section.lines if section else ()) if line.item is not None)


def _title(text: str) -> str:
    """A heading's text without the number signs that may close it."""
    return text.rstrip() if text[-1:].isspace() else text.rstrip("#").rstrip()
