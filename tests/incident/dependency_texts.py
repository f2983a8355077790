"""Error texts in the forms of real clients and drivers, and what each failed to get: written here, quoted nowhere.

A row: the text, what the name must hold, and whose it is (True: ours, False: a vendor's, None: nothing tells). Hosts are
invented; the events were served on ``shop.example.com``.
"""

# ruff: noqa: E501  # a text of an error reads best in one line

from __future__ import annotations

Row = tuple[str, str, bool | None]

TLS: tuple[Row, ...] = (
    # Python, Node, Go, Java, Ruby, PHP, .NET, Rust
    ("SSLError: HTTPSConnectionPool(host='billing.example.com', port=443): Max retries exceeded with url: /v1 (Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)')))", "billing.example.com", True),
    ("Error: certificate has expired for https://auth.shop.svc.cluster.local:8443/token", "auth.shop.svc.cluster.local", True),
    ('*url.Error: Get "https://ledger.example.com/v2": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-23T14:10:03Z is after 2026-11-23T13:59:59Z', "ledger.example.com", True),
    ("SSLHandshakeException: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed: https://api.partner.com/v1", "api.partner.com", False),
    ("OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 peeraddr=10.0.4.7:443 state=error: certificate verify failed (certificate has expired)", "service", None),
    ("RequestException: cURL error 60: SSL certificate problem: certificate has expired (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for https://api.partner.com/v1/orders", "api.partner.com", False),
    ("AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: NotTimeValid (api.partner.com:443)", "api.partner.com", False),
    ('reqwest::Error: error sending request for url (https://api.partner.com/v1): invalid peer certificate: Expired', "api.partner.com", False),
    # the other faults of a certificate
    ("Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: stock.example.com. is not in the cert's altnames: DNS:*.wrong.net", "stock.example.com", True),
    ('Get "https://stock.internal/items": x509: certificate is valid for ingress.local, not stock.internal', "stock.internal", True),
    ("SSLPeerUnverifiedException: Certificate for <stock.partner.com> doesn't match any of the subject alternative names: [*.cdn.net]", "", None),
    ("SSLCertVerificationError: hostname 'api.partner.com' doesn't match '*.herokuapp.com'", "api.partner.com", False),
    ("CertificateException: PKIX path building failed: unable to find valid certification path to requested target https://erp.example.com/soap", "erp.example.com", True),
    ("SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate is not yet valid (https://api.example.com/v1)", "api.example.com", True),
    # what the other side refuses is ours
    ("SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580) https://api.partner.com/v1", "api.partner.com", True),
    ("SSLHandshakeException: Received fatal alert: certificate_expired", "", True),
    ("remote error: tls: expired certificate", "", True),
)  # fmt: skip

DNS: tuple[Row, ...] = (
    ("Error: getaddrinfo ENOTFOUND inventory.internal", "inventory.internal", True),
    ("Error: getaddrinfo EAI_AGAIN postgres", "postgres", True),
    ("ConnectionError: HTTPConnectionPool(host='prices', port=8080): Max retries exceeded with url: /p (Caused by NameResolutionError(\"Failed to resolve 'prices' ([Errno -2] Name or service not known)\"))", "prices", True),
    ("UnknownHostException: orders.shop.svc.cluster.local: Name or service not known", "orders.shop.svc.cluster.local", True),
    ("dial tcp: lookup api.partner.com on 10.96.0.10:53: no such host", "api.partner.com", False),
    ("SocketError: Failed to open TCP connection to search.internal:9200 (getaddrinfo: Name or service not known)", "search.internal", True),
    ("ErrorException: php_network_getaddresses: getaddrinfo for mail.example.com failed: Temporary failure in name resolution", "", None),
    ("HttpRequestException: Name or service not known (geo.vendor.example:443)", "geo.vendor.example", False),
    ("hyper::Error: error trying to connect: dns error: failed to lookup address information: Name or service not known", "DNS", None),
    ("GuzzleHttp\\Exception\\ConnectException: cURL error 6: Could not resolve host: api.example.com (see https://curl.haxx.se/libcurl/c/libcurl-errors.html)", "api.example.com", True),
    ("OperationalError: could not translate host name \"main-db.internal\" to address: Name or service not known", "main-db.internal", True),
    ("queryA ESERVFAIL ledger.internal", "ledger.internal", True),
)  # fmt: skip

