"""What Sentry sends, as far as we read it.

How to think about it: Sentry's schema is stricter than its answers (sentry-api §12), so only an id is required. A
field of another type than expected is unknown (None), an item that cannot be read is left out of its list, unknown
keys and words pass. So no answer that is JSON breaks more than the one value that is odd in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
MOST_ROWS = 100
"""Rows of one Discover page at the most."""
MOST_ITEMS = 10_000
"""Items of any list that are read; a longer one is cut before its items are looked at."""


class _OrNone:
    """A value of another type becomes None."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


class _OrLeftOut:
    """An item that cannot be read is left out of its list."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), on_error="omit")


class _OrEmpty:
    """A list or object of another type becomes empty."""

    def __init__(self, empty: object) -> None:
        self._empty = empty

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=self._empty, on_error="default")


def _moment(value: object) -> object:
    """ISO with or without microseconds and zone, or epoch seconds, as aware UTC."""
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value.strip())
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11:
        return datetime.fromtimestamp(value, UTC)
    raise ValueError("not a time")  # pydantic turns ValueError, not TypeError, into "unknown"


def _count(value: object) -> object:
    """A count as int; Sentry writes it as string or int (rule 2). Negative and fractional ones are none."""
    if isinstance(value, bool) or (isinstance(value, str) and len(value) > 18):
        raise ValueError("not a count")
    number = int(value) if isinstance(value, str | int | float) else -1
    if number < 0 or (isinstance(value, float) and number != value):
        raise ValueError("not a count")
    return number


def _text(value: object) -> object:
    """Text; numbers are read as text, for Sentry sends ids as either. Lone surrogates cannot be encoded: replaced."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("not text")  # noqa: TRY004  # as above
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _first_items(value: object) -> object:
    return value[:MOST_ITEMS] if isinstance(value, list) else value


Text = Annotated[str | None, BeforeValidator(lambda v: None if v is None else _text(v)), _OrNone()]
Id = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int | None, BeforeValidator(lambda v: None if v is None else _count(v)), _OrNone()]
Number = Annotated[float | None, _OrNone()]
Flag = Annotated[bool | None, _OrNone()]
Moment = Annotated[datetime | None, BeforeValidator(lambda v: None if v is None else _moment(v)), _OrNone()]
Item = Annotated[T, _OrLeftOut()]
Many = Annotated[tuple[Item[T], ...], BeforeValidator(_first_items), _OrEmpty(())]
Maybe = Annotated[T | None, _OrNone()]
Json = Annotated[dict[str, Any], _OrEmpty({})]
"""JSON as it came; only here and in what is masked and cut right after."""


