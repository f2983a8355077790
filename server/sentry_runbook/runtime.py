"""What every tool call works with: built once per process, handed to the tools by the SDK's lifespan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sentry_runbook.errors import RunbookError, SettingsError
from sentry_runbook.incident.model.policy import Policy, default_policy
from sentry_runbook.incident.model.stated import Stated
from sentry_runbook.incident.policy_file import load_policy
from sentry_runbook.render.templates import Templates, load_templates
from sentry_runbook.safety.confirm import Confirmations, seconds_running
from sentry_runbook.settings import Settings
from sentry_runbook.store.open_questions import OpenQuestions
from sentry_runbook.store.shared_results import SharedResults

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
    """The shared client, the policy, the templates, the clock, and the answers of the last seconds.

    Attributes:
        clock: aware UTC now; for what is shown and asked for. People and time servers set it.
        elapsed: seconds, never set back or forward; for what expires.
        http_transport: where requests go instead of the network (the embedded Sentry, tests).
        audit: where writes are recorded; None when the operator gave no state directory.
        questions: those that clients were given and have not answered.
        problem: what is wrong with the settings; nothing is asked of Sentry then, and every call says it.
        answers: shared by callers who ask the same within ``limits.cache_s``; forgotten at every write.
    """

    settings: Settings
    policy: Policy
    templates: Templates
    clock: Clock
    confirmations: Confirmations
    elapsed: Callable[[], float] = seconds_running
    audit: AuditLog | None = None
    http_transport: httpx.AsyncBaseTransport | None = None
    problem: SettingsError | None = None
    answers: SharedResults = field(init=False)
    questions: OpenQuestions = field(init=False)
    _client: SentryClient | None = None
    _shared_now: datetime | None = None

    def __post_init__(self) -> None:
        self.answers = SharedResults(self.settings.limits.cache_s)
        self.questions = OpenQuestions(self.elapsed)

    def shared_now(self) -> datetime:
        """The end of windows that reach until now; the same for all callers for ``limits.cache_s`` seconds.

        Callers who ask the same at once then send Sentry the same requests, so that requests and answers can be
        shared. It is no older than an answer from the cache may be.
        """
        now = self.clock()
        age_s = None if self._shared_now is None else (now - self._shared_now).total_seconds()
        if self._shared_now is None or age_s is None or not 0 <= age_s < self.settings.limits.cache_s:
            self._shared_now = now
        return self._shared_now

    def incident(self, evidence: Evidence, stated: Stated | None = None) -> Incident:
        """The incident of this evidence; what people stated is made inert first, because messages quote it."""
        from sentry_runbook.incident.incident import Incident  # noqa: PLC0415  # with the first call (DESIGN §9)

        return Incident(evidence, self.sanitize_stated(stated or Stated()), self.policy, evidence.collected_at)

    def client(self) -> SentryClient:
        """The shared client, made at the first call that needs it.

        Raises:
            SettingsError: no token is set, or a setting is wrong; says what to set.
        """
        if self.problem is not None:
            raise SettingsError(self.problem.what, self.problem.fix)
        if self.settings.token is None:
            raise self.settings.missing_token()
        if self._client is None:
            from sentry_runbook.sentry.client import SentryClient  # noqa: PLC0415  # start-up (DESIGN §9)

            self._client = SentryClient(self.settings, http_transport=self.http_transport)
        return self._client

    async def aclose(self) -> None:
        """Cancel what is being computed and close the client's connections; requests under way are dropped."""
        await self.answers.aclose()
        if self._client is not None:
            await self._client.aclose()

    def sanitize_stated(self, stated: Stated) -> Stated:
        """``stated`` with its strings sanitized like event text, because messages quote them.

        They are not masked: a person chose to write them.
        """
        from sentry_runbook.safety.sanitizer import Sanitizer  # noqa: PLC0415  # with the first call (DESIGN §9)

        sanitizer = Sanitizer(mask=False)
        said = stated.model_dump(exclude={"core_flow"})
        texts = {name: sanitizer.line(value, 1000) for name, value in said.items() if isinstance(value, str)}
        return stated.model_copy(update=texts)


def utc_now() -> datetime:
    """The product's clock."""
    return datetime.now(UTC)


def build_runtime(
    settings: Settings,
    *,
    http_transport: httpx.AsyncBaseTransport | None = None,
    clock: Clock = utc_now,
    elapsed: Callable[[], float] = seconds_running,
) -> Runtime:
    """Read policy and templates, and open the audit file.

    Args:
        settings: the operator's decisions.
        http_transport: where requests go instead of the network (the embedded Sentry, tests).
        clock: aware UTC now.
        elapsed: seconds, never set back or forward.

    Raises:
        SettingsError: the policy file cannot be used.
        BadTemplate: a template asks for something that does not exist; file and line.
    """
    policy = load_policy(settings.policy_file) if settings.policy_file else default_policy()
    return _runtime(settings, policy, load_templates(settings.prompts_dir), http_transport, clock, elapsed)


def build_runtime_despite_problems(
    settings: Settings, *, http_transport: httpx.AsyncBaseTransport | None = None, clock: Clock = utc_now
) -> Runtime:
    """The runtime that a server over stdio starts with, whatever is wrong: a host shows one that exits without a word.

    What cannot be used is replaced by what is built in, and every problem is kept in the runtime's ``problem``. The
    arguments are :func:`build_runtime`'s.
    """
    problems: list[RunbookError] = [settings.problem] if settings.problem else []
    policy, templates = default_policy(), None
    try:
        policy = load_policy(settings.policy_file) if settings.policy_file else policy
    except RunbookError as exc:
        problems.append(exc)
    try:
        templates = load_templates(settings.prompts_dir)
    except RunbookError as exc:
        problems.append(exc)
    run = _runtime(settings, policy, templates or load_templates(), http_transport, clock, seconds_running)
    if problems:
        fixes = dict.fromkeys(problem.fix for problem in problems if problem.fix)
        run.problem = SettingsError(" ".join(problem.what for problem in problems), " ".join(fixes))
    return run


def _runtime(
    settings: Settings,
    policy: Policy,
    templates: Templates,
    http_transport: httpx.AsyncBaseTransport | None,
    clock: Clock,
    elapsed: Callable[[], float],
) -> Runtime:
    return Runtime(
        settings=settings,
        http_transport=http_transport,
        policy=policy,
        templates=templates,
        clock=clock,
        confirmations=Confirmations(elapsed),
        elapsed=elapsed,
        audit=_audit_log(settings),
    )


def _audit_log(settings: Settings) -> AuditLog | None:
    if settings.state_dir is None:
        return None
    from sentry_runbook.safety.audit import AuditLog  # noqa: PLC0415  # only where it is kept (DESIGN §9, start-up)

    return AuditLog(settings.state_dir / "audit.jsonl")


def runtime(ctx: Context[Runtime]) -> Runtime:
    """The runtime of the server that this call came to."""
    of_server: Runtime = ctx.request_context.lifespan_context
    return of_server
