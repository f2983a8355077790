"""``python -m bench.public [FOLDER]``: score the product on public data and print the tables."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.public import attribution, linter, rivals
from bench.public.rhythm import DATA, Rhythm, Score, bare_rule, product, read_rhythms, score

OURS = "sentry-runbook (ours)"
JUDGES: dict[str, attribution.Judge] = {
    OURS: attribution.product,
    "chi-square of sets": rivals.chi_square,
    "harmonic mean of sets": rivals.harmonic_mean,
    "Adtributor": rivals.adtributor,
    "values by lift": rivals.by_lift,
    "values by share": rivals.by_share,
}
ABOUT = (
    "Failures only, a minute against the four before, 100 largest combinations each. All judges saw the same rows in",
    "this run. The others are written here from their published ideas, with default settings (Adtributor: T_EEP 0.1,",
    "T_EP 0.67); of lift, values with 5 % of the events or more. A tie counts as if the right set stood last in it.",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables of all data that is there; exit 2 when there is none."""
    options = _options(argv)
    cases, rhythms = attribution.read_cases(options.folder), read_rhythms(options.folder)
    texts = linter.read_texts(options.folder)
    if not cases and not rhythms and not texts:
        print(
            f"No public data: {options.folder} has no attribution/labels.json, no rhythm/labels.json and no texts in"
            " postmortems/. Give the folder that holds them."
        )
        return 2
    parts = [
        list(attribution_table(cases)) if cases else [_absent("attribution", options.folder)],
        _rhythm(rhythms, with_list=options.list) if rhythms else [_absent("rhythm", options.folder)],
        list(linter.table(texts)) if texts else [_absent("postmortems", options.folder)],
        list(linter.sentence_table()),
    ]
    print("\n\n".join("\n".join(part) for part in parts))
    return 0


def _absent(name: str, folder: Path) -> str:
    return f"{name}: not there ({folder / name})"


def _rhythm(rhythms: Sequence[Rhythm], *, with_list: bool) -> list[str]:
    scores = {"sentry-runbook": score(rhythms, product), "the bare rule": score(rhythms, bare_rule)}
    listed = ("", *_listed(scores["sentry-runbook"])) if with_list else ()
    return [*rhythm_table(scores), *listed]


def attribution_table(cases: Sequence[attribution.Case]) -> Iterator[str]:
    """A row for each judge."""
    columns = ("exact first", "in the first three", "F1 of the first", "no answer")
    yield f"{f'attribution: {len(cases)} labelled incidents':<36}" + "".join(f"{name:>20}" for name in columns)
    for name, judge in JUDGES.items():
        scored = attribution.score(cases, judge)
        cells = (
            f"{scored.first} ({scored.first / scored.cases:.1%})",
            f"{scored.in_three} ({scored.in_three / scored.cases:.1%})",
            f"{scored.f1:.2f}",
            f"{scored.cases - scored.answered}",
        )
        yield f"{name:<36}" + "".join(f"{cell:>20}" for cell in cells)
    yield from ABOUT


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
