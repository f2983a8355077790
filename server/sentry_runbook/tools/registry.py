"""What turns a plain async function into a tool of ours.

Four things differ from the SDK's own tools: unknown arguments are refused with the list of valid ones, errors of
ours reach the model as one clear sentence, the answer goes through :mod:`.answer`, and schemas are slim.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field, ValidationError

from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Answer, quoted
from sentry_runbook.safety.text import line
from sentry_runbook.tools.output import BUDGET, Page, Shrink, respond
from sentry_runbook.tools.schema import output_schema, slim

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

A = TypeVar("A", bound=Answer)
log = logging.getLogger(__name__)

CONFIRM_WITHIN_S = 600
"""A question to a person that is not answered is a no."""
ALIASES = {"issue_id": "issue"}
"""Names that people and models use for an argument of ours."""


class RunbookTool(Tool, Generic[A]):
    """A tool with our manners; made with :func:`runbook_tool`."""

    result: type[Answer] = Field(exclude=True)
    page: Callable[[Any], Page] = Field(exclude=True)
    shrink: tuple[Callable[[Any], Any], ...] = Field(default=(), exclude=True)
    budget: int = Field(default=BUDGET, exclude=True)
    writes: bool = Field(default=False, exclude=True)

    @cached_property
    def output_schema(self) -> dict[str, Any] | None:
        """What the answers look like; every one of them fits."""
        return output_schema(self.result)

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,
    ) -> CallToolResult | InputRequiredResult:
        """Run the tool; every failure of ours is a ``ToolError`` with our own sentence and nothing else."""
        try:
            with anyio.fail_after(CONFIRM_WITHIN_S if self.writes else None):
                answer: CallToolResult | InputRequiredResult
                answer = await super().run(self._known(arguments), context, convert_result=False)
        except TimeoutError as exc:
            raise ToolError("Nobody confirmed within ten minutes; nothing was changed.") from exc
        except UnexpectedToolError as exc:
            if isinstance(exc.__cause__, RunbookError):
                raise ToolError(str(exc.__cause__)) from exc.__cause__
            raise
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                raise ToolError(self._explain(exc.__cause__)) from None
            raise
        return answer

    def _known(self, arguments: dict[str, Any]) -> dict[str, Any]:
        valid = self.parameters.get("properties", {})
        renamed = {ALIASES.get(name, name) if name not in valid else name: value for name, value in arguments.items()}
        unknown = [name for name in renamed if name not in valid]
        if unknown:
            named = ", ".join(quoted(line(name, 40)) for name in unknown[:5]) + (" …" if len(unknown) > 5 else "")
            raise ToolError(f"{self.name} does not take {named}. Valid arguments: {', '.join(valid)}.")
        if len(renamed) < len(arguments):
            raise ToolError(f"{self.name} got one argument under two names: issue_id means issue. Give it once.")
        return {name: value for name, value in renamed.items() if value is not None}

    def _explain(self, error: ValidationError) -> str:
        """Pydantic's findings as one sentence per argument, without the rejected values."""
        sentences = []
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            name = ".".join(str(part) for part in problem["loc"][:1])
            described = self.parameters.get("properties", {}).get(name, {}).get("description", "")
            hint = f" ({described})" if described else ""
            said = problem["msg"].removeprefix("Value error, ")
            sentences.append(f"{name}: {said[:1].lower()}{said[1:]}{hint}")
        return f"{self.name} was not run: " + "; ".join(dict.fromkeys(sentences)) + "."


def runbook_tool(
    function: Callable[..., Awaitable[A]],
    *,
    result: type[A],
    page: Callable[[A], Page],
    title: str,
    shrink: Sequence[Shrink[A]] = (),
    budget: int = BUDGET,
    writes: bool = False,
    destructive: bool = False,
) -> RunbookTool[A]:
    """Make a tool of an async function whose docstring is its description.

    Args:
        function: takes the tool's arguments and ``ctx``; returns a result model.
        result: that model; its slimmed schema is published as outputSchema.
        page: how a person reads the result.
        title: the name that people see.
        shrink: what may be cut when the answer is too long, mildest first.
        budget: characters that each channel may have.
        writes: it changes something in Sentry (left out of the list when writes are off).
        destructive: the change can lose something (DESIGN §6: annotations say the truth).
    """
    base = Tool.from_function(
        function,
        title=title,
        description=" ".join((function.__doc__ or "").split()),
        structured_output=False,
        annotations=ToolAnnotations(
            read_only_hint=not writes,
            destructive_hint=destructive,
            idempotent_hint=not writes,
            open_world_hint=True,
        ),
    )
    parameters = {**slim(base.parameters), "additionalProperties": False}

    async def answered(**arguments: Any) -> CallToolResult:
        # Inside the SDK's own guard: what crashes here stays on the server like any other crash.
        return respond(await function(**arguments), page, shrink, budget)

    return RunbookTool[A](
        **{name: getattr(base, name) for name in Tool.model_fields if name not in ("parameters", "fn")},
        fn=answered,
        parameters=parameters,
        result=result,
        page=page,
        shrink=tuple(shrink),
        budget=budget,
        writes=writes,
    )
