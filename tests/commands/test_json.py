"""--json: one object on standard output, with keys that stay; the same facts as the text, and no nulls."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from sentry_runbook.commands.arguments import commands_of, parser
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import IntentLine
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.tools import assess_situation, draft_postmortem, draft_update, review_alerts
from sentry_runbook.tools.registry import ToolDefinition
from sentry_runbook.tools.schema import output_schema
from tests.commands.support import Commands, process

NO_FACTS = {"serve", "completion"}
"""Commands that print no facts."""


def answered(command: Commands, *argv: str, code: int = 0) -> dict[str, Any]:
    said = command(*argv)
    assert said.code == code, said.err
    found = json.loads(said.out)
    assert isinstance(found, dict)
    assert None not in list(values(found)), "what is not known is left out"
    return found


def values(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from values(inner)
    else:
        yield value


def test_every_command_that_prints_facts_takes_json() -> None:
    for name, sub in commands_of(parser()).items():
        flags = {flag for action in sub._actions for flag in action.option_strings}
        assert ("--json" in flags) is (name not in NO_FACTS), name
        assert isinstance(sub, argparse.ArgumentParser)


def test_the_policy_has_the_keys_and_values_of_its_file(command: Commands) -> None:
    assert answered(command, "policy", "--json") == tomllib.loads(command("policy").out)


def test_an_audit_file_is_told_whole_or_broken(command: Commands, place: Path) -> None:
    path = place / "audit.jsonl"
    path.write_text("")
    whole = answered(command, "audit", "verify", str(path), "--json")
    assert whole == {
        "file": str(path),
        "ok": True,
        "lines": 0,
        "last_hash": whole["last_hash"],
        "unfinished": [],
        "cut_backs": [],
    }
    path.write_text("no line of ours\n")
    broken = answered(command, "audit", "verify", str(path), "--json", code=1)
    assert (broken["ok"], broken["broken_line"], broken["is_torn"]) == (False, 1, False)
    assert broken["why"] in " ".join(command("audit", "verify", str(path)).out.split())


def test_an_intent_without_an_outcome_is_told_with_what_it_was(command: Commands, place: Path) -> None:
    hostile = IntentLine(
        when=datetime(2026, 11, 23, 12, tzinfo=UTC),
        who="jo",
        what="resolve \x1b[2J",
        issue="SHOP-1Z",
        before={},
        confirmed="confirm_token",
        reason="",
    )
    path = place / "state" / "audit.jsonl"
    AuditLog(path).append(hostile)
    found = answered(command, "audit", "verify", str(path), "--json")
    [entry] = found["unfinished"]
    assert (entry["line"], entry["issue"], entry["when"]) == (1, "SHOP-1Z", "2026-11-23T12:00:00.000+00:00")
    assert entry["what"].isprintable() and entry["what"].startswith("resolve ")


def test_a_postmortem_is_linted_line_by_line(command: Commands, place: Path) -> None:
    path = place / "p.md"
    path.write_text("# Incident Postmortem\n\nBob broke it.\n")
    found = answered(command, "lint", str(path), "--json", code=1)
    as_text = command("lint", str(path)).out.splitlines()
    assert (found["file"], found["ok"]) == (str(path), False)
    assert len(found["findings"]) == len(as_text) > 1
    for finding, line in zip(found["findings"], as_text, strict=True):
        assert line.startswith(f"{path}:{finding['line']}: {finding['rule']}: {finding['message']}")
        assert set(finding) == {"line", "rule", "message", "suggestion"}


@pytest.mark.parametrize(
    ("argv", "tool"),
    [
        (["situation"], assess_situation.TOOL),
        (["review-alerts"], review_alerts.TOOL),
        (["update", "SHOP-1Z"], draft_update.TOOL),
        (["postmortem", "SHOP-1Z", "--lead", "Dana"], draft_postmortem.TOOL),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("sentry")
def test_an_answer_of_a_tool_fits_the_schema_that_the_tool_publishes(
    argv: list[str], tool: ToolDefinition[Any], command: Commands
) -> None:
    found = answered(command, *argv, "--json")
    jsonschema.validate(found, output_schema(tool.result))
    assert found["untrusted"], "the paths of event text are told"


@pytest.mark.usefixtures("sentry")
def test_a_draft_is_the_text_that_the_command_prints_and_stderr_is_empty(command: Commands) -> None:
    argv = ["update", "SHOP-1Z", "--audience", "customers"]
    said, found = command(*argv), answered(command, *argv, "--json")
    assert said.out == found["text"].rstrip("\n") + "\n"
    assert all(unknown in said.err for unknown in found["unknowns"])
    assert command(*argv, "--json").err == ""
    argv = ["postmortem", "SHOP-1Z"]
    assert command(*argv).out == answered(command, *argv, "--json")["markdown"].rstrip("\n") + "\n"


@pytest.mark.usefixtures("sentry")
def test_that_no_message_is_due_is_an_answer_with_code_1(command: Commands) -> None:
    argv = ("update", SCENARIOS["staging-only"].issue, "--audience", "customers")
    said = command(*argv)
    assert (said.code, said.out) == (1, ""), "text that is piped into a chat would be posted"
    assert answered(command, *argv, "--json", code=1)["nothing_to_say"]


@pytest.mark.usefixtures("sentry")
def test_doctor_tells_every_line_by_a_name_that_stays(command: Commands) -> None:
    found = answered(command, "doctor", "--json")
    names = [check["name"] for check in found["checks"]]
    assert [*dict.fromkeys(names)] == [
        *("policy", "token", "server", "scopes", "writes", "clock", "organization", "project", "environments"),
        *("alerts", "alerts_dead", "alerts_mute", "alerts_not_read", "triage"),
    ]
    assert set(found) == {"ready", "next", "checks", "abilities"}
    assert found["ready"] is True
    for check in found["checks"]:
        assert {"name", "state", "what"} <= set(check) <= {"name", "state", "what", "fix", "fatal", "facts"}
        assert check["state"] in ("ok", "bad", "note")
    facts: Mapping[str, Any] = {check["name"]: check.get("facts", {}) for check in found["checks"]}
    assert facts["scopes"]["has"] == ["event:read", "org:read", "project:read", "alerts:read", "event:write"]
    assert facts["scopes"]["lacks"] == []
    assert facts["environments"]["production"] == ["production"]
    assert facts["environments"]["rule"] == "[production] environments of runbook default (built in)"
    assert {ability["state"] for ability in found["abilities"]} <= {"yes", "no", "unknown"}


def test_doctor_is_json_also_where_nothing_works(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    found = answered(command, "doctor", "--json", code=1)
    assert (found["ready"], found["abilities"]) == (False, [])
    assert found["next"].startswith("Set SENTRY_AUTH_TOKEN")
    assert found["checks"][-1] == {
        "name": "token",
        "state": "bad",
        "what": "No Sentry auth token is set.",
        "fix": found["next"],
        "fatal": True,
    }
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "x" * 40)
    monkeypatch.setenv("SENTRY_URL", "http://127.0.0.1:1")
    assert answered(command, "doctor", "--json", code=1)["checks"][-1]["name"] == "server"


def test_the_incidents_of_the_demo_are_listed_with_what_to_ask_for(command: Commands) -> None:
    found = answered(command, "demo", "--list", "--json")["scenarios"]
    assert [one["name"] for one in found] == list(SCENARIOS)
    assert all(set(one) == {"name", "issue", "title"} and one["issue"] == SCENARIOS[one["name"]].issue for one in found)
    refused = command("demo", "--json")
    assert (refused.code, refused.out) == (2, "") and "--list" in json.loads(refused.err)["fix"]


def test_the_embedded_sentry_says_where_it_listens_before_it_serves() -> None:
    with process("simulate", "--json", "--port", "0", "payment-spike") as running:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line == "}\n":
                break
        running.terminate()
        assert running.wait(10) == 143
    found = json.loads("".join(lines))
    assert found["environment"]["SENTRY_URL"] == found["url"]
    assert found["url"].startswith("http://127.0.0.1:") and not found["url"].endswith(":0")
    assert [one["name"] for one in found["scenarios"]] == ["payment-spike"]


@pytest.mark.usefixtures("sentry")
def test_a_failure_of_sentry_is_json_on_stderr_and_nothing_on_stdout(
    command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_URL", "http://127.0.0.1:1")
    for argv in (["situation"], ["update", "SHOP-1Z"], ["postmortem", "SHOP-1Z"], ["triage", "SHOP-1Z"]):
        said = command(*argv, "--json")
        assert (said.code, said.out) == (1, "")
        found = json.loads(said.err.splitlines()[-1])
        assert set(found) == {"error", "fix", "exit_code"}
        assert "cannot be reached" in found["error"] and found["exit_code"] == 1
