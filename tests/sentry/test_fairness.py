"""Concurrency: capped in all and by family, round-robin between callers."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, Answer, Upstream, client_of, gives, never

MANY = 40


async def ask_all(upstream: Upstream, what: str, concurrency: int = 12) -> None:
    async with client_of(upstream, concurrency=concurrency) as client, anyio.create_task_group() as tasks:
        for number in range(1, MANY + 1):
            ref = IssueRef(str(number))
            if what == "release":
                tasks.start_soon(client.deploys, f"v{number}")
            elif what == "event":
                tasks.start_soon(client.event, ref, "latest")
            else:
                tasks.start_soon(client.issue if what == "issue" else client.tags, ref)


@pytest.mark.parametrize(("what", "most"), [("issue", 4), ("tags", 4), ("event", 8), ("release", 12)])
async def test_requests_in_flight_are_capped_by_family(what: str, most: int) -> None:
    answer = gives({"id": "1"}) if what in ("issue", "event") else gives([])
    upstream = Upstream({}, answer)
    await ask_all(upstream, what)
    assert upstream.most_under_way["all"] == most
    assert len(upstream.seen) == MANY


async def test_the_cap_over_all_is_a_setting() -> None:
    upstream = Upstream({}, gives([]))
    await ask_all(upstream, "release", concurrency=2)
    assert upstream.most_under_way["all"] == 2


async def test_a_caller_with_one_request_is_not_behind_one_with_many() -> None:
    upstream = Upstream({}, gives([]))

    async def greedy() -> None:
        with client.deadline(10):
            async with anyio.create_task_group() as tasks:
                for number in range(MANY):
                    tasks.start_soon(client.deploys, f"v{number}")

    async def modest() -> None:
        with client.deadline(10):
            await client.deploys("mine")

    async with client_of(upstream, concurrency=1) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(greedy)
        while not upstream.seen:
            await anyio.lowlevel.checkpoint()
        tasks.start_soon(modest)
    assert upstream.paths.index(f"{ORG}/releases/mine/deploys/") <= 3


async def test_callers_take_turns_and_each_keeps_its_order() -> None:
    held = anyio.Event()
    upstream = Upstream({f"{ORG}/releases/first/deploys/": Answer(body=b"[]", held=held)}, gives([]))

    async def caller(name: str) -> None:
        with client.deadline(10):
            async with anyio.create_task_group() as tasks:
                for number in range(3):
                    tasks.start_soon(client.deploys, f"{name}{number}")

    async with client_of(upstream, concurrency=1) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(client.deploys, "first")
        while not upstream.seen:
            await anyio.lowlevel.checkpoint()
        tasks.start_soon(caller, "a")
        tasks.start_soon(caller, "b")
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        held.set()
    order = [path.split("/")[-3] for path in upstream.paths]
    assert order == ["first", "a0", "b0", "a1", "b1", "a2", "b2"]


async def test_callers_who_came_first_are_through_while_the_others_still_ask() -> None:
    """If all took turns, all would be ready for their second round at once, and all would finish last."""
    upstream = Upstream({}, gives([]))

    async def caller(name: str) -> None:
        with client.deadline(10):
            for round_ in (1, 2):
                async with anyio.create_task_group() as tasks:
                    for number in range(4):
                        tasks.start_soon(client.deploys, f"{name}{round_}{number}")

    async with client_of(upstream, concurrency=4) as client, anyio.create_task_group() as tasks:
        for letter in "abcdefghijklmnopqrst":
            tasks.start_soon(caller, letter)
    order = [path.split("/")[-3] for path in upstream.paths]
    last = {letter: max(at for at, name in enumerate(order) if name[0] == letter) for letter in "abt"}
    # Each has asked once before any goes on: whoever wants one thing only is not behind those who want many.
    assert {name[0] for name in order[:24]} == set("abcdefghijklmnopqrst")
    assert max(last["a"], last["b"]) < len(order) / 2 < last["t"]


async def test_a_full_family_does_not_block_the_others() -> None:
    upstream = Upstream({f"{ORG}/releases/v1/deploys/": gives([])}, never())
    async with client_of(upstream) as client, anyio.create_task_group() as tasks:
        for number in range(1, 20):
            tasks.start_soon(client.issue, IssueRef(str(number)))
        while len(upstream.seen) < 4:
            await anyio.lowlevel.checkpoint()
        assert await client.deploys("v1") == ()
        tasks.cancel_scope.cancel()
