"""One example for each word by which a pattern knows an error, a host or an input, and a few that only look alike."""

from __future__ import annotations

import re

import pytest

from sentry_runbook.incident.events.external_calls import registered_domain
from sentry_runbook.incident.events.instrumentation import instrumentation_gaps
from sentry_runbook.incident.model.evidence import Breadcrumb, Evidence, Frame
from tests.incident.builder import incident, known
from tests.incident.test_causes import causes, event
from tests.incident.test_indicators import texts


def titled(title: str) -> Evidence:
    """An issue of that title, of which no event could be read."""
    return incident([], issue={"title": title})


# --- failing calls -------------------------------------------------------------------------------------------------

NETWORK = """
    timed out|time out|Read timeout|connect ECONNREFUSED|read ECONNRESET|queryA ENOTFOUND|EAI_AGAIN|EHOSTUNREACH
    socket hang up|getaddrinfo failed|connection refused|connection reset by peer|connection aborted|connection error
    ConnectionError|ConnectError|NetworkError when attempting to fetch|network error|fetch failed
    Bad Gateway|BadGateway|Service Unavailable|ServiceUnavailable|Gateway Time-out|upstream connect failure
    HTTP Error|HTTPError|HttpException|HTTPStatusError|status code: 500|status 529|status code 429|answered 502
    answered 503|answered 504|Too Many Requests|RemoteDisconnected|SSLError|certificate has expired|UnknownHostException
    No route to host|Name or service not known|APIConnectionError|circuit breaker is open|CircuitBreakerOpen
    StatusCode.DEADLINE_EXCEEDED|14 UNAVAILABLE: no connection|context deadline exceeded
    StatusRuntimeException: UNAVAILABLE|rpc error: code = Unavailable desc = down|rpc error: code = DeadlineExceeded
"""
HOSTS = (
    "connection error: https://api.partner.com/v1",
    "connection error: hxxps://api.partner.com/v1",
    "connection error: http://api.partner.com/v1",
    "ConnectionError(host='api.partner.com', port=443)",
    'ConnectionError(host="api.partner.com", port=443)',
    "getaddrinfo api.partner.com",
    "getaddrinfo ENOTFOUND api.partner.com",
    "ENOTFOUND api.partner.com",
    "EAI_AGAIN api.partner.com",
    "connect ECONNREFUSED api.partner.com",
    "ETIMEDOUT api.partner.com: timed out",
    "could not resolve api.partner.com: network error",
    "could not reach host api.partner.com: network error",
    "dial tcp: lookup api.partner.com: i/o timeout",
    "UNAVAILABLE: dns:///api.partner.com:443 failed",
)
LIMITED = """
    RateLimitError: slow down|Rate limit reached for model|rate_limit_exceeded|Error code: 429 - tokens|429 Client Error
    Too Many Requests|TooManyRequestsException|ThrottlingException: Rate exceeded|Throttled by the server
    An error occurred (ThrottlingException)|Rate exceeded|RequestLimitExceeded|SlowDown: Please reduce your request rate
    You exceeded your current quota|insufficient_quota|Quota exceeded for quota metric|overloaded_error|529 Overloaded
    ProvisionedThroughputExceededException|8 RESOURCE_EXHAUSTED: Quota exceeded|rate limited
"""
EXPIRED = """
    x509: certificate has expired or is not yet valid|CERT_HAS_EXPIRED|CertificateExpiredException: NotAfter: Mon
    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired|net::ERR_CERT_DATE_INVALID
    SSLV3_ALERT_CERTIFICATE_EXPIRED|the server's certificate is expired
"""
TRACKERS = """
    o1.ingest.sentry.io|www.google-analytics.com|www.googletagmanager.com|stats.g.doubleclick.net
    pagead2.googlesyndication.com|api.segment.io|cdn.segment.com|static.hotjar.com|api-js.mixpanel.com|api2.amplitude.com
    graph.facebook.com|connect.facebook.net|www.clarity.ms|api-iam.intercom.io|rs.fullstory.com|js-agent.newrelic.com
    bam.nr-data.net|intake.datadoghq.com|browser.datadoghq.eu|notify.bugsnag.com|logx.optimizely.com|cdn.cookielaw.org
    hotjar.com|us.i.posthog.com|bat.bing.com|px.ads.linkedin.com|rum.browser-intake.example|analytics.tiktok.com
    static.cloudflareinsights.com|r.lr-in-prod.com|ct.pinterest.com|telemetry.vendor.example|ib.adnxs.com
"""
INTERNAL = """
    prices.internal|printer.local|app.localhost|prices.shop.svc|prices.shop.svc.cluster.local|nas.lan|wiki.intra
    mail.corp|prices.service.consul
"""


