"""Discover, time series and sessions: what the questions mean, and how a bad one is refused."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.recordings import needs_recordings, recordings
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    DroppedSpec,
    FlagChangeSpec,
    IssueSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
    hourly,
)

MIXED = Scenario(
    name="mixed",
    issues=(
        IssueSpec(
            "SHOP-1",
            "TypeError: x",
            streams=(
                Stream(60, -50, -40, users=12, release="v2", tags={"tier": {"gold": 1, "free": 2}}),
                Stream(30, -30, -20, users=0, release="v1", environment="staging", handled=True),
                Stream(10, -10, -5, users=1, release=None, environment=None, transaction="GET /a b"),
            ),
        ),
        IssueSpec("SHOP-2", "KeyError: y", streams=(Stream(7, -600, -500, users=7, release="v1"),), level="warning"),
    ),
    sessions=(
        SessionsSpec(1000, -300, 0, crashed=20, unhandled=50, errored=100, release="v2"),
        SessionsSpec(500, -300, 0, release="v1"),
        SessionsSpec(90, -300, 0, crashed=9, environment="staging", release="v1"),
    ),
    transactions=(Transactions("GET /a", 200, -120, 0, 900, 100, failed=20),),
)


async def counted(asked: Asked, query: str, **params: Any) -> int:
    body = await asked.read("events/", dataset="errors", field="count()", query=query, statsPeriod="24h", **params)
    (row,) = body["data"]
    return int(row["count()"])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 107),
        ("issue:SHOP-1", 100),
        ("issue:shop-2", 7),
        ("error.unhandled:true", 77),
        ("error.unhandled:false", 30),
        ("error.handled:false", 77),
        ("!has:user", 30),
        ("has:user", 77),
        ("has:environment", 97),
        ("release:v2", 60),
        ("!release:v2", 47),
        ("release:[v1, v2]", 97),
        ('environment:""', 10),
        ("environment:staging", 30),
        ('transaction:"GET /a b"', 10),
        ("transaction:GET*", 10),
        ("tier:gold", 20),
        ("level:warning OR environment:staging", 37),
        ("(level:warning OR environment:staging) release:v1", 37),
        ("level:warning environment:staging", 0),
        ("type error", 100),
        ("no.such.key:1", 0),
        ("timestamp:>=2026-11-20T11:29:00", 40),
        ("user.id:10001", 5 + 10 + 1),
    ],
)
async def test_a_query_finds_the_events_that_it_means(query: str, count: int) -> None:
    assert await counted(Asked(MIXED), query) == count


async def test_numeric_and_short_issue_filters_are_not_interchangeable() -> None:
    asked = Asked(MIXED)
    number = (await asked.read("issues/SHOP-1/"))["id"]
    assert await counted(asked, f"issue.id:{number}") == 100
    for query in (f"issue:{number}", "issue.id:SHOP-1", "issue:SHOP-9"):
        refused = await asked.get("events/", dataset="errors", field="count()", query=query)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("Invalid value '")


@pytest.mark.parametrize(
    ("environment", "count"),
    [(["production"], 67), (["staging"], 30), ([""], 10), (["production", ""], 77)],
)
async def test_environments_add_up_and_the_empty_name_is_none(environment: list[str], count: int) -> None:
    assert await counted(Asked(MIXED), "", environment=environment) == count


async def test_groups_carry_their_counts_and_nulls() -> None:
    body = await Asked(MIXED).read(
        "events/",
        dataset="errors",
        field=["release", "count()", "count_unique(user)", "count_if(level,equals,warning)"],
        query="",
        sort="-count()",
        statsPeriod="24h",
    )
    assert body["data"] == [
        {"release": "v2", "count()": 60, "count_unique(user)": 12, "count_if(level,equals,warning)": 0},
        {"release": "v1", "count()": 37, "count_unique(user)": 7, "count_if(level,equals,warning)": 7},
        {"release": None, "count()": 10, "count_unique(user)": 1, "count_if(level,equals,warning)": 0},
    ]
    assert body["meta"]["fields"]["count()"] == "integer"
    assert body["meta"]["dataset"] == "errors"


async def test_plain_columns_list_events_newest_first() -> None:
    body = await Asked(MIXED).read(
        "events/", dataset="errors", field=["id", "timestamp", "issue", "issue.id", "geo.country_code"], per_page=3
    )
    times = [row["timestamp"] for row in body["data"]]
    assert times == sorted(times, reverse=True)
    assert body["data"][0]["issue"] == "SHOP-1"
    assert isinstance(body["data"][0]["issue.id"], int)


async def test_nothing_found_is_a_zero_for_counts_and_a_null_for_percentiles() -> None:
    body = await Asked(MIXED).read(
        "events/", dataset="spans", field=["count()", "p95(span.duration)"], query="transaction:nothing"
    )
    assert body["data"] == [{"count()": 0, "p95(span.duration)": None}]


@pytest.mark.parametrize(
    ("params", "detail"),
    [
        ({"dataset": "errors", "field": ["title"], "sort": "-count()"}, "Cannot sort by a field that is not selected."),
        ({"dataset": "errors", "field": [f"tag{n}" for n in range(21)]}, "You can view up to 20 fields"),
        ({"dataset": "errors", "field": "median()"}, "median() is not a valid function"),
        ({"dataset": "weather", "field": "count()"}, "dataset must be one of"),
        ({"dataset": "transactions", "field": "count()"}, "dataset must be one of"),
        ({"dataset": "errors", "field": "count()", "start": "2026-11-20T10:00:00"}, "start and end are both required"),
        ({"dataset": "errors", "field": "count()", "statsPeriod": "soon"}, "Invalid statsPeriod"),
        ({"dataset": "errors", "field": "count()", "query": "(level:error"}, "Parse error"),
        ({"dataset": "errors", "field": "count()", "query": "release:"}, "Empty string after 'release:'"),
        ({"dataset": "errors", "field": "count()", "cursor": "next"}, "Invalid cursor parameter."),
        ({"dataset": "errors", "field": "count()", "per_page": "500"}, "Invalid per_page value"),
        ({"dataset": "errors", "field": "count()", "query": "(" * 500}, "Parse error"),
    ],
)
async def test_a_question_that_cannot_be_meant_is_a_400_with_one_sentence(params: dict[str, Any], detail: str) -> None:
    refused = await Asked(MIXED).get("events/", **params)
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith(detail)


async def test_a_dataset_is_required_today() -> None:
    refused = await Asked(MIXED).get("events/", field="count()")
    assert (refused.status_code, list(refused.json())) == (400, ["dataset"])


async def test_the_table_has_pages() -> None:
    asked = Asked(MIXED)
    first = await asked.get("events/", dataset="errors", field="id", per_page=100)
    assert (len(first.json()["data"]), first.links["next"]["results"]) == (100, "true")
    assert first.links["previous"]["results"] == "false"
    second = await asked.get(
        "events/", dataset="errors", field="id", per_page=100, cursor=first.links["next"]["cursor"]
    )
    assert (len(second.json()["data"]), second.links["next"]["results"]) == (7, "false")


@pytest.mark.parametrize("interval", ["60", "1m", "60s"])
async def test_a_minute_is_a_minute_in_every_form(interval: str) -> None:
    asked = Asked(MIXED)
    asked.clock.advance(seconds=20)
    body = await asked.read(
        "events-timeseries/", dataset="errors", interval=interval, statsPeriod="1h", yAxis="count()"
    )
    (series,) = body["timeSeries"]
    assert series["meta"]["interval"] == 60_000
    assert [value["incomplete"] for value in series["values"]] == [False] * 60 + [True]
    gaps = {b["timestamp"] - a["timestamp"] for a, b in zip(series["values"], series["values"][1:], strict=False)}
    assert gaps == {60_000}
    assert sum(value["value"] for value in series["values"]) == 100


async def test_several_axes_and_a_bad_interval() -> None:
    asked = Asked(MIXED)
    axes = ["count()", "count_unique(user)"]
    body = await asked.read("events-timeseries/", dataset="errors", interval="often", statsPeriod="1h", yAxis=axes)
    assert [series["yAxis"] for series in body["timeSeries"]] == axes
    assert body["timeSeries"][0]["meta"]["interval"] == 60_000
    older = await asked.read("events-stats/", interval="5m", statsPeriod="1h", yAxis=axes)
    assert list(older) == axes
    seconds = [at for at, _ in older["count()"]["data"]]
    assert seconds[1] - seconds[0] == 300


async def test_sessions_give_fractions_and_parts_apart() -> None:
    fields = [
        "sum(session)",
        "crash_free_rate(session)",
        "crash_rate(session)",
        "unhandled_rate(session)",
        "errored_rate(session)",
    ]
    body = await Asked(MIXED).read(
        "sessions/", field=fields, environment="production", statsPeriod="24h", query="release:v2"
    )
    assert body["groups"][0]["totals"] == {
        "sum(session)": 1000,
        "crash_free_rate(session)": 0.98,
        "crash_rate(session)": 0.02,
        "unhandled_rate(session)": 0.05,
        "errored_rate(session)": 0.1,
    }


async def test_the_hours_of_the_sessions_add_up_to_their_totals() -> None:
    body = await Asked(MIXED).read(
        "sessions/", field=["sum(session)"], groupBy=["environment", "release"], statsPeriod="6h", interval="1h"
    )
    assert len(body["groups"]) == 3
    for group in body["groups"]:
        assert sum(group["series"]["sum(session)"]) == group["totals"]["sum(session)"]
        assert len(group["series"]["sum(session)"]) == len(body["intervals"]) == 6


async def test_sessions_round_their_period_outwards_to_hours() -> None:
    asked = Asked(MIXED)
    asked.clock.advance(minutes=25)
    body = await asked.read("sessions/", field=["sum(session)"], statsPeriod="15m")
    assert (body["start"], body["end"]) == ("2026-11-20T12:00:00Z", "2026-11-20T13:00:00Z")
    without = await asked.read("sessions/", field=["sum(session)"], statsPeriod="1h", includeSeries=0)
    assert without["groups"][0]["series"] == {}


async def test_an_answer_with_series_is_cut_in_silence_to_the_largest_groups() -> None:
    # A running Sentry gave 59 of 61 environments for 7 days at an hour, and 13 for 30 days.
    crowd = tuple(SessionsSpec(100 + n, -600, 0, environment=f"review-{n}") for n in range(61))
    asked = Asked(one_issue(sessions=crowd))
    asked.clock.advance(minutes=25)
    question = {"field": "sum(session)", "groupBy": "environment", "interval": "1h", "per_page": 1000}
    for period, most in (("7d", 59), ("14d", 29), ("30d", 13)):
        groups = (await asked.read("sessions/", **question, statsPeriod=period))["groups"]
        assert [group["by"]["environment"] for group in groups] == [f"review-{60 - n}" for n in range(most)]
    totals = await asked.read("sessions/", **question, statsPeriod="30d", includeSeries=0)
    assert len(totals["groups"]) == 61


TOO_MANY = "Your interval and date range would create too many results. Use a larger interval, or a smaller date range."


@pytest.mark.parametrize(
    ("period", "interval", "intervals"),
    [
        ("41d", "1h", 984),
        ("1000h", "1h", 1000),
        ("1001h", "1h", None),
        ("42d", "1h", None),
        ("90d", "1h", None),
        ("90d", "3h", 720),
        ("90d", "1d", 91),
        ("100d", "1d", None),
    ],
)
async def test_sessions_have_a_thousand_intervals_at_most(period: str, interval: str, intervals: int | None) -> None:
    answer = await Asked(MIXED).get("sessions/", field="sum(session)", statsPeriod=period, interval=interval)
    if intervals is None:
        assert (answer.status_code, answer.json()) == (400, {"detail": TOO_MANY})
    else:
        assert (answer.status_code, len(answer.json()["intervals"])) == (200, intervals)


async def test_a_period_that_is_rounded_outwards_has_an_interval_more() -> None:
    asked = Asked(MIXED)
    asked.clock.advance(minutes=25)
    question = {"field": "sum(session)", "interval": "1h"}
    assert len((await asked.read("sessions/", **question, statsPeriod="999h"))["intervals"]) == 1000
    assert (await asked.get("sessions/", **question, statsPeriod="1000h")).status_code == 400


@needs_recordings
@pytest.mark.parametrize("number", [579, 581])
async def test_sessions_of_14_and_of_90_days_by_the_hour_are_answered_as_by_a_recorded_sentry(number: int) -> None:
    """579: 14 days, answered; 581: 90 days, refused."""
    recorded = recordings()[number]
    question = parse_qs(recorded["query"])
    clock = ManualClock(datetime.fromisoformat(question["end"][0]).replace(tzinfo=UTC))
    scenario = dataclasses.replace(one_issue(sessions=(SessionsSpec(60, -60, 0),)), project_id="2")
    answer = await Asked(scenario, clock=clock).get("sessions/", **question)
    assert answer.status_code == int(recorded["status"][:3])
    mine, theirs = answer.json(), recorded["body"]
    if answer.status_code == 200:
        assert (mine["start"], mine["end"], mine["intervals"]) == (theirs["start"], theirs["end"], theirs["intervals"])
    else:
        assert mine == theirs


async def test_rates_that_are_whole_come_as_integers() -> None:
    asked = Asked(one_issue(sessions=(SessionsSpec(60, -60, 0),)))
    body = await asked.read(
        "sessions/", field=["crash_free_rate(session)", "crash_rate(session)"], statsPeriod="2h", interval="1h"
    )
    (group,) = body["groups"]
    for field, rate in (("crash_free_rate(session)", 1), ("crash_rate(session)", 0)):
        values = [group["totals"][field], *group["series"][field]]
        assert [(type(value), value) for value in values] == [(int, rate), (type(None), None), (int, rate)]


async def test_outcomes_are_the_events_by_interval_and_all_were_accepted() -> None:
    asked = Asked(MIXED)
    question = {"field": "sum(quantity)", "groupBy": "outcome", "category": "error", "statsPeriod": "24h"}
    body = await asked.read("stats_v2/", **question, interval="1h")
    (group,) = body["groups"]
    assert (group["by"], group["totals"]) == ({"outcome": "accepted"}, {"sum(quantity)": 107})
    assert sum(group["series"]["sum(quantity)"]) == 107
    assert len(group["series"]["sum(quantity)"]) == len(body["intervals"]) == 24
    assert (await asked.read("stats_v2/", **question | {"statsPeriod": "1m"}, interval="1m"))["groups"] == []
    for wrong in ({"groupBy": "reason"}, {"field": "count()"}):
        assert (await asked.get("stats_v2/", **question | wrong)).status_code == 400


async def test_outcomes_of_what_was_dropped_stand_beside_the_accepted_ones_and_grow_with_the_clock() -> None:
    dropped = (DroppedSpec(600, -90, 30), DroppedSpec(7, -200, -190, "filtered"))
    asked = Asked(dataclasses.replace(one_issue(Stream(10, -300, -200)), dropped=dropped))
    question = {"field": "sum(quantity)", "groupBy": "outcome", "category": "error", "statsPeriod": "24h"}

    async def totals() -> dict[str, int]:
        groups = (await asked.read("stats_v2/", **question))["groups"]
        assert all(sum(group["series"]["sum(quantity)"]) == group["totals"]["sum(quantity)"] for group in groups)
        return {group["by"]["outcome"]: group["totals"]["sum(quantity)"] for group in groups}

    assert await totals() == {"accepted": 10, "rate_limited": 450, "filtered": 7}
    asked.clock.advance(hours=2)
    assert await totals() == {"accepted": 10, "rate_limited": 600, "filtered": 7}


async def test_changes_of_flags_are_those_of_the_period_the_oldest_first_unless_sorted() -> None:
    flags = (FlagChangeSpec(-30, "b"), FlagChangeSpec(-60, "a", "created"), FlagChangeSpec(30, "later"))
    asked = Asked(dataclasses.replace(one_issue(Stream(1, -5)), flags=flags))

    async def named(**question: str) -> list[str]:
        rows = (await asked.read("flags/logs/", **question))["data"]
        return [f"{row['flag']} {row['action']}" for row in rows]

    assert await named(statsPeriod="24h") == ["a created", "b updated"]
    assert await named(statsPeriod="24h", sort="-created_at") == ["b updated", "a created"]
    assert await named(statsPeriod="45m") == ["b updated"]


async def test_no_sessions_are_no_rate_rather_than_a_perfect_one() -> None:
    fields = ["sum(session)", "crash_free_rate(session)"]
    asked = Asked(one_issue(Stream(1, -5)))
    body = await asked.read("sessions/", field=fields, statsPeriod="24h")
    assert body["groups"] == [
        {"by": {}, "totals": dict(zip(fields, (0, None), strict=True)), "series": body["groups"][0]["series"]}
    ]
    assert (await asked.read("sessions/", field=fields, statsPeriod="24h", groupBy="environment"))["groups"] == []


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"field": "sum(clicks)"},
        {"field": "sum(session)", "groupBy": "country"},
        {"field": "sum(session)", "interval": "5m"},
        {"field": "sum(session)", "interval": "7h"},
        {"field": "sum(session)", "statsPeriod": "100d"},
        {"field": "crash_free_rate(session)", "groupBy": "session.status"},
        {"field": "sum(session)", "orderBy": "-crash_rate(session)"},
    ],
)
async def test_sessions_refuse_what_they_cannot_answer(params: dict[str, str]) -> None:
    refused = await Asked(MIXED).get("sessions/", **params)
    assert refused.status_code == 400
    assert refused.json()["detail"]


async def test_an_older_server_has_other_datasets_and_no_unhandled_rate() -> None:
    asked = Asked(MIXED, profile=Profile(spans=False, dataset=False, unhandled_rate=False, timeseries=False))
    refused = await asked.get("events/", dataset="errors", field="count()")
    assert refused.json()["detail"].startswith("dataset must be one of")
    body = await asked.read("events/", field="count()", query="issue:SHOP-1", statsPeriod="24h")
    assert body["data"] == [{"count()": 100}]
    body = await asked.read(
        "events/",
        field=["transaction", "p95(transaction.duration)", "count()"],
        query="event.type:transaction has:transaction",
        sort="-count()",
    )
    assert body["data"] == [{"transaction": "GET /a", "p95(transaction.duration)": 900.0, "count()": 200}]
    assert (await asked.get("sessions/", field="unhandled_rate(session)")).status_code == 400
    missing = await asked.get("events-timeseries/", dataset="discover")
    assert (missing.status_code, missing.content) == (404, b"")


@pytest.mark.parametrize("scenario_hours", [[1, 0, 5], [3], [0, 0, 2, 2]])
def test_hourly_gives_each_hour_its_count(scenario_hours: list[int]) -> None:
    asked = Asked(one_issue(*hourly(scenario_hours)))
    (project,) = asked.world.projects
    now = asked.world.now_ms()
    back = range(len(scenario_hours), 0, -1)
    assert [project.events.count(now - n * 3_600_000, now - (n - 1) * 3_600_000) for n in back] == scenario_hours
