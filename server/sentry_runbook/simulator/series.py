"""Time series of Discover: rows in clock-aligned buckets, in all or by the groups that have most (``topEvents``).

Facts about ``topEvents`` are from Sentry's own tests and code (of ``events-stats/`` and ``events-timeseries/``): a
series is named by the values of its columns, sorted by column and joined by commas; an issue is named by its short id;
what is left over is "Other", and exists where the limit is reached; so many series
share the points that one answer may have.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sentry_runbook.simulator.columns import Row
from sentry_runbook.simulator.discover import MatchingRows, Selection
from sentry_runbook.simulator.params import Scope, bad
from sentry_runbook.simulator.records import HOUR, MINUTE
from sentry_runbook.simulator.search import Value

_MOST_POINTS = 10_000
MOST_TOP_EVENTS = 10
OTHER = "Other"


def interval_ms(text: str | None, scope: Scope, series: int = 1) -> int:
    """Read an interval (``60``, ``1m``, ``60s``, ``1h``); an invalid one is silently replaced, as in Sentry.

    Args:
        text: the interval as asked.
        scope: whose period it divides.
        series: how many series share the points that one answer may have.
    """
    length = scope.end - scope.start
    default = next((step for step, most in ((MINUTE, HOUR), (5 * MINUTE, 24 * HOUR)) if length <= most), HOUR)
    match = re.fullmatch(r"(\d{1,9})(s|m|h|d)?", text or "")
    if not match:
        return default
    step = int(match[1]) * {"s": 1000, "m": MINUTE, "h": HOUR, "d": 24 * HOUR}[match[2] or "s"]
    fits = step and length / step <= _MOST_POINTS / series and step < max(length, 1) + step
    return step if fits else default


def buckets(source: Sequence[Row], step: int, scope: Scope) -> list[tuple[int, list[Row]]]:
    """Sort the rows into the clock-aligned buckets of the scope; a bucket is named by its begin."""
    first = scope.start // step * step
    filled: dict[int, list[Row]] = {at: [] for at in range(first, max(scope.end, scope.seen_end), step)}
    for row in source:
        filled[row.at // step * step].append(row)
    return list(filled.items())


@dataclass(frozen=True, slots=True)
class TopGroup:
    """One of the groups that have most, or all the rest.

    Attributes:
        name: its key in ``events-stats/``.
        columns: its values by column, as ``events-timeseries/`` shows them; None for the rest.
        order: its rank from 0; the rest stands after all.
    """

    name: str
    columns: tuple[tuple[str, Value], ...] | None
    order: int
    rows: Sequence[Row]


def top_limit(text: str | None) -> int | None:
    """Read ``topEvents``; None where the request names none, 400 where it is no number from 1 to 10."""
    if text is None:
        return None
    if not re.fullmatch(r"-?\d{1,9}", text):
        raise bad("topEvents must be an integer")
    if int(text) > MOST_TOP_EVENTS:
        raise bad(f"Can only get up to {MOST_TOP_EVENTS} top events")
    if int(text) <= 0:
        raise bad("topEvents needs to be at least 1")
    return int(text)


def top_groups(
    fields: Sequence[str], sort: Sequence[str], limit: int, source: MatchingRows, *, with_other: bool
) -> list[TopGroup]:
    """Return the groups that come first, after the rest where there is one; none where nothing was found."""
    selection = Selection.of(fields, sort)
    _check(selection, sort)
    groups = selection.groups(source)
    named = [_group(selection, values, order, rows) for order, (values, rows) in enumerate(groups[:limit])]
    if len(named) < limit or not with_other:
        return named
    rest = [row for _, rows in groups[limit:] for row in rows]
    return [TopGroup(OTHER, None, limit, rest), *named] if rest else named


def _check(selection: Selection, sort: Sequence[str]) -> None:
    if not selection.keys:
        raise bad("groupBy is a required parameter when doing topEvents")
    if not sort:
        raise bad("sort is a required parameter when doing topEvents")
    for key in ("timestamp", "time"):
        if key in selection.keys:
            raise bad("Cannot group by timestamp")
    if "issue.id" in selection.keys and "issue" not in selection.keys:
        # Sentry looks short ids up only where "issue" is asked for, and calls all groups "unknown" here: no use to
        # anybody, and not worth hiding from who asks so by mistake.
        raise bad("The embedded Sentry makes series by issue, not by issue.id alone.")


def _group(selection: Selection, values: dict[str, Value], order: int, rows: Sequence[Row]) -> TopGroup:
    # Both columns of an issue are one in a series: it is called issue.id, and its value is the short id.
    named = {"issue.id" if key == "issue" else key: values[key] for key in selection.keys if key != "issue.id"}
    columns = tuple(sorted(named.items()))
    name = ",".join(str(value) for _, value in columns)
    return TopGroup(f"{name} ({columns[0][0]})" if name == OTHER else name, columns, order, rows)
