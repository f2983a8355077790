"""The corpus of secrets and harmless texts (``tests/corpus/secrets``) as rows."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parents[1] / "corpus" / "secrets"
Part = Literal["development", "holdout"]
PARTS: tuple[Part, ...] = ("development", "holdout")
KEYS = {"id", "kind", "name", "text", "value", "secret", "keep"}


@dataclass(frozen=True, eq=False)
class Row:
    """One text of the corpus.

    Attributes:
        part: the file that it stands in.
        id: ``s-…`` with secrets, ``h-…`` harmless.
        kind: its row in the printed table.
        name: the tag, variable, header or context whose value it is; empty: a message.
        content: a text, or a nested JSON value.
        secrets: parts that must not be shown; none in a harmless text.
        keep: parts of a harmless text that stay as they are.
    """

    part: Part
    id: str
    kind: str
    name: str
    content: Any
    secrets: tuple[str, ...]
    keep: tuple[str, ...]

    @property
    def harmless(self) -> bool:
        """Whether nothing in it is to be masked."""
        return not self.secrets


@cache
def rows() -> tuple[Row, ...]:
    """All rows, the development part first."""
    return tuple(_row(part, entry) for part in PARTS for entry in entries(part))


def entries(part: Part) -> list[dict[str, Any]]:
    """One file as it is written."""
    written: list[dict[str, Any]] = json.loads((FOLDER / f"{part}.json").read_text(encoding="utf-8"))
    return written


def _row(part: Part, entry: dict[str, Any]) -> Row:
    assert set(entry) <= KEYS, entry
    assert ("text" in entry) != ("value" in entry), entry
    return Row(
        part,
        entry["id"],
        entry["kind"],
        entry.get("name", ""),
        entry.get("text", entry.get("value")),
        tuple(dict.fromkeys(entry.get("secret", ()))),
        tuple(entry.get("keep", ())),
    )


def strings(content: Any) -> list[str]:
    """All texts of a JSON value: names, strings and numbers."""
    if isinstance(content, dict):
        return [text for name, value in content.items() for text in (name, *strings(value))]
    if isinstance(content, list):
        return [text for value in content for text in strings(value)]
    return [content if isinstance(content, str) else json.dumps(content)]
