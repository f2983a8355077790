"""Logs of the server: plain lines on stderr that hold neither arguments nor event text nor tokens.

An exception's text can quote what a stranger sent, so of an exception only its kind and the places in the code are
logged. That is what a bug report needs, and it can be pasted anywhere.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

from sentry_runbook.errors import in_one_line

PACKAGE = "sentry_runbook"
LEVELS = ("debug", "info", "warning", "error")
DEFAULT_LEVEL = "warning"
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


class StderrHandler(logging.Handler):
    """Writes to whatever standard error is at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(RedactingFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; a log that nobody can read any more is no reason to fail."""
        with suppress(OSError, ValueError):
            sys.stderr.write(self.format(record) + "\n")


def log_to_stderr(level: str = DEFAULT_LEVEL) -> None:
    """Send the logs there: ours from ``level`` on, those of all libraries from ``warning`` on.

    What libraries say below that holds URLs with their queries, headers and whole messages: never ours to show.
    """
    root, own = logging.getLogger(), logging.getLevelNamesMapping()[level.upper()]
    if not any(isinstance(handler, StderrHandler) for handler in root.handlers):
        root.addHandler(StderrHandler())
    root.setLevel(max(own, logging.WARNING))
    logging.getLogger(PACKAGE).setLevel(own)


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
