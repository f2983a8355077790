"""Who the token is and what it sees: of the API's root, organizations and projects the few fields that are read."""

from __future__ import annotations

from dataclasses import dataclass

from sentry_runbook.incident.model.evidence.json_values import JsonObject
from sentry_runbook.sentry.messages import SentryResponse
from sentry_runbook.sentry.parsing import an_object, text
from sentry_runbook.sentry.pasted import SLUG


@dataclass(frozen=True)
class TokenOwner:
    """Whose auth token it is.

    Attributes:
        name: of the person or integration, None when the server does not tell.
        scopes: what it may do; None where the server does not tell.
    """

    name: str | None
    scopes: tuple[str, ...] | None


def token_owner(reply: SentryResponse) -> TokenOwner:
    """``GET /api/0/``."""
    answer = an_object(reply)
    if answer.keys().isdisjoint(("version", "auth", "user")):
        raise ValueError("not the root of Sentry's API")
    auth, user = answer.get("auth"), answer.get("user")
    listed = auth.get("scopes") if isinstance(auth, dict) else None
    scopes = tuple(scope for scope in listed if isinstance(scope, str)) if isinstance(listed, list) else None
    person = user if isinstance(user, dict) else {}
    return TokenOwner(
        name=next((name for key in ("name", "username", "id") if (name := text(person.get(key)))), None),
        # An empty list is no scope at all; a list of something else says nothing.
        scopes=scopes if scopes or not listed else None,
    )


@dataclass(frozen=True)
class Organization:
    """An organization.

    Attributes:
        slug: its name in URLs.
        id: its number, which DSNs name.
    """

    slug: str | None
    id: str | None = None


@dataclass(frozen=True)
class Project:
    """A project.

    Attributes:
        id: its number.
        slug: its name in URLs.
        is_closed: Sentry says that the token's user may not read it; None where the server does not say.
    """

    id: str | None
    slug: str | None
    is_closed: bool | None = None

    @property
    def name(self) -> str:
        """The slug, or the number where that is none that a URL could hold."""
        return next((name for name in (self.slug, self.id) if name and SLUG.fullmatch(name)), "unknown")


def organization(json: JsonObject) -> Organization:
    """One organization of an answer."""
    return Organization(text(json.get("slug")), text(json.get("id")))


def project(json: JsonObject) -> Project:
    """One project of an answer."""
    access = json.get("hasAccess")
    return Project(text(json.get("id")), text(json.get("slug")), not access if isinstance(access, bool) else None)
