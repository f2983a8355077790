"""Tables of cases for recovery: every verdict, sentence, need, note and reason, on both sides of each limit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Activity,
    Deploy,
    EventRow,
    Evidence,
    Finding,
    IssueSeries,
    Missing,
    Release,
    Series,
    SessionHour,
    Sessions,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.results.impact import Recovery
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    POLICY,
    Seen,
    ago,
    burst,
    incident,
    known,
    read,
    series,
    sessions,
)

SIX_HOURS = Window(start=ago(hours=6), end=NOW)
OLD: Mapping[str, object] = {"first_seen": NOW - 30 * DAY}
RESOLVED: Mapping[str, object] = {"status": "resolved", "substatus": None}


def evidence_of(*events: Seen, issue: Mapping[str, object] | None = None, **parts: Any) -> Evidence:
    """A window of six hours; the event series reaches back twelve. Times of ``issue`` and parts as the builder's."""
    return incident(events, window=SIX_HOURS, issue=issue, **parts)


def recovery(evidence: Evidence, fixed_at: datetime | None = None) -> Recovery:
    return read(evidence, Stated(fixed_at=fixed_at)).recovery


def spread(count: int, start: datetime, length: timedelta = HOUR) -> list[Seen]:
    """``count`` events at a regular pace, the first at ``start``."""
    return burst(start, count, length / max(count, 1), 3)


def missing(result: Recovery) -> dict[str, str]:
    return {entry.what: entry.why for entry in result.missing}


def activity(kind: str, at: datetime, version: str | None = None) -> Activity:
    return Activity(kind=kind, at=at, version=version)


HOUR_OF_60 = spread(60, ago(hours=5))
"""An event a minute from 10:00 to 10:59, of an issue that is new."""
OVER = evidence_of(*HOUR_OF_60)
NO_FIX = Missing(what="fix_release", why="no resolve names a release")
MITIGATED = " Quiet but not fixed, as far as is known: mitigated, not resolved."
PEAK_NOTE = "No fix is known: since the peak, 2026-11-23 10:01 UTC."


# --- the whole result ----------------------------------------------------------------------------------------------


def test_a_quiet_incident_without_a_fix_is_recovered_and_called_mitigated() -> None:
    findings = (Finding(kind="injection", where="title", why="asks a model to act"),)
    evidence = OVER.model_copy(update={"warnings": ("an old server",), "findings": findings})
    assert recovery(evidence) == Recovery(
        issue="SHOP-1Z",
        verdict="recovered",
        fix_known=False,
        reading="Back to the usual rate: 0 events an hour now, 60 in the incident's fullest hour, 0 usual before it."
        + MITIGATED,
        since=ago(hours=4, minutes=59),
        since_basis="peak",
        events_per_hour_before=60.0,
        events_per_hour_baseline=0.0,
        events_per_hour_now=0.0,
        quiet_since=ago(hours=4, minutes=1),
        events_since=59,
        regressed=False,
        crash_free_before_pct=99.9,
        crash_free_now_pct=99.9,
        notes=(PEAK_NOTE,),
        warnings=("an old server",),
        missing=(NO_FIX,),
        findings=findings,
    )


def test_a_stated_fix_two_quiet_hours_ago_is_recovered() -> None:
    assert recovery(OVER, ago(hours=2)) == Recovery(
        issue="SHOP-1Z",
        verdict="recovered",
        fix_known=True,
        reading="Back to the usual rate: 0 events an hour now, 60 in the incident's fullest hour, 0 usual before it.",
        since=ago(hours=2),
        since_basis="stated",
        events_per_hour_before=60.0,
        events_per_hour_baseline=0.0,
        events_per_hour_now=0.0,
        quiet_since=ago(hours=4, minutes=1),
        events_since=0,
        regressed=False,
        crash_free_before_pct=99.9,
        crash_free_now_pct=99.9,
        missing=(NO_FIX,),
    )


def test_without_an_event_series_nothing_is_claimed() -> None:
    why = "Discover answered 429"
    evidence = evidence_of(*HOUR_OF_60, series=Unknown(why=why), sessions=Unknown(why="no release health"))
    assert recovery(evidence) == Recovery(
        issue="SHOP-1Z",
        verdict="unknown",
        fix_known=False,
        reading="Not known whether it is over: Discover answered 429.",
        needs=("an event series that covers the time since the fix",),
        since=ago(hours=4, minutes=1),
        since_basis="last_event",
        events_per_hour_baseline=0.0,
        regressed=False,
        notes=("No fix is known: since the last event, 2026-11-23 10:59 UTC.",),
        missing=(
            Missing(what="events_per_hour_before", why=why),
            Missing(what="events_per_hour_now", why=why),
            Missing(what="events_since", why=why),
            Missing(what="quiet_since", why=why),
            Missing(what="crash_free_now_pct", why="no release health"),
            NO_FIX,
        ),
    )


# --- verdicts, on both sides of each limit -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "length", "after", "verdict"),
    [
        pytest.param(100, 60, 125, "ongoing", id="a quarter more"),
        pytest.param(100, 60, 126, "worse", id="above a quarter more"),
        pytest.param(16, 60, 24, "ongoing", id="what chance explains"),
        pytest.param(16, 60, 25, "worse", id="above what chance explains"),
        pytest.param(16, 20, 61, "ongoing", id="twenty minutes scaled to an hour"),
        pytest.param(16, 20, 62, "worse", id="above twenty minutes scaled to an hour"),
        pytest.param(10, 5, 75, "ongoing", id="five minutes count as ten"),
        pytest.param(10, 5, 76, "worse", id="above five minutes counted as ten"),
        pytest.param(60, 60, 20, "improving", id="a third"),
        pytest.param(60, 60, 21, "ongoing", id="above a third"),
        pytest.param(60, 60, 1, "improving", id="one event"),
    ],
)
def test_the_hour_since_the_fix_against_the_incident(before: int, length: int, after: int, verdict: str) -> None:
    earlier = spread(before, ago(minutes=60 + length), timedelta(minutes=length))
    later = [*spread(after - 1, ago(minutes=60)), Seen(at=ago(minutes=1))]
    result = recovery(evidence_of(*earlier, *later), ago(minutes=60))
    assert result.verdict == verdict
    sentence = {"worse": "Worse than before", "ongoing": "Not over", "improving": "Going down, not over yet"}[verdict]
    events = f"{after} events an hour now, {before} in the incident's fullest hour, 0 usual before it"
    assert result.reading == f"{sentence}: {events}."
    assert (result.events_per_hour_before, result.events_per_hour_now) == (before, after)
    assert result.needs == ("2 h with no event",)


