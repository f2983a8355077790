"""What a server lacks is found out once, believed for a while, and never mixed up with a fault of the question."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import anyio
import httpx
import pytest

from sentry_runbook.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    SentryError,
    ServerFault,
    SettingsError,
    TimedOut,
    Unsupported,
)
from sentry_runbook.sentry.compatibility import ABILITIES, LACK_S, Capabilities
from sentry_runbook.sentry.counts import LatencyTable, TimeSeries
from sentry_runbook.sentry.forms import RequestForm, ask_newest, refused_by
from sentry_runbook.sentry.ids import IssueRef
from sentry_runbook.sentry.status_errors import NoRoute, WebPage
from tests.sentry import shapes
from tests.sentry.upstream import ORG, Answer, Time, Upstream, client_of, gives, says, shows_page

REF = IssueRef("1")
END = datetime(2026, 11, 24, 9, tzinfo=UTC)
WINDOW: dict[str, Any] = {"start": END - timedelta(hours=1), "end": END, "project_id": "1"}
EVENTS, SESSIONS = f"{ORG}/events/", f"{ORG}/sessions/"
NEWER, OLDER = f"{ORG}/events-timeseries/", f"{ORG}/events-stats/"
COUNTED = gives({"data": [{"count()": 3}]})
SAAS = "https://sentry.io"


def sent(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.url.query.decode(), keep_blank_values=True)


def values(request: httpx.Request, name: str) -> list[str]:
    return [value for key, value in sent(request) if key == name]


class ByQuery(httpx.AsyncBaseTransport):
    """Answers by what the query holds: the first rule that is part of it."""

    def __init__(self, **rules: Answer) -> None:
        self.rules = rules
        self.seen: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = dict(sent(request)).get("dataset", "none")
        self.seen.append(asked)
        answer = self.rules.get(asked, self.rules["otherwise"])
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


# --- of two errors the one that tells more


UNWORDED, WORDED = NoRoute("no route", status=404), NotFound("no such event", status=404)
PAGE, FORBIDDEN, LATE = WebPage("a page", status=200), Forbidden("no scope", status=403), TimedOut("too late")
UNKNOWN_FORM, WRONG = BadRequest("uuid_parsing", status=422), BadRequest("no such field", status=400)
MISSING, FAULT = Unsupported("not here", status=405), ServerFault("trouble", status=500)


@pytest.mark.parametrize(
    ("newest", "oldest", "told"),
    [
        (UNWORDED, FORBIDDEN, FORBIDDEN),
        (UNWORDED, LATE, LATE),
        (PAGE, FAULT, FAULT),
        (MISSING, WORDED, WORDED),
        (UNKNOWN_FORM, WORDED, WORDED),
        (WORDED, FAULT, FAULT),
        (WORDED, UNWORDED, WORDED),
        (FORBIDDEN, UNWORDED, FORBIDDEN),
        (WRONG, UNWORDED, WRONG),
        (UNWORDED, PAGE, UNWORDED),
        (FORBIDDEN, WRONG, FORBIDDEN),
    ],
)
async def test_when_no_form_is_answered_the_error_that_tells_most_is_raised(
    newest: SentryError, oldest: SentryError, told: SentryError
) -> None:
    def failing(error: SentryError) -> Callable[[], Awaitable[object]]:
        async def ask() -> object:
            raise error

        return ask

    forms = [RequestForm(ask=failing(error), is_refusal=refused_by(SentryError)) for error in (newest, oldest)]
    with pytest.raises(SentryError) as raised:
        await ask_newest(forms, Capabilities(lambda: 0.0))
    assert raised.value is told


@pytest.mark.parametrize("which", ["recommended", "latest"])
async def test_a_limit_on_the_fallback_is_told_rather_than_a_path_that_is_not_there(which: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_latest = request.url.path.endswith("/latest/")
        return httpx.Response(403 if is_latest else 404, json={"detail": "You do not have permission."})

    async with client_of(httpx.MockTransport(answer), base_url="http://sentry.example") as client:
        with pytest.raises(Forbidden, match="may not read"):
            await client.event(REF, which)


# --- the memory itself


def test_a_lack_is_believed_for_a_while_and_what_worked_is_not_unlearned() -> None:
    now = [0.0]
    can = Capabilities(lambda: now[0])
    assert not can.is_missing("spans")
    can.mark_missing("spans")
    assert can.is_missing("spans")
    now[0] = LACK_S - 0.1
    assert can.is_missing("spans")
    now[0] = LACK_S
    assert not can.is_missing("spans")
    can.mark_supported("spans")
    can.mark_missing("spans")
    assert not can.is_missing("spans")


def test_what_one_organization_lacks_another_may_have() -> None:
    can = Capabilities(lambda: 0.0)
    can.mark_missing("discover", "small-plan")
    assert can.is_missing("discover", "small-plan")
    assert not can.is_missing("discover", "large-plan")


def test_the_table_has_a_line_for_every_ability_and_says_what_stands_in() -> None:
    can = Capabilities(lambda: 0.0)
    can.mark_supported("spans", "acme")
    can.mark_missing("sessions", "acme")
    table = {line.name: line for line in can.table()}
    assert set(table) == set(ABILITIES)
    assert (table["spans"].state, table["sessions"].state, table["dataset"].state) == ("yes", "no", "unknown")
    assert all(line.what and line.instead for line in table.values())


async def test_an_endpoint_that_came_back_is_found_again() -> None:
    upstream, time = Upstream({f"{ORG}/releases/": [Answer(404), gives([shapes.RELEASE])]}), Time()
    async with client_of(upstream, time) as client:
        for _ in range(3):
            with pytest.raises(Unsupported):
                await client.releases("1")
        assert len(upstream.seen) == 1
        time.now += LACK_S
        assert len(await client.releases("1")) == 1


@pytest.mark.parametrize("absent", [Answer(404), shows_page(), shows_page(404), says(405), says(410)])
async def test_each_way_of_not_being_there_is_understood(absent: Answer) -> None:
    upstream = Upstream({}, absent)
    async with client_of(upstream) as client:
        for _ in range(2):
            for ask in (client.releases("1"), client.workflows("1"), client.sessions(**WINDOW), client.deploys("v")):
                with pytest.raises(Unsupported, match="does not offer"):
                    await ask
    assert len(upstream.seen) == 4


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (says(403), Forbidden),
        (says(404, "No such project"), NotFound),
        (says(500), ServerFault),
        (gives({}), ServerFault),
    ],
)
async def test_a_fault_is_not_taken_for_a_lack(trouble: Answer, kind: type[SentryError]) -> None:
    upstream = Upstream({f"{ORG}/releases/": trouble})
    async with client_of(upstream) as client:
        for _ in range(2):
            with pytest.raises(kind):
                await client.releases("1")
    assert len(upstream.seen) == 2


# --- Discover


async def test_dataset_errors_is_asked_first_and_left_out_once_it_is_refused() -> None:
    upstream = ByQuery(errors=says(400, "dataset must be one of: discover"), otherwise=COUNTED)
    async with client_of(upstream) as client:
        for _ in range(2):
            assert (await client.discover(["count()"], query="", **WINDOW)).number("count()") == 3
    assert upstream.seen == ["errors", "none", "none"]


async def test_a_bad_question_is_told_as_that_not_as_a_missing_dataset() -> None:
    upstream = ByQuery(otherwise=says(400, "Invalid query"))
    async with client_of(upstream) as client:
        for _ in range(2):
            with pytest.raises(BadRequest, match="Invalid query"):
                await client.discover(["count()"], query="((", **WINDOW)
    assert upstream.seen == ["errors", "none", "errors", "none"]


async def test_where_dataset_has_worked_a_refusal_is_the_question_s_fault() -> None:
    upstream = Upstream({EVENTS: [COUNTED, says(400, "Invalid query")]})
    async with client_of(upstream) as client:
        await client.discover(["count()"], query="", **WINDOW)
        with pytest.raises(BadRequest):
            await client.discover(["count()"], query="((", **WINDOW)
    assert len(upstream.seen) == 2


async def test_sentry_io_is_of_today_and_asked_once() -> None:
    upstream = ByQuery(otherwise=says(400, "Invalid query"))
    async with client_of(upstream, base_url=SAAS) as client:
        with pytest.raises(BadRequest):
            await client.discover(["count()"], query="((", **WINDOW)
        with pytest.raises(BadRequest):
            await client.latency(transactions=["GET /"], **WINDOW)
    assert upstream.seen == ["errors", "spans"]


async def test_a_hint_about_missing_projects_is_kept() -> None:
    empty = gives({"data": [], "meta": {"tips": {"query": "no projects"}}})
    async with client_of(Upstream({EVENTS: empty})) as client:
        found = await client.discover(["count()"], query="", **WINDOW)
    assert found.rows == ()
    assert found.why_empty


async def test_the_window_is_sent_as_start_and_end_in_utc() -> None:
    upstream = Upstream({EVENTS: COUNTED})
    async with client_of(upstream) as client:
        await client.discover(["count()"], query="a:b", sort="-count()", environments=["", "prod", "prod"], **WINDOW)
    (request,) = upstream.seen
    assert values(request, "start") == ["2026-11-24T08:00:00"]
    assert values(request, "end") == ["2026-11-24T09:00:00"]
    assert values(request, "environment") == ["", "prod"]
    assert values(request, "dataset") == ["errors"]


# --- latency

OLD_ROWS = gives({"data": [{"transaction": "GET /", "p95(transaction.duration)": 640.0, "count()": 5}]})
NEW_ROWS = gives({"data": [{"transaction": "GET /", "p95(span.duration)": 700.0, "count()": 5}]})
EMPTY = gives({"data": []})


async def latency_of(upstream: ByQuery, times: int = 1, **options: Any) -> LatencyTable:
    async with client_of(upstream, **options) as client:
        for _ in range(times):
            found = await client.latency(transactions=["GET /"], **WINDOW)
    return found


async def test_spans_answer_where_they_are() -> None:
    upstream = ByQuery(spans=NEW_ROWS, otherwise=OLD_ROWS)
    found = await latency_of(upstream)
    assert (found.rows[0].p95_ms, found.measure) == (700.0, "p95(span.duration) of transaction roots")
    assert upstream.seen == ["spans"]


@pytest.mark.parametrize("refused", [says(400, "dataset must be one of: …"), Answer(500)])
async def test_transactions_answer_where_spans_do_not(refused: Answer) -> None:
    upstream = ByQuery(spans=refused, transactions=OLD_ROWS, otherwise=says(400))
    found = await latency_of(upstream)
    assert (found.rows[0].p95_ms, found.measure) == (640.0, "p95(transaction.duration)")


@pytest.mark.parametrize(("refused", "times"), [(says(400, "dataset must be one of: …"), 1), (Answer(500), 3)])
async def test_a_refusal_is_remembered_and_a_fault_is_not(refused: Answer, times: int) -> None:
    upstream = ByQuery(spans=refused, transactions=OLD_ROWS, otherwise=says(400))
    await latency_of(upstream, times=3)
    assert upstream.seen.count("spans") == times


async def test_a_refusal_that_no_older_form_explains_is_not_remembered() -> None:
    upstream = ByQuery(otherwise=says(400, "unknown field"))
    async with client_of(upstream) as client:
        for _ in range(2):
            with pytest.raises(BadRequest):
                await client.latency(transactions=["GET /"], **WINDOW)
    assert upstream.seen.count("spans") == 2


async def test_the_dataset_of_transactions_is_asked_alone_once_it_has_answered() -> None:
    upstream = ByQuery(errors=says(400), spans=says(400), none=says(400), otherwise=OLD_ROWS)
    async with client_of(upstream) as client:
        for _ in range(2):
            assert (await client.latency(transactions=["GET /"], **WINDOW)).rows[0].p95_ms == 640.0
    assert [upstream.seen.count(dataset) for dataset in ("spans", "transactions", "none")] == [1, 2, 1]


async def test_alerts_are_asked_for_by_their_last_firing_and_plainly_where_that_is_unknown() -> None:
    alerts = f"{ORG}/workflows/"
    for first, orders in (
        (gives([{"id": "1"}]), [["-lastTriggered"], ["-lastTriggered"]]),
        (says(400, "Invalid sort field"), [["-lastTriggered"], [], []]),
    ):
        upstream = Upstream({alerts: [first, gives([{"id": "1"}])]})
        async with client_of(upstream) as client:
            for _ in range(2):
                assert len(await client.workflows("1")) == 1
        assert [values(request, "sortBy") for request in upstream.seen] == orders


async def test_empty_spans_of_a_self_hosted_server_are_looked_for_among_transactions_once() -> None:
    upstream = ByQuery(spans=EMPTY, otherwise=EMPTY)
    found = await latency_of(upstream, times=2)
    assert found.rows == ()
    assert found.measure == "p95(span.duration) of transaction roots"
    assert sorted(upstream.seen) == ["none", "spans", "spans", "transactions"]


async def test_a_server_that_knows_errors_and_no_transactions_by_name_is_asked_without_a_name_from_then_on() -> None:
    refused = says(400, "dataset must be one of: discover, errors, metrics, spansIndexed")
    upstream = ByQuery(spans=refused, transactions=refused, none=OLD_ROWS, otherwise=COUNTED)
    async with client_of(upstream) as client:
        for _ in range(3):
            await client.discover(["count()"], query="", **WINDOW)
            assert (await client.latency(transactions=["GET /"], **WINDOW)).rows[0].p95_ms == 640.0
    assert sorted(upstream.seen) == ["errors"] * 3 + ["none"] * 3 + ["spans", "transactions"]


async def test_empty_spans_of_sentry_io_are_the_answer() -> None:
    upstream = ByQuery(spans=EMPTY, otherwise=OLD_ROWS)
    assert (await latency_of(upstream, base_url=SAAS)).rows == ()
    assert upstream.seen == ["spans"]


async def test_rows_without_the_number_asked_for_do_not_end_the_search() -> None:
    upstream = ByQuery(spans=gives({"data": [{"transaction": "GET /", "count()": 5}]}), otherwise=OLD_ROWS)
    assert (await latency_of(upstream)).rows[0].p95_ms == 640.0


async def test_a_rate_limit_beside_a_fall_back_stays_one_of_our_errors() -> None:
    upstream = ByQuery(spans=says(400, "unknown dataset"), otherwise=says(429, Retry_After="60"))
    with pytest.raises(RateLimited, match="60 s"):
        await latency_of(upstream)


@pytest.mark.parametrize("failing", ["both", "transactions", "none"])
async def test_an_older_form_that_fails_after_an_empty_answer_is_not_called_no_latency(failing: str) -> None:
    limited = says(429, Retry_After="60")
    forms = {form: limited if failing in (form, "both") else EMPTY for form in ("transactions", "none")}
    upstream = ByQuery(spans=EMPTY, otherwise=EMPTY, **forms)
    with pytest.raises(RateLimited, match="60 s"):
        await latency_of(upstream)


@pytest.mark.parametrize("failing", ["transactions", "none"])
async def test_rows_of_one_dataset_are_the_answer_whatever_the_other_says(failing: str) -> None:
    upstream = ByQuery(spans=EMPTY, **{failing: Answer(500)}, otherwise=OLD_ROWS)
    assert (await latency_of(upstream)).rows[0].p95_ms == 640.0


async def test_a_server_without_any_latency_says_so() -> None:
    upstream = ByQuery(otherwise=says(400, "unknown field"))
    with pytest.raises(SentryError):
        await latency_of(upstream)


async def test_names_that_cannot_be_searched_for_are_not_asked_for() -> None:
    upstream = ByQuery(otherwise=OLD_ROWS)
    async with client_of(upstream) as client:
        assert (await client.latency(transactions=["\x00", "", "x" * 500], **WINDOW)).rows == ()
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("name", "search"),
    [
        ('GET /*" OR transaction:"x', r'"GET /\*\" OR transaction:\"x"'),
        (r"App\Http\Controllers\Pay", r'"App\Http\Controllers\Pay"'),
    ],
)
async def test_a_name_stays_one_term_of_the_search(name: str, search: str) -> None:
    upstream = Upstream({EVENTS: NEW_ROWS})
    async with client_of(upstream) as client:
        await client.latency(transactions=[name], **WINDOW)
    (query,) = values(upstream.seen[0], "query")
    assert query == f"is_transaction:true transaction:{search}"


async def test_a_name_that_would_escape_its_own_quote_is_left_out() -> None:
    upstream = Upstream({EVENTS: NEW_ROWS})
    async with client_of(upstream) as client:
        assert (await client.latency(transactions=["x\\"], **WINDOW)).rows == ()
        await client.latency(transactions=["x\\", "GET /"], **WINDOW)
    assert [values(request, "query") for request in upstream.seen] == [['is_transaction:true transaction:"GET /"']]


# --- time series

SERIES, STATS = gives(shapes.TIMESERIES), gives(shapes.STATS)


async def series_of(upstream: Upstream, times: int = 1, **options: Any) -> dict[str, TimeSeries]:
    async with client_of(upstream, **options) as client:
        for _ in range(times):
            found = await client.series(["count()"], query="", interval_s=60, **WINDOW)
    return found


async def test_an_answer_without_the_events_that_were_asked_for_is_none() -> None:
    users = gives({"count_unique(user)": shapes.STATS})
    async with client_of(Upstream({NEWER: says(404), OLDER: users})) as client:
        with pytest.raises(SentryError):
            await client.series(["count()", "count_unique(user)"], query="", interval_s=60, **WINDOW)


async def test_the_newer_series_answers_and_its_incomplete_minutes_are_told() -> None:
    found = (await series_of(Upstream({NEWER: SERIES})))["count()"]
    assert found.values == (12.0, None)
    assert found.complete_until == found.start + timedelta(minutes=1)


async def test_the_older_series_stands_in_and_the_newer_is_not_asked_again() -> None:
    upstream = Upstream({NEWER: Answer(404), OLDER: STATS})
    assert (await series_of(upstream, times=2))["count()"].values == (3.0, 0.0)
    assert upstream.paths == [NEWER, OLDER, OLDER]
    assert values(upstream.seen[-1], "interval") == ["1m"]


async def test_a_series_in_another_resolution_than_asked_is_not_believed() -> None:
    hourly = {**shapes.TIMESERIES["timeSeries"][0], "meta": {"interval": 3_600_000}}
    upstream = Upstream({NEWER: gives({"timeSeries": [hourly]}), OLDER: STATS})
    assert (await series_of(upstream))["count()"].values == (3.0, 0.0)
    by_hour = gives({"data": [[1_795_161_600, [{"count": 3}]], [1_795_165_200, [{"count": 0}]]]})
    with pytest.raises(Unsupported):
        await series_of(Upstream({NEWER: Answer(404), OLDER: by_hour}))


async def test_a_server_that_counts_only_events_is_not_believed_about_users() -> None:
    upstream, users = Upstream({NEWER: Answer(404), OLDER: STATS}), "count_unique(user)"
    async with client_of(upstream) as client:
        both = await client.series(["count()", users], query="", interval_s=60, **WINDOW)
        assert set(both) == {"count()"}
        with pytest.raises(Unsupported):
            await client.series([users], query="", interval_s=60, **WINDOW)
    assert values(upstream.seen[-1], "yAxis") == ["count()", users]


async def test_the_older_series_of_several_axes_is_read_by_name() -> None:
    users = "count_unique(user)"
    older = gives({"count()": shapes.STATS, users: {"data": [[1_795_161_600, [{"count": 2}]]]}})
    async with client_of(Upstream({NEWER: Answer(404), OLDER: older})) as client:
        found = await client.series([users], query="", interval_s=60, **WINDOW)
    assert {axis: series.values for axis, series in found.items()} == {users: (2.0,)}


async def test_a_bad_question_to_both_series_is_told_once_as_the_newer_says_it() -> None:
    upstream = Upstream({NEWER: says(400, "Invalid query"), OLDER: says(400, "something else")})
    with pytest.raises(BadRequest, match="Invalid query"):
        await series_of(upstream)


async def test_a_long_series_is_asked_in_parts_and_put_together() -> None:
    start = END - timedelta(days=10)

    class Counting(httpx.AsyncBaseTransport):
        parts = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.parts += 1
            first = datetime.fromisoformat(values(request, "start")[0]).replace(tzinfo=UTC)
            last = datetime.fromisoformat(values(request, "end")[0]).replace(tzinfo=UTC)
            minutes = int((last - first).total_seconds()) // 60
            points = [
                {"timestamp": (int(first.timestamp()) + 60 * at) * 1000, "value": 1, "incomplete": False}
                for at in range(minutes)
            ]
            series = {"yAxis": "count()", "values": points, "meta": {"interval": 60_000}}
            return httpx.Response(200, json={"timeSeries": [series]})

    upstream = Counting()
    async with client_of(upstream) as client:
        found = await client.series(["count()"], query="", start=start, end=END, interval_s=60, project_id="1")
    assert upstream.parts == 2
    assert found["count()"].values == (1.0,) * (10 * 24 * 60)
    assert found["count()"].start == start


async def test_without_a_token_every_question_says_what_to_set() -> None:
    from sentry_runbook.sentry.client import SentryClient
    from sentry_runbook.settings import Settings

    async with SentryClient(Settings(organization="acme"), http_transport=Upstream({})) as client:
        for ask in (
            client.issue(REF),
            client.series(["count()"], query="", interval_s=60, **WINDOW),
            client.latency(transactions=["GET /"], **WINDOW),
            client.update_issue(REF, {}),
        ):
            with pytest.raises(SettingsError, match="SENTRY_AUTH_TOKEN"):
                await ask


# --- sessions


async def test_the_unhandled_rate_is_left_out_where_it_is_not_known() -> None:
    upstream = Upstream({SESSIONS: [says(400, "Invalid field"), gives(shapes.SESSIONS), gives(shapes.SESSIONS)]})
    async with client_of(upstream) as client:
        for _ in range(2):
            found = await client.sessions(**WINDOW)
            assert not found.has_unhandled_rate
            assert found.groups[0].crash_rate == 0.09
    fields = [set(values(request, "field")) for request in upstream.seen]
    assert [("unhandled_rate(session)" in one, "crash_rate(session)" in one) for one in fields] == [
        (True, True),
        (False, True),
        (False, True),
    ]


async def test_a_still_older_server_tells_the_crash_rate_by_what_is_free_of_it() -> None:
    group = {
        "by": {},
        "totals": {"sum(session)": 10, "crash_free_rate(session)": 0.91},
        "series": {"crash_free_rate(session)": [0.75]},
    }
    oldest = gives({**shapes.SESSIONS, "groups": [group]})
    upstream = Upstream({SESSIONS: [says(400), says(400), oldest, oldest]})
    async with client_of(upstream) as client:
        for _ in range(2):
            (found,) = (await client.sessions(**WINDOW)).groups
            assert found.crash_rate == pytest.approx(0.09)
            assert found.crash_rate_by_hour == (0.25,)
    assert len(upstream.seen) == 4


async def test_a_bad_question_about_sessions_is_told_in_its_first_words() -> None:
    upstream = Upstream({SESSIONS: [says(400, "Invalid project"), says(400, "b"), says(400, "c")]})
    async with client_of(upstream) as client:
        with pytest.raises(BadRequest, match="Invalid project"):
            await client.sessions(**WINDOW)


async def test_percentages_in_place_of_fractions_are_no_rates() -> None:
    group = {"by": {}, "totals": {"sum(session)": 10, "crash_rate(session)": 91}, "series": {}}
    async with client_of(Upstream({SESSIONS: gives({**shapes.SESSIONS, "groups": [group]})})) as client:
        assert (await client.sessions(**WINDOW)).groups[0].crash_rate is None


@pytest.mark.parametrize(
    ("start", "end", "interval"),
    [
        (END - timedelta(hours=1000), END, "1h"),
        (END - timedelta(hours=1000, seconds=1), END, "1d"),
        (END - timedelta(hours=1001), END, "1d"),
        # Rounded outwards, these 999 and a half hours touch 1,000 clock hours, and 1,001 where both ends are cut.
        (END - timedelta(hours=999, minutes=30), END, "1h"),
        (END - timedelta(hours=1000, minutes=-15), END + timedelta(minutes=15), "1d"),
        (END - timedelta(days=90), END, "1d"),
    ],
)
async def test_of_more_hours_than_one_answer_holds_only_the_totals_are_asked_for(
    start: datetime, end: datetime, interval: str
) -> None:
    """sentry-api §17: at most 1,000 intervals, and a series cuts the groups in silence."""
    upstream = Upstream({SESSIONS: gives(shapes.SESSIONS)})
    async with client_of(upstream) as client:
        found = await client.sessions(start=start, end=end, project_id="1")
    (request,) = upstream.seen
    by_hour = interval == "1h"
    assert (values(request, "interval"), values(request, "includeSeries")) == ([interval], ["1" if by_hour else "0"])
    assert bool(found.intervals) is by_hour
    assert found.groups[0].sessions == 2200


# --- organization, projects, suspect commits


async def test_the_only_organization_of_the_token_is_taken_and_asked_for_once() -> None:
    upstream = Upstream({"/api/0/organizations/": gives([{"slug": "acme"}]), f"{ORG}/issues/1/": gives({"id": "1"})})
    async with client_of(upstream, organization=None) as client:
        for _ in range(2):
            await client.issue(REF)
        assert client.issue_url("1", organization=None) == "https://sentry.example.com/organizations/acme/issues/1/"
    assert upstream.asked("/api/0/organizations/") == 1


@pytest.mark.parametrize("found", [[], [{"slug": "a"}, {"slug": "b"}], [{"id": "1"}]])
async def test_without_one_organization_the_setting_is_asked_for(found: list[dict[str, str]]) -> None:
    async with client_of(Upstream({"/api/0/organizations/": gives(found)}), organization=None) as client:
        with pytest.raises(SettingsError, match="SENTRY_ORG"):
            await client.issue(REF)


async def test_the_organization_of_a_pasted_url_wins() -> None:
    upstream = Upstream({}, gives({"id": "1"}))
    async with client_of(upstream) as client:
        await client.issue(IssueRef("1", organization="other"))
    assert upstream.paths == ["/api/0/organizations/other/issues/1/"]


async def test_a_project_s_slug_is_turned_into_its_number() -> None:
    project, issues = "/api/0/projects/acme/shop/", f"{ORG}/issues/"
    upstream = Upstream({project: gives({"id": 4509062593708032, "slug": "shop"}), issues: gives([])})
    ask: dict[str, Any] = {"query": "", "environments": (), "sort": "date", "limit": 5, "cursor": None}
    async with client_of(upstream) as client:
        await client.issues(project="shop", start=END, end=END, **ask)
        await client.issues(project=None, start=END, end=END, **ask)
    assert [values(request, "project") for request in upstream.seen[1:]] == [["4509062593708032"], ["-1"]]


@pytest.mark.parametrize(("more", "pages"), [("false", 1), ("true", 10)])
async def test_projects_are_read_page_by_page_and_an_endless_list_ends(more: str, pages: int) -> None:
    link = f'<https://sentry.example.com/?cursor=0:1:0>; rel="next"; results="{more}"; cursor="0:1:0"'
    upstream = Upstream({f"{ORG}/projects/": gives([{"id": "1", "slug": "shop"}], link=link)})
    async with client_of(upstream) as client:
        assert len(await client.projects()) == pages


async def test_no_suspect_commit_is_an_answer_and_no_endpoint_is_none() -> None:
    place = "/api/0/projects/acme/shop/events/e/committers/"
    async with client_of(Upstream({place: says(404, "No committers found")})) as client:
        assert await client.committers("shop", "e") == ()
    async with client_of(Upstream({place: Answer(404)})) as client:
        with pytest.raises(Unsupported, match="suspect commits"):
            await client.committers("shop", "e")


async def test_a_search_through_an_endless_list_ends() -> None:
    link = '<x>; rel="next"; results="true"; cursor="0:100:0"'
    answers = {
        f"{ORG}/issues/": gives([{"id": "5", "shortId": "SHOP-5"}], Link=link),
        "/api/0/issues/5/": gives({"id": "5"}),
    }
    upstream = Upstream(answers)
    async with client_of(upstream) as client:
        assert (await client.issue(IssueRef("SHOP-5")))["id"] == "5"
        with pytest.raises(NotFound):
            await client.issue(IssueRef("SHOP-9"))
    assert upstream.asked(f"{ORG}/issues/") <= 4


async def test_a_short_id_is_looked_up_once_where_paths_know_numbers_only() -> None:
    by_number = {f"{ORG}/issues/5/": gives({"id": "5"}), f"{ORG}/issues/5/tags/": gives([])}
    unknown = says(404, "The requested resource does not exist")
    upstream = Upstream({**by_number, f"{ORG}/shortids/SHOP-5/": gives({"groupId": "5"})}, unknown)
    async with client_of(upstream) as client:
        assert (await client.issue(IssueRef("SHOP-5")))["id"] == "5"
        assert await client.tags(IssueRef("SHOP-5")) == ()
    below = [path.removeprefix(f"{ORG}/") for path in upstream.paths]
    assert below == ["issues/SHOP-5/", "shortids/SHOP-5/", "issues/5/", "issues/5/tags/"]


async def test_a_merged_issue_answers_with_the_id_that_survived() -> None:
    async with client_of(Upstream({f"{ORG}/issues/1/": gives({"id": "99"})})) as client:
        assert (await client.issue(REF))["id"] == "99"


@pytest.mark.parametrize(
    ("base", "slug", "address"),
    [
        (SAAS, "acme", "https://acme.sentry.io/issues/1/"),
        ("https://de.sentry.io", "acme", "https://acme.sentry.io/issues/1/"),
        ("https://own.example/p", "acme", "https://own.example/p/organizations/acme/issues/1/"),
    ],
)
def test_pages_for_people_are_on_the_configured_server(base: str, slug: str, address: str) -> None:
    client = client_of(None, base_url=base)
    assert client.issue_url("1", organization=slug) == address


async def test_what_many_ask_at_once_of_an_old_server_is_found_out_together() -> None:
    old = {f"/api/0/issues/1/{tail}": answer for tail, answer in {"": gives({"id": "1"}), "tags/": gives([])}.items()}
    upstream = Upstream(old)
    async with client_of(upstream) as client:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(client.issue, REF)
                tasks.start_soon(client.tags, REF)
        assert len(upstream.seen) == 4
        await client.issue(REF)
    assert upstream.paths[-1] == "/api/0/issues/1/"
