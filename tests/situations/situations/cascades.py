"""One service fails, and those that call it fail with it, in the same traces."""

from tests.situations.raw import NOBODY, Call, Suspect
from tests.situations.service import Draft, Service
from tests.situations.story import Story, situation

PAYMENTS = Suspect("dependency", "payments")


def refused(service: Service, callee: str, path: str, transaction: str) -> Draft:
    """An issue of a service whose call of another one was answered with 502."""
    url = f"http://{callee}.internal{path}"
    titles = {
        "python": f"HTTPStatusError: Server error '502 Bad Gateway' for url '{url}'",
        "node": f"AxiosError: Request failed with status code 502: POST {url}",
        "javascript": f"HttpError: 502 from {path}",
    }
    return service.issue(
        titles[service.platform], function=f"call_{callee}", transaction=transaction, calls=[Call("POST", url, 502)]
    )


@situation("cascade")
def a_cascade_over_two_services(story: Story) -> None:
    payments, web = story.service("payments"), story.service("web", platform="javascript")
    story.service("search", platform="node")
    inner = payments.issue("ArithmeticError: rounding made 0.01 from nothing", transaction="POST /charge")
    outer = refused(web, "payments", "/charge", "/checkout")
    story.fault(inner, outer, at=-17, requests=55)
    story.incident("payments cannot round", inner, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_over_three_services(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    web = story.service("web", platform="javascript")
    inner = payments.issue("MemoryError: ledger snapshot does not fit", transaction="POST /charge")
    middle = refused(orders, "payments", "/charge", "POST /orders")
    outer = refused(web, "orders", "/orders", "/checkout")
    story.fault(inner, middle, outer, at=-26, requests=160, people=story.crowd(130))
    story.incident("payments out of memory", inner, middle, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_over_six_services(story: Story) -> None:
    names = ("stock", "pricing", "cart", "orders", "gateway", "web")
    services = [story.service(name, platform="javascript" if name == "web" else "python") for name in names]
    inner = services[0].issue("IndexError: shard 17 of 16", transaction="GET /level", function="shard_of")
    path = [inner]
    for callee, service in zip(names, services[1:], strict=False):
        path.append(refused(service, callee, "/level", f"GET /{service.slug}/view"))
    story.fault(*path, at=-12, requests=60)
    story.incident("stock asks a shard that is none", *path, suspects=[NOBODY, Suspect("dependency", "stock")])


@situation("cascade")
def a_cascade_in_which_not_every_request_fails_all_the_way(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    web = story.service("web", platform="javascript")
    inner = payments.issue("DeadlockDetected: process 7 waits for share lock", transaction="POST /charge")
    middle = refused(orders, "payments", "/charge", "POST /orders")
    outer = refused(web, "orders", "/orders", "/checkout")
    story.fault(inner, middle, outer, at=-31, requests=140, reach=0.5, traced=0.6)
    story.incident("payments deadlocks", inner, middle, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_that_began_three_hours_ago_goes_on(story: Story) -> None:
    payments, web = story.service("payments"), story.service("web", platform="javascript")
    inner = payments.issue("CertificateStoreError: no key for merchant", transaction="POST /charge")
    outer = refused(web, "payments", "/charge", "/checkout")
    story.fault(inner, outer, at=-181, requests=250, people=story.crowd(90))
    story.incident("payments without a key", inner, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_that_ended_twenty_minutes_ago(story: Story) -> None:
    payments, web = story.service("payments"), story.service("web", platform="javascript")
    inner = payments.issue("PoolExhausted: no free worker after 5 s", transaction="POST /charge")
    outer = refused(web, "payments", "/charge", "/checkout")
    story.fault(inner, outer, at=-39, until=-20.5, requests=90)
    story.incident("payments without workers", inner, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_known_by_the_transaction_called_alone(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    inner = payments.issue("OverflowError: amount exceeds 32 bits", transaction="POST /charge")
    outer = refused(orders, "payments", "/charge", "POST /orders")
    # Two SDKs that do not propagate traces, and whose events name nobody.
    story.fault(inner, outer, at=-16, requests=50, traced=0.0, people=(None,))
    story.incident("an amount too large", inner, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def a_cascade_in_which_an_old_issue_rises(story: Story) -> None:
    payments, web = story.service("payments"), story.service("web", platform="javascript")
    inner = payments.issue("KeyError: 'merchant_fee'", transaction="POST /charge", function="fees")
    outer = web.steady(refused(web, "payments", "/charge", "/checkout"), 3)
    story.fault(inner, outer, at=-24, requests=90)
    story.incident("a fee that nobody set", inner, outer, suspects=[NOBODY, PAYMENTS])


@situation("cascade")
def two_old_issues_rise_together(story: Story) -> None:
    payments, web = story.service("payments"), story.service("web", platform="javascript")
    inner = payments.steady(payments.issue("ReadTimeout: bank answered after 30 s", transaction="POST /charge"), 2)
    outer = web.steady(refused(web, "payments", "/charge", "/checkout"), 3)
    story.fault(inner, outer, at=-29, requests=110)
    suspects = [NOBODY, PAYMENTS, Suspect("dependency", "bank")]
    story.incident("the bank is slow", inner, outer, suspects=suspects)


@situation("cascade")
def a_cascade_of_the_same_users_without_traces(story: Story) -> None:
    profile, web = story.service("profile", platform="node"), story.service("web", platform="javascript")
    inner = profile.issue("SchemaError: birthday is no date", transaction="GET /profile")
    outer = web.issue("Error: profile page did not load", transaction="/me", function="load")
    story.fault(inner, outer, at=-21, requests=80, traced=0.0, people=story.crowd(45))
    story.incident("profiles that cannot be read", inner, outer, suspects=[NOBODY, Suspect("dependency", "profile")])


@situation("cascade")
def a_cascade_known_by_its_traces_alone(story: Story) -> None:
    rates, web = story.service("rates"), story.service("web", platform="javascript")
    inner = rates.issue("LookupError: no rate for XAU", transaction="GET /rates")
    outer = web.issue("Error: price list is incomplete", transaction="/prices", function="render")
    story.fault(inner, outer, at=-28, requests=60, people=(None,))
    story.incident("a rate is missing", inner, outer, suspects=[NOBODY, Suspect("dependency", "rates")])
