"""Numbers of Sentry that cannot all be right, through the tools: said, and never taken for a fact."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, SessionsSpec, Stream, Transactions
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

Edit = Callable[[httpx.Request, Any], Any]
"""A request and Sentry's JSON → the JSON instead."""


def world(users: int = 300, transactions: int = 3_000) -> World:
    scenario = Scenario(
        name="numbers",
        project="shop",
        issues=(
            IssueSpec(
                "SHOP-1", "Boom", streams=(Stream(400, -50, -2, users=users, handled=True),), transaction="GET /"
            ),
        ),
        sessions=(SessionsSpec(48_000, crashed=48),),
        transactions=(Transactions("GET /", transactions, start=-600),),
    )
    return World(scenario, ManualClock())


async def answers(edit: Edit, *tools: str, of: World | None = None, texts: bool = False) -> list[Any]:
    """The answers of tools, where Sentry's own are edited."""
    app = httpx.ASGITransport(create_app(of or world()))

    async def edited(request: httpx.Request) -> httpx.Response:
        response = await app.handle_async_request(request)
        content = json.loads(b"".join([chunk async for chunk in response.aiter_raw()]) or b"null")
        return httpx.Response(response.status_code, json=edit(request, content))

    async with connected(clock=ManualClock(), transport=httpx.MockTransport(edited)) as connection:
        call = connection.text if texts else connection.call
        return [await call(tool, issue="SHOP-1") for tool in tools]


def plain(_: httpx.Request, content: Any) -> Any:
    return content


def reasons(result: dict[str, Any]) -> dict[str, str]:
    return {entry["what"]: entry["why"] for entry in result["missing"]}


# --- the issue's own counter


def counter(events: object, users: object = 300, **more: Any) -> Edit:
    def edit(_: httpx.Request, content: Any) -> Any:
        if isinstance(content, dict) and "shortId" in content:
            return {**content, "count": events, "userCount": users, **more}
        return content

    return edit


@pytest.mark.parametrize("tool", ["get_issue", "triage_issue", "discover_impact", "classify_severity"])
async def test_a_counter_below_the_events_that_were_counted_is_said_to_be_wrong(tool: str) -> None:
    for events in ("1", 250, "0"):
        [result] = await answers(counter(events), tool)
        [warning] = [one for one in result["warnings"] if "own count" in one]
        assert f"says {events} event" in warning and "at least 400 are counted" in warning
    for fine in ("400", "399", "390", "5000", None):
        [result] = await answers(counter(fine), tool)
        assert not any("own count" in one for one in result.get("warnings", ()))


async def test_a_counter_of_users_below_those_of_the_window_is_said_to_be_wrong() -> None:
    impact, triage = await answers(counter("400", 1), "discover_impact", "triage_issue")
    for result in (impact, triage):
        [warning] = [one for one in result["warnings"] if "own count" in one]
        assert "says 1 user" in warning and "at least 300 are counted" in warning
    assert (impact["users"], triage["severity"]["severity"]) == (300, "P1")


async def test_a_counter_that_also_holds_merged_issues_is_said_to_disagree() -> None:
    merge = {
        "id": "1",
        "type": "merge",
        "user": None,
        "data": {"issues": [{"id": 9}]},
        "dateCreated": "2026-11-20T11:50:00Z",
    }
    [impact] = await answers(counter("900", activity=[merge]), "discover_impact")
    assert any("900 events" in one and "400" in one and "merged" in one for one in impact["warnings"])
    [unmerged] = await answers(counter("900"), "discover_impact")
    assert not any("merged" in one for one in unmerged.get("warnings", ()))


async def test_nobody_known_by_name_is_not_nobody() -> None:
    nameless = world(users=0)
    [report] = await answers(plain, "get_issue", of=nameless)
    assert report["events_total"] == 400 and "users_total" not in report
    assert "carry no user" in reasons(report)["users_total"]
    async with connected(world=nameless, clock=ManualClock()) as connection:
        found = await connection.call("find_issues")
        text = await connection.text("find_issues")
    assert not {"users", "users_total"} & found["issues"][0].keys()
    assert "issues[].users" in ", ".join(reasons(found))
    assert "users 0" not in text
    [none_at_all] = await answers(counter("0", 0), "get_issue")
    assert none_at_all["users_total"] == 0, "no event, nobody"


# --- crash-free sessions outside 0 to 100


def rates(**totals: float) -> Edit:
    def edit(request: httpx.Request, content: Any) -> Any:
        if request.url.path.endswith("/sessions/"):
            for group in content["groups"]:
                group["totals"] |= {f"{name}(session)": value for name, value in totals.items()}
        return content

    return edit


@pytest.mark.parametrize(
    "totals",
    [
        {"crash_rate": 1.2, "crash_free_rate": -0.2},
        {"crash_rate": -0.03, "crash_free_rate": 1.03},
        {"crash_rate": 0.7, "crash_free_rate": 0.3, "unhandled_rate": 0.6},
        {"crash_rate": 91, "crash_free_rate": 9},
    ],
)
async def test_an_impossible_crash_free_rate_is_unknown_and_decides_nothing(totals: dict[str, float]) -> None:
    impact, verdict = await answers(rates(**totals), "discover_impact", "classify_severity")
    assert "crash_free_sessions_pct" not in impact and "crash_free_worst_hour_pct" not in impact
    for why in (reasons(impact)["crash_free_sessions_pct"], reasons(verdict)["crash_free"]):
        assert "outside 0 to 100 %" in why
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P1", "P0")


