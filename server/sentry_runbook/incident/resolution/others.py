"""What others did on an issue between the plan of a change and the change, from the issue's activity log.

How to think about it: a plan remembers how far the log had been read (:class:`.Seen`, by Sentry's own clock, so that no
two clocks are compared). What stands in the log after that is new. What people and integrations did is a warning, also
where the state is as it was: a colleague who takes the issue or comments should be heard. Where the state is another,
it is said who changed it, Sentry itself included. Our own writes stand there under the name of an integration, like
those of another server with the same token (sentry-api section 17); that is said, because nothing tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.model.evidence import Activity, Issue
from sentry_runbook.incident.model.evidence.actor import UUID_AT_END
from sentry_runbook.incident.timeline.activity import activity_text
from sentry_runbook.incident.timeline.actors import ACTS_OF_PEOPLE
from sentry_runbook.safety.confirm import Seen

LATELY = timedelta(minutes=10)
"""Who acted so lately is at work on the issue: as long as a confirm token lives."""
MOST_TOLD = 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OWN = " (through this server, or another one with the same auth token)"
NO_LOG = "Whether somebody else acted since this was planned is not known: this server keeps no activity log."


@dataclass(frozen=True)
class ActsOfOthers:
    """What others did, in words.

    Attributes:
        warnings: what people and integrations did, a sentence each, the last one first.
        changed_by: who changed the state and what it is now, for a change that is refused because of it.
    """

    warnings: tuple[str, ...] = ()
    changed_by: str = ""


def seen_in(issue: Issue) -> Seen:
    """How far the issue's log is read with this answer."""
    if not issue.activity:
        return Seen()
    newest = issue.activity[-1].at
    return Seen(_microseconds(newest), sum(entry.at == newest for entry in issue.activity))


def acts_since(issue: Issue, seen: Seen, now: datetime, own: str) -> ActsOfOthers:
    """What was done after ``seen``.

    Args:
        issue: as it is read now.
        seen: how far its log was read when the change was planned.
        now: today's times are told without a date.
        own: the name that this server's token acts under; empty when it is not known.
    """
    if not issue.logs_activity:
        return ActsOfOthers((NO_LOG,), f"This server keeps no log of who changed it. {_now(issue)}")
    entries = _entries_after(issue, seen)
    acts = [entry for entry in entries if _is_act(entry)]
    warnings = tuple(_told(acts, "After this was planned", now, own))
    by = "; ".join(_line(entry, now, own) for entry in reversed(entries[-MOST_TOLD:]))
    who = f"Since then: {by}." if by else "The activity log does not say who changed it."
    return ActsOfOthers(warnings, f"{who} {_now(issue)}")


def acts_lately(issue: Issue, now: datetime, own: str) -> ActsOfOthers:
    """What people and other integrations did in the last ten minutes: they are at work on it, too."""
    acts = [
        entry
        for entry in issue.activity
        if _is_act(entry) and now - LATELY <= entry.at <= now and not _is_own(entry, own)
    ]
    return ActsOfOthers(tuple(_told(acts, "Somebody is at work on it", now, own)))


def _entries_after(issue: Issue, seen: Seen) -> Sequence[Activity]:
    """Entries that were not there; of those of the same instant Sentry gives the newest first."""
    at_once = [entry for entry in issue.activity if _microseconds(entry.at) == seen.at_us]
    new = at_once[: max(0, len(at_once) - seen.entries)]
    return (*reversed(new), *(entry for entry in issue.activity if _microseconds(entry.at) > seen.at_us))


def _is_act(entry: Activity) -> bool:
    return entry.actor != "sentry" and entry.kind in ACTS_OF_PEOPLE


def _told(acts: Sequence[Activity], when: str, now: datetime, own: str) -> Iterator[str]:
    for entry in reversed(acts[-MOST_TOLD:]):
        yield f"{when}: {_line(entry, now, own)}."
    if len(acts) > MOST_TOLD:
        yield f"{when}: {count(len(acts) - MOST_TOLD, 'more act')}, see the issue's activity in Sentry."


def _line(entry: Activity, now: datetime, own: str) -> str:
    return f"{activity_text(entry)} at {moment(entry.at, now)}{OWN if _is_own(entry, own) else ''}"


def _is_own(entry: Activity, own: str) -> bool:
    name = UUID_AT_END.sub("", own).casefold()
    return entry.actor == "machine" and bool(name) and (entry.who or "").casefold() == name


def _now(issue: Issue) -> str:
    return f"It is {state_of(issue).summary} now."


def _microseconds(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)
