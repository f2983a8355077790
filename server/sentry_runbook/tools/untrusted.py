"""Which values of an answer hold event text: read from the annotations of its model."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from functools import cache
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel

from sentry_runbook.incident.model.evidence import HoldsEventText


def event_text_paths(result: BaseModel) -> Iterator[str]:
    """The paths of the result's values that hold event text, as ``event.exceptions[].value``.

    They follow from the annotations, so no field can be forgotten; a path without a value in this result is left out.
    """
    for steps in _marked(type(result)):
        if _reaches(result, steps):
            yield "".join(f".{step}" if step != "[]" else step for step in steps).lstrip(".")


@cache
def _marked(model: type[BaseModel]) -> tuple[tuple[str, ...], ...]:
    paths: dict[tuple[str, ...], None] = {}
    hints = typing.get_type_hints(model, include_extras=True)
    for name in model.model_fields:
        for steps in _marks(hints[name]):
            paths[(name, *steps)] = None
    return tuple(paths)


def _marks(hint: object) -> Iterator[tuple[str, ...]]:
    """Paths below a type that end in marked text; ``[]`` means any item, ``*`` any key."""
    origin = get_origin(hint)
    if origin is Annotated:
        base, *extras = get_args(hint)
        if any(isinstance(extra, HoldsEventText) for extra in extras):
            yield ()
        else:
            yield from _marks(base)
    elif origin in (typing.Union, types.UnionType):
        for arm in get_args(hint):
            yield from _marks(arm)
    elif origin in (tuple, list):
        for arm in get_args(hint):
            if arm is not Ellipsis:
                yield from (("[]", *rest) for rest in _marks(arm))
    elif origin is dict:
        keys, values = get_args(hint)
        if any(not rest for rest in _marks(keys)):
            yield ("*",)
        yield from (("*", *rest) for rest in _marks(values))
    elif isinstance(hint, type) and issubclass(hint, BaseModel):
        yield from _marked(hint)


def _reaches(value: object, steps: tuple[str, ...]) -> bool:
    if value is None:
        return False
    if not steps:
        return isinstance(value, str) and value != ""
    first, rest = steps[0], steps[1:]
    if first == "[]":
        return isinstance(value, tuple | list) and any(_reaches(item, rest) for item in value)
    if first == "*":
        # A path that ends in * is there for the keys alone, too.
        return isinstance(value, dict) and any(not rest or _reaches(item, rest) for item in value.values())
    return _reaches(getattr(value, first, None), rest)
