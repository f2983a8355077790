"""Signs of an attack in the events of an issue: an injection, a scan, stolen passwords that are tried.

How to think about it: most attacks that an error tracker sees have failed, and are noise to be blocked; the one that
matters is an injection whose SQL the database read (its error quotes the attacker's SQL, or refuses a statement while
the request carries such SQL): somebody found a hole, so it is a security incident, whatever its numbers are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote_plus

from sentry_runbook.incident.events.attack_words import (
    IN_ANY_TEXT,
    LOGIN_ADDRESS,
    LOGIN_REFUSED,
    NOT_FOUND,
    OTHER_ATTACK,
    PHP_PROBE,
    PROBE,
    REQUESTED,
    SQL_ATTACK,
    SQL_REFUSED,
    SQL_SYNTAX,
    VALUE_REFUSED,
)
from sentry_runbook.incident.events.event_texts import error_texts, whole_events
from sentry_runbook.incident.events.words import Words
from sentry_runbook.incident.model.evidence import Event, EventRow, Evidence, Known

AttackKind = Literal["sql", "injection", "scan", "logins"]
MOST_SENT = 8_000
"""Characters of what was sent that are looked at, of an event."""
MANY_PATHS = 10
"""Different addresses that are not there, from few senders."""
FEW_SENDERS = 3
MANY_LOGINS = 20
MANY_USERS = 10
USERS_A_SENDER = 5
"""Users of one address from which it is no household's."""
QUERY_CATEGORIES = ("query", "sql", "db")
ENCODED = re.compile(r"\+|%[0-9A-Fa-f]{2}")
"""What a server decodes in an address or a form."""
Sent = Mapping[str, tuple[str, ...]]
"""Texts that a request's sender wrote, each with its forms."""


@dataclass(frozen=True)
class Attack:
    """One sign of an attack.

    Attributes:
        kind: what is tried.
        text: the event text that shows it; None where the rows together do.
        found_by: the words of the text that must be seen.
        sent: it stands in what somebody sent, not in an error's text.
        reached: the database read the attacker's SQL.
        paths: different addresses that a scan asked for.
        logins: refused logins, their users and their senders, of the rows read.
    """

    kind: AttackKind
    text: str | None = None
    found_by: Words | None = None
    sent: bool = False
    reached: bool = False
    paths: int = 0
    logins: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Senders:
    """Where the rows came from.

    Attributes:
        rows: rows that carry an address.
        addresses: how many different ones.
        top: rows of the most frequent one.
    """

    rows: int
    addresses: int
    top: int

    @property
    def are_few(self) -> bool:
        """Whether a handful of addresses sent many events."""
        return self.rows >= MANY_PATHS and self.addresses <= FEW_SENDERS


def senders(evidence: Evidence) -> Senders:
    """The addresses of the rows that were read; stand-ins, the same for the same sender."""
    counts = Counter(row.ip for row in _rows(evidence) if row.ip)
    return Senders(sum(counts.values()), len(counts), max(counts.values(), default=0))


def find_attacks(evidence: Evidence) -> tuple[Attack, ...]:
    """The signs of an attack, one of a kind; empty when there is none."""
    events, rows = whole_events(evidence), _rows(evidence)
    requests = [(event, _sent(event)) for event in events]
    found = (_sql(requests), _other(requests), _scan(evidence, events, rows), _logins(events, rows))
    return tuple(attack for attack in found if attack is not None)


# --- injections ----------------------------------------------------------------------------------------------------


def _sql(requests: Sequence[tuple[Event, Sent]]) -> Attack | None:
    """SQL of an attacker; one that the database read counts before one that was only sent."""
    attacks = [attack for event, sent in requests if (attack := _sql_in(event, sent)) is not None]
    return max(attacks, key=lambda attack: attack.reached, default=None)


def _sql_in(event: Event, requested: Sent) -> Attack | None:
    # What a library prints as parameters was bound: it never became SQL.
    texts = [text.partition("[parameters:")[0] for text in error_texts(event)]
    read = next((text for text in texts if _is_of_a_database(text) and SQL_ATTACK.search(text)), None)
    if read is not None:
        return Attack("sql", read, SQL_ATTACK, reached=True)
    sent = _holding(requested, SQL_ATTACK)
    if sent is not None:
        is_read = any(SQL_SYNTAX.search(text) for text in texts) or _ran(event)
        return Attack("sql", sent, SQL_ATTACK, sent=True, reached=is_read)
    refused = next((text for text in texts if VALUE_REFUSED.search(text) and SQL_ATTACK.search(text)), None)
    return Attack("sql", refused, SQL_ATTACK) if refused is not None else None


