"""Sentry's answers in our words: the gate through which every stranger's text passes once (see ``safety``).

Lengths here are what a responder can use; the bounds of one answer (DESIGN §9) rest on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sentry_runbook.incident.model import evidence as ours
from sentry_runbook.safety.sanitizer import Sanitizer
from sentry_runbook.safety.text import NAME
from sentry_runbook.sentry import models

TITLE = 200
MESSAGE = 600
FRAME = 160
MOST_EXCEPTIONS = 3
MOST_FRAMES = 20
MOST_BREADCRUMBS = 30
MOST_TAGS = 40
MOST_VARIABLES = 12
MOST_ACTIVITY = 100
APART = ("browser", "os", "client_os", "device", "trace", "replay")
"""Contexts that have a field of their own."""
HTTP_CATEGORIES = ("http", "xhr", "fetch", "httplib", "requests", "urllib3", "httpx", "aiohttp", "okhttp")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[._+-]{1,2}[A-Za-z0-9]+)*")


class Translator:
    """Turns Sentry's models into evidence, through one sanitizer: masks and stand-ins agree within the answer."""

    def __init__(self, sanitizer: Sanitizer) -> None:
        self._safe = sanitizer

    def name(self, text: str | None, where: str) -> str | None:
        """A short identifying value; None stays None, an empty one is None."""
        return self._safe.line(text, NAME, where) if text else None

    def line(self, text: str | None, limit: int, where: str) -> str | None:
        """One line of event text."""
        return self._safe.line(text, limit, where) if text else None

    def block(self, text: str | None, limit: int, where: str) -> str | None:
        """Event text that may have several lines."""
        return self._safe.block(text, limit, where=where) if text else None

    # --- the issue

    def issue(self, issue: models.Issue, url: str, asked: str) -> ours.Issue:
        """The issue; ``asked`` is the reference given, to tell a merged one."""
        merged = asked.isdigit() and asked != issue.id
        return ours.Issue(
            id=issue.id,
            short_id=self.name(issue.short_id, "short_id"),
            url=url,
            title=self._safe.line(issue.title, TITLE, "title") or "(no title)",
            culprit=self.name(issue.culprit, "culprit"),
            level=_word(issue.level),
            status=_word(issue.status),
            substatus=_word(issue.substatus),
            status_release=self.name(issue.status_details.in_release, "status_details.inRelease"),
            next_release=issue.status_details.in_next_release,
            snooze=_snooze(issue),
            priority=_word(issue.priority),
            unhandled=issue.is_unhandled,
            category=_word(issue.category) or "error",
            issue_type=_word(issue.issue_type),
            platform=_word(issue.platform),
            project_id=issue.project_id,
            project=self.name(issue.project_slug, "project"),
            first_seen=_second(issue.first_seen),
            last_seen=_second(issue.last_seen),
            events_total=issue.count,
            users_total=issue.user_count,
            first_release=self.release(issue.first_release) if issue.first_release else None,
            last_release=self.release(issue.last_release) if issue.last_release else None,
            assigned_to=self.name(issue.assigned_to, "assigned_to"),
            reports=issue.user_report_count,
            merged_from=asked if merged else None,
            activity=self.activities(issue.activity),
            hourly=issue.hourly,
            daily=issue.daily,
        )

    def activities(self, entries: Iterable[models.Activity]) -> tuple[ours.Activity, ...]:
        """The activity log, oldest first; an entry without a time cannot be placed and is left out."""
        found = [
            ours.Activity(
                kind=_word(entry.type) or "unknown",
                at=_second(entry.date_created) or entry.date_created,
                who=self.name(entry.who, "activity.who"),
                version=self.name(entry.version, "activity.version"),
                text=self.line(entry.text, TITLE, "activity.text"),
            )
            for entry in list(entries)[:MOST_ACTIVITY]
            if entry.date_created is not None
        ]
        return tuple(sorted(found, key=lambda entry: entry.at))

    def release(self, release: models.Release) -> ours.Release:
        """A release; its last deploy is all that Sentry tells of its deploys here."""
        last = release.last_deploy
        known = release.deploy_count
        deploys: tuple[ours.Deploy, ...] | None = None
        if last is not None:
            deploys = (self.deploy(last, release.version),)
        elif known == 0:
            deploys = ()
        return ours.Release(
            version=self.name(release.version, "release") or "",
            created=_second(release.date_created),
            released=_second(release.date_released),
            first_event=_second(release.first_event),
            last_event=_second(release.last_event),
            new_issues=release.new_groups,
            deploys=deploys,
        )

    def deploy(self, deploy: models.Deploy, version: str) -> ours.Deploy:
        """A deploy marker."""
        return ours.Deploy(
            version=self.name(version, "deploy.version") or "",
            environment=self.name(deploy.environment, "deploy.environment") or "",
            started=_second(deploy.date_started),
            finished=_second(deploy.date_finished),
        )

    def commit(self, commit: models.SuspectCommit) -> ours.Commit:
        """A suspect commit."""
        return ours.Commit(
            id=self.name(commit.id[:12], "commit.id") or "",
            message=self.line((commit.message or "").split("\n", 1)[0], TITLE, "commit.message"),
            author=self.name(commit.author, "commit.author"),
            at=_second(commit.date_created),
            pull_request=self.name(commit.pull_request, "commit.pull_request"),
        )

    def tag(self, tag: models.Tag) -> ours.TagCount:
        """One tag over all time."""
        return ours.TagCount(
            key=self.name(tag.key, "tags.key") or "",
            total=tag.total_values,
            values=tuple((self._tag_value(tag.key, value.value), value.count or 0) for value in tag.top),
        )

    def _tag_value(self, key: str, value: str | None) -> str | None:
        return self._safe.user_tag(value) or None if key == "user" else self.name(value, f"tags.{key[:40]}")

    def note(self, entry: models.Activity) -> ours.Note:
        """A comment on the issue."""
        return ours.Note(
            id=entry.id,
            at=_second(entry.date_created),
            who=self.name(entry.who, "note.who"),
            text=self._safe.line(entry.text, MESSAGE, "note.text"),
        )

    # --- events

    def row(self, row: models.EventRow) -> ours.EventRow:
        """One row of the event list; release and the like come from the tags (sentry-api rule 3)."""
        user = row.user
        return ours.EventRow(
            id=row.id,
            when=_second(row.date_created),
            release=self.name(row.release or row.tag("release"), "event.release"),
            environment=self.name(row.tag("environment"), "event.environment"),
            user=self._user(user) if user else None,
            transaction=self.name(row.tag("transaction"), "event.transaction"),
            title=self.line(row.title, TITLE, "event.title"),
            handled=_handled(row.tag("handled")),
            ip=self.name(user.ip_address, "event.user.ip") if user and user.ip_address else None,
        )

    def _user(self, user: models.EventUser) -> str | None:
        return self._safe.user(user.id, user.email, user.username, user.ip_address, user.name) or None

    def event(self, event: models.Event) -> ours.Event:
        """One event, read whole and cut."""
        crumbs = event.breadcrumbs
        tags = self._pairs(event.tags, MOST_TAGS, "event.tags")
        request = event.request
        return ours.Event(
            id=event.id,
            when=_second(event.date_created),
            release=self.name(event.release, "event.release"),
            environment=self.name(event.tag("environment"), "event.environment"),
            transaction=self.name(event.transaction, "event.transaction"),
            title=self.line(event.title, TITLE, "event.title"),
            message=self.block(event.message, MESSAGE, "event.message"),
            platform=_word(event.platform),
            exceptions=tuple(self._exception(thrown) for thrown in event.exceptions[-MOST_EXCEPTIONS:]),
            exceptions_omitted=max(0, len(event.exceptions) - MOST_EXCEPTIONS),
            breadcrumbs=tuple(self._breadcrumb(crumb) for crumb in crumbs[-MOST_BREADCRUMBS:]),
            breadcrumbs_omitted=max(0, len(crumbs) - MOST_BREADCRUMBS),
            tags=tags,
            tags_omitted=max(0, len(event.tags) - len(tags)),
            user=self._user(event.user) if event.user else None,
            device=self._context_name(event, "device"),
            browser=self._context_name(event, "browser"),
            os=self._context_name(event, "os") or self._context_name(event, "client_os"),
            request_method=_word(request.method) if request else None,
            request_url=(self._safe.url(request.url, where="event.request.url") or None) if request else None,
            request_host=host_of(request.url) if request else None,
            request_data=self._json(request.data, "event.request.data") if request else None,
            contexts=self._contexts(event),
            extra=self._mapping(event.extra, 10, "event.extra"),
            sdk=self.name(event.sdk_name, "event.sdk"),
            processing_errors=tuple(
                text for error in event.errors[:10] if (text := self.name(error.type, "event.errors")) is not None
            ),
            occurrence=tuple(
                (self._safe.line(name, NAME, "event.occurrence"), self._safe.line(value, TITLE, "event.occurrence"))
                for name, value in event.occurrence[:12]
            ),
            trace_id=_word(event.trace_id),
            scrubbed=tuple(self._safe.line(place, NAME, "event._meta") for place in event.scrubbed[:12]),
        )

    def _exception(self, thrown: models.ExceptionValue) -> ours.ThrownException:
        frames = thrown.frames
        kept = _frames_that_matter(frames)
        return ours.ThrownException(
            type=self.name(thrown.type, "event.exception.type"),
            value=self.block(thrown.value, MESSAGE, "event.exception.value"),
            handled=thrown.handled,
            mechanism=self.name(thrown.mechanism, "event.exception.mechanism"),
            frames=tuple(self._frame(frame, last=frame is kept[-1]) for frame in kept),
            frames_omitted=len(frames) - len(kept),
        )

    def _frame(self, frame: models.Frame, *, last: bool) -> ours.Frame:
        telling = last or frame.in_app
        return ours.Frame(
            function=self.line(frame.function, FRAME, "event.frame.function"),
            file=self.line(frame.filename or frame.abs_path, FRAME, "event.frame.file"),
            line=frame.line_no,
            module=self.line(frame.module, FRAME, "event.frame.module"),
            in_app=frame.in_app,
            context=self.block(_around(frame), MESSAGE, "event.frame.context") if telling else None,
            variables=self._mapping(frame.vars, MOST_VARIABLES, "event.frame.vars") if telling else {},
        )

    def _breadcrumb(self, crumb: models.Breadcrumb) -> ours.Breadcrumb:
        data = crumb.data
        url = _text(data.get("url")) or _text(data.get("http.url"))
        status = _number(data.get("status_code", data.get("status", data.get("http.response.status_code"))))
        kind = (crumb.category or crumb.type or "").lower()
        http = crumb.type == "http" or any(word in kind for word in HTTP_CATEGORIES)
        failed = http and (status >= 400 if status is not None else crumb.level in ("error", "fatal", "critical"))
        return ours.Breadcrumb(
            at=_second(crumb.timestamp),
            category=self.name(crumb.category or crumb.type, "event.breadcrumb.category"),
            level=_word(crumb.level),
            message=self.line(crumb.message or _said(data), TITLE, "event.breadcrumb.message"),
            method=_word(_text(data.get("method")) or _text(data.get("http.method"))),
            url=self._safe.url(url, where="event.breadcrumb.url") if url else None,
            host=host_of(url) if http else None,
            http_status=status,
            failed=failed,
        )

    def _context_name(self, event: models.Event, key: str) -> str | None:
        context = event.contexts.get(key) or {}
        parts = [
            text
            for field in ("name", "family", "model", "version")
            if (text := _text(context.get(field))) and text not in ("Unknown", "None")
        ]
        return self.name(" ".join(dict.fromkeys(parts[:2])), f"event.contexts.{key}")

    def _contexts(self, event: models.Event) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for key, context in list(event.contexts.items())[:12]:
            if key in APART:
                continue
            values = {name: value for name, value in context.items() if name != "type"}
            if values:
                found[self._safe.line(key, NAME, "event.contexts")] = self._mapping(values, 8, "event.contexts")
        return found

    def _mapping(self, values: Mapping[str, object] | None, most: int, where: str) -> dict[str, str]:
        return self._safe.mapping(values, where=where, items=most, limit=TITLE) if values else {}

    def _pairs(self, pairs: Iterable[tuple[str, str]], most: int, where: str) -> dict[str, str]:
        # The tag "user" says who it was, as id:…, email:…, username:… or ip:….
        named = {key: self._safe.user_tag(value) if key == "user" else value for key, value in list(pairs)[:most]}
        return self._safe.mapping(named, where=where, items=most, limit=NAME)

    def _json(self, value: object, where: str) -> str | None:
        if value in (None, "", {}, []):
            return None
        shown = self._safe.mapping({"data": value}, where=where, items=MOST_TAGS, limit=MESSAGE)
        return next(iter(shown.values()), None)


