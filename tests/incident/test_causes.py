from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import (
    Activity,
    Breadcrumb,
    Breakdown,
    Combination,
    Commit,
    Deploy,
    Event,
    Evidence,
    Frame,
    Release,
    Sessions,
    ThrownException,
    Window,
)
from sentry_runbook.incident.model.results.triage import Cause
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.releases import suspect_release
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, POLICY, WINDOW, ago, burst, incident, known, sessions

BEGAN = ago(minutes=50)
BUSY = ago(hours=3).replace(minute=0, second=0)


def causes(evidence: Evidence) -> tuple[Cause, ...]:
    return Incident(evidence, Stated(), POLICY, NOW).causes


def patterns(evidence: Evidence) -> list[str]:
    return [cause.pattern for cause in causes(evidence)]


def call(host: str, status: int | None, **fields: Any) -> Breadcrumb:
    failed = status is None or status >= 400
    url = f"https://{host}/v1"
    return Breadcrumb(category="http", method="POST", url=url, host=host, http_status=status, failed=failed, **fields)


def event(
    kind: str = "TypeError",
    text: str = "x is undefined",
    crumbs: Sequence[Breadcrumb] = (Breadcrumb(category="log", message="opened the page"),),
    **fields: Any,
) -> Event:
    thrown = ThrownException(type=kind, value=text, frames=(Frame(function="pay", file="pay.py", line=4, in_app=True),))
    made: dict[str, Any] = {
        "id": "e" * 32,
        "release": "shop@2.4.1",
        "environment": "production",
        "transaction": "POST /checkout",
        "user": "user-1",
        "browser": "Chrome 141",
        "request_host": "shop.example.com",
    }
    return Event(exceptions=(thrown,), breadcrumbs=tuple(crumbs), **{**made, **fields})


def release(version: str, finished: timedelta | None = None, **fields: Any) -> Release:
    """A release whose deploy to production ended that long ago; None: nobody recorded one."""
    deploys: tuple[Deploy, ...] = ()
    if finished is not None:
        deploys = (Deploy(version=version, environment="production", finished=NOW - finished),)
    return Release(version=version, deploys=deploys, **fields)


def spiking(one: Event | None = None, version: str = "shop@2.4.1", **parts: Any) -> Evidence:
    """A new issue, 300 events of 100 users since 50 minutes, all on one release."""
    events = burst(BEGAN, 300, timedelta(seconds=8), 100, release=version)
    issue = parts.pop("issue", {})
    first = parts.pop("first_release", release(version))
    made = {"event": known(one or event())}
    return incident(events, issue={"first_release": first, **issue}, **{**made, **parts})


LATEST = release("shop@2.4.1", timedelta(minutes=58), created=ago(minutes=70))
EARLIER = release("shop@2.4.0", 3 * DAY, created=NOW - 3 * DAY, last_event=ago(minutes=1))
COMMIT = Commit(id="abc123", message="Rename total to amount", author="Ada", at=ago(minutes=75))


# --- deployment regression -----------------------------------------------------------------------------------------


def test_a_deploy_minutes_before_with_a_suspect_commit_is_a_regression_with_high_confidence() -> None:
    evidence = spiking(first_release=LATEST, releases=known((LATEST, EARLIER)), suspect_commits=known((COMMIT,)))
    (top, *_) = causes(evidence)
    assert (top.pattern, top.confidence) == ("deployment_regression", "high")
    assert any("8 min later" in text and "deploy marker" in text for text in top.evidence_for)
    assert any("Rename total" in text for text in top.evidence_for)
    assert 'Roll back "shop@2.4.1" to "shop@2.4.0"' in top.action
    assert "your own deploy system" in top.action
    assert "only records a marker" in top.action
    assert suspect_release(evidence) == "shop@2.4.1"


@pytest.mark.parametrize(
    ("finished", "aligned"),
    [
        (timedelta(minutes=50 + 60), True),  # an hour after the deploy's end
        (timedelta(minutes=50 + 61), False),
        (timedelta(minutes=50 - 35), True),  # five minutes before its assumed start, 30 minutes before its end
        (timedelta(minutes=50 - 36), False),
    ],
)
def test_the_first_event_aligns_from_five_minutes_before_to_an_hour_after_the_deploy(
    finished: timedelta, aligned: bool
) -> None:
    one = release("shop@2.4.1", finished)
    assert ("deployment_regression" in patterns(spiking(first_release=one, releases=known((one,))))) is aligned


