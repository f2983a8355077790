"""What a PUT changes, and what time and later events do to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.scenario import (
    CommitSpec,
    DeploySpec,
    IssueSpec,
    ReleaseSpec,
    Scenario,
    StateChange,
    Stream,
)

RUNNING = Stream(10, -60, -30, users=5)
PLAIN = (ReleaseSpec("v1", -5000), ReleaseSpec("v2", -100))
SEMVER = (ReleaseSpec("shop@1.0.0", -5000), ReleaseSpec("shop@1.1.0", -100))


async def kinds(asked: Asked) -> list[str]:
    return [entry["type"] for entry in (await asked.read("issues/SHOP-1/activities/"))["activity"]]


async def state(asked: Asked) -> tuple[str, str | None]:
    issue = await asked.read("issues/SHOP-1/")
    return issue["status"], issue["substatus"]


async def test_a_plain_resolve_is_undone_by_the_next_event() -> None:
    asked = Asked(one_issue(RUNNING, releases=PLAIN))
    issue = await asked.changed("SHOP-1", {"status": "resolved"})
    assert (issue["status"], issue["substatus"], issue["statusDetails"]) == ("resolved", None, {})
    asked.clock.advance(minutes=5)
    assert await state(asked) == ("resolved", None)
    (event,) = asked.world.emit("SHOP-1")
    assert await state(asked) == ("unresolved", "regressed")
    latest = (await asked.read("issues/SHOP-1/activities/"))["activity"][0]
    assert (latest["type"], latest["data"]) == ("set_regression", {"version": "v2", "event_id": event.id})


async def test_resolving_twice_writes_two_activities() -> None:
    asked = Asked(one_issue(RUNNING))
    for _ in range(2):
        await asked.changed("SHOP-1", {"status": "resolved"})
    assert await kinds(asked) == ["set_resolved", "set_resolved", "first_seen"]


async def test_resolve_in_the_next_release_forgives_the_releases_that_exist() -> None:
    asked = Asked(one_issue(RUNNING, releases=PLAIN))
    issue = await asked.changed("SHOP-1", {"status": "resolved", "statusDetails": {"inNextRelease": True}})
    assert issue["statusDetails"]["inNextRelease"] is True
    assert issue["statusDetails"]["actor"]["name"]
    asked.clock.advance(minutes=5)
    asked.world.emit("SHOP-1", release="v2")
    assert await state(asked) == ("resolved", None)
    asked.world.add_release(ReleaseSpec("v3", 0))
    asked.clock.advance(minutes=5)
    asked.world.emit("SHOP-1", release="v3")
    assert await state(asked) == ("unresolved", "regressed")


async def test_a_semver_project_shows_the_next_release_as_the_present_one() -> None:
    asked = Asked(one_issue(RUNNING, releases=SEMVER))
    issue = await asked.changed("SHOP-1", {"status": "resolved", "statusDetails": {"inNextRelease": True}})
    assert issue["statusDetails"]["inRelease"] == "shop@1.1.0"
    assert "inNextRelease" not in issue["statusDetails"]
    entry = issue["activity"][0]
    assert entry["data"] == {"version": "", "current_release_version": "shop@1.1.0"}
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", release="shop@1.1.0")
    assert await state(asked) == ("resolved", None)


@pytest.mark.parametrize(("emitted", "after"), [("v1", "resolved"), ("v2", "unresolved"), (None, "resolved")])
async def test_resolve_in_a_release_forgives_only_what_is_older(emitted: str | None, after: str) -> None:
    asked = Asked(one_issue(RUNNING, releases=PLAIN))
    issue = await asked.changed("SHOP-1", {"status": "resolved", "statusDetails": {"inRelease": "latest"}})
    assert issue["statusDetails"]["inRelease"] == "v2"
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", release=emitted)
    assert (await state(asked))[0] == after


@pytest.mark.parametrize(
    ("releases", "details", "field"),
    [
        ((), {"inNextRelease": True}, "inNextRelease"),
        (PLAIN, {"inRelease": "v9"}, "inRelease"),
        (PLAIN, {"inCommit": {"commit": "0" * 40, "repository": "acme/shop"}}, "inCommit"),
        (PLAIN, {"ignoreCount": None}, "ignoreCount"),
        (PLAIN, {"ignoreCount": "many"}, "ignoreCount"),
        (PLAIN, {"ignoreCount": -1}, "ignoreCount"),
        (PLAIN, {"ignoreCount": 5, "ignoreWindow": 10_081}, "ignoreWindow"),
        (PLAIN, {"ignoreDuration": 10**12}, "ignoreDuration"),
    ],
)
async def test_a_refused_change_names_its_field_and_changes_nothing(
    releases: tuple[ReleaseSpec, ...], details: dict[str, Any], field: str
) -> None:
    asked = Asked(one_issue(RUNNING, releases=releases))
    status = "ignored" if field.startswith("ignore") else "resolved"
    refused = await asked.put("SHOP-1", {"status": status, "statusDetails": details})
    assert refused.status_code == 400
    assert list(refused.json()["statusDetails"]) == [field]
    assert await kinds(asked) == ["first_seen"]
    assert await state(asked) == ("unresolved", "new")


@pytest.mark.parametrize("body", [{"status": "fixed"}, {"priority": "urgent"}, {"substatus": "asleep"}])
async def test_an_unknown_choice_is_a_field_error(body: dict[str, str]) -> None:
    asked = Asked(one_issue(RUNNING))
    refused = await asked.put("SHOP-1", body)
    assert refused.status_code == 400
    assert list(refused.json()) == list(body)


async def test_a_commit_that_is_known_resolves() -> None:
    commit = CommitSpec("fix: it", -200)
    asked = Asked(one_issue(RUNNING, releases=(ReleaseSpec("v1", -100, (DeploySpec(-90),), (commit,)),)))
    (sha,) = [row["id"] for row in await asked.read("releases/v1/commits/")]
    body = {"status": "resolved", "statusDetails": {"inCommit": {"commit": sha, "repository": "acme/shop"}}}
    assert (await asked.changed("SHOP-1", body))["statusDetails"]["inCommit"]["id"] == sha


async def test_next_release_as_a_status_without_details_is_a_plain_resolve() -> None:
    asked = Asked(one_issue(RUNNING))
    issue = await asked.changed("SHOP-1", {"status": "resolvedInNextRelease"})
    assert (issue["status"], issue["statusDetails"]) == ("resolved", {})


async def test_an_ignore_count_counts_from_now_and_shows_what_is_left() -> None:
    asked = Asked(one_issue(RUNNING))
    issue = await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": {"ignoreCount": 3}})
    assert issue["substatus"] == "archived_until_condition_met"
    assert issue["statusDetails"]["ignoreCount"] == 3
    assert issue["statusDetails"]["ignoreUntil"] is None
    for left in (2, 1):
        asked.clock.advance(minutes=1)
        asked.world.emit("SHOP-1")
        issue = await asked.read("issues/SHOP-1/")
        assert (issue["status"], issue["statusDetails"]["ignoreCount"]) == ("ignored", left)
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1")
    assert await state(asked) == ("unresolved", "escalating")
    entry = (await asked.read("issues/SHOP-1/activities/"))["activity"][0]
    assert entry["type"] == "set_escalating"
    assert entry["data"]["expired_snooze"]["count"] == 3


async def test_an_ignore_count_with_a_window_waits_for_the_rate() -> None:
    asked = Asked(one_issue(RUNNING))
    await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": {"ignoreCount": 3, "ignoreWindow": 10}})
    for _ in range(4):
        asked.clock.advance(minutes=6)
        asked.world.emit("SHOP-1")
    issue = await asked.read("issues/SHOP-1/")
    assert (issue["status"], issue["statusDetails"]["ignoreCount"]) == ("ignored", 3)
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", 2)
    assert (await state(asked))[0] == "unresolved"


async def test_ignoring_until_users_counts_people_not_events() -> None:
    asked = Asked(one_issue(RUNNING))
    await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": {"ignoreUserCount": 2}})
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", 50, users=1)
    issue = await asked.read("issues/SHOP-1/")
    assert (issue["status"], issue["statusDetails"]["ignoreUserCount"]) == ("ignored", 1)
    asked.world.emit("SHOP-1", 2, users=2)
    assert (await state(asked))[0] == "unresolved"


async def test_an_ignore_of_users_with_a_window_waits_for_so_many_people_within_it() -> None:
    asked = Asked(one_issue(RUNNING))
    limit = {"ignoreUserCount": 3, "ignoreUserWindow": 10}
    await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": limit})

    async def meets(person: int, *, after: float) -> str:
        asked.clock.advance(minutes=after)
        asked.world.emit("SHOP-1", stream=Stream(1, 0, 0, users=1, first_user=person))
        return (await state(asked))[0]

    # Four people, of whom no ten minutes see more than two; and one of them again and again.
    assert [await meets(person, after=6) for person in (1, 2, 3, 4)] == ["ignored"] * 4
    assert [await meets(4, after=1) for _ in range(5)] == ["ignored"] * 5
    # The fourth is still within the ten minutes, the third is not.
    assert await meets(5, after=2) == "ignored"
    shown = (await asked.read("issues/SHOP-1/"))["statusDetails"]
    assert {key: shown[key] for key in limit} == limit
    assert await meets(6, after=1) == "unresolved"


@pytest.mark.parametrize(("apart", "expected"), [(9, "unresolved"), (11, "ignored")])
async def test_the_window_of_users_counts_those_met_at_most_so_long_before(apart: int, expected: str) -> None:
    asked = Asked(one_issue(RUNNING))
    limit = {"ignoreUserCount": 2, "ignoreUserWindow": 10}
    await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": limit})
    for person in (1, 2):
        asked.clock.advance(minutes=apart)
        asked.world.emit("SHOP-1", stream=Stream(1, 0, 0, users=1, first_user=person))
    assert (await state(asked))[0] == expected


async def test_an_ignore_for_a_time_ends_with_it() -> None:
    asked = Asked(one_issue(RUNNING))
    issue = await asked.changed("SHOP-1", {"status": "ignored", "statusDetails": {"ignoreDuration": 30}})
    assert issue["statusDetails"]["ignoreUntil"] == "2026-11-20T12:30:00Z"
    asked.clock.advance(minutes=29)
    assert (await state(asked))[0] == "ignored"
    asked.clock.advance(minutes=1)
    assert await state(asked) == ("unresolved", "ongoing")


async def test_ignored_alone_is_for_ever() -> None:
    asked = Asked(one_issue(RUNNING))
    issue = await asked.changed("SHOP-1", {"status": "ignored"})
    assert (issue["substatus"], issue["statusDetails"]) == ("archived_forever", {})
    asked.clock.advance(hours=1)
    asked.world.emit("SHOP-1", 500)
    assert await state(asked) == ("ignored", "archived_forever")


async def test_archived_until_escalating_sleeps_through_the_usual_rate() -> None:
    asked = Asked(one_issue(RUNNING))
    body = {"status": "ignored", "substatus": "archived_until_escalating"}
    assert (await asked.changed("SHOP-1", body))["substatus"] == "archived_until_escalating"
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", 20)
    assert (await state(asked))[0] == "ignored"
    asked.world.emit("SHOP-1", 1)
    assert await state(asked) == ("unresolved", "escalating")


async def test_top_level_ignore_keys_work_and_nested_ones_win() -> None:
    asked = Asked(one_issue(RUNNING))
    body = {"status": "ignored", "ignoreCount": 9, "statusDetails": {"ignoreCount": 4}}
    assert (await asked.changed("SHOP-1", body))["statusDetails"]["ignoreCount"] == 4
    body = {"status": "ignored", "ignoreCount": 9}
    assert (await asked.changed("SHOP-1", body))["statusDetails"]["ignoreCount"] == 9


async def test_reopening_assigning_and_priority_leave_their_traces() -> None:
    asked = Asked(one_issue(RUNNING))
    await asked.changed("SHOP-1", {"status": "resolved"})
    issue = await asked.changed("SHOP-1", {"status": "unresolved"})
    assert (issue["status"], issue["substatus"]) == ("unresolved", "ongoing")
    issue = await asked.changed("SHOP-1", {"assignedTo": "team:payments", "priority": "low"})
    assert issue["assignedTo"]["name"] == "payments"
    assert issue["priority"] == "low"
    assert (await asked.changed("SHOP-1", {"assignedTo": ""}))["assignedTo"] is None
    wanted = ["unassigned", "set_priority", "assigned", "set_unresolved", "set_resolved", "first_seen"]
    assert await kinds(asked) == wanted


@pytest.mark.parametrize("reason", ["changed_status", "commented"])
async def test_who_changes_an_issue_or_comments_on_it_is_subscribed_to_it(reason: str) -> None:
    asked = Asked(one_issue(RUNNING, history=(StateChange(-20, "resolved"), StateChange(-10, "unresolved"))))
    issue = await asked.read("issues/SHOP-1/")
    assert (issue["isSubscribed"], issue["subscriptionDetails"], issue["participants"]) == (False, None, [])
    if reason == "commented":
        await asked.client.post("/api/0/organizations/acme/issues/SHOP-1/notes/", json={"text": "seen"})
    else:
        await asked.put("SHOP-1", {"status": "resolved"})
    issue = await asked.read("issues/SHOP-1/")
    assert (issue["isSubscribed"], issue["subscriptionDetails"]) == (True, {"reason": reason})
    assert [participant["type"] for participant in issue["participants"]] == ["user"]


async def test_the_same_note_within_the_hour_is_refused() -> None:
    asked = Asked(one_issue(RUNNING))
    path = "/api/0/organizations/acme/issues/SHOP-1/notes/"
    first = await asked.client.post(path, json={"text": "rolled back"})
    assert first.status_code == 201
    assert (first.json()["type"], first.json()["data"]) == ("note", {"text": "rolled back"})
    assert (await asked.client.post(path, json={"text": "rolled back"})).status_code == 400
    assert (await asked.client.post(path, json={"text": "  "})).status_code == 400
    asked.clock.advance(hours=1)
    assert (await asked.client.post(path, json={"text": "rolled back"})).status_code == 201
    assert len(await asked.read("issues/SHOP-1/notes/")) == 2
    assert (await asked.read("issues/SHOP-1/"))["numComments"] == 2


async def test_a_scenario_can_start_with_an_issue_that_came_back() -> None:
    asked = Asked(
        one_issue(
            Stream(5, -4000, -3000),
            Stream(9, -20, -5),
            releases=PLAIN,
            history=(StateChange(-2000, "resolved", {"inRelease": "v1"}),),
        )
    )
    assert await state(asked) == ("unresolved", "regressed")
    entry = (await asked.read("issues/SHOP-1/activities/"))["activity"][0]
    event = entry["data"].pop("event_id")
    assert (await asked.read(f"issues/SHOP-1/events/{event}/"))["release"]["version"] == "v2"
    assert entry["data"] == {"version": "v2", "resolved_in_version": "v1", "follows_semver": False}
    assert entry["dateCreated"] > "2026-11-20T11:40"


async def test_new_becomes_ongoing_after_a_week_and_escalation_is_told() -> None:
    week = -7.0 * 1440
    young, old = Stream(1, week + 1, week + 1), Stream(1, week, week)
    assert await state(Asked(one_issue(young))) == ("unresolved", "new")
    assert await state(Asked(one_issue(old))) == ("unresolved", "ongoing")
    asked = Asked(one_issue(old, escalated=-30))
    assert await state(asked) == ("unresolved", "escalating")
    assert (await kinds(asked))[0] == "set_escalating"


async def test_an_issue_exists_from_its_first_event_on() -> None:
    asked = Asked(one_issue(Stream(1, 10, 10)))
    assert (await asked.get("issues/SHOP-1/")).status_code == 404
    assert await asked.read("issues/") == []
    asked.clock.advance(minutes=10)
    assert (await asked.read("issues/SHOP-1/"))["count"] == "1"


async def test_other_categories_of_issues_are_outside_the_errors_dataset() -> None:
    slow = IssueSpec("SHOP-2", "N+1 Query", streams=(Stream(7, -60),), category="performance", issue_type="n_plus_one")
    asked = Asked(Scenario(name="slow", issues=(slow,)))
    issue = await asked.read("issues/SHOP-2/")
    assert (issue["count"], issue["issueCategory"], issue["isUnhandled"]) == ("7", "performance", False)
    for dataset, count in (("errors", 0), ("issuePlatform", 7)):
        body = await asked.read("events/", dataset=dataset, field="count()", query="issue:SHOP-2", statsPeriod="24h")
        assert body["data"] == [{"count()": count}]
    event = await asked.read("issues/SHOP-2/events/latest/")
    assert event["occurrence"]["issueTitle"] == "N+1 Query"


@pytest.mark.parametrize(
    ("versions", "by_version"),
    [
        (("9f3c2ab", "shop@1.0.0"), True),
        (("shop@1.0.0", "9f3c2ab"), False),
        (("shop@1.0.0", "9f3c2ab", "77aa01b"), True),
        (("shop@1.0.0", "9f3c2ab", "77aa01b", "11d0e7c"), False),
        ((*(f"h{number}" for number in range(8)), "shop@1.0.0", "shop@1.0.1"), False),
        ((*(f"h{number}" for number in range(7)), "shop@0.9.0", "shop@1.0.0", "shop@1.0.1"), True),
        (("1.0.0", "1.0.1"), False),
    ],
)
async def test_the_newest_releases_decide_whether_a_project_is_compared_by_version(
    versions: tuple[str, ...], by_version: bool
) -> None:
    releases = tuple(ReleaseSpec(version, -5000 + number) for number, version in enumerate(versions))
    asked = Asked(one_issue(Stream(3, -60, -30, release=versions[-1]), releases=releases))
    issue = await asked.changed("SHOP-1", {"status": "resolved", "statusDetails": {"inNextRelease": True}})
    assert ("inNextRelease" not in issue["statusDetails"]) is by_version
    assert ("current_release_version" in issue["activity"][0]["data"]) is by_version
