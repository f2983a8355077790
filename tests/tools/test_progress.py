"""Progress: every round, the question and the act are told to the client that asked, and cost nobody anything."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp.types import InputRequiredResult

import sentry_runbook
from sentry_runbook.progress import Page, Progress, ProgressStep, following, report, report_round, reporting_to
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from sentry_runbook.store import shared_results
from sentry_runbook.tools import confirmation
from tests.matrix import matrix
from tests.tools.contract import TOOLS, call
from tests.tools.held_sentry import QUICK_WIRES, WIRES, Wire, held_sentry, over
from tests.tools.support import BASE, MODES, SETTINGS, Connection, Mode, connected
from tests.tools.test_cancellation import Held, holding
from tests.tools.test_found import ALWAYS, HINT
from tests.tools.test_writes import ISSUE, SMALL, WRITES, YES, LosingTransport, shop, writing

ROUND = re.compile(r"round (\d+): [a-zA-Z,' ]+?(?: \d+ to \d+ of \d+)?(?: \((\d+) lookups?\))?")
PACKAGE = Path(sentry_runbook.__file__).parent


@dataclasses.dataclass
class Told:
    """What a client is told.

    Attributes:
        steps: progress, total and message of each step.
    """

    steps: list[tuple[float, float | None, str]] = dataclasses.field(default_factory=list)

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        assert message is not None
        self.steps.append((progress, total, message))

    @property
    def messages(self) -> list[str]:
        return [message for _, _, message in self.steps]

    @property
    def rounds(self) -> list[int]:
        """The numbers of the rounds told."""
        matches = (ROUND.fullmatch(message) for message in self.messages)
        return [int(match.group(1)) for match in matches if match is not None]

    def assert_rises(self) -> None:
        """Each number is above the one before, and no total below its number."""
        numbers = [number for number, _, _ in self.steps]
        assert numbers == sorted(set(numbers))
        assert all(total is None or total >= number for number, total, _ in self.steps)


async def told(connection: Connection, tool: str, **arguments: Any) -> Told:
    """What is told of a call that must succeed."""
    seen = Told()
    result = await connection.client.call_tool(tool, arguments, progress_callback=seen)
    assert not result.is_error, result.content
    # On JSON-RPC the client hands each step to a task of its own.
    await anyio.wait_all_tasks_blocked()
    return seen


# --- every round


LISTS = "issues, error volumes, sessions and releases of all projects"
ENVIRONMENTS = "the environments of the organization"
DETAILS = "counts, releases, and what changed around it"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tool", TOOLS)
async def test_every_tool_tells_each_of_its_rounds_once_and_in_order(tool: str, mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        seen = await told(connection, tool, **call(tool, ISSUE))
        assert connection.upstream.rounds == len(seen.steps) > 0
        assert seen.rounds == list(range(1, len(seen.steps) + 1))
        assert [total for _, total, _ in seen.steps] == [None] * len(seen.steps)
        seen.assert_rises()
        for message, sent in zip(seen.messages, connection.upstream.requests_per_round, strict=True):
            match = ROUND.fullmatch(message)
            assert match is not None
            assert match.group(2) is None or sent - 1 <= int(match.group(2)) <= sent


LONGER: tuple[tuple[str, dict[str, Any], list[str]], ...] = (
    (
        "assess_situation",
        {"project": "shop"},
        ["the project that was named", LISTS, "what the new and rising issues have in common"],
    ),
    ("find_issues", {"environment": "nowhere"}, ["the issues that match the search", ENVIRONMENTS]),
    ("list_events", {"issue": ISSUE, "environment": "nowhere"}, ["the issue's events", ENVIRONMENTS]),
    (
        "list_events",
        {"issue": ISSUE, "release": "no@1"},
        ["the issue's events", "the releases that the issue's events name"],
    ),
    (
        "triage_issue",
        {"issue": f"{BASE}/organizations/acme/issues/?project=1&project=2"},
        ["the issues behind the link"],
    ),
    (
        "assess_situation",
        {"alert": f"{BASE}/organizations/acme/releases/no%401/"},
        ["the release or trace that the link names"],
    ),
    ("draft_update", {"issue": "PAYMENTS-4K", "issues": ["ORDERS-7C"]}, ["the issues and their events", DETAILS]),
)
"""Calls that take other rounds than most, or fail after the last of these: what they are told, without numbers."""


@pytest.mark.parametrize(("tool", "arguments", "rounds"), LONGER)
async def test_other_ways_to_an_answer_or_to_an_error_tell_their_rounds(
    tool: str, arguments: dict[str, Any], rounds: list[str]
) -> None:
    seen = Told()
    async with connected() as connection:
        await connection.client.call_tool(tool, arguments, progress_callback=seen)
        assert connection.upstream.rounds == len(seen.steps)
    assert [re.sub(r"^round \d+: | \(\d+ lookups?\)$", "", message) for message in seen.messages] == rounds
    assert seen.rounds == list(range(1, len(rounds) + 1))


async def test_steps_are_numbered_as_one_row_and_rounds_by_themselves() -> None:
    progress = Progress()
    steps: list[ProgressStep] = []
    with progress.listening(steps.append):
        progress.report_round("the issue", 3)
        progress.report_round("its counts")
        progress.report("asking")
        progress.report_round("users of the busiest hours", 1)
        progress.report_round("firings of alerts", 40, Page(51, 70, 70))
    assert [step.message for step in steps] == [
        "round 1: the issue (3 lookups)",
        "round 2: its counts",
        "asking",
        "round 3: users of the busiest hours (1 lookup)",
        "round 4: firings of alerts 51 to 70 of 70 (40 lookups)",
    ]
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]


def is_told(function: ast.expr) -> bool:
    """Whether its first argument is told to a client."""
    return isinstance(function, ast.Name) and function.id in ("report", "report_round", "RequestBatch")


def said_in_source() -> Iterator[tuple[str, ast.expr]]:
    """The words of every step, as they stand in the source: with the module and the expression."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path == PACKAGE / "progress.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and is_told(node.func):
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.args[0]


