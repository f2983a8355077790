"""Types that read Sentry's JSON leniently, and make its text inert while they do.

The evidence is declared once and built in two ways. **From Sentry**: :func:`read` passes a sanitizer as pydantic's
context. Then fields are looked up by Sentry's keys (their aliases), unknown keys are ignored, a value of an unexpected
type is unknown (None, or the type's empty value), a list item that cannot be read is left out, and every text passes
the sanitizer exactly once. Sentry's schema is stricter than its answers (sentry-api §12), so only an id is required:
nothing in the JSON that is odd costs more than its own value. **From code or from an evidence file** there is no
context: values go by field name, unknown names are errors, and text passes unchanged, for it is inert already.

Where Sentry's shape differs from ours, a model overrides :meth:`FromSentry.reshape`. The JSON is shared with other
readers, so it is never changed: a reshape makes a new object.

Validators raise ValueError and nothing else: pydantic turns that one into a validation error, others pass through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Annotated, TypeVar, get_args

from pydantic import GetCoreSchemaHandler, ValidationInfo, ValidatorFunctionWrapHandler, model_validator
from pydantic_core import CoreSchema, PydanticOmit, core_schema

from sentry_runbook.incident.model.evidence.json_values import (
    MAX_ITEMS,
    PLAIN_WORD,
    SHORT_ID,
    JsonObject,
    address_of,
    count_of,
    flag_of,
    host_of,
    id_of,
    moment_of,
    object_of,
    text_of,
)
from sentry_runbook.incident.model.evidence.values import Frozen
from sentry_runbook.safety.text import NAME, ends

if TYPE_CHECKING:
    from sentry_runbook.safety.sanitizer import Sanitizer

T = TypeVar("T")
URL = 300
"""Characters of an address."""
TITLE = 200
MESSAGE = 600
MOST_LINES = 60
"""Lines of a text that is shown."""
MAX_HOST = 253
"""Characters of a host name (RFC 1035)."""


class FromSentry(Frozen):
    """A part of the evidence that :func:`read` can make of Sentry's JSON."""

    @classmethod
    def reshape(cls, json: JsonObject) -> JsonObject:
        """The JSON with the keys and shapes of this model's fields; a new object where it differs."""
        return json

    @model_validator(mode="before")
    @classmethod
    def _reshaped(cls, value: object, info: ValidationInfo) -> object:
        if info.context is None:
            return value
        return cls.reshape(value) if isinstance(value, dict) else value


M = TypeVar("M", bound=FromSentry)


def read(model: type[M], json: object, sanitizer: Sanitizer) -> M:
    """One object of Sentry's as a part of the evidence.

    Raises:
        ValueError: it is no object, or lacks what the model requires (an id).
    """
    return model.model_validate(json, context=sanitizer, extra="ignore", by_alias=True, by_name=False)


def read_all(model: type[M], items: object, sanitizer: Sanitizer) -> tuple[M, ...]:
    """The items of a list that can be read."""
    models = []
    for item in items[:MAX_ITEMS] if isinstance(items, list | tuple) else ():
        try:
            models.append(read(model, item, sanitizer))
        except ValueError:
            continue
    return tuple(models)


# --- types of fields -----------------------------------------------------------------------------------------------


