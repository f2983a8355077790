"""Fills a template: Jinja2 in a sandbox, and a writer that makes every value inert for its format.

Event text is always a value, never source: nothing that a fact holds is read as Jinja2. Each value goes through
the writer (Jinja2's ``finalize``), which writes blanks down and makes text inert once more, whatever made the fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import meta
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sentry_runbook.errors import BadTemplate
from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.model.results.messages import Filled, Format
from sentry_runbook.render.markup import link, marked_up
from sentry_runbook.render.templates.fact import Fact, JoinedFacts
from sentry_runbook.render.templates.view import FactGroup, facts_of
from sentry_runbook.safety import text as safe
from sentry_runbook.safety.mask_kinds import split_at_masks

if TYPE_CHECKING:
    from sentry_runbook.render.templates import Template

FACT_FIELDS = frozenset({"text", "known", "why", "link", "exact"})
LONGEST = 2000
WRITER = "_writer"


class ValueWriter:
    """Writes the values of one text, escaped for its format, and collects its blanks."""

    def __init__(self, format: Format) -> None:  # noqa: A002  # the tool's own argument name
        self.format: Format = format
        self._blanks: dict[str, str] = {}

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What is missing and why, in the order of the text, each once."""
        return tuple(f"{what}: {why}" if why else what for what, why in self._blanks.items())

    def write(self, value: object) -> str:
        """A value as it is written in the text."""
        if isinstance(value, JoinedFacts):
            return value.separator.join(self._written(part) for part in value.parts)
        return self._written(as_fact(value))

    def _written(self, fact: Fact) -> str:
        if fact.exact:
            return " ".join(fact.text.split()).replace("`", "'")
        text = marked_up(inert(fact.text), self.format)
        if not fact.known:
            self._blanks.setdefault(inert(fact.text), inert(fact.why))
            return f"[{text}]"
        return link(text, fact.link, self.format) if fact.link else text


def as_fact(value: object) -> Fact:
    """A value of a body as a fact: a group that can stand in a sentence gives its own."""
    fact = value.fact if isinstance(value, FactGroup) else value
    return fact if isinstance(fact, Fact) else Fact(str(value))


def inert(text: str) -> str:
    """One inert line, our own masks kept."""
    # Neutralizing a mask again would break it.
    pieces = split_at_masks().split(text[: 2 * LONGEST])
    return safe.cut("".join(piece if index % 2 else _line(piece) for index, piece in enumerate(pieces)), LONGEST)


def _line(text: str) -> str:
    """One neutralized piece; spaces at its ends stay, because more of the sentence follows."""
    body = text.strip(" ")
    if not body:
        return text
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}{safe.inert_line(body)}{after}"


# --- Jinja2 --------------------------------------------------------------------------------------------------------


class FactEnvironment(ImmutableSandboxedEnvironment):
    """Only the parts of facts and groups can be read, nothing can be called."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # Jinja2's own signature
        """Whether a template may read the attribute: declared fields only."""
        if isinstance(obj, Fact):
            return attr in FACT_FIELDS
        return isinstance(obj, LoopContext) and not attr.startswith("_")

    def getattr(self, obj: Any, attribute: str) -> Any:  # Jinja2's own signature
        """``arguments.items`` is the argument of that name, not a method."""
        if isinstance(obj, dict | FactGroup):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: object) -> str:
    writer: ValueWriter = context[WRITER]
    return writer.write(value)


def _joined(values: Iterable[object], separator: str = ", ") -> JoinedFacts:
    return JoinedFacts(tuple(as_fact(value) for value in values), separator)


def _changed(how: str) -> Any:  # a filter's signature is Jinja2's business
    def change(value: object) -> Fact | JoinedFacts:
        if isinstance(value, JoinedFacts):
            return JoinedFacts(tuple(changed(part) for part in value.parts), getattr(value.separator, how)())
        return changed(as_fact(value))

    def changed(fact: Fact) -> Fact:
        return replace(fact, text=getattr(fact.text, how)())

    return change


def _first(values: Iterable[object]) -> object:
    return next(iter(values), Fact("", known=True))


FILTERS: Mapping[str, Any] = {
    "join": _joined,
    "length": len,
    "first": _first,
    "upper": _changed("upper"),
    "lower": _changed("lower"),
}
"""All filters there are: few enough that the check at start knows what each does with an unknown fact."""


@cache
def environment() -> FactEnvironment:
    """Jinja2 with strict names, our filters and nothing else."""
    created = FactEnvironment(
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # the target is Markdown or Slack; the writer escapes for it
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    created.globals.clear()
    created.filters = dict(FILTERS)
    created.tests = {}
    return created


@cache
def _compiled(body: str) -> jinja2.Template:
    return environment().from_string(body)


@cache
def _names_in(body: str) -> frozenset[str]:
    """The names that a body reads; a content computes what is read, and no more."""
    return frozenset(meta.find_undeclared_variables(environment().parse(body)))


def _values(template: Template, content: BlankContent, arguments: Mapping[str, str]) -> dict[str, object]:
    facts, names = facts_of(content), _names_in(template.body)
    values: dict[str, object] = {name: facts[name] for name in names if name in facts}
    if "arguments" in names:
        values["arguments"] = {
            argument.name: Fact(arguments[argument.name])
            if argument.name in arguments
            else Fact(argument.name, known=False, why="not given")
            for argument in template.arguments
        }
    return values


def fill(template: Template, content: BlankContent, format: Format, arguments: Mapping[str, str]) -> Filled:  # noqa: A002  # as above
    """The body with the content in it.

    Raises:
        BadTemplate: the body cannot be read or asks for something that does not exist; file and line.
    """
    writer = ValueWriter(format)
    try:
        values = {**_values(template, content, arguments), "format": format, WRITER: writer}
        text = _compiled(template.body).render(values)
    except (jinja2.TemplateError, TypeError) as exc:
        template.check()
        raise BadTemplate(f"Template {template.path} cannot be filled: {exc}.") from exc
    return Filled(laid_out(text, template.layout, format), writer.unknowns)


def laid_out(text: str, layout: str, format: str) -> str:  # noqa: A002  # as above
    """Collapse empty lines; in Markdown a form's lines end with two spaces, or they would run together."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")
    if layout == "lines" and format == "markdown":
        text = re.sub(r"(?m)(?<=\S)\n(?=[^\s-])", "  \n", text)
    return text + "\n"
