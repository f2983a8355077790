"""How a run of the conformance suite is read, and what the baselines may hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.client import ROOT
from tests.hosts.conformance import REVISIONS, baseline, score
from tests.hosts.install import NotInstalled

SHARED = ROOT.parent / "shared" / "reference"
SAID = """
Total: 46 passed, 22 failed

Expected failures (in baseline):
  ~ tools-call-image
"""
AGAINST = """
Stale baseline entries (now passing - remove from baseline):
  ✓ ping

Unexpected failures (not in baseline):
  ✗ tools-list
"""


def test_a_score_is_good_when_exactly_the_baseline_failed() -> None:
    good = score("2025-11-25", 0, SAID)
    assert (good.passed, good.failed, good.good, good.beyond) == (46, 22, True, ())
    assert good.line() == "2025-11-25: checks 46 passed, 22 failed; as the baseline says"


def test_what_is_not_as_the_baseline_says_is_named() -> None:
    bad = score("2025-11-25", 1, SAID + AGAINST)
    assert (bad.good, bad.beyond) == (False, ("ping", "tools-list"))
    assert bad.line().endswith("against the baseline: ping, tools-list")


def test_a_suite_that_did_not_run_is_no_score() -> None:
    with pytest.raises(NotInstalled, match=r"the suite did not run: TypeError: fs\.globSync is not a function"):
        score("2025-11-25", 1, "at Object\nTypeError: fs.globSync is not a function\n")


def test_a_scenario_of_an_extension_names_the_checks_that_failed() -> None:
    said = "T [sep-2640-a   ] SUCCESS …\nT [sep-2640-b-c ] FAILURE …\n\nPassed: 31/32, 1 failed, 0 warnings\n"
    bad = score("sep-2640-skills-manifest", 1, said)
    assert (bad.passed, bad.failed, bad.good, bad.beyond) == (31, 1, False, ("sep-2640-b-c",))


def entries(path: Path) -> set[str]:
    return {line.strip()[2:] for line in path.read_text().splitlines() if line.startswith("  - ")}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_baseline_forgives_nothing_but_what_asks_for_the_suites_own_tools(revision: str) -> None:
    ours = entries(baseline(revision))
    asked = (
        "tools-call",
        "resources-",
        "prompts-get",
        "input-required",
        "elicitation-",
        "json-schema",
        "logging",
        "http-",
    )
    others = {"server-sse-polling"} | {entry for entry in ours if entry.startswith("server-stateless:sep-2575-")}
    assert ours
    assert {entry for entry in ours if not entry.startswith(asked)} <= others
    shared = SHARED / f"conformance-baseline-{revision}.yml"
    if shared.exists():
        assert ours <= entries(shared)
