"""How many distinct people an incident's issues hit together: never their sum, where one person may meet several."""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.situation import SituationEvidence
from sentry_runbook.incident.situation.grouping import IssueGroup


@dataclass(frozen=True)
class DistinctUsers:
    """Bounds of a number of distinct users in the window.

    Attributes:
        at_most: None where the users of an issue are not known.
        why: why it is not known, or how it was counted.
    """

    at_least: int
    at_most: int | None
    why: str

    @property
    def exact(self) -> int | None:
        """The number, where both bounds agree."""
        return self.at_least if self.at_least == self.at_most else None


def users_of(group: IssueGroup, evidence: SituationEvidence) -> DistinctUsers | None:
    """The distinct users of a group in the window; None where no issue has a known number."""
    counts = {facts.id: facts.news.issue.users for facts in group.issues}
    known = {issue: users for issue, users in counts.items() if users is not None}
    if not known:
        return None
    at_least = max(known.values())
    at_most = sum(known.values()) if len(known) == len(counts) else None
    why = "Sentry's count of the issue" if len(counts) == 1 else "bounds: users of several issues may be the same"
    listed = _listed(group, evidence)
    if listed is not None and at_least <= listed and (at_most is None or listed <= at_most):
        return DistinctUsers(listed, listed, "distinct users of all issues, one by one")
    for together in evidence.together:
        asked = frozenset(together.issues)
        beside = [counts.get(issue, 0) or 0 for issue in group.ids - asked]
        if asked == group.ids:
            return DistinctUsers(
                together.users,
                None if together.is_lower_bound else together.users,
                "Discover, distinct users of all issues together",
            )
        if asked <= group.ids:
            at_least = max(at_least, together.users)
            at_most = None if at_most is None else min(at_most, together.users + sum(beside))
        elif group.ids <= asked and at_most is not None:
            at_most = min(at_most, together.users)
    return DistinctUsers(at_least, at_most, why)


def _listed(group: IssueGroup, evidence: SituationEvidence) -> int | None:
    """Distinct users by the list of users and issues; None where the list was cut, or lacks an issue's."""
    part = evidence.shared_users
    if not isinstance(part, Known) or not part.value.complete or len(group.issues) < 2:
        return None
    if any(facts.news.issue.users is None or len(facts.users) != facts.news.issue.users for facts in group.issues):
        return None
    return len(frozenset[str]().union(*(facts.users for facts in group.issues)))
