"""What in the numbers should make a reader pause: forged or flooding events, and figures that contradict each other.

A finding is shown, never obeyed and never dropped; none of them changes the severity. Where events look forged, the
verdict also says what the severity would be without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sentry_runbook.incident.formatting import count, number, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.crash_free import CrashFree
from sentry_runbook.incident.metrics.timeseries import between
from sentry_runbook.incident.metrics.unhandled import MinutePeak, share_of_project
from sentry_runbook.incident.model.evidence import (
    EventRow,
    Evidence,
    Finding,
    Known,
    Release,
    Series,
    Totals,
    Unknown,
)

FEWEST_ROWS = 20
"""Fewer events show no pattern of senders."""
ONE_SENDER = 0.8
"""That part of the events from one sender is a flood."""
FORGED_RELEASE = 0.2
"""That part of the events on a release that nobody deployed is worth a word."""
INSTANT = timedelta(seconds=5)
LITTLE = 0.2
"""A smaller part of the project's unhandled events is a small contribution."""
NEAR_ALL_PCT = 99.0
MANY_UNHANDLED = 100
PER_SESSION = 0.05
"""More unhandled events per session than that contradict a crash-free rate near 100 %."""
RELEASES_READ = 20
"""Sentry's list of releases is read up to here; a full list may lack older ones."""


@dataclass(frozen=True)
class Suspects:
    """Events that may be forged or a flood, among the rows that were read.

    Attributes:
        ids: of the rows.
        event_share: their part of the rows.
        user_share: the part of the rows' users that only they have.
    """

    ids: frozenset[str]
    event_share: float
    user_share: float


@dataclass(frozen=True)
class Suspicion:
    """Why some rows are suspect."""

    finding: Finding
    ids: frozenset[str]


def findings(incident: Measurements, decided_by: str) -> tuple[Finding, ...]:
    """Everything suspicious in the numbers."""
    evidence = incident.evidence
    found = [suspicion.finding for suspicion in _suspicions(evidence)]
    checks = (_one_instant(evidence), _others_crash(evidence, decided_by), _hidden_crashes(incident))
    return (*found, *(finding for finding in checks if finding is not None))


def suspects(evidence: Evidence) -> Suspects | None:
    """The suspect events among the rows; None when nothing looks forged."""
    ids = frozenset(row_id for suspicion in _suspicions(evidence) for row_id in suspicion.ids)
    if not ids or not isinstance(evidence.rows, Known):
        return None
    rows = evidence.rows.value
    users = {row.user for row in rows if row.user}
    honest = {row.user for row in rows if row.user and row.id not in ids}
    return Suspects(
        ids=ids,
        event_share=sum(row.id in ids for row in rows) / len(rows),
        user_share=1 - len(honest) / len(users) if users else 0.0,
    )


def without(evidence: Evidence, gone: Suspects) -> Evidence:
    """The evidence as it would be without the suspect events, estimated from their share of the rows.

    Sessions and all that is not counted from the issue's events stay as they are.
    """
    keep, keep_users = 1 - gone.event_share, 1 - gone.user_share
    changes: dict[str, object] = {}
    if isinstance(evidence.rows, Known):
        rows = tuple(row for row in evidence.rows.value if row.id not in gone.ids)
        changes["rows"] = evidence.rows.model_copy(update={"value": rows})
    if isinstance(evidence.totals, Known):
        changes["totals"] = evidence.totals.model_copy(
            update={"value": _fewer(evidence.totals.value, keep, keep_users)}
        )
    if isinstance(evidence.series, Known):
        both = evidence.series.value
        thinned = both.model_copy(
            update={
                "events": _scaled(both.events, keep),
                "users": None if both.users is None else _scaled(both.users, keep_users),
            }
        )
        changes["series"] = evidence.series.model_copy(update={"value": thinned})
    if isinstance(evidence.users_per_hour, Known):
        hours = _scaled(evidence.users_per_hour.value, keep_users)
        changes["users_per_hour"] = evidence.users_per_hour.model_copy(update={"value": hours})
    changes["users_in"] = tuple(
        one.model_copy(update={"users": round(one.users * keep_users)}) for one in evidence.users_in
    )
    changes |= _less_unhandled(evidence, keep)
    return evidence.model_copy(update=changes)


def _fewer(totals: Totals, keep: float, keep_users: float) -> Totals:
    users = None if totals.users is None else round(totals.users * keep_users)
    return totals.model_copy(update={"events": round(totals.events * keep), "users": users})


def _scaled(series: Series, keep: float) -> Series:
    return series.model_copy(
        update={"values": tuple(None if value is None else round(value * keep) for value in series.values)}
    )


def _less_unhandled(evidence: Evidence, keep: float) -> dict[str, object]:
    own, project = evidence.unhandled, evidence.project_unhandled
    if isinstance(own, Unknown):
        return {}
    changes: dict[str, object] = {"unhandled": own.model_copy(update={"value": _scaled(own.value, keep)})}
    if isinstance(project, Known) and project.value.start == own.value.start:
        pairs = zip(project.value.values, own.value.values, strict=False)
        rest = tuple(None if whole is None else whole - (part or 0) * (1 - keep) for whole, part in pairs)
        series = project.value.model_copy(update={"values": rest})
        changes["project_unhandled"] = project.model_copy(update={"value": series})
    return changes


