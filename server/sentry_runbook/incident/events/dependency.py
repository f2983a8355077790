"""What the failing code depends on and did not get: its name, its kind, whose it is, and the evidence.

How to think about it: the error itself says most, because it is what was thrown; each text is asked in the order of
:data:`FAULTS`, from the layer that failed first (certificate, name, key) to the product (cache, queue, database …), so
the kind says what to repair: an expired certificate of a database is ``tls``. Failed calls before the error name the
host where the error does not, and stand for themselves where the error says nothing. A host that a text only mentions
(a URL in a validation error, a user's words) is no dependency: without words of a failure nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from sentry_runbook.incident.events import dependency_words as words
from sentry_runbook.incident.events.call_words import (
    CERTIFICATE_EXPIRED,
    CODE_LOADED,
    LIMITED,
    OWN_LIMIT,
    failing_words,
    is_failing_call,
)
from sentry_runbook.incident.events.database_words import CONNECTIONS_RAN_OUT, LOCKS_TIMED_OUT, READ_ONLY, UNAVAILABLE
from sentry_runbook.incident.events.external_calls import FailedCalls
from sentry_runbook.incident.events.hosts import (
    Whose,
    is_address,
    is_internal,
    name_beside,
    own_domains,
    places_in,
    whose_host,
)
from sentry_runbook.incident.events.mentions import ABOUT_A_SETTING, without_mentions, without_quoted_words
from sentry_runbook.incident.events.words import OrderedTables, Words
from sentry_runbook.incident.model.evidence import Evidence, quoted
from sentry_runbook.incident.model.evidence.json_values import FILE_ENDINGS
from sentry_runbook.incident.model.results.explanation import Dependency, DependencyKind

Trouble = Literal[
    "client_certificate",
    "expired",
    "not_yet_valid",
    "other_name",
    "untrusted",
    "unresolved",
    "key",
    "too_long",
    "limited",
    "full",
    "starting",
    "read_only",
    "no_connections",
    "locked",
    "no_bucket",
    "down",
]
"""What happened to it, finer than the kind: the action follows from both."""
FAULTS: tuple[tuple[Words, DependencyKind, Trouble], ...] = (
    (words.OURS_REFUSED, "tls", "client_certificate"),
    (words.NOT_YET_VALID, "tls", "not_yet_valid"),
    (CERTIFICATE_EXPIRED, "tls", "expired"),
    (words.OTHER_NAME, "tls", "other_name"),
    (words.UNTRUSTED, "tls", "untrusted"),
    (words.TOO_LONG, "model", "too_long"),
    (words.MODEL_FULL, "model", "limited"),
    (words.OUR_KEY, "auth", "key"),
    (words.CACHE_FULL, "cache", "full"),
    (words.CACHE_STARTING, "cache", "starting"),
    (words.CACHE_READ_ONLY, "cache", "read_only"),
    (words.NO_BUCKET, "storage", "no_bucket"),
    (words.STORAGE_DOWN, "storage", "down"),
    (words.DISK, "storage", "full"),
    (words.UNRESOLVED, "dns", "unresolved"),
    (CONNECTIONS_RAN_OUT, "database", "no_connections"),
    (READ_ONLY, "database", "read_only"),
    (words.QUEUE_DOWN, "queue", "down"),
    (words.CACHE_DOWN, "cache", "down"),
    (LOCKS_TIMED_OUT, "database", "locked"),
    (UNAVAILABLE, "database", "down"),
)
"""The first that a text holds decides."""
ANY_FAULT = OrderedTables(*(table for table, _, _ in FAULTS))
PORTS: dict[str, tuple[DependencyKind, str]] = {
    **dict.fromkeys(("5432", "5433", "6432", "6543", "25060"), ("database", "PostgreSQL")),
    **dict.fromkeys(("3306", "33060"), ("database", "MySQL")),
    **dict.fromkeys(("27017", "27018"), ("database", "MongoDB")),
    **dict.fromkeys(("9200", "9300"), ("database", "Elasticsearch")),
    "1433": ("database", "SQL Server"),
    "1521": ("database", "Oracle"),
    "9042": ("database", "Cassandra"),
    "26257": ("database", "CockroachDB"),
    **dict.fromkeys(("6379", "6380", "26379"), ("cache", "Redis")),
    "11211": ("cache", "Memcached"),
    **dict.fromkeys(("9092", "9093", "9094", "29092"), ("queue", "Kafka")),
    **dict.fromkeys(("5671", "5672"), ("queue", "RabbitMQ")),
    "4222": ("queue", "NATS"),
    "61616": ("queue", "ActiveMQ"),
}
"""Port → what usually listens there."""
_PORT = "|".join(PORTS)
AT_A_PORT = re.compile(rf"(?::|(?<=[)\"'’” ,])(?:on )?port[ =:]{{1,2}})({_PORT})(?!\d)", re.IGNORECASE)
"""A port of a data store, a cache or a queue."""
BEFORE_PORT = re.compile(
    r"(?<![\w.-])(<ip \d{1,3}>|[a-z0-9](?:[a-z0-9_.-]{0,60}[a-z0-9])?)[)\"'’”]{0,2}(?:,? ?(?:on )?)\Z", re.IGNORECASE
)
"""The host that stands right before such a port."""
MAX_BEFORE = 70
PORT_BEHIND = re.compile(r"(?:[\"'’”)]?:|[\"'’”)]?,? (?:on )?port[ =:]{1,2})(\d{2,5})(?!\d)")
SERVER_ON = re.compile(r"\bserver on [\"'‘“]([A-Za-z][\w.-]{1,252})[\"'’”]")
"""The host in the words of MySQL's client library: ``Can't connect to MySQL server on 'db-main' (111)``."""
NO_HOSTS = ("connection", "connections", "server", "tcp", "listening")
"""Words that stand before "on port 5432", too."""
MOST_PLACES = 20
HEAD, TAIL = 4_000, 2_000
"""Characters at both ends of a text in which it is said what failed; between them it quotes."""
NAMELESS: dict[DependencyKind, str] = {
    "http": "the service that the error is about",
    "database": "the database",
    "cache": "the cache",
    "queue": "the message queue",
    "dns": "a name that DNS does not give",
    "tls": "the service that the error is about",
    "auth": "the service that the error is about",
    "model": "the model provider",
    "storage": "the storage",
}


@dataclass(frozen=True)
class Place:
    """Where a call went, by the text of an error.

    Attributes:
        port: None where the text has none.
    """

    host: str
    port: str | None
    whose: Whose

    @property
    def shown(self) -> str:
        """``10.0.3.7:6379``, ``api.vendor.example``."""
        return f"{self.host}:{self.port}" if self.port in PORTS else self.host


@dataclass(frozen=True)
class FailedDependency:
    """A dependency with what the actions need beside its result.

    Attributes:
        trouble: what happened.
        text: the error text that says it; None where only the calls do.
        found_by: the words of it that must be seen.
        calls: the failed calls to it, where there are any.
        from_device: the event came from a person's device, whose own network may be at fault.
    """

    result: Dependency
    trouble: Trouble
    text: str | None
    found_by: Words | None
    calls: FailedCalls | None
    from_device: bool

    @property
    def expired_at(self) -> str | None:
        """When the certificate ended, in the error's words; None where it does not say it."""
        match = words.EXPIRED_AT.search(self.text) if self.text and self.trouble == "expired" else None
        return next(filter(None, match.groups()), None) if match is not None else None


