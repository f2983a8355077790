"""Plays every client that is there through the five points, and prints what was seen."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.client import Client, Server, Start
from tests.hosts.clients import NOT_HERE
from tests.hosts.install import Installed, NotInstalled, installed, node_folder
from tests.hosts.model.conversation import Script
from tests.hosts.model.stub import model_stub
from tests.hosts.points import (
    WRONG_SETTINGS,
    Point,
    Run,
    as_json,
    confirmation,
    error_text,
    first_call,
    listed,
    triage,
    working_day,
    wrong_setting,
)
from tests.hosts.running import empty_home, environment, run

RUN_S = 120.0
"""A client that has not ended by then is ended, and fails; it decides nothing else."""


@dataclass(frozen=True)
class Row:
    """A client's row: its points, or why there are none."""

    client: Client
    version: str
    points: Mapping[str, Point]
    refused: tuple[str, ...] = ()
    seconds: float = 0.0
    skipped: str = ""

    @property
    def good(self) -> bool:
        """Whether no point failed; a client that was skipped fails none."""
        return all(point.good for point in self.points.values())


def play(client: Client, server: str, cache: Path, *, fetch: bool) -> Row:
    """One client through all points."""
    try:
        found = installed(client, cache, fetch=fetch)
        node = node_folder(cache, fetch=fetch and client.source == "npm")
    except NotInstalled as exc:
        return Row(client, client.version, {}, skipped=str(exc))
    began = time.monotonic()
    points: dict[str, Point] = {}
    refused: set[str] = set()
    for name, wrong in WRONG_SETTINGS.items():
        ran = _run(client, found, Server(server, ("serve",), wrong.env), first_call, node)
        points[f"wrong: {name}"] = wrong_setting(ran, wrong)
        refused |= set(ran.seen.refused)
    ran = _run(client, found, Server(server, ("serve", "--demo")), working_day, node)
    points["list"] = listed(ran.seen)
    points["triage"] = triage(ran)
    points["confirmation"] = confirmation(ran, client)
    points["error text"] = error_text(ran)
    refused |= set(ran.seen.refused)
    return Row(client, found.version, points, tuple(sorted(refused)), time.monotonic() - began)


def _run(client: Client, found: Installed, server: Server, script: Script, node: Path | None) -> Run:
    with empty_home() as home, model_stub(script) as (model, seen):
        start = Start(found.folder, found.program, server, model, home, home / "work")
        command = client.command(start)
        env = environment(home, model, command.env, path_first=[node] if node else [])
        return Run(seen, run(command.argv, env, start.work, RUN_S))


def table(rows: list[Row]) -> Iterator[str]:
    """The rows as a table, what failed with its reason, and what was skipped and why."""
    ran = [row for row in rows if not row.skipped]
    if ran:
        columns = ["client", "version", *ran[0].points, "s"]
        cells = [columns] + [
            [row.client.name, row.version, *map(_cell, row.points.values()), f"{row.seconds:.0f}"] for row in ran
        ]
        widths = [max(len(line[number]) for line in cells) for number in range(len(columns))]
        for line in cells:
            yield "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
    for row in ran:
        for name, point in row.points.items():
            if not point.good:
                yield f"FAILED  {row.client.name}, {name}: {point.said[:1500] or 'nothing reached the model'}"
        if row.refused:
            yield f"refused {row.client.name} asked for other hosts: {', '.join(row.refused)}"
    for row in rows:
        if row.skipped:
            yield f"skipped {row.client.name}: {row.skipped}"
    for name, why in NOT_HERE.items():
        yield f"skipped {name}: {why}"


def _cell(point: Point) -> str:
    return f"{'✓' if point.good else '✗'} {point.shown}"


def machine_readable(rows: list[Row]) -> str:
    """The rows as JSON."""
    return json.dumps(
        [
            {
                "client": row.client.name,
                "version": row.version,
                "seconds": round(row.seconds, 1),
                "points": {name: as_json(point) for name, point in row.points.items()},
                "refused": list(row.refused),
                "skipped": row.skipped,
            }
            for row in rows
        ],
        indent=2,
        ensure_ascii=False,
    )


def default_cache() -> Path:
    """Where clients are kept between runs: outside of the project."""
    return Path(tempfile.gettempdir()) / "sentry-runbook-hosts"
