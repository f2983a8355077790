"""The transactions of the issue's events, and the policy's patterns matched against them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentry_runbook.incident.model.evidence import Evidence, Known


def transactions(evidence: Evidence) -> frozenset[str | None]:
    """The transactions of all events that were read; None: an event without one."""
    return frozenset(_transactions(evidence))


def _transactions(evidence: Evidence) -> Iterator[str | None]:
    if isinstance(evidence.event, Known):
        yield evidence.event.value.transaction
    if isinstance(evidence.sample, Known):
        yield from (event.transaction for event in evidence.sample.value)
    if isinstance(evidence.rows, Known):
        yield from (row.transaction for row in evidence.rows.value)
    if isinstance(evidence.breakdown, Known):
        for combination in evidence.breakdown.value.combinations:
            if "transaction" in combination.tags:
                yield combination.tags["transaction"]


def all_match(patterns: tuple[str, ...], names: frozenset[str | None]) -> bool:
    """Whether every event has a transaction and each matches a pattern; False without patterns or names."""
    return bool(patterns and names) and all(
        name is not None and any(re.search(pattern, name) for pattern in patterns) for name in names
    )


def none_match(patterns: tuple[str, ...], names: frozenset[str | None]) -> bool:
    """Whether every event has a transaction and none matches a pattern; False without patterns or names."""
    return bool(patterns and names) and not any(
        name is None or any(re.search(pattern, name) for pattern in patterns) for name in names
    )
