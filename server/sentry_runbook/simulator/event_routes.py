"""The endpoints about single events and their lists."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from sentry_runbook.simulator.columns import column
from sentry_runbook.simulator.event_payloads import event_alone, event_details, event_row
from sentry_runbook.simulator.issue_routes import issue_of
from sentry_runbook.simulator.params import (
    ApiError,
    answer,
    bad,
    forbidden,
    not_found,
    page,
    period,
    profile_of,
    world_of,
)
from sentry_runbook.simulator.records import EventRecord, IssueRecord
from sentry_runbook.simulator.release_payloads import commit
from sentry_runbook.simulator.search import BadQuery, Lookup, parse, predicate, value_test
from sentry_runbook.simulator.world import ORGANIZATION


def _chosen(request: Request, issue: IssueRecord, now: int) -> list[EventRecord]:
    """Return the events within period, environments and query, oldest first."""
    start, end = period(request, now) or (0, now)
    names = request.query_params.getlist("environment")
    text = request.query_params.get("query", "").strip()
    events = issue.events.window(start, end if end < now else now + 1)
    if re.fullmatch(r"[0-9a-fA-F]{32}", text):
        return [event for event in events if event.id == text.lower()]
    try:
        fits = predicate(parse(text), value_test)
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    kept = frozenset(name or None for name in names)
    return [event for event in events if (not names or event.environment in kept) and fits(_lookup(event))]


def _lookup(event: EventRecord) -> Lookup:
    return lambda key: column(event, key)


async def event_list(request: Request) -> Response:
    """Answer with the issue's events, newest first; an unknown environment simply has none."""
    issue, now = issue_of(request)
    rows, links = page(request, _chosen(request, issue, now)[::-1])
    return answer([event_row(event) for event in rows], links)


def _recommended(events: list[EventRecord]) -> EventRecord:
    """Return the event with the most context: breadcrumbs first, then a user, then the latest."""
    return max(events, key=lambda event: (bool(event.breadcrumbs), event.user is not None, event.at))


async def event_get(request: Request) -> Response:
    """Answer with one event: latest, oldest, recommended, or by its id."""
    issue, now = issue_of(request)
    wanted = request.path_params["event"]
    picks: dict[str, Callable[[list[EventRecord]], EventRecord]] = {
        "latest": lambda events: events[-1],
        "oldest": lambda events: events[0],
    }
    if profile_of(request).recommended:
        picks["recommended"] = _recommended
    everything = issue.events.until(now)
    if wanted in picks:
        events = _chosen(request, issue, now)
        if not events:
            raise ApiError(404, {"detail": "No matching event"})
        return answer(event_details(picks[wanted](events), everything, now))
    event = next((event for event in everything if event.id == wanted.replace("-", "").lower()), None)
    if event is None:
        raise ApiError(404, {"detail": "Event not found"})
    return answer(event_details(event, everything, now))


def _project_event(request: Request) -> tuple[EventRecord, int]:
    world = world_of(request)
    now = world.now_ms()
    project = world.find_project(request.path_params["project"])
    if project is not None and not profile_of(request).may_read(project.slug):
        raise forbidden()
    wanted = request.path_params["event"].replace("-", "").lower()
    event = world.find_event(wanted, now)
    if event is None or event.issue.project is not project:
        raise not_found()
    return event, now


async def committers(request: Request) -> Response:
    """Answer with the suspect commits; 404 with its own detail when there are none."""
    event, now = _project_event(request)
    project = event.issue.project
    authors: dict[str, list[dict[str, object]]] = {}
    people: dict[str, object] = {}
    for suspect in event.issue.spec.suspects:
        for release in project.releases:
            for record in release.commits:
                if record.message == suspect.message and record.author == suspect.author and record.at <= now:
                    shown = commit(record, [release])
                    shown["suspectCommitType"] = "via SCM integration"
                    # The author is given once for all commits, and these commits do not list their releases.
                    people[record.email] = shown.pop("author")
                    del shown["releases"]
                    authors.setdefault(record.email, []).append(shown)
    if not authors:
        raise ApiError(404, {"detail": "No committers found"})
    rows = [
        {"author": people[email], "commits": commits, "group_owner_id": int(event.issue.id) % 100_000}
        for email, commits in authors.items()
    ]
    return answer({"committers": rows})


async def event_id(request: Request) -> Response:
    """Answer with the issue and the event of an event id."""
    world = world_of(request)
    now = world.now_ms()
    wanted = request.path_params["event"].replace("-", "").lower()
    event = world.find_event(wanted, now)
    if event is None:
        raise not_found()
    return answer(
        {
            "organizationSlug": ORGANIZATION,
            "projectSlug": event.issue.project.slug,
            "groupId": event.issue.id,
            "eventId": event.id,
            "event": event_alone(event, now),
        }
    )
