"""The impact in one sentence: engineers want all numbers, executives those of people. Customers: :mod:`.symptom`."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.events.why_fired import noun_of
from sentry_runbook.incident.formatting import count, crash_free_percent, duration, number, percent
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.model.evidence import Known, Unknown, quoted
from sentry_runbook.incident.model.results.impact import Episode, Impact
from sentry_runbook.incident.model.results.messages import Audience


def impact_summary(incident: Incident, audience: Audience) -> str | Unknown:
    """The impact in one sentence with numbers, without a full stop, or why it is not known; not for customers."""
    impact, verdict = incident.impact, incident.severity
    if impact.events is None:
        return Unknown(
            why=next((missing.why for missing in impact.missing if missing.what == "events"), "not measured")
        )
    if impact.events == 0 or impact.window.widened_from:
        return "; ".join((impact.reading.rstrip("."), *_dropped(incident)))
    where = "outside production" if verdict.decided_by == "non_production" else _environments(incident)
    noun = noun_of(incident.evidence)
    parts = [_errors(impact, noun, f"{where} {_when(incident)}"), *_deciding(incident), *_rates(incident, audience)]
    if audience == "engineers":
        parts += _slow(incident, impact)
    parts += _dropped(incident)
    return "; ".join(parts)


def _errors(impact: Impact, noun: str, where: str) -> str:
    errors = f"{'at least ' if impact.events_lower_bound else ''}{count(impact.events or 0, noun)} {where}"
    if impact.users is None:
        return f"{errors} (how many people hit them is not known)"
    least = "at least " if impact.users_lower_bound else ""
    return f"{least}{count(impact.users, 'user')} hit {errors}"


def _dropped(incident: Incident) -> Iterator[str]:
    if incident.dropped_note:
        yield incident.dropped_note.rstrip(".")


def _environments(incident: Incident) -> str:
    words = {"production": "in production", "all": "in all environments", "asked": "in the environments asked for"}
    return words[incident.evidence.scope.basis]


def _when(incident: Incident) -> str:
    """A new issue has all its events since its start."""
    first, window = incident.evidence.issue.first_seen, incident.evidence.window
    if (
        isinstance(incident.episode, Episode)
        and first is not None
        and window.start <= first
        and incident.episode.began <= first
    ):
        return "since it began"
    return f"in {duration(window.length)}"


def _deciding(incident: Incident) -> Iterator[str]:
    """The figure that the severity rests on, where it is one of a single hour or minute."""
    impact, decided_by = incident.impact, incident.severity.decided_by
    if decided_by == "users_per_hour" and impact.users_worst_hour != impact.users:
        users = users_worst_hour(incident)
        if not isinstance(users, Unknown):
            yield f"{users} users in the worst hour"
    if decided_by == "unhandled_rate":
        own, project = impact.unhandled_per_minute_peak or 0, impact.project_unhandled_per_minute_peak or 0
        limit = incident.policy.thresholds.unhandled_per_minute_above
        peak, whose = (own, "") if own > limit else (project, " of the whole project")
        is_at_least = impact.events_lower_bound or (own > limit and impact.unhandled_lower_bound)
        least = "at least " if is_at_least else ""
        yield f"{least}{number(peak)} unhandled errors{whose} in the worst minute"


def _rates(incident: Incident, audience: Audience) -> Iterator[str]:
    rate = incident.crash_free
    if not isinstance(rate, CrashFree):
        return
    figures = list(_crash_free_figures(rate, incident.episode_crash_free_pct))
    if audience == "engineers":
        yield f"crash-free sessions {', '.join(f'{crash_free_percent(pct)} {where}' for pct, where in figures)}"
        return
    limit = incident.policy.thresholds.crash_free_below_pct
    below = [(pct, where) for pct, where in figures if pct < limit]
    for pct, where in below[:1]:
        yield f"{crash_free_percent(pct)} of sessions {where} ran without a crash (critical below {percent(limit)})"


def _crash_free_figures(rate: CrashFree, of_the_episode: float | None) -> Iterator[tuple[float, str]]:
    """First what the incident was: the figure of the period gets better with every hour that the period grows."""
    if of_the_episode is not None:
        yield of_the_episode, "in the incident's full hours"
    if rate.worst_hour_pct is not None and rate.worst_hour_pct != of_the_episode:
        yield rate.worst_hour_pct, "in the worst full hour"
    yield rate.period_pct, f"in {duration(rate.window.length)}"


def _slow(incident: Incident, impact: Impact) -> Iterator[str]:
    latency = incident.evidence.latency
    if impact.p95_ms is not None and isinstance(latency, Known) and latency.value.main:
        about = " about" if impact.p95_estimate else ""
        yield f"p95 of {quoted(latency.value.main)}{about} {number(impact.p95_ms)} ms"


# --- the next step -------------------------------------------------------------------------------------------------


FIX_HAS_CHANGED = {
    "fell": "see whether the fix holds: the errors fell after it",
    "came_back": "look at the fix again: the errors fell after it and have come back",
    "rose": "look at the fix again: the errors rose after it",
    "no_change": "look for what the fix missed: the errors have not fallen after it",
    "too_early": "see whether the fix works: it is too early to say",
}
"""The next step after a fix that was stated, by what it changed. The fix itself is not proposed again."""


def next_step(
    incident: Incident,
    stage: str,
    audience: Audience,
    fix_changed: str | None = None,
    advice: str | None = None,
) -> str | Unknown:
    """What the evidence proposes to do next; that it is done, only people can say.

    Args:
        incident: with its likely causes.
        stage: how far the incident is.
        audience: who reads it.
        fix_changed: what the stated fix changed, a key of :data:`FIX_HAS_CHANGED`; None when no fix was stated.
        advice: what a responder does first about an issue that no thrown error opened, for engineers.
    """
    if stage == "resolved":
        return "write the postmortem, due within 48 hours"
    if stage == "mitigated":
        return "watch whether it stays so, and fix the cause"
    if fix_changed is not None:
        return FIX_HAS_CHANGED[fix_changed]
    if not incident.causes:
        proposed = advice if audience == "engineers" else None
        return proposed or Unknown(why="none of the runbook's root-cause patterns fits the evidence")
    top = incident.causes[0]
    if audience == "engineers":
        return top.action
    pattern = pattern_named(top.pattern)
    return (
        f"{pattern.plain_step(incident)} (proposed; likely cause: {pattern.plain_cause}, confidence {top.confidence})"
    )


IS_IT_FIXED = "whether the cause is fixed, so that it may be called resolved"


def next_decision(step: str | Unknown, stage: str) -> str | Unknown:
    """The next step for executives as what somebody has to decide.

    Args:
        step: see :func:`next_step`.
        stage: how far the incident is.
    """
    if stage == "mitigated":
        return IS_IT_FIXED
    if isinstance(step, Unknown):
        return step
    return step.removeprefix("see ") if step.startswith("see whether ") else f"whether to {step}"


def users_worst_hour(incident: Incident) -> str | Unknown:
    """Users of the worst rolling hour, as bounds when that is all that is known."""
    users = incident.users
    if isinstance(users, Unknown):
        return users
    most = f" to {number(users.at_most)}" if users.at_most is not None and not users.exact else ""
    least = "at least " if users.at_most is None else ""
    return f"{least}{number(users.at_least)}{most}"
