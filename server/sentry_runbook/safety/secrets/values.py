"""Whether a value that stands after a sensitive name is a secret, or a word about one.

Theory: a name says what its value is, unless the text speaks about the name. ``password=hunter2`` holds a password;
``password: required``, ``token=null``, ``secret=${SECRET}`` and ``token = state.token`` hold none. How sure one must be
depends on how the value is introduced: after ``=`` and in quotation marks nearly everything is a value, after a colon
a sentence may follow, after a word that has other meanings (``session``, ``auth``) only what looks like a credential.
"""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from functools import cache

from sentry_runbook.safety.secrets.names import words
from sentry_runbook.safety.sensitive_keys import Sensitivity, sensitivity, words_of

SCRUBBED = frozenset(("[Filtered]", "[redacted]", "********", "[ip]", "[email]", "[creditcard]", "[REDACTED]", "****"))
"""What Sentry and its SDKs put in place of a secret: shown unchanged."""
MOST_AFTER = 400
"""Characters of a sentence about a secret behind the word that says it is one."""
UNEXPECTED = ("unexpected ", "invalid ", "missing ", "expected ", "unknown ", "bad ", "no ", "illegal ")
"""Before a name: what follows is the complaint, and not the secret."""
EMPTY = frozenset(
    ("none", "null", "undefined", "nil", "true", "false", "nan", "", "''", '""', "{}", "[]", "yes", "no", "on", "off")
)
_SAID = words(
    "required missing invalid incorrect expired wrong empty expected unexpected failed denied unauthorized"
    " mismatch rejected needed mandatory optional unknown malformed revoked unset set absent present ok okay"
    " error string str text varchar int integer number bool boolean object dict list bytes array any uuid char"
    " email hidden redacted filtered masked scrubbed removed omitted encrypted hashed anonymous basic bearer"
    " digest oauth oauth2 oidc saml ldap jwt sso mfa totp apikey api_key session cookie cookies hmac rsa"
    " ed25519 ecdsa hs256 rs256 es256 sha1 sha256 sha512 md5 bcrypt argon2 active inactive closed open opened"
    " started ended created destroyed new old valid accepted lax strict disabled enabled pending success"
    " successful timeout stopped refreshed refreshing rotated changed updated deleted not_found not-found"
    " notfound include same-origin omit default n/a na tbd todo unavailable unsupported undefined secretstr"
    " password_hash optional[str] str|none is was"
)
"""Values that say something about a secret."""


@cache
def _prose() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:must|is|was|are|were|not|has|have|had|cannot|can|can't|could|does|doesn't|do|did|didn't|don't|will|won't"
        r"|required|missing|(?:in)?valid|(?:in)?correct|expired|wrong|empty|(?:un)?expected|failed|failure|denied"
        r"|unauthorized|mismatch|rejected|needed|mandatory|too|should|may|might|and|or|the|an?|no|none|if|when|while|after"
        r"|before|for|of|in|on|at|to|from|with|without|by|as|that|this|your|you|please|use|using|see|check|try|enter|got"
        r"|authentication|authorization|validation|error|field|value|format|length|string|str|int|object|dict|list|bytes"
        r"|ok|unknown|user|users|account|token|tokens|password|passwords|secret|key|login|sign|request|response|server"
        r"|signature|header|claim|claims|issuer|audience|algorithm|issued|malformed|[a-z]{3,20}(?:ed|ing|able))[.,!?;:]?"
    )


@cache
def _placeholder() -> re.Pattern[str]:
    name = r"[A-Za-z_][\w.-]{0,60}"
    return re.compile(
        rf"[*•.·xX?_#-]{{3,64}}|…|\*+|\$\{{?[A-Z_][A-Z0-9_]*\}}?(?:….*)?|\$\{{[^{{}}]*\}}?|\$\([^()]*\)?"
        rf"|\$\{{?\{{.*|\{{ ?\{{.*|\{{{name}\}}?"
        rf"|%\(?{name}\)?s|%[sdrvq]|%\w+%|‹[^‹›]*›?|\[{name}\]?|\({name}\)|<{name} \d+>|:{name}|@{name}|\?|\$\d{{1,3}}"
        r"|<[^<>]*>|#(?:[0-9a-fA-F]{3}){1,2}|rgba?\(.*|\d{1,4}(?:\.\d{1,3})?(?:px|r?em|v[hw]|pt)"
        r"|[~^]?v?\d{1,3}\.\d{1,3}\.\d{1,3}(?:[-+][\w.]+)?|(?:\.{1,2}|~)/[\w./-]+|/(?:[\w.-]++/)++[\w-]+\.[a-z]{2,4}|/run/secrets/[\w-]+"
        r"|(?!Secret|Str|Some|Just|Optional|Text|Sensitive|Credential)[A-Z][A-Za-z]{2,40}\(.*\)"
        r"|(?:Optional|Option|Union|List|Maybe|Nullable)\W.*|(?i:n?varchar\d?|char|text|string|varbinary|binary)\(.*"
        r"|(?:ENC|enc|!vault|!reference|!secret|!Ref|!Sub|!ImportValue)\b.*|\{cipher\}.*"
        r"|\[?(?:redacted|filtered|hidden|masked|scrubbed|removed|omitted|secret|encrypted|protected|not set|unset)\]?"
        r"|(?:process\.env|os\.environ|os\.getenv|getenv|env|ENV|Deno\.env|import\.meta\.env|secrets|vars|var|vault"
        r"|data|local|ssm|arn)[.:(\[].*|(?i:your|insert|enter|replace)[-_ ][A-Za-z_ -]{1,40}"
    )