def words(listed: str) -> list[str]:
    return [word.strip() for line in listed.strip().splitlines() for word in line.split("|")]


def named(value: object) -> str:
    """The id of a parameter: plain words, which pytest finds again (CONTRIBUTING)."""
    return re.sub(r"[^A-Za-z0-9]+", " ", str(value)).strip() or "sign"


def hosts_named(title: str) -> bool:
    """Whether the error is taken for a failing call to a host of others."""
    return any(
        text.startswith("The error names the external host") for text in texts("third_party_failure", titled(title))
    )


@pytest.mark.parametrize("word", words(NETWORK), ids=named)
def test_an_error_of_a_failing_call_names_the_host_that_failed(word: str) -> None:
    assert hosts_named(f"{word}: https://api.partner.com/v1")


@pytest.mark.parametrize(
    "error", ["TypeError", "answered 200", "status code 404", "answered 5020", "status code 42"], ids=named
)
def test_another_error_may_name_any_host(error: str) -> None:
    assert not hosts_named(f"{error}: https://api.partner.com/v1")


@pytest.mark.parametrize("word", words(LIMITED), ids=named)
def test_a_service_that_turns_calls_away_is_known_by_its_words(word: str) -> None:
    (told,) = texts("third_party_failure", titled(word), "exception")
    assert told.startswith("The error says that a service turns calls away, and not which: ")
    (cause,) = [one for one in causes(titled(word)) if one.pattern == "third_party_failure"]
    assert "do not add retries" in cause.action
    at_a_host = titled(f"{word}, see https://api.partner.com/limits")
    assert '"api.partner.com"' in texts("third_party_failure", at_a_host, "exception")[0]


@pytest.mark.parametrize(
    "word", ["order 429 is missing", "rate 5 %", "TypeError: limit", "step 529", "the limiter started"], ids=named
)
def test_other_words_do_not_speak_of_a_limit(word: str) -> None:
    assert texts("third_party_failure", titled(word), "exception") == []


@pytest.mark.parametrize("word", words(EXPIRED), ids=named)
def test_an_expired_certificate_is_renewed_and_not_retried(word: str) -> None:
    (cause,) = causes(titled(f"{word}: https://api.partner.com/v1"))
    assert cause.pattern == "third_party_failure"
    assert 'certificate of "api.partner.com" has expired' in cause.action
    assert "circuit breaker" not in cause.action


@pytest.mark.parametrize("word", ["unknown certificate authority", "self-signed certificate"], ids=named)
def test_another_fault_of_a_certificate_is_not_its_expiry(word: str) -> None:
    (cause,) = causes(titled(f"{word}: https://api.partner.com/v1"))
    assert "expired" not in cause.action


@pytest.mark.parametrize("error", HOSTS, ids=named)
def test_a_host_is_found_where_errors_name_it(error: str) -> None:
    assert '"api.partner.com"' in "".join(texts("third_party_failure", titled(error)))


@pytest.mark.parametrize("host", [*words(TRACKERS), *words(INTERNAL)], ids=named)
def test_trackers_and_internal_names_fail_for_no_pattern(host: str) -> None:
    assert not hosts_named(f"connection error: https://{host}/v1")


@pytest.mark.parametrize(
    "host", ["nothotjar.com", "hotjar.com.evil.com", "api.consulting.com", "shop.localhosting.com"], ids=named
)
def test_hosts_that_only_look_like_a_tracker_or_an_internal_name_are_external(host: str) -> None:
    assert hosts_named(f"connection error: https://{host}/v1")


