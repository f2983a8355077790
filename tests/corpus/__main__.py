"""``python -m tests.corpus``: play all labelled incidents and print the confusion tables; exit 1 on a disagreement."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

import anyio

from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES
from tests.corpus.entries import entries
from tests.corpus.play import Played, play_all


def table(title: str, pairs: Iterable[tuple[str, str]], order: Sequence[str]) -> str:
    """A confusion table: a row for each label, a column for each answer."""
    counts = Counter(pairs)
    names = [name for name in order if any(name in pair for pair in counts)]
    width = max(len(name) for name in names) + 2
    lines = [title, " " * width + "".join(f"{name:>{width}}" for name in names)]
    for label in names:
        cells = "".join(f"{counts[label, answer] or '.':>{width}}" for answer in names)
        lines.append(f"{label:<{width}}{cells}")
    return "\n".join(lines)


CAUSES = (*PATTERN_MODULES, "none")


def report(played: Sequence[Played]) -> tuple[str, bool]:
    """The report, and whether every label is met."""
    severities = [(one.entry.label.severity, one.severity) for one in played]
    causes = [(one.entry.label.cause, one.cause) for one in played]
    agreed = sum(label == answer for label, answer in severities)
    right = sum(label == answer for label, answer in causes)
    confident = [one for one in played if one.confidently_wrong]
    lines = [
        table("severity (rows: label, columns: answer)", severities, ("P0", "P1", "P2", "P3")),
        "",
        table("first cause (rows: label, columns: answer)", causes, CAUSES),
        "",
        f"{len(played)} incidents; severity {agreed}/{len(played)}; first cause {right}/{len(played)} "
        f"({100 * right / len(played):.1f} %); confidently wrong {len(confident)}",
    ]
    for one in played:
        wrong = one.differences()
        if one.severity != one.entry.label.severity:
            wrong.append(f"severity {one.severity} instead of {one.entry.label.severity}")
        if one.cause != one.entry.label.cause:
            wrong.append(f"cause {one.cause} instead of {one.entry.label.cause}")
        if one.confidently_wrong:
            wrong.append("confidently wrong")
        if wrong:
            lines.append(f"  {one.entry.file}: {one.entry.name}: {'; '.join(wrong)}")
    good = agreed == len(played) and right >= 0.95 * len(played) and not confident
    return "\n".join(lines), good and not any(one.differences() for one in played)


def main() -> int:
    """Play and print."""
    text, good = report(anyio.run(play_all, list(entries())))
    print(text)  # noqa: T201 # the report is what the command is for
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
