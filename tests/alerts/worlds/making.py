"""What worlds are made of: background at usual rates, faults with exact counts, and alerts in a line each.

Every event is told one by one. None lies on a full ten seconds: what happens at a bucket's edge belongs to two buckets,
depending on whom one asks, and no alert may depend on it but where a test means it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import Any

from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, IssueSpec, Raised, RawEventSpec, Scenario
from sentry_runbook.simulator.scenario.watchers import EMAIL, Condition, FilterSpec, OldRuleSpec
from tests.alerts.worlds.labels import DAY

HISTORY = 22 * DAY
"""Minutes of background: the period, a week before it, and a day more, so that nothing of it is new."""

Rhythm = Callable[[float], float]
"""The rate at a minute, 0 to 1."""
Events = tuple[RawEventSpec, ...]


def minute(at: float) -> float:
    """Return a minute moved off the full ten seconds."""
    ms = round(at * 60_000)
    return (ms + 137 if ms % 10_000 == 0 else ms) / 60_000


def event(at: float, **more: Any) -> RawEventSpec:
    """Return one event."""
    return RawEventSpec(minute(at), **more)


def run(
    count: int,
    start: float,
    end: float,
    *,
    users: int | None = None,
    tags: Mapping[str, str] | None = None,
    environment: str | None = "production",
) -> Events:
    """Return so many events evenly from ``start`` to ``end``, the first at ``start``; ``users`` people one by one."""
    step = (end - start) / count
    return tuple(
        event(
            start + number * step,
            user=f"u{number % users}" if users else f"r{start:.0f}-{number}",
            tags=tags or {},
            environment=environment,
        )
        for number in range(count)
    )


def growing(start: float, end: float, first_per_hour: float, last_per_hour: float) -> Events:
    """Return events whose rate grows evenly."""
    events, at = list[RawEventSpec](), start
    while at < end:
        events.append(event(at, user=f"g{len(events)}"))
        rate = first_per_hour + (last_per_hour - first_per_hour) * (at - start) / (end - start)
        at += 60 / rate
    return tuple(events)


def background(
    short_id: str,
    per_hour: float,
    *,
    rhythm: Rhythm | None = None,
    environment: str | None = "production",
    tags: Mapping[str, str] | None = None,
    until: float = 0.0,
) -> Events:
    """Return events at random, at a rate, over all the history; the same ones in each run."""
    rng = Random(f"{short_id} {per_hour} {environment}")  # noqa: S311 # noise, not secrets
    at, events = -HISTORY, list[RawEventSpec]()
    while (at := at + rng.expovariate(per_hour / 60)) < until - 0.1:
        if rhythm is None or rng.random() < rhythm(at):
            person = f"u{rng.randrange(500)}"
            events.append(event(at, user=person, environment=environment, tags=tags or {}))
    return tuple(events)


def issue(short_id: str, *parts: Events, kind: str = "ValueError", level: Any = "error", **more: Any) -> IssueSpec:
    """Return an issue with its events."""
    events = sorted((one for part in parts for one in part), key=lambda one: one.at)
    return IssueSpec(short_id, chain=(Raised(kind, f"{short_id} went wrong"),), raw=tuple(events), level=level, **more)


def project(slug: str, *issues: IssueSpec, usual: float = 0.6, **more: Any) -> Scenario:
    """Return a project with its issues and three others at their usual rate (``usual`` an hour, half and a quarter)."""
    prefix = slug.upper()
    rates = (usual, usual / 2, usual / 4) if usual else ()
    others = (
        issue(f"{prefix}-90{place}", background(f"{prefix}-90{place}", rate), kind="TimeoutError")
        for place, rate in enumerate(rates, 1)
    )
    return Scenario(name=slug, project=slug, platform="python", issues=(*issues, *others), **more)


# --- alerts of today ------------------------------------------------------------------------------------------------

FIRST_SEEN: Condition = {"type": "first_seen_event", "comparison": True}
EVERY: Condition = {"type": "every_event", "comparison": True}


def trigger(kind: str) -> Condition:
    """Return a trigger without parameters."""
    return {"type": kind, "comparison": True}


def more_than(value: float, interval: str, **more: Any) -> Condition:
    """Return "more than so many events of an issue in an interval"."""
    return {"type": "event_frequency_count", "comparison": {"value": value, "interval": interval, **more}}


def users(value: float, interval: str, **more: Any) -> Condition:
    """Return "more than so many users of an issue in an interval"."""
    return {"type": "event_unique_user_frequency_count", "comparison": {"value": value, "interval": interval, **more}}


def rise(value: float, interval: str, since: str, kind: str = "event_frequency_percent") -> Condition:
    """Return "so many percent more than an interval before"."""
    return {"type": kind, "comparison": {"value": value, "interval": interval, "comparisonInterval": since}}


def of_sessions(value: float, interval: str) -> Condition:
    """Return "more than so many percent of the sessions"."""
    return {"type": "percent_sessions_count", "comparison": {"value": value, "interval": interval}}


def level(name: int, match: str = "eq") -> Condition:
    """Return a filter on the level: 30 warning, 40 error, 50 fatal."""
    return {"type": "level", "comparison": {"level": name, "match": match}}


def tag(key: str, match: str, value: str = "") -> Condition:
    """Return a filter on a tag."""
    return {"type": "tagged_event", "comparison": {"key": key, "match": match, "value": value}}


def age(kind: str, value: int, unit: str) -> Condition:
    """Return a filter on the issue's age."""
    return {"type": "age_comparison", "comparison": {"comparisonType": kind, "value": value, "time": unit}}


