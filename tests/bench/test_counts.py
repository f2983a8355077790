"""The benchmark's counts: whatever the machine's speed, these budgets of DESIGN section 9 hold."""

import pytest
from bench.bounds import CHARACTERS, REQUESTS, ROUNDS, Measure
from bench.cases import ALL_CASES
from bench.counts import count

MOST_REQUESTS = 18
"""Of one triage; the README tells it."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def counted() -> list[Measure]:
    return await count()


async def test_no_budget_of_rounds_and_characters_is_broken(counted: list[Measure]) -> None:
    assert [measure for measure in counted if measure.within is False] == []


async def test_every_tool_is_counted_and_every_promise_is_looked_at(counted: list[Measure]) -> None:
    bounded = {(measure.what, measure.name) for measure in counted if measure.bound is not None}
    assert {case.tool for case in ALL_CASES} == {measure.what for measure in counted if measure.group == "tools"}
    assert {(tool, "rounds") for tool in ROUNDS} <= bounded
    assert {(tool, "requests") for tool in REQUESTS} <= bounded
    assert {(tool, channel) for tool in CHARACTERS for channel in ("text", "JSON")} <= bounded


async def test_the_calls_that_are_measured_are_worth_measuring(counted: list[Measure]) -> None:
    requests = {measure.what: measure.value for measure in counted if measure.name == "requests"}
    triage = requests["triage_issue"]
    assert triage is not None
    assert triage > 10, "the incident of the benchmark no longer asks for all that a triage can ask for"
    assert triage <= MOST_REQUESTS, "a triage asks more of Sentry than before: is the answer worth a request each time?"
