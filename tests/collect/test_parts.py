"""The numbers of ``collect/``: which window, interval or field a question asks Sentry for, on both sides of each.

Each expectation is reasoned from DESIGN or from the reference of Sentry's API (sentry-api), named beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.collect import (
    IMPACT,
    RECOVERY,
    SEVERITY,
    STORY,
    TRIAGE,
    Aspect,
    recovery_window,
    story_window,
)
from sentry_runbook.collect.breakdown_columns import BREAKDOWN_TAGS
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    Crumb,
    DeploySpec,
    FrameSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
    http_call,
)
from tests.collect.asked import Asked, Change, asked, body, refusal

NOW = ManualClock().now
"""Noon, so that windows which begin with a full hour are easily read."""
HOUR, DAY = 60, 24 * 60
"""In minutes, as scenarios are written."""


def issue(*streams: Stream, **more: Any) -> Scenario:
    """A scenario of one issue; releases, sessions and transactions by name."""
    of_the_scenario = {name: more.pop(name) for name in ("releases", "sessions", "transactions") if name in more}
    return Scenario(name="one", issues=(IssueSpec("ONE-1", "Boom", streams=streams, **more),), **of_the_scenario)


ORDINARY = issue(Stream(60, -2 * DAY, -1, users=20), transaction="GET /pay")


def start_of(params: httpx.QueryParams) -> datetime:
    """Where a request's window begins."""
    return datetime.fromisoformat(params["start"]).replace(tzinfo=UTC)


def known(evidence: Evidence, field: str) -> Any:
    """A part that must be known."""
    part = getattr(evidence, field)
    assert isinstance(part, Known), (field, part)
    return part.value


def why(evidence: Evidence, field: str) -> str:
    """Why a part is unknown."""
    part = getattr(evidence, field)
    assert isinstance(part, Unknown), (field, part)
    return part.why


# --- how fine a series is ------------------------------------------------------------------------------------------

A_DAY = timedelta(days=1)
STEPS = [
    pytest.param("24h", 60, id="a day"),
    pytest.param("15m", 60, id="a quarter of an hour"),
    pytest.param("25h", 60, id="a story of a day, from a full hour on"),
    pytest.param("26h", 300, id="an hour more than that"),
    pytest.param("9d", 300, id="nine days"),
    pytest.param("217h", 3600, id="an hour more"),
    pytest.param("30d", 3600, id="a month"),
]
"""Read from a day before: 2,880 points of a minute in a window of about a day, and of five minutes in nine days'."""


