"""Request parameters shared by all endpoints (period, projects, environments, pages) and error answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sentry_runbook.simulator.clock import to_ms
from sentry_runbook.simulator.profile import Profile
from sentry_runbook.simulator.records import DAY, ProjectRecord
from sentry_runbook.simulator.world import World

T = TypeVar("T")

_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY, "w": 7 * DAY}
_PERIOD = re.compile(r"(\d{1,9})([smhdw]?)")
_RETENTION = 90 * DAY
_PAGE = 100
_URL = "%/:?&=#[]@!$'()*+,;~"


class ApiError(Exception):
    """An error answer; ``body`` None sends an empty body."""

    def __init__(self, status: int, body: object = None) -> None:
        self.status = status
        self.body = body
        super().__init__(f"{status} {body}")


def bad(detail: str) -> ApiError:
    """Return the 400 whose body is one sentence."""
    return ApiError(400, {"detail": detail})


def not_found() -> ApiError:
    """Return the 404 of an unknown id, slug or environment."""
    return ApiError(404, {"detail": "The requested resource does not exist"})


def forbidden() -> ApiError:
    """Return the 403 of a missing scope, and of a project that the token's user may not read."""
    return ApiError(403, {"detail": "You do not have permission to perform this action."})


def world_of(request: Request) -> World:
    """Return the world that the application answers from."""
    world: World = request.app.state.world
    return world


def profile_of(request: Request) -> Profile:
    """Return what this server can answer."""
    profile: Profile = request.app.state.profile
    return profile


def span_ms(text: str) -> int | None:
    """Read ``24h``, ``90`` (seconds) or ``1w`` as milliseconds; None when it is none of these."""
    match = _PERIOD.fullmatch(text)
    return int(match[1]) * _UNITS[match[2] or "s"] if match else None


def instant(text: str) -> int:
    """Read an ISO 8601 date, UTC when it names no zone; 400 when it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise bad(f"{text} is not a valid ISO8601 date query") from None
    return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def period(request: Request, now: int) -> tuple[int, int] | None:
    """Read ``statsPeriod``, or ``start`` and ``end``; None when the request names no period."""
    query = request.query_params
    relative = query.get("statsPeriod")
    if relative:
        length = span_ms(relative)
        if not length or length > 10 * 365 * DAY:
            raise bad("Invalid statsPeriod")
        return now - length, now
    start, end = query.get("start"), query.get("end")
    if not start and not end:
        return None
    if not start or not end:
        raise bad("start and end are both required")
    begin, finish = instant(start), instant(end)
    if begin > finish:
        raise bad("start must be before end")
    return begin, finish


@dataclass(frozen=True, slots=True)
class Scope:
    """The period, projects and environments (None: all) of a request.

    ``end`` is exclusive, but a period that reaches the present includes it; nothing later is seen whatever the end.
    """

    now: int
    start: int
    end: int
    projects: tuple[ProjectRecord, ...]
    environments: frozenset[str | None] | None

    @property
    def seen_end(self) -> int:
        """The exclusive end of the visible part of the period."""
        return self.end if self.end < self.now else self.now + 1

    def covers(self, environment: str | None) -> bool:
        """Return whether the scope includes an environment."""
        return self.environments is None or environment in self.environments


def environments(request: Request, world: World, now: int) -> frozenset[str | None] | None:
    """Read ``environment``; the empty name is "none sent", an unknown one is 404."""
    names = request.query_params.getlist("environment")
    if not names:
        return None
    unknown = set(names) - {""} - set(world.environments(now))
    if unknown:
        raise not_found()
    return frozenset(name or None for name in names)


def projects(request: Request, world: World, profile: Profile) -> tuple[ProjectRecord, ...]:
    """Read ``project``: ids or slugs; -1 for all that may be read; none for those whose member the token's user is."""
    wanted = request.query_params.getlist("project")
    if not wanted or "-1" in wanted:
        readable = [project for project in world.projects if profile.may_read(project.slug)]
        return _several(request, readable, profile) if wanted or profile.member else ()
    chosen = []
    for name in wanted:
        if not profile.project_slugs and not name.isdecimal():
            raise bad("Invalid project parameter. Values must be numbers.")
        project = world.find_project(name)
        if project is None or not profile.may_read(project.slug):
            raise forbidden()
        chosen.append(project)
    return _several(request, chosen, profile)


_OF_SEVERAL = {
    "issues": "You do not have the multi project stream feature enabled",
    **dict.fromkeys(("events", "events-stats", "events-timeseries"), "You cannot view events from multiple projects."),
}
"""What asks for the feature "global-views", and how it is refused without it.

Sessions, outcomes, releases and alerts do not ask. Since September 2025 nothing of Discover does (getsentry/sentry,
pull request 98684), so a server without the feature is an older one.
"""


def _several(request: Request, chosen: Sequence[ProjectRecord], profile: Profile) -> tuple[ProjectRecord, ...]:
    refusal = _OF_SEVERAL.get(request.url.path.rstrip("/").rpartition("/")[2])
    if len(chosen) > 1 and not profile.global_views and refusal:
        raise bad(refusal)
    return tuple(chosen)


def scope(request: Request, *, default: int = _RETENTION) -> Scope:
    """Read all of period, projects and environments.

    Args:
        request: the request.
        default: the length of the period, in milliseconds, when the request names none.
    """
    world = world_of(request)
    now = world.now_ms()
    start, end = period(request, now) or (now - default, now)
    # Nothing is kept longer than the retention and nothing comes from far ahead, whatever a request asks for.
    start = max(start, now - _RETENTION)
    end = max(start, min(end, now + DAY))
    return Scope(now, start, end, projects(request, world, profile_of(request)), environments(request, world, now))


def whole(request: Request, name: str, default: int, most: int) -> int:
    """Read a positive whole number, at most ``most``; 400 when it is none."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise bad(f"Invalid {name} value. Must be between 1 and {most}.")
    return int(text)


def _cursor(request: Request) -> int:
    text = request.query_params.get("cursor")
    if not text:
        return 0
    match = re.fullmatch(r"\d+:(\d{1,9}):[01]", text)
    if not match:
        raise bad("Invalid cursor parameter.")
    return int(match[1])


def page(request: Request, rows: Sequence[T], *, size_name: str = "per_page") -> tuple[Sequence[T], dict[str, str]]:
    """Cut one page out of all rows, and return the ``Link`` header that leads to its neighbours."""
    size = whole(request, size_name, _PAGE, _PAGE)
    offset = _cursor(request)
    links = []
    for rel, there, results in (
        ("previous", max(0, offset - size), offset > 0),
        ("next", offset + size, offset + size < len(rows)),
    ):
        backwards = int(rel == "previous")
        cursor = f"0:{there}:{backwards}"
        url = quote(str(request.url.include_query_params(cursor=cursor)), safe=_URL)  # a header is ASCII
        links.append(f'<{url}>; rel="{rel}"; results="{str(results).lower()}"; cursor="{cursor}"')
    return rows[offset : offset + size], {"Link": ", ".join(links)}


def answer(body: object, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    """Answer with JSON."""
    return JSONResponse(body, status, headers)
