"""Which tag values explain an incident: labelled incidents of a video service (``attribution/`` of the public data).

Every case becomes what Sentry would give of it: failures only, now = the labelled minute, before = the four minutes
before it, of each the 100 largest combinations. A judge answers with sets of tag values, best first; one answer may
name several sets (Adtributor's does).

- *Exact first*: the first answer names a labelled cause and nothing else. Of a case with two causes one is enough.
- *In the first three*: one of the first three answers does.
- *F1 of the first answer*: labelled causes found by first answers, against all first answers and all labelled causes.
- *Ties* count against the judge: a set of equal rank with others counts as the last of them. No label is looked at.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentry_runbook.incident.explanation.attribution import rank_sets
from sentry_runbook.incident.model.evidence import Combination

Values = frozenset[tuple[str, str]]
Rows = Sequence[Combination]
MINUTE_S, MINUTES_BEFORE = 60, 4
MOST_ROWS = 100
NOT_TAGS = {"min", "value", "cnt"}


@dataclass(frozen=True)
class Answer:
    """Sets of tag values named together; answers of equal rank are not told apart."""

    sets: frozenset[Values]
    rank: int


Judge = Callable[[Rows, Rows], Sequence[Answer]]
"""Failures now and before → answers, best first."""


@dataclass(frozen=True)
class Case:
    """One labelled incident."""

    name: str
    now: tuple[Combination, ...]
    before: tuple[Combination, ...]
    causes: frozenset[Values]


@dataclass(frozen=True)
class Score:
    """What a judge said of all cases; ``answered`` of them had an answer, ``causes`` are those of all labels."""

    cases: int
    first: int
    in_three: int
    answered: int
    causes: int

    @property
    def f1(self) -> float:
        """Of the first answers; 0 without any."""
        return 2 * self.first / (self.answered + self.causes) if self.answered else 0.0


def read_cases(folder: Path) -> tuple[Case, ...]:
    """The cases of ``folder/attribution``; none when it is absent."""
    listed = folder / "attribution" / "labels.json"
    if not listed.is_file():
        return ()
    entries = json.loads(listed.read_text(encoding="utf-8"))
    return tuple(_read(folder / "attribution" / entry["file"], entry["at"], entry["causes"]) for entry in entries)


def _read(path: Path, at: int, causes: Iterable[dict[str, str]]) -> Case:
    now, before = Counter[Values](), Counter[Values]()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            minute, failures = int(float(row["min"])), int(float(row["value"]))
            if failures > 0 and at - MINUTES_BEFORE * MINUTE_S <= minute <= at:
                tags = frozenset((tag, value) for tag, value in row.items() if tag not in NOT_TAGS)
                (now if minute == at else before)[tags] += failures
    name = path.name.removesuffix(".csv.gz")
    return Case(name, _largest(now), _largest(before), frozenset(frozenset(cause.items()) for cause in causes))


def _largest(counts: Counter[Values]) -> tuple[Combination, ...]:
    # Among equals by their text: which of them the cut leaves must not depend on the file's order.
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], sorted(entry[0])))
    return tuple(Combination(tags=dict(sorted(tags)), events=events) for tags, events in ordered[:MOST_ROWS])


def score(cases: Sequence[Case], judge: Judge) -> Score:
    """Ask the judge of every case."""
    answers = [judge(case.now, case.before) for case in cases]
    positions = [_position(said, case.causes) for said, case in zip(answers, cases, strict=True)]
    return Score(
        cases=len(cases),
        first=sum(position == 1 for position in positions),
        in_three=sum(position is not None and position <= 3 for position in positions),
        answered=sum(map(bool, answers)),
        causes=sum(len(case.causes) for case in cases),
    )


def _position(answers: Sequence[Answer], causes: frozenset[Values]) -> int | None:
    """Where the first right answer stands, the last of its ties; None when none is right."""
    right = [answer.rank for answer in answers if answer.sets <= causes]
    return sum(answer.rank <= min(right) for answer in answers) if right else None


def product(now: Rows, before: Rows) -> list[Answer]:
    """Ours: what the triage explains an incident with."""
    ranked = rank_sets(now, before, length_ratio=1 / MINUTES_BEFORE)
    return [Answer(frozenset({frozenset(row.values)}), row.rank) for row in ranked]
