"""Every field of every result model is reached: some call of some tool on the embedded incidents gives it a value.

A field that no call reaches is a wire that nobody connected. Those that the embedded incidents cannot show are listed
with the reason; the list is exact, so a field that becomes reachable must leave it.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from sentry_runbook.incident.model.evidence import Answer
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    DeploySpec,
    IssueSpec,
    NoteSpec,
    ReleaseSpec,
    Scenario,
    StateChange,
    Stream,
)
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from sentry_runbook.tools import definitions
from tests.alerts.worlds import built_world
from tests.beside import BESIDE, RISING
from tests.collect.situation_worlds import SHOWN
from tests.collect.watched import BASE as ORGANIZATION
from tests.collect.watched import company
from tests.corpus.planted.entries import planted_incidents
from tests.corpus.planted.events import MAIN, Played
from tests.rich_scenario import RICH
from tests.together.worlds import cascade
from tests.tools.support import SETTINGS, Connection, connected

DIRECT = dataclasses.replace(SETTINGS, writes="direct")
Field = tuple[str, str]
"""A model's name and a field of it."""
UNREACHED: Mapping[str, str] = {
    "ActionItem.due": "people give it in the document; no tool takes it",
    "ActionItem.owner": "people give it in the document; no tool takes it",
    "RecoveryAction.again_per_hour": "no embedded fix fails again; tests/incident/test_recovery_over_time.py",
    "RecoveryAction.decidable_at": "embedded incidents end with their fix; tests/incident/test_recovery_over_time.py",
    "EventRow.ip": "embedded events name a user, and the address stands in only without one",
    "EventView.scrubbed": "no embedded project scrubs data",
    "AlertGap.would_have_fired_by": "counts of planted gaps are fine enough; tests/tools/test_review_alerts_pages.py",
    "AffectedEndpoint.estimate": "the embedded Sentry reads all data; tests/tools/test_numbers_that_disagree.py",
    "Impact.p95_estimate": "as above",
    "Impact.unhandled_lower_bound": "of a server without Discover; tests/tools/test_without_discover.py",
    "Milestone.at_latest": "no alert of an embedded incident fires after a pause; tests/tools/test_postmortem_times.py",
    "State.in_commit": "no embedded incident is resolved in a commit; tests/tools/test_next_release.py",
    "SearchScope.environments": "no call here names one; tests/tools/test_searches.py",
    "SearchScope.not_searched": "the embedded Sentry lets the token read all projects; tests/tools/test_searches.py",
    "SearchScope.one_by_one": "the embedded Sentry searches all projects at once; tests/tools/test_searches.py",
    "IssueRow.events_matching": "the embedded Sentry filters no numbers by the query; tests/tools/test_searches.py",
    "IssueRow.users_matching": "as above",
    "State.reopens_after": "no release here names a package; tests/tools/test_next_release.py",
    "LargerIncident.at_least": "no world here has so many issues; tests/tools/test_related.py",
    "LeadingIssue.note": "where nothing counts the project's unhandled events; tests/incident/test_leading.py",
}
"""Why the embedded incidents cannot show it."""
EXPLAINED = (101, 201, 151)
"""Planted incidents that are explained by tags, by another issue, and by one user."""
CAME_BACK = Scenario(
    name="came-back",
    releases=(ReleaseSpec("back@1.0.0", -12_000, (DeploySpec(-12_000),)), ReleaseSpec("back@1.1.0", -9_000)),
    issues=(
        IssueSpec(
            "BACK-1",
            "Boom",
            streams=(Stream(60, -10_000, -9_900, users=20), Stream(60, -100, -1, users=20)),
            history=(StateChange(-9_000, details={"inRelease": "back@1.1.0"}),),
            notes=(NoteSpec(-9_100, "It was the pool."),),
        ),
    ),
)
FINISHED = "# Incident Postmortem\n\nDana broke it. The rate was 99 %.\n"


