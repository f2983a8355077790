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
from sentry_runbook.incident.metrics.metrics import Case, CrashFree, MinutePeak, share_of_project
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Evidence, Missing, Stated, Unknown
from sentry_runbook.incident.model.policy import Level, Policy, rank
from sentry_runbook.incident.model.results.impact import Onset
from sentry_runbook.incident.model.results.triage import CouldBe, Criterion, Distance, Met, Verdict
from sentry_runbook.incident.severity.anomalies import findings, suspects, without
from sentry_runbook.incident.severity.criteria import MEASURED, NOT_AN_ERROR, REPORTED

__all__ = ["RULES", "CouldBe", "Criterion", "Distance", "Met", "Verdict", "classify", "decide"]

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


def classify(
    evidence: Evidence,
    stated: Stated,
    policy: Policy,
    now: datetime,
) -> Verdict:
    """Judge the severity by the policy's rules: the same evidence gives the same verdict.

    Args:
        evidence: what was measured.
        stated: what a person said: workaround, core flow, data loss, time of the alert.
        policy: thresholds and words.
        now: the time of reading.
    """
    verdict = verdict_of(Case(evidence, stated, policy))
    return verdict.model_copy(update={"issue": evidence.issue.name, "warnings": evidence.warnings or None})


def verdict_of(case: Case) -> Verdict:
    """The verdict on a case whose measures may already be known."""
    evidence, policy = case.evidence, case.policy
    criteria = judged(case)
    decided_by, severity = decide(answers(criteria))
    words = policy.words(severity)
    start = _clock_start(case)
    share = share_of_project(evidence) if _project_wide(criteria, decided_by) else None
    gone = suspects(evidence)
    return Verdict(
        severity=severity,
        label=words.label,
        decided_by=decided_by,
        because=_because(criteria, decided_by, severity, share),
        criteria=(*criteria, *(criterion(case) for criterion in REPORTED)),
        could_be=could_be(criteria),
        response_minutes=words.response_minutes,
        response=words.response,
        respond_by=start + timedelta(minutes=words.response_minutes) if start else None,
        escalation=words.escalation,
        policy=policy.title,
        distance=tuple(_distances(case, criteria, severity)),
        share_of_project=share,
        severity_without_suspects=None
        if gone is None
        else severity_of(Case(without(evidence, gone), case.stated, policy)),
        missing=tuple(_missing(case, criteria, start)),
        findings=(*evidence.findings, *findings(case, decided_by)),
    )


# --- the rules -----------------------------------------------------------------------------------------------------


def decide(met: Mapping[str, Met]) -> tuple[str, Level]:
    """The first rule that holds; a question that is not answered true does not hold."""
    return next((name, level) for name, level in RULES if met.get(name) is True or name == "default")


def judged(case: Case) -> tuple[Criterion, ...]:
    """The answers to all questions of the rules; the last one says whether none held."""
    criteria = tuple(criterion(case) for criterion in MEASURED)
    decided_by, _ = decide(answers(criteria))
    default = Criterion(id="default", threshold="no rule above holds", met=decided_by == "default")
    return (*criteria, default)


def severity_of(case: Case) -> Level:
    """The severity alone."""
    return decide(answers(judged(case)))[1]


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


def _clock_start(case: Case) -> datetime | None:
    """The stated alert time, else the first event of the incident."""
    if case.stated.alerted_at is not None:
        return case.stated.alerted_at
    return case.onset.at if isinstance(case.onset, Onset) else None


def _missing(case: Case, criteria: Sequence[Criterion], start: datetime | None) -> Iterator[Missing]:
    for one in (*criteria, *(criterion(case) for criterion in REPORTED)):
        if one.met == "unknown":
            yield Missing(what=one.id, why=one.note or _straddles(one))
    if start is None and isinstance(case.onset, Unknown):
        why = case.onset.why
        yield Missing(
            what="respond_by", why=f"when the incident began is not known ({why}): state when the alert fired"
        )


def _straddles(one: Criterion) -> str:
    return f"observed {one.observed}: on which side of the threshold is not certain"


def _distances(case: Case, criteria: Sequence[Criterion], severity: Level) -> Iterator[Distance]:
    """What each measured criterion of a higher severity lacks."""
    met, limits = answers(criteria), case.policy.thresholds
    if met["non_production"] is True:
        yield Distance(criterion="non_production", to="P2", needs="one event in production")
        return
    if rank(severity) < rank("P1") and met["users_per_hour"] is False:
        users = case.users
        note = next(one.note for one in criteria if one.id == "users_per_hour") or ""
        if isinstance(users, UsersWorstHour) and users.at_least <= limits.users_per_hour_above:
            more = limits.users_per_hour_above + 1 - users.at_least
            yield Distance(criterion="users_per_hour", to="P1", needs=f"{number(more)} more unique users in one hour")
        elif "does not hold" in note:
            yield Distance(criterion="users_per_hour", to="P1", needs="no workaround, and the core flow hit")
    if rank(severity) < rank("P0"):
        rate = case.crash_free
        if isinstance(rate, CrashFree) and met["crash_free"] is False:
            points = rate.lowest_pct - limits.crash_free_below_pct
            needs = f"crash-free sessions to fall by more than {number(round(points, 2))} points"
            yield Distance(criterion="crash_free", to="P0", needs=needs)
        peak = case.project_peak
        if isinstance(peak, MinutePeak) and met["unhandled_rate"] is False:
            more = limits.unhandled_per_minute_above + 1 - peak.at_least
            needs = f"{number(more)} more unhandled exceptions in one minute of the project"
            yield Distance(criterion="unhandled_rate", to="P0", needs=needs)
