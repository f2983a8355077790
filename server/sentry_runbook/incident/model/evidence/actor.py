"""Who wrote an entry of an issue's activity log: a person, a machine, or Sentry itself.

How to think about it: only what a person did shows that people knew of an incident. An integration acts under the
``sentry_app`` of the entry (2026), or, on older servers, under a *proxy user* without an e-mail whose name is its user
name and ends in a UUID (sentry-api section 17); our own integration is one of these. An entry without either is
Sentry's own, and so is one of its agents (Seer) under whatever name, and an assignment that an ownership rule made.
What fits none of these is a person: an entry that is odd in another way was still written under somebody's name.
"""

from __future__ import annotations

import re
from typing import Literal

from sentry_runbook.incident.model.evidence.json_values import JsonObject, object_of, text_of

Actor = Literal["person", "machine", "sentry"]
UUID_AT_END = re.compile(r"-?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
AGENT = re.compile(r"(?:sentry[ _-])?(?:seer|autofix)(?:[ _-].*)?", re.IGNORECASE)
"""Names of Sentry's own agents: ``Seer``, ``seer-by-sentry``, ``Sentry Autofix``."""
BY_RULE = ("projectOwnership", "codeowners", "suspectCommitter")
"""``data.integration`` of an assignment that Sentry made by a rule; the user there is whose rule or commit it is."""


def acted_by(entry: JsonObject) -> tuple[str | None, Actor]:
    """The name to show (None: Sentry's own, or nobody is named), and what acted."""
    app = object_of(entry.get("sentry_app"))
    user = object_of(entry.get("user"))
    name, username = text_of(user.get("name")), text_of(user.get("username"))
    if app:
        named = text_of(app.get("name")) or text_of(app.get("slug"))
        return (None, "sentry") if AGENT.fullmatch(named or "") else (named, "machine")
    if not user or object_of(entry.get("data")).get("integration") in BY_RULE:
        return None, "sentry"
    if name and name == username and not user.get("email") and UUID_AT_END.search(name):
        named = UUID_AT_END.sub("", name)
        return (None, "sentry") if AGENT.fullmatch(named) else (named or None, "machine")
    return name or username, "person"
