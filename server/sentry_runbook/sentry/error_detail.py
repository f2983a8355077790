"""Extracts a short, safe error detail from Sentry's error bodies: one printable line without credentials. Pure."""

from __future__ import annotations

import json
import re

from sentry_runbook.safety.echo import echoed
from sentry_runbook.safety.text import early_cut

MAX_CHARACTERS = 200
MAX_BODY_BYTES = 100_000
"""Of an error's body; Sentry's own text is in the first few hundred."""
TOKEN_LIKE = re.compile(
    r"(?i)\bsntr[a-z]{2}_\S+|\b(?:bearer|basic|token|dsn)\s+[^\s,;]{8,}|\b[0-9a-f]{32,}\b|\beyJ\S{10,}|://[^\s/@]+@"
)
INERT = str.maketrans("<>`[]“”", "‹›'()''")


def detail(body: bytes) -> str:
    """Return the error text of a body as one short printable line; empty when there is none.

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
        return excerpt(_flattened(text if text is not None else parsed))
    return excerpt(_flattened(parsed))


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
    return early_cut(str(value), MAX_CHARACTERS)[0]


def excerpt(text: str, length: int = MAX_CHARACTERS) -> str:
    """Return untrusted text safe for a message: one line, printable, inert, secrets and personal data masked.

    What Sentry says of a token may be the token itself, in forms that no other text has: they are hidden here, all
    others by the gate that event text passes. A mask reads ``‹email 1›``: no angle bracket stands in an error.
    """
    head, _ = early_cut(text, length)
    line = " ".join("".join(char if char.isprintable() else " " for char in head).split())
    inert = echoed(TOKEN_LIKE.sub("(hidden)", line).translate(INERT), len(line)).translate(INERT)
    return inert if len(inert) <= length else inert[: length - 1] + "…"


def named(text: str) -> str:
    """Return a name that a caller gave, safe in a message."""
    return excerpt(text, 60)
