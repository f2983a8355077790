"""What is measured of the recovery: acts and their effects, the rate now, quiet, regression, crash-free sessions.

How to think about it: the episode says when the rate left the usual and whether it is back. *Live* means that its last
burst reaches up to now. The acts in it (the stated fix, deploys, resolves, archives, flag changes) are compared each
with what was before it (:mod:`.comparison`). The *reference time* is the stated fix, else the last act in the episode,
else the peak. What Sentry did not tell stays None with its reason; nothing here is a verdict, see :mod:`.recovery`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.bursts import QUIET, WAVE_FACTOR, longest_pause
from sentry_runbook.incident.episode.cells import instant
from sentry_runbook.incident.episode.episode import FoundEpisode
from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.formatting import duration
from sentry_runbook.incident.issue_status import is_regressed, regressions
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.dropped import DroppedCount, dropped_events, dropped_sentence
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Unknown
from sentry_runbook.incident.model.results.impact import Basis
from sentry_runbook.incident.recovery.actions import Act, acts_of, effects
from sentry_runbook.incident.recovery.comparison import Comparison, fell_to
from sentry_runbook.incident.recovery.fix_release import FixRelease, find_fix_release
from sentry_runbook.incident.recovery.sessions import CrashFreeHours, crash_free_hours, is_without_traffic

MIN_ELAPSED = timedelta(minutes=10)
"""A shorter time after the reference time gives no rate, and a shorter silence is not called quiet."""
FALL_LENGTHS = (timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=1))


@dataclass(frozen=True)
class RecoveryMetrics:
    """The measurements that :mod:`.recovery` decides by.

    Attributes:
        counts: the issue's counts; None when Sentry gave none, or they do not reach up to now (``why_no_rate``).
        episode: the incident; None when no step out of the usual rate is known.
        is_live: its last burst reaches up to now.
        is_above_usual: the last minutes hold more than ordinary days do, though no burst is known yet.
        is_measured: the time judged quiet (at least the last two hours) was measured; what was not is no silence.
        dropped: that Sentry dropped events in the time judged, in one sentence; empty when nothing tells so.
        quiet_from: when the rate came back to the usual; None while it is live or was never left.
        quiet_for: for how long it has been back; ``quiet_needed`` is what recovered takes.
        since: the reference time; ``basis`` is what it is.
        effects: each act with the rates before and after.
        now_per_hour: events of the last hour, or the rate since a later reference time; None when that is too short.
        extrapolated_from: the length (under an hour) that it is extrapolated from; None when an hour was counted.
        fix_known: a fix was stated that is none from before the incident, or the issue is resolved, and it has not
            come back since.
        quiet_since: when the last event came, if that is ten minutes ago or more.
        regressed: the issue came back after a resolve; ``came_back``: after this fix, and it has not been over again.
        no_traffic: sessions are known, and none began while the rate was usual.
    """

    counts: EventCounts | None
    why_no_rate: str
    why_not_since: str
    episode: FoundEpisode | None
    is_live: bool
    is_above_usual: bool
    is_measured: bool
    dropped: str
    quiet_from: datetime | None
    quiet_for: timedelta
    quiet_needed: timedelta
    since: datetime | None
    basis: Basis | None
    effects: tuple[tuple[Act, Comparison | None], ...]
    now_per_hour: float | None
    extrapolated_from: timedelta | None
    events_since: int | None
    usual_per_hour: float | None
    fix_known: bool
    quiet_since: datetime | None
    why_not_quiet: str
    regressed: bool | None
    came_back: bool
    fix_release: FixRelease
    crash_free: CrashFreeHours
    no_traffic: bool

    @property
    def is_falling(self) -> bool:
        """Whether the rate of a live burst fell to a third and less of what it was, beyond chance, by itself."""
        return self.falling_for is not None

    @property
    def falling_for(self) -> timedelta | None:
        """The shortest last stretch that shows that it is falling; None when it is not."""
        if self.counts is None or self.episode is None or not self.is_live:
            return None
        # What came before the last act says nothing of a fall after it.
        acts = [act.at for act, _ in self.judged]
        start, now = max([instant(self.episode.bursts[-1].start), *acts]), self.counts.until
        return next((length for length in FALL_LENGTHS if fell_to(self.counts, start, now, length)), None)

    @property
    def is_in_the_future(self) -> bool:
        """Whether the time that was stated for the fix has not come yet."""
        return (
            self.basis == "stated"
            and self.counts is not None
            and (self.since or self.counts.until) >= self.counts.read_at
        )

    @property
    def is_before_the_start(self) -> bool:
        """Whether the time that was stated for the fix lies before the incident: mostly a local time taken for UTC."""
        begin = self.episode.result.began_earliest if self.episode is not None else None
        return self.basis == "stated" and self.since is not None and begin is not None and self.since < begin

    @property
    def is_silent(self) -> bool:
        """Whether no event came for two hours: of an issue whose rate never left the usual, all that tells an end."""
        if self.counts is None:
            return False
        start, end = self.counts.read_at - QUIET, self.counts.read_at
        # Of an hour that it divides, all events may lie inside.
        return not self.counts.events(start, end) and self.counts.divided(start) is None

    @property
    def is_stable(self) -> bool:
        """Whether the rate has been back for long enough to say so at all."""
        return self.quiet_from is not None and self.quiet_for >= MIN_ELAPSED

    @property
    def peak_per_hour(self) -> int | None:
        """Events of the incident's fullest hour; None without an episode."""
        return self.episode.result.peak_per_hour if self.episode is not None else None

    @property
    def judged(self) -> tuple[tuple[Act, Comparison | None], ...]:
        """The acts that the verdict is about: a stated fix and what came after it, else all."""
        if self.basis != "stated" or self.since is None:
            return self.effects
        return tuple(pair for pair in self.effects if pair[0].at >= self.since)

    @property
    def telling(self) -> tuple[tuple[Act, Comparison], ...]:
        """Those of the ``judged`` acts after which the rate fell or rose."""
        return tuple((act, found) for act, found in self.judged if found and found.change in ("fell", "rose"))


