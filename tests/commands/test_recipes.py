"""The recipes of ``docs/recipes`` are run as they are printed: what a reader copies works."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import queue
import re
import shlex
import shutil
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sentry_runbook.commands.answers import CODES
from sentry_runbook.commands.arguments import parse
from sentry_runbook.simulator.app import create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.world import World
from tests import webhook_bodies as bodies
from tests.collect.situation_worlds import QUIET
from tests.commands.support import TOKEN, environment, line_of, served

RECIPES = Path(__file__).parents[2] / "docs" / "recipes"
SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
SHOP = "2886478854"
"""The number of SHOP-1Z."""
BASH = shutil.which("bash") or "bash"
SECONDS = 60
"""For what comes without fail; nothing is decided by it."""


def blocks(name: str, language: str) -> list[str]:
    """The code of one language in a recipe."""
    text = (RECIPES / name).read_text(encoding="utf-8")
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found, f"{name} has no {language}"
    return found


@pytest.fixture
def shell(place: Path) -> dict[str, str]:
    """The environment of a reader: ``sentry-runbook`` is on the path, nothing of Sentry's is set."""
    program = place / "bin" / "sentry-runbook"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m sentry_runbook "$@"\n', encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return environment(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}", HOME=str(place))


def bash(script: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run it as CI systems do: the first command that fails ends it."""
    return subprocess.run([BASH, "-e", "-c", script], check=False, env=env, capture_output=True, text=True)


# --- the chat bot


@dataclass(frozen=True)
class Bot:
    """A receiver that runs.

    Attributes:
        url: where it listens.
        posted: what it posted to the chat, one message after the other.
        env: its environment.
    """

    url: str
    posted: queue.Queue[dict[str, Any]]
    env: dict[str, str]

    def send(self, body: bytes, signature: str | None = None) -> int:
        """Send it a webhook, signed as Sentry signs unless another signature is given; gives the status."""
        right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        headers = {b"Sentry-Hook-Signature": (right if signature is None else signature).encode()}
        return httpx.post(self.url, content=body, headers=headers, timeout=SECONDS).status_code

    def message(self) -> str:
        """The next message."""
        (block,) = self.posted.get(timeout=SECONDS)["blocks"]
        assert block["type"] == "markdown"
        return str(block["text"])


@contextmanager
def chat() -> Iterator[tuple[str, queue.Queue[dict[str, Any]]]]:
    """An incoming webhook of a chat, and what it was sent."""
    posted: queue.Queue[dict[str, Any]] = queue.Queue()

    async def take(request: Request) -> Response:
        posted.put(await request.json())
        return Response("ok")

    with served(Starlette(routes=[Route("/hook", take, methods=["POST"])])) as url:
        yield f"{url}/hook", posted


@contextmanager
def running(shell: dict[str, str], place: Path, sentry: str) -> Iterator[Bot]:
    """The receiver of the recipe, in front of a Sentry and a chat."""
    (script,) = blocks("chat-bot.md", "python")
    (place / "receiver.py").write_text(script, encoding="utf-8")
    with chat() as (hook, posted):
        env = {
            **shell,
            "SENTRY_URL": sentry,
            "SENTRY_ORG": "acme",
            "SENTRY_AUTH_TOKEN": TOKEN,
            "SENTRY_RUNBOOK_WEBHOOK_SECRET": SECRET,
            "CHAT_WEBHOOK_URL": hook,
            "PORT": "0",
        }
        with subprocess.Popen(
            [sys.executable, "receiver.py"], env=env, stderr=subprocess.PIPE, text=True, cwd=place
        ) as receiver:
            try:
                yield Bot(line_of(receiver.stderr, "listening on ").split()[2], posted, env)
            finally:
                receiver.kill()


@pytest.fixture
def bot(shell: dict[str, str], place: Path, sentry_today: str) -> Iterator[Bot]:
    """The receiver in front of the embedded Sentry."""
    with running(shell, place, sentry_today) as started:
        yield started


def test_the_bot_posts_the_triage_of_a_signed_alert_and_of_no_other(bot: Bot, sentry_today: str) -> None:
    alert = json.dumps(bodies.event_alert(sentry_today, "acme", SHOP)).encode()
    for wrong in ("", "0" * 64, "é"):
        assert bot.send(alert, wrong) == 401
    assert bot.send(json.dumps(bodies.COMMENT).encode()) == 202  # nothing to triage: nothing is posted
    assert bot.send(alert) == 202
    assert bot.send(alert) == 202  # the same once more: somebody recorded it
    metric = bodies.metric_alert(f"{sentry_today}/organizations/acme/issues/?project=geo")
    assert bot.send(json.dumps(metric).encode()) == 202
    first, second = bot.message(), bot.message()
    assert first.startswith("## P0 Critical: SHOP-1Z ") and TOKEN not in first and SECRET not in first
    assert "GEO-42" in second
    assert bot.posted.empty()


@pytest.mark.matrix  # processes of a program that other tests run in this one
def test_what_fails_is_told_to_the_chat_and_the_bot_goes_on(bot: Bot, sentry_today: str) -> None:
    assert bot.send(b"{") == 202
    assert bot.send(json.dumps(bodies.issue("https://evil.example.com", "acme", "1")).encode()) == 202
    assert bot.send(json.dumps(bodies.issue(sentry_today, "acme", "404404")).encode()) == 202
    assert bot.send(json.dumps(bodies.issue(sentry_today, "acme", SHOP)).encode()) == 202
    for reason in ("is no JSON", "another host", "404404"):
        said = bot.message()
        assert said.startswith("An alert of Sentry could not be triaged. sentry-runbook: ") and reason in said
        assert "Traceback" not in said and "evil" not in said
    assert "SHOP-1Z" in bot.message()


def test_a_request_without_length_or_with_too_many_bytes_is_refused(bot: Bot) -> None:
    assert bot.send(b"x" * 1_000_001) == 413
    sent = httpx.post(bot.url, content=iter([b"{}"]), timeout=SECONDS)  # in chunks
    assert sent.status_code == 413


@pytest.mark.matrix  # processes of a program that other tests run in this one
def test_nothing_in_a_webhook_becomes_a_command(bot: Bot, sentry_today: str, place: Path) -> None:
    body = bodies.issue(sentry_today, "acme", "$(touch gone); touch gone #")
    body["action"] = "`touch gone`"
    assert bot.send(json.dumps(body).encode()) == 202
    bot.message()
    assert not (place / "gone").exists()


def test_the_bot_does_not_start_with_an_empty_secret(shell: dict[str, str]) -> None:
    (script,) = blocks("chat-bot.md", "python")
    env = {**shell, "SENTRY_RUNBOOK_WEBHOOK_SECRET": " ", "CHAT_WEBHOOK_URL": "http://127.0.0.1:9/"}
    run = subprocess.run([sys.executable, "-c", script], check=False, env=env, capture_output=True, text=True)
    assert run.returncode == 1 and "SENTRY_RUNBOOK_WEBHOOK_SECRET is empty" in run.stderr


def test_the_first_try_prints_the_triage_and_ends_with_10(shell: dict[str, str]) -> None:
    first = blocks("chat-bot.md", "bash")[0]
    run = bash(first, shell)
    assert run.returncode == 10 and run.stdout.startswith("## P0 Critical: SHOP-1Z ")


def test_the_webhook_that_openssl_signs_is_taken(bot: Bot) -> None:
    send = blocks("chat-bot.md", "bash")[1]
    run = bash(send, {**bot.env, "RECEIVER": bot.url, "ISSUE_NUMBER": SHOP})
    assert (run.returncode, run.stderr) == (0, "")
    assert "SHOP-1Z" in bot.message()
    refused = bash(send, {**bot.env, "RECEIVER": bot.url, "ISSUE_NUMBER": SHOP, "SENTRY_RUNBOOK_WEBHOOK_SECRET": "x"})
    assert refused.returncode != 0 and "401" in refused.stderr


# --- CI


def hold(shell: dict[str, str], place: Path, url: str, project: str) -> subprocess.CompletedProcess[str]:
    """The script of the recipe, without its waits."""
    (script,) = blocks("ci.md", "bash")
    (place / "hold-rollout.sh").write_text(script, encoding="utf-8")
    asked = {"SENTRY_URL": url, "SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_ORG": "acme", "SENTRY_PROJECT": project}
    env = {**shell, **asked, "WAIT_SECONDS": "0", "GITHUB_STEP_SUMMARY": str(place / "summary.md")}
    run = bash("cd ~; bash hold-rollout.sh", env)
    assert TOKEN not in run.stdout + run.stderr
    summary = next(step for step in steps() if "GITHUB_STEP_SUMMARY" in step)
    assert bash(f"cd ~; {summary}", env).returncode == 0
    return run


def steps() -> list[str]:
    """What the workflow for GitHub runs, one text a step."""
    github = blocks("ci.md", "yaml")[0]
    found = re.findall(r"^ *(?:- )?run: (?:\|\n((?: {10}.*\n)+)|([^|\n].*)$)", github, re.MULTILINE)
    return [textwrap.dedent(several) or one for several, one in found]


def test_a_rollout_goes_on_while_nothing_burns(shell: dict[str, str], place: Path) -> None:
    today = World(QUIET, ManualClock(datetime.now(UTC)))
    with served(create_app(today, token=TOKEN)) as url:
        run = hold(shell, place, url, "payments")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines() == [f"look {look}: the rollout may go on" for look in (1, 2, 3)]
    assert "Nothing new" in (place / "summary.md").read_text(encoding="utf-8")


def test_a_rollout_stops_at_an_incident(shell: dict[str, str], place: Path, sentry_today: str) -> None:
    run = hold(shell, place, sentry_today, "shop")
    assert run.returncode == 10 and "SHOP-1Z" in run.stdout
    assert "SHOP-1Z" in (place / "summary.md").read_text(encoding="utf-8")


@pytest.mark.matrix  # processes of a program that other tests run in this one
def test_a_rollout_stops_where_it_is_not_known(shell: dict[str, str], place: Path) -> None:
    async def down(request: Request) -> JSONResponse:
        return JSONResponse({"detail": "no"}, 403)

    with served(Starlette(routes=[Route("/{path:path}", down)])) as url:
        run = hold(shell, place, url, "shop")
    assert run.returncode == 1 and "look 1: not known (exit code 1), so a person decides" in run.stderr
    assert not (place / "summary.md").exists()
    assert hold(shell, place, "not a url", "shop").returncode == 2


def test_every_step_is_a_script_that_bash_can_read() -> None:
    assert len(steps()) == 5
    for step in steps():
        assert subprocess.run([BASH, "-n", "-c", step], check=False).returncode == 0
    assert "bash hold-rollout.sh" in steps()
    gitlab = blocks("ci.md", "yaml")[1]
    assert "    - bash hold-rollout.sh\n" in gitlab and "exit_codes: [12]" in gitlab


@pytest.mark.parametrize("name", ["chat-bot.md", "ci.md"])
def test_every_call_in_the_text_is_one_that_the_command_line_takes(name: str) -> None:
    text = (RECIPES / name).read_text(encoding="utf-8")
    calls = re.findall(r"`sentry-runbook ([^`\n]+)`", text)
    assert calls
    for call in calls:
        parse(shlex.split(call))


def test_the_table_of_codes_is_that_of_the_command() -> None:
    worse = ", ".join(str(CODES[level]) for level in ("P2", "P1", "P0"))
    text = (RECIPES / "ci.md").read_text(encoding="utf-8")
    assert f"| {worse} | the worst incident is P2, P1, P0 |" in text
    assert f"| {CODES['P3']} | the worst incident is P3 |" in text
    told = ", ".join(f"{code} {level}" for level, code in CODES.items())
    assert f"({told})" in (RECIPES / "chat-bot.md").read_text(encoding="utf-8")
