"""Whether an issue may be noise: archiving is proposed for what is steady, low and known, and for nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.incident.formatting import NEAR_USUAL
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.policy import rank
from sentry_runbook.incident.model.results.impact import Episode, Trend
from sentry_runbook.incident.model.results.triage import Cause, Verdict

SECURITY = "hostile_traffic"
"""The pattern of a security incident: nobody archives it."""
STATES = ("new", "regressed", "escalating")


def may_be_noise(incident: Measurements, verdict: Verdict, causes: Sequence[Cause]) -> bool:
    """Whether the issue runs as usual, is low for certain, and is neither new, back, escalating nor an attack.

    What is not known is no reason to silence it.
    """
    is_low = rank(verdict.severity) <= rank("P2") and rank(verdict.could_be.highest) <= rank(verdict.severity)
    states = [criterion.met for criterion in verdict.criteria if criterion.id in STATES]
    is_known = all(met is False for met in states)
    is_attack = any(str(cause.pattern) == SECURITY for cause in causes)
    return is_low and is_known and not is_attack and _is_as_usual(incident)


def _is_as_usual(incident: Measurements) -> bool:
    trend, episode = incident.trend, incident.episode
    if not isinstance(trend, Trend) or trend.direction != "steady" or trend.times_usual is None:
        return False
    # An episode with a note is one that the window holds nothing of.
    is_now = isinstance(episode, Episode) and episode.note is None
    return not is_now and NEAR_USUAL[0] <= trend.times_usual <= NEAR_USUAL[1]
