"""Forms of personal data and codes that a word announces or that are spelled out: national ids, one-time codes."""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

from sentry_runbook.safety.secrets.checksums import digits_of
from sentry_runbook.safety.secrets.pattern import SecretPattern

_ID_NAMES = (
    r"(?i:ssn|nino|dni|nie|nif|nss|cpf|cnpj|curp|bsn|pesel|nir|insee|cpr|hetu|egn|cnp|oib|jmbg|nric|tfn|pps|ppsn|taj|aadhaa?r|snils|ahv"
    r"|avs|svnr|itin|steuer-?id\w{0,24}|steuer-?nummer|steueridentifikationsnummer|rut|rodn[eé] [cč][ií]slo"
    r"|henkilötunnus"
    r"|personnummer|fødselsnummer|fodselsnummer|kennitala|burgerservicenummer|sozialversicherungsnummer|sozialversicherungs-?nr"
    r"|codice fiscale|partita iva|national insurance|social security|social insurance|sécurité sociale|securite sociale"
    r"|seguridad social|n[uú]mero fiscal|tax (?:id|file|identification)|national id(?:entity)?|identity card"
    r"|id card|medicare"
    r"|nhs|my number|passport|passeport|pasaporte|passaporto|passaporte|paspoort|reisepass|pass-?nummer|personalausweis"
    r"|ausweis-?(?:nummer|nr)|(?:driver'?s?|driving) licen[cs]e|licen[cs]e number|f[üu]e?hrerschein|permis de conduire"
    r"|patente di guida|carte d'identité|cédula|cedula|vat id|voter id|emirates id|mykad"
    r"|паспорт|снилс|инн|身份证(?:号码?)?|护照(?:号码?)?|マイナンバー|パスポート|주민등록번호|여권)"
    r"|SIN|PAN|FIN|TIN|RUN|RFC|NIN|RRN|EIN|DL"
)
"""What a national id is called in a sentence; words that mean more are taken in capitals only."""


def is_national_id(text: str) -> bool:
    """Whether what follows such a name has as many digits as an id."""
    return len(digits_of(text)) >= 4


