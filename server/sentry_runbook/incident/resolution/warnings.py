"""What a person should know before an issue's status is changed: one function a warning, each from evidence.

:data:`WARNINGS` says in which order they come and for which actions each is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta

from sentry_runbook.incident.formatting import count, duration, listed, moment, trend_counts
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_state import state_of
from sentry_runbook.incident.issue_status import last_resolve, regression_by_date, regressions
from sentry_runbook.incident.metrics.timeseries import HOUR
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Issue, Known, Unknown, quoted
from sentry_runbook.incident.model.results.impact import Trend
from sentry_runbook.incident.model.results.resolution import Action
from sentry_runbook.incident.release_versions import same_release
from sentry_runbook.incident.releases import names_a_release, release_named, releases_seen
from sentry_runbook.incident.resolution.release_order import order_warnings
from sentry_runbook.incident.resolution.request import ACTIONS, LONG_MINUTES, ResolutionRequest

ANY = frozenset(ACTIONS)
RESOLVES = frozenset(action for action, rule in ACTIONS.items() if rule.status == "resolved")
ARCHIVES = frozenset(action for action, rule in ACTIONS.items() if rule.status == "ignored")


def warnings_for(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """All that speaks against the request or that may surprise, the gravest first."""
    for warn, actions in WARNINGS:
        if request.action in actions:
            yield from warn(request, incident)


def _for_ever(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    if request.is_limited:
        return
    if not incident.evidence.keeps_conditions:
        yield "The issue is archived for ever: this server, GlitchTip, keeps no limit and never alerts on it again."
        return
    yield (
        "Without a limit the issue is archived for ever: Sentry never alerts on it again. "
        "Limits are ignore_count, ignore_minutes, ignore_users; or use action=archive_until_escalating."
    )


# --- is it over? ---------------------------------------------------------------------------------------------------


def _still_spiking(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    if isinstance(incident.trend, Trend) and incident.trend.direction == "spiking":
        yield f"It is still spiking: {trend_counts(incident.trend)}."


def _not_over(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    if isinstance(incident.trend, Trend) and incident.trend.direction == "spiking":
        return
    recovery = incident.recovery
    if recovery.verdict != "recovered":
        yield f"It is not shown to be over (check_recovery: {recovery.verdict}). {recovery.reading}"


def _came_back_before(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    recorded = regressions(incident.evidence.issue)
    if recorded:
        last = max(recorded, key=lambda entry: entry.at)
        on = f" with release {quoted(last.version)}" if last.version else ""
        yield (
            f"It was resolved before and came back ({count(len(recorded), 'time')}, last {moment(last.at)}{on}): "
            "make sure that the cause is fixed, not the symptom, and add a regression test."
        )
    by_date = regression_by_date(incident.evidence.issue)
    if by_date:
        yield f"{by_date}."


# --- what a plain resolve does -------------------------------------------------------------------------------------


def _may_reopen(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """A plain resolve reopens at any event; right after a roll-out old instances still send some."""
    now = incident.now
    waits = "resolve_in_next_release waits for a later release" if incident.evidence.keeps_conditions else ""
    finished = [(deploy.finished, deploy.version) for deploy in _deploys(incident.evidence) if deploy.finished]
    recent = [(at, version) for at, version in finished if now - HOUR <= at <= now]
    if recent:
        at, version = max(recent)
        yield (
            f"{quoted(version)} was deployed {duration(now - at)} ago: old instances may still send events, and any "
            f"event reopens a plainly resolved issue.{waits and f' {waits}.'}"
        )
    elif isinstance(incident.trend, Trend) and incident.trend.last_hour:
        yield f"Any new event reopens a plainly resolved issue{waits and f'; {waits}'}."


def _deploys(evidence: Evidence) -> Iterator[Deploy]:
    if isinstance(evidence.deploys, Known):
        yield from evidence.deploys.value
    if isinstance(evidence.releases, Known):
        for release in evidence.releases.value:
            yield from release.deploys or ()


def _loses_release(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """Changing away from a resolve in a release deletes the link to the release (sentry-api §10)."""
    issue = incident.evidence.issue
    if issue.status_release or issue.next_release:
        yield f"It is {state_of(issue).summary} now; a plain resolve drops that link, and any event then reopens it."


def _resolved_by_other(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    issue = incident.evidence.issue
    resolve = last_resolve(issue)
    if issue.status == "resolved" and resolve is not None:
        yield f"It is resolved already, since {moment(resolve.at)}; resolving again moves that time."


# --- resolves that wait for a release ------------------------------------------------------------------------------


def _next_release(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """Which releases the project has is not asked here: Sentry refuses where there is none (400)."""
    if not names_a_release(incident.evidence):
        yield (
            "No event of this issue names a release: events without one never reopen an issue that is resolved in a "
            "release, and Sentry refuses this where the project has none. action=resolve works without releases."
        )


def _named_release(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """The release of ``resolve_in_release``: does Sentry know it, was it seen, does the issue use such names."""
    version = request.release or ""
    if version == "latest":
        yield "latest is whatever release is the newest in Sentry at the moment of the write."
        yield from _next_release(request, incident)
        return
    yield from _not_ready(version, incident.evidence)
    releases = releases_seen(incident.evidence)
    if any(same_release(version, other) for other in releases):
        yield f"Events of this issue come from {quoted(version)} itself: it does not hold the fix."
    elif releases and not any(_prefix(other) == _prefix(version) for other in releases):
        yield (
            f"The issue's events name their releases otherwise ({listed(releases)}): {quoted(version)} may never match "
            "one, and then nothing reopens the issue."
        )


def _not_ready(version: str, evidence: Evidence) -> Iterator[str]:
    """The release is unknown to Sentry, or nothing shows that it runs."""
    release = release_named(evidence, version)
    if release is None and isinstance(evidence.releases, Known):
        seen = releases_seen(evidence)
        events = f" Events of this issue name {listed(seen)}." if seen else ""
        yield f"Sentry knows no release {quoted(version)}: it refuses this until the release exists there.{events}"
    elif release is not None and not release.is_live:
        yield f"No deploy marker and no event shows that {quoted(version)} is live: check that the fix is out."


def _prefix(version: str) -> str:
    """The part before the number: ``shop@`` of ``shop@2.4.1``, ``v`` of ``v2.4.1``, nothing of ``2.4.1``."""
    prefix = re.match(r"(.*@)?(v)?(?=\d)|(.*@)", version)
    return prefix.group() if prefix else ""


# --- archives ------------------------------------------------------------------------------------------------------


def _hides(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """Archiving an incident that is going on hides it from everybody."""
    substatus = incident.evidence.issue.substatus
    if substatus in ("new", "regressed", "escalating"):
        yield f"Sentry calls it {substatus}: archiving silences its alerts for everybody."


def _limits(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    """A count is of further events, not of the issue's total (the runbook's "snooze until 100 events")."""
    within = f" within {duration(timedelta(minutes=request.window_minutes))}" if request.window_minutes else ""
    if request.ignore_count is not None:
        events = count(request.ignore_count, "MORE event")
        length = "" if within else _how_long(request.ignore_count, incident.trend)
        yield f"ignore_count={request.ignore_count} means {events} from now{within}.{length}"
    if request.ignore_users is not None:
        users = count(request.ignore_users, "MORE user")
        yield f"ignore_users={request.ignore_users} means {users} from now{within}."
    if request.ignore_minutes is not None and request.ignore_minutes > LONG_MINUTES:
        lasts = duration(timedelta(minutes=request.ignore_minutes))
        yield f"ignore_minutes={request.ignore_minutes} is {lasts}: nobody hears of the issue for so long."
    limits = (request.ignore_count, request.ignore_users, request.ignore_minutes)
    if sum(limit is not None for limit in limits) > 1:
        yield "With several limits the first one that is reached ends it."


def _how_long(events: int, trend: Trend | Unknown) -> str:
    """How long the count lasts at the last hour's rate, as a sentence; empty when no rate is known."""
    if isinstance(trend, Unknown) or not trend.last_hour:
        return ""
    minutes = 60 * events / trend.last_hour
    lasts = timedelta(minutes=round(minutes)) if minutes >= 1 else timedelta(seconds=max(1, round(60 * minutes)))
    return f" At the last hour's rate that is {duration(lasts)}."


