"""Replies → JSON in the shape that an endpoint answers in: an object with an id, a list, a page. Pure.

What is in the objects is not looked at here: one decoded answer is shared by all callers, and each makes its own part
of the evidence of it, through its own sanitizer (see ``incident/model/evidence/lenient``). The check of the shape tells
an answer of Sentry's from one of something else.

Bodies go straight to Python objects, without a tree of the parser's own in between: that halves the memory of a
large event. Whatever is wrong is a ValueError here, which the sender turns into our own error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import from_json

from sentry_runbook.incident.model.evidence.json_values import MAX_ITEMS, JsonObject, count_of, id_of
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.messages import SentryResponse, next_cursor

MAX_PARTS = 400_000
"""Values of one answer. A part takes up to 100 bytes of memory however short it is written, so 5 MB of nothing but
brackets would take 150 MB; real events of that size stay below this."""
BLOCK = 65_536
"""Bytes that are looked at in one step."""
OTHER_BYTES = bytes(set(range(256)) - set(b'",[{'))
SURROGATES = re.compile(
    rb"(?<!\\)(\\+)(u(?:[dD][89abAB][0-9a-fA-F]{2}(\\u[dD][c-fC-F][0-9a-fA-F]{2})?|[dD][c-fC-F][0-9a-fA-F]{2}))"
)
"""The backslashes before it (an even number of them is text), and half a character as JSON escapes it or, with a third
group, both halves."""
REPLACEMENT = rb"ufffd"


def parsed(reply: SentryResponse) -> Any:  # JSON is anything; models give it its types
    """The JSON of a reply.

    Raises:
        ValueError: it is not JSON, or of more parts than we take into memory.
    """
    if _parts_at_most(reply.body) > MAX_PARTS:
        raise ValueError("too many parts")
    try:
        return from_json(reply.body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return _parsed_leniently(reply.body)


def _parsed_leniently(body: bytes) -> Any:
    """JSON with what writers in Python and JavaScript let through: half a character in a text, a number that is none.

    It costs that value, not the whole answer. A body that is cut, or no JSON at all, stays an error.
    """
    mended = bytearray(body)  # in place, for a body may hold a million of them
    for escape in SURROGATES.finditer(body):
        if len(escape[1]) % 2 and escape[3] is None:
            mended[escape.start(2) : escape.end(2)] = REPLACEMENT
    try:
        return json.loads(
            mended.decode("utf-8-sig", "replace"), strict=False, parse_constant=lambda _: None, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _parts_at_most(body: bytes) -> int:
    """How many values a body holds, never too few; punctuation inside strings is only looked for when it matters."""
    parts = sum(map(body.count, (b",", b"[", b"{")))
    if parts <= MAX_PARTS:
        return parts
    if b"\\" in body:  # pairs first: in a run of backslashes they are counted from its beginning
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # What is left are the quotes at the ends of strings: between two of them is a string, and then there is none.
    outside, in_string = 0, False
    for start in range(0, len(body), BLOCK):
        pieces = body[start : start + BLOCK].translate(None, OTHER_BYTES).split(b'"')
        outside += sum(map(len, pieces[in_string::2]))
        in_string ^= len(pieces) % 2 == 0
        if outside > MAX_PARTS:
            break
    return outside


def an_object(reply: SentryResponse) -> dict[str, object]:
    """The object that a reply is."""
    answer = parsed(reply)
    if not isinstance(answer, dict):
        raise ValueError("not an object")  # noqa: TRY004  # see the module's docstring
    return answer


def identified(*keys: str) -> Callable[[SentryResponse], JsonObject]:
    """A reply that is an object with an id under one of these keys."""

    def parse(reply: SentryResponse) -> JsonObject:
        answer = an_object(reply)
        if all(id_of(answer.get(key)) is None for key in keys):
            raise ValueError("an object without an id")
        return answer

    return parse


def versioned(reply: SentryResponse) -> JsonObject:
    """A reply that is a release: an object with a version."""
    answer = an_object(reply)
    if text(answer.get("version")) is None:
        raise ValueError("a release without a version")
    return answer


def objects(reply: SentryResponse) -> tuple[JsonObject, ...]:
    """A reply that is a list; an item that is no object is left out."""
    return objects_of(parsed(reply))


def objects_of(values: object) -> tuple[JsonObject, ...]:
    """The objects of a list; a longer one than we read is cut first.

    Raises:
        ValueError: it is no list.
    """
    if not isinstance(values, list):
        raise ValueError("not a list")  # noqa: TRY004  # see the module's docstring
    return tuple(value for value in values[:MAX_ITEMS] if isinstance(value, dict))


def page(reply: SentryResponse) -> ListPage[JsonObject]:
    """A page of a list, with the cursor of the next, and how many rows all pages hold."""
    return ListPage(
        items=objects(reply), next_cursor=next_cursor(reply.headers.get("link")), total=_total(reply.headers)
    )


def _total(headers: Mapping[str, str]) -> int | None:
    """How many rows match; None where Sentry stopped counting at its most (``X-Max-Hits``)."""
    hits, most = count_of(headers.get("x-hits")), count_of(headers.get("x-max-hits"))
    return None if hits is not None and most is not None and hits >= most else hits


def text_at(key: str) -> Callable[[SentryResponse], str | None]:
    """One text, or number read as text, of a reply that is an object."""
    return lambda reply: text(an_object(reply).get(key))


def text(value: object) -> str | None:
    """Text, or a number read as text, for Sentry sends ids as either; None when there is none."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
