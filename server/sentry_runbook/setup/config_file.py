"""Changes one host's configuration file: planned first, then written whole or not at all, with a backup beside it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sentry_runbook.setup import jsonc, toml_tables
from sentry_runbook.setup.entry import Wanted, entry_for, holds_secret, token_input
from sentry_runbook.setup.hosts import SERVER, McpHost
from sentry_runbook.setup.refused import ConfigurationRefused
from sentry_runbook.small_files import read_small_file, why_unread

MOST_BYTES = 20_000_000
"""Claude Code keeps the history of all projects in its file."""
BYTE_ORDER_MARK = "\ufeff"
OWNER_ONLY = 0o600
SHARED = 0o644


@dataclass(frozen=True)
class PlannedChange:
    """What would be changed in a file.

    Attributes:
        path: the file as the host names it.
        target: the same behind symlinks.
        before: its content; None where there is no file.
        after: its new content; the same as before where nothing is to be done.
        holds_secret: whether the new content holds a secret, so that only its owner may read it.
        is_shared: whether it lies in a project's folder, for all its people.
    """

    path: Path
    target: Path
    before: bytes | None
    after: bytes
    holds_secret: bool
    is_shared: bool

    @property
    def is_needed(self) -> bool:
        """Whether the content changes, or who may read it."""
        return self.before != self.after or (self.holds_secret and _others_read(self.target))


def plan(
    host: McpHost, path: Path, wanted: Wanted, environment: Mapping[str, str], root: Path | None = None
) -> PlannedChange:
    """What would be changed in ``path``.

    Args:
        host: whose file it is.
        path: the file.
        wanted: what is to stand in it.
        environment: the variables of the process.
        root: the project's folder, for a file that its people share: links that lead out of it are refused.

    Raises:
        ConfigurationRefused: it cannot be read, or not be changed without a risk for what stands in it.
    """
    target = Path(os.path.realpath(path))
    if root is not None and not target.is_relative_to(os.path.realpath(root)):
        raise ConfigurationRefused("is a link that leads out of the project's folder")
    before = _content(target)
    try:
        text = (before or b"").decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigurationRefused("is no text in UTF-8") from None
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    try:
        after = (mark + changed(text.removeprefix(mark), host, wanted, environment)).encode()
    except UnicodeEncodeError:
        # Half of a character, which JSON can spell out, or a path or variable that is no text.
        raise ConfigurationRefused("would hold something that is no text in UTF-8") from None
    return PlannedChange(
        path,
        target,
        before,
        after,
        holds_secret=holds_secret(wanted, environment),
        is_shared=root is not None,
    )


def changed(text: str, host: McpHost, wanted: Wanted, environment: Mapping[str, str]) -> str:
    """The configuration's text with the server's entry; the same text where it is there already.

    Raises:
        ConfigurationRefused: as :func:`plan`.
    """
    if host.syntax == "toml":
        value: object = toml_tables.value(text)
    else:
        text = text if text.strip() else "{}\n"
        value = _json_value(text, host)
    existing = _at(_at(value, host.servers), SERVER)
    entry = entry_for(wanted, host, environment, existing)
    if entry != existing:
        path = (host.servers, SERVER)
        text = (
            toml_tables.with_table(text, path, entry) if host.syntax == "toml" else jsonc.with_member(text, path, entry)
        )
    return _with_input(text) if host.has_inputs and _asks(entry) else text


def _json_value(text: str, host: McpHost) -> object:
    """What the text says to this host."""
    if host.syntax == "json":
        return jsonc.strict_value(text)
    return jsonc.value(text, trailing_commas=host.syntax == "jsonc")


def _asks(entry: dict[str, object]) -> bool:
    """Whether the entry's token is the answer to a question of the host."""
    variables = entry["env"]
    return isinstance(variables, dict) and any(str(text).startswith("${input:") for text in variables.values())


def _with_input(text: str) -> str:
    """The text with VS Code's question for the token among its inputs."""
    inputs, question = _at(jsonc.value(text), "inputs"), token_input()
    known = inputs if isinstance(inputs, list) else []
    if any(isinstance(entry, dict) and entry.get("id") == question["id"] for entry in known):
        return text
    return jsonc.with_element(text, "inputs", question)


def _at(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _content(target: Path) -> bytes | None:
    """The file's content; None where there is none.

    Raises:
        ConfigurationRefused: it cannot be read, or must not be written.
    """
    try:
        content = read_small_file(target, MOST_BYTES)
        # Not os.access: to root everything is writable, and a rename would replace a protected file.
        is_writable = bool(target.stat().st_mode & stat.S_IWUSR)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigurationRefused(why_unread(exc)) from None
    if not is_writable:
        raise ConfigurationRefused("is read-only")
    return content


def _others_read(target: Path) -> bool:
    try:
        return os.name == "posix" and bool(target.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def write(change: PlannedChange, now: datetime) -> Path | None:
    """Write the file whole or not at all.

    Returns:
        The backup of what stood there before; None where there was no file.

    Raises:
        ConfigurationRefused: it cannot be written, or was changed meanwhile.
    """
    try:
        change.target.parent.mkdir(parents=True, exist_ok=True)
        backup = None if change.before is None else _back_up(change, now)
        _replace(change)
    except OSError as exc:
        raise ConfigurationRefused(f"cannot be written ({exc.strerror or type(exc).__name__})") from exc
    return backup


def _back_up(change: PlannedChange, now: datetime) -> Path:
    """A copy beside the file that only its owner may read; an older one is never overwritten."""
    stem = f"{change.target.name}.{now:%Y%m%d-%H%M%S}"
    for number in range(1, 1000):
        backup = change.target.with_name(f"{stem}.bak" if number == 1 else f"{stem}-{number}.bak")
        try:
            descriptor = os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNER_ONLY)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "wb") as file:
            file.write(change.before or b"")
        return backup
    raise FileExistsError(0, "there are a thousand backups of this second")


def _replace(change: PlannedChange) -> None:
    """Rename the new file over the old one.

    Raises:
        OSError: it cannot be written.
        ConfigurationRefused: the host or a person changed it after it was read.
    """
    # mkstemp makes it with mode 600.
    handle, temporary = tempfile.mkstemp(dir=change.target.parent, prefix=f".{change.target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(change.after)
            file.flush()
            os.fsync(file.fileno())
        _check_unchanged(change)
        if not change.holds_secret:
            Path(temporary).chmod(_mode(change))
        Path(temporary).replace(change.target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _check_unchanged(change: PlannedChange) -> None:
    if _content(change.target) != change.before:
        raise ConfigurationRefused("was changed by another program meanwhile: run the command again")


def _mode(change: PlannedChange) -> int:
    """The mode of a file without a token: as it was; a new one is its owner's, or the project's."""
    if change.before is not None:
        return stat.S_IMODE(change.target.stat().st_mode)
    return SHARED if change.is_shared else OWNER_ONLY
