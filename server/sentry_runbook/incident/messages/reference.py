"""The reference cards' facts: the policy in force, and the code's own actions for the root-cause patterns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from sentry_runbook.incident.causes.causes import PATTERNS
from sentry_runbook.incident.causes.hypothesis import name_of
from sentry_runbook.incident.formatting import number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.messages.fields import Fact, LevelFacts, PatternFacts, PolicyFacts
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
from sentry_runbook.incident.model.policy import LEVELS, Level, Policy, default_policy
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


def policy_facts(policy: Policy) -> PolicyFacts:
    """Every threshold and word of the policy."""
    limits = policy.thresholds
    return PolicyFacts(
        name=Fact(policy.title),
        levels=tuple(_level(policy, level) for level in reversed(LEVELS)),
        crash_free=Fact(percent(limits.crash_free_below_pct)),
        unhandled=Fact(number(limits.unhandled_per_minute_above)),
        users=Fact(number(limits.users_per_hour_above)),
        sessions_minimum=Fact(number(limits.sessions_minimum)),
        new_within=Fact(f"{number(limits.new_within_hours)} hours"),
        period=Fact(f"{number(policy.period_hours)} hours"),
        production=Fact(policy.production.environments, exact=True),
        edge_levels=Fact(" or ".join(policy.edge_case.levels) or "none"),
        spiking=Fact(number(policy.trend.spiking)),
        declining=Fact(number(policy.trend.declining)),
    )


def _level(policy: Policy, level: Level) -> LevelFacts:
    words, limits = policy.words(level), policy.thresholds
    users = number(limits.users_per_hour_above)
    errors = {
        "P0": f"crash-free sessions below {percent(limits.crash_free_below_pct)}, or more than "
        f"{number(limits.unhandled_per_minute_above)} unhandled exceptions in a minute",
        "P1": f"more than {users} unique users in one hour",
        "P2": f"at most {users} unique users in one hour",
        "P3": f"edge case, cosmetic, level {' or '.join(policy.edge_case.levels) or '(none)'}, or outside production "
        "only",
    }
    impact = {
        "P0": "core flow blocked for all users, or data loss risk",
        "P1": "key feature degraded, no workaround",
        "P2": "feature degraded, a workaround exists",
        "P3": "little or none",
    }
    return LevelFacts(
        level=Fact(level),
        label=Fact(words.label),
        errors=Fact(errors[level]),
        users=Fact(impact[level]),
        response=Fact(words.response),
        escalation=Fact(words.escalation),
        next_update=Fact(minutes(words.next_update_minutes)),
    )


def minutes(value: int) -> str:
    """``30 minutes``, ``1 hour``, ``14 days``: the largest unit that divides."""
    for size, noun in ((1440, "day"), (60, "hour"), (1, "minute")):
        if value % size == 0:
            many = value // size
            return f"{number(many)} {noun}{'' if many == 1 else 's'}"
    return f"{number(value)} minutes"


# --- patterns ------------------------------------------------------------------------------------------------------


@cache
def pattern_facts() -> tuple[PatternFacts, ...]:
    """The five patterns in the runbook's order, each with the action that the code gives."""
    evidence = _textbook()
    incident = Measurements(evidence, Stated(), default_policy(), evidence.collected_at)
    found = [pattern(incident) for pattern in PATTERNS]
    return tuple(
        PatternFacts(Fact(name_of(one.pattern)), Fact(SIGNALS[one.pattern]), Fact(one.action)) for one in found
    )


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
