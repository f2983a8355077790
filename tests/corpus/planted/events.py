"""From an entry to raw events: who meets what and when, drawn by the entry's seed, and the world that holds them.

The rows that are drawn here are the truth: ``truth`` counts over them, and the embedded Sentry answers from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import Any

from sentry_runbook.simulator import materialise_events
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.event_record import ToldEvents
from sentry_runbook.simulator.records import MINUTE, EventRecord, IssueRecord, digest
from sentry_runbook.simulator.scenario import (
    DeploySpec,
    FlagChangeSpec,
    IssueSpec,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.spread import GOLDEN
from sentry_runbook.simulator.world import World
from tests.corpus.entries import _crumb, _raised
from tests.corpus.planted.entries import Other, Planted, Rollout
from tests.corpus.planted.mix import COUNTRIES, Block, Values, blocks, draw

MAIN = "SHOP-1Z"
DAY = 1_440.0
PLATFORMS = {"web": "javascript", "backend": "python", "mobile": "cocoa"}
OF_ONE_PERSON = ("browser", "os", "device", "customer", "plan", "country", "locale", "isp")
"""Tags that do not change while one person uses the product."""
OTHERS = 2_000
"""People who meet the project's other issues."""
Fill = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One raw event.

    Attributes:
        at: minutes from now.
        tags: what Sentry indexes, the release included.
        flags: evaluated before it, name → ``true`` or ``false``.
        user: number of the person; None: the event names none.
        country: of the person's address; a person stays in one.
        is_planted: whether it is of the events above usual that carry what was planted.
    """

    at: float
    tags: Values
    flags: Values
    user: int | None
    country: str
    is_planted: bool = False
    variant: int = 0


class Played:
    """All raw events of an entry, each drawn once."""

    def __init__(self, entry: Planted) -> None:
        self.entry = entry
        rng = Random(entry.seed)  # noqa: S311 # noise, not secrets
        self.rng = rng
        hour, minute = map(int, entry.now.split(":")) if entry.now else (rng.randrange(8, 21), rng.randrange(60))
        self.now = datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
        self.mix: list[Block] = blocks(rng, entry.platform, entry.customers, entry.hosts, entry.skew)
        for tag, values in entry.extra.items():
            weights = tuple(1 / rank**entry.skew for rank in range(1, len(values) + 1))
            self.mix.append(Block((tag,), tuple((value,) for value in values), weights))
        if entry.common:
            self.mix = [
                part.led_by(entry.planted) if set(part.tags) & set(entry.planted) else part for part in self.mix
            ]
        self.rows = sorted((*self._usual_events(), *self._planted_events(), *self._bursts()), key=lambda row: row.at)
        self.others = {other.short_id: sorted(self._other(other), key=lambda row: row.at) for other in entry.others}

    # --- the issue

    def _usual_events(self) -> Iterator[Row]:
        entry = self.entry
        start, end = entry.minutes
        yield from self._fill(self._process(entry.usual, -entry.days * DAY, 0.0))
        if entry.rise > 1:
            yield from self._fill(self._process(entry.usual * (entry.rise - 1), start, end))

    def _planted_events(self) -> Iterator[Row]:
        entry, rng = self.entry, self.rng
        start, end = entry.minutes
        carrying = round(entry.events * (1 - entry.contamination))
        times = sorted(rng.uniform(start, end) for _ in range(entry.events))
        rng.shuffle(times)
        yield from self._fill(times[:carrying], entry.planted)
        yield from self._fill(times[carrying:])

    def _bursts(self) -> Iterator[Row]:
        bursts = self.entry.bursts
        if bursts is None:
            return
        times: list[float] = []
        for hours in range(int(bursts.days * 24) + 1):
            begin = self.now.replace(minute=0) - timedelta(hours=hours)
            for minute in bursts.minutes:
                at = (begin - self.now).total_seconds() / 60 + minute
                if at < 0 and (not bursts.hours or begin.hour in bursts.hours):
                    many = round(bursts.events * self.rng.uniform(0.8, 1.2))
                    times += [at + bursts.length * self.rng.betavariate(1, 3) for _ in range(many)]
        yield from self._fill([at for at in times if at < 0], self.entry.planted)

    def _other(self, other: Other) -> Iterator[Row]:
        yield from self._fill(self._process(other.per_hour, -self.entry.days * DAY, 0.0), people=OTHERS)
        yield from self._fill([self.rng.uniform(*other.minutes) for _ in range(other.events)], people=OTHERS)

    def _process(self, per_hour: float, start: float, end: float) -> list[float]:
        """Instants of a Poisson process, busier by day by the entry's ``rhythm`` (1: nights are empty)."""
        times, at = [], start
        rhythm = self.entry.rhythm
        while per_hour:
            at += self.rng.expovariate(per_hour * (1 + rhythm) / 60)
            if at >= end:
                break
            hour = (self.now + timedelta(minutes=at)).hour
            busy = (1 - rhythm if hour < 7 or hour > 21 else 1 + rhythm) if rhythm else 1.0
            if self.rng.random() < busy / (1 + rhythm):
                times.append(at)
        return times

    # --- what an event carries

    def _fill(self, times: Sequence[float], planted: Values | None = None, people: int = 0) -> Iterator[Row]:
        entry, rng, people = self.entry, self.rng, people or self.entry.people
        wanted = dict(planted or {})
        person = int(wanted.pop("user")) if "user" in wanted else None
        release = wanted.pop("release", None)
        flags = {key.removeprefix("flag:"): wanted.pop(key) for key in list(wanted) if key.startswith("flag:")}
        drawn = draw(rng, self.mix, len(times), wanted)
        weights = [float(variant["weight"]) for variant in entry.variants] or [1.0]
        for at, tags in zip(times, drawn, strict=True):
            if person is not None:
                tags |= {tag: value for tag, value in drawn[0].items() if tag in OF_ONE_PERSON}
            kept = {tag: value for tag, value in tags.items() if rng.random() >= entry.missing}
            kept["release"] = release or self._release(at)
            known = person is not None or rng.random() < entry.identified
            user = (person if person is not None else rng.randrange(people)) if known else None
            yield Row(
                at,
                kept,
                {flag.name: flags.get(flag.name) or self._flag(flag, at) for flag in entry.flags},
                user,
                tags.get("country") or self._home(user),
                planted is not None,
                rng.choices(range(len(weights)), weights)[0],
            )

    def _home(self, user: int | None) -> str:
        """Where a person lives: of a few countries, the first of which has most of them."""
        if self.entry.one_country or user is None:
            return COUNTRIES[0]
        return COUNTRIES[int(len(COUNTRIES) * (user * GOLDEN % 1) ** 2)]

    def _release(self, at: float) -> str:
        parts = release_parts(self.entry.releases, at)
        return self.rng.choices(list(parts), list(parts.values()))[0]

    def _flag(self, flag: Rollout, at: float) -> str:
        return "true" if self.rng.random() < (flag.share if at >= flag.at else flag.before) else "false"

    # --- the world

    @cached_property
    def clock(self) -> ManualClock:
        """The clock of server and world."""
        return ManualClock(self.now)

    def world(self) -> World:
        """The embedded Sentry that holds these events."""
        world = World(self._scenario(), self.clock)
        project = world.projects[0]
        rows = {MAIN: self.rows, **self.others}
        for issue in project.issues:
            records = list(_records(issue, rows[issue.short_id], world.origin, self.entry))
            issue.events.add(records)
            project.events.add(records)
            project.note_environments(records)
        return world

    def _scenario(self) -> Scenario:
        entry = self.entry
        error = entry.error
        main = IssueSpec(
            MAIN,
            chain=tuple(_raised(part) for part in (*error.get("causes", ()), error)),
            level=entry.level,
            handled=entry.handled,
            priority="medium" if entry.handled else "high",
            breadcrumbs=_crumbs(error.get("crumbs", ())),
            request=_request(entry.request) if entry.request or entry.platform == "backend" else None,
        )
        others = [
            IssueSpec(
                other.short_id,
                other.title,
                chain=(_raised({"type": other.title.partition(": ")[0], "value": other.title.partition(": ")[2]}),),
                handled=other.handled,
                priority="high",
            )
            for other in entry.others
        ]
        return Scenario(
            name=entry.name,
            project="shop",
            platform=PLATFORMS[entry.platform],
            issues=(main, *others),
            releases=tuple(
                ReleaseSpec(part.name, part.at - 20, (DeploySpec(part.at),) if part.logged else ())
                for part in entry.releases
            ),
            sessions=tuple(self._sessions()),
            flags=tuple(FlagChangeSpec(flag.at, flag.name, by=flag.by) for flag in entry.flags if flag.logged),
            transactions=(Transactions("POST /checkout", 800),) if entry.platform != "mobile" else (),
        )

    def _sessions(self) -> Iterator[SessionsSpec]:
        entry = self.entry
        start, end = entry.minutes
        edges = sorted({-2 * DAY, start, end, 0.0, *(part.at for part in entry.releases if part.at > -2 * DAY)})
        for begin, finish in pairwise(edges):
            for version, part in release_parts(entry.releases, begin).items():
                many = round(entry.sessions_per_hour * part * (finish - begin) / 60)
                is_hit = start <= begin < end and entry.expect.bad in (None, version)
                crashed = round(many * (entry.crash_pct if is_hit else 0.1) / 100)
                if many:
                    yield SessionsSpec(many, begin, finish, crashed=crashed, release=version)


