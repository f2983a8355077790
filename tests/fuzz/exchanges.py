"""Ways in which a whole HTTP answer may be odd: status, headers, encoding and body, whatever was asked for.

They are what proxies, firewalls, login pages, half-closed connections and hostile servers send. Pure: the same random
numbers give the same answer.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from tests.fuzz.mutations import mutated

STATUSES = (
    *(200, 200, 200, 201, 202, 203, 204, 205, 206, 226, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404),
    *(405, 406, 407, 409, 410, 411, 413, 414, 415, 418, 422, 423, 424, 425, 426, 428, 429, 431, 451, 460, 494, 499),
    *(500, 501, 502, 503, 504, 505, 507, 508, 511, 520, 521, 522, 523, 524, 525, 526, 530, 599, 999, 600, 100),
)
PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>%s</body></html>"
TYPES = (
    *(
        "application/json",
        "text/html",
        "text/html; charset=utf-7",
        "text/plain",
        "application/xml",
        "",
        "json",
        "a/b/c",
    ),
    *("application/json; charset=", "application/json; charset=no-such", "multipart/mixed", "image/png", "\u00e9/x"),
)
LINKS = (
    *("", ",", "<>", '<https://x/?cursor=1>; rel="next"; results="true"; cursor="0:100:0"', 'rel="next"', "<" * 5_000),
    *('<x>; rel="next"; results="true"; cursor=""', '<x>; rel="next"; results="true"; cursor="' + "9" * 50_000 + '"'),
    *('<x>; rel="next"; results="true"; cursor="\u00e9"', '<?cursor=a&cursor=b>; rel="next"; results="true"', ";;;==="),
    *(
        ", ".join(['<x>; rel="next"; results="true"; cursor="0:1:0"'] * 400),
        '<x>; rel="next"; results="maybe"; cursor=1',
    ),
)
WAITS = (
    *(
        "0",
        "-1",
        "1",
        "1.5",
        "1e9",
        "999999",
        "nan",
        "inf",
        "soon",
        "",
        " 3 ",
        "٣",
        "1, 2",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ),
    *(
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "Mon, 01 Jan 0001 00:00:00 +1400",
        "Wed, 21 Oct 2015 07:28:00 -0000",
        "9" * 5_000,
    ),
)
DATES = ("", "yesterday", "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -1200", "0", "٣" * 40)
LOCATIONS = (
    *(
        "",
        "/",
        "//evil.example/",
        "https://evil.example/api/0/",
        "http://localhost/api/0/",
        "javascript:alert(1)",
        "\x00",
    ),
    *(
        "https://[::1",
        "/" * 9_000,
        "../..",
        "?",
        "#",
        "http://localhost:99999/",
        "HTTP://LOCALHOST/login/",
        "http:///x",
    ),
)
ODD_BODIES: tuple[bytes, ...] = (
    *(
        b"",
        b" ",
        b"\x00",
        b"null",
        b"true",
        b"0",
        b"-",
        b'""',
        b'"text"',
        b"[]",
        b"{}",
        b"[[]]",
        b"[{}]",
        b"[null]",
        b"{",
    ),
    *(b"[", b'{"a"', b'{"detail": null}', b'{"detail": {"code": {"a": []}}}', b'{"detail": ["a", {"b": "c"}]}', b"NaN"),
    *(b'{"data": []}', b'{"data": {}}', b'{"data": null, "meta": null}', b'{"data": [[]]}', b'{"data": [[1, null]]}'),
    *(b'{"id": NaN}', b'{"id": "1", "id": 2, "id": null}', b'{"id": 1e999}', b'{"id": ' + b"9" * 5_000 + b"}"),
    *(
        b'{"id": "\\ud800"}',
        b'{"\\ud800": 1, "id": "1"}',
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf[]",
        b"\xff",
    ),
    *(b"[" * 3_000, b"[" * 3_000 + b"]" * 3_000, b'{"a":' * 3_000, b'{"id":"1","x":' + b"[" * 190 + b"]" * 190 + b"}"),
    *(
        b'["",' * 20_000,
        b'"' * 50_000,
        b"{},{}",
        b"[1]2",
        b"{'id': '1'}",
        b"undefined",
        b"<",
        b"<?xml version='1.0'?><a/>",
    ),
    *(
        PAGE % b"Please sign in",
        PAGE % (b"x" * 50_000),
        b"Bad Gateway",
        b"error code: 1020",
        b"%PDF-1.4",
        b"\x1f\x8b\x08",
    ),
    *(
        b"data: {}\n\n",
        b")]}',\n[]",
        b"/**/cb({})",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"a" * 100_000,
        b"\x1b[2J\x1b]0;x\x07",
    ),
)
"""What may come in place of any answer."""
Headers = dict[str, str]
Body = Callable[[bytes, Random], bytes]


def _as_it_is(body: bytes, _: Random) -> bytes:
    return body


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _flipped(body: bytes, random: Random) -> bytes:
    """Single bytes changed."""
    mangled = bytearray(body or b"{}")
    for _ in range(random.choice((1, 2, 20))):
        mangled[random.randrange(len(mangled))] = random.randrange(256)
    return bytes(mangled)


def _other(_: bytes, random: Random) -> bytes:
    return random.choice(ODD_BODIES)


def _mutated(body: bytes, random: Random) -> bytes:
    try:
        return json.dumps(mutated(json.loads(body), random, random.choice((1, 4, 30)))[0]).encode()
    except ValueError:
        return body


def _nulls(body: bytes, random: Random) -> bytes:
    """Every leaf is the same odd value."""
    leaf: object = random.choice(
        (None, "", 0, -1, 10**400, [], {}, True, "9999-12-31T23:59:59-12:00", "x" * 3_000, 1e308, "{{")
    )
    try:
        return json.dumps(_leaves(json.loads(body), leaf)).encode()
    except ValueError:
        return body


def _leaves(value: Any, leaf: object) -> Any:
    if isinstance(value, dict):
        return {key: _leaves(inner, leaf) for key, inner in value.items()}
    return [_leaves(inner, leaf) for inner in value] if isinstance(value, list) else leaf


def _turned(body: bytes, _: Random) -> bytes:
    """A list in place of an object, an object in place of a list."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    turned = list(value.items()) if isinstance(value, dict) else {"data": value}
    return json.dumps(turned).encode()


