"""``triage``: the tool's facts for a person in a terminal, or for a program; also of what a webhook is about.

A webhook of a metric alert names no issue: then the situation is assessed, of the alert (DESIGN §6).
"""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.commands.answers import CODES, Form, add_answer_flags, form_of, write_answer
from sentry_runbook.commands.arguments import ISSUE, add_sentry_flags, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.files import check_target, save_evidence
from sentry_runbook.commands.json_output import print_json
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.commands.webhook_input import SIGNATURE, read_webhook
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.sentry.webhooks import NothingToTriage, WebhookAlert
from sentry_runbook.settings import Settings
from sentry_runbook.tools import triage_issue
from sentry_runbook.tools.arguments import stated_flags

OF_AN_ISSUE = {
    "save": "--save",
    "workaround": "--workaround",
    "core_flow": "--core-flow",
    "data_loss_risk": "--data-loss-risk",
}
"""Flags that mean nothing for an alert, by their names in the arguments."""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("issue", nargs="?", metavar="ISSUE", help=f"{ISSUE}; not with --webhook")
    add_answer_flags(command)
    command.add_argument("--environment", metavar="NAME", help="only this environment (several: comma)")
    command.add_argument("--period", metavar="P", help="15m, 1h, 24h, 7d … (24h)")
    command.add_argument("--save", metavar="FILE", help="keep what Sentry answered in this file")
    webhook = command.add_argument_group("unattended")
    webhook.add_argument(
        "--webhook",
        metavar="FILE",
        help="triage what this webhook or alert of Sentry is about: the body of the request, - for standard input",
    )
    webhook.add_argument(
        "--signature",
        metavar="HEX",
        help=f"its header Sentry-Hook-Signature ({SIGNATURE}); checked when SENTRY_RUNBOOK_WEBHOOK_SECRET is set",
    )
    stated = command.add_argument_group("what people know; leave out what nobody said")
    for flag, text in (
        ("--workaround", "a workaround exists"),
        ("--core-flow", "the core flow is hit"),
        ("--data-loss-risk", "data may be lost"),
    ):
        stated.add_argument(flag, action=argparse.BooleanOptionalAction, help=text)
    stated.add_argument(
        "--core-flow-blocked",
        dest="core_flow",
        action="store_const",
        const="blocked_for_all",
        help="the core flow is blocked for all",
    )
    add_settings(add_sentry_flags(command), "policy_file")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Triage the issue, or what the webhook is about.

    Raises:
        RunbookError: the issue or webhook cannot be read, or an argument is invalid.
    """
    if not arguments.webhook:
        if not arguments.issue or arguments.signature:
            alone = "--signature is of a webhook." if arguments.signature else "There is nothing to triage."
            raise BadInput(alone, "Give an ISSUE, or --webhook with a file or - for standard input.")
        return _give_triage(arguments, settings, arguments.issue)
    if arguments.issue:
        raise BadInput("An ISSUE and --webhook were given.", "Give one of them.")
    subject = read_webhook(arguments.webhook, arguments.signature, settings)
    if isinstance(subject, NothingToTriage):
        return _tell_nothing(form_of(arguments), subject.why)
    if isinstance(subject, WebhookAlert):
        return _give_situation(arguments, settings, subject)
    return _give_triage(arguments, settings, subject.issue)


def _give_situation(arguments: argparse.Namespace, settings: Settings, subject: WebhookAlert) -> int:
    from sentry_runbook.commands.situation import give_situation  # noqa: PLC0415  # of an alert only (DESIGN §9)

    about = f"of several issues ({', '.join(subject.issues)})" if subject.issues else "of an alert"
    unused = [flag for name, flag in OF_AN_ISSUE.items() if getattr(arguments, name) is not None]
    without = f"; not used: {', '.join(unused)}" if unused else ""
    if subject.issues or unused:
        sys.stderr.write(f"sentry-runbook: the webhook is {about}: this is the situation{without}\n")
    return give_situation(arguments, settings, subject.alert)


def _tell_nothing(form: Form, why: str) -> int:
    """Say that there is nothing to triage. Nothing on stdout but JSON: what is piped into a chat would be posted."""
    if form == "json":
        print_json({"nothing_to_triage": why})
    else:
        sys.stderr.write(f"sentry-runbook: nothing to triage: {why}\n")
    return 0


def _give_triage(arguments: argparse.Namespace, settings: Settings, issue: str) -> int:
    result = anyio.run(_triage, arguments, settings, issue)
    form = form_of(arguments)
    if form == "text":
        from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
        from sentry_runbook.render.terminal import show_triage  # noqa: PLC0415  # as above

        show_triage(Screen(), result)
    else:
        write_answer(form, triage_issue.TOOL, result)
    return CODES[result.severity.severity] if arguments.exit_code else 0


async def _triage(arguments: argparse.Namespace, settings: Settings, issue: str) -> Triage:
    target = check_target(arguments.save)
    async with open_runtime(arguments, settings) as runtime:
        evidence = await investigate(runtime, issue, TRIAGE, environment=arguments.environment, period=arguments.period)
        if target:
            save_evidence(evidence, target)
        flags = stated_flags(arguments.workaround, arguments.core_flow, arguments.data_loss_risk)
        return make_triage(runtime.incident(evidence, flags))


COMMAND = Command(
    summary="triage one issue: severity with reasons, impact, causes, next steps",
    example="sentry-runbook triage SHOP-1Z --no-workaround",
    add_arguments=add_arguments,
    run=run,
)
