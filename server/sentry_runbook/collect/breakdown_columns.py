"""Which tags the events of an issue are counted by: those that may explain it, few enough to be counted together.

How to think about it: Discover counts by combinations of all columns, and answers a hundred of them. A column with many
values of equal weight explains nothing and spreads the events over so many combinations that the hundred hold few of
them. So a tag of the user's own is taken the sooner, the fewer values its events are concentrated in (its perplexity:
two to the entropy, 1 for one value, n for n of equal weight), and all of them together may multiply the combinations by
:data:`MOST_SPREAD` only. An old issue's tags are those of its whole life; what it meets now its latest events tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import ROWS, TAGS
from sentry_runbook.collect.request_values import event_tag, event_time, first_seen
from sentry_runbook.incident.metrics.breakdown import SINGLE
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of, text_of

ALWAYS = ("environment", "release", "transaction")
CLIENT_TAGS = ("browser.name", "os.name", "device.family")
COUNTRY = "geo.country_code"
"""A column and no tag: of events with a user."""
BREAKDOWN_TAGS = (*ALWAYS, *CLIENT_TAGS, COUNTRY)
"""Where the issue's tags are not known."""
FINER = {"browser.name": "browser", "os.name": "os", "device.family": "device"}
"""The tag with the version, or the model, too: it tells more where all events have one name."""
MOST_COLUMNS = 10
MOST_SPREAD, MOST_BESIDE_CLIENTS = 16.0, 4.0
"""Combinations that the user's own tags may make of one; browsers, systems and countries make many already."""
FEWEST_ROWS = 20
"""Fewer of the latest events tell no shares."""
SMALLEST_PART = 0.1
"""A tag of fewer of the events explains none of the rest."""
MAY_EXPLAIN = re.compile(
    r"(?i)(?:.*[._:-])?(?:customers?|tenant|account|org(?:ani[sz]ation)?|company|shop|store|plan|tier|server(?:_?name)?|"
    r"host(?:_?name)?|node|instance|pod|cluster|region|zone|data_?center|dc|shard|cell|flags?|feature|experiment|variant|"
    r"(?:app|os)[._]?(?:version|build)|version|build|device|model|cdn|pop|isp|carrier|network|provider|locale|queue|worker|"
    r"job|task|service|component)(?:[._:-].*)?"
)
"""Names that say what differs between customers, machines, networks and versions: taken before others."""
NO_CAUSE = re.compile(
    r"(?i)(?:sentry|error|stack|sdk|geo|trace|span|profile|replay|measurements|runtime)(?:[.:_].*)?"
    r"|(?:browser|os|client_os|device)(?:[.].*)?|environment|release|transaction|dist|level|mechanism|handled|logger"
    r"|(?:.*[._:-])?(?:id|ids|uuid|guid|hash|url|uri|path|referr?er|email)|title|message|culprit|isside?loaded"
    r"|installation|main_thread|interface_type"
)
"""What Sentry or the SDK says of each event itself, twice, or as the name of one thing."""
A_COLUMN = re.compile(r"[a-zA-Z0-9_.:-]{1,200}")
"""Characters that Discover takes in the name of a column."""
TAKEN = frozenset(
    (
        "id",
        "title",
        "message",
        "timestamp",
        "time",
        "project",
        "issue",
        "platform",
        "type",
        "location",
        "culprit",
        "status",
    )
)
"""Columns of Discover's own: a tag of that name is asked for as ``tags[name]``."""


@dataclass(frozen=True)
class _Tag:
    """A tag of the issue, and over how many values of equal weight its events spread."""

    key: str
    spread: float
    part: float
    """Of the events those that carry it."""


def breakdown_columns(collection: Collection) -> tuple[str, ...]:
    """The tags that the events are counted by; their names, as Sentry writes them. The same in every request."""
    if not collection.breakdown_columns:
        collection.breakdown_columns = _chosen_columns(collection)
    return collection.breakdown_columns


