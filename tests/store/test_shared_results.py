"""One computation for all who ask the same: who waits, what is kept, and what ends it."""

from __future__ import annotations

import anyio
import pytest

from sentry_runbook.errors import BadInput, RunbookError
from sentry_runbook.store.shared_results import JOIN_WITHIN_S, MAX_KEPT, SharedResults, mark_incomplete


class Computation:
    """Counts its runs, and waits until it is let go.

    Attributes:
        runs: how often it began.
        ended: how often it was cancelled.
    """

    def __init__(self, *, is_free: bool = True) -> None:
        self.runs = self.ended = 0
        self.go = anyio.Event()
        if is_free:
            self.go.set()

    async def __call__(self) -> int:
        self.runs += 1
        run = self.runs
        try:
            await self.go.wait()
        except BaseException:
            self.ended += 1
            raise
        return run


class Clock:
    """Monotonic seconds that only a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def asks(results: SharedResults, compute: Computation, answers: list[int], key: str = "a") -> None:
    answers.append(await results.share(key, compute))


async def test_callers_at_once_wait_for_one_computation() -> None:
    results, compute, answers = SharedResults(10), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        compute.go.set()
    assert (answers, compute.runs) == ([1] * 5, 1)


@pytest.mark.parametrize(("age_s", "answer"), [(0, 1), (9.9, 1), (10, 2), (11, 2)])
async def test_a_result_is_kept_for_its_seconds_and_no_longer(age_s: float, answer: int) -> None:
    clock = Clock()
    results, compute = SharedResults(10, clock), Computation()
    await results.share("a", compute)
    clock.now += age_s
    assert await results.share("a", compute) == answer


@pytest.mark.parametrize(("late_s", "runs"), [(0, 1), (JOIN_WITHIN_S - 0.1, 1), (JOIN_WITHIN_S, 2)])
async def test_who_comes_late_does_not_get_the_deadline_of_who_came_first(late_s: float, runs: int) -> None:
    clock = Clock()
    results, compute, answers = SharedResults(10, clock), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        clock.now += late_s
        for _ in range(2):
            tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        compute.go.set()
    assert (compute.runs, sorted(answers)) == (runs, [1, runs, runs])


async def test_without_seconds_nothing_is_shared_not_even_at_once() -> None:
    results, compute, answers = SharedResults(0), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        compute.go.set()
    assert sorted(answers) == [1, 2]


async def test_keys_do_not_share() -> None:
    results, compute = SharedResults(10), Computation()
    assert [await results.share(key, compute) for key in ("a", "b", "a")] == [1, 2, 1]


async def test_one_callers_cancellation_leaves_the_computation_to_the_others() -> None:
    results, compute, answers = SharedResults(10), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        async with anyio.create_task_group() as first:
            first.start_soon(asks, results, compute, answers)
            await anyio.wait_all_tasks_blocked()
            tasks.start_soon(asks, results, compute, answers)
            await anyio.wait_all_tasks_blocked()
            first.cancel_scope.cancel()
        assert compute.ended == 0
        compute.go.set()
    assert (answers, compute.runs) == ([1], 1)


async def test_the_last_callers_cancellation_ends_the_computation_and_the_next_one_begins_anew() -> None:
    results, compute, answers = SharedResults(10), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    compute.go.set()
    assert await results.share("a", compute) == 2
    assert (answers, compute.ended) == ([], 1)


async def test_an_error_goes_to_those_who_wait_and_is_not_kept() -> None:
    results, gate, errors = SharedResults(10), anyio.Event(), list[str]()
    runs = 0

    async def fails() -> int:
        nonlocal runs
        runs += 1
        await gate.wait()
        raise BadInput("That is invalid.")

    async def waits() -> None:
        try:
            await results.share("a", fails)
        except BadInput as exc:
            errors.append(exc.what)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        gate.set()
    await waits()
    assert (errors, runs) == (["That is invalid."] * 4, 2)


async def test_a_result_that_lacks_what_may_come_the_next_time_is_not_kept() -> None:
    results, runs = SharedResults(10), 0

    async def lacks() -> int:
        nonlocal runs
        runs += 1
        if runs == 1:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.to_thread.run_sync, mark_incomplete)
        return runs

    assert [await results.share("a", lacks) for _ in range(3)] == [1, 2, 2]


async def test_a_write_forgets_what_is_kept() -> None:
    results, compute = SharedResults(10), Computation()
    await results.share("a", compute)
    with results.invalidating():
        pass
    assert await results.share("a", compute) == 2


@pytest.mark.parametrize("begins", ["before the write", "during the write"])
async def test_what_began_before_the_end_of_a_write_is_neither_joined_nor_kept(begins: str) -> None:
    results, compute, answers = SharedResults(10), Computation(is_free=False), list[int]()
    async with anyio.create_task_group() as tasks:
        if begins == "before the write":
            tasks.start_soon(asks, results, compute, answers)
            await anyio.wait_all_tasks_blocked()
        with results.invalidating():
            if begins == "during the write":
                tasks.start_soon(asks, results, compute, answers)
                await anyio.wait_all_tasks_blocked()
        tasks.start_soon(asks, results, compute, answers)
        await anyio.wait_all_tasks_blocked()
        compute.go.set()
    assert sorted(answers) == [1, 2]
    assert await results.share("a", compute) == 2


async def test_a_write_that_fails_forgets_too() -> None:
    results, compute = SharedResults(10), Computation()
    await results.share("a", compute)
    with pytest.raises(BadInput), results.invalidating():
        raise BadInput("That is invalid.")
    assert await results.share("a", compute) == 2


async def test_so_many_results_are_kept_and_the_oldest_go_first() -> None:
    results, compute = SharedResults(10), Computation()
    for key in range(MAX_KEPT + 1):
        await results.share(key, compute)
    assert await results.share(1, compute) == 2
    assert await results.share(0, compute) == MAX_KEPT + 2


async def test_closing_ends_what_is_computed_and_tells_who_waits() -> None:
    results, compute, told = SharedResults(10), Computation(is_free=False), list[str]()

    async def waits() -> None:
        try:
            await results.share("a", compute)
        except RunbookError as exc:
            told.append(exc.what)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        await results.aclose()
    assert told == ["The call was dropped: the server is stopping."]
    assert compute.ended == 1


async def test_closing_ends_the_computations_that_later_callers_did_not_join_too() -> None:
    clock = Clock()
    results, compute = SharedResults(10, clock), Computation(is_free=False)

    async def waits() -> None:
        with pytest.raises(RunbookError):
            await results.share("a", compute)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        clock.now += JOIN_WITHIN_S
        tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        await results.aclose()
        assert compute.ended == 2


def test_outside_of_a_computation_marking_says_nothing() -> None:
    mark_incomplete()


@pytest.mark.parametrize("is_incomplete", [True, False])
async def test_what_is_made_of_an_incomplete_result_is_not_kept_either(is_incomplete: bool) -> None:
    results, inner_runs, outer_runs = SharedResults(10), list[int](), list[int]()

    async def inner() -> int:
        inner_runs.append(1)
        if is_incomplete:
            mark_incomplete()
        return len(inner_runs)

    async def outer() -> int:
        outer_runs.append(1)
        return await results.share("inner", inner)

    for _ in range(2):
        await results.share("outer", outer)
    assert len(outer_runs) == len(inner_runs) == (2 if is_incomplete else 1)
