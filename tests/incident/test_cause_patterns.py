"""The table of cause patterns is complete and consistent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from sentry_runbook.incident.causes import catalog
from sentry_runbook.incident.causes.catalog import PATTERNS, pattern_named
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.model.cause_patterns import PATTERN_MODULES, list_modules
from sentry_runbook.incident.model.results.triage import Cause
from tests.incident.builder import incident, read


def test_the_published_names_are_those_of_the_files_in_the_runbooks_order() -> None:
    published = get_args(Cause.model_fields["pattern"].annotation)
    assert published == tuple(PATTERN_MODULES) == tuple(pattern.name for pattern in PATTERNS)
    # The runbook's five in its order; what came later stands between them.
    the_runbooks = (
        "deployment_regression",
        "third_party_failure",
        "data_corruption",
        "resource_exhaustion",
        "sdk_misconfiguration",
    )
    assert tuple(name for name in published if name in the_runbooks) == the_runbooks
    assert {"configuration_change", "dependency_failure", "hostile_traffic"} < set(published)


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
    for name in (
        "deployment_regression",
        "configuration_change",
        "third_party_failure",
        "resource_exhaustion",
        "dependency_failure",
        "hostile_traffic",
    ):
        pattern = pattern_named(name)
        assert not any(indicator.core for indicator in pattern.indicators(nothing))
        assert pattern.action(nothing) == pattern.general_action
