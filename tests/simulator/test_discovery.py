"""A scenario is one file: every module of the folder is found, listed and played."""

from __future__ import annotations

from pathlib import Path

import pytest

from sentry_runbook.simulator import scenarios
from sentry_runbook.simulator.scenarios import SCENARIOS, discovered

FOLDER = Path(scenarios.__file__).parent
NEW = """
from sentry_runbook.simulator.scenario import Scenario

SCENARIO = Scenario(name={name!r}, issues=())
"""


@pytest.fixture
def further(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder whose modules belong to the scenarios, too."""
    monkeypatch.setattr(scenarios, "__path__", [str(FOLDER), str(tmp_path)])
    return tmp_path


def test_every_module_of_the_folder_is_a_scenario_under_its_own_name() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert len(SCENARIOS) == len(modules) >= 7
    assert all(name == scenario.name for name, scenario in SCENARIOS.items())


def test_the_runbooks_three_come_first_and_the_others_by_name() -> None:
    names = list(SCENARIOS)
    assert names[:3] == ["payment-spike", "geocoding-503", "typeerror-v2.4.1"]
    assert names[3:] == sorted(names[3:])


def test_a_new_file_is_all_that_a_new_scenario_takes(further: Path) -> None:
    (further / "brownout_a.py").write_text(NEW.format(name="brownout"), encoding="utf-8")
    found = list(discovered())
    assert set(found) == {*SCENARIOS, "brownout"}
    assert found[3] == "brownout"


def test_two_scenarios_of_one_name_are_refused(further: Path) -> None:
    (further / "brownout_b.py").write_text(NEW.format(name="payment-spike"), encoding="utf-8")
    with pytest.raises(ValueError, match="share a name"):
        discovered()
