"""The one door to a terminal: whatever a command writes, no control sequence of a stranger passes it.

Theory: file names, keys of policies, argument names and texts of libraries reach the terminal on many ways, and a way
that is added later forgets to clean them. So the streams themselves are wrapped while a command runs. Colours are ours:
:class:`sentry_runbook.render.console.Screen` cleans the text before it is coloured, and writes to the stream below.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from sentry_runbook.safety.invisible_chars import write_out


class InertStream(io.TextIOBase):
    """A text stream on which control characters are written out; line breaks and tabs stay."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the text with every invisible character spelt out."""
        self.stream.write(text if text.isprintable() else write_out(text))
        return len(text)

    def close(self) -> None:
        """Nothing: the stream below is not ours, and may be closed before this one is forgotten."""

    def flush(self) -> None:
        """Pass it on."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether a person watches."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """The descriptor below."""
        return self.stream.fileno()

    @property
    def buffer(self) -> io.BufferedIOBase:
        """The bytes below, for the protocol, which escapes by itself."""
        return cast(io.BufferedIOBase, self.stream.buffer)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """Of the stream below."""
        return self.stream.encoding


@contextmanager
def inert_streams() -> Iterator[None]:
    """Wrap standard output and standard error until the end of the block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, InertStream(before[0])), cast(TextIO, InertStream(before[1]))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def below(stream: TextIO) -> TextIO:
    """The stream without the wrapper: for what writes control sequences of its own."""
    wrapper: object = stream
    return wrapper.stream if isinstance(wrapper, InertStream) else stream
