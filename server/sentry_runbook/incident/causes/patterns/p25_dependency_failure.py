"""Dependency failure: a service, database, cache, certificate or key of the project's own fails.

Of a vendor's service our key is ours, too: a vendor that answers 401 works. What only ran out (a pool, connections,
locks, a disk) is resource exhaustion first: the dependency is named there, and the relief is that pattern's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sentry_runbook.incident.causes.failed_call_indicators import (
    call_indicators,
    cut_retries,
    error_of_the_call,
    order_of_the_calls,
)
from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.events.dependency import FailedDependency, Trouble
from sentry_runbook.incident.formatting import between
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.breadcrumb import NO_ANSWER
from sentry_runbook.incident.model.results.explanation import DependencyKind

RAN_OUT: tuple[Trouble, ...] = ("no_connections", "locked")
"""What resource exhaustion explains: here it is said, and weighs little."""
NAMED_POINTS = 4
EXPIRED_POINTS = 7
"""No deploy makes a certificate old, however well its time fits."""
FULL_CACHE_POINTS = 6
"""More than an exhausted memory has: it is the cache's memory, and not the application's."""
DEVICE_POINTS = 1
"""A device that gets no answer may have lost its own network."""


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """What the error says of a dependency of our own, and the failed calls to it."""
    dependency = incident.failed_dependency
    if dependency is None or not dependency.result.internal:
        return
    if dependency.text is not None:
        yield _error(incident, dependency, dependency.text)
    if dependency.calls is not None and dependency.trouble != "key":
        yield from _calls(incident, dependency)
    elif dependency.calls is not None:
        yield _refused(dependency)


def _error(incident: Measurements, dependency: FailedDependency, text: str) -> Indicator:
    shown = excerpt(text, dependency.found_by)
    what, since = SAYS[dependency.trouble], _since(incident)
    sentence = f"The error says that {what.format(name=quoted(dependency.result.name))}: {shown}{since}."
    return Indicator("exception", _points(dependency), sentence, core=True)


def _points(dependency: FailedDependency) -> int:
    kind, trouble = dependency.result.kind, dependency.trouble
    if trouble in RAN_OUT or (kind == "storage" and trouble == "full"):
        return 2
    if kind == "cache" and trouble == "full":
        return FULL_CACHE_POINTS
    if trouble == "expired":
        return EXPIRED_POINTS
    if dependency.from_device and kind in ("http", "dns"):
        return DEVICE_POINTS
    return NAMED_POINTS


def _calls(incident: Measurements, dependency: FailedDependency) -> Iterator[Indicator]:
    calls = dependency.calls
    if calls is None:
        return
    if dependency.from_device and calls.statuses == (NO_ANSWER,):
        text = f"{quoted(calls.host)} gives the device no answer, which may be the user's own network."
        # The text of the error and the missing answer are one observation.
        yield Indicator("breadcrumbs", DEVICE_POINTS if dependency.text is None else 0, text, core=True)
        return
    yield from call_indicators(calls)
    if dependency.text is None:
        yield from error_of_the_call(incident, calls)
    yield from order_of_the_calls(calls)


def _refused(dependency: FailedDependency) -> Indicator:
    calls = dependency.calls
    host, answers = (quoted(calls.host), ", ".join(calls.statuses)) if calls is not None else ("", "")
    text = f"{host} answers {answers}: it works, and does not accept our key or its permission."
    return Indicator("statuses", NAMED_POINTS if dependency.text is None else 2, text, core=True)


def _since(incident: Measurements) -> str:
    """``; the errors began between 14:10 and 14:12 UTC``: a time, no cause; empty where it is not known."""
    start = incident.apparent_start
    return "" if start is None else f"; the errors began {between(start.earliest, start.latest)} UTC"


SAYS: Mapping[Trouble, str] = {
    "client_certificate": "the other side refuses our own certificate ({name})",
    "expired": "the TLS certificate of {name} has expired",
    "not_yet_valid": "the TLS certificate of {name} is not yet valid, or the clock is slow",
    "other_name": "the TLS certificate of {name} is for another name",
    "untrusted": "the TLS certificate of {name} is not trusted",
    "unresolved": "DNS does not give the address of {name}",
    "key": "{name} does not accept our key, password or permission",
    "too_long": "what we send to {name} is longer than it takes",
    "limited": "{name} turns calls away",
    "full": "{name} takes no more writes",
    "starting": "{name} is loading its data",
    "read_only": "{name} takes no writes",
    "no_connections": "{name} has no connection left",
    "locked": "{name} has locks or statements that time out",
    "no_bucket": "{name} does not know the bucket",
    "down": "{name} does not serve us",
}


# --- what to do ----------------------------------------------------------------------------------------------------

CALL_OWNER = "Call the owner of that service."


def action(incident: Measurements) -> str:
    """The repair by trouble and kind, without what the evidence shows to be there already, and whom to call."""
    dependency = incident.failed_dependency
    if dependency is None:
        return GENERAL
    name = quoted(dependency.result.name)
    by_trouble = BY_TROUBLE.get(dependency.trouble)
    repair = by_trouble(dependency, name) if by_trouble is not None else BY_KIND[dependency.result.kind].format(name)
    return f"{cut_retries(incident)}{repair}"


def _renew(dependency: FailedDependency, name: str) -> str:
    ended = f" (it ended {quoted(dependency.expired_at)})" if dependency.expired_at else ""
    return (
        f"Renew the TLS certificate of {name}{ended} and reload what serves it; do not switch the check off, and "
        f"do not retry. {CALL_OWNER}"
    )


def _full(dependency: FailedDependency, name: str) -> str:
    if dependency.result.kind == "cache":
        return (
            f"Free memory in {name}: raise its limit or set an eviction policy, and look for keys without end. "
            f"{CALL_OWNER}"
        )
    return f"Free or add space for {name}, and look for what fills it. {CALL_OWNER}"


def _read_only(dependency: FailedDependency, name: str) -> str:
    return (
        f"Point the writes at the primary of {name}: a fail-over is under way, or the address is a replica's. "
        f"{CALL_OWNER}"
    )


def _own_certificate(dependency: FailedDependency, name: str) -> str:
    return f"Renew our own client certificate for {name} and load it; do not retry. Its owner is the team that calls."


BY_TROUBLE: Mapping[Trouble, Callable[[FailedDependency, str], str]] = {
    "client_certificate": _own_certificate,
    "expired": _renew,
    "not_yet_valid": lambda _, name: (
        f"Compare the clock of the machine with UTC, then the certificate of {name}: one of them is ahead. {CALL_OWNER}"
    ),
    "other_name": lambda _, name: (
        f"Give {name} a certificate with its name, or call it by the name that it has; do not switch the check off. "
        f"{CALL_OWNER}"
    ),
    "untrusted": lambda _, name: (
        f"Send the whole chain from {name}, or trust its authority in this image; do not switch the check off. "
        f"{CALL_OWNER}"
    ),
    "unresolved": lambda _, name: (
        f"Fix the name {name}: its DNS record, the service behind it, or the setting that holds it. {CALL_OWNER}"
    ),
    "key": lambda _, name: (
        f"Renew or rotate our key for {name} and check its permission and the place where it is stored; the service "
        "works. Call the owner of that key."
    ),
    "too_long": lambda _, name: f"Send less to {name}: cut or summarize the input, count its tokens before the call.",
    "full": _full,
    "starting": lambda _, name: (
        f"Wait until {name} has loaded its data, serve without it until then, and see why it restarted. {CALL_OWNER}"
    ),
    "read_only": _read_only,
    "no_connections": lambda _, name: (
        f"Raise the pool of {name} within the server's limit, or find what keeps its connections. {CALL_OWNER}"
    ),
    "locked": lambda _, name: f"Find the long transactions on {name} and end them. {CALL_OWNER}",
    "no_bucket": lambda _, name: f"Correct the bucket that the setting for {name} names, or create it. {CALL_OWNER}",
}
BY_KIND: Mapping[DependencyKind, str] = {
    "http": f"Bring {{}} back: see its own errors and last change, restart, scale or roll it back. {CALL_OWNER}",
    "database": f"Bring {{}} back: see whether it runs and takes connections, restart or fail over. {CALL_OWNER}",
    "cache": f"Bring {{}} back: restart or fail over; serve without the cache until then. {CALL_OWNER}",
    "queue": f"Bring {{}} back: see its brokers, restart or fail over; keep what could not be sent. {CALL_OWNER}",
    "dns": f"Fix the name {{}}. {CALL_OWNER}",
    "tls": f"Repair the TLS certificate of {{}}. {CALL_OWNER}",
    "auth": "Renew our key for {}. Call the owner of that key.",
    "model": f"Bring {{}} back or use another model. {CALL_OWNER}",
    "storage": f"Bring {{}} back; keep what could not be written. {CALL_OWNER}",
}
GENERAL = (
    "Repair what failed (renew the certificate, restore or fail over the database or cache, rotate the key, fix DNS) "
    "and call the owner of that service."
)


def prevention(incident: Measurements) -> Prevention:
    """What would have told before users did."""
    dependency = incident.failed_dependency
    name = quoted(dependency.result.name) if dependency is not None else "the dependency"
    if dependency is not None and dependency.result.kind in ("tls", "auth"):
        return Prevention(
            f"Watch the certificates and keys that {name} needs, with an alert two weeks before they end",
            "a test certificate that ends within two weeks raises the alert",
        )
    return Prevention(
        f"Add a health check with an alert for {name}, and a behaviour without it",
        f"with {name} stopped in a test environment, the alert comes and users get an answer",
    )


PATTERN = CausePattern(
    name="dependency_failure",
    title="Dependency failure",
    signal="A service, database, cache, certificate or key of our own fails (refused, expired, not found, 401)",
    indicators=indicators,
    action=action,
    general_action=GENERAL,
    plain_action="repair one of our own services",
    plain_cause="one of our own services, certificates or keys that fails",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="dependency_failure",
            from_points=5,
            weakens=("deployment_regression",),
            points=-2,
            text="A dependency of our own fails, which a deploy does not explain by itself.",
        ),
        Counterweight(
            strong="dependency_failure",
            from_points=5,
            weakens=("data_corruption",),
            points=-2,
            text="A failing service of our own may send what looks like bad data.",
        ),
        Counterweight(
            strong="dependency_failure",
            from_points=FULL_CACHE_POINTS,
            weakens=("resource_exhaustion",),
            points=-2,
            text="It is a dependency that fails, not this application's own resource.",
        ),
        Counterweight(
            strong="resource_exhaustion",
            from_points=2,
            weakens=("dependency_failure",),
            points=-1,
            text="What the error names ran out: the dependency itself answers.",
        ),
    ),
)
