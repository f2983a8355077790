"""What an incident is made of, as data: a scenario is a few lines, the world is built from it.

Times are minutes relative to the instant at which the world starts: ``-30`` is half an hour before it, ``20`` lies in
the future and is seen only when the clock gets there. Counts are exact: ``Stream(200, -9, -4)`` is 200 events,
evenly spaced, and ``users=40`` means that 40 different people met them. Everything else has a default, so that

    Scenario(name="burst", issues=(IssueSpec("SHOP-1", "Boom", streams=(Stream(501, start=-10, end=-9),)),))

is a whole incident.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["debug", "info", "warning", "error", "fatal"]
Category = Literal["error", "performance", "outage", "metric", "feedback"]
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
    """One call of a stack trace; frames are listed oldest call first, the crash last."""

    function: str | None
    filename: str
    line: int
    in_app: bool = True
    source: str = ""
    vars: Mapping[str, object] = field(default_factory=dict)
    module: str | None = None


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
        _check_rates(self.rates)
        if self.users is not None and self.users > round(self.count * self.user_share):
            msg = f"{self.users} users cannot share {round(self.count * self.user_share)} events with user context"
            raise ValueError(msg)


def _check_rates(rates: Rates) -> None:
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


@dataclass(frozen=True, slots=True)
class OccurrenceSpec:
    """What a non-error issue shows in place of an exception."""

    title: str
    subtitle: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    type: int = 1001


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of status that someone made earlier, applied as the same PUT would be."""

    at: float
    status: Literal["resolved", "ignored", "unresolved"] = "resolved"
    details: Mapping[str, object] = field(default_factory=dict)
    substatus: str | None = None


@dataclass(frozen=True, slots=True)
class NoteSpec:
    """A comment that a person left on the issue."""

    at: float
    text: str
    author: str = "Dana Ortiz"


@dataclass(frozen=True, slots=True)
class EntrySpec:
    """An entry of the activity log that changes nothing: of a person, of an integration (``app``), or of Sentry."""

    at: float
    kind: str
    author: str | None = None
    app: str | None = None


@dataclass(frozen=True, slots=True)
class CommitSpec:
    """A commit of a release; ``pull_request`` is its number, when it came by one."""

    message: str
    at: float
    author: str = "Robin Chen"
    email: str = "robin.chen@example.com"
    pull_request: int | None = None
    repository: str = "acme/shop"


@dataclass(frozen=True, slots=True)
class DeploySpec:
    """A deploy marker: when it finished, and how long the roll-out took (None: start not recorded)."""

    at: float
    environment: str = "production"
    took: float | None = 3.0


