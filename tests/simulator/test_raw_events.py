"""Events told one by one, in several projects of one situation: what a scenario says is what each endpoint answers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulator.asking import Asked

from sentry_runbook.simulator.scenario import (
    DeploySpec,
    FlagChangeSpec,
    IssueSpec,
    RawEventSpec,
    RecoverySpec,
    ReleaseSpec,
    Scenario,
    Stream,
)
from sentry_runbook.simulator.world import ManualClock, World

TRACE, OTHER = "a" * 32, "b" * 32
SITUATION = Scenario(
    name="two projects",
    project="payments",
    issues=(
        IssueSpec(
            "PAYMENTS-1",
            "OperationalError: connection refused",
            handled=False,
            transaction="POST /pay",
            raw=(
                RawEventSpec(
                    -9.5, user="ada", trace=TRACE, release="pay@1", tags={"server_name": "db-1", "tenant": "x"}
                ),
                RawEventSpec(-9.0, user="bob", trace=OTHER, flags={"new-pool": True, "old-pool": False}),
                RawEventSpec(-8.75, environment=None, handled=True, transaction="POST /refund"),
                RawEventSpec(15.0, user="cyd"),
            ),
            streams=(Stream(2, -2000, -1900, users=0),),
        ),
    ),
    beside=(
        Scenario(
            name="web",
            project="web",
            issues=(
                IssueSpec("WEB-1", "502", handled=True, raw=(RawEventSpec(-9.4, user="ada", trace=TRACE),)),
                IssueSpec("WEB-2", "Other", raw=(RawEventSpec(-4, user="eve", environment="staging"),)),
            ),
            releases=(ReleaseSpec("web@7", -300, (DeploySpec(-200),)),),
            flags=(FlagChangeSpec(-60, "new-web"),),
            recovery=RecoverySpec("web is fixed", 20, streams=(Stream(5, 5, 10),)),
        ),
    ),
)
ALL: dict[str, Any] = {"dataset": "errors", "project": "-1", "statsPeriod": "7d"}


async def rows(asked: Asked, *field: str, **params: Any) -> Any:
    return (await asked.read("events/", field=list(field), **{**ALL, **params}))["data"]


async def test_each_event_is_what_the_scenario_says_of_it() -> None:
    columns = ("timestamp", "user", "trace", "release", "environment", "transaction", "server_name", "tags[tenant]")
    told = await rows(Asked(SITUATION), *columns, "error.unhandled", query="issue:PAYMENTS-1", statsPeriod="1h")
    assert [[row[column] or None for column in columns] for row in told] == [
        ["2026-11-20T11:51:15+00:00", None, None, None, None, "POST /refund", None, None],
        ["2026-11-20T11:51:00+00:00", "id:bob", OTHER, None, "production", "POST /pay", None, None],
        ["2026-11-20T11:50:30+00:00", "id:ada", TRACE, "pay@1", "production", "POST /pay", "db-1", "x"],
    ]
    assert [row["error.unhandled"] for row in told] == [0, 1, 1]


async def test_one_user_of_two_projects_is_one_user() -> None:
    asked = Asked(SITUATION)
    assert await rows(asked, "count()", "count_unique(user)") == [{"count()": 7, "count_unique(user)": 3}]
    for project, users in (("payments", 2), ("web", 2)):
        assert await rows(asked, "count_unique(user)", project=project) == [{"count_unique(user)": users}]


async def test_a_shared_trace_leads_to_the_events_of_all_projects() -> None:
    asked = Asked(SITUATION)
    found = await rows(asked, "issue", "project", query=f"trace:{TRACE}")
    assert [(row["issue"], row["project"]) for row in found] == [("WEB-1", "web"), ("PAYMENTS-1", "payments")]
    event = await asked.read("issues/WEB-1/events/latest/")
    assert event["contexts"]["trace"]["trace_id"] == TRACE


async def test_an_event_without_a_trace_has_no_trace_context_and_no_trace() -> None:
    asked = Asked(SITUATION)
    event = await asked.read("issues/PAYMENTS-1/events/latest/")
    assert "trace" not in event["contexts"]
    assert await rows(asked, "count()", query="has:trace issue:PAYMENTS-1", statsPeriod="1h") == [{"count()": 2}]


async def test_the_events_of_a_stream_have_each_their_own_trace() -> None:
    asked = Asked(SITUATION)
    told = await rows(asked, "trace", "id", query="issue:PAYMENTS-1", environment="production")
    of_stream = [row for row in told if row["trace"] not in {TRACE, OTHER}]
    assert len({row["trace"] for row in of_stream}) == len(of_stream) == 2
    event = await asked.read(f"issues/PAYMENTS-1/events/{of_stream[0]['id']}/")
    assert event["contexts"]["trace"]["trace_id"] == of_stream[0]["trace"]


async def test_flags_are_a_context_of_the_event_with_their_results() -> None:
    asked = Asked(SITUATION)
    (row,) = await rows(asked, "id", query="user.id:bob")
    event = await asked.read(f"issues/PAYMENTS-1/events/{row['id']}/")
    assert event["contexts"]["flags"]["values"] == [
        {"flag": "new-pool", "result": True},
        {"flag": "old-pool", "result": False},
    ]


async def test_all_that_stands_beside_a_scenario_is_in_its_world() -> None:
    asked = Asked(SITUATION)
    assert [row["slug"] for row in await asked.read("projects/")] == ["payments", "web"]
    assert [row["version"] for row in await asked.read("releases/", project="-1")] == ["web@7"]
    assert [row["flag"] for row in (await asked.read("flags/logs/"))["data"]] == ["new-web"]
    assert {row["shortId"] for row in await asked.read("issues/", query="", project="-1")} == {
        "PAYMENTS-1",
        "WEB-1",
        "WEB-2",
    }


async def test_each_project_goes_on_by_its_own_recovery() -> None:
    asked = Asked(SITUATION)
    before = await rows(asked, "issue", "count()", sort="issue")
    asked.clock.advance(minutes=16)
    after = await rows(asked, "issue", "count()", sort="issue")
    assert [(row["issue"], row["count()"]) for row in before] == [("PAYMENTS-1", 5), ("WEB-1", 1), ("WEB-2", 1)]
    assert [(row["issue"], row["count()"]) for row in after] == [("PAYMENTS-1", 6), ("WEB-1", 6), ("WEB-2", 1)]


def test_two_projects_of_one_slug_are_refused_wherever_they_stand() -> None:
    inner = Scenario(name="inner", project="payments", issues=(IssueSpec("P-1", "x"),))
    middle = Scenario(name="middle", project="web", issues=(IssueSpec("W-1", "x"),), beside=(inner,))
    with pytest.raises(ValueError, match="share a name"):
        World(
            Scenario(name="outer", project="payments", issues=(IssueSpec("Q-1", "x"),), beside=(middle,)), ManualClock()
        )
