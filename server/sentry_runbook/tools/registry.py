"""Makes MCP tools of plain async functions.

A :class:`ToolDefinition` declares a tool; :meth:`ToolDefinition.tool` makes the SDK's object of it. Four things differ
from the SDK's own tools: unknown arguments are refused with the list of valid ones, our errors reach the model as
one clear sentence, the result goes through :mod:`.output`, and the published schemas are slim.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import Field, ValidationError

from sentry_runbook.collect.left_out import says_nothing
from sentry_runbook.errors import RunbookError
from sentry_runbook.incident.model.evidence import Answer, quoted
from sentry_runbook.runtime import Runtime, runtime
from sentry_runbook.safety.echo import echoed
from sentry_runbook.tools.confirmation import call_begins
from sentry_runbook.tools.output import BUDGET, PreparedAnswer, Render, Shrink, prepare
from sentry_runbook.tools.progress import progress_to
from sentry_runbook.tools.schema import input_schema, output_schema
from sentry_runbook.tools.serialize import serialize

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

A = TypeVar("A", bound=Answer)

ALIASES = {"issue_id": "issue"}
"""Names that people and models use for one of our arguments."""


@dataclass(frozen=True)
class ToolDefinition(Generic[A]):
    """All that makes a tool.

    Attributes:
        function: takes the tool's arguments and ``ctx``, returns a result model; its docstring is the description.
        result: that model; its slimmed schema is published as outputSchema.
        render: makes the Markdown page of a result.
        title: the name that people see.
        hint: what people say when they want this tool, for hosts that let a model search for tools (mcp-sdk §1.1).
        always_loaded: whether such a host keeps it in view without a search.
        shrink: what may be cut when the answer is too long, mildest first.
        budget: characters that each channel may have.
        writes: it changes something in Sentry (left out of the list when writes are off).
        destructive: the change can lose something (DESIGN §6: annotations say the truth).
    """

    function: Callable[..., Awaitable[A]]
    result: type[A]
    render: Render[A]
    title: str
    hint: str = ""
    always_loaded: bool = False
    shrink: tuple[Shrink[A], ...] = ()
    budget: int = BUDGET
    writes: bool = False
    destructive: bool = False

    @property
    def name(self) -> str:
        """The tool's name, which is its function's and its module's."""
        return self.function.__name__

    def tool(self) -> RunbookTool:
        """Build the MCP tool."""
        base = Tool.from_function(
            self.function,
            title=self.title,
            description=" ".join((self.function.__doc__ or "").split()),
            structured_output=False,
            annotations=ToolAnnotations(
                read_only_hint=not self.writes,
                destructive_hint=self.destructive,
                idempotent_hint=not self.writes,
                open_world_hint=True,
            ),
            meta=self._meta(),
        )
        inherited = {name: getattr(base, name) for name in Tool.model_fields if name not in ("parameters", "fn")}
        parameters = input_schema(base.parameters)
        return RunbookTool(**inherited, fn=self.answer, parameters=parameters, definition=self)

    def _meta(self) -> dict[str, str | bool] | None:
        """What tells hosts how to find the tool; other hosts ignore it."""
        loaded: dict[str, str | bool] = {"anthropic/alwaysLoad": True} if self.always_loaded else {}
        return ({"anthropic/searchHint": self.hint} if self.hint else {}) | loaded or None

    async def answer(self, **arguments: Any) -> CallToolResult:
        """Run the function and serialize its result; callers who ask the same while it is fresh share both.

        Tools that write are never shared: their answers hold confirm tokens, and each call must act by itself.
        """
        # Inside the SDK's own guard: what crashes here stays on the server like any other crash.
        context = arguments.get("ctx")
        if self.writes or context is None:
            return (await self._prepared(arguments)).send()
        run: Runtime = runtime(context)
        asked = tuple(
            sorted((name, _hashable(value)) for name, value in arguments.items() if name != "ctx" and value is not None)
        )
        # The end of a window that reaches until now belongs to the question: with it the answer is of one moment.
        key = (self.name, asked, run.shared_now())
        return (await run.answers.share(key, lambda: self._prepared(arguments))).send()

    async def _prepared(self, arguments: dict[str, Any]) -> PreparedAnswer:
        return self.prepare(await self.function(**arguments))

    def shows_whole(self, result: A, names: Sequence[str]) -> bool:
        """Whether these parts of the result stand uncut in the answer within the tool's budget, in both channels."""
        shown, whole = self.prepare(result).structured, serialize(result)
        return all(shown.get(name) == whole.get(name) for name in names)

    def prepare(self, result: A) -> PreparedAnswer:
        """Serialize a result of this tool within its budget."""
        return prepare(result, self.render, self.shrink, self.budget)


class RunbookTool(Tool):
    """An MCP tool that refuses unknown arguments and maps a RunbookError to a ToolError with our sentence only."""

    definition: ToolDefinition[Any] = Field(exclude=True)

    @cached_property
    def output_schema(self) -> dict[str, Any] | None:
        """The JSON schema that every answer fits."""
        return output_schema(self.definition.result)

    async def run(
        self,
        arguments: dict[str, Any],
        context: Context[Any, Any],
        convert_result: bool = False,
    ) -> CallToolResult | InputRequiredResult:
        """Run the tool.

        Raises:
            ToolError: with our own sentence and nothing else; the only exception whose text the SDK shows a model.
        """
        try:
            answer: CallToolResult | InputRequiredResult
            with call_begins():
                async with progress_to(context):
                    answer = await super().run(self._checked(arguments), context, convert_result=False)
        except UnexpectedToolError as exc:
            if isinstance(exc.__cause__, RunbookError):
                raise ToolError(str(exc.__cause__)) from exc.__cause__
            raise
        except ToolError as exc:
            if isinstance(exc.__cause__, ValidationError):
                raise ToolError(self._explain(exc.__cause__)) from None
            raise
        return answer

    def _checked(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments under their published names, without those that are not given."""
        valid = self.parameters.get("properties", {})
        renamed = {ALIASES.get(name, name) if name not in valid else name: value for name, value in arguments.items()}
        unknown = [name for name in renamed if name not in valid]
        if unknown:
            named = ", ".join(quoted(echoed(name, 40)) for name in unknown[:5]) + (" …" if len(unknown) > 5 else "")
            raise ToolError(f"{self.name} does not take {named}. Valid arguments: {', '.join(valid)}.")
        if len(renamed) < len(arguments):
            raise ToolError(f"{self.name} got one argument under two names: issue_id means issue. Give it once.")
        required = self.parameters.get("required", ())
        return {
            name: value
            for name, value in renamed.items()
            if value is not None and (name in required or not says_nothing(name, value))
        }

    def _explain(self, error: ValidationError) -> str:
        """Pydantic's complaints as one sentence per argument, without the rejected values."""
        messages: dict[str, dict[str, None]] = {}
        for problem in error.errors(include_url=False, include_context=False, include_input=False):
            name = ".".join(str(part) for part in problem["loc"][:1])
            message = problem["msg"].removeprefix("Value error, ")
            # What takes one of several types complains once for each.
            messages.setdefault(name, {}).setdefault(f"{message[:1].lower()}{message[1:]}")
        described = self.parameters.get("properties", {})
        sentences = []
        for name, wrong in messages.items():
            description = described.get(name, {}).get("description", "")
            hint = f" ({description})" if description else ""
            sentences.append(f"{name}: {', or '.join(wrong)}{hint}")
        return f"{self.name} was not run: " + "; ".join(sentences) + "."


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
