"""Fills a template: Jinja2 in a sandbox, and a pen that makes every value inert for its format.

Event text is always a value, never source: nothing that a fact holds is read as Jinja2. Each value goes through
the pen (Jinja2's ``finalize``), which writes blanks down and makes text inert once more, whatever made the fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sentry_runbook.errors import BadTemplate
from sentry_runbook.incident.messages.fields import Fact, Facts, blank
from sentry_runbook.incident.model.results.messages import Filled, Format
from sentry_runbook.render.markup import link, marked_up
from sentry_runbook.safety import text as safe

if TYPE_CHECKING:
    from sentry_runbook.render.templates import Template

MASK = re.compile(r"(<[a-z][a-z ]{0,20} \d+>)")
"""What our own masking wrote (``<email 1>``); it must not go through the gate again."""
LONGEST = 2000
PEN = "_pen"


class Pen:
    """Writes the values of one text and remembers its blanks."""

    def __init__(self, format: Format) -> None:  # noqa: A002  # the tool's own argument name
        self.format: Format = format
        self._blanks: dict[str, str] = {}

    @property
    def unknowns(self) -> tuple[str, ...]:
        """What is missing and why, in the order of the text, each once."""
        return tuple(f"{what}: {why}" if why else what for what, why in self._blanks.items())

    def write(self, value: object) -> str:
        """A value as it stands in the text."""
        fact = value if isinstance(value, Fact) else Fact(str(value))
        if fact.exact:
            return " ".join(fact.text.split()).replace("`", "'")
        text = marked_up(inert(fact.text), self.format)
        if not fact.known:
            self._blanks.setdefault(inert(fact.text), inert(fact.why))
            return f"[{text}]"
        return link(text, fact.link, self.format) if fact.link else text


def inert(text: str) -> str:
    """One inert line, our own masks kept."""
    pieces = MASK.split(text[: 2 * LONGEST])
    return safe.cut("".join(piece if place % 2 else _line(piece) for place, piece in enumerate(pieces)), LONGEST)


def _line(text: str) -> str:
    """As the gate makes it; the blanks at the ends stay, because more of the sentence follows."""
    body = text.strip(" ")
    if not body:
        return text
    before, after = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    return f"{before}{safe.inert_line(body)}{after}"


# --- Jinja2 --------------------------------------------------------------------------------------------------------


class Environment(ImmutableSandboxedEnvironment):
    """Only the fields of facts can be read, nothing can be called."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # Jinja2's own signature
        """Only declared fields."""
        if is_dataclass(obj):
            return attr in {one.name for one in fields(obj)}
        return isinstance(obj, LoopContext) and not attr.startswith("_")

    def getattr(self, obj: Any, attribute: str) -> Any:  # Jinja2's own signature
        """``arguments.items`` is the argument of that name, not a method."""
        return obj[attribute] if isinstance(obj, dict) else super().getattr(obj, attribute)


@jinja2.pass_context
def _finalize(context: jinja2.runtime.Context, value: object) -> str:
    pen: Pen = context[PEN]
    return pen.write(value)


def _joined(values: Iterable[object], separator: str = ", ") -> Fact:
    return Fact(separator.join(str(value) for value in values))


def _changed(how: str) -> Any:  # a filter's signature is Jinja2's business
    def change(value: object) -> object:
        fact = value if isinstance(value, Fact) else Fact(str(value))
        return Fact(getattr(fact.text, how)(), known=fact.known, stated=fact.stated, why=fact.why, link=fact.link)

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
def environment() -> Environment:
    """Jinja2 with strict names, our filters and nothing else."""
    made = Environment(
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # the target is Markdown or Slack; the pen escapes for it
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=0,
    )
    made.globals.clear()
    made.filters = dict(FILTERS)
    made.tests = {}
    return made


@cache
def _compiled(body: str) -> jinja2.Template:
    return environment().from_string(body)


def values_of(facts: Facts, format: str, arguments: Mapping[str, Fact]) -> dict[str, object]:  # noqa: A002
    """The names that a body can use: the fields of :class:`Facts`, ``format``, and the declared ``arguments``."""
    named = {one.name: getattr(facts, one.name) for one in fields(facts)}
    return {**named, "format": format, "arguments": arguments}


def _given(template: Template, arguments: Mapping[str, str]) -> dict[str, Fact]:
    """The declared arguments; one that was not given is a blank."""
    return {
        one.name: Fact(arguments[one.name], stated=True) if one.name in arguments else blank(one.name, "not given")
        for one in template.arguments
    }


def fill(template: Template, facts: Facts, format: Format, arguments: Mapping[str, str]) -> Filled:  # noqa: A002
    """The body with the facts in it.

    Raises:
        BadTemplate: the body cannot be read or asks for something that does not exist; file and line.
    """
    pen = Pen(format)
    try:
        text = _compiled(template.body).render({**values_of(facts, format, _given(template, arguments)), PEN: pen})
    except (jinja2.TemplateError, TypeError) as exc:
        template.check()
        raise BadTemplate(f"Template {template.path} cannot be filled: {exc}.") from exc
    return Filled(laid_out(text, template.layout, format), pen.unknowns)


def laid_out(text: str, layout: str, format: str) -> str:  # noqa: A002
    """No stretches of empty lines; in Markdown a form's lines end with two blanks, or they would run together."""
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")
    if layout == "lines" and format == "markdown":
        text = re.sub(r"(?m)(?<=\S)\n(?=[^\s-])", "  \n", text)
    return text + "\n"