SPOKEN: tuple[SecretPattern, ...] = (
    SecretPattern(
        "personal",
        rf"(?=\w)(?<![A-Za-z0-9_-])(?:{_ID_NAMES})(?i:[ _-]?(?:no|nr|number|num|numero|número|nummer|n°|nº|#|id|card"
        rf"|code))?[.:]?"
        r"[\"']?\s{0,2}[:=#∶：]?\s{0,2}[\"']?(?P<it>[A-Z0-9](?:[ ./-]?[A-Z0-9]){5,24}+|[a-z0-9]{6,20}+)(?![a-z0-9])",
        (
            "ssn",
            "nino",
            "dni",
            "nie",
            "nif",
            "nss",
            "cpf",
            "cnpj",
            "curp",
            "bsn",
            "pesel",
            "nir",
            "insee",
            "cpr",
            "hetu",
            "egn",
            "cnp",
            "oib",
            "jmbg",
            "nric",
            "tfn",
            "pps",
            "taj",
            "aadha",
            "snils",
            "ahv",
            "avs",
            "svnr",
            "itin",
            "steuer",
            "rut",
            "rodn",
            "tunnus",
            "nummer",
            "kennitala",
            "sozial",
            "fiscal",
            "partita",
            "insurance",
            "security",
            "social",
            "national",
            "card",
            "medicare",
            "nhs",
            "my number",
            "pass",
            "paspo",
            "ausweis",
            "licen",
            "schein",
            "permis",
            "patente",
            "identi",
            "dula",
            "vat id",
            "voter",
            "emirates",
            "mykad",
            "паспорт",
            "снилс",
            "инн",
            "身份",
            "护照",
            "マイナ",
            "パス",
            "주민",
            "여권",
            "sin",
            "pan",
            "fin",
            "tin",
            "run",
            "rfc",
            "nin",
            "rrn",
            "ein",
            "dl ",
            "tax ",
        ),
        9,
        is_national_id,
    ),
    SecretPattern(
        "secret",
        # All begin with a letter or digit: tried there only, a text of other signs costs a quarter.
        r"(?i)(?<![a-z0-9_-])(?=\w)(?:(?:one[- ]?time|verification|security|login|log-?in|authentication|authorization"
        r"|confirmation"
        r"|activation|access|2fa|mfa|sms|sign-?in)[ _-](?:pass)?(?:code|pin|password|passcode|token|otp)|otp"
        r"|totp|passcode|2fa|mfa"
        r"|pin|m?tan|c[oó]digo(?: de)?(?: (?:verifica|acces|segur|confirma|autentica|único)\w{0,8})?"
        r"|code (?:de |d')(?:v[eé]rification|s[eé]curit[eé]|confirmation|validation|connexion|acc[eè]s)"
        r"|codice di \w{5,12}"
        r"|(?:best[äa]e?tigungs|verifizierungs|sicherheits|anmelde|einmal|zugangs|freischalt|verificatie|beveiligings|bevestigings"
        r"|verifierings|eng[åa]ngs|bekr[æe]ftelses)-?(?:code|kode|kod)|kod weryfikacyjny|do[ğg]rulama kodu"
        r"|код(?: подтверждения| доступа| безопасности)?|验证码|驗證碼|校验码|动态码|認証コード|確認コード"
        r"|ワンタイムパスワード|인증번호|인증코드)"
        r"(?: (?:code|is|was|number|entered|sent|:|lautet|est|es|é|e|är|ist|son|to)){0,3}\s?[ :=#：は是]{1,3}[\"']?"
        r"(?P<it>\d{3}[ -]\d{3}|\d{4,8}|[A-Z]-\d{4,8})(?![\w:.-]\w|\w| ms)"
        r"|(?<![\w.-])(?P<it2>\d{3}[ -]?\d{3}|\d{4,8}|[A-Z]-\d{4,8}) (?:is your|es (?:tu|su)|est votre"
        r"|ist (?:ihr|dein)|é o seu)\b",
        (
            "code",
            "otp",
            "pass",
            "2fa",
            "mfa",
            "pin",
            "is your",
            "tan",
            "digo",
            "codice",
            "kod",
            "код",
            "验证",
            "驗證",
            "校验",
            "动态",
            "コード",
            "パスワード",
            "인증",
            " es ",
            " est ",
            " ist ",
            " seu",
        ),
        7,
    ),
    SecretPattern(
        "email",
        r"(?i)(?<![\w.+-])[\w.+-]{1,64}+\s?[\[({‹]\s?(?:at|＠|@)\s?[\])}›]\s?[\w-]{1,63}+"
        r"(?:\s?(?:[\[({‹]\s?(?:dot|\.)\s?[\])}›]|\.)\s?[\w-]{2,63}+){1,4}"
        r"|(?<![\w.+-])[\w.+-]{1,64}+ at [\w-]{1,63}+(?: dot [a-z]{2,24}){1,3}(?![\w-])",
        ("at]", "at)", "at}", "at ]", "at )", "at›", "(@)", "[@]", "(＠)", "[＠]", " dot "),
        10,
    ),
    SecretPattern(
        "phone",
        r"(?i)(?<![a-z0-9])(?:phone|telephone|tel|mobile|msisdn|fax|cell|whatsapp|sms|telefon|tél(?:éphone)?|teléfono|telefono|puh(?:elin)?|tlf|mob|gsm|cel|tfno|hotline|whats ?app|natel|m[oó]vil|fone|тел|휴대폰|전화|caller ?id|ani|subscriber|mobilnummer"
        r"|telefone|handy|mobil|celular|portable|телефон|电话|手机|電話|携帯)(?:\.|(?: ?(?:number|no\.?|nr\.?|(?:sent |delivered |failed )?(?:to|from)|an|au|a|for|from)))?"
        r"[\"']?\s{0,2}[:=∶： ]/{0,2}\s{0,2}[\"']?(?P<it>\+?\(?\d[\d ().\-/]{5,20}\d)(?![\w:])",
        (
            "phone",
            "tel",
            "mobile",
            "msisdn",
            "fax",
            "cell",
            "whatsapp",
            "sms",
            "tél",
            "handy",
            "mobil",
            "celular",
            "portable",
            "телефон",
            "电话",
            "手机",
            "電話",
            "携帯",
            "puh",
            "tlf",
            "mob",
            "gsm",
            "cel",
            "tfno",
            "hotline",
            "natel",
            "vil",
            "fone",
            "тел",
            "휴대폰",
            "전화",
            "caller",
            "ani ",
            "subscriber",
        ),
        11,
        lambda text: len(digits_of(text)) >= 7,
    ),
    SecretPattern(
        "phone",
        r"(?i)(?<![a-z0-9])(?:call(?:er|ed|ing)?|dial(?:ed|led|ing)?|ring|r[üu]ckruf|anruf|contact|texted|reached|number|unter|appel(?:er)?|llam\w{1,4}"
        r"|ligar|chiamare|ringa?|bel)\W{1,3}(?:(?:unter|me|us|at|on|to|is|was|von|de|from) ){0,2}"
        r"(?P<it>\(?0(?!\d[./-]\d\d[./-]\d{4})\d{1,4}\)?[ ./-]{1,2}\d[\d ./-]{4,14}\d)(?![\w:])",
        (
            "call",
            "dial",
            "ring",
            "ruf",
            "contact",
            "text",
            "reach",
            "number",
            "unter",
            "appel",
            "llam",
            "ligar",
            "chiam",
            "bel",
        ),
        13,
        lambda text: 9 <= len(digits_of(text)) <= 15,
    ),
)
"""Forms that words announce or spell out."""
