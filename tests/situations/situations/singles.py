"""One issue makes the incident."""

from datetime import UTC, datetime

from tests.situations.raw import Suspect
from tests.situations.story import Story, situation

NIGHT = datetime(2026, 11, 19, 2, 50, tzinfo=UTC)


@situation("single")
def a_single_new_issue(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("TypeError: Cannot read properties of undefined (reading 'vat')", transaction="POST /invoice")
    story.fault(new, at=-22, requests=34)
    story.incident("an invoice without a tax rate", new)


@situation("single")
def a_single_new_issue_of_many_users(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("TypeError: total.toFixed is not a function", transaction="POST /cart/total")
    story.fault(new, at=-41, requests=260, people=story.crowd(190))
    story.incident("a total that is a text", new)


@situation("single")
def an_old_issue_rises_tenfold(story: Story) -> None:
    story.service("shop", platform="node")
    ledger = story.service("ledger")
    old = ledger.steady(ledger.issue("LockTimeout: could not lock account within 3 s", transaction="POST /post"), 4)
    story.fault(old, at=-33, requests=27, until=-0.2)
    story.incident("ten times as many lock timeouts", old)


@situation("single", now=NIGHT)
def an_old_issue_rises_twentyfold_at_night(story: Story) -> None:
    ledger = story.service("ledger")
    story.service("shop", platform="node")
    old = ledger.steady(ledger.issue("StaleDataError: row was updated or deleted by another", transaction="PUT /b"), 9)
    story.fault(old, at=-47, requests=150, people=story.crowd(70))
    story.incident("a batch that collides with itself", old)


@situation("single")
def a_resolved_issue_comes_back(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("mail")
    back = shop.issue(
        "CouponError: coupon SPRING is applied twice", transaction="POST /coupon", resolved_at=-4 * 1440.0
    )
    shop.steady(back, 3, until=-4.2 * 1440)
    story.fault(back, at=-18, requests=29)
    story.incident("a fixed fault is back", back)


@situation("single")
def a_single_new_issue_that_began_three_hours_ago_goes_on(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("AssertionError: stock level is negative", transaction="POST /reserve")
    story.fault(new, at=-184, requests=190, people=story.crowd(60))
    story.incident("stock below zero", new)


@situation("single")
def a_single_new_issue_that_ended_twenty_minutes_ago(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("FormatError: price has no currency", transaction="GET /price")
    story.fault(new, at=-44, until=-20, requests=48)
    story.incident("prices without currency", new)


@situation("single")
def a_single_new_issue_on_top_of_a_noisy_project(story: Story) -> None:
    shop = story.service("shop", platform="node")
    for _ in range(3):
        shop.usual(5, bursty=True)
    new = shop.issue("RangeError: Maximum call stack size exceeded", transaction="GET /menu", function="walk")
    story.fault(new, at=-15, requests=26)
    story.incident("a menu that contains itself", new)


@situation("single")
def a_single_new_issue_right_after_its_release(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    shop.deploy("shop@5.0.0", -29)
    new = shop.issue("TypeError: rates.find is not a function", transaction="POST /shipping", function="cheapest")
    story.fault(new, at=-28.2, requests=70)
    story.incident("release 5.0.0", new, suspects=[Suspect("release", "shop@5.0.0")])


@situation("single")
def a_single_new_issue_of_four_events(story: Story) -> None:
    shop = story.service("shop", platform="node")
    story.service("search")
    new = shop.issue("Error: refund is larger than the payment", transaction="POST /refund")
    story.fault(new, at=-26, requests=4)
    story.incident("refunds", new)