class Answer(BaseModel):
    """Base of all: lenient, frozen, built on first use."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        defer_build=True,
        populate_by_name=True,
        allow_inf_nan=False,
        str_max_length=8_000_000,
    )


class Deploy(Answer):
    """A deploy marker of a release."""

    id: Text = None
    environment: Text = None
    date_started: Moment = Field(None, alias="dateStarted")
    date_finished: Moment = Field(None, alias="dateFinished")
    name: Text = None


def _release(value: object) -> object:
    """Null, a version string, ``{"version": …}`` or the full object (rule 4)."""
    return {"version": value} if isinstance(value, str) else value


class Release(Answer):
    """A release; every field but the version may be missing."""

    version: Annotated[str, Field(min_length=1), BeforeValidator(_text)]
    date_created: Moment = Field(None, alias="dateCreated")
    date_released: Moment = Field(None, alias="dateReleased")
    first_event: Moment = Field(None, alias="firstEvent")
    last_event: Moment = Field(None, alias="lastEvent")
    new_groups: Count = Field(None, alias="newGroups")
    deploy_count: Count = Field(None, alias="deployCount")
    last_deploy: Maybe[Deploy] = Field(None, alias="lastDeploy")


ReleaseForms = Annotated[Release | None, BeforeValidator(_release), _OrNone()]


class StatusDetails(Answer):
    """What a status waits for (sentry-api §3.2)."""

    in_next_release: Annotated[bool, _OrEmpty(False)] = Field(False, alias="inNextRelease")
    in_release: Text = Field(None, alias="inRelease")
    ignore_count: Count = Field(None, alias="ignoreCount")
    ignore_user_count: Count = Field(None, alias="ignoreUserCount")
    ignore_window: Count = Field(None, alias="ignoreWindow")
    ignore_user_window: Count = Field(None, alias="ignoreUserWindow")
    ignore_until: Moment = Field(None, alias="ignoreUntil")


class Person(Answer):
    """A member of the organization; e-mail addresses are left unread."""

    id: Text = None
    name: Text = None
    username: Text = None


class Activity(Answer):
    """One entry of the activity log (sentry-api §3.3). Unknown types pass."""

    id: Id = "0"
    type: Text = None
    date_created: Moment = Field(None, alias="dateCreated")
    user: Maybe[Person] = None
    data: Json = Field(default_factory=dict)

    @property
    def who(self) -> str | None:
        """The name of who acted, None when Sentry did."""
        return self.user.name if self.user else None

    @property
    def version(self) -> str | None:
        """The release that the entry names, whatever its form."""
        version = self.data.get("version")
        return version if isinstance(version, str) and version else None

    @property
    def text(self) -> str | None:
        """A note's text, an assignee, a priority: what the entry says."""
        if isinstance(self.data.get("text"), str):
            return str(self.data["text"])
        user = self.data.get("user")
        named = user.get("name") if isinstance(user, dict) else None
        for value in (named, self.data.get("priority"), self.data.get("title")):
            if isinstance(value, str) and value:
                return value
        return None


class Project(Answer):
    """A project."""

    id: Text = None
    slug: Text = None
    name: Text = None
    platform: Text = None


class Bucket(Answer):
    """One ``[epoch_s, n]`` pair of an issue's stats."""

    at: Moment = None
    count: Count = None


