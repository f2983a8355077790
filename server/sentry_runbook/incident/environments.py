"""Names of environments: those that a build left unexpanded, and a list of names in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sentry_runbook.incident.model.evidence import EnvironmentScope, quoted

PLACEHOLDER = re.compile(
    r"%[^%\s]+%|[$#]\{.*|\{ ?\{.*|\$\(.*|\$[A-Za-z_]\w*|[<‹][^<>‹›]+[>›]|__\w+__|[@＠][A-Za-z_][\w.]*[@＠]"
)
"""``%APP_ENV%``, ``${ENV}``, ``{{env}}``, ``$(env)``, ``$ENV``, ``<env>``, ``__ENV__``, ``@env@``, ``#{env}#``; also as
the sanitizer writes them."""
MOST_NAMES = 10


def is_placeholder(environment: str) -> bool:
    """Whether the name is a variable that nobody expanded: what its events are from, it does not say."""
    return PLACEHOLDER.fullmatch(environment.strip()) is not None


def placeholders(environments: Iterable[str]) -> tuple[str, ...]:
    """The names that are unexpanded placeholders."""
    return tuple(filter(is_placeholder, environments))


def named_list(environments: Sequence[str]) -> str:
    """Inert names, quoted, as a list in a sentence; of many the first ones. ``""`` is "no environment"."""
    shown = [
        (quoted(name) + (" (an unexpanded placeholder)" if is_placeholder(name) else "")) if name else "no environment"
        for name in environments[:MOST_NAMES]
    ]
    more = len(environments) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def sessions_of(scope: EnvironmentScope) -> str:
    """Whose sessions the crash-free figures are of, after "sessions of"."""
    if scope.basis == "asked":
        return named_list(scope.names)
    return "all environments" if scope.lacks_production else "production"
