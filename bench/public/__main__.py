"""``python -m bench.public [FOLDER]``: score the product on public data and print the table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.public.rhythm import DATA, Score, bare_rule, product, read_rhythms, score


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table of all data that is there; exit 2 when there is none."""
    options = _options(argv)
    rhythms = read_rhythms(options.folder)
    if not rhythms:
        print(f"No public data: {options.folder / 'rhythm'} has no labels.json. Give the folder that holds rhythm/.")
        return 2
    scores = {"sentry-runbook": score(rhythms, product), "the bare rule": score(rhythms, bare_rule)}
    print("\n".join(rhythm_table(scores)))
    if options.list:
        print("\n".join(("", *_listed(scores["sentry-runbook"]))))
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.public", description="Scores on public data.")
    parser.add_argument("folder", nargs="?", type=Path, default=DATA, help="default: ../shared/data")
    parser.add_argument("--list", action="store_true", help="also list every claim and every label")
    return parser.parse_args(argv)


def rhythm_table(scores: dict[str, Score]) -> Iterator[str]:
    """A column for each judge."""
    first = next(iter(scores.values()))
    yield _row(f"rhythm: {first.quiet} quiet windows, {first.labels} labels", list(scores))
    yield _row("claimed in quiet windows", [f"{s.claimed} ({s.claimed / s.quiet:.1%})" for s in scores.values()])
    yield _row("of these with high confidence", [f"{s.high} ({s.high / s.quiet:.1%})" for s in scores.values()])
    yield _row("two hours after a label: found", [f"{s.found}" for s in scores.values()])
    yield _row("overlapping the hours around it", [f"{s.near}" for s in scores.values()])
    yield _row("begun within 60 minutes of it", [f"{s.in_time}" for s in scores.values()])


def _row(name: str, cells: Sequence[str]) -> str:
    return f"{name:<44}" + "".join(f"{cell:>18}" for cell in cells)


def _listed(answers: Score) -> Iterator[str]:
    for name, label, claim in answers.answers:
        yield f"label {name} {label:%m-%d %H:%M}: {_claim(claim)}"
    for name, look, claim in answers.claims:
        yield f"quiet {name} {look:%m-%d %H:%M}: {_claim(claim)}"


def _claim(claim: object) -> str:
    return "none" if claim is None else str(claim)


if __name__ == "__main__":
    sys.exit(main())
