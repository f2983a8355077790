"""Archiving, archiving again, reopening and resolving, as a running Sentry was seen to do it.

The table tells with data of its own what ``test_recordings.py`` replays where the recordings are at hand.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.scenario import ReleaseSpec, Stream

YOUNG = Stream(10, -60, -30, users=5)
OLD = Stream(10, -12_000, -11_000, users=5)
NO_LIMITS: dict[str, Any] = dict.fromkeys(
    ("ignoreCount", "ignoreUntil", "ignoreUserCount", "ignoreUserWindow", "ignoreWindow")
)
FOREVER = {"status": "ignored"}
ESCALATING = {"status": "ignored", "substatus": "archived_until_escalating"}
REOPEN = {"status": "unresolved"}
RESOLVE = {"status": "resolved"}


def limited(**limits: int) -> dict[str, Any]:
    return {"status": "ignored", "statusDetails": limits}


class Step(NamedTuple):
    """A change, and what its answer and the GET after it say: status, substatus, details, newest activity."""

    body: dict[str, Any]
    status: str
    substatus: str | None
    details: dict[str, Any]
    newest: str


CONDITION = "archived_until_condition_met"
STORIES: dict[str, tuple[Stream, tuple[Step, ...]]] = {
    "new limits replace the old ones, without an activity": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(
                limited(ignoreUserCount=7, ignoreUserWindow=30),
                "ignored",
                CONDITION,
                {"ignoreUserCount": 7, "ignoreUserWindow": 30},
                "set_ignored",
            ),
            Step(limited(ignoreDuration=90), "ignored", CONDITION, {"ignoreUntil": "13:30"}, "set_ignored"),
        ),
    ),
    "an archive with a limit stays one when it is archived until it escalates": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(ESCALATING, "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
        ),
    ),
    "an archive until it escalates takes a limit and stays what it is": (
        YOUNG,
        (
            Step(ESCALATING, "ignored", "archived_until_escalating", {}, "set_ignored"),
            Step(limited(ignoreCount=4), "ignored", "archived_until_escalating", {"ignoreCount": 4}, "set_ignored"),
        ),
    ),
    "archived for ever in place of a limit drops the limit, but not the kind": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(FOREVER, "ignored", CONDITION, {}, "set_ignored"),
        ),
    ),
    "a reopened issue of this week is new and still shows its old limits": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(REOPEN, "unresolved", "new", {"ignoreCount": 40}, "set_unresolved"),
            Step(REOPEN, "unresolved", "new", {"ignoreCount": 40}, "set_unresolved"),
        ),
    ),
    "an older issue is ongoing when it comes back from the archive": (
        OLD,
        (
            Step(FOREVER, "ignored", "archived_forever", {}, "set_ignored"),
            Step(REOPEN, "unresolved", "ongoing", {}, "set_unresolved"),
        ),
    ),
    "reopened and archived anew it is of the new kind": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(REOPEN, "unresolved", "new", {"ignoreCount": 40}, "set_unresolved"),
            Step(FOREVER, "ignored", "archived_forever", {}, "set_ignored"),
        ),
    ),
    "resolving ends the limits for good": (
        YOUNG,
        (
            Step(limited(ignoreCount=40), "ignored", CONDITION, {"ignoreCount": 40}, "set_ignored"),
            Step(RESOLVE, "resolved", None, {}, "set_resolved"),
            Step(REOPEN, "unresolved", "ongoing", {}, "set_unresolved"),
        ),
    ),
    "a limit of nothing is no limit": (
        YOUNG,
        (Step(limited(ignoreCount=0), "ignored", CONDITION, {}, "set_ignored"),),
    ),
}


@pytest.mark.parametrize(("stream", "steps"), STORIES.values(), ids=STORIES)
async def test_a_change_answers_what_a_get_then_shows(stream: Stream, steps: tuple[Step, ...]) -> None:
    asked = Asked(one_issue(stream))
    for step in steps:
        answer = (await asked.put("SHOP-1", step.body)).json()
        issue = await asked.read("issues/SHOP-1/")
        assert {key: answer[key] for key in ("status", "substatus", "statusDetails")} == {
            key: issue[key] for key in ("status", "substatus", "statusDetails")
        }
        details = dict(issue["statusDetails"])
        assert bool(details.pop("actor", None)) is bool(step.details)
        if details.get("ignoreUntil"):
            details["ignoreUntil"] = details["ignoreUntil"][11:16]
        assert (issue["status"], issue["substatus"]) == (step.status, step.substatus)
        assert details == (NO_LIMITS | step.details if step.details else {})
        assert issue["activity"][0]["type"] == step.newest
    assert len({entry["id"] for entry in issue["activity"]}) == len(issue["activity"])


async def test_limits_that_are_left_of_an_archive_do_not_wake_and_vanish_when_they_are_met() -> None:
    asked = Asked(one_issue(YOUNG))
    await asked.changed("SHOP-1", limited(ignoreCount=2))
    await asked.changed("SHOP-1", REOPEN)
    for left in ({"ignoreCount": 1}, {}):
        asked.clock.advance(minutes=1)
        asked.world.emit("SHOP-1")
        issue = await asked.read("issues/SHOP-1/")
        assert (issue["status"], issue["substatus"]) == ("unresolved", "new")
        assert {key: value for key, value in issue["statusDetails"].items() if key in left} == left
        assert bool(issue["statusDetails"]) is bool(left)
        assert issue["activity"][0]["type"] == "set_unresolved"


async def test_a_limit_wakes_what_is_archived_until_it_escalates() -> None:
    asked = Asked(one_issue(YOUNG))
    await asked.changed("SHOP-1", ESCALATING)
    await asked.changed("SHOP-1", limited(ignoreCount=1))
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1")
    issue = await asked.read("issues/SHOP-1/")
    assert (issue["status"], issue["substatus"], issue["statusDetails"]) == ("unresolved", "escalating", {})


SEMVER = (ReleaseSpec("shop@1.9.0", -5000), ReleaseSpec("shop@1.10.0", -100), ReleaseSpec("shop@2.0.0-rc1", -50))


@pytest.mark.parametrize(
    ("emitted", "status"),
    [("shop@1.9.0", "resolved"), ("shop@1.10.0", "resolved"), ("shop@2.0.0-rc1", "unresolved")],
)
async def test_the_next_release_is_the_one_after_the_greatest_that_the_issue_was_seen_in(
    emitted: str, status: str
) -> None:
    asked = Asked(one_issue(Stream(5, -90, -60, release="shop@1.10.0"), releases=SEMVER))
    issue = await asked.changed("SHOP-1", RESOLVE | {"statusDetails": {"inNextRelease": True}})
    assert issue["statusDetails"]["inRelease"] == "shop@2.0.0-rc1"
    assert issue["activity"][0]["data"] == {"version": "", "current_release_version": "shop@1.10.0"}
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", release=emitted)
    issue = await asked.read("issues/SHOP-1/")
    assert issue["status"] == status
    if status == "unresolved":
        regression, resolved = issue["activity"][:2]
        assert regression["data"]["version"] == regression["data"]["resolved_in_version"] == emitted
        assert resolved["data"] == {"version": emitted, "current_release_version": "shop@1.10.0"}


@pytest.mark.parametrize(
    ("emitted", "status"),
    [("shop@1.9.0", "resolved"), ("shop@1.10.0", "resolved"), ("shop@2.0.0", "unresolved")],
)
async def test_versions_are_compared_as_versions_not_by_their_dates(emitted: str, status: str) -> None:
    # 1.10.0, a patch of the old line, came out last; yet it is older than the pre-release, and that than the release.
    releases = (ReleaseSpec("shop@2.0.0", -300), ReleaseSpec("shop@1.9.0", -200), ReleaseSpec("shop@1.10.0", -100))
    asked = Asked(one_issue(YOUNG, releases=(*releases, ReleaseSpec("shop@2.0.0-rc1", -400))))
    await asked.changed("SHOP-1", RESOLVE | {"statusDetails": {"inRelease": "shop@2.0.0-rc1"}})
    asked.clock.advance(minutes=1)
    asked.world.emit("SHOP-1", release=emitted)
    assert (await asked.read("issues/SHOP-1/"))["status"] == status
