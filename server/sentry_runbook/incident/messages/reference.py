"""The root-cause table of the reference cards, with the actions that the patterns themselves give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from sentry_runbook.incident.causes.causes import PATTERNS
from sentry_runbook.incident.causes.hypothesis import name_of
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import (
    Breadcrumb,
    Event,
    Evidence,
    Issue,
    Known,
    Release,
    ThrownException,
    Window,
)
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.model.results.triage import Pattern
from sentry_runbook.incident.model.stated import Stated

SIGNALS: dict[Pattern, str] = {
    "deployment_regression": "The errors begin with a deploy (First Seen, or the step in the series, aligns with it), "
    "and they live on that release",
    "third_party_failure": "Breadcrumbs show failed HTTP calls to external hosts",
    "data_corruption": "The events hold malformed input, the errors are of parsing or validation",
    "resource_exhaustion": "The error rate follows the traffic (out of memory, pool exhausted, too many connections)",
    "sdk_misconfiguration": "Events lack context, breadcrumbs, environment or release",
}
"""The runbook's diagnostic signals."""


@dataclass(frozen=True)
class PatternCard:
    """One row of the root-cause table: name, diagnostic signal, and the immediate action in general terms."""

    name: str
    signal: str
    action: str


@cache
def pattern_cards() -> tuple[PatternCard, ...]:
    """The patterns in the runbook's order."""
    evidence = _textbook()
    incident = Measurements(evidence, Stated(), default_policy(), evidence.collected_at)
    hypotheses = [pattern(incident) for pattern in PATTERNS]
    return tuple(PatternCard(name_of(each.pattern), SIGNALS[each.pattern], each.action) for each in hypotheses)


def _textbook() -> Evidence:
    """An incident with stand-in names, on which every pattern gives its action in general terms."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    event = Event(
        id="0" * 32,
        when=at,
        transaction="TRANSACTION",
        processing_errors=("js_no_source",),
        exceptions=(ThrownException(value="connection pool exhausted"),),
        breadcrumbs=(Breadcrumb(category="http", host="host.example", http_status=503, failed=True),),
    )
    return Evidence(
        collected_at=at,
        server="",
        organization="",
        window=Window(start=at - timedelta(days=1), end=at),
        issue=Issue(id="0", url="", title="", first_seen=at, last_seen=at, first_release=Release(version="RELEASE")),
        event=Known(value=event, source=""),
    )
