"""Chains and groups of errors in the shapes of each SDK: which one leads, what led to it, what only came along."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sentry_runbook.incident.events.event_texts import error_texts
from sentry_runbook.incident.model.evidence import Event
from tests.incident.sdk_events import Json, event, frame, library, root, shown, thrown

Expected = tuple[str | None, str | None, str | None]
"""Type of the leading exception, function of its failing frame, type of the root beside it."""


def read(one: Event) -> Expected:
    """What is shown of an event."""
    return (*shown(one), root(one))


def child(source: str | None, number: int, parent: int = 0) -> Json:
    """The mechanism of an error that is another one's cause or member."""
    return {"type": "chained", "source": source, "exception_id": number, "parent_id": parent}


TOP: Json = {"type": "generic", "handled": False, "exception_id": 0}
GROUP: Json = {**TOP, "is_exception_group": True}
IO = thrown("IOException", "closed", library("read"), frame("load"))
CARRIED = ("IOException", "load", None)


def carried(kind: str, value: str | None, *frames: Json) -> tuple[list[Json], str, Expected]:
    """An error that this one carries; the carrier has an own frame and gives the title."""
    return [IO, thrown(kind, value, *(frames or (frame("join"),)))], f"{kind}: {value}", CARRIED


CARRIERS = {
    "Java a future": carried("ExecutionException", "java.io.IOException: closed"),
    "Java a stage": carried("CompletionException", "java.io.IOException: closed"),
    "Java Guava": carried("UncheckedExecutionException", "java.io.IOException: closed"),
    "Java unchecked": carried("UncheckedIOException", "java.io.IOException: closed"),
    "Java reflection": carried("InvocationTargetException", None),
    "Java a proxy": carried("UndeclaredThrowableException", None),
    "Java a privilege": carried("PrivilegedActionException", "java.io.IOException: closed"),
    "Java a static block": carried("ExceptionInInitializerError", None),
    "Java a servlet": carried("ServletException", "Request processing failed"),
    "Java an old servlet": carried("NestedServletException", "Handler dispatch failed"),
    "Java a listener": carried("ListenerExecutionFailedException", "Listener method could not be invoked"),
    "Java a bean": carried("UnsatisfiedDependencyException", "Error creating bean with name 'orders'"),
    "Java Rx undeliverable": carried("UndeliverableException", "The exception could not be delivered"),
    "Java Rx not implemented": carried("OnErrorNotImplementedException", "The exception was not handled"),
    "Java Rx composite": carried("CompositeException", "2 exceptions occurred. "),
    "Java with its package": carried("io.reactivex.rxjava3.exceptions.UndeliverableException", "not delivered"),
    "Java an inner class": carried("Exceptions$ReactiveException", "java.io.IOException: closed"),
    "Java plain": carried("RuntimeException", "java.io.IOException: closed"),
    "Java plain with the message": carried("RuntimeException", "closed"),
    "Java an Android activity": carried(
        "RuntimeException", "Unable to start activity ComponentInfo{shop/shop.Main}: java.io.IOException: closed"
    ),
    "Java an Android result": carried(
        "RuntimeException", "Failure delivering result ResultInfo{who=null} to activity {shop}: java.io.IOException: x"
    ),
    "Scala Play": carried("HttpErrorHandlerExceptions$$anon$1", "Execution exception[[IOException: closed]]"),
    "NET aggregate": carried("System.AggregateException", "One or more errors occurred. (closed)"),
    "NET reflection": carried("System.Reflection.TargetInvocationException", "Exception has been thrown by the target"),
    "NET a type": carried("System.TypeInitializationException", "The type initializer for 'Rates' threw an exception."),
    "NET a page": carried("System.Web.HttpUnhandledException", "Exception was thrown."),
    "NET see inner": carried("DbUpdateException", "Saving failed. See the inner exception for details."),
    "Python a group": carried("ExceptionGroup", "unhandled errors in a TaskGroup (1 sub-exception)"),
    "Python a base group": carried("BaseExceptionGroup", "unhandled errors (1 sub-exception)"),
    "Python tenacity": carried("RetryError", "RetryError[<Future at 0x7f state=finished raised IOException>]"),
    "JavaScript aggregate": carried("AggregateError", "All promises were rejected"),
    "JavaScript React recovered": carried(
        "Error", "There was an error during concurrent rendering but React was able to recover by rendering again."
    ),
    "JavaScript React hydrating": carried("Error", "There was an error while hydrating this Suspense boundary."),
    "JavaScript React in short": carried("Error", "Minified React error #423; visit https://react.dev/errors/423"),
    "JavaScript React in short again": carried("Error", "Minified React error #520; visit https://react.dev"),
    "PHP Twig": carried(
        "Twig\\Error\\RuntimeError", 'An exception has been thrown during the rendering of a template ("closed").'
    ),
    "PHP Messenger": carried(
        "Symfony\\Component\\Messenger\\Exception\\HandlerFailedException", 'Handling "App\\Mail" failed: closed'
    ),
    "PHP a view": carried("Illuminate\\View\\ViewException", "closed (View: /srv/cart.blade.php)"),
    "Ruby Sidekiq": carried("Sidekiq::JobRetry::Handled", "Sidekiq::JobRetry::Handled"),
    "Go a stack": carried("*errors.withStack", "load: closed"),
    "Go words": carried("*fmt.wrapError", "load: closed"),
    "Go eris": carried("*eris.wrapError", "load: closed"),
}


