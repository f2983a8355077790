"""The words by which an error tells what the failing code depends on and did not get, but for databases' and networks'.

As in :mod:`.call_words` each fault has the spellings of many clients side by side. A table tells what failed (a name, a
certificate, a key, a cache …), not whose it was: for that the error must name a host, or the call before it.
"""

from __future__ import annotations

import re

from sentry_runbook.incident.events.words import Words

# --- certificates --------------------------------------------------------------------------------------------------

OURS_REFUSED = Words(
    # An alert comes from the other side: what it does not accept is the certificate that we sent.
    r"alert (?:number \d{1,3}: )?(?:bad |unsupported )?certificate(?: (?:expired|revoked|unknown|required))?\b",
    r"ALERT_(?:CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN|REQUIRED)|BAD_CERTIFICATE)",
    r"Received fatal alert: (?:certificate_(?:expired|revoked|unknown|required)|bad_certificate)",
    r"remote error: tls: (?:expired|bad|revoked|unknown) certificate|remote error: tls: certificate required",
    r"SERVER ALERT: Fatal - (?:Certificate|Bad Certificate)|received fatal alert: (?:Certificate|BadCertificate)\w*",
    r"CERT_ALERT|ERR_BAD_SSL_CLIENT_AUTH_CERT|client certificate (?:has |is )?expired",
)
"""Our own (client) certificate, which the other side refuses."""

NOT_YET_VALID = Words(
    r"(?<!expired or is )(?<!expired or )not yet valid|CERT_NOT_YET_VALID|CertificateNotYetValid|NotValidYet",
    r"x509: [^\n]{0,80}current time \S{1,40} is before",
    r"(?:PKIX|CertPath|CertificateException)[^\n]{0,200}NotBefore:",
)
"""A certificate whose time has not come, or a clock that is slow."""

OTHER_NAME = Words(
    r"ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate.s altnames|certificate is not valid for [.'\"‘“\w]",
    r"x509: certificate is (?:valid for|not valid for any names)|certificate is valid for [^\n]{1,120}?, not ",
    r"No subject alternative (?:DNS )?names? (?:matching|present)|does(?:n.t| not) match the (?:server "
    r"|peer )?certificate",
    r"hostname [^\n]{1,80}? doesn.t match|RemoteCertificateNameMismatch|ERR_CERT_COMMON_NAME_INVALID",
    r"Peer certificate CN=[^\n]{1,80}? did not match|no alternative certificate subject name matches",
    r"NotValidForName|certificate (?:is )?not valid for name|match the host name"
    r"|certificate for <[^\n]{1,80}? doesn.t match",
    r"CertificateError: hostname|Hostname mismatch|SSLPeerUnverifiedException: Hostname",
)
"""A certificate of another name than that of the host."""

UNTRUSTED = Words(
    r"self[- ]signed certificate|SELF_SIGNED_CERT|unable to (?:get|verify)[^\n]{0,20} (?:issuer|first) certificate",
    r"UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT)|certificate signed by unknown authority",
    r"PKIX path building failed|unable to find valid certification path|UntrustedRoot|PartialChain|UnknownIssuer",
    r"ERR_CERT_AUTHORITY_INVALID|CERTIFICATE_VERIFY_FAILED|certificate verify failed|certificate problem: ",
    r"RemoteCertificateChainErrors|remote certificate (?:is|was) (?:invalid|rejected)|certificate has been revoked",
)
"""A certificate that nobody known has signed."""

_DATE = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?Z?)?|(?:[A-Z][a-z]{2},? ){1,2}\d{1,2}[\w :]{0,24}"
EXPIRED_AT = re.compile(
    rf"\bis after ({_DATE})|\bNotAfter: ?({_DATE})|\bexpir(?:ed|es|y|ation)(?: date| time)?(?: on| at|:|=) ?({_DATE})",
    re.ASCII,
)
"""When the certificate ended, where the error says it."""

# --- names ---------------------------------------------------------------------------------------------------------

