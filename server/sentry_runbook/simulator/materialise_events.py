"""From descriptions to events: where each event falls, whom it hits and which tags it carries.

Nothing here is random (``spread``), so counts and shares are exact and every run of a scenario is the same. What an
event says is worked out when it is read, from its place in the stream.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from sentry_runbook.simulator.event_record import EventFacts, EventRecord, EventSource, ToldEvents, Visitor
from sentry_runbook.simulator.records import MINUTE, IssueRecord, ProjectRecord, digest
from sentry_runbook.simulator.scenario import LATEST, RawEventSpec, Stream, Weights
from sentry_runbook.simulator.spread import Dealt, instants, share

# What a browser application's events look like when the scenario does not say: browser, system, device.
_CLIENTS = {
    "Chrome 141.0|Windows 11|Other": 4.0,
    "Safari 18.5|iOS 18.5|iPhone": 3.0,
    "Chrome 141.0|Android 15|Pixel 8": 2.0,
    "Firefox 143.0|Ubuntu 24.04|Other": 1.0,
}
_CLIENT_TAGS = ("browser", "os", "device")
_SERVERS = {"web-1": 1.0, "web-2": 1.0, "web-3": 1.0}
_COUNTRIES = {"US": 5.0, "DE": 3.0, "FR": 2.0}
_BROWSER_PLATFORMS = ("javascript", "react", "vue", "angular")

_NEVER_DEALT = frozenset({"browser.name", "os.name", "device.family", "url", "release", "user"})
"""Tags that Sentry takes from elsewhere, whatever a stream says of them."""


def runs_in_browser(platform: str) -> bool:
    """Return whether a platform's events come from browsers, and so carry browser and device tags."""
    return platform.startswith(_BROWSER_PLATFORMS)


def visitor(number: int, country: str, same_address: bool = False) -> Visitor:
    """Return the person with a number; the addresses are of the ranges kept for documentation."""
    ip = "203.0.113.7" if same_address else f"198.51.100.{number % 250 + 1}"
    return Visitor(str(10_000 + number), f"user{number}@customers.example", f"user{number}", ip, country)


class _LiveReleases:
    """Which release was live when, as the world knew it when the events were made."""

    __slots__ = ("_since", "_versions")

    def __init__(self, project: ProjectRecord, environment: str | None) -> None:
        deploys = (mark.at for release in project.releases for mark in release.deploys)
        self._since = sorted({*deploys, *(release.at for release in project.releases)})
        self._versions = [project.live_release(environment, at) for at in self._since]

    def at(self, instant: int) -> str | None:
        """Return the version that was live at an instant."""
        place = bisect_right(self._since, instant)
        return self._versions[place - 1] if place else None


class _StreamedEvents(EventSource):
    """The events of a stream."""

    __slots__ = (
        "_at",
        "_batch",
        "_clients",
        "_countries",
        "_dealt",
        "_fixed",
        "_flags",
        "_issue",
        "_live",
        "_people",
        "_platform",
        "_stream",
        "_with_context",
    )

    def __init__(self, issue: IssueRecord, stream: Stream, batch: str, at: Sequence[int]) -> None:
        spec, count = issue.spec, stream.count
        self._issue, self._stream, self._batch, self._at = issue, stream, batch, at
        self._platform = spec.platform or issue.project.platform
        self._fixed = _fixed_tags(issue, self.handled(0), self.transaction(0), stream.environment)
        in_browser = runs_in_browser(self._platform)
        self._clients = Dealt(_CLIENTS, count, 1) if in_browser else None
        self._dealt = _dealt(self._own_weights(), count)
        self._flags = {
            flag: Dealt(weights, count, 11 + salt) for salt, (flag, weights) in enumerate(stream.flags.items())
        }
        self._countries = Dealt(stream.countries or _COUNTRIES, count, 6)
        self._live = _LiveReleases(issue.project, stream.environment) if stream.release == LATEST else None
        self._with_context = 0 if stream.users == 0 else round(count * stream.user_share)
        self._people: dict[int, Visitor] = {}

    def _own_weights(self) -> list[tuple[int, str, Weights | None]]:
        """Return the tags whose values are dealt, each with its salt; no weights: the tag is left out."""
        stream = self._stream
        servers = stream.servers
        if servers is None and self._clients is None:
            servers = _SERVERS
        named = {"browser": stream.browsers, "os": stream.systems, "device": stream.devices, "server_name": servers}
        own = dict(self._issue.spec.tags) | dict(stream.tags)
        return [
            *((salt, key, weights) for salt, (key, weights) in enumerate(named.items(), 2) if weights is not None),
            *((salt, key, weights) for salt, (key, weights) in enumerate(own.items(), 7)),
        ]

    def facts(self, place: int) -> EventFacts:
        """Return all that the event at a place says."""
        issue, stream = self._issue, self._stream
        number = digest(issue.project.slug, issue.short_id, self._batch, place)
        breadcrumbs = issue.spec.breadcrumbs if stream.breadcrumbs is None else stream.breadcrumbs
        return EventFacts(
            number,
            place + 1,
            self.release(place),
            stream.environment,
            self.handled(place),
            self.user(place),
            self._tags(place),
            self.transaction(place),
            breadcrumbs,
            {flag: results[place] for flag, results in self._flags.items()},
            digest("trace", number),
        )

    def release(self, place: int) -> str | None:
        """Return the release: the stream's, or the one that was live."""
        return self._stream.release if self._live is None else self._live.at(self._at[place])

    def environment(self, place: int) -> str | None:  # the same at every place
        """Return the stream's environment."""
        return self._stream.environment

    def handled(self, place: int) -> bool | None:  # the same at every place
        """Return whether the stream's exceptions were handled."""
        return self._issue.spec.handled if self._stream.handled is None else self._stream.handled

    def transaction(self, place: int) -> str | None:  # the same at every place
        """Return the stream's transaction."""
        return self._stream.transaction or self._issue.spec.transaction

    def user(self, place: int) -> Visitor | None:
        """Return the person whom the event met."""
        stream = self._stream
        if not share(self._with_context, stream.count, place):
            return None
        met = place * self._with_context // stream.count
        number = stream.first_user + (met % stream.users if stream.users else met)
        known = self._people.get(number)
        if known is None:
            country = self._countries[number % stream.count]
            known = self._people[number] = visitor(number, country, stream.same_address)
        return known

    def tag(self, place: int, key: str) -> str | None:
        """Return the value of one tag."""
        dealt = None if key in _NEVER_DEALT else self._dealt.get(key)
        return self._tags(place).get(key) if dealt is None else dealt[place]

    def _tags(self, place: int) -> dict[str, str]:
        tags = dict(self._fixed)
        if self._clients is not None:
            tags |= zip(_CLIENT_TAGS, self._clients[place].split("|"), strict=True)
        tags |= {key: values[place] for key, values in self._dealt.items()}
        _add_derived(tags, self._platform)
        return _add_own(tags, self._issue, place + 1, self.release(place), self.user(place))