@pytest.mark.parametrize(("values", "title", "expected"), CARRIERS.values(), ids=CARRIERS)
def test_what_only_carries_an_error_never_leads(values: Sequence[Json], title: str, expected: Expected) -> None:
    assert read(event(*values, title=title)) == expected


@pytest.mark.parametrize(("values", "title", "expected"), CARRIERS.values(), ids=CARRIERS)
def test_a_carrier_is_named_where_nothing_else_has_a_frame_of_ones_own(
    values: Sequence[Json], title: str, expected: Expected
) -> None:
    inner = {**values[0], "stacktrace": {"frames": [library("read")]}}
    assert read(event(inner, values[1], title=title)) == (values[1]["type"], "join", "IOException")
    assert read(event(values[1], title=title)) == (values[1]["type"], "join", None), "alone it is all there is"


@pytest.mark.parametrize(
    "kind",
    [
        *("BeanCreationException", "BeanInstantiationException", "SuppressedError", "Sidekiq::JobRetry::Skip"),
        *("*fmt.wrapErrors", "*errors.joinError", "*errors.withMessage", "*xerrors.wrapError", "*withstack.withStack"),
        *("*errutil.withPrefix", "*multierror.Error", "Facade\\Ignition\\Exceptions\\ViewException"),
        "Spatie\\LaravelIgnition\\Exceptions\\ViewException",
    ],
)
def test_more_that_only_carry_an_error(kind: str) -> None:
    assert read(event(IO, thrown(kind, "words", frame("join")), title=f"{kind}: words")) == CARRIED


@pytest.mark.parametrize(
    "kind", ["RuntimeException", "Exception", "Error", "Throwable", "java.lang.IllegalStateException"]
)
@pytest.mark.parametrize("value", ["closed", " closed ", "java.io.IOException: closed", "IOException:closed"])
def test_a_plain_error_with_another_one_as_its_message_carries_it(kind: str, value: str) -> None:
    assert read(event(IO, thrown(kind, value, frame("join")), title=f"{kind}: {value}")) == CARRIED


def test_a_plain_error_repeats_one_without_a_message_by_its_type() -> None:
    bare = thrown("NullPointerException", None, frame("load"))
    again = thrown("RuntimeException", "java.lang.NullPointerException", frame("join"))
    assert read(event(bare, again, title="RuntimeException: x")) == ("NullPointerException", "load", None)


@pytest.mark.parametrize("kind", ["_RemoteTraceback", "multiprocessing.pool.RemoteTraceback", "OnAssemblyException"])
def test_a_diagnostic_is_no_root(kind: str) -> None:
    one = event(thrown(kind, "where", frame("at")), thrown("KeyError", "k", frame("work")))
    assert read(one) == ("KeyError", "work", None)


