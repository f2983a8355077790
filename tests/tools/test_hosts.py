"""The host of a failing call, through the tools: named, and as inert as the URL that it stands in."""

from __future__ import annotations

import pytest

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream, http_call
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

TOOLS = ("triage_issue", "get_issue", "draft_postmortem", "draft_update")


def failing(url: str) -> Scenario:
    issue = IssueSpec(
        "SHOP-1",
        "ConnectError: upstream",
        streams=(Stream(200, -30, -1, users=50),),
        breadcrumbs=(http_call("GET", url, 503),),
    )
    return Scenario(name="failing", issues=(issue,))


async def pages(url: str) -> dict[str, str]:
    clock = ManualClock()
    async with connected(world=World(failing(url), clock), clock=clock) as connection:
        texts = {tool: await connection.text(tool, issue="SHOP-1") for tool in TOOLS}
        return texts | {f"{tool} values": str(await connection.call(tool, issue="SHOP-1")) for tool in TOOLS}


@pytest.mark.parametrize(
    ("host", "shown", "never"),
    [
        pytest.param("93.184.216.34", "<ip 1>", "93.184.216.34", id="a public address is masked"),
        pytest.param("www.evil.example", "evil.example", "www.evil.example", id="no renderer makes a link of it"),
    ],
)
async def test_a_failing_host_is_named_and_inert(host: str, shown: str, never: str) -> None:
    answers = await pages(f"http://{host}/v1")
    assert f'Calls to "{shown}" fail (503)' in answers["triage_issue"]
    assert "third_party_failure" in answers["triage_issue"]
    assert [name for name, text in answers.items() if never in text] == []


async def test_a_host_longer_than_a_host_name_can_be_is_none() -> None:
    answers = await pages(f"http://{'a.' * 30_000}example.com/v1")
    assert [name for name, text in answers.items() if "a." * 200 in text or "Calls to" in text] == []
