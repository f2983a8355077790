"""Onset, usual rate and trend: every rule at both sides of its limit, with the exact words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

import pytest

from sentry_runbook.incident.episode.onset import is_new, issue_hours
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import (
    Activity,
    Evidence,
    IssueSeries,
    Series,
    Totals,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.impact import Baseline, Onset, Trend
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
ONSETS: Sequence[tuple[str, Evidence, Policy, Onset | Unknown]] = [
    ("new, the series begins with its first event", new((180, 1.0)), POLICY, Onset(at=ago(hours=3),
     how="first event of the issue, which is new", confidence="high")),
    ("new, first seen elsewhere, later in the environments that count", new((120, 1.0)), POLICY,
     Onset(at=ago(hours=2), how="first event in the environments that count; the issue is new", confidence="high")),
    ("new, one empty minute before the first event", new((1, 0.0), (179, 1.0)), POLICY, Onset(at=ago(hours=2,
     minutes=59), how="first event in the environments that count; the issue is new", confidence="high")),
    ("new, events before the first event", new((181, 1.0)), POLICY, Onset(at=ago(hours=3),
     how="first event of the issue, which is new", confidence="high")),
    ("new, first seen before the series", new((60, 1.0), length_s=7200), POLICY, Onset(at=ago(hours=3),
     how="first event of the issue, which is new", confidence="high")),
    ("new, first seen when the series begins", new((60, 1.0), length_s=10800), POLICY, Onset(at=ago(hours=1),
     how="first event in the environments that count; the issue is new", confidence="high")),
    ("new, no events in the series", new(), POLICY, Onset(at=ago(hours=3),
     how="first event of the issue, which is new", confidence="high")),
    ("new, an unmeasured start", new((180, None), (10, 1.0)), POLICY, Onset(at=ago(minutes=10),
     how="first event in the environments that count; the issue is new", confidence="high")),
    ("new, no series", new(series=DEAD), POLICY, Onset(at=ago(hours=3), how="first event of the issue, which is new",
     confidence="high")),
    ("four events out of nothing", old((1, 4.0), (30, 0.0)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("five events out of nothing", old((1, 5.0), (30, 0.0)), POLICY, Onset(at=ago(minutes=31),
     how="step in the event series: 5 events in the fullest hour, 0 an hour before", confidence="medium")),
    ("19 events out of nothing", old((1, 19.0), (30, 0.0)), POLICY, Onset(at=ago(minutes=31),
     how="step in the event series: 19 events in the fullest hour, 0 an hour before", confidence="medium")),
    ("20 events out of nothing", old((1, 20.0), (30, 0.0)), POLICY, Onset(at=ago(minutes=31),
     how="step in the event series: 20 events in the fullest hour, 0 an hour before", confidence="high")),
    ("1,234 events out of nothing", old((1, 1234.0), (30, 0.0)), POLICY, Onset(at=ago(minutes=31),
     how="step in the event series: 1,234 events in the fullest hour, 0 an hour before", confidence="high")),
    ("three times the usual 60", old((60, 3.0), before=(1.0,)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("more than three times the usual 60", old((1, 4.0), (59, 3.0), before=(1.0,)), POLICY, Onset(at=ago(hours=1,
     minutes=10), how="step in the event series: 181 events in the fullest hour, 60 an hour before",
     confidence="medium")),
    ("four deviations above the usual 1", old((1, 5.0), (59, 0.0), before=every_hour(1.0)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("more than four deviations above the usual 1", old((1, 6.0), (59, 0.0), before=every_hour(1.0)), POLICY,
     Onset(at=ago(minutes=51), how="step in the event series: 6 events in the fullest hour, 1 an hour before",
     confidence="medium")),
    ("another factor", old((1, 4.0), (59, 3.0), before=(1.0,)), factors(spiking=4.0),
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("nine times the usual", old((1, 29.0), (59, 0.0), before=every_hour(3.0)), POLICY, Onset(at=ago(minutes=51),
     how="step in the event series: 29 events in the fullest hour, 3 an hour before", confidence="medium")),
    ("ten times the usual", old((1, 30.0), (59, 0.0), before=every_hour(3.0)), POLICY, Onset(at=ago(minutes=51),
     how="step in the event series: 30 events in the fullest hour, 3 an hour before", confidence="high")),
    ("rare events: the mean of the hours", old((1, 9.0), (59, 0.0), before=(*every_hour(3.0), *every_hour(0.0),
     *every_hour(0.0))), POLICY, Onset(at=ago(hours=2, minutes=51),
     how="step in the event series: 9 events in the fullest hour, 1 an hour before", confidence="medium")),
    ("a burst before: the mean, at most one an hour", old((1, 9.0), (59, 0.0), before=(*every_hour(30.0),
     *[0.0] * 2820)), POLICY, Onset(at=ago(minutes=51),
     how="step in the event series: 9 events in the fullest hour, 1 an hour before", confidence="medium")),
    ("an earlier incident does not move the median", old((1, 30.0), (59, 0.0), before=(*every_hour(30.0),
     *every_hour(2.0), *every_hour(2.0))), POLICY, Onset(at=ago(hours=23, minutes=51),
     how="step in the event series: 30 events in the fullest hour, 2 an hour before", confidence="high")),
    ("nothing measured before", old((1409, 0.0), (1, 50.0), (30, 0.0), before=(None,)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("some minutes measured before", old((1409, 0.0), (1, 50.0), (30, 0.0), before=(None, 0.0)), POLICY,
     Onset(at=ago(minutes=31), how="step in the event series: 50 events in the fullest hour, 0 an hour before",
     confidence="high")),
    ("nothing measured inside", old((1440, None)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("nothing measured at all", old((2880, None)), POLICY, Unknown(why="no counts")),
    ("a lull of two hours inside the run", old((10, 5.0), (110, 0.0), (10, 30.0)), POLICY, Onset(at=ago(hours=2,
     minutes=10), how="step in the event series: 300 events in the fullest hour, 0 an hour before",
     confidence="high")),
    ("a longer lull ends the run", old((10, 5.0), (120, 0.0), (10, 30.0)), POLICY, Onset(at=ago(minutes=10),
     how="step in the event series: 300 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a lull of two hours, twice", old((10, 5.0), (110, 0.0), (10, 5.0), (110, 0.0), (10, 30.0)), POLICY,
     Onset(at=ago(hours=4, minutes=10),
     how="step in the event series: 300 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a run that goes on after the fullest hour", old((10, 5.0), (50, 1.0), (60, 10.0), (60, 3.0)), POLICY,
     Onset(at=ago(hours=3), how="step in the event series: 600 events in the fullest hour, 0 an hour before",
     confidence="high")),
    ("a run from before the window", old((1500, 5.0)), POLICY, Onset(at=ago(hours=25),
     how="step in the event series: 300 events in the fullest hour, 1 an hour before", confidence="high")),
    ("a run from the start of the series", old((2880, 5.0), length_s=172800), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("raised by hours, in no ten minutes", old(*[(1, 9.0), (14, 0.0)] * 8, before=every_hour(9.0)), POLICY,
     Onset(at=ago(hours=48),
     how="at or before the start of the event series: 36 events in the fullest hour, 9 an hour before",
     confidence="low")),
    ("buckets of ten minutes", old((3, 20.0), before=NOTHING, step_s=600), POLICY, Onset(at=ago(minutes=30),
     how="step in the event series: 60 events in the fullest hour, 0 an hour before", confidence="high")),
    ("buckets of fifteen minutes", old((1, 40.0), (1, 0.0), before=NOTHING, step_s=900), POLICY,
     Onset(at=ago(minutes=30), how="step in the event series: 40 events in the fullest hour, 0 an hour before",
     confidence="high")),
    ("buckets of an hour", old((1, 40.0), before=NOTHING, step_s=3600), POLICY, Onset(at=ago(hours=1),
     how="step in the event series: 40 events in the fullest hour, 0 an hour before", confidence="medium")),
    ("buckets of two hours", old((1, 40.0), before=NOTHING, step_s=7200), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("up since the series began, the days know more", old((2880, 5.0), issue={**OLD, "daily": days(10, 10, 10, 10,
     9000, 9000, 9000)}), POLICY, Onset(at=ago(hours=63),
     how="day on which the issue's daily counts rose (all environments): usual 10 a day", confidence="low")),
    ("up since the series began, the days know nothing", old((2880, 5.0), issue={**OLD, "daily": days(10, 10)}),
     POLICY, Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("up since a while, the days are not asked", old((60, 5.0), issue={**OLD, "daily": days(10, 10, 10, 10, 9000,
     9000, 9000)}), POLICY, Onset(at=ago(hours=1),
     how="step in the event series: 300 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a slow start", old((1, 1.0), (1, 2.0), (1, 4.0), (60, 10.0)), POLICY, Onset(at=ago(hours=1, minutes=3),
     how="step in the event series: 600 events in the fullest hour, 0 an hour before", confidence="high")),
    ("half of the half belongs to it", old((1, 2.0), (1, 2.5), (60, 10.0)), POLICY, Onset(at=ago(hours=1, minutes=2),
     how="step in the event series: 600 events in the fullest hour, 0 an hour before", confidence="high")),
    ("less than that does not", old((1, 2.5), (1, 2.4), (60, 10.0)), POLICY, Onset(at=ago(hours=1, minutes=2),
     how="step in the event series: 600 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a lone minute ahead", old((1, 10.0), (20, 0.0), (30, 10.0)), POLICY, Onset(at=ago(minutes=51),
     how="step in the event series: 310 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a start within a stretch", old((33, 10.0)), POLICY, Onset(at=ago(minutes=33),
     how="step in the event series: 330 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a start at the end of a stretch", old((1, 40.0), (29, 0.0), (1, 8.0)), POLICY, Onset(at=ago(minutes=31),
     how="step in the event series: 48 events in the fullest hour, 0 an hour before", confidence="high")),
    ("two peaks: the earlier counts when they are close", old((1, 10.0), (1, 0.0), (1, 10.0), (30, 10.0)), POLICY,
     Onset(at=ago(minutes=31), how="step in the event series: 320 events in the fullest hour, 0 an hour before",
     confidence="high")),
    ("a fading start", old((5, 10.0), (5, 4.0), (5, 3.0), (5, 1.0), (20, 0.0)), POLICY, Onset(at=ago(minutes=40),
     how="step in the event series: 90 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a regression in the window", counts(issue={"activity": (Activity(kind="set_regression", at=ago(hours=5)),)}),
     POLICY, Onset(at=ago(hours=5), how="Sentry recorded a regression", confidence="medium")),
    ("an escalation in the window", counts(issue={"activity": (Activity(kind="set_escalating", at=ago(hours=5)),)}),
     POLICY, Onset(at=ago(hours=5), how="Sentry recorded an escalation", confidence="medium")),
    ("the first of both", counts(issue={"activity": (Activity(kind="set_escalating", at=ago(hours=5)),
     Activity(kind="set_regression", at=ago(hours=6)))}), POLICY, Onset(at=ago(hours=6),
     how="Sentry recorded a regression", confidence="medium")),
    ("a regression when the window begins", counts(issue={"activity": (Activity(kind="set_regression",
     at=ago(hours=24)),)}), POLICY, Onset(at=ago(hours=24), how="Sentry recorded a regression", confidence="medium")),
    ("a regression before the window", counts(issue={"activity": (Activity(kind="set_regression", at=ago(hours=24,
     seconds=1)),)}), POLICY, Unknown(why="the event series is not known (Discover answered 429)")),
    ("a regression at the time of collection", counts(issue={"activity": (Activity(kind="set_regression", at=NOW),)}),
     POLICY, Onset(at=NOW, how="Sentry recorded a regression", confidence="medium")),
    ("a regression after the collection", counts(issue={"activity": (Activity(kind="set_regression",
     at=ago(seconds=-1)),)}), POLICY, Unknown(why="the event series is not known (Discover answered 429)")),
    ("another entry", counts(issue={"activity": (Activity(kind="note", at=ago(hours=5)),)}), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("a step goes before Sentry's record", old((60, 5.0), issue={**OLD, "activity": (Activity(kind="set_regression",
     at=ago(hours=5)),)}), POLICY, Onset(at=ago(hours=1),
     how="step in the event series: 300 events in the fullest hour, 0 an hour before", confidence="high")),
    ("Sentry's record goes before the hours", counts(days(10, 10, 10, 10, 900, 900), hours(0, 0, 900, 900),
     issue={"activity": (Activity(kind="set_regression", at=ago(hours=5)),)}), POLICY, Onset(at=ago(hours=5),
     how="Sentry recorded a regression", confidence="medium")),
    ("the clock hours rose", counts(days(24, 24, 24, 24, 24, 200), hours(1, 1, 1, 60, 50, 3)), POLICY,
     Onset(at=ago(hours=2),
     how="step in the issue's clock hours (all environments): 60 events in the fullest hour, 1 an hour before",
     confidence="medium")),
    ("the clock hours rose much", counts(days(0, 0, 0, 0, 0, 200), hours(0, 0, 0, 60, 50, 3)), POLICY,
     Onset(at=ago(hours=2),
     how="step in the issue's clock hours (all environments): 60 events in the fullest hour, 0 an hour before",
     confidence="medium")),
    ("the clock hours were up at their start, the days know more", counts(days(24, 24, 24, 24, 900, 900), hours(60,
     60, 50, 3)), POLICY, Onset(at=ago(hours=39),
     how="day on which the issue's daily counts rose (all environments): usual 24 a day", confidence="low")),
    ("two days of history, hours alone", counts(days(24, 24, 24, 900), hours(1, 1, 1, 60, 50, 3)), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("three days of history", counts(days(24, 24, 24, 24, 900), hours(1, 1, 1, 60, 50, 3)), POLICY,
     Onset(at=ago(hours=2),
     how="step in the issue's clock hours (all environments): 60 events in the fullest hour, 1 an hour before",
     confidence="medium")),
    ("hours with a gap", counts(days(24, 24, 24, 24, 24, 200), hours(1, 1, 1, 60, 50, 3)[::2]), POLICY,
     Onset(at=ago(hours=15), how="day on which the issue's daily counts rose (all environments): usual 24 a day",
     confidence="low")),
    ("the days rose today", counts(days(24, 24, 24, 24, 24, 200)), POLICY, Onset(at=ago(hours=15),
     how="day on which the issue's daily counts rose (all environments): usual 24 a day", confidence="low")),
    ("the days rose yesterday", counts(days(24, 24, 24, 24, 200, 24)), POLICY, Onset(at=ago(hours=39),
     how="day on which the issue's daily counts rose (all environments): usual 24 a day", confidence="low")),
    ("the days rose the day before", counts(days(24, 24, 24, 200, 24, 24)), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("the days rose two days in a row", counts(days(24, 24, 24, 24, 200, 200)), POLICY, Onset(at=ago(hours=39),
     how="day on which the issue's daily counts rose (all environments): usual 24 a day", confidence="low")),
    ("the days rose three days in a row", counts(days(24, 24, 24, 24, 24, 200, 200, 200)), POLICY,
     Onset(at=ago(hours=63), how="day on which the issue's daily counts rose (all environments): usual 24 a day",
     confidence="low")),
    ("the days are three times usual", counts(days(24, 24, 24, 24, 24, 72)), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("the days are more than three times usual", counts(days(24, 24, 24, 24, 24, 73)), POLICY, Onset(at=ago(hours=15),
     how="day on which the issue's daily counts rose (all environments): usual 24 a day", confidence="low")),
    ("four events on a day", counts(days(0, 0, 0, 0, 4)), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("five events on a day", counts(days(0, 0, 0, 0, 5)), POLICY, Onset(at=ago(hours=15),
     how="day on which the issue's daily counts rose (all environments): usual 0 a day", confidence="low")),
    ("two days of history", counts(days(24, 24, 200, 200)), POLICY,
     Unknown(why="the event series is not known (Discover answered 429)")),
    ("no step", old(before=(1.0,)), POLICY,
     Unknown(why="no step in the event rate: the issue is old and runs as usual")),
    ("no counts", counts(), POLICY, Unknown(why="the event series is not known (Discover answered 429)")),
    ("a stretch exactly at the limit does not belong to the run", old((10, 3.0), (30, 1.0), (60, 4.0), before=(1.0,)),
     POLICY, Onset(at=ago(hours=1, minutes=10),
     how="step in the event series: 240 events in the fullest hour, 60 an hour before", confidence="medium")),
    ("a stretch above the limit does", old((10, 3.1), (30, 1.0), (60, 4.0), before=(1.0,)), POLICY,
     Onset(at=ago(hours=1, minutes=50),
     how="step in the event series: 240 events in the fullest hour, 60 an hour before", confidence="medium")),
    ("buckets of an hour, with a usual rate", old((1, 40.0), before=(3.0, 5.0), step_s=3600), POLICY,
     Onset(at=ago(hours=1), how="step in the event series: 40 events in the fullest hour, 4 an hour before",
     confidence="medium")),
    ("up since the series began by its hours, the days know more", old(*[(1, 9.0), (14, 0.0)] * 8,
     before=every_hour(9.0), issue={**OLD, "daily": days(10, 10, 10, 10, 9000, 9000)}), POLICY,
     Onset(at=ago(hours=39), how="day on which the issue's daily counts rose (all environments): usual 10 a day",
     confidence="low")),
    ("a rise within the stretch before", old((4, 9.0), (10, 9.0), before=NOTHING), POLICY, Onset(at=ago(minutes=14),
     how="step in the event series: 126 events in the fullest hour, 0 an hour before", confidence="high")),
    ("minutes of one event", old((1, 1.0), (3, 0.0), (6, 1.0)), POLICY, Onset(at=ago(minutes=6),
     how="step in the event series: 7 events in the fullest hour, 0 an hour before", confidence="medium")),
    ("a weak start and a late peak", old((8, 1.0), (1, 0.0), (1, 20.0)), POLICY, Onset(at=ago(minutes=1),
     how="step in the event series: 28 events in the fullest hour, 0 an hour before", confidence="high")),
    ("an empty minute in the rise", old((3, 4.0), (1, 0.0), (4, 8.0), (10, 8.0)), POLICY, Onset(at=ago(minutes=14),
     how="step in the event series: 124 events in the fullest hour, 0 an hour before", confidence="high")),
    ("two of three minutes", old(*[(2, 10.0), (1, 0.0)] * 6), POLICY, Onset(at=ago(minutes=18),
     how="step in the event series: 120 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a slow rise within a stretch", old((5, 3.0), (15, 10.0)), POLICY, Onset(at=ago(minutes=20),
     how="step in the event series: 165 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a slower rise within a stretch", old((1, 2.0), (4, 3.0), (15, 10.0)), POLICY, Onset(at=ago(minutes=19),
     how="step in the event series: 164 events in the fullest hour, 0 an hour before", confidence="high")),
    ("a few minutes ahead of the rise", old((1, 9.0), (6, 0.0), (12, 10.0)), POLICY, Onset(at=ago(minutes=12),
     how="step in the event series: 129 events in the fullest hour, 0 an hour before", confidence="high")),
]
# fmt: on


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
    ("less than three times", old((1, 10.0), (59, 0.0), (1, 29.0), (59, 0.0)), POLICY, Trend(direction="spiking",
     last_hour=29, previous_hour=10, usual_per_hour=0.42, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃█")),
    ("three events after an empty hour", old((60, 0.0), (1, 3.0), (59, 0.0)), POLICY, Trend(direction="spiking",
     last_hour=3, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█")),
    ("two events after an empty hour", old((60, 0.0), (1, 2.0), (59, 0.0)), POLICY, Trend(direction="steady",
     last_hour=2, previous_hour=0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█")),
    ("a third of the hour before", old((1, 30.0), (59, 0.0), (1, 10.0), (59, 0.0)), POLICY,
     Trend(direction="declining", last_hour=10, previous_hour=30, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▃")),
    ("more than a third", old((1, 29.0), (59, 0.0), (1, 10.0), (59, 0.0)), POLICY, Trend(direction="spiking",
     last_hour=10, previous_hour=29, usual_per_hour=1.21, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█▃")),
    ("steady, and three times the usual", old((1, 20.0), (59, 0.0), (1, 20.0), (59, 0.0), before=every_hour(2.0)),
     POLICY, Trend(direction="spiking", last_hour=20, previous_hour=20, usual_per_hour=2.75,
     sparkline="▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂▂██")),
    ("steady at three times the usual", old(*[(1, 6.0), (59, 0.0)] * 2, before=every_hour(2.0), issue={**OLD}),
     POLICY, Trend(direction="spiking", last_hour=6, previous_hour=6, usual_per_hour=2.0,
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
    ("gaps in the last hours", old((30, None), (30, 1.0), (30, None), (30, 1.0)), POLICY, Trend(direction="spiking",
     last_hour=30, previous_hour=30, usual_per_hour=0.0, sparkline="▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁██")),
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
     issue={"first_seen": ago(hours=2, minutes=30)}), POLICY, Trend(direction="spiking", last_hour=4, previous_hour=3,
     usual_per_hour=0.0, sparkline="▆██", note="clock hours of the last day, all environments")),
    ("three times a usual rate of one and a half", old(*[(1, 5.0), (59, 0.0)] * 2, before=(*every_hour(1.0),
     *every_hour(2.0))), POLICY, Trend(direction="spiking", last_hour=5, previous_hour=5, usual_per_hour=1.5,
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
    ("an onset after the window", old((60, 5.0), before=every_hour(2.0), window=Window(start=ago(hours=26),
     end=ago(hours=2))), POLICY, Baseline(start=ago(hours=26), end=ago(hours=2), events=48, ratio=0.0,
     events_per_hour=2.0)),
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
     Unknown(why="the event series does not reach back one window length before the onset")),
    ("no numbers in the stretch", old((1440, 0.0), before=(None,)), POLICY,
     Unknown(why="the event series holds no numbers before the onset")),
    ("first-seen time unknown", old(before=every_hour(2.0), issue={"first_seen": None}), POLICY,
     Baseline(start=ago(hours=48), end=ago(hours=24), events=48, ratio=0.0, events_per_hour=2.0)),
    ("thirds", old((60, 5.0), before=(*every_hour(1.0), *[0.0] * 120), totals=known(Totals(events=100))), POLICY,
     Baseline(start=ago(hours=26, minutes=51), end=ago(hours=2, minutes=51), events=8, ratio=12.5,
     events_per_hour=0.33)),
    ("new, without a series", new(series=DEAD), POLICY, Baseline(start=ago(hours=27), end=ago(hours=3), events=0,
     events_per_hour=0.0)),
]
# fmt: on


def rows(table: Sequence[tuple[str, Evidence, Policy, Any]]) -> list[Any]:
    return [pytest.param(*row[1:], id=row[0]) for row in table]


def measured(evidence: Evidence, policy: Policy) -> Measurements:
    return Measurements(evidence, NOTHING_STATED, policy, NOW)


@pytest.mark.parametrize(("evidence", "policy", "expected"), rows(ONSETS))
def test_the_onset_says_when_and_how(evidence: Evidence, policy: Policy, expected: Onset | Unknown) -> None:
    assert measured(evidence, policy).onset == expected


@pytest.mark.parametrize(("evidence", "policy", "expected"), rows(TRENDS))
def test_the_trend_says_where_the_rate_goes(evidence: Evidence, policy: Policy, expected: Trend | Unknown) -> None:
    assert measured(evidence, policy).trend == expected


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


def test_an_issues_clock_hours_are_a_series_only_without_gaps() -> None:
    series = issue_hours(counts(hourly=hours(1, 2, 3)))
    assert series == Series(start=ago(hours=2), step_s=3600, values=(1.0, 2.0, 3.0), complete_until=NOW)
    assert issue_hours(counts(hourly=hours(1, 2, 3)[::2])) is None
    assert issue_hours(counts()) is None