SPEAKING = {
    "an own type": ("OrderError", "order failed: closed"),
    "an own type with the cause as its message": ("OrderError", "java.io.IOException: closed"),
    "a plain one with words of its own": ("RuntimeException", "cannot ship the order: closed"),
    "a plain one of another error": ("RuntimeException", "java.net.SocketException: closed"),
    "a plain one of the same type with other words": ("RuntimeException", "java.io.IOException: disk is full"),
    "another of React's": ("Error", "Minified React error #310; visit https://react.dev"),
    "a number that begins like one": ("Error", "Minified React error #4230; visit https://react.dev"),
    "an activity that only failed": ("RuntimeException", "Unable to start activity, no permission"),
    "a name that ends alike": ("MyExecutionException", "job failed"),
    "a group of one's own": ("CustomerGroup", "not found"),
    "a retry of one's own": ("RetryError", "gave up after 3 times"),
    "a view of one's own": ("shop.ViewException", "no view"),
    "a job of one's own": ("Shop::Skip", "skipped"),
    "Go's own type": ("*rates.Error", "refresh: closed"),
}


@pytest.mark.parametrize(("kind", "value"), SPEAKING.values(), ids=SPEAKING)
def test_an_error_with_a_reason_of_its_own_is_no_carrier(kind: str, value: str) -> None:
    one = event(IO, thrown(kind, value, frame("ship")), title=f"{kind}: {value}")
    assert read(one) == (kind, "ship", "IOException")


# --- trees ---------------------------------------------------------------------------------------------------------

