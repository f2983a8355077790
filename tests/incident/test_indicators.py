"""What each pattern collects for and against itself, with points: both sides of every limit."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.causes.hypothesis import Indicator
from sentry_runbook.incident.events.hosts import is_internal, registered_domain
from sentry_runbook.incident.events.instrumentation import Gap, instrumentation_gaps
from sentry_runbook.incident.model.evidence import (
    Activity,
    AffectedEndpoint,
    Breadcrumb,
    Commit,
    Deploy,
    Event,
    EventRow,
    Evidence,
    Frame,
    Latency,
    Release,
    ThrownException,
    Unknown,
)
from tests.incident.builder import DAY, HOUR, MINUTE, NOW, burst, incident, known, read
from tests.incident.test_causes import BEGAN, LATEST, bare, call, causes, event, release, spiking
from tests.incident.test_releases import of_releases

SECOND = timedelta(seconds=1)
UNKNOWN = Unknown(why="Sentry did not answer")
DEPLOYMENT = "deployment_regression"
Points = list[tuple[str, int, bool]]


def indicators(pattern: str, evidence: Evidence, *kinds: str) -> list[Indicator]:
    """What the pattern collects, of these kinds; of all when none is named."""
    collected = pattern_named(pattern).indicators(read(evidence))
    return [indicator for indicator in collected if not kinds or indicator.kind in kinds]


def points(pattern: str, evidence: Evidence, *kinds: str) -> Points:
    return [(each.kind, each.points, each.core) for each in indicators(pattern, evidence, *kinds)]


def texts(pattern: str, evidence: Evidence, *kinds: str) -> list[str]:
    return [each.text for each in indicators(pattern, evidence, *kinds)]


# --- deployment regression: timing ---------------------------------------------------------------------------------


def deployed(**dates: Any) -> Evidence:
    """The spike, first seen on a release with these dates."""
    version = Release(version="shop@2.4.1", **dates)
    return spiking(first_release=version, releases=known((version,)))


def marker(finished: Any = None, environment: str = "production", **fields: Any) -> Deploy:
    return Deploy(version="shop@2.4.1", environment=environment, finished=finished, **fields)


NO_MARKERS = "No deploy markers are recorded, which does not mean that nothing was deployed."
RELEASE = 'Release "shop@2.4.1"'


NOTHING_DATES = 'Nothing dates the deploy of "shop@2.4.1".'


def marked(at: str, where: str = ' to "production"') -> str:
    return f"{RELEASE} was deployed{where} at 2026-11-23 {at} UTC (deploy marker); the errors began "


def dated(at: str) -> str:
    return f"{RELEASE} is dated 2026-11-23 {at} UTC (release date); the errors began "


def mentioned(at: str) -> str:
    return f'Sentry first heard of release "shop@2.4.1" at 2026-11-23 {at} UTC; the errors began '


NO_MARKER = (0, NO_MARKERS)
NOT_TOLD = (0, 'Sentry did not tell the deploys of "shop@2.4.1": it may have a deploy marker.')
LATE = "36 min before: they cannot come from it."


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({"deploys": (marker(BEGAN - HOUR),)}, [(4, marked("13:10") + "1 h later.")]),
        ({"deploys": (marker(BEGAN - HOUR - SECOND),)}, [(-2, marked("13:09") + "only 1 h 1 min later.")]),
        ({"deploys": (marker(BEGAN + 36 * MINUTE, ""),)}, [(-4, marked("14:46", "") + LATE)]),
        ({"released": BEGAN - HOUR, "deploys": ()}, [(3, dated("13:10") + "1 h later."), NO_MARKER]),
        ({"released": BEGAN + 36 * MINUTE, "deploys": ()}, [(-4, dated("14:46") + LATE), NO_MARKER]),
        ({"created": BEGAN + 59 * SECOND, "deploys": ()}, [(1, mentioned("14:10") + "in that minute."), NO_MARKER]),
        ({"created": BEGAN - MINUTE, "deploys": ()}, [(1, mentioned("14:09") + "1 min later."), NO_MARKER]),
        ({"created": BEGAN + MINUTE, "deploys": ()}, [(1, mentioned("14:11") + "1 min before."), NO_MARKER]),
        # A first mention after the errors clears nothing: Sentry hears late of many releases.
        (
            {"created": BEGAN + 36 * MINUTE, "deploys": ()},
            [(-2, mentioned("14:46") + "only 36 min before."), NO_MARKER],
        ),
        # A server that does not tell the deploys of a release may well have a marker of it.
        ({"released": BEGAN - HOUR}, [(3, dated("13:10") + "1 h later."), NOT_TOLD]),
        # A marker without a time dates nothing, but it is one.
        ({"released": BEGAN, "deploys": (marker(),)}, [(3, dated("14:10") + "in that minute.")]),
        ({}, [(0, NOTHING_DATES)]),
    ],
)
def test_alignment_counts_by_what_dates_the_deploy(dates: dict[str, Any], expected: list[tuple[int, str]]) -> None:
    collected = indicators(DEPLOYMENT, deployed(**dates), "deploy")
    assert [(each.points, each.text) for each in collected] == expected
    assert [each.core for each in collected] == [each.points > 0 for each in collected]


def test_without_a_known_start_no_deploy_can_be_compared_with_it() -> None:
    evidence = spiking(
        issue={"first_seen": None},
        series=UNKNOWN,
        releases=known((LATEST,)),
        breakdown=of_releases(**{"shop@2.4.1": 20}),
        breakdown_before=of_releases(**{"shop@2.4.0": 20}),
    )
    assert read(evidence).apparent_start is None
    assert texts(DEPLOYMENT, evidence, "deploy") == [NOTHING_DATES]


def test_without_a_suspect_release_there_is_no_sign_of_a_deploy() -> None:
    assert indicators(DEPLOYMENT, spiking(first_release=None)) == []


@pytest.mark.parametrize(
    ("version", "status", "expected"),
    [
        ("shop@2.4.1", "unresolved", [("regression", 2, True)]),
        ("shop@2.4.1", "resolved", [("regression", 2, True)]),
        ("shop@2.4.0", "resolved", []),
    ],
)
def test_a_recorded_regression_counts_for_the_release_that_it_names(
    version: str, status: str, expected: Points
) -> None:
    entries = (
        Activity(kind="set_regression", at=BEGAN, version=version),
        Activity(kind="set_resolved_in_release", at=BEGAN, version="shop@2.4.1"),
    )
    evidence = spiking(issue={"activity": entries, "status": status})
    assert points(DEPLOYMENT, evidence, "regression") == expected


# --- deployment regression: share ----------------------------------------------------------------------------------

ALONE = "90 % of the events are on NAME, but no other release runs beside it to compare."


@pytest.mark.parametrize(
    ("now", "before", "others_run", "expected"),
    [
        # too few events to say anything
        ((9, 0), None, True, []),
        ((10, 0), None, True, [(2, "100 % of the events are on NAME; other releases that run are clean.")]),
        ((4, 5), (0, 50), True, []),
        # most events are elsewhere
        ((49, 51), None, True, [(-3, "Only 49 % of the events are on NAME: other releases fail too.")]),
        ((49, 51), (0, 20), False, [(-3, "Only 49 % of the events are on NAME: other releases fail too.")]),
        ((50, 50), None, True, []),
        ((89, 11), None, True, []),
        ((89, 11), (0, 20), True, []),
        # nearly all events are here, and were elsewhere before
        ((90, 10), (0, 20), False, [(3, "90 % of the events are on NAME, 0 % before.")]),
        ((90, 10), (9, 11), False, [(3, "90 % of the events are on NAME, 45 % before.")]),
        ((907, 93), (1, 29), False, [(3, "90.7 % of the events are on NAME, 3.3 % before.")]),
        ((9996, 4), (1, 2999), False, [(3, "99.96 % of the events are on NAME, 0.03 % before.")]),
        # they were here before, too
        ((90, 10), (10, 10), True, [(-3, "50 % of the events were on NAME before, too.")]),
        ((50, 50), (11, 9), True, [(-3, "55 % of the events were on NAME before, too.")]),
        # too few events before to compare with: other releases beside it tell
        ((90, 10), (19, 0), True, [(2, "90 % of the events are on NAME; other releases that run are clean.")]),
        ((90, 10), (0, 19), False, [(0, ALONE)]),
        ((90, 10), None, False, [(0, ALONE)]),
    ],
)
def test_the_share_of_the_release_counts_against_the_share_before(
    now: tuple[int, int], before: tuple[int, int] | None, others_run: bool, expected: list[tuple[int, str]]
) -> None:
    def split(new: int, old: int) -> Any:
        return of_releases(**{"shop@2.4.1": new, "shop@2.4.0": old})

    beside = (release("shop@2.4.0", last_event=NOW),) if others_run else ()
    suspect = release("shop@2.4.1", 50 * MINUTE)
    evidence = spiking(
        first_release=suspect,
        releases=known((suspect, *beside)),
        breakdown=split(*now),
        breakdown_before=UNKNOWN if before is None else split(*before),
    )
    collected = indicators(DEPLOYMENT, evidence, "share")
    assert [(each.points, each.text) for each in collected] == [
        (number, text.replace("NAME", '"shop@2.4.1"')) for number, text in expected
    ]
    assert [each.core for each in collected] == [each.points == 3 for each in collected]


def test_without_a_breakdown_the_share_is_not_known() -> None:
    evidence = spiking(breakdown=UNKNOWN, breakdown_before=of_releases(**{"shop@2.4.1": 100}))
    assert points(DEPLOYMENT, evidence, "share") == []


@pytest.mark.parametrize(
    ("others", "runs"),
    [
        (known((release("shop@2.4.0", last_event=BEGAN),)), True),
        (known((release("shop@2.4.0", last_event=BEGAN - SECOND),)), False),
        (known((release("shop@2.4.0"),)), False),
        (known((release("shop@2.4.1", last_event=NOW),)), False),
        (UNKNOWN, False),
    ],
)
def test_another_release_runs_when_it_sent_an_event_since_the_start(others: Any, runs: bool) -> None:
    assert points(DEPLOYMENT, spiking(releases=others), "share") == [("share", 2 if runs else 0, False)]


@pytest.mark.parametrize(("last_event", "runs"), [(NOW - DAY, True), (NOW - DAY - SECOND, False)])
def test_without_a_known_start_another_release_runs_when_it_sent_an_event_in_the_window(
    last_event: Any, runs: bool
) -> None:
    others = known((release("shop@2.4.0", last_event=last_event),))
    evidence = spiking(releases=others, series=UNKNOWN, issue={"first_seen": NOW - 2 * DAY})
    assert isinstance(read(evidence).episode, Unknown)
    assert points(DEPLOYMENT, evidence, "share") == [("share", 2 if runs else 0, False)]


def test_a_suspect_release_that_no_event_is_on_speaks_against_it() -> None:
    evidence = spiking(breakdown=of_releases(**{"shop@2.4.0": 9}))
    assert texts(DEPLOYMENT, evidence, "share") == ['No event of the window is on "shop@2.4.1".']
    assert points(DEPLOYMENT, evidence, "share") == [("share", -3, False)]
    assert points(DEPLOYMENT, spiking(breakdown=of_releases(), rows=UNKNOWN), "share") == []


# --- deployment regression: content --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("commit", "expected"),
    [
        (Commit(id="abc", at=BEGAN - 2 * DAY), (2, 'Suspect commit "abc" was made 48 h before the errors began.')),
        (Commit(id="abc", at=BEGAN - 2 * DAY - SECOND), (1, 'Sentry names a suspect commit: "abc".')),
        (Commit(id="abc", at=BEGAN), (2, 'Suspect commit "abc" was made 0 s before the errors began.')),
        (Commit(id="abc", at=BEGAN + SECOND), (1, 'Sentry names a suspect commit: "abc".')),
        (Commit(id="abc"), (1, 'Sentry names a suspect commit: "abc".')),
        (Commit(id="abc", message="Rename"), (1, 'Sentry names a suspect commit: "Rename".')),
        (Commit(id="abc", message="Rename", pull_request="#7"), (1, 'Sentry names a suspect commit: "#7".')),
    ],
)
def test_a_suspect_commit_counts_more_when_it_was_made_in_the_two_days_before(
    commit: Commit, expected: tuple[int, str]
) -> None:
    evidence = spiking(suspect_commits=known((commit, Commit(id="second", at=BEGAN))))
    (indicator,) = indicators(DEPLOYMENT, evidence, "commits")
    assert (indicator.points, indicator.text) == expected
    assert not indicator.core


@pytest.mark.parametrize("commits", [known(()), UNKNOWN])
def test_without_a_suspect_commit_nothing_is_told_of_one(commits: Any) -> None:
    assert points(DEPLOYMENT, spiking(suspect_commits=commits), "commits") == []


@pytest.mark.parametrize(("new_issues", "counts"), [(3, True), (2, False), (None, False)])
def test_a_release_that_brought_three_new_issues_counts(new_issues: int | None, counts: bool) -> None:
    evidence = spiking(first_release=release("shop@2.4.1", new_issues=new_issues))
    assert points(DEPLOYMENT, evidence, "release") == ([("release", 1, False)] if counts else [])
    told = ['Release "shop@2.4.1" brought 3 new issues.'] if counts else []
    assert texts(DEPLOYMENT, evidence, "release") == told


# --- third-party failure -------------------------------------------------------------------------------------------

THIRD_PARTY = "third_party_failure"
OTHER = Breadcrumb(category="log", message="opened the page")
NOT_LAST = "The failing call is not the last one before the error."
ANSWERED = '"api.geo.example" also answered well, later in the same event.'


def failing(*statuses: int | None, **fields: Any) -> Event:
    """An event in which api.geo.example answered these, one after the other."""
    return event("Error", "failed", [call("api.geo.example", status) for status in statuses], **fields)


def read_together(*events: Event) -> Evidence:
    """The spike, with these events read whole."""
    first, *others = (one.model_copy(update={"id": str(number) * 32}) for number, one in enumerate(events))
    return spiking(first, sample=known(tuple(others)))


@pytest.mark.parametrize(
    ("with_failure", "read_whole", "expected"),
    [(1, 1, 2), (1, 2, 1), (2, 2, 3), (1, 3, 1), (2, 3, 3), (3, 3, 3), (3, 5, 1), (4, 6, 3)],
)
def test_a_host_that_fails_in_two_thirds_of_several_events_read_counts_most(
    with_failure: int, read_whole: int, expected: int
) -> None:
    evidence = read_together(*[failing(503)] * with_failure, *[event()] * (read_whole - with_failure))
    (indicator,) = indicators(THIRD_PARTY, evidence, "breadcrumbs")
    where = f"in {with_failure} of {read_whole} events read" if read_whole > 1 else "in the event read"
    assert (indicator.points, indicator.core) == (expected, True)
    assert indicator.text == f'Calls to "api.geo.example" fail (503) {where}.'


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((500,), 2),
        ((599,), 2),
        ((429,), 2),
        ((None,), 2),
        ((503, 429, None), 2),
        ((400,), -4),
        ((404, 422), -4),
        # both, or neither, and it is not clear whose failure it is
        ((404, 503), 0),
        ((404, 429), 0),
        ((404, None), 0),
    ],
)
def test_statuses_say_whose_failure_it_is(statuses: Sequence[int | None], expected: int) -> None:
    collected = indicators(THIRD_PARTY, spiking(failing(*statuses)), "statuses")
    assert sum(each.points for each in collected) == expected
    answers = ", ".join("no answer" if status is None else str(status) for status in statuses)
    does = "does not answer" if answers == "no answer" else f"answers {answers}"
    theirs = "it turns calls away" if set(statuses) <= {429, 529} else "the failure is on its side"
    sides = {2: theirs, -4: "it works, and refuses what we send"}
    if expected:
        assert [each.text for each in collected] == [f'"api.geo.example" {does}: {sides[expected]}.']


@pytest.mark.parametrize(
    ("statuses", "fewer"), [((429,), True), ((529,), True), ((429, 529), True), ((429, 503), False), ((503,), False)]
)
def test_a_service_that_turns_calls_away_gets_fewer_and_no_retries(statuses: Sequence[int], fewer: bool) -> None:
    (top, *_) = causes(spiking(failing(*statuses)))
    assert top.pattern == THIRD_PARTY
    assert ('Send fewer calls to "api.geo.example"' in top.action) is fewer
    is_storm = len(statuses) > 1
    assert top.action.startswith('Cut the retries: 2 calls to "api.geo.example" fail for each event.') is is_storm
    assert ("add retries with backoff" in top.action) is (not fewer and not is_storm)


def test_a_failure_with_a_good_status_is_of_nobody() -> None:
    odd = call("api.geo.example", 200).model_copy(update={"failed": True})
    assert points(THIRD_PARTY, spiking(event("Error", "failed", [odd])), "statuses") == []


@pytest.mark.parametrize(
    ("text", "expected", "sentence"),
    [
        ("cannot use API.geo.example now", 2, 'The error names "api.geo.example".'),
        (
            "certificate has expired",
            2,
            'The error says that the TLS certificate of "api.geo.example" has expired: '
            '"Error: certificate has expired".',
        ),
        ("upstream is gone", 2, 'The error is one of a failing call: "Error: upstream is gone".'),
        ("no address", -1, "The error itself does not speak of a failing call."),
    ],
)
def test_an_error_that_speaks_of_the_call_counts(text: str, expected: int, sentence: str) -> None:
    evidence = spiking(event("Error", text, [call("api.geo.example", 503)]))
    assert [(each.points, each.text) for each in indicators(THIRD_PARTY, evidence, "exception")] == [
        (expected, sentence)
    ]


@pytest.mark.parametrize(
    ("crumbs", "expected"),
    [
        ([call("api.geo.example", 503)], []),
        ([call("api.geo.example", 503), OTHER], []),
        ([call("api.geo.example", 503), call("api.other.example", 200)], [(-1, NOT_LAST)]),
        ([call("api.geo.example", 503), call("api.geo.example", 200)], [(-1, NOT_LAST), (-2, ANSWERED)]),
        ([call("api.geo.example", 200), call("api.geo.example", 503)], []),
        ([call("api.geo.example", 503), call("api.geo.example", 200), call("api.geo.example", 503)], []),
        # Neither an answer nor a failure: a call that is still open says nothing of the order.
        ([call("api.geo.example", 503), call("api.other.example", None).model_copy(update={"failed": False})], []),
    ],
)
def test_the_order_of_the_calls_counts(crumbs: list[Breadcrumb], expected: list[tuple[int, str]]) -> None:
    evidence = spiking(event("Error", "failed", crumbs))
    assert [(each.points, each.text) for each in indicators(THIRD_PARTY, evidence, "order")] == expected


def test_the_host_of_most_events_is_the_one_that_fails_however_often_another_was_retried() -> None:
    retried = [call("api.tax.example", 500)] * 9
    evidence = read_together(
        event("Error", "failed", [*retried, call("api.geo.example", 503)]),
        event("Error", "failed", [call("api.geo.example", 502), call("api.geo.example", 503)]),
    )
    assert texts(THIRD_PARTY, evidence, "breadcrumbs") == [
        'Calls to "api.geo.example" fail (503, 502) in 2 of 2 events read, 1 to 2 calls in each.'
    ]
    (top, *_) = causes(evidence)
    assert top.action == (
        'Enable the circuit breaker (or a cached fallback) for calls to "api.geo.example", add retries with backoff, '
        "and watch the status page of that service."
    )


@pytest.mark.parametrize(
    ("failed_in_each", "told"),
    [
        ((3,), ", 3 calls in each."),
        ((3, 3), ", 3 calls in each."),
        ((1, 4), ", 1 to 4 calls in each."),
        ((1, 2), ", 1 to 2 calls in each."),  # one and a half each: from there on it is said
        ((1, 1, 2), "."),
        ((3, *[1] * 10), "."),
        ((1, 1), "."),
    ],
    ids=str,
)
def test_failed_calls_are_counted_in_each_event(failed_in_each: tuple[int, ...], told: str) -> None:
    events = [event("Error", "failed", [call("api.geo.example", 503)] * calls) for calls in failed_in_each]
    (text,) = texts(THIRD_PARTY, read_together(*events), "breadcrumbs")
    assert re.sub(r".* fail \(503\) in (?:the event|\d+ of \d+ events) read", "", text) == told


REFUSES, FAILS = call("api.tax.example", 404), call("api.geo.example", 503)


@pytest.mark.parametrize("crumbs", [(REFUSES, FAILS), (FAILS, REFUSES), (REFUSES, REFUSES, FAILS)], ids=len)
def test_a_host_that_fails_comes_before_one_that_only_refuses_what_we_send(crumbs: tuple[Breadcrumb, ...]) -> None:
    (text,) = texts(THIRD_PARTY, read_together(event("Error", "failed", crumbs)), "breadcrumbs")
    assert text.startswith('Calls to "api.geo.example" fail (503)')


@pytest.mark.parametrize("hosts", [("api.a.example", "api.b.example"), ("api.b.example", "api.a.example")], ids=str)
def test_of_equal_hosts_the_one_that_failed_last_before_the_error_is_told(hosts: tuple[str, str]) -> None:
    failed = event("Error", "failed", [call(host, 503) for host in hosts])
    (text,) = texts(THIRD_PARTY, read_together(failed), "breadcrumbs")
    assert text.startswith(f'Calls to "{hosts[1]}" fail')
    # A call that went well afterwards makes them equal in this, too: then the first one is told.
    failed = event("Error", "failed", [*failed.breadcrumbs, call("shop.example.com", 200)])
    (text,) = texts(THIRD_PARTY, read_together(failed), "breadcrumbs")
    assert text.startswith(f'Calls to "{hosts[0]}" fail')


@pytest.mark.parametrize(
    ("after", "is_last"),
    [
        ((), True),
        ((call("us.i.posthog.com", None),), True),  # a blocked tracker is no call that matters
        ((call("shop.example.com", 200),), False),
        ((Breadcrumb(category="fetch", url="/api/cart", http_status=200),), False),
        ((Breadcrumb(category="log", message="done"),), True),
    ],
    ids=["nothing", "tracker", "own host", "path", "log"],
)
def test_the_last_call_is_the_last_one_to_anything_but_a_tracker(after: tuple[Breadcrumb, ...], is_last: bool) -> None:
    evidence = read_together(event("Error", "failed", [FAILS, *after]))
    assert (texts(THIRD_PARTY, evidence, "order") == []) is is_last


@pytest.mark.parametrize(
    ("status", "points_of_statuses"),
    [(408, [2]), (425, [2]), (429, [2]), (503, [2]), (None, [2]), (404, [-4]), (409, [-4])],
)
def test_a_full_or_slow_service_is_at_fault_and_one_that_refuses_is_not(
    status: int | None, points_of_statuses: list[int]
) -> None:
    evidence = read_together(event("Error", "failed", [call("api.geo.example", status)]))
    assert [each.points for each in indicators(THIRD_PARTY, evidence, "statuses")] == points_of_statuses


@pytest.mark.parametrize(
    ("error", "url", "told"),
    [
        ("Failed to fetch dynamically imported module", "https://cdn.shopfiles.example/Cart-8f3a.js", False),
        ("ChunkLoadError: Loading chunk 7 failed", "https://cdn.shopfiles.example/7.css?v=2", False),
        ("ChunkLoadError: Loading chunk 7 failed", "https://api.geo.example/v1", True),
        ("Failed to fetch", "https://js.vendor.example/sdk.js", True),
    ],
)
def test_the_applications_own_code_that_does_not_load_is_no_failing_service(error: str, url: str, told: bool) -> None:
    crumb = call(url.split("/")[2], None).model_copy(update={"url": url})
    assert (texts(THIRD_PARTY, read_together(event("TypeError", error, [crumb])), "breadcrumbs") != []) is told


@pytest.mark.parametrize(
    ("page", "own"),
    [
        ("hxxps://www[.]geo.example/cart", True),
        ("hxxps://app.geo.example/cart", True),
        ("hxxps://geo.example.net/cart", False),
        ("[not a page", False),
    ],
    ids=["with www", "another host", "another domain", "no URL"],
)
def test_the_page_that_an_event_came_from_is_ones_own_domain(page: str, own: bool) -> None:
    on_page = event("Error", "failed", [call("api.geo.example", 503)], request_host=None, tags={"url": page})
    assert (texts(THIRD_PARTY, read_together(on_page), "breadcrumbs") == []) is own


@pytest.mark.parametrize("platform", ["vercel.app", "herokuapp.com", "eu-west-1.amazonaws.com"])
def test_a_platform_s_hosts_belong_to_many_owners(platform: str) -> None:
    crumbs = [call(f"vendor.{platform}", 503)]
    told = texts(
        THIRD_PARTY, read_together(event("Error", "x", crumbs, request_host=f"shop.{platform}")), "breadcrumbs"
    )
    assert told[0].startswith(f'Calls to "vendor.{platform}" fail')
    own = read_together(event("Error", "x", crumbs, request_host=f"vendor.{platform}"))
    assert texts(THIRD_PARTY, own, "breadcrumbs") == []


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("timeout at https://api.geo.example/v1", "api.geo.example"),
        ("timeout at hxxp://API.geo.example.", "api.geo.example"),
        ("HTTPSConnectionPool(host='api.geo.example', port=443): timed out", "api.geo.example"),
        ("getaddrinfo ENOTFOUND api.geo.example", "api.geo.example"),
        ("could not resolve host api.geo.example: timeout", "api.geo.example"),
        # Hosts of our own and trackers are passed over.
        (
            "timeout: https://shop.example.com/a, https://o1.ingest.sentry.io, https://api.geo.example",
            "api.geo.example",
        ),
        ("fetch failed: https://shop.example.com/a", None),
        # An address in an error that is not one of a failing call.
        ("see https://api.geo.example/docs", None),
        ("timed out", None),
    ],
)
def test_the_error_of_a_failing_call_may_name_the_host(text: str, host: str | None) -> None:
    evidence = spiking(event("Error", text))
    if host is None:
        assert indicators(THIRD_PARTY, evidence) == []
        return
    assert points(THIRD_PARTY, evidence) == [("exception", 3, True), ("breadcrumbs", 0, False)]
    named, unseen = texts(THIRD_PARTY, evidence)
    assert named.startswith(f'The error names the external host "{host}": "Error: {text.split(maxsplit=1)[0]}')
    assert unseen == "No breadcrumb shows the failing call."
    (top, *_) = causes(evidence)
    assert f'for calls to "{host}", add retries' in top.action


def test_any_error_text_of_the_events_may_name_the_host() -> None:
    evidence = spiking(event("TypeError", "see https://docs.example", message="timeout at https://api.geo.example/"))
    named, _ = texts(THIRD_PARTY, evidence)
    assert named == ('The error names the external host "api.geo.example": "timeout at https://api.geo.example/".')


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("api.shop.example.com", "example.com"),
        ("Example.COM.", "example.com"),
        ("api.example.co.uk", "example.co.uk"),
        ("example.co.uk", "example.co.uk"),
        ("example.com.", "example.com"),
        ("api.example.co.info", "co.info"),
        ("api.example.xx.uk", "xx.uk"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
    ],
)
def test_a_registered_domain_is_what_one_owner_has(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    ("host", "internal"),
    [
        ("10.1.2.3", True),
        ("127.0.0.1", True),
        ("169.254.1.1", True),
        ("[::1]", True),
        ("fe80::1", True),
        ("8.8.8.8", False),
        ("<ip 1>", False),
        ("<secret 1>.internal", True),
        ("[2606:4700::1111]", False),
        ("redis", True),
        ("api.lan", True),
        ("db.prod.svc", True),
        ("x.cluster.local", True),
        ("api.example.com", False),
    ],
)
def test_private_addresses_and_bare_and_internal_names_are_the_projects_own(host: str, internal: bool) -> None:
    assert is_internal(host) is internal


# --- data corruption -----------------------------------------------------------------------------------------------

DATA = "data_corruption"
PARSE = ("ParseError", "row 7")


def on_old_release(one: Event | None = None, *, ran: timedelta = timedelta(), **parts: Any) -> Evidence:
    """The spike on a release whose deploy ended that long before it."""
    version = release("shop@2.4.1", 50 * MINUTE + ran)
    return spiking(one, first_release=version, releases=known((version,)), **parts)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("ParseError", "row 7", [("exception", 3, True)]),
        ("ValueError", "malformed row", [("exception", 3, True), ("wording", 1, False)]),
        ("SyntaxError", "Unexpected token '<' in JSON", [("exception", 1, True), ("exception", 0, False)]),
        ("TypeError", "x is undefined", []),
        ("TypeError", "missing field x", []),
    ],
)
def test_errors_of_parsing_count_and_markup_hardly(kind: str, text: str, expected: Points) -> None:
    assert points(DATA, spiking(event(kind, text))) == expected


def test_what_errors_of_parsing_say_is_told() -> None:
    assert texts(DATA, spiking(event("ValueError", "malformed row"))) == [
        'The error is one of parsing or validation: "ValueError: malformed row".',
        "The error says itself that the input is malformed.",
    ]
    assert texts(DATA, spiking(event("SyntaxError", "Unexpected token '<' in JSON"))) == [
        "Markup came where JSON was expected: \"SyntaxError: Unexpected token '<' in JSON\".",
        "Such markup is often an error page of a proxy or another service, not bad data.",
    ]


GOOD_JSON, BROKEN_JSON = '{"sku": 1}', '{"sku": 1, "n"'


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"request_data": BROKEN_JSON}, "the request body of an event looks like JSON and does not parse"),
        ({"crumbs": [Breadcrumb(message="bad row 7")]}, "a breadcrumb speaks of malformed input"),
        ({"extra": {"note": "schema changed"}}, "the event's extra data speak of malformed input"),
        ({"extra": {"corrupt": "yes"}}, "the event's extra data speak of malformed input"),
        ({"request_data": GOOD_JSON, "crumbs": [Breadcrumb(message="row 7"), Breadcrumb()], "extra": {"a": "b"}}, None),
    ],
)
def test_malformed_input_is_told_where_it_can_be_seen(fields: dict[str, Any], where: str | None) -> None:
    with_error = on_old_release(event(*PARSE, **fields))
    without = on_old_release(event("TypeError", "x is undefined", **fields))
    told = [] if where is None else [f"Malformed input: {where}."]
    assert texts(DATA, with_error, "input") == texts(DATA, without, "input") == told
    # Alone it explains no error: many a parser takes bad input.
    assert points(DATA, with_error, "input") == [("input", 2, True)] * len(told)
    assert points(DATA, without, "input") == [("input", 2, False)] * len(told)


def test_a_variable_of_the_failing_frame_shows_malformed_input_in_any_event_read() -> None:
    def with_variable(text: str) -> Event:
        frame = Frame(function="load", in_app=True, variables={"n": "7", "body": text})
        return event().model_copy(update={"exceptions": (ThrownException(type="Error", frames=(frame,)),)})

    told = ["Malformed input: a variable of the failing frame looks like JSON and does not parse."]
    assert texts(DATA, read_together(event(), with_variable(BROKEN_JSON))) == told
    assert texts(DATA, read_together(event(), with_variable(GOOD_JSON))) == []
    assert texts(DATA, spiking(Event(id="e" * 32))) == []


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ('{"a": 1,', True),
        ('  {"a": 1}}  ', True),
        ('[{"a": 1]', True),
        ("[1, 2:", True),
        ('["a", "b"', True),
        ('{"a":', True),
        ('{"a": 1}', False),
        ("[1, 2]", False),
        # no JSON with content
        ("{a: 1,", False),
        ("[x,", False),
        ("total,", False),
        ("{}}", False),
        # cut, not broken
        ('{"a": 1, "b', False),
        ('{"a": "x…"', False),
    ],
)
def test_broken_json_begins_and_ends_as_json_and_does_not_parse(text: str, broken: bool) -> None:
    told = texts(DATA, on_old_release(event(request_data=text)), "input")
    assert bool(told) is broken


@pytest.mark.parametrize(
    ("ran", "expected"),
    [(6 * HOUR, []), (6 * HOUR + SECOND, ['Release "shop@2.4.1" ran long before: the code did not change.'])],
)
def test_an_error_of_parsing_on_a_release_that_ran_for_six_hours_is_not_of_the_code(
    ran: timedelta, expected: list[str]
) -> None:
    evidence = on_old_release(event(*PARSE), ran=ran)
    assert texts(DATA, evidence, "release") == expected
    assert points(DATA, evidence, "release") == [("release", 1, False)] * len(expected)
    assert texts(DATA, on_old_release(event(), ran=ran), "release") == []


def test_without_a_known_start_nobody_knows_how_long_a_release_had_run() -> None:
    assert (
        texts(DATA, on_old_release(event(*PARSE), ran=DAY, series=UNKNOWN, issue={"first_seen": None}), "release") == []
    )
    assert texts(DATA, spiking(event(*PARSE)), "release") == []


def test_an_error_of_parsing_on_two_releases_is_not_of_the_code() -> None:
    both = of_releases(**{"shop@2.4.1": 9, "shop@2.4.0": 9})
    evidence = on_old_release(event(*PARSE), ran=DAY, breakdown=both)
    assert texts(DATA, evidence, "release") == ["It happens on 2 releases: the code need not have changed."]
    assert points(DATA, evidence, "release") == [("release", 1, False)]
    assert points(DATA, on_old_release(event(), breakdown=both), "release") == []


def test_the_action_names_the_transaction_where_one_is_known() -> None:
    (top, *_) = causes(on_old_release(event(*PARSE, transaction="GET /feed"), ran=DAY))
    assert top.action.startswith('Validate the input of "GET /feed" before it is used, ')
    for part in (event(*PARSE, transaction=None), None):
        parts = {} if part is not None else {"event": UNKNOWN, "sample": known((event(*PARSE),))}
        (top, *_) = causes(on_old_release(part, ran=DAY, **parts))
        assert top.action.startswith("Validate the input before it is used, ")


# --- resource exhaustion -------------------------------------------------------------------------------------------

RESOURCE = "resource_exhaustion"
FULL = ("TimeoutError", "QueuePool limit reached")


@pytest.mark.parametrize(
    ("platform", "system", "on_device"),
    [
        *(
            ("java", "Android 14", True),
            ("java", "Linux 6.1", False),
            ("cocoa", "iOS 17.2", True),
            ("dart", None, True),
        ),
        *(("javascript", "Windows 10", True), ("python", "Android 14", False), ("node", "iOS 17.2", False)),
        *(("csharp", "iOS 17.2", True), ("csharp", "Windows 10", False), (None, None, False)),
    ],
)
def test_nobody_adds_memory_to_a_users_device(platform: str | None, system: str | None, on_device: bool) -> None:
    evidence = spiking(event("Error", "out of memory", os=system), issue={"platform": platform})
    relief = (
        "Look for what holds memory on the device" if on_device else "Scale horizontally and raise the memory limit"
    )
    assert causes(evidence)[0].action.startswith(relief)


@pytest.mark.parametrize(
    ("text", "expected", "says", "relief"),
    [
        ("out of memory", 4, "memory ran out", "Scale horizontally and raise the memory limit"),
        ("too many connections", 4, "connections ran out", "Add connection pooling"),
        ("queue is full", 4, "threads and queues ran out", "Scale the workers"),
        ("No space left", 4, "files and disk ran out", "Free or add space"),
        ("deadlock detected", 2, "locks or statements timed out", "Find the long transactions"),
        # Of two that one text names, the first of the table is meant.
        (
            "deadlock detected waiting for a connection from the pool",
            4,
            "connections ran out",
            "Add connection pooling",
        ),
    ],
)
def test_what_ran_out_decides_points_and_relief(text: str, expected: int, says: str, relief: str) -> None:
    evidence = spiking(event("Error", text))
    indicator, traffic = indicators(RESOURCE, evidence)
    assert (indicator.kind, indicator.points, indicator.core) == ("exception", expected, True)
    assert indicator.text == f'The error says that {says}: "Error: {text}".'
    assert (traffic.kind, traffic.points, traffic.text) == ("traffic", 0, "The traffic did not rise with the errors.")
    (top, *_) = causes(evidence)
    assert top.action.startswith(relief)


def test_load_without_a_resource_that_ran_out_is_no_sign() -> None:
    latency = Latency(main="POST /checkout", endpoints=(AffectedEndpoint(transaction="POST /checkout", p95_ms=9000),))
    assert indicators(RESOURCE, spiking(event(), latency=known(latency))) == []


@pytest.mark.parametrize(("p95", "told"), [(5000.0, ["The endpoint is slow: p95 5.0 s."]), (4999.0, []), (None, [])])
def test_a_slow_main_endpoint_counts_from_five_seconds(p95: float | None, told: list[str]) -> None:
    endpoints = (
        AffectedEndpoint(transaction="GET /", p95_ms=9000),
        AffectedEndpoint(transaction="POST /checkout", p95_ms=p95),
    )
    latency = known(Latency(main="POST /checkout", endpoints=endpoints))
    evidence = spiking(event(*FULL), latency=latency)
    assert texts(RESOURCE, evidence, "latency") == told
    assert points(RESOURCE, evidence, "latency") == [("latency", 1, False)] * len(told)
    nowhere = known(Latency(main="PUT /", endpoints=endpoints))
    assert texts(RESOURCE, spiking(event(*FULL), latency=nowhere), "latency") == []


@pytest.mark.parametrize(("names", "told"), [(("a", "b", "c"), ["3 endpoints are hit."]), (("a", "b", None), [])])
def test_three_endpoints_that_are_hit_count(names: tuple[str | None, ...], told: list[str]) -> None:
    rows = tuple(EventRow(id=str(number), when=NOW, transaction=name) for number, name in enumerate(names))
    evidence = spiking(event(*FULL, transaction=None), rows=known(rows), breakdown=UNKNOWN)
    assert texts(RESOURCE, evidence, "spread") == told
    assert points(RESOURCE, evidence, "spread") == [("spread", 1, False)] * len(told)


# --- SDK misconfiguration ------------------------------------------------------------------------------------------

SDK = "sdk_misconfiguration"
WHOLE = event(contexts={"runtime": {"name": "node"}})


def kinds(evidence: Evidence) -> list[str]:
    return [gap.kind for gap in instrumentation_gaps(evidence)]


@pytest.mark.parametrize(("lacking", "gap"), [(90, True), (89, False)])
@pytest.mark.parametrize(("field", "number"), [("release", 2), ("environment", 2), ("user", 1)])
def test_a_gap_is_what_nine_of_ten_rows_lack(field: str, number: int, lacking: int, gap: bool) -> None:
    row: dict[str, Any] = {"when": NOW, "release": "v1", "environment": "production", "user": "user-1"}
    rows = tuple(EventRow(id=str(index), **{**row, field: None} if index < lacking else row) for index in range(100))
    found = instrumentation_gaps(spiking(WHOLE, rows=known(rows)))
    told = [(field, number, f"90 of 100 events carry no {field}.")] if gap else []
    assert [(each.kind, each.points, each.text) for each in found] == told


def test_without_rows_the_one_event_tells_and_without_both_nothing_does() -> None:
    lacking = event(release=None, user=None)
    assert kinds(spiking(lacking, rows=UNKNOWN)) == ["release", "user"]
    assert kinds(spiking(event=UNKNOWN, rows=UNKNOWN)) == []
    assert kinds(spiking(lacking, rows=known(()))) == []


@pytest.mark.parametrize(
    ("fields", "gaps"),
    [
        ({}, []),
        ({"crumbs": ()}, [("breadcrumbs", 2, "No breadcrumbs in the event read.")]),
        ({"crumbs": (), "breadcrumbs_omitted": 3}, []),
        ({"browser": None}, [("contexts", 1, "No runtime, browser, OS or device context in the event read.")]),
        ({"browser": None, "os": "Linux"}, []),
        ({"browser": None, "device": "Pixel"}, []),
        ({"browser": None, "contexts": {"runtime": {"name": "node"}}}, []),
        ({"title": "Script error."}, [("title", 2, "The error has no type and no message of its own.")]),
        ({"title": "<unlabeled event>"}, [("title", 2, "The error has no type and no message of its own.")]),
        ({"title": "Script error in the parser"}, []),
        (
            {"processing_errors": ("a", "b", "a", "c", "d")},
            [("processing", 3, 'Sentry could not process parts of the events: "a", "b", "c".')],
        ),
    ],
)
def test_gaps_of_the_events_that_were_read(fields: dict[str, Any], gaps: list[tuple[str, int, str]]) -> None:
    found = instrumentation_gaps(spiking(event(**fields)))
    assert [(each.kind, each.points, each.text) for each in found] == gaps


def test_gaps_of_the_events_are_those_that_all_of_them_show() -> None:
    empty = event(crumbs=(), browser=None)
    assert kinds(read_together(empty, event())) == []
    found = instrumentation_gaps(read_together(empty, empty))
    assert [gap.text for gap in found] == [
        "No breadcrumbs in 2 events read.",
        "No runtime, browser, OS or device context in 2 events read.",
    ]


@pytest.mark.parametrize(
    ("errors", "setting"),
    [
        (("js_no_source",), "upload of source maps (or debug files) for the release"),
        (("unknown_error", "native_missing_dsym"), "upload of source maps (or debug files) for the release"),
        (("invalid_data",), "what the SDK sends"),
    ],
)
def test_processing_errors_say_what_to_look_at(errors: tuple[str, ...], setting: str) -> None:
    (gap,) = instrumentation_gaps(spiking(event(processing_errors=errors)))
    assert gap.setting == setting


@pytest.mark.parametrize(
    ("fields", "minified"),
    [
        ({"function": "e", "file": "/assets/index-3fa92b1c.js", "line": 12}, True),
        ({"function": "ab", "file": "app.min.js", "line": 12}, True),
        ({"function": None, "file": "/static/main.x1.js", "line": 12}, True),
        ({"function": "abc", "file": "app.min.js", "line": 12}, False),
        ({"function": "e", "file": "checkout.js", "line": 1}, True),
        ({"function": "e", "file": "checkout.js", "line": 2}, False),
        ({"function": "e", "file": "checkout.py", "line": 1}, False),
        ({"function": "e", "file": "app.min.js"}, False),
        ({"function": "e", "line": 1}, False),
    ],
)
def test_minified_code_is_told_by_the_names_of_its_frame(fields: dict[str, Any], minified: bool) -> None:
    thrown = ThrownException(type="Error", frames=(Frame(in_app=True, **fields),))
    one = event().model_copy(update={"exceptions": (thrown,)})
    gap = Gap("minified", 2, "The failing frame is minified code.", "upload of source maps for the release")
    assert instrumentation_gaps(spiking(one)) == ((gap,) if minified else ())
    # What Sentry says itself comes before how the frame looks.
    said = one.model_copy(update={"processing_errors": ("js_no_source",)})
    assert kinds(spiking(said)) == ["processing"]


@pytest.mark.parametrize(
    ("fields", "total", "core"),
    [({"crumbs": ()}, 2, False), ({"crumbs": (), "browser": None}, 3, True), ({"processing_errors": ("x",)}, 3, True)],
)
def test_gaps_are_a_sign_of_the_pattern_from_three_points(fields: dict[str, Any], total: int, core: bool) -> None:
    collected = points(SDK, spiking(event(**fields)))
    assert sum(number for _, number, _ in collected) == total
    assert {is_core for _, _, is_core in collected} == {core}


def test_the_action_lists_the_settings_of_all_gaps() -> None:
    evidence = incident(
        burst(BEGAN, 40, MINUTE, 0, release=None, environment=""), event=known(bare(title="Script error."))
    )
    (top, *_) = causes(evidence)
    assert top.action == (
        "Review Sentry.init() and the build: release, environment, user context, breadcrumb integrations and "
        "maxBreadcrumbs, how errors are captured, default integrations."
    )


# --- prevention ----------------------------------------------------------------------------------------------------

STOPPED = "a trial deploy of a build that raises on purpose is stopped by the check"
BLOCKED = 'with "api.geo.example" blocked in a test environment, users get the fallback and no event reaches Sentry'
SET_ASIDE = "the malformed sample of the event is set aside in a test, and the records around it are processed"
LOADED = "a load test at the incident's traffic raises the alert before the first error"


@pytest.mark.parametrize(
    ("pattern", "evidence", "action", "done_when"),
    [
        (DEPLOYMENT, spiking(), 'Add a check to the deploy of "shop" that stops the roll-out when', STOPPED),
        (
            DEPLOYMENT,
            spiking(issue={"project": None}),
            'Add a check to the deploy of "the project" that stops',
            STOPPED,
        ),
        (THIRD_PARTY, spiking(failing(503)), 'a fallback to the calls to "api.geo.example"', BLOCKED),
        (
            THIRD_PARTY,
            spiking(),
            "a fallback to the calls to the external host",
            BLOCKED.replace('"api.geo.example"', "the external host"),
        ),
        (
            THIRD_PARTY,
            spiking(issue={"title": "ConnectionError: GET https://api.geo.example/v1 timed out"}),
            'a fallback to the calls to "api.geo.example"',
            BLOCKED,
        ),
        (
            THIRD_PARTY,
            spiking(issue={"title": "SSLError: certificate has expired: https://api.geo.example/v1"}),
            'Watch the TLS certificate of "api.geo.example", with an alert two weeks before it expires',
            "a test certificate that ends within two weeks raises the alert",
        ),
        (DATA, spiking(), 'check of the input before "pay" at "pay.py:4" that sets', SET_ASIDE),
        (
            DATA,
            spiking(event=UNKNOWN, sample=known((event(),))),
            'input before "pay" at "pay.py:4" that sets',
            SET_ASIDE,
        ),
        (DATA, spiking(event=UNKNOWN), "check of the input that sets malformed records aside", SET_ASIDE),
        (DATA, spiking(Event(id="e" * 32)), "check of the input that sets malformed records aside", SET_ASIDE),
        (RESOURCE, spiking(), 'an alert for the resource that ran out in "shop"', LOADED),
        (RESOURCE, spiking(issue={"project": None}), 'the resource that ran out in "the project"', LOADED),
    ],
)
def test_a_pattern_asks_for_its_prevention_with_the_names_of_the_incident(
    pattern: str, evidence: Evidence, action: str, done_when: str
) -> None:
    prevention = pattern_named(pattern).prevention
    assert prevention is not None
    assert action in prevention(read(evidence)).action
    assert prevention(read(evidence)).done_when == done_when


def test_gaps_have_an_action_item_of_their_own() -> None:
    assert pattern_named(SDK).prevention is None


def test_what_counts_nothing_stands_with_the_evidence_against() -> None:
    dated = release("shop@2.4.1", released=BEGAN)
    commits = known((Commit(id="abc"),))
    (top, *_) = causes(
        spiking(first_release=dated, releases=known((dated,)), suspect_commits=commits, breakdown=UNKNOWN)
    )
    assert [text.split(maxsplit=2)[:2] for text in top.evidence_for] == [
        ["Release", '"shop@2.4.1"'],
        ["Sentry", "names"],
    ]
    assert top.evidence_against == (NO_MARKERS,)


def test_roll_back_names_both_releases_where_both_are_known() -> None:
    current, older = release("shop@2.4.1", 55 * MINUTE), release("shop@2.4.0", 3 * DAY)
    (top, *_) = causes(spiking(first_release=current, releases=known((current, older))))
    assert top.action.startswith('Roll back "shop@2.4.1" to "shop@2.4.0" with your own deploy system.')
    (top, *_) = causes(spiking(first_release=current, releases=known((current,))))
    assert top.action == (
        'Roll back "shop@2.4.1" to the release before it with your own deploy system '
        "(sentry-cli rolls nothing back, it only records a marker)."
    )