class FieldType:
    """Annotation of a field: how :func:`read` reads its value. None is unknown; a field without None is then refused.

    Attributes:
        default: what an unknown value becomes in a field that cannot be None.
    """

    default: object = None

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The value as the field holds it; None where it is of another kind."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        may_be_none = NoneType in get_args(source)

        def validate(value: object, strictly: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            if info.context is None:
                return strictly(value)
            parsed = self.read(value, info.context)
            if parsed is None and not may_be_none:
                if self.default is None:
                    raise ValueError("absent or of another kind")
                return self.default
            return parsed

        return core_schema.with_info_wrap_validator_function(validate, handler(source))


@dataclass(frozen=True)
class InertLine(FieldType):
    """One line of text, inert and cut.

    Attributes:
        limit: characters.
        where: path of the field, for findings.
        default: in a field that cannot be None.
    """

    limit: int
    where: str
    default: str | None = None

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The text, None when there is none."""
        text = text_of(value)
        return (sanitizer.line(text, self.limit, self.where) or None) if text else None


def Name(where: str, default: str | None = None) -> InertLine:  # noqa: N802  # stands beside the types that it makes
    """A short identifying value."""
    return InertLine(NAME, where, default)


@dataclass(frozen=True)
class InertVersion(FieldType):
    """A release or another version: a short value in which four numbers with dots are no address."""

    where: str
    default: str | None = None

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The version, None when there is none."""
        text = text_of(value)
        return (sanitizer.version(text, NAME, self.where) or None) if text else None


@dataclass(frozen=True)
class InertPath(FieldType):
    """The path of a file: one line, in which a folder may be called by a version."""

    limit: int
    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The path, None when there is none."""
        text = text_of(value)
        return (sanitizer.path(text, self.limit, self.where) or None) if text else None


def InertUrl(where: str) -> InertLine:  # noqa: N802  # as above
    """A URL as one inert line: credentials and sensitive parameters masked, no longer a link."""
    return InertLine(URL, where)


@dataclass(frozen=True)
class InertBlock(FieldType):
    """Text that may have several lines, inert and cut."""

    limit: int
    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The text, None when there is none."""
        text = text_of(value)
        return sanitizer.block(text, self.limit, where=self.where) if text else None


@dataclass(frozen=True)
class BothEnds(FieldType):
    """Text that may have several lines, inert; of a long one the beginning and the end are shown."""

    limit: int
    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The text, None when there is none."""
        text = text_of(value)
        if not text:
            return None
        if len(text) <= self.limit:
            return sanitizer.block(text, self.limit, where=self.where)
        return ends(sanitizer.whole(text, self.where), self.limit, MOST_LINES)


@dataclass(frozen=True)
class Whole(FieldType):
    """All of a text, inert, for rules that look for words in it."""

    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The text, None when there is none."""
        text = text_of(value)
        return sanitizer.whole(text, self.where) if text else None


class PartOf(Whole):
    """As :class:`Whole`, of a text that comes with the number of its characters that are read."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The text, of a longer one both ends; None when there is none."""
        text, limit = value if isinstance(value, tuple) else ("", 0)
        return sanitizer.whole(text, self.where, limit) or None


@dataclass(frozen=True)
class Host(FieldType):
    """The host of a URL, inert and masked like the URL itself, but for a private address: whose host it is shows in it.

    It is never cut: the domain by which a host is judged stands at its end.
    """

    where: str

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The host without a leading ``www.``, None when there is none or it is longer than a host name can be."""
        host = host_of(value)
        if not host or len(host) > MAX_HOST:
            return None
        rest = host.removeprefix("www.")
        host = rest if "." in rest else host
        address = address_of(host)
        return host if address and address.is_private else sanitizer.line(host, MAX_HOST, self.where) or None


class UserName(FieldType):
    """A user context, as an id without personal data or a pseudonym; None for no user."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The user; Sentry sends an object of nulls for no user."""
        user = object_of(value)
        id_, email, username, ip, name = (text_of(user.get(key)) for key in USER_KEYS)
        if not (id_ or email or username or ip or name):
            return None
        return sanitizer.user(id_, email, username, ip, name) or None


USER_KEYS = ("id", "email", "username", "ip_address", "name")


@dataclass(frozen=True)
class Mapped(FieldType):
    """An object of names and values, both inert; a nested value becomes one line of JSON."""

    items: int
    where: str
    limit: int = TITLE

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The object, empty where it is none."""
        pairs = object_of(value)
        return sanitizer.mapping(pairs, where=self.where, items=self.items, limit=self.limit) if pairs else {}


@dataclass(frozen=True)
class Word(FieldType):
    """One of Sentry's own words (a level, a status …); anything else than a plain word is none."""

    default: str | None = None

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The word."""
        if not isinstance(value, str) or not value or len(value) > 60 or value.lower().startswith("www."):
            return None
        # A request's method and a breadcrumb's level are the application's: a word may be a token.
        return value if PLAIN_WORD.fullmatch(value) and sanitizer.line(value) == value else None


class ShortId(FieldType):
    """An issue's short id: it stands in headings and links without quotes, so only a slug and a number are accepted."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The short id; None where it is something else."""
        return value if isinstance(value, str) and SHORT_ID.fullmatch(value) else None


class Identifier(FieldType):
    """An id of Sentry's own."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The id as text."""
        return id_of(value)


class Count(FieldType):
    """A number that is not negative."""

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The number."""
        return count_of(value)


@dataclass(frozen=True)
class Moment(FieldType):
    """An instant in UTC, to the second; an impossible one (see :func:`.moment_of`) is unknown.

    Attributes:
        to_come: it may lie in the future, as the end of an archive does; of all else a day ahead of now is impossible.
    """

    to_come: bool = False

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The instant."""
        return moment_of(value, None if self.to_come else sanitizer.latest)


@dataclass(frozen=True)
class Flag(FieldType):
    """True or false; also as the words that tags use."""

    default: bool | None = None

    def read(self, value: object, sanitizer: Sanitizer) -> object:
        """The flag."""
        return flag_of(value)


class _Maybe:
    """A part that cannot be read is None."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, strictly: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            if info.context is None:
                return strictly(value)
            try:
                return strictly(value)
            except ValueError:
                return None

        return core_schema.with_info_wrap_validator_function(validate, handler(source))


class _Item:
    """An item that cannot be read is left out of its list."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, strictly: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            try:
                return strictly(value)
            except ValueError:
                if info.context is None:
                    raise
                raise PydanticOmit from None

        return core_schema.with_info_wrap_validator_function(validate, handler(source))


class _Items:
    """A list of another type is empty, a longer one than we read is cut."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def validate(value: object, strictly: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
            if info.context is None:
                return strictly(value)
            return strictly(value[:MAX_ITEMS] if isinstance(value, list | tuple) else ())

        return core_schema.with_info_wrap_validator_function(validate, handler(source))


Maybe = Annotated[T | None, _Maybe()]
Many = Annotated[tuple[Annotated[T, _Item()], ...], _Items()]
