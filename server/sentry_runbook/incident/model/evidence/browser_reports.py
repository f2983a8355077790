"""Reports that a browser sends by itself, as names and values: of a policy, a certificate, a request that failed.

Keys are written with ``_`` as Sentry does, with ``-`` as browsers do, or in camel case as the Reporting API does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sentry_runbook.incident.model.evidence.issue_kind import REPORTS, Kind
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, object_of, snake_case, text_of

Pairs = Iterator[tuple[str, str | None]]
DISPOSITIONS = {"report": "report (only reported, nothing was blocked)", "enforce": "enforce (the browser blocked it)"}


def report_of(kind: Kind, entries: Mapping[str, JsonObject], tags: Mapping[str, str]) -> Pairs:
    """What a report of this kind says; nothing for other kinds."""
    if kind in READERS:
        report = next((entries[name] for name in REPORTS if name in entries), {})
        yield from READERS[kind](_normal(report), tags)


def _normal(report: JsonObject) -> JsonObject:
    return {snake_case(key): value for key, value in report.items()}


def _policy_report(report: JsonObject, tags: Mapping[str, str]) -> Pairs:
    """A Content Security Policy that something broke, also in its envelope; old servers keep little but the tags."""
    report = {**report, **_normal(object_of(report.get("csp_report")) or object_of(report.get("body")))}
    disposition = _first(report, "disposition")
    file = _first(report, "source_file")
    place = [part for part in (file, _first(report, "line_number"), _first(report, "column_number")) if part]
    yield "directive", _first(report, "effective_directive", "violated_directive") or tags.get("effective-directive")
    yield "blocked", _first(report, "blocked_uri", "blocked_url") or tags.get("blocked-uri")
    yield "disposition", DISPOSITIONS.get(disposition or "", disposition)
    yield "source file", ":".join(place) if file else None
    yield "page", _first(report, "document_uri", "document_url")
    yield "sample", _first(report, "script_sample", "sample")
    yield "host", _first(report, "hostname")


def _certificate_report(report: JsonObject, _: Mapping[str, str]) -> Pairs:
    """A certificate that a browser did not accept: pinned keys, transparency, a stapled answer."""
    yield "host", _first(report, "hostname")
    yield "port", _first(report, "port")
    yield "failure mode", _first(report, "failure_mode")
    yield "certificate", _first(report, "cert_status")
    yield "answer", _first(report, "response_status")
    yield "expired", _first(report, "effective_expiration_date")


def _network_report(report: JsonObject, _: Mapping[str, str]) -> Pairs:
    """A request that a browser could not finish."""
    body = _normal(object_of(report.get("body"))) or report
    elapsed = count_of(body.get("elapsed_time"))
    yield "failure", _first(body, "type", "ty")
    yield "phase", _first(body, "phase")
    yield "page", _first(report, "url")
    yield "status", _first(body, "status_code")
    yield "method", _first(body, "method")
    yield "protocol", _first(body, "protocol")
    yield "elapsed", f"{elapsed} ms" if elapsed is not None else None


READERS: Mapping[Kind, Callable[[JsonObject, Mapping[str, str]], Pairs]] = {
    "csp": _policy_report,
    "certificate": _certificate_report,
    "network": _network_report,
}


def _first(report: JsonObject, *names: str) -> str | None:
    """The first of these that the report has."""
    return next((text for name in names if (text := text_of(report.get(name)))), None)
