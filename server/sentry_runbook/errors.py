"""The errors of the product, one tree.

::

    RunbookError                what failed, and what to do next, in our words
    ├── SettingsError           a setting is missing or wrong; names every one at once
    ├── BadInput                an argument that cannot be meant; says what is valid
    ├── BadTemplate             a template that cannot be filled; file and line
    ├── BadEvidence             an evidence file that cannot be read
    └── SentryError             a request to Sentry that did not give an answer
        ├── Unauthorized        401: the token is missing, expired, revoked or malformed
        ├── Forbidden           403: the token lacks a scope or the membership
        ├── NotFound            404: no such thing, or not visible to this token
        ├── BadRequest          400: Sentry refused the question
        ├── RateLimited         429: too many requests, with the time to wait when known
        ├── Unsupported         this server does not have the endpoint or the option
        ├── ServerFault         5xx, or an answer that is not Sentry's
        ├── Unreachable         no answer: refused, reset, no name, TLS
        └── TimedOut            no answer within the deadline

A message is for the model and the human at once: no traceback, no token, no raw body.
"""

from __future__ import annotations


class RunbookError(Exception):
    """What failed, and what to do next.

    Args:
        what: one sentence that says what was tried and what came back.
        fix: the next step, one sentence; empty when there is none.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what} {fix}".strip())


class SettingsError(RunbookError):
    """A setting is missing, malformed or unsafe."""


class BadInput(RunbookError):
    """An argument that cannot be meant."""


class BadTemplate(RunbookError):
    """A runbook template that cannot be filled."""


class BadEvidence(RunbookError):
    """An evidence file that is not ours, of another version, or damaged."""


class SentryError(RunbookError):
    """A request to Sentry that did not give an answer.

    Args:
        what: one sentence that says what was asked and what came back.
        fix: the next step.
        status: the HTTP status, None when no answer came.
        asked: the request in short, as ``GET issue SHOP-1Z``: never with query text or credentials.
        retry_after_s: seconds after which asking again makes sense, None when unknown.
    """

    def __init__(
        self,
        what: str,
        fix: str = "",
        *,
        status: int | None = None,
        asked: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        self.status = status
        self.asked = asked
        self.retry_after_s = retry_after_s
        super().__init__(what, fix)


class Unauthorized(SentryError):
    """401: the token is missing, expired, revoked or malformed."""


class Forbidden(SentryError):
    """403: the token lacks a scope, or its user is not a member."""


class NotFound(SentryError):
    """404: no such thing, or not visible to this token."""


class BadRequest(SentryError):
    """400: Sentry refused the question; the message carries its field errors, flattened."""


class RateLimited(SentryError):
    """429: too many requests; ``retry_after_s`` says when to try again."""


class Unsupported(SentryError):
    """This server does not have the endpoint or the option (older, or not Sentry)."""


class ServerFault(SentryError):
    """5xx, or an answer that is not Sentry's (HTML of a proxy, cut JSON, another shape, too large)."""


class Unreachable(SentryError):
    """No answer at all: refused, reset, unknown host, TLS."""


class TimedOut(SentryError):
    """No answer within the deadline."""
