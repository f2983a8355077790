"""Passwords whose place says what they are: options of any program, cells beside their title, words of failed sign-ins."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

from sentry_runbook.safety.secrets.announced import is_password
from sentry_runbook.safety.secrets.commands import is_argument
from sentry_runbook.safety.secrets.pattern import SecretPattern

_DIGIT = r"(?=[^\s\"'<>¦;|]{0,60}\d)(?=[^\s\"'<>¦;|]{0,60}[A-Za-z])"
_ODD = rf"(?P<it>{_DIGIT}[^\s\"'’”<>,;¦|()\[\]{{}}]{{5,100}}+)"
_ANY = r"[\"']?(?!-|\$|/)(?P<it>[^\s\"'<>¦;|]{3,100}+)"

PLACES: tuple[SecretPattern, ...] = (
    # Beside a user, an option that can only be the password.
    SecretPattern(
        "credential",
        r"(?<![\w-])(?:-u|--?user(?:name)?|--?login|-l|-U)(?:[ =]|[\"'],\s?)[\"']?[\w.\\@＠+-]{1,80}[\"']?,?\s{1,3}[\"']?(?:--?p(?:w|ass|asswd|assword)|--?pin)(?:[ =]{1,3}|[\"'],\s?)"
        + _ANY,
        ("-u", "-user", "-l"),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w-])-[uU](?:[ =]|[\"'],\s?)[\"']?[\w.\\@＠+-]{1,80}[\"']?,?\s{1,3}[\"']?-[pPw](?:\s{1,3}|[\"'],\s?)[\"']?(?!-)"
        + _ODD,
        ("-u",),
        12,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])--?(?:pass|pw|passwd|askpass|storepass|keypass|auth)(?:[ =]{1,2}|[\"'],\s?)[\"']?(?:[\w.-]{1,40}:)?"
        + _ODD,
        ("-pass", "-pw", "-askpass", "-storepass", "-keypass", "-auth"),
        10,
        is_argument,
    ),
    # What a form sends and what a container gets: ``-d pass=x``, ``-e PASS=x``.
    SecretPattern(
        "credential",
        r"(?<![\w-])(?:-[deFE]|--(?:data|data-raw|data-urlencode|form|post-data|env|build-arg|body-data|set|set-string|param|settings))[ =]{1,2}[\"']?(?:[\w.=&-]{0,80}&)?(?:\w{1,20}[_.-])?(?i:pass|pw|pin|auth|sid)="
        + r"(?!\$)(?P<it>[^\s\"'<>&¦;]{3,100}+)",
        ("-d", "-e", "-f", "-env", "-build", "-body", "-data", "-form", "-post", "-set", "-param"),
        10,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w.-])(?:secrets? set|config:set|set-env|setenv|set-item env:\w{0,30}(?:token|pass|secret|key)\w{0,10}|config set --secret)\s(?:[\w.-]{1,40}\s){0,2}(?:\w{1,40}=)?[\"']?"
        + _ODD,
        ("secret", "config:set", "set-env", "setenv", "set-item"),
        14,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w.-])(?:/v|-name)\s\"?\w{0,30}(?:password|secret|token)\"?\s[^\n¦;]{0,40}?(?:/d|-value)\s{1,3}"
        + _ANY,
        ("/v", "-name"),
        16,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w.-])(?:add-user\.\w{2,3}|useradd|user:(?:create|add|password)|(?:re)?set-(?:single-)?(?:user|admin)-(?:credentials|password)|reset-(?:admin-)?password|mosquitto_passwd -b \S{1,60}|addauth digest|passwd|change-?password)"
        r"[ :]{1,2}(?:[\w.@＠-]{1,60}[ :]|<\w+ \d+>[ :]){0,2}[\"']?(?!-)" + _ODD,
        ("user", "passw", "credentials", "addauth"),
        14,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?:redis-\w{3,10}|doveadm pw|mycli|ssh-keygen|java|cbq|pgcli|litecli)\s[^\n¦;]{0,120}?(?<!\S)-[apP]\s{1,3}[\"']?(?!-)"
        + _ODD,
        ("redis-", "doveadm", "mycli", "ssh-keygen", "java", "cbq", "pgcli", "litecli"),
        12,
        is_argument,
    ),
    # ``ssh bob:x@h``, ``connect bob/x@orcl``, ``"bob/x as sysdba"``.
    SecretPattern(
        "credential",
        r"(?i)(?<![\w.-])(?:ssh|sftp|scp|lftp|curlftpfs|sshfs|ftp|smb|mount\S{0,10}|telnet|proxy|connect(?:ing)?(?: to| as)?|conn)\s(?:-\S{1,20}\s(?:\d{1,5}\s)?){0,3}[\"']?[A-Za-z][\w.-]{0,40}[:/](?P<it>[^\s\"'<>/:@＠]{3,100}+)(?=[@＠]\w)",
        ("@", "＠"),
        10,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?i)(?<![\w.-])[a-z][\w$#]{0,40}/(?P<it>[^\s\"'<>/@＠]{3,60}+) as sys(?:dba|oper|backup|asm)\b",
        (" as sys",),
        12,
        is_argument,
    ),
    # Here-strings, and pipes into what reads a password.
    SecretPattern(
        "credential",
        r"(?<!‹)‹‹‹\s?[\"']?(?:[\w.-]{1,40}:)?" + _ODD,
        ("‹‹‹",),
        8,
        is_argument,
    ),
    SecretPattern(
        "credential",
        r"(?<![\w.-])(?:echo|printf)\s{1,3}(?:-[neE]{1,3}\s{1,3})?(?:[\"'][^\"'\n]{0,12}%s[^\"'\n]{0,6}[\"']\s{1,3})?[\"']?"
        rf"(?P<it>{_DIGIT}[^\s\"'<>¦;|)]{{4,100}}+)[^\n¦|]{{0,100}}[¦|]\s?[^\n]{{0,60}}?(?:passwd|chpasswd|secret|login|kinit|stdin)\b",
        ("echo ", "printf "),
        14,
        is_argument,
    ),
    SecretPattern(
        "credential",
        rf"(?<![\w.-])echo\s{{1,3}}[\"']?(?P<it>{_DIGIT}[^\s\"'<>¦;|)]{{4,100}}+)[\"']?\s?[>›]{{1,2}}\s?\S{{0,80}}?(?:secret|passw|token|cred|key|pgpass|netrc)",
        ("echo ",),
        14,
        is_argument,
    ),
    # Titles and cells, pairs of programs, arrows.
    SecretPattern(
        "secret",
        r"(?i)(?<!\w)(?:\w{1,40}[_.-])?(?:password|passwd|passphrase|pwd|pass|p/w|secret)s?[\"'‵]?(?: ?[¦|│┃‖][¦|│]? ?| ?[⟹⇒➜»▸⇨] ?| ?(?:<-|‹-|<=|‹=|~>|~›|←|⇐) ?|\.{2,12}:? ?|\* |; ?|, ?|[»›>]{2},\s?[<‹]{2}|\W?\[\w{1,20}\]: ?|p/w:? )[\"'‘“]?"
        rf"(?P<it>{_DIGIT}[^\s\"'’”<>,;¦|(){{}}‹›]{{5,100}}+)",
        ("passw", "passphrase", "pwd", "pass", "secret", "p/w"),
        12,
        is_password,
    ),
    SecretPattern("secret", r"(?i)(?<![\w/])p/w(?:[:=]| is)? ?[\"']?" + _ODD, ("p/w",), 9, is_argument),
    SecretPattern(
        "secret",
        r"(?<![\w.])(?:\w{0,20}Password|\w{0,20}Passphrase|Secret(?:Str)?|password|passwd|secret)\s?(?:\(|\[|=\{|=\[|\{)\s?(?:\w{1,12}=)?[\"']?"
        + _ODD
        + r"[\"']?\s?[)\]}]",
        ("password", "passphrase", "secret", "passwd"),
        12,
        is_password,
    ),
    # Failed sign-ins.
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z])(?:(?:bad|wrong|invalid|incorrect|failed|rejected|unknown) (?:credentials?|log-?in|sign-?in|logon|password|passphrase)|(?:log-?in|sign-?in|logon|authentication|auth) (?:failed|failure|denied|rejected|error))"
        r"(?: for| of| by| as| with| user| attempt| using| password| was| is){0,4}[ :(\"'‘“]{1,3}(?:(?!(?:with|for|from|at|on|after|in|code|id|error)\b)[\w.＠-]{1,40}(?:,? with(?: password)? |, ?| ?/ ?|:| ))?[\"'‘“]?"
        r"(?!\d{1,3}\.\d)" + rf"(?P<it>{_DIGIT}[^\s\"'’”<>,;¦|()\[\]{{}}:=/.]{{6,60}}+)(?![\w:/=.-]\w)",
        ("credential", "log", "sign", "password", "passphrase", "auth"),
        20,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:password|passphrase|passwort|passcode) "
        + rf"(?P<it>{_DIGIT}[^\s\"'’”<>,;¦|()\[\]{{}}:=/.]{{6,60}}+)"
        r" (?:was|is|has|rejected|entered|denied|refused|accepted|failed|did|does|for|not|in|wrong|incorrect|invalid|contains)\b",
        ("passw", "passphrase", "passcode"),
        18,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:user(?:name)?|login)(?: ?[/&+] ?| and | or )(?:password|pass|pwd|passwd)(?: (?:is|was|are|were|of))?[ :=(]{1,3}[\"']?[\w.＠-]{1,40}[\"']?(?: ?[/:,] ?| and )[\"']?(?P<it>[^\s\"'<>,;)]{5,60}+)",
        ("password", "pass", "pwd"),
        18,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9])(?:repeat(?:ed)?|again|confirm(?:ed|ation)?|retyped?)[\"']?: ?[\"']?"
        + _ODD
        + r"(?<=\d)(?!\S)",
        ("repeat", "again", "confirm", "retype"),
        14,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"(?:密码|密碼|口令|パスワード|비밀번호|รหัสผ่าน|كلمة المرور|סיסמה|Passwort (?:von|für) \S{1,40} (?:lautet|ist)|mot de passe de \S{1,40} est)[:：]? ?[\"'「]?"
        + _ODD,
        ("密码", "密碼", "口令", "パスワード", "비밀번호", "รหัส", "كلمة", "סיסמה", "passwort", "mot de passe"),
        6,
        is_argument,
    ),
)
"""Passwords by their place."""
