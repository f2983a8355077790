"""``serve``: MCP over stdio or Streamable HTTP, in front of the real Sentry or of the embedded one."""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.commands.arguments import (
    add_port_flags,
    add_sentry_flags,
    add_settings,
)
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.logs import without_rich_logs
from sentry_runbook.commands.runtime import command_runtime, runtime_despite_problems
from sentry_runbook.runtime import Runtime
from sentry_runbook.server.stdio import serve_stdio
from sentry_runbook.settings import Settings


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    serving = command.add_argument_group("how to serve")
    serving.add_argument(
        "--transport",
        choices=("stdio", "http"),
        default="stdio",
        help="stdio (default), or Streamable HTTP at /mcp with /health and /ready beside it; on another address than "
        "this machine's, clients must send the secret SENTRY_RUNBOOK_HTTP_TOKEN as bearer token",
    )
    add_port_flags(serving, 8765)
    serving.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also answer requests for this Host, as behind a reverse proxy (repeatable)",
    )
    serving.add_argument(
        "--allowed-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="also answer web pages of this origin, such as https://tools.example.com (repeatable)",
    )
    serving.add_argument(
        "--base-path", default="", metavar="PATH", help="serve below this path, such as /runbook (none)"
    )
    add_sentry_flags(command)
    behaviour = command.add_argument_group("what it may do, and how it judges")
    behaviour.add_argument("--read-only", action="store_true", help="the same as --writes off")
    add_settings(behaviour, "writes", "policy_file", "prompts_dir", "state_dir")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until stdin ends (stdio) or a signal comes. Over stdio it starts whatever is wrong with the settings.

    Raises:
        SettingsError: over HTTP, policy, address or port cannot be used.
        BadTemplate: over HTTP, a template cannot be filled.
    """
    if _starts_despite(arguments):
        runtime = runtime_despite_problems(arguments, settings)
        if runtime.problem is not None:
            _say(f"{runtime.problem} Until then every tool answers with this.")
        with without_rich_logs():
            anyio.run(serve_stdio, runtime)
        return 0
    runtime = command_runtime(arguments, settings)
    with without_rich_logs():
        return anyio.run(_http, runtime, arguments)


def _starts_despite(arguments: argparse.Namespace) -> bool:
    return bool(arguments.transport == "stdio")


async def _http(runtime: Runtime, arguments: argparse.Namespace) -> int:
    from sentry_runbook.commands.ports import free_port  # noqa: PLC0415  # stdio starts faster without
    from sentry_runbook.server.app import build_server  # noqa: PLC0415  # as above
    from sentry_runbook.server.http import HttpAccess, serve_http  # noqa: PLC0415  # as above

    host, port = arguments.host, free_port(arguments.host, arguments.port)
    access = HttpAccess(
        host,
        port,
        hosts=tuple(arguments.allowed_host),
        origins=tuple(arguments.allowed_origin),
        base_path=arguments.base_path,
        secret=runtime.settings.http_token,
    ).checked()
    shown = f"http://{f'[{host}]' if ':' in host else host}:{port}{access.base_path}/mcp"
    signum = await serve_http(
        build_server(runtime), runtime, access, listening=lambda: _say(f"MCP at {shown}, Ctrl-C ends it")
    )
    return 128 + signum if signum else 0


def _say(text: str) -> None:
    sys.stderr.write(f"sentry-runbook: {text}\n")
    sys.stderr.flush()


COMMAND = Command(
    summary="serve MCP to an AI assistant, over stdio or HTTP",
    example="claude mcp add sentry-runbook -e SENTRY_AUTH_TOKEN=… -- sentry-runbook serve",
    add_arguments=add_arguments,
    run=run,
    starts_despite=_starts_despite,
)
