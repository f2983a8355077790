"""One example for each word by which a pattern knows an error, a host or an input, and a few that only look alike."""

from __future__ import annotations

import re

import pytest

from sentry_runbook.incident.events.hosts import registered_domain
from sentry_runbook.incident.events.instrumentation import instrumentation_gaps
from sentry_runbook.incident.model.evidence import Breadcrumb, Evidence, Frame
from tests.incident.builder import incident, known
from tests.incident.test_causes import call, causes, event
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
    answered 503|answered 504|Too Many Requests|RemoteDisconnected|SSLError|self signed certificate|UnknownHostException
    No route to host|Name or service not known|APIConnectionError|circuit breaker is open|CircuitBreakerOpen
    StatusCode.DEADLINE_EXCEEDED|14 UNAVAILABLE: no connection|context deadline exceeded
    StatusRuntimeException: UNAVAILABLE|rpc error: code = Unavailable desc = down|rpc error: code = DeadlineExceeded
    connect ENETUNREACH|read ECONNABORTED|UND_ERR_SOCKET|net::ERR_CONNECTION_CLOSED|net::ERR_NAME_NOT_RESOLVED|:nxdomain
    NSURLErrorDomain Code=-1001|NSURLErrorDomain Code=-1003|NSURLErrorDomain Code=-1004|NSURLErrorDomain Code=-1005
    NSURLErrorDomain Code=-1200|cURL error 6|cURL error 7|cURL error 28: Operation|cURL error 35|cURL error 56
    TypeError: Failed to fetch|TypeError: Load failed|Network request failed|The network connection was lost
    Connection closed before full header was received|connection lost|Connection terminated during handshake
    ConnectException|Could not connect|Cannot connect|couldn't connect to server|failed to establish a new connection
    unable to reach the server|error sending request for url|An error occurred while sending the request
    NoHttpResponseException: failed to respond|Server disconnected without an answer|other side closed
    http2: server sent GOAWAY|stream error: RST_STREAM|Get "x": EOF|the target machine actively refused it
    the connected party did not properly respond after a period of time|RemoteProtocolError|no such host
    No such host is known|Failed host lookup|Temporary failure in name resolution|nodename nor servname provided
    Name does not resolve|server with the specified hostname could not be found|net/http: TLS handshake timeout
    SSL_connect: SSL_ERROR_SYSCALL|HandshakeException|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE
    x509: signed by unknown authority|RetryableException|timeout of 5000ms exceeded|took longer than 10 s
    Server error '500 Internal Server Error'|500 Server Error: Internal|resulted in a `500 Internal Server Error`
    HttpRequestException: Es konnte keine Verbindung hergestellt werden|[WinError 10060] 连接尝试失败。
    [Errno 111] 拒绝连接
    Connection broken: IncompleteRead
    queryA ETIMEOUT|queryA ESERVFAIL|write EPROTO|Unable to execute HTTP request|0: 0 Unknown Error
    IOException: unexpected end of stream on
    Http failure response for x: 500 OK|was not upgraded to websocket|The remote name could not be resolved
    HTTP status server error (500)|HTTP 521|too many 500 error responses|upstream connect error
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
    "UNAVAILABLE: dns∶///api.partner.com:443 failed",
    "Name resolution failed for target dns:api.partner.com:443",
    'Unable to resolve host "api.partner.com": no answer',
    "UnknownHostException: api.partner.com",
    "UnknownHostException: https://api.partner.com/v1",
    "Unable to execute HTTP request: api.partner.com",
    "queryA ETIMEOUT api.partner.com",
    "connection reset by peer, address = api.partner.com, port = 60123",
    "The remote name could not be resolved: 'api.partner.com'",
    "lookup api.partner.com on 10.0.0.2:53: no such host",
    "Failed host lookup: 'api.partner.com' (errno = 7)",
    "failed to connect to api.partner.com/<ip 1> (port 443) after 10000ms",
    "Connect to api.partner.com:443 [api.partner.com/<ip 1>] failed: Connection refused",
    "Connection refused: api.partner.com/<ip 1>:443",
    "Connect Timeout Error (attempted address: api.partner.com:443, timeout: 10000ms)",
    "Cannot connect to host api.partner.com:443 ssl:default",
    "Connection timeout to host https://api.partner.com/v1",
    "Failed to open TCP connection to api.partner.com:443 (execution timed out)",
    'Connection refused - connect(2) for "api.partner.com" port 443',
    "cURL error 6: Could not resolve host: api.partner.com (see https://curl.haxx.se/libcurl/c/libcurl-errors.html)",
    "cURL error 28: timed out (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://api.partner.com/v1",
    "503 Service Unavailable from GET https://api.partner.com/v1",
    "TypeError: Failed to fetch (api.partner.com)",
    "The certificate for this server is invalid: it may be pretending to be “api.partner.com”",
    "HttpRequestException: No such host is known. (api.partner.com:443)",
    "NoHttpResponseException: api.partner.com:443 failed to respond",
    "timed out at https://user＠api.partner.com/v1",
    "503 from https://www.api.partner.com/; see https://docs.partner.com/errors and https://github.com/partner/sdk",
    "503, see https://docs.partner.com/errors, of https://api.partner.com/v1",
)
NO_HOSTS = (
    "fetch failed (checkout.ts:443)",
    "Failed to fetch (main.dart)",
    "timed out in pay.py:443",
    "timed out at com.partner.Client.call(Client.java:80)",
    "connection refused, see https://docs.partner.com/errors",
    "connect ECONNREFUSED <ip 1>:443",
    "connect ECONNREFUSED localhost:443",
    "connect ETIMEDOUT main.partner.com:5432",
    'connection refused: host="main.partner.com", port 6379',
    "getaddrinfo ENOTFOUND main.abc.eu-west-1.rds.amazonaws.com",
    "getaddrinfo ENOTFOUND shard-00.abcde.mongodb.net",
    "dial tcp: lookup inventory on <ip 1>:53: no such host",
    "HTTPConnectionPool(host='inventory', port=8080): Read timed out",
)
LIMITED = """
    RateLimitError: slow down|Rate limit reached for model|rate_limit_exceeded|Error code: 429 - tokens|429 Client Error
    Too Many Requests|TooManyRequestsException|ThrottlingException: Rate exceeded|Throttled by the server
    An error occurred (ThrottlingException)|Rate exceeded|RequestLimitExceeded|SlowDown: Please reduce your request rate
    You exceeded your current quota|insufficient_quota|Quota exceeded for quota metric|overloaded_error|529 Overloaded
    ProvisionedThroughputExceededException|8 RESOURCE_EXHAUSTED: Quota exceeded|rate limited
    429 {"message":"slow"}|HTTP 429|code=429 slow|status_code: 429, body|[429 Too Many] during GET|Error code: 529
    API rate limit exceeded for user|You have exceeded a secondary rate limit|rate_limit_error|rate limit hit
    Requests have exceeded call rate limit of your tier|TooManyRequests|auth/too-many-requests|too many 429 responses
    REQUEST_LIMIT_EXCEEDED|OVER_QUERY_LIMIT|Request rate is large|please reduce your request rate|(Throttling) in call
    Reduce request rates to resume service|Request was throttled|concurrent_limit_exceeded|Flood control exceeded
    RESOURCE_EXHAUSTED: Bandwidth exhausted|ResourceExhausted: 429 Resource has been exhausted|FLOOD_WAIT
    The rate of requests exceeds the throughput limit.|RequestThrottledException|VendorException - Overloaded.
    Failed after 3 attempts. Last error: Overloaded|past the per minute request limit
    Maximum sending rate exceeded|(#4) Application request limit reached|You have reached your daily limit.
    provisioned throughput for the table was exceeded|allowed API requests per minute exceeded|FUNCTION_THROTTLED
    QueryError: Throttled|VendorException: Throttled
    exceeded your daily request quota|That model is currently overloaded
"""
EXPIRED = """
    x509: certificate has expired or is not yet valid|CERT_HAS_EXPIRED|CertificateExpiredException: NotAfter: Mon
    [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired|net::ERR_CERT_DATE_INVALID
    the remote certificate has expired|an intermediate certificate is expired
    the server's certificate is expired|SSL certificate problem: certificate has expired
    PKIX path validation failed: CertPathValidatorException: validity check failed
    CertPathValidatorException: timestamp check failed|SEC_ERROR_EXPIRED_CERTIFICATE
    NSURLErrorDomain Code=-1201|The certificate for this server has expired|invalid peer certificate: Expired
    errors in the certificate chain: NotTimeValid|CLIENT ALERT: Fatal - Certificate Expired|certificate has expired
"""
OURS_EXPIRED = """
    SSLV3_ALERT_CERTIFICATE_EXPIRED|tlsv1 alert certificate expired|Received fatal alert: certificate_expired
    remote error: tls: expired certificate
"""
TRACKERS = """
    o1.ingest.sentry.io|www.google-analytics.com|www.googletagmanager.com|stats.g.doubleclick.net
    pagead2.googlesyndication.com|api.segment.io|cdn.segment.com|static.hotjar.com|api-js.mixpanel.com
    api2.amplitude.com
    www.facebook.com|connect.facebook.net|www.clarity.ms|api-iam.intercom.io|rs.fullstory.com|js-agent.newrelic.com
    bam.nr-data.net|intake.datadoghq.com|browser.datadoghq.eu|notify.bugsnag.com|logx.optimizely.com|cdn.cookielaw.org
    browser-intake-datadoghq.com|browser-intake-us5-datadoghq.com|browser-intake-datadoghq.eu
    firebaselogging.googleapis.com
    events.eu1.segmentapis.com|r.logr-ingest.com|analytics-sg.tiktok.com|t.co|ingesteer.services-prod.nsvcs.net
    pixel-config.reddit.com|rum-static.pingdom.net|smetrics.vendor.example
    vitals.vercel-insights.com|eu.mobile.events.data.microsoft.com|events.launchdarkly.com|cdn.heap-api.com
    track.adform.net
    api2.branch.io|events.appsflyer.com|app.adjust.com|dc.services.visualstudio.com|plausible.io|site.matomo.cloud
    hotjar.com|us.i.posthog.com|bat.bing.com|px.ads.linkedin.com|rum.browser-intake.example|analytics.tiktok.com
    sentry.vendor.example|matomo.vendor.example|posthog.vendor.example|apm.vendor.example|m.stripe.com|r.stripe.com
    monorail-edge.shopifysvc.com|dataplane.rum.eu-central-1.amazonaws.com|rum-ingest.us0.signalfx.com
    static.cloudflareinsights.com|r.lr-in-prod.com|ct.pinterest.com|telemetry.vendor.example|ib.adnxs.com
"""
INTERNAL = """
    prices.internal|printer.local|app.localhost|prices.shop.svc|prices.shop.svc.cluster.local|nas.lan|wiki.intra
    mail.corp|prices.service.consul|inventory|10.0.3.7:8080
"""
SERVICES = """
    graph.facebook.com|api.intercom.io|maps.yandex.ru|api.segmentation.partner.com|tracking.parcels.com|stats.league.com
    api.stripe.com|firestore.googleapis.com|api.twitter.com|events.mapbox.com|www.recaptcha.net|t.me|bing.com
    js.stripe.com|www.paypal.com|shop.shopifysvc.com|sqs.eu-central-1.amazonaws.com|sentryways.vendor.example|sentry.de
    googleapis.com|api.hsforms.com|adjustments.partner.com|notplausible.io|api.analytics-of-risk.com
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


NO_FAILING_CALL = """
    TypeError|answered 200|status code 404|answered 5020|status code 42|HTTPError: 404 Client Error: Not Found
    HTTPStatusError: Client error '422 Unprocessable Entity'|HttpException: HTTP 401 Unauthorized
    [403 Forbidden] during GET|HTTP Error 400: Bad Request|Response status code was unacceptable: 409
    setTimeout is late|clearTimeout of 7|invalid status 'UNAVAILABLE'|the sku is unavailable in
    Http failure response for x: 404 Not Found|Http failure response for x: 401 OK
    thrown at app.js:1:503|see errors/502|NSURLErrorDomain Code=-999 "cancelled"|NSURLErrorDomain Code=-1009 "offline"
    ChunkLoadError: Loading chunk 42 failed. (timeout)|TypeError: Failed to fetch dynamically imported module
    TypeError: error loading dynamically imported module, timed out