def find_dependency(
    evidence: Evidence, texts: Iterable[str], calls: Mapping[Whose, FailedCalls], *, from_device: bool
) -> FailedDependency | None:
    """What the failing code did not get, by the error texts and the calls before the error; None without a sign.

    Args:
        evidence: of one issue.
        texts: the error's, as ``all_texts`` gives them.
        calls: that failed before it, as ``failed_calls`` finds them.
        from_device: whether the events come from people's devices.
    """
    finder = _Finder(own_domains(evidence), tuple(texts), calls, from_device)
    by_text = next(finder.by_texts(), None)
    return by_text if by_text is not None else finder.by_calls()


def dependency_of_text(text: str) -> FailedDependency | None:
    """What one error text alone says of a failed dependency; None without a sign."""
    return next(_Finder(frozenset(), (text,), {}, from_device=False).by_texts(), None)


class _Finder:
    """Reads one incident's texts and calls."""

    def __init__(
        self, own: frozenset[str], texts: tuple[str, ...], calls: Mapping[Whose, FailedCalls], from_device: bool
    ) -> None:
        # What a model does not take is called an invalid request by its library, and is the code's own text.
        self._whole = {_ends(text): text for text in reversed(texts)}
        self._texts = [
            text
            for text in dict.fromkeys(map(_ends, texts))
            if not words.INPUT_ERROR.match(text) or words.TOO_LONG.search(text) is not None
        ]
        self._own = own
        self._device = from_device
        self._calls = [calls[whose] for whose in SAY_WHO_FAILED if whose in calls]

    def by_texts(self) -> Iterator[FailedDependency]:
        """Of each text that tells of a failed dependency; the first exception's first."""
        for text in self._texts:
            if CODE_LOADED.search(text) or OWN_LIMIT.search(text):
                continue
            fault = ANY_FAULT.first(text)
            found = self._of_fault(text, *FAULTS[fault]) if fault is not None else self._of_network(text)
            if found is not None:
                yield found

    def _of_fault(self, text: str, table: Words, kind: DependencyKind, trouble: Trouble) -> FailedDependency | None:
        if trouble == "down" and table.search(without_quoted_words(text)) is None:
            return None
        place, calls = self._place(text), self._best_calls()
        if trouble in ("no_connections", "full", "down") and kind == "database":
            kind = self._kind_by_name(text, place) or kind
        if place is None and calls is not None and kind in ("tls", "auth", "model", "storage"):
            place = self._place_of_calls(calls)
        internal = self._is_internal(kind, trouble, text, place)
        return self._made(kind, trouble, place, internal, text, table)

    def _of_network(self, text: str) -> FailedDependency | None:
        """Of a text that only says that a call failed, or was refused for our key."""
        if not is_failing_call(text):
            return self._of_status(text)
        place = self._place(text)
        if place is None:
            return self._of_product(text)
        kind: DependencyKind = self._kind_of(place) or self._kind_by_name(text, None) or "http"
        if LIMITED.search(text):
            return self._made(kind, "limited", place, WHOSE[place.whose], text, LIMITED)
        return self._made(kind, "down", place, WHOSE[place.whose], text, failing_words(text))

    def _of_product(self, text: str) -> FailedDependency | None:
        """Of a failed call whose text names no host, but a product: its client is named in the type of the error."""
        error_type = text.partition(": ")[0]
        is_of_client = " " not in error_type and words.product_in(error_type) is not None
        bare = text if is_of_client else without_mentions(text)
        kind = self._kind_by_name(bare, None)
        if kind is None or ABOUT_A_SETTING.search(text) or not is_failing_call(bare):
            return None
        trouble: Trouble = "limited" if LIMITED.search(text) else "down"
        internal = self._is_internal(kind, trouble, text, None)
        return self._made(kind, trouble, None, internal, text, failing_words(text))

    def _of_status(self, text: str) -> FailedDependency | None:
        """A 401 or 403 of somebody else's service, which the text or the call before it names."""
        if not words.STATUS_OF_KEY.search(text):
            return None
        place, calls = self._place(text), self._best_calls()
        if place is None and calls is not None and _refuses_our_key(calls):
            place = self._place_of_calls(calls)
        is_of_others = place.whose == "external" if place is not None else words.product_in(text) in VENDORS
        if not is_of_others:
            return None
        return self._made("auth", "key", place, None if self._device else True, text, words.STATUS_OF_KEY)

    def by_calls(self) -> FailedDependency | None:
        """By the failed calls alone: the last call before the error, and not one that went well when repeated."""
        for calls in self._calls:
            if calls.also_answered or not (calls.last or any(map(is_failing_call, self._texts))):
                continue
            place = self._place_of_calls(calls)
            if _refuses_our_key(calls) and place.whose == "external":
                return self._made("auth", "key", place, None if self._device else True, None, None)
            if calls.at_fault != "ours":
                kind = self._kind_of(place) or "http"
                return self._made(kind, "limited" if calls.limited else "down", place, WHOSE[place.whose], None, None)
        return None

    # --- whose, which, where

    def _is_internal(self, kind: DependencyKind, trouble: Trouble, text: str, place: Place | None) -> bool | None:
        if trouble in OURS or (kind == "storage" and trouble == "full"):
            return True
        by_place = WHOSE[place.whose] if place is not None else None
        if kind in ("database", "cache", "queue"):
            # A database that somebody runs for the project is the project's own, but for a queue of a cloud.
            is_of_a_cloud = place is not None and words.QUEUE_HOST.search(place.host) is not None
            return not (is_of_a_cloud or "SQS" in text)
        if kind in ("model", "storage") and by_place is None:
            return False
        return by_place

    def _kind_of(self, place: Place) -> DependencyKind | None:
        if place.port in PORTS:
            return PORTS[place.port][0]
        hosts: tuple[tuple[re.Pattern[str], DependencyKind], ...] = (
            (words.MODEL_HOST, "model"),
            (words.STORAGE_HOST, "storage"),
            (words.QUEUE_HOST, "queue"),
        )
        return next((kind for pattern, kind in hosts if pattern.search(place.host)), None)

    def _kind_by_name(self, text: str, place: Place | None) -> DependencyKind | None:
        if place is not None and place.port in PORTS:
            return PORTS[place.port][0]
        product = words.product_in(text)
        return KIND_OF_PRODUCT.get(product) if product is not None else None

    def _place(self, text: str) -> Place | None:
        """The host that the error names as the place of the call."""
        if (at_a_port := _at_a_port(text)) is not None:
            return at_a_port
        if (server := SERVER_ON.search(text)) is not None and not is_address(server[1]):
            return Place(server[1].lower(), None, "own")
        named = list(islice(places_in(text, self._own), MOST_PLACES))
        if not named:
            return None
        # Of several hosts the one of others is who failed: an error also names the page, or the server of the names.
        host, whose, end = next((place for place in named if place[1] == "external"), named[0])
        behind = PORT_BEHIND.match(text, end)
        return Place(host, behind[1] if behind is not None else None, whose)

    def _place_of_calls(self, calls: FailedCalls) -> Place:
        is_path = "." not in calls.host or "/" in calls.host
        return Place(calls.host, None, "own" if is_path else whose_host(calls.host, self._own))

    def _best_calls(self) -> FailedCalls | None:
        return max(self._calls, key=lambda calls: calls.weight, default=None)

    # --- the result

    def _made(
        self,
        kind: DependencyKind,
        trouble: Trouble,
        place: Place | None,
        internal: bool | None,
        text: str | None,
        table: Words | None,
    ) -> FailedDependency:
        calls = next((each for each in self._calls if place is not None and each.host == place.host), None)
        result = Dependency(
            name=_name(kind, place, text),
            kind=kind,
            internal=internal,
            failed_calls=calls.calls if calls is not None else None,
            calls_per_event=calls.per_event if calls is not None else None,
            why=_why(text, table, calls),
        )
        whole = self._whole[text] if text is not None else None
        return FailedDependency(result, trouble, whole, table, calls, self._device)


