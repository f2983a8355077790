"""The HTTP server of the scripted model; also the proxy that refuses, and notes, every way out of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from tests.hosts.model import anthropic_messages, gemini, openai_chat, openai_responses
from tests.hosts.model.conversation import Request, Script, answer
from tests.hosts.model.dialect import Dialect

POLL_S = 0.02
"""How soon the server sees that it shall end."""
DIALECTS: tuple[Dialect, ...] = (
    anthropic_messages.DIALECT,
    openai_responses.DIALECT,
    openai_chat.DIALECT,
    gemini.DIALECT,
)


@dataclass
class Seen:
    """What a host sent while a stub ran."""

    requests: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """Other hosts that it tried to reach through the proxy."""

    def results(self) -> tuple[str, ...]:
        """The results of the longest conversation: what the model was shown in the end."""
        longest = max(self.requests, key=lambda request: len(request.results), default=None)
        if longest is None:
            return ()
        return tuple(result.text for result in longest.results if not result.call_id.startswith("search"))

    def offered(self) -> frozenset[str]:
        """Every name of a tool that was offered to the model."""
        return frozenset(name for request in self.requests for name in request.offered)

    def text(self) -> str:
        """All other words that the model was shown."""
        return "\n".join(request.text for request in self.requests)


@contextmanager
def model_stub(script: Script) -> Iterator[tuple[str, Seen]]:
    """A scripted model on a free loopback port: its URL, and what it was sent."""
    seen, lock = Seen(), Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
            del format, args

        def do_CONNECT(self) -> None:  # the base class's names
            if self.path == f"127.0.0.1:{port}":  # a client that asks its proxy for this machine, too
                self.send_response(200)
                self.end_headers()
                self.close_connection = False
                return
            with lock:
                seen.refused.append(self.path)
            self._send(403, "text/plain", b"only loopback\n")
            self.close_connection = True

        def do_HEAD(self) -> None:
            self._send(200, "text/plain", b"")

        def do_GET(self) -> None:
            if self.path.startswith("http://"):
                self.do_CONNECT()
            elif self.path.split("?")[0].endswith("/models"):
                self._json(200, {"object": "list", "data": [], "models": []})
            else:
                self._json(404, {"error": {"type": "not_found_error", "message": "only the model is here"}})

        def do_POST(self) -> None:
            body = self._body()
            path = self.path.split("?")[0]
            dialect = next((dialect for dialect in DIALECTS if dialect.takes(path)), None)
            if dialect is None or not isinstance(body, dict):
                self._json(404, {"error": {"type": "not_found_error", "message": "only the model is here"}})
                return
            request = dialect.read(body)
            with lock:
                seen.requests.append(request)
            content_type, payload = dialect.write(answer(script, request), body, self.path)
            self._send(200, content_type, payload)

        def _body(self) -> Any:
            length = self.headers.get("Content-Length")
            raw = self.rfile.read(int(length)) if length else b"".join(self._chunks())
            try:
                return json.loads(raw or b"null")
            except ValueError:
                return None

        def _chunks(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def _json(self, status: int, value: object) -> None:
            self._send(status, "application/json", json.dumps(value).encode())

        def _send(self, status: int, content_type: str, payload: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port = server.server_address[1]
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
