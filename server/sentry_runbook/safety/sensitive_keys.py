"""Names whose values are secret or personal: of variables, headers, tags, body fields and query parameters."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import pairwise

LONGEST_NAME = 120
"""Characters of a name that are looked at."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


_SECRET_WORDS = _words(
    "password passwd passphrase passcode pwd pw pass secret secrets authorization credential credentials apikey "
    "csrf xsrf jwt bearer otp totp cvv cvc cvv2 pincode signingkey privatekey accesskey secretkey dsn "
    "csrfmiddlewaretoken sessionid sessionkey sessid phpsessid jsessionid connectsid sid authtoken accesstoken "
    "refreshtoken idtoken xsrftoken csrftoken"
)
"""A name that holds one of these words is secret, unless it ends in a word of :data:`_ABOUT`."""
_SECRET_PAIRS = _phrases(
    "api key|private key|access key|secret key|signing key|encryption key|client secret|auth key|session id|"
    "session key|auth token|service key|account key|master key|shared key|connection string|webhook url|recovery code"
)
_SECRET_LAST = _words("token session auth nonce signature sig")
"""Secret only as the last word: ``access_token`` is, ``token_type`` and ``session_count`` are not."""
_PERSONAL_PAIRS = _phrases(
    "first name|last name|full name|given name|family name|maiden name|middle name|date birth|birth date|"
    "passport number|passport no|drivers license|driver license|national id|tax id|street address|home address|"
    "postal address|billing address|shipping address|security number"
)
_PERSONAL_WORDS = _words(
    "ssn dob birthday birthdate birthplace surname firstname lastname fullname username nickname passport iban "
    "dateofbirth socialsecurity phone phonenumber telephone msisdn"
)
_CARD_PAIRS = _phrases("credit card|card number|cc number|debit card|cc num")
_CARD_WORDS = _words("creditcard cardnumber ccnumber ccnum")
_COOKIE_WORDS = _words("cookie cookies")
_ABOUT = _words(
    "count counts type types length len size expired expires expiry exp expiration ttl enabled disabled valid invalid "
    "present policy status state ms seconds sec at age name names version strength required errors error reset "
    "attempts attempt field fields label placeholder algorithm alg issuer url uri path host timeout duration limit "
    "max min usage used prefix hint scope scopes model provider class method backend engine format created updated last"
)
"""Last words that make a name speak about a secret instead of holding it."""
_ALWAYS = _phrases("first name|last name|full name|given name|family name|maiden name|middle name|webhook url")
"""Pairs that are sensitive although they end in a word of :data:`_ABOUT`."""
_QUERY_NAMES = _words("code key sig signature auth ticket state nonce assertion otp pin hmac mac")
"""Short query parameters that carry secrets in sign-in links and signed URLs."""


_VERSION_NAMES = _words(
    "release sentry:release dist browser browser.name os os.name os.build client_os client_os.name runtime "
    "runtime.name device device.family device.model app.build raw_description "
    "electron chrome chromium v8 node openssl"
)
"""Tags that Sentry or its SDKs fill with a product and its version."""
_VERSION_WORDS = _words("version versions release build dist firmware")
"""Last words of names whose values are versions."""
_OWNER_PAIRS = _phrases("device name|phone name|bluetooth name")
"""Names of devices are their owners': "Vera's iPhone"."""
_MACHINE_WORDS = _words("device host hostname computer machine machinename computername servername")
_MACHINE_PAIRS = _phrases("server name|host name|computer name|machine name|node name|device family|device model")
"""Last words of names whose values are machines: a server's name tells where it broke, a notebook's whose it is."""


@cache
def _boundaries() -> re.Pattern[str]:
    return re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: ``X-Api-Key``, ``api_key`` and ``apiKey`` have the same two."""
    return [word.lower() for word in _boundaries().split(name[:LONGEST_NAME]) if word]


def sensitive_kind(name: str, *, query: bool = False) -> str:
    """The kind of mask that a value under this name gets: ``secret``, ``cookie``, ``card``, ``personal`` or empty.

    Args:
        name: of a variable, header, tag, field or parameter.
        query: whether it is a parameter of a URL, where ``code`` and ``sig`` are secret too.
    """
    return _sensitive_kind(name[:LONGEST_NAME], query)


def is_version_name(name: str) -> bool:
    """Whether values under this name are versions of products, as Sentry's own fields hold them."""
    return _is_version_name(name[:LONGEST_NAME])


def is_owned_device(name: str, value: str) -> bool:
    """Whether a value names a device by its owner: ``server_name`` is that of a notebook where an app runs on one."""
    return _is_machine_name(name[:LONGEST_NAME]) and _owned().search(value[:LONGEST_NAME]) is not None


@cache
def _owned() -> re.Pattern[str]:
    device = (
        r"(?:iphone|ipad|ipod|apple|mac|macbook|imac|mbp|galaxy|pixel|phone|handy|tablet|laptop|notebook|pc|desktop)"
    )
    return re.compile(
        rf"[^\W\d_](?:['’´`]s?|s)[ _-]+{device}(?![a-z])"
        rf"|\A[^\W\d_]+[ _-]+(?:pc|laptop|notebook|macbook|mbp)(?![a-z])"
        rf"|(?<![a-z]){device}(?:[ _-](?:pro|air|mini|max|plus|se|\d+))*[ _-]+(?:von|de|di|da|van|du|do|af|av)[ _-]",
        re.IGNORECASE,
    )


@lru_cache(maxsize=512)
def _is_machine_name(name: str) -> bool:
    words = words_of(name)
    return not _MACHINE_WORDS.isdisjoint(words[-1:]) or " ".join(words[-2:]) in _MACHINE_PAIRS


@lru_cache(maxsize=512)
def _is_version_name(name: str) -> bool:
    return name.lower() in _VERSION_NAMES or not _VERSION_WORDS.isdisjoint(words_of(name)[-1:])


@lru_cache(maxsize=512)
def _sensitive_kind(name: str, query: bool) -> str:
    """As :func:`sensitive_kind`; remembered, because the same few hundred names come in every event."""
    words = words_of(name)
    if " ".join(words[-2:]) in _OWNER_PAIRS or words == ["devicename"]:
        return "personal"
    held = set(words)
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    if query and ((len(words) == 1 and held & _QUERY_NAMES) or (words[:1] == ["x"] and "signature" in held)):
        return "secret"
    if not words or (words[-1] in _ABOUT and not pairs & _ALWAYS):
        return ""
    rows = (
        ("card", held & _CARD_WORDS or pairs & _CARD_PAIRS),
        ("cookie", held & _COOKIE_WORDS),
        ("secret", held & _SECRET_WORDS or pairs & _SECRET_PAIRS or words[-1] in _SECRET_LAST),
        ("personal", held & _PERSONAL_WORDS or pairs & _PERSONAL_PAIRS),
    )
    return next((kind for kind, matches in rows if matches), "")
