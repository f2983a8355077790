"""SIGTERM and SIGINT as events of the event loop."""

from __future__ import annotations

import signal
from collections.abc import Callable

import anyio


async def on_each_signal(handle: Callable[[int], None]) -> None:
    """Call ``handle`` with the number of every SIGTERM and SIGINT until cancelled."""
    try:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for signum in signals:
                handle(signum)
    except NotImplementedError:
        # Windows' event loops have no signal handlers: there Ctrl-C ends the process as it always does.
        return
