r"""Sentry's search language, as far as an incident needs it: parses a query and compiles it to a predicate over rows.

``key:value``, ``!key:value``, ``has:key``, ``key:[a, b]``, ``key:"a b"``, ``*`` inside values, comparisons
(``key:>5``), free words, AND, OR and parentheses. An unknown key is a tag, and silently matches nothing: as in
Sentry.

Backslashes, as the server reads them and whoever asks may not: in quotes ``\"`` is a quote, and a quoted value runs on
until a quote without a backslash before it; a quote elsewhere in a value is an error. A star that an even number of
backslashes precedes makes the value a pattern, in which a backslash takes the next character as it is; in all other
values ``\*`` is a star and any other backslash is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

Value = str | int | float | bool | None
Lookup = Callable[[str], Value]
"""Returns a row's value of a key."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<paren>[()]) |
        (?P<op>AND|OR)(?=[\s()]|$) |
        (?P<term>!?(?:"[^"]*"|[\w.\-@/]+(?:\([^)]*\)|\["[^"]*"\]|\[[^\]"]*\])?):(?:
            \[(?:"(?:\\"|[^"])*+"|[^\]"])*+\]|(?:[<>]=?)?"(?:\\"|[^"])*+"|[^\s()]*)) |
        (?P<quoted>"(?:\\"|[^"])*+") |
        (?P<word>[^\s()]+)
    )""",
    re.VERBOSE,
)

_QUOTED = re.compile(r'"(?:\\"|[^"])*+"')
_BRACKETED = re.compile(r'([^:\[]+\[(?:"[^"]*"|[^\]"]*)\]):')
_MOST_PARENTHESES = 50


class BadQuery(ValueError):
    """A query that Sentry answers with 400; the text is the detail."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: a key, its accepted values (none: any free text), whether it is negated, and a comparison."""

    key: str
    values: tuple[str, ...]
    negated: bool = False
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that must all hold, or of which one must."""

    parts: tuple[Term | Group, ...]
    any_of: bool = False


def parse(text: str) -> Group:
    """Read a query.

    Raises:
        BadQuery: when it cannot be read.
    """
    if text.count("(") > _MOST_PARENTHESES:
        raise BadQuery("Parse error: the query is nested too deeply.")
    tokens = [match for match in _TOKEN.finditer(text) if match.group().strip()]
    group, rest = _alternatives(tokens, 0)
    if rest != len(tokens):
        raise BadQuery("Parse error at ')': unbalanced parentheses.")
    return group


def _alternatives(tokens: list[re.Match[str]], position: int) -> tuple[Group, int]:
    branches = []
    while True:
        branch, position = _conditions(tokens, position)
        branches.append(branch)
        if position < len(tokens) and tokens[position]["op"] == "OR":
            position += 1
            continue
        return (branches[0] if len(branches) == 1 else Group(tuple(branches), any_of=True)), position


def _conditions(tokens: list[re.Match[str]], position: int) -> tuple[Group, int]:
    parts: list[Term | Group] = []
    while position < len(tokens):
        token = tokens[position]
        if token["op"] == "OR" or token["paren"] == ")":
            break
        position += 1
        if token["paren"] == "(":
            inner, position = _alternatives(tokens, position)
            if position >= len(tokens) or tokens[position]["paren"] != ")":
                raise BadQuery("Parse error: a parenthesis is not closed.")
            position += 1
            parts.append(inner)
        elif not token["op"]:
            parts.append(_term(token))
    return Group(tuple(parts)), position


def _unquote(text: str) -> str:
    """The value without its quotes; a star's backslash stays, because it tells a star from a wildcard."""
    if len(text) >= 2 and text[0] == text[-1] == '"' and _QUOTED.fullmatch(text):
        text = text[1:-1]
    elif re.search(r'(?<!\\)"', text):
        raise BadQuery(f"Invalid quote at '{text}': quotes must enclose text or be escaped.")
    return text.replace('\\"', '"')


def _term(token: re.Match[str]) -> Term:
    if not token["term"]:
        return Term("", (_unquote(token["quoted"]) if token["quoted"] else token["word"],))
    negated = token["term"].startswith("!")
    key, _, value = _after_key(token["term"].removeprefix("!"))
    if key == "has":
        return Term(_unquote(value), (), negated, "has")
    if not value:
        raise BadQuery(f"Empty string after '{key}:'")
    if value.startswith("["):
        inner = re.findall(r'\s*("(?:\\"|[^"])*+"|[^,]+?)\s*(?:,|$)', value[1:-1])
        return Term(key, tuple(_unquote(part) for part in inner), negated)
    operator = re.match(r"[<>]=?|(?=)", value)
    sign = operator.group() if operator else ""
    return Term(key, (_unquote(value[len(sign) :]),), negated, sign)


def _after_key(text: str) -> tuple[str, str, str]:
    if text.startswith('"'):
        key, _, value = text[1:].partition('":')
        return key, ":", value
    bracketed = _BRACKETED.match(text)
    if bracketed:
        return bracketed[1], ":", text[bracketed.end() :]
    return text.partition(":")


def terms(group: Group) -> list[Term]:
    """Return the conditions that every row must meet, so that a reader can choose where to look."""
    if group.any_of:
        return []
    required: list[Term] = []
    for part in group.parts:
        required += [part] if isinstance(part, Term) else terms(part)
    return required


def every_term(group: Group) -> Iterator[Term]:
    """Return all conditions of a query, those among others included."""
    for part in group.parts:
        if isinstance(part, Term):
            yield part
        else:
            yield from every_term(part)


R = TypeVar("R")


def predicate(group: Group, compiled: Callable[[Term], Callable[[R], bool]]) -> Callable[[R], bool]:
    """Compile a query into a test of a row, given the test of one term."""
    tests = [predicate(part, compiled) if isinstance(part, Group) else compiled(part) for part in group.parts]
    if group.any_of:
        return lambda row: any(test(row) for test in tests)
    return lambda row: all(test(row) for test in tests)


def value_test(term: Term) -> Callable[[Lookup], bool]:
    """Return the usual meaning of a term: a comparison with the row's value of its key."""
    key, negated = term.key, term.negated
    if term.operator == "has":
        return lambda row: (row(key) in {None, ""}) is negated
    if term.operator:
        return _comparison(term)
    if not key:
        wanted = term.values[0].lower()
        return lambda row: any(
            wanted in str(row(column) or "").lower() for column in ("title", "message", "transaction")
        )
    # Plain words are compared by looking them up: a list of a hundred issues is no hundred comparisons a row.
    plain = frozenset(value for value in term.values if value.isalnum())
    matches = [_matcher(value) for value in term.values]
    others = [_matcher(value) for value in term.values if value not in plain]

    def test(row: Lookup) -> bool:
        value = row(key)
        if isinstance(value, bool):
            return any(match(value) for match in matches) is not negated
        held = (value is not None and str(value) in plain) or any(match(value) for match in others)
        return held is not negated

    return test


def _pieces(wanted: str) -> list[str]:
    """The texts between the wildcards of a pattern."""
    pieces, escaped = [""], False
    for char in wanted:
        if escaped or char not in "\\*":
            pieces[-1] += char
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            pieces.append("")
    return pieces


def _matcher(wanted: str) -> Callable[[Value], bool]:
    if re.search(r"(?<!\\)(?:\\\\)*\*", wanted):
        pattern = re.compile(".*".join(map(re.escape, _pieces(wanted))), re.IGNORECASE | re.DOTALL)
        return lambda value: value is not None and bool(pattern.fullmatch(str(value)))
    plain = re.sub(r"\\\*", "*", wanted)
    lowered = plain.lower()

    def same(value: Value) -> bool:
        if isinstance(value, bool):
            return lowered in ({"true", "1", "yes"} if value else {"false", "0", "no"})
        return (value is None and plain == "") or (value is not None and str(value) == plain)

    return same


def _comparison(term: Term) -> Callable[[Lookup], bool]:
    sign, bound = term.operator, _number(term.values[0])
    if bound is None:
        raise BadQuery(f"Invalid value '{term.values[0]}' for a comparison of '{term.key}'.")

    def test(row: Lookup) -> bool:
        value = row(term.key)
        number = value if isinstance(value, int | float) else _number(str(value or ""))
        if number is None:
            return False
        held = number > bound if sign[0] == ">" else number < bound
        return (held or (len(sign) == 2 and number == bound)) is not term.negated

    return test


def _number(text: str) -> float | None:
    """Read a number, a duration with its unit as milliseconds, or a date as epoch milliseconds."""
    measure = re.fullmatch(r"(-?\d+(?:\.\d+)?)(ms|s|m|h|d|w)?", text)
    if measure:
        factor = {"s": 1e3, "m": 6e4, "h": 3.6e6, "d": 8.64e7, "w": 6.048e8}.get(measure[2] or "", 1.0)
        return float(measure[1]) * factor
    try:
        moment = datetime.fromisoformat(text if re.search(r"([+-]\d\d:?\d\d|Z)$", text) else text + "+00:00")
    except ValueError:
        return None
    return moment.timestamp() * 1000
