"""Links that lead through another service, which checks or counts clicks: the link inside. Pure; nothing is fetched.

Only of the services listed here: the query of any other link says nothing of where that link leads.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qs, unquote, urlsplit

SERVICES: Collection[str] = (
    "safelinks.protection.outlook.com",
    "safelinks.protection.office365.us",
    "statics.teams.cdn.office.net",
    "statics.teams.microsoft.com",
    "slack-redir.net",
    "google.com",
    "urldefense.com",
    "urldefense.proofpoint.com",
    "linkprotect.cudasvc.com",
    "secure-web.cisco.com",
    "protect.checkpoint.com",
    "url.avanan.click",
    "l.workplace.com",
    "l.facebook.com",
    "linkedin.com",
    "deref-mail.com",
    "deref-gmx.net",
    "deref-web.de",
    "href.li",
)
"""Hosts, their subdomains included, of mail and chat services that wrap links."""
MOST_WRAPPERS = 3
"""A mail filter may wrap what a chat has wrapped."""
INNER = re.compile(r"https?:/{1,2}(?P<rest>.+?)(?:__;|___|$)")
"""A link within a path or a query: one slash may be lost, and Proofpoint and Check Point close it with underscores."""
PROOFPOINT_2 = re.compile(r"-([0-9A-F]{2})")
"""How its second version writes all but letters and digits: ``-3A`` a colon; ``_`` is a slash."""


def unwrapped(url: str) -> str:
    """The link that a link leads to; itself where it is not wrapped, or nothing in it tells."""
    for _ in range(MOST_WRAPPERS):
        try:
            inner = _inner(url)
        except ValueError:
            break  # no URL, which is told where it is read
        if inner is None:
            break
        url = inner
    return url


def _inner(url: str) -> str | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not any(host == service or host.endswith(f".{service}") for service in SERVICES):
        return None
    values = [value for named in parse_qs(parts.query[:4000]).values() for value in named]
    if parts.path.startswith("/v2/url"):
        values = [PROOFPOINT_2.sub(lambda match: chr(int(match[1], 16)), value.replace("_", "/")) for value in values]
    whole = next((value for value in values if value.startswith(("https://", "http://"))), None)
    if whole is not None:
        return whole
    match = INNER.search(unquote(f"{parts.path}?{parts.query}"[:4000]))
    return f"{match[0].partition(':')[0]}://{match['rest']}" if match else None
