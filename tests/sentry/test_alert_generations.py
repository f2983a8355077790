"""One metric monitor as the embedded Sentry shows it in both generations has one condition, and all rows are read."""

from __future__ import annotations

from typing import Any

import pytest

from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.alert_form import form_of_row
from sentry_runbook.incident.model.evidence.lenient import read_all
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.simulator.app import Profile
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, MonitorSpec, UptimeSpec
from tests.simulator.asking import Asked
from tests.simulator.test_alert_conditions import shop

BOTH = Profile(old_alerts="alive")
SPECS = {
    "plain": DetectorSpec("Errors", id="41", rule_id="5"),
    "warning": DetectorSpec("Errors", id="41", rule_id="5", triggers=(("critical", 80.0), ("warning", 20.0))),
    "below": DetectorSpec("Errors", id="41", rule_id="5", above=3, threshold_type=1, window=60),
    "resolve": DetectorSpec("Errors", id="41", rule_id="5", resolve_threshold=10, window=1440),
    "other_data": DetectorSpec(
        "Slow", id="41", rule_id="5", aggregate="failure_rate()", dataset="transactions", query="transaction:pay"
    ),
    "environment": DetectorSpec("Errors", id="41", rule_id="5", environment="production", query='a:"b c"'),
}


async def definitions(sentry: Asked, path: str) -> tuple[AlertDefinition, ...]:
    """All alerts of a list, without the default monitors."""
    return read_all(AlertDefinition, [row for row in await sentry.read(path) if form_of_row(row)], Sanitizer())


@pytest.mark.parametrize("name", SPECS)
async def test_a_metric_has_one_condition_in_both_generations(name: str) -> None:
    sentry = Asked(shop(detectors=(SPECS[name],)), profile=BOTH)
    (of_today,) = await definitions(sentry, "detectors/")
    (of_before,) = await definitions(sentry, "alert-rules/")
    assert (of_today.form, of_before.form) == ("metric_monitor", "metric_rule")
    assert of_today.metric is not None and of_today.metric == of_before.metric
    assert of_today.metric.raw_query == of_before.metric.raw_query
    assert of_today.raw_environment == of_before.raw_environment == SPECS[name].environment


async def test_percent_differs_in_the_step_alone_which_today_s_row_does_not_tell() -> None:
    spec = DetectorSpec("Rise", id="41", rule_id="5", above=150, comparison_delta=86_400, detection_type="percent")
    sentry = Asked(shop(detectors=(spec,)), profile=BOTH)
    ((of_today,), (of_before,)) = await definitions(sentry, "detectors/"), await definitions(sentry, "alert-rules/")
    assert of_today.metric is not None and of_before.metric is not None
    assert of_today.metric == of_before.metric.model_copy(update={"step_s": of_today.metric.step_s})
    assert of_before.metric.step_s == 2 * of_today.metric.step_s


async def test_every_row_of_every_list_is_read_in_its_form() -> None:
    watched: dict[str, Any] = {"monitors": (MonitorSpec("nightly"),), "uptime": (UptimeSpec("Up"),)}
    alerts = (AlertSpec("Pay", rule_id="12"),)
    sentry = Asked(shop(alerts=alerts, detectors=(SPECS["plain"],), **watched), profile=BOTH)
    (alert,) = await definitions(sentry, "workflows/")
    assert alert.form == "workflow" and alert.triggers is not None and alert.filters
    monitors = await definitions(sentry, "detectors/")
    assert sorted(monitor.form for monitor in monitors) == ["cron", "metric_monitor", "uptime"]
    combined = await definitions(sentry, "combined-rules/")
    assert {row.form for row in combined} >= {"rule", "metric_rule"}
    assert all(row.words for row in (*monitors, *combined) if row.form in ("cron", "uptime"))
