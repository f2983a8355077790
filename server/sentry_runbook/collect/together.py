"""Several issues of one incident as Sentry tells them: which began first, and their life as a whole. Pure.

How to think about it: the counts of all issues are asked for together, so that users stay distinct. What Sentry tells
of each issue alone (first and last event, status, activity log, hourly counts) is merged here and nowhere else. The
name, the project, the releases and the people of the whole are those of the issue that began first; of the others'
activity the releases are left out, for a release of another project says nothing of the first one's code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from statistics import median

from sentry_runbook.collect.request_values import first_seen, is_error, issue_id, last_activity, last_seen
from sentry_runbook.collect.windows import DAY, FEWEST_EVENTS, STORY_AT_MOST, TIMES_USUAL, raised_day
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence.issue import OF_ISSUE, buckets_of
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    flag_of,
    list_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.sentry.ids import IssueRef

MOST_BESIDE = 9
"""Further issues: with the first one as many as Sentry counts apart in one answer (``topEvents``)."""
HOUR = timedelta(hours=1)
LEVELS = ("debug", "info", "warning", "error", "fatal")
PRIORITIES = ("low", "medium", "high")
SUBSTATUSES = ("regressed", "escalating", "new", "ongoing")
"""Of several open issues the one that says most."""
OF_A_RELEASE = ("version", "resolved_in_version", "current_release_version")
STATS = ("24h", "30d")


def check_number(beside: Sequence[str]) -> None:
    """Refuse more further issues than can be told apart.

    Raises:
        BadInput: they are too many.
    """
    if len(beside) > MOST_BESIDE:
        raise BadInput(
            f"issues holds {len(beside)} issues; at most {MOST_BESIDE} are told together with the first.",
            "Give those with the most users, or call assess_situation for all of them.",
        )


def check_organization(main: IssueRef, beside: Sequence[IssueRef], configured: str | None) -> None:
    """Refuse issues of different organizations, which Sentry counts apart.

    Raises:
        BadInput: links name different organizations.
    """
    named = {organization for ref in (main, *beside) if (organization := ref.organization or configured)}
    if len(named) > 1:
        raise BadInput(
            f"The issues belong to different organizations ({', '.join(sorted(named))}).",
            "Their users cannot be counted together: call the tool once for each organization.",
        )


# --- which began first ---------------------------------------------------------------------------------------------


def first_to_begin(issues: Sequence[JsonObject], now: datetime) -> int:
    """Which issue began first, by its place: the caller's own (place 0) unless another one surely began before it.

    An issue that is no error comes first only where none is: counts are of errors.
    """
    errors = [place for place, issue in enumerate(issues) if is_error(issue)] or list(range(len(issues)))
    best = errors[0]
    for place in errors[1:]:
        own, other = began_between(issues[best], now), began_between(issues[place], now)
        if own is not None and other is not None and other[1] < own[0]:
            best = place
    return best


def began_between(issue: JsonObject, now: datetime) -> tuple[datetime, datetime] | None:
    """Between which instants the issue's last outbreak began, by what Sentry tells of it alone; None when not known.

    With the last regression, else with the first event; an older issue with the hour, else the day, in which it rose.
    """
    begun = last_activity(issue, "set_regression") or first_seen(issue)
    if begun is not None and begun >= now - STORY_AT_MOST:
        return begun, begun
    hour = _raised_hour(issue, now)
    if hour is not None:
        return hour, hour + HOUR
    day = raised_day(issue, now)
    return (day, day + DAY) if day is not None else None


def _raised_hour(issue: JsonObject, now: datetime) -> datetime | None:
    """The first of the last hours in a row with three times a usual hour and more; None where it began before them."""
    hours = [(at, events) for at, events in buckets_of(_stats(issue, "24h"), issue.get("lastSeen")) if at <= now]
    if not hours:
        return None
    limit = max(FEWEST_EVENTS, TIMES_USUAL * median(events for _, events in hours))
    raised = [at for at, events in hours if events > limit]
    first = raised[-1] if raised else None
    for at in reversed(raised):
        if first is None or first - at > HOUR:
            break
        first = at
    return first if first is not None and first > hours[0][0] else None


# --- the life of the whole -----------------------------------------------------------------------------------------


def without_doubles(issues: Sequence[JsonObject]) -> tuple[int, ...]:
    """The places of the issues, each issue once: the same one may be given by its number and by its short id."""
    places: dict[str, int] = {}
    for place, issue in enumerate(issues):
        places.setdefault(issue_id(issue), place)
    return tuple(places.values())


def whole_of(issues: Sequence[JsonObject]) -> JsonObject:
    """The first issue with the life of all: users are left out, for those of several issues are no sum."""
    first, *others = issues
    if not others:
        return first
    status = _status(issues)
    same_status = all(issue.get("status") == first.get("status") for issue in issues)
    return {
        **first,
        **status,
        "statusDetails": first.get("statusDetails") if same_status else {},
        "firstSeen": _moment(issues, first_seen, min),
        "lastSeen": _moment(issues, last_seen, max),
        "count": _sum([count_of(issue.get("count")) for issue in issues]),
        "userCount": None,
        "level": _most(issues, "level", LEVELS),
        "priority": _most(issues, "priority", PRIORITIES),
        "isUnhandled": _any([flag_of(issue.get("isUnhandled")) for issue in issues]),
        "stats": {name: _summed(issues, name) for name in STATS},
        "activity": _activity(issues),
    }


def _status(issues: Sequence[JsonObject]) -> JsonObject:
    """The status of the whole: open while one is open, resolved when all are; and what it says most."""
    statuses = [text_of(issue.get("status")) for issue in issues]
    names = ("unresolved", "ignored", "resolved")
    status = next((name for name in names if name in statuses), statuses[0])
    if None in statuses or not set(statuses) <= set(names):
        status = "unresolved" if "unresolved" in statuses else None
    subs = [text_of(issue.get("substatus")) for issue in issues if issue.get("status") == status]
    return {
        "status": status,
        "substatus": next((name for name in SUBSTATUSES if name in subs), subs[0] if subs else None),
    }


def _moment(
    issues: Sequence[JsonObject],
    seen: Callable[[JsonObject], datetime | None],
    choose: Callable[[Sequence[datetime]], datetime],
) -> str | None:
    """The first or the last of all; None where one is not known."""
    times = [seen(issue) for issue in issues]
    known = [at for at in times if at is not None]
    return choose(known).isoformat() if len(known) == len(times) else None


def _sum(counts: Sequence[int | None]) -> int | None:
    known = [events for events in counts if events is not None]
    return sum(known) if len(known) == len(counts) else None


def _any(flags: Sequence[bool | None]) -> bool | None:
    """True when one is, False when none is, None when that is not known."""
    if True in flags:
        return True
    return None if None in flags else False


def _most(issues: Sequence[JsonObject], key: str, order: Sequence[str]) -> object:
    """The highest of a scale; the first issue's where one lies outside of it."""
    values = [text_of(issue.get(key)) for issue in issues]
    known = [order.index(value) for value in values if value in order]
    return order[max(known)] if len(known) == len(values) else issues[0].get(key)


