"""Questions about several projects: each answer is counted again over the events as they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.asking import Asked

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import IssueSpec, RawEventSpec, Scenario
from sentry_runbook.simulator.world import ManualClock

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ALL: dict[str, Any] = {"dataset": "errors", "project": "-1"}
PROJECTS = ("web", "pay", "mail")
PLACES = tuple((project, f"{project.upper()}-{number}") for project in PROJECTS for number in (1, 2, 3, 4))


@dataclass(frozen=True)
class Told:
    """An event with its issue and its project."""

    project: str
    issue: str
    event: RawEventSpec

    def at(self, step: int) -> int:
        """The begin of its bucket, in epoch seconds."""
        return int((NOW + timedelta(minutes=self.event.at)).timestamp()) // step * step


RAW = st.builds(
    RawEventSpec,
    # Quarters of a minute, none of them at the very edge of the period of two hours.
    at=st.integers(-479, -1).map(lambda quarter: quarter / 4),
    user=st.sampled_from([None, "ada", "bob", "cyd"]),
    trace=st.sampled_from([None, "a" * 32, "b" * 32]),
    release=st.sampled_from([None, "v1", "v2"]),
    environment=st.sampled_from(["production", "staging", None]),
    handled=st.booleans(),
    tags=st.sampled_from([{}, {"server_name": "db-1"}, {"server_name": "db-2", "tenant": "x"}]),
)
TOLD = st.lists(st.tuples(st.sampled_from(PLACES), RAW), max_size=60).map(
    lambda drawn: [Told(project, issue, event) for (project, issue), event in drawn]
)


def asked_of(told: Iterable[Told], **options: Any) -> Asked:
    projects = []
    for project in PROJECTS:
        issues = [
            IssueSpec(short_id, f"{short_id} failed", raw=tuple(one.event for one in told if one.issue == short_id))
            for place, short_id in PLACES
            if place == project
        ]
        projects.append(Scenario(name=project, project=project, issues=tuple(issues)))
    return Asked(projects, clock=ManualClock(NOW), **options)


def counted(told: Iterable[Told], key: Callable[[Told], Any]) -> Counter[Any]:
    return Counter(key(one) for one in told)


@given(told=TOLD)
@settings(max_examples=30)
async def test_each_group_has_its_events_its_users_and_its_first_and_last_instant(told: list[Told]) -> None:
    asked = asked_of(told)
    fields = ["issue", "project", "count()", "count_unique(user)", "min(timestamp)", "max(timestamp)"]
    body = await asked.read("events/", **ALL, field=fields, sort=["-count()", "issue"], statsPeriod="2h")
    expected = []
    for (project, issue), count in counted(told, lambda one: (one.project, one.issue)).items():
        events = [one.event for one in told if one.issue == issue]
        moments = [(NOW + timedelta(minutes=event.at)).isoformat() for event in events]
        users = {event.user for event in events} - {None}
        expected.append((issue, project, count, len(users), min(moments), max(moments)))
    expected.sort(key=lambda row: (-row[2], row[0]))
    shown = [tuple(row[field] for field in fields) for row in body["data"]]
    assert [(*row[:4], *map(instant, row[4:])) for row in shown] == [
        (*row[:4], *map(instant, row[4:])) for row in expected
    ]


def instant(text: Any) -> datetime:
    return datetime.fromisoformat(str(text))


@given(told=TOLD)
@settings(max_examples=30)
async def test_lists_of_issues_and_of_projects_leave_what_they_name(told: list[Told]) -> None:
    asked = asked_of(told)
    number = {issue.short_id: issue.id for issue in asked.world.issues()}
    ids = {project.slug: project.id for project in asked.world.projects}
    both = f"{number['WEB-1']}, {number['PAY-2']}"
    for query, fits in (
        (f"issue.id:[{both}]", lambda one: one.issue in {"WEB-1", "PAY-2"}),
        (f"!issue.id:[{both}]", lambda one: one.issue not in {"WEB-1", "PAY-2"}),
        ("issue:[WEB-1, pay-2]", lambda one: one.issue in {"WEB-1", "PAY-2"}),
        (f"project.id:[{ids['web']},{ids['mail']}]", lambda one: one.project in {"web", "mail"}),
        ("project:[web, pay]", lambda one: one.project in {"web", "pay"}),
        ("!project:web", lambda one: one.project != "web"),
        (f"trace:{'a' * 32}", lambda one: one.event.trace == "a" * 32),
        ("!has:trace", lambda one: one.event.trace is None),
        ("server_name:[db-1, db-2] tenant:x", lambda one: "tenant" in one.event.tags),
        ("error.unhandled:true", lambda one: not one.event.handled),
    ):
        body = await asked.read(
            "events/", **ALL, field=["count()", "count_unique(issue)"], query=query, statsPeriod="2h"
        )
        kept = [one for one in told if fits(one)]
        issues = len({one.issue for one in kept})
        assert body["data"] == [{"count()": len(kept), "count_unique(issue)": issues}], query


@given(told=TOLD, size=st.integers(1, 7))
@settings(max_examples=20)
async def test_the_pages_of_a_table_over_all_projects_hold_each_row_once(told: list[Told], size: int) -> None:
    asked = asked_of(told)
    seen: list[str] = []
    for offset in range(0, len(told) + size, size):
        body = await asked.read("events/", **ALL, field=["id", "trace"], per_page=size, cursor=f"0:{offset}:0")
        seen += [row["id"] for row in body["data"]]
    assert len(seen) == len(set(seen)) == len(told)


# --- topEvents


def groups(told: Iterable[Told], limit: int) -> list[str]:
    """The short ids that have most events; of equal ones those that come first in the alphabet."""
    counts = counted(told, lambda one: one.issue)
    return sorted(counts, key=lambda issue: (-counts[issue], issue))[:limit]


@given(told=TOLD, limit=st.integers(1, 10), step=st.sampled_from([60, 300, 3600]))
@settings(max_examples=30)
async def test_both_generations_tell_the_same_series_of_the_top_issues(told: list[Told], limit: int, step: int) -> None:
    asked = asked_of(told)
    query = {**ALL, "statsPeriod": "2h", "interval": f"{step}s", "topEvents": limit, "sort": ["-count()", "issue"]}
    newer = await asked.read("events-timeseries/", **query, groupBy=["issue", "count()"])
    older = await asked.read("events-stats/", **query, field=["issue", "count()"])
    top = groups(told, limit)
    rest = [one for one in told if one.issue not in top]
    expected = {issue: [one for one in told if one.issue == issue] for issue in top}
    if rest and len(top) == limit:
        expected["Other"] = rest
    if not told:
        assert [cell["count"] for _, (cell,) in older["data"]] == [0] * len(older["data"])
        (series,) = newer["timeSeries"]
        assert "groupBy" not in series
        assert {value["value"] for value in series["values"]} == {0}
        return
    names = {name: order for order, name in enumerate(top)} | ({"Other": limit} if "Other" in expected else {})
    assert {name: series["order"] for name, series in older.items()} == names
    for name, series in older.items():
        buckets = {at: cell["count"] for at, (cell,) in series["data"] if cell["count"]}
        assert buckets == counted(expected[name], lambda one: one.at(step))
    for series in newer["timeSeries"]:
        by, meta = series["groupBy"], series["meta"]
        name = by[0]["value"] if by else "Other"
        assert meta["interval"] == step * 1000
        assert (meta["order"], meta["isOther"]) == (names[name], name == "Other")
        buckets = {value["timestamp"] // 1000: value["value"] for value in series["values"] if value["value"]}
        assert buckets == counted(expected[name], lambda one: one.at(step))
    assert len(newer["timeSeries"]) == len(older) == len(expected)


EIGHT = [
    Told(project, issue, RawEventSpec(-minute, user="ada")) for minute, (project, issue) in enumerate(PLACES[:8], 5)
]


async def test_a_group_of_two_columns_is_named_by_both_in_the_order_of_their_names() -> None:
    body = await asked_of(EIGHT).read(
        "events-stats/", **ALL, statsPeriod="1h", topEvents=2, field=["project", "issue", "count()"], sort="issue"
    )
    assert list(body) == ["Other", "PAY-1,pay", "PAY-2,pay"]
    newer = await asked_of(EIGHT).read(
        "events-timeseries/", **ALL, statsPeriod="1h", topEvents=1, groupBy=["project", "issue"], sort="issue"
    )
    assert [series["groupBy"] for series in newer["timeSeries"]] == [
        None,
        [{"key": "issue.id", "value": "PAY-1"}, {"key": "project", "value": "pay"}],
    ]


async def test_several_axes_of_top_events_stand_by_their_names_within_each_group() -> None:
    query: dict[str, Any] = {**ALL, "statsPeriod": "1h", "topEvents": 2, "yAxis": ["count_unique(user)", "count()"]}
    older = await asked_of(EIGHT).read("events-stats/", **query, field=["project", "count()"], sort="-count()")
    assert set(older) == {"web", "pay"}
    assert [older["web"][axis]["order"] for axis in query["yAxis"]] == [0, 1]
    newer = await asked_of(EIGHT).read("events-timeseries/", **query, groupBy=["project", "count()"], sort="-count()")
    assert [(series["yAxis"], series["meta"]["order"]) for series in newer["timeSeries"]] == [
        ("count_unique(user)", 0),
        ("count()", 0),
        ("count_unique(user)", 1),
        ("count()", 1),
    ]


async def test_the_rest_is_left_out_where_it_is_not_wanted() -> None:
    query: dict[str, Any] = {**ALL, "statsPeriod": "1h", "topEvents": 3, "sort": "-count()", "excludeOther": "1"}
    asked = asked_of(EIGHT)
    assert len(await asked.read("events-stats/", **query, field=["issue", "count()"])) == 3
    newer = await asked.read("events-timeseries/", **query, groupBy=["issue", "count()"])
    assert [series["meta"]["isOther"] for series in newer["timeSeries"]] == [False] * 3


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"topEvents": "11"}, "Can only get up to 10 top events"),
        ({"topEvents": "0"}, "topEvents needs to be at least 1"),
        ({"topEvents": "all"}, "topEvents must be an integer"),
        ({"topEvents": "5", "sort": "-count_unique(user)"}, "Cannot sort by a field that is not selected."),
        ({"topEvents": "5", "sort": "-count()", "of": ["count()"]}, "groupBy is a required parameter"),
        ({"topEvents": "5", "sort": ""}, "sort is a required parameter"),
        ({"topEvents": "5", "of": ["timestamp", "count()"]}, "Cannot group by timestamp"),
    ],
)
async def test_top_events_that_cannot_be_told_are_refused(more: dict[str, Any], detail: str) -> None:
    query = {**ALL, "statsPeriod": "1h", "sort": "-count()", **more}
    fields = query.pop("of", ["issue", "count()"])
    if not query["sort"]:
        del query["sort"]
    for path, name in (("events-timeseries/", "groupBy"), ("events-stats/", "field")):
        refused = await asked_of(EIGHT).get(path, **query, **{name: fields})
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith(detail)


@pytest.mark.parametrize(("period", "step"), [("16h", 60_000), ("17h", 300_000)])
async def test_ten_series_share_the_points_of_one_answer(period: str, step: int) -> None:
    """10,000 points in all: ten series have minutes for 16 h 40 min, and coarser steps without a word after that."""
    body = await asked_of(EIGHT).read(
        "events-timeseries/",
        **ALL,
        statsPeriod=period,
        interval="60",
        topEvents=10,
        groupBy=["issue", "count()"],
        sort="-count()",
    )
    assert {series["meta"]["interval"] for series in body["timeSeries"]} == {step}


async def test_a_server_without_the_newer_series_answers_an_empty_404_and_the_older_ones() -> None:
    asked = asked_of(EIGHT, profile=Profile(timeseries=False))
    query: dict[str, Any] = {**ALL, "statsPeriod": "1h", "topEvents": 5, "sort": "-count()"}
    newer = await asked.get("events-timeseries/", **query, groupBy=["issue", "count()"])
    assert (newer.status_code, newer.content) == (404, b"")
    assert len(await asked.read("events-stats/", **query, field=["issue", "count()"])) == 6
