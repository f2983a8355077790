"""Hundreds of issues at once."""

from tests.situations.raw import Suspect
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
