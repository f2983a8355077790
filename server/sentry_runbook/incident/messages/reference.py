"""The reference cards' facts: the policy in force, and the root-cause patterns."""

from __future__ import annotations

from sentry_runbook.incident.causes.catalog import PATTERNS
from sentry_runbook.incident.formatting import number, percent
from sentry_runbook.incident.messages.fields import Fact, LevelFacts, PatternFacts, PolicyFacts
from sentry_runbook.incident.model.policy import LEVELS, Level, Policy


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


def pattern_facts() -> tuple[PatternFacts, ...]:
    """The patterns in the runbook's order, each with its action in general terms."""
    return tuple(
        PatternFacts(Fact(pattern.title), Fact(pattern.signal), Fact(pattern.general_action)) for pattern in PATTERNS
    )