CLOSE = thrown("SQLException", "close", frame("close"), **{**child(None, 1), "type": "suppressed"})
GO: Json = {"type": "generic", "is_exception_group": True}
TREES: dict[str, tuple[list[Json], Json, Expected]] = {
    "a suppressed one before what was thrown": (
        [CLOSE, thrown("OrderError", "no stock", frame("order"), **TOP)],
        {"title": "OrderError: no stock"},
        ("OrderError", "order", None),
    ),
    "a suppressed one that gave the title": (
        [CLOSE, thrown("OrderError", "no stock", frame("order"), **TOP)],
        {"title": "SQLException: close"},
        ("OrderError", "order", None),
    ),
    "a suppressed one after what was thrown": (
        [thrown("OrderError", "no stock", frame("order"), **TOP), CLOSE],
        {},
        ("OrderError", "order", None),
    ),
    "a suppressed one beside the cause": (
        [
            thrown("IOException", "disk", frame("disk"), **child(None, 2)),
            CLOSE,
            thrown("OrderError", "x", frame("o"), **TOP),
        ],
        {"title": "OrderError: x"},
        ("OrderError", "o", "IOException"),
    ),
    "one marked as a group because another was suppressed": (
        [CLOSE, thrown("OrderError", "no stock", frame("order"), **GROUP)],
        {"title": "OrderError: no stock"},
        ("OrderError", "order", None),
    ),
    "one marked as a group because two others were suppressed": (
        [
            thrown("SocketException", "x", frame("s"), **{**child(None, 2), "type": "suppressed"}),
            CLOSE,
            thrown("OrderError", "no stock", frame("order"), **GROUP),
        ],
        {"title": "OrderError: no stock"},
        ("OrderError", "order", None),
    ),
    "one marked by its place as suppressed, without numbers": (
        [thrown("CloseError", "c", frame("c"), source="suppressed[0]"), thrown("OrderError", "no", frame("o"))],
        {"title": "CloseError: c"},
        ("OrderError", "o", None),
    ),
    "the context of a coroutine, marked": (
        [
            thrown("DiagnosticCoroutineContextException", "[Job]", **{**child(None, 1), "type": "suppressed"}),
            thrown("UnknownHostException", "no host", library("dns"), **TOP),
        ],
        {"title": "DiagnosticCoroutineContextException: [Job]"},
        ("UnknownHostException", "dns", None),
    ),
    "the contexts of a coroutine and of a screen, not marked": (
        [
            thrown("DiagnosticComposeException", "Screen", frame("Screen"), **child(None, 2)),
            thrown("DiagnosticCoroutineContextException", None, **child(None, 1)),
            thrown("IllegalStateException", "closed", frame("load"), **TOP),
        ],
        {"title": "DiagnosticComposeException: Screen"},
        ("IllegalStateException", "load", None),
    ),
    "a stack of components of React": (
        [
            thrown("React ErrorBoundary TypeError", "x is null", frame("App"), frame("Row"), **child("cause", 1)),
            thrown("TypeError", "x is null", library("render"), frame("Cell"), **TOP),
        ],
        {},
        ("TypeError", "Cell", None),
    ),
    "where a stream was put together": (
        [
            thrown("FluxOnAssembly$OnAssemblyException", "sites", frame("at")),
            thrown("NullPointerException", None, frame("m")),
        ],
        {},
        ("NullPointerException", "m", None),
    ),
    "the stack of another process as text": (
        [thrown("_RemoteTraceback", "Traceback"), thrown("KeyError", "'sku'", frame("work"))],
        {"title": "KeyError: 'sku'"},
        ("KeyError", "work", None),
    ),
    "a group in a group": (
        [
            thrown("OSError", "disk", frame("disk"), **child("exceptions[0]", 3, 2)),
            thrown("ExceptionGroup", "inner", **{**child("exceptions[1]", 2), "is_exception_group": True}),
            thrown("ValueError", "v", frame("v"), **child("exceptions[0]", 1)),
            thrown("BaseExceptionGroup", "outer", frame("main"), **GROUP),
        ],
        {"title": "BaseExceptionGroup: outer"},
        ("OSError", "disk", None),
    ),
    "a group whose second error gave the title": (
        [
            thrown("OSError", "disk", frame("disk"), **child("exceptions[1]", 2)),
            thrown("ValueError", "v", frame("v"), **child("exceptions[0]", 1)),
            thrown("SyncErrors", "2 errors", frame("main"), **GROUP),
        ],
        {"title": "ValueError: v"},
        ("ValueError", "v", None),
    ),
    "a group of an own type with one error": (
        [
            thrown("OSError", "disk", frame("d"), **child("errors[0]", 1)),
            thrown("SyncErrors", "1", frame("main"), **GROUP),
        ],
        {"title": "SyncErrors: 1"},
        ("OSError", "d", None),
    ),
    "a group of an own type without places": (
        [
            thrown("OSError", "disk", frame("d"), **child(None, 2)),
            thrown("KeyError", "k", frame("k"), **child(None, 1)),
            thrown("SyncErrors", "2", frame("main"), **GROUP),
        ],
        {"title": "SyncErrors: 2"},
        ("OSError", "d", None),
    ),
    "a group without numbers": (
        [thrown("OSError", "disk", frame("d")), thrown("SyncErrors", "1", frame("main"), is_exception_group=True)],
        {"title": "SyncErrors: 1"},
        ("OSError", "d", None),
    ),
    "a mark as text": (
        [thrown("OSError", "disk", frame("d")), thrown("SyncErrors", "1", frame("main"), is_exception_group="true")],
        {"title": "SyncErrors: 1"},
        ("OSError", "d", None),
    ),
    "the cause of an error of a group": (
        [
            thrown("OSError", "disk", frame("disk"), **child("__cause__", 2, 1)),
            thrown("ValueError", "v", frame("v"), **child("exceptions[0]", 1)),
            thrown("ExceptionGroup", "g", frame("main"), **GROUP),
        ],
        {"title": "ValueError: v"},
        ("ValueError", "v", "OSError"),
    ),
    "JavaScript of 2023 marks what has a cause": (
        [
            thrown("TypeError", "x", frame("inner"), **child("cause", 1)),
            thrown("SaveError", "no", frame("outer"), **GROUP),
        ],
        {"title": "SaveError: no"},
        ("SaveError", "outer", "TypeError"),
    ),
    "Dart marks what has a cause": (
        [
            thrown("SocketException", "x", frame("c"), **child(None, 1)),
            thrown("DioException", "no", frame("get"), **GROUP),
        ],
        {"title": "DioException: no", "sdk": "sentry.dart.flutter"},
        ("DioException", "get", "SocketException"),
    ),
    "Go of 2024 marks all and counts from the cause": (
        [
            thrown("*net.OpError", "dial tcp", **GO, exception_id=0),
            thrown("*fmt.wrapError", "get: dial tcp", **GO, exception_id=1, parent_id=0),
            thrown("*rates.Error", "refresh: get: dial tcp", frame("Refresh"), **GO, exception_id=2, parent_id=1),
        ],
        {"title": "*rates.Error: refresh: get: dial tcp", "sdk": "sentry.go", "platform": "go"},
        ("*rates.Error", "Refresh", "*net.OpError"),
    ),
    "Go of 2024 by its platform alone": (
        [
            thrown("*disk.Error", "full", frame("Write"), **GO, exception_id=0),
            thrown("*orders.Error", "save", frame("Save"), **GO, exception_id=1, parent_id=0),
        ],
        {"platform": "go"},
        ("*disk.Error", "Write", None),
    ),
    "one whose name only begins like Go's": (
        [thrown("OrderError", "no", frame("o"), **TOP), thrown("DiskError", "x", frame("d"), **child(None, 1))],
        {"sdk": "sentry.godot"},
        ("DiskError", "d", None),
    ),
    "Go's joined errors": (
        [
            thrown("*errors.errorString", "b", **child("errors[1]", 2)),
            thrown("*errors.errorString", "a", **child("errors[0]", 1)),
            thrown("*errors.joinError", "a\nb", frame("Run"), **GROUP),
        ],
        {"title": "*errors.joinError: a", "platform": "go"},
        ("*errors.joinError", "Run", "*errors.errorString"),
    ),
    "the outermost first, without numbers": (
        [thrown("DioException", "no", frame("get")), thrown("SocketException", "x", library("connect"))],
        {"title": "SocketException: x", "sdk": "sentry.dart"},
        ("DioException", "get", "SocketException"),
    ),
    "the outermost first, with numbers": (
        [
            thrown("OrderError", "no", frame("order"), **TOP),
            thrown("DiskError", "x", frame("disk"), **child("cause", 1)),
        ],
        {},
        ("DiskError", "disk", None),
    ),
    "a number twice is no tree": (
        [thrown("DiskError", "x", frame("disk"), **child("cause", 0)), thrown("OrderError", "no", frame("o"), **GROUP)],
        {"title": "OrderError: no"},
        ("DiskError", "disk", None),
    ),
    "its own parent": (
        [
            thrown("DiskError", "x", frame("disk"), **child("cause", 1, 1)),
            thrown("OrderError", "no", frame("o"), **TOP),
        ],
        {"title": "OrderError: no"},
        ("OrderError", "o", "DiskError"),
    ),
    "parents in a circle": (
        [
            thrown("DiskError", "x", frame("disk"), **child(None, 1, 2)),
            thrown("OrderError", "no", frame("o"), **child(None, 2, 1)),
        ],
        {"title": "OrderError: no"},
        ("OrderError", "o", "DiskError"),
    ),
    "a parent that was left out": (
        [
            thrown("DiskError", "x", frame("disk"), **child("cause", 5, 4)),
            thrown("OrderError", "no", frame("o"), **TOP),
        ],
        {"title": "OrderError: no"},
        ("OrderError", "o", "DiskError"),
    ),
    "numbers as text": (
        [
            thrown("SQLException", "close", frame("close"), type="suppressed", exception_id="1", parent_id="0"),
            thrown("OSError", "disk", frame("disk"), type="chained", exception_id="2", parent_id="1"),
            thrown("OrderError", "no", frame("o"), exception_id="0"),
        ],
        {},
        ("OrderError", "o", None),
    ),
    "a mechanism that is no object": (
        [{**IO, "mechanism": "generic"}, {**thrown("OrderError", "no", frame("o")), "mechanism": ["x"]}],
        {"title": "OrderError: no"},
        ("OrderError", "o", "IOException"),
    ),
    "Rails names the driver's error in its own": (
        [
            thrown("PG::UniqueViolation", "ERROR: duplicate", library("exec")),
            thrown(
                "ActiveRecord::RecordNotUnique", "PG::UniqueViolation: ERROR: duplicate", library("exec"), frame("save")
            ),
        ],
        {"title": "ActiveRecord::RecordNotUnique: PG::UniqueViolation: ERROR: duplicate"},
        ("ActiveRecord::RecordNotUnique", "save", "PG::UniqueViolation"),
    ),
    "a message that was thrown has no type": (
        [thrown(None, "Something odd", frame("a")), thrown(None, "Something else", frame("b"))],
        {"title": "Something odd"},
        (None, "a", None),
    ),
}


