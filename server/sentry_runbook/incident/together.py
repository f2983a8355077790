"""Why several issues are told as one incident: when each began, and what ties them, as far as it was read.

How to think about it: the caller says that the issues belong together; this module says what the evidence says of it.
The ties are those of :mod:`.situation.ties`, by what Sentry tells of each issue itself (title, transaction, releases);
traces, hosts and tenants are read by ``assess_situation`` alone. Users met by several issues show in the counts: the
distinct people of all together are fewer than the sum of each issue's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from sentry_runbook.incident.events.dependency import dependency_of_text
from sentry_runbook.incident.formatting import clock_time, count, duration, exact_clock_time, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Issue, Known
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.incident.model.results.explanation import quoted_id
from sentry_runbook.incident.releases import Start
from sentry_runbook.incident.situation.facts import RELEASE, Background, IssueFacts
from sentry_runbook.incident.situation.news import News
from sentry_runbook.incident.situation.onset import Onset
from sentry_runbook.incident.situation.ties import Surroundings, ties_between
from sentry_runbook.incident.situation.wording import KINDS

UNTIED = "not tied by anything that was read: the caller says that they belong together"
MOST_REASONS, MOST_TIED = 4, 5
"""Reasons that are told, and issues that one of them names."""
FEWEST_SHARED = 3
"""Fewer people in common are chance, or an estimate's error."""


def reasons_of(incident: Incident) -> tuple[str, ...]:
    """Why the issues are one incident, a sentence each without a full stop; empty of one issue."""
    if not incident.evidence.together:
        return ()
    ties = tuple(_ties(incident))[:MOST_REASONS]
    return (*_times(incident), *(ties or (f"They are {UNTIED}",)))


def _times(incident: Incident) -> Iterator[str]:
    known = [(issue, start) for issue, start in incident.starts if start is not None]
    if len(known) < 2:
        return
    first, last = known[0], max(known, key=lambda pair: pair[1].at)
    issues = count(len(known), "issue")
    if all(start.earliest == start.latest for _, start in known):
        length = duration(last[1].at - first[1].at) if last[1].at > first[1].at else "one second"
        begin, end = exact_clock_time(first[1].at).removesuffix(" UTC"), exact_clock_time(last[1].at)
        within = f"{issues} began within {length} ({begin} to {end})"
    else:
        within = f"{issues} began from {moment(first[1].at)} to {clock_time(last[1].at)}, by counts of longer buckets"
    yield f"{within}; the first is {quoted_id(first[0].name)}"


def _ties(incident: Incident) -> Iterator[str]:
    around = Surroundings(
        background=Background((), {}),
        release_starts={
            release.version: start
            for release in incident.releases
            if (start := release.released or release.first_event or release.created) is not None
        },
        changed_flags=frozenset(),
        tenant_tags=(),
        together={},
    )
    facts = [_facts(issue, start) for issue, start in incident.starts if start is not None]
    told: dict[tuple[str, str], tuple[str, dict[str, None]]] = {}
    for one, other in combinations(facts, 2):
        for tie in ties_between(one, other, around):
            _, names = told.setdefault((tie.kind, tie.value), (f"{KINDS[tie.kind]}: {tie.why}", {}))
            names.update(dict.fromkeys((one.name, other.name)))
    for why, names in told.values():
        yield f"{why} ({_short(list(names))})"
    yield from _shared_users(incident)


def _short(names: list[str]) -> str:
    shown = ", ".join(map(quoted_id, names[:MOST_TIED]))
    return f"{shown} and {len(names) - MOST_TIED} more" if len(names) > MOST_TIED else shown


def _facts(issue: Issue, start: Start) -> IssueFacts:
    """What Sentry tells of an issue itself, as the ties read it."""
    listed = ListedIssue(**dict(issue), message=issue.title)
    first, last = issue.first_release, issue.last_release
    version = first.version if first is not None and last is not None and first.version == last.version else None
    return IssueFacts(
        news=News(issue=listed, kind="new", onset=Onset(start.at, start.earliest, start.latest, "first_event")),
        values={RELEASE: version} if version is not None else {},
        dependency=dependency_of_text(issue.title),
    )


def _shared_users(incident: Incident) -> Iterator[str]:
    """That people met several of the issues, where the window holds the whole life of all and counts all of it."""
    evidence = incident.evidence
    totals, window = evidence.totals, evidence.window
    own = [issue.users_total for issue in evidence.together]
    known = [users for users in own if users is not None]
    are_new = all(issue.first_seen is not None and issue.first_seen >= window.start for issue in evidence.together)
    if evidence.scope.names or not are_new or len(known) < len(own) or not isinstance(totals, Known):
        return
    users = totals.value.users
    if users is not None and not totals.value.users_lower_bound and sum(known) - users >= FEWEST_SHARED:
        yield (
            f"Users: {number(users)} people in all, though the issues' own numbers of users add up to "
            f"{number(sum(known))}: some met several"
        )
