"""Verdicts by the agreed rules, from labels, histories and raw events: how a person with all the data would judge.

In this order, the first that holds: dead, noisy, late, never fired, works.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec
from tests.alerts.conditions import Counting, Moment, Row, met
from tests.alerts.metrics import Measure
from tests.alerts.old_rows import of_today
from tests.alerts.raw import DAY, MINUTE, Event
from tests.alerts.rows import detector_row, metric_rule_row
from tests.alerts.worlds.building import Built
from tests.alerts.worlds.labels import Episode, Labelled, Part, Verdict

IN_TIME = 15.0
"""Minutes from an incident's beginning in which it is caught."""
EARLY = 5.0
"""Minutes before it that count as its beginning; for monitors that were open already, 15."""
NOISY_A_DAY, NOISY_ACTED_ON = 10, 0.1
PERIOD_DAYS = 14
_GATES = frozenset({"level", "tagged_event", "event_attribute"})


@dataclass(frozen=True)
class Caught:
    """What an alert did in an incident: ``after`` are minutes from its beginning to the first firing in it."""

    episode: Episode
    outcome: Literal["caught", "late", "missed"]
    after: float | None = None


def verdict_of(built: Built, part: Part, alert: Labelled) -> Verdict:
    """Judge an alert."""
    if alert.dead is not None:
        return "dead"
    fired = [at for at, _ in recorded_firings(built, alert)]
    if is_noisy(built, alert):
        return "noisy"
    outcomes = {caught.outcome for caught in caught_by(built, part, alert)}
    if "late" in outcomes and "caught" not in outcomes:
        return "late"
    return "works" if fired else "never_fired"


def recorded_firings(built: Built, alert: Labelled) -> list[tuple[float, str | None]]:
    """The firings of the period that Sentry recorded: minute and issue (None: of a metric monitor)."""
    spec, begin = built.recorded(alert), built.minutes(built.begin)
    if isinstance(spec, DetectorSpec):
        return [(opened, None) for opened, _ in spec.opened if begin <= opened <= 0]
    return [(one.at, one.issue) for one in spec.firings if begin <= one.at <= 0]


def is_noisy(built: Built, alert: Labelled) -> bool:
    """At least ten firings a day, and people acted on fewer than a tenth of the issues within a day of a firing."""
    firings = recorded_firings(built, alert)
    if len(firings) < NOISY_A_DAY * PERIOD_DAYS:
        return False
    issues = {issue for _, issue in firings if issue is not None}
    acted_on = {
        issue
        for at, issue in firings
        if issue is not None and _acted_within_a_day(built, issue, built.origin + round(at * MINUTE))
    }
    return bool(issues) and len(acted_on) / len(issues) < NOISY_ACTED_ON


def _acted_within_a_day(built: Built, issue: str, at: int) -> bool:
    return any(
        change.by is not None and change.kind in ("assigned", "resolved", "commented", "archived")
        for change in built.raw.issue[issue].changes
        if at <= change.at <= at + DAY
    )


# --- incidents ------------------------------------------------------------------------------------------------------


def caught_by(built: Built, part: Part, alert: Labelled) -> Iterator[Caught]:
    """What an alert did in each incident that it is there for."""
    firings = recorded_firings(built, alert)
    early = IN_TIME if isinstance(alert.spec, DetectorSpec) else EARLY
    for episode in part.episodes or ():
        if not is_there_for(built, part, alert, episode):
            continue
        times = [
            at - episode.began
            for at, issue in firings
            if issue in (None, *episode.issues) and episode.began - early <= at <= episode.ended
        ]
        after = max(0.0, min(times)) if times else None
        yield Caught(episode, "missed" if after is None else "caught" if after <= IN_TIME else "late", after)


def is_there_for(built: Built, part: Part, alert: Labelled, episode: Episode) -> bool:
    """Whether any event of an incident is one that the alert looks at: by its environment, level, tags or query."""
    start, end = (built.origin + round(at * MINUTE) for at in (episode.began - 0.1, episode.ended + 0.1))
    events = [event for event in built.raw.events if event.issue in episode.issues and start <= event.at <= end]
    spec = alert.spec
    if isinstance(spec, DetectorSpec):
        row = detector_row(spec)["dataSources"][0]["queryObj"]["snubaQuery"] if spec.migrated else metric_rule_row(spec)
        return Measure(built.raw, part.slug, row).finds_any_of(events)
    here = [event for event in events if spec.environment in (None, event.environment)]
    return any(all(met(gate, moment, counting) for gate in gates(spec)) for moment, counting in _moments(built, here))


def _moments(built: Built, events: Iterable[Event]) -> Iterator[tuple[Moment, Counting]]:
    counting = Counting(built.raw, None)
    for event in events:
        yield Moment(event.at, built.raw.issue[event.issue], event), counting


def gates(spec: AlertSpec) -> list[Row]:
    """The filters of one "all" block that ask what an event says."""
    if spec.rule is not None:
        rows = [of_today(row) for row in spec.rule.filters] if spec.rule.filter_match == "all" else []
    else:
        rows = list(spec.filters[0].conditions) if len(spec.filters) == 1 and spec.filters[0].logic == "all" else []
    return [row for row in rows if row["type"] in _GATES]
