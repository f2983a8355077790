"""What explains an incident, asked of the tool in front of raw events; the figures are counted from the same events."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.records import EventRecord
from sentry_runbook.simulator.scenario import (
    DeploySpec,
    FlagChangeSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
)
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OLD = ReleaseSpec("7.11.0", -30_000, (DeploySpec(-29_990),))
CHAIN = (Raised("ValueError", "no price for the article"),)


def scenario(*streams: Stream, **parts: Any) -> Scenario:
    """An issue with these streams of events, on a server in Python."""
    issue = parts.pop("issue", {})
    made = {"name": "explained", "platform": "python", "releases": (OLD,), "sessions": (SessionsSpec(20_000),)}
    main = IssueSpec("SHOP-1", **{"chain": CHAIN, "streams": streams, "transaction": "POST /checkout", **issue})
    return Scenario(issues=(main,), **{**made, **parts})


async def triage(
    described: Scenario, now: datetime = NOW, **arguments: Any
) -> tuple[dict[str, Any], list[EventRecord]]:
    """The answer, and the raw events of the issue that had happened by then."""
    clock = ManualClock(now)
    world = World([described], clock)
    async with connected(world=world, clock=clock) as connection:
        answer = await connection.call("triage_issue", issue="SHOP-1", **arguments)
    issue = world.find_issue("SHOP-1")
    assert issue is not None
    return answer, list(issue.events.window(0, round(now.timestamp() * 1000)))


def values(entry: dict[str, Any]) -> dict[str, str]:
    return {value["tag"]: value["value"] for value in entry["values"]}


def share_of(events: list[EventRecord], has: Callable[[EventRecord], bool]) -> tuple[int, float]:
    number = sum(map(has, events))
    return number, round(number / len(events), 3)


async def test_one_customer_with_97_percent_of_a_new_issue_stands_first() -> None:
    customers = {"acme": 97.0, "globex": 1.0, "initech": 1.0, "umbrella": 1.0}
    answer, events = await triage(scenario(Stream(800, -50, -1, users=120, tags={"customer": customers})))
    first = answer["explanation"][0]
    assert values(first) == {"customer": "acme"}
    assert (first["events"], first["share"]) == share_of(events, lambda event: event.tags["customer"] == "acme")
    assert first["note"] == "usual share not known" and "explains" not in first


async def test_one_flag_on_in_all_events_and_changed_at_the_onset_is_first_and_the_cause() -> None:
    flags = {"flags": {"values": [{"flag": "checkout_v2", "result": True}, {"flag": "dark_mode", "result": False}]}}
    described = scenario(
        Stream(600, -57, -1, users=90),
        issue={"contexts": flags},
        flags=(FlagChangeSpec(-59, "checkout_v2"), FlagChangeSpec(-300, "dark_mode")),
    )
    answer, _ = await triage(described)
    first = answer["explanation"][0]
    assert values(first) == {"checkout_v2": "true"}
    assert first["events"] == 2 and "share" not in first, "two events read are no share of 600"
    assert first["note"] == "in 2 of 2 events read; changed 11:01 UTC, 2 min before"
    cause = answer["causes"][0]
    assert cause["pattern"] == "configuration_change"
    assert 'Switch flag "checkout_v2" off again in your flag provider, then run check_recovery.' in cause["action"]
    assert [(change["kind"], change["minutes_before"]) for change in answer["changes"]] == [("flag", 2), ("flag", 243)]


async def test_one_host_of_several_with_all_events_is_named() -> None:
    streams = (
        Stream(3, -3000, -2000, servers={"web-1": 1, "web-2": 1, "web-3": 1}),
        Stream(700, -50, -1, servers={"web-3": 1}),
    )
    answer, events = await triage(scenario(*streams))
    first = answer["explanation"][0]
    assert values(first) == {"server_name": "web-3"}
    number, share = share_of(events, lambda event: event.tags["server_name"] == "web-3")
    assert (first["events"], first["share"]) == (number, share)
    assert share > 0.99


async def test_one_host_with_all_events_of_a_new_issue_is_said_with_what_is_not_known() -> None:
    answer, _ = await triage(scenario(Stream(700, -50, -1, servers={"web-3": 1})))
    assert values(answer["explanation"][0]) == {"server_name": "web-3"}
    assert answer["explanation"][0]["note"] == "all time; no other value seen in this issue"


async def test_one_user_with_900_of_902_events_stands_first_without_personal_data() -> None:
    answer, events = await triage(
        scenario(Stream(900, -50, -1, users=1, first_user=7), Stream(2, -40, -20, users=2, first_user=50))
    )
    first, *others = answer["explanation"]
    (user, number), *_ = Counter(event.user.id for event in events if event.user).most_common()
    assert number == 900 and len(events) == 902
    assert (first["events"], first["share"], first["users"]) == (900, 0.998, 3)
    assert values(first) == {"user": user}  # an impersonal number
    assert not others or "user" not in values(others[0])
    assert "customers.example" not in str(answer)


async def test_bursts_at_the_full_hour_are_a_schedule_with_the_next_time() -> None:
    now = NOW - timedelta(minutes=20)
    bursts = [Stream(60, -40 - 60 * hour, -38 - 60 * hour, users=30, first_user=40 * hour + 1) for hour in range(8)]
    noise = Stream(12, -470, -1, users=12, first_user=900)
    answer, events = await triage(scenario(*bursts, noise), now)
    first = answer["explanation"][0]
    assert values(first) == {"schedule": "every hour at :00"}
    assert first["note"] == "next 12:00 UTC"
    inside = [event for event in events if event.at // 60_000 % 60 < 9]
    assert first["events"] == len(inside) >= 480


async def test_a_job_of_every_night_is_a_schedule_by_the_day() -> None:
    nights = [Stream(40, -1440 * day - 540, -1440 * day - 525, users=20) for day in range(6)]
    answer, _ = await triage(scenario(*nights))
    found = [entry for entry in answer["explanation"] if "schedule" in values(entry)]
    assert [values(entry)["schedule"] for entry in found] == ["every day at 03:00 UTC"]
    assert found[0]["note"] == "next 2026-11-21 03:00 UTC"


BAD = ReleaseSpec("7.12.0", -310, (DeploySpec(-301),))
BESIDE = (
    SessionsSpec(302, -300, 0, crashed=199, release="7.12.0"),
    SessionsSpec(750, -300, 0, release="7.11.0"),
    SessionsSpec(3000, -1440, -300, crashed=3, release="7.11.0"),
)


async def test_a_healthy_old_release_beside_the_bad_one_speaks_for_a_rollback_to_it() -> None:
    described = scenario(Stream(400, -298, -1, users=180, release="7.12.0"), releases=(OLD, BAD), sessions=BESIDE)
    answer, _ = await triage(described)
    rows = {row["release"]: row for row in answer["release_health"]}
    assert [row["release"] for row in answer["release_health"]] == ["7.12.0", "7.11.0"]
    assert (rows["7.12.0"]["sessions"], rows["7.12.0"]["crash_free_pct"]) == (302, 34.1)
    assert (rows["7.11.0"]["sessions"], rows["7.11.0"]["crash_free_pct"]) == (750, 100)
    assert rows["7.12.0"]["adoption_pct"] == round(100 * 302 / 1052, 1)
    assert rows["7.11.0"]["note"] == "healthy beside it" and rows["7.11.0"]["crash_free_before_pct"] >= 99.9
    cause = answer["causes"][0]
    assert cause["pattern"] == "deployment_regression"
    evidence = " ".join(cause["evidence_for"])
    assert (
        '"7.12.0": 34.10 % crash-free (302 sessions); beside it "7.11.0": 100.00 % crash-free (750 sessions).'
        in evidence
    )
    assert "no other release runs beside it" not in str(answer["causes"])
    assert cause["action"].startswith('Roll back "7.12.0" to "7.11.0" (healthy beside it) with your own')
    assert values(answer["explanation"][0]) == {"release": "7.12.0"}
    assert answer["explanation"][0]["usual_share"] == 0.287


async def test_a_noisy_issue_without_a_planted_cause_is_explained_by_nothing() -> None:
    tags = {"customer": {f"c{number}": 1.0 for number in range(12)}, "tier": {"gold": 3.0, "free": 5.0}}
    described = scenario(Stream(500, -55, -1, users=200, tags=tags), Stream(40, -2800, -60, users=40, tags=tags))
    answer, _ = await triage(described)
    assert "explanation" not in answer or answer["explanation"] == []


async def test_of_a_mobile_app_the_roll_out_is_halted_and_the_adoption_said() -> None:
    described = scenario(
        Stream(400, -298, -1, users=180, release="7.12.0", systems={"iOS 26.1": 1}, devices={"iPhone17,1": 1}),
        releases=(OLD, BAD),
        sessions=BESIDE,
        platform="cocoa",
    )
    answer, _ = await triage(described)
    cause = answer["causes"][0]
    assert cause["pattern"] == "deployment_regression"
    assert 'Halt the staged roll-out of "7.12.0" in the app store (28.7 % of sessions so far)' in cause["action"]
    for text in (cause["action"], *answer["next_steps"]):
        assert "roll back" not in text.lower() and "sentry-cli" not in text


async def test_a_rollback_that_was_deployed_is_not_advised_again() -> None:
    back = replace(OLD, deploys=(*OLD.deploys, DeploySpec(-30)))
    described = scenario(Stream(400, -298, -31, users=180, release="7.12.0"), releases=(back, BAD), sessions=BESIDE)
    answer, _ = await triage(described)
    action = answer["causes"][0]["action"]
    assert action.startswith('"7.11.0" was deployed after it, at 2026-11-20 11:30 UTC: "7.12.0" is rolled back.')


async def test_sessions_that_were_as_bad_before_are_not_this_issues_doing() -> None:
    bad = (SessionsSpec(3000, -1440, -301, crashed=270, release="7.11.0"), SessionsSpec(900, -301, 0, crashed=81))
    answer, _ = await triage(scenario(Stream(60, -298, -1, users=40), releases=(OLD, BAD), sessions=bad))
    assert answer["severity"]["decided_by"] == "crash_free"
    told = [text for cause in answer["causes"] for text in cause["evidence_against"] if "did not change" in text]
    (text,) = told
    assert re.match(r"Crash-free sessions: 91\.0\d % before, (?:90\.9|91\.0)\d % in the incident", text)
    assert text.endswith(" in the incident; what brought this issue did not change them.")


async def test_changes_of_other_projects_are_listed_by_their_distance() -> None:
    described = scenario(
        Stream(400, -58, -1, users=180), releases=(OLD, replace(BAD, created=-75, deploys=(DeploySpec(-70),)))
    )
    other = Scenario(
        name="payments",
        issues=(IssueSpec("PAY-1", chain=CHAIN, streams=(Stream(3, -3000, -2000),)),),
        releases=(ReleaseSpec("pay@5", -90, (DeploySpec(-61),)), ReleaseSpec("pay@4", -9000, (DeploySpec(-8000),))),
    )
    clock = ManualClock(NOW)
    async with connected(world=World([described, other], clock), clock=clock) as connection:
        answer = await connection.call("triage_issue", issue="SHOP-1")
    assert [(each["project"], each["kind"], each["minutes_before"]) for each in answer["changes"]] == [
        ("pay", "deploy", 3),
        ("shop", "deploy", 12),
    ]
