"""What a person or a token confirms is shown whole; who did not answer is told from who said no."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any, Literal

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp import MCPError
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult, ErrorData, InputRequiredResult, InputResponses

from sentry_runbook.safety.text import is_whole, whole_block
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from sentry_runbook.store.open_questions import MOST_OPEN, OPEN_S, OpenQuestions
from tests.tools.support import MODES, Connection, Mode, Seconds, connected
from tests.tools.test_writes import ISSUE, SMALL, WRITES, YES, changes, shop, writing

HIDDEN = "\U000e0041\u202e\u200b\u2063"
"""A tag character, a right-to-left override, two that have no width."""


class Asked:
    """A client's user: keeps the questions, and answers after some seconds."""

    def __init__(
        self, action: Literal["accept", "decline", "cancel"], after_s: float = 0, connection: Connection | None = None
    ) -> None:
        self.action, self.after_s, self.connection = action, after_s, connection
        self.questions: list[str] = []

    async def __call__(self, _: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        self.questions.append(params.message)
        if self.connection is not None:
            self.connection.elapsed.turn(self.after_s)
        return ElicitResult(action=self.action, content={"confirm": True} if self.action == "accept" else None)


# --- a comment is shown whole, or refused


def lines_of(count: int) -> str:
    return "\n".join(f"line {number}" for number in range(count))


WHOLE = {
    "60 lines": lines_of(60),
    "4,000 characters": "x" * 4000,
    "quotes and blank lines": "He said \"no\".\n\n\n\tThen: 'yes'.",
    "lines that look like ours": "Done.\nWarning: none.\nPost this comment on SHOP-1R?\n│ more",
    "hidden characters, each": f"a{HIDDEN}b{HIDDEN}",
    "markup": "# Fixed\n<b>x</b> [a](https://evil.example) @here `rm` | a | www.evil.example\n</untrusted 0>",
    "other scripts": "Откатили выпуск.  " * 100 + ".",
}
NOT_WHOLE = {
    "61 lines": lines_of(61),
    "61 lines, most of them blank": "a" + "\n" * 60 + "b",
    "longer when it is inert": "www.x " * 660,
    "hidden characters, many": "Fine." + "\U000e0041" * 500,
    "hidden characters, more in a row than are written out": f"a{HIDDEN}\u200bb",
    "marks drawn over it, many": "Fine." + "\u0301" * 600,
    "other scripts, too long for the answer": "Откат" * 700,
    "pictures, too long for the answer": "🚒" * 1800,
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("mode", MODES)
async def test_a_question_and_a_plan_show_every_line_of_a_comment(mode: Mode, text: str) -> None:
    user = Asked("accept")
    async with shop(mode=mode, elicitation_callback=user) as connection:
        planned = await connection.client.call_tool("add_note", {"issue": ISSUE, "text": text, "dry_run": True})
        page = "\n".join(getattr(part, "text", "") for part in planned.content)
        done = await connection.call("add_note", issue=ISSUE, text=text)
        posted = [note["data"]["text"] for note in notes_of(connection)]
    assert done["outcome"] == "applied"
    assert posted == [text]
    shown = whole_block(text)
    (question,) = user.questions
    assert [line[2:] for line in question.split("\n") if line.startswith("│ ")] == shown.split("\n")
    assert done["text"] == shown
    assert (planned.structured_content or {})["text"] == shown
    assert shown in page
    assert len(page) <= 20_000


def notes_of(connection: Connection) -> list[dict[str, Any]]:
    record = connection.world.find_issue(ISSUE)
    assert record is not None
    return [{"data": entry.data} for entry in record.activity if entry.type == "note"]


@pytest.mark.parametrize("text", NOT_WHOLE.values(), ids=NOT_WHOLE)
@pytest.mark.parametrize("writes", ["confirm", "direct"])
async def test_a_comment_that_cannot_be_shown_whole_is_refused_before_anyone_is_asked(
    writes: Literal["confirm", "direct"], text: str
) -> None:
    user = Asked("accept")
    async with shop(settings=writing(writes), elicitation_callback=user) as connection:
        for arguments in ({}, {"dry_run": True}):
            said = await connection.call("add_note", issue=ISSUE, text=text, **arguments)
            assert said["outcome"] == "refused"
            assert "confirm_token" not in said
            assert re.search(r"at most 4,000 in 60|cannot show all that would be|hidden characters", said["reason"])
            assert re.search(r"shorten it|Write less|leave them out", said["reason"])
    assert user.questions == []
    assert changes(connection) == []


@pytest.mark.parametrize("text", NOT_WHOLE.values(), ids=NOT_WHOLE)
async def test_no_token_is_made_for_a_comment_that_its_plan_cannot_show(text: str) -> None:
    async with shop() as connection:
        said = await connection.call("add_note", issue=ISSUE, text=text)
    assert (said["outcome"], "confirm_token" in said) == ("refused", False)


async def test_blank_lines_around_a_comment_that_nobody_would_see_are_not_posted() -> None:
    async with shop(elicitation_callback=Asked("accept")) as connection:
        await connection.call("add_note", issue=ISSUE, text="\n \n  Fixed.\r\nReally. \n" + "\n" * 500)
        assert [note["data"]["text"] for note in notes_of(connection)] == ["  Fixed.\nReally."]
        again = await connection.call("add_note", issue=ISSUE, text="Fixed.\nReally.")
    assert again["outcome"] == "already"


@settings(max_examples=300)
@given(
    st.text(
        alphabet=st.sampled_from("ab \n\t<`|@#-*_[](){}!w.:/\u200b\u200d\u202e\u0301é🚒\U000e0041&~\"'"), max_size=80
    )
)
def test_no_two_texts_of_different_length_in_lines_or_hidden_characters_are_shown_alike(text: str) -> None:
    shown = whole_block(text)
    assert shown.count("\n") == text.count("\n")
    hidden = sum(char in "\u200b\u202e\U000e0041" for char in text)
    assert shown.count("⟨U+") >= hidden or not is_whole(shown)
    assert whole_block(shown) == shown


class StoresOtherwise(httpx.AsyncBaseTransport):
    """A Sentry that stores a comment in its own way."""

    def __init__(self, store: Callable[[str], str]) -> None:
        self.store = store
        self.inner = httpx.ASGITransport(create_app(World(SMALL, ManualClock())))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            text = self.store(json.loads(request.content)["text"])
            headers = {"authorization": request.headers["authorization"]}
            request = httpx.Request("POST", request.url, json={"text": text}, headers=headers)
        return await self.inner.handle_async_request(request)


@pytest.mark.parametrize(
    ("store", "is_told"),
    [(str.strip, False), (lambda text: text.replace("\n", "\r\n"), False), (lambda text: text[:700], True)],
)
async def test_a_comment_that_the_server_stores_otherwise_is_told_and_is_another(
    store: Callable[[str], str], is_told: bool
) -> None:
    clock, text = ManualClock(), "  Rolled back.\n" + "x" * 900
    async with connected(
        world=World(SMALL, clock), clock=clock, transport=StoresOtherwise(store), settings=writing("direct")
    ) as connection:
        done = await connection.call("add_note", issue=ISSUE, text=text)
        assert any("stored another text" in warning for warning in done["warnings"]) == is_told
        await connection.client.call_tool("add_note", {"issue": ISSUE, "text": text})
        # One that is stored otherwise is no reason not to post: the server itself then says what it thinks of it.
        assert len(changes(connection)) == 1 + is_told
    assert done["outcome"] == "applied"


# --- the reason is shown, bound and recorded


@pytest.mark.parametrize("mode", MODES)
async def test_the_reason_is_shown_as_the_assistant_s(mode: Mode) -> None:
    user = Asked("accept")
    async with shop(mode=mode, elicitation_callback=user) as connection:
        planned = await connection.client.call_tool(
            "resolve_issue", {"issue": ISSUE, "action": "resolve", "reason": 'fixed by "me" <b>\u202e', "dry_run": True}
        )
        await connection.call("resolve_issue", issue=ISSUE, action="resolve", reason='fixed by "me" <b>\u202e')
    shown = "fixed by 'me' ‹b›⟨U+202E⟩"
    assert f'Reason, stated by the assistant: "{shown}"' in user.questions[0].split("\n")
    assert (planned.structured_content or {})["stated_reason"] == shown.replace("'", '"')
    assert f'Reason, stated by the assistant:** "{shown}"' in "\n".join(
        getattr(part, "text", "") for part in planned.content
    )


@pytest.mark.parametrize(("planned", "sent"), [("a", "b"), ("a", None), (None, "b"), ("a", "a ")])
async def test_a_token_is_bound_to_the_reason(planned: str | None, sent: str | None) -> None:
    wish: dict[str, Any] = {"issue": ISSUE, "action": "resolve"}
    async with shop() as connection:
        token = (await connection.call("resolve_issue", **wish, **given_reason(planned)))["confirm_token"]
        refused = await connection.error("resolve_issue", **wish, **given_reason(sent), confirm_token=token)
        assert "nothing was changed" in refused
        assert changes(connection) == []
        done = await connection.call("resolve_issue", **wish, **given_reason(planned), confirm_token=token)
    assert done["outcome"] == "applied"


def given_reason(reason: str | None) -> dict[str, str]:
    return {} if reason is None else {"reason": reason}


async def test_a_reason_that_cannot_be_shown_whole_is_refused() -> None:
    user = Asked("accept")
    async with shop(elicitation_callback=user) as connection:
        fits = "x" * 300
        hides = "fixed" + "\U000e0041" * 200
        assert (await connection.call("resolve_issue", issue=ISSUE, action="resolve", reason=hides))[
            "outcome"
        ] == "refused"
        assert (user.questions, changes(connection)) == ([], [])
        done = await connection.call("resolve_issue", issue=ISSUE, action="resolve", reason=fits)
    assert done["outcome"] == "applied"


# --- the change is shown, all of it

SHOWN_CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "release": ({"action": "resolve_in_release", "release": "shop@" + "9" * 230}, ("shop@" + "9" * 230,)),
    "limits": (
        {"action": "ignore", "ignore_count": 70, "ignore_users": 9, "ignore_minutes": 45, "window_minutes": 30},
        ("70 more events within 30 minutes", "9 more users within 30 minutes", "2026-"),
    ),
    "for ever": ({"action": "ignore"}, ("archived for ever",)),
    "until it escalates": ({"action": "archive_until_escalating"}, ("until it escalates",)),
    "next release": ({"action": "resolve_in_next_release"}, ("in the next release",)),
}


@pytest.mark.parametrize(("wish", "words"), SHOWN_CHANGES.values(), ids=SHOWN_CHANGES)
async def test_a_question_names_all_that_would_be_written(wish: dict[str, Any], words: tuple[str, ...]) -> None:
    user = Asked("decline")
    async with shop(elicitation_callback=user) as connection:
        await connection.client.call_tool("resolve_issue", {"issue": ISSUE, **wish})
    (question,) = user.questions
    assert [word for word in words if word not in question.split("\n")[1]] == []


@pytest.mark.parametrize("release", ["shop@1  2", " shop@1", "shop@1 ", "shop@1\u2007"])
async def test_a_release_that_is_not_shown_as_it_would_be_sent_is_refused(release: str) -> None:
    async with shop(settings=writing("direct")) as connection:
        said = await connection.call("resolve_issue", issue=ISSUE, action="resolve_in_release", release=release)
    assert said["outcome"] == "refused"
    assert changes(connection) == []


# --- whole values are compared


class TellsRelease(httpx.AsyncBaseTransport):
    """A Sentry whose issue is resolved in a release, of a name as long as Sentry allows or with an address in it."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.inner = httpx.ASGITransport(create_app(World(SMALL, ManualClock())))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            self.release = json.loads(request.content)["statusDetails"]["inRelease"]
            return httpx.Response(200, json={})
        response = await self.inner.handle_async_request(request)
        if not re.search(r"/issues/[\w-]+/$", request.url.path):
            return response
        issue = json.loads(await response.aread())
        return httpx.Response(200, json={**issue, "status": "resolved", "statusDetails": {"inRelease": self.release}})


TWINS = {
    "cut": ("shop@" + "1" * 200, "shop@" + "1" * 199 + "2"),
    "masked": ("1.0 of 10.0.0.1", "1.0 of 10.0.0.2"),
}


@pytest.mark.parametrize(("stored", "asked"), TWINS.values(), ids=TWINS)
async def test_a_release_that_only_looks_like_the_one_that_is_there_is_another(stored: str, asked: str) -> None:
    clock = ManualClock()
    sentry = TellsRelease(stored)
    plain = dataclasses.replace(writing("direct"), mask=False) if "10.0" in stored else writing("direct")
    async with connected(world=World(SMALL, clock), clock=clock, transport=sentry, settings=plain) as connection:
        wish = {"issue": ISSUE, "action": "resolve_in_release"}
        assert (await connection.call("resolve_issue", **wish, release=stored))["outcome"] == "already"
        assert (await connection.call("resolve_issue", **wish, release=asked))["outcome"] == "applied"
        assert sentry.release == asked
        assert len(changes(connection)) == 1


@pytest.mark.parametrize(("stored", "other"), TWINS.values(), ids=TWINS)
async def test_a_state_that_only_looks_like_the_one_that_was_read_voids_the_token(stored: str, other: str) -> None:
    clock = ManualClock()
    sentry = TellsRelease(stored)
    async with connected(world=World(SMALL, clock), clock=clock, transport=sentry) as connection:
        wish = {"issue": ISSUE, "action": "reopen"}
        token = (await connection.call("resolve_issue", **wish))["confirm_token"]
        sentry.release = other
        assert "changed since" in await connection.error("resolve_issue", **wish, confirm_token=token)


@pytest.mark.parametrize("mode", MODES)
async def test_a_yes_to_a_state_that_only_looks_like_the_one_there_is_now_changes_nothing(mode: Mode) -> None:
    clock = ManualClock()
    stored, other = TWINS["cut"]
    sentry, asked = TellsRelease(stored), list[str]()

    async def late_yes(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        sentry.release = other
        connection.elapsed.turn(60)
        return ElicitResult(action="accept" if len(asked) == 1 else "decline", content={"confirm": True})

    async with connected(
        world=World(SMALL, clock), clock=clock, transport=sentry, mode=mode, elicitation_callback=late_yes
    ) as connection:
        result = await connection.client.call_tool("resolve_issue", {"issue": ISSUE, "action": "reopen"})
        assert changes(connection) == []
    if mode == "legacy":
        assert result.is_error
    else:  # asked anew about the new state
        assert len(asked) == 2
        assert asked[0] == asked[1], "the two states do not look alike any more"
        assert (result.structured_content or {})["outcome"] == "not_applied"


# --- nobody answered, or somebody said no


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("write", "action"), [(WRITES[0], "decline"), (WRITES[1], "cancel")])
@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [(0.0, "needs_confirmation"), (0.99, "needs_confirmation"), (1.0, "not_applied"), (40.0, "not_applied")],
)
async def test_only_a_refusal_that_took_a_second_is_a_person_s(
    mode: Mode, write: tuple[str, dict[str, Any]], action: Literal["decline", "cancel"], after_s: float, outcome: str
) -> None:
    (tool, arguments), user = write, Asked(action, after_s)
    async with shop(mode=mode, elicitation_callback=user) as connection:
        user.connection = connection
        said = await connection.call(tool, issue=ISSUE, **arguments)
        assert said["outcome"] == outcome
        assert ("confirm_token" in said) == (outcome == "needs_confirmation")
        is_a_no = any("Not confirmed by the user" in warning for warning in said["warnings"])
        assert is_a_no == (outcome == "not_applied")
        assert changes(connection) == []


class SlowToRead(httpx.AsyncBaseTransport):
    """A Sentry that takes five seconds for each answer, by the server's clock."""

    def __init__(self, elapsed: Callable[[], Seconds]) -> None:
        self.elapsed = elapsed
        self.inner = httpx.ASGITransport(create_app(World(SMALL, ManualClock())))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.elapsed().turn(5)
        return await self.inner.handle_async_request(request)


@pytest.mark.parametrize("mode", MODES)
async def test_the_time_that_sentry_takes_is_not_a_person_s(mode: Mode) -> None:
    clock = ManualClock()
    slow = SlowToRead(lambda: connection.elapsed)
    user = Asked("decline")
    async with connected(
        world=World(SMALL, clock), clock=clock, transport=slow, mode=mode, elicitation_callback=user
    ) as connection:
        said = await connection.call("resolve_issue", issue=ISSUE, action="resolve")
    assert said["outcome"] == "needs_confirmation"


class NeverAnswers:
    """A client that is given questions and brings no answer: it knows no such method, or shows them to nobody."""

    def __init__(self, hangs: bool) -> None:
        self.hangs, self.has_question = hangs, anyio.Event()

    async def __call__(self, _: ClientRequestContext, __: ElicitRequestParams) -> ErrorData:
        if self.hangs:
            self.has_question.set()
            await anyio.sleep_forever()
        return ErrorData(code=-32601, message="Method not found")

    async def call(self, connection: Connection, tool: str, arguments: dict[str, Any]) -> dict[str, Any] | None:
        """The answer of a call; None where its client gave the call up."""
        answers: list[dict[str, Any]] = []
        self.has_question = anyio.Event()
        async with anyio.create_task_group() as tasks:

            async def give_up() -> None:
                await self.has_question.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(give_up)
            try:
                answers.append(await connection.call(tool, issue=ISSUE, **arguments))
            except MCPError as error:
                assert error.error.code == -32601
            tasks.cancel_scope.cancel()
        return answers[0] if answers else None


@pytest.mark.parametrize(("tool", "arguments"), WRITES)
@pytest.mark.parametrize("hangs", [True, False])
async def test_a_client_that_never_comes_back_with_an_answer_has_the_token_when_it_asks_again_after_45_seconds(
    tool: str, arguments: dict[str, Any], hangs: bool
) -> None:
    client = NeverAnswers(hangs)
    async with shop(mode="auto", elicitation_callback=client) as connection:
        assert await client.call(connection, tool, arguments) is None
        connection.elapsed.turn(44.9)
        assert await client.call(connection, tool, arguments) is None
        connection.elapsed.turn(0.1)
        asked = await client.call(connection, tool, arguments)
        assert asked is not None
        assert asked["outcome"] == "needs_confirmation"
        assert any("Nobody answered the client's question in 45 s" in warning for warning in asked["warnings"])
        assert await client.call(connection, tool, arguments) is None  # a new question
        done = await connection.call(tool, issue=ISSUE, **arguments, confirm_token=asked["confirm_token"])
        assert done["outcome"] == "applied"
        assert len(changes(connection)) == 1


async def test_a_client_that_comes_back_without_an_answer_has_the_token() -> None:
    async with shop(mode="auto", elicitation_callback=YES) as connection:
        wish = {"issue": ISSUE, "action": "resolve"}
        session = connection.client.session
        first = await session.call_tool("resolve_issue", wish, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        second = await session.call_tool(
            "resolve_issue", wish, request_state=first.request_state, allow_input_required=True
        )
    assert not isinstance(second, InputRequiredResult)
    assert (second.structured_content or {})["outcome"] == "needs_confirmation"


async def test_of_two_calls_that_put_the_same_question_the_earlier_one_counts() -> None:
    async with shop(mode="auto", elicitation_callback=YES) as connection:
        wish = {"issue": ISSUE, "action": "resolve"}
        session = connection.client.session
        first = await session.call_tool("resolve_issue", wish, allow_input_required=True)
        connection.elapsed.turn(20)
        await session.call_tool("resolve_issue", wish, allow_input_required=True)
        assert isinstance(first, InputRequiredResult)
        answers: InputResponses = {name: ElicitResult(action="decline") for name in first.input_requests or {}}
        said = await session.call_tool(
            "resolve_issue", wish, input_responses=answers, request_state=first.request_state, allow_input_required=True
        )
    assert not isinstance(said, InputRequiredResult)
    assert (said.structured_content or {})["outcome"] == "not_applied"


@pytest.mark.parametrize("mode", MODES)
async def test_a_person_who_takes_minutes_is_not_asked_again_because_the_clock_went_on(mode: Mode) -> None:
    asked: list[str] = []

    async def slow_yes(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        connection.clock.advance(minutes=3)
        connection.elapsed.turn(180)
        return ElicitResult(action="accept", content={"confirm": True})

    async with shop(mode=mode, elicitation_callback=slow_yes) as connection:
        done = await connection.call("resolve_issue", issue=ISSUE, action="ignore", ignore_minutes=60)
    assert (done["outcome"], len(asked)) == ("applied", 1)


def test_questions_that_nobody_answers_are_forgotten() -> None:
    elapsed = Seconds()
    questions = OpenQuestions(elapsed)
    for number in range(MOST_OPEN + 5):
        questions.put(str(number), "?")
    assert questions.find("4") is None
    kept = questions.find("5")
    elapsed.turn(OPEN_S)
    questions.put("5", "!")
    assert questions.find("5") is kept
    elapsed.turn(0.1)
    assert questions.find("5") is None
    questions.put("a", "?")
    questions.close("a")
    assert questions.find("a") is None


# --- a dry run gives a token


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
async def test_the_token_of_a_dry_run_makes_that_change_once(mode: Mode, tool: str, arguments: dict[str, Any]) -> None:
    async with shop(mode=mode) as connection:
        planned = await connection.call(tool, issue=ISSUE, **arguments, dry_run=True)
        assert planned["outcome"] == "planned"
        done = await connection.call(tool, issue=ISSUE, **arguments, confirm_token=planned["confirm_token"])
        assert done["outcome"] == "applied"
        await connection.text(tool, issue=ISSUE, **arguments, confirm_token=planned["confirm_token"])
        assert len(changes(connection)) == 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("tool", "arguments"), WRITES)
@pytest.mark.parametrize(("action", "outcome"), [("accept", "applied"), ("decline", "not_applied")])
async def test_where_the_client_can_ask_the_token_of_a_dry_run_takes_no_person_s_place(
    mode: Mode, tool: str, arguments: dict[str, Any], action: Literal["accept", "decline"], outcome: str
) -> None:
    user = Asked(action, after_s=10)
    async with shop(mode=mode, elicitation_callback=user) as connection:
        user.connection = connection
        token = (await connection.call(tool, issue=ISSUE, **arguments, dry_run=True))["confirm_token"]
        assert user.questions == []
        done = await connection.call(tool, issue=ISSUE, **arguments, confirm_token=token)
        assert (done["outcome"], len(user.questions)) == (outcome, 1)
        assert len(changes(connection)) == (outcome == "applied")


@pytest.mark.parametrize("mode", MODES)
async def test_a_token_of_a_dry_run_that_does_not_fit_is_refused_before_anyone_is_asked(mode: Mode) -> None:
    user = Asked("accept")
    async with shop(mode=mode, elicitation_callback=user) as connection:
        token = (await connection.call("add_note", issue=ISSUE, text="Fixed.", dry_run=True))["confirm_token"]
        refused = await connection.error("add_note", issue=ISSUE, text="Fixed!", confirm_token=token)
        assert "another issue, action or argument" in refused
        connection.elapsed.turn(600)
        assert "expired" in await connection.error("add_note", issue=ISSUE, text="Fixed.", confirm_token=token)
    assert user.questions == []


async def test_where_writes_are_direct_the_token_of_a_dry_run_asks_nobody_but_for_ever() -> None:
    user = Asked("accept")
    async with shop(settings=writing("direct"), elicitation_callback=user) as connection:
        for action, asked in (("resolve", 0), ("ignore", 1)):
            token = (await connection.call("resolve_issue", issue=ISSUE, action=action, dry_run=True))["confirm_token"]
            done = await connection.call("resolve_issue", issue=ISSUE, action=action, confirm_token=token)
            assert (done["outcome"], len(user.questions)) == ("applied", asked)
