"""Issues that begin in the same minute and have nothing to do with each other."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.situations.cascades import refused
from tests.situations.story import Story, situation


@situation("coincidence", coincidence=True)
def two_unrelated_issues_of_one_old_release(story: Story) -> None:
    shop = story.service("shop")
    story.service("search", platform="node")
    one = shop.issue("FeeError: fee table ends in October", transaction="GET /fee", function="fee")
    two = shop.issue("UnpicklingError: invalid load key", transaction="GET /recent", function="recent")
    story.fault(one, at=-26, requests=40)
    story.fault(two, at=-25.4, requests=36)
    story.incident("fees", one)
    story.incident("recent products", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_of_two_projects(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.issue("FeeError: fee is negative", transaction="GET /fee", function="fee")
    two = media.issue("Error: moov atom not found", transaction="POST /convert")
    story.fault(one, at=-22, requests=50)
    story.fault(two, at=-21.7, requests=46)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_and_one_bot_that_meets_both(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.issue("FeeError: currency XTS has no fee", transaction="GET /fee", function="fee")
    two = media.issue("Error: unsupported sample rate", transaction="POST /convert")
    for draft, at in ((one, -30.0), (two, -29.5)):
        story.fault(draft, at=at, requests=30)
        story.fault(draft, at=at + 0.4, requests=9, people=("synthetic-monitor",))
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_on_the_only_host_there_is(story: Story) -> None:
    shop = story.service("shop", hosts=("vm-1",))
    mail = story.service("mail", hosts=("vm-1",))
    one = shop.issue("FeeError: fee has three digits", transaction="GET /fee", function="fee")
    two = mail.issue("HeaderParseError: expected atom", transaction="send", function="parse_header")
    story.fault(one, at=-19, requests=44)
    story.fault(two, at=-18.4, requests=38)
    story.incident("fees", one)
    story.incident("mail headers", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_with_one_generic_title(story: Story) -> None:
    shop, media = story.service("shop", platform="node"), story.service("media", platform="node")
    one = shop.issue("TypeError: Cannot read properties of undefined (reading 'id')", transaction="GET /fee")
    two = media.issue("TypeError: Cannot read properties of undefined (reading 'id')", transaction="POST /convert")
    story.fault(one, at=-27, requests=40)
    story.fault(two, at=-26.3, requests=52)
    story.incident("a shop without fee", one)
    story.incident("a film without id", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_with_one_generic_timeout(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media")
    one = shop.issue("TimeoutError: The read operation timed out", transaction="GET /fee", function="read")
    two = media.issue("TimeoutError: The read operation timed out", transaction="POST /convert", function="read")
    story.fault(one, at=-17, requests=40)
    story.fault(two, at=-16.5, requests=36)
    story.incident("a slow fee table", one)
    story.incident("a slow film store", two)


@situation("coincidence", coincidence=True, tenants=("default",))
def two_unrelated_issues_of_the_only_tenant(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.issue("FeeError: no fee for weight 0", transaction="GET /fee", function="fee")
    two = media.issue("Error: invalid aspect ratio 0", transaction="POST /convert")
    story.fault(one, at=-24, requests=42)
    story.fault(two, at=-23.7, requests=40)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_with_a_flag_that_is_always_on(story: Story) -> None:
    on = {"new-checkout": 1.0, "dark-mode": 0.5}
    shop, media = story.service("shop", flags=on), story.service("media", platform="node", flags=on)
    one = shop.issue("FeeError: fee rule loops", transaction="GET /fee", function="fee")
    two = media.issue("Error: no video stream", transaction="POST /convert")
    story.fault(one, at=-29, requests=46)
    story.fault(two, at=-28.2, requests=41)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_of_two_projects_with_one_old_version_name(story: Story) -> None:
    version = "2026.11.15-b12"
    shop = story.service("shop", release=version)
    media = story.service("media", platform="node", release=version)
    one = shop.issue("FeeError: fee of an island", transaction="GET /fee", function="fee")
    two = media.issue("Error: subtitles overlap", transaction="POST /convert")
    story.fault(one, at=-21, requests=43)
    story.fault(two, at=-20.3, requests=44)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def a_coincidence_beside_a_cascade(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders", platform="node")
    web, media = story.service("web", platform="javascript"), story.service("media")
    inner = payments.issue("ArithmeticError: negative interest", transaction="POST /charge")
    middle = refused(orders, "payments", "/charge", "POST /orders")
    outer = refused(web, "orders", "/orders", "/checkout")
    alone = media.issue("ExifError: orientation 9", transaction="POST /resize", function="rotate")
    story.fault(inner, middle, outer, at=-27, requests=150, people=story.crowd(120))
    story.fault(alone, at=-26.5, requests=30)
    story.incident("interest", inner, middle, outer, suspects=[NOBODY, Suspect("dependency", "payments")])
    story.incident("turned pictures", alone)


@situation("coincidence", coincidence=True)
def a_coincidence_beside_a_bad_release_of_another_project(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    shop.deploy("shop@6.0.0", -25)
    bad = [shop.issue(f"NameError: name '{name}' is not defined", transaction="GET /x") for name in ("rate", "fee")]
    alone = media.issue("Error: stream has no duration", transaction="POST /convert")
    for draft in bad:
        story.fault(draft, at=-24.6, requests=50)
    story.fault(alone, at=-24.2, requests=38)
    story.incident("shop 6.0.0", *bad, suspects=[Suspect("release", "shop@6.0.0")])
    story.incident("endless films", alone, suspects=[NOBODY])


@situation("coincidence", coincidence=True)
def two_unrelated_issues_that_call_two_third_parties(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media")
    title = "HTTPStatusError: Server error '503 Service Unavailable' for url 'https://{}'"
    one = shop.issue(title.format("api.rates.example/v1/latest"), transaction="GET /rates", function="rates")
    two = media.issue(title.format("cdn.films.example/put"), transaction="POST /publish", function="publish")
    story.fault(one, at=-31, requests=50)
    story.fault(two, at=-30.1, requests=47)
    story.incident("exchange rates", one, suspects=[Suspect("dependency", "api.rates.example")])
    story.incident("the CDN", two, suspects=[Suspect("dependency", "cdn.films.example")])


@situation("coincidence", coincidence=True)
def two_unrelated_old_issues_rise_together(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.steady(shop.issue("FeeError: fee table is locked", transaction="GET /fee"), 2)
    two = media.steady(media.issue("Error: worker was killed", transaction="POST /convert"), 3)
    story.fault(one, at=-26, requests=60)
    story.fault(two, at=-25.3, requests=70)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def four_unrelated_issues_of_four_projects(story: Story) -> None:
    titles = {
        "shop": "FeeError: fee of nothing",
        "media": "FilmError: no film",
        "mail": "HeaderParseError: expected dot-atom",
        "maps": "ProjectionError: latitude 91",
    }
    for number, (slug, title) in enumerate(titles.items()):
        service = story.service(slug)
        draft = service.issue(title, transaction=f"GET /{slug}/x", function=f"do_{slug}")
        story.fault(draft, at=-28 + 0.4 * number, requests=38 + number)
        story.incident(slug, draft)


@situation("coincidence", coincidence=True)
def two_unrelated_issues_and_one_trace_that_meets_both(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.issue("FeeError: fee of a gift", transaction="GET /fee", function="fee")
    two = media.issue("Error: no keyframe", transaction="POST /convert")
    story.fault(one, at=-25, requests=45)
    story.fault(two, at=-24.4, requests=45)
    # A monitor's script opens both pages in one trace.
    story.fault(one, two, at=-20, requests=1, people=("synthetic-monitor",))
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True, people=1_500)
def two_unrelated_issues_of_a_small_town(story: Story) -> None:
    shop, media = story.service("shop"), story.service("media", platform="node")
    one = shop.issue("FeeError: fee of a stamp", transaction="GET /fee", function="fee")
    two = media.issue("Error: sound is longer than film", transaction="POST /convert")
    story.fault(one, at=-33, requests=170)
    story.fault(two, at=-32.2, requests=150)
    story.incident("fees", one)
    story.incident("films", two)


@situation("coincidence", coincidence=True)
def a_cascade_and_an_unrelated_issue_of_the_service_called(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders")
    inner = payments.issue(
        "ArithmeticError: interest of a leap day", transaction="POST /payments/charge", function="interest"
    )
    outer = refused(orders, "payments", "/payments/charge", "POST /orders")
    alone = payments.issue("CsvError: a line has no end", transaction="GET /payments", function="to_csv")
    story.fault(inner, outer, at=-24, requests=60)
    story.fault(alone, at=-24.7, requests=38)
    story.incident("leap days", inner, outer, suspects=[NOBODY, Suspect("dependency", "payments")])
    story.incident("statements", alone)


@situation("coincidence")
def a_cascade_and_small_things_of_the_service_called(story: Story) -> None:
    payments, orders = story.service("payments"), story.service("orders")
    inner = payments.issue(
        "ArithmeticError: interest of a day ago", transaction="POST /payments/charge", function="interest"
    )
    outer = refused(orders, "payments", "/payments/charge", "POST /orders")
    staged = payments.issue(
        "AssertionError: fixture of march is missing", transaction="GET /payments", function="fixture"
    )
    story.fault(inner, outer, at=-22, requests=60)
    story.fault(staged, at=-22.9, requests=25, environment="staging", people=story.crowd(3))
    single = payments.once("ValueError: unexpected header X-Forwarded", -22.4)
    story.incident("interest", inner, outer, suspects=[NOBODY, Suspect("dependency", "payments")])
    story.incident("a burst in staging", staged, either=True)
    story.incident("one event", single, either=True)
