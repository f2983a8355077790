"""Answers with half characters and numbers that are none, as JSON writers in Python and JavaScript let them through."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sentry_runbook.errors import ServerFault
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Upstream, client_of


async def issue(body: bytes) -> Mapping[str, object]:
    """The issue that a server answers with this body."""
    async with client_of(Upstream({f"{ORG}/issues/1/": Answer(body=body)})) as client:
        return await client.issue(IssueRef("1"))


ODD_TEXTS = {
    "half a character": (rb"half \ud83d of it", "half \ufffd of it"),
    "its second half": (rb"\udE00 first", "\ufffd first"),
    "two first halves": (rb"\ud83d\ud83d", "\ufffd\ufffd"),
    "halves the wrong way round": (rb"\ude00\ud83d", "\ufffd\ufffd"),
    "a first half before a whole one": (rb"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
    "a whole one beside a half": (rb"\ud83d\ude00 \ud83d", "\U0001f600 \ufffd"),
    "words about one beside a half": (rb"C:\\ud800 \\\\ud800 \ud800", "C:\\ud800 \\\\ud800 \ufffd"),
    "a backslash before a half": (rb"\\\ud800", "\\\ufffd"),
    "other escapes beside a half": (rb"\n\"\/\u00e9\ud800", '\n"/\u00e9\ufffd'),
    "bytes that are no UTF-8": (b"caf\xe9", "caf\ufffd"),
    "half a character in bytes": (b"x\xed\xa0\x80y", "x\ufffd\ufffd\ufffdy"),
    "a line break as it is": (b"one\ntwo", "one\ntwo"),
}


@pytest.mark.parametrize(("written", "read_as"), ODD_TEXTS.values(), ids=ODD_TEXTS)
async def test_half_a_character_costs_itself_and_not_the_answer(written: bytes, read_as: str) -> None:
    body = b'{"id": "1", "' + written + b'": 1, "title": "' + written + b'", "count": 3}'
    assert await issue(body) == {"id": "1", read_as: 1, "title": read_as, "count": 3}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
async def test_a_number_that_is_none_is_unknown_and_costs_no_answer(number: bytes) -> None:
    body = b'{"id": "1", "count": ' + number + b', "more": [' + number + b', 1.5, 2, 1e999], "title": "x"}'
    assert await issue(body) == {
        "id": "1",
        "count": None,
        "more": [None, 1.5, 2, None],
        "title": "x",
    }


async def test_a_mark_of_the_byte_order_is_no_part_of_the_answer() -> None:
    assert await issue(b'\xef\xbb\xbf{"id": "1"}') == {"id": "1"}


@pytest.mark.parametrize("cut", [b'{"id": "1", "title": "\\ud800', b'{"id": NaN', b'{"a": "\\ud83', b'["\\ud800"'])
async def test_an_odd_answer_that_is_cut_is_told_as_strange(cut: bytes) -> None:
    with pytest.raises(ServerFault, match="something else than Sentry"):
        await issue(cut)
