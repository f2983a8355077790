"""Secrets that a refusal echoes, that a program takes by its place, and numbers that only their writing shows."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

from sentry_runbook.safety.secrets.announced import is_password
from sentry_runbook.safety.secrets.checksums import digits_of
from sentry_runbook.safety.secrets.commands import is_argument
from sentry_runbook.safety.secrets.pattern import SecretPattern
from sentry_runbook.safety.secrets.personal import is_phone

_PASSWORD = (
    "password",
    "passwd",
    "passphrase",
    "contrase",
    "clave",
    "mot de passe",
    "senha",
    "wachtwoord",
    "passwort",
    "kennwort",
    "пароль",
    "hasło",
    "heslo",
    "lösenord",
    "parola",
    "şifre",
    "salasana",
    "adgangskode",
    "パスワード",
    "密码",
    "密碼",
    "비밀번호",
)
_NAMED = (
    r"(?:password|passwd|passphrase|contraseñas?|contrasena|clave|mot de passe|senha|wachtwoord|passwort|kennwort|пароль|hasło|heslo"
    r"|lösenord|parola|şifre|salasana|adgangskode|パスワード|密码|密碼|비밀번호)"
)
_WORD = r"[\"'‘“]?(?P<it>(?=[^\s\"'<>]{0,60}\d)(?=[^\s\"'<>]{0,60}[A-Za-z])[^\s\"'’”<>,;¦]{4,200}+)"
_ARGUMENT = r"[\"']?(?!-|\$)(?P<it>[^\s\"'<>¦;]{3,200}+)"
_MIXED = r"(?P<it>(?-i:(?=[a-z\d_-]{0,60}+[A-Z])(?=[A-Z\d_-]{0,60}+[a-z])(?=[A-Za-z_-]{0,60}+\d)(?=[A-Za-z_-]{0,60}\d+[A-Za-z_-]{1,60}\d))[\w-]{12,200}+)"


def _by_place(source: str, needs: str) -> SecretPattern:
    return SecretPattern("credential", rf"(?<![\w.-]){source}{_ARGUMENT}", tuple(needs.split("|")), 10, is_argument)


def is_long_enough(text: str) -> bool:
    """Whether a number that a word announces has as many digits as a telephone number has."""
    return 9 <= len(digits_of(text)) <= 15


ECHOES: tuple[SecretPattern, ...] = (
    # "mot de passe invalide 'x'", "пароль «x» не подходит", "password ⟨verb⟩ “x”": quoted, or behind a colon.
    SecretPattern(
        "secret",
        rf"(?i)(?<![a-z0-9_-]){_NAMED}[^\W\d_A-Za-z]{{0,4}}?(?: [^\W\d_]{{1,16}}+){{0,3}} ?(?:[«「『„‹]|: ?[\"'‘“]?| [\"'‘“]|(?:为|為|は|是) ?) ?"
        r"(?P<it>(?=[^\s<>]{0,60}\d)(?=[^\s<>]{0,60}[^\W\d])[^\s\"'»」』’”›<>,;:=/]{5,100}+)",
        _PASSWORD,
        10,
        is_password,
    ),
    SecretPattern(
        "secret",
        r"[\"'‘“](?P<it>(?=[^\s\"'<>]{0,60}\d)(?=[^\s\"'<>]{0,60}[A-Za-z])[^\s\"'<>]{5,100}+)[\"'’”]"
        r" (?:is not|isn't|is no|was not|is|ist kein|n'est pas) (?:an? |the |un |too )?(?:\w{1,12} ){0,2}(?:password|passphrase|passcode|pin|Passwort|mot de passe)",
        ("passw", "passphrase", "passcode", "pin", "mot de passe"),
        18,
        is_argument,
    ),
    # The refusal of a form: the field, then what was typed.
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z])(?:field|param(?:eter)?|path|property|attribute|loc|key|name)[\"']?\s?[:= ]\s?[\[(]?(?:[\"'][a-z]{1,20}[\"'], ?){0,3}[\"'](?:[\w.]{0,40}?)(?:password|passwd|passphrase|passcode|secret|token|pin|otp)\w{0,12}[\"'][\])]?"
        r"[^\n<>]{0,160}?(?<![a-z])(?:input|value|rejected_?value|rejected value|actual|received|got|given|was)[\"']?\s?(?:[:=] ?|(?=[\[\"']))[\"'\[](?P<it>[^\"'\]\n<>]{3,200}+)",
        ("field", "param", "path", "property", "attribute", "loc", "key", "name"),
        20,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:password|passphrase|passcode)s?[ :(,]{1,3}(?:changed |expected |was |from |old ){1,2}[\"']?(?:<\w+ \d+>|[^\s\"'<>]{4,100}+)[\"']?,? (?:but |and )?(?:to(?: equal| be| match)?|got|received|now|was|is) "
        + _WORD,
        ("passw", "passphrase", "passcode"),
        24,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?:changed|expected|updated|rotated|old|replaced) (?:the )?(?:password|passphrase|passcode|secret)s? (?:from |of \S{1,40} from )?[\"']?(?:<\w+ \d+>|[^\s\"'<>]{4,100}+)[\"']?,? (?:but |and )?(?:to|with|got|received|now|was) "
        + _WORD,
        ("passw", "passphrase", "passcode", "secret"),
        24,
        is_argument,
    ),
    SecretPattern(
        "secret",
        r"(?:set|check|verify|change|reset|validate|hash|update|encrypt)Pass(?:word|wd|phrase)?\("
        + _WORD.replace("¦]", "¦()]"),
        ("pass",),
        12,
        is_password,
    ),
    # Programs that take a password by its place.
    _by_place(
        r"(?:certutil|hydra|medusa|supabase|dotnet|nuget)(?:\.exe)?\s[^\n¦;]{0,100}?(?<!\S)-p\s{1,3}",
        "certutil|hydra|medusa|supabase|dotnet|nuget",
    ),
    _by_place(r"security\s(?:import|export)\s[^\n¦;]{0,100}?-P\s{1,3}", "security "),
    _by_place(r"(?:input|user|owner)_pw\s{1,3}", "_pw "),
    _by_place(r"qpdf\s[^\n¦;]{0,60}?--encrypt\s{1,3}", "qpdf"),
    _by_place(r"qpdf\s[^\n¦;]{0,60}?--encrypt\s{1,3}(?:<\w+ \d+>|[^\s<>]{1,80})\s{1,3}", "qpdf"),
    _by_place(r"dscl\s[^\n¦;]{0,60}?-passwd\s{1,3}\S{1,80}\s{1,3}", "dscl"),
    _by_place(r"mysqladmin\s[^\n¦;]{0,100}?(?<!\S)password\s{1,3}", "mysqladmin"),
    _by_place(r"bw\s{1,3}(?:unlock|login\s{1,3}\S{1,80})\s{1,3}", "bw "),
    _by_place(r"(?:smbclient|smbmap)\s{1,3}(?://|\\\\)\S{1,80}\s{1,3}", "smbclient|smbmap"),
    _by_place(
        r"(?:secret set|secrets? (?:put|create|add|versions add))\s[^\n¦;]{0,100}?(?:--body|--value|-b)[ =]{1,3}",
        "secret",
    ),
    _by_place(r"nuget\s{1,3}push\s{1,3}\S{1,100}\s{1,3}(?=\S{12})", "nuget"),
    _by_place(r"netsh\s[^\n¦;]{0,80}?\bkey(?:Material)?=", "netsh"),
    _by_place(r"consul\s{1,3}acl\s{1,3}set-agent-token\s{1,3}\w{1,20}\s{1,3}", "consul"),
    _by_place(r"yes\s{1,3}(?=[^\n¦]{3,80}¦\s?(?:sudo )?passwd)", "yes "),
    _by_place(
        r"--?(?:password|passwd|pass|token|api-?key|secret|auth-token|access-token)[\"']?,\s{0,2}(?=[^\s]{0,60}\d)",
        "password|passwd|pass|token|key|secret",
    ),
    # Codes and links of sign-ins.
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:(?:enter|type|use|with)(?: the| this| your)?|one[- ]time|invit(?:e|ation)|referral|confirmation|activation|verification|access|registration|sign-?up|device) (?:code|key)(?: is| was|:| =){0,2} ?[\"']?"
        r"(?P<it>(?-i:[A-Z0-9]{3,5}-[A-Z0-9]{3,5}|(?=[A-Z]{0,9}\d)[A-Z0-9]{5,10}|[B-DF-HJ-NP-TV-Z]{8})|(?=[a-z]{0,12}\d[a-z\d]{0,12}[a-z])[a-z0-9]{7,24})(?![\w-])",
        (" code", " key"),
        14,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:(?:backup|recovery|scratch)[ _-]code (?P<it>\d{4} \d{4})(?! ?\d)|code (?:lautet|ist|est|è|é|es|är) (?P<it2>\d{4,8})(?![\w.]))",
        ("code",),
        12,
    ),
    SecretPattern(
        "secret",
        r"(?i)(?<![a-z0-9_-])(?:code|grant|invitation|invite|ticket|challenge|credential ?id|assertion|verifier|state|nonce|magic link|token|handle)(?: id)?[ :=\"'(]{1,3}"
        + _MIXED
        + r"(?=[\"')]{0,2}(?: (?:was|is|has|already|expired|rejected|mismatch|unknown|not|no longer|invalid|does|did|failed|used|revoked|reused)\b|[.,;]|\Z))(?!\.\w)",
        (
            "code",
            "grant",
            "invit",
            "ticket",
            "challenge",
            "credential",
            "assertion",
            "verifier",
            "state",
            "nonce",
            "magic",
            "token",
            "handle",
        ),
        18,
    ),
    SecretPattern(
        "secret",
        r"(?i)/(?:(?:re)?set|(?:re)?set[-_]?password|password[-_]?reset|magic(?:[-_]?link)?|verif(?:y|ication)(?:[-_]?email)?|confirm(?:ation|[-_]?email)?"
        r"|invit(?:e|ation)s?|join|activat(?:e|ion)|unsubscribe|accept(?:[-_]invite)?|tokens?|one[-_]?time|signin|sign-in|email[-_](?:verify|confirm)|m|l)/"
        + _MIXED
        + r"(?![\w.])",
        ("/",),
        18,
    ),
)
"""Forms of refusals, of arguments and of codes."""

NUMBERS: tuple[SecretPattern, ...] = (
    # Telephone numbers.
    SecretPattern(
        "phone",
        r"(?:(?<![\w+])(?:[(\[] ?)?[+＋] ?|%2[Bb]|(?<![\w.:/-])(?:00 ?|011[ -])(?=[1-9]\d{0,2}[ /().–‑-]))[1-9]\d{0,2}[)\]]?(?:[ ./\u00a0_–‑-]|%20)?(?:\(\d{1,5}\)[ ./-]?)?"
        r"\d(?:(?:[ ./\u00a0_–‑-]{0,3}|%20)\d){6,13}(?![A-Za-z0-9]|[.:-]\d)",
        ("+", "＋", "%2b", "00", "011"),
        10,
        is_phone,
        r"(?:[\d)\]] ?|version |offset |utc|gmt|build )",
    ),
    SecretPattern(
        "phone",
        r"(?<![\w.:/#,+-])(?<!\d )(?:1\.[2-9]\d\d\.\d{3}\.\d{4}|[2-9]\d\d ?/ ?\d{3}(?: ?/ ?|-)\d{4}|[2-9]\d\d[–‑]\d{3}[–‑]\d{4}"
        r"|0[1-9]\d{1,2} \d{3} \d\d \d\d|0[1-9]\d{2}-\d{3}-\d{3}|0[1-9]\d{2,3}-\d{3}-\d{3}|0[1-9]\d{1,2}/\d\d\.\d\d\.\d\d|0[1-9](?:([/-])\d\d)(?:\1\d\d){3}"
        r"|8 ?\(?9\d\d\)? ?\d{3}-\d\d-\d\d|\(0[1-9]\) \d{4} \d{4}|06-\d{4} \d{4}|0[1-9]\d{2} \d{3} \d{4})(?![\w]|[ .:/-]\d)",
        ("",),
        11,
        is_phone,
        r"(?:order|invoice|ticket|case|ref|isbn|sku|build|id|serial|part|number|job|batch|version|account|offset|port|code|range|lines?)[ #.:=_-]{0,3}",
    ),
    SecretPattern(
        "phone",
        r"(?i)(?<![a-z0-9])(?:call(?:er|ee)|callto:|wa\.me/|sips?:|tel:|sms:|whatsapp:|dialed|dialled|anruf|r[üu]ckruf|r[üu]f\w{0,5}|'(?:to|from)'(?: phone)? number|(?:sms|text|mms|call)\W{0,2} ?(?:sent )?(?:to|from|an|von))"
        r"(?: (?:from|to|an|von|unter|is|was))?:?[ =\"'/]{0,3}(?P<it>\+?(?:\d{10,14}|0\d{2,4}[ /-]\d{5,9}))(?![\w:]|\.\d)",
        ("call", "wa.me", "sip", "tel:", "sms", "whatsapp", "diale", "diall", "ruf", "number", "text", "mms"),
        12,
        is_long_enough,
    ),
)
"""Telephone numbers as many countries and schemes of addresses write them."""