@pytest.mark.parametrize(
    ("minutes", "verdict", "sentence", "needs"),
    [
        (9, "improving", "Going down, not over yet", ("2 h with no event (so far 9 min)",)),
        (
            10,
            "improving",
            "Calm for 10 min, which is too short to call it over",
            ("2 h with no event (so far 10 min)",),
        ),
        (
            119,
            "improving",
            "Calm for 1 h 59 min, which is too short to call it over",
            ("2 h with no event (so far 1 h 59 min)",),
        ),
        (120, "recovered", "Back to the usual rate", ()),
    ],
)
def test_two_quiet_hours_are_recovered_and_ten_quiet_minutes_are_improving(
    minutes: int, verdict: str, sentence: str, needs: tuple[str, ...]
) -> None:
    last = Seen(at=ago(minutes=minutes + 1))
    result = recovery(evidence_of(*HOUR_OF_60, last), ago(hours=3))
    assert (result.verdict, result.needs) == (verdict, needs)
    now = 1 if minutes < 60 else 0
    counts = f"{now} events an hour now, 60 in the incident's fullest hour, 0 usual before it"
    assert result.reading == f"{sentence}: {counts}."


def test_quiet_counts_from_the_fix_at_the_earliest() -> None:
    assert recovery(OVER, ago(minutes=119)).needs == ("2 h with no event (so far 1 h 59 min)",)
    assert recovery(OVER, ago(minutes=120)).needs == ()


BACKGROUND = [Seen(at=ago(hours=12) + number * 15 * MINUTE) for number in range(48)]
"""Four events an hour over twelve hours."""


@pytest.mark.parametrize(
    ("more", "verdict", "now"),
    [(0, "recovered", 4), (4, "recovered", 8), (5, "improving", 9)],
)
def test_usual_is_the_rate_before_the_onset_and_two_standard_deviations(more: int, verdict: str, now: int) -> None:
    events = [*BACKGROUND, *spread(60, ago(hours=5)), *spread(more, ago(minutes=50), 20 * MINUTE)]
    result = recovery(evidence_of(*events, issue=OLD), ago(hours=3))
    assert (result.events_per_hour_baseline, result.events_per_hour_now) == (4.0, now)
    assert result.verdict == verdict
    counts = f"{now} events an hour now, 64 in the incident's fullest hour, 4 usual before it"
    if verdict == "recovered":
        assert (result.needs, result.reading) == ((), f"Back to the usual rate: {counts}.")
    else:
        # The last hour holds nine: eight of them came since the minute after the first.
        assert result.needs == ("2 h with at most 8 an hour (so far 59 min)",)
        assert result.reading == f"Calm for 59 min, which is too short to call it over: {counts}."


def test_a_busy_hour_before_the_last_one_ends_the_calm_there() -> None:
    events = [*BACKGROUND, *spread(60, ago(hours=5)), *spread(5, ago(minutes=110), 20 * MINUTE)]
    result = recovery(evidence_of(*events, issue=OLD), ago(hours=3))
    assert result.needs == ("2 h with at most 8 an hour (so far 1 h 49 min)",)
    assert result.verdict == "improving"


@pytest.mark.parametrize("hours", [2, 4])
def test_quiet_for_two_hours_with_something_else_to_see_is_not_surely_over(hours: int) -> None:
    log = (activity("set_regression", ago(hours=2)),)
    result = recovery(evidence_of(*HOUR_OF_60, issue={"activity": log}), ago(hours=hours))
    assert result.verdict == "improving"
    assert result.needs == ("a new resolve: the issue came back after the last one",)
    assert result.reading == (
        f"Calm for {hours} h, but not surely over: 0 events an hour now, 60 in the incident's fullest hour, "
        f"0 usual before it.{MITIGATED}"
    )


def test_a_series_that_does_not_reach_back_to_the_incident_leaves_the_rate_before_unknown() -> None:
    events = [*HOUR_OF_60, *spread(30, ago(minutes=30), 30 * MINUTE)]
    late = known(IssueSeries(events=series(events, ago(hours=2), NOW)))
    result = recovery(evidence_of(*events, series=late), ago(hours=1))
    assert result.verdict == "unknown"
    assert result.reading == "Not known whether it is over: 30 events an hour now, 0 usual before it."
    assert result.events_per_hour_before is None
    assert missing(result) == {
        "events_per_hour_before": "the event series does not reach back to the incident",
        "quiet_since": "events came within 10 min",
        "fix_release": "no resolve names a release",
    }


@pytest.mark.parametrize(("minutes", "reaches"), [(300, True), (299, False)])
def test_the_series_must_reach_back_to_the_onset(minutes: int, reaches: bool) -> None:
    part = known(IssueSeries(events=series(HOUR_OF_60, ago(minutes=minutes), NOW)))
    result = recovery(evidence_of(*HOUR_OF_60, series=part), ago(hours=3))
    assert result.events_per_hour_before == (60 if reaches else None)


@pytest.mark.parametrize(("minutes", "before"), [(300, 0.0), (299, 1.0)])
def test_a_fix_stated_at_the_onset_is_compared_with_the_day_before(minutes: int, before: float) -> None:
    # Forty-eight hours of series: the builder's own window.
    assert recovery(incident(HOUR_OF_60), ago(minutes=minutes)).events_per_hour_before == before


def test_counts_that_begin_after_the_fix_are_said() -> None:
    part = known(IssueSeries(events=series(HOUR_OF_60, ago(hours=2), NOW)))
    result = recovery(evidence_of(*HOUR_OF_60, series=part), ago(hours=3))
    assert result.notes == ("The counts begin at 2026-11-23 13:00 UTC; what came before is not counted.",)
    assert result.events_since == 0
    assert result.verdict == "recovered"
    at_the_fix = recovery(evidence_of(*HOUR_OF_60, series=part), ago(hours=2))
    assert at_the_fix.notes == ()


