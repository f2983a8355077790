"""The scores on public data, where it lies beside the project (bench/public)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from bench.public.__main__ import main
from bench.public.rhythm import DATA, Claim, Recording, Rhythm, bare_rule, product, quiet_looks, read_rhythms, score

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


@pytest.mark.matrix
@pytest.mark.skipif(not read_rhythms(DATA), reason="the public data does not lie beside the project")
def test_onsets_on_real_rhythms_keep_the_bounds() -> None:
    scored = score(read_rhythms(DATA), product)
    assert scored.claimed <= 0.10 * scored.quiet
    assert scored.high <= 0.01 * scored.quiet
    assert (scored.labels, scored.found >= 13, scored.in_time >= 9) == (15, True, True)
