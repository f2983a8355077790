"""The issues that are of the same incident as one issue: the rule of :mod:`.grouping` over what its triage has read.

A triage reads less than ``assess_situation``: a list of the issues that began with this one, those with an event in one
of its traces, and the releases, hosts and tenants of all. It never ties what the rule would keep apart, and it says
what it did not look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import NOT_ASKED, Evidence, Known, Missing, Release, Unknown, Window
from sentry_runbook.incident.model.evidence.situation import (
    IssuePage,
    IssueValue,
    IssueValues,
    ListedIssue,
    SituationEvidence,
)
from sentry_runbook.incident.model.results.explanation import LargerIncident, RelatedIssue, quoted_id
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.model.results.situation import BeganHow
from sentry_runbook.incident.situation.around import around_of
from sentry_runbook.incident.situation.facts import FEWEST, MOST, RELEASE, TRANSACTION, IssueFacts, read_facts
from sentry_runbook.incident.situation.grouping import IssueGroup, group_issues
from sentry_runbook.incident.situation.news import News, find_news, listed_issues
from sentry_runbook.incident.situation.onset import NEAR, Onset
from sentry_runbook.incident.situation.ties import Surroundings, is_host_of, ties_between
from sentry_runbook.incident.situation.wording import began_together, reason_of

MOST_RELATED = 5
"""Issues that are told; how many there are stands beside them."""
MOST_COMPARED = 50
"""Issues that are compared with each other, those with the most events."""
MOST_REASONS = 3
NEW_FOR = timedelta(hours=6)
"""Of issues first seen so long before, the first event tells when they began; of older ones their hours."""
FOR_ALL = "assess_situation compares the issues of all projects"


@dataclass(frozen=True)
class Related:
    """What is known of the other issues of the same incident.

    Attributes:
        issues: the first of them to begin.
        incident: all of them together; None when this issue stands alone.
        names: short ids of all of them, this issue apart.
        missing: what was not looked at.
    """

    issues: tuple[RelatedIssue, ...] = ()
    incident: LargerIncident | None = None
    names: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()

    def begins_elsewhere(self, issue: str) -> bool:
        """Whether another issue than this one, by its short id, began first."""
        return self.incident is not None and self.incident.first not in (None, issue)


def find_related(incident: Measurements) -> Related:
    """The other issues of the incident; empty where none is tied to this one, or none was looked for."""
    evidence, part = incident.evidence, incident.evidence.began_with
    around = evidence.looked_around
    if not isinstance(part, Known) or around is None:
        return Related(missing=tuple(_not_looked_for(incident)))
    onset = _onset(incident, around)
    if onset.latest < around.start - NEAR or onset.earliest > around.end + NEAR:
        why = f"issues were looked for around {moment(around.start)}, and this incident began {moment(onset.at)}"
        return Related(missing=(_missing(why),))
    group, surroundings = _group_of(incident, part.value, onset, around)
    own = next(facts for facts in group.issues if facts.id == evidence.issue.id)
    others = tuple(facts for facts in group.issues if facts is not own)
    missing = tuple(_not_read(evidence, part, group))
    if not others:
        return Related(missing=missing)
    return Related(
        issues=tuple(
            _related(facts, tuple(_reasons(facts, own, group, surroundings))) for facts in others[:MOST_RELATED]
        ),
        incident=_whole(group, part.value),
        names=frozenset(facts.name for facts in others),
        missing=missing,
    )


def _onset(incident: Measurements, looked_around: Window) -> Onset:
    """When this issue's episode began; where its counts do not tell, when it was first seen or came back."""
    episode, first = incident.episode, incident.evidence.issue.first_seen
    if not isinstance(episode, Episode):
        how: BeganHow = "first_event" if looked_around.length <= timedelta() else "hour"
        return Onset(looked_around.start, looked_around.start, looked_around.end, how)
    how = "first_event" if first == looked_around.start else "step"
    return Onset(episode.began, episode.began_earliest, episode.began_latest, how)


# --- the rule over what was read


def _group_of(
    incident: Measurements, page: IssuePage, onset: Onset, looked_around: Window
) -> tuple[IssueGroup, Surroundings]:
    """The group that this issue is in, alone or with others, and what it was judged by."""
    evidence = _as_situation(incident.evidence, page, looked_around)
    listed = listed_issues(evidence)
    own = _own_row(incident, listed.get(incident.evidence.issue.id))
    others = [news for news in find_news(evidence, incident.policy) if news.id != own.id]
    most = sorted(others, key=lambda news: -news.events)[: MOST_COMPARED - 1]
    news = sorted((News(own, "new", onset), *most), key=lambda entry: (entry.onset.at, -entry.events, entry.id))
    read = read_facts(evidence, news, {**listed, own.id: own})
    around = around_of(evidence, incident.policy, read.background, [entry.onset.at for entry in news])
    facts = [_of_whole_events(each, incident, most) if each.id == own.id else each for each in read.issues]
    return next(group for group in group_issues(facts, around) if own.id in group.ids), around


def _as_situation(evidence: Evidence, page: IssuePage, looked_around: Window) -> SituationEvidence:
    """What was read, as the rule takes it."""
    window = Window(start=looked_around.start - NEAR, end=evidence.window.end)
    return SituationEvidence(
        collected_at=evidence.collected_at,
        server=evidence.server,
        server_kind=evidence.server_kind,
        organization=evidence.organization,
        window=window,
        new_since=window.start - NEW_FOR,
        new=Known(value=page, source="began_with"),
        busy=evidence.same_trace,
        releases=_releases(evidence),
        flag_changes=evidence.flag_changes,
        places=evidence.places,
        traces=_traces(evidence),
    )


