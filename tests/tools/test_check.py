"""draft_postmortem reviews a finished text against the incident's own numbers."""

from __future__ import annotations

import re

from tests.tools.support import connected


async def test_a_finished_text_is_checked_against_the_incidents_numbers() -> None:
    text = "# Postmortem\n\nBob should have tested it. 999 users were hit."
    async with connected("payment-spike") as connection:
        values = await connection.call("draft_postmortem", issue="SHOP-1Z", check=text)
        shown = await connection.text("draft_postmortem", issue="SHOP-1Z", check=text)
    found = {(one["rule"], one["line"]) for one in values["lint"]}
    assert {("counterfactual", 3), ("number_differs", 3)} <= found
    assert "line 3, counterfactual" in shown


async def test_without_a_text_there_is_nothing_to_check_and_the_draft_is_whole() -> None:
    async with connected("payment-spike") as connection:
        connection.clock.advance(minutes=200)
        values = await connection.call("draft_postmortem", issue="SHOP-1Z")
    assert values["lint"] == []
    assert "### Action Items" in values["markdown"]
    assert values["markdown"].rstrip().endswith("Due: [due date]")


async def test_a_text_full_of_findings_gives_the_first_ones_and_says_how_many_more() -> None:
    async with connected("payment-spike") as connection:
        values = await connection.call("draft_postmortem", issue="SHOP-1Z", check="human error\n" * 500)
    assert 0 < len(values["lint"]) <= 30
    (said,) = (one for one in values["missing"] if one["what"].startswith("lint ("))
    more = int(re.findall(r"(\d+) more", said["why"])[0])
    assert len(values["lint"]) + more >= 500
