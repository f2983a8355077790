"""The command by which a host starts the server: it must work with the short PATH that desktop applications have."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

SCRIPT = re.compile(r"sentry-runbook(?:\.exe)?", re.IGNORECASE)
SEPARATOR = re.compile(r"[/\\]")
MODULE = "sentry_runbook"
PACKAGE = "sentry-runbook"
EXTRA = "sentry-runbook[keyring]"
UVX_FOLDERS = ("archive-v0", "environments-v2", "builds-v0")
"""Folders of uv's cache, where uvx keeps what it runs: it may be gone tomorrow."""


def launch_command(
    argv0: str, executable: str, which: Callable[[str], str | None], *, needs_keyring: bool
) -> tuple[str, ...]:
    """The program that is running, as a host starts it.

    Args:
        argv0: how this program was called.
        executable: this Python.
        which: the path of a program.
        needs_keyring: whether the optional extra must be there.
    """
    python = Path(executable)
    uvx = which("uvx") if any(part in UVX_FOLDERS for part in python.parts) else None
    if uvx and Path(uvx).is_absolute():  # Windows looks in the working directory, too
        return uvx_command(uvx, needs_keyring=needs_keyring)
    called = which(argv0) if SCRIPT.fullmatch(Path(argv0).name) else None
    for script in (called, str(python.with_name("sentry-runbook")), str(python.with_name("sentry-runbook.exe"))):
        if script and Path(script).is_file():
            # Not resolved: a link such as pipx's stays where it is when the version changes.
            return (str(Path(script).absolute()),)
    # Without -P modules that lie in the folder which the host works in would be imported in place of ours.
    return (str(python.absolute()), "-P", "-m", MODULE)


def uvx_command(uvx: str, *, needs_keyring: bool) -> tuple[str, ...]:
    """The command that works on any machine with uv."""
    return (uvx, "--from", EXTRA, PACKAGE) if needs_keyring else (uvx, PACKAGE)


def flags_of(command: object, arguments: object) -> list[str] | None:
    """The flags behind the program in an entry that starts this server; None where it starts another program."""
    listed = [command, *arguments] if isinstance(arguments, Sequence) and not isinstance(arguments, str) else [command]
    words = [word for word in listed if isinstance(word, str)]
    if len(words) != len(listed):
        return None
    for number, word in enumerate(words):
        if SCRIPT.fullmatch(SEPARATOR.split(word)[-1]) or (number and words[number - 1] == "-m" and word == MODULE):
            return words[number + 1 :]
    return None
