"""The turning points of an incident, and stated times that do not fit; the time between them is in :mod:`.intervals`.

How to think about it: a milestone is what a person stated; else what Sentry's data suggest, named as such; else it is
unknown and says why. Nothing is moved to make the order look right: a stated time that contradicts another is kept
where it is, the interval over it is unknown, and the contradiction is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import duration, elapsed, moment
from sentry_runbook.incident.model.evidence import Activity, Deploy, Unknown, quoted
from sentry_runbook.incident.model.evidence.alert_detection import AlertDetection
from sentry_runbook.incident.model.results.messages import Milestone, MilestoneName
from sentry_runbook.incident.timeline.activity import LOG, notes_of
from sentry_runbook.incident.timeline.alerting import fired_words, sort_of
from sentry_runbook.incident.timeline.context import AT_THE_START, TimelineContext, deployed

DEFINITIONS: Mapping[MilestoneName, str] = {
    "started": "onset in the event counts, or first event of a new issue",
    "detected": "stated, else the first alert or act of a person after the start",
    "acknowledged": "stated, else the first act of a person in Sentry after the start",
    "mitigated": "stated, else the last deploy before the event rate came back, as a candidate",
    "recovered": "event rate back to the usual level, held for two hours, nothing else against it",
}
NOT_OVER = {
    "improving": "it is improving and not known to be over",
    "ongoing": "it is not over",
    "worse": "it is getting worse",
    "unknown": "whether it is over is not known",
}
SOON = timedelta(minutes=30)
"""A deploy that was through that long before the rate was back may have brought it back."""
ROUNDING = timedelta(minutes=5)
"""The rate is known in buckets of up to that length: it may seem back that long before the deploy is marked done."""


def milestones_of(incident: TimelineContext) -> tuple[Milestone, ...]:
    """All five, in order."""
    return tuple(find(incident) for find in (_started, _detected, _acknowledged, _mitigated, _recovered))


def _started(incident: TimelineContext) -> Milestone:
    if incident.known_episode is None:
        return _unknown("started", incident.why_no_onset)
    how = f"{incident.known_episode.how}; confidence {incident.known_episode.confidence}"
    return _at("started", incident.known_episode.began, how)


def _detected(incident: TimelineContext) -> Milestone:
    stated = incident.stated
    for name in ("detected_at", "alerted_at"):
        at = getattr(stated, name)
        if at is not None:
            return _stated("detected", at, name)
    if incident.known_episode is None:
        return _unknown(
            "detected", "nobody stated it (detected_at), and without a start no alert can be told to be of it"
        )
    signals = [signal for signal in (_first_alert(incident), _detecting_act(incident)) if signal is not None]
    if signals:
        return min(signals, key=lambda signal: signal.at or incident.read_at)
    alerts = incident.evidence.alerts
    why = alerts.why if isinstance(alerts, Unknown) else "no alert of the project fired after the start"
    return _unknown(
        "detected", f"nobody stated it (detected_at); {why}; {_no_act(incident, 'no act of a person is recorded')}"
    )


def _first_alert(incident: TimelineContext) -> Milestone | None:
    """Detection by the first alert: by its first firing in the incident, where the firings of all alerts were read."""
    if incident.detection is not None and incident.detection.alerts:
        return _first_fired(incident, incident.detection)
    return _last_triggered(incident)


def _first_fired(incident: TimelineContext, detection: AlertDetection) -> Milestone | None:
    first = detection.first
    at = None if first is None else first.known_by
    if first is None or at is None:
        # None surely fired; one whose firings are not known may have, at the latest when Sentry keeps its last one.
        return None if detection.none_fired else _last_triggered(incident)
    how = f"{sort_of(first)} {quoted(first.name)}, {fired_words(incident, first)}"
    milestone = _at("detected", at, how, candidate=True)
    return milestone.model_copy(update={"at_latest": True}) if first.fired_by is not None else milestone


def _last_triggered(incident: TimelineContext) -> Milestone | None:
    """By the last firing of an alert, which after a pause says nothing of the first one."""
    alert = incident.first_alert
    if alert is None or alert.last_triggered is None:
        return None
    at, name = alert.last_triggered, f"alert {quoted(alert.name)}, last triggered"
    if incident.is_after_a_pause(at):
        latest = "known to the alert at the latest then; it may have fired before"
        how = f"{name} after the errors had paused or ended: {latest}"
        return _at("detected", at, how, candidate=True).model_copy(update={"at_latest": True})
    return _at("detected", at, f"{name}: it may have fired before, and for another issue", candidate=True)


def _detecting_act(incident: TimelineContext) -> Milestone | None:
    act = _first_act(incident)
    return (
        None
        if act is None
        else _at("detected", act[0], f"{act[1]}: known to people then at the latest", candidate=True)
    )


def _first_act(incident: TimelineContext) -> tuple[datetime, str] | None:
    """The first act of a person after the start, and what tells of it."""
    acts: list[tuple[datetime, str]] = []
    entry = incident.first_response
    if entry is not None:
        acts.append((entry.at, f"{_log_of(entry)}, entry of the kind {quoted(entry.kind)}"))
    acts += [
        (note.at, "first note of a person on the issue")
        for note in notes_of(incident)
        if note.at is not None and note.actor == "person" and incident.began <= note.at <= incident.read_at
    ]
    return min(acts, key=lambda act: act[0], default=None)


def _log_of(entry: Activity) -> str:
    """The log that an entry stands in; of several issues with the name of its own."""
    return LOG if entry.issue is None else LOG.replace("the issue", entry.issue)


def _no_act(incident: TimelineContext, words: str = "Sentry records no act of a person") -> str:
    """That no act is on record, in these words, or that there is no record."""
    return words if incident.evidence.issue.logs_activity else "this server keeps no log of what people did"


def _acknowledged(incident: TimelineContext) -> Milestone:
    if incident.stated.acknowledged_at is not None:
        return _stated("acknowledged", incident.stated.acknowledged_at, "acknowledged_at")
    act = _first_act(incident) if incident.known_episode is not None else None
    if act is not None:
        return _at("acknowledged", *act, candidate=True)
    return _unknown("acknowledged", f"nobody stated it (acknowledged_at), and {_no_act(incident)}")


def _mitigated(incident: TimelineContext) -> Milestone:
    if incident.stated.mitigated_at is not None:
        return _stated("mitigated", incident.stated.mitigated_at, "mitigated_at")
    unstated = "nobody stated it (mitigated_at)"
    if incident.stable_since is None:
        return _unknown("mitigated", f"{unstated}, and the event rate is not known to be back to the usual level")
    candidate = _last_deploy_before(incident, incident.stable_since)
    if candidate is not None and (at := deployed(candidate)) is not None:
        how = f"deploy of {quoted(candidate.version)}, {_before_recovery(at, incident.stable_since)}"
        return _at("mitigated", at, how, candidate=True)
    if incident.unknown_deploys is not None:
        return _unknown("mitigated", f"{unstated}, and the deploys are not known: {incident.unknown_deploys.why}")
    return _unknown("mitigated", f"{unstated}, and no deploy marker stands shortly before the rate came back")


def _before_recovery(at: datetime, stable_since: datetime) -> str:
    length = elapsed(at, stable_since)
    if length < timedelta(minutes=1):
        return "when the event rate came back to the usual level"
    return f"{duration(length)} before the event rate came back to the usual level"


def _last_deploy_before(incident: TimelineContext, stable_since: datetime) -> Deploy | None:
    near = [
        deploy
        for deploy in incident.later_deploys
        if (at := deployed(deploy)) is not None and stable_since - SOON <= at <= stable_since + ROUNDING
    ]
    return near[-1] if near else None


def _recovered(incident: TimelineContext) -> Milestone:
    if incident.known_episode is None:
        return _unknown("recovered", "without a start it is not known what the usual rate is")
    if incident.recovery.verdict != "recovered":
        needs = "; ".join(incident.recovery.needs)
        still = f"; still to be seen: {needs}" if needs else ""
        return _unknown("recovered", f"{NOT_OVER[incident.recovery.verdict]}{still}")
    if incident.stable_since is None:
        return _unknown("recovered", "no rise of the event rate is known, so there is no return of it")
    return _at("recovered", incident.stable_since, "end of the last burst: the event rate has been the usual one since")


def _at(name: MilestoneName, at: datetime, source: str, *, candidate: bool = False) -> Milestone:
    return Milestone(name=name, definition=DEFINITIONS[name], at=at, kind="derived", source=source, candidate=candidate)


def _stated(name: MilestoneName, at: datetime, argument: str) -> Milestone:
    source = f"stated ({argument})"
    return Milestone(name=name, definition=DEFINITIONS[name], at=at, kind="human", source=source)


def _unknown(name: MilestoneName, why: str) -> Milestone:
    return Milestone(name=name, definition=DEFINITIONS[name], why=why)


# --- contradictions ------------------------------------------------------------------------------------------------


def contradictions_of(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> tuple[str, ...]:
    """Contradictions between what people stated and the evidence."""
    return tuple(dict.fromkeys(text for check in CHECKS for text in check(incident, milestones)))


def _in_the_future(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> Iterator[str]:
    for name, at in _stated_times(incident):
        if at > incident.read_at:
            yield f"{name} ({moment(at)}) lies after the evidence was collected ({moment(incident.read_at)})."


def _before_the_start(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> Iterator[str]:
    for name, at in _stated_times(incident):
        start = incident.known_episode.began if incident.known_episode is not None else None
        if start is not None and at < (start if name == "mitigated_at" else start - AT_THE_START):
            early, onset = duration(elapsed(at, start)), moment(start)
            yield f"{name} ({moment(at)}) lies {early} before the onset found in Sentry ({onset})."


def _out_of_order(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> Iterator[str]:
    # What lies before the start or in the future is reported as that.
    dated = [(milestone.name, milestone.at, milestone.kind) for milestone in milestones if milestone.at is not None]
    inside = [(name, at, kind) for name, at, kind in dated if incident.began <= at <= incident.read_at]
    for index, (name, at, kind) in enumerate(inside):
        for later, later_at, later_kind in inside[index + 1 :]:
            # With the start it is said above; two derived times cannot contradict a person.
            if later_at < at and name != "started" and "human" in (kind, later_kind):
                yield f"{later} ({moment(later_at)}) lies before {name} ({moment(at)})."


def _acted_earlier(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> Iterator[str]:
    act, stated = _first_act(incident), incident.stated.acknowledged_at
    if act is not None and stated is not None and act[0] < stated and incident.known_episode is not None:
        yield (
            f"acknowledged_at ({moment(stated)}) lies after the first act of a person in Sentry "
            f"({moment(act[0])}; {act[1]})."
        )


def _events_after_the_fix(incident: TimelineContext, milestones: tuple[Milestone, ...]) -> Iterator[str]:
    at = incident.mitigated
    if at is not None and incident.stable_since is not None and incident.stable_since - at > SOON:
        late = duration(elapsed(at, incident.stable_since))
        yield f"mitigated_at ({moment(at)}): the event rate came back to the usual level only {late} later."


def _stated_times(incident: TimelineContext) -> Iterator[tuple[str, datetime]]:
    for name in ("alerted_at", "detected_at", "acknowledged_at", "mitigated_at"):
        at = getattr(incident.stated, name)
        if at is not None:
            yield name, at


CHECKS: tuple[Callable[[TimelineContext, tuple[Milestone, ...]], Iterator[str]], ...] = (
    _in_the_future,
    _before_the_start,
    _out_of_order,
    _acted_earlier,
    _events_after_the_fix,
)
