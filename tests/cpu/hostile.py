"""Hostile texts: repeats derived from a pattern's own syntax tree, and a fixed set that has hurt some scanner before.

How to think about it: a backtracking search is slow where a repeat can be left in many ways, or begun at many places,
and all fail. So of each repeat in a pattern are written: its unit alone, what stands before it and then the unit, that
again and again, each of them with an end that nothing matches, and the characters that two neighbours share. What
cannot be derived (a scanner in Python, two patterns one after the other) is what the fixed repeats are for.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from re import _constants as op  # type: ignore[attr-defined]  # the tree of a pattern has no public door
from re import _parser  # type: ignore[attr-defined]  # as above
from typing import Any

from tests.cpu.units import UNITS

Tree = Any
FAILING = ("", "\x00", "!", "\n", "é")
"""What ends a text: nothing, or a character that most patterns do not go on with."""
PROBES = (
    *string.printable[:95],
    *"\n\t\r\x00\x1b\x7fé＠∶‹›«…\u0301\u0660\u200b\u202e\u3000\ufe0f\ufffd😀\U000e0041\ud800Æøñ指Жא",
)
"""Characters that stand for a set: some of each kind."""
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
INNER: Mapping[Any, Callable[[Any], Tree]] = {
    op.SUBPATTERN: lambda value: value[3],
    op.ATOMIC_GROUP: lambda value: value,
    op.GROUPREF_EXISTS: lambda value: value[1],
}
"""Where a node holds the tree that it matches."""
CHOICES, ALTERNATIVES, RUNS = 6, 12, (1, 3, 40, 250)
"""Different characters of a set, alternatives of a branch, and lengths of a run that are tried."""


def in_set(items: Sequence[tuple[Any, Any]], char: str) -> bool:
    """Whether a character is in a set of a pattern."""
    source = char
    negated, holds = False, False
    for kind, value in items:
        if kind is op.NEGATE:
            negated = True
        elif kind is op.LITERAL:
            holds = holds or ord(source) == value
        elif kind is op.RANGE:
            holds = holds or value[0] <= ord(source) <= value[1]
        elif kind is op.CATEGORY:
            holds = holds or _in_category(value, source)
    return holds != negated


def _in_category(category: Any, char: str) -> bool:
    name = str(category).removeprefix("CATEGORY_")
    kind = name.removeprefix("NOT_")
    holds = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}[kind]
    return holds != name.startswith("NOT_")


def characters(node: tuple[Any, Any]) -> list[str]:
    """Characters that one place of a pattern matches."""
    kind, value = node
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.NOT_LITERAL:
        return [char for char in PROBES if ord(char) != value]
    if kind is op.ANY:
        return [char for char in PROBES if char != "\n"]
    if kind is op.IN:
        listed = [
            chr(item[1]) if item[0] is op.LITERAL else chr(item[1][0])
            for item in value
            if item[0] in (op.LITERAL, op.RANGE)
        ]
        return list(
            dict.fromkeys([*(char for char in PROBES if in_set(value, char)), *(c for c in listed if in_set(value, c))])
        )
    return []


def sample(tree: Tree, choice: int = 0) -> str:
    """A text that a tree matches, lookarounds aside; ``choice`` varies characters, alternatives and optional parts."""
    return "".join(_sampled(node, choice) for node in tree)


def _sampled(node: tuple[Any, Any], choice: int) -> str:
    kind, value = node
    if kind in REPEATS:
        least, most, inner = value
        times: int = max(least, min(1, int(most)) if choice % 2 == 0 else 0)
        return sample(inner, choice) * times
    if kind is op.BRANCH:
        return sample(value[1][choice % len(value[1])], choice)
    if kind in INNER:
        return sample(INNER[kind](value), choice)
    held = characters(node)
    return held[choice * 7 % len(held)] if held else ""


def repeats(tree: Tree, before: str = "") -> Iterator[tuple[str, Tree, list[str]]]:
    """Every repeat in a tree: a text before it, what it repeats, and characters that stand next to it."""
    nodes = list(tree)
    for index, (kind, value) in enumerate(nodes):
        lead = before + sample(nodes[:index])
        if kind in REPEATS:
            neighbours = [char for near in nodes[max(0, index - 2) : index + 3] for char in _first(near)]
            if value[1] is op.MAXREPEAT or int(value[1]) > 1:
                yield lead, value[2], neighbours
            yield from repeats(value[2], lead)
        elif kind is op.SUBPATTERN:
            yield from repeats(value[3], lead)
        elif kind is op.ATOMIC_GROUP:
            yield from repeats(value, lead)
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from repeats(branch, lead)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from repeats(value[1], lead)
        elif kind is op.GROUPREF_EXISTS:
            for branch in value[1:]:
                yield from repeats(branch or [], lead)


def _first(node: tuple[Any, Any]) -> list[str]:
    kind, value = node
    if kind in REPEATS:
        return [char for inner in list(value[2])[:1] for char in _first(inner)]
    if kind is op.SUBPATTERN:
        return [char for inner in list(value[3])[:1] for char in _first(inner)]
    if kind is op.BRANCH:
        return [char for branch in value[1] for inner in list(branch)[:1] for char in _first(inner)[:3]]
    return characters(node)[:12]


def branches(tree: Tree) -> Iterator[str]:
    """Samples of the alternatives: words that a search begins to match."""
    for kind, value in list(tree):
        if kind is op.BRANCH:
            for branch in value[1][:ALTERNATIVES]:
                yield sample(branch)
                yield from branches(branch)
        elif kind is op.SUBPATTERN:
            yield from branches(value[3])
        elif kind in REPEATS:
            yield from branches(value[2])
        elif kind is op.ATOMIC_GROUP:
            yield from branches(value)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from branches(value[1])


Recipe = tuple[str, str, str]
"""A head, what is repeated after it until the text is long enough, and an end."""


def derived(pattern: re.Pattern[Any]) -> list[Recipe]:
    """Recipes of hostile texts for one pattern."""
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    tree = _parser.parse(source, pattern.flags & ~(re.UNICODE if isinstance(pattern.pattern, bytes) else 0))
    return list(dict.fromkeys(_recipes(tree)))


def _recipes(tree: Tree) -> Iterator[Recipe]:
    whole = [sample(tree, choice) for choice in range(3)]
    for text in whole:
        for cut in {len(text), len(text) - 1, len(text) // 2}:
            if text[:cut]:
                yield "", text[:cut], ""
                yield "", text[:cut] + "\x00", ""
    for word in islice(branches(tree), 60):
        if word:
            yield "", word, ""
            yield "", word + " ", ""
    for lead, inner, near in islice(repeats(tree), 80):
        for unit in dict.fromkeys([*(sample(inner, choice) for choice in range(CHOICES)), *_shared(inner, near)]):
            if unit:
                yield from _around(lead, unit)


def _shared(inner: Tree, near: Iterable[str]) -> list[str]:
    """Characters that the repeat shares with its neighbours."""
    nodes = list(inner)
    own = set(characters(nodes[0])) if len(nodes) == 1 else set()
    return [char for char in dict.fromkeys(near) if char in own][:CHOICES]


def _around(lead: str, unit: str) -> Iterator[Recipe]:
    for end in FAILING[:3]:
        yield "", unit, end
        yield lead, unit, end
    for times in RUNS:
        yield "", lead + unit * times, ""
        yield "", lead + unit * times + "\x00", ""
    yield "", unit + " ", ""
    yield "", unit + "\n", ""


@cache
def fixed() -> tuple[Recipe, ...]:
    """Repeats that need no pattern: single characters, pairs, openings, escapes, alphabets, words."""
    chars = [*(chr(code) for code in range(128)), *PROBES[95:]]
    heads = ("", "{", '"', "a=", "password=", "http://", "[", "(")
    recipes = [("", unit, "") for unit in dict.fromkeys((*chars, *UNITS))]
    recipes += [
        (head, unit, end) for head in heads[1:] for unit in ("a", "1", " ", "\n", ".", "{", '"') for end in ("", "\x00")
    ]
    return tuple(recipes)


def text(recipe: Recipe, size: int) -> str:
    """The hostile text of this many characters."""
    head, unit, end = recipe
    room = max(0, size - len(head) - len(end))
    return (head + (unit * (room // len(unit) + 1))[:room] + end)[:size] if unit else head + end


def shown(recipe: Recipe) -> str:
    """A recipe in a message."""
    head, unit, end = (ascii(part if len(part) < 60 else f"{part[:50]}…{len(part)}") for part in recipe)
    return f"{head} + {unit} × n + {end}"
