"""The impact of an incident: events, users, peaks, shares and endpoints, each measured or named in ``missing``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from sentry_runbook.incident.episode.issue_counts import issue_days, issue_hours
from sentry_runbook.incident.events.why_fired import noun_of
from sentry_runbook.incident.formatting import count, duration, listed, moment, number
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.breakdown import breakdown_rows
from sentry_runbook.incident.metrics.counter import is_more
from sentry_runbook.incident.metrics.crash_free import CrashFree, shown_pct
from sentry_runbook.incident.metrics.timeseries import end_of, in_window, total
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import (
    AffectedEndpoint,
    EnvironmentScope,
    Evidence,
    Known,
    Latency,
    Missing,
    Unknown,
    Window,
)
from sentry_runbook.incident.model.results.impact import (
    Baseline,
    Episode,
    Impact,
    ImpactWindow,
    Trend,
)

SHORTEST_BY_HOURS = timedelta(hours=10)
SHORTEST_BY_DAYS = timedelta(days=2)
"""Shorter windows are not answered by the issue's own hours or days: the buckets that overlap hold too much besides."""


def count_impact(incident: Measurements) -> Impact:
    """Count the impact of the incident in its window."""
    evidence = incident.evidence
    counts = _ImpactCounts(incident)
    users = _users(incident, counts)
    own, project = _known_peak(incident.own_peak), _known_peak(incident.project_peak)
    rate = incident.crash_free if isinstance(incident.crash_free, CrashFree) else None
    episode_pct = incident.episode_crash_free_pct if rate else None
    endpoints = evidence.latency.value.endpoints if isinstance(evidence.latency, Known) else ()
    return Impact(
        window=_window(evidence, counts.window, counts.widened),
        reading=_reading(incident, counts),
        events=counts.events,
        users=counts.users,
        events_lower_bound=counts.events_lower_bound or None,
        users_lower_bound=counts.lower_bound or None,
        users_worst_hour=users.at_least if users else None,
        users_worst_hour_at_most=users.at_most if users and not users.exact and not counts.events_lower_bound else None,
        users_worst_hour_start=users.start if users else None,
        unhandled_lower_bound=(own.is_lower_bound or None) if own else None,
        unhandled_per_minute_peak=own.at_least if own else None,
        unhandled_per_minute_peak_at=own.at if own and own.at_least else None,
        project_unhandled_per_minute_peak=project.at_least if project else None,
        crash_free_sessions_pct=shown_pct(rate.period_pct) if rate else None,
        crash_free_episode_pct=shown_pct(episode_pct) if episode_pct is not None else None,
        crash_free_worst_hour_pct=shown_pct(rate.worst_hour_pct) if rate and rate.worst_hour_pct is not None else None,
        crash_free_worst_hour_start=rate.worst_hour_start if rate else None,
        sessions=evidence.sessions.value.sessions if isinstance(evidence.sessions, Known) else None,
        sessions_start=rate.window.start if rate else None,
        sessions_end=rate.window.end if rate else None,
        baseline=incident.baseline if isinstance(incident.baseline, Baseline) and not counts.widened else None,
        p95_ms=_main_p95(incident),
        p95_estimate=_main_estimate(incident),
        endpoints=tuple(map(_endpoint, endpoints)),
        breakdown=breakdown_rows(incident.compared),
        trend=incident.trend if isinstance(incident.trend, Trend) else None,
        episode=incident.episode if isinstance(incident.episode, Episode) else None,
        events_all_time=evidence.issue.events_total if counts.events is None else None,
        users_all_time=evidence.issue.users_total if counts.users is None else None,
        missing=merge_missing(_missing(incident, counts, users)),
        findings=evidence.findings,
        issue=evidence.issue.name,
        warnings=incident.warnings or None,
    )