def _dealt(weighted: Sequence[tuple[int, str, Weights | None]], count: int) -> dict[str, Dealt]:
    return {key: Dealt(weights, count, salt) for salt, key, weights in weighted if weights}


def _add_derived(tags: dict[str, str], platform: str) -> None:
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


def _add_own(
    tags: dict[str, str], issue: IssueRecord, number: int, release: str | None, user: Visitor | None
) -> dict[str, str]:
    """Add the tags that Sentry takes from the rest of the event."""
    if issue.spec.request:
        tags["url"] = issue.spec.request.url.replace("{n}", str(number))
    if release:
        tags["release"] = release
    if user:
        tags["user"] = f"id:{user.id}"
    return tags


def _fixed_tags(
    issue: IssueRecord, handled: bool | None, transaction: str | None, environment: str | None
) -> dict[str, str]:
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
    start, end = origin + round(stream.start * MINUTE), origin + round(stream.end * MINUTE)
    at = instants(stream.count, start, end, stream.shape, stream.rates)
    source = _StreamedEvents(issue, stream, batch, at)
    return [EventRecord(instant, issue, source, place) for place, instant in enumerate(at)]


# --- events told one by one -----------------------------------------------------------------------------------------


def raw_events(issue: IssueRecord, described: Sequence[RawEventSpec], origin: int) -> list[EventRecord]:
    """Make the events that are told one by one."""
    at = [origin + round(event.at * MINUTE) for event in described]
    facts = [
        _raw(issue, event, instant, place) for place, (event, instant) in enumerate(zip(described, at, strict=True))
    ]
    source = ToldEvents(*facts)
    return [EventRecord(instant, issue, source, place) for place, instant in enumerate(at)]


def _raw(issue: IssueRecord, event: RawEventSpec, at: int, place: int) -> EventFacts:
    spec, project = issue.spec, issue.project
    handled = spec.handled if event.handled is None else event.handled
    transaction = event.transaction or spec.transaction
    release = project.live_release(event.environment, at) if event.release == LATEST else event.release
    user = _named_visitor(event.user) if event.user else None
    tags = _fixed_tags(issue, handled, transaction, event.environment) | dict(event.tags)
    _add_derived(tags, spec.platform or project.platform)
    return EventFacts(
        digest(project.slug, issue.short_id, "raw", place),
        place + 1,
        release,
        event.environment,
        handled,
        user,
        _add_own(tags, issue, place + 1, release, user),
        transaction,
        spec.breadcrumbs,
        {flag: str(result).lower() for flag, result in event.flags.items()},
        event.trace,
    )


def _named_visitor(user: str) -> Visitor:
    """Return the person with an id that the scenario gives; all else of them follows from it."""
    place = int(digest("visitor", user, size=4), 16)
    return Visitor(user, f"{user}@customers.example", user, f"198.51.100.{place % 250 + 1}", "US")
