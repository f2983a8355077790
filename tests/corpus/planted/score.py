"""Plays the planted incidents through the real tool and compares its answer with what was planted.

An answer is read as a responder reads it: what stands first counts. A set of values is right when the raw events that
carry it are those that carry the planted one (``truth``), however it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.corpus.planted.entries import Expected, Planted
from tests.corpus.planted.events import MAIN, Played
from tests.corpus.planted.truth import Pair, Truth
from tests.tools.support import connected

Answer = Mapping[str, Any]
NEW_PATTERNS = ("configuration_change", "dependency_failure", "hostile_traffic")
VALUELESS = ("schedule",)
RETRIES = re.compile(r"(?i)\badd(?:ing)?\b[^.;]{0,30}\bretr")
NO_RETRIES = re.compile(r"(?i)\b(?:no|not|n't|without|cut|stop|fewer|reduce|limit|cap|instead)\b")


@dataclass(frozen=True)
class Scored:
    """One entry, and what the answer says otherwise.

    Attributes:
        misses: where the planted cause is not what stands first; empty: found.
        invented: what the answer claims though it was not planted.
    """

    entry: Planted
    answer: Answer
    misses: tuple[str, ...]
    invented: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the planted cause stands first; of nothing, whether nothing is claimed."""
        return not self.misses and not (self.entry.expect.nothing and self.invented)


async def play(entry: Planted) -> Scored:
    """Play one entry through ``triage_issue``."""
    played = Played(entry)
    async with connected(world=played.world(), clock=played.clock) as connection:
        answer = await connection.call("triage_issue", issue=MAIN, **entry.ask)
    return score(entry, answer, Truth(played))


def score(entry: Planted, answer: Answer, truth: Truth) -> Scored:
    """Compare an answer with what was planted."""
    expect = entry.expect
    misses: list[str] = []
    if expect.values:
        misses += _sets(expect.values, answer.get("explanation", ()), truth)
    if expect.schedule:
        misses += _schedule(expect, answer.get("explanation", ()))
    if expect.dependency:
        misses += _dependency(expect, answer.get("dependency"))
    if expect.calls:
        misses += _retries(expect, answer)
    if expect.leading:
        misses += _named("leading_issue", answer.get("leading_issue", {}).get("short_id"), expect.leading)
    if expect.cause:
        misses += _named("cause", _first_cause(answer), expect.cause)
    if expect.bad:
        misses += _releases(expect, answer.get("release_health", ()))
    if expect.change:
        misses += _changes(expect.change, answer.get("changes", ()))
    return Scored(entry, answer, tuple(misses), tuple(_invented(entry, answer, truth)))


def _named(what: str, seen: str | None, wanted: str) -> Iterator[str]:
    if seen != wanted:
        yield f"{what}: {seen or 'none'} instead of {wanted}"


def _first_cause(answer: Answer) -> str | None:
    return answer["causes"][0]["pattern"] if answer.get("causes") else None


# --- sets of values


def written(values: Iterable[Pair]) -> str:
    """A set as the report writes it."""
    return " + ".join(f"{tag}={value}" for tag, value in values) or "nothing"


def pairs(explanation: Mapping[str, Any]) -> list[Pair]:
    """The values of an explanation."""
    return [(value["tag"], value["value"]) for value in explanation["values"]]


def _as_rows(values: Iterable[Pair], planted: Mapping[str, str]) -> set[Pair]:
    """The values as raw rows carry them: flags and users are written in several ways."""
    rows: set[Pair] = set()
    flags = [tag.removeprefix("flag:") for tag in planted if tag.startswith("flag:")]
    for tag, value in values:
        flag = next((name for name in flags if tag not in planted and name in tag), None)
        if flag is not None:
            rows.add((f"flag:{flag}", {"on": "true", "off": "false"}.get(value.lower(), value.lower())))
        elif tag in ("user", "user.id"):
            # Shown by an id or by a stand-in: then there is only one who could be meant.
            number = value.removeprefix("id:")
            rows.add(("user", str(int(number) - 10_000) if number.isdecimal() else planted.get("user", number)))
        elif tag == "geo.country_code" and planted.get("country") == value:
            # The same fact: Sentry's by the address, the project's own by a tag; each is missing on other events.
            rows.add(("country", value))
        else:
            rows.add((tag, value))
    return rows


def _sets(planted: Mapping[str, str], explanation: Iterable[Mapping[str, Any]], truth: Truth) -> Iterator[str]:
    entries = list(explanation)
    if not entries:
        yield f"explanation: nothing instead of {written(planted.items())}"
        return
    wanted = frozenset(planted.items())
    ranked_first = [entry for entry in entries if entry.get("rank", 1) == entries[0].get("rank", 1)]
    sets = [_as_rows(pairs(entry), planted) for entry in ranked_first]
    if _is(sets[0], wanted, truth):
        return
    # Among equals the planted set counts only where the raw events cannot part them either.
    tied = any(_is(values, wanted, truth) for values in sets[1:])
    if not tied or not all(truth.are_same(values, wanted) for values in sets):
        place = next(
            (n for n, entry in enumerate(entries, 1) if _is(_as_rows(pairs(entry), planted), wanted, truth)), None
        )
        found = f"place {place}" if place else "nowhere"
        shown = "; ".join(written(pairs(entry)) for entry in entries[:2])
        yield f"explanation: {shown} instead of {written(wanted)} (which stands {found})"