def _buckets(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("not buckets")  # noqa: TRY004  # as above
    return [{"at": pair[0], "count": pair[1]} for pair in value if isinstance(pair, list) and len(pair) == 2]


Buckets = Annotated[tuple[Item[Bucket], ...], BeforeValidator(_buckets), _OrEmpty(())]


class IssueStats(Answer):
    """25 hourly and 31 daily buckets; the last one of each is still open."""

    hourly: Buckets = Field((), alias="24h")
    daily: Buckets = Field((), alias="30d")


def _actor(value: object) -> object:
    return value.get("name") if isinstance(value, dict) else value


class Issue(Answer):
    """An issue. ``count`` is over all time (rule 2), whatever is asked."""

    id: Id
    title: Text = None
    short_id: Text = Field(None, alias="shortId")
    culprit: Text = None
    permalink: Text = None
    level: Text = None
    status: Text = None
    substatus: Text = None
    status_details: Annotated[StatusDetails, _OrEmpty(StatusDetails.model_construct())] = Field(
        default_factory=StatusDetails, alias="statusDetails"
    )
    priority: Text = None
    count: Count = None
    user_count: Count = Field(None, alias="userCount")
    first_seen: Moment = Field(None, alias="firstSeen")
    last_seen: Moment = Field(None, alias="lastSeen")
    first_release: ReleaseForms = Field(None, alias="firstRelease")
    last_release: ReleaseForms = Field(None, alias="lastRelease")
    is_unhandled: Flag = Field(None, alias="isUnhandled")
    type: Text = None
    issue_type: Text = Field(None, alias="issueType")
    issue_category: Text = Field(None, alias="issueCategory")
    platform: Text = None
    project: Maybe[Project] = None
    assigned_to: Annotated[str | None, BeforeValidator(_actor), _OrNone()] = Field(None, alias="assignedTo")
    user_report_count: Count = Field(None, alias="userReportCount")
    stats: Maybe[IssueStats] = None
    activity: Many[Activity] = ()

    @property
    def project_id(self) -> str | None:
        """The project's number."""
        return self.project.id if self.project else None

    @property
    def project_slug(self) -> str | None:
        """The project's slug."""
        return self.project.slug if self.project else None

    @property
    def category(self) -> str:
        """Sentry's category; where a server gives none, the type tells errors from transactions and feedback."""
        if self.issue_category:
            return self.issue_category
        return {"transaction": "performance", "feedback": "feedback"}.get(self.type or "", "error")

    @property
    def is_error(self) -> bool:
        """Whether the errors dataset holds its events."""
        return self.category == "error"

    @property
    def hourly(self) -> tuple[tuple[datetime, int], ...]:
        """Events per clock hour, all environments."""
        return _pairs(self.stats.hourly) if self.stats else ()

    @property
    def daily(self) -> tuple[tuple[datetime, int], ...]:
        """Events per day, all environments."""
        return _pairs(self.stats.daily) if self.stats else ()

    @property
    def suspect_version(self) -> str | None:
        """The release to look at first: of the last regression, else the first one seen (sentry-api §6.1)."""
        entries = [entry for entry in self.activity if entry.type == "set_regression" and entry.version]
        if entries:
            return max(entries, key=lambda entry: entry.date_created or datetime.min.replace(tzinfo=UTC)).version
        return self.first_release.version if self.first_release else None


def _pairs(buckets: tuple[Bucket, ...]) -> tuple[tuple[datetime, int], ...]:
    return tuple((bucket.at, bucket.count) for bucket in buckets if bucket.at is not None and bucket.count is not None)


class TagPair(Answer):
    """One tag of an event; malformed events give null keys or values."""

    key: Text = None
    value: Text = None


def _tags(value: object) -> object:
    """A list of objects, or of pairs as old servers and GlitchTip write them."""
    if not isinstance(value, list):
        return value
    return [{"key": item[0], "value": item[1]} if isinstance(item, list) and len(item) == 2 else item for item in value]


TagPairs = Annotated[tuple[Item[TagPair], ...], BeforeValidator(_first_items), BeforeValidator(_tags), _OrEmpty(())]


class EventUser(Answer):
    """The user context of an event: personal data, masked on its way in."""

    id: Text = None
    email: Text = None
    username: Text = None
    name: Text = None
    ip_address: Text = None

    @property
    def is_known(self) -> bool:
        """Whether it names anybody; Sentry sends an object of nulls for nobody."""
        return any((self.id, self.email, self.username, self.name, self.ip_address))


class _Tagged(Answer):
    """What the rows of the event list and whole events share."""

    id: Id = Field(validation_alias="eventID")
    title: Text = None
    message: Text = None
    platform: Text = None
    who: Maybe[EventUser] = Field(None, alias="user")
    tag_pairs: TagPairs = Field((), alias="tags")
    date_created: Moment = Field(None, alias="dateCreated")
    release_forms: ReleaseForms = Field(None, alias="release")

    @property
    def user(self) -> EventUser | None:
        """The user, None when the event carries none."""
        return self.who if self.who and self.who.is_known else None

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Key and value of every well-formed tag."""
        return tuple((tag.key, tag.value) for tag in self.tag_pairs if tag.key and tag.value is not None)

    @property
    def release(self) -> str | None:
        """The version: of the release in any form, else of the tag (rule 3)."""
        return self.release_forms.version if self.release_forms else self.tag("release") or self.tag("sentry:release")

    def tag(self, key: str) -> str | None:
        """The value of a tag, None when the event does not carry it."""
        return next((value for name, value in self.tags if name == key), None)


class EventRow(_Tagged):
    """One row of an issue's event list: no release, environment or entries of its own (rule 3)."""


class Frame(Answer):
    """One stack frame."""

    filename: Text = None
    abs_path: Text = Field(None, alias="absPath")
    module: Text = None
    function: Text = None
    line_no: Count = Field(None, alias="lineNo")
    in_app: Annotated[bool, _OrEmpty(False)] = Field(False, alias="inApp")
    context_lines: Annotated[list[Any], _OrEmpty([])] = Field(default_factory=list, alias="context")
    vars: Json = Field(default_factory=dict)

    @property
    def context(self) -> tuple[tuple[int, str], ...]:
        """Line numbers and source around the failing line."""
        return tuple(
            (pair[0], pair[1])
            for pair in self.context_lines
            if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], int) and isinstance(pair[1], str)
        )


