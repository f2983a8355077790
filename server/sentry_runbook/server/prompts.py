"""The runbook's templates as MCP prompts.

Adding a file to ``prompts/`` adds a prompt; only the postmortem is known by name, for it tells of the alerts, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from mcp import MCPError
from mcp.server import MCPServer
from mcp.server.mcpserver.prompts.base import Prompt, PromptArgument
from mcp.types import INVALID_PARAMS

from sentry_runbook.collect import HANDOFF, STORY, collect_story, investigate, story_window
from sentry_runbook.collect.left_out import says_nothing
from sentry_runbook.errors import BadInput, RunbookError
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.messages import FORMS, Audience, Kind
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.templates import Template
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.echo import echoed
from sentry_runbook.tools.arguments import stated_moment

if TYPE_CHECKING:
    from sentry_runbook.incident.incident import Incident

POSTMORTEM = "postmortem"
STATED = ("lead", "service", "root_cause", "fix")
"""Prompt arguments that a person states, as the draft tools take them."""
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
"""The first one is meant when none is named."""


def add_prompts(server: MCPServer[Runtime], run: Runtime) -> None:
    """Add one prompt a template."""
    for template in run.templates:
        server.add_prompt(_prompt(run, template))


def _prompt(run: Runtime, template: Template) -> Prompt:
    async def fill(**arguments: str) -> str:
        try:
            return await fill_prompt(run, template, arguments)
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


async def fill_prompt(run: Runtime, template: Template, arguments: Mapping[str, str]) -> str:
    """The prompt's text: with live facts when it is given an issue, with blanks when it is not.

    Raises:
        MCPError: an argument is not one of the template's.
        RunbookError: the issue cannot be read, or an argument is invalid.
    """
    from sentry_runbook.incident.messages.blank_content import BlankContent  # noqa: PLC0415  # start-up (DESIGN §9)
    from sentry_runbook.incident.messages.content import MessageContent  # noqa: PLC0415  # as above
    from sentry_runbook.incident.messages.silence import nothing_to_say  # noqa: PLC0415  # as above

    given = _known_arguments(template, arguments)
    audience = _audience(given.get("audience"))
    stated = Stated(**{name: given[name] for name in STATED if name in given})
    since = stated_moment(given.get("since"), "since")
    if "issue" not in given:
        return template.prompt(BlankContent(run.policy, run.sanitize_stated(stated), audience), given)
    kind = next((kind for kind, form in FORMS.items() if form == template.name), None)
    incident = await _incident(run, template, given, stated, kind)
    why = nothing_to_say(incident, kind, audience, since) if kind is not None else None
    if why is not None:
        return f"No message is due, so there is none to give the user. Tell the user why: {why}.\n"
    return template.prompt(MessageContent(incident, audience=audience, since=since), given)


async def _incident(
    run: Runtime, template: Template, given: Mapping[str, str], stated: Stated, kind: Kind | None
) -> Incident:
    """The incident of the issue that was given; a postmortem tells of the alerts, too."""
    issue, environment = given["issue"], given.get("environment")
    if template.name == POSTMORTEM:
        return await collect_story(run, issue, environment=environment, stated=stated)
    aspects = HANDOFF if kind == "handoff" else STORY
    evidence = await investigate(run, issue, aspects, environment=environment, window_for=story_window)
    return run.incident(evidence, stated)


def _known_arguments(template: Template, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments that are given, each one of the template's."""
    valid = {argument.name for argument in template.arguments}
    given = {name: value for name, value in arguments.items() if not says_nothing(name, value)}
    if unknown := set(given) - valid:
        names = ", ".join(sorted(valid)) or "none"
        wrong = ", ".join(quoted(echoed(name, 40)) for name in sorted(unknown)[:5])
        message = f"The prompt {template.name} does not take {wrong}. Valid arguments: {names}."
        raise MCPError(code=INVALID_PARAMS, message=message)
    return given


def _audience(text: str | None) -> Audience:
    if text is None:
        return AUDIENCES[0]
    # A wrong word must not quietly give customers the engineers' message.
    for audience in AUDIENCES:
        if text.strip().lower() == audience:
            return audience
    raise BadInput(f"There is no audience {quoted(echoed(text, 40))}.", f"Valid: {', '.join(AUDIENCES)}.")
