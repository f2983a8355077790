"""5,000 real answers with odd values: never an exception, never a masked release, and no answer over its budget.

Every call has a seed, which alone repeats it: ``python -m tests.fuzz 17``.
"""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest

from sentry_runbook.simulator.clock import ManualClock
from tests.fuzz.payloads import ISSUES, LAST, AnyMoment
from tests.fuzz.playing import Fuzz, fuzzing
from tests.matrix import matrix
from tests.recordings import archive
from tests.tools.recorded_simulator import scene

PAYLOADS = 5_000
A_PART = 100
"""Mutated answers of one test."""
PARTS = range(PAYLOADS // A_PART)
SEEDS_OF_A_PART = 1_000
"""Seeds are numbered by part: the part tells what answers."""
EMBEDDED = {
    "payment-spike": "SHOP-1Z",
    "typeerror-v2.4.1": "WEB-7K",
    "geocoding-503": "GEO-42",
    "staging-only": "ADMIN-5S",
}
"""Scenarios of the embedded Sentry and an issue of each: every fifth part, and all where there are no recordings."""


async def played(part: int, seeds: range, payloads: int) -> tuple[list[str], int]:
    """What was wrong with the calls of these seeds, until so many answers were mutated; and how many were."""
    if archive() is not None and part % 5:
        inner = AnyMoment()
        async with fuzzing(inner, ManualClock(datetime.fromisoformat(LAST)), ISSUES) as fuzz:
            return await _play(fuzz, seeds, payloads, inner)
    here = scene(tuple(EMBEDDED))
    async with fuzzing(here.tape, here.clock, tuple(EMBEDDED.values())) as fuzz:
        return await _play(fuzz, seeds, payloads, None)


async def _play(fuzz: Fuzz, seeds: range, payloads: int, moments: AnyMoment | None) -> tuple[list[str], int]:
    wrong: list[str] = []
    count = 0
    for seed in seeds:
        if moments is not None:
            moments.random = Random(seed)  # noqa: S311  # a repeatable choice, no secret
        wrong += await fuzz.play(seed)
        count += fuzz.odd.payloads
        if count >= payloads:
            break
    return wrong, count


@pytest.mark.parametrize("part", matrix(PARTS, quick=(0, 1, 2)))
async def test_odd_answers_cost_nothing_but_what_they_would_have_told(part: int) -> None:
    first = part * SEEDS_OF_A_PART
    wrong, count = await played(part, range(first, first + SEEDS_OF_A_PART), A_PART)
    assert wrong == [], "\n".join(wrong)
    assert count >= A_PART
