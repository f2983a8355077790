"""A feature flag is to blame."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.story import Story, situation

ALWAYS = {"dark-mode": 0.5, "fast-search": 1.0}
"""Flags that everything evaluates, always."""


@situation("flag")
def a_flag_hits_two_projects(story: Story) -> None:
    cart, pricing = story.service("cart", flags=ALWAYS), story.service("pricing", platform="node", flags=ALWAYS)
    story.service("mail")
    for service in (cart, pricing):
        service.switch("new-discounts", -26, 0.0, logged=service is cart)
    one = cart.issue("DiscountError: no rule for bundle", transaction="POST /cart")
    two = pricing.issue("TypeError: bundle.rules is not iterable", transaction="GET /price")
    on = {"new-discounts": True}
    story.fault(one, at=-25.6, requests=60, flags=on)
    story.fault(two, at=-25.2, requests=50, flags=on)
    story.incident("new-discounts is on", one, two, suspects=[Suspect("flag", "new-discounts")])


@situation("flag")
def a_flag_hits_one_project_with_three_issues(story: Story) -> None:
    cart = story.service("cart", flags={**ALWAYS, "express-pay": 0.0})
    story.service("web", platform="javascript")
    cart.switch("express-pay", -32, 0.0)
    issues = [
        cart.issue(title, function=f"pay_{number}", transaction="POST /pay")
        for number, title in enumerate(
            ("KeyError: 'express'", "ValueError: express token is empty", "TypeError: 'NoneType' is not callable")
        )
    ]
    for lag, draft in zip((0.2, 0.9, 1.6), issues, strict=True):
        story.fault(draft, at=-32 + lag, requests=45, flags={"express-pay": True})
    story.incident("express-pay is on", *issues, suspects=[Suspect("flag", "express-pay")])


@situation("flag")
def a_flag_that_no_log_tells_of(story: Story) -> None:
    cart, pricing = story.service("cart", flags=ALWAYS), story.service("pricing", platform="node", flags=ALWAYS)
    for service in (cart, pricing):
        service.switch("tax-engine-2", -23, 0.0, logged=False)
    one = cart.issue("TaxError: zone DE-BW unknown", transaction="POST /cart")
    two = pricing.issue("Error: tax table v2 is empty", transaction="GET /price")
    on = {"tax-engine-2": True}
    story.fault(one, at=-22.4, requests=55, flags=on)
    story.fault(two, at=-21.9, requests=45, flags=on)
    story.incident("tax-engine-2 is on", one, two, suspects=[NOBODY, Suspect("flag", "tax-engine-2")])


@situation("flag")
def a_flag_that_was_switched_and_is_innocent(story: Story) -> None:
    cart = story.service("cart", flags={**ALWAYS, "gift-wrap": 0.0})
    story.service("mail")
    cart.switch("gift-wrap", -19.5, 0.0)
    new = cart.issue("ZeroDivisionError: division by zero", function="average", transaction="GET /ratings")
    story.fault(new, at=-18, requests=40, flags={"gift-wrap": False})
    story.incident("a product without ratings", new, suspects=[NOBODY])
