"""The corpus of secrets: well formed, measured, and printed in SECURITY.md as it is today."""

import re
from collections import Counter

import pytest
from tests.safety import score
from tests.safety.score import PAGE, PLACE, leaks, of_part, shown, table, touched, written
from tests.safety.secret_rows import FOLDER, PARTS, Part, Row, rows, strings

TOKEN_SHAPES = re.compile(
    r"gh[pousr]_\w{30}|github_pat_\w|glpat-[\w-]{20}|xox[a-z]-\w{8}|[sr]k_live_\w{20}|(?:AKIA|ASIA)[A-Z2-7]{16}"
    r"|SG\.[\w-]{22}\.|AIza[\w-]{35}|npm_\w{36}|shp(?:at|ca)_\w{32}|hooks\.slack\.com/services/T\w{8}/"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----\\n\w{40}"
)
"""What scanners of repositories stop a push for."""


def test_the_corpus_has_both_sides_and_a_part_that_is_held_out() -> None:
    for harmless in (False, True):
        by_part = Counter(row.part for row in rows() if row.harmless is harmless)
        assert by_part.total() >= 400
        assert by_part["holdout"] >= 200  # the development part may grow: this one is what it was


def test_the_holdout_has_the_same_kinds_and_no_value_of_the_development_part() -> None:
    kinds = [{row.kind for row in of_part(part)} for part in PARTS]
    assert kinds[0] == kinds[1]
    secrets = [{secret for row in of_part(part) for secret in row.secrets} for part in PARTS]
    assert not secrets[0] & secrets[1]
    contents = [(row.name, str(row.content)) for row in rows()]
    assert len(set(contents)) == len(contents)


def test_rows_are_well_formed() -> None:
    assert len({row.id for row in rows()}) == len(rows())
    for row in rows():
        held = "\n".join(strings(row.content))
        assert bool(row.secrets) != bool(row.keep), row.id
        assert row.id.startswith("h" if row.harmless else "s"), row.id
        assert all(part in held for part in (*row.secrets, *row.keep)), row.id


@pytest.mark.parametrize("part", PARTS)
def test_no_scanner_of_repositories_finds_a_token_in_the_files(part: str) -> None:
    assert TOKEN_SHAPES.findall((FOLDER / f"{part}.json").read_text(encoding="utf-8")) == []


def test_every_secret_is_seen_where_nothing_is_masked() -> None:
    """A secret that the scorer cannot see would count as masked whatever the masks do."""
    unseen = [row.id for row in rows() if len(leaks(row, shown(row, mask=False))) != len(row.secrets)]
    assert unseen == []


def test_half_a_secret_is_a_secret_and_what_stands_around_it_is_none() -> None:
    row = Row("development", "s-0", "test", "", "for example.com, ann@example.com: pw=abcdEFGHijkl", (), ())
    secret = Row(row.part, row.id, row.kind, row.name, row.content, ("ann@example.com", "abcdEFGHijkl"), ())
    assert leaks(secret, ["for example.com, <email 1>: pw=<secret 1>"]) == []
    assert leaks(secret, ["for example.com, <email 1>: pw=<secret 1>GHijkl"]) == ["abcdEFGHijkl"]
    assert leaks(secret, ["for example.com, ann＠example.com: pw=abcd <secret 1>"]) == ["ann@example.com"]


def test_a_mask_in_a_harmless_text_counts_against_the_masks() -> None:
    harmless = Row("development", "h-0", "test", "", "answered by 8 of 9 workers", (), ("8 of 9 workers",))
    masked = Row("development", "h-1", "test", "", "password=Abcd-1234", (), ("password",))
    assert not touched(harmless)
    assert touched(masked)
    assert score.score([harmless, masked, *of_part("development", "jwt")]).touched == 1


def test_the_printed_masks_are_todays() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert PLACE.search(page)
    assert written(page) == page, "run: python -m tests.safety.score"
    assert table() in page


@pytest.mark.parametrize("part", ["holdout", None])
def test_masks_find_97_of_100_secrets_and_touch_3_harmless_texts_for_97(part: Part | None) -> None:
    got = score.score(of_part(part))
    assert got.recall_pct >= 97
    assert got.precision_pct >= 97
