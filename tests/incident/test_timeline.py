"""What happened when: rows with sources, milestones with reasons, gaps, and stated times that do not fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Activity,
    Alert,
    Commit,
    Deploy,
    Evidence,
    IssueSeries,
    Note,
    Release,
    Unknown,
    quoted,
)
from sentry_runbook.incident.model.results.messages import Milestone
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.timeline.models import Timeline
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, POLICY, Seen, ago, burst, incident, known, series

START = ago(hours=4)
BAD, GOOD = "shop@2.0.0", "shop@1.9.0"
EVENTS = burst(START, 60, 30 * timedelta(seconds=1), users=20, release=BAD)
"""Thirty minutes of errors, four hours ago."""
END = START + 30 * MINUTE


def deployed(version: str, at: datetime, environment: str = "production") -> Release:
    deploy = Deploy(version=version, environment=environment, started=at - 3 * MINUTE, finished=at)
    return Release(version=version, created=at - 5 * MINUTE, deploys=(deploy,))


def told(
    events: Sequence[Seen] = EVENTS,
    stated: Stated | None = None,
    *,
    activity: Iterable[Activity] = (),
    now: datetime = NOW,
    **parts: Any,
) -> Timeline:
    return Incident(
        incident(events, issue={"activity": tuple(activity)}, **parts), stated or Stated(), POLICY, now
    ).timeline


def act(kind: str, at: datetime, who: str | None = "Dana Ortiz", **fields: Any) -> Activity:
    return Activity(kind=kind, at=at, who=who, **{"actor": "person" if who else "sentry", **fields})


def whats(timeline: Timeline) -> list[str]:
    return [row.what for row in timeline.rows]


def row_with(timeline: Timeline, text: str) -> Any:
    rows = [row for row in timeline.rows if text in row.what]
    assert len(rows) == 1, whats(timeline)
    return rows[0]


# --- rows ----------------------------------------------------------------------------------------------------------


def test_a_story_runs_from_before_the_start_to_after_the_recovery_and_every_row_says_its_source() -> None:
    timeline = told(
        stated=Stated(mitigated_at=END, fix="rollback"),
        activity=[
            act("assigned", START + 6 * MINUTE),
            act("set_resolved", END + 10 * MINUTE),
            act("set_regression", START - 90 * MINUTE, who=None, version=GOOD),
        ],
        releases=known((deployed(BAD, START - 2 * MINUTE), deployed(GOOD, END))),
        alerts=known((Alert(name="Errors", last_triggered=START + 3 * MINUTE),)),
        suspect_commits=known((Commit(id="abc", message="Rename it", author="Mina Park", at=START - HOUR),)),
        notes=known((Note(at=START + 8 * MINUTE, who="Dana Ortiz", text="Rolling back"),)),
    )
    assert [row.at for row in timeline.rows] == sorted(row.at for row in timeline.rows)
    assert all(row.source for row in timeline.rows)
    assert {row.kind for row in timeline.rows} == {"observed", "derived", "human"}
    for text, kind in (
        ("recorded a regression", "observed"),
        ("Suspect commit", "observed"),
        (f"{quoted(BAD)} deployed", "observed"),
        ("First event", "observed"),
        ("Onset", "derived"),
        ("Peak: 60 events in the hour", "derived"),
        ('Alert "Errors" fired', "observed"),
        ("assigned the issue", "observed"),
        ("Note of", "human"),
        ("Last event", "observed"),
        ("Mitigation in effect", "human"),
        (f"{quoted(GOOD)} deployed", "observed"),
        ("back to the usual level", "derived"),
        ("resolved the issue", "observed"),
    ):
        assert row_with(timeline, text).kind == kind


def test_the_author_of_a_suspect_commit_is_not_named() -> None:
    commit = Commit(id="abc", message="Rename it", author="Mina Park", at=START - HOUR)
    timeline = told(suspect_commits=known((commit,)))
    assert row_with(timeline, "Suspect commit").what == 'Suspect commit: "Rename it"'
    assert "Mina" not in timeline.model_dump_json()


def test_rows_of_the_issue_lead_to_the_issue_and_computed_ones_to_nothing() -> None:
    timeline = told(activity=[act("assigned", START + MINUTE)])
    assert row_with(timeline, "assigned").link == "https://sentry.example/issues/6114575469/"
    assert row_with(timeline, "Onset").link is None


def test_an_activity_of_a_kind_that_nobody_knows_is_told_by_its_kind() -> None:
    timeline = told(activity=[act("seer_rca_started", START + MINUTE, who=None)])
    assert row_with(timeline, "seer").what == 'Sentry wrote an entry of the kind "seer_rca_started"'


@pytest.mark.parametrize(
    ("kind", "did"),
    [
        ("assigned", "assigned the issue"),
        ("unassigned", "took the assignment back"),
        ("set_resolved", "resolved the issue"),
        ("set_resolved_in_release", "resolved the issue in the next release"),
        ("set_resolved_in_commit", "resolved the issue by a commit"),
        ("set_resolved_in_pull_request", "resolved the issue by a pull request"),
        ("set_resolved_by_age", "resolved the issue because of its age"),
        ("set_unresolved", "reopened the issue"),
        ("set_ignored", "archived the issue"),
        ("set_priority", "set the priority"),
        ("mark_reviewed", "reviewed the issue"),
        ("merge", "merged other issues into it"),
        ("create_issue", "made a ticket of it"),
        ("set_regression", "recorded a regression: the issue came back"),
        ("set_escalating", "recorded that the issue escalates"),
        ("auto_set_ongoing", "set the issue to ongoing"),
    ],
)
def test_an_activity_is_told_in_plain_words(kind: str, did: str) -> None:
    timeline = told(activity=[act(kind, START + MINUTE)])
    assert row_with(timeline, '"Dana Ortiz"').what == f'"Dana Ortiz" {did}'


@pytest.mark.parametrize(("minutes", "length"), [(1, "minute"), (5, "five minutes"), (60, "hour"), (15, "15 min")])
def test_the_first_unhandled_event_is_dated_by_the_stretch_that_was_counted(minutes: int, length: str) -> None:
    coarse = known(series(EVENTS, START - HOUR, NOW, minutes * MINUTE))
    row = row_with(told(unhandled=coarse), "First unhandled")
    assert row.what == f"First unhandled event of the incident, in the {length} from {START:%H:%M}"


def test_a_deploy_elsewhere_is_told_and_is_no_candidate() -> None:
    timeline = told(releases=known((deployed(BAD, START - HOUR), deployed("shop@2.1.0", END, "staging"))))
    assert row_with(timeline, '"staging"').what.endswith('deployed to "staging" in 3 min')
    assert timeline.milestone("mitigated").at is None


@pytest.mark.parametrize(("hours", "there"), [(23, True), (25, False)])
def test_what_happened_more_than_a_day_before_the_start_is_another_story(hours: int, there: bool) -> None:
    timeline = told(releases=known((deployed(BAD, START - hours * HOUR),)))
    assert any(BAD in what and "deployed" in what for what in whats(timeline)) is there


def test_a_slow_incident_has_its_fullest_hour_as_peak_and_a_fast_one_its_fullest_minute() -> None:
    assert row_with(told(), "Peak").what.startswith("Peak: 60 events in the hour from")
    fast = told(burst(START, 60, timedelta(seconds=6), users=20))
    assert row_with(fast, "Peak").what == f"Peak: 10 unhandled events in the minute from {START:%H:%M}"


def test_an_old_issue_has_no_first_event_in_the_story() -> None:
    old = burst(ago(days=9), 50, 4 * HOUR, users=5)
    timeline = Incident(incident([*old, *EVENTS]), Stated(), POLICY, NOW).timeline
    assert not any("First event" in what for what in whats(timeline))
    assert timeline.milestone("started").source is not None
    assert "step out of the usual rate" in str(timeline.milestone("started").source)


# --- gaps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "gaps"), [(30, 0), (31, 1)])
def test_a_stretch_of_more_than_half_an_hour_without_a_line_is_a_gap(minutes: int, gaps: int) -> None:
    events = burst(START, 120, MINUTE, users=20)
    notes = [act("mark_reviewed", START + number * minutes * MINUTE) for number in range(1, 3)]
    timeline = told(
        events,
        activity=[*notes, *(act("mark_reviewed", START + at * MINUTE) for at in range(62, 121, 20))],
        series=Unknown(why="Discover answered 429"),
        history=known(series(events, NOW - 8 * DAY, NOW, HOUR)),
    )
    inside = [gap for gap in timeline.gaps if gap.start < START + 50 * MINUTE]
    assert len(inside) == 2 * gaps
    assert all(gap.minutes == minutes for gap in inside)


def test_a_stretch_whose_event_rate_is_known_is_no_gap_and_one_with_an_unmeasured_bucket_is() -> None:
    events = burst(START, 200, MINUTE, users=20)
    assert told(events).gaps == ()
    rate = series(events, START - DAY, NOW)
    at = (START + 90 * MINUTE - rate.start) // MINUTE
    holed = rate.model_copy(update={"values": (*rate.values[:at], None, *rate.values[at + 1 :])})
    gaps = told(events, series=known(IssueSeries(events=holed, users=holed))).gaps
    assert [gap.start <= START + 90 * MINUTE < gap.end for gap in gaps] == [True]


def test_a_stretch_that_begins_before_the_event_series_is_a_gap() -> None:
    events = burst(START, 200, MINUTE, users=20)
    late = series(events, START + HOUR, NOW)
    hours = known(series(events, NOW - 8 * DAY, NOW, HOUR))
    gaps = told(events, series=known(IssueSeries(events=late, users=late)), history=hours).gaps
    assert gaps
    assert gaps[0].start < late.start


def test_the_quiet_after_the_recovery_is_no_gap() -> None:
    assert all(gap.end <= END + MINUTE for gap in told().gaps)


# --- milestones ----------------------------------------------------------------------------------------------------


def test_milestones_and_intervals_come_with_definitions() -> None:
    timeline = told()
    assert [item.name for item in timeline.milestones] == [
        "started",
        "detected",
        "acknowledged",
        "mitigated",
        "recovered",
    ]
    assert all(item.definition for item in timeline.milestones)
    assert [(item.start, item.end) for item in timeline.intervals] == [
        ("started", "detected"),
        ("detected", "acknowledged"),
        ("started", "mitigated"),
        ("started", "recovered"),
    ]


def test_an_unknown_milestone_has_a_reason_and_no_time_and_so_has_every_interval_over_it() -> None:
    timeline = told(alerts=Unknown(why="Sentry answered 403"))
    for name in ("detected", "acknowledged", "mitigated"):
        item = timeline.milestone(name)
        assert item.at is None
        assert item.why
    assert "Sentry answered 403" in str(timeline.milestone("detected").why)
    assert [(item.minutes, bool(item.why)) for item in timeline.intervals] == [
        (None, True),
        (None, True),
        (None, True),
        (30, False),
    ]


def test_without_a_start_nothing_is_derived() -> None:
    steady = burst(ago(days=9), 9 * 24, HOUR, users=5)
    timeline = Incident(incident(steady), Stated(), POLICY, NOW).timeline
    assert timeline.milestone("started").why == "no step in the event rate: the issue is old and runs as usual"
    assert all(item.at is None for item in timeline.milestones)
    assert timeline.gaps == ()


def test_the_first_sign_is_the_alert_or_the_first_act_whichever_came_first() -> None:
    alert = Alert(name="Errors", last_triggered=START + 5 * MINUTE)
    later = told(activity=[act("assigned", START + 7 * MINUTE)], alerts=known((alert,)))
    earlier = told(activity=[act("assigned", START + 2 * MINUTE)], alerts=known((alert,)))
    assert detected(later).at == START + 5 * MINUTE
    assert "may have fired before" in str(detected(later).source)
    assert detected(earlier).at == START + 2 * MINUTE
    assert detected(later).candidate
    assert detected(earlier).candidate


def detected(timeline: Timeline) -> Milestone:
    return timeline.milestone("detected")


def test_an_alert_long_before_the_start_and_an_act_of_sentry_detect_nothing() -> None:
    timeline = told(
        activity=[act("assigned", START + MINUTE, who=None)],
        alerts=known((Alert(name="Errors", last_triggered=START - 6 * MINUTE), Alert(name="Never"))),
    )
    assert detected(timeline).at is None
    assert timeline.milestone("acknowledged").at is None


def test_what_is_stated_wins_and_is_no_candidate() -> None:
    at = START + 9 * MINUTE
    timeline = told(
        stated=Stated(detected_at=at, acknowledged_at=at, mitigated_at=at),
        alerts=known((Alert(name="Errors", last_triggered=START + MINUTE),)),
    )
    for name in ("detected", "acknowledged", "mitigated"):
        item = timeline.milestone(name)
        assert (item.at, item.kind, item.candidate) == (at, "human", False)
        assert item.source == f"stated ({name}_at)"


@pytest.mark.parametrize(("minutes", "is_candidate"), [(-31, False), (-30, True), (0, True), (5, True), (6, False)])
def test_the_last_deploy_shortly_before_the_calm_is_a_candidate_for_the_mitigation(
    minutes: int, is_candidate: bool
) -> None:
    events = burst(START, 240, timedelta(seconds=15), users=20, release=BAD)
    calm = START + HOUR
    timeline = told(events, releases=known((deployed(BAD, START - MINUTE), deployed(GOOD, calm + minutes * MINUTE))))
    mitigated = timeline.milestone("mitigated")
    assert (mitigated.at == calm + minutes * MINUTE) is is_candidate
    assert mitigated.candidate is is_candidate
    assert bool(mitigated.why) is not is_candidate


@pytest.mark.parametrize(("quiet_minutes", "recovered"), [(119, False), (120, True)])
def test_recovered_takes_two_hours_of_calm(quiet_minutes: int, recovered: bool) -> None:
    start = NOW - (30 + quiet_minutes) * MINUTE
    timeline = told(burst(start, 60, timedelta(seconds=30), users=20))
    item = timeline.milestone("recovered")
    assert (item.at == start + 30 * MINUTE) is recovered
    assert bool(item.why) is not recovered
    quiet = row_with(timeline, "back to the usual level").what
    assert ("too short to call it over" in quiet) is not recovered


@pytest.mark.parametrize(
    ("after", "words"),
    [(0, "it is improving and not known to be over"), (60, "it is not over"), (130, "it is getting worse")],
)
def test_an_incident_that_is_not_over_says_how_it_goes(after: int, words: str) -> None:
    before = burst(ago(hours=2), 60, MINUTE, users=20)
    later = burst(ago(hours=1), after, HOUR / max(after, 1), users=20)
    recovered = told([*before, *later], Stated(mitigated_at=ago(hours=1))).milestone("recovered")
    assert recovered.why is not None and recovered.why.startswith(f"{words}; still to be seen: ")


def test_an_incident_of_which_nobody_knows_whether_it_is_over_says_so() -> None:
    holed = series(EVENTS, NOW - 2 * DAY, NOW)
    holed = holed.model_copy(update={"values": (*holed.values[:-90], *[None] * 90)})
    recovered = told(series=known(IssueSeries(events=holed, users=holed))).milestone("recovered")
    assert recovered.why is not None and recovered.why.startswith("whether it is over is not known")


def test_the_calm_is_told_from_ten_minutes_on() -> None:
    def calm(minutes: int) -> bool:
        start = NOW - (30 + minutes) * MINUTE
        return any(
            "back to the usual" in what for what in whats(told(burst(start, 60, timedelta(seconds=30), users=20)))
        )

    assert not calm(9)
    # To the five minutes of a cell.
    assert calm(15)


# --- contradictions ------------------------------------------------------------------------------------------------


def contradictions(**stated: datetime) -> str:
    return " ".join(told(stated=Stated(**stated)).contradictions)


def test_stated_times_that_fit_contradict_nothing() -> None:
    at = START + 5 * MINUTE
    assert contradictions(detected_at=at, acknowledged_at=at + MINUTE, mitigated_at=END) == ""


def test_a_stated_time_before_the_onset_is_reported_and_kept() -> None:
    timeline = told(stated=Stated(mitigated_at=START - 10 * MINUTE))
    assert timeline.milestone("mitigated").at == START - 10 * MINUTE
    assert "lies 10 min before the onset" in timeline.contradictions[0]
    interval = next(item for item in timeline.intervals if item.end == "mitigated")
    assert interval.minutes is None
    assert str(interval.why).startswith("contradictory")
    assert row_with(timeline, "Mitigation in effect").at == START - 10 * MINUTE


def test_a_stated_time_in_the_future_is_reported() -> None:
    assert "lies after the evidence was collected" in contradictions(acknowledged_at=NOW + HOUR)


def test_stated_times_in_the_wrong_order_are_reported() -> None:
    text = contradictions(detected_at=START + 20 * MINUTE, acknowledged_at=START + 10 * MINUTE)
    assert "acknowledged" in text
    assert "lies before detected" in text


def test_an_earlier_act_in_sentry_contradicts_a_stated_acknowledgement() -> None:
    timeline = told(stated=Stated(acknowledged_at=START + 9 * MINUTE), activity=[act("assigned", START + MINUTE)])
    assert "lies after the first act of a person in Sentry" in timeline.contradictions[0]


def test_errors_that_go_on_long_after_a_stated_mitigation_are_reported() -> None:
    events = burst(START, 240, timedelta(seconds=15), users=20)
    timeline = told(events, stated=Stated(mitigated_at=START + 29 * MINUTE))
    assert timeline.contradictions == (
        f"mitigated_at ({START + 29 * MINUTE:%Y-%m-%d %H:%M} UTC): "
        "the event rate came back to the usual level only 31 min later.",
    )
    assert told(events, stated=Stated(mitigated_at=START + 30 * MINUTE)).contradictions == ()


# --- always --------------------------------------------------------------------------------------------------------

MINUTES = st.integers(min_value=-400, max_value=400)


@given(
    acts=st.lists(st.tuples(MINUTES, st.sampled_from(["assigned", "note", "set_resolved", "set_regression"]))),
    deploys=st.lists(MINUTES, max_size=3),
    alerts=st.lists(MINUTES, max_size=2),
    stated=st.lists(st.none() | MINUTES, min_size=4, max_size=4),
    count=st.integers(min_value=0, max_value=80),
)
@settings(max_examples=60)
def test_whatever_happened_the_rows_are_in_order_and_no_interval_is_negative(
    acts: list[tuple[int, str]], deploys: list[int], alerts: list[int], stated: list[int | None], count: int
) -> None:
    names = ("alerted_at", "detected_at", "acknowledged_at", "mitigated_at")
    said = Stated(**{name: START + at * MINUTE for name, at in zip(names, stated, strict=True) if at is not None})
    evidence: Evidence = incident(
        burst(START, count, timedelta(seconds=30), users=9),
        issue={"activity": tuple(act(kind, START + at * MINUTE) for at, kind in sorted(acts))},
        releases=known(tuple(deployed(f"v{place}", START + at * MINUTE) for place, at in enumerate(deploys))),
        alerts=known(tuple(Alert(name=str(at), last_triggered=START + at * MINUTE) for at in alerts)),
    )
    timeline = Incident(evidence, said, POLICY, NOW).timeline
    assert timeline == Incident(evidence, said, POLICY, NOW).timeline
    assert [row.at for row in timeline.rows] == sorted(row.at for row in timeline.rows)
    assert all(row.at <= NOW for row in timeline.rows if row.kind != "human")
    for item in timeline.milestones:
        assert (item.at is None) == (item.why is not None)
    for interval in timeline.intervals:
        assert (interval.minutes is None) == (interval.why is not None)
        assert interval.minutes is None or interval.minutes >= 0
    assert all(gap.minutes >= 30 for gap in timeline.gaps)


# --- what could not be read ----------------------------------------------------------------------------------------

DOWN = Unknown(why="Sentry answered 503")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param({"releases": known(())}, None, id="no suspect release to ask about"),
        pytest.param({"releases": known(()), "deploys": known(())}, None, id="both known"),
        pytest.param({"releases": known(()), "deploys": DOWN}, "Sentry answered 503", id="deploys unknown"),
        pytest.param({"releases": DOWN, "deploys": known(())}, "Sentry answered 503", id="releases unknown"),
        pytest.param({"releases": DOWN}, "Sentry answered 503", id="releases unknown, no suspect release"),
    ],
)
def test_deploys_that_could_not_be_read_are_named_as_missing(parts: dict[str, Any], why: str | None) -> None:
    missing = {entry.what: entry.why for entry in told(**parts).missing}
    assert missing.get("timeline: deploys") == why
