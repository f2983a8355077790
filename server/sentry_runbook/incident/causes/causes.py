"""Which of the runbook's root-cause patterns hold, with the evidence for and against each.

How to think about it: each pattern collects indicators on its own (``patterns/``). Timing alone never explains an error
that says itself what broke, so patterns that hold together weaken each other: strengths are compared as they were
before any weakening, so that the result does not depend on the order. What only explains why one cannot see comes
after whatever explains the error itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sentry_runbook.incident.causes.catalog import PATTERNS, pattern_named
from sentry_runbook.incident.causes.hypothesis import Hypothesis, Indicator
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.cause_patterns import PatternName
from sentry_runbook.incident.model.results.triage import Cause

EXPLAINED_FROM = 4
"""A pattern of that many points explains the errors themselves."""
EXPLAINED = Indicator("counterweight", -2, "Another pattern explains the errors themselves.")


def find_causes(incident: Measurements) -> tuple[Cause, ...]:
    """The patterns that hold, best first; empty when none does."""
    if not incident.evidence.issue.is_error:
        # Breadcrumbs and releases of a performance or uptime issue do not mean what they mean in an error.
        return ()
    hypotheses = [Hypothesis(pattern.name, tuple(pattern.indicators(incident))) for pattern in PATTERNS]
    return tuple(_cause(incident, hypothesis) for hypothesis in rank(hypotheses))


def rank(hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
    """Those that hold when all are weighed against each other, best first; of equals, the first given."""
    holding = [hypothesis for hypothesis in _apply_counterweights(hypotheses) if hypothesis.holds]
    # What only explains blindness comes last, whatever its points.
    return sorted(holding, key=lambda each: (pattern_named(each.pattern).explains_blindness, -each.points))


def _cause(incident: Measurements, hypothesis: Hypothesis) -> Cause:
    indicators = hypothesis.indicators
    return Cause(
        pattern=hypothesis.pattern,
        confidence=hypothesis.confidence,
        evidence_for=tuple(indicator.text for indicator in indicators if indicator.points > 0),
        evidence_against=tuple(indicator.text for indicator in indicators if indicator.points <= 0),
        action=pattern_named(hypothesis.pattern).action(incident),
    )


def _apply_counterweights(hypotheses: Sequence[Hypothesis]) -> Iterator[Hypothesis]:
    """The hypotheses with what the strength of others says against them."""
    # A hypothesis that does not hold has no strength, however many points it has.
    strengths = {hypothesis.pattern: hypothesis.points for hypothesis in hypotheses if hypothesis.holds}
    for hypothesis in hypotheses:
        against = _against(pattern_named(hypothesis.pattern), strengths)
        yield replace(hypothesis, indicators=(*hypothesis.indicators, *against))


def _against(pattern: CausePattern, strengths: Mapping[PatternName, int]) -> Iterator[Indicator]:
    """What the strengths of the patterns that hold (name → points) say against one pattern."""
    for weight in (weight for each in PATTERNS for weight in each.counterweights):
        if pattern.name in weight.weakens and strengths.get(weight.strong, 0) >= weight.from_points:
            yield Indicator("counterweight", weight.points, weight.text)
    explained = any(
        points >= EXPLAINED_FROM and not pattern_named(name).explains_blindness for name, points in strengths.items()
    )
    if pattern.explains_blindness and explained:
        yield EXPLAINED
