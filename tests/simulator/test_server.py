"""The gate, the errors in Sentry's words, lists, releases, and the people's side of an issue."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from tests.recordings import needs_recordings, recordings
from tests.simulator.asking import ORG, Asked, one_issue

from sentry_runbook.simulator.app import ALL_SCOPES, Profile, create_app
from sentry_runbook.simulator.scenario import (
    AlertSpec,
    Crumb,
    DeploySpec,
    IssueSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.serve import serve
from sentry_runbook.simulator.world import ManualClock, World

SMALL = one_issue(Stream(20, -60, -10, users=4))


async def test_without_a_token_there_is_a_401_and_the_root_says_nothing() -> None:
    asked = Asked(SMALL, token="secret")
    del asked.client.headers["Authorization"]
    refused = await asked.get("issues/SHOP-1/")
    assert (refused.status_code, refused.json()) == (401, {"detail": "Authentication credentials were not provided."})
    assert await asked.read("/api/0/") == {"version": "0", "auth": None, "user": None}
    asked.client.headers["Authorization"] = "Bearer wrong"
    refused = await asked.get("issues/SHOP-1/")
    assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid token"})


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("issues/SHOP-1/", "event:read"),
        ("events/?dataset=errors&field=count()", "org:read"),
        ("sessions/?field=sum(session)", "org:read"),
        ("releases/", "project:read"),
    ],
)
async def test_a_missing_scope_is_a_403(path: str, scope: str) -> None:
    lacking = ALL_SCOPES - {scope, "project:releases" if scope == "project:read" else "", "event:write"}
    refused = await Asked(SMALL, scopes=lacking).get(path)
    assert (refused.status_code, refused.json()) == (
        403,
        {"detail": "You do not have permission to perform this action."},
    )
    assert (await Asked(SMALL, scopes={scope}).get(path)).status_code == 200


async def test_writing_needs_event_write_and_the_root_tells_the_scopes() -> None:
    asked = Asked(SMALL, scopes={"event:read", "org:read"})
    assert (await asked.put("SHOP-1", {"status": "resolved"})).status_code == 403
    assert (await asked.read("issues/SHOP-1/"))["status"] == "unresolved"
    assert (await asked.read("/api/0/"))["auth"]["scopes"] == ["event:read", "org:read"]


@pytest.mark.parametrize(
    "path",
    [
        "issues/SHOP-9/",
        "issues/123/",
        "shortids/SHOP-9/",
        "releases/v9/",
        "issues/SHOP-1/?environment=nowhere",
        "events/?dataset=errors&field=count()&environment=nowhere",
        "/api/0/organizations/other/issues/SHOP-1/",
        "/api/0/issues/SHOP-1/",
    ],
)
async def test_what_is_unknown_is_a_404_in_sentrys_words(path: str) -> None:
    missing = await Asked(SMALL).get(path)
    assert (missing.status_code, missing.json()) == (404, {"detail": "The requested resource does not exist"})


async def test_unrouted_paths_and_lost_slashes_are_empty_404s_and_methods_are_405s() -> None:
    asked = Asked(SMALL)
    for path in ("issues/SHOP-1", "nothing/", "/api/0/nothing/"):
        missing = await asked.get(path)
        assert (missing.status_code, missing.content) == (404, b"")
    refused = await asked.client.delete(f"{ORG}/issues/SHOP-1/")
    assert (refused.status_code, refused.json()) == (405, {"detail": 'Method "DELETE" not allowed.'})


async def test_an_unknown_environment_is_an_empty_event_list() -> None:
    assert await Asked(SMALL).read("issues/SHOP-1/events/", environment="nowhere") == []


async def test_bodies_that_are_no_objects_are_refused() -> None:
    asked = Asked(SMALL)
    for content in (b"{", b"[]", b'"x"', b"[" * 100_000):
        refused = await asked.client.put(f"{ORG}/issues/SHOP-1/", content=content)
        assert refused.status_code == 400


async def test_an_issue_answers_by_number_short_id_and_the_path_without_organization() -> None:
    asked = Asked(SMALL)
    issue = await asked.read("issues/shop-1/")
    assert await asked.read(f"issues/{issue['id']}/") == issue == await asked.read(f"/api/0/issues/{issue['id']}/")
    assert (await asked.read("shortids/SHOP-1/"))["group"]["id"] == issue["id"]
    assert issue["permalink"] == f"http://sentry.example/organizations/acme/issues/{issue['id']}/"
    legacy = Asked(SMALL, profile=Profile(org_issues=False))
    assert (await legacy.get("issues/SHOP-1/")).status_code == 404
    assert (await legacy.read(f"/api/0/issues/{issue['id']}/"))["id"] == issue["id"]


async def test_types_are_as_odd_as_sentrys() -> None:
    asked = Asked()
    issue = await asked.read("issues/SHOP-1Z/")
    assert isinstance(issue["count"], str)
    assert isinstance(issue["userCount"], int)
    assert isinstance(issue["project"]["id"], str)
    assert (len(issue["stats"]["24h"]), len(issue["stats"]["30d"])) == (25, 31)
    assert issue["activity"][-1]["id"] == "0"
    row = (await asked.read("issues/SHOP-1Z/events/", per_page=1))[0]
    assert "release" not in row
    assert "event.type" in row
    (users,) = await asked.read("issues/SHOP-1Z/tags/", key="user")
    assert all(value["value"] == f"id:{value['name']}" for value in users["topValues"])
    (listed,) = await asked.read("issues/", query="SHOP-1Z", shortIdLookup="1", statsPeriod="24h")
    assert listed["lifetime"]["stats"] is None
    (release, *_) = await asked.read("releases/", project=issue["project"]["id"])
    assert isinstance(release["id"], int)


async def test_events_are_picked_by_their_names_and_know_their_neighbours() -> None:
    asked = Asked(one_issue(Stream(3, -60, -30), Stream(2, -20, -10, breadcrumbs=(Crumb("console", "step {n}"),))))
    latest = await asked.read("issues/SHOP-1/events/latest/")
    oldest = await asked.read("issues/SHOP-1/events/oldest/")
    rows = await asked.read("issues/SHOP-1/events/")
    assert [latest["id"], oldest["id"]] == [rows[0]["id"], rows[-1]["id"]]
    assert (latest["nextEventID"], latest["previousEventID"]) == (None, rows[1]["id"])
    assert (oldest["nextEventID"], oldest["previousEventID"]) == (rows[-2]["id"], None)
    assert (await asked.read("issues/SHOP-1/events/recommended/"))["id"] == latest["id"]
    dashed = f"{oldest['id'][:8]}-{oldest['id'][8:]}"
    assert (await asked.read(f"issues/SHOP-1/events/{dashed}/"))["id"] == oldest["id"]
    assert (await asked.read(f"eventids/{oldest['id']}/"))["event"]["id"] == oldest["id"]
    assert (await asked.read("issues/SHOP-1/events/", query=oldest["id"]))[0]["id"] == oldest["id"]
    (crumbs,) = [entry["data"]["values"] for entry in latest["entries"] if entry["type"] == "breadcrumbs"]
    assert crumbs[0]["message"] == "step 2"
    old = Asked(SMALL, profile=Profile(recommended=False))
    assert (await old.get("issues/SHOP-1/events/recommended/")).status_code == 404


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["A-1", "A-2", "A-4"]),
        ({"query": ""}, ["A-1", "A-2", "A-3", "A-4"]),
        ({"query": "is:resolved"}, ["A-3"]),
        ({"query": "is:unresolved is:new"}, ["A-1", "A-2"]),
        ({"query": "is:ongoing"}, ["A-4"]),
        ({"query": "firstSeen:-2h"}, ["A-1"]),
        ({"query": "age:+2h is:unresolved"}, ["A-2", "A-4"]),
        ({"query": "level:fatal"}, ["A-2"]),
        ({"query": "!level:fatal is:unresolved"}, ["A-1", "A-4"]),
        ({"query": "error.unhandled:true is:unresolved"}, ["A-1", "A-2"]),
        ({"query": "release:v2"}, ["A-1"]),
        ({"query": "environment:staging"}, ["A-2"]),
        ({"query": "assigned:none is:unresolved"}, ["A-1", "A-2"]),
        ({"query": "assigned:#web"}, ["A-4"]),
        ({"query": "boom"}, ["A-1"]),
        ({"query": "times:up"}, []),
        ({"environment": "staging"}, ["A-2"]),
        ({"statsPeriod": "1h", "query": ""}, ["A-1"]),
        ({"sort": "freq"}, ["A-2", "A-4", "A-1"]),
        ({"sort": "new"}, ["A-1", "A-2", "A-4"]),
        ({"query": "a-3", "shortIdLookup": "1"}, ["A-3"]),
    ],
)
async def test_the_issue_list_finds_and_sorts(params: dict[str, Any], found: list[str]) -> None:
    issues = (
        IssueSpec("A-1", "Boom", streams=(Stream(5, -50, -1, release="v2"),)),
        IssueSpec("A-2", "Bang", streams=(Stream(50, -300, -100, environment="staging"),), level="fatal"),
        IssueSpec("A-3", "Done", streams=(Stream(1, -900, -900),), history=(StateChange(-800),)),
        IssueSpec("A-4", "Old", streams=(Stream(20, -30_000, -200),), handled=True, assigned_to="team:web"),
    )
    asked = Asked(Scenario(name="list", issues=issues))
    response = await asked.get("issues/", **params)
    assert [row["shortId"] for row in response.json()] == found
    assert response.headers["X-Hits"] == str(len(found))
    assert ("X-Sentry-Direct-Hit" in response.headers) is ("shortIdLookup" in params)


async def test_a_period_in_the_list_counts_that_period_alone() -> None:
    asked = Asked(one_issue(Stream(10, -5000, -4000), Stream(3, -30, -10)))
    (row,) = await asked.read("issues/", statsPeriod="24h")
    assert (row["count"], row["lifetime"]["count"]) == ("3", "13")
    (row,) = await asked.read("issues/")
    assert row["count"] == "13"


async def test_a_period_or_an_environment_narrows_the_first_and_the_last_event_of_a_row_too() -> None:
    streams = (Stream(1, -5000, -5000), Stream(1, -30, -30), Stream(1, -20, -20, environment="qa"), Stream(1, -5, -5))
    asked = Asked(one_issue(*streams))

    def at(minutes: int) -> str:
        return (asked.clock.now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")

    whole = (at(5000), at(5))
    for params, first, last, life in (
        ({}, 5000, 5, whole),
        ({"statsPeriod": "24h"}, 30, 5, whole),
        ({"start": at(60), "end": at(10)}, 30, 20, whole),
        ({"statsPeriod": "24h", "environment": "qa"}, 20, 20, (at(20), at(20))),
    ):
        (row,) = await asked.read("issues/", **params)
        assert (row["firstSeen"], row["lastSeen"]) == (at(first), at(last)), params
        assert (row["lifetime"]["firstSeen"], row["lifetime"]["lastSeen"]) == life, params


@needs_recordings
async def test_the_list_of_a_day_tells_an_issue_of_eight_days_as_a_recorded_sentry_does() -> None:
    recorded = recordings()[67]
    question = parse_qs(recorded["query"])
    clock = ManualClock(datetime.fromisoformat(question["end"][0]).replace(tzinfo=UTC))
    (theirs,) = (row for row in recorded["body"] if row["shortId"] == "CHECKOUT-API-1")

    zero = clock.now.replace(second=0)  # a world starts at a full minute

    def minutes(row: dict[str, Any], name: str) -> float:
        return (datetime.fromisoformat(row[name]) - zero).total_seconds() / 60

    begun, first = minutes(theirs["lifetime"], "firstSeen"), minutes(theirs, "firstSeen")
    last = minutes(theirs, "lastSeen")
    # 16 events before the day, 55 in it: those at the ends exactly, the others anywhere between.
    single = tuple(Stream(1, at, at, users=1, first_user=n) for n, at in enumerate((begun, first, last), 1))
    streams = (
        *single,
        Stream(15, begun + 1, begun + 60, users=7, first_user=50),
        Stream(53, first + 1, last - 1, users=40, first_user=100),
    )
    asked = Asked(Scenario(name="day", issues=(IssueSpec(theirs["shortId"], "Boom", streams=streams),)), clock=clock)
    (mine,) = await asked.read("issues/", **question)
    for key in ("count", "userCount", "firstSeen", "lastSeen", "lifetime", "filtered"):
        assert mine[key] == theirs[key], key


async def test_a_bad_word_in_the_list_is_a_400() -> None:
    asked = Asked(SMALL)
    for params in ({"query": "is:sleepy"}, {"sort": "size"}, {"limit": "0"}, {"query": "age:2h"}):
        assert (await asked.get("issues/", **params)).status_code == 400


async def test_releases_deploys_and_their_markers() -> None:
    odd = "web@2.0+feature/x"
    asked = Asked(
        one_issue(
            Stream(5, -20, -10, release=odd),
            releases=(
                ReleaseSpec("web@1.0", -5000, (DeploySpec(-4990),)),
                ReleaseSpec(odd, -60, (DeploySpec(-50, "staging"), DeploySpec(-30))),
            ),
        )
    )
    rows = await asked.read("releases/")
    assert [row["version"] for row in rows] == [odd, "web@1.0"]
    assert (rows[0]["newGroups"], rows[0]["deployCount"]) == (1, 2)
    path = "releases/web%402.0%2Bfeature%2Fx/"
    assert (await asked.read(path))["version"] == odd
    assert [row["environment"] for row in await asked.read(f"{path}deploys/")] == ["production", "staging"]
    assert await asked.read(f"{path}commits/") == []
    assert [row["version"] for row in await asked.read("releases/", environment="staging")] == [odd]
    asked.world.deploy(odd, "canary")
    assert (await asked.read(f"{path}deploys/"))[0]["dateFinished"] == "2026-11-20T12:00:00Z"
    assert len(await asked.read(f"{path}deploys/")) == 3
    (project,) = await asked.read("projects/")
    assert project["latestDeploys"]["production"]["version"] == odd
    assert {row["name"] for row in await asked.read("environments/")} == {"production", "staging", "canary"}


async def test_what_is_deployed_decides_the_release_of_later_events_and_sessions() -> None:
    asked = Asked(
        one_issue(
            Stream(5, -90, -80),
            Stream(5, -20, -10),
            releases=(ReleaseSpec("v1", -5000, (DeploySpec(-4990),)), ReleaseSpec("v2", -60, (DeploySpec(-50),))),
            sessions=(SessionsSpec(100, -120, 0),),
        )
    )
    asked.world.deploy("v1")
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1")
    (releases,) = await asked.read("issues/SHOP-1/tags/", key="release")
    assert {value["value"]: value["count"] for value in releases["topValues"]} == {"v1": 6, "v2": 5}
    body = await asked.read("sessions/", field="sum(session)", groupBy="release")
    assert {group["by"]["release"] for group in body["groups"]} == {"v1", "v2"}


async def test_alerts_reports_and_absent_endpoints() -> None:
    scenario = Scenario(
        name="people",
        issues=(IssueSpec("P-1", "Boom", streams=(Stream(4, -60, -30),), user_reports=(-20, 20)),),
        alerts=(AlertSpec("Too many errors", -40), AlertSpec("Never", None), AlertSpec("Later", 40)),
    )
    asked = Asked(scenario)
    fired = {row["name"]: row["lastTriggered"] for row in await asked.read("workflows/")}
    assert fired == {"Too many errors": "2026-11-20T11:20:00Z", "Never": None, "Later": None}
    assert len(await asked.read("detectors/")) == 1
    assert (await asked.read("issues/P-1/"))["userReportCount"] == 1
    smaller = Asked(scenario, profile=Profile(absent=frozenset({"workflows", "activities"})))
    for path in ("workflows/", "issues/P-1/activities/"):
        missing = await smaller.get(path)
        assert (missing.status_code, missing.content) == (404, b"")


@pytest.mark.matrix
async def test_projects_are_chosen_by_id_slug_or_all() -> None:
    query = {"dataset": "errors", "field": "count()", "statsPeriod": "24h"}
    asked = Asked()
    everything = (await asked.read("events/", **query, project="-1"))["data"]
    assert (await asked.read("events/", **query))["data"] == everything
    one = (await asked.read("events/", **query, project="shop"))["data"]
    assert one == (await asked.read("events/", **query, project="4508110000000101"))["data"] != everything
    assert (await asked.get("events/", **query, project="99")).status_code == 403
    for profile, project, status in (
        (Profile(global_views=False), "-1", 400),
        (Profile(project_slugs=False), "shop", 400),
        (Profile(global_views=False), "shop", 200),
    ):
        assert (await Asked(profile=profile).get("events/", **query, project=project)).status_code == status
    outsider = await Asked(profile=Profile(member=False)).read("events/", **query)
    assert outsider == {"data": [], "meta": {"tips": {"query": "Need at least one valid project to query."}}}


async def test_answers_carry_the_date_of_the_world() -> None:
    asked = Asked(SMALL)
    assert (await asked.get("issues/SHOP-1/")).headers["Date"] == "Fri, 20 Nov 2026 12:00:00 GMT"


async def test_the_world_is_served_over_http_with_one_date_until_it_is_cancelled() -> None:
    app = create_app(World(SMALL, ManualClock()))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = asyncio.ensure_future(serve(app, port=port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while True:
            try:
                root = await client.get("/api/0/")
                break
            except httpx.ConnectError:
                await asyncio.sleep(0.01)
        issue = await client.get(f"{ORG}/issues/SHOP-1/", headers={"Authorization": "Bearer x"})
    assert root.headers.get_list("date") == ["Fri, 20 Nov 2026 12:00:00 GMT"]
    assert issue.json()["permalink"].startswith(f"http://127.0.0.1:{port}/organizations/acme/issues/")
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving


async def test_latency_delays_each_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, slept = Asked(SMALL, latency_ms=30), list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await asked.get("issues/SHOP-1/")
    assert slept == [0.03]


def test_a_world_of_twins_is_refused() -> None:
    with pytest.raises(ValueError, match="share a name"):
        World((SMALL, SMALL), ManualClock())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Stream(5, -1, -2),
        lambda: Stream(5, -10, users=6),
        lambda: Stream(10, -10, users=6, user_share=0.5),
        lambda: Stream(10, -10, rates=(0, 0)),
        lambda: SessionsSpec(10, crashed=6, unhandled=5),
        lambda: SessionsSpec(10, rates=(1, -1)),
        lambda: Transactions("GET /", 10, rates=(0,)),
        lambda: ManualClock().advance(minutes=-1),
    ],
)
def test_a_description_that_cannot_be_honoured_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wrong()


@pytest.mark.parametrize(
    ("share", "users", "with_context"), [(1.0, 7, 50), (0.4, 7, 20), (0.5, None, 25), (1.0, 0, 0), (1.0, 1, 50)]
)
def test_users_are_exact_in_every_mode(share: float, users: int | None, with_context: int) -> None:
    world = World(one_issue(Stream(50, -50, users=users, user_share=share)), ManualClock())
    people = [event.user.id for event in world.projects[0].events.until(world.now_ms()) if event.user]
    assert len(people) == with_context
    assert len(set(people)) == (with_context if users is None else users)


def test_tag_values_are_dealt_exactly() -> None:
    weights = {"eu": 97, "us": 3}
    world = World(one_issue(Stream(200, -50, tags={"region": weights})), ManualClock())
    values = [event.tags["region"] for event in world.projects[0].events.until(world.now_ms())]
    assert (values.count("eu"), values.count("us")) == (194, 6)


def test_a_stream_without_length_is_one_instant() -> None:
    world = World(one_issue(Stream(30, -5, -5)), ManualClock())
    assert {event.at for event in world.projects[0].events.until(world.now_ms())} == {world.now_ms() - 300_000}
