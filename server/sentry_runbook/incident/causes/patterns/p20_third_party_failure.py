"""Third-party failure: calls to a host that is not the project's own fail."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.failed_call_indicators import (
    call_indicators,
    cut_retries,
    error_of_the_call,
    expired_certificate,
    has_open_breaker,
    has_time_limit,
    is_retried,
    order_of_the_calls,
)
from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Counterweight, Prevention
from sentry_runbook.incident.events.call_words import (
    CERTIFICATE_EXPIRED,
    LIMITED,
    UNANSWERED,
    failing_words,
)
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import quoted

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
        yield from call_indicators(calls)
        yield from error_of_the_call(incident, calls)
        yield from order_of_the_calls(calls)
        return
    dependency = incident.dependency
    if dependency is not None and dependency.internal:
        # What the error tells of is ours: its word for the other side blames nobody else.
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
    return Indicator("exception", 3, expired_certificate(host, text) or says, core=True)


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
            f"{cut_retries(incident)}Send fewer calls to {where}: respect its Retry-After, back off, queue or cache; "
            "do not add retries. Then ask for a higher limit."
        )
    where = where if host or incident.unnamed_service else HOST
    if has_open_breaker(incident):
        return f"The circuit breaker is open already: serve a fallback, and {_watch(where)}"
    if is_retried(incident):
        return f"{cut_retries(incident)}Open the circuit breaker for {where} or serve a fallback, back off, and {WATCH}"
    return _break_circuit(where)


WATCH = "watch the status page of that service."


def _watch(where: str) -> str:
    return f"watch the status page of {where}."


def _break_circuit(where: str) -> str:
    return (
        f"Enable the circuit breaker (or a cached fallback) for calls to {where}, add retries with backoff, and {WATCH}"
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
    lacks = [
        *([] if has_time_limit(incident) else ["a timeout"]),
        *([] if has_open_breaker(incident) else ["a circuit breaker"]),
        *(["a limit for retries (with backoff and jitter)"] if is_retried(incident) else []),
    ]
    return Prevention(
        f"Add {', '.join(lacks)} and a fallback to the calls to {host}" if lacks else f"Add a fallback for {host}",
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