def _is(values: set[Pair], wanted: frozenset[Pair], truth: Truth) -> bool:
    """Whether it is the planted set; a user must be named, however many of his tags he alone has."""
    if "user" in dict(wanted) and not wanted <= values:
        return False
    return values == wanted or truth.are_same(values, wanted)


# --- schedule, dependency, releases, changes


def _schedule(expect: Expected, explanation: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    first = next(iter(explanation), None)
    if first is None or first["values"][0]["tag"] != "schedule":
        yield f"explanation: {written(pairs(first)) if first else 'nothing'} instead of a schedule"
        return
    text = first["values"][0]["value"]
    if not all(word in text for word in expect.schedule):
        yield f"schedule: {text} instead of {' '.join(expect.schedule)}"
    if expect.next and expect.next not in f"{text} {first.get('note', '')}":
        yield f"schedule: {text} ({first.get('note')}) without the next at {expect.next}"


def _dependency(expect: Expected, seen: Mapping[str, Any] | None) -> Iterator[str]:
    if seen is None:
        yield f"dependency: none instead of {dict(expect.dependency)}"
        return
    for key, wanted in expect.dependency.items():
        value = seen.get(key)
        if wanted.lower() not in str(value).lower() if key == "name" else value != wanted:
            yield f"dependency {key}: {value} instead of {wanted}"


def _retries(expect: Expected, answer: Answer) -> Iterator[str]:
    calls = answer.get("dependency", {}).get("calls_per_event")
    if calls is None or abs(calls - (expect.calls or 0)) > 0.2:
        yield f"calls per event: {calls} instead of {expect.calls}"
    advice = [*answer.get("next_steps", ()), *(cause["action"] for cause in answer.get("causes", ()))]
    for sentence in (part for text in advice for part in re.split(r"(?<=[.;:])\s", text)):
        if RETRIES.search(sentence) and not NO_RETRIES.search(sentence):
            yield f"advice in a retry storm: {sentence}"


def _releases(expect: Expected, health: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    by_name = {row["release"]: row for row in health}
    bad = by_name.get(expect.bad or "")
    if bad is None or bad.get("crash_free_pct") is None:
        yield f"release_health: {expect.bad} is missing among {sorted(by_name)}"
    elif not bad.get("suspect"):
        yield f"release_health: {expect.bad} is no suspect"
    if expect.healthy:
        healthy = by_name.get(expect.healthy)
        if healthy is None or (healthy.get("crash_free_pct") or 0) < 99:
            yield f"release_health: {expect.healthy} is missing or not healthy: {healthy}"


def _changes(wanted: str, changes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    nearest = next(iter(changes), None)
    if nearest is None or wanted not in nearest["what"]:
        yield f"changes: {nearest['what'] if nearest else 'none'} instead of {wanted}"


# --- what nobody planted


def _invented(entry: Planted, answer: Answer, truth: Truth) -> Iterator[str]:
    """What the answer claims and the raw events do not hold."""
    expect = entry.expect
    if not expect.values and not expect.schedule:
        for explanation in answer.get("explanation", ()):
            values = pairs(explanation)
            # What the raw events hold by chance beyond what chance gives is no invention.
            if truth.of(_as_rows(values, entry.planted)).gain <= truth.chance or values[0][0] in VALUELESS:
                yield f"explanation: {written(values)}"
    if not expect.dependency and answer.get("dependency") and expect.cause != "hostile_traffic":
        yield f"dependency: {answer['dependency']['name']} ({answer['dependency']['kind']})"
    patterns = [cause["pattern"] for cause in answer.get("causes", ())]
    unwanted = NEW_PATTERNS if expect.nothing else tuple(p for p in NEW_PATTERNS if p not in _allowed(expect))
    for pattern in patterns:
        if pattern in (*unwanted, *expect.without) and pattern != expect.cause:
            yield f"cause: {pattern}"
    leading = answer.get("leading_issue")
    if leading and not expect.leading:
        yield f"leading issue: {leading['short_id']}"


def _allowed(expect: Expected) -> tuple[str, ...]:
    """Patterns that may stand beside the planted cause: a failing dependency may be met by both of its patterns."""
    allowed = ["dependency_failure"] if expect.dependency else []
    return (
        (*allowed, "configuration_change") if any(tag.startswith("flag") for tag in expect.values) else tuple(allowed)
    )
