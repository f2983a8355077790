"""The people of the organization, as Sentry shows them; all invented."""

from __future__ import annotations

from sentry_runbook.simulator.records import number_id

BOT = "Runbook integration"
"""The user that a token acts as."""


def address(name: str) -> str:
    """Return a person's e-mail address."""
    return f"{name.lower().replace(' ', '.')}@example.com"


def person(name: str, email: str = "") -> dict[str, object]:
    """Return a person in the full form that statuses, activities and commits use."""
    email = email or address(name)
    return {
        "id": number_id("person", email, digits=6),
        "name": name,
        "username": email,
        "email": email,
        "emails": [{"id": number_id("mail", email, digits=6), "email": email, "is_verified": True}],
        "avatarUrl": "",
        "avatar": {"avatarType": "letter_avatar", "avatarUuid": None, "avatarUrl": None},
        "isActive": True,
        "isManaged": False,
        "isSuspended": False,
        "isStaff": False,
        "isSuperuser": False,
        "hasPasswordAuth": True,
        "has2fa": True,
        "experiments": {},
        "dateJoined": "2024-02-05T09:00:00Z",
        "lastLogin": None,
        "lastActive": None,
    }


def owner(assigned: str | None) -> dict[str, object] | None:
    """Return ``assignedTo`` for ``team:payments``, ``user:Dana Ortiz`` or a plain name."""
    if not assigned:
        return None
    kind, _, name = assigned.rpartition(":")
    if kind == "team":
        return {"type": "team", "id": number_id("team", name, digits=5), "name": name}
    shown = person(name)
    return {"type": "user", "id": shown["id"], "name": name, "email": shown["email"]}
