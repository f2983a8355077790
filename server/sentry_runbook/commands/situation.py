"""``situation``: what is going on, over all projects, for a person in a terminal or as JSON for a program."""

from __future__ import annotations

import argparse
import json
import sys

import anyio

from sentry_runbook.commands.arguments import add_sentry_flags, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.incident.model.results.situation import Situation
from sentry_runbook.settings import Settings
from sentry_runbook.tools import assess_situation


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("--json", action="store_true", help="the tool's structured answer, for programs")
    command.add_argument("--environment", metavar="NAME", help="only this environment (several: comma)")
    command.add_argument("--period", metavar="P", help="15m, 1h, 24h … (1h)")
    command.add_argument("--alert", metavar="LINK", help="a link to an alert, monitor, cron, release …, or its name")
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the situation.

    Raises:
        RunbookError: no list of issues can be read, or an argument is invalid.
    """
    result = anyio.run(_situation, arguments, settings)
    if arguments.json:
        # Serialized by the tool: the same cuts, the same masks, the same paths of untrusted values.
        answer = assess_situation.TOOL.prepare(result)
        sys.stdout.write(json.dumps(answer.structured, indent=2, ensure_ascii=False) + "\n")
        return 0
    from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
    from sentry_runbook.render.terminal_situation import show_situation  # noqa: PLC0415  # as above

    show_situation(Screen(), result)
    return 0


async def _situation(arguments: argparse.Namespace, settings: Settings) -> Situation:
    """The flag ``--project`` alone narrows it: a default project of the settings must not hide the others."""
    async with open_runtime(arguments, settings) as runtime:
        return await assess_situation.situation_of(
            runtime,
            alert=arguments.alert,
            project=arguments.project,
            environment=arguments.environment,
            period=arguments.period,
        )


COMMAND = Command(
    summary="what is going on over all projects: incidents of many issues, or that nothing is wrong",
    example="sentry-runbook situation --project payments --period 1h",
    add_arguments=add_arguments,
    run=run,
)
