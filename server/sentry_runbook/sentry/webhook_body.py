"""The body of a webhook: bytes of a stranger → one JSON object. Pure.

Sentry signs what it sends: ``Sentry-Hook-Signature`` is the HMAC-SHA256 of the body, in hexadecimal digits, with the
client secret of the integration as its key. The bytes count. Whoever parses the body and writes it anew changes them
(Sentry escapes what is not ASCII, most writers do not), and the signature is then wrong. ``Sentry-Hook-Timestamp`` is
no part of what is signed: it proves nothing, and a receiver tells repeated deliveries by ``Request-ID``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from sentry_runbook.errors import BadInput
from sentry_runbook.settings import Secret

MOST_BYTES = 1_000_000
"""Of a body: a webhook holds one event at the most, and the largest that Sentry takes has about as many."""
GZIP = b"\x1f\x8b"
HEADER = "Sentry-Hook-Signature"
AS_RECEIVED = "Hand over the body of the request as it came, byte for byte"


def check_signature(body: bytes, signature: str | None, secret: Secret) -> None:
    """Refuse a body that was not signed with the secret.

    Args:
        body: as it was received.
        signature: value of the header ``Sentry-Hook-Signature``; None or blank where there is none.
        secret: the integration's client secret.

    Raises:
        BadInput: there is no signature, or it is another one.
    """
    given = (signature or "").strip()
    if not given:
        raise BadInput(
            "The webhook has no signature, and a secret to check it with is set; nothing was asked of Sentry.",
            f"Give the value of the header {HEADER} with --signature, or in SENTRY_HOOK_SIGNATURE.",
        )
    expected = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    # As bytes: of texts only ASCII can be compared in constant time, and the header is a stranger's.
    if not hmac.compare_digest(expected.encode(), given.lower().encode("utf-8", "replace")):
        raise BadInput(
            "The webhook's signature is wrong: the body was changed on its way, or another secret signed it; nothing "
            "was asked of Sentry.",
            f"{AS_RECEIVED}, and set SENTRY_RUNBOOK_WEBHOOK_SECRET to the client secret of the integration that sends.",
        )


def json_object(body: bytes) -> Mapping[str, object]:
    """The JSON object that the body holds.

    Raises:
        BadInput: it is empty, compressed, no text, no JSON, nested too deeply, or no object.
    """
    if not body.strip():
        raise BadInput("The webhook's body is empty.", f"{AS_RECEIVED}.")
    if body.startswith(GZIP):
        raise BadInput("The webhook's body is compressed (gzip).", "Unpack it first; Sentry itself sends plain JSON.")
    try:
        # Of bytes it tells UTF-8 from UTF-16, as PowerShell's ">" writes it, and skips a byte order mark.
        parsed: object = json.loads(body)
    except UnicodeDecodeError as exc:
        raise BadInput("The webhook's body is no text: it is not UTF-8.", f"{AS_RECEIVED}.") from exc
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise BadInput(f"The webhook's body is no JSON (it breaks at {where}).", f"{AS_RECEIVED}.") from exc
    except (ValueError, RecursionError) as exc:
        why = "nested too deeply" if isinstance(exc, RecursionError) else "it holds a number that is too long"
        raise BadInput(f"The webhook's body cannot be read: {why}.", f"{AS_RECEIVED}.") from exc
    if not isinstance(parsed, dict):
        raise BadInput("The webhook's body is JSON, but no object as Sentry sends it.", f"{AS_RECEIVED}.")
    return parsed
