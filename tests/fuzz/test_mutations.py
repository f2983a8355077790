"""The odd answers are themselves in order: one seed gives one answer, whatever came before, and none without bound."""

from __future__ import annotations

import copy
import json
from random import Random

from tests.fuzz.mutations import KNOWN_ODDITIES, MOST_CHARACTERS, OTHER_TYPES, mutated

DOCUMENT = {
    "id": "1",
    "count": "17",
    "firstSeen": "2026-11-25T19:57:39Z",
    "tags": [{"key": "release", "value": "web@2.4.1"}, {"key": "environment", "value": "production"}],
    "project": {"slug": "web", "teams": [["backend", 3]], "features": {}},
    "stats": {"24h": [[1_795_637_859, 4], [1_795_641_459, 0]]},
}
SEEDS = range(400)
CHANGES = 20


def odd_document(seed: int) -> str:
    """What becomes of the document by one seed, as text."""
    return json.dumps(mutated(copy.deepcopy(DOCUMENT), Random(seed), CHANGES)[0])  # noqa: S311  # repeatable, no secret


def test_a_seed_alone_repeats_its_answer() -> None:
    first = [odd_document(seed) for seed in SEEDS]
    assert [odd_document(seed) for seed in SEEDS] == first


def test_no_change_reaches_the_tables_that_changes_are_drawn_from() -> None:
    before = copy.deepcopy((OTHER_TYPES, KNOWN_ODDITIES))
    for seed in SEEDS:
        odd_document(seed)
    assert before == (OTHER_TYPES, KNOWN_ODDITIES)


def test_lists_within_lists_do_not_grow_without_bound() -> None:
    within = [[[["x" * 40] * 9] * 9] * 9]
    most = max(
        len(json.dumps(mutated(copy.deepcopy(within), Random(seed), CHANGES)[0]))  # noqa: S311  # repeatable, no secret
        for seed in range(20)
    )
    assert MOST_CHARACTERS / 2 < most <= len(json.dumps(within)) + CHANGES * MOST_CHARACTERS
