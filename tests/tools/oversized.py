"""Events that no answer may swallow whole, as Sentry would send them: laid over a real one of the embedded Sentry."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

Json = dict[str, Any]
WORDS = "all work and no play makes jack a dull boy "


def entry(event: Json, kind: str) -> Json:
    """The data of one of the event's entries, made when it has none."""
    for one in event["entries"]:
        if one["type"] == kind:
            found: Json = one["data"]
            return found
    event["entries"].append({"type": kind, "data": {}})
    made: Json = event["entries"][-1]["data"]
    return made


def _frame(number: int) -> Json:
    return {
        "function": f"step_{number}_" + "x" * 300,
        "filename": f"src/{'deep/' * 60}file_{number}.py",
        "lineNo": number,
        "inApp": True,
        "context": [[number + row, WORDS * 5] for row in range(-5, 6)],
        "vars": {f"name_{index}_{'k' * 100}": WORDS * 10 for index in range(20)},
    }


def five_megabytes(event: Json) -> None:
    """One string of 5 MB in a place that is shown."""
    event["message"] = WORDS * 120_000


def deep_trace(event: Json) -> None:
    """Ten exceptions of 300 frames."""
    frames = [_frame(number) for number in range(300)]
    entry(event, "exception")["values"] = [
        {"type": f"Error{number}", "value": WORDS * 100, "stacktrace": {"frames": frames[: 300 if number == 9 else 3]}}
        for number in range(10)
    ]


def ten_thousand_tags(event: Json) -> None:
    """10,000 tags with long names and values."""
    event["tags"] = [{"key": f"tag.{number}", "value": f"{number} {WORDS * 4}"} for number in range(10_000)]


def endless_breadcrumb(event: Json) -> None:
    """A breadcrumb of a million lines among many."""
    crumbs = [{"category": "console", "level": "info", "message": WORDS * 30, "data": {}} for _ in range(400)]
    crumbs.append({"category": "console", "level": "error", "message": "line\n" * 1_000_000, "data": {}})
    entry(event, "breadcrumbs")["values"] = crumbs


def giant_keys(event: Json) -> None:
    """Names that are longer than any value."""
    event["context"] = {f"{'k' * 5_000}{number}": {"deep": {"deeper": [WORDS] * 50}} for number in range(300)}
    event["tags"] = [{"key": "t" * 9_000, "value": "v"}, *event["tags"]]


def ten_thousand_contexts(event: Json) -> None:
    """10,000 contexts of ten values."""
    inner = {f"key{number}": WORDS for number in range(10)}
    event["contexts"] = {f"context{number}": inner for number in range(10_000)}


def wide_letters(event: Json) -> None:
    """Letters that a careful writer escapes to six characters each, everywhere."""
    wide = "数据库连接失败🔥" * 40
    event["title"] = event["message"] = wide
    event["tags"] = [{"key": f"标签{number}", "value": wide} for number in range(60)]
    event["contexts"] = {f"环境{number}": {f"键{one}": wide for one in range(10)} for number in range(12)}
    frames = [{**_frame(1), "function": wide, "filename": wide}] * 40
    entry(event, "exception")["values"] = [{"type": wide, "value": wide, "stacktrace": {"frames": frames}}] * 3


def deep_nesting(event: Json) -> None:
    """A value nested 400 levels deep."""
    nested: object = "core"
    for _ in range(400):
        nested = {"in": nested}
    event["context"] = {"nested": nested}
    event["contexts"] = {"state": {"nested": nested}}


def all_at_once(event: Json) -> None:
    """Everything above but the nesting, smaller."""
    for monster in (deep_trace, ten_thousand_tags, giant_keys, wide_letters):
        monster(event)


MONSTERS: Mapping[str, Callable[[Json], None]] = {
    monster.__name__: monster
    for monster in (
        five_megabytes,
        deep_trace,
        ten_thousand_tags,
        endless_breadcrumb,
        giant_keys,
        ten_thousand_contexts,
        wide_letters,
        deep_nesting,
        all_at_once,
    )
}


MOST_READ = 8_000_000
"""A larger answer is not read at all (``Limits.max_answer_bytes``); the monsters stay below, so that they are met."""


class Swollen(httpx.AsyncBaseTransport):
    """Lays a monster over every whole event, and gives long lists for short ones.

    Args:
        inner: the embedded Sentry.
        monster: what happens to an event.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, monster: Callable[[Json], None]) -> None:
        self._inner = inner
        self._monster = monster

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass on, and swell what came back."""
        response = await self._inner.handle_async_request(request)
        if "/events/" not in request.url.path or request.url.path.endswith(("/issues/events/", "/committers/")):
            return response
        body = json.loads(await response.aread())
        if not isinstance(body, dict) or "entries" not in body:
            return httpx.Response(response.status_code, headers=response.headers, stream=_stream(body))
        self._monster(body)
        return httpx.Response(response.status_code, headers={"Content-Type": "application/json"}, stream=_stream(body))


def _stream(body: object) -> httpx.ByteStream:
    content = json.dumps(body).encode()
    assert len(content) < MOST_READ, f"{len(content)} bytes"
    return httpx.ByteStream(content)
