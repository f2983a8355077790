"""What a person should know before an issue's status is changed: one function a warning, each from evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from sentry_runbook.incident.episode.onset import HOUR
from sentry_runbook.incident.formatting import count, duration, listed, moment, number
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, quoted
from sentry_runbook.incident.model.results.impact import Trend
from sentry_runbook.incident.recovery.metrics import last_resolve
from sentry_runbook.incident.releases import release_named, releases_seen
from sentry_runbook.incident.resolution.request import Change, Wish, change_of, same_release
from sentry_runbook.incident.resolution.state import KIND_IS_KEPT, keeps_kind, state_of


def warnings_for(wish: Wish, incident: Incident) -> Iterator[str]:
    """All that speaks against the wish or that may surprise, the gravest first."""
    change = change_of(wish)
    for warn in WARNINGS:
        yield from warn(change, incident, incident.now)


def _for_ever(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if change.is_for_ever:
        yield (
            "Without a limit the issue is archived for ever: Sentry never alerts on it again. "
            "Limits are ignore_count, ignore_minutes, ignore_users; or use action=archive_until_escalating."
        )


def _still_going(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if change.status == "unresolved":
        return
    trend = incident.trend
    if isinstance(trend, Trend) and trend.direction == "spiking":
        counts = f"{count(trend.last_hour, 'event')} in the last hour, {number(trend.previous_hour)} in the one before"
        yield f"It is still spiking: {counts}."
    elif change.status == "resolved":
        seen = incident.recovery
        if seen.verdict != "recovered":
            yield f"It is not shown to be over (check_recovery: {seen.verdict}). {seen.reading}"


def _came_back_before(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if change.status != "resolved":
        return
    back = [entry for entry in incident.evidence.issue.activity if entry.kind == "set_regression"]
    if back:
        last = max(back, key=lambda entry: entry.at)
        on = f" with release {quoted(last.version)}" if last.version else ""
        yield (
            f"It was resolved before and came back ({count(len(back), 'time')}, last {moment(last.at)}{on}): "
            "make sure that the cause is fixed, not the symptom, and add a regression test."
        )


def _flaps(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    """A plain resolve reopens at any event; right after a roll-out old instances still send some."""
    if not change.is_plain_resolve:
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


def _loses_release(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if change.is_plain_resolve and (issue.status_release or issue.next_release):
        what = f"in release {quoted(issue.status_release)}" if issue.status_release else "in the next release"
        yield f"It is resolved {what} now; a plain resolve drops that link, and any event then reopens it."


def _next_release(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if not change.in_next_release:
        return
    releases = incident.evidence.releases
    if isinstance(releases, Known) and not releases.value:
        yield "The project has no release in Sentry: Sentry will refuse this. action=resolve works without releases."
        return
    issue = incident.evidence.issue
    if issue.first_release is None and issue.last_release is None and not releases_seen(incident.evidence):
        yield "No event of this issue names a release: Sentry cannot tell later events from earlier ones."


def _the_release(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    """The release named in ``resolve_in_release``: does Sentry know it, was it seen, does the issue use such names."""
    version, evidence = change.in_release, incident.evidence
    if version is None:
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


def _counts(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if change.ignore_count is not None:
        within = f" within {duration(timedelta(minutes=change.window_minutes))}" if change.window_minutes else ""
        trend = incident.trend
        pace = ""
        if isinstance(trend, Trend) and trend.last_hour and change.window_minutes is None:
            pace = f" At the last hour's rate that is {duration(_until(change.ignore_count, trend.last_hour))}."
        more = count(change.ignore_count, "MORE event")
        yield f"ignore_count={change.ignore_count} means {more} from now{within}.{pace}"
    if change.ignore_users is not None:
        yield f"ignore_users={change.ignore_users} means {count(change.ignore_users, 'MORE user')} from now."
    given = [limit for limit in (change.ignore_count, change.ignore_users, change.ignore_minutes) if limit is not None]
    if len(given) > 1:
        yield "With several limits the first one that is reached ends it."


def _until(events: int, per_hour: int) -> timedelta:
    return timedelta(minutes=round(60 * events / per_hour))


def _forecast(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    if change.substatus == "archived_until_escalating":
        yield (
            "Escalation needs Sentry's forecasts: a server without them may archive the issue for ever. "
            "The read-back tells."
        )


def _keeps_kind(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    """Sentry answers 200 to another kind of archive, and changes nothing."""
    issue = incident.evidence.issue
    if keeps_kind(change, issue):
        yield f"It is {state_of(issue).summary} now. {KIND_IS_KEPT}"


def _hides(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    """Archiving an incident that is going on hides it from everybody."""
    if change.status == "ignored" and incident.evidence.issue.substatus in (
        "new",
        "regressed",
        "escalating",
    ):
        yield f"Sentry calls it {incident.evidence.issue.substatus}: archiving silences its alerts for everybody."


def _not_an_error(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if not issue.is_error:
        yield f"It is an issue of category {quoted(issue.category)}: Sentry closes some of those only by itself."


def _was_merged(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    issue = incident.evidence.issue
    if issue.merged_from:
        yield f"Issue {issue.merged_from} was merged into {issue.name}; it is {issue.name} that changes."


def _resolved_by_other(change: Change, incident: Incident, now: datetime) -> Iterator[str]:
    done = last_resolve(incident.evidence)
    if incident.evidence.issue.status == "resolved" and done is not None and change.status == "resolved":
        yield f"It is resolved already, since {moment(done.at)}; resolving again moves that time."


def _deploys(evidence: Evidence) -> Iterator[Deploy]:
    if isinstance(evidence.deploys, Known):
        yield from evidence.deploys.value
    if isinstance(evidence.releases, Known):
        for release in evidence.releases.value:
            yield from release.deploys or ()


WARNINGS: tuple[Callable[[Change, Incident, datetime], Iterator[str]], ...] = (
    _for_ever,
    _keeps_kind,
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
