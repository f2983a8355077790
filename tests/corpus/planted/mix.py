"""Who meets errors in an ordinary week: values of tags with the skew and the correlations of real projects.

A *block* is a set of tags that belong together: a browser runs on an operating system on a device, a host stands in a
region, a customer has a plan. Each row of a block has a weight by Zipf's law: the few first rows carry most of the
events. Which rows come first differs from entry to entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

Values = Mapping[str, str]

CLIENTS = (
    ("Chrome 141.0", "Windows 11", "Other"),
    ("Chrome 141.0", "macOS 15.6", "Other"),
    ("Chrome 140.0", "Windows 10", "Other"),
    ("Chrome 141.0", "Android 15", "Pixel 8"),
    ("Chrome 141.0", "Android 14", "SM-S911B"),
    ("Chrome 139.0", "Android 13", "SM-A546B"),
    ("Safari 18.5", "iOS 18.5", "iPhone"),
    ("Safari 18.5", "macOS 15.6", "Mac"),
    ("Safari 17.6", "iOS 17.6", "iPhone"),
    ("Safari 17.6", "iPadOS 17.6", "iPad"),
    ("Firefox 143.0", "Windows 11", "Other"),
    ("Firefox 143.0", "Ubuntu 24.04", "Other"),
    ("Firefox 140.0", "Windows 10", "Other"),
    ("Edge 141.0", "Windows 11", "Other"),
    ("Edge 140.0", "Windows 10", "Other"),
    ("Samsung Internet 28.0", "Android 14", "SM-S911B"),
    ("Opera 122.0", "Windows 11", "Other"),
    ("Chrome Mobile WebView 141.0", "Android 15", "Pixel 8"),
)
PHONES = tuple(
    (device, system)
    for devices, systems in (
        (("iPhone15,2", "iPhone16,1", "iPhone14,5", "iPhone12,8", "iPad13,4"), ("iOS 18.5", "iOS 18.4", "iOS 17.6")),
        (("Pixel 8", "Pixel 6a", "SM-S911B", "SM-A546B", "SM-G781B"), ("Android 15", "Android 14", "Android 13")),
    )
    for device in devices
    for system in systems
)
COUNTRIES = ("US", "DE", "FR", "GB", "BR", "IN", "JP", "NL", "ES", "PL", "SE", "MX")
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "sa-east-1")
PLANS = ("free", "team", "business", "enterprise")
PAGES = ("/cart", "/search", "/product/:id", "/login", "/account", "/checkout", "/orders", "/help")
ROUTES = tuple(f"{'POST' if number % 3 == 0 else 'GET'} /api{page}" for number, page in enumerate(PAGES))
PROVIDERS = ("Telecom One", "Cable West", "Mobilnet", "FiberCo", "Northlink", "Orbit Mobile")
CDNS = ("cdn-a", "cdn-b", "cdn-c")
LANGUAGES = ("en-US", "de-DE", "fr-FR", "pt-BR", "ja-JP")


@dataclass(frozen=True)
class Block:
    """Tags that belong together: rows of their values, with weights."""

    tags: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    weights: tuple[float, ...]

    def narrowed(self, planted: Values) -> Block:
        """The rows that carry the planted values.

        Raises:
            ValueError: none carries them.
        """
        wanted = {self.tags.index(tag): value for tag, value in planted.items() if tag in self.tags}
        if not wanted:
            return self
        kept = [
            (row, weight)
            for row, weight in zip(self.rows, self.weights, strict=True)
            if all(row[index] == value for index, value in wanted.items())
        ]
        if not kept:
            raise ValueError(f"no event can carry {dict(planted)} in {self.tags}")
        return Block(self.tags, tuple(row for row, _ in kept), tuple(weight for _, weight in kept))

    def led_by(self, planted: Values) -> Block:
        """The same with a row of the planted values as the most frequent one."""
        wanted = self.narrowed(planted).rows[0]
        others = [row for row in self.rows if row != wanted]
        return Block(self.tags, (wanted, *others), self.weights)

    def draws(self, rng: Random, count: int) -> Iterator[tuple[str, ...]]:
        """So many rows, drawn by their weights."""
        return iter(rng.choices(self.rows, cum_weights=list(accumulate(self.weights)), k=count))


def block(rng: Random, tags: str, rows: Sequence[Sequence[str]], skew: float) -> Block:
    """A block whose rows are ranked at random; the row of rank ``n`` has weight ``1 / n ** skew``."""
    shuffled = [tuple(row) for row in rows]
    rng.shuffle(shuffled)
    return Block(tuple(tags.split()), tuple(shuffled), tuple(1 / rank**skew for rank in range(1, len(shuffled) + 1)))


def blocks(rng: Random, platform: str, customers: int, hosts: int, skew: float) -> list[Block]:
    """The usual mix of a project of this kind: ``web``, ``backend`` or ``mobile``."""
    tenants = [(f"customer-{number:03}", PLANS[rng.randrange(4)]) for number in range(customers)]
    accounts = block(rng, "customer plan", tenants, skew)
    if platform == "web":
        return [
            block(rng, "browser os device", CLIENTS, skew),
            block(rng, "country", [(name,) for name in COUNTRIES], skew),
            block(rng, "transaction", [(name,) for name in PAGES], skew),
            block(rng, "cdn", [(name,) for name in CDNS], 0.4),
            block(rng, "locale", [(name,) for name in LANGUAGES], skew),
            accounts,
        ]
    if platform == "mobile":
        return [
            block(rng, "device os", PHONES, skew),
            block(rng, "country", [(name,) for name in COUNTRIES], skew),
            block(rng, "isp", [(name,) for name in PROVIDERS], skew),
            block(rng, "transaction", [(name,) for name in ("Cart", "Search", "Login", "Feed", "Settings")], skew),
            block(rng, "locale", [(name,) for name in LANGUAGES], skew),
        ]
    machines = [(f"api-{number}", REGIONS[number % len(REGIONS)]) for number in range(1, hosts + 1)]
    return [
        # A load balancer spreads evenly: hosts are the one thing without skew.
        block(rng, "server_name region", machines, 0.1),
        block(rng, "transaction", [(name,) for name in ROUTES], skew),
        accounts,
        block(rng, "runtime", [("CPython 3.12.7",), ("CPython 3.11.9",)], 3.0),
    ]


def draw(rng: Random, mix: Sequence[Block], count: int, planted: Values) -> list[dict[str, str]]:
    """The tags of so many events that all carry the planted values, and are as usual in all else."""
    columns = [(part.tags, part.narrowed(planted).draws(rng, count)) for part in mix]
    return [
        {tag: value for tags, rows in columns for tag, value in zip(tags, next(rows), strict=True)}
        for _ in range(count)
    ]