def alert(
    name: str,
    *filters: Condition,
    triggers: Iterable[Condition] = (),
    logic: Any = "all",
    environment: str | None = None,
    **more: Any,
) -> AlertSpec:
    """Return an alert of today of one block: its filters, all of which must hold, and an e-mail."""
    return AlertSpec(
        name,
        environment=environment,
        triggers=tuple(triggers),
        filters=(FilterSpec(filters, logic, (EMAIL,)),),
        **more,
    )


def line(kind: str, limit: float, result: int) -> Condition:
    """Return a threshold of a metric monitor: 75 critical, 50 warning, 0 well."""
    return {"type": kind, "comparison": limit, "conditionResult": result}


def above(limit: float, well: float | None = None) -> tuple[Condition, ...]:
    """Return the thresholds of a monitor that is critical above a line."""
    return line("gt", limit, 75), line("lte", limit if well is None else well, 0)


def monitor(name: str, *conditions: Condition, **more: Any) -> DetectorSpec:
    """Return a metric monitor of today."""
    return DetectorSpec(name, conditions=conditions, **more)


# --- alerts from before 2026 ----------------------------------------------------------------------------------------

_FREQUENCY = "sentry.rules.conditions.event_frequency."


def old(kind: str, where: str = "conditions", **keys: Any) -> Condition:
    """Return a condition or filter of an old rule, by the last part of its id."""
    module = kind.removesuffix("Condition").removesuffix("Filter")
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in module).lstrip("_")
    return {"id": f"sentry.rules.{where}.{snake}.{kind}", **keys}


def old_more_than(value: float, interval: str, kind: str = "EventFrequencyCondition", **keys: Any) -> Condition:
    """Return a count of an old rule."""
    return {"id": f"{_FREQUENCY}{kind}", "value": value, "interval": interval, **keys}


def rule(
    name: str,
    *conditions: Condition,
    filters: Iterable[Condition] = (),
    match: Any = "any",
    filter_match: Any = "all",
    environment: str | None = None,
    rule_id: str = "",
    **more: Any,
) -> AlertSpec:
    """Return an issue alert from before 2026 of which no alert of today was made."""
    number = rule_id or str(7_000 + sum(map(ord, name)))
    return AlertSpec(
        name,
        environment=environment,
        rule_id=number,
        migrated=False,
        rule=OldRuleSpec(conditions, tuple(filters), match, filter_match),
        **more,
    )


def metric_rule(name: str, *triggers: tuple[str, float], **more: Any) -> DetectorSpec:
    """Return a metric alert from before 2026 of which no monitor of today was made."""
    number = str(8_000 + sum(map(ord, name)))
    return DetectorSpec(name, rule_id=number, migrated=False, triggers=triggers, above=triggers[0][1], **more)
