"""Two or three incidents at once: they stay two or three."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.situations.cascades import refused
from tests.situations.story import Story, situation

PG = 'OperationalError: connection to server at "pg-main" (10.0.3.7), port 5432 failed: Connection refused'


@situation("two at once", coincidence=True)
def two_incidents_in_the_same_minute(story: Story) -> None:
    orders, ledger = story.service("orders"), story.service("ledger")
    media, web = story.service("media", platform="node"), story.service("web", platform="javascript")
    one = orders.issue(PG, function="connect", transaction="POST /orders")
    two = ledger.issue(PG, function="connect", transaction="POST /post")
    inner = media.issue("Error: unsupported colour profile", transaction="POST /resize")
    outer = refused(web, "media", "/resize", "/upload")
    story.fault(one, at=-24, requests=60)
    story.fault(two, at=-23.5, requests=50)
    story.fault(inner, outer, at=-23.8, requests=50)
    story.incident("PostgreSQL is down", one, two, suspects=[Suspect("dependency", "pg-main")])
    story.incident("pictures", inner, outer, suspects=[NOBODY, Suspect("dependency", "media")])


@situation("two at once", coincidence=True)
def two_incidents_in_the_same_minute_of_one_project(story: Story) -> None:
    shop, web = story.service("shop"), story.service("web", platform="javascript")
    story.service("search", platform="node")
    inner = shop.issue("StockError: reservation is lost", transaction="POST /reserve")
    outer = refused(web, "shop", "/reserve", "/basket")
    alone = shop.issue("UnicodeEncodeError: 'ascii' codec can't encode", function="to_csv", transaction="GET /export")
    story.fault(inner, outer, at=-19, requests=60)
    story.fault(alone, at=-18.6, requests=35)
    story.incident("reservations", inner, outer, suspects=[NOBODY, Suspect("dependency", "shop")])
    story.incident("an export with umlauts", alone)


@situation("two at once")
def two_incidents_ten_minutes_apart(story: Story) -> None:
    orders, media = story.service("orders"), story.service("media", platform="node")
    web = story.service("web", platform="javascript")
    one = orders.issue("DiscountError: discount is larger than price", transaction="POST /orders")
    page = refused(web, "orders", "/orders", "/checkout")
    two = media.issue("Error: codec not found", transaction="POST /convert")
    story.fault(one, page, at=-33, requests=70)
    story.fault(two, at=-23, requests=60)
    story.incident("discounts", one, page, suspects=[NOBODY, Suspect("dependency", "orders")])
    story.incident("a codec", two)


@situation("two at once")
def two_incidents_ten_minutes_apart_in_one_project(story: Story) -> None:
    shop = story.service("shop")
    story.service("search", platform="node")
    first = shop.issue("LookupError: unknown encoding: utf8mb4", transaction="POST /import", function="decode")
    second = shop.issue("RecursionError: maximum recursion depth exceeded", transaction="GET /tree", function="walk")
    story.fault(first, at=-35, requests=60)
    story.fault(second, at=-24.5, requests=60)
    story.incident("an import", first)
    story.incident("a tree", second)


@situation("two at once")
def two_incidents_ten_minutes_apart_with_one_release_between(story: Story) -> None:
    shop = story.service("shop")
    story.service("search", platform="node")
    first = shop.issue("PriceError: price is missing", transaction="GET /price", function="price_of")
    story.fault(first, at=-37, requests=70)
    shop.deploy("shop@8.0.0", -27)
    second = shop.issue("AttributeError: 'NoneType' object has no attribute 'id'", transaction="GET /me", function="me")
    third = shop.issue("TypeError: me() missing 1 required positional argument", transaction="GET /you", function="you")
    story.fault(second, at=-26.6, requests=50)
    story.fault(third, at=-26.1, requests=40)
    story.incident("a price", first)
    story.incident("release 8.0.0", second, third, suspects=[Suspect("release", "shop@8.0.0")])


@situation("two at once", coincidence=True)
def three_incidents_at_once(story: Story) -> None:
    orders, ledger = story.service("orders"), story.service("ledger")
    media, mail = story.service("media", platform="node"), story.service("mail")
    one = orders.issue(PG, function="connect", transaction="POST /orders")
    two = ledger.issue(PG, function="connect", transaction="POST /post")
    alone = media.issue("Error: frame 0 is empty", transaction="POST /convert")
    mail.deploy("mail@5.5.0", -22)
    bad = [
        mail.issue("TemplateError: block 'footer' is undefined", transaction="send", function="render"),
        mail.issue("KeyError: 'unsubscribe'", transaction="send", function="links"),
    ]
    story.fault(one, at=-21.8, requests=60)
    story.fault(two, at=-21.2, requests=50)
    story.fault(alone, at=-21.5, requests=45)
    for draft in bad:
        story.fault(draft, at=-21.6, requests=40)
    story.incident("PostgreSQL is down", one, two, suspects=[Suspect("dependency", "pg-main")])
    story.incident("empty films", alone)
    story.incident("mail 5.5.0", *bad, suspects=[Suspect("release", "mail@5.5.0")])


@situation("two at once", coincidence=True)
def two_bad_releases_in_the_same_minute(story: Story) -> None:
    orders, media = story.service("orders"), story.service("media", platform="node")
    story.service("search")
    orders.deploy("orders@7.0.0", -29)
    media.deploy("media@2.0.0", -28.6)
    ours = [
        orders.issue(f"TypeError: step {n} takes no tax", function=f"step_{n}", transaction="POST /o") for n in "ab"
    ]
    theirs = [media.issue(f"Error: filter {n} is gone", function=f"filter{n}", transaction="POST /m") for n in "ab"]
    for lag, draft in zip((0.2, 0.8, 0.5, 1.1), (*ours, *theirs), strict=True):
        story.fault(draft, at=-28.7 + lag, requests=45)
    story.incident("orders 7.0.0", *ours, suspects=[Suspect("release", "orders@7.0.0")])
    story.incident("media 2.0.0", *theirs, suspects=[Suspect("release", "media@2.0.0")])


@situation("two at once", coincidence=True)
def two_incidents_that_are_too_many_unhandled_a_minute_in_one_project_together(story: Story) -> None:
    gateway, media = story.service("gateway", platform="node"), story.service("media")
    one = gateway.issue("TypeError: route.match is not a function", transaction="GET /", function="match")
    two = gateway.issue("Error: header name is empty", transaction="POST /", function="setHeader")
    story.fault(one, at=-17, until=-16.01, requests=280, people=story.crowd(60))
    story.fault(two, at=-16.98, until=-16.01, requests=280, people=story.crowd(60))
    media.usual(2)
    # Each is P0 by the figure of the whole project: DESIGN section 5, rule 2.
    story.incident("routes", one)
    story.incident("headers", two)
