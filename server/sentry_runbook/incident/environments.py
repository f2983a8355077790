"""Names of environments: those that a build left unexpanded, and a list of names in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from sentry_runbook.incident.model.evidence import EnvironmentScope, Evidence, Known, quoted

PLACEHOLDER = re.compile(
    r"%[^%\s]+%|[$#]\{.*|\{ ?\{.*|\$\(.*|\$[A-Za-z_]\w*|[<‹][^<>‹›]+[>›]|__\w+__|[@＠][A-Za-z_][\w.]*[@＠]"
)
"""``%APP_ENV%``, ``${ENV}``, ``{{env}}``, ``$(env)``, ``$ENV``, ``<env>``, ``__ENV__``, ``@env@``, ``#{env}#``; also as
the sanitizer writes them."""
NOTHING = re.compile(r"undefined|null|none|nil|nan|[\[［]object object[\]］]", re.IGNORECASE)
"""What code writes for a variable that is not set."""
MOST_NAMES = 10
MOST_COMPARED = 300
"""Names that are compared with one that is not known."""


def is_placeholder(environment: str) -> bool:
    """Whether the name is a variable that nobody expanded: what its events are from, it does not say."""
    return _why_no_name(environment) != ""


def _why_no_name(environment: str) -> str:
    name = environment.strip()
    if PLACEHOLDER.fullmatch(name):
        return " (an unexpanded placeholder)"
    return " (what code writes for an unset variable)" if NOTHING.fullmatch(name) else ""


def placeholders(environments: Iterable[str]) -> tuple[str, ...]:
    """The names that are unexpanded placeholders."""
    return tuple(filter(is_placeholder, environments))


def nearest_first(environments: Iterable[str], asked: Sequence[str]) -> list[str]:
    """The names in order of their likeness to those asked for, that of the alphabet between equal ones."""

    def likeness(name: str) -> float:
        return max(SequenceMatcher(None, name.casefold(), one.casefold()).ratio() for one in asked)

    names = sorted(environments)
    compared, rest = names[:MOST_COMPARED], names[MOST_COMPARED:]
    return [*sorted(compared, key=lambda name: round(-likeness(name), 2)), *rest]


def named_list(environments: Sequence[str]) -> str:
    """Inert names, quoted, as a list in a sentence; of many the first ones. ``""`` is "no environment"."""
    shown = [quoted(name) + _why_no_name(name) if name else "no environment" for name in environments[:MOST_NAMES]]
    more = len(environments) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def sessions_of(evidence: Evidence) -> str:
    """Whose sessions the crash-free figures are of, after "sessions of"; of several projects with the project."""
    project = evidence.sessions.value.project if isinstance(evidence.sessions, Known) else None
    return _environments_of(evidence.scope) + (f" in {quoted(project)}" if project is not None else "")


def _environments_of(scope: EnvironmentScope) -> str:
    if scope.basis == "asked":
        return named_list(scope.names)
    return "all environments" if scope.lacks_production else "production"
