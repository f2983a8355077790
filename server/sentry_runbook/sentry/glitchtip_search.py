"""Searches on GlitchTip: what is sent, what is applied to the rows here, and what can be neither. Pure.

Its issue search knows states, levels, words and tags. Every other key it takes for a tag and answers 200 with an empty
list, which reads like "no such issue" (recordings of December 2025): those are never sent. Its event lists ignore
every condition, so that all of them are applied here.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sentry_runbook.errors import BadInput
from sentry_runbook.incident.model.evidence.json_values import (
    JsonObject,
    count_of,
    id_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.sentry.error_detail import named
from sentry_runbook.sentry.glitchtip import tag_of
from sentry_runbook.sentry.search_reading import SearchTerm, moment_test, number_test, terms_of

STATES = {"unresolved": "unresolved", "resolved": "resolved", "ignored": "ignored", "archived": "ignored"}
FIRST_SEEN = dict.fromkeys(("age", "firstseen", "first_seen", "firstSeen"), "firstSeen")
LAST_SEEN = dict.fromkeys(("lastseen", "last_seen", "lastSeen"), "lastSeen")
MOMENTS: Mapping[str, str] = {**FIRST_SEEN, **LAST_SEEN}
COUNTS = frozenset({"timesSeen", "timesseen", "times_seen"})
ISSUES = frozenset({"issue", "issue.id", "id", "shortId"})
TEXTS = frozenset({"title", "message"})
OWN = frozenset({"level", "project"})
NO_TAGS = frozenset(
    {"is", "has", "assigned", "assigned_to", "assigned_or_suggested", "bookmarks", "bookmarked_by", "subscribed"}
    | {"first_release", "firstRelease", "first-release", "last_release", "lastRelease", "last-release"}
    | {"platform", "timestamp", "event.type", "trace", "usersSeen", "is_unhandled", "regressed_in_release", "status"}
)
"""Keys of Sentry that are no tags, and that nothing here tells."""
ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""For tests of the form alone."""
NO_TAG_PREFIXES = ("error.", "stack.", "issue.", "release.", "event.", "snooze")
SHORT_ID = re.compile(r"[A-Z][A-Z0-9_-]*-[A-Z0-9]+")
"""Words that may be an issue's short id, which GlitchTip's own search does not find."""
KNOWS = (
    "GlitchTip searches states (is:unresolved, is:resolved, is:ignored), level:, words and tags (key:value); age:, "
    "firstSeen:, lastSeen:, timesSeen:, title:, issue: and project: are applied here."
)
EVENTS_KNOW = "Conditions on events are applied here, by tags (key:value, !key:value, has:key) and words of the title."
COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True)
class OwnSearch:
    """A search of issues in two parts.

    Attributes:
        query: what is sent.
        here: the conditions that the rows are chosen by here.
    """

    query: str
    here: tuple[SearchTerm, ...]

    def keeps(self, issue: JsonObject, now: datetime) -> bool:
        """Whether a row fits what is applied here."""
        return all(_keeps(issue, term, now) for term in self.here)


def own_search(query: str) -> OwnSearch:
    """Return how GlitchTip is asked for this search.

    Raises:
        BadInput: it holds a condition that GlitchTip would take for a tag, and that the rows do not tell.
    """
    terms, unreadable = terms_of(query)
    sent, here, impossible = list[str](), list[SearchTerm](), list(unreadable)
    for term in terms:
        if (own := _sent(term)) is not None:
            sent.append(own)
        elif _is_told_by_rows(term):
            here.append(term)
        else:
            impossible.append(term.text)
    if impossible:
        raise _impossible("issues", impossible, KNOWS)
    return OwnSearch(" ".join(sent), tuple(here))


def _impossible(what: str, parts: Iterable[str], knows: str) -> BadInput:
    names = ", ".join(f"“{named(part)}”" for part in parts)
    return BadInput(
        f"This server is GlitchTip, whose search for {what} does not know {names}.", f"{knows} Leave it out."
    )


def _sent(term: SearchTerm) -> str | None:
    """The condition as GlitchTip reads it; None when it does not."""
    if term.is_negated:
        return None
    if term.key == "is":
        return f"is:{STATES[term.value]}" if term.value in STATES else None
    if term.key == "level":
        return term.text if term.value.isalpha() else None
    if not term.key:
        return None if SHORT_ID.fullmatch(term.value) else term.text
    return term.text if is_tag(term) and "*" not in term.value else None


