"""Environments, through the tools: what counts as production, what is judged when one is named, and unknown ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, ReleaseSpec, Scenario, SessionsSpec, Stream
from sentry_runbook.simulator.world import World
from tests.tools.support import Connection, connected

Call = tuple[str, dict[str, Any]]
LOUD = 320
"""Events of as many users within an hour: a P1 wherever it is judged."""


def seen_in(*environments: str, sessions: str | None = "", deployed: str | None = None) -> World:
    """A project whose one issue is as loud in each of these; sessions in the first one unless named, or in none."""
    streams = tuple(
        Stream(LOUD, -50, -2, users=LOUD, first_user=1 + 1000 * number, environment=name, handled=True)
        for number, name in enumerate(environments)
    )
    deploys = (DeploySpec(-900, deployed),) if deployed else ()
    scenario = Scenario(
        name="somewhere",
        project="shop",
        issues=(IssueSpec("SHOP-1", "Boom", streams=streams),),
        releases=(ReleaseSpec("shop@1.0.0", -1000, deploys),),
        sessions=() if sessions is None else (SessionsSpec(48_000, environment=sessions or environments[0]),),
    )
    return World(scenario, ManualClock())


async def answered(
    world: World, *calls: Call, transport: httpx.AsyncBaseTransport | None = None
) -> list[dict[str, Any]]:
    """The structured answers to calls about the issue."""
    more = {"transport": transport} if transport else {}
    async with connected(world=world, clock=ManualClock(), **more) as connection:  # type: ignore[arg-type]  # one key
        return [await connection.call(tool, issue="SHOP-1", **arguments) for tool, arguments in calls]


TRIAGE: Call = ("triage_issue", {})


PRODUCTION = (
    *("Production", "PROD", "Live", "eu-prod", "shop.production.eu", "PRD", "prod_us_1", "production-blue"),
    *("latest-prod", "device-prod", "notifications-live", "premium_prod", "stagecoach-prod", "prod-contest"),
)
"""Also where a word of other environments is only a part of another word."""
NONE = (
    *("pre-prod", "non-production", "not-live", "prod-test", "live.staging", "prod_dev", "Prod-Stage", "prod-testing"),
    *("prod-preview", "dev2-prod", "prod.development", "preprod", "nonprod", "products", "reproduction", "alive"),
)


@pytest.mark.parametrize("name", PRODUCTION)
async def test_production_is_told_by_its_name_in_any_case_and_place(name: str) -> None:
    [triage] = await answered(seen_in(name, "staging"), TRIAGE)
    assert (triage["severity"]["severity"], triage["impact"]["events"]) == ("P1", LOUD)
    assert not any("production" in warning for warning in triage.get("warnings", ()))


@pytest.mark.parametrize("name", NONE)
async def test_a_name_that_also_says_it_is_none_is_not_production(name: str) -> None:
    [verdict] = await answered(seen_in(name, sessions="production"), ("classify_severity", {}))
    assert (verdict["severity"], verdict["decided_by"]) == ("P3", "non_production")


@pytest.mark.parametrize("deployed", [None, "production"], ids=["never deployed", "a deploy marker names production"])
async def test_where_nothing_is_called_production_nothing_is_staging_and_all_is_judged(deployed: str | None) -> None:
    [triage] = await answered(seen_in("main", "kiosk", deployed=deployed), TRIAGE)
    assert triage["severity"]["severity"] == "P1"
    assert triage["impact"]["events"] == 2 * LOUD
    assert triage["impact"]["sessions"] > 0, "the sessions of all environments are judged"
    [warning] = [warning for warning in triage["warnings"] if "called production" in warning]
    assert 'those with data are "main", "kiosk".' in warning and "policy" in warning
    assert ('"production" is in the list of environments, but nothing came from there' in warning) is bool(deployed)
    finding = triage["checklist"][4]
    assert (finding["finding"], finding["state"]) == (
        "No environment with data is called production: all events count.",
        "attention",
    )


async def test_an_issue_of_staging_stays_so_where_the_project_has_a_production() -> None:
    for sessions in ("production", None):
        [triage] = await answered(seen_in("staging", sessions=sessions, deployed="production"), TRIAGE)
        assert (triage["severity"]["decided_by"], triage["severity"]["severity"]) == ("non_production", "P3")
        assert not any("called production" in warning for warning in triage.get("warnings", ()))


async def test_where_the_environments_of_the_project_cannot_be_read_it_may_be_staging_or_not() -> None:
    world = seen_in("main", sessions=None)
    app = httpx.ASGITransport(create_app(world))

    async def without_list(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/acme/environments/"):
            return httpx.Response(403, json={"detail": "You do not have permission to perform this action."})
        return await app.handle_async_request(request)

    [verdict] = await answered(world, ("classify_severity", {}), transport=httpx.MockTransport(without_list))
    asked = next(entry for entry in verdict["criteria"] if entry["id"] == "non_production")
    assert (asked["met"], verdict["severity"], verdict["could_be"]["lowest"]) == ("unknown", "P1", "P3")


async def among(others: Sequence[str], *, refused: str = "", hidden: str = "", name: str = "main") -> dict[str, Any]:
    """The verdict on an issue of one environment, in a project whose other issue was seen in ``others`` weeks ago.

    Args:
        others: the environments of the other issue.
        refused: requests whose address holds this text are forbidden.
        hidden: an environment that somebody hid: the list leaves it out.
        name: the environment of the issue, and of all sessions.
    """
    issues = (
        IssueSpec("SHOP-1", "Boom", streams=(Stream(LOUD, -50, -2, users=LOUD, environment=name, handled=True),)),
        IssueSpec("SHOP-2", "Old", streams=tuple(Stream(3, -20_000, -15_000, environment=one) for one in others)),
    )
    sessions = (SessionsSpec(48_000, environment=name),)
    world = World(Scenario(name="among", project="shop", issues=issues, sessions=sessions), ManualClock())
    app = httpx.ASGITransport(create_app(world))

    async def answer(request: httpx.Request) -> httpx.Response:
        if refused and refused in str(request.url):
            return httpx.Response(403, json={"detail": "You do not have permission to perform this action."})
        response = await app.handle_async_request(request)
        if not request.url.path.endswith("/environments/"):
            return response
        listed = json.loads(await response.aread())
        return httpx.Response(200, json=[one for one in listed if one["name"] != hidden])

    [verdict] = await answered(world, ("classify_severity", {}), transport=httpx.MockTransport(answer))
    return verdict


OF_THE_PROJECT = "field=environment&field=count%28%29&query=&"


async def test_a_production_that_only_other_issues_were_seen_in_is_one() -> None:
    """Its sessions are all elsewhere: production sends none."""
    for verdict in (await among(["production"]), await among(["production"], hidden="production")):
        assert (verdict["severity"], verdict["decided_by"]) == ("P3", "non_production")
    elsewhere = await among(["kiosk"])
    assert elsewhere["severity"] == "P1"
    assert any('those with data are "main", "kiosk"' in one for one in elsewhere["warnings"])


@pytest.mark.parametrize("refused", ["/acme/environments/", OF_THE_PROJECT])
async def test_what_cannot_be_read_of_the_project_leaves_it_open_whether_there_is_a_production(refused: str) -> None:
    verdict = await among(["production"] if refused == OF_THE_PROJECT else ["kiosk"], refused=refused)
    criterion = next(entry for entry in verdict["criteria"] if entry["id"] == "non_production")
    assert criterion["met"] == "unknown" and "403" in criterion["note"]
    assert (verdict["severity"], verdict["could_be"]["lowest"]) == ("P1", "P3")


async def test_what_calls_itself_staging_is_believed_where_production_is_only_deployed_to() -> None:
    world = seen_in("staging", deployed="production")
    [verdict] = await answered(world, ("classify_severity", {}))
    assert (verdict["severity"], verdict["decided_by"]) == ("P3", "non_production")
    [alone] = await answered(seen_in("staging"), ("classify_severity", {}))
    assert alone["severity"] == "P1", "no environment of the project is called production: nothing is staging"


async def test_a_postmortem_calls_nothing_caught_before_production_where_there_may_be_none() -> None:
    [main] = await answered(seen_in("main"), ("draft_postmortem", {}))
    assert "caught before production" not in main["markdown"]
    [staging] = await answered(seen_in("staging", sessions="production"), ("draft_postmortem", {}))
    assert "caught before production" in staging["markdown"]


@pytest.mark.parametrize("name", ["%APP_ENV%", "${ENVIRONMENT}", "{{env}}", "$ENV", "__ENV__", "#{Octopus.Env}"])
async def test_an_unexpanded_placeholder_is_named_as_one_and_is_not_staging(name: str) -> None:
    for sessions in ("", "production"):
        [triage] = await answered(seen_in(name, sessions=sessions), TRIAGE)
        assert triage["severity"]["severity"] == "P1"
        [warning] = [warning for warning in triage["warnings"] if "placeholder" in warning]
        assert "production" in warning
        assert name.strip("{}") in warning, "the sanitizer puts a blank into {{"


@pytest.mark.parametrize("name", ["undefined", "null", "None", "[object Object]"])
async def test_what_code_writes_for_an_unset_variable_is_no_name_either(name: str) -> None:
    [beside] = await answered(seen_in(name, sessions="production"), TRIAGE)
    assert (beside["severity"]["severity"], beside["severity"]["could_be"]["lowest"]) == ("P1", "P3")
    [warning] = [one for one in beside["warnings"] if "unset variable" in one]
    assert "not known" in warning and "SDK's options" in warning
    [alone] = await answered(seen_in(name, deployed="production"), TRIAGE)
    [warning] = [one for one in alone["warnings"] if "unset variable" in one]
    assert "all events count" in warning and "policy" not in warning, "no name for a policy"


async def test_the_environment_that_is_named_is_the_one_judged_even_where_it_is_staging() -> None:
    world = seen_in("production", "staging", sessions="staging")
    calls: Sequence[Call] = [
        ("classify_severity", {"environment": "staging"}),
        ("discover_impact", {"environment": "staging"}),
        ("classify_severity", {"environment": "staging,production"}),
    ]
    staging, impact, both = await answered(world, *calls)
    assert (staging["severity"], staging["decided_by"]) == ("P1", "users_per_hour")
    assert (impact["events"], impact["users_worst_hour"]) == (LOUD, LOUD)
    assert impact["crash_free_sessions_pct"] == 100, "the sessions of staging"
    assert next(entry for entry in both["criteria"] if entry["id"] == "users_per_hour")["observed"] == 2 * LOUD


async def test_a_crash_free_rate_is_called_by_the_environment_whose_sessions_it_counts() -> None:
    streams = (Stream(20, -50), Stream(20, -50, environment="staging"))
    crashing = SessionsSpec(4_800, crashed=2_400, environment="staging")
    issues = (IssueSpec("SHOP-1", "Boom", streams=streams),)
    world = World(Scenario(name="crashing", project="shop", issues=issues, sessions=(crashing,)), ManualClock())
    staging, plain = await answered(world, ("classify_severity", {"environment": "staging"}), ("classify_severity", {}))
    assert staging["severity"] == "P0" and staging["because"].startswith('Crash-free sessions of "staging" at 50.00 %')
    assert plain["severity"] == "P2", "production has no sessions: unknown"
    main = (Stream(20, -50, environment="main"),)
    sessions = (SessionsSpec(4_800, crashed=2_400, environment="main"),)
    issues = (IssueSpec("SHOP-1", "Boom", streams=main),)
    world = World(Scenario(name="crashing", project="shop", issues=issues, sessions=sessions), ManualClock())
    [verdict] = await answered(world, ("classify_severity", {}))
    assert verdict["because"].startswith("Crash-free sessions of all environments at 50.00 %")


UNKNOWN_IN: Sequence[Call] = [
    ("triage_issue", {}),
    ("discover_impact", {}),
    ("classify_severity", {}),
    ("get_issue", {}),
    ("list_events", {}),
]


@pytest.mark.parametrize(("tool", "arguments"), UNKNOWN_IN, ids=[tool for tool, _ in UNKNOWN_IN])
async def test_an_unknown_environment_is_answered_with_those_that_there_are(
    tool: str, arguments: dict[str, Any]
) -> None:
    [result] = await answered(seen_in("production", "staging"), (tool, {**arguments, "environment": "produciton"}))
    said = json.dumps(result)
    assert "no environment" in said and "produciton" in said
    assert '\\"production\\"' in said and '\\"staging\\"' in said
    said = said.replace("no events in production, some elsewhere", "")  # the threshold of a criterion
    for wrong in ("no events", "knows no issue", "knows no event", "This is measured"):
        assert wrong not in said


async def test_an_unknown_environment_measures_nothing() -> None:
    calls: Sequence[Call] = [(tool, {"environment": "qa"}) for tool in ("discover_impact", "classify_severity")]
    impact, verdict = await answered(seen_in("production"), *calls)
    missing = {entry["what"]: entry["why"] for entry in impact["missing"]}
    for part in ("events", "users", "users_worst_hour", "crash_free_sessions_pct"):
        assert part not in impact
        assert "no such environment" in missing[part]
    assert verdict["could_be"]["highest"] == "P0"


async def test_the_names_most_like_the_one_asked_for_come_first() -> None:
    world = seen_in("Production", *(f"customer-{number:02}" for number in range(14)))
    for tool in ("triage_issue", "list_events"):
        [result] = await answered(world, (tool, {"environment": "production"}))
        [warning] = [one for one in result["warnings"] if "no environment" in one]
        assert '"Production", "customer-' in warning and "and 5 more" in warning


async def test_one_unknown_environment_among_known_ones_is_told_with_the_events_of_the_others() -> None:
    [events] = await answered(seen_in("production", "staging"), ("list_events", {"environment": "production,qa"}))
    assert events["events"]
    assert any('no environment "qa"' in one for one in events["warnings"])
    calls: Sequence[Call] = [("list_events", {"environment": "production,staging"})]
    [both] = await answered(seen_in("production", "staging"), *calls)
    assert "warnings" not in both


async def test_an_unknown_environment_of_a_link_is_told_by_every_tool_that_takes_a_link() -> None:
    async with connected(world=seen_in("production", "staging"), clock=ManualClock()) as connection:
        link = f"http://localhost/organizations/acme/issues/{connection.number('SHOP-1')}/?environment=qa"
        for tool in ("triage_issue", "get_issue", "check_recovery", "draft_update", "draft_postmortem"):
            said = json.dumps(await connection.call(tool, issue=link)) + await connection.text(tool, issue=link)
            assert said.count("The project has no environment") == 2, tool


async def test_an_empty_search_in_an_unknown_environment_is_none_of_that_environment() -> None:
    """Some servers answer an empty list in place of 404."""
    world = seen_in("production", "staging")
    app = httpx.ASGITransport(create_app(world))

    async def answer(request: httpx.Request) -> httpx.Response:
        is_list = request.url.path.endswith("/acme/issues/")
        return httpx.Response(200, json=[]) if is_list else await app.handle_async_request(request)

    async with connected(world=world, clock=ManualClock(), transport=httpx.MockTransport(answer)) as connection:
        assert 'no environment "qa"' in await refused(connection, "find_issues", environment="qa")
        assert "issues" in await connection.call("find_issues", environment="staging")


async def test_a_search_in_an_unknown_environment_names_those_that_sentry_knows() -> None:
    async with connected(world=seen_in("production", "staging"), clock=ManualClock()) as connection:
        said = await refused(connection, "find_issues", environment="produciton")
        found = await connection.call("find_issues", environment="staging")
    assert 'no environment "produciton"' in said and '"production", "staging"' in said
    assert [row["short_id"] for row in found["issues"]] == ["SHOP-1"]


async def refused(connection: Connection, tool: str, **arguments: Any) -> str:
    """The text of a call that must fail."""
    result = await connection.client.call_tool(tool, arguments)
    assert result.is_error
    return str(getattr(result.content[0], "text", ""))


@pytest.mark.parametrize("word", ["", "null", "None", "NULL", "undefined", " none ", ",", "null,none"])
async def test_a_word_for_nothing_names_no_environment(word: str) -> None:
    calls: Sequence[Call] = [
        (tool, {"environment": word}) for tool in ("triage_issue", "discover_impact", "list_events")
    ]
    triage, impact, events = await answered(seen_in("production", "staging"), *calls)
    assert triage["impact"]["events"] == impact["events"] or impact["events"] == 2 * LOUD
    assert triage["impact"]["events"] == LOUD
    assert events["events"]
    assert "no environment" not in json.dumps([triage, impact, events])


LINK = "http://localhost/organizations/acme/issues/{}/?environment=staging&referrer=slack"
FROM_LINK = 'The link asks for the environment "staging": numbers of the window are of it alone.'


@pytest.mark.parametrize("tool", ["get_issue", "discover_impact", "triage_issue", "list_events"])
async def test_an_environment_of_the_link_is_told_and_one_that_was_named_is_no_news(tool: str) -> None:
    streams = (Stream(20, -100, -5, users=10), Stream(7, -80, -7, users=7, environment="staging"))
    world = World(Scenario(name="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=streams),)), clock := ManualClock())
    async with connected(world=world, clock=clock) as connection:
        link = LINK.format(connection.number("SHOP-1"))
        assert FROM_LINK in (await connection.call(tool, issue=link))["warnings"]
        assert FROM_LINK in await connection.text(tool, issue=link)
        named = await connection.call(tool, issue=link, environment="staging")
        unknown = await connection.call(tool, issue=link.replace("staging", "nosuch"))
    assert FROM_LINK not in named.get("warnings", ())
    assert any('no environment "nosuch"' in warning for warning in unknown["warnings"])
    assert not any("The link asks" in warning for warning in unknown["warnings"])
