"""The episodes of a period, of all its projects: what the alerts are judged against."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sentry_runbook.incident.alerts.issue_rises import FEWEST_PER_HOUR, IssueRise, rises_of
from sentry_runbook.incident.metrics.timeseries import HOUR, HOUR_S, between, end_of, in_window, time_of
from sentry_runbook.incident.model.evidence import Known, Series, Unknown
from sentry_runbook.incident.model.evidence.alert_review import (
    ALL_OTHERS,
    AlertReviewEvidence,
    CountedSeries,
    IssueUnderReview,
)
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.situation.onset import NEAR

COARSE = timedelta(minutes=10)
"""A beginning that is known less well than that is compared by its bounds."""
ARCHIVED = "ignored"
ENDS_ARCHIVE = frozenset({"set_unresolved", "set_escalating", "set_regression", "set_resolved"})


@dataclass(frozen=True)
class ReviewEpisode:
    """Issues of one project that rose together: an incident that somebody should have been told of.

    Attributes:
        id: short id of the issue that began first; ``SHOP-1#2`` is the second one of the period that began with it.
        project: number; ``project_slug`` where it is known.
        issues: numbers of its issues, in the order in which they began.
        began: likeliest instant; it surely lies in ``earliest`` to ``latest``.
        ended: None: it goes on.
        events: of all its issues, in the episode.
        peak_per_hour: events in its fullest hour.
        is_new: it began with an issue's first event.
        short_ids: of its issues, in the same order.
    """

    id: str
    project: str
    project_slug: str | None
    issues: tuple[str, ...]
    began: datetime
    earliest: datetime
    latest: datetime
    ended: datetime | None
    events: int
    peak_per_hour: int
    is_new: bool = False
    short_ids: tuple[str, ...] = ()

    @property
    def is_coarse(self) -> bool:
        """Whether its beginning is known less well than to some minutes."""
        return self.latest - self.earliest > COARSE


def episodes_of(evidence: AlertReviewEvidence, policy: Policy) -> tuple[ReviewEpisode, ...]:
    """The episodes that begin in the period, in order of time; none where events by the hour are not known."""
    if isinstance(evidence.hourly, Unknown):
        return ()
    hours, fine = hourly_by_issue(evidence.hourly.value), fine_by_issue(evidence.minutes)
    by_project: dict[str, list[IssueRise]] = defaultdict(list)
    for row in evidence.issues:
        if row.issue.id not in hours:
            continue
        rises = rises_of(row.issue, hours[row.issue.id], fine.get(row.issue.id, ()), evidence.window, policy)
        by_project[row.issue.project_id or row.issue.project or ""] += [
            rise for rise in rises if not is_archived_in(row, rise.began, rise.ended)
        ]
    episodes = [
        _episode(project, group) for project, rises in by_project.items() for group in _together(rises) if group
    ]
    return tuple(_numbered(sorted(episodes, key=lambda episode: (episode.began, episode.id))))


def hourly_by_issue(rows: Iterable[CountedSeries]) -> Mapping[str, Series]:
    """The hourly events of each issue that has a series of its own; unmeasured where a stretch of it was not read."""
    stretches: dict[str, list[Series]] = defaultdict(list)
    for row in rows:
        if row.issue is not None and row.issue != ALL_OTHERS and _is_plain(row):
            stretches[row.issue].append(row.events)
    return {issue: _by_hours(series) for issue, series in stretches.items()}


def _by_hours(stretches: Sequence[Series]) -> Series:
    if len(stretches) == 1:
        return stretches[0]
    known = {time_of(series, index): value for series in stretches for index, value in enumerate(series.values)}
    start, end = min(known, default=stretches[0].start), max(map(end_of, stretches))
    values = tuple(known.get(start + hour * HOUR) for hour in range((end - start) // HOUR))
    until = max(series.complete_until for series in stretches)
    return stretches[0].model_copy(update={"start": start, "values": values, "complete_until": until})


def fine_by_issue(rows: Iterable[CountedSeries]) -> Mapping[str, tuple[Series, ...]]:
    """Finer counts of all events of each issue, stretches that follow upon each other as one; of all environments.

    Where only those of one environment were read, these: a rise shows in them, too.
    """
    plain: dict[str, list[Series]] = defaultdict(list)
    of_one: dict[str, list[Series]] = defaultdict(list)
    for row in rows:
        if row.issue in (None, ALL_OTHERS) or row.events.step_s >= HOUR_S or not _counts_events(row):
            continue
        (plain if row.population.environment is None else of_one)[row.issue].append(row.events)
    return {issue: tuple(_joined(plain.get(issue) or of_one[issue])) for issue in {*plain, *of_one}}


def _is_plain(row: CountedSeries) -> bool:
    return _counts_events(row) and row.population.environment is None and row.events.step_s == HOUR_S


def _counts_events(row: CountedSeries) -> bool:
    return row.population.aggregate == "count()" and not row.population.search


def _joined(stretches: Sequence[Series]) -> Iterator[Series]:
    """Stretches of one step that touch or overlap, as one."""
    open_: Series | None = None
    for series in sorted(stretches, key=lambda each: (each.step_s, each.start)):
        if open_ is not None and series.step_s == open_.step_s and series.start <= end_of(open_):
            rest = between(series, end_of(open_), end_of(series))
            is_aligned = not rest.values or rest.start == end_of(open_)
            if is_aligned:
                open_ = open_.model_copy(update={"values": (*open_.values, *rest.values)})
                continue
        if open_ is not None:
            yield open_
        open_ = series
    if open_ is not None:
        yield open_


def is_archived_in(row: IssueUnderReview, began: datetime, ended: datetime | None) -> bool:
    """Whether the issue was archived all that time, so that no alert looked at it: by its log, else by its state now.

    One that was archived until it escalates comes back in the midst of its rise: alerts look at it from then on.
    """
    is_archived_now = row.issue.status == ARCHIVED
    if isinstance(row.activity, Unknown):
        return is_archived_now
    states = sorted(
        (entry.at, entry.kind)
        for entry in row.activity.value
        if entry.kind == "set_ignored" or entry.kind in ENDS_ARCHIVE
    )
    if any(began <= at and (ended is None or at <= ended) and kind in ENDS_ARCHIVE for at, kind in states):
        return False
    before = [kind for at, kind in states if at < began]
    if before:
        return before[-1] == "set_ignored"
    # The first entry of a log that begins later says what it was before.
    return is_archived_now and not states


def left_out(evidence: AlertReviewEvidence) -> tuple[str, ...]:
    """Short ids of busy issues that are archived now and whose logs were not read: when they were is not known."""
    if isinstance(evidence.hourly, Unknown):
        return ()
    window = evidence.window
    busy = {
        issue
        for issue, hours in hourly_by_issue(evidence.hourly.value).items()
        if any((value or 0) >= FEWEST_PER_HOUR for value in in_window(hours, window.start, window.end).values)
    }
    return tuple(
        row.issue.name
        for row in evidence.issues
        if row.issue.id in busy and row.issue.status == ARCHIVED and isinstance(row.activity, Unknown)
    )


def _together(rises: Sequence[IssueRise]) -> Iterator[list[IssueRise]]:
    """Rises that begin within three minutes of the first of them."""
    groups: list[list[IssueRise]] = []
    # Those whose minute is known come first: they say where the others, known to the hour, may belong.
    for rise in sorted(rises, key=lambda each: (_is_coarse(each), each.began, each.issue.id)):
        group = next((group for group in groups if _is_near(group[0], rise)), None)
        if group is None:
            groups.append([rise])
        else:
            group.append(rise)
    yield from groups


def _is_coarse(rise: IssueRise) -> bool:
    return rise.latest - rise.earliest > COARSE


def _is_near(one: IssueRise, other: IssueRise) -> bool:
    if one.issue.id == other.issue.id:
        return False
    if not _is_coarse(one) and not _is_coarse(other):
        return abs(one.began - other.began) <= NEAR
    return max(one.earliest, other.earliest) - min(one.latest, other.latest) <= NEAR


def _episode(project: str, group: Sequence[IssueRise]) -> ReviewEpisode:
    sharp = [rise for rise in group if not _is_coarse(rise)] or list(group)
    first = min(sharp, key=lambda rise: rise.began)
    issues = [first, *sorted((rise for rise in group if rise is not first), key=lambda rise: rise.began)]
    ends = [rise.ended for rise in group]
    ended = None if None in ends else max(end for end in ends if end is not None)
    return ReviewEpisode(
        id=first.issue.name,
        project=project,
        project_slug=first.issue.project,
        issues=tuple(rise.issue.id for rise in issues),
        began=first.began,
        earliest=first.earliest,
        latest=first.latest,
        ended=ended,
        events=sum(rise.events for rise in group),
        peak_per_hour=_peak(group, first.began, ended),
        is_new=first.is_new,
        short_ids=tuple(rise.issue.name for rise in issues),
    )


def _peak(group: Sequence[IssueRise], began: datetime, ended: datetime | None) -> int:
    """Events of all issues in the fullest clock hour; at least those of the fullest hour of one of them."""
    sums: Counter[datetime] = Counter()
    for rise in group:
        for index, value in enumerate(rise.hours.values):
            at = time_of(rise.hours, index)
            if at + HOUR > began and (ended is None or at < ended):
                sums[at] += round(value or 0)
    return max([*sums.values(), *(rise.peak_per_hour for rise in group)])


def _numbered(episodes: Iterable[ReviewEpisode]) -> Iterator[ReviewEpisode]:
    seen: Counter[str] = Counter()
    for episode in episodes:
        seen[episode.id] += 1
        number = seen[episode.id]
        yield episode if number == 1 else replace(episode, id=f"{episode.id}#{number}")


def known_episodes(evidence: AlertReviewEvidence, policy: Policy) -> tuple[ReviewEpisode, ...] | Unknown:
    """As :func:`episodes_of`; unknown where events by the hour could not be read."""
    return episodes_of(evidence, policy) if isinstance(evidence.hourly, Known) else evidence.hourly
