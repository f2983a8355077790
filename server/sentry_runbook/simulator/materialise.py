"""From descriptions to records: where each event of a stream falls, whom it hits and which tags it carries.

Nothing here is random (``spread``), so counts and shares are exact and every run of a scenario is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sentry_runbook.simulator.records import (
    MINUTE,
    CommitRecord,
    DeployRecord,
    EventRecord,
    IssueRecord,
    ProjectRecord,
    ReleaseRecord,
    SessionMinute,
    SpanRecord,
    Visitor,
    digest,
    number_id,
)
from sentry_runbook.simulator.scenario import (
    LATEST,
    CommitSpec,
    DeploySpec,
    RawEventSpec,
    ReleaseSpec,
    SessionsSpec,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.spread import GOLDEN, deal, done_until, instants, share

# What a browser application's events look like when the scenario does not say: browser, system, device.
_CLIENTS = {
    "Chrome 141.0|Windows 11|Other": 4.0,
    "Safari 18.5|iOS 18.5|iPhone": 3.0,
    "Chrome 141.0|Android 15|Pixel 8": 2.0,
    "Firefox 143.0|Ubuntu 24.04|Other": 1.0,
}
_SERVERS = {"web-1": 1.0, "web-2": 1.0, "web-3": 1.0}
_COUNTRIES = {"US": 5.0, "DE": 3.0, "FR": 2.0}
_BROWSER_PLATFORMS = ("javascript", "react", "vue", "angular")


def runs_in_browser(platform: str) -> bool:
    """Return whether a platform's events come from browsers, and so carry browser and device tags."""
    return platform.startswith(_BROWSER_PLATFORMS)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The values dealt to a stream's events, one list a tag; so for the results of flags."""

    tags: dict[str, list[str]]
    flags: dict[str, list[str]]
    countries: list[str]

    @classmethod
    def of(cls, issue: IssueRecord, stream: Stream) -> _Columns:
        count = stream.count
        browser, system, device = stream.browsers, stream.systems, stream.devices
        servers = stream.servers
        dealt: dict[str, list[str]] = {}
        if runs_in_browser(issue.spec.platform or issue.project.platform):
            usual = [client.split("|") for client in deal(_CLIENTS, count, 1)]
            for part, key in enumerate(("browser", "os", "device")):
                dealt[key] = [client[part] for client in usual]
        elif servers is None:
            servers = _SERVERS
        named = {"browser": browser, "os": system, "device": device, "server_name": servers}
        for salt, (key, weights) in enumerate(named.items(), 2):
            if weights is not None:
                dealt[key] = deal(weights, count, salt) if weights else []
        for salt, (key, weights) in enumerate((dict(issue.spec.tags) | dict(stream.tags)).items(), 7):
            dealt[key] = deal(weights, count, salt) if weights else []
        flags = {flag: deal(weights, count, salt) for salt, (flag, weights) in enumerate(stream.flags.items(), 11)}
        return cls(
            {key: values for key, values in dealt.items() if values},
            flags,
            deal(stream.countries or _COUNTRIES, count, 6),
        )


def visitor(number: int, country: str, same_address: bool = False) -> Visitor:
    """Return the person with a number; the addresses are of the ranges kept for documentation."""
    ip = "203.0.113.7" if same_address else f"198.51.100.{number % 250 + 1}"
    return Visitor(str(10_000 + number), f"user{number}@customers.example", f"user{number}", ip, country)


def _visitors(stream: Stream, countries: list[str]) -> list[Visitor | None]:
    with_context = 0 if stream.users == 0 else round(stream.count * stream.user_share)
    met = 0
    people: list[Visitor | None] = []
    for index in range(stream.count):
        if not share(with_context, stream.count, index):
            people.append(None)
            continue
        number = stream.first_user + (met % stream.users if stream.users else met)
        people.append(visitor(number, countries[number % stream.count], stream.same_address))
        met += 1
    return people


