"""What a link or name in an alert is of: where, when and for what to look, as far as Sentry tells.

It is the answer to "the pager sent me this link": nothing in it is guessed, and what is not known is absent and stands
in ``missing`` with the reason. Names are of whoever made the alert, and texts of events: inert, and marked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject, first_of, object_of
from sentry_runbook.incident.model.evidence.lenient import (
    TITLE,
    Count,
    FromSentry,
    Identifier,
    InertLine,
    InertUrl,
    Moment,
    Name,
    ShortId,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText, Finding, Frozen, Missing

TargetKind = Literal[
    "alert",
    "metric_alert",
    "error_monitor",
    "cron",
    "uptime",
    "release",
    "trace",
    "issue_stream",
    "issue",
    "project",
    "page",
]
"""``alert`` reacts to issues (Sentry: issue alert, workflow), ``metric_alert`` and ``error_monitor`` make them (metric
monitor, and a project's default monitor); ``page`` is any other that says where or when to look."""


class TargetIssue(FromSentry):
    """An issue that the target is about.

    Attributes:
        project: slug.
        firings: how often the alert fired for it in the stretch that was asked for.
        events: of a trace, those of the issue in it.
        last_fired: the last of them.
        first_seen: of the list that told it: of its whole life, or of the trace.
        last_seen: as ``first_seen``.
    """

    id: Annotated[str, Identifier()]
    short_id: Annotated[str | None, ShortId()] = Field(None, validation_alias="shortId")
    title: Annotated[EventText | None, InertLine(TITLE, "alert.issue.title")] = None
    project: Annotated[str | None, Name("project")] = None
    status: Annotated[str | None, Word()] = None
    firings: Annotated[int | None, Count()] = None
    events: Annotated[int | None, Count()] = None
    last_fired: Annotated[datetime | None, Moment()] = None
    first_seen: Annotated[datetime | None, Moment()] = Field(None, validation_alias="firstSeen")
    last_seen: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastSeen")

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """A row of a history holds the issue as ``group``, beside how often and when it fired."""
        issue = object_of(json.get("group")) or json
        return {
            **issue,
            "project": object_of(issue.get("project")).get("slug"),
            "firings": json.get("count") if "group" in json else None,
            "last_fired": json.get("lastTriggered"),
        }

    @property
    def name(self) -> str:
        """Short id, or the numeric id when Sentry gave no short one."""
        return self.short_id or self.id


class CheckIn(FromSentry):
    """One check-in of a cron monitor, expected or come.

    Attributes:
        status: ``ok``, ``error``, ``missed``, ``timeout``, ``in_progress`` or ``unknown``.
        at: when it came, or was found to be missing.
    """

    status: Annotated[str, Word("unknown")] = "unknown"
    at: Annotated[datetime | None, Moment()] = None
    environment: Annotated[EventText | None, Name("cron.environment")] = None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Newer servers tell the date twice."""
        return {**json, "at": first_of(json, "dateAdded", "dateCreated", "expectedTime")}


class CronState(Frozen):
    """What became of a cron monitor's check-ins.

    Attributes:
        counted_from: check-ins from then on are counted.
        missed: expected, and none came.
        failed: came, and said that the job failed.
        timed_out: began, and did not end in time.
        good: came, and said that the job went well.
        last: the newest one.
        last_good: the newest good one that was read; None where none was: see ``missing``.
        failing_since: when Sentry opened its incident; None where it has none, or does not tell.
        next_expected: when the next one is due.
    """

    counted_from: datetime
    missed: int
    failed: int
    timed_out: int
    good: int
    last: CheckIn | None = None
    last_good: datetime | None = None
    failing_since: datetime | None = None
    next_expected: datetime | None = None


class UptimeResult(FromSentry):
    """One check of an address.

    Attributes:
        status: ``success``, ``failure``, ``failure_incident`` (a failure while it counts as down), ``missed_window``.
        reason: why it failed, as ``timeout``, ``dns_error``, ``tls_error``.
        http_status: what the address answered.
    """

    status: Annotated[str, Word("unknown")] = Field("unknown", validation_alias="checkStatus")
    reason: Annotated[str | None, Word()] = Field(None, validation_alias="checkStatusReason")
    http_status: Annotated[int | None, Count()] = Field(None, validation_alias="httpStatusCode")
    at: Annotated[datetime | None, Moment()] = Field(None, validation_alias="timestamp")

    @property
    def is_failure(self) -> bool:
        """Whether the address did not answer as it should."""
        return self.status in ("failure", "failure_incident")


class UptimeState(FromSentry):
    """What became of an uptime check.

    Attributes:
        address: what is called.
        is_down: whether Sentry calls it down now; None where it does not tell.
        down_since: since when; where ``is_down_earlier`` holds, it was down before then, too.
        last: the newest check.
        failed: checks that failed, of the ``checked`` ones since ``counted_from``.
    """

    address: Annotated[EventText | None, InertUrl("uptime.url")] = None
    is_down: bool | None = None
    down_since: datetime | None = None
    is_down_earlier: bool = False
    last: UptimeResult | None = None
    failed: int | None = None
    checked: int | None = None
    counted_from: datetime | None = None


class TargetSearch(Frozen):
    """The same as it goes into requests: as Sentry, or the link, wrote it. It is never shown.

    Attributes:
        projects: numbers or slugs; empty: all that the token may read.
        environments: any of these; empty: all.
        query: a search of issues; None for all issues.
        issues: numeric ids of the issues that are known.
    """

    projects: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    query: str | None = None
    issues: tuple[str, ...] = ()


class AlertTarget(Frozen):
    """Where, when and for what to look.

    Attributes:
        what: what it is, as a phrase: ``the alert "Payments fail" of project shop``.
        id: its number or slug.
        organization: slug, where a link names another than the configured one.
        projects: slugs or numbers; empty: all that the token may read, or, with ``projects`` in ``missing``, not known.
        environments: any of these; empty: all.
        query: the search that it stands for.
        condition: when it fires, a line each.
        start: the stretch of time that it is about: of its link, else its last firing's, the trace's, the issue's life.
        end: None for "until now", or with no ``start``.
        period: from its link, as ``24h``, when that has no start and end.
        fired_at: when it fired or opened last.
        is_open: whether what it opened is open still; None where Sentry does not tell.
        enabled: None where Sentry does not tell.
        owner: person or team.
        issues: those that it is about, the last fired first; not all of what it searches.
        cron: of a cron monitor.
        uptime: of an uptime check.
        search: for requests.
    """

    kind: TargetKind
    what: EventText
    name: EventText | None = None
    id: str | None = None
    organization: str | None = None
    projects: tuple[str, ...] = ()
    environments: tuple[EventText, ...] = ()
    query: EventText | None = None
    condition: tuple[EventText, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    period: str | None = None
    fired_at: datetime | None = None
    is_open: bool | None = None
    enabled: bool | None = None
    owner: EventText | None = None
    issues: tuple[TargetIssue, ...] = ()
    cron: CronState | None = None
    uptime: UptimeState | None = None
    missing: tuple[Missing, ...] = ()
    findings: tuple[Finding, ...] = ()
    search: TargetSearch = Field(default=TargetSearch(), exclude=True, repr=False)
