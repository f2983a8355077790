"""Compares what was produced with the labels: pairs of issues, severities, suspects, users, and silence where due.

A pair is two issues told as one incident. It is right when one cause made both, a false merge when not, and no matter
when one of them is a latecomer of the same cause, which the rule may leave alone. Micro figures count all pairs, so
that one storm outweighs everything; macro figures count each situation once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from tests.situations.raw import TOGETHER, Made, Situation, Suspect
from tests.situations.truth import Counted

Pair = frozenset[str]
PRECISION, RECALL, SUSPECT = 0.98, 0.95, 0.90
"""What must be reached; severity and silence must be right always, and no coincidence may be merged."""


@dataclass(frozen=True)
class Produced:
    """An incident as it was told.

    Attributes:
        issues: short ids.
        severity: P0 to P3.
        users: distinct people together; None where it is not told.
        users_at_least: whether the number is told as a lower bound.
        began: minutes from now; None where it is not told.
    """

    issues: frozenset[str]
    severity: str
    suspect: Suspect
    users: int | None = None
    began: float | None = None
    users_at_least: bool = False


def pairs(groups: Iterable[frozenset[str]]) -> set[Pair]:
    """The pairs within each group."""
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


@dataclass(frozen=True)
class Match:
    """A labelled incident and the one told that has the most of its issues; None when none has any."""

    made: Made
    counted: Counted
    produced: Produced | None

    @property
    def is_severity_right(self) -> bool:
        """Whether the level is the one counted."""
        return self.produced is not None and self.produced.severity == self.counted.severity.level

    @property
    def is_suspect_right(self) -> bool:
        """Whether the suspect is one of those that are right to name."""
        return self.produced is not None and any(is_named(right, self.produced.suspect) for right in self.made.suspects)

    @property
    def are_users_right(self) -> bool:
        """Whether the number of people is exact, or rightly not told."""
        if self.produced is None:
            return False
        if self.counted.users is None:
            return self.produced.users is None
        return self.produced.users in self.counted.users and not self.produced.users_at_least

    @property
    def are_users_true(self) -> bool:
        """Whether the number of people is exact, or a lower bound that is none too high, or not told."""
        told = self.produced
        if told is None or told.users is None or self.are_users_right:
            return True
        return told.users_at_least and told.users <= max(self.counted.users or {0})

    @property
    def is_began_right(self) -> bool:
        """Whether it begins where the cause did, within the three minutes of the rule."""
        if self.produced is None or self.produced.began is None:
            return False
        return abs(self.produced.began - self.made.began) <= TOGETHER


def is_named(right: Suspect, told: Suspect) -> bool:
    """Whether a suspect is the right one; a host may be told with its port or without its domain."""
    if right.kind != told.kind:
        return False
    if right.kind == "dependency":
        shorter, longer = sorted((right.name.lower(), told.name.lower()), key=len)
        return len(shorter) >= 4 and shorter in longer
    return right.name == told.name


@dataclass(frozen=True)
class Score:
    """A situation, and what was told of it."""

    situation: Situation
    produced: tuple[Produced, ...]

    @cached_property
    def true_pairs(self) -> set[Pair]:
        """Pairs that one cause made."""
        return pairs(made.issues for made in self.situation.made)

    @cached_property
    def told_pairs(self) -> set[Pair]:
        """Pairs told as one incident, those left out that matter to nobody."""
        no_matter = pairs(made.issues | made.loose for made in self.situation.made) - self.true_pairs
        return pairs(produced.issues for produced in self.produced) - no_matter

    @cached_property
    def false_merges(self) -> set[Pair]:
        """Pairs told as one incident that are not."""
        return self.told_pairs - self.true_pairs

    @cached_property
    def missed_pairs(self) -> set[Pair]:
        """Pairs of one incident that were not told as one."""
        return self.true_pairs - self.told_pairs

    @cached_property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where there was no pair to find and none was told."""
        both = len(self.true_pairs) + len(self.told_pairs)
        return 2 * len(self.true_pairs & self.told_pairs) / both if both else None

    @cached_property
    def listed(self) -> frozenset[str]:
        """Every issue of an incident told."""
        return frozenset(short_id for produced in self.produced for short_id in produced.issues)

    @property
    def unlisted(self) -> frozenset[str]:
        """News that was not told."""
        wanted = {short_id for made in self.situation.incidents for short_id in made.issues | made.loose}
        return frozenset(wanted) - self.listed

    @property
    def invented(self) -> frozenset[str]:
        """Issues told as an incident that are none."""
        return self.listed & self.situation.quiet

    @property
    def is_silence_right(self) -> bool:
        """Whether nothing was told that is no news, and nothing merged."""
        return not self.invented and not self.false_merges

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """Each labelled incident that must be told, with the one told for it."""
        return tuple(
            Match(made, Counted(self.situation.raw, made.issues), self._told_for(made))
            for made in self.situation.incidents
        )

    def _told_for(self, made: Made) -> Produced | None:
        best = max(self.produced, key=lambda told: len(told.issues & made.issues), default=None)
        return best if best and best.issues & made.issues else None


