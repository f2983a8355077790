"""Single values of Sentry's JSON, whatever their type: text, instants, counts; None where they are something else."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

JsonObject = Mapping[str, object]
MAX_ITEMS = 10_000
"""Items of any list that are read; a longer one is cut before its items are looked at."""
MAX_ID = 100
MAX_DIGITS = 18
"""Digits of a count."""
NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
PLAIN_WORD = re.compile(r"[A-Za-z0-9]+(?:[._+-]{1,2}[A-Za-z0-9]+)*")
SHORT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,150}")
FILE_ENDINGS = frozenset(
    (
        *("js", "mjs", "cjs", "jsx", "ts", "tsx", "vue", "py", "rb", "go", "rs", "php", "java", "kt", "scala", "dart"),
        *("swift", "cs", "cpp", "c", "h", "ex", "exs", "html", "htm", "css", "json", "xml", "txt", "log", "csv", "dll"),
        *("exe", "so", "jar", "png", "jpg", "svg", "asp", "aspx", "jsp", "cgi"),
    )
)
"""Last labels of names that are files where no scheme says that they are hosts."""
EARLIEST = datetime(2008, 1, 1, tzinfo=UTC)
"""Sentry's own first year: an earlier date (year 1 of a deploy by a tool in Go, the epoch) is none."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""A later date is none, whatever the clock says; within both bounds no arithmetic on dates overflows."""
AHEAD = timedelta(days=1)
"""How far ahead of the reader's clock a date of the past may lie: clocks differ, and zones are forgotten."""
EPOCH = re.compile(r"[0-9]{10,19}(?:\.[0-9]{1,12})?")
EARLIEST_EPOCH_S = EARLIEST.timestamp()
LATEST_EPOCH_S = LATEST.timestamp()


def text_of(value: object) -> str | None:
    """Text; numbers are read as text, for Sentry sends ids as either. Lone surrogates cannot be encoded: replaced."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def digest_of(value: object) -> str | None:
    """A digest of a text, or of plain values, as Sentry sent them, to compare them whole; None for None.

    What is shown of a value is cut, masked and made inert, so that two different ones may look alike.
    """
    if value is None:
        return None
    whole = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(whole.encode("ascii")).hexdigest()[:32]


def id_of(value: object) -> str | None:
    """An id of Sentry's own: digits, letters and dashes, also written as a number. It is inert as it is."""
    text = text_of(value)
    return text if text and len(text) <= MAX_ID and PLAIN_WORD.fullmatch(text) else None


def moment_of(value: object, latest: datetime | None = None) -> datetime | None:
    """ISO with or without fractions and zone, or the epoch in seconds or parts of them, as aware UTC to the second.

    Args:
        value: what Sentry sent.
        latest: a later date is impossible; :data:`LATEST` where the clock does not matter.

    Returns:
        None for what is no date, and for an impossible one: it is unknown, never taken for a fact.
    """
    at = _date_of(value)
    return at if at is not None and EARLIEST <= at < min(latest or LATEST, LATEST) else None


def _date_of(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _date_of_epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text[4:5] != "-" and EPOCH.fullmatch(text):
        return _date_of_epoch(float(text))
    # As Sentry writes it, else with small letters or a zone by name.
    return _date_of_iso(text) or _date_of_iso(text.upper().removesuffix(" UTC"))


def _date_of_iso(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        return (aware if aware.tzinfo is UTC else aware.astimezone(UTC)).replace(microsecond=0)
    except (ValueError, OverflowError):
        return None


def _date_of_epoch(number: float) -> datetime | None:
    """Of seconds, or of milli-, micro- or nanoseconds: accepted dates are so few that no number can be two of them."""
    for parts in (1, 10**3, 10**6, 10**9):
        # Compared first: an integer of 400 digits cannot be divided.
        if EARLIEST_EPOCH_S * parts <= number < LATEST_EPOCH_S * parts:
            return datetime.fromtimestamp(int(number / parts), UTC)
    return None


def count_of(value: object) -> int | None:
    """A count as int; Sentry writes it as digits or int (rule 2). Negative and fractional ones are none."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN fails the comparison, too.
    return int(value) if 0 <= value < 10**MAX_DIGITS and value == int(value) else None


def number_of(value: object) -> float | None:
    """A finite number of any sign, also written as text; None for anything else."""
    if isinstance(value, str):
        return float(value) if NUMBER.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN fails the comparison, too; an integer of 400 digits is none, and cannot be made a float.
    return float(value) if -(10**MAX_DIGITS) < value < 10**MAX_DIGITS else None


def left_out(value: object) -> int:
    """How many items a pair of positions leaves out, from the first to below the second; 0 where it is no such pair."""
    positions = [count_of(position) for position in list_of(value)]
    first, end = positions if len(positions) == 2 else (None, None)
    return max(0, end - first) if first is not None and end is not None else 0


def object_of(value: object) -> dict[str, object]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[object]:
    """The list as far as it is read, or an empty one."""
    return value[:MAX_ITEMS] if isinstance(value, list) else []


def flag_of(value: object) -> bool | None:
    """True or false, also as the words that tags use; None for anything else."""
    if isinstance(value, bool):
        return value
    return FLAGS.get(value.lower()) if isinstance(value, str) else None


FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def first_of(data: JsonObject, *keys: str) -> object:
    """The value of the first of these keys that holds something; None where none does."""
    return next((value for key in keys if (value := data.get(key)) not in (None, "", [], {})), None)


def first_text(data: JsonObject, *keys: str) -> str | None:
    """The first of these keys that holds a text."""
    return next((value for key in keys if isinstance(value := data.get(key), str) and value), None)


def snake_case(name: str) -> str:
    """``effectiveDirective``, ``effective-directive`` and ``blockedURL`` with underscores, in small letters."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace("-", "_").lower()


def either(data: JsonObject, name: str) -> object:
    """A value by its name in camel case or with underscores: servers write both."""
    camel = re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
    return next((data[key] for key in (name, snake_case(name), camel) if key in data), None)


def host_of(url: object) -> str | None:
    """The host of a URL, lower case and without port; None for a bare name but ``localhost``, and for IPv6.

    It is text of a third party like the URL: a host may be an address, or what a renderer makes a link of. A URL
    without a scheme may be a path below the page: ``cart.php?step=2`` names no host.
    """
    if not isinstance(url, str) or not url:
        return None
    try:
        host = (urlsplit(url if "//" in url else f"//{url}").hostname or "").rstrip(".")
    except ValueError:
        return None
    if "." not in host and host != "localhost":
        return None
    if "//" not in url and host.rpartition(".")[2] in FILE_ENDINGS:
        return None
    return host if all(char.isalnum() or char in ".-_" for char in host) and host.isascii() else None


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is written as; None for a name."""
    host = host.strip("[]")
    # Most hosts are names: what has no colon is an address only when it ends with a digit.
    if ":" not in host and not host[-1:].isdigit():
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
