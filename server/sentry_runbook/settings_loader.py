"""Flags, environment, keyring, ``.sentryclirc`` → one frozen :class:`.settings.Settings`.

Flags win over the environment, the environment over ``.sentryclirc`` (project directory upwards, then home). Where the
keyring is on, its token stands between them: the user asked for it, and a file of a project must not take its place.
Nothing here reads the process: the caller hands over environment and folders, so tests need no patching.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sentry_runbook import server_url
from sentry_runbook import setting_parsers as parsers
from sentry_runbook.errors import SettingsError, UntrustedServer
from sentry_runbook.keyring_token import SOURCE, stored_token
from sentry_runbook.settings import DEFAULT_URL, SETTINGS, TOKEN_VARIABLES, Limits, Secret, Settings
from sentry_runbook.settings_files import SettingsFiles, read_settings_files

_Raw = Mapping[str, tuple[str, str]]
"""Setting → its text, which is not empty, and the name of its source."""

WHERE_TO_CORRECT = "Correct it where sentry-runbook is configured, and start it again."


def load_settings(flags: Mapping[str, str], environment: Mapping[str, str], directory: Path, home: Path) -> Settings:
    """Put flags, environment and ``.sentryclirc`` together.

    Args:
        flags: setting → value, only those that were given.
        environment: the process's environment.
        directory: where the search for ``.sentryclirc`` starts; it goes upwards, then to ``home``.
        home: the user's home folder.

    Raises:
        SettingsError: names every problem, not only the first.
    """
    settings = load_usable_settings(flags, environment, directory, home)
    if settings.problem is not None:
        raise settings.problem
    return settings


def load_usable_settings(
    flags: Mapping[str, str],
    environment: Mapping[str, str],
    directory: Path,
    home: Path,
    in_keyring: Callable[[str], str | None] = stored_token,
) -> Settings:
    """What can be used of the settings; what is wrong with the rest is their ``problem``.

    The arguments are :func:`load_settings`'s, and the token that the keyring holds for a base URL, asked for only where
    the setting is on. Writes are off when their own setting is invalid.
    """
    files = read_settings_files(directory, home)
    raw = _by_precedence(_levels(flags, environment, files))
    problems: list[str] = []
    warnings = [*files.unread, *files.warnings]
    settings = _parse(raw, problems, warnings)
    unread = list(files.unread)
    if settings.keyring and not problems and not _is_given(settings, files):
        settings = _with_keyring(settings, in_keyring, problems, unread)
    strange: list[str] = []
    if settings.token is not None:
        strange += _strange_server(settings, files)
        warnings += _strange_credentials(settings, files)
    settings = replace(settings, warnings=tuple(warnings), unread_files=tuple(unread))
    kind, problems = SettingsError if problems else UntrustedServer, problems + strange
    if not problems:
        return settings
    if "writes" in raw and "writes" not in settings.sources:
        settings = replace(settings, writes="off")
    what = "The settings cannot be used: " + " ".join(problems)
    return replace(settings, problem=kind(what, WHERE_TO_CORRECT))


def _is_given(settings: Settings, files: SettingsFiles) -> bool:
    """Whether the environment gives the token, by a variable or a file."""
    of_rc = (str(files.own_path), *map(str, files.of_projects))
    return settings.token is not None and settings.sources["token"] not in of_rc


def _with_keyring(
    settings: Settings, in_keyring: Callable[[str], str | None], problems: list[str], unread: list[str]
) -> Settings:
    """The settings with the keyring's token, where it holds one for their server."""
    try:
        token = in_keyring(settings.base_url)
    except SettingsError as exc:
        problems.append(f"{settings.sources['keyring']} is on, but: {exc}")
        return settings
    if token is None:
        unread.append(f"The keyring holds none for {settings.base_url}: run sentry-runbook init --keyring.")
        return settings
    try:
        parsers.parsed(parsers.sentry_token, token, [])
    except ValueError as exc:
        problems.append(f"The token in {SOURCE} {exc}")
        return settings
    return replace(settings, token=Secret(parsers.unwrapped(token)), sources={**settings.sources, "token": SOURCE})


