"""The large organization is as large as it says, has a day and a night, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.simulator.asking import Asked
from tests.simulator.large_world import large_world

SMALL = large_world(projects=12, issues=90, seed=3)
ALL: dict[str, Any] = {"dataset": "errors", "project": "-1"}


async def test_all_projects_and_all_issues_are_there() -> None:
    asked = Asked(SMALL)
    assert len(await asked.read("projects/")) == 12
    found = await asked.get("issues/", project="-1", query="", statsPeriod="24h", limit=100)
    assert (found.headers["X-Hits"], len(found.json())) == ("90", 90)
    sizes = Counter(row["project"]["slug"] for row in found.json())
    assert len(sizes) == 12
    assert max(sizes.values()) > 2 * min(sizes.values())


async def test_each_issue_is_as_loud_today_as_on_the_days_before_it() -> None:
    asked = Asked(SMALL)
    counts = []
    for back in range(7):
        period = {"statsPeriod": f"{24 * (back + 1)}h"}
        rows = (await asked.read("events/", **ALL, field=["issue", "count()"], per_page=100, **period))["data"]
        counts.append({row["issue"]: row["count()"] / (back + 1) for row in rows})
    assert all(day == counts[0] for day in counts)
    assert min(counts[0].values()) >= 1
    assert sum(counts[0].values()) * 7 / 90 > 50


async def test_the_night_is_quieter_than_the_day() -> None:
    body = await Asked(SMALL).read("events-timeseries/", **ALL, interval="1h", statsPeriod="7d")
    hours = [value["value"] for value in body["timeSeries"][0]["values"][:-1]]
    of_day = [sum(hours[hour::24]) for hour in range(24)]
    assert max(of_day) > 2 * min(of_day)
    sessions = await Asked(SMALL).read(
        "sessions/", project="-1", field="sum(session)", groupBy="project", interval="1h", statsPeriod="24h"
    )
    assert len(sessions["groups"]) == 12
    for group in sessions["groups"]:
        assert max(group["series"]["sum(session)"]) > 2 * min(group["series"]["sum(session)"])


async def test_the_same_seed_is_the_same_organization_and_another_is_another() -> None:
    assert large_world(projects=5, issues=9, seed=4) == large_world(projects=5, issues=9, seed=4)
    assert large_world(projects=5, issues=9, seed=4) != large_world(projects=5, issues=9, seed=5)


def test_fewer_issues_than_projects_are_refused() -> None:
    with pytest.raises(ValueError, match="need an issue each"):
        large_world(projects=5, issues=4)


@pytest.mark.matrix
async def test_two_thousand_issues_in_two_hundred_projects_are_answered_for() -> None:
    """As large as an organization may be: the list in twenty pages, and the counts over all of it."""
    asked = Asked(large_world())
    page = await asked.get("issues/", project="-1", query="", statsPeriod="7d", sort="freq", limit=100)
    assert (page.headers["X-Hits"], page.links["next"]["results"]) == ("1000", "true")
    last = await asked.get("issues/", project="-1", query="", statsPeriod="7d", limit=100, cursor="0:1900:0")
    assert (len(last.json()), last.links["next"]["results"]) == (100, "false")
    totals = await asked.read("events/", **ALL, field=["count()", "count_unique(issue)"], statsPeriod="7d")
    events = sum(len(project.events) for project in asked.world.projects)
    assert totals["data"] == [{"count()": events, "count_unique(issue)": 2_000}]
    by_project = await asked.read(
        "stats_v2/", project="-1", field="sum(quantity)", groupBy="project", category="error", statsPeriod="7d"
    )
    assert len(by_project["groups"]) == 200
    assert sum(group["totals"]["sum(quantity)"] for group in by_project["groups"]) == events
