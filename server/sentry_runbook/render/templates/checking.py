"""Reads a template's body without filling it: every fact it asks for must exist, wherever it asks.

The body's tree is walked with the *kinds* of values (:data:`.view.Kind`), which :mod:`.view` reads from the types of
the results: a fact, a list, a group with fields of its own, a bool or a word. So a wrong name is found in a branch that
no test takes and in a loop that is empty today. What the walk does not understand is refused: a template says little,
and that plainly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import jinja2
from jinja2 import nodes

from sentry_runbook.errors import BadTemplate
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.render.templates.fact import Fact, JoinedFacts
from sentry_runbook.render.templates.filling import FACT_FIELDS, FILTERS, environment
from sentry_runbook.render.templates.front_matter import bad
from sentry_runbook.render.templates.view import GroupOf, Kind, ListOf, Names, parts_of

if TYPE_CHECKING:
    from sentry_runbook.render.templates import Template


WORDS: tuple[Kind, ...] = (Fact, JoinedFacts, str, int)
"""What can stand in a text, besides groups with a text of their own."""
FACT_KINDS: Mapping[str, Kind] = {field: bool if field in ("known", "exact") else str for field in FACT_FIELDS}
LOOP = Names("loop", {"index": int, "first": bool, "last": bool, "length": int})


def check(template: Template) -> None:
    """Raise on the first thing in the body that cannot be filled.

    Raises:
        BadTemplate: with file and line.
    """
    try:
        _check(template)
    except jinja2.TemplateSyntaxError as exc:
        line = template.body_line + (exc.lineno or 1) - 1
        raise bad(template.path, line, f"{exc.message or 'not a template'}.", _help(exc)) from exc
    except (RecursionError, SyntaxError) as exc:  # the second from Python, which Jinja2 makes of the template
        raise bad(
            template.path,
            template.body_line,
            "it is nested too deeply.",
            "Put fewer ifs, loops and brackets into one another.",
        ) from exc
    except ValueError as exc:
        raise bad(template.path, template.body_line, "it holds a number that is too long.") from exc


def _check(template: Template) -> None:
    tree = environment().parse(template.body)
    # Unknown filters and the like are found by Jinja2's compiler only.
    environment().compile(tree)
    arguments = Names("arguments", {argument.name: Fact for argument in template.arguments})
    names: dict[str, Kind] = {**_kinds(MessageContent), "format": str, "arguments": arguments}
    _Walk(template).all(tree.body, names)


def _help(exc: jinja2.TemplateSyntaxError) -> str:
    if "filter" in (exc.message or ""):
        return f"Filters: {', '.join(sorted(FILTERS))}."
    return ""


def _kinds(result: type) -> dict[str, Kind]:
    return {name: part.kind for name, part in parts_of(result).items()}


class _Walk:
    def __init__(self, template: Template) -> None:
        self._template = template

    def wrong(self, node: nodes.Node, what: str, fix: str = "") -> BadTemplate:
        return bad(self._template.path, self._template.body_line + node.lineno - 1, what, fix)

    def all(self, body: list[nodes.Node], names: dict[str, Kind]) -> None:
        for node in body:
            self.statement(node, names)

    # --- statements

    def statement(self, node: nodes.Node, names: dict[str, Kind]) -> None:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    self.written(part, names)
            case nodes.If():
                self.kind(node.test, names)
                branches: list[list[nodes.Node]] = [node.body, [*node.elif_], node.else_]
                for branch in branches:
                    self.all(branch, dict(names))
            case nodes.For():
                self.loop(node, names)
            case nodes.Assign(target=nodes.Name() as target):
                names[target.name] = self.kind(node.node, names)
            case _:
                raise self.wrong(node, f"a template cannot use {_named(node)}.", "It can use {{ … }}, if, for and set.")

    def loop(self, node: nodes.For, names: dict[str, Kind]) -> None:
        over = self.kind(node.iter, names)
        if not isinstance(over, ListOf):
            raise self.wrong(node, f"{_path_of(node.iter)} is not a list.")
        if not isinstance(node.target, nodes.Name) or node.recursive:
            raise self.wrong(node, "a for takes one name: {% for step in checklist %}.")
        inner: dict[str, Kind] = {**names, node.target.name: over.of, "loop": LOOP}
        if node.test is not None:
            self.kind(node.test, inner)
        self.all(node.body, inner)
        self.all(node.else_, dict(names))

    def written(self, node: nodes.Node, names: dict[str, Kind]) -> None:
        if isinstance(node, nodes.TemplateData):
            return
        kind = self.kind(node, names)
        if kind not in WORDS and not (isinstance(kind, GroupOf) and kind.has_text):
            raise self.wrong(node, f"{_path_of(node)} cannot stand in a text: {_asks(kind)}.")

    # --- expressions

    def kind(self, node: nodes.Node, names: Mapping[str, Kind]) -> Kind:
        match node:
            case nodes.Const():
                return type(node.value)
            case nodes.Name():
                return self.name(node, names)
            case nodes.Getattr():
                return self.field(node, names)
            case nodes.Filter():
                return self.filtered(node, names)
            case nodes.CondExpr():
                return self.either(node, names)
            case nodes.And() | nodes.Or() | nodes.Not() | nodes.Compare():
                for inner in _expressions(node):
                    self.kind(inner, names)
                return bool
            case nodes.Concat():
                raise self.wrong(
                    node, "a template cannot use ~: a blank in it would not be listed.", "Write {{ a }}{{ b }}."
                )
            case _:
                raise self.wrong(
                    node, f"a template cannot use {_named(node)}.", "Ask for facts by name, as issue.title."
                )

    def name(self, node: nodes.Name, names: Mapping[str, Kind]) -> Kind:
        if node.name not in names:
            raise self.wrong(node, f"there is no fact {node.name!r}.", f"There are: {', '.join(sorted(names))}.")
        return names[node.name]

    def field(self, node: nodes.Getattr, names: Mapping[str, Kind]) -> Kind:
        kind = self.kind(node.node, names)
        known: Mapping[str, Kind] = {}
        if isinstance(kind, Names):
            known = kind.kinds
        elif isinstance(kind, GroupOf):
            known = _kinds(kind.result)
        elif kind is Fact:
            known = FACT_KINDS
        if node.attr not in known:
            valid = f"There are: {', '.join(known)}." if known else ""
            raise self.wrong(node, f"{_path_of(node.node)} has no fact {node.attr!r}.", valid)
        return known[node.attr]

    def filtered(self, node: nodes.Filter, names: Mapping[str, Kind]) -> Kind:
        if node.node is None:
            raise self.wrong(node, "a template cannot use a filter block.")
        for inner in (*node.args, *[pair.value for pair in node.kwargs]):
            self.kind(inner, names)
            if not (isinstance(inner, nodes.Const) and isinstance(inner.value, str)):
                # Written as it is, so nothing of an event may stand there.
                raise self.wrong(node, f"{node.name} takes words in quotes only.", "As join('; ').")
        kind = self.kind(node.node, names)
        wants_list = node.name in ("join", "length", "first")
        if wants_list != isinstance(kind, ListOf) or isinstance(kind, Names):
            raise self.wrong(
                node, f"{node.name} takes a {'list' if wants_list else 'fact'}, and {_path_of(node.node)} is none."
            )
        if node.name == "length":
            return int
        if isinstance(kind, ListOf):
            if kind.of is not Fact and not (isinstance(kind.of, GroupOf) and kind.of.has_text):
                raise self.wrong(
                    node, f"{node.name} takes a list of facts; go through {_path_of(node.node)} with a for."
                )
            return JoinedFacts if node.name == "join" else Fact
        return kind

    def either(self, node: nodes.CondExpr, names: Mapping[str, Kind]) -> Kind:
        self.kind(node.test, names)
        kinds = {self.kind(each, names) for each in (node.expr1, node.expr2) if each is not None}
        if node.expr2 is None:
            raise self.wrong(node, "an if in {{ … }} needs an else.")
        return kinds.pop() if len(kinds) == 1 else str if kinds <= set(WORDS) else bool


def _expressions(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in node.iter_child_nodes():
        yield child.expr if isinstance(child, nodes.Operand) else child


def _path_of(node: nodes.Node) -> str:
    """The expression as the author wrote it, as far as it is a path."""
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_path_of(node.node)}.{node.attr}"
    return "this"


def _named(node: nodes.Node) -> str:
    words: Mapping[type, str] = {
        nodes.Call: "calls",
        nodes.Getitem: "[…]",
        nodes.Include: "include",
        nodes.Import: "import",
        nodes.FromImport: "import",
        nodes.Extends: "extends",
        nodes.Block: "block",
        nodes.Macro: "macro",
    }
    return words.get(type(node), type(node).__name__.lower())


def _asks(kind: Kind) -> str:
    if isinstance(kind, ListOf):
        return "it is a list, go through it with a for"
    if isinstance(kind, Names):
        return f"ask for one of {', '.join(kind.kinds)}"
    if isinstance(kind, GroupOf):
        return f"ask for one of {', '.join(_kinds(kind.result))}"
    return "it is yes or no, use it in an if"
