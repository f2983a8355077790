"""Questions that a client was given and has not answered yet.

On 2026-07-28 a question goes out as the answer to a call, and its answer comes with another call, so nothing waits in
between. What a waiting call knows by itself is remembered here: since when a question is open, and in what words. From
the first follows whether a refusal can be a person's, and whether anybody answers at all. By the second an answer is
taken for the question that was read: what it warns of changes by the minute, what it is about does not.

Two calls may put the same question, about the same change of the same issue in the same state. Then the earlier one
counts: a person's "no" is never taken for a machine's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_OPEN = 1_000
"""Questions remembered; the oldest is forgotten first."""
OPEN_S = 600.0
"""How long an answer is taken: as long as the SDK keeps the state of a call that waits for one."""


@dataclass(frozen=True)
class OpenQuestion:
    """A question that went out.

    Attributes:
        since: when, in seconds of the clock.
        text: its words.
        seen: how far the issue's log had been read, as ``Seen`` of the confirm tokens.
    """

    since: float
    text: str
    seen: tuple[int, int] = (0, 0)


class OpenQuestions:
    """The open questions, each by a digest of all that it is about.

    Args:
        clock: seconds, never set back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._open: OrderedDict[str, OpenQuestion] = OrderedDict()

    def put(self, digest: str, text: str, seen: tuple[int, int] = (0, 0)) -> None:
        """Remember that a question goes out now; one that is open already stays as it is."""
        self._forget_old()
        self._open.setdefault(digest, OpenQuestion(self._clock(), text, seen))
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)

    def find(self, digest: str) -> OpenQuestion | None:
        """The question as it went out; None when it is not open."""
        self._forget_old()
        return self._open.get(digest)

    def close(self, digest: str) -> None:
        """Forget the question: it was answered, or is given up."""
        self._open.pop(digest, None)

    def _forget_old(self) -> None:
        while self._open and self._clock() - next(iter(self._open.values())).since > OPEN_S:
            self._open.popitem(last=False)
