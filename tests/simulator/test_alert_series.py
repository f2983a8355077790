"""Series that a review of alerts asks for, counted again over the raw events: by the minute, filtered, and by issue."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.simulator.asking import Asked

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.records import MINUTE, EventRecord
from sentry_runbook.simulator.scenario import (
    IssueSpec,
    RawEventSpec,
    Scenario,
    SessionsSpec,
    Stream,
    Transactions,
)

DAYS = 14
BUSY = tuple(
    IssueSpec(
        f"SHOP-{place}",
        f"Boom {place}",
        level="warning" if place % 3 == 0 else "error",
        streams=(
            Stream(60 * place, -DAYS * 1440, -1, users=10),
            Stream(5, -300, -290, users=3, environment="staging"),
        ),
        raw=tuple(
            RawEventSpec(
                -100 + minute / 3,
                user=f"u{minute % 7}",
                level="info" if place == 4 and minute % 5 == 0 else None,
                tags={"route": f"/{'pay' if minute % 2 else 'cart'}/now"},
            )
            for minute in range(12 * place)
        ),
    )
    for place in range(1, 8)
)
SHOP = Scenario(
    name="shop",
    project="shop",
    issues=BUSY,
    transactions=(Transactions("/pay", 2000, start=-600, failed=130), Transactions("/cart", 500, start=-600)),
    sessions=(
        SessionsSpec(3000, start=-DAYS * 1440, crashed=30),
        SessionsSpec(400, start=-3000, crashed=40, environment="staging"),
    ),
)
Fits = Callable[[EventRecord], bool]
Groups = dict[int, list[EventRecord]]
FORMS = ("events-timeseries/", "events-stats/")


def asked() -> Asked:
    return Asked(SHOP)


def events(sentry: Asked) -> list[EventRecord]:
    return sentry.world.projects[0].events.until(sentry.world.now_ms())


def level(event: EventRecord) -> str:
    """The level of an event: its own in the one issue that has such, else the issue's."""
    return event.tags["level"]


def route(event: EventRecord) -> str | None:
    return event.tag("route")


SEARCHES: dict[str, Fits] = {
    "": lambda event: True,
    "level:warning": lambda event: level(event) == "warning",
    "level:info": lambda event: level(event) == "info",
    "level:[error, fatal]": lambda event: level(event) == "error",
    "!level:error": lambda event: level(event) != "error",
    "issue:[SHOP-2, SHOP-5]": lambda event: event.issue.short_id in {"SHOP-2", "SHOP-5"},
    "issue:SHOP-3 route:*pay*": lambda event: event.issue.short_id == "SHOP-3" and "pay" in (route(event) or ""),
    "route:/pay/now": lambda event: route(event) == "/pay/now",
    "!route:/pay/now": lambda event: route(event) != "/pay/now",
    "route:[/pay/now, /other]": lambda event: route(event) == "/pay/now",
    "!route:[/pay/now, /cart/now]": lambda event: route(event) is None,
    "route:/pay*": lambda event: (route(event) or "").startswith("/pay"),
    "route:*cart/now": lambda event: (route(event) or "").endswith("cart/now"),
    "!route:*pay*": lambda event: "pay" not in (route(event) or ""),
    "has:route": lambda event: route(event) is not None,
    "!has:route": lambda event: route(event) is None,
    "level:error (route:/pay/now OR !has:route)": lambda event: (
        level(event) == "error" and route(event) in ("/pay/now", None)
    ),
}


def people(rows: list[EventRecord]) -> int:
    return len({row.user.id for row in rows if row.user})


VALUES: dict[str, Callable[[list[EventRecord]], int]] = {"count()": len, "count_unique(user)": people}


