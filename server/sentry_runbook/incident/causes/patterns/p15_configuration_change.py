"""Configuration change: a feature flag was changed when the errors began. A third of public outages are of that kind.

A change of a flag is dated to the second, and takes effect at once: so, other than with a deploy, only the minutes just
before the onset count. What the events read carry of the flag, and whether it was switched back, decide how much.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.changes import Around
from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.explanation.flags import at_the_onset, explains_most, is_off
from sentry_runbook.incident.explanation.tag_names import same_flag
from sentry_runbook.incident.formatting import count, duration, listed, moment, percent_of
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import FlagChange, Known, quoted
from sentry_runbook.incident.model.results.explanation import Change, Explanation
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.releases import GRAIN

TRIED = 3
"""Of several flags changed at the onset, so many are named."""
MANY = 3
FEW = 2
"""So many events read are no distribution: with the time alone beside them no more than medium confidence."""
CLOSE = timedelta(minutes=5)
CONCENTRATED = 0.8


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """When the flag was changed, what the events carry of it, and what was deployed nearer; none without a change."""
    change = _suspect(incident)
    if change is None:
        yield from _other_changes(incident)
        return
    yield _timing(incident, change)
    yield from _one_of_many(incident, change)
    yield from _of_the_events(incident, change)
    yield from _explained_without(incident, change)
    yield from _deployed_nearer(incident, change)
    yield from _switched_back(incident, change)


def _changes(incident: Measurements) -> tuple[FlagChange, ...]:
    start = incident.apparent_start
    return at_the_onset(incident.evidence, start) if start is not None else ()


def _suspect(incident: Measurements) -> FlagChange | None:
    """Of the flags changed at the onset, the one that the events have on most, else the nearest; None without any."""
    changes = _changes(incident)
    return max(changes, key=lambda change: _carried(incident, change.flag), default=None)


def _carried(incident: Measurements, flag: str) -> float:
    """The part (0..1) of the events that carry one value of the flag; 0 where nothing tells."""
    counted = _by_tag(incident, flag)
    read, values = _in_events(incident, flag)
    on_in_all = bool(read) and len(values) == read and not any(map(is_off, values))
    return max((counted.share or 0.0) if counted is not None else 0.0, 0.9 * on_in_all)


def _by_tag(incident: Measurements, flag: str) -> Explanation | None:
    """The finding that counts a tag of the flag; what a few events carry is none."""
    return next(
        (
            each
            for each in incident.explanation
            if each.share is not None and any(same_flag(value.tag, flag) for value in each.values)
        ),
        None,
    )


def _in_events(incident: Measurements, flag: str) -> tuple[int, list[str]]:
    """Events that were read whole and tell flags at all, and the values of this flag among them."""
    events = [event for event in whole_events(incident.evidence) if event.flags]
    return len(events), [event.flags[flag] for event in events if flag in event.flags]


def _timing(incident: Measurements, change: FlagChange) -> Indicator:
    start = incident.apparent_start
    assert start is not None  # noqa: S101  # without a start no change lies at it
    minutes = Around(start).minutes_before(change.at)
    lag = f"{duration(timedelta(minutes=abs(minutes)))} {'later' if minutes > 0 else 'before'}" if minutes else ""
    did = change.action or "changed"
    text = f"Flag {quoted(change.flag)} was {did} at {moment(change.at)}; the errors began {lag or 'in that minute'}."
    if start.latest - start.earliest > GRAIN:
        return Indicator("flag", 2, text, core=True)
    return Indicator("flag", 4 if start.distance(change.at) <= CLOSE else 3, text, core=True)


def _one_of_many(incident: Measurements, change: FlagChange) -> Iterator[Indicator]:
    """Where flags are changed all the time, one of them always was."""
    others = len(_changes(incident)) - 1
    if others >= MANY and not _carried(incident, change.flag):
        yield Indicator("flag", -2, f"{count(others, 'other flag')} changed in the same minutes.")


def _of_the_events(incident: Measurements, change: FlagChange) -> Iterator[Indicator]:
    name, tagged = quoted(change.flag), _by_tag(incident, change.flag)
    read, values = _in_events(incident, change.flag)
    if tagged is not None and (tagged.share or 0) >= CONCENTRATED and tagged.events > read:
        value = next(value.value for value in tagged.values if same_flag(value.tag, change.flag))
        yield Indicator(
            "events", 3, f"{percent_of(tagged.share or 0)} of the events carry {name} = {quoted(value)}.", core=True
        )
    elif read and len(values) == read and len(set(values)) == 1:
        carry = f"{read} of {count(read, 'event')} read carry" if read > 1 else "The event read carries"
        text = f"{carry} {name} = {quoted(values[0])}"
        if is_off(values[0]):
            yield Indicator("events", 0, f"{text}, which says nothing: it may be on for others.")
        else:
            yield Indicator("events", 1 if read <= FEW else 2, f"{text}.")
    elif read and not values:
        yield Indicator("events", -3, f"None of {count(read, 'event')} read evaluated {name}.")
    elif read:
        shown = f"{len(values)} of {read}" if len(set(values)) == 1 else f"different values in {read}"
        yield Indicator("events", -1, f"The events read do not agree on {name}: {shown}.")


def _explained_without(incident: Measurements, change: FlagChange) -> Iterator[Indicator]:
    """A set of tag values, of which the flag is no part, that is counted to explain most of the incident."""
    other = next((each for each in incident.explanation if explains_most(each)), None)
    if other is not None and not any(same_flag(value.tag, change.flag) for value in other.values):
        values = " and ".join(f"{quoted(value.tag)} = {quoted(value.value)}" for value in other.values)
        yield Indicator("explanation", -2, f"{values} explains most of the events, whatever the flag is.")


def _deployed_nearer(incident: Measurements, change: FlagChange) -> Iterator[Indicator]:
    """A deploy of the same project between the change and the onset."""
    start = incident.apparent_start
    own = [
        each
        for each in incident.changes
        if each.kind in ("deploy", "release") and each.project == incident.evidence.issue.project
    ]
    nearer = [each for each in own if start is not None and change.at < each.at <= start.latest]
    if nearer:
        yield Indicator("deploys", -2, f"Nearer to the onset: {_said(nearer[0])}.")


def _said(change: Change) -> str:
    return f"{change.what} at {moment(change.at)}"


def _switched_back(incident: Measurements, change: FlagChange) -> Iterator[Indicator]:
    again = _changed_again(incident, change)
    if again is not None:
        text = f"It was {again.action or 'changed'} again at {moment(again.at)}"
        ended = incident.episode.ended if isinstance(incident.episode, Episode) else None
        if ended is not None and again.at <= ended + CLOSE:
            yield Indicator("flag", 1, f"{text}, and the errors ended at {moment(ended)}.")
        else:
            yield Indicator("flag", 0, f"{text}.")


def _changed_again(incident: Measurements, change: FlagChange) -> FlagChange | None:
    """The next change of the flag after the onset: it was switched back, as far as the log tells."""
    part, start = incident.evidence.flag_changes, incident.apparent_start
    later = [
        each
        for each in (part.value if isinstance(part, Known) else ())
        if each.flag == change.flag and each.at > change.at and start is not None and each.at > start.at
    ]
    return min(later, key=lambda each: each.at, default=None)


def _other_changes(incident: Measurements) -> Iterator[Indicator]:
    """An alert rule that was made or edited at the onset counts little: it changes what is heard, not what fails."""
    for change in incident.changes:
        if change.kind == "alert_rule" and 0 <= change.minutes_before <= CLOSE.total_seconds() / 60:
            yield Indicator("alerts", 0, f"Of this project, {_said(change)}: it may be what made this heard.")
            return


# --- what to do ----------------------------------------------------------------------------------------------------


def action(incident: Measurements) -> str:
    """Switch the flag back; where the log shows that this was done, see whether it helped."""
    change = _suspect(incident)
    if change is None:
        return GENERAL
    again = _changed_again(incident, change)
    if again is not None:
        return (
            f"Flag {quoted(change.flag)} was {again.action or 'changed'} again at {moment(again.at)}: "
            "run check_recovery with since set to that time before anything else is changed."
        )
    others = [each.flag for each in _changes(incident) if each.flag != change.flag]
    more = f" Changed at the same time: {listed(others, TRIED)}." if others else ""
    back = _back(incident, change.flag)
    return f"Switch flag {quoted(change.flag)} {back} in your flag provider, then run check_recovery.{more}"


def _back(incident: Measurements, flag: str) -> str:
    """Which way to switch it, as far as the events tell; that a few have it off does not mean that it was on."""
    tagged = _by_tag(incident, flag)
    if tagged is not None:
        off = all(is_off(value.value) for value in tagged.values if same_flag(value.tag, flag))
        return ("on again" if tagged.explains is not None else "back") if off else "off again"
    _, values = _in_events(incident, flag)
    return "off again" if values and not any(map(is_off, values)) else "back"


def prevention(incident: Measurements) -> Prevention:
    """A change of a flag is rolled out as a release is."""
    change = _suspect(incident)
    what = f"flag {quoted(change.flag)}" if change is not None else "flags"
    return Prevention(
        f"Roll out changes of {what} in steps, and stop a step when new unhandled errors appear",
        "a trial change that raises on purpose is stopped at its first step",
    )


GENERAL = "Switch the flag or setting back in your flag provider, then run check_recovery."

PATTERN = CausePattern(
    name="configuration_change",
    title="Configuration change",
    signal="A feature flag or setting was changed in the minutes before the errors began, and the events carry it",
    indicators=indicators,
    action=action,
    general_action=GENERAL,
    plain_action="switch back the setting that was changed",
    plain_cause="a changed setting",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="configuration_change",
            from_points=6,
            weakens=("deployment_regression",),
            points=-2,
            text="A flag was changed when the errors began, and the events carry it.",
        ),
        Counterweight(
            strong="deployment_regression",
            from_points=9,
            weakens=("configuration_change",),
            points=-2,
            text="The errors begin with a release, and live on it.",
        ),
    ),
)
