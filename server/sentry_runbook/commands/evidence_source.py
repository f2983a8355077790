"""What messages and postmortems are drafted from: fresh evidence, or evidence from a file."""

from __future__ import annotations

import argparse

from sentry_runbook.collect import HANDOFF, STORY, collect_story, investigate, story_window
from sentry_runbook.commands.files import check_target, read_evidence, save_evidence
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.runtime import Runtime
from sentry_runbook.tools.arguments import split_issues


async def story_evidence(run: Runtime, arguments: argparse.Namespace, *, has_alerts: bool = False) -> Evidence:
    """The evidence that the arguments mean; kept in a file when they say so.

    Args:
        run: the runtime.
        arguments: of the command.
        has_alerts: whether it is asked what the project's alerts did, as a postmortem does.

    Raises:
        BadInput: neither an issue nor a file was given, or both, or a file cannot be used.
        BadEvidence: the file holds no evidence that can be trusted.
        SentryError: the issue cannot be read.
    """
    if bool(arguments.issue) == bool(arguments.evidence) or (arguments.evidence and arguments.issues):
        raise BadInput(
            "Give either an issue or --evidence FILE.", "With --evidence the draft is made offline, without Sentry."
        )
    target = check_target(arguments.save)
    if arguments.evidence:
        evidence = read_evidence(arguments.evidence, run.settings.base_url)
    elif has_alerts:
        evidence = (await collect_story(run, arguments.issue, beside=split_issues(arguments.issues))).evidence
    else:
        beside = split_issues(arguments.issues)
        aspects = HANDOFF if getattr(arguments, "kind", None) == "handoff" and not beside else STORY
        evidence = await investigate(run, arguments.issue, aspects, window_for=story_window, beside=beside)
    if target:
        save_evidence(evidence, target)
    return evidence


def blanks(unknowns: tuple[str, ...]) -> str:
    """A line for stderr, so that nobody sends a draft without seeing its blanks."""
    if not unknowns:
        return ""
    left = "1 blank is" if len(unknowns) == 1 else f"{len(unknowns)} blanks are"
    return f"sentry-runbook: {left} left for people to fill, in [square brackets]"
