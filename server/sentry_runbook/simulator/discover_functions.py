"""The functions of Discover over the rows of a group: counts, distinct values, first and last dates, percentiles."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.columns import Row, column, kind
from sentry_runbook.simulator.event_record import EventRecord
from sentry_runbook.simulator.params import bad
from sentry_runbook.simulator.records import SpanRecord
from sentry_runbook.simulator.search import BadQuery, Value, parse, predicate, value_test

_FUNCTION = re.compile(r"([a-z_0-9]+)\((.*)\)")


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
    function = (
        _counting(name, arguments) or _failing(name, arguments) or _timed(name, arguments) or _quantile(name, arguments)
    )
    if function is None:
        raise bad(f"{field} is not a valid function")
    return function


def _distinct(rows_: Sequence[Row], key: str) -> int:
    return len({column(row, key) for row in rows_} - {None})


def _people(rows_: Sequence[Row]) -> int:
    people = {row.user for row in rows_ if isinstance(row, EventRecord)}
    return len({person.id for person in people if person is not None})


def _counting(name: str, arguments: Sequence[str]) -> Aggregate | None:
    if name == "count":
        return Aggregate(len, "integer")
    if name == "count_unique" and len(arguments) == 1:
        key = arguments[0]
        return Aggregate(_people if key == "user" else lambda rows_: _distinct(rows_, key), "integer")
    if name == "any" and len(arguments) == 1:
        key = arguments[0]
        # Sentry takes the least value, so that the answer is always the same.
        return Aggregate(lambda rows_: min((str(column(row, key) or "") for row in rows_), default=None), kind(key))
    if name == "count_if" and len(arguments) == 3:
        return _count_if(*arguments)
    return None


def _failures(rows_: Sequence[Row]) -> int:
    return sum(isinstance(row, SpanRecord) and row.failed for row in rows_)


def _failing(name: str, arguments: Sequence[str]) -> Aggregate | None:
    """Read the functions of failed requests; a rate is a fraction, and of no requests nothing is known."""
    if arguments:
        return None
    if name == "failure_count":
        return Aggregate(_failures, "integer")
    if name == "failure_rate":
        return Aggregate(lambda rows_: _failures(rows_) / len(rows_) if rows_ else None, "percentage")
    return None


def _timed(name: str, arguments: Sequence[str]) -> Aggregate | None:
    if name == "last_seen" or (name in {"min", "max"} and list(arguments) == ["timestamp"]):
        return Aggregate(lambda rows_: _date(rows_, min if name == "min" else max), "date")
    return None


def _quantile(name: str, arguments: Sequence[str]) -> Aggregate | None:
    quantile = re.fullmatch(r"p(\d\d|100)|avg|percentile", name)
    if not quantile or (name == "percentile") is not (len(arguments) == 2):
        return None
    key = arguments[0] if arguments else "transaction.duration"
    shape, unit = ("duration", "millisecond") if kind(key) == "duration" else ("number", None)
    if name == "avg":
        return Aggregate(lambda rows_: _average(_values(rows_, key)), shape, unit)
    part = float(arguments[1]) if name == "percentile" else int(quantile[1]) / 100
    return Aggregate(lambda rows_: percentile(_values(rows_, key), part), shape, unit)


def _average(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


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
