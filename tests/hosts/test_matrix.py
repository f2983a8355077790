"""The script of the matrix itself: its model is spoken to as hosts do, and its judgement can fail every point."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
import pytest

from sentry_runbook.tool_names import TOOL_NAMES
from tests.hosts.__main__ import main
from tests.hosts.client import Client, Command, program_here
from tests.hosts.clients import CLIENTS
from tests.hosts.matrix import Row, play, table
from tests.hosts.model.conversation import Call, Request, Result
from tests.hosts.model.stub import Seen, model_stub
from tests.hosts.points import (
    WRONG_SETTINGS,
    Run,
    confirmation,
    error_text,
    listed,
    triage,
    working_day,
    wrong_setting,
)
from tests.hosts.running import Ended

BY_NAME = {client.name: client for client in CLIENTS}
MODERN, LEGACY = BY_NAME["Python SDK, 2026-07-28"], BY_NAME["Python SDK, 2025-11-25"]
TOKEN = "t" * 44


# --- the model


def once(results: object) -> Call | None:
    return None if results else Call("triage_issue", {"issue": "SHOP-1Z"})


def function(name: str) -> dict[str, object]:
    return {"type": "function", "function": {"name": name, "parameters": {}}}


TURNS: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "Anthropic": (
        "/v1/messages?beta=true",
        {"tools": [{"name": "mcp__x__triage_issue"}], "messages": [{"role": "user", "content": "triage"}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0", "content": "SEEN"}]}
            ]
        },
    ),
    "Chat Completions": (
        "/v1/chat/completions",
        {"tools": [function("x_triage_issue")], "messages": [{"role": "user", "content": "triage"}]},
        {"messages": [{"role": "tool", "tool_call_id": "call_0", "content": [{"type": "text", "text": "SEEN"}]}]},
    ),
    "Responses": (
        "/v1/responses",
        {"tools": [{"type": "function", "name": "triage_issue"}], "input": "triage"},
        {"input": [{"type": "function_call_output", "call_id": "call_0", "output": "SEEN"}]},
    ),
    "Gemini": (
        "/v1beta/models/m:generateContent",
        {"tools": [{"functionDeclarations": [{"name": "triage_issue"}]}], "contents": []},
        {"contents": [{"parts": [{"functionResponse": {"name": "triage_issue", "response": {"output": "SEEN"}}}]}]},
    ),
}


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind", TURNS)
def test_each_api_is_told_the_call_first_and_then_what_the_model_read(kind: str, streams: bool) -> None:
    path, first, then = TURNS[kind]
    if streams:
        path = path.replace(":generate", ":streamGenerate")
        first = {**first, "stream": True}
    with model_stub(once) as (url, seen):
        called = httpx.post(url + path, json=first, trust_env=False)
        ended = httpx.post(url + path, json={**first, **then}, trust_env=False)
    assert "triage_issue" in called.text
    assert "SHOP-1Z" in called.text
    assert "SEEN" in ended.text
    assert "SHOP-1Z" not in ended.text
    assert called.headers["content-type"].startswith("text/event-stream" if streams else "application/json")
    assert seen.results() == ("SEEN",)


def test_a_deferred_tool_is_searched_for_by_its_name_and_called_once_it_is_loaded() -> None:
    deferring = {"tools": [{"name": "ToolSearch"}], "system": "deferred: mcp__x__triage_issue"}
    loaded = {"type": "tool_reference", "tool_name": "mcp__x__triage_issue"}
    found = {"type": "tool_result", "tool_use_id": "search_0", "content": [loaded]}
    with model_stub(once) as (url, seen):
        searched = httpx.post(f"{url}/v1/messages", json=deferring, trust_env=False).json()
        messages = [{"role": "user", "content": [found]}]
        called = httpx.post(f"{url}/v1/messages", json={**deferring, "messages": messages}, trust_env=False).json()
    assert searched["content"][0]["input"]["query"] == "select:mcp__x__triage_issue"
    assert (called["content"][0]["name"], seen.results()) == ("mcp__x__triage_issue", ())


def test_every_way_out_of_this_machine_is_refused_and_noted() -> None:
    with model_stub(once) as (url, seen), httpx.Client(proxy=url, trust_env=False) as client:
        for address in ("https://telemetry.example/v1", "http://updates.example/latest"):
            with pytest.raises(httpx.HTTPError):
                client.get(address).raise_for_status()
    assert seen.refused == ["telemetry.example:443", "http://updates.example/latest"]


# --- the judgement


def run_of(*results: str, offered: tuple[str, ...] = TOOL_NAMES, said: str = "", text: str = "") -> Run:
    """A run in which the model was shown these results."""
    shown = tuple(Result(f"call_{number}", result) for number, result in enumerate(results))
    return Run(Seen([Request(offered, text, shown)]), Ended(0, said, ""))


APPLIED = '{"outcome": "applied"}'
ASKS = f'{{"outcome": "needs_confirmation", "confirm_token": "{TOKEN}", "warnings": ["declined the question"]}}'
QUESTION = 'QUESTION "Resolve SHOP-1Z?"\n'


@pytest.mark.parametrize(
    ("client", "run", "good", "shown"),
    [
        (MODERN, run_of("", "", APPLIED, "status: resolved", said=QUESTION), True, "question shown, applied"),
        (MODERN, run_of("", "", APPLIED, "status: unresolved!", said=""), False, "changed without being asked"),
        (MODERN, run_of("", "", ASKS, said=QUESTION), False, "question shown, needs_confirmation"),
        (MODERN, run_of("", "", ASKS, APPLIED, "resolved"), True, "declined by itself, token, applied"),
        (MODERN, run_of("", "", ASKS, ASKS, ""), False, "declined by itself, token, needs_confirmation"),
        (MODERN, run_of("", "", "approval policy is never"), False, "no outcome"),
        (MODERN, run_of(), False, "no outcome"),
    ],
)
def test_a_change_is_good_only_when_somebody_was_asked_first(client: Client, run: Run, good: bool, shown: str) -> None:
    point = confirmation(run, client)
    assert (point.good, point.shown) == (good, shown)


def test_a_tool_that_only_the_instructions_name_is_not_listed() -> None:
    words = " ".join(TOOL_NAMES)
    assert listed(run_of(offered=("Bash",), text=words).seen).good is False
    deferred = " ".join(f"mcp__sentry-runbook__{name}" for name in TOOL_NAMES)
    assert listed(run_of(offered=("Bash",), text=deferred).seen).good is True
    assert listed(run_of(offered=TOOL_NAMES[1:]).seen).said == f"not listed: {TOOL_NAMES[0]}"


def test_an_answer_is_judged_by_what_the_model_reads() -> None:
    wrong = WRONG_SETTINGS["policy"]
    fine = "SENTRY_RUNBOOK_POLICY names x, which does not exist. Correct it."
    assert wrong_setting(run_of(fine), wrong).good
    assert not wrong_setting(run_of("SENTRY_RUNBOOK_POLICY is wrong."), wrong).good
    assert wrong_setting(run_of(offered=()), wrong).shown == f"disconnected, 0 of {len(TOOL_NAMES)} tools"
    assert triage(run_of('{"severity": "P0", "issue": "SHOP-1Z"}')).shown == "P0, JSON"
    assert triage(run_of("P0 Critical: SHOP-1Z")).shown == "P0, text"
    assert not triage(run_of("P1 Major: SHOP-1Z")).good
    assert error_text(run_of("", "Sentry knows no issue SHOP-404 … find_issues.")).good
    assert not error_text(run_of("", "Error: Function failed.")).good


@pytest.mark.parametrize("token", [TOKEN, f"-{TOKEN}", f"_{TOKEN}"])
@pytest.mark.parametrize(
    "shown", ['{{"confirm_token":"{}"}}', '{{\\"confirm_token\\": \\"{}\\"}}', "confirm_token:\n\n{}\n"]
)
def test_a_token_is_read_whole_in_every_form(token: str, shown: str) -> None:
    called = working_day(["", "", shown.format(token)])
    assert called is not None
    assert called.arguments["confirm_token"] == token


def test_the_script_calls_with_the_token_only_where_it_was_given_one() -> None:
    assert working_day(["", "", ASKS]) == Call(
        "resolve_issue", {"issue": "SHOP-1Z", "action": "resolve", "confirm_token": TOKEN}
    )
    assert working_day(["", "", APPLIED]) == Call("get_issue", {"issue": "SHOP-1Z"})
    assert working_day(["", "", APPLIED, ""]) is None
    assert working_day(["", "", ASKS, APPLIED]) == Call("get_issue", {"issue": "SHOP-1Z"})


# --- the whole


@pytest.mark.parametrize(
    "client", [MODERN, pytest.param(LEGACY, marks=pytest.mark.matrix)], ids=lambda client: str(client.name)[-10:]
)
def test_the_sdks_own_client_goes_through_all_points(client: Client, tmp_path: Path) -> None:
    row = play(client, program_here(None), tmp_path, fetch=False)
    assert {name: point.said for name, point in row.points.items() if not point.good} == {}
    assert list(row.points) == ["wrong: placeholder", "wrong: policy", "list", "triage", "confirmation", "error text"]
    assert row.points["confirmation"].shown == "question shown, applied"
    assert row.refused == ()


def test_a_server_that_ends_at_once_fails_every_point(tmp_path: Path) -> None:
    row = play(MODERN, "/bin/false", tmp_path, fetch=False)
    assert [name for name, point in row.points.items() if point.good] == []
    assert row.points["wrong: policy"].shown.startswith("disconnected")
    assert "FAILED" in "\n".join(table([row]))


def test_what_is_not_there_is_skipped_with_its_reason_and_fails_nothing(tmp_path: Path) -> None:
    absent = Client("Nobody", "npm", ("nobody@1.0.0",), "no-such-program", lambda start: Command(()))
    row = play(absent, program_here(None), tmp_path, fetch=False)
    assert (row.good, row.points) == (True, {})
    assert f"skipped Nobody: not in {tmp_path}, and --install was not given" in "\n".join(table([row]))
    assert any(line.startswith("skipped Claude Desktop: ") for line in table([Row(MODERN, "1", {})]))


def test_a_client_that_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "no such client"]) == 2
    assert "Claude Code" in capsys.readouterr().out


def test_a_matrix_in_which_nobody_played_is_no_success(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--only", "FastMCP", "--cache", str(tmp_path)]) == 2
    assert "skipped FastMCP: not in" in capsys.readouterr().out


def test_as_json_it_says_all_that_the_model_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = main(["--only", "2026-07-28", "--json", "--server", sys.executable, "--cache", str(tmp_path)])
    (row,) = json.loads(capsys.readouterr().out)
    assert (code, row["client"]) == (1, "Python SDK, 2026-07-28")
    assert all(point["said"] for name, point in row["points"].items() if name != "error text")
