"""Every field of the evidence is read by some tool, or shown as it is.

What nobody reads costs requests and parsing for nothing, and looks as if something depended on it.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from sentry_runbook.settings import Secret
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario
from sentry_runbook.simulator.scenario.watchers import FilterSpec
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from sentry_runbook.tools import definitions
from tests.collect import situation_worlds
from tests.collect.situation_worlds import burst, people
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip_world import ISSUE, GlitchTipWorld, Happened
from tests.incident.postmortem_cases import NEARLY_NOTHING
from tests.rich_scenario import RICH
from tests.test_evidence_fields import all_fields, models_of_the_evidence, name_of
from tests.together.worlds import cascade
from tests.tools.support import SETTINGS, connected
from tests.tools.test_postmortem_alerts import alert, drafted, shop
from tests.tools.test_result_fields import afterwards, calls, changes, fields

NOT_READ: Mapping[str, str] = {
    "Activity.resolved_in": "of a regression by date; tests/tools/test_next_release.py",
    "Evidence.version": "the format of the file",
    "Frame.address": "of native frames; tests/incident/test_chain.py",
    "Frame.module": "where a frame names no file; tests/incident/test_facts.py",
    "Stack.frames": "of messages and threads; tests/incident/test_chain.py",
    "Stack.frames_omitted": "as above",
    "Stack.thread": "as above",
    "Known.state": "tells known from unknown in a file",
    "Unknown.state": "as above",
    "ReleaseSessions.crash_rate": "where Sentry tells no hours; tests/incident/test_release_health.py",
    "ReleaseSessions.sessions": "as above",
    "ReleaseSessions.unhandled_rate": "as above",
    "OutcomeSeries.total": "where Sentry tells no hours; tests/tools/test_dropped_events.py",
}
"""Why no tool reads it."""
PLAYED = ("payment-spike", "typeerror-v2.4.1", "sdk-misconfiguration", "quota-exhausted")


@contextlib.contextmanager
def recorded_reads(monkeypatch: pytest.MonkeyPatch, read: set[str]) -> Iterator[None]:
    """Adds ``Class.field`` to ``read`` whenever code asks an evidence model for a field."""

    def recording(model: type[BaseModel]) -> Callable[[BaseModel, str], Any]:
        owner, names = name_of(model), frozenset(model.model_fields)

        def get(self: BaseModel, name: str) -> Any:
            if name in names:
                read.add(f"{owner}.{name}")
            return object.__getattribute__(self, name)

        return get

    with monkeypatch.context() as patch:
        for model in models_of_the_evidence():
            patch.setattr(model, "__getattribute__", recording(model), raising=False)
        yield


def at_last(issue: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that read a comment, and what an archive waits for."""
    yield "draft_postmortem", {"issue": issue}
    for _ in range(2):
        yield "resolve_issue", {"issue": issue, "action": "ignore", "ignore_count": 5}


async def play_without_discover() -> None:
    """More events than are read, some of them without a user: bounds stand for numbers."""
    now = datetime(2026, 11, 23, 4, 31, tzinfo=UTC)
    start = now - timedelta(minutes=50)
    users = [str(number % 130) if number % 50 else None for number in range(2_500)]
    events = [Happened(start + timedelta(seconds=number), user) for number, user in enumerate(users)]
    settings = dataclasses.replace(SETTINGS, token=Secret(TOKEN))
    transport, clock = GlitchTipWorld(events, now).transport(), ManualClock(now)
    async with connected("payment-spike", settings=settings, transport=transport, clock=clock) as connection:
        for tool in ("classify_severity", "draft_postmortem"):
            await connection.client.call_tool(tool, {"issue": ISSUE})


async def play_beside_another() -> None:
    """An issue with owners, and one whose project has another issue with far more events."""
    for issue in ("RICH-1", "RICH-3"):
        clock = ManualClock()
        async with connected(world=World([RICH], clock), clock=clock) as connection:
            await connection.client.call_tool("triage_issue", {"issue": issue})


async def play_several() -> None:
    """Issues of three projects as one incident."""
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        for tool in ("draft_postmortem", "check_recovery"):
            await connection.client.call_tool(tool, {"issue": "PAY-1", "issues": ["WEB-1", "EDGE-1"]})


async def play_situations() -> None:
    """Lists of which a situation reads more than a triage: of staging alone, and of more issues than a page holds."""
    storm = tuple(IssueSpec(f"STORM-{number}", f"Error {number}", raw=burst(-20, people(2))) for number in range(101))
    for scenario in (situation_worlds.staged(), Scenario(name="storm", issues=storm)):
        clock = ManualClock()
        async with connected(world=World(scenario, clock), clock=clock) as connection:
            await connection.client.call_tool("assess_situation", {})


async def play_alerts() -> None:
    """Postmortems of an alert that never came near, of one without a replay, and of a server that counts little."""
    opaque = FilterSpec(({"type": "latest_release", "comparison": True},))
    for spec in (alert("Pays", 5000), alert("Release", filters=(opaque,))):
        await drafted(shop(spec))
    clock = ManualClock()
    world = World([NEARLY_NOTHING.scenario], clock)
    async with connected(world=world, clock=clock, profile=NEARLY_NOTHING.profile) as connection:
        await connection.client.call_tool("draft_postmortem", {"issue": NEARLY_NOTHING.scenario.issue})


async def test_every_field_of_the_evidence_is_read_by_some_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    read: set[str] = set()
    direct = dataclasses.replace(SETTINGS, writes="direct")
    with recorded_reads(monkeypatch, read):
        await play_without_discover()
        await play_beside_another()
        await play_several()
        await play_situations()
        await play_alerts()
        for name in PLAYED:
            scenario = SCENARIOS[name]
            async with connected(name, settings=direct) as connection:
                for steps in (
                    calls(scenario.issue),
                    changes(scenario),
                    afterwards(scenario.issue),
                    at_last(scenario.issue),
                ):
                    for tool, arguments in steps:
                        await connection.client.call_tool(tool, arguments)
                    connection.clock.advance(hours=9)
    shown = {name_of(model) for definition in definitions() for model in fields(definition.result, {})}
    unread = {name for name in set(all_fields()) - read if name.partition(".")[0] not in shown}
    never = sorted(unread - set(NOT_READ))
    assert never == [], f"no tool reads these: read them, or drop the fields: {never}"
    assert sorted(set(NOT_READ) - unread) == [], "read, though listed as not read"
