"""The sanitizer's short cuts change nothing, and they are taken: compared with it without them, and steps counted."""

# ruff: noqa: E501  # tables of fragments

import re
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.safety.attacks import attacks
from tests.safety.secret_texts import HARMLESS, TOKENS
from tests.safety.secret_texts import SECRETS as SECRET_TEXTS
from tests.safety.straightforward import Straightforward
from tests.safety.test_findings import HONEST

from sentry_runbook.safety import findings, invisible_chars, masking, neutralize
from sentry_runbook.safety.any_of import any_of
from sentry_runbook.safety.injection_patterns import InjectionPattern, may_match, table
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.secrets import names
from sentry_runbook.safety.secrets.pattern import SecretPattern, fold
from sentry_runbook.safety.text import inert_line

HOSTILE = tuple(attack.text for attack in attacks() if attack.text)
SECRETS = (
    "dana@shop.example", "198.51.100.7", "2001:db8::17", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00",
    "+49 30 901820", "(555) 010-9999", "tel: 030 901820", "bearer abcdef123456", "Authorization: Basic dXNlcjpwdw==",
    "api_key=abc12345", "password: hunter22", "?token=abc&code=9", "Cookie: sid=abc; b=c", "https://u:pw@host/x",

    "AKIAIOSFODNN7EXAMPLE", "ghp_0123456789abcdefghij0123456789abcd", "ſid: abc12345", "BaſIc abcdef123456", "12345678901",
    "eyJhbGciOi.eyJzdWIiOi.c2ln", "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----", "coo\u212aie: a=bcd",
)  # fmt: skip
SIGNS = (
    "", " ", "  ", "\n", "\t", "\r\n", "\x00", "\x1b[31m", "*", "**", "_", "__", "~~", "#", "# ", "- ", "1. ", "1) ", "---",
    "===", "<", ">", "`", "|", "&amp;", "![", "](", "{{", "{%", "@", "@a", "www.", "WWW.a", "http://", "file:/", "mailto:x",
    "]: ", "<untrusted", "‹untrusted", "＜Ｕntrusted", "⏎", "\u200b", "\u202e", "\ufe0f", "\u0301", "a" + "\u0301" * 8, "\U000e0041",
    "’", "é", "क्ष", "👩\u200d💻", "٣", "\\n", ":", "=", "%3d", "%26", "1", "7890", "a", "ai", "Z", "untrusted",
)  # fmt: skip
WORDS = tuple(sorted({word for text in (*HONEST, *HOSTILE) for word in re.findall(r"\S+", text) if len(word) < 40}))

fragments = st.one_of(st.sampled_from(SIGNS), st.sampled_from(SECRETS), st.sampled_from(WORDS), st.text(max_size=6))
joined = st.builds(
    lambda between, parts: between.join(parts), st.sampled_from(("", " ", "\n")), st.lists(fragments, max_size=12)
)
texts = st.one_of(joined, st.text(max_size=60), st.sampled_from(HONEST), st.sampled_from(HOSTILE))
thorough = settings(max_examples=120, suppress_health_check=list(HealthCheck))


def found_by(sanitizer: Sanitizer) -> set[tuple[str, str]]:
    return {(finding.kind, finding.why) for finding in sanitizer.findings}


def unnumbered(text: str) -> str:
    return re.sub(r"(<[a-z]+) \d+>", r"\1>", text)


def assert_same(several: list[str], limit: int) -> None:
    sanitizer, slow = Sanitizer(), Straightforward()
    for raw in several:
        pairs = (
            (sanitizer.line(raw, limit), slow.line(raw, limit)),
            (sanitizer.block(raw, limit, 4), slow.block(raw, limit, 4)),
        )
        for short, straight in pairs:
            # The excerpts of findings are masked too, which takes numbers.
            assert short == straight if not slow.found else unnumbered(short) == unnumbered(straight)
    if len(sanitizer.findings) < 40:
        assert found_by(sanitizer) == set(slow.found)


@thorough
@given(st.lists(texts, max_size=5), st.sampled_from((1, 20, 200, 500)))
def test_lines_blocks_masks_and_findings_are_those_of_the_straightforward_way(several: list[str], limit: int) -> None:
    assert_same([*several, *several], limit)


@pytest.mark.parametrize("raw", (*HONEST, *HOSTILE, *SECRETS, *SIGNS), ids=lambda raw: f"{raw[:12]!a}")
def test_the_corpora_come_out_as_the_straightforward_way_makes_them(raw: str) -> None:
    assert_same([raw, f"x {raw}", raw, f"{raw} x"], 200)


def matching(pattern: re.Pattern[str]) -> st.SearchStrategy[str]:
    """Texts that a pattern matches: what its own structure generates, as far as the pattern then agrees."""
    return st.from_regex(pattern).filter(lambda text: pattern.search(text) is not None)