@pytest.mark.parametrize("suffix", ["co.uk", "com.au", "org.uk", "net.nz", "gov.uk", "edu.au", "ac.uk"], ids=named)
def test_under_a_countrys_suffix_the_label_before_it_belongs_to_the_domain(suffix: str) -> None:
    assert registered_domain(f"api.shop.{suffix}") == f"shop.{suffix}"


# --- malformed input -----------------------------------------------------------------------------------------------

MALFORMED = """
    JSONDecodeError|JSON.parse: bad control character|"x" is not valid JSON|Unexpected number in JSON at position 4
    Unexpected end of JSON|JsonParseException|JsonProcessingException|JsonSyntaxException|ParseError|ParserError
    parse error near line 3|cannot parse the date|could not parse the date|failed to parse the date|unparsable date
    XMLSyntaxError|ValidationError|ZodError|schema mismatch|schema validation failed|schema violation|schema error
    SchemaError|InvalidFormatException|UnicodeDecodeError|'utf-8' codec can't decode byte|invalid byte sequence
    invalid utf-8|invalid utf8|invalid literal for int() with base 10|invalid literal for float()
    could not convert string to float|NumberFormatException|DateTimeParseException|InvalidDate|Invalid time value
    Invalid isoformat string|malformed row|corrupt file|wrong checksum|cannot unmarshal string|failed to deserialize
    failed to deserialise|DataError|MalformedInputException|violates check constraint|violates not-null constraint
    violates foreign key constraint|violates unique constraint|IntegrityError|invalid input syntax for type uuid
    truncated file|truncated data|truncated message|unexpected field "total"|unexpected column 7|unexpected payload
    missing required field|InvalidPayload|invalid payload|BadZipFile
"""
MARKUP = """
    Unexpected token '<'|Unexpected token <|Unexpected token &lt;|Unexpected token ‹|Unexpected token ＜
    "!DOCTYPE" is not valid JSON: !DOCTYPE|"x" is not valid JSON (html)
"""
BAD_INPUT = """
    malformed row|corrupt file|invalid payload|invalid json|invalid xml|invalid utf-8|invalid row|invalid record
    invalid input|schema mismatch|schema version 3|schema changed|unexpected field|unexpected type|unexpected null
    unexpected payload|unexpected format|missing field|missing column|missing key|cannot parse|truncated|bad row
    bad record
"""


@pytest.mark.parametrize("word", words(MALFORMED), ids=named)
def test_an_error_of_parsing_or_validation_is_known_by_its_words(word: str) -> None:
    (told,) = texts("data_corruption", titled(word), "exception")
    assert told.startswith("The error is one of parsing or validation")


@pytest.mark.parametrize("word", words(MARKUP), ids=named)
def test_markup_where_json_was_expected_is_known_by_its_words(word: str) -> None:
    assert texts("data_corruption", titled(word), "exception")[0].startswith("Markup came where JSON was expected")


@pytest.mark.parametrize(
    "word", ["TypeError: x is undefined", "Unexpected token 'a'", "schema", "truncated", "KeyError"], ids=named
)
def test_other_errors_are_not_of_parsing(word: str) -> None:
    assert texts("data_corruption", titled(word), "exception") == []


@pytest.mark.parametrize("word", words(BAD_INPUT), ids=named)
def test_a_breadcrumb_speaks_of_malformed_input_in_these_words(word: str) -> None:
    read_whole = event(crumbs=(Breadcrumb(category="log", message=f"skipped: {word}"),))
    told = texts("data_corruption", incident([], event=known(read_whole)), "input")
    assert told == ["Malformed input: a breadcrumb speaks of malformed input."]


# --- what ran out --------------------------------------------------------------------------------------------------

