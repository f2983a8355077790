"""Plays the calls of single seeds again: ``python -m tests.fuzz 17 142008``, ``python -m tests.fuzz exchange 17``."""

from __future__ import annotations

import sys

import anyio

from tests.fuzz.exchanging import exchanging
from tests.fuzz.test_payloads import SEEDS_OF_A_PART, played


async def again(seeds: list[int]) -> int:
    """Print what is wrong with each call; the number of those with faults."""
    faulty = 0
    for seed in seeds:
        wrong, _ = await played(seed // SEEDS_OF_A_PART, range(seed, seed + 1), 1)
        sys.stdout.write("\n".join(wrong or [f"seed {seed}: nothing is wrong"]) + "\n")
        faulty += bool(wrong)
    return faulty


async def exchange_again(seeds: list[int]) -> int:
    """The same for the calls before a server whose whole answers are odd."""
    faulty = 0
    async with exchanging() as calls:
        for seed in seeds:
            wrong, _ = await calls.play(seed)
            sys.stdout.write("\n".join(wrong or [f"seed {seed}: nothing is wrong"]) + "\n")
            faulty += bool(wrong)
    return faulty


if __name__ == "__main__":
    is_exchange = sys.argv[1:2] == ["exchange"]
    chosen = [int(seed) for seed in sys.argv[1 + is_exchange :]]
    sys.exit(anyio.run(exchange_again if is_exchange else again, chosen))
