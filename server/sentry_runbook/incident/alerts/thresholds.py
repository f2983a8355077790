"""What else a noisy alert could be set to: other thresholds and throttles, with what each would have given.

Each candidate is the same alert with one number changed, replayed over the same counts as the alert itself. So nothing
is said of an alert whose own condition cannot be replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import floor, log10

from sentry_runbook.incident.alerts.catches import Catch, first_surely, replayed_in, stretch_of
from sentry_runbook.incident.alerts.replay_with import number_of, with_threshold, with_throttle
from sentry_runbook.incident.alerts.replayed import Replay
from sentry_runbook.incident.formatting import duration, number
from sentry_runbook.incident.model.evidence import Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricThreshold
from sentry_runbook.incident.model.results.alert_review import ThresholdRow

FACTORS = (2, 5, 10)
THROTTLES_MINUTES = (60, 360, 1440)
NO_INCIDENT = "it told of no incident in time in the period"
NOTHING_HELPS = "no other threshold or throttle that was tried keeps them with fewer firings"
Replayer = Callable[[AlertDefinition], Replay]


@dataclass(frozen=True)
class OtherSettings:
    """The table of a noisy alert.

    Attributes:
        rows: the alert as it is first, by its replay; empty where nothing can be told.
        why: what the table says, or why there is none; one phrase.
    """

    rows: tuple[ThresholdRow, ...]
    why: str


def other_settings(
    alert: AlertDefinition, replay: Replay, catches: Sequence[Catch] | None, window: Window, replayed: Replayer
) -> OtherSettings:
    """What other thresholds and throttles would have given in the period.

    Args:
        alert: a noisy one.
        replay: its own.
        catches: of the episodes that it is there for; None: not known.
        window: the period.
        replayed: replays an alert over the same evidence.
    """
    if replay.why_not is not None:
        return OtherSettings((), f"other settings cannot be tried: {replay.why_not}")
    if catches is None:
        return OtherSettings((), "the incidents of the period are not known")
    caught = [catch for catch in catches if catch.outcome == "caught"]
    if not caught:
        return OtherSettings((), NO_INCIDENT)
    own = _row("as it is", replay, caught, window)
    tried = [_row(change, replayed(other), caught, window) for change, other in _candidates(alert)]
    good = [row for row in tried if row.caught == row.of and _most(row) < _most(own)]
    if not good:
        return OtherSettings((own, *tried), NOTHING_HELPS)
    best = min(good, key=_most)
    rows = (own, *(row.model_copy(update={"best": True}) if row is best else row for row in tried))
    part = "" if replay.covers_all_issues else " (counted over the busiest issues alone)"
    kept = "the incident" if len(caught) == 1 else f"all {len(caught)} incidents"
    at_most = "at most " if best.firings_at_most is not None else ""
    firings = f"{at_most}{number(_most(best))} firing{'' if _most(best) == 1 else 's'}"
    return OtherSettings(rows, f"{best.change} would have kept {kept} it caught with {firings}{part}")


def _most(row: ThresholdRow) -> int:
    return row.firings if row.firings_at_most is None else row.firings_at_most


def _row(change: str, replay: Replay, caught: Sequence[Catch], window: Window) -> ThresholdRow:
    """What a replay gives: episodes that it surely catches, firings that are sure and those that may be."""
    within = [firing for firing in replay.firings if window.start <= firing.latest and firing.earliest < window.end]
    sure = sum(firing.is_certain for firing in within)
    return ThresholdRow(
        change=change,
        caught=sum(surely_catches(replay, catch, window) for catch in caught),
        of=len(caught),
        firings=sure,
        firings_at_most=None if sure == len(within) else len(within),
    )


def surely_catches(replay: Replay, catch: Catch, window: Window) -> bool:
    """Whether a replay surely fires in an episode in time."""
    episode = catch.episode
    start, end = stretch_of(episode, window.end)
    first = first_surely(replayed_in(replay, episode.issues, start, end), start)
    began = episode.earliest if episode.is_coarse else episode.began
    return first is not None and first.latest <= began + catch.within


def _candidates(alert: AlertDefinition) -> Iterator[tuple[str, AlertDefinition]]:
    yield from _other_limits(alert) if alert.metric is not None else _other_numbers(alert)
    if alert.frequency_minutes is None:
        return
    for minutes in THROTTLES_MINUTES:
        if minutes > alert.frequency_minutes:
            yield f"at most once in {duration(timedelta(minutes=minutes))}", with_throttle(alert, minutes)


def _other_numbers(alert: AlertDefinition) -> Iterator[tuple[str, AlertDefinition]]:
    condition = number_of(alert)
    if condition is None or not condition.value:
        # Without a number there is none to raise: such an alert is on every event, and a number may be what it lacks.
        return
    noun = "users" if "user" in condition.type else "events"
    in_percent = " %" if condition.comparison_s is not None else ""
    interval = f" in {duration(timedelta(seconds=condition.interval_s))}" if condition.interval_s else ""
    for factor in FACTORS:
        value = rounded(condition.value * factor)
        other = with_threshold(alert, value)
        if other is not None:
            what = (
                f"a rise of more than {number(value)}{in_percent}"
                if in_percent
                else f"more than {number(value)} {noun}"
            )
            yield f"{what}{interval}", other


def _other_limits(alert: AlertDefinition) -> Iterator[tuple[str, AlertDefinition]]:
    """Of a metric monitor all limits by the same factor; those below which it opens are divided."""
    metric = alert.metric
    opening = [line for line in metric.thresholds if line.label != "ok"] if metric is not None else []
    if metric is None or not opening or not all(line.limit for line in opening):
        return
    is_below = any(line.comparison in ("lt", "lte") for line in opening)
    for factor in FACTORS:
        scale = 1 / factor if is_below else factor
        lines = tuple(_scaled(line, scale) for line in metric.thresholds)
        limits = [line.limit for line in lines if line.label != "ok"]
        limit = max(limits) if is_below else min(limits)
        other = alert.model_copy(update={"metric": metric.model_copy(update={"thresholds": lines})})
        yield f"{'below' if is_below else 'above'} {number(limit)}", other


def _scaled(line: MetricThreshold, scale: float) -> MetricThreshold:
    return line.model_copy(update={"limit": rounded(line.limit * scale)})


def rounded(value: float) -> float:
    """A number to two leading digits: what somebody would set."""
    if not value:
        return value
    digits = 1 - floor(log10(abs(value)))
    return round(value, digits)
