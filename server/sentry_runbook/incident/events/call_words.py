"""The words by which an error tells that a call over the network failed, and how.

Each SDK sends what its platform throws, so the same failure has a dozen spellings: the tables are grouped by what
happened, with the platforms' words side by side. How to think about them:

* :data:`NETWORK` and :data:`SERVER_ERROR` only say that some call failed. Alone they blame nobody (it may be the
  user's own connection, or the project's database): a host or a breadcrumb must say whose service it was.
* :data:`UNANSWERED`, :data:`LIMITED` and :data:`CERTIFICATE_EXPIRED` are words of the other side: a service answered,
  or did not answer a server, and the error may forget to name it.
* :data:`REFUSED` is our own request that a working service does not accept, and :data:`CODE_LOADED` our own script.
"""

from __future__ import annotations

import re

from sentry_runbook.incident.events.words import Words

NETWORK = Words(
    # no answer in time; the functions of JavaScript that wait are no calls
    r"(?<!set)(?<!clear)timed?[ -]?out|deadline[ _]?exceeded|took longer than",
    # codes of the systems and libraries
    r"\bE(?:CONN(?:REFUSED|RESET|ABORTED)|HOSTUNREACH|NETUNREACH|PIPE)\b|ENOTFOUND|EAI_AGAIN|ERR_NETWORK|UND_ERR_",
    r"\bE(?:TIMEOUT|SERVFAIL|NODATA|PROTO)\b",
    r"net::ERR_(?:CONNECTION|NAME_NOT|SSL|HTTP2|QUIC|ADDRESS|EMPTY_RESPONSE|TIMED)|\b(?:nxdomain|closed by peer)\b",
    # -999 is a call that the app cancelled, -1009 a device without a network
    r"NSURLErrorDomain[^\n]{0,20}-(?:100[13456]|101[01]|120\d)\b|cURL error (?:[567]|28|35|52|5[56]|60|92)\b",
    # no connection, or a lost one
    r"socket hang up",
    r"connection (?:was )?(?:refused|reset|broken|aborted|error|closed|lost|failed|failure|terminated|attempt)",
    r"Connection ?Error|Connect ?Error|ConnectException|Network ?Error|network (?:request failed|connection was lost)",
    r"fetch failed|Failed to fetch|\bLoad failed|sending the request|error sending request|failed to load external",
    r"(?:could not|cannot|can.t|couldn.t|failed to|unable to)(?: be)? (?:connect|reach|resolve|open TCP|establish)",
    r"failed: Connection|failed to respond|server disconnected|other side closed|GOAWAY|RST_STREAM|\": EOF\b",
    r"actively refused|Unable to execute HTTP|: 0 Unknown Error|was not upgraded to websocket",
    r"unexpected end of stream on|did not properly respond|RemoteDisconnected|RemoteProtocolError|No route to host",
    # no such name
    r"getaddrinfo|no such host|No such host is known|Unknown ?Host|host ?lookup|name resolution|hostname could not be",
    r"name or service not known|nodename nor servname provided|Name does not resolve",
    # no trust
    r"SSL ?Error|SSL_connect|SSL connection|(?:TLS|SSL)[ _]?handshake|HandshakeException|certificate|CERT_|_CERT\b",
    r"x509:|UNABLE_TO_(?:VERIFY|GET)_",
    # words of the servers between
    r"bad ?gateway|service ?unavailable|gateway ?time-?out|upstream|circuit ?breaker",
    # gRPC; the plain word is what a shop says of its goods
    r"(?-i:(?<![\w\"'])UNAVAILABLE(?![\w\"']))|code = Unavailable|StatusCode\W{0,3}Unavailable",
    # libraries' names for any answer that is an error
    r"HttpRequestException|Socket(?:Timeout)?Exception|WebException|\bURLError|ClientConnector|ConnectTimeout|ReadTimeout",
    r"WinError (?:10054|1006[01]|1100[14])|Errno (?:104|11[013]|-[235])\b",
    r"APIConnectionError|RetryableException|HTTP ?Error|HttpException|HTTPStatusError|too many requests",
)
"""A call over the network that failed."""