def measure(
    incident: Measurements, fixed_at: datetime | None, deploys: Sequence[tuple[datetime, Deploy]]
) -> RecoveryMetrics:
    """Measure the time since the fix, else since the last act in the episode, else since the peak.

    Args:
        incident: its evidence, counts and episode.
        fixed_at: when the fix was made, if stated; aware UTC.
        deploys: deploys to the environments that count, of other releases than the suspect one, with their times.
    """
    evidence, now = incident.evidence, incident.read_at
    counts = incident.counts if incident.counts is not None and incident.counts.is_live else None
    episode = incident.found_episode if isinstance(incident.found_episode, FoundEpisode) else None
    began = episode.result.began if episode is not None else counts.starts_at if counts is not None else None
    acts = () if began is None else acts_of(evidence, deploys, fixed_at, _from(episode, began))
    since, basis = _reference(evidence, acts, episode)
    # By the hour the beginning lies within an hour: what may still be before it is not the incident's rate.
    surely = episode.result.began_latest if episode is not None else began
    quiet_from = _quiet_from(counts, episode)
    found = () if counts is None or surely is None else effects(acts, counts, surely, now, quiet_from)
    event_at = _last_event(evidence, counts)
    regressed, regressed_since = _regressions(evidence, since, basis)
    # A return that ended, and stayed so for as long as recovered takes, is a part of the incident.
    is_back = regressed_since and not _is_over_again(evidence, quiet_from, _quiet_needed(episode), now)
    now_per_hour, extrapolated_from = _rate_now(counts, since, basis, now)
    return RecoveryMetrics(
        counts=counts,
        why_no_rate=_why_no_rate(evidence, counts, since, basis, now),
        why_not_since=_why_not_since(evidence, counts, since, basis, now),
        episode=episode,
        is_live=episode is not None and quiet_from is None,
        is_above_usual=_is_above_usual(counts, quiet_from, episode),
        is_measured=counts is not None and counts.is_measured(min(quiet_from or now, now - QUIET), now),
        dropped=_dropped(evidence, quiet_from, _quiet_needed(episode), now),
        quiet_from=quiet_from,
        quiet_for=max(now - quiet_from, timedelta()) if quiet_from is not None else timedelta(),
        quiet_needed=_quiet_needed(episode),
        since=since,
        basis=basis,
        effects=found,
        now_per_hour=now_per_hour,
        extrapolated_from=extrapolated_from,
        events_since=_events_since(evidence, counts, since, now),
        usual_per_hour=_usual(counts, episode, now),
        fix_known=not regressed_since and (_is_a_fix(fixed_at, episode) or evidence.issue.status == "resolved"),
        quiet_since=event_at if event_at is not None and now - event_at >= MIN_ELAPSED else None,
        why_not_quiet=_why_not_quiet(evidence, counts, event_at),
        regressed=regressed,
        came_back=is_back,
        fix_release=find_fix_release(evidence, since),
        crash_free=crash_free_hours(evidence, incident.policy, since, began if episode is not None else None),
        no_traffic=counts is not None and is_without_traffic(evidence, quiet_from or now - QUIET, now),
    )


