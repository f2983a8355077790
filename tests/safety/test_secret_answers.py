"""Every row of the corpus of secrets through the real server: a tool shows of a row what the gate lets through."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from tests.matrix import matrix
from tests.safety.score import MASK, leaks, missed, touched
from tests.safety.secret_rows import Row, rows, strings
from tests.tools.support import connected

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import Crumb, IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World

MESSAGES = [row for row in rows() if not row.name and isinstance(row.content, str)]
NAMED = [row for row in rows() if row.name or not isinstance(row.content, str)]
CRUMBS, CONTEXTS = 16, 7
"""Rows of one event; more would not fit into one answer."""
ISSUES = max(-(-len(MESSAGES) // CRUMBS), -(-len(NAMED) // CONTEXTS))
BATCH = 12
"""Issues of one world."""


def issue(number: int) -> IssueSpec:
    """An issue whose one event carries some rows: messages as breadcrumbs, values of names as contexts."""
    return IssueSpec(
        f"SHOP-{number + 1}",
        "Boom",
        streams=(Stream(1, -10),),
        breadcrumbs=tuple(Crumb(row.id, str(row.content)) for row in messages_of(number)),
        contexts={row.id: {row.name or "value": row.content} for row in named_of(number)},
    )


def messages_of(number: int) -> Sequence[Row]:
    return MESSAGES[number * CRUMBS : (number + 1) * CRUMBS]


def named_of(number: int) -> Sequence[Row]:
    return NAMED[number * CONTEXTS : (number + 1) * CONTEXTS]


def shown(values: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Id and texts of every row in an answer."""
    for crumb in values["event"].get("breadcrumbs", ()):
        yield crumb["category"], [crumb["text"]]
    for name, context in values["event"].get("contexts", {}).items():
        yield name, strings(context)


@pytest.mark.parametrize("first", matrix(range(0, ISSUES, BATCH), quick=(0, 48)))
async def test_a_tool_shows_of_a_row_what_the_gate_lets_through(first: int) -> None:
    clock, numbers = ManualClock(), range(first, min(first + BATCH, ISSUES))
    scenario = Scenario(name="rows", project="shop", issues=tuple(map(issue, numbers)), platform="node")
    by_id = {row.id: row for number in numbers for row in (*messages_of(number), *named_of(number))}
    seen: set[str] = set()
    async with connected(world=World(scenario, clock), clock=clock) as connection:
        for number in numbers:
            for id_, texts in shown(await connection.call("get_issue", issue=f"SHOP-{number + 1}")):
                row = by_id.get(id_)
                if row is None:  # a context that every event has
                    continue
                seen.add(id_)
                assert len(leaks(row, texts)) <= missed(row), id_
                assert not row.harmless or touched(row) or not any(map(MASK.search, texts)), id_
    assert seen == set(by_id)
