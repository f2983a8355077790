"""Environments that a caller named and the organization does not have, for lists.

Sentry answers 404 on the list of issues, as if that were absent, and an empty page on the list of events, as if there
were none (sentry-api §2).
"""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.collect.left_out import NOTHING
from sentry_runbook.errors import NotFound, RunbookError
from sentry_runbook.incident.environments import named_list, nearest_first
from sentry_runbook.progress import report_round
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage


def named_environments(text: str | None) -> tuple[str, ...]:
    """The environments that a caller named, in order and once each; a word for "nothing" names none."""
    names = (name.strip() for name in (text or "").split(","))
    return tuple(dict.fromkeys(name for name in names if name and name.lower() not in NOTHING))


def link_environment_warning(names: Sequence[str]) -> str:
    """That the environments stand in the link: who pasted it may not know of them.

    Args:
        names: inert ones.
    """
    return f"The link asks for the environment {named_list(names)}: numbers of the window are of it alone."


async def unknown_environment_warning(
    client: SentryClient, asked: Sequence[str], sanitizer: Sanitizer, *, organization: str | None = None
) -> str | None:
    """That Sentry does not know an environment that was asked for, and those that it knows, as sentences.

    None when it knows them all, or does not tell its environments.
    """
    if asked:
        report_round("the environments of the organization", 1)
    try:
        page = await client.environments(organization) if asked else ListPage(())
    except RunbookError:
        return None
    unknown, known = [name for name in asked if name not in page.items], page.items
    # Of a cut list it may be what was left out.
    if not unknown or not known or page.next_cursor is not None:
        return None

    def listed(names: Sequence[str]) -> str:
        return named_list([sanitizer.line(name, NAME, "environment") for name in names])

    return f"Sentry knows no environment {listed(unknown)}; it knows {listed(nearest_first(known, unknown))}."


def unknown_environment(warning: str, cause: NotFound | None = None) -> NotFound:
    """The error instead of Sentry's 404 of a list that is there, and instead of an empty list."""
    status, asked = (cause.status, cause.asked) if cause is not None else (None, "")
    return NotFound(warning, "Ask again with one of these, or without.", status=status, asked=asked)
