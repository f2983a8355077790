"""The head of a template file: a small strict part of YAML, read by our own few lines.

Between two lines ``---`` stand ``name``, ``title``, ``description``, and, if wanted, ``layout``, ``instructions`` (a
block after ``|``) and ``arguments`` (a list of ``- name: …`` with ``description`` and ``required``). The body follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sentry_runbook.errors import BadTemplate

KEYS = ("name", "title", "description", "layout", "instructions", "arguments")
REQUIRED = ("name", "title", "description")
ARGUMENT_KEYS = ("name", "description", "required")
LAYOUTS = ("markdown", "lines")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
MOST_CHARACTERS = 500
"""Characters of a title or a description: every client shows them in a list."""
FENCE = "---"


@dataclass
class Head:
    """What the head says, and where the body begins.

    Attributes:
        lines: key → line of the file, for messages.
        arguments: each a mapping of its keys.
        body_line: the line of the file on which the body begins.
    """

    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    arguments: list[dict[str, str]] = field(default_factory=list)
    body: str = ""
    body_line: int = 1


def bad(path: object, line: int, what: str, fix: str = "") -> BadTemplate:
    """The error for a line of a template."""
    return BadTemplate(f"Template {path}, line {line}: {what}", fix)


def parse(text: str, path: object) -> Head:
    """Read the head and find the body.

    Raises:
        BadTemplate: the head is missing or wrong; file and line.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != FENCE:
        raise bad(path, 1, "the file does not begin with a line '---'.", "Begin with name, title and description.")
    end = next((at for at, line in enumerate(lines[1:], start=1) if line.rstrip() == FENCE), None)
    if end is None:
        raise bad(path, 1, "the head has no closing line '---'.")
    head = Head(body="\n".join(lines[end + 1 :]), body_line=end + 2)
    rows = [(number, line.rstrip()) for number, line in enumerate(lines[1:end], start=2)]
    _read(rows, head, path)
    _check(head, path)
    return head


def _read(rows: list[tuple[int, str]], head: Head, path: object) -> None:
    at = 0
    while at < len(rows):
        number, line = rows[at]
        at += 1
        if not line.strip() or line.startswith("#"):
            continue
        key, colon, value = line.partition(":")
        if not colon or line[0].isspace() or key not in KEYS:
            raise bad(path, number, f"not a line of a head: valid keys are {', '.join(KEYS)}.")
        if key in head.lines:
            raise bad(path, number, f"{key} is given twice.")
        head.lines[key] = number
        below = list(_below(rows[at:]))
        if key == "arguments":
            if value.strip():
                raise bad(path, number, "arguments are a list below the key: '  - name: issue'.")
            head.arguments = _arguments(below, path)
            at += len(below)
        elif value.strip() == "|":
            head.values[key] = _block(below)
            at += len(below)
        else:
            head.values[key] = _scalar(value, number, path)


def _below(rows: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for number, line in rows:
        if line and not line[0].isspace():
            return
        yield number, line


def _block(rows: list[tuple[int, str]]) -> str:
    indent = min((len(line) - len(line.lstrip()) for _, line in rows if line), default=0)
    return "\n".join(line[indent:] for _, line in rows).strip("\n")


def _scalar(value: str, number: int, path: object) -> str:
    value = value.strip()
    if value[:1] in ("'", '"'):
        if len(value) < 2 or value[-1] != value[0]:
            raise bad(path, number, "a quote is not closed.")
        value = value[1:-1]
    elif value[:1] in ("[", "{", "&", "*", "!", ">", "|", "%", "@", "`"):
        raise bad(path, number, f"a value cannot begin with {value[0]}: put it in quotes.")
    if not value:
        raise bad(path, number, "the value is empty.")
    return value


def _arguments(rows: list[tuple[int, str]], path: object) -> list[dict[str, str]]:
    arguments: list[dict[str, str]] = []
    for number, line in rows:
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        if entry.startswith("- "):
            arguments.append({"line": str(number)})
            entry = entry[2:]
        key, colon, value = entry.partition(":")
        if not arguments or not colon or key not in ARGUMENT_KEYS:
            raise bad(path, number, f"not a line of an argument: '- name: …', then {', '.join(ARGUMENT_KEYS[1:])}.")
        if key in arguments[-1]:
            raise bad(path, number, f"{key} is given twice.")
        arguments[-1][key] = _scalar(value, number, path)
    return arguments


def _check(head: Head, path: object) -> None:
    for key in REQUIRED:
        if key not in head.values:
            raise bad(path, 1, f"the head does not give a {key}.")
    _check_name(head.values["name"], head.lines["name"], path)
    for key in ("title", "description"):
        value = head.values[key]
        if not value.isprintable() or len(value) > MOST_CHARACTERS:
            raise bad(path, head.lines[key], f"{key} must be one visible line of at most {MOST_CHARACTERS} characters.")
    if head.values.get("layout", LAYOUTS[0]) not in LAYOUTS:
        raise bad(path, head.lines["layout"], f"layout must be one of {', '.join(LAYOUTS)}.")
    names: set[str] = set()
    for argument in head.arguments:
        _check_argument(argument, names, path)


def _check_name(name: str, line: int, path: object) -> None:
    if not NAME.fullmatch(name):
        raise bad(path, line, "a name is a lower-case letter, then letters, digits and underscores, at most 64.")


def _check_argument(argument: Mapping[str, str], names: set[str], path: object) -> None:
    line = int(argument["line"])
    for key in ("name", "description"):
        if key not in argument:
            raise bad(path, line, f"the argument has no {key}.")
    _check_name(argument["name"], line, path)
    if argument["name"] in names:
        raise bad(path, line, f"the argument {argument['name']} is given twice.")
    names.add(argument["name"])
    if argument.get("required", "false") not in ("true", "false"):
        raise bad(path, line, "required must be true or false.")
