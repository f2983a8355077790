"""What to do about an alert, in one sentence: from its verdict and what was counted. Nothing is ever changed by us."""

from __future__ import annotations

from collections.abc import Sequence

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.model.results.alert_review import AlertReview, EpisodeCatch, ReviewedAlert, ThresholdRow


def with_next_steps(review: AlertReview) -> AlertReview:
    """The review with what to do about each of its alerts."""
    alerts = tuple(alert.model_copy(update={"next_step": next_step(alert)}) for alert in review.alerts)
    return review.model_copy(update={"alerts": alerts})


def next_step(alert: ReviewedAlert) -> str | None:
    """The sentence; None where nothing is to be done, or nothing is known."""
    if alert.verdict == "dead":
        return "Repair it or delete it in Sentry: as it is, nobody is told."
    if alert.verdict == "noisy":
        return _quieter(alert)
    if alert.verdict == "late":
        late = _of(alert.episodes, "late")
        return f"Lower its threshold or shorten its window: it came too late in {count(late, 'incident')}."
    if alert.verdict == "never_fired":
        return _heard_of(alert.episodes or ())
    return None


def _quieter(alert: ReviewedAlert) -> str:
    best = next((row for row in alert.thresholds or () if row.best), None)
    if best is not None:
        return f"Set it to {best.change}: {_firings(best)}{_instead(alert)}, and the same incidents caught."
    if alert.episodes == ():
        return "Review a longer period before it is changed: in this one there was no incident for it to tell of."
    if alert.episodes is not None and not _of(alert.episodes, "caught") and not _of(alert.episodes, "unknown"):
        return "Delete it, or send it where nobody is woken: it told of no incident in time."
    if alert.thresholds:
        return "Narrow what it counts: no other threshold or pause that was tried keeps what it caught with less noise."
    return "Raise its threshold or its pause, or narrow what it counts; other settings could not be tried."


def _firings(row: ThresholdRow) -> str:
    most = row.firings_at_most
    return count(row.firings, "firing") if most is None else f"at most {count(most, 'firing')}"


def _instead(alert: ReviewedAlert) -> str:
    return "" if alert.firings is None else f" instead of {number(alert.firings)}"


def _heard_of(episodes: Sequence[EpisodeCatch]) -> str:
    """Of an alert that never fired: what to look at first."""
    missed = [catch for catch in episodes if catch.outcome == "missed"]
    met = sum(catch.would_have_fired_at is not None or catch.would_have_fired_by is not None for catch in missed)
    if met:
        return f"Look in Sentry why it did not fire: its condition, as set today, was met in {count(met, 'incident')}."
    if missed:
        return (
            f"Change what it fires on, or have another alert tell of such: it missed {count(len(missed), 'incident')}."
        )
    return "Check whether what it waits for can still happen; if not, delete it."


def _of(episodes: Sequence[EpisodeCatch] | None, outcome: str) -> int:
    return sum(episode.outcome == outcome for episode in episodes or ())
