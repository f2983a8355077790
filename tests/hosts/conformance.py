"""The MCP conformance suites of both revisions, over HTTP against the demo; nothing may fail beyond the baselines.

The baselines beside this module list what a server fails that does not carry the suite's own test tools.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.hosts.install import NotInstalled, fetch_packages, node_folder
from tests.hosts.running import empty_home, environment, run

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
REVISIONS = ("2025-11-25", "2026-07-28")
EXTENSIONS = ("sep-2640-skills-directory", "sep-2640-skills-enumeration", "sep-2640-skills-manifest")
"""Skills over MCP; what the suite has of others (tasks) is not served."""
BASELINES = Path(__file__).parent / "baselines"
SERVED = ("serve", "--transport", "http", "--port", "0", "--demo")
SUITE_S = 300.0
START_S = 60.0
_PASSED = re.compile(r"Passed: (\d+)/\d+, (\d+) failed")
_FAILURE = re.compile(r"\[(\S+) *\] *FAILURE")
_TOTAL = re.compile(r"Total: (\d+) passed, (\d+) failed")
_AGAINST = re.compile(r"^  [^~\s] (\S+)$", flags=re.MULTILINE)
"""A scenario in the suite's lists of what is not as the baseline says; those that are stand there with a tilde."""
_URL = re.compile(r"http://[^\s,]+")
_COLOUR = re.compile(r"\x1b\[\d+m")


@dataclass(frozen=True)
class Score:
    """What a suite said of the server."""

    name: str
    """The revision, or the scenario of an extension."""
    passed: int
    failed: int
    good: bool
    """Whether exactly the baseline failed; an extension has none, and nothing may fail."""
    beyond: tuple[str, ...]
    """Scenarios (of an extension: checks) that failed or passed against the baseline."""

    def line(self) -> str:
        """The score as a line."""
        end = "as the baseline says" if self.good else f"against the baseline: {', '.join(self.beyond) or 'see above'}"
        return f"{self.name}: checks {self.passed} passed, {self.failed} failed; {end}"


def baseline(revision: str) -> Path:
    """The file of the scenarios that are expected to fail."""
    return BASELINES / f"{revision}.yml"


def conformance(server: str, cache: Path, *, fetch: bool) -> Iterator[Score]:
    """A score for each revision, and for each scenario of an extension that we serve.

    Raises:
        NotInstalled: the suite is not there, or Node is too old for it.
    """
    folder = cache / "npm" / SUITE.rpartition("/")[2].replace("@", "-")
    suite = folder / "node_modules" / ".bin" / "conformance"
    if not suite.exists():
        if not fetch:
            raise NotInstalled(f"not in {cache}, and --install was not given")
        fetch_packages("npm", (SUITE,), folder)
    node = node_folder(cache, fetch=fetch)
    chosen: list[tuple[str, tuple[str, ...]]] = [
        (revision, ("--suite", "all", "--spec-version", revision, "--expected-failures", os.fspath(baseline(revision))))
        for revision in REVISIONS
    ]
    # The suite leaves extensions out, because they are on no revision's list.
    chosen += [(name, ("--scenario", name, "--force", "--spec-version", REVISIONS[-1])) for name in EXTENSIONS]
    for name, words in chosen:
        with empty_home() as home, listening(server, SERVED, home) as url:
            env = environment(home, "http://127.0.0.1:9", {}, path_first=[node] if node else [])
            results = ("-o", os.fspath(home / "results"))
            ended = run((os.fspath(suite), "server", "--url", url, *words, *results), env, home / "work", SUITE_S)
        yield score(name, ended.code, _COLOUR.sub("", ended.out + ended.err))


def score(name: str, code: int | None, said: str) -> Score:
    """The score that the suite printed.

    Raises:
        NotInstalled: it printed none: it could not run.
    """
    total = _TOTAL.search(said)
    if total is not None:
        return Score(name, int(total[1]), int(total[2]), code == 0, tuple(_AGAINST.findall(said)))
    scenario = _PASSED.search(said)
    if scenario is not None:
        return Score(name, int(scenario[1]), int(scenario[2]), code == 0, tuple(_FAILURE.findall(said)))
    lines = said.strip().splitlines()
    raise NotInstalled(f"the suite did not run: {lines[-1] if lines else 'it said nothing'}")


@contextmanager
def listening(server: str, words: Sequence[str], home: Path) -> Iterator[str]:
    """A command of the server that serves over HTTP, once it says that it does: the first URL that it names.

    Raises:
        NotInstalled: it ended before.
    """
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.fspath(home)}
    command = [server, *words]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=env, cwd=home, stdout=pipe, stderr=subprocess.STDOUT, text=True) as process:
        impatience = threading.Timer(START_S, process.kill)
        impatience.start()
        try:
            yield _first_url(process)
        finally:
            impatience.cancel()
            process.kill()


def _first_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said = line.strip()
        if found := _URL.search(line):
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return found[0]
    raise NotInstalled(f"the server did not listen: {said}")
