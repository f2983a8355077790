"""The shared Sentry client: one method an endpoint, with typed arguments; checked JSON or counts come out.

It stays on the configured host. sentry.io's control host passes requests on to the regions, so ``links.regionUrl`` is
never followed and the token goes to one place only; whoever wants a region's own host sets ``SENTRY_URL`` to it.

Sharing, retries, deadlines and limits are in :mod:`.retry`; older servers in :mod:`.forms` and :mod:`.compatibility`.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from types import TracebackType
from typing import TYPE_CHECKING

import anyio

from sentry_runbook.errors import SentryError
from sentry_runbook.sentry.alert_lists import AlertListEndpoints
from sentry_runbook.sentry.changes import ChangeEndpoints
from sentry_runbook.sentry.compatibility import Capabilities, Capability
from sentry_runbook.sentry.discover import DiscoverEndpoints
from sentry_runbook.sentry.issue_series import IssueSeriesEndpoints
from sentry_runbook.sentry.messages import segment
from sentry_runbook.sentry.not_sentry import may_be_no_sentry, not_sentry
from sentry_runbook.sentry.outcomes import OutcomeEndpoints
from sentry_runbook.sentry.releases import OrganizationEndpoints
from sentry_runbook.sentry.retry import RequestSender, jittered
from sentry_runbook.sentry.server_kind import ServerKind
from sentry_runbook.sentry.timeseries import TimeSeriesEndpoints
from sentry_runbook.sentry.watches import WatchEndpoints
from sentry_runbook.settings import DEFAULT_URL, Settings

if TYPE_CHECKING:
    from sentry_runbook.sentry.http import HttpTransport


class SentryClient(
    ChangeEndpoints,
    DiscoverEndpoints,
    TimeSeriesEndpoints,
    IssueSeriesEndpoints,
    OutcomeEndpoints,
    OrganizationEndpoints,
    AlertListEndpoints,
    WatchEndpoints,
):
    """One Sentry, one token; shared by all callers of the process.

    Every method raises :class:`~sentry_runbook.errors.SentryError` of the kind that fits, or ``SettingsError`` when
    token or organization are missing. A method's ``organization`` is the reference's; None means the configured one.

    Args:
        settings: token, host, organization and limits.
        http_transport: answers instead of the network (the embedded Sentry, tests).
        sleep: waits between tries.
        clock: epoch seconds, to read rate-limit resets.
        monotonic: seconds for deadlines, pauses and what is kept.
        jitter: a delay → the delay really taken.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        http_transport: HttpTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[float], float] = jittered,
    ) -> None:
        capabilities = Capabilities(monotonic)
        sender = RequestSender(
            settings,
            http_transport=http_transport,
            sleep=sleep,
            clock=clock,
            monotonic=monotonic,
            jitter=jitter,
            observe=capabilities.observe,
        )
        super().__init__(settings, sender, capabilities)

    async def __aenter__(self) -> SentryClient:
        """Connections open with the first request."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections; requests under way are called back."""
        await self._sender.aclose()

    async def warm_up(self) -> None:
        """Load in another thread what the first request needs, once the server has answered its own first requests.

        Sends nothing. Needs no token.

        Raises:
            SettingsError: the CA bundle cannot be read; every request raises it too.
        """
        await anyio.to_thread.run_sync(self._sender.load)

    def deadline(self, seconds: float) -> AbstractContextManager[None]:
        """All requests inside end within this time together, and take turns as one caller."""
        return self._sender.deadline(seconds)

    @asynccontextmanager
    async def call(self, seconds: float) -> AsyncIterator[None]:
        """One call of a tool: :meth:`deadline`, and an error of a server that is no Sentry says so.

        Raises:
            NotSentry: a request failed, nothing shows that a Sentry answers, and the root of the API is not Sentry's.
        """
        with self.deadline(seconds):
            try:
                yield
            except SentryError as exc:
                error = await self._why_not_sentry(exc)
                if error is None:
                    raise
                raise error from None

    async def _why_not_sentry(self, error: SentryError) -> SentryError | None:
        """That this server is no Sentry, where its root shows it. Sentry and GlitchTip show the root to everybody."""
        if self.server != "unknown" or not may_be_no_sentry(error):
            return None
        try:
            await self.whoami()
        except SentryError as exc:
            return not_sentry(exc, error)
        return None

    def capabilities(self) -> tuple[Capability, ...]:
        """Abilities of this server, known and absent, for ``doctor``; an absence is remembered for 15 minutes."""
        return self._can.table()

    @property
    def server(self) -> ServerKind:
        """Which program answers, as far as its answers have shown; sentry.io is known before the first."""
        return "sentry" if self.is_saas else self._can.server

    def issue_url(self, issue_id: str, *, organization: str | None) -> str:
        """The issue's page for people, built by us: a permalink in an answer could lead anywhere.

        sentry.io has a host for each organization; all others have a path.
        """
        base, slug = self._settings.base_url, organization or self._settings.organization or self._only_organization
        number = segment(issue_id)
        if slug is None:
            return f"{base}/issues/{number}/"
        if base == DEFAULT_URL or self.is_saas:
            return f"https://{segment(slug)}.sentry.io/issues/{number}/"
        if self.server == "glitchtip":
            return f"{base}/{segment(slug)}/issues/{number}"
        return f"{base}/organizations/{segment(slug)}/issues/{number}/"

    def page_url(self, *steps: str) -> str | None:
        """A page of the organization for people; None where the organization is not known, and on a GlitchTip."""
        base, slug = self._settings.base_url, self._settings.organization or self._only_organization
        if slug is None or self.server == "glitchtip":
            return None
        path = "/".join(map(segment, steps))
        if base == DEFAULT_URL or self.is_saas:
            return f"https://{segment(slug)}.sentry.io/{path}/"
        return f"{base}/organizations/{segment(slug)}/{path}/"
