"""What is known of a condition in a stretch of time: three-valued, over all events of the stretch and at its last one.

How to think about it: an alert looks at each event, and a series only tells how many there were in a bucket. So of a
condition two things are known, on two scales of the same kind: how surely it holds for events of the bucket, and how
surely it fails for some.

    0  for no event                      3  surely for the last one (a window that ends there holds the whole bucket)
    1  not known                         4  for every event
    2  surely for one, it is not known which

A truth is a number that holds both, so that a table gives what follows for two conditions: "both hold" is known of an
event only where both are known of the same one (two times 2 is 1, not 2), "either" wherever one of them is. "None"
swaps the scales. This is Kleene's logic, with the place of the event kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sentry_runbook.incident.model.evidence.alert_definition import Logic

NO_EVENT, NOT_KNOWN, ONE, THE_LAST, EVERY = range(5)
SCALE = 5
Truths = Sequence[int]
"""A truth a row."""


def truth(holds: int, fails: int) -> int:
    """A truth of both scales."""
    return holds * SCALE + fails


NEVER, MAYBE, ALWAYS = truth(NO_EVENT, EVERY), truth(NOT_KNOWN, NOT_KNOWN), truth(EVERY, NO_EVENT)


def _both(one: int, other: int) -> int:
    if NO_EVENT in (one, other):
        return NO_EVENT
    if EVERY in (one, other):
        return min(one, other)
    return THE_LAST if one == other == THE_LAST else NOT_KNOWN


ALL = [
    [truth(_both(a // SCALE, b // SCALE), max(a % SCALE, b % SCALE)) for b in range(SCALE * SCALE)]
    for a in range(SCALE * SCALE)
]
ANY = [
    [truth(max(a // SCALE, b // SCALE), _both(a % SCALE, b % SCALE)) for b in range(SCALE * SCALE)]
    for a in range(SCALE * SCALE)
]
NOT = [truth(a % SCALE, a // SCALE) for a in range(SCALE * SCALE)]


POSSIBLE = NOT_KNOWN * SCALE
"""From this truth on it may hold for an event."""


def is_possible(code: int) -> bool:
    """Whether it may hold for an event."""
    return code >= POSSIBLE


def is_certain(code: int) -> bool:
    """Whether it surely holds for an event."""
    return code >= ONE * SCALE


def all_of(one: Truths, other: Truths) -> Truths:
    """Both hold, row by row."""
    # Most alerts have no trigger of their own, and most issues are looked at all the time.
    if one.count(ALWAYS) == len(one):
        return other
    if other.count(ALWAYS) == len(other):
        return one
    return [ALL[a][b] for a, b in zip(one, other, strict=True)]


def combined(logic: Logic, lanes: Iterable[Truths], rows: int) -> Truths:
    """Several conditions by their group's logic; without any it passes."""
    table = ALL if logic == "all" else ANY
    result: Truths | None = None
    for lane in lanes:
        result = lane if result is None else [table[a][b] for a, b in zip(result, lane, strict=True)]
        if logic == "all" and result.count(NEVER) == rows:
            break
    if result is None:
        return [ALWAYS] * rows
    return [NOT[code] for code in result] if logic == "none" else result
