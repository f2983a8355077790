"""The episodes that no alert caught in time: what came nearest, and what would have caught them.

An episode of which it is not known whether an alert told in time is no gap. A suggestion is words for people; nothing
of it is ever sent to Sentry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sentry_runbook.incident.alerts.catches import Catch, interval_end, minutes_after
from sentry_runbook.incident.alerts.episodes import ReviewEpisode
from sentry_runbook.incident.alerts.replayed import ConditionMaximum, Replay
from sentry_runbook.incident.alerts.suggestions import Ladder
from sentry_runbook.incident.alerts.words import condition_words, furthest_words
from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.results.alert_review import AlertGap, ReviewVerdict

MINUTES = "minute"


@dataclass(frozen=True)
class Witness:
    """What one alert that is there for an episode did in it."""

    alert: AlertDefinition
    verdict: ReviewVerdict | None
    replay: Replay
    catch: Catch

    @property
    def condition(self) -> str:
        """The whole condition in words."""
        return condition_words(self.alert)

    @property
    def name(self) -> str:
        """As it stands in a sentence."""
        return quoted(self.alert.name or self.alert.id)

    @property
    def is_placed(self) -> bool:
        """Whether its project is known: one that is connected to nothing may be of any."""
        return bool(self.alert.project_ids) or self.alert.is_connected is not False


def is_gap(witnesses: Sequence[Witness]) -> bool | None:
    """Whether surely none of the alerts told of the episode in time; None where that is not known."""
    in_time = [witness.catch.in_time for witness in witnesses]
    if True in in_time:
        return False
    return None if None in in_time else True


def gap_of(episode: ReviewEpisode, witnesses: Sequence[Witness], ladder: Ladder | None) -> AlertGap:
    """What is told of a gap.

    Args:
        episode: that no alert caught in time.
        witnesses: the alerts that are there for it.
        ladder: tries what would have caught it; None: that is not looked for.
    """
    suggestion = ladder.best_for(episode) if ladder is not None else None
    is_sure = suggestion is not None and suggestion.is_sure
    return AlertGap(
        episode=episode.id,
        issues=episode.short_ids,
        project=episode.project_slug,
        began=episode.began,
        events=episode.events,
        nearest=_nearest(episode, witnesses),
        suggestion=suggestion.words if suggestion is not None else None,
        would_have_fired_at=suggestion.firing.earliest if suggestion is not None else None,
        would_have_fired_by=interval_end(suggestion.firing) if suggestion is not None else None,
        extra_firings=suggestion.extra if suggestion is not None and is_sure else None,
        extra_firings_at_most=suggestion.extra_at_most if suggestion is not None and not is_sure else None,
    )


def _nearest(episode: ReviewEpisode, witnesses: Sequence[Witness]) -> str:
    """The alert that came nearest, in one sentence: fired late, would have fired, or nearest to its limit."""
    witnesses = [each for each in witnesses if each.is_placed]
    if not witnesses:
        return "no alert is there for it"
    late = [witness for witness in witnesses if witness.catch.first.fired and witness.catch.first.earliest is not None]
    if late:
        return _fired_late(episode, min(late, key=lambda each: each.catch.first.earliest or episode.began))
    reached = [witness for witness in witnesses if witness.catch.replayed is not None]
    if reached:
        return _would_have(episode, min(reached, key=lambda each: (each.verdict == "dead", _replayed_at(each))))
    measured = [witness for witness in witnesses if witness.replay.maximum is not None]
    if measured:
        return _not_reached(episode, max(measured, key=_part_of_limit))
    return f"{count(len(witnesses), 'alert')} {'is' if len(witnesses) == 1 else 'are'} there for it; none fired in it"


def _fired_late(episode: ReviewEpisode, witness: Witness) -> str:
    after = witness.catch.after
    low, high = after or (minutes_after(episode, witness.catch.first.earliest or episode.began),) * 2
    when = count(low, MINUTES) if low == high else f"{low} to {count(high, MINUTES)}"
    return f"{witness.name} ({witness.condition}) fired {when} after the start"


def _would_have(episode: ReviewEpisode, witness: Witness) -> str:
    replayed = witness.catch.replayed
    low, high = (
        (0, 0)
        if replayed is None
        else (minutes_after(episode, replayed.earliest), minutes_after(episode, replayed.latest))
    )
    when = count(high, MINUTES) if high - low <= 1 else f"{low} to {count(high, MINUTES)}"
    but = "it is dead" if witness.verdict == "dead" else "it did not fire"
    return f"{witness.name} ({witness.condition}): its condition was met {when} after the start, but {but}"


def _not_reached(episode: ReviewEpisode, witness: Witness) -> str:
    maximum, most = witness.replay.maximum, ""
    if maximum is not None and _is_of(episode, maximum) and not maximum.is_reached:
        most = f": {furthest_words(maximum)}, {moment(maximum.at)}"
    return f"{witness.name} ({witness.condition}) did not fire{most}"


def _is_of(episode: ReviewEpisode, maximum: ConditionMaximum) -> bool:
    """Whether it was reached in the episode: the period's highest value may be another's."""
    is_in = episode.began <= maximum.at and (episode.ended is None or maximum.at <= episode.ended)
    return is_in and (maximum.issue is None or maximum.issue in episode.issues)


def _replayed_at(witness: Witness) -> float:
    replayed = witness.catch.replayed
    return 0.0 if replayed is None else replayed.latest.timestamp()


def _part_of_limit(witness: Witness) -> float:
    maximum = witness.replay.maximum
    return maximum.value / maximum.limit if maximum is not None and maximum.limit else 0.0
