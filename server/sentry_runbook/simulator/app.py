"""The embedded Sentry as an ASGI application: the routes, and the access checks before them.

The table of routes gives the scopes that each endpoint accepts. Token, scopes and organization are checked in Sentry's
order, with Sentry's answers. Nothing is redirected: a path without its final slash is a 404, as in Sentry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sentry_runbook.simulator import alert_routes as alerts
from sentry_runbook.simulator import catalog_routes as catalog
from sentry_runbook.simulator import discover_routes as discover
from sentry_runbook.simulator import event_routes as events
from sentry_runbook.simulator import issue_routes as issues
from sentry_runbook.simulator import old_alert_routes as old_alerts
from sentry_runbook.simulator import usage_routes as usage
from sentry_runbook.simulator import watch_routes as watch
from sentry_runbook.simulator.params import ApiError, answer, forbidden, not_found
from sentry_runbook.simulator.profile import Profile
from sentry_runbook.simulator.sessions import sessions
from sentry_runbook.simulator.world import ORGANIZATION, World

__all__ = ["ALL_SCOPES", "Profile", "World", "create_app"]

Handler = Callable[[Request], Awaitable[Response]]

ALL_SCOPES = frozenset({"org:read", "project:read", "project:releases", "event:read", "event:write", "alerts:read"})
"""The default scopes of the token; without `event:admin`, which the product never needs."""

_READ_EVENTS = frozenset({"event:read", "event:write", "event:admin"})
_WRITE_EVENTS = frozenset({"event:write", "event:admin"})
_ORG = frozenset({"org:read", "org:write", "org:admin"})
_PROJECT = frozenset({"project:read", "project:write", "project:admin"})
_RELEASES = _PROJECT | {"project:releases", "org:ci"}
_ALERTS = _ORG | {"alerts:read", "alerts:write"}
_WATCHERS = _PROJECT | {"alerts:read", "alerts:write"}
_COMMITTERS = _READ_EVENTS | _PROJECT
_ANYONE: frozenset[str] = frozenset()
EXPOSED = "X-Sentry-Error, X-Sentry-Direct-Hit, X-Hits, X-Max-Hits, Endpoint, Retry-After, Link"
"""Headers that Sentry shows to browsers, on every answer of its API."""


@dataclass(frozen=True, slots=True)
class _Endpoint:
    method: str
    path: str
    handler: Handler
    scopes: frozenset[str]

    def below(self, prefix: str) -> _Endpoint:
        """Return the endpoint with its path below a prefix."""
        return replace(self, path=prefix + self.path)

    @property
    def name(self) -> str:
        """The last fixed part of the path: the name of the endpoint in ``Profile.absent``."""
        return next(part for part in reversed(self.path.split("/")) if part and not part.startswith("{"))


_ISSUE = (
    _Endpoint("GET", "", issues.issue_get, _READ_EVENTS),
    _Endpoint("PUT", "", issues.issue_put, _WRITE_EVENTS),
    _Endpoint("GET", "events/", events.event_list, _READ_EVENTS),
    _Endpoint("GET", "events/{event}/", events.event_get, _READ_EVENTS),
    _Endpoint("GET", "tags/", issues.tag_list, _READ_EVENTS),
    _Endpoint("GET", "activities/", issues.activities, _READ_EVENTS),
    _Endpoint("GET", "notes/", issues.note_list, _READ_EVENTS),
    _Endpoint("POST", "notes/", issues.note_post, _WRITE_EVENTS),
)

_MONITOR = (
    _Endpoint("GET", "monitors/{monitor}/", watch.monitor_get, _WATCHERS),
    _Endpoint("GET", "monitors/{monitor}/checkins/", watch.check_in_list, _WATCHERS),
)

# A version may hold slashes, so the longer release paths come before the path that ends in the version.
_IN_ORGANIZATION = (
    _Endpoint("GET", "", catalog.organization, _ORG),
    _Endpoint("GET", "projects/", catalog.project_list, _ORG),
    _Endpoint("GET", "environments/", catalog.environment_list, _ORG),
    _Endpoint("GET", "issues/", issues.issue_list, _READ_EVENTS),
    *(
        _Endpoint(endpoint.method, f"issues/{{issue}}/{endpoint.path}", endpoint.handler, endpoint.scopes)
        for endpoint in _ISSUE
    ),
    _Endpoint("GET", "shortids/{short}/", issues.short_id, _READ_EVENTS),
    _Endpoint("GET", "eventids/{event}/", events.event_id, _ORG),
    _Endpoint("GET", "events/", discover.events, _ORG),
    _Endpoint("GET", "events-timeseries/", discover.timeseries, _ORG),
    _Endpoint("GET", "events-stats/", discover.stats, _ORG),
    _Endpoint("GET", "sessions/", sessions, _ORG),
    _Endpoint("GET", "stats_v2/", usage.outcomes, _ORG),
    _Endpoint("GET", "flags/logs/", usage.flag_list, _ORG),
    _Endpoint("GET", "releases/", catalog.release_list, _RELEASES),
    _Endpoint("GET", "releases/{version:path}/deploys/", catalog.deploy_list, _RELEASES),
    _Endpoint("GET", "releases/{version:path}/commits/", catalog.commit_list, _RELEASES),
    _Endpoint("GET", "releases/{version:path}/", catalog.release_get, _RELEASES),
    _Endpoint("GET", "workflows/", alerts.workflow_list, _ALERTS),
    _Endpoint("GET", "workflows/{workflow}/", alerts.workflow_get, _ALERTS),
    _Endpoint("GET", "workflows/{workflow}/group-history/", alerts.workflow_history, _ALERTS),
    _Endpoint("GET", "workflows/{workflow}/stats/", alerts.workflow_stats, _ALERTS),
    _Endpoint("GET", "detectors/", alerts.detector_list, _ALERTS),
    _Endpoint("GET", "detectors/{detector}/", alerts.detector_get, _ALERTS),
    _Endpoint("GET", "open-periods/", alerts.open_period_list, _ALERTS),
    _Endpoint("GET", "alert-rule-workflow/", alerts.workflow_of_rule, _ALERTS),
    _Endpoint("GET", "alert-rule-detector/", alerts.detector_of_rule, _ALERTS),
    _Endpoint("GET", "incident-groupopenperiod/", alerts.period_of_incident, _ALERTS),
    _Endpoint("GET", "alert-rules/", old_alerts.metric_rule_list, _ALERTS),
    _Endpoint("GET", "alert-rules/{rule}/", old_alerts.metric_rule_get, _ALERTS),
    _Endpoint("GET", "combined-rules/", old_alerts.combined_list, _ALERTS),
    _Endpoint("GET", "incidents/", old_alerts.incident_list, _ALERTS),
    _Endpoint("GET", "incidents/{incident}/", old_alerts.incident_get, _ALERTS),
    _Endpoint("GET", "monitors/", watch.monitor_list, _ALERTS),
    *_MONITOR,
)
_IN_PROJECT = (
    _Endpoint("GET", "events/{event}/committers/", events.committers, _COMMITTERS),
    _Endpoint("GET", "rules/", old_alerts.rule_list, _WATCHERS),
    _Endpoint("GET", "rules/{rule}/", old_alerts.rule_get, _WATCHERS),
    _Endpoint("GET", "rules/{rule}/group-history/", old_alerts.rule_history, _WATCHERS),
    _Endpoint("GET", "rules/{rule}/stats/", old_alerts.rule_stats, _WATCHERS),
    *_MONITOR,
    _Endpoint("GET", "uptime/{uptime}/", watch.uptime_get, _WATCHERS),
    _Endpoint("GET", "uptime/{uptime}/checks/", watch.uptime_check_list, _WATCHERS),
)

_ENDPOINTS = (
    _Endpoint("GET", "/api/0/", catalog.index, _ANYONE),
    _Endpoint("GET", "/api/0/organizations/", catalog.organizations, _ORG),
    *(endpoint.below("/api/0/organizations/{org}/") for endpoint in _IN_ORGANIZATION),
    # The form without an organization, deprecated but alive; older servers know no other.
    *(endpoint.below("/api/0/issues/{issue}/") for endpoint in _ISSUE),
    _Endpoint("GET", "/api/0/projects/{org}/{project}/", catalog.project_get, _PROJECT),
    *(endpoint.below("/api/0/projects/{org}/{project}/") for endpoint in _IN_PROJECT),
)


@dataclass(frozen=True, slots=True)
class _AccessControl:
    """Access control and artificial latency (seconds) in front of every endpoint."""

    token: str | None
    scopes: frozenset[str]
    latency: float

    def granted(self, request: Request) -> frozenset[str] | None:
        """Return the scopes of the request's token; None when it has no token, 401 when it has a wrong one."""
        header = request.headers.get("authorization", "")
        kind, _, value = header.partition(" ")
        if not header:
            return None
        if kind.lower() != "bearer" or not value.strip():
            raise ApiError(401, {"detail": "Invalid token header. No credentials provided."})
        if self.token is not None and value.strip() != self.token:
            raise ApiError(401, {"detail": "Invalid token"})
        return self.scopes

    async def check(self, request: Request, endpoint: _Endpoint) -> None:
        """Raise Sentry's 401, 403 or 404 when the request is not allowed."""
        if self.latency:
            await asyncio.sleep(self.latency)
        profile: Profile = request.app.state.profile
        in_organization = endpoint.path.startswith("/api/0/organizations/{org}/issues/{issue}/")
        if endpoint.name in profile.absent or (in_organization and not profile.org_issues):
            raise ApiError(404)
        granted = self.granted(request)
        request.state.scopes = granted
        if not endpoint.scopes:
            return
        if granted is None:
            raise ApiError(401, {"detail": "Authentication credentials were not provided."})
        if not granted & endpoint.scopes or (_is_of_alerts(endpoint) and not profile.alerts_scope):
            raise forbidden()
        if request.path_params.get("org", ORGANIZATION) not in {ORGANIZATION, catalog.ORGANIZATION_ID}:
            raise not_found()


