"""Arguments, help, and how every failure ends: one sentence, the next step, and the right code."""

from __future__ import annotations

import argparse
import ast
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import get_args

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from sentry_runbook import __version__, commands
from sentry_runbook.commands import COMMANDS
from sentry_runbook.commands.arguments import commands_of, parse, parser
from sentry_runbook.incident.model.results.messages import Audience, Format, Kind
from tests.commands.support import PROGRAM, TOKEN, Commands, environment, process, served


@pytest.mark.parametrize("flag", ["--version", "-V"])
@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_the_version_is_the_packages_with_every_command(name: str | None, flag: str, command: Commands) -> None:
    said = command(*([name] if name else []), flag)
    assert (said.code, said.out) == (0, f"sentry-runbook {__version__}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_one_example(name: str, command: Commands) -> None:
    said = command(name, "--help")
    assert said.code == 0
    assert said.out.count("Example: ") == 1
    assert f"sentry-runbook {name}" in said.out


def test_every_module_that_declares_a_command_is_listed_and_the_other_way_round() -> None:
    folder = Path(commands.__file__).parent
    declaring = {
        path.stem.replace("_", "-")
        for path in folder.glob("*.py")
        if "\nCOMMAND = Command(" in path.read_text(encoding="utf-8")
    }
    assert declaring == set(COMMANDS)


def test_one_command_needs_no_other_commands_module() -> None:
    program = "import sys; from sentry_runbook.commands.arguments import parse; parse(['policy']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment(), check=True)
    modules = (
        name.rpartition(".")[2].replace("_", "-")
        for name in run.stdout.split()
        if name.startswith("sentry_runbook.commands.")
    )
    assert set(modules) & set(COMMANDS) == {"policy"}


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_blank_flag_of_any_command_is_not_given(name: str, blank: str) -> None:
    of_command = commands_of(parser((name,)))[name]._actions
    needed = [action.choices or ["x"] for action in of_command if action.required and not action.option_strings]
    words = [next(iter(choices)) for choices in needed]
    flags = [
        action.option_strings[-1]
        for action in of_command
        if isinstance(action, argparse._StoreAction) and action.option_strings
    ]
    assert flags
    given = [part for flag in flags for part in (flag, blank)]
    assert parse([name, *words, *given]) == parse([name, *words])


def test_every_flag_says_what_it_does() -> None:
    chosen = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    for name, sub in chosen.choices.items():
        for action in sub._actions:
            assert action.help, f"{name} {action.option_strings or action.dest}"


@pytest.mark.parametrize(("flag", "words"), [("kind", Kind), ("audience", Audience), ("format", Format)])
def test_a_message_takes_the_words_of_its_types_and_no_other(flag: str, words: object, command: Commands) -> None:
    for word in get_args(words):
        assert getattr(parse(["update", "SHOP-1Z", f"--{flag}", word]), flag) == word
    refused = command("update", "SHOP-1Z", f"--{flag}", "nonsense")
    assert refused.code == 2
    assert all(word in refused.err for word in get_args(words))


def test_no_command_writes_the_words_of_a_message_by_hand() -> None:
    folder = Path(commands.__file__).parent
    nodes = [node for path in folder.glob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    by_hand = [ast.literal_eval(node) for node in nodes if isinstance(node, ast.Tuple | ast.List) and is_constant(node)]
    assert [words for words in by_hand if tuple(words) in {get_args(kind) for kind in (Kind, Audience, Format)}] == []


def is_constant(node: ast.Tuple | ast.List) -> bool:
    return all(isinstance(item, ast.Constant) for item in node.elts)


def test_the_help_names_every_command(command: Commands) -> None:
    said = command("--help")
    assert all(f"\n    {name}" in said.out for name in COMMANDS)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["triag", "SHOP-1Z"], "there is no command 'triag'. Did you mean triage?"),
        (["Triage", "SHOP-1Z"], "there is no command 'Triage'. Did you mean triage?"),
        (["zzz"], "there is no command 'zzz'.\n"),
        (["SHOP-1Z"], "For an issue: 'sentry-runbook triage SHOP-1Z'."),
        (["6114575469"], "For an issue: 'sentry-runbook triage 6114575469'."),
        (
            ["https://acme.sentry.io/issues/1/"],
            "For an issue: 'sentry-runbook triage https://acme.sentry.io/issues/1/'.",
        ),
        (["triage", "SHOP-1Z", "--perio", "1h"], "unknown flag --perio. Did you mean --period?"),
        (["triage", "SHOP-1Z", "--perio=1h"], "unknown flag --perio. Did you mean --period?"),
        (["doctor", "--jsno"], "unknown flag --jsno. Did you mean --json?"),
        (["--readonly"], "unknown flag --readonly. Did you mean --read-only?"),
        (["doctor", "--zzzzzz"], "unknown flag --zzzzzz.\n"),
        (["doctor", "now"], "unexpected argument 'now'."),
        (["--read-only", "triage"], "unexpected argument 'triage'. A command comes first."),
        (
            ["update", "X-1", "--kind", "intial"],
            "(choose from initial, update, resolved, handoff). Did you mean initial?",
        ),
        (["audit", "verfy"], "Did you mean verify?"),
    ],
)
def test_a_mistyped_word_is_answered_with_the_one_that_was_probably_meant(
    argv: list[str], says: str, command: Commands
) -> None:
    said = command(*argv)
    assert (said.code, said.out) == (2, "")
    assert says in said.err
    assert len(said.err.splitlines()) == 2


def test_help_has_no_colours_on_pythons_that_would_give_it_some() -> None:
    for made in (parser(), *commands_of(parser()).values()):
        made.color = True  # what argparse of Python 3.14 does
        assert made.color is False


