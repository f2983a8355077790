"""A DSN, the address that an SDK sends its events to: which server, organization and project it belongs to. Pure.

``https://KEY@o123.ingest.us.sentry.io/456`` is of organization 123 and project 456 in sentry.io's region ``us``. Of a
server of one's own it says no organization. It is no credential for the API, and its key is not kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sentry_runbook import server_url

IN_FILE = re.compile(
    r"(https?)://[0-9a-f]{32}(?::[0-9a-f]{32})?@([A-Za-z0-9.-]{1,253}(?::\d{1,5})?)"
    r"((?:/[A-Za-z0-9._~-]{1,60}){0,4}+)(?![/\w])"
)
"""A DSN among other text: its key is 32 hexadecimal digits, so that the examples of documentation are none."""
GIVEN = re.compile(
    r"(https?)://[\w-]{1,100}(?::[\w-]{1,100})?@([A-Za-z0-9.-]{1,253}(?::\d{1,5})?)((?:/[\w.~-]{1,60}){0,4}+)"
)
"""A DSN that a variable holds alone: any key."""
INGEST = re.compile(r"o(\d{1,20})\.ingest(?:\.([a-z0-9]{1,20}))?\.sentry\.io")


@dataclass(frozen=True)
class Dsn:
    """What a DSN belongs to.

    Attributes:
        base_url: the server that answers the API.
        organization_id: the organization's number; None on a server of one's own.
        project_id: the project's number.
    """

    base_url: str
    organization_id: str | None
    project_id: str


def dsn(text: str) -> Dsn | None:
    """The DSN that a variable holds; None where it is none."""
    found = GIVEN.fullmatch(text)
    return _dsn(*found.groups()) if found else None


def dsns_in(text: str) -> tuple[Dsn, ...]:
    """The different DSNs in a file's text, in their order."""
    every = (_dsn(*found.groups()) for found in IN_FILE.finditer(text))
    return tuple(dict.fromkeys(one for one in every if one))


def _dsn(scheme: str, address: str, path: str) -> Dsn | None:
    prefix, _, project = path.rstrip(".-_~").rpartition("/")  # a sentence may end behind it
    if not project.isdigit() or not int(project):
        return None
    if ingest := INGEST.fullmatch(address):
        organization, region = ingest.groups()
        host = f"{region}.{server_url.SAAS}" if region in server_url.REGIONS else server_url.SAAS
        # The number 0 stands in the examples of documentation.
        return Dsn(f"https://{host}", organization, project) if int(organization) else None
    try:
        base_url = server_url.base_url(f"{scheme}://{address}{prefix}", [])
    except ValueError:
        return None
    return Dsn(base_url, None, project)
