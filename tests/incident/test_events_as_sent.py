"""Events in the form in which SDKs send them, which raw JSON and some servers hold, and values of odd types in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sentry_runbook.incident.events.event_texts import error_texts
from sentry_runbook.incident.model.evidence import Event
from tests.incident.sdk_events import Json, event, frame, shown, thread, thrown
from tests.sentry.evidence import event_of

ID = "0123456789abcdef0123456789abcdef"
RAW: Json = {
    "event_id": ID,
    "timestamp": 1_763_629_200.25,
    "platform": "python",
    "environment": "production",
    "release": "shop@4.2.0",
    "transaction": "POST /pay",
    "logentry": {"formatted": "payment failed"},
    "exception": {
        "values": [
            {
                "type": "PayError",
                "value": "no answer",
                "mechanism": {"type": "generic", "handled": False},
                "stacktrace": {
                    "frames": [
                        {
                            "function": "charge",
                            "filename": "shop/pay.py",
                            "lineno": 41,
                            "in_app": True,
                            "vars": {"n": "1"},
                        },
                        {"function": "send", "filename": "http/client.py", "lineno": 90, "in_app": False},
                    ],
                    "frames_omitted": [2, 12],
                },
            }
        ]
    },
    "breadcrumbs": {"values": [{"category": "log", "message": "cart loaded", "timestamp": 1_763_629_190.5}]},
    "request": {"method": "POST", "url": "https://shop.example.test/pay"},
    "extra": {"order": "7"},
    "tags": [["plan", "pro"], ["beta", True]],
    "contexts": {"trace": {"trace_id": "ab" * 16}},
}


def test_an_event_as_an_sdk_sent_it_is_read_whole() -> None:
    one = event_of(RAW)
    assert one.id == ID
    assert one.when == datetime(2025, 11, 20, 9, tzinfo=UTC)
    assert (one.environment, one.release, one.transaction) == ("production", "shop@4.2.0", "POST /pay")
    assert one.message == "payment failed"
    assert shown(one) == ("PayError", "charge")
    assert one.failing_frame is not None
    assert (one.failing_frame.location, one.failing_frame.variables) == ("shop/pay.py:41", {"n": "1"})
    assert (one.exceptions[0].handled, one.exceptions[0].frames_omitted) == (False, 10)
    assert [crumb.message for crumb in one.breadcrumbs] == ["cart loaded"]
    assert (one.request_method, one.request_url) == ("POST", "hxxps://shop.example.test/pay")
    assert (one.extra, one.tags) == ({"order": "7"}, {"plan": "pro", "beta": "true"})


def test_sentrys_own_form_goes_before_the_sdks_where_an_event_has_both() -> None:
    entries = [{"type": "exception", "data": {"values": [thrown("Shown", "x", frame("shown"))]}}]
    one = event_of({**RAW, "entries": entries, "eventID": "f" * 32, "dateCreated": "2026-11-20T08:00:00Z"})
    assert (shown(one), one.id) == (("Shown", "shown"), "f" * 32)
    assert one.when == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert [crumb.message for crumb in one.breadcrumbs] == ["cart loaded"], "what only the SDK's form has is read"


VALUE = thrown("PayError", "no answer", frame("charge"))
FORMS: dict[str, Json] = {
    "entries": {"entries": [{"type": "exception", "data": {"values": [VALUE]}}]},
    "entries with a list": {"entries": [{"type": "exception", "data": [VALUE]}]},
    "entries with the exception itself": {"entries": [{"type": "exception", "data": VALUE}]},
    "entries as an object": {"entries": {"exception": {"values": [VALUE]}}},
    "entries null": {"entries": None, "exception": {"values": [VALUE]}},
    "an entry without data": {"entries": [{"type": "exception", "data": None}], "exception": {"values": [VALUE]}},
    "an entry with an empty list": {
        "entries": [{"type": "exception", "data": []}, {"type": "exception", "data": [VALUE]}]
    },
    "odd entries": {
        "entries": [None, 7, "x", [], {"type": None, "data": {}}, {"data": {"values": []}}],
        "exception": [VALUE],
    },
    "at the top": {"exception": {"values": [VALUE]}},
    "at the top as a list": {"exception": [VALUE]},
    "at the top alone": {"exception": VALUE},
    "under its old name": {"sentry.interfaces.Exception": {"values": [VALUE]}},
    "nulls among the values": {"exception": {"values": [None, 3, VALUE, "x"]}},
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_exception_is_read_in_every_form(form: Json) -> None:
    one = event_of({"id": ID, **form})
    assert [shown(one), len(one.exceptions)] == [("PayError", "charge"), 1]


NOTHING: dict[str, Json] = {
    "no entries": {},
    "values null": {"exception": {"values": None}},
    "values as an object": {"exception": {"values": {"type": "E"}}},
    "no values": {"exception": {"values": []}},
    "counts alone": {"entries": [{"type": "exception", "data": {"excOmitted": None, "hasSystemFrames": True}}]},
    "a word": {"exception": "PayError"},
    "a number": {"entries": 7},
}


@pytest.mark.parametrize("form", NOTHING.values(), ids=NOTHING)
def test_what_holds_no_exception_is_none(form: Json) -> None:
    one = event_of({"id": ID, **form})
    assert (one.exceptions, one.leading, one.failing_frame, one.exceptions_omitted) == ((), None, None, 0)


def test_an_exception_that_says_nothing_is_shown_where_it_is_all_there_is() -> None:
    assert [each.type for each in event(thrown(None, None), thrown("", "")).exceptions] == [None]
    assert [each.type for each in event(thrown(None, None), thrown("E", None)).exceptions] == ["E"]
    assert [each.value for each in event(thrown(None, None), thrown(None, "x")).exceptions] == ["x"]
    assert shown(event(thrown(None, None, frame("f")), thrown(None, None))) == (None, "f")
    assert [each.type for each in event(thrown("E", None), thrown(None, "x")).exceptions] == ["E", None]


@pytest.mark.parametrize("key", ["excOmitted", "exc_omitted"])
def test_exceptions_that_sentry_left_out_are_counted(key: str) -> None:
    assert event_of({"id": ID, "exception": {"values": [VALUE], key: [1, 41]}}).exceptions_omitted == 40


# --- what was thrown, of any type ----------------------------------------------------------------------------------

MESSAGES: tuple[tuple[object, str | None], ...] = (
    ("no answer", "no answer"),
    (404, "404"),
    (12.5, "12.5"),
    (0, "0"),
    (True, "true"),
    (False, "false"),
    (["a", {"b": 1}], '["a", {"b": 1}]'),
    ({"code": 401, "reason": "café"}, '{"code": 401, "reason": "café"}'),
    ({"password": "hunter2hunter2"}, '{"password": "‹secret 1›"}'.replace("‹", "<").replace("›", ">")),
    ({}, None),
    ([], None),
    ("", None),
    (None, None),
)


@pytest.mark.parametrize(("value", "told"), MESSAGES)
def test_what_was_thrown_is_told_whatever_it_is(value: object, told: str | None) -> None:
    one = event(thrown("E", value, frame("f")))
    assert one.exceptions[0].value == told
    assert next(error_texts(one)) == (f"E: {told}" if told else "E")


def test_an_object_that_was_thrown_is_judged_where_it_is_not_shown() -> None:
    inner = [thrown(f"Level{number}", {"step": number}, frame("f")) for number in range(5)]
    assert 'Level2: {"step": 2}' in list(error_texts(event(*inner)))


@pytest.mark.parametrize(("kind", "told"), [(404, "404"), ({"a": 1}, None), (["x"], None), (None, None), (True, None)])
def test_a_type_is_text_or_a_number(kind: object, told: str | None) -> None:
    assert event(thrown(kind, "x", frame("f"))).exceptions[0].type == told


def test_names_of_ours_in_an_exception_are_not_taken_for_ours() -> None:
    hostile = {**VALUE, "carries": True, "aside": True, "thread": "main", "whole": "x", "frames_omitted": 7}
    found = event(hostile).exceptions[0]
    assert (found.carries, found.aside, found.thread, found.whole, found.frames_omitted) == (
        False,
        False,
        None,
        None,
        0,
    )


# --- tags, users, contexts -----------------------------------------------------------------------------------------

TAGS: dict[str, tuple[object, dict[str, str]]] = {
    "objects": ([{"key": "plan", "value": "pro"}, {"key": "queue", "value": "mail"}], {"plan": "pro", "queue": "mail"}),
    "pairs": ([["plan", "pro"], ["queue", "mail"]], {"plan": "pro", "queue": "mail"}),
    "an object": ({"plan": "pro", "queue": "mail"}, {"plan": "pro", "queue": "mail"}),
    "nulls": ([{"key": None, "value": "x"}, {"key": "queue", "value": None}, {"key": "", "value": "y"}, None], {}),
    "pairs with nulls": ([[None, "x"], ["queue", None], ["a"], ["a", "b", "c"], []], {}),
    "numbers and flags": (
        {"n": 3, "f": 1.5, "on": True, "off": False},
        {"n": "3", "f": "1.5", "on": "true", "off": "false"},
    ),
    "a name that is a number": ([{"key": 7, "value": 8}], {"7": "8"}),
    "nested": ({"a": {"b": 1}, "c": ["d"]}, {}),
    "a text": ("plan:pro", {}),
    "null": (None, {}),
}


@pytest.mark.parametrize(("tags", "told"), TAGS.values(), ids=TAGS)
def test_tags_are_read_in_every_form(tags: object, told: dict[str, str]) -> None:
    assert event_of({"id": ID, "tags": tags}).tags == told


@pytest.mark.parametrize(
    "form", [{"environment": "eu"}, [["environment", "eu"]], [{"key": "environment", "value": "eu"}]]
)
def test_the_environment_is_a_tag_and_else_the_events_own(form: object) -> None:
    assert event_of({"id": ID, "tags": form, "environment": "other"}).environment == "eu"
    assert event_of({"id": ID, "environment": "eu"}).environment == "eu"
    assert event_of({"id": ID, "environment": ["eu"]}).environment is None


ODD: tuple[object, ...] = (None, [], [1], "x", 7, True, {"type": None}, {"values": 3}, {"": None})


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "part",
    ["contexts", "user", "request", "_meta", "errors", "context", "sdk", "occurrence", "metadata", "threads", "csp"],
)
def test_a_part_of_another_type_costs_only_itself(part: str, odd: object) -> None:
    one = event_of({**RAW, part: odd})
    assert isinstance(one, Event)
    assert shown(one) == ("PayError", "charge")


MOMENTS: dict[str, tuple[object, str | None]] = {
    "nine digits of a second": ("2026-11-20T08:00:00.123456789Z", "2026-11-20T08:00:00+00:00"),
    "six digits and a zone": ("2026-11-20T08:00:00.123456+00:00", "2026-11-20T08:00:00+00:00"),
    "a zone without a colon": ("2026-11-20T18:00:00+1000", "2026-11-20T08:00:00+00:00"),
    "no zone": ("2026-11-20T08:00:00", "2026-11-20T08:00:00+00:00"),
    "a space": ("2026-11-20 08:00:00", "2026-11-20T08:00:00+00:00"),
    "UTC by its name": ("2026-11-20 08:00:00 UTC", "2026-11-20T08:00:00+00:00"),
    "small letters": ("2026-11-20t08:00:00z", "2026-11-20T08:00:00+00:00"),
    "seconds": (1_763_629_200, "2025-11-20T09:00:00+00:00"),
    "a fraction of seconds": (1_763_629_200.75, "2025-11-20T09:00:00+00:00"),
    "milliseconds": (1_763_629_200_750, "2025-11-20T09:00:00+00:00"),
    "microseconds": (1_763_629_200_750_000, "2025-11-20T09:00:00+00:00"),
    "nanoseconds": (1_763_629_200_750_000_000, "2025-11-20T09:00:00+00:00"),
    "seconds as text": ("1763629200", "2025-11-20T09:00:00+00:00"),
    "a fraction as text": (" 1763629200.75 ", "2025-11-20T09:00:00+00:00"),
    "milliseconds as text": ("1763629200750", "2025-11-20T09:00:00+00:00"),
    "a number that is no date": (7, None),
    "a short number as text": ("176362920", None),
    "another zone by its name": ("2026-11-20 08:00:00 CET", None),
    "words": ("yesterday", None),
    "an object": ({"seconds": 1_763_629_200}, None),
}


@pytest.mark.parametrize(("value", "told"), MOMENTS.values(), ids=MOMENTS)
def test_a_time_is_read_as_it_is_written(value: object, told: str | None) -> None:
    one = event_of({"id": ID, "dateCreated": value})
    assert one.when == (datetime.fromisoformat(told) if told else None)


def test_a_thread_and_a_message_of_the_sdks_form_are_read() -> None:
    one = event_of({"id": ID, "threads": [thread("main", "hang")], "logentry": {"message": "hung"}})
    assert (shown(one), one.message) == ((None, "hang"), "hung")
