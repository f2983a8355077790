"""What a prompt can say without an issue: the policy, the reference cards, and what people stated.

It is the base of :class:`.content.MessageContent`, and :meth:`BlankContent.read` is the one door to both: what
customers may not read, and what needs an issue, is ``Unknown`` there.
"""

from __future__ import annotations

from sentry_runbook.incident.causes.catalog import PATTERNS
from sentry_runbook.incident.causes.pattern import CausePattern
from sentry_runbook.incident.messages.redaction import INTERNAL, READABLE_BY_CUSTOMERS, for_customers
from sentry_runbook.incident.model.evidence import Evidence, Unknown
from sentry_runbook.incident.model.policy import Policy
from sentry_runbook.incident.model.results.messages import NOT_STATED, Audience, Blank
from sentry_runbook.incident.model.stated import Stated

NO_ISSUE = Unknown(why="no issue was given")
WITHHELD = Unknown(why=INTERNAL)


class BlankContent:
    """What is known without an issue: the policy, the reference cards, and what a person stated.

    Args:
        policy: the policy in force.
        stated: what people stated; safe to show.
        audience: whom the text is for.
    """

    def __init__(self, policy: Policy, stated: Stated | None = None, audience: Audience = "engineers") -> None:
        self._policy = policy
        self._stated = stated or Stated()
        self._audience: Audience = audience

    def read(self, name: str) -> object:
        """The value of the property ``name`` of :class:`MessageContent`; an ``Unknown`` when it may not be shown."""
        if self._audience == "customers" and name not in READABLE_BY_CUSTOMERS:
            return WITHHELD
        # Of the class, so that no property is computed twice and none hides an error of its own.
        return getattr(self, name) if hasattr(type(self), name) else NO_ISSUE

    @property
    def audience(self) -> Audience:
        """Whom the text is for."""
        return self._audience

    @property
    def given(self) -> bool:
        """Whether an issue was given, so that facts are live."""
        return False

    @property
    def since(self) -> bool:
        """Whether the time of the last message was given."""
        return False

    @property
    def policy(self) -> Policy:
        """Thresholds and words in force."""
        return self._policy

    @property
    def patterns(self) -> tuple[CausePattern, ...]:
        """The root-cause table."""
        return PATTERNS

    # --- what only people know

    @property
    def lead(self) -> str | Blank:
        """The incident lead, as stated."""
        return self._given(self._stated.lead, "on-call engineer", " (argument lead)")

    @property
    def service(self) -> str | Blank:
        """The service's name, as stated."""
        plain = "the service, as customers know it"
        return self._given(self._stated.service, "service name", " (argument service)", plain)

    @property
    def root_cause(self) -> str | Blank:
        """The root cause, as stated."""
        plain = "what caused it, in plain words"
        return self._given(self._stated.root_cause, "root cause, in one line", self._cause_hint(), plain)

    @property
    def fix(self) -> str | Blank:
        """What was changed, as stated."""
        what, plain = "what was changed: rollback, hotfix or configuration", "what was done, in plain words"
        return self._given(self._stated.fix, what, self._fix_hint(), plain)

    @property
    def symptoms(self) -> Blank:
        """What users notice, which Sentry cannot know."""
        return Blank("what users notice, in plain words")

    @property
    def doing(self) -> Blank:
        """What is being done now."""
        customers = self._audience == "customers"
        return Blank("what we are doing about it, in plain words" if customers else "what is being done now")

    @property
    def wanted(self) -> Blank:
        """What is needed from others."""
        if self._audience == "customers":
            return Blank("what customers can do in the meantime; or nothing")
        return Blank("what is needed, from whom, by when; or nothing")

    @property
    def postmortem(self) -> Blank:
        """Where the postmortem is kept."""
        return Blank("link", "the postmortem is kept where your team keeps it")

    def _given(self, text: str | None, what: str, hint: str, what_for_customers: str = "") -> str | Blank:
        """A stated text, else a blank; what the evidence suggests stands in its reason, never in its place."""
        customers = self._audience == "customers"
        if not text:
            return Blank(what_for_customers if customers else what, f"{NOT_STATED}{hint}")
        return for_customers(text, what_for_customers, self._evidence()) if customers else text

    def _evidence(self) -> Evidence | None:
        return None

    def _cause_hint(self) -> str:
        return ""

    def _fix_hint(self) -> str:
        return ""
