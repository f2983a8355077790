"""Fits a message into what its readers take: one Slack message, half a page for executives.

How to think about it: the longest lines give way first, each cut at a word and marked with "…", so that every line
stays: the status and the next update stand at the ends. Only when lines would become stubs are lines left out, from the
middle of the longest list, else of the text.
Slack truncates a text at 40,000 characters, splits or folds it in the client above 4,000, and takes 3,000 in a section
block; a message that fits the last one fits them all. Markup is never cut in two: an entity, a link, a span of code.
"""

from __future__ import annotations

import re

from sentry_runbook.incident.model.results.messages import Audience, Format

SLACK_LIMIT = 3_000
"""UTF-16 units, escapes counted: the text of a section block, the smallest of Slack's limits."""
HALF_A_PAGE = 1_500
SHORTEST_LINE = 80
"""A line is not cut below that; lines are left out instead."""
MOST_LINES = 200
"""More are left out at once: no message that fits has as many."""
MARKUP = re.compile(r"<[^<>\n]*>|&(?:amp|lt|gt);|\[[^\[\]\n]*\]\([^()\n]*\)|`[^`\n]*`|[^\s<&`\[]+|.", re.DOTALL)
LIST_LINE = "- "
FEWEST_LINES = 12
"""So many fit at their shortest; a form has as many without its lists."""
ELLIPSIS = "…"
CLOSED = ('"', "`")


def limit_of(audience: Audience, format: Format) -> int | None:  # noqa: A002  # the tool's own argument name
    """Characters of a message, None for no limit."""
    limits = [HALF_A_PAGE] if audience == "executives" else []
    limits += [SLACK_LIMIT] if format == "slack" else []
    return min(limits, default=None)


def size(text: str) -> int:
    """UTF-16 units, as Slack counts: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def fitted(text: str, limit: int) -> tuple[str, int, int]:
    """The text within the limit, and how many lines were cut short and left out."""
    if size(text) <= limit:
        return text, 0, 0
    lines = text.split("\n")
    before = len(lines)
    if before > MOST_LINES:
        lines = [*lines[: MOST_LINES // 2], *lines[-MOST_LINES // 2 :]]
    while (longest := _longest(lines, limit)) < SHORTEST_LINE and len(lines) > FEWEST_LINES:
        del lines[_middle_of_the_longest_list(lines)]
    cut = [_cut(line, longest) for line in lines]
    shortened = sum(whole != shown for whole, shown in zip(lines, cut, strict=True))
    return "\n".join(cut), shortened, before - len(lines)


def _longest(lines: list[str], limit: int) -> int:
    """How long a line may be so that all of them fit: the short ones leave their room to the others."""
    room = limit - (len(lines) - 1)
    sizes = sorted(map(size, lines))
    for place, length in enumerate(sizes):
        share = room // (len(sizes) - place)
        if length > share:
            return share
        room -= length
    return limit


def _middle_of_the_longest_list(lines: list[str]) -> int:
    """The line in the middle of the longest list; of the whole text where no list has three lines."""
    best, run = (2, len(lines) // 2), 0
    for place, line in enumerate(lines):
        run = run + 1 if line.startswith(LIST_LINE) else 0
        best = max(best, (run, place - run // 2))
    return best[1]


def _cut(line: str, limit: int) -> str:
    """A line of at most ``limit`` units, its ending for Markdown kept."""
    if size(line) <= limit:
        return line
    ending = line[len(line.rstrip(" ")) :]
    room = limit - size(ending) - size(f" {ELLIPSIS}") - len(CLOSED)
    kept = ""
    for token in MARKUP.findall(line):
        if size(kept) + size(token) > room:
            kept += _start_of(token, room - size(kept))
            break
        kept += token
    return f"{kept.rstrip()} {ELLIPSIS}{_closing(kept)}{ending}"


def _start_of(token: str, room: int) -> str:
    """As much of a span of code or of one endless word as fits; nothing of a link or an entity."""
    if token[0] in "<&[" or room < SHORTEST_LINE // 2:
        return ""
    is_code = token.startswith("`")
    kept = "".join(_whole(token.strip("`"), room - 2 * is_code))
    return f"`{kept}`" if is_code and kept else kept


def _whole(text: str, room: int) -> list[str]:
    """Characters and entities that fit, none of them in two."""
    kept, used = [], 0
    for piece in re.findall(r"&(?:amp|lt|gt);|.", text):
        used += size(piece)
        if used > room:
            break
        kept.append(piece)
    return kept


def _closing(text: str) -> str:
    """The quotation mark, or the end of a span of code, that a cut text lacks."""
    return "".join(mark for mark in CLOSED if text.count(mark) % 2)
