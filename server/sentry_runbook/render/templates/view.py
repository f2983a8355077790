"""Results as templates see them: fields and properties by name, each a fact of its type, unknown ones marked blanks.

How to think about it: one function reads the *types* of a result (:func:`parts_of`), and both sides use what it says:
the check at start, which walks a template without values, and :class:`FactGroup`, which hands out the values. So what
passes the check can be filled, and a new field of a result is a fact at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from sentry_runbook.incident.messages.blank_content import BlankContent
from sentry_runbook.incident.messages.content import MessageContent
from sentry_runbook.incident.model.evidence import HoldsEventText, Unknown, quoted
from sentry_runbook.incident.model.results.messages import Blank
from sentry_runbook.incident.postmortem.content import PostmortemContent
from sentry_runbook.render.templates.fact import Fact
from sentry_runbook.render.templates.wording import TEXTS, Wording, is_sentence, text_of, wording_of

CONTENT = (MessageContent, PostmortemContent)
"""Classes whose properties, and nothing else, are what a template may ask for."""


@dataclass(frozen=True)
class ListOf:
    """A list of values of one kind."""

    of: Kind


@dataclass(frozen=True)
class GroupOf:
    """A result with fields of its own."""

    result: type

    @property
    def has_text(self) -> bool:
        """Whether it can stand in a sentence itself."""
        return self.result in TEXTS


@dataclass(frozen=True)
class Names:
    """A fixed set of names, each of one kind: ``arguments``, ``loop``."""

    called: str
    kinds: Mapping[str, type]


Kind = type | ListOf | GroupOf | Names
"""What a template gets: ``Fact``, ``bool``, ``str`` or ``int``, a list, a group."""


@dataclass(frozen=True)
class ViewField:
    """One field or property of a result.

    Attributes:
        quote: its text comes from events and is quoted.
    """

    kind: Kind
    quote: bool


# --- types ---------------------------------------------------------------------------------------------------------


@cache
def parts_of(result: type) -> Mapping[str, ViewField]:
    """What a template can ask a result for, in the order of its declaration; what it cannot show is left out."""
    parts: dict[str, ViewField] = {}
    for name, hint in _hints(result).items():
        kind, is_event_text = _kind(hint)
        if kind is not None:
            parts[name] = ViewField(kind, is_event_text and not is_sentence(result, name))
    return parts


def _hints(result: type) -> dict[str, object]:
    hints: dict[str, object] = {}
    if issubclass(result, BaseModel):
        # Pydantic takes the marks at the top of an annotation off and keeps them beside it.
        for name, info in result.model_fields.items():
            hints[name] = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    else:
        own = get_type_hints(result, include_extras=True)
        names = [field.name for field in fields(result)] if is_dataclass(result) else list(own)
        hints.update({name: own[name] for name in names})
    for base in reversed(result.__mro__):
        if base in (object, BaseModel):
            continue
        for name, value in vars(base).items():
            getter = (
                value.fget
                if isinstance(value, property)
                else value.func
                if isinstance(value, cached_property)
                else None
            )
            if getter is not None and not name.startswith(("_", "model_")):
                hints[name] = get_type_hints(getter, include_extras=True)["return"]
    return hints


def _kind(hint: object) -> tuple[Kind | None, bool]:
    """The kind of a type, None when templates cannot use it; and whether it holds event text."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind, is_event_text = _kind(inner[0])
        return kind, is_event_text or any(isinstance(mark, HoldsEventText) for mark in inner[1:])
    if origin in (Union, UnionType):
        return _kind_of_union([each for each in inner if each not in (NoneType, Unknown, Blank)])
    if origin is tuple:
        kind, is_event_text = _kind(inner[0])
        return (None if kind is None else ListOf(kind)), is_event_text
    if origin is Literal:
        return Fact, False
    return (_kind_of_class(hint) if isinstance(hint, type) else None), False


def _kind_of_class(result: type) -> Kind | None:
    if result is bool:
        return bool
    if issubclass(result, str | int | float | date | timedelta | Blank | Unknown):
        return Fact
    is_result = issubclass(result, BaseModel) or is_dataclass(result) or result in CONTENT
    return GroupOf(result) if is_result else None


