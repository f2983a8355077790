"""The endpoints about issues and their events."""

from __future__ import annotations

import json
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator import changes, lifecycle
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.issue_payloads import (
    LIST_STATS,
    activity,
    activity_entry,
    issue_details,
    issue_row,
    list_stats,
    tags,
)
from sentry_runbook.simulator.issue_search import SearchMatch, candidates, fitting_events, matching, ordered
from sentry_runbook.simulator.params import (
    ApiError,
    Scope,
    answer,
    bad,
    environments,
    forbidden,
    not_found,
    page,
    period,
    profile_of,
    scope,
    whole,
    world_of,
)
from sentry_runbook.simulator.people import BOT
from sentry_runbook.simulator.records import HOUR, EventRecord, IssueRecord
from sentry_runbook.simulator.world import ORGANIZATION


def base_url(request: Request) -> str:
    """Return the address under which the client reaches this server."""
    return str(request.base_url).rstrip("/")


def issue_of(request: Request) -> tuple[IssueRecord, int]:
    """Find the issue that the path names, and the present; 404 when there is none, 403 when it may not be read."""
    world = world_of(request)
    now = world.now_ms()
    wanted = request.path_params["issue"]
    issue = world.find_issue(wanted, now)
    # Without the organization in the path only numeric ids are understood.
    if issue is None or ("org" not in request.path_params and not wanted.isdecimal()):
        raise not_found()
    if not profile_of(request).may_read(issue.project.slug):
        raise forbidden()
    return issue, now


async def body_of(request: Request) -> dict[str, object]:
    """Read a JSON object from the request; 400 when there is none."""
    try:
        body = json.loads(await request.body() or b"{}")
    except (ValueError, RecursionError):
        raise bad("JSON parse error - the body is not JSON") from None
    if not isinstance(body, dict):
        raise ApiError(400, {"non_field_errors": ["Invalid data. Expected a dictionary."]})
    return body


# --- the issue ------------------------------------------------------------------------------------------------------


async def issue_get(request: Request) -> Response:
    """Answer with one issue."""
    issue, now = issue_of(request)
    chosen = environments(request, world_of(request), now)
    collapse = request.query_params.getlist("collapse")
    expand = request.query_params.getlist("expand")
    return answer(issue_details(issue, base_url(request), now, chosen, collapse, expand))


async def issue_put(request: Request) -> Response:
    """Change one issue and answer with it."""
    body = await body_of(request)
    issue, now = issue_of(request)
    try:
        changes.update(issue, body, now, BOT)
    except changes.Refused as exc:
        raise ApiError(400, exc.body) from exc
    return answer(issue_row(issue, base_url(request), now))


async def issue_list(request: Request) -> Response:
    """Answer with the issues that fit the query; by default the unresolved ones."""
    world, query = world_of(request), request.query_params
    asked = scope(request)
    stats_period = _stats_period(request)
    known = world.issues_seen(asked.now)
    text = query.get("query", "is:unresolved").strip()
    headers: dict[str, str] = {}
    matches = candidates(asked, known)
    direct = [match for match in matches if match.issue.short_id.upper() == text.upper()]
    if query.get("shortIdLookup") == "1" and direct:
        matches, headers = direct, {"X-Sentry-Direct-Hit": "1"}
    else:
        matches = ordered(matching(matches, text, asked.now), query.get("sort") or "date", asked)
    size_name = "limit" if "limit" in query else "per_page"
    rows, links = page(request, matches, size_name=size_name)
    headers |= {"X-Hits": str(min(len(matches), _MOST_HITS)), "X-Max-Hits": str(_MOST_HITS)}
    filtered = bool(period(request, asked.now)) or asked.environments is not None
    shown = [_list_row(match, base_url(request), asked, stats_period, filtered=filtered) for match in rows]
    for match, row in zip(rows, shown, strict=True):
        fitting = fitting_events(match, text) if filtered else None
        # What fits the search's own conditions stands apart (recordings; sentry-api section 3.5).
        row["filtered"] = (
            _counted(fitting, len({event.user.id for event in fitting if event.user})) if fitting else None
        )
    return answer(shown, links | headers)


