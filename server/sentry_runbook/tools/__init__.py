"""One module a tool: arguments, docstring, a few lines of glue. Adding a tool: its module, and its name here."""

from __future__ import annotations

from functools import cache
from typing import Any

from sentry_runbook.settings import Writes
from sentry_runbook.tools import (
    add_note,
    check_recovery,
    classify_severity,
    discover_impact,
    draft_postmortem,
    draft_update,
    find_issues,
    get_issue,
    list_events,
    resolve_issue,
    triage_issue,
)
from sentry_runbook.tools.registry import RunbookTool

MODULES = (
    triage_issue,
    get_issue,
    list_events,
    find_issues,
    discover_impact,
    classify_severity,
    resolve_issue,
    add_note,
    check_recovery,
    draft_update,
    draft_postmortem,
)


@cache
def _made() -> tuple[RunbookTool[Any], ...]:
    """Tools hold no state, so servers of one process share them."""
    return tuple(module.tool() for module in MODULES)


def tools_for(writes: Writes) -> list[RunbookTool[Any]]:
    """The tools of a server; those that write are left out when writes are off."""
    return [tool for tool in _made() if writes != "off" or not tool.writes]
