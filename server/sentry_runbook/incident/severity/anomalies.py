"""Detects anomalies in the numbers: event floods, forged releases, contradictory rates.

An anomaly is reported as a finding and never changes the severity. Where events look forged, the verdict also gives
the severity without them (:mod:`excluding`).

How to think about it: anyone who has a project's public DSN can send events to it. So a flood from one user or one
address, a release that nobody deployed, and events that all carry one instant may be forged rather than caused by
an incident. A second group compares figures that cannot both be right: a project-wide rate that this issue hardly
contributes to, and sessions without crashes beside many unhandled events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import count, crash_free_percent, number, percent_of
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.metrics.timeseries import MINUTE_S, between
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.model.evidence import (
    EventRow,
    Evidence,
    Finding,
    Known,
    Release,
)

MIN_ROWS = 20
"""Fewer events show no pattern of senders."""
ONE_SENDER_SHARE = 0.8
"""From this share of the events on, one sender is a flood."""
FORGED_RELEASE_SHARE = 0.2
"""From this share of the events on, an undeployed release is reported."""
INSTANT = timedelta(seconds=5)
SMALL_SHARE = 0.2
"""Below this share of the project's unhandled events, an issue contributes little."""
NEAR_ALL_PCT = 99.0
"""From this crash-free rate on, many unhandled events contradict it."""
MANY_UNHANDLED = 100
UNHANDLED_PER_SESSION = 0.05
"""From this many unhandled events per session on, and from MANY_UNHANDLED on, they are many."""
RELEASES_READ = 20
"""At most that many releases are read; a full list may lack older ones."""


@dataclass(frozen=True)
class Anomaly:
    """A finding, and the ids of the event rows that it makes suspect."""

    finding: Finding
    row_ids: frozenset[str]


def find_anomalies(incident: Measurements, of_rows: Sequence[Anomaly], decided_by: str) -> tuple[Finding, ...]:
    """All anomalies of the incident.

    Args:
        incident: its evidence and measurements.
        of_rows: those of its event rows, from :func:`suspect_rows`.
        decided_by: the rule that decided the severity.
    """
    evidence = incident.evidence
    others = (_one_instant(evidence), _others_crash(incident, decided_by), _hidden_crashes(incident))
    return (*(anomaly.finding for anomaly in of_rows), *(finding for finding in others if finding is not None))


# --- floods and forgery --------------------------------------------------------------------------------------------


def suspect_rows(evidence: Evidence) -> Iterator[Anomaly]:
    """Anomalies that make event rows suspect: floods, and releases that nobody deployed."""
    if not isinstance(evidence.rows, Known):
        return
    rows = evidence.rows.value
    if len(rows) < MIN_ROWS:
        return
    yield from _floods(rows)
    yield from _forged_releases(evidence, rows)


def _floods(rows: tuple[EventRow, ...]) -> Iterator[Anomaly]:
    latest = f"of the latest {len(rows)} events"
    user, by_user = _most_common([row.user for row in rows])
    if user and by_user >= ONE_SENDER_SHARE * len(rows):
        yield Anomaly(
            Finding(
                kind="one_user_flood",
                where="event rows",
                why=f"{by_user} {latest} come from one user: many events need not mean many people",
                excerpt=user,
            ),
            frozenset(row.id for row in rows if row.user == user),
        )
    # Many users behind one address may be a company's proxy, so the finding names both readings.
    address, by_address = _most_common([row.ip for row in rows])
    if address and by_address >= ONE_SENDER_SHARE * len(rows):
        users = len({row.user for row in rows if row.ip == address and row.user})
        under = f" under {users} user names" if users > 1 else ""
        yield Anomaly(
            Finding(
                kind="one_address_flood",
                where="event rows",
                why=f"{by_address} {latest} come from one address{under}: a flood, a proxy, or forged events",
                excerpt=address,
            ),
            frozenset(row.id for row in rows if row.ip == address),
        )


def _most_common(values: list[str | None]) -> tuple[str | None, int]:
    return next(iter(Counter(value for value in values if value).most_common(1)), (None, 0))


