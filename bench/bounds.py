"""What is promised (DESIGN section 9), and a measurement beside its promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROUNDS: Mapping[str, int] = {
    "triage_issue": 2,
    "get_issue": 2,
    "discover_impact": 2,
    "classify_severity": 2,
    "resolve_issue": 3,
}
"""Upstream rounds in sequence; a short id in hand."""
CHARACTERS: Mapping[str, int] = {"triage_issue": 9_000, "get_issue": 9_000, "list_events": 9_000}
"""Of one answer, each channel."""
ANY_CHARACTERS = 20_000
"""Of any answer."""
WALL_AT_100_MS: Mapping[str, float] = {"triage_issue": 260}
"""Milliseconds of one call when every answer of Sentry is 100 ms late."""
TOOL_LIST_CHARACTERS = 9_000
"""Names, descriptions and input schemas."""
BESIDE_BARE = 1.15
"""Start-up and peak memory, as a multiple of a bare six-tool server's."""
SHARED_REQUESTS = 1.2
"""Requests of a hundred callers of one issue, as a multiple of one caller's."""
ANSWER_MS = 20_000
"""Whatever Sentry does, a call is answered by then."""
BIG_EVENT_MB = 60
"""More memory for a 5 MB event."""


@dataclass(frozen=True)
class Measure:
    """One number of the benchmark.

    Attributes:
        group: the part of the benchmark.
        what: the tool or thing that was measured.
        name: what was measured of it.
        value: the number; None where this machine cannot measure it.
        unit: of the number; empty for a plain count.
        bound: the most that is allowed; None where nothing is promised.
    """

    group: str
    what: str
    name: str
    value: float | None
    unit: str = ""
    bound: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether the promise is kept; None when there is none, or no number."""
        if self.bound is None or self.value is None:
            return None
        return self.value <= self.bound
