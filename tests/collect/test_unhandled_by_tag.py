"""Unhandled events a minute without a request of their own, where the tag ``handled`` says it of every event."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.collect import SEVERITY
from sentry_runbook.incident.metrics.timeseries import in_window, total
from sentry_runbook.incident.model.evidence import Known, Series, Unknown
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from tests.collect.asked import Asked, Change, asked, body, refusal

DAY = 1440


def scenario(*streams: Stream, **more: Any) -> Scenario:
    """One issue."""
    return Scenario(name="one", issues=(IssueSpec("ONE-1", streams=streams, **more),))


NEW = (Stream(90, -400, -1, users=20), Stream(30, -300, -2, environment="staging"))
OLD = (Stream(200, -9 * DAY, -1, users=20), Stream(50, -30, -1))


def unhandled(answer: Asked) -> Series:
    """The series of unhandled events."""
    assert isinstance(answer.evidence.unhandled, Known), answer.evidence.unhandled
    return answer.evidence.unhandled.value


def without_tag(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tags of events that do not say whether they were handled."""
    return [tag for tag in answer if tag["key"] != "handled"]


@pytest.mark.parametrize("streams", [NEW, OLD])
@pytest.mark.parametrize("period", ["24h", "3h", "45m"])
async def test_what_the_series_tells_is_what_sentry_would_have_answered(
    streams: tuple[Stream, ...], period: str
) -> None:
    told = await asked(scenario(*streams), SEVERITY, period=period)
    by_itself = await asked(scenario(*streams), SEVERITY, {"tags": body(without_tag)}, period=period)
    assert "unhandled" not in told.requests and len(by_itself.requests["unhandled"]) == 1
    assert unhandled(told) == unhandled(by_itself)
    window = told.evidence.window
    assert (total(in_window(unhandled(told), window.start, window.end)) or 0) > 0
    assert told.evidence.unhandled == by_itself.evidence.unhandled


async def test_where_every_event_is_handled_none_is_unhandled_and_none_is_asked_for() -> None:
    answer = await asked(scenario(*NEW, handled=True), SEVERITY)
    assert "unhandled" not in answer.requests
    window, series = answer.evidence.window, unhandled(answer)
    assert set(series.values) == {0.0} and (series.start, len(series.values)) == (window.start, DAY)


MIXED = (Stream(90, -400, -1, users=20), Stream(30, -300, -2, handled=True))


def with_counts(**counts: int) -> Change:
    """Other counts of the tag ``handled``, and another total."""

    def change(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
        others = [tag for tag in answer if tag["key"] != "handled"]
        values = [{"value": value, "count": count} for value, count in counts.items() if value != "total"]
        return [*others, {"key": "handled", "totalValues": counts["total"], "topValues": values}]

    return body(change)


@pytest.mark.parametrize(
    ("streams", "changes"),
    [
        pytest.param(MIXED, {}, id="some are handled"),
        pytest.param(NEW, {"tags": body(without_tag)}, id="no event says it"),
        pytest.param(NEW, {"tags": with_counts(no=119, total=119)}, id="one does not say it"),
        pytest.param(NEW, {"tags": with_counts(yes=119, total=119)}, id="one does not say that it is handled"),
        pytest.param(NEW, {"tags": with_counts(no=119, total=120)}, id="one has another value"),
        pytest.param(NEW, {"tags": refusal(403, "No.")}, id="the tags are not known"),
    ],
)
async def test_else_they_are_asked_for(streams: tuple[Stream, ...], changes: dict[str, Change]) -> None:
    answer = await asked(scenario(*streams), SEVERITY, changes)
    assert len(answer.requests["unhandled"]) == 1


async def test_a_window_whose_series_is_coarser_than_a_minute_asks_for_them() -> None:
    answer = await asked(scenario(*OLD), SEVERITY, period="2d")
    assert len(answer.requests["unhandled"]) == 1
    assert unhandled(answer).step_s == 60


async def test_a_series_that_fails_leaves_them_unknown_for_the_same_reason() -> None:
    answer = await asked(scenario(*NEW), SEVERITY, {"series": refusal(500, "No.")})
    assert isinstance(answer.evidence.unhandled, Unknown) and isinstance(answer.evidence.series, Unknown)
    assert answer.evidence.unhandled.why == answer.evidence.series.why