def test_a_stated_start_of_the_deploy_is_used() -> None:
    def held(started: timedelta) -> bool:
        deploy = Deploy(version="shop@2.4.1", environment="production", started=NOW - started, finished=ago(minutes=10))
        one = Release(version="shop@2.4.1", deploys=(deploy,))
        return "deployment_regression" in patterns(spiking(first_release=one, releases=known((one,))))

    assert held(timedelta(minutes=45))
    assert not held(timedelta(minutes=44))


def test_errors_before_the_deploy_speak_strongly_against_it() -> None:
    late = release("shop@2.4.1", timedelta(minutes=2))
    evidence = spiking(first_release=late, releases=known((late, EARLIER)), suspect_commits=known((COMMIT,)))
    assert "deployment_regression" not in patterns(evidence)


def test_no_deploy_markers_is_not_no_deploy() -> None:
    dated = release("shop@2.4.1", released=ago(minutes=60), created=ago(minutes=60))
    (top, *_) = causes(spiking(first_release=dated, releases=known((dated, EARLIER))))
    assert top.pattern == "deployment_regression"
    assert top.confidence != "high"
    assert any("does not mean that nothing was deployed" in text for text in top.evidence_against)


def test_a_marker_of_another_environment_counts_only_when_production_has_none() -> None:
    staging = Deploy(version="shop@2.4.1", environment="staging", finished=ago(minutes=55))
    production = Deploy(version="shop@2.4.1", environment="production", finished=ago(hours=9))
    both = Release(version="shop@2.4.1", deploys=(staging, production))
    assert "deployment_regression" not in patterns(spiking(first_release=both, releases=known((both,))))


def test_an_old_issue_that_moved_to_a_new_release_suspects_that_release() -> None:
    def part(new: int, old: int, window: Window) -> Breakdown:
        rows = [("shop@2.4.1", new), ("shop@2.4.0", old)]
        combinations = tuple(Combination(tags={"release": name}, events=count) for name, count in rows)
        return Breakdown(combinations=combinations)

    before = Window(start=NOW - 2 * DAY, end=NOW - DAY)
    evidence = spiking(
        issue={"first_seen": NOW - 30 * DAY, "first_release": release("shop@1.0.0")},
        releases=known((LATEST, EARLIER)),
        breakdown=known(part(970, 30, WINDOW)),
        breakdown_before=known(part(0, 100, before)),
    )
    assert suspect_release(evidence) == "shop@2.4.1"
    (top, *_) = causes(evidence)
    assert (top.pattern, top.confidence) == ("deployment_regression", "high")
    assert any("97 % of the events" in text and "0 % before" in text for text in top.evidence_for)


def test_errors_spread_over_releases_speak_against_the_newest() -> None:
    rows = (("shop@2.4.1", 40), ("shop@2.4.0", 60))
    spread = Breakdown(combinations=tuple(Combination(tags={"release": name}, events=count) for name, count in rows))
    evidence = spiking(first_release=LATEST, releases=known((LATEST, EARLIER)), breakdown=known(spread))
    found = [cause for cause in causes(evidence) if cause.pattern == "deployment_regression"]
    assert not any(cause.confidence == "high" for cause in found)


def test_a_recorded_regression_names_its_release() -> None:
    entry = Activity(kind="set_regression", at=BEGAN, version="shop@2.4.1")
    evidence = spiking(
        issue={"activity": (entry,), "substatus": "regressed", "first_release": None}, releases=known((LATEST, EARLIER))
    )
    assert suspect_release(evidence) == "shop@2.4.1"
    assert causes(evidence)[0].pattern == "deployment_regression"


def test_a_release_that_ran_for_weeks_is_no_regression() -> None:
    old = release("shop@2.4.1", 20 * DAY, created=NOW - 20 * DAY)
    assert patterns(spiking(first_release=old, releases=known((old,)))) == []