@dataclass(frozen=True)
class Figures:
    """The figures of several situations."""

    scores: tuple[Score, ...]

    @cached_property
    def precision(self) -> float:
        """The part of the pairs told that is right; 1 when none was told."""
        told = sum(len(score.told_pairs) for score in self.scores)
        return 1 - sum(len(score.false_merges) for score in self.scores) / told if told else 1.0

    @cached_property
    def recall(self) -> float:
        """The part of the pairs to find that was told; 1 of none."""
        true = sum(len(score.true_pairs) for score in self.scores)
        return 1 - sum(len(score.missed_pairs) for score in self.scores) / true if true else 1.0

    @cached_property
    def macro_precision(self) -> float:
        """The average over the situations of which pairs were told."""
        return mean(Figures((score,)).precision for score in self.scores if score.told_pairs)

    @cached_property
    def macro_recall(self) -> float:
        """The average over the situations with pairs to find."""
        return mean(Figures((score,)).recall for score in self.scores if score.true_pairs)

    @cached_property
    def f1(self) -> tuple[float, float]:
        """Micro and macro."""
        both = self.precision + self.recall
        rates = (score.f1 for score in self.scores)
        return (
            2 * self.precision * self.recall / both if both else 0.0,
            mean(rate for rate in rates if rate is not None),
        )

    @cached_property
    def matches(self) -> list[Match]:
        """Every labelled incident that must be told."""
        return [match for score in self.scores for match in score.matches]

    @property
    def coincidences_merged(self) -> int:
        """False merges in situations in which unrelated issues begin together."""
        return sum(len(score.false_merges) for score in self.scores if score.situation.coincidence)

    @property
    def quiet(self) -> list[Score]:
        """Situations in which nothing needs to be told."""
        return [score for score in self.scores if score.situation.is_quiet]

    @property
    def severity(self) -> float:
        """The part of the incidents with the right severity."""
        return part(match.is_severity_right for match in self.matches)

    @property
    def suspect(self) -> float:
        """The part of the incidents with a right suspect."""
        return part(match.is_suspect_right for match in self.matches)

    @property
    def is_good(self) -> bool:
        """Whether all that issue 15 asks of the corpus is reached."""
        return (
            min(self.precision, self.macro_precision) >= PRECISION
            and min(self.recall, self.macro_recall) >= RECALL
            and self.coincidences_merged == 0
            and self.severity == 1
            and self.suspect >= SUSPECT
            and all(score.is_silence_right for score in self.quiet)
            and not any(score.invented or score.unlisted for score in self.scores)
        )


def mean(rates: Iterable[float]) -> float:
    """The average; 1 of none."""
    values = list(rates)
    return sum(values) / len(values) if values else 1.0


def part(rights: Iterable[bool]) -> float:
    """The part that is right; 1 of none."""
    return mean(float(right) for right in rights)


def scored(situations: Sequence[Situation], produced: Sequence[Sequence[Produced]]) -> Figures:
    """Compare the answers to several situations with their labels."""
    told = zip(situations, produced, strict=True)
    return Figures(tuple(Score(situation, tuple(incidents)) for situation, incidents in told))