@cache
def _code() -> re.Pattern[str]:
    """A value that is an expression of a program: ``state.token``, ``getToken()``, ``self.secret``."""
    part = r"[A-Za-z_$][\w$]{0,60}+"
    return re.compile(
        rf"(?:(?:await|new|this|self|req|request|res|ctx|context|config|cfg|conf|settings|options|opts|params|args|kwargs|props"
        rf"|state|os|env|data|form|body|user|event|session|client|app|module|window|document|localStorage|input|payload)"
        rf"(?:\??\.|\b)|{part}(?:\??\.{part}){{0,5}}\.(?:get|token|password|secret|value|headers|body|[a-z]{{1,12}}(?:Token|Password|Secret|Key)))"
        rf"(?:{part})?(?:\??\.{part}){{0,6}}+(?:[(\[].*)?|{part}(?:\.{part}){{0,5}}\(.*|\$[A-Za-z_]{{2,40}}(?:[-.\[:].*)?"
    )


@cache
def _identifier() -> re.Pattern[str]:
    return re.compile(r"[a-z]+(?:[-_./:][a-z]+)*|[A-Z]+(?:[-_.][A-Z]+)*|[A-Z]?[a-z]+(?:[A-Z][a-z]+){0,4}")


@cache
def _about_sentence() -> re.Pattern[str]:
    return re.compile(r"(?i)(?:has|is|was|are|too|not|can't|cannot|must|may|should|does) (?:[a-z']{1,20}+ ?){1,8}[.!]?")


@cache
def _speaks_about() -> re.Pattern[str]:
    return re.compile(
        r"(?i)\b(?:must|required|invalid|incorrect|cannot|should|at least|too (?:short|long|weak"
        r"|common)|does ?n[o']t|do not"
        r"|not match|at most|no more than|ensure|expired|missing|wrong|may not|can't|is not|was not|has been|not found|already|failed|blank"
        r"|denied)\b"
    )


def is_filler(value: str) -> bool:
    """Whether a value stands in place of a secret: scrubbed, empty, a variable, a placeholder."""
    bare = value.rstrip(":;,.!)") if len(value) > 1 else value
    return value in SCRUBBED or bare.lower() in EMPTY or _placeholder().fullmatch(bare) is not None


def is_said(value: str) -> bool:
    """Whether a value says something about a secret instead of being one."""
    if value.lower().rstrip(".!,") in _SAID or _algorithm().fullmatch(value):
        return True
    value = value.replace("_", " ") if value.islower() else value
    if " " not in value:
        return False
    said = _speaks_about().search(value, value.index(" ") + 1)
    return (said is not None and len(value) - said.end() <= MOST_AFTER) or _about_sentence().fullmatch(
        value
    ) is not None


@cache
def _algorithm() -> re.Pattern[str]:
    return re.compile(
        r"(?i)(?:sha|md)-?\d{1,3}(?:[-_]?with\w{2,10})?|[hrep]s(?:256|384|512)k?|aes[\w-]{0,12}|hmac[\w-]{0,12}|rsa[\w-]{0,8}"
    )


def looks_random(value: str) -> bool:
    """Whether a value looks like a credential: no word, no path, no version, no name with a colon."""
    if len(value) < 4 or _identifier().fullmatch(value) or value[:1] in "/.~" or "://" in value or " " in value:
        return False
    if value.isdigit():
        return len(value) > 5
    if _no_credential().fullmatch(value):
        return False
    return len(value) > 19 or _is_mixed().search(value) is not None


@cache
def _no_credential() -> re.Pattern[str]:
    return re.compile(
        r"v?\d++\.\d++(?:[-+.]\w++)*+|[A-Za-z_][\w.-]*:\d{0,12}|\d+(?:\.\d+)?(?:ms|s|m|h|d|kb|mb|px|%)|[\w.-]+/[\w./-]*\.\w{1,5}"
        r"|[A-Z]+[-_]?\d{1,5}|\d{1,3}(?:,\d{3})+|0x[0-9a-fA-F]{1,16}|(?:[A-Z][a-z]+)+\d{0,3}|\d{4}-\d\d-\d\d.*"
    )


