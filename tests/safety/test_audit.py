"""The audit file: a change leaves an intent and an outcome, no byte can be changed unnoticed, and no crash ends it."""

import hashlib
import json
import multiprocessing
import os
import resource
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_runbook.safety import audit
from sentry_runbook.safety.audit import AuditLog
from sentry_runbook.safety.audit_lines import GENESIS, MAX_LINE, AuditError, IntentLine, OutcomeLine
from sentry_runbook.safety.audit_report import TORN_LINE, verify

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INTENT = IntentLine(
    when=NOON,
    who="jo",
    what="resolve_in_release release=shop@2.4.2",
    issue="SHOP-1Z",
    before={"status": "unresolved", "substatus": "regressed"},
    confirmed="confirm_token",
    reason="stated by the assistant: fixed",
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="devices and locks of Linux")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines()


def outcome_of(intent: str, outcome: str = "applied") -> OutcomeLine:
    return OutcomeLine(NOON, intent, outcome, {"status": "resolved"})


def test_a_change_is_two_chained_lines_of_which_the_second_names_the_first(path: Path) -> None:
    log = AuditLog(path)
    intent = log.append(INTENT)
    outcome = log.append(outcome_of(intent))
    first, second = (json.loads(line) for line in lines(path))
    assert first == {
        "kind": "intent",
        "when": "2026-11-23T12:00:00.000+00:00",
        "who": "jo",
        "what": INTENT.what,
        "issue": "SHOP-1Z",
        "before": dict(INTENT.before),
        "confirmed": "confirm_token",
        "reason": "stated by the assistant: fixed",
        "previous": GENESIS,
        "hash": intent,
    }
    assert second == {
        "kind": "outcome",
        "when": "2026-11-23T12:00:00.000+00:00",
        "intent": intent,
        "outcome": "applied",
        "after": {"status": "resolved"},
        "previous": intent,
        "hash": outcome,
    }
    report = verify(path)
    assert (report.ok, report.lines, report.broken_line, report.last_hash) == (True, 2, None, outcome)
    assert report.unfinished == ()


def test_an_intent_without_an_outcome_is_told_and_breaks_nothing(path: Path) -> None:
    log = AuditLog(path)
    intents = [log.append(INTENT) for _ in range(3)]
    log.append(outcome_of(intents[1]))
    report = verify(path)
    assert (report.ok, report.lines) == (True, 4)
    assert [entry.number for entry in report.unfinished] == [1, 3]
    assert report.unfinished[0].values["what"] == INTENT.what


