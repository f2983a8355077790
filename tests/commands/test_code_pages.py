"""Output on old code pages and in pipes: no traceback, no lost sign, no structure, no colours; for every command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentry_runbook.commands import COMMANDS
from sentry_runbook.render.plain_signs import PLAIN, plain
from sentry_runbook.safety.neutralize import neutralized
from sentry_runbook.safety.sanitizer import Sanitizer
from tests.commands.support import PROGRAM, Commands, environment, process
from tests.safety.attacks import attacks, made

CODE_PAGES = ("ascii", "cp437", "cp1252", "latin-1")
RUNS: dict[str, tuple[int, list[str]]] = {
    "policy": (0, ["policy"]),
    "policy as JSON": (0, ["policy", "--json"]),
    "audit": (1, ["audit", "verify", "audit.jsonl"]),
    "audit as JSON": (1, ["audit", "verify", "audit.jsonl", "--json"]),
    "lint": (1, ["lint", "p–m.md"]),
    "lint as JSON": (1, ["lint", "p–m.md", "--json"]),
    "demo list": (0, ["demo", "--list"]),
    "demo": (0, ["demo", "--pause", "0"]),
    "doctor": (0, ["doctor", "--demo"]),
    "doctor as JSON": (0, ["doctor", "--demo", "--json"]),
    "situation": (0, ["situation", "--demo"]),
    "situation as JSON": (0, ["situation", "--demo", "--json"]),
    "review-alerts": (0, ["review-alerts", "--demo"]),
    "review-alerts as JSON": (0, ["review-alerts", "--demo", "--json"]),
    "triage as JSON": (0, ["triage", "IMPORT-2D", "--demo", "--json"]),
    "triage": (0, ["triage", "SHOP-1Z", "--demo"]),
    "update": (0, ["update", "SHOP-1Z", "--demo", "--format", "slack"]),
    "update as JSON": (0, ["update", "SHOP-1Z", "--demo", "--json"]),
    "postmortem": (0, ["postmortem", "SHOP-1Z", "--demo"]),
    "postmortem as JSON": (0, ["postmortem", "SHOP-1Z", "--demo", "--json"]),
    "completion": (0, ["completion", "zsh"]),
    "refusal": (2, ["trïage – “x”"]),
    "refusal as JSON": (2, ["lint", "✗ – “x”.md", "--json"]),
}
QUICK = {"lint": "cp437", "lint as JSON": "cp1252", "refusal as JSON": "ascii", "audit": "latin-1"}
"""Runs of the quick suite, each with the code page that it has there; all of them together take minutes."""
EACH = [
    (name, page) if QUICK.get(name) == page else pytest.param(name, page, marks=pytest.mark.matrix)
    for name in RUNS
    for page in CODE_PAGES
]
ESCAPE = "\x1b"


@pytest.fixture
def files(place: Path) -> Path:
    """What the runs read."""
    (place / "p–m.md").write_text("# Titel – “x”\n\nBöb broke it → now ✓.\n", encoding="utf-8")
    (place / "audit.jsonl").write_text("no – line\n", encoding="utf-8")
    return place


def run(argv: list[str], **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *argv], capture_output=True, env=environment(**env), check=False)


def test_each_command_that_prints_and_ends_is_among_the_runs() -> None:
    assert {argv[0] for _, argv in RUNS.values()} >= set(COMMANDS) - {"serve", "simulate", "init"}


@pytest.mark.parametrize(("name", "code_page"), EACH)
@pytest.mark.usefixtures("files")
def test_no_code_page_ends_a_command_or_takes_a_sign_of_ours(name: str, code_page: str) -> None:
    code, argv = RUNS[name]
    said, as_utf = run(argv, PYTHONIOENCODING=code_page), run(argv, PYTHONIOENCODING="utf-8")
    assert said.returncode == as_utf.returncode == code
    assert b"Traceback" not in said.stderr
    shown = (said.stdout + said.stderr).decode(code_page)
    meant = (as_utf.stdout + as_utf.stderr).decode("utf-8")
    if "--json" not in argv:
        lost = sum(char not in PLAIN and plain(char) == "?" for char in meant)
        assert shown.count("?") <= meant.count("?") + lost, "a sign of ours became a question mark"
    if "✗ " in meant:
        assert "✗" not in shown and re.search(r"(?m)^x |marked x", shown)


@pytest.mark.parametrize(("name", "code_page"), [each for each in EACH if "JSON" in str(each)])
@pytest.mark.usefixtures("files")
def test_json_is_the_same_on_every_code_page(name: str, code_page: str) -> None:
    code, argv = RUNS[name]
    said = run(argv, PYTHONIOENCODING=code_page)
    stream = said.stdout if code != 2 else said.stderr
    assert (code == 2) is (said.stdout == b""), "an answer is on standard output, a refusal on standard error"
    found = json.loads(stream.decode(code_page))
    if name == "triage as JSON":
        assert any("12,90 €" in text for text in texts_of(found)), "no value is changed"
    if name == "lint as JSON":
        assert found["file"] == "p–m.md"
    if name == "refusal as JSON":
        assert "✗ – “x”" in found["error"]


def texts_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value


def test_what_was_made_inert_stays_so_in_ascii() -> None:
    texts = [text for attack in attacks() if isinstance(text := made(attack.recipe), str) and len(text) < 5_000]
    assert len(texts) > 300
    for text in texts:
        for inert in (Sanitizer().line(text, 1_000), Sanitizer().block(text, 1_000)):
            # Our own masks stand in angle brackets, which strangers cannot write.
            shown = plain(inert).replace("<", "(").replace(">", ")")
            assert neutralized(shown) == shown, inert
    for text in ("＠here", "‹!channel›", "♯12", "‵code‵", "a ¦ b", "ｈｔｔｐｓ", "∗bold∗", "＿x＿", "‐ item", "═cmd"):
        assert "?" in plain(text), text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("✓ all – is “well”…", 'ok all - is "well"...'),
        ("  → Set X", "  -> Set X"),
        ("▁▃▅█", "1358"),
        ("José · Zoë", "Jose - Zoe"),
        ("– note\n— x\n———\n-–", ". note\n. x\n...\n-."),
        ("@✗ai ]○ #—", "@ xai ] ( ) # -"),
        ("日本", "??"),
    ],
)
def test_signs_have_a_plain_form_that_makes_no_structure(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("code_page", ["ascii", "cp1252"])
def test_a_text_on_standard_input_is_utf_8_like_a_file(code_page: str) -> None:
    text = "\ufeff# Incident – “x”\r\n\r\nBöb broke it.\r\n".encode()
    said = subprocess.run(
        [*PROGRAM, "lint", "-", "--json"],
        input=text,
        capture_output=True,
        env=environment(PYTHONIOENCODING=code_page),
        check=False,
    )
    Path("p.md").write_bytes(text)
    from_file = run(["lint", "p.md", "--json"])
    assert said.returncode == from_file.returncode == 1
    assert json.loads(said.stdout)["findings"] == json.loads(from_file.stdout)["findings"] != []
    refused = subprocess.run(
        [*PROGRAM, "lint", "-"], input=b"\xff\xfe", capture_output=True, env=environment(), check=False
    )
    assert refused.returncode == 2 and b"not UTF-8" in refused.stderr


# --- colours


@pytest.mark.parametrize("name", ["demo", "doctor", "review-alerts", "situation", "triage"])
@pytest.mark.matrix
def test_there_is_no_escape_in_a_pipe_but_with_force_color(name: str) -> None:
    _, argv = RUNS[name]
    forced = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert ESCAPE not in run(argv, TERM="xterm-256color").stdout.decode()
    assert ESCAPE in run(argv, **forced).stdout.decode()
    assert ESCAPE not in run(argv, **forced, NO_COLOR="1").stdout.decode()
    assert ESCAPE not in run(argv, FORCE_COLOR="1", TERM="dumb").stdout.decode()


COLOURS = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3|4|9|10)[0-9]")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    ids=["plain", "no colour", "empty", "dumb"],
)
def test_a_terminal_has_colours_unless_it_or_its_user_wants_none(env: dict[str, str], coloured: bool) -> None:
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execve(PROGRAM[0], [*PROGRAM, "doctor"], environment(**{"TERM": "xterm-256color", **env}))  # noqa: S606  # our own program
    seen = b""
    try:
        while piece := os.read(terminal, 4096):
            seen += piece
    except OSError:  # Linux says so at the end of a terminal
        pass
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    assert b"SENTRY_AUTH_TOKEN" in seen
    assert bool(COLOURS.search(seen.decode())) is coloured


# --- pipes


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.matrix) for name in RUNS]
)
@pytest.mark.usefixtures("files")
def test_a_reader_who_leaves_is_no_error_of_any_command(name: str) -> None:
    code, argv = RUNS[name]
    with process(*argv) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        ended = running.wait(60)
        said = running.stderr.read()
    assert "Traceback" not in said and "Exception ignored" not in said
    assert ended in (0, code)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("argv", [["policy"], ["lint", "p–m.md", "--json"], ["doctor"]], ids=" ".join)
@pytest.mark.usefixtures("files")
def test_a_full_disk_is_a_sentence(argv: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            [*PROGRAM, *argv], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False
        )
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1 and "cannot be written: No space left on device." in said.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_traceback(closed: str) -> None:
    line = f'"$0" -m sentry_runbook policy {closed}'
    said = subprocess.run(
        ["/bin/sh", "-c", line, PROGRAM[0]], capture_output=True, text=True, env=environment(), check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert ("[severity" in said.stdout) is (closed == "2>&-")


def test_a_refusal_is_one_json_object_on_stderr_where_json_was_asked_for(command: Commands) -> None:
    for argv in (
        ["triage", "--json"],
        ["doctor", "--json", "--nonsense"],
        ["lint", "no.md", "--json"],
        ["tri", "--json"],
    ):
        said = command(*argv)
        assert (said.code, said.out) == (2, "")
        found = json.loads(said.err)
        assert found["exit_code"] == 2 and found["error"] and len(said.err.splitlines()) == 1
