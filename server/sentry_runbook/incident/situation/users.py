"""How many distinct people an incident's issues hit together: never their sum, where one person may meet several.

Where an issue has events in production and elsewhere, the people of production count; events without a user may each
be of one more person, and a user who stands for many is no number of people (DESIGN section 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sentry_runbook.incident.formatting import count, number
from sentry_runbook.incident.model.evidence import Known
from sentry_runbook.incident.model.evidence.situation import SituationEvidence, UsersTogether
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.facts import ENVIRONMENT, IssueFacts
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


ONE, SEVERAL = "Sentry's count of the issue", "bounds: users of several issues may be the same"
TOGETHER = "Discover, distinct users of all issues together"
ONE_BY_ONE = "distinct users of all issues, one by one"
OF_PRODUCTION = "of production; people elsewhere do not count"
NO_USER = "no event carries a user, or Sentry gave no number"
NOBODY = "no event has another user than one who stands for many: their number is unknown, not 1"
NAMELESS = "lower bound: {} of {} carry no user, or one who stands for many"
NAMELESS_NOT_READ = "lower bound: how many of {} carry no user was not read"


def users_of(group: IssueGroup, evidence: SituationEvidence, policy: Policy) -> DistinctUsers | None:
    """The distinct users of a group in the window; None where no issue has a known number."""
    bounds = _named_users(group, evidence, policy)
    if bounds is None:
        return None
    nameless = [_nameless_of(facts) for facts in group.issues]
    unread, more = None in nameless, sum(events or 0 for events in nameless)
    if not more and not unread:
        return bounds
    # An event without a user is of one more person at most; and no event is of two people.
    events = [facts.news.issue.events for facts in group.issues]
    known = sum(number for number in events if number is not None)
    tops = [] if None in events else [known]
    if not unread and bounds.at_most is not None:
        tops.append(bounds.at_most + more)
    at_most = max(bounds.at_least, min(tops)) if tops else None
    of_events = "its events" if None in events else count(known, "event")
    why = NAMELESS_NOT_READ.format(of_events) if unread else NAMELESS.format(number(more), of_events)
    return DistinctUsers(bounds.at_least, at_most, why)


def _nameless_of(facts: IssueFacts) -> int | None:
    """At most so many events of an issue name nobody; None where it was not read."""
    issue = facts.news.issue
    if issue.users is None:
        return issue.events
    if not issue.may_have_nameless:
        return 0
    return None if facts.nameless is None else facts.nameless.events


def why_no_users(group: IssueGroup) -> str:
    """Why the users of a group are not known."""
    return NOBODY if any(map(_is_one_for_all, group.issues)) else NO_USER


def users_of_issue(facts: IssueFacts) -> int | None:
    """Sentry's number of the users of an issue in the window; None where there is none, or it is one who is many."""
    return None if _is_one_for_all(facts) else facts.news.issue.users


def _is_one_for_all(facts: IssueFacts) -> bool:
    return facts.nameless is not None and facts.nameless.is_everybody


def _named_users(group: IssueGroup, evidence: SituationEvidence, policy: Policy) -> DistinctUsers | None:
    """The distinct users of the events that name one."""
    in_production = [_of_production(facts, policy) for facts in group.issues]
    own = [_of_issue(facts) if part is None else part for facts, part in zip(group.issues, in_production, strict=True)]
    known = [bounds for bounds in own if bounds is not None]
    if not known:
        return None
    most = [bounds.at_most for bounds in known if bounds.at_most is not None]
    bounds = DistinctUsers(
        at_least=max(bounds.at_least for bounds in known),
        at_most=sum(most) if len(most) == len(own) else None,
        why=ONE if len(own) == 1 else SEVERAL,
    )
    if any(part is not None for part in in_production):
        # What was counted together is of all environments: it bounds the people of production from above alone.
        tops = [entry.users for entry in evidence.together if group.ids <= frozenset(entry.issues)]
        top = min((*tops, *([] if bounds.at_most is None else [bounds.at_most])), default=None)
        return DistinctUsers(bounds.at_least, top, OF_PRODUCTION)
    listed = _listed(group, evidence)
    if listed is not None:
        return DistinctUsers(listed, listed, ONE_BY_ONE)
    for together in evidence.together:
        bounds = _narrowed(bounds, group, together, evidence)
    return bounds


def _of_issue(facts: IssueFacts) -> DistinctUsers | None:
    users = users_of_issue(facts)
    return None if users is None else DistinctUsers(users, users, ONE)


def _of_production(facts: IssueFacts, policy: Policy) -> DistinctUsers | None:
    """The people of production, of an issue with events there and elsewhere; None of another."""
    rows = [(policy.is_production(row.values.get(ENVIRONMENT) or ""), row) for row in facts.rows]
    inside = [row for is_production, row in rows if is_production]
    if not inside or len(inside) == len(rows) or users_of_issue(facts) is None:
        return None
    users = [row.users for row in inside if row.users is not None]
    if not users:
        return None
    is_whole = len(users) == len(inside) and sum(row.events for _, row in rows) >= facts.news.events
    return DistinctUsers(max(users), sum(users) if is_whole else None, OF_PRODUCTION)


def _narrowed(
    bounds: DistinctUsers, group: IssueGroup, together: UsersTogether, evidence: SituationEvidence
) -> DistinctUsers:
    """The bounds by what was counted of these issues, of some of them, or of more."""
    asked, at_least, at_most = frozenset(together.issues), bounds.at_least, bounds.at_most
    beside = _sum_of(group, group.ids - asked)
    if asked == group.ids:
        # Without those who stand for many, of whom Sentry counts one each in the issues' own numbers.
        return DistinctUsers(together.users, at_most if together.is_lower_bound else together.users, TOGETHER)
    if asked <= group.ids:
        at_least = max(at_least, together.users)
        if at_most is not None and beside is not None and not together.is_lower_bound:
            at_most = min(at_most, together.users + beside)
    elif group.ids <= asked:
        # Of more issues: the others have no more people than each by itself.
        others = _others(asked - group.ids, evidence)
        if others is not None:
            at_least = max(at_least, together.users - others)
        if at_most is not None and not together.is_lower_bound:
            at_most = min(at_most, together.users)
    return DistinctUsers(at_least, at_most, TOGETHER if at_least == at_most else bounds.why)


def _sum_of(group: IssueGroup, issues: Iterable[str]) -> int | None:
    users = {facts.id: facts.news.issue.users for facts in group.issues}
    known = [users[issue] for issue in issues]
    return None if None in known else sum(number for number in known if number is not None)


def _others(issues: Iterable[str], evidence: SituationEvidence) -> int | None:
    """The sum of the users of other issues, by the lists; None where one is not known."""
    pages = [part.value for part in (evidence.new, evidence.busy, evidence.rising) if isinstance(part, Known)]
    users = {issue.id: issue.users for page in pages for issue in page.issues}
    known = [users.get(issue) for issue in issues]
    return None if None in known else sum(number for number in known if number is not None)


def _listed(group: IssueGroup, evidence: SituationEvidence) -> int | None:
    """Distinct users by the list of users and issues; None where the list was cut, or lacks an issue's."""
    part = evidence.shared_users
    if not isinstance(part, Known) or not part.value.complete or len(group.issues) < 2:
        return None
    if any(facts.news.issue.users is None or len(facts.users) != facts.news.issue.users for facts in group.issues):
        return None
    return len(frozenset[str]().union(*(facts.users for facts in group.issues)))
