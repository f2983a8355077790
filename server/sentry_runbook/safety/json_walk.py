"""Sanitizes an untrusted JSON value within bounds: levels of nesting, entries of one container, characters.

Names are sanitized like values, and kept distinct when two become equal. A sensitive name masks all that is below it.
What is left out is counted in the result: ``…[+12 items]``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Protocol

from sentry_runbook.safety.secrets.names import CONTENTS, LABELS
from sentry_runbook.safety.sensitive_keys import masks_all_below, sensitive_kind

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

MAX_KEY = 80
_SAFE_INTEGER = 2**63
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.-]{0,39}", re.ASCII)


class TextSanitizer(Protocol):
    """The part of the sanitizer that a walk uses."""

    def line(self, value: str | None, limit: int = 200, where: str = "") -> str:
        """One inert, masked line."""

    def named(self, name: str, value: str | None, limit: int = 200, where: str = "") -> str:
        """The value of a name as one line."""


class JsonWalker:
    """Walks one value; its budget of characters is shared by everything in that value.

    Args:
        sanitizer: sanitizes names and values.
        items: entries of one list or object kept.
        limit: characters of one string.
        left: characters of all strings together, roughly.
    """

    def __init__(self, sanitizer: TextSanitizer, items: int, limit: int, left: int) -> None:
        self._sanitizer = sanitizer
        self._items = items
        self._limit = limit
        self._left = left

    def read(self, value: object, key: str, where: str, depth: int) -> Json:
        """The sanitized value; ``key`` is its name, or the nearest sensitive name above it."""
        if isinstance(value, (dict, list, tuple)):
            if depth <= 0 or self._left <= 0:
                return f"…[{len(value):,} {'keys' if isinstance(value, dict) else 'items'}]"
            if isinstance(value, dict):
                rows = ((str(name), item) for name, item in value.items())
                return self.pairs(rows, len(value), where, depth, key if masks_all_below(key) else "", _named_in(value))
            return self._list(value, key, where, depth)
        return self._scalar(value, key, where)

    def pairs(
        self, rows: Iterable[tuple[str, object]], count: int, where: str, depth: int, above: str = "", named: str = ""
    ) -> dict[str, Json]:
        """A sanitized object from names and values.

        Args:
            rows: the names and values.
            count: how many there are.
            where: the object's path, for findings.
            depth: levels of nesting left.
            above: a sensitive name above the object, which masks all of them.
            named: the sensitive name that the object gives its own content: ``{"name": "password", "value": "x"}``.
        """
        entries: dict[str, Json] = {}
        for index, (name, value) in enumerate(islice(rows, self._items)):
            if self._left <= 0:
                break
            path = f"{where}.{name}" if _PLAIN_KEY.fullmatch(name) else f"{where}[{index}]"
            safe = self._sanitizer.line(name, MAX_KEY, f"{path} (its name)") or "(empty name)"
            self._left -= len(safe)
            entries[_distinct(safe, entries)] = self.read(
                value, above or (named if named and name.lower() in CONTENTS else name), path, depth - 1
            )
        if count > len(entries):
            entries[_distinct("…", entries)] = f"[+{count - len(entries):,} more]"
        return entries

    def _list(self, value: list[object] | tuple[object, ...], key: str, where: str, depth: int) -> list[Json]:
        entries: list[Json] = []
        for index, item in enumerate(value[: self._items]):
            if self._left <= 0:
                break
            pair = self._header(item, key, f"{where}[{index}]")
            named = _option(value, index) or key
            entries.append(pair if pair is not None else self.read(item, named, f"{where}[{index}]", depth - 1))
        if len(value) > len(entries):
            entries.append(f"…[+{len(value) - len(entries):,} items]")
        return entries

    def _header(self, item: object, key: str, where: str) -> list[Json] | None:
        """A pair (name, value) with a sensitive name, as Sentry lists headers and cookies; None for any other item."""
        if isinstance(item, (list, tuple)) and len(item) == 2 and all(isinstance(part, str) for part in item):
            name, value = str(item[0]), str(item[1])
            if sensitive_kind(name) or sensitive_kind(key):
                return [
                    self._sanitizer.line(name, MAX_KEY, where),
                    self._scalar(value, key if sensitive_kind(key) else name, where),
                ]
        return None

    def _scalar(self, value: object, key: str, where: str) -> Json:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            return self._number(value, key, where)
        shown = self._sanitizer.named(key, str(value), self._limit, where)
        self._left -= len(shown)
        return shown

    def _number(self, value: int | float, key: str, where: str) -> Json:
        if isinstance(value, float):
            return value if math.isfinite(value) else str(value)
        if value.bit_length() > 256:
            return f"…[an integer of {value.bit_length():,} bits]"
        written = str(value)
        shown = self._sanitizer.named(key, written, self._limit, where)
        # A card number is an integer too. One that JSON readers cannot hold exactly (beyond 64 bits) is given as text.
        return value if shown == written and abs(value) < _SAFE_INTEGER else shown


def _named_in(value: dict[str, object]) -> str:
    """The sensitive name that an object gives to its own content, as forms and environments are listed; else empty."""
    names = [name for key, name in value.items() if isinstance(name, str) and str(key).lower() in LABELS]
    return next((name for name in names if len(name) < MAX_KEY and sensitive_kind(name)), "")


def _option(value: list[object] | tuple[object, ...], index: int) -> str:
    """The sensitive option before an entry of a list of arguments: ``["--password", "x"]``; else empty."""
    before = value[index - 1] if index else None
    if not isinstance(before, str) or before[:1] != "-" or len(before) > MAX_KEY:
        return ""
    return before.lstrip("-") if sensitive_kind(before) else ""


def _distinct(name: str, taken: dict[str, Json]) -> str:
    """The name, with a number when it is taken: two names can become equal when they are sanitized."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
