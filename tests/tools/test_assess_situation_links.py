"""assess_situation with a link or name of an alert: what it is, what it costs, and what is said where it is none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, FiringSpec, IssueSpec, StateChange, Stream
from tests.collect.situation_worlds import Changed
from tests.collect.watched import BASE, BEFORE, TODAY, TRACE, company
from tests.tools.support import connected

WORKFLOW, RULE = f"{BASE}/monitors/alerts/77/", f"{BASE}/alerts/rules/shop/12/details/"
LINKS = [
    (WORKFLOW, "issue_alert", "it fired 2 times for SHOP-1", 2),
    (RULE, "issue_alert", "it fired 2 times for SHOP-1", 2),
    ("Payments fail", "issue_alert", "it fired 1 time for SHOP-2", 2),
    (f"{BASE}/monitors/41/", "metric_alert", 'events that match "level:error" in 10 min above 50', 2),
    (f"{BASE}/alerts/rules/details/5/", "metric_alert", "what it opened is open still", 2),
    (f"{BASE}/crons/shop/nightly-report/", "cron", "2 missed, 4 failed", 2),
    ("nightly-report", "cron", "the last good one: 2026-11-20 12:00 UTC", 2),
    (f"{BASE}/alerts/rules/uptime/shop/900/details/", "uptime", "down since 2026-11-20 11:35 UTC", 2),
    ("SHOP-1", "issue", "", 2),
    # What is of another time so often that it is asked for first, and a project that must be asked for its number.
    (f"{BASE}/releases/shop%401.2.0/", "release", "", 3),
    (f"trace:{TRACE}", "trace", "2 events in it", 3),
    (f"{BASE}/issues/?query=is%3Aunresolved&project=shop&statsPeriod=1h", "stream", "is:unresolved", 3),
]


@pytest.mark.parametrize(("alert", "kind", "fact", "rounds"), LINKS, ids=[link[0][-40:] for link in LINKS])
async def test_a_link_or_name_is_told_within_the_rounds_and_requests_of_one_answer(
    alert: str, kind: str, fact: str, rounds: int
) -> None:
    async with connected(world=company(), clock=ManualClock()) as connection:
        values = await connection.call("assess_situation", alert=alert)
        assert connection.upstream.rounds == rounds
        assert len(connection.upstream.requests) <= 14
        text = await connection.text("assess_situation", alert=alert)
    assert values["alert"]["kind"] == kind
    assert any(fact in said for said in [*values["alert"].get("facts", []), ""])
    assert fact in text or not fact


@pytest.mark.parametrize("profile", [TODAY, BEFORE], ids=["today", "before"])
async def test_an_alert_of_another_time_is_looked_at_then(profile: Profile) -> None:
    world = company(
        alerts=(AlertSpec("Yesterday", id="79", rule_id="13", firings=(FiringSpec(-1500, "SHOP-1"),)),),
        detectors=(DetectorSpec("Two days ago", id="42", rule_id="6", opened=((-3000, -2940),), issue="SHOP-3"),),
    )
    async with connected(world=world, clock=ManualClock(), profile=profile) as connection:
        alert = await connection.call("assess_situation", alert=f"{BASE}/alerts/rules/shop/13/details/")
        metric = await connection.call("assess_situation", alert=f"{BASE}/alerts/rules/details/6/")
        connection.upstream.reset()
        asked = await connection.call("assess_situation", alert=f"{BASE}/alerts/rules/details/6/", period="30m")
        # The caller's own period wins, so that nothing is collected anew.
        assert len(connection.upstream.requests) <= 14 and connection.upstream.rounds == 2
    # Fired at 11:00 of the day before, and open from 10:00 two days before.
    assert alert["window"] == {"start": "2026-11-19T10:30:00Z", "end": "2026-11-19T11:30:00Z"}
    assert metric["window"]["start"] == "2026-11-18T09:30:00Z"
    assert asked["window"] == {"start": "2026-11-20T11:30:00Z", "end": "2026-11-20T12:00:00Z"}
    assert asked["alert"]["fired_at"] == metric["alert"]["fired_at"] == "2026-11-18T10:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"alert": f"{BASE}/monitors/alerts/7777/"}, "Sentry knows no alert 7777"),
        ({"alert": f"{BASE}/crons/shop/gone/"}, "Sentry knows no cron monitor gone of project shop"),
        ({"alert": "http://localhost/organizations/other/monitors/41/"}, "monitor 41 of organization other"),
        ({"alert": "No such alert"}, 'has a name with "No such alert"'),
        ({"alert": "https://evil.example/monitors/alerts/77/"}, "nothing was sent there"),
        ({"alert": f"{BASE}/settings/account/"}, "neither where nor when"),
        ({"alert": WORKFLOW, "period": "soon"}, "period cannot be read"),
        ({"alert": WORKFLOW, "project": "no such"}, "project is not a slug"),
        ({"alert": WORKFLOW, "project": "nosuch"}, "nosuch"),
    ],
)
async def test_what_cannot_be_resolved_is_one_sentence_with_a_way_out(arguments: dict[str, Any], said: str) -> None:
    async with connected(world=company(), clock=ManualClock()) as connection:
        text = await connection.error("assess_situation", **arguments)
    assert said in text and "\n" not in text.strip()
    assert "Traceback" not in text and "sntryu_" not in text


async def test_a_link_of_another_host_starts_no_request_of_the_situation_either() -> None:
    async with connected(world=company(), clock=ManualClock()) as connection:
        await connection.error("assess_situation", alert="https://evil.example/monitors/alerts/77/")
        assert connection.upstream.requests == []


async def test_an_alert_that_may_not_be_read_leaves_the_situation_and_says_which_scope_is_missing() -> None:
    """Of a link that says its project; the situation itself is read with other scopes."""
    profile = Profile(absent=frozenset({"alert-rule-workflow"}))
    async with connected(world=company(), clock=ManualClock(), profile=profile) as connection:
        values = await connection.call("assess_situation", alert=RULE)
    assert any("alert itself" in entry["what"] for entry in values["missing"])
    assert values["incidents"] or values["headline"]
    assert json.dumps(values["alert"]).count("fired") == 0


# --- the alerts that fire ------------------------------------------------------------------------------------------


async def test_alerts_that_fired_and_monitors_that_are_open_are_listed_together() -> None:
    async with connected(world=company(), clock=ManualClock()) as connection:
        values = await connection.call("assess_situation")
        assert connection.upstream.rounds == 2
        assert len(connection.upstream.requests) <= 14
        text = await connection.text("assess_situation")
    firing = {(alert["kind"], alert["name"]): alert for alert in values["alerts"]}
    assert set(firing) == {
        ("issue_alert", "Payments fail"),
        ("issue_alert", "Many errors"),
        ("metric_alert", "Many errors"),
        ("cron_monitor", "Nightly report"),
        ("uptime_monitor", "Shop is up"),
    }
    metric = firing["metric_alert", "Many errors"]
    assert metric["is_open"] is True and metric["issue"] == "SHOP-3" and metric["id"] == "41"
    assert firing["cron_monitor", "Nightly report"]["open_since"] == "2026-11-20T11:00:00Z"
    assert '"Many errors", metric alert, open, SHOP-3, last event 2026-11-20 11:4' in text
    assert '"Nightly report", cron monitor, open since 2026-11-20 11:00 UTC' in text
    assert firing["issue_alert", "Payments fail"]["condition"].startswith("an issue is new")
    assert metric["condition"].startswith('events that match "level:error" in 10 min above 50')
    assert metric["condition"] in text


@pytest.mark.parametrize(
    ("alert", "kind", "name"),
    [
        (WORKFLOW, "issue_alert", "Payments fail"),
        (RULE, "issue_alert", "Payments fail"),
        (f"{BASE}/monitors/41/", "metric_alert", "Many errors"),
        (f"{BASE}/alerts/rules/details/5/", "metric_alert", "Many errors"),
        (f"{BASE}/crons/shop/nightly-report/", "cron_monitor", "Nightly report"),
        (f"{BASE}/alerts/rules/uptime/shop/900/details/", "uptime_monitor", "Shop is up"),
    ],
    ids=["workflow", "rule", "metric", "old metric", "cron", "uptime"],
)
async def test_the_alert_of_a_link_is_the_first_of_those_that_fire(alert: str, kind: str, name: str) -> None:
    async with connected(world=company(), clock=ManualClock()) as connection:
        values = await connection.call("assess_situation", alert=alert)
        text = await connection.text("assess_situation", alert=alert)
    first, *others = values["alerts"]
    assert (first["kind"], first["name"], first["asked"]) == (kind, name, True)
    assert not any("asked" in other for other in others)
    assert "the one asked about" in text


async def test_a_monitor_that_closed_before_the_window_or_is_off_does_not_fire() -> None:
    healed = IssueSpec(
        "SHOP-3", "Many errors", category="metric", issue_type="metric_issue", streams=(Stream(1, -300, -300),)
    )
    world = company(
        issues=(replace(healed, history=(StateChange(-200, "resolved"),)), replace(healed, short_id="SHOP-4")),
        detectors=(
            DetectorSpec("Healed", opened=((-300, -200),), issue="SHOP-3"),
            DetectorSpec("Off", enabled=False, opened=((-300, None),), issue="SHOP-4"),
        ),
        monitors=(),
        uptime=(),
        alerts=(),
    )
    async with connected(world=world, clock=ManualClock()) as connection:
        values = await connection.call("assess_situation")
    assert values["alerts"] == []
    assert "None of 2 monitors (metrics, crons, uptime) is open" in values["quiet"]


@pytest.mark.parametrize("status", [403, 404, 410, 500])
async def test_monitors_that_cannot_be_listed_are_named_and_not_called_closed(status: int) -> None:
    def refuse(_: httpx.Response, __: Any) -> httpx.Response:
        return httpx.Response(status, json={"detail": "No."})

    sentry = Changed(httpx.ASGITransport(create_app(company())), {"detectors/": refuse})
    async with connected(transport=sentry, clock=ManualClock()) as connection:
        values = await connection.call("assess_situation")
        assert connection.upstream.rounds <= 3 and len(connection.upstream.requests) <= 14
    assert {alert["kind"] for alert in values["alerts"]} == {"issue_alert"}
    assert any("monitors that are open" in entry["what"] for entry in values["missing"])
    assert not any("monitors (metrics" in sentence for sentence in values["quiet"])


async def test_a_server_without_that_order_lists_the_monitors_in_its_own() -> None:
    def refuse_order(response: httpx.Response, _: Any) -> httpx.Response:
        ordered = "sortBy" in response.request.url.params
        return httpx.Response(400, json={"sortBy": ["Invalid sort field"]}) if ordered else response

    sentry = Changed(httpx.ASGITransport(create_app(company())), {"detectors/": refuse_order})
    async with connected(transport=sentry, clock=ManualClock()) as connection:
        values = await connection.call("assess_situation")
        assert connection.upstream.rounds == 3, "learned once per process"
        connection.upstream.reset()
        await connection.call("assess_situation", period="2h")
        assert connection.upstream.rounds == 2
    assert "metric_alert" in {alert["kind"] for alert in values["alerts"]}
