"""The deploys that are read are those of the release that the rules suspect, by one rule of what a regression tells."""

from __future__ import annotations

import httpx
import pytest
from bench.rounds import RoundCountingTransport

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.model.evidence import Evidence, Known
from sentry_runbook.incident.releases import deploys_of, suspect_release
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, ReleaseSpec, Scenario, StateChange, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import SETTINGS

OLD, NEW = "shop@1.0.0", "shop@1.1.0"
RESOLVED = (StateChange(-600, "resolved"), StateChange(-400, "resolved"))


def regressed(*history: StateChange, first: str = "production", last: str = "staging") -> Scenario:
    """An issue that began in one release, was resolved, and came back in the next one, each deployed twice."""
    streams = (Stream(20, -700, -650, users=5, release=OLD), Stream(20, -500, -450, users=5, release=NEW))
    return Scenario(
        name="regressed",
        issues=(IssueSpec("SHOP-1", "boom", streams=streams, history=history),),
        releases=(
            ReleaseSpec(OLD, -720, (DeploySpec(-710, first), DeploySpec(-705, last))),
            ReleaseSpec(NEW, -510, (DeploySpec(-505, first), DeploySpec(-504, last))),
        ),
    )


async def triaged(scenario: Scenario) -> tuple[Evidence, int]:
    """The evidence of a triage, and how many requests it took."""
    clock = ManualClock()
    transport = RoundCountingTransport(httpx.ASGITransport(create_app(World(scenario, clock))))
    run = build_runtime(SETTINGS, http_transport=transport, clock=clock)
    evidence = await investigate(run, "SHOP-1", TRIAGE)
    await run.aclose()
    return evidence, len(transport.requests)


@pytest.mark.parametrize(
    ("history", "suspect"),
    [
        pytest.param(RESOLVED[:1], NEW, id="the regression is the last word"),
        pytest.param(RESOLVED, OLD, id="resolved since, the regression is history"),
    ],
)
async def test_the_deploys_of_the_suspect_release_are_read(history: tuple[StateChange, ...], suspect: str) -> None:
    evidence, requests = await triaged(regressed(*history))
    assert suspect_release(evidence) == suspect
    assert isinstance(evidence.deploys, Known)
    assert {deploy.version for deploy in evidence.deploys.value} == {suspect}
    assert requests <= 18


@pytest.mark.parametrize("history", [RESOLVED[:1], RESOLVED])
async def test_a_last_deploy_to_production_that_the_issue_tells_leaves_room_for_a_second_event(
    history: tuple[StateChange, ...],
) -> None:
    evidence, requests = await triaged(regressed(*history, first="staging", last="production"))
    suspect = suspect_release(evidence)
    assert suspect is not None
    assert not isinstance(evidence.deploys, Known)
    assert [deploy.environment for deploy in deploys_of(evidence, suspect) or ()] == ["production"]
    assert isinstance(evidence.sample, Known)
    assert requests <= 18
