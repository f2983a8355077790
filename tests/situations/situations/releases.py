"""A release is to blame."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.service import Draft, Service
from tests.situations.story import Story, situation


def breaks(service: Service, *titles: str) -> list[Draft]:
    """New issues of one service."""
    return [
        service.issue(title, function=f"step_{number}", transaction=f"GET /{service.slug}/{number}")
        for number, title in enumerate(titles)
    ]


FIVE = (
    "TypeError: unsupported operand type(s) for +: 'Decimal' and 'float'",
    "AttributeError: 'Order' object has no attribute 'lines'",
    "ImportError: cannot import name 'Basket' from 'shop.models'",
    "TemplateSyntaxError: Invalid filter: 'money'",
    "FieldError: Cannot resolve keyword 'placed' into field",
)


@situation("release")
def a_bad_release_of_two_issues(story: Story) -> None:
    orders = story.service("orders")
    story.service("web", platform="javascript")
    orders.deploy("orders@5.0.0", -24)
    issues = breaks(orders, *FIVE[:2])
    for lag, draft in zip((0.3, 1.1), issues, strict=True):
        story.fault(draft, at=-24 + lag, requests=45)
    story.incident("release 5.0.0", *issues, suspects=[Suspect("release", "orders@5.0.0")])


@situation("release")
def a_bad_release_of_five_issues(story: Story) -> None:
    orders = story.service("orders")
    story.service("search", platform="node")
    orders.deploy("orders@5.1.0", -33)
    issues = breaks(orders, *FIVE)
    for lag, draft in zip((0.2, 0.6, 1.0, 1.7, 2.4), issues, strict=True):
        story.fault(draft, at=-33 + lag, requests=40)
    story.incident("release 5.1.0", *issues, suspects=[Suspect("release", "orders@5.1.0")])


@situation("release")
def a_bad_release_deployed_in_two_services_at_once(story: Story) -> None:
    orders, billing = story.service("orders"), story.service("billing")
    story.service("web", platform="javascript")
    version = "2026.11.19-b41"
    orders.deploy(version, -28)
    billing.deploy(version, -27.5)
    issues = [*breaks(orders, FIVE[1], FIVE[3]), *breaks(billing, FIVE[4])]
    for lag, draft in zip((0.4, 1.2, 1.5), issues, strict=True):
        story.fault(draft, at=-28 + lag, requests=50)
    story.incident("both services of b41", *issues, suspects=[Suspect("release", version)])


@situation("release")
def a_bad_release_without_a_deploy_marker(story: Story) -> None:
    orders = story.service("orders")
    story.service("web", platform="javascript")
    orders.deploy("orders@6.0.0", -39, marked=False)
    issues = breaks(orders, *FIVE[:3])
    for lag, draft in zip((0.2, 0.8, 1.3), issues, strict=True):
        story.fault(draft, at=-39 + lag, requests=48)
    story.incident("release 6.0.0", *issues, suspects=[Suspect("release", "orders@6.0.0")])


@situation("release")
def a_bad_release_with_a_latecomer(story: Story) -> None:
    orders = story.service("orders")
    story.service("web", platform="javascript")
    orders.deploy("orders@5.2.0", -38)
    early, middle, late = breaks(orders, *FIVE[:3])
    story.fault(early, at=-37.6, requests=70)
    story.fault(middle, at=-36.5, requests=45)
    story.fault(late, at=-24, requests=30)
    story.incident("release 5.2.0", early, middle, loose=[late], suspects=[Suspect("release", "orders@5.2.0")])


@situation("release")
def a_bad_release_and_the_service_that_calls_it(story: Story) -> None:
    orders, web = story.service("orders"), story.service("web", platform="javascript")
    orders.deploy("orders@5.3.0", -21)
    one, two = breaks(orders, FIVE[0], FIVE[2])
    page = web.issue("HttpError: 500 from /orders", function="loadOrders", transaction="/my-orders")
    story.fault(one, page, at=-20.7, requests=70)
    story.fault(two, page, at=-20.1, requests=40)
    story.incident("release 5.3.0", one, two, page, suspects=[Suspect("release", "orders@5.3.0")])


@situation("release")
def a_bad_release_that_makes_an_old_issue_frequent(story: Story) -> None:
    orders = story.service("orders")
    story.service("search", platform="node")
    old = orders.steady(orders.issue("IntegrityError: duplicate key", transaction="POST /orders"), 2)
    orders.deploy("orders@5.4.0", -31)
    (new,) = breaks(orders, FIVE[1])
    story.fault(old, at=-30.6, requests=80)
    story.fault(new, at=-30.1, requests=50)
    story.incident("release 5.4.0", old, new, suspects=[Suspect("release", "orders@5.4.0")])


@situation("release")
def a_bad_release_in_the_browser_alone(story: Story) -> None:
    web = story.service("web", platform="javascript")
    story.service("orders")
    web.deploy("web@9.0.0", -42)
    issues = breaks(web, "TypeError: e.target.closest is not a function", "ReferenceError: process is not defined")
    crowd = story.crowd(170)
    story.fault(issues[0], at=-41.5, requests=210, people=crowd)
    story.fault(issues[1], at=-40.9, requests=90, people=crowd[:60])
    story.incident("web 9.0.0", *issues, suspects=[Suspect("release", "web@9.0.0")])


@situation("release", coincidence=True)
def a_fault_while_another_project_is_deployed(story: Story) -> None:
    orders, web = story.service("orders"), story.service("web", platform="javascript")
    web.deploy("web@9.1.0", -20)
    (new,) = breaks(orders, FIVE[0])
    story.fault(new, at=-19.5, requests=40)
    story.incident("an order of mixed numbers", new, suspects=[NOBODY])
