"""Earlier episodes of an issue: how many are known of, who or what ended the last one, and how long that held.

How to think about it: two records tell of them. The activity log holds pairs of a resolve and a regression, as far
back as it reaches; the counts of the last 15 days hold bursts, whether anybody resolved them or not. A burst inside a
pair is the same episode. What ended an episode is the resolve after it; without one, a deploy or flag change shortly
before its end is named as what came then, and nothing is where nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.formatting import briefly, elapsed
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.model.evidence import Activity, Issue, Known
from sentry_runbook.incident.model.results.explanation import EarlierEpisode, History
from sentry_runbook.incident.timeline.activity import notes_of
from sentry_runbook.incident.timeline.context import TimelineContext, deployed

REOPENS = ("set_regression", "set_unresolved")
SHORTLY = timedelta(minutes=30)
"""A change up to that long before the end of an episode stands beside it."""
LATE = timedelta(minutes=5)
"""The end is known in buckets of up to that length."""
NOTE = 120
"""Characters of a note that are shown."""


@dataclass(frozen=True)
class _Closed:
    """A stretch in which the issue was open, by its activity log, and the entry that closed it."""

    began: datetime | None
    resolve: Activity


def earlier_episodes(incident: TimelineContext) -> History | None:
    """The episodes before this one; None when none is known, or nothing tells when this one began."""
    began = _this_one(incident)
    if began is None:
        return None
    closed = [stretch for stretch in _closed(incident.evidence.issue) if stretch.resolve.at < began]
    bursts = [burst for burst in incident.earlier_bursts if burst[1] <= began]
    number = _number(closed, bursts)
    return History(episodes=number, last=_last(incident, closed, bursts, began)) if number else None


def _this_one(incident: TimelineContext) -> datetime | None:
    """When the present incident began: by the counts, else by the last regression."""
    if incident.known_episode is not None:
        return incident.known_episode.began
    return max((entry.at for entry in regressions(incident.evidence.issue)), default=None)


def _closed(issue: Issue) -> Iterator[_Closed]:
    """The stretches that a resolve closed; a resolve of what is resolved closes nothing."""
    opened: datetime | None = issue.first_seen
    is_open = True
    for entry in issue.activity:
        if entry.kind in REOPENS:
            opened, is_open = entry.at, True
        elif entry.kind.startswith("set_resolved") and is_open:
            yield _Closed(opened, entry)
            is_open = False


def _number(closed: Sequence[_Closed], bursts: Sequence[tuple[datetime, datetime]]) -> int:
    """Every burst, and every closed stretch that holds none."""
    empty = [
        stretch
        for stretch in closed
        if not any(
            (stretch.began is None or stretch.began < end) and begin < stretch.resolve.at for begin, end in bursts
        )
    ]
    return len(bursts) + len(empty)


# --- the last one --------------------------------------------------------------------------------------------------


def _last(
    incident: TimelineContext,
    closed: Sequence[_Closed],
    bursts: Sequence[tuple[datetime, datetime]],
    began: datetime,
) -> EarlierEpisode:
    last, burst = (closed[-1] if closed else None), (bursts[-1] if bursts else None)
    if last is not None and (burst is None or burst[0] < last.resolve.at):
        own = burst[0] if burst is not None and (last.began is None or last.began < burst[1]) else last.began
        return _resolved(incident, own, last.resolve, began)
    assert burst is not None  # noqa: S101  # one of both is there
    return EarlierEpisode(
        began=burst[0],
        ended=burst[1],
        ended_by=_change_at(incident, burst[1]),
        held=briefly(elapsed(burst[1], began)),
        note=_note(incident, burst[0], began),
    )


def _resolved(incident: TimelineContext, start: datetime | None, resolve: Activity, began: datetime) -> EarlierEpisode:
    back = next((entry for entry in regressions(incident.evidence.issue) if entry.at > resolve.at), None)
    again = min(back.at, began) if back is not None else began
    return EarlierEpisode(
        began=start,
        ended=resolve.at,
        ended_by=_who(resolve),
        release=resolve.version or (back.resolved_in if back is not None else None),
        held=briefly(elapsed(resolve.at, again)),
        note=_note(incident, start, began),
    )


def _who(resolve: Activity) -> str:
    if resolve.kind == "set_resolved_by_age":
        return "Sentry, because of its age"
    if resolve.actor == "sentry":
        return "Sentry"
    return resolve.who or ("an integration" if resolve.actor == "machine" else "somebody")


def _change_at(incident: TimelineContext, ended: datetime) -> str | None:
    """The deploy or flag change that came last before an end; None when none is recorded shortly before it."""
    changes = [(at, what) for at, what in _changes(incident) if ended - SHORTLY <= at <= ended + LATE]
    return max(changes)[1] if changes else None


def _changes(incident: TimelineContext) -> Iterator[tuple[datetime, str]]:
    for release in incident.releases:
        for deploy in release.deploys or ():
            at = deployed(deploy)
            if at is not None and incident.is_live(deploy):
                yield at, f"deploy of {deploy.version}"
    part = incident.evidence.flag_changes
    for change in part.value if isinstance(part, Known) else ():
        yield change.at, f"feature flag {change.flag} {change.action or 'changed'}"


def _note(incident: TimelineContext, start: datetime | None, began: datetime) -> str | None:
    """The last thing that a person wrote from an episode on, before the present one; one short line."""
    notes = [
        (note.at, " ".join(note.text.split()))
        for note in notes_of(incident)
        if note.at is not None and note.actor == "person" and note.at < began and (start is None or note.at >= start)
    ]
    text = max(notes)[1] if notes else ""
    return (text if len(text) <= NOTE else f"{text[: NOTE - 1]}…") or None
