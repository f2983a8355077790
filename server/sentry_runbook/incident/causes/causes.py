"""Which of the runbook's five root-cause patterns hold, with the evidence for and against each.

How to think about it: each pattern is one function that collects clues (:mod:`clues`). Timing alone never explains
an error that says itself what broke, so patterns that hold together weaken each other (:func:`_weighed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from sentry_runbook.incident.causes.deployment import deployment_regression
from sentry_runbook.incident.causes.hypothesis import Candidate, Clue
from sentry_runbook.incident.causes.patterns import (
    data_corruption,
    resource_exhaustion,
    sdk_misconfiguration,
    third_party_failure,
)
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.results.triage import Cause, Pattern

PATTERNS: tuple[Callable[[Measurements], Candidate], ...] = (
    deployment_regression,
    third_party_failure,
    data_corruption,
    resource_exhaustion,
    sdk_misconfiguration,
)
"""In the runbook's order, which decides between equals."""


@dataclass(frozen=True)
class Rival:
    """What the strength of one pattern says against another."""

    strong: Pattern
    from_points: int
    weakens: Pattern
    points: int
    text: str


WITH_RELEASE = "The errors begin with a release, which points to a change of the code."
NAMED = "Another pattern explains the errors themselves."
RIVALS = (
    Rival(
        "third_party_failure",
        5,
        "deployment_regression",
        -2,
        "Calls to an external host fail, which a deploy does not explain by itself.",
    ),
    Rival(
        "third_party_failure", 5, "data_corruption", -2, "A failing external host may send what looks like bad data."
    ),
    Rival(
        "resource_exhaustion",
        5,
        "deployment_regression",
        -1,
        "The errors name a resource that ran out, which timing alone does not explain.",
    ),
    Rival("deployment_regression", 5, "third_party_failure", -2, WITH_RELEASE),
    Rival("deployment_regression", 5, "data_corruption", -2, WITH_RELEASE),
    Rival("deployment_regression", 5, "resource_exhaustion", -2, WITH_RELEASE),
    Rival("deployment_regression", 4, "sdk_misconfiguration", -2, NAMED),
    Rival("third_party_failure", 4, "sdk_misconfiguration", -2, NAMED),
    Rival("data_corruption", 4, "sdk_misconfiguration", -2, NAMED),
    Rival("resource_exhaustion", 4, "sdk_misconfiguration", -2, NAMED),
)


def find_causes(incident: Measurements) -> tuple[Cause, ...]:
    """The patterns that hold, best first; empty when none does."""
    if not incident.evidence.issue.is_error:
        # Breadcrumbs and releases of a performance or uptime issue do not mean what they mean in an error.
        return ()
    candidates = [pattern(incident) for pattern in PATTERNS]
    held = [candidate for candidate in _weighed(candidates) if candidate.holds]
    # sorted() is stable: of equals, the order of PATTERNS decides.
    return tuple(_cause(candidate) for candidate in sorted(held, key=_order))


def _order(candidate: Candidate) -> tuple[bool, int]:
    """Best first. What an event lacks never explains the error: it comes after whatever has a strong rival's clue."""
    outdone = any(clue.text == NAMED for clue in candidate.clues)
    return outdone, -candidate.points


def _cause(candidate: Candidate) -> Cause:
    return Cause(
        pattern=candidate.pattern,
        confidence=candidate.confidence,
        evidence_for=tuple(clue.text for clue in candidate.clues if clue.points > 0),
        evidence_against=tuple(clue.text for clue in candidate.clues if clue.points <= 0),
        action=candidate.action,
    )


def _weighed(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """The candidates with what their rivals' strength says against them."""
    strength = {one.pattern: one.points for one in candidates if one.holds}
    for one in candidates:
        against: dict[str, Clue] = {}
        for rival in RIVALS:
            if rival.weakens == one.pattern and strength.get(rival.strong, 0) >= rival.from_points:
                against.setdefault(rival.text, Clue("rival", rival.points, rival.text))
        yield replace(one, clues=(*one.clues, *against.values()))
