"""The rows of a timeline: one function for each kind of row, each row with its source.

A name of a person stands only where the person acted on the incident (took it, wrote a note, closed it), never where
somebody's change is suspected: a postmortem asks what let a change do harm, not who wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import excerpt
from sentry_runbook.incident.episode.usual import MIN_EVENTS
from sentry_runbook.incident.formatting import clock_time, count, duration, moment, number
from sentry_runbook.incident.metrics.timeseries import between, end_of, time_of
from sentry_runbook.incident.metrics.unhandled import MinutePeak
from sentry_runbook.incident.model.evidence import Deploy, Event, Known, Release, Series, quoted
from sentry_runbook.incident.model.results.messages import TimelineRow
from sentry_runbook.incident.releases import deploys_of
from sentry_runbook.incident.timeline.activity import activity_rows, note_rows, stated_rows, timeline_row
from sentry_runbook.incident.timeline.alerting import alert_rows
from sentry_runbook.incident.timeline.burst_rows import burst_rows
from sentry_runbook.incident.timeline.context import TimelineContext, deployed

DEPLOYS = "deploy marker in Sentry"
FLAGS = "feature flag log"
UNIT = {60: "minute", 300: "five minutes", 3600: "hour"}


def rows_of(incident: TimelineContext) -> tuple[TimelineRow, ...]:
    """All rows, in order of time; of one instant in the order of the table."""
    ranked = [
        (row.at, rank, row)
        for rank, find_rows in enumerate(ROW_SOURCES)
        for row in find_rows(incident)
        if _is_shown(row, incident)
    ]
    return tuple(row for _, _, row in sorted(ranked, key=lambda entry: entry[:2]))


def _is_shown(row: TimelineRow, incident: TimelineContext) -> bool:
    # A stated time is kept wherever it lies, also in the future; the contradiction is reported beside it.
    return row.kind == "human" or row.at <= incident.read_at


# --- before --------------------------------------------------------------------------------------------------------


def _suspect_commits(incident: TimelineContext) -> Iterator[TimelineRow]:
    part = incident.evidence.suspect_commits
    for commit in part.value if isinstance(part, Known) else ():
        if commit.at is not None:
            name = f" {commit.pull_request}" if commit.pull_request else ""
            what = excerpt(commit.message) if commit.message else quoted(commit.id)
            yield timeline_row(incident, commit.at, f"Suspect commit{name}: {what}", "suspect commits of the event")


def _releases(incident: TimelineContext) -> Iterator[TimelineRow]:
    """Releases by date, where no deploy marker tells when they went live."""
    marked = {deploy.version for deploy in incident.deploys}
    for release in incident.releases:
        name = quoted(release.version)
        for at, what in (
            (release.created, f"Sentry first heard of release {name}"),
            (release.released, f"Release {name} is dated as released"),
        ):
            if at is not None and at >= incident.opens and release.version not in marked:
                unmarked = "; no deploy marker says when it went live" if _has_no_marker(incident, release) else ""
                yield timeline_row(incident, at, f"{what}{unmarked}", "releases of the project")


def _has_no_marker(incident: TimelineContext, release: Release) -> bool:
    """Whether Sentry told that the release has no deploy marker; it is asked for those of the suspect release only."""
    markers = release.deploys
    if release.version == incident.suspect:
        markers = deploys_of(incident.evidence, release.version)
    return markers == ()


def _deploys(incident: TimelineContext) -> Iterator[TimelineRow]:
    for deploy in incident.deploys:
        at = deployed(deploy)
        if at is not None:
            yield timeline_row(incident, at, f"{deploy_text(deploy)}{_meaning(incident, deploy)}", DEPLOYS)


def deploy_text(deploy: Deploy) -> str:
    """What a deploy marker says, as a sentence without its point."""
    started = ""
    if deploy.started is not None and deploy.finished is not None and deploy.started < deploy.finished:
        started = f" in {duration(deploy.finished - deploy.started)}"
    return f"Release {quoted(deploy.version)} deployed to {quoted(deploy.environment)}{started}"


def _flag_changes(incident: TimelineContext) -> Iterator[TimelineRow]:
    part = incident.evidence.flag_changes
    for change in part.value if isinstance(part, Known) else ():
        if change.at >= incident.opens:
            by = f" (by {quoted(change.by)})" if change.by else ""
            what = f"Feature flag {quoted(change.flag)} {change.action or 'changed'}{by}"
            yield timeline_row(incident, change.at, what, FLAGS)


def _meaning(incident: TimelineContext, deploy: Deploy) -> str:
    if deploy.version == incident.suspect:
        return ": the release that came with the incident" if incident.is_live(deploy) else ""
    if deploy not in incident.later_deploys:
        return ""
    older = incident.is_older(deploy.version)
    kind = "" if older is None else "an earlier release, " if older else "a later release, "
    return f": {kind}a candidate for what ended the incident"


# --- the incident --------------------------------------------------------------------------------------------------


def _onset(incident: TimelineContext) -> Iterator[TimelineRow]:
    if incident.known_episode is not None:
        source = f"{incident.known_episode.how} (confidence {incident.known_episode.confidence})"
        if incident.evidence.together:
            source += f"; {_rate_source(incident)}"
        yield timeline_row(incident, incident.known_episode.began, "Onset: the incident began", source, "derived")


def _first_event(incident: TimelineContext) -> Iterator[TimelineRow]:
    for place, issue in enumerate(incident.evidence.members):
        first = issue.first_seen
        if first is None or first < incident.opens:
            continue
        # Whole events are read of the first issue alone.
        event = None if place else next((event for event in _events(incident) if event.when == first), None)
        handled = None if event is None else _handled(event)
        how = [] if handled is None else ["handled" if handled else "unhandled"]
        if event is not None and event.release:
            how.append(f"on release {quoted(event.release)}")
        details = f" ({', '.join(how)})" if how else ""
        what = f"First event{details}: Sentry issue {issue.name} created, {excerpt(issue.title)}"
        link = _event_link(incident, event) if event is not None else None
        yield timeline_row(incident, first, what, "First Seen of the issue", link=link, issue=issue)


def _onset_of_each(incident: TimelineContext) -> Iterator[TimelineRow]:
    """The begin of each of several issues whose first event has no row of its own."""
    for issue, each in zip(incident.evidence.together, incident.each_issue, strict=True):
        is_told = issue.first_seen is not None and issue.first_seen >= incident.opens
        if each.known_episode is not None and not is_told:
            source = f"{each.known_episode.how} (confidence {each.known_episode.confidence}); {_rate_source(each)}"
            what = f"{issue.name} rose above its usual rate"
            yield timeline_row(incident, each.known_episode.began, what, source, "derived", issue=issue)


def _events(incident: TimelineContext) -> Iterator[Event]:
    if isinstance(incident.evidence.sample, Known):
        yield from incident.evidence.sample.value
    if isinstance(incident.evidence.event, Known):
        yield incident.evidence.event.value


def _handled(event: Event) -> bool | None:
    """Whether every exception was handled; None when the event does not say it of any."""
    flags = [exception.handled for exception in event.exceptions if exception.handled is not None]
    return all(flags) if flags else None


def _first_unhandled(incident: TimelineContext) -> Iterator[TimelineRow]:
    """The first stretch with an unhandled event, unless the first event itself was read and is unhandled."""
    if not isinstance(incident.evidence.unhandled, Known) or incident.known_episode is None:
        return
    first_seen = incident.evidence.issue.first_seen
    first = next((event for event in _events(incident) if event.when == first_seen), None)
    if first is not None and _handled(first) is False and first_seen == incident.known_episode.began:
        return
    if isinstance(incident.own_peak, MinutePeak) and incident.own_peak.is_lower_bound:
        return  # only the latest minutes were counted
    series = incident.evidence.unhandled.value
    inside = between(series, incident.began - timedelta(seconds=series.step_s - 1), end_of(series))
    index = next((index for index, value in enumerate(inside.values) if value), None)
    if index is not None:
        start = time_of(inside, index)
        what = f"First unhandled event of the incident, in the {_unit(series)} from {clock_time(start)}"
        yield timeline_row(incident, max(start, incident.began), what, incident.evidence.unhandled.source, "derived")


def _peak(incident: TimelineContext) -> Iterator[TimelineRow]:
    """The fullest minute of unhandled events; of a slow incident the fullest hour, unless its bursts tell theirs."""
    peak, part = incident.own_peak, incident.evidence.unhandled
    if isinstance(peak, MinutePeak) and isinstance(part, Known) and peak.at is not None and peak.at_least >= MIN_EVENTS:
        least = "at least " if peak.is_lower_bound else ""
        what = f"Peak: {least}{count(peak.at_least, 'unhandled event')} in the minute from {clock_time(peak.at)}"
        yield timeline_row(incident, max(peak.at, incident.began), what, part.source, "derived")
    elif incident.known_episode is not None and len(incident.bursts) < 2:
        episode = incident.known_episode
        what = f"Peak: {count(episode.peak_per_hour, 'event')} in the hour from {clock_time(episode.peak_at)}"
        yield timeline_row(incident, episode.peak_at, what, _rate_source(incident), "derived")


def _bursts(incident: TimelineContext) -> Iterator[TimelineRow]:
    yield from burst_rows(incident, incident.bursts)


def _unit(series: Series) -> str:
    return UNIT.get(series.step_s) or duration(timedelta(seconds=series.step_s))


def _rate_source(incident: TimelineContext) -> str:
    parts = (incident.evidence.series, incident.evidence.history)
    own = "the issue's clock hours (all environments)"
    return next((part.source for part in parts if isinstance(part, Known)), own)


def _last_event(incident: TimelineContext) -> Iterator[TimelineRow]:
    for issue in incident.evidence.members:
        last = issue.last_seen
        if last is not None and incident.opens <= last <= incident.read_at and last != issue.first_seen:
            what = f"Last event up to {moment(incident.read_at)}"
            yield timeline_row(incident, last, what, "Last Seen of the issue", issue=issue)


# --- after ---------------------------------------------------------------------------------------------------------


def _back_to_usual(incident: TimelineContext) -> Iterator[TimelineRow]:
    if incident.stable_since is None:
        return
    usual = incident.recovery_metrics.usual_per_hour
    level = f"{number(round(usual, 1))} an hour" if usual else "no burst since"
    quiet_for = incident.read_at - incident.stable_since
    needed = incident.recovery_metrics.quiet_needed
    short = f"; for {duration(quiet_for)} so far, which is too short to call it over" if quiet_for < needed else ""
    source = f"end of the last burst; {_rate_source(incident)}"
    yield timeline_row(
        incident, incident.stable_since, f"Error rate back to the usual level ({level}){short}", source, "derived"
    )


def _event_link(incident: TimelineContext, event: Event) -> str:
    return f"{incident.evidence.issue.url.split('?')[0].rstrip('/')}/events/{event.id}/"


ROW_SOURCES: tuple[Callable[[TimelineContext], Iterator[TimelineRow]], ...] = (
    _suspect_commits,
    _releases,
    _deploys,
    _flag_changes,
    _first_event,
    _onset,
    _onset_of_each,
    _first_unhandled,
    _peak,
    _bursts,
    alert_rows,
    stated_rows,
    activity_rows,
    note_rows,
    _last_event,
    _back_to_usual,
)
"""Of one instant in this order. A new kind of row is a function and its name here."""