def is_fixed(words: ast.expr) -> bool:
    """Whether they are a text of ours as it stands: a literal, a constant of a module, or one of several."""
    if isinstance(words, ast.IfExp):
        return is_fixed(words.body) and is_fixed(words.orelse)
    if isinstance(words, ast.Name):
        return words.id.isupper()
    # self.what of a batch was given to it as its first argument.
    return isinstance(words, ast.Constant) or (isinstance(words, ast.Attribute) and words.attr == "what")


def test_no_step_holds_a_word_that_is_not_ours() -> None:
    """Event text, names of alerts or projects cannot come in: nothing is put into the words of a step but a number."""
    said = dict(said_in_source())
    assert len(said) > 20
    assert [where for where, words in said.items() if not is_fixed(words)] == []


# --- the question and the act


CONFIRMED = {
    "resolve_issue": ["sending the change to Sentry", "reading the issue back"],
    "add_note": ["posting the comment to Sentry"],
}
READ, ASKED = "round 1: the issue as it is now", confirmation.ASKING


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_change_tells_that_a_person_is_asked_that_it_is_sent_and_that_it_is_read_back(
    tool: str, arguments: dict[str, Any], mode: Mode
) -> None:
    async with shop(mode=mode, elicitation_callback=YES) as connection:
        seen = await told(connection, tool, issue=ISSUE, **arguments)
    # On 2026-07-28 the client asks, and calls again with the answer: that call reads the issue anew.
    again = [READ] if mode == "auto" else []
    assert seen.messages == [READ, ASKED, *again, *CONFIRMED[tool]]
    seen.assert_rises()
    assert seen.steps[-1][0] == seen.steps[-1][1]
    assert [total for _, total, _ in seen.steps[: -len(CONFIRMED[tool])]] == [None] * (2 + len(again))


async def test_a_question_that_is_put_once_more_is_told_once_more() -> None:
    """A client that does not come back with an answer, and calls anew."""
    async with shop(elicitation_callback=YES) as connection:
        for _ in range(2):
            seen = Told()
            put = await connection.client.session.call_tool(
                "add_note", {"issue": ISSUE, "text": "On it."}, progress_callback=seen, allow_input_required=True
            )
            assert isinstance(put, InputRequiredResult)
            assert seen.messages == [READ, ASKED]


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_a_change_by_a_token_tells_nothing_of_a_question(tool: str, arguments: dict[str, Any]) -> None:
    async with shop() as connection:
        plan = await connection.call(tool, issue=ISSUE, **arguments)
        seen = await told(connection, tool, issue=ISSUE, confirm_token=plan["confirm_token"], **arguments)
    assert seen.messages == [READ, *CONFIRMED[tool]]


async def test_a_comment_whose_answer_is_lost_tells_that_it_is_looked_for() -> None:
    clock = ManualClock()
    world = World(SMALL, clock)
    lossy = LosingTransport(httpx.ASGITransport(create_app(world)), arrives=True, loses=True)
    async with connected(world=world, clock=clock, transport=lossy, settings=writing("direct")) as connection:
        seen = await told(connection, "add_note", issue=ISSUE, text="Rolled back.")
    assert seen.messages == [READ, *CONFIRMED["add_note"], "looking for the comment in Sentry"]
    seen.assert_rises()


# --- callers who share an answer


SHARING = dataclasses.replace(SETTINGS, limits=Limits())


