"""A server process of the benchmark; the same script runs on the package of this checkout and on the first edition's.

It must therefore import nothing of ``sentry_runbook`` that only one of the two has. ``serve`` answers MCP over
stdio, as ``sentry-runbook serve`` does; ``count`` calls the given tools and prints rounds and requests of each as JSON.
"""

from __future__ import annotations

import argparse
import gc
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import httpx
from mcp import Client

import sentry_runbook
from bench.rounds import RoundCountingTransport
from sentry_runbook.settings import Limits, Secret, Settings

HOMES: Mapping[str, tuple[str, ...]] = {
    "build_runtime": ("sentry_runbook.runtime", "sentry_runbook.app"),
    "build_server": ("sentry_runbook.server.app", "sentry_runbook.app"),
    "serve_stdio": ("sentry_runbook.server.stdio", "sentry_runbook.app"),
}
"""In which modules a function is: now, and in the first edition."""


class WrongPackage(Exception):
    """The package that was imported is not the one to be measured."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run one of the two modes."""
    parser = argparse.ArgumentParser(prog="python -m bench.worker")
    parser.add_argument("mode", choices=("serve", "count"))
    parser.add_argument("--package", type=Path, required=True, help="folder that the package must come from")
    parser.add_argument("--url", required=True, help="base URL of the benchmark's Sentry")
    parser.add_argument("--now", type=datetime.fromisoformat, required=True, help="the server's clock stands here")
    parser.add_argument("--cache-s", type=float, default=Limits().cache_s)
    parser.add_argument("--calls", type=json.loads, default=[], help="JSON: [[tool, arguments, arguments to undo]]")
    options = parser.parse_args(argv)
    if options.package.resolve() != Path(sentry_runbook.__file__).resolve().parents[1]:
        raise WrongPackage(f"{sentry_runbook.__file__} is not in {options.package}")
    anyio.run(_serve if options.mode == "serve" else _count, options)


def _function(name: str) -> Any:  # the function's module, and so its type, depends on the edition
    for home in HOMES[name]:
        try:
            return getattr(import_module(home), name)
        except AttributeError:
            continue
        except ModuleNotFoundError as exc:
            if exc.name is None or not home.startswith(exc.name):
                raise
    raise WrongPackage(f"{name} is in none of {', '.join(HOMES[name])}")


def _runtime(options: argparse.Namespace, transport: httpx.AsyncBaseTransport | None = None) -> Any:
    settings = Settings(
        token=Secret("bench"),
        organization="acme",
        base_url=options.url,
        writes="direct",
        limits=Limits(cache_s=options.cache_s),
    )
    return _function("build_runtime")(settings, http_transport=transport, clock=lambda: options.now)


async def _serve(options: argparse.Namespace) -> None:
    runtime, serve_stdio = _runtime(options), _function("serve_stdio")
    # The command does so, too, once its modules are imported.
    gc.collect()
    gc.freeze()
    await serve_stdio(runtime)


async def _count(options: argparse.Namespace) -> None:
    transport = RoundCountingTransport(httpx.AsyncHTTPTransport())
    runtime = _runtime(options, transport)
    counts: dict[str, Mapping[str, int]] = {}
    async with Client(_function("build_server")(runtime)) as client:
        for tool, arguments, undo in options.calls:
            transport.reset()
            result = await client.call_tool(tool, arguments)
            if result.is_error:
                raise RuntimeError(f"{tool}: {result.content}")
            counts[tool] = {"rounds": transport.rounds, "requests": len(transport.requests)}
            if undo is not None:
                await client.call_tool(tool, undo)
    await runtime.aclose()
    await transport.inner.aclose()
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
