"""The simplest condition that would have caught an episode: a fixed ladder, each rung replayed over the whole period.

Of two that catch it the one with fewer extra firings is taken, and of equals the simpler one. For each interval only
the highest round number that still catches the episode is of interest: every lower one fires at least as often. The
counts around the beginning say where to look for it, so that few conditions are replayed. The events of a whole project
are tried only where no condition on an issue catches it: a condition on an issue says which one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.catches import first_surely, replayed_in, stretch_of
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.replay_with import with_condition
from sentry_runbook.incident.alerts.replayed import Replay, ReplayedFiring
from sentry_runbook.incident.formatting import duration, number
from sentry_runbook.incident.model.evidence import Series, Window
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition, MetricCondition, MetricThreshold

INTERVALS_S = (300, 900, 3600)
ROUND_NUMBERS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
MOST_TRIED = 3
"""Numbers of an interval that are replayed: of a higher one than catches it the counts alone tell."""
LOOK_BACK_S = 1200
METRIC_WINDOWS_S = (300, 3600)
STEPS_S = {300: 60, 3600: 180}
"""Seconds between two values of a metric monitor, by its window (reference: alerts, 3)."""


@dataclass(frozen=True)
class Suggestion:
    """A condition that would have caught the episode.

    Attributes:
        words: "more than 20 events of an issue in 5 min".
        firing: when it would have fired.
        extra: how often else in the period, surely; ``extra_at_most``: by the counts. None: issues were left out.
    """

    words: str
    firing: ReplayedFiring
    extra: int
    extra_at_most: int | None

    @property
    def is_sure(self) -> bool:
        """Whether the extra firings are known exactly."""
        return self.extra == self.extra_at_most


class Ladder:
    """Replays of conditions that nobody has set up, each once for all episodes of a project."""

    def __init__(
        self,
        replayed: Callable[[AlertDefinition], Replay],
        window: Window,
        within: timedelta,
        fine: Mapping[str, Sequence[Series]],
    ) -> None:
        self._replayed = replayed
        self._fine = fine
        self._window = window
        self._within = within
        self._known: dict[tuple[str, str], Replay] = {}

    def best_for(self, episode: ReviewEpisode) -> Suggestion | None:
        """The condition with the fewest extra firings that surely catches the episode; None: none of those tried."""
        found = list(self._on_an_issue(episode)) or list(self._on_the_project(episode))
        return min(found, key=_rank, default=None)

    def _on_an_issue(self, episode: ReviewEpisode) -> Iterator[Suggestion]:
        if episode.is_new:
            yield from self._tried(episode, "a new issue", with_condition((episode.project,)))
        for interval in INTERVALS_S:
            for value in self._numbers(episode, interval):
                words = f"more than {number(value)} events of an issue in {_length(interval)}"
                alert = with_condition((episode.project,), more_than=value, interval_s=interval)
                suggestion = next(self._tried(episode, words, alert), None)
                if suggestion is not None:
                    yield suggestion
                    break

    def _on_the_project(self, episode: ReviewEpisode) -> Iterator[Suggestion]:
        for window in METRIC_WINDOWS_S:
            for value in self._numbers(episode, window):
                words = f"more than {number(value)} events of the project in {_length(window)}"
                suggestion = next(self._tried(episode, words, _metric(episode.project, value, window)), None)
                if suggestion is not None:
                    yield suggestion
                    break

    def _numbers(self, episode: ReviewEpisode, interval_s: int) -> Sequence[int]:
        """The highest round numbers that one of its issues may exceed in time, the highest first."""
        until = (episode.earliest if episode.is_coarse else episode.began) + self._within
        stretches = [series for issue in episode.issues for series in self._fine.get(issue, ())]
        most = max((fullest_until(series, interval_s, until) for series in stretches), default=0)
        return [value for value in reversed(ROUND_NUMBERS) if value < most][:MOST_TRIED]

    def _tried(self, episode: ReviewEpisode, words: str, alert: AlertDefinition) -> Iterator[Suggestion]:
        replay = self._replay(episode.project, words, alert)
        if replay.why_not is not None:
            return
        start, end = stretch_of(episode, self._window.end)
        own = replayed_in(replay, None if alert.metric is not None else episode.issues, start, end)
        first = first_surely(own, start)
        began = episode.earliest if episode.is_coarse else episode.began
        if first is None or first.latest > began + self._within:
            return
        others = [firing for firing in replay.firings if firing not in own and self._is_in_window(firing)]
        sure = sum(firing.is_certain for firing in others)
        yield Suggestion(words, first, sure, len(others) if replay.covers_all_issues else None)

    def _is_in_window(self, firing: ReplayedFiring) -> bool:
        return firing.latest >= self._window.start and firing.earliest < self._window.end

    def _replay(self, project: str, words: str, alert: AlertDefinition) -> Replay:
        key = project, words
        if key not in self._known:
            self._known[key] = self._replayed(alert)
        return self._known[key]


def fullest_until(series: Series, interval_s: int, until: datetime) -> float:
    """Events of the fullest window of that length that ends by an instant, in the quarter of an hour before it."""
    size = interval_s // series.step_s
    last = min(len(series.values), int((until - series.start).total_seconds()) // series.step_s)
    if size < 1 or last <= 0:
        return 0.0
    first = max(0, last - max(1, LOOK_BACK_S // series.step_s))
    return max(
        sum(value or 0.0 for value in series.values[max(0, end - size) : end]) for end in range(first + 1, last + 1)
    )


def _rank(suggestion: Suggestion) -> tuple[bool, int, bool]:
    """Those whose extra firings are known first, of these the one with the fewest."""
    most = suggestion.extra_at_most
    return most is None, suggestion.extra if most is None else most, not suggestion.is_sure


def _length(seconds: int) -> str:
    return duration(timedelta(seconds=seconds))


def _metric(project: str, value: int, window_s: int) -> AlertDefinition:
    """A metric monitor on the events of a project."""
    lines = (
        MetricThreshold(label="critical", comparison="gt", limit=value),
        MetricThreshold(label="ok", comparison="lte", limit=value),
    )
    metric = MetricCondition(
        aggregate="count()",
        dataset="events",
        window_s=window_s,
        step_s=STEPS_S[window_s],
        thresholds=lines,
        raw_aggregate="count()",
    )
    return AlertDefinition(id="suggested", form="metric_monitor", enabled=True, project_ids=(project,), metric=metric)