AUTH: tuple[Row, ...] = (
    ("SMTPAuthenticationError: (535, b'5.7.8 Username and Password not accepted.')", "", True),
    ("Twilio::REST::RestError: [HTTP 401] 20003 : Unable to create record Authenticate", "Twilio", True),
    ("RefreshError: ('invalid_grant: Token has been expired or revoked.', {'error': 'invalid_grant'})", "", True),
    ("PDOException: SQLSTATE[HY000] [1045] Access denied for user 'shop'@'10.0.0.3' (using password: YES)", "MySQL", True),
    ("HTTPError: 401 Client Error: Unauthorized for url: https://api.vendor.example/v1/charges", "api.vendor.example", True),
    ("AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key provided: <credential 1>. You can find your API key at https://platform.vendor.example/account', 'code': 'invalid_api_key'}}", "", True),
    ("AxiosError: Request failed with status code 403: https://api.vendor.example/v1/ship", "api.vendor.example", True),
    ("ClientError: An error occurred (ExpiredTokenException) when calling the AssumeRole operation: The security token included in the request is expired", "AWS", True),
    ("AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: 7)", "Amazon S3", True),
    ("AccessDeniedException: User: arn is not authorized to perform: dynamodb:PutItem", "", True),
    ("Stripe::AuthenticationError: Invalid API Key provided: <credential 1>", "Stripe", True),
    ("Google\\Service\\Exception: Request had invalid authentication credentials. Expected OAuth 2 access token https://gmail.googleapis.com/v1", "gmail.googleapis.com", True),
    ("MsalServiceException: AADSTS7000222: The provided client secret keys for app are expired.", "Azure", True),
    ("OperationalError: FATAL: password authentication failed for user \"shop\"", "", True),
    ("ReplyError: NOAUTH Authentication required.", "Redis", True),
    ("MongoServerError: bad auth : Authentication failed.", "MongoDB", True),
    ("rpc error: code = PermissionDenied desc = denied by dns:///api.vendor.example:443", "api.vendor.example", True),
    ("reqwest::Error: HTTP status client error (401 Unauthorized) for url (https://api.vendor.example/v1)", "api.vendor.example", True),
    ("OAuth2Error: invalid_grant: Token has been expired or revoked.", "", True),
)  # fmt: skip

DATABASE: tuple[Row, ...] = (
    # forms that public threads show: SQLAlchemy puts the driver's class in brackets, and that is no host
    ("OperationalError: (psycopg2.OperationalError) SSL connection has been closed unexpectedly", "PostgreSQL", True),
    ("OperationalError: (pymysql.err.OperationalError) (2013, 'Lost connection to MySQL server during query')", "MySQL", True),
    ("psycopg.OperationalError: the connection is lost", "PostgreSQL", True),
    ("MongooseError: Operation `users.findOne()` buffering timed out after 10000ms", "MongoDB", True),
    ('OperationalError: connection to server at "db.internal" (10.0.0.5), port 5432 failed: Connection refused', "PostgreSQL", True),
    ("Error: connect ECONNREFUSED 10.0.0.5:5432", "10.0.0.5:5432", True),
    ("PSQLException: Connection to orders-db:5432 refused. Check that the hostname and port are correct", "orders-db:5432", True),
    ("dial tcp 10.0.0.9:3306: connect: connection refused", "10.0.0.9:3306", True),
    ("Mysql2::Error::ConnectionError: Lost connection to MySQL server during query", "MySQL", True),
    ("PDOException: SQLSTATE[HY000] [2002] Connection refused", "", True),
    ("MongoServerSelectionError: connect ECONNREFUSED 10.1.2.3:27017", "MongoDB", True),
    ("SqlException: A network-related or instance-specific error occurred while establishing a connection to SQL Server.", "SQL Server", True),
    ("ORA-12541: TNS:no listener", "Oracle", True),
    ("sqlx::Error: pool timed out while waiting for an open connection", "", True),
    ("OperationalError: database is locked", "", True),
    ("TimeoutError: QueuePool limit of size 20 overflow 10 reached, connection timed out, timeout 30.00", "", True),
    ("HikariPool-1 - Connection is not available, request timed out after 30000ms.", "", True),
    ("OperationalError: FATAL: sorry, too many clients already", "", True),
    ("ActiveRecord::Deadlocked: PG::TRDeadlockDetected: ERROR: deadlock detected", "PostgreSQL", True),
    ("PG::ReadOnlySqlTransaction: ERROR: cannot execute INSERT in a read-only transaction", "PostgreSQL", True),
    ("PrismaClientInitializationError: Can't reach database server at `main.abc.eu-west-1.rds.amazonaws.com`:`5432`", "", True),
    ("NpgsqlException (0x80004005): Failed to connect to 10.0.0.5:5432", "10.0.0.5:5432", True),
    ("ConnectionError: Error: NoLivingConnections: no living connections at http://elastic.internal:9200", "Elasticsearch", True),
)  # fmt: skip

