"""A new cause pattern is one new file: tried with one in a copy of the package, through the doors of the server."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sentry_runbook
from sentry_runbook.render.templates import shipped_folder

ROOT = Path(__file__).parents[2]
SIXTH = """
from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.causes.pattern import CausePattern, Prevention

PATTERN = CausePattern(
    name="solar_flare",
    title="Solar flare",
    signal="SIGNAL of the flare",
    indicators=lambda incident: iter((Indicator("sky", 50, "CLUE for the flare", core=True),)),
    action=lambda incident: "ACTION against the flare",
    general_action="GENERAL action against flares",
    plain_action="PLAIN step",
    plain_cause="the sun, in PLAIN words",
    prevention=lambda incident: Prevention("PREVENT the next flare", "a flare passes unnoticed"),
)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a server with a sixth pattern answers; the pattern is one file in a copy of the package."""
    folder = tmp_path_factory.mktemp("house")
    package = folder / "server" / "sentry_runbook"
    shutil.copytree(Path(sentry_runbook.__file__).parent, package)
    shutil.copytree(shipped_folder(), folder / "prompts", dirs_exist_ok=True)
    (package / "incident" / "causes" / "patterns" / "p60_solar_flare.py").write_text(SIXTH, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.incident.answers_with_a_pattern", "solar_flare"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(package.parent), str(ROOT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def test_a_sixth_pattern_is_published_and_triaged(answers: dict[str, Any]) -> None:
    assert "triage_issue" in answers["published_by"]
    first = answers["causes"][0]
    assert (first["pattern"], first["evidence_for"]) == ("solar_flare", ["CLUE for the flare"])
    assert first["action"] == "ACTION against the flare"


def test_a_sixth_pattern_stands_on_the_cards(answers: dict[str, Any]) -> None:
    row = "| **Solar flare** | SIGNAL of the flare | GENERAL action against flares |"
    assert row in answers["card"]
    assert row in answers["cards"]["root_cause_patterns"]
    for card in ("root_cause_patterns", "triage"):
        assert "Solar flare" in answers["cards"][card]
        assert "ACTION against the flare" in answers["cards"][card]


@pytest.mark.parametrize("texts", ["prompts", "drafts"])
def test_a_sixth_pattern_is_told_to_each_audience_in_its_words(texts: str, answers: dict[str, Any]) -> None:
    opened = {key.split()[1]: text for key, text in answers[texts].items() if key.startswith("initial")}
    assert "ACTION against the flare" in opened["engineers"]
    assert "PLAIN step (proposed; likely cause: the sun, in PLAIN words, confidence" in opened["executives"]
    assert "flare" not in opened["customers"] and "PLAIN" not in opened["customers"]


def test_a_sixth_pattern_asks_for_its_prevention_in_the_postmortem(answers: dict[str, Any]) -> None:
    for text in (answers["postmortem"], answers["cards"]["postmortem"]):
        assert "The evidence fits the pattern Solar flare" in text
        assert "PREVENT the next flare" in text
        assert "a flare passes unnoticed" in text