def _summed(issues: Sequence[JsonObject], name: str) -> list[list[int]]:
    """The counts of all issues by hour or day, as Sentry writes them; none where one issue's are not known."""
    rows = [dict(buckets_of(_stats(issue, name), issue.get("lastSeen"))) for issue in issues]
    shared = set(rows[0]).intersection(*rows[1:])
    return [[round(at.timestamp()), sum(row[at] for row in rows)] for at in sorted(shared)]


def _stats(issue: JsonObject, name: str) -> object:
    return object_of(issue.get("stats")).get(name)


def _activity(issues: Sequence[JsonObject]) -> list[JsonObject] | None:
    """The logs of all issues as one, newest first as Sentry writes them; None where one issue has none."""
    if not all(isinstance(issue.get("activity"), list) for issue in issues):
        return None
    entries = [
        marked(entry, issue, keeps_release=place == 0)
        for place, issue in enumerate(issues)
        for entry in map(object_of, list_of(issue.get("activity")))
    ]
    dated = [(at, entry) for entry in entries if (at := moment_of(entry.get("dateCreated"))) is not None]
    return [entry for _, entry in sorted(dated, key=lambda pair: pair[0], reverse=True)]


def marked(entry: JsonObject, issue: JsonObject, *, keeps_release: bool) -> JsonObject:
    """An entry of the log that says whose it is."""
    data = object_of(entry.get("data"))
    if not keeps_release:
        data = {key: value for key, value in data.items() if key not in OF_A_RELEASE}
    return {**entry, "data": data, OF_ISSUE: issue.get("shortId") or issue_id(issue)}