UNRESOLVED = Words(
    r"ENOTFOUND|EAI_AGAIN|EAI_NONAME|EAI_NODATA|ENODATA\b|ESERVFAIL|NXDOMAIN|SERVFAIL|ERR_NAME_NOT_RESOLVED",
    r"getaddrinfo(?:[: ]|\()|getaddrinfow|\[Errno -[2358]\]|Errno 1100[14]\b|Name or service not known",
    r"nodename nor servname|name resolution|Name does not resolve|no such host|No such host is known",
    r"Unknown ?Host(?:Exception)?|Unknown MySQL server host|could not (?:translate host name|resolve)|Couldn.t resolve",
    r"(?:unable|failed) to resolve (?:host|name|address)|Failed to resolve|cannot be resolved by|NameResolutionError",
    r"failed to lookup address|remote name could not be resolved|hostname could not be found|host ?lookup",
    r"NoNameservers|NoResolvableHost|DNS (?:resolution|lookup|server|cache|error|query)[^\n]{0,30}(?:fail|error|timed)",
    r"dns error|SocketException: nxdomain|UnknownHostError|ResolutionError|getaddrinfo failed",
)
"""A name of a host that DNS does not know, or a DNS that does not answer."""

# --- keys and permissions ------------------------------------------------------------------------------------------

OUR_KEY = Words(
    r"(?:invalid|incorrect|wrong|expired|missing|revoked|disabled|unknown)[ _-](?:x-)?api[ _-]?key",
    r"api[ _-]?key (?:is |was |has been |provided is |you provided is )?(?:not valid|invalid|expired|incorrect"
    r"|missing|revoked"
    r"|disabled|required|not found)|API_KEY_(?:INVALID|EXPIRED|SERVICE_BLOCKED)",
    r"no (?:valid )?api key provided|did not provide an API key|InvalidApiKey|ApiKeyInvalid|access token (?:is "
    r"|has )?expired",
    r"authentication_error\b|Expired API Key|OAuthException[^\n]{0,60}access token",
    # clouds
    r"ExpiredToken|security token included in the request is (?:expired|invalid)|InvalidClientTokenId",
    r"UnrecognizedClientException|SignatureDoesNotMatch|InvalidAccessKeyId|AuthFailure\b|InvalidSignatureException",
    r"\bError Code: AccessDenied\b|‹Code›AccessDenied|\bAccessDenied(?:Exception)?\b(?= ?\)| ?:"
    r"|[^\n]{0,80}(?:operation|when calling|not authorized|Access Denied))",
    r"is not authorized to perform|AuthorizationFailed\b|AuthorizationPermissionMismatch"
    r"|AuthenticationFailed\b[^\n]{0,80}Server",
    r"Unable to locate credentials|Could not load credentials|NoCredential(?:s|Providers)"
    r"|Unable to load (?:AWS )?credentials",
    r"DefaultCredentialsError|CredentialsProviderError|CredentialUnavailable|TokenRefreshError|RefreshError\b",
    r"invalid_grant|invalid_client\b|AADSTS7\d{3,6}|ClientAuthenticationError|does not have \S{3,60} (?:access"
    r"|permission)",
    r"request had invalid authentication credentials|caller does not have permission|CredentialsNotLoaded",
    # databases, caches and queues
    r"password authentication failed|no pg_hba\.conf entry|Access denied for user|Login failed for user|ORA-(?:01017"
    r"|28000|28001)",
    r"\bbad auth\b|MongoServerError: Authentication failed|SCRAM[^\n]{0,40}fail|SCRAM failure|NOAUTH\b|WRONGPASS"
    r"|NOPERM\b",
    r"invalid username-password pair|ACCESS_REFUSED|ProbableAuthenticationError"
    r"|Sasl\w{0,8} ?authentication ?(?:failed|exception)",
    r"SaslAuthentication|TopicAuthorization|GroupAuthorization|security_exception[^\n]{0,40}missing authentication",
    r"ER_ACCESS_DENIED|28P01|P1000: Authentication|P1010\b",
)
"""A key, a password or a permission of ours that is not accepted, in words that users' logins have not."""

