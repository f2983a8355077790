"""One triage, four doors: the terminal, JSON, and the tool over stdio and HTTP in both protocol eras."""

from __future__ import annotations

import json
import sys
from typing import Any, Literal

import pytest
from mcp import Client, StdioServerParameters

from tests.commands.support import TOKEN, Commands, environment, line_of, process
from tests.matrix import matrix

EXAMPLES = {
    "SHOP-1Z": ("P0", "crash_free", "deployment_regression"),
    "GEO-42": ("P2", "default", "third_party_failure"),
    "WEB-7K": ("P1", "users_per_hour", "deployment_regression"),
}
Mode = Literal["auto", "legacy"]
BOTH = pytest.mark.parametrize("mode", matrix(["auto", "legacy"], quick=("auto",)))


def settings(url: str) -> dict[str, str]:
    return environment(SENTRY_URL=url, SENTRY_AUTH_TOKEN=TOKEN, SENTRY_ORG="acme")


def facts(found: dict[str, Any]) -> dict[str, Any]:
    """What does not follow the second in which it was asked."""
    return {
        "keys": sorted(found),
        "issue": found["issue"],
        "verdict": [found["severity"][key] for key in ("severity", "decided_by", "could_be", "escalation")],
        "criteria": [(one["id"], one["met"], one.get("observed")) for one in found["severity"]["criteria"]],
        "impact": [found["impact"].get(key) for key in ("events", "users", "users_worst_hour", "p95_ms", "breakdown")],
        "causes": [(one["pattern"], one["confidence"]) for one in found["causes"]],
        "suspects": [found.get("suspect_release"), found.get("suspect_commits")],
        "missing": [one["what"] for one in found["missing"]],
        "untrusted": found["untrusted"],
    }


def printed(command: Commands, issue: str) -> dict[str, Any]:
    said = command("triage", issue, "--json")
    assert (said.code, said.err) == (0, "")
    found: dict[str, Any] = json.loads(said.out)
    return found


@pytest.mark.parametrize(("issue", "expected"), EXAMPLES.items())
@pytest.mark.usefixtures("sentry")
def test_the_runbooks_examples_have_their_severity_and_first_cause(
    issue: str, expected: tuple[str, str, str], command: Commands
) -> None:
    found = printed(command, issue)
    severity = found["severity"]
    assert (severity["severity"], severity["decided_by"], found["causes"][0]["pattern"]) == expected
    assert None not in found.values()


async def called(client: Client) -> dict[str, dict[str, Any]]:
    answers = {issue: await client.call_tool("triage_issue", {"issue": issue}) for issue in EXAMPLES}
    return {issue: facts(answer.structured_content or {}) for issue, answer in answers.items()}


@BOTH
async def test_the_tool_over_stdio_says_the_same(mode: Mode, sentry_today: str, command: Commands) -> None:
    server = StdioServerParameters(command=sys.executable, args=["-m", "sentry_runbook"], env=settings(sentry_today))
    async with Client(server, mode=mode) as client:
        over_stdio = await called(client)
    assert over_stdio == await in_a_thread(command)


@pytest.mark.matrix  # the same six answers as the test above, twice more, by the slower road
async def test_the_tool_over_http_says_the_same_in_both_eras(sentry_today: str, command: Commands) -> None:
    with process("serve", "--transport", "http", "--port", "0", env=settings(sentry_today)) as serving:
        url = line_of(serving.stderr, "sentry-runbook: MCP at ").split()[3].rstrip(",")
        expected = await in_a_thread(command)
        modes: tuple[Mode, ...] = ("auto", "legacy")
        for mode in modes:
            async with Client(url, mode=mode) as client:
                assert await called(client) == expected, mode


async def in_a_thread(command: Commands) -> dict[str, dict[str, Any]]:
    """The command runs an event loop of its own."""
    import anyio

    return await anyio.to_thread.run_sync(lambda: {issue: facts(printed(command, issue)) for issue in EXAMPLES})


def test_a_person_reads_severity_reasons_causes_and_steps(command: Commands) -> None:
    said = command("triage", "shop-1z", "--demo")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(" P0 CRITICAL  SHOP-1Z\n")
    for text in ("Crash-free sessions", "PagerDuty", "deployment regression (confidence high)", "Checklist", "→ Roll"):
        assert text in said.out
    assert said.out.count("\n ✓ ") + said.out.count("\n ! ") == 11


@pytest.mark.parametrize(
    ("environment", "warning"),
    [
        ((), "Some events carry no environment; they count as production."),
        (("--environment", "prodution"), 'The issue has no events in the environment "prodution".'),
    ],
    ids=["none_on_events", "a_wrong_one_asked_for"],
)
def test_what_limits_the_numbers_stands_before_them(
    environment: tuple[str, ...], warning: str, command: Commands
) -> None:
    said = command("triage", "LANDING-4", "--demo", *environment).out
    assert json.loads(command("triage", "LANDING-4", "--demo", "--json", *environment).out)["warnings"] == [warning]
    heading, numbers = said.split(f"\n ! {warning}\n")
    assert "LANDING-4" in heading
    assert numbers.startswith(" Verdict ")


def test_what_people_state_counts(command: Commands) -> None:
    said = json.loads(command("triage", "GEO-42", "--demo", "--json", "--data-loss-risk").out)
    assert (said["severity"]["severity"], said["severity"]["decided_by"]) == ("P0", "data_loss")
    said = json.loads(command("triage", "WEB-7K", "--demo", "--json", "--workaround").out)
    assert said["severity"]["severity"] == "P2"


def test_a_core_flow_blocked_for_all_is_p0_and_what_nobody_was_asked_is_no_no(command: Commands) -> None:
    said = json.loads(command("triage", "GEO-42", "--demo", "--json", "--core-flow-blocked").out)
    assert (said["severity"]["severity"], said["severity"]["decided_by"]) == ("P0", "core_flow_blocked")
    criteria = {entry["id"]: entry for entry in said["severity"]["criteria"]}
    assert (criteria["data_loss"]["met"], criteria["data_loss"]["observed"]) == ("unknown", "not asked")
