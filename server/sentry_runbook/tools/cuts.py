"""A tool's own cuts of an answer that is too long: each names what it took out, and where that is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sentry_runbook.incident.model.evidence import Answer, Missing

A = TypeVar("A", bound=Answer)
LEFT_OUT = "left out for length; "


@dataclass(frozen=True)
class Cut(Generic[A]):
    """A step that makes an answer shorter. It names only what it really changed, and a later cut replaces its words.

    Attributes:
        change: the answer with less in it.
        paths: what may get shorter, dotted, and in words what is left out of it; empty when all of it is.
        how: how to get what is left out; may look at the answer before and after.
    """

    change: Callable[[A], A]
    paths: Mapping[str, str]
    how: str | Callable[[A, A], str]

    def __call__(self, result: A) -> A:
        """The shorter answer, with the cut in its ``missing``."""
        shorter = self.change(result)
        changed = [path for path in self.paths if value_at(result, path) != value_at(shorter, path)]
        if not changed:
            return shorter
        how = self.how if isinstance(self.how, str) else self.how(result, shorter)
        labels = [f"{path} ({self.paths[path]})" if self.paths[path] else path for path in changed]
        named = Missing(what=", ".join(labels), why=f"{LEFT_OUT}{how}")
        return shorter.model_copy(update={"missing": (*_without(shorter.missing, changed), named)})


def value_at(value: object, path: str) -> object:
    """The value at a dotted path; of a list, the value of every entry; None where there is none."""
    for name in path.split("."):
        value = _field(value, name)
    return value


def _field(value: object, name: str) -> object:
    return tuple(_field(entry, name) for entry in value) if isinstance(value, tuple) else getattr(value, name, None)


def _without(missing: Sequence[Missing], paths: Sequence[str]) -> list[Missing]:
    """``missing`` without what earlier cuts said of these paths."""
    kept = []
    for entry in missing:
        labels = entry.what.split(", ")
        rest = [label for label in labels if label.partition(" (")[0] not in paths]
        if not entry.why.startswith(LEFT_OUT) or rest == labels:
            kept.append(entry)
        elif rest:
            kept.append(Missing(what=", ".join(rest), why=entry.why))
    return kept