# --- the rate now, and how much time it needs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "events", "now", "text", "note"),
    [
        (10, 2, 12.0, "2 events in the 10 min since then", "The rate now is reckoned from the 10 min since then."),
        (35, 1, 1.7, "1 event in the 35 min since then", "The rate now is reckoned from the 35 min since then."),
        (59, 2, 2.0, "2 events in the 59 min since then", "The rate now is reckoned from the 59 min since then."),
        (60, 2, 2.0, "2 events an hour now", None),
        (90, 2, 2.0, "2 events an hour now", None),
    ],
)
def test_a_rate_is_extrapolated_from_less_than_an_hour(
    minutes: int, events: int, now: float, text: str, note: str | None
) -> None:
    later = [Seen(at=ago(minutes=number + 1)) for number in range(events)]
    result = recovery(evidence_of(*HOUR_OF_60, *later), ago(minutes=minutes))
    assert (result.events_per_hour_now, result.events_since) == (now, events)
    assert result.reading == (
        f"Going down, not over yet: {text}, 60 in the incident's fullest hour, 0 usual before it."
    )
    assert result.notes == ((note,) if note else ())


def test_the_last_rolling_hour_is_the_rate_however_many_came_before_it() -> None:
    later = [*spread(40, ago(minutes=90), 29 * MINUTE), Seen(at=ago(minutes=60)), Seen(at=ago(minutes=1))]
    result = recovery(evidence_of(*HOUR_OF_60, *later), ago(minutes=90))
    assert (result.events_per_hour_now, result.events_since) == (2.0, 42)


def test_less_than_ten_minutes_after_a_stated_fix_tell_no_rate() -> None:
    result = recovery(OVER, ago(minutes=9, seconds=59))
    assert result.verdict == "unknown"
    assert result.reading == (
        "Not known whether it is over: only 9 min 59 s have passed since then, which tells no rate."
    )
    assert (result.events_per_hour_before, result.events_per_hour_now, result.events_since) == (60.0, None, 0)
    assert result.needs == ("2 h with no event (so far 9 min 59 s)",)
    assert missing(result)["events_per_hour_now"] == "less than 10 min have passed"
    assert recovery(OVER, ago(minutes=10)).events_per_hour_now == 0.0


@pytest.mark.parametrize("at", [NOW, NOW + MINUTE], ids=["now", "later"])
def test_a_fix_that_is_not_before_now_cannot_be_judged(at: datetime) -> None:
    result = recovery(OVER, at)
    assert result.verdict == "unknown"
    assert result.reading == "Not known whether it is over: the time given as the fix is not before now."
    assert result.needs == ("an event series that covers the time since the fix",)
    assert missing(result)["events_since"] == "the time given as the fix is not before now"


def test_the_last_hour_counts_right_after_the_peak() -> None:
    loud = [*spread(30, ago(minutes=60)), *[Seen(at=ago(minutes=5))] * 3]
    result = recovery(evidence_of(*loud))
    assert (result.since, result.since_basis) == (ago(minutes=4), "peak")
    assert (result.events_per_hour_before, result.events_per_hour_now) == (33.0, 33.0)
    assert result.verdict == "ongoing"
    assert result.reading == ("Not over: 33 events an hour now, 33 in the incident's fullest hour, 0 usual before it.")


@pytest.mark.parametrize(("minutes", "now"), [(9, 33.0), (10, 12.0), (60, 2.0)], ids=["9 min", "10 min", "1 h"])
def test_from_ten_minutes_after_the_peak_on_the_time_since_it_counts(minutes: int, now: float) -> None:
    since = ago(minutes=minutes)
    peak = [Seen(at=since - MINUTE)] * 3
    later = [Seen(at=ago(minutes=2)), Seen(at=ago(minutes=3))]
    result = recovery(evidence_of(*spread(28, since - 51 * MINUTE, 50 * MINUTE), *peak, *later))
    assert (result.since, result.since_basis) == (since, "peak")
    assert result.events_per_hour_now == now


def test_a_peak_that_is_still_going_on_tells_nothing() -> None:
    result = recovery(evidence_of(*[Seen(at=ago(minutes=1))] * 3))
    assert result.since == NOW
    assert result.reading == "Not known whether it is over: the fullest hour is not over yet."
    assert missing(result)["events_since"] == "the fullest hour is not over yet"


def test_what_was_collected_is_read_as_of_then_however_late() -> None:
    late = Incident(OVER, Stated(fixed_at=ago(hours=2)), POLICY, NOW + 5 * HOUR).recovery
    assert late == recovery(OVER, ago(hours=2))
    early = Incident(OVER, Stated(fixed_at=ago(hours=2)), POLICY, ago(hours=1)).recovery
    assert early.needs == ("2 h with no event (so far 1 h)",)


def test_a_mitigation_that_was_stated_stands_for_the_fix() -> None:
    result = read(OVER, Stated(mitigated_at=ago(hours=3))).recovery
    assert (result.since, result.since_basis, result.fix_known) == (ago(hours=3), "stated", True)


# --- since when ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "since", "basis"),
    [
        pytest.param([("set_resolved", 60)], 60, "resolved", id="resolved"),
        pytest.param([("set_resolved_in_release", 60)], 60, "resolved", id="resolved in a release"),
        pytest.param([("set_resolved", 60), ("set_resolved_in_commit", 90)], 60, "resolved", id="the last resolve"),
        pytest.param([("set_resolved_by_age", 60)], 299, "peak", id="by age says nothing"),
        pytest.param([("set_resolved", 90), ("set_resolved_by_age", 60)], 90, "resolved", id="by age later"),
        pytest.param([("set_unresolved", 60)], 299, "peak", id="another entry"),
        pytest.param([("set_resolved", 299)], 299, "resolved", id="after the onset"),
        pytest.param([("set_resolved", 300)], 299, "peak", id="at the onset"),
        pytest.param([("set_resolved", 800)], 299, "peak", id="before the onset"),
        pytest.param([], 299, "peak", id="no resolve"),
    ],
)
def test_time_counts_from_the_last_resolve_of_this_incident_else_from_the_peak(
    entries: list[tuple[str, int]], since: int, basis: str
) -> None:
    log = tuple(activity(kind, ago(minutes=minutes)) for kind, minutes in entries)
    result = recovery(evidence_of(*HOUR_OF_60, issue={**RESOLVED, "activity": log}))
    assert (result.since, result.since_basis) == (ago(minutes=since), basis)
    assert result.fix_known is True
    assert result.notes == ((PEAK_NOTE,) if basis == "peak" else ())


