"""The runbook's templates as MCP prompts and resources, an issue's facts as a resource, and completions.

Adding a file to ``prompts/`` adds a prompt and a resource; nothing here knows a template by name.
"""

from __future__ import annotations

from typing import Any

from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp.server.mcpserver.prompts.base import Prompt, PromptArgument
from mcp.server.mcpserver.resources import FunctionResource
from mcp.types import (
    INVALID_PARAMS,
    Completion,
    CompletionArgument,
    CompletionContext,
    GetPromptResult,
    InputRequiredResult,
    PromptReference,
    ResourceTemplateReference,
)

from sentry_runbook.collect import STORY, investigate, search_issues, story_window
from sentry_runbook.errors import BadInput, NotFound, RunbookError
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.messages import FORMS, Audience
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.window import parse_window
from sentry_runbook.render.templates import Template
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.text import NAME, line
from sentry_runbook.tools import get_issue
from sentry_runbook.tools.arguments import stated_moment
from sentry_runbook.tools.output import respond

STATED = ("lead", "service", "root_cause", "fix")
"""Prompt arguments that a person states, as the draft tools take them."""
MOST_COMPLETIONS = 20


class RunbookServer(MCPServer[Runtime]):
    """The SDK's server, but a wrong prompt is the caller's mistake and is told so, not an internal error."""

    async def get_prompt(
        self, name: str, arguments: dict[str, Any] | None = None, context: Context[Runtime, Any] | None = None
    ) -> GetPromptResult | InputRequiredResult:
        """A prompt by name; one that is not there, or lacks an argument, is an invalid parameter."""
        prompts = {prompt.name: prompt for prompt in await self.list_prompts()}
        if name not in prompts:
            known = ", ".join(sorted(prompts)) or "none"
            raise MCPError(code=INVALID_PARAMS, message=f"There is no prompt {quoted(line(name, 40))}. Known: {known}.")
        lacking = [
            one.name for one in prompts[name].arguments or [] if one.required and one.name not in (arguments or {})
        ]
        if lacking:
            raise MCPError(code=INVALID_PARAMS, message=f"The prompt {name} needs {', '.join(lacking)}.")
        return await super().get_prompt(name, arguments, context)


def add_prompts(server: MCPServer[Runtime], run: Runtime) -> None:
    """One prompt a template."""
    for template in run.templates:
        server.add_prompt(_prompt(run, template))


def _prompt(run: Runtime, template: Template) -> Prompt:
    async def fill(**arguments: str) -> str:
        try:
            return await filled(run, template, arguments)
        except RunbookError as exc:
            raise MCPError(code=INVALID_PARAMS, message=str(exc)) from exc

    return Prompt(
        name=template.name,
        title=template.title,
        description=template.description,
        arguments=[
            PromptArgument(name=argument.name, description=argument.description, required=argument.required)
            for argument in template.arguments
        ],
        fn=fill,
    )


async def filled(run: Runtime, template: Template, arguments: dict[str, str]) -> str:
    """The prompt's text: with live facts when it is given an issue, with blanks when it is not.

    Raises:
        RunbookError: the issue cannot be read, or an argument is not one of the template's.
    """
    # The first prompt brings it in; the server starts without it (DESIGN §9).
    from sentry_runbook.incident.messages.context import gather, no_facts  # noqa: PLC0415

    valid = {argument.name for argument in template.arguments}
    given = {name: value for name, value in arguments.items() if value.strip()}
    if unknown := set(given) - valid:
        names = ", ".join(sorted(valid)) or "none"
        wrong = ", ".join(quoted(line(name, 40)) for name in sorted(unknown)[:5])
        message = f"The prompt {template.name} does not take {wrong}. Valid arguments: {names}."
        raise MCPError(code=INVALID_PARAMS, message=message)
    audience = _audience(given.get("audience"))
    stated = Stated(**{name: given[name] for name in STATED if name in given})
    since = stated_moment(given.get("since"), "since")
    if "issue" not in given:
        return template.prompt(no_facts(run.policy, audience, run.safe(stated)), given)
    evidence = await investigate(run, given["issue"], STORY, environment=given.get("environment"), choose=story_window)
    facts = gather(run.incident(evidence, stated), audience=audience, since=since)
    return template.prompt(facts, given)


AUDIENCES: tuple[Audience, ...] = ("engineers", "executives", "customers")


def _audience(text: str | None) -> Audience:
    if text is None:
        return AUDIENCES[0]
    # A wrong word must not quietly give customers the engineers' message.
    for audience in AUDIENCES:
        if text.strip().lower() == audience:
            return audience
    raise BadInput(f"There is no audience {quoted(line(text, 40))}.", f"Valid: {', '.join(AUDIENCES)}.")


def add_resources(server: MCPServer[Runtime], run: Runtime) -> None:
    """The blank templates as ``runbook://NAME``, an issue's facts as ``sentry://issues/{issue}``."""
    for template in run.templates:
        server.add_resource(
            FunctionResource(
                uri=f"runbook://{template.name}",
                name=template.name,
                title=template.title,
                description=template.description,
                mime_type="text/markdown",
                fn=lambda template=template: _blank(run, template),
            )
        )

    @server.resource(
        "sentry://issues/{issue}",
        name="issue",
        title="Sentry issue",
        description="The facts of one issue, by id or short id: what get_issue gives.",
        mime_type="text/markdown",
    )
    async def issue_facts(issue: str, ctx: Context[Runtime]) -> str:
        try:
            report = await get_issue.get_issue(issue, ctx)
        except (NotFound, BadInput) as exc:
            raise ResourceNotFoundError(str(exc)) from exc
        except RunbookError as exc:
            raise ResourceError(str(exc)) from exc
        made = get_issue.tool()
        answer = respond(report, made.page, made.shrink)
        return "\n".join(getattr(part, "text", "") for part in answer.content)


def _blank(run: Runtime, template: Template) -> str:
    from sentry_runbook.incident.messages.context import no_facts  # noqa: PLC0415  # as above

    return template.fill(no_facts(run.policy)).text


def add_completions(server: MCPServer[Runtime], run: Runtime) -> None:
    """Arguments complete: recent issues, environments, audiences, the tools' fixed words."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]  # the SDK leaves it untyped
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        try:
            values = await _values(run, argument.name, argument.value)
        except RunbookError:
            # A completion is a help, not an answer: without Sentry there is none.
            values = []
        return Completion(values=values[:MOST_COMPLETIONS], total=len(values), has_more=len(values) > MOST_COMPLETIONS)


async def _values(run: Runtime, name: str, typed: str) -> list[str]:
    wanted = typed.strip().lower()
    if name == "issue":
        now = run.clock()
        found = await search_issues(
            run,
            query="is:unresolved",
            project=None,
            environment=None,
            sort="date",
            window=parse_window("14d", None, None, now=now, default=now - now),
            limit=50,
            cursor=None,
        )
        return [issue.short_id for issue in found.issues if issue.short_id.lower().startswith(wanted)]
    if name == "environment":
        with run.client().deadline(run.settings.limits.read_s):
            names = await run.client().environments()
        # A completion is put in as it is, so a name that is not harmless as it is, is not offered.
        return [one for one in names if line(one, NAME) == one and one.lower().startswith(wanted)]
    fixed = {
        "audience": ("engineers", "executives", "customers"),
        "kind": tuple(FORMS),
        "format": ("markdown", "slack"),
    }
    return [word for word in fixed.get(name, ()) if word.startswith(wanted)]
