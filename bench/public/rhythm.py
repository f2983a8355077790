"""Onsets on real series with a daily rhythm (``rhythm/`` of the public data): claimed in quiet times, and found.

How to think about it: a *look* is an instant at which somebody asks for the last 24 h of an old issue whose events are
one of the series. Each look becomes the evidence that ``collect/`` would make: buckets of five minutes over the last 48
hours, and clock hours over the last 15 days, as far as the series reaches back. A judge finds an episode in it or none.

- *Quiet* looks come every six hours, 48 h or more away from every label, with at least eight days of history. An
  episode that overlaps the 24 h is *claimed*; some of them are real bursts that nobody labelled.
- Two hours after each label an episode that overlaps those 24 h is *found*; *in time* when it also begins within 60
  minutes of the label, and *near* when it overlaps the three hours around the label (an hour before, two after).

Beside the product stands the bare rule of issue 11: a rolling hour above three times the median and three times the
90th percentile of the same clock hour and its neighbours over the seven days before.
"""

from __future__ import annotations

import csv
import gzip
import json
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import median

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence, Issue, IssueSeries, Known, Series, Totals, Unknown, Window
from sentry_runbook.incident.model.policy import default_policy
from sentry_runbook.incident.model.stated import Stated

DATA = Path(__file__).parents[3] / "shared" / "data"
SOURCE = "public data"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEP = timedelta(minutes=5)
BUCKETS = HOUR // STEP
HISTORY, LEAST_HISTORY = 15 * DAY, 8 * DAY
BETWEEN_LOOKS = 6 * HOUR
FROM_LABELS = timedelta(hours=48)
AFTER_LABEL = 2 * HOUR
IN_TIME = timedelta(minutes=60)
REFERENCE_DAYS = 7
BARE_FACTOR = 3.0
PERCENTILE = 0.9


