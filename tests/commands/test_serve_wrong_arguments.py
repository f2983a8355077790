"""Arguments that cannot be read: a host's server runs on and says so; people and scripts get exit code 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

from sentry_runbook.tool_names import TOOL_NAMES
from tests.commands.support import PROGRAM, environment

WRITING = {"resolve_issue", "add_note"}
WRONG = {
    "an unknown flag": (["--demo", "--no-such-flag"], "--no-such-flag"),
    "a flag without its value": (["serve", "--demo", "--log-level"], "--log-level"),
    "a port that is none": (["serve", "--port", "many"], "--port"),
    "an unknown transport": (["serve", "--transport", "sse"], "--transport"),
    "a word too many": (["serve", "--demo", "please"], "please"),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_a_host_whose_arguments_are_wrong_gets_the_tools_and_one_sentence(kind: str, tmp_path: Path) -> None:
    argv, named = WRONG[kind]
    program = StdioServerParameters(command=sys.executable, args=[*PROGRAM[1:], *argv], env=environment())
    with (tmp_path / "stderr").open("w") as errors:
        async with Client(stdio_client(program, errlog=errors)) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            result = await client.call_tool("triage_issue", {"issue": "SHOP-1Z"})
    (content,) = result.content
    assert isinstance(content, TextContent)
    # A flag that cannot be read could have been --read-only.
    assert (tools, result.is_error) == (set(TOOL_NAMES) - WRITING, True)
    assert content.text.startswith("The arguments cannot be used: ")
    assert named in content.text
    assert named in (tmp_path / "stderr").read_text()


@pytest.mark.parametrize("kind", WRONG)
def test_where_nobody_writes_to_it_the_process_ends_with_2(kind: str) -> None:
    argv, named = WRONG[kind]
    for stdin in ({"stdin": subprocess.DEVNULL}, {"input": ""}):
        ended = subprocess.run(
            [*PROGRAM, *argv], env=environment(), capture_output=True, text=True, check=False, timeout=60, **stdin
        )
        assert (ended.returncode, ended.stdout) == (2, "")
        assert named in ended.stderr
        assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "argv",
    [
        ["trriage", "SHOP-1Z"],
        ["triage", "SHOP-1Z", "--nope"],
        ["serve", "--transport", "http", "--nope"],
        ["--nope=http"],
    ],
    ids=["an unknown command", "a command", "HTTP", "perhaps HTTP"],
)
def test_what_is_no_server_over_stdio_ends_at_once_though_it_is_written_to(argv: list[str]) -> None:
    with subprocess.Popen(
        [*PROGRAM, *argv], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.wait(timeout=60) == 2