_STATUS = r"(?:status(?:[ _]?code)?|error(?:[ _]?code)?|HTTP(?:/[\d.]+)?|code|success|unacceptable|answered|too many)"
_FORM = (
    rf"(?:\b{_STATUS}[\"']?(?: of)?[:= (\[]{{0,3}}|failure response for \S{{1,300}}: |resulted in a [‵`']"
    r"|server error [‵`']|[\[(])"
)
SERVER_ERROR = Words(
    rf"{_FORM}5\d\d\b",
    r"(?<![\w:.#/-])50[234]\b(?!:\d)|\b5\d\d (?:Server Error|Internal Server Error)",
)
"""An answer that says that the server failed."""

_REFUSAL = r"4(?:0[0-79]|1[0-8]|2[0-46-8]|31|51)"
REFUSED = Words(
    rf"(?:{_FORM}|client error [‵`']){_REFUSAL}\b",
    rf"\b{_REFUSAL} (?:Client Error|Bad Request|Unauthorized|Forbidden|Not Found|Conflict|Gone)",
)
"""An answer that says that our request is at fault: the service works. (408, 425 and 429 are about time and load.)"""

UNANSWERED = Words(
    # gRPC's two statuses for a server that does not answer, as each of its languages writes them
    r"(?-i:StatusCode\.(?:DEADLINE_EXCEEDED|UNAVAILABLE)\b|StatusCode=\W{0,2}(?:Unavailable|DeadlineExceeded))",
    r"(?-i:code = (?:Unavailable|DeadlineExceeded)\b|codeName: (?:UNAVAILABLE|DEADLINE_EXCEEDED)\b)",
    r"(?-i:(?:Status(?:Runtime)?|Api|Firestore)Exception[^\n]{0,20}: (?:UNAVAILABLE|DEADLINE_EXCEEDED)\b)",
    r"(?-i:: (?:14 UNAVAILABLE|4 DEADLINE_EXCEEDED): |^(?:14 UNAVAILABLE|4 DEADLINE_EXCEEDED): )",
    r"(?-i:GRPC::(?:Unavailable|DeadlineExceeded)\b|status: (?:Unavailable|DeadlineExceeded), )",
    r"(?-i:Google::Cloud::(?:Unavailable|DeadlineExceeded)Error)",
    r"(?-i:(?:ServiceUnavailable|DeadlineExceeded|GatewayTimeout|RetryError): (?:50[34] |Deadline of )[A-Za-z])",
    # and as Firebase does
    r"\[code=(?:unavailable|deadline-exceeded)\]|\[[a-z_]+/(?:unavailable|deadline-exceeded)\]",
    # a gateway's word for a server behind it, as clients report it
    r"\bstatus(?:[ _]?code)?[\"']?(?: of)?[:= (]{0,3}(?:50[234]|52\d)\b|(?:success|unacceptable): (?:50[234]|52\d)\b",
    r"\bHTTP(?:/[\d.]+)? (?:50[234]|52\d)\b(?-i:(?! [a-z]))|[\[(‵](?:50[234]|52\d)\)? (?-i:[A-Z])",
    r"\b(?:50[234]|52\d) (?:Server Error|Bad Gateway|Gateway Time)",
    r"error occurred \((?:50[234]|ServiceUnavailable\w*)\) when calling",
    # AWS's own names; anybody's shop may call its closing hours ServiceUnavailableException
    r"\bModel(?:Timeout|NotReady)Exception\b|ServiceUnavailableException: [^\n]{0,60}\bprocess (?:your|the) request",
    r"RestClient::(?:BadGateway|ServiceUnavailable|GatewayTimeout)|upstream connect error",
    # libraries of model providers
    r"\bAPI(?:Connection|Timeout|ConnectionTimeout)Error\b",
)
"""A service that does not answer a server, in words that name the other side and not always the host."""

