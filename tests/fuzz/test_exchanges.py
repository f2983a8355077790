"""2,000 odd HTTP answers in front of all tools, writes included: never an exception that is not ours.

Every call has a seed, which alone repeats it: ``python -m tests.fuzz exchange 17``.
"""

from __future__ import annotations

import pytest

from sentry_runbook.sentry import messages
from sentry_runbook.tool_names import TOOL_NAMES
from tests.fuzz.exchanging import exchanging
from tests.matrix import matrix

ANSWERS = 2_000
A_PART = 200
CALLS = 3 * len(TOOL_NAMES)
"""Calls of one part: each tool three times, and as many more as it takes for 200 odd answers."""
PARTS = range(ANSWERS // A_PART)


async def played(part: int) -> tuple[list[str], int]:
    """What was wrong with the calls of one part, and how many answers were odd."""
    wrong: list[str] = []
    odd = number = 0
    async with exchanging() as calls:
        while number < CALLS or odd < A_PART:
            faults, count = await calls.play(1_000 * part + number)
            wrong += faults
            odd, number = odd + count, number + 1
    return wrong, odd


@pytest.mark.parametrize("part", matrix(PARTS, quick=(0,)))
async def test_odd_exchanges_end_in_an_answer_or_in_words_of_ours(part: int) -> None:
    wrong, odd = await played(part)
    assert wrong == [], "\n".join(wrong)
    assert odd >= A_PART


async def test_a_fault_put_in_on_purpose_is_told_with_its_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: str | None) -> str:
        raise KeyError("cursor")

    monkeypatch.setattr(messages, "next_cursor", crash)
    monkeypatch.setattr("sentry_runbook.sentry.parsing.next_cursor", crash)
    wrong, _ = await played(0)
    assert any("KeyError: 'cursor' at " in fault and "seed " in fault for fault in wrong)
