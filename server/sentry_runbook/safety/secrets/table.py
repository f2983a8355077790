"""All that is looked for, in the order in which it is applied: what may hold others comes first."""

from __future__ import annotations

from functools import cache

from sentry_runbook.safety.secrets import assignments, containers, sql
from sentry_runbook.safety.secrets.announced import ANNOUNCED
from sentry_runbook.safety.secrets.assignments import Finder
from sentry_runbook.safety.secrets.calls import CALLS
from sentry_runbook.safety.secrets.commands import COMMANDS
from sentry_runbook.safety.secrets.credentials import CREDENTIALS
from sentry_runbook.safety.secrets.echoes import ECHOES, NUMBERS
from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.personal import PERSONAL
from sentry_runbook.safety.secrets.places import PLACES
from sentry_runbook.safety.secrets.spoken import SPOKEN
from sentry_runbook.safety.secrets.sql import SQL
from sentry_runbook.safety.secrets.tokens import TOKENS

__all__ = [
    "ANNOUNCED",
    "CALLS",
    "COMMANDS",
    "CREDENTIALS",
    "ECHOES",
    "NUMBERS",
    "PERSONAL",
    "PLACES",
    "SPOKEN",
    "SQL",
    "TOKENS",
    "secret_patterns",
]

SECRET_FINDERS: tuple[Finder, ...] = (
    assignments.parameters,
    containers.tuples,
    containers.wrapped,
    containers.pairs,
    containers.reversed_pairs,
    containers.elements,
    sql.inserted,
    sql.bound,
    sql.keys_in_details,
    containers.parts_of_forms,
    containers.settings,
    assignments.secret_assignments,
    containers.options,
)
PERSONAL_FINDERS: tuple[Finder, ...] = (
    sql.inserted,
    assignments.personal_assignments,
    containers.tuples,
    containers.pairs,
    containers.elements,
)


@cache
def secret_patterns() -> tuple[SecretPattern, ...]:
    """All rows."""
    return (*CREDENTIALS, *TOKENS, *COMMANDS, *SQL, *ANNOUNCED, *SPOKEN, *PERSONAL, *ECHOES, *PLACES, *CALLS, *NUMBERS)
