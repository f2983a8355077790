"""Firings of one issue: evaluations that hold, certain or possible, after the alert's throttle.

Theory: an alert that fired at T is quiet until more than F later. Where an evaluation surely holds in ``[a, b)``, it
fired in ``(a - F, b)``: then, or earlier, and was quiet. So a firing that surely is has as its earliest time that of
the first evaluation since ``a - F`` that may hold, and as its latest ``b``. The next one is sure once an evaluation
surely holds at least F after the latest time of this one; one that ends within F of its earliest time is surely quiet;
between them it may fire. Possible evaluations that lead to no sure firing are kept as possible firings, one for each F:
no more than one can be in it. Rules from before 2026 may fire exactly F later; within a second no bucket tells the two
apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sentry_runbook.incident.alerts.replay_cells import EVER


@dataclass(frozen=True)
class Evaluation:
    """The condition holds, or may, for an event in ``[start, end)``, seconds since the epoch."""

    start: int
    end: int
    is_certain: bool
    step: int = 0
    """Seconds of its bucket."""


@dataclass(frozen=True)
class Firing:
    """It fired in ``[earliest, latest]``, or may have; ``longest`` is the longest bucket that decided."""

    earliest: int
    latest: int
    is_certain: bool
    longest: int


def firings(evaluations: Iterable[Evaluation], quiet_s: int, *, unseen_until: int | None = None) -> list[Firing]:
    """Firings in order of their latest time.

    Args:
        evaluations: in order of time.
        quiet_s: seconds of the throttle; 0: it fires at every event.
        unseen_until: it may have fired before that instant, which nobody looked at; None: it had not.
    """
    found: list[Firing] = []
    pending: list[Evaluation] = []
    last = None if unseen_until is None else Firing(-EVER, unseen_until, False, 0)
    for evaluation in evaluations:
        if last is not None and evaluation.end - last.earliest <= quiet_s:
            continue
        is_free = last is None or evaluation.start - last.latest >= quiet_s
        if not (evaluation.is_certain and is_free):
            pending.append(evaluation)
            continue
        leading = [row for row in pending if row.end > evaluation.start - quiet_s] if quiet_s else []
        found += _possible(pending[: len(pending) - len(leading)], quiet_s)
        rows = [*leading, evaluation]
        last = Firing(rows[0].start, evaluation.end, True, max(row.step for row in rows))
        found.append(last)
        # A longer bucket goes on after this one, and may hold the next firing.
        rest = (row for row in leading if row.end > evaluation.end)
        pending = [row for row in rest if row.end - last.earliest > quiet_s]
    return [*found, *_possible(pending, quiet_s)]


def _possible(rows: Sequence[Evaluation], quiet_s: int) -> list[Firing]:
    """Possible firings: one for each stretch of the throttle's length that holds possible evaluations."""
    found: list[Firing] = []
    for row in rows:
        if found and row.end - found[-1].earliest <= quiet_s:
            before = found.pop()
            longest = max(before.longest, row.step)
            found.append(Firing(before.earliest, max(before.latest, row.end), False, longest))
        else:
            found.append(Firing(row.start, row.end, False, row.step))
    return found


def at_most(found: Sequence[Firing], events: int) -> list[Firing]:
    """No more firings than events: possible ones that follow each other are told as one."""
    rows = list(found)
    while len(rows) > max(events, 1):
        index = next(
            (i for i in range(len(rows) - 1, 0, -1) if not rows[i].is_certain and not rows[i - 1].is_certain), None
        )
        if index is None:
            break
        one, other = rows[index - 1], rows.pop(index)
        longest = max(one.longest, other.longest)
        rows[index - 1] = Firing(min(one.earliest, other.earliest), max(one.latest, other.latest), False, longest)
    return rows
