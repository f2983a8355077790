"""The linter's rules on numbers: what the text says against what Sentry answered.

Two kinds of numbers are compared. A labelled one (``Total events: 236``) must be the evidence's, by its name. One in
a sentence (``202 users``) must be one that the evidence knows of for that noun. Other numbers may come from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sentry_runbook.incident.formatting import clock_time
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.metrics.timeseries import worst_hour
from sentry_runbook.incident.model.evidence import Known, Series
from sentry_runbook.incident.model.results.impact import Impact, Recovery
from sentry_runbook.incident.model.results.messages import Blank, LintFinding
from sentry_runbook.incident.postmortem.impact_numbers import ImpactNumber, impact_numbers
from sentry_runbook.incident.postmortem.lint_structure import CLOCK, CheckedText, timeline_rows

NUMBER = r"\d{1,3}(?:,\d{3}){1,6}(?:\.\d+)?|\d+(?:\.\d+)?"
LENGTH = re.compile(
    rf"(?<!\d)({NUMBER})\s*(d(?:ays?)?|h(?:ours?|rs?)?|min(?:ute)?s?|s(?:ec(?:ond)?s?)?)\b", re.IGNORECASE
)
SECONDS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
LABELS: Mapping[str, re.Pattern[str]] = {
    "Duration": re.compile(r"\bduration\b", re.IGNORECASE),
    "Total events": re.compile(r"\btotal events\b", re.IGNORECASE),
    "Unique users affected": re.compile(r"\b(?:unique users|users affected)\b", re.IGNORECASE),
    "p95 latency during incident": re.compile(r"\bp95\b", re.IGNORECASE),
}
LABELLED = re.compile(r"^\*{0,2}([^:*]{3,60}?)(?::\*{0,2}|\*{2}:?)\s*(.*)$")
COUNTED = re.compile(
    rf"(?<![\w.,-])({NUMBER})\s+(?:unique |distinct |affected |unhandled |total |error )*(events?|errors|users?)\b",
    re.IGNORECASE,
)
CONDITION = re.compile(
    rf"\b(?:more than|at least) (?:{NUMBER}) (?:events|users) "
    r"(?:of (?:an|the) (?:issue|project)|since it was first seen)",
    re.IGNORECASE,
)
"""What an alert asks for, in the words of the review of alerts, is no count of the incident's."""
TOLERANCE = 0.005
CHANGE = "Take the evidence's number, or say beside it where another one comes from."


@dataclass(frozen=True)
class EvidenceNumbers:
    """The numbers of the evidence that a text can name."""

    incident: Incident

    @property
    def impact(self) -> Impact:
        """The impact in the window."""
        return self.incident.impact

    @cached_property
    def labelled(self) -> Mapping[str, ImpactNumber]:
        """The numbers of the impact section, by name."""
        return {number.name: number for number in impact_numbers(self.incident)}

    @cached_property
    def events(self) -> frozenset[float]:
        """Every number of events that a sentence can mean."""
        return frozenset(self._events())

    def _events(self) -> Iterator[float]:
        issue, impact = self.incident.evidence.issue, self.impact
        recovery = self.incident.recovery
        yield from _numbers(
            issue.events_total,
            impact.events,
            impact.unhandled_per_minute_peak,
            impact.project_unhandled_per_minute_peak,
            impact.baseline.events if impact.baseline else None,
            impact.trend.last_hour if impact.trend else None,
            impact.trend.previous_hour if impact.trend else None,
            recovery.events_per_hour_before,
            recovery.events_per_hour_now,
            recovery.events_per_hour_baseline,
            recovery.events_since,
            recovery.episode.peak_per_hour if recovery.episode else None,
            *_rates(recovery),
        )
        for part in (self.incident.evidence.unhandled, self.incident.evidence.series):
            if isinstance(part, Known):
                yield from _of_series(part.value if isinstance(part.value, Series) else part.value.events)
        if isinstance(self.incident.evidence.environments, Known):
            yield from (float(row.events) for row in self.incident.evidence.environments.value)
        yield from self._read()

    def _read(self) -> Iterator[float]:
        """How many events were read: "in 2 of 3 events", "no user in 100 events"."""
        rows, sample = self.incident.evidence.rows, self.incident.evidence.sample
        if isinstance(rows, Known):
            yield float(len(rows.value))
        whole = 1 + (len(sample.value) if isinstance(sample, Known) else 0)
        yield from (float(number) for number in range(1, whole + 1))

    @cached_property
    def users(self) -> frozenset[float]:
        """Every number of users that a sentence can mean."""
        impact = self.impact
        hours = self.incident.evidence.users_per_hour
        clock = [value for value in hours.value.values if value is not None] if isinstance(hours, Known) else []
        return frozenset(
            [
                *clock,
                *_numbers(
                    self.incident.evidence.issue.users_total,
                    impact.users,
                    impact.users_worst_hour,
                    impact.users_worst_hour_at_most,
                    *(row.users for row in self.incident.evidence.users_in),
                ),
            ]
        )


