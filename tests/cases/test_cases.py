"""The public cases, played where they lie; each is a right value that a person, a report or a vendor's page gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.playing import play
from tests.cases.reading import FOLDER, Case, cases, folder

CASES = cases()
SLOW = {"55-elicitation-declared-never-answered"}
"""Waits as long as a person may think: the long matrices play it."""


def _parameter(case: Case) -> object:
    marks = [pytest.mark.matrix] if case.name in SLOW else []
    return pytest.param(case, id=case.name, marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in CASES])
async def test_a_case_is_answered_right(case: Case, tmp_path: Path) -> None:
    assert not await play(case, tmp_path)


def test_all_cases_are_there_or_said_to_be_skipped() -> None:
    if folder() is None:
        pytest.skip(f"no public cases: no {FOLDER} in a folder above the checkout")
    assert len(CASES) >= 58
