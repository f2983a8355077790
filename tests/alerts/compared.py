"""The product's replays held against brute force, firing by firing: what differs, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.alerts.replayed import Replay, ReplayedFiring
from sentry_runbook.simulator.scenario import AlertSpec
from tests.alerts.metrics import Opened
from tests.alerts.played import Played
from tests.alerts.worlds.building import Truth, truth_of
from tests.alerts.worlds.labels import Labelled, Part

SWITCHED_OFF = frozenset({"disabled", "unconnected", "no action", "snoozed"})
"""Why an alert is dead although its condition may hold: a replay may tell when it would have fired, were it on."""


def differences(played: Played, part: Part, alert: Labelled) -> Iterator[str]:
    """What is different between the product's replay of an alert and brute force; nothing where they agree."""
    replayed = played.replays[alert.name]
    if not alert.replayable:
        if replayed.why_not is None or replayed.firings:
            yield f"it cannot be replayed, and is: {len(replayed.firings)} firings"
        return
    if replayed.why_not is not None:
        yield f"it can be replayed, and is not: {replayed.why_not}"
        return
    truth = played.built.truths[alert.name]
    if alert.dead in SWITCHED_OFF:
        if not replayed.firings:
            return
        truth = truth_of(as_if_on(alert), played.built.raw, part.slug)
    if truth.opened is not None:
        yield from _openings(played, replayed, truth.opened)
    else:
        yield from _firings(played, replayed, truth)


def as_if_on(alert: Labelled) -> Labelled:
    """The alert as it would be, were it switched on and connected, with an action, for somebody."""
    if isinstance(alert.spec, AlertSpec):
        spec = replace(alert.spec, enabled=True, connected=True, acts=True, snoozed=False)
        return replace(alert, spec=spec)
    return replace(alert, spec=replace(alert.spec, enabled=True))


def instant(at: int) -> datetime:
    """The instant of epoch milliseconds."""
    return datetime.fromtimestamp(at / 1000, UTC)


def _step(replayed: Replay) -> timedelta:
    return timedelta(seconds=replayed.step_s or 60)


# --- issue alerts ---------------------------------------------------------------------------------------------------


def _firings(played: Played, replayed: Replay, truth: Truth) -> Iterator[str]:
    begin = played.built.begin
    fired = [(instant(one.at), one.issue) for one in truth.firings or () if one.at > begin]
    intervals = [(one, played.short_ids.get(one.issue or "", one.issue)) for one in replayed.firings]
    for at, issue in fired:
        own = [one for one, short_id in intervals if short_id == issue]
        if not any(one.earliest <= at <= one.latest + _step(replayed) for one in own):
            yield f"fires for {issue} at {at:%d %H:%M:%S}, and the replay says it cannot{_nearest(own, at)}"
    free = list(fired)
    for one, short_id in intervals:
        if not one.is_certain:
            continue
        inside = [
            (at, issue)
            for at, issue in free
            if issue == short_id and one.earliest <= at <= one.latest + _step(replayed)
        ]
        if inside:
            free.remove(inside[0])
        elif one.latest > instant(begin):
            yield f"is said to fire surely for {short_id} {_interval(one)}, and does not"


# --- metric monitors ------------------------------------------------------------------------------------------------


def _openings(played: Played, replayed: Replay, opened: Sequence[Opened]) -> Iterator[str]:
    begin, step = played.built.begin, _step(replayed)
    changes = [change for change in opened if change.at > begin]
    for change in changes:
        at = instant(change.at)
        # A possible change is told without its label where it may have been either.
        own = [one for one in replayed.firings if one.label in (None, change.label)]
        if not any(one.earliest <= at <= one.latest + step for one in own):
            yield f"turns {change.label} at {at:%d %H:%M}, and the replay says it cannot{_nearest(own, at)}"
    for one in replayed.firings:
        if not one.is_certain or one.latest <= instant(begin):
            continue
        inside = [
            change
            for change in changes
            if one.label in (None, change.label) and one.earliest <= instant(change.at) <= one.latest + step
        ]
        if not inside:
            yield f"is said to turn {one.label} surely {_interval(one)}, and does not"


# --- how much is told -----------------------------------------------------------------------------------------------


def told_surely(played: Played, alert: Labelled) -> tuple[int, int]:
    """How many firings by brute force lie in an interval in which the replay surely fires, and how many there are."""
    replayed, truth = played.replays[alert.name], played.built.truths[alert.name]
    begin, numbers = played.built.begin, {short_id: number for number, short_id in played.short_ids.items()}
    fired = [
        *((instant(one.at), numbers[one.issue]) for one in truth.firings or () if one.at > begin),
        *((instant(one.at), None) for one in truth.opened or () if one.at > begin),
    ]
    sure = [one for one in replayed.firings if one.is_certain]
    step = _step(replayed)
    told = [
        at
        for at, issue in fired
        if any(one.issue in (None, issue) and one.earliest <= at <= one.latest + step for one in sure)
    ]
    return len(told), len(fired)


# --- words ----------------------------------------------------------------------------------------------------------


def _interval(one: ReplayedFiring) -> str:
    return f"{one.earliest:%d %H:%M} to {one.latest:%d %H:%M}"


def _nearest(own: Sequence[ReplayedFiring], at: datetime) -> str:
    if not own:
        return ""
    one = min(own, key=lambda each: abs((each.latest - at).total_seconds()))
    return f" (nearest: {_interval(one)}, {'surely' if one.is_certain else 'perhaps'})"