@cache
def _is_mixed() -> re.Pattern[str]:
    return re.compile(
        r"\A(?:(?=[^A-Za-z]*+[A-Za-z])(?=\D*+\d)|[^a-z]*+[a-z][^A-Z]*+[A-Z][^a-z]*+[a-z]"
        r"|[^A-Z]*+[A-Z][^a-z]*+[a-z][^A-Z]*+[A-Z])"
    )


def is_secret(name: Sensitivity, value: str) -> bool:
    """Whether the whole value of a field with a sensitive name is secret."""
    if not name.kind or is_filler(value):
        return False
    if name.needs_digits and not _has_digits_of_code(value):
        return False
    if name.kind in ("personal", "card"):
        return True
    if name.is_loose:
        return len(value) > 15 and _is_long_random().fullmatch(value) is not None
    if name.by_shape and not is_said(value):
        return looks_random(value) or (name.needs_digits and value.isdigit() and len(value) > 3)
    return not is_said(value) and (len(value) > 5 or any(map(str.isalnum, value)))


def _has_digits_of_code(value: str) -> bool:
    """Whether a value can be a code: with digits, in groups, or as long and mixed as those that OAuth exchanges."""
    return (
        sum(char.isdigit() for char in value) > 2
        or _is_code().fullmatch(value) is not None
        or (len(value) > 15 and _is_long_random().fullmatch(value) is not None)
    )


@cache
def _is_code() -> re.Pattern[str]:
    return re.compile(r"[A-Z0-9]{3,8}(?:-[A-Z0-9]{3,8}){1,4}")


@cache
def _is_long_random() -> re.Pattern[str]:
    return re.compile(r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])[A-Za-z0-9+/=_-]+")


def is_announced(name: Sensitivity, value: str) -> bool:
    """Whether a value that stands behind a name with nothing but a blank between is one: it can be no word."""
    if name.is_loose or not looks_random(value) or not _is_mixed().search(value):
        return False
    return len(value) > 15 or (len(value) > 5 and not name.by_shape and _has_all().search(value) is not None)


@cache
def _has_all() -> re.Pattern[str]:
    return re.compile(r"\A(?=[^A-Za-z]*+[A-Za-z])(?=\D*+\d)(?=[^A-Z!#$%^&*_+~@-]*+[A-Z!#$%^&*_+~@-])")


def kind_of(name: str, value: str, *, query: bool = False) -> str:
    """The kind of mask that this value under this name gets; empty when it is no secret."""
    of_name = sensitivity(name, query=query)
    return of_name.kind if is_secret(of_name, value) and not is_path_of_shell(name, value) else ""


def is_expression(name: str, value: str) -> bool:
    """Whether an unquoted value is code that fetches a secret, or hands one on under its own name."""
    bare = value.rstrip(".,;")
    if _code().fullmatch(bare):
        return True
    last = name.rpartition(".")[2]
    return bool(bare) and bare.lower().endswith(last.lower()) and _identifier().fullmatch(bare) is not None


def is_path_of_shell(name: str, value: str) -> bool:
    """``PWD=/usr/src`` is where a shell stands."""
    return name.rpartition("_")[2].lower() in ("pwd", "oldpwd") and (
        value[:1] in "/~.\\" or value[1:3] in (":\\", ":/")
    )


def starts_sentence(value: str, before: str, after: str) -> bool:
    """Whether what follows a colon is the rest of a sentence.

    Args:
        value: the first word after the colon.
        before: what stands before the name, in lower case.
        after: what stands after the value.
    """
    if before.endswith(UNEXPECTED):
        return True
    if _prose().fullmatch(value):
        return True
    if value.isdigit():
        return len(value) < 3
    if any(char.isdigit() for char in value):
        return False
    return (
        len(value) < 4 or not (value[0].isalnum() or value[0] in "$!#%^&*_@+") or re.match(r" [a-z]", after) is not None
    )


def is_dotted_word(name: str, value: str) -> bool:
    """``token: spacing.md`` is a token of a design, ``--secret=db`` the name of a secret."""
    last = words_of(name)[-1:]
    return last in (["token"], ["key"]) and _dotted().fullmatch(value.rstrip(".,;")) is not None


@cache
def _dotted() -> re.Pattern[str]:
    return re.compile(r"[a-z]{2,20}(?:\.[a-z]{1,20}|\.\d{1,4}){1,5}")


def is_phrase(value: str) -> bool:
    """Whether several words in quotation marks are a passphrase, and no sentence about one."""
    return value.count(" ") in range(2, 12) and not any(_prose().fullmatch(word) for word in value.split())


def is_word_of_sentence(value: str) -> bool:
    """Whether an unquoted value is a word of prose: no field of a document holds one without quotation marks."""
    return _prose().fullmatch(value) is not None