class _ImpactCounts:
    """Events and users of the window, of a wider one when it is empty, or of the issue itself.

    Attributes:
        window: what the numbers cover.
        widened: True when that is not the window asked for (runbook: an empty answer is widened to 7 d).
        lower_bound: True when only some events carry a user, or events were dropped.
        events_lower_bound: True when Sentry dropped events of the project, or a part of the window was not counted.
        buckets: what the events were summed of, where that was whole buckets of the issue's own counts; else empty.
        why, why_users: why events or users are unknown.
    """

    def __init__(self, incident: Measurements) -> None:
        evidence = incident.evidence
        self.window, self.widened, self.lower_bound = evidence.window, False, False
        self.events: int | None = None
        self.users: int | None = None
        is_at_least = False
        self.buckets = self.why = self.why_users = ""
        if isinstance(evidence.totals, Known):
            totals = evidence.totals.value
            if totals.events == 0 and isinstance(evidence.widened, Known):
                self.window, totals, self.widened = evidence.widened.value.window, evidence.widened.value.totals, True
            self.events, self.users, self.lower_bound = totals.events, totals.users, totals.users_lower_bound
            is_at_least = totals.events_lower_bound
            self.why_users = evidence.totals.note or "no event carries a user: unknown, not zero"
        elif evidence.issue.is_error:
            self.why = self.why_users = evidence.totals.why
        else:
            self._of_the_issue(evidence)
        self.events_lower_bound = is_at_least or (self.events is not None and incident.dropped_at_most > 0)
        self.lower_bound = self.lower_bound or (self.users is not None and self.events_lower_bound)

    def _of_the_issue(self, evidence: Evidence) -> None:
        """A non-error issue: its own counters, and only where they cover the window (sentry-api rule 2)."""
        issue = evidence.issue
        hours = sum(events for _, events in issue.hourly)
        is_wrong = issue.events_total is not None and is_more(hours, issue.events_total)
        if issue.first_seen is not None and issue.first_seen >= evidence.window.start and not is_wrong:
            self.events, self.users = issue.events_total, issue.users_total
        else:
            self._of_the_buckets(evidence)
        self.why = "the issue's own hours and days are too long for the window, or do not cover it"
        if self.events is not None and not self.buckets:
            self.why_users = "no event carries a user: unknown, not zero"
        else:
            self.why_users = "for this kind of issue Sentry counts users over all time only"

    def _of_the_buckets(self, evidence: Evidence) -> None:
        """The buckets that overlap the window, of the first row that covers it and is fine enough to answer."""
        window = evidence.window
        for row, shortest, unit in (
            (issue_hours(evidence), SHORTEST_BY_HOURS, "full clock hours"),
            (issue_days(evidence), SHORTEST_BY_DAYS, "full days, UTC"),
        ):
            covered = row is not None and row.start <= window.start and window.end <= end_of(row)
            if row is not None and covered and window.length >= shortest:
                self.events, self.buckets = total(in_window(row, window.start, window.end)), unit
                return


def _known_peak(peak: MinutePeak | Unknown) -> MinutePeak | None:
    return peak if isinstance(peak, MinutePeak) else None


def _users(incident: Measurements, counts: _ImpactCounts) -> UsersWorstHour | None:
    return incident.users if isinstance(incident.users, UsersWorstHour) and not counts.widened else None


def _endpoint(endpoint: AffectedEndpoint) -> AffectedEndpoint:
    return endpoint.model_copy(update={"p95_ms": None if endpoint.p95_ms is None else round(endpoint.p95_ms, 1)})


def _main_p95(incident: Measurements) -> float | None:
    latency = incident.evidence.latency
    main = latency.value.main_endpoint if isinstance(latency, Known) else None
    return round(main.p95_ms, 1) if main is not None and main.p95_ms is not None else None


def _main_estimate(incident: Measurements) -> str | None:
    latency = incident.evidence.latency
    main = latency.value.main_endpoint if isinstance(latency, Known) else None
    return main.estimate if main is not None and main.p95_ms is not None else None


def _why_no_p95(latency: Latency) -> str:
    main = latency.main_endpoint
    if main is not None and main.samples:
        return f"only {count(main.samples, 'sample')} of the main transaction: too few for a p95"
    if main is not None and main.estimate and main.count is None:
        return main.estimate
    return f"Sentry has no {latency.measure} for the main transaction"


# --- words ---------------------------------------------------------------------------------------------------------


def _window(evidence: Evidence, window: Window, widened: bool) -> ImpactWindow:
    scope = evidence.scope
    environments = "all environments"
    if scope.basis == "asked":
        environments = f"asked for: {listed(scope.names)}"
    elif scope.basis == "production":
        environments = f"production: {listed(name or 'no environment' for name in scope.production)}"
    return ImpactWindow(
        start=window.start,
        end=window.end,
        widened_from=duration(evidence.window.length) if widened else None,
        environments=environments,
        note=window.note or None,
    )


WHERE = {"asked": "the environments asked for", "production": "production", "all": "all environments"}


def _where(scope: EnvironmentScope) -> str:
    """Where the events are; of an issue that was seen in production only, all environments are production."""
    return WHERE["production" if scope.basis == "all" and scope.production and not scope.others else scope.basis]


def _in_production(incident: Measurements) -> str:
    """How many of the events of all environments are production's, where others have some, too."""
    scope, part = incident.evidence.scope, incident.evidence.environments
    if scope.basis != "all" or not scope.others or not scope.production or not isinstance(part, Known):
        return ""
    production = sum(entry.events for entry in part.value if incident.policy.is_production(entry.name))
    return f", {number(production)} of them in production"