class Stacktrace(Answer):
    """Frames, oldest call first."""

    frames: Many[Frame] = ()


class Mechanism(Answer):
    """How the SDK caught the exception."""

    type: Text = None
    handled: Flag = None


class ExceptionValue(Answer):
    """One exception of a chain, cause first."""

    type: Text = None
    value: Text = None
    module: Text = None
    how: Maybe[Mechanism] = Field(None, alias="mechanism")
    stacktrace: Maybe[Stacktrace] = None

    @property
    def handled(self) -> bool | None:
        """Whether the application handled it."""
        return self.how.handled if self.how else None

    @property
    def mechanism(self) -> str | None:
        """The SDK's mechanism."""
        return self.how.type if self.how else None

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Oldest call first, the failing one last."""
        return self.stacktrace.frames if self.stacktrace else ()


class Breadcrumb(Answer):
    """One breadcrumb."""

    timestamp: Moment = None
    type: Text = None
    category: Text = None
    level: Text = None
    message: Text = None
    data: Json = Field(default_factory=dict)


class Request(Answer):
    """The HTTP request of an event; headers and cookies are left unread."""

    method: Text = None
    url: Text = None
    query: Any = None
    data: Any = None


class Thread(Answer):
    """A thread; on mobile the stack may be here."""

    name: Text = None
    crashed: Flag = None
    stacktrace: Maybe[Stacktrace] = None


class EntryData(Answer):
    """The data of any entry; which fields are there depends on its type."""

    values: Annotated[list[Any], BeforeValidator(_first_items), _OrEmpty([])] = Field(default_factory=list)
    formatted: Text = None
    message: Text = None


class Entry(Answer):
    """One entry of an event, read by type."""

    type: Text = None
    data: Annotated[Any, _OrNone()] = None


class ProcessingError(Answer):
    """What Sentry could not process."""

    type: Text = None


class Shown(Answer):
    """One line of a non-error issue's evidence."""

    name: Text = None
    value: Text = None
    important: Annotated[bool, _OrEmpty(False)] = False


class Occurrence(Answer):
    """What a non-error issue shows instead of an exception."""

    title: Text = Field(None, alias="issueTitle")
    subtitle: Text = None
    display: Many[Shown] = Field((), alias="evidenceDisplay")


class Sdk(Answer):
    """The SDK that sent the event."""

    name: Text = None
    version: Text = None


