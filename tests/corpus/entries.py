"""Reads the labelled incidents and builds each one's world. ``README.md`` beside this file says what an entry may hold.

An entry describes only what is special about its incident; the rest is an ordinary shop: release ``app@1.9.0`` has run
for ten days, 24,000 healthy sessions a day, an error that says nothing of its cause.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import (
    CommitSpec,
    Crumb,
    DeploySpec,
    FlagChangeSpec,
    FrameSpec,
    IssueSpec,
    OccurrenceSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
    http_call,
)

HERE = Path(__file__).parent
OLD, NEW = "app@1.9.0", "app@2.0.0"
DEPLOYED = -14_000.0
START, END = -50.0, -2.0
HEALTHY: dict[str, Any] = {"count": 24_000, "crashed": 24}


@dataclass(frozen=True)
class Label:
    """What a responder would say of the incident.

    Attributes:
        severity: the level.
        cause: the first pattern, or ``none``.
        confidence: of that pattern, where the entry insists on one.
        could_be: lowest and highest severity that the unknown inputs allow, where the entry insists.
        findings: kinds of warnings that must be there.
    """

    severity: str
    cause: str = "none"
    confidence: str | None = None
    decided_by: str | None = None
    could_be: tuple[str, str] | None = None
    findings: tuple[str, ...] = ()
    without_suspects: str | None = None
    suspect_release: str | None = None


@dataclass(frozen=True)
class Entry:
    """One labelled incident."""

    name: str
    file: str
    label: Label
    scenario: Scenario
    profile: Profile = field(default_factory=Profile)
    ask: Mapping[str, Any] = field(default_factory=dict)
    now: float = 0.0
    """Minutes past the full hour at which it is looked at."""


def entries() -> Iterator[Entry]:
    """All incidents, file by file.

    Raises:
        ValueError: an entry holds a key that nobody reads, or a name appears twice.
    """
    errors = tomllib.loads((HERE / "errors.toml").read_text(encoding="utf-8"))
    seen: set[str] = set()
    for path in sorted((HERE / "incidents").glob("*.toml")):
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["incident"]:
            entry = _entry(dict(raw), path.stem, errors)
            if entry.name in seen:
                raise ValueError(f"{path.name}: two incidents are called {entry.name!r}")
            seen.add(entry.name)
            yield entry


def _entry(raw: dict[str, Any], file: str, errors: Mapping[str, Any]) -> Entry:
    name, now = raw.pop("name"), raw.pop("now", 0.0)
    label = {one.name: raw.pop(one.name) for one in fields(Label) if one.name in raw}
    for several in ("could_be", "findings"):
        if several in label:
            label[several] = tuple(label[several])
    ask = raw.pop("ask", {})
    profile = raw.pop("profile", {})
    if "absent" in profile:
        profile = {**profile, "absent": frozenset(profile["absent"])}
    own = {key: raw.pop(key) for key in ("type", "value", "at", "crumbs") if key in raw}
    error = {**errors[raw.pop("error", "undefined_property")], **own}
    scenario = _scenario(name, raw, error)
    if raw:
        raise ValueError(f"{file}: {name!r} holds keys that nobody reads: {', '.join(raw)}")
    return Entry(name, file, Label(**label), scenario, Profile(**profile), ask, now)


def _scenario(name: str, raw: dict[str, Any], error: Mapping[str, Any]) -> Scenario:
    platform = raw.pop("platform", "python")
    releases, suspects = _releases(raw)
    others = raw.pop("others", ())
    sessions = raw.pop("sessions", HEALTHY)
    traffic = raw.pop("traffic", ())
    quiet = raw.pop("quiet_issue", False)
    flags = raw.pop("flag_changes", ())
    main = _main(raw, error, suspects)
    issues = [main]
    if others:
        issues.append(_issue("SHOP-9", "Another issue of the project", tuple(_stream(one) for one in others)))
    if quiet:
        # Another, older issue shows that the old release still runs.
        streams = (Stream(40, -2800, -1, users=30, release=OLD, handled=True),)
        issues.append(_issue("SHOP-8", "An old acquaintance", streams))
    return Scenario(
        name=name,
        project="shop",
        platform=platform,
        issues=tuple(issues),
        releases=releases,
        sessions=_sessions(sessions),
        flags=tuple(FlagChangeSpec(**one) for one in flags),
        transactions=tuple(Transactions("POST /checkout", **one) for one in traffic)
        or (Transactions("POST /checkout", 800),),
    )


def _issue(short_id: str, title: str, streams: tuple[Stream, ...]) -> IssueSpec:
    return IssueSpec(short_id, title, chain=(Raised("RuntimeError", title),), streams=streams, transaction="GET /other")


def _main(raw: dict[str, Any], error: Mapping[str, Any], suspects: tuple[CommitSpec, ...]) -> IssueSpec:
    category = raw.pop("category", "error")
    if category != "error":
        kind = {"performance": "performance_slow_db_query", "outage": "uptime_domain_failure"}[category]
        return IssueSpec(
            "SHOP-1Z",
            streams=_streams(raw),
            category=category,
            issue_type=kind,
            occurrence=OccurrenceSpec("Slow query on checkout" if category == "performance" else "Uptime check failed"),
            transaction="POST /checkout",
        )
    return IssueSpec(
        "SHOP-1Z",
        chain=(_raised(error),),
        streams=_streams(raw),
        level=raw.pop("level", "error"),
        handled=raw.pop("handled", False),
        transaction=raw.pop("transaction", "POST /checkout"),
        breadcrumbs=tuple(_crumb(text, place) for place, text in enumerate(error.get("crumbs", ()))),
        request=RequestSpec(
            "POST",
            raw.pop("request", "https://shop.example.com/checkout"),
            data=raw.pop("data", None),
            query=raw.pop("query", {}),
        ),
        processing_errors=tuple((kind, text) for kind, text in raw.pop("processing_errors", ())),
        history=tuple(StateChange(**one) for one in raw.pop("history", ())),
        escalated=raw.pop("escalated", None),
        contexts=_flags(raw.pop("flags", {})),
        tags={key: {value: 1.0} for key, value in raw.pop("tags", {}).items()},
        suspects=suspects,
    )


def _streams(raw: dict[str, Any]) -> tuple[Stream, ...]:
    shared: dict[str, Any] = {key: raw.pop(key) for key in ("environment", "release") if key in raw}
    usual = raw.pop("usual", None)
    streams = [_stream({**shared, **one}) for one in raw.pop("streams", ())]
    if "events" in raw:
        start, end = raw.pop("minutes", (START, END))
        users = {"users": raw.pop("users")} if "users" in raw else {}
        streams.append(_stream({"count": raw.pop("events"), "start": start, "end": end, **users, **shared}))
    if usual:
        # That many events an hour for ten days: an old issue with a baseline.
        streams.append(Stream(usual * 240, -14_400, 0, users=20, first_user=5_000))
    return tuple(streams)


def _stream(raw: Mapping[str, Any]) -> Stream:
    made = {"start": START, "end": END, **raw}
    for key in ("environment", "release"):
        if made.get(key) == "none":
            made[key] = None
    return Stream(**made)


def _releases(raw: dict[str, Any]) -> tuple[tuple[ReleaseSpec, ...], tuple[CommitSpec, ...]]:
    """The releases, and the commits that Sentry suspects."""
    given = raw.pop("releases", None)
    commit = raw.pop("commit", None)
    if given is not None:
        made = [_release(**one) for one in given]
        return tuple(made), tuple(found for release in made for found in release.commits)
    commits = (CommitSpec("Rename total to amount (#12)", commit, pull_request=12),) if commit is not None else ()
    releases = [ReleaseSpec(OLD, DEPLOYED - 60, (DeploySpec(DEPLOYED),))]
    if "deploy" in raw:
        at, where = raw.pop("deploy"), raw.pop("deploy_to", "production")
        releases.append(ReleaseSpec(NEW, at - 15, (DeploySpec(at, where),), commits))
    elif "release_without_deploy" in raw:
        releases.append(ReleaseSpec(NEW, raw.pop("release_without_deploy"), (), commits))
    return tuple(releases), commits


def _release(version: str, deploys: list[float], commit: float | None = None) -> ReleaseSpec:
    commits = (CommitSpec("Rename total to amount (#12)", commit, pull_request=12),) if commit is not None else ()
    return ReleaseSpec(version, min(deploys) - 15, tuple(DeploySpec(at) for at in deploys), commits)


def _sessions(raw: Any) -> tuple[SessionsSpec, ...]:
    if raw == "none":
        return ()
    return tuple(SessionsSpec(**one) for one in (raw if isinstance(raw, list) else [raw]))


def _flags(values: Mapping[str, Any]) -> dict[str, Mapping[str, object]]:
    """The context in which an SDK sends the flags that were evaluated."""
    return (
        {"flags": {"values": [{"flag": flag, "result": result} for flag, result in values.items()]}} if values else {}
    )


def _raised(error: Mapping[str, Any]) -> Raised:
    frames: tuple[FrameSpec, ...] = ()
    if "at" in error:
        place = re.fullmatch(r"(\S+) \((.+):(\d+)\)", error["at"])
        if place is None:
            raise ValueError(f"not a place: {error['at']!r}")
        frames = (FrameSpec(place[1], place[2], int(place[3])),)
    return Raised(error["type"], error["value"], frames)


def _crumb(text: str, place: int) -> Crumb:
    call = re.fullmatch(r"(GET|POST|PUT) (\S+) (\d{3}|-)", text)
    before = 5.0 - place
    if call is None:
        return Crumb("log", text, seconds_before=before)
    if call[3] == "-":
        return Crumb("http", None, "error", {"method": call[1], "url": call[2]}, "http", before)
    return http_call(call[1], call[2], int(call[3]), seconds_before=before)
