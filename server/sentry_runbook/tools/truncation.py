"""The last resort against long answers: whatever an event holds, the answer stays inside its budget.

Each tool first makes its own cuts, which know what matters. What is still too long after them is cut here by size
alone, so that both channels keep the same facts, and the cut is named in ``missing``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from sentry_runbook.incident.model.evidence import Answer, Missing
from sentry_runbook.safety.text import cut

A = TypeVar("A", bound=Answer)

SIZES = (
    *((60, characters) for characters in (14_000, 12_000, 10_000, 8_000, 6_000, 4_000, 2_000)),
    *((40, 1_000), (30, 600), (20, 400), (15, 300), (12, 200), (8, 140), (5, 90), (3, 60), (1, 40)),
)
"""Entries of one list or map, and characters of one text: mildest first."""
WHOLE = frozenset({"id", "short_id", "issue", "url", "note_id", "confirm_token", "next_cursor", "sparkline"})
"""Half of one of these is worth nothing."""
LAST_MATTER = frozenset({"breadcrumbs", "stack", "exceptions", "timeline"})
"""Lists whose end is the interesting part."""
EXTRAS = frozenset({"missing", "findings", "masked", "untrusted"})
NAMED = 6
HOW = "cut for length: ask for less (fewer rows, a shorter period, one event), or open the issue in Sentry"


@dataclass
class Knife:
    """One round of cutting, and where it cut."""

    entries: int
    characters: int
    places: dict[str, None] = field(default_factory=dict)

    def value(self, value: object, path: str, name: str) -> object:
        """The value within the sizes."""
        if isinstance(value, BaseModel):
            return value.model_copy(update=dict(self._fields(value, path)))
        if isinstance(value, tuple):
            kept = value[-self.entries :] if name in LAST_MATTER else value[: self.entries]
            self._note(path, len(kept) < len(value))
            return tuple(self.value(item, path, name) for item in kept)
        if isinstance(value, dict):
            self._note(path, len(value) > self.entries)
            return {key: self.value(item, path, "") for key, item in list(value.items())[: self.entries]}
        if isinstance(value, str) and name not in WHOLE and len(value) > self.characters:
            self._note(path, True)
            return cut(value, self.characters)
        return value

    def _fields(self, model: BaseModel, path: str) -> Iterator[tuple[str, object]]:
        for name in type(model).model_fields:
            if path or name not in EXTRAS:
                yield name, self.value(getattr(model, name), f"{path}.{name}" if path else name, name)

    def _note(self, path: str, happened: bool) -> None:
        if happened:
            self.places.setdefault(path)


def smaller(result: A, entries: int, characters: int) -> A:
    """The answer with at most so many entries a list and characters a text; what was cut is named."""
    knife = Knife(entries, characters)
    made = result.model_copy(update=dict(knife._fields(result, "")))
    if not knife.places:
        return made
    names = list(knife.places)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    missing = [
        entry if len(entry.why) <= 2 * characters else Missing(what=entry.what, why=cut(entry.why, 2 * characters))
        for entry in result.missing
    ]
    return made.model_copy(update={"missing": (*missing, Missing(what=f"{', '.join(names[:NAMED])}{more}", why=HOW))})
