"""From descriptions to events: where each event falls, whom it hits and which tags it carries.

Nothing here is random (``spread``), so counts and shares are exact and every run of a scenario is the same. What an
event says is worked out when it is read, from its place in the stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sentry_runbook.simulator.event_record import EventFacts, EventRecord, EventSource, ToldEvents, Visitor
from sentry_runbook.simulator.records import MINUTE, IssueRecord, digest
from sentry_runbook.simulator.scenario import LATEST, RawEventSpec, Stream
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


def runs_in_browser(platform: str) -> bool:
    """Return whether a platform's events come from browsers, and so carry browser and device tags."""
    return platform.startswith(_BROWSER_PLATFORMS)


def visitor(number: int, country: str, same_address: bool = False) -> Visitor:
    """Return the person with a number; the addresses are of the ranges kept for documentation."""
    ip = "203.0.113.7" if same_address else f"198.51.100.{number % 250 + 1}"
    return Visitor(str(10_000 + number), f"user{number}@customers.example", f"user{number}", ip, country)


class _StreamedEvents(EventSource):
    """The events of a stream."""

    __slots__ = ("_at", "_batch", "_countries", "_dealt", "_fixed", "_flags", "_issue", "_live", "_people", "_stream")

    def __init__(self, issue: IssueRecord, stream: Stream, batch: str, at: Sequence[int]) -> None:
        count = stream.count
        self._issue, self._stream, self._batch, self._at = issue, stream, batch, at
        self._dealt = _dealt(issue, stream)
        self._fixed = _fixed_tags(issue, self.handled(0), self.transaction(0), stream.environment)
        flags = enumerate(stream.flags.items(), 11)
        self._flags = {flag: Dealt(weights.items(), count, salt) for salt, (flag, weights) in flags}
        self._countries = Dealt((stream.countries or _COUNTRIES).items(), count, 6)
        self._live = issue.project.live_releases(stream.environment) if stream.release == LATEST else None
        self._people: dict[int, Visitor] = {}

    def facts(self, place: int) -> EventFacts:
        """Return all that the event at a place says."""
        breadcrumbs = self._issue.spec.breadcrumbs if self._stream.breadcrumbs is None else self._stream.breadcrumbs
        return EventFacts(
            self.id(place),
            place + 1,
            self.release(place),
            self._stream.environment,
            self.handled(place),
            self.user(place),
            self.tags(place),
            self.transaction(place),
            breadcrumbs,
            {flag: results[place] for flag, results in self._flags.items()},
            self.trace(place),
        )

    def id(self, place: int) -> str:
        """Return the event's id."""
        return digest(self._issue.project.slug, self._issue.short_id, self._batch, place)

    def trace(self, place: int) -> str | None:
        """Return the id of the event's own trace."""
        return digest("trace", self.id(place))

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
        with_context = 0 if stream.users == 0 else round(stream.count * stream.user_share)
        if not share(with_context, stream.count, place):
            return None
        met = place * with_context // stream.count
        number = stream.first_user + (met % stream.users if stream.users else met)
        known = self._people.get(number)
        if known is None:
            country = self._countries[number % stream.count]
            known = self._people[number] = visitor(number, country, stream.same_address)
        return known

    def tags(self, place: int) -> Mapping[str, str]:
        """Return all tags."""
        tags = self._fixed | {key: values[place] for key, values in self._dealt.items()}
        return _with_taken(tags, self._issue, place + 1, self.release(place), self.user(place))

    def tag(self, place: int, key: str) -> str | None:
        """Return the value of one tag."""
        taken = self._taken(place, key) if key in _DERIVED or key in _OWN else None
        if taken is not None:
            return taken
        dealt = self._dealt.get(key)
        return self._fixed.get(key) if dealt is None else dealt[place]

    def _taken(self, place: int, key: str) -> str | None:
        """Return a tag that Sentry takes from elsewhere in the event; None where the event has no such thing."""
        if key in _DERIVED:
            return _derived(key, self.tag(place, _DERIVED[key]))
        return _own(key, self._issue, place + 1, self.release(place), self.user(place) if key == "user" else None)


