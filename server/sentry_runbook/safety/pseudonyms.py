"""Pseudonyms of users: an id without personal data is shown, any other user is ``user-1``, ``user-2`` …."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from sentry_runbook.safety.secrets.checksums import is_card_number, is_ipv4, is_ipv6


class Pseudonyms:
    """Maps users to stable pseudonyms (``user-1``, ``user-2``) within one answer."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def pseudonym_of(self, parts: Mapping[str, str | None], *, anyway: bool = False) -> str:
        """The pseudonym of a user, or its id when that is impersonal; empty when no part is known.

        Args:
            parts: the known parts of a user, the most identifying first (Sentry's order: id, email, username, ip).
            anyway: show the first part whatever it says.
        """
        known = [(kind, part) for kind, part in parts.items() if part]
        if not known:
            return ""
        kind, part = known[0]
        if anyway or (kind == "id" and is_impersonal(part)):
            return part
        return f"user-{self._numbers.setdefault((kind, part), len(self._numbers) + 1)}"


def is_impersonal(user_id: str) -> bool:
    """Whether an id carries no personal data: a number, UUID, hash or random key; no name, address or phone."""
    if user_id.isdecimal() and len(user_id) <= 10:  # the usual case, which the patterns below say yes to
        return True
    if not _opaque().fullmatch(user_id) or re.fullmatch(r"user-\d+", user_id):
        return False
    return not (is_ipv4(user_id) or is_ipv6(user_id) or is_card_number(user_id))


@cache
def _opaque() -> re.Pattern[str]:
    word = r"(?:user|usr|u|uid|id|cus|cust|customer|acct|account|member|client|guest|anon|device|tenant|org|auth0)"
    return re.compile(
        rf"(?i)(?:{word}[-_:|]?)?"
        r"(?:\d{1,10}"  # longer numbers may be phone numbers
        r"|[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}"
        r"|(?=[a-f]*\d)[0-9a-f]{8,64}"
        r"|(?=(?:[a-z]*\d){3})[a-z0-9]{16,64})"
    )
