"""When alerts fired and monitors were open, counted again from the firings of the scenario."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.simulator.asking import Asked

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, FiringSpec, IssueSpec, Scenario, Stream

PROJECT = "/api/0/projects/acme/shop"
FIRED = (
    *(FiringSpec(minute, "SHOP-1") for minute in (-3000.0, -600.0, -245.0, -241.0, -240.0, -61.0, -59.5, -1.0, 30.0)),
    *(FiringSpec(minute, "SHOP-2") for minute in (-2000.0, -242.0, -60.0)),
)
ALERT = AlertSpec("Pay", id="77", rule_id="12", firings=FIRED)
OPENED = DetectorSpec(
    "Many",
    id="41",
    rule_id="5",
    opened=((-5000, -4900), (-3000, -2900), (-200, -100), (-60, None)),
    levels=((-3000, "medium"), (-2950, "high"), (-30, "medium")),
    issue="SHOP-1",
)
BOTH = Profile(old_alerts="alive")


def shop() -> Scenario:
    issues = tuple(IssueSpec(f"SHOP-{place}", "Boom", streams=(Stream(900, -6000, -1),)) for place in (1, 2))
    return Scenario(name="shop", project="shop", issues=issues, alerts=(ALERT,), detectors=(OPENED,))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def between(sentry: Asked, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """The firings of the scenario from one instant to before another."""
    now = sentry.clock.now
    fired = [(now + timedelta(minutes=firing.at), firing.issue) for firing in FIRED]
    return [(at, issue) for at, issue in fired if start <= at < end and at <= now]


def span(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": start.isoformat(), "end": end.isoformat()}


@pytest.mark.parametrize("path", ["workflows/77/stats/", f"{PROJECT}/rules/12/stats/"])
@pytest.mark.parametrize(
    ("before", "until"), [(14 * 1440, 0), (300, 0), (241, 59), (240, 60), (61.5, 0.5), (30, 10)], ids=list("abcdef")
)
async def test_each_hour_has_its_firings_but_the_one_in_which_the_period_begins(
    path: str, before: float, until: float
) -> None:
    sentry = Asked(shop(), profile=BOTH)
    start, end = (sentry.clock.now - timedelta(minutes=minutes) for minutes in (before, until))
    rows = await sentry.read(path, **span(start, end))
    assert [set(row) for row in rows] == [{"date", "count"}] * len(rows)
    hour = start.replace(minute=0, second=0, microsecond=0)
    expected = Counter(at.replace(minute=0, second=0, microsecond=0) for at, _ in between(sentry, start, end))
    shown = [moment(row["date"]) for row in rows]
    assert shown == [hour + timedelta(hours=1 + place) for place in range(len(rows))]
    assert {at: row["count"] for at, row in zip(shown, rows, strict=True) if row["count"]} == {
        at: count for at, count in expected.items() if at != hour
    }
    assert not shown or shown[-1] == end.replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("path", ["workflows/77/group-history/", f"{PROJECT}/rules/12/group-history/"])
@pytest.mark.parametrize(("before", "until"), [(14 * 1440, 0), (242, 60), (241, 240), (5, 2)], ids=list("abcd"))
async def test_the_firings_by_issue_are_those_of_the_period(path: str, before: float, until: float) -> None:
    sentry = Asked(shop(), profile=BOTH)
    start, end = (sentry.clock.now - timedelta(minutes=minutes) for minutes in (before, until))
    rows = await sentry.read(path, **span(start, end))
    fired = between(sentry, start, end)
    assert {row["group"]["shortId"]: row["count"] for row in rows} == Counter(issue for _, issue in fired)
    assert [row["count"] for row in rows] == sorted((row["count"] for row in rows), reverse=True)
    last = {issue: max(at for at, of in fired if of == issue) for _, issue in fired}
    assert {row["group"]["shortId"]: moment(row["lastTriggered"]) for row in rows} == last


async def periods(sentry: Asked, **query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in await sentry.read("open-periods/", detectorId="41", **query)]


async def test_open_periods_are_those_that_began_in_the_period_with_each_change_of_priority() -> None:
    sentry = Asked(shop())
    now = sentry.clock.now
    rows = await periods(sentry, statsPeriod="3d")
    assert [moment(row["start"]) for row in rows] == [now - timedelta(minutes=ago) for ago in (60, 200, 3000)]
    assert [row["isOpen"] for row in rows] == [True, False, False]
    told = [[(entry["type"], entry["value"]) for entry in row["activities"]] for row in rows]
    assert told == [
        [("opened", "high"), ("status_change", "medium")],
        [("opened", "high"), ("closed", None)],
        [("opened", "medium"), ("status_change", "high"), ("closed", None)],
    ]
    assert len(await periods(sentry)) == 4
    assert await periods(sentry, statsPeriod="30m") == []


async def test_the_size_of_a_bucket_is_taken_from_both_ends_of_an_open_period() -> None:
    sentry = Asked(shop())
    plain, sooner = await periods(sentry), await periods(sentry, bucketSize="600")
    for name in ("start", "end"):
        assert [row[name] and moment(row[name]) - timedelta(minutes=10) for row in plain] == [
            row[name] and moment(row[name]) for row in sooner
        ]


async def test_incidents_are_those_that_touch_the_period_newest_first_in_pages() -> None:
    sentry = Asked(shop(), profile=BOTH)
    assert [row["status"] for row in await sentry.read("incidents/", alertRule="5")] == [10, 2, 2, 2]
    start, end = (sentry.clock.now - timedelta(minutes=minutes) for minutes in (4950, 150))
    rows = await sentry.read("incidents/", **span(start, end))
    ago = [(sentry.clock.now - moment(row["dateStarted"])) / timedelta(minutes=1) for row in rows]
    assert ago == [200, 3000, 5000]
    first = await sentry.get("incidents/", per_page="3")
    assert len(first.json()) == 3
    assert 'rel="next"; results="true"' in first.headers["link"]
    assert await sentry.read("incidents/", alertRule="6") == []
