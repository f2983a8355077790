"""What is known of a whole organization at one instant: the evidence of ``assess_situation``.

Round one lists: issues that are new, busy or rising, the volume and the sessions of every project, what was changed,
which alerts and monitors fired. Round two looks into the few issues that are news: what their events have in common.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from sentry_runbook.incident.model.evidence.counts import Series, SessionHour
from sentry_runbook.incident.model.evidence.flags import FlagChange
from sentry_runbook.incident.model.evidence.issue import Issue, Release, people_of
from sentry_runbook.incident.model.evidence.json_values import JsonObject, id_of, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import Count, FromSentry, Identifier, Name, PartOf
from sentry_runbook.incident.model.evidence.listed_monitor import ListedAlert, ListedMonitor
from sentry_runbook.incident.model.evidence.values import (
    NOT_ASKED,
    EventText,
    Finding,
    Frozen,
    Known,
    Unknown,
    Window,
)

MESSAGE = 2_000
"""Characters of an issue's error text that are read."""


class ListedIssue(Issue):
    """A row of an issue list with a period: its own life beside what is the period's (sentry-api §17).

    Attributes:
        project_id: the number of its project.
        message: type and value of the error that Sentry took for the title, inert, for rules that look for words.
        events: in the window; ``events_total`` is of the whole life.
        users: as ``events``.
    """

    project_id: Annotated[str | None, Identifier()] = None
    message: Annotated[EventText | None, PartOf("issue.message")] = None
    events: Annotated[int | None, Count()] = None
    users: Annotated[int | None, Count()] = None

    @property
    def may_have_nameless(self) -> bool:
        """Whether some of its events may carry no user: Sentry counts users, and fewer than events."""
        return self.users is not None and (self.events is None or self.users < self.events)

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Counts and times at the top are the period's, wherever ``lifetime`` stands beside them."""
        row, metadata = super().reshape(json), object_of(json.get("metadata"))
        parts = [text for key in ("type", "value") if isinstance(text := metadata.get(key), str) and text]
        row = {
            **row,
            "project_id": id_of(object_of(json.get("project")).get("id")),
            "message": (": ".join(parts) or text_of(json.get("title")) or "", MESSAGE),
            "events": json.get("count"),
            "users": row.get("userCount"),
        }
        if "lifetime" not in json:
            return row
        life = object_of(json.get("lifetime"))
        return {
            **row,
            "firstSeen": life.get("firstSeen"),
            "lastSeen": life.get("lastSeen") or json.get("lastSeen"),
            "count": life.get("count"),
            "userCount": people_of(life),
        }


class ListedProject(FromSentry):
    """A project of the organization.

    Attributes:
        is_closed: Sentry says that the token may not read it; None where it does not say.
    """

    id: Annotated[str, Identifier()]
    slug: Annotated[EventText | None, Name("project.slug")] = None
    is_closed: bool | None = None


class IssuePage(Frozen):
    """A page of an issue list.

    Attributes:
        total: issues that match, by Sentry's ``X-Hits``; None where it does not say.
        complete: no further page.
    """

    issues: tuple[ListedIssue, ...] = ()
    total: int | None = None
    complete: bool = True


class ProjectVolume(Frozen):
    """Error events of a project in the clock hours that touch the window, in all environments (``stats_v2/``).

    Of several projects Sentry tells sums of a stretch, and no series.

    Attributes:
        project: number of the project.
        hours: from the first of these hours to the end of the last, which may still be open.
        accepted: stored events in these hours; None where Sentry gave no number.
        before: stored events in the same hours of the day before; None where they were not read.
        dropped: events in these hours that Sentry did not store (quota, rate limit, abuse); None: not known.
    """

    project: str
    hours: Window
    accepted: int | None = None
    before: int | None = None
    dropped: int | None = None


class ProjectSessions(Frozen):
    """Production sessions of a project per clock hour, as :class:`SessionHour`."""

    project: str
    hours: tuple[SessionHour, ...]


class TagRow(Frozen):
    """Events of one issue that share these values; a None value is "tag absent".

    Attributes:
        issue: number of the issue.
        project: slug of its project, where it was asked for.
        users: distinct users among them; None when Sentry gave no number or no event has a user.
    """

    issue: str
    project: EventText | None = None
    values: dict[str, EventText | None]
    events: int
    users: int | None = None


class TagRows(Frozen):
    """Events by issue and combination of tags, most frequent first.

    Attributes:
        complete: False when Sentry had more rows than were read.
    """

    rows: tuple[TagRow, ...] = ()
    complete: bool = True


