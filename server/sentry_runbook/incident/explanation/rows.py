"""Tag sets of the combination rows: of an issue, or of a whole project, now against before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sentry_runbook.incident.explanation.attribution import RankedSet, rank_sets
from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.explanation.tag_names import family, is_single, stands_out
from sentry_runbook.incident.metrics.breakdown import FEWEST_BEFORE, FEWEST_NOW, rounded
from sentry_runbook.incident.model.evidence import Breakdown, Combination
from sentry_runbook.incident.model.results.explanation import Explanation

MOST_OF_ROWS = 3
ABOVE_ALL_TIME, BELOW = 1.0, 0.5
"""Measured against a time before, a set says more than a concentration of which nobody knows whether it is usual."""
TOGETHER, MOST_TOGETHER = 0.97, 3
"""Part of the events of either that must carry both values; and the most values of one set."""
NOT_COMPARED = "usual share not known"
LEAST_EXPLAINED = 1 / 3
"""What explains less of the events above usual is true and helps nobody: the rest of them has another reason."""
ONLY_ONE = 0.95
"""Part of the sessions from which a release is the only one in use."""
NO_FINDING = ("environment",)
"""Of an issue without a past: that it happens in production is no finding."""


def explain_rows(
    now: Breakdown,
    before: Breakdown | None = None,
    *,
    length_ratio: float = 1.0,
    usual_shares: Mapping[tuple[str, str], float] | None = None,
) -> tuple[Explanation, ...]:
    """Sets of one to three tag values that explain the events above usual, best first; empty when none does.

    The door for rows of any origin: one issue's, or a whole project's.

    Args:
        now: events by combinations of tags.
        before: the same before the incident; None when that is not known.
        length_ratio: length of the stretch of ``now`` by that of ``before``.
        usual_shares: what part (0..1) of any events a value has, where something else tells it, as sessions do of
            releases.
    """
    return tuple(candidate.explanation for candidate in row_candidates(now, before, length_ratio, usual_shares or {}))


def row_candidates(
    now: Breakdown, before: Breakdown | None, length_ratio: float, usual_shares: Mapping[tuple[str, str], float]
) -> tuple[Candidate, ...]:
    """The same, to be put in order with findings of other sources."""
    earlier = before.combinations if before is not None else ()
    if sum(row.events for row in now.combinations) < FEWEST_NOW:
        return ()
    left_out = () if sum(row.events for row in earlier) >= FEWEST_BEFORE else NO_FINDING
    if max((share for (tag, _), share in usual_shares.items() if tag == "release"), default=0.0) >= ONLY_ONE:
        # Everybody runs one release: whatever broke, its events would be on it.
        left_out = (*left_out, "release")
    ranked = rank_sets(
        _without(now.combinations, left_out),
        _without(earlier, left_out) or None,
        length_ratio=length_ratio,
        usual_shares=usual_shares,
    )
    joined = _joined(ranked, now.combinations) if all(each.explains is None for each in ranked) else ranked
    enough = [each for each in joined if _is_enough(each)]
    distinct = list(_distinct(enough))[:MOST_OF_ROWS]
    return tuple(_candidate(each, distinct[0]) for each in distinct)


def _is_enough(each: RankedSet) -> bool:
    if each.explains is not None:
        return each.explains >= LEAST_EXPLAINED
    return each.usual_share is not None or stands_out((tag for tag, _ in each.values), each.share)


def compared_tags(rows: Breakdown) -> set[str]:
    """The tags of which the rows have several values: of a value that is alone they do not tell how rare it is."""
    values: dict[str, set[str]] = {}
    for row in rows.combinations:
        for tag, value in row.tags.items():
            if value is not None:
                values.setdefault(tag, set()).add(value)
    return {tag for tag, known in values.items() if len(known) > 1}


def with_rest(rows: Breakdown, events: int) -> Breakdown:
    """The rows, and one of the events that a hundred rows do not hold: what they carry is not known.

    Without it, the rows of a busy stretch and those of a quiet one would have the same number of events.
    """
    rest = events - sum(row.events for row in rows.combinations)
    if rows.complete or rest <= 0 or not rows.combinations:
        return rows
    values = {tag: {row.tags.get(tag) for row in rows.combinations} for tag in rows.combinations[0].tags}
    # What a hundred rows have alike the rest has, too: it stays the constant that it is.
    tags = {tag: next(iter(known)) if len(known) == 1 else None for tag, known in values.items()}
    return rows.model_copy(update={"combinations": (*rows.combinations, Combination(tags=tags, events=rest))})


def _joined(ranked: Sequence[RankedSet], rows: Sequence[Combination]) -> list[RankedSet]:
    """Without a time before, values that nearly the same events carry are one finding: what they have in common."""
    left = list(ranked)
    joined: list[RankedSet] = []
    while left:
        first = left.pop(0)
        for other in tuple(left):
            both = tuple(sorted({*first.values, *other.values}))
            events = _carrying(rows, both)
            if len(both) <= MOST_TOGETHER and events >= TOGETHER * max(first.events, other.events):
                total = first.events / first.share
                usual = [each.usual_share for each in (first, other) if each.usual_share is not None]
                first = replace(
                    first, values=both, events=events, share=events / total, usual_share=min(usual, default=None)
                )
                left.remove(other)
        joined.append(first)
    return joined


def _carrying(rows: Sequence[Combination], values: Sequence[tuple[str, str]]) -> int:
    return sum(row.events for row in rows if all(row.tags.get(tag) == value for tag, value in values))


def _without(rows: Sequence[Combination], left_out: Sequence[str]) -> tuple[Combination, ...]:
    """The rows without tags that explain nothing: those left out, and those that name single users or requests."""
    names = {tag for row in rows[:1] for tag in row.tags}
    kept = {tag for tag in names if tag not in left_out and not is_single(tag)}
    if kept == names:
        return tuple(rows)
    return tuple(
        Combination(tags={tag: value for tag, value in row.tags.items() if tag in kept}, events=row.events)
        for row in rows
    )


def _distinct(ranked: Sequence[RankedSet]) -> Iterator[RankedSet]:
    """The sets without those that say in other tags of one family, or in a part, what a better one said."""
    kept: list[RankedSet] = []
    for each in ranked:
        if not any(_repeats(each, better) for better in kept):
            kept.append(each)
            yield each


def _repeats(later: RankedSet, better: RankedSet) -> bool:
    """Whether a later set is about the same things as a better one, and so its weaker version."""
    mine, other = {family(tag) for tag, _ in later.values}, {family(tag) for tag, _ in better.values}
    if mine != other:
        # A part of a set that was found, or that set and something more, is the same finding with a worse border.
        return later.rank != better.rank and (mine <= other or other <= mine) and _share_a_value(later, better)
    return set(later.values) == set(better.values) or (
        later.values != better.values and not _same_tags(later, better) and later.events == better.events
    )


def _share_a_value(later: RankedSet, better: RankedSet) -> bool:
    return not set(later.values).isdisjoint(better.values)


def _same_tags(later: RankedSet, better: RankedSet) -> bool:
    return {tag for tag, _ in later.values} == {tag for tag, _ in better.values}


def said_of_listed(
    candidates: Sequence[Candidate], listed: Breakdown, events: int, has_rest: bool
) -> tuple[Candidate, ...]:
    """The findings, with what they are counted over where Sentry did not list the tags of all events.

    Args:
        candidates: of the rows.
        listed: the rows as Sentry listed them.
        events: all events of the window.
        has_rest: whether the shares are of all events: then they are the least that they can be.
    """
    known = sum(row.events for row in listed.combinations)
    if listed.complete or known >= events:
        return tuple(candidates)
    note = f"at least: {known} of {events} events are listed by tags" if has_rest else f"of the {known} events listed"
    return tuple(
        replace(each, explanation=each.explanation.model_copy(update={"note": _also(each.explanation.note, note)}))
        for each in candidates
    )


def _also(note: str | None, more: str) -> str:
    return "; ".join(filter(None, (note, more)))


def _candidate(each: RankedSet, best: RankedSet) -> Candidate:
    """A finding that stands among those of other sources where the best set of these rows stands, after better ones."""
    known = each.explains is not None
    notes = [] if known or each.usual_share is not None else [NOT_COMPARED]
    score = (ABOVE_ALL_TIME if known else BELOW) + (best.share if best.explains is None else best.explains)
    return Candidate(
        source="rows",
        score=score - each.rank / 100,
        explanation=Explanation(
            values=tag_values(*each.values),
            rank=each.rank,
            share=rounded(each.share),
            usual_share=None if each.usual_share is None else rounded(each.usual_share),
            explains=None if each.explains is None else rounded(each.explains),
            events=each.events,
            note="; ".join(notes) or None,
        ),
    )