def _split(tags: dict[str, str], platform: str) -> None:
    """Add the tags that Sentry derives from others: the name without the version, the device's family."""
    for key, derived in (("browser", "browser.name"), ("os", "os.name")):
        if key in tags:
            tags[derived] = tags[key].rpartition(" ")[0] or tags[key]
    if "device" in tags:
        tags["device.family"] = tags["device"]
    if not runs_in_browser(platform):
        runtime = "CPython 3.12.7" if platform.startswith("python") else "node v22.11.0"
        tags.setdefault("runtime", runtime)
        tags.setdefault("runtime.name", runtime.rpartition(" ")[0])


def _fixed_tags(issue: IssueRecord, handled: bool, transaction: str | None, environment: str | None) -> dict[str, str]:
    """Return the tags that all events of a stream share."""
    spec = issue.spec
    fixed: dict[str, str] = {"level": spec.level}
    if spec.category == "error":
        fixed["handled"] = "yes" if handled else "no"
        if spec.chain:
            fixed["mechanism"] = spec.chain[-1].mechanism
    return fixed | {key: value for key, value in (("transaction", transaction), ("environment", environment)) if value}


def events(issue: IssueRecord, stream: Stream, origin: int, batch: str) -> list[EventRecord]:
    """Make the events of one stream; ``batch`` keeps their ids apart from other streams'."""
    if not stream.count:
        return []
    spec, project = issue.spec, issue.project
    columns = _Columns.of(issue, stream)
    people = _visitors(stream, columns.countries)
    handled = spec.handled if stream.handled is None else stream.handled
    transaction = stream.transaction or spec.transaction
    fixed = _fixed_tags(issue, handled, transaction, stream.environment)
    batch_events: list[EventRecord] = []
    start, end = origin + round(stream.start * MINUTE), origin + round(stream.end * MINUTE)
    for index, at in enumerate(instants(stream.count, start, end, stream.shape, stream.rates)):
        release = project.live_release(stream.environment, at) if stream.release == LATEST else stream.release
        tags = fixed | {key: values[index] for key, values in columns.tags.items()}
        _split(tags, spec.platform or project.platform)
        if spec.request:
            tags["url"] = spec.request.url.replace("{n}", str(index + 1))
        if release:
            tags["release"] = release
        person = people[index]
        if person:
            tags["user"] = f"id:{person.id}"
        number = digest(project.slug, issue.short_id, batch, index)
        batch_events.append(
            EventRecord(
                at,
                number,
                issue,
                index + 1,
                release,
                stream.environment,
                handled,
                person,
                tags,
                transaction,
                spec.breadcrumbs if stream.breadcrumbs is None else stream.breadcrumbs,
                {flag: results[index] for flag, results in columns.flags.items()},
                digest("trace", number),
            )
        )
    return batch_events


def _named_visitor(user: str) -> Visitor:
    """Return the person with an id that the scenario gives; all else of them follows from it."""
    place = int(digest("visitor", user, size=4), 16)
    return Visitor(user, f"{user}@customers.example", user, f"198.51.100.{place % 250 + 1}", "US")


def raw_events(issue: IssueRecord, described: Sequence[RawEventSpec], origin: int) -> list[EventRecord]:
    """Make the events that are told one by one."""
    return [_raw_event(issue, event, origin, index) for index, event in enumerate(described)]


def _raw_event(issue: IssueRecord, event: RawEventSpec, origin: int, index: int) -> EventRecord:
    spec, project = issue.spec, issue.project
    at = origin + round(event.at * MINUTE)
    handled = spec.handled if event.handled is None else event.handled
    transaction = event.transaction or spec.transaction
    release = project.live_release(event.environment, at) if event.release == LATEST else event.release
    tags = _fixed_tags(issue, handled, transaction, event.environment) | dict(event.tags)
    _split(tags, spec.platform or project.platform)
    if spec.request:
        tags["url"] = spec.request.url.replace("{n}", str(index + 1))
    if release:
        tags["release"] = release
    if event.user:
        tags["user"] = f"id:{event.user}"
    return EventRecord(
        at,
        digest(project.slug, issue.short_id, "raw", index),
        issue,
        index + 1,
        release,
        event.environment,
        handled,
        _named_visitor(event.user) if event.user else None,
        tags,
        transaction,
        spec.breadcrumbs,
        {flag: str(result).lower() for flag, result in event.flags.items()},
        event.trace,
    )


