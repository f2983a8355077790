"""Mutation run over the rules: how many small faults in a folder of ``incident/`` do its own tests find?

    pip install 'mutmut>=3.3'
    python -m tests.mutation recovery resolution

Copies the checkout into a temporary folder, puts the package below ``src/`` (mutmut derives module names from there),
and runs mutmut over the folders named with the tests of :data:`TESTS`. It prints a line a folder and each mutant that
lives; ``--show`` prints their differences, too. It takes some 10 to 20 minutes a folder on two cores, so it is not part
of the suite or of CI; CONTRIBUTING says what share must be found.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

TESTS: Mapping[str, tuple[str, ...]] = {
    "severity": (
        "tests/incident/test_severity_tables.py",
        "tests/incident/test_severity_verdicts.py",
        "tests/incident/test_severity_anomalies.py",
        "tests/incident/test_response_clock.py",
        "tests/incident/test_severity_earlier.py",
    ),
    "recovery": (
        "tests/incident/test_comparison.py",
        "tests/incident/test_recovery.py",
        "tests/incident/test_recovery_answers.py",
        "tests/incident/test_recovery_over_time.py",
    ),
    "resolution": (
        "tests/incident/test_resolution.py",
        "tests/incident/test_archive_kinds.py",
        "tests/incident/test_others.py",
    ),
    "episode": (
        "tests/incident/test_change_point.py",
        "tests/incident/test_episode.py",
        "tests/incident/test_episode_over_time.py",
        "tests/incident/test_event_counts.py",
        "tests/incident/test_recovery.py",
        "tests/incident/test_recovery_answers.py",
    ),
    "events": ("tests/incident/test_causes.py", "tests/incident/test_indicators.py", "tests/incident/test_words.py"),
    "causes": (
        "tests/incident/test_causes.py",
        "tests/incident/test_cause_patterns.py",
        "tests/incident/test_hypotheses.py",
        "tests/incident/test_indicators.py",
        "tests/incident/test_releases.py",
        "tests/incident/test_words.py",
    ),
}
"""Folder of ``incident/`` → the tests that must find its faults. Tables only: properties take too long a mutant."""
CHECKOUT = Path(__file__).parent.parent.parent
ALSO = ("tests", "prompts", "bench", "README.md", "SECURITY.md", "CHANGELOG.md", "pyproject.toml")
CONFIG = """
[tool.mutmut]
source_paths = ["src"]
only_mutate = ["src/sentry_runbook/incident/{folder}/*.py", "src/sentry_runbook/incident/{folder}/*/*.py"]
also_copy = ["prompts", "bench", "README.md", "SECURITY.md", "CHANGELOG.md"]
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = [{tests}]
track_dependencies = false
debug = true
"""
RESULT = re.compile(r"^\s*(sentry_runbook\.\S+): (\w[\w ]*)$", re.MULTILINE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the folders named, all of them when none is named; 1 when a folder is below the share."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation run over incident/.")
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=f"of incident/: {', '.join(TESTS)}; default: all")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1, help="mutants at once")
    parser.add_argument("--least", type=float, default=90.0, help="percent of the mutants that must be found")
    parser.add_argument("--show", action="store_true", help="print the difference of each mutant that lives")
    options = parser.parse_args(argv)
    if unknown := set(options.folders) - set(TESTS):
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}; valid are {', '.join(TESTS)}")
    shares = [run(folder, options.children, show=options.show) for folder in options.folders or TESTS]
    return 0 if all(share >= options.least for share in shares) else 1


def run(folder: str, children: int, *, show: bool) -> float:
    """Percent of the folder's mutants that its tests find; prints the others."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        place = Path(name)
        shutil.copytree(CHECKOUT / "server", place / "src", ignore=shutil.ignore_patterns("__pycache__"))
        for part in ALSO:
            source = CHECKOUT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, place / part)
        tests = ", ".join(f'"{test}"' for test in TESTS[folder])
        with (place / "pyproject.toml").open("a", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=folder, tests=tests))
        # Python remembers a path that is not there when it starts, and would not look into it again.
        (place / "mutants" / "src").mkdir(parents=True)
        paths = f"{place / 'mutants' / 'src'}{os.pathsep}{place / 'mutants'}"
        environment = {**os.environ, "PYTHONPATH": paths}
        log = place / "run.log"
        with log.open("w", encoding="utf-8") as out:
            command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(children)]
            subprocess.run(command, cwd=place, env=environment, stdout=out, stderr=out, check=False)
        if "BadTestExecutionCommandsException" in log.read_text(encoding="utf-8"):
            # mutmut counts a run that finds no test as a fault found; ids of parameters must be plain ASCII words.
            raise SystemExit(f"pytest could not run the tests of {folder} by their ids, so the result would be wrong")
        results = _results(place, environment)
        if not results:
            sys.stderr.write(log.read_text(encoding="utf-8")[-3000:])
            raise SystemExit(f"mutmut made no mutants of {folder}; the end of its output is above")
        return _report(folder, results, place, environment, show=show)


def _results(place: Path, environment: Mapping[str, str]) -> dict[str, str]:
    listed = subprocess.run(
        [sys.executable, "-m", "mutmut", "results", "--all", "true"],
        cwd=place,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(RESULT.findall(listed.stdout))


def _report(
    folder: str, results: Mapping[str, str], place: Path, environment: Mapping[str, str], *, show: bool
) -> float:
    counts = Counter(results.values())
    found = counts["killed"] + counts["timeout"]
    share = 100 * found / len(results)
    sys.stdout.write(f"{folder}: {found} of {len(results)} mutants found ({share:.1f} %): {dict(counts)}\n")
    for mutant, outcome in results.items():
        if outcome not in ("killed", "timeout"):
            sys.stdout.write(f"  {outcome}: {mutant}\n")
            if show:
                command = [sys.executable, "-m", "mutmut", "show", mutant]
                subprocess.run(command, cwd=place, env=dict(environment), check=False)
                sys.stdout.flush()
    return share


if __name__ == "__main__":
    sys.exit(main())
