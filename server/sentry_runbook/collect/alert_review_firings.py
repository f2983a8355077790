"""When the alerts under review fired: asked for in pages of fifty alerts, each page one round.

An alert that did not fire in the period needs no request: its row says when it fired last. Of the others are asked the
issues that it fired for and its firings by the hour, of a monitor the stretches in which it was open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from sentry_runbook.collect.alert_review_lists import AlertLists
from sentry_runbook.collect.alert_review_scope import ReviewScope, note_by_reason
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_review import AlertFirings, FiringHour, KeyedFirings
from sentry_runbook.incident.model.evidence.alert_row import OpenPeriod
from sentry_runbook.incident.model.evidence.alert_target import TargetIssue
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, moment_of, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.sentry.counts import ListPage

PAGE = 50
"""Alerts of one round."""
MOST_ISSUES = 25
"""Issues of one alert that are looked at beside those of the lists."""
MONITORS = ("metric_monitor", "cron", "uptime")
NO_FIRINGS = "GlitchTip does not tell when an alert fired"
HOUR = timedelta(hours=1)
Page = ListPage[JsonObject]
Rows = tuple[JsonObject, ...]


@dataclass
class _Asked:
    """What was asked for one alert."""

    history: Result[Page] | None = None
    stats: Result[Rows] | None = None
    periods: Result[Page] | None = None

    @property
    def results(self) -> list[Result[Page] | Result[Rows]]:
        """Those that there are."""
        return [result for result in (self.history, self.stats, self.periods) if result is not None]

    @property
    def is_answered(self) -> bool:
        """Whether nothing is under way."""
        return all(result.is_sent for result in self.results)

    @property
    def errors(self) -> list[RunbookError | None]:
        """Why each could not be read; None where it could."""
        return [result.error for result in self.results]


@dataclass
class ReviewedFirings:
    """The requests for firings, and what came back.

    Attributes:
        lists: the lists that the alerts stand in.
        pending: alerts whose firings are to be asked for, the last fired first.
    """

    scope: ReviewScope
    lists: AlertLists
    pending: list[AlertDefinition] = field(default_factory=list)
    _told: dict[str, KeyedFirings] = field(default_factory=dict)
    _asked: dict[str, _Asked] = field(default_factory=dict)

    def add(self, alerts: Sequence[AlertDefinition]) -> None:
        """Take alerts in: of those whose row tells it, the firings are known at once."""
        for alert in alerts:
            told = self._by_row(alert)
            if told is None:
                self.pending.append(alert)
            else:
                self._told[alert.key] = told
        self.pending.sort(key=lambda alert: -(alert.last_triggered or self.scope.now).timestamp())

    def _by_row(self, alert: AlertDefinition) -> KeyedFirings | None:
        """The firings as far as no request is needed; None where one is."""
        row = self.lists.rows.get(alert.key, {})
        if alert.form == "glitchtip":
            return KeyedFirings(alert=alert.key, firings=Unknown(why=NO_FIRINGS))
        if alert.form == "metric_rule":
            incidents = self.lists.incidents_of(alert.id)
            return None if incidents is None else self._opened(alert, incidents, "incidents of the metric rules")
        if alert.form in MONITORS:
            return self._by_monitor(alert, row)
        last = alert.last_triggered
        if "lastTriggered" not in row or (row["lastTriggered"] is not None and self._may_have_fired(last)):
            return None
        note = "Sentry keeps no firing of it" if last is None else "it fired last before the period"
        source = "lastTriggered of the alert"
        return KeyedFirings(alert=alert.key, firings=Known(value=AlertFirings(hours=()), source=source, note=note))

    def _may_have_fired(self, last: datetime | None) -> bool:
        return last is None or last >= self.scope.window.start

    def _by_monitor(self, alert: AlertDefinition, row: JsonObject) -> KeyedFirings | None:
        """A monitor that never made an issue was never open; of one from before detectors it is not kept by itself."""
        if "latestGroup" in row:
            return (
                None if row["latestGroup"] is not None else self._opened(alert, (), "the monitor, which has no issue")
            )
        if "dataSources" in row:
            return None
        why = "this server does not tell when it was open"
        return KeyedFirings(alert=alert.key, open_periods=Unknown(why=why))

    def _opened(self, alert: AlertDefinition, rows: Sequence[JsonObject], source: str) -> KeyedFirings:
        return KeyedFirings(alert=alert.key, open_periods=self._inside(rows, source))

    # --- requests

    def next_page(self) -> list[AlertDefinition]:
        """The next alerts to ask for; they are no longer pending."""
        page, self.pending = self.pending[:PAGE], self.pending[PAGE:]
        return page

    def ask(self, batch: RequestBatch, page: Sequence[AlertDefinition]) -> None:
        """Ask for which issues these alerts fired, how often and when last; of monitors, when they were open."""
        client, window = self.scope.client, self.scope.window
        for alert in page:
            asked = self._asked[alert.key] = _Asked()
            if alert.form == "workflow":
                asked.history = batch.add(partial(client.alert_history, alert.id, window.start, window.end))
            elif alert.form == "rule" and (project := self._project_of(alert)):
                asked.history = batch.add(partial(client.old_history, project, alert.id, window.start, window.end))
            elif alert.form in MONITORS:
                asked.periods = batch.add(partial(client.open_periods_of, alert.id, window.end))
            elif alert.form == "metric_rule":
                asked.periods = batch.add(partial(client.incidents_of, alert.id))

    def ask_hours(self, batch: RequestBatch, page: Sequence[AlertDefinition]) -> None:
        """Ask for the firings of these alerts by the hour."""
        client, window = self.scope.client, self.scope.window
        start = window.start - HOUR  # Sentry leaves out the first hour (alerts, 1)
        for alert in page:
            asked = self._asked[alert.key]
            if alert.form == "workflow":
                asked.stats = batch.add(partial(client.alert_hours, alert.id, start, window.end))
            elif alert.form == "rule" and (project := self._project_of(alert)):
                asked.stats = batch.add(partial(client.old_hours, project, alert.id, start, window.end))

    def without_hours(self, page: Sequence[AlertDefinition]) -> list[AlertDefinition]:
        """Those of the alerts that have issues, and whose firings by the hour are not asked for."""
        return [alert for alert in page if (asked := self._asked[alert.key]).history and asked.stats is None]

    def _project_of(self, alert: AlertDefinition) -> str | None:
        """The project in whose path a rule from before stands, as Sentry wrote it."""
        listed = self.lists.rows.get(alert.key, {}).get("projects")
        return text_of(listed[0]) if isinstance(listed, list) and listed else None

    def failed(self, page: Sequence[AlertDefinition]) -> bool:
        """Whether no request for these alerts was answered."""
        errors = [error for alert in page for error in self._asked[alert.key].errors]
        return bool(errors) and None not in errors

    # --- what came back

    def fired_rows(self) -> Iterator[JsonObject]:
        """The issues that alerts fired for, as the histories hold them."""
        for asked in self._asked.values():
            if asked.history is not None and asked.history.value is not None:
                yield from (object_of(row.get("group")) for row in asked.history.value.items[:MOST_ISSUES])

    def fired_issues(self) -> list[str]:
        """Numbers of the issues that alerts fired for, the most firings first, as far as they are known by now."""
        firings: dict[str, int] = {}
        for keyed in self.keyed():
            if isinstance(keyed.firings, Known):
                for issue in keyed.firings.value.issues:
                    firings[issue.id] = firings.get(issue.id, 0) + (issue.firings or 1)
        return sorted(firings, key=lambda number: -firings[number])

    def keyed(self) -> Iterator[KeyedFirings]:
        """The firings of each alert, as far as they were asked for or are known without."""
        for key, asked in self._asked.items():
            if key not in self._told and asked.is_answered:
                self._told[key] = self._read(key, asked)
        yield from self._told.values()

    def _read(self, key: str, asked: _Asked) -> KeyedFirings:
        if asked.periods is not None:
            return KeyedFirings(alert=key, open_periods=self._periods(asked.periods))
        if asked.history is None:
            return KeyedFirings(alert=key, firings=Unknown(why="its row names no project, under which its firings are"))
        return KeyedFirings(alert=key, firings=self._firings(asked.history, asked.stats or Result()))

    def _periods(self, result: Result[Page]) -> Known[tuple[OpenPeriod, ...]] | Unknown:
        if result.value is None:
            return _unknown(result.error)
        note = "the latest hundred: there are more" if result.value.next_cursor is not None else ""
        return self._inside(result.value.items, "when the monitor was open", note)

    def _inside(self, rows: Sequence[JsonObject], source: str, note: str = "") -> Known[tuple[OpenPeriod, ...]]:
        """The stretches that touch the period, the latest first."""
        window = self.scope.window
        periods = tuple(
            period
            for period in read_all(OpenPeriod, rows, self.scope.sanitizer)
            if (period.start is None or period.start < window.end)
            and (period.end is None or period.end >= window.start)
        )
        return Known(value=periods, source=source, note=note)

    def _firings(self, history: Result[Page], stats: Result[Rows]) -> Known[AlertFirings] | Unknown:
        if history.value is None and stats.value is None:
            return _unknown(history.error)
        hours = None if stats.value is None else self._hours(stats.value)
        if history.value is None:
            known = AlertFirings(has_more_issues=True, hours=hours)
            return Known(value=known, source="firings of the alert by the hour", note="the issues could not be read")
        rows = history.value.items
        issues = read_all(TargetIssue, rows, self.scope.sanitizer)
        known = AlertFirings(
            issues=issues,
            has_more_issues=history.value.next_cursor is not None or len(issues) < len(rows),  # or one is unreadable
            hours=hours,
        )
        unknown = "the hours were not asked for" if not stats.is_sent else "the hours could not be read"
        note = unknown if hours is None else ""
        return Known(value=known, source="firings of the alert by issue and by the hour", note=note)

    def _hours(self, rows: Rows) -> tuple[FiringHour, ...] | None:
        """The hours with a firing; None where one of them cannot be read."""
        first, found = _hour(self.scope.window.start), list[FiringHour]()
        for row in rows:
            firings = count_of(row.get("count"))
            start = moment_of(row.get("date")) if firings else None  # most hours have none
            if firings is None or (firings and start is None):
                return None
            if start is not None and first <= start < self.scope.window.end:
                found.append(FiringHour(start=start, firings=firings))
        return tuple(found)

    def note_unread(self) -> None:
        """Say of how many alerts the firings could not be read, by reason."""
        failed = [next(filter(None, asked.errors), None) for asked in self._asked.values()]
        what = f"firings of {{}} of {len(self._asked)} alerts, in whole or in part"
        note_by_reason(self.scope, filter(None, failed), what)
        # What an alert fired for once has its time in the list of its issues.
        left = [key for key, asked in self._asked.items() if asked.history and not asked.stats and self._repeats(asked)]
        if left:
            why = "only so many fit into the requests of one call: name a project. Of each issue the last one is known"
            self.scope.lacks(f"the hours of the firings of {len(left)} of {len(self._asked)} alerts", why)

    def _repeats(self, asked: _Asked) -> bool:
        """Whether the alert fired more than once for one of its issues."""
        rows = () if asked.history is None or asked.history.value is None else asked.history.value.items
        return any(count_of(row.get("count")) != 1 for row in rows)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _unknown(error: RunbookError | None) -> Unknown:
    return NOT_ASKED if error is None else Unknown(why=f"{error.what} {error.fix}".strip().rstrip("."))
