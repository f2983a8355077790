"""Alerts and monitors as their lists tell them: whether they fire, without a further request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from pydantic import Field

from sentry_runbook.incident.model.evidence.json_values import JsonObject, either, list_of, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import (
    Count,
    Flag,
    FromSentry,
    Identifier,
    Moment,
    Name,
    ShortId,
    Word,
)
from sentry_runbook.incident.model.evidence.values import EventText, Frozen

CRON = "monitor_check_in_failure"
DEFAULT_TYPES = frozenset({"error", "issue_stream"})
"""Monitors that every project has: their issues are the issues of the project (reference: alerts, 3)."""


class ListedAlert(Frozen):
    """An alert as the list of all alerts tells it.

    Attributes:
        last_triggered: None where Sentry keeps no firing.
        condition: the whole condition in words; None where it was not wanted.
    """

    id: str
    name: EventText | None = None
    last_triggered: datetime | None = None
    condition: EventText | None = None


class ListedMonitor(FromSentry):
    """A row of the list of monitors (detectors) with the newest issue that it made.

    Attributes:
        type: as ``metric_issue``, ``uptime_domain_failure``, ``monitor_check_in_failure``.
        open_issues: its issues that are not resolved; None where the row does not tell.
        issue: short id of its newest issue; ``issue_status`` of it.
        last_event: of that issue: when it opened, grew worse, or a check failed last.
        slug: of a cron monitor, by which links name it.
        failing_since: of a cron monitor: when the oldest of its incidents that go on began.
        condition: of a metric monitor in words; None where it was not wanted.
    """

    id: Annotated[str, Identifier()]
    name: Annotated[EventText | None, Name("alert.name")] = None
    type: Annotated[str | None, Word()] = None
    enabled: Annotated[bool | None, Flag()] = None
    open_issues: Annotated[int | None, Count()] = Field(None, validation_alias="openIssues")
    issue: Annotated[str | None, ShortId()] = None
    issue_status: Annotated[str | None, Word()] = None
    last_event: Annotated[datetime | None, Moment()] = None
    slug: Annotated[str | None, Word()] = None
    failing_since: Annotated[datetime | None, Moment()] = None
    condition: EventText | None = None

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The newest issue is an object; a cron monitor tells of each environment whether it fails there."""
        latest = object_of(json.get("latestGroup"))
        watched = [object_of(either(object_of(source), "queryObj")) for source in list_of(json.get("dataSources"))[:1]]
        cron = watched[0] if watched and json.get("type") == CRON else {}
        return {
            **json,
            "issue": latest.get("shortId"),
            "issue_status": latest.get("status"),
            "last_event": latest.get("lastSeen"),
            "slug": cron.get("slug"),
            "failing_since": min(_incidents(cron), default=None),
            "condition": None,
        }

    @property
    def is_default(self) -> bool:
        """Whether it is one of those that every project has."""
        return self.type in DEFAULT_TYPES

    @property
    def is_open(self) -> bool | None:
        """Whether what it made is open now; None where the row does not tell. One that is off looks at nothing."""
        if self.enabled is False:
            return False
        if self.failing_since is not None:
            return True
        if self.issue_status is not None:
            return self.issue_status == "unresolved" or bool(self.open_issues)
        return None if self.open_issues is None else self.open_issues > 0


def _incidents(cron: JsonObject) -> Iterator[str]:
    """When the incidents of a cron monitor began that go on, as Sentry writes it: texts of one form sort by time."""
    for environment in map(object_of, list_of(cron.get("environments"))):
        if not environment.get("isMuted"):
            began = text_of(object_of(environment.get("activeIncident")).get("startingTimestamp"))
            yield from [began] if began else []