def _chosen_columns(collection: Collection) -> tuple[str, ...]:
    tags = {text_of(tag.get("key")) or "": tag for tag in collection.value(TAGS) or ()}
    if not tags:
        return BREAKDOWN_TAGS
    clients = list(_client_tags(tags))
    chosen = [*ALWAYS, *clients, *([COUNTRY] if "user" in tags else [])]
    spread, most = 1.0, MOST_BESIDE_CLIENTS if clients else MOST_SPREAD
    # A list is not in any order of names: equal ones are taken in the order in which Sentry lists them.
    for tag in sorted(_explaining(collection, tags.values()), key=_rank):
        if len(chosen) < MOST_COLUMNS and spread * tag.spread <= most:
            chosen.append(tag.key)
            spread *= tag.spread
    return tuple(chosen)


def column_of(tag: str) -> str:
    """A tag as a column of Discover."""
    return f"tags[{tag}]" if tag in TAKEN else tag


def _client_tags(tags: dict[str, JsonObject]) -> Iterator[str]:
    for name in CLIENT_TAGS:
        if name in tags:
            finer = FINER[name]
            is_one_name = count_of(tags[name].get("uniqueValues")) == 1
            yield finer if is_one_name and (count_of(tags.get(finer, {}).get("uniqueValues")) or 0) > 1 else name


def _rank(tag: _Tag) -> float:
    return tag.spread / (2 if MAY_EXPLAIN.fullmatch(tag.key) else 1)


def _explaining(collection: Collection, tags: Iterable[JsonObject]) -> Iterator[_Tag]:
    """Tags of the user's own that may explain the issue."""
    events, rows = count_of(collection.issue.get("count")), _rows_of_now(collection)
    for tag in tags:
        key = text_of(tag.get("key")) or ""
        if not A_COLUMN.fullmatch(key) or SINGLE.fullmatch(key) or NO_CAUSE.fullmatch(key):
            continue
        read = _over_life(tag, key, events)
        if read is None:
            continue
        now = _of_rows(rows, key) if rows else read
        if now.part >= SMALLEST_PART:
            yield now


def _over_life(tag: JsonObject, key: str, events: int | None) -> _Tag | None:
    """The tag by its counts over all time; None where they cannot be read, or it is the same on every event."""
    values = [object_of(value) for value in list_of(tag.get("topValues"))]
    counts = [known for value in values if (known := count_of(value.get("count"))) is not None]
    total, unique = count_of(tag.get("totalValues")), count_of(tag.get("uniqueValues"))
    if not total or not counts or unique is None:
        return None
    whole = max(events or 0, total)
    if unique <= 1 and total >= whole:
        return None
    rest, others = max(0, total - sum(counts)), max(0, unique - len(counts))
    spread = _spread([*counts, *([rest / others] * others if others else [])], whole - total)
    return _Tag(key, spread, total / whole)


def _rows_of_now(collection: Collection) -> list[JsonObject]:
    """The latest events in the window, of an issue that is older; none where its whole life tells the same."""
    page, began, window = collection.value(ROWS), first_seen(collection.issue), collection.question.window
    if page is None or began is None or began >= window.start:
        return []
    times = ((row, event_time(row)) for row in page.items)
    rows = [row for row, at in times if at is not None and window.start <= at <= window.end]
    return rows if len(rows) >= FEWEST_ROWS else []


def _of_rows(rows: Sequence[JsonObject], key: str) -> _Tag:
    counts = Counter(event_tag(row, key) for row in rows)
    without = counts.pop("", 0)
    return _Tag(key, _spread(list(counts.values()), without), 1 - without / len(rows))


def _spread(counts: Sequence[float], without: float) -> float:
    """Over how many values of equal weight the events spread; those without the tag are one of them."""
    known = [count for count in (*counts, without) if count > 0]
    whole = sum(known)
    return 2.0 ** -sum(count / whole * log2(count / whole) for count in known) if known else 1.0