class Event(_Tagged):
    """One whole event; any entry may be missing, and their order is not fixed (sentry-api §4.2)."""

    entries: Many[Entry] = ()
    raw_contexts: Json = Field(default_factory=dict, alias="contexts")
    extra: Json = Field(default_factory=dict, alias="context")
    sdk: Maybe[Sdk] = None
    errors: Many[ProcessingError] = ()
    shown: Maybe[Occurrence] = Field(None, alias="occurrence")
    meta: Json = Field(default_factory=dict, alias="_meta")

    def _entry(self, kind: str) -> Mapping[str, Any]:
        data = next((entry.data for entry in self.entries if entry.type == kind), None)
        return data if isinstance(data, dict) else {}

    @property
    def exceptions(self) -> tuple[ExceptionValue, ...]:
        """The exception chain, cause first; where it has no frames, the crashed thread's are taken."""
        found = _read(ExceptionValue, self._entry("exception").get("values"))
        if found and not any(one.frames for one in found):
            threads = _read(Thread, self._entry("threads").get("values"))
            stack = next((thread.stacktrace for thread in threads if thread.crashed and thread.stacktrace), None)
            if stack:
                return (*found[:-1], found[-1].model_copy(update={"stacktrace": stack}))
        return found

    @property
    def breadcrumbs(self) -> tuple[Breadcrumb, ...]:
        """Oldest first; only the last hundred are read."""
        values = self._entry("breadcrumbs").get("values")
        return _read(Breadcrumb, values[-100:] if isinstance(values, list) else None)

    @property
    def request(self) -> Request | None:
        """The request, None when the event has none."""
        data = self._entry("request")
        return next(iter(_read(Request, [data])), None) if data else None

    @property
    def transaction(self) -> str | None:
        """The transaction that the tags name."""
        return self.tag("transaction")

    @property
    def contexts(self) -> Mapping[str, Mapping[str, Any]]:
        """Context objects by name."""
        return {name: context for name, context in self.raw_contexts.items() if isinstance(context, dict)}

    @property
    def trace_id(self) -> str | None:
        """The trace that the event belongs to."""
        trace = self.contexts.get("trace", {}).get("trace_id")
        return trace if isinstance(trace, str) else None

    @property
    def sdk_name(self) -> str | None:
        """Name and version of the SDK."""
        return " ".join(part for part in (self.sdk.name, self.sdk.version) if part) or None if self.sdk else None

    @property
    def occurrence(self) -> tuple[tuple[str, str], ...]:
        """Evidence of a non-error issue, important first."""
        if self.shown is None:
            return ()
        head = [("subtitle", self.shown.subtitle)] if self.shown.subtitle else []
        lines = sorted(self.shown.display, key=lambda line: not line.important)
        return tuple(
            (name, value) for name, value in (*head, *((line.name, line.value) for line in lines)) if name and value
        )

    @property
    def scrubbed(self) -> tuple[str, ...]:
        """Places that scrubbing emptied or shortened, from the shadow tree ``_meta``."""
        return tuple(_scrubbed(self.meta, (), 12))


def _scrubbed(node: object, path: tuple[str, ...], depth: int) -> list[str]:
    if not isinstance(node, dict) or depth == 0:
        return []
    leaf = node.get("")
    found = [".".join(path)] if isinstance(leaf, dict) and (leaf.get("rem") or leaf.get("chunks")) else []
    for key, inner in list(node.items())[:200]:
        if key != "" and len(found) < 50:
            found += _scrubbed(inner, (*path, str(key)), depth - 1)
    return found


M = TypeVar("M", bound=Answer)


def _read(model: type[M], values: object) -> tuple[M, ...]:
    """The items that can be read."""
    if not isinstance(values, list):
        return ()
    return tuple(model.model_validate(value) for value in values[:MOST_ITEMS] if isinstance(value, dict))


class TagValue(Answer):
    """One value of a tag; null is "tag absent"."""

    value: Text = None
    count: Count = None
    last_seen: Moment = Field(None, alias="lastSeen")


class Tag(Answer):
    """One tag of an issue over all time."""

    key: Annotated[str, BeforeValidator(_text)]
    total_values: Count = Field(None, alias="totalValues")
    top: Many[TagValue] = Field((), alias="topValues")


class SuspectCommit(Answer):
    """A commit that may have caused the issue."""

    id: Id
    message: Text = None
    date_created: Moment = Field(None, alias="dateCreated")
    author: Text = None
    pull_request: Text = None


class Committer(Answer):
    """An author and their suspect commits."""

    author: Maybe[Person] = None
    commits: Annotated[list[Any], _OrEmpty([])] = Field(default_factory=list)