async def test_an_hour_with_an_impossible_rate_may_be_the_worst_one() -> None:
    def edit(request: httpx.Request, content: Any) -> Any:
        if request.url.path.endswith("/sessions/"):
            for group in content["groups"]:
                for name in ("crash_rate(session)", "crash_free_rate(session)"):
                    group["series"][name][-3] = -4.0
        return content

    [verdict] = await answers(edit, "classify_severity")
    assert "no usable numbers for 1 full hour" in reasons(verdict)["crash_free"]
    assert verdict["could_be"]["highest"] == "P0"


# --- users behind one address


def behind(address: str | None, **user: str) -> Edit:
    """All events of one user, who is known by an address (and more)."""
    known = {"id": None, "email": None, "username": None, "name": None, "ip_address": address, **user}

    def edit(request: httpx.Request, content: Any) -> Any:
        if isinstance(content, list) and content and isinstance(content[0], dict) and "eventID" in content[0]:
            return [{**row, "user": known} for row in content]
        return {**content, "user": known} if isinstance(content, dict) and "eventID" in content else content

    return edit


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "172.20.0.1", "192.168.0.9", "127.0.0.1", "::1", "fd00::7", "::ffff:10.0.0.1", "100.64.3.3"]
)
async def test_users_known_by_one_private_address_alone_are_unknown_and_not_one(address: str) -> None:
    impact, verdict, report = await answers(
        behind(address), "discover_impact", "classify_severity", "get_issue", of=world(users=1)
    )
    assert "users" not in impact and "users_worst_hour" not in impact and "users_all_time" not in impact
    for what in ("users", "users_worst_hour"):
        assert "private address" in reasons(impact)[what]
    assert "private address" in reasons(verdict)["users_per_hour"]
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P2", "P1")
    assert "users_total" not in report
    assert any("private address" in one for one in report["warnings"])


@pytest.mark.parametrize(
    "edit", [behind("8.8.4.4"), behind("10.1.2.3", id="42"), behind("10.1.2.3", email="a@example.com"), plain]
)
async def test_one_user_who_is_known_otherwise_is_one(edit: Edit) -> None:
    impact, verdict = await answers(edit, "discover_impact", "classify_severity", of=world(users=1))
    assert (impact["users"], impact["users_worst_hour"]) == (1, 1)
    assert verdict["could_be"] == {"lowest": "P2", "highest": "P2"}


# --- estimates


def of_spans(**meta: Any) -> Edit:
    return lambda request, content: (
        {**content, "meta": {**content["meta"], **meta}}
        if request.url.path.endswith("/acme/events/") and request.url.params.get("dataset") == "spans"
        else content
    )


LOW = {"accuracy": {"confidence": [{"p95(span.duration)": "low"}], "sampleCount": [{"p95(span.duration)": 41}]}}


@pytest.mark.parametrize(
    ("meta", "why"),
    [
        (LOW, "low confidence, from 41 samples"),
        ({"dataScanned": "partial"}, "Sentry read only a part of the data"),
        ({"dataScanned": "full", "accuracy": {"confidence": [{"p95(span.duration)": "high"}]}}, None),
        ({"accuracy": {"confidence": "low"}}, None),
    ],
)
async def test_an_estimated_p95_is_marked_wherever_it_is_shown(meta: dict[str, Any], why: str | None) -> None:
    [impact] = await answers(of_spans(**meta), "discover_impact")
    texts = await answers(of_spans(**meta), "discover_impact", "triage_issue", texts=True)
    assert impact["p95_ms"] > 0
    assert (impact.get("p95_estimate"), impact["endpoints"][0].get("estimate")) == (
        (f"an estimate: {why}",) * 2 if why else (None, None)
    )
    for text in texts:
        lines = [line for line in text.splitlines() if "p95" in line and " ms" in line]
        assert lines and all(("estimate" in line) is (why is not None) for line in lines)


@pytest.mark.parametrize(("transactions", "is_given"), [(3, False), (19, False), (20, True)])
async def test_a_few_samples_have_no_p95(transactions: int, is_given: bool) -> None:
    [impact] = await answers(plain, "discover_impact", of=world(transactions=transactions))
    assert ("p95_ms" in impact) is is_given
    if not is_given:
        assert f"only {transactions} samples" in reasons(impact)["p95_ms"]
    few = {"accuracy": {"sampleCount": [{"p95(span.duration)": 3}]}}
    [extrapolated] = await answers(of_spans(**few), "discover_impact")
    assert "only 3 samples" in reasons(extrapolated)["p95_ms"]


async def test_counts_of_a_part_of_the_data_are_said_to_be_estimates() -> None:
    def partial(request: httpx.Request, content: Any) -> Any:
        is_count = request.url.path.endswith("/acme/events/") and "count_unique(user)" in request.url.params.get_list(
            "field"
        )
        return {**content, "meta": {**content["meta"], "dataScanned": "partial"}} if is_count else content

    for tool in ("discover_impact", "triage_issue"):
        [result] = await answers(partial, tool)
        assert any("estimates" in one and "part of the data" in one for one in result["warnings"])
        [exact] = await answers(plain, tool)
        assert not any("estimate" in one for one in exact.get("warnings", ()))
