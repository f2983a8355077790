"""The traffic beside the errors, through the tools: a clue for, a clue against, or missing with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import SessionsSpec
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

ISSUE = "API-9M"
EVEN = replace(SCENARIOS["resource-exhaustion"], sessions=(SessionsSpec(26_000, -2940, 0, crashed=60),))


async def triage(**options: Any) -> dict[str, Any]:
    asked = options.pop("ask", {})
    async with connected(**options) as connection:
        return await connection.call("triage_issue", issue=ISSUE, **asked)


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {part["what"]: part["why"] for part in answer.get("missing", ())}


def exhaustion(answer: dict[str, Any]) -> dict[str, Any]:
    return next(cause for cause in answer["causes"] if cause["pattern"] == "resource_exhaustion")


async def test_errors_that_follow_the_sessions_speak_for_exhaustion() -> None:
    clock = ManualClock()
    answer = await triage(world=World(SCENARIOS["resource-exhaustion"], clock), clock=clock)
    assert any("follow the traffic" in text for text in exhaustion(answer)["evidence_for"])
    assert exhaustion(answer)["confidence"] == "high"
    assert "impact.traffic" not in reasons(answer)


async def test_even_sessions_speak_against_it() -> None:
    clock = ManualClock()
    answer = await triage(world=World(EVEN, clock), clock=clock)
    assert any("traffic did not rise" in text for text in exhaustion(answer)["evidence_against"])
    assert exhaustion(answer)["confidence"] != "high"


async def test_a_short_period_and_a_server_without_sessions_say_that_the_traffic_is_missing() -> None:
    clock = ManualClock()
    world = World(SCENARIOS["resource-exhaustion"], clock)
    short = await triage(world=world, clock=clock, ask={"period": "2h"})
    assert "full hour" in reasons(short)["impact.traffic"]
    without = await triage(world=world, clock=clock, profile=Profile(absent=frozenset({"sessions"})))
    assert reasons(without)["impact.traffic"]
    async with connected(world=world, clock=clock) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE, period="2h")
    assert "full hour" in reasons(impact)["traffic"]
