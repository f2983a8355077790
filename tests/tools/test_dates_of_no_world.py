"""Dates outside the years of Sentry: unknown in its answers, refused with the range in arguments, damage in files."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from sentry_runbook.errors import BadEvidence
from sentry_runbook.incident.evidence_file import dump_evidence, load_evidence
from sentry_runbook.incident.model.evidence.json_values import moment_of
from sentry_runbook.tool_names import TOOL_NAMES
from tests.incident.golden import evidence_of
from tests.tools.contract import call, complaints
from tests.tools.support import connected
from tests.tools.test_odd_dates import DATE, Changed

GOOGOL = 10**400
"""JSON's integers have no end, and one of 400 digits is no float."""


def everywhere(value: Any, number: object) -> Any:
    """The JSON with this number in place of every date and every number."""
    if isinstance(value, dict):
        return {key: everywhere(inner, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [everywhere(inner, number) for inner in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return number if is_number or (isinstance(value, str) and DATE.match(value)) else value


@pytest.mark.parametrize("number", [GOOGOL, -GOOGOL], ids=["huge", "less than nothing"])
async def test_a_number_beyond_every_float_is_unknown_to_every_tool(number: int) -> None:
    async with connected(transport=Changed(lambda _, answer: everywhere(answer, number))) as here:
        schemas = {tool.name: tool.output_schema or {} for tool in (await here.client.list_tools()).tools}
        for tool in TOOL_NAMES:
            result = await here.client.call_tool(tool, call(tool, "SHOP-1Z"))
            text = "\n".join(getattr(part, "text", "") for part in result.content)
            assert not result.is_error, text
            assert complaints(tool, result.structured_content or {}, text, schemas[tool]) == []


@pytest.mark.parametrize(
    "value",
    [
        GOOGOL,
        -GOOGOL,
        1e308,
        -1.0,
        0,
        True,
        "9" * 19,
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1" * 400,
    ],
    ids=str,
)
def test_what_is_no_date_of_this_world_is_unknown(value: object) -> None:
    assert moment_of(value) is None


@pytest.mark.parametrize("value", [1_795_637_859, 1_795_637_859_000, "1795637859", 1_795_637_859_000_000_000])
def test_seconds_and_parts_of_them_are_one_date(value: object) -> None:
    assert moment_of(value) == datetime.fromisoformat("2026-11-25T20:17:39+00:00")


ARGUMENTS = (
    *(("discover_impact", name) for name in ("start", "end")),
    ("check_recovery", "since"),
    ("draft_update", "since"),
    ("draft_update", "fixed_at"),
    *(("draft_postmortem", name) for name in ("detected_at", "acknowledged_at", "mitigated_at")),
)


@pytest.mark.parametrize(("tool", "name"), ARGUMENTS)
async def test_an_argument_out_of_range_is_refused_with_the_range(tool: str, name: str) -> None:
    async with connected("payment-spike") as here:
        given: dict[str, object] = {"start": "2026-11-20T09:00:00Z"} if name == "end" else {}
        for at, year in {
            "0001-01-01T00:00:00+14:00": 1,
            "9999-12-31T23:59:59-12:00": 9999,
            "2007-12-31T23:59:59Z": 2007,
            "2100-01-01": 2100,
        }.items():
            said = await here.error(tool, **call(tool, "SHOP-1Z", **given, **{name: at}))
            assert f"{name} is of the year {year}" in said
            assert "from 2008 to 2099" in said


@pytest.mark.parametrize(("tool", "name"), [row for row in ARGUMENTS if row[1] not in ("start", "end")])
async def test_what_has_happened_lies_not_in_the_future(tool: str, name: str) -> None:
    async with connected("payment-spike") as here:
        assert "lies in the future" in await here.error(tool, **call(tool, "SHOP-1Z", **{name: "2026-11-21T12:00:00Z"}))


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2100-01-01T00:00:00Z"])
@pytest.mark.parametrize("key", ["collected_at", "first_seen"])
def test_an_evidence_file_with_such_a_date_is_damaged(key: str, at: str) -> None:
    saved = json.loads(dump_evidence(evidence_of("payment_spike")))
    (saved if key in saved else saved["issue"])[key] = at
    with pytest.raises(BadEvidence, match=f"{key}: a time of the year {int(at[:4])}"):
        load_evidence(json.dumps(saved))


async def test_an_archive_of_years_is_warned_of_and_one_of_centuries_refused() -> None:
    async with connected("payment-spike") as here:

        async def planned(minutes: int) -> dict[str, Any]:
            return await here.call(
                "resolve_issue", issue="SHOP-1Z", action="ignore", ignore_minutes=minutes, dry_run=True
            )

        quarter, longer = await planned(90 * 1440), await planned(90 * 1440 + 1)
        refused = await planned(999_999_999)
    assert not any("nobody hears" in warning for warning in quarter["warnings"])
    assert any("nobody hears of the issue for so long" in warning for warning in longer["warnings"])
    assert refused["outcome"] == "refused"
    assert "3928" not in json.dumps(refused)
