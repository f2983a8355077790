"""What the tools say of several issues: whose a row is, from where, how many requests it takes, and bad input."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from sentry_runbook.collect import STORY, investigate
from sentry_runbook.incident.evidence_file import dump_evidence, load_evidence
from sentry_runbook.runtime import build_runtime
from sentry_runbook.sentry.rate_limiter import FAMILY_SLOTS
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.clock import ManualClock
from tests.together.worlds import HOUR, Member, Several, all_events, burst, cascade, people
from tests.tools.support import BASE, SETTINGS, connected
from tests.tools.test_rounds import ROUNDS

ALL = {"issue": "PAY-1", "issues": ["WEB-1", "EDGE-1"]}
ANSWERS = ("draft_postmortem", "draft_update", "check_recovery")


async def answer(tool: str, several: Several | None = None, profile: Profile | None = None, **more: Any) -> Any:
    """The values of one call about all issues of the cascade, or of another incident."""
    clock = ManualClock()
    several = several or cascade()
    async with connected(world=several.world(clock), clock=clock, profile=profile) as connection:
        return await connection.call(tool, **{**ALL, **more})


async def refusal(**arguments: Any) -> str:
    """The sentence of a call that must fail; every tool says the same."""
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        sentences = {await connection.error(tool, **arguments) for tool in ANSWERS}
    assert len(sentences) == 1
    return sentences.pop()


# --- the story -----------------------------------------------------------------------------------------------------


async def test_every_row_says_whose_it_is_and_where_it_comes_from_and_none_stands_twice() -> None:
    rows = (await answer("draft_postmortem"))["timeline"]
    names = ("PAY-1", "WEB-1", "EDGE-1")
    for row in rows:
        named = {name for name in names if name in row["what"] or name in row["source"]}
        if "issue" in row:
            assert named == {row["issue"]}, row
        else:
            assert "all 3 issues" in row["source"], row
    assert len({(row["at"], row["what"]) for row in rows}) == len(rows)
    created = {row["issue"] for row in rows if "created" in row["what"]}
    assert created == set(names)


async def test_what_people_did_on_each_issue_stands_in_the_one_timeline_with_a_link_to_it() -> None:
    several, clock = cascade(), ManualClock()
    async with connected(world=several.world(clock), clock=clock) as connection:
        rows = (await connection.call("draft_postmortem", **ALL))["timeline"]
        numbers = {name: connection.number(name) for name in several.short_ids}
        markdown = await connection.text("draft_postmortem", **ALL)
    resolved = next(row for row in rows if "resolved the issue" in row["what"])
    back = next(row for row in rows if "came back" in row["what"])
    note = next(row for row in rows if "pool of payments" in row["what"])
    assert [row["issue"] for row in (resolved, back, note)] == ["WEB-1", "WEB-1", "EDGE-1"]
    assert resolved["source"] == "activity log of WEB-1"
    for row in rows:
        if "issue" in row and row.get("link"):
            assert f"/issues/{numbers[row['issue']]}/" in row["link"]
    for name, number in numbers.items():
        assert f"[{name}]({BASE}/organizations/acme/issues/{number}/)" in markdown


async def test_the_whys_start_at_the_issue_that_began_first_and_say_what_ties_the_others_to_it() -> None:
    markdown = (await answer("draft_postmortem", issue="EDGE-1", issues=["WEB-1", "PAY-1"]))["markdown"]
    first_why = markdown.partition("1. Why did the error occur?")[2].partition("2. Why")[0]
    assert "The first of the issues is PAY-1" in first_why
    assert "3 issues began within 1 min 18 s (11:20:00 to 11:21:18 UTC); the first is PAY-1" in first_why
    assert 'edge fails in its calls to "/checkout" of web' in first_why
    assert "123 people in all, though the issues' own numbers of users add up to 186" in first_why


async def test_the_lowest_crash_free_rate_of_their_projects_decides_and_is_named() -> None:
    text = (await answer("draft_update"))["text"]
    assert 'Severity: P0 Critical. Crash-free sessions of production in "web" at 93.50 %' in text
    assert "By these issues' own figures together: P1." in text


async def test_engineers_read_all_names_and_customers_none_and_no_number_of_issues() -> None:
    engineers = (await answer("draft_update", kind="update"))["text"]
    assert all(name in engineers for name in ("PAY-1", "WEB-1", "EDGE-1"))
    for kind in ("initial", "update", "resolved"):
        customers = (await answer("draft_update", kind=kind, audience="customers"))["text"]
        assert not re.search(r"issue|PAY|WEB|EDGE|payments|\b3\b|together", customers), customers


@pytest.mark.parametrize(("kind", "more"), [("update", {"since": "2026-11-20T11:30:00Z"}), ("handoff", {})])
async def test_an_act_on_one_of_the_issues_is_told_once_and_says_on_which(kind: str, more: dict[str, Any]) -> None:
    text = (await answer("draft_update", kind=kind, **more))["text"]
    assert "Last event up to" not in text, "no news of an update"
    assert text.count("came back") - text.count("the issue came back after the last one") == 1
    lines = [line for line in text.splitlines() if "resolved the issue" in line or "pool of payments" in line]
    assert [re.findall(r"(?:WEB|EDGE|PAY)-1(?=: )", line) for line in lines] == [["WEB-1"], ["EDGE-1"]]


async def test_a_handoff_names_all_issues_first() -> None:
    text = (await answer("draft_update", kind="handoff"))["text"]
    assert re.findall(r"\[((?:PAY|WEB|EDGE)-1)\]\(", text.splitlines()[0]) == ["PAY-1", "WEB-1", "EDGE-1"]
    assert "this message reads these issues alone" in " ".join(
        (await answer("draft_update", kind="handoff"))["unknowns"]
    )


async def test_a_text_about_one_issue_reads_as_it_did_before_there_were_several() -> None:
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        rows = (await connection.call("draft_postmortem", issue="WEB-1"))["timeline"]
        recovery = await connection.call("check_recovery", issue="WEB-1")
    assert all("issue" not in row and "all " not in row["source"] for row in rows)
    assert "issues" not in recovery


def days_apart(hours: float) -> Several:
    """Two issues of which one began that much earlier."""
    rng = Random(5)  # noqa: S311  # draws of a test
    early = burst(rng, start=-hours * HOUR - 60, end=-hours * HOUR, events=60, users=people(0, 30))
    late = burst(rng, start=-60, end=-1, events=60, users=people(0, 30))
    return Several((Member("PAY-1", "payments", early), Member("WEB-1", "web", late)))


@pytest.mark.parametrize(("hours", "is_warned"), [(71, True), (24, True), (22.9, False), (1, False)])
async def test_issues_that_began_days_apart_are_told_with_a_doubt(hours: float, is_warned: bool) -> None:
    for tool in ANSWERS:
        result = await answer(tool, days_apart(hours), issues=["WEB-1"])
        warnings = result.get("warnings") or result.get("impact", {}).get("warnings") or []
        doubts = [warning for warning in warnings if warning.endswith("are they one incident?")]
        assert bool(doubts) is is_warned, (tool, warnings)


async def test_issues_that_nothing_ties_are_told_together_on_the_caller_s_word() -> None:
    rng = Random(6)  # noqa: S311  # draws of a test
    members = tuple(
        Member(short_id, name, burst(rng, start=-30, end=-1, events=40, users=people(at, at + 30)), title)
        for at, short_id, name, title in (
            (0, "PAY-1", "payments", "KeyError: 'plan'"),
            (50, "WEB-1", "web", "TypeError: x is undefined"),
        )
    )
    text = (await answer("draft_update", Several(members), issues=["WEB-1"]))["text"]
    assert "not tied by anything that was read: the caller says that they belong together" in text


# --- requests ------------------------------------------------------------------------------------------------------


def in_one_project(number: int) -> Several:
    """So many issues of one project."""
    rng = Random(number)  # noqa: S311  # draws of a test
    return Several(
        tuple(
            Member(f"PAY-{place + 1}", "payments", burst(rng, start=place - 60, end=-2, events=30, users=people(0, 90)))
            for place in range(number)
        )
    )


ISSUES_AT_ONCE = FAMILY_SLOTS["issue"]
MORE: Mapping[str, int] = {"draft_postmortem": 2, "draft_update": 2, "check_recovery": 2}
"""Requests beside one for each further issue and one for each further project: the organization's environments, and
the events of each issue apart."""


@pytest.mark.parametrize(
    ("several", "projects"), [(cascade(), 3), (in_one_project(2), 1), (in_one_project(10), 1)], ids=["3", "2", "10"]
)
async def test_a_further_issue_costs_one_request_and_a_further_project_another(several: Several, projects: int) -> None:
    clock = ManualClock()
    first, *others = several.short_ids
    async with connected(world=several.world(clock), clock=clock) as connection:
        for tool, more in MORE.items():
            connection.upstream.reset()
            await connection.call(tool, issue=first)
            alone, rounds = list(connection.upstream.requests), connection.upstream.rounds
            connection.upstream.reset()
            await connection.call(tool, issue=first, issues=others)
            requests = connection.upstream.requests
            assert len(requests) == len(set(requests)), "asked the same thing twice"
            # Of one issue a tag tells that all of its events are unhandled; of several they are asked for.
            saved = int(tool != "check_recovery" and not any("error.unhandled" in r and "issue.id" in r for r in alone))
            assert len(requests) - saved <= len(alone) + len(others) + projects - 1 + more, tool
            # Sentry takes few requests for issues at once: four of them make no further round.
            waves = (len(several.short_ids) - 1) // ISSUES_AT_ONCE
            assert connection.upstream.rounds <= max(rounds, ROUNDS[tool]) + waves, (
                connection.upstream.requests_per_round
            )


@pytest.mark.parametrize("number", [3, 10])
async def test_the_text_of_a_postmortem_is_not_cut_however_many_issues_it_tells(number: int) -> None:
    several = cascade() if number == 3 else in_one_project(number)
    first, *others = several.short_ids
    result = await answer("draft_postmortem", several, issue=first, issues=others)
    assert "characters]" not in result["markdown"]
    assert "### Action Items" in result["markdown"]
    assert all(f"[{short_id}](" in result["markdown"] for short_id in several.short_ids)
    assert not any(missing["what"] == "markdown" for missing in result["missing"])


# --- bad input -----------------------------------------------------------------------------------------------------


async def test_more_than_nine_further_issues_are_refused_with_the_way_out() -> None:
    sentence = await refusal(issue="PAY-1", issues=[f"WEB-{number}" for number in range(1, 11)])
    assert sentence.startswith("issues holds 10 issues; at most 9 are told together with the first.")
    assert "assess_situation" in sentence


async def test_an_issue_that_sentry_does_not_know_is_named() -> None:
    sentence = await refusal(issue="PAY-1", issues=["WEB-1", "GONE-7"])
    assert "GONE-7" in sentence
    assert "find_issues" in sentence


@pytest.mark.parametrize(
    "link", ["https://sentry.example.org/organizations/acme/issues/12/", "https://evil.example/issues/3730371288/"]
)
async def test_a_link_of_another_host_is_refused(link: str) -> None:
    assert await refusal(issue="PAY-1", issues=[link]) == await refusal(issue=link)


async def test_a_link_that_names_no_issue_is_refused_with_the_issues_behind_it() -> None:
    link = f"{BASE}/organizations/acme/issues/?project=-1&query=is%3Aunresolved"
    sentence = await refusal(issue="PAY-1", issues=[link])
    assert sentence == await refusal(issue=link)
    assert "WEB-1" in sentence


async def test_links_of_two_organizations_are_refused_for_their_people_cannot_be_counted_together() -> None:
    link = f"{BASE}/organizations/globex/issues/12/"
    sentence = await refusal(issue="PAY-1", issues=[link])
    assert sentence.startswith("The issues belong to different organizations (acme, globex).")


@pytest.mark.parametrize("form", ["the same short id", "another case", "the number", "the link", "the main one"])
async def test_an_issue_that_is_given_twice_counts_once_and_is_said_to(form: str) -> None:
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        number = connection.number("WEB-1")
        again = {
            "the same short id": "WEB-1",
            "another case": "web-1",
            "the number": number,
            "the link": f"{BASE}/organizations/acme/issues/{number}/?environment=production",
            "the main one": connection.number("PAY-1"),
        }[form]
        once = await connection.call("draft_postmortem", issue="PAY-1", issues=["WEB-1"])
        twice = await connection.call("draft_postmortem", issue="PAY-1", issues=["WEB-1", again])
    name = "PAY-1" if form == "the main one" else "WEB-1"
    assert f"{name} was given more than once: it counts once." in twice["impact"]["warnings"]
    assert {**twice["impact"], "warnings": None} == {**once["impact"], "warnings": once["impact"].get("warnings")}
    assert twice["timeline"] == once["timeline"]


async def test_the_main_issue_again_and_nothing_else_is_one_issue() -> None:
    recovery = await answer("check_recovery", issues=["PAY-1"])
    assert "issues" not in recovery
    assert any("counts once" in warning for warning in recovery["warnings"])


async def test_no_further_issue_is_the_same_as_none_given() -> None:
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        for tool in ANSWERS:
            assert await connection.call(tool, issue="PAY-1", issues=[]) == await connection.call(tool, issue="PAY-1")


# --- servers that cannot count them together -----------------------------------------------------------------------


@pytest.mark.parametrize("profile", [Profile(discover=False), Profile(global_views=False)], ids=["none", "one project"])
async def test_where_they_cannot_be_counted_together_events_are_summed_and_people_never(profile: Profile) -> None:
    several = cascade()
    postmortem = await answer("draft_postmortem", several, profile)
    impact = postmortem["impact"]
    assert impact["events"] == len(several.events())
    assert "users" not in impact
    assert "users_worst_hour" not in impact
    why = next(missing["why"] for missing in postmortem["missing"] if missing["what"] == "impact.users")
    assert "not to be added up" in why
    recovery = await answer("check_recovery", several, profile)
    assert [issue["verdict"] for issue in recovery["issues"]] == ["ongoing"] * 3


async def test_issues_of_one_project_are_counted_together_where_several_projects_are_not_searched() -> None:
    several = in_one_project(3)
    impact = (await answer("draft_postmortem", several, Profile(global_views=False), issues=["PAY-2", "PAY-3"]))[
        "impact"
    ]
    assert (impact["events"], impact["users"]) == (len(several.events()), several.users())


async def test_another_issue_with_more_of_a_project_s_crashes_is_named_beside_these_issues() -> None:
    several = cascade()
    loud = burst(Random(3), start=-50, end=-2, events=900, users=people(0, 80))  # noqa: S311  # draws of a test
    crowded = Several((*several.members, Member("WEB-9", "web", loud, "KeyError: 'cart'")), several.sessions)
    text = (await answer("draft_update", crowded))["text"]
    shares = (
        "these 3 issues have 27.4 % of the unhandled events of their projects; WEB-9 \"KeyError: 'cart'\" has 72.6 %"
    )
    assert shares in text
    assert "the project's unhandled errors come from WEB-9 \"KeyError: 'cart'\"; these issues have 27.4 %" in text


async def test_events_outside_production_count_for_no_issue_of_the_incident() -> None:
    rng = Random(8)  # noqa: S311  # draws of a test
    production = burst(rng, start=-30, end=-1, events=30, users=people(0, 20))
    staging = burst(rng, start=-29, end=-1, events=300, users=people(100, 300), environment="staging")
    several = Several(
        (Member("PAY-1", "payments", production), Member("WEB-1", "web", all_events(production, staging)))
    )
    impact = (await answer("draft_postmortem", several, issues=["WEB-1"]))["impact"]
    assert (impact["events"], impact["users"]) == (60, several.users())


async def test_a_file_of_several_issues_gives_the_same_story_and_no_link_to_another_server() -> None:
    clock = ManualClock()
    async with connected(world=cascade().world(clock), clock=clock) as connection:
        evidence = await investigate(
            build_runtime(SETTINGS, http_transport=connection.upstream, clock=clock), "PAY-1", STORY, beside=("WEB-1",)
        )
    kept = load_evidence(dump_evidence(evidence), lambda _: True)
    assert kept == evidence
    elsewhere = load_evidence(dump_evidence(evidence), lambda url: "never" in url)
    assert [issue.url for issue in (elsewhere.issue, *elsewhere.together)] == ["", "", ""]


async def test_models_may_write_the_issues_as_one_text() -> None:
    assert await answer("check_recovery", issues="WEB-1, EDGE-1") == await answer("check_recovery")
