"""Feature flags: those that the events read carry, those whose tags concentrate, and what was changed at the onset.

Few events are read whole, and most users have the same flags. So a flag that all of them carry is a finding only where
it was changed when the errors began; else it is said when nothing else explains them, and when there is not a list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from sentry_runbook.incident.changes import Around, nearest_flag_change
from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.explanation.candidate import Candidate, tag_values
from sentry_runbook.incident.explanation.tag_names import same_flag
from sentry_runbook.incident.formatting import count, duration, moment
from sentry_runbook.incident.metrics.breakdown import rounded
from sentry_runbook.incident.model.evidence import Evidence, FlagChange, Known
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.releases import Start

AT_THE_ONSET = 15
"""Minutes before the onset within which a change of a flag is a cause to look at first."""
MOST_UNCHANGED = 2
"""So many flags that nobody changed may be said; more are only the flags that everybody has."""
NEARLY_ALL = 0.8
"""Of the events that carry the flag's tag."""
FEWEST_READ = 2
OFF = frozenset({"false", "off", "control", "disabled", "0", "none"})


def is_off(value: str) -> bool:
    """Whether a flag's value means that the new code does not run."""
    return value.strip().lower() in OFF


def at_the_onset(evidence: Evidence, start: Start) -> tuple[FlagChange, ...]:
    """The changes of flags within some minutes of the onset, the nearest first; each flag once."""
    changes = [
        change for flag in _logged(evidence) if (change := nearest_flag_change(evidence, flag, start)) is not None
    ]
    near = [change for change in changes if is_at_the_onset(change, start)]
    return tuple(sorted(near, key=lambda change: abs(Around(start).minutes_before(change.at))))


def is_at_the_onset(change: FlagChange, start: Start) -> bool:
    """Whether it may have brought the incident: some minutes before it, or in its first minute at the latest."""
    earliest = start.earliest - timedelta(minutes=AT_THE_ONSET)
    return earliest <= change.at <= start.latest + timedelta(minutes=1)


def flag_candidates(evidence: Evidence, start: Start | None) -> tuple[Candidate, ...]:
    """Flags of the events that were read whole, or of tags: those changed near the onset, else a few that all carry."""
    events = whole_events(evidence)
    read = Counter((flag, value) for event in events for flag, value in event.flags.items())
    in_all = [pair for pair, number in read.items() if number == len(events)]
    changed = [*_changed(evidence, start, in_all, len(events)), *_tagged(evidence, start)] if start is not None else []
    known = {each.tags[0] for each in changed}
    others = [pair for pair in in_all if not is_off(pair[1]) and pair[0] not in known]
    if changed or len(others) > MOST_UNCHANGED or len(events) < FEWEST_READ:
        return tuple(changed)
    note = f"{_read(len(events))}; no change of it known"
    return tuple(
        Candidate("flag", 0.1, _explanation(flag, value, 1.0, len(events), note), weak=True) for flag, value in others
    )


def _changed(evidence: Evidence, start: Start, in_all: Sequence[tuple[str, str]], events: int) -> Iterator[Candidate]:
    for flag, value in in_all:
        change = nearest_flag_change(evidence, flag, start)
        if change is not None:
            note = f"{_read(events)}; {when_changed(change, start)}"
            yield _with_change(_explanation(flag, value, 1.0, events, note), change, start)


def _tagged(evidence: Evidence, start: Start) -> Iterator[Candidate]:
    """Flags changed near the onset that a tag carries, of which nearly all events have one value."""
    logged = _logged(evidence)
    for tag in evidence.tags.value if logged and isinstance(evidence.tags, Known) else ():
        flag = next((name for name in logged if same_flag(tag.key, name)), None)
        change = nearest_flag_change(evidence, flag, start) if flag is not None else None
        counts = [(value, events) for value, events in tag.values if value is not None and events is not None]
        value, events = max(counts, key=lambda pair: pair[1], default=("", 0))
        if change is not None and tag.total and NEARLY_ALL * tag.total <= events <= tag.total:
            note = f"all time; {when_changed(change, start)}"
            yield _with_change(_explanation(tag.key, value, events / tag.total, events, note), change, start)


def _with_change(explanation: Explanation, change: FlagChange, start: Start) -> Candidate:
    """First among all where it was changed at the onset; else only where nothing else explains it."""
    near = is_at_the_onset(change, start)
    minutes = abs(Around(start).minutes_before(change.at))
    return Candidate("flag", (3.0 if near else 0.4) - minutes / 1000, explanation, weak=not near)


def _logged(evidence: Evidence) -> tuple[str, ...]:
    part = evidence.flag_changes
    return tuple(dict.fromkeys(change.flag for change in (part.value if isinstance(part, Known) else ())))


def _explanation(flag: str, value: str, share: float, events: int, note: str) -> Explanation:
    return Explanation(values=tag_values((flag, value)), share=rounded(share), events=events, note=note)


def _read(events: int) -> str:
    return f"in {events} of {count(events, 'event')} read" if events > 1 else "in the event read"


def when_changed(change: FlagChange, start: Start) -> str:
    """``changed 12:03 UTC, 2 min before``."""
    minutes = Around(start).minutes_before(change.at)
    distance = f"{duration(timedelta(minutes=abs(minutes)))} {'before' if minutes > 0 else 'after it began'}"
    return f"changed {moment(change.at, start.at)}, {distance if minutes else 'in the minute it began'}"


def with_flag_changes(candidates: Sequence[Candidate], evidence: Evidence, start: Start | None) -> Iterator[Candidate]:
    """The findings, with the change of the flag that their tag stands for."""
    logged = _logged(evidence)
    for candidate in candidates:
        flag = next((flag for flag in logged if any(same_flag(tag, flag) for tag in candidate.tags)), None)
        change = nearest_flag_change(evidence, flag, start) if flag is not None and start is not None else None
        if change is None or start is None:
            yield candidate
            continue
        note = "; ".join(filter(None, (candidate.explanation.note, when_changed(change, start))))
        score = candidate.score + (2.0 if is_at_the_onset(change, start) else 0.1)
        yield replace(candidate, score=score, explanation=candidate.explanation.model_copy(update={"note": note}))