def _is_of_alerts(endpoint: _Endpoint) -> bool:
    return "alerts:read" in endpoint.scopes


def _route(endpoint: _Endpoint, access: _AccessControl) -> Route:
    async def handle(request: Request) -> Response:
        await access.check(request, endpoint)
        response = await endpoint.handler(request)
        return _dated(request, response)

    return Route(endpoint.path, handle, methods=[endpoint.method])


def _dated(request: Request, response: Response) -> Response:
    if response.body:  # the empty 404 of an unknown path comes from before the API
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
    # The world's own time, so that a client that compares clocks sees the one the data follow.
    response.headers["Date"] = format_datetime(request.app.state.world.clock().astimezone(UTC), usegmt=True)
    return response


async def _refused(request: Request, exc: Exception) -> Response:
    if not isinstance(exc, ApiError):
        raise exc
    response = Response(status_code=exc.status) if exc.body is None else answer(exc.body, status=exc.status)
    return _dated(request, response)


async def _unrouted(request: Request, exc: Exception) -> Response:
    if isinstance(exc, HTTPException) and exc.status_code == 405:
        return answer({"detail": f'Method "{request.method}" not allowed.'}, status=405)
    return Response(status_code=404)


def create_app(
    world: World,
    *,
    token: str | None = None,
    scopes: Collection[str] = ALL_SCOPES,
    latency_ms: float = 0,
    profile: Profile | None = None,
) -> Starlette:
    """Make the application.

    Args:
        world: what it answers from; ``world.clock`` is its only clock.
        token: the one token that is accepted; None accepts any, but still wants one.
        scopes: what the token may do.
        latency_ms: how late every answer is.
        profile: what the server can answer; today's Sentry by default.
    """
    access = _AccessControl(token, frozenset(scopes), latency_ms / 1000)
    app = Starlette(
        routes=[_route(endpoint, access) for endpoint in _ENDPOINTS],
        exception_handlers={ApiError: _refused, 404: _unrouted, 405: _unrouted},
    )
    app.router.redirect_slashes = False
    app.state.world = world
    app.state.profile = profile or Profile()
    return app
