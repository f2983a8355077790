"""What a link or name of the caller's stands for, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_target import (
    AlertTarget,
    CronState,
    TargetIssue,
    TargetKind,
    UptimeState,
)
from sentry_runbook.incident.model.results.situation import AlertLink

KINDS: Mapping[TargetKind, str] = {"alert": "issue_alert", "error_monitor": "monitor", "issue_stream": "stream"}
"""Kinds of targets that the answer calls otherwise."""
WITH_AN_ID: frozenset[TargetKind] = frozenset({"alert", "metric_alert", "cron", "uptime"})
"""Targets whose id is Sentry's own; that of a release is its name."""
MOST_CONDITIONS, MOST_ISSUES = 3, 10


def alert_link(target: AlertTarget) -> AlertLink:
    """What the target is, and what Sentry says of it."""
    return AlertLink(
        kind=KINDS.get(target.kind, target.kind),
        id=target.id if target.kind in WITH_AN_ID else None,
        what=target.what,
        facts=tuple(_facts(target)),
        issues=tuple(issue.name for issue in target.issues[:MOST_ISSUES]),
        fired_at=target.fired_at,
    )


def _facts(target: AlertTarget) -> Iterator[str]:
    if target.is_open is not None:
        yield "what it opened is open still" if target.is_open else "what it opened is closed again"
    if target.enabled is False:
        yield "it is switched off"
    yield from (f"it fires when: {condition}" for condition in target.condition[:MOST_CONDITIONS])
    if target.query:
        yield f"its search: {quoted(target.query)}"
    if target.environments:
        yield f"its environments: {', '.join(map(quoted, target.environments))}"
    if target.cron is not None:
        yield from _cron(target.cron)
    if target.uptime is not None:
        yield from _uptime(target.uptime)
    fired = [issue for issue in target.issues if issue.firings is not None or issue.events is not None]
    yield from map(_issue, fired[:MOST_CONDITIONS])
    if target.owner:
        yield f"its owner: {quoted(target.owner)}"


def _issue(issue: TargetIssue) -> str:
    title = f" {quoted(issue.title)}" if issue.title else ""
    if issue.firings is None:
        return f"{issue.name}{title}: {count(issue.events or 0, 'event')} in it"
    last = f", last {moment(issue.last_fired)}" if issue.last_fired is not None else ""
    return f"it fired {count(issue.firings, 'time')} for {issue.name}{title}{last}"


def _cron(cron: CronState) -> Iterator[str]:
    yield (
        f"check-ins since {moment(cron.counted_from)}: {cron.missed} missed, {cron.failed} failed, {cron.timed_out} "
        f"timed out, {cron.good} good"
    )
    if cron.last_good is not None:
        yield f"the last good one: {moment(cron.last_good)}"
    if cron.last is not None and cron.last.at is not None:
        yield f"the newest one: {cron.last.status.replace('_', ' ')}, {moment(cron.last.at)}"
    if cron.failing_since is not None:
        yield f"failing since {moment(cron.failing_since)}"
    if cron.next_expected is not None:
        yield f"the next one is due {moment(cron.next_expected)}"


def _uptime(uptime: UptimeState) -> Iterator[str]:
    if uptime.address:
        yield f"it calls {quoted(uptime.address)}"
    if uptime.is_down is not None:
        since = ""
        if uptime.is_down and uptime.down_since is not None:
            since = f" since {moment(uptime.down_since)}{' or earlier' if uptime.is_down_earlier else ''}"
        yield f"Sentry calls it {'down' if uptime.is_down else 'up'}{since}"
    last = uptime.last
    if last is not None and last.at is not None:
        why = ", ".join(filter(None, (last.reason, f"HTTP {last.http_status}" if last.http_status else "")))
        yield f"the newest check: {last.status.replace('_', ' ')}{f' ({why})' if why else ''}, {moment(last.at)}"
    if uptime.checked and uptime.failed is not None and uptime.counted_from is not None:
        yield f"{uptime.failed} of {count(uptime.checked, 'check')} failed since {moment(uptime.counted_from)}"