@pytest.mark.parametrize(("values", "named", "expected"), TREES.values(), ids=TREES)
def test_the_line_and_the_root_of_a_tree(values: Sequence[Json], named: Json, expected: Expected) -> None:
    assert read(event(*values, **named)) == expected


def test_diagnostics_alone_are_all_there_is() -> None:
    one = event(thrown("DiagnosticCoroutineContextException", "[Job]", frame("f")))
    assert read(one) == ("DiagnosticCoroutineContextException", "f", None)
    assert [each.aside for each in one.exceptions] == [False]


def test_of_a_carrier_and_a_diagnostic_the_carrier_leads() -> None:
    context = thrown("DiagnosticCoroutineContextException", "[Job]", frame("f"))
    assert read(event(context, thrown("ExecutionException", "x", frame("join")))) == (
        "ExecutionException",
        "join",
        None,
    )


def test_siblings_and_suppressed_ones_stand_aside_and_the_line_does_not() -> None:
    values = [
        thrown("OSError", "disk", frame("disk"), **child("__cause__", 4, 3)),
        thrown("ValueError", "v", frame("v"), **child("exceptions[1]", 3)),
        thrown("CloseError", "c", frame("c"), **{**child(None, 2, 3), "type": "suppressed"}),
        thrown("KeyError", "k", frame("k"), **child("exceptions[0]", 1)),
        thrown("ExceptionGroup", "g", frame("main"), **GROUP),
    ]
    one = event(*values, title="ValueError: v")
    flags = {each.type: (each.carries, each.aside) for each in one.exceptions}
    assert flags == {
        "OSError": (False, False),
        "ValueError": (False, False),
        "CloseError": (True, True),
        "KeyError": (False, True),
        "ExceptionGroup": (True, False),
    }
    texts = list(error_texts(one))[:5]
    assert texts == ["ValueError: v", "OSError: disk", "KeyError: k", "CloseError: c", "ExceptionGroup: g"]


