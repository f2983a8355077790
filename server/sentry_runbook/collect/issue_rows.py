"""The rows of an issue list: what is the period's, and what is of the issue's whole life.

With a period Sentry narrows all four numbers of a row, the first and the last event too; the whole life stands under
``lifetime``, and what matches the search's own conditions under ``filtered`` (sentry-api §17). Servers without
``lifetime`` narrow nothing. Where it is there and empty, or lacks a part, that part of the whole life is unknown: what
the row says of the period is never taken for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.model.evidence import Issue, Missing
from sentry_runbook.incident.model.evidence.issue import people_of
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, moment_of, object_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.incident.model.results.issue import IssueRow
from sentry_runbook.safety.sanitizer import Sanitizer

LIFETIME, FILTERED = "lifetime", "filtered"
Rank = Callable[[JsonObject], float]


def rank(sort: str) -> Rank:
    """What the rows of several lists are put in order by."""
    return RANKS.get(sort, _last_seen)


def _last_seen(issue: JsonObject) -> float:
    return _epoch(moment_of(issue.get("lastSeen")))


def _first_seen(issue: JsonObject) -> float:
    return _epoch(moment_of(_of_whole_life(issue).get("firstSeen")))


def _epoch(at: datetime | None) -> float:
    return at.timestamp() if at is not None else 0.0


RANKS: dict[str, Rank] = {
    "new": _first_seen,
    "freq": lambda issue: count_of(issue.get("count")) or 0,
    "user": lambda issue: count_of(issue.get("userCount")) or 0,
}
"""Sort order → its rank; all others go by the last event."""


def issue_rows(issues: Sequence[JsonObject], sanitizer: Sanitizer, *, is_of_now: bool) -> tuple[IssueRow, ...]:
    """The rows, in their order; one that cannot be read is left out.

    Args:
        issues: Sentry's rows.
        sanitizer: makes their text inert.
        is_of_now: whether the period ends now, so that its last event is the last one of all.
    """
    whole = ((_of_whole_life(json, is_of_now=is_of_now), json) for json in issues)
    return tuple(_row(issue, json) for shown, json in whole for issue in read_all(Issue, [shown], sanitizer))


def _of_whole_life(issue: JsonObject, *, is_of_now: bool = True) -> JsonObject:
    """The row with the first and last event of the issue's life."""
    if LIFETIME not in issue:
        return issue
    life = object_of(issue.get(LIFETIME))
    first, last = life.get("firstSeen"), life.get("lastSeen")
    if moment_of(last) is None and is_of_now:
        last = issue.get("lastSeen")
    return {**issue, "firstSeen": first, "lastSeen": last}


def _row(issue: Issue, json: JsonObject) -> IssueRow:
    life, filtered = object_of(json.get(LIFETIME)), object_of(json.get(FILTERED))
    events, users = count_of(life.get("count")), count_of(people_of(life))
    return IssueRow(
        short_id=issue.name,
        title=issue.title,
        level=issue.level,
        events=issue.events_total,
        users=issue.users_total,
        events_matching=count_of(filtered.get("count")),
        users_matching=count_of(people_of(filtered)),
        events_total=None if _is_less(events, issue.events_total) else events,
        users_total=None if _is_less(users, issue.users_total) else users,
        first_seen=issue.first_seen,
        last_seen=issue.last_seen,
        substatus=issue.substatus,
        status=issue.status,
        project=issue.project,
        url=issue.url,
    )


def _is_less(total: int | None, part: int | None) -> bool:
    return total is not None and part is not None and is_more(part, total)


# --- what the reader must know of the numbers ----------------------------------------------------------------------


def contradictions(issues: Sequence[JsonObject], rows: Sequence[IssueRow]) -> Iterator[Missing]:
    """Totals over the whole life that are left out, for the period alone has more."""
    lives = {str(issue.get("url")): object_of(issue.get(LIFETIME)) for issue in issues}
    for row in rows:
        life = lives[row.url]
        events, users = count_of(life.get("count")), count_of(life.get("userCount"))
        for what, total, part, noun in (
            ("events_total", events, row.events, "event"),
            ("users_total", users, row.users, "user"),
        ):
            if total is not None and part is not None and _is_less(total, part):
                why = f"Sentry's own count cannot be right: {count(total, noun)}, beside {number(part)} in the period"
                yield Missing(what=f"{what} of {row.short_id}", why=why)


def missing_keys(rows: Sequence[IssueRow], why: str = "Sentry's answer does not say") -> tuple[Missing, ...]:
    """What this server does not say of issues; a value that only some rows lack shows in the rows."""
    keys = ("level", "events", "users", "events_total", "first_seen", "last_seen", "substatus", "project")
    silent = [f"issues[].{key}" for key in keys if rows and all(getattr(row, key) is None for row in rows)]
    return (Missing(what=", ".join(silent), why=why),) if silent else ()
