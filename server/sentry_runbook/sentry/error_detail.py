"""Extracts a short, safe error detail from Sentry's error bodies: one printable line without credentials. Pure.

Whoever answers in Sentry's place (a proxy, another server) chooses the words, and Sentry repeats parts of a request in
its own. So what is shown passes the gate of event text: neutralized, masked, and left out when it reads as an order.
"""

from __future__ import annotations

import json
import re

from sentry_runbook.safety import text as safe
from sentry_runbook.safety.echo import echoed

MAX_CHARACTERS = 200
TEXT_KEYS = ("detail", "message")
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
    return _cut(_without_credentials(_words(body)[:LONGEST]))


def shown_detail(body: bytes) -> str:
    """Return the error text of a body as it may be shown: through the gate of event text; empty when there is none."""
    words = _words(body)[:LONGEST]
    if not words:
        return ""
    from sentry_runbook.safety import findings  # noqa: PLC0415  # needed when something failed only

    if findings.detect(words):
        return ORDERS
    return excerpt(words)


def is_in_sentrys_form(body: bytes) -> bool:
    """Whether a body is an error as Sentry writes them: a text, or errors by field; GraphQL lists ``errors``."""
    parsed = _json(body)
    return isinstance(parsed, dict) and (any(parsed.get(key) for key in TEXT_KEYS) or "errors" not in parsed)


def _json(body: bytes) -> object:
    """Return a body's JSON; None when there is none."""
    try:
        return json.loads(body[:MAX_BODY_BYTES]) if body else None
    except (ValueError, RecursionError):
        return None


def _words(body: bytes) -> str:
    """Return the error text of a body as it came.

    ``detail`` is a string, a list or an object; field errors have none and are flattened; 410 uses ``message``
    (sentry-api rule 11).
    """
    parsed = _json(body)
    if isinstance(parsed, str) and parsed.startswith("{"):
        return detail(parsed.encode("utf-8", "replace"))  # Sentry of 2019 writes some errors as JSON in a JSON text
    if isinstance(parsed, dict):
        text = next((parsed[key] for key in TEXT_KEYS if parsed.get(key)), None)
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
    return safe.early_cut(str(value), MAX_CHARACTERS)[0]


def excerpt(text: str, length: int = MAX_CHARACTERS) -> str:
    """Return untrusted text safe for a message: one line, printable, inert, secrets and personal data masked.

    What Sentry says of a token may be the token itself, in forms that no other text has: they are hidden here, all
    others by the gate that event text passes. A mask reads ``‹email 1›``: no angle bracket stands in an error.
    """
    head = _without_credentials(safe.early_cut(text, length)[0])
    return _cut(echoed(head, len(head)).translate(INERT), length)


def _cut(line: str, length: int = MAX_CHARACTERS) -> str:
    return line if len(line) <= length else line[: length - 1] + "…"


def _without_credentials(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return TOKEN_LIKE.sub("(hidden)", line).translate(INERT)


def named(text: str) -> str:
    """Return a name that a caller gave, safe in a message."""
    return excerpt(text, 60)
