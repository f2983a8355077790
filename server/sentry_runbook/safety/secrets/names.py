"""Words of names whose values are secret or personal, in the languages that variables and forms are written in.

Names are compared as words in lower case (:func:`~.sensitive_keys.words_of`), so ``apiKey``, ``API_KEY`` and
``X-Api-Key`` are the two words ``api key``. A new name is a word in one of these sets.
"""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of a text, separated by ``|``."""
    return frozenset(phrase.strip() for phrase in text.split("|"))


def listed(text: str) -> tuple[str, ...]:
    """The parts of a text that ``|`` separates, in their order."""
    return tuple(text.split("|"))


PASSWORDS = words(
    "password passwords passwd passphrase passcode pwd pwds passwort passwörter passwoerter kennwort kennwörter"
    " losung contraseña contraseñas contrasena contrasenya clave claves motdepasse mdp senha senhas"
    " palavrapasse parola wachtwoord wachtwoorden lösenord losenord hasło hasla haslo heslo hesla jelszó jelszo"
    " salasana adgangskode adgangskoder passord şifre sifre şifreniz parolă geslo lozinka slaptažodis"
    " slaptazodis parool parole пароль пароля пароли парола лозинка סיסמה סיסמא 密码 密碼 口令 パスワード"
    " 暗証番号 비밀번호 암호"
    " κωδικός katasandi sandi रहस्य पासवर्ड รหัสผ่าน passw psw pswd upw upwd pw pass1 pword userpass userpw dbpass dbpw"
)
SECRETS = words(
    "secret secrets authorization credential credentials cred creds apikey apikeys csrf xsrf jwt jwts bearer"
    " otp totp otps cvv cvc cvc2 cvv2 csc pincode signingkey privatekey accesskey secretkey dsn"
    " csrfmiddlewaretoken sessionid sessionkey sessid phpsessid jsessionid connectsid sessionids authtoken"
    " accesstoken refreshtoken idtoken xsrftoken csrftoken mnemonic seedphrase samlresponse samlrequest saml"
    " samlart assertion 2fa mfa twofactor securitycode webhooksecret authkey clientsecret geheimnis geheim"
    " segredo secreto secreta segreto sekret секрет токен 令牌 密钥 密鑰 秘钥 私钥 トークン シークレット 토큰"
    " verifier sastoken"
    " connectionstring connstr encryptionkey masterkey passkey passkeys accountkey storagekey servicekey"
    " sharedkey sharedaccesskey keypass storepass requirepass masterauth identitytoken bottoken devicetoken"
    " authcode onetimecode recoverycode recoverycodes backupcode backupcodes sshkey aspxauth"
    " requestverificationtoken bindpw rootpw adminpw dbpassword smtppass rootpass adminpass bindpass mysqlpass ftppass sshpass"
    " wresult wpnonce oobcode sesskey smbpass sudopass becomepass rpcpass"
)
"""A name with one of these words (or of :data:`PASSWORDS`) is secret, unless its last word is in :data:`ABOUT`."""
SECRET_PAIRS = phrases(
    "api key|api keys|apy key|private key|private keys|access key|access keys|secret key|secret keys"
    "|signing key|signing keys|encryption key|client secret|auth key|session id|session ids|session key"
    "|session token|auth token|auth tokens|service key|account key|master key|shared key|connection string"
    "|connection strings|webhook url|recovery code|recovery codes|backup code|backup codes|code verifier"
    "|code challenge|access token|access tokens|refresh token|refresh tokens|id token|api token|api tokens"
    "|bearer token|device token|push token|bot token|security token|reset token|deploy token|deploy key"
    "|license key|licence key|storage key|primary key secret|auth code|authorization code|device code|user code"
    "|one time|verification code|security code|confirmation code|activation code|invite token|magic link"
    "|login code|access code|pin code|two factor|seed phrase|recovery phrase|saml response|saml request"
    "|saml art|csrf token|xsrf token|anti forgery|request verification|pass phrase|pass word|pass code"
    "|mot passe|mot de passe|palabra clave|parola chiave|palavra passe|palavra chave|mật khẩu|mat khau"
    "|kata sandi|كلمة المرور|كلمة السر|app key|app secret|application key|consumer key|consumer secret"
    "|token secret|hmac key|hmac secret|rsa key|ssh key|pgp key|gpg key|host key|tls key|ssl key|ssh pass"
    "|sas token|sas key|shared access|instrumentation key|function key|subscription key|ocp apim|db pass"
    "|user pass|smtp pass|root pass|admin pass|mysql pwd|pg pass|redis pass|ftp pass|db pw|user pw|root pw"
    "|admin pw|vault token|secret id|role secret|wallet key|wifi key|wpa psk|pre shared|wep key|x amz|jwt key"
    "|cookie key|cookie secret|session secret|license token|service account|sid token|auth cookie|chave api"
    "|chave secreta|clave secreta|clave privada|clé api|clé secrète|cle api|api schlüssel|api schluessel"
    "|security answer|secret answer|security answers|challenge answer|session state|código acceso"
    "|código de acceso|código de acesso|codigo de acesso|code d accès|code accès|código secreto|private key id"
    "|access key id|fernet key|fernet keys|unseal key|unseal keys|root token|aes key|des key|decryption key"
    "|crypto key|cipher key|data key|machine key|validation key|wifi password|webhook key|integration key"
    "|ingest key|write key|server key|client key|consumer token|developer key|admin key|maps key|license keys"
    "|encryption keys|account keys|service keys|shared keys|host keys|ssh keys|deploy keys|webhook token"
    "|user token|auth ticket|one time password|temporary password|initial password|login token|login ticket"
    "|login challenge|consent challenge|logout challenge|oob code|cf clearance|recaptcha response|captcha response"
    "|turnstile response|authenticator data|attestation object|client datajson|sonar login|remember me|remember token|remember user|sam lart|session ticket|login token hash|geheimer schlüssel|privater schlüssel|zugangs token|ключ api|api ключ|секретный ключ|код подтверждения"
)
SECRET_ENDINGS = (
    *(
        "password",
        "passwd",
        "passphrase",
        "passwort",
        "kennwort",
        "secret",
        "token",
        "apikey",
        "credentials",
        "accesskey",
    ),
    *("privatekey", "secretkey", "sessionid", "sessid", "pwd", "passcode", "wachtwoord", "密码", "密碼", "パスワード"),
    *("비밀번호", "пароль", "авторизация", "トークン", "令牌", "密钥"),
)
"""Ends of words that are written together: ``PGPASSWORD``, ``dbpassword``, ``xsrfheadertoken``."""
WEAK_LAST = words(
    "challenge cnonce hmac token tokens session sessions auth nonce signature sig sid pin pins pass salt psk"
)
"""Secret only as the last word: ``token_type`` and ``session_count`` are not."""
SHAPED_LAST = words(
    "cnonce hmac tokens session sessions auth nonce signature sig sid pin pins pass salt psk one factor assertion saml"
    " challenge verifier amz access apim account mfa 2fa otps link state code bearer jwt dsn verification"
    " forgery"
)
"""Last words whose values are secret only when they look so: ``session=expired`` and ``auth=basic`` are none."""
SHAPED_PAIRS = phrases(
    "remember me|secret id|data key|host key|server key|client key|function key|validation key|write key|session ticket"
)
"""Pairs whose values are secret only when they look so: ``remember_me=1``, ``secret_id=12``."""
PERSONAL_PAIRS = phrases(
    "first name|last name|full name|given name|family name|maiden name|middle name|date birth|birth date"
    "|date of birth|passport number|passport no|drivers license|driver license|driver licence|driving licence"
    "|driving license|drivers licence|license number|licence number|national id|national insurance|tax id"
    "|tax number|tax identification|street address|home address|postal address|billing address|shipping address"
    "|mailing address|address line|security number|social security|insurance number|id card|id number"
    "|identity card|identity number|nhs number|medicare number|codice fiscale|steuer id|steuer nr|steuer nummer"
    "|steuer identifikationsnummer|carte identité|numéro sécu|sécurité sociale|securite sociale|numero fiscal"
    "|carta identità|permis conduire|resident registration|my number|account number|bank account|routing number"
    "|sort code|phone number|phone no|mobile number|mobile phone|cell phone|home phone|work phone"
    "|telephone number|fax number|whatsapp number|geburts datum|data nascimento|data nascita|fecha nacimiento"
    "|date naissance|data de nascimento|fecha de nacimiento|date de naissance|data di nascita|дата рождения"
    "|caller id|caller number|dialed number|dialled number|called number|contact number|номер паспорта|customer name|cardholder name|account holder|legal name|real name|contact name|user name"
    "|display name|patient name|employee name|recipient name|sender name|nom famille"
    "|nombre complet sobren konto ideno|nome complet sobren konto ideno|place birth|place of birth"
    "|mothers maiden|aadhaar number|aadhar number|pan number|pan card|voter id|personal number|license plate"
    "|licence plate|residence permit|health insurance|medical record|insurance id|snils number|inn number"
)
PERSONAL_WORDS = words(
    "recipient mobile tel fax whatsapp mobil handy celular telefono teléfono telefone ssn dob birthday birthdate birthplace surname firstname lastname fullname username nickname passport iban"
    " dateofbirth socialsecurity phone phonenumber phones telephone msisdn nino cpf cnpj curp bsn pesel aadhaar"
    " aadhar nir dni nie nif rut nric personnummer cpr hetu egn oib jmbg codicefiscale steuerid steuernummer"
    " steuernr steueridentifikationsnummer sozialversicherungsnummer burgerservicenummer passportnumber"
    " passportno reisepass reisepassnummer ausweisnummer personalausweis führerschein fuehrerschein"
    " führerscheinnummer geburtsdatum geburtstag geburtsort vorname nachname prénom prenom apellido apellidos"
    " cognome sobrenome фамилия паспорт снилс инн 身份证 身份证号 身份证号码 护照 护照号 生年月日 出生日期 姓名"
    " 氏名 手机号 电话号码 電話番号 マイナンバー"
    " 주민등록번호 전화번호 이름 nin ahv insz rrn snils passnummer mobilnummer telefonnummer kontonummer accountnumber"
    " bankaccount driverslicense driverlicense drivinglicence driverslicence nationalid nationalinsurance taxid"
    " taxnumber streetaddress homeaddress postaladdress maidenname middlename givenname familyname"
    " nationalidnumber"
)
DIGITS_NEEDED = words(
    "recipient mobile tel fax whatsapp mobil handy celular telefono teléfono telefone sin nie nif nir rut nin tin pan cpr ahv inn rrn pin pins dni number no account code card id otp otps mfa 2fa"
)
"""Personal names that are words of their own too: their values have digits."""
CARD_PAIRS = phrases(
    "credit card|card number|card no|cc number|debit card|cc num|numéro carte|numero tarjeta|pan number|card pan"
)
CARD_WORDS = words("creditcard cardnumber cardno ccnumber ccnum ccno kreditkarte kreditkartennummer cardpan")
COOKIE_WORDS = words("cookie cookies")
ABOUT = words(
    "count counts counter type types length len size expired expires expiry exp expiration ttl enabled disabled"
    " valid invalid present policy status ms seconds sec at age name names version strength required errors"
    " error reset resets attempts attempt field fields label placeholder algorithm alg issuer url uri path"
    " paths host timeout duration limit max min usage used prefix hint scope scopes model provider class method"
    " backend engine format created updated last ref refs arn file filename dir directory folder location mount"
    " env environment variable index strategy manager service store storage handler controller helper validator"
    " validation generator rotation page form screen view button link route template change changed changes"
    " rules question history cost rounds budget bucket ratio rate total left remaining per price pool window"
    " parser failed failure success issued missing match matches mismatch changedat expiresin in endpoint"
    " header headers mode kind source target stdin supported available exists visible hidden middleware"
    " interceptor filter guard module plugin adapter driver client repository factory builder config"
    " configuration options settings setup flow step event events queue topic table column schema group role"
    " roles complexity score lifetime days hours minutes period interval retries retry lock locked unlocked ok"
    " empty null cached cache hit hits misses set unset verified confirmed reused rejected accepted sent"
    " received requested entropy input prompt dialog modal text title message description example default mgr"
    " estimate estimated avg average mean median quota capacity threshold bits digits chars character characters latency"
    " cooldown grace percent percentage depth tier color colour spacing bg background border padding margin radius shadow"
    " font opacity param params parameter parameters lookup stats consent banner notice domain jar consumed generated saved charged billed throughput"
)
"""Last words that make a name speak about a secret instead of holding it."""
IDS = words("id ids uuid guid")
FILE_ENDINGS = tuple(
    f".{ending}"
    for ending in listed(
        "rb|py|js|ts|tsx|jsx|go|rs|java|kt|php|cs|cpp|c|h|ex|exs|swift|scala|vue|mjs|cjs|pem|crt|html|css|md|so"
    )
)
"""A name that ends so is a file, and a number after it the line."""
ALWAYS = phrases(
    "first name|last name|full name|given name|family name|maiden name|middle name|webhook url|token hint"
    "|customer name|cardholder name|legal name|real name|contact name|user name|display name|patient name"
    "|employee name|recipient name|sender name|magic link|address line|phone number"
)
"""Pairs that are sensitive although they end in a word of :data:`ABOUT`."""
NO_SECRET_FIRST = words(
    "existing image pull no without is has have had can should needs allow allows enable disable use uses"
    " require requires max min num total public publishable"
)
"""First words of names that are answered with yes, no or a number."""
CARRIERS = words("value val string str plain plaintext cleartext raw encoded b64 base hex bytes")
"""Last words that say how a secret is written: ``tokenValue``, ``secret_string``."""
QUERY_NAMES = words(
    "code key sig signature auth ticket state nonce assertion otp pin hmac mac pass pw sid session t oobcode"
    " verify confirm invite invitation tok reset magic unlock activate activation vcode otc"
)
"""Short query parameters that carry secrets in sign-in links and signed URLs."""
QUERY_LOOSE = words("k tk at rt ak sk st h hash access verify l s p u ticket share link cs sgn skey checksum basic")
"""Query parameters that carry all sorts of things: secret only when they are long and random."""
SECRET_STEMS = listed(
    "tok|reset|share|checksum|basic|sgn|cs|pass|pw|token|secret|auth|answer|key|cred|sess|sid|jwt|csrf|xsrf|otp|cvv|cvc|csc|pin|salt|hash|nonce|sig"
    "|saml|code|cookie|bearer|dsn|mfa|factor|phrase|mnemonic|link|mdp|clave|contrase|parola|parole|parolă"
    "|wachtwoord|hasl|hesl|jelsz|salasana|adgangskode|şifre|sifre|geslo|lozinka|slapta|parool|losung|kennwort"
    "|geheim|segredo|sekret|sandi|psk|verif|assert|ticket|state|mac|webhook|connect|connstr|amz|apim|psw|khẩu"
    "|khau|one|2fa|forgery|access|парол|лозинк|секрет|токен|ключ|подтвержд|авториз|סיסמ|密|口令|令牌|パス|トークン|シークレット"
    "|暗証|비밀|암호|토큰|κωδ|रहस्य|wörter|hasło|senha|losenord|lösenord|?t=|&t=|?k=|&k=|tk=|at=|rt=|ak=|sk=|st=|confirm|invit|magic|unlock|activ|turnstile|seed|grant|captcha|clearance|challenge|wresult|authenticator|attestation|datajson|oob|sonar|remember|sam lart|oobcode|segret|schl|service|clé|código|codigo"
    "|cle|shared|chav|पासवर्ड|รหัส|كلمة|秘钥|私钥"
)
"""Each name that is secret holds one of these, in lower case."""
PERSONAL_STEMS = listed(
    "caller|fax|whatsapp|handy|celular|first|vorn|nachn|apelli|bank|tax|nation|patient|voter|holder|lastn|given|family|middle|customer|legal|real"
    "|contact|username|display|employee|recip|sender|surn|nickn|ccn|full|phone|licen|secu|tel|ssn|dob|birth"
    "|passport|iban|cpf|cnpj|curp|bsn|pesel|aadha|nir|dni|nie|nif|rut|nric|personn|cpr|hetu|egn|oib|jmbg|fiscal"
    "|steuer|sozial|service|führer|fuehrer|ausweis|geburt|reisepass|prénom|prenom|cognome|insur|address|card"
    "|sort|msisdn|mobil|nin|ahv|insz|rrn|snils|kredit|carte|tarjeta|naiss|nasc|nacim|sécu|permis|number|medic"
    "|famille|sobren|konto|iden|фамил|паспорт|снилс|инн|рождения|身份|护照|生年|出生|姓名|氏名|手机|电话|電話|マイナ|주민|전화|이름"
    "|last name|user name|cc n"
)
"""Each name that is personal holds one of these, in lower case."""
LABELS = words("name key k field param parameter header variable property label option type id attribute tag")
CONTENTS = words("value val v content contents data default text string values")
"""Keys of objects that give a name and its value: ``{"name": "password", "value": "x"}``."""
