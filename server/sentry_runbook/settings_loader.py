"""Flags, environment, ``.sentryclirc`` → one frozen :class:`.settings.Settings`.

Flags win over the environment, the environment over ``.sentryclirc`` (project directory upwards, then home).
Nothing here reads the process: the caller hands over environment and folders, so tests need no patching.
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sentry_runbook import setting_parsers as parsers
from sentry_runbook.errors import SettingsError
from sentry_runbook.loopback import is_loopback
from sentry_runbook.settings import SETTINGS, TOKEN_VARIABLES, Limits, Settings

_Raw = Mapping[str, tuple[str, str]]
"""Setting → its text and the name of its source."""


def load_settings(
    flags: Mapping[str, str],
    environment: Mapping[str, str],
    directory: Path,
    home: Path,
) -> Settings:
    """Put flags, environment and ``.sentryclirc`` together.

    Args:
        flags: setting → value, only those that were given.
        environment: the process's environment.
        directory: where the search for ``.sentryclirc`` starts; it goes upwards, then to ``home``.
        home: the user's home folder.

    Raises:
        SettingsError: names every problem, not only the first.
    """
    problems: list[str] = []
    warnings: list[str] = []
    files = {path: _read_rc(path, warnings, problems) for path in _rc_files(directory, home)}
    raw = _by_precedence(flags, environment, files)
    settings = _parse(raw, problems, warnings)
    user_file = home / ".sentryclirc"
    project_files = [str(path) for path in files if path != user_file]
    if settings.token is not None and raw.get("base_url", ("", ""))[1] in project_files:
        _check_who_names_the_server(settings, raw, files.get(user_file, {}), problems)
    if problems:
        raise SettingsError("The settings cannot be used: " + " ".join(problems))
    return settings


def _by_precedence(
    flags: Mapping[str, str], environment: Mapping[str, str], files: Mapping[Path, Mapping[str, str]]
) -> _Raw:
    """Of each setting the text that wins, with its source."""
    raw: dict[str, tuple[str, str]] = {}
    for path, values in files.items():
        for name, value in values.items():
            raw.setdefault(name, (value, str(path)))
    for row in SETTINGS:
        given = next(((environment[n], n) for n in row.environment if parsers.unwrapped(environment.get(n, ""))), None)
        if given:
            raw[row.name] = given
    if "token_file" in raw:
        # Both can be there: a token variable beats a token file, which beats a .sentryclirc.
        raw.pop("token_file" if raw.get("token", ("", ""))[1] in TOKEN_VARIABLES else "token", None)
    return raw | {name: (value, f"--{name.replace('_', '-')}") for name, value in flags.items()}


def _parse(raw: _Raw, problems: list[str], warnings: list[str]) -> Settings:
    values: dict[str, Any] = {}
    for row in SETTINGS:
        text, source = raw.get(row.name, ("", ""))
        text = parsers.unwrapped(text)
        if text.startswith("${"):
            problems.append(f"{source} holds an unexpanded placeholder (it begins with '${{'): set the real value.")
        elif not text.isprintable():
            problems.append(f"{source} holds a line break or another invisible character.")
        elif text:
            try:
                values[row.name] = row.parse(text, warnings)
            except ValueError as exc:
                problems.append(f"{source} {exc}")
    if "token_file" in values:
        values["token"] = values.pop("token_file")
    limits = {name: values.pop(name) for name in Limits.__dataclass_fields__ if name in values}
    return Settings(limits=Limits(**limits), warnings=tuple(warnings), **values)


def _check_who_names_the_server(
    settings: Settings, raw: _Raw, user_file: Mapping[str, str], problems: list[str]
) -> None:
    """A token goes to no server that only a project's file names: a hostile repository would be sent it.

    Fine are the file that also holds the token, this machine, sentry.io, and a server that the user's own file names.
    """
    source = raw["base_url"][1]
    token_source = raw["token_file"][1] if "token_file" in raw else raw["token"][1]
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    saas = parts.scheme == "https" and (host == "sentry.io" or host.endswith(".sentry.io"))
    if source != token_source and not saas and not is_loopback(host) and settings.base_url != _server_of(user_file):
        problems.append(
            f"{source} names the server {settings.base_url}, but the token comes from {token_source}: "
            f"set SENTRY_URL={settings.base_url} if your token may be sent there."
        )


def _server_of(rc: Mapping[str, str]) -> str | None:
    """The server that a ``.sentryclirc`` names; None when it names none, or no valid one."""
    try:
        return parsers.base_url(rc["base_url"], []) if "base_url" in rc else None
    except ValueError:
        return None


def _rc_files(directory: Path, home: Path) -> Iterator[Path]:
    """The ``.sentryclirc`` files that count, nearest first."""
    candidates = dict.fromkeys(folder / ".sentryclirc" for folder in (directory, *directory.parents, home))
    return (path for path in candidates if path.is_file())


def _read_rc(path: Path, warnings: list[str], problems: list[str]) -> dict[str, str]:
    """The settings that one ``.sentryclirc`` gives; a file that cannot be read is a problem, not a silence."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(parsers.file_text(path))
    except (OSError, UnicodeDecodeError, configparser.Error) as exc:
        problems.append(f"{path} cannot be read ({type(exc).__name__}).")
        return {}
    values = {row.name: parser.get(*row.rc) for row in SETTINGS if row.rc and parser.has_option(*row.rc)}
    if "token" in values:
        parsers.warn_of_readers(path, warnings)
    return values
