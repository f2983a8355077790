"""Evidence kept and used again, drafts, the linter, the policy, the audit file, and the served simulator."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentry_runbook.commands import runtime
from sentry_runbook.incident.policy_file import load_policy
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import IntentLine, OutcomeLine
from sentry_runbook.simulator.clock import ManualClock, system_clock
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.commands.support import Commands, environment, line_of, process


@pytest.mark.usefixtures("sentry")
def test_a_postmortem_made_offline_is_the_one_that_was_made_online(command: Commands, place: Path) -> None:
    online = command("postmortem", "SHOP-1Z", "--lead", "Dana Ortiz", "--save", "evidence.json")
    assert online.code == 0
    assert "## Incident Postmortem" in online.out
    assert "**Incident lead:** Dana Ortiz" in online.out
    assert "in [square brackets]" in online.err
    file = place / "evidence.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(place.iterdir()) == [file]
    offline = command("postmortem", "--lead", "Dana Ortiz", "--evidence", "evidence.json")
    assert (offline.code, offline.out) == (0, online.out)
    assert "](http" in online.out
    elsewhere = command(
        "postmortem", "--lead", "Dana Ortiz", "--evidence", "evidence.json", "--url", "http://127.0.0.1:1"
    )
    assert "links to another Sentry" in elsewhere.err
    assert re.sub(r"\[([^\]]*)\]\(http[^)]*\)", r"\1", online.out) == elsewhere.out


@pytest.mark.usefixtures("sentry")
def test_further_issues_make_one_story_online_and_offline(command: Commands) -> None:
    online = command("postmortem", "SHOP-1Z", "--issues", "SHOP-1R, SHOP-1Z", "--save", "evidence.json")
    assert online.code == 0, online.err
    assert "all 2 issues" in online.out
    assert command("postmortem", "--evidence", "evidence.json").out == online.out
    refused = command("update", "--evidence", "evidence.json", "--issues", "SHOP-1R")
    assert (refused.code, refused.out) == (2, "")
    assert "all 2 issues" not in command("postmortem", "SHOP-1Z").out


@pytest.mark.usefixtures("sentry")
def test_offline_needs_neither_token_nor_sentry(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command("triage", "SHOP-1Z", "--save", "evidence.json").code == 0
    monkeypatch.delenv("SENTRY_AUTH_TOKEN")
    output = command("update", "--evidence", "evidence.json", "--audience", "customers", "--format", "slack")
    assert output.code == 0
    assert output.out.startswith("Some requests may fail.\nStatus: Identified.")
    assert "the status is identified" in output.err
    assert "the next message is due at" in output.err


@pytest.mark.usefixtures("sentry")
def test_a_handoff_is_drafted_for_engineers_and_refused_for_others(command: Commands) -> None:
    drafted = command("update", "SHOP-1Z", "--kind", "handoff", "--lead", "Mina Park")
    assert drafted.code == 0
    assert drafted.out.startswith("HANDOFF — [SHOP-1Z]")
    assert "- Incident Lead: Mina Park" in drafted.out
    assert "what is under way right now" in drafted.err
    late = command("update", "SHOP-1Z", "--kind", "handoff", "--since", "2099-01-01T00:00:00Z")
    assert "the time given is not before now" in late.out
    refused = command("update", "SHOP-1Z", "--kind", "handoff", "--audience", "customers")
    assert refused.code == 2
    assert "for engineers only" in refused.err
    assert "kind=update audience=customers" in refused.err
    assert refused.out == ""


def test_saving_replaces_evidence_and_nothing_else(command: Commands, place: Path) -> None:
    argv = ("triage", "SHOP-1Z", "--demo", "--save")
    assert command(*argv, "evidence.json").code == 0
    assert command(*argv, "evidence.json").code == 0
    notes = place / "notes.md"
    notes.write_text("precious")
    refused = command(*argv, "notes.md")
    assert (refused.code, refused.out, notes.read_text()) == (2, "", "precious")
    assert command(*argv, "no-such-folder/evidence.json").code == 2
    assert command(*argv, ".").code == 2


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ('{"version": 1, "collected_at": "2026-11-24T00:00:00Z"}', "version 1; this program reads version 2"),
        ('{"version": 2, "collected_at": "2026-11-24T00:00:00Z"}', "damaged"),
        ("precious", "not JSON"),
        ("\ud800", "not UTF-8"),
    ],
    ids=["older version", "damaged", "notes", "no text"],
)
def test_a_file_that_saving_would_lose_is_kept_and_the_matter_is_said(
    text: str, matter: str, command: Commands, place: Path
) -> None:
    file = place / "kept.json"
    content = text.encode("utf-8", "surrogatepass")
    file.write_bytes(content)
    refused = command("triage", "SHOP-1Z", "--demo", "--save", "kept.json")
    assert (refused.code, refused.out, file.read_bytes()) == (2, "", content)
    assert "kept.json was not overwritten" in refused.err
    assert matter in refused.err


@pytest.mark.parametrize("text", ["", "{}", '{"version": 99, "collected_at": "2026-11-24T00:00:00Z"}', "not json"])
def test_a_file_that_is_no_evidence_is_refused(text: str, command: Commands, place: Path) -> None:
    (place / "evidence.json").write_text(text)
    output = command("postmortem", "--evidence", "evidence.json")
    assert (output.code, output.out) == (2, "")


def test_the_linter_names_line_and_rule_and_ends_with_1(command: Commands, place: Path) -> None:
    (place / "postmortem.md").write_text("# Incident Postmortem\n\nThis was human error by Dana.\n")
    output = command("lint", "postmortem.md")
    assert output.code == 1
    assert any(line.startswith("postmortem.md:3: ") for line in output.out.splitlines())


def test_the_linter_takes_another_form_when_asked_to(command: Commands, place: Path) -> None:
    text = "Outage\n\nFrom 14:02 to 14:49 UTC 12 % of payments failed: a full disk caused it. We will alert on it.\n"
    (place / "postmortem.md").write_text(text)
    assert command("lint", "postmortem.md").code == 1
    other = command("lint", "postmortem.md", "--style", "any")
    assert (other.code, other.out) == (0, "✓ postmortem.md: nothing to change\n")
    (place / "postmortem.md").write_text(text + "Dana failed to look.\n")
    blamed = command("lint", "postmortem.md", "--style", "any")
    assert (blamed.code, blamed.out.startswith("postmortem.md:4: counterfactual: ")) == (1, True)
    assert command("lint", "postmortem.md", "--style", "none").code == 2


@pytest.mark.usefixtures("sentry")
def test_our_own_draft_disagrees_with_no_number_of_its_evidence(command: Commands, place: Path) -> None:
    draft = command("postmortem", "GEO-42", "--save", "evidence.json")
    (place / "postmortem.md").write_text(draft.out)
    output = command("lint", "postmortem.md", "--evidence", "evidence.json")
    rules = {line.split(": ")[1] for line in output.out.splitlines()}
    assert rules <= {"blank", "unowned_action", "undated_action"}


def test_the_printed_policy_can_be_loaded_back(command: Commands, place: Path) -> None:
    printed = command("policy").out
    own = place / "policy.toml"
    own.write_text(printed.replace('name = "runbook default"', 'name = "ours"'))
    assert load_policy(own).name == "ours"
    again = command("policy", "--policy", "policy.toml")
    assert again.code == 0
    assert again.out.splitlines()[1:] == own.read_text().splitlines()[1:]


def test_a_wrong_policy_is_refused_with_line_and_key(command: Commands, place: Path) -> None:
    (place / "policy.toml").write_text("[thresholds]\nusers = 3\n")
    output = command("policy", "--policy", "policy.toml")
    assert output.code == 2
    assert "line 2, thresholds.users" in output.err


def audit_file(folder: Path) -> Path:
    log = AuditLog(folder / "state" / "audit.jsonl")
    now = ManualClock().now
    for outcome in ("applied", "not_applied", "applied"):
        log.append(OutcomeLine(now, log.append(IntentLine(now, what="resolve", issue="SHOP-1Z")), outcome))
    return log.path


def test_a_whole_audit_file_is_confirmed(command: Commands, place: Path) -> None:
    audit_file(place)
    output = command("audit", "verify", "--state-dir", "state")
    assert output.code == 0
    assert "6 lines, every byte and link holds" in output.out
    assert "!" not in output.out


def test_what_was_begun_and_not_ended_is_told_and_is_no_damage(command: Commands, place: Path) -> None:
    log = AuditLog(audit_file(place))
    log.append(IntentLine(ManualClock().now, what="resolve \x1b[2J" + "x" * 400, issue="SHOP-9Z"))
    with log.path.open("ab") as file:
        file.write(b'{"after":{')
    torn = command("audit", "verify", str(log.path))
    assert torn.code == 1
    assert "line 8: the last line is torn" in torn.out
    assert "The next write removes it" in torn.out
    log.append(IntentLine(ManualClock().now, what="ignore", issue="SHOP-1Z"))
    output = command("audit", "verify", str(log.path))
    assert output.code == 0
    assert "9 lines, every byte and link holds" in output.out
    assert "line 7: no outcome of resolve" in output.out
    assert "on SHOP-9Z, begun 2026-" in output.out
    assert "line 9: no outcome of ignore on SHOP-1Z" in output.out
    assert "line 8: 10 bytes of a torn line were removed before it" in output.out
    assert "\x1b" not in output.out


def test_many_changes_without_an_outcome_are_counted(command: Commands, place: Path) -> None:
    log = AuditLog(place / "audit.jsonl")
    for _ in range(13):
        log.append(IntentLine(ManualClock().now, what="resolve", issue="SHOP-1Z"))
    output = command("audit", "verify", str(log.path))
    assert output.out.count("no outcome of") == 10
    assert "3 more changes without an outcome" in output.out


def test_what_is_no_file_is_told_at_once(command: Commands, place: Path) -> None:
    os.mkfifo(place / "pipe")
    for name in ("pipe", "."):
        output = command("audit", "verify", name)
        assert output.code == 1
        assert "no regular file" in output.out


def test_a_changed_audit_line_is_named(command: Commands, place: Path) -> None:
    path = audit_file(place)
    path.write_text(path.read_text().replace("not_applied", "applied"))
    output = command("audit", "verify", str(path))
    assert output.code == 1
    assert "line 4: the line was changed" in output.out


def test_the_simulator_prints_what_a_client_needs_and_serves_it(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "utc_now", system_clock)  # as the simulator's process
    with process("simulate", "--port", "0", "payment-spike") as serving:
        given = [line_of(serving.stdout, "export ").removeprefix("export ").strip().split("=", 1) for _ in range(3)]
        assert [name for name, _ in given] == ["SENTRY_URL", "SENTRY_AUTH_TOKEN", "SENTRY_ORG"]
        for name, value in given:
            monkeypatch.setenv(name, value)
        shown = line_of(serving.stdout, "  sentry-runbook triage ")
        issue = shown.split()[2]
        assert issue == SCENARIOS["payment-spike"].issue
        listening(given[0][1])
        assert json.loads(command("triage", issue, "--json").out)["severity"]["severity"] == "P0"
        assert command("triage", SCENARIOS["geocoding-503"].issue).code == 1
        serving.send_signal(signal.SIGINT)
        assert serving.wait(5) == 130
        assert serving.stderr is not None
        assert serving.stderr.read() == ""


def listening(url: str) -> None:
    """Wait until it takes connections: it says its address just before."""
    import socket
    import time

    host, port = url.removeprefix("http://").split(":")
    for _ in range(100):
        try:
            socket.create_connection((host, int(port)), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not listen")


@pytest.mark.parametrize("transport", ["simulate", "serve"])
def test_a_port_that_is_taken_is_said_to_be(transport: str, sentry_url: str, command: Commands) -> None:
    port = sentry_url.rpartition(":")[2]
    argv = ["simulate"] if transport == "simulate" else ["serve", "--demo", "--transport", "http"]
    output = command(*argv, "--port", port)
    assert output.code == 2
    assert "Cannot listen on 127.0.0.1" in output.err


@pytest.mark.matrix
def test_a_simulator_that_is_told_to_stop_ends_with_143() -> None:
    with process("simulate", "--port", "0", env=environment()) as serving:
        line = line_of(serving.stdout, "export SENTRY_URL=")
        listening(line.strip().removeprefix("export SENTRY_URL="))
        serving.terminate()
        assert serving.wait(5) == 143


@pytest.mark.usefixtures("sentry")
def test_times_that_people_state_have_passed(command: Commands) -> None:
    for argv in (("update", "SHOP-1Z", "--fixed-at"), ("postmortem", "SHOP-1Z", "--mitigated-at")):
        refused = command(*argv, (datetime.now(UTC) + timedelta(days=1)).isoformat())
        assert (refused.code, refused.out) == (2, "")
        assert f"{argv[2]} lies in the future" in refused.err
    assert command("update", "SHOP-1Z", "--fixed-at", "2026-11-20T11:59:00Z").code == 0
