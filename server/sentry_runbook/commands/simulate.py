"""``simulate``: the embedded Sentry over HTTP, so that any client can be pointed at it."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

import anyio

from sentry_runbook.commands.arguments import add_json_flag, add_port_flags, whole_number
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.commands.ports import free_port
from sentry_runbook.commands.scenario_names import facts_of, scenarios_named
from sentry_runbook.settings import Settings
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.serve import serve
from sentry_runbook.simulator.world import ORGANIZATION, World


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="only these incidents (all)")
    add_json_flag(command, "print address and incidents as one JSON object, then serve")
    add_port_flags(command, 9000)
    command.add_argument(
        "--latency-ms", type=whole_number(0, 60_000), default=0, metavar="N", help="how late every answer is (0)"
    )


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Serve until Ctrl-C.

    Raises:
        BadInput: no such scenario; names the ones there are.
        SettingsError: the port is taken.
    """
    world = World(scenarios_named(arguments.scenarios))
    port = free_port(arguments.host, arguments.port)
    # uvicorn closes its connections and then raises the signal again: it shall end as the other commands do. Set before
    # the address is told: who reads that may end it at once.
    signal.signal(signal.SIGTERM, _leave)
    url = address_of(arguments.host, port)
    if arguments.json:
        variables = {"SENTRY_URL": url, "SENTRY_AUTH_TOKEN": "demo", "SENTRY_ORG": ORGANIZATION}
        print_json({"url": url, "environment": variables, "scenarios": facts_of(world.scenarios)})
    else:
        sys.stdout.write(greeting(world.scenarios, url))
    sys.stdout.flush()
    anyio.run(_serve, world, arguments.host, port, arguments.latency_ms)
    return 0


def _leave(signum: int, _: FrameType | None) -> None:
    raise SystemExit(128 + signum)


async def _serve(world: World, host: str, port: int, latency_ms: float) -> None:
    await serve(create_app(world, latency_ms=latency_ms), host=host, port=port)


def address_of(host: str, port: int) -> str:
    """The base URL."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def greeting(scenarios: tuple[Scenario, ...], url: str) -> str:
    """What to set, and what to try: the issues that begin a story, which alone have a title."""
    told = [scenario for scenario in scenarios if scenario.title]
    width = max(len(scenario.issue) for scenario in told)
    return "\n".join(
        [
            f"The embedded Sentry answers at {url} (any token will do). Ctrl-C ends it.",
            "",
            f"export SENTRY_URL={url}",
            "export SENTRY_AUTH_TOKEN=demo",
            f"export SENTRY_ORG={ORGANIZATION}",
            "",
            "Then try, in another terminal:",
            *(f"  sentry-runbook triage {scenario.issue:<{width}}   # {scenario.title}" for scenario in told),
            "",
        ]
    )


COMMAND = Command(
    summary="serve the embedded Sentry over HTTP, for any client to try",
    example="sentry-runbook simulate --port 9000 payment-spike",
    add_arguments=add_arguments,
    run=run,
)
