"""The fault matrix of the client: every method × every fault. Told in one clear sentence, bounded, nothing leaked."""

from __future__ import annotations

import traceback

import pytest

from sentry_runbook.errors import SentryError, TimedOut, Unsupported
from tests.sentry.faults import FAULTS, Fault
from tests.sentry.test_parsers import READS, REF
from tests.sentry.upstream import ORG, TOKEN, Answer, Time, Upstream, client_of, gives

MOST_PLACES = 4
"""Forms of one question on servers of different age."""
WRITES = {"update_issue": "PUT", "add_note": "POST"}
CALL_S = 18.0
HANGING_S = 0.01
"""Real seconds for what never answers, and does not answer later either; all else has time enough."""
ISSUE = f"{ORG}/issues/1/"
NO_ERROR = {("committers", "404 with words"): ()}
"""Sentry says so when it simply found no suspect commit."""


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("name", [name for name in READS if name not in WRITES and name != "stats"])
async def test_a_read_that_fails_is_told_in_time_and_without_secrets(
    name: str, fault: Fault, request: pytest.FixtureRequest
) -> None:
    time, upstream = Time(), Upstream({}, fault.answer)
    async with client_of(upstream, time, call_s=CALL_S, max_answer_bytes=1_000_000) as client:
        try:
            with client.deadline(patience(fault)):
                found = await READS[name][0](client)
        except SentryError as exc:
            error = exc
        else:
            assert (name, request.node.callspec.id.partition("-")[0]) in NO_ERROR or found == ()
            return
    told_well(error, fault)
    assert len(upstream.seen) <= fault.tries * MOST_PLACES
    assert time.now - 1000.0 <= CALL_S
    assert {one.method for one in upstream.seen} == {"GET"}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("name", WRITES)
async def test_a_write_that_fails_was_sent_once(name: str, fault: Fault) -> None:
    time = Time()
    answers: dict[str, Answer | list[Answer]] = {ISSUE: [gives({"id": "1"}), fault.answer]}
    upstream = Upstream(answers, fault.answer)
    async with client_of(upstream, time, call_s=CALL_S, max_answer_bytes=1_000_000) as client:
        await client.issue(REF)
        with client.deadline(patience(fault)), pytest.raises(SentryError) as caught:
            await READS[name][0](client)
    told_well(caught.value, fault)
    sent = [one.method for one in upstream.seen]
    assert sent == ["GET", WRITES[name]] or (hangs(fault) and sent == ["GET"])
    assert time.naps == []


def hangs(fault: Fault) -> bool:
    """Whether no answer ever comes."""
    return fault.told == (TimedOut,) and fault.tries == 1


def patience(fault: Fault) -> float:
    """How long the call may take; what never answers is not waited for long."""
    return HANGING_S if hangs(fault) else CALL_S


def told_well(error: SentryError, fault: Fault) -> None:
    """One of the errors expected, in a sentence with a next step, without chain, token or body."""
    assert isinstance(error, (*fault.told, Unsupported)), repr(error)
    assert error.what.endswith(".")
    assert error.fix
    printed = "".join(traceback.format_exception(error))
    assert TOKEN not in printed
    assert "httpx" not in printed.replace("site-packages", "")
    assert "doctype" not in printed
    assert error.__cause__ is None
    assert len(str(error)) < 700


@pytest.mark.parametrize("name", ["429 as text/html", "429 for an hour", "503"])
async def test_what_passes_says_when_to_come_back(name: str) -> None:
    async with client_of(Upstream({}, FAULTS[name].answer), call_s=CALL_S) as client:
        with pytest.raises(SentryError, match=r"[Tt]ry again in (\d+ s|a minute)"):
            await client.issue(REF)
