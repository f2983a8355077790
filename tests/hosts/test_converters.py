"""Strict function calling through the hosts' real libraries: nothing is lost, and "not stated" stays sayable.

Strict schemas make a model answer every argument. Where it can only answer false for a flag that nobody spoke of, the
runbook takes that for a statement, and a P1 becomes a P2.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.types import Tool

from sentry_runbook.tools import definitions
from tests.hosts.converters import CONVERTERS, Converted, skip_without
from tests.tools.contract import ARGUMENTS, WITHOUT_ISSUE
from tests.tools.support import Connection, connected

ISSUE = "WEB-7K"
"""A P1 by its users, as long as nobody says that the core flow is not hit, or that there is a workaround."""

DEFAULTS: dict[str, dict[str, object]] = {
    definition.name: {
        name: parameter.default for name, parameter in inspect.signature(definition.function).parameters.items()
    }
    for definition in definitions()
}
"""What holds for each argument that is left out."""


@asynccontextmanager
async def converted(converter: str) -> AsyncIterator[tuple[Connection, list[tuple[Tool, Converted]]]]:
    """All tools as a library gives them to a model, over one connected server."""
    skip_without(converter)
    async with connected("typeerror-v2.4.1") as connection:
        tools = (await connection.client.list_tools()).tools
        yield connection, [(tool, CONVERTERS[converter](connection.client, tool)) for tool in tools]


def optional(tool: Tool) -> Iterator[str]:
    """The arguments that may be left out."""
    return (name for name in tool.input_schema["properties"] if name not in tool.input_schema.get("required", ()))


def required(tool: Tool) -> dict[str, Any]:
    """The arguments of a call that must be given, and no other."""
    issue = {} if tool.name in WITHOUT_ISSUE else {"issue": ISSUE}
    given = {**issue, **ARGUMENTS.get(tool.name, {})}
    return {name: value for name, value in given.items() if name in tool.input_schema.get("required", ())}


def nothing_stated(tool: Tool, strict: Converted) -> dict[str, object]:
    """All optional arguments, each with the answer that states nothing."""
    return {name: strict.nothing(name, DEFAULTS[tool.name][name]) for name in optional(tool)}


@pytest.mark.parametrize("converter", CONVERTERS)
async def test_every_tool_is_converted_without_an_error_and_loses_no_argument(converter: str) -> None:
    async with converted(converter) as (_, tools):
        assert len(tools) == len(DEFAULTS)
        for tool, strict in tools:
            assert strict.names == frozenset(tool.input_schema["properties"]), tool.name
            published = frozenset(tool.input_schema.get("required", ()))
            assert strict.required == (published if converter == "google-genai" else strict.names), tool.name


@pytest.mark.parametrize("converter", CONVERTERS)
async def test_a_call_that_states_nothing_gets_the_answer_of_a_call_without(converter: str) -> None:
    async with converted(converter) as (connection, tools):
        for tool, strict in tools:
            stated = nothing_stated(tool, strict)
            assert stated, tool.name
            answer = await strict.call({**required(tool), **stated})
            plain = await connection.call(tool.name, **required(tool))
            for values in (answer, plain):
                values.pop("confirm_token", None)  # made anew for each answer
            assert answer == plain, tool.name


@pytest.mark.parametrize("converter", CONVERTERS)
@pytest.mark.parametrize("name", ["triage_issue", "classify_severity"])
async def test_a_p1_stays_a_p1_where_a_strict_model_states_nothing(converter: str, name: str) -> None:
    async with converted(converter) as (_, tools):
        tool, strict = next((tool, strict) for tool, strict in tools if tool.name == name)
        stated = nothing_stated(tool, strict)
        flags = {flag: stated[flag] for flag in ("workaround", "core_flow", "data_loss_risk")}
        silent = await strict.call({**required(tool), **stated})
        denied = await strict.call({**required(tool), **stated, "core_flow": False})
    assert flags == {"workaround": None, "core_flow": None, "data_loss_risk": None}
    assert [level(silent), level(denied)] == ["P1", "P2"]


@pytest.mark.parametrize("converter", CONVERTERS)
async def test_every_word_for_the_core_flow_can_be_said_and_is_understood(converter: str) -> None:
    async with converted(converter) as (_, tools):
        tool, strict = next((tool, strict) for tool, strict in tools if tool.name == "classify_severity")
        stated = nothing_stated(tool, strict)
        found = {}
        for word in (True, False, "true", "false", "blocked_for_all"):
            assert strict.takes("core_flow", word)
            found[repr(word)] = level(await strict.call({**required(tool), **stated, "core_flow": word}))
    assert found == {"True": "P1", "False": "P2", "'true'": "P1", "'false'": "P2", "'blocked_for_all'": "P0"}


def level(values: dict[str, Any]) -> object:
    """The severity of a verdict, or of a triage."""
    severity = values["severity"]
    return severity["severity"] if isinstance(severity, dict) else severity
