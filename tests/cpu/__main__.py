"""Prints what every pattern and scanner costs at its worst, dearest first: ``python -m tests.cpu [NAME …]``."""

from __future__ import annotations

import sys

from tests.cpu.judged import pattern_cost, scanner_cost
from tests.cpu.measuring import Cost, slowness
from tests.cpu.patterns import patterns
from tests.cpu.scanners import scanners


def costs(words: list[str]) -> list[Cost]:
    """Of all whose name holds one of the words; of all when there are none."""
    rows: list[Cost] = []
    for names, measure in ((patterns(), pattern_cost), (scanners(), scanner_cost)):
        for name in names:
            if not words or any(word in name for word in words):
                rows.append(measure(name))
                sys.stderr.write(f"{rows[-1]}\n")
    return sorted(rows, key=lambda row: row.ms, reverse=True)


if __name__ == "__main__":
    sys.stdout.write("\n".join(map(str, costs(sys.argv[1:]))) + "\n")
    sys.stdout.write(f"This machine is {slowness():.1f} times slower than an idle one.\n")
