"""Names and messages that drawn situations are made of."""

SLUGS = (
    "accounts",
    "billing",
    "cart",
    "catalog",
    "checkout",
    "exports",
    "gateway",
    "identity",
    "inventory",
    "invoices",
    "ledger",
    "mailer",
    "maps",
    "media",
    "orders",
    "pricing",
    "profiles",
    "ratings",
    "reports",
    "scheduler",
    "search",
    "shipping",
    "tickets",
    "wallet",
)
TENANTS = ("northwind", "contoso", "fabrikam", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "acme-eu")
VERBS = ("load", "merge", "rank", "price", "export", "split", "notify", "import", "sync", "render", "score", "bind")
FAULTS = {
    "python": (
        "KeyError: 'total'",
        "TypeError: unsupported operand type(s) for -: 'str' and 'int'",
        "AttributeError: 'NoneType' object has no attribute 'items'",
        "ValueError: not enough values to unpack",
        "IndexError: list index out of range",
        "RuntimeError: dictionary changed size during iteration",
        "AssertionError: balance must not be negative",
        "InvalidOperation: [<class 'decimal.ConversionSyntax'>]",
    ),
    "node": (
        "TypeError: Cannot read properties of undefined (reading 'map')",
        "TypeError: items is not iterable",
        "RangeError: Invalid array length",
        "Error: validation failed",
        "ReferenceError: locale is not defined",
        "AssertionError: expected a positive amount",
        "Error: unexpected state",
        "SyntaxError: Unexpected token u in JSON",
    ),
}
"""What goes wrong in a service's own code, by platform; two services may well say the same."""
DEPENDENCIES = {
    "pg-orders": (
        'OperationalError: connection to server at "{}" (10.4.1.9), port 5432 failed: Connection refused',
        "SequelizeConnectionRefusedError: connect ECONNREFUSED {}:5432",
        'OperationalError: connection to server at "{}" (10.4.1.9), port 5432 failed: timeout expired',
    ),
    "mysql-core": (
        "OperationalError: (2003, \"Can't connect to MySQL server on '{}' (111)\")",
        "Error: connect ETIMEDOUT {}:3306",
    ),
    "redis-sessions": (
        "ConnectionError: Error 111 connecting to {}:6379. Connection refused.",
        "Error: connect ECONNREFUSED {}:6379",
        "TimeoutError: Timeout reading from {}:6379",
    ),
    "kafka-2": (
        "NoBrokersAvailable: {}:9092 is not available",
        "KafkaJSConnectionError: Connection timeout {}:9092",
    ),
    "es-logs": (
        "ConnectionTimeout: {}:9200 did not answer within 10 s",
        "ConnectionError: connect ECONNREFUSED {}:9200",
    ),
    "api.sendmail.example": (
        "HTTPStatusError: Server error '503 Service Unavailable' for url 'https://{}/v3/mail'",
        "AxiosError: Request failed with status code 503: POST https://{}/v3/mail",
    ),
    "auth.partner.example": (
        "SSLError: certificate verify failed: certificate has expired for https://{}/token",
        "Error: certificate has expired: https://{}/token",
    ),
    "geo.partner.example": (
        "NameResolutionError: Failed to resolve '{}' ([Errno -2] Name or service not known)",
        "Error: getaddrinfo ENOTFOUND {}",
    ),
}
"""Dependencies and how clients in several languages say that one fails."""
