"""Sends the progress of a call to its client, beside the work: a client that does not take it costs the call nothing.

The SDK sends a step only where the client gave a progress token, and nothing is done here where none is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sentry_runbook.progress import Progress, ProgressStep, reporting_to

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context

EARLIER_STEPS = 10
"""More than a call tells before its question: on 2026-07-28 the client repeats the call with the answer, and whoever
follows both calls must not see the numbers fall."""
LAST_STEPS_S = 0.2
"""Seconds that an answer waits until the steps before it are taken: they would come after it, which no client reads."""


@asynccontextmanager
async def progress_to(context: Context[Any, Any]) -> AsyncIterator[None]:
    """Let the call inside report to its client."""
    is_repeated = bool(context.input_responses or context.request_state)
    progress, sender = Progress(EARLIER_STEPS if is_repeated else 0), ProgressSender(context)
    try:
        with reporting_to(progress), progress.listening(sender.add):
            yield
        await sender.drain()
    finally:
        sender.stop()


class ProgressSender:
    """Sends steps one after the other, in a task of its own that lives while there are some."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context
        self._waiting: deque[ProgressStep] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, step: ProgressStep) -> None:
        """Send a step after those before it; returns at once."""
        self._waiting.append(step)
        if self._task is None:
            self._start()

    def _start(self) -> None:
        self._task = asyncio.create_task(self._send())
        self._task.add_done_callback(self._sent)

    async def _send(self) -> None:
        while self._waiting:
            step = self._waiting.popleft()
            total = None if step.left is None else step.number + step.left
            await self._context.report_progress(step.number, total, step.message)

    def _sent(self, task: asyncio.Task[None]) -> None:
        # Asked for its error, which asyncio would log: after one the client is gone, and the task stays, so that
        # nothing more is sent.
        if task.cancelled() or task.exception() is not None:
            return
        self._task = None
        if self._waiting:
            self._start()

    async def drain(self) -> None:
        """Wait until all steps are taken, for :data:`LAST_STEPS_S` at most."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=LAST_STEPS_S)

    def stop(self) -> None:
        """Send no more."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