def _is_of_a_database(text: str) -> bool:
    """Whether a database read a statement and complains of it, and not of a value beside it."""
    is_read = SQL_SYNTAX.search(text) is not None or SQL_REFUSED.search(text) is not None
    return is_read and VALUE_REFUSED.search(text) is None


def _ran(event: Event) -> bool:
    """Whether a statement that the SDK noted holds the attacker's SQL."""
    statements = (crumb.message for crumb in event.breadcrumbs if crumb.category in QUERY_CATEGORIES)
    return any(SQL_ATTACK.search(statement) for statement in statements if statement)


def _other(requests: Sequence[tuple[Event, Sent]]) -> Attack | None:
    for event, requested in requests:
        sent = _holding(requested, OTHER_ATTACK)
        if sent is not None:
            return Attack("injection", sent, OTHER_ATTACK, sent=True)
        text = next((text for text in (*error_texts(event), *event.tags.values()) if IN_ANY_TEXT.search(text)), None)
        if text is not None:
            return Attack("injection", text, IN_ANY_TEXT)
    return None


def _sent(event: Event) -> Sent:
    """What the sender of the request wrote: address, query, body, and the address that the SDK notes elsewhere."""
    texts = (event.request_url, event.request_query, event.request_data, event.tags.get("url"), event.transaction)
    return {text: _forms(text) for text in dict.fromkeys(text[:MOST_SENT] for text in texts if text)}


def _forms(text: str) -> tuple[str, ...]:
    """A text as it is, and as the server read it: decoded once, or twice as attackers do."""
    if ENCODED.search(text) is None:
        return (text,)
    once = unquote_plus(text)
    forms = (text, once, unquote_plus(once) if ENCODED.search(once) is not None else once)
    return tuple(dict.fromkeys(forms))


def _holding(sent: Sent, words: Words) -> str | None:
    """The first text of which a form holds the words; None when none does."""
    return next((text for text, forms in sent.items() if any(words.search(form) for form in forms)), None)


# --- scans and logins ----------------------------------------------------------------------------------------------


def _rows(evidence: Evidence) -> Sequence[EventRow]:
    return evidence.rows.value if isinstance(evidence.rows, Known) else ()


def _scan(evidence: Evidence, events: Sequence[Event], rows: Sequence[EventRow]) -> Attack | None:
    """Probes for known weaknesses, or many addresses that are not there from few senders."""
    asked = dict.fromkeys(
        address
        for address in (
            *(address for event in events for address in (event.request_url, event.transaction)),
            *(row.transaction for row in rows),
            # Most rows of an issue have one title.
            *map(_requested, dict.fromkeys((*(event.title for event in events), *(row.title for row in rows)))),
        )
        if address
    )
    probes = [address for address in asked if PROBE.search(address)]
    is_not_found = any(NOT_FOUND.search(text) for event in events for text in error_texts(event))
    if evidence.issue.platform == "php" and not is_not_found and all(PHP_PROBE.search(address) for address in probes):
        # A site that runs on WordPress has these itself.
        probes = []
    if probes:
        addresses = {match[0].lower() for text in probes if (match := PROBE.search(text)) is not None}
        return Attack("scan", probes[0], PROBE, sent=True, paths=len(addresses))
    paths = {row.transaction for row in rows if row.transaction}
    if is_not_found and len(paths) >= MANY_PATHS and senders(evidence).are_few:
        return Attack("scan", paths=len(paths))
    return None


def _requested(title: str | None) -> str | None:
    """The address that a router's error names in its title; a file that is missing is none."""
    match = REQUESTED.search(title) if title else None
    return f"/{match[1].removeprefix('/')}" if match is not None else None


def _logins(events: Sequence[Event], rows: Sequence[EventRow]) -> Attack | None:
    """Many refused logins of many users from few addresses."""
    texts = [text for event in events for text in error_texts(event)]
    where = [text for event in events for text in (event.transaction, event.request_url) if text]
    refused = next((text for text in texts if LOGIN_REFUSED.search(text)), None)
    if refused is None or not any(LOGIN_ADDRESS.search(text) for text in (*where, refused)):
        return None
    users_of: dict[str, set[str]] = {}
    for row in rows:
        if row.ip and row.user:
            users_of.setdefault(row.ip, set()).add(row.user)
    many = {address for address, users in users_of.items() if len(users) >= USERS_A_SENDER}
    sent = [row for row in rows if row.ip in many]
    users = len({row.user for row in sent if row.user})
    if len(sent) < MANY_LOGINS or users < MANY_USERS or 2 * len(sent) < len(rows):
        return None
    return Attack("logins", refused, LOGIN_REFUSED, logins=(len(sent), users, len(many)))
