"""A world played through the product: its server over the embedded Sentry, asked by a client as any other would.

The one place that knows how the product is asked. The replays, which the tool does not print one by one, are taken from
the same evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import anyio
import httpx
from mcp import Client

from sentry_runbook.collect.alert_review import collect_alert_review
from sentry_runbook.incident.alerts.episodes import ReviewEpisode, episodes_of
from sentry_runbook.incident.alerts.replay import replay
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.model.evidence.alert_review import AlertReviewEvidence
from sentry_runbook.runtime import build_runtime
from sentry_runbook.server.app import build_server
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.app import create_app
from tests.alerts.worlds import built_world
from tests.alerts.worlds.building import Built
from tests.tools.support import SETTINGS, Seconds

PERIOD = "14d"
# The evidence is shared between the tool's pages and the look at the replays.
_SHARING = replace(SETTINGS, limits=Limits(cache_s=60))


@dataclass(frozen=True)
class Played:
    """What the product made of a world.

    Attributes:
        alerts: the tool's rows of all pages, in their order.
        first: the first page.
        replays: by the alert's name.
        short_ids: of the world's issues, by their number.
    """

    built: Built
    evidence: AlertReviewEvidence
    first: Mapping[str, Any]
    alerts: Sequence[Mapping[str, Any]]
    replays: Mapping[str, Replay]
    episodes: Sequence[ReviewEpisode]
    short_ids: Mapping[str, str]

    def row(self, name: str) -> Mapping[str, Any]:
        """The tool's row of an alert."""
        rows = [row for row in self.alerts if row["name"] == name]
        assert len(rows) == 1, f"{len(rows)} rows of {name!r} among {[row['name'] for row in self.alerts]}"
        return rows[0]


@cache
def played(name: str) -> Played:
    """Play a world, once in a process."""
    return anyio.run(play, built_world(name))


async def play(built: Built) -> Played:
    """Play a built world."""
    world, clock = built.sentry()
    transport = httpx.ASGITransport(create_app(world, profile=built.profile))
    run = build_runtime(_SHARING, http_transport=transport, clock=clock, elapsed=Seconds())
    try:
        async with Client(build_server(run)) as client:
            pages = [await _page(client, None)]
            while (cursor := pages[-1].get("next_cursor")) is not None:
                pages.append(await _page(client, cursor))
        evidence = await collect_alert_review(run, period=PERIOD)
    finally:
        await run.aclose()
    return Played(
        built,
        evidence,
        pages[0],
        [row for page in pages for row in page["alerts"]],
        {str(alert.name): replay(alert, evidence) for alert in evidence.alerts},
        episodes_of(evidence, run.policy),
        {issue.id: issue.short_id for issue in world.issues()},
    )


async def _page(client: Client, cursor: str | None) -> Mapping[str, Any]:
    arguments = {"period": PERIOD} | ({} if cursor is None else {"cursor": cursor})
    result = await client.call_tool("review_alerts", arguments)
    assert not result.is_error, result.content
    assert isinstance(result.structured_content, dict)
    return result.structured_content
