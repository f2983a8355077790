"""Cron monitors and their check-ins as Sentry answers them."""

from __future__ import annotations

from uuid import UUID

from sentry_runbook.simulator.catalog_routes import CREATED
from sentry_runbook.simulator.clock import iso
from sentry_runbook.simulator.issue_payloads import project_brief
from sentry_runbook.simulator.people import owner
from sentry_runbook.simulator.records import MINUTE, ProjectRecord, digest
from sentry_runbook.simulator.scenario import MonitorSpec
from sentry_runbook.simulator.world import World

Row = dict[str, object]


def at(world: World, minutes: float) -> int:
    """Return the instant of a scenario's minute, in epoch milliseconds."""
    return world.origin + round(minutes * MINUTE)


def guid(*parts: object) -> str:
    """Return an id in the form of a UUID that depends on the parts alone."""
    return str(UUID(digest(*parts)))


def monitor_id(project: ProjectRecord, spec: MonitorSpec) -> str:
    """Return the monitor's id, a UUID."""
    return spec.id or guid("monitor", project.id, spec.slug)


def checked_in(spec: MonitorSpec, world: World, until: int) -> list[tuple[int, str]]:
    """Return the check-ins until an instant, oldest first: when each was due, and what became of it."""
    step, due = round(spec.every * MINUTE), at(world, spec.since)
    found: list[tuple[int, str]] = []
    while due <= until:
        minute = (due - world.origin) / MINUTE
        status = next((status for start, end, status in spec.outcomes if start <= minute < end), "ok")
        found.append((due, status))
        due += step
    return found


def monitor(project: ProjectRecord, spec: MonitorSpec, world: World) -> Row:
    """Return a cron monitor."""
    now = world.now_ms()
    done = checked_in(spec, world, now)
    is_failing = spec.failing_since is not None and at(world, spec.failing_since) <= now
    step = round(spec.every * MINUTE)
    following = done[-1][0] + step if done else at(world, spec.since)
    environment: Row = {
        "name": spec.environment,
        "status": "error" if is_failing else "ok",
        "isMuted": False,
        "dateCreated": CREATED,
        "lastCheckIn": iso(done[-1][0]) if done else None,
        "nextCheckIn": iso(following),
        "nextCheckInLatest": iso(following + MINUTE),
        "activeIncident": {
            "startingTimestamp": iso(at(world, spec.failing_since)),
            "resolvingTimestamp": None,
            "brokenNotice": None,
        }
        if is_failing and spec.failing_since is not None
        else None,
    }
    return {
        "id": monitor_id(project, spec),
        "name": spec.name or spec.slug,
        "slug": spec.slug,
        "status": "active",
        "isMuted": False,
        "isUpserting": False,
        "type": "cron_job",
        "config": {
            "schedule_type": "interval",
            "schedule": [round(spec.every), "minute"],
            "checkin_margin": 1,
            "max_runtime": 30,
            "timezone": None,
            "failure_issue_threshold": 1,
            "recovery_threshold": 1,
        },
        "dateCreated": CREATED,
        "project": project_brief(project),
        "environments": [environment],
        "owner": owner(spec.owner),
    }
