"""Releases of the project and of all others in one request, and alone where that one tells too little."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from bench.rounds import RoundCountingTransport

from sentry_runbook.collect import RECOVERY, TRIAGE, investigate
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.runtime import Runtime, build_runtime
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.collect.asked import Change, Changed, refusal
from tests.tools.support import BASE, SETTINGS

DAY, HOUR = 1440, 60
OWN = (ReleaseSpec("one@2", -310, (DeploySpec(-305),)), ReleaseSpec("one@1", -9 * DAY, (DeploySpec(-9 * DAY),)))
ONE = Scenario(name="one", issues=(IssueSpec("ONE-1", streams=(Stream(60, -300, -1),)),), releases=OWN)
OTHER = Scenario(
    name="two",
    issues=(IssueSpec("TWO-1", streams=(Stream(60, -300, -1),)),),
    releases=(
        ReleaseSpec("two@7", -330, (DeploySpec(-320),)),
        ReleaseSpec("two@6", -50 * HOUR, (DeploySpec(-50 * HOUR),)),
        ReleaseSpec("two@5", -60 * HOUR, (DeploySpec(-60 * HOUR),)),
    ),
)
BUSY = Scenario(
    name="busy",
    issues=(IssueSpec("BUSY-1", streams=(Stream(60, -300, -1),)),),
    releases=tuple(ReleaseSpec(f"busy@{number}", -300 + number) for number in range(60)),
)
NAMELESS = Scenario(name="one", issues=(IssueSpec("ONE-1", streams=(Stream(60, -300, -1, release=None),)),))


class Sentry:
    """An embedded Sentry of several projects, and how it was asked for releases."""

    def __init__(self, *scenarios: Scenario, profile: Profile | None = None, changes: dict[str, Change] | None = None):
        clock = ManualClock()
        app = httpx.ASGITransport(create_app(World(scenarios, clock), profile=profile or Profile()))
        self.upstream = RoundCountingTransport(Changed(app, changes or {}))
        self.run: Runtime = build_runtime(SETTINGS, http_transport=self.upstream, clock=clock)

    async def ask(self, **arguments: Any) -> Evidence:
        """The evidence of one more triage of this process."""
        self.upstream.reset()
        return await investigate(self.run, "ONE-1", arguments.pop("aspects", TRIAGE), **arguments)

    @property
    def asked(self) -> list[str]:
        """Which projects' releases the last triage asked for."""
        urls = (httpx.URL(BASE + line.removeprefix("GET ")) for line in self.upstream.requests)
        return [url.params.get("project", "all") for url in urls if url.path.endswith("/releases/")]


def versions(part: object) -> list[str]:
    """Versions of a known list."""
    assert isinstance(part, Known), part
    return [release.version for release in part.value]


@pytest.mark.parametrize("aspects", [TRIAGE, RECOVERY])
async def test_one_request_brings_the_project_s_releases_and_those_of_the_others(aspects: Any) -> None:
    sentry = Sentry(ONE, OTHER)
    evidence = await sentry.ask(aspects=aspects)
    assert sentry.asked == ["all"] and sentry.upstream.rounds == 2
    assert versions(evidence.releases) == ["one@2", "one@1"]
    # Of the other projects those that may explain what the series show: a day before the window, and six hours.
    assert versions(evidence.other_releases) == ["two@7", "two@6"]
    assert isinstance(evidence.other_releases, Known) and not evidence.other_releases.note
    assert [release.projects for release in evidence.other_releases.value] == [("two",), ("two",)]


async def test_too_few_of_the_project_s_own_are_asked_for_once_more_and_from_then_on_at_once() -> None:
    sentry = Sentry(ONE, BUSY)
    for rounds in (3, 2, 2):
        evidence = await sentry.ask()
        assert len(sentry.asked) == 2 and sentry.upstream.rounds == rounds, sentry.upstream.requests_per_round
        assert versions(evidence.releases) == ["one@2", "one@1"]
        assert len(versions(evidence.other_releases)) == 30
        assert isinstance(evidence.other_releases, Known)
        assert "the latest 30 releases of other projects" in evidence.other_releases.note
        if rounds == 2:
            assert len(sentry.upstream.requests) <= 18


async def test_an_issue_without_a_release_asks_for_both_at_once() -> None:
    sentry = Sentry(NAMELESS, OTHER)
    evidence = await sentry.ask()
    assert len(sentry.asked) == 2 and sentry.upstream.rounds == 2 and len(sentry.upstream.requests) <= 18
    assert versions(evidence.releases) == []
    assert versions(evidence.other_releases) == ["two@7", "two@6"]


async def test_a_token_of_no_team_sees_the_project_s_own_alone() -> None:
    """sentry-api §2: without ``project`` only those whose member the token's user is are listed."""
    sentry = Sentry(ONE, OTHER, profile=Profile(member=False))
    evidence = await sentry.ask()
    assert len(sentry.asked) == 2
    assert versions(evidence.releases) == ["one@2", "one@1"]
    await sentry.ask()
    assert sentry.upstream.rounds == 2


async def test_a_server_that_refuses_a_list_of_all_is_asked_by_project() -> None:
    def of_all(response: httpx.Response, answer: Any) -> httpx.Response:
        refused = refusal(400, "You cannot view releases of multiple projects.")
        return response if "project" in response.request.url.params else refused(response, answer)

    sentry = Sentry(ONE, OTHER, changes={"releases": of_all})
    for asked in (2, 1):
        evidence = await sentry.ask()
        assert len(sentry.asked) == asked
        assert versions(evidence.releases) == ["one@2", "one@1"]
        assert isinstance(evidence.other_releases, Unknown) and evidence.other_releases.asked
        assert "by project only" in evidence.other_releases.why


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_list_that_cannot_be_read_costs_both_and_nothing_else(status: int) -> None:
    sentry = Sentry(ONE, OTHER, changes={"releases": refusal(status, "No.")})
    evidence = await sentry.ask()
    assert isinstance(evidence.releases, Unknown) and isinstance(evidence.other_releases, Unknown)
    assert evidence.releases.why == evidence.other_releases.why
    assert isinstance(evidence.totals, Known)
