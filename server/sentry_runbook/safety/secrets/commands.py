"""Credentials in commands of shells, databases and mail, where an option or a place says what they are."""

from __future__ import annotations

import re
from functools import cache

from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.values import is_filler, is_said

_WORD = r"(?:\"(?P<it>[^\"\n<>]{1,400}+)|'(?P<it2>[^'\n<>]{1,400}+)|(?P<it3>[^\s\"'‵¦;<>-][^\s\"'‵¦;<>]{0,400}+))"
_BETWEEN = r"(?:\s{1,3}|[\"'‵],\s?[\"'‵])"
"""Between the words of a command, also where a list of them is printed."""
_REST = r"[^\n¦;⏎]{0,100}?[\s\"'‵]"


def is_argument(text: str) -> bool:
    """Whether an argument is a secret: no placeholder, no word about one."""
    return not is_filler(text) and not is_said(text) and _help().fullmatch(text) is None


@cache
def _help() -> re.Pattern[str]:
    return re.compile(
        r"[A-Z]{2,}(?:_[A-Z]+)*|-.*|\{.*|‹.*|<.*|(?:user|username)(?::(?:pass|password|pw))?|\d{1,5}(?::\d{1,5})+|\$\w+:\$\w+"
    )


def is_user_and_password(text: str) -> bool:
    """Whether an argument is a name and a password, or a token alone."""
    name, colon, password = text.partition(":")
    return is_argument(text) and (bool(colon and password) or len(name) > 15) and not is_filler(password or "x1")


def _command(commands: str, option: str, words: str, is_valid: object = None) -> SecretPattern:
    return SecretPattern(
        "credential",
        rf"(?<![\w.-])(?:{commands})(?:\.exe)?{_BETWEEN}(?:{_REST})??{option}{_WORD}",
        tuple(words.split()),
        8,
        is_user_and_password if is_valid == "user" else is_argument,
    )


