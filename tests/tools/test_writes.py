"""Writes: read first, confirmed by a person, sent once, read back; and nothing changes without a clear yes."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import anyio
import httpx
import pytest
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult, ErrorData

from sentry_runbook.safety.audit_report import verify
from sentry_runbook.settings import Settings
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from sentry_runbook.tools import confirmation
from tests.matrix import matrix
from tests.tools.support import MODES, SETTINGS, Connection, Mode, connected

ISSUE, OTHER = "SHOP-1Z", "SHOP-1R"
SMALL = Scenario(
    name="small",
    issues=(
        IssueSpec(ISSUE, "Boom", streams=(Stream(6, -60, -1),)),
        IssueSpec(OTHER, "Bang", streams=(Stream(3, -60, -1),)),
    ),
)
Answer = Callable[[ClientRequestContext, ElicitRequestParams], Awaitable[ElicitResult]]
WRITES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("resolve_issue", {"action": "resolve"}),
    ("add_note", {"text": "Rolled back."}),
)


@asynccontextmanager
async def shop(**options: Any) -> AsyncIterator[Connection]:
    """A client in front of two small issues."""
    clock = ManualClock()
    async with connected(world=World(SMALL, clock), clock=clock, **options) as connection:
        yield connection


def answering(action: Literal["accept", "decline", "cancel"], *, confirm: object = None) -> Answer:
    async def answer(_: ClientRequestContext, __: ElicitRequestParams) -> ElicitResult:
        content: dict[str, Any] | None = None if confirm is None else {"confirm": confirm}
        return ElicitResult(action=action, content=content)

    return answer


YES = answering("accept", confirm=True)
NOES = {
    "declined": answering("decline"),
    "cancelled": answering("cancel"),
    "answered false": answering("accept", confirm=False),
}


def writing(writes: Literal["off", "confirm", "direct"] = "confirm", state_dir: Path | None = None) -> Settings:
    return dataclasses.replace(SETTINGS, writes=writes, state_dir=state_dir)


def changes(connection: Connection) -> list[str]:
    """The requests that were no reading."""
    return [request for request in connection.upstream.requests if not request.startswith("GET ")]


async def status(connection: Connection, issue: str = ISSUE) -> str:
    return str((await connection.call("get_issue", issue=issue))["status"])


# --- elicitation


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_yes_sends_one_change(mode: Mode, tool: str, arguments: dict[str, Any]) -> None:
    async with shop(mode=mode, elicitation_callback=YES) as connection:
        done = await connection.call(tool, issue=ISSUE, **arguments)
        assert done["outcome"] == "applied"
        assert len(changes(connection)) == 1
        assert "confirm_token" not in done
        assert (await connection.call(tool, issue=ISSUE, **arguments))["outcome"] == "already"
        assert len(changes(connection)) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
@pytest.mark.parametrize("no", NOES)
async def test_anything_but_a_clear_yes_of_a_person_changes_nothing(
    mode: Mode, tool: str, arguments: dict[str, Any], no: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation, "HOST_ANSWERS_WITHIN_S", 0)
    async with shop(mode=mode, elicitation_callback=NOES[no]) as connection:
        done = await connection.call(tool, issue=ISSUE, **arguments)
        assert done["outcome"] == "not_applied"
        assert any("nothing was" in warning for warning in done["warnings"])
        assert "confirm_token" not in done
        assert changes(connection) == []
        assert await status(connection) == "unresolved"


async def _silence(_: ClientRequestContext, __: ElicitRequestParams) -> ElicitResult:
    await anyio.sleep_forever()
    raise AssertionError


async def _unknown_method(_: ClientRequestContext, __: ElicitRequestParams) -> ErrorData:
    return ErrorData(code=-32601, message="Method not found")


NOBODY: dict[str, tuple[Any, str]] = {
    "silent": (_silence, "Nobody answered the client's question in 0.3 s"),
    "knows no questions": (_unknown_method, "it answered the question with error -32601"),
    "accepts without words": (answering("accept"), "The client's answer to the question cannot be read"),
    "accepts with other words": (answering("accept", confirm="perhaps"), "answer to the question cannot be read"),
    "declines by itself": (answering("decline"), "The client declined the question at once, without a person"),
    "cancels by itself": (answering("cancel"), "The client declined the question at once, without a person"),
}


ONLY_WHILE_A_CALL_WAITS = ("silent", "knows no questions")
"""On 2026-07-28 the client itself then ends the call with an error, see tests/tools/test_consent.py."""


@pytest.mark.parametrize(
    ("mode", "nobody"),
    [
        (mode, nobody)
        for mode in MODES
        for nobody in NOBODY
        if mode == "legacy" or nobody not in ONLY_WHILE_A_CALL_WAITS
    ],
)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_question_that_no_person_answers_comes_back_as_a_token_with_the_reason(
    mode: Mode, tool: str, arguments: dict[str, Any], nobody: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation, "HOST_ANSWERS_WITHIN_S", 30)
    if nobody == "silent":
        monkeypatch.setattr(confirmation, "ANSWER_WITHIN_S", 0.3)
    client, why = NOBODY[nobody]
    async with shop(mode=mode, elicitation_callback=client) as connection:
        asked = await connection.call(tool, issue=ISSUE, **arguments)
        assert asked["outcome"] == "needs_confirmation"
        [reason] = [warning for warning in asked["warnings"] if why in warning]
        assert "nothing was sent to Sentry" in reason
        assert not any("Not confirmed by the user" in warning for warning in asked["warnings"])
        assert changes(connection) == []
        done = await connection.call(tool, issue=ISSUE, confirm_token=asked["confirm_token"], **arguments)
        assert done["outcome"] == "applied"
        assert len(changes(connection)) == 1


async def test_what_the_call_has_taken_already_is_taken_from_the_time_to_answer() -> None:
    with confirmation.call_begins():
        assert 44 < confirmation.seconds_left(45) <= 45
        await anyio.sleep(0.01)
        assert confirmation.seconds_left(0.01) == 0
        assert confirmation.seconds_left(0.5) <= 0.49
    assert confirmation.seconds_left(45) == 45


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_after_a_late_answer_nothing_is_sent_that_could_outlast_the_call(
    tool: str, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_module(tool), "CALL_WITHIN_S", 0)
    async with shop(mode="legacy", elicitation_callback=YES) as connection:
        result = await connection.client.call_tool(tool, {"issue": ISSUE, **arguments})
        assert result.is_error or (result.structured_content or {})["outcome"] == "unknown"
        assert changes(connection) == []


def tool_module(tool: str) -> ModuleType:
    return importlib.import_module(f"sentry_runbook.tools.{tool}")


def test_a_call_that_asks_ends_within_a_minute() -> None:
    assert confirmation.HOST_ANSWERS_WITHIN_S == 1
    assert confirmation.ANSWER_WITHIN_S == 45
    assert confirmation.ANSWER_WITHIN_S < confirmation.CALL_WITHIN_S < 60


@pytest.mark.parametrize("mode", MODES)
async def test_the_question_names_issue_and_states_and_what_is_for_ever(mode: Mode) -> None:
    asked: list[str] = []

    async def note(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="decline")

    async with shop(mode=mode, elicitation_callback=note) as connection:
        await connection.call("resolve_issue", issue=ISSUE, action="ignore")
    (question,) = asked
    first, then, *warnings = question.splitlines()
    assert ISSUE in first
    assert "unresolved" in then
    assert any("for ever" in warning for warning in warnings)


@pytest.mark.parametrize("mode", MODES)
async def test_a_yes_to_a_state_that_is_gone_changes_nothing(mode: Mode) -> None:
    asked: list[str] = []

    async with shop() as colleague:
        archived = await plan(colleague, "resolve_issue", action="archive_until_escalating")

        async def late_yes(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
            asked.append(params.message)
            if len(asked) > 1:  # asked anew about the new state
                return ElicitResult(action="decline")
            colleague.clock.advance(minutes=1)
            connection.elapsed.turn(60)
            await colleague.call(
                "resolve_issue", issue=ISSUE, action="archive_until_escalating", confirm_token=archived
            )
            return ElicitResult(action="accept", content={"confirm": True})

        async with connected(
            world=colleague.world, clock=colleague.clock, mode=mode, elicitation_callback=late_yes
        ) as connection:
            await connection.client.call_tool("resolve_issue", {"issue": ISSUE, "action": "resolve"})
            assert changes(connection) == []
            assert await status(connection) == "ignored"
    assert asked


# --- the token


async def plan(connection: Connection, tool: str, **arguments: Any) -> str:
    """The token of a plan."""
    planned = await connection.call(tool, issue=ISSUE, **arguments)
    assert planned["outcome"] == "needs_confirmation"
    assert changes(connection) == []
    return str(planned["confirm_token"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_without_questions_the_plan_comes_with_a_token_that_works_once(
    mode: Mode, tool: str, arguments: dict[str, Any]
) -> None:
    async with shop(mode=mode) as connection:
        token = await plan(connection, tool, **arguments)
        done = await connection.call(tool, issue=ISSUE, **arguments, confirm_token=token)
        assert done["outcome"] == "applied"
        assert len(changes(connection)) == 1
        again = await connection.text(tool, issue=ISSUE, **arguments, confirm_token=token)
        assert len(changes(connection)) == 1, again


async def test_a_used_token_is_refused_even_when_the_state_is_back() -> None:
    async with shop() as connection:
        token = await plan(connection, "resolve_issue", action="resolve")
        await connection.call("resolve_issue", issue=ISSUE, action="resolve", confirm_token=token)
        back = (await connection.call("resolve_issue", issue=ISSUE, action="reopen"))["confirm_token"]
        await connection.call("resolve_issue", issue=ISSUE, action="reopen", confirm_token=back)
        refused = await connection.error("resolve_issue", issue=ISSUE, action="resolve", confirm_token=token)
        assert "nothing was changed" in refused
        assert await status(connection) == "unresolved"


REBOUND: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("resolve_issue", {"action": "resolve"}, {"action": "ignore"}),
    ("resolve_issue", {"action": "ignore", "ignore_count": 10}, {"action": "ignore"}),
    ("resolve_issue", {"action": "ignore", "ignore_count": 10}, {"action": "ignore", "ignore_count": 100}),
    ("resolve_issue", {"action": "ignore", "ignore_minutes": 10}, {"action": "ignore", "ignore_users": 10}),
    ("resolve_issue", {"action": "resolve"}, {"action": "resolve", "issue": OTHER}),
    ("add_note", {"text": "Rolled back."}, {"text": "Rolled back. See https://evil.example"}),
    ("add_note", {"text": "Rolled back."}, {"text": "Rolled back.", "issue": OTHER}),
)


@pytest.mark.parametrize(("tool", "planned", "sent"), REBOUND)
async def test_a_token_confirms_nothing_but_its_plan(tool: str, planned: dict[str, Any], sent: dict[str, Any]) -> None:
    async with shop() as connection:
        token = await plan(connection, tool, **planned)
        refused = await connection.error(tool, **{"issue": ISSUE, **sent, "confirm_token": token})
        assert "nothing was changed" in refused
        assert changes(connection) == []


async def test_a_token_of_one_tool_is_worth_nothing_to_the_other() -> None:
    async with shop() as connection:
        token = await plan(connection, "add_note", text="Rolled back.")
        assert "nothing was" in await connection.error(
            "resolve_issue", issue=ISSUE, action="resolve", confirm_token=token
        )
        assert changes(connection) == []


async def test_a_changed_state_voids_the_token() -> None:
    async with shop() as connection:
        token = await plan(connection, "resolve_issue", action="resolve")
        other = await plan(connection, "resolve_issue", action="archive_until_escalating")
        await connection.call("resolve_issue", issue=ISSUE, action="archive_until_escalating", confirm_token=other)
        assert "changed since" in await connection.error(
            "resolve_issue", issue=ISSUE, action="resolve", confirm_token=token
        )
        assert len(changes(connection)) == 1


@pytest.mark.parametrize(("minutes", "works"), [(9.9, True), (10, False), (60, False)])
async def test_a_token_lives_ten_minutes(minutes: float, works: bool) -> None:
    async with shop() as connection:
        # A note's plan does not depend on what happens in Sentry meanwhile.
        token = await plan(connection, "add_note", text="Rolled back.")
        connection.elapsed.turn(60 * minutes)
        said = await connection.text("add_note", issue=ISSUE, text="Rolled back.", confirm_token=token)
        assert (len(changes(connection)) == 1) == works, said


@pytest.mark.parametrize("made_up", ["", "x", "yes", "A" * 200, "../../etc/passwd", "true\n"])
async def test_a_made_up_token_confirms_nothing(made_up: str) -> None:
    async with shop() as connection:
        await connection.text("resolve_issue", issue=ISSUE, action="resolve", confirm_token=made_up)
        assert changes(connection) == []


async def test_a_token_of_another_process_confirms_nothing() -> None:
    async with shop() as first:
        token = await plan(first, "resolve_issue", action="resolve")
        async with connected(world=first.world, clock=first.clock) as second:
            await second.error("resolve_issue", issue=ISSUE, action="resolve", confirm_token=token)
            assert changes(second) == []


async def test_a_token_says_nothing_readable() -> None:
    async with shop() as connection:
        token = await plan(connection, "add_note", text="Rolled back.")
        assert "Rolled" not in token
        assert len(token) < 150


# --- off, direct, dry run


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_off_means_that_the_tool_is_not_there(mode: Mode, tool: str, arguments: dict[str, Any]) -> None:
    async with shop(mode=mode, settings=writing("off"), elicitation_callback=YES) as connection:
        assert tool not in {one.name for one in (await connection.client.list_tools()).tools}
        with pytest.raises(Exception, match=f"There is no tool.*{tool}"):
            result = await connection.client.call_tool(tool, {"issue": ISSUE, **arguments})
            raise RuntimeError("\n".join(getattr(part, "text", "") for part in result.content))
        assert connection.upstream.requests == []


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_direct_asks_nobody_and_sends_once(tool: str, arguments: dict[str, Any]) -> None:
    async with shop(settings=writing("direct"), elicitation_callback=NOES["declined"]) as connection:
        assert (await connection.call(tool, issue=ISSUE, **arguments))["outcome"] == "applied"
        assert len(changes(connection)) == 1


async def test_for_ever_is_asked_even_when_writes_are_direct() -> None:
    async with shop(settings=writing("direct")) as connection:
        await plan(connection, "resolve_issue", action="ignore")


@pytest.mark.parametrize("writes", ["confirm", "direct"])
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_dry_run_only_plans(writes: Literal["confirm", "direct"], tool: str, arguments: dict[str, Any]) -> None:
    async with shop(settings=writing(writes), elicitation_callback=YES) as connection:
        planned = await connection.call(tool, issue=ISSUE, **arguments, dry_run=True)
        assert planned["outcome"] == "planned"
        assert planned["confirm_token"]
        assert changes(connection) == []


# --- what the token of Sentry may do, and what is written down


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_that_the_auth_token_cannot_write_is_said_before_anyone_is_asked(
    tool: str, arguments: dict[str, Any]
) -> None:
    clock = ManualClock()
    world = World(SMALL, clock)
    reads = httpx.ASGITransport(create_app(world, scopes={"org:read", "project:read", "event:read"}))
    async with connected(world=world, clock=clock, transport=reads, elicitation_callback=YES) as connection:
        assert "event:write" in await connection.error(tool, issue=ISSUE, **arguments)
        assert changes(connection) == []


async def test_each_write_leaves_an_intent_and_an_outcome(tmp_path: Path) -> None:
    async with shop(settings=writing(state_dir=tmp_path), elicitation_callback=YES) as connection:
        await connection.call("resolve_issue", issue=ISSUE, action="resolve", reason="fixed by 2.4.2")
        await connection.call("resolve_issue", issue=ISSUE, action="resolve")
        await connection.call("add_note", issue=ISSUE, text="Rolled back.")
    path = tmp_path / "audit.jsonl"
    first, second, third, fourth = (json.loads(line) for line in path.read_text().splitlines())
    assert [line["kind"] for line in (first, second, third, fourth)] == ["intent", "outcome"] * 2
    assert (first["issue"], first["confirmed"], first["what"]) == (ISSUE, "elicitation", "resolve")
    assert first["reason"] == "stated by the assistant: fixed by 2.4.2"
    assert first["before"]["status"] == "unresolved"
    assert (second["intent"], second["outcome"], second["after"]["status"]) == (first["hash"], "applied", "resolved")
    digest = hashlib.sha256(b"Rolled back.").hexdigest()
    assert third["what"] == f"add_note (12 characters, sha256 {digest})"
    assert (fourth["intent"], fourth["outcome"]) == (third["hash"], "applied")
    assert "Rolled back" not in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    assert verify(path).ok
    path.write_text(path.read_text().replace("fixed by 2.4.2", "fixed by 2.4.3"))
    assert verify(path).broken_line == 1


async def test_a_write_that_cannot_be_written_down_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").write_text("damaged\n")
    async with shop(settings=writing(state_dir=tmp_path), elicitation_callback=YES) as connection:
        for tool, arguments in WRITES:
            assert "audit" in await connection.error(tool, issue=ISSUE, **arguments)
        assert changes(connection) == []


async def test_who_made_a_write_is_written_down(tmp_path: Path) -> None:
    async with shop(settings=writing("direct", tmp_path)) as connection:
        await connection.call("resolve_issue", issue=ISSUE, action="resolve")
    intent, _ = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert json.loads(intent)["who"] not in ("", "unknown")


# --- what counts as the same comment

ALIKE = {
    "masked": ("Escalated to alice@example.com.", "Escalated to bob@corp.example.com."),
    "addresses": ("Rolled back 10.0.0.1", "Rolled back 10.0.0.2"),
    "cut": ("x" * 3000 + "A", "x" * 3000 + "B"),
    "characters": ("Rolled back.", "Rolled back\u200b."),
}


@pytest.mark.parametrize("alike", ALIKE.values(), ids=ALIKE)
async def test_a_comment_that_only_looks_like_another_when_it_is_shown_is_posted(alike: tuple[str, str]) -> None:
    async with shop(settings=writing("direct")) as connection:
        said = [await connection.call("add_note", issue=ISSUE, text=text) for text in (*alike, *alike)]
    assert [one["outcome"] for one in said] == ["applied", "applied", "already", "already"]


@pytest.mark.parametrize(("arrives", "outcome"), [(True, "applied"), (False, "not_applied")])
async def test_a_comment_whose_answer_is_lost_is_looked_for_among_the_others(arrives: bool, outcome: str) -> None:
    clock = ManualClock()
    world = World(SMALL, clock)
    lossy = LosingTransport(httpx.ASGITransport(create_app(world)), arrives)
    async with connected(world=world, clock=clock, transport=lossy, settings=writing("direct")) as connection:
        await connection.call("add_note", issue=ISSUE, text="Somebody else's words.")
        lossy.loses = True
        said = await connection.call("add_note", issue=ISSUE, text="Rolled back.")
        issue = world.find_issue(ISSUE)
    assert issue is not None
    ours = [entry for entry in issue.activity if entry.data == {"text": "Rolled back."}]
    assert (said["outcome"], len(ours)) == (outcome, int(arrives))
    assert said.get("note_id") == (ours[0].id if ours else None)


@dataclasses.dataclass
class LosingTransport(httpx.AsyncBaseTransport):
    """Loses the answers to writes, and the writes themselves where they do not arrive."""

    inner: httpx.AsyncBaseTransport
    arrives: bool
    loses: bool = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self.loses or request.method == "GET":
            return await self.inner.handle_async_request(request)
        if self.arrives:
            await self.inner.handle_async_request(request)
        raise httpx.ReadError("connection reset", request=request)


# --- what the result offers


@pytest.mark.parametrize(
    ("arguments", "outcome"),
    [
        ({"action": "reopen"}, "already"),
        ({"action": "resolve_in_release"}, "refused"),
        ({"action": "resolve", "dry_run": True}, "planned"),
        ({"action": "resolve"}, "applied"),
    ],
    ids=["already", "refused", "planned", "applied"],
)
async def test_undo_is_offered_only_for_what_is_or_may_be_done(arguments: dict[str, Any], outcome: str) -> None:
    async with shop(settings=writing("direct")) as connection:
        said = await connection.call("resolve_issue", issue=ISSUE, **arguments)
    assert said["outcome"] == outcome
    assert ("undo" in said) == (outcome in ("planned", "applied"))


async def test_undo_is_not_offered_for_a_change_that_a_person_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirmation, "HOST_ANSWERS_WITHIN_S", 0)
    async with shop(elicitation_callback=NOES["declined"]) as connection:
        said = await connection.call("resolve_issue", issue=ISSUE, action="resolve")
    assert (said["outcome"], "undo" in said) == ("not_applied", False)


# --- what a triage advises


@pytest.mark.parametrize("name", matrix(SCENARIOS, quick=("payment-spike", "sdk-misconfiguration")))
async def test_the_way_to_close_that_a_triage_names_is_one_that_sentry_takes(name: str) -> None:
    issue = SCENARIOS[name].issue
    async with connected(name, settings=writing("direct")) as connection:
        steps = (await connection.call("triage_issue", issue=issue))["next_steps"]
        (action,) = {found for step in steps for found in re.findall(r"then resolve_issue action=(\w+)", step)}
        done = await connection.call("resolve_issue", issue=issue, action=action)
    assert done["outcome"] == "applied"