def _said(data: Mapping[str, object]) -> str | None:
    """What a breadcrumb without a message says: why a call failed, or where a user went."""
    start, end = _text(data.get("from")), _text(data.get("to"))
    went = f"{start or '?'} → {end}" if end else None
    return _text(data.get("reason")) or went


def host_of(url: str | None) -> str | None:
    """The host of a URL, lower case; only what can be a host name passes."""
    if not url:
        return None
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None
    if not host or ("." not in host and host != "localhost"):
        return None
    return host if all(char.isalnum() or char in ".-_:" for char in host) and host.isascii() else None


def _frames_that_matter(frames: tuple[models.Frame, ...]) -> tuple[models.Frame, ...]:
    """The last frames; when none of those is the project's own, the last own one comes first."""
    kept = frames[-MOST_FRAMES:]
    if any(frame.in_app for frame in kept):
        return kept
    own = [frame for frame in frames if frame.in_app]
    return (own[-1], *kept[1:]) if own else kept


def _around(frame: models.Frame) -> str | None:
    """The failing line with two before and two after, as ``line | source``."""
    near = [(number, source) for number, source in frame.context if frame.line_no and abs(number - frame.line_no) <= 2]
    return "\n".join(f"{'>' if number == frame.line_no else ' '} {number} {source}" for number, source in near) or None


def _snooze(issue: models.Issue) -> ours.Snooze | None:
    """The conditions of an archive. After a reopen the old ones stay beside ``unresolved``: they mean nothing then."""
    details = issue.status_details
    snooze = ours.Snooze(
        count=details.ignore_count,
        window_minutes=details.ignore_window,
        users=details.ignore_user_count,
        user_window_minutes=details.ignore_user_window,
        until=_second(details.ignore_until),
    )
    return snooze if issue.status == "ignored" and snooze != ours.Snooze() else None


def _word(text: str | None) -> str | None:
    """One of Sentry's own words (a level, a status …); anything else than a plain word is none."""
    if not text or len(text) > 60 or text.lower().startswith("www."):
        return None
    return text if _WORD.fullmatch(text) else None


def _second(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC).replace(microsecond=0) if at else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if abs(value) < 1000 else None
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 3 else None


def _handled(value: str | None) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get((value or "").lower())
