"""``triage --webhook``: a webhook in, the triage or the situation out, with nobody there to be asked."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests import webhook_bodies as bodies
from tests.commands.support import PROGRAM, TOKEN, Commands, Outcome, environment, process, served

SECRET = "Jefe"
RFC_4231 = b"what do ya want for nothing?"
RFC_4231_HMAC = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
"""Test case 2 of RFC 4231, with its digest: the key is "Jefe"."""
NOTE = "sentry-runbook: the webhook's signature was not checked: SENTRY_RUNBOOK_WEBHOOK_SECRET is not set\n"
SHOP = "2886478854"
"""The number of SHOP-1Z."""
Give = Callable[..., Outcome]


@pytest.fixture
def give(command: Commands, place: Path, monkeypatch: pytest.MonkeyPatch) -> Give:
    """Runs ``triage --webhook -`` with a body on standard input."""

    def run(body: dict[str, Any] | bytes, *flags: str) -> Outcome:
        path = place / "body"
        path.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
        with path.open() as stream:
            monkeypatch.setattr(sys, "stdin", stream)
            return command("triage", "--webhook", "-", *flags)

    return run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A Sentry that knows nothing, to which the environment points; the paths that it was asked for."""
    paths: list[str] = []

    async def nothing(request: Request) -> JSONResponse:
        paths.append(request.url.path)
        return JSONResponse({"detail": "nothing"}, 404)

    with served(Starlette(routes=[Route("/{path:path}", nothing)])) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", TOKEN)
        monkeypatch.setenv("SENTRY_ORG", "acme")
        yield paths


# --- what it is about


@pytest.mark.parametrize("body", bodies.OF_AN_ISSUE)
def test_a_webhook_of_an_issue_is_triaged_as_the_issue_is(
    body: Callable[[str, str, str], dict[str, Any]], sentry: str, give: Give, command: Commands
) -> None:
    said = give(body(sentry, "acme", SHOP), "--json")
    assert (said.code, said.err) == (0, NOTE)
    assert json.loads(said.out) == json.loads(command("triage", "SHOP-1Z", "--json").out)


def test_a_file_may_hold_it(sentry: str, command: Commands, place: Path) -> None:
    (place / "payload.json").write_text(json.dumps(bodies.issue(sentry, "acme", SHOP)), encoding="utf-8")
    said = command("triage", "--webhook", "payload.json")
    assert said.code == 0 and said.out.startswith(" P0 CRITICAL  SHOP-1Z\n")


