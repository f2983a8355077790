"""Data corruption: input that the code does not expect, in errors of parsing or validation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

from sentry_runbook.incident.causes.hypothesis import Indicator, excerpt
from sentry_runbook.incident.causes.pattern import CausePattern, Prevention
from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.events.words import Words
from sentry_runbook.incident.formatting import quoted_frame
from sentry_runbook.incident.measurements import Measurements
from sentry_runbook.incident.model.evidence import Event, Evidence, Known, quoted
from sentry_runbook.incident.model.results.impact import Episode
from sentry_runbook.incident.releases import Start, alignment, releases_seen

MALFORMED = Words(
    r"JSONDecodeError|JSON\.parse|not valid JSON|in JSON at position|end of JSON|JsonParse|JsonProcessing|JsonSyntax"
    r"|ParseError|ParserError|parse error|cannot parse|could not parse|failed to parse|unparsable|XMLSyntax"
    r"|ValidationError|ZodError|schema (?:mismatch|validation|violation|error)|SchemaError|InvalidFormat"
    r"|UnicodeDecodeError|codec can't decode|invalid byte sequence|invalid utf-?8"
    r"|invalid literal for (?:int|float)|could not convert string|NumberFormatException|DateTimeParse|InvalidDate"
    r"|Invalid time value|isoformat|malformed|corrupt|checksum|unmarshal|deseriali[sz]|DataError|MalformedInput"
    r"|violates (?:check|not-null|foreign key|unique)|IntegrityError|invalid input syntax"
    r"|truncated (?:file|data|message)|unexpected (?:field|column|payload)|missing required field|InvalidPayload"
    r"|invalid payload|BadZipFile|DecodingError|DecodeError|in the correct format|FormatException|JsonDecoding"
    r"|JsonReader|JsonException|json\.SyntaxError|Unexpected JSON token|SerializationException|serde_json"
    r"|expected value at line",
)
"""An error that input gives which is not what the code expects."""

_MARKUP = r"(?:<|&lt;|‹|＜)"
MARKUP_FOR_JSON = re.compile(
    rf"Unexpected token '?.?{_MARKUP}|Unrecognized token '{_MARKUP}|is not valid JSON.{{0,20}}(?:DOCTYPE|html)"
    rf"|invalid character '{_MARKUP}' looking|'{_MARKUP}' is an invalid start|parsing value: {_MARKUP}"
    rf"|unexpected token at '{_MARKUP}|at character 1\)\s{{0,3}}{_MARKUP}|position 0: 0x3C",
    re.IGNORECASE,
)
"""HTML where JSON was expected: an error page of a proxy or a service, not corrupt data."""

BAD_INPUT = Words(
    r"malformed|corrupt|invalid (?:payload|json|xml|utf|row|record|input)|schema (?:mismatch|version|changed)"
    r"|unexpected (?:field|type|null|payload|format)|missing (?:field|column|key)|cannot parse|truncated"
    r"|bad (?:row|record)",
)
"""Words of breadcrumbs, extra data and errors that speak of malformed input."""

RAN_BEFORE = timedelta(hours=6)
"""A release that had run that long when the incident began did not bring it."""


def indicators(incident: Measurements) -> Iterator[Indicator]:
    """Errors of parsing, malformed input in the events, and releases that did not change."""
    markup = next((text for text in incident.texts if MARKUP_FOR_JSON.search(text)), None)
    parse = next((text for text in incident.texts if MALFORMED.search(text)), None)
    if markup is not None:
        yield Indicator(
            "exception", 1, f"Markup came where JSON was expected: {excerpt(markup, MARKUP_FOR_JSON)}.", core=True
        )
        yield Indicator(
            "exception", 0, "Such markup is often an error page of a proxy or another service, not bad data."
        )
    elif parse is not None:
        yield Indicator(
            "exception", 3, f"The error is one of parsing or validation: {excerpt(parse, MALFORMED)}.", core=True
        )
    yield from _input(incident.evidence, parse)
    # Old code that fails on parsing met new data; without an error of parsing, old code says nothing of the data.
    if parse is not None:
        yield from _unchanged_code(incident)


def _input(evidence: Evidence, parse: str | None) -> Iterator[Indicator]:
    sample = malformed_sample(evidence)
    if sample is not None:
        # Bad input is common, and many a parser takes it: alone it explains no error.
        yield Indicator("input", 2, f"Malformed input: {sample}.", core=parse is not None)
    elif parse is not None and BAD_INPUT.search(parse):
        yield Indicator("wording", 1, "The error says itself that the input is malformed.")


def _unchanged_code(incident: Measurements) -> Iterator[Indicator]:
    versions = releases_seen(incident.evidence)
    if len(versions) >= 2:
        yield Indicator("release", 1, f"It happens on {len(versions)} releases: the code need not have changed.")
    elif versions and _ran_before(incident, versions[0]):
        yield Indicator("release", 1, f"Release {quoted(versions[0])} ran long before: the code did not change.")


def _ran_before(incident: Measurements, version: str) -> bool:
    """Whether the release was in use well before the incident."""
    if not isinstance(incident.episode, Episode):
        return False
    deploy = alignment(incident.evidence, version, Start.of(incident.episode))
    return deploy is not None and deploy.lag is not None and not deploy.early and deploy.lag > RAN_BEFORE


def malformed_sample(evidence: Evidence) -> str | None:
    """Where malformed input can be seen, in our words; None when nowhere."""
    return next((sample for event in whole_events(evidence) if (sample := _sample_in(event)) is not None), None)


def _sample_in(event: Event) -> str | None:
    if event.request_data and _is_broken_json(event.request_data):
        return "the request body of an event looks like JSON and does not parse"
    if any(crumb.message and BAD_INPUT.search(crumb.message) for crumb in event.breadcrumbs):
        return "a breadcrumb speaks of malformed input"
    frame = event.failing_frame
    if frame and any(_is_broken_json(value) for value in frame.variables.values()):
        return "a variable of the failing frame looks like JSON and does not parse"
    if any(BAD_INPUT.search(f"{key} {value}") for key, value in event.extra.items()):
        return "the event's extra data speak of malformed input"
    return None


JSON_BEGINS = re.compile(r'\{\s*"|\[\s*[{"\d]')
JSON_ENDS = ("}", "]", ",", ":", '"')


def _is_broken_json(text: str) -> bool:
    """Whether a text begins as JSON with content, ends as JSON may, and does not parse."""
    text = text.strip()
    # What was cut on its way here (…) parses no longer, and that is our doing.
    if not JSON_BEGINS.match(text) or not text.endswith(JSON_ENDS) or "…" in text:
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def action(incident: Measurements) -> str:
    """Validation in the transaction that fails, and the pipeline that feeds it."""
    event = incident.evidence.event
    return _validate(event.value.transaction if isinstance(event, Known) else None)


def _validate(transaction: str | None) -> str:
    where = f" of {quoted(transaction)}" if transaction else ""
    return f"Validate the input{where} before it is used, set bad records aside, and fix the data pipeline upstream."


def prevention(incident: Measurements) -> Prevention:
    """Malformed records are set aside before the frame that failed on one."""
    events = whole_events(incident.evidence)
    frame = events[0].failing_frame if events else None
    where = f" before {quoted_frame(frame)}" if frame is not None else ""
    return Prevention(
        f"Add a check of the input{where} that sets malformed records aside",
        "the malformed sample of the event is set aside in a test, and the records around it are processed",
    )


PATTERN = CausePattern(
    name="data_corruption",
    title="Data corruption",
    signal="The events hold malformed input, the errors are of parsing or validation",
    indicators=indicators,
    action=action,
    general_action=_validate("TRANSACTION"),
    plain_action="set the bad data aside and repair its source",
    plain_cause="bad data",
    prevention=prevention,
)
