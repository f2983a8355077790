"""Hundreds of issues at once."""

from tests.situations.raw import NOBODY, Call, Suspect
from tests.situations.story import Story, situation


@situation("storm")
def a_storm_of_a_hundred_issues_of_one_release(story: Story) -> None:
    shop = story.service("shop")
    story.service("search", platform="node")
    shop.deploy("shop@9.0.0", -27)
    issues = [
        shop.issue(
            f"AttributeError: 'Session' object has no attribute 'field_{n}'",
            function=f"view_{n}",
            transaction=f"GET /page/{n}",
        )
        for n in range(100)
    ]
    for n, draft in enumerate(issues):
        story.fault(draft, at=-26.8 + 0.025 * n, requests=6)
    story.incident("release 9.0.0", *issues, suspects=[Suspect("release", "shop@9.0.0")])


@situation("storm")
def a_storm_of_three_hundred_issues_of_one_database(story: Story) -> None:
    services = [story.service(slug) for slug in ("shop", "orders", "ledger")]
    story.service("web", platform="javascript")
    issues = [
        service.issue(
            'OperationalError: connection to server at "pg-main" (10.0.3.7), port 5432 failed: Connection refused',
            function=f"query_{n}",
            transaction=f"GET /{service.slug}/{n}",
        )
        for service in services
        for n in range(100)
    ]
    for n, draft in enumerate(issues):
        story.fault(draft, at=-24 + (n % 100) * 0.025, requests=5)
    story.incident("PostgreSQL is down", *issues, suspects=[Suspect("dependency", "pg-main")])


@situation("storm", coincidence=True)
def a_storm_of_a_hundred_issues_and_one_that_has_nothing_to_do_with_it(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    shop.deploy("shop@9.1.0", -31)
    issues = [
        shop.issue(f"KeyError: 'column_{n}'", function=f"report_{n}", transaction=f"GET /report/{n}")
        for n in range(100)
    ]
    for n, draft in enumerate(issues):
        story.fault(draft, at=-30.8 + 0.02 * n, requests=5)
    alone = media.issue("Error: bitrate is NaN", transaction="POST /convert")
    story.fault(alone, at=-30.1, requests=40)
    story.incident("release 9.1.0", *issues, suspects=[Suspect("release", "shop@9.1.0")])
    story.incident("a film without bitrate", alone)


@situation("calm")
def three_hundred_unrelated_rare_issues(story: Story) -> None:
    rng = story.rng
    for slug in ("shop", "orders", "media"):
        service = story.service(slug)
        for n in range(100):
            rare = service.issue(f"ValueError: unexpected value in field {n}", function=f"parse_{slug}_{n}")
            service.event(rare, -rng.uniform(8, 9) * 1440)
            service.steady(rare, rng.uniform(0.01, 0.05))
        for n in range(3):
            new = service.once(f"ValueError: unexpected value in header {n}", -rng.uniform(1, 59))
            story.incident(f"one event in {slug}", new, either=True)


@situation("storm", coincidence=True)
def two_storms_in_the_same_minute(story: Story) -> None:
    shop, orders, ledger = (story.service(slug) for slug in ("shop", "orders", "ledger"))
    shop.deploy("shop@9.2.0", -23)
    ours = [
        shop.issue(f"NameError: name 'rate_{n}' is not defined", function=f"rate_{n}", transaction=f"GET /rate/{n}")
        for n in range(60)
    ]
    theirs = [
        service.issue(
            "ConnectionError: Error 111 connecting to redis-main:6379. Connection refused.",
            function=f"cached_{n}",
            transaction=f"GET /{service.slug}/{n}",
        )
        for service in (orders, ledger)
        for n in range(30)
    ]
    for n, (one, two) in enumerate(zip(ours, theirs, strict=True)):
        story.fault(one, at=-22.8 + 0.04 * n, requests=6)
        story.fault(two, at=-22.7 + 0.04 * n, requests=6)
    story.incident("release 9.2.0", *ours, suspects=[Suspect("release", "shop@9.2.0")])
    story.incident("Redis is down", *theirs, suspects=[Suspect("dependency", "redis-main")])


@situation("storm")
def a_cascade_in_a_company_of_thirty_services(story: Story) -> None:
    services = [story.service(f"svc{n:02}") for n in range(30)]
    inner = services[7].issue("IndexError: page 0 of 0", transaction="GET /pages", function="page")
    url = "http://svc07.internal/pages"
    callers = [
        service.issue(
            f"HTTPStatusError: Server error '500 Internal Server Error' for url '{url}'",
            function="call_pages",
            transaction=f"GET /{service.slug}/view",
            calls=[Call("GET", url, 500)],
        )
        for service in (services[12], services[23])
    ]
    for caller in callers:
        story.fault(inner, caller, at=-21 if caller is callers[0] else -20.4, requests=45)
    suspects = [NOBODY, Suspect("dependency", "svc07")]
    story.incident("empty pages", inner, *callers, suspects=suspects)