@pytest.fixture
def joined_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long this machine takes does not decide who shares an answer."""
    monkeypatch.setattr(shared_results, "JOIN_WITHIN_S", 3600.0)


@pytest.mark.usefixtures("joined_for_ever")
@pytest.mark.parametrize("mode", MODES)
async def test_callers_who_share_an_answer_are_each_told_of_its_rounds_from_the_one_under_way(mode: Mode) -> None:
    """The first does not want to know, the second comes in round one, the third in round two."""
    held, early, late = Held(), Told(), Told()
    async with holding(held, mode, SHARING) as caller:
        async with anyio.create_task_group() as tasks:

            async def triage(progress: Told | None) -> None:
                await caller.client.call_tool("triage_issue", {"issue": ISSUE}, progress_callback=progress)

            tasks.start_soon(triage, None)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(triage, early)
            await anyio.wait_all_tasks_blocked()
            assert early.rounds == [1]
            held.release()
            await held.reached.wait()
            tasks.start_soon(triage, late)
            await anyio.wait_all_tasks_blocked()
            assert late.rounds == [2]
            held.open.set()
        assert (held.began, held.aborted) == (18, 0)
    assert (early.rounds, late.rounds) == ([1, 2], [2])
    assert [number for number, _, _ in late.steps] == [1]
    early.assert_rises()


@pytest.mark.usefixtures("joined_for_ever")
@pytest.mark.parametrize("mode", MODES)
async def test_who_waits_for_an_answer_is_told_on_when_the_one_who_began_it_goes_away(mode: Mode) -> None:
    held, leaver, stayer = Held(), Told(), Told()
    async with holding(held, mode, SHARING) as caller, anyio.create_task_group() as tasks:
        leaving = anyio.CancelScope()

        async def triage(progress: Told, scope: anyio.CancelScope) -> None:
            with scope:
                await caller.client.call_tool("triage_issue", {"issue": ISSUE}, progress_callback=progress)

        tasks.start_soon(triage, leaver, leaving)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(triage, stayer, anyio.CancelScope())
        await anyio.wait_all_tasks_blocked()
        leaving.cancel()
        await anyio.wait_all_tasks_blocked()
        held.open.set()
    assert (leaver.rounds, stayer.rounds, held.began) == ([1], [1, 2], 18)


async def test_an_answer_that_is_kept_is_given_at_once_and_tells_nothing() -> None:
    async with connected("payment-spike", settings=SHARING) as connection:
        assert (await told(connection, "triage_issue", issue=ISSUE)).rounds == [1, 2]
        assert (await told(connection, "triage_issue", issue=ISSUE)).steps == []


# --- clients that cannot take it


async def _raises(_: float, __: float | None, ___: str | None) -> None:
    raise ValueError("a client of no use")


async def _hangs(_: float, __: float | None, ___: str | None) -> None:
    await anyio.sleep_forever()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("callback", [_raises, _hangs])
async def test_a_client_that_takes_no_progress_gets_its_answer_all_the_same(callback: Any, mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        quiet = await connection.client.call_tool("triage_issue", {"issue": ISSUE})
        rounds = connection.upstream.rounds
        loud = await connection.client.call_tool("triage_issue", {"issue": ISSUE}, progress_callback=callback)
        assert loud.structured_content == quiet.structured_content
        assert connection.upstream.rounds == 2 * rounds


def test_work_that_nobody_follows_reports_to_nobody_and_work_inside_of_a_silence_does_not() -> None:
    steps: list[ProgressStep] = []
    report("nobody")
    report_round("nobody")
    progress, inner = Progress(), Progress(earlier=7)
    with reporting_to(progress), progress.listening(steps.append):
        report("one")
        with reporting_to(None):
            report("silence")
            with following(inner):
                inner.report("nobody follows")
        with following(inner):
            inner.report("two", left=3)
        inner.report("after")
    progress.report("nobody listens")
    assert steps == [
        ProgressStep(1, "one"),
        ProgressStep(2, "nobody follows"),
        ProgressStep(3, "two", 3),
    ]


# --- over wires


@pytest.mark.parametrize("wire", matrix(WIRES, quick=QUICK_WIRES), ids=str)
async def test_over_a_wire_the_hints_and_each_round_reach_the_client(wire: Wire) -> None:
    seen, heard = Told(), Told()
    with held_sentry() as (sentry, env):
        async with over(wire, env, elicitation_callback=YES) as client:
            listed = {tool.name: tool.meta or {} for tool in (await client.list_tools()).tools}
            result = await client.call_tool("triage_issue", {"issue": ISSUE}, progress_callback=seen)
            begun = len(sentry.began)
            await client.call_tool("triage_issue", {"issue": ISSUE}, progress_callback=Told())
            assert len(sentry.began) == begun
            resolve = {"issue": ISSUE, "action": "resolve"}
            done = await client.call_tool("resolve_issue", resolve, progress_callback=heard)
            await client.list_tools()  # what was told before has been handed over by the time that this is answered
    assert all(meta[HINT] for meta in listed.values())
    assert {name for name, meta in listed.items() if ALWAYS in meta} == {"triage_issue"}
    assert (result.structured_content or {})["issue"]["short_id"] == ISSUE
    assert seen.rounds == [1, 2]
    assert (done.structured_content or {})["outcome"] == "applied"
    assert heard.messages[:2] == [READ, ASKED]
    assert heard.messages[-2:] == CONFIRMED["resolve_issue"]
    for told_over in (seen, heard):
        told_over.assert_rises()
