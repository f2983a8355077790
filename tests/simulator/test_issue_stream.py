"""The issue list of a whole organization: what its rows count, over which time, and in which order they come."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from tests.recordings import recordings
from tests.simulator.asking import Asked

from sentry_runbook.simulator.scenario import IssueSpec, RawEventSpec, Scenario, Stream
from sentry_runbook.simulator.world import ManualClock

HOUR = 60
ROWS = Scenario(
    name="rows",
    issues=(
        IssueSpec(
            "SHOP-1",
            "Boom",
            streams=(
                Stream(40, -20 * HOUR, -19 * HOUR, users=10),
                Stream(6, -30, -20, users=6),
                Stream(3, -40, -35, users=3, environment="staging", first_user=50),
                Stream(9, -60 * HOUR, -50 * HOUR, users=9),
            ),
        ),
    ),
)
ALL: dict[str, Any] = {"project": "-1", "query": ""}


async def row(asked: Asked, **params: Any) -> Any:
    (only,) = await asked.read("issues/", **ALL, **params)
    return only


@pytest.mark.parametrize("number", [33, 35, 67, 263, 539])
def test_the_statistics_of_a_list_are_the_24_hours_up_to_now_as_recorded(number: int) -> None:
    for recorded in recordings()[number]["body"]:
        (buckets,) = recorded["stats"].values()
        assert len(buckets) == 24
        assert {later[0] - earlier[0] for earlier, later in pairwise(buckets)} == {3600}
        assert recorded["lifetime"]["stats"] is None


@pytest.mark.parametrize("period", ["1h", "24h", "14d"])
async def test_the_statistics_hold_all_events_of_the_day_whatever_the_period_is(period: str) -> None:
    clock = ManualClock(datetime(2026, 11, 20, 12, 7, tzinfo=UTC))
    stats = (await row(Asked(ROWS, clock=clock), statsPeriod=period, groupStatsPeriod="24h"))["stats"]
    buckets = stats["24h"]
    assert list(stats) == ["24h"]
    assert len(buckets) == 24
    assert buckets[-1] == [int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()), 0]
    assert buckets[-2] == [int(datetime(2026, 11, 20, 11, tzinfo=UTC).timestamp()), 9]
    assert sum(count for _, count in buckets) == 49


async def test_the_statistics_are_of_the_environments_asked_for() -> None:
    asked = Asked(ROWS)
    for environment, count in (("production", 46), ("staging", 3)):
        stats = (await row(asked, statsPeriod="1h", environment=environment))["stats"]
        assert sum(count for _, count in stats["24h"]) == count


async def test_two_weeks_are_14_days_and_no_statistics_are_none() -> None:
    asked = Asked(ROWS)
    stats = (await row(asked, groupStatsPeriod="14d"))["stats"]
    assert (list(stats), len(stats["14d"]), sum(count for _, count in stats["14d"])) == (["14d"], 14, 58)
    assert "stats" not in await row(asked, groupStatsPeriod="")
    refused = await asked.get("issues/", **ALL, groupStatsPeriod="1h")
    assert refused.json() == {"detail": "Invalid stats_period. Valid choices are '', '24h', '14d', and 'auto'"}


async def test_a_period_narrows_counts_and_dates_and_the_life_stands_beside_them() -> None:
    shown = await row(Asked(ROWS), statsPeriod="1h", environment="production")
    assert (shown["count"], shown["userCount"]) == ("6", 6)
    assert shown["firstSeen"] > "2026-11-20T11"
    assert (shown["lifetime"]["count"], shown["lifetime"]["userCount"]) == ("55", 10)
    assert shown["lifetime"]["firstSeen"].startswith("2026-11-18T00")
    assert shown["filtered"] is None


RISES = Scenario(
    name="rises",
    issues=(
        IssueSpec("A-1", "always loud", streams=(Stream(1400, -14 * 24 * HOUR, 0),)),
        IssueSpec("A-2", "new", streams=(Stream(60, -50, -10),)),
        IssueSpec("A-3", "ten times its usual", streams=(Stream(336, -14 * 24 * HOUR, 0), Stream(20, -40, -20))),
        IssueSpec("A-4", "quiet since yesterday", streams=(Stream(500, -30 * HOUR, -20 * HOUR),)),
        IssueSpec("A-5", "the latest", streams=(Stream(20, -10 * 24 * HOUR, 0), Stream(1, -0.1, 0))),
    ),
)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("trends", ["A-2", "A-3", "A-5", "A-1", "A-4"]),
        ("freq", ["A-1", "A-4", "A-3", "A-2", "A-5"]),
        ("date", ["A-5", "A-1", "A-2", "A-3", "A-4"]),
        ("new", ["A-2", "A-4", "A-5", "A-1", "A-3"]),
    ],
)
async def test_each_order_is_another_question(sort: str, order: list[str]) -> None:
    shown = await Asked(RISES).read("issues/", **ALL, sort=sort, statsPeriod="14d")
    found = [issue["shortId"] for issue in shown]
    if sort == "new":  # the two oldest began with the period
        assert found[:3] == order[:3]
    else:
        assert found == order


FLAGS = Scenario(
    name="flags",
    issues=(
        IssueSpec("F-1", "on", raw=(RawEventSpec(-5, flags={"new-checkout": True, "org:beta": False}),)),
        IssueSpec("F-2", "off", raw=(RawEventSpec(-5, flags={"new-checkout": False}),)),
        IssueSpec("F-3", "none", raw=(RawEventSpec(-5),)),
    ),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flags[new-checkout]:true", {"F-1"}),
        ('flags["new-checkout"]:false', {"F-2"}),
        ('flags["org:beta"]:"false"', {"F-1"}),
        ('!flags["new-checkout"]:true', {"F-2", "F-3"}),
    ],
)
async def test_issues_are_searched_by_the_flags_of_their_events(query: str, found: set[str]) -> None:
    shown = await Asked(FLAGS).read("issues/", project="-1", query=query)
    assert {issue["shortId"] for issue in shown} == found


async def test_hits_are_counted_up_to_a_thousand() -> None:
    issues = tuple(IssueSpec(f"MANY-{number}", "x", raw=(RawEventSpec(-5),)) for number in range(1, 1_102))
    asked = Asked(Scenario(name="many", issues=issues))
    page = await asked.get("issues/", **ALL, limit=100)
    assert (page.headers["X-Hits"], page.headers["X-Max-Hits"]) == ("1000", "1000")
    assert page.links["next"]["results"] == "true"
    last = await asked.get("issues/", **ALL, limit=100, cursor="0:1100:0")
    assert (len(last.json()), last.links["next"]["results"]) == (1, "false")
