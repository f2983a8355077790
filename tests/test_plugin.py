"""The Claude Code plugin and the other hosts' files: their facts are those of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sentry_runbook import __version__
from sentry_runbook.commands.arguments import parse
from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES
from sentry_runbook.render.templates import Template, load_templates
from sentry_runbook.server.app import NAME
from sentry_runbook.server.skills import ADDRESS, skill_names
from sentry_runbook.settings import DEFAULT_URL, SETTINGS, Settings
from sentry_runbook.settings_loader import load_usable_settings
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools import tools_for
from tests.tools.support import connected

ROOT = Path(__file__).parent.parent
PLUGIN = json.loads((ROOT / ".claude-plugin" / "plugin.json").read_text(encoding="utf-8"))
MARKETPLACE = json.loads((ROOT / ".claude-plugin" / "marketplace.json").read_text(encoding="utf-8"))
GEMINI = json.loads((ROOT / "gemini-extension.json").read_text(encoding="utf-8"))
CODEX = tomllib.loads((ROOT / "hosts" / "codex.config.toml").read_text(encoding="utf-8"))
VSCODE = json.loads((ROOT / "hosts" / "vscode.mcp.json").read_text(encoding="utf-8"))
INCIDENT = (ROOT / "skills" / "incident" / "SKILL.md").read_text(encoding="utf-8")
SERVER = f"plugin:{NAME}:{NAME}"
"""What Claude Code calls the server of a plugin."""
OPTION_KEYS = {"type", "title", "description", "required", "default", "multiple", "sensitive", "min", "max", "options"}
"""What an entry of ``userConfig`` may hold (Claude Code 2.1.332); with any other key the plugin is not loaded."""
NAME_OF_SEVERAL_WORDS = re.compile(r"[a-z]+(?:_[a-z]+)+")
ASKED = re.compile(r"\$\{user_config\.(\w+)\}")
VARIABLES = {variable: row for row in SETTINGS for variable in row.environment}
FLAGS = {flag: row for row in SETTINGS for flag in row.flags}
ASKED_FOR = {"token", "organization", "base_url", "writes"}
"""Settings that a host asks for when it installs us: few, for each is a question before the first answer. The others
come from the environment or a file, as everywhere."""
HOST_VARIABLE = "SENTRY_RUNBOOK_TEST_HOSTS"
"""A folder in which npm installed the hosts' programs, where they are not on PATH."""


def server_of(plugin: Mapping[str, Any]) -> dict[str, Any]:
    """The plugin's one MCP server."""
    (server,) = plugin["mcpServers"].values()
    assert isinstance(server, dict)
    return server


# --- what the files say ----------------------------------------------------------------------------------------------


def test_every_file_of_a_host_names_the_version_of_the_package() -> None:
    assert {PLUGIN["version"], GEMINI["version"]} == {__version__}
    # One version, one place: a marketplace entry without one takes the plugin's.
    assert "version" not in MARKETPLACE["plugins"][0]


def test_the_marketplace_offers_this_repository_s_plugin() -> None:
    (entry,) = MARKETPLACE["plugins"]
    assert entry["name"] == PLUGIN["name"] == MARKETPLACE["name"] == GEMINI["name"] == NAME
    assert (ROOT / entry["source"]).resolve() == ROOT.resolve()


def test_the_plugin_asks_for_settings_that_there_are_and_hands_each_to_the_server() -> None:
    server = server_of(PLUGIN)
    # FLAG=VALUE in one word: a value that begins with a dash is no flag of its own.
    handed = [*server["env"].items(), *(word.split("=", 1) for word in server["args"] if "=" in word)]
    rows = {asked[1]: VARIABLES.get(name) or FLAGS[name] for name, value in handed if (asked := ASKED.search(value))}
    assert set(rows) == set(PLUGIN["userConfig"])
    assert {row.name for row in rows.values()} == ASKED_FOR
    for option, row in rows.items():
        entry = PLUGIN["userConfig"][option]
        assert set(entry) <= OPTION_KEYS
        assert entry.get("sensitive", False) == (row.name == "token")
        assert tuple(entry.get("options", ())) == row.choices
        assert entry.get("default", row.default if not row.choices else "") == row.default


