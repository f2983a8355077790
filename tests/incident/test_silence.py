"""When no message is due: nothing reached customers, it has been over for days, security decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.evidence import Evidence, Unknown, Window
from sentry_runbook.incident.model.results.messages import FORMS, Draft
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import MINUTE, NOW, Seen, ago, burst, incident, read
from tests.incident.golden import FORMATS, OF_EVERY_AUDIENCE, PAIRS, drafted, templates

WEEK = Window(start=NOW - timedelta(days=7), end=NOW)


def ended(**before: float) -> Evidence:
    """An incident of an hour whose last event came so long ago, looked at over the week."""
    last = ago(**before)
    return incident(burst(last - timedelta(hours=1), 361, MINUTE / 6, 40), window=WEEK)


def draft(evidence: Evidence, kind: Any = "update", audience: Any = "engineers", **more: Any) -> Draft:
    since: datetime | None = more.pop("since", None)
    of = read(evidence, Stated.model_validate(more))
    return draft_update(of, form=templates()[FORMS[kind]], kind=kind, audience=audience, since=since)


@pytest.mark.parametrize(("kind", "audience"), PAIRS)
def test_what_has_been_over_for_days_is_no_news_to_anybody(kind: Any, audience: Any) -> None:
    told = draft(ended(days=3), kind, audience)
    assert told.nothing_to_say is not None
    assert told.text == f"Not written: {told.nothing_to_say}."
    assert "back to usual since 2026-11-20 15:0" in told.text and "for 2 days," in told.text
    assert "draft_postmortem" in told.text and "kind=resolved" in told.text
    assert (told.next_update_due, told.unknowns) == (None, ())
    assert "INCIDENT" not in told.text and "Status" not in told.text


@pytest.mark.parametrize(
    ("hours", "is_due"), [(47.8, True), (48.3, False), (200, False)], ids=["not_yet", "two_days", "a_week"]
)
def test_days_are_two_of_them(hours: float, is_due: bool) -> None:
    window = Window(start=NOW - timedelta(days=10), end=NOW)
    last = ago(hours=hours)
    events = burst(last - timedelta(hours=1), 361, MINUTE / 6, 40)
    assert (draft(incident(events, window=window)).nothing_to_say is None) is is_due


@pytest.mark.parametrize("owed", [{"since": ago(days=3)}, {"fix": "a hotfix"}, {"fixed_at": ago(days=3)}])
def test_the_last_message_is_owed_to_those_who_read_an_earlier_one_however_late(owed: dict[str, Any]) -> None:
    assert draft(ended(days=3), "resolved", "customers", **owed).nothing_to_say is None
    assert draft(ended(days=3), "update", "customers", **owed).nothing_to_say is not None


def test_a_rate_that_is_not_known_is_no_silence() -> None:
    unread = ended(days=3).model_copy(
        update={"series": Unknown(why="503"), "history": Unknown(why="503"), "unhandled": Unknown(why="503")}
    )
    assert draft(unread).nothing_to_say is None


@pytest.mark.parametrize(("quiet_hours", "is_due"), [(48.7, True), (52, False)])
def test_waves_further_apart_than_a_day_keep_an_incident_open_for_longer_than_two_days(
    quiet_hours: float, is_due: bool
) -> None:
    """Pauses that grow up to 33 h: only after one and a half times the longest it can be called over."""
    end, starts = ago(hours=quiet_hours), []
    for pause in [33 / 1.4**number for number in range(10)]:
        starts.append(end - 10 * MINUTE)
        end = starts[-1] - timedelta(hours=pause)
    waves = [seen for start in starts for seen in burst(start, 60, MINUTE / 6, 40)]
    assert (draft(incident(waves, window=WEEK)).nothing_to_say is None) is is_due


def test_an_issue_at_its_usual_rate_is_not_quiet() -> None:
    steady = [Seen(at=NOW - number * timedelta(minutes=20), user=f"user-{number}") for number in range(1, 500)]
    assert draft(incident(steady, window=WEEK)).nothing_to_say is None


# --- for customers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OF_EVERY_AUDIENCE)
@pytest.mark.parametrize("form", FORMATS)
def test_customers_get_no_message_of_what_happened_outside_production(kind: Any, form: Any) -> None:
    told = drafted("staging_only", kind, "customers", form)
    assert told.nothing_to_say is not None and "outside production only" in told.nothing_to_say
    assert "Draft it for engineers" in told.text and "policy" in told.text


@pytest.mark.parametrize(("kind", "audience"), [pair for pair in PAIRS if pair[1] != "customers"])
@pytest.mark.parametrize("form", FORMATS)
def test_those_inside_get_every_message_of_what_happened_outside_production(
    kind: Any, audience: Any, form: Any
) -> None:
    assert drafted("staging_only", kind, audience, form).nothing_to_say is None


def test_customers_get_no_message_of_a_period_without_an_error() -> None:
    calm = incident([Seen(at=ago(hours=30))])
    assert "counted no error" in (draft(calm, audience="customers").nothing_to_say or "")


def test_a_refused_draft_still_says_what_limits_the_numbers_and_the_status() -> None:
    told = draft(ended(days=3), audience="customers")
    assert told.status == "monitoring"
    assert [missing.what for missing in told.missing] == ["next_update_due"]
