"""Serving: nothing but the protocol on stdout, a clean end, and little that is imported before it is needed."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys

import httpx
import pytest

from sentry_runbook.commands.logs import RedactingFormatter
from tests.commands.support import HELLO, READY, Commands, environment, line_of, lines_json, process, request

TERM, INT = (signal.SIGTERM, 143), (signal.SIGINT, 130)


def test_stdout_holds_json_lines_only_and_the_end_of_stdin_is_a_clean_end() -> None:
    with process("serve", "--demo") as serving:
        call = request(2, "tools/call", name="triage_issue", arguments={"issue": "SHOP-1Z"})
        wrong = request(3, "tools/call", name="triage_issue", arguments={"issue": "no issue at all"})
        assert serving.stdin is not None
        assert serving.stdout is not None
        serving.stdin.write(HELLO + READY + call + wrong)
        serving.stdin.flush()
        lines = [serving.stdout.readline() for _ in range(3)]
        rest, err = serving.communicate(timeout=10)
    answers = {one["id"]: one["result"] for one in lines_json(lines)}
    assert answers[2]["structuredContent"]["severity"]["severity"] == "P0"
    assert answers[3]["isError"] is True
    assert (serving.returncode, rest, err) == (0, "", "")


@pytest.mark.parametrize(("signum", "code"), [pytest.param(*TERM, marks=pytest.mark.matrix), INT])
def test_a_signal_ends_stdio_at_once_while_stdin_stays_open(signum: signal.Signals, code: int) -> None:
    with process("serve", "--demo") as serving:
        assert serving.stdin is not None
        assert serving.stdout is not None
        serving.stdin.write(HELLO)
        serving.stdin.flush()
        serving.stdout.readline()
        serving.send_signal(signum)
        assert serving.wait(5) == code
        assert serving.stderr is not None
        assert serving.stderr.read() == ""


@pytest.mark.parametrize(("signum", "code"), [TERM, pytest.param(*INT, marks=pytest.mark.matrix)])
def test_a_signal_ends_http(signum: signal.Signals, code: int) -> None:
    with process("serve", "--demo", "--transport", "http", "--port", "0") as serving:
        line_of(serving.stderr, "sentry-runbook: MCP at ")
        serving.send_signal(signum)
        assert serving.wait(5) == code


def test_health_is_open_and_the_rest_needs_the_secret() -> None:
    env = environment(SENTRY_RUNBOOK_HTTP_TOKEN="0123456789abcdef")
    with process("serve", "--demo", "--transport", "http", "--port", "0", env=env) as serving:
        url = line_of(serving.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")
        assert httpx.get(url.removesuffix("/mcp") + "/health").json()["status"] == "ok"
        assert httpx.post(url, content=HELLO).status_code == 401
        headers = {
            "Authorization": "Bearer 0123456789abcdef",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
        }
        assert httpx.post(url, content=HELLO, headers=headers).status_code == 200
        assert httpx.post(url, content=HELLO, headers={**headers, "Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("blank", ["", " "])
def test_an_address_of_the_network_needs_a_secret(
    blank: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_RUNBOOK_HTTP_TOKEN", blank)
    said = command("serve", "--demo", "--transport", "http", "--host", "0.0.0.0", "--port", "0")
    assert said.code == 2
    assert "SENTRY_RUNBOOK_HTTP_TOKEN" in said.err
    assert "MCP at" not in said.err


@pytest.mark.parametrize("secret", ["${HTTP_TOKEN}", pytest.param("two words", marks=pytest.mark.matrix)])
def test_a_placeholder_or_an_invalid_secret_opens_no_network_and_is_not_shown(secret: str) -> None:
    env = environment(SENTRY_RUNBOOK_HTTP_TOKEN=secret)
    with process("serve", "--demo", "--transport", "http", "--host", "0.0.0.0", "--port", "0", env=env) as serving:
        said = line_of(serving.stderr, "sentry-runbook: ")
        assert "SENTRY_RUNBOOK_HTTP_TOKEN" in said
        assert secret not in said
        assert serving.wait(5) == 2


@pytest.mark.matrix
def test_over_stdio_the_secret_of_http_has_no_effect() -> None:
    with process("serve", "--demo", env=environment(SENTRY_RUNBOOK_HTTP_TOKEN="0123456789abcdef")) as serving:
        out, err = serving.communicate(HELLO, timeout=10)
    assert (serving.returncode, len(lines_json(out.splitlines())), err) == (0, 1, "")


@pytest.mark.matrix
def test_read_only_offers_no_tool_that_writes() -> None:
    with process("--demo", "--read-only") as serving:
        assert serving.stdin is not None
        assert serving.stdout is not None
        serving.stdin.write(HELLO + READY + request(2, "tools/list"))
        serving.stdin.flush()
        listed = lines_json([serving.stdout.readline() for _ in range(2)])[1]
    names = {tool["name"] for tool in listed["result"]["tools"]}
    assert "triage_issue" in names
    assert not names & {"resolve_issue", "add_note"}


def test_nothing_is_imported_that_serving_over_stdio_does_not_need() -> None:
    code = (
        "import sys; from sentry_runbook import cli; sys.stdin.close(); sys.stdin = open('/dev/null')\n"
        "try: cli.main([])\n"
        "except SystemExit: pass\n"
        "heavy = ('rich', 'jinja2', 'httpx', 'sentry_runbook.simulator', 'sentry_runbook.sentry.client')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    assert said.stderr.strip() == "[]"


def test_a_log_line_of_a_crash_holds_places_and_kinds_but_no_text() -> None:
    def crash() -> None:
        try:
            int("event text with a token")
        except ValueError as exc:
            raise RuntimeError("more event text") from exc

    with pytest.raises(RuntimeError) as crashed:
        crash()
    error = crashed.value
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("mcp", logging.ERROR, __file__, 1, "Tool %r raised", ("get_issue",), info)
    said = RedactingFormatter().format(record)
    assert "event text" not in said
    for text in ("Tool 'get_issue' raised", "RuntimeError", "ValueError", "test_serve.py"):
        assert text in said
