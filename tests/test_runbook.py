"""Prompts, resources and completions, as a client of either protocol era gets them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from mcp import MCPError
from mcp.types import INVALID_PARAMS, PromptReference, ResourceTemplateReference

from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.tools.support import MODES, SETTINGS, Connection, Mode, connected

PROMPTS = Path(__file__).parent.parent / "prompts"
NAMES = sorted(path.stem for path in PROMPTS.glob("*.md") if path.stem != "README")
CARDS = ("severity_matrix", "triage_checklist", "root_cause_patterns", "troubleshooting")
LIVE = tuple(name for name in NAMES if name not in CARDS)
"""Every other file has to show an issue's facts."""
ISSUE = "SHOP-1Z"


async def prompt(connection: Connection, name: str, **arguments: str) -> str:
    """What a prompt says."""
    found = await connection.client.get_prompt(name, arguments)
    return "\n".join(getattr(message.content, "text", "") for message in found.messages)


async def resource(connection: Connection, uri: str) -> str:
    """What a resource holds."""
    found = await connection.client.read_resource(uri)
    return "\n".join(getattr(part, "text", "") for part in found.contents)


@pytest.mark.parametrize("mode", MODES)
async def test_every_file_is_a_prompt_with_described_arguments_and_a_resource(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        prompts = {one.name: one for one in (await connection.client.list_prompts()).prompts}
        resources = {str(one.uri): one for one in (await connection.client.list_resources()).resources}
        templates = (await connection.client.list_resource_templates()).resource_templates
        assert connection.upstream.requests == []
    assert sorted(prompts) == NAMES
    assert set(CARDS) <= set(NAMES)
    assert [uri for uri in sorted(resources) if not uri.startswith("skill://")] == [f"runbook://{n}" for n in NAMES]
    assert [one.uri_template for one in templates] == ["sentry://issues/{issue}"]
    for name, one in prompts.items():
        assert one.title and one.description
        assert all(argument.description for argument in one.arguments or [])
        assert name in CARDS or "issue" in [argument.name for argument in one.arguments or []]


@pytest.mark.parametrize("mode", MODES)
async def test_a_prompt_given_an_issue_comes_filled_with_live_facts(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        for name in LIVE:
            text = await prompt(connection, name, issue=ISSUE)
            assert ISSUE in text, name
            assert "200" in text or "187" in text, name
            assert "None" not in text and "{{" not in text and "{%" not in text, name


async def test_without_an_issue_a_prompt_is_a_form_with_marked_blanks_and_costs_no_request() -> None:
    async with connected("payment-spike") as connection:
        for name in LIVE:
            text = await prompt(connection, name)
            assert "[" in text and "]" in text, name
            assert ISSUE not in text and "None" not in text and "{{" not in text, name
        assert connection.upstream.requests == []


@pytest.mark.parametrize("nothing", ["", " ", "\n", "null", "None", "undefined"], ids=repr)
async def test_an_argument_that_says_nothing_leaves_the_prompt_as_it_is_without(nothing: str) -> None:
    async with connected("payment-spike") as connection:
        for name in LIVE:
            listed = {one.name: one for one in (await connection.client.list_prompts()).prompts}[name]
            blank = {argument.name: nothing for argument in listed.arguments or [] if not argument.required}
            assert blank
            assert await prompt(connection, name, **blank) == await prompt(connection, name), name
        assert connection.upstream.requests == []


async def test_the_reference_cards_say_the_runbooks_words() -> None:
    words = {
        "severity_matrix": ("P0", "P1", "P2", "P3", "95", "500", "100"),
        "triage_checklist": ("Breadcrumbs", "Stack trace", "Release"),
        "root_cause_patterns": tuple(PATTERN_MODULES),
        "troubleshooting": ("401", "7d"),
    }
    async with connected("payment-spike") as connection:
        for name in CARDS:
            text = await prompt(connection, name)
            assert await resource(connection, f"runbook://{name}") in text
            said = text.lower().replace("-", "_").replace(" ", "_")
            assert [word for word in words[name] if word.lower().replace(" ", "_") not in said] == []


async def test_what_a_person_states_stands_in_the_prompt_and_unknown_things_stay_blank() -> None:
    async with connected("payment-spike") as connection:
        text = await prompt(connection, "initial_alert", issue=ISSUE, lead="Dana", service="Checkout")
        blank = await prompt(connection, "initial_alert", issue=ISSUE)
    assert "Dana" in text and "Checkout" in text
    assert "[service" in blank.lower() and "Dana" not in blank


@pytest.mark.parametrize("audience", ["engineers", "executives", "customers"])
async def test_each_audience_gets_its_own_words(audience: str) -> None:
    async with connected("payment-spike") as connection:
        text = await prompt(connection, "initial_alert", issue=ISSUE, audience=audience)
        others = await prompt(connection, "initial_alert", issue=ISSUE, audience="engineers")
    assert (text == others) == (audience == "engineers")
    if audience == "customers":
        assert "PaymentProcessingError" not in text


@pytest.mark.parametrize("name", ["initial_alert", "status_update", "resolution_notice"])
async def test_a_prompt_gives_no_message_where_none_is_due(name: str) -> None:
    async with connected("staging-only") as connection:
        issue = SCENARIOS["staging-only"].issue
        refused = await prompt(connection, name, issue=issue, audience="customers")
        asked = await prompt(connection, name, issue=issue, audience="executives")
    assert refused.startswith("No message is due, so there is none to give the user. Tell the user why: Sentry saw")
    assert "Status" not in refused and "Status: " in asked


REFUSED = {
    "an unknown argument": ("initial_alert", {"issues": ISSUE}, 'does not take "issues". Valid arguments:'),
    "an unknown audience": ("initial_alert", {"audience": "everybody"}, "engineers, executives, customers"),
    "an unknown issue": ("triage", {"issue": "NOPE-1"}, "Sentry knows no issue NOPE-1"),
    "a foreign URL": ("triage", {"issue": "https://evil.example/issues/1/"}, "another host"),
    "an unknown prompt": ("nonsense", {}, "nonsense"),
}


@pytest.mark.parametrize("mode", MODES)
async def test_a_prompt_that_cannot_be_meant_is_refused_with_the_reason(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        for asked, arguments, said in REFUSED.values():
            with pytest.raises(MCPError) as caught:
                await connection.client.get_prompt(asked, arguments)
            assert caught.value.error.code == INVALID_PARAMS
            assert said in caught.value.error.message


@pytest.mark.parametrize("mode", MODES)
async def test_an_issue_is_a_resource_with_the_facts_of_get_issue(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        held = await resource(connection, f"sentry://issues/{ISSUE}")
        tool = await connection.text("get_issue", issue=ISSUE)
    # The fence's nonce is made anew for each answer.
    assert held.split("<untrusted")[0] == tool.split("<untrusted")[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "uri", ["sentry://issues/NOPE-1", "sentry://issues/no%20id", "runbook://nothing", "sentry://x/1"]
)
async def test_an_unknown_resource_is_an_invalid_parameter(uri: str, mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        with pytest.raises(MCPError) as caught:
            await connection.client.read_resource(uri)
    assert caught.value.error.code == INVALID_PARAMS


async def completed(connection: Connection, argument: str, typed: str, name: str = "triage") -> list[str]:
    """What a client would offer."""
    found = await connection.client.complete(PromptReference(name=name), {"name": argument, "value": typed})
    return list(found.completion.values)


@pytest.mark.parametrize("mode", MODES)
async def test_issues_environments_and_audiences_complete(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        issues = await completed(connection, "issue", "shop")
        none = await completed(connection, "issue", "zzz")
        environments = await completed(connection, "environment", "prod")
        audiences = await completed(connection, "audience", "e", "initial_alert")
        template = ResourceTemplateReference(uri="sentry://issues/{issue}")
        listed = await connection.client.complete(template, {"name": "issue", "value": ""})
    assert ISSUE in issues and all(issue.startswith("SHOP-") for issue in issues)
    assert none == []
    assert environments == ["production"]
    assert audiences == ["engineers", "executives"]
    assert ISSUE in listed.completion.values


async def test_without_a_token_prompts_are_forms_and_completions_are_empty() -> None:
    bare = dataclasses.replace(SETTINGS, token=None)
    async with connected("payment-spike", settings=bare) as connection:
        assert "[" in await prompt(connection, "initial_alert")
        assert await completed(connection, "issue", "") == []
        with pytest.raises(MCPError) as caught:
            await connection.client.get_prompt("triage", {"issue": ISSUE})
    assert "SENTRY_AUTH_TOKEN" in caught.value.error.message
