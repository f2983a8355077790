"""Indicators of calls that failed before the error, for the patterns of others' services and of the project's own."""

from __future__ import annotations

from collections.abc import Iterator

from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.events.call_words import CERTIFICATE_EXPIRED, failing_words, is_failing_call
from sentry_runbook.incident.events.dependency_words import BREAKER_OPEN, LATE, TRIED
from sentry_runbook.incident.events.external_calls import FailedCalls
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.model.evidence.breadcrumb import NO_ANSWER

OFTEN = 2 / 3
"""A host that fails in this part of the events read, one of several, is no coincidence."""


def call_indicators(calls: FailedCalls) -> Iterator[Indicator]:
    """How often the host fails, and whose failure its answers mean."""
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


def error_of_the_call(incident: Measurements, calls: FailedCalls) -> Iterator[Indicator]:
    """Whether the error itself speaks of the call."""
    texts = incident.texts
    failing = next((text for text in texts if is_failing_call(text)), None)
    expired = next((says for text in texts if (says := expired_certificate(calls.host, text))), None)
    if expired is not None:
        yield Indicator("exception", 2, expired)
    elif any(calls.host in text.lower() for text in texts):
        yield Indicator("exception", 2, f"The error names {quoted(calls.host)}.")
    elif failing is not None:
        shown = excerpt(failing, failing_words(failing))
        yield Indicator("exception", 2, f"The error is one of a failing call: {shown}.")
    else:
        yield Indicator("exception", -1, "The error itself does not speak of a failing call.")


def order_of_the_calls(calls: FailedCalls) -> Iterator[Indicator]:
    """What the order of the calls says against the host."""
    if not calls.last:
        yield Indicator("order", -1, "The failing call is not the last one before the error.")
    if calls.also_answered:
        yield Indicator("order", -2, f"{quoted(calls.host)} also answered well, later in the same event.")


def expired_certificate(host: str, text: str) -> str | None:
    """That the host's certificate has expired, as a sentence; None when the error does not say it."""
    if not CERTIFICATE_EXPIRED.search(text):
        return None
    return (
        f"The error says that the TLS certificate of {quoted(host)} has expired: {excerpt(text, CERTIFICATE_EXPIRED)}."
    )


# --- what there is already, which nobody needs to be told to add ---------------------------------------------------


def is_storm(incident: Measurements) -> FailedCalls | None:
    """The failed calls of the dependency, where each event stands for several: retries make it worse."""
    dependency = incident.failed_dependency
    calls = (dependency.calls if dependency is not None else None) or incident.failed_calls
    return calls if calls is not None and calls.are_a_storm else None


def is_retried(incident: Measurements) -> bool:
    """Whether there are retries already, by the number of calls or by the error's own words."""
    return is_storm(incident) is not None or any(TRIED.search(text) for text in incident.texts)


def has_open_breaker(incident: Measurements) -> bool:
    """Whether the error says that a circuit breaker is there and open."""
    return any(BREAKER_OPEN.search(text) for text in incident.texts)


def has_time_limit(incident: Measurements) -> bool:
    """Whether the error is a time limit that passed."""
    return any(LATE.search(text) for text in incident.texts)


def cut_retries(incident: Measurements) -> str:
    """The first sentence of an action where retries are a load of their own; empty where they are not."""
    calls = is_storm(incident)
    if calls is None:
        return ""
    return f"Cut the retries: {calls.per_event:g} calls to {quoted(calls.host)} fail for each event. "
