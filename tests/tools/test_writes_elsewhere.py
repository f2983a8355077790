"""Changes on servers that are not today's Sentry: what one would distort is refused before it is sent (DESIGN §8.3)."""

from __future__ import annotations

import dataclasses
import json
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.fake_servers import glitchtip, sentry_2019
from tests.fake_servers.app import TOKEN, StandIn
from tests.tools.support import Connection, connected
from tests.tools.test_writes import SMALL, changes, writing

ISSUE = glitchtip.ISSUE
ARCHIVE = Path("shared", "captures", "glitchtip-sentry91.tar.xz")
CONDITIONS = ("archive_until_escalating", "resolve_in_", "ignore_count", "ignore_users", "ignore_minutes")
DISTORTED: dict[str, tuple[dict[str, Any], str, str]] = {
    "until N events": ({"action": "ignore", "ignore_count": 100}, "archived for ever", "action=ignore without a limit"),
    "until N users": ({"action": "ignore", "ignore_users": 9}, "archived for ever", "action=ignore without a limit"),
    "for some time": ({"action": "ignore", "ignore_minutes": 60}, "archived for ever", "action=ignore without a limit"),
    "within a window": (
        {"action": "ignore", "ignore_count": 100, "window_minutes": 60},
        "archived for ever",
        "action=ignore without a limit",
    ),
    "until it escalates": (
        {"action": "archive_until_escalating"},
        "archived for ever",
        "action=ignore without a limit",
    ),
    "next release": ({"action": "resolve_in_next_release"}, "plainly resolved", "action=resolve"),
    "a release": ({"action": "resolve_in_release", "release": "web@1.2.1"}, "plainly resolved", "action=resolve"),
}


@asynccontextmanager
async def before(
    server: StandIn, writes: Literal["confirm", "direct"] = "confirm", **options: Any
) -> AsyncIterator[Connection]:
    """A client in front of a server that is not today's Sentry."""
    clock = ManualClock()
    settings = dataclasses.replace(writing(writes), token=Secret(TOKEN))
    async with connected(
        world=World(SMALL, clock), clock=clock, transport=server.transport(), settings=settings, **options
    ) as connection:
        yield connection


FIRST_CALLS: dict[str, tuple[str, dict[str, Any]] | None] = {
    "nothing": None,
    "events": ("list_events", {"issue": ISSUE}),
    "triage": ("triage_issue", {"issue": ISSUE}),
    "a list": ("find_issues", {}),
}


@pytest.mark.parametrize("first", FIRST_CALLS)
@pytest.mark.parametrize(("wish", "becomes", "instead"), DISTORTED.values(), ids=DISTORTED)
async def test_what_glitchtip_drops_is_refused_before_it_is_sent(
    wish: dict[str, Any], becomes: str, instead: str, first: str
) -> None:
    server = glitchtip.GlitchTip()
    async with before(server) as connection:
        call = FIRST_CALLS[first]
        if call is not None:
            await connection.client.call_tool(call[0], call[1])
        for arguments in ({}, {"dry_run": True}):
            said = await connection.call("resolve_issue", issue=ISSUE, **wish, **arguments)
            assert said["outcome"] == "refused"
            assert "GlitchTip" in said["reason"]
            assert becomes in said["reason"]
            assert instead in said["reason"]
            assert "confirm_token" not in said
            assert said["before"] == said["after"]
    assert (changes(connection), server.status) == ([], "unresolved")


@pytest.mark.parametrize(("wish", "becomes", "instead"), DISTORTED.values(), ids=DISTORTED)
async def test_also_where_writes_are_direct(wish: dict[str, Any], becomes: str, instead: str) -> None:
    server = glitchtip.GlitchTip()
    async with before(server, "direct") as connection:
        assert (await connection.call("resolve_issue", issue=ISSUE, **wish))["outcome"] == "refused"
    assert (changes(connection), server.status, becomes and instead) == ([], "unresolved", instead)


KEPT = {"resolve": "resolved", "ignore": "ignored", "reopen": "unresolved"}


async def test_what_glitchtip_keeps_is_made_with_its_undo() -> None:
    server = glitchtip.GlitchTip()
    async with before(server) as connection:
        for action, status in KEPT.items():
            planned = await connection.call("resolve_issue", issue=ISSUE, action=action)
            done = await connection.call(
                "resolve_issue", issue=ISSUE, action=action, confirm_token=planned["confirm_token"]
            )
            assert (done["outcome"], server.status) == ("applied", status)
            assert (done["before"] != done["after"], bool(done["undo"])) == (True, True)
            said = json.dumps([planned, done])
            assert [word for word in CONDITIONS if word in said] == []


@pytest.mark.parametrize("status", ["unresolved", "ignored", "resolved"])
async def test_nothing_that_glitchtip_drops_is_recommended_there(status: str) -> None:
    server = glitchtip.GlitchTip()
    server.set_status(status)
    async with before(server) as connection:
        said = [await connection.call("triage_issue", issue=ISSUE)]
        for action in KEPT:
            said.append(await connection.call("resolve_issue", issue=ISSUE, action=action, dry_run=True))
        said.append(await connection.call("check_recovery", issue=ISSUE))
    assert [word for word in CONDITIONS if word in json.dumps(said)] == []
    assert any("action=ignore (for ever" in step or "action=resolve." in step for step in said[0]["next_steps"])


@pytest.mark.parametrize(
    "wish",
    [{"action": "ignore", "ignore_count": 100}, {"action": "ignore", "ignore_minutes": 60}],
    ids=["events", "minutes"],
)
async def test_sentry_of_2019_keeps_limits_and_is_asked_for_them(wish: dict[str, Any]) -> None:
    server = sentry_2019.Sentry2019()
    async with before(server, "direct") as connection:
        said = await connection.call("resolve_issue", issue=sentry_2019.ISSUE, **wish)
        assert said["outcome"] != "refused"
        assert len(changes(connection)) == 1


def test_glitchtip_was_recorded_to_keep_none_of_the_conditions() -> None:
    path = next((above / ARCHIVE for above in Path(__file__).parents if (above / ARCHIVE).is_file()), None)
    if path is None:
        pytest.skip(f"no {ARCHIVE} in a folder above the checkout")
    sent = 0
    with tarfile.open(path) as opened:
        for member in opened:
            file = opened.extractfile(member) if "glitchtip/" in member.name and "_w_" in member.name else None
            record = json.load(file) if file is not None and member.name.endswith(".json") else {}
            body = record.get("request", {}).get("body") or {}
            if not isinstance(body, dict) or not (body.get("statusDetails") or body.get("substatus")):
                continue
            if record["request"]["method"] == "PUT" and record["status"] == 200 and "shortId" in record["body"]:
                sent += 1
                assert record["body"]["status"] == body["status"]
                assert not record["body"].get("status_details") and not record["body"].get("statusDetails")
                assert "substatus" not in record["body"]
    assert sent >= 8
