"""Issues as Sentry answers them: details, list rows, histories and tag distributions."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from sentry_runbook.simulator import lifecycle
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.event_payloads import metadata
from sentry_runbook.simulator.people import BOT, owner, owner_id, person, sentry_app
from sentry_runbook.simulator.records import (
    DAY,
    HOUR,
    MINUTE,
    ActivityRecord,
    EventRecord,
    IssueRecord,
    ProjectRecord,
)
from sentry_runbook.simulator.release_payloads import release_brief

# What every issue carries and nothing here ever changes.
_UNUSED: dict[str, object] = {
    "shareId": None,
    "isPublic": False,
    "isBookmarked": False,
    "hasSeen": False,
    "priorityLockedAt": None,
    "seerFixabilityScore": None,
    "seerAutofixLastTriggered": None,
    "seerExplorerAutofixLastTriggered": None,
}
_TYPES = {"error": "error", "feedback": "feedback"}


def project_brief(project: ProjectRecord) -> dict[str, object]:
    """Return the project as issues carry it."""
    return {"id": project.id, "name": project.slug, "slug": project.slug, "platform": project.platform}


def substatus(issue: IssueRecord, now: int) -> str | None:
    """Return the substatus; an untouched issue's depends on its age."""
    if issue.status == "unresolved" and issue.substatus is None:
        return lifecycle.default_substatus(issue, now)
    return issue.substatus


def _instant(event: EventRecord) -> int:
    return event.at


