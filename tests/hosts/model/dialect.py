"""What a provider's API needs to be spoken: its paths, its requests, its answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.hosts.model.conversation import Answer, Request

Json = Mapping[str, Any]
"""An object of a provider's JSON."""
EVENT_STREAM = "text/event-stream"


@dataclass(frozen=True)
class Dialect:
    """One API.

    Attributes:
        takes: whether requests for this path (without its query) are of this API.
        read: the body of a request → what it says.
        write: the answer, the body and the path with its query → content type and payload.
    """

    takes: Callable[[str], bool]
    read: Callable[[Json], Request]
    write: Callable[[Answer, Json, str], tuple[str, bytes]]


def texts(value: object) -> Iterator[str]:
    """Every string in a JSON value, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


def words(value: object) -> str:
    """What a content says: a string, or the texts of its blocks."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(words(each) for each in value)
    if isinstance(value, Mapping):
        return words(value["text"]) if "text" in value else "\n".join(texts(value))
    return "" if value is None else str(value)


def events(values: Iterable[tuple[str, Json]]) -> tuple[str, bytes]:
    """Named server-sent events."""
    return EVENT_STREAM, "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in values).encode()


def lines(values: Iterable[object], *, end: str = "") -> tuple[str, bytes]:
    """Server-sent events without names; ``end`` is a last line of data that is no JSON."""
    stream = "".join(f"data: {json.dumps(value)}\n\n" for value in values)
    return EVENT_STREAM, (stream + (f"data: {end}\n\n" if end else "")).encode()


def whole(value: object) -> tuple[str, bytes]:
    """One JSON document."""
    return "application/json", json.dumps(value).encode()
