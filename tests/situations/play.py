"""Plays situations: the one place that knows how the product is asked.

The product's team wires it here and nowhere else: ``assess`` calls the tool as a model would, and reads the public keys
of its answer (DESIGN section 10). An answer that is too long is cut; where it says how many issues an incident has and
lists fewer, the scores of the storms need the uncut result instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests.situations.raw import Situation, Suspect
from tests.situations.score import Figures, Produced, scored
from tests.situations.world import world as world_of
from tests.tools.support import connected

TOOL = "assess_situation"


class NotAnsweredError(Exception):
    """The tool is not there, or answered with an error; the message is its sentence."""


async def assess(world: World, now: datetime) -> list[Produced]:
    """Ask the product what is going on, over all projects, in the hour up to now."""
    async with connected(world=world, clock=ManualClock(now)) as connection:
        result = await connection.client.call_tool(TOOL, {})
    answer = result.structured_content
    if result.is_error or not isinstance(answer, dict):
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        raise NotAnsweredError(text)
    return [produced(incident, now) for incident in answer.get("incidents", ())]


def produced(incident: Mapping[str, Any], now: datetime) -> Produced:
    """Read one incident of the answer."""
    return Produced(
        frozenset(issue["short_id"] for issue in incident["issues"]),
        incident["severity"],
        suspect(incident.get("suspect")),
        incident.get("users"),
        minutes(incident.get("began"), now),
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
