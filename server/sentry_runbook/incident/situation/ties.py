"""What ties two issues that began together: each tie a function of their facts, with its reason in words.

How to think about it: time alone never groups (DESIGN section 10). A tie must be something that an unrelated error of
the same minute would hardly share: so a release counts only if it is new, a host, a tenant or a flag only if the
project has events with others, a user only if there are several of them, a product without a host only if the trouble
is the same. Where the minutes are not known (an hour's count alone), only a *strong* tie joins: one that names the
same event, the same host that was called, the same call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sentry_runbook.incident.formatting import count, moment
from sentry_runbook.incident.model.evidence import quoted
from sentry_runbook.incident.releases import AFTER_FINISH
from sentry_runbook.incident.situation.facts import FLAG, HOST, RELEASE, Background, IssueFacts

TieKind = Literal["trace", "calls", "dependency", "release", "transaction", "host", "tenant", "flag", "users"]
STRONG: frozenset[TieKind] = frozenset({"trace", "calls", "dependency"})
NEW_RELEASE = AFTER_FINISH
"""A release that runs for longer was not what two issues of one minute have in common: all others ran on it, too."""
AFTER_ONSET = timedelta(minutes=10)
FEWEST_USERS, PART_OF_USERS = 3, 0.5
FEWEST_TRACES, PART_OF_TRACES = 2, 0.2
SHORTEST_NAME = 4
AT_ONCE = timedelta(seconds=30)
"""Of a call of which only the service is known: an error that began then may be the reason."""
PATHS = re.compile(r"(?<!/)/(?![/\s])[^\s?#\"'<>(),;]*")
"""A path in a text; not the host of a URL, which two slashes stand before."""
PLACEHOLDER = re.compile(r"[{}:<>*]")
A_PATH = re.compile(r"(?<![\w/:<])/[A-Za-z][\w.{}*-]*|//[^/\s]+/[\w.{}*-]+")


@dataclass(frozen=True)
class Tie:
    """Something that two issues share.

    Attributes:
        value: what it is; ties of one kind and value are one reason of an incident.
        why: in words.
    """

    kind: TieKind
    value: str
    why: str

    @property
    def is_strong(self) -> bool:
        """Whether it joins issues of which only the hour is known in which they began."""
        return self.kind in STRONG


@dataclass(frozen=True)
class Surroundings:
    """What two issues are judged by, beside their own facts.

    Attributes:
        background: what other events of the projects look like.
        release_starts: version → when it began to run, as far as known.
        changed_flags: flags that were changed lately.
        tenant_tags: names of the tags that say which customer an event is of.
        together: distinct users of issues together, by their numbers.
    """

    background: Background
    release_starts: Mapping[str, datetime]
    changed_flags: frozenset[str]
    tenant_tags: tuple[str, ...]
    together: Mapping[frozenset[str], int]


def keys_of(facts: IssueFacts, around: Surroundings) -> Iterator[Hashable]:
    """What an issue may share with others: two issues without a common key are tied at most by a call."""
    yield from (("trace", trace) for trace in facts.traces)
    yield from (("user", user) for user in facts.users)
    yield from ((tag, value) for tag, value in facts.values.items())
    yield "transaction", facts.project, facts.transaction
    yield from (("place", name) for name in (facts.place.host, facts.place.product) if name is not None)
    yield from (("together", issues) for issues in around.together if facts.id in issues and len(issues) == 2)


def ties_between(one: IssueFacts, other: IssueFacts, around: Surroundings) -> tuple[Tie, ...]:
    """All ties of two issues; of issues that never share an environment only common traces are one."""
    is_apart = one.environments and other.environments and one.environments.isdisjoint(other.environments)
    return tuple(tie for find in (TIES[:1] if is_apart else TIES) for tie in find(one, other, around))


def _traces(one: IssueFacts, other: IssueFacts, _: Surroundings) -> Iterator[Tie]:
    shared = one.traces & other.traces
    fewest = min(len(one.traces), len(other.traces))
    if shared and (len(shared) >= FEWEST_TRACES or fewest <= FEWEST_TRACES) and len(shared) >= PART_OF_TRACES * fewest:
        hold = "holds" if len(shared) == 1 else "hold"
        yield Tie("trace", "", f"{count(len(shared), 'trace')} of {fewest} read {hold} events of both")


def _calls(one: IssueFacts, other: IssueFacts, _: Surroundings) -> Iterator[Tie]:
    """One fails because its call to the other's transaction, or to its service, fails."""
    for caller, called in ((one, other), (other, one)):
        if caller.project == called.project or not caller.is_failing_call:
            continue
        if called.path is not None and _names(caller.text, called.path):
            why = f"{caller.project} fails in its calls to {quoted(called.path)} of {called.project}"
            yield Tie("calls", f"{called.project}{called.path}", why)
            return
        if _began_at_once(one, other) and caller.place.host is not None and _is_only_host(caller, called):
            host = quoted(caller.place.host)
            why = f"{caller.project} fails in its calls to {host}, which is called as {called.project} is"
            yield Tie("calls", called.project, why)
            return


