"""``python -m tests.situations``: play the situations and print the table; exit 1 when less is reached than is asked.

``python -m tests.situations quiet`` plays the 200 quiet windows in their place, ``drawn`` the hundred drawn situations
for development, ``held_out`` the other hundred. ``labels`` plays nothing and prints what is labelled. Other words
choose situations whose name or kind contains one of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence

import anyio

from sentry_runbook.errors import RunbookError
from tests.situations.drawn import DEVELOPMENT, HELD_OUT, drawn_situations
from tests.situations.play import play_all
from tests.situations.quiet import quiet_worlds
from tests.situations.raw import Situation
from tests.situations.report import report
from tests.situations.situations import situations
from tests.situations.truth import Counted

GROUPS: dict[str, Callable[[], Sequence[Situation]]] = {
    "quiet": quiet_worlds,
    "drawn": lambda: drawn_situations(DEVELOPMENT),
    "held_out": lambda: drawn_situations(HELD_OUT),
}


def chosen(words: Sequence[str]) -> list[Situation]:
    """The situations that the words name; all of them without a word."""
    groups = [word for word in words if word in GROUPS]
    names = [word for word in words if word not in {*GROUPS, "labels"}]
    every = [situation for group in groups for situation in GROUPS[group]()] if groups else situations()
    return [
        situation
        for situation in every
        if not names or any(name in f"{situation.kind} {situation.name}" for name in names)
    ]


def labels(chosen_situations: Sequence[Situation]) -> Iterator[str]:
    """What is labelled, a line a situation and a line an incident."""
    for situation in chosen_situations:
        yield f"{situation.kind}: {situation.name} ({sum(1 for _ in situation.raw.events())} events)"
        for made in situation.made:
            counted = Counted(situation.raw, made.issues)
            people = "unknown" if counted.users is None else " or ".join(map(str, sorted(counted.users)))
            yield (
                f"    {counted.severity.level} {counted.severity.decided_by}, {len(made.issues)} issues, "
                f"users {people}, "
                f"began {made.began:.2f}, {', '.join(' '.join(one).strip() for one in sorted(made.suspects))}"
                f"{', may be left out' if made.either else ''}: {made.name}"
            )


def main() -> int:
    """Play and print."""
    words = sys.argv[1:]
    if "labels" in words:
        print("\n".join(labels(chosen(words))))  # noqa: T201 # what the command is for
        return 0
    try:
        figures = anyio.run(play_all, chosen(words))
    except RunbookError as error:
        print(f"no answer: {error}", file=sys.stderr)  # noqa: T201 # what the command is for
        return 2
    print(report(figures))  # noqa: T201 # what the command is for
    return 0 if figures.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
