"""Traces every number, time and length of a postmortem to the evidence or to a declared derivation.

What counts as traced is written here anew: tokens of the evidence itself, what people stated, the answers of the
engines that have tests of their own (severity, impact, recovery, causes), and a short list of derivations.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sentry_runbook.incident.formatting import briefly, duration, elapsed
from sentry_runbook.incident.model.evidence import Evidence, Known, Series
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import read

ADDRESS = re.compile(r"\]\([^)]*\)")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?Z?)?|\b\d\d:\d\d\b")
EVENT = re.compile(r"\bevent ([0-9a-f]{12})\b")
"""An event by the first twelve digits of its id."""
LENGTH = re.compile(r"\b\d+ (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)?")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
COUNTED = {"values", "hourly", "daily"}
"""Long rows of small numbers, in which any number would be found: only their sums and peaks count, see below."""
FORM = {"1", "2", "3", "4", "5", "95"}
"""The five whys by their number, and p95."""
RULES = (timedelta(hours=2), timedelta(minutes=5))
"""Two hours of calm (DESIGN §5), and the five minutes that an alert may take."""


def untraced(text: str, evidence: Evidence, stated: Stated) -> list[str]:
    """What of the text comes from nowhere."""
    sources = _Sources(evidence, stated)
    text = ADDRESS.sub("]", text)
    text = EVENT.sub(lambda found: "event" if found[1] in sources.events else found.group(), text)
    wrong = [found for found in INSTANT.findall(text) if found not in sources.instants]
    text = INSTANT.sub(" ", text)
    wrong += [found for found in LENGTH.findall(text) if found not in sources.lengths]
    text = LENGTH.sub(" ", text)
    return wrong + [found for found in NUMBER.findall(text) if found.rstrip(",") not in sources.numbers]


class _Sources:
    def __init__(self, evidence: Evidence, stated: Stated) -> None:
        now = evidence.collected_at
        incident, unstated = read(evidence, stated), read(evidence)
        fixed = read(evidence, Stated(fixed_at=stated.mitigated_at))
        answers = (incident.severity, unstated.impact, fixed.recovery, *unstated.causes)
        timeline = incident.timeline
        leaves = [
            *_leaves(evidence.model_dump()),
            *_leaves(stated.model_dump()),
            *(leaf for answer in answers for leaf in _leaves(answer.model_dump())),
        ]
        texts = [leaf for leaf in leaves if isinstance(leaf, str)]
        times = {leaf for leaf in leaves if isinstance(leaf, datetime)} | _buckets(evidence)
        marks = {*_leaves_of_time(evidence), *(row.at for row in timeline.rows), now, *_leaves(stated.model_dump())}
        marks = {mark for mark in marks if isinstance(mark, datetime)}
        self.instants = {found for text in texts for found in INSTANT.findall(text)}
        self.instants |= {form for at in times for form in (f"{at:%Y-%m-%d}", f"{at:%H:%M}", f"{at:%Y-%m-%d %H:%M}")}
        between = {abs(elapsed(one, other)) for one in marks for other in marks}
        self.events = {text[:12] for text in texts}
        steps = (timedelta(seconds=series.step_s) for series in _series(evidence))
        spans = {evidence.window.length, *RULES, *steps, *(one.length for one in _windows(evidence))}
        self.lengths = {form for length in between | spans for form in (duration(length), briefly(length))}
        began = incident.known_episode.began if incident.known_episode is not None else now
        calm = {elapsed(hour, began) for hour in _ends_of_hours(evidence)}
        self.lengths |= {briefly(length) for length in calm if length > timedelta()}
        self.lengths |= {found for text in texts for found in LENGTH.findall(text)}
        self.numbers = {found.rstrip(",") for text in texts for found in NUMBER.findall(text)}
        self.numbers |= {form for leaf in leaves for form in _forms(leaf)} | FORM
        self.numbers |= {form for value in _derived(evidence) for form in _forms(value)}
        self.numbers |= {f"{pct:.2f}" for pct in _crash_free(evidence)}
        self.numbers |= {form for run in release_runs(evidence) for form in run}


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            if key not in COUNTED:
                yield from map(_cut, _leaves(inner)) if str(key).endswith("_pct") else _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


def _cut(value: Any) -> Any:
    """Percentages are cut to two places, so that none reads as a threshold above it."""
    return math.floor(round(value * 100, 6)) / 100 if isinstance(value, float) else value


def _forms(value: object) -> Iterator[str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value:,.0f}" if float(value).is_integer() else f"{round(value, 2):,.2f}".rstrip("0").rstrip(".")
        # Rates between 0 and 1 are shown in percent.
        if 0 < value < 1:
            yield from _forms(round(100 * value, 2))


def _leaves_of_time(evidence: Evidence) -> Iterator[Any]:
    """What a length can lie between: times of the issue, deploys, alerts, notes and commits; not of events."""
    for part in (evidence.issue, evidence.deploys, evidence.releases, evidence.alerts, evidence.notes):
        yield from _leaves(part.model_dump())
    yield from _leaves(evidence.suspect_commits.model_dump())


def _windows(evidence: Evidence) -> Iterator[Any]:
    if isinstance(evidence.sessions, Known):
        yield evidence.sessions.value.window


def _series(evidence: Evidence) -> Iterator[Series]:
    if isinstance(evidence.series, Known):
        yield evidence.series.value.events
    if isinstance(evidence.unhandled, Known):
        yield evidence.unhandled.value
    hours = evidence.issue.hourly
    if hours:
        values = tuple(float(events) for _, events in hours)
        yield Series(start=hours[0][0], step_s=3600, values=values, complete_until=evidence.collected_at)


def _buckets(evidence: Evidence) -> set[datetime]:
    """Where a bucket with events begins or ends."""
    return {
        series.start + timedelta(seconds=series.step_s * (place + side))
        for series in _series(evidence)
        for place, value in enumerate(series.values)
        if value
        for side in (0, 1)
    }


def _crash_free(evidence: Evidence) -> Iterator[float]:
    """Crash-free sessions, percent, of the period, of each hour and of runs of hours, cut to two places."""
    if isinstance(evidence.sessions, Known):
        sessions = evidence.sessions.value
        rates = [(sessions.crash_rate, sessions.unhandled_rate)]
        rates += [(hour.crash_rate, hour.unhandled_rate) for hour in sessions.hours]
        for crashed, unhandled in rates:
            if crashed is not None:
                yield math.floor(round(10_000 * (1 - crashed - (unhandled or 0.0)), 4)) / 100
    yield from crash_free_of_spans(evidence)


def release_runs(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Sessions and crash-free percent of every run of hours of each release, as they are shown."""
    releases = evidence.sessions.value.releases if isinstance(evidence.sessions, Known) else ()
    for release in releases:
        hours = [hour for hour in release.hours if hour.sessions]
        for first, last in itertools.combinations_with_replacement(range(len(hours)), 2):
            run = hours[first : last + 1]
            total = sum(hour.sessions or 0 for hour in run)
            crashed = sum((hour.sessions or 0) * ((hour.crash_rate or 0) + (hour.unhandled_rate or 0)) for hour in run)
            yield f"{total:,}", f"{math.floor(round(10_000 * (1 - crashed / total), 4)) / 100:.2f}"