CACHE: tuple[Row, ...] = (
    ("Error: connect ECONNREFUSED 10.0.3.7:6379", "Redis at 10.0.3.7:6379", True),
    ("redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.", "redis:6379", True),
    ("Redis::CannotConnectError: Error connecting to Redis on cache.internal:6379 (Errno::ECONNREFUSED)", "cache.internal:6379", True),
    ("RedisConnectionFailureException: Unable to connect to Redis; nested exception is io.lettuce.core.RedisConnectionException", "Redis", True),
    ("RedisConnectionException: No connection is active/available to service this operation: GET cart:7", "Redis", True),
    ("dial tcp 10.0.3.7:6379: i/o timeout", "10.0.3.7:6379", True),
    ("Predis\\Connection\\ConnectionException: Connection refused [tcp://10.0.3.7:6379]", "10.0.3.7:6379", True),
    ("ReplyError: CLUSTERDOWN The cluster is down", "Redis", True),
    ("ReplyError: LOADING Redis is loading the dataset in memory", "Redis", True),
    ("ResponseError: OOM command not allowed when used memory > 'maxmemory'.", "Redis", True),
    ("ReplyError: READONLY You can't write against a read only replica.", "Redis", True),
    ("Dalli::RingError: No server available", "Memcached", True),
    ("JedisConnectionException: Failed connecting to cache-1.abc.0001.euw1.cache.amazonaws.com:6379", "cache-1.abc.0001.euw1.cache.amazonaws.com:6379", True),
    ("redis::RedisError: Connection refused (os error 111) - redis://10.0.3.7:6379", "10.0.3.7:6379", True),
    ("MaxRetriesPerRequestError: Reached the max retries per request limit (which is 20). Refer to \"maxRetriesPerRequest\" option for details.", "cache", True),
)  # fmt: skip

QUEUE: tuple[Row, ...] = (
    ("pika.exceptions.ConnectionClosed: (-1, \"ConnectionResetError(104, 'Connection reset by peer')\")", "RabbitMQ", True),
    ("KafkaJSNumberOfRetriesExceeded: Connection timeout", "Kafka", True),
    ("NoBrokersAvailable: NoBrokersAvailable", "Kafka", True),
    ("KafkaException: KafkaError{code=_TRANSPORT,val=-195,str=\"Failed to get metadata: Local: Broker transport failure\"}", "Kafka", True),
    ("TimeoutException: Topic orders not present in metadata after 60000 ms.", "queue", True),
    ("kafka: client has run out of available brokers to talk to: dial tcp 10.0.8.1:9092: connect: connection refused", "10.0.8.1:9092", True),
    ("pika.exceptions.AMQPConnectionError: Connection to 10.0.8.2:5672 failed", "10.0.8.2:5672", True),
    ("BrokerUnreachableException: None of the specified endpoints were reachable", "RabbitMQ", True),
    ("Bunny::TCPConnectionFailedForAllHosts: Could not establish TCP connection to any of the configured hosts", "RabbitMQ", True),
    ("Error: connect ECONNREFUSED 10.0.8.2:5672", "RabbitMQ at 10.0.8.2:5672", True),
    ("AlreadyClosedException: connection is already closed due to connection error; cause: java.net.SocketException: Connection reset", "queue", True),
    ("AMQPIOException: stream_socket_client(): Unable to connect to tcp://rabbit.internal:5672 (Connection refused)", "rabbit.internal:5672", True),
    ("Exception (504) Reason: \"channel/connection is not open\"", "queue", True),
    ("lapin::Error: IO error: Connection refused (os error 111)", "RabbitMQ", True),
    ("OperationalError: kombu.exceptions.OperationalError: [Errno 111] Connection refused", "RabbitMQ", True),
)  # fmt: skip

