"""What a strong engineer sees in the raw events, said by the tool: the nine examples of the issue, in both channels.

Every figure is counted by force over the events and sessions of the embedded Sentry, not taken from the description.
"""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sentry_runbook.simulator.clock import ManualClock, to_ms
from sentry_runbook.simulator.records import EventRecord
from sentry_runbook.simulator.scenario import (
    Crumb,
    DeploySpec,
    FlagChangeSpec,
    FrameSpec,
    IssueSpec,
    Raised,
    ReleaseSpec,
    Scenario,
    SessionsSpec,
    Stream,
    http_call,
)
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.tools.support import connected

ISSUE, OTHER = "SHOP-1Z", "SHOP-9"
CUSTOMERS = {f"customer-{number:02}": 1.0 for number in range(1, 25)}
HOSTS = {f"web-{number}": 1.0 for number in range(1, 7)}
USUAL = Stream(1_200, -9_000, 0, tags={"customer": CUSTOMERS}, servers=HOSTS, users=300, first_user=5_000)
"""Another issue of the project, spread over customers and hosts as its users are."""
SENTENCE = re.compile(r"(?<=[.;:])\s")


@dataclass(frozen=True)
class Read:
    """A triage as both channels tell it, and the world it was told of.

    Attributes:
        values: the structured values.
        page: the text.
        lines: the ten lines on top of the text, by label.
    """

    values: dict[str, Any]
    page: str
    world: World

    @property
    def lines(self) -> dict[str, str]:
        return dict(re.findall(r"^\d+\. \*\*(.+?):\*\* (.+)$", self.page, re.MULTILINE))

    def count(self, fits: Callable[[EventRecord], bool]) -> int:
        """Events of the issue in the answer's window, by force."""
        window = self.values["impact"]["window"]
        start, end = (to_ms(datetime.fromisoformat(window[side])) for side in ("start", "end"))
        issue = self.world.find_issue(ISSUE)
        assert issue is not None
        return sum(fits(event) for event in issue.events.until(self.world.now_ms()) if start <= event.at < end)

    @property
    def first(self) -> dict[str, Any]:
        """The explanation that stands first."""
        explanation: Sequence[dict[str, Any]] = self.values["explanation"]
        assert explanation, "nothing is explained"
        return explanation[0]

    @property
    def first_values(self) -> dict[str, str]:
        return {value["tag"]: value["value"] for value in self.first["values"]}

    @property
    def advice(self) -> list[str]:
        """The sentences of everything that is advised, in both channels."""
        steps = [*self.values["next_steps"], *(cause["action"] for cause in self.values["causes"]), self.page]
        return [sentence for step in steps for line in step.splitlines() for sentence in SENTENCE.split(line)]


@asynccontextmanager
async def read(scenario: Scenario, now: str = "14:37") -> AsyncIterator[Read]:
    """Triage the scenario's issue at a clock time."""
    hour, minute = map(int, now.split(":"))
    clock = ManualClock(datetime(2026, 11, 20, hour, minute, tzinfo=UTC))
    world = World(scenario, clock)
    async with connected(world=world, clock=clock) as connection:
        result = await connection.client.call_tool("triage_issue", {"issue": ISSUE})
        assert not result.is_error and isinstance(result.structured_content, dict)
        page = "\n".join(getattr(part, "text", "") for part in result.content)
        yield Read(result.structured_content, page, world)


def shop(*streams: Stream, error: Raised | None = None, **more: Any) -> Scenario:
    """A shop whose main issue has these events; a second issue is spread evenly."""
    main = IssueSpec(
        ISSUE,
        chain=(error or Raised("KeyError", "'price'", (FrameSpec("total", "shop/cart.py", 31),)),),
        streams=streams,
        transaction="POST /checkout",
        breadcrumbs=more.pop("breadcrumbs", ()),
        contexts=more.pop("contexts", {}),
    )
    other = IssueSpec(OTHER, chain=(Raised("ValueError", "no such coupon"),), streams=(USUAL,), transaction="GET /cart")
    world = {
        "releases": (ReleaseSpec("shop@4.1.0", -15_000, (DeploySpec(-14_000),)),),
        "sessions": (SessionsSpec(24_000, crashed=24),),
        "platform": "python",
        **more,
    }
    return Scenario(name="example", project="shop", issues=(main, other), **world)


