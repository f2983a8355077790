"""Whatever a scenario describes, each count is honoured exactly and every endpoint tells the same number."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.simulator.asking import Asked, one_issue

from sentry_runbook.simulator.scenario import SessionsSpec, Stream, Transactions
from sentry_runbook.simulator.world import ManualClock, World

MINUTES = st.integers(-2000, -1)


@st.composite
def streams(draw: st.DrawFn) -> Stream:
    start = draw(MINUTES)
    count = draw(st.integers(0, 120))
    share = draw(st.sampled_from([0.25, 0.5, 1.0]))
    most = round(count * share)
    return Stream(
        count,
        start,
        draw(st.integers(start, 0)),
        users=draw(st.none() | st.integers(0, most)),
        user_share=share,
        environment=draw(st.sampled_from(["production", "staging", None])),
        release=draw(st.sampled_from(["v1", "v2", None])),
        handled=draw(st.sampled_from([True, False, None])),
        shape=draw(st.sampled_from(["even", "rising", "falling"])),
        rates=draw(st.sampled_from([(), (), (0, 2, 1), (1, 0, 0, 5)])),
        tags=draw(st.sampled_from([{}, {"tier": {"gold": 1, "free": 5}}])),
    )


@given(made=st.lists(streams(), min_size=1, max_size=4))
@settings(max_examples=20)
async def test_every_endpoint_tells_the_same_number(made: list[Stream]) -> None:
    asked = Asked(one_issue(Stream(1, -2100, -2100, users=0), *made))
    count = 1 + sum(stream.count for stream in made)
    issue = await asked.read("issues/SHOP-1/")
    assert issue["count"] == str(count)
    window: dict[str, Any] = {"query": "issue:SHOP-1", "statsPeriod": "7d"}
    for field in ("environment", "release", "geo.country_code", "tier", "error.unhandled"):
        body = await asked.read("events/", dataset="errors", field=[field, "count()"], **window)
        assert sum(row["count()"] for row in body["data"]) == count
    table = await asked.read("events/", dataset="errors", field=["count()", "count_unique(user)"], **window)
    assert table["data"] == [{"count()": count, "count_unique(user)": issue["userCount"]}]
    for interval in ("60", "1h"):
        series = await asked.read("events-timeseries/", dataset="errors", interval=interval, **window)
        assert sum(value["value"] for value in series["timeSeries"][0]["values"]) == count
    tags = await asked.read("issues/SHOP-1/tags/", limit=1000)
    for tag in tags:
        assert sum(value["count"] for value in tag["topValues"]) == tag["totalValues"] <= count


@given(stream=streams())
@settings(max_examples=100)
def test_a_stream_keeps_its_count_its_people_and_its_bounds(stream: Stream) -> None:
    world = World(one_issue(stream), ManualClock())
    (project,) = world.projects
    events = project.events.until(world.now_ms())
    assert len(events) == stream.count == len({event.id for event in events})
    begin, end = (world.origin + minute * 60_000 for minute in (stream.start, stream.end))
    assert all(begin <= event.at < end or event.at == begin == end for event in events)
    people = [event.user.id for event in events if event.user]
    with_context = 0 if stream.users == 0 else round(stream.count * stream.user_share)
    assert len(people) == with_context
    assert len(set(people)) == (with_context if stream.users is None else stream.users)


RATES = st.lists(st.integers(0, 9), max_size=24).map(tuple).filter(lambda rates: not rates or any(rates))


@st.composite
def described_sessions(draw: st.DrawFn) -> SessionsSpec:
    count = draw(st.integers(0, 5000))
    parts = [draw(st.integers(0, most)) for most in (100, 100, 100, 300)]
    crashed, unhandled, errored = (count * part // (sum(parts) or 1) for part in parts[:3])
    start = draw(MINUTES)
    return SessionsSpec(count, start, 0, crashed=crashed, unhandled=unhandled, errored=errored, rates=draw(RATES))


@given(described=described_sessions())
@settings(max_examples=100)
def test_sessions_are_exact_in_total_and_possible_in_each_minute(described: SessionsSpec) -> None:
    world = World(one_issue(sessions=(described,)), ManualClock())
    minutes = world.projects[0].sessions.until(world.now_ms())
    assert sum(minute.count for minute in minutes) == described.count
    assert sum(minute.crashed for minute in minutes) == described.crashed
    assert sum(minute.unhandled for minute in minutes) == described.unhandled
    assert sum(minute.errored for minute in minutes) == described.errored
    for minute in minutes:
        assert min(minute.crashed, minute.unhandled, minute.errored) >= 0
        assert minute.crashed + minute.unhandled + minute.errored <= minute.count


@given(described=described_sessions())
@settings(max_examples=20)
async def test_the_hours_of_sessions_agree_with_totals_and_rates(described: SessionsSpec) -> None:
    asked = Asked(one_issue(sessions=(described,)))
    fields = ["sum(session)", "crash_rate(session)", "crash_free_rate(session)", "unhandled_rate(session)"]
    body = await asked.read("sessions/", field=fields, statsPeriod="3d", interval="1h")
    (group,) = body["groups"]
    counts, crashes, free, unhandled = (group["series"][field] for field in fields)
    assert group["totals"]["sum(session)"] == sum(counts) == described.count
    # Nothing is counted twice or lost on the way to rates: rates times sessions are the crashes again.
    told = [(crash, rest, count) for crash, rest, count in zip(crashes, free, counts, strict=True) if count]
    assert [crash is None for crash in crashes] == [count == 0 for count in counts]
    assert sum(round(crash * count) for crash, _, count in told) == described.crashed
    assert all(abs(crash + rest - 1) < 1e-9 for crash, rest, _ in told)
    assert sum(round(rate * count) for rate, count in zip(unhandled, counts, strict=True) if count) == (
        described.unhandled
    )
    if described.count:
        assert abs(group["totals"]["crash_rate(session)"] * described.count - described.crashed) < 1e-6


@given(count=st.integers(1, 500), rates=RATES.filter(bool), start=st.integers(-600, -60))
@settings(max_examples=100)
def test_each_part_of_a_time_gets_its_share_by_rates(count: int, rates: tuple[int, ...], start: int) -> None:
    stream = Stream(count, start, 0, rates=rates)
    world = World(one_issue(stream, sessions=(SessionsSpec(count, start, 0, rates=rates),)), ManualClock())
    (project,) = world.projects
    length = -start * 60_000
    for index, rate in enumerate(rates):
        begin, end = (world.origin + start * 60_000 + length * part // len(rates) for part in (index, index + 1))
        fair = count * rate / sum(rates)
        assert abs(project.events.count(begin, end) - fair) <= 1
        # Sessions come by the minute, so up to two minutes of a part lie in its neighbours.
        sessions = sum(minute.count for minute in project.sessions.window(begin, end))
        busiest = count * max(rates) * len(rates) / sum(rates) / -start
        assert abs(sessions - fair) <= 2 * busiest + 2


@given(count=st.integers(60, 800), p95=st.integers(200, 60_000), window=st.integers(40, 60))
@example(count=494, p95=200, window=40)  # once two of 40 requests lay above the percentile
@settings(max_examples=20)
async def test_p95_is_exact_for_the_whole_and_for_any_stretch(count: int, p95: int, window: int) -> None:
    traced = Transactions("GET /", count, -count, 0, p95_ms=p95, typical_ms=100)
    asked = Asked(one_issue(transactions=(traced,)))
    for minutes in (count, window):
        body = await asked.read(
            "events/", dataset="spans", field=["p95(span.duration)", "count()"], statsPeriod=f"{minutes}m"
        )
        assert body["data"] == [{"p95(span.duration)": p95, "count()": minutes}]
