"""What a review asks for fits one answer, in two rounds: no step is silently coarsened, and nothing is asked twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from bench import many_alerts
from sentry_runbook.errors import NotFound
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.alerts.worlds import QUICK, all_worlds, built_world
from tests.collect.reviewed import Reviewer, reviewer, unread
from tests.matrix import matrix
from tests.tools.support import SETTINGS

POINTS = 10_000
"""Of one answer; ``topEvents`` groups share them (reference: sentry-api, 8)."""
AT_ONCE = 24
MOST_FIRED = 12
"""Alerts that fired in the period: of more the firings alone fill the second round."""
TOLD = [world.name for world in all_worlds() if not world.name.startswith("drawn")]
"""Worlds that somebody wrote; those that are drawn have alerts of so many kinds that their lists alone take rounds."""
STEPS = {"m": 60, "s": 1, "h": 3600, "": 1}


@dataclass
class Steps(httpx.AsyncBaseTransport):
    """A Sentry whose series are held against the step that was asked for.

    Attributes:
        coarsened: requests that were answered in another step.
    """

    inner: httpx.AsyncBaseTransport
    coarsened: list[str]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on."""
        response = await self.inner.handle_async_request(request)
        if response.status_code == 200 and request.url.path.endswith(("events-timeseries/", "events-stats/")):
            await response.aread()
            if steps_in(response.json()) - {step_of(request.url.params["interval"]), None}:
                self.coarsened.append(str(request.url))
        return response


def step_of(interval: str) -> int:
    """Seconds of ``60``, ``1m`` or ``90s``."""
    found = re.fullmatch(r"(\d+)([smh]?)", interval)
    assert found is not None
    return int(found[1]) * STEPS[found[2]]


def steps_in(body: Mapping[str, Any]) -> set[int | None]:
    """Seconds between the first two points of each series; None of one that has a single point, or of no series."""
    if "timeSeries" in body:
        rows = [[point["timestamp"] // 1000 for point in one["values"]] for one in body["timeSeries"]]
    else:
        rows = [[pair[0] for pair in part["data"]] for part in ([body] if "data" in body else body.values())]
    return {row[1] - row[0] if len(row) > 1 else None for row in rows} or {None}


def world_of(name: str) -> tuple[World, Profile, datetime]:
    """A world of the alerts, or the demo, and its present."""
    if name == "demo":
        return World.of_all(ManualClock()), Profile(), ManualClock().now
    built = built_world(name)
    world, clock = built.sentry()
    return world, built.profile, clock.now


def too_long(review: Reviewer) -> Sequence[str]:
    """Series that ask for more points than an answer has."""
    found = []
    for path, query in review.requests:
        if "events-timeseries" in path or "events-stats" in path:
            length = datetime.fromisoformat(query["end"][0]) - datetime.fromisoformat(query["start"][0])
            groups = int(query.get("topEvents", ["1"])[0])
            if length / timedelta(seconds=step_of(query["interval"][0])) > POINTS / groups:
                found.append(f"{path} {query}")
    return found


@pytest.mark.parametrize("older", [False, True], ids=["newer", "older"])
@pytest.mark.parametrize("name", matrix(["demo", *(world.name for world in all_worlds())], quick={"demo", *QUICK}))
async def test_no_series_is_refused_or_coarsened_by_the_server(name: str, older: bool) -> None:
    world, profile, now = world_of(name)
    shown = replace(profile, timeseries=False) if older else profile
    coarsened: list[str] = []
    steps = Steps(httpx.ASGITransport(create_app(world, profile=shown)), coarsened)
    review = reviewer(transport=steps)
    evidence = await review(start=(now - timedelta(days=14)).isoformat(), end=now.isoformat())
    assert review.asked("events-stats" if older else "events-timeseries"), "something is counted"
    assert not too_long(review)
    assert not coarsened
    assert not [what for what in unread(evidence) if "series" in what]
    if not older:
        assert not review.asked("events-stats"), "what the newer form refuses is asked again in the older one"


# --- rounds on the wire, with as many requests at once as the client sends


@pytest.mark.parametrize("name", matrix(["five", "fifty", "demo", *TOLD], quick={"five", "fifty", *QUICK}))
async def test_a_review_takes_two_rounds_of_what_the_client_sends_at_once(name: str) -> None:
    sizes = {"five": 5, "fifty": 50}
    world, profile = (many_alerts.world(sizes[name]), Profile()) if name in sizes else world_of(name)[:2]
    review = reviewer(world, profile=profile, settings=SETTINGS)
    await review()
    fired = len(review.asked("group-history", "open-periods"))
    if fired <= MOST_FIRED:
        assert review.upstream.rounds == 2, review.upstream.requests_per_round
    else:
        assert len(review.upstream.requests) <= AT_ONCE + 2 * fired + 2 * AT_ONCE, "firings, and two rounds of counts"
    assert max(review.upstream.requests_per_round) <= AT_ONCE


async def test_a_project_given_by_its_slug_costs_no_round_of_its_own() -> None:
    review = reviewer(World.of_all(ManualClock()), settings=SETTINGS)
    by_slug = await review(project="tickets")
    assert review.upstream.rounds == 2, review.upstream.requests_per_round
    number = next(under.issue.project_id for under in by_slug.issues)
    assert {under.issue.project_id for under in by_slug.issues} == {number}
    by_number = await review(project=number)
    assert by_slug.issues == by_number.issues
    assert by_slug.hourly == by_number.hourly and by_slug.sessions == by_number.sessions
    assert by_slug.alerts == by_number.alerts


async def test_older_servers_are_asked_by_number_and_never_by_slug() -> None:
    profile = Profile(project_slugs=False, timeseries=False)
    review = reviewer(World.of_all(ManualClock()), profile=profile, settings=SETTINGS)
    evidence = await review(project="tickets")
    assert evidence.issues and isinstance(evidence.hourly, Known) and evidence.hourly.value
    assert not [what for what in unread(evidence) if "series" in what or "by the hour" in what]
    assert review.upstream.rounds <= 4, review.upstream.requests_per_round


async def test_a_project_that_is_not_there_is_named_though_all_else_is_asked_at_once() -> None:
    with pytest.raises(NotFound, match="nothing-here"):
        await reviewer(World.of_all(ManualClock()), settings=SETTINGS)(project="nothing-here")
