"""What ``init`` writes under the server's name: command and environment, merged into what stands there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sentry_runbook.setting_parsers import unwrapped
from sentry_runbook.settings import SETTINGS, TOKEN_VARIABLES, Settings
from sentry_runbook.setup.hosts import TOKEN_INPUT, McpHost
from sentry_runbook.setup.launch import flags_of
from sentry_runbook.setup.refused import ConfigurationRefused

Storage = Literal["file", "keyring", "token_file", "reference", "placeholder"]
"""Where the token is afterwards: in the configuration; in the keyring; in a file that the configuration names; in the
environment of whoever uses the shared configuration; nowhere, because it is only shown."""
TOKEN = TOKEN_VARIABLES[0]
TOKEN_FILE = "SENTRY_AUTH_TOKEN_FILE"  # noqa: S105  # a variable's name
KEYRING = "SENTRY_RUNBOOK_KEYRING"
BUS = "DBUS_SESSION_BUS_ADDRESS"
"""What Linux's keyrings are reached by. Hosts built on MCP's SDK hand on six variables, and not this one."""
LASTING_BUS = "unix:path=/run/user/"
"""How it begins where it is the same after the next login."""
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")
NETWORK = (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What the checks reached Sentry with, and hosts do not hand on, either."""
DEMO = "--demo"
"""The flag of an entry that somebody tried the server with: its answers would pass for those of their Sentry."""
PLACEHOLDER = "paste the token of your internal integration here"
REPLACED = frozenset({*TOKEN_VARIABLES, TOKEN_FILE, KEYRING, BUS, "SENTRY_HOST"})
"""Variables that init decides: an older one that it does not write is taken out."""
HARMLESS = frozenset(
    {"type", "command", "args", "env", "alwaysLoad", "disabled", "timeout", "serve", "--read-only"}
    | {TOKEN, KEYRING, "SENTRY_ORG", "SENTRY_PROJECT", "SENTRY_URL"}
)
"""Keys, flags and variables that the entry of a shared file may have: init decides them, or they let nothing out."""
NOT_WRITTEN = frozenset({"token", "token_file", "organization", "project", "base_url", "http_token", "keyring"})
"""Settings that are written by their own rule, or are none of a server over stdio."""


@dataclass(frozen=True)
class Wanted:
    """What is to be written.

    Attributes:
        command: program and arguments.
        settings: those that were checked.
        storage: where the token is.
        token_file: the file that holds it, where one does.
        project: the default project, None for none.
        is_shared: whether other people's machines read it, too.
    """

    command: Sequence[str]
    settings: Settings
    storage: Storage
    token_file: str | None = None
    project: str | None = None
    is_shared: bool = False


