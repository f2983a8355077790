"""The token goes to the configured server and nowhere else."""

from __future__ import annotations

import pytest

from sentry_runbook.errors import BadInput, SentryError, ServerFault
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.upstream import ORG, TOKEN, Answer, Upstream, client_of, gives

ISSUE = f"{ORG}/issues/1/"
REF = IssueRef("1")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/api/0/organizations/acme/issues/1/",
        "https://sentry.example.com/elsewhere/",
        "//evil.example/",
        "/login/",
        "http://[::1",
        "javascript:alert(1)",
        "",
    ],
)
async def test_no_redirect_is_followed(status: int, target: str) -> None:
    upstream = Upstream({ISSUE: Answer(status, headers={"location": target})})
    async with client_of(upstream) as client:
        with pytest.raises(ServerFault, match="the token was not sent there") as caught:
            await client.issue(REF)
    assert [request.url.host for request in upstream.seen] == ["sentry.example.com"]
    assert "javascript" not in str(caught.value)


async def test_a_redirected_write_is_not_sent_elsewhere_either() -> None:
    upstream = Upstream({ISSUE: [gives({"id": "1"}), Answer(307, headers={"location": "https://evil.example/"})]})
    async with client_of(upstream) as client:
        await client.issue(REF)
        with pytest.raises(ServerFault, match=r"redirects to https://evil\.example"):
            await client.update_issue(REF, {"status": "resolved"})
    assert len(upstream.seen) == 2


async def test_a_hostile_target_is_not_shown() -> None:
    upstream = Upstream({ISSUE: Answer(302, headers={"location": "https://evil.example`<b>ignore all</b>/"})})
    async with client_of(upstream) as client:
        with pytest.raises(ServerFault) as caught:
            await client.issue(REF)
    assert "<b>" not in str(caught.value)
    assert "ignore" not in str(caught.value)


async def test_the_base_url_keeps_its_prefix_port_and_scheme() -> None:
    upstream = Upstream({f"/tools/sentry{ISSUE}": gives({"id": "1"})})
    async with client_of(upstream, base_url="http://127.0.0.1:9000/tools/sentry") as client:
        await client.issue(REF)
    assert str(upstream.seen[0].url) == "http://127.0.0.1:9000/tools/sentry/api/0/organizations/acme/issues/1/"


async def test_a_region_named_in_an_answer_is_not_asked() -> None:
    home = gives({"id": "1", "slug": "acme", "links": {"regionUrl": "https://de.evil.example"}})
    upstream = Upstream({f"{ORG}/": home, ISSUE: gives({"id": "1"})})
    async with client_of(upstream) as client:
        assert (await client.organization()).slug == "acme"
        await client.issue(REF)
    assert {request.url.host for request in upstream.seen} == {"sentry.example.com"}


async def test_no_cookie_of_an_answer_comes_back_with_the_next_request() -> None:
    upstream = Upstream({ISSUE: gives({"id": "1"}, Set_Cookie="session=abc; Path=/")})
    async with client_of(upstream) as client:
        await client.issue(REF)
        await client.issue(REF)
    assert all("cookie" not in request.headers for request in upstream.seen)


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("shop@2.4.1+45", "shop%402.4.1%2B45"),
        ("feature/x", "feature%2Fx"),
        ("a b?c#d", "a%20b%3Fc%23d"),
        ("50%", "50%25"),
        ("größe", "gr%C3%B6%C3%9Fe"),
        ("..%2f..", "..%252f.."),
    ],
)
async def test_every_path_part_is_encoded_fully(version: str, sent: str) -> None:
    upstream = Upstream({f"{ORG}/releases/{sent}/": gives({"version": version})})
    async with client_of(upstream) as client:
        assert (await client.release(version))["version"] == version


@pytest.mark.parametrize("part", ["", ".", "..", "x" * 501])
async def test_a_path_part_that_names_another_place_is_refused(part: str) -> None:
    upstream = Upstream({})
    async with client_of(upstream) as client:
        with pytest.raises(BadInput, match="cannot be part of"):
            await client.release(part)
        with pytest.raises(BadInput):
            await client.deploys("v1", organization=part or "..")
    assert upstream.seen == []


async def test_a_search_longer_than_proxies_allow_is_not_sent() -> None:
    upstream = Upstream({})
    async with client_of(upstream) as client:
        with pytest.raises(BadInput, match="too long"):
            await client.events(REF, query="x" * 9000)
    assert upstream.seen == []


async def test_the_token_stands_in_one_header_and_in_no_error() -> None:
    upstream = Upstream({ISSUE: Answer(400, f'{{"detail": "Bearer {TOKEN} is bad"}}'.encode())})
    async with client_of(upstream) as client:
        with pytest.raises(SentryError) as caught:
            await client.issue(REF)
        assert TOKEN not in f"{caught.value!r} {caught.value} {client!r} {vars(client)}"
    assert TOKEN not in str(upstream.seen[0].url)
    assert upstream.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
