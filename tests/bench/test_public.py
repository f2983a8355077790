"""The scores on public data, where it lies beside the project (bench/public)."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from bench.public import attribution, linter, rivals
from bench.public.__main__ import OURS, attribution_table, main
from bench.public.attribution import Answer, Case, Judge, Values, read_cases
from bench.public.rhythm import DATA, Claim, Recording, Rhythm, bare_rule, product, quiet_looks, read_rhythms, score

from sentry_runbook.incident.model.evidence import Combination

README = Path(__file__).parents[2] / "README.md"
START = datetime(2015, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def rhythm(days: int, *jumps: int, labels: tuple[datetime, ...] = ()) -> Rhythm:
    """Two events every five minutes, and 60 in an hour that begins at each of the ``jumps`` (hours)."""
    values = [2.0] * (days * 288)
    for jump in jumps:
        values[jump * 12 : jump * 12 + 12] = [60.0] * 12
    return Rhythm("made", START, tuple(values), labels)


def test_quiet_windows_end_two_days_from_every_label_and_have_eight_days_before() -> None:
    label = START + 20 * 24 * HOUR
    looks = list(quiet_looks(rhythm(26, labels=(label,))))
    assert looks[0] == START + 8 * 24 * HOUR
    assert {later - earlier for earlier, later in pairwise(looks)} == {6 * HOUR, 96 * HOUR}
    assert min(abs(look - label) for look in looks) == 48 * HOUR


def test_evidence_counts_only_what_was_before_the_look() -> None:
    evidence = Recording(rhythm(12)).evidence(START + 10 * 24 * HOUR + timedelta(minutes=30))
    series, history = evidence.series.value.events, evidence.history.value  # type: ignore[union-attr]  # the judge makes both
    assert (sum(series.values), len(series.values)) == (2 * 576, 576)
    assert history.values[-2:] == (24.0, 12.0)
    assert (history.start, len(history.values)) == (START, 241)


@pytest.mark.parametrize("judge", [product, bare_rule])
def test_a_jump_is_found_two_hours_later_and_a_level_series_has_no_claim(judge: object) -> None:
    label = START + 12 * 24 * HOUR
    scored = score([rhythm(20, 12 * 24, labels=(label,))], judge)  # type: ignore[arg-type]  # a judge of a test
    assert (scored.claimed, scored.found, scored.near, scored.in_time) == (0, 1, 1, 1)


def test_an_episode_counts_in_a_quiet_window_only_where_it_overlaps_it() -> None:
    claim = Claim(START + 10 * 24 * HOUR, START + 10 * 24 * HOUR + HOUR, is_high=True)
    scored = score([rhythm(12)], lambda _: claim)
    assert (scored.quiet, scored.claimed, scored.high) == (17, 4, 4)


def test_absent_data_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "No public data" in capsys.readouterr().out


# --- attribution -----------------------------------------------------------------------------------------------------


def values(**tags: str) -> Values:
    return frozenset(tags.items())


def rows(*counts: tuple[Mapping[str, str], int]) -> tuple[Combination, ...]:
    return tuple(Combination(tags=dict(tags), events=events) for tags, events in counts)


def said(*answers: tuple[int, Values]) -> Judge:
    return lambda now, before: [Answer(frozenset({sets}), rank) for rank, sets in answers]


A, B, C, D = (values(tag=letter) for letter in "abcd")
NOW = rows(({"cdn": "1", "isp": "x"}, 10), ({"cdn": "2", "isp": "x"}, 90), ({"cdn": "2", "isp": "y"}, 10))
BEFORE = rows(({"cdn": "1", "isp": "x"}, 40), ({"cdn": "2", "isp": "x"}, 40), ({"cdn": "2", "isp": "y"}, 40))


@pytest.mark.parametrize(
    ("judge", "first", "in_three", "f1"),
    [
        (said((1, A), (2, B)), 1, 1, 1.0),
        (said((1, B), (2, C), (3, A)), 0, 1, 0.0),
        (said((1, B), (2, C), (3, D), (4, A)), 0, 0, 0.0),
        (said((1, A), (1, B)), 0, 1, 0.0),
        (said((1, B), (2, C), (3, A), (3, D)), 0, 0, 0.0),
        (said(), 0, 0, 0.0),
    ],
    ids=["first", "third", "fourth", "tied first", "tied third", "silent"],
)
def test_a_tie_counts_as_if_the_cause_stood_last_in_it(judge: Judge, first: int, in_three: int, f1: float) -> None:
    scored = attribution.score([Case("made", (), (), frozenset({A}))], judge)
    assert (scored.first, scored.in_three, scored.f1) == (first, in_three, f1)


def test_one_of_two_causes_is_enough_and_a_wrong_value_beside_it_is_not() -> None:
    case = Case("made", (), (), frozenset({A, B}))
    both = attribution.score([case], lambda now, before: [Answer(frozenset({A, B}), 1)])
    beside = attribution.score([case], lambda now, before: [Answer(frozenset({A, C}), 1)])
    assert (both.first, beside.first) == (1, 0)
    assert both.f1 == pytest.approx(2 / 3)


def first_of(judge: Judge) -> list[dict[str, str]]:
    answers = judge(NOW, BEFORE)
    return [dict(sets) for sets in answers[0].sets]


def test_the_rivals_answer_a_case_counted_by_hand() -> None:
    """Usual: 10 of each row; 80 more of cdn=2 with isp=x."""
    assert first_of(rivals.by_share) == [{"isp": "x"}], "100 of 110, and cdn=2 as many"
    assert [answer.rank for answer in rivals.by_share(NOW, BEFORE)] == [1, 1, 3, 3]
    assert first_of(rivals.by_lift) in ([{"isp": "x"}], [{"cdn": "2"}]), "both 10/11 over 2/3"
    assert first_of(rivals.harmonic_mean) == [{"cdn": "2", "isp": "x"}], "1 and 8/9"
    assert first_of(rivals.chi_square) == [{"cdn": "2", "isp": "x"}]
    assert first_of(rivals.adtributor) in ([{"isp": "x"}], [{"cdn": "2"}]), "one tag only"
    assert first_of(attribution.product) == [{"cdn": "2", "isp": "x"}]


def test_a_rival_that_sees_no_change_is_silent() -> None:
    assert rivals.harmonic_mean(rows(({"cdn": "1"}, 10)), rows(({"cdn": "1"}, 40))) == []
    assert rivals.adtributor(rows(({"cdn": "1"}, 10)), rows(({"cdn": "1"}, 40))) == []
    assert rivals.chi_square(rows(({"cdn": "1"}, 10)), rows(({"cdn": "1"}, 40))) == []


def folder_with_a_case(folder: Path) -> Path:
    """A case of an hour, in which cdn=2 failed at 12:00; what lies more than four minutes before is not read."""
    (folder / "attribution").mkdir()
    at = 1_587_340_800
    with gzip.open(folder / "attribution" / "one.csv.gz", "wt", encoding="utf-8", newline="") as file:
        written = csv.writer(file)
        written.writerow(["min", "cdn", "value", "cnt"])
        for minute in range(-10, 5):
            for cdn in ("1", "2", "3"):
                failures = 500 if (minute, cdn) == (0, "2") else 900 if minute < -4 or minute > 0 else 20
                written.writerow([at + 60 * minute, cdn, failures, 1000])
            written.writerow([at + 60 * minute, "4", 0, 1000])
    labels = [{"file": "one.csv.gz", "at": at, "causes": [{"cdn": "2"}]}]
    (folder / "attribution" / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder


def test_a_case_has_the_failures_of_its_minute_and_of_the_four_before(tmp_path: Path) -> None:
    (case,) = read_cases(folder_with_a_case(tmp_path))
    assert {row.tags["cdn"]: row.events for row in case.now} == {"1": 20, "2": 500, "3": 20}
    assert {row.tags["cdn"]: row.events for row in case.before} == {"1": 80, "2": 80, "3": 80}
    assert case.causes == {values(cdn="2")}


def test_a_folder_with_one_part_prints_it_and_says_which_are_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(folder_with_a_case(tmp_path))]) == 0
    printed = capsys.readouterr().out
    assert "attribution: 1 labelled incidents" in printed
    assert f"{OURS:<36}{'1 (100.0%)':>20}{'1 (100.0%)':>20}{'1.00':>20}{'0':>20}" in printed
    assert "rhythm: not there" in printed
    assert "postmortems: not there" in printed


def test_texts_of_others_are_linted_and_labels_name_the_findings_that_are_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "postmortems"
    texts.mkdir()
    (texts / "a.md").write_text("From 14:02 to 14:49 UTC 12 % of calls failed because of a full disk. We will add one.")
    (texts / "b.txt").write_text("Bob failed to look.")
    (texts / "labels.json").write_text(json.dumps({"b.txt": ["counterfactual", "no_impact", "no_times", "no_cause"]}))
    assert main([str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "linter, --style any: 2 texts, 0.5 false alarms a text" in printed
    assert "no_actions 1" in printed


def test_sentences_about_machines_are_left_alone_and_those_that_blame_people_are_found() -> None:
    sentences = linter.read_sentences()
    flagged = {key: [linter.is_flagged(sentence) for sentence in part] for key, part in sentences.items()}
    assert {key: len(part) for key, part in flagged.items()} == {
        (kind, part): 32 for kind in ("machine", "people") for part in ("open", "held")
    }
    assert all(sum(flagged["machine", part]) <= 1 for part in ("open", "held"))
    assert all(sum(flagged["people", part]) >= 31 for part in ("open", "held"))


CASES = read_cases(DATA)


@pytest.mark.skipif(not CASES, reason="the public data does not lie beside the project")
def test_the_attribution_keeps_its_bounds_and_the_readme_shows_what_is_printed() -> None:
    scored = attribution.score(CASES, attribution.product)
    assert scored.first >= 0.88 * scored.cases
    assert scored.in_three >= 0.97 * scored.cases
    assert scored.f1 >= 0.85
    shown = README.read_text(encoding="utf-8")
    if scored.cases == 67:
        assert [line for line in attribution_table(CASES) if line not in shown] == []


def test_the_readme_shows_the_linters_figures() -> None:
    shown = README.read_text(encoding="utf-8")
    assert [line for line in linter.sentence_table() if line not in shown] == []


@pytest.mark.matrix
@pytest.mark.skipif(not read_rhythms(DATA), reason="the public data does not lie beside the project")
def test_onsets_on_real_rhythms_keep_the_bounds() -> None:
    scored = score(read_rhythms(DATA), product)
    if scored.quiet == 752:
        claimed = f"{scored.claimed / scored.quiet:.1%}".replace("%", " %")
        assert f"with high confidence | {claimed}; 0 %" in README.read_text(encoding="utf-8")
    assert scored.claimed <= 0.10 * scored.quiet
    assert scored.high <= 0.01 * scored.quiet
    assert (scored.labels, scored.found >= 13, scored.in_time >= 9) == (15, True, True)
