"""What explains an incident: the findings of all sources in one short list, best first.

How to think about it: each source looks at one kind of sign (tag sets of the rows, tags over all time, one user, flags,
a schedule) and scores its finding. What was changed when the errors began stands first, then what only one person or
one clock has, then what the counts before the incident bear out, then what merely is concentrated. An empty list is an
answer: nothing that Sentry counts sets these events apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sentry_runbook.incident.explanation.all_time_tags import all_time_candidates
from sentry_runbook.incident.explanation.candidate import Candidate
from sentry_runbook.incident.explanation.flags import flag_candidates, weighed, with_flag_changes
from sentry_runbook.incident.explanation.new_release import with_new_release
from sentry_runbook.incident.explanation.rows import compared_tags, row_candidates, said_of_listed, with_rest
from sentry_runbook.incident.explanation.schedule import schedule_candidate
from sentry_runbook.incident.explanation.single_user import single_user
from sentry_runbook.incident.metrics.breakdown import FEWEST_NOW
from sentry_runbook.incident.metrics.timeseries import between, total
from sentry_runbook.incident.model.evidence import Evidence, Known, Unknown
from sentry_runbook.incident.model.results.explanation import Explanation
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.releases import Start

MOST = 5
EVEN = 1e-9


def explain(
    evidence: Evidence,
    episode: Episode | Unknown,
    start: Start | None,
    usual_shares: Mapping[tuple[str, str], float],
) -> tuple[Explanation, ...]:
    """The explanations of an issue's incident, best first; empty when nothing explains it, or for few events.

    Args:
        evidence: with the tags of the stretch before only where those are from before the incident.
        episode: the incident.
        start: when it began.
        usual_shares: the part (0..1) of any events that a tag value has, as the sessions of a release tell it.
    """
    events = _events(evidence)
    if not evidence.issue.is_error or events < FEWEST_NOW:
        return ()
    candidates = weighed(list(_candidates(evidence, episode, start, usual_shares, events)))
    strong = [candidate for candidate in candidates if not candidate.weak]
    return ranked(_without_consequences(strong) or candidates)


def _events(evidence: Evidence) -> int:
    """Events of the window, by the first part that counts them."""
    if isinstance(evidence.totals, Known):
        return evidence.totals.value.events
    if isinstance(evidence.breakdown, Known):
        return sum(row.events for row in evidence.breakdown.value.combinations)
    return len(evidence.rows.value) if isinstance(evidence.rows, Known) else 0


def _candidates(
    evidence: Evidence,
    episode: Episode | Unknown,
    start: Start | None,
    usual_shares: Mapping[tuple[str, str], float],
    events: int,
) -> Iterator[Candidate]:
    flags = flag_candidates(evidence, start)
    tagged = {candidate.tags for candidate in flags}
    of_rows = with_new_release(_of_tags(evidence, usual_shares, events), evidence, start, usual_shares)
    of_tags = [candidate for candidate in of_rows if candidate.tags not in tagged]
    yield from with_flag_changes(of_tags, evidence, start)
    yield from flags
    user = single_user(evidence, events, episode)
    if user is not None:
        yield user
    schedule = schedule_candidate(evidence, episode)
    if schedule is not None:
        yield schedule


def _of_tags(evidence: Evidence, usual_shares: Mapping[tuple[str, str], float], events: int) -> tuple[Candidate, ...]:
    """Of the rows; and over all time of tags that they do not tell, or of which they hold only a part of the events."""
    part = evidence.breakdown
    if not isinstance(part, Known):
        return all_time_candidates(evidence, events, ())
    before = evidence.breakdown_before.value if isinstance(evidence.breakdown_before, Known) else None
    start, length = evidence.window.start, evidence.window.length
    now = part.value
    if before is not None:
        now, before = with_rest(now, events), with_rest(before, _counted(evidence, start - length, start))
    rows = said_of_listed(row_candidates(now, before, 1.0, usual_shares), part.value, events, before is not None)
    found = {tag for candidate in rows for tag in candidate.tags}
    told = found | compared_tags(part.value) if part.value.complete else found
    return (*rows, *all_time_candidates(evidence, events, told))


def _counted(evidence: Evidence, start: datetime, end: datetime) -> int:
    """Events of a stretch by the series; 0 where it does not reach back so far."""
    series = evidence.series.value.events if isinstance(evidence.series, Known) else None
    if series is None or series.start > start:
        return 0
    return total(between(series, start, end)) or 0


def _without_consequences(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of one user's events nearly all have that user's browser, customer and country: these are left out."""
    user = next((candidate for candidate in candidates if candidate.source == "user"), None)
    return [
        candidate
        for candidate in candidates
        if user is None or candidate.source not in ("rows", "all_time") or candidate.score > user.score
    ]


def ranked(candidates: Sequence[Candidate]) -> tuple[Explanation, ...]:
    """The findings by score; those of one score have one rank."""
    ordered = sorted(candidates, key=lambda candidate: -candidate.score)[:MOST]
    explanations: list[Explanation] = []
    rank, last = 0, None
    for candidate in ordered:
        if last is None or last - candidate.score > EVEN:
            rank, last = rank + 1, candidate.score
        explanations.append(candidate.explanation.model_copy(update={"rank": rank}))
    return tuple(explanations)
