"""The product's own scanners: every public function that a text of strangers passes through, as it is called.

A pattern alone may be quick, and the loop around it slow. Each row is called with a text as long as its callers let
through: where they cut first, the function that cuts is the scanner.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sentry_runbook.errors import RunbookError
from sentry_runbook.incident import release_versions, window
from sentry_runbook.incident.environments import is_placeholder, nearest_first
from sentry_runbook.incident.events import call_words, hosts, trackers
from sentry_runbook.incident.events.attacks import find_attacks
from sentry_runbook.incident.events.dependency import find_dependency
from sentry_runbook.incident.events.event_texts import ABOUT_A_NAME
from sentry_runbook.incident.events.external_calls import failed_calls
from sentry_runbook.incident.messages import redaction
from sentry_runbook.incident.model.evidence import (
    Breadcrumb,
    EnvironmentScope,
    Event,
    Evidence,
    Issue,
    Known,
    Window,
    json_values,
)
from sentry_runbook.incident.model.evidence.lenient import FromSentry, read
from sentry_runbook.incident.postmortem.lint import lint_postmortem
from sentry_runbook.render import markup
from sentry_runbook.safety import (
    confusables,
    delimiters,
    findings,
    invisible_chars,
    masking,
    neutralize,
    pseudonyms,
    sensitive_keys,
)
from sentry_runbook.safety import text as inert
from sentry_runbook.safety.sanitizer import MAX_WHOLE, Sanitizer
from sentry_runbook.sentry import error_detail, ids_in_words, messages, pasted, references, wrapped_links
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parsing import parsed

Scan = Callable[[str], object]
ALL = 100_000
BASE = "https://sentry.example.com"


def _tolerant(scan: Scan) -> Scan:
    """A scanner whose refusal is an answer, too."""

    def scanned(value: str) -> object:
        try:
            return scan(value)
        except (RunbookError, ValueError) as refusal:
            return refusal

    return scanned


def _reply(body: str) -> SentryResponse:
    return SentryResponse(200, {}, body.encode("utf-8", "replace"))


def _event(**parts: object) -> dict[str, Any]:
    return {"id": "f" * 32, "eventID": "f" * 32, "dateCreated": "2026-11-20T12:00:00Z", **parts}


def _read(model: type[FromSentry], make: Callable[[str], dict[str, Any]]) -> Scan:
    return lambda value: read(model, make(value), Sanitizer())


def _frames(value: str) -> dict[str, Any]:
    frame = {
        **{"filename": value, "absPath": value, "module": value, "function": value, "lineNo": 3, "inApp": True},
        **{"context": [[number, value] for number in range(3)], "vars": {value[:50]: value, "b": [value]}},
    }
    thrown = {"type": value, "value": value, "module": value, "stacktrace": {"frames": [frame] * 3}}
    return _event(entries=[{"type": "exception", "data": {"values": [thrown, thrown]}}])


def _places(value: str) -> dict[str, Any]:
    """An event that has the text everywhere."""
    crumb = {"type": "http", "category": value, "message": value, "data": {"url": value, "status_code": value}}
    request = {"url": value, "headers": [[value, value]], "cookies": [[value, value]], "data": value, "query": value}
    return _event(
        title=value,
        message=value,
        culprit=value,
        tags=[{"key": "release", "value": value}, {"key": value, "value": value}],
        user={"id": value, "email": value, "username": value, "ip_address": value, "name": value},
        contexts={"browser": {"name": value, "version": value}, value[:40]: {value[:40]: value}},
        context={value[:40]: value},
        entries=[{"type": "breadcrumbs", "data": {"values": [crumb] * 3}}, {"type": "request", "data": request}],
    )


def _failed(value: str) -> Evidence:
    """Evidence of an event that has the text in all places of a failing call and of a request."""
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    crumb = Breadcrumb(category="query", message=value, url=value, host=value[:253], failed=True)
    # Four texts, not one four times: what is looked at once for all of them must not look cheap.
    names = ("request_url", "request_query", "request_data", "transaction")
    request = {name: value[: len(value) - number] for number, name in enumerate(names)}
    event = Event(id="f" * 32, title=value, message=value, breadcrumbs=(crumb,), **request)
    return Evidence(
        collected_at=now,
        server=BASE,
        organization="acme",
        window=Window(start=now - timedelta(days=1), end=now),
        scope=EnvironmentScope(basis="all"),
        issue=Issue(id="1", title=value, url=BASE),
        event=Known(value=event, source="a test"),
    )


SCANNERS: Mapping[str, tuple[Scan, int]] = {
    "Sanitizer.line": (lambda value: Sanitizer().line(value, 600), ALL),
    "Sanitizer.line, short": (lambda value: Sanitizer().line(value), ALL),
    "Sanitizer.block": (lambda value: Sanitizer().block(value), ALL),
    "Sanitizer.whole": (lambda value: Sanitizer().whole(value), ALL),
    "Sanitizer.version": (lambda value: Sanitizer().version(value), ALL),
    "Sanitizer.path": (lambda value: Sanitizer().path("/4.2.0.17/" + value), ALL),
    "Sanitizer.named": (lambda value: Sanitizer().named(value, value), ALL),
    "Sanitizer.value": (lambda value: Sanitizer().value({value: [value, {value: value}]}), ALL),
    "Sanitizer.mapping": (lambda value: Sanitizer().mapping({value: value, "a": [value]}), ALL),
    "Sanitizer.user": (lambda value: Sanitizer().user(value, value, value, value, value), ALL),
    "Sanitizer.user_tag": (lambda value: Sanitizer().user_tag(value), ALL),
    "findings.detect": (findings.detect, ALL),
    # The sanitizer, its one caller, reads no more of a text.
    "masking.mask_text": (
        lambda value: masking.Masker().mask_text(neutralize.neutralized(inert.both_ends(value, MAX_WHOLE))),
        ALL,
    ),
    "masking.count_masks": (lambda value: masking.count_masks([value]), ALL),
    "neutralize.neutralized": (neutralize.neutralized, ALL),
    "confusables.skeleton": (confusables.skeleton, ALL),
    "invisible_chars.write_out": (invisible_chars.write_out, ALL),
    "invisible_chars.decode_smuggled": (invisible_chars.decode_smuggled, ALL),
    "text.inert_line": (inert.inert_line, ALL),
    "text.ends": (lambda value: inert.ends(value, len(value) // 2, 60), ALL),
    "text.both_ends": (lambda value: inert.both_ends(value, len(value) // 2), ALL),
    "delimiters.fence": (lambda value: delimiters.fence(value, "0123456789abcdef"), ALL),
    "pseudonyms.is_impersonal": (pseudonyms.is_impersonal, ALL),
    "sensitive_keys.sensitive_kind": (sensitive_keys.sensitive_kind, ALL),
    "sensitive_keys.is_owned_device": (lambda value: sensitive_keys.is_owned_device("server_name", value), ALL),
    "error_detail.detail": (lambda value: error_detail.detail(json.dumps({"detail": value}).encode()), ALL),
    "error_detail.detail, as it is": (lambda value: error_detail.detail(value.encode("utf-8", "replace")), ALL),
    "messages.next_cursor": (messages.next_cursor, ALL),
    "messages.delay_asked": (
        lambda value: messages.delay_asked(
            {"retry-after": value, "date": value, "x-sentry-rate-limit-reset": value}, 0
        ),
        ALL,
    ),
    "parsing.parsed, a body": (lambda value: parsed(_reply(value)), ALL),
    "parsing.parsed, a text": (lambda value: parsed(_reply(json.dumps([value]))), ALL),
    "parsing.parsed, an open text": (lambda value: parsed(_reply('{"id":"1","a":"' + value)), ALL),
    "references.parse_reference": (lambda value: references.parse_reference(value, BASE), 2_000),
    "references.parse_reference, a link": (lambda value: references.parse_reference(f"{BASE}/{value}", BASE), 2_000),
    "pasted.links_in": (pasted.links_in, 2_000),
    "pasted.words_of": (pasted.words_of, 2_000),
    "ids_in_words.ids_among": (lambda value: ids_in_words.ids_among(value.split()), 2_000),
    "wrapped_links.unwrapped": (lambda value: wrapped_links.unwrapped(f"https://l.facebook.com/{value}"), 2_000),
    "release_versions.version_of": (release_versions.version_of, ALL),
    "release_versions.release_order": (lambda value: release_versions.release_order([value, f"a@{value}"]), ALL),
    "environments.is_placeholder": (is_placeholder, 120),
    "environments.nearest_first": (lambda value: nearest_first([value[:60], value[60:]] * 50, ["production"]), 120),
    "window.parse_time": (lambda value: window.parse_time(value, "start"), 40),
    "json_values.moment_of": (json_values.moment_of, ALL),
    "json_values.host_of": (json_values.host_of, ALL),
    "json_values.count_of": (json_values.count_of, ALL),
    "json_values.id_of": (json_values.id_of, ALL),
    "json_values.snake_case": (json_values.snake_case, ALL),
    "hosts.hosts_in": (lambda value: list(hosts.hosts_in(value, frozenset())), ALL),
    "dependency.find_dependency": (
        lambda value: find_dependency(_failed(value), (value,), failed_calls(_failed(value)), from_device=False),
        16_000,
    ),
    "attacks.find_attacks": (lambda value: find_attacks(_failed(value)), 8_000),
    "trackers.is_tracker": (trackers.is_tracker, 253),
    "event_texts.ABOUT_A_NAME": (lambda value: ABOUT_A_NAME.search(value, 0, 300), ALL),
    "call_words.NETWORK": (call_words.NETWORK.search, ALL),
    "redaction.find_internal_terms": (lambda value: list(redaction.find_internal_terms(value, None)), ALL),
    "markup.marked_up, Slack": (lambda value: markup.marked_up(value, "slack"), ALL),
    "markup.marked_up, Markdown": (lambda value: markup.marked_up(value, "markdown"), ALL),
    "lint.lint_postmortem": (lint_postmortem, ALL),
    "lint.lint_postmortem, any form": (lambda value: lint_postmortem(value, style="any"), ALL),
    "an event's frames": (_read(Event, _frames), ALL),
    "an event, everywhere": (_read(Event, _places), ALL),
    "a breadcrumb": (
        _read(Breadcrumb, lambda value: {"message": value, "category": value, "data": {"reason": value, "url": value}}),
        ALL,
    ),
    "an issue": (
        _read(
            Issue,
            lambda value: {
                **{"id": "1", "shortId": "A-1", "title": value, "culprit": value, "metadata": {"value": value}},
                **{"project": {"slug": "a", "name": value}, "assignedTo": {"name": value}, "logger": value},
                "annotations": [value],
            },
        ),
        ALL,
    ),
}
"""Name → what is called with the text, and the characters that callers let through."""
COPIES: Mapping[str, int] = {
    "attacks.find_attacks": 7,
    "dependency.find_dependency": 3,
    "Sanitizer.user": 5,
    "Sanitizer.value": 3,
    "Sanitizer.mapping": 2,
    "Sanitizer.named": 2,
    "an event's frames": 50,
    "an event, everywhere": 30,
    "a breadcrumb": 4,
    "an issue": 8,
    "environments.nearest_first": 50,
    "messages.delay_asked": 3,
    "parsing.parsed, a text": 6,
}
"""How often the text stands in what is scanned, where not once: the bound is for the characters of all."""


def scanners() -> Mapping[str, tuple[Scan, int]]:
    """All of them; a refusal in our own words, or of a value, is an answer."""
    return {name: (_tolerant(scan), most) for name, (scan, most) in SCANNERS.items()}
