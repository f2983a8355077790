"""How bad it is: both sides of the runbook's thresholds, counted over all issues of the incident together."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.service import Draft
from tests.situations.situations.cascades import refused
from tests.situations.story import Story, situation

DATABASE = 'OperationalError: connection to server at "pg-main" (10.0.3.7), port 5432 failed: Connection refused'
PG = Suspect("dependency", "pg-main")


def two_of_a_database(story: Story, handled: bool = False) -> tuple[Draft, Draft]:
    """An issue of two services, both of whose database is gone."""
    orders, ledger = story.service("orders"), story.service("ledger")
    story.service("search", platform="node")
    return (
        orders.issue(DATABASE, function="connect", transaction="POST /orders", handled=handled),
        ledger.issue(DATABASE, function="connect", transaction="POST /post", handled=handled),
    )


@situation("users together")
def a_hundred_and_one_users_of_two_issues(story: Story) -> None:
    one, two = two_of_a_database(story)
    crowd = story.crowd(101)
    story.fault(one, at=-40, requests=60, people=crowd[:60])
    story.fault(two, at=-39.3, requests=51, people=crowd[50:])
    story.incident("101 users", one, two, suspects=[PG])


@situation("users together")
def a_hundred_users_of_two_issues(story: Story) -> None:
    one, two = two_of_a_database(story)
    crowd = story.crowd(100)
    story.fault(one, at=-40, requests=60, people=crowd[:60])
    story.fault(two, at=-39.3, requests=50, people=crowd[50:])
    story.incident("100 users", one, two, suspects=[PG])


@situation("users together")
def a_hundred_and_forty_users_of_three_issues_with_sixty_each(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    mail = story.service("mail")
    payments.deploy("2026.11.19-b7", -30.5)
    orders.deploy("2026.11.19-b7", -30.2)
    mail.deploy("2026.11.19-b7", -30.1)
    crowd = story.crowd(140)
    issues = [
        payments.issue("TypeError: fee() got an unexpected keyword argument 'tax'", transaction="POST /charge"),
        orders.issue("TypeError: order.total is not a function", transaction="POST /orders"),
        mail.issue("KeyError: 'greeting'", transaction="send"),
    ]
    for number, draft in enumerate(issues):
        people = crowd[40 * number : 40 * number + 60]
        story.fault(draft, at=-29.9 + 0.5 * number, requests=70, people=people)
    story.incident("140 users", *issues, suspects=[Suspect("release", "2026.11.19-b7")])


@situation("users together")
def many_users_of_each_issue_who_are_the_same_people(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    web = story.service("web", platform="javascript")
    inner = payments.issue("LookupError: no rate for today", transaction="POST /charge")
    middle = refused(orders, "payments", "/charge", "POST /orders")
    outer = refused(web, "orders", "/orders", "/checkout")
    story.fault(inner, middle, outer, at=-33, requests=120, people=story.crowd(92))
    story.incident("92 users", inner, middle, outer, suspects=[NOBODY, Suspect("dependency", "payments")])


@situation("users together")
def nobody_is_named_in_any_event(story: Story) -> None:
    one, two = two_of_a_database(story)
    story.fault(one, at=-31, requests=150, people=(None,))
    story.fault(two, at=-30.5, requests=120, people=(None,))
    story.incident("users unknown", one, two, suspects=[PG])


@situation("users together")
def a_hundred_and_fifty_users_of_three_hours_but_never_many_in_one(story: Story) -> None:
    shop = story.service("shop", platform="node")
    new = shop.issue("Error: gift card is empty", transaction="POST /gift")
    story.fault(new, at=-178, requests=150, people=story.crowd(150))
    story.incident("gift cards", new)


@situation("users together")
def events_without_environment_count(story: Story) -> None:
    shop = story.service("shop", platform="node")
    new = shop.issue("Error: basket is null", transaction="POST /basket")
    story.fault(new, at=-28, requests=150, people=story.crowd(125), environment=None)
    story.incident("baskets", new)


@situation("users together")
def many_testers_in_staging_and_a_few_people_in_production(story: Story) -> None:
    shop = story.service("shop", platform="node")
    new = shop.issue("Error: voucher is null", transaction="POST /voucher")
    story.fault(new, at=-28, requests=45, people=story.crowd(40))
    story.fault(new, at=-27, requests=210, people=story.crowd(200), environment="staging")
    story.incident("vouchers", new)


@situation("unhandled")
def five_hundred_and_forty_unhandled_a_minute(story: Story) -> None:
    gateway = story.service("gateway", platform="node")
    story.service("ledger")
    new = gateway.issue("TypeError: route.match is not a function", transaction="GET /")
    story.fault(new, at=-14, requests=300, people=story.crowd(90))
    story.fault(new, at=-13, until=-12.01, requests=560, people=story.crowd(90))
    story.incident("the gateway knows no route", new)


@situation("unhandled")
def exactly_five_hundred_unhandled_a_minute(story: Story) -> None:
    gateway = story.service("gateway", platform="node", background=False)
    story.service("ledger")
    new = gateway.issue("TypeError: route.find is not a function", transaction="GET /")
    story.fault(new, at=-13, until=-12.01, requests=500, people=story.crowd(90))
    story.incident("500 a minute", new)


@situation("unhandled")
def five_hundred_and_one_unhandled_a_minute_of_two_issues(story: Story) -> None:
    gateway = story.service("gateway", platform="node", background=False)
    story.service("ledger")
    gateway.deploy("gateway@6.0.0", -13.5)
    one = gateway.issue("TypeError: route.path is not a function", transaction="GET /")
    two = gateway.issue("TypeError: route.verb is not a function", transaction="POST /")
    crowd = story.crowd(90)
    story.fault(one, at=-13, until=-12.01, requests=250, people=crowd)
    story.fault(two, at=-13, until=-12.01, requests=251, people=crowd)
    story.incident("501 a minute", one, two, suspects=[Suspect("release", "gateway@6.0.0")])


@situation("unhandled")
def six_hundred_handled_a_minute(story: Story) -> None:
    gateway = story.service("gateway", platform="node")
    story.service("ledger")
    new = gateway.issue("RetryError: gave up after 3 attempts", transaction="GET /", handled=True)
    story.fault(new, at=-13, until=-12.01, requests=600, people=story.crowd(90))
    story.incident("600 handled a minute", new)


@situation("unhandled")
def six_hundred_unhandled_a_minute_of_two_projects_together(story: Story) -> None:
    one, two = two_of_a_database(story)
    crowd = story.crowd(90)
    story.fault(one, at=-13, until=-12.01, requests=300, people=crowd[:60])
    story.fault(two, at=-13, until=-12.01, requests=300, people=crowd[30:])
    story.incident("600 a minute in two projects", one, two, suspects=[PG])


@situation("crash-free")
def every_eighth_session_crashes(story: Story) -> None:
    web = story.service("web", platform="javascript")
    story.service("ledger")
    new = web.issue("TypeError: window.shop.init is not a function", transaction="/", function="boot")
    web.sessions(2_000, bad=(-98, 0, 12.5))
    story.fault(new, at=-98, requests=600)
    story.incident("every eighth session", new)


@situation("crash-free")
def a_bad_release_crashes_every_tenth_session(story: Story) -> None:
    web = story.service("web", platform="javascript")
    story.service("ledger")
    web.deploy("web@12.0.0", -106)
    issues = [web.issue(f"ReferenceError: {name} is not defined", function=name) for name in ("cart", "menu")]
    web.sessions(1_500, bad=(-105, 0, 10.0))
    for lag, draft in enumerate(issues):
        story.fault(draft, at=-105 + lag, requests=200)
    story.incident("web 12", *issues, suspects=[Suspect("release", "web@12.0.0")])


@situation("crash-free")
def four_of_a_hundred_sessions_crash(story: Story) -> None:
    web = story.service("web", platform="javascript")
    story.service("ledger")
    new = web.issue("TypeError: window.shop.menu is not a function", transaction="/menu", function="boot")
    web.sessions(3_000, bad=(-98, 0, 3.4))
    story.fault(new, at=-98, requests=150, people=story.crowd(88))
    story.incident("4 %", new)


@situation("crash-free")
def a_quarter_of_twenty_sessions_crash(story: Story) -> None:
    app = story.service("kiosk", platform="javascript")
    story.service("ledger")
    new = app.issue("TypeError: printer is undefined", transaction="/print", function="print")
    app.sessions(9, bad=(-98, 0, 30.0))
    story.fault(new, at=-98, requests=9, people=story.crowd(6))
    story.incident("too few sessions to say", new)


@situation("crash-free")
def another_project_has_always_crashed_often(story: Story) -> None:
    web = story.service("legacy", platform="javascript")
    web.sessions(900, crash_pct=9.0)
    web.usual(30)
    ledger = story.service("ledger")
    new = ledger.issue("BalanceError: debit is not credit", transaction="POST /post")
    story.fault(new, at=-27, requests=40)
    story.incident("balances", new)
