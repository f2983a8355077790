"""``triage``: the tool's facts for a person in a terminal, or as JSON for a program."""

from __future__ import annotations

import argparse
import json
import sys

import anyio

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.commands.arguments import ISSUE, add_sentry_flags, add_settings
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.files import check_target, save_evidence
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.settings import Settings
from sentry_runbook.tools import triage_issue
from sentry_runbook.tools.arguments import stated_flags


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("issue", metavar="ISSUE", help=ISSUE)
    command.add_argument("--json", action="store_true", help="the tool's structured answer, for programs")
    command.add_argument("--environment", metavar="NAME", help="only this environment (several: comma)")
    command.add_argument("--period", metavar="P", help="15m, 1h, 24h, 7d … (24h)")
    command.add_argument("--save", metavar="FILE", help="keep what Sentry answered in this file")
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
    """Triage the issue.

    Raises:
        RunbookError: the issue cannot be read, or an argument is invalid.
    """
    result = anyio.run(_triage, arguments, settings)
    if arguments.json:
        # Serialized by the tool: the same cuts, the same masks, the same paths of untrusted values.
        answer = triage_issue.TOOL.prepare(result)
        sys.stdout.write(json.dumps(answer.structured, indent=2, ensure_ascii=False) + "\n")
        return 0
    from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
    from sentry_runbook.render.terminal import show_triage  # noqa: PLC0415  # as above

    show_triage(Screen(), result)
    return 0


async def _triage(arguments: argparse.Namespace, settings: Settings) -> Triage:
    target = check_target(arguments.save)
    async with open_runtime(arguments, settings) as runtime:
        evidence = await investigate(
            runtime, arguments.issue, TRIAGE, environment=arguments.environment, period=arguments.period
        )
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