def _from(episode: FoundEpisode | None, began: datetime) -> datetime:
    """From when on an act may have ended the incident; within the grain it may have begun earlier."""
    return episode.result.began_earliest if episode is not None else began


def _reference(
    evidence: Evidence, acts: Sequence[Act], episode: FoundEpisode | None
) -> tuple[datetime | None, Basis | None]:
    stated = [act for act in acts if act.kind == "stated"]
    if stated or acts:
        last = (stated or acts)[-1]
        return last.at, last.kind
    if episode is not None:
        return episode.result.peak_at, "peak"
    last_seen = evidence.issue.last_seen
    return (last_seen, "last_event") if last_seen is not None else (None, None)


def _is_a_fix(fixed_at: datetime | None, episode: FoundEpisode | None) -> bool:
    """Whether a fix was stated that can be one of this incident: what was done before it began did not end it."""
    return fixed_at is not None and (episode is None or fixed_at >= episode.result.began_earliest)


def _quiet_from(counts: EventCounts | None, episode: FoundEpisode | None) -> datetime | None:
    if counts is None or episode is None or episode.result.ongoing:
        return None
    return instant(episode.bursts[-1].end)


def _dropped(evidence: Evidence, quiet_from: datetime | None, needed: timedelta, now: datetime) -> str:
    """What Sentry dropped in the quiet that is judged (of a long one in its needed part), else in the last hour."""
    since = quiet_from or now - HOUR
    judged = dropped_events(evidence, max(since, now - needed), now)
    told = dropped_events(evidence, since, now)
    if not isinstance(judged, DroppedCount) or not judged.events or not isinstance(told, DroppedCount):
        return ""
    return dropped_sentence(told)


def _is_above_usual(counts: EventCounts | None, quiet_from: datetime | None, episode: FoundEpisode | None) -> bool:
    if counts is None:
        return False
    return counts.is_above_usual(quiet_from or counts.starts_at, episode.result.began if episode is not None else None)


def _quiet_needed(episode: FoundEpisode | None) -> timedelta:
    """Two hours, or one and a half times the longest pause: waves come again (DESIGN section 5)."""
    pause = longest_pause(episode.bursts) if episode is not None else 0
    return max(QUIET, timedelta(minutes=round(WAVE_FACTOR * pause / 60)))


def _usual(counts: EventCounts | None, episode: FoundEpisode | None, now: datetime) -> float | None:
    if episode is not None:
        return episode.result.usual_per_hour
    return counts.usual_per_hour(now) if counts is not None else None


