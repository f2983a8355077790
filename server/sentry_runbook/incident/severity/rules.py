"""The severity of an incident: the runbook's rules as one ordered table (DESIGN section 5).

How to think about it: :mod:`criteria` measures one criterion a rule: met, not met or unknown. The first rule of
:data:`RULES` whose criterion is met decides; when none is, the last one does. An unknown criterion counts as not met
for the severity; ``could_be`` tries every outcome of the unknown ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from sentry_runbook.incident.environments import sessions_of
from sentry_runbook.incident.formatting import number, observed_text
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree, shown_pct
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Missing
from sentry_runbook.incident.model.policy import Level, rank
from sentry_runbook.incident.model.results.triage import CouldBe, Criterion, Distance, Met, Verdict
from sentry_runbook.incident.severity.anomalies import find_anomalies, suspect_rows
from sentry_runbook.incident.severity.criteria import MEASURED, NOT_AN_ERROR, OF_THE_PROJECT, REPORTED, ruled_out
from sentry_runbook.incident.severity.excluding import excluding, find_suspects
from sentry_runbook.incident.severity.leading import (
    ProjectFigure,
    project_figure,
    unknown_leader,
)
from sentry_runbook.incident.severity.response_clock import response_clock

RULES: tuple[tuple[str, Level], ...] = (
    ("non_production", "P3"),
    ("crash_free", "P0"),
    ("unhandled_rate", "P0"),
    ("data_loss", "P0"),
    ("core_flow_blocked", "P0"),
    ("users_per_hour", "P1"),
    ("edge_case", "P3"),
    ("default", "P2"),
)
"""Criterion and severity, in order; the first whose criterion is met decides (runbook table, DESIGN section 5)."""


def classify(incident: Measurements) -> Verdict:
    """The severity by the policy's rules, with every criterion, what is missing, and what would change it."""
    evidence, policy = incident.evidence, incident.policy
    criteria = rule_criteria(incident)
    reported = tuple(criterion(incident) for criterion in REPORTED)
    decided_by, severity = decide(met_by_id(criteria))
    words = policy.words(severity)
    clock = response_clock(incident, decided_by, severity)
    figure = _project_figure(incident, criteria, decided_by)
    of_rows = tuple(suspect_rows(evidence))
    suspects = find_suspects(evidence, of_rows)
    return Verdict(
        issue=evidence.issue.name,
        warnings=incident.warnings or None,
        severity=severity,
        label=words.label,
        decided_by=decided_by,
        because=_because(criteria, decided_by, severity, figure, sessions_of(evidence)),
        criteria=(*criteria, *reported),
        could_be=could_be(criteria),
        response_minutes=words.response_minutes,
        response=words.response,
        respond_by=clock.respond_by,
        due=clock.due,
        clock_started=clock.started,
        clock_basis=clock.basis,
        threshold_crossed_at=clock.crossed_at,
        escalation=words.escalation,
        policy=policy.title,
        distance=tuple(_distances(incident, criteria, severity)),
        share_of_project=figure.share if figure else None,
        crash_free_before_pct=_before(incident) if decided_by == "crash_free" else None,
        alone=figure.alone if figure else None,
        leading_issue=figure.leader if figure else None,
        severity_without_suspects=None
        if suspects is None
        else severity_of(Measurements(excluding(evidence, suspects), incident.stated, policy, incident.now)),
        missing=(
            *_missing((*criteria, *reported)),
            *(unknown_leader(incident, figure) if figure else ()),
            *clock.missing,
            *incident.unread_outcomes,
        ),
        findings=(*evidence.findings, *find_anomalies(incident, of_rows, decided_by)),
    )


# --- the rules -----------------------------------------------------------------------------------------------------


def decide(met: Mapping[str, Met]) -> tuple[str, Level]:
    """The first rule whose criterion is met; an unknown criterion is not met."""
    return next((name, level) for name, level in RULES if met.get(name) is True or name == "default")


def rule_criteria(incident: Measurements) -> tuple[Criterion, ...]:
    """The criteria of all rules; the last one, ``default``, is met when no other is."""
    criteria = tuple(criterion(incident) for criterion in MEASURED)
    decided_by, _ = decide(met_by_id(criteria))
    default = Criterion(id="default", threshold="no rule above holds", met=decided_by == "default")
    return (*criteria, default)


def severity_of(incident: Measurements) -> Level:
    """The severity alone."""
    return decide(met_by_id(rule_criteria(incident)))[1]


def met_by_id(criteria: Iterable[Criterion]) -> dict[str, Met]:
    """Whether each criterion is met, by its id."""
    return {criterion.id: criterion.met for criterion in criteria}


def could_be(criteria: Sequence[Criterion]) -> CouldBe:
    """The lowest and highest severity over every outcome of the unknown criteria."""
    return could_be_of(met_by_id(criteria), [entry.id for entry in criteria if is_open(entry)])


