"""``python -m tests.hosts``: real MCP clients in front of this server; ``conformance`` and ``setup`` are beside it.

Without ``--install`` nothing is fetched: what is neither in the cache nor on the path is skipped, and said so.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.hosts.client import ROOT, program_here
from tests.hosts.clients import CLIENTS
from tests.hosts.conformance import Score, conformance
from tests.hosts.first_answer import first_answer
from tests.hosts.install import NotInstalled
from tests.hosts.matrix import default_cache, machine_readable, play, table


def main(argv: Sequence[str] | None = None) -> int:
    """Run what was asked for; exit 1 when something that ran has failed, 2 when nothing could run."""
    options = _options(argv)
    try:
        return WHAT[options.what](options, program_here(options.server))
    except NotInstalled as exc:
        print(f"skipped {options.what}: {exc}")
        return 2


def _matrix(options: argparse.Namespace, server: str) -> int:
    chosen = [client for client in CLIENTS if not options.only or _is_meant(client.name, options.only)]
    if not chosen:
        print(f"No client is called so. There are: {', '.join(client.name for client in CLIENTS)}.")
        return 2
    rows = []
    for client in chosen:
        print(f"{client.name} …", file=sys.stderr, flush=True)
        rows.append(play(client, server, options.cache, fetch=options.install))
    print(machine_readable(rows) if options.json else "\n".join(table(rows)))
    if all(row.skipped for row in rows):
        return 2
    return 0 if all(row.good for row in rows) else 1


def _conformance(options: argparse.Namespace, server: str) -> int:
    scores = list(conformance(server, options.cache, fetch=options.install))
    print(json.dumps([asdict(score) for score in scores]) if options.json else "\n".join(map(Score.line, scores)))
    return 0 if all(score.good for score in scores) else 1


def _setup(options: argparse.Namespace, server: str) -> int:
    ways = []
    for measured in first_answer(options.checkout, server, options.cache, fetch=options.install):
        ways.append(measured)
        if not options.json:
            print("\n".join(measured.lines()), flush=True)
    if options.json:
        print(json.dumps([asdict(measured) for measured in ways]))
    return 0 if all(measured.good for measured in ways) else 1


WHAT = {"matrix": _matrix, "conformance": _conformance, "setup": _setup}


def _is_meant(name: str, words: Sequence[str]) -> bool:
    return any(word.lower() in name.lower() for word in words)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description="Real clients in front of this server.")
    parser.add_argument("what", nargs="?", choices=WHAT, default="matrix", help="default: %(default)s")
    parser.add_argument("--only", action="append", metavar="NAME", help="clients whose name holds this (repeatable)")
    parser.add_argument("--json", action="store_true", help="all that was seen, as JSON")
    parser.add_argument("--install", action="store_true", help="fetch what is missing, with npm and pip")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where clients are kept (%(default)s)")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="setup: the edition to measure (default: this one)")
    parser.add_argument("--server", metavar="PROGRAM", help="the server (default: sentry-runbook beside this Python)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
