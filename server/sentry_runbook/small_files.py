"""Reads small files that others may have put there: never waits for one, and never reads more than a bound.

A path that someone else can choose may name a FIFO, whose opening waits for a writer for ever, a device or a file of
many gigabytes. Settings, policies and templates are read at start, when a host waits for the server.
"""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnsuitableFile(OSError):
    """It is no regular file, or too large; the message completes "the file …"."""


def read_small_file(path: Path, most_bytes: int) -> bytes:
    """The content of a regular file, also behind a symlink.

    Args:
        path: the file.
        most_bytes: a larger one is refused, not cut.

    Raises:
        UnsuitableFile: it is no regular file, or larger.
        OSError: it cannot be read.
    """
    # Without O_NONBLOCK the opening of a FIFO waits for its writer; Windows has neither.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnsuitableFile("is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(content) > most_bytes:
        raise UnsuitableFile(f"has more than {most_bytes:,} bytes")
    return content


def read_small_text(path: Path, most_bytes: int) -> str:
    """The same as text: UTF-8, or UTF-16 as PowerShell's ``>`` writes it; without the byte order mark.

    Raises:
        UnsuitableFile: as above.
        OSError: as above.
        UnicodeDecodeError: it is neither.
    """
    content = read_small_file(path, most_bytes)
    return content.decode("utf-16" if content.startswith(UTF_16) else "utf-8-sig")


def why_unread(exc: Exception) -> str:
    """Why a file could not be read, in words that complete "the file …"."""
    return str(exc) if isinstance(exc, UnsuitableFile) else f"cannot be read ({type(exc).__name__})"