SAY_WHO_FAILED: tuple[Whose, ...] = ("external", "own")
"""Whose hosts' failed calls explain an error, in the order in which they are taken."""
VENDORS = frozenset({"OpenAI", "Anthropic", "Mistral", "Stripe", "Twilio", "AWS", "Google Cloud", "Azure", "Amazon S3"})
"""Products whose answer 401 or 403 is to our key."""
WHOSE: dict[Whose, bool | None] = {"own": True, "external": False, "tracker": None, "unknown": None}
OURS = ("client_certificate", "key", "too_long", "no_bucket")
"""Troubles that only we can mend, whoever runs the other side."""
KIND_OF_PRODUCT: dict[str, DependencyKind] = {
    **dict.fromkeys(("Redis", "Memcached"), "cache"),
    **dict.fromkeys(("Kafka", "RabbitMQ", "Amazon SQS", "NATS"), "queue"),
    **dict.fromkeys(("OpenAI", "Anthropic", "Amazon Bedrock", "Google Gemini", "Mistral"), "model"),
    **dict.fromkeys(("Amazon S3", "Azure Blob Storage", "Google Cloud Storage"), "storage"),
    **dict.fromkeys(("PostgreSQL", "MySQL", "MongoDB", "SQL Server", "Oracle", "SQLite"), "database"),
    **dict.fromkeys(("Elasticsearch", "OpenSearch", "Cassandra"), "database"),
}


