"""Issues, their activity and their tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from sentry_runbook.sentry.models.catalog import Project, ReleaseForms
from sentry_runbook.sentry.models.lenient import (
    MOST_ITEMS,
    Answer,
    Count,
    Flag,
    Id,
    Item,
    Json,
    Many,
    Maybe,
    Moment,
    OrEmpty,
    Person,
    Text,
)


class StatusDetails(Answer):
    """What a status waits for (sentry-api §3.2)."""

    in_next_release: Annotated[bool, OrEmpty(False)] = Field(False, alias="inNextRelease")
    in_release: Text = Field(None, alias="inRelease")
    ignore_count: Count = Field(None, alias="ignoreCount")
    ignore_user_count: Count = Field(None, alias="ignoreUserCount")
    ignore_window: Count = Field(None, alias="ignoreWindow")
    ignore_user_window: Count = Field(None, alias="ignoreUserWindow")
    ignore_until: Moment = Field(None, alias="ignoreUntil")


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


class Bucket(Answer):
    """One ``[epoch_s, n]`` pair of an issue's stats."""

    at: Moment = None
    count: Count = None


def _buckets(value: object) -> object:
    if not isinstance(value, list):
        raise ValueError("not buckets")  # noqa: TRY004  # see lenient
    return [
        {"at": pair[0], "count": pair[1]} for pair in value[:MOST_ITEMS] if isinstance(pair, list) and len(pair) == 2
    ]


Buckets = Annotated[tuple[Item[Bucket], ...], BeforeValidator(_buckets), OrEmpty(())]


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
    status_details: Annotated[StatusDetails, OrEmpty(StatusDetails.model_construct())] = Field(
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
    assigned_to: Annotated[Text, BeforeValidator(_actor)] = Field(None, alias="assignedTo")
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


class TagValue(Answer):
    """One value of a tag; null is "tag absent"."""

    value: Text = None
    count: Count = None
    last_seen: Moment = Field(None, alias="lastSeen")


class Tag(Answer):
    """One tag of an issue over all time."""

    key: Id
    total_values: Count = Field(None, alias="totalValues")
    top: Many[TagValue] = Field((), alias="topValues")
