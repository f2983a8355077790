"""How to find out what could still raise the severity: one sentence for each unknown criterion, with the next move.

The move follows from why the criterion is unknown: a scope that the token lacks, a server that was too busy, a count
that Sentry cannot give. Where no call can help, the people who see the users can: their answers decide the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sentry_runbook.incident.formatting import observed_text
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.policy import Level, rank
from sentry_runbook.incident.model.results.triage import Criterion, Verdict
from sentry_runbook.incident.severity.rules import decide, is_open, met_by_id

FORBIDDEN = re.compile(r"\((?:401|403)\)")
PASSING = re.compile(r"\b(?:429|5\d\d)\b|did not answer|in time|too slow or too busy")
SCOPE = "org:read"
"""What a token needs for Discover, time series and sessions (sentry-api section 1)."""
WHAT: Mapping[str, str] = {
    "crash_free": "crash-free sessions are not known",
    "unhandled_rate": "unhandled exceptions a minute are not known",
    "users_per_hour": "users in the worst hour are not known",
}
"""An unknown criterion in words, where nothing of it was observed."""
ASK: Mapping[str, str] = {
    "crash_free": 'ask whether the core flow is blocked for all (core_flow="blocked_for_all")',
    "unhandled_rate": 'ask whether the core flow is blocked for all (core_flow="blocked_for_all")',
    "users_per_hour": "ask support or your own logs how many people are hit, or whether there is a workaround "
    "(workaround=true rules P1 out)",
}
"""Who can say it, where Sentry cannot."""


def settling_steps(incident: Measurements, verdict: Verdict) -> tuple[str, ...]:
    """For each unknown criterion that may raise the severity: to what, what is known of it, and how to settle it."""
    return tuple(_steps(incident, verdict))


def _steps(incident: Measurements, verdict: Verdict) -> Iterator[str]:
    for criterion, level in _raising(verdict.criteria, verdict.severity):
        yield f"Could be {level}: {_known(criterion)}. Settle it: {_how(incident, criterion)}."


def _raising(criteria: Sequence[Criterion], severity: Level) -> Iterator[tuple[Criterion, Level]]:
    met = met_by_id(criteria)
    for criterion in criteria:
        if is_open(criterion):
            _, level = decide({**met, criterion.id: True})
            if rank(level) > rank(severity):
                yield criterion, level


def _known(criterion: Criterion) -> str:
    """What was observed, with the threshold; else that nothing is known, and why."""
    if criterion.observed is None:
        why = f" ({criterion.note})" if criterion.note else ""
        return f"{WHAT.get(criterion.id, criterion.id)}{why}"
    nouns = {"users_per_hour": "users in the worst hour", "unhandled_rate": "unhandled exceptions in one minute"}
    noun = nouns.get(criterion.id, criterion.id.replace("_", "-"))
    return f"{observed_text(criterion)} {noun} (threshold {criterion.threshold})"


def _how(incident: Measurements, criterion: Criterion) -> str:
    note = criterion.note or ""
    if FORBIDDEN.search(note):
        return f"give the token the scope {SCOPE}, then classify_severity again"
    if PASSING.search(note):
        return "classify_severity again in a minute"
    hour = _exact_hour(incident) if criterion.id == "users_per_hour" else None
    return hour or ASK.get(criterion.id, "read the issue's page in Sentry")


def _exact_hour(incident: Measurements) -> str | None:
    """The call that counts the users of the worst hour alone; None where its time or an exact count is not known."""
    users = incident.users
    if not isinstance(users, UsersWorstHour) or users.start is None or users.at_most is None:
        return None
    if not isinstance(incident.evidence.totals, Known) or incident.dropped_at_most:
        return None
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (users.start, users.start + HOUR))
    return f"classify_severity start={start} end={end} counts that hour alone"
