"""What an error and the calls before it tell of a dependency: its kind, name, whose it is, how often it fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sentry_runbook.incident.causes.catalog import pattern_named
from sentry_runbook.incident.incident import Incident
from sentry_runbook.incident.model.evidence import Breadcrumb, Event
from sentry_runbook.incident.model.results.explanation import Dependency
from tests.incident.builder import incident, known, read
from tests.incident.dependency_texts import KINDS, NAMED_AND_ADDRESSED, NAMED_WITH_A_FAILURE, NO_DEPENDENCY
from tests.incident.test_causes import call, event

OWN, OTHERS = "dependency_failure", "third_party_failure"


def thrown(text: str, **fields: Any) -> Event:
    """An event whose exception says that, with its type where the text begins with one."""
    kind, _, value = text.partition(": ")
    return event(kind, value, **fields) if value and " " not in kind else event("Error", text, **fields)


def of(*events: Event, platform: str = "python") -> Incident:
    """The incident of these events read whole."""
    first, *others = (one.model_copy(update={"id": str(number) * 32}) for number, one in enumerate(events))
    issue = {"title": (first.exceptions[0].text if first.exceptions else "x")[:100], "platform": platform}
    return read(incident([], event=known(first), sample=known(tuple(others)), issue=issue))


def dependency(text: str, **fields: Any) -> Dependency:
    found = of(thrown(text, **fields)).dependency
    assert found is not None
    return found


def patterns(one: Incident) -> list[str]:
    return [cause.pattern for cause in one.causes]


TEXTS = [(kind, *row) for kind, rows in KINDS.items() for row in rows]


@pytest.mark.parametrize(("kind", "text", "name", "internal"), TEXTS)
def test_an_error_tells_the_kind_the_name_and_whose_it_is(
    kind: str, text: str, name: str, internal: bool | None
) -> None:
    found = dependency(text)
    assert (found.kind, found.internal) == (kind, internal)
    assert name.lower() in found.name.lower()


def test_every_kind_has_eight_texts_at_least() -> None:
    assert min(len(rows) for rows in KINDS.values()) >= 8


@pytest.mark.parametrize(("text", "name"), NAMED_AND_ADDRESSED)
def test_the_name_of_a_host_wins_over_its_address(text: str, name: str) -> None:
    assert dependency(text).name == name


@pytest.mark.parametrize(("text", "name"), NAMED_WITH_A_FAILURE)
def test_a_quoted_value_beside_a_failed_call_hides_no_dependency(text: str, name: str) -> None:
    assert name in dependency(text).name


@pytest.mark.parametrize("text", NO_DEPENDENCY)
def test_an_error_that_only_mentions_a_host_or_a_product_names_no_dependency(text: str) -> None:
    one = of(thrown(text))
    assert one.dependency is None
    assert OWN not in patterns(one)


# --- what our own leads to -----------------------------------------------------------------------------------------

ACTIONS = (
    ("Error: connect ECONNREFUSED 10.0.3.7:6379", "restart or fail over; serve without the cache"),
    ("Error: connect ECONNREFUSED 10.0.0.5:5432", "see whether it runs and takes connections, restart or fail over"),
    ("pika.exceptions.AMQPConnectionError: Connection to 10.0.8.2:5672 failed", "keep what could not be sent"),
    ("Error: certificate has expired for https://auth.shop.svc.cluster.local/t", "Renew the TLS certificate of"),
    ("Error: getaddrinfo ENOTFOUND inventory.internal", "its DNS record, the service behind it, or the setting"),
    ("HTTPError: 503 Server Error for url: http://inventory.internal/stock", "restart, scale or roll it back"),
    ("Stripe::AuthenticationError: Invalid API Key provided", "Renew or rotate our key for"),
    ("ReplyError: LOADING Redis is loading the dataset in memory", "Wait until"),
    ("ReplyError: READONLY You can't write against a read only replica.", "Point the writes at the primary of"),
    ("ResponseError: OOM command not allowed when used memory > 'maxmemory'.", "set an eviction policy"),
    ("BadRequestError: context_length_exceeded", "cut or summarize the input"),
    ("NoSuchBucket: The specified bucket does not exist", "Correct the bucket"),
    (
        "SSLError: certificate verify failed: certificate is not yet valid (https://api.example.com)",
        "Compare the clock",
    ),
    ("Error: self-signed certificate: https://stock.internal/", "trust its authority"),
    ("Error: Hostname/IP does not match certificate's altnames: Host: stock.internal.", "a certificate with its name"),
)


@pytest.mark.parametrize(("text", "step"), ACTIONS)
def test_a_dependency_of_our_own_leads_to_its_repair_and_its_owner(text: str, step: str) -> None:
    first = of(thrown(text)).causes[0]
    assert first.pattern == OWN
    assert step in first.action
    assert "Call the owner of that" in first.action or "summarize" in first.action
    assert "add retries" not in first.action


@pytest.mark.parametrize(
    "text",
    [
        "TimeoutError: QueuePool limit of size 20 overflow 10 reached, connection timed out, timeout 30.00",
        "OperationalError: FATAL: sorry, too many clients already",
        "OperationalError: deadlock detected",
        "OSError: [Errno 28] No space left on device",
    ],
)
def test_what_only_ran_out_is_resource_exhaustion_and_the_dependency_is_named(text: str) -> None:
    one = of(thrown(text))
    assert patterns(one) == ["resource_exhaustion"]
    assert one.dependency is not None and one.dependency.internal


def test_a_cache_without_memory_is_the_cache_and_not_the_applications_own_memory() -> None:
    one = of(thrown("ResponseError: OOM command not allowed when used memory > 'maxmemory'."))
    assert patterns(one)[0] == OWN
    assert "memory limit for now" not in one.causes[0].action


def test_a_vendors_failure_is_no_dependency_of_our_own() -> None:
    one = of(thrown("HTTPError: 502 Server Error: Bad Gateway for url: https://api.vendor.example/v1"))
    assert patterns(one) == [OTHERS]


def test_the_end_of_a_certificate_is_said_where_the_error_names_it() -> None:
    one = of(
        thrown(
            'url.Error: Get "https://ledger.example.com": x509: certificate has expired or is not yet valid: '
            "current time 2026-11-23T14:10:03Z is after 2026-11-23T13:59:59Z"
        )
    )
    assert '(it ended "2026-11-23T13:59:59Z")' in one.causes[0].action
    silent = of(thrown("Error: certificate has expired: https://ledger.example.com"))
    assert "ended" not in silent.causes[0].action


# --- calls ---------------------------------------------------------------------------------------------------------


def calling(host: str, statuses: Sequence[int | None], text: str = "Error: failed", **fields: Any) -> Event:
    return thrown(text, crumbs=[call(host, status) for status in statuses], **fields)


@pytest.mark.parametrize(
    ("host", "statuses", "kind", "internal"),
    [
        ("inventory.internal", [503], "http", True),
        ("api.example.com", [500], "http", True),
        ("10.0.0.7", [None], "http", True),
        ("api.vendor.example", [503], "http", False),
        ("api.vendor.example", [401], "auth", True),
        ("api.vendor.example", [403], "auth", True),
        ("api.anthropic.com", [529], "model", False),
        ("media.s3.eu-west-1.amazonaws.com", [503], "storage", False),
    ],
)
def test_the_last_failed_call_names_the_dependency_of_an_error_that_does_not(
    host: str, statuses: Sequence[int | None], kind: str, internal: bool
) -> None:
    found = of(calling(host, statuses)).dependency
    assert found is not None
    assert (found.name, found.kind, found.internal) == (host, kind, internal)
    assert (found.failed_calls, found.calls_per_event) == (1, 1.0)


@pytest.mark.parametrize(
    ("host", "statuses"),
    [
        ("api.vendor.example", [404]),  # our request
        ("api.vendor.example", [422]),
        ("api.example.com", [401]),  # a user's login
        ("api.vendor.example", [503, 200]),  # it answered well when repeated
        ("us.i.posthog.com", [None]),  # a tracker
    ],
)
def test_these_failed_calls_are_no_failed_dependency(host: str, statuses: Sequence[int | None]) -> None:
    assert of(calling(host, statuses)).dependency is None


def test_a_failed_call_that_was_not_the_last_counts_only_where_the_error_speaks_of_one() -> None:
    crumbs = (call("api.vendor.example", 503), call("api.other.example", 200))
    assert of(thrown("TypeError: x is undefined", crumbs=crumbs)).dependency is None
    assert of(thrown("Error: upstream timed out", crumbs=crumbs)).dependency is not None


@pytest.mark.parametrize("url", ["hxxp://inventory:8080/stock", "/api/cart?step=1"])
def test_a_bare_name_and_a_path_below_the_page_are_our_own(url: str) -> None:
    crumb = Breadcrumb(category="http", method="GET", url=url, http_status=503, failed=True)
    one = of(thrown("Error: failed", crumbs=(crumb,)))
    assert one.dependency is not None
    assert (one.dependency.name, one.dependency.internal) == (
        "inventory" if "inventory" in url else "/api/cart",
        True,
    )
    assert patterns(one) == [OWN]


def test_a_device_without_an_answer_may_have_lost_its_own_network() -> None:
    on_server, on_device = (
        of(calling("api.example.com", [None], "Error: Network Error"), platform=platform)
        for platform in ("node", "javascript")
    )
    assert patterns(on_server) == [OWN]
    assert patterns(on_device) == []
    assert on_device.dependency is not None


def test_a_401_on_a_device_may_be_its_users_login() -> None:
    one = of(calling("api.vendor.example", [401]), platform="javascript")
    assert one.dependency is not None and one.dependency.internal is None
    assert OWN not in patterns(one)


# --- retries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("calls", "storm"), [(1, False), (2, True), (3, True)])
@pytest.mark.parametrize(("host", "pattern"), [("api.vendor.example", OTHERS), ("inventory.internal", OWN)])
def test_several_failed_calls_in_each_event_are_cut_and_never_added_to(
    host: str, pattern: str, calls: int, storm: bool
) -> None:
    one = of(calling(host, [503] * calls), calling(host, [503] * calls))
    found, first = one.dependency, one.causes[0]
    assert found is not None and first.pattern == pattern
    assert (found.failed_calls, found.calls_per_event) == (2 * calls, float(calls))
    assert (f'Cut the retries: {calls} calls to "{host}" fail for each event.' in first.action) is storm
    assert ("add retries" in first.action) is (not storm and pattern == OTHERS)


def test_the_calls_of_an_event_are_counted_with_one_place() -> None:
    one = of(*[calling("api.vendor.example", [503] * number) for number in (1, 2, 2)])
    assert one.dependency is not None and one.dependency.calls_per_event == 1.7
    assert "Cut the retries" not in one.causes[0].action


TRIED = (
    "ConnectionError: HTTPSConnectionPool(host='api.vendor.example', port=443): Max retries exceeded with url: /v1",
    "HTTPError: 503 Server Error after 5 retries: https://api.vendor.example/v1",
    "AI_RetryError: Failed after 3 attempts: 503 https://api.vendor.example/v1 upstream",
    "RetryExhaustedException: Retries exhausted: 3/3: connection reset https://api.vendor.example/v1",
    "HTTPError: status code 503, gave up after 4 tries: https://api.vendor.example/v1",
    "TimeoutError: request timed out (attempt 3 of 3): https://api.vendor.example/v1",
)


@pytest.mark.parametrize("text", TRIED)
def test_an_error_that_says_how_often_it_was_tried_gets_no_advice_to_add_retries(text: str) -> None:
    first = of(thrown(text)).causes[0]
    assert first.pattern == OTHERS
    assert "add retries" not in first.action
    assert "back off" in first.action


def test_a_breaker_that_is_open_is_not_to_be_enabled() -> None:
    first = of(thrown("CallNotPermittedException: circuit breaker is open: https://api.vendor.example/v1")).causes[0]
    assert first.action.startswith("The circuit breaker is open already")
    assert "Enable" not in first.action and "Open the" not in first.action


@pytest.mark.parametrize(("text", "advised"), [("timed out", False), ("connection reset", True)])
def test_a_time_limit_that_passed_is_not_advised_in_the_postmortem(text: str, advised: bool) -> None:
    one = of(thrown(f"Error: {text}: https://api.vendor.example/v1"))
    prevention = pattern_named(OTHERS).prevention
    assert prevention is not None
    assert ("a timeout" in prevention(one).action) is advised
