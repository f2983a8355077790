"""What the raw events of a planted incident hold, by counting them all: the judge of plant and product alike.

The measure is not the product's. A set of values is judged by *gain*: the part of the events above usual that carry it,
less the part of the usual events that do (Youden's index of "carries the set" as a test for "is above usual"). A set
that everything carries gains nothing, a set that a tenth of the excess carries gains a tenth at most. Of a new issue,
usual is what the project's other issues show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

from tests.corpus.planted.events import Played, Row, derived_tags

Pair = tuple[str, str]
Set = frozenset[Pair]
FEW = 30
"""With fewer usual events of its own, an issue is compared with the project's others."""
SETTLED = 120.0
"""Minutes after which a change counts as usual."""
SAME = 0.02
"""Two sets are one when at most this part of their events differs."""
LIKELY = 0.35
"""Values that a smaller part of the excess carries are not combined with others."""


DERIVED = ("browser.name", "os.name", "runtime.name", "device.family", "geo.country_code", "environment")
"""What Sentry makes of other tags, or is the same in all events: compared with an answer, no rival of a plant."""


def carried(row: Row, environment: str = "production") -> Set:
    """All that an event carries: tags, those that Sentry derives, flags, its user."""
    pairs = {*row.tags.items(), *derived_tags(row.tags).items(), ("environment", environment)}
    pairs |= {(f"flag:{flag}", result) for flag, result in row.flags.items()}
    if row.user is not None:
        pairs |= {("user", str(row.user)), ("geo.country_code", row.country)}
    return frozenset(pairs)


@dataclass(frozen=True)
class Gain:
    """What a set of values tells of the events above usual; all parts are fractions 0..1."""

    values: Set
    coverage: float
    usual: float

    @property
    def gain(self) -> float:
        """Coverage less usual share."""
        return self.coverage - self.usual


class Truth:
    """Counts over the raw events of one entry.

    Attributes:
        now: what the events of the incident carry.
        usual: what usual events carry.
        expected: usual events that the incident's time would have had; 0 for a new issue.
    """

    def __init__(self, played: Played) -> None:
        entry = played.entry
        start, end = entry.minutes
        self.now = [carried(row, entry.environment) for row in _within(played.rows, start, end)]
        # What changed hours ago and did no harm until now is usual: usual is what was since then.
        changes = [change.at for change in (*entry.releases, *entry.flags) if change.at < start - SETTLED]
        since = max([-entry.days * 1_440, *changes])
        before = [carried(row) for row in _within(played.rows, since, start)]
        self.expected = len(before) * (end - start) / (start - since)
        if len(before) < FEW:
            before, self.expected = [carried(row) for rows in played.others.values() for row in rows], 0.0
        self.usual = before

    @property
    def excess(self) -> float:
        """Events above usual; never fewer than chance alone gives now and then."""
        return max(1.0, 2 * sqrt(self.expected), len(self.now) - self.expected)

    def of(self, values: Iterable[Pair]) -> Gain:
        """Count one set."""
        wanted = frozenset(values)
        return self._gain(wanted, sum(wanted <= row for row in self.now), sum(wanted <= row for row in self.usual))

    def _gain(self, values: Set, now: int, usual: int) -> Gain:
        share = usual / max(1, len(self.usual))
        return Gain(values, (now - self.expected * share) / self.excess, share)

    def best(self) -> list[Gain]:
        """The sets of one to three values, the largest gain first."""
        singles = self._counted(lambda row: ((pair,) for pair in row if pair[0] not in DERIVED))
        likely = {pair for gain in singles if gain.coverage >= LIKELY for pair in gain.values}
        several = self._counted(
            lambda row: (combination for size in (2, 3) for combination in combinations(sorted(row & likely), size))
        )
        return sorted((*singles, *several), key=lambda gain: -gain.gain)

    def _counted(self, sets_of: Callable[[Set], Iterable[tuple[Pair, ...]]]) -> list[Gain]:
        now, usual = (Counter(values for row in rows for values in sets_of(row)) for rows in (self.now, self.usual))
        return [self._gain(frozenset(values), number, usual[values]) for values, number in now.items()]

    def are_same(self, one: Iterable[Pair], other: Iterable[Pair]) -> bool:
        """Whether two sets are carried by the same events, within 2 %, in the incident and usually."""
        first, second = frozenset(one), frozenset(other)
        apart = sum((first <= row) != (second <= row) for row in self.now)
        usual = sum((first <= row) != (second <= row) for row in self.usual)
        return apart <= SAME * max(1, sum(first <= row for row in self.now)) and usual <= SAME * max(1, len(self.usual))

    @property
    def chance(self) -> float:
        """The gain that chance alone gives some value."""
        return 0.12 + 2.5 / sqrt(self.excess)


def values_of(planted: Mapping[str, str]) -> Set:
    """The planted values as the rows carry them."""
    return frozenset(planted.items())


def _within(rows: Sequence[Row], start: float, end: float) -> list[Row]:
    return [row for row in rows if start <= row.at < end]
