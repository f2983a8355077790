"""A minute that was not counted may have been the worst one: it never clears the rule of unhandled exceptions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from sentry_runbook.collect.situation import collect_situation
from sentry_runbook.incident.model.evidence import Known, Series
from sentry_runbook.incident.situation.situation import assess
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from tests.corpus.play import SETTINGS
from tests.situations.raw import Situation
from tests.situations.test_nameless import one_issue, people, two_issues
from tests.situations.world import world

pytestmark = pytest.mark.anyio
CUTS: dict[str, Callable[[Series], Series]] = {
    "one minute": lambda counts: counts.model_copy(update={"values": (*counts.values[:-9], None, *counts.values[-8:])}),
    "every minute": lambda counts: counts.model_copy(update={"values": (None,) * len(counts.values)}),
    "the last ones": lambda counts: counts.model_copy(update={"values": counts.values[:-20]}),
    "all but the last ones": lambda counts: counts.model_copy(
        update={"values": counts.values[-5:], "start": counts.start + (len(counts.values) - 5) * timedelta(minutes=1)}
    ),
}


async def highest(situation: Situation, cut: str | None) -> str:
    """The highest severity that the first incident could be, where the counts by the minute are cut so."""
    transport = httpx.ASGITransport(create_app(world(situation.raw)))
    run = build_runtime(SETTINGS, http_transport=transport, clock=ManualClock(situation.raw.now))
    try:
        evidence = await collect_situation(run)
    finally:
        await run.aclose()
    assert isinstance(evidence.minutes, Known)
    if cut is not None:
        rows = [row.model_copy(update={"events": CUTS[cut](row.events)}) for row in evidence.minutes.value]
        part = evidence.minutes.model_copy(update={"value": tuple(rows)})
        evidence = evidence.model_copy(update={"minutes": part})
    return assess(evidence, run.policy).incidents[0].could_be.highest


@pytest.mark.parametrize("cut", [None, *CUTS])
async def test_a_minute_that_was_not_counted_may_be_too_bad(cut: str | None) -> None:
    """Two issues of 560 events in half an hour: no minute had more than five hundred, if all are known."""
    assert await highest(two_issues(people(80, 0), 280), cut) == ("P1" if cut is None else "P0")


@pytest.mark.parametrize("cut", [None, "one minute", "every minute"])
async def test_a_minute_of_a_whole_project_that_was_not_counted_may_be_too_bad(cut: str | None) -> None:
    """508 events of a project in an hour: all of its issues are counted by the minute."""
    assert await highest(one_issue(people(99, 400), 499), cut) == ("P1" if cut is None else "P0")
