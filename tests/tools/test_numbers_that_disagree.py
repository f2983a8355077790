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


def world(users: int = 300, transactions: int = 3_000, last: float = -2) -> World:
    scenario = Scenario(
        name="numbers",
        project="shop",
        issues=(
            IssueSpec(
                "SHOP-1", "Boom", streams=(Stream(400, -50, last, users=users, handled=True),), transaction="GET /"
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


def quoted(_: httpx.Request, content: Any) -> Any:
    """Every number written as text, as stores quote integers of 64 bits."""
    if isinstance(content, dict):
        return {key: quoted(_, value) for key, value in content.items()}
    if isinstance(content, list):
        return [quoted(_, value) for value in content]
    return str(content) if isinstance(content, int | float) and not isinstance(content, bool) else content


@pytest.mark.parametrize(
    "tool", ["get_issue", "triage_issue", "discover_impact", "classify_severity", "check_recovery"]
)
async def test_numbers_that_are_written_as_text_are_numbers(tool: str) -> None:
    assert await answers(quoted, tool) == await answers(plain, tool)


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


async def test_more_users_than_events_over_all_time_are_said_to_disagree() -> None:
    for users, is_said in ((900, True), (412, False)):
        [report] = await answers(counter("400", users), "get_issue")
        assert any("900 users of 400 events" in one for one in report.get("warnings", ())) is is_said


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


async def test_a_counter_below_the_issue_s_own_hours_is_said_to_be_wrong_where_nothing_else_counts() -> None:
    """Also of an issue whose events no error search finds."""
    edit = counter("1", 0, issueCategory="outage", issueType="monitor_check_in_failure")
    impact, report = await answers(edit, "discover_impact", "get_issue")
    for result in (impact, report):
        assert any("says 1 event" in one and "at least 400" in one for one in result["warnings"])
    assert impact["events"] == 400, "of the hours"


# --- events that are listed, and not counted


def counted_as(events: int, *, series: bool = True, users: int | None = None) -> Edit:
    """Discover counts that many events in all; with ``series`` every bucket of a time series is empty."""

    def edit(request: httpx.Request, content: Any) -> Any:
        if request.url.path.endswith("/acme/events/") and request.url.params.get("dataset") == "errors":
            told = {"count()": events, "count_unique(user)": events if users is None else users}
            content["data"] = [{name: told.get(name, value) for name, value in row.items()} for row in content["data"]]
        if series and "timeSeries" in (content if isinstance(content, dict) else ()):
            for axis in content["timeSeries"]:
                axis["values"] = [{**value, "value": 0} for value in axis["values"]]
        return content

    return edit


@pytest.mark.parametrize("events", [0, 10, 94])
async def test_a_count_of_fewer_events_than_are_listed_is_unknown(events: int) -> None:
    tools, of = ("discover_impact", "classify_severity"), world(last=-10)
    impact, verdict = await answers(counted_as(events, series=False), *tools, of=of)
    assert "events" not in impact and "users" not in impact
    told = f"Sentry counts {events or 'no'} event"
    assert told in impact["reading"] and "shows at least 100" in reasons(impact)["events"]
    assert "measured" not in impact["reading"]
    assert verdict["severity"] == "P1", "the series still counts the users"
    [close] = await answers(counted_as(96, series=False), "discover_impact", of=of)
    assert close["events"] == 96, "a count that lags behind a little is no contradiction"


async def test_series_without_the_events_that_are_listed_are_unknown_and_clear_nothing() -> None:
    loud = World(
        Scenario(
            name="loud",
            project="shop",
            issues=(IssueSpec("SHOP-1", "Boom", streams=(Stream(400, -50, -10, users=300),)),),
            sessions=(SessionsSpec(48_000, crashed=48),),
        ),
        ManualClock(),
    )
    verdict, impact = await answers(counted_as(0), "classify_severity", "discover_impact", of=loud)
    assert verdict["could_be"]["highest"] == "P0"
    for rule in ("unhandled_rate", "users_per_hour"):
        assert "but shows at least 100" in reasons(verdict)[rule]
    assert "unhandled_per_minute_peak" not in impact and "project_unhandled_per_minute_peak" not in impact
    [recovery] = await answers(counted_as(0), "check_recovery", of=loud)
    assert recovery["verdict"] == "ongoing", "by the issue's own hours"


async def test_an_event_of_a_moment_ago_that_is_not_counted_yet_is_no_contradiction() -> None:
    streams = (Stream(5, -2, -1, users=5, handled=True),)
    young = World(
        Scenario(name="young", project="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=streams),)), ManualClock()
    )
    [impact] = await answers(counted_as(0), "discover_impact", of=young)
    assert impact["events"] == 0


async def test_an_issue_last_seen_in_the_period_is_not_none_where_its_events_cannot_be_listed() -> None:
    zero = counted_as(0)

    def edit(request: httpx.Request, content: Any) -> Any:
        is_list = request.url.path.endswith("/events/") and "/issues/" in request.url.path
        return {"no": "list"} if is_list else zero(request, content)

    [impact] = await answers(edit, "discover_impact", of=world(last=-10))
    assert "events" not in impact and "shows at least 1" in reasons(impact)["events"]


async def test_more_users_than_events_are_unknown() -> None:
    [impact] = await answers(counted_as(400, series=False, users=900), "discover_impact")
    assert impact["events"] == 400 and "users" not in impact
    assert "900 users of 400 events" in reasons(impact)["users"]
    [estimated] = await answers(counted_as(400, series=False, users=404), "discover_impact")
    assert estimated["users"] == 400, "distinct users are estimated by a few percent"


async def test_more_users_in_an_hour_than_events_decide_nothing() -> None:
    def edit(request: httpx.Request, content: Any) -> Any:
        for axis in content.get("timeSeries", ()) if isinstance(content, dict) else ():
            if axis["yAxis"] == "count_unique(user)":
                axis["values"] = [{**value, "value": 9 * (value["value"] or 0)} for value in axis["values"]]
        return content

    [verdict] = await answers(edit, "classify_severity")
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P2", "P1")
    assert "which cannot be" in reasons(verdict)["users_per_hour"]


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
        {"crash_free_rate": -0.2},
        {"crash_rate": 0.001, "crash_free_rate": 0.4},
    ],
)
async def test_an_impossible_crash_free_rate_is_unknown_and_decides_nothing(totals: dict[str, float]) -> None:
    impact, verdict = await answers(rates(**totals), "discover_impact", "classify_severity")
    assert "crash_free_sessions_pct" not in impact and "crash_free_worst_hour_pct" not in impact
    for why in (reasons(impact)["crash_free_sessions_pct"], reasons(verdict)["crash_free"]):
        assert "outside 0 to 100 %" in why
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P1", "P0")


async def test_rates_that_are_rounded_apart_are_one() -> None:
    [impact] = await answers(rates(crash_rate=0.0212, crash_free_rate=0.979), "discover_impact")
    assert impact["crash_free_sessions_pct"] == 97.88


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
    "user",
    [
        {"id": "anonymous"},
        {"id": "undefined"},
        {"id": "0"},
        {"username": "AnonymousUser"},
        {"id": "00000000-0000-0000-0000-000000000000"},
    ],
)
async def test_users_known_by_one_name_that_is_nobody_s_are_unknown_and_not_one(user: dict[str, str]) -> None:
    edit = behind("8.8.4.4", **user)
    impact, verdict, report = await answers(
        edit, "discover_impact", "classify_severity", "get_issue", of=world(users=1)
    )
    assert "users" not in impact and "users_worst_hour" not in impact and "users_total" not in report
    assert "nobody's" in reasons(impact)["users"] and "nobody's" in reasons(verdict)["users_per_hour"]
    assert (verdict["severity"], verdict["could_be"]["highest"]) == ("P2", "P1")
    assert any("nobody's" in one for one in report["warnings"])


@pytest.mark.parametrize(
    "edit",
    [
        behind("8.8.4.4"),
        behind("8.8.4.4", id="anonymous-7"),
        behind("8.8.4.4", id="10"),
        behind("10.1.2.3", id="42"),
        behind("10.1.2.3", email="a@example.com"),
        plain,
    ],
)
async def test_one_user_who_is_known_otherwise_is_one(edit: Edit) -> None:
    impact, verdict = await answers(edit, "discover_impact", "classify_severity", of=world(users=1))
    assert (impact["users"], impact["users_worst_hour"]) == (1, 1)
    assert verdict["could_be"] == {"lowest": "P2", "highest": "P2"}


def named(number: int) -> dict[str, str | None]:
    return {"id": str(number), "email": None, "username": None, "name": None, "ip_address": "9.9.9.9"}


def known_by(user: Callable[[int], dict[str, str | None]]) -> Edit:
    """The users of the rows of the list, by their number in it."""

    def edit(_: httpx.Request, content: Any) -> Any:
        if isinstance(content, list) and content and isinstance(content[0], dict) and "eventID" in content[0]:
            return [{**row, "user": user(number)} for number, row in enumerate(content)]
        return content

    return edit


ALONE = {"id": None, "email": None, "username": None, "name": None}
SHARED = {
    "two proxies": (lambda number: {**ALONE, "ip_address": f"10.0.0.{number % 2}"}, 2),
    "people with an id, and all others behind one address": (
        lambda number: {**ALONE, "ip_address": "10.0.0.1"} if number % 2 else named(number),
        51,
    ),
    "people with an id, and those who are not signed in": (
        lambda number: {**ALONE, "id": "guest"} if number % 2 else named(number),
        51,
    ),
    "an address that stands in the id, too": (
        lambda number: {**ALONE, "id": "fd00::1", "ip_address": "fd00::1"} if number % 4 else named(number),
        26,
    ),
}


@pytest.mark.parametrize("name", SHARED)
async def test_some_users_who_stand_for_many_make_the_number_a_lower_bound(name: str) -> None:
    user, users = SHARED[name]
    of = world(users=users)
    impact, verdict = await answers(known_by(user), "discover_impact", "classify_severity", of=of)
    assert (impact["users"], impact["users_lower_bound"]) == (users, True)
    assert verdict["could_be"]["highest"] == "P1"


@pytest.mark.parametrize(("events", "is_shared"), [(4, False), (5, True)])
async def test_from_five_events_on_a_private_address_stands_for_many(events: int, is_shared: bool) -> None:
    of = world(users=60)

    def user(number: int) -> dict[str, str | None]:
        return {**ALONE, "ip_address": "10.0.0.1"} if number < events else named(number)

    [impact] = await answers(known_by(user), "discover_impact", of=of)
    assert impact.get("users_lower_bound", False) is is_shared


@pytest.mark.parametrize(
    "user",
    [
        lambda number: {**ALONE, "ip_address": f"10.0.1.{number}"},
        lambda number: {**ALONE, "ip_address": f"8.8.4.{number % 2}"},
        lambda number: named(number % 3) | {"ip_address": "10.0.0.1"},
    ],
    ids=["an address a person", "public addresses", "ids behind one address"],
)
async def test_users_who_can_be_told_apart_are_counted(user: Callable[[int], dict[str, str | None]]) -> None:
    impact, verdict = await answers(known_by(user), "discover_impact", "classify_severity", of=world(users=60))
    assert impact["users"] == 60 and "users_lower_bound" not in impact
    assert verdict["could_be"]["highest"] == "P2"


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
        ({"accuracy": {"confidence": "low"}}, "low confidence"),
        ({"accuracy": {"confidence": "high"}}, None),
        ({"accuracy": {"confidence": 7}}, None),
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


async def test_a_confidence_beside_the_rows_is_read_too() -> None:
    def beside(request: httpx.Request, content: Any) -> Any:
        is_latency = request.url.params.get("dataset") == "spans"
        return {**content, "confidence": [{"p95(span.duration)": "low"}]} if is_latency else content

    [impact] = await answers(beside, "discover_impact")
    assert impact["p95_estimate"] == "an estimate: low confidence"


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


async def test_a_wider_period_that_was_read_in_part_is_an_estimate_too() -> None:
    old = World(
        Scenario(
            name="old", project="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=(Stream(40, -5_000, -4_000),)),)
        ),
        ManualClock(),
    )

    def partial(request: httpx.Request, content: Any) -> Any:
        is_count = request.url.path.endswith("/acme/events/") and request.url.params.get_list("field")[1:] == [
            "count_unique(user)"
        ]
        return {**content, "meta": {**content["meta"], "dataScanned": "partial"}} if is_count else content

    [impact] = await answers(partial, "discover_impact", of=old)
    assert impact["window"]["widened_from"] and any("estimates" in one for one in impact["warnings"])


async def test_no_production_in_a_part_of_the_data_is_not_none() -> None:
    streams = (Stream(40, -50, -9, environment="staging"), Stream(1, -90_000, environment="production"))
    of = World(
        Scenario(name="part", project="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=streams),)), ManualClock()
    )

    def partial(request: httpx.Request, content: Any) -> Any:
        is_count = request.url.path.endswith("/acme/events/") and "environment" in request.url.params.get_list("field")
        return {**content, "meta": {**content["meta"], "dataScanned": "partial"}} if is_count else content

    [verdict] = await answers(partial, "classify_severity", of=of)
    criterion = next(entry for entry in verdict["criteria"] if entry["id"] == "non_production")
    assert criterion["met"] == "unknown" and "a part of the data" in criterion["note"]
    [whole] = await answers(plain, "classify_severity", of=of)
    assert whole["decided_by"] == "non_production"
