"""A caller's own words, given back in an error: a model copies arguments out of event text, secrets included."""

from __future__ import annotations


def echoed(words: str, limit: int = 60) -> str:
    """One inert line of at most ``limit`` characters with secrets and personal data masked.

    It is masked whatever the operator has set: an error needs no secret to be understood.
    """
    from sentry_runbook.safety.sanitizer import Sanitizer  # noqa: PLC0415  # start-up (DESIGN §9)

    return Sanitizer().line(words, limit)
