"""How a release that broke something is undone: by a rollback, or, where it is installed, by what stops it.

What the evidence shows to be done already, or to fail in the same way, is not advised.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Known, quoted
from sentry_runbook.incident.platforms import Installed, installed_as
from sentry_runbook.incident.release_health import FAILING, HEALTHY, WAS_HEALTHY, adoption
from sentry_runbook.incident.releases import deploys_of, previous_release, release_named


@dataclass(frozen=True)
class Rollback:
    """An older release that was deployed after the suspect one."""

    version: str
    at: datetime


def rolled_back(evidence: Evidence, version: str, began: datetime) -> Rollback | None:
    """The deploy of an older release after the incident began; None when there was none, or no marker tells."""
    suspect = release_named(evidence, version)
    if suspect is None or suspect.created is None or not isinstance(evidence.releases, Known):
        return None
    older = [
        release.version
        for release in evidence.releases.value
        if release.version != version and release.created is not None and release.created < suspect.created
    ]
    names = evidence.scope.names or evidence.scope.production
    ends = [
        Rollback(release, at)
        for release in older
        for deploy in deploys_of(evidence, release) or ()
        if (at := _deployed_at(deploy)) is not None and at > began and (not names or deploy.environment in names)
    ]
    last = max(ends, key=lambda rollback: rollback.at, default=None)
    own = [at for deploy in deploys_of(evidence, version) or () if (at := _deployed_at(deploy)) is not None]
    # A deploy of the suspect release after that undid it.
    return None if last is None or any(at > last.at for at in own) else last


def _deployed_at(deploy: Deploy) -> datetime | None:
    return deploy.finished or deploy.started


STOP = {
    "mobile": "Halt the staged roll-out of {name} in the app store",
    "desktop": "Stop the update channel of {name}",
}


def undo_release(incident: Measurements) -> str:
    """The immediate action for engineers, with names."""
    version = incident.suspect or "RELEASE"
    done, failing, installed = _done(incident), _failing(incident), installed_as(incident.evidence)
    if done is not None:
        return (
            f"{quoted(done.version)} was deployed after it, at {moment(done.at)}: {quoted(version)} is rolled back. "
            "Run check_recovery; where the errors go on, the release is not all of it."
        )
    if installed is not None:
        return _halt(version, installed, incident)
    if failing is not None:
        return (
            f"Do not roll back to {quoted(failing)}, which fails in the same way: look for what changed for both "
            "(a flag, a setting, a dependency), or fix forward."
        )
    previous = previous_release(incident.evidence, version)
    notes = {row.release: row.note for row in incident.release_health if row.note in (HEALTHY, WAS_HEALTHY)}
    healthy = previous if previous in notes else next((each for each in notes if notes[each] == HEALTHY), None)
    return _roll_back(version, healthy or previous, f" ({notes[healthy]})" if healthy else "")


def plainly(incident: Measurements) -> str:
    """The same for executives, to stand after "next step: "."""
    if _done(incident) is not None:
        return "see whether the rollback of the latest release has helped"
    if installed_as(incident.evidence) is not None:
        return "stop the roll-out of the latest version, and ship a corrected one"
    if _failing(incident) is not None:
        return "find what changed for all releases"
    return "roll back the latest release"


def _done(incident: Measurements) -> Rollback | None:
    start = incident.apparent_start
    version = incident.suspect
    return rolled_back(incident.evidence, version, start.at) if start is not None and version is not None else None


def _failing(incident: Measurements) -> str | None:
    """Another release that fails as the suspect one does."""
    return next((row.release for row in incident.release_health if row.note == FAILING), None)


def _halt(version: str, installed: Installed, incident: Measurements) -> str:
    """What is installed stays: stop it from spreading, switch the code off, and ship a version that mends it."""
    main = next((row for row in incident.release_health if row.suspect), None)
    spread = f" ({adoption(main)} so far)" if main is not None and main.adoption_pct is not None else ""
    stop = STOP[installed].format(name=quoted(version))
    return (
        f"{stop}{spread}, switch the feature's flag off on the server, and ship a hotfix: "
        "an installed app cannot be rolled back."
    )


def _roll_back(version: str, previous: str | None, why: str = "") -> str:
    target = f"to {quoted(previous)}{why}" if previous else "to the release before it"
    return (
        f"Roll back {quoted(version)} {target} with your own deploy system "
        "(sentry-cli rolls nothing back, it only records a marker)."
    )


ROLL_BACK = _roll_back("RELEASE", None)
"""The same without an incident."""
