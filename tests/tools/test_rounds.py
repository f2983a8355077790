"""What a call costs upstream, counted and not timed: rounds in sequence, requests, and what many askers share."""

from __future__ import annotations

import dataclasses
from typing import Any

import anyio
import pytest

from sentry_runbook.settings import Limits
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    DeploySpec,
    FlagChangeSpec,
    IssueSpec,
    OwnerSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.matrix import matrix
from tests.tools.contract import call
from tests.tools.support import BASE, SETTINGS, Connection, Mode, connected

SHORT = "SHOP-1Z"
TWO = ("get_issue", "discover_impact", "classify_severity", "triage_issue")
ROUNDS = {
    **dict.fromkeys(TWO, 2),
    "check_recovery": 2,
    "list_events": 1,
    "find_issues": 1,
    "assess_situation": 2,
    "review_alerts": 2,
    "resolve_issue": 1,
    "add_note": 1,
    "draft_update": 3,
    "draft_postmortem": 3,
}
"""Of a plan only, for the tools that write."""


def forms(connection: Connection) -> dict[str, str]:
    """The forms in which people name the issue."""
    number = connection.number(SHORT)
    page = f"{BASE}/organizations/acme/issues/{number}/"
    return {
        "number": number,
        "short id": SHORT.lower(),
        "URL": page,
        "URL with more": f"{page}?environment=production",
    }


@pytest.mark.parametrize(
    "form", matrix(["number", "short id", "URL", "URL with more"], quick=("number", "URL with more"))
)
async def test_two_rounds_are_enough_whatever_form_the_reference_has(form: str) -> None:
    async with connected("payment-spike") as connection:
        for tool in TWO:
            connection.upstream.reset()
            await connection.call(tool, **call(tool, forms(connection)[form]))
            assert connection.upstream.rounds == 2, (tool, connection.upstream.requests)


@pytest.mark.parametrize("tool", ROUNDS)
async def test_no_tool_is_deeper_than_its_budget(tool: str) -> None:
    async with connected("payment-spike") as connection:
        await connection.call(tool, **call(tool, SHORT))
        assert connection.upstream.rounds <= ROUNDS[tool], connection.upstream.requests
        assert len(connection.upstream.requests) == len(set(connection.upstream.requests)), "asked the same thing twice"


@pytest.mark.parametrize(("tool", "more"), [("resolve_issue", {"action": "resolve"}), ("add_note", {"text": "On it."})])
async def test_a_write_takes_three_rounds_with_its_read_back(tool: str, more: dict[str, object]) -> None:
    async with connected("payment-spike") as connection:
        plan = await connection.call(tool, issue=SHORT, **more)
        connection.upstream.reset()
        done = await connection.call(tool, issue=SHORT, confirm_token=plan["confirm_token"], **more)
        assert done["outcome"] == "applied"
        assert connection.upstream.rounds <= 3
        assert sum(not request.startswith("GET") for request in connection.upstream.requests) == 1


OLD = Scenario(
    name="old",
    issues=(
        IssueSpec(
            "OLD-7",
            "TimeoutError: upstream",
            transaction="GET /pay",
            streams=(Stream(600, -8000, -2000), Stream(300, -1400, 0), Stream(90, -600, -1, environment="staging")),
            history=(StateChange(-1900, "resolved"),),
        ),
    ),
    releases=(
        ReleaseSpec("old@1", -9000, (DeploySpec(-8900), DeploySpec(-8800))),
        ReleaseSpec("old@2", -1500, (DeploySpec(-1450, "staging"), DeploySpec(-1430), DeploySpec(-1420))),
    ),
    sessions=(SessionsSpec(9000),),
    transactions=(Transactions("GET /pay", 500),),
)


async def test_an_old_issue_that_came_back_in_several_environments_takes_two_rounds_too() -> None:
    clock = ManualClock()
    async with connected(world=World(OLD, clock), clock=clock) as connection:
        for tool in TWO:
            for more in ({}, {"environment": "staging"}):
                connection.upstream.reset()
                await connection.call(tool, **call(tool, "OLD-7", **more))
                assert connection.upstream.rounds == 2, (tool, more, connection.upstream.requests_per_round)


async def test_the_longest_period_tells_crash_free_sessions_in_two_rounds_too() -> None:
    async with connected("payment-spike") as connection:
        for tool in ("discover_impact", "classify_severity"):
            connection.upstream.reset()
            answer = await connection.call(tool, issue=SHORT, period="90d")
            assert connection.upstream.rounds == 2
            assert sum("/sessions/" in request for request in connection.upstream.requests) == 1
            if tool == "discover_impact":
                assert 0 < answer["crash_free_sessions_pct"] < 95
            else:
                met = {criterion["id"]: criterion for criterion in answer["criteria"]}["crash_free"]
                assert met["met"] is True and "hours were not measured" in met["note"]


MOST_REQUESTS = 18
"""Of a triage, with all of its parts (DESIGN §9; the README tells it)."""


def every_part(*streams: Stream, platform: str = "python", **issue: Any) -> Scenario:
    """An issue for which a triage has something to ask in every part."""
    return Scenario(
        name="every",
        platform=platform,
        issues=(
            IssueSpec(
                "EVERY-1",
                "TimeoutError: upstream",
                transaction="GET /pay",
                streams=streams,
                tags={"customer": {"acme": 9, "blue": 1}, "plan": {"free": 1, "gold": 1}},
                owners=(OwnerSpec("team:pay"),),
                **issue,
            ),
            IssueSpec("EVERY-2", streams=(Stream(40, -90, -1),)),
        ),
        releases=(
            ReleaseSpec("every@1", -40_000, (DeploySpec(-39_000),)),
            ReleaseSpec("every@2", -500, (DeploySpec(-450, "staging"), DeploySpec(-430), DeploySpec(-420))),
        ),
        sessions=(SessionsSpec(9000), SessionsSpec(90, release="every@1", environment="staging")),
        transactions=(Transactions("GET /pay", 500),),
        flags=(FlagChangeSpec(-440, "new-pay"),),
        alerts=(AlertSpec("Errors", -400),),
    )


