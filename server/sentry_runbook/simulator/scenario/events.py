"""The events of an issue: what each shows, and how many come when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["debug", "info", "warning", "error", "fatal"]
Shape = Literal["even", "rising", "falling"]

Weights = Mapping[str, float]
"""Values of a tag and how often each occurs, in any unit: ``{"Chrome 141": 3, "Safari 18": 1}``."""

Rates = tuple[float, ...]
"""How busy each of several equal parts of a time was, in any unit; none: evenly busy.

``(1, 3, 2)`` puts half of everything into the middle third. With a day's 24 parts it is a rate by the hour. The parts
count from the described start, not from midnight, so that an incident is the same at whatever hour it is played.
"""

LATEST = "latest"
"""As a release: the one deployed to that environment at that moment."""


@dataclass(frozen=True, slots=True)
class FrameSpec:
    """One call of a stack trace; frames are listed oldest call first, the crash last.

    Attributes:
        filename: None in a native library without debug files, where ``package`` and ``address`` tell the place.
    """

    function: str | None
    filename: str | None
    line: int | None
    in_app: bool = True
    source: str = ""
    vars: Mapping[str, object] = field(default_factory=dict)
    module: str | None = None
    column: int | None = None
    package: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class ThreadSpec:
    """A thread of the process, with the stack it had at the event."""

    name: str
    frames: tuple[FrameSpec, ...] = ()
    crashed: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception of a chain; a chain is listed cause first, the outermost last."""

    type: str | None
    value: str | None
    frames: tuple[FrameSpec, ...] = ()
    mechanism: str = "generic"
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Crumb:
    """One breadcrumb; ``{n}`` in its texts becomes the number of the event."""

    category: str
    message: str | None = None
    level: Level = "info"
    data: Mapping[str, object] | None = None
    type: str = "default"
    seconds_before: float = 5.0


def http_call(method: str, url: str, status: int | str, *, reason: str = "", seconds_before: float = 1.0) -> Crumb:
    """Return the breadcrumb of one HTTP call that the application made."""
    data: dict[str, object] = {"method": method, "url": url, "status_code": status}
    if reason:
        data["reason"] = reason
    failed = str(status)[:1] in {"4", "5"}
    return Crumb("http", None, "error" if failed else "info", data, "http", seconds_before)


@dataclass(frozen=True, slots=True)
class RequestSpec:
    """The HTTP request during which an event happened."""

    method: str = "GET"
    url: str = "https://shop.example.com/"
    data: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """A run of events of one issue: how many, when, by whom, where.

    Attributes:
        count: events, exactly.
        start: minutes of the first; the events stand evenly inside ``start`` to ``end``.
        end: minutes of the last; equal to ``start`` puts all events at one instant.
        users: distinct people; None gives each event its own, 0 sends no user context, 1 is a flood from one.
        user_share: the share of events that carry user context at all.
        first_user: number of the first person, to keep two streams' people apart.
        environment: None sends none.
        release: a version, None for none, or LATEST.
        handled: None takes the issue's.
        shape: whether the rate is even, rises or falls.
        rates: the rate in each of several equal parts, in place of a shape.
        tags: own tags, each with its values' weights.
        flags: feature flags that were evaluated before each event, with the weights of their results (``true``,
            ``false`` or a variant), as ``contexts.flags`` of the whole event; Sentry makes no tags of them.
        breadcrumbs: None takes the issue's.
        browsers: values of ``browser``; None takes what is usual for the platform; so for the next three.
        same_address: all events come from one IP address.
    """

    count: int
    start: float
    end: float = 0.0
    users: int | None = None
    user_share: float = 1.0
    first_user: int = 1
    environment: str | None = "production"
    release: str | None = LATEST
    handled: bool | None = None
    shape: Shape = "even"
    rates: Rates = ()
    tags: Mapping[str, Weights] = field(default_factory=dict)
    flags: Mapping[str, Weights] = field(default_factory=dict)
    breadcrumbs: tuple[Crumb, ...] | None = None
    browsers: Weights | None = None
    systems: Weights | None = None
    devices: Weights | None = None
    countries: Weights | None = None
    servers: Weights | None = None
    transaction: str | None = None
    same_address: bool = False

    def __post_init__(self) -> None:
        """Refuse a description whose counts cannot all be honoured."""
        if self.count < 0 or self.end < self.start:
            msg = f"a stream needs count >= 0 and end >= start: {self.count}, {self.start}..{self.end}"
            raise ValueError(msg)
        check_rates(self.rates)
        if self.users is not None and self.users > round(self.count * self.user_share):
            msg = f"{self.users} users cannot share {round(self.count * self.user_share)} events with user context"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class RawEventSpec:
    """One event, told in full, in place of a stream: nothing is dealt, spread or added but what Sentry derives.

    Attributes:
        at: minutes relative to the start of the world; fractions are seconds.
        user: id of the person; the same id in two issues or projects is the same person. None: no user context.
        trace: 32 hexadecimal digits; None: the event has no trace context.
        release: a version, None for none, or LATEST.
        environment: None sends none.
        transaction: None takes the issue's.
        handled: None takes the issue's.
        level: None takes the issue's.
        tags: further tags: ``server_name`` is the host.
        flags: feature flags that were evaluated before the event, with their results.
    """

    at: float
    user: str | None = None
    trace: str | None = None
    release: str | None = None
    environment: str | None = "production"
    transaction: str | None = None
    handled: bool | None = None
    level: Level | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    flags: Mapping[str, bool] = field(default_factory=dict)


def check_rates(rates: Rates) -> None:
    """Refuse rates that spread nothing.

    Raises:
        ValueError: one is negative, or all are 0.
    """
    if rates and (min(rates) < 0 or not sum(rates)):
        msg = f"rates need to be at least 0, and one of them more: {rates}"
        raise ValueError(msg)


def hourly(counts: Sequence[int], *, until: float = 0.0, users: int | None = None) -> tuple[Stream, ...]:
    """Return one stream an hour, the last of them ending at ``until`` minutes; hours without events are left out."""
    begin = until - 60 * len(counts)
    return tuple(
        Stream(count, begin + 60 * hour, begin + 60 * (hour + 1), users if users is None else min(users, count))
        for hour, count in enumerate(counts)
        if count
    )


def every_hour(
    count: int, hours: int, at: float, *, lasting: float = 2.0, users: int | None = None
) -> tuple[Stream, ...]:
    """Return bursts at one minute of each of the last hours, as a job that runs by the hour makes them.

    Args:
        count: events of each burst.
        hours: how many bursts; the last is less than an hour ago.
        at: minutes after the hour; hours count back from the present, so where the clock stands at a full hour it is
            the minute of the clock.
        lasting: minutes of each burst.
        users: distinct people of each; as :attr:`Stream.users`.
    """
    begins = (60.0 * hour + at for hour in range(-hours, 0))
    return tuple(Stream(count, begin, begin + lasting, users) for begin in begins)
