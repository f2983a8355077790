"""``python -m bench``: run the benchmark from a checkout, print the table."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import anyio

from bench import cold_start, concurrency, counts, latency, startup, table, upstream
from bench.bounds import Measure

PACKAGES = ("mcp", "httpx", "pydantic", "anyio")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, show, and give the exit code: 1 with ``--check`` when a bound is broken."""
    options = _options(argv)
    measures = measure(quick=options.quick)
    print(table.shown(measures), end="")
    if options.json:
        options.json.write_text(json.dumps(report(measures), indent=2) + "\n", encoding="utf-8")
    return 1 if options.check and any(one.within is False for one in measures) else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures sentry-runbook against its budgets, in front of its embedded Sentry: 90 seconds.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats: half a minute, rougher numbers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every number to this file, too")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bound is broken")
    return parser.parse_args(argv)


def measure(*, quick: bool) -> list[Measure]:
    """Run all parts; what is under way is told on stderr."""
    _tell("rounds, requests, characters")
    found = anyio.run(counts.count)
    _tell("start-up beside a bare server")
    found += startup.starts(pairs=3 if quick else 11)
    with upstream.running() as sentry:
        _tell("wall times")
        found += anyio.run(latency.wall_times, sentry, 3 if quick else 11)
        _tell("first call of a fresh process")
        found += cold_start.first_calls(sentry, 1 if quick else 5)
        _tell("100 callers")
        found += anyio.run(concurrency.crowds, sentry)
        _tell("5 MB event")
        found += cold_start.big_events(sentry)
    return found


def report(measures: Sequence[Measure]) -> dict[str, object]:
    """All numbers with what they were measured on."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "packages": {name: version(name) for name in PACKAGES},
        "measures": [{**asdict(one), "within": one.within} for one in measures],
    }


def _tell(what: str) -> None:
    print(f"… {what}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
