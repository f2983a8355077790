"""Replies → models: objects, lists, pages. Pure.

Bodies go straight to Python objects, without a tree of the parser's own in between: that halves the memory of a
large event. Whatever is wrong is a ValueError here, which the sender turns into our own error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import from_json

from sentry_runbook.sentry import models
from sentry_runbook.sentry.messages import Reply, next_cursor

M = TypeVar("M", bound=models.Answer)
MOST_PARTS = 400_000
"""Values of one answer. A part takes up to 100 bytes of memory however short it is written, so 5 MB of nothing but
brackets would take 150 MB; real events of that size stay below this."""
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def parsed(reply: Reply) -> Any:  # JSON is anything; models give it its types
    """The JSON of a reply.

    Raises:
        ValueError: it is not JSON, or of more parts than we take into memory.
    """
    if _parts_at_most(reply.body) > MOST_PARTS:
        raise ValueError("too many parts")
    return from_json(reply.body, allow_inf_nan=False, cache_strings="keys")


def _parts_at_most(body: bytes) -> int:
    """How many values a body holds, never too few; punctuation inside strings is only looked for when it matters."""
    found = sum(map(body.count, (b",", b"[", b"{")))
    if found <= MOST_PARTS:
        return found
    for string in STRING.finditer(body):
        found -= sum(body.count(mark, string.start(), string.end()) for mark in (b",", b"[", b"{"))
        if found <= MOST_PARTS:
            break
    return found


def an_object(reply: Reply) -> dict[str, object]:
    """The object that a reply is."""
    answer = parsed(reply)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004  # see the module's docstring
    return answer


def one(model: type[M]) -> Callable[[Reply], M]:
    """A reply that is one object."""
    return lambda reply: model.model_validate(parsed(reply))


def many(model: type[M]) -> Callable[[Reply], tuple[M, ...]]:
    """A reply that is a list; an item that cannot be read is left out."""
    return lambda reply: _items(model, parsed(reply))


def many_at(key: str, model: type[M]) -> Callable[[Reply], tuple[M, ...]]:
    """A reply that is an object with a list in it."""
    return lambda reply: _items(model, an_object(reply).get(key))


def text_at(key: str) -> Callable[[Reply], str | None]:
    """One text, or number read as text, of a reply that is an object."""

    def parse(reply: Reply) -> str | None:
        value = an_object(reply).get(key)
        return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None

    return parse


def page(model: type[M]) -> Callable[[Reply], models.Page[M]]:
    """A page of a list, with the cursor of the next."""

    def parse(reply: Reply) -> models.Page[M]:
        hits = reply.headers.get("x-hits", "")
        return models.Page[M](
            items=_items(model, parsed(reply)),
            next_cursor=next_cursor(reply.headers.get("link")),
            hits=int(hits) if hits.isdecimal() and hits.isascii() and len(hits) < 12 else None,
        )

    return parse


def _items(model: type[M], values: object) -> tuple[M, ...]:
    """The items of a list that can be read; a longer one than we read is cut first."""
    if not isinstance(values, list):
        raise ValueError("not a list")  # noqa: TRY004  # see the module's docstring
    return _list_adapter(model).validate_python(values[: models.MOST_ITEMS])


_adapters: dict[type, TypeAdapter[tuple[object, ...]]] = {}


def _list_adapter(model: type[M]) -> TypeAdapter[tuple[M, ...]]:
    if model not in _adapters:
        _adapters[model] = TypeAdapter(tuple[models.Item[model], ...])  # type: ignore[valid-type]  # a type at run time
    return _adapters[model]  # type: ignore[return-value]  # keyed by its own model