def test_a_resolve_that_the_issue_came_back_from_is_no_fix() -> None:
    log = (activity("set_resolved", ago(hours=4)),)
    result = recovery(evidence_of(*HOUR_OF_60, issue={"activity": log}))
    assert (result.since_basis, result.fix_known) == ("resolved", False)


FLAT = [Seen(at=ago(hours=12) + number * 60 * MINUTE) for number in range(12)]
"""An event an hour: an old issue without any onset."""


@pytest.mark.parametrize(("hours", "basis"), [(12, "resolved"), (13, "peak")])
def test_without_an_onset_a_resolve_within_the_series_counts(hours: int, basis: str) -> None:
    log = (activity("set_resolved", ago(hours=hours)),)
    result = recovery(evidence_of(*FLAT, issue={**OLD, "activity": log}))
    assert result.since_basis == basis
    assert result.since == (ago(hours=12) if basis == "resolved" else ago(hours=5, minutes=59))


def test_without_an_onset_the_fullest_hour_of_the_day_before_is_the_incident() -> None:
    result = recovery(evidence_of(*FLAT, issue=OLD), ago(hours=2))
    assert (result.events_per_hour_before, result.events_per_hour_now) == (1.0, 1.0)
    assert result.events_per_hour_baseline == 1.0
    assert result.verdict == "recovered"


@pytest.mark.parametrize(("minutes", "before"), [(24 * 60, 2.0), (24 * 60 + 1, 1.0)])
def test_without_an_onset_the_day_before_the_fix_is_searched_from_its_first_minute_on(
    minutes: int, before: float
) -> None:
    fixed = ago(hours=2)
    hourly = [Seen(at=ago(minutes=30) - number * HOUR) for number in range(47)]
    # The extra event is within the hour of one other, so that an hour of two lies in the day or just not.
    result = recovery(incident([*hourly, Seen(at=fixed - minutes * MINUTE)], issue=OLD), fixed)
    assert result.events_per_hour_before == before


@pytest.mark.parametrize(("hours", "basis", "since"), [(13, "resolved", 13), (None, "last_event", 20)])
def test_without_an_event_in_the_series_the_resolve_or_the_last_event_counts(
    hours: int | None, basis: str, since: int
) -> None:
    log = () if hours is None else (activity("set_resolved", ago(hours=hours)),)
    result = recovery(evidence_of(issue={**OLD, "last_seen": ago(hours=20), "activity": log}))
    assert (result.since_basis, result.since) == (basis, ago(hours=since))
    assert result.quiet_since == ago(hours=20)
    assert result.events_since == 0
    assert result.notes[:1] == ("The counts begin at 2026-11-23 03:00 UTC; what came before is not counted.",)


def test_nothing_to_count_from_is_said() -> None:
    result = recovery(evidence_of(issue={"first_seen": None, "last_seen": None}))
    assert (result.since, result.since_basis, result.quiet_since) == (None, None, None)
    assert result.verdict == "unknown"
    assert result.notes == ()
    assert missing(result)["quiet_since"] == "when the last event came is not known"


# --- which series --------------------------------------------------------------------------------------------------


def part_of(start: datetime, end: datetime, step: timedelta = MINUTE) -> Any:
    return known(IssueSeries(events=series(HOUR_OF_60, start, end, step)))


A_SECOND_SHORT = known(
    IssueSeries(
        events=series(HOUR_OF_60, ago(hours=12), ago(minutes=5)).model_copy(update={"start": ago(hours=12, seconds=1)})
    )
)
UNMEASURED = known(IssueSeries(events=Series(start=ago(minutes=2), step_s=60, values=(None, None), complete_until=NOW)))


@pytest.mark.parametrize(
    ("part", "usable"),
    [
        pytest.param(part_of(ago(hours=12), ago(minutes=5)), True, id="5 min short"),
        pytest.param(A_SECOND_SHORT, False, id="5 min and a second short"),
        pytest.param(part_of(ago(hours=12), ago(minutes=10), timedelta(minutes=10)), True, id="a step short"),
        pytest.param(part_of(ago(hours=12), ago(minutes=20), timedelta(minutes=10)), False, id="two steps short"),
        pytest.param(part_of(ago(hours=12), NOW, HOUR), True, id="hours"),
        pytest.param(part_of(ago(hours=12), NOW, 2 * HOUR), False, id="longer buckets"),
        pytest.param(UNMEASURED, False, id="not measured"),
    ],
)
def test_the_event_series_must_reach_up_to_now_in_buckets_of_an_hour_at_most(part: Any, usable: bool) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, series=part), ago(hours=3))
    assert result.verdict == ("recovered" if usable else "unknown")
    if not usable:
        assert result.reading == "Not known whether it is over: the event series does not reach up to now."
        assert missing(result)["quiet_since"] == "the event series does not reach up to now"


CLOCK = {"hourly": tuple((ago(hours=number), 60 if number == 5 else 0) for number in range(24, 0, -1))}


def test_without_a_series_the_issues_clock_hours_are_used_and_noted() -> None:
    dead = Unknown(why="Discover answered 429")
    result = recovery(evidence_of(*HOUR_OF_60, series=dead, issue=CLOCK), ago(hours=3))
    assert (result.verdict, result.events_per_hour_before, result.events_per_hour_now) == ("recovered", 60.0, 0.0)
    assert result.notes == ("counted in clock hours, over all environments",)
    later = Incident(
        evidence_of(*HOUR_OF_60, series=dead, issue=CLOCK), Stated(fixed_at=ago(minutes=85)), POLICY, ago(minutes=30)
    )
    assert later.recovery.notes == (
        "counted in clock hours, over all environments",
        "The rate now is reckoned from the 55 min since then.",
    )
    with_minutes = recovery(evidence_of(*HOUR_OF_60, issue=CLOCK), ago(hours=3))
    assert with_minutes.notes == ()


