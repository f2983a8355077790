"""Scores the product on the held-out incidents."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sentry_runbook.collect.windows import recovery_window
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Activity,
    Deploy,
    DroppedEvents,
    Evidence,
    Issue,
    Known,
    OutcomeSeries,
    Release,
    Unknown,
)
from sentry_runbook.incident.model.stated import Stated
from tests.episodes.heldout.incidents import BACKGROUNDS, HOUR, LOOKS, NAMES, SHAPES, Case, make_case
from tests.episodes.heldout.truth import DAY, Truth, count, truth_at
from tests.episodes.judge import POLICY, evidence

MINUTE = timedelta(minutes=1)
OTHER_PROJECT_EVENTS = 300
"""Events an hour of the project's other issues, which Sentry counts among the outcomes."""


# --- evidence of a look --------------------------------------------------------------------------------------------


def evidence_at(case: Case, look: datetime, window: timedelta = DAY) -> Evidence:
    """What ``collect/`` would bring at a look."""
    made = evidence(case.stored, look, window)
    changes: dict[str, object] = {"dropped": Known(value=_outcomes(case, look), source="a test")}
    changes["issue"] = made.issue.model_copy(update=_issue(case, look, made.issue))
    old = Release(version="app@1", created=look - 40 * DAY, first_event=look - 40 * DAY, deploys=())
    action = case.of_shape.action
    if action is not None and action[1] == "deploy" and case.at(action[0]) < look:
        at = case.at(action[0])
        deploy = Deploy(version="app@2", environment="production", started=at, finished=at)
        new = Release(version="app@2", created=at - HOUR, deploys=(deploy,))
        changes |= {
            "releases": Known(value=(new, old), source="a test"),
            "deploys": Known(value=(deploy,), source="a test"),
        }
    return made.model_copy(update=changes)


def _issue(case: Case, look: datetime, made: Issue) -> dict[str, object]:
    """Fields of the issue: Sentry's own are of all environments."""
    seen = [*case.stored[: bisect_left(case.stored, look)], *case.staging[: bisect_left(case.staging, look)]]
    action, changes = case.of_shape.action, dict[str, object]()
    changes |= {"last_seen": max(seen), "events_total": len(seen)}
    if action is None or action[1] != "resolve" or case.at(action[0]) >= look:
        return changes
    at = case.at(action[0])
    log = [Activity(kind="set_resolved", at=at, who="Ada", actor="person")]
    changes |= {"status": "resolved", "substatus": None}
    later = case.own[bisect_left(case.own, at) :]
    if case.of_shape.regresses and later and later[0] < look:
        log.append(Activity(kind="set_regression", at=later[0]))
        changes |= {"status": "unresolved", "substatus": "regressed"}
    return {**changes, "activity": tuple(log)}


