"""Another program at the configured address: which errors may mean it, and what the root of the API shows. Pure."""

from __future__ import annotations

from sentry_runbook.errors import BadRequest, NotFound, SentryError, ServerFault, Unauthorized, Unsupported
from sentry_runbook.sentry.interceptions import Intercepted
from sentry_runbook.sentry.status_errors import BareRefusal, NoRoute, WebPage


class NotSentry(ServerFault):
    """Another program answers at the configured address, at the root of Sentry's API too."""


UNLIKE_SENTRY = (NotFound, ServerFault, Unauthorized, Unsupported, BadRequest)


def may_be_no_sentry(error: SentryError) -> bool:
    """Whether another program at the configured address may be the reason; a proxy's own answer names its party."""
    return isinstance(error, UNLIKE_SENTRY) and not isinstance(error, Intercepted)


def not_sentry(root: SentryError, error: SentryError) -> SentryError | None:
    """Return the error of a server whose root is not Sentry's; None where the root's error shows nothing.

    Args:
        root: of ``GET /api/0/``, which Sentry and GlitchTip answer without any right.
        error: of the request before, on which the reader's own came to nothing.
    """
    if isinstance(root, Unauthorized):
        # A Sentry refuses a wrong token there, too: its words stay.
        fix = f"{error.fix} Check SENTRY_URL, too: nothing shows that a Sentry or GlitchTip answers there."
        return Unauthorized(error.what, fix, status=401, asked=error.asked) if isinstance(error, Unauthorized) else None
    answers = next((words for kind, words in NO_ROOT if type(root) is kind), None)
    is_fault = type(root) is ServerFault and (root.status or 0) >= 300  # a redirect, or trouble: it may be a Sentry
    if answers is None or is_fault:
        return None
    return NotSentry(
        f"This server is no Sentry: asked for {error.asked or 'an issue'} it had nothing of the kind, and at /api/0/ "
        f"it answers {answers}.",
        "Set SENTRY_URL to the address of a Sentry or GlitchTip, with its path prefix if there is one. Other trackers "
        "(Bugsink and others) have an API of their own, which is not supported.",
        status=root.status,
        asked=error.asked,
    )


NO_ROOT: tuple[tuple[type[SentryError], str], ...] = (
    (NotFound, "404 in JSON"),
    (NoRoute, "404"),
    (WebPage, "with a web page (another program, a login page or a proxy)"),
    (ServerFault, "with something else (empty, cut, or of another shape)"),
    (Unsupported, "that it does not take GET"),
    (BareRefusal, "that it does not know the request"),
)
"""The root's error → what it answers, in words."""
