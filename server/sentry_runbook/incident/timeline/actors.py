"""Who acted, in words, and which entries of the activity log show that a person acted on the incident.

How to think about it: an act counts as the first response only when a person did it **and** its kind is one that only a
person's own decision writes. Everything else is news of a machine, also under a person's name: Sentry writes
``pull_request_merged`` when a webhook tells of the merge and names whom it takes for the author, ``subscribe`` for whom
it notifies, and kinds that are not known here may come from anything. They are told, and they detect nothing.
"""

from __future__ import annotations

from sentry_runbook.incident.model.evidence import Activity, Note, quoted

ACTIVITY_WORDS = {
    "assigned": "assigned the issue",
    "unassigned": "took the assignment back",
    "set_resolved": "resolved the issue",
    "set_resolved_in_release": "resolved the issue",
    "set_resolved_in_commit": "resolved the issue by a commit",
    "set_resolved_in_pull_request": "resolved the issue by a pull request",
    "set_resolved_by_age": "resolved the issue because of its age",
    "set_unresolved": "reopened the issue",
    "set_ignored": "archived the issue",
    "set_priority": "set the priority",
    "mark_reviewed": "reviewed the issue",
    "merge": "merged other issues into it",
    "create_issue": "made a ticket of it",
    "note": "commented",
    "set_regression": "recorded a regression: the issue came back",
    "set_escalating": "recorded that the issue escalates",
    "auto_set_ongoing": "set the issue to ongoing",
}
ACTS_OF_PEOPLE = frozenset(ACTIVITY_WORDS) - {
    "set_resolved_by_age",
    "set_regression",
    "set_escalating",
    "auto_set_ongoing",
}
"""Kinds that a person writes by a decision on this issue; a machine can write them as well."""
CARE_OF_MACHINES = frozenset({"assigned", "unassigned", "set_priority", "mark_reviewed"})
"""Kinds that change nothing of the incident when a machine writes them."""


def is_act_of_a_person(entry: Activity) -> bool:
    """Whether the entry shows that a person acted on the issue."""
    return entry.actor == "person" and entry.kind in ACTS_OF_PEOPLE


def is_automation(entry: Activity) -> bool:
    """Whether the entry may stand in one row with others: of an unknown kind, or the care of a machine."""
    return entry.kind not in ACTIVITY_WORDS or (entry.actor != "person" and entry.kind in CARE_OF_MACHINES)


def name_of(entry: Activity | Note) -> str:
    """Who wrote it: a quoted name, ``integration "name"``, ``Sentry`` or ``somebody``."""
    if entry.actor == "sentry":
        return "Sentry"
    if entry.actor == "machine":
        return f"integration {quoted(entry.who)}" if entry.who else "an integration"
    return quoted(entry.who) if entry.who else "somebody"
