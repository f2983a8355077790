"""What the stand-ins share: an application of routes behind a token check, that keeps what it was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

Handler = Callable[[Request], Awaitable[Response]]
TOKEN = "sntryu_stand_in"


class StandIn:
    """A server with a little state.

    Attributes:
        seen: ``METHOD path`` of every request, in order.
        token: the one token that it takes.
        application: the ASGI application.
    """

    token = TOKEN

    def __init__(self, routes: Sequence[tuple[str, str, Handler]]) -> None:
        self.seen: list[str] = []
        paths = [Route(path, self._guarded(handler), methods=[method]) for method, path, handler in routes]
        rest = Route("/{rest:path}", self._guarded(self.otherwise), methods=["GET", "PUT", "POST", "DELETE"])
        self.application = Starlette(routes=[*paths, rest])

    def transport(self) -> httpx.ASGITransport:
        """The server as a transport of httpx."""
        return httpx.ASGITransport(self.application)

    def asked(self, what: str) -> int:
        """How often ``METHOD path`` was asked."""
        return self.seen.count(what)

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            self.seen.append(f"{request.method} {request.url.path}")
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return self.stranger(request)
            return await handler(request)

        return answer

    def stranger(self, request: Request) -> Response:
        """The answer to a missing or wrong token."""
        del request
        return says(401, "Invalid token")

    async def otherwise(self, request: Request) -> Response:
        """The answer on an unknown path: an empty 404."""
        del request
        return Response(status_code=404)


def says(status: int, words: str) -> JSONResponse:
    """An error in Sentry's form."""
    return JSONResponse({"detail": words}, status)


def page(status: int = 200) -> HTMLResponse:
    """A web application's page."""
    return HTMLResponse("<!doctype html><html><head><title>App</title></head><body></body></html>", status)
