"""The judge of mutated answers is not blind: faults put into the product on purpose are told, each with its seed."""

from __future__ import annotations

import pytest

from sentry_runbook.collect import request_values
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools import output
from tests.fuzz.playing import WEIGHTS
from tests.fuzz.test_payloads import A_PART, SEEDS_OF_A_PART, played

PART = 0


async def told() -> str:
    """Everything that is wrong with the calls of one part."""
    wrong, _ = await played(PART, range(PART, PART + SEEDS_OF_A_PART), 2 * A_PART)
    return "\n".join(wrong)


def test_every_tool_is_played() -> None:
    assert set(WEIGHTS) == set(TOOL_NAMES)


async def test_a_crash_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> str:
        raise AttributeError("'NoneType' object has no attribute 'get'")

    monkeypatch.setattr(request_values, "tag_named", crash)
    wrong = await told()
    assert "seed 0: " in wrong
    assert "a crash: " in wrong or "an error for the sake of" in wrong
    assert "AttributeError: 'NoneType' object has no attribute 'get' at " in wrong


async def test_a_release_that_is_masked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanitizer, "version", Sanitizer.line)
    assert "a masked release" in await told()


async def test_an_answer_over_its_budget_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "fits", lambda *_: True)
    assert "characters" in await told()


async def test_half_a_character_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sanitizer, "line", lambda _, value, *__, **___: f"{value}\ud800" if value else "")
    assert "'\\ud800' in " in await told()
