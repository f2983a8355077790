"""Finds the runbook's templates and fills them; the words are in ``prompts/``, the facts are an incident's results.

One file is one runbook. The shipped files are held by a test that checks and fills every one of them; a team's own
folder is checked at start. So starting the server with the shipped files reads their heads and nothing more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sentry_runbook.errors import BadTemplate
from sentry_runbook.incident.model.results.messages import Filled, Format
from sentry_runbook.render.templates.front_matter import Head, bad, parse
from sentry_runbook.small_files import UnsuitableFile, read_small_file, why_unread

if TYPE_CHECKING:
    from sentry_runbook.incident.messages.blank_content import BlankContent

__all__ = ["Argument", "Template", "Templates", "load_templates", "shipped_folder"]

MOST_BYTES = 200_000
"""Of one file; the longest shipped one has a twentieth of it."""
MOST_FILES = 100


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
        layout: ``lines`` when every line of the body stays a line of its own in Markdown, too.
        body_line: the line of the file on which the body begins.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    instructions: str
    body: str
    path: Path
    layout: str = "markdown"
    body_line: int = 1

    def fill(
        self,
        content: BlankContent,
        format: Format = "markdown",  # noqa: A002  # the tool's own argument name
        arguments: Mapping[str, str] | None = None,
    ) -> Filled:
        """The body with the facts of a content in it; unknown ones stand as ``[what is missing]``.

        Raises:
            BadTemplate: the body asks for something that does not exist; file and line.
        """
        from sentry_runbook.render.templates.filling import fill  # noqa: PLC0415  # Jinja2 costs start-up (DESIGN §9)

        return fill(self, content, format, arguments or {})

    def prompt(self, content: BlankContent, arguments: Mapping[str, str] | None = None) -> str:
        """What the prompt of this name says: instructions, filled body, and why its blanks are not known."""
        filled = self.fill(content, arguments=arguments)
        parts = [self.instructions, filled.text.strip("\n")]
        if filled.unknowns:
            parts.append("\n".join(["Not known:", "", *(f"- {unknown}" for unknown in filled.unknowns)]))
        return "\n\n".join(part for part in parts if part) + "\n"

    def check(self) -> None:
        """Read the body without filling it.

        Raises:
            BadTemplate: it cannot be read, or asks for something that does not exist; file and line.
        """
        from sentry_runbook.render.templates.checking import check  # noqa: PLC0415  # Jinja2 costs start-up (DESIGN §9)

        check(self)


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


def shipped_folder() -> Path:
    """Inside the installed package, else beside ``server/`` in a checkout."""
    package = Path(__file__).resolve().parents[2]
    packaged = package / "prompts"
    return packaged if packaged.is_dir() else package.parents[1] / "prompts"


def load_templates(overrides: Path | None = None) -> Templates:
    """The shipped templates, with those of a folder over and beside them: the same name replaces, a new one adds.

    Raises:
        BadTemplate: a file cannot be read, its front matter is wrong, or it asks for a fact that does not exist;
            file and line.
    """
    templates = _read_folder(shipped_folder())
    if overrides is not None:
        own = _read_folder(overrides)
        for template in own.values():
            template.check()
        templates.update(own)
    return Templates({name: templates[name] for name in sorted(templates)})


def _read_folder(folder: Path) -> dict[str, Template]:
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".md" and path.stem.lower() != "readme")
    except OSError as exc:
        raise BadTemplate(
            f"The folder of templates {folder} cannot be read ({type(exc).__name__}).",
            "SENTRY_RUNBOOK_PROMPTS names a folder of Markdown files; leave it out for the shipped ones.",
        ) from exc
    if len(paths) > MOST_FILES:
        raise BadTemplate(f"The folder of templates {folder} has more than {MOST_FILES} Markdown files.")
    templates: dict[str, Template] = {}
    for path in paths:
        head = parse(_text(path), path)
        name = head.values["name"]
        if name in templates:
            raise bad(path, head.lines["name"], f"the name {name} is taken by {templates[name].path.name}.")
        templates[name] = _template(head, path)
    return templates


def _text(path: Path) -> str:
    try:
        content = read_small_file(path, MOST_BYTES)
    except UnsuitableFile as exc:
        raise bad(path, 1, f"the file {exc}.") from exc
    except OSError as exc:
        raise BadTemplate(f"Template {path} {why_unread(exc)}.") from exc
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        raise bad(path, content.count(b"\n", 0, exc.start) + 1, "the file is not UTF-8.") from exc


def _template(head: Head, path: Path) -> Template:
    values = head.values
    return Template(
        name=values["name"],
        title=values["title"],
        description=values["description"],
        arguments=tuple(
            Argument(each["name"], each["description"], each.get("required") == "true") for each in head.arguments
        ),
        instructions=values.get("instructions", ""),
        body=head.body.strip("\n"),
        path=path,
        layout=values.get("layout", "markdown"),
        body_line=head.body_line + len(head.body) - len(head.body.lstrip("\n")),
    )