def _doubled(body: bytes, _: Random) -> bytes:
    """Each key twice, the first time with null: what comes last counts."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if not isinstance(value, dict):
        return body + body
    pairs = [f"{json.dumps(key)}: {json.dumps(inner)}" for key, inner in value.items()]
    return ("{" + ", ".join([*(f"{json.dumps(key)}: null" for key in value), *pairs]) + "}").encode()


BODIES: Mapping[str, Body] = {
    "as it is": _as_it_is,
    "cut": _cut,
    "single bytes": _flipped,
    "something else": _other,
    "odd values": _mutated,
    "one leaf everywhere": _nulls,
    "turned inside out": _turned,
    "keys twice": _doubled,
}


def _encoded(body: bytes, random: Random, headers: Headers) -> bytes:
    """The body packed, or said to be: whole, cut, a bomb, garbage, in a way that nobody knows."""
    way = random.choice(
        ("gzip", "cut gzip", "bomb", "no gzip", "br", "zstd", "deflate", "gzip, gzip", "\u00e9", "identity")
    )
    headers["content-encoding"] = way.removeprefix("cut ").replace("bomb", "gzip").removeprefix("no ")
    packed = gzip.compress(b"[" + b" " * 12_000_000 + b"]" if way == "bomb" else body)
    if way in ("gzip", "bomb"):
        return packed
    return packed[: len(packed) // 2] if way == "cut gzip" else body


def odd_exchange(
    status: int, headers: Headers, body: bytes, random: Random
) -> tuple[int, Sequence[tuple[bytes, bytes]], bytes, str]:
    """An odd answer in place of a good one, and what is odd in it.

    Args:
        status: of the good answer.
        headers: of the good answer.
        body: of the good answer.
        random: decides everything.
    """
    told = []
    if random.random() < 0.45:
        status = random.choice(STATUSES)
        told.append(str(status))
    name = random.choice(sorted(BODIES))
    body = BODIES[name](body, random)
    told.append(f"body {name}")
    odd: Headers = dict(headers)
    for header, values, share in (
        ("content-type", TYPES, 0.3),
        ("link", LINKS, 0.3),
        ("retry-after", WAITS, 0.25),
        ("date", DATES, 0.2),
        ("location", LOCATIONS, 0.3),
        ("x-sentry-rate-limit-reset", WAITS, 0.15),
        ("x-sentry-rate-limit-remaining", ("0", "-1", "", "many"), 0.15),
        ("x-sentry-rate-limit-concurrentremaining", ("0", "x"), 0.1),
        ("x-filler", ("y" * 1_000_000, "\x7f", "\u00ff" * 200), 0.05),
        ("www-authenticate", ("Basic", "Bearer realm=", "\u00e9"), 0.05),
        ("x-sentry-warning", ("", "a" * 10_000), 0.05),
    ):
        if random.random() < share:
            odd[header] = random.choice(values)
            told.append(header)
    if random.random() < 0.15:
        body = _encoded(body, random, odd)
        told.append(f"encoding {odd['content-encoding']!a}")
    if status in (204, 205, 304) and random.random() < 0.5:
        body = b""
    raw = [(key.encode(), value.encode("latin-1", "replace")) for key, value in odd.items()]
    return status, raw, body, ", ".join(told)
