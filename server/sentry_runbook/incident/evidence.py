"""Everything that is known about an incident; each part a value **or** the reason why it is unknown.

How to think about it: ``investigate`` asks Sentry and fills one :class:`Evidence`; every decision of the product
(severity, impact, causes, timeline, recovery, drafts) is a pure function of it. So a decision can be tested
without a network, repeated on frozen evidence, and never mistakes "Sentry did not answer" for "none".

Every string here that a stranger could have written is marked :data:`EventText`. It is already inert (see
``safety``): safe to stand in a sentence as one quoted value, and in longer form inside a fence.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Frozen(BaseModel):
    """A value that never changes; its validator is built on first use, so that start-up stays short."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class HoldsEventText:
    """Marks a field whose text came from events; the answer lists its path in ``untrusted``."""


EventText = Annotated[str, HoldsEventText()]


class Known(Frozen, Generic[T]):
    """A measured value.

    Attributes:
        value: what was measured.
        source: the request it comes from, as ``Discover errors, issue.id:123, 24 h``.
        note: what limits it ("lower bound: 3 of 10 events carry a user"); empty when nothing does.
    """

    state: Literal["known"] = "known"
    value: T
    source: str
    note: str = ""


class Unknown(Frozen):
    """A value that is not known, and why, in words for the reader.

    Attributes:
        why: the reason ("Discover answered 429").
        asked: False when this investigation had no need to ask; such a part is not reported as missing.
    """

    state: Literal["unknown"] = "unknown"
    why: str
    asked: bool = True


NOT_ASKED = Unknown(why="not asked in this investigation", asked=False)


def quoted(text: str) -> str:
    """Event text as it may stand in a sentence: one quoted line."""
    return '"' + " ".join(text.split()).replace('"', "'") + '"'


class Missing(Frozen):
    """Something the reader could expect and does not get: what, and why."""

    what: str
    why: str


class Finding(Frozen):
    """Something suspicious in event text or in the numbers: shown, never obeyed, never dropped."""

    kind: str
    where: EventText
    why: str
    excerpt: EventText | None = None


class Answer(Frozen):
    """What every tool's result carries besides its own keys. Unknown keys are None here and absent on the wire."""

    missing: tuple[Missing, ...] = ()
    findings: tuple[Finding, ...] = ()
    masked: dict[str, int] = Field(default_factory=dict)
    untrusted: tuple[str, ...] = ()


class Window(Frozen):
    """A stretch of time, start included, end excluded.

    Attributes:
        note: how it differs from what was asked ("rounded up to full hours for sessions"), empty when it does not.
    """

    start: datetime
    end: datetime
    note: str = ""

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start


class EnvironmentScope(Frozen):
    """Which environments the numbers cover, and why.

    Attributes:
        names: the environments counted; empty means all. ``""`` stands for events without an environment.
        basis: ``asked`` (the caller named them), ``production`` (the policy's pattern), ``all``.
        production: the issue's environments that count as production, over all time.
        others: the issue's other environments, over all time.
        known: False when the environments of the issue could not be read.
    """

    names: tuple[EventText, ...] = ()
    basis: Literal["asked", "production", "all"] = "all"
    production: tuple[EventText, ...] = ()
    others: tuple[EventText, ...] = ()
    known: bool = True


class Deploy(Frozen):
    """A deploy marker: somebody's pipeline told Sentry that a release went to an environment."""

    version: EventText
    environment: EventText
    started: datetime | None = None
    finished: datetime | None = None


class Release(Frozen):
    """A release as Sentry knows it.

    Attributes:
        new_issues: issues first seen in this release.
        deploys: None when Sentry did not say; an empty tuple when it has none.
    """

    version: EventText
    created: datetime | None = None
    released: datetime | None = None
    first_event: datetime | None = None
    last_event: datetime | None = None
    new_issues: int | None = None
    deploys: tuple[Deploy, ...] | None = None


class Activity(Frozen):
    """One entry of the issue's activity log.

    Attributes:
        kind: Sentry's type, as ``set_regression``, ``set_resolved_in_release``, ``assigned``, ``note``.
        who: the name of the team member, None when Sentry itself acted.
        version: the release that the entry names.
        text: what the entry says (a note's text, an assignee), inert and cut.
    """

    kind: str
    at: datetime
    who: EventText | None = None
    version: EventText | None = None
    text: EventText | None = None


