"""Reads the planted incidents of ``explanations/*.toml``; the corpus's README says what an entry may hold."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from sentry_runbook.simulator.scenario import Level

HERE = Path(__file__).parents[1]
FOLDER = HERE / "explanations"
HELD_OUT = "held_out"
"""Name of the file whose entries were written before any of them was played, and to which nothing is fitted."""
Minutes = tuple[float, float]


@dataclass(frozen=True)
class Rollout:
    """A release or a flag that part of the traffic has from some minute on.

    Attributes:
        name: version or flag.
        at: minutes from now; for a release its deploy.
        share: part of the traffic that has it after that.
        before: part of the traffic that had it before.
        logged: whether Sentry knows of it: deploy marker, or entry in the log of flag changes.
        by: who changed the flag.
    """

    name: str
    at: float
    share: float = 1.0
    before: float = 0.0
    logged: bool = True
    by: str = "dana.ortiz@example.com"


@dataclass(frozen=True)
class Other:
    """Another issue of the project, with the usual mix.

    Attributes:
        per_hour: its usual rate for all days.
        events, minutes: a burst of it in addition.
    """

    short_id: str = "SHOP-9"
    title: str = "TimeoutError: search took too long"
    per_hour: float = 15.0
    events: int = 0
    minutes: Minutes = (-60.0, -2.0)
    handled: bool = False


@dataclass(frozen=True)
class Bursts:
    """Events that come by a clock, each burst within ``length`` minutes.

    Attributes:
        minutes: of the hour at which bursts begin.
        hours: of the day; none: every hour.
        events: of one burst, on average.
        days: for how many days back.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...] = ()
    events: int = 40
    length: float = 3.0
    days: float = 1.0


@dataclass(frozen=True)
class Expected:
    """What an on-call engineer who read the raw events would name first.

    Attributes:
        values: the set of tag values; empty: no set is expected.
        dependency: ``kind``, ``internal`` and ``name`` (part of the name).
        calls: failed calls an event.
        cause: the first pattern.
        leading: short id of the issue that matters.
        next: clock time of the next burst, or the answer that there is one at all.
        schedule: words that the value of the schedule must hold.
        bad, healthy: releases by sessions.
        change: words that the nearest change must hold.
        nothing: True: nothing may be claimed to explain it.
        without: patterns, beside the three new ones, that an entry insists must not be claimed.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    dependency: Mapping[str, Any] = field(default_factory=dict)
    calls: float | None = None
    cause: str | None = None
    leading: str | None = None
    schedule: tuple[str, ...] = ()
    next: str | None = None
    bad: str | None = None
    healthy: str | None = None
    change: str | None = None
    nothing: bool = False
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Planted:
    """One incident whose cause was planted.

    Attributes:
        kind: what was planted, as figures are counted by.
        seed: of all that is random in it.
        events, minutes: events above usual, and when they come.
        planted: the tag values that they carry; ``flag:NAME`` is a flag, ``user`` a number.
        common: whether the planted values are the most frequent ones of their tags usually, too.
        contamination: part of the events above usual that does not carry them.
        usual: the issue's usual events an hour, for ``days`` days; 0: it is new.
        rise: factor by which the usual events grow in the incident, in all values alike.
        skew: exponent of Zipf's law of the usual mix.
        missing: chance that an event lacks a tag.
        people: of whom each event meets one; ``identified``: part of the events with a user; ``one_country``:
            all live in one country.
        extra: tags of the project's own, with their values, the most frequent first.
        variants: breadcrumbs and their weights, where events differ in them.
        crash_pct: of the sessions, in the incident; on ``expect.bad`` alone, where releases stand beside each other.
        sessions_per_hour: 0: the project sends none.
        now: clock time of the look; by default one drawn by the seed.
        ask: arguments of the tool beside the issue.
    """

    name: str
    kind: str
    seed: int
    file: str
    events: int = 0
    minutes: Minutes = (-70.0, -2.0)
    planted: Mapping[str, str] = field(default_factory=dict)
    common: bool = False
    contamination: float = 0.1
    usual: float = 20.0
    days: float = 11.0
    rise: float = 1.0
    rhythm: float = 0.0
    skew: float = 1.1
    missing: float = 0.03
    platform: str = "backend"
    customers: int = 60
    hosts: int = 12
    people: int = 600
    identified: float = 0.95
    one_country: bool = False
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    releases: tuple[Rollout, ...] = (Rollout("shop@4.1.0", -14_000.0),)
    flags: tuple[Rollout, ...] = ()
    others: tuple[Other, ...] = (Other(),)
    bursts: Bursts | None = None
    error: Mapping[str, Any] = field(default_factory=dict)
    variants: tuple[Mapping[str, Any], ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    level: Level = "error"
    handled: bool = False
    environment: str = "production"
    same_address: bool = False
    crash_pct: float = 0.1
    sessions_per_hour: int = 1_000
    now: str | None = None
    ask: Mapping[str, Any] = field(default_factory=dict)
    expect: Expected = field(default_factory=Expected)

    @property
    def size(self) -> float:
        """How many events it has, about."""
        return self.events + self.usual * 24 * self.days

    def again(self, times: int) -> Planted:
        """The same with other noise."""
        return replace(self, seed=self.seed + 1_000 * times, name=f"{self.name} ({times + 1})") if times else self

    @property
    def held_out(self) -> bool:
        """Whether it is of the half to which nothing is fitted."""
        return self.file == HELD_OUT


@cache
def planted_incidents() -> tuple[Planted, ...]:
    """All entries, file by file.

    Raises:
        ValueError: two share a name or a seed.
        TypeError: an entry holds a key that nobody reads.
    """
    entries = tuple(_all())
    for what in ("name", "seed"):
        values = [getattr(entry, what) for entry in entries]
        if doubled := {value for value in values if values.count(value) > 1}:
            raise ValueError(f"two planted incidents share a {what}: {doubled}")
    return entries


def smallest_third(entries: Sequence[Planted]) -> list[Planted]:
    """A third of the entries of each kind, one at least: those that are played fastest."""
    kinds: dict[str, list[Planted]] = {}
    for entry in entries:
        kinds.setdefault(entry.kind, []).append(entry)
    return [
        entry for kind in kinds.values() for entry in sorted(kind, key=lambda one: one.size)[: max(1, len(kind) // 3)]
    ]


def _all() -> Iterator[Planted]:
    errors = tomllib.loads((HERE / "errors.toml").read_text(encoding="utf-8"))
    for path in sorted(FOLDER.glob("*.toml")):
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["planted"]:
            yield _entry(dict(raw), path.stem, errors)


def _entry(raw: dict[str, Any], file: str, errors: Mapping[str, Any]) -> Planted:
    values = raw.pop("values", {})
    expected = {key: raw.pop(key) for key in _names(Expected) if key in raw and key != "values"}
    if values and raw["kind"] not in ("none", "changes"):
        expected["values"] = values
    error = raw.get("error", "undefined_property" if raw.get("platform") == "web" else "none_attribute")
    raw["error"] = errors[error] if isinstance(error, str) else error
    for key, of in (("releases", Rollout), ("flags", Rollout), ("others", Other)):
        if key in raw:
            raw[key] = tuple(of(**_tuples(part)) for part in raw[key])
    if "bursts" in raw:
        raw["bursts"] = Bursts(**_tuples(raw["bursts"]))
    if raw["kind"] == "none":
        expected["nothing"] = True
    return Planted(file=file, planted=values, expect=Expected(**_tuples(expected)), **_tuples(raw))


def _names(of: type[Expected]) -> tuple[str, ...]:
    return tuple(one.name for one in fields(of))


def _tuples(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
