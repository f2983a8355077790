"""The Inspector's command line client ``mcpdo``: connected once, a process a call; says yes to questions.

The first argument is ``mcpdo``. Its daemon holds the connection, in a folder of its own below the home folder, and is
stopped at the end.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.hosts.programs.loop import converse, question_shown, server

CONNECTION = "runbook"


def mcpdo(*words: str) -> Any:
    """One command's JSON; of a failed one, too, as it goes to stderr."""
    ended = subprocess.run(
        [sys.argv[1], "--format", "json", *words], capture_output=True, text=True, check=False, timeout=60
    )
    spoken = ended.stdout.strip() or ended.stderr.strip()
    try:
        return json.loads(spoken)
    except ValueError:
        return {"content": [{"type": "text", "text": spoken}]}


def call(name: str, arguments: dict[str, Any]) -> str:
    """Call a tool; a question that comes is answered with yes."""
    said = mcpdo("--connection", CONNECTION, "tools/call", name, "--tool-args-json", json.dumps(arguments))
    pending = said.get("elicitationPending") if isinstance(said, dict) else None
    if pending:
        question_shown(str(pending))
        said = mcpdo("elicitation/respond", pending["elicitationId"], "confirm:=true")
    return json.dumps(said, ensure_ascii=False)


async def main(*words: str) -> None:
    """One conversation; ``words`` go to ``mcpdo connect``."""
    connected = mcpdo("connect", CONNECTION, "--config", "mcp.json", *words)
    try:
        listed = mcpdo("--connection", CONNECTION, "tools/list")
        tools = listed.get("tools", [])
        if not tools:
            sys.stderr.write(f"{connected} {listed}\n")

        async def called(name: str, arguments: dict[str, Any]) -> str:
            return call(name, arguments)

        await converse([(tool["name"], tool["inputSchema"]) for tool in tools], called)
    finally:
        mcpdo("daemon", "stop")


if __name__ == "__main__":
    Path("mcp.json").write_text(json.dumps({"mcpServers": {CONNECTION: server()}}))
    asyncio.run(main(*sys.argv[2:]))
