"""Discover: selects the rows of a query, then groups, counts and sorts them as a table.

``rows`` finds the events or traced requests of a dataset that fit scope and query; ``table`` selects, groups and sorts.
The time series count over the same rows, so that their sum is the table's count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.columns import Row, column, kind, shown
from sentry_runbook.simulator.params import Scope, bad
from sentry_runbook.simulator.records import HOUR, MINUTE, IssueRecord, ProjectRecord
from sentry_runbook.simulator.search import BadQuery, Lookup, Term, Value, parse, predicate, terms, value_test

_FUNCTION = re.compile(r"([a-z_0-9]+)\((.*)\)")
_COLUMN = re.compile(r"[a-zA-Z0-9_.:-]*|tags\[[a-zA-Z0-9_.:-]*\]")
_MOST_FIELDS = 20


def rows(dataset: str, scope: Scope, query: str) -> list[Row]:
    """Return the rows of a dataset that fit, oldest first; 400 for an invalid query."""
    try:
        tree = parse(query)
        fits = predicate(tree, _compiled)
        required = terms(tree)
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    candidates: list[Row] = []
    for project in scope.projects:
        candidates += _candidates(project, dataset, scope, required)
    if len(scope.projects) > 1:
        candidates.sort(key=lambda row: row.at)
    return [row for row in candidates if scope.covers(row.environment) and fits(partial(column, row))]


def _compiled(term: Term) -> Callable[[Lookup], bool]:
    # Short ids are understood in any case; the column holds them as Sentry writes them.
    if term.key == "issue":
        term = replace(term, values=tuple(value.upper() for value in term.values))
    return value_test(term)


def _candidates(project: ProjectRecord, dataset: str, scope: Scope, required: Sequence[Term]) -> list[Row]:
    start, end = scope.start, scope.seen_end
    named = _named_issues(project, scope, required)
    candidates: list[Row] = []
    if dataset in {"errors", "discover", "issuePlatform"}:
        logs = [project.events] if named is None else [issue.events for issue in named]
        events = [event for log in logs for event in log.window(start, end)]
        if dataset != "discover":
            events = [event for event in events if (event.issue.spec.category == "error") is (dataset == "errors")]
        candidates += events
    if dataset in {"spans", "transactions", "discover"} and not (dataset == "discover" and named is not None):
        candidates += project.spans.window(start, end)
    if dataset == "discover" or (named and len(named) > 1):
        candidates.sort(key=lambda row: row.at)
    return candidates


def _named_issues(project: ProjectRecord, scope: Scope, required: Sequence[Term]) -> list[IssueRecord] | None:
    """Return the project's issues that the query names; None when it names none at all."""
    named: list[IssueRecord] | None = None
    for term in required:
        if term.key not in {"issue", "issue.id"} or term.negated or term.operator:
            continue
        for value in term.values:
            numeric = value.isdecimal()
            if numeric is (term.key == "issue") or not (numeric or _known_short(scope, value)):
                raise bad(f"Invalid value '{value}' for '{term.key}:' filter")
        wanted = {value.upper() for value in term.values}
        named = [issue for issue in project.issues if {issue.id, issue.short_id.upper()} & wanted]
    return named


def _known_short(scope: Scope, value: str) -> bool:
    return any(issue.short_id.upper() == value.upper() for project in scope.projects for issue in project.issues)


# --- functions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over the rows of a group, with the type and the unit of its result."""

    over: Callable[[Sequence[Row]], Value]
    kind: str
    unit: str | None = None


def _values(rows_: Sequence[Row], key: str) -> list[float]:
    cells = (column(row, key) for row in rows_)
    return [float(value) for value in cells if isinstance(value, int | float)]


def percentile(values: Sequence[float], part: float) -> float | None:
    """Interpolate a percentile between the two nearest values; None for no values."""
    if not values:
        return None
    ordered = sorted(values)
    rank = (len(ordered) - 1) * part
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)


def _date(rows_: Sequence[Row], pick: Callable[[list[int]], int]) -> str | None:
    return iso(pick([row.at for row in rows_])).replace("Z", "+00:00") if rows_ else None


def aggregate(field: str) -> Aggregate | None:
    """Read a field as a function of Discover; None when it is a plain column, 400 when there is no such function."""
    call = _FUNCTION.fullmatch(field)
    if not call:
        return None
    name = call[1]
    arguments = [part.strip() for part in call[2].split(",")] if call[2].strip() else []
    function = _counting(name, arguments) or _timed(name, arguments) or _quantile(name, arguments)
    if function is None:
        raise bad(f"{field} is not a valid function")
    return function


def _counting(name: str, arguments: Sequence[str]) -> Aggregate | None:
    if name == "count":
        return Aggregate(len, "integer")
    if name == "count_unique" and len(arguments) == 1:
        key = arguments[0]
        return Aggregate(lambda rows_: len({column(row, key) for row in rows_} - {None}), "integer")
    if name == "any" and len(arguments) == 1:
        key = arguments[0]
        # Sentry takes the least value, so that the answer is always the same.
        return Aggregate(lambda rows_: min((str(column(row, key) or "") for row in rows_), default=None), kind(key))
    if name == "count_if" and len(arguments) == 3:
        return _count_if(*arguments)
    return None


