"""Forms of credentials that are no service's own: keys, URLs, headers, cookies, JWTs, hashed passwords."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import binascii
import re
from functools import cache

from sentry_runbook.safety.secrets.pattern import QUOTE, SecretPattern

_NOT_WEB = r"(?<!(?:tt|xx|TT|XX)[pP][:∶]//)(?<!(?:tt|xx|TT|XX)[pP][sS][:∶]//)"
_URL_CHAR = r"(?!//)[^\s<>\"'‵‹›¦]"
_HOST = r"[@＠](?=[\w\[.-]|<ip )"
_PLAIN_USER = rf"[^\s/?#<>\"'‵‹›¦\\]{{1,512}}(?={_HOST})"
_PASSWORD_WITH_SLASH = (
    rf"[^\s/:@＠<>\"'‹›\\]{{0,128}}:(?!\d{{1,5}}[/?#])(?:{_URL_CHAR}){{1,256}}"
    r"(?=[@＠][\w.\[-]{1,200}(?:[:/?,;\"')\]\s]|\Z))"
)
_TORN = r"[^\s/:@＠.<>\"'‹›\\\[{$]{1,64}:(?!\\|\d{0,5}\W{0,4}\Z|port\b|\{|\$)[^\s/@＠…<>\"'‹›)]{3,256}+(?=\Z|…|\.\.\.)"


def is_credential(text: str) -> bool:
    """Whether text is a credential and not a word: it contains digits, punctuation or capitals, or is too long."""
    return len(text) >= 24 or _mixed().search(text) is not None


@cache
def _mixed() -> re.Pattern[str]:
    return re.compile(r"\d|[A-Za-z][~+/=][A-Za-z=]|[a-z][A-Z](?!ccess)(?!oken)(?!uth)")


def is_user_info(text: str) -> bool:
    """Whether the part of a URL before ``@`` holds a secret: a name alone does not, nor a variable."""
    return _everyones().fullmatch(text) is None


@cache
def _everyones() -> re.Pattern[str]:
    variable = r"(?:\$\{?\w{1,40}\}?|\{\w{1,40}\}|[*x]{2,20}|\[\w{1,20}\]|%s)"
    return re.compile(rf"[A-Za-z_.-]{{1,15}}|{variable}(?::{variable})?|[a-z]{{1,15}}:{variable}")


def is_basic(text: str) -> bool:
    """Whether text is what follows ``Basic``: base64 of a name and a password, perhaps cut."""
    try:
        decoded = binascii.a2b_base64(text[: len(text) // 4 * 4])
    except ValueError:  # no base64, or a letter beside ASCII: case is ignored, and ſ is an s in another case
        return False
    return b":" in decoded or (len(text) >= 24 and any(char.isdigit() for char in text))


def is_header_value(text: str) -> bool:
    """Whether what follows ``Authorization:`` is a credential: not a word about one, not a scheme alone."""
    scheme, _, rest = text.strip().partition(" ")
    if _about().fullmatch(scheme):
        return False
    if not rest:
        return is_credential(scheme) and len(scheme) > 5
    return _about().fullmatch(rest.strip(" \"'")) is None


@cache
def _about() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:realm=.*|error=.*|null|undefined|none|nil|true|false|\$\{?\w{1,60}\}?|\{.*|\*{2,}|x{3,}|\.{2,}|…"
        r"|\[\w{1,20}\]?|<.*"
        r"|(?:headers?|is|was|not|no|must|has|tokens?|required|missing|failed|failure|invalid|error|expired|denied|scheme"
        r"|type|check|code|flow|grant|server|field|value|disabled|enabled|ok|and|or|the|a|via|with|for|to|by|present"
        r"|authentication|credentials?|auth|realm|malformed|revoked|absent|empty|unauthorized|forbidden|string)"
        r"(?:[ .,:;!)\]].{0,200})?)"
    )


_AUTHORIZATION = (
    rf"(?i)(?<![a-z0-9])authorization{QUOTE}?\]?\s{{0,4}}(?:[:=,]|=[>›])\s{{0,4}}[\[(]?[bu]?{QUOTE}?"
)  # fmt: skip
_BLANK = r"(?:\\?\s|%20|\+|\\t){1,4}"

CREDENTIALS: tuple[SecretPattern, ...] = (
    SecretPattern(
        "key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}-----|\Z)"
        r"|PuTTY-User-Key-File-\d:(?s:.*?)(?:Private-MAC: ?[0-9a-f]{8,80}|\Z)",
        ("private key", "putty-user-key-file"),
        22,
    ),
    SecretPattern("key", r"LS0tLS1CRUdJTi(?!BDRVJU)[\w+/=]{16,16384}+", ("ls0tls1crudjti",), 30),
    SecretPattern(
        "credential",
        # A password may hold any sign but blanks: of a web address the part before the first path is looked at first.
        rf"[:∶]//(?:{_NOT_WEB}(?P<it>{_PASSWORD_WITH_SLASH})|(?P<it2>{_PLAIN_USER})|(?P<it3>{_PASSWORD_WITH_SLASH})"
        rf"|(?P<it4>{_TORN}))",
        ("//",),
        5,
        is_user_info,
    ),
    SecretPattern(
        "credential",
        rf"[:∶]\\/\\/(?P<it>(?:[^\s/\\@＠\"'<>‹›]|\\/(?!\\/)){{1,256}}+){_HOST}",
        ("\\/\\/",),
        9,
        is_user_info,
    ),
    SecretPattern(
        "credential",
        _AUTHORIZATION + r"(?P<it>(?:digest|aws4-[\w-]{4,30}|hawk|oauth|signature|mac|sharedkey\w{0,8}|googlelogin"
        r"|scram-[\w-]{4,20})\s{1,4}(?:(?!\s-[A-Za-z]\b|'(?:\s|\Z)|\"(?:\s?[}\])]|\s?,\s?[\"']|\Z)|\\[nr\"](?![,\w ]))"
        r"[^\n⏎<>]){4,4096}[\"']?)",
        ("authorization",),
        20,
    ),
    SecretPattern(
        "credential",
        _AUTHORIZATION + r"(?P<it>(?:[A-Za-z][\w-]{0,30}(?:\s|%20|\+){1,4})?[^\s\"'‵\\,;<>‹›{}\[\]⏎]{1,4096}+)",
        ("authorization",),
        15,
        is_header_value,
    ),
    SecretPattern(
        "credential",
        rf"(?i)(?<![a-z0-9])bearer{_BLANK}(?P<it>[A-Za-z0-9._~+/=-]{{8,4096}}+)",
        ("bearer",),
        14,
        is_credential,
    ),
    SecretPattern(
        "credential",
        rf"(?i)(?<![a-z0-9])basic{_BLANK}(?P<it>[A-Za-z0-9+/_-]{{8,4096}}+={{0,2}})",
        ("basic",),
        14,
        is_basic,
    ),
    SecretPattern(
        "credential",
        rf"(?i)(?<![a-z0-9])(?:negotiate|ntlm|kerberos){_BLANK}(?P<it>(?-i:YII|YIG|TlRM|oY|oR)[A-Za-z0-9+/=_-]{{8,8192}}+)",
        ("negotiate", "ntlm", "kerberos"),
        14,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![a-z0-9])(?:token|apikey|api-key|jwt|secret|password|ticket|challenge|hmac|verifier|nonce|assertion|csrf|ott|otc"
        r"|(?:activation|license|licence|api|access|secret|signing|encryption|auth|master|private|session) key)\s(?=[a-z_/+-]{0,200}+\d)(?=[\d_/+-]{0,200}+[a-z])"
        r"(?P<it>[A-Za-z0-9_/+-]{16,4096}+={0,2})(?![\w.:/(])",
        (
            "token ",
            "key ",
            "jwt ",
            "secret ",
            "password ",
            "ticket ",
            "challenge ",
            "hmac ",
            "verifier ",
            "nonce ",
            "assertion ",
            "csrf ",
            "ott ",
            "otc ",
        ),
        20,
    ),
    SecretPattern(
        "cookie",
        rf"(?i)(?<![a-z0-9])(?:set-?)?cookies?{QUOTE}?\]?\s{{0,4}}(?:[:=,]|=[>›])\s{{0,4}}[\[(]?\s?{QUOTE}?"
        r"(?P<it>[\w.%-]{1,100}=[^\"'\\\n⏎<>]{1,4096})",
        ("cookie",),
        10,
    ),
    SecretPattern(
        "secret",
        r"\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|sha1|md5|argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,12}|bcrypt[\w-]{0,8})\$"
        r"[./A-Za-z0-9$,=+-]{13,400}+|(?<![A-Za-z0-9])(?:pbkdf2_sha\d{1,3}|argon2|bcrypt(?:_sha256)?|scrypt|md5|sha1)"
        r"\$[./A-Za-z0-9$,=+-]{16,400}+",
        ("$",),
        16,
    ),
    SecretPattern(
        "secret",
        # A user, and one letter for the password.
        r"(?i)[?&;](?:u|usr|user(?:name|id)?|login|uid|email)=[^&;\s]{1,80}+[&;](?:p|k|w)=(?P<it>[^&;\s#<>\"')]{4,200}+)",
        ("&p=", ";p=", "&k=", ";k=", "&w=", ";w="),
        10,
    ),
    SecretPattern(
        "secret", r"\{(?:SSHA|SHA|SMD5|CRYPT|PBKDF2[\w-]{0,10}|SSHA\d{3})\}[./A-Za-z0-9+=$]{16,200}+", ("}",), 21
    ),
)

JWT = SecretPattern(
    "jwt",
    # The last alternative is one that a cut has torn before its first dot.
    r"(?<![A-Za-z0-9])(?:eyJ|ZXlK)"
    r"(?:[\w-]{8,4096}+\.[\w-]{4,8192}+(?:\.[\w-]{0,4096}+){0,3}|[\w-]{14,8192}+[+/=\w-]{0,4096}+)",
    ("eyj", "zxlk"),
    15,
)
