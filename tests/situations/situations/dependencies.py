"""Services that share nothing but a dependency: their requests have no common traces."""

from tests.situations.raw import Call, Suspect
from tests.situations.story import Story, situation


@situation("dependency")
def a_shared_database_refuses_connections(story: Story) -> None:
    orders, ledger, mail = story.service("orders"), story.service("ledger"), story.service("mail")
    story.service("search", platform="node")
    text = 'connection to server at "pg-main.internal" (10.0.3.7), port 5432 failed: Connection refused'
    issues = [
        service.issue(f"OperationalError: {text}", function="connect", transaction=transaction)
        for service, transaction in ((orders, "POST /orders"), (ledger, "POST /post"), (mail, "send_receipts"))
    ]
    for lag, draft in zip((0, 0.4, 1.2), issues, strict=True):
        story.fault(draft, at=-19 + lag, requests=45)
    story.incident("PostgreSQL is down", *issues, suspects=[Suspect("dependency", "pg-main.internal")])


@situation("dependency")
def a_shared_database_in_the_words_of_two_drivers(story: Story) -> None:
    orders, accounts = story.service("orders"), story.service("accounts", platform="node")
    story.service("web", platform="javascript")
    one = orders.issue(
        'OperationalError: connection to server at "pg-users" (10.0.3.9), port 5432 failed: Connection timed out',
        function="connect",
        transaction="POST /orders",
    )
    two = accounts.issue(
        "SequelizeConnectionError: connect ETIMEDOUT pg-users:5432", function="connect", transaction="GET /account"
    )
    story.fault(one, at=-27, requests=60)
    story.fault(two, at=-26.1, requests=50)
    story.incident("PostgreSQL does not answer", one, two, suspects=[Suspect("dependency", "pg-users")])


@situation("dependency")
def a_shared_cache_is_gone(story: Story) -> None:
    sessions, cart = story.service("sessions"), story.service("cart", platform="node")
    story.service("ledger")
    one = sessions.issue(
        "ConnectionError: Error 111 connecting to redis-main:6379. Connection refused.", transaction="GET /session"
    )
    two = cart.issue("Error: connect ECONNREFUSED redis-main:6379", function="connect", transaction="POST /cart")
    story.fault(one, at=-14, requests=110, people=story.crowd(80))
    story.fault(two, at=-13.6, requests=90, people=story.crowd(70))
    story.incident("Redis is down", one, two, suspects=[Suspect("dependency", "redis-main")])


@situation("dependency")
def a_shared_queue_takes_nothing(story: Story) -> None:
    orders, mail = story.service("orders"), story.service("mail")
    story.service("web", platform="javascript")
    one = orders.issue("AMQPConnectionError: rabbit-1:5672: connection reset by peer", transaction="POST /orders")
    two = mail.issue("AMQPConnectionError: rabbit-1:5672: heartbeat missed", transaction="consume receipts")
    story.fault(one, at=-23, requests=44)
    story.fault(two, at=-22.2, requests=30, people=(None,))
    story.incident("RabbitMQ is down", one, two, suspects=[Suspect("dependency", "rabbit-1")])


@situation("dependency")
def a_third_party_fails_for_two_projects(story: Story) -> None:
    payments, billing = story.service("payments"), story.service("billing", platform="node")
    story.service("search")
    url = "https://api.paypro.example/v1/charges"
    call = Call("POST", url, 503, "Service Unavailable")
    one = payments.issue(
        f"HTTPStatusError: Server error '503 Service Unavailable' for url '{url}'",
        function="charge",
        transaction="POST /charge",
        calls=[call],
    )
    two = billing.issue(
        "AxiosError: Request failed with status code 503 (api.paypro.example)",
        function="renew",
        transaction="POST /renew",
        calls=[call],
    )
    story.fault(one, at=-36, requests=120, people=story.crowd(95))
    story.fault(two, at=-35.3, requests=30)
    story.incident("the payment provider is down", one, two, suspects=[Suspect("dependency", "api.paypro.example")])


@situation("dependency")
def a_dependency_that_only_the_breadcrumbs_name(story: Story) -> None:
    payments, billing = story.service("payments"), story.service("billing", platform="node")
    story.service("search")
    call = Call("POST", "https://gateway.kreditor.example/pay", 500, "Internal Server Error")
    one = payments.issue("PaymentFailed: charge was not accepted", transaction="POST /charge", calls=[call, call])
    two = billing.issue("RenewalError: subscription could not be renewed", transaction="POST /renew", calls=[call])
    story.fault(one, at=-25, requests=60)
    story.fault(two, at=-24.5, requests=40)
    suspects = [Suspect("dependency", "gateway.kreditor.example")]
    story.incident("the acquirer is down", one, two, suspects=suspects)


@situation("dependency")
def a_certificate_expires(story: Story) -> None:
    orders, reports = story.service("orders"), story.service("reports", platform="node")
    story.service("web", platform="javascript")
    one = orders.issue(
        "SSLError: HTTPSConnectionPool(host='vault.internal', port=8200): certificate verify failed: "
        "certificate has expired",
        function="read_secret",
        transaction="POST /orders",
    )
    two = reports.issue(
        "Error: certificate has expired: https://vault.internal:8200/v1/secret",
        function="readSecret",
        transaction="GET /report",
    )
    story.fault(one, at=-37, requests=75)
    story.fault(two, at=-36.4, requests=60)
    story.incident("the certificate of the vault", one, two, suspects=[Suspect("dependency", "vault.internal")])


@situation("dependency")
def a_name_is_not_resolved(story: Story) -> None:
    orders, mail = story.service("orders"), story.service("mail", platform="node")
    story.service("ledger")
    one = orders.issue(
        "NameResolutionError: Failed to resolve 'geo.internal' ([Errno -2] Name or service not known)",
        function="lookup",
        transaction="POST /orders",
    )
    two = mail.issue("Error: getaddrinfo ENOTFOUND geo.internal", function="lookup", transaction="send")
    story.fault(one, at=-11, requests=66)
    story.fault(two, at=-10.7, requests=38)
    story.incident("DNS lost a name", one, two, suspects=[Suspect("dependency", "geo.internal")])


@situation("dependency")
def a_database_fails_just_after_a_deploy_that_is_innocent(story: Story) -> None:
    orders, ledger = story.service("orders"), story.service("ledger")
    web = story.service("web", platform="javascript")
    web.deploy("web@7.1.0", -22)
    text = 'connection to server at "pg-main" (10.0.3.7), port 5432 failed: Connection refused'
    one = orders.issue(f"OperationalError: {text}", function="connect", transaction="POST /orders")
    two = ledger.issue(f"OperationalError: {text}", function="connect", transaction="POST /post")
    story.fault(one, at=-18, requests=64)
    story.fault(two, at=-17.4, requests=52)
    story.incident("PostgreSQL is down", one, two, suspects=[Suspect("dependency", "pg-main")])


@situation("dependency")
def a_search_cluster_fails_and_the_page_in_front_with_it(story: Story) -> None:
    search, catalog = story.service("search"), story.service("catalog", platform="node")
    web = story.service("web", platform="javascript")
    text = "ConnectionTimeout: es-search:9200 did not answer within 10 s"
    one = search.issue(text, function="query", transaction="GET /search")
    two = catalog.issue(text, function="query", transaction="GET /related")
    page = web.issue("HttpError: 504 from /search", function="fetchResults", transaction="/search")
    story.fault(one, page, at=-32, requests=100)
    story.fault(two, at=-31.2, requests=60)
    story.incident("Elasticsearch is slow", one, two, page, suspects=[Suspect("dependency", "es-search")])
