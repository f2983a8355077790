"""Loads what the first call of a process needs, in the background, once a client has listed the tools.

Not before: start-up time and an idle server's memory are those of listing the tools (DESIGN §9). The imports run in a
worker thread; a call that comes meanwhile waits for the modules that it needs, as it would without.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module

import anyio
import anyio.to_thread

from sentry_runbook.errors import SettingsError
from sentry_runbook.runtime import Runtime

PAUSE_S = 0.5
"""Between the list's answer and the imports, which would otherwise delay what the client asks next."""
MODULES = (
    "sentry_runbook.collect.investigation",
    "sentry_runbook.collect.listing",
    "sentry_runbook.collect.windows",
    "sentry_runbook.incident.issue_report",
    "sentry_runbook.incident.triage.triage",
    "sentry_runbook.incident.messages.drafts",
    "sentry_runbook.incident.postmortem.lint",
    "sentry_runbook.incident.postmortem.postmortem",
    "sentry_runbook.render.templates.filling",
    "sentry_runbook.safety.masking",
    "sentry_runbook.sentry.client",
    "sentry_runbook.writing.change",
    "sentry_runbook.writing.note",
)
"""With what these import, everything that tools import at their first call; a test calls every tool after it."""


async def warm_up(
    run: Runtime, tools_listed: anyio.Event, *, sleep: Callable[[float], Awaitable[None]] = anyio.sleep
) -> None:
    """Wait until the tools are listed, then load the modules and the HTTP client; sends no request.

    Args:
        run: the server's runtime.
        tools_listed: set when a client has asked for the tools.
        sleep: waits for :data:`PAUSE_S`.
    """
    await tools_listed.wait()
    await sleep(PAUSE_S)
    # Abandoned when the server ends meanwhile: its end shall not wait for imports.
    await anyio.to_thread.run_sync(_load, abandon_on_cancel=True)
    try:
        await run.client().warm_up()
    except SettingsError:
        # Without a token or with a wrong setting there is nothing to open; the first call says what to set.
        return


def _load() -> None:
    for name in MODULES:
        import_module(name)