def test_the_link_names_the_organization_where_the_settings_do_not(
    sentry: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SENTRY_ORG")
    assert json.loads(give(bodies.event_alert(sentry, "acme", SHOP), "--json").out)["issue"]["short_id"] == "SHOP-1Z"


def test_an_event_that_sentry_does_not_find_yet_costs_nothing_of_the_triage(sentry: str, give: Give) -> None:
    body = bodies.event_alert(sentry, "acme", SHOP)
    assert "/events/" in body["data"]["event"]["web_url"]
    said = json.loads(give(body, "--json").out)
    assert said["suspect_commits"] and "event" not in [entry["what"] for entry in said["missing"]]


def alert_link(sentry: str, name: str) -> str:
    """The link of an alert of today, by the number that this Sentry gives it."""
    asked = httpx.get(
        f"{sentry}/api/0/organizations/acme/workflows/", headers={"Authorization": f"Bearer {TOKEN}"}
    ).json()
    (number,) = (row["id"] for row in asked if row["name"] == name)
    return f"{sentry}/organizations/acme/monitors/alerts/{number}/"


def test_a_metric_alert_is_answered_with_the_situation_of_the_alert(sentry: str, give: Give, command: Commands) -> None:
    link = alert_link(sentry, "Payment errors above 20 a minute")
    said = give(bodies.metric_alert(link), "--json", "--exit-code")
    assert (said.code, said.err) == (10, NOTE)
    found = json.loads(said.out)
    assert "Payment errors above 20 a minute" in found["alert"]["what"]
    assert found == json.loads(command("situation", "--alert", link, "--json").out)


def test_flags_of_an_issue_that_an_alert_has_no_use_for_are_named(sentry: str, give: Give, place: Path) -> None:
    said = give(bodies.metric_alert(f"{sentry}/organizations/acme/issues/"), "--save", "kept.json", "--no-workaround")
    assert said.code == 0
    assert "the webhook is of an alert: this is the situation; not used: --save, --workaround\n" in said.err
    assert not (place / "kept.json").exists()


def test_several_issues_at_once_are_answered_with_the_situation(sentry: str, give: Give, command: Commands) -> None:
    body = bodies.glitchtip(f"{sentry}/acme/issues/{SHOP}/")
    body["attachments"] += bodies.glitchtip(f"{sentry}/acme/issues/42/")["attachments"]
    said = give(body, "--json")
    assert (said.code, json.loads(said.out)) == (0, json.loads(command("situation", "--json").out))
    assert f"the webhook is of several issues ({SHOP}, 42): this is the situation\n" in said.err


@pytest.mark.parametrize("body", bodies.OF_NOTHING.values(), ids=bodies.OF_NOTHING)
def test_nothing_to_triage_is_a_sentence_and_nothing_that_a_chat_would_be_sent(
    body: dict[str, Any], asked: list[str], give: Give
) -> None:
    for flags in ((), ("--format", "markdown"), ("--exit-code",)):
        said = give(body, *flags)
        assert (said.code, said.out) == (0, "")
        assert said.err.startswith(f"{NOTE}sentry-runbook: nothing to triage: ") and said.err.count("\n") == 2
    said = give(body, "--json", "--exit-code")
    assert said.code == 0 and list(json.loads(said.out)) == ["nothing_to_triage"]
    assert asked == []


def test_a_webhook_of_another_host_is_refused_before_anything_is_asked(asked: list[str], give: Give) -> None:
    for body in bodies.OF_AN_ISSUE:
        said = give(body("https://evil.example.com", "acme", SHOP))
        assert (said.code, said.out) == (2, "")
        assert "another host than the configured Sentry" in said.err and "evil" not in said.err
    assert asked == []


@pytest.mark.usefixtures("sentry")
def test_what_sentry_cannot_answer_ends_with_1_and_one_sentence(asked: list[str], give: Give) -> None:
    said = give(bodies.event_alert(os.environ["SENTRY_URL"], "acme", SHOP), "--exit-code")
    assert (said.code, said.out) == (1, "")
    assert asked and said.err.count("\n") == 3  # the note, the sentence, what to do


# --- the form of the answer, and the exit code


@pytest.mark.usefixtures("sentry")
@pytest.mark.parametrize(("issue", "code"), [("SHOP-1Z", 10), ("WEB-7K", 11), ("GEO-42", 12), ("ADMIN-5S", 13)])
def test_the_exit_code_tells_the_severity_when_it_is_asked_for(issue: str, code: int, command: Commands) -> None:
    said = command("triage", issue, "--exit-code", "--json")
    assert said.code == code and json.loads(said.out)["severity"]["severity"] == f"P{code - 10}"
    assert command("triage", issue).code == 0


@pytest.mark.usefixtures("sentry")
def test_the_form_of_the_answer_changes_no_fact(command: Commands) -> None:
    as_json = command("triage", "SHOP-1Z", "--format", "json")
    assert as_json == command("triage", "SHOP-1Z", "--json")
    markdown, text = command("triage", "SHOP-1Z", "--format", "markdown"), command("triage", "SHOP-1Z")
    assert command("triage", "SHOP-1Z", "--format", "text") == text
    assert markdown.out.startswith("## P0 Critical: SHOP-1Z ") and text.out.startswith(" P0 CRITICAL  SHOP-1Z\n")
    for one in (as_json, markdown, text):
        assert one.code == 0 and "187" in one.out and "\x1b" not in one.out
    assert command("triage", "SHOP-1Z", "--json", "--format", "markdown").code == 2


@pytest.mark.usefixtures("sentry")
def test_the_situation_takes_the_same_flags(command: Commands) -> None:
    said = command("situation", "--format", "markdown", "--exit-code")
    assert said.code == 10 and said.out.startswith("## ")
    assert command("situation", "--project", "geo", "--exit-code").code == 12
    assert command("situation").code == 0


# --- the signature


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret is set."""
    monkeypatch.setenv("SENTRY_RUNBOOK_WEBHOOK_SECRET", SECRET)


def by_hand(body: bytes, key: bytes = SECRET.encode()) -> str:
    """HMAC-SHA256 by the words of RFC 2104, for a key that is shorter than a block."""
    inner, outer = (bytes(char ^ pad for char in key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
    return sha256(outer + sha256(inner + body).digest()).hexdigest()


@pytest.mark.usefixtures("secret", "asked")
def test_the_published_signature_of_rfc_4231_is_right_and_every_other_is_wrong(give: Give) -> None:
    assert by_hand(RFC_4231) == RFC_4231_HMAC
    # It is right, so that the next thing that is wrong is told: the body is no JSON.
    assert "is no JSON" in give(RFC_4231, "--signature", RFC_4231_HMAC).err
    assert "is no JSON" in give(RFC_4231, "--signature", f" {RFC_4231_HMAC.upper()}\n").err
    wrong = [RFC_4231_HMAC[:-1] + "4", RFC_4231_HMAC[:-1], f"sha256={RFC_4231_HMAC}", "0", "é" * 64, "\udcff" * 64]
    for signature in wrong:
        said = give(RFC_4231, "--signature", signature)
        assert (said.code, said.out) == (2, "") and "signature is wrong" in said.err, signature
    assert "signature is wrong" in give(RFC_4231 + b"\n", "--signature", RFC_4231_HMAC).err


@pytest.mark.usefixtures("secret")
def test_a_webhook_with_the_right_signature_is_triaged_without_a_note(
    sentry: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(bodies.event_alert(sentry, "acme", SHOP)).encode()
    said = give(body, "--signature", by_hand(body), "--exit-code")
    assert (said.code, said.err) == (10, "")
    monkeypatch.setenv("SENTRY_HOOK_SIGNATURE", f"{by_hand(body)}\n")
    assert give(body, "--exit-code") == said
    assert give(body, "--signature", "0" * 64).code == 2  # the flag wins


@pytest.mark.usefixtures("secret")
def test_a_body_that_was_parsed_and_written_anew_is_refused(asked: list[str], give: Give) -> None:
    sent = json.dumps(bodies.event_alert("https://sentry.io", "acme", SHOP)).encode()
    assert b"\\u2028" in sent  # Sentry escapes what is not ASCII
    anew = json.dumps(json.loads(sent), ensure_ascii=False, separators=(",", ":")).encode()
    assert "signature is wrong" in give(anew, "--signature", by_hand(sent)).err
    assert asked == []


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize("flags", [(), ("--signature", ""), ("--signature", " "), ("--signature", "0" * 64)])
def test_without_the_right_signature_nothing_is_read_and_nothing_asked(
    flags: tuple[str, ...], asked: list[str], give: Give
) -> None:
    for body in (bodies.INSTALLATION, bodies.event_alert("https://sentry.io", "acme", SHOP), b"{", b""):
        said = give(body, *flags)
        assert (said.code, said.out) == (2, "")
        assert "signature" in said.err and SECRET not in said.err and said.err.count("\n") == 2
    assert asked == []


def test_a_secret_that_is_a_placeholder_is_refused_and_none_is_shown(
    give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in ("${SECRET}", "two words"):
        monkeypatch.setenv("SENTRY_RUNBOOK_WEBHOOK_SECRET", text)
        said = give(bodies.INSTALLATION)
        assert said.code == 2 and "SENTRY_RUNBOOK_WEBHOOK_SECRET" in said.err and "two words" not in said.err


@pytest.mark.parametrize("text", ["", " \n", '""', "\ufeff"])
def test_a_secret_that_is_there_and_empty_does_not_switch_the_check_off(
    text: str, asked: list[str], give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_RUNBOOK_WEBHOOK_SECRET", text)
    body = json.dumps(bodies.event_alert("https://sentry.io", "acme", SHOP)).encode()
    said = give(body, "--signature", by_hand(body, b""))
    assert (said.code, said.out) == (2, "") and "SENTRY_RUNBOOK_WEBHOOK_SECRET is there and empty" in said.err
    assert asked == []


# --- bad input


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{", "is no JSON (it breaks at line 1, column 2)"),
        (b"<html>", "is no JSON"),
        (b"[]", "no object"),
        (b'"SHOP-1Z"', "no object"),
        (b"\xff\xff\xff", "not UTF-8"),
        (gzip.compress(b"{}", mtime=0), "is compressed (gzip)"),
        (b"[" * 400_000, "nested too deeply"),
        (b'{"a":' * 150_000, "nested too deeply"),
        (b'{"id": ' + b"9" * 5000 + b"}", "a number that is too long"),
        (b'{"a": "' + b"x" * 1_000_000 + b'"}', "more than 1,000,000 bytes"),
        (b"{}", "no issue and no alert"),
    ],
)
def test_what_is_no_webhook_is_one_sentence_and_2(body: bytes, reason: str, give: Give, command: Commands) -> None:
    said = give(body)
    assert (said.code, said.out) == (2, "")
    assert reason in said.err and said.err.removeprefix(NOTE).count("\n") == 2
    # The same from the file; only a large one is told by the file's name.
    again = command("triage", "--webhook", "body")
    assert again.code == 2 and (reason in again.err or "body has more than" in again.err)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_obstacle(encoding: str, sentry: str, give: Give) -> None:
    body = json.dumps(bodies.issue(sentry, "acme", SHOP)).encode(encoding)
    assert give(body, "--exit-code").code == 10


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        ((), "There is nothing to triage."),
        (("SHOP-1Z", "--webhook", "-"), "An ISSUE and --webhook were given."),
        (("SHOP-1Z", "--signature", "00"), "--signature is of a webhook."),
        (("--webhook", "gone.json"), "gone.json cannot be read: No such file"),
        (("--webhook", "."), "is no regular file"),
        (("--webhook", "a\0b"), "cannot be read"),
        (("--webhook", ""), "There is nothing to triage."),
    ],
)
def test_wrong_arguments_are_one_sentence_and_2(argv: tuple[str, ...], reason: str, command: Commands) -> None:
    said = command("triage", "--demo", *argv)
    assert (said.code, said.out) == (2, "") and reason in said.err


def test_a_pipe_that_nobody_closes_is_not_waited_for_without_end() -> None:
    env = environment(SENTRY_RUNBOOK_CALL_TIMEOUT="0.1")
    with process("triage", "--demo", "--webhook", "-", env=env) as running:
        assert running.stdin is not None and running.stderr is not None and running.stdout is not None
        running.stdin.write("{")
        running.stdin.flush()
        assert running.wait(60) == 2
        said = running.stderr.read()
        assert said.startswith("sentry-runbook: Standard input did not end within 0.1 s.\n") and said.count("\n") == 2
        assert running.stdout.read() == ""


def test_a_pipe_with_too_much_in_it_is_not_read_to_its_end() -> None:
    with process("triage", "--demo", "--webhook", "-", env=environment()) as running:
        assert running.stdin is not None and running.stderr is not None
        running.stdin.write("x" * 1_000_001)
        running.stdin.flush()  # and it stays open
        assert running.wait(60) == 2
        assert "has more than 1,000,000 bytes" in running.stderr.read()


def test_without_standard_input_it_is_said_to(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = Path(os.devnull).open()  # noqa: SIM115  # closed in the next line, as a library of the caller may do
    closed.close()
    monkeypatch.setattr(sys, "stdin", closed)
    said = command("triage", "--demo", "--webhook", "-")
    assert said.code == 2 and "no standard input" in said.err


def test_a_standard_input_that_the_shell_closed_is_an_empty_webhook() -> None:
    line = shlex.join([*PROGRAM, "triage", "--demo", "--webhook", "-"])
    ended = subprocess.run(
        ["/bin/sh", "-c", f"{line} <&-"], capture_output=True, text=True, env=environment(), check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "The webhook's body is empty." in ended.stderr


def test_a_terminal_is_no_webhook(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb"), os.fdopen(follower) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        said = command("triage", "--demo", "--webhook", "-")
    assert said.code == 2 and "Standard input is a terminal" in said.err
