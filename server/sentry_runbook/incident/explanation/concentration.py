"""Attribution of an issue without a past: the values that carry nearly all of its events.

Without a time before no value can be above its usual count. What is left is concentration: a value that has four fifths
of the events although its tag could have another one. That it could is known from the tag's other values now, or from
a usual share known otherwise (the adoption of a release by sessions). A tag that has one value only and no usual share
is a constant of the service as far as anybody can see, and says nothing. Sets of several values say no more than their
values one by one, for there is no count to hold them against, and are not made.

A usual share that is known counts more: the value is a finding from half of the events on, when that is twice its usual
share. One that is not known is taken to be a half. Either way the events must be more than chance makes of that share.
Among those, that all events are of one customer of sixty says more than that they are of one plan of four: where the
usual share is not known, a value is ranked as if all values of its tag were as frequent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from sentry_runbook.incident.explanation.likelihood import harmonic_mean, log_ratio
from sentry_runbook.incident.explanation.paired import MOST_ROWS, TagValue
from sentry_runbook.incident.explanation.tag_sets import FEWEST_EVENTS, aliases
from sentry_runbook.incident.model.evidence import Combination

NEARLY_ALL, MOST = 0.8, 0.5
NEARLY_ALL_OF_A_CUT_LIST = 0.9
"""The largest combinations have more of the frequent values than those that the cut hides."""
TIMES_USUAL = 2.0
SMALLEST_USUAL = 0.001
"""A usual share of 0 was measured on few events, too."""
UNKNOWN_SHARE = 0.5
"""What a share that is not known is held against."""


@dataclass(frozen=True)
class Concentration:
    """One value that carries more of the events than it usually would."""

    value: TagValue
    events: int
    usual_share: float | None
    score: float


def concentrations(
    now: Sequence[Combination], usual_shares: Mapping[TagValue, float], chance: float
) -> tuple[Concentration, ...]:
    """The concentrated values, best first; ``chance`` is that of one false finding in all values tried."""
    total = sum(row.events for row in now)
    nearly_all = total * (NEARLY_ALL_OF_A_CUT_LIST if len(now) == MOST_ROWS else NEARLY_ALL)
    margins = _margins(now)
    for alias in aliases(list(margins), [row.tags for row in now]):
        del margins[alias]
    limit = log(sum(map(len, margins.values())) / chance) if margins else 0.0
    rows = []
    for tag, value, events, usual in _possible(margins, usual_shares, total, nearly_all):
        held_against = UNKNOWN_SHARE if usual is None else max(usual, SMALLEST_USUAL)
        if _beyond_chance(events, total, held_against) >= limit:
            expected = 1 / len(margins[tag]) if usual is None else held_against
            rows.append(Concentration((tag, value), events, usual, _score(events, total, expected)))
    # Sorted is stable: among equals the caller's order of tags holds.
    return tuple(sorted(rows, key=lambda row: -row.score))


def _margins(rows: Sequence[Combination]) -> dict[str, Counter[str | None]]:
    margins: dict[str, Counter[str | None]] = {}
    for row in rows:
        for tag, value in row.tags.items():
            margins.setdefault(tag, Counter())[value] += row.events
    return margins


def _possible(
    margins: Mapping[str, Mapping[str | None, int]],
    usual_shares: Mapping[TagValue, float],
    total: int,
    nearly_all: float,
) -> Iterator[tuple[str, str, int, float | None]]:
    for tag, counts in margins.items():
        for value, events in counts.items():
            if value is None or events < FEWEST_EVENTS:
                continue
            usual = usual_shares.get((tag, value))
            if usual is None:
                stands_out = len(counts) > 1 and events >= nearly_all
            else:
                stands_out = events >= max(MOST, TIMES_USUAL * usual) * total
            if stands_out:
                yield tag, value, events, usual


def _score(events: int, total: int, usual: float) -> float:
    """The harmonic mean of the share and of the part of the value's events beyond its usual share."""
    return harmonic_mean(events / total, 1 - usual * total / events)


def _beyond_chance(events: int, total: int, usual: float) -> float:
    """How far ``events`` of ``total`` lie above a share: -log of a bound on the chance of that (Chernoff)."""
    return log_ratio(events, usual * total) + log_ratio(total - events, (1 - usual) * total)
