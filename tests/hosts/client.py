"""What the matrix needs to know of a client: what is installed, how it is started, what it must be told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Server:
    """How a client starts the server under test over stdio."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Start:
    """What a client is started with.

    Attributes:
        folder: its installation in the cache; the project itself for what is there already.
        program: its executable.
        server: the server that it shall start.
        model: the URL of the scripted model.
        home: its home folder, empty before.
        work: the folder that it works in, below its home.
    """

    folder: Path
    program: Path
    server: Server
    model: str
    home: Path
    work: Path


@dataclass(frozen=True)
class Command:
    """A process to run: its arguments, and what it needs in its environment."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Client:
    """A row of the matrix.

    Attributes:
        name: the client, as the table calls it.
        source: who installs it; ``here`` is what this Python has already.
        packages: what is installed, with versions, the client itself first.
        program: its executable, below the installation (npm: ``node_modules/.bin``, pip: ``bin``).
        command: how it is started; writes its configuration, too.
        shows_questions: whether it shows the server's question, and our answer is yes. A change without a shown
            question and without a token is a fault.
    """

    name: str
    source: Literal["npm", "pip", "here"]
    packages: tuple[str, ...]
    program: str
    command: Callable[[Start], Command]
    shows_questions: bool = False

    @property
    def version(self) -> str:
        """The version of the client itself, out of its package's requirement."""
        return self.packages[0].replace("==", "@").rpartition("@")[2]


def program_here(server: str | None) -> str:
    """The server under test: as given, else the console script beside this Python."""
    import sys

    beside = Path(sys.executable).with_name("sentry-runbook")
    return server or os.fspath(beside)
