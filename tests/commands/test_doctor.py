"""doctor: a line for each thing that can be wrong, with the fix, and 1 when a triage cannot run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sentry_runbook.commands.checks import checks
from sentry_runbook.runtime import build_runtime
from sentry_runbook.simulator.app import ALL_SCOPES, Profile, create_app
from sentry_runbook.simulator.clock import ManualClock
from sentry_runbook.simulator.scenario import IssueSpec, Scenario, Stream
from sentry_runbook.simulator.scenarios import SCENARIOS
from sentry_runbook.simulator.world import World
from tests.commands.support import TOKEN, Commands, served
from tests.fake_servers.app import TOKEN as STAND_IN_TOKEN
from tests.fake_servers.glitchtip import GlitchTip
from tests.fake_servers.sentry_2019 import Sentry2019
from tests.tools.support import SETTINGS


def world(behind: timedelta = timedelta()) -> World:
    return World(SCENARIOS["payment-spike"], ManualClock(ManualClock().now - behind))


def marked(out: str, sign: str) -> list[str]:
    return [line for line in out.splitlines() if line.startswith(f"{sign} ")]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, sentry: str) -> Iterator[str]:
    """A Sentry with one incident, and nothing wrong in it."""
    with served(create_app(world(), token=TOKEN)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        yield url


@pytest.mark.usefixtures("small")
def test_a_set_up_that_works_is_ready(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_PROJECT", "shop")
    output = command("doctor")
    assert (output.code, output.err) == (0, "")
    assert not marked(output.out, "✗")
    for text in ("Organization acme", "Project shop", "clock agrees", "Triage works", "of a person"):
        assert text in output.out
    assert "What this Sentry can answer" in output.out
    assert output.out.endswith("\nReady.\nNext: Ask your assistant: triage SHOP-1Z\n")


def test_without_a_token_it_says_what_to_set(command: Commands) -> None:
    output = command("doctor")
    assert output.code == 1
    assert "SENTRY_AUTH_TOKEN" in output.out
    assert "\nNot ready: 1 to fix, marked ✗.\nNext: Set SENTRY_AUTH_TOKEN" in output.out


@pytest.mark.usefixtures("sentry")
def test_a_token_for_uploads_is_told_by_its_prefix(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", "sntrys_secret")
    output = command("doctor")
    assert output.code == 1
    assert "cannot read issues" in output.out
    assert "secret" not in output.out


@pytest.mark.parametrize(
    ("lacking", "code", "says"),
    [
        ({"event:read", "event:write", "event:admin"}, 1, "lacks event:read"),
        ({"event:write", "event:admin"}, 0, "may not change issues"),
    ],
)
@pytest.mark.usefixtures("sentry")
def test_missing_scopes_are_named(
    lacking: set[str], code: int, says: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(create_app(world(), token=TOKEN, scopes=set(ALL_SCOPES) - lacking)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == code
    assert says in output.out


@pytest.mark.parametrize(
    ("name", "value", "code", "says"),
    [
        ("SENTRY_ORG", "no-such-org", 1, "no-such-org"),
        ("SENTRY_PROJECT", "no-such-project", 0, "Set SENTRY_PROJECT to one of"),
        ("SENTRY_URL", "http://127.0.0.1:1", 1, "cannot be reached"),
        ("SENTRY_AUTH_TOKEN", TOKEN + "x", 1, "token"),
    ],
)
@pytest.mark.usefixtures("small")
def test_what_is_wrong_has_its_line_and_its_fix(
    name: str, value: str, code: int, says: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    output = command("doctor")
    assert output.code == code
    assert len(marked(output.out, "✗")) == 1
    assert says in output.out
    assert "  → " in output.out


@pytest.mark.matrix
@pytest.mark.usefixtures("sentry")
def test_a_clock_that_is_off_by_an_hour_is_noticed(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(create_app(world(timedelta(hours=1)), token=TOKEN)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 0
    assert "s ahead of the server's" in output.out


def test_a_config_file_that_others_can_read_is_a_warning(command: Commands, place: Path) -> None:
    file = place / ".sentryclirc"
    file.write_text("[auth]\ntoken=sntryu_x\n")
    file.chmod(0o644)
    assert "chmod 600" in command("doctor", "--url", "http://127.0.0.1:1").out.replace("\n ", "")


@pytest.mark.matrix
@pytest.mark.usefixtures("sentry")
def test_an_older_sentry_is_shown_with_what_stands_in(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Profile(spans=False, timeseries=False, sessions=False, dataset=False)
    with served(create_app(world(), token=TOKEN, profile=old)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 0
    assert "instead: the older events-stats" in output.out
    assert "instead: crash-free sessions stay unknown" in output.out


@pytest.mark.usefixtures("sentry")
def test_a_token_of_a_user_in_no_team_is_not_ready(command: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(create_app(world(), token=TOKEN, profile=Profile(access=False))) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 1
    (wrong,) = marked(output.out, "✗")
    assert "may read none of the projects (shop)" in wrong
    assert "to a team" in output.out.replace("\n ", "")
    assert "No unresolved issue" not in output.out


@pytest.mark.parametrize("project", [None, "shop"])
@pytest.mark.usefixtures("sentry")
def test_a_sentry_that_searches_one_project_at_a_time_is_ready(
    project: str | None, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = World([SCENARIOS[name] for name in ("payment-spike", "geocoding-503")], ManualClock())
    if project:
        monkeypatch.setenv("SENTRY_PROJECT", project)
    with served(create_app(every, token=TOKEN, profile=Profile(global_views=False))) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 0
    assert "Triage works" in output.out
    assert not marked(output.out, "✗")
    assert "instead: projects are searched one by one" in output.out


@pytest.mark.parametrize("made", [GlitchTip, pytest.param(Sentry2019, marks=pytest.mark.matrix)])
def test_servers_that_are_not_todays_sentry_are_ready_too(
    made: type[GlitchTip | Sentry2019], command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", STAND_IN_TOKEN)
    monkeypatch.setenv("SENTRY_ORG", "acme")
    with served(made().application) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 0, output.out
    assert "instead:" in output.out
    assert ("This server is GlitchTip, not Sentry" in output.out) is (made is GlitchTip)


@pytest.mark.parametrize(("status", "words"), [(404, "404 in JSON"), (200, "with something else")])
def test_a_server_that_is_no_sentry_is_named_as_that(
    status: int, words: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(_: Request) -> JSONResponse:
        return JSONResponse({"detail": "Not found."}, status)

    with served(Starlette(routes=[Route("/{rest:path}", answer)])) as url:
        monkeypatch.setenv("SENTRY_AUTH_TOKEN", STAND_IN_TOKEN)
        monkeypatch.setenv("SENTRY_URL", url)
        output = command("doctor")
    assert output.code == 1
    assert "This server is no Sentry" in output.out and words in " ".join(output.out.split())


@pytest.mark.parametrize(
    ("names", "sign", "says"),
    [
        (("production", "staging"), "✓", 'Production: "production"; not production: "staging".'),
        (("Prod-EU", "eu.live"), "✓", 'Production: "Prod-EU", "eu.live".'),
        (("production", "%APP_ENV%"), "–", '"%APP_ENV%" (an unexpanded placeholder)'),
        (("main", "${ENV}"), "✗", 'production by the policy: "${ENV}" (an unexpanded placeholder), "main"'),
    ],
)
@pytest.mark.usefixtures("sentry")
def test_what_counts_as_production_has_its_line(
    names: tuple[str, ...], sign: str, says: str, command: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = tuple(Stream(5, -30, environment=name) for name in names)
    scenario = Scenario(name="names", project="shop", issues=(IssueSpec("SHOP-1", "Boom", streams=streams),))
    with served(create_app(World(scenario, ManualClock()), token=TOKEN)) as url:
        monkeypatch.setenv("SENTRY_URL", url)
        monkeypatch.setenv("SENTRY_PROJECT", "shop")
        monkeypatch.setenv("COLUMNS", "300")
        output = command("doctor")
    assert output.code == 0, "a triage runs all the same"
    [line] = [line for line in marked(output.out, sign) if "roduction" in line]
    assert says in line
    assert ("SENTRY_RUNBOOK_POLICY" in output.out) is (sign == "✗")


# --- what the token may see


class ClosedProjects(httpx.AsyncBaseTransport):
    """The embedded Sentry, which calls some projects closed, and refuses a search in some, each by its number."""

    def __init__(self, world: World, closed: Collection[str], refused: Collection[str], pages: bool) -> None:
        self._inner, self._closed, self._refused, self._pages = (
            httpx.ASGITransport(create_app(world)),
            closed,
            refused,
            pages,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/acme/issues/") and request.url.params.get("project") in self._refused:
            return httpx.Response(403, json={"detail": "You do not have permission to perform this action."})
        asked = httpx.Request("GET", request.url.copy_remove_param("cursor"), headers=request.headers)
        answer = await self._inner.handle_async_request(asked)
        if not request.url.path.endswith("/acme/projects/"):
            return answer
        projects = [{**project, "hasAccess": project["slug"] not in self._closed} for project in await rows_of(answer)]
        if not self._pages:
            return httpx.Response(200, json=projects)
        # A page a project.
        at = int(request.url.params.get("cursor", "0:0:0").split(":")[1])
        more = "true" if at + 1 < len(projects) else "false"
        link = f'<http://localhost/?cursor=0:{at + 1}:0>; rel="next"; results="{more}"; cursor="0:{at + 1}:0"'
        return httpx.Response(200, json=projects[at : at + 1], headers={"link": link})


async def rows_of(answer: httpx.Response) -> list[dict[str, Any]]:
    return list(json.loads(await answer.aread()))


async def lines(
    project: str | None, *, closed: Collection[str] = (), refused: Collection[str] = (), pages: bool = False
) -> list[str]:
    """The lines of doctor, as sign, finding and fix."""
    clock = ManualClock()
    company = World([SCENARIOS[name] for name in ("payment-spike", "geocoding-503")], clock)
    numbers = {found.slug: found.id for found in company.projects}
    transport = ClosedProjects(company, closed, [numbers[slug] for slug in refused], pages)
    settings = dataclasses.replace(SETTINGS, project=project)
    run = build_runtime(settings, http_transport=transport, clock=clock)
    try:
        return [f"{check.state}: {check.what} {check.fix}" async for check in checks(run)]
    finally:
        await run.aclose()


@pytest.mark.parametrize(
    ("project", "closed", "refused", "said"),
    [
        (
            None,
            ["geo"],
            [],
            "note: No default project; the token sees 2: shop, geo; Sentry calls closed to it: geo. ",
        ),
        (None, [], [], "note: No default project; the token sees 2: shop, geo. "),
        ("shop", ["geo"], [], "ok: Project shop. "),
        ("geo", ["geo"], ["geo"], "bad: The token may not read project geo. Add"),
        ("geo", ["geo"], [], "ok: Project geo: Sentry calls it closed, and the token may read it all the same. "),
    ],
)
async def test_a_project_that_sentry_calls_closed_is_told_and_tried(
    project: str | None, closed: list[str], refused: list[str], said: str
) -> None:
    told = await lines(project, closed=closed, refused=refused)
    assert any(line.startswith(said) for line in told), told
    assert told[-1].startswith("ok: Triage works")


async def test_a_default_project_of_a_later_page_is_found() -> None:
    told = await lines("geo", pages=True)
    assert "ok: Project geo. " in told


async def test_a_token_that_sees_no_environment_does_not_say_that_there_is_none() -> None:
    run = build_runtime(
        SETTINGS, http_transport=httpx.ASGITransport(create_app(world(), profile=Profile(access=False)))
    )
    told = [check.what async for check in checks(run)]
    await run.aclose()
    assert "What counts as production could not be checked: the token sees no environment." in told
    assert not any("has seen no environment" in line for line in told)


@pytest.mark.usefixtures("sentry")
def test_it_says_who_named_server_token_organization_and_project(
    command: Commands, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place / "work" / ".sentryclirc"
    path.parent.mkdir()
    path.write_text("[defaults]\nproject = shop\n")
    monkeypatch.chdir(path.parent)
    said = " ".join(command("doctor").out.split())
    for text in (
        "answers (named by SENTRY_URL).",
        "It comes from SENTRY_AUTH_TOKEN.",
        "Organization acme (named by SENTRY_ORG).",
        f"Project shop (named by {path}).",
    ):
        assert text.replace(" ", "") in said.replace(" ", ""), text


def test_a_refused_token_says_where_it_comes_from_and_where_it_went(
    command: Commands, sentry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", f"{TOKEN}x")
    for argv in (["doctor"], ["triage", "SHOP-1Z"]):
        said = command(*argv)
        shown = " ".join((said.out + said.err).split())
        assert f"It comes from SENTRY_AUTH_TOKEN, and was sent to {sentry} (named by SENTRY_URL)." in shown
