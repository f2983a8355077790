"""What a command of the command line declares."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentry_runbook.settings import Settings


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        summary: what it does, for the help: one line that begins with a small letter.
        example: one call of it.
        add_arguments: declares its arguments.
        run: does it, and returns the exit code.
        starts_despite: whether it starts with settings that have a ``problem``; else it ends before, with 2.
        shows_warnings: warnings about the settings go to stderr before it; False: it shows them itself.
    """

    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Settings], int]
    starts_despite: Callable[[argparse.Namespace], bool] = lambda _: False
    shows_warnings: bool = True
