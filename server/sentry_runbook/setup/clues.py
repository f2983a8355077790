"""What is known of the Sentry beforehand, and from where: settings, ``sentry.properties``, DSNs.

Whoever wrote a project's files may be a stranger. What they say is a suggestion that the command shows with its source;
:attr:`Clue.of_folder` marks it, so that no token goes where only such a file points (DESIGN §8.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sentry_runbook import server_url
from sentry_runbook import setting_parsers as parsers
from sentry_runbook.settings import Settings
from sentry_runbook.settings_files import NAME as RC_NAME
from sentry_runbook.setup.dsn import Dsn, dsn, dsns_in
from sentry_runbook.setup.project_files import PROPERTIES, read_project_files

DSN_VARIABLES = (
    "SENTRY_DSN",
    "NEXT_PUBLIC_SENTRY_DSN",
    "VITE_SENTRY_DSN",
    "REACT_APP_SENTRY_DSN",
    "EXPO_PUBLIC_SENTRY_DSN",
    "NUXT_PUBLIC_SENTRY_DSN",
    "PUBLIC_SENTRY_DSN",
    "SENTRY_LARAVEL_DSN",
)
PROPERTY_KEYS: Mapping[str, tuple[str, parsers.Parser]] = {
    "defaults.org": ("organization", parsers.slug),
    "defaults.project": ("project", parsers.slug),
    "defaults.url": ("base_url", server_url.base_url),
}
MOST_OF_A_LINE = 1_000


@dataclass(frozen=True)
class Clue:
    """What one source says of one setting.

    Attributes:
        what: the setting; ``organization_id`` or ``project_id`` where a DSN tells a number.
        value: a valid value of it.
        source: the variable, flag or file.
        of_folder: whether it is a file of the project's folder.
        dsn: the DSN that says it; None where it is written as it is.
    """

    what: str
    value: str
    source: str
    of_folder: bool = False
    dsn: Dsn | None = None


@dataclass(frozen=True)
class Clues:
    """All clues, the strongest first.

    Attributes:
        is_cut: the folder has more files than were looked at.
    """

    entries: tuple[Clue, ...]
    is_cut: bool = False

    def written(self, what: str) -> Clue | None:
        """The strongest that is written as it is."""
        return next((clue for clue in self.entries if clue.what == what and clue.dsn is None), None)

    def of_dsns(self, what: str, base_url: str | None = None) -> Sequence[Clue]:
        """What the DSNs say, one clue a value: those of the environment alone, where it has any.

        Args:
            what: the setting or number.
            base_url: only those of this server.
        """
        all_of_it = [clue for clue in self.entries if clue.what == what and clue.dsn is not None]
        counting = [clue for clue in all_of_it if not clue.of_folder] or all_of_it
        on_server = (clue for clue in counting if base_url is None or (clue.dsn and clue.dsn.base_url == base_url))
        return tuple({clue.value: clue for clue in reversed(list(on_server))}.values())[::-1]

    def server(self) -> Clue | None:
        """The server that is written, or that all DSNs agree on."""
        agreed = self.of_dsns("base_url")
        return self.written("base_url") or (agreed[0] if len(agreed) == 1 else None)


def find_clues(settings: Settings, environment: Mapping[str, str], directory: Path, home: Path) -> Clues:
    """All that settings, environment and the folder's files say.

    Args:
        settings: of flags, environment and ``.sentryclirc``, which are stronger than the rest.
        environment: the process's environment.
        directory: the project's folder.
        home: the user's home folder.
    """
    files = read_project_files(directory, home)
    properties = [path for path in files.texts if path.name == PROPERTIES]
    entries = [*_of_settings(settings, directory, home)]
    for path in properties:
        entries += _of_properties(files.texts[path], shown_path(path, directory))
    for variable in DSN_VARIABLES:
        if given := dsn(parsers.unwrapped(environment.get(variable, ""))):
            entries += _of_dsn(given, variable, of_folder=False)
    for path, text in files.texts.items():
        for found in dsns_in(text):
            entries += _of_dsn(found, f"the DSN in {shown_path(path, directory)}", of_folder=True)
    return Clues(tuple(entries), files.is_cut)


def shown_path(path: Path, directory: Path) -> str:
    """A file as one names it from the folder: ``./app/.env``; the whole path where it lies elsewhere."""
    return f"./{path.relative_to(directory).as_posix()}" if path.is_relative_to(directory) else str(path)


def _of_settings(settings: Settings, directory: Path, home: Path) -> Iterator[Clue]:
    for name in ("organization", "project", "base_url"):
        value, source = getattr(settings, name), settings.sources.get(name)
        if value and source:
            path = Path(source)
            is_file = path.name == RC_NAME
            shown = shown_path(path, directory) if is_file else source
            yield Clue(name, value, shown, of_folder=is_file and path.parent != home)


def _of_properties(text: str, source: str) -> Iterator[Clue]:
    """The settings of a ``sentry.properties``; what is invalid in it is left out."""
    for line in text.splitlines():
        key, is_setting, value = line[:MOST_OF_A_LINE].partition("=")
        if is_setting and key.strip() in PROPERTY_KEYS:
            what, parse = PROPERTY_KEYS[key.strip()]
            # Java's escape of a colon.
            text_of_it = value.replace("\\:", ":")
            try:
                yield Clue(what, str(parsers.parsed(parse, text_of_it, [])), source, of_folder=True)
            except ValueError:
                continue


def _of_dsn(found: Dsn, source: str, *, of_folder: bool) -> Iterator[Clue]:
    yield Clue("base_url", found.base_url, source, of_folder, found)
    if found.organization_id:
        yield Clue("organization_id", found.organization_id, source, of_folder, found)
    yield Clue("project_id", found.project_id, source, of_folder, found)