def _forecast(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    yield (
        "Escalation needs Sentry's forecasts: a server without them may archive the issue for ever. "
        "The read-back tells."
    )


# --- issues that are not plain errors ------------------------------------------------------------------------------


def _not_an_error(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    issue = incident.evidence.issue
    if not issue.is_error:
        yield f"It is an issue of category {quoted(issue.category)}: Sentry closes some of those only by itself."


def _has_other_name(request: ResolutionRequest, incident: Incident) -> Iterator[str]:
    yield from other_name(incident.evidence.issue)


def other_name(issue: Issue) -> Iterator[str]:
    """What the issue is now, where it was asked for under another name."""
    if issue.why_other_name:
        yield f"{issue.why_other_name}; it is {issue.name} that changes."


WARNINGS: tuple[tuple[Callable[[ResolutionRequest, Incident], Iterator[str]], Collection[Action]], ...] = (
    (_for_ever, {"ignore"}),
    (_still_spiking, RESOLVES | ARCHIVES),
    (_not_over, RESOLVES),
    (_came_back_before, RESOLVES),
    (_named_release, {"resolve_in_release"}),
    (_next_release, {"resolve_in_next_release"}),
    (order_warnings, {"resolve_in_release", "resolve_in_next_release"}),
    (_loses_release, {"resolve"}),
    (_may_reopen, {"resolve"}),
    (_resolved_by_other, RESOLVES),
    (_hides, ARCHIVES),
    (_limits, {"ignore"}),
    (_forecast, {"archive_until_escalating"}),
    (_not_an_error, ANY),
    (_has_other_name, ANY),
)
"""Each warning and the actions that it is for, gravest first; adding one is a function and its row here."""
