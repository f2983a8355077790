"""What every tool owes its caller, whatever its own code does."""

import pytest
from mcp import Client
from mcp.server import MCPServer

from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence import Answer
from sentry_runbook.render.markdown_page import MarkdownPage
from sentry_runbook.tools.registry import ToolDefinition
from tests.tools.support import MODES, Mode


def broken_page(_: Answer) -> MarkdownPage:
    raise KeyError("a secret of the events")


async def reads() -> Answer:
    """Read."""
    return Answer()


async def crashes() -> Answer:
    """Crash."""
    raise KeyError("a secret of the events")


async def refuses() -> Answer:
    """Refuse."""
    raise BadInput("That cannot be meant.", "Mean something else.")


async def counts(rows: int, most: int = 5, deep: bool = False) -> Answer:
    """Count."""
    return Answer()


async def said(name: str, mode: Mode) -> str:
    tools = [
        ToolDefinition(function, Answer, render, "A tool").tool()
        for function, render in ((reads, broken_page), (crashes, broken_page), (refuses, broken_page))
    ]
    async with Client(MCPServer("test", tools=[*tools], log_level="CRITICAL"), mode=mode) as client:
        result = await client.call_tool(name, {})
    assert result.is_error
    assert result.structured_content is None
    return "\n".join(getattr(part, "text", "") for part in result.content)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ["reads", "crashes"])
async def test_a_crash_tells_nothing_of_what_it_held_wherever_it_happens(name: str, mode: Mode) -> None:
    text = await said(name, mode)
    assert "secret" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("mode", MODES)
async def test_an_error_of_ours_is_its_sentence_and_the_next_step_and_nothing_else(mode: Mode) -> None:
    assert await said("refuses", mode) == "That cannot be meant. Mean something else."


def test_a_number_that_must_be_given_cannot_be_null_and_one_that_may_be_left_out_can() -> None:
    schema = ToolDefinition(counts, Answer, broken_page, "A tool").tool().parameters
    assert schema["required"] == ["rows"]
    assert {name: part["type"] for name, part in schema["properties"].items()} == {
        "rows": "integer",
        "most": ["integer", "null"],
        "deep": ["boolean", "null"],
    }
