"""Opens what a command works with: a runtime in front of the real Sentry, or of the embedded one."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sentry_runbook.runtime import Runtime, build_runtime, build_runtime_despite_problems, utc_now
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import httpx

    from sentry_runbook.simulator.world import World

__all__ = ["embedded_sentry", "open_runtime", "utc_now"]


@asynccontextmanager
async def open_runtime(arguments: argparse.Namespace, settings: Settings) -> AsyncIterator[Runtime]:
    """A runtime, closed at the end; with ``--demo`` its Sentry is the embedded one.

    Raises:
        SettingsError: no token, or the policy cannot be used.
        BadTemplate: a template cannot be filled.
    """
    run = command_runtime(arguments, settings)
    try:
        yield run
    finally:
        await run.aclose()


def command_runtime(arguments: argparse.Namespace, settings: Settings) -> Runtime:
    """The runtime of a command; who makes it closes it."""
    return build_runtime(settings, http_transport=_http_transport(arguments), clock=utc_now)


def runtime_despite_problems(arguments: argparse.Namespace, settings: Settings) -> Runtime:
    """The runtime of a server that starts whatever is wrong with the settings; who makes it closes it."""
    return build_runtime_despite_problems(settings, http_transport=_http_transport(arguments), clock=utc_now)


def _http_transport(arguments: argparse.Namespace) -> httpx.AsyncBaseTransport | None:
    return embedded_sentry() if arguments.demo else None


def embedded_sentry(world: World | None = None) -> httpx.AsyncBaseTransport:
    """What answers in place of the network: the embedded Sentry, by default with every incident at once."""
    import httpx  # noqa: PLC0415  # serving a real Sentry starts without these (DESIGN §9)

    from sentry_runbook.simulator.app import create_app  # noqa: PLC0415  # as above
    from sentry_runbook.simulator.world import World  # noqa: PLC0415  # as above

    return httpx.ASGITransport(app=create_app(world or World.of_all(utc_now)))