def could_be_of(met: Mapping[str, Met], unknown: Sequence[str]) -> CouldBe:
    """The same of criteria by id, of which these are unknown."""
    levels = [
        decide({**met, **dict(zip(unknown, outcome, strict=True))})[1]
        for outcome in product((True, False), repeat=len(unknown))
    ]
    return CouldBe(lowest=min(levels, key=rank), highest=max(levels, key=rank))


def is_open(criterion: Criterion) -> bool:
    """Whether the criterion could have another outcome than "not met".

    One that does not apply to this kind of issue has none; one that nobody was asked for counts as not stated.
    """
    return criterion.met == "unknown" and criterion.note != NOT_AN_ERROR and not criterion.is_unasked


# --- what the verdict says -----------------------------------------------------------------------------------------


def _because(
    criteria: Sequence[Criterion], decided_by: str, severity: Level, figure: ProjectFigure | None, sessions_of: str
) -> str:
    sentence = f"{_reason(_of_rule(criteria, decided_by), sessions_of)}: {severity}."
    return sentence if figure is None else sentence + figure.sentences


def _of_rule(criteria: Sequence[Criterion], rule: str) -> Criterion:
    return next(criterion for criterion in criteria if criterion.id == rule)


def _reason(criterion: Criterion, sessions_of: str) -> str:
    """The deciding criterion as a clause; ``sessions_of``: whose sessions were judged."""
    observed = observed_text(criterion)
    whose = (criterion.note or "").split(";")[0]
    measured = f"({criterion.window}), threshold {criterion.threshold}"
    reasons = {
        "non_production": f"Only outside production ({observed})",
        "crash_free": f"Crash-free sessions of {sessions_of} at {observed} {measured}",
        "unhandled_rate": f"{observed} unhandled exceptions {whose} in one minute {measured}",
        "data_loss": "A person stated a risk of data loss",
        "core_flow_blocked": "A person stated that the core flow is blocked for all",
        "users_per_hour": f"{observed} unique users in one rolling hour {measured}",
        "edge_case": f"An edge case ({observed})",
        "default": "No rule for a higher or a lower severity holds",
    }
    return reasons[criterion.id]


def _project_figure(incident: Measurements, criteria: Sequence[Criterion], decided_by: str) -> ProjectFigure | None:
    """What is known of the figure that decides, where it is the whole project's; else None."""
    note = _of_rule(criteria, decided_by).note or ""
    if decided_by != "crash_free" and not (decided_by == "unhandled_rate" and note.startswith(OF_THE_PROJECT)):
        return None
    return project_figure(incident, decided_by, _alone(incident, criteria))


def _alone(incident: Measurements, criteria: Sequence[Criterion]) -> Level:
    """The severity by this issue's own figures: its own busiest minute, and no crash-free rate."""
    peak = incident.own_peak
    is_above = isinstance(peak, MinutePeak) and peak.at_least > incident.policy.thresholds.unhandled_per_minute_above
    return decide({**met_by_id(criteria), "crash_free": False, "unhandled_rate": is_above})[1]


def _before(incident: Measurements) -> float | None:
    change = incident.crash_free_change
    return None if change is None else shown_pct(change.before.pct)


def _missing(criteria: Sequence[Criterion]) -> Iterator[Missing]:
    for criterion in criteria:
        if criterion.met == "unknown" and not criterion.is_unasked:
            yield Missing(what=criterion.id, why=criterion.note or "not measured")


def _distances(incident: Measurements, criteria: Sequence[Criterion], severity: Level) -> Iterator[Distance]:
    """What each measured criterion of a higher severity lacks."""
    met, limits = met_by_id(criteria), incident.policy.thresholds
    if met["non_production"] is True:
        # The other criteria are of production's events, of which there are none.
        yield Distance(criterion="non_production", to="P2", needs="one event in production")
        return
    if rank(severity) < rank("P1") and met["users_per_hour"] is False:
        yield from _distance_of_users(incident, limits.users_per_hour_above)
    if rank(severity) < rank("P0"):
        rate, peak = incident.crash_free, incident.project_peak
        if isinstance(rate, CrashFree) and met["crash_free"] is False:
            points = rate.lowest_pct - limits.crash_free_below_pct
            needs = f"crash-free sessions to fall by more than {number(points)} points"
            yield Distance(criterion="crash_free", to="P0", needs=needs)
        if isinstance(peak, MinutePeak) and met["unhandled_rate"] is False:
            more = limits.unhandled_per_minute_above + 1 - peak.at_least
            needs = f"{number(more)} more unhandled exceptions in one minute of the project"
            yield Distance(criterion="unhandled_rate", to="P0", needs=needs)


def _distance_of_users(incident: Measurements, limit: int) -> Iterator[Distance]:
    users, needs = incident.users, []
    if isinstance(users, UsersWorstHour) and users.at_most is not None and users.at_most <= limit:
        needs.append(f"{number(limit + 1 - users.at_least)} more unique users in one hour")
    if ruled_out(incident):
        # No number of users is enough: a stated fact or the policy's core flow rules the rule out.
        needs.append("no workaround, and the core flow hit")
    if needs:
        yield Distance(criterion="users_per_hour", to="P1", needs=", ".join(needs))
