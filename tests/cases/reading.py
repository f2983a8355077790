"""Reads the cases: what stands in them, their placeholders and their generators (``shared/cases/README.md``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path("shared", "cases")
"""Relative to one of the folders above the checkout."""


@dataclass(frozen=True)
class Case:
    """One case as it lies in its file."""

    name: str
    calls: list[dict[str, Any]]
    spec: dict[str, Any] = field(default_factory=dict)
    event: dict[str, Any] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    issue: dict[str, Any] = field(default_factory=dict)
    replies: list[dict[str, Any]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    elicit: str | None = None

    @property
    def slug(self) -> str:
        """The project's slug."""
        return str(self.spec.get("slug", "case"))

    @property
    def short(self) -> str:
        """The issue's short id."""
        return str(self.spec.get("short", f"{self.slug.upper()}-1"))

    @property
    def needs_process(self) -> bool:
        """Whether the server must be a process: it is about its environment, its files or a command."""
        return bool(self.env or self.files) or any("cli" in call for call in self.calls)


def folder() -> Path | None:
    """Where the cases lie; None where they are not beside this checkout."""
    return next((above / FOLDER for above in Path(__file__).parents if (above / FOLDER).is_dir()), None)


def cases() -> list[Case]:
    """All cases, in the order of their numbers; none where they are not beside this checkout."""
    where = folder()
    return [read(path) for path in sorted(where.glob("*.json"))] if where else []


def read(path: Path) -> Case:
    """One case."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    told = ("number", "name", "kind", "source", "met", "keep")
    return Case(path.stem, **{key: value for key, value in raw.items() if key not in told})


def generated(value: Any, now: datetime) -> Any:
    """A value with its generators played."""
    if isinstance(value, list):
        return [item for part in value for item in _items(part, now)]
    if not isinstance(value, dict):
        return value
    if "$text" in value:
        number, text = value["$text"]
        return text * number
    if "$ago" in value or "$epoch" in value:
        at = now - timedelta(minutes=value["$ago"] if "$ago" in value else value["$epoch"])
        return at.isoformat().replace("+00:00", "Z") if "$ago" in value else at.timestamp()
    return {key: generated(part, now) for key, part in value.items()}


def _items(part: Any, now: datetime) -> list[Any]:
    if not (isinstance(part, dict) and "$repeat" in part):
        return [generated(part, now)]
    number, item = part["$repeat"]
    return [generated(filled(item, {"k": str(index)}), now) for index in range(number)]


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A value with its placeholders in all texts."""
    if isinstance(value, str):
        for name, text in names.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, list):
        return [filled(part, names) for part in value]
    if isinstance(value, dict):
        return {key: filled(part, names) for key, part in value.items()}
    return value
