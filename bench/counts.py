"""Counts, without a clock: upstream rounds and requests, characters of each channel and of the tool list."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
from mcp import Client

from bench.bounds import ANY_CHARACTERS, CHARACTERS, REQUESTS, ROUNDS, TOOL_LIST_CHARACTERS, Measure
from bench.cases import ALL_CASES, Case, ask, compact, connected, text_of
from bench.rounds import RoundCountingTransport
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World

REVIEW, ALERTS = "review_alerts", "tired-alerts"


async def count() -> list[Measure]:
    """Call every tool once in front of the embedded Sentry, in this process."""
    of_alerts = [case for case in ALL_CASES if case.tool == REVIEW]
    measures = await _counted([case for case in ALL_CASES if case not in of_alerts], _without_alerts())
    measures += await _counted(of_alerts, World([SCENARIOS[ALERTS]], ManualClock()))
    upstream = RoundCountingTransport(httpx.ASGITransport(create_app(_without_alerts())))
    async with connected("http://localhost", http_transport=upstream) as client:
        return [*measures, await _tool_list(client)]


def _without_alerts() -> World:
    """All incidents but the one for reviews of alerts.

    Its issue is an old one that rose in the last hour, and may have begun with each of the others: beside eleven
    incidents at once a situation needs its third round then, which DESIGN allows and this bound does not know.
    """
    return World([scenario for name, scenario in SCENARIOS.items() if name != ALERTS], ManualClock())


async def _counted(cases: Sequence[Case], world: World) -> list[Measure]:
    upstream = RoundCountingTransport(httpx.ASGITransport(create_app(world)))
    async with connected("http://localhost", http_transport=upstream) as client:
        return [measure for case in cases for measure in await _count(client, upstream, case)]


async def _count(client: Client, upstream: RoundCountingTransport, case: Case) -> list[Measure]:
    upstream.reset()
    result = await ask(client, case.tool, case.arguments)
    characters = CHARACTERS.get(case.tool, ANY_CHARACTERS)
    return [
        Measure("tools", case.tool, "rounds", upstream.rounds, bound=ROUNDS.get(case.tool)),
        Measure("tools", case.tool, "requests", len(upstream.requests), bound=REQUESTS.get(case.tool)),
        Measure("tools", case.tool, "text", len(text_of(result)), "characters", characters),
        Measure("tools", case.tool, "JSON", len(compact(result.structured_content)), "characters", characters),
    ]


async def _tool_list(client: Client) -> Measure:
    tools = (await client.list_tools()).tools
    size = sum(len(tool.name) + len(tool.description or "") + len(compact(tool.input_schema)) for tool in tools)
    return Measure("server", "tool list", "names, descriptions, inputs", size, "characters", TOOL_LIST_CHARACTERS)
