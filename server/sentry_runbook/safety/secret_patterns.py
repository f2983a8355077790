"""Patterns of secrets and personal data: one table of kind, prefilter, pattern and validation.

The patterns are searched in inert text, so they accept its look-alikes: ``hxxps://``, ``＠``, ``∶``. Each repetition is
bounded or possessive, which keeps the search linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address

Validator = Callable[[str], bool]


@dataclass(frozen=True)
class SecretPattern:
    """One form of secret or personal data.

    Attributes:
        kind: the word in its mask.
        pattern: its group ``it`` is masked, or the whole match when there is no such group.
        is_valid: validates the masked part, for what a regular expression cannot express (checksums).
        min_length: length of the shortest text that contains one.
        needs: every text that contains one contains one of these words, after :func:`fold`.
    """

    kind: str
    pattern: re.Pattern[str]
    is_valid: Validator
    min_length: int = 0
    needs: tuple[str, ...] = ("",)


LONGEST_MINIMUM = 27
"""The largest :attr:`SecretPattern.min_length`: a text as long can match every pattern."""


def fold(text: str) -> str:
    """Lower case, with the letters that ``(?i)`` matches to ASCII ones (ſ, ı, İ, the Kelvin sign) as those."""
    return text.lower() if text.isascii() else text.translate(_FOLDED).lower()


_FOLDED = str.maketrans({"\u017f": "s", "\u0131": "i", "\u0130": "i", "\u212a": "k"})


def is_card_number(text: str) -> bool:
    """Whether digits (with blanks or hyphens) are a card number: issuer's range, length and Luhn's checksum."""
    digits = [int(char) for char in text if char.isdigit()]
    if len(digits) < 13:
        return False
    number = "".join(map(str, digits))
    if not _issuer().fullmatch(number):
        return False
    doubled = [sum(divmod(digit * 2, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


@cache
def _issuer() -> re.Pattern[str]:
    return re.compile(
        r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|22[2-9]|2[3-6]|27[01])\d{13,14}|2720\d{12}|3[47]\d{13}"
        r"|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17}|220[0-4]\d{12}"
        r"|(?:50|5[6-9]|6[37])\d{14,17}"
    )


def is_iban(text: str) -> bool:
    """Whether text is an IBAN: length and checksum modulo 97."""
    compact = text.replace(" ", "")
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


def is_ipv4(text: str) -> bool:
    """Whether text is an address that can identify someone: not loopback, no network's (nor a version's) ``….0.0``."""
    return _ipv4().fullmatch(text) is not None and not text.startswith("127.") and not text.endswith(".0.0")


@cache
def _ipv4() -> re.Pattern[str]:
    byte = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
    return re.compile(rf"{byte}(?:\.{byte}){{3}}")


def is_ipv6(text: str) -> bool:
    """A global or local IPv6 address, or one written in full: not ``dead::beef``, which may be a C++ or Rust path."""
    if ":" not in text:
        return False
    try:
        address = IPv6Address(text.partition("%")[0])
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return False
    return text.count(":") == 7 or text[:1] in "23" or text[:2].lower() in ("fc", "fd", "fe", "ff")


def _mixed(text: str) -> bool:
    """Whether text is a credential and not a word: it contains digits, punctuation or capitals, or is too long."""
    return len(text) >= 24 or bool(re.search(r"\d|[A-Za-z][-._~+/=][A-Za-z=]|[a-z][A-Z]", text))


def _phone(text: str) -> bool:
    return 9 <= sum(char.isdigit() for char in text) <= 15


def _always(_: str) -> bool:
    return True


_KEYS = "|".join(
    (
        r"(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{16}",  # AWS
        r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255}",
        r"gl(?:pat|ptt|rt|dt|cbt)-[\w-]{20,80}",  # GitLab
        r"xox[abeoprs](?:\.xox[bp])?-[\w-]{10,200}|xapp-[\w-]{10,200}",  # Slack
        r"(?<=hooks\.slack\.com/services/)T\w{4,20}/B\w{4,20}/\w{10,40}",
        r"[srp]k_(?:live|test)_[A-Za-z0-9]{10,200}|whsec_[A-Za-z0-9+/=]{16,100}",  # Stripe
        r"AIza[\w-]{30,45}|ya29\.[\w-]{20,400}|GOCSPX-[\w-]{20,40}",  # Google
        r"sntry[a-z]{1,2}_[A-Za-z0-9+/=_-]{20,400}",  # Sentry
        r"sk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{20,200}",  # model providers
        r"npm_[A-Za-z0-9]{30,60}|pypi-AgEI[\w-]{20,300}",
        r"SG\.[\w-]{16,40}\.[\w-]{16,80}|key-[0-9a-f]{32}|SK[0-9a-f]{32}",  # SendGrid, Mailgun, Twilio
        r"hf_[A-Za-z0-9]{30,60}|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|lin_api_[A-Za-z0-9]{30,60}",
        r"hv[sb]\.[\w-]{20,200}|dapi[a-f0-9]{32}|ATATT3[\w=-]{20,300}|dckr_pat_[\w-]{20,60}|AGE-SECRET-KEY-1[A-Z0-9]{50,70}",
        r"\d{8,10}:AA[\w-]{32,36}",  # Telegram
    )
)

_VERSION_WORDS = ("ersion", "uild", "elease")
_PRODUCTS = (
    *("Chrome", "CriOS", "Chromium", "Firefox", "FxiOS", "Safari", "Edg", "EdgA", "EdgiOS", "Edge", "OPR", "Opera"),
    *("SamsungBrowser", "YaBrowser", "Vivaldi", "Electron", "CFNetwork", "Darwin", "okhttp", "Dalvik", "GSA", "iOS"),
    *("Windows", "Android", "macOS", "WebView", "Unity", "CLR"),
)
_BEFORE_VERSION = "".join(
    (
        *(rf"(?<!{word}{between})" for word in _VERSION_WORDS for between in ("[ =:(/]", "[:=] ", "[:=][\"']")),
        *(
            rf"(?<!{word}[\"']{between})"
            for word in _VERSION_WORDS
            for between in ("[:∶]", "[:∶] ", "[:∶][\"']", "[:∶] [\"']")
        ),
        *(rf"(?<!{product}[ /])" for product in _PRODUCTS),
    )
)
"""Four numbers with dots after one of these are a version: the word for it, or a product as a user agent writes it."""

_KEY_STARTS = (
    *("akia", "asia", "abia", "acca", "aroa", "aida", "gh", "github_pat_", "gl", "xox", "xapp-"),
    *("hooks.slack.com/services/", "k_live_", "k_test_", "whsec_", "aiza", "ya29.", "gocspx-", "sntry"),
    *("sk", "npm_", "pypi-agei", "sg.", "key-", "hf_", "dop_v1_", "shp", "lin_api_", "hv", "dapi"),
    *("atatt3", "dckr_pat_", "age-secret-key-1", ":aa"),
)  # fmt: skip
"""Each alternative of :data:`_KEYS` holds one of these, in lower case."""


@cache
def secret_patterns() -> tuple[SecretPattern, ...]:
    """The table, in the order in which it is applied: what may hold others comes first."""
    return tuple(
        SecretPattern(kind, re.compile(pattern), is_valid, min_length, needs)
        for kind, min_length, needs, pattern, is_valid in _ROWS
    )


@cache
def patterns_for_length(length: int) -> tuple[SecretPattern, ...]:
    """The patterns that a text of this length can match; for lengths up to :data:`LONGEST_MINIMUM`."""
    return tuple(row for row in secret_patterns() if row.min_length <= length)


_AT = r"[@＠]"
_ROWS: tuple[tuple[str, int, tuple[str, ...], str, Validator], ...] = (
    (
        "key",
        27,
        ("private key",),
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}-----|\Z)",
        _always,
    ),
    ("credential", 5, ("//",), rf"(?<=[:∶]//)(?P<it>[^\s/?#@＠<>]{{1,256}})(?={_AT})", _always),
    ("jwt", 16, ("eyj",), r"(?<![A-Za-z0-9])eyJ[\w-]{8,4096}+\.[\w-]{4,8192}+(?:\.[\w-]{0,4096}+){0,3}", _always),
    ("token", 15, _KEY_STARTS, rf"(?<![A-Za-z0-9])(?:{_KEYS})(?![A-Za-z0-9])", _always),
    (
        "credential",
        17,
        ("authorization",),
        r"(?i)(?<![a-z0-9])authorization\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
        r"(?P<it>[A-Za-z]{1,20}\s{1,4}[^\s\"'\\,;<>]{1,4096})",
        _always,
    ),
    (
        "credential",
        14,
        ("bearer", "basic", "digest", "negotiate"),
        r"(?i)(?<![a-z0-9])(?:bearer|basic|digest|negotiate)\s{1,4}(?P<it>[A-Za-z0-9._~+/=-]{8,4096}+)",
        _mixed,
    ),
    (
        "cookie",
        10,
        ("cookie",),
        r"(?i)(?<![a-z0-9])(?:set-)?cookies?\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?"
        r"(?P<it>[\w.%-]{1,100}=[^\"'\\\n<>]{1,4096})",
        _always,
    ),
    (
        "email",
        6,
        ("@", "＠"),
        rf"(?<![\w.+-])(?!git{_AT})[\w.+-]{{1,64}}{_AT}(?!v?\d+\.\d)"
        r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[A-Za-z]{2,24}(?![\w-])",
        _always,
    ),
    (
        "iban",
        15,
        ("",),
        r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![A-Za-z0-9])",
        is_iban,
    ),
    ("card", 13, ("",), r"(?<![A-Za-z0-9.@＠-])\d{4}(?:[ -]?\d){8,15}(?![A-Za-z0-9]|[-.]\d)", is_card_number),
    (
        "ip",
        3,
        (":",),
        r"(?<![A-Za-z0-9:.@＠-])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?<=::))(?:%[A-Za-z0-9]{1,16})?"
        r"(?![A-Za-z0-9]|:[0-9A-Fa-f])",
        is_ipv6,
    ),
    (
        "ip",
        7,
        (".",),
        # The digit is looked for first: of the places in a text few have one.
        rf"(?<![A-Za-z0-9.@＠-])(?=\d){_BEFORE_VERSION}(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![A-Za-z0-9]|\.\d|-[A-Za-z]|\+\d)",
        is_ipv4,
    ),
    (
        "phone",
        10,
        ("+",),
        r"(?<![A-Za-z0-9+@＠.:/-])\+\d{1,3}[ .-]?(?:\(\d{1,5}\)[ .-]?)?"
        r"\d[\d .\-/]{4,16}\d(?![A-Za-z0-9]|[.:-]\d)",
        _phone,
    ),
    (
        "phone",
        12,
        ("",),
        r"(?<![A-Za-z0-9.@＠/:#-])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}(?![A-Za-z0-9]|[.:-]\d)",
        _phone,
    ),
    (
        "phone",
        11,
        ("phone", "tel", "mobile", "msisdn", "fax"),
        r"(?i)(?<![a-z0-9])(?:phone|telephone|tel|mobile|msisdn|fax)(?: ?(?:number|no\.?))?"
        r"[\"']?\s{0,2}[:=∶]\s{0,2}[\"']?"
        r"(?P<it>\(?\d[\d ().\-/]{5,20}\d)",
        _always,
    ),
)
