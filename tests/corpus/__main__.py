"""``python -m tests.corpus``: play all labelled incidents and print the confusion tables; exit 1 on a disagreement.

``python -m tests.corpus planted`` plays the planted explanations, and prints how often the planted cause stands first.
Words after it choose entries by half (``held_out``), kind, name or seed.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

import anyio

from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES
from tests.corpus.entries import entries
from tests.corpus.planted.entries import planted_incidents
from tests.corpus.planted.report import FOUND, QUIET, part, split
from tests.corpus.planted.report import play_all as play_planted
from tests.corpus.planted.report import report as planted_report
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


def planted(words: Sequence[str]) -> int:
    """Play the planted explanations and print their figures."""
    chosen = [
        entry
        for entry in planted_incidents()
        if not words or {entry.file, entry.kind, entry.name, str(entry.seed)} & set(words)
    ]
    scored = anyio.run(play_planted, chosen)
    print(planted_report(scored))  # noqa: T201 # the report is what the command is for
    found, quiet = split(scored)
    return 0 if part(found) >= FOUND and part(quiet) >= QUIET else 1


def main() -> int:
    """Play and print."""
    if sys.argv[1:2] == ["planted"]:
        return planted(sys.argv[2:])
    text, good = report(anyio.run(play_all, list(entries())))
    print(text)  # noqa: T201 # the report is what the command is for
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
