"""Finds the runbook's templates and fills them; the words are in ``prompts/``, the facts in :mod:`.incident.facts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sentry_runbook.incident.drafts import Filled
from sentry_runbook.incident.facts import Format

if TYPE_CHECKING:
    from sentry_runbook.incident.gather import Facts


@dataclass(frozen=True)
class Argument:
    """An argument of a prompt."""

    name: str
    description: str
    required: bool = False


@dataclass(frozen=True)
class Template:
    """One file of ``prompts/``.

    Attributes:
        arguments: of the prompt.
        instructions: what a prompt says before the body; the body alone is what the draft tools fill.
        body: Markdown with Jinja2.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    instructions: str
    body: str
    path: Path

    def fill(self, facts: Facts, format: Format = "markdown", arguments: Mapping[str, str] | None = None) -> Filled:  # noqa: A002
        """The body with the facts in it; unknown ones stand as ``[what is missing]``."""
        raise NotImplementedError

    def prompt(self, facts: Facts, arguments: Mapping[str, str] | None = None) -> str:
        """Instructions and filled body: what the prompt of this name says."""
        raise NotImplementedError


@dataclass(frozen=True)
class Templates:
    """All templates by name, in the order of their names."""

    by_name: Mapping[str, Template] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Template:
        return self.by_name[name]

    def __iter__(self) -> Iterator[Template]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)


def load_templates(overrides: Path | None = None) -> Templates:
    """The shipped templates, with those of a folder over and beside them.

    Raises:
        BadTemplate: a file cannot be read, its front matter is wrong, or it asks for a fact that does not exist;
            file and line.
    """
    raise NotImplementedError