STATUS_OF_KEY = Words(
    r"\b40[13] Client Error|(?:status(?:[ _]?code)?[\"']?(?: of)?|success:|unacceptable:|HTTP(?:/[\d.]+)?"
    r"|error)[:= (\[]{0,3}40[13]\b",
    r"Client error [‵`'\"]40[13] |resulted in a [‵`']40[13] |\[40[13] (?:Unauthorized|Forbidden)\]"
    r"|\b40[13] (?:Unauthorized|Forbidden)",
    r"RestClient::(?:Unauthorized|Forbidden)|WebClientResponseException\$(?:Unauthorized|Forbidden)",
    r"HttpClientErrorException\$(?:Unauthorized|Forbidden)|Http failure response for \S{1,300}: 40[13] ",
    r"Faraday::(?:UnauthorizedError|ForbiddenError)|FeignException\.(?:Unauthorized|Forbidden)|UNAUTHENTICATED\b"
    r"|PERMISSION_DENIED\b",
    r"code = (?:Unauthenticated|PermissionDenied)\b|StatusCode=\W{0,2}(?:Unauthenticated|PermissionDenied)",
)
"""An answer 401 or 403: of somebody else's service it is our key; of one's own it may be a user's login."""

# --- model providers -----------------------------------------------------------------------------------------------

TOO_LONG = Words(
    r"context_length_exceeded|maximum context length|prompt is too long"
    r"|exceeds? (?:the )?(?:model.s )?context (?:limit|window)",
    r"Input is too long for requested model|ContextWindow(?:Exceeded|Overflow)|input (?:token count"
    r"|length)[^\n]{0,60}exceed",
    r"too many (?:input )?tokens|string_above_max_length|max_tokens is too large|reduce the length of (?:the messages"
    r"|your prompt)",
)
"""What we sent to a model is longer than it takes."""

MODEL_FULL = Words(
    r"overloaded_error|\b529\b[^\n]{0,40}Overloaded|(?:model|engine) is (?:currently |temporarily )?overloaded",
    r"currently overloaded with other|Model(?:Timeout|NotReady|Stream|Error)(?:Exception|Error)",
    r"tokens per (?:min|minute|day)|\b(?:TPM|RPM)\): Limit|model[_ -]\w{0,20}[^\n]{0,30}at capacity",
    r"Rate limit reached for [\w.:/-]{1,60} (?:in|on) |insufficient_quota|The model [^\n]{1,60} is overloaded",
)
"""A model provider without capacity for us."""

# --- caches, queues, storage ---------------------------------------------------------------------------------------

CACHE_FULL = Words(r"OOM command not allowed|SERVER_ERROR out of memory storing object|MISCONF\b")
"""A cache that takes no writes, for its memory or its disk."""

CACHE_STARTING = Words(r"LOADING Redis is loading|LOADING (?:Valkey|KeyDB|Dragonfly) is loading|MASTERDOWN\b")
"""A cache that reads its data back."""

CACHE_READ_ONLY = Words(r"READONLY You can.t write against a read only|ReadOnlyError|RedisReadOnly\w*")
"""A replica in place of the primary."""

CACHE_DOWN = Words(
    r"CLUSTERDOWN\b|TRYAGAIN\b|ClusterAllFailedError|RedisCluster(?:Exception|Error)|ClusterDownError",
    r"redis\.exceptions\.(?:Connection|Timeout|BusyLoading)Error|Redis(?:Connection|Timeout"
    r"|CommandTimeout)\w{0,10}(?:Exception|Error)",
    r"Redis(?:Client)?::(?:CannotConnect|Timeout|Connection|BaseConnection|ReadTimeout|ConnectTimeout|Failover)\w*",
    r"RedisConnectionFailure\w*|RedisSystemException|Jedis(?:Connection|Exhausted)\w*|RedisException: (?:Connection"
    r"|read error|went away)",
    r"MaxRetriesPerRequestError|No connection (?:could be made|is active/available"
    r"|is available) to service this operation",
    r"Error (?:-?\d{1,5}|while reading|while writing)[^\n]{0,20} connecting to [\w.<> -]{1,80}:(?:6379|6380|11211)\b",
    r"Predis\\\S{0,40}ConnectionException|\bredis: (?:connection|client is closed|nil pool|all sentinels)"
    r"|all sentinels (?:are )?unreachable",
    r"Redis (?:server|connection) (?:went away|gone away|is down|lost|refused|to \S{1,80} failed)|NR_CLOSED"
    r"|UNCERTAIN_STATE",
    r"Dalli::(?:RingError|NetworkError)|No server available|Memcache\w{0,30}(?:ConnectionException|UnexpectedClose"
    r"|ServerError)",
    r"SERVER (?:HAS FAILED AND IS DISABLED|IS MARKED DEAD)|memcache: (?:no servers configured|connect timeout"
    r"|connection)",
    r"SocketClosedUnexpectedlyError|ConnectionTimeoutError: Connection timeout|ClientClosedError: The client is closed",
)
"""A cache that does not answer, in the words of its client."""