def _numbers(*values: float | None) -> Iterator[float]:
    return (float(value) for value in values if value is not None)


def _of_series(series: Series) -> Iterator[float]:
    yield from (value for value in series.values if value is not None)
    fullest = worst_hour(series)
    if fullest is not None:
        yield float(fullest.value)


def number_differs(checked: CheckedText) -> Iterator[LintFinding]:
    """A number that is not the evidence's."""
    if checked.incident is None:
        return
    numbers = EvidenceNumbers(checked.incident)
    for line in checked.document.lines:
        label = _label(line.item or "")
        if label is not None:
            yield from _labelled(line.number, *label, numbers)
            continue
        words = CONDITION.sub("", line.words)
        for match in COUNTED.finditer(words):
            noun = "users" if match[2].lower().startswith("user") else "events"
            known = numbers.users if noun == "users" else numbers.events
            if known and not any(_same(_value(match[1]), each) for each in known):
                own = numbers.impact.users if noun == "users" else numbers.impact.events
                counts = f"it counts {own:,} in its window" if own is not None else "it has no number for its window"
                yield _finding(line.number, f"The evidence knows no {match[1]} {noun}: {counts}.")


def _label(item: str) -> tuple[str, str] | None:
    """Name and value of a labelled number."""
    match = LABELLED.match(item)
    if match is None:
        return None
    name = next((name for name, pattern in LABELS.items() if pattern.search(match[1])), None)
    return (name, match[2]) if name is not None else None


def _labelled(line: int, name: str, text: str, numbers: EvidenceNumbers) -> Iterator[LintFinding]:
    number = numbers.labelled[name]
    given = _first(name, text.partition(" — ")[0])
    if given is None:
        return
    if isinstance(number.value, Blank):
        yield _finding(line, f"{name}: the evidence does not have it ({number.value.why}).")
        return
    measured = _first(name, number.value)
    if measured is None or not _same(given, measured):
        yield _finding(line, f"{name}: the evidence says {number.value} ({number.source}).")


def _first(name: str, text: str) -> float | None:
    """The number that a labelled value begins with; of a duration its seconds."""
    if name == "Duration":
        lengths = LENGTH.findall(text)
        if "less than a minute" in text:
            return 0.0
        return sum(_value(value) * SECONDS[unit[0].lower()] for value, unit in lengths) if lengths else None
    match = re.search(rf"(?<![\w-])(?:{NUMBER})", text)
    if match is None:
        return None
    value = _value(match.group())
    in_seconds = re.match(r"\s*s(?:ec(?:onds?)?)?\b", text[match.end() :])
    return 1000 * value if name.startswith("p95") and in_seconds else value


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _same(given: float, measured: float) -> bool:
    if measured.is_integer():
        return given == measured
    return abs(given - measured) <= TOLERANCE * max(1.0, abs(measured))


def _finding(line: int, message: str) -> LintFinding:
    return LintFinding(rule="number_differs", line=line, message=message, suggestion=CHANGE)


def time_differs(checked: CheckedText) -> Iterator[LintFinding]:
    """A row that claims to be Sentry's, at a time of which Sentry says nothing."""
    if checked.incident is None:
        return
    known = {clock_time(row.at) for row in checked.incident.timeline.rows}
    for line, item in timeline_rows(checked.document):
        clock = CLOCK.match(item)
        if clock is None or not re.search(r"\b(?:observed|derived)\b", item) or "…" in item[:12]:
            continue
        if f"{int(clock[1]):02}:{clock[2]}" not in known:
            yield LintFinding(
                rule="time_differs",
                line=line.number,
                message=f"The evidence has nothing at {clock[1]}:{clock[2]} UTC.",
                suggestion='Take the evidence\'s time, or mark the row "human" and say who knows it.',
            )


def _rates(recovery: Recovery) -> Iterator[float | None]:
    """Events an hour before and after each act."""
    for action in recovery.actions:
        yield action.before_per_hour
        yield action.again_per_hour
        yield action.after_per_hour
