"""Lists of alerts and monitors: pages, searches, orders; and servers and tokens that lack some or all of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.sentry import shapes
from tests.simulator.asking import ORG, Asked
from tests.simulator.test_alert_conditions import BEFORE, shop

from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, FiringSpec, MonitorSpec, UptimeSpec

PROJECT = "/api/0/projects/acme/shop"
MANY = tuple(AlertSpec(f"Alert {number}", id=str(9000 + number), rule_id=str(number + 1)) for number in range(500))
ALERT = AlertSpec("Pay", id="77", rule_id="12", firings=(FiringSpec(-20, "SHOP-1"),))
MONITOR = DetectorSpec("Many errors", id="41", rule_id="5", opened=((-20, None),), issue="SHOP-1")
OF_TODAY = (
    *("workflows/", "workflows/77/", "workflows/77/stats/", "workflows/77/group-history/"),
    *("detectors/", "detectors/41/", "open-periods/?detectorId=41"),
)
OF_BEFORE = (
    *("alert-rules/", "alert-rules/5/", "combined-rules/", "incidents/"),
    *(f"{PROJECT}/rules/{tail}" for tail in ("", "12/", "12/stats/", "12/group-history/")),
)


def asked(profile: Profile | None = None, **changes: Any) -> Asked:
    watched: dict[str, Any] = {"monitors": (MonitorSpec("nightly"),), "uptime": (UptimeSpec("Up", id="43"),)}
    return Asked(shop(alerts=(ALERT,), detectors=(MONITOR,), **watched), profile=profile, **changes)


async def pages(sentry: Asked, path: str, **query: str) -> list[list[dict[str, Any]]]:
    """All pages of a list, by the cursors of the header."""
    found, cursor = [], None
    while True:
        response = await sentry.get(path, **query, **({"cursor": cursor} if cursor else {}))
        assert response.status_code == 200
        found.append(response.json())
        after = response.headers["link"].rpartition(",")[2]
        if 'results="true"' not in after:
            return found
        cursor = after.partition('cursor="')[2].rstrip('"')


@pytest.mark.parametrize("path", ["workflows/", f"{PROJECT}/rules/", "combined-rules/"])
async def test_five_hundred_alerts_are_five_pages_of_ascending_ids(path: str) -> None:
    found = await pages(Asked(shop(alerts=MANY), profile=Profile(old_alerts="alive")), path)
    assert [len(page) for page in found] == [100] * 5
    ids = [int(row["id"]) for page in found for row in page]
    assert ids == sorted(set(ids))


async def test_the_firings_of_many_issues_are_read_page_by_page() -> None:
    sentry = asked()
    found = await pages(sentry, "workflows/77/group-history/", per_page="1")
    assert [row["group"]["shortId"] for page in found for row in page] == ["SHOP-1"]


async def test_monitors_are_found_by_kind_id_and_name_and_in_the_order_asked_for() -> None:
    sentry = asked()
    for kind, type_ in (("metric", "metric_issue"), ("cron", "monitor_check_in_failure"), ("error", "error")):
        assert [row["type"] for row in await sentry.read("detectors/", query=f"type:{kind}")] == [type_]
    assert [row["id"] for row in await sentry.read("detectors/", query='name:"many err"')] == ["41"]
    names = [row["name"] for row in await sentry.read("detectors/", sortBy="-name")]
    assert names == sorted(names, key=str.lower, reverse=True)
    found = await pages(sentry, "detectors/", per_page="2")
    assert [len(page) for page in found] == [2, 2]
    assert [int(row["id"]) for page in found for row in page] == sorted(
        int(row["id"]) for page in found for row in page
    )
    assert (await sentry.get("detectors/", sortBy="enabled")).status_code == 400
    assert (await sentry.get("workflows/", sortBy="enabled")).status_code == 400


async def test_alerts_are_found_by_name_and_action() -> None:
    sentry = Asked(shop(alerts=(ALERT, AlertSpec("Quiet", id="78", acts=False))))
    assert [row["id"] for row in await sentry.read("workflows/", query="action:email")] == ["77"]
    assert [row["id"] for row in await sentry.read("workflows/", query="name:qui")] == ["78"]
    assert [row["id"] for row in await sentry.read("workflows/", id="78")] == ["78"]
    assert [row["id"] for row in await sentry.read("workflows/", sortBy="-actions")] == ["77", "78"]


async def test_the_combined_list_has_all_four_kinds() -> None:
    rows = {row["type"]: row for row in await asked(BEFORE).read("combined-rules/")}
    assert list(rows) == ["rule", "alert_rule", "uptime", "monitor"]
    assert set(shapes.RULE) <= set(rows["rule"])
    assert set(shapes.METRIC_RULE) <= set(rows["alert_rule"])
    assert set(shapes.UPTIME) <= set(rows["uptime"])
    assert set(shapes.MONITOR) <= set(rows["monitor"])


@pytest.mark.parametrize("path", OF_BEFORE)
async def test_what_is_from_before_is_alive_in_a_brown_out_or_gone(path: str) -> None:
    assert (await asked(BEFORE).get(path)).status_code == 200
    gone = await asked(Profile(old_alerts="gone")).get(path)
    assert gone.status_code == 410
    assert gone.headers["x-sentry-replacement-endpoint"].startswith(ORG)
    assert (await asked(Profile(old_alerts="absent")).get(path)).status_code == 404


@pytest.mark.parametrize("path", OF_TODAY)
async def test_what_is_of_today_is_missing_on_a_server_from_before(path: str) -> None:
    assert (await asked().get(path)).status_code == 200
    assert (await asked(BEFORE).get(path)).status_code == 404


@pytest.mark.parametrize("path", [*OF_TODAY, *OF_BEFORE, "monitors/", f"{PROJECT}/uptime/43/"])
async def test_a_token_without_the_alerts_scope_is_refused_all_alerts_and_nothing_else(path: str) -> None:
    sentry = asked(Profile(alerts_scope=False, old_alerts="alive"))
    answer = await sentry.get(path)
    assert (answer.status_code, answer.json()) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )
    assert (await sentry.get("issues/")).status_code == 200
    assert (await sentry.get("events/", field="count()", dataset="errors")).status_code == 200


async def test_the_experimental_endpoints_may_be_missing_alone() -> None:
    sentry = asked(Profile(absent=frozenset({"stats", "group-history"})))
    for path in OF_TODAY:
        missing = path.endswith(("/stats/", "/group-history/"))
        assert (await sentry.get(path)).status_code == (404 if missing else 200)