COMMANDS: tuple[SecretPattern, ...] = (
    # The password is attached to its option: with a blank between, the next word is the database.
    SecretPattern(
        "credential",
        rf"(?<![\w.-])(?:mysql\w{{0,12}}|mariadb[\w-]{{0,12}}|sshpass){_BETWEEN}(?:{_REST})??-p(?=[\S])(?!\s|-|ort)"
        + _WORD.replace("[^\\s\\\"'‵¦;<>-][", "[^\\s\\\"'‵¦;<>=-]["),
        ("mysql", "mariadb", "sshpass"),
        8,
        is_argument,
    ),
    _command(
        "curl|wget|http|https|httpie",
        r"(?:-u|--user|-U|--proxy-user|-a|--auth)(?:[\"'‵],\s?(?=[\"'])|[ =]{0,2})",
        "curl wget http",
        "user",
    ),
    _command(
        "sshpass|cqlsh|mongo\\w{0,8}|mongosh|docker|podman|nerdctl|skopeo|buildah|helm|az|oc|influx|rabbitmqadmin"
        "|couchbase-cli|impala-shell|rdesktop|nomad|cf|doctl|snowsql|arangosh|ipmitool",
        r"-p" + _BETWEEN,
        "sshpass cqlsh mongo docker podman nerdctl skopeo buildah helm az oc influx rabbitmqadmin couchbase impala"
        " rdesktop nomad cf doctl snowsql arangosh ipmitool",
    ),
    _command("redis-cli|valkey-cli|keydb-cli", r"-a" + _BETWEEN, "redis-cli valkey-cli keydb-cli"),
    _command(
        "sqlcmd|bcp|mosquitto_\\w{3}|zip|unzip|ipmitool|pscp|plink|osql|tsql|isql|docker",
        r"-(?:P|pw)\s{0,3}",
        "sqlcmd bcp mosquitto_ zip pscp plink osql tsql isql ipmitool",
    ),
    _command("ldap\\w{3,10}", r"-[wsy]\s{1,3}", "ldap"),
    _command(
        "smbclient|rpcclient|crackmapexec|net|winexe|mount(?:\\.cifs)?",
        r"(?:-U|--user)[ =]{1,3}[\w.\\/-]{1,60}%",
        "smbclient rpcclient winexe net",
    ),
    _command("xfreerdp|mstsc|cmdkey|rdesktop|wfreerdp", r"/(?:p|pass|password):", "freerdp mstsc cmdkey rdesktop"),
    _command("lftp", r"-u\s{1,3}[\w.-]{1,60},", "lftp"),
    _command("htpasswd", r"-[a-zA-Z]{0,6}b[a-zA-Z]{0,6}\s{1,3}\S{1,200}\s{1,3}\S{1,100}\s{1,3}", "htpasswd"),
    _command("vault", r"login\s{1,3}(?:-\S{1,60}\s{1,3}){0,3}(?:token=)?", "vault"),
    _command("aws", r"configure\s{1,3}set\s{1,3}[\w.]{0,40}(?:secret|key|token)\w{0,20}\s{1,3}", "aws"),
    _command("net", r"(?:user|use)\s{1,3}[\w\\.:$-]{1,80}\s{1,3}(?!/)", "net "),
    _command(
        "chpasswd|echo",
        r"(?=[\"']?[\w.-]{1,40}:[^\n¦]{1,100}¦\s{0,3}(?:sudo )?chpasswd)[\"']?[\w.-]{1,40}:",
        "chpasswd",
    ),
    _command(
        "gh|glab|npm|pip|poetry|flyctl|fly|vercel|netlify|heroku|stripe|sentry-cli|twine|cargo|gem",
        r"(?:-t|--auth-token|--token)[ =]{1,3}",
        "gh glab npm poetry fly vercel netlify heroku stripe sentry-cli cargo",
    ),
    _command(
        "cargo|poetry",
        r"(?:login|config\s{1,3}(?:pypi-token|http-basic)\.[\w.-]{1,40}(?:\s[\w.-]{1,40}(?=\s\S))?)\s{1,3}",
        "cargo poetry",
    ),
    _command(
        "sqlplus|sqlldr|expdp|impdp|rman|exp|imp", r"[\w$#]{1,40}/(?=[^\s@/]{1,60}@)", "sqlplus sqlldr expdp impdp rman"
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w-])(?:password|passphrase|secret|token|api key|credentials?|pin) (?:for"
        r"|of) (?:[^\s=:]{1,40} ){0,3}?[^\s=:]{1,60}"
        r"\s?(?:[:=]|is|was|to)\s{1,2}(?:\"(?P<it>[^\"\n<>]{1,400}+)|'(?P<it2>[^'\n<>]{1,400}+)|(?P<it3>(?=[^\s\"'<>]{0,60}\d)[^\s\"'<>,;]{4,200}+))",
        (" for ", " of "),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w-])pass:(?P<it>[^\s\"'<>]{1,200}+)",
        ("pass:",),
        6,
        is_argument,
        r"[^ ]"
        r"|(?<!-passin |passout )(?<!-pass )",
    ),
    SecretPattern(
        "credential",
        r"(?i)identified\s{1,3}(?:with\s{1,3}\S{1,60}\s{1,3})?(?:by|as)\s{1,3}(?:password\s{1,3})?[\"'](?P<it>[^\"'\n<>]{1,400}+)",
        ("identified",),
        16,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w-])password\s{0,3}\(\s{0,3}[\"'](?P<it>[^\"'\n<>]{1,400}+)[\"']\s{0,3}\)",
        ("password",),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?:convertto-securestring\s{1,3}(?:-string\s{1,3})?|pscredential\s?\(\s?[^,\n]{1,60},\s?)[\"'](?P<it>[^\"'\n<>]{1,400}+)",
        ("securestring", "pscredential"),
        20,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])(?:AUTH|HELLO \d AUTH)\s(?:default\s)?(?P<it>(?!PLAIN|LOGIN|CRAM|XOAUTH|SCRAM|TLS|DIGEST"
        r"|NTLM|GSSAPI"
        r"|[A-Z]+\b|\w{1,3}\b|[a-z]+\b)[^\s\"'<>]{4,400}+)",
        ("auth ",),
        9,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i:(?<![\w.-])auth (?:plain|login|xoauth2|cram-md5) )(?P<it>[A-Za-z0-9+/=]{8,2000}+)",
        ("auth ",),
        15,
    ),
    SecretPattern(
        "credential",
        r"(?:(?<![\w.-])|(?<=[›>] ))(?:PASS|IDENTIFY|requirepass|masterauth"
        r"|CONFIG SET requirepass) (?P<it>(?=[^\s]{0,60}[\d!@#$%^&*])[^\s\"'<>]{4,200}+)",
        ("pass ", "identify ", "masterauth "),
        9,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])(?:machine\s\S{1,100}\s{1,3})?login\s{1,3}\S{1,100}\s{1,3}password\s{1,3}(?P<it>[^\s\"'<>]{1,200}+)",
        ("login",),
        18,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])(?:LOGIN|login) [\"']?[\w.+-]{1,60}(?:[@＠][\w.-]{1,80})?[\"']? [\"']?"
        r"(?P<it>(?=[^\s]{0,60}\d)[^\s\"'<>]{5,200}+)",
        ("login ",),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])[\w.*-]{1,100}:(?:5432|6432|\*):[\w*-]{1,60}:[\w*.-]{1,60}:(?P<it>[^\s<>\"']{3,200}+)",
        (":5432:", ":6432:", ":*:"),
        14,
    ),
    SecretPattern("credential", r"(?i)thin:(?P<it>[^\s/@＠:]{1,60}/[^\s@＠]{1,100})[@＠]", ("thin:",), 9),
    SecretPattern(
        "credential",
        r"(?<![^\s\"'=,(])(?P<it>[A-Za-z][\w.-]{1,40}:[^\s/:@＠\"'<>,()]{4,64})[@＠](?=[\w.-]{1,100}:\d{2,5}(?!\d))",
        ("@", "＠"),
        10,
    ),
)
