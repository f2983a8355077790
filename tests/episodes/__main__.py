"""``python -m tests.episodes [WORDS]``: the table, and every miss (of the cases whose name holds WORDS)."""

from __future__ import annotations

import sys

from tests.episodes.incidents import NAMES
from tests.episodes.score import all_looks, shares, table

words = " ".join(sys.argv[1:])
lines: list[str] = []
scored = all_looks(name for name in NAMES if words in ", ".join(name))
for look in scored:
    if look.onset is False or not look.verdict or look.confident_and_wrong:
        marks = "".join(
            (
                "O" if look.onset is False else "-",
                "-" if look.verdict else "V",
                "!" if look.confident_and_wrong else "-",
            )
        )
        lines.append(f"{marks} {look.case}, {look.look}: {look.words}")
lines += table(scored)
lines.append(str({name: round(share, 4) for name, share in shares(scored).items()}))
sys.stdout.write("\n".join(lines) + "\n")
