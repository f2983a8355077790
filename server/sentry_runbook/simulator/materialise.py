"""From descriptions to records: traced requests, sessions, releases with their deploys and commits.

Nothing here is random (``spread``), so counts and shares are exact and every run of a scenario is the same. Events are
made in ``materialise_events``.
"""

from __future__ import annotations

from itertools import pairwise

from sentry_runbook.simulator.records import (
    MINUTE,
    CommitRecord,
    DeployRecord,
    ProjectRecord,
    ReleaseRecord,
    SessionMinute,
    SpanRecord,
    digest,
    number_id,
)
from sentry_runbook.simulator.scenario import (
    LATEST,
    CommitSpec,
    DeploySpec,
    ReleaseSpec,
    SessionsSpec,
    Transactions,
)
from sentry_runbook.simulator.spread import GOLDEN, done_by, instants, share


def _duration(quantile: float, typical: float, p95: float) -> float:
    # A broad step around the 95th percentile: whatever stretch of the requests is looked at, and however the
    # percentile is interpolated, the answer is this number. Quantiles that are 34 requests apart differ by 0.0132
    # (multiples of the golden ratio): a top step narrower than that holds one request of any 55 at most. Two among
    # 40 would reach into the interpolation.
    if quantile < 0.86:
        return round(typical * (0.6 + 0.8 * quantile), 1)
    return p95 if quantile < 0.99 else round(p95 * 1.2, 1)


def spans(project: ProjectRecord, described: Transactions, origin: int, batch: str) -> list[SpanRecord]:
    """Make the traced requests of one endpoint."""
    count = described.count
    start, end = origin + round(described.start * MINUTE), origin + round(described.end * MINUTE)
    return [
        SpanRecord(
            at,
            digest(project.slug, described.name, batch, index, size=8),
            project,
            described.name,
            _duration(((index + 0.5) * GOLDEN) % 1, described.typical_ms, described.p95_ms),
            bool(share(described.failed, count, index)),
            project.live_release(described.environment, at) if described.release == LATEST else described.release,
            described.environment,
        )
        for index, at in enumerate(instants(count, start, end, rates=described.rates))
    ]


def _part(part: int, whole: int, before: int, after: int) -> int:
    """Return how much of ``part`` lies among the items ``before`` to ``after`` of ``whole`` when spread evenly."""
    return after * part // whole - before * part // whole if whole else 0


def _sessions_until(described: SessionsSpec, minutes: int) -> list[int]:
    """Return how many sessions have started by the begin of each minute, and by the end of the last."""
    if not described.rates:
        return [minute * described.count // minutes for minute in range(minutes + 1)]
    done = done_by(described.rates, minutes)
    return [*(int(described.count * part) for part in done[:-1]), described.count]


def session_minutes(project: ProjectRecord, described: SessionsSpec, origin: int) -> list[SessionMinute]:
    """Spread sessions over their minutes; every sum is exact, and no minute has more crashes than sessions."""
    whole = described.count
    broken = described.crashed + described.unhandled + described.errored
    people = whole * 2 // 3 if described.users is None else described.users
    minutes = max(1, round(described.end - described.start))
    start = origin + round(described.start * MINUTE) + MINUTE // 2
    live = project.live_releases(described.environment) if described.release == LATEST else None
    records = []
    for index, sessions in enumerate(pairwise(_sessions_until(described, minutes))):
        at = start + index * MINUTE
        if sessions[0] == sessions[1]:
            continue
        bad = [_part(broken, whole, 0, reached) for reached in sessions]
        crashed = [_part(described.crashed, broken, 0, reached) for reached in bad]
        rest = [both - part for both, part in zip(bad, crashed, strict=True)]
        unhandled = [_part(described.unhandled, broken - described.crashed, 0, reached) for reached in rest]
        records.append(
            SessionMinute(
                at,
                described.environment,
                described.release if live is None else live.at(at),
                sessions[1] - sessions[0],
                crashed[1] - crashed[0],
                unhandled[1] - unhandled[0],
                (rest[1] - unhandled[1]) - (rest[0] - unhandled[0]),
                _part(people, whole, *sessions),
            )
        )
    return records


def commit(described: CommitSpec, origin: int) -> CommitRecord:
    """Make a commit; its hash depends on what it says alone."""
    return CommitRecord(
        origin + round(described.at * MINUTE),
        digest(described.message, described.author, size=20),
        described.message,
        described.author,
        described.email,
        described.pull_request,
        described.repository,
    )


def deploy(described: DeploySpec, version: str, origin: int, salt: object) -> DeployRecord:
    """Make a deploy marker."""
    at = origin + round(described.at * MINUTE)
    started = None if described.took is None else at - round(described.took * MINUTE)
    return DeployRecord(at, number_id("deploy", version, salt, digits=8), described.environment, started)


def release(project: ProjectRecord, described: ReleaseSpec, origin: int) -> ReleaseRecord:
    """Make a release with its deploys and commits."""
    return ReleaseRecord(
        origin + round(described.created * MINUTE),
        int(number_id("release", project.slug, described.version, digits=9)),
        described.version,
        project,
        [deploy(item, described.version, origin, index) for index, item in enumerate(described.deploys)],
        [commit(item, origin) for item in described.commits],
    )
