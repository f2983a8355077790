"""The issue itself, its life, and what was released around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from sentry_runbook.incident.model.evidence.actor import Actor, acted_by
from sentry_runbook.incident.model.evidence.issue_kind import Kind, issue_category, kind_of_issue
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    digest_of,
    flag_of,
    list_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import (
    MESSAGE,
    TITLE,
    Count,
    Flag,
    FromSentry,
    Identifier,
    InertLine,
    InertVersion,
    Many,
    Maybe,
    Moment,
    Name,
    ShortId,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText

MAX_ACTIVITY = 100
OF_ISSUE = "of_issue"
"""Key under which an entry of several issues' logs is given its issue's short id, beside Sentry's own keys."""


class Deploy(FromSentry):
    """A deploy marker: a pipeline reported to Sentry that a release went to an environment."""

    version: Annotated[EventText, InertVersion("deploy.version")]
    environment: Annotated[EventText, Name("deploy.environment", "")] = ""
    started: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateStarted")
    finished: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateFinished")


class Release(FromSentry):
    """A release as Sentry knows it.

    Attributes:
        new_issues: issues first seen in this release.
        deploys: None when Sentry did not say; an empty tuple when it has none.
        projects: slugs of its projects; empty when Sentry did not say.
    """

    version: Annotated[EventText, InertVersion("release")]
    created: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    released: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateReleased")
    first_event: Annotated[datetime | None, Moment()] = Field(None, validation_alias="firstEvent")
    last_event: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastEvent")
    new_issues: Annotated[int | None, Count()] = Field(None, validation_alias="newGroups")
    deploys: Maybe[Many[Deploy]] = None
    projects: Many[Annotated[EventText, Name("release.project")]] = ()

    @property
    def is_live(self) -> bool:
        """Whether a deploy marker or an event shows that the release runs."""
        return bool(self.deploys) or self.first_event is not None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: object, info: ValidationInfo) -> object:
        """Old servers, and GlitchTip, give the version alone (rule 4)."""
        return {"version": value} if info.context is not None and isinstance(value, str) else value

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The last deploy is all that Sentry tells of the deploys here."""
        last = json.get("lastDeploy")
        deploys: list[object] | None = [] if count_of(json.get("deployCount")) == 0 else None
        if isinstance(last, dict):
            deploys = [{**last, "version": json.get("version")}]
        slugs = [object_of(project).get("slug") for project in list_of(json.get("projects"))]
        return {**json, "deploys": deploys, "projects": [slug for slug in slugs if isinstance(slug, str)]}


class Activity(FromSentry):
    """One entry of the issue's activity log.

    Attributes:
        kind: Sentry's type in small letters, as ``set_regression``, ``set_resolved_in_release``, ``assigned``;
            newer servers write kinds without an older name in capitals (``TRIGGER_AUTOFIX``).
        who: the name of the team member or of the integration, None when Sentry itself acted.
        actor: what acted: a person, a machine (an integration, also our own) or Sentry itself with its agents.
        version: the release that the entry names.
        resolved_in: of a regression: the release in which the issue had been resolved.
        current_release: of a resolve "in the next release": the release after which every other is the next one.
        text: what the entry says (a note's text, an assignee), inert and cut.
        issue: whose log it stands in, where those of several issues are read as one; else None.
    """

    kind: Annotated[str, Word("unknown")] = Field("unknown", validation_alias="type")
    at: Annotated[datetime, Moment()] = Field(validation_alias="dateCreated")
    who: Annotated[EventText | None, Name("activity.who")] = None
    actor: Actor = "sentry"
    version: Annotated[EventText | None, InertVersion("activity.version")] = None
    resolved_in: Annotated[EventText | None, InertVersion("activity.resolved_in_version")] = None
    current_release: Annotated[EventText | None, InertVersion("activity.current_release_version")] = None
    text: Annotated[EventText | None, InertLine(TITLE, "activity.text")] = None
    issue: Annotated[str | None, ShortId()] = Field(None, validation_alias=OF_ISSUE)

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Who, version and text stand in objects; the data of an entry depend on its type (sentry-api §3.3)."""
        data, kind = object_of(json.get("data")), json.get("type")
        who, actor = acted_by(json)
        # An assignment tells the number of a person, and seldom the name (sentry-api section 3.3).
        assignee, own = text_of(data.get("assignee")), text_of(object_of(json.get("user")).get("id"))
        is_own = actor == "person" and assignee is not None and data.get("assigneeType") == "user" and assignee == own
        named = who if is_own else object_of(data.get("user")).get("name")
        texts = (data.get("text"), named, data.get("priority"), data.get("title"))
        return {
            **json,
            "type": kind.lower() if isinstance(kind, str) else None,
            "who": who,
            "actor": actor,
            "version": data.get("version") if isinstance(data.get("version"), str) else None,
            "resolved_in": data.get("resolved_in_version"),
            "current_release": data.get("current_release_version"),
            "text": next((text for text in texts if isinstance(text, str) and text), None),
        }


class Snooze(FromSentry):
    """What an archived issue waits for, as Sentry tells it; every part None: it waits for nothing it names.

    Attributes:
        count: events that may still come (Sentry shows the rest, not the number that was set) unless a window is given.
        window_minutes: the stretch in which ``count`` is counted.
        users: distinct users that may still come.
        user_window_minutes: the stretch in which ``users`` is counted.
        until: when it ends by itself.
    """

    count: Annotated[int | None, Count()] = Field(None, validation_alias="ignoreCount")
    window_minutes: Annotated[int | None, Count()] = Field(None, validation_alias="ignoreWindow")
    users: Annotated[int | None, Count()] = Field(None, validation_alias="ignoreUserCount")
    user_window_minutes: Annotated[int | None, Count()] = Field(None, validation_alias="ignoreUserWindow")
    until: Annotated[datetime | None, Moment(to_come=True)] = Field(None, validation_alias="ignoreUntil")


class IssueOwner(FromSentry):
    """Whom Sentry names for the issue beside an assignment (``expand=owners``, sentry-api §18).

    Attributes:
        kind: ``suspectcommit``, ``ownershiprule`` or ``codeowners``, in small letters.
        who: the person's or team's name where the same answer tells it, else ``team 12``.
    """

    kind: Annotated[str, Word("unknown")] = "unknown"
    who: Annotated[EventText | None, Name("issue.owner")] = None


class Issue(FromSentry):
    """The issue itself; its counts are over all time and never stand for a window (sentry-api rule 2).

    A None is "Sentry's answer does not have it".
    """

    id: Annotated[str, Identifier()]
    short_id: Annotated[str | None, ShortId()] = Field(None, validation_alias="shortId")
    url: str
    """Its page, built by the client: a permalink in an answer could lead anywhere."""
    title: Annotated[EventText, InertLine(TITLE, "title", "(no title)")]
    culprit: Annotated[EventText | None, Name("culprit")] = None
    level: Annotated[str | None, Word()] = None
    status: Annotated[str | None, Word()] = None
    substatus: Annotated[str | None, Word()] = None
    status_release: Annotated[EventText | None, InertVersion("status_details.inRelease")] = None
    """The release a resolve waits for (``inRelease``), or None."""
    status_release_digest: str | None = None
    """Of that release as Sentry sent it, whole: what is shown may be cut or masked."""
    status_digest: str | None = None
    """Of the status and all that belongs to it but the rest of a limit, as Sentry sent it."""
    next_release: Annotated[bool, Flag(default=False)] = False
    """Resolved "in the next release", or in one that is to come."""
    status_commit: Annotated[EventText | None, Name("status_details.inCommit")] = None
    """The commit that a resolve names (``inCommit``), by its short id."""
    auto_resolved: Annotated[bool, Flag(default=False)] = False
    """Resolved by Sentry itself, after a time without events."""
    snooze: Maybe[Snooze] = None
    """What an archived issue waits for; None when it is not archived or Sentry names no condition."""
    priority: Annotated[str | None, Word()] = None
    unhandled: Annotated[bool | None, Flag()] = Field(None, validation_alias="isUnhandled")
    category: Annotated[str, Word("error")] = "error"
    """``error``, or Sentry's category of a performance, uptime, feedback … issue."""
    kind: Kind = "error"
    """What opened it, by Sentry's type and category; a browser's CSP report is of the category ``error``."""
    platform: Annotated[str | None, Word()] = None
    project: Annotated[str | None, Name("project")] = None
    first_seen: Annotated[datetime | None, Moment()] = Field(None, validation_alias="firstSeen")
    last_seen: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastSeen")
    events_total: Annotated[int | None, Count()] = Field(None, validation_alias="count")
    users_total: Annotated[int | None, Count()] = Field(None, validation_alias="userCount")
    first_release: Maybe[Release] = Field(None, validation_alias="firstRelease")
    last_release: Maybe[Release] = Field(None, validation_alias="lastRelease")
    assigned_to: Annotated[EventText | None, Name("assigned_to")] = None
    asked_as: str | None = None
    """The id or short id that was asked for, when Sentry answered with an issue of another: merged or renamed."""
    names_assignee: bool = True
    """Whether the answer says who is assigned, or that nobody is; without it, no assignee is not "nobody"."""
    owners: Many[IssueOwner] = ()
    activity: Many[Activity] = ()
    logs_activity: bool = True
    """Whether the answer holds an activity log; without one, no entry is not "nobody acted"."""
    hourly: tuple[tuple[datetime, int], ...] = ()
    """``stats["24h"]`` of the issue: hour start and events, all environments; the last hour is still open."""
    daily: tuple[tuple[datetime, int], ...] = ()

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Project, status details, assignee and stats stand in objects of their own."""
        details, project = object_of(json.get("statusDetails")), object_of(json.get("project"))
        stats, assigned = object_of(json.get("stats")), json.get("assignedTo")
        return {
            **json,
            "title": json.get("title"),
            "status_release": details.get("inRelease"),
            "status_release_digest": digest_of(text_of(details.get("inRelease"))),
            "status_digest": _status_digest(json, details),
            "next_release": details.get("inNextRelease") or details.get("inUpcomingRelease"),
            "status_commit": _short_commit(details.get("inCommit")),
            "auto_resolved": details.get("autoResolved"),
            "snooze": _snooze(json, details),
            "category": issue_category(json),
            "kind": kind_of_issue(json),
            "userCount": people_of(json),
            "project": project.get("slug"),
            "assigned_to": assigned.get("name") if isinstance(assigned, dict) else assigned,
            "names_assignee": "assignedTo" in json,
            "owners": owners_of(json),
            "activity": list_of(json.get("activity"))[:MAX_ACTIVITY],
            "logs_activity": isinstance(json.get("activity"), list),
            "hourly": buckets_of(stats.get("24h"), json.get("lastSeen")),
            "daily": buckets_of(stats.get("30d"), json.get("lastSeen")),
        }

    @field_validator("activity", mode="after")
    @classmethod
    def _oldest_first(cls, entries: tuple[Activity, ...], info: ValidationInfo) -> tuple[Activity, ...]:
        return entries if info.context is None else tuple(sorted(entries, key=lambda entry: entry.at))

    @property
    def is_error(self) -> bool:
        """False for performance, uptime, feedback … issues: the errors dataset holds nothing for those."""
        return self.category == "error"

    @property
    def name(self) -> str:
        """Short id, or the numeric id when Sentry gave no short one."""
        return self.short_id or self.id

    @property
    def why_other_name(self) -> str | None:
        """Why the issue is another than the one asked for, by name: a sentence without its point; None when it is not.

        A project that is renamed keeps the end of its issues' short ids; issues are merged within their project only.
        """
        asked, name = self.asked_as, self.name
        if asked is None:
            return None
        (project, _, number), (project_now, _, number_now) = asked.rpartition("-"), name.upper().rpartition("-")
        if project and project != project_now:
            renamed = "its project was renamed" if number == number_now else "Sentry answers with that one"
            return f"Issue {asked} is now {name}: {renamed}"
        return f"Issue {asked} was merged into {name}"


def owners_of(json: JsonObject) -> list[JsonObject]:
    """The owners with the names that the same answer gives to their ids (``team:12``, ``user:7``)."""
    names = dict(_named_actors(json))
    rows = [object_of(row) for row in list_of(json.get("owners"))]
    return [
        {
            "kind": kind.lower() if isinstance(kind := row.get("type"), str) else None,
            "who": names.get(owner) or owner.replace(":", " ", 1),
        }
        for row in rows
        if (owner := text_of(row.get("owner")))
    ]


def _named_actors(json: JsonObject) -> Iterator[tuple[str, str]]:
    """Ids of people and teams, as an owner names them, with their names: all that the answer knows."""
    assigned = object_of(json.get("assignedTo"))
    people = [object_of(entry.get("user")) for entry in map(object_of, list_of(json.get("activity")))]
    people += [object_of(person) for name in ("participants", "seenBy") for person in list_of(json.get(name))]
    for kind, actor in ((text_of(assigned.get("type")) or "user", assigned), *(("user", person) for person in people)):
        id_, name = text_of(actor.get("id")), text_of(actor.get("name"))
        if id_ and name:
            yield f"{kind}:{id_}", name


def people_of(json: JsonObject) -> object:
    """The users of an issue, or of its lifetime: 0 beside events is none known, and not nobody (DESIGN §5)."""
    users = json.get("userCount")
    return None if count_of(users) == 0 and count_of(json.get("count")) != 0 else users


def regressed_release(status: object, regressions: Iterable[tuple[datetime, str | None]]) -> str | None:
    """The release of the last regression of an issue with this status; None when no regression names one.

    Sentry's own word comes first; once the issue is resolved, the regression is history.
    """
    named = [(at, version) for at, version in regressions if version]
    if not named or status == "resolved":
        return None
    return max(named, key=lambda regression: regression[0])[1]


def _status_digest(json: JsonObject, details: JsonObject) -> str | None:
    """What tells one status from another, whole. What remains of a limit shrinks by itself, so it is compared apart."""
    commit = details.get("inCommit")
    # Of an entry no more than this: Sentry fills in its version later, when the release is there.
    resolves = [
        (text_of(entry.get("dateCreated")) or "", text_of(object_of(entry.get("data")).get("current_release_version")))
        for entry in map(object_of, list_of(json.get("activity"))[:MAX_ACTIVITY])
        if (text_of(entry.get("type")) or "").lower().startswith("set_resolved")
    ]
    told = [
        *(text_of(json.get(name)) for name in ("status", "substatus")),
        text_of(details.get("inRelease")),
        *(flag_of(details.get(name)) for name in ("inNextRelease", "inUpcomingRelease", "autoResolved")),
        text_of(object_of(commit).get("id") if isinstance(commit, dict) else commit),
        max(resolves, key=str, default=None) if json.get("status") == "resolved" else None,
    ]
    return digest_of(told)


def _short_commit(commit: object) -> str | None:
    """The short id of a commit: an object, or in older answers its id alone."""
    id_ = object_of(commit).get("id") if isinstance(commit, dict) else commit
    return id_[:12] if isinstance(id_, str) and id_ else None


def _snooze(json: JsonObject, details: JsonObject) -> JsonObject | None:
    """The conditions of an archive. After a reopen the old ones stay beside ``unresolved``: they mean nothing then."""
    named = any(value is not None for key, value in details.items() if key.startswith("ignore"))
    return details if named and json.get("status") == "ignored" else None


def buckets_of(stats: object, last_seen: object) -> tuple[tuple[datetime, int], ...]:
    """``[epoch_s, n]`` pairs of an issue's ``stats``; one that cannot be read is left out.

    None at all, where all are zero though the issue was seen in that time: then they were not counted.
    """
    pairs = [pair for pair in list_of(stats) if isinstance(pair, list) and len(pair) == 2]
    read = ((moment_of(at), count_of(events)) for at, events in pairs)
    known = tuple((at, events) for at, events in read if at is not None and events is not None)
    last = moment_of(last_seen)
    is_uncounted = not any(events for _, events in known) and last is not None and known and last >= known[0][0]
    return () if is_uncounted else known


class Commit(FromSentry):
    """A suspect commit."""

    id: Annotated[EventText, Name("commit.id")]
    message: Annotated[EventText | None, InertLine(TITLE, "commit.message")] = None
    author: Annotated[EventText | None, Name("commit.author")] = None
    at: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    pull_request: Annotated[EventText | None, Name("commit.pull_request")] = None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """A short id, the first line of the message, and the number of the pull request; ``author`` is added before."""
        # Timelines name it without quotes, so it is a number or nothing.
        number = count_of(object_of(json.get("pullRequest")).get("id"))
        return {
            **json,
            "id": (text_of(json.get("id")) or "")[:12],
            "message": (text_of(json.get("message")) or "").split("\n", 1)[0],
            "pull_request": f"#{number}" if number is not None else None,
        }


class Alert(FromSentry):
    """An alert rule ("workflow") of the project, when it last fired, and when it was made and last edited."""

    name: Annotated[EventText, Name("alert.name", "")]
    last_triggered: Annotated[datetime | None, Moment()] = Field(None, validation_alias="lastTriggered")
    created: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    edited: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateUpdated")

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """Keep a rule without a name: the name is then empty."""
        return {**json, "name": json.get("name")}


class Note(FromSentry):
    """A comment on the issue; ``who`` and ``actor`` as in :class:`Activity`."""

    at: Annotated[datetime | None, Moment()] = Field(None, validation_alias="dateCreated")
    who: Annotated[EventText | None, Name("note.who")] = None
    actor: Actor = "person"
    text: Annotated[EventText, InertLine(MESSAGE, "note.text", "")]

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """A comment is an entry of the activity log whose data hold its text."""
        activity = Activity.reshape(json)
        return {**json, "who": activity["who"], "actor": activity["actor"], "text": activity["text"]}
