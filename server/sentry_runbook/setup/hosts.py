"""The hosts that ``init`` configures, as one table: where their configuration lies, in which form, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Syntax = Literal["json", "commented json", "jsonc", "toml"]
"""JSON; with comments; with comments and trailing commas; TOML."""
Base = Literal["home", "applications"]
SERVER = "sentry-runbook"
"""The name under which a host lists the server."""
TOKEN_INPUT = "sentry-auth-token"  # noqa: S105  # the name of a question, no token
"""The id of VS Code's question for the token."""


@dataclass(frozen=True)
class Machine:
    """What decides where configurations lie.

    Attributes:
        home: the user's home folder.
        directory: the project's folder.
        environment: the process's environment.
        platform: as :data:`sys.platform` says it.
        which: the path of a program, as :func:`shutil.which` finds it.
    """

    home: Path
    directory: Path
    environment: Mapping[str, str]
    platform: str
    which: Callable[[str], str | None]

    @property
    def applications(self) -> Path:
        """Where desktop applications keep the user's configuration."""
        if self.platform == "darwin":
            return self.home / "Library" / "Application Support"
        if self.platform == "win32":
            return Path(self.environment.get("APPDATA") or self.home / "AppData" / "Roaming")
        return Path(self.environment.get("XDG_CONFIG_HOME") or self.home / ".config")


@dataclass(frozen=True)
class McpHost:
    """A host.

    Attributes:
        name: as ``--host`` takes it.
        title: as its maker writes it.
        base: what its file's path begins at.
        file: the user's configuration, from there.
        home_variable: the variable that moves it, and its path from there; None where there is none.
        project_file: the configuration that a project's people share; None where init writes none.
        servers: the key of the table of servers.
        syntax: how the file is written.
        reference: how a shared file names the variable of the token.
        has_inputs: whether it asks for secrets itself and keeps them (VS Code).
        names_transport: whether its entries say ``"type": "stdio"``.
        can_keep_in_view: whether its entries say ``"alwaysLoad"``: the first turn then waits for the tools, and the
            model sees them without a search (Claude Code, which defers tools).
        programs: what shows that it is installed, beside its folder.
        restart: what to do so that it reads the configuration.
    """

    name: str
    title: str
    base: Base
    file: str
    servers: str
    syntax: Syntax
    restart: str
    home_variable: tuple[str, str] | None = None
    project_file: str | None = None
    reference: str = ""
    has_inputs: bool = False
    names_transport: bool = False
    can_keep_in_view: bool = False
    programs: tuple[str, ...] = ()

    def user_file(self, machine: Machine) -> Path:
        """The user's configuration on this machine."""
        if self.home_variable and (folder := machine.environment.get(self.home_variable[0])):
            return Path(folder) / self.home_variable[1]
        return (machine.home if self.base == "home" else machine.applications) / self.file

    def is_installed(self, machine: Machine) -> bool:
        """Whether its program, its file or its folder is there."""
        file = self.user_file(machine)
        folder = machine.home / f".{self.name.partition('-')[0]}" if file.parent == machine.home else file.parent
        return file.exists() or folder.is_dir() or any(machine.which(program) for program in self.programs)


HOSTS = (
    McpHost(
        name="claude-code",
        title="Claude Code",
        base="home",
        file=".claude.json",
        home_variable=("CLAUDE_CONFIG_DIR", ".claude.json"),
        project_file=".mcp.json",
        servers="mcpServers",
        syntax="json",
        reference="${SENTRY_AUTH_TOKEN:-}",
        names_transport=True,
        can_keep_in_view=True,
        programs=("claude",),
        restart="start a new session of Claude Code",
    ),
    McpHost(
        name="claude-desktop",
        title="Claude Desktop",
        base="applications",
        file="Claude/claude_desktop_config.json",
        servers="mcpServers",
        syntax="json",
        restart="quit Claude Desktop, not only its window, and start it again",
    ),
    McpHost(
        name="cursor",
        title="Cursor",
        base="home",
        file=".cursor/mcp.json",
        project_file=".cursor/mcp.json",
        servers="mcpServers",
        syntax="jsonc",
        reference="${env:SENTRY_AUTH_TOKEN}",
        programs=("cursor",),
        restart="switch sentry-runbook on in Cursor's settings under MCP",
    ),
    McpHost(
        name="vscode",
        title="VS Code",
        base="applications",
        file="Code/User/mcp.json",
        project_file=".vscode/mcp.json",
        servers="servers",
        syntax="jsonc",
        has_inputs=True,
        names_transport=True,
        programs=("code",),
        restart="run “MCP: List Servers” in VS Code and start sentry-runbook",
    ),
    McpHost(
        name="codex",
        title="Codex",
        base="home",
        file=".codex/config.toml",
        home_variable=("CODEX_HOME", "config.toml"),
        servers="mcp_servers",
        syntax="toml",
        programs=("codex",),
        restart="start a new session of Codex",
    ),
    McpHost(
        name="gemini",
        title="Gemini CLI",
        base="home",
        file=".gemini/settings.json",
        home_variable=("GEMINI_CLI_HOME", ".gemini/settings.json"),
        servers="mcpServers",
        syntax="commented json",
        programs=("gemini",),
        restart="start Gemini CLI again, in a folder that it trusts",
    ),
)
"""All hosts, in the order in which they are shown."""
BY_NAME = {host.name: host for host in HOSTS}


def installed(machine: Machine) -> list[McpHost]:
    """The hosts that are on this machine."""
    return [host for host in HOSTS if host.is_installed(machine)]
