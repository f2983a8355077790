"""The shipped incidents are what the runbook says they are, and their numbers agree wherever one asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import correlation, median

import pytest
from tests.matrix import matrix
from tests.simulator.asking import Asked

from sentry_runbook.simulator.scenario import AlertSpec, Scenario
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import ManualClock, World

EVERY = pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(scenario, id=name, marks=() if name == "payment-spike" else pytest.mark.matrix)
        for name, scenario in SCENARIOS.items()
    ],
)
MINUTES = pytest.mark.parametrize("minute", matrix([0, 1, 9, 17, 30, 46, 59], quick=(0, 59)))
HEALTH = ["sum(session)", "crash_free_rate(session)", "unhandled_rate(session)"]


def at_minute(minute: int) -> ManualClock:
    return ManualClock(datetime(2026, 11, 20, 12, minute, 31, tzinfo=UTC))


@pytest.mark.parametrize("name", matrix(SCENARIOS, quick=("payment-spike", "data-corruption")))
async def test_every_endpoint_counts_the_same_events(name: str) -> None:
    asked = Asked()
    for described in SCENARIOS[name].issues:
        issue = await asked.read(f"issues/{described.short_id}/")
        count = int(issue["count"])
        window = {"project": issue["project"]["id"], "statsPeriod": "30d", "query": f"issue:{described.short_id}"}
        table = await asked.read(
            "events/",
            dataset="errors",
            field=["count()", "count_unique(user)", "min(timestamp)", "last_seen()"],
            **window,
        )
        row = table["data"][0]
        assert row["count()"] == count
        assert row["count_unique(user)"] == issue["userCount"]
        assert datetime.fromisoformat(row["min(timestamp)"]) == datetime.fromisoformat(issue["firstSeen"])
        assert datetime.fromisoformat(row["last_seen()"]) == datetime.fromisoformat(issue["lastSeen"])
        series = await asked.read("events-timeseries/", dataset="errors", interval="1h", **window)
        assert sum(value["value"] for value in series["timeSeries"][0]["values"]) == count
        older = await asked.read("events-stats/", interval="1h", **window)
        assert sum(part[0]["count"] for _, part in older["data"]) == count
        assert sum(n for _, n in issue["stats"]["30d"]) == count
        tags = {tag["key"]: tag for tag in await asked.read(f"issues/{described.short_id}/tags/")}
        assert tags["level"]["totalValues"] == count
        for tag in tags.values():
            (whole,) = await asked.read(f"issues/{described.short_id}/tags/", key=tag["key"], limit=1000)
            assert whole["uniqueValues"] == len(whole["topValues"]) == tag["uniqueValues"]
        assert [(tag["key"], tag["totalValues"]) for tag in issue["tags"]] == [
            (key, tag["totalValues"]) for key, tag in tags.items()
        ]


@EVERY
async def test_the_pages_of_the_event_list_hold_each_event_once(scenario: Scenario) -> None:
    asked = Asked(scenario)
    seen: list[str] = []
    cursor = None
    while True:
        page = await asked.get(
            f"issues/{scenario.issue}/events/", per_page=60, **({"cursor": cursor} if cursor else {})
        )
        seen += [row["id"] for row in page.json()]
        following = page.links["next"]
        if following["results"] == "false":
            break
        cursor = following["cursor"]
    assert len(seen) == len(set(seen)) == int((await asked.read(f"issues/{scenario.issue}/"))["count"])


@EVERY
async def test_an_incident_stands_in_realistic_surroundings(scenario: Scenario) -> None:
    asked = Asked(scenario)
    rows = await asked.read("issues/", query="")
    states = {row["status"] for row in rows}
    assert len(rows) >= 3
    assert states >= {"unresolved", "resolved"}
    assert any(not row["isUnhandled"] for row in rows)
    assert scenario.title
    assert scenario.summary
    assert scenario.recovery is not None
    assert scenario.recovery.fixed_at > 0


@EVERY
def test_nothing_of_the_future_is_seen_in_the_first_minutes(scenario: Scenario) -> None:
    clock = at_minute(0)
    world = World(scenario, clock)
    logs = [log for project in world.projects for log in (project.events, project.spans, project.sessions)]
    before = [log.count(0, world.now_ms() + 1) for log in logs]
    clock.advance(minutes=4)
    assert before == [log.count(0, world.now_ms() + 1) for log in logs]


@EVERY
async def test_after_the_fix_of_the_recovery_no_event_comes(scenario: Scenario) -> None:
    assert scenario.recovery is not None
    asked = Asked(scenario)
    before = int((await asked.read(f"issues/{scenario.issue}/"))["count"])
    asked.clock.advance(minutes=scenario.recovery.fixed_at)
    at_fix = int((await asked.read(f"issues/{scenario.issue}/"))["count"])
    asked.clock.advance(minutes=180)
    assert before < at_fix == int((await asked.read(f"issues/{scenario.issue}/"))["count"])


@MINUTES
async def test_payment_spike_is_critical_by_its_sessions_in_the_period_and_in_the_last_full_hour(minute: int) -> None:
    asked = Asked(SCENARIOS["payment-spike"], clock=at_minute(minute))
    body = await asked.read("sessions/", field=HEALTH, environment="production", statsPeriod="24h", interval="1h")
    (group,) = body["groups"]
    assert group["totals"] == {
        "sum(session)": 2200,
        "crash_free_rate(session)": 0.91,
        "unhandled_rate(session)": 0.0,
    }
    now = asked.clock()
    full = [
        rate
        for begin, rate in zip(body["intervals"], group["series"]["crash_free_rate(session)"], strict=True)
        if rate is not None and datetime.fromisoformat(begin) + timedelta(hours=1) <= now
    ]
    assert min(full) < 0.95
    assert full[-1] < 0.95


async def test_payment_spike_has_200_events_in_five_minutes_after_the_release_that_carries_the_update() -> None:
    asked = Asked(SCENARIOS["payment-spike"])
    issue = await asked.read("issues/shop-1z/")
    first, last = (datetime.fromisoformat(issue[key]) for key in ("firstSeen", "lastSeen"))
    assert issue["count"] == "200"
    assert last - first < timedelta(minutes=5)
    assert issue["title"].startswith("PaymentProcessingError")
    assert issue["firstRelease"]["version"] == "shop@7.12.0"
    deployed = datetime.fromisoformat(issue["firstRelease"]["lastDeploy"]["dateFinished"])
    assert timedelta(0) < first - deployed < timedelta(minutes=5)
    event = (await asked.read("issues/SHOP-1Z/events/latest/"))["id"]
    found = await asked.read(f"/api/0/projects/acme/shop/events/{event}/committers/")
    (commit,) = found["committers"][0]["commits"]
    merged = datetime.fromisoformat(commit["dateCreated"])
    assert "bump stripe" in commit["message"]
    assert timedelta(minutes=20) <= first - merged < timedelta(minutes=21)


async def test_geocoding_has_180_events_of_40_users_and_a_p95_of_8200_ms() -> None:
    asked = Asked(SCENARIOS["geocoding-503"])
    world = asked.world
    events = world.projects[0].issues[0].events.until(world.now_ms())
    users = [(event.at, event.user.id) for event in events if event.user]
    worst = max(len({who for at, who in users if begin <= at < begin + 3_600_000}) for begin, _ in users)
    assert (len(events), len({who for _, who in users}), worst) == (180, 40, 40)
    for period in ("24h", "6h", "3h", "1h"):
        table = await asked.read(
            "events/",
            dataset="spans",
            field=["transaction", "p95(span.duration)", "count()"],
            query='is_transaction:true transaction:"GET /geo"',
            statsPeriod=period,
        )
        assert table["data"][0]["p95(span.duration)"] == 8200.0
        assert table["meta"]["units"]["p95(span.duration)"] == "millisecond"
    crumbs = [
        entry
        for entry in (await asked.read("issues/GEO-42/events/recommended/"))["entries"]
        if entry["type"] == "breadcrumbs"
    ]
    assert any((crumb["data"] or {}).get("status_code") == 503 for crumb in crumbs[0]["data"]["values"])


@MINUTES
async def test_typeerror_meets_320_users_in_45_minutes_while_no_hour_of_sessions_is_critical(minute: int) -> None:
    asked = Asked(SCENARIOS["typeerror-v2.4.1"], clock=at_minute(minute))
    issue = await asked.read("issues/WEB-7K/")
    first, last = (datetime.fromisoformat(issue[key]) for key in ("firstSeen", "lastSeen"))
    assert issue["userCount"] == 320
    assert last - first < timedelta(minutes=45)
    assert issue["isUnhandled"] is True
    assert (issue["substatus"], issue["firstRelease"]["version"]) == ("new", "v2.4.1")
    body = await asked.read("sessions/", field=HEALTH, environment="production", statsPeriod="24h", interval="1h")
    assert min(rate for rate in body["groups"][0]["series"]["crash_free_rate(session)"] if rate is not None) >= 0.95


async def test_resource_exhaustion_follows_the_traffic() -> None:
    asked = Asked(SCENARIOS["resource-exhaustion"])
    counts = {}
    for dataset in ("errors", "spans"):
        body = await asked.read(
            "events-timeseries/",
            dataset=dataset,
            interval="1h",
            statsPeriod="24h",
            query="issue:API-9M" if dataset == "errors" else 'transaction:"GET /carts/{id}"',
        )
        counts[dataset] = [value["value"] for value in body["timeSeries"][0]["values"]]
    busy = [spans > 200 for spans in counts["spans"]]
    assert busy == [errors > 0 for errors in counts["errors"]]
    assert sum(busy) == 2


async def sessions_by_hour(name: str) -> list[int]:
    body = await Asked(SCENARIOS[name]).read(
        "sessions/", field="sum(session)", environment="production", statsPeriod="24h", interval="1h"
    )
    return list(body["groups"][0]["series"]["sum(session)"])


@MINUTES
@pytest.mark.parametrize("interval", ["5m", "1h"])
async def test_the_errors_of_resource_exhaustion_rise_and_fall_with_its_requests(minute: int, interval: str) -> None:
    asked = Asked(SCENARIOS["resource-exhaustion"], clock=at_minute(minute))
    series = []
    for dataset, query in (("errors", "issue:API-9M"), ("spans", 'transaction:"GET /carts/{id}"')):
        body = await asked.read(
            "events-timeseries/", dataset=dataset, interval=interval, statsPeriod="24h", query=query
        )
        series.append([value["value"] for value in body["timeSeries"][0]["values"]])
    errors, requests = series
    assert correlation(errors, requests) > 0.9
    assert max(requests) > 5 * median(requests)


async def test_the_sessions_of_resource_exhaustion_have_a_day_and_two_sales_and_others_are_flat() -> None:
    usual = [count for count in await sessions_by_hour("resource-exhaustion") if count < 5000]
    assert len(usual) == 22
    assert max(usual) > 2.5 * min(usual)
    night, noon, evening = sum(usual[2:6]), sum(usual[10:14]), sum(usual[-4:])
    assert night < evening < noon
    flat = await sessions_by_hour("data-corruption")
    assert max(flat[1:-1]) < 1.2 * median(flat[1:-1])


async def test_sdk_misconfiguration_says_next_to_nothing_about_its_events() -> None:
    asked = Asked(SCENARIOS["sdk-misconfiguration"])
    event = await asked.read("issues/LANDING-4/events/latest/")
    assert event["release"] is None
    assert event["user"] is None
    assert {error["type"] for error in event["errors"]} >= {"js_no_source"}
    assert {entry["type"] for entry in event["entries"]} == {"exception", "request"}
    assert await asked.read("releases/") == []
    refused = await asked.put("LANDING-4", {"status": "resolved", "statusDetails": {"inNextRelease": True}})
    assert refused.status_code == 400
    assert "detail" not in refused.json()
    assert refused.json()["statusDetails"]["inNextRelease"][0].startswith("No release data present")


async def test_staging_only_has_no_event_in_production() -> None:
    asked = Asked(SCENARIOS["staging-only"])
    assert await asked.read("issues/ADMIN-5S/events/", environment="production") == []
    assert (await asked.read("issues/ADMIN-5S/", environment="production"))["firstSeen"] is None
    assert (await asked.read("issues/ADMIN-5S/", environment="staging"))["userCount"] == 6
    health = await asked.read("sessions/", field=HEALTH, groupBy="environment", statsPeriod="24h")
    rates = {group["by"]["environment"]: group["totals"]["crash_free_rate(session)"] for group in health["groups"]}
    assert rates["staging"] < 0.95 < rates["production"]


INCIDENT = ("PAYMENTS-4K", "ORDERS-7C", "STOREFRONT-5R")


async def of_each_issue(asked: Asked, *fields: str, **params: object) -> dict[str, dict[str, object]]:
    query = {"dataset": "errors", "project": "-1", "statsPeriod": "1h"} | params
    rows = (await asked.read("events/", field=["issue", *fields], **query))["data"]
    return {row["issue"]: row for row in rows}


@MINUTES
async def test_shared_database_has_three_issues_of_one_cause_within_83_seconds(minute: int) -> None:
    asked = Asked(SCENARIOS["shared-database"], clock=at_minute(minute))
    assert SCENARIOS["shared-database"].issue == INCIDENT[0]
    rows = await of_each_issue(asked, "min(timestamp)", "count_unique(user)")
    began = [datetime.fromisoformat(str(rows[issue]["min(timestamp)"])) for issue in INCIDENT]
    assert min(began) == began[0]
    assert max(began) - min(began) == timedelta(seconds=83)
    coincidence = datetime.fromisoformat(str(rows["STOREFRONT-5S"]["min(timestamp)"]))
    assert timedelta(0) < coincidence - min(began) < timedelta(minutes=1)
    # Alone none of them has more than a hundred people; together they have.
    assert all(50 < int(str(rows[issue]["count_unique(user)"])) <= 100 for issue in INCIDENT)
    query = f"issue:[{','.join(INCIDENT)}]"
    together = await asked.read(
        "events/", dataset="errors", project="-1", statsPeriod="1h", field="count_unique(user)", query=query
    )
    assert 100 < together["data"][0]["count_unique(user)"] < 130


async def test_the_shop_of_shared_database_shows_the_failed_charges_in_the_same_traces_to_the_same_people() -> None:
    asked = Asked(SCENARIOS["shared-database"])
    met: dict[str, set[tuple[str, str]]] = {}
    for project in asked.world.projects:
        for event in project.events.until(asked.world.now_ms()):
            if event.trace and event.user:
                met.setdefault(event.issue.short_id, set()).add((event.trace, event.user.id))
    assert met["STOREFRONT-5R"] < met["PAYMENTS-4K"]
    others = {trace for issue, pairs in met.items() if issue not in INCIDENT for trace, _ in pairs}
    assert not others & {trace for issue in INCIDENT for trace, _ in met[issue]}
    people = {who for _, who in met["STOREFRONT-5S"]}
    assert not people & {who for issue in INCIDENT for _, who in met[issue]}


async def test_the_old_issue_of_shared_database_is_as_loud_as_ever_and_no_hour_of_sessions_is_critical() -> None:
    asked = Asked(SCENARIOS["shared-database"])
    rates = []
    for period, hours in (("1h", 1), ("24h", 24), ("14d", 14 * 24)):
        rows = await of_each_issue(asked, "count()", statsPeriod=period)
        rates.append(int(str(rows["ORDERS-2M"]["count()"])) / hours)
    assert max(rates) - min(rates) < 1
    body = await asked.read(
        "sessions/", field=HEALTH, groupBy="project", project="-1", statsPeriod="24h", interval="1h"
    )
    told = [
        rate for group in body["groups"] for rate in group["series"]["crash_free_rate(session)"] if rate is not None
    ]
    assert len(body["groups"]) == 3
    assert min(told) > 0.95


async def test_no_deploy_of_shared_database_lies_near_its_begin() -> None:
    asked = Asked(SCENARIOS["shared-database"])
    deployed = []
    for release in await asked.read("releases/", project="-1"):
        if release["lastDeploy"]:
            age = asked.clock() - datetime.fromisoformat(release["lastDeploy"]["dateFinished"])
            deployed.append(age)
    assert min(deployed) > timedelta(hours=3)
    assert sum(age < timedelta(hours=6) for age in deployed) == 2


async def test_projects_of_one_world_do_not_mix() -> None:
    together, alone = Asked(), Asked(SCENARIOS["payment-spike"])
    for path, params in (
        ("sessions/", {"field": HEALTH, "groupBy": "environment", "statsPeriod": "24h"}),
        ("events/", {"dataset": "errors", "field": ["count()", "issue"], "sort": "-count()", "statsPeriod": "24h"}),
        ("releases/", {}),
    ):
        wanted = {**params, "project": "4508110000000101"}
        assert await together.read(path, **wanted) == await alone.read(path, **wanted)


def test_two_worlds_of_one_scenario_agree() -> None:
    first, second = (World(SCENARIOS["payment-spike"], at_minute(3)) for _ in range(2))
    ids = [[event.id for event in world.projects[0].events.until(world.now_ms())] for world in (first, second)]
    assert ids[0] == ids[1]


# --- the alerts of tired-alerts, each held to its condition on the raw events

TIRED = SCENARIOS["tired-alerts"]
DAY = 1440.0


def happened(issue: str | None = None) -> list[tuple[float, str, str]]:
    """Minute, issue and level of every event of production so far, oldest first."""
    world = World(TIRED, at_minute(0))
    events = world.projects[0].events.until(world.now_ms())
    told = [((event.at - world.origin) / 60_000, event.issue.short_id, event.issue.spec.level) for event in events]
    assert {event.environment for event in events} == {"production"}
    return [row for row in told if issue in (None, row[1])]


def alert(name: str) -> AlertSpec:
    return next(spec for spec in TIRED.alerts if spec.name == name)


def reached(more_than: int, minutes: float) -> list[tuple[float, str]]:
    """Each event at which its issue had more than so many events in so many minutes, a firing in thirty minutes."""
    found: list[tuple[float, str]] = []
    for issue in {row[1] for row in happened()}:
        at = [row[0] for row in happened(issue)]
        last = None
        for place in range(more_than, len(at)):
            if at[place] - at[place - more_than] < minutes and (last is None or at[place] - last > 30):
                last = at[place]
                found.append((last, issue))
    return found


def test_checkout_errors_is_late_by_27_minutes_where_20_in_5_minutes_would_have_told_in_3() -> None:
    onset = min(at for at, _, _ in happened(TIRED.issue) if at > -100)
    ((fired, issue),) = reached(100, 60)
    (told,) = alert("Checkout errors").firings
    assert (told.issue, issue) == (TIRED.issue, TIRED.issue)
    assert 0 < told.at - fired < 1  # it is evaluated once a minute
    assert 26 < told.at - onset <= 27
    ((sooner, _),) = [row for row in reached(20, 5) if row[0] > -14 * DAY]
    assert 2 < sooner - onset < 3
    assert reached(20, 5) == [(sooner, TIRED.issue)]


def test_a_new_issue_was_told_of_at_its_first_event_and_somebody_took_it() -> None:
    first: dict[str, float] = {}
    for at, issue, _ in happened():
        first.setdefault(issue, at)
    new = {issue: at for issue, at in first.items() if at > -14 * DAY}
    assert {firing.issue: firing.at for firing in alert("A new issue").firings} == pytest.approx(new)
    assert all(issue.assigned_to for issue in TIRED.issues if issue.short_id in set(new) - {TIRED.issue})


def test_the_noisy_alert_told_of_each_second_warning_in_an_hour_and_nobody_acted() -> None:
    warnings = {issue for _, issue, level in happened() if level == "warning"}
    expected = sorted(row for row in reached(1, 60) if row[1] in warnings)
    fired = sorted((firing.at, firing.issue) for firing in alert("Warnings again").firings)
    assert [issue for _, issue in fired] == [issue for _, issue in expected]
    # A count is looked at within a minute of the event.
    assert all(0 < told - met < 1 for (told, _), (met, _) in zip(fired, expected, strict=True))
    assert sum(at > -14 * DAY for at, _ in fired) >= 10 * 14
    assert not any(issue.assigned_to or issue.history for issue in TIRED.issues if issue.level == "warning")
    # More than ten in an hour would have told of the one real incident among them, and of nothing else.
    assert [issue for at, issue in reached(10, 60) if issue in warnings and at > -14 * DAY] == ["TICKETS-3"]


def test_an_episode_of_tired_alerts_had_no_alert_at_all() -> None:
    burst = [at for at, _, _ in happened("TICKETS-6") if -8000 < at < -6500]
    assert len(burst) == 60
    assert burst[-1] - burst[0] < 60
    assert not any(
        burst[0] - 5 < firing.at < burst[-1] + 60
        for spec in TIRED.alerts
        for firing in spec.firings
        if firing.issue == "TICKETS-6"
    )
    assert all(issue != "TICKETS-6" for _, issue in reached(100, 60))


async def test_the_dead_alert_of_tired_alerts_tells_nobody_and_has_not_fired_for_weeks() -> None:
    rows = {row["name"]: row for row in await Asked(TIRED).read("workflows/", project="tickets")}
    told = {
        name: [action["status"] for block in row["actionFilters"] for action in block["actions"]]
        for name, row in rows.items()
    }
    assert [name for name, states in told.items() if "active" not in states] == ["Refunds fail"]
    assert set(rows) == {"Checkout errors", "A new issue", "Warnings again", "Refunds fail"}
    last = datetime.fromisoformat(rows["Refunds fail"]["lastTriggered"])
    assert at_minute(0)() - last > timedelta(days=14)
    assert len(happened()) < 4000
