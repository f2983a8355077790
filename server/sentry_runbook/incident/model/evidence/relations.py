"""How the exceptions of one event stand to each other: which carry another one, which are a group's, which lie aside.

What the numbers in ``mechanism`` are worth differs. Go's SDK of 2024 counts them from the cause, and marks every error
of a chain as a group; JavaScript's of 2023 and Dart's mark every error that has a cause; Java's of 2024 marks one that
had others suppressed. So a mark alone makes no group: its errors do, which name their place in it (``errors[0]``) or
are several.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.model.evidence.json_values import JsonObject, flag_of, object_of, text_of
from sentry_runbook.incident.model.evidence.wrappers import is_carrier, is_diagnostic

MEMBER = re.compile(r"\w+\[\d+\]")
"""``source`` of an error that is one of a group's: ``exceptions[0]``, ``errors[1]``, ``InnerExceptions[2]``."""


@dataclass(frozen=True)
class Relations:
    """How the exceptions of one event stand to each other, by their positions.

    Attributes:
        parents: position → that of the exception it led to, where the SDK tells.
        suppressed: those that were suppressed while another one was under way, their causes, and diagnostics.
        carries: these, and those that only carry another one: they never lead.
        is_group: whether one of them is a group of errors.
    """

    parents: Mapping[int, int]
    suppressed: frozenset[int]
    carries: frozenset[int]
    is_group: bool

    @classmethod
    def of(cls, thrown: Sequence[JsonObject]) -> Relations:
        """Read the mechanisms."""
        mechanisms = [object_of(one.get("mechanism")) for one in thrown]
        parents = _parents(mechanisms)
        marked = {place for place, one in enumerate(mechanisms) if _is_marked_suppressed(one)}
        marked |= {place for place, one in enumerate(thrown) if is_diagnostic(one)}
        places = range(len(thrown))
        suppressed = {place for place in places if not marked.isdisjoint(line_above(place, parents))}
        groups = {place for place in places if _is_group(place, mechanisms, parents, suppressed)}
        carriers = {place for place in places if is_carrier(thrown[place], thrown[:place])}
        carries = suppressed | groups | carriers
        if len(carries) == len(thrown):
            # Of nothing but carriers, the innermost is all there is.
            carries.discard(min(set(places) - suppressed, default=0))
        return cls(parents, frozenset(suppressed & carries), frozenset(carries), bool(groups))

    def aside_of(self, lead: int) -> set[int]:
        """Those that neither led to this exception nor came of it."""
        line = set(line_above(lead, self.parents))
        # Where the SDK tells nothing, all but the suppressed ones are one chain.
        siblings = {
            place for place in self.parents if place not in line and lead not in line_above(place, self.parents)
        }
        return siblings | (self.suppressed - line)


def _parents(mechanisms: Sequence[JsonObject]) -> dict[int, int]:
    """Position → position of the parent; empty where the numbers are of no tree (a number twice)."""
    numbers = [text_of(one.get("exception_id")) for one in mechanisms]
    if max(Counter(number for number in numbers if number is not None).values(), default=0) > 1:
        return {}
    places = {number: place for place, number in enumerate(numbers) if number is not None}
    above = {place: places.get(text_of(one.get("parent_id")) or "") for place, one in enumerate(mechanisms)}
    return {place: parent for place, parent in above.items() if parent is not None and parent != place}


def line_above(place: int, parents: Mapping[int, int]) -> Iterator[int]:
    """A position and those above it."""
    seen: set[int] = set()
    at: int | None = place
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        at = parents.get(at)


def _is_marked_suppressed(mechanism: JsonObject) -> bool:
    return any("suppressed" in (text_of(mechanism.get(key)) or "") for key in ("source", "type"))


def _is_group(place: int, mechanisms: Sequence[JsonObject], parents: Mapping[int, int], suppressed: set[int]) -> bool:
    """Whether it is marked as a group and has errors of one, as far as the numbers tell."""
    if flag_of(mechanisms[place].get("is_exception_group")) is not True:
        return False
    if not parents:
        return True
    members = [child for child, parent in parents.items() if parent == place and child not in suppressed]
    named = (text_of(mechanisms[child].get("source")) or "" for child in members)
    return len(members) > 1 or any(MEMBER.fullmatch(source) for source in named)
