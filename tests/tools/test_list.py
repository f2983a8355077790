"""The published list of tools: what every user's model reads on every request."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from sentry_runbook import tools
from sentry_runbook.server.app import INSTRUCTIONS
from sentry_runbook.settings import Secret, Settings
from sentry_runbook.tool_names import TOOL_NAMES
from sentry_runbook.tools import definitions
from tests.snapshots import check
from tests.tools.contract import ARGUMENTS, KEYS, OF_ONE_ISSUE, SAME, TOOLS, call
from tests.tools.support import BASE, MODES, SETTINGS, Mode, connected


async def published(mode: Mode = "auto") -> list[dict[str, Any]]:
    """The tools as a client gets them, without the output schemas, which follow from the result models."""
    async with connected("payment-spike", mode=mode) as connection:
        tools = (await connection.client.list_tools()).tools
    return [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.input_schema,
            "annotations": tool.annotations.model_dump(by_alias=True, exclude_none=True) if tool.annotations else None,
        }
        for tool in tools
    ]


async def test_the_published_tools_are_those_of_the_snapshot() -> None:
    check("tools.json", json.dumps(await published(), indent=1, ensure_ascii=False) + "\n")


async def test_the_published_output_schemas_are_those_of_the_snapshot() -> None:
    async with connected("payment-spike") as connection:
        tools = (await connection.client.list_tools()).tools
    schemas = {tool.name: tool.output_schema for tool in tools}
    check("output_schemas.json", json.dumps(schemas, indent=1, ensure_ascii=False) + "\n")


async def test_both_eras_get_the_same_tools() -> None:
    assert await published("auto") == await published("legacy")


async def test_names_descriptions_and_inputs_of_twelve_tools_stay_within_ten_thousand_characters() -> None:
    tools = await published()
    compact = [json.dumps(tool["inputSchema"], separators=(",", ":"), ensure_ascii=False) for tool in tools]
    assert sum(len(tool["name"]) + len(tool["description"]) for tool in tools) + sum(map(len, compact)) <= 10_000


async def test_every_tool_and_every_argument_is_described_in_short() -> None:
    tools = await published()
    assert {tool["name"] for tool in tools} == set(TOOLS)
    for tool in tools:
        assert tool["title"]
        assert 40 < len(tool["description"]) < 600, tool["name"]
        for name, schema in tool["inputSchema"]["properties"].items():
            assert schema.get("description"), f"{tool['name']}.{name}"
            assert "title" not in schema


async def test_only_a_flag_may_be_null_and_every_flag_may() -> None:
    """Strict function schemas make every argument required: a flag is then answered, or null, for "not stated"."""
    for tool in await published():
        for name, schema in tool["inputSchema"]["properties"].items():
            types = [schema.get("type"), *(arm["type"] for arm in schema.get("anyOf", []))]
            optional = name not in tool["inputSchema"].get("required", []) and "default" not in schema
            flat = [one for each in types for one in (each if isinstance(each, list) else [each])]
            assert ("null" in flat) == (optional and "boolean" in flat), f"{tool['name']}.{name}"


def typed(schema: Any, path: str = "") -> list[str]:
    """Parts of an input schema that some converters refuse: a const, or an enum without a type."""
    if isinstance(schema, list):
        return [wrong for part in schema for wrong in typed(part, path)]
    if not isinstance(schema, dict):
        return []
    own = [path] if "const" in schema or ("enum" in schema and "type" not in schema) else []
    return own + [wrong for key, part in schema.items() for wrong in typed(part, f"{path}/{key}")]


async def test_no_input_has_an_enum_without_a_type() -> None:
    assert [wrong for tool in await published() for wrong in typed(tool["inputSchema"], tool["name"])] == []


async def test_every_schema_is_valid_and_closed_to_unknown_arguments() -> None:
    async with connected("payment-spike") as connection:
        for tool in (await connection.client.list_tools()).tools:
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert tool.input_schema["additionalProperties"] is False
            assert '"null"' not in json.dumps(tool.output_schema)


WRITES = ("resolve_issue", "add_note")


@pytest.mark.parametrize("tool", TOOLS)
async def test_annotations_say_the_truth_about_the_requests_sent(tool: str) -> None:
    direct = Settings(
        token=Secret("sntryu_test"), organization="acme", base_url=BASE, limits=SETTINGS.limits, writes="direct"
    )
    async with connected("payment-spike", settings=direct) as connection:
        listed = {one.name: one.annotations for one in (await connection.client.list_tools()).tools}
        await connection.call(tool, **call(tool, "SHOP-1Z") | ({"dry_run": False} if tool in WRITES else {}))
        methods = {request.split()[0] for request in connection.upstream.requests}
    said = listed[tool]
    assert said is not None
    assert said.read_only_hint == (methods == {"GET"})
    assert said.destructive_hint == ("PUT" in methods)
    assert said.idempotent_hint == (methods == {"GET"})
    assert said.open_world_hint


async def test_without_writes_the_tools_that_write_are_not_listed() -> None:
    off = Settings(token=Secret("sntryu_test"), organization="acme", base_url=BASE, writes="off")
    async with connected("payment-spike", settings=off) as connection:
        names = {tool.name for tool in (await connection.client.list_tools()).tools}
    assert names == set(TOOLS) - set(WRITES)


@pytest.mark.parametrize("mode", MODES)
async def test_the_list_costs_no_request_and_is_cached_by_clients(mode: Mode) -> None:
    async with connected("payment-spike", mode=mode) as connection:
        await connection.client.list_tools()
        assert connection.upstream.requests == []


def test_every_module_that_declares_a_tool_is_listed_under_its_own_name() -> None:
    sources = {path.stem: path.read_text(encoding="utf-8") for path in Path(tools.__file__).parent.glob("*.py")}
    declaring = {name for name, source in sources.items() if "\nTOOL = ToolDefinition(" in source}
    assert declaring == set(TOOL_NAMES)
    assert tuple(definition.name for definition in definitions()) == TOOL_NAMES


def test_every_table_of_the_tests_has_a_row_for_every_tool() -> None:
    for table in (KEYS, SAME):
        assert sorted(set(TOOL_NAMES) ^ set(table)) == []
    assert sorted(set(ARGUMENTS) - set(TOOL_NAMES)) == []


def test_the_instructions_name_only_tools_that_there_are() -> None:
    verbs = "|".join({name.partition("_")[0] for name in TOOL_NAMES})
    named = re.findall(rf"\b(?:{verbs})_[a-z_]+", INSTRUCTIONS)
    assert len(named) >= 4
    assert sorted(set(named) - set(TOOL_NAMES)) == []


def test_the_table_of_ordinary_calls_names_every_tool_of_one_issue() -> None:
    assert all(call(tool, "SHOP-1Z")["issue"] == "SHOP-1Z" for tool in OF_ONE_ISSUE)