# --- third party ---------------------------------------------------------------------------------------------------


def outage(status: int | None = 503, **fields: Any) -> Event:
    return event("ServiceUnavailableError", "geocoding failed", [call("api.geo.example", status)], **fields)


def test_a_host_that_fails_in_all_events_read_is_a_third_party_failure() -> None:
    others = tuple(outage(id=str(number) * 32) for number in (1, 2))
    (top, *_) = causes(spiking(outage(), sample=known(others)))
    assert (top.pattern, top.confidence) == ("third_party_failure", "high")
    assert any('"api.geo.example" fail (503) in 3 of 3 events' in text for text in top.evidence_for)
    assert '"api.geo.example"' in top.action
    assert "circuit breaker" in top.action


def test_no_answer_at_all_is_the_hosts_failure_too() -> None:
    (top, *_) = causes(spiking(event("ConnectionError", "timed out", [call("api.geo.example", None)])))
    assert top.pattern == "third_party_failure"
    assert any("no answer" in text for text in top.evidence_for)


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_a_host_that_refuses_our_requests_is_not_at_fault(status: int) -> None:
    found = causes(spiking(event("HTTPError", "call failed", [call("api.geo.example", status)])))
    assert not any(cause.pattern == "third_party_failure" and cause.confidence != "low" for cause in found)


@pytest.mark.parametrize(
    "host",
    ["shop.example.com", "api.example.com", "inventory", "inventory.internal", "10.0.0.7", "localhost", "db.svc"],
)
def test_the_projects_own_hosts_are_no_third_party(host: str) -> None:
    assert "third_party_failure" not in patterns(spiking(event("HTTPError", "503", [call(host, 503)])))


@pytest.mark.parametrize("host", ["www.google-analytics.com", "o1.ingest.sentry.io", "connect.facebook.net"])
def test_trackers_that_fail_are_bystanders(host: str) -> None:
    assert patterns(spiking(event(crumbs=[call(host, None)]))) == []


@pytest.mark.parametrize(
    ("path", "is_intake"),
    [
        *(("api/3/envelope/?sentry_key=abc", True), ("api/12/store/", True), ("intake/v2/rum/events", True)),
        *(("com.snowplowanalytics.snowplow/tp2", True), ("matomo.php?idsite=3", True), ("g/collect?v=2", True)),
        *(("api/3/envelopes", False), ("api/store/7", False), ("intake/v2/orders", False), ("collect", False)),
    ],
)
def test_an_intake_of_measurements_is_known_by_its_path_on_any_host(path: str, is_intake: bool) -> None:
    crumb = call("errors.acme.example", None).model_copy(update={"url": f"https://errors.acme.example/{path}"})
    assert ("third_party_failure" not in patterns(spiking(event(crumbs=[crumb])))) is is_intake


def test_a_failed_call_that_the_error_does_not_speak_of_is_weak() -> None:
    one = event(crumbs=[call("api.geo.example", 503), call("api.other.example", 200)])
    found = causes(spiking(one))
    assert all(cause.confidence != "high" for cause in found)


def test_a_coinciding_deploy_does_not_outrank_a_failing_host() -> None:
    others = tuple(outage(id=str(number) * 32) for number in (1, 2))
    evidence = spiking(outage(), sample=known(others), first_release=LATEST, releases=known((LATEST,)))
    found = causes(evidence)
    assert found[0].pattern == "third_party_failure"
    assert all(cause.confidence != "high" for cause in found if cause.pattern == "deployment_regression")


# --- data corruption -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)"),
        ("SyntaxError", "Unexpected end of JSON input"),
        ("ValidationError", "3 validation errors for Order"),
        ("UnicodeDecodeError", "'utf-8' codec can't decode byte 0xff"),
        ("ValueError", "invalid literal for int() with base 10: 'N/A'"),
        ("IntegrityError", "new row violates check constraint"),
    ],
)
def test_parse_and_validation_errors_on_an_old_release_are_data_corruption(kind: str, text: str) -> None:
    old = release("shop@2.4.1", 9 * DAY, created=NOW - 9 * DAY)
    (top, *_) = causes(spiking(event(kind, text), first_release=old, releases=known((old,))))
    assert top.pattern == "data_corruption"
    assert '"POST /checkout"' in top.action


