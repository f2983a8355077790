"""A wrong setting never ends a server over stdio: it lists everything, and every call says what to correct."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

from sentry_runbook.tool_names import TOOL_NAMES
from tests.commands.support import TOKEN, Commands, environment, process
from tests.tools.contract import call

ISSUE = "SHOP-1Z"
BAD_TEMPLATE = "---\nname: own\ntitle: Own\ndescription: Own.\n---\n{{ no_such_fact }}\n"
WRITING = {"resolve_issue", "add_note"}

WRONG: dict[str, tuple[dict[str, str], list[str], str]] = {
    "a placeholder": ({"SENTRY_AUTH_TOKEN": "${SENTRY_AUTH_TOKEN}"}, [], "SENTRY_AUTH_TOKEN"),
    "an organization": ({"SENTRY_ORG": "acme inc"}, [], "SENTRY_ORG"),
    "a URL": ({"SENTRY_URL": "ftp://sentry.example.com"}, [], "SENTRY_URL"),
    "a policy that is not there": ({"SENTRY_RUNBOOK_POLICY": "none.toml"}, [], "SENTRY_RUNBOOK_POLICY"),
    "a policy that is wrong": ({"SENTRY_RUNBOOK_POLICY": "policy.toml"}, [], "policy.toml"),
    "a folder that is not there": ({"SENTRY_RUNBOOK_PROMPTS": "none"}, [], "SENTRY_RUNBOOK_PROMPTS"),
    "a template": ({"SENTRY_RUNBOOK_PROMPTS": "prompts"}, [], "own.md"),
    "an unknown way of writes": ({"SENTRY_RUNBOOK_WRITES": "sometimes"}, [], "SENTRY_RUNBOOK_WRITES"),
    "a number": ({"SENTRY_RUNBOOK_CALL_TIMEOUT": "soon"}, [], "SENTRY_RUNBOOK_CALL_TIMEOUT"),
    "a token file": ({"SENTRY_AUTH_TOKEN": "", "SENTRY_AUTH_TOKEN_FILE": "pipe"}, [], "SENTRY_AUTH_TOKEN_FILE"),
    "a certificate bundle": ({"SENTRY_RUNBOOK_CA_BUNDLE": "none.pem"}, [], "SENTRY_RUNBOOK_CA_BUNDLE"),
    "a flag": ({}, ["--org", "acme inc"], "--organization"),
    "a flag of some words": ({}, ["serve", "--writes", "sometimes"], "--writes"),
}
QUICK = ("a placeholder", "a template", "an unknown way of writes", "a flag of some words")


@pytest.fixture
def folder(place: Path) -> Path:
    """A working directory with files that cannot be used."""
    (place / "policy.toml").write_text("[thresholds]\nusers = 'many'\n")
    (place / "prompts").mkdir()
    (place / "prompts" / "own.md").write_text(BAD_TEMPLATE)
    os.mkfifo(place / "pipe")
    return place


@pytest.mark.parametrize("kind", [pytest.param(k, marks=() if k in QUICK else pytest.mark.matrix) for k in WRONG])
async def test_over_stdio_it_starts_lists_all_and_every_call_says_what_to_correct(kind: str, folder: Path) -> None:
    variables, argv, named = WRONG[kind]
    env = environment(**{"SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_ORG": "acme", **variables})
    program = StdioServerParameters(command=sys.executable, args=["-m", "sentry_runbook", *argv], env=env, cwd=folder)
    answers: list[str] = []
    with (folder / "stderr").open("w") as errors:
        async with Client(stdio_client(program, errlog=errors)) as client:
            instructions = client.instructions or ""
            tools = {tool.name for tool in (await client.list_tools()).tools}
            prompts = (await client.list_prompts()).prompts
            resources = (await client.list_resources()).resources
            for name in sorted(tools):
                result = await client.call_tool(name, call(name, ISSUE))
                assert result.is_error
                (content,) = result.content
                assert isinstance(content, TextContent)
                answers.append(content.text)
            for prompt in prompts:
                with pytest.raises(MCPError) as refused:
                    await client.get_prompt(prompt.name, {"issue": ISSUE})
                answers.append(str(refused.value))
            for uri in [*(str(resource.uri) for resource in resources), f"sentry://issues/{ISSUE}"]:
                with pytest.raises(MCPError) as refused:
                    await client.read_resource(uri)
                answers.append(str(refused.value))
    # A server whose setting of writes cannot be read offers none.
    assert tools == set(TOOL_NAMES) - (WRITING if "writes" in named.lower() else set())
    assert len(prompts) >= 9
    assert len(resources) >= 9
    assert len(set(answers)) == 1
    assert named in answers[0]
    # A host that shows its model nothing but the instructions has it, too.
    assert instructions.startswith(answers[0])
    assert len(instructions.encode()) < 2048
    assert "\n" not in answers[0]
    logged = (folder / "stderr").read_text()
    assert named in logged
    assert "Traceback" not in logged
    assert TOKEN not in logged + answers[0]


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("how", ["http", "a command"])
@pytest.mark.usefixtures("folder")
def test_a_command_and_a_server_over_http_end_with_2(
    kind: str, how: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables, argv, named = WRONG[kind]
    for name, value in {"SENTRY_AUTH_TOKEN": TOKEN, **variables}.items():
        monkeypatch.setenv(name, value)
    flags = [argument for argument in argv if argument != "serve"]
    if how == "http":
        said = command("serve", "--transport", "http", "--port", "0", *flags)
    elif flags:
        said = command("triage", ISSUE, *(flags if flags[0] == "--org" else ["--org", "a b"]))
        named = "--organization"
    else:
        said = command("triage", ISSUE)
    assert (said.code, said.out) == (2, "")
    assert named in said.err
    assert len(said.err.splitlines()) <= 2


def test_a_working_directory_that_is_gone_and_a_user_without_a_home_are_no_crash(place: Path) -> None:
    gone = place / "gone"
    gone.mkdir()
    script = (
        "import os, sys; os.rmdir(os.getcwd()); os.environ.pop('HOME', None)\n"
        "import pathlib\n"
        "def homeless(): raise RuntimeError('Could not determine home directory.')\n"
        "pathlib.Path.home = homeless\n"
        "from sentry_runbook import cli; cli.main(['triage', 'SHOP-1Z'])"
    )
    # -P as for the installed script: without the folder on Python's path, where 3.13.0 itself fails once it is gone.
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=gone, env=environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("sentry-runbook: No Sentry auth token is set.")


def test_the_secret_of_http_is_nothing_to_a_server_over_stdio() -> None:
    with process("serve", "--demo", env=environment(SENTRY_RUNBOOK_HTTP_TOKEN="short")) as serving:
        _, err = serving.communicate("", timeout=20)
    assert (serving.returncode, err) == (0, "")


async def _instructions(place: Path, **variables: str) -> tuple[str, str]:
    """What a server says in its instructions, and a tool in its answer."""
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "sentry_runbook"], env=environment(**variables), cwd=place
    )
    with (place / "stderr").open("w") as errors:
        async with Client(stdio_client(program, errlog=errors)) as client:
            result = await client.call_tool("triage_issue", {"issue": ISSUE})
            assert isinstance(result.content[0], TextContent)
            return client.instructions or "", result.content[0].text


async def test_a_token_that_is_missing_stands_first_in_the_instructions(place: Path) -> None:
    instructions, answer = await _instructions(place, SENTRY_ORG="acme")
    assert answer.startswith("No Sentry auth token is set.")
    assert instructions.startswith(answer)


async def test_when_everything_is_wrong_the_instructions_stay_within_what_hosts_show(folder: Path) -> None:
    everything = {name: value for variables, _, _ in WRONG.values() for name, value in variables.items()}
    instructions, answer = await _instructions(folder, **{**everything, "SENTRY_RUNBOOK_POLICY": "p" * 900})
    assert len(answer) > 1000
    assert answer.startswith(instructions[:900])
    assert len(instructions.encode()) < 2048
