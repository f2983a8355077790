"""The handoff to the next responder: state, what was tried, what changed since a time, who has what, what is open.

How to think about it: nothing is remembered between two handoffs. All of it is computed anew from Sentry, from the
time since which the reader does not know: the one that was given, else the last eight hours, or since the incident
began where that is later. What was tried is told of the whole incident with its effect, and every other act since that
time; so each act stands once. A reader at 3 a.m. needs the state first, then what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_runbook.errors import BadInput
from sentry_runbook.incident.events.why_fired import noun_of
from sentry_runbook.incident.formatting import count, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.messages.handoff_acts import RecordedAct, recorded_acts
from sentry_runbook.incident.messages.handoff_people import NO_ACTIVITY, people, unnamed
from sentry_runbook.incident.messages.handoff_steps import handoff_steps
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Unknown, quoted
from sentry_runbook.incident.model.evidence.issue import MAX_ACTIVITY
from sentry_runbook.incident.model.results.explanation import quoted_id
from sentry_runbook.incident.model.results.messages import FOR_ENGINEERS, Audience, Blank, Kind
from sentry_runbook.incident.severity.earlier import severity_at
from sentry_runbook.incident.situation.onset import NEAR

SHIFT = timedelta(hours=8)
"""How far back it looks when no time was given."""
MOST_TRIED, MOST_ACTS = 8, 12
KINDS_OF_ACTS = ("deploy of another release", "flag change", "resolve or archive")


def check_audience(kind: Kind, audience: Audience) -> None:
    """Refuse a message that is not for these readers, before anything is read.

    Raises:
        BadInput: it is for engineers only; names the message that the others get.
    """
    if kind in FOR_ENGINEERS and audience != "engineers":
        raise BadInput(
            f"kind={kind} is for engineers only: it names people, hosts and open questions. Nothing was drafted.",
            f"For {audience} use kind=update audience={audience}, or leave audience out.",
        )


@dataclass(frozen=True)
class Handoff:
    """The parts of a handoff, each a list of sentences; what is not known is a blank.

    Attributes:
        since: from when on changes are told, aware UTC.
        since_how: why from then on.
        in_sentry: the issue's status there, with its details.
        steps: what to do next, in order.
        tried: what may have ended the incident, over all of it, with the rates before and after.
        changed: what changed since then: severity, rate, other issues, and all other acts.
        people: who has it, and who acted.
        questions: what nobody has answered.
    """

    since: datetime
    since_how: str
    in_sentry: str
    steps: tuple[str, ...]
    tried: tuple[str | Blank, ...]
    changed: tuple[str | Blank, ...]
    people: tuple[str | Blank, ...]
    questions: tuple[str | Blank, ...]


def handoff(incident: Incident, stage: str, proposed: str | Unknown, since: datetime | None) -> Handoff:
    """The handoff of an incident.

    Args:
        incident: what is handed over.
        stage: the name of the stage it is in.
        proposed: the next step by the stage and the evidence, as the other messages have it.
        since: what the reader does not know began then, aware UTC; None: no time was given.
    """
    start, how = _since(incident, since)
    acts = recorded_acts(incident)
    tried = [act for act in acts if act.effect is not None]
    others = [act for act in acts if act.effect is None and act.at >= start]
    return Handoff(
        since=start,
        since_how=how,
        in_sentry=state_of(incident.evidence.issue).summary,
        steps=tuple(handoff_steps(incident, stage, proposed, [act.effect for act in tried if act.effect is not None])),
        tried=tuple(_tried(incident, tried)),
        changed=tuple(_changed(incident, start, others)),
        people=tuple(people(incident)),
        questions=tuple(_questions(incident)),
    )


def _since(incident: Incident, given: datetime | None) -> tuple[datetime, str]:
    if given is not None and given < incident.read_at:
        if given < incident.opens:
            return given, f"the time given; what came before {moment(incident.opens)} is left out"
        return given, "the time given"
    wrong = "no time was given" if given is None else "the time given is not before now"
    start = incident.read_at - SHIFT
    if incident.known_episode is not None and incident.began > start:
        return incident.began, f"when it began; {wrong}"
    return start, f"the last 8 h; {wrong}"


# --- what was tried, what changed ----------------------------------------------------------------------------------


def _tried(incident: Incident, tried: Sequence[RecordedAct]) -> Iterator[str | Blank]:
    if len(tried) > MOST_TRIED:
        yield f"{count(len(tried) - MOST_TRIED, 'earlier act')} of this kind stand in check_recovery"
    yield from (act.told(incident.now) for act in tried[-MOST_TRIED:])
    unread = dict(_unread_acts(incident))
    if not tried:
        read = [what for what in KINDS_OF_ACTS if what not in unread]
        yield f"Nothing is recorded: no {' and no '.join(read)}" if read else "Nothing could be read"
    yield from (Blank(f"each {what} in the incident", why) for what, why in unread.items())


def _unread_acts(incident: Incident) -> Iterator[tuple[str, str]]:
    """Kinds of acts that are not known, and why."""
    deploy, flag, act = KINDS_OF_ACTS
    for what, part in ((deploy, incident.unknown_deploys), (flag, incident.evidence.flag_changes)):
        if isinstance(part, Unknown):
            yield what, part.why
    if not incident.evidence.issue.logs_activity:
        yield act, NO_ACTIVITY


def _changed(incident: Incident, since: datetime, acts: Sequence[RecordedAct]) -> Iterator[str | Blank]:
    yield _severity(incident, since)
    yield from _rates(incident, since)
    yield from _other_issues(incident, since)
    by_people = [act for act in acts if not act.is_automation]
    kept = acts if len(acts) <= MOST_ACTS else by_people[-MOST_ACTS:]
    if len(kept) < len(acts):
        left = number(len(acts) - len(kept))
        yield f"{left} more since then stand in Sentry's activity log: those of automation, and the earlier ones"
    yield from (act.told(incident.now) for act in kept)
    if isinstance(incident.evidence.notes, Unknown) and not incident.evidence.issue.logs_activity:
        yield Blank("comments since then", incident.evidence.notes.why)
    log = incident.evidence.issue.activity
    if len(log) >= MAX_ACTIVITY and log[0].at > since:
        yield Blank(f"acts before {moment(log[0].at, incident.now)}", f"Sentry gives the last {MAX_ACTIVITY} entries")


def _severity(incident: Incident, since: datetime) -> str | Blank:
    now, episode = incident.severity.name, incident.known_episode
    if episode is not None and since <= episode.began_latest:
        crossed = incident.severity.threshold_crossed_at
        later = f"; it began after that, at {moment(episode.began, incident.now)}" if since < episode.began else ""
        return f"Severity: {now}{f', reached by {moment(crossed, incident.now)}' if crossed else ''}{later}"
    then = severity_at(incident, since)
    if isinstance(then, Unknown):
        return Blank(f"severity at {moment(since, incident.now)}", then.why)
    if episode is None:
        return Blank(f"severity at {moment(since, incident.now)}", incident.why_no_onset)
    if then == incident.severity.could_be:
        return f"Severity: {now}, as then"
    if then.lowest != then.highest:
        why = f"{then.lowest} to {then.highest}: when the figure that decides crossed its threshold is not known"
        return Blank(f"severity at {moment(since, incident.now)}", why)
    return f"Severity: {then.lowest} then, {now} now"


def _rates(incident: Incident, since: datetime) -> Iterator[str | Blank]:
    """Events since then, and the hour up to now beside the hour up to then."""
    counts, noun, since = incident.counts, noun_of(incident.evidence), since.replace(second=0, microsecond=0)
    events = None if counts is None else counts.counted(since)
    if counts is None or events is None:
        reach = "the event series does not reach back so far, or by clock hours only"
        yield Blank(f"{noun}s since then", reach if counts is not None else incident.recovery_metrics.why_no_rate)
        return
    now = counts.counted(incident.read_at - HOUR)
    then = counts.events(since - HOUR, since) if counts.is_measured(since - HOUR, since) else None
    hours = [
        "" if now is None else f"{number(now)} in the last hour",
        "" if then is None or counts.divided(since - HOUR) else f"{number(then)} in the hour before then",
    ]
    yield ", ".join(filter(None, [f"{count(events, noun)} since then", *hours]))


def _other_issues(incident: Incident, since: datetime) -> Iterator[str | Blank]:
    """Issues that began since then: of all projects those of the same incident, of this one those beside it."""
    related = incident.related
    if related.incident is not None:
        yield f"{related.incident.says[:1].upper()}{related.incident.says[1:].rstrip('.')}"
    for tied in related.issues[:3]:
        if tied.began >= since - NEAR:
            where = f" of {quoted(tied.project)}" if tied.project else ""
            reason = f": {tied.reasons[0]}" if tied.reasons else ""
            yield f"Of the same incident: {quoted_id(tied.short_id)} {quoted(tied.title)}{where}{reason}".rstrip(".")
    new = [issue for issue in incident.started_with if issue.began is not None and issue.began >= since]
    for issue in new[:3]:
        began = f"began {moment(issue.began, incident.now)}" if issue.began else ""
        yield f"New beside it: {issue.name}, {count(issue.events, 'event')}, {began}"
    if isinstance(incident.evidence.project_top, Unknown) and incident.evidence.issue.is_error:
        yield Blank("new issues of this project", incident.evidence.project_top.why)


# --- what is open --------------------------------------------------------------------------------------------------


def _questions(incident: Incident) -> Iterator[str | Blank]:
    for question in incident.questions:
        yield f"{question.question} ({question.decides}; answer with classify_severity {question.id}=…)"
    if not incident.stated.root_cause:
        top = incident.causes[0] if incident.causes else None
        points = f"the evidence points to {top.pattern.replace('_', ' ')} (confidence {top.confidence})" if top else ""
        yield Blank("root cause", points or "none of the runbook's patterns fits the evidence")
    yield Blank("what is under way right now", "Sentry records only what is done")
    yield from unnamed(incident)
    why = "looked at are those that began with this one"
    if isinstance(incident.evidence.began_with, Unknown):
        why = f"not looked at: this message reads {'these issues alone' if incident.evidence.together else 'one issue'}"
    yield Blank("issues of other projects that began since then", f"{why}; assess_situation looks at all projects")
