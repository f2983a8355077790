"""What was done that may have ended the incident: the stated fix, deploys, resolves, archives and flag changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.event_counts import EventCounts
from sentry_runbook.incident.model.evidence import Activity, Deploy, Evidence, Known, quoted
from sentry_runbook.incident.model.results.impact import ActionKind, RecoveryAction
from sentry_runbook.incident.recovery.comparison import Comparison, compare

CHANGES: frozenset[ActionKind] = frozenset({"deploy", "flag"})
"""What can change a rate. Resolve and archive only write into Sentry; a stated fix is one of these, or unrecorded."""
ONE_CHANGE = timedelta(minutes=10)
"""Changes nearer to each other than this are one: a release reaches its regions, a flag its stages."""


@dataclass(frozen=True)
class Act:
    """Something that was done, and when."""

    at: datetime
    what: str
    kind: ActionKind


def acts_of(
    evidence: Evidence, deploys: Sequence[tuple[datetime, Deploy]], fixed_at: datetime | None, began: datetime
) -> tuple[Act, ...]:
    """Everything done from the incident's begin on, in order of time.

    Args:
        evidence: its activity log.
        deploys: deploys to the environments that count, of other releases than the suspect one.
        fixed_at: the stated fix.
        began: the incident's begin.
    """
    acts = [*_of_the_log(evidence.issue.activity), *_flag_changes(evidence)]
    acts += [Act(at, f"deploy of {quoted(deploy.version)}", "deploy") for at, deploy in deploys]
    inside = [act for act in acts if began <= act.at <= evidence.collected_at]
    if fixed_at is not None:
        inside.append(Act(fixed_at, "the stated fix", "stated"))
    return tuple(sorted(dict.fromkeys(inside), key=lambda act: act.at))


def _of_the_log(activity: Sequence[Activity]) -> Iterator[Act]:
    for entry in activity:
        if entry.kind.startswith("set_resolved") and entry.kind != "set_resolved_by_age":
            yield Act(entry.at, f"{_of(entry)}resolved{_by(entry)}", "resolve")
        elif entry.kind == "set_ignored":
            yield Act(entry.at, f"{_of(entry)}archived{_by(entry)}", "archive")


def _flag_changes(evidence: Evidence) -> Iterator[Act]:
    for change in evidence.flag_changes.value if isinstance(evidence.flag_changes, Known) else ():
        yield Act(change.at, f"feature flag {quoted(change.flag)} {change.action or 'changed'}", "flag")


def _of(entry: Activity) -> str:
    """Which of several issues."""
    return f"{entry.issue} " if entry.issue is not None else ""


def _by(entry: Activity) -> str:
    if entry.who is None:
        return ""
    # An integration is no person (sentry-api section 17).
    return f" by {'integration ' if entry.actor == 'machine' else ''}{quoted(entry.who)}"


def effects(
    acts: Sequence[Act], counts: EventCounts, began: datetime, now: datetime, ended: datetime | None = None
) -> tuple[tuple[Act, Comparison | None], ...]:
    """Each act with the rates before and after it.

    Between the change before it and the one after it: what another deploy lowered, this act did not. A stated fix is
    compared from the begin on up to now: people ask what it did, whatever else was done.
    """
    changes = [act.at for act in acts if act.kind in CHANGES]
    pairs = []
    for act in acts:
        bounds = [] if act.kind == "stated" else [at for at in changes if abs(at - act.at) >= ONE_CHANGE]
        if act.kind not in CHANGES | {"stated"}:
            bounds = changes
        since = max([began, *(at for at in bounds if at < act.at)])
        until = min([now, *(at for at in bounds if at > act.at)])
        pairs.append((act, compare(counts, act.at, until, since, ended)))
    return tuple(pairs)


def shown(act: Act, comparison: Comparison | None) -> RecoveryAction:
    """An act as the result shows it."""
    if comparison is None:
        return RecoveryAction(at=act.at, what=act.what, kind=act.kind, change="too_early")
    return RecoveryAction(
        at=act.at,
        what=act.what,
        kind=act.kind,
        before_per_hour=comparison.per_hour(comparison.before),
        after_per_hour=comparison.per_hour(comparison.after),
        compared_minutes=round(comparison.length.total_seconds() / 60),
        change=comparison.change,
        decidable_at=comparison.decidable_at,
        again_per_hour=comparison.again_per_hour,
    )