"""


@pytest.mark.parametrize("error", words(NO_FAILING_CALL), ids=named)
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


NO_LIMIT = """
    order 429 is missing|rate 5 %|TypeError: limit|step 529|the limiter started|429 items are broken|KeyError: 429
    User 429 not found|Minified React error #429; visit https://react.dev/errors/429|Error at position 429 - unexpected
    ThrottlerException: Too Many Requests|Throttled: Request was throttled. Expected available in 34 seconds.
    RateLimitExceeded: 5 per 1 minute|429 Too Many Requests: 100 per 1 hour
    you have reached your limit|exchange rate exceeded|the sending rate is too high|function_throttled is not defined
    TypeError: Throttled is not a constructor|KeyError: a: Throttled.b
    a slowdown of the checkout|interest rate exceeded 5 %|TypeError: late at throttled (app.js)|code: 42910|id 0f429a
    the rate limiter is set twice
    8 RESOURCE_EXHAUSTED: Received message larger than max|TooManyRequestsHttpException
    ReferenceError: RateLimitError is not defined
    cannot import name 'RateLimitError' from 'client'|KeyError: 'rate_limit_exceeded'|e.isRateLimited is not a function
    Cannot read properties of undefined (reading 'rateLimited')|undefined method `rate_limited?' for nil
    module 'client' has no attribute 'RateLimitError'|uninitialized constant Client::RateLimitError
"""


@pytest.mark.parametrize("word", words(NO_LIMIT), ids=named)
def test_other_words_do_not_speak_of_a_limit(word: str) -> None:
    assert texts("third_party_failure", titled(word), "exception") == []


@pytest.mark.parametrize(("before", "told"), [(0, False), (250, False), (400, True)])
def test_an_error_is_about_a_name_when_it_begins_so_and_not_where_it_quotes_code(before: int, told: bool) -> None:
    text = f"{'x' * before} total is not defined, 429 Too Many Requests"
    read_whole = event("Error", text)
    evidence = incident([], event=known(read_whole), issue={"title": "Error"})
    assert (texts("third_party_failure", evidence, "exception") != []) is told


@pytest.mark.parametrize("word", words(EXPIRED), ids=named)
def test_an_expired_certificate_is_renewed_and_not_retried(word: str) -> None:
    (cause,) = causes(titled(f"{word}: https://api.partner.com/v1"))
    assert (cause.pattern, cause.confidence) == ("third_party_failure", "low")
    assert 'TLS certificate of "api.partner.com" has expired' in cause.evidence_for[0]
    assert 'certificate of "api.partner.com" has expired' in cause.action
    assert "circuit breaker" not in cause.action
    (unnamed,) = causes(titled(word))
    assert unnamed.evidence_for[0].startswith("The error says that a TLS certificate has expired, and not whose: ")
    assert unnamed.confidence == "low"
    assert "certificate of the service that the error is about has expired" in unnamed.action


@pytest.mark.parametrize("word", words(OURS_EXPIRED), ids=named)
def test_a_certificate_that_the_other_side_calls_expired_is_ours(word: str) -> None:
    for text in (word, f"{word}: https://api.partner.com/v1"):
        (cause,) = causes(titled(text))
        assert cause.pattern == "dependency_failure"
        assert "Renew our own client certificate" in cause.action


OTHER_FAULTS = """
    unknown certificate authority|self-signed certificate|x509: certificate is valid for cdn.partner.com
    certificate verify failed: unable to get local issuer certificate
    NSURLErrorDomain Code=-1202: certificate is invalid
    PKIX path building failed: certificate unknown
"""


@pytest.mark.parametrize("word", words(OTHER_FAULTS), ids=named)
def test_another_fault_of_a_certificate_is_not_its_expiry(word: str) -> None:
    (cause,) = causes(titled(f"{word}: https://api.partner.com/v1"))
    assert "expired" not in cause.action + "".join(cause.evidence_for)


@pytest.mark.parametrize(
    "word", ["gift certificate has expired", "Your certificate has expired", "jwt expired", "coupon expired"], ids=named
)
def test_other_things_expire_and_are_no_certificate_of_a_server(word: str) -> None:
    assert texts("third_party_failure", titled(word)) == []


UNANSWERED = """
    StatusCode.UNAVAILABLE|StatusCode.DEADLINE_EXCEEDED|Status(StatusCode="Unavailable", Detail="down")
    rpc error: code = Unavailable desc = down|rpc error: code = DeadlineExceeded desc = context deadline exceeded
    StatusRuntimeException: UNAVAILABLE: io exception|StatusRuntimeException: DEADLINE_EXCEEDED: after 4.9s
    Error: 14 UNAVAILABLE: No connection established|4 DEADLINE_EXCEEDED: Deadline exceeded after 10.002s
    GRPC::Unavailable: 14:failed to connect|Google::Cloud::UnavailableError: 14:reset|codeName: UNAVAILABLE
    tonic::Status: status: Unavailable, message: "down"|ServiceUnavailable: 503 The service is currently unavailable.
    DeadlineExceeded: 504 Deadline Exceeded|FirebaseError: [code=unavailable]: could not be completed
    [cloud_firestore/unavailable] The service is down|AxiosError: Request failed with status code 503
    The remote server returned an error: (503) Server Unavailable.
    the server responded with status 502|Response status code does not indicate success: 504 (Gateway Timeout).
    Response status code was unacceptable: 503.|HttpException: HTTP 503 Service Unavailable
    a status code of 503 and so on
    HttpServerErrorException: 502 Bad Gateway: "x"|503 Server Error: Service Unavailable|RestClient::GatewayTimeout
    upstream connect error or disconnect/reset before headers|APIConnectionError: Connection error.
    APITimeoutError: late
    status code 522|ModelTimeoutException: late|ModelNotReadyException: warming up
    An error occurred (503) when calling the PutObject operation: Service Unavailable
    An error occurred (ServiceUnavailableException) when calling the Converse operation
    ServiceUnavailableException: the vendor cannot process your request.
"""
ANSWERED = """
    OutOfStock: SKU 14 UNAVAILABLE|UNAVAILABLE|7 PERMISSION_DENIED: no|INVALID_ARGUMENT: sku unavailable
    ServiceUnavailableException: closed on Sundays|DataModelTimeoutExceptions
    expected 200, got 503|HTTP 503 rooms are booked|Table 503 is taken
    An error occurred (AccessDenied) when calling the PutObject operation
    status code 404|AxiosError: Request failed with status code 500|submission deadline exceeded|APIError: bad
    Error: Network Error|TypeError: Failed to fetch|connect ECONNREFUSED <ip 1>:443|ReadTimeout: timed out
    StatusCode.UNAVAILABLE: dns:///inventory:50051|code = Unavailable desc = dial tcp <ip 1>:5432: connection refused
    14 UNAVAILABLE: getaddrinfo ENOTFOUND prices.shop.svc.cluster.local
    14 UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:50051|status code 503: http://localhost:80
"""


@pytest.mark.parametrize("word", words(UNANSWERED), ids=named)
def test_a_service_that_does_not_answer_is_seen_with_low_confidence_where_nothing_names_it(word: str) -> None:
    (cause,) = causes(titled(word))
    assert (cause.pattern, cause.confidence) == ("third_party_failure", "low")
    assert cause.evidence_for[0].startswith("The error says that a service does not answer, and not which: ")
    assert "for calls to the service that the error is about, add retries" in cause.action


@pytest.mark.parametrize("word", words(ANSWERED), ids=named)
def test_a_user_s_network_a_service_of_ones_own_and_other_words_blame_nobody(word: str) -> None:
    assert texts("third_party_failure", titled(word)) == []


@pytest.mark.parametrize("error", ["14 UNAVAILABLE: down", "429 Too Many Requests", "certificate has expired"])
@pytest.mark.parametrize(
    ("host", "told"),
    [("stock.internal", False), ("api.example.com", False), ("api.partner.com", True), ("us.i.posthog.com", True)],
)
def test_a_service_without_a_name_is_no_one_elses_where_a_call_of_ones_own_failed(
    error: str, host: str, told: bool
) -> None:
    """The event came from ``shop.example.com``; a tracker that is blocked says nothing."""
    read_whole = event("Error", error, crumbs=(call(host, 503),))
    evidence = incident([], event=known(read_whole), issue={"title": f"Error: {error}"})
    assert ("third_party_failure" in [one.pattern for one in causes(evidence)]) is told


@pytest.mark.parametrize("error", HOSTS, ids=named)
def test_a_host_is_found_where_errors_name_it(error: str) -> None:
    assert '"api.partner.com"' in "".join(texts("third_party_failure", titled(error)))


@pytest.mark.parametrize("error", NO_HOSTS, ids=named)
def test_places_in_files_documentation_and_data_stores_are_no_hosts_of_others(error: str) -> None:
    assert not hosts_named(error)


@pytest.mark.parametrize("host", [*words(TRACKERS), *words(INTERNAL)], ids=named)
def test_trackers_and_internal_names_fail_for_no_pattern(host: str) -> None:
    assert not hosts_named(f"connection error: https://{host}/v1")


@pytest.mark.parametrize(
    "host",
    [*("nothotjar.com", "hotjar.com.evil.com", "api.consulting.com", "shop.localhosting.com"), *words(SERVICES)],
    ids=named,
)
def test_hosts_that_only_look_like_a_tracker_or_an_internal_name_are_external(host: str) -> None:
    assert hosts_named(f"connection error: https://{host}/v1")


@pytest.mark.parametrize("suffix", ["co.uk", "com.au", "org.uk", "net.nz", "gov.uk", "edu.au", "ac.uk"], ids=named)
def test_under_a_countrys_suffix_the_label_before_it_belongs_to_the_domain(suffix: str) -> None:
    assert registered_domain(f"api.shop.{suffix}") == f"shop.{suffix}"


def test_on_a_platform_each_host_is_a_domain_and_a_name_that_ends_alike_is_none() -> None:
    assert registered_domain("shop.vercel.app") == "shop.vercel.app"
    assert registered_domain("api.superweb.app") == "superweb.app"
    assert hosts_named("connection error: https://api.notmongodb.net/v1")


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
    missing required field|InvalidPayload|invalid payload|BadZipFile|DecodingError: keyNotFound|Jason.DecodeError
    The data isn't in the correct format|FormatException: Unexpected end of input|JsonDecodingException
    JsonReaderException|JsonException: Syntax error|json.SyntaxError|Unexpected JSON token at offset 0
    SerializationException: Field is required|serde_json::Error|expected value at line 1 column 1
"""
MARKUP = """
    Unexpected token '<'|Unexpected token <|Unexpected token &lt;|Unexpected token ‹|Unexpected token ＜
    "!DOCTYPE" is not valid JSON: !DOCTYPE|"x" is not valid JSON (html)|JSON Parse error: Unrecognized token '<'
    invalid character '<' looking for beginning of value|'<' is an invalid start of a value|while parsing value: <.
    unexpected token at '<html>'|Unexpected character (at character 1) <html>|unexpected byte at position 0: 0x3C ("<")
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
    "word",
    [
        *("TypeError: x is undefined", "Unexpected token 'a'", "schema", "truncated", "KeyError"),
        *("KeyError: 'checksum'", "Can't find variable: ZodError", "No module named 'jsonschema.SchemaError'"),
        *("name 'ValidationError' is not defined", "undefined method `malformed' for nil"),
        *("ClassNotFoundException: com.shop.ValidationErrorHandler", "'NoneType' object has no attribute 'checksum'"),
    ],
    ids=named,
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
        System.OutOfMemoryException|out of memory|MemoryError|JavaScript heap out of memory|Java heap space|heap limit
        Cannot allocate memory|worker OOM|OOMKilled|Array buffer allocation failed|std::bad_alloc|memory limit exceeded
        reached its memory limit|Allowed memory size of 134217728 bytes exhausted|_ArrayMemoryError: 2 GiB
        NoMemoryError: failed to allocate memory|GC overhead limit exceeded|InsufficientMemoryException
        memory allocation of 8589934592 bytes failed|allocation size overflow|EXC_RESOURCE: RESOURCE_TYPE_MEMORY
        connection blocked: low on memory|OOM command not allowed when used memory above maxmemory
    """,
    "connections ran out": """
        QueuePool limit of size 5|pool exhausted|the pool is full|pool limit reached|pool timed out|pool time out
        pool timeout|PoolTimeout|PoolExhaustedException|JedisExhaustedPoolException|too many connections
        TooManyConnections
        sorry, too many clients already|Too many database connections opened
        remaining connection slots are reserved for x
        already has more than 'max_user_connections' active connections|maximum number of clients reached
        max clients reached|maximum connections exceeded|max number of clients reached|connection limit exceeded
        An attempt by a client to checkout a Connection has timed out.|couldn't get a connection after 30.00 sec
        Acquisition timeout while waiting for new connection
        Timeout occurred while waiting for a slot to become available
        Pending acquire queue has reached its maximum size of 1000|Pool#acquire(Duration) has been pending for too long
        Connection pool reached max wait queue size of 100|768 worker_connections are not enough
        The request limit for the database is 200 and has been reached
        FATAL: no more connections allowed (max_client_conn)|FATAL:  query_wait_timeout
        in Session mode max clients are limited to pool_size
        Knex: Timeout acquiring a connection. The pool is probably full
        unable to acquire JDBC Connection|HikariPool-1 - Connection is not available, request timed out
        db - Connection is not available, request timed out|pool error Timeout waiting for idle object
        no available connections|could not obtain a connection from the pool within 5 s
        Timeout waiting for connection from pool|prior to obtaining a connection from the pool
        Timed out fetching a new connection from the connection pool|checking out a connection from connection pool
        Could not get a resource from the pool|The connection pool has been exhausted
        Timeout: Pool empty. Unable to fetch
        connection not available and request was dropped from queue|SequelizeConnectionAcquireTimeoutError
        EmptyPoolError: HTTPConnectionPool(host='x'): No pool connections are available.
        The wait queue for acquiring a connection to server is full|WaitQueueTimeoutError|ConnectionPool::TimeoutError
    """,
    "threads and queues ran out": """
        RejectedExecutionException|[type=es_rejected_execution_exception, reason=slow]
        rejected execution of coordinating operation|spawn EAGAIN|fork: Resource temporarily unavailable
        There were not enough free threads in the ThreadPool|server reached pm.max_children setting (50)
        rejected from ThreadPoolExecutor by RejectedExecutionException [Running, pool size = 50]
        TaskRejectedException|did not accept task|thread pool exhausted|can't start new thread|can't create Thread
        unable to create new native thread|unable to create native thread|queue is full|queue full|queue.Full
        BulkheadFullException|worker timeout|back pressure|backpressure|LoadShed|overloaded
    """,
    "files and disk ran out": """
        EMFILE|ENFILE|too many open files|No space left on device|ENOSPC|disk is full|disk full|disk quota exceeded
        There is not enough space on the disk.|SQLITE_FULL|the volume is out of space
    """,
    "the system may have ended the app for its memory": """
        WatchdogTermination: The OS watchdog terminated your app, possibly because it overused RAM.
        OutOfMemory: The OS most likely terminated your app because it overused RAM.|low memory killer|jetsam event
    """,
    "the system killed the process, as it does where memory runs out": """
        SIGKILL|WorkerLostError: exited prematurely: signal 9|signal: killed|exited with code 137|exit status 137
        exitCode=137|exit code: 137
    """,
    "locks or statements timed out": """
        Lock wait timeout exceeded|deadlock detected|Deadlock found when trying to get lock|statement timeout
        canceling statement due to user request|canceling statement due to lock timeout|ActiveRecord::Deadlocked
        was deadlocked on lock resources|DeadlockLoserDataAccessException|database is locked|SQLITE_BUSY
    """,
}
NOT_RUN_OUT = """
    HTTPConnectionPool(host='x')|HTTPSConnectionPool(host='x')|ROOM|a pool|disk|API quota exceeded
    Connection pool is full, discarding connection: api.partner.com. Connection pool size: 10|connection pool size is 0
    8 RESOURCE_EXHAUSTED: Quota exceeded for aiplatform|529 {"type": "overloaded_error"}
    {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}}|The model is overloaded
    cannot import name 'ConnectionPool' from 'redis'|'QueuePool' object has no attribute 'size'
    Connection pool shut down
    HikariPool-1 - dataSource or jdbcUrl is required|maximum number of connections must be an integer
    Cannot use a pool after calling end on the pool|'memoryErrorFlag' is wrong|memory game has no cards
    memory limit must be a number|room OOM-12 not found
    evaluating e: undefined is not an object (evaluating 'e.outOfMemory')
    Internet connection is not available|Error releasing connection from the pool|ambiguous call to overloaded function
    Indirect modification of overloaded property has no effect|seat allocation failed
    RejectedExecutionException: Task rejected from ThreadPoolExecutor@2[Terminated, pool size = 0]
    NoClassDefFoundError: java/util/concurrent/RejectedExecutionException|all goroutines are asleep - deadlock!
    read EAGAIN|pitchfork: EAGAIN|stock is low on memory cards|Data acquisition timeouts
    seats: waiting for a slot to be chosen|not enough threads for the jacket
    rejected executions of warrants|set_query_wait_timeouts|deadlock; recursive locking
    The queue is fully loaded|the disk is fully booked|exit code 1370|signal 90|designal 9
"""


@pytest.mark.parametrize(
    ("says", "word"), [(says, word) for says, listed in RAN_OUT.items() for word in words(listed)], ids=named
)
def test_what_ran_out_is_known_by_its_words(says: str, word: str) -> None:
    (told,) = texts("resource_exhaustion", titled(word), "exception")
    assert told.startswith(f"The error says that {says}: ")


@pytest.mark.parametrize("word", words(NOT_RUN_OUT), ids=named)
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
