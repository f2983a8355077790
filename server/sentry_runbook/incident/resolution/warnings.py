"""What a person should know before an issue's status is changed: one function a warning, each from evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.onset import HOUR
from sentry_runbook.incident.formatting import count, duration, listed, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.issue_status import last_resolve
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, quoted
from sentry_runbook.incident.model.results.impact import Trend
from sentry_runbook.incident.releases import release_named, releases_seen
from sentry_runbook.incident.resolution.request import Wish, is_limited, same_release


def warnings_for(wish: Wish, incident: Incident) -> Iterator[str]:
    """All that speaks against the wish or that may surprise, the gravest first."""
    for warn in WARNINGS:
        yield from warn(wish, incident, incident.now)


def _for_ever(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if wish.action == "ignore" and not is_limited(wish):
        yield (
            "Without a limit the issue is archived for ever: Sentry never alerts on it again. "
            "Limits are ignore_count, ignore_minutes, ignore_users; or use action=archive_until_escalating."
        )


def _still_going(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if wish.action == "reopen":
        return
    trend = incident.trend
    if isinstance(trend, Trend) and trend.direction == "spiking":
        counts = f"{count(trend.last_hour, 'event')} in the last hour, {number(trend.previous_hour)} in the one before"
        yield f"It is still spiking: {counts}."
    elif wish.action.startswith("resolve"):
        seen = incident.recovery
        if seen.verdict != "recovered":
            yield f"It is not shown to be over (check_recovery: {seen.verdict}). {seen.reading}"


def _came_back_before(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if not wish.action.startswith("resolve"):
        return
    back = [entry for entry in incident.evidence.issue.activity if entry.kind == "set_regression"]
    if back:
        last = max(back, key=lambda entry: entry.at)
        on = f" with release {quoted(last.version)}" if last.version else ""
        yield (
            f"It was resolved before and came back ({count(len(back), 'time')}, last {moment(last.at)}{on}): "
            "make sure that the cause is fixed, not the symptom, and add a regression test."
        )


def _flaps(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    """A plain resolve reopens at any event; right after a roll-out old instances still send some."""
    if wish.action != "resolve":
        return
    recent = [
        deploy for deploy in _deploys(incident.evidence) if deploy.finished and now - HOUR <= deploy.finished <= now
    ]
    if recent:
        last = max(recent, key=lambda deploy: deploy.finished or now)
        ago = duration(now - (last.finished or now))
        yield (
            f"{quoted(last.version)} was deployed {ago} ago: old instances may still send events, and any event "
            "reopens a plainly resolved issue. resolve_in_next_release waits for a later release."
        )
    elif isinstance(incident.trend, Trend) and incident.trend.last_hour:
        yield "Any new event reopens a plainly resolved issue; resolve_in_next_release waits for a later release."


def _loses_release(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if wish.action == "resolve" and (issue.status_release or issue.next_release):
        what = f"in release {quoted(issue.status_release)}" if issue.status_release else "in the next release"
        yield f"It is resolved {what} now; a plain resolve drops that link, and any event then reopens it."


def _next_release(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if wish.action != "resolve_in_next_release":
        return
    releases = incident.evidence.releases
    if isinstance(releases, Known) and not releases.value:
        yield "The project has no release in Sentry: Sentry will refuse this. action=resolve works without releases."
        return
    issue = incident.evidence.issue
    if issue.first_release is None and issue.last_release is None and not releases_seen(incident.evidence):
        yield "No event of this issue names a release: Sentry cannot tell later events from earlier ones."


def _the_release(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    """The release named in ``resolve_in_release``: does Sentry know it, was it seen, does the issue use such names."""
    version, evidence = wish.release, incident.evidence
    if wish.action != "resolve_in_release" or version is None:
        return
    if version == "latest":
        yield "latest is whatever release is the newest in Sentry at the moment of the write."
        return
    known = release_named(evidence, version)
    seen = releases_seen(evidence)
    if known is None and isinstance(evidence.releases, Known):
        newest = [release.version for release in evidence.releases.value]
        yield (
            f"Release {quoted(version)} is not among the {len(newest)} newest of the project ({listed(newest)}): "
            "if Sentry does not know it, it refuses. A release must exist before an issue can be resolved in it."
        )
    elif known is not None and not known.deploys and known.first_event is None:
        yield f"No deploy marker and no event shows that {quoted(version)} is live: check that the fix is out."
    if any(same_release(version, one) for one in seen):
        yield f"Events of this issue come from {quoted(version)} itself: it does not hold the fix."
    elif seen and not any(_package(one) == _package(version) for one in seen):
        yield (
            f"The issue's events name their releases otherwise ({listed(seen)}): {quoted(version)} may never match "
            "one, and then nothing reopens the issue."
        )


def _package(version: str) -> str:
    """What stands before the number: ``shop@`` of ``shop@2.4.1``, ``v`` of ``v2.4.1``, nothing of ``2.4.1``."""
    found = re.match(r"(.*@)?(v)?(?=\d)|(.*@)", version)
    return found.group() if found else ""


def _counts(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if wish.ignore_count is not None:
        within = f" within {duration(timedelta(minutes=wish.window_minutes))}" if wish.window_minutes else ""
        trend = incident.trend
        pace = ""
        if isinstance(trend, Trend) and trend.last_hour and wish.window_minutes is None:
            pace = f" At the last hour's rate that is {duration(_until(wish.ignore_count, trend.last_hour))}."
        yield f"ignore_count={wish.ignore_count} means {count(wish.ignore_count, 'MORE event')} from now{within}.{pace}"
    if wish.ignore_users is not None:
        yield f"ignore_users={wish.ignore_users} means {count(wish.ignore_users, 'MORE user')} from now."
    given = [limit for limit in (wish.ignore_count, wish.ignore_users, wish.ignore_minutes) if limit is not None]
    if len(given) > 1:
        yield "With several limits the first one that is reached ends it."


def _until(events: int, per_hour: int) -> timedelta:
    return timedelta(minutes=round(60 * events / per_hour))


def _forecast(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    if wish.action == "archive_until_escalating":
        yield (
            "Escalation needs Sentry's forecasts: a server without them may archive the issue for ever. "
            "The read-back tells."
        )


def _hides(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    """Archiving an incident that is going on hides it from everybody."""
    if wish.action in ("ignore", "archive_until_escalating") and incident.evidence.issue.substatus in (
        "new",
        "regressed",
        "escalating",
    ):
        yield f"Sentry calls it {incident.evidence.issue.substatus}: archiving silences its alerts for everybody."


def _not_an_error(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if not issue.is_error:
        yield f"It is an issue of category {quoted(issue.category)}: Sentry closes some of those only by itself."


def _was_merged(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if issue.merged_from:
        yield f"Issue {issue.merged_from} was merged into {issue.name}; it is {issue.name} that changes."


def _resolved_by_other(wish: Wish, incident: Incident, now: datetime) -> Iterator[str]:
    done = last_resolve(incident.evidence.issue)
    if incident.evidence.issue.status == "resolved" and done is not None and wish.action.startswith("resolve"):
        yield f"It is resolved already, since {moment(done.at)}; resolving again moves that time."


def _deploys(evidence: Evidence) -> Iterator[Deploy]:
    if isinstance(evidence.deploys, Known):
        yield from evidence.deploys.value
    if isinstance(evidence.releases, Known):
        for release in evidence.releases.value:
            yield from release.deploys or ()


WARNINGS: tuple[Callable[[Wish, Incident, datetime], Iterator[str]], ...] = (
    _for_ever,
    _still_going,
    _came_back_before,
    _the_release,
    _next_release,
    _loses_release,
    _flaps,
    _resolved_by_other,
    _hides,
    _counts,
    _forecast,
    _not_an_error,
    _was_merged,
)
"""Gravest first; adding a warning is a function and its name here."""
