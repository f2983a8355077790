"""Users who are known only by one private address: behind a proxy or load balancer all people look like one.

SDKs take the address that they see for the user where nobody sets one. Inside a network that is often the address of a
proxy: Sentry then counts one user, and how many there are is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address, ip_network

from sentry_runbook.collect.collection import Collection
from sentry_runbook.collect.event_parts import EVENT, ROWS, TAGS
from sentry_runbook.collect.request_values import event_tag, tag_values
from sentry_runbook.incident.model.evidence.json_values import JsonObject, address_of, object_of, text_of
from sentry_runbook.incident.model.evidence.lenient import USER_KEYS

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
    kind, _, address = first.partition(":")
    return kind == "ip" and is_private_address(address) and all(user == first for user in users)


def _users(events: Iterable[JsonObject]) -> Iterator[str]:
    """The users of events in the form of Sentry's tag ``user``, by the first part that is known."""
    for event in events:
        user = object_of(event.get("user"))
        known = [(key, text) for key in USER_KEYS if (text := text_of(user.get(key)))]
        # Sentry fills the id with the address where nothing else is known, in some versions.
        others = [(key, text) for key, text in known if not (key == "id" and text == user.get("ip_address"))]
        if known:
            key, text = (others or known)[0]
            yield f"{'ip' if key == 'ip_address' else key}:{text}"
