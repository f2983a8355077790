"""Servers without Discover and time series: what they can answer is answered, and it is what raw events count to.

The recordings say which servers these are (GlitchTip, Sentry 9.1.2); the embedded Sentry without both is compared with
itself with both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip_world import ISSUE, GlitchTipWorld, Happened
from tests.fake_servers.recorded_others import NOW as RECORDED_NOW
from tests.fake_servers.recorded_others import NUMBER, GrownWeb3, RecordedServer, users_of
from tests.matrix import matrix
from tests.sentry.other_servers import needs_other_servers, recorded
from tests.tools.contract import at, named_missing
from tests.tools.support import SETTINGS, Connection, connected

NOW = datetime(2026, 11, 23, 4, 31, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BARE = Profile(discover=False, timeseries=False, spans=False, absent=frozenset({"events-stats"}))
MOST_TRIAGE = 9_000
ABSENT = ("/acme/events/", "events-", "sessions/", "stats_v2/", "committers/", "shortids/", "flags/", "workflows/")
"""In paths of Sentry that no GlitchTip has."""


@asynccontextmanager
async def facing(server: GlitchTipWorld) -> AsyncIterator[Connection]:
    """A connection to a GlitchTip."""
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
    async with connected(
        "payment-spike", settings=settings, transport=server.transport(), clock=ManualClock(server.now)
    ) as connection:
        yield connection


@asynccontextmanager
async def replaying(transport: httpx.AsyncBaseTransport) -> AsyncIterator[Connection]:
    """A connection to recordings."""
    async with connected("payment-spike", transport=transport, clock=ManualClock(RECORDED_NOW)) as connection:
        yield connection


def criterion(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    """One criterion of a verdict."""
    found: dict[str, Any] = next(entry for entry in verdict["criteria"] if entry["id"] == name)
    return found


def web_3() -> list[Happened]:
    """As many events and users as GlitchTip's WEB-3 had: 600 in ten minutes, four in the day before."""
    older = [Happened(NOW - hours * HOUR, str(hours)) for hours in (14, 10, 7, 5)]
    start = NOW - 12 * MINUTE
    return [*older, *(Happened(start + number * SECOND, str(number % 140 + 1)) for number in range(600))]


# --- the captured incident -----------------------------------------------------------------------------------------


@needs_other_servers
async def test_the_captured_web_3_is_p1() -> None:
    server = GrownWeb3()
    assert (len(server.rows), len(set(users_of(server.rows)))) == (604, 140)
    async with replaying(server) as connection:
        verdict = await connection.call("classify_severity", issue=NUMBER)
        triage = await connection.call("triage_issue", issue=NUMBER)
    assert verdict["severity"] == triage["severity"]["severity"] == "P1"
    assert verdict["decided_by"] == "users_per_hour"
    users = criterion(verdict, "users_per_hour")
    assert (users["observed"], users["met"], users["note"]) == (140, True, "counted in all 604 events")
    assert users["source"].startswith("counted from 604 event rows")
    impact = triage["impact"]
    assert (impact["events"], impact["users"], impact["users_worst_hour"]) == (604, 140, 140)
    assert (triage["episode"]["began"], triage["episode"]["ongoing"]) == ("2026-11-23T04:19:00Z", True)
    assert impact["unhandled_per_minute_peak"] == 0
    assert not named_missing(triage) & {f"impact.{key}" for key in ("events", "users", "trend", "episode", "breakdown")}
    assert any("counted from 604 event rows, hourly counts" in warning for warning in triage["warnings"])


