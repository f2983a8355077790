"""Raw values of Sentry's answers for later requests: inert text may differ from what must be sent.

Nothing of this is shown to anybody; what is shown comes from the evidence.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sentry_runbook.incident.model.evidence.issue import regressed_release
from sentry_runbook.incident.model.evidence.issue_kind import issue_category
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    first_of,
    first_text,
    id_of,
    list_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.lenient import USER_KEYS
from sentry_runbook.incident.model.evidence.tags import tag_named
from sentry_runbook.sentry.ids import IssueRef

TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


def issue_id(issue: JsonObject) -> str:
    """The issue's number; of a merged issue, the surviving one's."""
    return id_of(issue.get("id")) or ""


def other_name(reference: IssueRef, issue: JsonObject) -> str | None:
    """The number or short id that was asked for, where Sentry answered with an issue of another; None where not."""
    known = issue_id(issue) if reference.is_numeric else (text_of(issue.get("shortId")) or "").upper()
    return reference.issue if known and not reference.is_event and reference.issue != known else None


def project_id(issue: JsonObject) -> str | None:
    """The project's number."""
    return text_of(object_of(issue.get("project")).get("id"))


def project_ids(issues: Iterable[JsonObject]) -> tuple[str, ...]:
    """The numbers of the issues' projects, each once."""
    return tuple(dict.fromkeys(filter(None, map(project_id, issues))))


def project_slug(issue: JsonObject) -> str | None:
    """The project's slug in paths."""
    return text_of(object_of(issue.get("project")).get("slug"))


def is_error(issue: JsonObject) -> bool:
    """Whether the errors dataset holds the issue's events."""
    return issue_category(issue) == "error"


def first_seen(issue: JsonObject) -> datetime | None:
    """When the issue's first event came."""
    return moment_of(issue.get("firstSeen"))


def last_seen(issue: JsonObject) -> datetime | None:
    """When the issue's last event came."""
    return moment_of(issue.get("lastSeen"))


def last_activity(issue: JsonObject, kind: str) -> datetime | None:
    """When the last activity entry of a kind was written; its type begins with ``kind``."""
    return max((at for at, _ in _activity(issue, kind)), default=None)


def _activity(issue: JsonObject, kind: str) -> Iterator[tuple[datetime, JsonObject]]:
    for entry in map(object_of, list_of(issue.get("activity"))):
        at = moment_of(entry.get("dateCreated"))
        if at is not None and (text_of(entry.get("type")) or "").lower().startswith(kind):
            yield at, entry


# --- releases


def suspect_version(issue: JsonObject) -> str | None:
    """The release to look at first: of the last regression, else the first one seen (sentry-api §6.1)."""
    regressions = (
        (at, first_text(object_of(entry.get("data")), "version")) for at, entry in _activity(issue, "set_regression")
    )
    return regressed_release(issue.get("status"), regressions) or first_version(issue)


def first_version(issue: JsonObject) -> str | None:
    """The release of the issue's first event."""
    release = issue.get("firstRelease")
    return text_of(release.get("version") if isinstance(release, dict) else release) or None


def last_version(issue: JsonObject) -> str | None:
    """The release of the issue's last event, as far as Sentry keeps it up."""
    release = issue.get("lastRelease")
    return text_of(release.get("version") if isinstance(release, dict) else release) or None


def tells_all_deploys(issue: JsonObject, version: str) -> bool:
    """Whether the issue's own answer tells all deploys of the release: none, or the last and only one."""
    release = object_of(issue.get("firstRelease"))
    count = count_of(release.get("deployCount"))
    if release.get("version") != version or count is None:
        return False
    return count == 0 or (count == 1 and isinstance(release.get("lastDeploy"), dict))


def tells_last_deploy(issue: JsonObject, version: str, environments: Collection[str]) -> bool:
    """Whether the issue's own answer tells the last deploy of the release, and it went to one of the environments.

    Of a release whose last deploy went to staging, its deploy to production is still to be asked for. Without any
    environment every deploy counts.
    """
    for key in ("firstRelease", "lastRelease"):
        release = object_of(issue.get(key))
        deploy = object_of(release.get("lastDeploy"))
        if text_of(release.get("version")) == version and deploy:
            return not environments or text_of(deploy.get("environment")) in environments
    return False


# --- tags and events


def tag_values(tags: Sequence[JsonObject] | None, key: str) -> Iterator[str]:
    """The values of a tag over all time, the most frequent first; an absent tag is an empty text."""
    for tag in tags or ():
        if text_of(tag.get("key")) == key:
            yield from (text_of(object_of(value).get("value")) or "" for value in list_of(tag.get("topValues")))


def event_tag(event: JsonObject, key: str) -> str:
    """The value of an event's tag; empty when the event does not carry it."""
    return tag_named(event, key) or ""


def event_time(event: JsonObject) -> datetime | None:
    """When an event of the list happened."""
    return moment_of(first_of(event, "dateCreated", "date_created"))


def received_at(event: JsonObject) -> datetime | None:
    """When the server received an event of the list; None where it does not say."""
    return moment_of(first_of(event, "dateReceived", "date_received"))


def user_named(event: JsonObject) -> str | None:
    """The user of an event in the form of Sentry's tag ``user``, by the first part that is known; None for no user."""
    user = object_of(event.get("user"))
    address, only_address = user.get("ip_address"), None
    for key in USER_KEYS:
        text = text_of(user.get(key))
        if text and key == "id" and text == address:
            only_address = f"id:{text}"  # some versions fill the id with the address where nothing else is known
        elif text:
            return f"{'ip' if key == 'ip_address' else key}:{text}"
    return only_address


def trace_of(event: JsonObject) -> str | None:
    """The event's trace; None where it has none, or one that no search finds."""
    trace = text_of(object_of(object_of(event.get("contexts")).get("trace")).get("trace_id")) or ""
    return trace.lower() if TRACE_ID.fullmatch(trace) else None


def evaluates_flags(event: JsonObject) -> bool:
    """Whether the event tells which feature flags were evaluated before it."""
    return bool(list_of(object_of(object_of(event.get("contexts")).get("flags")).get("values")))


def event_id_of(event: JsonObject) -> str:
    """The event's id."""
    return id_of(event.get("eventID")) or id_of(event.get("id")) or ""


def affected_transactions(tags: Sequence[JsonObject] | None, event: JsonObject | None, most: int) -> tuple[str, ...]:
    """The issue's transactions, the most frequent first; at most ``most``."""
    names = dict.fromkeys(tag_values(tags, "transaction"))
    if event is not None:
        names.setdefault(event_tag(event, "transaction"))
    return tuple(filter(None, names))[:most]


def environments_seen(tags: Sequence[JsonObject] | None, rows: Iterable[JsonObject] | None) -> tuple[str, ...]:
    """The issue's environments, in the order in which they were read; ``""`` is "no environment"."""
    named = dict.fromkeys(tag_values(tags, "environment"))
    return tuple(named | dict.fromkeys(event_tag(row, "environment") for row in rows or ()))
