"""All root-cause patterns, loaded from the files of ``patterns/``."""

from __future__ import annotations

from importlib import import_module

from sentry_runbook.incident.causes import patterns
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES, PatternName


def _load(name: str, module: str) -> CausePattern:
    pattern = import_module(f"{patterns.__name__}.{module}").PATTERN
    if not isinstance(pattern, CausePattern) or pattern.name != name:
        raise TypeError(f"causes/patterns/{module}.py must define PATTERN, a CausePattern with the name {name!r}")
    return pattern


PATTERNS: tuple[CausePattern, ...] = tuple(_load(name, module) for name, module in PATTERN_MODULES.items())
"""In the runbook's order, which decides between equals."""
_BY_NAME = {pattern.name: pattern for pattern in PATTERNS}


def pattern_named(name: PatternName) -> CausePattern:
    """The pattern that a :class:`.Cause` names."""
    return _BY_NAME[name]
