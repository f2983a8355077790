"""No draft holds a number or a time that the evidence does not: every one is looked up, or derived by a named rule.

The rules are written here anew, from the evidence and the policy alone, so that a draft cannot vouch for itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from math import floor
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.unique_users import UsersWorstHour
from sentry_runbook.incident.model.evidence import Evidence, Known, Series
from sentry_runbook.incident.model.policy import LEVELS
from tests.incident.golden import GOLDEN, LAST, POLICY, all_drafts, evidence_of, incident_of
from tests.incident.provenance import crash_free_of_spans, release_runs

TIME = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b|\b\d\d:\d\d\b")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
COUNTED = {"series", "users_per_hour", "unhandled", "project_unhandled", "hours", "hourly", "daily"}
"""Rows of many small numbers, in which any small number would be found: they are only summed up, by a rule."""
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SHIFT = 8 * HOUR
"""A handoff looks back so far where nobody gave a time and no later begin is known."""
Rule = Callable[[Evidence, str], Iterator[str]]


def numbers(text: str) -> set[str]:
    """The numbers of a text, times taken out."""
    return {found.rstrip(",") for found in NUMBER.findall(TIME.sub(" ", text))}


def shown(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in COUNTED:
                yield from (key, *leaves(inner))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


# --- where a number may come from ----------------------------------------------------------------------------------


def in_the_evidence(evidence: Evidence, name: str) -> Iterator[str]:
    """As Sentry said it: a count, a line number, a part of a version."""
    for leaf in leaves(evidence.model_dump()):
        if isinstance(leaf, str):
            yield from numbers(leaf)
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            yield from (shown(leaf), shown(round(leaf, 1)))


def stated_by_a_person(evidence: Evidence, name: str) -> Iterator[str]:
    for text in GOLDEN[name].stated.model_dump().values():
        yield from numbers(str(text))


def of_the_policy(evidence: Evidence, name: str) -> Iterator[str]:
    """Thresholds, response times, the names P0 to P3."""
    for leaf in leaves(POLICY.model_dump()):
        if isinstance(leaf, int | float):
            yield from (shown(leaf), shown(leaf / 60), shown(leaf / 1440))
        yield from numbers(str(leaf))
    yield from "0123"
    yield "48"  # the runbook's hours for the postmortem


def crash_free_sessions(evidence: Evidence, name: str) -> Iterator[str]:
    """100 · (1 - crash rate - unhandled rate), of the period, each hour and runs of hours, cut to two places."""
    if isinstance(evidence.sessions, Known):
        sessions = evidence.sessions.value
        rates = [(one.crash_rate, one.unhandled_rate) for one in sessions.hours]
        for crashed, unhandled in (*rates, (sessions.crash_rate, sessions.unhandled_rate)):
            if crashed is not None:
                yield f"{floor(round(10_000 * (1 - crashed - (unhandled or 0.0)), 6)) / 100:.2f}"
    yield from (f"{pct:.2f}" for pct in crash_free_of_spans(evidence))


def sessions_by_release(evidence: Evidence, name: str) -> Iterator[str]:
    """Of each release: the sessions of a run of hours, and how many of them were free of crashes."""
    yield from (number for run in release_runs(evidence) for number in run)


def counted_in_the_series(evidence: Evidence, name: str) -> Iterator[str]:
    """Sums over an hour, over the time since the last update and as long before it."""
    if not isinstance(evidence.series, Known):
        return
    now, events = evidence.collected_at, evidence.series.value.events
    for start in hours_of(events):
        yield shown(summed(events, start, start + HOUR))
    for since in (now - LAST, now - 2 * LAST):
        yield shown(summed(events, since, since + LAST))


def rates_beside_an_act(evidence: Evidence, name: str) -> Iterator[str]:
    """Events an hour and a minute before and after each act, over as many whole buckets as its comparison had."""
    if not isinstance(evidence.series, Known):
        return
    events = evidence.series.value.events
    step = timedelta(seconds=events.step_s)
    for action in incident_of(name).recovery.actions:
        if action.compared_minutes is None:
            continue
        length = action.compared_minutes * MINUTE
        into = (action.at - events.start) % step
        # The bucket in which the act was belongs to neither side, unless it begins with the act.
        before, after = action.at - into, action.at + (step - into if into else into)
        for start in (before - length, after):
            per_hour = summed(events, start, start + length) * (HOUR / length)
            yield from (shown(round(per_hour, 1)), shown(round(per_hour / 60, 1)))


def users_of_an_hour(evidence: Evidence, name: str) -> Iterator[str]:
    yield from numbers(str(incident_of(name).users))


def users_short_of_a_threshold(evidence: Evidence, name: str) -> Iterator[str]:
    """More users than the threshold are one more than it: so many more than in the worst hour."""
    users = incident_of(name).users
    if isinstance(users, UsersWorstHour):
        yield shown(POLICY.thresholds.users_per_hour_above + 1 - users.at_least)


def share_of_the_project(evidence: Evidence, name: str) -> Iterator[str]:
    own, project = evidence.unhandled, evidence.project_unhandled
    if isinstance(own, Known) and isinstance(project, Known):
        window = evidence.window
        parts = [summed(part.value, window.start, window.end) for part in (own, project)]
        if parts[1]:
            yield shown(round(100 * round(parts[0] / parts[1], 3), 2))


def lengths_of_time(evidence: Evidence, name: str) -> Iterator[str]:
    """The window, the runbook's two hours, deploys, and the times between milestones, the last update and now."""
    marks = [*milestones(evidence, name), evidence.collected_at, evidence.collected_at - LAST]
    lengths = {abs(one - other) for one in marks for other in marks}
    lengths |= {evidence.window.length, 2 * HOUR, LAST}
    if isinstance(evidence.sessions, Known):
        lengths.add(evidence.sessions.value.window.length)
    for deploy in deploys(evidence):
        if deploy.started and deploy.finished:
            lengths.add(deploy.finished - deploy.started)
    if isinstance(evidence.series, Known):
        lengths |= {evidence.collected_at - last_event(evidence.series.value.events)}
    for length in lengths:
        minutes = int(length.total_seconds() // 60)
        yield from (shown(minutes), shown(minutes // 60), shown(minutes % 60), shown(minutes / 60))


RULES: tuple[Rule, ...] = (
    in_the_evidence,
    stated_by_a_person,
    of_the_policy,
    crash_free_sessions,
    sessions_by_release,
    counted_in_the_series,
    rates_beside_an_act,
    users_of_an_hour,
    users_short_of_a_threshold,
    share_of_the_project,
    lengths_of_time,
)


def summed(series: Series, start: datetime, end: datetime) -> int:
    """Events of the buckets that begin in the stretch."""
    first, last = (max(0, -int(-(at - series.start).total_seconds() // series.step_s)) for at in (start, end))
    return round(sum(value or 0 for value in series.values[first:last]))


def hours_of(series: Series) -> Iterator[datetime]:
    step = timedelta(seconds=series.step_s)
    return (series.start + number * step for number in range(len(series.values)))


def last_event(series: Series) -> datetime:
    held = [number for number, value in enumerate(series.values) if value]
    return series.start + timedelta(seconds=series.step_s * (held[-1] + 1 if held else 0))


def deploys(evidence: Evidence) -> Iterator[Any]:
    yield from evidence.deploys.value if isinstance(evidence.deploys, Known) else ()
    for release in evidence.releases.value if isinstance(evidence.releases, Known) else ():
        yield from release.deploys or ()


def milestones(evidence: Evidence, name: str) -> Iterator[datetime]:
    """Start and end: each by the definition that the timeline publishes."""
    yield from (one.at for one in incident_of(name).timeline.milestones if one.at is not None)
    if isinstance(evidence.series, Known):
        # The rate is back from the first bucket after which no rolling hour holds an event.
        yield last_event(evidence.series.value.events)


# --- where a time may come from ------------------------------------------------------------------------------------


def known_times(evidence: Evidence, name: str) -> Iterator[datetime]:
    """What Sentry dated, the milestones, the last update, and what the policy adds to them."""
    for leaf in leaves(evidence.model_dump()):
        if isinstance(leaf, datetime):
            yield leaf
    told = incident_of(name)
    # When a threshold was crossed is held by tests/incident/test_response_clock.py.
    crossed = told.severity.threshold_crossed_at
    marks = [*milestones(evidence, name), evidence.collected_at, *([crossed] if crossed else [])]
    yield from (*marks, evidence.collected_at - LAST)
    shift = evidence.collected_at - SHIFT
    if told.known_episode is None or told.known_episode.began <= shift:
        yield shift
    for mark in marks:
        yield mark + timedelta(hours=48)
        for level in LEVELS:
            words = POLICY.words(level)
            if words.next_update_minutes is not None:
                yield mark + timedelta(minutes=words.next_update_minutes)
            yield mark + timedelta(minutes=words.response_minutes)
    yield from _of_the_recovery(told)
    if (start := getattr(told.users, "start", None)) is not None:
        yield start


def _of_the_recovery(told: Incident) -> Iterator[datetime]:
    """The end of the last burst, and when it can be called over."""
    metrics = told.recovery_metrics
    if metrics.quiet_from is not None:
        yield metrics.quiet_from
        yield metrics.quiet_from + metrics.quiet_needed
    for action in told.recovery.actions:
        if action.decidable_at is not None:
            yield action.decidable_at


# --- the tests -----------------------------------------------------------------------------------------------------


@cache
def allowed_numbers(name: str) -> set[str]:
    return {found for rule in RULES for found in rule(evidence_of(name), name)}


@pytest.mark.parametrize("name", GOLDEN)
def test_every_number_of_every_draft_is_in_the_evidence_or_follows_from_it_by_a_rule(name: str) -> None:
    for heading, draft in all_drafts(name):
        made_up = numbers(draft.text) - allowed_numbers(name)
        assert not made_up, f"{heading}: {sorted(made_up)} in\n{draft.text}"


@pytest.mark.parametrize("name", GOLDEN)
def test_every_time_of_every_draft_is_in_the_evidence_or_follows_from_it_by_a_rule(name: str) -> None:
    known = set(known_times(evidence_of(name), name))
    allowed = {f"{at:%Y-%m-%d %H:%M}" for at in known} | {f"{at:%H:%M}" for at in known}
    for heading, draft in all_drafts(name):
        made_up = set(TIME.findall(draft.text)) - allowed
        assert not made_up, f"{heading}: {sorted(made_up)} in\n{draft.text}"


def test_the_search_for_numbers_finds_one_that_is_made_up() -> None:
    made_up = numbers("201 errors of 188 users, 90.7 %, at 11:51") - allowed_numbers("payment_spike")
    assert made_up == {"201", "188", "90.7"}
