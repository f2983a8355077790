"""``doctor``: whether the set-up works, a line each with the fix, and what this Sentry can answer as a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

import anyio
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sentry_runbook.commands.arguments import add_sentry_flags, add_settings
from sentry_runbook.commands.checks import DoctorCheck, checks
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.render.console import Screen
from sentry_runbook.sentry.compatibility import Capability
from sentry_runbook.settings import Settings

SIGNS = {"ok": ("✓", "green"), "bad": ("✗", "bold red"), "note": ("–", "yellow")}
ABILITY_SIGNS = {"yes": SIGNS["ok"], "no": SIGNS["bad"], "unknown": ("–", "dim")}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check the set-up; 1 when a triage cannot run.

    Raises:
        SettingsError: the policy cannot be used.
        BadTemplate: a template cannot be filled.
    """
    return anyio.run(_examine, arguments, settings)


async def _examine(arguments: argparse.Namespace, settings: Settings) -> int:
    screen, results = Screen(), list[DoctorCheck]()
    async with open_runtime(arguments, settings) as runtime:
        async for check in checks(runtime):
            results.append(check)
            _show(screen, check)
        abilities = runtime.client().capabilities() if settings.token else ()
    if any(ability.state != "unknown" for ability in abilities):
        _table(screen, abilities)
    screen.print()
    wrong = sum(check.state == "bad" for check in results)
    if any(check.fatal for check in results):
        screen.print(Text(f"Not ready: {wrong} to fix, marked ✗.", "bold red"))
        return 1
    screen.print(Text("Ready." if not wrong else f"It works, but {wrong} should be fixed, marked ✗.", "bold green"))
    return 0


def _show(screen: Screen, check: DoctorCheck) -> None:
    sign, style = SIGNS[check.state]
    screen.points([(sign, check.what, style)], 0)
    if check.fix:
        screen.points([("→", check.fix, "bold")], 2)


def _table(screen: Screen, abilities: Iterable[Capability]) -> None:
    screen.heading("What this Sentry can answer")
    table = Table.grid(padding=(0, 2, 0, 0))
    for ability in abilities:
        sign, style = ABILITY_SIGNS[ability.state]
        instead = {"no": f"instead: {ability.instead}", "unknown": "not needed so far"}.get(ability.state, "")
        table.add_row(Text(sign, style), Text(ability.what), Text(instead, "dim"))
    screen.print(Padding(table, (0, 0, 0, 1)))


COMMAND = Command(
    summary="check token, scopes, organization, clock, and what this Sentry can answer",
    example="SENTRY_ORG=acme sentry-runbook doctor",
    add_arguments=add_arguments,
    run=run,
    shows_warnings=False,
)
