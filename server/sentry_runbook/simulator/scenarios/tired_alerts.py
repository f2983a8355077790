"""Alerts of every kind of failure: one works, one is noisy, one is dead, one is late, and one is missing.

The incident of the present is a known issue that bursts: 21 events in its first three minutes, more than a hundred only
after 27, for which *Checkout errors* waits. In the two weeks before, a new issue was told of at once, a warning that
nobody reads any more was a real incident once, and an old timeout came back with no alert to see it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sentry_runbook.simulator.scenario import (
    AlertSpec,
    CommitSpec,
    DeploySpec,
    FiringSpec,
    FrameSpec,
    IssueSpec,
    Raised,
    RecoverySpec,
    ReleaseSpec,
    RequestSpec,
    Scenario,
    SessionsSpec,
    StateChange,
    Stream,
    Transactions,
)
from sentry_runbook.simulator.scenario.watchers import EMAIL, FIRST_SEEN, Action, Condition, FilterSpec
from sentry_runbook.simulator.spread import instants

_ONSET, _MONDAY = -45.0, -9300.0
"""When the incident began, and when its issue was first seen, six days before."""
_NEW, _SMALL, _UNSEEN, _SLOW = -4300.0, -9100.0, -7300.0, -13_000.0
"""When the other episodes began: a new issue, one of three events, the old timeout, and the warning."""
_SLACK: Action = {
    "type": "slack",
    "integrationId": "5",
    "data": {},
    "config": {"targetType": "specific", "targetIdentifier": "C024BE91L", "targetDisplay": "#checkout"},
    "status": "active",
}
_EVERY: Condition = {"type": "every_event", "comparison": True}
_HUNDRED: Condition = {"type": "event_frequency_count", "comparison": {"value": 100, "interval": "1h"}}
_REFUND: Condition = {"type": "tagged_event", "comparison": {"key": "transaction", "match": "co", "value": "refund"}}
_WARNING: Condition = {"type": "level", "comparison": {"level": 30, "match": "eq"}}
_TWO: Condition = {"type": "event_frequency_count", "comparison": {"value": 1, "interval": "1h"}}
_QUIET, _DELAY = 30.0, 1 / 3
"""Minutes for which the noisy alert keeps still about an issue, and until a count is looked at (Sentry: up to one)."""


def _pairs(count: int, until: float, users: int) -> tuple[Stream, ...]:
    """Return so many pairs of events over three weeks, ten minutes between the two: one failed, and failed again."""
    return tuple(Stream(count, -30_000 + later, until + later, users=users) for later in (0, 10))


_MAIN = IssueSpec(
    "TICKETS-9",
    chain=(
        Raised(
            "CheckoutError",
            "payment session expired before the seats were confirmed",
            (
                FrameSpec("handle", "site-packages/starlette/routing.py", 76, in_app=False),
                FrameSpec(
                    "confirm",
                    "tickets/checkout.py",
                    118,
                    source="    raise CheckoutError('payment session expired before the seats were confirmed')",
                    vars={"basket": "Basket(id={n})", "session": "None"},
                ),
            ),
            mechanism="starlette",
        ),
    ),
    streams=(
        Stream(20, _MONDAY, -200, users=18),
        Stream(24, _ONSET, _ONSET + 3, users=24, first_user=100),
        Stream(137, _ONSET + 3, 0, users=121, first_user=124),
    ),
    culprit="tickets.checkout in confirm",
    transaction="POST /checkout",
    request=RequestSpec("POST", "https://tickets.example.com/checkout"),
)

_WARNINGS = (
    IssueSpec(
        "TICKETS-3",
        chain=(
            Raised("SearchSlow", "seat search took longer than 2 s", (FrameSpec("search", "tickets/seats.py", 41),)),
        ),
        streams=(*_pairs(90, -80, 70), Stream(60, _SLOW, _SLOW + 20, users=56, first_user=400)),
        level="warning",
        handled=True,
        transaction="GET /seats",
    ),
    IssueSpec(
        "TICKETS-4",
        chain=(Raised("PriceStale", "price list older than 10 min", (FrameSpec("price", "tickets/prices.py", 29),)),),
        streams=_pairs(85, -95, 60),
        level="warning",
        handled=True,
        transaction="GET /prices",
    ),
    IssueSpec(
        "TICKETS-5",
        chain=(Raised("MailDelayed", "confirmation queued", (FrameSpec("send", "tickets/mail.py", 63),)),),
        streams=_pairs(80, -110, 50),
        level="warning",
        handled=True,
        transaction="POST /checkout/mail",
    ),
)

_BEFORE = (
    IssueSpec(
        "TICKETS-12",
        chain=(Raised("KeyError", "'venue_id'", (FrameSpec("render", "tickets/venues.py", 204),)),),
        streams=(Stream(80, _NEW, _NEW + 40, users=77, first_user=500),),
        transaction="GET /venues/{id}",
        assigned_to="user:Dana Ortiz",
        assigned_at=_NEW + 6,
        history=(StateChange(_NEW + 55, "resolved", {"inRelease": "tickets@3.4.1"}),),
    ),
    IssueSpec(
        "TICKETS-11",
        chain=(Raised("ValueError", "unknown currency 'XTS'", (FrameSpec("convert", "tickets/money.py", 17),)),),
        streams=(Stream(3, _SMALL, _SMALL + 30, users=1),),
        transaction="GET /prices",
        assigned_to="user:Mina Park",
        assigned_at=_SMALL + 300,
    ),
    IssueSpec(
        "TICKETS-6",
        chain=(Raised("TimeoutError", "seat hold not released", (FrameSpec("hold", "tickets/holds.py", 88),)),),
        streams=(
            Stream(45, -36_000, -8000, users=40),
            Stream(60, _UNSEEN, _UNSEEN + 50, users=55, first_user=700),
            Stream(9, -6400, -300, users=9),
        ),
        transaction="POST /holds",
    ),
)

_UPDATE = CommitSpec(
    "feat(checkout): payment sessions live five minutes (#512)",
    at=-400,
    author="Mina Park",
    email="mina.park@example.com",
    pull_request=512,
    repository="acme/tickets",
)


def _told_of(issue: IssueSpec) -> Iterator[FiringSpec]:
    """Return when the noisy alert tells of an issue: at a second event within an hour, then not for a while."""
    seconds = sorted(at for stream in issue.streams for at in _seconds(stream))
    last = None
    for before, at in pairwise(seconds):
        if at - before < 3600 and (last is None or at - last > _QUIET * 60):
            last = at
            yield FiringSpec(at / 60 + _DELAY, issue.short_id)


def _seconds(stream: Stream) -> list[float]:
    """Return the instants of a stream's events, in seconds from the present."""
    begin, end = round(stream.start * 60_000), round(stream.end * 60_000)
    return [at / 1000 for at in instants(stream.count, begin, end, stream.shape, stream.rates)]