LONG_AGO = Stream(600, -30_000, -2000)
NOW = Stream(300, -420, -1, users=90)
HANDLED = Stream(50, -300, -1, handled=True)
HARD = {
    "new": every_part(NOW),
    "new, some handled": every_part(NOW, HANDLED),
    "old": every_part(LONG_AGO, NOW, HANDLED),
    "come back": every_part(LONG_AGO, NOW, HANDLED, history=(StateChange(-1900, "resolved"),)),
    "come back, and silent since": every_part(
        LONG_AGO, Stream(9, -1800, -1500, handled=True), history=(StateChange(-1900, "resolved"),)
    ),
    "seen in staging alone, and silent since": every_part(
        *(Stream(30, -30_000, -2000, environment=name, handled=name == "qa") for name in ("staging", "qa", "ci"))
    ),
    "many environments": every_part(
        NOW, HANDLED, *(Stream(5, -300, -1, environment=f"review-{number}") for number in range(30))
    ),
    "without a release": every_part(Stream(300, -420, -1, users=90, release=None), HANDLED),
    "in browsers": every_part(NOW, HANDLED, platform="javascript-react"),
}
"""Issues that ask for more than most."""


@pytest.mark.parametrize("scenario", [*SCENARIOS.values(), *HARD.values()], ids=[*SCENARIOS, *HARD])
@pytest.mark.parametrize("environment", [None, pytest.param("nowhere", marks=pytest.mark.matrix)])
async def test_a_triage_sends_eighteen_requests_in_two_rounds_at_the_most(
    scenario: Scenario, environment: str | None
) -> None:
    clock = ManualClock()
    async with connected(world=World(scenario, clock), clock=clock) as connection:
        await connection.call("triage_issue", issue=scenario.issue, environment=environment)
        assert len(connection.upstream.requests) <= MOST_REQUESTS, connection.upstream.requests
        assert connection.upstream.rounds == 2
        assert len(connection.upstream.requests) == len(set(connection.upstream.requests))


@pytest.mark.parametrize("name", HARD)
async def test_a_kind_of_change_that_was_not_asked_for_is_said_to_be_left_out(name: str) -> None:
    """That no change is known would be read as that nothing was changed."""
    clock = ManualClock()
    async with connected(world=World(HARD[name], clock), clock=clock) as connection:
        triage = await connection.call("triage_issue", issue=HARD[name].issue)
        asked = " ".join(connection.upstream.requests)
    reasons = {entry["what"]: entry["why"] for entry in triage["missing"]}
    for what, path in (("alert edits", "/workflows/"), ("flag changes", "/flags/logs/")):
        assert (path in asked) is ("left out" not in reasons.get(what, "")), (what, reasons)


STRADDLING = Scenario(
    name="straddling",
    issues=(
        IssueSpec(
            "RUSH-1",
            "Boom",
            # 70 people before a clock hour, 70 after it, and others through the day: whether more than 100 met in one
            # rolling hour, neither the clock hours nor the total tells.
            streams=(
                Stream(70, -75, -61, users=70),
                Stream(70, -59, -40, users=70, first_user=40),
                Stream(300, -1400, -200, users=250, first_user=1000),
            ),
        ),
    ),
    sessions=(SessionsSpec(9000),),
)


async def test_a_third_round_is_spent_only_to_settle_a_worst_hour_that_straddles_the_threshold() -> None:
    clock = ManualClock()
    async with connected(world=World(STRADDLING, clock), clock=clock) as connection:
        verdict = await connection.call("classify_severity", issue="RUSH-1")
        sizes = connection.upstream.requests_per_round
    assert len(sizes) == 3 and sizes[2] <= 4
    met = {criterion["id"]: criterion for criterion in verdict["criteria"]}["users_per_hour"]
    assert met["met"] in (True, False) and "exact" in met["note"]


@pytest.mark.matrix
@pytest.mark.parametrize("mode", ["auto", pytest.param("legacy", marks=pytest.mark.matrix)])
async def test_a_hundred_triages_at_once_cost_hardly_more_requests_than_one(mode: Mode) -> None:
    caching = dataclasses.replace(SETTINGS, limits=Limits())
    async with connected("payment-spike", settings=caching) as connection:
        await connection.call("triage_issue", issue=SHORT)
        alone = len(connection.upstream.requests)
    found: list[str] = []
    async with connected("payment-spike", settings=caching, mode=mode) as connection:

        async def triage(issue: str) -> None:
            result = await connection.client.call_tool("triage_issue", {"issue": issue})
            found.append(str(result.structured_content))

        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(triage, SHORT)
        assert len(connection.upstream.requests) <= 1.2 * alone
        assert connection.upstream.rounds == 2
    assert len(found) == 100 and len(set(found)) == 1


async def test_askers_of_different_things_do_not_starve_each_other() -> None:
    caching = dataclasses.replace(SETTINGS, limits=Limits())
    order: list[str] = []
    async with connected("payment-spike", "geocoding-503", settings=caching) as connection:

        async def ask(tool: str, issue: str) -> None:
            await connection.call(tool, issue=issue)
            order.append(tool)

        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(ask, "triage_issue", SHORT)
            tasks.start_soon(ask, "list_events", "GEO-42")
    assert order.index("list_events") < 20
