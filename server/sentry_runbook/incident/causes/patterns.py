"""Four of the runbook's root-cause patterns: what the events themselves say broke."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import Candidate, Clue, excerpt
from sentry_runbook.incident.causes.instrumentation import instrumentation_gaps
from sentry_runbook.incident.causes.signals import (
    BAD_INPUT_WORDS,
    MALFORMED,
    MARKUP_FOR_JSON,
    NETWORK,
    FailedCalls,
    all_texts,
    exhausted,
    failed_calls,
    host_in_error,
    malformed_sample,
)
from sentry_runbook.incident.metrics.metrics import Case, transactions
from sentry_runbook.incident.metrics.traffic import TrafficCorrelation, traffic_correlation
from sentry_runbook.incident.model.evidence import Known, quoted
from sentry_runbook.incident.model.results.impact import Onset
from sentry_runbook.incident.releases import alignment, releases_seen

# --- third-party failure -------------------------------------------------------------------------------------------


def third_party_failure(case: Case) -> Candidate:
    """Breadcrumbs show failed HTTP calls to hosts that are not the project's own, or the error names such a host."""
    calls = failed_calls(case.evidence)
    if calls is not None:
        return Candidate("third_party_failure", tuple(_call_clues(case, calls)), _break_circuit(calls.host))
    named = host_in_error(case.evidence)
    if named is None:
        return Candidate("third_party_failure", (), "")
    host, text = named
    clues = (
        Clue("exception", 3, f"The error names the external host {quoted(host)}: {excerpt(text)}.", core=True),
        Clue("breadcrumbs", 0, "No breadcrumb shows the failing call."),
    )
    return Candidate("third_party_failure", clues, _break_circuit(host))


def _break_circuit(host: str) -> str:
    return (
        f"Enable the circuit breaker (or a cached fallback) for calls to {quoted(host)}, add retries with backoff, and "
        "watch the status page of that service."
    )


def _call_clues(case: Case, calls: FailedCalls) -> Iterator[Clue]:
    host = quoted(calls.host)
    often = calls.read >= 2 and calls.events >= 2 / 3 * calls.read
    points = 3 if often else 2 if calls.read == 1 else 1
    seen = f"in {calls.events} of {calls.read} events read" if calls.read > 1 else "in the event read"
    answers = ", ".join(calls.statuses)
    yield Clue("breadcrumbs", points, f"Calls to {host} fail ({answers}) {seen}.", core=True)
    if calls.at_fault == "theirs":
        yield Clue("statuses", 2, f"{host} answers {answers}: the failure is on its side.")
    elif calls.at_fault == "ours":
        yield Clue("statuses", -4, f"{host} answers {answers}: it works, and refuses what we send.")
    texts = all_texts(case.evidence)
    network = next((text for text in texts if NETWORK.search(text)), None)
    if any(calls.host in text.lower() for text in texts):
        yield Clue("exception", 2, f"The error names {host}.")
    elif network is not None:
        yield Clue("exception", 2, f"The error is one of a failing call: {excerpt(network)}.")
    else:
        yield Clue("exception", -1, "The error itself does not speak of a failing call.")
    if not calls.last:
        yield Clue("order", -1, "The failing call is not the last one before the error.")
    if calls.also_answered:
        yield Clue("order", -2, f"{host} also answered well, later in the same event.")


# --- data corruption -----------------------------------------------------------------------------------------------


def data_corruption(case: Case) -> Candidate:
    """Parse and validation errors, malformed input in the events."""
    transaction = case.evidence.event.value.transaction if isinstance(case.evidence.event, Known) else None
    where = f" of {quoted(transaction)}" if transaction else ""
    action = f"Validate the input{where} before it is used, set bad records aside, and fix the data pipeline upstream."
    return Candidate("data_corruption", tuple(_data_clues(case)), action)


