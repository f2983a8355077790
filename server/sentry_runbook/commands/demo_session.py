"""The demo's session: an MCP client of the server, a clock that is moved, a screen, and a pause between steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import anyio
from mcp import Client
from mcp.types import TextContent
from pydantic import BaseModel
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.formatting import moment
from sentry_runbook.render.console import Screen
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import Scenario

R = TypeVar("R", bound=BaseModel)


class DemoFailed(RunbookError):
    """A tool of the demo answered with an error."""


@dataclass
class DemoSession:
    """The session in which one incident is played.

    Attributes:
        client: the connection to the server, as an assistant has it.
        scenario: what happens.
        clock: the time of the server and of its Sentry.
        started: when the alert came.
        pause_s: seconds between two steps.
    """

    client: Client
    screen: Screen
    scenario: Scenario
    clock: ManualClock
    started: datetime
    pause_s: float
    steps: int = 0

    async def step(self, title: str, text: str) -> None:
        """Print the heading of the next step, after a pause."""
        if self.steps:
            await anyio.sleep(self.pause_s)
        self.steps += 1
        self.screen.print()
        name = Text.assemble((f"{self.steps}  {title} ", "bold cyan"), (moment(self.clock.now, self.started), "dim"))
        self.screen.print(Rule(name, align="left", style="dim"))
        self.say(text)

    def say(self, text: str) -> None:
        """Print what the people do."""
        self.screen.print(Padding(Text(text, "italic"), (0, 0, 0, 1)))

    async def call(self, name: str, result: type[R], **arguments: object) -> R:
        """One tool call over MCP, shown before it is made; about the scenario's issue unless a project is named.

        Raises:
            DemoFailed: the tool answered with an error.
        """
        if "project" not in arguments:
            arguments = {"issue": self.scenario.issue, **arguments}
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        self.screen.print(Padding(Text.assemble(("⏵ ", "green"), (name, "bold green"), f"({given})"), (0, 0, 0, 1)))
        self.screen.print()
        answer = await self.client.call_tool(name, arguments)
        if answer.is_error or answer.structured_content is None:
            message = " ".join(part.text for part in answer.content if isinstance(part, TextContent))
            raise DemoFailed(f"The demo stopped at {name}: {message}")
        return result.model_validate(answer.structured_content)

    def wait_until(self, minute: float) -> None:
        """Move the clock to a minute of the scenario; its zero is the alert."""
        gone = (self.clock.now - self.started).total_seconds() / 60
        self.clock.advance(minutes=max(0.0, minute - gone))

    def letter(self, text: str) -> None:
        """Print a text for people, indented."""
        self.screen.print(Padding(Text(text.strip("\n")), (0, 0, 1, 4)))
