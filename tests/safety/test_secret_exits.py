"""Secrets in every field that an event, a user, a tag or an error of Sentry's can carry: no exit shows one.

The forms are ones that the masks know (how many forms they know is measured by :mod:`.test_secret_corpus`): here it is
the ways out that are tested.
"""

import dataclasses
import json
import re
from collections.abc import Iterator

import httpx
import pytest
from tests.commands.support import TOKEN, Commands, served
from tests.matrix import matrix
from tests.safety.channels import CACHED, DRAFTS, Asker, Said, declining
from tests.safety.hostile import Hostile, hostile, performance, world_of
from tests.tools.support import connected

from sentry_runbook.commands import runtime
from sentry_runbook.simulator.app import Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.world import World

MARK = "Zq7"
"""Stands in every secret of this module, and nowhere else."""
LEAK = re.compile(rf".{{0,40}}{MARK}.{{0,40}}")
FORMS = (
    *("password={}", "{}@example.com", "Authorization: Bearer {}0123456789", "https://app:{}@db.example/shop"),
    *('{{"api_key": "{}"}}', "Cookie: sid={}", "/reset?token={}", "npm_{}{}aaaaaaaaaaaaaaaaaaaaaaaa"),
)
TEXTS = tuple(FORMS[number % len(FORMS)].format(*[f"{MARK}s{number:03d}"] * 2) for number in range(400))
PERSON = f"{MARK}doe"
"""A name by which nobody is to be known."""
USER_TAGS = {
    "user": f"username:{PERSON}",
    "user.username": PERSON,
    "user.name": f"Ann {PERSON}",
    "user.email": f"{PERSON}@example.com",
    "user.ip": "203.0.113.54",
    "user.login": PERSON,
    "user.full_name": f"Ann {PERSON}",
}
SCENARIO = Scenario(name="refused", project="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=(Stream(30, -30),)),))
ADDRESS = "203.0.113.54"
PLAIN = {"text": "looked into it", "release": "shop@1.0", "environment": "production"}


def seeded(number: int, clock: ManualClock) -> tuple[Hostile, World]:
    """An issue with a secret in every place, whose users are known by a name alone."""
    one = performance(number, TEXTS) if number == 1 else hostile(number, TEXTS)
    world = world_of([one], TEXTS, clock)
    for project in world.projects:
        for event in project.events.window(0, 2**62):
            event.retell(dataclasses.replace(event.facts, tags={**event.tags, **USER_TAGS}))
            if event.user:
                user = dataclasses.replace(event.user, id="", email="", username=PERSON, ip=ADDRESS)
                event.retell(dataclasses.replace(event.facts, user=user))
    return one, world


def leaked(said: Said) -> list[str]:
    """Where something that was said holds a secret."""
    written = f"{said.text}\n{json.dumps(dict(said.values), ensure_ascii=False)}"
    return [f"{said.channel}: {found}" for found in (*LEAK.findall(written), *re.findall(re.escape(ADDRESS), written))]


@pytest.mark.parametrize("variant", matrix([(0, False), (0, True), (1, True)], quick=((0, False),)))
async def test_no_tool_prompt_or_resource_shows_a_secret_or_the_name_of_a_user(variant: tuple[int, bool]) -> None:
    (number, discover), clock = variant, ManualClock()
    one, world = seeded(number, clock)
    found: list[str] = []
    profile = Profile(discover=discover)
    async with connected(world=world, clock=clock, settings=CACHED, profile=profile) as connection:
        asker = Asker(connection, [])
        async for said in asker.tools(one.short_id, PLAIN, slice(None)):
            found += leaked(said)
        async for said in asker.prompts(one.short_id):
            found += leaked(said)
        async for said in asker.resources(one.short_id):
            found += leaked(said)
        async for said in asker.completions():
            found += leaked(said)
    assert found == []


async def test_no_question_and_no_error_shows_a_secret() -> None:
    clock = ManualClock()
    one, world = seeded(0, clock)
    found: list[str] = []
    async with declining(world, clock) as asker:
        async for said in asker.questions(one.short_id, PLAIN):
            found += leaked(said)
        for text in TEXTS[: 2 * len(FORMS)]:
            async for said in asker.errors(one.short_id, text):
                found += leaked(said)
    assert found == []


async def test_a_search_says_what_it_looked_for_without_secrets() -> None:
    clock = ManualClock()
    async with connected(world=World(SCENARIO, clock), clock=clock) as connection:
        asker = Asker(connection, [])
        for query in (f"user.email:{MARK}@example.com", f'message:"password={MARK}abc"'):
            assert leaked(await asker.tool("find_issues", "find_issues", query=query)) == []


# --- what Sentry says of a request that it refuses


class Refusing(httpx.AsyncBaseTransport):
    """The embedded Sentry that refuses some requests, with a text in one of the shapes of its error bodies."""

    def __init__(self, world: World, status: int, body: object, only: str) -> None:
        self._sentry = httpx.ASGITransport(create_app(world))
        self._answer, self._only = (status, body), re.compile(only)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._only.search(request.url.path):
            return httpx.Response(self._answer[0], json=self._answer[1], request=request)
        return await self._sentry.handle_async_request(request)


def body(number: int, text: str) -> object:
    """An error body in one of Sentry's shapes; the last one is cut."""
    return (
        {"detail": text},
        {"detail": {"message": text, "code": "refused"}},
        {"environment": [text], text: {"inner": [text]}},
        {"detail": f"{'word ' * 36}{text} {'word ' * 30}"},
    )[number % 4]


@pytest.mark.parametrize("status", matrix([400, 401, 403, 409, 422], quick=(400,)))
@pytest.mark.parametrize(
    "only", [r"/api/0/\w", "eventsv2|events|tags|stats|sessions|releases"], ids=["all", "side requests"]
)
async def test_what_sentry_says_in_an_error_shows_no_secret(only: str, status: int) -> None:
    clock = ManualClock()
    world = World(SCENARIO, clock)
    found: list[str] = []
    said_why = 0
    for number, text in enumerate(TEXTS[: len(FORMS)]):
        transport = Refusing(world, status, body(number + number // 4, text), only)
        async with connected(world=world, clock=clock, transport=transport) as connection:
            asker = Asker(connection, [])
            for tool in ("triage_issue", "list_events"):
                said = await asker.tool(tool, tool, issue="SHOP-1")
                found += leaked(said)
                said_why += "“" in said.text
    assert found == []
    assert said_why > 0  # Sentry's own words are shown


# --- the command line


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Commands]:
    """The command line in front of a served Sentry whose one issue is seeded."""
    clock = ManualClock()
    _, world = seeded(0, clock)
    monkeypatch.setattr(runtime, "utc_now", clock)
    with served(create_app(world, token=TOKEN)) as url:
        for name, value in {"SENTRY_URL": url, "SENTRY_AUTH_TOKEN": TOKEN, "SENTRY_ORG": "acme"}.items():
            monkeypatch.setenv(name, value)
        yield Commands(capsys)


COMMANDS = (
    ("triage", "SHOP-1"),
    ("triage", "SHOP-1", "--json"),
    *(
        ("update", "SHOP-1", "--kind", kind, "--audience", audience)
        for kind, audience, form in DRAFTS
        if form == "slack"
    ),
    ("review-alerts",),
    ("postmortem", "SHOP-1"),
)


@pytest.mark.parametrize("argv", matrix(COMMANDS, quick=(COMMANDS[0], COMMANDS[1], COMMANDS[-1])), ids=" ".join)
def test_no_command_shows_a_secret(argv: tuple[str, ...], command: Commands) -> None:
    said = command(*argv)
    assert said.code == 0, said.err
    assert LEAK.findall(said.out + said.err) == []
    assert ADDRESS not in said.out + said.err
