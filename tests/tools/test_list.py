"""The published list of tools: what every user's model reads on every request."""

from __future__ import annotations

import inspect
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
from tests.tools.contract import ARGUMENTS, KEYS, OF_ONE_ISSUE, SAME, TOOLS, VERDICT, call
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


async def test_names_descriptions_and_inputs_of_thirteen_tools_stay_within_eleven_thousand_characters() -> None:
    tools = await published()
    compact = [json.dumps(tool["inputSchema"], separators=(",", ":"), ensure_ascii=False) for tool in tools]
    assert sum(len(tool["name"]) + len(tool["description"]) for tool in tools) + sum(map(len, compact)) <= 11_000


async def test_every_tool_and_every_argument_is_described_in_short() -> None:
    tools = await published()
    assert {tool["name"] for tool in tools} == set(TOOLS)
    for tool in tools:
        assert tool["title"]
        assert 40 < len(tool["description"]) < 600, tool["name"]
        for name, schema in tool["inputSchema"]["properties"].items():
            assert schema.get("description"), f"{tool['name']}.{name}"
            assert "title" not in schema


def types_of(schema: dict[str, Any]) -> list[str]:
    return schema["type"] if isinstance(schema["type"], list) else [schema["type"]]


async def test_every_optional_flag_and_number_may_be_null_and_nothing_else_may() -> None:
    """Strict function schemas make every argument required: a flag is then answered, or null, for "not stated".

    Of a text the empty one says it; a list that may be null is refused by several hosts of Gemini.
    """
    nullable = set()
    for tool in await published():
        required = tool["inputSchema"].get("required", [])
        for name, schema in tool["inputSchema"]["properties"].items():
            says_it = name not in required and bool({"boolean", "integer", "number"} & {*types_of(schema)})
            assert ("null" in types_of(schema)) == says_it, f"{tool['name']}.{name}"
            nullable |= {name} if says_it else set()
    limits = {"limit", "ignore_count", "ignore_minutes", "ignore_users", "window_minutes"}
    assert nullable == {"workaround", "core_flow", "data_loss_risk", "dry_run"} | limits


KNOWN_EVERYWHERE = {"type", "description", "enum", "items", "minimum", "maximum"}
"""No default: Azure and older models of OpenAI refuse strict schemas with one (openai-agents-python#4390,
instructor#1074). No anyOf, const, format or pattern. No additionalProperties: Google's converter of MCP tools crashes
on a false one (python-genai#2476), and those who need it add it; the server refuses what it does not know all the same.
"""


async def test_inputs_are_said_in_the_words_that_every_converter_knows() -> None:
    for tool in await published():
        assert tool["inputSchema"].keys() <= {"type", "properties", "required"}, tool["name"]
        for name, schema in tool["inputSchema"]["properties"].items():
            for part in (schema, schema.get("items", {})):
                assert part.keys() <= KNOWN_EVERYWHERE, f"{tool['name']}.{name}"
                # Gemini refuses the whole list for one enum with anything else in it.
                assert {type(word) for word in part.get("enum", ())} <= {str}, f"{tool['name']}.{name}"


async def test_what_holds_for_an_argument_left_out_is_said_in_its_description_or_is_nothing() -> None:
    listed = {tool["name"]: tool["inputSchema"]["properties"] for tool in await published()}
    said = []
    for definition in definitions():
        for name, parameter in inspect.signature(definition.function).parameters.items():
            default = parameter.default
            if name in listed[definition.name] and default not in (parameter.empty, None, False):
                assert str(default) in listed[definition.name][name]["description"], f"{definition.name}.{name}"
                said.append(name)
    assert sorted(said) == ["audience", "format", "kind", "limit", "limit", "query", "sort"]


def untyped(schema: Any, path: str) -> list[str]:
    """Parts of a schema that some converters refuse: a const, an enum without a type, or anyOf in place of types."""
    if isinstance(schema, list):
        return [wrong for part in schema for wrong in untyped(part, path)]
    if not isinstance(schema, dict):
        return []
    own = [path] if {"const", "anyOf", "oneOf"} & {*schema} or ("enum" in schema and "type" not in schema) else []
    return own + [wrong for key, part in schema.items() for wrong in untyped(part, f"{path}/{key}")]


async def test_no_schema_has_an_enum_without_a_type_or_a_choice_that_a_list_of_types_says() -> None:
    async with connected("payment-spike") as connection:
        for tool in (await connection.client.list_tools()).tools:
            assert untyped(tool.input_schema, tool.name) == []
            assert untyped(tool.output_schema, tool.name) == []


async def test_every_schema_is_valid_and_no_answer_holds_a_null() -> None:
    async with connected("payment-spike") as connection:
        for tool in (await connection.client.list_tools()).tools:
            jsonschema.Draft202012Validator.check_schema(tool.input_schema)
            jsonschema.Draft202012Validator.check_schema(tool.output_schema)
            assert '"null"' not in json.dumps(tool.output_schema)


CUT_AT = 2_048
"""Bytes: what Claude Code shows of a description or of the instructions; the rest it drops in silence."""
PLUGIN_PREFIX = "mcp__plugin_sentry-runbook_sentry-runbook__"
"""What Claude Code puts before the names of a plugin's tools."""


async def test_every_text_that_a_host_shows_a_model_is_short_enough_to_be_shown_whole() -> None:
    async with connected("payment-spike") as connection:
        instructions = connection.client.instructions
    texts = {"the instructions": instructions or ""}
    for tool in await published():
        texts[tool["name"]] = tool["description"]
        for name, schema in tool["inputSchema"]["properties"].items():
            texts[f"{tool['name']}.{name}"] = schema["description"]
    assert len(texts) > 70
    assert [name for name, text in texts.items() if not 0 < len(text.encode()) < CUT_AT] == []


async def test_names_of_tools_stay_within_sixty_characters_behind_the_prefix_of_the_plugin() -> None:
    assert [tool["name"] for tool in await published() if len(PLUGIN_PREFIX + tool["name"]) > 60] == []


async def test_every_description_says_first_when_to_call_the_tool() -> None:
    for tool in await published():
        assert re.match(r"(Call this first when|When) [^.:]{15,100}[.:]", tool["description"]), tool["name"]


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
    for table in (KEYS, SAME, VERDICT):
        assert sorted(set(TOOL_NAMES) ^ set(table)) == []
    assert sorted(set(ARGUMENTS) - set(TOOL_NAMES)) == []


def test_the_instructions_name_only_tools_that_there_are() -> None:
    verbs = "|".join({name.partition("_")[0] for name in TOOL_NAMES})
    named = re.findall(rf"\b(?:{verbs})_[a-z_]+", INSTRUCTIONS)
    assert len(named) >= 4
    assert sorted(set(named) - set(TOOL_NAMES)) == []


def test_the_table_of_ordinary_calls_names_every_tool_of_one_issue() -> None:
    assert all(call(tool, "SHOP-1Z")["issue"] == "SHOP-1Z" for tool in OF_ONE_ISSUE)
