"""The checks of the token: its kind, and what each scope that it lacks costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sentry_runbook.commands.doctor_check import DoctorCheck
from sentry_runbook.sentry.base import READ_ALERTS, READ_EVENTS, READ_ORG, READ_PROJECT, WRITE_EVENTS
from sentry_runbook.settings import Secret, Settings

INTEGRATION = (
    "Make an internal integration (Settings → Developer Settings → Custom Integrations) with the permissions "
    "Issue & Event: Read, Organization: Read, Project: Read, and use its token."
)
KINDS: Mapping[str, str] = {
    "sntryi_": "of an internal integration",
    "sntryu_": "of a person (it can do what this person can)",
    "sntrys_": "of the organization, made for uploads",
}


@dataclass(frozen=True)
class NeededScope:
    """A scope, and what is lost without it.

    Attributes:
        name: the narrowest that will do.
        any_of: each of these will do (sentry-api §1.3).
        costs: what is lost.
        fatal: a triage cannot run without it.
    """

    name: str
    any_of: tuple[str, ...]
    costs: str
    fatal: bool = False


READING = (
    NeededScope("event:read", READ_EVENTS, "no issue and no event can be read", fatal=True),
    NeededScope(
        "org:read",
        READ_ORG,
        "no counts in a window, no minute peaks, no release health, so severity is judged by the issue alone",
    ),
    NeededScope("project:read", READ_PROJECT, "no releases, deploys and suspect commits, so no suspect release"),
)
ALERTS = NeededScope("alerts:read", READ_ALERTS, "alerts and monitors are left out")
WRITING = NeededScope("event:write", WRITE_EVENTS, "resolve_issue and add_note will say so")


def kind_of_token(token: Secret, source: str | None) -> DoctorCheck:
    """The kind of token, by its prefix, and where it comes from; the token itself is not shown."""
    origin = f" It comes from {source}." if source else ""
    prefix = next((prefix for prefix in KINDS if token.reveal().startswith(prefix)), None)
    if prefix is None:
        return DoctorCheck("ok", f"A token is set; its kind cannot be told from its form.{origin}")
    if prefix == "sntrys_":
        return DoctorCheck(
            "bad", f"The token is one {KINDS[prefix]} (sntrys_…): it cannot read issues.{origin}", INTEGRATION
        )
    return DoctorCheck("ok", f"The token is one {KINDS[prefix]}.{origin}")


def scope_checks(scopes: tuple[str, ...] | None, settings: Settings) -> Iterator[DoctorCheck]:
    """What the token has, and what each scope that it lacks costs.

    Args:
        scopes: None where the server does not tell.
        settings: whether changes are wanted.
    """
    if scopes is None:
        yield DoctorCheck("note", "This server does not tell what the token may do; the checks below show it.")
        return
    wanted = (*READING, ALERTS, *([] if settings.writes == "off" else [WRITING]))
    has = [scope for scope in wanted if set(scope.any_of) & set(scopes)]
    lacks = [scope for scope in wanted if scope not in has]
    facts = {
        "has": [scope.name for scope in has],
        "lacks": [{"scope": scope.name, "costs": scope.costs} for scope in lacks],
    }
    if all(scope in has for scope in (*READING, ALERTS)):
        yield DoctorCheck("ok", "The token may read issues, releases, release health and alerts.", facts=facts)
    else:
        listed = ", ".join(scope.name for scope in has) or "none that is needed"
        yield DoctorCheck("note", f"Of the scopes that are used the token has: {listed}.", facts=facts)
    if unread := [scope for scope in lacks if scope in READING]:
        costs = "; ".join(f"{scope.name}: {scope.costs}" for scope in unread)
        fatal = any(scope.fatal for scope in unread)
        yield DoctorCheck("bad", f"The token lacks {costs}.", INTEGRATION, fatal=fatal)
    if ALERTS in lacks:
        yield DoctorCheck(
            "note", f"The token lacks {ALERTS.name}: {ALERTS.costs}.", "Give it Alerts: Read, or Organization: Read."
        )
    yield _writing(settings, has)


def _writing(settings: Settings, has: Collection[NeededScope]) -> DoctorCheck:
    if settings.writes == "off":
        return DoctorCheck("note", "Writes are off: resolve_issue and add_note are not offered.", name="writes")
    if WRITING in has:
        return DoctorCheck("ok", f"The token may also change issues (writes: {settings.writes}).", name="writes")
    return DoctorCheck(
        "note",
        f"The token may not change issues (it lacks {WRITING.name}): {WRITING.costs}.",
        "To allow it, give Issue & Event: Read & Write; else start with --read-only.",
        name="writes",
    )
