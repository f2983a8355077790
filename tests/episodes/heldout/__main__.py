"""``python -m tests.episodes.heldout [--seed N] [WORDS]``: the table, and every miss (of the cases that hold WORDS)."""

from __future__ import annotations

import argparse
import sys

from tests.episodes.heldout.incidents import NAMES
from tests.episodes.heldout.score import judge_all, share, table


def main() -> int:
    """Judge and print; exit 1 where a bound of issue 11 is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.episodes.heldout", description="The held-out incidents.")
    parser.add_argument("words", nargs="*", help="only cases whose name holds these words")
    parser.add_argument("--seed", type=int, default=0, help="draw the events anew (default 0)")
    options = parser.parse_args()
    words = " ".join(options.words)
    looks = list(judge_all((name for name in NAMES if words in " × ".join(name)), options.seed))
    onset, verdict = share(look.onset for look in looks), share(look.verdict for look in looks)
    wrong = sum(look.confident_and_wrong for look in looks)
    lines = [look.line() for look in looks if look.is_miss]
    lines += table(looks)
    lines.append(f"onset within its grain {onset:.1%}, verdicts {verdict:.1%}, confident and wrong {wrong}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if onset >= 0.97 and verdict >= 0.97 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
