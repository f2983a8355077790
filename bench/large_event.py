"""Enlarges an event to 5 MB: a deep stack trace with variables, many breadcrumbs, a large request body, many tags."""

from __future__ import annotations

import json
from typing import Any

SIZE = 5_000_000
FRAMES = 300
TAGS = 2_000
BODY = 1_000_000
WORDS = (
    "order 4711 of customer u-1234 could not be settled because the response of the payment provider lacks charges; "
)


def enlarged(body: bytes) -> bytes:
    """The same event, 5 MB long; a response that is not a single event stays unchanged."""
    event = json.loads(body)
    if not isinstance(event, dict) or "entries" not in event:
        return body
    for entry in event["entries"]:
        if entry["type"] == "exception":
            _add_frames(entry["data"]["values"])
        elif entry["type"] == "request":
            entry["data"]["data"] = WORDS * (BODY // len(WORDS))
    event["tags"] += [{"key": f"feature.{number}", "value": f"variant {number}"} for number in range(TAGS)]
    breadcrumbs = {"type": "breadcrumbs", "data": {"values": []}}
    event["entries"] = [entry for entry in event["entries"] if entry["type"] != "breadcrumbs"] + [breadcrumbs]
    values: list[dict[str, object]] = []
    remaining = SIZE - len(_encoded(event))
    while remaining > 0:
        breadcrumb = _breadcrumb(len(values))
        values.append(breadcrumb)
        remaining -= len(_encoded(breadcrumb)) + 1
    breadcrumbs["data"] = {"values": values}
    return _encoded(event)


def _add_frames(values: list[dict[str, Any]]) -> None:
    for value in values:
        frames = (value.get("stacktrace") or {}).get("frames")
        if frames:
            repeated = (frames * FRAMES)[:FRAMES]
            value["stacktrace"]["frames"] = [
                {**frame, "vars": {f"name_{index}": WORDS[: index * 9] for index in range(12)}} for frame in repeated
            ]


def _breadcrumb(number: int) -> dict[str, object]:
    return {
        "timestamp": "2026-11-20T11:50:00.000000Z",
        "type": "http",
        "category": "http",
        "level": "info",
        "message": f"{number}: {WORDS}",
        "data": {"url": f"https://api.example.com/v1/orders/{number}", "method": "GET", "status_code": 200},
        "event_id": None,
    }


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
