"""What was counted: in windows, by time, by tag, in sessions and transactions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, text_of
from sentry_runbook.incident.model.evidence.lenient import Count, FieldType, FromSentry, Name
from sentry_runbook.incident.model.evidence.tags import user_of_tag
from sentry_runbook.incident.model.evidence.values import EventText, Frozen, Window
from sentry_runbook.safety.text import NAME

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer


class EnvironmentScope(Frozen):
    """Which environments the numbers cover, and why.

    Attributes:
        names: the environments counted; empty means all. ``""`` means events without an environment.
        basis: ``asked`` (the caller named them), ``production`` (the policy's pattern), ``all``.
        production: the issue's environments that count as production, over all time.
        others: the issue's other environments, over all time.
        known: False when the environments of the issue could not be read.
        lacks_production: no environment of the project with data counts as production, so none is taken for staging;
            None when that could not be read. Looked up only where the issue has none that does.
    """

    names: tuple[EventText, ...] = ()
    basis: Literal["asked", "production", "all"] = "all"
    production: tuple[EventText, ...] = ()
    others: tuple[EventText, ...] = ()
    known: bool = True
    lacks_production: bool | None = False


@dataclass(frozen=True)
class TagValues(FieldType):
    """Values of a tag with their counts; a value of None is "tag absent", a count of None unknown."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The pairs; the values of the tags of users are users."""
        key, values = value if isinstance(value, tuple) else ("", ())
        return tuple(
            (_tag_value(key, text_of(row.get("value")), sanitizer), count_of(row.get("count"))) for row in values
        )


def _tag_value(key: str, value: str | None, sanitizer: Sanitizer) -> str | None:
    if not value:
        return None
    user = user_of_tag(key, value, sanitizer)
    return user or None if user is not None else sanitizer.named(key, value, NAME, f"tags.{key[:40]}")


class TagCount(FromSentry):
    """One tag of the issue over all time: its most frequent values."""

    key: Annotated[EventText, Name("tags.key")]
    total: Annotated[int | None, Count()] = Field(None, validation_alias="totalValues")
    values: Annotated[tuple[tuple[EventText | None, int | None], ...], TagValues()] = ()

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """How a value is made inert depends on the key."""
        top = [value for value in list_of(json.get("topValues")) if isinstance(value, dict)]
        return {**json, "values": (text_of(json.get("key")) or "", top)}


class Totals(Frozen):
    """Events and distinct users of the issue in a window.

    Attributes:
        users: None when it is unknown: Sentry left it out, or there are events and none carries a user.
        events_lower_bound: True when a part of the window was not counted: there were at least that many.
        users_lower_bound: True when only some events carry a user, or only a part of them was counted by user.
        users_at_most: an upper bound of the users beside the lower one; None where only the events bound them.
        estimated: Sentry read only a part of the data, or calls its own numbers of low confidence.
    """

    events: int
    users: int | None = None
    events_lower_bound: bool = False
    users_lower_bound: bool = False
    users_at_most: int | None = None
    estimated: bool = False


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

    It begins a day before the window (of one of about a day: two days before its end).
    """

    events: Series
    users: Series | None = None


class IssueEvents(Frozen):
    """The events of one of several issues a bucket, in the scope's environments; ``id`` is the issue's."""

    id: str
    events: Series


class UsersIn(Frozen):
    """Distinct users between two instants.

    Attributes:
        users: Discover's ``count_unique(user)``, or counted in the event rows.
        is_lower_bound: some events between them carry no user, or were not read.
        source: what counted them.
    """

    start: datetime
    end: datetime
    users: int
    is_lower_bound: bool = False
    source: str = "Discover, distinct users of chosen hours"


class IssueShare(Frozen):
    """An issue of the project and its unhandled events in the window.

    Attributes:
        id: its number, for a link; None when Sentry gave none.
        began: the first of these events.
    """

    short_id: EventText
    events: int
    id: str | None = None
    title: EventText | None = None
    project: EventText | None = None
    began: datetime | None = None


class SessionHour(Frozen):
    """Production sessions that started in one clock hour.

    Attributes:
        sessions: how many; 0 is a measured zero, None when one environment that counts does not say.
        crash_rate: fraction 0..1, None when Sentry gave none.
        unhandled_rate: fraction 0..1; None when Sentry gave none or does not know the figure.
    """

    start: datetime
    sessions: int | None
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    complete: bool = True


class ReleaseSessions(Frozen):
    """Sessions of one release in the environments that count, in the window; rates as in :class:`Sessions`.

    Attributes:
        version: None for sessions without a release.
        hours: its full hours, as those of all sessions.
    """

    version: EventText | None = None
    sessions: int | None
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    hours: tuple[SessionHour, ...] = ()


class Sessions(Frozen):
    """Release health of the project's production environments in the window (rounded outwards to full hours).

    Attributes:
        sessions: how many; None when one environment that counts does not say.
        has_unhandled_rate: False on servers that do not know ``unhandled_rate(session)``: the old meaning holds.
        has_impossible_rate: Sentry answered a rate below 0 or above 1 for the period, which is left out.
        releases: the same by release, most sessions first; empty when Sentry did not tell them apart.
        project: whose they are, of an incident in several projects: the one with the fewest crash-free sessions.
        unread: the projects of that incident of which Sentry gave none; one of them may have fewer.
    """

    window: Window
    sessions: int | None
    crash_rate: float | None = None
    unhandled_rate: float | None = None
    has_unhandled_rate: bool = True
    has_impossible_rate: bool = False
    hours: tuple[SessionHour, ...] = ()
    releases: tuple[ReleaseSessions, ...] = ()
    project: EventText | None = None
    unread: tuple[EventText, ...] = ()


class AffectedEndpoint(Frozen):
    """Latency and traffic of one transaction in the window.

    Attributes:
        p95_ms: milliseconds, None when Sentry gave no number, or of too few samples.
        count: transactions in the window (extrapolated when sampled).
        samples: transactions that were really measured, as far as Sentry says it.
        estimate: why both are estimates, or were not asked for, in words; else None.
    """

    transaction: EventText
    p95_ms: float | None = None
    count: int | None = None
    samples: int | None = None
    estimate: str | None = None


class Latency(Frozen):
    """The affected endpoints, the issue's main transaction first."""

    endpoints: tuple[AffectedEndpoint, ...] = ()
    main: EventText | None = None
    measure: str = "p95(span.duration) of transaction roots"

    @property
    def main_endpoint(self) -> AffectedEndpoint | None:
        """The endpoint of the main transaction; None when Sentry has no numbers of it."""
        return next((endpoint for endpoint in self.endpoints if endpoint.transaction == self.main), None)


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

    combinations: tuple[Combination, ...] = ()
    complete: bool = True
