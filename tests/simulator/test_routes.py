"""The embedded Sentry has no route that nobody asks: the product does, or a reason stands here."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mcp.types import PromptReference
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send
from tests.commands.support import TOKEN, Commands, served
from tests.tools.contract import TOOLS, call
from tests.tools.support import SETTINGS, connected

from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import system_clock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World

ISSUE = SCENARIOS["payment-spike"].issue
ORGANIZATION, PROJECT = "GET /api/0/organizations/{org}/", "GET /api/0/projects/{org}/{project}/"
OF_ALERTS = (
    f"{ORGANIZATION}workflows/{{workflow}}/",
    f"{ORGANIZATION}detectors/{{detector}}/",
    f"{ORGANIZATION}open-periods/",
    f"{ORGANIZATION}alert-rule-workflow/",
    f"{ORGANIZATION}alert-rule-detector/",
    f"{ORGANIZATION}incident-groupopenperiod/",
    f"{ORGANIZATION}alert-rules/{{rule}}/",
    f"{ORGANIZATION}incidents/{{incident}}/",
    f"{ORGANIZATION}monitors/",
    f"{ORGANIZATION}monitors/{{monitor}}/",
    f"{ORGANIZATION}monitors/{{monitor}}/checkins/",
    f"{PROJECT}rules/{{rule}}/",
    f"{PROJECT}rules/{{rule}}/group-history/",
    f"{PROJECT}monitors/{{monitor}}/",
    f"{PROJECT}monitors/{{monitor}}/checkins/",
    f"{PROJECT}uptime/{{uptime}}/",
    f"{PROJECT}uptime/{{uptime}}/checks/",
)
OF_REVIEWS = (
    f"{ORGANIZATION}alert-rules/",
    f"{PROJECT}rules/{{rule}}/stats/",
)
KEPT = {
    **dict.fromkeys(OF_REVIEWS, "when alerts fired, and all rules from before: for review_alerts"),
    **dict.fromkeys(OF_ALERTS, "what a link or name of an alert is of: collect/alert_target, for assess_situation"),
    "GET /api/0/organizations/{org}/releases/{version:path}/commits/": "what changed in a release",
}
"""Routes that no tool or command asks today, and what they are for; the last two are wanted by the next issues."""


def routes() -> dict[str, Route]:
    application = create_app(World(SCENARIOS["payment-spike"]))
    found: dict[str, Route] = {}
    for route in application.routes:
        assert isinstance(route, Route) and route.methods is not None
        # Starlette adds HEAD to every GET.
        for method in route.methods - {"HEAD"}:
            found[f"{method} {route.path}"] = route
    return found


def route_of(request: str, known: dict[str, Route]) -> str | None:
    """Return the route that a request ``METHOD path?query`` reaches."""
    method, _, target = request.partition(" ")
    scope = {"type": "http", "method": method, "path": urlsplit(target).path, "root_path": ""}
    return next((name for name, route in known.items() if route.matches(scope)[0] is Match.FULL), None)


async def asked_by_tools(state: Path) -> list[str]:
    """Return the requests of every tool, over today's Sentry and over one that has issues by number alone."""
    seen: list[str] = []
    settings = dataclasses.replace(SETTINGS, writes="direct", state_dir=state)
    for profile in (Profile(), Profile(org_issues=False), Profile(timeseries=False)):
        async with connected("payment-spike", settings=settings, profile=profile) as connection:
            for tool in TOOLS:
                await connection.call(tool, **call(tool, ISSUE))
            event = (await connection.call("get_issue", issue=ISSUE))["event"]["id"]
            await connection.call("get_issue", issue=event)
            await connection.call("resolve_issue", issue=ISSUE, action="resolve_in_release", release="shop@7.12.0")
            await connection.call("add_note", issue=ISSUE, text="We are on it.")
            await connection.call("find_issues", project="shop")
            prompt = PromptReference(name="triage")
            await connection.client.complete(prompt, {"name": "environment", "value": "p"})
            seen += connection.upstream.requests
    return seen


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Serve an embedded Sentry that the environment points to; give the requests that reach it."""
    application = create_app(World(SCENARIOS["payment-spike"], system_clock), token=TOKEN)
    seen: list[str] = []

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            seen.append(f"{scope['method']} {scope['path']}")
        await application(scope, receive, send)

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with served(noted) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
        monkeypatch.delenv("SENTRY_ORG", raising=False)
        monkeypatch.setenv("SENTRY_PROJECT", "shop")
        yield seen


@pytest.mark.matrix
def test_every_route_is_asked_by_the_product_or_kept_for_a_reason(
    sentry: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = Commands(capsys)
    run("doctor")
    monkeypatch.setenv("SENTRY_ORG", "acme")
    run("doctor")
    known = routes()
    asked = {route_of(request, known) for request in (*sentry, *asyncio.run(asked_by_tools(tmp_path)))}
    assert set(known) - asked == set(KEPT)


def test_a_request_is_matched_to_its_own_route() -> None:
    known = routes()
    deploys = "GET /api/0/organizations/acme/releases/a@1+b/deploys/?x=1"
    assert route_of(deploys, known) == "GET /api/0/organizations/{org}/releases/{version:path}/deploys/"
    assert route_of("GET /api/0/nothing/", known) is None
