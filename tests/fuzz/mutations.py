"""Ways in which an answer of Sentry may be odd: each changes one value somewhere in a JSON document.

They are what servers, proxies and SDKs of several ages have really sent (sentry-api §12), and what a hostile SDK could
send. A mutation is pure: the same random numbers give the same change.
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any

Json = Any
Slot = tuple[Any, Any]
"""A container (object or list) and the key or index of a value in it."""
Change = Callable[[Json, Random], Json]
"""The value → another one."""

MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
AT_ENDS = 10
MOST_CHARACTERS = 500_000
"""No value becomes longer than this as text: lists within lists, each made longer, would fill every memory."""
SURROGATES = ("\ud800", "\udfff\ud83d", "caf\udce9")
ODD_MOMENTS: tuple[Json, ...] = (
    *("2026-11-25T19:57:39", "2026-11-25 19:57:39", "2026-11-25T19:57:39.123456789Z", 1_795_637_859, "1795637859"),
    *(1_795_637_859.25, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "2026-02-30T00:00:00Z", "yesterday", ""),
)
ODD_NUMBERS: tuple[Json, ...] = (
    -1,
    0,
    10**18,
    10**40,
    1e308,
    math.inf,
    math.nan,
    -0.0,
    0.1,
    True,
    "17",
    "1,234",
    "1e5",
    "NaN",
    "∞",
    "٣",
)
WORDS = ("", " ", "null", "undefined", "[Filtered]", "<script>", "\x00\x1b[31m", "\u202eevil\u2066", "a" * 300)
OTHER_TYPES: tuple[Json, ...] = (
    None,
    True,
    0,
    7,
    -3.5,
    "text",
    "17",
    [],
    {},
    [None],
    [["k", "v"]],
    {"key": None},
    {"": "x"},
    [[[[]]]],
)


def _retyped(value: Json, random: Random) -> Json:
    """A value of another type in its place; now and then the same value in another form."""
    if random.random() < 0.3:
        return str(value) if not isinstance(value, str) else [value]
    return random.choice(OTHER_TYPES)


def _nulled(_: Json, __: Random) -> Json:
    return None


def _huge(value: Json, random: Random) -> Json:
    """Far more of it than anybody needs."""
    if isinstance(value, list) and value:
        return (value * (1 + 400 // len(value)))[:400]
    if isinstance(value, dict):
        return {**value, **{f"more{number}": "x" * 40 for number in range(300)}}
    if isinstance(value, int | float):
        return random.choice((10**15, 10**40, 1e300))
    return (str(value) or "x") * (20_000 // max(1, len(str(value))))


def _repeated(value: Json, random: Random) -> Json:
    """Items that stand there twice, or texts that do."""
    if isinstance(value, list):
        return [item for item in value for _ in range(random.choice((1, 2, 5)))]
    return f"{value}{value}" if isinstance(value, str) else [value, value]


def _nested(value: Json, random: Random) -> Json:
    """Deeper than it should be."""
    for _ in range(random.choice((1, 2, 5, 60))):
        value = {"value": value} if random.random() < 0.5 else [value]
    return value


def _number_as_text(value: Json, _: Random) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "17"
    return f"{value}"


def _odd_number(_: Json, random: Random) -> Json:
    return random.choice(ODD_NUMBERS)


def _odd_moment(value: Json, random: Random) -> Json:
    """A time without its zone, as a number, out of every calendar."""
    if isinstance(value, str) and MOMENT.match(value) and random.random() < 0.4:
        return value.removesuffix("Z").partition("+")[0]
    return random.choice(ODD_MOMENTS)


def _odd_text(value: Json, random: Random) -> Json:
    if random.random() < 0.5:
        return f"{value}{random.choice(SURROGATES)}{value}"
    return random.choice((*WORDS, *SURROGATES))


def _pairs_as_object(value: Json, random: Random) -> Json:
    """Tags as an object, an object as pairs, or a list as an object of numbers."""
    if isinstance(value, dict):
        return [[key, inner] for key, inner in value.items()]
    if not isinstance(value, list):
        return {"key": value, "value": value}
    if all(isinstance(item, dict) and "key" in item for item in value):
        form = random.randrange(3)
        if form == 0:
            return {str(item["key"]): item.get("value") for item in value}
        if form == 1:
            return [[item["key"], item.get("value")] for item in value]
        return [{**item, "key": None} for item in value]
    return {str(index): item for index, item in enumerate(value)}


def _emptied(value: Json, _: Random) -> Json:
    return type(value)() if isinstance(value, list | dict | str) else None


def _with_odd_keys(value: Json, random: Random) -> Json:
    """Keys that nobody expects: empty, with a surrogate, ours, of another language's runtime."""
    odd = random.choice(("", "null", "\ud83d", "__proto__", "key" * 2_000, "model_config", "$ref", "Ключ"))
    return {**value, odd: random.choice(OTHER_TYPES)} if isinstance(value, dict) else {odd: value}