def percent_in(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"(\d+(?:\.\d+)?) %", text)]


async def test_one_customer_has_97_percent() -> None:
    streams = (
        Stream(388, -70, -3, tags={"customer": {"customer-07": 1}}, servers=HOSTS),
        Stream(12, -68, -4, tags={"customer": CUSTOMERS}, servers=HOSTS, first_user=900),
    )
    async with read(shop(*streams)) as triage:
        hit = triage.count(lambda event: event.tags["customer"] == "customer-07")
        share = hit / triage.count(lambda _: True)
        assert share == pytest.approx(0.97, abs=0.005)
        assert triage.first_values == {"customer": "customer-07"}
        assert triage.first["events"] == hit
        assert triage.first["share"] == pytest.approx(share, abs=0.0005)
        line = triage.lines["Explained by"]
        assert "customer-07" in line
        assert any(abs(number - 100 * share) < 0.5 for number in percent_in(line))


async def test_one_flag_is_on_in_all_events() -> None:
    scenario = shop(
        Stream(340, -60, -3, tags={"customer": CUSTOMERS}, servers=HOSTS),
        contexts={"flags": {"values": [{"flag": "new-checkout", "result": True}, {"flag": "dark", "result": False}]}},
        flags=(FlagChangeSpec(-62, "new-checkout"), FlagChangeSpec(-9_000, "dark", "created")),
    )
    async with read(scenario) as triage:
        first = triage.values["explanation"][0]
        assert "new-checkout" in str(first["values"]) and "true" in str(first["values"]).lower()
        assert "share" not in first, "the events read carry it, and those are two of 340"
        assert first["events"] == 2
        change = triage.values["changes"][0]
        assert change["kind"] == "flag" and "new-checkout" in change["what"]
        began = datetime.fromisoformat(triage.values["episode"]["began"])
        changed = triage.world.origin - 62 * 60_000
        assert change["minutes_before"] == (to_ms(began) // 60_000 - changed // 60_000)
        assert triage.values["causes"][0]["pattern"] == "configuration_change"
        assert "new-checkout" in triage.lines["Explained by"]
        assert "new-checkout" in triage.lines["Changed"]
        assert "new-checkout" in triage.lines["Do now"], "the first thing to do is to switch it off"


async def test_one_host_has_all_of_it() -> None:
    streams = (Stream(260, -55, -3, tags={"customer": CUSTOMERS}, servers={"web-3": 1}),)
    async with read(shop(*streams)) as triage:
        hit = triage.count(lambda event: event.tags["server_name"] == "web-3")
        assert triage.first_values == {"server_name": "web-3"}
        assert (triage.first["events"], triage.first["share"]) == (hit, 1.0)
        assert "web-3" in triage.lines["Explained by"]
        assert 100.0 in percent_in(triage.lines["Explained by"])


async def test_one_user_has_900_of_902_events() -> None:
    shared: dict[str, Any] = {"tags": {"customer": CUSTOMERS}, "servers": HOSTS}
    streams = (Stream(900, -60, -3, users=1, first_user=77, **shared), Stream(2, -50, -20, first_user=500, **shared))
    async with read(shop(*streams)) as triage:
        by_user = Counter(event.user.id for event in _events(triage) if event.user)
        (_, hit), *_rest = by_user.most_common()
        assert (hit, sum(by_user.values())) == (900, 902)
        (tag,) = triage.first_values
        assert tag.startswith("user")
        assert triage.first["events"] == 900
        assert triage.first["share"] == pytest.approx(900 / 902, abs=0.0005)
        line = triage.lines["Explained by"]
        assert "user" in line
        assert "900" in line or any(99.7 <= number < 100 for number in percent_in(line))
        assert "@" not in line


async def test_bursts_come_at_the_full_hour_and_the_next_one_is_named() -> None:
    clock = datetime(2026, 11, 20, 19, 24, tzinfo=UTC)
    streams = tuple(
        Stream(
            60, -24 - 60 * hours, -21 - 60 * hours, tags={"customer": CUSTOMERS}, servers=HOSTS, first_user=hours * 70
        )
        for hours in range(24)
    )
    async with read(shop(*streams), now="19:24") as triage:
        begins = Counter(datetime.fromtimestamp(event.at / 1000, UTC).minute // 5 * 5 for event in _events(triage))
        assert set(begins) == {0}, "all events lie within the first five minutes of an hour"
        assert triage.first["values"][0]["tag"] == "schedule"
        assert ":00" in triage.first["values"][0]["value"]
        assert "20:00" in str(triage.first)
        assert triage.first["share"] == 1.0
        line = triage.lines["Explained by"]
        assert ":00" in line and "20:00" in line
        assert clock.hour == 19


async def test_a_healthy_old_release_beside_the_bad_one_is_seen() -> None:
    scenario = shop(
        Stream(199, -118, -2, release="shop@7.12.0", countries={"US": 1, "DE": 1}),
        platform="cocoa",
        releases=(
            ReleaseSpec("shop@7.11.0", -15_000, (DeploySpec(-14_000),)),
            ReleaseSpec("shop@7.12.0", -130, (DeploySpec(-120),)),
        ),
        sessions=(
            SessionsSpec(9_000, -2_880, -120, crashed=9, release="shop@7.11.0"),
            SessionsSpec(750, -120, 0, release="shop@7.11.0"),
            SessionsSpec(302, -120, 0, crashed=199, release="shop@7.12.0"),
        ),
    )
    # The hours of the sessions are whole ones, and so is the begin of the incident.
    async with read(scenario, now="14:00") as triage:
        health = {row["release"]: row for row in triage.values["release_health"]}
        bad, healthy = health["shop@7.12.0"], health["shop@7.11.0"]
        assert bad["sessions"] == 302 and healthy["sessions"] == 750
        assert bad["crash_free_pct"] == pytest.approx(100 * (302 - 199) / 302, abs=0.006)
        assert healthy["crash_free_pct"] == 100
        assert bad["suspect"] is True and not healthy.get("suspect")
        assert "no other release runs beside it" not in f"{triage.page} {triage.values}"
        line = triage.lines["Explained by"]
        assert "shop@7.12.0" in line and "shop@7.11.0" in line
        assert {34.10, 34.11} & set(percent_in(line)) and 100.0 in percent_in(line)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_no_demo_says_that_nothing_runs_beside_a_release_while_something_does(name: str) -> None:
    async with connected(name) as connection:
        issue = SCENARIOS[name].issue
        values, page = (
            await connection.call("triage_issue", issue=issue),
            await connection.text("triage_issue", issue=issue),
        )
        project = connection.scene.world.find_project(SCENARIOS[name].slug)
        assert project is not None
        began = to_ms(datetime.fromisoformat(values["episode"]["began"])) if "episode" in values else 0
        window = project.sessions.window(began, connection.scene.world.now_ms())
    beside = {minute.release for minute in window if minute.environment == "production"}
    if len(beside) > 1:
        assert "no other release runs beside it" not in page, f"{beside} ran"


@pytest.mark.parametrize(
    ("name", "bad", "old"),
    [("payment-spike", "shop@7.12.0", "shop@7.11.0"), ("typeerror-v2.4.1", "v2.4.1", "v2.4.0")],
)
async def test_the_demos_show_the_release_before_the_bad_one_by_its_sessions(name: str, bad: str, old: str) -> None:
    async with connected(name) as connection:
        values = await connection.call("triage_issue", issue=SCENARIOS[name].issue)
        page = await connection.text("triage_issue", issue=SCENARIOS[name].issue)
    health = {row["release"]: row for row in values["release_health"]}
    assert {bad, old} <= set(health)
    assert health[old]["crash_free_pct"] > 99 > health[bad]["crash_free_pct"]
    assert "no other release runs beside it" not in page


async def test_three_failed_calls_an_event_are_not_met_with_more_retries() -> None:
    call = http_call("POST", "https://api.mailer.example.net/v3/send", 503, reason="Service Unavailable")
    scenario = shop(
        Stream(480, -44, -2, tags={"customer": CUSTOMERS}, servers=HOSTS),
        error=Raised(
            "HTTPError",
            "503 Server Error: Service Unavailable for url: https://api.mailer.example.net/v3/send",
            (FrameSpec("send", "shop/mail.py", 22),),
        ),
        breadcrumbs=(Crumb("log", "order stored"), call, call, call),
    )
    async with read(scenario) as triage:
        dependency = triage.values["dependency"]
        assert "api.mailer.example.net" in dependency["name"]
        assert dependency["kind"] == "http" and dependency["internal"] is False
        assert dependency["calls_per_event"] == 3.0
        adds = [text for text in triage.advice if re.search(r"(?i)\badd\b[^.;]*\bretr", text)]
        assert adds == []
        assert re.search(
            r"(?i)\b(?:cut|fewer|stop|reduce|limit|cap)\b[^.;]*\bretr", triage.lines["Do now"] + triage.page
        )
        assert "api.mailer.example.net" in triage.lines["Explained by"]
        assert "3" in triage.lines["Explained by"]


async def test_an_expired_certificate_is_named() -> None:
    scenario = shop(
        Stream(310, -37, -2, tags={"customer": CUSTOMERS}, servers=HOSTS),
        error=Raised(
            "SSLError",
            "HTTPSConnectionPool(host='pay.example.org', port=443): Max retries exceeded with url: /v1/charges (Caused "
            "by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
            "certificate has expired (_ssl.c:1006)')))",
            (FrameSpec("charge", "shop/pay.py", 30),),
        ),
    )
    async with read(scenario) as triage:
        dependency = triage.values["dependency"]
        assert dependency["kind"] == "tls"
        assert "pay.example.org" in dependency["name"]
        assert "certificate" in dependency["why"] and "expired" in dependency["why"]
        line = triage.lines["Explained by"]
        assert "certificate" in line and "expired" in line
        assert "pay.example.org" in triage.lines["Do now"]
        assert not any(re.search(r"(?i)\badd\b[^.;]*\bretr", text) for text in triage.advice)


async def test_our_own_redis_is_ours() -> None:
    scenario = shop(
        Stream(2_100, -25, -1, tags={"customer": CUSTOMERS}, servers=HOSTS),
        error=Raised(
            "redis.exceptions.ConnectionError",
            "Error 111 connecting to redis-sessions.internal:6379. Connection refused.",
            (FrameSpec("load_session", "shop/session.py", 31),),
        ),
    )
    async with read(scenario) as triage:
        dependency = triage.values["dependency"]
        assert dependency["kind"] == "cache" and dependency["internal"] is True
        assert "redis" in dependency["name"].lower()
        assert triage.values["causes"][0]["pattern"] == "dependency_failure"
        assert "third_party_failure" not in [cause["pattern"] for cause in triage.values["causes"]]
        assert "redis" in triage.lines["Explained by"].lower()
        assert not any(re.search(r"(?i)status page|vendor|provider", text) for text in triage.values["next_steps"][:1])


def _events(triage: Read) -> list[EventRecord]:
    issue = triage.world.find_issue(ISSUE)
    assert issue is not None
    return issue.events.until(triage.world.now_ms())