class Snooze(Frozen):
    """What an archived issue waits for, as Sentry tells it; every part None: it waits for nothing it names.

    Attributes:
        count: events that may still come (Sentry shows the rest, not the number that was set) unless a window is given.
        window_minutes: the stretch in which ``count`` is counted.
        users: distinct users that may still come.
        user_window_minutes: the stretch in which ``users`` is counted.
        until: when it ends by itself.
    """

    count: int | None = None
    window_minutes: int | None = None
    users: int | None = None
    user_window_minutes: int | None = None
    until: datetime | None = None


class Issue(Frozen):
    """The issue itself; its counts are over all time and never stand for a window (sentry-api rule 2).

    A None is "Sentry's answer does not have it".
    """

    id: str
    short_id: str | None = None
    url: str
    title: EventText
    culprit: EventText | None = None
    level: str | None = None
    status: str | None = None
    substatus: str | None = None
    status_release: EventText | None = None
    """The release a resolve waits for (``inRelease``), or None."""
    next_release: bool = False
    """Resolved "in the next release"."""
    snooze: Snooze | None = None
    """What an archived issue waits for; None when it is not archived or Sentry names no condition."""
    priority: str | None = None
    unhandled: bool | None = None
    category: str = "error"
    """``error``, or Sentry's category of a performance, uptime, feedback … issue."""
    issue_type: str | None = None
    platform: str | None = None
    project_id: str | None = None
    project: str | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    events_total: int | None = None
    users_total: int | None = None
    first_release: Release | None = None
    last_release: Release | None = None
    assigned_to: EventText | None = None
    reports: int | None = None
    """User reports attached to the issue."""
    merged_from: str | None = None
    """The id that was asked for, when Sentry answered with the issue it was merged into."""
    activity: tuple[Activity, ...] = ()
    hourly: tuple[tuple[datetime, int], ...] = ()
    """``stats["24h"]`` of the issue: hour start and events, all environments; the last hour is still open."""
    daily: tuple[tuple[datetime, int], ...] = ()

    @property
    def is_error(self) -> bool:
        """False for performance, uptime, feedback … issues: the errors dataset holds nothing for those."""
        return self.category == "error"

    @property
    def name(self) -> str:
        """Short id, or the numeric id when Sentry gave no short one."""
        return self.short_id or self.id


class Frame(Frozen):
    """One stack frame. ``variables`` and ``context`` are for the failing frame only."""

    function: EventText | None = None
    file: EventText | None = None
    line: int | None = None
    module: EventText | None = None
    in_app: bool = False
    context: EventText | None = None
    variables: dict[str, EventText] = Field(default_factory=dict)


class ThrownException(Frozen):
    """One exception of the chain; the list is ordered cause first, outermost last, as Sentry sends it.

    ``frames`` are ordered oldest call first; the failing one is last.
    """

    type: EventText | None = None
    value: EventText | None = None
    handled: bool | None = None
    mechanism: EventText | None = None
    frames: tuple[Frame, ...] = ()
    frames_omitted: int = 0


class Breadcrumb(Frozen):
    """One step before the error, oldest first.

    Attributes:
        host: the host that an HTTP breadcrumb spoke to, lower case, without port.
        http_status: its answer; None when there was none.
        failed: an HTTP call that did not succeed (status ≥ 400, or no answer and level error).
    """

    at: datetime | None = None
    category: EventText | None = None
    level: str | None = None
    message: EventText | None = None
    method: EventText | None = None
    url: EventText | None = None
    host: EventText | None = None
    http_status: int | None = None
    failed: bool = False


