"""The parts of a postmortem beside the results: summary, printed timeline, five whys, questions.

Everything comes from one incident, each part computed once; what only people know is a :class:`.Blank`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import groupby
from typing import Literal

from sentry_runbook.incident.background import background
from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.formatting import briefly, count, elapsed, listed, moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.messages import (
    ActionItem,
    Blank,
    Interval,
    Milestone,
    RowKind,
    TimelineRow,
)
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.postmortem.five_whys import five_whys
from sentry_runbook.incident.postmortem.hint import Hint, Why
from sentry_runbook.incident.postmortem.impact_numbers import ImpactNumber, counted_from, impact_numbers, query_window
from sentry_runbook.incident.postmortem.retrospective import contributing, lucky, went_badly, went_well
from sentry_runbook.incident.timeline.models import Timeline
from sentry_runbook.incident.together import reasons_of

MAX_LINES = 44
"""Lines of the printed timeline: nobody reads more, and the structured timeline has them all."""


@dataclass(frozen=True)
class TimelineLine:
    """A printed line of the timeline: a row, or a note on a gap (kind ``gap``, without a source).

    Attributes:
        source: without the window of its query, which stands with the numbers.
        link: of the source; empty when it only leads to the issue, whose address stands at the top.
    """

    at: datetime
    what: str
    kind: RowKind | Literal["gap"]
    source: str = ""
    link: str = ""


@dataclass(frozen=True)
class TimelineDay:
    """The lines of one day, UTC."""

    day: date
    rows: tuple[TimelineLine, ...]


class MilestoneInterval(Interval):
    """The time between two milestones, and whether one of them is a candidate that nobody has confirmed."""

    over_candidate: bool


class PostmortemContent:
    """The content of one incident's postmortem; each part is computed when it is first read, and once.

    Attributes:
        learned, other_conditions, well, badly, luck: what only people know.
    """

    learned: Blank = Blank("how people learned of it: alert, customer, colleague or chance")
    other_conditions: Blank = Blank("other conditions that made it possible or worse")
    well: Blank = Blank("what went well")
    badly: Blank = Blank("what went badly")
    luck: Blank = Blank("where we were lucky")

    def __init__(self, incident: Incident) -> None:
        self._incident = incident

    @cached_property
    def summary(self) -> tuple[str, ...]:
        """What happened, impact, severity, pattern and recovery, a sentence each."""
        return tuple(_summary(self._incident))

    @cached_property
    def timeline(self) -> tuple[TimelineDay, ...]:
        """The rows by day with the gaps between them, at most ``MAX_LINES`` and a note on what was left out."""
        lines = sorted(_lines(self._incident), key=lambda line: (line.at, line.kind == "gap"))
        days = groupby(_shortened(lines), key=lambda line: line.at.date())
        return tuple(TimelineDay(day, tuple(rows)) for day, rows in days)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Stated times that do not fit the rest."""
        return self._incident.timeline.contradictions

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        """The five turning points, in order."""
        return self._incident.timeline.milestones

    @cached_property
    def intervals(self) -> tuple[MilestoneInterval, ...]:
        """The times between the milestones."""
        return tuple(_interval(interval, self._incident) for interval in self._incident.timeline.intervals)

    @cached_property
    def detection(self) -> tuple[Hint, ...]:
        """When it was detected and acknowledged."""
        return tuple(_detection(self._incident))

    @property
    def counted_from(self) -> str | None:
        """What the impact was counted from; None where Discover counted it."""
        return counted_from(self._incident)

    @cached_property
    def numbers(self) -> tuple[ImpactNumber, ...]:
        """The impact in numbers, each with its query."""
        return impact_numbers(self._incident)

    @property
    def window(self) -> str:
        """The window and the environments that the queries share."""
        return query_window(self._incident)

    @cached_property
    def whys(self) -> tuple[Why, ...]:
        """The five whys."""
        return five_whys(self._incident)

    @cached_property
    def contributing(self) -> tuple[Hint, ...]:
        """Candidates for contributing factors."""
        return tuple(contributing(self._incident))

    @cached_property
    def action_items(self) -> tuple[ActionItem, ...]:
        """The action items that follow from the evidence."""
        return action_items(self._incident)

    @cached_property
    def went_well(self) -> tuple[str, ...]:
        """Questions about what went well."""
        return tuple(went_well(self._incident))

    @cached_property
    def went_badly(self) -> tuple[str, ...]:
        """Questions about what went badly."""
        return tuple(went_badly(self._incident))

    @cached_property
    def lucky(self) -> tuple[str, ...]:
        """Questions about where luck helped."""
        return tuple(lucky(self._incident, self._incident.policy.calendar.zone))

    @property
    def questions(self) -> tuple[str, ...]:
        """All questions to people."""
        return (*self.went_well, *self.went_badly, *self.lucky)


# --- summary -------------------------------------------------------------------------------------------------------


