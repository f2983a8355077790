"""Which issues are one incident: they began within three minutes of each other, and something else ties them.

Issues are joined pair by pair: one may belong to an incident through another one. A pair needs both the time and a tie
(:mod:`.ties`); where only the hour of a beginning is known, a strong tie. An issue that began in the same minutes and
is tied to none stays apart, and is named as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sentry_runbook.incident.situation.facts import IssueFacts
from sentry_runbook.incident.situation.onset import NEAR
from sentry_runbook.incident.situation.ties import Surroundings, Tie, ties_between

MOST_PAIRS = 20_000
"""200 issues in one minute: more pairs are not compared."""


@dataclass(frozen=True)
class Joined:
    """Two issues of one incident, and what ties them."""

    one: IssueFacts
    other: IssueFacts
    ties: tuple[Tie, ...]


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
    for number, (one, other) in enumerate(combinations(issues, 2)):
        if number >= MOST_PAIRS:
            return
        is_near = one.news.onset.is_near(other.news.onset)
        if not is_near and not one.news.onset.may_be_near(other.news.onset):
            continue
        is_exact = one.news.onset.is_exact and other.news.onset.is_exact
        ties = ties_between(one, other, around)
        is_tied = bool(ties) and ((is_near and is_exact) or any(tie.is_strong for tie in ties))
        if is_tied or (also is not None and also(one, other)):
            yield Joined(one, other, ties)


def _began_with(other: IssueFacts, own: Sequence[IssueFacts]) -> bool:
    """Whether an issue began in the minutes of an incident."""
    return own[0].news.onset.at - NEAR <= other.news.onset.at <= own[-1].news.onset.at + NEAR
