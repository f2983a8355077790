"""A server that is no Sentry is named as that, once its root has shown it; a Sentry in trouble never is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import httpx
import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.fake_servers.app import TOKEN
from tests.tools.support import SETTINGS, connected

Server = Callable[[httpx.Request], httpx.Response]
ROOT = {"version": "0", "user": None, "auth": None}


def always(status: int, **body: object) -> Server:
    return lambda _: httpx.Response(status, **body)  # type: ignore[arg-type]  # httpx names each


PAGE = "<!doctype html><html><title>Sign in</title></html>"
OTHERS: dict[str, tuple[Server, str]] = {
    "Bugsink": (always(404, json={"detail": "Not found."}), "404 in JSON"),
    "JSON 404 of another framework": (always(404, json={"error": "no route"}), "404"),
    "an empty 404": (always(404), "404"),
    "a page for everything": (always(200, html=PAGE), "with a web page"),
    "an empty 200": (always(200), "with something else"),
    "GraphQL": (always(200, json={"errors": [{"message": "Must provide query string."}]}), "with something else"),
    "GraphQL with 400": (always(400, json={"errors": [{"message": "No query"}]}), "that it does not know the request"),
    "no GET": (always(405, json={"detail": "Method Not Allowed"}), "that it does not take GET"),
}
CALLS = [
    ("find_issues", {}),
    ("get_issue", {"issue": "7"}),
    ("get_issue", {"issue": "WEB-1"}),
    ("list_events", {"issue": "7"}),
    ("triage_issue", {"issue": "7"}),
    ("resolve_issue", {"issue": "7", "action": "resolve"}),
    ("add_note", {"issue": "7", "text": "Seen."}),
]


async def error_of(server: Server, tool: str, arguments: dict[str, str]) -> str:
    clock = ManualClock()
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN), organization="acme")
    world = World(SCENARIOS["payment-spike"], clock)
    transport = httpx.MockTransport(server)
    async with connected(world=world, clock=clock, settings=settings, transport=transport) as connection:
        return await connection.error(tool, **arguments)


@pytest.mark.parametrize(
    ("tool", "arguments"), CALLS, ids=[f"{tool} {'-'.join(args.values())}" for tool, args in CALLS]
)
@pytest.mark.parametrize("name", OTHERS)
async def test_one_sentence_says_that_it_is_no_sentry(name: str, tool: str, arguments: dict[str, str]) -> None:
    server, words = OTHERS[name]
    error = await error_of(server, tool, arguments)
    assert error.startswith("This server is no Sentry: asked for ")
    assert f"at /api/0/ it answers {words}" in error
    assert "SENTRY_URL" in error


@pytest.mark.parametrize(("tool", "arguments"), CALLS[:2])
async def test_401_for_everything_names_the_token_and_the_address(tool: str, arguments: dict[str, str]) -> None:
    error = await error_of(always(401, json={"detail": "Authentication required"}), tool, arguments)
    assert "does not accept the auth token (401)" in error
    assert "nothing shows that a Sentry or GlitchTip answers there" in error


def with_root(status: int, **body: object) -> Server:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/0/":
            return httpx.Response(200, json=ROOT)
        return httpx.Response(status, **body)  # type: ignore[arg-type]  # httpx names each

    return answer


SENTRIES: dict[str, tuple[Server, str]] = {
    "an issue that is not there": (with_root(404, json={"detail": "Issue not found"}), "Sentry knows no issue 7"),
    "trouble": (always(500, html=PAGE), "the server failed (500)"),
    "an outage of a proxy": (always(503, html=PAGE), "a proxy or firewall in front of Sentry answered"),
    "no right": (always(403, json={"detail": "You do not have permission"}), "may not read or change"),
    "a limit": (always(429, json={"detail": "Slow down"}), "limits the rate"),
    "a refusal in words": (always(400, json={"detail": "Invalid header: X-Team"}), "“Invalid header: X-Team”"),
    "another address": (always(302, headers={"location": "https://sentry.other.example/"}), "redirects"),
    "a wrong token": (
        always(
            401,
            json={"detail": "Invalid token"},
            headers={"access-control-expose-headers": "X-Sentry-Error, Link"},
        ),
        "does not accept the auth token (401)",
    ),
}


@pytest.mark.parametrize("name", SENTRIES)
async def test_a_sentry_in_trouble_is_not_called_another_program(name: str) -> None:
    server, words = SENTRIES[name]
    error = await error_of(server, "get_issue", {"issue": "7"})
    assert words in error
    assert "is no Sentry" not in error and "nothing shows" not in error


@pytest.mark.parametrize(
    "answer",
    [always(503, html=PAGE), always(403, html=PAGE, headers={"server": "cloudflare"}), always(407)],
    ids=["an outage", "a firewall", "a proxy that wants a password"],
)
async def test_a_proxys_answer_costs_no_further_request(answer: Server) -> None:
    seen: list[str] = []

    def counting(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return answer(request)

    await error_of(counting, "get_issue", {"issue": "7"})
    assert "/api/0/" not in seen


async def test_sentry_io_is_never_asked_for_its_root() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(404, json={"detail": "The requested resource does not exist"})

    clock = ManualClock()
    settings = dataclasses.replace(SETTINGS, base_url="https://sentry.io")
    world = World(SCENARIOS["payment-spike"], clock)
    transport = httpx.MockTransport(answer)
    async with connected(world=world, clock=clock, settings=settings, transport=transport) as connection:
        await connection.error("get_issue", issue="7")
    assert "/api/0/" not in seen