EARLY = "only 5 min have passed since then, which tells no rate"


@pytest.mark.parametrize(
    ("minutes", "why", "why_no_rate"),
    [
        (5, EARLY, "less than 10 min have passed"),
        (10, *["the event series holds no count of the last 10 min"] * 2),
        (30, *["the event series holds no count of the last 30 min"] * 2),
        (59, *["the event series holds no count of the last 59 min"] * 2),
    ],
)
def test_clock_hours_tell_nothing_of_the_minutes_since_a_fix(minutes: int, why: str, why_no_rate: str) -> None:
    hours = {"hourly": tuple((ago(hours=number), 60) for number in range(24, 0, -1))}
    result = recovery(evidence_of(*HOUR_OF_60, series=Unknown(why="429"), issue=hours), ago(minutes=minutes))
    assert result.reading == f"Not known whether it is over: {why}."
    assert (result.events_per_hour_before, result.events_per_hour_now, result.events_since) == (60.0, None, None)
    assert (missing(result)["events_per_hour_now"], missing(result)["events_since"]) == (why_no_rate, why)


@pytest.mark.parametrize(("minutes", "events_since"), [(90, None), (92, 0)])
def test_an_hour_that_sentry_gave_no_numbers_for_is_unknown_and_not_empty(
    minutes: int, events_since: int | None
) -> None:
    whole = series(HOUR_OF_60, ago(hours=12), NOW)
    holes = whole.model_copy(update={"values": (*whole.values[:-90], *[None] * 90)})
    result = recovery(evidence_of(*HOUR_OF_60, series=known(IssueSeries(events=holes))), ago(minutes=minutes))
    assert (result.verdict, result.events_per_hour_now, result.events_since) == ("unknown", None, events_since)
    assert result.reading == "Not known whether it is over: the event series holds no count of the last 1 h."
    assert missing(result)["events_per_hour_now"] == "the event series holds no count of the last 1 h"


def test_the_peak_of_clock_hours_ends_with_its_hour() -> None:
    result = recovery(evidence_of(*HOUR_OF_60, series=Unknown(why="429"), issue=CLOCK))
    assert (result.since, result.since_basis) == (ago(hours=4), "peak")
    assert result.needs == ()


@pytest.mark.parametrize(
    ("seconds", "quiet"), [(601, True), (600, True), (599, False)], ids=["longer", "ten minutes", "shorter"]
)
def test_ten_minutes_without_an_event_are_quiet(seconds: int, quiet: bool) -> None:
    last = ago(seconds=seconds)
    result = recovery(evidence_of(*HOUR_OF_60, Seen(at=last)), ago(hours=3))
    assert result.quiet_since == (last if quiet else None)
    assert missing(result).get("quiet_since") == (None if quiet else "events came within 10 min")


@pytest.mark.parametrize(
    ("last_seen", "quiet_since"),
    [
        (ago(hours=4, minutes=1), ago(hours=4, minutes=1)),
        (ago(hours=4, seconds=1), ago(hours=4, seconds=1)),
        (ago(hours=4), ago(hours=4)),
        (ago(hours=3), ago(hours=4)),
        (ago(hours=4, minutes=2), ago(hours=4)),
        (None, ago(hours=4)),
    ],
)
def test_sentrys_last_seen_counts_when_it_lies_in_the_last_minute_that_holds_events(
    last_seen: datetime | None, quiet_since: datetime
) -> None:
    # An event of another environment may be later: then the end of the counted minute stands.
    result = recovery(evidence_of(*HOUR_OF_60, issue={"last_seen": last_seen}), ago(hours=3))
    assert result.quiet_since == quiet_since


@pytest.mark.parametrize(("last_seen", "known_"), [(ago(hours=12, seconds=1), True), (ago(hours=12), False)])
def test_an_empty_series_trusts_only_a_last_event_before_it(last_seen: datetime, known_: bool) -> None:
    result = recovery(evidence_of(issue={**OLD, "last_seen": last_seen}), ago(hours=3))
    assert result.quiet_since == (last_seen if known_ else None)


def test_an_unknown_usual_rate_allows_no_event_and_is_said() -> None:
    part = known(IssueSeries(events=series(HOUR_OF_60, SIX_HOURS.start, NOW)))
    result = recovery(evidence_of(*HOUR_OF_60, series=part, issue=OLD), ago(hours=1))
    assert result.events_per_hour_baseline is None
    assert result.needs == ("2 h with no event (so far 1 h)",)
    assert result.reading == (
        "Calm for 1 h, which is too short to call it over: 0 events an hour now, 60 in the incident's fullest hour."
    )
    assert missing(result)["events_per_hour_baseline"] == (
        "the event series does not reach back one window length before the onset"
    )


# --- regression ----------------------------------------------------------------------------------------------------

AGAIN = "a new resolve: the issue came back after the last one"


@pytest.mark.parametrize(
    ("issue", "fixed_at", "regressed", "since_the_fix"),
    [
        pytest.param({}, ago(hours=3), False, False, id="never"),
        pytest.param({"activity": (activity("set_regression", ago(hours=2)),)}, ago(hours=3), True, True, id="after"),
        pytest.param({"activity": (activity("set_regression", ago(hours=3)),)}, ago(hours=3), True, True, id="at"),
        pytest.param({"activity": (activity("set_regression", ago(hours=4)),)}, ago(hours=3), True, False, id="before"),
        pytest.param({"substatus": "regressed"}, ago(hours=3), True, False, id="a later fix was stated"),
        pytest.param({"substatus": "regressed"}, None, True, True, id="not logged"),
        pytest.param(
            {"substatus": "regressed", "activity": (activity("set_regression", ago(hours=6)),)},
            None,
            True,
            False,
            id="logged before the peak",
        ),
        pytest.param(
            {"substatus": "regressed", "activity": (activity("set_regression", ago(hours=4)),)},
            None,
            True,
            True,
            id="logged after the peak",
        ),
        pytest.param(
            {
                **RESOLVED,
                "activity": (activity("set_regression", ago(hours=4)), activity("set_resolved", ago(hours=3))),
            },
            None,
            False,
            False,
            id="resolved again",
        ),
        pytest.param(
            {**RESOLVED, "activity": (activity("set_regression", ago(hours=2)),)},
            ago(hours=3),
            True,
            True,
            id="resolved, came back after the stated fix",
        ),
    ],
)
def test_an_issue_that_came_back_after_the_fix_needs_a_new_resolve(
    issue: Mapping[str, object], fixed_at: datetime | None, regressed: bool, since_the_fix: bool
) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, issue=issue), fixed_at)
    assert result.regressed is regressed
    assert result.needs == ((AGAIN,) if since_the_fix else ())
    assert result.verdict == ("improving" if since_the_fix else "recovered")
    fixed = fixed_at is not None or issue.get("status") == "resolved"
    assert result.fix_known is (fixed and not since_the_fix)


