"""Which tags an issue's events are counted by, and what that tells of a customer who has nearly all of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.collect import IMPACT
from sentry_runbook.collect.breakdown_columns import ALWAYS, BREAKDOWN_TAGS
from sentry_runbook.incident.model.evidence import Breakdown, Known
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.collect.asked import Asked, asked, body, refusal
from tests.tools.support import connected

DAY = 1440
NOISE = {f"n{number}": 1.0 for number in range(40)}
TAGS: dict[str, dict[str, float]] = {
    "customer": {"acme-corp": 97, "blue": 1, "red": 1, "green": 1},
    "shard": NOISE,
    "request_id": {f"r{number}": 1.0 for number in range(200)},
    "customer_id": {"17": 9, "18": 1},
    "account.email": {"a@example.com": 3, "b@example.com": 1},
    "plan": {"free": 3, "gold": 1},
    "always": {"same": 1},
    "sentry:dist": {"1": 1, "2": 1},
    "runtime.name": {"node": 1, "deno": 1},
    "status": {"late": 9, "early": 1},
    "theme": {"dark": 4, "light": 1},
}


def scenario(*streams: Stream, platform: str = "node", **issue: Any) -> Scenario:
    """One issue."""
    return Scenario(name="one", platform=platform, issues=(IssueSpec("ONE-1", "Boom", streams=streams, **issue),))


NEW = scenario(Stream(200, -300, -1, users=50, tags=TAGS))


def columns(answer: Asked, index: int = 0) -> list[str]:
    """The columns of a breakdown, without the count."""
    return answer.requests["breakdown"][index].get_list("field")[:-1]


async def test_the_user_s_own_tags_that_may_explain_an_issue_are_counted_and_no_single_ones() -> None:
    chosen = columns(await asked(NEW, IMPACT))
    assert chosen[:2] == list(ALWAYS)
    # The most concentrated first, those first whose name says that they part customers or machines; and no more than
    # make few combinations: countries, which spread the events, are left out.
    assert chosen[2:] == ["customer", "plan", "tags[status]", "server_name", "theme"]


async def test_a_customer_who_has_nearly_all_events_stands_in_the_breakdown() -> None:
    clock = ManualClock()
    async with connected(world=World(NEW, clock), clock=clock) as connection:
        impact = await connection.call("discover_impact", issue="ONE-1")
    rows = {(row["tag"], row["value"]): row["share"] for row in impact["breakdown"]}
    assert rows["customer", "acme-corp"] == 0.97
    assert rows["status", "late"] == 0.9
    assert not any(tag.startswith("tags[") for tag, _ in rows)


async def test_both_breakdowns_of_an_old_issue_have_the_same_columns_by_what_it_meets_now() -> None:
    old = scenario(
        Stream(400, -9 * DAY, -2 * DAY, users=50, servers=NOISE),
        Stream(300, -2 * DAY, -DAY - 1, users=50, servers=NOISE),
        Stream(90, -100, -1, users=50, servers={"n7": 1}),
    )
    answer = await asked(old, IMPACT)
    # Of its whole life forty hosts have it, which would spread the counts over too many combinations.
    assert "server_name" in columns(answer) and columns(answer) == columns(answer, 1)
    assert isinstance(answer.evidence.breakdown, Known)
    assert {row.tags["server_name"] for row in answer.evidence.breakdown.value.combinations} == {"n7"}
    fresh = await asked(scenario(Stream(400, -300, -1, users=50, servers=NOISE)), IMPACT)
    assert "server_name" not in columns(fresh)


async def test_browsers_and_systems_are_counted_by_version_where_these_are_hardly_more() -> None:
    systems = {"iOS 18.4": 1.0, "iOS 18.5": 3.0}
    browsers = {"Chrome 141.0": 3.0, "Safari 18.5": 2.0}
    phones = scenario(
        Stream(200, -300, -1, users=50, systems=systems, browsers=browsers, devices={"iPhone": 1}),
        platform="javascript",
    )
    assert columns(await asked(phones, IMPACT))[2:] == ["os", "browser", "geo.country_code"]
    many = {f"Chrome {version}.0": 1.0 for version in range(120, 130)} | {"Safari 18.5": 10.0}
    varied = scenario(Stream(200, -300, -1, users=50, browsers=many), platform="javascript")
    assert "browser.name" in columns(await asked(varied, IMPACT))


async def test_a_tag_that_stands_out_among_the_latest_events_is_counted_before_others() -> None:
    payments, even = {"card": 5.0, "klarna": 1.0, "paypal": 4.0}, {f"v{number}": 1.0 for number in range(30)}
    old = scenario(
        Stream(600, -9 * DAY, -DAY, users=50, tags={"payment_method": payments, "theme": {"dark": 4, "light": 1}}),
        Stream(120, -100, -1, users=50, tags={"payment_method": {"klarna": 1}, "theme": {"dark": 4, "light": 1}}),
    )
    assert columns(await asked(old, IMPACT))[2] == "payment_method"
    spread = scenario(Stream(400, -9 * DAY, -1, users=50, tags={"shard_no": even}))
    assert "shard_no" not in columns(await asked(spread, IMPACT))


async def test_a_tag_whose_name_begins_like_a_count_is_read_as_text() -> None:
    tags = {"country": {"PL": 5, "DE": 1}, "counter": {"north": 3, "south": 1}}
    answer = await asked(scenario(Stream(60, -300, -1, users=50, tags=tags)), IMPACT)
    assert isinstance(answer.evidence.breakdown, Known)
    seen = {(row.tags["country"], row.tags["counter"]) for row in answer.evidence.breakdown.value.combinations}
    assert ("PL", "north") in seen and all(None not in pair for pair in seen)


@pytest.mark.parametrize("change", [refusal(403, "No."), body(lambda _: [])])
async def test_where_the_tags_are_not_known_the_usual_ones_are_counted(change: Any) -> None:
    assert columns(await asked(NEW, IMPACT, {"tags": change})) == list(BREAKDOWN_TAGS)


async def test_a_server_that_refuses_a_name_is_asked_by_the_usual_ones() -> None:
    def odd(response: httpx.Response, answer: Any) -> httpx.Response:
        fields = response.request.url.params.get_list("field")
        return refusal(400, "Invalid characters")(response, answer) if "customer" in fields else response

    answer = await asked(NEW, IMPACT, {"breakdown": odd})
    assert columns(answer, -1) == list(BREAKDOWN_TAGS)
    assert isinstance(answer.evidence.breakdown, Known)
    breakdown: Breakdown = answer.evidence.breakdown.value
    assert sum(row.events for row in breakdown.combinations) == 200
    assert set(breakdown.combinations[0].tags) == set(BREAKDOWN_TAGS)


async def test_odd_counts_of_tags_choose_nothing_and_break_nothing() -> None:
    def odd(tags: list[dict[str, Any]]) -> object:
        broken: list[object] = [
            {**tag, "totalValues": None} if tag["key"] == "customer" else {**tag, "topValues": "?"} for tag in tags
        ]
        return [*broken, {"key": "odd/name", "totalValues": 9, "uniqueValues": 2, "topValues": []}, {"key": None}]

    answer = await asked(NEW, IMPACT, {"tags": body(odd)})
    assert columns(answer) == [*ALWAYS, "geo.country_code"]
