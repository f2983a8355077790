"""The linter on texts of others (``postmortems/`` of the public data) and on sentences of our own (``tests/corpus``).

A good postmortem in another form should come through ``--style any`` with few findings. Each finding of a text that
``labels.json`` does not list is counted as a false alarm: ``{"FILE": ["rule", ...]}`` names the rules that are right to
speak. Without labels every finding counts, so the figure is the most that it can be.

The sentences blame people or tell of machines; half of each were held out while the rules were made.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentry_runbook.incident.postmortem.lint import lint_postmortem

SENTENCES = Path(__file__).parents[2] / "tests" / "corpus" / "blame.txt"
ABOUT_PEOPLE = ("human_error", "blame", "counterfactual")


@dataclass(frozen=True)
class Text:
    """One postmortem, and the rules that are right to speak on it."""

    name: str
    text: str
    right: frozenset[str] = frozenset()


def read_texts(folder: Path) -> tuple[Text, ...]:
    """The texts of ``folder/postmortems``; none when it is absent."""
    texts = folder / "postmortems"
    labels = texts / "labels.json"
    right = json.loads(labels.read_text(encoding="utf-8")) if labels.is_file() else {}
    files = sorted((*texts.glob("*.md"), *texts.glob("*.txt")))
    return tuple(
        Text(each.name, each.read_text(encoding="utf-8"), frozenset(right.get(each.name, ()))) for each in files
    )


def table(texts: Sequence[Text]) -> Iterator[str]:
    """False alarms a text, by rule, in the style for any form."""
    false = Counter[str]()
    clean = 0
    for each in texts:
        rules = [finding.rule for finding in lint_postmortem(each.text, style="any") if finding.rule not in each.right]
        false.update(rules)
        clean += not any(rule in ABOUT_PEOPLE for rule in rules)
    total = sum(false.values())
    about_people = sum(false[rule] for rule in ABOUT_PEOPLE)
    yield f"linter, --style any: {len(texts)} texts, {total / len(texts):.1f} false alarms a text"
    yield f"of these about people: {about_people / len(texts):.1f} a text; none in {clean} of {len(texts)} texts"
    yield ", ".join(f"{rule} {number}" for rule, number in false.most_common())


def sentence_table(path: Path = SENTENCES) -> Iterator[str]:
    """False alarms and recall on the sentences; those held out apart."""
    yield f"{'linter: sentences of our own':<36}{'false alarms':>20}{'blame found':>20}"
    sentences = read_sentences(path)
    for part, name in (("open", "seen while the rules were made"), ("held", "held out")):
        cells = []
        for kind in ("machine", "people"):
            flagged = [is_flagged(sentence) for sentence in sentences[kind, part]]
            cells.append(f"{sum(flagged)} of {len(flagged)}")
        yield f"{name:<36}" + "".join(f"{cell:>20}" for cell in cells)


def read_sentences(path: Path = SENTENCES) -> dict[tuple[str, str], list[str]]:
    """By kind (machine, people) and part (open, held): of each kind every other sentence was held out."""
    sentences: dict[tuple[str, str], list[str]] = {}
    kind = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line.strip() and not line.startswith("#"):
            seen = sum(len(sentences.get((kind, part), ())) for part in ("open", "held"))
            sentences.setdefault((kind, "held" if seen % 2 else "open"), []).append(line.strip())
    return sentences


def is_flagged(sentence: str) -> bool:
    """Whether a rule about people speaks."""
    return any(finding.rule in ABOUT_PEOPLE for finding in lint_postmortem(sentence, style="any"))
