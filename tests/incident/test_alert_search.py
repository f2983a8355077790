"""The search term of an alert's condition selects exactly the events that meet it, or there is none.

What a condition means is written here from the reference (alerts, 2); what a term means is the embedded Sentry's own
parser, which shares nothing with the code that writes terms.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sentry_runbook.incident.model.evidence.alert_conditions import LEVELS, MATCHES
from sentry_runbook.incident.model.evidence.alert_search import (
    ATTRIBUTES,
    OF_SEVERAL,
    attribute_search,
    level_search,
    tag_search,
)
from sentry_runbook.simulator.search import parse, predicate, value_test

# Small letters: a condition does not tell them from large ones, and whether a search does depends on the match.
TEXTS = st.text(alphabet='ab"*\\()[],:! é', min_size=1, max_size=6).map(str.strip).filter(bool)
MEANING: dict[str, Callable[[str | None, str], bool]] = {
    "eq": lambda held, given: held == given,
    "ne": lambda held, given: held != given,
    "co": lambda held, given: held is not None and given in held,
    "nc": lambda held, given: held is None or given not in held,
    "sw": lambda held, given: held is not None and held.startswith(given),
    "nsw": lambda held, given: held is None or not held.startswith(given),
    "ew": lambda held, given: held is not None and held.endswith(given),
    "new": lambda held, given: held is None or not held.endswith(given),
    "is": lambda held, _: held is not None,
    "ns": lambda held, _: held is None,
    "in": lambda held, given: held in [part.strip() for part in given.split(",")],
}


def selects(search: str, **event: str | None) -> bool:
    return predicate(parse(search), value_test)(event.get)


@given(match=st.sampled_from(sorted(MATCHES)), given_value=TEXTS, held=st.none() | TEXTS)
@example("in", "a, b", "b")
@example("eq", 'say "a"', 'say "a"')
@example("co", "(a OR b)", "x(a OR b)y")
@example("nsw", "a", None)
def test_a_term_of_a_tag_selects_exactly_the_events_that_meet_the_condition(
    match: str, given_value: str, held: str | None
) -> None:
    search = tag_search("logger", match, given_value)
    if search is None:
        assert "*" in given_value or "\\" in given_value or (match == "in" and not given_value.strip(" ,"))
        return
    for beside in (search, f"other:b {search}", f"({search}) other:b"):
        assert selects(beside, logger=held, other="b") is MEANING[match](held, given_value), beside


def test_every_match_of_the_reference_has_a_term() -> None:
    assert MEANING.keys() == MATCHES
    assert all(tag_search("logger", match, "pay") for match in MATCHES)


@pytest.mark.parametrize("match", sorted(MATCHES - {"is", "ns"}))
def test_a_value_with_a_star_has_none_for_a_search_takes_it_for_any_text(match: str) -> None:
    assert tag_search("logger", match, "pay*") is None


@pytest.mark.parametrize("key", ["two words", 'quote"', "a:b", "(a)", "", "ä", "x" * 201])
def test_a_tag_whose_name_no_search_can_say_has_none(key: str) -> None:
    assert tag_search(key, "eq", "a") is None


def test_a_tag_that_is_called_as_a_column_of_sentry_is_searched_as_a_tag() -> None:
    assert tag_search("title", "eq", "a") == 'tags[title]:"a"'
    assert tag_search("environment", "ne", "a") == '!environment:"a"'


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("match", "meets"), [("eq", int.__eq__), ("gte", int.__ge__), ("lte", int.__le__)])
def test_a_term_of_a_level_selects_the_levels_that_meet_it(
    match: str, meets: Callable[[int, int], bool], level: str
) -> None:
    search = level_search(match, level) or ""
    for held, number in LEVELS.items():
        assert selects(search, level=held) is meets(number, LEVELS[level])


@pytest.mark.parametrize("attribute", [name for name, field in ATTRIBUTES.items() if field.startswith(OF_SEVERAL)])
def test_what_an_event_has_several_of_is_not_searched_by_its_opposite(attribute: str) -> None:
    assert attribute_search(attribute, "eq", "a")
    assert not any(attribute_search(attribute, match, "a") for match in ("ne", "nc", "nsw", "new", "ns"))


@pytest.mark.parametrize(
    ("attribute", "match", "search"),
    [
        ("platform", "eq", 'platform:"python"'),
        ("environment", "ne", '!environment:"python"'),
        ("type", "eq", 'event.type:"python"'),
        ("exception.type", "ew", 'error.type:"*python"'),
        ("user.ip_address", "eq", 'user.ip:"python"'),
        ("message", "co", 'message:"*python*"'),
        ("message", "nc", '!message:"*python*"'),
        ("message", "eq", None),
        ("message", "sw", None),
        ("stacktrace.code", "co", None),
        ("error.handled", "eq", None),
        ("app.in_foreground", "eq", None),
    ],
)
def test_an_attribute_is_searched_by_its_field_where_there_is_one(
    attribute: str, match: str, search: str | None
) -> None:
    assert attribute_search(attribute, match, "python") == search


def test_a_term_is_never_longer_than_fits_into_a_request() -> None:
    assert tag_search("logger", "in", ",".join(f"value{number}" for number in range(50)))
    assert tag_search("logger", "in", ",".join(f"value{number}" for number in range(500))) is None
