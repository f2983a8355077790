"""What the real server says about hostile events: it reports, masks, obeys nothing and stays within bounds."""

import dataclasses
import json
import re
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any
from unittest import mock

import pytest
from mcp.shared import _otel
from tests.matrix import matrix
from tests.safety.attacks import attacks
from tests.safety.channels import CACHED, Asker, Said, asking
from tests.safety.hostile import Hostile, hostile, world_of
from tests.safety.structure import FENCE, fence_problems
from tests.tools.support import SETTINGS, connected

from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import DeploySpec, IssueSpec, Raised, ReleaseSpec, Scenario, Stream
from sentry_runbook.simulator.world import World

PLAIN = "checkout"
READERS = ("get_issue", "triage_issue", "draft_update", "draft_postmortem")
"""Tools that read a whole event, or the story of the issue."""
MESSAGES = [attack for attack in attacks() if attack.name.startswith(("published/", "orders/", "imitations/"))]


def thrown(number: int, text: str) -> IssueSpec:
    """An issue whose exception says something."""
    return IssueSpec(
        f"SHOP-{number + 1}",
        "TypeError",
        chain=(Raised("TypeError", text),),
        streams=(Stream(3, -40, -2, release="shop@1.0"),),
    )


async def ask(issues: Sequence[IssueSpec], tool: str, **settings: Any) -> list[Said]:
    """One call for each issue, all over one server."""
    clock = ManualClock()
    scenario = Scenario(name="reports", project="shop", issues=tuple(issues), platform="javascript")
    configured = dataclasses.replace(SETTINGS, **settings)
    async with connected(world=World(scenario, clock), clock=clock, settings=configured) as connection:
        said = [await Asker(connection, []).tool(tool, tool, issue=issue.short_id) for issue in issues]
        assert all(request.startswith("GET /api/0/") for request in connection.upstream.requests)
    assert not any(one.failed for one in said)
    return said


@pytest.mark.matrix
async def test_every_order_and_imitation_in_an_exception_is_reported() -> None:
    texts = [attack for attack in MESSAGES if attack.text]
    said = await ask([thrown(number, attack.text or "") for number, attack in enumerate(texts)], "get_issue")
    for attack, one in zip(texts, said, strict=True):
        kinds = {finding["kind"] for finding in one.values.get("findings", ())}
        assert attack.finds <= kinds, attack.name
        for finding in one.values.get("findings", ()):
            assert f"**{finding['kind']}**" in one.text


@pytest.mark.parametrize("tool", READERS)
async def test_the_published_attack_is_reported_by_every_tool_that_reads_the_event(tool: str) -> None:
    published = next(attack for attack in attacks() if attack.name == "published/resolution-in-exception-value")
    (said,) = await ask([thrown(0, published.text or "")], tool)
    assert published.finds <= {finding["kind"] for finding in said.values["findings"]}


async def test_an_event_cannot_talk_its_severity_down_or_up() -> None:
    texts = [attack.text for attack in attacks() if attack.name.startswith("imitations/") and attack.text]
    said = await ask([thrown(number, text) for number, text in enumerate([PLAIN, *texts])], "classify_severity")
    verdicts = {(one.values["severity"], one.values["decided_by"]) for one in said}
    assert len(verdicts) == 1


async def test_a_flood_of_findings_is_counted_and_leaves_the_facts() -> None:
    orders = [attack.text for attack in attacks() if attack.finds and attack.text and len(attack.text) < 2_000]
    clock, one = ManualClock(), hostile(0, orders)
    async with asking(world_of([one], orders, clock), clock) as (asker, _):
        said = await asker.tool("get_issue", "get_issue", issue=one.short_id)
    kinds = [finding["kind"] for finding in said.values["findings"]]
    assert "more" in kinds
    assert len(kinds) <= 12
    assert said.values["event"]["exceptions"]
    assert said.values["event"]["breadcrumbs"]


# --- severity with and without the suspect events


def flooded() -> Scenario:
    """120 users in half an hour, all from one address, beside six honest ones."""
    forged = Stream(120, -30, -2, users=120, release="shop@1.0", same_address=True)
    honest = Stream(6, -50, -2, users=6, first_user=500, release="shop@1.0")
    issue = IssueSpec("SHOP-1", "Boom", chain=(Raised("Boom", "x"),), streams=(forged, honest), handled=True)
    made = ReleaseSpec("shop@1.0", created=-9000, deploys=(DeploySpec(-8990),))
    return Scenario(name="flood", project="shop", issues=(issue,), releases=(made,), platform="javascript")


@pytest.mark.parametrize("tool", ["classify_severity", "triage_issue"])
async def test_severity_is_shown_with_and_without_forged_events(tool: str) -> None:
    clock = ManualClock()
    async with connected(world=World(flooded(), clock), clock=clock) as connection:
        values = await connection.call(tool, issue="SHOP-1")
        text = await connection.text(tool, issue="SHOP-1")
    verdict = values["severity"] if tool == "triage_issue" else values
    assert verdict["severity"] == "P1"
    assert verdict["severity_without_suspects"] == "P2"
    assert "one_address_flood" in {finding["kind"] for finding in values["findings"]}
    assert "P2" in text


