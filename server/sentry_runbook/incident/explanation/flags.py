"""Feature flags: those that the events read carry, those whose tags concentrate, and what was changed at the onset.

Few events are read whole, and most users have the same flags. So a flag that all of them carry is a finding only where
it was changed when the errors began; else it is said when nothing else explains them, and when there is not a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sentry_runbook.incident.changes import Around, nearest_flag_change
from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.explanation.tag_names import same_flag
from sentry_runbook.incident.formatting import count, duration, moment
from sentry_runbook.incident.model.evidence import Evidence, FlagChange, Known
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.releases import Start

AT_THE_ONSET = 15
"""Minutes before the onset within which a change of a flag is a cause to look at first."""
MOST_UNCHANGED = 2
"""So many flags that nobody changed may be said; more are only the flags that everybody has."""
FEWEST_READ = 2
OFF = frozenset({"false", "off", "control", "disabled", "0", "none"})


def is_off(value: str) -> bool:
    """Whether a flag's value means that the new code does not run."""
    return value.strip().lower() in OFF


def at_the_onset(evidence: Evidence, start: Start) -> tuple[FlagChange, ...]:
    """The changes of flags within some minutes of the onset, the nearest first; each flag once."""
    part = evidence.flag_changes
    names = dict.fromkeys(change.flag for change in (part.value if isinstance(part, Known) else ()))
    changes = [change for flag in names if (change := nearest_flag_change(evidence, flag, start)) is not None]
    near = [change for change in changes if is_at_the_onset(change, start)]
    return tuple(sorted(near, key=lambda change: abs(Around(start).minutes_before(change.at))))


def is_at_the_onset(change: FlagChange, start: Start) -> bool:
    """Whether it may have brought the incident: some minutes before it, or in its first minute at the latest."""
    earliest = start.earliest - timedelta(minutes=AT_THE_ONSET)
    return earliest <= change.at <= start.latest + timedelta(minutes=1)


def flag_candidates(evidence: Evidence, start: Start | None) -> tuple[Candidate, ...]:
    """Flags of the events that were read whole: those changed near the onset, else a few that all carry."""
    events = whole_events(evidence)
    read = Counter((flag, value) for event in events for flag, value in event.flags.items())
    in_all = [pair for pair, number in read.items() if number == len(events)]
    changed = list(_changed(evidence, start, in_all, len(events))) if start is not None else []
    others = [pair for pair in in_all if not is_off(pair[1]) and pair[0] not in {each.tags[0] for each in changed}]
    if changed or len(others) > MOST_UNCHANGED or len(events) < FEWEST_READ:
        return tuple(changed)
    return tuple(
        Candidate(
            "flag",
            0.1,
            _explanation(flag, value, len(events), f"{_read(len(events))}; no change of it known"),
            weak=True,
        )
        for flag, value in others
    )


def _changed(evidence: Evidence, start: Start, in_all: Sequence[tuple[str, str]], events: int) -> Iterator[Candidate]:
    for flag, value in in_all:
        change = nearest_flag_change(evidence, flag, start)
        if change is not None:
            score = 3.0 if is_at_the_onset(change, start) else 0.4
            note = f"{_read(events)}; {when_changed(change, start)}"
            minutes = abs(Around(start).minutes_before(change.at))
            yield Candidate("flag", score - minutes / 1000, _explanation(flag, value, events, note))


def _explanation(flag: str, value: str, events: int, note: str) -> Explanation:
    return Explanation(values=tag_values((flag, value)), share=1.0, events=events, note=note)


def _read(events: int) -> str:
    return f"in {events} of {count(events, 'event')} read"


def when_changed(change: FlagChange, start: Start) -> str:
    """``changed 12:03 UTC, 2 min before``."""
    minutes = Around(start).minutes_before(change.at)
    distance = f"{duration(timedelta(minutes=abs(minutes)))} {'before' if minutes > 0 else 'after it began'}"
    return f"changed {_at(change.at, start.at)}, {distance if minutes else 'in the minute it began'}"


def _at(at: datetime, began: datetime) -> str:
    return moment(at, began)


def with_flag_changes(candidates: Sequence[Candidate], evidence: Evidence, start: Start | None) -> Iterator[Candidate]:
    """The findings, with the change of the flag that their tag stands for."""
    part = evidence.flag_changes
    flags = dict.fromkeys(change.flag for change in (part.value if isinstance(part, Known) else ()))
    for candidate in candidates:
        flag = next((flag for flag in flags if any(same_flag(tag, flag) for tag in candidate.tags)), None)
        change = nearest_flag_change(evidence, flag, start) if flag is not None and start is not None else None
        if change is None or start is None:
            yield candidate
            continue
        note = "; ".join(filter(None, (candidate.explanation.note, when_changed(change, start))))
        score = candidate.score + (2.0 if is_at_the_onset(change, start) else 0.1)
        yield replace(candidate, score=score, explanation=candidate.explanation.model_copy(update={"note": note}))