def _dealt(issue: IssueRecord, stream: Stream) -> dict[str, Dealt]:
    """Return the tags whose values are dealt to the events of a stream; one without weights is left out."""
    count, dealt = stream.count, dict[str, Dealt]()
    in_browser = runs_in_browser(issue.spec.platform or issue.project.platform)
    for part, key in enumerate(_CLIENT_TAGS if in_browser else ()):
        dealt[key] = Dealt([(client.split("|")[part], weight) for client, weight in _CLIENTS.items()], count, 1)
    servers = _SERVERS if stream.servers is None and not in_browser else stream.servers
    named = {"browser": stream.browsers, "os": stream.systems, "device": stream.devices, "server_name": servers}
    own = dict(issue.spec.tags) | dict(stream.tags)
    for salt, key, weights in (
        *((salt, key, weights) for salt, (key, weights) in enumerate(named.items(), 2) if weights is not None),
        *((salt, key, weights) for salt, (key, weights) in enumerate(own.items(), 7)),
    ):
        if weights:
            dealt[key] = Dealt(weights.items(), count, salt)
        else:
            dealt.pop(key, None)
    return dealt


_DERIVED = {"browser.name": "browser", "os.name": "os", "device.family": "device"}
"""Tags that Sentry derives from others: the name without the version, the device's family."""
_OWN = ("url", "release", "user")
"""Tags that Sentry takes from the rest of the event."""


def _derived(key: str, value: str | None) -> str | None:
    if value is None or key == "device.family":
        return value
    return value.rpartition(" ")[0] or value


def _own(key: str, issue: IssueRecord, number: int, release: str | None, user: Visitor | None) -> str | None:
    if key == "url":
        return issue.spec.request.url.replace("{n}", str(number)) if issue.spec.request else None
    if key == "release":
        return release or None
    return f"id:{user.id}" if user else None


def _with_taken(
    tags: dict[str, str], issue: IssueRecord, number: int, release: str | None, user: Visitor | None
) -> dict[str, str]:
    """Add the tags that Sentry takes from elsewhere in the event."""
    taken = [(key, _derived(key, tags.get(base))) for key, base in _DERIVED.items()]
    taken += [(key, _own(key, issue, number, release, user)) for key in _OWN]
    return tags | {key: value for key, value in taken if value is not None}


def _fixed_tags(
    issue: IssueRecord, handled: bool | None, transaction: str | None, environment: str | None
) -> dict[str, str]:
    """Return the tags that all events of a stream share."""
    spec = issue.spec
    platform = spec.platform or issue.project.platform
    fixed: dict[str, str] = {"level": spec.level}
    if spec.category == "error":
        fixed["handled"] = "yes" if handled else "no"
        if spec.chain:
            fixed["mechanism"] = spec.chain[-1].mechanism
    if not runs_in_browser(platform):
        runtime = "CPython 3.12.7" if platform.startswith("python") else "node v22.11.0"
        fixed |= {"runtime": runtime, "runtime.name": runtime.rpartition(" ")[0]}
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
    level = {"level": event.level} if event.level else {}
    tags = _fixed_tags(issue, handled, transaction, event.environment) | level | dict(event.tags)
    return EventFacts(
        digest(project.slug, issue.short_id, "raw", place),
        place + 1,
        release,
        event.environment,
        handled,
        user,
        _with_taken(tags, issue, place + 1, release, user),
        transaction,
        spec.breadcrumbs,
        {flag: str(result).lower() for flag, result in event.flags.items()},
        event.trace,
    )


def _named_visitor(user: str) -> Visitor:
    """Return the person with an id that the scenario gives; all else of them follows from it."""
    place = int(digest("visitor", user, size=4), 16)
    country = Dealt(_COUNTRIES.items(), 100, 6)[place % 100]
    return Visitor(user, f"{user}@customers.example", user, f"198.51.100.{place % 250 + 1}", country)
