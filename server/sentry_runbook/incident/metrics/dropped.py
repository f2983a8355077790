"""Events that Sentry dropped: how many of the project's error events were sent and not stored, when, and why.

How to think about it: what Sentry dropped is in no count and in no series, so every count of that time is a lower
bound, and silence may be the quota's (DESIGN section 5; sentry-api §17, ``stats_v2``). Not every outcome says so:

- ``rate_limited`` (quota, spike protection, a key's rate limit), ``abuse`` and ``cardinality_limited`` are limits of
  Sentry's: each such event is a dropped one.
- ``filtered`` (inbound filters), ``client_discard`` (the SDK's sample rate, ``before_send``) and ``invalid`` go on all
  the time on healthy projects: they drop what somebody chose to drop, and counts mean what they always meant. They
  count only where they **take the place** of stored events, as a filter does that somebody adds during the incident,
  or an SDK that holds back because Sentry answers 429. An hour of such an outcome counts when all of this is true:
  it holds at least 10 events and 3 × its median hour before; it is more than half of what was sent, which it was not
  before; and Sentry stored at most half as much as in the last ordinary hour. A crawler's burst beside the usual
  events, and a sample rate that scales an incident, do neither. The numbers are ours: Sentry names none.

Sentry counts outcomes by the project and the clock hour. So the issue's own part is not known, only that it is no more
than all; and within an hour it is not known when the first event was dropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sentry_runbook.incident.formatting import moment, number, percent_of, stretch
from sentry_runbook.incident.model.evidence import DroppedEvents, Evidence, OutcomeSeries, Unknown

ACCEPTED = "accepted"
LIMITED: Mapping[str, str] = {
    "rate_limited": "rate limited",
    "abuse": "abuse limit",
    "cardinality_limited": "cardinality limit",
}
"""Outcomes that are limits of Sentry's, in words."""
ORDINARY: Mapping[str, str] = {
    "filtered": "inbound filter",
    "client_discard": "discarded by the SDK",
    "invalid": "refused as invalid",
}
"""Outcomes that every project has, in words; one of another name is treated like these."""
FEWEST = 10
TIMES_USUAL = 3
HOURS_BEFORE = 3
"""Hours that must be known before, to say that an ordinary outcome is more than usual."""


@dataclass(frozen=True)
class DroppedCount:
    """Error events of the project that were sent and not stored, in the whole hours that overlap a stretch of time.

    Attributes:
        events: how many; 0 is measured.
        sent: all that were sent from ``since`` to ``until``, stored or not; None when Sentry gave no number.
        since, until: start of the first hour with dropped events, and end of the last one, at most the stretch's end;
            None when none was dropped, or when only the total is known and not the hours.
        ongoing: whether events were dropped in the last hour of the stretch (the one before, as long as nothing at all
            was counted in an hour that has just begun); None when the hours are not known.
        outcomes: why, in Sentry's words, the most frequent first.
    """

    events: int
    sent: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    ongoing: bool | None = False
    outcomes: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """The dropped part (0..1) of what was sent; None when that is not known."""
        return self.events / self.sent if self.sent else None


@dataclass(frozen=True)
class _Hour:
    """One bucket: what was dropped by outcome, and all that was sent; None: not known."""

    start: datetime
    dropped: Mapping[str, int] | None
    sent: int | None


def dropped_events(evidence: Evidence, start: datetime, end: datetime) -> DroppedCount | Unknown:
    """What Sentry dropped of the project's error events in the whole hours that overlap ``[start, end)``.

    Unknown when the outcomes were not read, or an hour of the stretch has no number and no other hour shows a drop.
    """
    if isinstance(evidence.dropped, Unknown):
        return evidence.dropped
    counts = evidence.dropped.value
    if counts.start is None:
        return _of_totals(counts)
    step = timedelta(seconds=counts.step_s)
    hours = [hour for hour in _hours(counts, counts.start) if hour.start < end and hour.start + step > start]
    dropping = [hour for hour in hours if hour.dropped]
    if dropping:
        return _dropped(hours, dropping, step, end)
    is_covered = bool(hours) and hours[0].start <= start and hours[-1].start + step >= end
    if not is_covered or any(hour.dropped is None for hour in hours):
        return Unknown(why="Sentry gave no number of dropped events for a part of the time")
    return DroppedCount(events=0)