class Event(Frozen):
    """One event, read whole and cut to what a responder needs.

    Attributes:
        scrubbed: places that Sentry itself emptied ("request.data"): scrubbed, not missing.
        processing_errors: what Sentry could not process (``js_no_source`` …).
        user: an id without personal data, else ``user-1`` …; None when the event has no user context.
        contexts: context name → key → value, as ``{"runtime": {"name": "node"}}``; device, browser, os apart.
        request_host: host that the request came in on (the project's own).
    """

    id: str
    when: datetime | None = None
    release: EventText | None = None
    environment: EventText | None = None
    transaction: EventText | None = None
    title: EventText | None = None
    message: EventText | None = None
    platform: str | None = None
    exceptions: tuple[ThrownException, ...] = ()
    exceptions_omitted: int = 0
    breadcrumbs: tuple[Breadcrumb, ...] = ()
    breadcrumbs_omitted: int = 0
    tags: dict[EventText, EventText] = Field(default_factory=dict)
    tags_omitted: int = 0
    user: EventText | None = None
    device: EventText | None = None
    browser: EventText | None = None
    os: EventText | None = None
    request_method: EventText | None = None
    request_url: EventText | None = None
    request_host: EventText | None = None
    request_data: EventText | None = None
    contexts: dict[EventText, dict[EventText, EventText]] = Field(default_factory=dict)
    extra: dict[EventText, EventText] = Field(default_factory=dict)
    sdk: EventText | None = None
    processing_errors: tuple[EventText, ...] = ()
    occurrence: tuple[tuple[EventText, EventText], ...] = ()
    """Evidence of a non-error issue, name and value, important first."""
    trace_id: str | None = None
    scrubbed: tuple[str, ...] = ()

    @property
    def failing_frame(self) -> Frame | None:
        """The last in-app frame of the outermost exception that has frames, else its last frame (sentry-api §4.2)."""
        for exception in reversed(self.exceptions):
            if exception.frames:
                own = [frame for frame in exception.frames if frame.in_app]
                return own[-1] if own else exception.frames[-1]
        return None


class EventRow(Frozen):
    """One row of the event list: what the tags and the user of an event say."""

    id: str
    when: datetime | None = None
    release: EventText | None = None
    environment: EventText | None = None
    user: EventText | None = None
    """None: the event carries no user context."""
    transaction: EventText | None = None
    title: EventText | None = None
    handled: bool | None = None
    ip: EventText | None = None
    """A stand-in for the sender's address (``<ip 1>``), the same for the same address within the answer."""


class TagCount(Frozen):
    """One tag of the issue over all time: its most frequent values."""

    key: EventText
    total: int | None = None
    values: tuple[tuple[EventText | None, int], ...] = ()


class Totals(Frozen):
    """Events and distinct users of the issue in a window.

    Attributes:
        users: None when it is unknown: Sentry left it out, or there are events and none carries a user.
        users_lower_bound: True when only some events carry a user.
    """

    events: int
    users: int | None = None
    users_lower_bound: bool = False


class Widened(Frozen):
    """Impact numbers of a longer window, asked because the first was empty (runbook: expand to 7 d)."""

    window: Window
    totals: Totals


class EnvironmentCount(Frozen):
    """Events of the issue in one environment during the window; ``""`` is "no environment"."""

    name: EventText
    events: int


class Series(Frozen):
    """A regular time series.

    Attributes:
        start: start of the first bucket.
        step_s: length of a bucket in seconds.
        values: one number a bucket; None where Sentry gave none.
        complete_until: buckets that end after this instant may still grow.
    """

    start: datetime
    step_s: int
    values: tuple[float | None, ...]
    complete_until: datetime


class IssueSeries(Frozen):
    """The issue's events (and distinct users) a bucket, in the scope's environments.

    It begins one window length before the window, so that onset and baseline can be read from it.
    """

    events: Series
    users: Series | None = None


class UsersIn(Frozen):
    """An exact count of distinct users between two instants (Discover ``count_unique(user)``)."""

    start: datetime
    end: datetime
    users: int


class IssueShare(Frozen):
    """An issue of the project and its unhandled events in the window."""

    short_id: EventText
    title: EventText | None = None
    events: int


class SessionHour(Frozen):
    """Production sessions that started in one clock hour.

    Attributes:
        sessions: how many; 0 is a measured zero.
        crash_rate: fraction 0..1, None when Sentry gave none.
        unhandled_rate: fraction 0..1; None when Sentry gave none or does not know the figure.
    """

    start: datetime
    sessions: int
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    complete: bool = True


class Sessions(Frozen):
    """Release health of the project's production environments in the window (rounded outwards to full hours).

    Attributes:
        has_unhandled_rate: False on servers that do not know ``unhandled_rate(session)``: the old meaning holds.
        environments: the environments counted.
    """

    window: Window
    sessions: int
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    has_unhandled_rate: bool = True
    hours: tuple[SessionHour, ...] = ()
    environments: tuple[EventText, ...] = ()


class Endpoint(Frozen):
    """Latency and traffic of one transaction in the window.

    Attributes:
        p95_ms: milliseconds, None when Sentry gave no number.
        count: transactions in the window (extrapolated when sampled).
    """

    transaction: EventText
    p95_ms: float | None = None
    count: int | None = None


