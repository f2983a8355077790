"""Evidence made from a list of events, for the tests of the pure core: every count agrees with every other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Breakdown,
    Combination,
    EnvironmentCount,
    EnvironmentScope,
    EventRow,
    Evidence,
    Issue,
    IssueSeries,
    Known,
    Series,
    SessionHour,
    Sessions,
    Totals,
    Window,
)
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.model.stated import Stated

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
POLICY = default_policy()
WINDOW = Window(start=NOW - DAY, end=NOW)
NOTHING_STATED = Stated()


def read(evidence: Evidence, stated: Stated = NOTHING_STATED) -> Incident:
    """The incident of this evidence, read when it was collected."""
    return Incident(evidence, stated, POLICY, evidence.collected_at)


def ago(**length: float) -> datetime:
    """That long before NOW: ``ago(hours=2)``."""
    return NOW - timedelta(**length)


def known(value: T, source: str = "a test") -> Known[T]:
    """A measured value."""
    return Known(value=value, source=source)


@dataclass(frozen=True)
class Seen:
    """One event."""

    at: datetime
    user: str | None = "user-1"
    environment: str = "production"
    release: str | None = "shop@1.0.0"
    transaction: str | None = "POST /checkout"
    handled: bool = False
    ip: str | None = None


def burst(start: datetime, count: int, every: timedelta, users: int, **fields: object) -> list[Seen]:
    """``count`` events at a regular pace; the users take turns, so that all of them appear early."""
    return [
        Seen(at=start + number * every, user=f"user-{number % users}" if users else None, **fields)  # type: ignore[arg-type]  # fields of Seen
        for number in range(count)
    ]


def series(
    events: Iterable[Seen],
    start: datetime,
    end: datetime,
    step: timedelta = MINUTE,
    measure: Callable[[Sequence[Seen]], int] = len,
) -> Series:
    """The events as Sentry buckets them: from the bucket that holds ``start`` to the one before ``end``."""
    step_s = int(step.total_seconds())
    first = int(start.timestamp()) // step_s * step_s
    buckets: dict[int, list[Seen]] = {}
    for event in events:
        if start <= event.at < end:
            buckets.setdefault((int(event.at.timestamp()) - first) // step_s, []).append(event)
    length = -(-(int(end.timestamp()) - first) // step_s)
    values = [float(measure(()))] * length  # most of the thousands of minutes are empty
    for index, bucket in buckets.items():
        values[index] = float(measure(bucket))
    return Series(start=datetime.fromtimestamp(first, UTC), step_s=step_s, values=tuple(values), complete_until=NOW)


def users_of(events: Sequence[Seen]) -> int:
    """Distinct users."""
    return len({event.user for event in events if event.user})


def sessions(total: int, crash_free: float, hours: Mapping[datetime, tuple[int, float]] | None = None) -> Sessions:
    """Sessions with a crash-free fraction; ``hours`` gives single hours, else all hours are alike."""
    by_hour = hours or {NOW - (24 - number) * HOUR: (total // 24, crash_free) for number in range(24)}
    return Sessions(
        window=WINDOW,
        sessions=total,
        crash_rate=round(1 - crash_free, 9),
        unhandled_rate=0.0,
        hours=tuple(
            SessionHour(start=at, sessions=count, crash_rate=round(1 - rate, 9), unhandled_rate=0.0)
            for at, (count, rate) in by_hour.items()
        ),
    )


def incident(
    events: Sequence[Seen] = (),
    *,
    window: Window = WINDOW,
    others: Sequence[Seen] = (),
    issue: Mapping[str, object] | None = None,
    **parts: Any,
) -> Evidence:
    """Evidence of an issue with these events, everything measured; sessions are plenty and healthy.

    Args:
        events: of the issue, in any order.
        window: the period.
        others: unhandled events of the project's other issues.
        issue: fields of the issue to change.
        parts: parts of the evidence to replace.
    """
    production = [event for event in events if POLICY.is_production(event.environment)]
    counted = production or list(events)
    inside = [event for event in counted if window.start <= event.at < window.end]
    unhandled = [event for event in counted if not event.handled]
    before = window.start - window.length
    users = users_of(inside)
    made: dict[str, Any] = {
        "totals": known(
            Totals(
                events=len(inside),
                users=None if inside and not users else users,
                users_lower_bound=bool(users) and any(not event.user for event in inside),
            )
        ),
        "environments": known(tuple(_environments(events, window))),
        "series": known(
            IssueSeries(
                events=series(counted, before, window.end), users=series(counted, before, window.end, measure=users_of)
            )
        ),
        "users_per_hour": known(series(inside, window.start, window.end, HOUR, users_of)),
        "unhandled": known(series(unhandled, window.start, window.end)),
        "project_unhandled": known(series([*unhandled, *others], window.start, window.end)),
        "rows": known(tuple(_rows(counted, window))),
        "breakdown": known(Breakdown(combinations=tuple(_combinations(inside)))),
        "sessions": known(sessions(24_000, 0.999)),
    }
    if "series" not in parts:
        # A test that replaces the series decides itself what else tells of time.
        made["history"] = known(series(counted, window.start - 15 * DAY, NOW, HOUR))
    return Evidence(
        collected_at=NOW,
        server="https://sentry.example",
        organization="acme",
        window=window,
        scope=_scope(events),
        issue=_issue(events, issue or {}),
        **{**made, **parts},
    )


def _environments(events: Sequence[Seen], window: Window) -> Iterator[EnvironmentCount]:
    counts = Counter(event.environment for event in events if window.start <= event.at < window.end)
    return (EnvironmentCount(name=name, events=count) for name, count in counts.items())


def _scope(events: Sequence[Seen]) -> EnvironmentScope:
    names = sorted({event.environment for event in events})
    production = tuple(name for name in names if POLICY.is_production(name))
    others = tuple(name for name in names if name not in production)
    if production:
        return EnvironmentScope(
            names=production if others else (), basis="production", production=production, others=others
        )
    return EnvironmentScope(basis="all", others=others)


def _rows(events: Sequence[Seen], window: Window) -> Iterator[EventRow]:
    latest = sorted((event for event in events if event.at < window.end), key=lambda event: event.at, reverse=True)
    for number, event in enumerate(latest[:100]):
        yield EventRow(
            id=f"{number:032x}",
            when=event.at,
            release=event.release,
            environment=event.environment or None,
            user=event.user,
            transaction=event.transaction,
            title="TypeError: x",
            handled=event.handled,
            ip=event.ip,
        )


def _combinations(events: Sequence[Seen]) -> Iterator[Combination]:
    counts = Counter((event.environment, event.release, event.transaction) for event in events)
    for (environment, release, transaction), count in counts.most_common():
        tags = {"environment": environment or None, "release": release, "transaction": transaction}
        yield Combination(tags=tags, events=count)


def _issue(events: Sequence[Seen], changes: Mapping[str, object]) -> Issue:
    times = [event.at for event in events]
    made: dict[str, object] = {
        "id": "6114575469",
        "short_id": "SHOP-1Z",
        "url": "https://sentry.example/issues/6114575469/",
        "title": "TypeError: x",
        "level": "error",
        "status": "unresolved",
        "substatus": "ongoing",
        "unhandled": any(not event.handled for event in events),
        "project": "shop",
        "first_seen": min(times, default=NOW - 30 * DAY),
        "last_seen": max(times, default=NOW - 2 * DAY),
        "events_total": len(events),
        "users_total": users_of(events),
    }
    return Issue.model_validate({**made, **changes})
