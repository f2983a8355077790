"""A clean place to run commands in, and an embedded Sentry on a loopback port."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sentry_runbook.commands import runtime
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.commands.init_support import HOST_VARIABLES, a_month_later
from tests.commands.support import TOKEN, Commands, served


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty folder that is home and working directory, and no settings from outside."""
    for name in (*(name for name in os.environ if name.startswith("SENTRY")), "NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Commands:
    """Runs the command line in this process."""
    return Commands(capsys)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    """The clock of commands that run in this process: it stands still, at the zero of every embedded Sentry."""
    still = ManualClock()
    monkeypatch.setattr(runtime, "utc_now", still)
    return still


@pytest.fixture(scope="session")
def sentry_url() -> Iterator[str]:
    """An embedded Sentry with every incident, whose world stands still."""
    with served(create_app(World.of_all(ManualClock()), token=TOKEN)) as url:
        yield url


@pytest.fixture
def sentry_today(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One whose world stands still today, for processes, which have the machine's clock; so have commands here."""
    today = ManualClock(datetime.now(UTC))
    monkeypatch.setattr(runtime, "utc_now", today)
    with served(create_app(World.of_all(today), token=TOKEN)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
        monkeypatch.setenv("SENTRY_ORG", "acme")
        yield url


@pytest.fixture
def sentry(monkeypatch: pytest.MonkeyPatch, sentry_url: str) -> str:
    """The environment points to that Sentry."""
    monkeypatch.setenv("SENTRY_URL", sentry_url)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    return sentry_url


@pytest.fixture
def home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder of a machine without hosts, and a project folder beside it as working directory."""
    for name in HOST_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(place / "no-programs"))
    home, project = place / "home", place / "project"
    home.mkdir()
    project.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.chdir(project)
    return home


@pytest.fixture
def folder(home: Path) -> Path:
    """The project folder of that machine."""
    return home.with_name("project")


@pytest.fixture(scope="session")
def quiet_url() -> Iterator[str]:
    """An embedded Sentry a month after its incident: the checks have no issue to try, and are quick."""
    with served(create_app(World(SCENARIOS["payment-spike"], a_month_later()), token=TOKEN)) as url:
        yield url


@pytest.fixture
def quiet_sentry(quiet_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment points to that Sentry, and the clock of commands is its clock."""
    monkeypatch.setattr(runtime, "utc_now", a_month_later())
    monkeypatch.setenv("SENTRY_URL", quiet_url)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    return quiet_url
