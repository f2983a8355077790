"""Third-party failure: calls to a host that is not the project's own fail."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.events.call_words import (
    CERTIFICATE_EXPIRED,
    LIMITED,
    UNANSWERED,
    failing_words,
    is_failing_call,
)
from sentry_runbook.incident.events.external_calls import FailedCalls
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.breadcrumb import NO_ANSWER

OFTEN = 2 / 3
"""A host that fails in this part of the events read, one of several, is no coincidence."""


HOST = quoted("host.example")
UNNAMED_SERVICE = "the service that the error is about"
UNNAMED = (
    (CERTIFICATE_EXPIRED, 2, "The error says that a TLS certificate has expired, and not whose"),
    (LIMITED, 3, "The error says that a service turns calls away, and not which"),
    # It may be a service of the project's own: the weakest of the three.
    (UNANSWERED, 2, "The error says that a service does not answer, and not which"),
)
"""What an error says of a service that it does not name, the points for it, and the sentence."""


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """Failed calls in the breadcrumbs; else the host that the error of a failing call names; else what it says."""
    calls = incident.failed_calls
    if calls is not None:
        yield from _calls(calls)
        yield from _error_of_the_call(incident, calls)
        yield from _order(calls)
        return
    named, unnamed = incident.host_in_error, incident.unnamed_service
    if named is not None:
        yield _named(*named)
    elif unnamed is not None:
        words, points, says = next(row for row in UNNAMED if row[0].search(unnamed))
        yield Indicator("exception", points, f"{says}: {excerpt(unnamed, words)}.", core=True)
    if named is not None or unnamed is not None:
        yield Indicator("breadcrumbs", 0, "No breadcrumb shows the failing call.")


def _named(host: str, text: str) -> Indicator:
    shown = excerpt(text, failing_words(text))
    says = f"The error names the external host {quoted(host)}: {shown}."
    return Indicator("exception", 3, _expired(host, text) or says, core=True)


def _expired(host: str, text: str) -> str | None:
    """That the host's certificate has expired, as a sentence; None when the error does not say it."""
    if not CERTIFICATE_EXPIRED.search(text):
        return None
    return (
        f"The error says that the TLS certificate of {quoted(host)} has expired: {excerpt(text, CERTIFICATE_EXPIRED)}."
    )


def _calls(calls: FailedCalls) -> Iterator[Indicator]:
    host, answers = quoted(calls.host), ", ".join(calls.statuses)
    often = calls.read >= 2 and calls.events >= OFTEN * calls.read
    # The only event that was read says less than several that agree, and more than several that do not.
    points = 3 if often else 2 if calls.read == 1 else 1
    where = f"in {calls.events} of {calls.read} events read" if calls.read > 1 else "in the event read"
    yield Indicator("breadcrumbs", points, f"Calls to {host} fail ({answers}) {where}{calls.each}.", core=True)
    if calls.at_fault == "theirs":
        does = "does not answer" if calls.statuses == (NO_ANSWER,) else f"answers {answers}"
        why = "it turns calls away" if calls.limited else "the failure is on its side"
        yield Indicator("statuses", 2, f"{host} {does}: {why}.")
    elif calls.at_fault == "ours":
        yield Indicator("statuses", -4, f"{host} answers {answers}: it works, and refuses what we send.")


def _error_of_the_call(incident: Measurements, calls: FailedCalls) -> Iterator[Indicator]:
    texts = incident.texts
    failing = next((text for text in texts if is_failing_call(text)), None)
    expired = next((says for text in texts if (says := _expired(calls.host, text))), None)
    if expired is not None:
        yield Indicator("exception", 2, expired)
    elif any(calls.host in text.lower() for text in texts):
        yield Indicator("exception", 2, f"The error names {quoted(calls.host)}.")
    elif failing is not None:
        shown = excerpt(failing, failing_words(failing))
        yield Indicator("exception", 2, f"The error is one of a failing call: {shown}.")
    else:
        yield Indicator("exception", -1, "The error itself does not speak of a failing call.")


def _order(calls: FailedCalls) -> Iterator[Indicator]:
    if not calls.last:
        yield Indicator("order", -1, "The failing call is not the last one before the error.")
    if calls.also_answered:
        yield Indicator("order", -2, f"{quoted(calls.host)} also answered well, later in the same event.")


def _has_expired(incident: Measurements) -> bool:
    return any(CERTIFICATE_EXPIRED.search(text) for text in incident.texts)


def _is_limited(incident: Measurements) -> bool:
    calls = incident.failed_calls
    return (calls is not None and calls.limited) or any(LIMITED.search(text) for text in incident.texts)


def failing_host(incident: Measurements) -> str | None:
    """The external host that fails, by breadcrumbs or else by the error's text; None when none is known."""
    calls = incident.failed_calls
    if calls is not None:
        return calls.host
    named = incident.host_in_error
    return named[0] if named is not None else None


def action(incident: Measurements) -> str:
    """What helps: a renewed certificate, fewer calls, or a circuit breaker and the service's status page."""
    host = failing_host(incident)
    where = quoted(host) if host else UNNAMED_SERVICE
    if _has_expired(incident):
        return (
            f"The TLS certificate of {where} has expired: its owner must renew it. Retries do not help, and switching "
            "the check off would be unsafe. Use a fallback until then."
        )
    if _is_limited(incident):
        return (
            f"Send fewer calls to {where}: respect its Retry-After, back off, queue or cache; do not add retries. Then "
            "ask for a higher limit."
        )
    return _break_circuit(where if host or incident.unnamed_service else HOST)


def _break_circuit(where: str) -> str:
    return (
        f"Enable the circuit breaker (or a cached fallback) for calls to {where}, add retries with backoff, and "
        "watch the status page of that service."
    )


def prevention(incident: Measurements) -> Prevention:
    """Calls to the host get a fallback; an old certificate is seen before it ends."""
    failing = failing_host(incident)
    host = quoted(failing) if failing else "the external host"
    if _has_expired(incident):
        return Prevention(
            f"Watch the TLS certificate of {host}, with an alert two weeks before it expires",
            "a test certificate that ends within two weeks raises the alert",
        )
    return Prevention(
        f"Add a timeout, a circuit breaker and a fallback to the calls to {host}",
        f"with {host} blocked in a test environment, users get the fallback and no event reaches Sentry",
    )


PATTERN = CausePattern(
    name="third_party_failure",
    title="Third-party failure",
    signal="Breadcrumbs show failed HTTP calls to external hosts",
    indicators=indicators,
    action=action,
    general_action=_break_circuit(HOST),
    plain_action="switch to a fallback for an outside service",
    plain_cause="an outside service that fails",
    prevention=prevention,
    counterweights=(
        Counterweight(
            strong="third_party_failure",
            from_points=5,
            weakens=("deployment_regression",),
            points=-2,
            text="Calls to an external host fail, which a deploy does not explain by itself.",
        ),
        Counterweight(
            strong="third_party_failure",
            from_points=5,
            weakens=("data_corruption",),
            points=-2,
            text="A failing external host may send what looks like bad data.",
        ),
    ),
)
