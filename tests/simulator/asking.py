"""A client in front of an embedded Sentry, for the tests of the simulator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.scenario import IssueSpec, ReleaseSpec, Scenario, SessionsSpec, Stream, Transactions
from sentry_runbook.simulator.world import ManualClock, World

ORG = "/api/0/organizations/acme"


class Asked:
    """A world, the clock that moves it, and the client that asks it; paths are relative to the organization."""

    def __init__(
        self,
        scenarios: Scenario | Iterable[Scenario] | None = None,
        *,
        clock: ManualClock | None = None,
        profile: Profile | None = None,
        **options: Any,
    ) -> None:
        self.clock = clock or ManualClock()
        self.world = World.of_all(self.clock) if scenarios is None else World(scenarios, self.clock)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=create_app(self.world, profile=profile, **options)),
            base_url="http://sentry.example",
            headers={"Authorization": "Bearer secret"},
        )

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """Send a GET; a path from the root is taken as it is."""
        return await self.client.get(path if path.startswith("/api/") else f"{ORG}/{path}", params=params or None)

    async def read(self, path: str, **params: Any) -> Any:
        """Send a GET that must succeed, and give its JSON."""
        response = await self.get(path, **params)
        assert response.status_code == 200, response.text
        return response.json()

    async def put(self, short_id: str, body: Any) -> httpx.Response:
        """Change an issue."""
        return await self.client.put(f"{ORG}/issues/{short_id}/", json=body)

    async def changed(self, short_id: str, body: Any) -> Any:
        """Change an issue, and give what a GET shows afterwards."""
        response = await self.put(short_id, body)
        assert response.status_code == 200, response.text
        return await self.read(f"issues/{short_id}/")


def one_issue(
    *streams: Stream,
    releases: tuple[ReleaseSpec, ...] = (),
    sessions: tuple[SessionsSpec, ...] = (),
    transactions: tuple[Transactions, ...] = (),
    **issue: Any,
) -> Scenario:
    """Give the smallest scenario: one issue, ``SHOP-1``."""
    return Scenario(
        name="small",
        issues=(IssueSpec("SHOP-1", "Boom", streams=streams, **issue),),
        releases=releases,
        sessions=sessions,
        transactions=transactions,
    )