class Committers(Answer):
    """Answer of the committers endpoint."""

    committers: Many[Committer] = ()

    def suspects(self) -> tuple[SuspectCommit, ...]:
        """All suspect commits with their author and pull request."""
        found = []
        for committer in self.committers:
            for commit in committer.commits:
                if not isinstance(commit, dict) or not isinstance(commit.get("id"), str):
                    continue
                pull = commit.get("pullRequest")
                number = pull.get("id") if isinstance(pull, dict) else None
                name = f"#{number}" if isinstance(number, str | int) else None
                extra = {"author": committer.author.name if committer.author else None, "pull_request": name}
                found.append(SuspectCommit.model_validate({**commit, **extra}))
        return tuple(found)


class Workflow(Answer):
    """An alert rule and when it last fired."""

    id: Id
    name: Text = None
    enabled: Flag = None
    last_triggered: Moment = Field(None, alias="lastTriggered")


class Whoami(Answer):
    """What the token may do: ``GET /api/0/``."""

    version: Text = None
    scopes: Annotated[tuple[str, ...] | None, _OrNone()] = Field(None, validation_alias=AliasPath("auth", "scopes"))
    user: Maybe[Person] = None


class Organization(Answer):
    """An organization, and the region that holds its data."""

    id: Text = None
    slug: Text = None
    name: Text = None
    region_url: Text = Field(None, validation_alias=AliasPath("links", "regionUrl"))


class Named(Answer):
    """Something of which only the name is read: an environment."""

    name: Text = None


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(frozen=True)
    items: tuple[T, ...]
    next_cursor: str | None = None
    hits: int | None = None


Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


class Table(BaseModel):
    """A Discover answer: rows of field → value, any of which may be null.

    Attributes:
        dataset: the dataset that answered; None when the server was asked without one.
        why_empty: what Sentry says about an empty answer ("no projects"), None when it says nothing.
    """

    model_config = ConfigDict(frozen=True)
    rows: tuple[dict[str, Cell], ...]
    dataset: str | None = None
    next_cursor: str | None = None
    why_empty: str | None = None

    def number(self, field: str) -> float | None:
        """A number of the first row; None when there is no row or no number."""
        value = self.rows[0].get(field) if self.rows else None
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


class Series(BaseModel):
    """A regular time series of one axis.

    Attributes:
        start: start of the first bucket.
        step_s: seconds of a bucket.
        values: None where Sentry gave no number.
        complete_until: start of the first bucket that Sentry calls incomplete, None when it calls none so.
    """

    model_config = ConfigDict(frozen=True)
    start: datetime
    step_s: int
    values: tuple[float | None, ...]
    complete_until: datetime | None = None


class LatencyRow(BaseModel):
    """Latency of one transaction; ``p95_ms`` is None when Sentry gave no number."""

    model_config = ConfigDict(frozen=True)
    transaction: str
    p95_ms: float | None = None
    count: int | None = None


class Latency(BaseModel):
    """Latencies, and what was measured where."""

    model_config = ConfigDict(frozen=True)
    rows: tuple[LatencyRow, ...]
    measure: str


class SessionGroup(BaseModel):
    """Sessions of one environment: totals, and one value an interval. Rates are fractions 0..1 or None."""

    model_config = ConfigDict(frozen=True)
    environment: str | None
    sessions: int | None = None
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    sessions_by_hour: tuple[float | None, ...] = ()
    crash_rate_by_hour: tuple[float | None, ...] = ()
    unhandled_rate_by_hour: tuple[float | None, ...] = ()


class Sessions(BaseModel):
    """Release health by environment; the range is rounded outwards to full hours.

    Attributes:
        has_unhandled_rate: False when the server does not know the figure (before SDK 11's meaning).
    """

    model_config = ConfigDict(frozen=True)
    start: datetime
    end: datetime
    intervals: tuple[datetime, ...] = ()
    groups: tuple[SessionGroup, ...] = ()
    has_unhandled_rate: bool = True
