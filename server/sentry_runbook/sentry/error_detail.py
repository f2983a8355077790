"""Extracts a short, safe error detail from Sentry's error bodies: one printable line without credentials. Pure.

Whoever answers in Sentry's place (a proxy, another server) chooses the words, and Sentry repeats parts of a request in
its own. So what is shown passes the gate of event text: neutralized, masked, and left out when it reads as an order.
"""

from __future__ import annotations

import json
import re

from sentry_runbook.safety import text as safe

MAX_CHARACTERS = 200
LONGEST = 2000
"""Characters of an error text that are looked at."""
MAX_BODY_BYTES = 100_000
"""Of an error's body; Sentry's own text is in the first few hundred."""
TOKEN_LIKE = re.compile(
    r"(?i)\bsntr[a-z]{2}_\S+|\b(?:bearer|basic|token|dsn)\s+[^\s,;]{8,}|\b[0-9a-f]{32,}\b|\beyJ\S{10,}|://[^\s/@]+@"
)
INERT = str.maketrans("<>`[]“”", "‹›'()''")


ORDERS = "(its words are left out: they read as instructions)"


def detail(body: bytes) -> str:
    """Return the error text of a body as one short printable line, to be judged by; empty when there is none."""
    return excerpt(_words(body))


def shown_detail(body: bytes) -> str:
    """Return the error text of a body as it may be shown: through the gate of event text; empty when there is none."""
    words = _words(body)[:LONGEST]
    if not words:
        return ""
    from sentry_runbook.safety import findings, masking  # noqa: PLC0415  # needed when something failed only

    if findings.detect(words):
        return ORDERS
    inert = safe.inert_line(_without_credentials(words))
    return safe.cut(masking.Masker().mask_text(inert), MAX_CHARACTERS)


def _words(body: bytes) -> str:
    """Return the error text of a body as it came.

    ``detail`` is a string, a list or an object; field errors have none and are flattened; 410 uses ``message``
    (sentry-api rule 11).
    """
    try:
        parsed = json.loads(body[:MAX_BODY_BYTES]) if body else None
    except (ValueError, RecursionError):
        return ""
    if isinstance(parsed, dict):
        text = next((parsed[key] for key in ("detail", "message") if parsed.get(key)), None)
        if isinstance(text, dict):
            text = text.get("message") or text.get("code") or text
        return _flattened(text if text is not None else parsed)
    return _flattened(parsed)


def _flattened(value: object, depth: int = 4) -> str:
    """Write field errors as ``field.inner: text; other: text``; below ``depth`` levels nothing."""
    if value is None or depth == 0:
        return ""
    if isinstance(value, dict):
        parts = []
        for key, inner in list(value.items())[:8]:
            text = _flattened(inner, depth - 1)
            parts.append(f"{key}.{text}" if isinstance(inner, dict) else f"{key}: {text}")
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(filter(None, (_flattened(inner, depth - 1) for inner in value[:8])))
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number"  # Python refuses to write the very long ones
    return str(value)[: 2 * MAX_CHARACTERS]


def excerpt(text: str, length: int = MAX_CHARACTERS) -> str:
    """Return untrusted text safe for a message: one line, printable, inert, nothing that looks like a credential."""
    inert = _without_credentials(text[:LONGEST])
    return inert if len(inert) <= length else inert[: length - 1] + "…"


def _without_credentials(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return TOKEN_LIKE.sub("(hidden)", line).translate(INERT)


def named(text: str) -> str:
    """Return a name that a caller gave, safe in a message."""
    return excerpt(text, 60)
