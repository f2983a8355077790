"""What the token may see, and how much one answer holds, as a running Sentry 24.2 showed it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.recordings import recordings
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import AlertSpec, IssueSpec, Scenario, SessionsSpec, Stream

EVENTS = (Stream(9, -90, -5, users=5),)
COMPANY = tuple(
    Scenario(name=slug, project=slug, issues=(IssueSpec(short_id, "Boom", streams=EVENTS),))
    for slug, short_id in (("web", "WEB-2"), ("checkout-api", "CHECKOUT-API-1"))
)
OUTSIDER, ONE_AT_A_TIME = Profile(access=False), Profile(global_views=False)


@pytest.mark.parametrize("number", [*range(345, 353), 354])
async def test_a_user_of_no_team_is_answered_as_recorded(number: int) -> None:
    call = recordings()[number]
    asked = Asked(COMPANY, profile=OUTSIDER)
    query = [pair for pair in parse_qsl(call["query"]) if pair[0] not in ("start", "end")]
    answer = await asked.client.get(call["path"], params=query)
    assert answer.status_code == int(call["status"][:3])
    if call["path"].endswith("/projects/"):
        seen = {(row["isMember"], row["hasAccess"]) for row in answer.json()}
        assert seen == {(row["isMember"], row["hasAccess"]) for row in call["body"]} == {(False, False)}
    else:
        assert answer.json() == call["body"]


@pytest.mark.parametrize("number", [432, 434])
async def test_without_global_views_the_stream_is_refused_as_recorded(number: int) -> None:
    call = recordings()[number]
    query = [pair for pair in parse_qsl(call["query"]) if pair[0] not in ("start", "end")]
    answer = await Asked(COMPANY, profile=ONE_AT_A_TIME).client.get(call["path"], params=query)
    assert (answer.status_code, answer.json()) == (400, call["body"])


async def test_without_global_views_one_project_is_answered_and_the_feature_is_not_named() -> None:
    asked = Asked(COMPANY, profile=ONE_AT_A_TIME)
    assert [row["shortId"] for row in await asked.read("issues/", project="web")] == ["WEB-2"]
    assert "global-views" not in (await asked.read(""))["features"]
    assert "global-views" in (await Asked(COMPANY).read(""))["features"]


async def test_where_no_project_may_be_read_nothing_is_counted_and_nothing_is_zero() -> None:
    asked = Asked(COMPANY, profile=OUTSIDER)
    assert (await asked.read("events/", dataset="errors", field="count()"))["data"] == []
    assert (await asked.read("events-timeseries/", dataset="errors", interval="1h"))["timeSeries"] == []
    assert await asked.read("events-stats/", interval="1h") == {"data": []}
    for path, query in (
        ("sessions/", {"field": "sum(session)"}),
        ("stats_v2/", {"field": "sum(quantity)", "groupBy": "outcome"}),
    ):
        answer = await asked.get(path, **query)
        assert (answer.status_code, answer.json()) == (400, {"detail": "No projects available"})
    named = await asked.get("events/", dataset="errors", field="count()", project="web")
    assert named.status_code == 403


# --- how much one answer holds


def many_environments(number: int) -> Asked:
    counts = {f"review-{place}": 10 * (number - place) for place in range(number)}
    sessions = tuple(SessionsSpec(count, -1000, -60, environment=name) for name, count in counts.items())
    return Asked(one_issue(*EVENTS, sessions=sessions))


def sessions_query(call: Any) -> list[tuple[str, str]]:
    return [pair for pair in parse_qsl(call["query"]) if pair[0] not in ("start", "end", "project")]


async def test_groups_are_cut_to_ten_thousand_points_as_recorded() -> None:
    """Recordings 593 to 596: 61 environments in 1, 7, 14 and 30 days."""
    for number in range(593, 597):
        call = recordings()[number]
        intervals, groups = len(call["body"]["intervals"]), call["body"]["groups"]
        assert len(groups) == min(61, 10_000 // intervals), number


@pytest.mark.parametrize(("days", "most"), [(1, 61), (7, 59), (14, 29), (30, 13)])
async def test_the_smallest_environments_are_cut_in_silence(days: int, most: int) -> None:
    asked = many_environments(61)
    query = {"field": "sum(session)", "groupBy": "environment", "interval": "1h", "statsPeriod": f"{days}d"}
    groups = (await asked.read("sessions/", **query))["groups"]
    sums = [group["totals"]["sum(session)"] for group in groups]
    assert len(groups) == most
    assert sums == sorted(sums, reverse=True)
    totals = (await asked.read("sessions/", **query, includeSeries="0"))["groups"]
    assert len(totals) == 61


async def test_alerts_are_listed_by_id_unless_sorted_by_their_last_firing() -> None:
    alerts = tuple(AlertSpec(f"Alert {place}", triggered=fired) for place, fired in enumerate((-50.0, None, -5.0)))
    asked = Asked(Scenario(name="small", issues=(IssueSpec("SHOP-1", "Boom", streams=EVENTS),), alerts=alerts))
    by_id = [row["id"] for row in await asked.read("workflows/")]
    assert by_id == sorted(by_id)
    names = [row["name"] for row in await asked.read("workflows/", sortBy="-lastTriggered")]
    assert names == ["Alert 2", "Alert 0", "Alert 1"]
    assert (await asked.get("workflows/", sortBy="best")).status_code == 400


async def test_the_search_language_unescapes_quotes_and_stars_alone() -> None:
    """sentry-api §17: a backslash is not doubled, and one at the end escapes the quote that would end the value."""
    name = r"App\Http\Pay"
    issue = IssueSpec("SHOP-1", "Boom", transaction=name, streams=EVENTS)
    asked = Asked(Scenario(name="small", issues=(issue,)))
    query = {"dataset": "errors", "field": "count()", "statsPeriod": "24h"}

    async def count(search: str) -> Any:
        return (await asked.read("events/", **query, query=search))["data"][0]["count()"]

    assert await count(rf'transaction:"{name}"') == 9
    assert await count(r'transaction:"App\\Http\\Pay"') == 0
    assert await count(rf'transaction:["{name}", "x"]') == 9