def _ends(text: str) -> str:
    """The part of a text that is looked at."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _at_a_port(text: str) -> Place | None:
    """The host that stands before the first port of a data store: whoever runs it, it is the project's own.

    Where the text has its name beside its address, the name: that is what people know it by.
    """
    for match in islice(AT_A_PORT.finditer(text), MOST_PLACES):
        begin = max(0, match.start() - MAX_BEFORE)
        before = BEFORE_PORT.search(text[begin : match.start()])
        if before is None or before[1].rpartition(".")[2].lower() in FILE_ENDINGS:
            continue
        host: str | None = before[1].lower()
        if host in NO_HOSTS or is_address(before[1].lower()):
            name = name_beside(text, begin + before.start(1), begin + before.end(1))
            host = name or (None if host in NO_HOSTS else host)
        if host is not None:
            return Place(host, match[1], "own")
    return None


def _refuses_our_key(calls: FailedCalls) -> bool:
    return set(calls.statuses) <= {"401", "403", "407"}


def _name(kind: DependencyKind, place: Place | None, text: str | None) -> str:
    product = PORTS[place.port][1] if place is not None and place.port in PORTS else None
    if product is None and text is not None and kind not in ("http", "tls", "dns"):
        product = words.product_in(text)
    if place is None:
        return product or NAMELESS[kind]
    is_said = product is None or product.lower() in place.host
    return place.shown if is_said or not is_internal(place.host) else f"{product} at {place.shown}"


def _why(text: str | None, table: Words | None, calls: FailedCalls | None) -> str:
    parts = []
    if text is not None:
        parts.append(f"The error says it: {_shown(text, table)}")
    if calls is not None:
        where = f"in {calls.events} of {calls.read} events read" if calls.read > 1 else "in the event read"
        parts.append(f"calls to {quoted(calls.host)} fail ({', '.join(calls.statuses)}) {where}{calls.each}")
    sentence = "; ".join(parts)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _shown(text: str, table: Words | None) -> str:
    """The part of a text that says it, as one quoted line."""
    match = table.search(text) if table is not None else None
    start = max(0, match.end() - SHOWN) if match is not None and match.end() > SHOWN else 0
    cut = text[start : start + SHOWN]
    return quoted(f"{'…' if start else ''}{cut}{'…' if start + SHOWN < len(text) else ''}")


SHOWN = 140
"""Characters of an error text in the sentence."""