STORAGE: tuple[Row, ...] = (
    ("InternalError: We encountered an internal error. Please try again.", "storage", False),
    ("s3aws: SlowDown: status code: 503, request id: tx00000641befc53c03938", "Amazon S3", False),
    ("ClientError: An error occurred (SlowDown) when calling the PutObject operation (reached max retries: 4): Please reduce your request rate.", "Amazon S3", False),
    ("ClientError: An error occurred (ServiceUnavailable) when calling the UploadPart operation: Service Unavailable", "Amazon S3", False),
    ("NoSuchBucket: The specified bucket does not exist", "storage", True),
    ("S3ServiceException: Service Unavailable https://shop-media.s3.eu-west-1.amazonaws.com/a", "shop-media.s3.eu-west-1.amazonaws.com", False),
    ("Aws::S3::Errors::InternalError: We encountered an internal error. Please try again.", "Amazon S3", False),
    ("OSError: [Errno 28] No space left on device: '/var/data/export.csv'", "storage", True),
    ("Error: ENOSPC: no space left on device, write", "storage", True),
    ("OSError: [Errno 30] Read-only file system: '/mnt/media'", "storage", True),
    ("IOException: There is not enough space on the disk.", "storage", True),
    ("Get \"https://media.blob.core.windows.net/a\": connection reset by peer", "media.blob.core.windows.net", False),
    ("League\\Flysystem\\UnableToWriteFile: Unable to write file at location: a.jpg. Error executing \"PutObject\"", "", False),
)  # fmt: skip

MODEL: tuple[Row, ...] = (
    ("anthropic.RateLimitError: Error code: 429 - {'type': 'error', 'error': {'type': 'rate_limit_error'}}", "Anthropic", False),
    ("InternalServerError: 529 {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}", "Anthropic", False),
    ("RateLimitError: Error code: 429 - Rate limit reached for model-x in organization org-1 on tokens per min (TPM): Limit 30000", "model", False),
    ("BadRequestError: Error code: 400 - {'error': {'message': \"This model's maximum context length is 128000 tokens. However, your messages resulted in 131072 tokens.\", 'code': 'context_length_exceeded'}}", "", True),
    ("ValidationException: An error occurred (ValidationException) when calling the InvokeModel operation: prompt is too long: 209303 tokens > 200000 maximum", "Amazon Bedrock", True),
    ("ServerError: 503 UNAVAILABLE. The model is overloaded. Please try again later. https://generativelanguage.googleapis.com/v1", "generativelanguage.googleapis.com", False),
    ("openai.APITimeoutError: Request timed out: https://api.openai.com/v1/chat/completions", "api.openai.com", False),
    ("ModelTimeoutException: Model has timed out in processing the request.", "model", False),
    ("Post \"https://api.anthropic.com/v1/messages\": context deadline exceeded", "api.anthropic.com", False),
    ("HttpRequestException: Response status code does not indicate success: 503 (Service Unavailable). https://shop.openai.azure.com/chat", "shop.openai.azure.com", False),
    ("AI_RetryError: Failed after 3 attempts. Last error: overloaded_error", "Anthropic", False),
)  # fmt: skip

