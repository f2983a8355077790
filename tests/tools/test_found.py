"""Tools are found by what people say: in hosts that show a model only names, and let it search for the rest.

Claude Code does (mcp-sdk §1.1). It ranks names, descriptions and the search hints of all connected servers' tools by
BM25: the words of a query that few tools have, and short descriptions, count for most.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp.types import Tool

from tests.tools.contract import TOOLS
from tests.tools.support import MODES, Mode, connected

HERE = Path(__file__).parent
HINT, ALWAYS = "anthropic/searchHint", "anthropic/alwaysLoad"
K1 = (1.2, 1.5)
"""Both usual values of what repeating a word is worth: which one a host has is not told."""
B = 0.75
LONGEST_HINT = 320
SERVER_NAMES = ("sentry-runbook", "plugin_sentry-runbook_sentry-runbook")
"""Ours, as a host names it that connects to it directly, and as the plugin does."""


def read_searches(table: str) -> list[tuple[str, str]]:
    """Each search with the tool that answers it."""
    tables = tomllib.loads((HERE / "plain_searches.toml").read_text(encoding="utf-8"))
    return [(search, tool) for tool, searches in tables[table].items() for search in searches]


def words(text: str) -> list[str]:
    """The words of a name or a sentence: underscores part them, the host's own prefix is none."""
    return [word for word in re.findall(r"[a-z0-9]+", text.lower()) if word != "mcp"]


@dataclass(frozen=True)
class Index:
    """Documents by name, ranked by Okapi BM25 with the weights of Lucene, which are never negative."""

    documents: Mapping[str, Sequence[str]]
    k1: float

    def score(self, query: Iterable[str], name: str) -> float:
        """How well a document fits a query; 0 where they share no word."""
        counts, total = Counter(self.documents[name]), len(self.documents)
        mean = sum(map(len, self.documents.values())) / total
        length = self.k1 * (1 - B + B * len(self.documents[name]) / mean)
        score = 0.0
        for word in query:
            holders = sum(word in document for document in self.documents.values())
            weight = math.log(1 + (total - holders + 0.5) / (holders + 0.5))
            score += weight * counts[word] * (self.k1 + 1) / (counts[word] + length)
        return score

    def best(self, query: str) -> str:
        """The document that fits best; of equals none does, for a host may show either first."""
        scores = {name: self.score(words(query), name) for name in self.documents}
        ranked = sorted(scores, key=lambda name: -scores[name])
        is_clear = scores[ranked[0]] > scores[ranked[1]]
        return ranked[0] if is_clear else ""


def index_of(tools: Iterable[Tool], server: str, k1: float, *, with_hints: bool = True) -> Index:
    """Our tools among those of other servers, as a host knows them."""
    documents: dict[str, list[str]] = {}
    for name, others in tomllib.loads((HERE / "other_tools.toml").read_text(encoding="utf-8")).items():
        documents |= {f"{name}.{tool}": words(f"mcp__{name}__{tool} {text}") for tool, text in others.items()}
    assert len(documents) >= 40
    for tool in tools:
        hint = (tool.meta or {}).get(HINT, "") if with_hints else ""
        documents[tool.name] = words(f"mcp__{server}__{tool.name} {tool.title} {tool.description} {hint}")
    return Index(documents, k1)


def misses(index: Index, table: str) -> list[tuple[str, str, str]]:
    """Searches that do not find their tool first: search, tool, what came first."""
    firsts = ((search, tool, index.best(search)) for search, tool in read_searches(table))
    return [(search, tool, first) for search, tool, first in firsts if first != tool]


async def published(mode: Mode = "auto") -> list[Tool]:
    async with connected("payment-spike", mode=mode) as connection:
        return (await connection.client.list_tools()).tools


# --- what is published


@pytest.mark.parametrize("mode", MODES)
async def test_every_tool_has_a_search_hint_and_only_the_triage_is_always_in_view(mode: Mode) -> None:
    for tool in await published(mode):
        hint = (tool.meta or {}).get(HINT)
        assert isinstance(hint, str)
        assert 40 <= len(hint) <= LONGEST_HINT, tool.name
        assert hint == " ".join(hint.split())
        assert (tool.meta or {}) == {HINT: hint, **({ALWAYS: True} if tool.name == "triage_issue" else {})}


async def test_no_two_tools_have_the_same_hint_and_no_hint_repeats_a_word_to_weigh_more() -> None:
    hints = [(tool.meta or {})[HINT] for tool in await published()]
    assert len(set(hints)) == len(hints) == len(TOOLS)
    for hint in hints:
        telling = Counter(word for word in words(hint) if len(word) > 3)
        assert max(telling.values()) <= 3, telling.most_common(1)


# --- what is found by it


EVERYWHERE = [pytest.param(k1, server, id=f"k1 {k1}, {server}") for k1 in K1 for server in SERVER_NAMES]
"""Under both weights and both names of the server."""


def test_the_searches_are_forty_and_twenty_held_out_with_every_tool_in_both() -> None:
    """At least: who adds a tool adds searches for it."""
    for table, number in (("searches", 40), ("held_out", 20)):
        searches = read_searches(table)
        assert len({search for search, _ in searches}) == len(searches) >= number
        assert {tool for _, tool in searches} == set(TOOLS)


async def test_no_hint_is_a_search_and_no_search_a_part_of_a_hint_that_was_made_for_it() -> None:
    """Two words may well be the same; a whole sentence of a hint would only find itself."""
    phrases = {part.strip() for tool in await published() for part in (tool.meta or {})[HINT].split(",")}
    copied = [search for search, _ in read_searches("held_out") if search in phrases]
    assert copied == []


@pytest.mark.parametrize(("k1", "server"), EVERYWHERE)
async def test_nineteen_of_twenty_plain_searches_find_their_tool_first_among_those_of_other_servers(
    k1: float, server: str
) -> None:
    index = index_of(await published(), server, k1)
    missed = misses(index, "searches")
    assert len(missed) <= 0.05 * len(read_searches("searches")), missed


@pytest.mark.parametrize(("k1", "server"), EVERYWHERE)
async def test_most_of_the_searches_that_were_held_out_from_the_hints_find_their_tool_first(
    k1: float, server: str
) -> None:
    """When they were measured 14 of 20 did, 3 without hints; of the earlier 20, since seen, 11 and 4."""
    index = index_of(await published(), server, k1)
    assert len(misses(index, "held_out")) <= 8
    assert len(misses(index_of(await published(), server, k1, with_hints=False), "held_out")) > 12


@pytest.mark.parametrize(("k1", "server"), EVERYWHERE)
async def test_without_hints_most_of_them_find_another_tool(k1: float, server: str) -> None:
    index = index_of(await published(), server, k1, with_hints=False)
    assert len(misses(index, "searches")) > 20


def test_the_ranking_is_okapi_bm25() -> None:
    """Worked out by hand: three documents of 1, 2 and 6 words, mean 3; a word that one of them has twice."""
    index = Index({"a": ["fire"], "b": ["y", "x"], "c": ["fire", "fire", "x", "y", "z", "z"]}, 1.2)
    weight = math.log(1 + 1.5 / 2.5)
    assert index.score(["fire"], "a") == pytest.approx(weight * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 1 / 3)))
    assert index.score(["fire"], "c") == pytest.approx(weight * 4.4 / (2 + 1.2 * (0.25 + 0.75 * 6 / 3)))
    assert index.score(["fire"], "b") == 0
    assert index.best("fire") == "a"
    assert index.best("nothing of it") == ""
