"""Odd dates and odd series, through the tools: unknown and named, never an exception, never a verdict."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.matrix import matrix
from tests.tools.contract import complaints
from tests.tools.recorded_simulator import scene
from tests.tools.support import connected

TOOLS = (
    "triage_issue",
    "discover_impact",
    "classify_severity",
    "get_issue",
    "check_recovery",
    "draft_postmortem",
    "draft_update",
)
ISSUES = ("SHOP-1Z", "GEO-42", "WEB-7K")
ODD_DATES: dict[str, object] = {
    "year 1": "0001-01-01T00:00:00Z",
    "year 1 with a zone": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31T23:59:59.999999Z",
    "year 9999 with a zone": "9999-12-31T23:59:59-12:00",
    "before Sentry": "2007-12-31T23:59:59Z",
    "epoch": "1970-01-01T00:00:00Z",
    "epoch as a number": 0,
    "next week": "2026-11-27T12:00:00Z",
    "text": "yesterday",
    "negative": -62135596800,
    "huge": 10**30,
    "null": None,
    "list": ["2026-11-20T10:00:00Z"],
    "infinite": 1e308,
}
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
IN_ANSWERS = re.compile(r"(?<!\d)(\d{4})-\d\d-\d\d[T ]\d\d:\d\d")
RANK = ("P3", "P2", "P1", "P0")
Change = Callable[[str, Any], Any]
"""The end of a path, its JSON → the JSON that comes instead."""


class Changed(httpx.AsyncBaseTransport):
    """The embedded Sentry on tape, its answers changed on the way."""

    def __init__(self, change: Change) -> None:
        self._change = change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await scene(()).tape.handle_async_request(request)
        raw = await response.aread()
        headers = {"Date": response.headers["Date"]} if "Date" in response.headers else {}
        if "link" in response.headers:
            headers["link"] = response.headers["link"]
        if response.status_code != 200 or not raw:
            return httpx.Response(response.status_code, headers=headers, content=raw)
        changed = self._change(request.url.path.rstrip("/").rsplit("/", 1)[-1], json.loads(raw))
        return httpx.Response(200, headers={**headers, "content-type": "application/json"}, content=json.dumps(changed))


async def answer_of(change: Change, tool: str, issue: str) -> dict[str, Any]:
    """The answer under these changes: whole by the contract, in both channels, and without a date out of this world."""
    async with connected(transport=Changed(change)) as connection:
        schemas = {listed.name: listed.output_schema for listed in (await connection.client.list_tools()).tools}
        result = await connection.client.call_tool(tool, {"issue": issue})
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, text
        values = result.structured_content
        assert isinstance(values, dict)
        assert complaints(tool, values, text, schemas[tool] or {}) == []
        years = {int(year) for year in IN_ANSWERS.findall(text + json.dumps(values))}
        assert years <= {2026}, years
        return values


def verdict_of(tool: str, values: dict[str, Any]) -> dict[str, Any] | None:
    """The severity of an answer that has one."""
    found = {"triage_issue": values.get("severity"), "classify_severity": values}.get(tool)
    return found if isinstance(found, dict) else None


def knows_only_less(tool: str, clean: dict[str, Any], odd: dict[str, Any]) -> None:
    """A severity may be less certain, and nothing is declared over that was not."""
    before, now = verdict_of(tool, clean), verdict_of(tool, odd)
    if before is not None and now is not None:
        lowest, highest = (RANK.index(now["could_be"][end]) for end in ("lowest", "highest"))
        assert lowest <= RANK.index(now["severity"]) <= highest
        assert lowest <= RANK.index(before["severity"]) <= highest
    if tool == "check_recovery" and clean["verdict"] != "recovered":
        assert odd["verdict"] != "recovered"


def unchanged(_: str, body: Any) -> Any:
    return body


# --- dates ---------------------------------------------------------------------------------------------------------


def dates_replaced(value: object, pick: Callable[[str], bool]) -> Change:
    """Puts ``value`` in the place of every date whose key is picked."""

    def walk(node: Any, key: str) -> Any:
        if isinstance(node, dict):
            return {name: walk(inner, name) for name, inner in node.items()}
        if isinstance(node, list):
            return [walk(inner, key) for inner in node]
        return value if isinstance(node, str) and DATE.match(node) and pick(key) else node

    return lambda _, body: walk(body, "")


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("name", matrix(ODD_DATES, quick=("year 1", "year 9999 with a zone", "next week")))
async def test_no_date_of_an_answer_can_be_read(tool: str, name: str) -> None:
    clean = await answer_of(unchanged, tool, "SHOP-1Z")
    odd = await answer_of(dates_replaced(ODD_DATES[name], lambda _: True), tool, "SHOP-1Z")
    knows_only_less(tool, clean, odd)


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"])
async def test_a_deploy_of_a_ci_tool_in_go_is_no_deploy_at_a_known_time(value: str) -> None:
    """It sends year 1 for a time that it does not know."""
    change = dates_replaced(value, lambda key: key in ("dateStarted", "dateFinished"))
    values = await answer_of(change, "triage_issue", "SHOP-1Z")
    assert value[:4] not in json.dumps([values["causes"], values["checklist"], values["next_steps"]])
    assert all("deploy marker)" not in text for cause in values["causes"] for text in cause["evidence_for"])


async def test_dates_in_milliseconds_or_without_a_zone_are_read() -> None:
    def in_milliseconds(node: Any) -> Any:
        if isinstance(node, dict):
            return {name: in_milliseconds(inner) for name, inner in node.items()}
        if isinstance(node, list):
            return [in_milliseconds(inner) for inner in node]
        is_date = isinstance(node, str) and DATE.match(node)
        return int(datetime.fromisoformat(node).timestamp() * 1000) if is_date else node

    def without_zone(_: str, body: Any) -> Any:
        return json.loads(re.sub(r'(\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|\+00:00)"', r'\1"', json.dumps(body)))

    clean = await answer_of(unchanged, "get_issue", "WEB-7K")
    for change in (lambda _, body: in_milliseconds(body), without_zone):
        odd = await answer_of(change, "get_issue", "WEB-7K")
        assert (odd["first_seen"], odd["last_seen"]) == (clean["first_seen"], clean["last_seen"])


# --- series --------------------------------------------------------------------------------------------------------


def series_of(body: Any) -> Iterator[list[Any]]:
    """The lists of points of an answer about time, to be changed in place."""
    for item in body.get("timeSeries", ()) if isinstance(body, dict) else ():
        yield item["values"]
    for group in body.get("groups", ()) if isinstance(body, dict) else ():
        yield from group["series"].values()
    if isinstance(body, dict) and isinstance(body.get("intervals"), list):
        yield body["intervals"]


def emptied(points: list[Any], _: random.Random) -> None:
    points.clear()


def some_none(points: list[Any], rng: random.Random) -> None:
    for index, point in enumerate(points):
        if rng.random() < 0.4:
            points[index] = {**point, "value": None} if isinstance(point, dict) else None


def some_lost(points: list[Any], rng: random.Random) -> None:
    points[:] = [point for point in points if rng.random() < 0.6]


def shuffled(points: list[Any], rng: random.Random) -> None:
    rng.shuffle(points)


def doubled(points: list[Any], rng: random.Random) -> None:
    points.extend(rng.sample(points, len(points) // 3))


def first_half(points: list[Any], _: random.Random) -> None:
    del points[len(points) // 2 :]


def coarser(points: list[Any], _: random.Random) -> None:
    points[:] = points[::5]


def impossible(points: list[Any], rng: random.Random) -> None:
    for index, point in enumerate(points):
        if rng.random() < 0.3:
            odd = rng.choice((0, -1, 253_402_300_799_000, 10**18, None, "x"))
            points[index] = {**point, "timestamp": odd} if isinstance(point, dict) else odd


def junk(points: list[Any], rng: random.Random) -> None:
    for index in range(len(points)):
        if rng.random() < 0.2:
            points[index] = rng.choice((None, [], {}, "x", -5, 1e300, True))


HARMS = (emptied, some_none, some_lost, shuffled, doubled, first_half, coarser, impossible, junk)
IN_TIME = ("events-timeseries", "sessions", "stats_v2")


def harmed(harm: Callable[[list[Any], random.Random], None], seed: int, ends: tuple[str, ...] = IN_TIME) -> Change:
    """Harms every series of these endpoints; each its own way, the same for the same seed."""

    def change(end: str, body: Any) -> Any:
        rng = random.Random(seed)  # noqa: S311  # chooses what breaks, no secret
        for points in series_of(body) if end in ends else ():
            harm(points, rng)
        return body

    return change


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("harm", matrix(HARMS, quick=(emptied, some_none, coarser, impossible)))
async def test_a_harmed_series_costs_what_it_tells_and_no_more(tool: str, harm: Any) -> None:
    clean = await answer_of(unchanged, tool, "SHOP-1Z")
    odd = await answer_of(harmed(harm, 1), tool, "SHOP-1Z")
    knows_only_less(tool, clean, odd)


async def test_an_answer_about_time_without_a_series_says_so() -> None:
    def without(end: str, body: Any) -> Any:
        return {} if end in IN_TIME else body

    values = await answer_of(without, "discover_impact", "SHOP-1Z")
    assert {"unhandled_per_minute_peak", "crash_free_sessions_pct"} <= {entry["what"] for entry in values["missing"]}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    tool=st.sampled_from(TOOLS),
    issue=st.sampled_from(ISSUES),
    harm=st.sampled_from(HARMS),
    ends=st.sampled_from((IN_TIME, IN_TIME[:1], IN_TIME[1:2], IN_TIME[2:])),
    value=st.sampled_from(list(ODD_DATES.values())),
    share=st.sampled_from((0.0, 0.2, 0.6)),
    seed=st.integers(0, 10_000),
)
def test_whatever_is_odd_the_tools_answer_and_only_know_less(
    tool: str, issue: str, harm: Any, ends: tuple[str, ...], value: object, share: float, seed: int
) -> None:
    def change(end: str, body: Any) -> Any:
        rng = random.Random(seed)  # noqa: S311  # as above
        return dates_replaced(value, lambda _: rng.random() < share)(end, harmed(harm, seed, ends)(end, body))

    async def play() -> None:
        clean = await answer_of(unchanged, tool, issue)
        knows_only_less(tool, clean, await answer_of(change, tool, issue))

    anyio.run(play)


def test_the_embedded_incidents_are_of_the_year_that_the_answers_may_name() -> None:
    now = scene(()).clock()
    assert (now - timedelta(days=60)).year == (now + timedelta(days=20)).year == 2026