def _timed(name: str, arguments: Sequence[str]) -> Aggregate | None:
    if name == "last_seen" or (name in {"min", "max"} and list(arguments) == ["timestamp"]):
        return Aggregate(lambda rows_: _date(rows_, min if name == "min" else max), "date")
    return None


def _quantile(name: str, arguments: Sequence[str]) -> Aggregate | None:
    quantile = re.fullmatch(r"p(\d\d|100)", name)
    if not quantile:
        return None
    key, part = arguments[0] if arguments else "transaction.duration", int(quantile[1]) / 100
    shape, unit = ("duration", "millisecond") if kind(key) == "duration" else ("number", None)
    return Aggregate(lambda rows_: percentile(_values(rows_, key), part), shape, unit)


def _count_if(key: str, operator: str, value: str) -> Aggregate:
    signs = {"equals": "", "notEquals": "", "greater": ">", "less": "<", "greaterOrEquals": ">="}
    signs["lessOrEquals"] = "<="
    if operator not in signs:
        raise bad(f"count_if: operator argument invalid: {operator}")
    try:
        fits = predicate(
            parse(f'{"!" if operator == "notEquals" else ""}{key}:{signs[operator]}"{value.strip(chr(34))}"'),
            value_test,
        )
    except BadQuery as exc:
        raise bad(str(exc)) from exc
    return Aggregate(lambda rows_: sum(fits(partial(column, row)) for row in rows_), "integer")


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ResultTable:
    """All rows of an answer, and what ``meta`` says about their columns."""

    data: list[dict[str, Value]]
    fields: dict[str, str]
    units: dict[str, str | None]


def table(fields: Sequence[str], sort: Sequence[str], source: Sequence[Row]) -> ResultTable:
    """Group the rows by the plain columns and apply the functions; newest first without ``sort``."""
    if not fields:
        raise bad("No columns selected")
    if len(fields) > _MOST_FIELDS:
        raise bad(f"You can view up to {_MOST_FIELDS} fields at a time. Please delete some and try again.")
    if "issue" in fields and "issue.id" not in fields:
        fields = [*fields, "issue.id"]
    functions = {field: aggregate(field) for field in fields}
    for field, function in functions.items():
        if function is None and not _COLUMN.fullmatch(field):
            raise bad(f"Invalid characters in field {field}")
    for order in sort:
        if order.removeprefix("-") not in functions:
            raise bad("Cannot sort by a field that is not selected.")
    keys = [field for field, function in functions.items() if function is None]
    data = _grouped(keys, functions, source) if len(keys) < len(functions) else _listed(keys, source)
    for order in reversed(sort):
        data.sort(key=partial(_order, order.removeprefix("-")), reverse=order.startswith("-"))
    # A short id is made of the issue's number, which stands beside it and is described in its place.
    described = {field: function for field, function in functions.items() if field != "issue"}
    return ResultTable(
        [{field: shown(field, row[field]) for field in fields} for row in data],
        {field: function.kind if function else kind(field) for field, function in described.items()},
        {
            field: function.unit if function else ("millisecond" if kind(field) == "duration" else None)
            for field, function in described.items()
        },
    )


def _order(key: str, row: dict[str, Value]) -> tuple[bool, float, str]:
    value = row[key]
    if isinstance(value, int | float):
        return (True, float(value), "")
    return (value is not None, 0.0, str(value))


def _listed(keys: Sequence[str], source: Sequence[Row]) -> list[dict[str, Value]]:
    return [{key: column(row, key) for key in keys} for row in reversed(source)]


def _grouped(
    keys: Sequence[str], functions: dict[str, Aggregate | None], source: Sequence[Row]
) -> list[dict[str, Value]]:
    groups: dict[tuple[Value, ...], list[Row]] = {} if keys else {(): []}
    for row in source:
        groups.setdefault(tuple(column(row, key) for key in keys), []).append(row)
    return [
        dict(zip(keys, group, strict=True))
        | {field: function.over(members) for field, function in functions.items() if function}
        for group, members in groups.items()
    ]


# --- the series -----------------------------------------------------------------------------------------------------


def interval_ms(text: str | None, scope: Scope) -> int:
    """Read an interval (``60``, ``1m``, ``60s``, ``1h``); an invalid one is silently replaced, as in Sentry."""
    length = scope.end - scope.start
    default = next((step for step, most in ((MINUTE, HOUR), (5 * MINUTE, 24 * HOUR)) if length <= most), HOUR)
    match = re.fullmatch(r"(\d{1,9})(s|m|h|d)?", text or "")
    if not match:
        return default
    step = int(match[1]) * {"s": 1000, "m": MINUTE, "h": HOUR, "d": 24 * HOUR}[match[2] or "s"]
    return step if step and length / step <= 10_000 and step < max(length, 1) + step else default


def buckets(source: Sequence[Row], step: int, scope: Scope) -> list[tuple[int, list[Row]]]:
    """Sort the rows into the clock-aligned buckets of the scope; a bucket is named by its begin."""
    first = scope.start // step * step
    filled: dict[int, list[Row]] = {at: [] for at in range(first, max(scope.end, scope.seen_end), step)}
    for row in source:
        filled[row.at // step * step].append(row)
    return list(filled.items())