def _forged_releases(evidence: Evidence, rows: tuple[EventRow, ...]) -> Iterator[Anomaly]:
    if not isinstance(evidence.releases, Known) or not evidence.releases.value:
        return
    known = {release.version: release for release in evidence.releases.value}
    used = Counter(row.release for row in rows if row.release)
    for version, events in used.items():
        why = _why_forged(known.get(version), evidence.releases.value)
        if why and events >= FORGED_RELEASE_SHARE * len(rows):
            yield Anomaly(
                Finding(
                    kind="unknown_release",
                    where="event rows",
                    why=f"{events} of the latest {len(rows)} events name a release that {why}",
                    excerpt=version,
                ),
                frozenset(row.id for row in rows if row.release == version),
            )


def _why_forged(release: Release | None, releases: tuple[Release, ...]) -> str | None:
    """Why the release looks forged, to follow "name a release that"; None when it does not.

    Sentry creates a release record from the first event that names it, so a record alone proves nothing; a deploy
    marker or a release date does.
    """
    if release is None:
        # A full list may have dropped older releases, so absence from it proves nothing.
        return "the project does not have" if len(releases) < RELEASES_READ else None
    others_deploy = any(other.deploys for other in releases if other.version != release.version)
    from_event = (
        release.created is not None
        and release.first_event is not None
        and release.created >= release.first_event - timedelta(minutes=1)
    )
    if others_deploy and from_event and release.deploys == () and release.released is None:
        return "nobody deployed, while the project's other releases have deploy markers"
    return None


def _one_instant(evidence: Evidence) -> Finding | None:
    """All events of the window within five seconds (by the rows) or in one minute (by the series)."""
    if not isinstance(evidence.totals, Known) or evidence.totals.value.events < MIN_ROWS:
        return None
    events = evidence.totals.value.events
    times = [row.when for row in evidence.rows.value if row.when] if isinstance(evidence.rows, Known) else []
    if len(times) >= events:
        together = max(times) - min(times) <= INSTANT
    elif isinstance(evidence.series, Known):
        inside = between(evidence.series.value.events, evidence.window.start, evidence.window.end)
        together = inside.step_s <= MINUTE_S and sum(1 for value in inside.values if value) == 1
    else:
        return None
    if not together:
        return None
    why = f"all {number(events)} events of the window fall into one moment: a batch, a replay, or forged events"
    return Finding(kind="one_instant", where="event times", why=why)


# --- contradictions ------------------------------------------------------------------------------------------------


def _others_crash(incident: Measurements, decided_by: str) -> Finding | None:
    """A project-wide figure decides the severity, and this issue contributes little to it."""
    if decided_by not in ("crash_free", "unhandled_rate"):
        return None
    evidence, share = incident.evidence, incident.share_of_project
    if share is None or share >= SMALL_SHARE:
        return None
    have = "these issues have" if evidence.together else "this issue has"
    why = f"{have} {percent_of(share)} of the project's unhandled events; the severity is the project's"
    other = None
    if isinstance(evidence.project_top, Known) and evidence.project_top.value:
        top = evidence.project_top.value[0]
        if top.short_id not in [issue.short_id for issue in evidence.members]:
            other = top.short_id
            why += f"; another issue has {count(top.events, 'event')} (named in the excerpt): triage that one"
    return Finding(kind="little_contribution", where="crash-free sessions", why=why, excerpt=other)


def _hidden_crashes(incident: Measurements) -> Finding | None:
    """Crash-free near 100 % beside many unhandled events: the sessions miss the crashes (sentry-api section 9)."""
    rate, peak = incident.crash_free, incident.project_peak
    scope = incident.evidence.scope
    if not isinstance(rate, CrashFree) or not isinstance(peak, MinutePeak):
        return None
    if scope.others and not scope.production:
        # The events are then those of all environments, the sessions those of production: not comparable.
        return None
    many = peak.in_total >= max(MANY_UNHANDLED, UNHANDLED_PER_SESSION * rate.sessions)
    if rate.period_pct < NEAR_ALL_PCT or not many:
        return None
    why = (
        f"crash-free sessions are at {crash_free_percent(rate.period_pct)} beside {number(peak.in_total)} unhandled "
        f"events in {count(rate.sessions, 'session')}: the SDK may not mark crashed sessions"
    )
    return Finding(kind="crash_free_suspect", where="crash-free sessions", why=why)
