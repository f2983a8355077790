"""Single events as Sentry answers them: list rows, and the full event with its entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.records import EventRecord, digest
from sentry_runbook.simulator.release_payloads import release_brief
from sentry_runbook.simulator.scenario import Crumb, FrameSpec, IssueSpec, Raised, ThreadSpec

_SDKS = {"python": ("sentry.python", "2.40.0"), "javascript": ("sentry.javascript.browser", "10.20.0")}


_RESULTS: dict[str, object] = {"true": True, "false": False}


def numbered(value: object, number: int) -> object:
    """Put the event's number in place of ``{n}``, in whatever depth of a described value."""
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, Mapping):
        return {str(key): numbered(part, number) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [numbered(part, number) for part in value]
    return value


def _user(event: EventRecord) -> dict[str, object] | None:
    if event.user is None:
        return None
    return {
        "id": event.user.id,
        "email": event.user.email,
        "username": event.user.username,
        "ip_address": event.user.ip,
        "name": None,
        "geo": {"country_code": event.user.country},
        "data": None,
    }


def _tags(event: EventRecord) -> list[dict[str, str]]:
    return [
        {"key": key, "value": value} | ({"query": f'user.id:"{value.removeprefix("id:")}"'} if key == "user" else {})
        for key, value in sorted(event.tags.items())
    ]


def metadata(spec: IssueSpec) -> dict[str, object]:
    """Return what Sentry took the title from: the outermost exception and the last frame of one's own code."""
    shown: dict[str, object] = {"title": spec.shown_title}
    if spec.chain:
        outermost = spec.chain[-1]
        shown = {"type": outermost.type, "value": outermost.value}
        frame = next((frame for frame in reversed(outermost.frames) if frame.in_app), None)
        if frame:
            shown |= {"filename": frame.filename, "function": frame.function}
        if outermost.frames:
            shown["in_app_frame_mix"] = _frame_mix([frame.in_app for frame in outermost.frames])
    return shown | dict(spec.metadata)


def _frame_mix(in_app: Sequence[bool]) -> str:
    if all(in_app):
        return "in-app-only"
    return "mixed" if any(in_app) else "system-only"


def event_row(event: EventRecord) -> dict[str, object]:
    """Return an event as lists show it: without a release, which is among its tags."""
    spec, project = event.issue.spec, event.issue.project
    return {
        "id": event.id,
        "eventID": event.id,
        "groupID": event.issue.id,
        "projectID": project.id,
        "event.type": _kind(spec),
        "title": spec.shown_title,
        "message": "" if spec.chain else spec.shown_title,
        "location": _location(spec),
        "culprit": spec.culprit or event.transaction,
        "crashFile": None,
        "platform": spec.platform or project.platform,
        "user": _user(event),
        "tags": _tags(event),
        "dateCreated": iso(event.at),
        "metadata": metadata(spec),
    }


def _kind(spec: IssueSpec) -> str:
    if spec.csp is not None:
        return "csp"
    return "error" if spec.category == "error" else "generic"


def _location(spec: IssueSpec) -> str | None:
    frames = spec.chain[-1].frames if spec.chain else ()
    return next((frame.filename for frame in reversed(frames) if frame.in_app), None)


def _frame(frame: FrameSpec, number: int) -> dict[str, object]:
    lines = frame.source.splitlines()
    first = (frame.line or 0) - len(lines) // 2
    return {
        "filename": frame.filename,
        "absPath": _absolute(frame.filename),
        "module": frame.module,
        "package": frame.package,
        "platform": None,
        "instructionAddr": frame.address,
        "symbolAddr": None,
        "function": frame.function,
        "rawFunction": None,
        "symbol": None,
        "context": [[first + offset, line] for offset, line in enumerate(lines)],
        "lineNo": frame.line,
        "colNo": frame.column,
        "inApp": frame.in_app,
        "trust": None,
        "lock": None,
        "sourceLink": None,
        "errors": None,
        "vars": numbered(frame.vars, number) if frame.vars else None,
    }


def _absolute(filename: str | None) -> str | None:
    return filename if filename is None or "://" in filename else f"/srv/app/{filename}"


def _stacktrace(frames: Sequence[FrameSpec], number: int) -> dict[str, object] | None:
    if not frames:
        return None
    shown = [_frame(frame, number) for frame in frames]
    return {"frames": shown, "framesOmitted": None, "registers": None, "hasSystemFrames": True}


def _raised(exception: Raised, event: EventRecord, above: int) -> dict[str, object]:
    """One exception of the chain; ``above``: how many exceptions it was the cause of, one after the other."""
    mechanism: dict[str, object] = {"type": exception.mechanism, "handled": event.handled, "exception_id": above}
    if above:
        mechanism |= {"type": "chained", "parent_id": above - 1}
    return {
        "type": exception.type,
        "value": numbered(exception.value, event.number),
        "module": exception.module,
        "mechanism": mechanism,
        "threadId": None,
        "stacktrace": _stacktrace(exception.frames, event.number),
        "rawStacktrace": None,
    }


def _thread(thread: ThreadSpec, place: int, number: int) -> dict[str, object]:
    return {
        "id": place,
        "name": thread.name,
        "crashed": thread.crashed,
        "current": thread.current,
        "state": None,
        "heldLocks": None,
        "stacktrace": _stacktrace(thread.frames, number),
        "rawStacktrace": None,
    }


def _crumb(crumb: Crumb, event: EventRecord) -> dict[str, object]:
    return {
        "timestamp": iso(event.at - round(crumb.seconds_before * 1000)),
        "type": crumb.type,
        "category": crumb.category,
        "level": crumb.level,
        "message": numbered(crumb.message, event.number),
        "data": numbered(crumb.data, event.number),
        "event_id": None,
    }


def _entries(event: EventRecord) -> list[dict[str, object]]:
    spec = event.issue.spec
    entries: list[dict[str, object]] = []
    if spec.chain:
        last = len(spec.chain) - 1
        values = [_raised(exception, event, last - place) for place, exception in enumerate(spec.chain)]
        data: dict[str, object] = {"values": values, "hasSystemFrames": True, "excOmitted": None}
        entries.append({"type": "exception", "data": data})
    elif spec.category == "error":
        entries.append({"type": "message", "data": {"formatted": spec.shown_title, "message": None, "params": None}})
    if spec.stack:
        entries.append({"type": "stacktrace", "data": _stacktrace(spec.stack, event.number)})
    if spec.threads:
        threads = [_thread(thread, place, event.number) for place, thread in enumerate(spec.threads)]
        entries.append({"type": "threads", "data": {"values": threads}})
    if spec.csp is not None:
        entries.append({"type": "csp", "data": numbered(spec.csp, event.number)})
    if event.breadcrumbs:
        crumbs = sorted(event.breadcrumbs, key=lambda crumb: -crumb.seconds_before)
        entries.append({"type": "breadcrumbs", "data": {"values": [_crumb(crumb, event) for crumb in crumbs]}})
    request = spec.request
    if request:
        entries.append(
            {
                "type": "request",
                "data": {
                    "apiTarget": None,
                    "method": request.method,
                    "url": numbered(request.url, event.number),
                    "query": [[key, value] for key, value in request.query.items()],
                    "fragment": None,
                    "data": numbered(request.data, event.number),
                    "headers": [[key, value] for key, value in request.headers.items()],
                    "cookies": [[key, value] for key, value in request.cookies.items()],
                    "env": None,
                    "inferredContentType": "application/json" if request.data is not None else None,
                },
            }
        )
    return entries


def _contexts(event: EventRecord) -> dict[str, object]:
    tags, contexts = event.tags, dict[str, object]()
    for name in ("browser", "os", "runtime"):
        if name in tags:
            known, _, version = tags[name].rpartition(" ")
            contexts[name] = {"name": known or version, "version": version if known else None, "type": name}
    if "device" in tags:
        contexts["device"] = {"family": tags["device"], "model": tags["device"], "type": "device"}
    if event.trace:
        trace = {"trace_id": event.trace, "span_id": digest("span", event.id, size=8)}
        contexts["trace"] = trace | {"op": "http.server", "status": "internal_error", "type": "trace"}
    if event.flags:
        values = [{"flag": flag, "result": _RESULTS.get(result, result)} for flag, result in event.flags.items()]
        contexts["flags"] = {"values": values, "type": "flags"}
    for name, value in event.issue.spec.contexts.items():
        shown = numbered(value, event.number)
        contexts[name] = {"type": "default", **shown} if isinstance(shown, dict) else shown
    return contexts


def _occurrence(event: EventRecord) -> dict[str, object] | None:
    spec = event.issue.spec
    if spec.category == "error":
        return None
    known = spec.occurrence
    return {
        "id": digest("occurrence", event.id),
        "projectId": int(event.issue.project.id),
        "eventId": event.id,
        "fingerprint": [digest(event.issue.id)],
        "issueTitle": known.title if known else spec.shown_title,
        "subtitle": known.subtitle if known else "",
        "resourceId": None,
        "evidenceData": numbered(known.data, event.number) if known else {},
        "evidenceDisplay": [
            {"name": name, "value": value, "important": index == 0}
            for index, (name, value) in enumerate(known.evidence if known else ())
        ],
        "type": known.type if known else 1001,
        "detectionTime": event.at / 1000,
        "level": spec.level,
        "culprit": spec.culprit or spec.transaction,
        "priority": None,
        "assignee": None,
    }


def _sdk(event: EventRecord) -> dict[str, object]:
    platform = event.issue.spec.platform or event.issue.project.platform
    known = event.issue.spec.sdk or _SDKS.get(platform.partition("-")[0], ("sentry.javascript.node", "10.20.0"))
    return {"name": known[0], "version": known[1]}


_OF_THE_PAGE = ("release", "userReport", "sdkUpdates", "resolvedWith", "nextEventID", "previousEventID")
"""What only the endpoints of an issue's events add to an event."""


def event_alone(event: EventRecord, now: int) -> dict[str, object]:
    """Return the event as the look-up by its id shows it: without its neighbours and its release."""
    details = event_details(event, (event,), now)
    return {key: value for key, value in details.items() if key not in _OF_THE_PAGE}


def event_details(event: EventRecord, neighbours: Sequence[EventRecord], now: int) -> dict[str, object]:
    """Return the full event; ``neighbours`` are the issue's events that the reader sees, oldest first."""
    spec = event.issue.spec
    index = next((index for index, neighbour in enumerate(neighbours) if neighbour is event), None)
    before = neighbours[index - 1].id if index else None
    after = neighbours[index + 1].id if index is not None and index + 1 < len(neighbours) else None
    row = event_row(event)
    kind = row.pop("event.type")
    return row | {
        "type": kind,
        "dist": None,
        "size": 6_000 + len(spec.shown_title),
        "dateReceived": iso(event.at + 1_200),
        "entries": _entries(event),
        "contexts": _contexts(event),
        "context": numbered(spec.extra, event.number),
        "packages": {},
        "sdk": _sdk(event),
        "errors": [{"type": kind, "message": text, "data": {}} for kind, text in spec.processing_errors],
        "occurrence": _occurrence(event),
        "_meta": {},
        "fingerprints": [digest(event.issue.id)],
        "groupingConfig": {"id": "newstyle:2026-01-20", "enhancements": ""},
        "release": release_brief(event.issue.project, event.release, now) if event.release else None,
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
        "nextEventID": after,
        "previousEventID": before,
    }
