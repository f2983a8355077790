"""Statistics that answer with nothing, or with zeros, where events were seen: unknown, never zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.collect.asked import Changed, body
from tests.tools.support import connected

ISSUE = "SHOP-1"
SERIES = ("series", "history", "unhandled", "project_unhandled")
Edit = Callable[[Any], object]


def zeros(answer: Any) -> object:
    """The time series of an answer, all zero."""
    return {
        **answer,
        "timeSeries": [
            {**series, "values": [{**point, "value": 0} for point in series["values"]]}
            for series in answer["timeSeries"]
        ],
    }


def nothing(_: Any) -> object:
    return {"data": [{"count()": 0, "count_unique(user)": 0}], "meta": {}}


def no_row(_: Any) -> object:
    return {"data": [], "meta": {}}


def without_handled(tags: Any) -> object:
    return [tag for tag in tags if tag["key"] != "handled"]


BURST = (Stream(60, -50, -10, users=40, handled=False),)


async def answer(
    tool: str, edits: dict[str, Edit], streams: tuple[Stream, ...] = BURST, **arguments: Any
) -> dict[str, Any]:
    clock = ManualClock()
    world = World(Scenario(name="shop", issues=(IssueSpec(ISSUE, "Boom", streams=streams),)), clock)
    # Where the tags tell that all events are unhandled, the series of unhandled ones is not asked for.
    changes = {kind: body(edit) for kind, edit in {"tags": without_handled, **edits}.items()}
    sentry = Changed(httpx.ASGITransport(create_app(world)), changes)
    async with connected(world=world, clock=clock, transport=sentry) as connection:
        return await connection.call(tool, issue=ISSUE, **arguments)


def why(result: dict[str, Any], what: str) -> str:
    return next((entry["why"] for entry in result["missing"] if entry["what"] == what), "")


@pytest.mark.parametrize(
    ("edits", "unknown", "known"),
    [
        (
            dict.fromkeys(SERIES, zeros),
            ["unhandled_per_minute_peak", "project_unhandled_per_minute_peak", "usual_rate", "traffic"],
            {"events": 60, "users": 40},
        ),
        ({"unhandled": zeros}, ["unhandled_per_minute_peak"], {"events": 60}),
        ({"project_unhandled": zeros}, ["project_unhandled_per_minute_peak"], {"events": 60}),
        ({"totals": nothing}, ["events", "users"], {"users_worst_hour": 40}),
        ({"breakdown": no_row}, ["breakdown"], {"events": 60}),
        ({**dict.fromkeys(SERIES, zeros), "totals": nothing}, ["events", "unhandled_per_minute_peak"], {}),
        ({"rows": lambda _: [], "event": lambda found: found, "totals": nothing}, ["events"], {}),
        ({"rows": lambda _: [], **dict.fromkeys(SERIES, zeros)}, ["usual_rate"], {"events": 60}),
    ],
    ids=["series", "unhandled", "project", "totals", "breakdown", "all", "totals without rows", "series without rows"],
)
async def test_a_zero_beside_events_that_were_read_is_unknown(
    edits: dict[str, Edit], unknown: list[str], known: dict[str, int]
) -> None:
    impact = await answer("discover_impact", edits)
    for name in unknown:
        assert why(impact, name).startswith(("Sentry counts nothing there, though ", "Sentry counts no event in")), name
        assert name == "breakdown" or name not in impact
    assert {name: impact.get(name) for name in known} == known


async def test_a_zero_of_unhandled_events_trips_and_clears_no_rule() -> None:
    edits: dict[str, Edit] = dict.fromkeys(("unhandled", "project_unhandled"), zeros)
    severity = await answer("classify_severity", edits)
    [criterion] = [one for one in severity["criteria"] if one["id"] == "unhandled_rate"]
    assert criterion["met"] == "unknown"
    assert severity["could_be"]["highest"] == "P0"


@pytest.mark.parametrize(
    ("streams", "peak"),
    [
        ((Stream(60, -50, -10, users=40, handled=True),), 0),
        ((Stream(30, -5000, -4000, users=30, handled=False),), 0),
        ((Stream(3, -2, -1, users=3, handled=False),), 0),
    ],
    ids=["handled", "before the window", "not counted yet"],
)
async def test_a_zero_that_nothing_contradicts_is_zero(streams: tuple[Stream, ...], peak: int) -> None:
    impact = await answer("discover_impact", {"unhandled": zeros, "project_unhandled": zeros}, streams)
    assert impact["unhandled_per_minute_peak"] == peak
    assert "Sentry counts no" not in str(impact["missing"])


async def test_events_of_staging_do_not_contradict_a_zero_of_production() -> None:
    streams = (Stream(4, -5000, -4000), Stream(30, -50, -10, environment="staging"))
    impact = await answer("discover_impact", {}, streams, environment="production")
    assert impact["window"]["widened_from"] == "24 h"
    assert "Sentry counts no" not in str(impact["missing"])


async def test_a_full_list_of_two_environments_does_not_tell_the_users_of_one() -> None:
    """Of its hundred events those of production are fewer, and older ones are in no list."""
    streams = (
        Stream(300, -50, -10, users=200, handled=True),
        Stream(60, -50, -10, users=60, environment="staging", handled=True),
    )
    edits: dict[str, Edit] = {**dict.fromkeys(SERIES, zeros), "totals": nothing, "users_per_hour": zeros}
    verdict = await answer("classify_severity", edits, streams)
    [users] = [one for one in verdict["criteria"] if one["id"] == "users_per_hour"]
    assert (users["met"], "observed" in users) == ("unknown", False)


async def test_the_trend_does_not_rest_on_zeros() -> None:
    def stats(found: Any) -> object:
        empty = {period: [[at, 0] for at, _ in points] for period, points in found["stats"].items()}
        return {**found, "stats": empty}

    edits: dict[str, Edit] = dict.fromkeys(SERIES, zeros)
    report = await answer("get_issue", edits)
    assert report["trend"]["last_hour"] == 60
    edits["issue"] = stats
    report = await answer("get_issue", edits)
    assert "trend" not in report and why(report, "trend")


def blanks(answer: Any) -> object:
    """The time series of an answer, without a single number."""
    return {
        **answer,
        "timeSeries": [
            {**series, "values": [{**point, "value": None} for point in series["values"]]}
            for series in answer["timeSeries"]
        ],
    }


async def test_numbers_that_a_server_leaves_out_are_unknown_and_no_count_of_zero() -> None:
    impact = await answer("discover_impact", dict.fromkeys(SERIES, blanks))
    assert impact["events"] == 60 and "unhandled_per_minute_peak" not in impact
    assert "Sentry counts no event" not in str(impact["missing"])


async def test_an_issue_last_seen_in_the_period_is_not_none_where_none_of_its_events_can_be_read() -> None:
    def unread(_: Any) -> object:
        return {"no": "event"}

    impact = await answer("discover_impact", {"rows": unread, "event": unread, "totals": nothing, "series": zeros})
    assert "events" not in impact
    assert why(impact, "events") == "Sentry counts no event in the period, but shows at least 1"


async def test_events_in_the_part_of_an_hour_with_which_the_window_begins_are_in_the_series() -> None:
    clock = ManualClock()
    streams = (Stream(20, -1_420, -1_385),)
    world = World(Scenario(name="shop", issues=(IssueSpec(ISSUE, "Boom", streams=streams),)), clock)
    clock.advance(minutes=17)
    async with connected(world=world, clock=clock) as connection:
        impact = await connection.call("discover_impact", issue=ISSUE)
    assert impact["events"] == 20
    assert "Sentry counts" not in str(impact["missing"])