def test_events_after_a_regression_are_ongoing_however_few() -> None:
    log = {"activity": (activity("set_regression", ago(minutes=5)),)}
    events = [*HOUR_OF_60, Seen(at=ago(minutes=1))]
    result = recovery(evidence_of(*events, issue=log), ago(hours=3))
    assert (result.verdict, result.fix_known) == ("ongoing", False)
    assert result.reading == (
        "Not over: 1 events an hour now, 60 in the incident's fullest hour, 0 usual before it. "
        "The issue came back after the resolve."
    )
    assert result.needs == ("2 h with no event", AGAIN)


# --- the release that should hold the fix --------------------------------------------------------------------------


def row(number: int, release: str, at: datetime | None) -> EventRow:
    return EventRow(id=f"{number:032x}", when=at, release=release, environment="production")


def release(version: str, created: datetime | None = None, **fields: Any) -> Release:
    return Release(version=version, created=created, **fields)


IN_RELEASE = (activity("set_resolved_in_release", ago(hours=3), "shop@1.1"),)
NEXT = (activity("set_resolved_in_release", ago(hours=3)),)
MADE_LATER = known(
    (
        release("shop@1.3", ago(hours=1)),
        release("shop@1.2", ago(hours=2)),
        release("shop@1.1", ago(hours=3)),
        release("shop@1.0", ago(hours=9)),
        release("shop@0.9"),
    )
)


@pytest.mark.parametrize(
    ("issue", "releases", "version"),
    [
        pytest.param({"status_release": "shop@1.1"}, MADE_LATER, None, id="not resolved"),
        pytest.param(
            {**RESOLVED, "activity": IN_RELEASE, "status_release": "shop@1.1"}, MADE_LATER, "shop@1.1", id="named"
        ),
        pytest.param({**RESOLVED, "status_release": "shop@1.1"}, MADE_LATER, "shop@1.1", id="named, not logged"),
        pytest.param({**RESOLVED, "activity": NEXT, "next_release": True}, MADE_LATER, "shop@1.2", id="next release"),
        pytest.param(
            {**RESOLVED, "activity": NEXT, "status_release": "shop@1.1"}, MADE_LATER, "shop@1.2", id="next, ordered"
        ),
        pytest.param(
            {**RESOLVED, "activity": (activity("set_resolved", ago(hours=3)),), "status_release": "shop@1.1"},
            MADE_LATER,
            "shop@1.1",
            id="plain resolve with a release",
        ),
        pytest.param(
            {**RESOLVED, "activity": (activity("set_resolved_in_release", ago(minutes=60)),), "next_release": True},
            MADE_LATER,
            None,
            id="none made after the resolve",
        ),
        pytest.param({**RESOLVED, "next_release": True}, MADE_LATER, None, id="next, not logged"),
        pytest.param(
            {**RESOLVED, "activity": NEXT, "next_release": True}, Unknown(why="404"), None, id="releases unknown"
        ),
        pytest.param({**RESOLVED}, MADE_LATER, None, id="plain"),
    ],
)
def test_the_fix_is_in_the_release_that_the_resolve_names_or_the_first_made_after_it(
    issue: Mapping[str, object], releases: Any, version: str | None
) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, issue=issue, releases=releases))
    assert result.fix_release == version
    assert missing(result).get("fix_release") == (None if version else "no resolve names a release")
    assert result.fix_release_events == (None if version is None else 0)


FIXED: Mapping[str, object] = {**RESOLVED, "activity": IN_RELEASE, "status_release": "shop@1.1"}
NOT_LIVE = 'Nothing shows yet that "shop@1.1" is live: no deploy marker, no event from it.'


@pytest.mark.parametrize(
    ("releases", "rows", "notes"),
    [
        pytest.param(known((release("shop@1.1", first_event=ago(hours=1)),)), (), (), id="an event"),
        pytest.param(
            known((release("shop@1.1", deploys=(Deploy(version="shop@1.1", environment="production"),)),)),
            (),
            (),
            id="a deploy",
        ),
        pytest.param(known((release("shop@1.1", deploys=()),)), (), (NOT_LIVE,), id="neither"),
        pytest.param(known(()), (), (NOT_LIVE,), id="not listed"),
        pytest.param(Unknown(why="404"), (), (), id="not asked"),
        pytest.param(known(()), (row(1, "shop@1.1", ago(hours=1)),), (), id="an event among the rows"),
    ],
)
def test_a_fix_that_nothing_shows_to_be_live_is_said(
    releases: Any, rows: tuple[EventRow, ...], notes: tuple[str, ...]
) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, issue=FIXED, releases=releases, rows=known(rows)))
    assert result.notes == notes


def test_without_event_rows_the_events_on_the_fixing_release_are_unknown() -> None:
    unread = Unknown(why="no rows")
    result = recovery(evidence_of(*HOUR_OF_60, issue=FIXED, releases=known(()), rows=unread))
    assert (result.notes, result.fix_release_events) == ((NOT_LIVE,), None)
    assert missing(result)["fix_release_events"] == "no rows"
    live = known((release("shop@1.1", first_event=ago(hours=1)),))
    assert recovery(evidence_of(*HOUR_OF_60, issue=FIXED, releases=live, rows=unread)).notes == ()


