"""Alerts on servers that were recorded: the rule of a real Sentry 9.1.2, and a GlitchTip that has none of today's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sentry_runbook.errors import RunbookError, SentryError
from tests.collect.watched import BASE, resolver
from tests.sentry.other_servers import recorded

RULE = f"{BASE}/alerts/rules/web/2/details/"


class Recorded(httpx.AsyncBaseTransport):
    """A recorded server: paths that were not recorded are what its router says to such."""

    def __init__(self, which: str, unknown: httpx.Response, **more: Any) -> None:
        self._by_path = {
            record["request"]["path"].partition("?")[0]: record
            for name, record in recorded(which).items()
            if record["request"]["method"] == "GET" and record["status"] == 200
        }
        self._more = {path.replace("__", "/"): body for path, body in more.items()}
        self._unknown = unknown
        self.paths: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        for end, body in self._more.items():
            if request.url.path.endswith(f"/{end}/"):
                return httpx.Response(200, json=body)
        record = self._by_path.get(request.url.path)
        if record is None:
            return httpx.Response(self._unknown.status_code, content=self._unknown.content)
        body = record["body"]
        if isinstance(body, str):
            return httpx.Response(200, text=body, headers={"content-type": "text/html"})
        return httpx.Response(200, json=body)


def rule() -> Any:
    """The rule as 9.1.2 lists it; one by itself comes from the same serializer."""
    (row,) = next(
        record["body"]
        for record in recorded("sentry91").values()
        if record["request"]["path"] == "/api/0/projects/acme/web/rules/"
    )
    return row


async def test_a_rule_of_2019_is_told_by_its_link_without_what_that_server_does_not_say() -> None:
    server = Recorded("sentry91", httpx.Response(404), rules__2=rule())
    target = await resolver(transport=server)(RULE)
    assert (target.kind, target.name, target.projects) == ("alert", "Send a notification for new issues", ("web",))
    assert (target.fired_at, target.enabled, target.owner, target.issues) == (None, None, None, ())
    said = {entry.what: entry.why for entry in target.missing}
    assert "fired_at" in said and "issues" in said


@pytest.mark.parametrize("given", ["Send a notification", f"{BASE}/monitors/41/", f"{BASE}/crons/web/nightly/"])
async def test_what_a_server_of_2019_does_not_have_is_told_as_that(given: str) -> None:
    server = Recorded("sentry91", httpx.Response(404))
    with pytest.raises(SentryError) as caught:
        await resolver(transport=server)(given)
    assert "404" in caught.value.what and caught.value.fix


@pytest.mark.parametrize(
    "given",
    [RULE, "High error rate", f"{BASE}/monitors/41/", f"{BASE}/alerts/rules/details/5/", f"{BASE}/crons/web/nightly/"],
)
async def test_a_glitchtip_has_no_alerts_of_sentry_s_and_its_pages_are_not_read_as_some(given: str) -> None:
    """Unknown paths are its application's page, with 200 or 404."""
    page = next(
        record["body"]
        for record in recorded("glitchtip").values()
        if record["request"]["path"] == "/api/0/projects/acme/web/rules/"
    )
    for status in (200, 404):
        server = Recorded("glitchtip", httpx.Response(status, text=page))
        try:
            target = await resolver(transport=server)(given)
        except RunbookError as exc:
            assert exc.what and exc.fix
            continue
        # The link's own project is left, and that the alert could not be read.
        assert target.projects == ("web",) and target.fired_at is None and target.name is None
        assert any(entry.what.endswith(" itself") for entry in target.missing)