def is_tag(term: SearchTerm) -> bool:
    """Whether the key may be a tag of the events, compared for equality."""
    key = term.key
    own = key in MOMENTS or key in COUNTS or key in ISSUES or key in TEXTS or key in OWN or key in NO_TAGS
    return not own and not key.startswith(NO_TAG_PREFIXES) and not term.value.startswith((">", "<"))


def _is_told_by_rows(term: SearchTerm) -> bool:
    if term.key == "is":
        return term.value in STATES
    if term.key in MOMENTS:
        return moment_test(term.value, ANY_TIME) is not None
    if term.key in COUNTS:
        return number_test(term.value) is not None
    return term.key in ISSUES or term.key in TEXTS or term.key in OWN or not term.key


def _keeps(issue: JsonObject, term: SearchTerm, now: datetime) -> bool:
    if term.key in MOMENTS:
        return _is_at(moment_of(issue.get(MOMENTS[term.key])), term, now)
    if term.key in COUNTS:
        return _is_counted(count_of(issue.get("count")), term)
    if term.key == "is":
        return (issue.get("status") == STATES[term.value]) is not term.is_negated
    if not term.key or term.key in TEXTS:
        is_name = not term.key and replace(term, is_negated=False).accepts(text_of(issue.get("shortId")))
        return not term.is_negated if is_name else term.is_word_of(text_of(issue.get("title")) or "")
    fits = any(replace(term, is_negated=False).accepts(name) for name in _names(issue, term.key))
    return fits is not term.is_negated


def _names(issue: JsonObject, key: str) -> tuple[str | None, ...]:
    """The texts of a row that stand for a key of :data:`ISSUES` or :data:`OWN`."""
    project = object_of(issue.get("project"))
    if key == "project":
        return text_of(project.get("slug")), text_of(project.get("id"))
    if key == "level":
        return (text_of(issue.get("level")),)
    return id_of(issue.get("id")), text_of(issue.get("shortId"))


def _is_at(at: datetime | None, term: SearchTerm, now: datetime) -> bool:
    test = moment_test(term.value, now)
    if at is None or test is None:
        return False
    is_after, edge = test
    return (at >= edge if is_after else at < edge) is not term.is_negated


def _is_counted(events: int | None, term: SearchTerm) -> bool:
    test = number_test(term.value)
    return events is not None and test is not None and COMPARE[test[0]](events, test[1]) is not term.is_negated


# --- events


def event_terms(query: str | None) -> tuple[SearchTerm, ...]:
    """Return the conditions of a search of events.

    Raises:
        BadInput: it holds one that the rows do not tell.
    """
    terms, unreadable = terms_of(query or "")
    impossible = [*unreadable, *(term.text for term in terms if not _is_told_by_event(term))]
    if impossible:
        raise _impossible("events", impossible, EVENTS_KNOW)
    return terms


def _is_told_by_event(term: SearchTerm) -> bool:
    return not term.key or term.key in ("has", "id", "error.type", *TEXTS) or is_tag(term)


def is_event_kept(event: JsonObject, terms: Iterable[SearchTerm]) -> bool:
    """Return whether an event in Sentry's shape fits all conditions."""
    return all(_fits(event, term) for term in terms)


def _fits(event: JsonObject, term: SearchTerm) -> bool:
    if not term.key or term.key in TEXTS:
        return term.is_word_of(" ".join(filter(None, (text_of(event.get("title")), text_of(event.get("message"))))))
    if term.key == "has":
        return (tag_of(event, term.value) is not None) is not term.is_negated
    if term.key == "user":
        # Sentry's own tag, as id:5 or email:a@shop.example; GlitchTip has one for each part.
        user = object_of(event.get("user"))
        names = [f"{key}:{text}" for key in ("id", "email", "username") if (text := text_of(user.get(key)))]
        return any(replace(term, is_negated=False).accepts(name) for name in names) is not term.is_negated
    return term.accepts(_value_of(event, term.key))


def _value_of(event: JsonObject, key: str) -> str | None:
    if key == "id":
        return id_of(event.get("eventID"))
    return text_of(object_of(event.get("metadata")).get("type")) if key == "error.type" else tag_of(event, key)
