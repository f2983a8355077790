"""Alerts, monitors, checks and old rules as the embedded Sentry answers for them: keys, order, states, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.collect.watched import BEFORE, BROWN_OUT, HEALTH, TODAY, company
from tests.sentry import shapes
from tests.simulator.asking import Asked

from sentry_runbook.simulator import open_period_payloads, people
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, FiringSpec

PROJECT = "/api/0/projects/acme/shop"


def asked(profile: Profile = TODAY, **options: Any) -> Asked:
    return Asked(company().scenarios, profile=profile, **options)


def keys(row: dict[str, Any]) -> set[str]:
    return set(row)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("workflows/77/", shapes.WORKFLOW_OF_TODAY),
        ("detectors/41/", shapes.DETECTOR),
        (f"{PROJECT}/monitors/nightly-report/", shapes.MONITOR),
        ("monitors/nightly-report/", shapes.MONITOR),
        (f"{PROJECT}/uptime/900/", shapes.UPTIME),
    ],
)
async def test_an_answer_has_the_keys_of_the_reference(path: str, shape: dict[str, Any]) -> None:
    assert keys(shape) <= keys(await asked().read(path))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("workflows/77/group-history/", shapes.FIRING),
        ("open-periods/?detectorId=41", shapes.OPEN_PERIOD),
        (f"{PROJECT}/monitors/nightly-report/checkins/", shapes.CHECK_IN),
        (f"{PROJECT}/uptime/900/checks/", shapes.UPTIME_RESULT),
    ],
)
async def test_a_row_has_the_keys_of_the_reference(path: str, shape: dict[str, Any]) -> None:
    assert keys(shape) <= keys((await asked().read(path))[0])


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (f"{PROJECT}/rules/12/", shapes.RULE),
        ("alert-rules/5/", shapes.METRIC_RULE),
    ],
)
async def test_old_rules_are_alive_in_a_brown_out_or_gone(path: str, shape: dict[str, Any]) -> None:
    assert keys(shape) <= keys(await asked(BEFORE).read(path))
    gone = await asked(BROWN_OUT).get(path)
    assert (gone.status_code, gone.json()) == (410, {"message": "This API no longer exists."})
    assert gone.headers["x-sentry-replacement-endpoint"].startswith("/api/0/organizations/acme/")
    absent = await asked(Profile(old_alerts="absent")).get(path)
    assert (absent.status_code, absent.content) == (404, b"")


async def test_a_server_from_before_workflows_has_none_of_them() -> None:
    before = asked(BEFORE)
    paths = (
        "workflows/",
        "workflows/77/",
        "detectors/",
        "open-periods/?detectorId=41",
        "alert-rule-workflow/?rule_id=12",
    )
    for path in paths:
        answer = await before.get(path)
        assert (answer.status_code, answer.content) == (404, b"")


async def test_firings_are_listed_by_issue_the_most_first_and_in_the_period_asked_for() -> None:
    sentry = asked()
    rows = await sentry.read("workflows/77/group-history/", statsPeriod="14d")
    assert [(row["group"]["shortId"], row["count"]) for row in rows] == [("SHOP-1", 2), ("SHOP-2", 1)]
    rows = await sentry.read("workflows/77/group-history/")
    assert {row["group"]["shortId"]: row["count"] for row in rows} == {"SHOP-1": 2, "SHOP-2": 2}
    old = asked(BEFORE)
    assert [row["count"] for row in await old.read(f"{PROJECT}/rules/12/group-history/", statsPeriod="14d")] == [2, 1]


async def test_nothing_has_fired_or_opened_before_its_minute() -> None:
    later = DetectorSpec("Later", id="50", opened=((5, 15),), issue="SHOP-1")
    alert = AlertSpec("Later", id="51", firings=(FiringSpec(5, "SHOP-1"),))
    sentry = Asked(company(detectors=(later,), alerts=(alert,)).scenarios)
    assert await sentry.read("open-periods/", detectorId="50") == []
    assert (await sentry.read("workflows/51/"))["lastTriggered"] is None
    sentry.clock.advance(minutes=6)
    (period,) = await sentry.read("open-periods/", detectorId="50")
    assert (period["isOpen"], period["end"]) == (True, None)
    assert [row["count"] for row in await sentry.read("workflows/51/group-history/")] == [1]
    sentry.clock.advance(minutes=10)
    (period,) = await sentry.read("open-periods/", detectorId="50")
    assert (period["isOpen"], [entry["type"] for entry in period["activities"]]) == (False, ["opened", "closed"])


async def test_open_periods_want_exactly_one_of_monitor_and_issue_and_tell_what_began_since() -> None:
    sentry = asked()
    for query in ({}, {"detectorId": "41", "groupId": "1"}):
        assert (await sentry.get("open-periods/", **query)).status_code == 400
    assert len(await sentry.read("open-periods/", detectorId="41", statsPeriod="24h")) == 1
    issue = (await sentry.read("issues/SHOP-3/"))["id"]
    assert len(await sentry.read("open-periods/", groupId=issue)) == 2
    assert await sentry.read("open-periods/", detectorId="1") == []


async def test_ids_of_before_are_translated() -> None:
    sentry = asked()
    assert (await sentry.read("alert-rule-workflow/", rule_id="12"))["workflowId"] == "77"
    assert (await sentry.read("alert-rule-detector/", alert_rule_id="5"))["detectorId"] == "41"
    project = sentry.world.projects[0]
    number = open_period_payloads.incident_identifier(project, project.scenario.detectors[0], 1)
    period = await sentry.read("incident-groupopenperiod/", incident_identifier=number)
    assert period["groupId"] == (await sentry.read("issues/SHOP-3/"))["id"]
    for path in ("alert-rule-workflow/?rule_id=1", "alert-rule-detector/?alert_rule_id=1"):
        assert (await sentry.get(path)).status_code == 404
    assert (await sentry.get("alert-rule-workflow/")).status_code == 400


async def test_alerts_and_monitors_are_listed_by_id_name_and_project() -> None:
    sentry = asked()
    assert [row["id"] for row in await sentry.read("detectors/", id="41")] == ["41"]
    assert [row["name"] for row in await sentry.read("workflows/", query="payments fail")] == ["Payments fail"]
    assert {row["type"] for row in await sentry.read("detectors/", query="type:uptime")} == {"uptime_domain_failure"}
    names = {row["name"] for row in await sentry.read("detectors/", project="shop")}
    assert names == {"Error Monitor", "Many errors", "Nightly report", "Shop is up"}
    (twin,) = await sentry.read("workflows/", query="many errors")
    assert twin["detectorIds"] == ["41"]
    assert {row["type"] for row in await asked(BEFORE).read("combined-rules/", name="a")} == {"rule", "alert_rule"}


async def test_check_ins_come_newest_first_in_pages_and_by_environment() -> None:
    sentry = asked()
    first = await sentry.get(f"{PROJECT}/monitors/nightly-report/checkins/", per_page="3")
    assert [row["status"] for row in first.json()] == ["ok", "error", "error"]
    assert 'rel="next"; results="true"' in first.headers["link"]
    assert await sentry.read("monitors/nightly-report/checkins/", environment="production", statsPeriod="20m")
    assert (await sentry.get("monitors/nightly-report/checkins/", environment="nowhere")).status_code == 404


async def test_an_uptime_check_is_down_or_up_by_the_minute() -> None:
    sentry = asked()
    assert (await sentry.read(f"{PROJECT}/uptime/{HEALTH.id}/"))["uptimeStatus"] == 2
    checks = await sentry.read(f"{PROJECT}/uptime/{HEALTH.id}/checks/", statsPeriod="40m")
    assert [check["checkStatus"] for check in checks].count("failure_incident") == 26
    assert [check["checkStatus"] for check in checks].count("success") == len(checks) - 26


@pytest.mark.parametrize(
    "path",
    [
        *("workflows/1/", "detectors/1/", "monitors/none/", "alert-rules/1/", "incidents/1/"),
        *(f"{PROJECT}/monitors/none/", f"{PROJECT}/uptime/1/", f"{PROJECT}/rules/1/"),
        "/api/0/projects/acme/nosuch/monitors/nightly-report/",
    ],
)
async def test_what_is_not_there_is_404_and_what_may_not_be_read_is_403(path: str) -> None:
    alive = Profile(old_alerts="alive")
    assert (await asked(alive).get(path)).status_code == 404
    assert (await asked(alive, scopes=frozenset({"event:read"})).get(path)).status_code == 403


@pytest.mark.parametrize("path", ["workflows/77/", "detectors/41/", f"{PROJECT}/rules/12/", f"{PROJECT}/uptime/900/"])
async def test_a_user_of_no_team_may_not_read_what_watches_a_project(path: str) -> None:
    assert (await asked(Profile(access=False, old_alerts="alive")).get(path)).status_code == 403


async def test_the_owner_of_an_alert_is_a_kind_and_a_number_and_that_of_a_monitor_has_a_name() -> None:
    sentry = asked()
    alert, (monitor,) = await sentry.read("workflows/77/"), await sentry.read("detectors/", id="41")
    assert alert["owner"] == people.owner_id("team:payments")
    assert monitor["owner"] == people.owner("user:Dana Ortiz")
