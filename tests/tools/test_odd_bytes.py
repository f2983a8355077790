"""Every tool answers where each of Sentry's answers holds half a character, or a number that is none."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.tools.support import Connection, connected
from tests.tools.test_event_shapes import ISSUE, scenario

ON_AN_ISSUE = (
    *("get_issue", "triage_issue", "list_events", "discover_impact", "classify_severity", "check_recovery"),
    "draft_postmortem",
)
CALLS: dict[str, dict[str, Any]] = {
    **{tool: {"issue": ISSUE} for tool in ON_AN_ISSUE},
    "draft_update": {"issue": ISSUE, "kind": "initial"},
    "resolve_issue": {"issue": ISSUE, "action": "resolve", "dry_run": True},
    "find_issues": {},
}
TEXTS = ("title", "culprit", "value", "message", "formatted", "function", "filename", "module", "data", "url")


def halves(answer: Any) -> Any:
    """The answer with half a character at the end of every text that a stranger may write, and in a key."""
    if isinstance(answer, list):
        return [halves(part) for part in answer]
    if not isinstance(answer, dict):
        return answer
    changed = {
        key: f"{value}\ud83d" if key in TEXTS and isinstance(value, str) else halves(value)
        for key, value in answer.items()
    }
    return {**changed, "odd\udc00": "\ud800"}


def nothing(answer: Any) -> Any:
    """The answer with numbers that are none beside its own."""
    if isinstance(answer, list):
        return [nothing(part) for part in answer]
    if not isinstance(answer, dict):
        return answer
    return {**{key: nothing(value) for key, value in answer.items()}, "odd": float("nan"), "more": [float("-inf")]}


class Odd(httpx.AsyncBaseTransport):
    """The embedded Sentry, whose answers are written by a careless writer of JSON."""

    def __init__(self, world: World, change: Callable[[Any], Any]) -> None:
        self._sentry, self._change = httpx.ASGITransport(create_app(world)), change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        response = await self._sentry.handle_async_request(request)
        written = json.dumps(self._change(json.loads(await response.aread() or b"null")))
        headers = {name: value for name, value in response.headers.items() if name == "link"}
        return httpx.Response(response.status_code, headers=headers, content=written.encode())


@asynccontextmanager
async def shop(change: Callable[[Any], Any]) -> AsyncIterator[Connection]:
    """A client in front of a Sentry whose answers are changed."""
    clock = ManualClock()
    world = World(scenario(), clock)
    async with connected(world=world, clock=clock, transport=Odd(world, change)) as connection:
        yield connection


def missing(values: dict[str, Any]) -> list[str]:
    """What an answer says that it lacks; but related issues that it says to have no request left for.

    An environment whose name is odd is no production, so the project's environments are asked for, too.
    """
    return [one["what"] for one in values.get("missing", ()) if not is_left_out(one)]


def is_left_out(entry: dict[str, str]) -> bool:
    return entry["what"] == "related" and entry["why"].startswith("left out: a triage sends no more requests")


@pytest.mark.parametrize("change", [halves, nothing])
async def test_every_tool_answers_as_far_as_without_the_odd_values(change: Callable[[Any], Any]) -> None:
    for tool, arguments in CALLS.items():
        async with shop(lambda answer: answer) as connection:
            plain = await connection.call(tool, **arguments)
        async with shop(change) as connection:
            odd = await connection.call(tool, **arguments)
        assert (tool, missing(odd)) == (tool, missing(plain))
        without = {"related"} if any(map(is_left_out, odd.get("missing", ()))) else set()
        assert set(odd) - {"findings"} == set(plain) - without, tool
        assert json.dumps(odd, ensure_ascii=False).encode("utf-8")


async def test_half_a_character_is_shown_as_one_that_cannot_be_read() -> None:
    async with shop(halves) as connection:
        report = await connection.call("get_issue", issue=ISSUE)
        text = await connection.text("get_issue", issue=ISSUE)
    assert report["event"]["exceptions"][0]["value"] == "no answer\N{REPLACEMENT CHARACTER}"
    assert report["event"]["failing_frame"]["function"] == "charge\N{REPLACEMENT CHARACTER}"
    assert text.encode("utf-8")
