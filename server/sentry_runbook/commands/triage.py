"""``triage``: the tool's facts for a person in a terminal, or as JSON for a program."""

from __future__ import annotations

import argparse
import json
import sys

import anyio

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.commands.files import check_target, save_evidence
from sentry_runbook.commands.runtime import opened
from sentry_runbook.incident.model.results.triage import Triage
from sentry_runbook.incident.triage.triage import make_triage
from sentry_runbook.settings import Settings
from sentry_runbook.tools import triage_issue
from sentry_runbook.tools.arguments import stated_flags
from sentry_runbook.tools.output import respond


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Triage the issue.

    Raises:
        RunbookError: the issue cannot be read, or an argument cannot be meant.
    """
    result = anyio.run(_triage, arguments, settings)
    if arguments.json:
        # Through the tool's own door: the same cuts, the same masks, the same paths of untrusted values.
        tool = triage_issue.tool()
        answer = respond(result, tool.page, tool.shrink, tool.budget)
        sys.stdout.write(json.dumps(answer.structured_content, indent=2, ensure_ascii=False) + "\n")
        return 0
    from sentry_runbook.render.console import Screen  # noqa: PLC0415  # a program waits for no layout
    from sentry_runbook.render.terminal import show_triage  # noqa: PLC0415

    show_triage(Screen(), result)
    return 0


async def _triage(arguments: argparse.Namespace, settings: Settings) -> Triage:
    target = check_target(arguments.save)
    async with opened(arguments, settings) as made:
        evidence = await investigate(
            made, arguments.issue, TRIAGE, environment=arguments.environment, period=arguments.period
        )
        if target:
            save_evidence(evidence, target)
        flags = stated_flags(arguments.workaround, arguments.core_flow, arguments.data_loss_risk)
        return make_triage(made.incident(evidence, flags))
