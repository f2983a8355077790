"""Questions that a client was given and has not answered yet.

On 2026-07-28 a question goes out as the answer to a call, and its answer comes with another call, so nothing waits in
between. What a waiting call knows by itself is remembered here: since when a question is open. From that follows
whether a refusal can be a person's, and whether anybody answers at all.

Two calls may put the same question, about the same change of the same issue in the same state. Then the earlier one
counts: a person's "no" is never taken for a machine's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_OPEN = 1_000
"""Questions remembered; the oldest is forgotten first."""
OPEN_S = 600.0
"""How long an answer is taken: as long as the SDK keeps the state of a call that waits for one."""


class OpenQuestions:
    """Since when each question is open. A question is named by a digest of all that it is about.

    Args:
        clock: seconds, never set back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: OrderedDict[str, float] = OrderedDict()

    def put(self, question: str) -> None:
        """Remember that the question goes out now; one that is open already stays as old as it is."""
        self._forget_old()
        self._since.setdefault(question, self._clock())
        if len(self._since) > MOST_OPEN:
            self._since.popitem(last=False)

    def age_s(self, question: str, at: float) -> float | None:
        """Seconds from the moment that the question went out until ``at``; None when it is not open."""
        self._forget_old()
        since = self._since.get(question)
        return None if since is None else at - since

    def close(self, question: str) -> None:
        """Forget the question: it was answered, or is given up."""
        self._since.pop(question, None)

    def _forget_old(self) -> None:
        while self._since and self._clock() - next(iter(self._since.values())) > OPEN_S:
            self._since.popitem(last=False)