LIMITED = Words(
    r"rate[ _-]?limit(?:ed|[ _-]?(?:error|exceeded|reached|exception|hit))",
    r"exceed\w{0,8}+ (?:[\w-]{1,40}+ ){0,5}rate[ -]limit",
    r"too[ _-]?many[ _-]?(?:concurrent[ _-]?)?requests(?!HttpException)|concurrent_limit_exceeded",
    r"flood control exceeded|FLOOD_?WAIT",
    r"\b(?:status|code|http|error)(?:[ _]?code)?[\"']?[:= ]{0,3}429\b|HTTP/[\d.]+ 429\b|\b429 Client|\[429 ",
    r"^429(?=$|(?-i: [A-Z{])|: )|too many 429",
    r"Throttl(?:ing|ed)(?:Exception|Error)|\(Throttling\)|(?-i:\bThrottling:)",
    r"(?:was|been|being|is) throttled|\bThrottled by|(?:Error|Exception)s?: Throttled(?=[.,]?(?:\s|$))",
    r"(?<![a-z] )\bRate exceeded|Request_?Limit_?Exceeded|(?-i:\bSlowDown\b)|reduce (?:your )?request rates?",
    r"request rate is (?:too )?large|(?:per|second|minute|daily|hourly) request limit|(?:daily|monthly) request quota",
    r"exceeded your (?:current|daily|monthly) quota|insufficient_quota|quota exceeded for|OVER_QUERY_LIMIT",
    r"\bsending rate exceeded|request limit reached|API requests per \w+ exceeded|(?-i:\bFUNCTION_THROTTLED\b)",
    r"reached your (?:secondly|hourly|daily|monthly|\w+_rolling) limit|provisioned throughput [^\n]{0,20}was exceeded",
    r"ProvisionedThroughputExceeded|exceeds the throughput limit|RequestThrottled",
    # gRPC's status for a quota; also what its libraries say of a message that is too large
    r"(?:RESOURCE_EXHAUSTED|ResourceExhausted)(?![^\n]{0,80}larger than max)",
    # a provider without capacity turns calls away, too
    r"overloaded_error|\b529 Overloaded|\b(?:status|code|error)(?: code)?:? ?529\b|^529\b",
    r"(?:model|engine) is (?:currently |temporarily )?overloaded|currently overloaded with other",
    r"(?:: |- |\")(?-i:Overloaded)(?=[\".,]|$)",
)
"""A service that turns calls away because there are too many of them: with 429 or 529, or in words alone."""

CERTIFICATE_EXPIRED = Words(
    # Gift certificates and those of first-aid courses expire, too.
    r"(?:(?<![a-z] )|(?:ssl|tls|server|server.s|peer|client|leaf|x509|remote|root|intermediate) )"
    r"certificate (?:has|is) expired",
    r"certificate for this server has expired|peer certificate: Expired|tls: expired certificate",
    r"CERT_?HAS_?EXPIRED|CertificateExpired|certificate_expired|(?:alert|fatal)[: _-]+certificate expired",
    r"ERR_CERT_DATE_INVALID|EXPIRED_(?:ISSUER_)?CERT|CertPathValidatorException: (?:validity|timestamp) check failed",
    r"(?:PKIX|CertPath|CertificateException)[^\n]{0,200}NotAfter:|\bNotTimeValid\b|NSURLErrorDomain[^\n]{0,20}-1201\b",
)
"""A TLS certificate that is no longer valid: no retry helps, somebody has to renew it."""

CODE_LOADED = Words(
    r"ChunkLoadError|Loading (?:CSS )?chunk|dynamically imported module|Importing a module script|preload CSS"
)
"""A part of the application's own code that did not load: after a deploy, old pages ask for files that are gone."""


CODE_FILE = re.compile(r"\.(?:m?js|css)(?:[?#]|$)", re.IGNORECASE)
"""The end of a URL of such a part."""


OWN_LIMIT = Words(
    r"\bThrottlerException\b|was throttled\. Expected available in|\b\d+ per \d+ (?:second|minute|hour|day|month)s?\b"
)
"""The application's own limit for its callers, as NestJS, Django REST framework and Flask's limiters say it."""


def is_failing_call(text: str) -> bool:
    """Whether an error says that a call over the network failed, by the other side or on the way."""
    if OWN_LIMIT.search(text):
        return False
    if LIMITED.search(text) or CERTIFICATE_EXPIRED.search(text):
        return True
    failed = NETWORK.search(text) or SERVER_ERROR.search(text)
    return failed is not None and not REFUSED.search(text) and not CODE_LOADED.search(text)


def is_of_other_side(text: str) -> bool:
    """Whether an error is the word of a service that does not answer or turns calls away, named or not."""
    if OWN_LIMIT.search(text):
        return False
    if CERTIFICATE_EXPIRED.search(text) or LIMITED.search(text):
        return True
    return UNANSWERED.search(text) is not None and not REFUSED.search(text)


def failing_words(text: str) -> Words:
    """Of an error of a failing call, the pattern whose words must be seen of it."""
    patterns = (CERTIFICATE_EXPIRED, LIMITED, SERVER_ERROR, UNANSWERED)
    return next((pattern for pattern in patterns if pattern.search(text)), NETWORK)
