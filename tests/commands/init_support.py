"""A home folder, a project folder and hosts for init, and what the files of hosts look like."""

from __future__ import annotations

import json
import stat
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from sentry_runbook.simulator.clock import ManualClock
from tests.commands.support import Commands, Outcome

HOST_VARIABLES = (
    "CLAUDE_CONFIG_DIR",
    "CODEX_HOME",
    "GEMINI_CLI_HOME",
    "XDG_CONFIG_HOME",
    "APPDATA",
    "DBUS_SESSION_BUS_ADDRESS",
    *(name for upper in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY") for name in (upper, upper.lower())),
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""What moves configurations, and what is written into them, from outside."""
FILES = {
    "claude-code": ".claude.json",
    "claude-desktop": ".config/Claude/claude_desktop_config.json",
    "cursor": ".cursor/mcp.json",
    "vscode": ".config/Code/User/mcp.json",
    "codex": ".codex/config.toml",
    "gemini": ".gemini/settings.json",
}
"""Below the home folder, on Linux."""
TABLES = {"vscode": "servers", "codex": "mcp_servers"}
"""The key of the servers, where it is not ``mcpServers``."""
JSON_HOSTS = [name for name in FILES if name != "codex"]


def written(home: Path, host: str) -> Path:
    """The file of a host."""
    return home / FILES[host]


def said(path: Path) -> dict[str, Any]:
    """What a configuration without comments says."""
    text = path.read_text(encoding="utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else dict(json.loads(text))


def entry(home: Path, host: str) -> dict[str, Any]:
    """The server's entry in a host's file."""
    found: dict[str, Any] = said(written(home, host))[TABLES.get(host, "mcpServers")]["sentry-runbook"]
    return found


def put(home: Path, host: str, text: str, mode: int = 0o644) -> Path:
    """A host's file as it was before."""
    path = written(home, host)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def mode(path: Path) -> int:
    """Who may read it."""
    return stat.S_IMODE(path.stat().st_mode)


def backups(path: Path) -> list[Path]:
    """What lies beside a file as its backup."""
    return sorted(path.parent.glob(f"{path.name}.*.bak"))


def init(command: Commands, *argv: str) -> Outcome:
    """Run init without a terminal."""
    return command("init", *argv)


def flat(text: str) -> str:
    """Output without the breaks of its lines."""
    return " ".join(text.split())


def a_month_later() -> ManualClock:
    """A clock that stands still a month after the zero of every embedded Sentry: the checks have no issue to try."""
    return ManualClock(ManualClock().now + timedelta(days=30))
