"""Real connections on this machine: certificates, dropped keep-alives, a body that stops."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sentry_runbook.errors import SentryError, SettingsError, Unreachable
from sentry_runbook.sentry.ids import IssueRef
from tests.sentry.servers import ISSUE, Server, answer, certificate, client_to, listening, serving
from tests.sentry.upstream import Time

REF = IssueRef("1")


async def test_a_kept_connection_that_was_dropped_in_silence_costs_a_read_one_more_try() -> None:
    server, time = Server(), Time()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await server.hear(reader):
            writer.write(answer())
            await writer.drain()
            await server.hear(reader)  # and closes without an answer

    async with listening(server, once), client_to(server.url, time) as client:
        for _ in range(2):
            assert (await client.issue(REF))["title"] == "Boom"
    assert len(server.heard) == 3
    assert server.connections == 2
    assert len(time.naps) == 1


async def test_a_change_on_a_connection_that_drops_is_not_sent_again() -> None:
    server = Server()

    async def reads_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            if not server.heard[-1].startswith("GET"):
                return
            writer.write(answer())
            await writer.drain()

    async with listening(server, reads_only), client_to(server.url) as client:
        await client.issue(REF)
        with pytest.raises(Unreachable, match="dropped"):
            await client.update_issue(REF, {"status": "resolved"})
    assert [head.split()[0] for head in server.heard] == ["GET", "PUT"]


async def test_a_body_that_stops_short_is_asked_for_again() -> None:
    server, time = Server(), Time()

    async def short_then_whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await server.hear(reader):
            writer.write(answer(ISSUE[:9], length=len(ISSUE)) if len(server.heard) == 1 else answer())
            await writer.drain()
            if len(server.heard) == 1:
                return

    async with listening(server, short_then_whole), client_to(server.url, time) as client:
        assert (await client.issue(REF))["title"] == "Boom"
    assert len(server.heard) == 2


async def test_a_port_where_nobody_listens_is_told_at_once() -> None:
    server = Server()
    async with listening(server, lambda *_: asyncio.sleep(0)):
        url = server.url
    async with client_to(url, time := Time()) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await client.issue(REF)
    assert time.naps == []


# --- certificates


@pytest.fixture(scope="module")
def private_ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("ca"), "localhost")


async def test_a_private_certificate_is_trusted_when_its_ca_is_named(private_ca: tuple[Path, Path]) -> None:
    server = Server()
    trusted, both = private_ca
    async with (
        listening(server, server.answer_all, serving(both)),
        client_to(server.url, ca_bundle=trusted) as client,
    ):
        assert (await client.issue(REF))["title"] == "Boom"


async def test_a_private_certificate_is_refused_else_and_the_error_names_the_setting(
    private_ca: tuple[Path, Path],
) -> None:
    server = Server()
    async with (
        listening(server, server.answer_all, serving(private_ca[1])),
        client_to(server.url) as client,
    ):
        with pytest.raises(SentryError, match="SENTRY_RUNBOOK_CA_BUNDLE"):
            await client.issue(REF)
    assert server.heard == []


async def test_a_bundle_without_certificates_is_a_setting_to_correct(tmp_path: Path) -> None:
    bundle = tmp_path / "empty.pem"
    bundle.write_text("nothing here")
    async with client_to("https://localhost:1", ca_bundle=bundle) as client:
        with pytest.raises(SettingsError, match="SENTRY_RUNBOOK_CA_BUNDLE"):
            await client.issue(REF)
