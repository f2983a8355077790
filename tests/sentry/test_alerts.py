"""Alerts, monitors and checks as servers of every age answer for them, in the shapes of the reference."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from sentry_runbook.errors import Forbidden, NotFound, ServerFault, Unauthorized, Unsupported
from sentry_runbook.sentry.client import SentryClient
from tests.sentry import shapes
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, says

Ask = Callable[[SentryClient], Awaitable[str]]
END = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = END - timedelta(days=14)
RULE = "/api/0/projects/acme/shop/rules/12/"
CRON = "/monitors/nightly/"
GONE = gives(
    {"message": "This API no longer exists."},
    410,
    x_sentry_replacement_endpoint="/api/0/organizations/acme/workflows/",
    x_sentry_deprecation_date="2026-08-04T00:00:00+00:00",
)
UNKNOWN = says(404, "The requested resource does not exist")
NO_PATH = Answer(404)
NEW_ANSWERS = {
    f"{ORG}/workflows/77/": gives(shapes.WORKFLOW_OF_TODAY),
    f"{ORG}/workflows/77/group-history/": gives([shapes.FIRING]),
    f"{ORG}/detectors/41/": gives(shapes.DETECTOR),
    f"{ORG}/open-periods/": gives([shapes.OPEN_PERIOD]),
    f"{ORG}/alert-rule-workflow/": gives({"ruleId": "12", "alertRuleId": None, "workflowId": "77"}),
    f"{ORG}/alert-rule-detector/": gives({"ruleId": None, "alertRuleId": "5", "detectorId": "41"}),
    f"{ORG}/incident-groupopenperiod/": gives(
        {"incidentId": "901", "incidentIdentifier": "88", "groupId": "6114575469", "openPeriodId": "3"}
    ),
    f"{ORG}/issues/6114575469/": gives(shapes.ISSUE),
}
OLD_ANSWERS = {
    RULE: gives(shapes.RULE),
    f"{RULE}group-history/": gives([shapes.FIRING]),
    f"{ORG}/alert-rules/5/": gives(shapes.METRIC_RULE),
    f"{ORG}/incidents/": gives([shapes.INCIDENT]),
    f"{ORG}/incidents/88/": gives(shapes.INCIDENT),
}


def query(upstream: Upstream, path: str) -> list[tuple[str, str]]:
    """The query of the last request of a path."""
    request = next(request for request in reversed(upstream.seen) if request.url.path == path)
    return parse_qsl(request.url.query.decode(), keep_blank_values=True)


async def by_rule(client: SentryClient) -> str:
    return (await client.alert_of_rule("shop", "12", START, END)).form


async def by_metric_rule(client: SentryClient) -> str:
    return (await client.monitor_of_rule("5", END)).form


async def by_incident(client: SentryClient) -> str:
    return (await client.incident("88", END)).form


OLD_IDS = [
    (by_rule, "workflow", "rule"),
    (by_metric_rule, "detector", "metric_rule"),
    (by_incident, "issue", "incident"),
]


async def test_the_firings_of_an_alert_are_asked_for_with_their_period() -> None:
    upstream = Upstream(NEW_ANSWERS)
    async with client_of(upstream) as client:
        answer = await client.alert("77", START, END)
    assert answer.firings is not None and answer.firings.items[0]["count"] == 4
    sent = query(upstream, f"{ORG}/workflows/77/group-history/")
    # Sentry's default depends on its version (reference: alerts, 1): always send the period.
    assert ("start", "2026-11-06T12:00:00") in sent and ("end", "2026-11-20T12:00:00") in sent
    assert ("per_page", "100") in sent


async def test_open_periods_are_asked_for_by_exactly_one_of_monitor_and_issue() -> None:
    upstream = Upstream(NEW_ANSWERS)
    async with client_of(upstream) as client:
        await client.monitor("41", END)
        by_monitor = dict(query(upstream, f"{ORG}/open-periods/"))
        await client.incident("88", END)
        by_issue = dict(query(upstream, f"{ORG}/open-periods/"))
    assert (by_monitor["detectorId"], by_issue["groupId"]) == ("41", "6114575469")
    assert "groupId" not in by_monitor and "detectorId" not in by_issue
    # One that began before the window may go on in it.
    assert by_monitor["start"] == "2026-08-22T12:00:00"


@pytest.mark.parametrize("body", [[], {"detail": "Group not found. Could not query open periods."}])
async def test_a_monitor_without_an_issue_has_no_open_period_on_servers_of_any_age(body: object) -> None:
    async with client_of(Upstream({**NEW_ANSWERS, f"{ORG}/open-periods/": gives(body)})) as client:
        answer = await client.monitor("41", END)
    assert answer.firings is not None and answer.firings.items == ()


async def test_open_periods_of_another_shape_are_unknown_and_not_none() -> None:
    async with client_of(Upstream({**NEW_ANSWERS, f"{ORG}/open-periods/": gives({"periods": []})})) as client:
        answer = await client.monitor("41", END)
    assert answer.firings is None and isinstance(answer.why_unknown, ServerFault)


@pytest.mark.parametrize("status", [403, 404, 410, 500])
async def test_firings_that_cannot_be_read_cost_only_themselves(status: int) -> None:
    answers = {**NEW_ANSWERS, f"{ORG}/workflows/77/group-history/": says(status), f"{ORG}/open-periods/": says(status)}
    async with client_of(Upstream(answers)) as client:
        alert, monitor = await client.alert("77", START, END), await client.monitor("41", END)
    for answer in (alert, monitor):
        assert answer.firings is None and answer.why_unknown is not None
        assert answer.row["name"] in ("Pay", "Errors")


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
async def test_an_old_id_is_translated_where_the_server_can(ask: Ask, new: str, old: str) -> None:
    upstream = Upstream({**NEW_ANSWERS, **OLD_ANSWERS})
    async with client_of(upstream) as client:
        assert await ask(client) == new
    assert not set(upstream.paths) & set(OLD_ANSWERS)


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
@pytest.mark.parametrize("refusal", [NO_PATH, UNKNOWN, GONE], ids=["no such path", "no such id", "gone"])
async def test_else_the_old_endpoints_are_asked(ask: Ask, new: str, old: str, refusal: Answer) -> None:
    translations = dict.fromkeys(
        (f"{ORG}/{name}/" for name in ("alert-rule-workflow", "alert-rule-detector", "incident-groupopenperiod")),
        refusal,
    )
    upstream = Upstream({**OLD_ANSWERS, **translations})
    async with client_of(upstream) as client:
        assert [await ask(client), await ask(client)] == [old, old]
    translated = sum(upstream.asked(path) for path in translations)
    # An id that is not translated says nothing of the server; that the endpoint is missing is remembered.
    assert translated == (2 if refusal is UNKNOWN else 1)


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
async def test_what_neither_form_knows_is_told_by_the_answer_that_says_most(ask: Ask, new: str, old: str) -> None:
    words = dict.fromkeys([*NEW_ANSWERS, *OLD_ANSWERS], UNKNOWN)
    for answers in ({**words, **dict.fromkeys(OLD_ANSWERS, GONE)}, words):
        async with client_of(Upstream(answers)) as client:
            with pytest.raises(NotFound, match=r"Sentry knows no .*\(404\)") as caught:
                await ask(client)
        assert "deleted" in caught.value.fix
    async with client_of(Upstream(dict.fromkeys(OLD_ANSWERS, GONE))) as client:
        with pytest.raises((NotFound, Unsupported)):
            await ask(client)


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
async def test_a_brown_out_is_not_remembered(ask: Ask, new: str, old: str) -> None:
    """The 410 comes and goes (reference: alerts, 6)."""
    answers: dict[str, Answer | Sequence[Answer]] = {path: [GONE, answer] for path, answer in OLD_ANSWERS.items()}
    async with client_of(Upstream(answers)) as client:
        with pytest.raises((NotFound, Unsupported)):
            await ask(client)
        assert await ask(client) == old


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
async def test_sentry_io_is_asked_in_today_s_form_only(ask: Ask, new: str, old: str) -> None:
    upstream = Upstream(OLD_ANSWERS)
    async with client_of(upstream, base_url="https://sentry.io") as client:
        with pytest.raises((NotFound, Unsupported)):
            await ask(client)
    assert len(upstream.seen) == 1


@pytest.mark.parametrize(("ask", "new", "old"), OLD_IDS)
@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorized), (403, Forbidden)])
async def test_a_refused_token_is_no_matter_of_the_server_s_age(
    ask: Ask, new: str, old: str, status: int, kind: type[Exception]
) -> None:
    upstream = Upstream(OLD_ANSWERS, says(status, "You do not have permission to perform this action."))
    async with client_of(upstream) as client:
        with pytest.raises(kind) as caught:
            await ask(client)
    assert not set(upstream.paths) & set(OLD_ANSWERS)
    assert status == 401 or "alerts:read" in str(caught.value)


async def test_a_translation_that_names_no_id_is_no_alert() -> None:
    answers = {f"{ORG}/alert-rule-workflow/": gives({"ruleId": "12", "workflowId": None})}
    async with client_of(Upstream(answers)) as client:
        with pytest.raises(NotFound, match="alert 12 of project shop"):
            await by_rule(client)


async def test_cron_monitors_are_asked_for_below_their_project_and_on_old_servers_below_the_organization() -> None:
    below_project, below_org = f"/api/0/projects/acme/shop{CRON}", f"{ORG}{CRON}"
    upstream = Upstream({below_project: gives(shapes.MONITOR), below_org: says(500)})
    async with client_of(upstream) as client:
        await client.cron_monitor("shop", "nightly")
    assert upstream.paths == [below_project]
    upstream = Upstream({below_org: gives(shapes.MONITOR), f"{below_org}checkins/": gives([shapes.CHECK_IN])})
    async with client_of(upstream) as client:
        await client.cron_monitor("shop", "nightly")
        await client.check_ins("shop", "nightly", START, END)
    assert upstream.paths == [below_project, below_org, f"{below_org}checkins/"]


async def test_a_monitor_that_its_project_does_not_know_is_not_looked_for_in_others() -> None:
    """Slugs are unique in a project: another project's monitor of that slug is another job."""
    upstream = Upstream({f"/api/0/projects/acme/shop{CRON}": UNKNOWN, f"{ORG}{CRON}": gives(shapes.MONITOR)})
    async with client_of(upstream) as client:
        with pytest.raises(NotFound, match="cron monitor nightly of project shop"):
            await client.cron_monitor("shop", "nightly")
    assert upstream.asked(f"{ORG}{CRON}") == 0


async def test_ids_and_slugs_cannot_leave_their_place_in_a_path() -> None:
    upstream = Upstream({}, UNKNOWN)
    odd = "../../issues/1"
    async with client_of(upstream, Time()) as client:
        for ask in (
            client.alert(odd, START, END),
            client.alert_of_rule(odd, odd, START, END),
            client.monitor(odd, END),
            client.cron_monitor(odd, odd),
            client.uptime_check(odd, odd),
            client.incident(odd, END),
        ):
            with pytest.raises(NotFound):
                await ask
    assert all("/issues/1" not in path for path in upstream.paths)
