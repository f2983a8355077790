"""When an alert fires, event by event over the raw events, straight from the reference (``alerts.md``, section 2).

It takes an alert as Sentry's JSON row and knows nothing of how the product reads, asks or counts. What cannot be
replayed raises :class:`CannotTell`.

What is agreed beside the reference: a window is ``(t - W, t]`` at the event's own instant, the delay of up to a minute
with which Sentry evaluates is none, and the throttle is one of alert and issue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from tests.alerts.conditions import CannotTell, Counting, Moment, Row, met
from tests.alerts.old_rows import of_today
from tests.alerts.raw import MINUTE, Issue, Raw

_MayAgain = Callable[[int], bool]
"""Whether it may fire again so many milliseconds after it fired for the same issue."""

__all__ = ["CannotTell", "Firing", "rule_firings", "workflow_firings"]


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert fired: when, in epoch milliseconds, and for which issue."""

    at: int
    issue: str


@dataclass(frozen=True, slots=True)
class _Group:
    logic: str
    conditions: tuple[Row, ...]

    def passes(self, moment: Moment, counting: Counting) -> bool:
        """An empty group passes."""
        results = [met(row, moment, counting) for row in self.conditions]
        if not results:
            return True
        return {"all": all(results), "none": not any(results)}.get(self.logic, any(results))


# --- the two forms --------------------------------------------------------------------------------------------------


def workflow_firings(row: Row, raw: Raw, projects: Collection[str]) -> list[Firing]:
    """Return the firings of an alert of today that is connected to the error monitors of projects.

    Args:
        row: Sentry's row (workflow).
        raw: what happened.
        projects: slugs of the projects whose error monitor it is connected to, and which are on.

    Raises:
        CannotTell: it has a condition that cannot be replayed.
    """
    triggers = row.get("triggers") or {}
    blocks = [
        _Group(block["logicType"], tuple(block["conditions"]))
        for block in row["actionFilters"]
        if any(action.get("status", "active") == "active" for action in block["actions"])
    ]
    counting = Counting(raw, row["environment"])
    trigger = _Group(triggers.get("logicType", "any"), tuple(triggers.get("conditions", ())))
    if not row["enabled"]:
        return []
    frequency = (row.get("config") or {}).get("frequency") or 0
    return _fired(counting, trigger, blocks, projects, lambda since: since > frequency * MINUTE or not frequency)


def rule_firings(row: Row, raw: Raw) -> list[Firing]:
    """Return the firings of an issue alert from before 2026; the arguments are as above.

    Raises:
        CannotTell: it has a condition that cannot be replayed.
    """
    counting = Counting(raw, row["environment"], is_old=True)
    trigger = _Group(row["actionMatch"], tuple(map(of_today, row["conditions"])))
    block = _Group(row["filterMatch"], tuple(map(of_today, row["filters"])))
    if row["status"] != "active" or row.get("snoozeForEveryone"):
        return []
    frequency = row["frequency"] * MINUTE
    return _fired(
        counting, trigger, [block] if row["actions"] else [], row["projects"], lambda since: since >= frequency
    )


# --- event by event -------------------------------------------------------------------------------------------------


def _fired(
    counting: Counting, trigger: _Group, blocks: Sequence[_Group], projects: Collection[str], may_again: _MayAgain
) -> list[Firing]:
    firings: list[Firing] = []
    last: dict[str, int] = {}
    # An empty trigger is every event, and a resolve is none; an alert with an environment never hears of one.
    hears_of_resolves = counting.environment is None and any(
        row["type"] == "issue_resolved_trigger" for row in trigger.conditions
    )
    for moment in moments(counting.raw, projects):
        if moment.event is None and not hears_of_resolves:
            continue
        if moment.event is not None and not counting.has_environment(moment.event.environment):
            continue
        # All blocks are asked, so that what cannot be replayed is always found.
        results = [block.passes(moment, counting) for block in blocks]
        passes = trigger.passes(moment, counting) and any(results)
        issue = moment.issue.short_id
        if passes and (issue not in last or may_again(moment.at - last[issue])):
            last[issue] = moment.at
            firings.append(Firing(moment.at, issue))
    return firings


def moments(raw: Raw, projects: Collection[str]) -> Iterator[Moment]:
    """Return the moments at which alerts on errors of projects are evaluated, in order: events, and resolves."""
    found = [
        Moment(change.at, issue, None)
        for issue in raw.issue.values()
        for change in issue.changes
        if change.kind == "resolved"
    ]
    for event in raw.events:
        issue = raw.issue[event.issue]
        status, is_regression, is_reappearance = _state(issue, event.at)
        if status == "unresolved":
            found.append(Moment(event.at, issue, event, is_regression, is_reappearance))
    of_projects = (found for found in found if found.issue.project in projects and found.issue.category == "error")
    yield from sorted(of_projects, key=lambda moment: moment.at)


def _state(issue: Issue, at: int) -> tuple[str, bool, bool]:
    """What an issue is when an event at an instant is evaluated, and whether that event reopened or escalated it."""
    status, is_regression, is_reappearance = "unresolved", False, False
    for change in issue.changes:
        if change.at > at:
            break
        if change.kind in ("resolved", "archived"):
            status = change.kind
        elif change.kind in ("reopened", "regressed", "escalated"):
            is_regression = change.kind == "regressed" and change.at == at
            is_reappearance = change.kind == "escalated" and change.at == at
            status = "unresolved"
    return status, is_regression, is_reappearance
