"""The severity of an incident: the runbook's rules as one ordered table (DESIGN §5).

How to think about it: :mod:`criteria` answers six measured or stated questions with true, false or unknown. The first
rule of :data:`RULES` whose question is answered true decides; when none is, the last one does. An unknown answer
counts as "does not hold" for the verdict, and once as true and once as false for ``could_be``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product

from sentry_runbook.incident.formatting import number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.metrics.unhandled import MinutePeak, share_of_project
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Missing, Unknown
from sentry_runbook.incident.model.policy import Level, rank
from sentry_runbook.incident.model.results.impact import Onset
from sentry_runbook.incident.model.results.triage import CouldBe, Criterion, Distance, Met, Verdict
from sentry_runbook.incident.severity.anomalies import findings, suspects, without
from sentry_runbook.incident.severity.criteria import MEASURED, NOT_AN_ERROR, REPORTED

RULES: tuple[tuple[str, Level], ...] = (
    ("non_production", "P3"),
    ("crash_free", "P0"),
    ("unhandled_rate", "P0"),
    ("data_loss", "P0"),
    ("users_per_hour", "P1"),
    ("edge_case", "P3"),
    ("default", "P2"),
)
"""In order; the first that holds decides."""


def classify(incident: Measurements) -> Verdict:
    """Judge the severity by the policy's rules."""
    evidence, policy = incident.evidence, incident.policy
    criteria = judged(incident)
    decided_by, severity = decide(answers(criteria))
    words = policy.words(severity)
    start = _clock_start(incident)
    share = share_of_project(evidence) if _project_wide(criteria, decided_by) else None
    gone = suspects(evidence)
    return Verdict(
        issue=evidence.issue.name,
        warnings=evidence.warnings or None,
        severity=severity,
        label=words.label,
        decided_by=decided_by,
        because=_because(criteria, decided_by, severity, share),
        criteria=(*criteria, *(criterion(incident) for criterion in REPORTED)),
        could_be=could_be(criteria),
        response_minutes=words.response_minutes,
        response=words.response,
        respond_by=start + timedelta(minutes=words.response_minutes) if start else None,
        escalation=words.escalation,
        policy=policy.title,
        distance=tuple(_distances(incident, criteria, severity)),
        share_of_project=share,
        severity_without_suspects=None
        if gone is None
        else severity_of(Measurements(without(evidence, gone), incident.stated, policy, incident.now)),
        missing=tuple(_missing(incident, criteria, start)),
        findings=(*evidence.findings, *findings(incident, decided_by)),
    )


# --- the rules -----------------------------------------------------------------------------------------------------


def decide(met: Mapping[str, Met]) -> tuple[str, Level]:
    """The first rule that holds; a question that is not answered true does not hold."""
    return next((name, level) for name, level in RULES if met.get(name) is True or name == "default")


def judged(incident: Measurements) -> tuple[Criterion, ...]:
    """The answers to all questions of the rules; the last one says whether none held."""
    criteria = tuple(criterion(incident) for criterion in MEASURED)
    decided_by, _ = decide(answers(criteria))
    default = Criterion(id="default", threshold="no rule above holds", met=decided_by == "default")
    return (*criteria, default)


def severity_of(incident: Measurements) -> Level:
    """The severity alone."""
    return decide(answers(judged(incident)))[1]


def answers(criteria: Iterable[Criterion]) -> dict[str, Met]:
    """The criteria by id."""
    return {criterion.id: criterion.met for criterion in criteria}


def could_be(criteria: Sequence[Criterion]) -> CouldBe:
    """The lowest and highest severity over every way in which the unknown measurements may turn out."""
    met = answers(criteria)
    # What cannot apply cannot turn out either way.
    open_ = [one.id for one in criteria if one.met == "unknown" and one.note != NOT_AN_ERROR]
    levels = [
        decide({**met, **dict(zip(open_, outcome, strict=True))})[1]
        for outcome in product((True, False), repeat=len(open_))
    ]
    return CouldBe(lowest=min(levels, key=rank), highest=max(levels, key=rank))


