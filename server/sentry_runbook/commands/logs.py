"""Logs of the server: plain lines on stderr that hold neither arguments nor event text nor tokens.

An exception's text can quote what a stranger sent, so of an exception only its kind and the places in the code are
logged. That is what a bug report needs, and it can be pasted anywhere.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from sentry_runbook.errors import in_one_line

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class RedactingFormatter(logging.Formatter):
    """Formats a record without the text of its exception."""

    def __init__(self) -> None:
        super().__init__("sentry-runbook: %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        """One line: names of tools and values of headers in a library's message are other people's text."""
        return in_one_line(super().formatMessage(record))

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802  # logging's own name
        """Kinds and places only."""
        places: list[str] = []
        error = ei[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            places.append(
                f"  {type(error).__name__}" + "".join(f"\n    {f.filename}:{f.lineno} {f.name}" for f in frames)
            )
            error = error.__cause__ or error.__context__
        return "\n".join(places)


def log_to_stderr() -> None:
    """Send the logs of all libraries there; a handler that was set up before stays."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


@contextmanager
def without_rich_logs() -> Iterator[None]:
    """Keep the SDK from importing rich for its own log handler, which ours makes useless: 15 ms of every start."""
    name = "rich"
    known = name in sys.modules
    if not known:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own way to say "not importable"
    try:
        yield
    finally:
        if not known:
            del sys.modules[name]