QUEUE_DOWN = Words(
    # Kafka
    r"KafkaJS\w{0,16}(?:Connection|NumberOfRetries|RequestTimeout|BrokerNotFound|LockTimeout)\w*|NoBrokersAvailable",
    r"Broker transport failure|All broker(?:s| connections) (?:are )?down|ALL_BROKERS_DOWN"
    r"|run out of available brokers",
    r"not present in metadata after|Expiring \d{1,9} record|NotLeaderFor|NOT_LEADER|LeaderNotAvailable"
    r"|LEADER_NOT_AVAILABLE",
    r"NotEnoughReplicas|NOT_ENOUGH_REPLICAS|fewer in-sync replicas|CoordinatorNotAvailable|KafkaTimeoutError"
    r"|Local: Message timed out",
    r"kafka[^\n]{0,30}(?:connection refused|timed out|broker not available|Disconnected|unreachable)"
    r"|Rdkafka::RdkafkaError",
    r"Failed to (?:update metadata|construct kafka|send data to Kafka)|MessageTimedOut|BrokerTransportFailure",
    # RabbitMQ
    r"AMQP(?:Connection|Connector|Socket|Heartbeat|Timeout|IOException|IO)\w*|BrokerUnreachable|AlreadyClosedException",
    r"Bunny::(?:TCPConnectionFailed|ConnectionClosed|NetworkFailure|ConnectionTimeout|NetworkError)\w*"
    r"|None of the specified endpoints",
    r"IllegalOperationError: (?:Channel|Connection) clos|channel/connection is not open"
    r"|kombu\.exceptions\.OperationalError",
    r"CONNECTION_FORCED|broker forced connection closure|(?:StreamLost|ConnectionWrongState|ChannelWrongState"
    r"|ConnectionClosedByBroker)\w*",
    r"lapin\S{0,20}(?:error|Error)|resource-locked|Celery[^\n]{0,40}broker|connection\.blocked",
    # others
    r"AWS\.SimpleQueueService|QueueDoesNotExist|QueueDeletedRecently|nats: (?:no servers|timeout|connection closed"
    r"|stale)|ServiceBus\w{0,40}Exception",
    r"JMSException|ActiveMQ\w{0,40}Exception|Could not connect to broker URL|PulsarClient\w*|NATS::IO::\w*|MQRC_\w+"
    r"|JMSCC\w+",
)
"""A queue or its broker that does not answer, in the words of its client."""

STORAGE_DOWN = Words(
    r"An error occurred \((?:SlowDown|InternalError|50[0234]|ServiceUnavailable|RequestTimeout"
    r"|RequestTimeTooSkewed)\) when calling "
    r"the \w{0,30}(?:Object|Bucket|Part|Upload)\w*",
    r"(?:Amazon)?S3(?:Service)?Exception: (?:We encountered an internal|Please reduce|Service Unavailable|Internal"
    r"|Unable|Your socket)",
    r"S3::Errors::(?:SlowDown|InternalError|ServiceUnavailable|RequestTimeout|Http50\dError)|S3UploadFailedError"
    r"|S3 error: (?:SlowDown|Internal)",
    r"\bS3\b[^\n]{0,60}(?:Service Unavailable|SlowDown|InternalError|503)|(?:Blob"
    r"|Storage)\w{0,12}Exception[^\n]{0,60}(?:ServerBusy|50[03])",
    r"ServerBusy\b|OperationTimedOut: [^\n]{0,60}(?:blob|storage)|google\S{0,30}storage\S{0,60}(?:50[0234]"
    r"|ServiceUnavailable)",
    r"minio[^\n]{0,60}(?:refused|unavailable|timed out|offline)|XMinio\w*|Flysystem\\\S{0,20}UnableTo\w*"
    r"|ActiveStorage::IntegrityError",
)
"""An object store that does not serve."""

