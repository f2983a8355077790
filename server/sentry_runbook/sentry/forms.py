"""Questions that servers of different age understand in different forms: asked newest first, the lack remembered.

A form is data: how it is asked, the ability that a server needs for it, and which errors may mean that the ability is
missing. One engine tries the forms in order:

- An ability that is known to be missing is not asked for (see :mod:`.compatibility`).
- A refusal counts as "does not know this form" only as long as the form has never worked here, and is remembered only
  when an older form then answers: else it is the question's fault.
- When all forms fail, the error that tells most is raised: a missing endpoint says less than a 404 in words, and that
  less than a refusal of the token, a limit or a fault, after which nothing is known. Of equals the newest form's.
- A server of today (sentry.io) is asked in the newest form only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sentry_runbook.errors import BadRequest, NotFound, RunbookError, SentryError
from sentry_runbook.sentry.compatibility import Capabilities
from sentry_runbook.sentry.status_errors import ENDPOINT_MISSING, OneProjectAtATime

T = TypeVar("T")
E = TypeVar("E", bound=RunbookError)


def refused_by(*kinds: type[SentryError]) -> Callable[[SentryError], bool]:
    """Errors of these kinds."""
    return lambda error: isinstance(error, kinds)


def never(_: object) -> bool:
    """Never true: for forms without such errors or answers."""
    return False


@dataclass(frozen=True)
class RequestForm(Generic[T]):
    """One way to ask.

    Attributes:
        ask: sends the request.
        ability: what the server needs, as in ``ABILITIES``; empty when the oldest server has it.
        is_refusal: which errors may mean that the server lacks the ability; no longer where it has worked.
        is_absence: which errors mean so even where it has worked (another resolution than asked).
        is_passing: which errors lead to the next form without being remembered: a lack on some servers, a fault on
            others; what the next form answers counts, an empty answer too.
        is_empty: an answer that an older form may have more of; the newest of those is the answer, if none has.
    """

    ask: Callable[[], Awaitable[T]]
    ability: str = ""
    is_refusal: Callable[[SentryError], bool] = never
    is_absence: Callable[[SentryError], bool] = never
    is_passing: Callable[[SentryError], bool] = never
    is_empty: Callable[[T], bool] = never

    def leads_on(self, error: SentryError, capabilities: Capabilities, organization: str) -> bool:
        """Whether the next form is tried after this error; one about several projects is no matter of the form."""
        if isinstance(error, OneProjectAtATime):
            return False
        has_worked = capabilities.is_supported(self.ability, organization)
        return self.is_absence(error) or self.is_passing(error) or (self.is_refusal(error) and not has_worked)


def nearest(errors: Sequence[E]) -> E:
    """Return the error that tells most of why a question has no answer; of equals the first."""
    return max(errors, key=_nearness)


def _nearness(error: RunbookError) -> int:
    if isinstance(error, ENDPOINT_MISSING):
        return 0
    if isinstance(error, BadRequest) and error.status == 422:
        return 1  # GlitchTip's for a path or a word that it does not know
    return 2 if isinstance(error, NotFound) else 3


async def ask_newest(
    forms: Sequence[RequestForm[T]],
    capabilities: Capabilities,
    organization: str = "",
    *,
    is_current: bool = False,
    when_replaced: Callable[[SentryError], None] | None = None,
) -> T:
    """The answer of the newest form that this server knows.

    Args:
        forms: newest first.
        capabilities: what is known of the server; learns from this question.
        organization: whose plan the abilities depend on; empty where they depend on the server only.
        is_current: the server is one of today, whose errors are no matter of age.
        when_replaced: told the newest form's refusal, when an older form answered instead.

    Raises:
        SentryError: no form was answered, or one failed in a way that says nothing of the server's age.
    """
    refusals: list[SentryError] = []
    missing: list[str] = []
    answers: list[T] = []
    known = [form for form in forms if not capabilities.is_missing(form.ability, organization)]
    for form in known[:1] if is_current else known:
        try:
            answer = await form.ask()
        except SentryError as exc:
            if not is_current and form.leads_on(exc, capabilities, organization):
                refusals.append(exc)
                missing += [form.ability] if not form.is_passing(exc) else []
                continue
            raise  # after an empty answer, too: what this form holds is not known, and unknown is not "none"
        if answers and form.is_empty(answer):
            # A newer form answered, and this one has no more: it is not asked again for a while.
            missing.append(form.ability)
            continue
        capabilities.mark_supported(form.ability, organization)
        if is_current or not form.is_empty(answer):
            answers.insert(0, answer)
            break
        answers.append(answer)
    if not answers:
        raise nearest(refusals) from None
    for ability in missing:
        capabilities.mark_missing(ability, organization)
    if refusals and when_replaced is not None:
        when_replaced(refusals[0])
    return answers[0]
