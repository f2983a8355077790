"""Attribution: which tag values explain that there are more events than usual.

How to think about it. Every set of one to three tag values is a claim: "the incident is in here". A good claim is
*complete* (the events above usual carry these values) and *pure* (the events that carry them are above usual). Each
alone is won by a useless set: the most complete is the constant everybody has, the purest a corner with three events
that never had one. So sets are ranked by the harmonic mean of both (the F measure of detection, "explained" as recall
and "purity" as precision), which is high only where both are. Three corrections make it hold on real counts:

- *Usual is measured beside the set.* When the events without these values have doubled, too, then twice the usual
  count of the set is no sign of it: its excess is taken over usual times the growth outside, never less than 1. A set
  that leaves a part of the incident outside loses twice by this, which finds the border of a cause.
- *The events to be explained are those that chance does not explain.* They are summed over the combinations of the two
  tags that changed most, each above its usual count by more than a standard deviation. The plain difference of the
  totals is small or negative when an incident begins while traffic falls.
- *A claim must beat chance*, by a likelihood ratio test of the 2 x 2 table (set or not, now or before), with a limit
  that grows with the number of sets tried. Noise then yields an empty answer.

Two values of one tag may be ill at once (:mod:`.siblings`), and what the cut at 100 combinations hides is filled in
(:mod:`.paired`). Sets that carry the same events at both times cannot be parted: of these the most general ones are
said, with equal rank where there are several; a set with more values is said beside them only when it carries others.

Why not other statistics. *Lift* (share now over share before) is highest for what was rarest, whatever its size.
*Adtributor* ranks tags one by one by the surprise of their whole distribution: it knows no combinations, and a tag of
many values beats the one with the true value. *Chi-square* says how sure a difference is, not how much it explains:
with many events every unevenness is sure. ``bench/public`` runs them all on the same labelled incidents.

Without a time before (a new issue) only concentration can be seen; see :mod:`.concentration`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from math import log, sqrt
from types import MappingProxyType

from sentry_runbook.incident.explanation.concentration import concentrations
from sentry_runbook.incident.explanation.likelihood import Chance, harmonic_mean
from sentry_runbook.incident.explanation.paired import Pair, Pairs, TagValue, Values, pairs
from sentry_runbook.incident.explanation.siblings import Scored, best_siblings
from sentry_runbook.incident.explanation.tag_sets import Groups, SetCount, count_sets, kept_values
from sentry_runbook.incident.metrics.breakdown import FEWEST_BEFORE, FEWEST_NOW
from sentry_runbook.incident.model.evidence import Combination

MOST_SETS = 10
"""More are never returned."""
CHANCE = 0.05
"""Of one false set among all that were tried, when the events are independent."""
CHANCE_OF_ONE = 0.01
"""Of a set by itself, where another one has shown that the events are not as usual."""
FEWEST_TO_COMPARE = 5
"""Events before; fewer tell no usual at all. From 5 to 20 they are compared, but no usual share is told."""
LEAST_PART = 0.2
"""Of the events to be explained, for one of two values of a tag."""
TAGS_OF_EXCESS = 2
"""Of more tags together the combinations are so small that each alone could be chance."""
MOST_TESTED = 20
LEAST_SCORE = 0.2
"""What explains less is no explanation, however certain it is."""
NONE_KNOWN: Mapping[TagValue, float] = MappingProxyType({})


@dataclass(frozen=True)
class RankedSet:
    """A set of tag values that explains events above usual.

    Attributes:
        values: (tag, value), one to three, ordered by tag.
        events: of now, that carry all of them.
        share: fraction 0..1 of all events now.
        usual_share: the same before, or as it is known otherwise; None when not known.
        explains: fraction 0..1 of the events above usual that carry them; None when nothing was before, or no more
            events are there than usual.
        rank: 1 is the best; the data cannot tell sets of equal rank apart.
    """

    values: Values
    events: int
    share: float
    usual_share: float | None
    explains: float | None
    rank: int


def rank_sets(
    now: Sequence[Combination],
    before: Sequence[Combination] | None,
    *,
    length_ratio: float = 1.0,
    usual_shares: Mapping[TagValue, float] = NONE_KNOWN,
) -> tuple[RankedSet, ...]:
    """The sets of tag values that explain the events above usual, best first; empty when none does beyond chance.

    Args:
        now: the events of the incident by combination of tags.
        before: the same of a time before it; None when there is none.
        length_ratio: length of now / length of before.
        usual_shares: fraction 0..1 by (tag, value), for a time without a before.
    """
    total, total_before = sum(row.events for row in now), sum(row.events for row in before or ())
    if total < FEWEST_NOW:
        return ()
    if before is None or total_before < FEWEST_TO_COMPARE:
        return _concentrated(now, usual_shares)
    scored = _scored(pairs(now, before, length_ratio), length_ratio)
    if not scored and total_before < FEWEST_BEFORE:
        return _concentrated(now, usual_shares)
    return tuple(islice(_ranked(_distinct(scored), _Listed(now, before, length_ratio)), MOST_SETS))


def _scored(rows: Pairs, ratio: float) -> list[Scored]:
    """The sets that explain something, best first: one beyond the chance of all tried, each beyond its own."""
    kept = kept_values(rows.to_rank)
    groups, chance = Groups(rows.to_rank, kept.values), Chance(Groups(rows.to_test, kept.values))
    sets, tried = count_sets(groups)
    totals, to_explain = groups.count((), groups.all), _above_chance(groups.pairs, kept.tags[:TAGS_OF_EXCESS], ratio)
    of_all = log(max(tried, 1) / CHANCE)

    def score(count: SetCount) -> float:
        return _score(count, totals, ratio, to_explain)

    scored = (Scored(count, score(count)) for count in sets)
    best = sorted((row for row in scored if row.score >= LEAST_SCORE), key=_order)[:MOST_TESTED]
    if not best:
        return []
    tested = [(row, chance.evidence(row.count.rows)) for row in best]
    large = [count for count in sets if count.now - ratio * count.before >= LEAST_PART * to_explain]
    siblings = best_siblings(large, score, best[0].score)
    if siblings and chance.evidence(siblings[0].together.rows) < of_all:
        siblings = ()
    if not siblings and max(evidence for _, evidence in tested) < of_all:
        return []
    first = {row.count.values for row in siblings}
    certain = (row for row, evidence in tested if evidence >= -log(CHANCE_OF_ONE))
    return [*siblings, *(row for row in certain if row.count.values not in first)]


def _order(row: Scored) -> tuple[float, int]:
    return -row.score, len(row.count.values)


def _score(count: SetCount, totals: SetCount, ratio: float, to_explain: float) -> float:
    """The harmonic mean of explained and purity (0..1), over a usual that grew as the events outside the set did."""
    outside, usual_outside = totals.now - count.now, ratio * (totals.before - count.before)
    growth = max(1.0, outside / usual_outside) if usual_outside > 0 else 1.0
    excess = count.now - growth * ratio * count.before
    # A set that grew less than the others is evidence against itself; the test against chance has two sides.
    if excess <= 0 or to_explain <= 0 or count.now * usual_outside < outside * ratio * count.before:
        return 0.0
    return harmonic_mean(min(1.0, excess / to_explain), excess / count.now)


def _above_chance(rows: Sequence[Pair], tags: Sequence[str], ratio: float) -> float:
    """The events that combinations of these tags have above usual by more than a standard deviation."""
    counts: dict[Values, tuple[float, float]] = {}
    for row in rows:
        values = tuple(item for item in row.values if item[0] in tags)
        now, before = counts.get(values, (0.0, 0.0))
        counts[values] = now + row.now, before + row.before
    return sum(max(0.0, now - ratio * before - sqrt(ratio * before + ratio)) for now, before in counts.values())


def _distinct(scored: Sequence[Scored]) -> Iterator[list[Scored]]:
    """Sets that carry the same events, best first: of these the most general ones."""
    groups: dict[int, list[Scored]] = {}
    for row in scored:
        groups.setdefault(row.count.rows, []).append(row)
    for group in groups.values():
        fewest = min(len(row.count.values) for row in group)
        yield [row for row in group if len(row.count.values) == fewest]


class _Listed:
    """The figures as Sentry listed them, without what was filled in."""

    def __init__(self, now: Sequence[Combination], before: Sequence[Combination], ratio: float) -> None:
        self._now, self._before, self._ratio = now, before, ratio
        self._total, self._total_before = (sum(row.events for row in rows) for rows in (now, before))

    def ranked(self, values: Values, rank: int) -> RankedSet:
        events, usual = _events(values, self._now), _events(values, self._before)
        above = self._total - self._ratio * self._total_before
        return RankedSet(
            values=values,
            events=events,
            share=events / self._total,
            usual_share=usual / self._total_before if self._total_before >= FEWEST_BEFORE else None,
            explains=min(1.0, max(0.0, (events - self._ratio * usual) / above)) if above > 0 else None,
            rank=rank,
        )


def _events(values: Values, rows: Sequence[Combination]) -> int:
    items = set(values)
    return sum(row.events for row in rows if items <= row.tags.items())


def _ranked(groups: Iterator[list[Scored]], listed: _Listed) -> Iterator[RankedSet]:
    rank = 1
    for group in groups:
        yield from (listed.ranked(row.count.values, rank) for row in group)
        rank += len(group)


def _concentrated(now: Sequence[Combination], usual_shares: Mapping[TagValue, float]) -> tuple[RankedSet, ...]:
    total = sum(row.events for row in now)
    rows = concentrations(now, usual_shares, CHANCE)
    ranked, rank = [], 1
    for _, equals in groupby(rows, key=lambda row: row.score):
        group = list(equals)
        ranked += [
            RankedSet((row.value,), row.events, row.events / total, row.usual_share, None, rank) for row in group
        ]
        rank += len(group)
    return tuple(ranked[:MOST_SETS])