NO_BUCKET = Words(
    r"NoSuchBucket|The specified bucket does not exist|ContainerNotFound|specified container does not exist"
)
"""An object store that does not know the bucket of ours."""

DISK = Words(
    r"No space left|\bENOSPC\b|disk (?:is )?full\b|SQLITE_FULL|not enough space on the disk|(?:disk|file"
    r"|storage) quota exceeded",
    r"\bEROFS\b|Read-only file system|\bESTALE\b|Stale (?:NFS )?file handle|\bEIO\b: |Errno 5\] Input/output error"
    r"|\bEDQUOT\b",
)
"""A disk that takes no more, or does not work."""

# --- which product -------------------------------------------------------------------------------------------------

PRODUCTS = (
    ("PostgreSQL", r"postgres|psycopg|asyncpg|\bPG::|npgsql|pgbouncer|\bpq: |\bpgx|PSQLException"),
    ("MySQL", r"mysql|maria ?db|innodb"),
    ("MongoDB", r"mongo"),
    ("SQL Server", r"SqlException|SQL Server|mssql|pyodbc"),
    ("Oracle", r"\bORA-\d|oracle|\bDPY-\d|\bTNS:"),
    ("SQLite", r"sqlite"),
    (
        "Elasticsearch",
        r"elastic|NoNodeAvailable|ClusterBlockException|NoLivingConnections|all shards failed",
    ),
    ("OpenSearch", r"opensearch"),
    ("Cassandra", r"cassandra|datastax|NoHostAvailable"),
    ("Redis", r"redis|lettuce|CLUSTERDOWN|OOM command|NOAUTH|WRONGPASS|MASTERDOWN|MISCONF|READONLY You"),
    ("Memcached", r"memcache|dalli"),
    (
        "Kafka",
        r"kafka|Broker transport|in-sync replicas|NotLeaderFor|NOT_LEADER|LEADER_NOT|NoBrokersAvailable",
    ),
    ("RabbitMQ", r"rabbit|\bamqps?\b|AMQP\w|Bunny::|BrokerUnreachable|\bpika\b|kombu|lapin"),
    ("Amazon SQS", r"\bSQS\b|SimpleQueueService|\bsqs\.\w"),
    ("NATS", r"\bnats\b"),
    (
        "Amazon S3",
        r"\bS3\b|AmazonS3|Aws::S3|\bS3\w{2,30}(?:Exception|Error)|(?:Put|Get|Head|Copy|Upload)(?:Object|Part)\b",
    ),
    ("Azure Blob Storage", r"blob\.core\.windows|BlobStorage|BlobServiceClient"),
    ("Google Cloud Storage", r"storage\.googleapis|google\.cloud\.storage|GCS\b"),
    ("OpenAI", r"open_?ai"),
    ("Anthropic", r"anthropic|claude|overloaded_error"),
    ("Amazon Bedrock", r"bedrock|InvokeModel|ConverseStream|\bConverse operation"),
    ("Google Gemini", r"gemini|generativelanguage|aiplatform|vertex"),
    ("Mistral", r"mistral"),
    ("Stripe", r"stripe"),
    ("Twilio", r"twilio"),
    (
        "AWS",
        r"botocore|aws-?sdk|amazonaws|\bSTS\b|software\.amazon|InvalidClientTokenId|UnrecognizedClient|ExpiredToken",
    ),
    ("Google Cloud", r"google\.(?:auth|api_core)|googleapis|GoogleAuth"),
    ("Azure", r"azure|AADSTS"),
)
"""Name of a product, and how errors spell it."""


PRODUCT = Words(*(spelling for _, spelling in PRODUCTS))


