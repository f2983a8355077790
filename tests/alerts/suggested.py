"""A suggested condition in the tool's words, read back into an alert, and what it does over the raw events."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.alerts.worlds.building import Built, truth_of
from tests.alerts.worlds.labels import Episode, Labelled
from tests.alerts.worlds.making import FIRST_SEEN, above, alert, monitor, more_than

_COUNT = re.compile(r"more than ([\d,]+) events of an issue in (\S+ \S+)")
_METRIC = re.compile(r"more than ([\d,]+) events of the project in (\S+ \S+)")
_LENGTHS = {"5 min": 5, "5 minutes": 5, "15 min": 15, "15 minutes": 15, "1 h": 60, "1 hour": 60, "60 min": 60}
_INTERVALS = {5: "5m", 15: "15m", 60: "1h"}


@dataclass(frozen=True)
class Outcome:
    """What a condition does: minutes from the incident's beginning to its first firing in it, and how often else."""

    after: float | None
    extra: int


def alert_of(words: str) -> Labelled:
    """Read a suggestion."""
    if words == "a new issue":
        return Labelled(alert("suggested", triggers=[FIRST_SEEN]), None)
    if (told := _METRIC.fullmatch(words)) is not None:
        limit = int(told[1].replace(",", ""))
        return Labelled(monitor("suggested", *above(limit), window=_LENGTHS[told[2]]), None)
    told = _COUNT.fullmatch(words)
    assert told is not None, f"a suggestion that nobody can read: {words!r}"
    return Labelled(alert("suggested", more_than(int(told[1].replace(",", "")), _INTERVALS[_LENGTHS[told[2]]])), None)


def outcome(built: Built, project: str, words: str, episode: Episode) -> Outcome:
    """Evaluate a suggestion over the raw events; firings from five minutes before to 15 after the incident are its."""
    truth = truth_of(alert_of(words), built.raw, project)
    firings: Sequence[tuple[float, str | None]] = [
        *((built.minutes(one.at), one.issue) for one in truth.firings or ()),
        *((built.minutes(one.at), None) for one in truth.opened or ()),
    ]
    firings = [(at, issue) for at, issue in firings if built.minutes(built.begin) <= at <= 0]
    own = [
        at
        for at, issue in firings
        if issue in (None, *episode.issues) and episode.began - 5 <= at <= episode.ended + 15
    ]
    return Outcome(min(own) - episode.began if own else None, len(firings) - len(own))