def test_the_token_is_handed_over_in_the_environment_never_as_an_argument() -> None:
    assert "user_config.token" not in " ".join(server_of(PLUGIN)["args"])
    assert server_of(PLUGIN)["env"]["SENTRY_AUTH_TOKEN"] == "${user_config.token}"


def test_the_plugin_starts_the_repository_s_own_server_and_keeps_its_tools_in_view() -> None:
    server = server_of(PLUGIN)
    assert list(PLUGIN["mcpServers"]) == [NAME]
    assert [server["command"], *server["args"][:3]] == ["uvx", "--from", "${CLAUDE_PLUGIN_ROOT}", NAME]
    assert server["alwaysLoad"] is True


def test_uvx_builds_a_checkout_anew_when_a_file_of_the_package_has_changed() -> None:
    """Else a plugin that was updated within one version keeps the server that uv built before."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    watched = {path for row in project["tool"]["uv"]["cache-keys"] for path in ROOT.glob(row["file"])}
    packed = [*(ROOT / "server").rglob("*.py"), *(ROOT / "prompts").glob("*.md"), ROOT / "pyproject.toml"]
    assert set(packed) <= watched


def started(config: Mapping[str, str], shell: Mapping[str, str], home: Path) -> Settings:
    """The settings of the server as Claude Code 2.1.332 starts it.

    It puts in first what the user gave, a blank for what was left out, then ``${VARIABLE:-default}`` of its own
    environment, which the server inherits.
    """
    server = server_of(PLUGIN)

    def filled(text: str) -> str:
        text = ASKED.sub(lambda asked: config.get(asked[1], PLUGIN["userConfig"][asked[1]].get("default", "")), text)
        return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda named: shell.get(named[1]) or named[2], text)

    parsed = vars(parse([filled(word) for word in server["args"][server["args"].index(NAME) + 1 :]]))
    flags = {row.name: parsed[row.name] for row in SETTINGS if parsed.get(row.name)}
    environment = {**shell, **{name: filled(text) for name, text in server["env"].items()}}
    return load_usable_settings(flags, environment, home, home)


STARTED: dict[str, tuple[dict[str, str], dict[str, str], tuple[object, ...]]] = {
    "nothing given": ({}, {}, (None, None, DEFAULT_URL, "confirm")),
    "all given": (
        {"token": "t" * 40, "organization": "acme", "url": "https://sentry.example.com", "writes": "direct"},
        {"SENTRY_AUTH_TOKEN": "s" * 40, "SENTRY_ORG": "other", "SENTRY_URL": "https://other.example.com"},
        ("t" * 40, "acme", "https://sentry.example.com", "direct"),
    ),
    "what the shell has": (
        {},
        {"SENTRY_AUTH_TOKEN": "s" * 40, "SENTRY_ORG": "other", "SENTRY_URL": "https://other.example.com"},
        ("s" * 40, "other", "https://other.example.com", "confirm"),
    ),
    "spaces": ({"token": "  ", "organization": " ", "url": " "}, {}, (None, None, DEFAULT_URL, "confirm")),
    "read only stays": ({"writes": "direct"}, {"SENTRY_RUNBOOK_WRITES": "off"}, (None, None, DEFAULT_URL, "off")),
    "a pasted page": ({"url": "https://acme.sentry.io/issues/1/"}, {}, (None, "acme", DEFAULT_URL, "confirm")),
}


@pytest.mark.parametrize("kind", STARTED)
def test_what_was_given_at_the_installation_wins_and_what_was_left_blank_comes_from_the_shell(
    kind: str, tmp_path: Path
) -> None:
    config, shell, expected = STARTED[kind]
    settings = started(config, shell, tmp_path)
    token = settings.token.reveal() if settings.token else None
    assert settings.problem is None
    assert (token, settings.organization, settings.base_url, settings.writes) == expected


@pytest.mark.parametrize("organization", ["-x", "--demo", "acme inc"])
def test_a_value_that_is_no_slug_is_a_wrong_setting_and_no_flag(organization: str, tmp_path: Path) -> None:
    problem = started({"organization": organization}, {}, tmp_path).problem
    assert problem is not None
    assert "--organization is not a slug" in str(problem)


def test_no_tool_s_name_is_longer_than_hosts_allow_with_the_plugin_s_prefix() -> None:
    """``mcp__plugin_PLUGIN_SERVER__TOOL``: models' providers take 64 characters."""
    assert [name for name in TOOL_NAMES if len(f"mcp__plugin_{NAME}_{NAME}__{name}") > 60] == []