def _levels(flags: Mapping[str, str], environment: Mapping[str, str], files: SettingsFiles) -> Iterator[_Raw]:
    """What each source gives, the strongest first."""
    yield _with_organization(
        {name: (text, f"--{name.replace('_', '-')}") for name, text in flags.items() if parsers.unwrapped(text)}
    )
    from_environment = {}
    for row in SETTINGS:
        given = next((n for n in row.environment if parsers.unwrapped(environment.get(n, ""))), None)
        if given is not None:
            from_environment[row.name] = (environment[given], given)
    yield _with_organization(from_environment)
    for path, values in (*files.of_projects.items(), (files.own_path, files.own)):
        yield _with_organization({name: (text, str(path)) for name, text in values.items()})


def _with_organization(level: _Raw) -> _Raw:
    """The same with the organization of a pasted page, where the source of its address names no other."""
    text, source = level.get("base_url", ("", ""))
    slug = server_url.organization_in(parsers.unwrapped(text)) if "organization" not in level else None
    return {**level, "organization": (slug, source)} if slug else level


def _by_precedence(levels: Iterator[_Raw]) -> _Raw:
    """Of each setting the text that wins, with its source."""
    raw: dict[str, tuple[str, str]] = {}
    for level in levels:
        for name, given in level.items():
            raw.setdefault(name, given)
    if "token_file" in raw:
        # Both can be there: a token variable beats a token file, which beats a .sentryclirc.
        raw.pop("token_file" if raw.get("token", ("", ""))[1] in TOKEN_VARIABLES else "token", None)
    return raw


def _parse(raw: _Raw, problems: list[str], warnings: list[str]) -> Settings:
    """The settings, with the default in place of each that is invalid."""
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for row in SETTINGS:
        if row.name not in raw:
            continue
        text, source = raw[row.name]
        name = "token" if row.name == "token_file" else row.name
        try:
            values[name], sources[name] = parsers.parsed(row.parse, text, warnings), source
        except ValueError as exc:
            problems.append(f"{source} {exc}")
    limits = {name: values.pop(name) for name in Limits.__dataclass_fields__ if name in values}
    return Settings(limits=Limits(**limits), sources=sources, **values)


def _strange_server(settings: Settings, files: SettingsFiles) -> Iterator[str]:
    """A token goes to no server that only a project's file names: a hostile repository would be sent it.

    This machine is no exception: other users and other programs listen there, too. Fine are the file that also holds
    the token, and the server that the user has chosen: by the own file, else sentry.io with its regions.
    """
    source, token_source = settings.sources.get("base_url", ""), settings.sources.get("token")
    # What the keyring holds was stored for this very server.
    if source not in map(str, files.of_projects) or token_source in (source, SOURCE):
        return
    if is_own_server(settings.base_url, files.own):
        return
    yield (
        f"{source} names the server {settings.base_url}, but the token comes from {token_source}: "
        f"set SENTRY_URL={settings.base_url} if your token may be sent there."
    )


def is_own_server(url: str, own: Mapping[str, str]) -> bool:
    """Whether the user has chosen a server: by the own file, else sentry.io with its regions."""
    chosen = _server_of(own)
    return url == chosen or (_is_saas(url) and _is_saas(chosen))


def _strange_credentials(settings: Settings, files: SettingsFiles) -> Iterator[str]:
    """A warning where a project's file gives the token: what is shown is then what its author wants to be seen."""
    source = settings.sources.get("token", "")
    if source in map(str, files.of_projects):
        yield f"The token comes from {source}, and goes to {settings.base_url}{settings.named_by('base_url')}."


def _is_saas(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and server_url.is_saas(parts.hostname)


def _server_of(rc: Mapping[str, str]) -> str:
    """The server that the user's own file chooses, the default when it names none, or no valid one."""
    try:
        return server_url.base_url(parsers.unwrapped(rc.get("base_url", DEFAULT_URL)), [])
    except ValueError:
        return DEFAULT_URL
