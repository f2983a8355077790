"""The table of ``python -m tests.alerts``: how many alerts there are, and how many the product tells right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.alerts import test_replay_is_right, test_suggestions, test_verdicts
from tests.alerts.compared import differences, told_surely
from tests.alerts.played import played

CHECKS: dict[str, Callable[[str], None]] = {
    "incidents": test_verdicts.test_the_incidents_are_those_that_happened,
    "caught": test_verdicts.test_each_alert_is_told_what_it_did_in_each_incident,
    "history": test_verdicts.test_each_firing_of_the_history_is_counted,
    "would have fired": test_replay_is_right.test_when_it_would_have_fired_is_when_brute_force_fires,
    "cannot be replayed": test_replay_is_right.test_nothing_would_have_fired_that_cannot_be_replayed,
    "gaps": test_suggestions.test_the_gaps_are_the_incidents_that_no_alert_caught,
    "suggested": test_suggestions.test_each_gap_has_a_suggestion,
    "suggestions": test_suggestions.test_a_suggestion_catches_its_incident_and_little_else,
}
"""What is compared of a world as a whole."""


@dataclass
class Row:
    """The figures of one world."""

    name: str
    incidents: int = 0
    alerts: int = 0
    replayable: int = 0
    equal: int = 0
    judged: int = 0
    right: int = 0
    firings: int = 0
    sure: int = 0
    gaps: int = 0
    wrong: list[str] = field(default_factory=list)


def row_of(name: str) -> Row:
    """Play a world and compare."""
    here = played(name)
    world = here.built.world
    row = Row(name, len(world.episodes), len(world.alerts))
    for part, alert in world.alerts:
        lines = [f"{alert.name}: {line}" for line in differences(here, part, alert)]
        row.replayable += alert.replayable
        row.equal += alert.replayable and not lines
        row.wrong += lines
        if alert.replayable and alert.dead is None:
            sure, fired = told_surely(here, alert)
            row.firings, row.sure = row.firings + fired, row.sure + sure
        if alert.verdict is not None:
            said = here.row(alert.name).get("verdict")
            row.judged += 1
            row.right += said == alert.verdict
            if said != alert.verdict:
                row.wrong.append(f"{alert.name}: {said} instead of {alert.verdict}: {here.row(alert.name)['why']}")
    row.gaps = len(here.first.get("gaps", ()))
    for what, check in CHECKS.items():
        try:
            check(name)
        except AssertionError as failed:
            row.wrong.append(f"{what}: {' '.join(str(failed).split())[:600]}")
    return row


def report(names: Iterable[str]) -> tuple[list[str], bool]:
    """Return the table's lines, and whether all is right."""
    rows = [row_of(name) for name in names]
    head = ("world", "incidents", "alerts", "replayable", "equal", "firings", "sure", "judged", "right", "gaps")
    table = [
        head,
        *((row.name, *(getattr(row, key) for key in head[1:])) for row in rows),
        ("together", *(sum(getattr(row, key) for row in rows) for key in head[1:])),
    ]
    lines = [f"{first:<28}" + "".join(f"{each:>11}" for each in others) for first, *others in table]
    wrong = [f"{row.name}: {line}" for row in rows for line in row.wrong]
    return [*lines, "", *wrong, f"{len(rows)} worlds, {len(wrong)} differences"], not wrong
