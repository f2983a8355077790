"""``review-alerts``: whether the alerts do their work, all of them, for a person in a terminal or for a program."""

from __future__ import annotations

import argparse

import anyio

from sentry_runbook.commands.answers import add_form_flags, form_of, write_answer
from sentry_runbook.commands.arguments import add_sentry_flags, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.json_output import UNCUT, print_json
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.incident.model.results.alert_review import AlertReview
from sentry_runbook.settings import Settings
from sentry_runbook.tools import review_alerts
from sentry_runbook.tools.output import prepare


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_form_flags(command)
    command.add_argument("--period", metavar="P", help="7d, 14d, 30d … (14d)")
    command.add_argument(
        "--cursor",
        metavar="C",
        help="begin at the cursor that a page of Markdown ends with; text and json hold all alerts",
    )
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the review.

    Raises:
        RunbookError: no list of alerts can be read, or an argument is invalid.
    """
    result = anyio.run(_review, arguments, settings)
    form = form_of(arguments)
    if form == "text":
        from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
        from sentry_runbook.render.terminal_alert_review import show_alert_review  # noqa: PLC0415  # as above

        show_alert_review(Screen(), result)
    elif form == "json":
        print_json(prepare(result, review_alerts.TOOL.render, budget=UNCUT).structured)
    else:
        write_answer(form, review_alerts.TOOL, result)
    return 0


async def _review(arguments: argparse.Namespace, settings: Settings) -> AlertReview:
    """The flag ``--project`` alone narrows it: a default project of the settings must not hide the others."""
    async with open_runtime(arguments, settings) as runtime:
        return await review_alerts.review_of(
            runtime, project=arguments.project, period=arguments.period, cursor=arguments.cursor, to_the_end=True
        )


COMMAND = Command(
    summary="whether the alerts do their work: which are dead, noisy, late, and what none of them caught",
    example="sentry-runbook review-alerts --project payments --period 14d",
    add_arguments=add_arguments,
    run=run,
)
