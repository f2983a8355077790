"""The pattern "deployment regression": the incident aligns with a deploy, and its events live on that release."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import Candidate, Clue
from sentry_runbook.incident.formatting import duration, moment, percent
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.breakdown import share_of
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.results.impact import Onset
from sentry_runbook.incident.releases import (
    Alignment,
    alignment,
    deploys_of,
    previous_release,
    release_named,
    releases_seen,
    suspect_release,
)


def deployment_regression(incident: Measurements) -> Candidate:
    """The start of the incident aligns with a deploy (sentry-api §6.1), and its events live on that release."""
    version = suspect_release(incident.evidence)
    if version is None:
        return Candidate("deployment_regression", (), "")
    clues = [
        *_deploy_timing(incident, version),
        *_release_share(incident, version),
        *_commits(incident),
        *_release_company(incident, version),
    ]
    return Candidate("deployment_regression", tuple(clues), _roll_back(incident, version))


def _deploy_timing(incident: Measurements, version: str) -> Iterator[Clue]:
    name = quoted(version)
    began = incident.apparent_start
    regression = [entry for entry in incident.evidence.issue.activity if entry.kind == "set_regression"]
    if any(entry.version == version for entry in regression):
        yield Clue("regression", 2, f"Sentry recorded that release {name} brought the issue back.", core=True)
    found = alignment(incident.evidence, version, began) if began else None
    if found is None:
        yield Clue("deploy", 0, f"Nothing dates the deploy of {name}.")
        return
    points = {"deploy marker": 4, "release date": 3, "first mention of the release": 1}[found.source]
    if found.aligned:
        yield Clue("deploy", points, f"{_dated(found, name)}; the errors began {_lag(found)}.", core=True)
    elif found.early and found.source != "first mention of the release":
        yield Clue("deploy", -4, f"{_dated(found, name)}; the errors began {_lag(found)}: they cannot come from it.")
    else:
        yield Clue("deploy", -2, f"{_dated(found, name)}; the errors began only {_lag(found)}.")
    if found.source != "deploy marker" and not deploys_of(incident.evidence, version):
        yield Clue("deploy", 0, "No deploy markers are recorded, which does not mean that nothing was deployed.")


def _dated(found: Alignment, name: str) -> str:
    where = f" to {quoted(found.environment)}" if found.environment else ""
    words = {
        "deploy marker": f"Release {name} was deployed{where} at {moment(found.at)} (deploy marker)",
        "release date": f"Release {name} is dated {moment(found.at)} (release date)",
        "first mention of the release": f"Sentry first heard of release {name} at {moment(found.at)}",
    }
    return words[found.source]


def _lag(found: Alignment) -> str:
    if abs(found.lag) < timedelta(minutes=1):
        return "in that minute"
    return f"{duration(abs(found.lag))} {'later' if found.lag > timedelta() else 'before'}"


def _release_share(incident: Measurements, version: str) -> Iterator[Clue]:
    evidence, name = incident.evidence, quoted(version)
    if not isinstance(evidence.breakdown, Known):
        return
    now, everything = share_of(evidence.breakdown, "release", version)
    if everything < 10:
        return
    share = percent(round(100 * now / everything, 1))
    before, everything_before = 0, 0
    if isinstance(evidence.breakdown_before, Known):
        before, everything_before = share_of(evidence.breakdown_before, "release", version)
    others = _other_releases_run(incident, version)
    if now < 0.5 * everything:
        yield Clue("share", -3, f"Only {share} of the events are on {name}: other releases fail too.")
    elif everything_before >= 20 and before >= 0.5 * everything_before:
        text = f"{percent(round(100 * before / everything_before, 1))} of the events were on {name} before, too."
        yield Clue("share", -3, text)
    elif now >= 0.9 * everything and everything_before >= 20:
        earlier = percent(round(100 * before / everything_before, 1))
        yield Clue("share", 3, f"{share} of the events are on {name}, {earlier} before.", core=True)
    elif now >= 0.9 * everything and others:
        yield Clue("share", 2, f"{share} of the events are on {name}; other releases that run are clean.")
    elif now >= 0.9 * everything:
        yield Clue("share", 0, f"{share} of the events are on {name}, but no other release runs beside it to compare.")


def _other_releases_run(incident: Measurements, version: str) -> bool:
    """Whether another release still sends events, so that "only on this one" says something."""
    if not isinstance(incident.evidence.releases, Known):
        return False
    since = incident.onset.at if isinstance(incident.onset, Onset) else incident.evidence.window.start
    return any(
        release.version != version and release.last_event is not None and release.last_event >= since
        for release in incident.evidence.releases.value
    )


def _commits(incident: Measurements) -> Iterator[Clue]:
    commits = incident.evidence.suspect_commits
    if not isinstance(commits, Known) or not commits.value:
        return
    first = commits.value[0]
    began = incident.apparent_start
    what = quoted(first.pull_request or first.message or first.id)
    if first.at is not None and began is not None and timedelta() <= began - first.at <= timedelta(days=2):
        yield Clue(
            "commits", 2, f"Suspect commit {what} was made {duration(began - first.at)} before the errors began."
        )
    else:
        yield Clue("commits", 1, f"Sentry names a suspect commit: {what}.")


def _release_company(incident: Measurements, version: str) -> Iterator[Clue]:
    release = release_named(incident.evidence, version)
    if release is not None and (release.new_issues or 0) >= 3:
        yield Clue("release", 1, f"Release {quoted(version)} brought {release.new_issues} new issues.")
    seen = releases_seen(incident.evidence)
    if version not in seen and seen:
        yield Clue("share", -3, f"No event of the window is on {quoted(version)}.")


def _roll_back(incident: Measurements, version: str) -> str:
    previous = previous_release(incident.evidence, version)
    target = f"to {quoted(previous)}" if previous else "to the release before it"
    return (
        f"Roll back {quoted(version)} {target} with your own deploy system. sentry-cli rolls nothing back: "
        "'sentry-cli deploys new --release PREVIOUS --env production' only records a marker afterwards."
    )
