"""Makes an event of 5 MB of an ordinary one: a deep trace with variables, a long trail, a large body, many tags."""

from __future__ import annotations

import json
from typing import Any

SIZE = 5_000_000
FRAMES = 300
TAGS = 2_000
BODY = 1_000_000
WORDS = "order 4711 of customer u-1234 could not be settled because the answer of the payment provider lacks charges; "


def huge(body: bytes) -> bytes:
    """The same event, 5 MB long; an answer that is no single event stays as it is."""
    event = json.loads(body)
    if not isinstance(event, dict) or "entries" not in event:
        return body
    for entry in event["entries"]:
        if entry["type"] == "exception":
            _deepen(entry["data"]["values"])
        elif entry["type"] == "request":
            entry["data"]["data"] = WORDS * (BODY // len(WORDS))
    event["tags"] += [{"key": f"feature.{number}", "value": f"variant {number}"} for number in range(TAGS)]
    trail = {"type": "breadcrumbs", "data": {"values": []}}
    event["entries"] = [entry for entry in event["entries"] if entry["type"] != "breadcrumbs"] + [trail]
    crumbs: list[dict[str, object]] = []
    room = SIZE - len(_encoded(event))
    while room > 0:
        crumb = _crumb(len(crumbs))
        crumbs.append(crumb)
        room -= len(_encoded(crumb)) + 1
    trail["data"] = {"values": crumbs}
    return _encoded(event)


def _deepen(values: list[dict[str, Any]]) -> None:
    for value in values:
        frames = (value.get("stacktrace") or {}).get("frames")
        if frames:
            stretched = (frames * FRAMES)[:FRAMES]
            value["stacktrace"]["frames"] = [
                {**frame, "vars": {f"name_{place}": WORDS[: place * 9] for place in range(12)}} for frame in stretched
            ]


def _crumb(number: int) -> dict[str, object]:
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
