"""Types that read what is there and leave out what is odd.

How to think about it: Sentry's schema is stricter than its answers (sentry-api §12), so only an id is required. A
field of another type than expected is unknown (None), an item that cannot be read is left out of its list, unknown
keys and words pass. So no answer that is JSON breaks more than the one value that is odd in it.

Validators raise ValueError and nothing else: pydantic turns that one into "unknown", others would pass through it.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
MOST_ITEMS = 10_000
"""Items of any list that are read; a longer one is cut before its items are looked at."""
LATEST_EPOCH_S = 1e11
"""No time of ours lies later; larger numbers are milliseconds or nonsense."""


class OrNone:
    """A value of another type becomes None."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


class _OrLeftOut:
    """An item that cannot be read is left out of its list."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), on_error="omit")


class OrEmpty:
    """A list or object of another type becomes empty."""

    def __init__(self, empty: object) -> None:
        self._empty = empty

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=self._empty, on_error="default")


def _moment(value: object) -> object:
    """ISO with or without microseconds and zone, or epoch seconds, as aware UTC."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < LATEST_EPOCH_S:
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        raise ValueError("not a time")  # noqa: TRY004  # see the module's docstring
    try:
        parsed = datetime.fromisoformat(value.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time") from None


def _count(value: object) -> object:
    """A count as int; Sentry writes it as string or int (rule 2). Negative and fractional ones are none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not a count")  # noqa: TRY004  # see the module's docstring
    if (isinstance(value, str) and len(value) > 18) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("not a count")
    number = int(value)
    if not 0 <= number < 10**18 or number != (number if isinstance(value, str) else value):
        raise ValueError("not a count")
    return number


def _text(value: object) -> object:
    """Text; numbers are read as text, for Sentry sends ids as either. Lone surrogates cannot be encoded: replaced."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not text")  # noqa: TRY004  # see the module's docstring
    return str(value).encode("utf-8", "replace").decode("utf-8")


def first_items(value: object) -> object:
    """A list cut to what is read of it."""
    return value[:MOST_ITEMS] if isinstance(value, list) else value


Text = Annotated[str | None, BeforeValidator(lambda v: None if v is None else _text(v)), OrNone()]
Id = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(lambda v: None if v is None else _count(v)), OrNone()]
Flag = Annotated[bool | None, OrNone()]
Moment = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _moment(v)), OrNone()]
Item = Annotated[T, _OrLeftOut()]
Many = Annotated[tuple[Item[T], ...], BeforeValidator(first_items), OrEmpty(())]
Maybe = Annotated[T | None, OrNone()]
Json = Annotated[dict[str, Any], OrEmpty({})]
"""JSON as it came; only here and in what is masked and cut right after."""


class Answer(BaseModel):
    """Base of all: lenient, frozen, built on first use."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        defer_build=True,
        populate_by_name=True,
        allow_inf_nan=False,
    )


class Named(Answer):
    """Something of which only the name is read: an environment."""

    name: Text = None


class Person(Answer):
    """A member of the organization; e-mail addresses are left unread."""

    id: Text = None
    name: Text = None
    username: Text = None


M = TypeVar("M", bound=Answer)


def read(model: type[M], values: object) -> tuple[M, ...]:
    """The items of a list that can be read."""
    if not isinstance(values, list):
        return ()
    found = []
    for value in values[:MOST_ITEMS]:
        try:
            found.append(model.model_validate(value))
        except ValueError:
            continue
    return tuple(found)