def release_parts(releases: Sequence[Rollout], at: float) -> dict[str, float]:
    """The part of the traffic on each release at a minute; before all of them, the first one's."""
    parts = {releases[0].name: 1.0}
    for release in releases[1:]:
        if release.at <= at:
            parts = {name: part * (1 - release.share) for name, part in parts.items()} | {release.name: release.share}
    return {name: part for name, part in parts.items() if part > 0}


def _crumbs(texts: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_crumb(text, place) for place, text in enumerate(texts))


def _request(request: Fill) -> RequestSpec:
    return RequestSpec(**{"method": "POST", "url": "https://shop.example.com/checkout", **request})


SHARED = ("level", "handled", "mechanism", "environment", "url", "runtime.name")


def _records(issue: IssueRecord, rows: Sequence[Row], origin: int, entry: Planted) -> Iterator[EventRecord]:
    template = materialise_events.events(issue, Stream(1, 0, 0, environment=entry.environment), origin, "template")[0]
    shared = {tag: template.tags[tag] for tag in SHARED if tag in template.tags}
    variants = entry.variants if issue.short_id == MAIN else ()
    crumbs = [_crumbs(variant["crumbs"]) for variant in variants] or [template.breadcrumbs]
    for number, row in enumerate(rows, 1):
        tags = {**shared, **row.tags, **derived_tags(row.tags)}
        person = None
        if row.user is not None:
            person = materialise_events.visitor(row.user, row.country, entry.same_address and row.is_planted)
            tags["user"] = f"id:{person.id}"
        facts = replace(
            template.facts,
            id=digest("planted", issue.short_id, entry.seed, number),
            number=number,
            flags=dict(row.flags),
            release=row.tags["release"],
            user=person,
            tags=tags,
            transaction=row.tags.get("transaction"),
            breadcrumbs=crumbs[row.variant if variants else 0],
        )
        yield EventRecord(origin + round(row.at * MINUTE), issue, ToldEvents(facts))


def derived_tags(tags: Values) -> dict[str, str]:
    """The tags that Sentry derives from others."""
    derived = {f"{tag}.name": tags[tag].rpartition(" ")[0] for tag in ("browser", "os", "runtime") if tag in tags}
    return derived | ({"device.family": tags["device"]} if "device" in tags else {})
