"""The terminal: colour where it has it, plain text in a pipe; nothing a stranger wrote is ever read as markup."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from sentry_runbook.safety.invisible_chars import write_out
from sentry_runbook.safety.terminal import below

PIPE_WIDTH = 100
LABEL_WIDTH = 12
SEVERITY_STYLES = {"P0": "bold white on red", "P1": "bold black on bright_red", "P2": "bold black on yellow"}
LOW = "bold black on cyan"


class Trimmed(io.TextIOBase):
    """A stream without trailing blanks, which rich's layout leaves: a pipe's reader compares text."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text without blanks at the ends of its lines."""
        return self._stream.write(re.sub(r"(?<! ) ++(?=\n)", "", text))

    def close(self) -> None:
        """Nothing: the stream below is not ours, and may be closed before this one is forgotten."""

    def flush(self) -> None:
        """Pass it on."""
        self._stream.flush()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        """Of the stream below: in another than UTF, rich draws in ASCII."""
        return self._stream.encoding


class Screen(Console):
    """Standard output; NO_COLOR, FORCE_COLOR, TERM=dumb and COLUMNS are respected.

    In a pipe there are neither colours nor bold, unless FORCE_COLOR asks for them and NO_COLOR does not forbid them.
    """

    def __init__(self) -> None:
        piped = not sys.stdout.isatty()
        stream = below(sys.stdout)
        super().__init__(
            file=cast(TextIO, Trimmed(stream)) if piped else stream,
            highlight=False,
            markup=False,
            emoji=False,
            force_terminal=False if piped and os.environ.get("NO_COLOR") else None,
            width=PIPE_WIDTH if piped and "COLUMNS" not in os.environ else None,
        )

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Lay out; text that holds control characters shows them spelt out, before colours are added."""
        for segment in super().render(renderable, options):
            is_inert = segment.is_control or segment.text == "\n" or segment.text.isprintable()
            yield segment if is_inert else Segment(write_out(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Raise, so that the command line ends as it does for a reader who left."""
        raise BrokenPipeError

    def heading(self, text: str) -> None:
        """A section's heading, with a line before it."""
        self.print()
        self.print(Text(text, "bold"))

    def rows(self, pairs: Iterable[tuple[str, RenderableType | None]]) -> None:
        """Labels with their values; a value that is not known (None) has no row."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=LABEL_WIDTH, style="dim", no_wrap=True)
        table.add_column()
        for label, value in pairs:
            if value not in (None, ""):
                table.add_row(label, value)
        if table.row_count:
            self.print(Padding(table, (0, 0, 0, 1)))

    def points(self, entries: Iterable[tuple[str, str, str]], indent: int = 1) -> None:
        """Lines that begin with a sign: (sign, text, style of the sign)."""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column()
        for sign, text, style in entries:
            table.add_row(Text(sign, style), Text(text))
        if table.row_count:
            self.print(Padding(table, (0, 0, 0, indent)))


def badge(severity: str, label: str) -> Text:
    """The severity as a coloured badge."""
    return Text(f" {severity} {label.upper()} ", SEVERITY_STYLES.get(severity, LOW))


def joined(parts: Iterable[str | None], between: str = " · ") -> str | None:
    """The parts that are known; None when none is."""
    return between.join(part for part in parts if part) or None


def numbered(texts: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Lines for :meth:`Screen.points` with numbers as signs."""
    return ((f"{number}.", text, "bold") for number, text in enumerate(texts, start=1))
