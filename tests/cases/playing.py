"""Plays a case's calls: through a client of the SDK in this process, or in front of real processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import ElicitResult, ErrorData

from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits, Secret, Settings
from sentry_runbook.simulator.clock import ManualClock
from tests.cases.judging import ABSENT, at, faults
from tests.cases.reading import Case
from tests.cases.world import Overlaid, filled_case, world_of
from tests.commands.support import served

TOKEN = "sntryu_case0123456789abcdef0123456789"
BASE = "http://localhost"
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""After every date that a case writes out."""


class Played:
    """What the calls of a case answered, and what was wrong with that."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.wrong: list[str] = []

    def judge(self, call: Mapping[str, Any], special: Mapping[str, Any], structured: Any) -> None:
        """Compare one answer with what the case expects."""
        name = call.get("tool") or call.get("rpc") or " ".join(call.get("cli", ()))
        self.wrong += [f"{name}: {fault}" for fault in faults(special, structured, call.get("expect", []))]


async def play(case: Case, folder: Path) -> list[str]:
    """Play a case; what is not as it should be."""
    now = datetime.now(UTC) if case.needs_process else NOON
    clock = ManualClock(now)
    world = world_of(case, clock)
    [issue] = world.projects[0].issues
    names = {"SHORT": case.short, "ID": issue.id, "SLUG": case.slug, "TOKEN": TOKEN, "TMP": str(folder)}
    played = Played()
    if not case.needs_process:
        names["URL"] = BASE
        case = filled_case(case, names)
        async with _in_process(case, Overlaid(case, world, names, now, None), clock) as client:
            await _calls(case, client, played)
        return played.wrong
    with served(Overlaid(case, world, names, now, TOKEN)) as url:
        names["URL"] = url
        case = filled_case(case, names)
        for name, text in case.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        for call in case.calls:
            if "cli" in call:
                await asyncio.to_thread(_command, call, case, url, played)
        if any("cli" not in call for call in case.calls):
            async with _process(case, url, folder) as client:
                await _calls(case, client, played)
    return played.wrong


@asynccontextmanager
async def _in_process(case: Case, app: Overlaid, clock: ManualClock) -> AsyncIterator[Client]:
    settings = Settings(token=Secret(TOKEN), organization="acme", base_url=BASE, limits=Limits(cache_s=0))
    run = build_runtime(settings, http_transport=httpx.ASGITransport(app), clock=clock)
    answers: dict[str, Any] = {"hang": _never, "error": _cannot}
    # A question is the server's own request in the older protocol only: in the newer one the client waits by itself.
    options = {"elicitation_callback": answers[case.elicit], "mode": "legacy"} if case.elicit else {}
    async with Client(build_server(run), **options) as client:
        yield client
    await run.aclose()


async def _never(*_: Any) -> ElicitResult:
    await asyncio.sleep(3_600)
    raise AssertionError("nobody waits an hour")


async def _cannot(*_: Any) -> ErrorData:
    return ErrorData(code=-32601, message="Method not found")


def _environment(case: Case, url: str, more: Mapping[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY")}
    ours = {"SENTRY_URL": url, "SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_ORG": "acme"}
    return {**clean, **ours, **case.env, **more}


@asynccontextmanager
async def _process(case: Case, url: str, folder: Path) -> AsyncIterator[Client]:
    environment = _environment(case, url, {"HOME": str(folder)})
    program = StdioServerParameters(
        command=sys.executable, args=["-m", "sentry_runbook"], env=environment, cwd=folder, encoding="utf-8"
    )
    async with Client(stdio_client(program)) as client:
        yield client


def _command(call: Mapping[str, Any], case: Case, url: str, played: Played) -> None:
    program = [sys.executable, "-m", "sentry_runbook", *call["cli"]]
    environment = _environment(case, url, call.get("env", {}))
    ran = subprocess.run(program, env=environment, capture_output=True, timeout=60, check=False)
    out = (ran.stdout + ran.stderr).decode("utf-8", "replace")
    played.judge(call, {"$rc": ran.returncode, "$out": out}, None)


async def _calls(case: Case, client: Client, played: Played) -> None:
    for call in case.calls:
        if "rpc" in call:
            assert call["rpc"] == "tools/list", call
            listed = await client.list_tools()
            played.judge(call, {}, json.loads(listed.model_dump_json(by_alias=True, exclude_none=True)))
        elif "tool" in call:
            await _tool(case, call, client, played)


async def _tool(case: Case, call: Mapping[str, Any], client: Client, played: Played) -> None:
    arguments = _arguments(case, call, played)
    began = time.monotonic()
    result = await client.call_tool(call["tool"], arguments)
    spent_ms = (time.monotonic() - began) * 1000
    text = "\n".join(getattr(part, "text", "") for part in result.content)
    structured = result.structured_content or {}
    # `err` allows an error; a case that wants one says so by `$err`.
    if result.is_error and not call.get("err", False):
        played.wrong.append(f"{call['tool']} {arguments}: an error: {text[:300]}")
        return
    steps = "\n".join(f"{one['step']}: {one['finding']}" for one in structured.get("checklist", ()))
    raw = result.model_dump_json(by_alias=True, exclude_none=True)
    special = {
        "$": structured,
        "$text": text,
        "$raw": json.dumps(json.loads(raw), ensure_ascii=False),
        "$err": bool(result.is_error),
        "$ms": spent_ms,
        "$steps": steps,
    }
    played.answers[call["tool"]] = structured
    played.judge(call, special, structured)


def _arguments(case: Case, call: Mapping[str, Any], played: Played) -> dict[str, Any]:
    arguments = {"issue": case.short, **call.get("args", {})}
    made: dict[str, Any] = {}
    for name, value in arguments.items():
        if name.startswith("_") or (name == "issue" and value is None):
            continue
        made[name] = _argument(value, played)
    return made


def _argument(value: Any, played: Played) -> Any:
    if isinstance(value, dict) and "$int" in value:
        return int(value["$int"])
    if isinstance(value, str) and value.startswith("$from:"):
        tool, _, path = value.removeprefix("$from:").partition("/")
        earlier = at(played.answers[tool], path)
        assert earlier is not ABSENT, f"{tool} answered no {path}"
        return earlier
    return value
