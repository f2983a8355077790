"""The embedded Sentry as a process ends as it is told to, and says nothing of its insides."""

from __future__ import annotations

import signal
import subprocess

import httpx

from sentry_runbook.commands.scenario_names import scenarios_named
from sentry_runbook.commands.simulate import greeting
from sentry_runbook.simulator.world import World
from tests.commands.support import line_of, process


def first_answer(running: subprocess.Popen[str], url: str) -> httpx.Response:
    """What the process answers as soon as it listens."""
    while running.poll() is None:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            continue
    raise AssertionError("the process ended before it listened")


def test_simulate_ends_at_sigterm_without_a_traceback() -> None:
    with process("simulate", "--port", "0", "payment-spike") as running:
        url = line_of(running.stdout, "The embedded Sentry answers at ").split()[5]
        assert first_answer(running, f"{url}/api/0/").status_code == httpx.codes.OK
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=20)
        assert (running.returncode, errors) == (128 + signal.SIGTERM, "")


def test_every_issue_that_simulate_suggests_is_told_what_it_is_about() -> None:
    lines = greeting(World(scenarios_named([])).scenarios, "http://127.0.0.1:9000").splitlines()
    suggested = [line for line in lines if line.startswith("  sentry-runbook triage ")]
    assert suggested
    assert [line for line in suggested if not line.partition("#")[2].strip()] == []
