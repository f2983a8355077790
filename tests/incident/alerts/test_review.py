"""The review as a whole, with the replay: the worked incident of issue 17, and suggestions against raw events."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from re import fullmatch

import pytest

from sentry_runbook.incident.alerts.episodes import episodes_of
from sentry_runbook.incident.alerts.review import review
from sentry_runbook.incident.model.evidence import Activity, Known, Missing
from sentry_runbook.incident.model.evidence.alert_definition import AlertCondition, AlertDefinition, ConditionGroup
from sentry_runbook.incident.model.results.alert_review import AlertGap
from tests.incident.alerts.period_builder import (
    FIRST,
    MINUTE,
    PERIOD,
    POLICY,
    PlayedIssue,
    act,
    alert,
    at,
    days,
    drawn,
    evidence_of,
    fired_for,
    flat,
)

START = days(6, 304)
WHOLE = ((0.0, days(14)),)
CATCH = timedelta(minutes=15)


def on_more_than(
    value: float, interval_s: int = 3600, *, name: str = "Checkout errors", id_: str = "77"
) -> AlertDefinition:
    condition = AlertCondition(type="event_frequency_count", value=value, interval_s=interval_s)
    return alert(name, id=id_, filters=(ConditionGroup(logic="all", conditions=(condition,), actions=("email",)),))


def instants(issue: PlayedIssue, seed: int = 5) -> list[datetime]:
    """Its events, each at some second of its minute."""
    chance = random.Random(f"{issue.number} {seed}")  # noqa: S311  # a drawn test, no secret
    seconds = sorted(
        minute * 60 + chance.random() * 59.9 for minute, events in issue.events.items() for _ in range(events)
    )
    return [FIRST + timedelta(seconds=second) for second in seconds]


def brute_force(events: Sequence[datetime], more_than: int, interval: timedelta) -> list[datetime]:
    """When an alert on more than so many events fires: at each event, with Sentry's throttle of 30 minutes."""
    fired: list[datetime] = []
    first = 0
    for index, now in enumerate(events):
        while events[first] <= now - interval:
            first += 1
        is_quiet = bool(fired) and now - fired[-1] <= timedelta(minutes=30)
        if index - first + 1 > more_than and not is_quiet:
            fired.append(now)
    return fired


def condition_of(gap: AlertGap) -> tuple[int, timedelta]:
    """Number and interval of a suggestion."""
    found = fullmatch(r"more than ([\d,]+) events of an issue in (\d+) (min|h)", gap.suggestion or "")
    assert found is not None, gap.suggestion
    length = int(found[2])
    return int(found[1].replace(",", "")), timedelta(hours=length) if found[3] == "h" else timedelta(minutes=length)


def test_the_incident_of_the_issue_is_told_as_in_the_issue() -> None:
    issue = PlayedIssue("1", fine=WHOLE).usually(flat(2)).once()
    for minute in range(90):
        issue.once(*[START + minute] * 4)
    fired = fired_for("workflow:77", [("1", 2, START + 56)], hours=[(START + 26, 1), (START + 56, 1)])
    answer = review(evidence_of([issue], [on_more_than(100)], [fired]), POLICY)
    (told,) = answer.alerts
    assert told.verdict == "late"
    assert told.why.startswith("it fired in 1 of 1 incident, in none of them within 15 minutes, 2")
    (gap,) = answer.gaps
    assert gap.nearest is not None
    assert gap.nearest.startswith('"Checkout errors" (more than 100 events')
    assert gap.suggestion is not None
    assert gap.extra_firings == 0
    assert gap.would_have_fired_at is not None
    assert at(START) <= gap.would_have_fired_at <= at(START + 15)
    assert answer.headline == "1 of 1 alert told too late; 1 of 1 incident was caught by no alert within 15 minutes"


