"""``postmortem``: the draft on stdout, what is left to fill on stderr."""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.commands.arguments import (
    ISSUE,
    TOOLS_ANSWER,
    add_evidence_flags,
    add_json_flag,
    add_sentry_flags,
    add_settings,
    add_stated_flags,
)
from sentry_runbook.commands.command import Command
from sentry_runbook.commands.evidence_source import blanks, story_evidence
from sentry_runbook.commands.json_output import UNCUT, print_json
from sentry_runbook.commands.runtime import open_runtime
from sentry_runbook.incident.messages.drafts import draft_postmortem
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.settings import Settings
from sentry_runbook.tools import draft_postmortem as draft_postmortem_tool
from sentry_runbook.tools.arguments import past_moment
from sentry_runbook.tools.output import prepare


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("issue", nargs="?", metavar="ISSUE", help=f"{ISSUE}; not with --evidence")
    add_json_flag(command, TOOLS_ANSWER)
    stated = add_stated_flags(command)
    for flag, text in (
        ("--detected-at", "when people knew"),
        ("--acknowledged-at", "when somebody took it"),
        ("--mitigated-at", "when it stopped hurting"),
    ):
        stated.add_argument(flag, metavar="TIME", help=f"{text}, ISO 8601")
    add_evidence_flags(command)
    group = add_sentry_flags(command)
    add_settings(group, "policy_file", "prompts_dir")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draft the postmortem.

    Raises:
        RunbookError: see :func:`~sentry_runbook.commands.evidence_source.story_evidence`.
    """
    draft = anyio.run(_draft, arguments, settings)
    if arguments.json:
        print_json(prepare(draft, draft_postmortem_tool.TOOL.render, budget=UNCUT).structured)
        return 0
    sys.stdout.write(draft.markdown.rstrip("\n") + "\n")
    if draft.unknowns:
        sys.stderr.write(f"{blanks(draft.unknowns)}; 'sentry-runbook lint' finds those that are left.\n")
    return 0


async def _draft(arguments: argparse.Namespace, settings: Settings) -> Postmortem:
    async with open_runtime(arguments, settings) as runtime:
        now = runtime.clock()
        stated = Stated(
            lead=arguments.lead,
            root_cause=arguments.root_cause,
            fix=arguments.fix,
            mitigated_at=past_moment(arguments.mitigated_at, "--mitigated-at", now),
            detected_at=past_moment(arguments.detected_at, "--detected-at", now),
            acknowledged_at=past_moment(arguments.acknowledged_at, "--acknowledged-at", now),
        )
        evidence = await story_evidence(runtime, arguments, has_alerts=True)
        form = runtime.templates["postmortem"]
        return draft_postmortem(runtime.incident(evidence, stated), form=form)


COMMAND = Command(
    summary="draft the postmortem as Markdown",
    example='sentry-runbook postmortem SHOP-1Z --lead "Dana Ortiz" --save evidence.json > postmortem.md',
    add_arguments=add_arguments,
    run=run,
)
