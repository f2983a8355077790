"""Changes one table in the text of a TOML file and leaves every other line where it stands, comments included. Pure.

A table that is not there is added at the end; one that is there is replaced in its place, with its sub-tables, and its
comments are kept above. What a change gives is read again and compared with what it must mean; a file that says the
table in another way (inline, dotted keys) is refused and never damaged.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from sentry_runbook.setup.refused import ConfigurationRefused

BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")


def value(text: str) -> dict[str, object]:
    """What a TOML text says.

    Raises:
        ConfigurationRefused: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as exc:
        raise ConfigurationRefused(f"is no valid TOML ({str(exc) or type(exc).__name__})") from None


def with_table(text: str, path: tuple[str, str], table: Mapping[str, object]) -> str:
    """The text with the table at this path, ``("mcp_servers", "name")``, replaced or added.

    Raises:
        ConfigurationRefused: the text is no TOML, or says the table in a way that cannot be changed safely.
    """
    before = value(text)
    parent = before.get(path[0], {})
    if not isinstance(parent, dict):
        raise ConfigurationRefused(f"holds something other than a table as {path[0]}")
    after = _with_table(text, path, table)
    try:
        is_right = value(after) == {**before, path[0]: {**parent, path[1]: table}}
    except ConfigurationRefused:
        is_right = False
    if not is_right:
        raise ConfigurationRefused("has a form that cannot be changed safely")
    return after


def _with_table(text: str, path: tuple[str, str], table: Mapping[str, object]) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    text = text if text.endswith("\n") or not text else text + end
    # Not splitlines: a string may hold other breaks. A line keeps its carriage return.
    lines = text.removesuffix("\n").split("\n") if text else []
    of_table = list(_own_lines(lines, path))
    comments = [comment for number in of_table if (comment := _comment(lines[number]))]
    at = min(of_table, default=len(lines))
    others = [line for number, line in enumerate(lines) if number not in set(of_table)]
    new = [*comments, *_table_lines(path, table)]
    if not of_table and others and others[-1].strip():
        new = ["", *new]
    return "\n".join([*others[:at], *(line + end.removesuffix("\n") for line in new), *others[at:], ""])


def _comment(line: str) -> str | None:
    """The comment of a line, which may stand behind a value.

    Raises:
        ConfigurationRefused: it is a line of a longer value, in which a comment cannot be told from a text.
    """
    line = line.strip()
    if line.startswith("#") or "#" not in line:
        return line if line.startswith("#") else None
    try:
        whole = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        raise ConfigurationRefused("has a comment that would be lost") from None
    parts = line.split("#")
    for number in range(1, len(parts)):
        before = "#".join(parts[:number])
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(before) == whole:
                return line.removeprefix(before)
    return None


def _own_lines(lines: Sequence[str], path: tuple[str, ...]) -> Iterator[int]:
    """The numbers of the lines of a table and its sub-tables; blanks and comments before the next table are not its."""
    is_own, waiting = False, list[int]()
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            header = _header(line)
            is_next, is_own = is_own, header is not None and header[: len(path)] == path
            waiting = waiting if is_next and is_own else []
        if not is_own:
            continue
        if line.strip() and not line.lstrip().startswith("#"):
            yield from waiting
            yield number
            waiting = []
        else:
            waiting.append(number)


def _header(line: str) -> tuple[str, ...] | None:
    """The keys of ``[a.b]``; None of ``[[a]]`` and of a line that is no header."""
    try:
        parsed = tomllib.loads(line.removesuffix("\r"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    keys = list[str]()
    inside: object = parsed
    while isinstance(inside, dict) and inside:
        ((key, inside),) = inside.items()
        keys.append(key)
    return tuple(keys) if isinstance(inside, dict) else None


def _table_lines(path: Sequence[str], table: Mapping[str, object]) -> Iterator[str]:
    """A table, its own values first, then its sub-tables."""
    yield f"[{'.'.join(map(_key, path))}]"
    for key, entry in table.items():
        if not isinstance(entry, Mapping):
            yield f"{_key(key)} = {_dumped(entry)}"
    for key, entry in table.items():
        if isinstance(entry, Mapping):
            yield ""
            yield from _table_lines([*path, key], entry)


def _key(text: str) -> str:
    return text if BARE_KEY.fullmatch(text) else _dumped(text)


def _dumped(entry: object) -> str:
    """A value on one line; JSON writes these as TOML does.

    Raises:
        ConfigurationRefused: one of another kind, such as a date.
    """
    try:
        return json.dumps(entry, ensure_ascii=False).replace("\x7f", "\\u007f")
    except TypeError:
        raise ConfigurationRefused("has a value that cannot be written again") from None
