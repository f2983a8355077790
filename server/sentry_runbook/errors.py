"""The errors of the product, one tree.

::

    RunbookError                what failed, and what to do next, in our words
    ├── SettingsError           a setting is missing or wrong; names every one at once
    │   └── UntrustedServer     a token would go to a server that only a project's file names
    ├── BadInput                an argument is invalid; says what is valid
    ├── BadTemplate             a template cannot be filled; names file and line
    ├── BadEvidence             an evidence file cannot be read
    └── SentryError             a request to Sentry failed
        ├── Unauthorized        401: the token is missing, expired, revoked or malformed
        ├── Forbidden           403: the token lacks a scope or the membership
        ├── NotFound            404: no such thing, or not visible to this token
        ├── BadRequest          400: Sentry rejected the request
        ├── RateLimited         429: too many requests, with the time to wait when known
        ├── Unsupported         this server does not have the endpoint or the option
        ├── ServerFault         5xx, or a response that is not Sentry's
        ├── Unreachable         no response: refused, reset, unknown host, TLS
        └── TimedOut            no response within the deadline

A message is for the model and the human at once: no traceback, no token, no raw body; and one line, whatever names and
texts of libraries went into it: file names, keys and header values can hold control characters.
"""

from __future__ import annotations


def in_one_line(text: str) -> str:
    """The text as one line that a terminal or a log shows as it is: a break is ``⏎``, the unprintable is spelt out."""
    if text.isprintable():
        return text
    joined = text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\t", " ")
    return "".join(
        char if char.isprintable() or char == "\N{NO-BREAK SPACE}" else f"⟨U+{ord(char):04X}⟩" for char in joined
    )


class RunbookError(Exception):
    """What failed, and what to do next.

    Args:
        what: one sentence that says what was tried and what came back.
        fix: the next step, one sentence; empty when there is none.
    """

    def __init__(self, what: str, fix: str = "") -> None:
        self.what = in_one_line(what)
        self.fix = in_one_line(fix)
        super().__init__(f"{self.what} {self.fix}".strip())


class SettingsError(RunbookError):
    """A setting is missing, malformed or unsafe."""


class UntrustedServer(SettingsError):
    """A token would go to a server that only a project's file names; nothing else is wrong with the settings."""


class BadInput(RunbookError):
    """An argument is invalid; the message says what is valid."""


class BadTemplate(RunbookError):
    """A runbook template cannot be filled."""


class BadEvidence(RunbookError):
    """An evidence file was not written by sentry-runbook, has another version, or is damaged."""


class SentryError(RunbookError):
    """A request to Sentry failed.

    Args:
        what: one sentence: the request and what came back.
        fix: the next step.
        status: the HTTP status, None when there was no response.
        asked: the request in short, such as ``GET issue SHOP-1Z``: never with query text or credentials.
        retry_after_s: seconds to wait before a retry, None when unknown.
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
    """400: Sentry rejected the request; the message carries its field errors, flattened."""


class RateLimited(SentryError):
    """429: too many requests; ``retry_after_s`` says when to try again."""


class Unsupported(SentryError):
    """This server does not have the endpoint or the option (older, or not Sentry)."""


class ServerFault(SentryError):
    """5xx, or a response that is not Sentry's (HTML of a proxy, cut JSON, another shape, too large)."""


class Unreachable(SentryError):
    """No response at all: refused, reset, unknown host, TLS."""


class TimedOut(SentryError):
    """No response within the deadline."""
