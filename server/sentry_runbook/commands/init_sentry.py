"""Which Sentry ``init`` sets up: server, token, organization and project, from what is known and what people answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sentry_runbook import server_url
from sentry_runbook.commands.init_terminal import NOTHING_DONE, Terminal
from sentry_runbook.commands.token_checks import INTEGRATION
from sentry_runbook.errors import BadInput, RunbookError
from sentry_runbook.keyring_token import SOURCE, stored_token
from sentry_runbook.runtime import Runtime
from sentry_runbook.sentry.account import Organization, Project
from sentry_runbook.server_url import SLUG
from sentry_runbook.settings import DEFAULT_URL, Secret, Settings
from sentry_runbook.settings_files import read_settings_files
from sentry_runbook.settings_loader import is_own_server
from sentry_runbook.setup.clues import Clue, Clues

TYPED = "what was typed"
MOST_NAMED = 20


@dataclass(frozen=True)
class FoundName:
    """A name that was found out, and how.

    Attributes:
        value: the slug; None where it is not known.
        source: what it comes from, in words; empty where it is not known.
        is_of_folder: whether a file of the project's folder named it.
    """

    value: str | None = None
    source: str = ""
    is_of_folder: bool = False


def with_server(
    settings: Settings, clues: Clues, directory: Path, home: Path, terminal: Terminal, *, asks: bool = True
) -> Settings:
    """The settings with the server that the token may be sent to.

    Args:
        settings: of flags, environment and files.
        clues: what else is known.
        directory: the project's folder.
        home: the user's home folder.
        terminal: where a person can be asked.
        asks: whether to ask; else a server that only the folder names is left out, and that is said.

    Raises:
        BadInput: only a file of the project's folder names the server, and no person says that it may have the token.
    """
    clue = clues.server()
    if clue is None:
        return settings
    # A DSN says where events go. Whose Sentry that is, only its owner knows.
    is_chosen = not (clue.of_folder or clue.dsn) or is_own_server(clue.value, read_settings_files(directory, home).own)
    if not is_chosen and not asks:
        terminal.line("note", f"{clue.source} names the server {clue.value}: give --url {clue.value} if it is yours.")
        return replace(settings, base_url=DEFAULT_URL, sources={**settings.sources, "base_url": "the default"})
    if not is_chosen:
        _confirm_server(clue, terminal)
    warnings = list[str]()
    server_url.base_url(clue.value, warnings)
    return replace(
        settings,
        base_url=clue.value,
        sources={**settings.sources, "base_url": clue.source},
        warnings=tuple(dict.fromkeys([*settings.warnings, *warnings])),
        problem=None,
    )


def _confirm_server(clue: Clue, terminal: Terminal) -> None:
    what = f"Only {clue.source} names the server {clue.value}, and your token would be sent there."
    if terminal.has_person and terminal.agrees(f"{what} Is it your Sentry?"):
        return
    raise BadInput(
        f"{what} {NOTHING_DONE}", f"Name your server: --url {clue.value} if it is yours, or --url https://sentry.io."
    )


def with_token(settings: Settings, terminal: Terminal, *, keyring: bool, asks: bool, clues: Clues) -> Settings:
    """The settings with the token: of the environment, a file or the keyring, else of whoever sits there.

    Args:
        settings: with the server.
        terminal: where a person can be asked.
        keyring: whether the keyring is to hold it.
        asks: whether to ask for one even where one is known.
        clues: for the link to where a token is made.

    Raises:
        BadInput: there is none.
        SettingsError: the keyring cannot be used.
    """
    source = settings.sources.get("token", "")
    is_of_server = source != SOURCE or stored_token(settings.base_url) is not None
    if settings.token is not None and not asks and is_of_server and not _is_of_folder(source):
        return settings
    if keyring and not asks and (stored := stored_token(settings.base_url)):
        return _with(settings, stored, SOURCE)
    if not terminal.has_person:
        raise BadInput(
            f"No Sentry auth token is set, and there is no terminal to ask for one.{_not_taken(source)} {NOTHING_DONE}",
            f"Set SENTRY_AUTH_TOKEN (or SENTRY_AUTH_TOKEN_FILE) and run it again. {INTEGRATION}",
        )
    return _with(
        settings, terminal.token([*_how_to_make_one(settings, clues), *filter(None, [_not_taken(source)])]), TYPED
    )


def _with(settings: Settings, token: str, source: str) -> Settings:
    return replace(settings, token=Secret(token), sources={**settings.sources, "token": source})


def _is_of_folder(source: str) -> bool:
    """Whether a project's file gives the token: its author would decide what is shown from then on."""
    path = Path(source)
    return path.is_absolute() and path.parent != Path.home()


