"""Evidence for the tables of the severity tests: small parts of it, by the number that matters in a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    EnvironmentCount,
    EnvironmentScope,
    Evidence,
    Known,
    Series,
    SessionHour,
    Sessions,
    Totals,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.policy import CoreFlow, EdgeCase, Policy
from sentry_runbook.incident.model.results.triage import Criterion, Verdict
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import MINUTE, NOTHING_STATED, NOW, POLICY, WINDOW, Seen, ago, burst, incident, known

DEAD = Unknown(why="Discover answered 429")
HOUR_AGO = ago(hours=1)
LAST_HOUR = Window(start=HOUR_AGO, end=NOW)


@dataclass(frozen=True)
class Given:
    """What a verdict is made from."""

    evidence: Evidence
    stated: Stated = NOTHING_STATED
    policy: Policy = POLICY

    @property
    def verdict(self) -> Verdict:
        return Incident(self.evidence, self.stated, self.policy, NOW).severity


def criterion(name: str, evidence: Evidence, stated: Stated = NOTHING_STATED, policy: Policy = POLICY) -> Criterion:
    return next(entry for entry in Given(evidence, stated, policy).verdict.criteria if entry.id == name)


def crowd(users: int, **fields: object) -> list[Seen]:
    """One event of each of that many users within 50 minutes, from two hours ago."""
    return burst(ago(hours=2), users, timedelta(minutes=50) / max(users, 1), users, **fields)


def per_minute(count: int) -> list[Seen]:
    """That many unhandled events of one user in one minute."""
    return [Seen(at=ago(minutes=30) + number * MINUTE / (count + 1)) for number in range(count)]


def environments(**counts: int) -> Known[tuple[EnvironmentCount, ...]]:
    return known(tuple(EnvironmentCount(name=name, events=events) for name, events in counts.items()))


def scoped(
    counted: Known[tuple[EnvironmentCount, ...]] | Unknown,
    *,
    events: Sequence[Seen] = (),
    totals: Unknown | None = None,
    **scope: Any,
) -> Evidence:
    """Evidence with these events a environment and this scope."""
    parts: Mapping[str, Any] = {"totals": totals} if totals else {}
    evidence = incident(events, environments=counted, **parts)
    return evidence.model_copy(update={"scope": EnvironmentScope(**scope)})


def hour(hours_ago: int, crash_rate: float, sessions: int = 900) -> SessionHour:
    return SessionHour(start=ago(hours=hours_ago), sessions=sessions, crash_rate=crash_rate, unhandled_rate=0.0)


def period(sessions: int, *hours: SessionHour, **fields: Any) -> Sessions:
    return Sessions(**{"window": WINDOW, "sessions": sessions, "unhandled_rate": 0.0, "hours": hours, **fields})


def buckets(
    *values: float | None, step_s: int = 300, start: datetime = HOUR_AGO, complete_until: datetime = NOW
) -> Known[Series]:
    return known(Series(start=start, step_s=step_s, values=values, complete_until=complete_until), "buckets")


def users_hours(*values: float) -> Known[Series]:
    """Users of the last clock hours."""
    start = ago(hours=len(values))
    return known(Series(start=start, step_s=3600, values=values, complete_until=NOW), "users a clock hour")


def totals(events: int, users: int) -> Known[Totals]:
    return known(Totals(events=events, users=users), "totals")


def blind(**parts: Any) -> Evidence:
    """Evidence in which nothing counts users, but for these parts."""
    return incident([], **{"totals": DEAD, "series": DEAD, "users_per_hour": DEAD, "rows": DEAD, **parts})


def thresholds(**numbers: float) -> Policy:
    return POLICY.model_copy(update={"thresholds": POLICY.thresholds.model_copy(update=numbers)})


def core_flow(*patterns: str) -> Policy:
    return POLICY.model_copy(update={"core_flow": CoreFlow(transactions=patterns)})


def edge_case(**rules: tuple[str, ...]) -> Policy:
    return POLICY.model_copy(update={"edge_case": EdgeCase(**rules)})


NOTHING: Mapping[str, Any] = dict.fromkeys(
    ("totals", "series", "users_per_hour", "rows", "environments", "unhandled", "project_unhandled", "sessions"), DEAD
)