_MOST_HITS = 1_000
"""Sentry counts no further, however many issues there are."""


def _stats_period(request: Request) -> str:
    """Read which statistics the rows of a list carry; empty: none."""
    wanted = request.query_params.get("groupStatsPeriod", "24h")
    if wanted == "auto":
        raise bad("The embedded Sentry knows no automatic statistics period.")
    if wanted and wanted not in LIST_STATS:
        raise bad("Invalid stats_period. Valid choices are '', '24h', '14d', and 'auto'")
    return wanted


def _list_row(match: SearchMatch, base: str, asked: Scope, stats_period: str, *, filtered: bool) -> dict[str, object]:
    row = issue_row(match.issue, base, asked.now)
    life = match.issue.events.within(0, asked.now + 1, asked.environments)
    if stats_period:
        # All events of the environments up to now, whatever the list's own period and query are (recordings 33 to 67).
        row["stats"] = {stats_period: list_stats(life, asked.now, stats_period)}
    if filtered:
        # With a period the list tells that period alone, its first and last event, too; the rest is under lifetime.
        # Both are of the environments asked for.
        row |= _counted(match.events, match.issue.events.people(asked.start, asked.seen_end, asked.environments))
    people = match.issue.events.people(0, asked.now + 1, asked.environments)
    row["lifetime"] = _counted(life, people) | {"stats": None}
    row["filtered"] = None
    return row


def _counted(events: Sequence[EventRecord], people: int) -> dict[str, object]:
    return {
        "count": str(len(events)),
        "userCount": people,
        "firstSeen": iso(events[0].at),
        "lastSeen": iso(events[-1].at),
    }


# --- around it ------------------------------------------------------------------------------------------------------


def _tagged(request: Request) -> list[EventRecord]:
    issue, now = issue_of(request)
    chosen = environments(request, world_of(request), now)
    return [event for event in issue.events.until(now) if chosen is None or event.environment in chosen]


async def tag_list(request: Request) -> Response:
    """Answer with the distribution of all tags, or of those asked for."""
    keys = request.query_params.getlist("key")
    limit = whole(request, "limit", 9 if keys else 10, 1000)
    return answer(tags(_tagged(request), keys, limit))


async def activities(request: Request) -> Response:
    """Answer with the issue's history, newest first."""
    issue, now = issue_of(request)
    return answer({"activity": activity(issue, now)})


async def note_list(request: Request) -> Response:
    """Answer with the comments, newest first."""
    issue, now = issue_of(request)
    rows, links = page(request, [line for line in activity(issue, now) if line["type"] == "note"])
    return answer(list(rows), links)


async def note_post(request: Request) -> Response:
    """Write a comment; the same text again within the hour is refused."""
    body = await body_of(request)
    issue, now = issue_of(request)
    text = body.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ApiError(400, {"text": ["This field is required." if text is None else "This field may not be blank."]})
    for entry in issue.activity:
        same = entry.type == "note" and entry.user == BOT and entry.data == {"text": text}
        if same and now - entry.at < HOUR:
            raise bad("You have already posted that comment.")
    return answer(activity_entry(lifecycle.record(issue, now, "note", {"text": text}, BOT)), status=201)


async def short_id(request: Request) -> Response:
    """Answer with the issue of a short id."""
    world = world_of(request)
    now = world.now_ms()
    wanted = request.path_params["short"]
    issue = None if wanted.isdecimal() else world.find_issue(wanted, now)
    if issue is None:
        raise not_found()
    return answer(
        {
            "organizationSlug": ORGANIZATION,
            "projectSlug": issue.project.slug,
            "groupId": issue.id,
            "group": issue_row(issue, base_url(request), now),
            "shortId": issue.short_id,
        }
    )
