"""Which tag values a breakdown shows, and from when on a share that changed stands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sentry_runbook.incident.metrics.breakdown import breakdown_rows
from sentry_runbook.incident.model.evidence import NOT_ASKED, Breakdown, Combination, Evidence, TagCount
from tests.incident.builder import incident, known

Counts = Mapping[str, Mapping[str, int]]
"""Tag → value → events."""


def part(tags: Counts) -> Breakdown:
    """A row a value: the tags of one event do not matter here."""
    rows = (Combination(tags={tag: value}, events=n) for tag, counts in tags.items() for value, n in counts.items())
    return Breakdown(combinations=tuple(rows))


def windowed(now: Counts, before: Counts | None = None) -> Evidence:
    """The tags of the events of the window, and of those before it."""
    parts: dict[str, Any] = {"breakdown": known(part(now))}
    if before is not None:
        parts["breakdown_before"] = known(part(before))
    return incident([], **parts)


def of_all_time(tags: Counts) -> Evidence:
    """The tags of the issue, which stand in where the window's could not be read."""
    rows = tuple(TagCount(key=tag, total=sum(n.values()), values=tuple(n.items())) for tag, n in tags.items())
    return incident([], breakdown=NOT_ASKED, tags=known(rows))


both_sources = pytest.mark.parametrize("evidence_of", [windowed, of_all_time])


def shown(evidence: Evidence) -> list[str]:
    return [row.value for row in breakdown_rows(evidence)]


@pytest.mark.parametrize(
    ("now", "before", "lift"),
    [
        # Two halves of a thousand events each: one standard deviation of their difference is 22.4 events in a thousand.
        # Chance makes a difference of 56 (2.50 of them) in 1.2 of a hundred cases, one of 58 (2.59) in 0.95.
        (528, 472, None),
        (529, 471, 1.12),
        (472, 528, None),
        (471, 529, 0.89),
    ],
)
def test_a_share_stands_out_when_chance_explains_it_once_in_a_hundred(
    now: int, before: int, lift: float | None
) -> None:
    evidence = windowed({"os": {"iOS": now, "Android": 1000 - now}}, {"os": {"iOS": before, "Android": 1000 - before}})
    (row,) = [row for row in breakdown_rows(evidence) if row.value == "iOS"]
    assert row.lift == lift


@both_sources
@pytest.mark.parametrize(("events", "there"), [(5, True), (4, False)])
def test_a_value_of_a_twentieth_of_the_events_is_shown(evidence_of: Any, events: int, there: bool) -> None:
    evidence = evidence_of({"os": {"iOS": 100 - events, "Android": events}})
    assert ("Android" in shown(evidence)) is there


@both_sources
def test_the_three_most_frequent_values_of_a_tag_are_shown(evidence_of: Any) -> None:
    assert shown(evidence_of({"os": {"a": 40, "b": 30, "c": 20}})) == ["a", "b", "c"]
    assert shown(evidence_of({"os": {"a": 40, "b": 30, "c": 20, "d": 10}})) == ["a", "b", "c"]


@both_sources
@pytest.mark.parametrize("last", [2, 3])
def test_fourteen_rows_are_shown_and_a_fifteenth_is_not(evidence_of: Any, last: int) -> None:
    tags = {f"tag{number}": {f"{number}{value}": 30 for value in "abc"} for number in range(4)}
    values = shown(evidence_of({**tags, "tag4": {f"4{value}": 30 for value in "abc"[:last]}}))
    assert (len(values), values[-1]) == (14, "4b")
