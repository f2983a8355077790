"""Answers are read with a cap, also when they are packed, and a large event stays small in memory."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from random import Random

import pytest

from sentry_runbook.errors import SentryError, ServerFault
from sentry_runbook.sentry import parsing
from sentry_runbook.sentry.ids import IssueRef
from tests.matrix import matrix
from tests.sentry.large_events import KINDS
from tests.sentry.upstream import ORG, Answer, Upstream, client_of

ISSUE, EVENT = f"{ORG}/issues/1/", f"{ORG}/issues/1/events/latest/"
REF = IssueRef("1")
ROOT = Path(__file__).parent.parent.parent
GOOD = b'{"id": "1", "title": "Boom"}'
PACKED = {"content-encoding": "gzip"}


def in_pieces(*pieces: bytes, sent: list[int] | None = None) -> Callable[[], AsyncIterator[bytes]]:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            if sent is not None:
                sent.append(len(piece))
            yield piece

    return stream


async def test_a_packed_answer_is_unpacked_piece_by_piece() -> None:
    packed = gzip.compress(GOOD)
    pieces = in_pieces(*(packed[at : at + 5] for at in range(0, len(packed), 5)))
    async with client_of(Upstream({ISSUE: Answer(headers=PACKED, pieces=pieces)})) as client:
        assert (await client.issue(REF))["title"] == "Boom"


async def test_reading_stops_at_the_cap() -> None:
    sent: list[int] = []
    pieces = in_pieces(*[b"x" * 1000] * 1000, sent=sent)
    async with client_of(Upstream({ISSUE: Answer(pieces=pieces)}), max_answer_bytes=10_000) as client:
        with pytest.raises(ServerFault, match="larger than"):
            await client.issue(REF)
    assert sum(sent) <= 12_000


async def test_a_gzip_bomb_is_not_unpacked_beyond_the_cap() -> None:
    pack = zlib.compressobj(9, wbits=31)
    bomb = b"".join(pack.compress(b" " * 1_000_000) for _ in range(100)) + pack.flush()
    assert len(bomb) < 200_000
    async with client_of(Upstream({ISSUE: Answer(headers=PACKED, pieces=in_pieces(bomb))})) as client:
        with pytest.raises(ServerFault, match="larger than 8 MB"):
            await client.issue(REF)


@pytest.mark.parametrize(
    ("pieces", "headers", "told"),
    [
        ([gzip.compress(GOOD)[:-9]], PACKED, "cut off"),
        ([b"not packed at all"], PACKED, "cannot be unpacked"),
        ([GOOD], {"content-encoding": "br"}, "not asked for"),
        ([GOOD], {"content-encoding": "gzip, gzip"}, "not asked for"),
        ([GOOD[:-4]], {}, "something else than Sentry"),
        ([b""], PACKED, "something else than Sentry"),
    ],
)
async def test_what_arrives_damaged_is_told(pieces: list[bytes], headers: dict[str, str], told: str) -> None:
    upstream = Upstream({ISSUE: Answer(headers=headers, pieces=in_pieces(*pieces))})
    async with client_of(upstream) as client:
        with pytest.raises(SentryError, match=told):
            await client.issue(REF)
    assert upstream.asked(ISSUE) == 1


async def test_only_gzip_is_asked_for() -> None:
    upstream = Upstream({ISSUE: Answer(body=GOOD)})
    async with client_of(upstream) as client:
        await client.issue(REF)
    assert upstream.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("part", matrix([b"[]", b"{}", b'"ab"', b"1", b'{"a":1}'], quick=(b"[]",)))
async def test_five_megabytes_of_tiny_parts_are_refused_before_they_take_memory(part: bytes) -> None:
    body = b'{"id": "1", "contexts": {"x": {"y": [' + part + (b"," + part) * (5_000_000 // (len(part) + 1)) + b"]}}}"
    async with client_of(Upstream({EVENT: Answer(body=body)})) as client:
        with pytest.raises(ServerFault, match="something else"):
            await client.event(REF, "latest")


async def test_five_megabytes_of_one_text_full_of_commas_are_read() -> None:
    body = b'{"id": "1", "title": "' + b",[{" * 1_600_000 + b'"}'
    async with client_of(Upstream({EVENT: Answer(body=body)})) as client:
        assert len(str((await client.event(REF, "latest"))["title"])) == 4_800_000


@pytest.mark.parametrize("kind", matrix(KINDS, quick=("variables", "halves")))
def test_a_large_event_takes_at_most_60_mb_more(kind: str, tmp_path: Path) -> None:
    body = tmp_path / "event.json"
    assert 3_000_000 < body.write_bytes(KINDS[kind]()) < 8_000_000
    program = [sys.executable, "-m", "tests.sentry.large_events", str(body)]
    told = subprocess.run(program, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    assert float(told) <= 60


def parts_of(value: object) -> int:
    """Commas and opening brackets that JSON needs to write a value, without those inside texts."""
    inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(0, len(inner) - 1) + sum(map(parts_of, inner))


@pytest.mark.parametrize("block", [1, 2, 3, 7, 65_536])
def test_the_parts_of_a_body_are_those_outside_its_texts(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(block)  # noqa: S311  # a repeatable choice, no secret
    monkeypatch.setattr(parsing, "BLOCK", block)
    for _ in range(300):
        texts = ["".join(random.choices('\\",[{a', k=random.randrange(8))) for _ in range(random.randrange(6))]
        value = {"a": texts, 'b":[': [texts, {"c,": 1}]}
        # Below this limit nothing is looked at closely; at it all of the body is.
        monkeypatch.setattr(parsing, "MAX_PARTS", parts_of(value))
        assert parsing._parts_at_most(json.dumps(value).encode()) == parts_of(value)


async def test_a_body_of_empty_texts_is_refused_before_it_is_taken_into_memory() -> None:
    body = b'{"id": "1", "a": ["' + b'","' * 2_500_000 + b'"]}'
    async with client_of(Upstream({ISSUE: Answer(body=body)}), max_answer_bytes=8_000_000) as client:
        with pytest.raises(ServerFault):
            await client.issue(REF)
