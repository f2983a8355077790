"""What one or two events carry of a flag is no share, and an off value never leads to "switch it on again"."""

from collections.abc import Mapping
from typing import Any

import pytest

from sentry_runbook.simulator.scenario import FlagChangeSpec, Stream
from tests.corpus.planted.entries import planted_incidents
from tests.corpus.planted.score import play
from tests.tools.test_explained_examples import CUSTOMERS, HOSTS, Read, read, shop

NO_TAGS: Mapping[str, Any] = {}


async def planted(seed: int) -> Any:
    """The answer to a planted incident of that seed."""
    return (await play(next(entry for entry in planted_incidents() if entry.seed == seed))).answer


async def of_flag(value: bool, changed: float = -62, tags: Mapping[str, Any] = NO_TAGS) -> Read:
    """A new issue whose events have one value of a flag that was changed then."""
    scenario = shop(
        Stream(340, -60, -3, tags={"customer": CUSTOMERS, **tags}, servers=HOSTS),
        contexts={"flags": {"values": [{"flag": "new-checkout", "result": value}]}},
        flags=(FlagChangeSpec(changed, "new-checkout"),),
    )
    async with read(scenario) as triage:
        return triage


@pytest.mark.parametrize("seed", [222, 531, 711])
async def test_no_flag_that_is_off_is_an_explanation_or_switched_on_again(seed: int) -> None:
    answer = await planted(seed)
    assert "on again" not in str(answer)
    assert "false" not in [value["value"] for entry in answer["explanation"] for value in entry["values"]]
    assert [cause["confidence"] for cause in answer["causes"] if cause["pattern"] == "configuration_change"] in (
        [],
        ["low"],
        ["medium"],
    )


async def test_a_flag_on_in_two_events_read_is_at_most_medium_and_no_share_in_words() -> None:
    triage = await of_flag(True)
    assert triage.values["causes"][0]["confidence"] == "medium"
    assert "Switch flag" in triage.lines["Do now"] and "off again" in triage.lines["Do now"]
    assert "100 %" not in triage.lines["Explained by"].partition("crash-free")[0]


async def test_a_flag_that_a_tag_counts_in_all_events_is_high() -> None:
    triage = await of_flag(True, tags={"flag.new-checkout": {"true": 1}})
    assert (triage.values["causes"][0]["pattern"], triage.values["causes"][0]["confidence"]) == (
        "configuration_change",
        "high",
    )


async def test_a_flag_that_is_off_in_all_events_read_explains_nothing_and_is_switched_back() -> None:
    triage = await of_flag(False)
    (cause,) = triage.values["causes"]
    assert cause["confidence"] == "medium"
    assert 'Switch flag "new-checkout" back' in cause["action"]
    assert "new-checkout" not in str(triage.values["explanation"])


@pytest.mark.parametrize(("changed", "is_cause"), [(-76, False), (-74, True), (-58, True), (-55, False)])
async def test_only_a_change_within_a_quarter_of_an_hour_before_the_onset_is_a_cause(
    changed: float, is_cause: bool
) -> None:
    triage = await of_flag(True, changed)
    assert [cause["pattern"] for cause in triage.values["causes"]] == ["configuration_change"] * is_cause
    assert ("new-checkout" in str(triage.values["explanation"])) is is_cause


async def test_a_set_that_explains_most_of_the_excess_stands_before_a_flag_that_few_events_carry() -> None:
    scenario = shop(
        Stream(400, -1_600, -100, tags={"customer": CUSTOMERS}, servers=HOSTS),
        Stream(600, -60, -3, tags={"customer": CUSTOMERS}, servers={"web-3": 1}),
        contexts={"flags": {"values": [{"flag": "new-checkout", "result": True}]}},
        flags=(FlagChangeSpec(-62, "new-checkout"),),
    )
    async with read(scenario) as triage:
        assert triage.first_values == {"server_name": "web-3"}
        assert "new-checkout" in str(triage.values["explanation"][1:])
        assert [cause["confidence"] for cause in triage.values["causes"]] == ["low"]