def _summary(incident: Incident) -> Iterator[str]:
    yield _what_happened(incident)
    yield f"Impact: {incident.impact.reading}"
    verdict = incident.severity
    yield f"Severity {verdict.severity} {verdict.label}: {verdict.because}"
    causes = incident.causes
    if causes:
        first, pattern = causes[0], pattern_named(causes[0].pattern)
        suspect = incident.suspect if pattern.blames_release else None
        of = f", release {quoted(suspect)}" if suspect else ""
        yield f"The evidence fits the pattern {pattern.title}{of} (confidence {first.confidence})."
    else:
        yield "None of the runbook's root-cause patterns fits the evidence."
    reasons = reasons_of(incident)  # the first of the whys tells them
    yield from (f"{sentence}." for sentence in background(incident, by_name=True) if sentence not in reasons[1:])
    yield from _earlier(incident)
    yield f"Recovery: {incident.recovery.reading}"


def _earlier(incident: Incident) -> Iterator[str]:
    """That it was not the first time, and how the last one ended."""
    history = incident.earlier
    if history is None or history.last is None:
        return
    last = history.last
    by = f" by {quoted(last.ended_by)}" if last.ended_by else ""
    ended = f"; the last one ended {moment(last.ended)}{by}" if last.ended else ""
    held = f" and that held {last.held}" if ended and last.held else ""
    yield f"It was not the first time: {count(history.episodes, 'earlier episode')} known{ended}{held}."


def _what_happened(incident: Incident) -> str:
    timeline = incident.timeline
    where, names = _where(incident), incident.evidence.names
    if incident.known_episode is None:
        return f"When the incident of {names}{where} began is not known: {incident.why_no_onset}."
    text = f"The incident of {names}{where} began {moment(incident.known_episode.began)}"
    recovered, length = timeline.milestone("recovered"), timeline.between("started", "recovered")
    if recovered.at is not None and length is not None:
        return f"{text} and the event rate was back to the usual level {moment(recovered.at)}, {briefly(length)} later."
    return f"{text}; {recovered.why}."


def _where(incident: Incident) -> str:
    projects = incident.evidence.projects
    if not projects:
        return ""
    return f" in the project{'s' if len(projects) > 1 else ''} {listed(projects)}"


# --- timeline ------------------------------------------------------------------------------------------------------


def _lines(incident: Incident) -> Iterator[TimelineLine]:
    """Rows and gaps; sorted by time a gap comes after the rows of its instant, and those keep their order."""
    for row in incident.timeline.rows:
        yield _line(row, incident.evidence.issue.url)
    for gap in incident.timeline.gaps:
        length = briefly(elapsed(gap.start, gap.end))
        what = f"no line for {length}, until {moment(gap.end, gap.start)}: what happened is not known here"
        yield TimelineLine(gap.start, what, "gap")


def _line(row: TimelineRow, issue_url: str) -> TimelineLine:
    source = row.source.partition("; 20")[0]
    return TimelineLine(row.at, row.what, row.kind, source, row.link if row.link and row.link != issue_url else "")


def _shortened(lines: list[TimelineLine]) -> list[TimelineLine]:
    """The first and the last lines, with a note in the middle; all when they are few enough."""
    if len(lines) <= MAX_LINES:
        return lines
    first, left_out, last = lines[: MAX_LINES // 2], lines[MAX_LINES // 2 : -MAX_LINES // 2], lines[-MAX_LINES // 2 :]
    what = f"{count(len(left_out), 'line')} left out here, up to {moment(left_out[-1].at)}"
    return [*first, TimelineLine(left_out[0].at, what, "gap"), *last]


def _interval(interval: Interval, incident: Incident) -> MilestoneInterval:
    ends = (incident.timeline.milestone(interval.start), incident.timeline.milestone(interval.end))
    over_candidate = interval.minutes is not None and any(milestone.candidate for milestone in ends)
    return MilestoneInterval.model_validate({**dict(interval), "over_candidate": over_candidate})


# --- detection -----------------------------------------------------------------------------------------------------


def _detection(incident: Incident) -> Iterator[Hint]:
    timeline = incident.timeline
    for milestone in (timeline.milestone("detected"), timeline.milestone("acknowledged")):
        name = milestone.name
        if milestone.at is None:
            yield Hint(f"When it was {name} is not known", milestone.why or "")
        else:
            after = _after_the_start(timeline, milestone)
            unsure = ", not confirmed by a person" if milestone.candidate else ""
            latest = " at the latest" if milestone.at_latest else ""
            yield Hint(f"{name.capitalize()} {moment(milestone.at)}{latest}{after}{unsure}", milestone.source or "")


def _after_the_start(timeline: Timeline, milestone: Milestone) -> str:
    length, started = timeline.between("started", milestone.name), timeline.milestone("started").at
    if length is None or started is None or milestone.at is None:
        return ""
    return f", {briefly(length)} after the start" if milestone.at >= started else ", at the start"
