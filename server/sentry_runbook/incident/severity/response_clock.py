"""The response clock: from when the response time counts, and until when somebody has to answer (DESIGN section 5).

How to think about it: it starts with the alert that a person stated; else when the figure that decided crossed its
threshold; else, for a rule without a threshold or where no count tells that minute, with the incident itself. What is
due in minutes is due that long after. "Same business day" needs the policy's calendar, "next sprint" has no clock time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import briefly, elapsed, moment
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crossings import Crossing, hours_below, minutes_above, users_above
from sentry_runbook.incident.model.evidence import Known, Missing, Unknown
from sentry_runbook.incident.model.policy import BUSINESS_DAY, NEXT_SPRINT, Level, SeverityWords
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.severity.criteria import deciding_peak

UNTIMED = {
    "crash_free": "the period as a whole is below, and no full hour of it",
    "unhandled_rate": "no minute of the series is above",
    "users_per_hour": "the counts do not tell in which hour",
}
"""The rules with a threshold, and why it may not be known when it was crossed."""


@dataclass(frozen=True)
class ResponseClock:
    """When the response time began, and when it ends.

    Attributes:
        started: aware UTC; None when neither the alert, the crossing nor the onset is known.
        basis: what happened then, in words.
        crossed_at: when the deciding figure crossed its threshold; None when unknown, or when the rule has none.
        respond_by: None when there is no start, or the response has no clock time.
        due: ``respond_by`` as the reader sees it: ``due 20:14 UTC, passed 35 min ago``.
        missing: what of this is unknown, and why.
    """

    started: datetime | None
    basis: str | None
    crossed_at: datetime | None
    respond_by: datetime | None
    due: str | None
    missing: tuple[Missing, ...]


def response_clock(incident: Measurements, decided_by: str, level: Level) -> ResponseClock:
    """The clock of a severity; ``decided_by`` is the rule that gave it."""
    crossing = _first(_crossings(incident, decided_by), incident)
    started, basis = _start(incident, decided_by, crossing)
    words = incident.policy.words(level)
    respond_by = _respond_by(incident, words, started)
    return ResponseClock(
        started=started,
        basis=basis,
        crossed_at=crossing.at if crossing else None,
        respond_by=respond_by,
        due=_due(respond_by, incident.now) if respond_by else None,
        missing=tuple(_missing(incident, decided_by, crossing, words, started)),
    )


# --- the start -----------------------------------------------------------------------------------------------------


def _crossings(incident: Measurements, decided_by: str) -> Iterable[Crossing]:
    """Every time at which the figure that decided was beyond its threshold."""
    evidence, limits = incident.evidence, incident.policy.thresholds
    if decided_by == "unhandled_rate":
        _, part = deciding_peak(incident)
        if isinstance(part, Known):
            return minutes_above(part.value, evidence.window, limits.unhandled_per_minute_above)
    if decided_by == "crash_free" and isinstance(evidence.sessions, Known):
        return hours_below(evidence.sessions.value, limits)
    return users_above(evidence, limits.users_per_hour_above) if decided_by == "users_per_hour" else ()


def _first(crossings: Iterable[Crossing], incident: Measurements) -> Crossing | None:
    """The first crossing of the incident; of the window, when none lies in the incident. None lies in the future."""
    began = _onset(incident)
    in_order = sorted(crossings, key=lambda crossing: crossing.at)
    inside = (crossing for crossing in in_order if began is None or crossing.at >= began)
    first = next(inside, in_order[0] if in_order else None)
    if first is None:
        return None
    # A full hour may end before the onset: nobody could answer before there was an incident.
    at = max(first.at, began) if began is not None else first.at
    return first.model_copy(update={"at": min(at, incident.read_at)})


def _start(
    incident: Measurements, decided_by: str, crossing: Crossing | None
) -> tuple[datetime | None, str] | tuple[None, None]:
    # A time that has not come yet cannot have been: the timeline reports it as a contradiction.
    for at, basis in ((incident.stated.alerted_at, "stated alert"), (incident.stated.detected_at, "stated detection")):
        if at is not None and at <= incident.now:
            return at, basis
    if crossing is not None:
        latest = " at the latest" if crossing.at_latest else ""
        return crossing.at, f"{decided_by} crossed at {moment(crossing.at, incident.now)}{latest}"
    began = _onset(incident)
    return (began, "onset") if began else (None, None)


def _onset(incident: Measurements) -> datetime | None:
    """When the incident began; the first event of an old issue is not taken for it."""
    return incident.episode.began if isinstance(incident.episode, Episode) else None


# --- the end -------------------------------------------------------------------------------------------------------


def _respond_by(incident: Measurements, words: SeverityWords, started: datetime | None) -> datetime | None:
    if started is None or words.response == NEXT_SPRINT:
        return None
    if words.response == BUSINESS_DAY:
        return incident.policy.calendar.end_of_business_day(started)
    return started + timedelta(minutes=words.response_minutes)


def _due(respond_by: datetime, now: datetime) -> str:
    passed = f", passed {briefly(elapsed(respond_by, now))} ago" if respond_by < now else ""
    return f"due {moment(respond_by, now)}{passed}"


def _missing(
    incident: Measurements, decided_by: str, crossing: Crossing | None, words: SeverityWords, started: datetime | None
) -> Iterator[Missing]:
    if decided_by in UNTIMED and crossing is None:
        yield Missing(what="threshold_crossed_at", why=UNTIMED[decided_by])
    if words.response == NEXT_SPRINT:
        why = f'"{NEXT_SPRINT}" names no clock time; a policy with response_minutes of its own does'
        yield Missing(what="respond_by", why=why)
    elif words.response == BUSINESS_DAY and incident.policy.calendar.zone is None:
        why = f'"{BUSINESS_DAY}" names no clock time without calendar.time_zone in the policy file'
        yield Missing(what="respond_by", why=why)
    elif started is None and isinstance(incident.episode, Unknown):
        why = f"when the incident began is not known ({incident.episode.why}): count from the alert"
        yield Missing(what="respond_by", why=why)
