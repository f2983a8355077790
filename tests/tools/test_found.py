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
    documents = {}
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
        most, times = Counter(words(hint)).most_common(1)[0]
        assert times <= 4, most
