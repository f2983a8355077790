"""Feature flags: those that the events read carry, those whose tags concentrate, and what was changed at the onset.

Few events are read whole, and most users have the same flags. So what they carry is no share of the events, and a
finding only where the flag was changed when the errors began; else it is said when nothing else explains them, and when
there is not a list. That a flag is off says nothing: most have a flag off that is switched on for some.
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

AT_THE_ONSET, CLOCKS_DIFFER = timedelta(minutes=15), timedelta(minutes=3)
"""Before the onset, and after it, within which a change of a flag may be its cause."""
MOST_UNCHANGED = 2
"""So many flags that nobody changed may be said; more are only the flags that everybody has."""
NEARLY_ALL = 0.8
"""Of the events that carry the flag's tag."""
FEWEST_READ = 2
MOST = 0.5
"""Of the incident: a counted set that explains so much weighs more than what a few events carry."""
FIRST = 3.0
"""Score of a flag changed at the onset."""
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
    """Whether it may have brought the incident: some minutes before it, or as much after it as clocks differ."""
    return start.earliest - AT_THE_ONSET <= change.at <= start.latest + CLOCKS_DIFFER


def flag_candidates(evidence: Evidence, start: Start | None) -> tuple[Candidate, ...]:
    """Flags of the events that were read whole, or of tags: those changed at the onset, else a few that all carry."""
    events = whole_events(evidence)
    read = Counter((flag, value) for event in events for flag, value in event.flags.items())
    in_all = [pair for pair, number in read.items() if number == len(events) and not is_off(pair[1])]
    changed = [*_changed(evidence, start, in_all, len(events)), *_tagged(evidence, start)] if start is not None else []
    # One that was changed hours before, and did no harm until the onset, is not what brought it.
    others = [pair for pair in in_all if start is None or nearest_flag_change(evidence, pair[0], start) is None]
    if changed or len(others) > MOST_UNCHANGED or len(events) < FEWEST_READ:
        return tuple(changed)
    note = f"{_read(len(events))}; no change of it known"
    return tuple(
        Candidate("flag", 0.1, _explanation(flag, value, None, len(events), note), weak=True) for flag, value in others
    )


def _changed(evidence: Evidence, start: Start, in_all: Sequence[tuple[str, str]], events: int) -> Iterator[Candidate]:
    for flag, value in in_all:
        change = nearest_flag_change(evidence, flag, start)
        if change is not None and is_at_the_onset(change, start):
            note = f"{_read(events)}; {when_changed(change, start)}"
            yield _with_change(_explanation(flag, value, None, events, note), change, start)


def _tagged(evidence: Evidence, start: Start) -> Iterator[Candidate]:
    """Flags changed near the onset that a tag carries, of which nearly all events have one value."""
    logged = _logged(evidence)
    for tag in evidence.tags.value if logged and isinstance(evidence.tags, Known) else ():
        flag = next((name for name in logged if same_flag(tag.key, name)), None)
        change = nearest_flag_change(evidence, flag, start) if flag is not None else None
        counts = [(value, events) for value, events in tag.values if value is not None and events is not None]
        value, events = max(counts, key=lambda pair: pair[1], default=("", 0))
        if change is None or is_off(value) or not is_at_the_onset(change, start):
            continue
        if tag.total and NEARLY_ALL * tag.total <= events <= tag.total:
            note = f"all time; {when_changed(change, start)}"
            yield _with_change(_explanation(tag.key, value, events / tag.total, events, note), change, start)


def _with_change(explanation: Explanation, change: FlagChange, start: Start) -> Candidate:
    """First among all, but for sets that are counted to explain most of the incident (see :func:`weighed`)."""
    minutes = abs(Around(start).minutes_before(change.at))
    return Candidate("flag", FIRST - minutes / 1000, explanation)


def weighed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The findings; flags that only the events read tell of come after a set that explains most of the incident."""
    is_explained = any(explains_most(candidate.explanation) for candidate in candidates)
    return [
        replace(candidate, score=candidate.score - FIRST)
        if is_explained and candidate.source == "flag" and candidate.explanation.share is None
        else candidate
        for candidate in candidates
    ]


def explains_most(explanation: Explanation) -> bool:
    """Whether it carries most of the events above usual, or of a new issue much more of them than its part."""
    if explanation.explains is not None:
        return explanation.explains >= MOST
    usual, share = explanation.usual_share, explanation.share
    return usual is not None and share is not None and share - usual >= MOST


def _logged(evidence: Evidence) -> tuple[str, ...]:
    part = evidence.flag_changes
    return tuple(dict.fromkeys(change.flag for change in (part.value if isinstance(part, Known) else ())))


def _explanation(flag: str, value: str, share: float | None, events: int, note: str) -> Explanation:
    share = None if share is None else rounded(share)
    return Explanation(values=tag_values((flag, value)), share=share, events=events, note=note)


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
