"""Completions of prompt and resource arguments: recent issues, environments, and the fixed words of an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import get_args

from mcp.server import MCPServer
from mcp.types import Completion, CompletionArgument, CompletionContext, PromptReference, ResourceTemplateReference

from sentry_runbook.collect import search_issues
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.results.messages import Audience, Format, Kind
from sentry_runbook.incident.window import parse_window
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.echo import echoed
from sentry_runbook.safety.text import NAME

MAX_VALUES = 20
FIXED_WORDS: Mapping[str, Sequence[str]] = {
    "audience": get_args(Audience),
    "kind": get_args(Kind),
    "format": get_args(Format),
}
"""Arguments that take one of a few words."""


def add_completions(server: MCPServer[Runtime], run: Runtime) -> None:
    """Answer completion requests."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK leaves it untyped
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        try:
            values = await _values(run, argument.name, argument.value)
        except RunbookError:
            # A completion is a help, not an answer: without Sentry there is none.
            values = []
        return Completion(values=values[:MAX_VALUES], total=len(values), has_more=len(values) > MAX_VALUES)


async def _values(run: Runtime, name: str, typed: str) -> list[str]:
    prefix = typed.strip().lower()
    if name == "issue":
        return [short_id for short_id in await _recent_issues(run) if short_id.lower().startswith(prefix)]
    if name == "environment":
        with run.client().deadline(run.settings.limits.read_s):
            names = (await run.client().environments()).items
        # A client inserts the value as it is, so a name that is not inert as it is, or holds a secret, is not offered.
        return [name for name in names if echoed(name, NAME) == name and name.lower().startswith(prefix)]
    return [word for word in FIXED_WORDS.get(name, ()) if word.startswith(prefix)]


async def _recent_issues(run: Runtime) -> list[str]:
    """The short ids of unresolved issues seen in the last 14 days, the latest first."""
    matches = await search_issues(
        run,
        query="is:unresolved",
        project=None,
        environment=None,
        sort="date",
        window=parse_window("14d", None, None, now=run.clock(), default=timedelta()),
        limit=50,
        cursor=None,
    )
    return [issue.short_id for issue in matches.issues]
