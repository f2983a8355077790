"""Foreign words in our messages: what Sentry says of an error, short, printable and without credentials. Pure."""

from __future__ import annotations

import json
import re

EXCERPT = 200
READ_BYTES = 100_000
"""Of an error's body; what Sentry says stands in the first few hundred."""
TOKEN_LIKE = re.compile(
    r"(?i)\bsntr[a-z]{2}_\S+|\b(?:bearer|basic|token|dsn)\s+[^\s,;]{8,}|\b[0-9a-f]{32,}\b|\beyJ\S{10,}|://[^\s/@]+@"
)
INERT = str.maketrans("<>`[]“”", "‹›'()''")


def detail(body: bytes) -> str:
    """What Sentry says, in one short printable line; empty when it says nothing.

    ``detail`` is a string, a list or an object; field errors have none and are flattened; 410 uses ``message``
    (rule 11).
    """
    try:
        parsed = json.loads(body[:READ_BYTES]) if body else None
    except (ValueError, RecursionError):
        return ""
    if isinstance(parsed, dict):
        said = next((parsed[key] for key in ("detail", "message") if parsed.get(key)), None)
        if isinstance(said, dict):
            said = said.get("message") or said.get("code") or said
        return excerpt(_flat(said if said is not None else parsed))
    return excerpt(_flat(parsed))


def _flat(value: object, depth: int = 4) -> str:
    """Field errors as ``field.inner: text; other: text``."""
    if value is None or depth == 0:
        return ""
    if isinstance(value, dict):
        parts = []
        for key, inner in list(value.items())[:8]:
            said = _flat(inner, depth - 1)
            parts.append(f"{key}.{said}" if isinstance(inner, dict) else f"{key}: {said}")
        return "; ".join(parts)
    if isinstance(value, list):
        return ", ".join(filter(None, (_flat(inner, depth - 1) for inner in value[:8])))
    if isinstance(value, int) and abs(value) > 10**18:
        return "a number"  # Python refuses to write the very long ones
    return str(value)[: 2 * EXCERPT]


def excerpt(text: str, length: int = EXCERPT) -> str:
    """Foreign text as it may stand in a message: one line, printable, inert, nothing that looks like a credential."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[:2000]).split())
    inert = TOKEN_LIKE.sub("(hidden)", line).translate(INERT)
    return inert if len(inert) <= length else inert[: length - 1] + "…"


def named(text: str) -> str:
    """A name that a caller gave, for a message."""
    return excerpt(text, 60)