def _kind_of_union(hints: list[object]) -> tuple[Kind | None, bool]:
    kinds = [_kind(hint) for hint in hints]
    is_event_text = any(marked for _, marked in kinds)
    distinct = {kind for kind, _ in kinds}
    if len(distinct) == 1:
        return distinct.pop(), is_event_text
    return (Fact if distinct <= {Fact, bool} else None), is_event_text


# --- values --------------------------------------------------------------------------------------------------------


class FactGroup:
    """A result, or the blanks of one that is not known; templates read its parts by name.

    Args:
        result: the type; it says which parts there are.
        value: the result; None when it is not known.
        why: then why, for each of its blanks.
        fact: the result in a sentence, where it can stand in one.
    """

    def __init__(self, result: type, value: object | None, why: str = "", fact: Fact | None = None) -> None:
        self._result = result
        self._value = value
        self._why = why
        self.fact = fact

    def __contains__(self, name: object) -> bool:
        return name in parts_of(self._result)

    def __getitem__(self, name: str) -> object:
        part, wording = parts_of(self._result)[name], wording_of(self._result, name)
        return _shown(self._read(name), part.kind, _Field(self._result, self._value, name, part.quote, wording))

    def _read(self, name: str) -> object:
        if self._value is None:
            # What only people can ever know has its own reason, with or without an issue.
            always = getattr(self._result, name, None)
            return always if isinstance(always, Blank) else Unknown(why=self._why)
        return self._value.read(name) if isinstance(self._value, BlankContent) else getattr(self._value, name)

    def __bool__(self) -> bool:
        return self._value is not None

    def __str__(self) -> str:
        return str(self.fact)


def facts_of(content: BlankContent) -> FactGroup:
    """All that a template may ask for."""
    return FactGroup(MessageContent, content)


@dataclass(frozen=True)
class _Field:
    """The field that a value was read from: it words the value and its blank."""

    result: type
    value: object | None
    name: str
    quote: bool
    wording: Wording

    def blank(self, value: object) -> Fact:
        """The blank of an unknown value: its own words, else the field's."""
        if isinstance(value, Blank):
            return Fact(value.what, known=False, why=value.why)
        words = self._of_result(self.wording.blank) or self.name.replace("_", " ")
        return Fact(words, known=False, why=self._why(value))

    def _why(self, value: object) -> str:
        """The value's own reason, else what the result says of it in ``missing``, else that of the wording."""
        if isinstance(value, Unknown):
            return value.why
        reasons = {each.what: each.why for each in getattr(self.value, "missing", ())}
        return reasons.get(self.name) or self._of_result(self.wording.why)

    def _of_result(self, words: str | Callable[[Any], str]) -> str:
        if isinstance(words, str):
            return words
        return words(self.value) if self.value is not None else ""

    def fact(self, value: object) -> Fact:
        """A known value."""
        text = self.wording.text(value) if self.wording.text is not None else text_of(value, self.name)
        link = getattr(self.value, self.wording.link) if self.wording.link else ""
        return Fact(quoted(text) if self.quote else text, link=link, exact=self.wording.exact)


def _shown(value: object, kind: Kind, field: _Field) -> object:
    unknown = value is None or isinstance(value, Unknown | Blank)
    if isinstance(kind, ListOf):
        return () if unknown else tuple(_shown(each, kind.of, field) for each in _elements(value))
    if isinstance(kind, GroupOf):
        if unknown:
            blank = field.blank(value)
            return FactGroup(kind.result, None, blank.why, blank)
        return FactGroup(kind.result, value, fact=Fact(TEXTS[kind.result](value)) if kind.has_text else None)
    if kind is bool:
        return not unknown and bool(value)
    return field.blank(value) if unknown else field.fact(value)


def _elements(value: object) -> tuple[object, ...]:
    assert isinstance(value, tuple)  # noqa: S101  # the type says so, and results are frozen
    return value
