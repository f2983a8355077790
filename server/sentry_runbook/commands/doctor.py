"""``doctor``: whether the set-up works, a line each with the fix, and what this Sentry can answer as a table."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

import anyio
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sentry_runbook.commands.arguments import add_json_flag, add_sentry_flags, add_settings
from sentry_runbook.commands.checks import DoctorCheck, checks, next_step
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.render.console import Screen
from sentry_runbook.sentry.compatibility import Capability
from sentry_runbook.settings import Settings

SIGNS = {"ok": ("✓", "green"), "bad": ("✗", "bold red"), "note": ("–", "yellow")}
ABILITY_SIGNS = {"yes": SIGNS["ok"], "no": SIGNS["bad"], "unknown": ("–", "dim")}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_json_flag(command, "all checks as one JSON object, for programs")
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Check the set-up; 1 when a triage cannot run.

    Raises:
        SettingsError: the policy cannot be used.
        BadTemplate: a template cannot be filled.
    """
    return anyio.run(_examine, arguments, settings)


async def _examine(arguments: argparse.Namespace, settings: Settings) -> int:
    screen, results = None if arguments.json else Screen(), list[DoctorCheck]()
    async with open_runtime(arguments, settings) as runtime:
        async for check in checks(runtime):
            results.append(check)
            if screen is not None:
                _show(screen, check)
        abilities = runtime.client().capabilities() if settings.token else ()
    step = next_step(results, demo=arguments.demo)
    if screen is None:
        print_json(_facts(results, abilities, step))
    else:
        _conclude(screen, results, abilities, step)
    return 1 if any(check.fatal for check in results) else 0


def _conclude(screen: Screen, results: Sequence[DoctorCheck], abilities: Sequence[Capability], step: str) -> None:
    """The table, the verdict, and the one next thing to do."""
    if any(ability.state != "unknown" for ability in abilities):
        _table(screen, abilities)
    screen.print()
    wrong = sum(check.state == "bad" for check in results)
    if any(check.fatal for check in results):
        screen.print(Text(f"Not ready: {wrong} to fix, marked ✗.", "bold red"))
    else:
        screen.print(Text("Ready." if not wrong else f"It works, but {wrong} should be fixed, marked ✗.", "bold green"))
    screen.print(Text(f"Next: {step}", "bold"))


def _facts(results: Sequence[DoctorCheck], abilities: Sequence[Capability], step: str) -> dict[str, object]:
    """What was found, for programs; what is empty is left out."""
    return {
        "ready": not any(check.fatal for check in results),
        "next": step,
        "checks": [
            {
                "name": check.name,
                "state": check.state,
                "what": check.what,
                **({"fix": check.fix} if check.fix else {}),
                **({"fatal": True} if check.fatal else {}),
                **({"facts": dict(check.facts)} if check.facts else {}),
            }
            for check in results
        ],
        "abilities": [
            {"name": ability.name, "what": ability.what, "state": ability.state}
            | ({"instead": ability.instead} if ability.state == "no" else {})
            for ability in abilities
        ],
    }


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
    summary="check token, scopes, organization, alerts, clock, and what this Sentry can answer",
    example="SENTRY_ORG=acme sentry-runbook doctor",
    add_arguments=add_arguments,
    run=run,
    shows_warnings=False,
)
