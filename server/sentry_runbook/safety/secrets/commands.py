"""Credentials in commands of shells, databases and mail, where an option or a place says what they are."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re
from functools import cache

from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.values import is_filler, is_said

_WORD = r"(?:\"(?P<it>[^\"\n<>]{1,400}+)|'(?P<it2>[^'\n<>]{1,400}+)|(?P<it3>[^\s\"'‵¦;<>-][^\s\"'‵¦;<>]{0,400}+))"
_BETWEEN = r"(?:\s{1,3}|[\"'‵],\s?[\"'‵])"
"""Between the words of a command, also where a list of them is printed."""
_WORD_BEFORE = r"[^\s\"'‵¦;⏎]{0,100}+"
_GLUE = r"(?:, ?[\"'‵])?+"
_REST = rf"(?:{_WORD_BEFORE}[ \t\r\f\v\xa0\u2000-\u200a\u202f\u3000\"'‵]{_GLUE}){{0,15}}?{_WORD_BEFORE}[\s\"'‵]{_GLUE}"
"""Up to 16 words on one line, or of a printed list: read word by word, as letter by letter costs twice as much."""


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


def _command(commands: str, option: str, words: str, is_valid: object = None, rest: str = _REST) -> SecretPattern:
    return SecretPattern(
        "credential",
        rf"(?<![\w.-])(?:{commands})(?:\.exe)?{_BETWEEN}(?:{rest})??{option}{_WORD}",
        tuple(words.split()),
        8,
        is_user_and_password if is_valid == "user" else is_argument,
    )


COMMANDS: tuple[SecretPattern, ...] = (
    # The password is attached to its option: with a blank between, the next word is the database.
    SecretPattern(
        "credential",
        rf"(?<![\w.-])(?:mysql\w{{0,12}}|mariadb[\w-]{{0,12}}|7z[arz]?|(?:un)?rar|sshpass){_BETWEEN}(?:{_REST})??-h?p(?=[\S])(?!\s|-|ort)"
        + _WORD.replace("[^\\s\\\"'‵¦;<>-][", "[^\\s\\\"'‵¦;<>=-]["),
        ("mysql", "mariadb", "sshpass", "7z", "rar "),
        8,
        is_argument,
    ),
    _command(
        "curl|wget|http|https|httpie|xh|etcdctl|ab",
        r"(?:-[a-zA-Z]{0,6}u|--user|-U|--proxy-user|-a|-A|-E|--cert|--auth)(?:[\"'‵],\s?(?=[\"'])|[ =]{0,2})",
        "curl wget http xh etcdctl -a",
        "user",
    ),
    _command(
        "sshpass|cqlsh|mongo\\w{0,8}|influx|rabbitmqadmin|couchbase-cli|impala-shell|rdesktop|snowsql|arangosh"
        "|ipmitool|[Pp]s[Ee]xec(?:64)?|winrs|crackmapexec|nxc|netexec|evil-winrm|cypher-shell|racadm|beeline|hive|altool|poetry|security|ncftp\\w{0,4}|elasticsearch-users|twine",
        r"-p" + _BETWEEN,
        "sshpass cqlsh mongo influx rabbitmqadmin couchbase impala rdesktop snowsql arangosh ipmitool psexec winrs ncftp"
        " elasticsearch-users twine crackmapexec nxc netexec evil-winrm cypher-shell racadm beeline hive altool poetry security",
    ),
    # Elsewhere their -p is a port or a project.
    _command(
        "docker|podman|nerdctl|skopeo|buildah|helm|az|oc|cf|doctl|nomad|crane|oras|regctl",
        rf"(?<![\w-])login\b(?:{_REST})??-p{_BETWEEN}",
        "docker podman nerdctl skopeo buildah helm az oc cf doctl nomad crane oras regctl",
    ),
    _command("redis-cli|valkey-cli|keydb-cli", r"-a(?:" + _BETWEEN + r")?", "redis-cli valkey-cli keydb-cli"),
    _command(
        "sqlcmd|bcp|mosquitto_\\w{3}|zip|unzip|ipmitool|pscp|plink|osql|tsql|isql",
        r"-(?:[a-z]{0,4}P|pw)\s{0,3}",
        "sqlcmd bcp mosquitto_ zip pscp plink osql tsql isql ipmitool",
    ),
    _command("ldap\\w{3,10}", r"-[a-zA-Z]{0,4}[wsy]\s{0,3}", "ldap"),
    _command(
        "smbclient|rpcclient|crackmapexec|net|winexe|mount(?:\\.cifs)?",
        r"(?:-U|--user)[ =]{1,3}[\"']?[\w.\\/-]{1,60}%",
        "smbclient rpcclient winexe net",
    ),
    _command("xfreerdp|mstsc|cmdkey|rdesktop|wfreerdp", r"/(?:p|pass|password):", "freerdp mstsc cmdkey rdesktop"),
    _command("lftp", r"-u\s{1,3}[\w.-]{1,60},", "lftp"),
    _command(
        "htpasswd",
        r"(?:-(?=[a-zA-Z]{0,6}n)[a-zA-Z]{0,6}b[a-zA-Z]{0,6}|-[a-mo-zA-Z]{0,6}b[a-mo-zA-Z]{0,6}\s{1,3}\S{1,200})\s{1,3}\S{1,100}\s{1,3}",
        "htpasswd",
    ),
    _command("vault", r"login\s{1,3}(?:-\S{1,60}\s{1,3}){0,3}(?:token=)?", "vault"),
    _command("aws", r"configure\s{1,3}set\s{1,3}[\w.]{0,40}(?:secret|key|token)\w{0,20}\s{1,3}", "aws"),
    _command(
        "net",
        r"(?:user|use)\s{1,3}(?:[A-Za-z*]:?\s{1,3}(?=\\))?[\w\\.:$-]{1,80}\s{1,3}(?!/|[A-Za-z*]:(?!\S)|\\)",
        "net ",
    ),
    _command("ldappasswd", r"-[sa]\s{1,3}", "ldappasswd"),
    _command("ssh-keygen", r"-[NP]\s{1,3}", "ssh-keygen"),
    _command("openssl", rf"enc{_BETWEEN}(?:{_REST})??-[kK]{_BETWEEN}", "openssl", rest="\\s"),
    _command("schtasks", r"/(?:rp|RP)\s{1,3}", "schtasks"),
    _command("rabbitmqctl", r"(?:add_user|change_password|authenticate_user)\s{1,3}\S{1,80}\s{1,3}", "rabbitmqctl"),
    *(_command("snmp\\w{2,10}", rf"-{option}\s{{1,3}}(?!(?:public|private)\b)", "snmp") for option in "AXc"),
    _command("winr[sm]", r"-p:", "winrs winrm"),
    _command("signtool|ktpass", r"/(?:p|pass)\s{1,3}", "signtool ktpass"),
    _command("kadmin|security", r"-w\s{1,3}", "kadmin security"),
    _command("swaks|sendemail|sendEmail", r"-[ax]p\s{1,3}", "swaks sendemail"),
    _command("iwconfig", r"key\s{1,3}s:", "iwconfig"),
    _command("bundle", r"config\s{1,3}(?:set\s{1,3})?(?:--\w{1,10}\s{1,3})?[\w.-]{1,80}\s{1,3}[\w.-]{1,40}:", "bundle"),
    _command("composer", r"config\s{1,3}(?:-\S{1,20}\s{1,3})?http-basic\.\S{1,80}\s{1,3}\S{1,60}\s{1,3}", "composer"),
    _command("openssl", r"passwd\s{1,3}(?:-\w{1,6}\s{1,3}){0,3}", "openssl"),
    _command("mkpasswd", r"(?:-m\s{1,3}\S{1,20}\s{1,3}|-\S{1,30}\s{1,3}){0,3}", "mkpasswd"),
    _command("caddy", r"--plaintext\s{1,3}", "caddy"),
    _command("rclone", r"obscure\s{1,3}", "rclone"),
    _command("neo4j-admin", r"set-initial-password\s{1,3}", "neo4j-admin"),
    _command("vault", r"unseal\s{1,3}", "vault"),
    _command("db2", r"user\s{1,3}\S{1,60}\s{1,3}using\s{1,3}", "db2"),
    _command("isql|tsql", r"[A-Z]\w{1,30}\s{1,3}\w{1,30}\s{1,3}(?=\S{0,60}\d)", "isql tsql"),
    _command(
        "aws",
        rf"(?:put-parameter|put-secret-value|create-secret)\s(?:{_REST})??--(?:value|secret-string)\s{{1,3}}",
        "aws",
    ),
    _command("pt-[\\w-]{3,30}", r"[\w,=.-]{0,60},p=", "pt-"),
    _command("radtest", r"\S{1,60}\s{1,3}", "radtest"),
    _command(
        "radtest",
        r"\S{1,60}+\s{1,3}(?:<\w+ \d+>|\S{1,60}+)\s{1,3}\S{1,60}+\s{1,3}\d{1,5}\s{1,3}",
        "radtest",
        rest="-[a-z]\\s",
    ),
    _command("net", rf"use\s{{1,3}}(?:{_REST})??/(?:user|USER):\S{{1,60}}+\s{{1,3}}(?!/)", "net ", rest="\\s"),
    SecretPattern(
        "credential",
        rf"(?:-stdin|-S|kinit|passwd|secret set \w{{1,60}})\s{{0,3}}[\w -]{{0,40}}‹‹‹\s?{_WORD}",
        ("‹‹‹",),
        10,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?:\.py|impacket-\w{2,20})\s{1,3}(?:[\w.-]{1,60}/)?[\w.-]{1,60}:(?P<it>[^\s\"'<>/:@＠]{3,100}+)(?=[@＠][\w.-])",
        (".py ", "impacket-"),
        12,
        is_argument,
    ),
    _command("ansible-vault", r"encrypt_string\s{1,3}", "ansible-vault"),
    _command(
        "az", r"(?<=\s)-p" + _BETWEEN, "az ", rest=r"(?=[^\n¦;⏎]{0,60}?\b(?:user|sql|vm|create|update)\s)" + _REST
    ),
    _command(
        "consul|etcdctl|redis-cli",
        r"(?:put|set)\s{1,3}\S{0,100}(?:pass|secret|token|pw)\w{0,20}\s{1,3}",
        "consul etcdctl redis-cli",
    ),
    _command("nmcli", r"password\s{1,3}", "nmcli"),
    _command("wpa_passphrase", r"\S{1,60}\s{1,3}", "wpa_passphrase"),
    _command(
        "mc|mcli", r"(?:alias\s{1,3}set|config\s{1,3}host\s{1,3}add)(?:\s{1,3}\S{1,200}){3}\s{1,3}", "alias config"
    ),
    SecretPattern(
        "credential",
        rf"(?<![\w.-])(?:echo|printf)\s{{1,3}}(?:-[neE]{{1,3}}\s{{1,3}}|[\"']%s\\?n?[\"']\s{{1,3}})?{_WORD}[\"']?\s{{0,3}}[¦|]\s{{0,3}}"
        r"(?:sudo\s{1,3}(?:-\S{1,20}\s{1,3}){0,3}-S\b|(?:sudo\s{1,3})?(?:kinit|cryptsetup|smbpasswd|ssh-add|su)\b"
        r"|[^\n¦⏎]{0,80}?(?:-stdin\b|passphrase-fd))",
        ("echo ", "printf "),
        14,
        is_argument,
    ),
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
        "sqlplus|sqlldr|expdp|impdp|rman|exp|imp",
        r"[\w$#]{1,40}/(?=[^\s@/.]{1,60}(?:[@＠]|\s[@＠]|\s*\Z))",
        "sqlplus sqlldr expdp impdp rman exp imp",
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