@needs_other_servers
async def test_web_3_as_it_was_recorded_is_counted_though_a_page_is_lost() -> None:
    """Its 154 events are two recorded pages and a third that is not: issue, hours and tags tell what it held."""
    server = RecordedServer("glitchtip", missing=404)
    async with replaying(server) as connection:
        triage = await connection.call("triage_issue", issue=NUMBER)
        recovery = await connection.call("check_recovery", issue=NUMBER, since="2026-11-23T04:10:00Z")
    recordings = recorded("glitchtip")
    rows = [*recordings["events_page1"]["body"], *recordings["events_page2"]["body"]]
    tags = {tag["key"]: tag["uniqueValues"] for tag in recordings["issue_tags_"]["body"]}
    assert triage["impact"]["events"] == int(recordings["issue_detail"]["body"]["count"]) == 154
    assert triage["impact"]["users"] == tags["user.id"] == 40
    assert len(set(users_of(rows))) <= triage["impact"]["users_worst_hour"] <= 40
    assert criterion_of(triage, "users_per_hour") == ("users_per_hour", False)
    assert triage["severity"]["severity"] == "P2"
    assert triage["impact"]["trend"]["last_hour"] == 150
    assert triage["episode"]["ongoing"] is True
    assert recovery["verdict"] == "ongoing"


def criterion_of(triage: dict[str, Any], name: str) -> tuple[str, object]:
    """A criterion of a triage, and whether it is met as far as the triage shows it; not shown: not met."""
    missing = {name for name in named_missing(triage) if name.startswith("severity.")}
    return name, "unknown" if f"severity.{name}" in missing else triage["severity"]["decided_by"] == name


@needs_other_servers
async def test_the_recorded_sentry_of_2019_is_counted_from_its_event_list() -> None:
    server = RecordedServer("sentry91")
    recordings = recorded("sentry91")
    rows = [*recordings["events_page1"]["body"], *recordings["events_page2"]["body"]]
    times = [datetime.fromisoformat(event["dateCreated"]) for event in rows]
    inside = [event for event, when in zip(rows, times, strict=True) if when >= RECORDED_NOW - DAY]
    async with replaying(server) as connection:
        impact = await connection.call("discover_impact", issue=NUMBER)
        verdict = await connection.call("classify_severity", issue=NUMBER)
    assert impact["events"] == len(inside) == 154
    assert impact["users"] == len(set(users_of(inside))) == 40
    assert impact["users_worst_hour"] == 40
    assert criterion(verdict, "users_per_hour")["met"] is False
    assert verdict["severity"] == "P2"


# --- the fake GlitchTip --------------------------------------------------------------------------------------------


async def test_140_users_in_ten_minutes_are_p1_and_told_with_their_source() -> None:
    server = GlitchTipWorld(web_3(), NOW)
    async with facing(server) as connection:
        triage = await connection.call("triage_issue", issue=ISSUE)
        text = await connection.text("triage_issue", issue=ISSUE)
        draft = await connection.call("draft_update", issue=ISSUE, kind="initial", audience="engineers")
        postmortem = await connection.call("draft_postmortem", issue=ISSUE)
    assert triage["severity"]["severity"] == "P1"
    assert at(triage, "impact.events") == 604
    assert len(text) <= MOST_TRIAGE
    assert "604" in draft["text"]
    assert "**Total events:** 604 — counted from 604 event rows" in postmortem["markdown"]
    assert "**Unique users affected:** 140" in postmortem["markdown"]
    assert "### Impact (from the issue's events, hours and tags)" in postmortem["markdown"]
    assert [text for text in triage["warnings"] if "Discover" in text] == triage["warnings"][:1]
    assert "counted from 604 event rows" in triage["warnings"][0]


async def test_the_second_call_needs_no_round_to_learn_what_the_server_lacks() -> None:
    """Pages come one after the other, for each names the next: round two has the second one already."""
    server = GlitchTipWorld(web_3(), NOW)
    async with facing(server) as connection:
        await connection.call("triage_issue", issue=ISSUE)
        first = list(server.seen)
        # Round one tells which server it is: what no GlitchTip has is not tried after it.
        assert not [asked for asked in first if any(absent in asked for absent in ABSENT)]
        assert (len(first), connection.upstream.rounds) == (18, 3 + 5)
        connection.upstream.reset()
        await connection.call("triage_issue", issue=ISSUE)
        assert connection.upstream.rounds == 2 + 5
    assert server.pages == 2 * 7
    assert len(server.seen) == 18 + 13