def _data_clues(case: Case) -> Iterator[Clue]:
    texts = all_texts(case.evidence)
    markup = next((text for text in texts if MARKUP_FOR_JSON.search(text)), None)
    parse = next((text for text in texts if MALFORMED.search(text)), None)
    if markup is not None:
        yield Clue("exception", 1, f"Markup came where JSON was expected: {excerpt(markup)}.", core=True)
        yield Clue("exception", 0, "Such markup is often an error page of a proxy or another service, not bad data.")
    elif parse is not None:
        yield Clue("exception", 3, f"The error is one of parsing or validation: {excerpt(parse)}.", core=True)
    sample = malformed_sample(case.evidence)
    if sample is not None:
        yield Clue("input", 2, f"Malformed input: {sample}.", core=parse is not None)
    elif parse is not None and BAD_INPUT_WORDS.search(parse):
        yield Clue("wording", 1, "The error says itself that the input is malformed.")
    versions = releases_seen(case.evidence)
    if parse is not None and len(versions) >= 2:
        yield Clue("release", 1, f"It happens on {len(versions)} releases: the code need not have changed.")
    elif parse is not None and versions and _ran_before(case, versions[0]):
        yield Clue("release", 1, f"Release {quoted(versions[0])} ran long before: the code did not change.")


def _ran_before(case: Case, version: str) -> bool:
    """Whether the release was in use well before the incident."""
    if not isinstance(case.onset, Onset):
        return False
    found = alignment(case.evidence, version, case.onset.at)
    return found is not None and not found.early and found.lag > timedelta(hours=6)


# --- resource exhaustion -------------------------------------------------------------------------------------------


def resource_exhaustion(case: Case) -> Candidate:
    """Memory, pools, connections, threads or disk ran out; errors follow the traffic."""
    found = exhausted(all_texts(case.evidence))
    if found is None:
        return Candidate("resource_exhaustion", (), "")
    resource, text = found
    said = "locks or statements timed out" if resource == "locks" else f"{resource} ran out"
    # Deadlocks also come from a changed query: they say less than an empty pool.
    points = 2 if resource == "locks" else 4
    sign = Clue("exception", points, f"The error says that {said}: {excerpt(text)}.", core=True)
    return Candidate("resource_exhaustion", (sign, *_load_clues(case)), RELIEF[resource])


RELIEF = {
    "memory": "Scale horizontally and raise the memory limit for now, then find what holds the memory; rate-limit.",
    "connections": "Add connection pooling, or enlarge the pool within the server's limit; scale out; rate-limit.",
    "threads and queues": "Scale the workers horizontally, bound the queues, and rate-limit what fills them.",
    "files and disk": "Free or add space, raise the limit of open files, and look for what does not close them.",
    "locks": "Find the long transactions and end them, shorten them, and rate-limit what competes for the rows.",
}
"""The runbook's immediate action (scale, pool, rate-limit), by what ran out."""


def _load_clues(case: Case) -> Iterator[Clue]:
    traffic = traffic_correlation(case.evidence)
    if isinstance(traffic, TrafficCorrelation) and traffic.follows:
        rose = f"rose {traffic.rise:.1f}-fold" if traffic.rise < float("inf") else "rose from none"
        yield Clue("traffic", 2, f"Errors follow the traffic (correlation {traffic.coefficient:.2f}; sessions {rose}).")
    elif isinstance(traffic, TrafficCorrelation) and traffic.flat:
        # It weighs nothing: what ran out is named by the error itself, and a leak needs no rising traffic.
        yield Clue("traffic", 0, "The traffic did not rise with the errors.")
    latency = case.evidence.latency.value if isinstance(case.evidence.latency, Known) else None
    main = next((one for one in latency.endpoints if one.transaction == latency.main), None) if latency else None
    if main is not None and main.p95_ms is not None and main.p95_ms >= 5000:
        yield Clue("latency", 1, f"The endpoint is slow: p95 {main.p95_ms / 1000:.1f} s.")
    hit = {name for name in transactions(case.evidence) if name}
    if len(hit) >= 3:
        yield Clue("spread", 1, f"{len(hit)} endpoints are hit.")


# --- SDK misconfiguration ------------------------------------------------------------------------------------------


SEVERAL_GAPS = 3


def sdk_misconfiguration(case: Case) -> Candidate:
    """Events lack release, environment, breadcrumbs or context, or Sentry could not process them."""
    gaps = instrumentation_gaps(case.evidence)
    names = ", ".join(gap.setting for gap in gaps)
    # One thing that is missing is common and breaks nothing; several are a set-up that was never finished.
    enough = sum(gap.points for gap in gaps) >= SEVERAL_GAPS
    clues = tuple(Clue(gap.kind, gap.points, gap.text, core=enough) for gap in gaps)
    return Candidate("sdk_misconfiguration", clues, f"Review Sentry.init() and the build: {names}.")
