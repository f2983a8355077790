"""What explains an incident, as the embedded Sentry answers it: flags, owners, alerts, bursts, releases, projects."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.scenario import (
    AlertSpec,
    Crumb,
    FlagChangeSpec,
    IssueSpec,
    OwnerSpec,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
    every_hour,
)


def flags_of(event: dict[str, Any]) -> dict[str, object]:
    """The evaluated flags of a whole event."""
    return {row["flag"]: row["result"] for row in event["contexts"].get("flags", {}).get("values", [])}


async def test_one_stream_has_a_flag_on_and_another_off() -> None:
    asked = Asked(
        one_issue(
            Stream(1, -20, -20, flags={"new-checkout": {"true": 1}, "theme": {"dark": 1}}),
            Stream(1, -10, -10, flags={"new-checkout": {"false": 1}}),
            Stream(1, -5, -5),
        )
    )
    rows = await asked.read("issues/SHOP-1/events/")
    events = [await asked.read(f"issues/SHOP-1/events/{row['eventID']}/") for row in rows]
    assert list(map(flags_of, events)) == [{}, {"new-checkout": False}, {"new-checkout": True, "theme": "dark"}]
    assert all("flags" not in tag["key"] for row in rows for tag in row["tags"])


@given(on=st.integers(0, 12), off=st.integers(0, 12))
@settings(max_examples=20)
async def test_the_results_of_a_flag_are_dealt_exactly(on: int, off: int) -> None:
    if on + off == 0:
        return
    asked = Asked(one_issue(Stream(on + off, -90, -1, flags={"x": {"true": on, "false": off}})))
    rows = await asked.read("issues/SHOP-1/events/")
    events = [await asked.read(f"issues/SHOP-1/events/{row['eventID']}/") for row in rows]
    results = Counter(str(flags_of(event)["x"]) for event in events)
    assert (results["True"], results["False"]) == (on, off)


async def test_owners_come_where_they_are_asked_for_by_number_alone() -> None:
    owners = (OwnerSpec("team:payments"), OwnerSpec("user:Dana Ortiz", "suspectCommit", -5), OwnerSpec("team:x", at=9))
    asked = Asked(one_issue(Stream(1, -20, -20), owners=owners, assigned_to="team:payments"))
    assert "owners" not in await asked.read("issues/SHOP-1/")
    issue = await asked.read("issues/SHOP-1/", expand="owners")
    assert [row["type"] for row in issue["owners"]] == ["ownershipRule", "suspectCommit"]
    assert issue["owners"][0]["owner"] == f"team:{issue['assignedTo']['id']}"
    assert (await Asked(one_issue(Stream(1, -20, -20))).read("issues/SHOP-1/", expand="owners"))["owners"] is None


def scenario(name: str, **more: Any) -> Scenario:
    """A project with one issue."""
    return Scenario(name=name, issues=(IssueSpec(f"{name.upper()}-1", streams=(Stream(2, -9, -1),)),), **more)


async def test_an_alert_tells_when_it_was_made_and_edited() -> None:
    alerts = (AlertSpec("made", created=-60), AlertSpec("edited", created=-60, edited=-30), AlertSpec("old"))
    rows = {row["name"]: row for row in await Asked(scenario("one", alerts=alerts)).read("workflows/")}
    assert rows["made"]["dateCreated"] == rows["made"]["dateUpdated"] == "2026-11-20T11:00:00Z"
    assert (rows["edited"]["dateCreated"], rows["edited"]["dateUpdated"]) == (
        "2026-11-20T11:00:00Z",
        "2026-11-20T11:30:00Z",
    )
    assert rows["old"]["dateCreated"] == rows["old"]["dateUpdated"] < "2026-11"


async def test_bursts_come_at_one_minute_of_every_hour() -> None:
    asked = Asked(one_issue(*every_hour(40, 6, 0, users=5)))
    series = (
        await asked.read(
            "events-timeseries/",
            dataset="errors",
            query="issue:SHOP-1",
            interval="60",
            statsPeriod="12h",
            yAxis="count()",
        )
    )["timeSeries"][0]["values"]
    busy = [point["timestamp"] // 60_000 % 60 for point in series if point["value"]]
    assert set(busy) == {0, 1} and len(busy) == 12
    assert sum(point["value"] for point in series) == 240


async def test_one_user_has_nearly_all_events() -> None:
    asked = Asked(one_issue(Stream(900, -300, -1, users=1), Stream(2, -200, -100, users=2, first_user=7)))
    [user] = [tag for tag in await asked.read("issues/SHOP-1/tags/") if tag["key"] == "user"]
    assert (user["totalValues"], user["uniqueValues"], user["topValues"][0]["count"]) == (902, 3, 900)


async def test_hosts_and_breadcrumbs_belong_to_their_stream() -> None:
    crumbs = (Crumb("http", "failed"),)
    asked = Asked(
        one_issue(
            Stream(3, -20, -10, servers={"web-7": 1}, breadcrumbs=crumbs), Stream(1, -5, -5, servers={"web-1": 1})
        )
    )
    table = await asked.read(
        "events/",
        dataset="errors",
        field=["server_name", "tags[server_name]", "count()"],
        sort="-count()",
        statsPeriod="1h",
    )
    assert [(row["server_name"], row["tags[server_name]"], row["count()"]) for row in table["data"]] == [
        ("web-7", "web-7", 3),
        ("web-1", "web-1", 1),
    ]
    for which, number in (("oldest", 1), ("latest", 0)):
        entries = (await asked.read(f"issues/SHOP-1/events/{which}/"))["entries"]
        assert len([entry for entry in entries if entry["type"] == "breadcrumbs"]) == number


async def test_a_column_with_odd_characters_is_refused() -> None:
    answer = await Asked(one_issue(Stream(1, -5, -5))).get(
        "events/", dataset="errors", field=["odd/name", "count()"], statsPeriod="1h"
    )
    assert answer.status_code == 400


RELEASES = st.lists(
    st.tuples(
        st.sampled_from(["app@1", "app@2", "app@3"]), st.sampled_from(["production", "staging"]), st.integers(1, 90)
    ),
    min_size=1,
    max_size=6,
)


@given(described=RELEASES)
@settings(max_examples=20)
async def test_sessions_by_release_are_the_sessions_of_the_environments(described: list[tuple[str, str, int]]) -> None:
    specs = tuple(
        SessionsSpec(count, -300, -1, crashed=count // 3, environment=environment, release=release)
        for release, environment, count in described
    )
    releases = tuple(ReleaseSpec(f"app@{number}", -900) for number in (1, 2, 3))
    asked = Asked(scenario("one", sessions=specs, releases=releases))
    fields = ["sum(session)", "crash_rate(session)"]
    wanted: dict[str, Any] = {"field": fields, "interval": "1h", "statsPeriod": "24h"}
    both = await asked.read("sessions/", groupBy=["environment", "release"], **wanted)
    alone = await asked.read("sessions/", groupBy="environment", **wanted)
    for group in alone["groups"]:
        parts = [part for part in both["groups"] if part["by"]["environment"] == group["by"]["environment"]]
        assert sum(part["totals"]["sum(session)"] for part in parts) == group["totals"]["sum(session)"]
        crashed = sum(part["totals"]["sum(session)"] * part["totals"]["crash_rate(session)"] for part in parts)
        assert round(crashed) == round(group["totals"]["sum(session)"] * group["totals"]["crash_rate(session)"])
        hours = zip(*(part["series"]["sum(session)"] for part in parts), strict=True)
        assert list(map(sum, hours)) == group["series"]["sum(session)"]


async def test_one_organization_lists_releases_and_flag_changes_of_all_its_projects() -> None:
    one = scenario("one", releases=(ReleaseSpec("one@1", -90),), flags=(FlagChangeSpec(-40, "a"),))
    two = scenario("two", releases=(ReleaseSpec("two@1", -60),), flags=(FlagChangeSpec(-30, "b"),))
    asked = Asked((one, two))
    releases = await asked.read("releases/")
    assert [(row["version"], [project["slug"] for project in row["projects"]]) for row in releases] == [
        ("two@1", ["two"]),
        ("one@1", ["one"]),
    ]
    assert [row["flag"] for row in (await asked.read("flags/logs/", sort="-created_at"))["data"]] == ["b", "a"]
