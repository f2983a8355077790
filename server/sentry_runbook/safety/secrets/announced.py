"""Secrets that a sentence announces: codes, passwords that were tried, values that were compared or changed."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

from sentry_runbook.safety.secrets.commands import is_argument
from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.values import looks_random

_ODD = r"[\"'‘“]?(?P<it>(?=[^\s\"'<>,;]{0,80}\d)(?=[^\s\"'<>,;]{0,80}[A-Za-z]|\d{6,8}(?!\d))[^\s\"'’”<>,;]{6,400}+)"
"""A word with a digit and a letter, or a code."""


def is_password(text: str) -> bool:
    """Whether a word of letters and digits is a password, and no name of a class, version or algorithm."""
    return is_argument(text) and looks_random(text)


_STRONG = (
    r"(?P<it>(?=[^\s\"'<>]{0,60}\d)(?=[^\s\"'<>]{0,60}[A-Z])(?=[^\s\"'<>]{0,60}[a-z])"
    r"[\w!#$%^&*~?+-]{7,60}+)(?![\w./:=@＠(])"
)
_COMPARED = (
    r"(?i)(?<![a-z0-9_-])(?:csrf|xsrf|state|nonce|token|hmac|verifier|password|passphrase|secret|pin|otp|totp|code)"
    r"(?: \w{1,12}){0,2}?"
    r"(?: mismatch\W{1,3}(?:(?:expected|got|received) )?| (?:changed|updated|rotated|differs) from |: (?:expected|got|received) )"
)
_COMPARISONS = (
    "mismatch",
    "changed from",
    "updated from",
    "rotated from",
    "differs from",
    ": expected",
    ": got",
    ": received",
)

ANNOUNCED: tuple[SecretPattern, ...] = (
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:user|device|backup|recovery|pairing|scratch|rescue|login|sign-?in|unlock)[ _-]code(?: is| was|:| =){0,2}\s?[\"']?"
        r"(?P<it>(?:(?-i:[A-Z0-9]{3,5}-[A-Z0-9]{3,5})|\d{6,10}|(?=[a-z-]{0,14}\d)[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){1,3})(?![\w-]))",
        (" code", "-code", "_code"),
        12,
    ),
    SecretPattern("secret", _COMPARED + _ODD, _COMPARISONS, 16, is_argument),
    SecretPattern(
        "secret",
        _COMPARED
        + r"(?:<\w+ \d+>|[^\s<>]{4,200}+)[,;\"']{0,2} (?:but |and |vs\.? )?(?:to|got|received|expected|was|!=|≠|vs\.?):? "
        + _ODD,
        _COMPARISONS,
        16,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:set|check|verify|change|reset|with|validate|compare|hash|update|match|confirm|encrypt)_?pass(?:word|wd|phrase)?\w{0,12}"
        r"\(\s?[\"'](?P<it>[^\"'\n<>]{3,400}+)",
        ("pass",),
        12,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)pass(?:word|wd|phrase)?\w{0,12}(?:\.(?:equals|includes|startswith|match|compareto)\(| ?!={1,2} ?| (?:eq|ne) )(?:[\"'](?P<it>[^\"'\n<>]{3,400}+)"
        r"|(?P<it2>(?=[^\s\"'<>]{0,60}\d)(?=[^\s\"'<>]{0,60}[A-Z#!$%^&*-])[^\s\"'<>()]{5,200}+))",
        ("pass",),
        12,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:log_?in|authenticate|auth|sign_?in|(?:simple_)?bind(?:_s)?|credential )\(\s?[\"']?[^\"'(),\n]{1,80}+[\"']?,\s?[\"']"
        r"(?P<it>(?=[^\"'\n<>]{0,60}\d)[^\"'\n<>]{5,200}+)[\"']",
        ("login", "log_in", "auth", "sign", "bind", "credential ("),
        14,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?:seed|recovery|mnemonic|secret|backup|wallet)[ _-]?(?:phrase|words?)?[\"']?(?: is| was|:| =|=){0,2}\s{0,2}[\"']?"
        r"(?P<it>(?:[a-z]{3,8} ){11,23}[a-z]{3,8})(?![a-z])",
        ("seed", "phrase", "mnemonic", "words"),
        50,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:(?:use|enter|type)(?: code| pin)? (?P<it>\d{4,8}) (?:to|as) (?:sign|log|verif|confirm|authent|activ|complete|access|your|continue)"
        r"|(?<!exit )(?<!error )(?<!status )code (?P<it2>\d{6}) (?:has expired|expired|is (?:invalid|wrong|incorrect)|rejected|was already|already)"
        r"|your (?:[a-z]{1,16} ){0,2}code(?: is|:) ?(?P<it3>\d{4,8})|(?:invalid|wrong|incorrect) code:? (?P<it4>\d{6})(?!\d))",
        ("use ", "enter ", "type ", "code"),
        14,
    ),
    # Whatever the program is, and however the sentence goes on: a word of letters of both cases, digits and signs.
    SecretPattern(
        "credential",
        r"(?<![\w-])(?:-[ktsaxTK]|--(?:key|login|id))(?:[\"'],\s?|\s{1,2}|=)[\"']?"
        r"(?P<it>(?=[a-z\d_-]{0,60}+[A-Z])(?=[A-Z\d_-]{0,60}+[a-z])(?=[A-Za-z_-]{0,60}+\d)[\w-]{20,400}+|[0-9a-f]{32,128}+)(?![\w./:=])",
        ("-k", "-t", "-s", "-a", "-x", "--login", "--id"),
        23,
        is_password,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w/])(?:/(?:p|pw|pass|rp):|(?:user(?:add|mod)|adduser)\s[^\n¦;]{0,100}?-p\s{1,2}|ftp\s{1,2}-u\s{1,2}[\w.-]{1,40},"
        r"|--(?:auth|login|user|userpwd)[ =][\w.-]{1,40}:)[\"']?(?P<it>[^\s\"'<>]{4,200}+)",
        ("/p", "/rp:", "-p ", "ftp -u", "--auth", "--login", "--user"),
        8,
        is_argument,
    ),
    SecretPattern(
        "credential",
        rf"(?<![^\s\"'(])(?!mailto|sip|xmpp|acct|tel|im:)[A-Za-z][\w.-]{{0,40}}:{_STRONG.replace('/:=@＠', '/:=')}(?=[@＠][\w.-])",
        ("@", "＠"),
        12,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z])(?:tried|trying|using|with|guess(?:ed)?|default|old|new|temp(?:orary)?|initial|weak|common|leaked) pass(?:word|phrase|code)s?:? "
        r"[\"'‘“](?P<it>[^\"'’”\n<>]{4,60}+)[\"'’”]",
        ("password", "passphrase", "passcode"),
        18,
        is_argument,
    ),
    SecretPattern(
        "credential",
        rf"(?<![\w-])-(?:[pPwW]|pw|pass)(?:[\"'],\s?|\s{{0,2}})[\"']?{_STRONG}",
        ("-p", "-w"),
        12,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i:(?<![a-z0-9_-])(?:passwords?|passphrase|passwd|pwd|cred(?:ential)?s?|(?:auth\w{0,14}|log-?in|sign-?in|bind)(?: \w{1,12}){0,4} with))"
        rf"(?:[ ,(:\"'/]{{1,3}}+\w{{1,12}}+){{0,2}}?[ ,(:\"'/]{{1,3}}+(?:{_STRONG}"
        r"|(?<=[\"'])(?P<it2>(?=[^\s\"'<>]{0,60}\d)(?=[^\s\"'<>]{0,60}[a-z])[^\s\"'<>=:/]{6,60}+)(?=[\"']))",
        ("passw", "passphrase", "pwd", "cred", " with "),
        12,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:otp|totp|2fa|mfa|one[- ]time|verification code|passcode|sms code|login code|security code|pin)"
        r"(?!s)(?=[^\d\n.;=/]{1,30}+\d{3})(?![^\d\n]{0,30}(?:count|total|users|attempts|port|\bid\b|length|ttl|after|within|expires?|ms|took))[^\d\n.;=/]{1,30}(?P<it>\d{6}|\d{3}[ -]\d{3})(?![\w.-]\d|\w)",
        ("otp", "2fa", "mfa", "one", "code", "pin"),
        10,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:code|grant|seed|state(?: parameter)?|ticket|nonce|key|token|session|challenge|assertion|link|invitation|jti|for)(?:[ :=(\"']{1,3}[a-z]{1,12}){0,3}[ :=(\"']{1,3}"
        r"(?P<it>(?-i:(?=[\d_a-z-]{0,60}+[A-Z])(?=[\d_A-Z-]{0,60}+[a-z])(?=[A-Za-z_-]{0,60}+\d)(?=[A-Za-z_-]{0,60}\d+[A-Za-z_-]{1,60}\d))"
        r"[\w-]{26,200}+)(?![\w.(/])",
        (
            "code",
            "grant",
            "seed",
            "state",
            "ticket",
            "nonce",
            "key",
            "token",
            "session",
            "challenge",
            "assertion",
            "link",
            "invitation",
            "jti",
            "for ",
        ),
        30,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])password (?:given|entered|set|supplied|provided|used|reset|tried)(?: was| is| to|:){1,2} "
        + _ODD,
        ("password ",),
        18,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])password (?:attempts?|guess|candidate|tried|entered|given|supplied|provided|was|used)\W{0,2} ?"
        r"[\"'‘“](?P<it>[^\"'’”\n<>]{4,200}+)[\"'’”]",
        ("password ",),
        18,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:passphrase|pass phrase) ?[:=]? ?(?:is |was )?[\"']?"
        r"(?P<it>(?:(?!(?:for|the|you|your|that|and|of|to|in|on|from|with|was|is|must|not|has|this|given|entered|provided|used|supplied|does|did|or|should|needs?)\b)"
        r"[a-z]{3,10}[ -]){2,7}[a-z]{3,10})[\"']?(?: (?:did|does|is|was|has|cannot|could)\b|\Z|[,;.\n⏎])",
        ("passphrase", "pass phrase"),
        24,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:security|secret|challenge|recovery) answer:? (?:was |is )?[\"']?(?!(?:for|of|from|does|did|was|is|the|to|has)\b)"
        r"(?P<it>[^\"'\n<>:=]{2,60}?)[\"']? (?:did not|does not|didn't|doesn't|is wrong|is incorrect|was wrong|was rejected|rejected)",
        (" answer",),
        24,
    ),
    SecretPattern("secret", r"(?<![\w-])response=\\?\"(?P<it>[0-9a-f]{32,64})\\?\"", ("response=",), 43),
    SecretPattern(
        "secret", r"(?i)(?<![a-z])seed:? (?P<it>(?-i:(?=[A-Z]{0,40}[2-7])[A-Z2-7]{16,64}))(?!\w)", ("seed",), 21
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![a-z0-9_-])(?:cred(?:ential)?s?|default password|basic auth(?:entication)?|user:pass(?:word)?|login)(?: was| were| with| as)?\W{1,3}"
        r"(?:[\w.＠-]{1,40}(?::| / )|(?<=\()[\w.＠-]{1,40}/)(?=[^\s\"'<>]{0,60}[a-z])(?P<it>(?=[^\s\"'<>]{0,60}[\d!#$%^&*])[^\s\"'<>(),;/:]{5,100}+)",
        ("cred", "default password", "basic auth", "user:pass", "login"),
        14,
        is_argument,
    ),
)
"""Forms that words announce."""