# --- forged or flooding --------------------------------------------------------------------------------------------


def _suspicions(evidence: Evidence) -> Iterator[Suspicion]:
    if not isinstance(evidence.rows, Known):
        return
    rows = evidence.rows.value
    if len(rows) >= FEWEST_ROWS:
        yield from _floods(rows)
    yield from _unmade_releases(evidence, rows)


def _floods(rows: tuple[EventRow, ...]) -> Iterator[Suspicion]:
    latest = f"of the latest {len(rows)} events"
    user, by_user = _most_common([row.user for row in rows])
    if user and by_user >= ONE_SENDER * len(rows):
        yield Suspicion(
            Finding(
                kind="one_user_flood",
                where="event rows",
                why=f"{by_user} {latest} come from one user: many events need not mean many people",
                excerpt=user,
            ),
            frozenset(row.id for row in rows if row.user == user),
        )
    address, by_address = _most_common([row.ip for row in rows])
    if address and by_address >= ONE_SENDER * len(rows):
        users = len({row.user for row in rows if row.ip == address and row.user})
        under = f" under {users} user names" if users > 1 else ""
        yield Suspicion(
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


def _unmade_releases(evidence: Evidence, rows: tuple[EventRow, ...]) -> Iterator[Suspicion]:
    if not isinstance(evidence.releases, Known) or not evidence.releases.value:
        return
    known = {release.version: release for release in evidence.releases.value}
    used = Counter(row.release for row in rows if row.release)
    for version, events in used.items():
        why = _unmade(known.get(version), evidence.releases.value)
        if why and len(rows) >= FEWEST_ROWS and events >= FORGED_RELEASE * len(rows):
            yield Suspicion(
                Finding(
                    kind="unknown_release",
                    where="event rows",
                    why=f"{events} of the latest {len(rows)} events name a release that {why}",
                    excerpt=version,
                ),
                frozenset(row.id for row in rows if row.release == version),
            )


def _unmade(release: Release | None, releases: tuple[Release, ...]) -> str | None:
    """Why it looks as if nobody made this release; None when nothing says so.

    Sentry makes a release record from the first event that names it, so that a record alone proves nothing; a deploy
    marker or a release date does.
    """
    if release is None:
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
    if not isinstance(evidence.totals, Known) or evidence.totals.value.events < FEWEST_ROWS:
        return None
    events = evidence.totals.value.events
    times = [row.when for row in evidence.rows.value if row.when] if isinstance(evidence.rows, Known) else []
    if len(times) >= events:
        together = max(times) - min(times) <= INSTANT
    elif isinstance(evidence.series, Known):
        inside = between(evidence.series.value.events, evidence.window.start, evidence.window.end)
        together = sum(1 for value in inside.values if value) == 1 and inside.step_s <= 60
    else:
        return None
    if not together:
        return None
    why = f"all {number(events)} events of the window fall into one moment: a batch, a replay, or forged events"
    return Finding(kind="one_instant", where="event times", why=why)


# --- contradictions ------------------------------------------------------------------------------------------------


def _others_crash(evidence: Evidence, decided_by: str) -> Finding | None:
    """A project-wide figure decides, and this issue has little to do with it."""
    share = share_of_project(evidence)
    if decided_by not in ("crash_free", "unhandled_rate") or share is None or share >= LITTLE:
        return None
    why = f"this issue has {percent(100 * share)} of the project's unhandled events; the severity is the project's"
    name = None
    if isinstance(evidence.project_top, Known) and evidence.project_top.value:
        top = evidence.project_top.value[0]
        if top.short_id != evidence.issue.short_id:
            name = top.short_id
            why += f"; another issue has {count(top.events, 'event')} (named in the excerpt): triage that one"
    return Finding(kind="little_contribution", where="crash-free sessions", why=why, excerpt=name)


def _hidden_crashes(incident: Measurements) -> Finding | None:
    """Crash-free near 100 % beside many unhandled events: sessions that do not see the crashes (sentry-api §9)."""
    rate, peak = incident.crash_free, incident.project_peak
    scope = incident.evidence.scope
    if not isinstance(rate, CrashFree) or not isinstance(peak, MinutePeak):
        return None
    if scope.others and not scope.production:
        # The count then covers all environments, the sessions those of production: they say nothing of each other.
        return None
    many = peak.in_total >= max(MANY_UNHANDLED, PER_SESSION * rate.sessions)
    if rate.period_pct < NEAR_ALL_PCT or not many:
        return None
    why = (
        f"crash-free sessions are at {percent(rate.period_pct)} beside {number(peak.in_total)} unhandled events in "
        f"{count(rate.sessions, 'session')}: the SDK may not mark crashed sessions"
    )
    return Finding(kind="crash_free_suspect", where="crash-free sessions", why=why)
