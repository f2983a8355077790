"""A self-hosted Sentry of 2023: the embedded Sentry without what came later, behind a path prefix.

Short ids and issues below the organization are there. Not yet there: ``dataset=errors`` and spans, the newer time
series, the unhandled rate of sessions, the recommended event, slugs in ``project=``, the activity log by itself, alerts
as workflows.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Mount

from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.world import World

PREFIX = "/tools/sentry"
PROFILE = Profile(
    spans=False,
    timeseries=False,
    dataset=False,
    unhandled_rate=False,
    recommended=False,
    project_slugs=False,
    absent=frozenset({"activities", "workflows"}),
)


def selfhosted_2023(world: World) -> Starlette:
    """The server over a world of incidents; its API stands below ``PREFIX``."""
    application = Starlette(routes=[Mount(PREFIX, create_app(world, profile=PROFILE))])
    application.router.redirect_slashes = False
    return application
