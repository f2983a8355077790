"""Numbers with a checksum or a range, which no regular expression can tell from others: cards, accounts, addresses."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv6Address, IPv6Network


def digits_of(text: str) -> list[int]:
    """The decimal digits of a text, without what separates them."""
    return [int(char) for char in text if char.isdecimal()]


def is_luhn(digits: list[int]) -> bool:
    """Whether the last digit is Luhn's check digit."""
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_card_number(text: str) -> bool:
    """Whether digits (with blanks or hyphens) are a card number: issuer's range, length and Luhn's checksum."""
    digits = digits_of(text)
    return len(digits) > 12 and _issuer().fullmatch("".join(map(str, digits))) is not None and is_luhn(digits)


@cache
def _issuer() -> re.Pattern[str]:
    return re.compile(
        r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|22[2-9]|2[3-6]|27[01])\d{13,14}|2720\d{12}|3[47]\d{13}"
        r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|220[0-4]\d{12}"
        r"|(?:50|5[6-9]|6[37])\d{14,17}"
    )


def is_iban(text: str) -> bool:
    """Whether text is an IBAN: length and checksum modulo 97."""
    compact = re.sub(r"[ \u00a0-]", "", text)
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def is_ipv4(text: str) -> bool:
    """Whether text is an address that can identify someone: not our own network's, no network's (nor a version's) end.

    Which database refused matters, and its address is private; ``….0`` ends a network's address or a version.
    """
    if _ipv4().fullmatch(text) is None or text.endswith(".0"):
        return False
    # Four digits are a version or a chapter: such addresses are few, and those of name servers known to all.
    return is_public(text) and (len(text) > 7 or text in _NAME_SERVERS)


_NAME_SERVERS = frozenset(("1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9", "4.2.2.1", "4.2.2.2"))


@cache
def _ipv4() -> re.Pattern[str]:
    byte = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    return re.compile(rf"{byte}(?:\.{byte}){{3}}")


def is_ipv6(text: str) -> bool:
    """A global IPv6 address: not ``dead::beef``, which may be a C++ or Rust path, and not ``2a::b`` (``002a::``)."""
    if ":" not in text:
        return False
    try:
        address = IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped or address.sixtofour
    return is_public(str(mapped)) if mapped else address in _global_unicast()


@cache
def _global_unicast() -> IPv6Network:
    return IPv6Network("2000::/3")


def is_public(address: str) -> bool:
    """Whether an IPv4 address is of the internet: not private, shared, loopback, link-local, multicast or reserved.

    Networks for documentation count as public here: they stand for addresses of people.
    """
    parts = address.split(".")
    first, second = int(parts[0]), int(parts[1])
    if first in (0, 10, 127) or first >= 224:
        return False
    return not (
        (first == 172 and 16 <= second < 32)
        or (first == 192 and second == 168)
        or (first == 169 and second == 254)
        or (first == 100 and 64 <= second < 128)
    )


def is_cpf(text: str) -> bool:
    """Whether eleven digits are a Brazilian CPF: two check digits modulo 11."""
    digits = digits_of(text)
    if len(digits) != 11 or len(set(digits)) == 1:
        return False
    return all(
        sum(digit * (length + 1 - index) for index, digit in enumerate(digits[:length])) * 10 % 11 % 10
        == digits[length]
        for length in (9, 10)
    )


_D5 = ("0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043",
       "8765932104", "9876543210")  # fmt: skip
_PERMUTED = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def is_aadhaar(text: str) -> bool:
    """Whether twelve digits are an Indian Aadhaar number: Verhoeff's check digit."""
    check = 0
    for index, digit in enumerate(reversed(digits_of(text))):
        check = int(_D5[check][int(_PERMUTED[index % 8][digit])])
    return check == 0
