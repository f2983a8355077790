"""Every way in which text leaves the server, asked for one issue: tools, prompts, resources, questions, errors."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any
from urllib.parse import quote

from mcp import Client, MCPError
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult, PromptReference, ResourceTemplateReference
from tests.safety.hostile import PROJECT
from tests.tools.support import SETTINGS, Connection, Mode, connected

from sentry_runbook.settings import Limits
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World

DRAFTS = (
    *product(("initial", "update", "resolved"), ("engineers", "executives", "customers"), ("markdown", "slack")),
    *product(("handoff",), ("engineers",), ("markdown", "slack")),
)
CACHED = replace(SETTINGS, limits=Limits(cache_s=300))
"""All is asked of one instant, so Sentry is asked once."""
ENGINEER = {"lead": "Ada", "root_cause": "a bad deploy", "fix": "rolled back"}


@dataclass(frozen=True)
class Said:
    """One thing that left the server.

    Attributes:
        channel: what was asked: the name of a tool or prompt with what varies its form, never with event text.
        text: as a person or a model reads it.
        values: the structured answer of a tool.
        failed: it is an error.
    """

    channel: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False


class Asker:
    """Asks one server for everything about one issue."""

    def __init__(self, connection: Connection, asked: list[str]) -> None:
        self._client: Client = connection.client
        self._asked = asked

    async def tool(self, channel: str, name: str, **arguments: Any) -> Said:
        """One call."""
        result = await self._client.call_tool(name, arguments)
        text = "\n".join(getattr(part, "text", "") for part in result.content)
        return Said(channel, text, result.structured_content or {}, bool(result.is_error))

    async def tools(self, issue: str, words: Mapping[str, str], drafts: slice) -> AsyncIterator[Said]:
        """Every tool; ``words`` are arguments that a model may copy out of event text."""
        for name in ("triage_issue", "get_issue", "list_events", "discover_impact", "classify_severity"):
            yield await self.tool(name, name, issue=issue)
        yield await self.tool("find_issues", "find_issues", project=PROJECT)
        yield await self.tool("assess_situation", "assess_situation")
        yield await self.tool("review_alerts", "review_alerts")
        yield await self.tool("assess_situation by the day", "assess_situation", period="24h", alert=issue)
        yield await self.tool("get_issue", "get_issue", issue=issue, event="oldest")
        yield await self.tool("check_recovery", "check_recovery", issue=issue)
        yield await self.tool(
            "severity by environment", "classify_severity", issue=issue, environment=words["environment"]
        )
        yield await self.tool("events by release", "list_events", issue=issue, release=words["release"])
        yield await self.tool(
            "resolve_issue", "resolve_issue", issue=issue, action="resolve_in_release", release=words["release"]
        )
        yield await self.tool("add_note", "add_note", issue=issue, text=words["text"])
        for kind, audience, form in DRAFTS[drafts]:
            yield await self.tool(
                f"draft_update {kind} {audience} {form}", "draft_update", issue=issue, kind=kind, audience=audience,
                format=form,
            )  # fmt: skip
        yield await self.tool("draft_postmortem", "draft_postmortem", issue=issue, **ENGINEER)

    async def prompts(self, issue: str, only: str = "") -> AsyncIterator[Said]:
        """Every prompt, or only one, filled with the issue where it takes one."""
        for prompt in (await self._client.list_prompts()).prompts:
            if only not in ("", prompt.name):
                continue
            takes = {argument.name for argument in prompt.arguments or ()}
            given = {"issue": issue} if "issue" in takes else {}
            result = await self._client.get_prompt(prompt.name, given)
            text = "\n".join(getattr(message.content, "text", "") for message in result.messages)
            yield Said(f"prompt {prompt.name}", text)

    async def resources(self, issue: str) -> AsyncIterator[Said]:
        """The issue as a resource."""
        result = await self._client.read_resource(f"sentry://issues/{issue}")
        yield Said("resource", "\n".join(getattr(part, "text", "") for part in result.contents))

    async def questions(self, issue: str, words: Mapping[str, str]) -> AsyncIterator[Said]:
        """What a person is asked before a write; needs a client that asks and says no."""
        self._asked.clear()
        yield await self.tool("resolve_issue declined", "resolve_issue", issue=issue, action="ignore")
        yield await self.tool("add_note declined", "add_note", issue=issue, text=words["text"])
        assert len(self._asked) == 2
        for question in self._asked:
            yield Said("question", question)

    async def errors(self, issue: str, text: str) -> AsyncIterator[Said]:
        """Hostile text where a model may put it: in arguments, names of arguments and of resources."""
        yield await self.tool("error", "get_issue", issue=text)
        yield await self.tool("error", "get_issue", issue=issue, event=text)
        yield await self.tool("error", "find_issues", query=text, project=text)
        yield await self.tool("error", "find_issues", sort=text)
        yield await self.tool("error", "assess_situation", alert=text, project=text)
        yield await self.tool("error", "list_events", issue=issue, cursor=text)
        yield await self.tool("error", "list_events", issue=issue, query=text)
        yield await self.tool("error", "triage_issue", issue=issue, period=text)
        yield await self.tool("error", "resolve_issue", issue=issue, action="resolve", confirm_token=text)
        yield await self.tool("error", "classify_severity", **{"issue": issue, text: "x"})
        for arguments in ({"issue": text}, {"issue": issue, text[:80]: "x"}):
            try:
                await self._client.get_prompt("triage", arguments)
            except MCPError as exc:
                yield Said("prompt error", exc.error.message, failed=True)
        try:
            await self._client.read_resource(f"sentry://issues/{quote(text[:300], safe='')}")
        except MCPError as exc:
            yield Said("resource error", exc.error.message, failed=True)

    async def completions(self) -> AsyncIterator[Said]:
        """What completes an argument."""
        for ref in (
            PromptReference(name="triage"),
            ResourceTemplateReference(uri="sentry://issues/{issue}"),
        ):
            for name in ("issue", "environment"):
                result = await self._client.complete(ref, {"name": name, "value": ""})
                for value in result.completion.values:
                    yield Said("completion", value)


@asynccontextmanager
async def asking(world: World, clock: ManualClock, *, mode: Mode = "auto") -> AsyncIterator[tuple[Asker, Connection]]:
    """Connect a client without questions over a world."""
    async with connected(world=world, clock=clock, mode=mode, settings=CACHED) as connection:
        yield Asker(connection, []), connection


@asynccontextmanager
async def declining(world: World, clock: ManualClock, *, mode: Mode = "auto") -> AsyncIterator[Asker]:
    """Connect a client that shows questions to a person who says no."""
    asked: list[str] = []

    async def decline(_: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        return ElicitResult(action="decline")

    async with connected(
        world=world, clock=clock, mode=mode, settings=CACHED, elicitation_callback=decline
    ) as connection:
        yield Asker(connection, asked)
