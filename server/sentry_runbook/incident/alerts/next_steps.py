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
        missed = _of(alert.episodes, "missed")
        if missed:
            return f"Lower its threshold or replace it: it missed {count(missed, 'incident')} that it is there for."
        return "Check whether what it waits for can still happen; if not, delete it."
    return None


def best_row(rows: Sequence[ThresholdRow] | None) -> ThresholdRow | None:
    """The row that still catches all that the alert caught, with the fewest firings."""
    whole = [row for row in rows or () if row.caught == row.of]
    return min(whole, key=lambda row: row.firings, default=None)


def _quieter(alert: ReviewedAlert) -> str:
    best = best_row(alert.thresholds)
    if best is None or (alert.firings is not None and best.firings >= alert.firings):
        return "Make it say less, or send it to nobody's pager: no threshold that was tried keeps what it caught."
    kept = f"and would have caught the same {count(best.of, 'incident')}" if best.of else "and it caught no incident"
    instead = "" if alert.firings is None else f" instead of {number(alert.firings)}"
    return f"Set it to {best.change}: it would have fired {count(best.firings, 'time')}{instead}, {kept}."


def _of(episodes: Sequence[EpisodeCatch] | None, outcome: str) -> int:
    return sum(episode.outcome == outcome for episode in episodes or ())