def _duration(quantile: float, typical: float, p95: float) -> float:
    # A broad step around the 95th percentile: whatever stretch of the requests is looked at, and however the
    # percentile is interpolated, the answer is this number. Quantiles that are 34 requests apart differ by 0.0132
    # (multiples of the golden ratio): a top step narrower than that holds one request of any 55 at most. Two among
    # 40 would reach into the interpolation.
    if quantile < 0.86:
        return round(typical * (0.6 + 0.8 * quantile), 1)
    return p95 if quantile < 0.99 else round(p95 * 1.2, 1)


def spans(project: ProjectRecord, described: Transactions, origin: int, batch: str) -> list[SpanRecord]:
    """Make the traced requests of one endpoint."""
    count = described.count
    start, end = origin + round(described.start * MINUTE), origin + round(described.end * MINUTE)
    return [
        SpanRecord(
            at,
            digest(project.slug, described.name, batch, index, size=8),
            project,
            described.name,
            _duration(((index + 0.5) * GOLDEN) % 1, described.typical_ms, described.p95_ms),
            bool(share(described.failed, count, index)),
            project.live_release(described.environment, at) if described.release == LATEST else described.release,
            described.environment,
        )
        for index, at in enumerate(instants(count, start, end, rates=described.rates))
    ]


def _part(part: int, whole: int, before: int, after: int) -> int:
    """Return how much of ``part`` lies among the items ``before`` to ``after`` of ``whole`` when spread evenly."""
    return after * part // whole - before * part // whole if whole else 0


def _sessions_until(described: SessionsSpec, minute: int, minutes: int) -> int:
    if not described.rates:
        return minute * described.count // minutes
    return (
        described.count if minute == minutes else int(described.count * done_until(described.rates, minute / minutes))
    )


def session_minutes(project: ProjectRecord, described: SessionsSpec, origin: int) -> list[SessionMinute]:
    """Spread sessions over their minutes; every sum is exact, and no minute has more crashes than sessions."""
    whole = described.count
    broken = described.crashed + described.unhandled + described.errored
    people = whole * 2 // 3 if described.users is None else described.users
    minutes = max(1, round(described.end - described.start))
    start = origin + round(described.start * MINUTE)
    records = []
    for index in range(minutes):
        at = start + index * MINUTE + MINUTE // 2
        sessions = [_sessions_until(described, step, minutes) for step in (index, index + 1)]
        if sessions[0] == sessions[1]:
            continue
        bad = [_part(broken, whole, 0, reached) for reached in sessions]
        crashed = [_part(described.crashed, broken, 0, reached) for reached in bad]
        rest = [both - part for both, part in zip(bad, crashed, strict=True)]
        unhandled = [_part(described.unhandled, broken - described.crashed, 0, reached) for reached in rest]
        live = described.release == LATEST
        records.append(
            SessionMinute(
                at,
                described.environment,
                project.live_release(described.environment, at) if live else described.release,
                sessions[1] - sessions[0],
                crashed[1] - crashed[0],
                unhandled[1] - unhandled[0],
                (rest[1] - unhandled[1]) - (rest[0] - unhandled[0]),
                _part(people, whole, *sessions),
            )
        )
    return records


def commit(described: CommitSpec, origin: int) -> CommitRecord:
    """Make a commit; its hash depends on what it says alone."""
    return CommitRecord(
        origin + round(described.at * MINUTE),
        digest(described.message, described.author, size=20),
        described.message,
        described.author,
        described.email,
        described.pull_request,
        described.repository,
    )


def deploy(described: DeploySpec, version: str, origin: int, salt: object) -> DeployRecord:
    """Make a deploy marker."""
    at = origin + round(described.at * MINUTE)
    started = None if described.took is None else at - round(described.took * MINUTE)
    return DeployRecord(at, number_id("deploy", version, salt, digits=8), described.environment, started)


def release(project: ProjectRecord, described: ReleaseSpec, origin: int) -> ReleaseRecord:
    """Make a release with its deploys and commits."""
    return ReleaseRecord(
        origin + round(described.created * MINUTE),
        int(number_id("release", project.slug, described.version, digits=9)),
        described.version,
        project,
        [deploy(item, described.version, origin, index) for index, item in enumerate(described.deploys)],
        [commit(item, origin) for item in described.commits],
    )