def test_only_the_owner_may_read_it(path: Path) -> None:
    AuditLog(path).append(INTENT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_text_with_line_breaks_stays_one_line(path: Path) -> None:
    AuditLog(path).append(IntentLine(when=NOON, what='a\n{"hash":"x"}\u2028b', issue="\ud800"))
    assert len(path.read_bytes().splitlines()) == 1
    assert verify(path).ok


# --- what somebody changed


def test_a_changed_line_is_named(path: Path) -> None:
    for _ in range(3):
        AuditLog(path).append(INTENT)
    path.write_text(path.read_text().replace('"jo"', '"al"', 1))
    report = verify(path)
    assert (report.ok, report.lines, report.broken_line) == (False, 0, 1)
    assert "changed" in report.why


@pytest.mark.parametrize(("keep", "broken"), [([0, 2], 2), ([1, 0, 2], 1), ([0, 0, 1, 2], 2), ([1, 2], 1)])
def test_a_removed_moved_or_doubled_line_is_named(path: Path, keep: list[int], broken: int) -> None:
    for _ in range(3):
        AuditLog(path).append(INTENT)
    all_lines = lines(path)
    path.write_text("".join(all_lines[index] + "\n" for index in keep))
    assert verify(path).broken_line == broken


def test_a_cut_end_shows_by_the_last_hash(path: Path) -> None:
    hashes = [AuditLog(path).append(INTENT) for _ in range(3)]
    path.write_text("".join(line + "\n" for line in lines(path)[:2]))
    report = verify(path)
    assert report.ok
    assert report.last_hash == hashes[1] != hashes[2]


def same_meaning(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A change of a line's bytes after which a JSON parser still reads the same values."""

    def changed(line: bytes) -> bytes:
        other = change(line)
        assert other != line
        assert json.loads(other) == json.loads(line)
        return other

    return changed


OTHER_BYTES: dict[str, Callable[[bytes], bytes]] = {
    "a key twice, the true one last": same_meaning(
        lambda line: line.replace(b'{"before"', b'{"issue":"OTHER-1","before"')
    ),
    "an inner key twice": same_meaning(lambda line: line.replace(b'"status"', b'"status":"resolved","status"')),
    "a blank": same_meaning(lambda line: line.replace(b'":"', b'": "', 1)),
    "a blank at the end": same_meaning(lambda line: line[:-1] + b" \n"),
    "a line break of Windows": same_meaning(lambda line: line[:-1] + b"\r\n"),
    "an escape": same_meaning(lambda line: line.replace(b"SHOP-1Z", b"\\u0053HOP-1Z")),
    "an escaped slash": same_meaning(lambda line: line.replace(b"a/b", b"a\\/b")),
    "another order": same_meaning(lambda line: json.dumps(dict(reversed(json.loads(line).items()))).encode() + b"\n"),
    "a byte order mark": same_meaning(lambda line: b"\xef\xbb\xbf" + line),
    "another encoding": lambda line: line.decode().rstrip("\n").encode("utf-16") + b"\n",
    "a float": same_meaning(lambda line: line.replace(b'"count":7', b'"count":7.0')),
    "an exponent": same_meaning(lambda line: line.replace(b'"count":7', b'"count":70e-1')),
    "bytes behind it": lambda line: line[:-1] + b"{}\n",
    "not a number": lambda line: line.replace(b'"count":7', b'"count":NaN'),
    "infinite": lambda line: line.replace(b'"count":7', b'"count":1e999'),
    "a number of 5,000 digits": lambda line: line.replace(b'"count":7', b'"count":' + b"7" * 5000),
    "nested deeply": lambda line: line.replace(b'"count":7', b'"count":' + b"[" * 9000 + b"]" * 9000),
    "another key": lambda line: line.replace(b'{"before"', b'{"also":1,"before"'),
}


@pytest.mark.parametrize("change", OTHER_BYTES.values(), ids=OTHER_BYTES)
def test_a_line_is_compared_byte_by_byte(path: Path, change: Callable[[bytes], bytes]) -> None:
    log = AuditLog(path)
    log.append(INTENT)
    before: dict[str, str | int | bool | None] = {"status": "unresolved", "count": 7}
    log.append(IntentLine(when=NOON, what="a/b", issue="SHOP-1Z", before=before))
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + change(second))
    report = verify(path)
    assert (report.ok, report.lines, report.broken_line) == (False, 1, 2)
    written = path.read_bytes()
    with pytest.raises(AuditError, match="damaged"):
        log.append(INTENT)
    assert path.read_bytes() == written


def dumped(values: dict[str, object]) -> str:
    return json.dumps(values, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_json_is_no_line_though_its_hash_fits(path: Path, number: float) -> None:
    previous = AuditLog(path).append(INTENT)
    values = {**json.loads(lines(path)[0]), "before": {"count": number}, "previous": previous}
    del values["hash"]
    values["hash"] = hashlib.sha256(dumped(values).encode()).hexdigest()
    with path.open("a") as file:
        file.write(dumped(values) + "\n")
    report = verify(path)
    assert (report.ok, report.broken_line, report.why) == (False, 2, "the line is not JSON")


FOREIGN = {
    "changed": lambda content: content.replace(b'"jo"', b'"al"'),
    "garbage": lambda content: content + b"hello\n",
    "garbage without a line break": lambda content: content + b"hello",
    "binary": lambda content: content + b"\xff\xfe\x00\n",
    "another JSON": lambda content: content + b'{"hash":"x"}\n',
    "an empty line": lambda content: content + b"\n",
    "a torn line that is longer than any": lambda content: content + b"{" + b"x" * MAX_LINE,
}


@pytest.mark.parametrize("damage", FOREIGN)
def test_a_file_that_somebody_changed_is_reported_and_never_written(path: Path, damage: str) -> None:
    log = AuditLog(path)
    log.append(INTENT)
    path.write_bytes(damaged := FOREIGN[damage](path.read_bytes()))
    with pytest.raises(AuditError, match="damaged"):
        log.append(INTENT)
    assert path.read_bytes() == damaged
    assert not verify(path).ok
    assert not verify(path).is_torn


# --- what a crash leaves


@pytest.mark.parametrize("whole_lines", [0, 1, 2])
def test_a_line_that_was_torn_anywhere_is_removed_by_the_next_write_and_told(path: Path, whole_lines: int) -> None:
    log = AuditLog(path)
    for _ in range(whole_lines + 1):
        log.append(INTENT)
    content = path.read_bytes()
    start = len(b"".join(content.splitlines(keepends=True)[:whole_lines]))
    for end in (start + 1, start + 2, start + 40, len(content) - 60, len(content) - 1):
        torn = content[start:end]
        path.write_bytes(content[:end])
        report = verify(path)
        assert (report.ok, report.is_torn, report.lines) == (False, True, whole_lines)
        assert report.why == TORN_LINE
        last = log.append(INTENT)
        report = verify(path)
        assert (report.ok, report.lines, report.last_hash) == (True, whole_lines + 2, last)
        (told,) = report.cut_backs
        assert told.number == whole_lines + 1
        assert told.values["removed_bytes"] == len(torn)
        assert str(told.values["removed"]) == torn.decode()[:1000]
        assert path.read_bytes().startswith(content[:start])


@pytest.mark.parametrize("zeros", [1, 4096])
def test_zeros_that_a_power_failure_left_are_removed_too(path: Path, zeros: int) -> None:
    log = AuditLog(path)
    log.append(INTENT)
    content = path.read_bytes()
    for torn in (b"\0" * zeros, b'{"before":{"sta' + b"\0" * zeros):
        path.write_bytes(content + torn)
        log.append(INTENT)
        (told,) = verify(path).cut_backs
        assert told.values["removed_bytes"] == len(torn)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files of this process may have so many bytes: the system then writes a part, or refuses, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@linux
@pytest.mark.parametrize("room", [0, 1, 100])
@pytest.mark.parametrize("torn", [b"", b'{"before":{'])
def test_on_a_full_disk_nothing_is_left_of_the_line_and_the_file_goes_on(path: Path, room: int, torn: bytes) -> None:
    log = AuditLog(path)
    log.append(INTENT)
    path.write_bytes(before := path.read_bytes() + torn)
    with room_for(len(before) + room), pytest.raises(AuditError, match=r"cannot be written|only part of a line"):
        log.append(INTENT)
    assert path.read_bytes() == before
    log.append(INTENT)
    assert verify(path).ok


# --- what stands in the way


def fifo(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    (path.parent / "elsewhere").write_text("")
    path.symlink_to(path.parent / "elsewhere")


def dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def device(path: Path) -> None:
    path.symlink_to("/dev/full")


def listening_socket(path: Path) -> None:
    os.chdir(path.parent)
    socket.socket(socket.AF_UNIX).bind(path.name)


IN_THE_WAY = [fifo, link, dangling_link, device, listening_socket, Path.mkdir]


@linux
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("make", IN_THE_WAY)
def test_what_is_no_regular_file_is_an_error_at_once_and_is_not_followed(
    tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "audit.jsonl"
    make(path)
    with pytest.raises(AuditError, match="cannot be opened"):
        AuditLog(path).append(INTENT)
    assert not verify(path).ok or path.is_symlink()
    assert not (tmp_path / "nowhere").exists()
    if (tmp_path / "elsewhere").exists():
        assert (tmp_path / "elsewhere").read_text() == ""


@linux
@pytest.mark.parametrize("name", ["/dev/full", "/dev/zero"])
def test_a_device_is_no_audit_file(name: str) -> None:
    with pytest.raises(AuditError, match="no regular file"):
        AuditLog(Path(name)).append(INTENT)
    assert not verify(Path(name)).ok


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_file_or_folder_that_may_not_be_written_is_told(path: Path, mode: int) -> None:
    AuditLog(path).append(INTENT)
    path.chmod(mode)
    with pytest.raises(AuditError, match="Permission denied"):
        AuditLog(path).append(INTENT)
    path.chmod(0o600)
    path.parent.chmod(0o500)
    with pytest.raises(AuditError, match="Permission denied"):
        AuditLog(path.parent / "other.jsonl").append(INTENT)
    path.parent.chmod(0o700)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AuditError, match="cannot be opened"):
        AuditLog(tmp_path / "file" / "audit.jsonl").append(INTENT)


def hold_lock(path: Path, held: "multiprocessing.synchronize.Event", end: "multiprocessing.synchronize.Event") -> None:
    import fcntl

    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        held.set()
        end.wait()


@contextmanager
def locked_by_another_process(path: Path) -> Iterator[None]:
    """Another process holds the lock of the file."""
    spawn = multiprocessing.get_context("spawn")
    held, end = spawn.Event(), spawn.Event()
    other = spawn.Process(target=hold_lock, args=(path, held, end))
    other.start()
    try:
        assert held.wait(60)
        yield
    finally:
        end.set()
        other.join()


@linux
def test_a_lock_that_another_process_holds_is_waited_for_less_than_a_second(path: Path) -> None:
    pauses: list[float] = []
    log = AuditLog(path, pause=pauses.append)
    log.append(INTENT)
    before = path.read_bytes()
    with locked_by_another_process(path):
        with pytest.raises(AuditError, match="locked by another process"):
            log.append(INTENT)
        assert path.read_bytes() == before
        assert verify(path).ok
    assert pauses
    assert sum(pauses) < 1
    log.append(INTENT)


@linux
def test_a_lock_that_is_given_up_meanwhile_is_taken(path: Path) -> None:
    import fcntl

    AuditLog(path).append(INTENT)
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        AuditLog(path, pause=lambda _: fcntl.flock(other, fcntl.LOCK_UN)).append(INTENT)
    assert verify(path).lines == 2


def test_another_thread_that_never_ends_is_no_reason_to_wait_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "THREADS_WAIT_S", 0.01)
    with audit._threads, pytest.raises(AuditError, match="is being written by this process"):
        AuditLog(path).append(INTENT)


# --- reading it


def test_a_missing_file_is_not_a_good_one(path: Path) -> None:
    report = verify(path)
    assert not report.ok
    assert "cannot be read" in report.why


def test_an_empty_file_is_whole(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    assert verify(path).ok
    assert verify(path).lines == 0


def test_a_record_that_is_too_long_is_refused_whole(path: Path) -> None:
    log = AuditLog(path)
    log.append(INTENT)
    with pytest.raises(AuditError, match="too long"):
        log.append(IntentLine(when=NOON, what="x" * MAX_LINE, issue="1"))
    log.append(IntentLine(when=NOON, what="x" * (MAX_LINE - 600), issue="1"))
    log.append(INTENT)
    assert verify(path).lines == 3


def test_many_threads_keep_one_chain(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: AuditLog(path).append(INTENT), range(60)))
    assert (verify(path).ok, verify(path).lines) == (True, 60)


def test_many_processes_keep_one_chain(path: Path) -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from sentry_runbook.safety.audit import AuditLog\n"
        "from sentry_runbook.safety.audit_lines import IntentLine\n"
        "for n in range(15):\n"
        "    AuditLog(Path(sys.argv[1])).append(IntentLine(datetime(2026, 1, 1, tzinfo=UTC), str(n), '1'))"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert (verify(path).ok, verify(path).lines) == (True, 45)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_file_breaks_verify_or_a_write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert verify(path).ok == (content == b"")
    try:
        AuditLog(path).append(INTENT)
    except AuditError:
        assert path.read_bytes() == content
    else:
        assert verify(path).ok