# --- what is shown of many -----------------------------------------------------------------------------------------


def test_of_a_long_chain_a_carrier_is_left_out_before_an_error_that_says_why() -> None:
    kinds = ("RootError", "ExecutionException", "CompletionException", "TellingError", "OtherError", "ServletException")
    one = event(*[thrown(kind, f"words of {kind}", library(kind)) for kind in kinds])
    assert [each.type for each in one.exceptions] == ["RootError", "TellingError", "ServletException"]
    assert one.exceptions_omitted == 3
    assert list(error_texts(one))[-3:] == [
        "ExecutionException: words of ExecutionException",
        "CompletionException: words of CompletionException",
        "ServletException: words of ServletException",
    ]


def test_the_outermost_that_was_thrown_is_shown_and_not_a_diagnostic_behind_it() -> None:
    inner = [thrown(f"Level{number}", "x", frame(f"f{number}")) for number in range(4)]
    one = event(*inner, thrown("DiagnosticCoroutineContextException", "[Job]"))
    assert [each.type for each in one.exceptions] == ["Level0", "Level1", "Level3"]


@pytest.mark.parametrize(("count", "unread"), [(3, 0), (4, 0), (99, 0), (100, 0), (101, 1), (130, 30)])
def test_of_very_many_exceptions_the_inner_and_the_outer_ones_are_read_and_all_are_counted(
    count: int, unread: int
) -> None:
    one = event(*[thrown(f"Level{number}", f"words {number}", frame("f")) for number in range(count)])
    assert [each.type for each in one.exceptions] == ["Level0", "Level1", f"Level{count - 1}"]
    assert one.exceptions_omitted == count - 3
    judged = {text.partition(":")[0] for text in error_texts(one)}
    assert {f"Level{number}" for number in range(count)} - judged == {f"Level{50 + number}" for number in range(unread)}


def test_a_carrier_is_shown_before_what_was_suppressed() -> None:
    values = CLOSE, thrown("RootError", "x", frame("f")), thrown("ExecutionException"), thrown("CompletionException")
    assert [each.type for each in event(*values).exceptions] == [
        "RootError",
        "ExecutionException",
        "CompletionException",
    ]


def test_at_most_five_types_of_a_group_are_shown_and_carriers_last() -> None:
    kinds = ("AError", "AggregateError", "BError", "CError", "DError", "EError")
    members = [thrown(kind, "x", frame(kind), **child("errors[0]", place, 0)) for place, kind in enumerate(kinds, 1)]
    one = event(*members, thrown("ExceptionGroup", "g", **GROUP))
    assert [each.type for each in one.exceptions] == ["AError", "BError", "CError", "DError", "ExceptionGroup"]
    assert one.exceptions_omitted == 2