@pytest.mark.parametrize(("users", "severity"), [(100, "P2"), (101, "P1")])
async def test_the_threshold_holds_to_the_user(users: int, severity: str) -> None:
    events = [Happened(NOW - 50 * MINUTE + number * SECOND, str(number % users)) for number in range(300)]
    async with facing(GlitchTipWorld(events, NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert verdict["severity"] == severity
    assert criterion(verdict, "users_per_hour")["observed"] == users


async def test_users_spread_over_two_hours_are_not_added() -> None:
    """90 in each of two hours, 180 in all: neither the tag nor the count is of one hour."""
    first = [Happened(NOW - 3 * HOUR + number * SECOND, f"a{number}") for number in range(90)]
    second = [Happened(NOW - HOUR + number * SECOND, f"b{number}") for number in range(90)]
    async with facing(GlitchTipWorld([*first, *second], NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert verdict["severity"] == "P2"
    assert criterion(verdict, "users_per_hour")["observed"] == 90


async def test_a_quiet_old_issue_there_is_not_p1() -> None:
    """It has had 200 users in its life, three of them in the period."""
    old = [Happened(NOW - 30 * DAY + number * HOUR, str(number)) for number in range(200)]
    now = [Happened(NOW - (number + 1) * HOUR, str(number)) for number in range(3)]
    async with facing(GlitchTipWorld([*old, *now], NOW)) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert (impact["events"], impact["users"]) == (3, 3)
    assert verdict["severity"] == "P2"
    assert criterion(verdict, "users_per_hour")["met"] is False


async def test_without_user_data_the_users_are_unknown_and_not_zero() -> None:
    events = [Happened(NOW - 50 * MINUTE + number * SECOND, None) for number in range(150)]
    async with facing(GlitchTipWorld(events, NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert criterion(verdict, "users_per_hour")["met"] == "unknown"
    assert verdict["could_be"]["highest"] == "P0"
    assert impact["events"] == 150
    assert "users" not in impact
    assert "users" in named_missing(impact)


async def test_some_events_without_a_user_make_a_lower_bound() -> None:
    events = [
        Happened(NOW - 50 * MINUTE + number * SECOND, str(number) if number % 3 else None) for number in range(300)
    ]
    async with facing(GlitchTipWorld(events, NOW)) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert (impact["users"], impact["users_lower_bound"]) == (200, True)
    assert criterion(verdict, "users_per_hour")["observed"] == "200 to 300"
    assert verdict["severity"] == "P1"


async def test_only_the_rows_of_production_count_though_the_server_filters_nothing() -> None:
    loud = [Happened(NOW - 20 * MINUTE + number * SECOND, f"t{number}", "staging") for number in range(400)]
    real = [Happened(NOW - 20 * MINUTE + number * MINUTE, str(number)) for number in range(8)]
    async with facing(GlitchTipWorld([*loud, *real], NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
        impact = await connection.call("discover_impact", issue=ISSUE, environment="production")
    assert criterion(verdict, "users_per_hour")["observed"] == 8
    assert criterion(verdict, "non_production")["observed"] == "8 of 408 events in production"
    assert verdict["severity"] == "P2"
    assert (impact["events"], impact["users"], impact["trend"]["last_hour"]) == (8, 8, 8)


async def test_staging_alone_is_p3_there_too() -> None:
    events = [Happened(NOW - 20 * MINUTE + number * SECOND, str(number), "staging") for number in range(1500)]
    async with facing(GlitchTipWorld(events, NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert verdict["decided_by"] == "non_production"
    assert verdict["severity"] == "P3"


async def test_unhandled_exceptions_a_minute_decide_p0_there() -> None:
    events = [Happened(NOW - 10 * MINUTE + number * MINUTE / 520, "u", handled=False) for number in range(520)]
    async with facing(GlitchTipWorld(events, NOW)) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
    assert verdict["severity"] == "P0"
    assert criterion(verdict, "unhandled_rate")["observed"] == 520


async def test_more_events_than_are_read_prove_what_they_can_and_clear_nothing() -> None:
    """600 a minute for half an hour: the latest thousand hold a minute above the threshold."""
    events = [Happened(NOW - 31 * MINUTE + number * SECOND / 10, "u", handled=False) for number in range(18_000)]
    server = GlitchTipWorld(events, NOW)
    async with facing(server) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
        assert server.pages == 10
        impact = await connection.call("discover_impact", issue=ISSUE)
        page = await connection.text("discover_impact", issue=ISSUE)
        draft = await connection.call("draft_update", issue=ISSUE, kind="initial", audience="engineers")
        postmortem = (await connection.call("draft_postmortem", issue=ISSUE))["markdown"]
    assert verdict["severity"] == "P0"
    assert criterion(verdict, "unhandled_rate")["observed"] == "600 or more"
    assert (impact["unhandled_lower_bound"], impact["unhandled_per_minute_peak"]) == (True, 600)
    assert "busiest minute:** at least 600, from" in page and "busiest minute:** at least 600," in postmortem
    assert "at least 600 unhandled errors in the worst minute" in draft["text"]
    assert "Peak: at least 600 unhandled events" in postmortem and "First unhandled event" not in postmortem
    assert "Discover" not in postmortem.partition("### Impact")[2]
    assert criterion(verdict, "unhandled_rate")["note"].startswith("of this issue")


MANY: dict[str, tuple[list[str | None], timedelta, str, int]] = {
    "many users": ([str(number % 2_000) for number in range(10_000)], timedelta(seconds=0.2), "P1", 10),
    "few users": ([str(number % 60) for number in range(10_000)], timedelta(seconds=8), "P2", 1),
    "no users": ([None] * 10_000, timedelta(seconds=8), "P2", 1),
}


@pytest.mark.parametrize("name", MANY)
async def test_ten_thousand_events_cost_few_requests(name: str) -> None:
    users, step, severity, pages = MANY[name]
    start = NOW - 10_000 * step - MINUTE
    server = GlitchTipWorld([Happened(start + number * step, user) for number, user in enumerate(users)], NOW)
    async with facing(server) as connection:
        verdict = await connection.call("classify_severity", issue=ISSUE)
        assert len(connection.upstream.requests_per_round) <= 5 + 9
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert (verdict["severity"], server.pages <= 2 * pages + 1) == (severity, True)
    assert impact["events"] == 10_000
    assert impact.get("users") == (len(set(users)) if users[0] else None)
    assert "unhandled_per_minute_peak" in named_missing(impact)
    assert impact["episode"]["began"] == f"{start:%Y-%m-%dT%H:%M:%SZ}"


async def test_an_event_that_was_received_late_hides_none() -> None:
    """The list is by when events were received: an old event at its end does not say that all since were read."""
    late = Happened(NOW - 30 * HOUR, "late", delay=30 * HOUR - 2 * MINUTE)
    events = [Happened(NOW - 60 * MINUTE + number * SECOND, str(number)) for number in range(300)]
    server = GlitchTipWorld([*events, late], NOW, most_listed=1, has_stats=False)
    async with facing(server) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert (impact["events"], impact["events_lower_bound"]) == (9, True)


async def test_a_list_that_has_lost_its_oldest_events_is_not_the_whole() -> None:
    events = [Happened(NOW - 23 * HOUR + number * MINUTE, str(number)) for number in range(250)]
    async with facing(GlitchTipWorld(events, NOW, kept=120)) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert (impact["events"], impact["users"]) == (250, 250)
    assert "breakdown" in named_missing(impact)


class LateCounts(GlitchTipWorld):
    """Its list has lost everything, its hours and days the latest time; the issue has not."""

    lag = 3 * HOUR

    def _stats_of(self, period: str) -> dict[str, Any]:
        told = super()._stats_of(period)
        until = (self.now - self.lag).timestamp()
        return {**told, "stats": {period: [pair for pair in told["stats"][period] if pair[0] < until]}}


@pytest.mark.parametrize("lag", [3 * HOUR, 30 * DAY], ids=["late", "all lost"])
async def test_a_list_and_hours_that_lag_behind_are_no_measured_0(lag: timedelta) -> None:
    """An old issue whose last event lies in the period."""
    server = LateCounts([Happened(NOW - number * HOUR / 2, str(number)) for number in range(1, 200)], NOW, kept=0)
    server.lag = lag
    async with facing(server) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE, period="1h")
        recovery = await connection.call("check_recovery", issue=ISSUE)
    assert "events" in named_missing(impact)
    assert recovery["verdict"] == "unknown"


async def test_by_the_hour_the_hour_of_the_beginning_is_no_baseline() -> None:
    """An old issue with more events than are read: its hour 03 holds a usual part and a part of the incident."""
    old = [Happened(NOW - 3 * DAY + number * HOUR, "u") for number in range(70)]
    now = [Happened(NOW - 80 * MINUTE + number * SECOND, str(number % 9)) for number in range(4_700)]
    async with facing(GlitchTipWorld([*old, *now], NOW)) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert "baseline" in impact or "baseline" in named_missing(impact)
    assert impact.get("baseline", {"events": 0})["events"] <= 24
    assert (
        impact["episode"]["began_earliest"]
        <= f"{NOW - 80 * MINUTE:%Y-%m-%dT%H:%M:%SZ}"
        <= impact["episode"]["began_latest"]
    )


@pytest.mark.parametrize("environment", ["production", "staging"])
async def test_an_environment_that_was_asked_for_is_counted_alone(environment: str) -> None:
    answers = []
    for profile in (Profile(), BARE):
        async with connected("staging-only", profile=profile) as connection:
            issue = SCENARIOS["staging-only"].issue
            answers.append(await connection.call("discover_impact", issue=issue, environment=environment, period="7d"))
    full, bare = answers
    assert [bare.get(key) for key in ("events", "users")] == [full[key] for key in ("events", "users")]


# --- recovery ------------------------------------------------------------------------------------------------------


def fixed(after: Sequence[timedelta]) -> list[Happened]:
    """300 events in half an hour, ended four hours ago by a fix, and these since it."""
    burst = [Happened(NOW - 5 * HOUR + number * timedelta(seconds=6), str(number % 50)) for number in range(300)]
    return [*burst, *(Happened(NOW - 4 * HOUR + later, "u") for later in after)]


async def test_recovery_is_told_from_events_and_hours() -> None:
    async with facing(GlitchTipWorld(fixed([]), NOW)) as connection:
        since = f"{NOW - 4 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
        recovery = await connection.call("check_recovery", issue=ISSUE, since=since)
    assert recovery["verdict"] == "recovered"
    assert recovery["events_since"] == 0
    assert recovery["quiet_since"] == f"{NOW - 5 * HOUR + 299 * timedelta(seconds=6):%Y-%m-%dT%H:%M:%SZ}"
    assert (recovery["events_per_hour_before"], recovery["events_per_hour_now"]) == (300, 0)


async def test_events_since_the_fix_are_counted_one_by_one() -> None:
    after = [MINUTE * number for number in (1, 2, 3, 5, 8, 13)]
    async with facing(GlitchTipWorld(fixed(after), NOW)) as connection:
        since = f"{NOW - 4 * HOUR:%Y-%m-%dT%H:%M:%SZ}"
        recovery = await connection.call("check_recovery", issue=ISSUE, since=since)
    assert recovery["events_since"] == len(after)


# --- the embedded Sentry, with and without -------------------------------------------------------------------------

SAME = ("events", "users", "users_worst_hour", "users_worst_hour_at_most", "baseline")


@pytest.mark.parametrize("name", matrix(SCENARIOS, quick=("typeerror-v2.4.1", "staging-only")))
async def test_the_numbers_are_those_of_a_server_that_has_discover(name: str) -> None:
    issue, answers = SCENARIOS[name].issue, []
    for profile in (Profile(), BARE):
        async with connected(name, profile=profile) as connection:
            triage = await connection.call("triage_issue", issue=issue)
            recovery = await connection.call("check_recovery", issue=issue)
        answers.append((triage, recovery))
    (full, recovered), (bare, recovered_bare) = answers
    assert {key: full["impact"].get(key) for key in SAME} == {key: bare["impact"].get(key) for key in SAME}
    assert full.get("episode") == bare.get("episode")
    assert full["severity"]["severity"] == bare["severity"]["severity"]
    assert [cause["pattern"] for cause in full["causes"]] == [cause["pattern"] for cause in bare["causes"]]
    assert recovered["verdict"] == recovered_bare["verdict"]
    if "events_since" in recovered_bare:
        assert recovered["events_since"] == recovered_bare["events_since"]