def _not_taken(source: str) -> str:
    return f" The token in {source} is not taken: it is a file of this folder." if _is_of_folder(source) else ""


def _how_to_make_one(settings: Settings, clues: Clues) -> Iterator[str]:
    """Where a token is made, and with which permissions."""
    server = settings.base_url
    pages = f"https://{server_url.SAAS}" if server_url.is_saas(server.removeprefix("https://")) else server
    organization = clues.written("organization")
    yield INTEGRATION
    yield f"  {pages}/settings/{f'{organization.value}/developer-settings/new-internal/' if organization else ''}"
    yield "To close issues and comment as well, give Issue & Event: Read & Write."


async def seen_organizations(run: Runtime) -> tuple[Organization, ...]:
    """The organizations that the token sees; none where Sentry does not say: the checks tell why, with the fix."""
    try:
        listed = await run.client().organizations()
    except RunbookError:
        return ()
    return tuple(organization for organization in listed if organization.slug and SLUG.fullmatch(organization.slug))


def choose_organization(seen: Sequence[Organization], base_url: str, clues: Clues, terminal: Terminal) -> FoundName:
    """The DSN's organization, the only one, or a person's choice.

    Raises:
        BadInput: the token sees several, and nobody chooses.
    """
    for clue in clues.of_dsns("organization_id", base_url):
        if slug := next((listed.slug for listed in seen if listed.id == clue.value), None):
            return FoundName(slug, f"number {clue.value} in {clue.source}", clue.of_folder)
    return _only_or_chosen(seen, terminal)


def _only_or_chosen(seen: Sequence[Organization], terminal: Terminal) -> FoundName:
    slugs = [listed.slug for listed in seen if listed.slug]
    if len(slugs) <= 1:
        return FoundName(slugs[0], "the only one that the token sees") if slugs else FoundName()
    if terminal.has_person:
        (slug,) = terminal.choice("Which organization?", slugs[:MOST_NAMED], several=False)
        return FoundName(slug, "your choice")
    raise BadInput(
        f"The token sees {len(slugs)} organizations: {', '.join(slugs[:MOST_NAMED])}. {NOTHING_DONE}",
        "Name one with --org.",
    )


async def find_project(run: Runtime, clues: Clues) -> FoundName:
    """The default project: written somewhere, or the only one that the DSNs name."""
    written = clues.written("project")
    if written:
        return FoundName(written.value, written.source, written.of_folder)
    numbers = clues.of_dsns("project_id", run.settings.base_url)
    if not numbers or run.settings.organization is None:
        return FoundName()
    try:
        projects = await run.client().projects()
    except RunbookError:
        # The checks read them, too, and say why it fails.
        return FoundName()
    known = [(clue, project) for clue in numbers if (project := _numbered(projects, clue.value))]
    if len(known) != 1:
        return FoundName(source=_several(known, numbers))
    ((clue, project),) = known
    return FoundName(project.name, f"number {clue.value} in {clue.source}", clue.of_folder)


def _numbered(projects: Sequence[Project], number: str) -> Project | None:
    return next((project for project in projects if project.id == number and project.name != "unknown"), None)


def _several(known: Sequence[tuple[Clue, Project]], numbers: Sequence[Clue]) -> str:
    """Why the DSNs give no default project."""
    if known:
        return f"the DSNs name several: {', '.join(project.name for _, project in known[:MOST_NAMED])}"
    return f"the token sees no project number {', '.join(clue.value for clue in numbers[:MOST_NAMED])}"
