"""The README tells the truth: its picture, its worked examples, its tables of tools, settings and commands."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.commands import COMMANDS
from sentry_runbook.commands.arguments import parse
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.render.console import Screen
from sentry_runbook.render.templates import load_templates
from sentry_runbook.render.terminal import show_triage
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools import tools_for
from tests.tools.support import SETTINGS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = {"SHOP-1Z": "payment-spike", "GEO-42": "geocoding-503", "WEB-7K": "typeerror-v2.4.1"}


def section(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert found, f"README.md has no part marked {name}"
    return found[1]


def first_column(heading: str) -> list[str]:
    part = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


async def played(issue: str) -> Triage:
    clock = ManualClock()
    application = create_app(World([SCENARIOS[EXAMPLES[issue]]], clock))
    run = build_runtime(SETTINGS, http_transport=httpx.ASGITransport(application), clock=clock)
    try:
        evidence = await investigate(run, issue, TRIAGE)
    finally:
        await run.aclose()
    return make_triage(Incident(evidence, Stated(), run.policy, evidence.collected_at))


async def test_the_picture_is_what_the_triage_prints(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    show_triage(Screen(), await played("SHOP-1Z"))
    printed = capsys.readouterr().out.split("\nNext steps\n", 1)[0].rstrip() + "\n"
    assert section("picture").removeprefix("```text\n").removesuffix("```\n") == printed


@pytest.mark.parametrize("issue", EXAMPLES)
async def test_a_worked_example_has_the_numbers_that_the_product_gives(issue: str) -> None:
    answer = await played(issue)
    verdict, impact = answer.severity, answer.impact
    (text,) = [part for part in section("examples").split("\n- ") if f"`{issue}`" in part]
    words = " ".join(text.split())
    due = f"by {verdict.respond_by:%H:%M}" if verdict.respond_by else verdict.response
    for fact in (
        f"→ {verdict.severity}",
        f"`{verdict.decided_by}`",
        f"{impact.events} events",
        f"{impact.users_worst_hour} users in the worst hour",
        f"{impact.unhandled_per_minute_peak} a minute",
        f"{impact.sessions:,} sessions",
        f"= {impact.crash_free_sessions_pct:.2f} %",
        due,
        answer.causes[0].pattern,
    ):
        assert fact in words, f"{issue}: {fact!r} is not in: {words}"


def test_the_examples_arithmetic_is_right() -> None:
    sums = re.findall(r"1 - ([\d,]+) / ([\d,]+) = ([\d.]+) %", section("examples"))
    assert len(sums) == len(EXAMPLES)
    for crashed, sessions, shown in sums:
        share = 100 * (1 - int(crashed.replace(",", "")) / int(sessions.replace(",", "")))
        # Cut, not rounded.
        assert 0 <= share - float(shown) + 1e-9 < 0.01


def test_every_tool_has_its_row_and_an_example_that_it_takes() -> None:
    tools = {tool.name: tool for tool in tools_for("direct")}
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| `(\{.*?\})` \|$", README, re.MULTILINE)
    assert {name for name, _ in rows} == set(tools)
    for name, example in rows:
        arguments: dict[str, Any] = json.loads(example)
        parameters = tools[name].parameters
        assert set(arguments) <= set(parameters["properties"])
        assert set(parameters.get("required", ())) <= set(arguments)


def test_every_prompt_is_named() -> None:
    assert [template.name for template in load_templates() if f"`{template.name}`" not in README] == []


def test_every_command_in_the_table_parses() -> None:
    for command in first_column("Commands for people"):
        words = [
            {"ISSUE": "SHOP-1Z", "SCENARIO": "payment-spike", "FILE": "evidence.json"}.get(word, word)
            for word in shlex.split(command.replace("[", "").replace("]", "").split(">")[0])
        ]
        assert words[0] == "sentry-runbook"
        assert parse(words[1:]).command


def test_every_command_has_its_row() -> None:
    rows = {command.split()[1] for command in first_column("Commands for people")}
    assert sorted(rows ^ (set(COMMANDS) - {"serve"})) == [], "serve is for assistants and has its own chapter"


def test_the_example_configurations_can_be_read_and_start_what_is_installed() -> None:
    desktop = (ROOT / "claude_desktop_config.example.json").read_text(encoding="utf-8")
    assert f"```json\n{desktop}```" in README
    configurations = [
        *(json.loads(text) for text in re.findall(r"```json\n(.*?)```", README, re.DOTALL)),
        *(tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", README, re.DOTALL)),
    ]
    assert len(configurations) == 4
    for configuration in configurations:
        (servers,) = (configuration[key] for key in ("mcpServers", "servers", "mcp_servers") if key in configuration)
        assert all(server["command"] == "uvx" and server["args"] == ["sentry-runbook"] for server in servers.values())
        # A variable that is not set would reach the server as "${…}", word for word.
        assert re.findall(r"\$\{(?!input:)[^}:]*\}", json.dumps(configuration)) == []


def test_every_command_line_that_starts_the_server_parses() -> None:
    shown = [line for text in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in text.splitlines()]
    calls = [re.search(r"(?:uvx |^|bin/)sentry-runbook((?: [\w.-]+)*)$", line) for line in shown]
    found = [call[1].split() for call in calls if call is not None]
    assert [words[:1] for words in found] == [["demo"], ["init"], [], ["serve"]]
    for words in found:
        assert parse(words).command


def test_every_tool_named_in_what_to_ask_is_a_tool() -> None:
    part = README.split("\n## What to ask\n", 1)[1].split("\n## ", 1)[0]
    named = re.findall(r"`(\w+_\w+)`", part)
    assert len(named) >= 8
    assert set(named) <= set(TOOL_NAMES)


def test_the_bundle_names_the_tools() -> None:
    manifest = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
    assert [tool["name"] for tool in manifest["tools"]] == [tool.name for tool in tools_for("direct")]