def test_a_malformed_sample_makes_it_more_certain() -> None:
    old = release("shop@2.4.1", 9 * DAY)
    crumbs = [Breadcrumb(category="log", message="row 7 is malformed: missing field sku")]
    parts: dict[str, Any] = {"first_release": old, "releases": known((old,))}
    (top, *_) = causes(spiking(event("ParseError", "row 7", crumbs), **parts))
    assert (top.pattern, top.confidence) == ("data_corruption", "high")
    broken = event("ParseError", "row 7", request_data='{"sku": 1, "n"')
    assert causes(spiking(broken, **parts))[0].pattern == "data_corruption"


def test_markup_where_json_was_expected_is_hardly_corruption() -> None:
    found = causes(spiking(event("SyntaxError", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON")))
    assert all(cause.confidence == "low" for cause in found)


# --- resource exhaustion -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "relief"),
    [
        ("OutOfMemoryError", "Java heap space", "memory"),
        ("TimeoutError", "QueuePool limit of size 5 overflow 10 reached", "pool"),
        ("OperationalError", "FATAL: sorry, too many clients already", "pool"),
        ("OSError", "[Errno 24] Too many open files", "files"),
        ("RejectedExecutionException", "task rejected", "workers"),
    ],
)
def test_errors_that_name_what_ran_out_are_resource_exhaustion(kind: str, text: str, relief: str) -> None:
    (top, *_) = causes(spiking(event(kind, text)))
    assert top.pattern == "resource_exhaustion"
    assert top.confidence == "medium"
    assert relief in top.action


def test_errors_that_follow_the_traffic_make_it_certain_and_flat_traffic_does_not() -> None:
    def hourly(busy: int) -> Sessions:
        hours = {BUSY - back * HOUR: (busy if back == 0 else 100, 0.999) for back in range(12)}
        return sessions(12 * 100, 0.999, hours)

    full = event("TimeoutError", "QueuePool limit reached")
    rush = burst(BUSY, 40, MINUTE, 10)
    (top, *_) = causes(incident(rush, event=known(full), sessions=known(hourly(320))))
    assert (top.pattern, top.confidence) == ("resource_exhaustion", "high")
    assert any("follow the traffic" in text for text in top.evidence_for)
    (flat, *_) = causes(incident(rush, event=known(full), sessions=known(hourly(100))))
    assert flat.confidence != "high"
    assert any("did not rise" in text for text in flat.evidence_against)


# --- SDK misconfiguration ------------------------------------------------------------------------------------------


def bare(**fields: Any) -> Event:
    empty: dict[str, Any] = dict.fromkeys(("release", "environment", "user", "browser"))
    return event("Error", "Script error.", (), **{**empty, **fields})


def test_events_without_release_environment_and_breadcrumbs_are_a_misconfigured_sdk() -> None:
    events = burst(BEGAN, 40, MINUTE, 0, release=None, environment="")
    evidence = incident(events, event=known(bare()))
    (top, *_) = causes(evidence)
    assert (top.pattern, top.confidence) == ("sdk_misconfiguration", "high")
    assert "release" in top.action
    assert "breadcrumb" in top.action
    assert "40 of 40 events carry no release." in top.evidence_for


def test_missing_source_maps_are_named_in_the_action() -> None:
    one = event(processing_errors=("js_no_source",))
    (top, *_) = causes(spiking(one))
    assert top.pattern == "sdk_misconfiguration"
    assert "source maps" in top.action


def test_gaps_do_not_outrank_what_the_errors_themselves_say() -> None:
    events = burst(BEGAN, 40, MINUTE, 0, release=None, environment="")
    full = incident(events, event=known(event("OutOfMemoryError", "heap", (), release=None)))
    assert patterns(full)[0] == "resource_exhaustion"


# --- none ----------------------------------------------------------------------------------------------------------


def test_an_ordinary_error_on_an_ordinary_release_has_no_cause() -> None:
    assert causes(spiking()) == ()


def test_a_performance_issue_is_not_explained_by_error_patterns() -> None:
    assert causes(spiking(outage(), issue={"category": "performance"})) == ()