def _outcomes(case: Case, look: datetime) -> DroppedEvents:
    """Outcomes of the project by clock hour, of the nine days before the look."""
    start = (look - 9 * DAY).replace(minute=0, second=0, microsecond=0)
    hours = [start + number * HOUR for number in range(-((start - look) // HOUR))]
    stored = tuple(count(case.stored, at, min(at + HOUR, look)) + OTHER_PROJECT_EVENTS for at in hours)
    lost = tuple(count(case.lost, at, min(at + HOUR, look)) for at in hours)
    if case.of_shape.dropped is not None:
        first, last = (case.at(edge) for edge in case.of_shape.dropped)
        others = [OTHER_PROJECT_EVENTS if first < min(at + HOUR, look) and at < last else 0 for at in hours]
        lost = tuple(own + other for own, other in zip(lost, others, strict=True))
    outcomes = [OutcomeSeries(outcome="accepted", total=sum(stored), values=stored)]
    if any(lost):
        outcomes.append(OutcomeSeries(outcome="rate_limited", total=sum(lost), values=lost))
    return DroppedEvents(start=start, step_s=3600, outcomes=tuple(outcomes))


# --- the product's answer ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What the product says at a look: the episode of a triage, and ``check_recovery``."""

    began: datetime | None
    earliest: datetime | None
    latest: datetime | None
    confidence: str
    verdict: str
    change: str | None
    words: str

    @property
    def grain_minutes(self) -> float | None:
        """Length of the stretch in which it began."""
        return None if self.earliest is None or self.latest is None else (self.latest - self.earliest) / MINUTE


def ask(case: Case, look: datetime) -> Answer:
    """Ask the product; names of its results stand here alone."""
    action = case.of_shape.action
    is_done = action is not None and case.at(action[0]) < look
    fixed_at = case.at(action[0]) if action is not None and is_done and action[1] == "stated" else None
    triage = Incident(evidence_at(case, look), Stated(fixed_at=fixed_at), POLICY, look)
    recovery = triage.recovery
    if action is not None and is_done and action[1] != "deploy":
        window = recovery_window({}, look, case.at(action[0]))
        asked = Incident(evidence_at(case, look, look - window.start), triage.stated, POLICY, look)
        recovery = asked.recovery
    kinds = [done for done in recovery.actions if action is not None and done.kind == action[1]]
    episode = triage.episode
    if isinstance(episode, Unknown):
        return Answer(None, None, None, "none", recovery.verdict, _change(kinds), recovery.reading)
    return Answer(
        episode.began,
        episode.began_earliest,
        episode.began_latest,
        episode.confidence,
        recovery.verdict,
        _change(kinds),
        f"{recovery.reading} [bursts {episode.bursts}, pause {episode.longest_pause_minutes}]",
    )


def _change(kinds: Sequence[object]) -> str | None:
    return str(getattr(kinds[0], "change", None)) if kinds else None


# --- the score -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """The answer of one incident at one look, by what is true; None where it does not count.

    Attributes:
        confident_and_wrong: it sends people home while it burns, or its begin is sure and wrong.
    """

    case: Case
    look: str
    truth: Truth
    answer: Answer
    onset: bool | None
    verdict: bool | None
    change: bool | None
    confident_and_wrong: bool

    def line(self) -> str:
        """What was said, and what is true, for the list of misses."""
        said, true = self.answer, self.truth
        marks = "".join(
            mark if is_right is False else "-"
            for mark, is_right in (("O", self.onset), ("V", self.verdict), ("C", self.change))
        )
        began = "no episode"
        if said.began is not None and said.earliest is not None and said.latest is not None:
            began = f"{said.began:%d %H:%M:%S} ({said.earliest:%H:%M:%S}..{said.latest:%d %H:%M:%S}) {said.confidence}"
        begin = "nothing" if true.begin is None else f"{true.begin[0]:%d %H:%M:%S}..{true.begin[1]:%H:%M:%S}"
        return (
            f"{marks}{'!' if self.confident_and_wrong else '-'} {self.case.name}, {self.look}: {began}, true {begin}"
            f"{'' if true.can_be_told else ' (cannot be told)'}; {said.verdict}, right {sorted(true.verdicts)}; "
            f"change {said.change}, right {sorted(true.changes)}; {said.words}"
        )

    @property
    def is_miss(self) -> bool:
        """Whether anything is wrong."""
        return self.confident_and_wrong or False in (self.onset, self.verdict, self.change)


def judge(case: Case, name: str) -> Look:
    """Judge one incident at one look."""
    look = case.begin + LOOKS[name]
    truth, answer = truth_at(case, look), ask(case, look)
    inside = _is_inside(truth, answer)
    onset = inside if truth.can_be_told or inside else None
    if truth.begin is None:
        onset = answer.began is None
    sends_home = (
        truth.is_live and bool(truth.verdicts) and not truth.improves and answer.verdict in ("improving", "recovered")
    )
    # Before its jump can be told, a trickle is an incident of its own.
    is_trickle = bool(case.of_shape.trickle or case.of_shape.stray) and not truth.can_be_told
    is_sure = answer.confidence == "high" and not inside and not is_trickle
    return Look(
        case,
        name,
        truth,
        answer,
        onset,
        answer.verdict in truth.verdicts if truth.verdicts else None,
        answer.change in truth.changes if truth.changes and answer.change is not None else None,
        sends_home or is_sure,
    )


def _is_inside(truth: Truth, answer: Answer) -> bool:
    if truth.begin is None or answer.earliest is None or answer.latest is None:
        return False
    return answer.earliest <= truth.begin[1] and truth.begin[0] <= answer.latest


def judge_all(names: Iterable[tuple[str, str]] = NAMES, seed: int = 0) -> Iterator[Look]:
    """Judge incidents at every look."""
    for background, shape in names:
        for look in LOOKS:
            yield judge(make_case(background, shape, seed), look)


def share(values: Iterable[bool | None]) -> float:
    """The part that is right of those that count."""
    counted = [value for value in values if value is not None]
    return sum(counted) / len(counted) if counted else 1.0


def table(looks: Sequence[Look]) -> Iterator[str]:
    """Right of those that count, by background, shape and look."""
    columns = f"{'onset':>10}{'grain':>10}{'verdict':>10}{'change':>10}{'wrong':>7}"
    for title, rows in (
        ("background", {name: [look for look in looks if look.case.background == name] for name in BACKGROUNDS}),
        ("shape", {name: [look for look in looks if look.case.shape == name] for name in SHAPES}),
        ("look", {name: [look for look in looks if look.look == name] for name in LOOKS}),
        ("all", {"all": list(looks)}),
    ):
        yield f"{title:<22}{columns}"
        yield from (f"{name:<22}{_cells(row)}" for name, row in rows.items())


def _cells(row: Sequence[Look]) -> str:
    grains = [minutes for look in row if look.onset and (minutes := look.answer.grain_minutes) is not None]
    cells = (
        f"{_part([look.onset for look in row]):>10}",
        f"{f'{median(grains):.1f} min' if grains else '':>10}",
        f"{_part([look.verdict for look in row]):>10}",
        f"{_part([look.change for look in row]):>10}",
        f"{sum(look.confident_and_wrong for look in row):>7}",
    )
    return "".join(cells)


def _part(values: Sequence[bool | None]) -> str:
    counts = Counter(values)
    return f"{counts[True]}/{counts[True] + counts[False]}"
