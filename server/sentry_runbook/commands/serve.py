"""``serve``: MCP over stdio or Streamable HTTP, in front of the real Sentry or of the embedded one."""

from __future__ import annotations

import argparse
import os
import sys

import anyio

from sentry_runbook.commands.logs import log_to_stderr, without_rich_logs
from sentry_runbook.commands.runtime import runtime_of
from sentry_runbook.runtime import Runtime
from sentry_runbook.server.stdio import serve_stdio
from sentry_runbook.settings import Settings


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until stdin ends (stdio) or a signal comes.

    Raises:
        SettingsError: policy, address or port cannot be used.
        BadTemplate: a template cannot be filled.
    """
    log_to_stderr()
    made = runtime_of(arguments, settings)
    with without_rich_logs():
        if arguments.transport == "http":
            return anyio.run(_http, made, arguments)
        anyio.run(serve_stdio, made)
    return 0


async def _http(made: Runtime, arguments: argparse.Namespace) -> int:
    # stdio starts faster without what only this transport needs.
    from sentry_runbook.commands.ports import free_port  # noqa: PLC0415
    from sentry_runbook.server.app import build_server  # noqa: PLC0415
    from sentry_runbook.server.http import serve_http  # noqa: PLC0415

    host, port = arguments.host, free_port(arguments.host, arguments.port)
    shown = f"[{host}]" if ":" in host else host
    signum = await serve_http(
        build_server(made),
        made,
        host,
        port,
        allowed_hosts=arguments.allowed_host,
        secret=os.environ.get("SENTRY_RUNBOOK_HTTP_TOKEN", "").strip(),
        listening=lambda: _say(f"MCP at http://{shown}:{port}/mcp, Ctrl-C ends it"),
    )
    return 128 + signum if signum else 0


def _say(text: str) -> None:
    sys.stderr.write(f"sentry-runbook: {text}\n")
    sys.stderr.flush()