# --- words ---------------------------------------------------------------------------------------------------------


def _because(criteria: Sequence[Criterion], decided_by: str, severity: Level, share: float | None) -> str:
    one = next(criterion for criterion in criteria if criterion.id == decided_by)
    sentence = f"{_seen(one)}: {severity}."
    if share is not None:
        sentence += f" It is the project's figure; this issue has {percent(100 * share)} of its unhandled events."
    return sentence


def _seen(one: Criterion) -> str:
    """What decided, in words."""
    number_seen = number(one.observed) if isinstance(one.observed, int | float) else one.observed
    whose = (one.note or "").split(";")[0]
    seen = {
        "non_production": f"Only outside production ({one.observed})",
        "crash_free": f"Crash-free sessions of production at {number_seen} % ({one.window}), threshold {one.threshold}",
        "unhandled_rate": f"{number_seen} unhandled exceptions {whose} in one minute ({one.window}), threshold "
        f"{one.threshold}",
        "data_loss": "A person stated a risk of data loss",
        "users_per_hour": f"{number_seen} unique users in one rolling hour ({one.window}), threshold {one.threshold}",
        "edge_case": f"An edge case ({one.observed})",
        "default": "No rule for a higher or a lower severity holds",
    }
    return seen[one.id]


def _project_wide(criteria: Sequence[Criterion], decided_by: str) -> bool:
    one = next(criterion for criterion in criteria if criterion.id == decided_by)
    return decided_by == "crash_free" or (
        decided_by == "unhandled_rate" and (one.note or "").startswith("of the whole project")
    )


def _clock_start(incident: Measurements) -> datetime | None:
    """The stated alert time, else the first event of the incident."""
    if incident.stated.alerted_at is not None:
        return incident.stated.alerted_at
    return incident.onset.at if isinstance(incident.onset, Onset) else None


def _missing(incident: Measurements, criteria: Sequence[Criterion], start: datetime | None) -> Iterator[Missing]:
    for one in (*criteria, *(criterion(incident) for criterion in REPORTED)):
        if one.met == "unknown":
            yield Missing(what=one.id, why=one.note or _straddles(one))
    if start is None and isinstance(incident.onset, Unknown):
        why = incident.onset.why
        yield Missing(
            what="respond_by", why=f"when the incident began is not known ({why}): state when the alert fired"
        )


def _straddles(one: Criterion) -> str:
    return f"observed {one.observed}: on which side of the threshold is not certain"


def _distances(incident: Measurements, criteria: Sequence[Criterion], severity: Level) -> Iterator[Distance]:
    """What each measured criterion of a higher severity lacks."""
    met, limits = answers(criteria), incident.policy.thresholds
    if met["non_production"] is True:
        yield Distance(criterion="non_production", to="P2", needs="one event in production")
        return
    if rank(severity) < rank("P1") and met["users_per_hour"] is False:
        users = incident.users
        note = next(one.note for one in criteria if one.id == "users_per_hour") or ""
        if isinstance(users, UsersWorstHour) and users.at_least <= limits.users_per_hour_above:
            more = limits.users_per_hour_above + 1 - users.at_least
            yield Distance(criterion="users_per_hour", to="P1", needs=f"{number(more)} more unique users in one hour")
        elif "does not hold" in note:
            yield Distance(criterion="users_per_hour", to="P1", needs="no workaround, and the core flow hit")
    if rank(severity) < rank("P0"):
        rate = incident.crash_free
        if isinstance(rate, CrashFree) and met["crash_free"] is False:
            points = rate.lowest_pct - limits.crash_free_below_pct
            needs = f"crash-free sessions to fall by more than {number(round(points, 2))} points"
            yield Distance(criterion="crash_free", to="P0", needs=needs)
        peak = incident.project_peak
        if isinstance(peak, MinutePeak) and met["unhandled_rate"] is False:
            more = limits.unhandled_per_minute_above + 1 - peak.at_least
            needs = f"{number(more)} more unhandled exceptions in one minute of the project"
            yield Distance(criterion="unhandled_rate", to="P0", needs=needs)