def calls(issue: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that only read."""
    yield "triage_issue", {"issue": issue}
    for event in ("latest", "oldest"):
        yield "get_issue", {"issue": issue, "event": event}
    yield "list_events", {"issue": issue, "limit": 100}
    yield "list_events", {"issue": issue, "limit": 5}
    yield "list_events", {"issue": issue, "environment": "nowhere"}
    yield "find_issues", {"limit": 1}
    yield "review_alerts", {}
    yield "discover_impact", {"issue": issue}
    yield "discover_impact", {"issue": issue, "period": "15m"}
    yield "discover_impact", {"issue": issue, "environment": "nowhere"}
    yield "discover_impact", {"issue": issue, "start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
    yield "get_issue", {"issue": issue, "environment": "nowhere"}
    yield "classify_severity", {"issue": issue}
    yield "check_recovery", {"issue": issue}
    for kind in ("initial", "resolved"):
        yield "draft_update", {"issue": issue, "kind": kind}
    yield "draft_postmortem", {"issue": issue}
    yield "draft_postmortem", {"issue": issue, "check": FINISHED, "detected_at": "2020-01-01T00:00:00Z"}
    yield "draft_update", {"issue": issue, "kind": "update"}
    yield "draft_update", {"issue": issue, "audience": "customers"}


def plans(issue: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that would write, and are answered by a plan."""
    for action in ("resolve", "resolve_in_next_release"):
        yield "resolve_issue", {"issue": issue, "action": action}
    yield "add_note", {"issue": issue, "text": "We are on it."}


def changes(scenario: Scenario) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that write, and what they show of the state before and after."""
    issue, release = scenario.issue, scenario.recovery.release if scenario.recovery else None
    limits = {"ignore_count": 5, "ignore_users": 5, "ignore_minutes": 60, "window_minutes": 30}
    yield "resolve_issue", {"issue": issue, "action": "resolve_in_release"}
    yield "resolve_issue", {"issue": issue, "action": "ignore", "dry_run": True, **limits}
    yield "resolve_issue", {"issue": issue, "action": "resolve_in_next_release", "dry_run": True, "reason": "fixed"}
    if release:
        yield "resolve_issue", {"issue": issue, "action": "resolve_in_release", "release": release}
    else:
        yield "resolve_issue", {"issue": issue, "action": "resolve"}
    yield "add_note", {"issue": issue, "text": "We are on it."}
    yield "add_note", {"issue": issue, "text": "We are on it."}


def afterwards(issue: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that are made some hours later."""
    yield "check_recovery", {"issue": issue}
    yield "discover_impact", {"issue": issue, "period": "15m"}
    yield "get_issue", {"issue": issue}


def models(hint: object) -> Iterator[type[BaseModel]]:
    """The models in a type."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for argument in get_args(hint):
        yield from models(argument)


def fields(model: type[BaseModel], known: dict[type[BaseModel], None]) -> dict[type[BaseModel], None]:
    """``known`` with the model and all models below it."""
    if model not in known:
        known[model] = None
        for field in model.model_fields.values():
            for inner in models(field.annotation):
                fields(inner, known)
    return known


def owner(model: type[BaseModel], name: str) -> str:
    """The class that declares a field: what every answer carries counts once."""
    return Answer.__name__ if issubclass(model, Answer) and name in Answer.model_fields else model.__name__


def reached(hint: object, value: object) -> Iterator[Field]:
    """The fields of a JSON value that are not at their default."""
    origin = get_origin(hint)
    if origin is Annotated:
        yield from reached(get_args(hint)[0], value)
    elif origin in (typing.Union, types.UnionType):
        for arm in get_args(hint):
            yield from reached(arm, value)
    elif origin is tuple and isinstance(value, list):
        for item in value:
            yield from reached(get_args(hint)[0], item)
    elif isinstance(hint, type) and issubclass(hint, BaseModel) and isinstance(value, dict):
        for name, field in hint.model_fields.items():
            if name in value and value[name] not in (field.default, [], {}):
                yield owner(hint, name), name
                yield from reached(field.annotation, value[name])


Make = Callable[[Connection, str, dict[str, Any]], Awaitable[None]]


async def play_many_issues(make: Make) -> None:
    """The calls that are about several issues."""
    for shown, arguments, profile in SHOWN:
        clock = ManualClock()
        async with connected(world=World(shown, clock), clock=clock, profile=profile) as connection:
            await make(connection, "assess_situation", dict(arguments))
    for scenario, issue in ((BESIDE, "ORDERS-1"), (RISING, "PAYMENTS-1")):
        clock = ManualClock()
        async with connected(world=World([scenario], clock), clock=clock) as connection:
            await make(connection, "triage_issue", {"issue": issue})
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        connection.clock.advance(minutes=20)
        for tool in ("draft_postmortem", "draft_update", "check_recovery"):
            await make(connection, tool, {"issue": "PAY-1", "issues": ["WEB-1", "EDGE-1"]})


ALERTS = ("slow growth", "rising", "old rules", "drawn 0")
"""Worlds whose alerts are told by bounds, are of before 2026, or are more than a page."""


async def play_alerts(make: Make) -> None:
    """The calls that are about alerts."""
    for built in map(built_world, ALERTS):
        world, clock = built.sentry()
        async with connected(world=world, clock=clock, profile=built.profile) as connection:
            first = await connection.call("review_alerts")
            await make(connection, "review_alerts", {})
            if cursor := first.get("next_cursor"):
                await make(connection, "review_alerts", {"cursor": cursor})
    async with connected(world=company(), clock=ManualClock()) as connection:
        for alert in ({}, {"alert": "Payments fail"}, {"alert": "Nightly report"}):
            await make(connection, "assess_situation", dict(alert))


async def play_watched(make: Make) -> None:
    """Alerts that fired and monitors that are open, one of them asked about by its link."""
    link = f"{ORGANIZATION}/crons/shop/nightly-report/"
    async with connected(world=company(), clock=ManualClock()) as connection:
        await make(connection, "assess_situation", {})
        await make(connection, "assess_situation", {"alert": link})


@pytest.mark.matrix
async def test_every_field_of_every_result_is_reached_by_some_call() -> None:
    results = {definition.name: definition.result for definition in definitions()}
    known: dict[type[BaseModel], None] = {}
    for result in results.values():
        fields(result, known)
    seen: set[Field] = set()

    async def make(connection: Connection, tool: str, arguments: dict[str, Any]) -> None:
        answer = await connection.client.call_tool(tool, arguments)
        assert not answer.is_error, answer.content
        seen.update(reached(results[tool], answer.structured_content))

    for name, scenario in SCENARIOS.items():
        async with connected(name) as connection:
            for call in (*calls(scenario.issue), *plans(scenario.issue)):
                await make(connection, *call)
        async with connected(name, settings=DIRECT) as connection:
            connection.clock.advance(minutes=scenario.recovery.fixed_at + 10 if scenario.recovery else 0)
            for call in changes(scenario):
                await make(connection, *call)
            connection.clock.advance(hours=9)
            for call in afterwards(scenario.issue):
                await make(connection, *call)
    for rich in RICH.issues:
        clock = ManualClock()
        async with connected(world=World([RICH], clock), clock=clock) as connection:
            for call in (*calls(rich.short_id), *plans(rich.short_id)):
                await make(connection, *call)
    for played in (Played(entry) for entry in planted_incidents() if entry.seed in EXPLAINED):
        async with connected(world=played.world(), clock=played.clock) as connection:
            for call in calls(MAIN):
                await make(connection, *call)
    clock = ManualClock()
    async with connected(world=World([CAME_BACK], clock), clock=clock) as connection:
        for call in calls(CAME_BACK.issue):
            await make(connection, *call)
    await play_many_issues(make)
    await play_alerts(make)
    await play_watched(make)
    unreached = {
        f"{owner(model, name)}.{name}"
        for model in known
        for name in model.model_fields
        if (owner(model, name), name) not in seen
    }
    assert sorted(unreached - set(UNREACHED)) == [], "reached by no call"
    assert sorted(set(UNREACHED) - unreached) == [], "reached, though listed as unreachable"
