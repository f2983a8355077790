"""The ``.sentryclirc`` files that count: the user's own in the home folder, and those of project folders.

Anyone can put a file into a project folder: a cloned repository comes with its own. So such a file may fill in what
nobody else decides, and a broken one is left out with a warning, because it must not keep the server from starting.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sentry_runbook import setting_parsers as parsers
from sentry_runbook.settings import SETTINGS
from sentry_runbook.small_files import UnsuitableFile, read_small_text, why_unread

NAME = ".sentryclirc"
MOST_BYTES = 20_000
MOST_OF_A_LINE = 1_000
"""Characters. The parser's pattern takes time that grows with the square of a line's length."""


@dataclass
class SettingsFiles:
    """What the files say.

    Attributes:
        own: the settings of the user's own file; empty when there is none.
        of_projects: the settings of each project's file, the nearest first.
        unread: of each file that was left out one sentence: which, and why.
        warnings: what is wrong with a file that is used.
    """

    own_path: Path
    own: Mapping[str, str] = field(default_factory=dict)
    of_projects: dict[Path, Mapping[str, str]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_settings_files(directory: Path, home: Path) -> SettingsFiles:
    """Read the files from ``directory`` upwards, and the one in ``home``."""
    files = SettingsFiles(home / NAME)
    for path in dict.fromkeys(folder / NAME for folder in (directory, *directory.parents, home)):
        is_own = path == files.own_path
        try:
            values = _values(path)
            if not is_own:
                _check(values)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, UnicodeDecodeError, configparser.Error) as exc:
            files.unread.append(f"{path} was left out: it {why_unread(exc)}.")
            continue
        except ValueError as exc:
            files.unread.append(f"{path} was left out: its {exc}")
            continue
        if "token" in values:
            parsers.warn_of_readers(path, files.warnings)
        if is_own:
            files.own = values
        else:
            files.of_projects[path] = values
    return files


def _values(path: Path) -> dict[str, str]:
    """The settings of one file that are not empty.

    Raises:
        OSError: it cannot be read, is no regular file, or larger than a file of settings can be.
        UnicodeDecodeError: it is no text.
        configparser.Error: it is no INI file.
    """
    text = read_small_text(path, MOST_BYTES)
    if any(len(line) > MOST_OF_A_LINE for line in text.splitlines()):
        raise UnsuitableFile(f"has a line of more than {MOST_OF_A_LINE:,} characters")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    given = {row.name: parser.get(*row.rc) for row in SETTINGS if row.rc and parser.has_option(*row.rc)}
    return {name: value for name, value in given.items() if parsers.unwrapped(value)}


def _check(values: Mapping[str, str]) -> None:
    """Check the values of a project's file.

    Raises:
        ValueError: one is invalid; completes "its …". Without its server, its token would go to another one.
    """
    for row in SETTINGS:
        if row.rc and row.name in values:
            try:
                parsers.parsed(row.parse, values[row.name], [])
            except ValueError as exc:
                raise ValueError(f"{'.'.join(row.rc)} {exc}") from None
