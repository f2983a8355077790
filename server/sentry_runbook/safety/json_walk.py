"""A JSON value of a stranger's making, walked with bounds: depth, items, characters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from sentry_runbook.safety.sensitive_keys import sensitive

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MAX_KEY = 80
_SAFE_INTEGER = 2**63
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.-]{0,39}", re.ASCII)


class Gate(Protocol):
    """The sanitizer, as far as a walk needs it."""

    def line(self, value: str | None, limit: int = 200, where: str = "") -> str:
        """One inert, masked line."""

    def named(self, name: str, value: str | None, limit: int = 200, where: str = "") -> str:
        """The value of a name as one line."""

    def is_masking(self) -> bool:
        """Whether personal data and secrets are masked."""


class Walk:
    """One walk through one value.

    Args:
        gate: makes lines.
        items: entries of one list or object kept.
        limit: characters of one string.
        left: characters of all strings together, roughly.
    """

    def __init__(self, gate: Gate, items: int, limit: int, left: int) -> None:
        self._gate = gate
        self._items = items
        self._limit = limit
        self._left = left

    def read(self, value: object, key: str, where: str, depth: int) -> Json:
        """The value, safe; ``key`` is the name it stands under, or the sensitive name above it."""
        if isinstance(value, (dict, list, tuple)):
            if depth <= 0 or self._left <= 0:
                return f"…[{len(value):,} {'keys' if isinstance(value, dict) else 'items'}]"
            if isinstance(value, dict):
                rows = ((str(name), item) for name, item in value.items())
                return self.pairs(rows, len(value), where, depth, key if sensitive(key) else "")
            return self._list(value, key, where, depth)
        return self._scalar(value, key, where)

    def pairs(
        self, rows: Iterable[tuple[str, object]], count: int, where: str, depth: int, above: str = ""
    ) -> dict[str, Json]:
        """An object of names and values, names made safe and kept apart; ``above`` is a sensitive name above it."""
        made: dict[str, Json] = {}
        for index, (name, value) in enumerate(islice(rows, self._items)):
            if self._left <= 0:
                break
            place = f"{where}.{name}" if _PLAIN_KEY.fullmatch(name) else f"{where}[{index}]"
            safe = self._gate.line(name, MAX_KEY, f"{place} (its name)") or "(empty name)"
            self._left -= len(safe)
            made[_distinct(safe, made)] = self.read(value, above or name, place, depth - 1)
        if count > len(made):
            made[_distinct("…", made)] = f"[+{count - len(made):,} more]"
        return made

    def _list(self, value: list[object] | tuple[object, ...], key: str, where: str, depth: int) -> list[Json]:
        made: list[Json] = []
        for index, item in enumerate(value[: self._items]):
            if self._left <= 0:
                break
            pair = self._header(item, key, f"{where}[{index}]")
            made.append(pair if pair is not None else self.read(item, key, f"{where}[{index}]", depth - 1))
        if len(value) > len(made):
            made.append(f"…[+{len(value) - len(made):,} items]")
        return made

    def _header(self, item: object, key: str, where: str) -> list[Json] | None:
        """A pair of strings whose first names the second, as Sentry lists headers and cookies."""
        if isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(part, str) for part in item):
            name, value = str(item[0]), str(item[1])
            if sensitive(name) or sensitive(key):
                return [
                    self._gate.line(name, MAX_KEY, where),
                    self._scalar(value, key if sensitive(key) else name, where),
                ]
        return None

    def _scalar(self, value: object, key: str, where: str) -> Json:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number(value, key, where)
        shown = self._gate.named(key, str(value), self._limit, where)
        self._left -= len(shown)
        return shown

    def _number(self, value: int | float, key: str, where: str) -> Json:
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if value.bit_length() > 256:
            return f"…[an integer of {value.bit_length():,} bits]"
        written = str(value)
        shown = self._gate.named(key, written, self._limit, where)
        # A card number is a number too; one that no reader of JSON can hold exactly is better written out.
        return value if shown == written and abs(value) < _SAFE_INTEGER else shown


def _distinct(name: str, taken: dict[str, Json]) -> str:
    """The name, numbered when another one became the same."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
