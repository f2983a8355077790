"""How the evidence reads Sentry's JSON: leniently and inert with a sanitizer, strictly without."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ValidationError

from sentry_runbook.incident.model.evidence import (
    Activity,
    Commit,
    Event,
    EventRow,
    Evidence,
    Issue,
    Release,
    Snooze,
    TagCount,
)
from sentry_runbook.incident.model.evidence.alert_definition import AlertDefinition
from sentry_runbook.incident.model.evidence.json_values import AHEAD
from sentry_runbook.incident.model.evidence.lenient import FieldType, FromSentry, read, read_all
from sentry_runbook.safety.sanitizer import Sanitizer
from tests.sentry import shapes

ADDRESS = {"url": "https://sentry.example.com/"}
HOSTILE = "<img src=x> [click](https://evil.example) jo.doe@example.com"
BY_OTHERS = {
    ("Issue", "url"): "built by the client",
    ("Issue", "status_digest"): "a digest of ours: hexadecimal digits",
    ("Issue", "status_release_digest"): "a digest of ours: hexadecimal digits",
    ("AlertDefinition", "raw_environment"): "for requests only: no dump and no repr holds it",
    ("ListedMonitor", "condition"): "our words around the inert values of an AlertDefinition",
    ("Issue", "asked_as"): "the caller's own reference: digits, or letters, digits, dashes and underscores",
}
"""Texts that no field type makes inert, and what does."""


def subclasses(model: type[FromSentry]) -> Iterator[type[FromSentry]]:
    for child in model.__subclasses__():
        yield child
        yield from subclasses(child)


def bare_texts(hint: Any) -> bool:
    """Whether a type holds text that no field type reads."""
    if typing.get_origin(hint) is Annotated:
        base, *extras = typing.get_args(hint)
        return not any(isinstance(extra, FieldType) for extra in extras) and bare_texts(base)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return False
    return hint is str or any(bare_texts(part) for part in typing.get_args(hint))


def test_every_text_that_comes_from_sentry_is_made_inert() -> None:
    bare = {
        (model.__name__, name)
        for model in subclasses(FromSentry)
        for name, hint in typing.get_type_hints(model, include_extras=True).items()
        # What a model inherits is held where it is declared.
        if name in model.model_fields and name in model.__annotations__ and bare_texts(hint)
    }
    assert bare == set(BY_OTHERS)


def every_text(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from every_text(key)
            yield from every_text(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from every_text(part)


def hostile(value: object) -> object:
    """The payload with every text replaced."""
    if isinstance(value, dict):
        return {key: hostile(part) for key, part in value.items()}
    if isinstance(value, list):
        return [hostile(part) for part in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Issue, shapes.ISSUE),
        (Event, shapes.EVENT),
        (EventRow, shapes.EVENT),
        (TagCount, shapes.TAG),
        (AlertDefinition, {**shapes.WORKFLOW_OF_TODAY, "form": "workflow"}),
        (AlertDefinition, {**shapes.DETECTOR, "form": "metric_monitor"}),
        (AlertDefinition, {**shapes.RULE, "form": "rule"}),
        (AlertDefinition, {**shapes.METRIC_RULE, "form": "metric_rule"}),
    ],
)
def test_no_text_of_a_hostile_answer_stays_active(model: type[FromSentry], shape: dict[str, Any]) -> None:
    payload = {key: hostile(value) if key not in ("id", "eventID", "form") else value for key, value in shape.items()}
    entries = [
        {"type": entry["type"], "data": hostile(entry["data"])}
        for entry in typing.cast("Any", shape.get("entries", []))
    ]
    part = read(model, {**payload, "entries": entries, **ADDRESS}, Sanitizer())
    for text in every_text(part.model_dump(exclude={"url"})):
        assert not set(text.replace("<email 1>", "")) & set("<>`"), text
        assert "](" not in text
        assert "jo.doe@" not in text


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Issue, shapes.ISSUE),
        (Event, shapes.EVENT),
        (Release, shapes.RELEASE),
        (TagCount, shapes.TAG),
        (AlertDefinition, shapes.WORKFLOW_OF_TODAY),
        (AlertDefinition, shapes.DETECTOR),
        (AlertDefinition, shapes.RULE),
        (AlertDefinition, shapes.METRIC_RULE),
        (AlertDefinition, shapes.GLITCHTIP_ALERT),
    ],
)
def test_the_shared_answer_is_not_changed(model: type[FromSentry], shape: dict[str, Any]) -> None:
    before = copy.deepcopy(shape)
    read(model, {**shape, **ADDRESS}, Sanitizer())
    assert shape == before


def test_an_odd_value_costs_only_itself() -> None:
    odd = {**shapes.ISSUE, **ADDRESS, "count": [], "firstSeen": "soon", "statusDetails": 7, "project": "x", "level": {}}
    issue = read(Issue, odd, Sanitizer())
    assert (issue.events_total, issue.first_seen, issue.snooze, issue.level) == (None,) * 4
    assert (issue.users_total, issue.short_id) == (40, "SHOP-1Z")
    assert [entry.kind for entry in issue.activity] == ["set_regression"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://API.geo.example:8443/v1?q=1", "api.geo.example"),
        ("api.geo.example/v1", "api.geo.example"),
        ("https://o4507123456789012.ingest.sentry.io/", "o4507123456789012.ingest.sentry.io"),
        ("http://localhost:3000/", "localhost"),
        ("http://93.184.216.34:8080/", "<ip 1>"),
        ("http://93.184.216.34./", "<ip 1>"),
        ("http://10.1.2.3/", "10.1.2.3"),
        ("https://www.google-analytics.com/g", "google-analytics.com"),
        ("http://www.93.184.216.34/", "<ip 1>"),
        ("http://www.www.evil.example/", "www[.]evil.example"),
        ("http://www.example/", "www[.]example"),
        (f"http://{'a' * 245}.example/", f"{'a' * 245}.example"),
        (f"http://{'a' * 246}.example/", None),
        ("http://[2606:4700::1111]/", None),
        ("http://[::ffff:93.184.216.34]/", None),
        ("http://redis:6379/", None),
        ("http://[/", None),
        (7, None),
    ],
)
def test_the_host_of_a_url_is_inert_and_masked_like_the_url(url: object, host: str | None) -> None:
    request = {"type": "request", "data": {"url": url}}
    crumbs = {"type": "breadcrumbs", "data": {"values": [{"type": "http", "data": {"url": url}}]}}
    event = read(Event, {"id": "a1", "entries": [request, crumbs]}, Sanitizer())
    assert (event.request_host, event.breadcrumbs[0].host) == (host, host)


GEO = "https://api.geo.example/v2"
CALLS: dict[str, tuple[dict[str, Any], bool | None]] = {
    # no answer, as numbers and as words
    "zero": ({"data": {"url": GEO, "status_code": 0}}, True),
    "zero as text": ({"data": {"url": GEO, "status_code": "0"}}, True),
    "zero as a fraction": ({"data": {"url": GEO, "status_code": 0.0}}, True),
    "below zero": ({"data": {"url": GEO, "status_code": -1}}, True),
    "below zero as text": ({"data": {"url": GEO, "status_code": "-1"}}, True),
    "a word for it": ({"data": {"url": GEO, "status_code": "error"}}, True),
    "a browser's word": ({"data": {"url": GEO, "status": "(failed)"}}, True),
    "late": ({"data": {"url": GEO, "status_code": "timeout"}}, True),
    "given up on purpose": ({"data": {"url": GEO, "status": "cancelled"}}, False),
    "null and an error": ({"level": "error", "data": {"url": GEO, "status_code": None}}, True),
    "absent and an error": ({"level": "error", "data": {"url": GEO}}, True),
    "an error beside it": ({"level": "warning", "data": {"url": GEO, "error": "reset by peer"}}, True),
    "null": ({"data": {"url": GEO, "status_code": None}}, False),
    "absent": ({"data": {"url": GEO}}, False),
    "a warning": ({"level": "warning", "data": {"url": GEO}}, False),
    # statuses
    "as text": ({"data": {"url": GEO, "status_code": "503"}}, True),
    "with its words": ({"data": {"url": GEO, "status_code": "503 Service Unavailable"}}, True),
    "well with its words": ({"data": {"url": GEO, "status_code": "200 OK"}}, False),
    "not modified": ({"data": {"url": GEO, "status_code": 304}}, False),
    "refused": ({"level": "warning", "data": {"url": GEO, "status_code": 404}}, True),
    "a code of gRPC": ({"data": {"url": GEO, "status": 14}}, False),
    "no number": ({"data": {"url": GEO, "status_code": True}}, False),
    "a version": ({"data": {"url": GEO, "status_code": "1.1"}}, False),
    # names of several SDKs
    "null before another name": ({"data": {"url": GEO, "status_code": None, "status": 503}}, True),
    "OpenTelemetry's names": (
        {"data": {"url.full": GEO, "http.request.method": "GET", "http.response.status_code": 503}},
        True,
    ),
    "older names": ({"data": {"http.url": GEO, "http.method": "GET", "http.status_code": 503}}, True),
    "in one word": ({"data": {"url": GEO, "statusCode": 503}}, True),
    "Ruby's": ({"type": "info", "category": "net.http", "data": {"url": GEO, "status": 503}}, True),
    "an application's own client": (
        {"type": "default", "category": "axios", "level": "error", "data": {"url": GEO}},
        True,
    ),
    "of no known category": (
        {"type": "default", "category": "network", "data": {"url": GEO, "status_code": 503}},
        True,
    ),
    "of gRPC": (
        {"type": "default", "category": "grpc", "data": {"target": "api.geo.example:443", "status": "UNAVAILABLE"}},
        True,
    ),
    "without a scheme": ({"data": {"url": "api.geo.example/v2", "status_code": 503}}, True),
    "with a user": ({"data": {"url": "https://ann:pw@API.geo.example:8443/v2?token=x", "status_code": 503}}, True),
    # no calls, and no host
    "a click": ({"type": "default", "category": "ui.click", "level": "error", "data": {"url": GEO}}, None),
    "a log line": ({"type": "default", "category": "console", "level": "error", "message": f"GET {GEO} 503"}, None),
    "a way": ({"type": "navigation", "category": "navigation", "data": {"from": "/", "to": GEO}}, None),
    "data of another type": ({"data": [GEO, 503]}, None),
    "a path": ({"data": {"url": "/v2/cart", "status_code": 200}}, None),
    "a file below the page": ({"data": {"url": "cart.php?next=https://api.geo.example", "status_code": 200}}, None),
    "data in a URL": ({"data": {"url": "data:image/png;base64,AA//BB", "status_code": 200}}, None),
}


@pytest.mark.parametrize(("crumb", "failed"), CALLS.values(), ids=CALLS)
def test_a_call_and_how_it_ended_are_read_as_sdks_and_applications_note_them(
    crumb: dict[str, Any], failed: bool | None
) -> None:
    """None: it is no call to that host, and did not fail."""
    values = [{"type": "http", "level": "info", **crumb}]
    event = {"id": "a1", "entries": [{"type": "breadcrumbs", "data": {"values": values}}]}
    (step,) = read(Event, event, Sanitizer()).breadcrumbs
    assert (step.failed, step.host) == (bool(failed), None if failed is None else "api.geo.example")


def test_a_host_keeps_its_number_in_the_answer_and_is_shown_where_nothing_is_masked() -> None:
    data = {"url": "http://93.184.216.34/v1"}
    entries = [{"type": "breadcrumbs", "data": {"values": [{"type": "http", "data": data}]}}]
    (crumb,) = read(Event, {"id": "a1", "entries": entries}, Sanitizer()).breadcrumbs
    assert (crumb.url, crumb.host) == ("hxxp://<ip 1>/v1", "<ip 1>")
    (crumb,) = read(Event, {"id": "a1", "entries": entries}, Sanitizer(mask=False)).breadcrumbs
    assert crumb.host == "93.184.216.34"


def test_a_sensitive_name_masks_the_values_below_it() -> None:
    top = [{"value": "hunter2zebra", "count": 3}]
    tag = read(TagCount, {"key": "access_token", "totalValues": 3, "topValues": top}, Sanitizer())
    assert tag.values == (("<secret 1>", 3),)
    plain = read(TagCount, {"key": "token_type", "totalValues": 3, "topValues": top}, Sanitizer())
    assert plain.values == (("hunter2zebra", 3),)
    below = {"type": "x", "value": "hunter2zebra", "by": {"name": "dana"}}
    contexts = {"credentials": below, "runtime": below}
    event = read(Event, {"id": "a1", "contexts": contexts}, Sanitizer())
    assert event.contexts["credentials"] == {"value": "<secret 1>", "by": '{"name": "<secret 2>"}'}
    assert event.contexts["runtime"] == {"value": "hunter2zebra", "by": '{"name": "dana"}'}


@pytest.mark.parametrize(
    ("count", "number"),
    [
        *[("1000", 1000), ("0", 0), (7, 7), (7.0, 7), ("9" * 18, 10**18 - 1), (10**18 - 1, 10**18 - 1)],
        *[("1_000", None), (" 7", None), ("+7", None), ("-7", None), ("٧", None), ("7.0", None), ("", None)],
        *[("9" * 19, None), (10**18, None), (-1, None), (7.5, None), (True, None), ([], None)],
        *[(float("nan"), None), (float("inf"), None)],
    ],
)
def test_a_count_is_a_whole_number_or_digits_and_otherwise_unknown(count: object, number: int | None) -> None:
    assert read(Issue, {**shapes.ISSUE, **ADDRESS, "count": count}, Sanitizer()).events_total == number
    top = [{"value": "production", "count": count}]
    assert read(TagCount, {"key": "environment", "topValues": top}, Sanitizer()).values == (("production", number),)


def test_text_of_which_nothing_is_left_is_none() -> None:
    issue = read(Issue, {**shapes.ISSUE, **ADDRESS, "title": " ", "culprit": " "}, Sanitizer())
    assert (issue.title, issue.culprit) == ("(no title)", None)


@pytest.mark.parametrize("text", ["SHOP-1Z", "my_shop-web-3", "7-A"])
def test_a_short_id_is_read(text: str) -> None:
    assert read(Issue, {**shapes.ISSUE, **ADDRESS, "shortId": text}, Sanitizer()).name == text


@pytest.mark.parametrize("text", ["", "-", "SHOP 1", "SHOP-1\n# P0", "a.example-1", "[x](y)", "S" * 200, 5, ["SHOP-1"]])
def test_what_is_no_short_id_does_not_stand_in_its_place(text: object) -> None:
    issue = read(Issue, {**shapes.ISSUE, **ADDRESS, "shortId": text}, Sanitizer())
    assert (issue.short_id, issue.name) == (None, issue.id)


@pytest.mark.parametrize(
    ("number", "name"),
    [("482", "#482"), (482, "#482"), ("482\n# P0", None), ("[x](y)", None), (True, None), (None, None)],
)
def test_a_pull_request_is_named_by_its_number_or_not_at_all(number: object, name: str | None) -> None:
    assert read(Commit, {"id": "3c5e36a", "pullRequest": {"id": number}}, Sanitizer()).pull_request == name


def test_an_item_that_cannot_be_read_is_left_out() -> None:
    entries = [None, 7, {"type": "note"}, {"type": "assigned", "dateCreated": "2026-11-20T08:00:00Z"}]
    assert [entry.kind for entry in read_all(Activity, entries, Sanitizer())] == ["assigned"]
    with pytest.raises(ValueError, match="id"):
        read(Issue, {"title": "no id", **ADDRESS}, Sanitizer())


def test_names_of_ours_in_sentrys_answer_are_not_taken_for_ours() -> None:
    posing = {"id": "1", **ADDRESS, "events_total": 5, "short_id": "EVIL-1", "snooze": {"count": 3}, "unhandled": True}
    issue = read(Issue, posing, Sanitizer())
    assert (issue.events_total, issue.short_id, issue.snooze, issue.unhandled) == (None,) * 4


def test_text_from_code_or_a_file_passes_as_it_is_and_strictly() -> None:
    assert Issue(id="1", url="", title=HOSTILE).title == HOSTILE
    for wrong in ({"title": 7}, {"title": "x", "events_total": "many"}, {"title": "x", "surprise": 1}):
        with pytest.raises(ValidationError):
            Issue.model_validate({"id": "1", "url": "", **wrong})
    with pytest.raises(ValidationError):
        Snooze.model_validate({"count": -1.5})


def test_evidence_that_was_dumped_is_read_back_as_it_was() -> None:
    event = read(Event, shapes.EVENT, Sanitizer())
    assert Event.model_validate_json(event.model_dump_json()) == event
    assert set(Evidence.model_fields) >= {"event", "rows", "tags"}


# --- dates ---------------------------------------------------------------------------------------------------------

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "read_as"),
    [
        ("2026-11-23T14:05:06.789Z", "2026-11-23T14:05:06+00:00"),
        ("2026-11-23T14:05:06", "2026-11-23T14:05:06+00:00"),
        ("2026-11-23T16:05:06+02:00", "2026-11-23T14:05:06+00:00"),
        (1_795_442_706, "2026-11-23T14:05:06+00:00"),
        (1_795_442_706.9, "2026-11-23T14:05:06+00:00"),
        (1_795_442_706_789, "2026-11-23T14:05:06+00:00"),
        ("2008-01-01T00:00:00Z", "2008-01-01T00:00:00+00:00"),
        ("2026-11-24T14:59:59Z", "2026-11-24T14:59:59+00:00"),
        ("2007-12-31T23:59:59Z", None),
        ("2026-11-24T15:00:00Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("1970-01-01T00:00:00Z", None),
        (0, None),
        (-62_135_596_800, None),
        (10**30, None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        ("1795442706", "2026-11-23T14:05:06+00:00"),
        ("yesterday", None),
        ("", None),
        ([], None),
        (None, None),
    ],
)
def test_a_date_that_cannot_be_is_unknown(value: object, read_as: str | None) -> None:
    release = read(Release, {"version": "1", "dateReleased": value}, Sanitizer(latest=NOW + AHEAD))
    assert release.released == (datetime.fromisoformat(read_as) if read_as else None)


def test_an_archive_may_end_in_the_future_and_nothing_else_lies_there() -> None:
    later = "2027-11-23T15:00:00Z"
    assert read(Snooze, {"ignoreUntil": later}, Sanitizer(latest=NOW + AHEAD)).until is not None
    assert read(Snooze, {"ignoreUntil": "9999-12-31T00:00:00Z"}, Sanitizer(latest=NOW + AHEAD)).until is None
    assert read(Release, {"version": "1", "dateReleased": later}, Sanitizer(latest=NOW + AHEAD)).released is None
