"""Tags that only the counts over all time have: hosts, customers, versions, whatever the team sets.

Of an issue that is new, or that has had most of its events in the window, all time is the incident. Of any other one
they tell what it usually is, and nothing of the incident, so they are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.explanation.tag_names import CUSTOMER, FLAG, HOST, OBVIOUS, family, is_single, stands_out
from sentry_runbook.incident.metrics.breakdown import FEWEST_NOW, rounded
from sentry_runbook.incident.model.evidence import Evidence, Known, TagCount
from sentry_runbook.incident.model.results.explanation import Explanation

OF_WINDOW = 0.8
"""Part of all its events that lie in the window, from which all time is the incident."""
FEWEST_EVENTS = 20
NOTE, ONLY_VALUE = "all time", "no other value seen in this issue"
SAME_EVENTS = 0.002
"""Shares that close are of the same events, as far as anybody can see."""


def all_time_candidates(evidence: Evidence, events: int, told: Iterable[str]) -> tuple[Candidate, ...]:
    """Concentrated values of tags, best first.

    Args:
        evidence: of one issue.
        events: of the issue in the window.
        told: tags that the combination rows tell of.
    """
    if not isinstance(evidence.tags, Known) or not _is_the_incident(evidence, events):
        return ()
    counted = {family(tag) for tag in told}
    tags = [tag for tag in evidence.tags.value if family(tag.key) not in counted and not _says_nothing(tag.key)]
    found = [candidate for tag in tags if (candidate := _concentrated(tag)) is not None]
    return tuple(_distinct(sorted(found, key=lambda candidate: -candidate.score)))


def _is_the_incident(evidence: Evidence, events: int) -> bool:
    total, first = evidence.issue.events_total, evidence.issue.first_seen
    is_new = first is not None and first >= evidence.window.start
    return is_new or (total is not None and events >= OF_WINDOW * total)


def _says_nothing(tag: str) -> bool:
    return OBVIOUS.fullmatch(tag) is not None or is_single(tag)


def _concentrated(tag: TagCount) -> Candidate | None:
    counts = [(value, count) for value, count in tag.values if value is not None and count is not None]
    total = tag.total or sum(count for _, count in counts)
    value, events = max(counts, key=lambda pair: pair[1], default=("", 0))
    if not total or events < (FEWEST_NOW if events == total else FEWEST_EVENTS):
        return None
    if not stands_out((tag.key,), events / total):
        return None
    is_only = len(counts) == 1 and events >= total
    # A tag with one value is a constant, unless its name says that there are many.
    if is_only and not any(name.fullmatch(tag.key) for name in (HOST, CUSTOMER)):
        return None
    share = min(events / total, 1.0)
    return Candidate(
        source="all_time",
        score=_score(tag.key, share, is_only),
        explanation=Explanation(
            values=tag_values((tag.key, value)),
            share=rounded(share),
            events=events,
            note=f"{NOTE}; {ONLY_VALUE}" if is_only else NOTE,
        ),
    )


def _score(tag: str, share: float, is_only: bool) -> float:
    """What names one of many says more than a tag of any kind; one that has had no other value says less."""
    is_one_of_many = any(name.fullmatch(tag) for name in (HOST, CUSTOMER))
    is_flag = FLAG.fullmatch(tag) is not None
    return share + (0.6 if is_one_of_many and not is_only else 0.3 if is_flag else 0.0) - (0.2 if is_only else 0.0)


def _distinct(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Without those that say of the same events what a better one of the family, or of the same share, said."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if not any(_repeats(candidate, better) for better in kept):
            kept.append(candidate)
            yield candidate


def _repeats(later: Candidate, better: Candidate) -> bool:
    if family(later.tags[0]) == family(better.tags[0]):
        return True
    share, best = later.explanation.share or 0.0, better.explanation.share or 0.0
    # All events have a value in common with all others: only of a part does the same share mean the same events.
    return best < 1 and abs(share - best) <= SAME_EVENTS
