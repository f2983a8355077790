"""The tools, one module each.

A module declares its tool as ``TOOL``; ``TOOL_NAMES`` names the modules in the order in which the tools are published.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from sentry_runbook.settings import Writes
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools.registry import RunbookTool, ToolDefinition


def definitions() -> tuple[ToolDefinition[Any], ...]:
    """Every tool's definition, in the published order."""
    return tuple(import_module(f"{__name__}.{name}").TOOL for name in TOOL_NAMES)


@cache
def _built() -> tuple[RunbookTool, ...]:
    """Tools hold no state, so the servers of one process share them."""
    return tuple(definition.tool() for definition in definitions())


def tools_for(writes: Writes) -> list[RunbookTool]:
    """The tools of a server; those that write are left out when writes are off."""
    return [tool for tool in _built() if writes != "off" or not tool.definition.writes]