@pytest.mark.parametrize("seed", range(8))
def test_a_suggestion_catches_its_episode_in_raw_events_and_fires_else_as_told(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # a drawn test, no secret
    issue = PlayedIssue("1", fine=WHOLE).usually(flat(chance.choice([1, 10, 60])), seed)
    other = PlayedIssue("2", fine=WHOLE).usually(flat(chance.choice([2, 30])), seed)
    for _ in range(12):  # short crowds of another issue, which a low number fires on
        other.burst(days(chance.uniform(0.2, 13.5)), 4, drawn(chance.choice([4, 12]), chance) + 1)
    start = days(chance.uniform(2, 12))
    issue.burst(start, chance.choice([25, 80, 300]), chance.choice([4, 9, 30]), seed)
    answer = review(evidence_of([issue, other], []), POLICY)
    gaps = [gap for gap in answer.gaps if gap.issues == ("SHOP-1",)]
    assert len(gaps) == 1
    more_than, interval = condition_of(gaps[0])
    began, by = gaps[0].began, gaps[0].would_have_fired_by or (gaps[0].would_have_fired_at or at(0)) + MINUTE
    own, others = (brute_force(instants(each), more_than, interval) for each in (issue, other))
    in_episode = [fired for fired in own if began - timedelta(minutes=5) <= fired <= by]
    assert in_episode, (gaps[0], own)
    assert in_episode[0] <= began + CATCH
    ended = at(start + 300) + CATCH
    extra = sum(
        PERIOD.start <= fired and not (fired in own and began - timedelta(minutes=5) <= fired <= ended)
        for fired in (*own, *others)
    )
    if gaps[0].extra_firings is not None:
        assert extra == gaps[0].extra_firings
    else:
        assert extra <= (gaps[0].extra_firings_at_most or 0)


def test_a_noisy_alert_is_told_what_would_keep_its_incident() -> None:
    noise = PlayedIssue("9", fine=WHOLE, log=()).usually(flat(40))
    issue = PlayedIssue("1", fine=WHOLE, log=()).usually(flat(1)).burst(START, 90, 12)
    rows = [("9", 300, days(13, 1300)), ("1", 3, START + 68)]
    hours = [(float(minute), 1) for minute in range(0, int(days(14)) - 60, 67)]
    answer = review(evidence_of([noise, issue], [on_more_than(10)], [fired_for("workflow:77", rows, hours)]), POLICY)
    (told,) = answer.alerts
    assert told.verdict == "noisy"
    assert told.thresholds is not None
    best = [row for row in told.thresholds if row.best]
    assert len(best) == 1
    assert best[0].caught == best[0].of == 1
    assert best[0].firings < told.thresholds[0].firings / 5
    assert best[0].change in told.why


def test_where_a_person_acted_on_each_issue_the_same_alert_works() -> None:
    noise = PlayedIssue("9", log=(act("assigned", 90),)).usually(flat(40))
    fired = fired_for("workflow:77", [("9", 300, 60)], [(60, 300)])
    answer = review(evidence_of([noise], [on_more_than(10)], [fired]), POLICY)
    assert [told.verdict for told in answer.alerts] == ["works"]


@pytest.mark.parametrize("edited", [None, START - 60, START + 60], ids=["never", "before", "after"])
def test_a_replay_narrows_an_hour_unless_the_alert_was_edited_since(edited: float | None) -> None:
    issue = PlayedIssue("1", fine=WHOLE).usually(flat(2)).burst(START, 90, 12)
    definition = on_more_than(100).model_copy(update={"updated": None if edited is None else at(edited)})
    fired = fired_for("workflow:77", [("1", 4, days(13))], hours=[(START + 9, 1), (START + 45, 1), (days(13), 2)])
    (told,) = review(evidence_of([issue], [definition], [fired]), POLICY).alerts
    (catch,) = told.episodes or ()
    assert catch.outcome == ("unknown" if edited is not None and edited > START else "caught")


@pytest.mark.parametrize(
    ("unread", "has_today", "gaps"),
    [
        ("the alerts", True, 0),
        ("further ones of the monitors", True, 0),
        ("the alerts of project web", None, 0),
        ("the rules from before 2026", None, 0),
        ("the rules from before 2026", True, 1),
        ("3 of the 9 series that alerts are replayed over", True, 1),
    ],
    ids=["alerts", "monitors", "a-project", "old-rules", "old-rules-that-moved", "series"],
)
def test_a_gap_is_claimed_only_where_every_alert_was_read(unread: str, has_today: bool | None, gaps: int) -> None:
    issue = PlayedIssue("1", fine=((START - 120, START + 300),)).burst(START, 90, 12)
    missing = (Missing(what=unread, why="Sentry answered 403"),)
    answer = review(evidence_of([issue], [], unread=missing, has_alerts_of_today=has_today), POLICY)
    assert len(answer.gaps) == gaps
    assert ("gaps" in {entry.what for entry in answer.missing}) is not bool(gaps)


def test_counts_that_came_in_stretches_are_one_history() -> None:
    issue = PlayedIssue("1", fine=((START - 120, START + 300),)).usually(flat(6)).burst(START, 90, 12)
    whole = evidence_of([issue])
    assert isinstance(whole.hourly, Known)
    (row,) = whole.hourly.value
    cut, series = 300, row.events
    parts = [
        series.model_copy(update={"values": series.values[:cut]}),
        series.model_copy(update={"start": series.start + timedelta(hours=cut), "values": series.values[cut:]}),
    ]
    stretches = tuple(row.model_copy(update={"events": part}) for part in reversed(parts))
    split = whole.model_copy(update={"hourly": Known(value=stretches, source="counts")})
    assert episodes_of(split, POLICY) == episodes_of(whole, POLICY) != ()


def test_only_the_biggest_gaps_are_looked_into() -> None:
    issues = []
    for number in range(1, 13):
        start = days(number, 77)
        issue = PlayedIssue(str(number), was_there=False, fine=((start - 60, start + 180),))
        issues.append(issue.burst(start, 40, 5 + number).once(start))
    answer = review(evidence_of(issues, []), POLICY)
    assert len(answer.gaps) == 12
    assert [gap.suggestion is not None for gap in answer.gaps] == [True] * 10 + [False] * 2


@pytest.mark.parametrize(
    ("log", "said"), [(None, True), ((act("set_ignored", days(2)),), False)], ids=["unread", "read"]
)
def test_archived_issues_that_may_have_been_incidents_are_named(log: tuple[Activity, ...] | None, said: bool) -> None:
    issue = PlayedIssue("1", status="ignored", log=log).burst(START, 90, 12)
    missing = review(evidence_of([issue], []), POLICY).missing
    assert any('"SHOP-1"' in entry.why for entry in missing) is said
