"""Deployment regression: the incident aligns with a deploy (sentry-api §6.1), and its events live on that release."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.causes.undo_release import ROLL_BACK, plainly, undo_release
from sentry_runbook.incident.formatting import between, duration, elapsed, moment, percent_of
from sentry_runbook.incident.issue_status import regressions
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.metrics.breakdown import FEWEST_BEFORE, FEWEST_NOW, rounded, share_of
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.results.explanation import ReleaseHealth
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.release_health import compare, described, relation, runs_beside
from sentry_runbook.incident.releases import (
    Alignment,
    alignment,
    deploys_of,
    release_named,
    releases_seen,
)
from sentry_runbook.incident.suspect import AS_MANY, Excess, excess_of

POINTS_BY_SOURCE = {"deploy marker": 4, "release date": 3, "first mention of the release": 1}
"""What alignment with a deploy says, by what dates it; a first mention is often just the first event."""
FEW, MOST = 0.5, 0.9
"""Parts of the events: below FEW, other releases fail too; from MOST on, they are on this release."""
MOST_OF_EXCESS, NEARLY_ALL_OF_EXCESS = 0.6, 0.8
"""Of the events above usual; the larger part where the sessions do not tell what any error would have."""
COMMIT_IS_NEW = timedelta(days=2)
SEVERAL_NEW_ISSUES = 3


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """Timing, share of the suspect release, its commits and its other new issues; none without a suspect release."""
    version = incident.suspect
    if version is not None:
        yield from _regression(incident, version)
        yield from _deploy_timing(incident, version)
        yield from _release_share(incident, version)
        yield from _sessions(incident)
        yield from _commits(incident)
        yield from _new_issues(incident, version)
        yield from _not_seen(incident, version)


def _regression(incident: Measurements, version: str) -> Iterator[Indicator]:
    if any(entry.version == version for entry in regressions(incident.evidence.issue)):
        text = f"Sentry recorded that release {quoted(version)} brought the issue back."
        yield Indicator("regression", 2, text, core=True)


# --- timing --------------------------------------------------------------------------------------------------------


def _deploy_timing(incident: Measurements, version: str) -> Iterator[Indicator]:
    name, start = quoted(version), incident.apparent_start
    deploy = alignment(incident.evidence, version, start) if start else None
    if deploy is None:
        yield Indicator("deploy", 0, f"Nothing dates the deploy of {name}.")
        return
    dated, lag = _dated(deploy, name), _lag(deploy)
    if deploy.aligned:
        yield Indicator("deploy", POINTS_BY_SOURCE[deploy.source], f"{dated}; the errors began {lag}.", core=True)
    elif deploy.early and deploy.source != "first mention of the release":
        yield Indicator("deploy", -4, f"{dated}; the errors began {lag}: they cannot come from it.")
    else:
        # Sentry may first hear of a release long after its deploy, so errors before that mention do not clear it.
        yield Indicator("deploy", -2, f"{dated}; the errors began only {lag}.")
    markers = deploys_of(incident.evidence, version)
    if markers is None:
        yield Indicator("deploy", 0, f"Sentry did not tell the deploys of {name}: it may have a deploy marker.")
    elif not markers:
        yield Indicator("deploy", 0, "No deploy markers are recorded, which does not mean that nothing was deployed.")


def _dated(deploy: Alignment, name: str) -> str:
    where = f" to {quoted(deploy.environment)}" if deploy.environment else ""
    sentences = {
        "deploy marker": f"Release {name} was deployed{where} at {moment(deploy.at)} (deploy marker)",
        "release date": f"Release {name} is dated {moment(deploy.at)} (release date)",
        "first mention of the release": f"Sentry first heard of release {name} at {moment(deploy.at)}",
    }
    return sentences[deploy.source]


def _lag(deploy: Alignment) -> str:
    if deploy.lag is None:
        return between(deploy.start.earliest, deploy.start.latest)
    if abs(deploy.lag) < timedelta(minutes=1):
        return "in that minute"
    return f"{duration(abs(deploy.lag))} {'later' if deploy.lag > timedelta() else 'before'}"


# --- share of the events -------------------------------------------------------------------------------------------


def _release_share(incident: Measurements, version: str) -> Iterator[Indicator]:
    """Where the events are now, and where they were in the period before."""
    evidence, name = incident.evidence, quoted(version)
    if not isinstance(evidence.breakdown, Known):
        return
    now, total = share_of(evidence.breakdown, "release", version)
    if total < FEWEST_NOW:
        return
    before, total_before = 0, 0
    if isinstance(incident.compared.breakdown_before, Known):
        before, total_before = share_of(incident.compared.breakdown_before, "release", version)
    measured_before = total_before >= FEWEST_BEFORE
    share = _percent(now, total)
    adoption = _adoption(incident)
    excess = excess_of(incident.compared, version)
    if excess is not None and _is_beyond(excess, adoption):
        # Most events of an old issue may be the usual ones, on the releases that run; the additional ones tell.
        about = "" if excess.counted else "About "
        text = f"{about}{_percent_of_excess(excess)} of the events above usual are on {name}."
        yield Indicator("share", 3, text, core=True)
    elif now < FEW * total:
        yield Indicator("share", -3, f"Only {share} of the events are on {name}: other releases fail too.")
    elif measured_before and before >= FEW * total_before:
        # The release carried the events when all was well, so its share does not tell the incident from usual.
        yield Indicator("share", -3, f"{_percent(before, total_before)} of the events were on {name} before, too.")
    elif adoption is not None and now <= AS_MANY * adoption * total and adoption < MOST:
        text = f"{share} of the events are on {name}, and {percent_of(adoption)} of the sessions: others fail alike."
        yield Indicator("share", -3, text)
    elif now < MOST * total:
        return
    elif measured_before:
        text = f"{share} of the events are on {name}, {_percent(before, total_before)} before."
        yield Indicator("share", 3, text, core=True)
    elif adoption is not None and adoption < 1:
        text = f"{share} of the events are on {name}, which has {percent_of(adoption)} of the sessions."
        # Where nearly everybody runs it, its events would be on it whatever broke.
        yield Indicator("share", 0 if adoption >= MOST else 2, text, core=adoption < MOST)
    elif _other_releases_run(incident, version):
        yield Indicator("share", 2, f"{share} of the events are on {name}; other releases that run are clean.")
    else:
        # Everybody runs this release: whatever broke, its events would be on it.
        others = len(incident.release_health) > 1
        why = (
            "which everybody runs since it was deployed" if others else "but no other release runs beside it to compare"
        )
        yield Indicator("share", 0, f"{share} of the events are on {name}, {why}.")


def _adoption(incident: Measurements) -> float | None:
    """The part (0..1) of the sessions that the suspect release has; None when the sessions do not tell."""
    main = next((row for row in incident.release_health if row.suspect), None)
    return None if main is None or main.adoption_pct is None else main.adoption_pct / 100


def _sessions(incident: Measurements) -> Iterator[Indicator]:
    """How the releases fare that run beside it, and whether the incident changed anything for the sessions."""
    limit = incident.policy.thresholds.crash_free_below_pct
    main = next((row for row in incident.release_health if row.suspect), None)
    if main is not None:
        yield from _compared(main, [row for row in incident.release_health if row is not main], limit)
    change = incident.crash_free_change
    if change is not None and not change.fell and change.now.pct < limit:
        text = f"Crash-free sessions: {change.sentence}; what brought this issue did not change them."
        yield Indicator("sessions", 0, text)


def _compared(main: ReleaseHealth, others: Sequence[ReleaseHealth], limit: float) -> Iterator[Indicator]:
    """The suspect release and the one with most sessions of which the sessions tell how it fares."""
    pairs = ((compare(main, other, limit), other) for other in others)
    comparison, other = next((pair for pair in pairs if pair[0] is not None), (None, None))
    if other is None:
        return
    if not runs_beside(other):
        text = f"{described(main)}; {relation(other)} {described(other)}."
        # What broke when the new one came may be something else: then the old one was well only because it was before.
        yield Indicator("sessions", 1 if comparison == "better" else 0, text)
    elif comparison == "better":
        yield Indicator("sessions", 3, f"{described(main)}; {relation(other)} {described(other)}.", core=True)
    else:
        text = f"{described(main)}; {relation(other)} {described(other)}: it fails in the same way."
        yield Indicator("sessions", -3, text)


def _is_beyond(excess: Excess, adoption: float | None) -> bool:
    """Whether the release has more of the events above usual than it would have of any error."""
    if adoption is None:
        return excess.explains >= NEARLY_ALL_OF_EXCESS
    return excess.explains >= max(MOST_OF_EXCESS, AS_MANY * adoption)


def _percent_of_excess(excess: Excess) -> str:
    return percent_of(rounded(excess.explains))


def _percent(part: int, total: int) -> str:
    return percent_of(rounded(part / total))


def _other_releases_run(incident: Measurements, version: str) -> bool:
    """Whether another release still sends events, so that "only on this one" says something."""
    releases = incident.evidence.releases
    if not isinstance(releases, Known):
        return False
    since = incident.episode.began if isinstance(incident.episode, Episode) else incident.evidence.window.start
    return any(
        release.version != version and release.last_event is not None and release.last_event >= since
        for release in releases.value
    )


def _not_seen(incident: Measurements, version: str) -> Iterator[Indicator]:
    releases = releases_seen(incident.evidence)
    if releases and version not in releases:
        yield Indicator("share", -3, f"No event of the window is on {quoted(version)}.")


# --- the release's content -----------------------------------------------------------------------------------------


def _commits(incident: Measurements) -> Iterator[Indicator]:
    commits = incident.evidence.suspect_commits
    if not isinstance(commits, Known) or not commits.value:
        return
    commit, start = commits.value[0], incident.apparent_start
    name = quoted(commit.pull_request or commit.message or commit.id)
    if commit.at is not None and start is not None and start.at - COMMIT_IS_NEW <= commit.at <= start.latest:
        before = f"{duration(elapsed(commit.at, start.at))} before" if commit.at <= start.at else "just before"
        text = f"Suspect commit {name} was made {before} the errors began."
        yield Indicator("commits", 2, text)
    else:
        yield Indicator("commits", 1, f"Sentry names a suspect commit: {name}.")


def _new_issues(incident: Measurements, version: str) -> Iterator[Indicator]:
    release = release_named(incident.evidence, version)
    if release is not None and (release.new_issues or 0) >= SEVERAL_NEW_ISSUES:
        yield Indicator("release", 1, f"Release {quoted(version)} brought {release.new_issues} new issues.")


# --- what to do ----------------------------------------------------------------------------------------------------


def prevention(incident: Measurements) -> Prevention:
    """The roll-out stops itself."""
    project = quoted(incident.evidence.issue.project or "the project")
    return Prevention(
        f"Add a check to the deploy of {project} that stops the roll-out when new unhandled errors appear",
        "a trial deploy of a build that raises on purpose is stopped by the check",
    )


PATTERN = CausePattern(
    name="deployment_regression",
    title="Deployment regression",
    signal="The errors begin with a deploy (First Seen, or the step in the series, aligns with it), "
    "and they live on that release",
    indicators=indicators,
    action=undo_release,
    general_action=ROLL_BACK,
    plain_action="roll back the latest release",
    plain_action_in=plainly,
    plain_cause="a recent release",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="deployment_regression",
            from_points=5,
            weakens=("third_party_failure", "data_corruption", "resource_exhaustion"),
            points=-2,
            text="The errors begin with a release, which points to a change of the code.",
        ),
    ),
    blames_release=True,
)
