"""Events by environment and by tags as they are counted without Discover: from events, else from the tags. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sentry_runbook.collect.breakdown_columns import BREAKDOWN_TAGS
from sentry_runbook.collect.counted import Counted
from sentry_runbook.collect.events_read import ReadEvent, environment_counts, tag_combinations
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.metrics.breakdown import SMALLEST_SHARE
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Known, Window
from sentry_runbook.safety.text import NAME

MOST_OTHER_TAGS = 20
"""Tags of the user's own that are counted at most, those that most events carry."""


def environments(counted: Counted) -> Known[tuple[ours.EnvironmentCount, ...]] | None:
    """Events by environment, the most first."""
    if counted.read.covers(counted.window.start):
        counts = environment_counts(counted.read.in_window(counted.window))
        source = f"counted from {count(counts.total(), 'event row')}, by environment"
        by_name = dict(counts.most_common())
    elif counted.life_is_in_window and counted.environments_of_life is not None:
        by_name, source = counted.environments_of_life, "tags of the issue: its whole life lies in the period"
    else:
        return None
    value = tuple(
        ours.EnvironmentCount(name=counted.collection.name(name) if name else "", events=events)
        for name, events in sorted(by_name.items(), key=lambda pair: -pair[1])
        if events
    )
    return Known(value=value, source=counted.collection.source(source, ()))


def breakdown(counted: Counted, window: Window) -> Known[ours.Breakdown] | None:
    """Events of a window by combinations of tags; None where not all of its events were read."""
    if not counted.read.covers(window.start):
        return None
    keys, events = _keys(_in_scope(counted, counted.window)), _in_scope(counted, window)
    shown = {key: counted.collection.sanitizer.line(key, NAME, "tags.key") for key in keys}
    inert: dict[tuple[str, str], str] = {}

    def value_of(key: str, value: str) -> str | None:
        if value and (key, value) not in inert:
            inert[key, value] = counted.collection.sanitizer.named(key, value, NAME, f"tags.{shown[key]}")
        return inert[key, value] if value else None

    combinations = tuple(
        ours.Combination(
            tags={shown[key]: value_of(key, value) for key, value in zip(keys, values, strict=True)}, events=number
        )
        for values, number in tag_combinations(events, keys).most_common()
    )
    source = f"counted from {count(len(events), 'event row')}: by tags"
    return Known(value=ours.Breakdown(combinations=combinations), source=source)


def _in_scope(counted: Counted, window: Window) -> list[ReadEvent]:
    names = counted.collection.question.environments
    return [event for event in counted.read.in_window(window) if not names or event.environment in names]


def _keys(events: Sequence[ReadEvent]) -> tuple[str, ...]:
    """Discover's tags, and those of the user's own of which a value is frequent enough to be shown."""
    values = Counter(pair for event in events for pair in event.tags.items() if pair[0] not in BREAKDOWN_TAGS)
    frequent = {key for (key, _), number in values.items() if number >= SMALLEST_SHARE * len(events)}
    carried: Counter[str] = Counter()
    for (key, _), number in values.items():
        carried[key] += number
    others = [key for key, _ in carried.most_common() if key in frequent]
    return (*BREAKDOWN_TAGS, *others[:MOST_OTHER_TAGS])
