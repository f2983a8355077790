"""Plays the calls of single seeds again: ``python -m tests.fuzz 17 142008``."""

from __future__ import annotations

import sys

import anyio

from tests.fuzz.test_payloads import SEEDS_OF_A_PART, played


async def again(seeds: list[int]) -> int:
    """Print what is wrong with each call; the number of those with faults."""
    faulty = 0
    for seed in seeds:
        wrong, _ = await played(seed // SEEDS_OF_A_PART, range(seed, seed + 1), 1)
        sys.stdout.write("\n".join(wrong or [f"seed {seed}: nothing is wrong"]) + "\n")
        faulty += bool(wrong)
    return faulty


if __name__ == "__main__":
    sys.exit(anyio.run(again, [int(seed) for seed in sys.argv[1:]]))
