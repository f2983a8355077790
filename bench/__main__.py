"""``python -m bench``: run the benchmark from a checkout, print the table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import anyio

from bench import alert_review, cold_start, concurrency, counts, first_edition, latency, startup, table, upstream
from bench.bounds import Measure
from bench.server_process import NOW

PACKAGES = ("mcp", "httpx", "pydantic", "anyio")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, return the exit code: 1 with ``--check`` when a bound is broken."""
    options = _options(argv)
    # Installed packages keep their compiled code: without it each fresh process compiles every module again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    measures = measure(quick=options.quick)
    print(table.rendered(measures), end="")
    if options.json:
        options.json.write_text(json.dumps(report(measures), indent=2) + "\n", encoding="utf-8")
    return 1 if options.check and any(measure.within is False for measure in measures) else 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measures sentry-runbook against its budgets, before its embedded Sentry: about three minutes.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer repeats: about a minute, rougher numbers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every number to this file")
    parser.add_argument("--check", action="store_true", help="exit 1 when a bound is broken")
    return parser.parse_args(argv)


def measure(*, quick: bool) -> list[Measure]:
    """Run all parts; progress goes to stderr."""
    _progress("rounds, requests, characters")
    measures = anyio.run(counts.count) + anyio.run(alert_review.counted)
    _progress("start-up against a bare server")
    measures += startup.starts(pairs=3 if quick else 11)
    with upstream.running() as sentry, first_edition.checked_out() as first:
        _progress("wall times")
        measures += anyio.run(latency.wall_times, sentry, 3 if quick else 11)
        measures += anyio.run(alert_review.cpu_times, sentry, 1 if quick else 5)
        _progress("5 MB event")
        measures += cold_start.large_events(sentry)
        _progress("CPU, first call, rounds and requests, beside the first edition")
        measures += first_edition.compared(sentry, first, calls=5 if quick else 31, processes=1 if quick else 5)
        _progress("100 callers at once")
        editions = (NOW,) if first is None or quick else (first, NOW)
        measures += concurrency.bursts(sentry, editions, repeats=1 if quick else 3)
    return measures


def report(measures: Sequence[Measure]) -> dict[str, object]:
    """All numbers, with the platform and the package versions."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "packages": {name: version(name) for name in PACKAGES},
        "measures": [{**asdict(measure), "within": measure.within} for measure in measures],
    }


def _progress(part: str) -> None:
    print(f"… {part}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
