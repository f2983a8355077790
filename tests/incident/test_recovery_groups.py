"""What fell with an act, and in which group: counted in the event rows, and told only where these reach back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Evidence
from sentry_runbook.incident.model.results.explanation import Explanation, TagValue
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import NOW, POLICY, Seen, ago, burst, incident
from tests.incident.severity_cases import DEAD

FIX = Stated(fixed_at=ago(minutes=40))


def events(bad_after: int = 0, every: int = 60) -> list[Seen]:
    """60 minutes of a bad release until the fix, with a few events of another one before and after it."""
    bad = burst(ago(minutes=100), 3600 // every, timedelta(seconds=every), 9, release="shop@2")
    later = burst(ago(minutes=39), bad_after, timedelta(seconds=30), 9, release="shop@2")
    beside = [Seen(at=ago(minutes=minutes), user="z", release="shop@1") for minutes in (75, 55, 30, 10)]
    return [*bad, *later, *beside]


def judged(evidence: Evidence, stated: Stated = FIX, **parts: object) -> str | None:
    """The sentence about the group, of an incident that came with shop@2."""
    known: dict[str, Any] = {"suspect": "shop@2", "explanation": (), **parts}
    kind = cast(type[Incident], type("Told", (Incident,), known))
    notes = kind(evidence, stated, POLICY, NOW).recovery.notes
    return next((note for note in notes if note.startswith("With ")), None)


def test_the_suspect_releases_events_are_counted_beside_all_others() -> None:
    assert judged(incident(events())) == (
        'With "release" "shop@2": 40 events in the 40 min before, 0 after; all others: 2 before, 2 after.'
    )
    assert judged(incident(events(bad_after=7))) == (
        'With "release" "shop@2": 40 events in the 40 min before, 7 after; all others: 2 before, 2 after.'
    )


def test_what_explains_it_best_is_the_group_where_rows_tell_it() -> None:
    def explained(tag: str, value: str) -> tuple[Explanation, ...]:
        return (Explanation(values=(TagValue(tag=tag, value=value),), share=0.9, events=60),)

    by_user = judged(incident(events()), explanation=explained("user", "z"))
    assert by_user is not None
    assert by_user == 'With "user" "z": 2 events in the 40 min before, 2 after; all others: 40 before, 0 after.'
    # No row tells a customer, so the release is told.
    by_customer = judged(incident(events()), explanation=explained("customer", "acme"))
    assert by_customer is not None and by_customer.startswith('With "release" "shop@2"')


@pytest.mark.parametrize(
    ("evidence", "stated", "parts"),
    [
        pytest.param(incident(events()), FIX, {"suspect": None}, id="no group is known"),
        pytest.param(incident(events(), rows=DEAD), FIX, {}, id="the rows were not read"),
        pytest.param(incident(events(every=10)), FIX, {}, id="the rows do not reach back"),
        pytest.param(incident(events()), Stated(), {}, id="no act is known"),
        pytest.param(incident(events()), Stated(fixed_at=ago(minutes=9)), {}, id="nine minutes after it"),
    ],
)
def test_nothing_is_told_that_the_rows_do_not_show(
    evidence: Evidence, stated: Stated, parts: dict[str, object]
) -> None:
    assert judged(evidence, stated, **parts) is None


def test_from_ten_minutes_after_it_on_the_group_is_told() -> None:
    until_then = burst(ago(minutes=100), 90, timedelta(minutes=1), 9, release="shop@2")
    assert judged(incident(until_then), Stated(fixed_at=ago(minutes=10))) == (
        'With "release" "shop@2": 10 events in the 10 min before, 0 after, and no other event.'
    )
