"""What Sentry sends, as far as we read it: lenient where it varies, see :mod:`lenient`."""

from sentry_runbook.sentry.models.catalog import (
    Committers,
    Deploy,
    Organization,
    Project,
    Release,
    SuspectCommit,
    Whoami,
    Workflow,
)
from sentry_runbook.sentry.models.counts import (
    MOST_ROWS,
    Cell,
    Latency,
    LatencyRow,
    Page,
    Row,
    Series,
    SessionGroup,
    Sessions,
    Table,
)
from sentry_runbook.sentry.models.entries import Breadcrumb, ExceptionValue, Frame, Request
from sentry_runbook.sentry.models.event import Event, EventRow, EventUser
from sentry_runbook.sentry.models.issue import Activity, Issue, Tag, TagValue
from sentry_runbook.sentry.models.lenient import MOST_ITEMS, Answer, Item, Moment, Named, Person

__all__ = [
    "MOST_ITEMS",
    "MOST_ROWS",
    "Activity",
    "Answer",
    "Breadcrumb",
    "Cell",
    "Committers",
    "Deploy",
    "Event",
    "EventRow",
    "EventUser",
    "ExceptionValue",
    "Frame",
    "Issue",
    "Item",
    "Latency",
    "LatencyRow",
    "Moment",
    "Named",
    "Organization",
    "Page",
    "Person",
    "Project",
    "Release",
    "Request",
    "Row",
    "Series",
    "SessionGroup",
    "Sessions",
    "SuspectCommit",
    "Table",
    "Tag",
    "TagValue",
    "Whoami",
    "Workflow",
]