class IssueValue(Frozen):
    """A value that an issue's events have, as a digest: it is only compared (a trace, a user)."""

    issue: str
    value: str


class IssueValues(Frozen):
    """Values that several issues may share, all issues of one value together.

    Attributes:
        complete: False when there were more: then it is a sample of the values, each with all its issues.
    """

    rows: tuple[IssueValue, ...] = ()
    complete: bool = True


class FlaggedIssue(Frozen):
    """Events of an issue for which a feature flag was on.

    Attributes:
        events: in the window, with the flag on.
        of: all its events in the window; None where Sentry gave no number.
    """

    issue: str
    flag: EventText
    events: int
    of: int | None = None


class IssueMinutes(Frozen):
    """Events of one issue in equal steps: minutes, or the hours of its history.

    Attributes:
        issue: its number; empty: all other issues of the projects that were asked for, together.
    """

    issue: str
    events: Series


class UsersTogether(Frozen):
    """Distinct users of several issues together, in a window."""

    issues: tuple[str, ...]
    window: Window
    users: int
    is_lower_bound: bool = False


class NamelessEvents(Frozen):
    """How many events of one issue in the window say of nobody in particular whom they hit (DESIGN section 5).

    Attributes:
        issue: its number.
        events: at most so many carry no user, or one who stands for many people; None: asked for and not read.
        is_everybody: no event has another user than one who stands for many: Sentry's number of users is none.
    """

    issue: str
    events: int | None = None
    is_everybody: bool = False


class SituationEvidence(Frozen):
    """All that is known of an organization's errors at one instant.

    Attributes:
        collected_at: ages and "now" are measured from here.
        window: the period asked for, an hour unless given.
        new_since: issues first seen from then on were asked for.
        asked_projects: slugs or numbers that the caller named; empty: all that the token may read.
        one_by_one: projects that were searched one by one, for this server searches no several at once.
        not_searched: projects that no list covers.
        new, busy, rising: issues first seen since ``new_since``; with most events in the window; rising by Sentry's
            own order.
        monitors: without those that every project has.
        builds: by release and environment; places: by host, tenant and flags.
        traces, shared_users: see :class:`IssueValues`.
        minutes: of the issues that matter most.
        history: of risen issues, by the hour of the days before.
        flagged: issues that are news, with events for which one of the flags was on that were changed lately.
        together: distinct users of the likely groups.
        nameless: of the issues that have more events than users; of another one it is not known.
    """

    collected_at: datetime
    server: str
    server_kind: Literal["sentry", "glitchtip", "unknown"] = "unknown"
    organization: str
    window: Window
    new_since: datetime
    asked_projects: tuple[EventText, ...] = ()
    environments: tuple[EventText, ...] = ()
    one_by_one: tuple[EventText, ...] = ()
    not_searched: tuple[EventText, ...] = ()
    projects: Known[tuple[ListedProject, ...]] | Unknown = NOT_ASKED
    new: Known[IssuePage] | Unknown = NOT_ASKED
    busy: Known[IssuePage] | Unknown = NOT_ASKED
    rising: Known[IssuePage] | Unknown = NOT_ASKED
    volumes: Known[tuple[ProjectVolume, ...]] | Unknown = NOT_ASKED
    sessions: Known[tuple[ProjectSessions, ...]] | Unknown = NOT_ASKED
    releases: Known[tuple[Release, ...]] | Unknown = NOT_ASKED
    flag_changes: Known[tuple[FlagChange, ...]] | Unknown = NOT_ASKED
    alerts: Known[tuple[ListedAlert, ...]] | Unknown = NOT_ASKED
    monitors: Known[tuple[ListedMonitor, ...]] | Unknown = NOT_ASKED
    builds: Known[TagRows] | Unknown = NOT_ASKED
    places: Known[TagRows] | Unknown = NOT_ASKED
    traces: Known[IssueValues] | Unknown = NOT_ASKED
    shared_users: Known[IssueValues] | Unknown = NOT_ASKED
    minutes: Known[tuple[IssueMinutes, ...]] | Unknown = NOT_ASKED
    history: Known[tuple[IssueMinutes, ...]] | Unknown = NOT_ASKED
    flagged: Known[tuple[FlaggedIssue, ...]] | Unknown = NOT_ASKED
    together: tuple[UsersTogether, ...] = ()
    nameless: tuple[NamelessEvents, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = Field(default=())
    """What the reader should know of the collection itself (old server, less searched)."""
