"""The commands of the command line, one module each. A module declares its command as ``COMMAND``."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import cast

from sentry_runbook.commands.command import Command

COMMANDS = (
    "serve",
    "init",
    "demo",
    "doctor",
    "situation",
    "review-alerts",
    "triage",
    "update",
    "postmortem",
    "lint",
    "policy",
    "audit",
    "simulate",
    "completion",
)
"""The commands in the order of the help. Each is a module of this name, with underscores."""


def load_command(name: str) -> Command:
    """Import a command's module.

    What importing makes stays until the end: the collector would search it for garbage that is not there, a tenth of
    the start-up, and once more at the exit. So it is off meanwhile, and never looks at what is there by then.
    """
    gc.disable()
    try:
        return cast(Command, import_module(f"{__name__}.{name.replace('-', '_')}").COMMAND)
    finally:
        gc.freeze()
        gc.enable()
