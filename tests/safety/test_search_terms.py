"""Values of strangers in Sentry's search language: a term means exactly its value, or there is none.

The other side is the embedded Sentry's parser, which is written from the grammar and shares nothing with the client.
"""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.tools.support import connected

from sentry_runbook.safety.search_terms import any_of, is_expressible, plain_or_quoted, term
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, Raised, ReleaseSpec, Scenario, Stream, Transactions
from sentry_runbook.simulator.search import parse, predicate, value_test
from sentry_runbook.simulator.world import World

NASTY = st.lists(
    st.sampled_from(['"', "\\", "*", ":", "(", ")", "[", "]", ",", "!", " ", "a", "OR", "AND", ">", "\u00e9", "/"]),
    max_size=8,
).map("".join)
VALUES = NASTY | st.text(max_size=12)
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def rows_like(value: str) -> list[str]:
    """Values that a query widened or changed by an escape would match, and the value itself."""
    changed = {
        value,
        value.lower(),
        value.upper(),
        value + "x",
        "x" + value,
        value.replace("\\", ""),
        value.replace("\\", "\\\\"),
        value.replace("*", "xyz"),
        value.replace("\\*", "*"),
        value.replace("*", "\\*"),
        value.replace('"', '\\"'),
        value.replace('\\"', '"'),
        value.strip(),
        f'"{value}"',
        "other",
    }
    return sorted(changed)


def matched(query: str, rows: list[str], beside: str = "yes") -> set[str]:
    """The rows that the embedded Sentry's grammar selects."""
    fits = predicate(parse(query), value_test)
    return {row for row in rows if fits({"k": row, "beside": beside}.get)}


@given(VALUES)
@example("App\\Http\\Controllers\\Pay")
@example("GET /static/*")
@example('say "hi" \\"*\\" [x] (y) !z')
@example("a\\\\*")
@example('\\"')
@example("users/[id]")
def test_a_term_matches_exactly_the_rows_of_its_value(value: str) -> None:
    search = term("k", value)
    if search is None:
        return
    rows = [row for row in rows_like(value) if row]
    for query in (search, f"beside:yes {search}", f"{search} beside:yes", f"({search}) OR k:none"):
        assert matched(query, rows) == {value}, query
    assert matched(f"!{search}", rows) == set(rows) - {value}
    assert matched(f"{search} beside:yes", rows, beside="no") == set()


@given(st.lists(VALUES, max_size=4))
@example(["App\\", "users/[id]", "GET /static/*"])
def test_a_search_for_any_matches_exactly_the_values_that_can_be_said(values: list[str]) -> None:
    search = any_of("k", values)
    sayable = {value for value in values if is_expressible(value)}
    assert (search is None) == (not sayable)
    if search is not None:
        rows = sorted({row for value in values for row in rows_like(value) if row} | {"other"})
        assert matched(f"beside:yes {search}", rows) == sayable
        assert not re.search(r"\[[^\]]*\*", search) or "]" in "".join(values) or "[" in "".join(values)


@given(VALUES)
def test_only_what_the_language_cannot_express_is_refused(value: str) -> None:
    backslashes = re.search(r"(?<!\\)\\(\\\\)*(\*|\Z)", value)
    trailing = value.endswith("\\")
    assert is_expressible(value) == bool(value and not trailing and not backslashes and not CONTROL.search(value))


@pytest.mark.parametrize("value", ["x\\", "x\\\\", "a\\*", "", "a\nb", "\x00", "\ud800", "x" * 401])
def test_what_cannot_be_expressed_has_no_term(value: str) -> None:
    assert term("k", value) is plain_or_quoted(value) is any_of("k", [value]) is None


def test_a_value_that_needs_no_quotes_is_shown_without_them() -> None:
    assert (plain_or_quoted("shop@2.4.1"), plain_or_quoted("a b"), plain_or_quoted("a:b")) == (
        "shop@2.4.1",
        '"a b"',
        '"a:b"',
    )


# --- through the tools ------------------------------------------------------------------------------------------

PHP = "App\\Http\\Controllers\\PayController"
STAR = "GET /static/*"
BRACKETS = "/users/[id]"
UNSAYABLE = "App\\Jobs\\"


def world_of(clock: ManualClock, *transactions: str, release: str = "shop@1.0") -> World:
    scenario = Scenario(
        name="names",
        project="shop",
        platform="php",
        issues=(
            IssueSpec(
                "SHOP-1",
                chain=(Raised("TypeError", "no"),),
                streams=tuple(
                    Stream(9 - place, -40, -2, release=release, transaction=name)
                    for place, name in enumerate(transactions)
                ),
            ),
        ),
        releases=(ReleaseSpec(release, created=-3000, deploys=(DeploySpec(-2990),)),),
        transactions=tuple(Transactions(name, 60, p95_ms=900) for name in (*transactions, "other")),
    )
    return World(scenario, clock)


@pytest.mark.anyio
async def test_latencies_of_names_with_backslashes_stars_and_brackets_are_found() -> None:
    names = (PHP, STAR, BRACKETS)
    world = world_of(clock := ManualClock(), *names)
    async with connected(world=world, clock=clock) as connection:
        impact = await connection.call("discover_impact", issue="SHOP-1")
    measured = {row["transaction"]: row.get("p95_ms") for row in impact["endpoints"]}
    assert set(measured) == set(names)
    assert all(p95 and p95 > 0 for p95 in measured.values()), measured


@pytest.mark.anyio
async def test_a_name_that_cannot_be_searched_for_is_said_to_be_not_asked_for() -> None:
    world = world_of(clock := ManualClock(), UNSAYABLE, PHP)
    async with connected(world=world, clock=clock) as connection:
        impact = await connection.call("discover_impact", issue="SHOP-1")
        asked = [request for request in connection.upstream.requests if "is_transaction" in request]
    rows = {row["transaction"]: row for row in impact["endpoints"]}
    assert "p95_ms" in rows[PHP]
    assert "p95_ms" not in rows[UNSAYABLE]
    assert "cannot express" in rows[UNSAYABLE]["estimate"]
    assert "cannot express" in {entry["what"]: entry["why"] for entry in impact["missing"]}["p95_ms"]
    assert len(asked) <= 1

    world = world_of(clock := ManualClock(), UNSAYABLE)
    async with connected(world=world, clock=clock) as connection:
        impact = await connection.call("discover_impact", issue="SHOP-1")
    assert "cannot express" in {entry["what"]: entry["why"] for entry in impact["missing"]}["endpoints"]


@pytest.mark.anyio
@pytest.mark.parametrize("release", ['odd "name" 1', "App\\1.0", "1.*", "a:b (c) !d"])
async def test_events_of_one_release_are_listed_whatever_its_name(release: str) -> None:
    world = world_of(clock := ManualClock(), "GET /", release=release)
    async with connected(world=world, clock=clock) as connection:
        events = (await connection.call("list_events", issue="SHOP-1", release=release))["events"]
        others = await connection.call("list_events", issue="SHOP-1", release=release + "x")
        refused = await connection.error("list_events", issue="SHOP-1", release=release + "\\")
        either = await connection.call(
            "list_events", issue="SHOP-1", release=release + "x", query="level:error OR level:x"
        )
    assert len(events) == 9
    assert either["events"] == [], "the release binds both sides of the query"
    assert others["events"] == []
    assert "cannot be searched for" in refused