@pytest.mark.parametrize("row", table(), ids=lambda row: row.why)
def test_a_text_that_an_injection_pattern_matches_holds_what_it_needs(row: InjectionPattern) -> None:
    @settings(thorough, max_examples=20)
    @given(matching(re.compile(row.source, re.ASCII)))
    def holds(text: str) -> None:
        # As the detector reads it: lower case, and no white space but blanks and line breaks.
        searched = re.sub(r"[^\S\n]+", " ", text.lower())
        if searched.isascii() and re.search(row.source, searched):
            assert may_match(searched)
            assert row.search(searched), searched

    holds()


def test_a_text_that_a_secret_pattern_matches_is_long_enough_and_holds_what_it_needs() -> None:
    """On texts of every kind: generated from the patterns, whose repeats are long, they would take minutes."""
    marked = [text for texts in SECRET_TEXTS.values() for text in texts]
    texts = [re.sub("[⟦⟧·]", "", text) for text in (*marked, *TOKENS, *SECRETS, *HARMLESS)]
    matched: set[SecretPattern] = set()
    for step in masking.steps():
        for row in step.rows:
            for text in map(inert_line, texts):
                if any(row.holds(match) for match in row.pattern.finditer(text)):
                    matched.add(row)
                    assert len(text) >= row.min_length, text
                    assert any(word in fold(text) for word in row.needs), text
                    assert step.sign.search(text), text
    assert len(matched) > 100


def test_every_sensitive_name_holds_one_of_the_stems_that_are_looked_for() -> None:
    secret = (*names.PASSWORDS, *names.SECRETS, *names.SECRET_PAIRS, *names.SECRET_ENDINGS, *names.WEAK_LAST)
    personal = (*names.PERSONAL_WORDS, *names.PERSONAL_PAIRS, *names.CARD_WORDS, *names.CARD_PAIRS)
    lacking = [name for name in (*secret, *names.COOKIE_WORDS) if not any(stem in name for stem in names.SECRET_STEMS)]
    lacking += [name for name in personal if not any(stem in name for stem in names.PERSONAL_STEMS)]
    assert lacking == []


def test_every_combining_mark_is_looked_for() -> None:
    may_be = invisible_chars._may_be_mark()
    marks = [chr(code) for code in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Mn", "Me")]
    assert [f"U+{ord(mark):04X}" for mark in marks if not may_be.match(mark)] == []


@given(st.lists(st.text("ab|.<", min_size=1, max_size=4), min_size=1, max_size=8), st.text("ab|.<", max_size=12))
def test_any_of_finds_a_text_exactly_when_it_holds_one_of_the_words(words: list[str], text: str) -> None:
    assert (any_of(words).search(text) is not None) == any(word in text for word in words)


# --- steps, counted without a clock


def steps(work: Callable[[], Any]) -> int:
    """Calls of functions and resumed generators, Python's and C's."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    ("raw", "most"),
    [
        ("10013", 15),
        ("production", 70),
        ("shop@2.4.1", 90),
        ("POST /api/checkout", 135),
        ("TypeError: t is not a function", 90),
        ("198.51.100.7", 130),
        ("/usr/src/app/node_modules/express/lib/router/layer.js", 95),
        ("Cannot read properties of undefined (reading 'name')", 80),
    ],
)
def test_a_harmless_text_takes_few_steps(raw: str, most: int) -> None:
    Sanitizer().line(raw)  # compiles what is compiled once
    assert steps(lambda: Sanitizer().line(raw)) <= most


@pytest.mark.parametrize(
    "raw",
    (
        "10013\nuser13@customers.example\nuser13\n198.51.100.14",
        "/usr/src/app/node_modules/express/lib/router/layer.js",
        "app.checkout.views.CheckoutView",
        "The user of this account is its owner",
    ),
)
def test_a_harmless_text_is_searched_for_no_pattern(raw: str) -> None:
    budget = findings.Budget()
    findings.detect(raw, budget=budget)
    assert findings.STEPS - budget.steps == len(raw)


def test_a_text_without_any_sign_of_structure_is_not_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neutralize, "inline_rules", lambda: pytest.fail("was read"))
    for raw in ("production", "TypeError: t is not a function", "POST /api/checkout", "module.__init__"):
        assert neutralize.neutralized(raw) == raw


def test_a_text_that_comes_again_takes_next_to_none() -> None:
    sanitizer = Sanitizer()
    sanitizer.line("shop@2.4.1")
    sanitizer.block("a\nb")
    assert steps(lambda: sanitizer.line("shop@2.4.1", 80)) <= 8
    assert steps(lambda: sanitizer.block("a\nb", 80)) <= 20