def _rate_now(
    counts: EventCounts | None, since: datetime | None, basis: Basis | None, now: datetime
) -> tuple[float | None, timedelta | None]:
    """Events per hour now, and the length under an hour that they are extrapolated from, if they are."""
    if counts is None:
        return None, None
    elapsed = HOUR if since is None or basis in ("peak", "last_event") else now - since
    if elapsed >= HOUR:
        last_hour = round(counts.about(now - HOUR, now), 1)
        return (last_hour, None) if counts.is_measured(now - HOUR, now) else (None, None)
    bucket = counts.bucket_at(since) if since is not None else None
    # Clock hours tell nothing of the half hour since a fix: that is unknown, and not zero events.
    too_coarse = bucket is None or bucket[1] - bucket[0] >= elapsed
    if since is None or elapsed < MIN_ELAPSED or too_coarse or not counts.is_measured(since, now):
        return None, None
    return round(counts.events(since, now) * (HOUR / elapsed), 1), elapsed


def _events_since(evidence: Evidence, counts: EventCounts | None, since: datetime | None, now: datetime) -> int | None:
    if counts is None or (since is not None and _is_before_the_counts(evidence, counts, since)):
        return None
    if since is None or since >= now or counts.divided(since) or not counts.is_measured(since, now):
        return None
    return counts.events(since, now)


def _is_before_the_counts(evidence: Evidence, counts: EventCounts, at: datetime) -> bool:
    """Whether events may have come after that time and before the counts begin: these know nothing of them."""
    first_seen = evidence.issue.first_seen
    return at < counts.starts_at and (first_seen is None or first_seen < counts.starts_at)


def _last_event(evidence: Evidence, counts: EventCounts | None) -> datetime | None:
    """When the last event came: Sentry's own time where it lies in the last bucket that holds any.

    ``lastSeen`` is of all environments: a later one may be an event that does not count here. None when not known.
    """
    last_seen = evidence.issue.last_seen
    if counts is None:
        return None
    filled = counts.last_filled()
    if filled is None:
        return last_seen if last_seen is not None and last_seen < counts.starts_at else None
    start, end = filled
    return last_seen if last_seen is not None and start <= last_seen < end else end


def _regressions(evidence: Evidence, since: datetime | None, basis: Basis | None) -> tuple[bool | None, bool]:
    """Whether the issue came back after a resolve at all, and whether it did so after this fix."""
    recorded = regressions(evidence.issue)
    again = since is not None and any(entry.at >= since for entry in recorded)
    # Without an entry of the log the substatus alone says so; a stated fix is later than what it speaks of.
    unrecorded = not recorded and basis != "stated" and evidence.issue.substatus == "regressed"
    return again or is_regressed(evidence.issue), again or unrecorded


def _is_over_again(evidence: Evidence, quiet_from: datetime | None, needed: timedelta, now: datetime) -> bool:
    recorded = regressions(evidence.issue)
    if quiet_from is None or now - quiet_from < needed:
        return False
    # Without an entry of the log nobody knows when it came back.
    return bool(recorded) and all(entry.at < quiet_from for entry in recorded)


# --- reasons -------------------------------------------------------------------------------------------------------


def _why_no_rate(
    evidence: Evidence, counts: EventCounts | None, since: datetime | None, basis: Basis | None, now: datetime
) -> str:
    if counts is None:
        return _why_no_counts(evidence)
    if since is not None and basis == "stated" and since >= now:
        return "the time given as the fix is not before now"
    if since is not None and now - since < MIN_ELAPSED:
        return f"only {duration(now - since)} have passed since then, which tells no rate"
    if since is not None and counts.divided(since):
        return "only clock hours are counted, and that time lies inside one"
    return "the counts hold too few buckets since then"


def _why_not_since(
    evidence: Evidence, counts: EventCounts | None, since: datetime | None, basis: Basis | None, now: datetime
) -> str:
    if counts is not None and since is not None and _is_before_the_counts(evidence, counts, since):
        return "the counts begin after that time"
    return _why_no_rate(evidence, counts, since, basis, now)


def _why_no_counts(evidence: Evidence) -> str:
    if isinstance(evidence.series, Unknown):
        return evidence.series.why
    return "the event series does not reach up to now"


def _why_not_quiet(evidence: Evidence, counts: EventCounts | None, event_at: datetime | None) -> str:
    if counts is None:
        return _why_no_counts(evidence)
    return (
        "when the last event came is not known" if event_at is None else f"events came within {duration(MIN_ELAPSED)}"
    )
