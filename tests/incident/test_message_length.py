"""One Slack message, half a page: with the longest inputs, no markup cut in two, and what was cut is said."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentry_runbook.incident.messages.length import HALF_A_PAGE, SLACK_LIMIT, fitted, size
from sentry_runbook.incident.model.results.messages import Draft
from tests.incident.golden import FORMATS, OF_EVERY_AUDIENCE, PAIRS, all_drafts, drafted

SLACK_TEXT_LIMITS = {"section block": 3_000, "recommended text": 4_000, "truncated text": 40_000}
"""Slack's own, as its reference of chat.postMessage and of the section block gives them."""
LONG = {
    "escapes": "&<>" * 400,
    "an_endless_word": "x" * 1000,
    "two_units_each": "🔥" * 1000,
    "words": "the payment client was updated " * 40,
    "names_in_code": "see api.example.com " * 60,
    "quotes_and_ticks": "\"a\" 'b' `c` " * 90,
    "lines": "one\n" * 250,
}


def longest(text: str, kind: Any, audience: Any, form: Any = "slack") -> Draft:
    """A draft in which every text that a person states has the length that the tool takes at most."""
    stated = {"lead": text[:100], "service": text[:100], "root_cause": text[:1000], "fix": text[:1000]}
    return drafted("payment_spike", kind, audience, form, **stated)


LONGEST = (("update", "engineers"), ("update", "executives"), ("handoff", "engineers"))
"""The messages with the most lines: each with every text, the others with one."""
CASES = [(kind, audience, name) for kind, audience in LONGEST for name in LONG]
CASES += [(kind, audience, "escapes") for kind, audience in PAIRS if (kind, audience) not in LONGEST]


@pytest.mark.parametrize(("kind", "audience", "text"), CASES)
def test_with_the_longest_texts_a_slack_message_is_within_every_limit_of_slacks(
    kind: Any, audience: Any, text: str
) -> None:
    draft = longest(LONG[text], kind, audience)
    for limit in SLACK_TEXT_LIMITS.values():
        assert len(draft.text.encode("utf-16-le")) // 2 <= limit
    assert not re.search(r"&(?!(?:amp|lt|gt);)", draft.text)
    assert re.sub(r"<http[^<>|\s]*\|[^<>]*>", "", draft.text).count("<") == 0
    assert all(line.count("`") % 2 == 0 for line in draft.text.split("\n"))


def test_slacks_smallest_limit_is_ours() -> None:
    assert min(SLACK_TEXT_LIMITS.values()) == SLACK_LIMIT


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
@pytest.mark.parametrize("form", FORMATS)
def test_with_the_longest_texts_executives_read_half_a_page(kind: Any, form: Any) -> None:
    draft = longest(LONG["words"], kind, "executives", form)
    assert size(draft.text) <= HALF_A_PAGE
    assert len(draft.text.split("\n")) <= 25
    assert "Next decision: whether" in draft.text and "Decides: " in draft.text
    assert draft.text.rstrip().endswith("(by 2026-11-20 12:30 UTC)")


def test_what_was_cut_is_said_and_what_fits_is_not_touched() -> None:
    cut = longest(LONG["words"], "update", "executives")
    (said,) = [warning for warning in cut.warnings or () if warning.startswith("To fit")]
    assert said == (
        "To fit half a page (1,500 characters): 2 lines cut short; audience=engineers, format=markdown has all."
    )
    assert cut.text.count(" …\n") == 2
    for name in ("payment_spike", "geocoding_503", "hostile_text"):
        for heading, draft in all_drafts(name):
            assert not [warning for warning in draft.warnings or () if warning.startswith("To fit")], heading


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=400), min_size=1, max_size=40),
    st.integers(min_value=SLACK_LIMIT // 2, max_value=SLACK_LIMIT),
)
def test_any_text_fits_afterwards_and_keeps_its_first_and_last_line(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    shown, shortened, left_out = fitted(text, limit)
    if size(text) <= limit:
        assert (shown, shortened, left_out) == (text, 0, 0)
        return
    assert size(shown) <= limit
    kept = shown.split("\n")
    assert len(kept) == len(lines) - left_out
    assert sum(line.endswith("…") or "…" in line for line in kept) >= shortened > 0 or left_out
    if size(lines[0]) < 30 and size(lines[-1]) < 30:
        assert (kept[0], kept[-1]) == (lines[0], lines[-1])


def test_lines_of_a_list_are_left_out_before_every_line_is_a_stub() -> None:
    head, tail = "UPDATE — Checkout", "Next update: 30 minutes"
    text = "\n".join([head, *(f"- {number:03} {'x' * 60}" for number in range(100)), tail])
    shown, shortened, left_out = fitted(text, 1_500)
    assert (shown.split("\n")[0], shown.split("\n")[-1]) == (head, tail)
    assert size(shown) <= 1_500 and left_out > 50
    assert "- 000" in shown and "- 099" in shown and "- 050" not in shown
    assert shortened == 0


@pytest.mark.parametrize("lines", [30, 2_000, 40_000])
def test_lines_of_no_list_are_left_out_as_well_where_a_template_has_too_many(lines: int) -> None:
    text = "\n".join(f"| {number} | {'x' * 50} |" for number in range(lines))
    shown, shortened, left_out = fitted(text, 1_500)
    kept = shown.split("\n")
    assert size(shown) <= 1_500
    assert (kept[0], kept[-1]) == (text.split("\n")[0], text.split("\n")[-1])
    assert left_out == lines - len(kept) > 0 and shortened == 0


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("Cause: (`a name of many words in code` and more of it) " + "y " * 60, 90),
        ('Error: "a value of many words that goes on ' + "y " * 60 + '"', 90),
        ("Fix: " + "&amp;" * 40, 90),
    ],
)
def test_a_line_that_is_cut_keeps_its_markup_whole(line: str, limit: int) -> None:
    text, shortened, _ = fitted(line, limit)
    assert shortened == 1 and size(text) <= limit
    assert text.count("`") % 2 == 0 and text.count('"') % 2 == 0
    assert not re.search(r"&(?!amp;)", text)


def test_a_link_is_shown_whole_or_not_at_all() -> None:
    link = "<https://sentry.example/organizations/acme/issues/77/|SHOP-1Z>"
    for length in range(40, 140):
        text, _, _ = fitted(f"See ({link}) and more words of the line that is too long for it {'z' * 40}", length)
        assert link in text or ("<" not in text and ">" not in text)