HTTP: tuple[Row, ...] = (
    ("HTTPError: 502 Server Error: Bad Gateway for url: https://api.vendor.example/v1", "api.vendor.example", False),
    ("HTTPError: 503 Server Error: Service Unavailable for url: http://inventory.internal/stock", "inventory.internal", True),
    ("AxiosError: Request failed with status code 500: https://api.example.com/cart", "api.example.com", True),
    ("FetchError: request to https://cart.example.com/api failed, reason: connect ECONNREFUSED 10.0.0.8:443", "", True),
    ("ConnectException: Failed to connect to payments.shop.svc.cluster.local/10.0.0.8:8080: Connection refused", "payments.shop.svc.cluster.local", True),
    ('Get "http://10.0.0.12:8080/prices": dial tcp 10.0.0.12:8080: connect: connection refused', "10.0.0.12", True),
    ("Faraday::TimeoutError: Net::ReadTimeout with https://api.vendor.example/v1", "api.vendor.example", False),
    ("TaskCanceledException: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing. timed out https://api.vendor.example/v1", "api.vendor.example", False),
    ("rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial tcp 10.0.0.4:50051: connect: connection refused\"", "10.0.0.4", True),
    ("reqwest::Error: error sending request for url (https://api.vendor.example/v1): operation timed out", "api.vendor.example", False),
)  # fmt: skip

KINDS: dict[str, tuple[Row, ...]] = {
    **{"tls": TLS, "dns": DNS, "auth": AUTH, "database": DATABASE, "cache": CACHE, "queue": QUEUE},
    **{"storage": STORAGE, "model": MODEL, "http": HTTP},
}

NAMED_AND_ADDRESSED = (
    ('psycopg2.OperationalError: connection to server at "db-primary.internal" (10.20.3.12), port 5432 failed: Connection refused', "PostgreSQL at db-primary.internal:5432"),
    ('psycopg2.OperationalError: connection to server at "db-primary" (10.20.3.12), port 5432 failed: Connection refused', "PostgreSQL at db-primary:5432"),
    ('OperationalError: could not connect to server: Connection refused\n\tIs the server running on host "db-primary.internal" (10.20.3.12) and accepting TCP/IP connections on port 5432?', "PostgreSQL at db-primary.internal:5432"),
    ("PSQLException: Connection to db-primary.internal/10.20.3.12:5432 refused", "PostgreSQL at db-primary.internal:5432"),
    ("JedisConnectionException: Failed to connect to cache.internal/10.0.3.7:6379", "Redis at cache.internal:6379"),
    ("Error: dial tcp: db.internal (10.1.2.3:5432): connect: connection refused", "PostgreSQL at db.internal:5432"),
    ("Error: failed to connect to `host=db.internal user=shop database=shop`: dial error (dial tcp 10.1.2.3:5432: connect: connection refused)", "PostgreSQL at db.internal:5432"),
    ("Error: failed to connect to `user=shop database=shop`: 10.1.2.3:5432 (db.internal): dial error: connect: connection refused", "PostgreSQL at db.internal:5432"),
    ("OperationalError: (2003, \"Can't connect to MySQL server on 'db.internal' (10.1.2.3:3306)\")", "MySQL at db.internal:3306"),
    ("ConnectException: Connection refused: broker-1.internal/10.0.1.4:9092", "Kafka at broker-1.internal:9092"),
    # without a name the address stands, and what stands before it in brackets is no name
    ("Error: connect ECONNREFUSED 10.0.3.7:6379", "Redis at 10.0.3.7:6379"),
    ("Error: connection failed (10.0.3.7:6379)", "Redis at 10.0.3.7:6379"),
)  # fmt: skip
"""Texts of drivers that give a host's name and its address, and how it is shown."""

NAMED_WITH_A_FAILURE = (
    ("redis.exceptions.TimeoutError: Timeout reading from socket", "Redis"),
    ("Error: Redis timed out after 'GET cart'", "Redis"),
    ("RuntimeError: kafka timeout while sending to 'orders'", "Kafka"),
    ("pymongo.errors.NetworkTimeout: 'connection timed out'", "MongoDB"),
    ("Error: Redis connection to 'sessions' failed: connection refused", "Redis"),
)
"""Texts with something quoted in which a client tells of a call that failed, and whose it was."""

