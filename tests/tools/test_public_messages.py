"""What customers read of every embedded incident, at every moment: a status page's words, and nothing internal.

The names that must not appear are read from the scenarios, not from the evidence: whatever an incident is made of.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, get_args

import pytest

from sentry_runbook.incident.model.results.messages import PublicStatus
from sentry_runbook.settings import Limits
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import Scenario
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.corpus.entries import entries
from tests.incident.golden import FORMATS, OF_EVERY_AUDIENCE
from tests.matrix import matrix
from tests.tools.support import SETTINGS, Connection, connected

WORDS = get_args(PublicStatus)
WEEK = 7 * 24 * 60
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")
LENGTH = re.compile(r", after \d+ (?:min|h|d)(?: \d+ min)?")
NEXT = re.compile(r"Next update: (?:by \d{4}-\d\d-\d\d \d\d:\d\d UTC|when something changes|none planned)\n")
SYMPTOM = re.compile(r"Some (?:requests may (?:fail|have failed)|people may (?:see|have seen) errors)\.")
BLANK = "[what users notice, in plain words]."
"""Where the events do not tell it: not of a request, no person known to have met them, or not counted."""
PEOPLE = ("author", "email", "assigned_to", "who", "by", "user", "actor", "name")
"""Fields of a scenario whose plain words are names, too."""


FIXED = max((scenario.recovery.fixed_at for scenario in SCENARIOS.values() if scenario.recovery), default=0)
MOMENTS = {
    "at_once": 0,
    "after_half_an_hour": 30,
    "just_fixed": FIXED + 15,
    "hours_after_the_fix": FIXED + 5 * 60,
    "a_week_later": WEEK,
}
"""Minutes after the start of the world."""
SHARED = dataclasses.replace(SETTINGS, limits=Limits())
"""Calls about one incident share what was asked for it."""


def leaves(value: object, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a scenario, with the name of its field."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(key, field)
            yield from leaves(inner, str(key))
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from leaves(inner, field)
    elif dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from leaves(getattr(value, part.name), part.name)


def internal(scenario: Scenario) -> set[str]:
    """Hosts, classes, files, versions, people, ids, flags: all that is no plain word."""
    found = {scenario.slug}
    for field, text in leaves(scenario):
        for word in re.split(r"[\s,;\"'()]+", text):
            named = field in PEOPLE and word[:1].isupper()
            odd = re.search(r"[\d./@_:{}]|[a-z][A-Z]|\w-\w", word.strip(".:"))
            if len(word) > 3 and (named or odd):
                found.add(word.strip(".:").lower())
    return found - {"user", ""}


@asynccontextmanager
async def at(minutes: float) -> AsyncIterator[Connection]:
    """All scenarios, looked at so many minutes after the start."""
    clock = ManualClock()
    world = World(list(SCENARIOS.values()), clock)
    clock.advance(minutes=minutes)
    async with connected(world=world, clock=clock, settings=SHARED) as connection:
        yield connection


async def drafts(connection: Connection, issue: str, **stated: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Every message to customers about one incident."""
    for kind, form in product(OF_EVERY_AUDIENCE, FORMATS):
        given = {"kind": kind, "audience": "customers", "format": form, **stated}
        yield f"{issue} {kind} {form}", await connection.call("draft_update", issue=issue, **given)


@pytest.mark.parametrize("moment", matrix(MOMENTS, quick=("at_once", "just_fixed", "a_week_later")))
async def test_customers_read_a_status_pages_words_and_nothing_internal(moment: str) -> None:
    async with at(MOMENTS[moment]) as connection:
        for scenario in SCENARIOS.values():
            names = internal(scenario)
            recovery = await connection.call("check_recovery", issue=scenario.issue)
            is_over = recovery["verdict"] == "recovered" and recovery["fix_known"]
            async for heading, draft in drafts(connection, scenario.issue):
                text = draft["text"]
                assert (draft.get("status") == "resolved") is is_over, heading
                if "nothing_to_say" in draft:
                    assert text == f"Not written: {draft['nothing_to_say']}.", heading
                    assert "Status" not in text and "next_update_due" not in draft, heading
                else:
                    assert [name for name in names if name in text.lower()] == [], heading
                    assert_reads_like_a_status_page(text, draft, heading)


def assert_reads_like_a_status_page(text: str, draft: Mapping[str, Any], heading: str) -> None:
    """The symptom first, one of the four words, when the next update comes; no number but times, no address."""
    assert SYMPTOM.match(text) or text.startswith(BLANK), heading
    word = draft.get("status")
    assert sum(f"Status: {other.capitalize()}. " in text for other in WORDS) == bool(word), heading
    assert f"Status: {word.capitalize()}. " in text if word else f"Status: [{', '.join(WORDS[:3])} or" in text, heading
    assert word or "status" in [missing["what"] for missing in draft["missing"]], heading
    assert NEXT.search(text), heading
    assert ("by 20" in text) is ("next_update_due" in draft), heading
    assert not re.search(r"\d", LENGTH.sub("", TIME.sub("", text))), heading
    assert "http" not in text and "@" not in text, heading


LABELLED = list(entries())


@pytest.mark.matrix
@pytest.mark.parametrize("part", range(8))
async def test_customers_read_nothing_internal_of_any_labelled_incident(part: int) -> None:
    """The corpus has causes, hosts, classes and releases that the embedded incidents do not have."""
    for entry in LABELLED[part::8]:
        clock = ManualClock()
        async with connected(world=World(entry.scenario, clock), clock=clock) as connection:
            clock.advance(minutes=entry.now)
            issue = entry.scenario.issue
            draft = await connection.call("draft_update", issue=issue, kind="update", audience="customers")
        if "nothing_to_say" not in draft:
            text = draft["text"]
            assert [name for name in internal(entry.scenario) if name in text.lower()] == [], entry.name
            assert_reads_like_a_status_page(text, draft, entry.name)


async def test_every_word_is_said_of_some_embedded_incident() -> None:
    said: set[str] = set()
    for moment, stated in (("at_once", {}), ("just_fixed", {}), ("hours_after_the_fix", {"fix": "a rollback"})):
        async with at(MOMENTS[moment]) as connection:
            for scenario in SCENARIOS.values():
                draft = await connection.call("draft_update", issue=scenario.issue, audience="customers", **stated)
                said.add(str(draft.get("status")))
    assert said == {*WORDS, "None"}
