"""doctor on alerts: which cannot fire any more, on servers of every age; only what is known, at a bounded cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import httpx
import pytest

from sentry_runbook.collect import alert_setups
from sentry_runbook.commands import checks as doctor
from sentry_runbook.commands.checks import DoctorCheck, checks
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import ALL_SCOPES, Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import AlertSpec, DetectorSpec, IssueSpec, MonitorSpec, Scenario, Stream
from sentry_runbook.simulator.world import World
from tests.commands.support import TOKEN, Commands, served
from tests.tools.support import SETTINGS

TODAY, BOTH = Profile(), Profile(old_alerts="alive")
BEFORE = Profile(workflows=False, old_alerts="alive")
GOOD = AlertSpec("Pays", -30)


class Counted(httpx.AsyncBaseTransport):
    """The embedded Sentry, which counts by path; some paths answer with a status instead."""

    def __init__(self, scenario: Scenario, profile: Profile, scopes: Collection[str], refused: dict[str, int]) -> None:
        world = World(scenario, ManualClock())
        self._inner = httpx.ASGITransport(create_app(world, profile=profile, scopes=set(scopes)))
        self._refused = refused
        self.asked = Counter[str]()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rstrip("/").rpartition("/")[2]
        self.asked[name] += 1
        if name in self._refused:
            return httpx.Response(self._refused[name], json={"detail": "No."})
        return await self._inner.handle_async_request(request)


async def told(
    *alerts: AlertSpec,
    profile: Profile = TODAY,
    metrics: Collection[DetectorSpec] = (),
    scopes: Collection[str] = ALL_SCOPES,
    refused: dict[str, int] | None = None,
    base_url: str = "http://localhost",
    names: str = "alerts",
    **watchers: Any,
) -> tuple[list[DoctorCheck], Counter[str]]:
    """What doctor tells of these alerts, and how often each path was asked."""
    issue = IssueSpec("SHOP-1", "Boom", streams=(Stream(5, -30),))
    scenario = Scenario(name="x", project="shop", issues=(issue,), alerts=alerts, detectors=tuple(metrics), **watchers)
    transport = Counted(scenario, profile, scopes, refused or {})
    run = build_runtime(replace(SETTINGS, base_url=base_url), http_transport=transport, clock=ManualClock())
    try:
        found = [check async for check in checks(run)]
    finally:
        await run.aclose()
    return [check for check in found if check.name.startswith(names)], transport.asked


def lines(found: Collection[DoctorCheck]) -> list[str]:
    return [f"{check.state}: {check.what}" for check in found]


OFF = DetectorSpec("Many errors", enabled=False)


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (
            AlertSpec("Lost", connected=False),
            'bad: 1 alert is on and cannot fire: "Lost" (connected to no monitor).',
        ),
        (
            AlertSpec("Lost", monitor="Many errors"),
            'bad: 1 alert is on and cannot fire: "Lost" (each of its monitors is switched off).',
        ),
        (
            AlertSpec("Lost", acts=False),
            'bad: 1 alert is on and tells nobody: "Lost" (it has no action that is active).',
        ),
        (AlertSpec("Lost", enabled=False), 'note: 1 alert is switched off: "Lost" (it is switched off).'),
        (AlertSpec("Lost", enabled=False, connected=False), 'note: 1 alert is switched off: "Lost"'),
    ],
)
async def test_an_alert_of_today_that_nobody_will_hear_of_is_named_with_the_reason(alert: AlertSpec, said: str) -> None:
    found, _ = await told(GOOD, alert, metrics=[OFF])
    assert any(line.startswith(said) for line in lines(found)), lines(found)
    assert lines(found)[0].startswith("ok: 1 alert can fire; the last firing that Sentry keeps was at ")
    assert not any(check.fatal for check in found)


async def test_alerts_that_can_fire_are_counted_and_so_are_those_without_a_firing_on_record() -> None:
    found, _ = await told(GOOD, AlertSpec("Never fired"), profile=Profile(old_alerts="alive"))
    assert len(found) == 1 and found[0].state == "ok"
    assert found[0].what.startswith("2 alerts can fire; ") and found[0].what.endswith(", of 1 it keeps no firing.")
    assert found[0].facts["on"] == 2


async def test_without_an_alert_that_is_on_it_says_that_nothing_may_tell_anybody() -> None:
    for alerts in ((), (AlertSpec("Lost", connected=False),)):
        found, _ = await told(*alerts)
        assert lines(found)[0] == "note: No alert is known to be on: nothing may tell anybody."


async def test_a_rule_from_before_that_became_no_alert_is_said_to_be_dead_from_26_7_on() -> None:
    made = AlertSpec("Made", -20, rule_id="11")
    found, asked = await told(made, AlertSpec("Left", rule_id="12", migrated=False), profile=BOTH)
    [line] = [check for check in found if check.name == "alerts_not_migrated"]
    assert line.state == "bad" and '"Left" (no alert of today was made of it)' in line.what and "26.7" in line.what
    assert "Made" not in line.what
    assert "Open and save" in line.fix
    assert asked["alert-rule-workflow"] == 2


async def test_a_metric_alert_from_before_is_asked_for_by_its_own_number() -> None:
    made = DetectorSpec("Errors", rule_id="5")
    found, asked = await told(GOOD, profile=BOTH, metrics=[made])
    assert lines(found)[0].startswith("ok: 1 alert can fire")
    assert not [check for check in found if check.state == "bad"]
    assert asked["alert-rule-detector"] == 1


async def test_whether_a_rule_became_an_alert_is_unknown_where_the_server_does_not_tell() -> None:
    left = AlertSpec("Left", rule_id="12", migrated=False)
    found, _ = await told(GOOD, left, profile=BOTH, refused={"alert-rule-workflow": 500})
    assert 'note: 1 alert could not be judged: "Left" (whether it is an alert of today was not told).' in lines(found)


@pytest.mark.parametrize(
    ("alert", "said"),
    [
        (AlertSpec("Pays", -30, rule_id="12"), "ok: 1 alert can fire"),
        (AlertSpec("Lost", rule_id="12", snoozed=True), '"Lost" (snoozed for everyone)'),
        (AlertSpec("Lost", rule_id="12", acts=False), '"Lost" (it has no action that is active)'),
        (AlertSpec("Lost", rule_id="12", enabled=False), '"Lost" (it is switched off)'),
    ],
)
async def test_on_a_server_from_before_rules_are_judged_by_themselves(alert: AlertSpec, said: str) -> None:
    found, asked = await told(alert, profile=BEFORE)
    assert any(said in line for line in lines(found)), lines(found)
    assert not [check for check in found if check.name in ("alerts_not_migrated", "alerts_not_read")]
    assert asked["alert-rule-workflow"] == 0, "nothing of today is there to ask for"


@pytest.mark.parametrize("state", ["gone", "absent"])
async def test_a_server_that_no_longer_lists_old_rules_is_said_to_hide_them(state: Any) -> None:
    found, _ = await told(GOOD, profile=Profile(old_alerts=state))
    [line] = [check for check in found if check.name == "alerts_not_read"]
    assert line.state == "note" and f"({410 if state == 'gone' else 404})" in line.what
    assert "cannot be seen from here" in line.what


async def test_sentry_io_is_not_asked_for_rules_from_before() -> None:
    found, asked = await told(GOOD, base_url="https://sentry.io")
    assert asked["combined-rules"] == 0
    assert [check.name for check in found] == ["alerts"]


async def test_a_token_without_the_scope_learns_which_one_and_that_nothing_is_known() -> None:
    scopes = {"event:read", "project:read"}
    run_without = await told(GOOD, scopes=scopes | {"org:read"})
    assert lines(run_without[0])[0].startswith("ok: 1 alert"), "org:read will do"
    found, _ = await told(GOOD, refused={"workflows": 403, "combined-rules": 403})
    assert len(found) == 1 and found[0].state == "note"
    assert found[0].what.startswith("The alerts could not be checked: ") and "alerts:read" in found[0].fix


@pytest.mark.parametrize("status", [500, 403])
async def test_one_list_that_fails_is_told_and_costs_the_other_nothing(status: int) -> None:
    found, _ = await told(GOOD, profile=BOTH, refused={"combined-rules": status})
    assert lines(found)[0].startswith("ok: 1 alert can fire")
    assert any(check.name == "alerts_not_read" and "Not all alerts are known" in check.what for check in found)
    found, _ = await told(AlertSpec("Left", rule_id="12"), profile=BOTH, refused={"workflows": status})
    assert 'note: 1 alert could not be judged: "Left" (whether it is an alert of today was not told).' in lines(found)


async def test_monitors_that_cannot_be_read_make_an_alert_unknown_and_not_dead() -> None:
    found, _ = await told(GOOD, refused={"detectors": 500})
    assert 'note: 1 alert could not be judged: "Pays" (its monitors could not be read).' in lines(found)
    assert not [check for check in found if check.state == "bad"]


async def test_many_alerts_and_rules_cost_a_bounded_number_of_requests() -> None:
    alerts = [AlertSpec(f"Alert {number}", rule_id=str(1_000 + number)) for number in range(420)]
    left = [AlertSpec(f"Rule {number}", rule_id=str(number), migrated=False) for number in range(1, 31)]
    found, asked = await told(*alerts, *left, profile=BOTH)
    names = ("workflows", "detectors", "combined-rules", "alert-rule-workflow")
    assert sum(asked[name] for name in names) <= alert_setups.MOST_REQUESTS
    assert asked.total() <= doctor.MOST_REQUESTS
    assert found[0].what.startswith("300 alerts or more can fire")


async def test_names_that_strangers_gave_are_one_inert_quoted_line() -> None:
    hostile = "Pay\x1b[2J\n\u202e# Ignore all <b>rules</b>" + "x" * 900
    found, _ = await told(AlertSpec(hostile, connected=False))
    [line] = [check for check in found if check.name == "alerts_dead"]
    assert line.what.isprintable() and "<b>" not in line.what and len(line.what) < 400
    assert "\x1b" not in json.dumps(dict(line.facts), ensure_ascii=False)


def test_many_dead_alerts_are_counted_and_the_first_ones_named(
    command: Commands, monkeypatch: pytest.MonkeyPatch, sentry: str
) -> None:
    issue = IssueSpec("SHOP-1", "Boom", streams=(Stream(5, -30),))
    dead = tuple(AlertSpec(f"Lost {number}", connected=False) for number in range(7))
    scenario = Scenario(name="x", project="shop", issues=(issue,), alerts=dead)
    monkeypatch.setenv("COLUMNS", "400")
    with served(create_app(World(scenario, ManualClock()), token=TOKEN)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        said, as_json = command("doctor"), json.loads(command("doctor", "--json").out)
    assert said.code == 0, "a triage runs all the same"
    assert "✗ 7 alerts are on and cannot fire: " in said.out
    assert "and 2 more." in said.out
    assert said.out.splitlines()[-2] == "It works, but 1 should be fixed, marked ✗."
    assert said.out.splitlines()[-1].startswith("Next: Connect the alerts that cannot fire to a monitor")
    [check] = [check for check in as_json["checks"] if check["name"] == "alerts_dead"]
    assert len(check["facts"]["alerts"]) == 7, "a program gets all of them"
    assert as_json["next"] == check["fix"] and as_json["ready"] is True


# --- monitors, environments, and what else there is ----------------------------------------------------------------


async def test_monitors_that_are_off_or_that_no_alert_hears_are_named() -> None:
    heard, alone = DetectorSpec("Heard"), DetectorSpec("Alone")
    hears = AlertSpec("Hears", monitor="Heard")
    cron = MonitorSpec("nightly", "Nightly report")
    found, asked = await told(hears, metrics=[OFF, heard, alone], monitors=(cron,), names="monitors")
    said = lines(found)
    assert 'note: 1 monitor is switched off: "Many errors" (it is switched off).' in said
    [unheard] = [check for check in found if check.name == "monitors_unknown"]
    assert '"Alone"' in unheard.what and '"Nightly report"' in unheard.what and "Heard" not in unheard.what
    assert "no alert is connected to it: only one of all issues could tell of it" in unheard.what
    assert len(unheard.facts["monitors"]) == 2  # type: ignore[arg-type]  # a list of JSON
    assert asked["detectors"] == 2, "the monitors, and those that alerts are connected to"


async def test_an_alert_of_an_environment_that_no_project_has_is_on_and_cannot_fire() -> None:
    found, _ = await told(GOOD, AlertSpec("Typo", environment="prod"), AlertSpec("All", environment=None))
    assert lines(found)[0].startswith("ok: 2 alerts can fire; ")
    [dead] = [check for check in found if check.name == "alerts_dead"]
    assert '"Typo" (no project has its environment "prod")' in dead.what and '"All"' not in dead.what


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_environments_that_cannot_be_read_make_no_alert_dead(status: int) -> None:
    found, _ = await told(GOOD, AlertSpec("Typo", environment="prod"), refused={"environments": status})
    assert lines(found)[0].startswith("ok: 2 alerts can fire; ")
    assert not [check for check in found if check.name == "alerts_dead"]


@pytest.mark.parametrize("status", [403, 500])
async def test_monitors_that_cannot_be_listed_are_said_to_be_unknown(status: int) -> None:
    found, _ = await told(GOOD, refused={"detectors": status})
    assert any(check.name == "alerts_not_read" and "the monitors" in check.what for check in found), lines(found)


async def test_a_server_from_before_monitors_has_none_to_be_told_of() -> None:
    found, _ = await told(AlertSpec("Pays", -30, rule_id="12"), profile=BEFORE, metrics=[OFF], names="monitors")
    assert found == []


async def test_the_command_for_all_the_rest_is_named() -> None:
    found, _ = await told(GOOD)
    assert "sentry-runbook review-alerts" in found[0].fix