@dataclass(frozen=True, slots=True)
class ReleaseSpec:
    """A release, when it was created and where it was deployed."""

    version: str
    created: float
    deploys: tuple[DeploySpec, ...] = ()
    commits: tuple[CommitSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionsSpec:
    """Sessions of an environment; crashes and errors are spread as the sessions are, so that their rates stay even.

    Attributes:
        count: all sessions, exactly; ``crashed``, ``unhandled`` and ``errored`` are parts of it.
        rates: how busy each of several equal parts of the time was.
        crashed: ended in a crash.
        unhandled: ended in an uncaught error and were reported so (browser SDK 11), not as crashed.
        errored: met a handled error.
        users: distinct people among them; None is two thirds of the sessions.
    """

    count: int
    start: float = -1440.0
    end: float = 0.0
    crashed: int = 0
    unhandled: int = 0
    errored: int = 0
    environment: str | None = "production"
    release: str | None = LATEST
    users: int | None = None
    rates: Rates = ()

    def __post_init__(self) -> None:
        """Refuse parts that are more than the whole."""
        _check_rates(self.rates)
        if self.crashed + self.unhandled + self.errored > self.count or self.end < self.start:
            msg = f"sessions: {self.crashed} + {self.unhandled} + {self.errored} of {self.count}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Transactions:
    """Traced requests of one endpoint whose 95th percentile is exactly ``p95_ms`` in any window of some dozens."""

    name: str
    count: int
    start: float = -1440.0
    end: float = 0.0
    p95_ms: float = 400.0
    typical_ms: float = 120.0
    failed: int = 0
    environment: str | None = "production"
    release: str | None = LATEST
    rates: Rates = ()

    def __post_init__(self) -> None:
        """Refuse rates that say nothing."""
        _check_rates(self.rates)


@dataclass(frozen=True, slots=True)
class DroppedSpec:
    """Error events that were sent to the project and not stored, evenly from ``start`` to ``end``.

    Attributes:
        outcome: ``rate_limited``, ``abuse``, ``filtered``, ``client_discard`` … as ``stats_v2/`` names it.
    """

    count: int
    start: float
    end: float = 0.0
    outcome: str = "rate_limited"


@dataclass(frozen=True, slots=True)
class FlagChangeSpec:
    """A change of a feature flag, as the flag provider told it to Sentry."""

    at: float
    flag: str
    action: Literal["created", "updated", "deleted"] = "updated"
    by: str = "dana.ortiz@example.com"


@dataclass(frozen=True, slots=True)
class AlertSpec:
    """An alert (Sentry: workflow) of the project and when it last fired."""

    name: str
    triggered: float | None = None
    environment: str | None = "production"


@dataclass(frozen=True, slots=True)
class IssueSpec:
    """One issue of the project.

    Attributes:
        short_id: as people say it: ``SHOP-1Z``.
        title: empty takes the outermost exception's type and value.
        history: earlier changes of status; events after a resolve regress it by themselves.
        escalated: minutes at which Sentry found it escalating.
        user_reports: minutes at which users wrote something into the crash dialog.
        suspects: the commits that Sentry's suspect-commit search finds.
        processing_errors: (type, message) of Sentry's complaints about the event.
        assigned_to: ``team:payments`` or ``user:Dana Ortiz``.
    """

    short_id: str
    title: str = ""
    chain: tuple[Raised, ...] = ()
    streams: tuple[Stream, ...] = ()
    level: Level = "error"
    handled: bool = False
    culprit: str | None = None
    transaction: str | None = None
    platform: str | None = None
    logger: str | None = None
    breadcrumbs: tuple[Crumb, ...] = ()
    request: RequestSpec | None = None
    contexts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, Weights] = field(default_factory=dict)
    processing_errors: tuple[tuple[str, str], ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)
    category: Category = "error"
    issue_type: str = "error"
    occurrence: OccurrenceSpec | None = None
    history: tuple[StateChange, ...] = ()
    escalated: float | None = None
    notes: tuple[NoteSpec, ...] = ()
    entries: tuple[EntrySpec, ...] = ()
    user_reports: tuple[float, ...] = ()
    suspects: tuple[CommitSpec, ...] = ()
    assigned_to: str | None = None
    assigned_at: float = -1000.0
    priority: Literal["low", "medium", "high"] | None = None
    sdk: tuple[str, str] | None = None

    @property
    def shown_title(self) -> str:
        """The title as Sentry makes it from the outermost exception, unless one is given."""
        if self.title:
            return self.title
        if self.occurrence:
            return self.occurrence.title
        if self.chain:
            last = self.chain[-1]
            return ": ".join(part for part in (last.type, last.value) if part) or "<unlabeled event>"
        return "<unlabeled event>"


@dataclass(frozen=True, slots=True)
class RecoverySpec:
    """What happens after the present: the incident going on, the fix, and the quiet after it; all minutes positive.

    Attributes:
        summary: one sentence for the person who watches the demo.
        fixed_at: minute at which the fix is live.
        release: the version that fixes it, when a new one does.
        streams: further events of the main issue.
        deploys: markers for releases that exist already: (version, deploy); a rollback is one.
    """

    summary: str
    fixed_at: float
    release: str | None = None
    streams: tuple[Stream, ...] = ()
    releases: tuple[ReleaseSpec, ...] = ()
    deploys: tuple[tuple[str, DeploySpec], ...] = ()
    sessions: tuple[SessionsSpec, ...] = ()
    transactions: tuple[Transactions, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One incident in its project. The first issue is the incident, the others are its surroundings."""

    name: str
    issues: tuple[IssueSpec, ...]
    title: str = ""
    summary: str = ""
    project: str = ""
    project_id: str = ""
    platform: str = "node"
    releases: tuple[ReleaseSpec, ...] = ()
    sessions: tuple[SessionsSpec, ...] = ()
    transactions: tuple[Transactions, ...] = ()
    alerts: tuple[AlertSpec, ...] = ()
    dropped: tuple[DroppedSpec, ...] = ()
    flags: tuple[FlagChangeSpec, ...] = ()
    recovery: RecoverySpec | None = None

    @property
    def issue(self) -> str:
        """The short id of the incident's issue."""
        return self.issues[0].short_id

    @property
    def slug(self) -> str:
        """The project's slug; by default what stands before the last dash of the short id."""
        return self.project or self.issue.rpartition("-")[0].lower()
