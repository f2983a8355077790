"""One question computes each part of the incident once: counted by wrapping the functions that compute them."""

import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from sentry_runbook.incident.metrics.prefix_sums import PrefixSums, prefix_sums
from tests.tools.contract import call
from tests.tools.support import connected

COMPUTED = {
    "event counts": "episode.event_counts.event_counts",
    "episode": "episode.episode.find_episode",
    "severity": "severity.rules.classify",
    "impact": "impact.count_impact",
    "causes": "causes.causes.find_causes",
    "recovery metrics": "recovery.metrics.measure",
    "recovery": "recovery.recovery.assess_recovery",
    "timeline": "timeline.timeline.make_timeline",
    "timeline rows": "timeline.rows.rows_of",
    "suspect release": "releases.suspect_release",
    "suspect rows": "severity.anomalies.suspect_rows",
    "traffic": "metrics.traffic.traffic_correlation",
    "share of project": "metrics.unhandled.share_of_project",
    "texts": "events.event_texts.all_texts",
    "failed calls": "events.external_calls.failed_calls",
    "gaps": "events.instrumentation.instrumentation_gaps",
}
ONLY_ON_DEMAND = {
    "checklist": "triage.checklist.checklist",
    "stage": "messages.status.stage_of",
    "five whys": "postmortem.five_whys.five_whys",
    "impact numbers": "postmortem.impact_numbers.impact_numbers",
    "action items": "postmortem.action_items.action_items",
}
"""Parts that a call computes at most once, and only when its text asks for them."""
EXPECTED = {
    "draft_update": {*COMPUTED, "stage"},
    "draft_postmortem": {*COMPUTED, "five whys", "impact numbers", "action items"},
    "triage_issue": {*COMPUTED, "checklist"} - {"recovery metrics", "recovery", "timeline", "timeline rows"},
}


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each part was computed, wherever the function is known by name."""
    counted: Counter[str] = Counter()
    # Whoever is imported later would keep the wrapped function for good.
    for module in ("messages.drafts", "triage.triage"):
        import_module(f"sentry_runbook.incident.{module}")
    for part, path in {**COMPUTED, **ONLY_ON_DEMAND}.items():
        module, _, name = f"sentry_runbook.incident.{path}".rpartition(".")
        function = getattr(import_module(module), name)
        wrapped = _counting(function, part, counted)
        for loaded in [each for key, each in sys.modules.items() if key.startswith("sentry_runbook.")]:
            if getattr(loaded, name, None) is function:
                monkeypatch.setattr(loaded, name, wrapped)
    return counted


def _counting(function: Callable[..., Any], part: str, counted: Counter[str]) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **named: Any) -> Any:
        counted[part] += 1
        return function(*arguments, **named)

    return wrapped


@pytest.mark.parametrize("tool", EXPECTED)
async def test_a_call_computes_each_part_of_the_incident_once(tool: str, counts: Counter[str]) -> None:
    async with connected("payment-spike") as connection:
        await connection.call(tool, **call(tool, "SHOP-1Z"))
    assert counts == dict.fromkeys(EXPECTED[tool], 1)


async def test_a_prompt_of_everything_computes_each_part_once(counts: Counter[str]) -> None:
    async with connected("payment-spike") as connection:
        await connection.client.get_prompt("triage", {"issue": "SHOP-1Z"})
    assert counts == dict.fromkeys({*COMPUTED, "checklist", "stage"}, 1)


async def test_a_triage_adds_up_each_series_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting and judging both bound the users; here not every event carries one, so events and users differ."""
    counted: Counter[str] = Counter()
    monkeypatch.setattr(PrefixSums, "__init__", _counting(PrefixSums.__init__, "sums", counted))
    prefix_sums.cache_clear()
    async with connected("sdk-misconfiguration") as connection:
        await connection.call("triage_issue", **call("triage_issue", "LANDING-4"))
    assert counted == {"sums": 2}
