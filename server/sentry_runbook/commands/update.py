"""``update``: a message to people on stdout, what is left to fill on stderr."""

from __future__ import annotations

import argparse
import sys
from typing import get_args

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
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.messages.handoff import check_audience
from sentry_runbook.incident.model.results.messages import FORMS, Audience, Draft, Format, Kind
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.settings import Settings
from sentry_runbook.tools import draft_update as draft_update_tool
from sentry_runbook.tools.arguments import past_moment, stated_moment
from sentry_runbook.tools.output import prepare


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    command.add_argument("issue", nargs="?", metavar="ISSUE", help=f"{ISSUE}; not with --evidence")
    add_json_flag(command, TOOLS_ANSWER)
    command.add_argument("--kind", choices=get_args(Kind), default="initial", help="which message (initial)")
    command.add_argument("--audience", choices=get_args(Audience), default="engineers", help="for whom (engineers)")
    command.add_argument("--format", choices=get_args(Format), default="markdown", help="markdown (default)")
    command.add_argument("--since", metavar="TIME", help="when the last message went out, ISO 8601")
    group = add_stated_flags(command)
    group.add_argument("--service", metavar="NAME", help="name of the service")
    group.add_argument("--fixed-at", metavar="TIME", help="when the fix was in effect, ISO 8601")
    add_evidence_flags(command)
    group = add_sentry_flags(command)
    add_settings(group, "policy_file", "prompts_dir")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draft the message; 1 when none is due.

    Raises:
        RunbookError: see :func:`~sentry_runbook.commands.evidence_source.story_evidence`.
    """
    check_audience(arguments.kind, arguments.audience)
    draft = anyio.run(_draft, arguments, settings)
    if arguments.json:
        print_json(prepare(draft, draft_update_tool.TOOL.render, budget=UNCUT).structured)
        return 1 if draft.nothing_to_say else 0
    if draft.nothing_to_say:
        # Nothing on stdout: what is piped into a chat would be posted.
        sys.stderr.write(f"sentry-runbook: {draft.text}\n")
        return 1
    sys.stdout.write(draft.text.rstrip("\n") + "\n")
    if draft.unknowns:
        sys.stderr.write(f"{blanks(draft.unknowns)}:\n" + "".join(f"  {unknown}\n" for unknown in draft.unknowns))
    for warning in draft.warnings or ():
        sys.stderr.write(f"sentry-runbook: {warning}\n")
    if draft.status:
        sys.stderr.write(f"sentry-runbook: the status is {draft.status}\n")
    if draft.next_update_due:
        sys.stderr.write(f"sentry-runbook: the next message is due at {moment(draft.next_update_due)}\n")
    return 0


async def _draft(arguments: argparse.Namespace, settings: Settings) -> Draft:
    since = stated_moment(arguments.since, "--since")
    async with open_runtime(arguments, settings) as runtime:
        stated = Stated(
            lead=arguments.lead,
            service=arguments.service,
            root_cause=arguments.root_cause,
            fix=arguments.fix,
            fixed_at=past_moment(arguments.fixed_at, "--fixed-at", runtime.clock()),
        )
        evidence = await story_evidence(runtime, arguments)
        return draft_update(
            runtime.incident(evidence, stated),
            form=runtime.templates[FORMS[arguments.kind]],
            kind=arguments.kind,
            audience=arguments.audience,
            format=arguments.format,
            since=since,
        )


COMMAND = Command(
    summary="draft a message to engineers, executives or customers",
    example="sentry-runbook update SHOP-1Z --kind initial --audience customers --format slack",
    add_arguments=add_arguments,
    run=run,
)
