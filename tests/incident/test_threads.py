"""Stacks outside the exceptions: of the message, or of the thread that crashed, was running, or is the main one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sentry_runbook.incident.formatting import no_stack
from tests.incident.sdk_events import Json, event, frame, shown, thread, thrown

THREADS = {
    "that of the exception's number": (9, [thread("a", "a", crashed=True), thread("b", "b", id=9)], "b"),
    "that of the number as text": (9, [thread("a", "a", crashed=True), thread("b", "b", id="9")], "b"),
    "that of the number as a fraction": (9.0, [thread("a", "a", crashed=True), thread("b", "b", id=9)], "b"),
    "that of a number that is text": ("0x1f", [thread("a", "a", crashed=True), thread("b", "b", id="0x1f")], "b"),
    "that of the number is not there": (9, [thread("a", "a"), thread("b", "b", crashed=True)], "b"),
    "that of number 0": (0, [thread("a", "a", crashed=True), thread("b", "b", id=0)], "b"),
    "the crashed one": (None, [thread("main", "a", current=True), thread("b", "b", crashed=True)], "b"),
    "the crashed one as text": (None, [thread("main", "a"), thread("b", "b", crashed="true")], "b"),
    "the current one": (None, [thread("main", "a"), thread("b", "b", current=True)], "b"),
    "the current one as text": (None, [thread("main", "a"), thread("b", "b", current="true", crashed="false")], "b"),
    "the main one": (None, [thread("worker", "a"), thread("main", "b")], "b"),
    "the main one of Apple's": (None, [thread("worker", "a"), thread("com.apple.main-thread", "b")], "b"),
    "the main one by a flag": (None, [thread("main", "a"), thread("t2", "b", main=True)], "b"),
    "the main one in words": (None, [thread("worker", "a"), thread(" Main Thread", "b")], "b"),
    "the main one of Unreal": (None, [thread("RenderThread 0", "a"), thread("GameThread", "b")], "b"),
    "the main one of Unity": (None, [thread("Job.Worker 1", "a"), thread("UnityMain", "b")], "b"),
    "the main one of a browser": (None, [thread("Chrome_IOThread", "a"), thread("CrBrowserMain", "b")], "b"),
    "the only one": (None, [thread(None, "a")], "a"),
    "the only one with a stack": (None, [thread(None, "a"), thread("main", None)], "a"),
    "the crashed one has none": (None, [thread("x", None, crashed=True), thread("main", "b")], "b"),
    "frames that are null": (None, [{"id": 1, "crashed": True, "stacktrace": {"frames": None}}, thread("x", "b")], "b"),
    "a stack that could not be translated": (
        None,
        [thread("x", "a"), {"id": 2, "crashed": True, "stacktrace": None, "rawStacktrace": {"frames": [frame("b")]}}],
        "b",
    ),
    "null among them": (None, [None, 7, thread("x", "b", crashed=True)], "b"),
    "none of several that nothing tells apart": (None, [thread("x", "a"), thread("y", "b")], None),
    "a name that only has main in it": (None, [thread("domain-worker", "a"), thread("main-pool-3", "b")], None),
    "none at all": (None, [], None),
}


@pytest.mark.parametrize("as_list", [False, True], ids=["object", "list"])
@pytest.mark.parametrize(("number", "threads", "expected"), THREADS.values(), ids=THREADS)
def test_an_exception_without_frames_has_its_threads(
    number: object, threads: Sequence[Json], expected: str | None, as_list: bool
) -> None:
    sent = list(threads) if as_list else {"values": list(threads)}
    assert shown(event(thrown("App Hanging", "2 s", thread=number), threads=sent)) == ("App Hanging", expected)
    if number is None:
        alone = event(threads=sent)
        assert shown(alone) == (None, expected)
        assert (alone.stack is None) == (expected is None)


def test_the_number_of_the_thread_is_read_as_the_sdk_writes_it_too() -> None:
    hang = {**thrown("App Hanging", "2 s"), "thread_id": 9}
    assert shown(event(hang, threads=[thread("a", "a", crashed=True), thread("b", "b", id=9)])) == ("App Hanging", "b")


@pytest.mark.parametrize("exceptions", [(), (thrown("Deadlock", "x"),)], ids=["message", "exception"])
def test_stacks_that_nothing_tells_apart_are_told_and_not_denied(exceptions: Sequence[Json]) -> None:
    one = event(*exceptions, threads=[thread("x", "a"), thread("y", "b"), thread("z", None)])
    assert one.failing_frame is None
    assert no_stack(one) == "the stacks of 2 threads, none of which it marks as crashed, current or main"
    assert no_stack(event(*exceptions, threads=[thread("z", None)])) == "no stack trace"
    assert no_stack(event(*exceptions)) == "no stack trace"
    assert event(*exceptions, threads=[thread("x", "a"), thread("main", "b")]).unmarked_threads == 0


NAMES: tuple[tuple[object, object, str], ...] = (
    ("render", 7, "render"),
    (None, 7, "thread 7"),
    ("", "0x1f", "thread 0x1f"),
    (None, 0, "thread 0"),
    (None, None, "a thread without a name"),
)


@pytest.mark.parametrize(("name", "number", "told"), NAMES)
def test_a_threads_stack_says_of_which_thread_it_is(name: object, number: object, told: str) -> None:
    sent = [{"id": number, "name": name, "current": True, "stacktrace": {"frames": [frame("f")]}}]
    alone, hang = event(threads=sent), event(thrown("App Hanging", "2 s"), threads=sent)
    assert alone.stack is not None
    assert [alone.stack.thread, hang.exceptions[0].thread] == [told, told]


@pytest.mark.parametrize("key", ["framesOmitted", "frames_omitted"])
def test_frames_that_a_threads_stack_lacks_are_counted(key: str) -> None:
    sent = [{"id": 1, "current": True, "stacktrace": {"frames": [frame("f")] * 30, key: [5, 25]}}]
    alone, hang = event(threads=sent), event(thrown("App Hanging", "2 s"), threads=sent)
    assert alone.stack is not None
    assert [alone.stack.frames_omitted, hang.exceptions[0].frames_omitted] == [30, 30]


def test_a_stack_of_its_own_goes_before_any_threads() -> None:
    one = event(thrown("Error", "x", frame("own")), threads=[thread("main", "other", crashed=True)])
    assert shown(one) == ("Error", "own")
    assert one.exceptions[0].thread is None
    unmarked = event(thrown("Error", "x", frame("own")), threads=[thread("x", "a"), thread("y", "b")])
    assert unmarked.unmarked_threads == 0


def test_what_a_diagnostic_brings_along_is_no_stack_of_the_error() -> None:
    context = thrown("DiagnosticCoroutineContextException", "[Job]", frame("x"))
    one = event(context, thrown("IOException", "closed"), threads=[thread("main", "load", current=True)])
    assert shown(one) == ("IOException", "load")


def test_the_exception_that_leads_gets_the_stack_and_no_other() -> None:
    values = thrown("OSError", "disk"), thrown("SaveError", "no")
    one = event(*values, title="SaveError: no", threads=[thread("main", "save")])
    assert [(each.type, len(each.frames)) for each in one.exceptions] == [("OSError", 0), ("SaveError", 1)]


def test_a_message_has_the_stack_where_it_was_logged() -> None:
    frames = [frame("run", "vendor/console.php", own=False), frame("execute", "src/Import.php")]
    one = event(stacktrace={"frames": frames}, message={"formatted": "Import aborted"})
    assert one.message == "Import aborted"
    assert shown(one) == (None, "execute")
    assert one.stack is not None
    assert one.stack.thread is None


def test_a_message_has_the_current_thread_where_the_sdk_attaches_that() -> None:
    attached = {"stacktrace": {"frames": [frame("log", "app.py")]}, "crashed": False, "current": True}
    assert shown(event(threads=[attached], logentry={"formatted": "Import aborted"})) == (None, "log")


def test_the_messages_own_stack_goes_before_a_threads() -> None:
    mine = {"frames": [frame("mine")]}
    assert shown(event(stacktrace=mine, threads=[thread("main", "other", crashed=True)])) == (None, "mine")
    assert shown(event(thrown("Error"), stacktrace=mine, threads=[thread("main", "other")])) == ("Error", "mine")