def dropped_sentence(dropped: DroppedCount) -> str:
    """What it means for the reader, with when and why; empty when nothing was dropped."""
    if not dropped.events:
        return ""
    share = f" ({percent_of(dropped.share)} of those sent)" if dropped.share is not None else ""
    words = {**LIMITED, **ORDINARY}
    why = ", ".join(words.get(outcome, outcome.replace("_", " ")) for outcome in dropped.outcomes)
    what = f"{number(dropped.events)} of the project's error events{share}"
    return f"Sentry dropped {what} {_when(dropped)} ({why}): counts are a lower bound."


def _when(dropped: DroppedCount) -> str:
    if dropped.since is None or dropped.until is None:
        return "in the time asked for, when is not known"
    if dropped.ongoing:
        return f"since {moment(dropped.since)}, and still does"
    return f"between {stretch(dropped.since, dropped.until, 'and')}"


# --- from the counts -----------------------------------------------------------------------------------------------


def _dropped(hours: Sequence[_Hour], dropping: Sequence[_Hour], step: timedelta, end: datetime) -> DroppedCount:
    first, last = dropping[0].start, dropping[-1].start
    sent = [hour.sent for hour in hours if first <= hour.start <= last]
    known = [number for number in sent if number is not None]
    by_outcome = Counter[str]()
    for hour in dropping:
        by_outcome.update(hour.dropped)
    final = hours[-1]
    if len(hours) > 1 and final.start + step > end and not final.sent:
        final = hours[-2]
    return DroppedCount(
        events=by_outcome.total(),
        sent=sum(known) if len(known) == len(sent) else None,
        since=first,
        until=min(last + step, end),
        ongoing=bool(final.dropped),
        outcomes=tuple(outcome for outcome, _ in by_outcome.most_common()),
    )


def _of_totals(counts: DroppedEvents) -> DroppedCount | Unknown:
    """From the totals of the whole range, where Sentry tells no hours; then only the limits are counted."""
    limited = {entry.outcome: entry.total for entry in counts.outcomes if entry.outcome in LIMITED}
    if None in limited.values():
        return Unknown(why="Sentry gave no number of dropped events")
    dropped = Counter({outcome: total for outcome, total in limited.items() if total})
    totals = [entry.total for entry in counts.outcomes]
    known = [total for total in totals if total is not None]
    if not dropped:
        return DroppedCount(events=0)
    return DroppedCount(
        events=dropped.total(),
        sent=sum(known) if len(known) == len(totals) else None,
        ongoing=None,
        outcomes=tuple(outcome for outcome, _ in dropped.most_common()),
    )


def _hours(counts: DroppedEvents, start: datetime) -> list[_Hour]:
    """Every bucket of the range, in order."""
    series = {entry.outcome: entry.values for entry in counts.outcomes}
    stored = series.get(ACCEPTED, ())
    sent = [_sum([values[index] for values in series.values()]) for index in range(len(stored))]
    counted: dict[str, Sequence[int | None]] = {
        entry.outcome: entry.values if entry.outcome in LIMITED else _in_place_of_stored(entry, stored, sent)
        for entry in counts.outcomes
        if entry.outcome != ACCEPTED
    }
    step = timedelta(seconds=counts.step_s)
    return [
        _Hour(start + index * step, _known({name: values[index] for name, values in counted.items()}), sent[index])
        for index in range(len(stored))
    ]


def _known(dropped: Mapping[str, int | None]) -> Mapping[str, int] | None:
    """The outcomes with events; None when there is none, and the number of one is not known."""
    found = {name: value for name, value in dropped.items() if value}
    return None if not found and None in dropped.values() else found


def _sum(numbers: Sequence[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _in_place_of_stored(
    entry: OutcomeSeries, stored: Sequence[int | None], sent: Sequence[int | None]
) -> tuple[int, ...]:
    """The hours of an ordinary outcome that count, by the rule on top; 0 for the others and where it cannot be said."""
    usual: list[int] = []
    usually_sent, stored_before = 0, 0
    counted = []
    for value, kept, all_sent in zip(entry.values, stored, sent, strict=True):
        if value is None or kept is None or all_sent is None:
            counted.append(0)
            continue
        takes_place = (
            len(usual) >= HOURS_BEFORE
            and value >= max(FEWEST, TIMES_USUAL * median(usual))
            and 2 * value > all_sent
            and 2 * sum(usual) < usually_sent
            and 2 * kept <= stored_before > 0
        )
        counted.append(value if takes_place else 0)
        if not takes_place:
            usual.append(value)
            usually_sent, stored_before = usually_sent + all_sent, kept
    return tuple(counted)