def by_minute(rows: list[EventRecord], step: int = MINUTE) -> Groups:
    groups: Groups = defaultdict(list)
    for row in rows:
        groups[row.at // step * step].append(row)
    return groups


def told(body: dict[str, Any], path: str) -> dict[int, int]:
    """The values of a series that are not 0, by the begin of their buckets."""
    if path == "events-stats/":
        return {at * 1000: value[0]["count"] for at, value in body["data"] if value[0]["count"]}
    return {point["timestamp"]: point["value"] for point in body["timeSeries"][0]["values"] if point["value"]}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("axis", VALUES)
@pytest.mark.parametrize("search", SEARCHES, ids=[f"search {place}" for place in range(len(SEARCHES))])
async def test_every_minute_holds_what_the_raw_events_say(path: str, axis: str, search: str) -> None:
    sentry = asked()
    query = {"dataset": "errors", "project": "shop", "yAxis": axis, "interval": "1m", "query": search}
    body = await sentry.read(path, statsPeriod="6d", **query)
    since = sentry.world.now_ms() - 6 * 1440 * MINUTE
    fitting = [event for event in events(sentry) if event.at >= since and SEARCHES[search](event)]
    assert told(body, path) == {at: n for at, rows in by_minute(fitting).items() if (n := VALUES[axis](rows))}


@pytest.mark.parametrize("path", FORMS)
async def test_two_weeks_by_the_minute_come_in_three_stretches_and_not_in_one(path: str) -> None:
    sentry = asked()
    query = {"dataset": "errors", "project": "shop", "interval": "1m", "environment": "production"}
    whole = told(await sentry.read(path, statsPeriod="14d", **query), path)
    assert all(at % (60 * MINUTE) == 0 for at in whole)  # too many points: Sentry takes another step without a word
    now, parts = sentry.clock.now, dict[int, int]()
    for place in range(3):
        start = now - timedelta(days=DAYS) + place * timedelta(minutes=6720)
        stretch = {"start": start.isoformat(), "end": (start + timedelta(minutes=6720)).isoformat()}
        parts |= told(await sentry.read(path, **stretch, **query), path)
    known = [event for event in events(sentry) if event.environment == "production"]
    assert parts == {at: len(rows) for at, rows in by_minute(known).items()}


@pytest.mark.parametrize("axis", VALUES)
async def test_the_busiest_issues_each_have_their_series_and_the_rest_is_told(axis: str) -> None:
    sentry = asked()
    query = {"dataset": "errors", "project": "shop", "yAxis": axis, "interval": "1m", "statsPeriod": "24h"}
    rows = [event for event in events(sentry) if event.at >= sentry.world.now_ms() - 1440 * MINUTE]
    most = [short for short, _ in Counter(event.issue.short_id for event in rows).most_common(4)]
    found = await sentry.read(
        "events-timeseries/", topEvents="4", groupBy=["issue", "count()"], sort="-count()", **query
    )
    series = {one["groupBy"][0]["value"] if one["groupBy"] else None: one for one in found["timeSeries"]}
    assert set(series) == {*most, None}
    old = await sentry.read("events-stats/", topEvents="4", field=["issue", "count()"], sort="-count()", **query)
    assert set(old) == {*most, "Other"}
    for name, one in series.items():
        own = [event for event in rows if (event.issue.short_id if event.issue.short_id in most else None) == name]
        counted = {at: VALUES[axis](group) for at, group in by_minute(own).items()}
        assert told({"timeSeries": [one]}, "events-timeseries/") == {at: n for at, n in counted.items() if n}
        assert told(old[name or "Other"], "events-stats/") == {at: n for at, n in counted.items() if n}


@pytest.mark.parametrize("profile", [Profile(), Profile(spans=False)], ids=["spans", "transactions"])
async def test_failed_requests_stand_beside_all_requests(profile: Profile) -> None:
    sentry = Asked(SHOP, profile=profile)
    query = {"dataset": "spans" if profile.spans else "transactions", "project": "shop", "interval": "5m"}
    axes = ["failure_rate()", "count()", "failure_count()"]
    body = await sentry.read("events-timeseries/", yAxis=axes, query="transaction:/pay", statsPeriod="8h", **query)
    series = {one["yAxis"]: [point["value"] for point in one["values"]] for one in body["timeSeries"]}
    spans = [span for span in sentry.world.projects[0].spans.until(sentry.world.now_ms()) if span.transaction == "/pay"]
    for place, point in enumerate(body["timeSeries"][0]["values"]):
        at = point["timestamp"]
        own = [span for span in spans if at <= span.at < at + 5 * MINUTE and span.at <= sentry.world.now_ms()]
        failed = sum(span.failed for span in own)
        assert (series["count()"][place], series["failure_count()"][place]) == (len(own), failed)
        assert series["failure_rate()"][place] == (failed / len(own) if own else None)
    assert sum(series["failure_count()"]) > 50


@pytest.mark.parametrize("grouped", [("project",), ("project", "environment")], ids=["project", "environment"])
async def test_sessions_by_the_hour_say_all_that_a_crash_free_rate_needs(grouped: tuple[str, ...]) -> None:
    sentry = asked()
    fields = ["sum(session)", "crash_free_rate(session)", "crash_rate(session)", "count_unique(user)"]
    query = {"field": fields, "groupBy": list(grouped), "interval": "1h", "statsPeriod": "14d", "project": "-1"}
    body = await sentry.read("sessions/", **query)
    project, hour = sentry.world.projects[0], 60 * MINUTE
    minutes = project.sessions.until(sentry.world.now_ms())
    hours = [round(datetime.fromisoformat(at).astimezone(UTC).timestamp() * 1000) for at in body["intervals"]]
    assert len(body["groups"]) == len(grouped)
    for group in body["groups"]:
        assert group["by"]["project"] == int(project.id)
        of = [minute for minute in minutes if group["by"].get("environment") in (None, minute.environment)]
        for place, at in enumerate(hours):
            own = [minute for minute in of if at <= minute.at < at + hour]
            count, crashed = sum(minute.count for minute in own), sum(minute.crashed for minute in own)
            shown = {field: group["series"][field][place] for field in fields}
            assert shown["sum(session)"] == count
            assert shown["crash_free_rate(session)"] == (None if not count else pytest.approx(1 - crashed / count))


async def test_an_issue_may_have_events_of_several_levels() -> None:
    sentry = asked()
    query = {"dataset": "errors", "project": "shop", "statsPeriod": "6d", "field": ["level", "count()"]}
    rows = (await sentry.read("events/", query="issue:SHOP-4", **query))["data"]
    since = sentry.world.now_ms() - 6 * 1440 * MINUTE
    own = [event for event in events(sentry) if event.issue.short_id == "SHOP-4" and event.at >= since]
    assert {row["level"]: row["count()"] for row in rows} == Counter(map(level, own))
    assert len(rows) == 2
    assert [row["shortId"] for row in await sentry.read("issues/", query="level:info")] == ["SHOP-4"]
