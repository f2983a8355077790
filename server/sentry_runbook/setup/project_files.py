"""The files of a project folder in which a DSN or Sentry's settings usually stand, found within bounds.

A cloned repository comes from a stranger: folders can be endless, files huge, links lead anywhere. So links are not
followed, and folders, files and sizes are bounded; what was left out is told.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from sentry_runbook.small_files import read_small_text

PROPERTIES = "sentry.properties"
NAMES = (
    PROPERTIES,
    ".env",
    ".env.*",
    "sentry*.config.*",
    "instrumentation*.ts",
    "instrumentation*.js",
    "instrument.*",
    "settings.py",
    "settings_*.py",
    "base.py",
    "production.py",
    "config.py",
    "app.py",
    "main.py",
    "wsgi.py",
    "asgi.py",
    "main.*s",
    "main.*sx",
    "index.*s",
    "app.*s",
    "server.*s",
    "App.*sx",
    "main.go",
    "main.dart",
    "main.rs",
    "Program.cs",
    "package.json",
    "app.json",
    "appsettings*.json",
    "application*.properties",
    "application*.yml",
    "application*.yaml",
    "sentry.rb",
    "sentry.php",
    "sentry.y*ml",
    "AndroidManifest.xml",
    "Info.plist",
    "AppDelegate.*",
    "docker-compose.y*ml",
    "compose.y*ml",
)
"""File names, as :mod:`fnmatch` reads them."""
EXAMPLES = (".example", ".sample", ".template", ".dist")
"""How the names of files end that show what could be set."""
SKIPPED = frozenset(
    {"node_modules", "venv", "env", "vendor", "dist", "build", "out", "target", "Pods", "__pycache__", "site-packages"}
)
"""Folders of what was installed or built; those whose names begin with a dot are left out, too."""
DEEPEST = 5
MOST_FOLDERS = 400
MOST_ENTRIES = 2_000
"""Of one folder."""
MOST_FILES = 100
MOST_BYTES = 200_000
"""Of one file; a larger one is no configuration."""


@dataclass
class ProjectFiles:
    """The texts of the files that were found.

    Attributes:
        texts: path → text, those nearest to the folder first.
        is_cut: there is more than the bounds allow.
    """

    texts: dict[Path, str] = field(default_factory=dict)
    is_cut: bool = False


def read_project_files(folder: Path, home: Path) -> ProjectFiles:
    """Read them below ``folder``; none where it holds the home folder, or is it: that is no project."""
    files = ProjectFiles()
    if folder == home or folder in home.parents:
        return files
    for number, path in enumerate(_paths(folder, files)):
        if number == MOST_FILES:
            files.is_cut = True
            break
        try:
            files.texts[path] = read_small_text(path, MOST_BYTES)
        except (OSError, UnicodeDecodeError):
            # Of a file that cannot be read nothing is used; nothing says that it matters.
            continue
    return files


def _paths(folder: Path, files: ProjectFiles) -> Iterator[Path]:
    """Files with such names, breadth first."""
    waiting, seen = deque([(folder, 0)]), 0
    while waiting:
        current, depth = waiting.popleft()
        seen += 1
        if seen > MOST_FOLDERS:
            files.is_cut = True
            return
        for entry in _entries(current, files):
            if entry.is_dir(follow_symlinks=False):
                if depth < DEEPEST and entry.name not in SKIPPED and not entry.name.startswith("."):
                    waiting.append((current / entry.name, depth + 1))
            elif entry.is_file(follow_symlinks=False) and _is_configuration(entry.name):
                yield current / entry.name


def _is_configuration(name: str) -> bool:
    return not name.endswith(EXAMPLES) and any(fnmatchcase(name, pattern) for pattern in NAMES)


def _entries(folder: Path, files: ProjectFiles) -> list[os.DirEntry[str]]:
    """What a folder holds, in the order of the names."""
    try:
        with os.scandir(folder) as entries:
            listed = list(islice(entries, MOST_ENTRIES + 1))
    except OSError:
        return []
    files.is_cut = files.is_cut or len(listed) > MOST_ENTRIES
    return sorted(listed[:MOST_ENTRIES], key=lambda entry: entry.name)
