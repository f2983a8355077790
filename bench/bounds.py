"""The budgets (DESIGN section 9), and a measured number with its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ROUNDS: Mapping[str, int] = {
    "triage_issue": 2,
    "get_issue": 2,
    "discover_impact": 2,
    "classify_severity": 2,
    "resolve_issue": 3,
    "assess_situation": 2,
    "review_alerts": 2,
}
"""Upstream rounds in sequence, given a short id where the tool takes one."""
REQUESTS: Mapping[str, int] = {"assess_situation": 14}
"""Requests of one call."""
NEW_REQUESTS: Mapping[str, int] = {
    "triage_issue": 1,
    "get_issue": 1,
    "discover_impact": 1,
    "classify_severity": 1,
    "check_recovery": 4,
    "draft_update": 2,
    "draft_postmortem": 2,
}
"""Requests that the first edition did not make, all in its two rounds: the dropped events; where a story is told, and
for what ended it, the changes of flags; for the latter also releases and deploys, around which rates are compared."""
CHARACTERS: Mapping[str, int] = {
    "triage_issue": 9_000,
    "get_issue": 9_000,
    "list_events": 9_000,
    "assess_situation": 9_000,
    "review_alerts": 9_000,
}
"""Characters of one result, each channel."""
ANY_CHARACTERS = 20_000
"""Characters of any result, each channel."""
WALL_AT_100_MS: Mapping[str, float] = {"triage_issue": 260}
"""Milliseconds of one call when each response of Sentry takes 100 ms."""
REVIEW_ROUNDS: Mapping[int, int] = {5: 2, 50: 2}
"""Alerts of an organization → rounds of a review of them; of more, pages with progress follow."""
TOOL_LIST_CHARACTERS = 11_000
"""Characters of names, descriptions and input schemas of thirteen tools."""
OF_BARE_SERVER = 1.15
"""Start-up and peak memory, as a multiple of a bare six-tool server's."""
CPU_OF_FIRST_EDITION = 0.5
"""CPU time of a warm triage, as a multiple of the first edition's in the same run."""
FIRST_TO_WARM = 1.5
"""Wall time of a process's first triage at 100 ms latency, as a multiple of a warm one."""
P95_ONE_ISSUE = 3
"""p95 of a hundred callers who ask one issue, as a multiple of one caller's wait."""
P95_MANY_ISSUES = 8
"""The same where they ask twenty issues."""
SAME_REQUEST = 1
"""How often a hundred callers may make us send the same request."""
ANSWER_MS = 20_000
"""Milliseconds within which every call is answered, whatever Sentry does."""
LARGE_EVENT_MB = 60
"""Additional peak memory for a 5 MB event."""


@dataclass(frozen=True)
class Measure:
    """One number of the benchmark.

    Attributes:
        group: the part of the benchmark.
        what: the tool or component that was measured.
        name: the measured quantity.
        value: the number; None where this machine cannot measure it.
        unit: of the number; empty for a count.
        bound: the highest allowed number; None where there is no budget.
    """

    group: str
    what: str
    name: str
    value: float | None
    unit: str = ""
    bound: float | None = None

    @property
    def within(self) -> bool | None:
        """Whether the budget is kept; None without budget or number."""
        if self.bound is None or self.value is None:
            return None
        return self.value <= self.bound
