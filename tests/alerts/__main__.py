"""``python -m tests.alerts``: play all worlds through ``review_alerts`` and print what is right and what is not.

Words choose worlds whose name contains one of them. The exit code is 1 where anything differs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.alerts.report import report
from tests.alerts.worlds import all_worlds


def main(words: Sequence[str]) -> int:
    """Play the chosen worlds."""
    names = [world.name for world in all_worlds() if not words or any(word in world.name for word in words)]
    if not names:
        print(f"no world's name contains {' or '.join(words)}")  # noqa: T201 # what a script prints is what it is for
        return 1
    lines, is_right = report(names)
    print("\n".join(lines))  # noqa: T201 # as above
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
