"""Figures over a cut list of tags say what they are counted over, and a release's part of the sessions is called so."""

import re

from sentry_runbook.incident.explanation.rows import row_candidates, said_of_listed
from sentry_runbook.incident.model.evidence import Breakdown, Combination
from sentry_runbook.simulator.scenarios import SCENARIOS
from tests.corpus.planted.entries import planted_incidents
from tests.corpus.planted.events import MAIN, Played
from tests.corpus.planted.score import play
from tests.tools.support import connected


async def test_a_new_release_s_usual_share_is_called_its_part_of_the_sessions() -> None:
    entry = next(entry for entry in planted_incidents() if entry.seed == 171)
    played = Played(entry)
    async with connected(world=played.world(), clock=played.clock) as connection:
        page = await connection.text("triage_issue", issue=MAIN)
    line = next(line for line in page.splitlines() if "Explained by:" in line)
    assert "28.1 % of the sessions" in line and "28.1 % usually" not in line


def test_of_a_cut_list_the_events_listed_are_named() -> None:
    listed = Breakdown(
        combinations=tuple(
            Combination(tags={"host": name}, events=events) for name, events in (("a", 90), ("b", 5), ("c", 5))
        ),
        complete=False,
    )
    said = said_of_listed(row_candidates(listed, None, 1.0, {}), listed, 400, has_rest=False)
    assert [candidate.explanation.note for candidate in said] == ["usual share not known; of the 100 events listed"]
    (least,) = said_of_listed(row_candidates(listed, None, 1.0, {}), listed, 400, has_rest=True)
    assert "at least: 100 of 400 events are listed by tags" in (least.explanation.note or "")


async def test_shares_of_all_events_that_a_cut_list_cannot_hold_are_said_to_be_the_least() -> None:
    """Every cut list of the corpus: the listed events are fewer than all, and the note counts both."""
    seen = 0
    for entry in (entry for entry in planted_incidents() if entry.kind == "one tag" and entry.usual):
        scored = await play(entry)
        for each in scored.answer["explanation"]:
            if counts := re.search(r"at least: (\d+) of (\d+) events are listed", each.get("note", "")):
                listed, total = map(int, counts.groups())
                assert each["events"] <= listed < total == scored.answer["impact"]["events"]
                seen += 1
    assert seen


async def test_no_line_says_that_a_release_runs_beside_and_was_replaced() -> None:
    async with connected("typeerror-v2.4.1") as connection:
        page = await connection.text("triage_issue", issue=SCENARIOS["typeerror-v2.4.1"].issue)
    replaced = [line for line in page.splitlines() if "healthy until replaced" in line]
    assert replaced and not any("beside it" in line for line in replaced)
