"""The check of alerts and monitors: which cannot fire any more, since Sentry's change of 2026 or by their set-up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sentry_runbook.collect.alert_setups import BEFORE_2026, AlertSetups, read_alert_setups
from sentry_runbook.commands.doctor_check import CheckState, DoctorCheck
from sentry_runbook.errors import SentryError
from sentry_runbook.incident.alerts.state import AlertState, AlertVerdict
from sentry_runbook.incident.formatting import moment
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.alert_setup import MONITOR_FORMS
from sentry_runbook.runtime import Runtime
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING

MOST_NAMED = 5


@dataclass(frozen=True)
class AlertLine:
    """How the alerts of one verdict are told.

    Attributes:
        state: of the line.
        one: the sentence's middle for one alert; ``many`` for several.
        fix: what to do.
    """

    state: CheckState
    one: str
    many: str
    fix: str = ""


FINDINGS: Mapping[AlertVerdict, AlertLine] = {
    "dead": AlertLine(
        "bad",
        "alert is on and cannot fire",
        "alerts are on and cannot fire",
        "Connect the alerts that cannot fire to a monitor that is on (Sentry → Alerts), or delete them.",
    ),
    "not_migrated": AlertLine(
        "bad",
        "rule from before 2026 is no alert of today; Sentry 26.7 and later no longer looks at it",
        "rules from before 2026 are no alerts of today; Sentry 26.7 and later no longer looks at them",
        "Open and save the rules from before 2026 in Sentry, which makes alerts of them, or make them anew.",
    ),
    "mute": AlertLine(
        "bad",
        "alert is on and tells nobody",
        "alerts are on and tell nobody",
        "Give the alerts that tell nobody an action (Sentry → Alerts), or end their snooze.",
    ),
    "off": AlertLine("note", "alert is switched off", "alerts are switched off"),
    "unknown": AlertLine("note", "alert could not be judged", "alerts could not be judged"),
}
"""In the order of their lines."""
MONITOR_FINDINGS: Mapping[AlertVerdict, AlertLine] = {
    "mute": AlertLine(
        "bad",
        "monitor is on and tells nobody",
        "monitors are on and tell nobody",
        "End the mute of the monitors that tell nobody (Sentry → Monitors), or delete them.",
    ),
    "off": AlertLine("note", "monitor is switched off", "monitors are switched off"),
    "unknown": AlertLine(
        "note",
        "monitor may tell nobody",
        "monitors may tell nobody",
        "Connect the monitors to an alert (Sentry → Monitors), or see that an alert hears all issues.",
    ),
}
"""The same of metric monitors, cron monitors and uptime checks."""
REVIEW = "'sentry-runbook review-alerts' tells which of them do their work: noisy, late, what none of them caught."


async def alert_checks(run: Runtime) -> AsyncIterator[DoctorCheck]:
    """What is known of the alerts; never fatal: a triage needs none."""
    try:
        async with run.client().call(run.settings.limits.call_s):
            found = await read_alert_setups(run)
    except SentryError as exc:
        yield DoctorCheck("note", f"The alerts could not be checked: {exc.what}", exc.fix, name="alerts")
        return
    yield _summary(found)
    for states, what, findings in (
        (found.states, "alerts", FINDINGS),
        (found.monitors, "monitors", MONITOR_FINDINGS),
    ):
        for check in _findings(states, what, findings):
            yield check
    for check in _not_seen(found):
        yield check


def _findings(
    states: Sequence[AlertState], what: str, findings: Mapping[AlertVerdict, AlertLine]
) -> Iterator[DoctorCheck]:
    for verdict, finding in findings.items():
        found = [state for state in states if state.verdict == verdict]
        if found:
            words = f"{len(found)} {finding.one if len(found) == 1 else finding.many}: {_named(found)}."
            yield DoctorCheck(finding.state, words, finding.fix, name=f"{what}_{verdict}", facts=_facts(found, what))


def _summary(found: AlertSetups) -> DoctorCheck:
    on = [state for state in found.states if state.verdict == "on"]
    fired = [state.alert.last_triggered for state in on if state.alert.last_triggered]
    facts = {"on": len(on), **({"last_fired": max(fired).isoformat()} if fired else {})}
    if not on:
        return DoctorCheck("note", "No alert is known to be on: nothing may tell anybody.", name="alerts", facts=facts)
    number = f"{len(on)} alert{'s' * (len(on) > 1)}{' or more' * found.has_more}"
    return DoctorCheck(
        "ok",
        f"{number} can fire; {_last(fired, len(on))}.",
        REVIEW,
        name="alerts",
        facts=facts,
    )


def _last(fired: Sequence[datetime], on: int) -> str:
    """When one of them fired last, and of how many Sentry keeps no firing: it may never have come to one."""
    if not fired:
        return "Sentry keeps no firing of " + ("it" if on == 1 else "any")
    silent = f", of {on - len(fired)} it keeps no firing" if len(fired) < on else ""
    return f"the last firing that Sentry keeps was at {moment(max(fired))}{silent}"


def _named(states: Sequence[AlertState]) -> str:
    shown = [f"{_name(state)} ({state.why})" for state in states[:MOST_NAMED]]
    more = len(states) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _name(state: AlertState) -> str:
    sort = "monitor" if state.alert.form in MONITOR_FORMS else "alert"
    return quoted(state.alert.name) if state.alert.name else f"{sort} {state.alert.id}"


def _facts(states: Sequence[AlertState], what: str) -> dict[str, object]:
    return {
        what: [
            {
                "id": state.alert.id,
                "form": state.alert.form,
                **({"name": state.alert.name} if state.alert.name else {}),
                "why": state.why,
                **({"last_fired": at.isoformat()} if (at := state.alert.last_triggered) else {}),
            }
            for state in states
        ]
    }


def _not_seen(found: AlertSetups) -> Iterator[DoctorCheck]:
    """What of the alerts is not known, where something is missing that may be there."""
    for what, error in (found.unread or {}).items():
        if not isinstance(error, ENDPOINT_MISSING):
            yield DoctorCheck("note", f"Not all alerts are known: {error.what}", error.fix, name="alerts_not_read")
        elif what == BEFORE_2026:
            yield DoctorCheck(
                "note",
                f"This server no longer lists rules from before 2026 ({error.status or 'no such endpoint'}): one that "
                "did not become an alert does not fire, and cannot be seen from here.",
                "Compare the alerts in Sentry with those that you expect.",
                name="alerts_not_read",
            )
