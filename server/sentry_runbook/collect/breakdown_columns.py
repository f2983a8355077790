"""Which tags the events of an issue are counted by: those that may explain it, few enough to be counted together.

How to think about it: Discover counts by combinations of all columns, and answers a hundred of them. Every column that
tells nothing spreads the events over more combinations, until the hundred hold few of them. So only few are taken.
First those of which a value stands out: more frequent among the latest events than over the issue's life. Then, as
long as the combinations stay few (:data:`MOST_COMBINATIONS`), those whose events are concentrated in the fewest values:
the perplexity of a tag, two to its entropy, is 1 for one value and n for n of equal weight. Environment and release are
always asked, for other parts read them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2, prod

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import ROWS, TAGS
from sentry_runbook.collect.request_values import event_tag, event_time, first_seen
from sentry_runbook.incident.metrics.breakdown import SINGLE
from sentry_runbook.incident.model.evidence.json_values import JsonObject, count_of, list_of, object_of, text_of

ALWAYS = ("environment", "release")
CLIENT_TAGS = ("browser.name", "os.name", "device.family")
COUNTRY = "geo.country_code"
"""A column and no tag: of events with a user."""
BREAKDOWN_TAGS = (*ALWAYS, "transaction", *CLIENT_TAGS, COUNTRY)
"""Where the issue's tags are not known."""
FINER = {"browser.name": "browser", "os.name": "os", "device.family": "device"}
"""The tag with the version, or the model, too. One of the two is asked: the finer one where it stands out as much."""
MOST_COLUMNS, MOST_STANDING_OUT = 9, 3
MOST_COMBINATIONS = 30.0
"""Combinations of equal weight that the columns may make: so a hundred rows hold nearly all events."""
STANDS_OUT = 0.15
"""Part of the events by which a value is more frequent now: of a hundred rows, three times what chance makes."""
COUNTRIES = 3.0
"""A guess: no tag tells over how many countries the events spread."""
FEWEST_ROWS = 20
"""Fewer of the latest events tell no shares."""
TELLING = ("transaction", *CLIENT_TAGS)
SAME_GAIN = 0.05
FEW_VERSIONS = 1.3
"""A version spreads the events hardly more than its name does: nearly all are of one."""
MOST_VALUES = 10_000
"""More are not told apart: a server may claim any number."""
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
    r"|(?:browser|os|client_os|device)(?:[.].*)?|environment|release|dist|level|mechanism|handled|logger"
    r"|(?:.*[._:-])?(?:id|ids|uuid|guid|hash|url|uri|path|referr?er|email)|title|message|culprit|isside?loaded"
    r"|installation|main_thread|interface_type"
)
"""What Sentry or the SDK says of each event itself, twice, or as the name of one thing."""
A_COLUMN = re.compile(r"[a-zA-Z0-9_.:-]{1,200}")
"""Characters that Discover takes in the name of a column."""


@dataclass(frozen=True)
class _Tag:
    """A tag of the issue.

    Attributes:
        spread: over how many values of equal weight its events spread.
        part: of the events those that carry it.
        gain: by how much the value that gained most is more frequent among the latest events than over all time.
    """

    key: str
    spread: float
    part: float
    gain: float = 0.0


def breakdown_columns(collection: Collection) -> tuple[str, ...]:
    """The tags that the events are counted by; their names, as Sentry writes them. The same in every request."""
    if not collection.breakdown_columns:
        collection.breakdown_columns = _chosen_columns(collection)
    return collection.breakdown_columns


def _chosen_columns(collection: Collection) -> tuple[str, ...]:
    tags = {text_of(tag.get("key")) or "": tag for tag in collection.value(TAGS) or ()}
    if not tags:
        return BREAKDOWN_TAGS
    known = {tag.key: tag for tag in _measured(collection, tags)}
    spread = prod(known[name].spread for name in ALWAYS if name in known)
    candidates = [tag for tag in known.values() if tag.key not in ALWAYS]
    chosen = [tag for tag in sorted(candidates, key=lambda tag: -tag.gain) if tag.gain >= STANDS_OUT]
    chosen = chosen[:MOST_STANDING_OUT]
    spread *= prod(tag.spread for tag in chosen)
    # A list is not in any order of names: equal ones are taken in the order in which Sentry lists them.
    for tag in sorted((tag for tag in candidates if tag not in chosen), key=_rank):
        if len(ALWAYS) + len(chosen) < MOST_COLUMNS and spread * tag.spread <= MOST_COMBINATIONS:
            chosen.append(tag)
            spread *= tag.spread
    country = [COUNTRY] if "user" in tags and spread * COUNTRIES <= MOST_COMBINATIONS else []
    return (*ALWAYS, *(tag.key for tag in chosen), *country)


def _rank(tag: _Tag) -> float:
    is_telling = MAY_EXPLAIN.fullmatch(tag.key) or tag.key in TELLING
    return tag.spread / (2 if is_telling else 1)


def _measured(collection: Collection, tags: Mapping[str, JsonObject]) -> Iterator[_Tag]:
    """Tags that may explain the issue, one of each pair that tells the same; and those that are always asked."""
    rows, whole = _rows_of_now(collection), count_of(collection.first.get("count"))
    measured = {key: tag for key in tags if _may_be_asked(key) and (tag := _tag_of(tags[key], key, rows, whole))}
    for name, finer in FINER.items():
        if name in measured and finer in measured:
            measured.pop(name if _tells_more(measured[finer], measured[name]) else finer)
    return iter(measured.values())


def _tells_more(finer: _Tag, name: _Tag) -> bool:
    """Whether a version stands out as much as the name does; where nothing does, whether the events are of few."""
    if name.gain >= STANDS_OUT or finer.gain >= STANDS_OUT:
        return finer.gain >= name.gain - SAME_GAIN
    return finer.spread <= FEW_VERSIONS * name.spread


def _may_be_asked(key: str) -> bool:
    named = key in ALWAYS or key in FINER or key in FINER.values()
    return named or not (not A_COLUMN.fullmatch(key) or SINGLE.fullmatch(key) or NO_CAUSE.fullmatch(key))


def _tag_of(tag: JsonObject, key: str, rows: Sequence[JsonObject], events: int | None) -> _Tag | None:
    """The tag as the latest events carry it, with what gained most; over all time where no rows tell; None: no use."""
    life = _over_life(tag, key, events)
    if life is None or not rows:
        return life if life is None or life.part >= SMALLEST_PART else None
    now = Counter(event_tag(row, key) for row in rows)
    without = now.pop("", 0)
    part = 1 - without / len(rows)
    if part < SMALLEST_PART:
        return None
    usual = _shares_over_life(tag, events)
    gain = max((count / len(rows) - usual.get(value, 0.0) for value, count in now.items()), default=0.0)
    return _Tag(key, _spread(list(now.values()), without), part, gain)


def _shares_over_life(tag: JsonObject, events: int | None) -> dict[str, float]:
    values = [object_of(value) for value in list_of(tag.get("topValues"))]
    counts = {text_of(value.get("value")) or "": count_of(value.get("count")) or 0 for value in values}
    whole = max(events or 0, count_of(tag.get("totalValues")) or 0, 1)
    return {value: count / whole for value, count in counts.items()}


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
    rest, others = max(0, total - sum(counts)), min(max(0, unique - len(counts)), MOST_VALUES)
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


def _spread(counts: Sequence[float], without: float) -> float:
    """Over how many values of equal weight the events spread; those without the tag are one of them."""
    known = [count for count in (*counts, without) if count > 0]
    whole = sum(known)
    return 2.0 ** -sum(count / whole * log2(count / whole) for count in known) if known else 1.0
