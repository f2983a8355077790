"""Which issues are one incident: they began within three minutes of each other, and something else ties them.

Issues are joined pair by pair: one may belong to an incident through another one. A pair needs both the time and a tie
(:mod:`.ties`); where only the hour of a beginning is known, a strong tie. An issue that began in the same minutes and
is tied to none stays apart, and is named as such.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import combinations

from sentry_runbook.incident.situation.facts import IssueFacts
from sentry_runbook.incident.situation.onset import NEAR
from sentry_runbook.incident.situation.ties import Surroundings, Tie, keys_of, ties_between

CLOCKS = timedelta(seconds=2)
"""Issues that began so near to each other may have begun in any order."""
MOST_TOGETHER = 20
"""Of more issues with one common key each is compared with the first and the one before it: that joins them all."""
MOST_CALLERS, MOST_CALLED = 50, 100
"""Failing calls whose words are held against the names of so many others."""


@dataclass(frozen=True)
class Joined:
    """Two issues of one incident, and what ties them."""

    one: IssueFacts
    other: IssueFacts
    ties: tuple[Tie, ...]

    @property
    def caller(self) -> IssueFacts | None:
        """Which of them fails in its call to the other; None where neither does."""
        calls = next((tie.value for tie in self.ties if tie.kind == "calls"), None)
        if calls is None:
            return None
        return self.other if calls.partition("/")[0] == self.one.project else self.one


@dataclass(frozen=True)
class IssueGroup:
    """The issues of one incident, the first to begin first.

    Attributes:
        pairs: those that are tied.
        apart: issues that began in the same minutes and are tied to none of these.
    """

    issues: tuple[IssueFacts, ...]
    pairs: tuple[Joined, ...] = ()
    apart: tuple[IssueFacts, ...] = ()

    @cached_property
    def first(self) -> IssueFacts | None:
        """The issue that began first; None where others may have: clocks of services differ by a second or two.

        Of those that began at once an issue that fails in its call to another one came after it.
        """
        first = self.issues[0].news.onset
        if not all(facts.news.onset.is_exact for facts in self.issues):
            return None
        at_once = [facts for facts in self.issues if facts.news.onset.at - first.at <= CLOCKS]
        callers = {pair.caller.id for pair in self.pairs if pair.caller is not None}
        called = [facts for facts in at_once if facts.id not in callers]
        return called[0] if len(called) == 1 else None

    @property
    def ids(self) -> frozenset[str]:
        """Their numbers."""
        return frozenset(facts.id for facts in self.issues)


def group_issues(
    issues: Sequence[IssueFacts],
    around: Surroundings,
    also: Callable[[IssueFacts, IssueFacts], bool] | None = None,
) -> tuple[IssueGroup, ...]:
    """The incidents, in the order in which they began.

    Args:
        issues: that are news.
        around: what pairs of them are judged by.
        also: joins two, too, as long as what ties them was not read: a guess at what to ask for.
    """
    pairs = list(_joined(issues, around, also))
    parent = {facts.id: facts.id for facts in issues}

    def root(issue: str) -> str:
        while parent[issue] != issue:
            parent[issue] = issue = parent[parent[issue]]
        return issue

    for pair in pairs:
        parent[root(pair.other.id)] = root(pair.one.id)
    members: dict[str, list[IssueFacts]] = {}
    for facts in issues:
        members.setdefault(root(facts.id), []).append(facts)
    groups = []
    for name, own in members.items():
        of_group = tuple(pair for pair in pairs if root(pair.one.id) == name)
        apart = tuple(other for other in issues if root(other.id) != name and _began_with(other, own))
        groups.append(IssueGroup(tuple(own), of_group, apart))
    return tuple(groups)


def _joined(
    issues: Sequence[IssueFacts], around: Surroundings, also: Callable[[IssueFacts, IssueFacts], bool] | None
) -> Iterator[Joined]:
    for one, other in _candidates(issues, around, everyone=also is not None):
        is_near = one.news.onset.is_near(other.news.onset)
        if not is_near and not one.news.onset.may_be_near(other.news.onset):
            continue
        is_exact = one.news.onset.is_exact and other.news.onset.is_exact
        ties = ties_between(one, other, around)
        is_tied = bool(ties) and ((is_near and is_exact) or any(tie.is_strong for tie in ties))
        if is_tied or (also is not None and also(one, other)):
            yield Joined(one, other, ties)


def _candidates(
    issues: Sequence[IssueFacts], around: Surroundings, *, everyone: bool
) -> Iterator[tuple[IssueFacts, IssueFacts]]:
    """The pairs that may be tied: with a common key, or a failing call; each once, in order.

    Not all pairs: of three hundred issues in one minute there are 45,000.
    """
    by_key: dict[Hashable, list[int]] = {}
    for place, facts in enumerate(issues):
        for key in {*keys_of(facts, around), *([("project", facts.project)] if everyone else [])}:
            by_key.setdefault(key, []).append(place)
    pairs = {pair for places in by_key.values() for pair in _pairs(places)}
    callers = [place for place, facts in enumerate(issues) if facts.is_failing_call][:MOST_CALLERS]
    pairs |= {(min(a, b), max(a, b)) for a in callers for b in range(len(issues))[:MOST_CALLED] if a != b}
    return ((issues[one], issues[other]) for one, other in sorted(pairs))


def _pairs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(places) <= MOST_TOGETHER:
        return combinations(places, 2)
    return ((before, place) for at, place in enumerate(places) if at for before in {places[0], places[at - 1]})


def _began_with(other: IssueFacts, own: Sequence[IssueFacts]) -> bool:
    """Whether an issue began in the minutes of an incident."""
    return own[0].news.onset.at - NEAR <= other.news.onset.at <= own[-1].news.onset.at + NEAR
