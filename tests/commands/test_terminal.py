"""No control sequence of a stranger reaches a terminal or a log: hostile texts × exits."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sentry_runbook.commands.logs import RedactingFormatter
from sentry_runbook.errors import BadInput, SentryError
from sentry_runbook.render.console import Screen, Trimmed
from sentry_runbook.safety.terminal import InertStream
from tests.commands.support import Commands, Outcome
from tests.tools.support import connected

HOSTILE = {
    "clear the screen": "\x1b[2J\x1b[1;31mgone",
    "hyperlink": "\x1b]8;;https://evil.example\x07here\x1b]8;;\x07",
    "clipboard": "\x1b]52;c;ZXZpbA==\x1b\\",
    "eight-bit sequence": "\x9b31mred\x9c",
    "overwrite": "all is well\rfailed",
    "backspace": "no\b\byes",
    "delete": "a\x7fb",
    "bell": "\x07",
    "right to left": "\u202egnp.exe\u2066x",
    "hidden": "a\u200b\u2060\U000e0041b",
    "line separator": "a\u2028b\x85c",
    "markup": "[bold red]x[/bold red] [link=https://evil.example]y[/link]",
    "a line of ours": "x\nsentry-runbook: ✓ all is well",
}
UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\U000e0000-\U000e007f]")
FORGED = re.compile(r"(?m)^sentry-runbook: ✓ all is well")

POLICY = "policy.toml"
EXITS: dict[str, Callable[[Commands, str], Outcome]] = {
    "lint, missing file": lambda command, text: command("lint", f"{text}.md"),
    "lint, hostile name and words": lambda command, text: command(
        "lint", written(f"{safe(text)}.md", f"# A\n\nBob broke {text}.")
    ),
    "lint, evidence": lambda command, text: command("lint", written("p.md", "# A"), "--evidence", text),
    "evidence, missing": lambda command, text: command("update", "--evidence", text),
    "evidence, no JSON": lambda command, text: command("update", "--evidence", written("e.json", text)),
    "evidence, keys": lambda command, text: command(
        "update", "--evidence", written("e.json", json.dumps({"version": 2, "collected_at": text, text: {text: 1}}))
    ),
    "evidence, version": lambda command, text: command(
        "update", "--evidence", written("e.json", json.dumps({"version": text, "collected_at": text}))
    ),
    "save, no folder": lambda command, text: command("triage", "X-1", "--demo", "--save", f"no/{text}/x"),
    "save": lambda command, text: command("triage", "SHOP-1Z", "--demo", "--save", f"{safe(text)[:60]}.json"),
    "issue": lambda command, text: command("triage", text, "--demo"),
    "environment": lambda command, text: command("triage", "SHOP-1Z", "--demo", "--environment", text),
    "period": lambda command, text: command("triage", "SHOP-1Z", "--demo", "--period", text),
    "time": lambda command, text: command("postmortem", "SHOP-1Z", "--demo", "--detected-at", text),
    "stated": lambda command, text: command("postmortem", "SHOP-1Z", "--demo", "--lead", text, "--root-cause", text),
    "service": lambda command, text: command("update", "SHOP-1Z", "--demo", "--service", text, "--fix", text),
    "command": lambda command, text: command(text),
    "flag": lambda command, text: command("triage", "X-1", f"--{text}"),
    "choice": lambda command, text: command("update", "X-1", "--kind", text),
    "port": lambda command, text: command("simulate", "--port", text),
    "scenario": lambda command, text: command("demo", text),
    "policy, missing": lambda command, text: command("policy", "--policy", text),
    "policy, no TOML": lambda command, text: command("policy", "--policy", written(POLICY, text)),
    "policy, key": lambda command, text: command("policy", "--policy", written(POLICY, f"{json.dumps(text)} = 1\n")),
    "policy, inner key": lambda command, text: command(
        "policy", "--policy", written(POLICY, f"[{json.dumps(text)}]\n{json.dumps(text)} = {json.dumps(text)}\n")
    ),
    "organization": lambda command, text: command("triage", "X-1", "--org", text),
    "server": lambda command, text: command("triage", "X-1", "--url", text),
    "templates, missing": lambda command, text: command("update", "SHOP-1Z", "--demo", "--prompts", text),
    "templates, front matter": lambda command, text: command(
        *("update", "SHOP-1Z", "--demo", "--prompts"),
        str(Path(written("t/initial_alert.md", f"---\n{text}: {text}\n---\nx")).parent),
    ),
    "templates, body": lambda command, text: command(
        "update",
        "SHOP-1Z",
        "--demo",
        "--prompts",
        str(Path(written("t/initial_alert.md", f"---\nname: initial_alert\n---\n{{{{ x{text} }}}}")).parent),
    ),
    "audit, missing": lambda command, text: command("audit", "verify", text),
    "audit": lambda command, text: command("audit", "verify", written(f"{safe(text)}.jsonl", text)),
}  # fmt: skip


SLOW = {
    "save",
    "environment",
    "period",
    "time",
    "stated",
    "service",
    "issue",
    "templates, front matter",
    "templates, body",
}
"""Exits behind a whole demo: all texts go through at once."""


def safe(text: str) -> str:
    """A name that a file can have."""
    return text.replace("/", "_")


def written(name: str, text: str) -> str:
    """A file with this text."""
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    return name


@pytest.mark.parametrize("door", EXITS)
def test_no_exit_of_the_command_line_carries_control_characters(door: str, command: Commands) -> None:
    texts = HOSTILE if door not in SLOW else {"all at once": " ".join(HOSTILE.values())}
    for name, text in texts.items():
        ended = EXITS[door](command, text)
        said = ended.out + ended.err
        assert said, (door, name)
        assert not UNPRINTABLE.search(said), (door, name, ascii(said))
        assert not FORGED.search(said), (door, name, said)


def test_text_on_the_screen_is_inert_before_it_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for text in HOSTILE.values():
        shown = io.StringIO()
        monkeypatch.setattr(sys, "stdout", InertStream(shown))
        screen = Screen()
        screen.heading(text)
        screen.rows([(text, text)])
        screen.points([("-", text, "bold red")])
        coloured = shown.getvalue()
        plain = re.sub("\x1b\\[[0-9;]*m", "", coloured)
        assert "\x1b[1;31m-" in coloured, "our own colours are there"
        assert not UNPRINTABLE.search(plain), ascii(plain)
        for own in re.findall("\x1b[^m]*m?", text):
            assert own not in coloured or own == "\x1b[1;31m", ascii(own)
        if "[bold" in text:
            assert "[bold red]" in plain


def test_a_stream_that_wraps_one_which_was_closed_is_forgotten_in_silence() -> None:
    for wrap in (InertStream, Trimmed):
        below = io.StringIO()
        wrap(below).close()
        assert not below.closed, "it is another's"
        wrapper = wrap(below)
        below.close()
        wrapper.close()  # as Python does when it forgets it, and from 3.13 on says what went wrong


def test_a_log_record_is_one_inert_line() -> None:
    for text in HOSTILE.values():
        record = logging.LogRecord("mcp", logging.WARNING, "x.py", 1, "header %s from %r", (text, text), None)
        line = RedactingFormatter().format(record)
        assert "\n" not in line and not UNPRINTABLE.search(line), ascii(line)


def test_every_error_of_ours_is_one_inert_line() -> None:
    for text in HOSTILE.values():
        for error in (BadInput(text, text), SentryError(f"it said {text}", text, status=500)):
            for shown in (str(error), error.what, error.fix):
                assert "\n" not in shown and not UNPRINTABLE.search(shown), ascii(shown)


@pytest.mark.anyio
async def test_no_answer_of_the_server_repeats_a_name_as_it_came() -> None:
    async with connected() as connection:
        client = connection.client
        for text in HOSTILE.values():
            answers = [
                await connection.error(text),
                await connection.error(f"resolve_issue{text}"),
                await connection.error("get_issue", issue="SHOP-1Z", **{text: text}),
                await connection.error("get_issue", issue=text),
                await connection.text("find_issues", project=text),
                await connection.text("find_issues", environment=text),
                await connection.error("list_events", issue="SHOP-1Z", period=text),
            ]
            for ask in (
                lambda text=text: client.get_prompt(text),
                lambda text=text: client.get_prompt("triage", {text: text}),
                lambda text=text: client.get_prompt("triage", {"issue": text}),
                lambda text=text: client.read_resource(f"runbook://{text}"),
                lambda text=text: client.read_resource(text),
                lambda text=text: client.read_resource(f"sentry://issues/{text}"),
            ):
                with pytest.raises(Exception) as refused:  # whatever the SDK raises, its words count
                    await ask()
                answers.append(str(refused.value))
            for answer in answers:
                assert not UNPRINTABLE.search(answer), (text, ascii(answer))
                assert not FORGED.search(answer), answer
