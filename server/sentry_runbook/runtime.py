"""What every tool call works with: made once per process by ``app``, handed to the tools by the SDK's lifespan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.render.templates import Templates
from sentry_runbook.safety.confirm import Confirmations
from sentry_runbook.settings import Settings

if TYPE_CHECKING:
    import httpx
    from mcp.server.mcpserver import Context

    from sentry_runbook.incident.incident import Incident
    from sentry_runbook.incident.model.evidence import Evidence
    from sentry_runbook.safety.audit import AuditLog
    from sentry_runbook.sentry.client import SentryClient

Clock = Callable[[], datetime]


@dataclass
class Runtime:
    """The shared client, the policy, the templates and the clock.

    Attributes:
        clock: aware UTC now; the only clock of the product outside the client's deadlines.
        http_transport: where requests go instead of the network (the embedded Sentry, tests).
        audit: where writes are recorded; None when the operator gave no state directory.
    """

    settings: Settings
    policy: Policy
    templates: Templates
    clock: Clock
    confirmations: Confirmations
    audit: AuditLog | None = None
    http_transport: httpx.AsyncBaseTransport | None = None
    _client: SentryClient | None = None
    _recent: datetime | None = None

    def recently(self) -> datetime:
        """The end of a window that reaches until now: for a few seconds the same for all.

        Callers who ask the same at once then ask Sentry the same, and the answer is shared (``limits.cache_s``). It is
        no older than an answer from the cache may be.
        """
        now = self.clock()
        if self._recent is None or not 0 <= (now - self._recent).total_seconds() < self.settings.limits.cache_s:
            self._recent = now
        return self._recent

    def incident(self, evidence: Evidence, stated: Stated | None = None) -> Incident:
        """The incident of this evidence; what people stated is made inert first, because messages quote it."""
        from sentry_runbook.incident.incident import Incident  # noqa: PLC0415  # with the first call (DESIGN §9)

        return Incident(evidence, self.safe(stated or Stated()), self.policy, evidence.collected_at)

    def client(self) -> SentryClient:
        """The shared client, made at the first call that needs it.

        Raises:
            SettingsError: no token is set; says what to set.
        """
        if self.settings.token is None:
            raise self.settings.missing_token()
        if self._client is None:
            from sentry_runbook.sentry.client import SentryClient  # noqa: PLC0415  # start-up (DESIGN §9)

            self._client = SentryClient(self.settings, http_transport=self.http_transport)
        return self._client

    async def aclose(self) -> None:
        """Close the client's connections; requests under way are dropped."""
        if self._client is not None:
            await self._client.aclose()

    def safe(self, stated: Stated) -> Stated:
        """What a person stated, inert like event text: it goes into messages that others read.

        It is not masked: a person chose to write it.
        """
        from sentry_runbook.safety.sanitizer import Sanitizer  # noqa: PLC0415  # with the first call (DESIGN §9)

        gate = Sanitizer(mask=False)
        texts = {name: gate.line(value, 1000) for name, value in stated.model_dump().items() if isinstance(value, str)}
        return stated.model_copy(update=texts)


def runtime(ctx: Context[Runtime]) -> Runtime:
    """The runtime of the server that this call came to."""
    found: Runtime = ctx.request_context.lifespan_context
    return found
