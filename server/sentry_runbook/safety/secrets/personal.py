"""Forms of personal data: addresses, accounts, cards, telephone numbers, national ids that show what they are."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from functools import cache

from sentry_runbook.safety.secrets.checksums import (
    digits_of,
    is_aadhaar,
    is_card_number,
    is_cpf,
    is_iban,
    is_ipv4,
    is_ipv6,
)
from sentry_runbook.safety.secrets.pattern import AT, SecretPattern

_FILES = (
    "png jpe?g gif svg webp avif ico bmp m?[jt]sx? cjs css scss less html? json5? ya?ml toml xml txt md csv py rb php"
    " go rs java kt swift cs cpp dll exe so jar war zip gz tgz tar map lock vue svelte pdf mp[34] wasm woff2? log"
    " service socket timer target mount slice scope device local localdomain localhost internal intranet lan corp"
    " private cluster svc consul arpa compute pod node ec2 docker kube component module"
)
"""What ends names of files, units and machines, and no address of a person."""


def is_email(text: str) -> bool:
    """Whether text with a sign is an address of a person: no file, no service, no version, no remote of git."""
    local, domain = _at().split(text, 1)
    if _machine().search(domain.lower()):
        return False
    return local.lower() not in ("git", "hg", "svn") and not local.isdigit()


@cache
def _at() -> re.Pattern[str]:
    return re.compile(AT)


@cache
def _machine() -> re.Pattern[str]:
    return re.compile(
        rf"(?:\A|\.)(?:{'|'.join(_FILES.split())})\Z|\Av?\d+(?:\.\d+)*(?:[.-](?:alpha|beta|rc|x|next|dev)|\Z)"
    )


_VERSION_BEFORE = (
    r"(?:(?:versions?|ver|builds?|releases?|firmware|drivers?|upgrad\w{1,3}|downgrad\w{1,3}|updated|installed|package|plugin|runtime|phase|step|section|chapter|rule|clause|figure|table|article|appendix"
    r"|engine|rev|revision|toolkit|tool|protocol|hotfix|library|sdk|schema|kernel|framework|assembly|bundle|patch|dll|jar|gem|crate|module)"
    r"(?: no\.?| number| to| from| from \d[\w.-]{0,20} to|d from \d[\w.-]{0,20} to)?[\"'”’]?[ =:∶(/,]{1,3}[\"'“‘v]?"
    r"|(?:upgrad|updat|bump|migrat|downgrad|install)\w{0,4} [^\n]{0,32}?(?:to |from )?|core |\d to v"
    r"|(?:chrome|crios|chromium|firefox|fxios|safari|edga?|edgios|edge|opr|opera|samsungbrowser|yabrowser|vivaldi"
    r"|electron|cfnetwork|darwin|okhttp|dalvik|gsa|ios|windows|android|macos|webview|unity|clr|webkit|java|jdk"
    r"|\.net)[ /]v?"
    r"|(?:\A|[\s(;\"])[a-z][a-z0-9_-]{1,20}/v?|[=~^>›<‹!]=\s?|[~^]\s?)"
)
_VERSION_AFTER = r"(?![A-Za-z0-9]|\.\d|-[A-Za-z]|\+\d)"


def is_phone(text: str) -> bool:
    """Whether text has as many digits as telephone numbers have, and not all the same."""
    digits = digits_of(text)
    return 9 <= len(digits) <= 15 and len(set(digits)) > 2


_NO_PHONE_BEFORE = (
    r"(?:order|invoice|ticket|case|ref|reference|isbn|sku|build|id|serial|part|tracking|po|number|job|batch|issue|rev"
    r"|revision|version|upc|ean|account|offset|line|lines|range|ports?|seq|code|commit|ts|timestamp)[ #.:=_-]{0,3}"
)

IPV4 = SecretPattern(
    "ip",
    # The digit is looked for before what stands before it: of the places in a text few have one.
    rf"\d(?<![A-Za-z0-9.@＠-]\d)\d{{0,2}}(?:\.\d{{1,3}}){{3}}{_VERSION_AFTER}",
    (".",),
    7,
    is_ipv4,
    _VERSION_BEFORE,
)

PERSONAL: tuple[SecretPattern, ...] = (
    SecretPattern(
        "email",
        rf"(?:\"[^\"\s@<>]{{1,30}}(?: [^\"\s@<>]{{1,30}}){{0,3}}\""
        rf"|(?<![\w.+-])[\w+][\w.+'-]{{0,63}}+(?:%2[Bb][\w.+-]{{1,64}}+)?){AT}"
        r"(?!v?\d+\.\d)[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:xn--[a-z0-9-]{2,40}|[^\W\d_]{2,24})(?![\w-])",
        ("@", "＠", "%40"),
        6,
        is_email,
    ),
    SecretPattern(
        "iban",
        r"[A-Za-z](?<![A-Za-z0-9][A-Za-z])[A-Za-z]\d{2}(?:[ \u00a0-]?[A-Za-z0-9]{4}){2,7}"
        r"(?:[ \u00a0-]?[A-Za-z0-9]{1,4})?(?![A-Za-z0-9])",
        ("",),
        15,
        is_iban,
    ),
    SecretPattern(
        "card",
        r"\d{4}(?<![A-Za-z0-9.@＠-]\d{4})(?:(?:[ -]?\d){8,15}|(?:[._\u00a0]\d{4}){3})(?![A-Za-z0-9]|[-.]\d)",
        ("",),
        13,
        is_card_number,
        r"(?:offset|id|seq|sequence|timestamp|time|ts|nanos|micros|cursor|position|bytes|size|snowflake|trace|span|lsn|xid|serial"
        r"|tracking|counter|epoch|checksum|crc|hash|key|lock|shard)[\"']?\s?[:= ]\s?[\"']?",
    ),
    SecretPattern(
        "ip",
        r"(?<![A-Za-z0-9:.@＠-])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{1,4}|(?<=::))"
        r"(?:%[A-Za-z0-9]{1,16})?(?![A-Za-z0-9]|:[0-9A-Fa-f])",
        (":",),
        3,
        is_ipv6,
    ),
    IPV4,
    SecretPattern(
        "ip",
        r"(?<![A-Za-z0-9])(?:ip-)?\d{1,3}(?:-\d{1,3}){3}(?=\.(?:[\w-]{1,40}\.){0,4}(?:compute|amazonaws|static|dynamic|dsl|cable|pool|isp|net)\b)",
        ("-",),
        10,
        lambda text: is_ipv4(text.removeprefix("ip-").replace("-", ".")),
    ),
    SecretPattern(
        "phone",
        r"(?:\+(?<![A-Za-z0-9+@＠.:/-]\+)"
        r"|00(?<![A-Za-z0-9+@＠.:/-]00)(?=[1-9]\d{1,2}[ -]))[1-9]\d{0,2}[ .\u00a0-]?(?:\(\d{1,5}\)[ .-]?)?"
        r"\d(?:[ .\-/\u00a0]{0,3}\d){6,14}(?![A-Za-z0-9]|[.:-]\d)",
        ("+", "00"),
        10,
        is_phone,
    ),
    SecretPattern(
        "phone",
        r"[(\d](?<![A-Za-z0-9.@＠/:#-][(\d])(?:(?<=1)[-. ]\(?)?(?:(?<=\()\d{3}\) ?|(?<=\()\d{3}[-. ]|\d{3}[-. ]"
        r"|(?<=\d)\d{2}[-. ])\d{3}[-. ]\d{4}(?![A-Za-z0-9]|[.:-]\d)",
        ("",),
        12,
        is_phone,
        _NO_PHONE_BEFORE,
    ),
    SecretPattern(
        "phone",
        # Pairs as France writes them, and Britain's mobile numbers.
        r"0(?<![\w.:/-]0)(?<!\d[ .]0)(?:[1-9]([ .])\d\d(?:\1\d\d){3}|\d{2}[ -]\d{3} \d\d \d\d|\d{1,2}([ -])\d{4}\2\d{4}|[1-9]\d{2,3}[/-]\d{6,8}|7\d{3} \d{3} ?\d{3})(?![\w]|[ .:/-]\d|[ ][0-9A-Fa-f]{2}\b)",
        ("0",),
        12,
        is_phone,
        _NO_PHONE_BEFORE,
    ),
    SecretPattern(
        "phone",
        # An area in brackets, as in Germany, Brazil and Russia.
        r"(?<![\w.:/#-])(?P<it>(?:[78] )?\((?:0[1-9]\d{1,3}|[1-9]\d{1,2})\) ?\d{3,5}(?:[- ]?\d{2,4}){1,2}+)(?![\w]|[.:-]\d)",
        ("(",),
        12,
        is_phone,
        _NO_PHONE_BEFORE,
    ),
    SecretPattern(
        "phone",
        # China's mobile numbers.
        r"(?<![\w.:/#-])(?<!\d )1[3-9]\d([ -])\d{4}\1\d{4}(?![\w]|[ .:-]\d)",
        ("1",),
        13,
        is_phone,
        _NO_PHONE_BEFORE,
    ),
    SecretPattern("personal", r"(?<![\w.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\w.-])", ("-",), 14, is_cpf),
    SecretPattern("personal", r"(?<![\w.-])[2-9]\d{3} \d{4} \d{4}(?![\w.-]| \d)", (" ",), 14, is_aadhaar),
    SecretPattern(
        "personal",
        r"(?<![\w.-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w.-])",
        ("-",),
        11,
        unless_before=_NO_PHONE_BEFORE,
    ),
)
