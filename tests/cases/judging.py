"""Judges an answer by a case's ``expect``: [path, operator, value, why]."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

ABSENT = object()


def text_of(value: Any) -> str:
    """The value as a person would search it: a text as it is, anything else as JSON."""
    if value is ABSENT:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def at(value: Any, path: str) -> Any:
    """What stands at a path; :data:`ABSENT` when nothing does. ``*`` gives the list of what its elements have."""
    step, _, rest = path.partition(".")
    if step == "*":
        elements = value.values() if isinstance(value, dict) else value
        found = [at(element, rest) if rest else element for element in elements]
        return [one for one in found if one is not ABSENT]
    if isinstance(value, Mapping):
        inner = value.get(step, ABSENT)
        # The keys of tags hold dots themselves.
        if inner is ABSENT and path in value:
            return value[path]
    elif isinstance(value, list) and re.fullmatch(r"-?\d+", step) and -len(value) <= int(step) < len(value):
        inner = value[int(step)]
    else:
        return ABSENT
    return inner if not rest or inner is ABSENT else at(inner, rest)


def _like(value: Any, wanted: Any) -> bool:
    return re.search(wanted, text_of(value), re.IGNORECASE | re.DOTALL) is not None


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda value, wanted: value == wanted,
    "!=": lambda value, wanted: value != wanted,
    "in": lambda value, wanted: value in wanted,
    ">=": lambda value, wanted: value is not ABSENT and value >= wanted,
    "<=": lambda value, wanted: value is not ABSENT and value <= wanted,
    "has": lambda value, wanted: wanted in text_of(value),
    "hasnt": lambda value, wanted: wanted not in text_of(value),
    "like": _like,
    "unlike": lambda value, wanted: not _like(value, wanted),
    "there": lambda value, wanted: value is not ABSENT,
    "absent": lambda value, wanted: value is ABSENT,
    "len<=": lambda value, wanted: len(text_of(value)) <= wanted,
}


def faults(answer: Mapping[str, Any], structured: Any, expected: list[list[Any]]) -> list[str]:
    """What is not as it should be.

    Args:
        answer: the special paths (``$text``, ``$raw`` …) and their values.
        structured: the structured values of a tool, or the result of a request.
        expected: of the case.
    """
    wrong = []
    for path, operator, wanted, why in expected:
        value = answer.get(path, ABSENT) if path.startswith("$") else at(structured, path)
        if not OPERATORS[operator](value, wanted):
            wrong.append(f"{why}: {path} {operator} {wanted!r}, and it is {text_of(value)[:600]}")
    return wrong
