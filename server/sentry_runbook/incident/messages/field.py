"""One fact, known or a marked blank, and how groups of them are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from sentry_runbook.incident.model.evidence import Unknown

NO_ISSUE = "no issue was given"
NOT_STATED = "only a person knows it, and nobody stated it"


@dataclass(frozen=True)
class Fact:
    """One thing that a sentence can use; in an ``if`` it holds when it is known.

    Attributes:
        text: as it stands in a sentence, event text in it quoted; of an unknown one what is missing: it stands as
            ``[text]``.
        known: False makes it a marked blank.
        stated: a person's words, which are made inert when they are put in.
        source: where it comes from.
        why: why it is unknown.
        link: the address of Sentry's that the text leads to.
        exact: the operator's own words, as a pattern of the policy, written as they are; never for event text.
    """

    text: str
    known: bool = True
    stated: bool = False
    source: str = ""
    why: str = ""
    link: str = ""
    exact: bool = False

    def __str__(self) -> str:
        return self.text if self.known else f"[{self.text}]"

    def __bool__(self) -> bool:
        return self.known


def blank(what: str, why: str = NO_ISSUE) -> Fact:
    """An unknown fact: ``what`` says in a few words what a person would have to fill in."""
    return Fact(what, known=False, why=why)


def gap(what: str, why: str = NO_ISSUE) -> Any:
    """The default of a fact in a group: it stands there until the fact is known."""
    return field(default=blank(what, why))


Group = TypeVar("Group")


def made(group: type[Group], **values: object) -> Group:
    """A group of facts; an ``Unknown`` becomes the field's own blank with that reason.

    Args:
        group: one of the classes above.
        values: by field; a field left out keeps its default.
    """
    defaults = {one.name: one.default for one in fields(group)}  # type: ignore[arg-type]  # every group is a dataclass
    return group(**{name: _value(value, defaults[name]) for name, value in values.items()})


def _value(value: object, default: object) -> object:
    if isinstance(value, Unknown) and isinstance(default, Fact):
        return replace(default, why=value.why)
    return value


def facts(texts: Iterable[str], source: str = "") -> tuple[Fact, ...]:
    """Sentences as facts."""
    return tuple(Fact(text, source=source) for text in texts)
