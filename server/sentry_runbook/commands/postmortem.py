"""``postmortem``: the draft on stdout, what is left to fill on stderr."""

from __future__ import annotations

import argparse
import sys

import anyio

from sentry_runbook.commands.evidence_source import blanks, story
from sentry_runbook.commands.runtime import opened
from sentry_runbook.incident.model.results.messages import Postmortem
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.postmortem.postmortem import draft_postmortem
from sentry_runbook.settings import Settings
from sentry_runbook.tools.arguments import stated_moment


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Draft the postmortem.

    Raises:
        RunbookError: see :func:`~sentry_runbook.commands.evidence_source.story`.
    """
    draft = anyio.run(_draft, arguments, settings)
    sys.stdout.write(draft.markdown.rstrip("\n") + "\n")
    if draft.unknowns:
        sys.stderr.write(f"{blanks(draft.unknowns)}; 'sentry-runbook lint' finds those that are left.\n")
    return 0


async def _draft(arguments: argparse.Namespace, settings: Settings) -> Postmortem:
    stated = Stated(
        lead=arguments.lead,
        root_cause=arguments.root_cause,
        fix=arguments.fix,
        mitigated_at=stated_moment(arguments.mitigated_at, "--mitigated-at"),
        detected_at=stated_moment(arguments.detected_at, "--detected-at"),
        acknowledged_at=stated_moment(arguments.acknowledged_at, "--acknowledged-at"),
    )
    async with opened(arguments, settings) as made:
        evidence = await story(made, arguments)
        form = made.templates["postmortem"]
        return draft_postmortem(made.incident(evidence, stated), form=form)