class Latency(Frozen):
    """The affected endpoints, the issue's main transaction first.

    Attributes:
        traffic: transactions of the main endpoint a bucket, None when not asked.
    """

    endpoints: tuple[Endpoint, ...] = ()
    main: EventText | None = None
    measure: str = "p95(span.duration) of transaction roots"
    traffic: Series | None = None


class Combination(Frozen):
    """Events of the issue that share all these tag values; a None value is "tag absent"."""

    tags: dict[str, EventText | None]
    events: int


class Breakdown(Frozen):
    """Events of the issue by combinations of tags, most frequent first.

    Attributes:
        combinations: at most 100 rows.
        complete: False when Sentry had more combinations than rows.
    """

    window: Window
    combinations: tuple[Combination, ...] = ()
    complete: bool = True


class Commit(Frozen):
    """A suspect commit."""

    id: EventText
    message: EventText | None = None
    author: EventText | None = None
    at: datetime | None = None
    pull_request: EventText | None = None


class Alert(Frozen):
    """An alert rule ("workflow") of the project and when it last fired."""

    name: EventText
    last_triggered: datetime | None = None


class Note(Frozen):
    """A comment on the issue."""

    id: str
    at: datetime | None = None
    who: EventText | None = None
    text: EventText


class Evidence(Frozen):
    """All that is known about one incident at one instant.

    Attributes:
        collected_at: when it was collected; ages and "now" are measured from here.
        window: the period asked for; 24 h unless given.
        event: the event that stands for the issue.
        sample: other whole events (oldest, recommended …), the chosen one not repeated.
        rows: up to 100 of the latest events, newest first, in the scope's environments.
        tags: over all time.
        totals: in the window and the scope.
        series: per minute where the window allows, see :class:`IssueSeries`.
        users_per_hour: distinct users per clock hour.
        users_in: exact counts for chosen rolling hours.
        unhandled, project_unhandled: unhandled events a minute, of the issue and of its project, in the scope.
        project_top: the project's issues with most unhandled events in the window, and their sum is not the total.
        deploys: deploys of the suspect release.
    """

    version: Literal[1] = 1
    collected_at: datetime
    server: str
    organization: str
    window: Window
    scope: EnvironmentScope = EnvironmentScope()
    issue: Issue
    event: Known[Event] | Unknown = NOT_ASKED
    sample: Known[tuple[Event, ...]] | Unknown = NOT_ASKED
    rows: Known[tuple[EventRow, ...]] | Unknown = NOT_ASKED
    tags: Known[tuple[TagCount, ...]] | Unknown = NOT_ASKED
    totals: Known[Totals] | Unknown = NOT_ASKED
    widened: Known[Widened] | Unknown = NOT_ASKED
    environments: Known[tuple[EnvironmentCount, ...]] | Unknown = NOT_ASKED
    series: Known[IssueSeries] | Unknown = NOT_ASKED
    users_per_hour: Known[Series] | Unknown = NOT_ASKED
    users_in: tuple[UsersIn, ...] = ()
    unhandled: Known[Series] | Unknown = NOT_ASKED
    project_unhandled: Known[Series] | Unknown = NOT_ASKED
    project_top: Known[tuple[IssueShare, ...]] | Unknown = NOT_ASKED
    sessions: Known[Sessions] | Unknown = NOT_ASKED
    latency: Known[Latency] | Unknown = NOT_ASKED
    breakdown: Known[Breakdown] | Unknown = NOT_ASKED
    breakdown_before: Known[Breakdown] | Unknown = NOT_ASKED
    releases: Known[tuple[Release, ...]] | Unknown = NOT_ASKED
    deploys: Known[tuple[Deploy, ...]] | Unknown = NOT_ASKED
    suspect_commits: Known[tuple[Commit, ...]] | Unknown = NOT_ASKED
    alerts: Known[tuple[Alert, ...]] | Unknown = NOT_ASKED
    notes: Known[tuple[Note, ...]] | Unknown = NOT_ASKED
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    """What the reader should know of the collection itself (merged issue, old server, rounding)."""


class Stated(Frozen):
    """What a person said; never guessed, never filled in. A None is "not stated".

    Attributes:
        core_flow: the core flow is affected (True), is not (False).
        alerted_at, detected_at, acknowledged_at, mitigated_at: aware UTC instants.
    """

    workaround: bool | None = None
    core_flow: bool | None = None
    data_loss_risk: bool | None = None
    lead: str | None = None
    service: str | None = None
    root_cause: str | None = None
    fix: str | None = None
    alerted_at: datetime | None = None
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
