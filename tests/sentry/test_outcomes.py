"""Outcomes and flag changes as servers answer them: read as far as they go, never "nothing dropped" by mistake."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.errors import BadRequest, Forbidden, ServerFault, Unsupported
from sentry_runbook.incident.model.evidence import FlagChange
from sentry_runbook.sentry.counts import OutcomeCounts, Outcomes
from tests.fake_servers.glitchtip import GlitchTip
from tests.sentry import shapes
from tests.sentry.evidence import parts_of
from tests.sentry.upstream import ORG, Answer, Upstream, client_of, gives

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
END = START + timedelta(hours=2)


def group(outcome: object, total: object, values: object) -> dict[str, Any]:
    """One group of an answer."""
    return {"by": {"outcome": outcome}, "totals": {"sum(quantity)": total}, "series": {"sum(quantity)": values}}


async def outcomes(body: object, status: int = 200) -> Outcomes:
    async with client_of(Upstream({}, Answer(status, json.dumps(body).encode(), {}))) as client:
        return await client.outcomes(project_id="1", start=START, end=END)


async def test_the_project_s_errors_are_asked_for_by_outcome_and_hour() -> None:
    upstream = Upstream({}, gives(shapes.OUTCOMES))
    async with client_of(upstream) as client:
        await client.outcomes(project_id="7", start=START, end=END)
        await client.outcomes(project_id="7", start=END - timedelta(hours=1001), end=END)
    (request, long) = upstream.seen
    assert request.url.path == f"{ORG}/stats_v2/"
    assert dict(request.url.params) == {
        "field": "sum(quantity)",
        "groupBy": "outcome",
        "category": "error",
        "interval": "1h",
        "project": "7",
        "start": "2026-11-20T08:00:00",
        "end": "2026-11-20T10:00:00",
    }
    # One answer has 1,000 intervals at the most (sentry-api §17).
    assert long.url.params["interval"] == "1d"


async def test_an_outcome_that_no_event_had_is_zero_and_only_that() -> None:
    answer = await outcomes(shapes.OUTCOMES)
    assert answer == Outcomes(
        START, 3600, (OutcomeCounts("accepted", 0, (0, 0)), OutcomeCounts("rate_limited", 140_000, (70_000, 70_000)))
    )
    nothing = await outcomes({**shapes.OUTCOMES, "groups": []})
    assert nothing.groups == (OutcomeCounts("accepted", 0, (0, 0)),)


@pytest.mark.parametrize(
    ("total", "values", "read"),
    [
        (9, [4, 5], (4, 5)),
        (9, [4], (4, None)),
        (9, [], (None, None)),
        (0, [], (0, 0)),
        (None, None, (None, None)),
        (9, [None, "x"], (None, None)),
        (9, [-1, 1.5], (None, None)),
        (9, [1, 2, 3, 4], (1, 2)),
    ],
)
async def test_a_number_that_is_missing_is_unknown(total: object, values: object, read: tuple[int | None, ...]) -> None:
    answer = await outcomes({**shapes.OUTCOMES, "groups": [group("rate_limited", total, values)]})
    assert answer.groups[-1].values == read


@pytest.mark.parametrize(
    "intervals",
    [
        [],
        None,
        ["2026-11-20T08:00:00Z", "not a time"],
        ["2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z"],
        ["0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z"],
    ],
    ids=["none", "null", "odd", "half hours", "ages"],
)
async def test_hours_that_cannot_be_read_leave_the_totals(intervals: object) -> None:
    answer = await outcomes({**shapes.OUTCOMES, "intervals": intervals})
    assert (answer.start, answer.groups[-1]) == (None, OutcomeCounts("rate_limited", 140_000, ()))


@pytest.mark.parametrize(
    "body",
    [
        {**shapes.OUTCOMES, "groups": [{"series": {"sum(quantity)": [1, 2]}}]},
        {**shapes.OUTCOMES, "groups": [group("accepted", 1, [1]), group("a b", 1, [1])]},
        {**shapes.OUTCOMES, "groups": [group(None, 1, [1])]},
        {"intervals": [], "groups": []},
    ],
    ids=["no outcome", "no word", "null", "no range"],
)
async def test_a_server_that_does_not_tell_outcomes_apart_has_none(body: object) -> None:
    with pytest.raises(Unsupported, match="dropped events"):
        await outcomes(body)


async def test_glitchtip_ignores_the_grouping_and_is_asked_once() -> None:
    server = GlitchTip()
    async with client_of(server.transport(), base_url="http://glitchtip.example", token=server.token) as client:
        for _ in range(2):
            with pytest.raises(Unsupported):
                await client.outcomes(project_id="1", start=START, end=END)
            with pytest.raises(Unsupported):
                await client.flag_changes(START, END)
    assert server.asked(f"GET {ORG}/stats_v2/") == server.asked(f"GET {ORG}/flags/logs/") == 1


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"detail": "Invalid interval"}, BadRequest),
        (403, {"detail": "You do not have permission to perform this action."}, Forbidden),
        (200, {"groups": {}}, ServerFault),
        (200, [], ServerFault),
    ],
)
async def test_a_refusal_is_told_as_such(status: int, body: object, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        await outcomes(body, status)


async def test_a_server_without_the_endpoint_is_asked_once_and_doctor_can_say_so() -> None:
    upstream = Upstream({}, Answer(404))
    async with client_of(upstream) as client:
        for _ in range(2):
            with pytest.raises(Unsupported):
                await client.outcomes(project_id="1", start=START, end=END)
        assert len(upstream.seen) == 1
        assert {row.name: row.state for row in client.capabilities()}["outcomes"] == "no"


# --- feature flags -------------------------------------------------------------------------------------------------


async def flags(*rows: object) -> tuple[FlagChange, ...]:
    async with client_of(Upstream({}, gives({"data": list(rows)}))) as client:
        return parts_of(FlagChange, await client.flag_changes(START, END))


async def test_flag_changes_are_asked_for_newest_first() -> None:
    upstream = Upstream({}, gives({"data": []}))
    async with client_of(upstream) as client:
        await client.flag_changes(START, END)
    (request,) = upstream.seen
    assert request.url.path == f"{ORG}/flags/logs/"
    assert (request.url.params["sort"], request.url.params["per_page"]) == ("-created_at", "100")


async def test_a_flag_change_has_a_time_a_name_an_action_and_an_author() -> None:
    (change,) = await flags(shapes.FLAG_CHANGE)
    assert (change.at, change.flag, change.action) == (START, "prices-v2", "updated")
    assert change.by is not None and "ada@example.com" not in change.by


@pytest.mark.parametrize("at", [None, "", "soon", "2026-13-45", "9999-12-31T23:59:59-23:59", 1e30])
async def test_a_row_without_a_time_is_left_out(at: object) -> None:
    assert await flags({**shapes.FLAG_CHANGE, "createdAt": at}, shapes.FLAG_CHANGE) == await flags(shapes.FLAG_CHANGE)


async def test_a_word_that_is_no_action_and_a_number_of_an_author_are_unknown() -> None:
    odd = {**shapes.FLAG_CHANGE, "action": ["updated"], "createdBy": "2552", "createdByType": "id"}
    (change,) = await flags(odd)
    assert (change.action, change.by) == (None, None)
