"""The shape of JSON answers: every path of keys, and the types that stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

TOLD_APART = ("entries", "activity")
"""Lists whose items have a ``type`` that decides what else they hold: each type is a path of its own."""
FREE = re.compile(
    r"/(?:vars|_meta|packages|context)/"
    r"|/contexts/\w+/"
    r"|entries\[breadcrumbs\]/data/values\[\]/data/"
    r"|entries\[request\]/data/data/"
)
"""What a program sends as it likes: no shape of Sentry's."""
Shape = dict[str, set[str]]
"""Path → types: ``/entries[exception]/data/values[]/type``; ``[]`` is any item, else the items of that type."""


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield path, "object"
        for key, part in value.items():
            yield from _paths(part, f"{path}/{key}")
    elif isinstance(value, list):
        yield path, "list"
        for part in value:
            kind = part.get("type") if isinstance(part, dict) and path.endswith(TOLD_APART) else ""
            yield from _paths(part, f"{path}[{kind}]")
    else:
        kinds = {str: "string", bool: "boolean", type(None): "null", int: "number", float: "number"}
        yield path, kinds[type(value)]


def shape(answers: Iterable[Any]) -> Shape:
    """The union of the shapes of several answers to one question."""
    found: Shape = {}
    for answer in answers:
        for path, kind in _paths(answer):
            if not FREE.search(path):
                found.setdefault(path, set()).add(kind)
    return found


def _parent(path: str) -> str:
    return path[: path.rindex("[")] if path.endswith("]") else path.rpartition("/")[0]


def _has_keys(shape: Shape, path: str) -> bool:
    """Whether the object is there that the path's last key would stand in: what is absent is not told for its parts."""
    return not path.endswith("]") and "object" in shape.get(_parent(path), ())


def differences(recorded: Shape, embedded: Shape) -> Iterator[tuple[str, str]]:
    """Path and kind of every difference.

    ``missing``: a key that only the recorded answers have; ``extra``: only the embedded ones; ``type``: other types
    than null; ``never null``: null was recorded only; ``null``: null is in the embedded answers only.
    """
    for path in sorted(recorded.keys() | embedded.keys()):
        there, here = recorded.get(path), embedded.get(path)
        if there is None and _has_keys(recorded, path):
            yield path, "extra"
        elif here is None and _has_keys(embedded, path):
            yield path, "missing"
        elif there is not None and here is not None:
            if there - {"null"} and here - {"null"} and there - {"null"} != here - {"null"}:
                yield path, "type"
            if "null" in there - here:
                yield path, "never null"
            if "null" in here - there:
                yield path, "null"
