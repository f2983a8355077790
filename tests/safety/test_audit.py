"""The audit file: every write is in it, and no line can be changed unnoticed."""

import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_runbook.safety.audit import GENESIS, MAX_LINE, AuditError, AuditLog, AuditRecord, verify

RECORD = AuditRecord(
    when=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
    who="jo",
    what="resolve_in_release release=shop@2.4.2",
    issue="SHOP-1Z",
    before={"status": "unresolved", "substatus": "regressed"},
    after={"status": "resolved"},
    confirmed="confirm_token",
    outcome="applied",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines()


def test_each_write_is_one_chained_line(path: Path) -> None:
    log = AuditLog(path)
    first, second = log.append(RECORD), log.append(RECORD)
    one, two = (json.loads(line) for line in lines(path))
    assert one["previous"] == GENESIS
    assert (two["previous"], two["hash"]) == (first, second)
    assert one["when"] == "2026-11-23T12:00:00.000+00:00"
    assert {key: one[key] for key in ("who", "what", "issue", "before", "after", "confirmed", "outcome")} == {
        "who": "jo",
        "what": RECORD.what,
        "issue": "SHOP-1Z",
        "before": dict(RECORD.before),
        "after": dict(RECORD.after),
        "confirmed": "confirm_token",
        "outcome": "applied",
    }
    report = verify(path)
    assert (report.ok, report.lines, report.broken_line, report.last_hash) == (True, 2, None, second)


def test_only_the_owner_may_read_it(path: Path) -> None:
    AuditLog(path).append(RECORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_text_with_line_breaks_stays_one_line(path: Path) -> None:
    AuditLog(path).append(AuditRecord(when=RECORD.when, what='a\n{"hash":"x"}\u2028b', issue="\ud800"))
    assert len(path.read_bytes().splitlines()) == 1
    assert verify(path).ok


def test_a_changed_line_is_named(path: Path) -> None:
    for _ in range(3):
        AuditLog(path).append(RECORD)
    path.write_text(path.read_text().replace("jo", "al", 1))
    report = verify(path)
    assert (report.ok, report.lines, report.broken_line) == (False, 0, 1)
    assert "changed" in report.why


@pytest.mark.parametrize(("keep", "broken"), [([0, 2], 2), ([1, 0, 2], 1), ([0, 0, 1, 2], 2), ([1, 2], 1)])
def test_a_removed_moved_or_doubled_line_is_named(path: Path, keep: list[int], broken: int) -> None:
    for _ in range(3):
        AuditLog(path).append(RECORD)
    all_lines = lines(path)
    path.write_text("".join(all_lines[index] + "\n" for index in keep))
    assert verify(path).broken_line == broken


def test_a_cut_end_shows_by_the_last_hash(path: Path) -> None:
    hashes = [AuditLog(path).append(RECORD) for _ in range(3)]
    path.write_text("".join(line + "\n" for line in lines(path)[:2]))
    report = verify(path)
    assert report.ok
    assert report.last_hash == hashes[1] != hashes[2]


@pytest.mark.parametrize("damage", ["torn", "garbage", "changed", "binary"])
def test_a_damaged_file_is_reported_and_never_overwritten(path: Path, damage: str) -> None:
    log = AuditLog(path)
    log.append(RECORD)
    content = path.read_bytes()
    damaged = {
        "torn": content[:-5],
        "garbage": content + b"hello\n",
        "changed": content.replace(b"jo", b"al"),
        "binary": content + b"\xff\xfe\x00\n",
    }[damage]
    path.write_bytes(damaged)
    with pytest.raises(AuditError, match="damaged"):
        log.ensure_writable()
    with pytest.raises(AuditError, match="damaged"):
        log.append(RECORD)
    assert path.read_bytes() == damaged
    assert not verify(path).ok


def test_a_missing_file_is_not_a_good_one(path: Path) -> None:
    report = verify(path)
    assert not report.ok
    assert "cannot be read" in report.why


def test_an_empty_file_is_whole(path: Path) -> None:
    AuditLog(path).ensure_writable()
    assert verify(path).ok
    assert verify(path).lines == 0


def test_a_file_that_cannot_be_opened_is_said_before_the_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AuditError, match="cannot be opened"):
        AuditLog(tmp_path / "file" / "audit.jsonl").ensure_writable()
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(AuditError, match="cannot be opened"):
        AuditLog(tmp_path / "link").append(RECORD)


def test_a_record_that_is_too_long_is_refused_whole(path: Path) -> None:
    log = AuditLog(path)
    log.append(RECORD)
    with pytest.raises(AuditError, match="too long"):
        log.append(AuditRecord(when=RECORD.when, what="x" * MAX_LINE, issue="1"))
    log.append(AuditRecord(when=RECORD.when, what="x" * (MAX_LINE - 600), issue="1"))
    log.append(RECORD)
    assert verify(path).lines == 3


def test_many_threads_keep_one_chain(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: AuditLog(path).append(RECORD), range(60)))
    assert (verify(path).ok, verify(path).lines) == (True, 60)


def test_many_processes_keep_one_chain(path: Path) -> None:
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from sentry_runbook.safety.audit import AuditLog, AuditRecord\n"
        "for n in range(15):\n"
        "    AuditLog(Path(sys.argv[1])).append(AuditRecord(datetime(2026, 1, 1, tzinfo=UTC), str(n), '1'))"
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(path)]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert (verify(path).ok, verify(path).lines) == (True, 45)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_no_file_breaks_verify(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    assert verify(path).ok == (content == b"")
