"""Names whose values are secret or personal: of variables, headers, tags, body fields and query parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from sentry_runbook.safety.secrets import names
from sentry_runbook.safety.secrets.names import phrases, words

LONGEST_NAME = 120
"""Characters of a name that are looked at."""


_VERSION_NAMES = words(
    "release sentry:release dist browser browser.name os os.name os.build client_os client_os.name runtime "
    "runtime.name device device.family device.model app.build raw_description "
    "electron chrome chromium v8 node openssl"
)
"""Tags that Sentry or its SDKs fill with a product and its version."""
_VERSION_WORDS = words("version versions release build dist firmware")
"""Last words of names whose values are versions."""
_OWNER_PAIRS = phrases("device name|phone name|bluetooth name")
"""Names of devices are their owners': "Vera's iPhone"."""
_MACHINE_WORDS = words("device host hostname computer machine machinename computername servername")
_MACHINE_PAIRS = phrases("server name|host name|computer name|machine name|node name|device family|device model")
"""Last words of names whose values are machines: a server's name tells where it broke, a notebook's whose it is."""


@cache
def _boundaries() -> re.Pattern[str]:
    return re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[\W_]+")


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: ``X-Api-Key``, ``api_key`` and ``apiKey`` have the same two."""
    return [word.lower() for word in _boundaries().split(name[:LONGEST_NAME]) if word]


@dataclass(frozen=True)
class Sensitivity:
    """What a name says about its value.

    Attributes:
        kind: of the mask: ``secret``, ``cookie``, ``card``, ``personal``, or empty.
        by_shape: the value is masked only when it looks like a credential: not ``session=expired``, ``auth=basic``.
        needs_digits: the value has digits: ``sin`` and ``pin`` are words too.
        is_loose: the name says little (``key``): the value is masked only when it is long and random.
    """

    kind: str = ""
    by_shape: bool = False
    needs_digits: bool = False
    is_loose: bool = False


def sensitive_kind(name: str, *, query: bool = False) -> str:
    """The kind of mask that a value under this name gets: ``secret``, ``cookie``, ``card``, ``personal`` or empty.

    Args:
        name: of a variable, header, tag, field or parameter.
        query: whether it is a parameter of a URL, where ``code`` and ``sig`` are secret too.
    """
    return sensitivity(name, query=query).kind


def masks_all_below(name: str) -> bool:
    """Whether everything in an object or a list under this name is masked: ``auth`` may hold harmless settings."""
    of_name = sensitivity(name)
    return bool(of_name.kind) and not of_name.by_shape


def sensitivity(name: str, *, query: bool = False) -> Sensitivity:
    """As :func:`sensitive_kind`, and what the value must look like."""
    return _sensitivity(name[:LONGEST_NAME], query)


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
    parts = words_of(name)
    return not _MACHINE_WORDS.isdisjoint(parts[-1:]) or " ".join(parts[-2:]) in _MACHINE_PAIRS


@lru_cache(maxsize=512)
def _is_version_name(name: str) -> bool:
    return name.lower() in _VERSION_NAMES or not _VERSION_WORDS.isdisjoint(words_of(name)[-1:])


_NONE = Sensitivity()


@lru_cache(maxsize=512)
def _sensitivity(name: str, query: bool) -> Sensitivity:
    """As :func:`sensitivity`; remembered, because the same few hundred names come in every event."""
    parts = _without_numbers(words_of(name))
    if not parts:
        return _NONE
    last = parts[-1]
    if " ".join(parts[-2:]) in _OWNER_PAIRS or parts == ["devicename"]:
        return Sensitivity("personal")
    if query and ((len(parts) == 1 and last in names.QUERY_NAMES) or (parts[0] == "x" and "signature" in parts)):
        return Sensitivity("secret", by_shape=parts[0] != "x")
    if query and len(parts) == 1 and last in names.QUERY_LOOSE:
        return Sensitivity("secret", by_shape=True, is_loose=True)
    pairs = {f"{first} {second}" for first, second in pairwise(parts)}
    pairs |= {" ".join(parts[start : start + 3]) for start in range(len(parts) - 2)}
    return _NONE if _is_about(name, parts, pairs) else _classified(parts, pairs)


def _without_numbers(parts: list[str]) -> list[str]:
    """The words of a name without what tells equal names apart (``password2``, ``token_value``)."""
    # Some names end in a number of their own: cvv2.
    parts = [word if word in names.SECRETS else word.rstrip("0123456789") or word for word in parts]
    while len(parts) > 1 and (parts[-1].isdecimal() or parts[-1] in names.CARRIERS):
        parts = parts[:-1]
    return parts


def _is_about(name: str, parts: list[str], pairs: set[str]) -> bool:
    """Whether a name speaks about a secret instead of holding it."""
    last = parts[-1]
    if parts[-2:] == ["i", "phone"]:  # a device, not a number
        return True
    if last in names.ABOUT and not pairs & names.ALWAYS:
        return True
    if name.lower().endswith(names.FILE_ENDINGS):
        return True
    # The id of a key is no key; that of a session is a secret.
    known = names.SECRET_PAIRS | names.PERSONAL_PAIRS
    return last in names.IDS and not {" ".join(parts[-2:]), " ".join(parts[-3:])} & known


def _classified(parts: list[str], pairs: set[str]) -> Sensitivity:
    held, last = set(parts), parts[-1]
    digits, shaped = last in names.DIGITS_NEEDED, last in names.SHAPED_LAST
    secret = bool(held & names.SECRETS or pairs & names.SECRET_PAIRS)
    is_flag = parts[0] in names.NO_SECRET_FIRST
    joined = any(word.endswith(names.SECRET_ENDINGS) or _begins_secret(word) for word in parts)
    rows = (
        (held & names.CARD_WORDS or pairs & names.CARD_PAIRS, Sensitivity("card")),
        (held & names.COOKIE_WORDS, Sensitivity("cookie")),
        (is_flag, _NONE),
        (held & names.PASSWORDS, Sensitivity("secret")),
        (
            secret,
            Sensitivity(
                "secret",
                (shaped and len(parts) == 1) or bool(pairs & names.SHAPED_PAIRS),
                digits and last not in names.IDS,
            ),
        ),
        (held & names.PERSONAL_WORDS or pairs & names.PERSONAL_PAIRS, Sensitivity("personal", needs_digits=digits)),
        (last in names.WEAK_LAST, Sensitivity("secret", shaped, digits)),
        (
            last in ("key", "keys", "ticket", "state", "grant", "link", "seed"),
            Sensitivity("secret", by_shape=True, is_loose=True),
        ),
        (joined, Sensitivity("secret")),
    )
    return next((sensitivity for holds, sensitivity in rows if holds), _NONE)


def _begins_secret(word: str) -> bool:
    """Whether a word begins with ``password``: not ``passwordless`` and ``passwordreset``, which hold none."""
    rest = word.removeprefix("password")
    return rest != word and rest not in names.ABOUT and rest != "less"
