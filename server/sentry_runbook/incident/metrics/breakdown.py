"""Tag breakdown: the share of each tag value in the window and before it, with a test against chance."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from math import sqrt

from sentry_runbook.incident.model.evidence import Breakdown, Evidence, Known, TagCount
from sentry_runbook.incident.model.results.impact import BreakdownRow

NOT_SET = "(not set)"
FEWEST_BEFORE = 20
"""Fewer events before the incident tell no share."""
FEWEST_NOW = 10
"""With fewer events now a share is a sample, and says so."""
CERTAIN = 2.58
"""Standard deviations between two shares that chance explains once in a hundred."""
VALUES_PER_TAG = 3
SMALLEST_SHARE = 0.05
MOST_ROWS = 14
SINGLE = re.compile(
    r"(?i)users?(?:[._:-].*)?|user(?:_?id|_?name|_?email|_?ip)|(?:e-?)?mail|ip(?:[_-]?addr(?:ess)?)?|(?:client|remote)[_-]?ip"
    r"|(?:request|req|trace|span|event|correlation|transaction|session|message)[._-]?(?:id|uuid)|trace(?:[._].*)?|replay_?id"
)
"""Tags whose values are single users or requests: that one has a share is no finding, and says who it was."""


def breakdown_rows(evidence: Evidence) -> tuple[BreakdownRow, ...]:
    """The tag values that stand out first, then the most frequent of each tag."""
    if isinstance(evidence.breakdown, Known) and evidence.breakdown.value.combinations:
        before = evidence.breakdown_before.value if isinstance(evidence.breakdown_before, Known) else None
        rows = list(_compared(evidence.breakdown.value, before))
    elif isinstance(evidence.tags, Known):
        rows = [row for tag in evidence.tags.value if not SINGLE.fullmatch(tag.key) for row in _all_time(tag)]
    else:
        return ()
    # sorted() is stable: what does not stand out keeps Sentry's order of tags.
    return tuple(sorted(rows, key=lambda row: row.lift is None)[:MOST_ROWS])


def share_of(part: Known[Breakdown], tag: str, value: str) -> tuple[int, int]:
    """Events with this tag value, and all events, of a breakdown."""
    counts = _margins(part.value).get(tag, Counter())
    return counts[value], sum(counts.values())


def rounded(share: float) -> float:
    """A share (0..1) to three places; as it is where these would make it none (0) or all (1)."""
    short = round(share, 3)
    return share if short in (0, 1) else short


def _margins(breakdown: Breakdown) -> Mapping[str, Counter[str]]:
    margins: dict[str, Counter[str]] = {}
    for combination in breakdown.combinations:
        for tag, value in combination.tags.items():
            margins.setdefault(tag, Counter())[NOT_SET if value is None else value] += combination.events
    return margins


def _compared(now: Breakdown, before: Breakdown | None) -> Iterator[BreakdownRow]:
    earlier = _margins(before) if before else {}
    for tag, counts in _margins(now).items():
        everything = sum(counts.values())
        if set(counts) == {NOT_SET} or not everything:
            continue
        base = earlier.get(tag, Counter())
        for value, events in counts.most_common(VALUES_PER_TAG):
            if events >= SMALLEST_SHARE * everything:
                yield _row(tag, value, events, everything, base, now.complete)


def _row(tag: str, value: str, events: int, everything: int, base: Counter[str], complete: bool) -> BreakdownRow:
    before = sum(base.values())
    share, share_before = events / everything, base[value] / before if before >= FEWEST_BEFORE else None
    notes = []
    if everything < FEWEST_NOW:
        notes.append(f"of {everything} events")
    if not complete:
        notes.append("of the most frequent combinations")
    if 0 < before < FEWEST_BEFORE:
        notes.append(f"only {before} events before")
    lift = None
    if share_before and everything >= FEWEST_NOW and _differs(events, everything, base[value], before):
        lift = round(share / share_before, 2)
    return BreakdownRow(
        tag=tag,
        value=value,
        share=rounded(share),
        share_before=None if share_before is None else rounded(share_before),
        lift=lift,
        events=events,
        note="; ".join(notes) or None,
    )


def _differs(part: int, whole: int, part_before: int, whole_before: int) -> bool:
    """Whether two shares differ by more than chance (pooled two-proportion test)."""
    pooled = (part + part_before) / (whole + whole_before)
    spread = sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    return spread > 0 and abs(part / whole - part_before / whole_before) > CERTAIN * spread


def _all_time(tag: TagCount) -> Iterator[BreakdownRow]:
    """The most frequent values of a tag; one without a number has no share, nor has any without a total."""
    total = tag.total or _sum_of_values(tag)
    for value, count in tag.values[:VALUES_PER_TAG]:
        if total and count is not None and count >= SMALLEST_SHARE * total:
            shown = NOT_SET if value is None else value
            share = rounded(min(count / total, 1.0))
            yield BreakdownRow(tag=tag.key, value=shown, share=share, events=count, note="all time")


def _sum_of_values(tag: TagCount) -> int | None:
    """The events that carry the tag; unknown when one value's are."""
    counts = [count for _, count in tag.values if count is not None]
    return sum(counts) if len(counts) == len(tag.values) else None