def _reading(incident: Measurements, counts: _ImpactCounts) -> str:
    evidence = incident.evidence
    where, asked = _where(evidence.scope), duration(evidence.window.length)
    if counts.events is None:
        return f"The impact is unknown, which is not the same as none: {counts.why}."
    if counts.events == 0 and counts.events_lower_bound:
        return f"No event in {where} in {asked}, but Sentry dropped events: the impact is unknown, not none."
    if counts.events == 0:
        wider = f", nor in {duration(counts.window.length)}" if counts.widened else ""
        return f"No impact: Sentry counted no event in {where} in {asked}{wider}. This is measured."
    least, users_least = (
        "at least " if is_least else "" for is_least in (counts.events_lower_bound, counts.lower_bound)
    )
    hit = f"{least}{count(counts.events, noun_of(evidence))} in {where}"
    if counts.users:
        hit = f"{users_least}{count(counts.users, 'user')} hit {hit}"
    if counts.widened:
        return f"No event in the {asked} asked for; in {duration(counts.window.length)}: {hit}."
    hit = f"{hit[:1].upper()}{hit[1:]}"
    beside = _in_production(incident)
    return f"{hit} in {asked} until {moment(counts.window.end)}{beside}{_counted_by(evidence, counts)}."


def _counted_by(evidence: Evidence, counts: _ImpactCounts) -> str:
    if evidence.issue.is_error:
        return ""
    buckets = f", in {counts.buckets}" if counts.buckets else ""
    return f" (counted by the issue itself, of category {evidence.issue.category}{buckets})"


def _missing(incident: Measurements, counts: _ImpactCounts, users: UsersWorstHour | None) -> Iterator[Missing]:
    evidence = incident.evidence
    if counts.events is None:
        yield Missing(what="events", why=counts.why)
    if counts.users is None:
        yield Missing(what="users", why=counts.why_users)
    if users is None:
        why = (
            incident.users.why
            if isinstance(incident.users, Unknown)
            else "the period is empty; the wider one has no hours"
        )
        yield Missing(what="users_worst_hour", why=why)
    for what, part in (
        ("unhandled_per_minute_peak", incident.own_peak),
        ("project_unhandled_per_minute_peak", incident.project_peak),
        ("crash_free_sessions_pct", incident.crash_free),
        ("baseline", incident.baseline),
        ("trend", incident.trend),
        ("usual_rate", _unread_history(incident)),
        ("episode", incident.episode),
    ):
        if isinstance(part, Unknown):
            yield Missing(what=what, why=part.why)
    if counts.widened and isinstance(incident.baseline, Baseline):
        yield Missing(what="baseline", why="the period is empty; the wider one has none")
    elif isinstance(incident.baseline, Baseline) and incident.baseline.ratio is None:
        why = "the baseline is empty" if incident.baseline.events == 0 else "the window's events are unknown"
        yield Missing(what="baseline.ratio", why=why)
    if isinstance(evidence.latency, Unknown):
        yield Missing(what="p95_ms", why=evidence.latency.why)
        yield Missing(what="endpoints", why=evidence.latency.why)
    elif _main_p95(incident) is None:
        yield Missing(what="p95_ms", why=_why_no_p95(evidence.latency.value))
    if isinstance(evidence.breakdown, Unknown):
        yield Missing(what="breakdown", why=evidence.breakdown.why)
    elif isinstance(evidence.tags, Unknown) and evidence.tags.asked:
        # Which tags the events are counted by is chosen from those of the issue.
        yield Missing(
            what="breakdown.tag", why=f"the issue's tags are not known, so the usual ones: {evidence.tags.why}"
        )
    if isinstance(incident.traffic, Unknown):
        yield Missing(what="traffic", why=incident.traffic.why)
    yield from incident.unread_outcomes


def _unread_history(incident: Measurements) -> Unknown | None:
    """That the days before were asked for and are not known: what is usual is then known from less, or not at all."""
    history = incident.evidence.history
    return history if isinstance(history, Unknown) and history.asked and incident.evidence.issue.is_error else None


def missing_below(part: str, missing: Iterable[Missing]) -> Iterator[Missing]:
    """What a part of a result misses, as paths of the whole result: ``impact.breakdown``."""
    return (Missing(what=f"{part}.{entry.what}", why=entry.why) for entry in missing)


def merge_missing(missing: Iterable[Missing]) -> tuple[Missing, ...]:
    """Each missing part once, with the first reason given."""
    by_name: dict[str, Missing] = {}
    for entry in missing:
        by_name.setdefault(entry.what, entry)
    return tuple(by_name.values())