def _ends_of_hours(evidence: Evidence) -> Iterator[datetime]:
    """Where a clock hour with events ends: an earlier episode does."""
    if isinstance(evidence.history, Known):
        series = evidence.history.value
        yield from (
            series.start + timedelta(seconds=series.step_s * (place + 1))
            for place, value in enumerate(series.values)
            if value
        )


def crash_free_of_spans(evidence: Evidence) -> Iterator[float]:
    """Crash-free sessions, percent, of every run of full hours that begins and ends in an hour with events."""
    if not isinstance(evidence.sessions, Known):
        return
    hours = [hour for hour in evidence.sessions.value.hours if hour.complete and hour.sessions]
    erroring = {at.replace(minute=0, second=0) for at in _buckets(evidence)}
    for first, last in itertools.combinations_with_replacement(range(len(hours)), 2):
        if {hours[first].start, hours[last].start} <= erroring:
            run = hours[first : last + 1]
            crashed = sum((hour.sessions or 0) * ((hour.crash_rate or 0) + (hour.unhandled_rate or 0)) for hour in run)
            yield math.floor(round(10_000 * (1 - crashed / sum(hour.sessions or 0 for hour in run)), 4)) / 100


def _derived(evidence: Evidence) -> Iterator[float]:
    """Derivations by name."""
    for series in _series(evidence):
        yield max((value or 0 for value in series.values), default=0)  # the fullest bucket
        size = 3600 // series.step_s
        sums = [sum(value or 0 for value in series.values[at : at + size]) for at in range(len(series.values))]
        yield max(sums, default=0)  # the fullest hour
    kinds = [entry.kind for entry in evidence.issue.activity]
    yield kinds.count("set_regression")
    if isinstance(evidence.alerts, Known):
        yield len(evidence.alerts.value)
    if isinstance(evidence.project_top, Known):
        yield len(evidence.project_top.value) - 1  # the project's other issues
