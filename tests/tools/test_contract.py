"""Every tool on every shipped incident, as a client of either protocol era sees it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.matrix import matrix
from tests.tools.contract import SAME, TOOLS, call, complaints, reached
from tests.tools.support import MODES, Connection, Mode, connected

PAYMENT = SCENARIOS["payment-spike"].issue


@asynccontextmanager
async def listed(name: str) -> AsyncIterator[tuple[Connection, dict[str, Any]]]:
    """A connection over one incident, and the published output schemas."""
    async with connected(name) as connection:
        tools = (await connection.client.list_tools()).tools
        yield connection, {tool.name: tool.output_schema for tool in tools}


async def answers(connection: Connection, schemas: dict[str, Any], issue: str) -> list[str]:
    """What is wrong with the answers of all tools."""
    found = []
    for tool in TOOLS:
        result = await connection.client.call_tool(tool, call(tool, issue))
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        assert not result.is_error, f"{tool}: {text}"
        found += [f"{tool}: {wrong}" for wrong in complaints(tool, result.structured_content, text, schemas[tool])]
    return found


QUICK = ("payment-spike", "sdk-misconfiguration")


@pytest.mark.parametrize("name", matrix(SCENARIOS, quick=QUICK))
async def test_every_answer_keeps_the_contract_on_every_incident(name: str) -> None:
    async with listed(name) as (connection, schemas):
        assert await answers(connection, schemas, SCENARIOS[name].issue) == []


async def test_the_older_protocol_era_gets_the_same_answers() -> None:
    found: dict[Mode, dict[str, Any]] = {}
    for mode in MODES:
        async with connected("typeerror-v2.4.1", mode=mode) as connection:
            found[mode] = {tool: await connection.call(tool, **call(tool, "WEB-7K")) for tool in TOOLS}
        for planned in (found[mode]["resolve_issue"], found[mode]["add_note"]):
            assert planned.pop("confirm_token")
    assert found["auto"] == found["legacy"]


# --- both channels carry the same facts


@pytest.mark.parametrize("tool", SAME)
async def test_the_text_says_what_the_structured_values_say(tool: str) -> None:
    async with connected("payment-spike") as connection:
        result = await connection.client.call_tool(tool, call(tool, PAYMENT))
    text = plain(getattr(result.content[0], "text", ""))
    said = [(path, value) for path in SAME[tool] for value in reached(result.structured_content, path)]
    assert said
    assert [(path, value) for path, value in said if plain(value) not in text] == []


def plain(value: object) -> str:
    """A value as both channels may write it: one line, quotes alike, whole numbers without a fraction."""
    written = f"{value:.10g}" if isinstance(value, float) else str(value)
    return re.sub(r"\s+", " ", written.replace('"', "'"))


async def test_every_untrusted_path_leads_to_text_and_no_fence_is_left_open() -> None:
    async with connected("payment-spike") as connection:
        result = await connection.client.call_tool("get_issue", {"issue": PAYMENT})
    values, text = result.structured_content, getattr(result.content[0], "text", "")
    assert "event.exceptions[].value" in values["untrusted"]
    opened = re.search(r"^<untrusted ([0-9a-f]{16,})>$", text, re.MULTILINE)
    assert opened and text.rstrip().endswith(f"</untrusted {opened[1]}>")


# --- what the runbook's three examples are

EXAMPLES = {
    "payment-spike": ("P0", "crash_free", 200, "deployment_regression"),
    "geocoding-503": ("P2", "default", 180, "third_party_failure"),
    "typeerror-v2.4.1": ("P1", "users_per_hour", 412, "deployment_regression"),
}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_runbooks_examples_come_out_as_the_runbook_says(name: str) -> None:
    severity, rule, events, cause = EXAMPLES[name]
    async with connected(name) as connection:
        found = await connection.call("triage_issue", issue=SCENARIOS[name].issue)
    assert (found["severity"]["severity"], found["severity"]["decided_by"]) == (severity, rule)
    assert (found["impact"]["events"], found["causes"][0]["pattern"]) == (events, cause)
    assert len(found["checklist"]) == 11


async def test_the_severity_of_the_triage_is_that_of_classify_severity() -> None:
    async with connected("staging-only") as connection:
        triage = await connection.call("triage_issue", issue=SCENARIOS["staging-only"].issue)
        alone = await connection.call("classify_severity", issue=SCENARIOS["staging-only"].issue)
    assert triage["severity"]["severity"] == alone["severity"] == "P3"
    assert triage["severity"]["because"] == alone["because"]
