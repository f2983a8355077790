"""Loads what the first call of a process needs, in the background, once a client has listed the tools.

Not before: start-up time and an idle server's memory are those of listing the tools (DESIGN §9). Three things make a
first call slow, and each is done here in a way that does not hold up a call that comes meanwhile:

- Modules are imported in a worker thread. Who needs one that is being imported waits for it, as it would without.
- Patterns against hostile text are compiled in the worker thread, by cleaning a sentence that needs them all.
- Validators of the models are built one after the other in the event loop, because building the same one in two
  threads is not safe; each takes some milliseconds.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module

import anyio
import anyio.lowlevel
import anyio.to_thread
from pydantic import BaseModel

from sentry_runbook.errors import SettingsError
from sentry_runbook.runtime import Runtime

PAUSE_S = 0.5
"""Between the list's answer and the imports, which would otherwise delay what the client asks next."""
NEW_OBJECTS = 10_000
"""Objects made and not freed after which the garbage collector runs."""
MODULES = (
    "sentry_runbook.collect.investigation",
    "sentry_runbook.collect.issue_search",
    "sentry_runbook.collect.alert_review",
    "sentry_runbook.collect.story_with_alerts",
    "sentry_runbook.collect.alert_target",
    "sentry_runbook.collect.situation",
    "sentry_runbook.collect.listing",
    "sentry_runbook.collect.windows",
    "sentry_runbook.incident.alerts.next_steps",
    "sentry_runbook.incident.alerts.review",
    "sentry_runbook.incident.issue_report",
    "sentry_runbook.incident.triage.triage",
    "sentry_runbook.incident.messages.drafts",
    "sentry_runbook.incident.postmortem.lint",
    "sentry_runbook.render.templates.filling",
    "sentry_runbook.safety.masking",
    "sentry_runbook.safety.top_level_domains",
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
    await anyio.to_thread.run_sync(_import_and_compile, abandon_on_cancel=True)
    from sentry_runbook.collect.first_call import unbuilt_models  # noqa: PLC0415  # imported by the thread

    for model in unbuilt_models(BaseModel):
        model.model_rebuild()
        await anyio.lowlevel.checkpoint()
    # Without a token or with a wrong setting there is nothing to open; the first call says what to set.
    with suppress(SettingsError):
        await run.client().warm_up()
    _collect_garbage_less_often()


def _collect_garbage_less_often() -> None:
    """Never search what is loaded by now, and the rest after every 10,000 new objects instead of every 700.

    A triage makes some 30,000 objects that are freed without the collector. Searching took 6 ms of its 32 ms of CPU.
    """
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *gc.get_threshold()[1:])


def _import_and_compile() -> None:
    for name in MODULES:
        import_module(name)
    from sentry_runbook.collect.first_call import (  # noqa: PLC0415  # not before the tools are listed
        compile_patterns,
        compile_words,
    )

    compile_patterns()
    compile_words()
