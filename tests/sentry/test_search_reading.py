"""A search read term by term: what is read is read right, and what is not is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sentry_runbook.errors import BadInput
from sentry_runbook.sentry.glitchtip_search import event_terms, is_event_kept, own_search
from sentry_runbook.sentry.search_reading import SearchTerm, moment_test, number_test, terms_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "terms", "unreadable"),
    [
        ("", [], []),
        ("is:unresolved  level:error", [("is", "unresolved", False), ("level", "error", False)], []),
        ('release:"web@2.4.1 beta"', [("release", "web@2.4.1 beta", False)], []),
        (r'title:"a \"quoted\" word"', [("title", 'a "quoted" word', False)], []),
        ("!level:error timeout", [("level", "error", True), ("", "timeout", False)], []),
        ('"two words" !three', [("", "two words", False), ("", "three", True)], []),
        ("a OR b", [("", "a", False), ("", "b", False)], ["OR"]),
        ("(a b)", [], ["(a", "b)"]),
        ("level:[error, fatal]", [], ["level:[error,", "fatal]"]),
        ('title:"(brackets are fine here)"', [("title", "(brackets are fine here)", False)], []),
        ('message:"never closed is:unresolved', [], ['message:"never closed is:unresolved']),
        ("http://shop.example/pay", [], ["http://shop.example/pay"]),
    ],
)
def test_terms(query: str, terms: list[tuple[str, str, bool]], unreadable: list[str]) -> None:
    read, rest = terms_of(query)
    assert [(term.key, term.value, term.is_negated) for term in read] == terms
    assert list(rest) == unreadable


@pytest.mark.parametrize(
    ("value", "text", "fits"),
    [
        ("web@2.*", "web@2.4.1", True),
        ("web@2.*", "api@2.4.1", False),
        ("*Error", "ValueError", True),
        ("WEB-1", "web-1", True),
        ("a?b[c]", "a?b[c]", True),
        ("a?b", "axb", False),
        ("[ab]", "a", False),
    ],
)
def test_a_value_fits_whole_with_stars_for_anything_and_nothing_else(value: str, text: str, fits: bool) -> None:
    assert SearchTerm("", "tag", value).accepts(text) is fits
    assert SearchTerm("", "tag", value, is_negated=True).accepts(text) is not fits
    assert SearchTerm("", "tag", value).accepts(None) is False


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("-24h", (True, datetime(2026, 11, 19, 12, tzinfo=UTC))),
        ("+2d", (False, datetime(2026, 11, 18, 12, tzinfo=UTC))),
        (">2026-11-19", (True, datetime(2026, 11, 19, tzinfo=UTC))),
        ("<=2026-11-19T10:00:00Z", (False, datetime(2026, 11, 19, 10, tzinfo=UTC))),
        ("24h", None),
        ("-24y", None),
        (">2026-13-45", None),
        ("yesterday", None),
    ],
)
def test_moments(value: str, expected: tuple[bool, datetime] | None) -> None:
    assert moment_test(value, NOW) == expected


@pytest.mark.parametrize(("value", "expected"), [(">10", (">", 10)), ("7", ("=", 7)), ("ten", None), (">-1", None)])
def test_numbers(value: str, expected: tuple[str, int] | None) -> None:
    assert number_test(value) == expected


@pytest.mark.parametrize("query", ["age:yesterday", "timesSeen:many", "region:>5", "release.version:>1", "region:us*"])
def test_a_value_that_cannot_be_compared_is_refused(query: str) -> None:
    with pytest.raises(BadInput, match="does not know"):
        own_search(query)


def test_only_what_glitchtip_reads_is_sent() -> None:
    search = own_search('is:archived level:error region:eu timesSeen:>5 "no answer" !is:resolved WEB-3')
    assert search.query == 'is:ignored level:error region:eu "no answer"'
    assert [term.text for term in search.here] == ["timesSeen:>5", "!is:resolved", "WEB-3"]


def test_a_short_id_finds_its_issue_which_glitchtip_s_own_search_does_not() -> None:
    search = own_search("WEB-3")
    assert search.keeps({"shortId": "WEB-3", "title": "ZeroDivisionError"}, NOW)
    assert search.keeps({"shortId": "API-1", "title": "WEB-3 was here"}, NOW)
    assert not search.keeps({"shortId": "WEB-30", "title": "ZeroDivisionError"}, NOW)


EVENT = {
    "eventID": "ab" * 16,
    "title": "ConnectionError: gateway did not answer",
    "metadata": {"type": "ConnectionError"},
    "tags": [{"key": "region", "value": "eu"}, {"key": "handled", "value": "no"}],
    "user": {"id": "5", "email": "five@shop.example"},
}


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("region:eu", True),
        ("region:us", False),
        ("!region:us", True),
        ("has:region !has:zone", True),
        ("zone:a", False),
        ("!zone:a", True),
        ("gateway", True),
        ("!gateway", False),
        ("error.type:Connection*", True),
        ("title:*gateway* handled:no", True),
        ("user:id:5", True),
        ("user:email:five@shop.example", True),
        ("user:id:6", False),
        (f"id:{'ab' * 16}", True),
    ],
)
def test_conditions_on_events(query: str, kept: bool) -> None:
    assert is_event_kept(EVENT, event_terms(query)) is kept
