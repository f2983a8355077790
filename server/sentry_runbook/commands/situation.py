"""``situation``: what is going on, over all projects, for a person in a terminal or as JSON for a program."""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.commands.answers import CODES, add_answer_flags, form_of, write_answer
from sentry_runbook.commands.arguments import add_sentry_flags, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.incident.model.results.situation import Situation
from sentry_runbook.incident.situation.situation import LISTS
from sentry_runbook.settings import Settings
from sentry_runbook.tools import assess_situation


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_answer_flags(command)
    command.add_argument("--environment", metavar="NAME", help="only this environment (several: comma)")
    command.add_argument("--period", metavar="P", help="15m, 1h, 24h … (1h)")
    command.add_argument("--alert", metavar="LINK", help="a link to an alert, monitor, cron, release …, or its name")
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the situation.

    Raises:
        RunbookError: no list of issues can be read, or an argument is invalid.
    """
    return give_situation(arguments, settings, arguments.alert)


def give_situation(arguments: argparse.Namespace, settings: Settings, alert: str | None) -> int:
    """Show the situation, of an alert where one is given; also for the webhook of one.

    Raises:
        RunbookError: no list of issues can be read, or an argument is invalid.
    """
    result = anyio.run(_situation, arguments, settings, alert)
    form = form_of(arguments)
    if form == "text":
        from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
        from sentry_runbook.render.terminal_situation import show_situation  # noqa: PLC0415  # as above

        show_situation(Screen(), result)
    else:
        write_answer(form, assess_situation.TOOL, result)
    return _severity_code(result) if arguments.exit_code else 0


def _severity_code(result: Situation) -> int:
    """The code of the most severe incident; 1 where there is none, but a list of issues or a project was not read."""
    if result.incidents:
        return min(CODES[incident.severity] for incident in result.incidents)
    unread = [entry.what for entry in result.missing if not LISTS.isdisjoint(entry.what.split(", "))]
    unread += [f"project {name}" for name in result.scope.not_searched or ()]
    if not unread:
        return 0
    sys.stderr.write(f"sentry-runbook: nothing was found, but not everything could be looked at: {', '.join(unread)}\n")
    return 1


async def _situation(arguments: argparse.Namespace, settings: Settings, alert: str | None) -> Situation:
    """The flag ``--project`` alone narrows it: a default project of the settings must not hide the others."""
    async with open_runtime(arguments, settings) as runtime:
        return await assess_situation.situation_of(
            runtime,
            alert=alert,
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