def environment_of(wanted: Wanted, host: McpHost, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of the entry.

    Args:
        wanted: what is to be written.
        host: whose file it is.
        given: the variables of the process, for the settings that the checks ran with.
    """
    variables = _of_token(wanted, host)
    if wanted.storage == "keyring" and not wanted.is_shared and given.get(BUS, "").startswith(LASTING_BUS):
        variables[BUS] = given[BUS]
    if not wanted.is_shared:
        variables |= {name: given[name] for name in NETWORK if given.get(name)}
    if wanted.settings.organization:
        variables["SENTRY_ORG"] = wanted.settings.organization
    if wanted.project:
        variables["SENTRY_PROJECT"] = wanted.project
    # Also where it is the default: a project's .sentryclirc can then not name another server.
    variables["SENTRY_URL"] = wanted.settings.base_url
    for row in SETTINGS:
        source, value = wanted.settings.sources.get(row.name, ""), getattr(wanted.settings, row.name, None)
        is_of_process = source in row.environment or source.startswith("--")
        is_elsewhere = isinstance(value, Path) and wanted.is_shared
        if row.name not in NOT_WRITTEN and is_of_process and not is_elsewhere:
            as_given = unwrapped(given.get(source, "")) or str(value)
            variables[row.environment[0]] = str(value.absolute()) if isinstance(value, Path) else as_given
    return variables


def holds_secret(wanted: Wanted, given: Mapping[str, str]) -> bool:
    """Whether the entry holds a token, or the password of a proxy."""
    return wanted.storage == "file" or (not wanted.is_shared and any("@" in given.get(name, "") for name in PROXIES))


def _of_token(wanted: Wanted, host: McpHost) -> dict[str, str]:
    if wanted.storage == "keyring":
        return {KEYRING: "on"}
    if wanted.storage == "token_file" and wanted.token_file:
        return {TOKEN_FILE: wanted.token_file}
    if wanted.storage == "file" and wanted.settings.token:
        return {TOKEN: wanted.settings.token.reveal()}
    if host.has_inputs:
        return {TOKEN: f"${{input:{TOKEN_INPUT}}}"}
    return {TOKEN: host.reference if wanted.storage == "reference" else PLACEHOLDER}


def entry_for(wanted: Wanted, host: McpHost, given: Mapping[str, str], existing: object = None) -> dict[str, object]:
    """The entry, with what else stands in the existing one: further keys, variables, and flags of the server.

    Raises:
        ConfigurationRefused: under the name stands something that starts another program.
    """
    program, *arguments = wanted.command
    variables = environment_of(wanted, host, given)
    fresh: dict[str, object] = {"type": "stdio"} if host.names_transport else {}
    if host.can_keep_in_view:
        # Who has said false has meant it.
        fresh["alwaysLoad"] = existing.get("alwaysLoad", True) if isinstance(existing, Mapping) else True
    if existing is None:
        return {**fresh, "command": program, "args": arguments, "env": variables}
    if not isinstance(existing, Mapping):
        raise ConfigurationRefused("holds something other than an object under the server's name")
    flags = flags_of(existing.get("command"), existing.get("args", []))
    if flags is None:
        raise ConfigurationRefused("holds a server of the same name that starts something else")
    kept_flags = list(_kept(flags, variables))
    before = existing.get("env", {})
    kept = before if isinstance(before, Mapping) else {}
    if wanted.is_shared:
        _check_shared(kept_flags, [*existing, *kept])
    merged = {**{name: text for name, text in kept.items() if name not in REPLACED}, **variables}
    # Keys keep their order, so that a second run finds nothing to change.
    return {**existing, **fresh, "command": program, "args": [*arguments, *kept_flags], "env": merged}


TARGET = ("organization", "project", "base_url")
"""Settings that the checks decided, also where nothing is written for one of them."""


def _kept(flags: Sequence[str], variables: Mapping[str, str]) -> Iterator[str]:
    """The flags without those that would win over what is written: a token was checked with one server and no other.

    Args:
        flags: of the entry that stands there.
        variables: those that are written.
    """
    decided = [flag for row in SETTINGS if row.environment[0] in variables or row.name in TARGET for flag in row.flags]
    words = iter(flags)
    for word in words:
        name = word.partition("=")[0]
        if name in decided:
            if "=" not in word:
                next(words, None)
        elif word != DEMO:
            yield word


def _check_shared(flags: Sequence[str], names: Sequence[object]) -> None:
    """A shared file may come with a cloned repository: what else its entry says could lead the token elsewhere.

    Raises:
        ConfigurationRefused: names what init would not have written, without the values.
    """
    strange = [str(name) for name in names if name not in HARMLESS]
    strange += [
        flag.partition("=")[0] if flag.startswith("-") else "an argument" for flag in flags if flag not in HARMLESS
    ]
    if strange:
        listed = ", ".join(dict.fromkeys(strange))[:200]
        raise ConfigurationRefused(f"has an entry with what init does not write ({listed}): see who wrote it, and why")


def token_input() -> dict[str, object]:
    """VS Code's question for the token, whose answer it keeps encrypted."""
    return {"type": "promptString", "id": TOKEN_INPUT, "description": "Sentry auth token", "password": True}