def _releases(evidence: Evidence) -> Known[tuple[Release, ...]] | Unknown:
    known = [part.value for part in (evidence.releases, evidence.other_releases) if isinstance(part, Known)]
    return Known(value=tuple(release for part in known for release in part), source="releases") if known else NOT_ASKED


def _traces(evidence: Evidence) -> Known[IssueValues] | Unknown:
    """The one trace that was searched for, and the issues with an event in it."""
    event = evidence.event.value if isinstance(evidence.event, Known) else None
    if not isinstance(evidence.same_trace, Known) or event is None or event.trace_id is None:
        return NOT_ASKED
    issues = dict.fromkeys((evidence.issue.id, *(issue.id for issue in evidence.same_trace.value.issues)))
    rows = tuple(IssueValue(issue=issue, value=event.trace_id) for issue in issues)
    return Known(value=IssueValues(rows=rows), source=evidence.same_trace.source)


def _own_row(incident: Measurements, row: ListedIssue | None) -> ListedIssue:
    """This issue as a list would tell it; where none does, its numbers since it began are not known."""
    if row is not None:
        return row
    text = next(iter(incident.texts), incident.evidence.issue.title)
    return ListedIssue.model_validate({**dict(incident.evidence.issue), "message": text})


def _of_whole_events(facts: IssueFacts, incident: Measurements, others: Sequence[News]) -> IssueFacts:
    """This issue's facts with what only its events tell: release and transaction, and the service that was called."""
    dependency = facts.dependency or incident.failed_dependency
    called = dependency.result.name if dependency is not None and facts.dependency is None else None
    if called is not None and sum(is_host_of(called, news.issue.project or "") for news in others) > 1:
        # Breadcrumbs name the service and not which of its errors it was: of several it may be any.
        dependency = None
    return replace(facts, values={**_values_of_rows(incident.evidence), **facts.values}, dependency=dependency)


def _values_of_rows(evidence: Evidence) -> dict[str, str]:
    """Release and transaction, where nearly all of the latest events have the same."""
    rows = evidence.rows.value if isinstance(evidence.rows, Known) else ()
    seen = {RELEASE: [row.release for row in rows], TRANSACTION: [row.transaction for row in rows]}
    counts = {tag: Counter(filter(None, values)).most_common(1) for tag, values in seen.items()}
    return {
        tag: value for tag, most in counts.items() for value, number in most if number >= max(FEWEST, MOST * len(rows))
    }


# --- in words


def _whole(group: IssueGroup, page: IssuePage) -> LargerIncident:
    """The incident; of a cut list the first issue may be missing, so none is called the first."""
    begun = group.first if page.complete else None
    return LargerIncident(
        first=begun.name if begun is not None else None,
        began=group.issues[0].news.onset.at,
        issues=len(group.issues),
        at_least=None if page.complete else True,
        says=began_together(group, at_least=not page.complete),
    )


def _related(facts: IssueFacts, reasons: tuple[str, ...]) -> RelatedIssue:
    issue, onset = facts.news.issue, facts.news.onset
    return RelatedIssue(
        short_id=issue.name,
        title=issue.title,
        project=issue.project,
        began=onset.at,
        by_hour=None if onset.is_exact else True,
        events=issue.events,
        users=issue.users,
        reasons=reasons[:MOST_REASONS],
        url=issue.url,
    )


def _reasons(facts: IssueFacts, own: IssueFacts, group: IssueGroup, around: Surroundings) -> Iterator[str]:
    """What ties it to this issue; where nothing does, what ties it to another one of the incident."""
    if direct := ties_between(own, facts, around):
        yield from map(reason_of, direct)
        return
    pair = next(pair for pair in group.pairs if facts.id in (pair.one.id, pair.other.id))
    between = pair.other if pair.one.id == facts.id else pair.one
    yield from (f"{reason_of(tie)} (with {quoted_id(between.name)})" for tie in pair.ties)


# --- what was not looked at


def _missing(why: str) -> Missing:
    return Missing(what="related", why=f"{why}; {FOR_ALL}")


def _not_looked_for(incident: Measurements) -> Iterator[Missing]:
    """Why no issue was looked for; nothing where nobody asked, or where there is no incident to belong to."""
    part = incident.evidence.began_with
    if not isinstance(part, Unknown) or part == NOT_ASKED:
        return
    if part.asked or isinstance(incident.episode, Episode):
        yield _missing(part.why)


def _not_read(evidence: Evidence, began_with: Known[IssuePage], group: IssueGroup) -> Iterator[Missing]:
    """What limits the answer: lists that were cut, projects that were not searched, ties that were not read."""
    page, others = began_with.value, len(group.apart)
    if began_with.note:
        yield Missing(what="related issues of other projects", why=f"{began_with.note}; {FOR_ALL}")
    if not page.complete:
        of = f" of {page.total:,}" if page.total is not None else ""
        yield Missing(what="further related issues", why=f"{len(page.issues)}{of} that began then were read; {FOR_ALL}")
    unread = [
        f"{what} ({part.why})"
        for what, part in (("traces", evidence.same_trace), ("releases, hosts and tenants", evidence.places))
        if isinstance(part, Unknown) and part.asked
    ]
    if unread and others:
        apart = f"{count(others, 'issue')} of the same minutes stand{'s' if others == 1 else ''} apart"
        yield _missing(f"{apart}; not compared: {', '.join(unread)}")
