"""The four words of a status page: which evidence gives which, and what people stated gives without evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.messages.drafts import draft_update
from sentry_runbook.incident.model.evidence import Activity, Deploy, Evidence, Release
from sentry_runbook.incident.model.results.messages import FORMS, Draft
from sentry_runbook.incident.model.stated import Stated
from tests.incident.builder import MINUTE, POLICY, Seen, ago, burst, incident, known, read
from tests.incident.golden import PAIRS, drafted, evidence_of, templates

BEGAN = ago(minutes=60)
USUAL = [Seen(at=ago(hours=hours), user="user-0") for hours in range(30, 47, 4)]
"""One event every four hours of the day before: the rate that it comes back to."""


def going_on(per_minute: int = 6) -> list[Seen]:
    """An incident under way for an hour."""
    return [*USUAL, *burst(BEGAN, 60 * per_minute, MINUTE / per_minute, 40)]


def until(minutes_ago: float) -> list[Seen]:
    """One that ended so many minutes ago."""
    events = [*USUAL, *burst(ago(minutes=minutes_ago + 60), 360, MINUTE / 6, 40)]
    return [event for event in events if event.at <= ago(minutes=minutes_ago)]


def draft(evidence: Evidence, stated: Stated | None = None) -> Draft:
    return draft_update(read(evidence, stated or Stated()), form=templates()[FORMS["update"]], kind="update")


def activity(kind: str, at: datetime, version: str | None = None) -> Activity:
    return Activity.model_validate({"kind": kind, "at": at, "who": "Dana", "actor": "person", "version": version})


RESOLVED: Mapping[str, Any] = {"status": "resolved", "activity": (activity("set_resolved", ago(minutes=5)),)}


@pytest.mark.parametrize(
    ("events", "issue", "stated", "word"),
    [
        pytest.param(going_on(), {}, {}, "investigating", id="nothing_is_known"),
        pytest.param(going_on(), {}, {"root_cause": "a full disk"}, "identified", id="the_cause_is_stated"),
        pytest.param(going_on(), {}, {"fix": "a hotfix"}, "monitoring", id="a_fix_is_stated"),
        pytest.param(
            going_on(),
            {},
            {"fix": "a hotfix", "fixed_at": ago(minutes=30)},
            "investigating",
            id="the_fix_changed_nothing",
        ),
        pytest.param(
            going_on(),
            {},
            {"root_cause": "a full disk", "fixed_at": ago(minutes=30)},
            "identified",
            id="the_fix_changed_nothing_and_the_cause_is_known",
        ),
        pytest.param(going_on(), {}, {"fixed_at": ago(minutes=2)}, "monitoring", id="too_early_for_the_fix"),
        pytest.param(going_on(), {}, {"fixed_at": ago(hours=5)}, "investigating", id="a_fix_from_before_it_began"),
        pytest.param(until(30), {}, {}, "monitoring", id="the_rate_is_back_by_itself"),
        pytest.param(until(300), {}, {}, "monitoring", id="recovered_without_a_known_fix"),
        pytest.param(until(300), {}, {"fix": "a hotfix"}, "resolved", id="recovered_with_a_stated_fix"),
        pytest.param(until(300), RESOLVED, {}, "resolved", id="recovered_and_resolved_in_sentry"),
        pytest.param(until(30), {}, {"fix": "a hotfix"}, "monitoring", id="a_fix_and_not_yet_quiet_for_long_enough"),
        pytest.param(going_on(), RESOLVED, {}, "monitoring", id="resolved_in_sentry_just_now"),
    ],
)
def test_the_word_follows_from_the_rate_the_cause_and_the_fix(
    events: list[Seen], issue: Mapping[str, Any], stated: Mapping[str, Any], word: str
) -> None:
    told = draft(incident(events, issue=issue), Stated.model_validate(stated))
    assert told.status == word
    assert f"Status: {word.capitalize()}" in told.text
    assert "status" not in [missing.what for missing in told.missing]


def test_a_resolve_that_waits_for_a_release_which_is_not_live_is_no_fix_in_effect() -> None:
    waits = {
        "status": "resolved",
        "status_release": "shop@1.1.0",
        "activity": (activity("set_resolved_in_release", ago(minutes=5), "shop@1.1.0"),),
    }
    coming = known((Release(version="shop@1.1.0", deploys=()),))
    live = known((Release(version="shop@1.1.0", deploys=(Deploy(version="shop@1.1.0", environment="production"),)),))
    assert draft(incident(going_on(), issue=waits, releases=coming)).status == "investigating"
    assert draft(incident(going_on(), issue=waits, releases=live)).status == "monitoring"


@pytest.mark.parametrize(
    ("after", "word", "sentence"),
    [
        pytest.param(1, "monitoring", "There are fewer errors than before, and we are watching it", id="fell"),
        pytest.param(6, "investigating", "We are looking into it", id="no_change"),
        pytest.param(30, "investigating", "We are looking into it", id="rose"),
    ],
)
def test_a_deploy_after_which_the_rate_fell_is_watched_and_not_called_a_fix(
    after: int, word: str, sentence: str
) -> None:
    events = [*USUAL, *burst(BEGAN, 180, MINUTE / 6, 40), *burst(ago(minutes=30), 30 * after, MINUTE / after, 40)]
    deploy = Deploy(version="shop@0.9.0", environment="production", finished=ago(minutes=30))
    releases = known((Release(version="shop@0.9.0", created=ago(hours=90), deploys=(deploy,)),))
    evidence = incident(events, releases=releases)
    assert draft(evidence).status == word
    public = draft_update(read(evidence), form=templates()[FORMS["update"]], kind="update", audience="customers")
    assert f"Status: {word.capitalize()}. {sentence}." in public.text


@pytest.mark.parametrize(
    ("stated", "word"),
    [({}, None), ({"root_cause": "a full disk"}, "identified"), ({"fix": "a hotfix"}, "monitoring")],
)
def test_without_counts_only_what_people_state_gives_a_word(stated: dict[str, Any], word: str | None) -> None:
    told = drafted("almost_no_data", "update", **stated)
    assert told.status == word
    reasons = [missing.why for missing in told.missing if missing.what == "status"]
    assert reasons == ([] if word else ["Not known whether it is over: Sentry answered 503"])


def test_the_evidence_alone_identifies_a_cause_only_with_high_confidence() -> None:
    """Of the golden incidents, by the confidence that triage shows."""
    for name, word in (("payment_spike", "identified"), ("geocoding_503", "identified"), ("data_corruption", None)):
        evidence = evidence_of(name)
        best = Incident(evidence, Stated(), POLICY, evidence.collected_at).causes[0]
        assert (best.confidence == "high") is (word is not None)
        assert drafted(name, "initial").status == (word or "investigating")


SAME_WORD = ("payment_spike", "payment_spike_just_fixed", "quiet_without_a_fix", "data_corruption")


@pytest.mark.parametrize(("kind", "audience"), [pair for pair in PAIRS if pair[0] != "handoff"])
def test_each_text_about_one_incident_says_the_same_word(kind: Any, audience: Any) -> None:
    for name in SAME_WORD:
        told = drafted(name, kind, audience)
        assert told.status is not None
        assert told.status == drafted(name, "update").status
        assert f"Status: {told.status.capitalize()}" in told.text, (name, told.text)
        others = {"Investigating", "Identified", "Monitoring", "Resolved"} - {told.status.capitalize()}
        assert not [other for other in others if f"Status: {other}" in told.text]


def test_a_handoff_says_the_state_that_the_update_says_and_holds_the_same_word_beside_it() -> None:
    """Its text has no word of a status page: it is of no page."""
    for name in SAME_WORD:
        told, update = drafted(name, "handoff"), drafted(name, "update")
        assert told.status == update.status is not None
        assert "Status: " not in told.text
        (state,) = re.findall(r"^State: P\d \w+\. (.+\.)\s*$", told.text, re.MULTILINE)
        assert f"- {state}\n" in update.text, name


def test_customers_are_told_of_a_cause_only_what_is_known_of_it() -> None:
    likely = drafted("payment_spike", "update", "customers")
    stated = drafted("payment_spike", "update", "customers", root_cause="an update")
    assert "We have found the likely cause" in likely.text
    assert "We know the cause" in stated.text
    assert "A fix is in place" in drafted("payment_spike", "update", "customers", fix="a rollback").text
    assert "A fix" not in drafted("quiet_without_a_fix", "update", "customers").text
    assert "A fix is in place and this works" in drafted("payment_spike_just_fixed", "update", "customers").text