CHANGES: Mapping[str, Change] = {
    "retyped": _retyped,
    "nulled": _nulled,
    "huge": _huge,
    "repeated": _repeated,
    "nested": _nested,
    "number as text": _number_as_text,
    "odd number": _odd_number,
    "odd moment": _odd_moment,
    "odd text": _odd_text,
    "pairs as object": _pairs_as_object,
    "emptied": _emptied,
    "odd keys": _with_odd_keys,
}

FITTING: Mapping[str, Callable[[Json], bool]] = {
    "number as text": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "odd number": lambda value: isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal()),
    "odd moment": lambda value: isinstance(value, str) and bool(MOMENT.match(value)),
    "odd text": lambda value: isinstance(value, str),
    "pairs as object": lambda value: isinstance(value, list | dict),
    "emptied": lambda value: isinstance(value, list | dict | str),
    "odd keys": lambda value: isinstance(value, dict),
}
"""Where a change says something; the others fit everywhere."""
KNOWN_ODDITIES: Mapping[str, tuple[Json, ...]] = {
    "framesOmitted": ([1, 12], [0, 0], "1-12", [None, 3], {"from": 1}),
    "category": ("network.event", "", 17, "ui.lifecycle", None, "sentry.transaction"),
    "tags": ({"release": "web@2.4.1", "environment": "production"}, [["release", "web@2.4.1"]], [[None, "x"]], None),
    "level": ("sample", 40, None, "FATAL", ""),
    "status": ("reprocessing", 0, None, "Resolved"),
    "substatus": ("until_forever", 3, None),
    "type": ("unheard_of", 0, None, "__type"),
    "inApp": ("true", 1, None, "no"),
    "timestamp": (*ODD_MOMENTS, None),
    "user": ("anonymous", [], {"id": 17}, {"id": None, "data": {"a": {"b": []}}}, {"email": ["x"], "ip_address": 5}),
    "lineNo": ("88", -1, 10**12, 88.5, None),
    "environment": (None, "", ["production"], 5, "Production"),
    "count": ("1", -1, None, "many", 10**30, 1.5),
}
"""Values that servers and SDKs have sent under these keys, or could."""


def slots(document: Json) -> Iterator[Slot]:
    """The places that hold a value, the outermost first; of a long list those at both ends."""
    waiting = [document]
    while waiting:
        container = waiting.pop()
        size = len(container)
        keys = container if isinstance(container, dict) else range(size)
        for key in (
            keys
            if size <= 4 * AT_ENDS or isinstance(container, dict)
            else (*range(AT_ENDS), *range(size - AT_ENDS, size))
        ):
            yield container, key
            if isinstance(container[key], dict | list):
                waiting.append(container[key])


def mutated(document: Json, random: Random, times: int) -> tuple[Json, list[str]]:
    """A changed document, and what was changed in it.

    Args:
        document: an answer of Sentry; it may be changed itself.
        random: decides everything.
        times: how many values are changed.
    """
    changes: list[str] = []
    for _ in range(times):
        places = list(slots(document)) if isinstance(document, dict | list) else []
        if not places or random.random() < 0.01:
            name = random.choice(sorted(CHANGES))
            document, done = _changed(document, name, random)
            changes.append(f"all of it: {done}")
            continue
        container, key = _chosen(places, random)
        changes.append(f"{key!r}: {_change(container, key, random)}"[:120])
    return document, changes


def _chosen(places: list[Slot], random: Random) -> Slot:
    """One place: a key first, then one of the places with that key, so that long lists do not take all the changes."""
    by_key: dict[str, list[Slot]] = {}
    for container, key in places:
        by_key.setdefault(key if isinstance(key, str) else "[]", []).append((container, key))
    return random.choice(by_key[random.choice(sorted(by_key))])


def _changed(value: Json, name: str, random: Random) -> tuple[Json, str]:
    """A changed value, and what was done. It shares nothing with itself, another document or a table of this module."""
    text = json.dumps(CHANGES[name](value, random))
    return (value, f"not {name}: too long") if len(text) > MOST_CHARACTERS else (json.loads(text), name)


def _change(container: Json, key: Json, random: Random) -> str:
    """Change one value where it is; what was done."""
    value = container[key]
    if random.random() < 0.15:
        del container[key]
        return "dropped"
    if key in KNOWN_ODDITIES and random.random() < 0.5:
        container[key] = copy.deepcopy(random.choice(KNOWN_ODDITIES[key]))
        return "a known oddity"
    if isinstance(container, dict) and random.random() < 0.04:
        oddity = random.choice(sorted(KNOWN_ODDITIES))
        container[oddity] = copy.deepcopy(random.choice(KNOWN_ODDITIES[oddity]))
        return f"{oddity} beside it"
    fitting = [name for name in sorted(CHANGES) if FITTING.get(name, lambda _: True)(value)]
    name = random.choice(fitting)
    container[key], done = _changed(value, name, random)
    return done
