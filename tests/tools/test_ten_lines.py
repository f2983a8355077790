"""The triage in ten lines, then the rest: what a reader of either channel meets first, in every embedded incident."""

from __future__ import annotations

import json
import re

import pytest

from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.tools.support import connected

LABELS = (
    *("Verdict", "Do now", "Why", "Explained by", "Who"),
    *("Changed", "Also started", "Owner", "Ask", "Not known"),
)
"""The order of issue 14: what a responder needs first stands first."""
BUDGET = 9_000


async def triage(name: str) -> tuple[str, dict[str, object]]:
    """The page and the structured values of the scenario's triage."""
    async with connected(name) as connection:
        short = SCENARIOS[name].issue
        return await connection.text("triage_issue", issue=short), await connection.call("triage_issue", issue=short)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_page_begins_with_ten_lines_in_one_order_and_fits(name: str) -> None:
    page, values = await triage(name)
    lines = re.findall(r"(?m)^(\d+)\. \*\*([^*]+):\*\* (.+)$", page)
    assert [(int(number), label) for number, label, _ in lines] == list(enumerate(LABELS, start=1))
    before = page[: page.index("1. **Verdict")]
    assert "###" not in before, "a section stands before the ten lines"
    assert len(page) <= BUDGET and len(json.dumps(values)) <= BUDGET


@pytest.mark.parametrize("name", SCENARIOS)
async def test_no_long_line_of_the_page_stands_there_twice(name: str) -> None:
    page, _ = await triage(name)
    said = [re.sub(r"^[-\d.]+ (?:\*\*[^*]+\*\* )?", "", line) for line in page.splitlines()]
    long = [line for line in said if len(line) > 60]
    assert len(long) == len(set(long))
    assert '"environment":** "production" 100 %' not in page


@pytest.mark.parametrize("name", SCENARIOS)
async def test_in_the_structured_values_the_verdict_stands_before_what_is_missing_and_the_criteria_last(
    name: str,
) -> None:
    _, values = await triage(name)
    keys = list(values)
    assert keys[:2] == ["issue", "severity"]
    assert keys[2 : keys.index("next_steps")] == [
        key for key in ("untrusted", "missing", "findings", "masked") if key in keys
    ]
    order = [
        key
        for key in (
            "next_steps",
            "explanation",
            "release_health",
            "dependency",
            "impact",
            "changes",
            "owners",
            "questions",
        )
        if key in keys
    ]
    assert [key for key in keys if key in order] == order
    severity = values["severity"]
    assert isinstance(severity, dict)
    names = list(severity)
    assert names[-1] == "criteria"
    assert severity["criteria"][0]["id"] == severity["decided_by"]


async def test_the_nearest_miss_stands_second_and_its_distance_in_the_reason() -> None:
    page, values = await triage("geocoding-503")
    severity = values["severity"]
    assert isinstance(severity, dict)
    assert [criterion["id"] for criterion in severity["criteria"][:2]] == ["default", "users_per_hour"]
    # 40 users in the worst hour, and more than 100 are P1: 61 more.
    assert "P1 needs 61 more unique users in one hour." in page


async def test_what_could_raise_the_severity_is_the_step_to_do_now() -> None:
    page, values = await triage("quota-exhausted")
    severity, steps = values["severity"], values["next_steps"]
    assert isinstance(severity, dict) and isinstance(steps, list)
    assert severity["severity"] == "P2" and severity["could_be"]["highest"] == "P0"
    assert steps[0].startswith("Could be P0") and "Settle it:" in steps[0]
    assert f"2. **Do now:** {steps[0]}" in page


@pytest.mark.parametrize("name", SCENARIOS)
async def test_archiving_is_advised_for_no_issue_that_just_began(name: str) -> None:
    _, values = await triage(name)
    assert "archive" not in json.dumps(values["next_steps"])


@pytest.mark.parametrize(
    ("tool", "first"),
    [
        ("classify_severity", ["issue", "severity", "label", "decided_by", "because"]),
        ("discover_impact", ["issue", "window", "reading"]),
        ("check_recovery", ["issue", "verdict", "reading"]),
    ],
)
async def test_every_verdict_stands_before_what_is_untrusted_or_missing(tool: str, first: list[str]) -> None:
    async with connected("payment-spike") as connection:
        values = await connection.call(tool, issue="SHOP-1Z")
    assert list(values)[: len(first) + 1] == [*first, "untrusted"]