def _first(issue: IssueSpec) -> FiringSpec:
    """Return when an alert of new issues tells of one."""
    return FiringSpec(min(_seconds(issue.streams[0])) / 60, issue.short_id)


SCENARIO = Scenario(
    name="tired-alerts",
    title="Alerts that are late, noisy, dead or missing",
    summary=(
        "CheckoutError bursts, and its alert waits for a hundred events an hour: 27 minutes. Of the other alerts of "
        "two weeks one works, one is noisy, one tells nobody, and one incident had none."
    ),
    project="tickets",
    project_id="4508110000001010",
    platform="python",
    issues=(_MAIN, *_WARNINGS, *_BEFORE),
    releases=(
        ReleaseSpec("tickets@3.4.0", -30_000, (DeploySpec(-29_990),)),
        ReleaseSpec("tickets@3.4.1", _NEW + 45, (DeploySpec(_NEW + 50),)),
        ReleaseSpec("tickets@3.5.0", -390, (DeploySpec(-380, "staging"), DeploySpec(-370)), (_UPDATE,)),
    ),
    sessions=(
        SessionsSpec(2900, -1438, 0, crashed=6, errored=60),
        SessionsSpec(2900, -2940, -1500, crashed=5, errored=50),
        SessionsSpec(30_000, -20_160, -3000, crashed=60, errored=300),
    ),
    transactions=(
        Transactions("POST /checkout", 700, -1438, 0, 820, 260),
        Transactions("GET /seats", 1100, -1438, 0, 410, 130),
    ),
    alerts=(
        AlertSpec(
            "Checkout errors",
            firings=(FiringSpec(_ONSET + 27, _MAIN.short_id),),
            owner="team:checkout",
            triggers=(_EVERY,),
            filters=(FilterSpec((_HUNDRED,), actions=(_SLACK,)),),
        ),
        AlertSpec(
            "A new issue",
            firings=tuple(_first(issue) for issue in (_MAIN, *_BEFORE[:2])),
            owner="team:checkout",
            triggers=(FIRST_SEEN,),
            filters=(FilterSpec(actions=(EMAIL, _SLACK)),),
        ),
        AlertSpec(
            "Warnings again",
            firings=tuple(firing for issue in _WARNINGS for firing in _told_of(issue)),
            triggers=(_EVERY,),
            filters=(FilterSpec((_WARNING, _TWO)),),
            frequency=round(_QUIET),
        ),
        AlertSpec(
            "Refunds fail",
            triggered=-41_000,
            owner="team:refunds",
            triggers=(_EVERY,),
            filters=(FilterSpec((_REFUND,), actions=({**_SLACK, "status": "disabled"},)),),
        ),
    ),
    recovery=RecoverySpec(
        "tickets@3.5.1 lets payment sessions live as long as the seats are held.",
        fixed_at=12,
        release="tickets@3.5.1",
        streams=(Stream(14, 5, 11, users=14, first_user=300),),
        releases=(
            ReleaseSpec(
                "tickets@3.5.1",
                9,
                (DeploySpec(12, took=2.0),),
                (
                    CommitSpec(
                        "fix(checkout): sessions follow the seat hold (#514)",
                        7,
                        "Mina Park",
                        "mina.park@example.com",
                        514,
                        "acme/tickets",
                    ),
                ),
            ),
        ),
        sessions=(SessionsSpec(2900, 5, 1440, crashed=6, errored=50),),
        transactions=(Transactions("POST /checkout", 700, 12, 1440, 820, 260),),
    ),
)
