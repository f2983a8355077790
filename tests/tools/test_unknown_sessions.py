"""An environment that does not say how many sessions it had, through the tools: unknown, and never a small number."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, SessionsSpec, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

CRASHING = Scenario(
    name="crashing",
    issues=(IssueSpec("SHOP-1", "boom", streams=(Stream(50, -30, -1, users=20),)),),
    sessions=(SessionsSpec(2000, crashed=400), SessionsSpec(200, environment="live")),
)
"""Sessions of production crash; those of the other environment that counts are few and healthy."""
NUMBER = "sum(session)"
Edit = Callable[[dict[str, Any]], None]


def null_total(group: dict[str, Any]) -> None:
    group["totals"][NUMBER] = None


def null_hours(group: dict[str, Any]) -> None:
    group["series"][NUMBER] = [None] * len(group["series"][NUMBER])


def no_hours(group: dict[str, Any]) -> None:
    del group["series"][NUMBER]


def healthy(group: dict[str, Any]) -> None:
    group["totals"] |= {"crash_rate(session)": 0, "crash_free_rate(session)": 1}


class EditedSessions(httpx.ASGITransport):
    """The embedded Sentry, whose sessions of production are changed on the way."""

    def __init__(self, world: World, *edits: Edit) -> None:
        super().__init__(create_app(world))
        self._edits = edits

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        if "/sessions/" not in request.url.path:
            return response
        body = json.loads(await response.aread())
        for group in body["groups"]:
            if group["by"].get("environment") == "production":
                for edit in self._edits:
                    edit(group)
        return httpx.Response(200, json=body, headers={"Date": response.headers["Date"]})


async def classified_and_triaged(*edits: Edit) -> tuple[dict[str, Any], dict[str, Any]]:
    clock = ManualClock()
    world = World(CRASHING, clock)
    async with connected(world=world, clock=clock, transport=EditedSessions(world, *edits)) as connection:
        verdict = await connection.call("classify_severity", issue="SHOP-1")
        return verdict, await connection.call("triage_issue", issue="SHOP-1")


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {part["what"]: part["why"] for part in answer.get("missing", ())}


async def test_the_sessions_of_all_environments_are_known_and_judged() -> None:
    verdict, triage = await classified_and_triaged()
    assert (verdict["severity"], verdict["decided_by"]) == ("P0", "crash_free")
    assert triage["severity"]["severity"] == "P0"
    assert triage["impact"]["sessions"] == 2200


@pytest.mark.parametrize("hours", [null_hours, no_hours])
async def test_one_environment_without_a_number_leaves_crash_free_unknown(hours: Edit) -> None:
    verdict, triage = await classified_and_triaged(null_total, hours)
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P2", "P0")
    assert reasons(verdict)["crash_free"] == "Sentry gave no number of sessions for the period"
    assert triage["severity"]["could_be"]["highest"] == "P0"
    assert not triage["impact"].keys() & {"sessions", "crash_free_sessions_pct", "crash_free_worst_hour_pct"}
    assert "no number of sessions" in reasons(triage)["severity.crash_free"]
    assert "no number of sessions" in reasons(triage)["impact.crash_free_sessions_pct"]
    assert "measured in 0 full hours" in reasons(triage)["impact.traffic"]


@pytest.mark.parametrize("hours", [null_hours, no_hours])
async def test_hours_without_a_number_cannot_clear_what_the_period_clears(hours: Edit) -> None:
    verdict, triage = await classified_and_triaged(healthy, hours)
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P2", "P0")
    assert "no usable numbers for 24 full hours" in reasons(verdict)["crash_free"]
    assert triage["impact"]["crash_free_sessions_pct"] == 100.0
    assert "crash_free_worst_hour_pct" not in triage["impact"]