def test_the_gemini_extension_asks_for_settings_that_there_are() -> None:
    server = server_of(GEMINI)
    assert [server["command"], *server["args"][:3]] == ["uvx", "--from", "${extensionPath}", NAME]
    assert {VARIABLES[row["envVar"]].name for row in GEMINI["settings"]} == ASKED_FOR
    assert [row["envVar"] for row in GEMINI["settings"] if row.get("sensitive")] == ["SENTRY_AUTH_TOKEN"]


def test_the_codex_snippet_waits_for_the_server_and_stops_without_it() -> None:
    server = CODEX["mcp_servers"][NAME]
    assert (server["command"], server["args"], server["required"]) == ("uvx", [NAME], True)
    assert server["startup_timeout_sec"] >= 20
    assert set(server["env_vars"]) <= set(VARIABLES)
    assert "env" not in server, "a token in a file that is shared"


def test_the_vs_code_snippet_asks_for_the_token_without_showing_it() -> None:
    server = VSCODE["servers"][NAME]
    inputs = {row["id"]: row for row in VSCODE["inputs"]}
    assert (server["command"], server["args"]) == ("uvx", [NAME])
    assert set(server["env"]) <= set(VARIABLES)
    assert set(server["env"].values()) == {f"${{input:{name}}}" for name in inputs}
    assert [row["id"] for row in inputs.values() if row.get("password")] == ["sentry-auth-token"]
    assert server["env"]["SENTRY_AUTH_TOKEN"] == "${input:sentry-auth-token}"


def test_the_install_link_of_vs_code_says_what_the_snippet_says() -> None:
    page = (ROOT / "hosts" / "README.md").read_text(encoding="utf-8")
    (link,) = re.findall(r"\((https://vscode\.dev/redirect/mcp/install[^)]*)\)", page)
    query = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    assert query["name"] == NAME
    assert json.loads(query["config"]) == VSCODE["servers"][NAME]
    assert json.loads(query["inputs"]) == VSCODE["inputs"]


# --- the skill and the commands --------------------------------------------------------------------------------------


async def test_the_skill_names_every_tool_and_only_what_there_is() -> None:
    named = {word for code in re.findall(r"`([^`]+)`", INCIDENT) for word in NAME_OF_SEVERAL_WORDS.findall(code)}
    assert set(TOOL_NAMES) <= named
    async with connected("payment-spike") as connection:
        published = [tool.model_dump(mode="json") for tool in (await connection.client.list_tools()).tools]
    known = {*NAME_OF_SEVERAL_WORDS.findall(json.dumps(published)), *PATTERN_MODULES}
    assert sorted(named - known) == []


def test_the_skill_names_arguments_with_the_tool_that_takes_them() -> None:
    schemas = {tool.name: tool.parameters["properties"] for tool in tools_for("direct")}
    for tool, argument in {
        ("assess_situation", "alert"),
        ("classify_severity", "core_flow"),
        ("classify_severity", "workaround"),
        ("classify_severity", "data_loss_risk"),
        ("draft_update", "kind"),
        ("draft_update", "since"),
        ("draft_update", "audience"),
        ("check_recovery", "since"),
        ("resolve_issue", "dry_run"),
        ("resolve_issue", "confirm_token"),
        ("add_note", "dry_run"),
        ("draft_postmortem", "issues"),
        ("draft_postmortem", "check"),
        ("draft_postmortem", "detected_at"),
    }:
        assert argument in schemas[tool], f"{tool} takes no {argument}"
        assert re.search(rf"`{argument}[`=]", INCIDENT)


def test_the_skill_is_short_and_its_head_says_when_to_use_it() -> None:
    head, body = INCIDENT.split("---\n", 2)[1:]
    assert head.startswith("name: incident\n")
    assert "Use when" in head
    assert len(head) < 1024
    assert len(body.splitlines()) <= 150


