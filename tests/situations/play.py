"""Plays situations: the one place that knows how the product is asked.

The whole result is read, before the tool cuts it to its budget: of a storm of three hundred issues an answer lists a
few. That the tool tells the same, as far as it shows it, is held by the tests of the tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import httpx

from sentry_runbook.collect.situation import collect_situation
from sentry_runbook.incident.situation.situation import assess as assess_evidence
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.corpus.play import SETTINGS
from tests.situations.raw import Situation, Suspect
from tests.situations.score import Figures, Produced, scored
from tests.situations.world import world as world_of


async def assess(world: World, now: datetime) -> list[Produced]:
    """Ask the product what is going on, over all projects, in the hour up to now."""
    run = build_runtime(SETTINGS, http_transport=httpx.ASGITransport(create_app(world)), clock=ManualClock(now))
    try:
        evidence = await collect_situation(run)
    finally:
        await run.aclose()
    incidents = assess_evidence(evidence, run.policy).incidents
    return [produced(incident.model_dump(mode="json"), now) for incident in incidents]


def produced(incident: Mapping[str, Any], now: datetime) -> Produced:
    """Read one incident of the answer."""
    return Produced(
        frozenset(issue["short_id"] for issue in incident["issues"]),
        incident["severity"],
        suspect(incident.get("suspect")),
        incident.get("users"),
        minutes(incident.get("began"), now),
        bool(incident.get("users_at_least")),
    )


def suspect(told: Mapping[str, Any] | str | None) -> Suspect:
    """Read the suspect: an object with ``kind`` and ``name``; none is left out or of that kind."""
    if told is None or isinstance(told, str):
        return Suspect("none")
    return Suspect(told.get("kind", "none"), told.get("name", ""))


def minutes(moment: str | None, now: datetime) -> float | None:
    """Minutes from now of an instant as ISO 8601."""
    return None if moment is None else (datetime.fromisoformat(moment) - now).total_seconds() / 60


async def play(situation: Situation) -> list[Produced]:
    """Play one situation."""
    return await assess(world_of(situation.raw), situation.raw.now)


async def play_all(situations: Iterable[Situation]) -> Figures:
    """Play them one after the other and score what is told."""
    played = list(situations)
    return scored(played, [await play(situation) for situation in played])
