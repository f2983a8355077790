"""Reads and writes policy files (TOML). A file may give any part; what it leaves out keeps the built-in value."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sentry_runbook.errors import SettingsError
from sentry_runbook.incident.model.policy import MINUTES_OF, Policy, PolicyTable, default_policy
from sentry_runbook.small_files import read_small_file, why_unread

MOST_BYTES = 200_000
"""Of a policy file; a complete one has a fiftieth of it."""


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        SettingsError: the file cannot be read, is not TOML, or has wrong keys or values; every problem at once, each
            with line and key.
    """
    try:
        text = read_small_file(path, MOST_BYTES).decode("utf-8-sig")
        given = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise SettingsError(f"The policy file {path} {why_unread(exc)}.") from exc
    except RecursionError as exc:
        what = f"The policy file {path} is nested too deeply."
        raise SettingsError(what, "'sentry-runbook policy' prints a complete file to start from.") from exc
    except ValueError as exc:  # also of a number that is longer than Python reads
        raise SettingsError(f"The policy file {path} is not TOML: {exc}.", "Correct it at that place.") from exc
    problems = [_unknown_key(("source",), text)] if given.pop("source", None) is not None else []
    try:
        # Through JSON, because there pydantic's strict mode takes a list for a tuple and nothing else for anything.
        policy = Policy.model_validate_json(json.dumps(_merged(_built_in(given), given), default=str))
    except ValidationError as exc:
        problems += [_problem(error, text) for error in exc.errors()]
    if problems:
        raise SettingsError(
            f"The policy file {path} cannot be used: " + " ".join(problems),
            "'sentry-runbook policy' prints a complete file to start from.",
        )
    return policy.model_copy(update={"source": str(path)})


def _built_in(given: Mapping[str, object]) -> dict[str, object]:
    """The built-in values; without the words of a severity for which the file gives minutes alone, and the reverse."""
    severities = given.get("severity")
    tables = severities if isinstance(severities, dict) else {}
    own = {level: _superseded(table) for level, table in tables.items() if isinstance(table, dict)}
    return default_policy().model_dump(exclude={"source": True, "severity": own}, exclude_none=True)


def _superseded(table: Mapping[str, object]) -> set[str]:
    """Built-in keys of a severity that what the file gives would contradict."""
    words = {name for name, minutes in MINUTES_OF.items() if minutes in table}
    # A response always has minutes; an update may have words alone, and is then due at no clock time.
    return words | ({"next_update_minutes"} if "next_update" in table else set())


def _merged(base: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """The file's values over the built-in ones, table by table."""
    merged = dict(base)
    for key, value in given.items():
        table = merged.get(key)
        merged[key] = _merged(table, value) if isinstance(table, dict) and isinstance(value, dict) else value
    return merged


def _problem(error: ErrorDetails, text: str) -> str:
    """One error of pydantic as a sentence with line and key."""
    path = tuple(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, text)
    message = str(error["msg"]).removeprefix("Value error, ").replace("an object", "a table")
    return f"{_location(path, text)}: {message[:1].lower()}{message[1:]}."


def _unknown_key(path: tuple[str, ...], text: str) -> str:
    table: type[BaseModel] = Policy
    for step in path[:-1]:
        inner = table.model_fields[step].annotation
        assert isinstance(inner, type)  # noqa: S101  # every table of the file is a model by construction
        table = inner
    valid = ", ".join(name for name in table.model_fields if name != "source")
    return f"{_location(path, text)}: no such key; valid are {valid}."


def _location(path: tuple[str, ...], text: str) -> str:
    """``line 12, thresholds.users_per_hour_above``; without the line where the key cannot be found in the text."""
    # pydantic marks an error of a key itself.
    keys = tuple(step for step in path if not step.isdigit() and step != "[key]")
    line = next((number for number, key in _keys(text) if key == keys), None)
    name = ".".join(keys)
    return f"line {line}, {name}" if line else name


def _keys(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Line number and full key of each assignment and table header, read line by line (tomllib gives no positions)."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*+\[([^\[\]]+)\]", line):
            table = _steps(header[1])
            yield number, table
        elif pair := re.match(r"""\s*+(?:"([^"]*+)"|'([^']*+)')\s*+=""", line):
            # A key of the operator's own: what it holds is no path.
            yield number, (*table, (pair[1] or pair[2] or "").replace("\\\\", "\\"))
        elif assignment := re.match(r"\s*+([A-Za-z0-9_.\"' -]++)=", line):
            yield number, (*table, *_steps(assignment[1]))


def _steps(dotted: str) -> tuple[str, ...]:
    return tuple(step.strip().strip("\"'") for step in dotted.split("."))


def dump_policy(policy: Policy) -> str:
    """The policy as a commented TOML file; :func:`load_policy` reads the same policy back."""
    lines = [
        f"# Policy of sentry-runbook: {policy.title.encode('unicode_escape').decode()}",
        "# Every key may be left out; the built-in value then holds.",
        "",
        *_table(policy, ()),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(table: PolicyTable, name: tuple[str, ...]) -> Iterator[str]:
    """Keys of a table first, then its inner tables: TOML cannot go back to an outer table."""
    inner_tables: list[tuple[str, PolicyTable | Mapping[str, str]]] = []
    for key, field in type(table).model_fields.items():
        value = getattr(table, key)
        if isinstance(value, PolicyTable | Mapping):
            inner_tables.append((key, value))
        elif (name, key) != ((), "source"):
            if field.description:
                yield f"# {field.description}"
            # Else who changes the one in a printed file forgets the other. TOML has no word for "none".
            is_comment = key in table.derived or value is None
            yield f"{'# ' if is_comment else ''}{key} = {'(none)' if value is None else _toml(value)}"
    yield ""
    for key, inner in inner_tables:
        path = (*name, key)
        if not isinstance(inner, PolicyTable):
            yield from _own_keys(inner, path, type(table).model_fields[key].description or "")
            continue
        if any(not isinstance(getattr(inner, field), BaseModel) for field in type(inner).model_fields):
            yield f"# {(type(inner).__doc__ or '').strip()}"
            yield f"[{'.'.join(path)}]"
        yield from _table(inner, path)


def _own_keys(table: Mapping[str, str], path: tuple[str, ...], description: str) -> Iterator[str]:
    """A table with keys of the operator's own."""
    yield f"# {description}"
    yield f"[{'.'.join(path)}]"
    yield from (f"{_toml(key)} = {_toml(words)}" for key, words in table.items())


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    # JSON's strings and numbers are TOML's too, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
