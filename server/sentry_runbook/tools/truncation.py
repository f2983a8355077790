"""The last resort against long answers: cuts by size alone, so that every answer stays inside its budget.

Each tool first makes its own cuts, which know what matters. What is still too long after them is cut here, in both
channels alike because the result itself is cut, and the paths of the cuts are named in ``missing``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from sentry_runbook.incident.model.evidence import Answer, Missing
from sentry_runbook.safety.text import cut
from sentry_runbook.tools.serialize import EXTRAS

A = TypeVar("A", bound=Answer)

SIZES = (
    *((60, characters) for characters in (14_000, 12_000, 10_000, 8_000, 6_000, 4_000, 2_000)),
    *((40, 1_000), (30, 600), (20, 400), (15, 300), (12, 200), (8, 140), (5, 90), (3, 60), (1, 40)),
)
"""Entries of one list or map, and characters of one text: mildest first."""
NEVER_CUT = frozenset({"id", "short_id", "issue", "url", "note_id", "confirm_token", "next_cursor", "sparkline"})
"""Strings of which a part is worth nothing."""
KEEP_TAIL = frozenset({"breadcrumbs", "stack", "exceptions", "timeline"})
"""Lists whose end is the interesting part."""
MAX_NAMED = 6
"""Paths of cuts that ``missing`` names; more are counted."""
HOW = "cut for length: ask for less (fewer rows, a shorter period, one event), or open the issue in Sentry"


@dataclass
class Truncator:
    """Cuts lists and maps to ``entries`` and strings to ``characters``; records the paths where it cut."""

    entries: int
    characters: int
    cut_paths: dict[str, None] = field(default_factory=dict)

    def truncate(self, value: object, path: str, name: str) -> object:
        """The value within the sizes.

        Args:
            value: a model, list, map or plain value.
            path: where it is in the result, dotted.
            name: the field that holds it; empty in a map.
        """
        if isinstance(value, BaseModel):
            return value.model_copy(update=dict(self.fields(value, path)))
        if isinstance(value, tuple):
            kept = value[-self.entries :] if name in KEEP_TAIL else value[: self.entries]
            self._record(path, len(kept) < len(value))
            return tuple(self.truncate(item, path, name) for item in kept)
        if isinstance(value, dict):
            self._record(path, len(value) > self.entries)
            return {key: self.truncate(item, path, "") for key, item in list(value.items())[: self.entries]}
        if isinstance(value, str) and name not in NEVER_CUT and len(value) > self.characters:
            self._record(path, True)
            return cut_outside_headings(value, self.characters)
        return value

    def fields(self, model: BaseModel, path: str) -> Iterator[tuple[str, object]]:
        """The model's fields within the sizes; at the top, without the extras that every answer carries."""
        for name in type(model).model_fields:
            if path or name not in EXTRAS:
                yield name, self.truncate(getattr(model, name), f"{path}.{name}" if path else name, name)

    def _record(self, path: str, was_cut: bool) -> None:
        if was_cut:
            self.cut_paths.setdefault(path)


def cut_outside_headings(text: str, limit: int) -> str:
    """The text cut to ``limit`` characters, never inside a heading: a torn one reads as another section."""
    shorter = cut(text, limit)
    while shorter != text and (newline := shorter.rfind("\n")) > 0 and shorter.startswith("#", newline + 1):
        shorter = cut(text, newline)
    return shorter


def sizes_that_cut(result: Answer) -> Iterator[tuple[int, int]]:
    """Those of :data:`SIZES` that are smaller than the longest list or text of the result, mildest first."""
    most_entries, most_characters = _longest(result)
    for entries, characters in SIZES:
        if entries < most_entries or characters < most_characters:
            yield entries, characters


def _longest(result: Answer) -> tuple[int, int]:
    """Entries of the longest list or map, and characters of the longest text, that may be cut."""
    entries = characters = 0
    rest: list[tuple[object, str]] = [
        (getattr(result, name), name) for name in type(result).model_fields if name not in EXTRAS
    ]
    for value, name in rest:  # which grows
        if isinstance(value, str):
            characters = characters if name in NEVER_CUT else max(characters, len(value))
        elif isinstance(value, BaseModel):
            rest += ((getattr(value, field), field) for field in type(value).model_fields)
        elif isinstance(value, tuple):
            entries = max(entries, len(value))
            rest += ((item, name) for item in value)
        elif isinstance(value, dict):
            entries = max(entries, len(value))
            rest += ((item, "") for item in value.values())
    return entries, characters


def truncate(result: A, entries: int, characters: int) -> A:
    """The result with at most so many entries a list and characters a text; what was cut is named in ``missing``."""
    truncator = Truncator(entries, characters)
    smaller = result.model_copy(update=dict(truncator.fields(result, "")))
    if not truncator.cut_paths:
        return smaller
    paths = list(truncator.cut_paths)
    more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
    missing = [
        entry if len(entry.why) <= 2 * characters else Missing(what=entry.what, why=cut(entry.why, 2 * characters))
        for entry in result.missing
    ]
    named = Missing(what=f"{', '.join(paths[:MAX_NAMED])}{more}", why=HOW)
    return smaller.model_copy(update={"missing": (*missing, named)})
