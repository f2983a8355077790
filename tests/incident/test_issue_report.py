"""The report of one issue: what of an event is shown, and what it says of the rest."""

from __future__ import annotations

import pytest

from sentry_runbook.incident.issue_report import read_issue
from tests.incident.builder import incident, known, read
from tests.incident.test_causes import event


@pytest.mark.parametrize(
    ("tags", "why"), [(25, None), (26, "only 25 of 26 are shown; the event's page in Sentry has all")]
)
def test_twenty_five_tags_are_shown_and_the_rest_is_named(tags: int, why: str | None) -> None:
    tagged = event(tags={f"tag{number}": "yes" for number in range(tags)})
    report = read_issue(read(incident([], event=known(tagged))))
    assert report.event is not None and report.event.tags is not None
    assert list(report.event.tags) == [f"tag{number}" for number in range(25)]
    assert {entry.what: entry.why for entry in report.missing}.get("event.tags (the rest)") == why
