"""The deploys that are read are those of the release that the rules suspect, by one rule of what a regression tells."""

from __future__ import annotations

import httpx
import pytest

from sentry_runbook.collect import TRIAGE, investigate
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.releases import suspect_release
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, ReleaseSpec, Scenario, StateChange, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import SETTINGS

OLD, NEW = "shop@1.0.0", "shop@1.1.0"
RESOLVED = (StateChange(-600, "resolved"), StateChange(-400, "resolved"))


def regressed(*history: StateChange) -> Scenario:
    """An issue that began in one release, was resolved, and came back in the next one."""
    streams = (Stream(20, -700, -650, users=5, release=OLD), Stream(20, -500, -450, users=5, release=NEW))
    return Scenario(
        name="regressed",
        issues=(IssueSpec("SHOP-1", "boom", streams=streams, history=history),),
        releases=(
            ReleaseSpec(OLD, -720, (DeploySpec(-710, "production"), DeploySpec(-705, "staging"))),
            ReleaseSpec(NEW, -510, (DeploySpec(-505, "production"), DeploySpec(-504, "staging"))),
        ),
    )


@pytest.mark.parametrize(
    ("history", "suspect"),
    [
        pytest.param(RESOLVED[:1], NEW, id="the regression is the last word"),
        pytest.param(RESOLVED, OLD, id="resolved since, the regression is history"),
    ],
)
async def test_the_deploys_of_the_suspect_release_are_read(history: tuple[StateChange, ...], suspect: str) -> None:
    clock = ManualClock()
    app = create_app(World(regressed(*history), clock))
    run = build_runtime(SETTINGS, http_transport=httpx.ASGITransport(app), clock=clock)
    evidence = await investigate(run, "SHOP-1", TRIAGE)
    await run.aclose()
    assert suspect_release(evidence) == suspect
    assert isinstance(evidence.deploys, Known)
    assert {deploy.version for deploy in evidence.deploys.value} == {suspect}
