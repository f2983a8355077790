"""Where the failing code runs: on our own servers, in a page that we serve, or in an app that people have installed.

What is installed cannot be rolled back: people keep the version they have until they take another one.
"""

from __future__ import annotations

import re
from typing import Literal

from sentry_runbook.incident.events.event_texts import whole_events
from sentry_runbook.incident.model.evidence import Event, Evidence

Installed = Literal["mobile", "desktop"]

MOBILE = re.compile(
    r"(?:cocoa|objc|swift|android|flutter|dart|react-native|kotlin-multiplatform|ionic|cordova|nativescript|unity"
    r"|xamarin|maui|capacitor|(?:apple-ios|java-android|javascript-(?:react-native|cordova|capacitor|nativescript))"
    r"|(?:dart-flutter|dotnet-maui|dotnet-xamarin))"
)
DESKTOP = re.compile(r"(?:electron|javascript-electron|apple-macos|native-qt|unreal|godot|dotnet-w(?:pf|informs))")
"""Names of platforms, as a project or an event has them, that only ship installed apps."""
EITHER = re.compile(r"java|kotlin|csharp|native|c|javascript.*|node.*|other")
"""Platforms of servers and pages that apps are written in, too: then the event tells."""
DEVICE_SYSTEM = re.compile(r"(?:Android|iOS|iPadOS|watchOS|tvOS|visionOS|HarmonyOS)\b")
"""Systems that only devices of users run on."""
DESKTOP_SYSTEM = re.compile(r"(?:Windows|macOS|Mac OS X)\b")
APP_KEYS = frozenset({"app_identifier", "app_build", "app_version", "build_type"})
"""What an SDK of installed apps tells of the app; a server's tells its memory at most."""


def installed_as(evidence: Evidence) -> Installed | None:
    """Whether the code runs in an app that people have installed; None for a server or a page."""
    platform = (evidence.issue.platform or "").lower()
    events = whole_events(evidence)
    if MOBILE.fullmatch(platform):
        on_desktop = events and all(DESKTOP_SYSTEM.match(event.os or "") for event in events)
        return "desktop" if on_desktop else "mobile"
    if DESKTOP.fullmatch(platform):
        return "desktop"
    if platform and not EITHER.fullmatch(platform):
        return None
    kinds = {_of_event(event) for event in events}
    return kinds.pop() if len(kinds) == 1 else None


def runs_at_users(evidence: Evidence) -> bool:
    """Whether the code runs on people's own devices and networks: in an installed app, or in a page."""
    return installed_as(evidence) is not None or (evidence.issue.platform or "").lower().startswith("javascript")


def _of_event(event: Event) -> Installed | None:
    """By the system and what is said of the app: a page has a browser, and a server tells its visitor's system."""
    is_app = not APP_KEYS.isdisjoint(event.contexts.get("app", {}))
    runs_in_electron = (event.browser or "").startswith("Electron") or "electron" in event.contexts
    if runs_in_electron:
        return "desktop"
    if event.browser or not event.os:
        return None
    if DEVICE_SYSTEM.match(event.os):
        return "mobile"
    return "desktop" if is_app and DESKTOP_SYSTEM.match(event.os) else None