@pytest.mark.parametrize(
    ("rows", "events"),
    [
        ((row(1, "shop@1.1", ago(hours=3)),), 1),
        ((row(1, "shop@1.1", ago(hours=3, seconds=1)),), 0),
        ((row(1, "shop@1.1", None),), 0),
        ((row(1, "shop@1.0", ago(hours=1)),), 0),
        ((row(1, "shop@1.1", ago(hours=1)), row(2, "shop@1.1", ago(hours=2)), row(3, "shop@1.0", ago(hours=2))), 2),
    ],
)
def test_events_on_the_fixing_release_since_the_fix_are_counted_and_keep_it_open(
    rows: tuple[EventRow, ...], events: int
) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, issue=FIXED, rows=known(rows)))
    assert result.fix_release_events == events
    need = ('no event on "shop@1.1", the release that should fix it',)
    assert result.needs == (need if events else ())
    assert result.verdict == ("improving" if events else "recovered")


AT_LEAST = "Only the latest 100 events tell their release; there may be more on the fixing one."


@pytest.mark.parametrize(
    ("count", "earlier", "notes"),
    [(99, 0, ()), (100, 0, (AT_LEAST,)), (101, 0, (AT_LEAST,)), (100, 1, ())],
)
def test_a_hundred_rows_that_do_not_reach_back_to_the_fix_are_a_lower_bound(
    count: int, earlier: int, notes: tuple[str, ...]
) -> None:
    rows = [row(number, "shop@1.0", ago(hours=1)) for number in range(count)]
    rows += [row(count + number, "shop@1.0", ago(hours=4)) for number in range(earlier)]
    assert recovery(evidence_of(*HOUR_OF_60, issue=FIXED, rows=known(tuple(rows)))).notes == notes


def test_a_fixing_release_without_a_time_to_count_from_leaves_its_events_unknown() -> None:
    fields = {"first_seen": None, "last_seen": None, **RESOLVED, "status_release": "shop@1.1"}
    result = recovery(evidence_of(issue=fields))
    assert (result.fix_release, result.fix_release_events) == ("shop@1.1", None)
    assert missing(result)["fix_release_events"] == "not known"


# --- sessions ------------------------------------------------------------------------------------------------------


def by_hour(hours: Mapping[int, tuple[int, float]], usual: tuple[int, float] = (1000, 0.999)) -> Any:
    """Sessions of the last twelve hours: hours ago → (sessions, crash-free); the others are alike."""
    each = {ago(hours=number): hours.get(number, usual) for number in range(12, 0, -1)}
    return known(sessions(12_000, 0.999, each))


@pytest.mark.parametrize(
    ("hours", "before", "now"),
    [
        pytest.param({}, 99.9, 99.9, id="healthy"),
        pytest.param({6: (1000, 0.9)}, 90.0, 99.9, id="an hour before the onset"),
        pytest.param({7: (1000, 0.9)}, 99.9, 99.9, id="two hours before the onset"),
        pytest.param({5: (1000, 0.9), 4: (1000, 0.93)}, 90.0, 99.9, id="the worst hour"),
        pytest.param({4: (1000, 0.9)}, 90.0, 99.9, id="the last hour before the fix"),
        pytest.param({3: (1000, 0.9)}, 99.9, 99.9, id="the first hour after it"),
        pytest.param({1: (1000, 0.97)}, 99.9, 97.0, id="the last hour after it"),
        pytest.param({5: (49, 0.5), 1: (49, 0.5)}, 99.9, 99.9, id="few sessions"),
        pytest.param({5: (50, 0.5), 1: (50, 0.96)}, 50.0, 96.0, id="enough sessions"),
        pytest.param({3: (9, 0.9), 2: (9, 0.9), 1: (9, 0.9)}, 99.9, None, id="few since the fix"),
    ],
)
def test_crash_free_is_the_worst_full_hour_before_and_the_last_one_after(
    hours: Mapping[int, tuple[int, float]], before: float, now: float | None
) -> None:
    result = recovery(evidence_of(*HOUR_OF_60, sessions=by_hour(hours)), ago(hours=3))
    assert (result.crash_free_before_pct, result.crash_free_now_pct) == (before, now)
    why = None if now is not None else "no full clock hour with 50 sessions or more since then"
    assert missing(result).get("crash_free_now_pct") == why


def test_crash_free_counts_from_the_hour_before_the_onset_on() -> None:
    part = by_hour({5: (1000, 0.9), 4: (1000, 0.92)})
    result = recovery(evidence_of(*spread(60, ago(hours=3)), sessions=part), ago(hours=1))
    assert result.crash_free_before_pct == 92.0


def test_crash_free_has_three_places() -> None:
    hours = (SessionHour(start=ago(hours=1), sessions=900, crash_rate=0.0123456, unhandled_rate=0.0),)
    part = known(Sessions(window=SIX_HOURS, sessions=900, hours=hours))
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part), ago(hours=3)).crash_free_now_pct == 98.765


def test_crash_free_a_hair_below_the_limit_is_never_shown_as_the_limit() -> None:
    hours = by_hour({**dict.fromkeys((6, 5, 4), (1000, 0.9)), 1: (1000, 0.9499996)})
    result = recovery(evidence_of(*HOUR_OF_60, sessions=hours), ago(hours=3))
    assert (result.verdict, result.crash_free_now_pct) == ("improving", 94.999)


def test_unknown_sessions_neither_hold_a_recovery_up_nor_make_one() -> None:
    result = recovery(evidence_of(*HOUR_OF_60, sessions=Unknown(why="404")), ago(hours=3))
    assert (result.verdict, result.needs) == ("recovered", ())
    assert missing(result)["crash_free_now_pct"] == "404"


def test_without_an_onset_crash_free_counts_from_the_window_on() -> None:
    part = by_hour({7: (1000, 0.9), 6: (1000, 0.92)})
    result = recovery(evidence_of(*FLAT, issue=OLD, sessions=part), ago(hours=3))
    assert result.crash_free_before_pct == 92.0


