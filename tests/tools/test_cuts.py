"""An answer that is too long says what it left out: each thing that is gone, and nothing that is still there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sentry_runbook.tools import registry
from sentry_runbook.tools.output import PreparedAnswer, prepare
from sentry_runbook.tools.serialize import EXTRAS
from sentry_runbook.tools.truncation import cut_outside_headings
from tests.matrix import matrix
from tests.tools.contract import call
from tests.tools.support import connected

Json = dict[str, Any]
BUDGETS = (14_000, 9_000, 8_000, 7_000, 6_000, 5_000, 4_000, 3_000, 2_000, 700)
ISSUES = {"payment-spike": "SHOP-1Z", "resource-exhaustion": "API-9M", "geocoding-503": "GEO-42"}
CALLS: dict[str, Json] = {
    "triage_issue": {},
    "get_issue": {},
    "discover_impact": {},
    "classify_severity": {},
    "list_events": {"limit": 100},
    "find_issues": {},
    "draft_postmortem": {"check": "human error\n" * 60},
}


def paths(long: object, short: object, path: str = "") -> Iterator[str]:
    """The paths at which the short answer lacks something of the long one; entries of a list share their path."""
    if isinstance(long, dict) and isinstance(short, dict):
        for key in long:
            if path or key not in EXTRAS:
                yield from paths(long[key], short.get(key), f"{path}.{key}" if path else key)
    elif isinstance(long, list) and isinstance(short, list) and len(long) == len(short):
        for one, other in zip(long, short, strict=True):
            yield from paths(one, other, path)
    elif long != short:
        yield path


def named(values: Json) -> set[str]:
    """The paths that are said to be left out or cut for length."""
    entries = [one for one in values.get("missing", ()) if "for length" in one["why"]]
    return {label.partition(" (")[0].partition(" and ")[0] for one in entries for label in one["what"].split(", ")}


def related(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


@pytest.mark.parametrize("scenario", matrix(ISSUES, quick=("payment-spike",)))
@pytest.mark.parametrize("tool", CALLS)
async def test_what_is_left_out_is_named_and_nothing_else(
    tool: str, scenario: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def watched(*parts: Any) -> PreparedAnswer:
        made.append(parts)
        return prepare(*parts)

    monkeypatch.setattr(registry, "prepare", watched)
    arguments = {**call(tool, ISSUES[scenario]), **CALLS[tool]}
    async with connected(scenario) as connection:
        await connection.call(tool, **arguments)
    result, render, shrink, _ = made[-1]
    whole: Json = dict(prepare(result, render, shrink, 10**9).structured)
    before = named(whole)
    for budget in BUDGETS:
        values: Json = dict(prepare(result, render, shrink, budget).structured)
        said, gone = named(values) - before, set(paths(whole, values)) | (set(values) - set(whole))
        counted = any(" more" in one["what"] for one in values.get("missing", ()))
        unnamed = {path for path in gone if not any(related(path, label) for label in said)}
        # What all rows share is said once; where rows are gone, the words say how to go on without the cursor.
        elsewhere = {f"events.{key}" for key in values.get("common") or {}} | {"common", "next_cursor"}
        assert counted or unnamed <= elsewhere, budget
        assert {label for label in said if not any(related(path, label) for path in gone)} == set(), budget
        assert gone or budget > BUDGETS[-1], "so little holds no whole answer"


def test_no_cut_goes_through_a_heading() -> None:
    text = "Summary of it all.\n\n" + "".join(f"### Heading {number}\n\nA line.\n\n" for number in range(30))
    whole = set(text.splitlines())
    for limit in range(60, len(text) + 1):
        shorter = cut_outside_headings(text, limit)
        assert len(shorter) <= limit
        assert [line for line in shorter.splitlines() if line.startswith("#") and line not in whole] == []
    assert cut_outside_headings(text, len(text)) == text
