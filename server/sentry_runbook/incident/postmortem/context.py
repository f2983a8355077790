"""What the postmortem tells, as facts for its template: timeline, numbers, five whys, action items, questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.formatting import briefly, count, moment
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.fields import (
    NOT_STATED,
    ActionFacts,
    DayFacts,
    Fact,
    MilestoneFacts,
    NumberFacts,
    RowFacts,
    Story,
    WhyFacts,
    blank,
    facts,
)
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.impact import Impact
from sentry_runbook.incident.model.results.messages import ActionItem, Interval, Milestone, TimelineRow
from sentry_runbook.incident.postmortem.action_items import action_items
from sentry_runbook.incident.postmortem.five_whys import Hint, Why, five_whys
from sentry_runbook.incident.postmortem.impact_numbers import Figure, figures, query_window
from sentry_runbook.incident.postmortem.retrospective import contributing, lucky, went_badly, went_well
from sentry_runbook.incident.timeline.models import Timeline

MOST_ROWS = 44
"""More lines nobody reads; the whole list is in the structured timeline."""


def story(incident: Incident) -> Story:
    """The story of an incident; each number says its query, each row its source."""
    told, counted = incident.timeline, incident.impact
    return Story(
        summary=facts(_summary(incident, told, counted)),
        timeline=tuple(_days(incident, told)),
        contradictions=facts(told.contradictions),
        milestones=tuple(map(_milestone, told.milestones)),
        intervals=tuple(_interval(one, told) for one in told.intervals),
        detection=tuple(_hint(one) for one in _detection(incident, told)),
        numbers=tuple(map(_number, figures(incident, told, counted))),
        window=Fact(query_window(incident).value or ""),
        whys=tuple(map(_why, five_whys(incident, told))),
        contributing=tuple(map(_hint, contributing(incident, told))),
        actions=tuple(map(_action, action_items(incident, told))),
        went_well=facts(went_well(incident, told)),
        went_badly=facts(went_badly(incident, told)),
        lucky=facts(lucky(incident, told, counted)),
    )


# --- summary -------------------------------------------------------------------------------------------------------


def _summary(incident: Incident, told: Timeline, counted: Impact) -> Iterator[str]:
    yield _what_happened(incident, told)
    yield f"Impact: {counted.reading}"
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
    yield f"Recovery: {incident.recovery.reading}"


def _what_happened(incident: Incident, told: Timeline) -> str:
    issue = incident.evidence.issue
    where = f" in the project {quoted(issue.project)}" if issue.project else ""
    if incident.known_onset is None:
        return f"When the incident of {issue.name}{where} began is not known: {incident.why_no_onset}."
    text = f"The incident of {issue.name}{where} began {moment(incident.known_onset.at)}"
    recovered, length = told.milestone("recovered"), told.between("started", "recovered")
    if recovered.at is not None and length is not None:
        return f"{text} and the event rate was back to the usual level {moment(recovered.at)}, {briefly(length)} later."
    return f"{text}; {recovered.why}."


# --- timeline ------------------------------------------------------------------------------------------------------


def _days(incident: Incident, told: Timeline) -> Iterator[DayFacts]:
    entries = [(row.at, 0, _row(row, incident)) for row in told.rows]
    for gap in told.gaps:
        what = f"no line for {briefly(gap.end - gap.start)}, until {gap.end:%H:%M}: what happened is not known here"
        entries.append((gap.start, 1, _note(gap.start, what)))
    # Of one instant the gap comes last; sorted() is stable, so the rows keep their order.
    ordered = sorted(entries, key=lambda entry: entry[:2])
    if len(ordered) > MOST_ROWS:
        left_out = ordered[MOST_ROWS // 2 : -MOST_ROWS // 2]
        what = f"{count(len(left_out), 'line')} left out here, up to {moment(left_out[-1][0])}"
        place = (left_out[0][0], 1, _note(left_out[0][0], what))
        ordered = [*ordered[: MOST_ROWS // 2], place, *ordered[-MOST_ROWS // 2 :]]
    for day, rows in groupby(ordered, key=lambda entry: f"{entry[0]:%Y-%m-%d}"):
        yield DayFacts(Fact(day), tuple(row for _, _, row in rows))


def _note(at: datetime, what: str) -> RowFacts:
    return RowFacts(Fact(f"{at:%H:%M}"), Fact(what), "gap", Fact(""))


def _row(row: TimelineRow, incident: Incident) -> RowFacts:
    # The window and the environments of a query stand with the numbers; here its name is enough.
    source = row.source.partition("; 20")[0]
    # The issue's own address stands at the top.
    link = row.link if row.link != incident.evidence.issue.url else None
    return RowFacts(Fact(f"{row.at:%H:%M}"), Fact(row.what), row.kind, Fact(source, link=link or ""))


def _milestone(one: Milestone) -> MilestoneFacts:
    known = one.at is not None
    return MilestoneFacts(
        name=Fact(one.name),
        value=Fact(moment(one.at)) if one.at is not None else blank(f"when it was {one.name}", one.why or ""),
        definition=Fact(one.definition),
        source=Fact((one.source if known else one.why) or ""),
        candidate=one.candidate,
        confirmed=blank(f"when it was {one.name}, confirmed", NOT_STATED) if one.candidate else Fact(""),
    )


def _interval(one: Interval, told: Timeline) -> MilestoneFacts:
    length = told.between(one.start, one.end)
    candidate = told.milestone(one.start).candidate or told.milestone(one.end).candidate
    return MilestoneFacts(
        name=Fact(one.name),
        value=Fact(briefly(length)) if length is not None else blank(one.name, one.why or ""),
        definition=Fact(f"{one.start} to {one.end}"),
        source=Fact(one.why or ""),
        candidate=candidate and length is not None,
    )


def _detection(incident: Incident, told: Timeline) -> Iterator[Hint]:
    for one in (told.milestone("detected"), told.milestone("acknowledged")):
        name = one.name
        if one.at is None:
            yield Hint(f"When it was {name} is not known", one.why or "")
        else:
            length = told.between("started", one.name)
            after = f", {briefly(length)} after the start" if length is not None else ""
            sure = ", not confirmed by a person" if one.candidate else ""
            yield Hint(f"{name.capitalize()} {moment(one.at)}{after}{sure}", one.source or "")


# --- the rest ------------------------------------------------------------------------------------------------------


def _number(one: Figure) -> NumberFacts:
    value = Fact(one.value, source=one.source) if one.value is not None else blank(_wanted(one.name), one.why)
    return NumberFacts(name=Fact(one.name), value=value, source=Fact(one.source if one.value is not None else one.why))


def _wanted(name: str) -> str:
    return name if name.startswith("p95") else name[0].lower() + name[1:]


def _hint(one: Hint) -> Fact:
    return Fact(one.text, source=one.source)


def _why(one: Why) -> WhyFacts:
    answer = blank(one.ask, NOT_STATED) if one.answer is None else Fact(one.answer, stated=True, source="stated")
    return WhyFacts(question=Fact(one.question), answer=answer, evidence=tuple(map(_hint, one.hints)))


def _action(one: ActionItem) -> ActionFacts:
    return ActionFacts(
        action=Fact(one.action),
        done_when=Fact(one.done_when),
        why=Fact(one.why),
        owner=Fact(one.owner) if one.owner else blank("owner", NOT_STATED),
        due=Fact(one.due) if one.due else blank("due date", NOT_STATED),
    )


def questions(told: Story) -> Iterable[Fact]:
    """All questions to people."""
    return (*told.went_well, *told.went_badly, *told.lucky)
