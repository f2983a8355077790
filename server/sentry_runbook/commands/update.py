"""``update``: a message to people on stdout, what is left to fill on stderr."""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.commands.evidence_source import blanks, story
from sentry_runbook.commands.runtime import opened
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.results.messages import FORMS, Draft
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.settings import Settings
from sentry_runbook.tools.arguments import stated_moment


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draft the message.

    Raises:
        RunbookError: see :func:`~sentry_runbook.commands.evidence_source.story`.
    """
    draft = anyio.run(_draft, arguments, settings)
    sys.stdout.write(draft.text.rstrip("\n") + "\n")
    if draft.unknowns:
        sys.stderr.write(f"{blanks(draft.unknowns)}:\n" + "".join(f"  {one}\n" for one in draft.unknowns))
    if draft.next_update_due:
        sys.stderr.write(f"sentry-runbook: the next message is due at {draft.next_update_due:%Y-%m-%d %H:%M} UTC\n")
    return 0


async def _draft(arguments: argparse.Namespace, settings: Settings) -> Draft:
    since = stated_moment(arguments.since, "--since")
    stated = Stated(lead=arguments.lead, service=arguments.service, root_cause=arguments.root_cause, fix=arguments.fix)
    async with opened(arguments, settings) as made:
        evidence = await story(made, arguments)
        return draft_update(
            made.incident(evidence, stated),
            form=made.templates[FORMS[arguments.kind]],
            kind=arguments.kind,
            audience=arguments.audience,
            format=arguments.format,
            since=since,
        )
