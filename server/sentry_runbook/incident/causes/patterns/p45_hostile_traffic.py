"""Hostile traffic: an injection, a scan for weaknesses, stolen passwords that are tried.

An injection that the database read is a security incident: it is said first, nothing is archived, and nothing is
published before security says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.events.attacks import Attack, senders
from sentry_runbook.incident.formatting import count
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import quoted

REACHED = "An injection reached the database: this is a security incident."
KIND_NAMES = {"sql": "SQL", "injection": "an injection (command, template, lookup or path)"}
SEVERAL_PROBES = 2


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """Each sign of an attack, then whether few senders stand behind it."""
    attacks = incident.attacks
    for attack in attacks:
        yield from _of_attack(attack)
    if attacks:
        yield from _senders(incident)


def _of_attack(attack: Attack) -> Iterator[Indicator]:
    if attack.kind == "scan":
        yield _scan(attack)
    elif attack.kind == "logins":
        yield _logins(attack)
    elif attack.text is not None:
        shown, what = excerpt(attack.text, attack.found_by), KIND_NAMES[attack.kind]
        if attack.reached:
            said = "The request carries it" if attack.sent else "Its error quotes an attacker's SQL"
            yield Indicator("reached", 6, f"{REACHED} {said}: {shown}.", core=True)
        elif attack.sent:
            yield Indicator("request", 5, f"The request carries {what} as attackers write it: {shown}.", core=True)
        else:
            yield Indicator("exception", 3, f"The event holds {what} as attackers write it: {shown}.", core=True)


def _scan(attack: Attack) -> Indicator:
    if attack.text is None:
        text = f"Few senders asked for {attack.paths} different addresses that are not there."
        return Indicator("scan", 4, text, core=True)
    several = attack.paths >= SEVERAL_PROBES
    more = f", one of {attack.paths} such addresses" if several else ""
    shown = excerpt(attack.text, attack.found_by)
    return Indicator("scan", 4 if several else 3, f"Scanners ask for addresses like {shown}{more}.", core=True)


def _logins(attack: Attack) -> Indicator:
    rows, users, addresses = attack.logins or (0, 0, 0)
    where = "one address" if addresses == 1 else f"{addresses} addresses"
    text = f"{count(rows, 'refused login')} of {count(users, 'user')} came from {where}."
    return Indicator("logins", 4, text, core=True)


def _senders(incident: Measurements) -> Iterator[Indicator]:
    known = senders(incident.evidence)
    if known.are_few:
        where = "one address" if known.addresses == 1 else f"{known.addresses} addresses"
        yield Indicator("senders", 2, f"All {known.rows} events with an address came from {where}.")


NO_DRAFT = "No public draft before security says so."
KEEP = "Keep the evidence (events, access logs, addresses); do not archive or resolve it before security saw it."


def action(incident: Measurements) -> str:
    """Security first where the database was reached; else block at the edge."""
    where = _where(incident)
    if incident.security_incident:
        return (
            f"Call security now: an injection reached the database{where}. Close it or block it at the edge, "
            f"bind its parameters, find out what was read or changed. {KEEP} {NO_DRAFT}"
        )
    if any(attack.kind == "logins" for attack in incident.attacks):
        return (
            f"Call security: passwords are being tried{where}. Limit logins by address and by account at the edge, "
            f"lock the accounts that were opened. {KEEP}"
        )
    return _block(where)


def _block(where: str) -> str:
    return f"Call security, and block the senders at the edge (WAF, rate limit){where}. {KEEP}"


def _where(incident: Measurements) -> str:
    event = next(iter(incident.events_read), None)
    return f" at {quoted(event.transaction)}" if event is not None and event.transaction else ""


def prevention(incident: Measurements) -> Prevention:
    """The hole is closed where there was one; else the edge stops it."""
    if incident.security_incident:
        return Prevention(
            f"Bind every parameter of the SQL{_where(incident)}, and give the application the least rights",
            "a test that sends the injection gets an answer without an error of the database",
        )
    return Prevention(
        "Add a rule at the edge that stops such requests, and an alert for their number",
        "a trial request of that form is stopped at the edge and no event reaches Sentry",
    )


PATTERN = CausePattern(
    name="hostile_traffic",
    title="Hostile traffic",
    signal="Requests carry injections, ask for known weaknesses, or try many logins from few addresses",
    indicators=indicators,
    action=action,
    general_action=_block(""),
    plain_action="let security look at it and block the senders",
    plain_cause="hostile requests",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="hostile_traffic",
            from_points=4,
            weakens=(
                "deployment_regression",
                "configuration_change",
                "data_corruption",
                "resource_exhaustion",
                "dependency_failure",
            ),
            points=-3,
            text="The requests are hostile: what they break is no fault of a release, of data or of load.",
        ),
    ),
)