@pytest.mark.parametrize(("period", "seconds"), STEPS)
async def test_the_series_is_as_fine_as_2_880_points_allow(period: str, seconds: int) -> None:
    answer = await asked(ORDINARY, frozenset({Aspect.SERIES}), period=period)
    # By the hour it looks like the history, which is asked for after it.
    params = (answer.requests.get("series") or answer.requests["history"])[0]
    assert params["interval"] == str(seconds)
    window = answer.evidence.window
    # A short window's series is that of the whole day: no two windows tell another episode.
    is_short = window.end - window.start <= A_DAY + timedelta(hours=1)
    wanted = window.end - 2 * A_DAY if is_short else window.start - A_DAY
    first = answer.evidence.issue.first_seen
    assert first is not None
    # Before the issue's first event there was none: that is known, and not asked for.
    assert start_of(params) == max(wanted, first.replace(minute=0, second=0) - timedelta(hours=1))
    series = known(answer.evidence, "series")
    for axis in (series.events, series.users):
        assert axis is not None
        assert axis.step_s == seconds
        assert timedelta(0) <= wanted - axis.start < timedelta(seconds=seconds) or axis.start == wanted
        before = axis.values[: (first - axis.start) // timedelta(seconds=seconds)]
        assert set(before) <= {0.0}
        assert sum(value or 0 for value in axis.values) > 0


@pytest.mark.parametrize(("period", "is_read"), [("7d", True), ("169h", False)])
async def test_unhandled_events_are_read_by_the_minute_for_a_week_at_most(period: str, is_read: bool) -> None:
    """DESIGN §5: the rule is about one clock minute, so a coarser series would not answer it."""
    answer = await asked(ORDINARY, frozenset({Aspect.UNHANDLED}), period=period)
    intervals = {params["interval"] for params in answer.requests.get("unhandled", ())}
    assert intervals == ({"60"} if is_read else set())
    if not is_read:
        assert "up to 7 days" in why(answer.evidence, "unhandled")


def opened(minutes_ago: float | None) -> Change:
    """A series whose buckets Sentry calls incomplete from so long ago; None: none of them."""
    first = None if minutes_ago is None else (NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000

    def change(answer: Any) -> object:
        for series in answer["timeSeries"]:
            for point in series["values"]:
                point["incomplete"] = first is not None and point["timestamp"] >= first
        return answer

    return body(change)


OPEN = [
    pytest.param(None, 1, id="Sentry calls no bucket open"),
    pytest.param(0, 1, id="open later than a minute ago"),
    pytest.param(1, 1, id="open a minute ago"),
    pytest.param(2, 2, id="open two minutes ago"),
    pytest.param(30, 30, id="open half an hour ago"),
]
"""sentry-api §8: what is ``incomplete`` is dropped, and the last minute, too: it takes up to 60 s to count an event."""


@pytest.mark.parametrize(("open_from", "complete_until"), OPEN)
async def test_a_series_is_complete_until_the_first_bucket_that_may_still_grow(
    open_from: float | None, complete_until: float
) -> None:
    answer = await asked(ORDINARY, frozenset({Aspect.SERIES}), {"series": opened(open_from)})
    series = known(answer.evidence, "series")
    expected = NOW - timedelta(minutes=complete_until)
    assert (series.events.complete_until, series.users.complete_until) == (expected, expected)


SESSIONS = (SessionsSpec(9000, -80 * DAY, 0, crashed=90), SessionsSpec(500, -80 * DAY, 0, environment="staging"))
LONG = [
    pytest.param("1000h", "1h", 1000, id="a thousand hours"),
    pytest.param("1001h", "1d", 0, id="an hour more"),
    pytest.param("90d", "1d", 0, id="all that Sentry keeps"),
]
"""sentry-api §17: at most 1,000 intervals, larger steps beyond. DESIGN §5: the period is judged, too."""


@pytest.mark.parametrize(("period", "interval", "hours"), LONG)
async def test_sessions_of_a_long_window_are_asked_for_in_an_interval_that_is_granted(
    period: str, interval: str, hours: int
) -> None:
    scenario = issue(Stream(60, -2 * DAY, -1, users=20), sessions=SESSIONS)
    answer = await asked(scenario, SEVERITY, period=period)
    (params,) = answer.requests["sessions"]
    assert params["interval"] == interval
    sessions = known(answer.evidence, "sessions")
    assert len(sessions.hours) == hours
    assert sessions.crash_rate == pytest.approx(0.01, abs=0.0005)
    assert ("by environment and hour" in str(answer.evidence.sessions)) is (hours > 0)
    assert len(answer.requests_per_round) == 2


@pytest.mark.parametrize(
    ("kind", "aspects", "name"),
    [
        ("totals", IMPACT, "totals"),
        ("breakdown", IMPACT, "breakdown"),
        ("breakdown", SEVERITY, "environments"),
        ("project_top", SEVERITY, "project_top"),
    ],
)
async def test_a_table_is_not_empty_but_unknown_where_the_token_sees_no_project(
    kind: str, aspects: frozenset[Aspect], name: str
) -> None:
    """sentry-api §7.4: 200, no rows and a tip; it looks like "no impact"."""
    unseen = {"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}}
    answer = await asked(ORDINARY, aspects, {kind: body(lambda _: unseen)})
    part = getattr(answer.evidence, name)
    assert isinstance(part, Unknown)
    assert "may read" in part.why


BOTH = ["environment", "release"]


def reviews(number: int, count: int = 2_000) -> tuple[SessionsSpec, ...]:
    """Sessions of as many environments for review, each with more of them than production."""
    return tuple(SessionsSpec(count, -9 * HOUR, -1, environment=f"review-{place}") for place in range(number))


@pytest.mark.parametrize(
    ("environments", "again"),
    [
        pytest.param(57, None, id="one less than an answer holds"),
        pytest.param(58, ["production"], id="as many: some may be cut"),
        pytest.param(80, ["production"], id="more"),
    ],
)
async def test_sessions_of_production_are_asked_for_by_name_where_the_answer_holds_no_more_environments(
    environments: int, again: list[str] | None
) -> None:
    """sentry-api §17: 10,000 points of an answer are 59 environments of a week; those with most sessions are told.

    By environment and release the answer is cut at as many: then the environments alone come before.
    """
    production = SessionsSpec(900, -9 * HOUR, -1, crashed=90)
    scenario = issue(Stream(60, -2 * DAY, -1, users=20), sessions=(*reviews(environments), production))
    answer = await asked(scenario, SEVERITY, period="7d")
    whole, *more = answer.requests["sessions"]
    assert whole.get_list("environment") == [] and whole.get_list("groupBy") == BOTH
    if again:
        alone, *more = more
        assert alone.get_list("environment") == [] and alone.get_list("groupBy") == ["environment"]
    assert [params.get_list("environment") for params in more] == ([again] if again else [])
    sessions = known(answer.evidence, "sessions")
    assert (sessions.sessions, sessions.crash_rate) == (900, pytest.approx(0.1))
    day = await asked(scenario, SEVERITY)
    assert len(day.requests["sessions"]) == 1


async def test_an_environment_asked_about_is_asked_for_by_its_name_where_it_was_cut() -> None:
    small = SessionsSpec(700, -9 * HOUR, -1, crashed=70, environment="eu")
    events = (Stream(60, -2 * DAY, -1, users=20, environment="eu"),)
    answer = await asked(issue(*events, sessions=(*reviews(80), small)), SEVERITY, period="7d", environment="eu")
    assert [params.get_list("environment") for params in answer.requests["sessions"]] == [[], [], ["eu"]]
    assert known(answer.evidence, "sessions").sessions == 700


async def test_sessions_that_sentry_left_out_are_unknown_and_not_none() -> None:
    """The issue was never seen in production, so nobody knows what it is called."""
    events = (Stream(60, -2 * DAY, -1, users=20, environment="eu"),)
    scenario = issue(*events, sessions=(*reviews(80), SessionsSpec(900, -9 * HOUR, -1, environment="prod")))
    answer = await asked(scenario, SEVERITY, period="7d")
    assert isinstance(answer.evidence.sessions, Unknown)
    assert "left out the environments with the fewest sessions" in answer.evidence.sessions.why


async def test_of_a_cut_list_production_is_asked_for_by_name_also_where_the_events_of_all_environments_count() -> None:
    scenario = issue(Stream(60, -2 * DAY, -1, users=20), sessions=reviews(80))
    answer = await asked(scenario, SEVERITY, period="7d", scope="all")
    of_production = await asked(scenario, SEVERITY, period="7d")
    assert isinstance(answer.evidence.sessions, Known)
    assert answer.evidence.sessions == of_production.evidence.sessions


# --- windows that follow the issue ---------------------------------------------------------------------------------

FIXED = [
    pytest.param(2 * HOUR, DAY + 2 * HOUR, id="two hours"),
    pytest.param(13 * DAY, 14 * DAY, id="13 days"),
    pytest.param(14 * DAY, 14 * DAY, id="14 days"),
    pytest.param(40 * DAY, 14 * DAY, id="40 days"),
]
"""DESIGN §6 compares the rate in the incident with the rate now: a day before the fix shows the incident. Of 14 days
Sentry tells the sessions of 29 environments, of 30 days of 13, and leaves out the rest in silence (sentry-api §17)."""


@pytest.mark.parametrize(("minutes_ago", "back"), FIXED)
async def test_a_recovery_is_read_from_a_day_before_the_fix_and_over_14_days_at_most(
    minutes_ago: int, back: int
) -> None:
    fixed = NOW - timedelta(minutes=minutes_ago)
    answer = await asked(ORDINARY, RECOVERY, window_for=lambda read, now: recovery_window(read, now, fixed))
    assert answer.evidence.window.start == NOW - timedelta(minutes=back)
    (sessions,) = answer.requests["sessions"]
    assert start_of(sessions) == answer.evidence.window.start


async def test_a_recovery_without_a_fix_is_read_from_the_last_resolve_or_over_a_day() -> None:
    def follows(read: Any, now: datetime) -> Any:
        return recovery_window(read, now, None)

    quiet = issue(Stream(9, -4 * DAY, -3 * DAY), history=(StateChange(-2 * DAY),))
    assert (await asked(quiet, RECOVERY, window_for=follows)).evidence.window.start == NOW - timedelta(days=3)
    assert (await asked(ORDINARY, RECOVERY, window_for=follows)).evidence.window.start == NOW - timedelta(days=1)


BEGUN = [
    pytest.param(Stream(60, -2 * HOUR, -1), DAY, id="two hours ago"),
    pytest.param(Stream(60, -23 * HOUR, -1), DAY, id="23 hours ago"),
    pytest.param(Stream(60, -DAY, -1), 25 * HOUR, id="a day ago"),
    pytest.param(Stream(60, -6 * DAY, -1), 6 * DAY + HOUR, id="six days ago"),
    pytest.param(Stream(60, -7 * DAY + HOUR, -1), 7 * DAY, id="a week less an hour ago"),
    pytest.param(Stream(60, -7 * DAY + 5, -1), 7 * DAY, id="a week less five minutes ago"),
]
"""DESIGN §5: an episode begins at a step out of the usual rate, so some time before it is shown; the window is a day
unless asked, and a week is as far as minutes are read (the rule of unhandled events)."""


def even(stream: Stream) -> Scenario:
    """An issue whose first event stands exactly at the stream's start."""
    first = Stream(1, stream.start, stream.start)
    return issue(first, Stream(stream.count, stream.start + 10, stream.end))


@pytest.mark.parametrize(("stream", "back"), BEGUN)
async def test_a_story_begins_an_hour_before_the_incident_and_a_week_ago_at_most(stream: Stream, back: int) -> None:
    answer = await asked(even(stream), STORY, window_for=story_window)
    assert answer.evidence.window.start == NOW - timedelta(minutes=back)
    (totals,) = answer.requests["totals"]
    assert start_of(totals) == answer.evidence.window.start


async def test_an_older_issues_story_is_its_last_day_with_events() -> None:
    def first_and_last(last: int) -> Scenario:
        return issue(Stream(1, -20 * DAY, -20 * DAY), Stream(1, -last, -last))

    recent = await asked(first_and_last(2 * DAY), STORY, window_for=story_window)
    assert recent.evidence.window.start == NOW - timedelta(days=3, hours=1)
    silent = await asked(first_and_last(8 * DAY), STORY, window_for=story_window)
    assert silent.evidence.window.start == NOW - timedelta(days=7)


# --- deploys of the suspect release --------------------------------------------------------------------------------

LONG_PAST = [
    pytest.param("24h", 2 * DAY - 10, True, id="less than a window before a day"),
    pytest.param("24h", 2 * DAY + 10, False, id="more than a window before a day"),
    pytest.param("7d", 14 * DAY - 10, True, id="less than a window before a week"),
    pytest.param("7d", 14 * DAY + 10, False, id="more than a window before a week"),
]
"""The series and the comparison of tags go back one window length (DESIGN §6: ``baseline``, ``share_before``): a
release that brought the issue within it may explain what they show."""


@pytest.mark.parametrize(("period", "began", "is_asked"), LONG_PAST)
async def test_deploys_are_asked_for_while_the_stretch_before_the_window_saw_the_issue_begin(
    period: str, began: int, is_asked: bool
) -> None:
    deploys = (DeploySpec(-began - 10), DeploySpec(-began - 5))
    scenario = issue(
        Stream(1, -began, -began),
        Stream(50, -began + 1, -1),
        releases=(ReleaseSpec("one@1", -began - 20, deploys),),
    )
    answer = await asked(scenario, frozenset({Aspect.RELEASES}), period=period)
    assert ("deploys" in answer.requests) is is_asked


# --- whole events --------------------------------------------------------------------------------------------------

CHOSEN = [
    pytest.param("oldest", {"recommended"}, id="the oldest"),
    pytest.param("recommended", {"oldest"}, id="the recommended"),
    pytest.param("latest", {"oldest", "recommended"}, id="the latest"),
]
"""``sample`` is what the chosen event cannot show; shown twice, it would count twice for a cause."""
NAMED = {"latest": "a", "oldest": "b", "recommended": "c"}


def renamed(kind: str) -> Change:
    """Three events, whichever Sentry holds to be recommended."""
    return body(lambda event: {**event, "id": NAMED[kind] * 32, "eventID": NAMED[kind] * 32})


THREE_EVENTS = {"event": renamed("latest"), "oldest": renamed("oldest"), "recommended": renamed("recommended")}


@pytest.mark.parametrize(("which", "sample"), CHOSEN)
async def test_the_chosen_event_is_not_repeated_in_the_sample_of_a_story(which: str, sample: set[str]) -> None:
    aspects = frozenset({Aspect.EVENT, Aspect.SAMPLE, Aspect.NOTES})
    evidence = (await asked(ORDINARY, aspects, THREE_EVENTS, which=which)).evidence
    assert known(evidence, "event").id == NAMED[which] * 32
    assert sorted(event.id for event in known(evidence, "sample")) == sorted(NAMED[name] * 32 for name in sample)


@pytest.mark.parametrize(
    ("streams", "which", "sample"),
    [
        pytest.param((Stream(60, -300, -1),), "latest", ["oldest"], id="new: its first event"),
        pytest.param((Stream(60, -2 * DAY, -1),), "latest", ["recommended"], id="older than the window"),
        pytest.param((Stream(60, -300, -1),), "oldest", [], id="the same one was chosen"),
        pytest.param((Stream(1, -300, -300),), "latest", [], id="there is no other"),
    ],
)
async def test_a_triage_reads_one_event_more(streams: tuple[Stream, ...], which: str, sample: list[str]) -> None:
    answer = await asked(issue(*streams), frozenset({Aspect.EVENT, Aspect.SAMPLE}), THREE_EVENTS, which=which)
    assert [event.id for event in known(answer.evidence, "sample")] == [NAMED[name] * 32 for name in sample]
    assert {"oldest", "recommended"} & answer.requests.keys() == {*sample, which} - {"latest"}


STATUSES = [(399, False), (400, True), (404, True), (503, True), (200, False)]
"""HTTP's own line between success and failure: 400 is the first status of an error."""


@pytest.mark.parametrize(("status", "failed"), STATUSES)
async def test_an_http_breadcrumb_failed_from_status_400_on(status: int, failed: bool) -> None:
    scenario = issue(Stream(1, -5, -5), breadcrumbs=(http_call("GET", "https://pay.example/charge", status),))
    evidence = (await asked(scenario, frozenset({Aspect.EVENT}))).evidence
    (crumb,) = [crumb for crumb in known(evidence, "event").breadcrumbs if crumb.host == "pay.example"]
    assert (crumb.http_status, crumb.failed) == (status, failed)


@pytest.mark.parametrize(("level", "failed"), [("error", True), ("warning", False)])
async def test_an_http_breadcrumb_without_a_status_failed_when_it_is_an_error(level: Any, failed: bool) -> None:
    crumb = Crumb("http", None, level, {"method": "GET", "url": "https://pay.example/charge"}, "http")
    evidence = (await asked(issue(Stream(1, -5, -5), breadcrumbs=(crumb,)), frozenset({Aspect.EVENT}))).evidence
    (read,) = [crumb for crumb in known(evidence, "event").breadcrumbs if crumb.host == "pay.example"]
    assert (read.http_status, read.failed) == (None, failed)


def threads(*, own_stack: bool, crashed: bool) -> Change:
    """An event of a mobile app: two exceptions, with a stack of their own or without, and two threads."""

    def stack(function: str) -> dict[str, object]:
        return {"frames": [{"function": function, "filename": "Pay.swift", "lineNo": 7, "inApp": True}]}

    values = [
        {"type": "Cause", "value": "first", "stacktrace": None},
        {"type": "Crash", "value": "last", "stacktrace": stack("ownFrame") if own_stack else None},
    ]
    running = [
        {"id": 1, "crashed": False, "current": True, "stacktrace": stack("idleFrame")},
        {"id": 2, "crashed": crashed, "stacktrace": stack("threadFrame")},
    ]
    entries = [{"type": "exception", "data": {"values": values}}, {"type": "threads", "data": {"values": running}}]
    return body(lambda event: {**event, "entries": entries})


THREADS = [
    pytest.param(False, True, [[], ["threadFrame"]], id="no stack of its own"),
    pytest.param(True, True, [[], ["ownFrame"]], id="its own stack"),
    pytest.param(False, False, [[], ["idleFrame"]], id="no crashed thread: the current one"),
]
"""sentry-api §4.2: on mobile and native the stack may stand in ``threads``; the last exception is the one shown."""


@pytest.mark.parametrize(("own_stack", "crashed", "expected"), THREADS)
async def test_an_exception_without_a_stack_takes_that_of_the_crashed_thread(
    own_stack: bool,
    crashed: bool,
    expected: list[list[str]],
) -> None:
    scenario = issue(
        Stream(1, -5, -5), chain=(Raised("Crash", "last", (FrameSpec("pay", "Pay.swift", 7),)),), platform="cocoa"
    )
    changes = {"event": threads(own_stack=own_stack, crashed=crashed)}
    evidence = (await asked(scenario, frozenset({Aspect.EVENT}), changes)).evidence
    chain = known(evidence, "event").exceptions
    assert [[frame.function for frame in thrown.frames] for thrown in chain] == expected


# --- tables that go on ---------------------------------------------------------------------------------------------


def rows(number: int, *, next_page: bool = False, without_count: bool = False) -> Change:
    """A breakdown of so many rows, perhaps with a next page, perhaps with one count missing."""

    def change(response: httpx.Response, answer: Any) -> httpx.Response:
        tags = dict.fromkeys(BREAKDOWN_TAGS)
        table = [{**tags, "release": f"one@{n}", "count()": 3} for n in range(number)]
        if without_count:
            table[0]["count()"] = None
        link = (
            f'<http://localhost/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
            f'<http://localhost/?cursor=0:100:0>; rel="next"; results="{str(next_page).lower()}"; cursor="0:100:0"'
        )
        return httpx.Response(response.status_code, json={**answer, "data": table}, headers={"Link": link})

    return change


COMPLETE = [
    pytest.param(rows(99), True, id="one less than a page"),
    pytest.param(rows(100), False, id="a whole page"),
    pytest.param(rows(99, next_page=True), False, id="a short page with a next one"),
    pytest.param(rows(99, without_count=True), False, id="a count is missing"),
]
"""sentry-api §2: ``per_page`` is 100 at most, and a next page is what ``Link`` says; §7: any value may be null."""


@pytest.mark.parametrize(("change", "complete"), COMPLETE)
async def test_a_breakdown_is_complete_only_when_sentry_has_no_more_rows(change: Change, complete: bool) -> None:
    answer = await asked(ORDINARY, IMPACT, {"breakdown": change})
    (params, *_) = answer.requests["breakdown"]
    assert params["per_page"] == "100"
    assert known(answer.evidence, "breakdown").complete is complete


# --- how many requests ---------------------------------------------------------------------------------------------

CROWDED = issue(
    Stream(300, -20 * DAY, -5 * DAY, users=50),
    Stream(5, -3 * DAY, -2 * DAY, users=5, release="one@2"),
    transaction="GET /pay",
    history=(StateChange(-4 * DAY),),
    releases=(ReleaseSpec("one@1", -21 * DAY), ReleaseSpec("one@2", -3.5 * DAY, (DeploySpec(-3.4 * DAY),))),
    sessions=(SessionsSpec(9000),),
    transactions=(Transactions("GET /pay", 500),),
)
"""An issue for which all parts are asked: older than the window, come back with a release, silent since."""
LEFT_OUT = "left out: a triage sends no more requests than 18"


def of_round_two(answer: Asked) -> int:
    """Requests of the second round."""
    return answer.requests_per_round[1]


async def test_a_triage_sends_fourteen_requests_in_its_second_round_and_says_what_it_leaves_out() -> None:
    """A triage is 18 requests at the most (README): 4 of round one, 14 of round two."""
    crowded = await asked(CROWDED, TRIAGE, period="24h")
    assert crowded.requests_per_round == [4, 14]
    # 17 with the wider window (DESIGN §5).
    assert {"recommended", "deploys", "alerts"}.isdisjoint(crowded.requests)
    for field in ("sample", "deploys", "alerts"):
        assert LEFT_OUT in why(crowded.evidence, field)
    assert {"project_top", "flags", "latency"} <= crowded.requests.keys() and len(crowded.requests["breakdown"]) == 2
    # 12: nothing is.
    severity = await asked(CROWDED, SEVERITY | {Aspect.BREAKDOWN, Aspect.RELEASES}, period="5d")
    assert of_round_two(severity) < 14
    assert {"project_top", "deploys"} <= severity.requests.keys() and len(severity.requests["breakdown"]) == 2


async def test_a_postmortem_drops_none_of_its_parts() -> None:
    """It is not needed within seconds (DESIGN §9 bounds the rounds of the four tools of a triage alone)."""
    story = await asked(CROWDED, STORY, period="24h")
    assert of_round_two(story) == 18
    assert {"project_top", "alerts", "deploys", "oldest", "recommended"} <= story.requests.keys()
    assert len(story.requests["breakdown"]) == 2


# --- full hours ----------------------------------------------------------------------------------------------------

HOURS_ASKED = [
    pytest.param("2026-11-20T08:17:00Z", "2026-11-20T10:05:00Z", "08", "11", id="parts of hours"),
    pytest.param("2026-11-20T08:00:00Z", "2026-11-20T11:00:00Z", "08", "11", id="full hours"),
]
"""Sentry counts outcomes by the clock hour (sentry-api §17); asked so, the answer is the same for all issues of a
project."""


@pytest.mark.parametrize(("start", "end", "first", "last"), HOURS_ASKED)
async def test_outcomes_and_flags_are_asked_for_in_the_full_hours_that_hold_the_window(
    start: str, end: str, first: str, last: str
) -> None:
    answer = await asked(ORDINARY, frozenset({Aspect.DROPPED, Aspect.FLAGS}), start=start, end=end)
    # What was switched in the hours before may explain what the window shows.
    for kind, earlier in (("outcomes", 0), ("flags", 6)):
        (params,) = answer.requests[kind]
        begin = f"2026-11-20T{int(first) - earlier:02}:00:00"
        assert (params["start"], params["end"]) == (begin, f"2026-11-20T{last}:00:00")
    assert known(answer.evidence, "dropped").start == datetime(2026, 11, 20, 8, tzinfo=UTC)


# --- an environment that Sentry does not know ----------------------------------------------------------------------

NO_SUCH = "no such environment as was asked for"
GONE = refusal(404, "The requested resource does not exist")
STRANGE = [
    pytest.param("qa", {}, "totals", True, id="an environment that the project does not have"),
    pytest.param("production", {"totals": GONE}, "totals", False, id="an environment with events"),
    pytest.param("qa", {"sessions": GONE}, "sessions", False, id="of the whole project"),
    pytest.param("qa", {"totals": refusal(403, "No.")}, "totals", False, id="another refusal"),
]
"""sentry-api §2: an unknown environment is 404, as if Discover were absent; every other 404 has another reason."""


@pytest.mark.parametrize(("environment", "changes", "field", "is_the_environment"), STRANGE)
async def test_a_404_is_laid_to_the_environment_only_where_the_project_does_not_have_it(
    environment: str,
    changes: dict[str, Change],
    field: str,
    is_the_environment: bool,
) -> None:
    evidence = (await asked(ORDINARY, SEVERITY, changes, environment=environment)).evidence
    assert (NO_SUCH in why(evidence, field)) is is_the_environment


def without_rows(_: httpx.Response, __: Any) -> httpx.Response:
    """An empty list without a next page."""
    return httpx.Response(200, json=[])


def no_route(_: httpx.Response, __: Any) -> httpx.Response:
    """The answer of a server that does not have the path."""
    return httpx.Response(404)


LACKED = ("totals", "breakdown", "series", "history", "unhandled")
NO_COUNTS: dict[str, Change] = {**dict.fromkeys(LACKED, no_route), "rows": without_rows}


@pytest.mark.parametrize("environment", [None, "production"])
@pytest.mark.parametrize("tags", [{}, {"tags": without_rows}, {"tags": GONE}], ids=["tags", "no tag", "no tags"])
async def test_an_event_list_without_rows_is_no_measured_0(environment: str | None, tags: dict[str, Change]) -> None:
    """A list that lags, or was lost: the issue's own count and last event tell that it is not the whole."""
    evidence = (await asked(ORDINARY, SEVERITY, {**NO_COUNTS, **tags}, environment=environment)).evidence
    assert not isinstance(evidence.totals, Known) or evidence.totals.value.events > 0
    assert not isinstance(evidence.unhandled, Known)
    assert not isinstance(evidence.environments, Known) or evidence.environments.value


async def test_hours_without_the_last_event_are_no_measured_0() -> None:
    """The hours lag three behind, the list of events cannot be read, the last event is of a minute ago."""

    def late(_: httpx.Response, json: Any) -> httpx.Response:
        until = (NOW - timedelta(hours=3)).timestamp()
        hours = [[at, events if at < until else 0] for at, events in json["stats"]["24h"]]
        return httpx.Response(200, json={**json, "stats": {**json["stats"], "24h": hours}})

    changes = {**NO_COUNTS, "rows": refusal(403, "No."), "issue": late}
    evidence = (await asked(ORDINARY, SEVERITY, changes, period="1h")).evidence
    assert not isinstance(evidence.totals, Known)


def dated_days(*events: int) -> list[list[int]]:
    """Daily counts as Sentry sends them, the last one of today."""
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    return [[int((today - timedelta(days=len(events) - 1 - index)).timestamp()), n] for index, n in enumerate(events)]


@pytest.mark.parametrize(
    ("events", "days_ago"),
    [
        ([*[24] * 20, 900, 24, 24], 2),
        ([*[24] * 20, 900, 900, 24], 2),
        ([*[24] * 20, 900, 24, 24, 900, 24, 24], 2),
        ([*[24] * 25], None),
        ([*[24] * 20, 72, 24], None),
        ([900, *[24] * 20], None),
        ([24, 900, 24], None),
        ([*[0] * 20, *[48] * 6, 50], None),
        ([*[0] * 20, *[48] * 6, 900], 0),
    ],
)
def test_an_old_issues_story_begins_with_its_last_raised_days(events: list[int], days_ago: int | None) -> None:
    """An incident of the day before yesterday, of an issue that goes on at its usual rate, is in the story."""
    issue = {
        "firstSeen": "2020-01-01T00:00:00Z",
        "lastSeen": (NOW - timedelta(minutes=5)).isoformat(),
        "stats": {"30d": dated_days(*events)},
    }
    window = story_window(issue, NOW)
    today = NOW.replace(hour=0, minute=0, second=0, microsecond=0)
    expected = NOW - timedelta(days=1) if days_ago is None else today - timedelta(days=days_ago) - timedelta(hours=1)
    if days_ago is None:
        assert window.start >= expected - timedelta(hours=2)
    else:
        # A story is at least a day long.
        assert window.start == min(expected, (NOW - timedelta(days=1)).replace(minute=0, second=0, microsecond=0))
    assert window.end == NOW
