"""``off`` takes the writing tools out of the list, however the server is started."""

import os
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from tests.matrix import matrix

WRITING = {"resolve_issue", "add_note"}
STARTS: dict[str, tuple[list[str], dict[str, str]]] = {
    "flag": (["serve", "--demo", "--read-only"], {}),
    "flag without a command": (["--demo", "--read-only"], {}),
    "word": (["serve", "--demo", "--writes", "off"], {}),
    "environment": (["serve", "--demo"], {"SENTRY_RUNBOOK_WRITES": "off"}),
    "flag over environment": (["serve", "--demo", "--read-only"], {"SENTRY_RUNBOOK_WRITES": "direct"}),
}


async def listed(arguments: list[str], environment: dict[str, str], folder: Path) -> set[str]:
    """The tools that a started server lists."""
    inherited = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "sentry_runbook", *arguments], env=inherited | environment, cwd=str(folder)
    )
    async with Client(server) as client:
        return {tool.name for tool in (await client.list_tools()).tools}


@pytest.mark.parametrize("start", matrix(STARTS, quick=("flag",)))
async def test_off_holds_for_every_way_of_saying_it(start: str, tmp_path: Path) -> None:
    names = await listed(*STARTS[start], tmp_path)
    assert names
    assert not names & WRITING


@pytest.mark.matrix
async def test_without_it_the_tools_are_there(tmp_path: Path) -> None:
    assert await listed(["serve", "--demo"], {}, tmp_path) >= WRITING
