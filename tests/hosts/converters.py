"""What the hosts' own libraries make of our tools: OpenAI's, LangChain's and Google's, each behind the same few words.

They are the extra ``converters`` of ``pyproject.toml``; a test whose library is missing is skipped and says so.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from mcp import Client
from mcp.types import CallToolResult, ListToolsResult, Tool

CANDIDATES: tuple[object, ...] = (None, "", [])
"""What says "not stated", best first: null, the empty text, the empty list."""


@dataclass(frozen=True)
class Converted:
    """A tool as a host's library gives it to a model.

    Attributes:
        names: its arguments.
        required: those that the model has to answer.
        takes: whether the model may answer an argument with a value.
        call: calls the tool as the library does, with what the model answered; gives the structured values.
    """

    names: frozenset[str]
    required: frozenset[str]
    takes: Callable[[str, object], bool]
    call: Callable[[Mapping[str, object]], Awaitable[dict[str, Any]]]

    def nothing(self, name: str, default: object) -> object:
        """The answer that states nothing.

        Args:
            name: an optional argument.
            default: what holds when it is left out; says nothing where it is the only word that does.
        """
        return next(value for value in (*CANDIDATES, default) if self.takes(name, value))


Converter = Callable[[Client, Tool], Converted]


def library(module: str) -> Any:
    """A module of a library that is installed (:func:`skip_without`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs, at import
        return import_module(module)


def openai_agents(client: Client, tool: Tool) -> Converted:
    """OpenAI's Agents SDK with ``convert_schemas_to_strict``."""
    mcp = library("agents.mcp")
    context = library("agents.tool_context")

    class Connected(mcp.MCPServer):  # type: ignore[name-defined, misc]  # of a library that mypy need not have
        """Their view of a server, over a client that is connected already."""

        name = "sentry-runbook"
        connect = cleanup = list_tools = list_prompts = get_prompt = None  # abstract there, and not needed

        async def call_tool(
            self, tool_name: str, arguments: dict[str, Any] | None, meta: object = None
        ) -> CallToolResult:
            return await client.call_tool(tool_name, arguments)

    function = mcp.MCPUtil.to_function_tool(tool, Connected(use_structured_content=True), True)
    # Where the conversion fails they fall back to the schema as it is.
    assert function.strict_json_schema

    async def call(answered: Mapping[str, object]) -> dict[str, Any]:
        written = json.dumps(answered)
        asked = context.ToolContext(None, tool_name=tool.name, tool_call_id="1", tool_arguments=written)
        return _read(json.loads(await function.on_invoke_tool(asked, written)))

    return _of_strict_schema(function.params_json_schema, call)


def langchain(client: Client, tool: Tool) -> Converted:
    """LangChain's ``convert_to_openai_tool(strict=True)``, of a tool as its MCP adapter makes it."""
    tools = library("langchain_core.tools")
    calling = library("langchain_core.utils.function_calling")

    async def forward(**arguments: Any) -> dict[str, Any]:
        return _read((await client.call_tool(tool.name, arguments)).structured_content)

    structured = tools.StructuredTool(
        name=tool.name, description=tool.description, args_schema=tool.input_schema, coroutine=forward
    )
    function = calling.convert_to_openai_tool(structured, strict=True)["function"]
    assert function["strict"] and function["description"] == tool.description

    async def call(answered: Mapping[str, object]) -> dict[str, Any]:
        return _read(await structured.ainvoke(dict(answered)))

    return _of_strict_schema(function["parameters"], call)


def gemini(client: Client, tool: Tool) -> Converted:
    """Google's conversion of an MCP tool to a function declaration, whose schema is not JSON Schema."""
    adapters = library("google.genai._adapters")
    types = library("google.genai.types")
    adapter = adapters.McpToGenAiToolAdapter(client, ListToolsResult(tools=[tool]))
    (declaration,) = adapter.tools[0].function_declarations
    # As it is sent; a value that does not fit its field is a warning there, and warnings are errors here.
    sent = declaration.model_dump(mode="json", exclude_none=True)
    assert sent["description"] == tool.description
    properties = sent["parameters"]["properties"]

    async def call(answered: Mapping[str, object]) -> dict[str, Any]:
        result = await adapter.call_tool(types.FunctionCall(name=tool.name, args=dict(answered)))
        return _read(result.structured_content)

    return Converted(
        names=frozenset(properties),
        required=frozenset(sent["parameters"].get("required", ())),
        takes=lambda name, value: _gemini_takes(properties[name], value),
        call=call,
    )


CONVERTERS: Mapping[str, Converter] = {
    "openai-agents": openai_agents,
    "langchain-core": langchain,
    "google-genai": gemini,
}
"""By the distribution that they are of."""


def skip_without(distribution: str) -> None:
    """Skip the test where a library is not installed."""
    try:
        version(distribution)
    except PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed: pip install -e '.[converters]'")


def _read(values: object) -> dict[str, Any]:
    assert isinstance(values, dict), values
    return values


def _of_strict_schema(schema: dict[str, Any], call: Callable[[Mapping[str, object]], Any]) -> Converted:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    return Converted(
        names=frozenset(properties),
        required=frozenset(schema["required"]),
        takes=lambda name, value: jsonschema.Draft202012Validator(properties[name]).is_valid(value),
        call=call,
    )


def _gemini_takes(schema: Mapping[str, Any], value: object) -> bool:
    if value is None:
        return bool(schema.get("nullable"))
    if "any_of" in schema:
        return any(_gemini_takes(arm, value) for arm in schema["any_of"])
    types: Mapping[str, type] = {"STRING": str, "ARRAY": list, "BOOLEAN": bool, "INTEGER": int, "NUMBER": float}
    return type(value) is types[schema["type"]] and value in schema.get("enum", [value])
