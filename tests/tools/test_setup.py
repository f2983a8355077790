"""Without a token, with a wrong one, without an organization: the list works, and each tool says what to set."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from sentry_runbook.settings import Limits, Secret
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.sentry.upstream import Answer, Upstream, gives
from tests.tools.contract import TOOLS, call
from tests.tools.support import BASE, MODES, SETTINGS, Mode, connected

ISSUE = "SHOP-1Z"


@pytest.mark.parametrize("mode", MODES)
async def test_without_a_token_the_tools_are_listed_and_each_says_what_to_set(mode: Mode) -> None:
    bare = dataclasses.replace(SETTINGS, token=None)
    async with connected("payment-spike", settings=bare, mode=mode) as connection:
        assert len((await connection.client.list_tools()).tools) == len(TOOLS)
        for tool in TOOLS:
            said = await connection.error(tool, **call(tool, ISSUE))
            assert said.startswith("No Sentry auth token is set. Set SENTRY_AUTH_TOKEN")
        assert connection.upstream.requests == []


async def test_a_wrong_token_is_told_once_clearly_and_not_shown() -> None:
    clock = ManualClock()
    strict = httpx.ASGITransport(create_app(World(SCENARIOS["payment-spike"], clock), token="sntryu_right"))
    wrong = dataclasses.replace(SETTINGS, token=Secret("sntryu_wrong"))
    async with connected(settings=wrong, transport=strict, clock=clock) as connection:
        for tool in TOOLS:
            said = await connection.error(tool, **call(tool, ISSUE))
            assert "token" in said and "sntryu" not in said and "\n" not in said


async def test_a_token_that_only_reads_learns_before_a_write_that_it_cannot() -> None:
    clock = ManualClock()
    scopes = {"org:read", "project:read", "event:read"}
    reading = httpx.ASGITransport(create_app(World(SCENARIOS["payment-spike"], clock), scopes=scopes))
    async with connected(transport=reading, clock=clock) as connection:
        said = await connection.error("resolve_issue", issue=ISSUE, action="resolve")
        assert "event:write" in said and "Nothing was changed" in said
        assert all(request.startswith("GET") for request in connection.upstream.requests)
        await connection.call("triage_issue", issue=ISSUE)


async def test_the_only_organization_of_the_token_is_found_by_itself() -> None:
    none = dataclasses.replace(SETTINGS, organization=None)
    async with connected("payment-spike", settings=none) as connection:
        for tool in TOOLS:
            await connection.call(tool, **call(tool, ISSUE))
        looked_up = [request for request in connection.upstream.requests if request == "GET /api/0/organizations/"]
    assert len(looked_up) == 1


@pytest.mark.parametrize("slugs", [(), ("acme", "other")])
async def test_without_one_certain_organization_each_tool_asks_for_it(slugs: tuple[str, ...]) -> None:
    none = dataclasses.replace(SETTINGS, organization=None)
    many = Upstream({"/api/0/organizations/": gives([{"id": slug, "slug": slug} for slug in slugs])})
    async with connected(settings=none, transport=many) as connection:
        for tool in TOOLS:
            said = await connection.error(tool, **call(tool, ISSUE))
            assert "SENTRY_ORG" in said and "\n" not in said, tool


async def test_the_organization_of_a_pasted_url_is_enough() -> None:
    none = dataclasses.replace(SETTINGS, organization=None)
    async with connected("payment-spike", settings=none) as connection:
        number = connection.number(ISSUE)
        url = f"{BASE}/organizations/acme/issues/{number}/"
        assert (await connection.call("triage_issue", issue=url))["issue"]["short_id"] == ISSUE
        assert "GET /api/0/organizations/" not in connection.upstream.requests


async def test_an_unknown_organization_or_issue_is_said_to_be_unknown() -> None:
    strange = dataclasses.replace(SETTINGS, organization="nobody")
    async with connected("payment-spike", settings=strange) as connection:
        assert "SENTRY_ORG" in await connection.error("triage_issue", issue=ISSUE)
    async with connected("payment-spike") as connection:
        said = await connection.error("triage_issue", issue="NOPE-1")
    assert said.startswith("Sentry knows no issue NOPE-1") and "find_issues" in said


TROUBLE = {
    "a host that refuses": Answer(error=httpx.ConnectError),
    "a page instead of an API": Answer(200, b"<html><body>Welcome</body></html>", {"content-type": "text/html"}),
    "a 400 without detail": gives({}, 400),
    "nothing at all": Answer(200),
}


@pytest.mark.parametrize("name", TROUBLE)
async def test_a_server_that_is_none_is_told_in_one_clear_sentence(name: str) -> None:
    quick = dataclasses.replace(SETTINGS, limits=Limits(cache_s=0, read_s=0.2, call_s=0.5))
    async with connected(settings=quick, transport=Upstream({}, TROUBLE[name])) as connection:
        for tool in TOOLS:
            said = await connection.error(tool, **call(tool, ISSUE))
            assert 20 < len(said) < 500 and "\n" not in said and said.endswith(".")
            assert "Traceback" not in said and "Welcome" not in said
