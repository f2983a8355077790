"""Users who are known only by what stands for many: Sentry then counts one user, and how many there are is not known.

SDKs take the address that they see for the user where nobody sets one: inside a network that is often the private one
of a proxy or load balancer. And code names a user before anybody has signed in: ``anonymous``, ``undefined``, 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Address, ip_network

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import EVENT, ROWS, TAGS
from sentry_runbook.collect.request_values import event_tag, tag_values, user_named
from sentry_runbook.incident.model.evidence.json_values import JsonObject, address_of

PRIVATE = tuple(
    map(
        ip_network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10"),
            *("0.0.0.0/32", "::/128", "::1/128", "fc00::/7", "fe80::/10"),
        ),
    )
)
"""Not :attr:`ipaddress.IPv4Address.is_private`, which also holds for the addresses of documentations and examples."""
NOBODY = frozenset(
    (
        *("anonymous", "anonymoususer", "anon", "guest", "unknown", "n/a", "(not set)", "not set", "not logged in"),
        *("null", "none", "undefined", "nil", "nan", "[object object]"),
        "00000000-0000-0000-0000-000000000000",
    )
)
"""What an id or a name says of a user whom the application does not know, in lower case."""
NUMBERS_OF_NOBODY = ("0", "-1")
"""The same as a number, where no event has another user: among others it may be somebody's."""
ONE_PRIVATE_ADDRESS = (
    "all users are known by one private address alone, such as a proxy's or a load balancer's: their number is "
    "unknown, not 1"
)
ONE_NAME_OF_NOBODY = (
    'all users are known by one name alone that is nobody\'s, such as "anonymous" or "undefined": their number is '
    "unknown, not 1"
)
EVENTS_PER_USER = 5
"""From this many events a user on, several of them stand for many, and not for one person each."""


def is_private_address(text: str) -> bool:
    """Whether a text is an address of a private network or of this machine."""
    address = address_of(text.strip())
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and any(address in network for network in PRIVATE)


def why_one_stands_for_all(collection: Collection) -> str:
    """Why the one user whom all answers of round one show is no number of people; empty where there is no such one.

    The latest events tell it, else the issue's tag ``user``, else the one event that was read.
    """
    page, tags, event = collection.value(ROWS), collection.value(TAGS), collection.value(EVENT)
    if page is not None:
        names = collection.scope.names
        users = _users(row for row in page.items if not names or event_tag(row, "environment") in names)
    elif tags is not None:
        users = iter(tag_values(tags, "user"))
    else:
        users = _users([event] if event is not None else [])
    first = next(users, "")
    if not is_nobody(first) or any(user != first for user in users):
        return ""
    return ONE_PRIVATE_ADDRESS if first.startswith("ip:") else ONE_NAME_OF_NOBODY


def shared_users(collection: Collection) -> frozenset[str]:
    """Users who stand for more than one person among the latest events: few, for many events.

    In the form of Sentry's tag ``user``. Events that name their user otherwise do not count.
    """
    page = collection.value(ROWS)
    return users_for_many(Counter(_users(page.items if page is not None else ())))


def users_for_many(events: Mapping[str, int]) -> frozenset[str]:
    """Users who stand for more than one person, of users (in the form of Sentry's tag) and their numbers of events."""
    if max(events.values(), default=0) < EVENTS_PER_USER:
        return frozenset()
    shared = [user for user in events if stands_for_many(user)]
    return frozenset(shared) if sum(events[user] for user in shared) >= EVENTS_PER_USER * len(shared) else frozenset()


def is_nobody(user: str) -> bool:
    """Whether a user, in the form of Sentry's tag, stands for everybody where it is the only one."""
    return stands_for_many(user) or user.partition(":")[2] in NUMBERS_OF_NOBODY


def stands_for_many(user: str) -> bool:
    """Whether a user, in the form of Sentry's tag ``user``, is a private address or nobody's name."""
    kind, _, name = user.partition(":")
    return is_private_address(name) if kind == "ip" else name.strip().lower() in NOBODY


def _users(events: Iterable[JsonObject]) -> Iterator[str]:
    return filter(None, map(user_named, events))