def test_open_hours_and_hours_without_a_rate_do_not_count() -> None:
    hours = (
        SessionHour(start=ago(hours=5), sessions=900, crash_rate=0.01, unhandled_rate=0.02),
        SessionHour(start=ago(hours=4), sessions=900, crash_rate=None, unhandled_rate=0.5),
        SessionHour(start=ago(hours=2), sessions=900, crash_rate=0.04),
        SessionHour(start=ago(hours=1), sessions=900, crash_rate=0.5, unhandled_rate=0.0, complete=False),
    )
    part = known(Sessions(window=SIX_HOURS, sessions=3600, hours=hours))
    result = recovery(evidence_of(*HOUR_OF_60, sessions=part), ago(hours=3))
    assert (result.crash_free_before_pct, result.crash_free_now_pct) == (97.0, 96.0)


@pytest.mark.parametrize("fixed_at", [ago(hours=3), None], ids=["since a fix", "since nothing"])
@pytest.mark.parametrize("is_known_before", [True, False])
def test_hours_with_an_unknown_number_of_sessions_are_said(fixed_at: datetime | None, is_known_before: bool) -> None:
    before = SessionHour(start=ago(hours=5), sessions=900 if is_known_before else None, crash_rate=0.0)
    part = known(
        Sessions(window=SIX_HOURS, sessions=None, hours=(before, SessionHour(start=ago(hours=1), sessions=None)))
    )
    result = recovery(evidence_of(issue={"first_seen": None, "last_seen": None}, sessions=part), fixed_at)
    number = "1 full hour" if is_known_before else "2 full hours"
    assert missing(result)["crash_free_now_pct"] == f"Sentry gave no number of sessions for {number}"


@pytest.mark.parametrize("fixed_at", [ago(hours=3), None], ids=["since a fix", "since nothing"])
def test_no_full_hour_with_sessions_at_all_is_said(fixed_at: datetime | None) -> None:
    fields = {"first_seen": None, "last_seen": None}
    part = by_hour({}, (9, 0.5)) if fixed_at else by_hour({})
    result = recovery(evidence_of(issue=fields, sessions=part), fixed_at)
    assert (result.crash_free_before_pct, result.crash_free_now_pct) == (None, None)
    assert missing(result)["crash_free_now_pct"] == "no full hour with 50 sessions or more"


@pytest.mark.parametrize(
    ("before", "now", "needs", "notes"),
    [
        pytest.param(0.9499, 0.95, (), (), id="back at the limit"),
        pytest.param(
            0.9499,
            0.9499,
            ("a full hour with crash-free sessions of 95 % or more (94.99 % now)",),
            (),
            id="still below",
        ),
        pytest.param(
            0.9499,
            None,
            ("a full hour with crash-free sessions of 95 % or more (no full hour yet)",),
            (),
            id="not measured yet",
        ),
        pytest.param(0.949996, 0.95, (), (), id="a hair below and back"),
        pytest.param(
            0.9,
            0.949996,
            ("a full hour with crash-free sessions of 95 % or more (94.99 % now)",),
            (),
            id="a hair below still",
        ),
        pytest.param(0.95, 0.95, (), (), id="never below"),
        pytest.param(
            0.95,
            0.9499,
            (),
            ("Crash-free sessions of the project are at 94.99 %, which this issue did not cause before.",),
            id="below since",
        ),
        pytest.param(0.95, None, (), (), id="not below, not measured yet"),
        pytest.param(
            None,
            0.9499,
            (),
            ("Crash-free sessions of the project are at 94.99 %, which this issue did not cause before.",),
            id="not measured before",
        ),
    ],
)
def test_crash_free_sessions_that_had_fallen_must_be_back(
    before: float | None, now: float | None, needs: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    earlier = dict.fromkeys((6, 5, 4), (1000 if before is not None else 0, before or 1.0))
    later = dict.fromkeys((3, 2, 1), (1000 if now is not None else 9, now or 1.0))
    result = recovery(evidence_of(*HOUR_OF_60, sessions=by_hour({**earlier, **later})), ago(hours=3))
    assert (result.needs, result.notes) == (needs, notes)
    assert result.verdict == ("improving" if needs else "recovered")


NO_TRAFFIC = "traffic: no session started while it was quiet, so quiet says nothing"


@pytest.mark.parametrize(
    ("hours", "silent"),
    [
        pytest.param({3: 0, 2: 0, 1: 0}, True, id="no session since the fix"),
        pytest.param({3: 0, 2: 0, 1: 1}, False, id="one session"),
        pytest.param({3: 1, 2: 0, 1: 0}, False, id="one in the first quiet hour"),
        pytest.param({4: 0, 3: 0, 2: 0, 1: 0}, True, id="none before either"),
        pytest.param(dict.fromkeys(range(13), 0), False, id="never any session"),
    ],
)
def test_quiet_without_any_traffic_says_nothing(hours: Mapping[int, int], silent: bool) -> None:
    part = by_hour({number: (count, 1.0) for number, count in hours.items()})
    result = recovery(evidence_of(*HOUR_OF_60, sessions=part), ago(hours=3))
    assert result.needs == ((NO_TRAFFIC,) if silent else ())
    assert result.verdict == ("improving" if silent else "recovered")


def test_hours_that_are_open_or_outside_the_quiet_time_tell_nothing_of_traffic() -> None:
    def part(**fields: Any) -> Any:
        quiet = SessionHour(start=ago(hours=2), sessions=0)
        busy = SessionHour(start=ago(hours=6), sessions=90, crash_rate=0.0)
        hours = (busy, quiet, SessionHour(**{"start": ago(hours=1), "sessions": 5, **fields}))
        return known(Sessions(window=SIX_HOURS, sessions=99, hours=hours))

    assert recovery(evidence_of(*HOUR_OF_60, sessions=part()), ago(hours=3)).needs == ()
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part(complete=False)), ago(hours=3)).needs == (NO_TRAFFIC,)
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part(start=NOW)), ago(hours=3)).needs == (NO_TRAFFIC,)
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part(sessions=0)), ago(hours=3)).needs == (NO_TRAFFIC,)
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part(sessions=None)), ago(hours=3)).needs == ()
    none_quiet = known(Sessions(window=SIX_HOURS, sessions=90, hours=(SessionHour(start=ago(hours=6), sessions=90),)))
    assert recovery(evidence_of(*HOUR_OF_60, sessions=none_quiet), ago(hours=3)).needs == ()