RAN_OUT = {
    "memory ran out": """
        System.OutOfMemoryException|out of memory|MemoryError|heap out|Java heap space|heap limit|Cannot allocate memory
        worker OOM|OOMKilled|allocation failed|std::bad_alloc|memory limit exceeded|Allowed memory size
    """,
    "connections ran out": """
        QueuePool of size 5|pool exhausted|pool is full|pool limit|pool timed out|pool time out|pool timeout|PoolTimeout
        PoolExhausted|connection pool|too many connections|too many clients already|connection slots are reserved
        maximum number of clients|max clients|max connections|acquiring a connection|acquire connection|connection limit
        HikariPool-1|ConnectionPool|no available connections|maximum connections
    """,
    "threads and queues ran out": """
        RejectedExecutionException|thread pool|can't start new thread|unable to create new native thread
        unable to create native thread|queue is full|queue full|RESOURCE_EXHAUSTED|ResourceExhausted|worker timeout
        SIGKILL|back pressure|backpressure|LoadShed|overloaded
    """,
    "files and disk ran out": """
        EMFILE|ENFILE|too many open files|No space left on device|ENOSPC|disk is full|disk full|disk quota exceeded
    """,
    "the system may have ended the app for its memory": """
        WatchdogTermination: The OS watchdog terminated your app, possibly because it overused RAM.
    """,
    "locks or statements timed out": """
        Lock wait timeout exceeded|deadlock detected|statement timeout|canceling statement due to user request
    """,
}


@pytest.mark.parametrize(
    ("says", "word"), [(says, word) for says, listed in RAN_OUT.items() for word in words(listed)], ids=named
)
def test_what_ran_out_is_known_by_its_words(says: str, word: str) -> None:
    (told,) = texts("resource_exhaustion", titled(word), "exception")
    assert told.startswith(f"The error says that {says}: ")


@pytest.mark.parametrize(
    "word",
    [
        *("HTTPConnectionPool(host='x')", "HTTPSConnectionPool(host='x')", "ROOM", "a pool", "disk"),
        "Connection pool is full, discarding connection: api.partner.com. Connection pool size: 10",
        "8 RESOURCE_EXHAUSTED: Quota exceeded for aiplatform",
        '529 {"type": "overloaded_error"}',
        "API quota exceeded",
    ],
    ids=named,
)
def test_other_words_say_of_nothing_that_it_ran_out(word: str) -> None:
    assert texts("resource_exhaustion", titled(word), "exception") == []


# --- what events lack ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title", ["<unlabeled event>", "<unknown>", "Script error.", "Script error", "(No title)"], ids=named
)
def test_a_title_that_sentry_made_up_is_no_title(title: str) -> None:
    gaps = instrumentation_gaps(incident([], event=known(event(title=title))))
    assert [gap.kind for gap in gaps if gap.kind == "title"] == ["title"]


@pytest.mark.parametrize("title", ["Script error in checkout", "unknown host", "TypeError"], ids=named)
def test_a_title_with_more_words_is_one(title: str) -> None:
    gaps = instrumentation_gaps(incident([], event=known(event(title=title))))
    assert all(gap.kind != "title" for gap in gaps)


@pytest.mark.parametrize(
    "error",
    words(
        "source_missing|invalid sourcemap|js_no_column|minified file|missing dSYM|proguard_missing_mapping|"
        "missing_symbol|debug file missing|debug_file_missing"
    ),
    ids=named,
)
def test_processing_errors_of_source_maps_ask_for_their_upload(error: str) -> None:
    (gap,) = instrumentation_gaps(incident([], event=known(event(processing_errors=(error,)))))[:1]
    assert (gap.kind, gap.setting) == ("processing", "upload of source maps (or debug files) for the release")


@pytest.mark.parametrize(
    ("file", "minified"),
    [
        ("app:///static/index.3f2a1b9c.js", True),
        ("app:///static/index-3f2a1b9c.mjs", True),
        ("app:///static/index_3f2a1b9c.js", True),
        ("app:///jquery.min.js", True),
        ("app:///main.x1.js", True),
        ("app:///main-es2015.js", True),
        ("app:///app.legacy.js", True),
        ("app:///vendor-x1.js", True),
        ("app:///bundle.v2.js", True),
        ("app:///chunk-7.js", True),
        ("app:///checkout.js", False),
        ("app:///static/index.3f2a1.js", False),
    ],
    ids=named,
)
def test_a_bundle_is_known_by_its_name(file: str, minified: bool) -> None:
    frame = Frame(function="a", file=file, line=2, in_app=True)
    thrown = event().exceptions[0].model_copy(update={"frames": (frame,)})
    gaps = instrumentation_gaps(incident([], event=known(event().model_copy(update={"exceptions": (thrown,)}))))
    assert any(gap.kind == "minified" for gap in gaps) is minified