@dataclass(frozen=True)
class Claim:
    """An episode that a judge found; ``ended`` is None while it is live."""

    began: datetime
    ended: datetime | None
    is_high: bool = False

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it was under way between two instants."""
        return self.began < end and (self.ended is None or self.ended > start)


Judge = Callable[[Evidence], Claim | None]
"""Evidence of a look → the episode, or None."""


@dataclass(frozen=True)
class Rhythm:
    """One series: events per five minutes, from a full five minutes on, and its labelled anomalies."""

    name: str
    start: datetime
    values: tuple[float | None, ...]
    labels: tuple[datetime, ...]

    @property
    def end(self) -> datetime:
        """The end of the last bucket."""
        return self.start + len(self.values) * STEP


@dataclass(frozen=True)
class Score:
    """What a judge said of all looks.

    Attributes:
        quiet: quiet looks; ``claimed`` and ``high`` of them had an episode, one of high confidence.
        labels: labels; ``found``, ``near`` and ``in_time`` of them, see the top.
        claims: the quiet looks with a claim, and the looks after labels with what was found, for the list.
    """

    quiet: int
    claimed: int
    high: int
    labels: int
    found: int
    near: int
    in_time: int
    claims: tuple[tuple[str, datetime, Claim], ...] = ()
    answers: tuple[tuple[str, datetime, Claim | None], ...] = ()


# --- the data ------------------------------------------------------------------------------------------------------


def read_rhythms(folder: Path = DATA) -> tuple[Rhythm, ...]:
    """The series of ``folder/rhythm``; none when the folder is absent."""
    listed = folder / "rhythm" / "labels.json"
    if not listed.is_file():
        return ()
    entries = json.loads(listed.read_text(encoding="utf-8"))
    return tuple(_read(folder / "rhythm" / name, entry["labels"]) for name, entry in sorted(entries.items()))


def _read(path: Path, labels: Sequence[str]) -> Rhythm:
    counts: dict[datetime, float] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            at = _bucket(_utc(row["timestamp"]))
            counts[at] = counts.get(at, 0.0) + float(row["value"])
    start = min(counts)
    length = (max(counts) - start) // STEP + 1
    values = tuple(counts.get(start + index * STEP) for index in range(length))
    return Rhythm(path.name.removesuffix(".csv.gz"), start, values, tuple(_utc(label) for label in labels))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _bucket(at: datetime) -> datetime:
    return at - (at - datetime(2000, 1, 1, tzinfo=UTC)) % STEP


# --- evidence of a look --------------------------------------------------------------------------------------------


class Recording:
    """Makes the evidence of a series at any look."""

    def __init__(self, rhythm: Rhythm) -> None:
        self.rhythm = rhythm
        self._sums = list(accumulate((value or 0.0 for value in rhythm.values), initial=0.0))

    def _index(self, at: datetime) -> int:
        return max(0, min(len(self.rhythm.values), -((self.rhythm.start - at) // STEP)))

    def _series(self, start: datetime, end: datetime, step: timedelta) -> Series:
        """Full buckets from ``start`` on up to the one that holds ``end``."""
        count = -((start - end) // step)
        edges = [min(self._index(start + number * step), self._index(end)) for number in range(count + 1)]
        values = tuple(self._sums[after] - self._sums[before] for before, after in pairwise(edges))
        return Series(start=start, step_s=int(step.total_seconds()), values=values, complete_until=end)

    def evidence(self, look: datetime) -> Evidence:
        """The evidence of a triage at ``look`` (a full five minutes), as ``collect/`` makes it."""
        window = Window(start=look - DAY, end=look)
        series = self._series(max(look - 2 * DAY, self.rhythm.start), look, STEP)
        first_hour = _next_hour(max(look - HISTORY, self.rhythm.start))
        history = self._series(first_hour, look, HOUR)
        seen = self.rhythm.start - 365 * DAY
        filled = bisect_left(self._sums, self._sums[self._index(look)])
        issue = Issue.model_validate(
            {
                "id": "1",
                "short_id": "PUBLIC-1",
                "url": "https://sentry.example/issues/1/",
                "title": self.rhythm.name,
                "level": "error",
                "status": "unresolved",
                "project": "public",
                "first_seen": seen,
                "last_seen": self.rhythm.start + filled * STEP,
                "events_total": round(self._sums[self._index(look)]),
            }
        )
        inside = self._sums[self._index(look)] - self._sums[self._index(window.start)]
        return Evidence(
            collected_at=look,
            server="https://sentry.example",
            organization="public",
            window=window,
            issue=issue,
            series=Known(value=IssueSeries(events=series), source=SOURCE),
            history=Known(value=history, source=SOURCE),
            totals=Known(value=Totals(events=round(inside)), source=SOURCE),
        )


def _next_hour(at: datetime) -> datetime:
    full = at.replace(minute=0, second=0, microsecond=0)
    return full if full == at else full + HOUR


# --- looks ---------------------------------------------------------------------------------------------------------


def quiet_looks(rhythm: Rhythm) -> Iterator[datetime]:
    """Looks far from every label."""
    look = _next_hour(rhythm.start + LEAST_HISTORY)
    while look <= rhythm.end:
        if all(abs(look - label) >= FROM_LABELS for label in rhythm.labels):
            yield look
        look += BETWEEN_LOOKS


def score(rhythms: Sequence[Rhythm], judge: Judge) -> Score:
    """Ask the judge at every look."""
    quiet = 0
    claims: list[tuple[str, datetime, Claim]] = []
    answers: list[tuple[str, datetime, Claim | None]] = []
    for rhythm in rhythms:
        recording = Recording(rhythm)
        for look in quiet_looks(rhythm):
            quiet += 1
            claim = judge(recording.evidence(look))
            if claim is not None and claim.overlaps(look - DAY, look):
                claims.append((rhythm.name, look, claim))
        for label in rhythm.labels:
            claim = judge(recording.evidence(_bucket(label + AFTER_LABEL)))
            answers.append((rhythm.name, label, claim))
    found = [(label, claim) for _, label, claim in answers if claim is not None and _is_found(claim, label)]
    return Score(
        quiet=quiet,
        claimed=len(claims),
        high=sum(claim.is_high for _, _, claim in claims),
        labels=len(answers),
        found=len(found),
        near=sum(claim.overlaps(label - HOUR, label + AFTER_LABEL) for label, claim in found),
        in_time=sum(abs(claim.began - label) <= IN_TIME for label, claim in found),
        claims=tuple(claims),
        answers=tuple(answers),
    )


def _is_found(claim: Claim, label: datetime) -> bool:
    return claim.overlaps(label + AFTER_LABEL - DAY, label + AFTER_LABEL)


# --- judges --------------------------------------------------------------------------------------------------------


def product(evidence: Evidence) -> Claim | None:
    """The episode that all tools call the incident."""
    episode = Incident(evidence, Stated(), default_policy(), evidence.collected_at).episode
    if isinstance(episode, Unknown):
        return None
    return Claim(episode.began, episode.ended, is_high=episode.confidence == "high")


def bare_rule(evidence: Evidence) -> Claim | None:
    """The last run of rolling hours of the window that are above the bare rule's limit (see the top)."""
    assert isinstance(evidence.series, Known)  # noqa: S101  # made by Recording
    series = evidence.series.value.events
    sums = list(accumulate((value or 0.0 for value in series.values), initial=0.0))
    first = max(0, (evidence.window.start - series.start) // STEP)
    began: datetime | None = None
    ended: datetime | None = None
    for index in range(first, len(series.values) - BUCKETS + 1):
        start = series.start + index * STEP
        if sums[index + BUCKETS] - sums[index] <= _bare_limit(evidence, start + HOUR / 2):
            continue
        if ended is None or start > ended + AFTER_LABEL:
            began = start
        ended = start + HOUR
    return None if began is None else Claim(began, ended)


def _bare_limit(evidence: Evidence, at: datetime) -> float:
    """Events of an hour whose middle is ``at``; more are raised. Nothing is where no hour is known."""
    assert isinstance(evidence.history, Known)  # noqa: S101  # made by Recording
    history = evidence.history.value
    hour = (at - history.start) // HOUR
    before = (hour - day * 24 + side for day in range(1, REFERENCE_DAYS + 1) for side in (-1, 0, 1))
    counts = sorted(history.values[place] or 0.0 for place in before if 0 <= place < len(history.values))
    if not counts:
        return float("inf")
    return BARE_FACTOR * max(median(counts), counts[int(PERCENTILE * len(counts))])
