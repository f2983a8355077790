"""Events as SDKs send them and Sentry's API shows them, for the tests of their exceptions and stacks."""

from __future__ import annotations

from typing import Any

from sentry_runbook.incident.model.evidence import Event
from sentry_runbook.incident.model.evidence.event import NAMED_BY
from tests.sentry.evidence import event_of

Json = dict[str, Any]


def frame(
    function: str | None, file: str | None = None, *, own: object = True, line: object = 7, **more: object
) -> Json:
    """A frame as Sentry shows it."""
    return {"function": function, "filename": file or f"{function}.x", "lineNo": line, "inApp": own, **more}


def library(function: str, file: str | None = None) -> Json:
    """A frame that is not the application's."""
    return frame(function, file, own=False)


def thrown(kind: object, value: object = "boom", *frames: Json, thread: object = None, **mechanism: object) -> Json:
    """An exception with its place in the tree, as today's SDKs give it."""
    stack = {"frames": list(frames), "framesOmitted": None} if frames else None
    return {"type": kind, "value": value, "mechanism": mechanism or None, "stacktrace": stack, "threadId": thread}


def thread(name: str | None, function: str | None, **more: object) -> Json:
    """A thread of the process."""
    stack = {"frames": [frame(function)]} if function else None
    return {"id": more.pop("id", 1), "name": name, "crashed": False, "current": False, "stacktrace": stack, **more}


def event(
    *values: Json,
    title: str = "",
    metadata: Json | None = None,
    sdk: str | None = None,
    platform: str | None = None,
    **entries: object,
) -> Event:
    """An event with these exceptions, of an issue that is called so."""
    listed: list[Json] = [{"type": kind, "data": data} for kind, data in entries.items()]
    if values:
        listed.append({"type": "exception", "data": {"values": list(values)}})
    named = {"title": title, "metadata": metadata or {}}
    written = {"sdk": {"name": sdk, "version": "9.1.0"} if sdk else None, "platform": platform}
    return event_of({"id": "a" * 32, "title": title, "entries": listed, NAMED_BY: named, **written})


def shown(one: Event) -> tuple[str | None, str | None]:
    """Type of the leading exception, function of the failing frame."""
    place = one.failing_frame
    return one.leading.type if one.leading else None, place.function if place else None


def root(one: Event) -> str | None:
    """Type of the exception that led to the leading one; None where there is no other."""
    return one.root.type if one.root else None
