"""The labelled incidents, played through embedded Sentry, client and investigation (see ``tests/corpus/README.md``)."""

from collections import Counter
from collections.abc import Sequence

import pytest

from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES
from tests.corpus.__main__ import report
from tests.corpus.entries import Entry, entries
from tests.corpus.play import Played, play, play_all
from tests.matrix import matrix

ALL = list(entries())
FIRST_OF_EACH_FILE = [
    entry for place, entry in enumerate(ALL) if sum(one.file == entry.file for one in ALL[:place]) < 3
]


def names(played: Sequence[Played]) -> list[str]:
    return [f"{one.entry.file}: {one.entry.name}" for one in played]


def test_the_corpus_is_large_and_covers_every_severity_and_every_pattern() -> None:
    assert len(ALL) >= 120
    severities = Counter(entry.label.severity for entry in ALL)
    causes = Counter(entry.label.cause for entry in ALL)
    assert min(severities[level] for level in ("P0", "P1", "P2", "P3")) >= 10
    assert set(causes) == {*PATTERN_MODULES, "none"}
    assert min(causes.values()) >= 4


@pytest.mark.parametrize(
    "entry", matrix(FIRST_OF_EACH_FILE, quick=FIRST_OF_EACH_FILE[::2]), ids=lambda entry: f"{entry.file}: {entry.name}"
)
async def test_an_incident_gets_the_label_that_a_responder_gave_it(entry: Entry) -> None:
    played = await play(entry)
    assert played.severity == entry.label.severity
    assert played.cause == entry.label.cause
    assert not played.confidently_wrong
    assert played.differences() == []


@pytest.mark.matrix
async def test_the_whole_corpus_agrees() -> None:
    played = await play_all(ALL)
    text, good = report(played)
    wrong_cause = [one for one in played if one.cause != one.entry.label.cause]
    assert names([one for one in played if one.severity != one.entry.label.severity]) == []
    assert names([one for one in played if one.confidently_wrong]) == []
    assert len(wrong_cause) <= 0.05 * len(played), names(wrong_cause)
    assert good, text
