"""Which exception of an event leads, which are shown, and stacks that stand elsewhere: shapes as SDKs send them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sentry_runbook.incident.events.event_texts import error_texts
from sentry_runbook.incident.model.evidence.event import NAMED_BY
from tests.incident.sdk_events import Json, event, frame, shown, thrown
from tests.sentry.evidence import event_of

IO, APP = frame("recv", "net/socket.x", own=False), frame("charge", "shop/pay.x")
CHAINS = {
    "an error raised from another one is named by its title": (
        [thrown("TimeoutError", "read", frame("fetch")), thrown("PayError", "no answer", frame("charge"))],
        "PayError: no answer",
        ("PayError", "charge"),
    ),
    "the title names the inner one": (
        [thrown("KeyError", "'sku'", frame("row")), thrown("JobError", "job failed", frame("run"))],
        "KeyError: 'sku'",
        ("KeyError", "row"),
    ),
    "a title that Sentry cut": (
        [thrown("KeyError", "'sku'", frame("row")), thrown("JobError", "import of " + "x" * 300, frame("run"))],
        "JobError: import of " + "x" * 200 + "...",
        ("JobError", "run"),
    ),
    "two of one type are told apart by their message": (
        [thrown("Error", "inner words", frame("inner")), thrown("Error", "outer words", frame("outer"))],
        "Error: inner words",
        ("Error", "inner"),
    ),
    "of two that are alike the outermost": (
        [thrown("PayError", "same", frame("inner")), thrown("PayError", "same", frame("outer"))],
        "PayError: same",
        ("PayError", "outer"),
    ),
    "what the title names has no frame of the application's": (
        [thrown("TypeError", "x", APP), thrown("PayError", "y", IO)],
        "PayError: y",
        ("TypeError", "charge"),
    ),
    "no title: the innermost with own frames": (
        [thrown("OSError", "x", IO), thrown("PayError", "y", APP), thrown("WebError", "z", frame("view"))],
        "",
        ("PayError", "charge"),
    ),
    "a carrier of another thread's error": (
        [thrown("IllegalStateException", "closed", APP), thrown("ExecutionException", "closed", frame("join"))],
        "ExecutionException: closed",
        ("IllegalStateException", "charge"),
    ),
    "a carrier with its package in its name": (
        [thrown("IOException", "closed", APP), thrown("java.util.concurrent.CompletionException", "c", frame("join"))],
        "CompletionException: c",
        ("IOException", "charge"),
    ),
    "a plain exception made of another one": (
        [thrown("SocketException", "reset", APP), thrown("RuntimeException", "java.net.SocketException: reset", APP)],
        "RuntimeException: java.net.SocketException: reset",
        ("SocketException", "charge"),
    ),
    "a plain exception with words of its own is no carrier": (
        [thrown("SocketException", "reset", APP), thrown("RuntimeException", "Payment failed: reset", frame("view"))],
        "RuntimeException: Payment failed: reset",
        ("RuntimeException", "view"),
    ),
    "React's report that it went on": (
        [
            thrown("TypeError", "x is undefined", frame("Row", "Row.tsx")),
            thrown(
                "Error", "There was an error while hydrating but React was able to recover", frame("root", own=True)
            ),
        ],
        "Error: There was an error while hydrating but React was able to recover",
        ("TypeError", "Row"),
    ),
    "Go's wrappers": (
        [thrown("*net.OpError", "dial tcp"), thrown("*fmt.wrapError", "refresh: dial tcp", frame("refresh"))],
        "*fmt.wrapError: refresh: dial tcp",
        ("*fmt.wrapError", "refresh"),
    ),
    "nothing but carriers": (
        [thrown("ExecutionException", "a", frame("a")), thrown("CompletionException", "b", frame("b"))],
        "CompletionException: b",
        ("ExecutionException", "a"),
    ),
    "one that was suppressed meanwhile": (
        [
            thrown("CloseError", "close", frame("close"), type="chained", source="__suppressed__[0]", exception_id=1),
            thrown("ReadError", "read", frame("read"), exception_id=0),
        ],
        "",
        ("ReadError", "read"),
    ),
    "the cause of one that was suppressed": (
        [
            thrown("OSError", "disk", frame("disk"), exception_id=2, parent_id=1),
            thrown("CloseError", "close", frame("close"), type="suppressed", exception_id=1, parent_id=0),
            thrown("ReadError", "read", frame("read"), exception_id=0),
        ],
        "",
        ("ReadError", "read"),
    ),
    "a title with the package that the type lacks": (
        [thrown("KeyError", "k", frame("row")), thrown("PayError", "no", frame("pay"))],
        "com.acme.PayError: no",
        ("PayError", "pay"),
    ),
    "a type with the package that the title lacks": (
        [thrown("KeyError", "k", frame("row")), thrown("com.acme.PayError", "no", frame("pay"))],
        "PayError: no",
        ("com.acme.PayError", "pay"),
    ),
    "a title that only ends like a type": (
        [thrown("KeyError", "k", frame("row")), thrown("Error", "no", frame("pay"))],
        "PayError: no",
        ("KeyError", "row"),
    ),
    "a title that is the message of an error without a type": (
        [thrown(None, "first words", frame("a")), thrown(None, "second words", frame("b"))],
        "second words",
        (None, "b"),
    ),
    "a title that is the message of an error with another type": (
        [thrown("KeyError", "k", frame("row")), thrown("PayError", "no answer", frame("pay"))],
        "no answer",
        ("KeyError", "row"),
    ),
    "a message in several lines": (
        [thrown("E", "first", frame("a")), thrown("E", "second\n  line", frame("b")), thrown("E", "third", frame("c"))],
        "E: second line",
        ("E", "b"),
    ),
    "no message to tell two apart": (
        [thrown("E", None, frame("a")), thrown("E", None, frame("b"))],
        "E",
        ("E", "b"),
    ),
    "no frames and no title: the outermost": (
        [thrown("OSError", "x"), thrown("PayError", "y"), thrown("WebError", "z")],
        "",
        ("WebError", None),
    ),
    "no frames: what the title names": (
        [thrown("OSError", "x"), thrown("PayError", "y"), thrown("WebError", "z")],
        "PayError: y",
        ("PayError", None),
    ),
    "no own frames: what the title names": (
        [thrown("OSError", "x", IO), thrown("PayError", "y", IO), thrown("WebError", "z", IO)],
        "PayError: y",
        ("PayError", "recv"),
    ),
    "no own frames: not what the title names, if that has none": (
        [thrown("OSError", "x", IO), thrown("PayError", "y")],
        "PayError: y",
        ("OSError", "recv"),
    ),
    "an empty object among them": (
        [{}, thrown("NullReferenceException", "x", frame("Update"))],
        "NullReferenceException: x",
        ("NullReferenceException", "Update"),
    ),
}


@pytest.mark.parametrize(("values", "title", "expected"), CHAINS.values(), ids=CHAINS)
def test_the_line_of_an_event_is_of_one_exception(
    values: Sequence[Json], title: str, expected: tuple[str, str]
) -> None:
    assert shown(event(*values, title=title)) == expected


def test_the_issues_metadata_tell_more_than_its_title() -> None:
    values = thrown("KeyError", "'sku'", frame("row")), thrown("JobError", "job failed", frame("run"))
    metadata = {"type": "JobError", "value": "job failed"}
    assert shown(event(*values, title="KeyError: 'sku'", metadata=metadata)) == ("JobError", "run")
    assert shown(event(*values, title="KeyError: 'sku'", metadata={"type": "JobError"})) == ("JobError", "run")
    alike = [thrown("E", words, frame(words)) for words in ("first", "second", "third")]
    assert shown(event(*alike, title="E: first", metadata={"type": "E", "value": "second"})) == ("E", "second")
    assert shown(event(*alike, title="E: first", metadata={"title": "x"})) == ("E", "first")


def test_the_events_own_title_counts_where_the_issues_names_no_exception() -> None:
    values = [thrown("KeyError", "'sku'", frame("row")), thrown("JobError", "job failed", frame("run"))]
    own = {"id": "a1", "title": "JobError: job failed", "exception": {"values": values}}
    assert shown(event_of({**own, NAMED_BY: {"title": "Nightly import"}})) == ("JobError", "run")
    assert shown(event_of({**own, NAMED_BY: {"title": "KeyError: 'sku'"}})) == ("KeyError", "row")
    assert shown(event_of({**own, NAMED_BY: None})) == ("JobError", "run")


def test_of_a_long_chain_the_root_the_outermost_and_the_leading_one_are_shown_and_all_are_judged() -> None:
    values = [thrown(f"Level{place}", f"words {place}", frame(f"f{place}", own=place == 4)) for place in range(9)]
    one = event(*values, title="Level8: words 8")
    assert [each.type for each in one.exceptions] == ["Level0", "Level4", "Level8"]
    assert one.exceptions_omitted == 6
    assert shown(one) == ("Level4", "f4")
    texts = list(error_texts(one))
    assert texts[:3] == ["Level4: words 4", "Level0: words 0", "Level8: words 8"]
    assert set(texts[3:]) >= {f"Level{place}: words {place}" for place in (1, 2, 3, 5, 6, 7)}


def test_of_a_group_one_of_each_type_is_shown() -> None:
    rows = [
        thrown(kind, f"{kind} {place}", frame(kind), exception_id=place, parent_id=0)
        for place, kind in enumerate(("KeyError", "KeyError", "ValueError", "KeyError", "OSError", "ValueError"), 1)
    ]
    group = thrown("ExceptionGroup", "6 errors", frame("main"), exception_id=0, is_exception_group=True)
    one = event(*rows, group, title="ExceptionGroup: 6 errors")
    assert [each.type for each in one.exceptions] == ["KeyError", "ValueError", "OSError", "ExceptionGroup"]
    assert shown(one) == ("KeyError", "KeyError")
    assert one.exceptions_omitted == 3
    assert any("ValueError 6" in text for text in error_texts(one)), "those not shown are judged, too"


def test_what_sentry_left_out_is_counted() -> None:
    stack = {"frames": [frame("deep")] * 250, "framesOmitted": [125, 875]}
    values = [{**thrown("RecursionError"), "stacktrace": stack}]
    one = event_of({"id": "a1", "entries": [{"type": "exception", "data": {"values": values, "excOmitted": [1, 41]}}]})
    assert one.exceptions[0].frames_omitted == 250 - len(one.exceptions[0].frames) + 750
    assert one.exceptions_omitted == 40


@pytest.mark.parametrize("odd", [None, [], [1], ["a", "b"], [9, 2], [1, 2, 3], {"from": 1}, [True, 4], 7])
def test_an_odd_pair_leaves_nothing_out(odd: object) -> None:
    values = [{**thrown("Error"), "stacktrace": {"frames": [frame("f")], "framesOmitted": odd}}]
    assert event(*values).exceptions[0].frames_omitted == 0


def test_entries_that_hold_a_bare_list_are_read() -> None:
    listed = [{"type": "exception", "data": [thrown("Error", "x", frame("f"))]}]
    crumbs = [{"type": "breadcrumbs", "data": [{"category": "log", "message": "one"}]}]
    one = event_of({"id": "a1", "entries": listed + crumbs})
    assert shown(one) == ("Error", "f")
    assert [crumb.message for crumb in one.breadcrumbs] == ["one"]


# --- long messages -------------------------------------------------------------------------------------------------

REASON = "FATAL: too many connections for role shop"


@pytest.mark.parametrize("length", [700, 5_000, 60_000])
def test_of_a_long_message_both_ends_are_shown_and_judged(length: int) -> None:
    words = ["Invalid invocation"] + [f"line {number} of an excerpt" for number in range(length // 20)] + [REASON]
    one = event(thrown("DbError", "\n".join(words)))
    value = one.exceptions[0].value
    assert value is not None
    assert len(value) <= 600
    assert value.startswith("Invalid invocation")
    assert value.endswith(REASON)
    assert "characters]" in value
    assert any(REASON in text for text in error_texts(one))


def test_the_middle_of_a_message_of_ordinary_length_is_judged_though_not_shown() -> None:
    words = f"{'head ' * 300}{REASON}{' tail' * 300}"
    one = event(thrown("DbError", words))
    assert REASON not in (one.exceptions[0].value or "")
    assert any(REASON in text for text in error_texts(one))
    message = event_of({"id": "a1", "message": words})
    assert any(REASON in text for text in error_texts(message))


def test_a_short_message_is_kept_once() -> None:
    one = event(thrown("DbError", "short"))
    assert (one.exceptions[0].value, one.exceptions[0].whole) == ("short", None)


def test_no_secret_is_torn_open_at_the_cuts() -> None:
    secret = "password=hunter2hunter2hunter2"
    for length in range(380, 460, 7):
        value = event(thrown("E", f"{'x ' * (length // 2)}{secret} {'y ' * 4_000}{secret}")).exceptions[0].value
        assert value is not None
        assert "hunter2" not in value