NO_DEPENDENCY = (
    "TypeError: Cannot read properties of undefined (reading 'total')",
    "ValidationError: callback_url 'http://10.0.0.5:6379' is not allowed",
    "ZodError: Invalid url: https://api.vendor.example/v1, connection refused",
    "AssertionError: expected ECONNREFUSED 127.0.0.1:6379",
    "InvalidArgumentException: host api.vendor.example:5432 is not in the list",
    "Error: user said: see http://10.0.0.5:9200 for the report",
    "KeyError: 'redis.exceptions.ConnectionError'",
    "HTTPError: 404 Client Error: Not Found for url: https://api.vendor.example/v1/x",
    "HTTPError: 422 Client Error: Unprocessable Entity for url: https://api.vendor.example/v1/x",
    "HTTPError: 401 Client Error: Unauthorized for url: https://api.example.com/me",
    "BadCredentialsException: Bad credentials",
    "TokenExpiredError: jwt expired",
    "ProgrammingError: syntax error at or near \"WHERE\"",
    "IntegrityError: duplicate key value violates unique constraint \"orders_pkey\"",
    "Error: gift certificate has expired",
    "PermissionError: [Errno 13] Permission denied: '/etc/shop.conf'",
    "PSQLException: ERROR: column \"amount\" does not exist",
    "Error: the coupon for redis stickers is sold out",
    "ChunkLoadError: Loading chunk 42 failed. (timeout: https://cdn.example.com/42.js)",
    "ReferenceError: RedisConnectionError is not defined",
    "RuntimeError: kafka topic name must not be empty",
    "NoSuchKey: The specified key does not exist.",
    # a product and a word of failure in the name of a setting, or in a value that is quoted
    "ValueError: unknown setting 'redis timeout' in row 7",
    "ValueError: invalid value for 'redis.timeout': expected a number",
    "KeyError: 'redis_timeout'",
    "ConfigError: unknown key \"kafka.connection.timeout\" in settings.toml",
    "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\npostgres_timeout\n  Input should be a valid integer",
    "TypeError: Cannot read properties of undefined (reading 'redisTimeout')",
    "TypeError: __init__() got an unexpected keyword argument 'redis_connect_timeout'",
    "AttributeError: 'Settings' object has no attribute 'mysql_timeout'",
    "UndefinedColumn: column \"stripe_timeout\" does not exist",
    "YAMLException: duplicated mapping key \"redis timeout\" at line 3",
    "ValueError: could not parse 'mongo connection failed' as a number",
    "RuntimeError: option redis.timeout must be an integer, got 'abc'",
    "ImproperlyConfigured: Set the REDIS_TIMEOUT environment variable",
    "ValueError: time data 'redis timed out' does not match format '%Y'",
    "ValueError: bad header 'openai rate limit exceeded' in line 4",
    "NoSuchSetting: elasticsearch.timeout is not a known setting",
    "MissingTranslation: no text for \"errors.kafka.timeout\"",
    "LookupError: unknown error class 'RedisTimeoutError'",
    "InvalidFlag: flag 'postgres-timeout' has no variant \"on\"",
    "TemplateSyntaxError: unknown filter 'redis timeout'",
    "ReferenceError: redisTimeout is not defined",
    "NameError: name 'redis_timeout' is not defined",
    "ImportError: cannot import name 'RedisTimeout' from 'shop.errors'",
    "IndexError: row \"redis timeout\" has no column 3",
    "NoMethodError: undefined method `redis_timeout' for nil:NilClass",
    "Error: Unknown argument `kafka_timeout`. Did you mean `kafka_timeouts`?",
    "ValueError: unsupported value 'redis timeout 5s' for --cache",
    "Error: invalid redis timeout: 5x",
    "Error: unknown Redis setting timeout",
    "Error: redis timeout must be a positive number",
    "Error: the option kafka timeout is not supported",
    "Warning: deprecated option rabbitmq timeout",
)  # fmt: skip
"""Errors that only mention a host or a product, or that a working service answers."""
