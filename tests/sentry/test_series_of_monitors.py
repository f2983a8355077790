"""Series of what metric monitors measure: any aggregate, of errors and traced requests, from servers of every age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.errors import BadRequest
from sentry_runbook.sentry.timeseries import DATASETS, searched_dataset
from tests.sentry.test_alerts import query
from tests.sentry.test_series_points import FIRST, NEWER, OLDER, answer_of, point
from tests.sentry.upstream import Answer, Upstream, client_of, gives, says

END = datetime(2026, 11, 24, tzinfo=UTC)
WINDOW: dict[str, Any] = {"query": "", "start": END - timedelta(hours=1), "end": END, "interval_s": 60}
RATE = "failure_rate()"
RATES = answer_of(point(0, 0.25), point(1, None), axis=RATE)
REFUSED = says(400, "dataset must be one of: errors")


async def test_a_rate_of_requests_is_asked_for_with_their_number_and_their_dataset() -> None:
    both = {"timeSeries": [*RATES["timeSeries"], *answer_of(point(0, 40), point(1, 0))["timeSeries"]]}
    upstream = Upstream({NEWER: gives(both)})
    async with client_of(upstream) as client:
        series = await client.series([RATE, "count()"], project_id="2", dataset="spans", **WINDOW)
    assert series[RATE].values == (0.25, None)
    assert series["count()"].values == (40.0, 0.0)
    sent = query(upstream, NEWER)
    assert [value for name, value in sent if name == "yAxis"] == [RATE, "count()"]
    assert ("dataset", "spans") in sent


async def test_an_older_server_is_asked_for_the_dataset_by_its_older_endpoint() -> None:
    pairs = {"data": [[FIRST, [{"count": 0.25}]]]}
    older = {RATE: pairs, "count()": {"data": [[FIRST, [{"count": 40}]]]}}
    upstream = Upstream({NEWER: Answer(404), OLDER: gives(older)})
    async with client_of(upstream) as client:
        series = await client.series([RATE], project_id="2", dataset="transactions", **WINDOW)
        assert series[RATE].values == (0.25,)
        assert ("dataset", "transactions") in query(upstream, OLDER)
        await client.series(["count()"], project_id="2", **WINDOW)
    # Errors are what it counts anyway, and the oldest know no datasets.
    assert "dataset" not in dict(query(upstream, OLDER))


async def test_a_dataset_that_a_server_does_not_know_says_nothing_of_how_it_counts_errors() -> None:
    counts = answer_of(point(0, 3))
    upstream = Upstream({NEWER: [REFUSED, gives(counts)], OLDER: [gives({"data": [[FIRST, [{"count": 9}]]]})]})
    async with client_of(upstream) as client:
        await client.series(["count()"], project_id="2", dataset="transactions", **WINDOW)
        series = await client.series(["count()"], project_id="2", **WINDOW)
    assert series["count()"].values == (3.0,)


async def test_a_dataset_that_no_form_knows_is_told_by_the_server_s_own_words() -> None:
    async with client_of(Upstream({NEWER: REFUSED, OLDER: REFUSED})) as client:
        with pytest.raises(BadRequest):
            await client.series(["count()"], project_id="2", dataset="ourlogs", **WINDOW)


@pytest.mark.parametrize(
    ("monitored", "searched"),
    [*DATASETS.items(), ("errors", "errors"), ("spans", "spans"), ("sessions", None), ("metrics", None), ("", None)],
)
def test_a_monitor_s_dataset_has_another_name_in_searches(monitored: str, searched: str | None) -> None:
    assert searched_dataset(monitored) == searched


async def test_users_of_several_issues_are_counted_in_one_answer_of_the_issues_with_most_events() -> None:
    grouped = {"key": "issue", "value": "SHOP-1"}
    answer = answer_of(point(0, 2), axis="count_unique(user)")
    answer["timeSeries"][0]["groupBy"] = [grouped]
    upstream = Upstream({NEWER: gives(answer)})
    async with client_of(upstream) as client:
        series = await client.series_by_issue(project_ids=("2",), aggregate="count_unique(user)", **WINDOW)
    assert series["SHOP-1"].values == (2.0,)
    sent = query(upstream, NEWER)
    assert ("yAxis", "count_unique(user)") in sent and ("sort", "-count()") in sent
    assert [value for name, value in sent if name == "groupBy"] == ["issue", "count()"]
