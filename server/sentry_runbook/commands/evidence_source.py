"""What messages and postmortems are drafted from: fresh evidence, or evidence from a file."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

from sentry_runbook.collect import HANDOFF, STORY, collect_story, investigate, story_window
from sentry_runbook.commands.files import check_target, read_evidence, save_evidence
from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence import NOT_ASKED, Evidence, Unknown
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.runtime import Runtime
from sentry_runbook.tools.arguments import split_issues

Collected = tuple[Evidence, AlertReviewEvidence | Unknown]
FROM_A_FILE = Unknown(why="an evidence file holds no review of the alerts")


async def story_evidence(run: Runtime, arguments: argparse.Namespace) -> Evidence:
    """The evidence that the arguments mean; kept in a file when they say so.

    Raises:
        BadInput: neither an issue nor a file was given, or both, or a file cannot be used.
        BadEvidence: the file holds no evidence that can be trusted.
        SentryError: the issue cannot be read.
    """
    evidence, _ = await _collected(run, arguments, _of_a_message)
    return evidence


async def postmortem_evidence(
    run: Runtime, arguments: argparse.Namespace
) -> tuple[Evidence, AlertReviewEvidence | Unknown]:
    """As :func:`story_evidence`, and what is known of the project's alerts; a file holds none of that.

    Raises:
        RunbookError: see :func:`story_evidence`.
    """
    return await _collected(run, arguments, _of_a_postmortem)


async def _of_a_message(run: Runtime, arguments: argparse.Namespace, beside: list[str]) -> Collected:
    aspects = HANDOFF if getattr(arguments, "kind", None) == "handoff" and not beside else STORY
    evidence = await investigate(run, arguments.issue, aspects, window_for=story_window, beside=beside)
    return evidence, NOT_ASKED


async def _of_a_postmortem(run: Runtime, arguments: argparse.Namespace, beside: list[str]) -> Collected:
    return await collect_story(run, arguments.issue, beside=beside)


async def _collected(
    run: Runtime,
    arguments: argparse.Namespace,
    collect: Callable[[Runtime, argparse.Namespace, list[str]], Awaitable[Collected]],
) -> Collected:
    if bool(arguments.issue) == bool(arguments.evidence) or (arguments.evidence and arguments.issues):
        raise BadInput(
            "Give either an issue or --evidence FILE.", "With --evidence the draft is made offline, without Sentry."
        )
    target = check_target(arguments.save)
    if arguments.evidence:
        collected: Collected = read_evidence(arguments.evidence, run.settings.base_url), FROM_A_FILE
    else:
        collected = await collect(run, arguments, split_issues(arguments.issues))
    if target:
        save_evidence(collected[0], target)
    return collected


def blanks(unknowns: tuple[str, ...]) -> str:
    """A line for stderr, so that nobody sends a draft without seeing its blanks."""
    if not unknowns:
        return ""
    left = "1 blank is" if len(unknowns) == 1 else f"{len(unknowns)} blanks are"
    return f"sentry-runbook: {left} left for people to fill, in [square brackets]"
