"""How the hosts with a command line of their own are configured and started: one function each.

All are told the same three things: the model is at this URL, the server is started so, nothing else is asked of the
network. What each of them must be told beyond that stands as a comment.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.hosts.client import Command, Start

PROMPT = "triage SHOP-1Z"
NAME = "sentry-runbook"


def claude_code(start: Start) -> Command:
    """``claude -p``. It shows the model names alone and finds the rest by search."""
    configuration = start.work / "mcp.json"
    _write(configuration, {"mcpServers": {NAME: _entry(start)}})
    return Command(
        (
            *(os.fspath(start.program), "-p", PROMPT, "--mcp-config", os.fspath(configuration), "--strict-mcp-config"),
            *("--allowedTools", f"mcp__{NAME}", "--output-format", "stream-json", "--verbose"),
        ),
        claude_environment(start.model),
    )


def claude_environment(model: str) -> dict[str, str]:
    """What points Claude Code at the scripted model, and keeps it from everything else."""
    quiet = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY")
    return {"ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "stub", **dict.fromkeys(quiet, "1")}


def codex(start: Start) -> Command:
    """``codex exec``. Without an approval mode for this server it refuses calls that may destroy something."""
    folder = start.home / ".codex"
    folder.mkdir()
    text = json.dumps  # TOML's basic strings and arrays of them are JSON's
    (folder / "config.toml").write_text(
        f"""
model = "stub"
model_provider = "stub"
check_for_update_on_startup = false
[model_providers.stub]
name = "stub"
base_url = {text(start.model + "/v1")}
wire_api = "responses"
env_key = "STUB_KEY"
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
[mcp_servers.{NAME}]
command = {text(start.server.command)}
args = {text(start.server.args)}
required = true
default_tools_approval_mode = "approve"
[mcp_servers.{NAME}.env]
{"".join(f"{name} = {text(value)}{chr(10)}" for name, value in start.server.env.items())}
"""
    )
    argv = (os.fspath(start.program), "exec", "--skip-git-repo-check", "--json", PROMPT)
    return Command(argv, {"STUB_KEY": "stub"})


def gemini_cli(start: Start) -> Command:
    """``gemini -p``. It asks nobody (``yolo``), and the folder must be trusted."""
    folder = start.home / ".gemini"
    folder.mkdir()
    settings = {
        "mcpServers": {NAME: {**_entry(start), "trust": True}},
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "telemetry": {"enabled": False},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False},
    }
    _write(folder / "settings.json", settings)
    argv = ("-p", PROMPT, "-m", "gemini-2.5-pro", "--approval-mode", "yolo", "--output-format", "json")
    env = {"GEMINI_API_KEY": "stub", "GOOGLE_GEMINI_BASE_URL": start.model, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return Command((os.fspath(start.program), *argv), env)


def qwen_code(start: Start) -> Command:
    """``qwen``, a relative of Gemini CLI, in front of the Chat Completions API."""
    folder = start.home / ".qwen"
    folder.mkdir()
    settings = {
        "mcpServers": {NAME: {**_entry(start), "trust": True}},
        "security": {"auth": {"selectedType": "openai"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False},
    }
    _write(folder / "settings.json", settings)
    env = {"OPENAI_API_KEY": "stub", "OPENAI_BASE_URL": f"{start.model}/v1", "OPENAI_MODEL": "stub"}
    return Command((os.fspath(start.program), PROMPT, "--yolo", "--output-format", "json"), env)


def continue_cli(start: Start) -> Command:
    """``cn -p``. Its configuration is YAML, of which JSON is a part."""
    model = {"name": "stub", "provider": "openai", "model": "stub", "apiKey": "stub", "apiBase": f"{start.model}/v1"}
    configuration = {
        **{"name": "hosts", "version": "0.0.1", "schema": "v1"},
        "models": [{**model, "roles": ["chat"], "capabilities": ["tool_use"]}],
        "mcpServers": [{"name": NAME, "type": "stdio", **_entry(start)}],
    }
    _write(start.work / "config.yaml", configuration)
    argv = (os.fspath(start.program), "-p", PROMPT, "--config", os.fspath(start.work / "config.yaml"), "--auto")
    return Command(argv, {"CONTINUE_TELEMETRY_ENABLED": "0"})


def opencode(start: Start) -> Command:
    """``opencode run``."""
    settings = {
        **{"model": "stub/stub", "small_model": "stub/stub", "autoupdate": False, "share": "disabled"},
        "provider": {
            "stub": {
                "npm": "@ai-sdk/openai-compatible",
                "options": {"baseURL": f"{start.model}/v1", "apiKey": "stub"},
                "models": {"stub": {}},
            }
        },
        "mcp": {
            NAME: {
                "type": "local",
                "command": [start.server.command, *start.server.args],
                "environment": dict(start.server.env),
            }
        },
    }
    _write(start.work / "opencode.json", settings)
    quiet = ("OPENCODE_DISABLE_AUTOUPDATE", "OPENCODE_DISABLE_MODELS_FETCH", "OPENCODE_DISABLE_LSP_DOWNLOAD")
    return Command((os.fspath(start.program), "run", "--format", "json", PROMPT), dict.fromkeys(quiet, "1"))


def _entry(start: Start) -> dict[str, object]:
    """The server as most hosts want it."""
    return {"command": start.server.command, "args": list(start.server.args), "env": dict(start.server.env)}


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2))
