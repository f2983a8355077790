"""The issues of the period in a review of alerts, and what people did with those that alerts may be about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sentry_runbook.collect.alert_review_scope import ReviewScope, note_by_reason
from sentry_runbook.collect.batch import RequestBatch, Result
from sentry_runbook.collect.request_values import issue_id
from sentry_runbook.errors import BadInput, BadRequest
from sentry_runbook.incident.model.evidence import NOT_ASKED, Known, Unknown
from sentry_runbook.incident.model.evidence.alert_review import CountedSeries, IssueUnderReview
from sentry_runbook.incident.model.evidence.issue import MAX_ACTIVITY, Activity
from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.incident.model.evidence.lenient import read, read_all
from sentry_runbook.incident.model.evidence.situation import ListedIssue
from sentry_runbook.sentry.base import time_in_request
from sentry_runbook.sentry.counts import ListPage
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.status_errors import OneProjectAtATime

PAGE = 100
ERROR = "error"
MOST_ACTIVITIES = 25
"""Issues of which is read what was done with them, a request each."""
Page = ListPage[JsonObject]
Log = tuple[JsonObject, ...]


@dataclass
class ReviewedIssues:
    """The requests for issues and their activity, and what came back.

    Attributes:
        listed: by number, in the order of the lists: the busiest, then those first seen in the period.
        is_complete: no list had more than a page; None where none could be read.
    """

    scope: ReviewScope
    listed: dict[str, ListedIssue] = field(default_factory=dict)
    is_complete: bool | None = None
    _lists: dict[str, Result[Page]] = field(default_factory=dict)
    _in_lists: frozenset[str] = frozenset()
    _activities: dict[str, Result[Log]] = field(default_factory=dict)

    def ask(self, batch: RequestBatch) -> None:
        """Round one: the issues with the most events in the period, whatever became of them, and the new ones."""
        new = f"firstSeen:>={time_in_request(self.scope.window.start)}"
        searches = {"the issues of the period": "", "the new issues of the period": new}
        if self.scope.is_glitchtip:
            # Its one list is by the last event, and costs several pages.
            searches.popitem()
        for what, search in searches.items():
            self._lists[what] = batch.add(partial(self._page, search))

    async def _page(self, search: str) -> Page:
        scope = self.scope
        is_known = scope.project is not None and not scope.only_project
        return await scope.client.issues(
            query=" ".join(filter(None, (search, scope.only_project))),
            project=scope.project_number if is_known else None,
            environments=(),
            sort="date" if scope.is_glitchtip else "freq",
            start=scope.window.start,
            end=scope.window.end,
            limit=PAGE,
            cursor=None,
            now=scope.now,
        )

    def take_lists(self) -> None:
        """Read the lists; one that failed costs its own issues."""
        pages = []
        for what, result in self._lists.items():
            if result.error is not None:
                self.scope.lacks(what, result.error)
            elif result.value is not None:
                pages.append(result.value)
                for json in result.value.items[:PAGE]:
                    self._read(json)
        self._in_lists = frozenset(self.listed)
        if pages:
            self.is_complete = all(page.next_cursor is None and len(page.items) <= PAGE for page in pages)

    def _read(self, json: JsonObject) -> None:
        number = issue_id(json)
        if number in self.listed:
            return
        try:
            url = self.scope.client.issue_url(number, organization=None)
            issue = read(ListedIssue, {**json, "url": url}, self.scope.sanitizer)
        except (BadInput, ValueError):  # an issue without a number, or with one that is none
            return
        self.listed[issue.id] = issue

    @property
    def is_one_by_one(self) -> bool:
        """Whether the server searches one project at a time, and none was named."""
        return any(isinstance(result.error, OneProjectAtATime) for result in self._lists.values())

    @property
    def is_refused(self) -> bool:
        """Whether a list was refused as it was asked for."""
        return any(isinstance(result.error, BadRequest | OneProjectAtATime) for result in self._lists.values())

    @property
    def numbers(self) -> Mapping[str, str]:
        """Short id → number."""
        return {issue.name: issue.id for issue in self.listed.values()}

    @property
    def no_errors(self) -> frozenset[str]:
        """Numbers of those that are no errors."""
        return frozenset(issue.id for issue in self.listed.values() if issue.category != ERROR)

    def busiest(self) -> list[ListedIssue]:
        """Those with the most events in the period first."""
        return sorted(self.listed.values(), key=lambda issue: -(issue.events or 0))

    # --- what was done with them

    def unasked(self, chosen: Sequence[str]) -> list[str]:
        """Those of these issues of which the activity may still be asked for, as :data:`MOST_ACTIVITIES` allows."""
        wanted = [number for number in dict.fromkeys(chosen) if number not in self._activities]
        return wanted[: MOST_ACTIVITIES - len(self._activities)]

    def ask_activities(self, batch: RequestBatch, chosen: Sequence[str], most: int = MOST_ACTIVITIES) -> None:
        """Ask for the activity of these issues, as far as it is not known; of so many at most."""
        for number in self.unasked(chosen)[: max(0, most)]:
            self._activities[number] = batch.add(partial(self.scope.client.activities, IssueRef(number)))

    def add_fired(self, json: JsonObject) -> None:
        """Take in an issue that an alert fired for; if no list holds it, its counts are of its whole life."""
        if issue_id(json) not in self.listed:
            life = {key: json.get(key) for key in ("count", "userCount", "firstSeen", "lastSeen")}
            self._read({**json, "count": None, "userCount": None, "lifetime": life})

    def under_review(self) -> tuple[IssueUnderReview, ...]:
        """The issues, each with its activity where that was read."""
        return tuple(IssueUnderReview(issue=issue, activity=self._activity(issue.id)) for issue in self.listed.values())

    def _activity(self, number: str) -> Known[tuple[Activity, ...]] | Unknown:
        result = self._activities.get(number)
        if result is None or result.value is None:
            error = None if result is None else result.error
            return NOT_ASKED if error is None else Unknown(why=error.what.rstrip("."))
        entries = read_all(Activity, result.value[:MAX_ACTIVITY], self.scope.sanitizer)
        note = "Sentry tells the latest entries only" if len(result.value) >= MAX_ACTIVITY else ""
        return Known(value=entries, source=f"activity of issue {number}", note=note)

    def note_unread(self, fired: Sequence[str]) -> None:
        """Say of how many issues it is not known what was done with them, by reason.

        Args:
            fired: numbers of the issues that alerts fired for.
        """
        left = [number for number in fired if number not in self._activities]
        reasons = {
            f"only so many fit into the requests of one call: {self.scope.less}": True,
            "no list of the period's issues has them, so that they are known only with the firings": False,
        }
        for why, is_listed in reasons.items():
            if number := sum((issue in self._in_lists) is is_listed for issue in left):
                self.scope.lacks(f"what was done with {number} of {len(fired)} issues that alerts fired for", why)
        errors = [result.error for result in self._activities.values() if result.error is not None]
        note_by_reason(self.scope, errors, f"what was done with {{}} of {len(self._activities)} issues")


def of_interest(issues: Sequence[ListedIssue], hourly: Sequence[CountedSeries]) -> list[str]:
    """The numbers of the issues, those first that rose most in one of their hours, then those with the most events.

    An issue that rises is what alerts are for; it says nothing of whether it is an episode.
    """
    peaks: dict[str, float] = {}
    for counted in hourly:
        known = [value for value in counted.events.values if value is not None]
        if counted.issue and known:
            usual = sorted(known)[len(known) // 2]
            peaks[counted.issue] = max(peaks.get(counted.issue, 0.0), max(known) - usual)
    return [issue.id for issue in sorted(issues, key=lambda issue: (-peaks.get(issue.id, 0.0), -(issue.events or 0)))]
