"""Whether a host can start what ``init`` writes; of one that does not start hosts say "disconnected" and no more."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cache

from sentry_runbook.commands.checks import DoctorCheck
from sentry_runbook.setup.entry import NETWORK

HANDED_ON = ("HOME", "LOGNAME", "SHELL", "TERM", "USER")
HANDED_ON_WINDOWS = (
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
)
"""What hosts that are built on MCP's SDK hand on to a server."""
SHORT_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""The PATH of an application that was not started from a terminal."""
PATIENCE_S = 60
"""uvx may have to fetch the package first."""


def starts(command: Sequence[str]) -> DoctorCheck:
    """Start the command as a host does, only to ask for its version."""
    why = _why_not(tuple(command))
    shown = " ".join(command)
    if why is None:
        return DoctorCheck("ok", f"A host can start it: {shown}")
    fix = "Install sentry-runbook where it can stay (pipx, uv tool or a virtual environment), and run its init."
    return DoctorCheck("bad", f"A host could not start {shown}: {why}.", fix, fatal=True)


@cache
def _why_not(command: tuple[str, ...]) -> str | None:
    """Why it does not start; None when it does."""
    names = HANDED_ON_WINDOWS if os.name == "nt" else HANDED_ON
    given = {name: os.environ[name] for name in (*names, *NETWORK) if name in os.environ}
    given = given if os.name == "nt" else {**given, "PATH": SHORT_PATH}
    try:
        run = subprocess.run(  # noqa: S603  # our own command, and no shell
            [*command, "--version"],
            env=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {PATIENCE_S} s"
    except OSError as exc:
        return exc.strerror or type(exc).__name__
    if run.returncode == 0 and run.stdout.startswith("sentry-runbook "):
        return None
    said = run.stderr.strip().splitlines()
    return f"it ended with {run.returncode}{f' ({said[-1][:200]})' if said else ''}"