def test_usage_lines_name_the_command_its_flags_and_what_it_needs(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    for name, needed in (("triage", "[ISSUE]"), ("lint", "FILE"), ("update", "[ISSUE]"), ("audit", "verify [FILE]")):
        usage = command(name, "--help").out.splitlines()[0]
        assert usage.startswith(f"usage: sentry-runbook {name} [-h] [--"), usage
        assert usage.endswith(f"[--log-level LEVEL] {needed}"), usage
    assert command("--help").out.startswith(
        "usage: sentry-runbook [--log-level LEVEL] COMMAND [flags]\n"
        "       sentry-runbook [flags of serve]\n"
        "       sentry-runbook -h | -V\n"
    )


@pytest.mark.parametrize("argv", [["nonsense"], *([name, "--no-such-flag"] for name in COMMANDS)])
def test_the_help_that_a_refusal_points_to_can_be_typed_as_it_stands(argv: list[str], command: Commands) -> None:
    refused = command(*argv)
    advice = refused.err.partition("See '")[2].partition("'")[0].split()
    assert (refused.code, advice[0]) == (2, "sentry-runbook")
    said = command(*advice[1:])
    assert (said.code, said.out[:21]) == (0, "usage: sentry-runbook")


@pytest.mark.parametrize("argv", [[], ["--read-only"], ["serve", "--read-only"]])
def test_without_a_command_it_serves(argv: list[str]) -> None:
    arguments = parse(argv)
    assert (arguments.command, arguments.transport) == ("serve", "stdio")
    assert arguments.read_only is bool(argv)


def test_an_empty_address_and_port_are_not_given_and_not_every_address() -> None:
    arguments = parse(["serve", "--host", " ", "--port", ""])
    assert (arguments.host, arguments.port) == ("127.0.0.1", 8765)


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["triage"],
        ["triage", "SHOP-1Z", "--perio", "1h"],
        ["serve", "--port", "70000"],
        ["serve", "--transport", "http", "--writes", "sometimes"],
        ["demo", "no-such-incident"],
        ["simulate", "no-such-incident"],
        ["postmortem"],
        ["postmortem", "SHOP-1Z", "--evidence", "x.json"],
        ["lint", "no-such-file.md"],
        ["audit", "verify"],
        ["policy", "--policy", "no-such-file.toml"],
        ["triage", "SHOP-1Z", "--demo", "--period", "yesterday"],
        ["triage", "what issue?", "--demo"],
        ["triage", "https://elsewhere.example/organizations/acme/issues/1/", "--demo"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_end_with_2_and_a_sentence(argv: list[str], command: Commands) -> None:
    said = command(*argv)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("sentry-runbook")
    assert len(said.err.strip().splitlines()) <= 2


async def html(_: Request) -> Response:
    return HTMLResponse("<!doctype html><title>Sign in</title>")


async def mute(_: Request) -> Response:
    return JSONResponse({}, 400)


@pytest.mark.parametrize(
    ("changed", "issue", "code", "says"),
    [
        ({"SENTRY_AUTH_TOKEN": ""}, "SHOP-1Z", 2, "SENTRY_AUTH_TOKEN"),
        ({"SENTRY_AUTH_TOKEN": "${TOKEN}"}, "SHOP-1Z", 2, "placeholder"),
        ({"SENTRY_AUTH_TOKEN": TOKEN + "x"}, "SHOP-1Z", 1, "token"),
        ({"SENTRY_ORG": "no-such-org"}, "SHOP-1Z", 1, "SENTRY_ORG"),
        ({"SENTRY_URL": "http://127.0.0.1:1"}, "SHOP-1Z", 1, "cannot be reached"),
        ({}, "SHOP-999", 1, "SHOP-999"),
    ],
    ids=["no token", "placeholder", "wrong token", "unknown organization", "refusing host", "unknown issue"],
)
@pytest.mark.usefixtures("sentry")
def test_a_failure_is_one_sentence_and_the_next_step(
    changed: dict[str, str], issue: str, code: int, says: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    for argv in (["triage", issue, "--json"], ["postmortem", issue], ["update", issue]):
        said = command(*argv)
        assert (said.code, said.out) == (code, "")
        assert says in said.err
        assert len(said.err.splitlines()) <= 2


@pytest.mark.parametrize("answer", [html, mute], ids=["a page", "400 without detail"])
@pytest.mark.usefixtures("sentry")
def test_an_answer_that_is_not_sentrys_is_said_to_be_so(
    answer: Callable[[Request], Awaitable[Response]], command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    from starlette.applications import Starlette
    from starlette.routing import Route

    application = Starlette(routes=[Route("/{rest:path}", answer)])
    with served(application) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said = command("triage", "SHOP-1Z")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("sentry-runbook: ")
    assert len(said.err.splitlines()) == 2


def test_the_module_is_the_console_script() -> None:
    said = subprocess.run([*PROGRAM, "--version"], capture_output=True, text=True, env=environment(), check=True)
    assert said.stdout == f"sentry-runbook {__version__}\n"


def test_a_reader_who_leaves_the_pipe_is_no_error() -> None:
    with process("policy") as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.wait(10) == 0
        assert running.stderr is not None
        assert running.stderr.read() == ""


@pytest.mark.matrix
def test_a_terminal_without_the_signs_gets_plain_ones() -> None:
    env = environment(PYTHONIOENCODING="ascii")
    said = subprocess.run([*PROGRAM, "triage", "SHOP-1Z", "--demo"], capture_output=True, env=env, check=True)
    assert b" P0 CRITICAL " in said.stdout
    assert said.stderr == b""