def commands() -> dict[str, str]:
    """File → text of the command of each shipped template."""
    templates = list(load_templates())
    return {
        f"{name}.md": command(name, template)
        for name, template in zip(skill_names([one.name for one in templates]), templates, strict=True)
    }


def command(name: str, template: Template) -> str:
    """A command that copies no word of the runbook: the server's skill has them, a team's own included."""
    hint = " ".join(f"[{argument.name}]" for argument in template.arguments)
    rows = [f"description: {json.dumps(template.description, ensure_ascii=False)}"]
    rows += [f"argument-hint: {json.dumps(hint)}"] if hint else []
    # For people: a model has the tools and the skill, and every description here would be in each of its requests.
    rows += ["disable-model-invocation: true"]
    given = " Given: $ARGUMENTS" if hint else ""
    words = (
        f"Read the resource `{ADDRESS.format(skill=name)}` of the MCP server `{SERVER}`, and do what it says.{given}"
    )
    return "\n".join(["---", *rows, "---", "", words, ""])


def test_every_template_has_its_command_and_there_is_no_other() -> None:
    expected = commands()
    folder = ROOT / "commands"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        for name, text in expected.items():
            (folder / name).write_text(text, encoding="utf-8")
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert found == expected, "Write them anew with UPDATE_SNAPSHOTS=1, and remove those of templates that are gone."


async def test_what_a_command_reads_is_there() -> None:
    async with connected("payment-spike") as connection:
        for text in commands().values():
            (uri,) = re.findall(r"`(skill://[^`]+)`", text)
            assert (await connection.client.read_resource(uri)).contents


def test_the_icon_is_a_square_small_enough_for_every_host() -> None:
    """The plugin directory takes PNG of 512 to 2048 pixels; bundles and server.json take the same file."""
    content = (ROOT / "assets" / "icon.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (512, 512)
    assert len(content) <= 20_000
    assert (ROOT / "assets" / "icon.svg").read_text(encoding="utf-8").startswith("<svg ")


# --- what the hosts' own programs say --------------------------------------------------------------------------------


def program(name: str) -> str:
    """The path of a host's program, else the test is skipped."""
    folder = os.environ.get(HOST_VARIABLE, "")
    path = shutil.which(name) or shutil.which(name, path=str(Path(folder) / "node_modules" / ".bin"))
    if path is None:
        pytest.skip(f"{name} is not on PATH; {HOST_VARIABLE} may name a folder in which npm installed it")
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """What a host copies of the repository: the files that git tracks, or all but caches outside a checkout."""
    target = tmp_path / "repository"
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(".*cache*", ".venv", ".git", "__pycache__", "tests"))
    return target


def run(command_line: list[str], home: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a host's program with an empty home folder."""
    home.mkdir(exist_ok=True)
    env = {**os.environ, "HOME": str(home), "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "NO_COLOR": "1"}
    return subprocess.run(
        command_line,
        env=env,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_claude_code_finds_the_plugin_and_the_marketplace_valid(tmp_path: Path, repository: Path) -> None:
    claude = program("claude")
    for path in (".", ".claude-plugin/plugin.json"):
        said = run([claude, "plugin", "validate", "--strict", path], tmp_path / "home", repository)
        assert said.returncode == 0, said.stdout + said.stderr
        assert "Validation passed" in said.stdout
        assert "No icon" not in said.stdout


def test_claude_code_installs_the_plugin_from_the_repository_s_marketplace(tmp_path: Path, repository: Path) -> None:
    claude, home = program("claude"), tmp_path / "home"
    said = run([claude, "plugin", "install", NAME, "--marketplace", str(repository)], home, tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    details = run([claude, "plugin", "details", NAME], home, tmp_path).stdout
    assert f"{NAME} {__version__}" in details
    skills = re.search(r"Skills \((\d+)\)(.*)", details)
    assert skills and int(skills[1]) == 1 + len(commands())
    assert re.search(rf"MCP servers \(1\) +{NAME}", details)


def test_gemini_cli_finds_the_extension_valid(tmp_path: Path, repository: Path) -> None:
    gemini = program("gemini")
    said = run([gemini, "extensions", "validate", str(repository)], tmp_path / "home", tmp_path)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "successfully validated" in said.stdout + said.stderr
