"""The lines of the audit file: three kinds of record, chained by hashes. Pure; :mod:`.audit` writes and reads the file.

How to think about it: a change of an issue leaves two lines. Before the request leaves, an :class:`IntentLine` says who
is about to do what, to which issue, in which state, confirmed how. After it an :class:`OutcomeLine` says what came of
it and names the hash of its intent. So whatever ends the process in between, a change has a line; of an intent without
an outcome nobody knows what came of it. A :class:`CutBackLine` says that a line that a crash had torn was removed.

A line is one record as canonical JSON (sorted keys, ASCII, no blanks), with the hash of the line before it and its own.
Lines are compared byte by byte with the canonical form of what they say, so that no second copy of a key, no escape and
no blank passes that a JSON parser would let through.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime

from sentry_runbook.errors import RunbookError

GENESIS = "0" * 64
"""What the first line names as the hash before it."""
MAX_LINE = 65_536
"""Bytes a line may have; a longer record is refused, a longer line in the file is damage."""
STATED = "stated by the assistant: "
"""Stands before a reason: nobody but the assistant that called the tool is known to have given it."""

TORN = re.compile(rb"\{[\x20-\x7e]*\x00*|\x00+")
"""The beginning of a line of ours; after a power failure the part that never reached the disk reads as zeros. A last
line that looks otherwise was not written by this program and is never removed."""

AuditValue = str | int | bool | None
AuditedState = Mapping[str, AuditValue]


class AuditError(RunbookError):
    """The audit file cannot be written, or is damaged."""


@dataclass(frozen=True)
class IntentLine:
    """A change that is about to be sent.

    Attributes:
        when: the instant, aware.
        what: the action with its arguments, as ``resolve_in_release release=shop@2.4.2``.
        issue: its short id or number.
        before: the state read before.
        confirmed: how it was confirmed: ``elicitation``, ``confirm_token``, ``direct``.
        reason: why, after :data:`STATED`; empty when none was given.
        who: whose token it is, ``unknown`` when Sentry did not say.
    """

    when: datetime
    what: str
    issue: str
    before: AuditedState = field(default_factory=dict)
    confirmed: str = ""
    reason: str = ""
    who: str = "unknown"


@dataclass(frozen=True)
class OutcomeLine:
    """What came of a change.

    Attributes:
        when: the instant, aware.
        intent: the hash of its intent's line.
        outcome: ``applied``, ``not_applied`` or ``unknown``.
        after: the state read back; empty when it could not be read.
    """

    when: datetime
    intent: str
    outcome: str
    after: AuditedState = field(default_factory=dict)


@dataclass(frozen=True)
class CutBackLine:
    """A torn last line was removed, so that the file can go on.

    Attributes:
        when: the instant, aware.
        removed_bytes: how many bytes were removed.
        removed: the beginning of what was removed.
    """

    when: datetime
    removed_bytes: int
    removed: str


AuditRecord = IntentLine | OutcomeLine | CutBackLine
KINDS: Mapping[str, type[IntentLine] | type[OutcomeLine] | type[CutBackLine]] = {
    "intent": IntentLine,
    "outcome": OutcomeLine,
    "cut_back": CutBackLine,
}


def chained(record: AuditRecord, previous: str) -> tuple[bytes, str]:
    """The line of a record behind the line whose hash is ``previous``, and its own hash.

    Raises:
        AuditError: the record is too long for a line.
    """
    kind = next(name for name, of_kind in KINDS.items() if isinstance(record, of_kind))
    when = record.when.astimezone(UTC).isoformat(timespec="milliseconds")
    values: dict[str, object] = asdict(record) | {"kind": kind, "previous": previous, "when": when}
    digest = _hash(values)
    line = _canonical(values | {"hash": digest}) + b"\n"
    if len(line) > MAX_LINE:
        raise AuditError("A record of a write is too long for the audit file.", "Shorten the reason or the release.")
    return line, digest


def read_line(line: bytes, previous: str | None) -> dict[str, object]:
    """The values of a line without its line break.

    Args:
        line: its bytes.
        previous: the hash that it must name; None where its predecessor is not looked at.

    Raises:
        ValueError: it is no link of the chain; the message says why.
    """
    values = _values(line)
    kind, digest = values.get("kind"), values.get("hash")
    if not isinstance(kind, str) or kind not in KINDS or values.keys() != _keys(kind):
        raise ValueError("the line is no record of this program")
    if _hash({key: value for key, value in values.items() if key != "hash"}) != digest:
        raise ValueError("the line was changed: its hash does not fit")
    if _canonical(values) != line:
        raise ValueError(
            "the line was changed: its bytes are not those that were written (a key twice, blanks, escapes)"
        )
    if previous is not None and values["previous"] != previous:
        raise ValueError("a line before it was removed, inserted or changed: the chain does not fit")
    return values


def _values(line: bytes) -> dict[str, object]:
    try:
        values = json.loads(line)
        _canonical(values)
    except (ValueError, RecursionError):
        raise ValueError("the line is not JSON") from None
    if not isinstance(values, dict):
        raise ValueError("the line is no record of this program")  # noqa: TRY004  # see read_line
    return values


def _keys(kind: str) -> set[str]:
    return {"kind", "previous", "hash", *(entry.name for entry in fields(KINDS[kind]))}


def _hash(values: Mapping[str, object]) -> str:
    return hashlib.sha256(_canonical(values)).hexdigest()


def _canonical(values: object) -> bytes:
    """Raises ValueError for NaN and infinities, which are no JSON."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")
