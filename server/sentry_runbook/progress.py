"""The progress of a call: its rounds of requests and its acts, told to the callers who wait for its answer.

How to think about it: a :class:`Progress` is one piece of work and numbers its steps. :func:`report` and
:func:`report_round` are called from inside the work, however deep; a context variable leads them to its progress, as
with logging, and where there is none they do nothing. They return at once: who listens must not wait either. Callers
who share one computation listen to its progress, each with numbers of its own; who joins later hears the step that is
under way.

A message is our own words and numbers. Text of events, names of alerts and whatever else strangers write never is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class ProgressStep:
    """A step that begins.

    Attributes:
        number: 1 for the first step of the work, one more for each later one.
        message: what is being done, in plain words.
        left: how many steps come after it; None where that is not known.
    """

    number: int
    message: str
    left: int | None = None


@dataclass(frozen=True)
class Page:
    """A part of many things that are asked for in pages: the first and the last of it, counted from 1, of so many."""

    first: int
    last: int
    of: int


Listener = Callable[[ProgressStep], None]


class Progress:
    """The steps of one piece of work.

    Args:
        earlier: steps of the same work that were told before, by an earlier call.
    """

    def __init__(self, earlier: int = 0) -> None:
        self._number = earlier
        self._rounds = 0
        self._latest: ProgressStep | None = None
        self._listeners: list[Listener] = []

    def report(self, message: str, left: int | None = None) -> None:
        """Tell those who listen that a step begins."""
        self._number += 1
        self._latest = ProgressStep(self._number, message, left)
        for listener in self._listeners:
            listener(self._latest)

    def report_round(self, what: str, lookups: int | None = None, page: Page | None = None) -> None:
        """Tell that a round of requests begins.

        Args:
            what: what is asked for.
            lookups: how many things are asked; most take one request, some two. None where others ask beside it.
            page: of which of the things that ``what`` ends with; None: of all.
        """
        self._rounds += 1
        of_page = "" if page is None else f" {page.first} to {page.last} of {page.of}"
        number = f" ({lookups} {'lookup' if lookups == 1 else 'lookups'})" if lookups else ""
        self.report(f"round {self._rounds}: {what}{of_page}{number}")

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Let somebody listen, beginning with the step that is under way."""
        if self._latest is not None:
            listener(self._latest)
        self._listeners.append(listener)
        try:
            yield
        finally:
            self._listeners.remove(listener)


ROUND = re.compile(r"round \d+: (.*?)(?: \(\d+ lookups?\))?")
"""The message of a round: what it asks for, and how many lookups."""
_current: ContextVar[Progress | None] = ContextVar("progress", default=None)


@contextmanager
def reporting_to(progress: Progress | None) -> Iterator[None]:
    """Let the work inside, and the tasks that it starts, report here; None silences it."""
    token = _current.set(progress)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def following(progress: Progress) -> Iterator[None]:
    """Pass the steps of other work, which the work here waits for, on to those who listen here."""
    own = _current.get()
    if own is None:
        yield
        return
    with progress.listening(lambda step: own.report(step.message, step.left)):
        yield


class _Beside(Progress):
    """The rounds of work that runs beside other work of the same call."""

    def __init__(self, whole: Progress, silent: int) -> None:
        super().__init__()
        self._whole = whole
        self._silent = silent

    def report(self, message: str, left: int | None = None) -> None:
        """Tell a round of shared work, which numbers its own, as one of the whole; any other step as it is."""
        told = ROUND.fullmatch(message)
        if told is None:
            self._whole.report(message, left)
        else:
            self.report_round(told[1])

    def report_round(self, what: str, lookups: int | None = None, page: Page | None = None) -> None:
        """Tell a round without the number of lookups, for others ask beside it."""
        self._silent -= 1
        if self._silent < 0:
            self._whole.report_round(what, None, page)


@contextmanager
def reporting_beside(silent: int = 0) -> Iterator[None]:
    """Let the work inside report as a part of a call in which other work runs at the same time.

    Args:
        silent: so many of its first rounds are not told, for they fall into rounds of the other work.
    """
    whole = _current.get()
    if whole is None:
        yield
        return
    with reporting_to(_Beside(whole, silent)):
        yield


def report(message: str, left: int | None = None) -> None:
    """Tell that a step of the work under way begins; see :meth:`Progress.report`."""
    progress = _current.get()
    if progress is not None:
        progress.report(message, left)


def report_round(what: str, lookups: int | None = None, page: Page | None = None) -> None:
    """Tell that a round of requests begins; see :meth:`Progress.report_round`."""
    progress = _current.get()
    if progress is not None:
        progress.report_round(what, lookups, page)
