"""Alerts drawn by seed over worlds with a little of everything: no verdicts, only whether a replay is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, IssueSpec, Scenario, SessionsSpec, StateChange
from sentry_runbook.simulator.scenario.watchers import EMAIL, Condition, FilterSpec
from tests.alerts.worlds.labels import DAY, NOW, AlertWorld, Labelled, Part
from tests.alerts.worlds.making import (
    EVERY,
    FIRST_SEEN,
    age,
    alert,
    background,
    issue,
    level,
    line,
    metric_rule,
    monitor,
    more_than,
    old,
    old_more_than,
    project,
    rise,
    rule,
    run,
    tag,
    trigger,
    users,
)

SEEDS = range(8)
ALERTS = 22
_NUMBERS = (1, 2, 3, 5, 8, 12, 20, 35, 60, 100, 160, 250)
_INTERVALS = ("1m", "5m", "15m", "1h", "1d")
_THROTTLES = (0, 5, 10, 30, 60, 180, 1440)
_PLANS = ("free", "gold", "trial")


def drawn_world(seed: int) -> AlertWorld:
    """Return a world with drawn faults, at a drawn minute, and drawn alerts; every other one of a server of before."""
    rng = Random(f"drawn {seed}")  # noqa: S311 # no secrets
    is_old = seed % 2 == 1
    scenario = _scenario(rng, f"drawn{seed}")
    draw = _old_alert if is_old else _alert_of_today
    alerts = tuple(Labelled(draw(rng, f"Drawn {seed} {number}"), None) for number in range(ALERTS))
    return AlertWorld(
        f"drawn {seed}",
        (Part(scenario, None, alerts),),
        generation="before" if is_old else "today",
        now=NOW + timedelta(minutes=rng.randrange(-700, 700)),
    )


# --- what happened --------------------------------------------------------------------------------------------------


def _scenario(rng: Random, slug: str) -> Scenario:
    prefix = slug.upper()
    faults = [_fault(rng, f"{prefix}-{number}", number) for number in range(1, 6)]
    sessions = (SessionsSpec(round(rng.uniform(20, 600) * 24 * 15), -15 * DAY, 0.0),)
    return project(slug, *faults, usual=0.5, sessions=sessions)


def _fault(rng: Random, short_id: str, number: int) -> IssueSpec:
    plan, environment = rng.choice(_PLANS), rng.choice(("production", "production", "staging"))
    parts = [
        run(
            rng.randrange(20, 400),
            (began := -rng.uniform(0.3, 13) * DAY),
            began + rng.uniform(8, 180),
            users=rng.choice((None, 3, 17)),
            tags={"plan": rng.choice((plan, *_PLANS))},
            environment=environment,
        )
        for _ in range(rng.randrange(1, 4))
    ]
    if rng.random() < 0.6:
        parts.append(background(short_id, rng.uniform(0.1, 0.7), tags={"plan": plan}))
    history = (StateChange(-rng.uniform(1, 12) * DAY),) if number == 2 else ()
    return issue(short_id, *parts, level=rng.choice(("warning", "error", "error", "fatal")), history=history)


# --- alerts of today ------------------------------------------------------------------------------------------------


def _alert_of_today(rng: Random, name: str) -> AlertSpec | DetectorSpec:
    if rng.random() < 0.3:
        return _monitor(rng, name)
    counts = [_condition(rng) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    gates = [_gate(rng) for _ in range(rng.choice((0, 0, 1)))]
    triggers = [rng.choice((EVERY, FIRST_SEEN, trigger("regression_event"), _condition(rng)))]
    made = alert(
        name,
        *counts,
        *gates,
        logic=rng.choice(("all", "all", "any", "none")) if counts or gates else "all",
        triggers=triggers if rng.random() < 0.5 or not counts else (),
        environment=_environment(rng),
        frequency=rng.choice(_THROTTLES),
    )
    if rng.random() < 0.15:
        second = FilterSpec((_condition(rng),), "all", (EMAIL,))
        return replace(made, filters=(*made.filters, second))
    return made


def _environment(rng: Random) -> str | None:
    return rng.choice((None, None, "production", "staging"))


def _condition(rng: Random) -> Condition:
    value, interval = rng.choice(_NUMBERS), rng.choice(_INTERVALS)
    filters = [{"key": "plan", "match": "eq", "value": rng.choice(_PLANS)}]
    kinds: tuple[Callable[[], Condition], ...] = (
        partial(more_than, value, interval),
        partial(more_than, value, interval),
        partial(more_than, value, interval),
        partial(more_than, value, interval, filters=filters),
        partial(users, value, interval),
        partial(rise, value * 10, interval, rng.choice(("15m", "1h", "1d"))),
        lambda: {"type": "issue_occurrences", "comparison": {"value": value}},
    )
    return rng.choice(kinds)()


def _gate(rng: Random) -> Condition:
    kinds: tuple[Callable[[], Condition], ...] = (
        partial(level, rng.choice((30, 40, 50)), rng.choice(("eq", "gte", "lte"))),
        partial(tag, "plan", rng.choice(("eq", "ne")), rng.choice(_PLANS)),
        partial(age, rng.choice(("older", "newer")), rng.choice((1, 3, 12)), rng.choice(("hour", "day"))),
    )
    return rng.choice(kinds)()


def _monitor(rng: Random, name: str) -> DetectorSpec:
    limit = rng.choice(_NUMBERS)
    lines = [line("gt", limit, 75), line("lte", rng.choice((limit, limit // 2)), 0)]
    if rng.random() < 0.4:
        lines = [line("gt", 2 * limit, 75), line("gt", limit, 50), line("lte", limit, 0)]
    return monitor(
        name,
        *lines,
        window=rng.choice((5, 10, 15, 30, 60, 240, 1440)),
        aggregate=rng.choice(("count()", "count()", "count_unique(user)")),
        environment=_environment(rng),
        query=rng.choice(("", "", "plan:gold", "!plan:free", "level:error")),
    )


# --- alerts from before ---------------------------------------------------------------------------------------------


def _old_alert(rng: Random, name: str) -> AlertSpec | DetectorSpec:
    number = str(500_000 + int(name.split()[1]) * 1000 + int(name.split()[2]))
    if rng.random() < 0.3:
        limit = float(rng.choice(_NUMBERS))
        return replace(
            metric_rule(
                name,
                ("critical", limit),
                *((("warning", limit // 2),) if rng.random() < 0.4 else ()),
                window=rng.choice((5, 10, 30, 60, 240)),
                environment=_environment(rng),
                threshold_period=rng.choice((1, 1, 2)),
            ),
            rule_id=number,
        )
    counts = [_old_condition(rng) for _ in range(rng.choice((1, 1, 2)))]
    gates = [_old_gate(rng) for _ in range(rng.choice((0, 0, 1)))]
    return rule(
        name,
        *counts,
        filters=gates,
        match=rng.choice(("any", "any", "all")),
        environment=_environment(rng),
        rule_id=number,
        frequency=rng.choice(_THROTTLES[1:]),
    )


def _old_condition(rng: Random) -> Condition:
    value, interval = rng.choice(_NUMBERS), rng.choice(_INTERVALS)
    percent = {"comparisonType": "percent", "comparisonInterval": "1h"}
    kinds: tuple[Callable[[], Condition], ...] = (
        partial(old_more_than, value, interval),
        partial(old_more_than, value, interval),
        partial(old_more_than, value, interval, "EventUniqueUserFrequencyCondition"),
        partial(old_more_than, value * 10, interval, **percent),
        partial(old, rng.choice(("FirstSeenEventCondition", "RegressionEventCondition", "EveryEventCondition"))),
    )
    return rng.choice(kinds)()


def _old_gate(rng: Random) -> Condition:
    keys: dict[str, Any] = {"level": rng.choice(("30", "40", "50")), "match": rng.choice(("eq", "gte", "lte"))}
    kinds: tuple[Callable[[], Condition], ...] = (
        partial(old, "LevelFilter", "filters", **keys),
        partial(old, "TaggedEventFilter", "filters", key="plan", match="eq", value=rng.choice(_PLANS)),
        partial(
            old,
            "AgeComparisonFilter",
            "filters",
            comparison_type=rng.choice(("older", "newer")),
            value=rng.choice((1, 3, 12)),
            time=rng.choice(("hour", "day")),
        ),
    )
    return rng.choice(kinds)()


WORLDS = tuple(partial(drawn_world, seed) for seed in SEEDS)