def product_in(text: str) -> str | None:
    """The product that an error names first; None when it names none."""
    match = PRODUCT.search(text)
    if match is None:
        return None
    # One table is searched, and its word looked up again: a group for each product would cost ten times as much.
    is_spelt = (name for name, spelling in PRODUCTS if re.match(spelling, match[0], re.IGNORECASE))
    return next(is_spelt, None)


MODEL_HOST = re.compile(
    r"(?:^|\.)(?:openai\.com|openai\.azure\.com|anthropic\.com|generativelanguage\.googleapis\.com|mistral\.ai"
    r"|cohere\.(?:ai|com)"
    r"|groq\.com|together\.(?:ai|xyz)|openrouter\.ai|deepseek\.com|huggingface\.co|replicate\.com|perplexity\.ai|x\.ai"
    r"|fireworks\.ai)$|^bedrock[\w-]{0,20}\.[\w-]{1,30}\.amazonaws\.com$|(?:^|-)aiplatform\.googleapis\.com$|^llm[.-]"
)
"""Hosts of model providers."""
STORAGE_HOST = re.compile(
    r"(?:^|[.-])s3[.-][\w.-]{0,60}amazonaws\.com$|^s3\.amazonaws\.com$|\.s3\.amazonaws\.com$"
    r"|\.blob\.core\.windows\.net$"
    r"|(?:^|\.)storage\.googleapis\.com$|\.r2\.cloudflarestorage\.com$|\.digitaloceanspaces\.com$|\.backblazeb2\.com$"
)
"""Hosts of object stores."""
QUEUE_HOST = re.compile(r"^sqs\.[\w-]{1,30}\.amazonaws\.com$|\.servicebus\.windows\.net$|^pubsub\.googleapis\.com$")
"""Hosts of queues."""

# --- what was tried already ----------------------------------------------------------------------------------------

TRIED = Words(
    r"after \d{1,4} (?:more )?(?:re-?tries|retry|attempts|tries|re-?attempts)|max(?:imum)?[ _]?(?:number of )?retries",
    r"retries (?:were |are |have been )?(?:exceeded|exhausted|reached|failed)|retry (?:limit|attempts?|count|budget) "
    r"(?:was |were |has been )?(?:exceeded|exhausted|reached)|RetryError\b|Retry(?:Exhausted|LimitExceeded|Exception)"
    r"|RetriesExceeded",
    r"MaxRetr(?:y|ies)\w{0,20}|(?:exhausted|used up|reached) (?:all |max(?:imum)? "
    r"|the max(?:imum)? )?(?:\d{1,4} )?(?:retries|attempts)",
    r"(?:gave|giving) up after|attempt \d{1,4}(?:/| of )\d{1,4}|\(\d{1,4} retries\)|NumberOfRetriesExceeded"
    r"|Retries exhausted",
    r"failed \d{1,4} times|attempts?[=:] ?[2-9]\d{0,3}\b",
)
"""An error that says how often it was tried: there are retries already."""

BREAKER_OPEN = Words(
    r"circuit ?breaker[^\n]{0,60}\b(?:is )?open\b|CircuitBreakerOpen|CallNotPermitted|BrokenCircuitException"
    r"|CircuitOpen",
    r"Breaker is open|Stoplight::Error::RedLight|hystrix[^\n]{0,40}short-circuited|ErrOpenState|breaker tripped",
)
"""A circuit breaker that is there and open."""

LATE = Words(r"(?<!set)(?<!clear)timed?[ -]?out|deadline[ _]?exceeded|took longer than|ETIMEDOUT|ESOCKETTIMEDOUT")
"""A time limit that was there and passed."""

INPUT_ERROR = re.compile(
    r"\A(?:[\w.$\\]{0,80}(?:Validation|Assertion|Zod|InvalidArgument|IllegalArgument|BadRequest|Unprocessable"
    r"|KeyError|Parse"
    r"|Syntax|Schema|Serializ|Deserializ|InvalidInput|MultipleInvalid)\w{0,30}(?:Error|Exception|Invalid)?\b)(?=:| "
    r"|\Z)",
    re.ASCII,
)
"""An error about what somebody sent: the host or the words in it are that person's."""
