"""The table of cause patterns: complete, consistent, and open to one more file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import sentry_runbook
from sentry_runbook.incident.causes import catalog
from sentry_runbook.incident.causes.catalog import PATTERNS, pattern_named
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES, list_modules
from sentry_runbook.incident.model.results.triage import Cause
from sentry_runbook.render.templates import shipped_folder
from tests.incident.builder import incident, read

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


# --- one more file -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a server with a sixth pattern answers; the pattern is one file in a copy of the package."""
    folder = tmp_path_factory.mktemp("house")
    package = folder / "server" / "sentry_runbook"
    shutil.copytree(Path(sentry_runbook.__file__).parent, package)
    shutil.copytree(shipped_folder(), folder / "prompts", dirs_exist_ok=True)
    (package / "incident" / "causes" / "patterns" / "p60_solar_flare.py").write_text(SIXTH, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.incident.sixth_pattern", "solar_flare"],
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
    assert len(answers[texts]) == 9


def test_a_sixth_pattern_asks_for_its_prevention_in_the_postmortem(answers: dict[str, Any]) -> None:
    for text in (answers["postmortem"], answers["cards"]["postmortem"]):
        assert "The evidence fits the pattern Solar flare" in text
        assert "PREVENT the next flare" in text
        assert "a flare passes unnoticed" in text


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_published_names_are_those_of_the_files_in_the_runbooks_order() -> None:
    published = get_args(Cause.model_fields["pattern"].annotation)
    assert published == tuple(PATTERN_MODULES) == tuple(pattern.name for pattern in PATTERNS)
    assert published[:5] == (
        "deployment_regression",
        "third_party_failure",
        "data_corruption",
        "resource_exhaustion",
        "sdk_misconfiguration",
    )


def test_numbers_order_the_files_and_what_is_no_pattern_is_passed_over(tmp_path: Path) -> None:
    for name in ("p9_late.py", "p10_b.py", "p10_a.pyc", "__init__.py", "p1_x.py~", ".#p2_y.py", "p_z.py", "P3_q.py"):
        (tmp_path / name).touch()
    assert list(list_modules(tmp_path).items()) == [("late", "p9_late"), ("a", "p10_a"), ("b", "p10_b")]


def test_a_file_whose_object_has_another_name_is_refused_by_its_name() -> None:
    with pytest.raises(TypeError, match=r"p20_third_party_failure\.py must define PATTERN.*'first_party'"):
        catalog._load("first_party", "p20_third_party_failure")


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_has_words_for_everybody(pattern: CausePattern) -> None:
    assert pattern_named(pattern.name) is pattern
    for text in (pattern.title, pattern.signal, pattern.general_action):
        assert text[0].isupper() and text == text.strip()
    for text in (pattern.plain_action, pattern.plain_cause):
        assert text[0].islower() and not text.endswith(".")
    assert not pattern.signal.endswith(".") and pattern.general_action.endswith(".")


def counterweights() -> Iterator[Any]:
    for pattern in PATTERNS:
        for index, weight in enumerate(pattern.counterweights):
            yield pytest.param(pattern, weight, id=f"{pattern.name} {index}")


@pytest.mark.parametrize(("pattern", "weight"), list(counterweights()))
def test_a_counterweight_names_patterns_that_exist_and_its_own_among_them(pattern: CausePattern, weight: Any) -> None:
    assert {weight.strong, *weight.weakens} <= set(PATTERN_MODULES)
    assert pattern.name in (weight.strong, *weight.weakens)
    assert weight.strong not in weight.weakens
    assert weight.points < 0


def test_an_incident_without_a_sign_of_any_pattern_gets_the_actions_in_general_terms() -> None:
    nothing = read(incident())
    for name in ("deployment_regression", "third_party_failure", "resource_exhaustion"):
        pattern = pattern_named(name)
        assert not any(indicator.core for indicator in pattern.indicators(nothing))
        assert pattern.action(nothing) == pattern.general_action
