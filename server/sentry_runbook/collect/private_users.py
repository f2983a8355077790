"""Users who are known only by one private address: behind a proxy or load balancer all people look like one.

SDKs take the address that they see for the user where nobody sets one. Inside a network that is often the address of a
proxy: Sentry then counts one user, and how many there are is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
EVENTS_PER_ADDRESS = 5
"""From this many events an address on, several addresses are those of proxies, and not of one person each."""


def is_private_address(text: str) -> bool:
    """Whether a text is an address of a private network or of this machine."""
    address = address_of(text.strip())
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address is not None and any(address in network for network in PRIVATE)


def has_one_private_address(collection: Collection) -> bool:
    """Whether all users that the answers of round one show are one and the same private address.

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
    return _is_private(first) and all(user == first for user in users)


def shared_addresses(collection: Collection) -> frozenset[str]:
    """Private addresses that stand for more than one person among the latest events: few, for many events.

    In the form of Sentry's tag ``user``. Events that name their user otherwise do not count.
    """
    page = collection.value(ROWS)
    users = [user for user in _users(page.items if page is not None else ()) if _is_private(user)]
    return frozenset(users) if len(users) >= EVENTS_PER_ADDRESS * len(set(users)) else frozenset()


def _is_private(user: str) -> bool:
    kind, _, address = user.partition(":")
    return kind == "ip" and is_private_address(address)


def _users(events: Iterable[JsonObject]) -> Iterator[str]:
    return filter(None, map(user_named, events))
