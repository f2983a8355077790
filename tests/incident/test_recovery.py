"""Tables of cases for recovery: every verdict, sentence, need, note and reason, on both sides of each limit."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.model.evidence import (
    Activity,
    Deploy,
    EventRow,
    Evidence,
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


# --- verdicts, on both sides of each limit -------------------------------------------------------------------------


BACKGROUND = [Seen(at=ago(hours=12) + number * 15 * MINUTE) for number in range(48)]
"""Four events an hour over twelve hours."""


@pytest.mark.parametrize(("minutes", "reaches"), [(300, True), (299, False)])
def test_the_series_must_reach_back_to_the_onset(minutes: int, reaches: bool) -> None:
    part = known(IssueSeries(events=series(HOUR_OF_60, ago(minutes=minutes), NOW)))
    result = recovery(evidence_of(*HOUR_OF_60, series=part), ago(hours=3))
    assert result.events_per_hour_before == (60 if reaches else None)


# --- the rate now, and how much time it needs ----------------------------------------------------------------------


def test_the_last_rolling_hour_is_the_rate_however_many_came_before_it() -> None:
    later = [*spread(40, ago(minutes=90), 29 * MINUTE), Seen(at=ago(minutes=60)), Seen(at=ago(minutes=1))]
    result = recovery(evidence_of(*HOUR_OF_60, *later), ago(minutes=90))
    assert (result.events_per_hour_now, result.events_since) == (2.0, 42)


def test_a_mitigation_that_was_stated_stands_for_the_fix() -> None:
    result = read(OVER, Stated(mitigated_at=ago(hours=3))).recovery
    assert (result.since, result.since_basis, result.fix_known) == (ago(hours=3), "stated", True)


@pytest.mark.parametrize(("minutes", "is_one"), [(-1, False), (0, True), (30, True)])
def test_what_was_done_before_the_incident_did_not_end_it(minutes: int, is_one: bool) -> None:
    """A local time taken for UTC lies hours too early: it was "a fix is known: yes", with no word on it."""
    result = recovery(evidence_of(*HOUR_OF_60), ago(hours=5) + timedelta(minutes=minutes))
    assert (result.verdict, result.fix_known) == ("recovered", is_one)
    assert [note for note in result.notes if "lies before the incident began" in note] == (
        []
        if is_one
        else [
            "The time given as the fix (2026-11-23 09:59 UTC) lies before the incident began (2026-11-23 10:00 UTC): "
            "that did not end it."
        ]
    )
    assert ("mitigated, not resolved" in result.reading) is not is_one


# --- since when ----------------------------------------------------------------------------------------------------


FLAT = [Seen(at=ago(hours=12) + number * 60 * MINUTE) for number in range(12)]
"""An event an hour: an old issue without any onset."""


# --- which series --------------------------------------------------------------------------------------------------


def part_of(start: datetime, end: datetime, step: timedelta = MINUTE) -> Any:
    return known(IssueSeries(events=series(HOUR_OF_60, start, end, step)))


A_SECOND_SHORT = known(
    IssueSeries(
        events=series(HOUR_OF_60, ago(hours=12), ago(minutes=5)).model_copy(update={"start": ago(hours=12, seconds=1)})
    )
)
UNMEASURED = known(IssueSeries(events=Series(start=ago(minutes=2), step_s=60, values=(None, None), complete_until=NOW)))


CLOCK = {"hourly": tuple((ago(hours=number), 60 if number == 5 else 0) for number in range(24, 0, -1))}


EARLY = "only 5 min have passed since then, which tells no rate"


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


@pytest.mark.parametrize(("last_seen", "known_"), [(NOW - 16 * DAY, True), (ago(hours=12), False)])
def test_an_empty_series_trusts_only_a_last_event_before_it(last_seen: datetime, known_: bool) -> None:
    result = recovery(evidence_of(issue={**OLD, "last_seen": last_seen}), ago(hours=3))
    assert result.quiet_since == (last_seen if known_ else None)


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


# --- the release that should hold the fix --------------------------------------------------------------------------


def row(number: int, release: str, at: datetime | None) -> EventRow:
    return EventRow(id=f"{number:032x}", when=at, release=release, environment="production")


def release(version: str, created: datetime | None = None, **fields: Any) -> Release:
    return Release(version=version, created=created, **fields)


IN_RELEASE = (activity("set_resolved_in_release", ago(hours=3), "shop@1.1"),)
NEXT = (activity("set_resolved_in_release", ago(hours=3)),)


def after(current: str, version: str | None = None) -> Activity:
    """Resolved in the next release after ``current``; ``version`` when Sentry has named that one."""
    return Activity(kind="set_resolved_in_release", at=ago(hours=3), version=version, current_release=current)


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
            {**RESOLVED, "activity": (after("shop@1.2.5"),), "status_release": "shop@1.2.5"},
            MADE_LATER,
            "shop@1.3",
            id="next, a hotfix of the older line made before it",
        ),
        pytest.param(
            {**RESOLVED, "activity": (after("shop@1.1", "shop@1.3"),), "status_release": "shop@1.3"},
            MADE_LATER,
            "shop@1.3",
            id="next, filled in since",
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
    [(99, 0, ()), (100, 0, (AT_LEAST,)), (100, 1, ()), (101, 0, ())],
    ids=["fewer", "a full list", "one from before", "pages to the end, for a list holds no more than 100"],
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


def test_crash_free_has_two_places_cut_and_not_rounded() -> None:
    hours = (SessionHour(start=ago(hours=1), sessions=900, crash_rate=0.0123456, unhandled_rate=0.0),)
    part = known(Sessions(window=SIX_HOURS, sessions=900, hours=hours))
    assert recovery(evidence_of(*HOUR_OF_60, sessions=part), ago(hours=3)).crash_free_now_pct == 98.76


def test_crash_free_a_hair_below_the_limit_is_never_shown_as_the_limit() -> None:
    hours = by_hour({**dict.fromkeys((6, 5, 4), (1000, 0.9)), 1: (1000, 0.9499996)})
    result = recovery(evidence_of(*HOUR_OF_60, sessions=hours), ago(hours=3))
    assert (result.verdict, result.crash_free_now_pct) == ("improving", 94.99)


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
            ("Crash-free sessions of the project are at 94.99 %: what they were before is not known.",),
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
