"""The runbook's templates as Agent Skills over MCP: the extension ``io.modelcontextprotocol/skills`` (SEP-2640).

A template is one skill of one file, ``skill://NAME/SKILL.md``: a head, the template's instructions, where the live
facts come from, and the blank form. Hosts compare what they read with the SHA-256 digest and the size that
``skills/list`` named, so a skill is rendered once per process, at the first question: nothing in it depends on time.

The extension: https://github.com/modelcontextprotocol/ext-skills (specification/stable/skills.mdx). The format of a
SKILL.md, and which names it allows: https://agentskills.io/specification.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

import anyio.to_thread
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.extension import Extension, MethodBinding, ResourceBinding
from mcp.server.mcpserver.resources import FunctionResource
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, PaginatedRequestParams, ReadResourceRequestParams

from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.results.messages import FORMS
from sentry_runbook.render.templates import Template
from sentry_runbook.runtime import Runtime
from sentry_runbook.safety.echo import echoed

ADDRESS = "skill://{skill}/SKILL.md"
MOST_CHARACTERS = 64
"""Of a skill's name."""
FILLED_BY: Mapping[str, str] = {
    "triage": "`triage_issue`",
    "postmortem": "`draft_postmortem`",
    **{form: f'`draft_update` with kind="{kind}"' for kind, form in FORMS.items()},
}
"""Template → the tool whose answer is its form, filled."""


class Skills(Extension):
    """Serves each template as a skill; a server with a wrong setting answers with its problem.

    Args:
        run: whose templates, policy and problem.
        fresh: how long clients may reuse the list, and who may share it; on the wire.
    """

    identifier = "io.modelcontextprotocol/skills"

    def __init__(self, run: Runtime, fresh: Mapping[str, object]) -> None:
        self._run = run
        self._fresh = dict(fresh)
        self._templates = {
            ADDRESS.format(skill=name): (name, template)
            for name, template in zip(skill_names([one.name for one in run.templates]), run.templates, strict=True)
        }

    def resources(self) -> Sequence[ResourceBinding]:
        """One resource a skill, listed under the skill's name and description."""
        return [
            ResourceBinding(
                FunctionResource(
                    uri=address,
                    name=name,
                    title=template.title,
                    description=template.description,
                    mime_type="text/markdown",
                    fn=partial(self._read, address),
                )
            )
            for address, (name, template) in self._templates.items()
        ]

    def methods(self) -> Sequence[MethodBinding]:
        """The extension's two methods, in both protocol eras."""
        return [
            MethodBinding("skills/list", PaginatedRequestParams, self._list),
            MethodBinding("skills/get", ReadResourceRequestParams, self._get),
        ]

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return {address: skill_text(self._run, name, one) for address, (name, one) in self._templates.items()}

    def _read(self, address: str) -> str:
        return self._texts[address]

    async def _rendered(self) -> Mapping[str, str]:
        """All texts; the first rendering imports Jinja2 and the messages, in a thread as reading a resource does."""
        return await anyio.to_thread.run_sync(lambda: self._texts)

    def _entry(self, address: str, text: str) -> dict[str, object]:
        name, template = self._templates[address]
        content = text.encode()
        return {
            "uri": address,
            "frontmatter": {"name": name, "description": template.description},
            "resources": [
                {"uri": address, "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)},
            ],
        }

    async def _list(self, _: ServerRequestContext[Any, Any], __: PaginatedRequestParams) -> dict[str, Any]:
        self._refuse_with_problem()
        texts = await self._rendered()
        return {"skills": [self._entry(address, text) for address, text in texts.items()], **self._fresh}

    async def _get(self, _: ServerRequestContext[Any, Any], params: ReadResourceRequestParams) -> dict[str, Any]:
        self._refuse_with_problem()
        address = str(params.uri)
        if address not in self._templates:
            known = ", ".join(name for name, _ in self._templates.values())
            message = f"There is no skill {quoted(echoed(address, 80))}. Known: {ADDRESS} with {known}."
            raise MCPError(code=INVALID_PARAMS, message=message)
        texts = await self._rendered()
        return {"skill": self._entry(address, texts[address]), **self._fresh}

    def _refuse_with_problem(self) -> None:
        if self._run.problem is not None:
            raise MCPError(code=INTERNAL_ERROR, message=str(self._run.problem))


def skill_names(names: Iterable[str]) -> list[str]:
    """Templates' names as skills may be called: words joined by single hyphens; each once, in the same order.

    Names that differ in underscores only are numbered.
    """
    taken: list[str] = []
    for name in names:
        plain = "-".join(word for word in name.split("_") if word)
        free, number = plain, 1
        while free in taken:
            number += 1
            free = f"{plain[: MOST_CHARACTERS - 4].rstrip('-')}-{number}"
        taken.append(free)
    return taken


def skill_text(run: Runtime, name: str, template: Template) -> str:
    """The SKILL.md of a template."""
    from sentry_runbook.incident.messages.blank_content import BlankContent  # noqa: PLC0415  # start-up (DESIGN §9)

    # One visible line (front_matter), so JSON's string is YAML's double-quoted one.
    head = f"---\nname: {name}\ndescription: {json.dumps(template.description, ensure_ascii=False)}\n---"
    form = template.fill(BlankContent(run.policy)).text.strip("\n")
    # A card is its form alone, which has a heading of its own.
    words = f"# {template.title}\n\n{template.instructions.strip()}" if template.instructions else ""
    parts = (head, words, _where_facts_come_from(template), form)
    return "\n\n".join(part for part in parts if part) + "\n"


def _where_facts_come_from(template: Template) -> str:
    if "issue" not in [argument.name for argument in template.arguments]:
        return ""
    if template.name in FILLED_BY:
        return f"With an issue call {FILLED_BY[template.name]}: it gives what follows with live facts. Without one:"
    return "With an issue take the facts from `triage_issue`, and leave what it does not say unknown. Without one:"
