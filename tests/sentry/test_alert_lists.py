"""Lists of alerts, monitors and firings that a review of all alerts reads, from servers of every age."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from sentry_runbook.errors import Forbidden, NotFound, SentryError, Unsupported
from sentry_runbook.sentry.client import SentryClient
from sentry_runbook.sentry.counts import ListPage
from tests.fake_servers.app import TOKEN
from tests.fake_servers.glitchtip import GlitchTip
from tests.fake_servers.glitchtip_data import alert
from tests.sentry import shapes
from tests.sentry.test_alerts import GONE, NO_PATH, UNKNOWN, query
from tests.sentry.upstream import ORG, Answer, Upstream, client_of, gives, says

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = END - timedelta(days=14)
RULES = "/api/0/projects/acme/shop/rules/"
PERIOD = {("start", "2026-11-06T12:00:00"), ("end", "2026-11-20T12:00:00")}
Asks = Callable[[SentryClient], Awaitable[object]]
READS: dict[str, tuple[Asks, str, object]] = {
    "hours": (lambda client: client.alert_hours("77", START, END), f"{ORG}/workflows/77/stats/", shapes.FIRING_HOUR),
    "monitors": (lambda client: client.monitor_list(), f"{ORG}/detectors/", shapes.DETECTOR),
    "old_hours": (lambda client: client.old_hours("shop", "12", START, END), f"{RULES}12/stats/", shapes.FIRING_HOUR),
    "old_rules": (lambda client: client.old_project_rules("shop"), RULES, shapes.RULE),
    "old_incidents": (lambda client: client.old_incidents(START, END), f"{ORG}/incidents/", shapes.INCIDENT),
}
NEW = ("hours", "monitors")


def rows_of(answer: object) -> tuple[object, ...]:
    return answer.items if isinstance(answer, ListPage) else answer if isinstance(answer, tuple) else ()


@pytest.mark.parametrize("name", READS)
async def test_the_rows_are_given_as_they_came(name: str) -> None:
    ask, path, row = READS[name]
    async with client_of(Upstream({path: gives([row])})) as client:
        assert rows_of(await ask(client)) == (row,)


@pytest.mark.parametrize("name", READS)
async def test_a_token_that_may_not_read_alerts_is_told_which_scope_it_lacks(name: str) -> None:
    ask, path, _ = READS[name]
    refusal = says(403, "You do not have permission to perform this action.")
    async with client_of(Upstream({path: refusal})) as client:
        with pytest.raises(Forbidden, match="alerts:read"):
            await ask(client)


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("refusal", [NO_PATH, GONE], ids=["no_such_path", "gone"])
async def test_a_server_without_the_list_is_no_server_without_alerts(name: str, refusal: Answer) -> None:
    ask, path, row = READS[name]
    upstream = Upstream({path: [refusal, gives([row])]})
    async with client_of(upstream) as client:
        with pytest.raises((Unsupported, NotFound)) as caught:
            await ask(client)
        assert caught.value.what
        if name in NEW:
            # What a server of this age lacks is remembered.
            with pytest.raises(Unsupported):
                await ask(client)
            assert upstream.asked(path) == 1
        else:
            # A brown-out of an old endpoint is not: the 410 comes and goes (reference: alerts, 6).
            assert rows_of(await ask(client)) == (row,)


@pytest.mark.parametrize("name", ["hours", "old_hours", "old_incidents"])
async def test_firings_are_asked_for_with_their_period(name: str) -> None:
    ask, path, row = READS[name]
    upstream = Upstream({path: gives([row])})
    async with client_of(upstream) as client:
        await ask(client)
    assert set(query(upstream, path)) >= PERIOD


@pytest.mark.parametrize(
    ("ask", "path", "row"),
    [
        (lambda client, cursor: client.monitor_list(cursor), f"{ORG}/detectors/", shapes.DETECTOR),
        (lambda client, cursor: client.old_project_rules("shop", cursor), RULES, shapes.RULE),
        (lambda client, cursor: client.old_incidents(START, END, cursor), f"{ORG}/incidents/", shapes.INCIDENT),
    ],
    ids=["monitors", "old_rules", "old_incidents"],
)
async def test_a_list_is_read_page_by_page_of_a_hundred(
    ask: Callable[[SentryClient, str | None], Awaitable[ListPage[object]]], path: str, row: object
) -> None:
    link = f'<https://sentry.example.com{path}?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"'
    upstream = Upstream({path: [gives([row], link=link), gives([row])]})
    async with client_of(upstream) as client:
        first = await ask(client, None)
        assert (await ask(client, first.next_cursor)).next_cursor is None
    assert set(query(upstream, path)) >= {("cursor", "0:100:0"), ("per_page", "100")}


async def test_monitors_of_one_kind_are_asked_for_and_no_project_is_named() -> None:
    path = f"{ORG}/detectors/"
    upstream = Upstream({path: gives([shapes.DETECTOR])})
    async with client_of(upstream) as client:
        await client.monitor_list(kind="metric")
        assert query(upstream, path) == [("per_page", "100"), ("query", "type:metric")]
        await client.monitor_list()
    # A filter by project hides those that belong to none (reference: alerts, 4).
    assert query(upstream, path) == [("per_page", "100")]


async def test_old_rules_tell_when_they_fired_last() -> None:
    upstream = Upstream({RULES: gives([shapes.RULE])})
    async with client_of(upstream) as client:
        await client.old_project_rules("shop")
    assert ("expand", "lastTriggered") in query(upstream, RULES)


async def test_an_alert_that_was_deleted_meanwhile_is_told_so() -> None:
    async with client_of(Upstream({f"{ORG}/workflows/77/stats/": UNKNOWN})) as client:
        with pytest.raises(SentryError, match=r"Sentry knows no .*\(404\)"):
            await client.alert_hours("77", START, END)
    # The words are of one alert: other alerts are asked for.
    upstream = Upstream({f"{ORG}/workflows/77/stats/": UNKNOWN, f"{ORG}/workflows/78/stats/": gives([])})
    async with client_of(upstream) as client:
        with pytest.raises(NotFound):
            await client.alert_hours("77", START, END)
        assert await client.alert_hours("78", START, END) == ()


# --- GlitchTip


async def test_the_alerts_of_a_project_of_glitchtip_are_read() -> None:
    server = GlitchTip()
    server.data.alerts["web"] = [alert(7, quantity=20, minutes=5)]
    async with client_of(server.transport(), base_url="http://glitchtip.example", token=TOKEN) as client:
        (row,) = (await client.project_alerts("web")).items
        assert (row["quantity"], row["timespanMinutes"]) == (20, 5)


async def test_a_sentry_has_no_alerts_of_that_kind_and_is_asked_once() -> None:
    path = "/api/0/projects/acme/shop/alerts/"
    upstream = Upstream({path: NO_PATH})
    async with client_of(upstream) as client:
        for _ in range(2):
            with pytest.raises(Unsupported):
                await client.project_alerts("shop")
    assert upstream.asked(path) == 1
