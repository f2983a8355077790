"""Everything that is known about an incident; each part a value **or** the reason why it is unknown.

``collect`` asks Sentry and fills one :class:`Evidence`; every decision of the product (severity, impact, causes,
timeline, recovery, drafts) is a pure function of it. So a decision can be tested without a network, repeated on frozen
evidence, and never mistakes "Sentry did not answer" for "none".

The fields say under which keys Sentry sends them, and read them leniently (see :mod:`.lenient`). Every string here that
a stranger could have written is marked :data:`EventText`. It is already inert (see ``safety``): safe to stand in a
sentence as one quoted value, and in longer form inside a fence.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.evidence.actor import Actor
from sentry_runbook.incident.model.evidence.counts import (
    AffectedEndpoint,
    Breakdown,
    Combination,
    EnvironmentCount,
    EnvironmentScope,
    IssueEvents,
    IssueSeries,
    IssueShare,
    Latency,
    ReleaseSessions,
    Series,
    SessionHour,
    Sessions,
    TagCount,
    Totals,
    UsersIn,
    Widened,
)
from sentry_runbook.incident.model.evidence.event_row import ROWS_LIMIT, EventRow
from sentry_runbook.incident.model.evidence.issue import (
    Activity,
    Alert,
    Commit,
    Deploy,
    Issue,
    IssueOwner,
    Note,
    Release,
    Snooze,
)
from sentry_runbook.incident.model.evidence.issue_kind import Kind as IssueKind
from sentry_runbook.incident.model.evidence.values import (
    NOT_ASKED,
    Answer,
    EventText,
    Finding,
    Frozen,
    HoldsEventText,
    Known,
    Missing,
    Unknown,
    Window,
    quoted,
)

if TYPE_CHECKING:
    from sentry_runbook.incident.model.evidence.breadcrumb import Breadcrumb
    from sentry_runbook.incident.model.evidence.event import Event
    from sentry_runbook.incident.model.evidence.evidence import Evidence
    from sentry_runbook.incident.model.evidence.exception import Stack, ThrownException
    from sentry_runbook.incident.model.evidence.flags import FlagChange
    from sentry_runbook.incident.model.evidence.frame import Frame
    from sentry_runbook.incident.model.evidence.outcomes import DroppedEvents, OutcomeSeries

__all__ = [
    "NOT_ASKED",
    "ROWS_LIMIT",
    "Activity",
    "Actor",
    "AffectedEndpoint",
    "Alert",
    "Answer",
    "Breadcrumb",
    "Breakdown",
    "Combination",
    "Commit",
    "Deploy",
    "DroppedEvents",
    "EnvironmentCount",
    "EnvironmentScope",
    "Event",
    "EventRow",
    "EventText",
    "Evidence",
    "Finding",
    "FlagChange",
    "Frame",
    "Frozen",
    "HoldsEventText",
    "Issue",
    "IssueEvents",
    "IssueKind",
    "IssueOwner",
    "IssueSeries",
    "IssueShare",
    "Known",
    "Latency",
    "Missing",
    "Note",
    "OutcomeSeries",
    "Release",
    "ReleaseSessions",
    "Series",
    "SessionHour",
    "Sessions",
    "Snooze",
    "Stack",
    "TagCount",
    "ThrownException",
    "Totals",
    "Unknown",
    "UsersIn",
    "Widened",
    "Window",
    "quoted",
]

_WITH_THE_FIRST_CALL = {
    "Breadcrumb": "breadcrumb",
    "DroppedEvents": "outcomes",
    "Event": "event",
    "Evidence": "evidence",
    "FlagChange": "flags",
    "Frame": "frame",
    "OutcomeSeries": "outcomes",
    "Stack": "exception",
    "ThrownException": "exception",
}
"""Name → module of what no result is made of: a start to the list of tools needs none of it (DESIGN section 9)."""


def __getattr__(name: str) -> object:
    if name not in _WITH_THE_FIRST_CALL:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WITH_THE_FIRST_CALL[name]}"), name)