def _names(text: str, path: str) -> bool:
    """Whether a text names a path, whole: placeholders of the transaction stand for any part."""
    wanted = path.strip("/").split("/")
    return any(_is_path(found.strip("/").rstrip(".:").split("/"), wanted) for found in PATHS.findall(text))


def _is_path(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a path is the one that is looked for; one of several parts may stand behind a prefix of a gateway."""
    if len(wanted) > 1:
        parts = parts[-len(wanted) :]
    return len(parts) == len(wanted) and all(
        part == name or PLACEHOLDER.search(name) is not None for part, name in zip(parts, wanted, strict=True)
    )


def _began_at_once(one: IssueFacts, other: IssueFacts) -> bool:
    return abs(one.news.onset.at - other.news.onset.at) <= AT_ONCE


def _is_only_host(caller: IssueFacts, called: IssueFacts) -> bool:
    """Whether a caller names the other's service and no path: what was called there is not known."""
    has_path = A_PATH.search(caller.text) is not None
    return not has_path and caller.place.host is not None and is_host_of(caller.place.host, called.project)


def is_host_of(host: str, project: str) -> bool:
    """Whether a host is called as the project is: ``payments.internal``, ``payments-api:8080``."""
    label = re.split(r"[.:]", host.lower())[0]
    name = re.sub(r"[^a-z0-9]", "", project.lower())
    own = re.sub(r"[^a-z0-9]", "", label)
    return len(name) >= SHORTEST_NAME and (own == name or own.removesuffix("api").removesuffix("service") == name)


def _dependency(one: IssueFacts, other: IssueFacts, _: Surroundings) -> Iterator[Tie]:
    if one.dependency is None or other.dependency is None:
        return
    mine, theirs = one.place, other.place
    if mine.host is not None and theirs.host is not None:
        is_same = mine.host == theirs.host
    else:
        is_same_trouble = one.dependency.trouble == other.dependency.trouble or one.project == other.project
        is_same = mine.product is not None and mine.product == theirs.product and is_same_trouble
    if is_same:
        name = (one if mine.host is not None else other).dependency
        shown = one.dependency.result.name if name is None else name.result.name
        yield Tie("dependency", mine.host or theirs.host or mine.product or "", f"both fail for {quoted(shown)}")


def _release(one: IssueFacts, other: IssueFacts, around: Surroundings) -> Iterator[Tie]:
    version = one.values.get(RELEASE)
    if version is None or version != other.values.get(RELEASE):
        return
    began = min(one.news.onset.at, other.news.onset.at)
    start = around.release_starts.get(version)
    if start is not None and began - NEW_RELEASE <= start <= began + AFTER_ONSET:
        yield Tie("release", version, f"all events are on {quoted(version)}, which runs since {moment(start, began)}")


def _transaction(one: IssueFacts, other: IssueFacts, _: Surroundings) -> Iterator[Tie]:
    if one.project == other.project and one.path is not None and one.transaction == other.transaction:
        yield Tie("transaction", one.transaction or "", f"both happen in {quoted(one.transaction or '')}")


def _places(one: IssueFacts, other: IssueFacts, around: Surroundings) -> Iterator[Tie]:
    tags: list[tuple[TieKind, str]] = [("host", HOST), *(("tenant", tag) for tag in around.tenant_tags)]
    tags += [("flag", tag) for tag in one.values if tag.startswith(FLAG)]
    for kind, tag in tags:
        value = one.values.get(tag)
        if value is None or value != other.values.get(tag):
            continue
        if kind == "flag" and tag[len(FLAG) : -1] not in around.changed_flags:
            continue
        if kind == "tenant" and not around.background.has_others_anywhere(tag, value):
            continue
        if kind == "host" and not any(
            around.background.has_others(facts.project, tag, value) for facts in (one, other)
        ):
            continue
        shown = quoted(f"{tag}={value}")
        why = f"all events have {shown}, and others run beside it" if kind != "flag" else f"all events have {shown}"
        yield Tie(kind, f"{tag}={value}", why)


def _users(one: IssueFacts, other: IssueFacts, around: Surroundings) -> Iterator[Tie]:
    shared, fewest, read = len(one.users & other.users), min(len(one.users), len(other.users)), "users read"
    together = around.together.get(frozenset({one.id, other.id}))
    mine, theirs = one.news.issue.users, other.news.issue.users
    if together is not None and mine is not None and theirs is not None:
        shared, fewest, read = max(0, mine + theirs - together), min(mine, theirs), "users"
    if shared >= FEWEST_USERS and shared >= PART_OF_USERS * fewest:
        yield Tie("users", "", f"{shared} of {fewest} {read} met both")


TIES: tuple[Callable[[IssueFacts, IssueFacts, Surroundings], Iterable[Tie]], ...] = (
    _traces,
    _calls,
    _dependency,
    _release,
    _transaction,
    _places,
    _users,
)
"""In the order in which reasons are told."""
