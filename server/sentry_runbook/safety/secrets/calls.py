"""Passwords in calls that take a user and a password, in quoted refusals, and codes that an exchange or a link carries."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

from sentry_runbook.safety.secrets.commands import is_argument
from sentry_runbook.safety.secrets.pattern import SecretPattern

_QUOTED = r"[\"'‘“‵](?P<it>[^\"'’”‵\n<>]{3,100}+)[\"'’”‵]"
_MIXED = r"(?P<it>(?=[a-z_-]{0,60}+\d)(?=[\d_-]{0,60}+[a-z])[a-z0-9_-]{10,100}+)"

CALLS: tuple[SecretPattern, ...] = (
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:password|passphrase|passwort|passcode)s? (?:to )?"
        + _QUOTED
        + r"(?= ?(?:[,;:.)]|\Z|rejected|is too|is not strong|is weak|is common|invalid|is invalid|is wrong|must|should|contains|failed|fails|has|does not|did not|was|not accepted|denied|for ))",
        ("passw", "passphrase", "passcode"),
        14,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:password|passphrase|passcode) (?P<it>(?!\w{0,20}(?:ing|ed)\b)(?:\d{5,12}|[a-z]{4,20}\d{0,6})) is (?:too (?:common|short|weak|simple|similar)|weak|a common|among the)",
        ("passw", "passphrase", "passcode"),
        20,
        lambda text: text.lower() not in ("which", "that", "length", "policy", "field", "strength", "entered", "given"),
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<!\w)(?:(?:http)?basic_?auth|auth|creds?|credentials?|\w{0,40}credentials?|\w{0,20}passwordauthentication|\w{0,20}ftp_login|\w{0,20}ldap_bind|\w{0,20}auth_password|\w{0,10}log_?in|authenticate|attempt)\s?[=:]?\s?\((?:array\(|resource[^,'\"]{0,12}, |\$\w{1,12}, )?[\"'][^\"'\n<>]{1,80}[\"'],\s?"
        + _QUOTED
        + r"(?=\.|,? ?[)\]])",
        ("auth", "cred", "login", "log_in", "bind", "attempt"),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![a-z0-9])(?:real_?)?(?:connect|pdo(?:(?:->|->|-›)__construct)?)\(\s?[\"'][^\"'\n]{1,120}[\"'],\s?[\"'][\w.-]{1,40}[\"'],\s?"
        + _QUOTED,
        ("connect(", "pdo"),
        16,
        is_argument,
    ),
    SecretPattern(
        "secret", r"(?i)(?<![a-z])credentials=\[(?P<it>[^\]\n<>]{3,100}+)\]", ("credentials=",), 16, is_argument
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z])credentials?(?: were| was|:| =)? \(?[\w.-]{1,40}(?: / |/|, )(?P<it>(?!or\b)[^\s\"'<>(),;/]{4,60}+)(?=\)|\Z| (?:rejected|failed|did|were|are|for))",
        ("credential",),
        16,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:user \S{1,40} |with )?(?:pw|passwd) (?P<it>(?=[^\s]{0,40}\d)[^\s\"'<>,;=:/()]{5,60}+)|\[[\w.＠-]{1,40}[,/] ?(?P<it2>[^\s\]<>]{4,60}+)\] (?:failed|succeeded|rejected|could not)",
        ("pw ", "passwd ", "failed", "succeeded", "rejected", "could"),
        9,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:password|passphrase) (?:attempt(?:ed)?|tried|guess(?:ed)?|typed|generated|supplied|provided|entered)(?:: ?| was | is | \()[\"'‘“]?(?P<it>(?!(?:is|was|for|by|does|did|has|not|wrong|incorrect|invalid|failed|from|at|count|the)\b)[^\s\"'<>,;)]{5,60}+)[\"'’”]?(?=\)|\Z|[,;.] )",
        ("password ", "passphrase "),
        18,
        lambda text: is_argument(text) and not text.isdigit(),
    ),
    SecretPattern(
        "secret",
        r"(?i)[?&＆;](?:pass|auth|pwd|pw)=(?P<it>[^&＆#\s\"'<>;]{5,100}+)",
        ("pass=", "auth=", "pwd=", "pw="),
        10,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)[?&＆](?:h|hash|md5|sign|signed|digest|hmac|mac|sgn|sig|vt|dl|vk|e?token|s|q?sig|x|key|c)=(?P<it>(?=[a-z]{0,60}\d)[0-9a-f]{32,128}|(?-i:(?=[a-z\d_-]{0,60}+[A-Z])(?=[A-Z\d_-]{0,60}+[a-z])(?=[A-Za-z_-]{0,60}+\d)(?=[A-Za-z_-]{0,60}\d+[A-Za-z_-]{1,60}\d)[\w-]{12,200}+))(?=[&＆#\s\"'<>;)]|\Z)",
        ("=",),
        16,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:exchang\w{1,4} (?:of |for |failed |the |authorization |auth ){0,4}code|authori[sz]ation[ _]code|auth code|grant code|invite|invitation|link token|reset (?:code|key|token)|hint_token|confirmation (?:code|token|key)|activation (?:code|token|key)|recovery key|state)[ =:\"'(]{1,3}"
        + _MIXED
        + r"(?![\w.(/:=])",
        ("code", "invit", "token", "key", "state"),
        16,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:(?:your|authenticator|totp|sms|email|app|two-factor|2-step) (?:[a-z]{1,16} )?(?:code|token)(?: is|:)? |(?<!exit )(?<!error )(?<!status )(?:code|token)[ =](?=\d{6} (?:did not match|invalid for|does not match|not accepted|incorrect|wrong|invalid))|texted )"
        r"(?P<it>\d{6}|\d{3}[ -]\d{3}|(?-i:[A-Z0-9]{4}-[A-Z0-9]{4}))(?![\w-])",
        ("code", "token", "texted"),
        12,
    ),
    SecretPattern(
        "secret",
        r"(?<![\w.-])(?P<it>\d{6}|\d{3}-\d{3}) is (?:the|your|a) (?:[A-Za-z-]{1,16} ){0,2}(?:code|passcode|OTP|PIN)\b|(?<![\w-])user_code[=:\" ]{1,3}(?P<it2>[A-Z0-9]{6,10})\b|(?i:recovery key) (?P<it3>[A-Z0-9]{4}(?:-[A-Z0-9]{4}){2,8})",
        ("code", "otp", "pin", "recovery key"),
        14,
    ),
    SecretPattern(
        "secret",
        r"(?i)/(?:reset|reset[-_]password|password[-_]reset|invite|invitation|magic(?:[-_]link)?|verify(?:[-_]email)?|confirm(?:[-_]email)?|activate|unsubscribe|accept[-_]invite)/"
        + _MIXED
        + r"(?![\w.-])",
        ("/reset", "/password", "/invit", "/magic", "/verify", "/confirm", "/activate", "/unsub", "/accept"),
        18,
        lambda text: sum(map(str.isdigit, text)) > 2 and "-" not in text,
    ),
)
"""Forms of calls, quoted refusals and links."""
