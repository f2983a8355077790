"""What the names of tags say of them: hosts, customers, flags; constants of a service; and one fact in several tags."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sentry_runbook.incident.metrics.breakdown import SINGLE

HOST = re.compile(
    r"(?i)(?:k8s|kubernetes)?[._-]?(?:server|host|pod|node|machine|instance|container|vm|worker|replica|shard)"
    r"(?:[._-]?(?:name|id|ip))?"
)
"""One machine of many."""
CUSTOMER = re.compile(
    r"(?i)(?:customer|tenant|account|org(?:ani[sz]ation)?|company|workspace|merchant|shop|store|partner|client|team|brand"
    r"|site|school|hospital|franchise|reseller|subscription|store)(?:[._-]?(?:id|name|slug|key|code))?"
)
"""One customer of many."""
FLAG = re.compile(
    r"(?i)(?:feature|flag|ff|experiment|toggle|variant|exp|ab)s?(?:[._:-].*)?|.*[._-](?:flag|variant|enabled)"
)
OBVIOUS = re.compile(
    r"(?i)level|handled|mechanism|environment|transaction|url|logger|runtime(?:\..*)?|sdk(?:\..*)?|culprit|dist|release"
    r"|sentry:.*|os\.rooted|isSideLoaded|device\.class|interface_type|main_thread|site_id|language|platform"
)
"""Tags that say what the issue is, or that every event of a service has alike; the rows tell releases."""
FAMILIES = ("browser", "os", "device", "geo", "runtime", "app", "customer", "tenant", "transaction")
"""Tags ``os``, ``os.name`` and ``os.version`` are of one family: one fact in several words."""


UNEVEN = ("browser", "os", "device", "geo", "transaction")
"""Families of which one value often has most of any events: of one country's shop, of a company's own computers."""
CONCENTRATED, OF_UNEVEN = 0.8, 0.9
"""Part of the events from which a value of several stands out where nobody knows what is usual."""


def stands_out(tags: Iterable[str], share: float) -> bool:
    """Whether a value, or several together, is a finding by its share alone."""
    return share >= (OF_UNEVEN if all(family(tag) in UNEVEN for tag in tags) else CONCENTRATED)


def is_single(tag: str) -> bool:
    """Whether its values are single users or requests."""
    return SINGLE.fullmatch(tag) is not None


def family(tag: str) -> str:
    """What the tag is about: ``client_os`` and ``os.name`` are about ``os``; any other tag is about itself."""
    name = tag.lower().removeprefix("client_")
    first = re.split(r"[._-]", name, maxsplit=1)[0]
    return first if first in FAMILIES else name


def same_flag(tag: str, flag: str) -> bool:
    """Whether a tag is the flag's: ``checkout_v2``, ``flag.checkout_v2``, ``feature:checkout-v2``."""

    def bare(name: str) -> str:
        name = re.sub(r"(?i)^(?:feature|flag|ff|experiment|toggle)s?[._:-]", "", name)
        return re.sub(r"[^a-z0-9]", "", name.lower())

    return bare(tag) == bare(flag) != ""
