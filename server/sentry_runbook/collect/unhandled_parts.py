"""Rows of the table of the evidence that are unhandled events a minute: of the issue, and of its project.

The issue's need no request of their own where the tag ``handled`` of every event says the same: then they are the
issue's series, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Literal

from sentry_runbook.collect.batch import Request
from sentry_runbook.collect.collection import Collection, Part, PartValue
from sentry_runbook.collect.discover_parts import (
    COUNT,
    of_the_issue,
    peak_environments,
    project_environments,
    projects_of,
)
from sentry_runbook.collect.event_parts import TAGS
from sentry_runbook.collect.listed_events import ListedEvent, is_unhandled, not_in_series
from sentry_runbook.collect.question import Aspect
from sentry_runbook.collect.series_parts import (
    INGEST_LAG,
    MINUTE,
    SERIES,
    SeriesByAxis,
    buckets_of,
    series_start,
    since_first_event,
    step,
    time_series,
)
from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.incident.model.evidence import Known, Unknown
from sentry_runbook.incident.model.evidence.json_values import count_of, list_of, object_of

MINUTES_READ = timedelta(days=7)
"""Unhandled events are read by the minute for windows up to this long."""


def _is_too_long(collection: Collection) -> PartValue | None:
    if collection.question.window.length <= MINUTES_READ:
        return None
    return Unknown(why="read by the minute for windows up to 7 days only")


def _handled_by_tag(collection: Collection) -> Literal["yes", "no"] | None:
    """What the tag ``handled`` says of every event of the issue's life; None where it differs, or some lack it."""
    tag = next((tag for tag in collection.value(TAGS) or () if tag.get("key") == "handled"), {})
    values = [object_of(value) for value in list_of(tag.get("topValues"))]
    events, tagged = count_of(collection.issue.get("count")), count_of(tag.get("totalValues"))
    if len(values) != 1 or events is None or tagged is None or tagged < events:
        return None
    value = values[0]
    named = next((name for name in ("yes", "no") if name == value.get("value")), None)
    return named if count_of(value.get("count")) == tagged else None


def _is_in_series(collection: Collection) -> bool:
    """Whether the issue's series is that of its unhandled events: all are, and it is read by the minute."""
    is_asked = collection.question.wants(Aspect.SERIES, Aspect.TREND)
    is_fine = step(collection.question.window) == MINUTE
    is_same = peak_environments(collection) == collection.scope.names
    return is_asked and is_fine and is_same and _handled_by_tag(collection) == "no"


def _unhandled_request(collection: Collection) -> Request[SeriesByAxis] | None:
    if _is_in_series(collection):
        return None
    start = since_first_event(collection, collection.question.window.start)
    query = f"{of_the_issue(collection)} error.unhandled:true"
    return time_series(collection, (COUNT,), query, start, MINUTE, peak_environments(collection))


def _known_unhandled(collection: Collection) -> PartValue | None:
    """The series where it needs no request: of a long window none is told, and where all is handled it is empty."""
    window = collection.question.window
    if _is_too_long(collection) is not None or _handled_by_tag(collection) != "yes":
        return _is_too_long(collection)
    start = window.start.replace(second=0, microsecond=0)
    minutes = -((start - window.end) // timedelta(seconds=MINUTE))
    settled = collection.now - INGEST_LAG
    series = ours.Series(start=start, step_s=MINUTE, values=(0.0,) * minutes, complete_until=settled)
    return Known(value=series, source="tag handled of the issue, all time: all of its events are handled")


def _unhandled_in(collection: Collection, environments: Iterable[str]) -> Callable[[ListedEvent], bool]:
    """Whether a listed event is an unhandled one of these environments; of none is of all."""
    names = {collection.name(name) for name in environments}
    return lambda event: is_unhandled(event) and (not names or (event.environment or "") in names)


def _unhandled(collection: Collection, series: SeriesByAxis) -> ours.Series | Unknown:
    doubt = not_in_series(collection, series[COUNT], _unhandled_in(collection, peak_environments(collection)))
    if doubt is not None:
        return doubt
    window = collection.question.window
    if not _is_in_series(collection):
        return buckets_of(collection, series[COUNT], window.start)
    whole = buckets_of(collection, series[COUNT], series_start(window))
    first = max(0, (window.start - whole.start) // timedelta(seconds=MINUTE))
    start = whole.start + first * timedelta(seconds=MINUTE)
    return whole.model_copy(update={"start": start, "values": whole.values[first:]})


UNHANDLED = Part(
    field="unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=_unhandled_request,
    parse=_unhandled,
    source=lambda collection: collection.source(_own_series(collection)),
    known=_known_unhandled,
    reads=SERIES,
)


def _own_series(collection: Collection) -> str:
    whose = collection.whose if collection.is_of_several else "this issue"
    return f"time series: unhandled events of {whose} a minute"


def _together(collection: Collection) -> str:
    """Of several projects the series is their sum: it bounds each of them."""
    return "s together" if len(projects_of(collection)) > 1 else ""


PROJECT_UNHANDLED = Part(
    field="project_unhandled",
    round=2,
    aspects=(Aspect.UNHANDLED,),
    errors_only=True,
    request=lambda collection: time_series(
        collection,
        (COUNT,),
        "error.unhandled:true",
        collection.question.window.start,
        MINUTE,
        project_environments(collection),
    ),
    parse=lambda collection, series: (
        not_in_series(collection, series[COUNT], _unhandled_in(collection, project_environments(collection)))
        or buckets_of(collection, series[COUNT])
    ),
    source=lambda collection: collection.source(
        f"time series: unhandled events of the project{_together(collection)} a minute",
        project_environments(collection),
    ),
    known=_is_too_long,
)