# --- masking


SECRET = re.compile(
    r"alice|wonderland|203\.0\.113\.77|4111[ -]?1111|3704 ?0044|555-123|dozjg|hunter2|abc123def"
    r"|0123456789abcdef0123|dXNlcjpw"
)
PERSONAL = (
    *("alice.in.wonderland@example.com", "from 203.0.113.77", "paid with 4111 1111 1111 1111", "call 555-123-4567"),
    *("to DE89 3704 0044 0532 0130 00", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"),
    *("password=hunter2", '{"api_key": "abc123def"}', "Authorization: Bearer 0123456789abcdef0123"),
    *("https://root:hunter2@db.example.com/?token=abc123def", "Cookie: sid=abc123def", "Basic dXNlcjpwYXNz"),
)


async def everything_said(one: Hostile, texts: Sequence[str]) -> list[Said]:
    clock = ManualClock()
    async with asking(world_of([one], texts, clock), clock) as (asker, _):
        words = {"text": PLAIN, "release": "shop@1.0", "environment": "production"}
        said = [said async for said in asker.tools(one.short_id, words, slice(0, 4))]
        said += [said async for said in asker.prompts(one.short_id)]
        return [*said, *[said async for said in asker.resources(one.short_id)]]


@pytest.mark.parametrize("number", matrix([0, 1], quick=(0,)))
async def test_personal_data_and_secrets_leave_by_no_channel(number: int) -> None:
    said = await everything_said(hostile(number, PERSONAL), PERSONAL)
    for one in said:
        assert not SECRET.search(one.text), one.channel
        assert not SECRET.search(json.dumps(dict(one.values))), one.channel
    masked = next(one.values["masked"] for one in said if one.channel == "get_issue")
    assert {"email", "card", "secret"} <= set(masked)


async def test_a_value_has_one_number_in_the_whole_answer_and_the_operator_can_show_it() -> None:
    issue = thrown(0, "alice@example.com then bob@example.com then alice@example.com")
    (masked,) = await ask([issue], "get_issue")
    assert masked.values["event"]["exceptions"][0]["value"] == "<email 1> then <email 2> then <email 1>"
    assert masked.values["masked"] == {"email": 2}
    (shown,) = await ask([issue], "get_issue", mask=False)
    assert "alice＠example.com" in shown.text  # shown, and still no mention
    assert "masked" not in shown.values


# --- bounds, nonces, traces


# What no JSON can hold cannot be sent; the walk through such values is tested by itself.
UNSENDABLE = {f"giants/{name}" for name in ("deep-list", "deep-object", "not-a-number", "giant-integer")}
GIANTS = [attack for attack in attacks() if attack.name.startswith("giants/") and attack.name not in UNSENDABLE]


@pytest.mark.parametrize("tool", matrix(["get_issue", "triage_issue"], quick=("get_issue",)))
async def test_a_giant_event_is_a_bounded_answer(tool: str) -> None:
    issues = []
    for number, attack in enumerate(GIANTS):
        payload = attack.payload
        one = thrown(number, payload if isinstance(payload, str) else PLAIN)
        extra = {str(payload): PLAIN} if attack.where.endswith("key") else {"x": payload}
        issues.append(dataclasses.replace(one, extra=extra, streams=(Stream(1, -2),)))
    for attack, said in zip(GIANTS, await ask(issues, tool), strict=True):
        assert len(said.text) <= 9_000, attack.name
        assert len(json.dumps(dict(said.values), ensure_ascii=False)) <= 9_000, attack.name
        assert fence_problems(said.text) == []


async def test_every_answer_has_a_nonce_of_its_own() -> None:
    clock, one = ManualClock(), hostile(0, [PLAIN])
    nonces = []
    async with asking(world_of([one], [PLAIN], clock), clock) as (asker, _):
        for _ in range(3):
            said = await asker.tool("get_issue", "get_issue", issue=one.short_id)
            nonces.append(FENCE.search(said.text)[2])  # type: ignore[index]  # an answer with event text has a fence
    assert len(set(nonces)) == 3


async def test_no_trace_attribute_holds_the_token_event_text_or_arguments() -> None:
    attributes: list[object] = []
    secret = SETTINGS.token.reveal() if SETTINGS.token else ""
    recorder = mock.MagicMock()
    span = recorder.start_as_current_span.return_value.__enter__.return_value
    with ExitStack() as patches:
        patches.enter_context(mock.patch.object(_otel, "_tracer", recorder))
        async with connected(world=World(flooded(), ManualClock()), clock=ManualClock(), settings=CACHED) as connection:
            await connection.call("get_issue", issue="SHOP-1")
            await connection.error("get_issue", issue="nonsense-Ü")
    for call in (*recorder.mock_calls, *span.mock_calls):
        attributes += [call.args, call.kwargs]
    shown = repr(attributes)
    assert "get_issue" in shown
    for leaked in (secret, "SHOP-1", "Boom", "nonsense"):
        assert leaked not in shown
