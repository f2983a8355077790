"""Trend, baseline and what is new: every rule at both sides of its limit, with the exact words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import pytest

from sentry_runbook.incident.episode.episode import is_new
from sentry_runbook.incident.episode.issue_counts import issue_hours
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import (
    Evidence,
    IssueSeries,
    Series,
    Totals,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Baseline, Trend
from tests.incident.builder import HOUR, NOTHING_STATED, NOW, POLICY, WINDOW, ago, incident, known

DEAD = Unknown(why="Discover answered 429")
NOTHING = (0.0,)
OLD: Mapping[str, object] = {"first_seen": ago(days=30)}
THREE_HOURS_AGO = ago(hours=3)
TWO_DAYS_S = 2 * 86_400


def every_hour(events: float) -> tuple[float, ...]:
    """Minutes of an hour that holds that many events, all in its first minute."""
    return (events, *[0.0] * 59)


def old(
    *spans: tuple[int, float | None],
    before: Sequence[float | None] = NOTHING,
    step_s: int = 60,
    length_s: int = TWO_DAYS_S,
    end: datetime = NOW,
    issue: Mapping[str, object] = OLD,
    **parts: Any,
) -> Evidence:
    """An old issue; its event series ends at ``end`` with spans of (buckets, value) after ``before`` repeated."""
    last = [value for buckets, value in spans for _ in range(buckets)]
    count = length_s // step_s
    values = (*islice(cycle(before), count - len(last)), *last)
    series = Series(start=end - timedelta(seconds=length_s), step_s=step_s, values=values, complete_until=NOW)
    return incident([], **{"series": known(IssueSeries(events=series)), "issue": issue, **parts})


def new(*spans: tuple[int, float | None], first_seen: datetime = THREE_HOURS_AGO, **parts: Any) -> Evidence:
    """An issue first seen then, with an event series as in :func:`old`."""
    return old(*spans, issue={"first_seen": first_seen}, **parts)


def days(*events: int) -> tuple[tuple[datetime, int], ...]:
    """Daily counts, the last one of today."""
    today = NOW.replace(hour=0)
    return tuple((today - timedelta(days=len(events) - 1 - index), value) for index, value in enumerate(events))


def hours(*events: int) -> tuple[tuple[datetime, int], ...]:
    """Hourly counts, the last hour just begun."""
    return tuple((NOW - (len(events) - 1 - index) * HOUR, value) for index, value in enumerate(events))


def counts(
    daily: Sequence[tuple[datetime, int]] = (), hourly: Sequence[tuple[datetime, int]] = (), **parts: Any
) -> Evidence:
    """An old issue without an event series, with its own counts."""
    issue = {**OLD, "daily": daily, "hourly": hourly, **parts.pop("issue", {})}
    return incident([], **{"series": DEAD, "issue": issue, **parts})


def factors(**numbers: float) -> Policy:
    return POLICY.model_copy(update={"trend": POLICY.trend.model_copy(update=numbers)})


# fmt: off
TRENDS: Sequence[tuple[str, Evidence, Policy, Trend | Unknown]] = [
    ("nothing for two hours", old((60, 5.0), (120, 0.0)), POLICY, Trend(direction="quiet", last_hour=0,
     previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁▁")),
    ("one event in the last hour", old((119, 0.0), (1, 1.0)), POLICY, Trend(direction="steady", last_hour=1,
     previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█")),
    ("one event in the hour before", old((1, 1.0), (60, 0.0)), POLICY, Trend(direction="declining", last_hour=0,
     previous_hour=1, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▁")),
    ("three times the hour before", old((1, 10.0), (59, 0.0), (1, 30.0), (59, 0.0)), POLICY,
     Trend(direction="spiking", last_hour=30, previous_hour=10, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("less than three times", old((1, 10.0), (59, 0.0), (1, 29.0), (59, 0.0)), POLICY, Trend(direction="steady",
     last_hour=29, previous_hour=10, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("three events after an empty hour", old((60, 0.0), (1, 3.0), (59, 0.0)), POLICY, Trend(direction="spiking",
     last_hour=3, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█")),
    ("two events after an empty hour", old((60, 0.0), (1, 2.0), (59, 0.0)), POLICY, Trend(direction="steady",
     last_hour=2, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█")),
    ("a third of the hour before", old((1, 30.0), (59, 0.0), (1, 10.0), (59, 0.0)), POLICY,
     Trend(direction="declining", last_hour=10, previous_hour=30, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▃")),
    ("more than a third", old((1, 29.0), (59, 0.0), (1, 10.0), (59, 0.0)), POLICY, Trend(direction="steady",
     last_hour=10, previous_hour=29, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▃")),
    ("steady, and three times the usual", old((1, 20.0), (59, 0.0), (1, 20.0), (59, 0.0), before=every_hour(2.0)),
     POLICY, Trend(direction="steady", last_hour=20, previous_hour=20,
     sparkline="▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂██")),
    ("steady at three times the usual", old(*[(1, 6.0), (59, 0.0)] * 2, before=every_hour(2.0), issue={**OLD}),
     POLICY, Trend(direction="steady", last_hour=6, previous_hour=6,
     sparkline="▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃▃██")),
    ("steady below three times the usual", old(*[(1, 5.0), (59, 0.0)] * 2, before=every_hour(2.0)), POLICY,
     Trend(direction="steady", last_hour=5, previous_hour=5, sparkline="▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄██")),
    ("a usual rate below one an hour", old(*[(1, 2.0), (59, 0.0)] * 2, before=(*every_hour(1.0), *[0.0] * 180)),
     POLICY, Trend(direction="steady", last_hour=2, previous_hour=2, sparkline="▅▁▁▁▅▁▁▁▅▁▁▁▅▁▁▁▅▁▁▁▅▁██")),
    ("other factors", old((1, 10.0), (59, 0.0), (1, 29.0), (59, 0.0)), factors(spiking=2.9),
     Trend(direction="spiking", last_hour=29, previous_hour=10, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("another factor down", old((1, 29.0), (59, 0.0), (1, 10.0), (59, 0.0)), factors(declining=2.9),
     Trend(direction="declining", last_hour=10, previous_hour=29, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▃")),
    ("the series ends five minutes ago", old((60, 1.0), end=ago(minutes=5)), POLICY, Trend(direction="spiking",
     last_hour=60, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▂█")),
    ("the series ends more than five minutes ago", old((60, 1.0), end=ago(minutes=6)), POLICY,
     Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="", note="no events in the window")),
    ("the series is two hours long", old((60, 1.0), length_s=7200), POLICY, Trend(direction="spiking", last_hour=60,
     previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁████████████")),
    ("the series is shorter, the issue older", old((60, 1.0), length_s=7140), POLICY, Trend(direction="quiet",
     last_hour=0, previous_hour=0, sparkline="", note="no events in the window")),
    ("the series is shorter, the issue too", new((60, 1.0), length_s=7140, first_seen=ago(minutes=119)), POLICY,
     Trend(direction="spiking", last_hour=60, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▂███████████▇")),
    ("the series begins after the first event", new((60, 1.0), length_s=7140, first_seen=ago(minutes=120)), POLICY,
     Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="", note="no events in the window")),
    ("nothing was measured", old((2880, None)), POLICY, Trend(direction="quiet", last_hour=0, previous_hour=0,
     sparkline="", note="no events in the window")),
    ("buckets of an hour", old((1, 3.0), (1, 9.0), step_s=3600), POLICY, Trend(direction="quiet", last_hour=0,
     previous_hour=0, sparkline="", note="no events in the window")),
    ("buckets of half an hour", old((2, 3.0), (2, 9.0), step_s=1800), POLICY, Trend(direction="spiking", last_hour=18,
     previous_hour=6, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("a bucket that goes beyond now", old((60, 1.0), (60, 3.0), (5, 9.0), end=ago(minutes=-5)), POLICY,
     Trend(direction="spiking", last_hour=180, previous_hour=60, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("gaps in the last hours", old((30, None), (30, 1.0), (30, None), (30, 1.0)), POLICY, Trend(direction="steady",
     last_hour=30, previous_hour=30, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁██")),
    ("no number in the last hours", old((120, None)), POLICY, Trend(direction="quiet", last_hour=0, previous_hour=0,
     sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁··")),
    ("clock hours, the open one smaller", counts(hourly=hours(1, 2, 6, 5)), POLICY, Trend(direction="spiking",
     last_hour=6, previous_hour=2, sparkline="▂▃█▇", note="clock hours of the last day, all environments")),
    ("clock hours, the open one as full", counts(hourly=hours(1, 2, 6, 6)), POLICY, Trend(direction="spiking",
     last_hour=6, previous_hour=2, sparkline="▂▃██", note="clock hours of the last day, all environments")),
    ("clock hours, the open one fuller", counts(hourly=hours(1, 2, 6, 7)), POLICY, Trend(direction="steady",
     last_hour=7, previous_hour=6, sparkline="▂▃▇█", note="clock hours of the last day, all environments")),
    ("clock hours that spike", counts(hourly=hours(1, 2, 2, 6)), POLICY, Trend(direction="spiking", last_hour=6,
     previous_hour=2, sparkline="▂▃▃█", note="clock hours of the last day, all environments")),
    ("clock hours, the last one over", counts(hourly=tuple((at - HOUR, events) for at, events in hours(1, 6, 2))),
     POLICY, Trend(direction="declining", last_hour=2, previous_hour=6, sparkline="▂█▃",
     note="clock hours of the last day, all environments")),
    ("three clock hours", counts(hourly=hours(1, 2, 0)), POLICY, Trend(direction="steady", last_hour=2,
     previous_hour=1, sparkline="▅█▁", note="clock hours of the last day, all environments")),
    ("two clock hours", counts(hourly=hours(1, 2)), POLICY, Trend(direction="quiet", last_hour=0, previous_hour=0,
     sparkline="", note="no events in the window")),
    ("clock hours with a gap", counts(hourly=hours(1, 2, 3, 4, 5, 6)[::2]), POLICY, Trend(direction="quiet",
     last_hour=0, previous_hour=0, sparkline="", note="no events in the window")),
    ("no events in the window", counts(), POLICY, Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="",
     note="no events in the window")),
    ("events in the window", counts(totals=known(Totals(events=1))), POLICY, Unknown(why="Discover answered 429")),
    ("no totals", counts(totals=DEAD), POLICY, Unknown(why="Discover answered 429")),
    ("no events in a window of two hours", counts(window=Window(start=ago(hours=2), end=NOW)), POLICY,
     Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="", note="no events in the window")),
    ("no events in a shorter window", counts(window=Window(start=ago(hours=1, minutes=59), end=NOW)), POLICY,
     Unknown(why="Discover answered 429")),
    ("no events in a window that ended five minutes ago", counts(window=Window(start=ago(hours=5),
     end=ago(minutes=5))), POLICY, Trend(direction="quiet", last_hour=0, previous_hour=0, sparkline="",
     note="no events in the window")),
    ("no events in a window that ended before", counts(window=Window(start=ago(hours=5), end=ago(minutes=6))), POLICY,
     Unknown(why="Discover answered 429")),
    ("a series that does not reach up to now, and events", old((60, 1.0), end=ago(minutes=6),
     totals=known(Totals(events=60))), POLICY, Unknown(why="the series does not reach up to now")),
    ("an empty hour before the open one", counts(hourly=hours(1, 0, 0)), POLICY, Trend(direction="declining",
     last_hour=0, previous_hour=1, sparkline="█▁▁", note="clock hours of the last day, all environments")),
    ("an open hour after empty ones", counts(hourly=hours(0, 0, 1)), POLICY, Trend(direction="steady", last_hour=1,
     previous_hour=0, sparkline="▁▁█", note="clock hours of the last day, all environments")),
    ("empty clock hours", counts(hourly=hours(0, 0, 0)), POLICY, Trend(direction="quiet", last_hour=0,
     previous_hour=0, sparkline="▁▁▁", note="clock hours of the last day, all environments")),
    ("clock hours after an empty one", counts(hourly=hours(0, 5, 0)), POLICY, Trend(direction="spiking", last_hour=5,
     previous_hour=0, sparkline="▁█▁", note="clock hours of the last day, all environments")),
    ("clock hours of a new issue, against a usual rate of nothing", counts(hourly=hours(3, 4, 4),
     issue={"first_seen": ago(hours=2, minutes=30)}), POLICY,
     Trend(direction="steady", last_hour=4, previous_hour=3, sparkline="▆██",
     note="clock hours of the last day, all environments")),
    ("three times a usual rate of one and a half", old(*[(1, 5.0), (59, 0.0)] * 2, before=(*every_hour(1.0),
     *every_hour(2.0))), POLICY, Trend(direction="steady", last_hour=5, previous_hour=5,
     sparkline="▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄▂▄██")),
    ("clock hours of a new issue, steady", counts(hourly=hours(1, 1, 1), issue={"first_seen": ago(hours=2,
     minutes=30)}), POLICY, Trend(direction="steady", last_hour=1, previous_hour=1, sparkline="███",
     note="clock hours of the last day, all environments")),
]
# fmt: on


# fmt: off
BASELINES: Sequence[tuple[str, Evidence, Policy, Baseline | Unknown]] = [
    ("without an onset: the day before the window", old(before=every_hour(2.0)), POLICY, Baseline(start=ago(hours=48),
     end=ago(hours=24), events=48, ratio=0.0, events_per_hour=2.0)),
    ("before the onset", old((60, 5.0), before=every_hour(2.0), totals=known(Totals(events=339))), POLICY,
     Baseline(start=ago(hours=25), end=ago(hours=1), events=48, ratio=7.06, events_per_hour=2.0)),
    ("new: nothing before the first event", new((180, 1.0), totals=known(Totals(events=180))), POLICY,
     Baseline(start=ago(hours=27), end=ago(hours=3), events=0, events_per_hour=0.0)),
    ("new, an onset later than the first event", new((120, 1.0)), POLICY, Baseline(start=ago(hours=26),
     end=ago(hours=2), events=0, events_per_hour=0.0)),
    ("an empty stretch", old((60, 5.0), totals=known(Totals(events=300))), POLICY, Baseline(start=ago(hours=25),
     end=ago(hours=1), events=0, events_per_hour=0.0)),
    ("unknown events of the window", old((60, 5.0), before=every_hour(2.0), totals=DEAD), POLICY,
     Baseline(start=ago(hours=25), end=ago(hours=1), events=48, events_per_hour=2.0)),
    ("no series", counts(), POLICY, Unknown(why="Discover answered 429")),
    ("no series asked", counts(series=Unknown(why="not asked", asked=False)), POLICY, Unknown(why="not asked",
     asked=False)),
    ("the series begins a bucket late", old(before=every_hour(2.0), length_s=172740), POLICY,
     Baseline(start=ago(hours=48), end=ago(hours=24), events=48, ratio=0.0, events_per_hour=2.0)),
    ("the series begins two buckets late", old(before=every_hour(2.0), length_s=172680), POLICY,
     Unknown(why="the event counts do not reach back one window length before the episode")),
    ("no numbers in the stretch", old((1440, 0.0), before=(None,)), POLICY,
     Unknown(why="the event counts hold no numbers before the episode")),
    ("first-seen time unknown", old(before=every_hour(2.0), issue={"first_seen": None}), POLICY,
     Baseline(start=ago(hours=48), end=ago(hours=24), events=48, ratio=0.0, events_per_hour=2.0)),
    ("thirds", old((60, 5.0), before=(*every_hour(1.0), *[0.0] * 120), totals=known(Totals(events=100))), POLICY,
     Baseline(start=ago(hours=25), end=ago(hours=1), events=8, ratio=12.5,
     events_per_hour=0.33)),
    ("new, without a series", new(series=DEAD), POLICY, Baseline(start=ago(hours=27), end=ago(hours=3), events=0,
     events_per_hour=0.0)),
]
# fmt: on


def rows(table: Sequence[tuple[str, Evidence, Policy, Any]]) -> list[Any]:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


def measured(evidence: Evidence, policy: Policy) -> Measurements:
    return Measurements(evidence, NOTHING_STATED, policy, NOW)


@pytest.mark.parametrize(("evidence", "policy", "expected"), rows(TRENDS))
def test_the_trend_says_where_the_rate_goes(evidence: Evidence, policy: Policy, expected: Trend | Unknown) -> None:
    trend = measured(evidence, policy).trend
    # How far it is from usual stands apart from the direction, and changes none.
    apart = {"usual_per_hour": None, "times_usual": None}
    assert (trend.model_copy(update=apart) if isinstance(trend, Trend) else trend) == expected


@pytest.mark.parametrize(("evidence", "policy", "expected"), rows(BASELINES))
def test_the_baseline_is_the_stretch_before_the_onset(
    evidence: Evidence, policy: Policy, expected: Baseline | Unknown
) -> None:
    assert measured(evidence, policy).baseline == expected


@pytest.mark.parametrize(
    ("first_seen", "window", "expected"),
    [
        (None, WINDOW, None),
        (ago(hours=24), WINDOW, True),
        (ago(hours=24, seconds=1), WINDOW, False),
        (ago(hours=24), Window(start=ago(hours=1), end=NOW), True),
        (ago(hours=24, seconds=1), Window(start=ago(hours=1), end=NOW), False),
        (ago(hours=30), Window(start=ago(hours=30), end=NOW), True),
        (ago(hours=30, seconds=1), Window(start=ago(hours=30), end=NOW), False),
    ],
)
def test_an_issue_is_new_within_the_policys_hours_or_the_window(
    first_seen: datetime | None, window: Window, expected: bool | None
) -> None:
    assert is_new(incident([], window=window, issue={"first_seen": first_seen}), POLICY) is expected


def test_a_first_event_after_the_events_themselves_is_not_taken_for_their_beginning() -> None:
    evidence = new((60, 5.0), (120, 0.0), first_seen=NOW - timedelta(minutes=30))
    episode = measured(evidence, POLICY).episode
    assert not isinstance(episode, Unknown)
    assert (episode.began, episode.ended) == (NOW - timedelta(hours=3), NOW - timedelta(hours=2))


def test_an_issues_clock_hours_are_a_series_only_without_gaps() -> None:
    series = issue_hours(counts(hourly=hours(1, 2, 3)))
    assert series == Series(start=ago(hours=2), step_s=3600, values=(1.0, 2.0, 3.0), complete_until=NOW)
    assert issue_hours(counts(hourly=hours(1, 2, 3)[::2])) is None
    assert issue_hours(counts()) is None
