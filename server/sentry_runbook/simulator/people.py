"""The people of the organization, as Sentry shows them; all invented."""

from __future__ import annotations

from sentry_runbook.simulator.records import number_id

BOT = "runbook-7f3a1c-5d0c8a4e-3b1f-4c62-9a57-2e8d6f4b1c90"
"""The user that a token acts as: the proxy user of an internal integration, as Sentry 24.2 shows it."""


def address(name: str) -> str:
    """Return a person's e-mail address."""
    return f"{name.lower().replace(' ', '.')}@example.com"


def person(name: str, email: str = "") -> dict[str, object]:
    """Return a person in the full form that statuses, activities and commits use."""
    is_proxy = name == BOT
    email = "" if is_proxy else email or address(name)
    username = email or name
    return {
        "id": number_id("person", username, digits=6),
        "name": name,
        "username": username,
        "email": email,
        "emails": [{"id": number_id("mail", username, digits=6), "email": email, "is_verified": not is_proxy}],
        "avatarUrl": "",
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "isActive": True,
        "isManaged": False,
        "isSuspended": False,
        "isStaff": False,
        "isSuperuser": False,
        "hasPasswordAuth": not is_proxy,
        "has2fa": not is_proxy,
        "experiments": {},
        "dateJoined": "2024-02-05T09:00:00Z",
        "lastLogin": None,
        "lastActive": "2026-11-02T08:15:00Z",
    }


def sentry_app(name: str) -> dict[str, object]:
    """Return an integration as the entries of newer servers name it."""
    return {"id": number_id("app", name, digits=5), "name": name, "slug": name.lower().replace(" ", "-")}


def owner(assigned: str | None) -> dict[str, object] | None:
    """Return ``assignedTo`` for ``team:payments``, ``user:Dana Ortiz`` or a plain name."""
    if not assigned:
        return None
    kind, _, name = assigned.rpartition(":")
    if kind == "team":
        return {"type": "team", "id": number_id("team", name, digits=5), "name": name}
    shown = person(name)
    return {"type": "user", "id": shown["id"], "name": name, "email": shown["email"]}


def owner_id(who: str) -> str:
    """Return ``team:12`` or ``user:7`` for ``team:payments`` or ``user:Dana Ortiz``."""
    shown = owner(who) or {}
    return f"{shown.get('type')}:{shown.get('id')}"
