"""What a team can learn: contributing factors from the evidence, and questions that only people can answer.

A question names a number or a time where there is one, so that people talk about this incident and not in general.
It asks what made a thing easy or hard, never who.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta, tzinfo

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.formatting import briefly, clock_time, count, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.postmortem.hint import Hint
from sentry_runbook.incident.timeline.context import deployed
from sentry_runbook.incident.timeline.models import Timeline

SHORT, LONG = timedelta(minutes=15), timedelta(minutes=30)
"""The runbook's first triage takes fifteen minutes, an update is due every thirty."""
NIGHT_ENDS, NIGHT_BEGINS = 6, 20


def contributing(incident: Incident) -> Iterator[Hint]:
    """Contributing factors in the evidence: candidates, for people to judge."""
    causes = incident.causes
    for cause in (*causes[:1], *(cause for cause in causes[1:2] if cause.confidence != "low")):
        pattern = pattern_named(cause.pattern).title
        source = f"root-cause patterns, confidence {cause.confidence}"
        yield from (Hint(f"{pattern}: {text}", source) for text in cause.evidence_for)
        yield from (Hint(f"Against {pattern}: {text}", source) for text in cause.evidence_against)
    detect = incident.timeline.between("started", "detected")
    if detect is not None and detect > SHORT:
        yield Hint(f"Detection took {briefly(detect)}.", "time to detect")
    acknowledge = incident.timeline.between("detected", "acknowledged")
    if acknowledge is not None and acknowledge > SHORT:
        text = f"{briefly(acknowledge)} passed between detection and the first act of a person that is known."
        yield Hint(text, "time to acknowledge")
    if not any(pattern_named(cause.pattern).explains_blindness for cause in causes[:1]):
        yield from (Hint(gap.text, "events read") for gap in incident.gaps)
    issue = incident.evidence.issue
    if issue.names_assignee and not issue.assigned_to:
        name = issue.name if incident.evidence.together else "The issue"
        yield Hint(f"{name} has no assignee in Sentry.", "the issue in Sentry")


# --- questions -----------------------------------------------------------------------------------------------------


def went_well(incident: Incident) -> Iterator[str]:
    """What went well?"""
    timeline = incident.timeline
    detect, mitigate = timeline.between("started", "detected"), timeline.between("started", "mitigated")
    if detect is not None and detect <= SHORT:
        yield f"It was detected {briefly(detect)} after the start: what made that possible, and is it so elsewhere?"
    confirmed = _mitigation_is_confirmed(timeline)
    unsure = "" if confirmed else " (a candidate, to be confirmed)"
    if mitigate is not None and mitigate <= LONG:
        yield f"The harm ended {briefly(mitigate)} after the start{unsure}: what made that step quick and safe?"
    elif mitigate is not None:
        yield f"What helped most on the way to the mitigation, {briefly(mitigate)} after the start{unsure}?"
    if not confirmed and incident.stable_since is not None:
        yield "Which step ended the harm, and what told the team to take it?"
    yield "What information or tool helped the responders most?"


def went_badly(incident: Incident) -> Iterator[str]:
    """What went badly?"""
    detect = incident.timeline.between("started", "detected")
    if detect is None:
        yield "How did people learn of the incident, and when?"
    elif detect > SHORT:
        yield f"What showed the trouble during the {briefly(detect)} before detection, and who could see it?"
    acknowledge = incident.timeline.between("detected", "acknowledged")
    if acknowledge is not None and acknowledge > SHORT:
        yield f"What happened in the {briefly(acknowledge)} between detection and the first act that Sentry knows of?"
    for gap in incident.timeline.gaps[:2]:
        length = briefly(timedelta(minutes=gap.minutes))
        yield f"What happened from {moment(gap.start)} to {moment(gap.end)} ({length} without a line in the timeline)?"
    if regressions(incident.evidence.issue):
        yield "What did the earlier resolve leave open, so that the issue came back?"
    before = f" before {moment(incident.known_episode.began)}" if incident.known_episode is not None else ""
    yield f"Which signs of trouble existed{before}, and where could they be seen?"
    yield "Where did the response wait: for a person, an access right, a build, or a decision?"


def lucky(incident: Incident, zone: tzinfo | None = None) -> Iterator[str]:
    """Where were we lucky?

    Args:
        incident: what happened.
        zone: where the responders work; None: not known, and nothing is said of nights and weekends.
    """
    if incident.known_episode is not None and zone is not None:
        at = incident.known_episode.began.astimezone(zone)
        off = at.weekday() >= 5 or not NIGHT_ENDS <= at.hour < NIGHT_BEGINS
        other = "in office hours, with more traffic" if off else "at night, with fewer people around"
        yield f"It began {at:%A} {clock_time(at)} ({zone}): how does the response differ {other}?"
    impact = incident.impact
    if impact.users:
        least = "at least " if impact.users_lower_bound else ""
        yield f"What kept the number at {least}{count(impact.users, 'user')}: a limit that was built in, or chance?"
    elif impact.events:
        yield f"What kept the number at {count(impact.events, 'event')}: a limit that was built in, or chance?"
    rollback = [deploy for deploy in incident.later_deploys if incident.is_older(deploy.version)]
    if rollback and deployed(rollback[0]):
        name = quoted(rollback[0].version)
        yield f"{name} could be deployed again: which kinds of change make going back impossible?"
    top, own = incident.evidence.project_top, [issue.name for issue in incident.evidence.members]
    others = [issue for issue in top.value if issue.short_id not in own] if isinstance(top, Known) else []
    if others:
        text = f"{number(len(others))} other {'issue' if len(others) == 1 else 'issues'} of the project had unhandled"
        yield f"{text} events in the window: did any of them hide or delay this one?"


def _mitigation_is_confirmed(timeline: Timeline) -> bool:
    mitigated = timeline.milestone("mitigated")
    return mitigated.at is not None and not mitigated.candidate
