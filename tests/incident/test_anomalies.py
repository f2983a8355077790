from datetime import timedelta

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Deploy, Evidence, Finding, IssueShare, Release
from sentry_runbook.incident.model.results.triage import Verdict
from tests.incident.builder import DAY, MINUTE, NOTHING_STATED, NOW, POLICY, Seen, ago, burst, incident, known, sessions


def verdict(evidence: Evidence) -> Verdict:
    return Incident(evidence, NOTHING_STATED, POLICY, NOW).severity


def finding(evidence: Evidence, kind: str) -> Finding | None:
    return next((entry for entry in verdict(evidence).findings if entry.kind == kind), None)


def test_an_ordinary_incident_has_no_findings() -> None:
    result = verdict(incident(burst(ago(hours=1), 90, MINUTE / 2, 40)))
    assert result.findings == ()
    assert result.severity_without_suspects is None


@pytest.mark.parametrize(("from_one", "flood"), [(16, True), (15, False)])
def test_most_events_from_one_user_are_a_flood(from_one: int, flood: bool) -> None:
    events = burst(ago(hours=1), from_one, MINUTE, 1)
    events += [Seen(at=ago(minutes=50) + n * MINUTE, user=f"other-{n}") for n in range(20 - from_one)]
    assert (finding(incident(events), "one_user_flood") is not None) is flood


def test_too_few_events_show_no_flood() -> None:
    assert finding(incident(burst(ago(hours=1), 19, MINUTE, 1)), "one_user_flood") is None


def test_many_forged_users_from_one_address_show_the_severity_without_them() -> None:
    forged = burst(ago(minutes=50), 300, timedelta(seconds=6), 150, ip="<ip 1>")
    honest = [Seen(at=ago(minutes=40) + n * MINUTE, user=f"person-{n}", ip=f"<ip {n + 2}>") for n in range(5)]
    result = verdict(incident(forged + honest))
    assert result.severity == "P1"
    assert result.severity_without_suspects == "P2"
    flood = next(entry for entry in result.findings if entry.kind == "one_address_flood")
    assert "user names" in flood.why
    assert flood.excerpt == "<ip 1>"


def test_a_flood_of_one_user_shows_the_rate_without_it() -> None:
    events = [Seen(at=ago(minutes=30) + n * MINUTE / 700, user="loud") for n in range(650)]
    result = verdict(incident(events))
    assert result.severity == "P0"
    assert result.severity_without_suspects == "P2"


def deployed(version: str, days: int) -> Release:
    at = NOW - days * DAY
    deploys = (Deploy(version=version, environment="production", finished=at),)
    return Release(version=version, created=at, first_event=at, deploys=deploys)


def test_a_release_that_nobody_deployed_while_others_have_deploys_is_named() -> None:
    events = burst(ago(minutes=50), 60, timedelta(seconds=30), 30, release="evil@9")
    made_by_event = Release(version="evil@9", created=ago(minutes=50), first_event=ago(minutes=50), deploys=())
    evidence = incident(events, releases=known((made_by_event, deployed("shop@1", 5))))
    result = finding(evidence, "unknown_release")
    assert result is not None
    assert result.excerpt == "evil@9"
    undeployed = incident(events, releases=known((made_by_event, Release(version="shop@1", deploys=()))))
    assert finding(undeployed, "unknown_release") is None
    announced = made_by_event.model_copy(update={"created": ago(hours=5)})
    assert finding(incident(events, releases=known((announced, deployed("shop@1", 5)))), "unknown_release") is None


def test_a_release_missing_from_a_list_that_may_be_cut_is_not_called_unknown() -> None:
    events = burst(ago(minutes=50), 60, timedelta(seconds=30), 30, release="shop@0.1")
    short = tuple(deployed(f"shop@{n}", n) for n in range(1, 5))
    assert finding(incident(events, releases=known(short)), "unknown_release") is not None
    full = tuple(deployed(f"shop@{n}", n) for n in range(1, 21))
    assert finding(incident(events, releases=known(full)), "unknown_release") is None


def test_all_events_at_one_instant_are_pointed_out() -> None:
    at_once = [Seen(at=ago(minutes=30), user=f"u{n}") for n in range(120)]
    result = finding(incident(at_once), "one_instant")
    assert result is not None
    assert "120" in result.why
    spread = [Seen(at=ago(minutes=30) + n * MINUTE, user=f"u{n}") for n in range(25)]
    assert finding(incident(spread), "one_instant") is None
    few = [Seen(at=ago(minutes=30), user=f"u{n}") for n in range(19)]
    assert finding(incident(few), "one_instant") is None


def test_a_crash_free_drop_that_other_issues_cause_names_the_issue_that_does() -> None:
    others = burst(ago(minutes=50), 400, timedelta(seconds=3), 200)
    top = (IssueShare(short_id="SHOP-9", events=400), IssueShare(short_id="SHOP-1Z", events=4))
    evidence = incident(
        burst(ago(minutes=50), 4, MINUTE, 4),
        others=others,
        sessions=known(sessions(24_000, 0.91)),
        project_top=known(top),
    )
    result = finding(evidence, "little_contribution")
    assert result is not None
    assert result.excerpt == "SHOP-9"
    assert "1 %" in result.why
    assert verdict(evidence).severity == "P0"
    assert verdict(evidence).share_of_project == 0.01


def test_crash_free_near_all_beside_many_unhandled_events_is_suspect() -> None:
    events = burst(ago(hours=10), 1500, timedelta(seconds=20), 200)
    assert finding(incident(events), "crash_free_suspect") is not None
    assert finding(incident(events[:100]), "crash_free_suspect") is None
    handled = [Seen(at=entry.at, user=entry.user, handled=True) for entry in events]
    assert finding(incident(handled), "crash_free_suspect") is None
