"""The fence around event text: two lines that only this answer could have written."""

from __future__ import annotations

import re
import secrets

from sentry_runbook.safety import neutralize

NONCE_BYTES = 10


def new_nonce() -> str:
    """A fresh nonce of 80 random bits in hexadecimal; one for each answer."""
    return secrets.token_hex(NONCE_BYTES)


def fence(text: str, nonce: str) -> str:
    """Text between ``<untrusted NONCE>`` and ``</untrusted NONCE>``, each on a line of its own.

    The text should be inert already (:func:`.text.block`); the nonce and any marker in it are broken all the same.
    """
    inner = re.sub(re.escape(nonce), "⟨nonce⟩", text, flags=re.IGNORECASE) if nonce else text
    return f"<untrusted {nonce}>\n{neutralize.break_markers(inner)}\n</untrusted {nonce}>"