def _buckets(events: Sequence[EventRecord], now: int, step: int, back: int) -> list[list[int]]:
    last = now // step
    begin = (last - back) * step
    # The events are in order, so those before the first bucket need not be looked at one by one.
    counted = Counter(event.at // step for event in events[bisect_left(events, begin, key=_instant) :])
    return [[at * step // 1000, counted[at]] for at in range(last - back, last + 1)]


def stats(events: Sequence[EventRecord], now: int) -> dict[str, object]:
    """Return the hourly and the daily counts: 25 and 31 buckets, the last of each still open."""
    return {"24h": _buckets(events, now, HOUR, 24), "30d": _buckets(events, now, DAY, 30)}


LIST_STATS = {"24h": (HOUR, 24), "14d": (DAY, 14)}
"""Statistics of the rows of a list: the length of a bucket in milliseconds, and how many there are."""


def list_stats(events: Sequence[EventRecord], now: int, period: str) -> list[list[int]]:
    """Return the counts that a list shows of an issue's events, in one of the periods of ``LIST_STATS``."""
    step, many = LIST_STATS[period]
    return _buckets(events, now, step, many - 1)


def _subscription(issue: IssueRecord) -> dict[str, str] | None:
    """Return why the token's user is subscribed: changing or commenting on an issue subscribes; None if neither."""
    kinds = [entry.type for entry in issue.activity if entry.user == BOT]
    if not kinds:
        return None
    return {"reason": "commented" if kinds[0] == "note" else "changed_status"}


def issue_row(
    issue: IssueRecord, base: str, now: int, environments: frozenset[str | None] | None = None
) -> dict[str, object]:
    """Return the fields of every form of an issue; ``count`` ignores the environments, the rest follows them."""
    spec, everything = issue.spec, issue.events.until(now)
    events = everything if environments is None else issue.events.within(0, now + 1, environments)
    notes = [entry for entry in issue.activity if entry.type == "note" and entry.at <= now]
    details, actor = lifecycle.status_details(issue, now)
    if details and actor:
        details["actor"] = person(actor)
    return {
        "id": issue.id,
        "shortId": issue.short_id,
        "title": spec.shown_title,
        "culprit": spec.culprit or spec.transaction,
        "permalink": f"{base}/organizations/acme/issues/{issue.id}/",
        "logger": spec.logger,
        "level": spec.level,
        "status": issue.status,
        "statusDetails": details,
        "substatus": substatus(issue, now),
        "platform": spec.platform or issue.project.platform,
        "project": project_brief(issue.project),
        "type": "csp" if spec.csp is not None else _TYPES.get(spec.category, "generic"),
        "issueType": spec.issue_type,
        "issueCategory": spec.category,
        "metadata": metadata(spec),
        "numComments": len(notes),
        "assignedTo": owner(issue.assigned_to),
        "isUnhandled": any(event.handled is False for event in everything)
        and spec.category == "error"
        and spec.csp is None,
        "priority": issue.priority,
        "count": str(len(everything)),
        "userCount": issue.events.people(0, now + 1, environments),
        "firstSeen": iso(events[0].at) if events else None,
        "lastSeen": iso(events[-1].at) if events else None,
        "annotations": [],
        "isSubscribed": _subscription(issue) is not None,
        "subscriptionDetails": _subscription(issue),
        **_UNUSED,
    }


def issue_details(
    issue: IssueRecord,
    base: str,
    now: int,
    environments: frozenset[str | None] | None,
    collapse: Sequence[str] = (),
    expand: Sequence[str] = (),
) -> dict[str, object]:
    """Return the single issue, with its history, statistics, tags and releases; with its owners where asked."""
    everything = issue.events.until(now)
    events = issue.events.within(0, now + 1, environments)
    details = issue_row(issue, base, now, environments)
    details |= {
        "activity": activity(issue, now)[:100],
        "seenBy": [],
        "participants": [person(BOT) | {"type": "user"}] if _subscription(issue) else [],
        "userReportCount": sum(issue.project.origin + minute * MINUTE <= now for minute in issue.spec.user_reports),
        "pluginIssues": [],
        "pluginActions": [],
        "pluginContexts": [],
    }
    if "owners" in expand:
        details["owners"] = _owners(issue, now) or None
    if "stats" not in collapse:
        details["stats"] = stats(events, now)
    if "tags" not in collapse:
        details["tags"] = [
            {"key": tag["key"], "name": tag["name"], "totalValues": tag["totalValues"]} for tag in tags(events)
        ]
    if "release" not in collapse:
        named = [event.release for event in everything if event.release]
        for key, version in (("firstRelease", named[:1]), ("lastRelease", named[-1:])):
            details[key] = release_brief(issue.project, version[0], now) if version else None
    return details


def _owners(issue: IssueRecord, now: int) -> list[dict[str, object]]:
    """Return whom rules and commits name, by number alone."""
    dated = ((issue.project.origin + round(described.at * MINUTE), described) for described in issue.spec.owners)
    return [
        {"type": described.kind, "owner": owner_id(described.who), "date_added": iso(at)}
        for at, described in dated
        if at <= now
    ]


def activity_entry(entry: ActivityRecord) -> dict[str, object]:
    """Return one line of the history."""
    return {
        "id": entry.id,
        "type": entry.type,
        "user": person(entry.user) if entry.user else None,
        "sentry_app": sentry_app(entry.app) if entry.app else None,
        "data": entry.data,
        "dateCreated": iso(entry.at),
    }


def activity(issue: IssueRecord, now: int) -> list[dict[str, object]]:
    """Return the history, newest first; its last line is derived from the first event, as in Sentry."""
    lines = sorted((entry for entry in issue.activity if entry.at <= now), key=lambda entry: entry.at)
    first = issue.events.first()
    rows = [activity_entry(entry) for entry in reversed(lines)]
    if first is not None:
        rows.append(activity_entry(ActivityRecord(first.at, "0", "first_seen", {"priority": issue.priority})))
    return rows


_NAMES = {
    "browser": "Browser",
    "browser.name": "Browser Name",
    "device": "Device",
    "device.family": "Device Family",
    "environment": "Environment",
    "handled": "Handled",
    "level": "Level",
    "mechanism": "Mechanism",
    "os": "OS",
    "os.name": "OS Name",
    "release": "Release",
    "runtime": "Runtime",
    "server_name": "Server Name",
    "transaction": "Transaction",
    "url": "URL",
    "user": "User",
}


def _tag_values(key: str, times_of: Mapping[str, Sequence[int]]) -> list[dict[str, object]]:
    """Return a tag's values with their counts, the most frequent first."""
    return [
        {
            "key": key,
            # The value says by what the user is known; its name for people does not.
            "name": value.removeprefix("id:") if key == "user" else value,
            "value": value,
            "count": len(times),
            "firstSeen": iso(times[0]),
            "lastSeen": iso(times[-1]),
        }
        | ({"query": f'user.id:"{value.removeprefix("id:")}"'} if key == "user" else {})
        for value, times in sorted(times_of.items(), key=lambda item: -len(item[1]))
    ]


def _tagged(events: Sequence[EventRecord]) -> dict[str, dict[str, list[int]]]:
    """Return when each value of each tag was seen; what an event says is worked out once."""
    seen: dict[str, dict[str, list[int]]] = {}
    for event in events:
        for key, value in event.tags.items():
            seen.setdefault(key, {}).setdefault(value, []).append(event.at)
    return seen


def tags(events: Sequence[EventRecord], keys: Sequence[str] = (), limit: int = 10) -> list[dict[str, object]]:
    """Return the distribution of each tag."""
    distributions = []
    for key, times_of in sorted(_tagged(events).items()):
        if keys and key not in keys:
            continue
        values = _tag_values(key, times_of)
        distributions.append(
            {
                "key": key,
                "name": _NAMES.get(key, key.replace("_", " ").replace(".", " ").title()),
                "totalValues": sum(map(len, times_of.values())),
                "uniqueValues": len(values),
                "topValues": values[:limit],
            }
        )
    return distributions
