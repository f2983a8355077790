"""The base URL of a Sentry, from what people paste: a host, a page, an address of the API, by mistake a DSN. Pure.

A page is reduced to what stands before it: ``https://acme.sentry.io/issues/`` is ``https://sentry.io``, and names the
organization ``acme``. What cannot be told apart from a path prefix is refused, with the value that was most likely
meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sentry_runbook.loopback import is_loopback

SAAS = "sentry.io"
REGIONS = ("us", "de")
"""Hosts below sentry.io that answer the API and name no organization."""
NO_ORGANIZATIONS = frozenset(
    {"blog", "changelog", "cli", "develop", "docs", "forum", "help", "ingest", "status", "try"}
)
"""Hosts below sentry.io that show no organization's issues."""
BROKEN_SCHEME = re.compile(r"(https?)(?::/?|//)(?![/\d])([\w.-]+(?::\d+)?)(?=[/?#]|$)", re.IGNORECASE)
"""``https:/host``, ``https:host``, ``https//host``: the scheme of a URL without all that follows it."""
HOST = re.compile(r"[^\W_](?:[\w.-]{0,251}\w)?|[0-9a-fA-F:.]{2,45}")
"""A host name (also an international one) or an IPv6 address."""
PREFIX = re.compile(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+)*")
"""A path without empty parts, ``.``, ``..`` or anything that needs encoding."""
SLUG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
"""An organization's or project's name in Sentry's URLs."""
PAGES = (("organizations",), ("settings",), ("api", "0"), ("auth", "login"))
"""How the paths of a self-hosted Sentry's pages and API begin, after the prefix."""
ABOUT_NO_ORGANIZATION = ("account", "new")
"""What stands in an organization's place in some pages' paths."""


@dataclass(frozen=True)
class _Pasted:
    """The parts of what was pasted.

    Attributes:
        path: its parts, of which some may be empty.
        is_more: it has a query or a fragment.
        has_user: it has a user or a password.
    """

    scheme: str
    host: str
    port: int | None
    path: tuple[str, ...]
    is_more: bool
    has_user: bool


def is_saas(host: str | None) -> bool:
    """Whether a host is sentry.io or one of its organizations and regions."""
    return host == SAAS or (host or "").endswith(f".{SAAS}")


def organization_of_host(host: str | None) -> str | None:
    """``acme`` of ``acme.sentry.io``; regions, the control host and all other hosts name no organization."""
    if not host or not host.endswith(f".{SAAS}"):
        return None
    label = host.removesuffix(f".{SAAS}")
    return None if label in (*REGIONS, "www") or "." in label else label


def base_url(text: str, warnings: list[str]) -> str:
    """The configured Sentry: scheme, host, port and path prefix, without a trailing slash.

    A host alone is taken as https, this machine as http. Warns when the connection would not be encrypted.

    Raises:
        ValueError: it names no server, or it is not clear which; completes "SENTRY_URL …".
    """
    pasted = _split(text)
    host, path = pasted.host, "/".join(pasted.path).rstrip("/")
    if is_saas(host) and not NO_ORGANIZATIONS.isdisjoint(host.split(".")):
        what = "is the address that a DSN sends to" if "ingest" in host.split(".") else "is not where issues are"
        raise ValueError(f"{what}: set it to https://{SAAS}.")
    if pasted.has_user:
        is_dsn = path.rpartition("/")[2].isdigit()
        prefix = f"/{path.rpartition('/')[0]}".rstrip("/")
        meant = f" It looks like a DSN: set it to {_origin(pasted)}{prefix}." if is_dsn else ""
        raise ValueError(f"must not carry a user or password.{meant}")
    if is_saas(host):
        # It has no prefix: every path is a page's.
        prefix, host = "", host if host.removesuffix(f".{SAAS}") in REGIONS else SAAS
    else:
        prefix = _prefix(pasted)
    url = f"{_origin(pasted, host)}{prefix}"
    if pasted.scheme == "http" and not is_loopback(host):
        warnings.append(f"{url} is not encrypted: the token and all data can be read on the way.")
    return url


def organization_in(text: str) -> str | None:
    """The organization of a pasted page; None when it names none, or cannot be read."""
    try:
        pasted = _split(text)
    except ValueError:
        return None
    if vanity := organization_of_host(pasted.host):
        return None if vanity in NO_ORGANIZATIONS or not SLUG.fullmatch(vanity) else vanity
    page = pasted.path[_page_begins(pasted.path) :]
    for beginning in PAGES:
        after = page[len(beginning) :]
        after = after[1:] if beginning == ("api", "0") and after[:1] == ("organizations",) else after
        if page[: len(beginning)] == beginning and after and SLUG.fullmatch(after[0]):
            is_route = after[0] in ABOUT_NO_ORGANIZATION or (beginning == ("api", "0") and page[2] != "organizations")
            return None if is_route else after[0]
    return None


def _split(text: str) -> _Pasted:
    """The parts of a pasted address.

    Raises:
        ValueError: it is no address of a web server; completes "SENTRY_URL …".
    """
    if (broken := BROKEN_SCHEME.match(text)) is not None:
        # Else its "https" would be taken for the name of a host.
        scheme, rest = broken.groups()
        raise ValueError(f"is not a URL: set it to {scheme.lower()}://{rest}.")
    with_scheme = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(with_scheme)
        port = parts.port
    except ValueError:
        raise ValueError("is not a URL.") from None
    host = parts.hostname or ""
    if parts.scheme not in ("https", "http") or not HOST.fullmatch(host):
        raise ValueError("must be an http(s) URL such as https://sentry.example.com.")
    return _Pasted(
        scheme="http" if "://" not in text and is_loopback(host) else parts.scheme,
        host=host,
        port=port,
        path=tuple(parts.path.removeprefix("/").split("/")),
        is_more=bool(parts.query or parts.fragment),
        has_user="@" in parts.netloc,
    )


def _origin(pasted: _Pasted, host: str = "") -> str:
    host = host or pasted.host
    shown = f"[{host}]" if ":" in host else host
    return f"{pasted.scheme}://{shown}{f':{pasted.port}' if pasted.port else ''}"


def _page_begins(path: tuple[str, ...]) -> int:
    """Where in a path a page of Sentry begins; its length when nowhere."""
    begins = [at for at in range(len(path)) if any(path[at : at + len(page)] == page for page in PAGES)]
    return begins[0] if begins else len(path)


def _prefix(pasted: _Pasted) -> str:
    """The path prefix of a server of one's own.

    Raises:
        ValueError: it has one that cannot be, or a page that cannot be told from one; completes "SENTRY_URL …".
    """
    begins = _page_begins(pasted.path)
    prefix = "/".join(("", *pasted.path[:begins])).rstrip("/")
    is_page = begins < len(pasted.path)
    if "issues" in pasted.path[:begins]:
        raise ValueError(f"is the address of a page: set it to the server's own, such as {_origin(pasted)}.")
    if pasted.is_more and not is_page:
        raise ValueError(f"must not carry a query or fragment: set it to {_origin(pasted)}.")
    if not PREFIX.fullmatch(prefix):
        raise ValueError("has a path that cannot be a prefix.")
    return prefix
